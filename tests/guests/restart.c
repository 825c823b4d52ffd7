/* SPDX-License-Identifier: MIT */
/*
 * bits: 64
 * Instructions that fault in the middle have changed no register (SDM 3, 6.6), however many accesses came before: stack and string
 * instructions, read-modify-write on a read-only page, far returns. The page at 40000000h is there and writable, the next one not,
 * the third read-only. The handler runs on a stack of its own (IST). A line says which registers differ from before, and by how much.
 * "! inc": QEMU 7.2 reads before it looks whether it may write. "! far_call": it pushes
 * nothing. "! clflush": it does not look. "! fxsave": Intel's processors look at the last byte first.
 */
#include "guest.h"

enum { P = 1, RW = 2 };
#define PAGE 4096ul
#define LINEAR 0x40000000ul
#define HOLE (LINEAR + PAGE)
#define READ_ONLY (LINEAR + 2 * PAGE)

static uint64_t directory[512] __attribute__((aligned(4096))), table[512] __attribute__((aligned(4096)));
static uint8_t frame[3][4096] __attribute__((aligned(4096)));

struct regs { word ax, cx, dx, bx, sp, bp, si, di; };
struct regs in, out;
word saved_sp, took, took_error, took_cr2, took_flags, took_ip;
extern void call_run(const void *code);
extern const char catch_pf[];
extern char ist_top[];

__asm__(
    ".text\n"
    "load_regs: pop %r8; mov %rsp, saved_sp; mov in, %rax; mov in+8, %rcx; mov in+16, %rdx; mov in+24, %rbx; mov in+40, %rbp\n"
    "  mov in+48, %rsi; mov in+56, %rdi; mov in+32, %rsp; jmp *%r8\n"
    "restore_regs: mov %rsp, out+32\n"
    "store_regs: mov %rax, out; mov %rcx, out+8; mov %rdx, out+16; mov %rbx, out+24; mov %rbp, out+40; mov %rsi, out+48; mov %rdi, out+56\n"
    "  cld; mov saved_sp, %rsp; add $8, %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
    "call_run: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; call *%rdi\n"
    "catch_pf: popq took_error; popq took_ip; add $8, %rsp; popq took_flags; popq out+32\n"
    "  mov %cr2, %r8; mov %r8, took_cr2; movq $1, took; jmp store_regs\n"
    ".bss\n.balign 16\n.space 1024\nist_top:\n.text\n");

#define RUN(name, instruction) \
    extern const char run_##name[]; \
    __asm__(".text\n run_" #name ": call load_regs\n" instruction "\n jmp restore_regs\n")

RUN(movs, "rep movsb");
RUN(movs_down, "std; rep movsb");
RUN(stosl, "rep stosl");
RUN(lods, "rep lodsb");
RUN(cmps, "repe cmpsb");
RUN(scas, "repne scasb");
RUN(push, "push %rax");
RUN(push_memory, "push (%rbx)");
RUN(pop, "pop %rax");
RUN(pop_memory, "pop (%rbx)");
RUN(pop_rsp_memory, "pop 8(%rsp)");
RUN(call_near, "call *%rdx");
RUN(call_memory, "call *(%rbx)");
RUN(ret, "ret");
RUN(enter, "enter $64, $3");
RUN(leave, "leave");
RUN(xchg, "xchg %rax, (%rbx)");
RUN(xadd, "xadd %rax, (%rbx)");
RUN(add, "add %rax, (%rbx)");
RUN(inc, "incl (%rbx)");
RUN(shl, "shll %cl, (%rbx)");
RUN(cmpxchg, "cmpxchg %rdx, (%rbx)");
RUN(cmpxchg16b, "lock; cmpxchg16b (%rbx)");
RUN(bts, "bts %rcx, (%rbx)");
RUN(setc, "setc (%rbx)");
RUN(mov_across, "mov %rax, (%rbx)");
RUN(load_across, "mov (%rbx), %rax");
RUN(iretq, "iretq");
RUN(lretq, "lretq");
RUN(far_call, "lcall *(%rbx)");
RUN(mul, "mulq (%rbx)");
RUN(div, "divq (%rbx)");
RUN(cmov, "cmp %rax, %rax; cmovne (%rbx), %rdx");
RUN(movaps, "movaps %xmm0, (%rbx)");
RUN(fxsave, "fxsave (%rbx)");
RUN(fstp, "fninit; fld1; fstpt (%rbx)");
RUN(pushf, "pushf");
RUN(popf, "popf");
RUN(mov_seg, "mov (%rbx), %fs");
RUN(jmp_there, "jmp *%rdx");
RUN(execute_across, "jmp *%rbx");
RUN(sgdt, "sgdt (%rbx)");
RUN(ins, "mov $0x71, %edx; rep insb");
RUN(prefetch, "prefetcht0 (%rbx)");
RUN(clflush, "clflush (%rbx)");
RUN(invlpg, "invlpg (%rbx)");

static void show(const char *name)
{
    static const char names[8][3] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" };
    word *before = (word *)&in, *after = (word *)&out;

    say("%s:", name);
    if (took) {
        say(" #PF %x cr2 %x", took_error, took_cr2);
    }
    for (unsigned n = 0; n < 8; n++) {
        if (before[n] > after[n]) {
            say(" %s -%x", names[n], before[n] - after[n]);
        } else if (before[n] < after[n]) {
            say(" %s +%x", names[n], after[n] - before[n]);
        }
    }
    say("\n");
}

static void go(const char *name, const void *code, struct regs regs)
{
    in = regs;
    took = 0;
    call_run(code);
    show(name);
}
#define GO(name, ...) go(#name, run_##name, (struct regs){ __VA_ARGS__ })

static void set_up(void)
{
    uint64_t *level3 = (uint64_t *)(((uint64_t *)read_cr3())[0] & ~0xfffull);

    table[0] = (word)frame[0] | P | RW;
    table[2] = (word)frame[2] | P;
    directory[0] = (word)table | P | RW;
    level3[1] = (word)directory | P | RW;
    write_cr3(read_cr3());
    write_cr0(read_cr0() | 0x10000);
    write_cr4(read_cr4() | 0x200);
    set_gate(14, (void *)catch_pf, SEL_CODE, 0x8e);
    idt_bytes[14 * 16 + 4] = 1;
    tss.ist[0] = (word)ist_top;
}

void guest_main(void)
{
    word spare = LINEAR + 0x800, *top;

    set_up();
    GO(movs, .cx = 16, .si = LINEAR, .di = HOLE - 5, .sp = spare);
    GO(movs, .cx = 16, .si = HOLE - 3, .di = LINEAR, .sp = spare);
    GO(movs_down, .cx = 16, .si = LINEAR + 100, .di = LINEAR + 3, .sp = spare);
    GO(stosl, .cx = 4, .di = HOLE - 10, .sp = spare);
    GO(lods, .cx = 9, .si = HOLE - 2, .sp = spare);
    GO(cmps, .cx = 9, .si = LINEAR, .di = HOLE - 4, .sp = spare);
    GO(scas, .ax = 0xee, .cx = 9, .di = HOLE - 4, .sp = spare);
    GO(ins, .cx = 9, .di = HOLE - 4, .sp = spare, .dx = 0x71);
    GO(push, .sp = READ_ONLY);
    GO(push, .sp = READ_ONLY + 0x100);
    GO(push_memory, .bx = HOLE, .sp = spare);
    GO(push_memory, .bx = LINEAR, .sp = READ_ONLY);
    GO(pop, .sp = HOLE - 4);
    GO(pop_memory, .bx = HOLE, .sp = spare);
    GO(pop_rsp_memory, .sp = HOLE - 16);
    GO(call_near, .dx = LINEAR, .sp = READ_ONLY);
    GO(call_memory, .bx = HOLE - 4, .sp = spare);
    GO(ret, .sp = HOLE);
    GO(enter, .sp = READ_ONLY + 16, .bp = spare);
    GO(enter, .sp = spare, .bp = HOLE + 8);
    GO(leave, .sp = spare, .bp = HOLE);
    GO(xchg, .ax = 1, .bx = READ_ONLY, .sp = spare);
    GO(xadd, .ax = 1, .bx = READ_ONLY, .sp = spare);
    GO(add, .ax = 1, .bx = READ_ONLY, .sp = spare);
    go("! inc", run_inc, (struct regs){ .bx = HOLE - 2, .sp = spare });
    GO(shl, .bx = READ_ONLY, .sp = spare);
    GO(shl, .cx = 1, .bx = READ_ONLY, .sp = spare);
    GO(cmpxchg, .ax = 99, .bx = READ_ONLY, .sp = spare);
    GO(cmpxchg16b, .ax = 99, .bx = READ_ONLY, .sp = spare);
    GO(bts, .cx = 3, .bx = READ_ONLY, .sp = spare);
    GO(setc, .bx = READ_ONLY, .sp = spare);
    GO(mov_across, .ax = 0x1111, .bx = HOLE - 3, .sp = spare);
    GO(load_across, .ax = 0x1111, .bx = HOLE - 3, .sp = spare);
    GO(mul, .ax = 0x1111, .bx = HOLE - 3, .sp = spare);
    GO(div, .ax = 0x1111, .bx = HOLE - 3, .sp = spare);
    GO(cmov, .dx = 5, .bx = HOLE, .sp = spare);
    GO(movaps, .bx = READ_ONLY, .sp = spare);
    go("! fxsave", run_fxsave, (struct regs){ .bx = HOLE - 256, .sp = spare });
    GO(fstp, .bx = HOLE - 6, .sp = spare);
    GO(pushf, .sp = READ_ONLY);
    GO(popf, .sp = HOLE - 2);
    top = (word *)(HOLE - 24);
    top[0] = (word)run_ret, top[1] = SEL_CODE, top[2] = 2;
    GO(iretq, .sp = HOLE - 24);
    GO(lretq, .sp = HOLE - 8);
    *(uint32_t *)(LINEAR + 0x100) = (uint32_t)(word)run_ret;
    *(uint16_t *)(LINEAR + 0x104) = SEL_CODE;
    go("! far_call", run_far_call, (struct regs){ .bx = LINEAR + 0x100, .sp = READ_ONLY + 4 });
    GO(far_call, .bx = HOLE - 4, .sp = spare);
    GO(mov_seg, .bx = HOLE - 1, .sp = spare);
    GO(jmp_there, .dx = HOLE + 5, .sp = spare);
    *(uint8_t *)(HOLE - 2) = 0x48, *(uint8_t *)(HOLE - 1) = 0xb8;       /* movabs: the rest lies in the hole */
    GO(execute_across, .bx = HOLE - 2, .sp = spare);
    GO(sgdt, .bx = HOLE - 4, .sp = spare);
    GO(prefetch, .bx = HOLE, .sp = spare);
    go("! clflush", run_clflush, (struct regs){ .bx = HOLE, .sp = spare });
    GO(invlpg, .bx = HOLE, .sp = spare);
}
