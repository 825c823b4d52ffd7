/* SPDX-License-Identifier: MIT */
/*
 * bits: 64
 * options: -cpu max
 * Long mode: SYSCALL and SYSRET, IST stacks, the 16-byte alignment of the frame, IRETQ to the same ring with SS null,
 * compatibility mode and back by far transfers, call gates, SWAPGS, FS and GS bases, CR8, canonical checks, 32-bit results. SDM 3, 5.8, 6.14.
 */
#include "guest.h"

volatile uint64_t seen[16];
static uint8_t ist_stack[4096] __attribute__((aligned(16))), compat_stack[4096] __attribute__((aligned(16)));

extern char syscall_entry[], user_syscall[];
__asm__("syscall_entry:\n"
        "  mov %rcx, seen; mov %r11, seen+8; mov %cs, %eax; mov %rax, seen+16; mov %ss, %eax; mov %rax, seen+24; pushf; pop seen+32\n"
        "  sysretq\n"
        "user_syscall:\n"
        "  stc; syscall\n"
        "  mov %cs, %eax; mov %rax, seen+40; mov %ss, %eax; mov %rax, seen+48; pushf; pop seen+56; ret\n");

static void system_calls(void)
{
    set_descriptor(10, 0, 0xfffff, 0xfb, 0xcf & 0xf0);          /* SYSRET: base 50h: code32, data, code64 */
    set_descriptor(11, 0, 0xfffff, 0xf3, 0xc0);
    set_descriptor(12, 0, 0xfffff, 0xfb, 0xa0);
    write_msr(0xc0000081, (uint64_t)0x50 << 48 | (uint64_t)SEL_CODE << 32);
    write_msr(0xc0000082, (word)syscall_entry);
    write_msr(0xc0000084, 0x201);
    say_trap("SYSCALL with SCE off", guarded_user((void (*)(void))user_syscall), user_syscall);
    write_msr(0xc0000080, read_msr(0xc0000080) | 1);
    say("SYSCALL: %d", guarded_user((void (*)(void))user_syscall));
    say(" rcx +%d r11 %X kernel cs %X ss %X flags %X user cs %X ss %X CF %d\n", (int)(seen[0] - (word)user_syscall), seen[1] & 0x201, seen[2], seen[3],
        seen[4] & 0x201, seen[5], seen[6], (int)(seen[7] & 1));
}

static void note_frame(struct trap *t)
{
    uint64_t here;
    __asm__("mov %%rsp, %0" : "=r"(here));
    seen[0] = t->sp;
    seen[1] = here;
    seen[2] = t->ss;
}
static void int_90(void) { __asm__ volatile("mov %%rsp, seen+32; int $0x90" ::: "memory"); }
static void int_90_odd(void) { __asm__ volatile("mov %%rsp, %%rbx; sub $5, %%rsp; mov %%rsp, seen+32; int $0x90; mov %%rbx, %%rsp" ::: "rbx", "memory"); }

static void stacks(void)
{
    trap_hook[0x90] = note_frame;
    say("same ring: %d", guarded(int_90));
    say(" saved rsp is right %d, ss %X\n", (int)(seen[0] == seen[4]), seen[2]);
    say("odd rsp: %d", guarded(int_90_odd));
    say(" saved rsp is right %d\n", (int)(seen[0] == seen[4]));
    tss.ist[2] = (word)ist_stack + sizeof ist_stack;
    idt_bytes[0x90 * 16 + 4] = 3;
    say("IST 3: %d", guarded(int_90));
    say(" on that stack %d\n", (int)(seen[1] > (word)ist_stack && seen[1] <= (word)ist_stack + sizeof ist_stack));
    tss.ist[2] = 0x800000000000;
    say_trap("IST not canonical", guarded(int_90), NULL);
    idt_bytes[0x90 * 16 + 4] = 0;
    trap_hook[0x90] = NULL;
}

/* Compatibility mode: 32-bit code by LRETQ, some of its ways, back by a far jump. */
extern char compat_trip[];
__asm__("compat_trip:\n"
        "  push %rbx; push %rbp; mov %rsp, seen+64; lea compat_stack+4096(%rip), %rsp; mov $0x1122334455667788, %rax; mov %rax, %r8\n"
        "  pushq $0x48; lea 1f(%rip), %rbx; push %rbx; lretq\n"
        "  .code32\n"
        "1: mov %cs, %eax; mov %eax, seen; mov $-1, %eax; inc %eax; mov %eax, seen+8\n"
        "  push $0x1234; mov %esp, %eax; pop %ecx; mov %ecx, seen+16; call 2f; 2: pop %edx; sub $2b, %edx; mov %edx, seen+24\n"
        "  .byte 0x40; nop; mov %eax, seen+32\n"               /* inc %eax here */
        "  ljmp $8, $3f\n"
        "  .code64\n"
        "3: mov %r8, seen+40; mov %cs, %eax; mov %rax, seen+48; mov seen+64, %rsp; pop %rbp; pop %rbx; ret\n");

static void compatibility(void)
{
    say("compatibility mode: %d", guarded((void (*)(void))compat_trip));
    say(" cs %X inc %X push %X call %X 40h is INC %d r8 %X cs %X\n", seen[0], seen[1], seen[2], seen[3],
        (int)(seen[4] == ((word)compat_stack & 0xffffffff) + 4096 - 4 + 1), seen[5], seen[6]);
}

static void bases(void)
{
    static uint64_t cell[4] = { 0x1111, 0x2222, 0x3333, 0x4444 };
    uint64_t a, b, c;
    write_msr(0xc0000100, (word)&cell[0]);
    write_msr(0xc0000101, (word)&cell[1]);
    write_msr(0xc0000102, (word)&cell[2]);
    __asm__ volatile("mov %%fs:0, %0; mov %%gs:0, %1; swapgs; mov %%gs:0, %2; swapgs" : "=r"(a), "=r"(b), "=r"(c));
    say("fs %X gs %X kernel gs %X\n", a, b, c);
    write_cr4(read_cr4() | 0x10000);
    __asm__ volatile("wrfsbase %3; rdfsbase %0; mov %%fs:0, %1; rdgsbase %2" : "=&r"(a), "=&r"(b), "=&r"(c) : "r"((word)&cell[3]));
    say("wrfsbase: right %d, fs %X, rdgsbase right %d\n", (int)(a == (word)&cell[3]), b, (int)(c == (word)&cell[1]));
    __asm__ volatile("mov %0, %%fs" :: "r"(SEL_DATA));
    say("after loading fs the base is %X\n", read_msr(0xc0000100));
    __asm__ volatile("mov %0, %%cr8" :: "r"(5ul));
    __asm__ volatile("mov %%cr8, %0" : "=r"(a));
    say("cr8 %X\n", a);
    __asm__ volatile("mov %0, %%cr8" :: "r"(0ul));
}

static void registers32(void)
{
    uint64_t a = 0x1122334455667788, b = 0x8877665544332211, c = 0xffffffffffffffff, d = c;
    __asm__("add $1, %k0; mov $0x99, %b1; movslq %k1, %1" : "+r"(a), "+r"(b) :: "cc");
    __asm__("xor %k0, %k0; sub $1, %k0" : "+r"(c) :: "cc");
    __asm__("cmp %k0, %k0; cmovne %k1, %k0" : "+r"(d) : "r"(a) : "cc");
    say("32-bit results %X %X %X cmov not taken %X\n", a, b, c, d);
}

/* Near branches to a non-canonical address: #GP(0) of the branch, with RSP as before it (SDM 2, CALL, JMP, RET). */
extern char jmp_bad[], call_bad[], ret_bad[], jmp_high[], bad_done[];
__asm__("jmp_bad: mov $0x800000000000, %rax; mov %rsp, seen+40; mov %rsp, seen+32; jmp *%rax\n"
        "call_bad: mov $0x7fffffffffffffff, %rax; mov %rsp, seen+40; mov %rsp, seen+32; call *%rax\n"
        "ret_bad: mov $0xffff7fffffffffff, %rax; mov %rsp, seen+40; push %rax; mov %rsp, seen+32; ret $16\n"
        "jmp_high: mov $0xffff800000000000, %rax; mov %rsp, seen+40; mov %rsp, seen+32; jmp *%rax\n"
        "bad_done: mov seen+40, %rsp; ret\n");

static void leave_bad(struct trap *t)
{
    seen[0] = t->sp;
    seen[1] = t->ip;
    seen[6] = t->vector;
    t->ip = (word)bad_done;
}

static void bad_targets(void)
{
    static const struct { const char *name; char *code; unsigned length, vector; } branches[] = {
        { "JMP", jmp_bad, 2, 13 }, { "CALL", call_bad, 2, 13 }, { "RET", ret_bad, 3, 13 }, { "JMP to where nothing is", jmp_high, 2, 14 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(branches); i++) {
        const char *end = i + 1 < ARRAY_LEN(branches) ? branches[i + 1].code : bad_done;
        trap_hook[13] = trap_hook[14] = leave_bad;
        guarded((void (*)(void))branches[i].code);
        trap_hook[13] = trap_hook[14] = NULL;
        if (branches[i].vector == 13)
            say("! ");              /* QEMU 7.2 raises it at the target */
        say("%s: vector %d, rip of the branch %d, rsp as before %d\n", branches[i].name, (int)seen[6],
            (int)(seen[1] == (word)end - branches[i].length), (int)(seen[0] == seen[4]));
    }
}

void guest_main(void)
{
    write_cr4(read_cr4() | 0x200);
    system_calls();
    stacks();
    compatibility();
    bases();
    registers32();
    bad_targets();
}
