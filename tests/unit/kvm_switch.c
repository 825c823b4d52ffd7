/* SPDX-License-Identifier: MIT */
/*
 * A CPU's state moves both ways: one program run by the translator alone, by KVM, and by both in turns of an instruction or few,
 * also in the middle of an instruction that came out for a device, and with an INIT there. Registers and memory are the same in the end.
 *
 * The program goes from real mode to long mode (no paging in between: not every KVM has it) and uses what hidden state hangs on.
 */
#include <stdatomic.h>
#include <string.h>
#include "base/log.h"
#include "base/memory.h"
#include "target-x86/kvm.h"
#include "target-x86/system.h"
#include "tcg/engine.h"
#include "tests/unit/test.h"

enum { RAM_BYTES = 2 << 20, CODE = 0x8000, TABLES = 0x10000, TABLES_END = 0x13000, ROM = 0x1ff000, DEVICE = 0x200000, DEVICE_BYTES = 0x1000 };

__asm__(".data\n"
        "program: .code16\n"
        "  xor %ax, %ax; mov %ax, %ds; mov %ax, %ss; mov $0x7000, %sp\n"
        "  mov $0x1234, %bx; push %bx; pop %cx; sti; nop; cli\n"
        "  lgdtl 0x8000 + gdt_at - program; mov $0x21, %eax; mov %eax, %cr0; ljmpl $8, $0x8000 + protected - program\n"
        "protected: .code32\n"
        "  mov $16, %eax; mov %eax, %ds; mov %eax, %ss; mov %eax, %es; mov $0x7000, %esp\n"
        "  movl $0x11003, 0x10000; movl $0x12003, 0x11000; movl $0x83, 0x12000; movl $0x200083, 0x12008\n"
        "  mov $0x10000, %eax; mov %eax, %cr3; mov $0x620, %eax; mov %eax, %cr4\n"
        "  mov $0xc0000080, %ecx; mov $0x901, %eax; xor %edx, %edx; wrmsr\n"
        "  mov $0x80010021, %eax; mov %eax, %cr0; ljmpl $24, $0x8000 + long_mode - program\n"
        "long_mode: .code64\n"
        "  lea divide(%rip), %rax; mov $0x3000, %edi; call gate; lea software(%rip), %rax; mov $0x3800, %edi; call gate\n"
        "  lea software(%rip), %rax; mov $0x3030, %edi; call gate; lidt idt_at(%rip); mov $40, %eax; ltr %ax\n"
        "  mov $0xc0000082, %ecx; mov $0x89abcdef, %eax; mov $0xffff8123, %edx; wrmsr\n"
        "  mov $0xc0000102, %ecx; mov $0x5000, %eax; xor %edx, %edx; wrmsr; mov $0x6000, %eax; mov $0xc0000101, %ecx; wrmsr\n"
        "  swapgs; mov $0x1111, %eax; mov %rax, %dr0; mov $0x2222, %eax; mov %rax, %dr3; mov $5, %eax; mov %rax, %cr8\n"
        "  fninit; fldpi; fld1; movl $0x5f80, 0x4000; ldmxcsr 0x4000\n"
        "  mov $20, %ebp; mov $0x200000, %ebx; mov $0x13000, %edi; mov $0x123456789abcdef, %rax; xor %r15d, %r15d\n"
        "again:\n"
        "  mov %rax, 0x20(%rdi); imul $0x10dcd, %rax, %rax; add $0x3039, %rax; pushfq; pop %r14; mov %r14, 8(%rdi)\n"
        "  cvtsi2sd %ebp, %xmm1; sqrtsd %xmm1, %xmm2; mulsd %xmm2, %xmm1; movdqu %xmm1, 16(%rdi); pcmpeqd %xmm9, %xmm9\n"
        "  fadd %st, %st(1); fxch; fildl 8(%rdi); fmulp\n"
        "  mov %eax, (%rbx); mov 8(%rbx), %rdx; add %rdx, %rax; mov %gs:0x10, %rcx; adcb $3, 1(%rbx)\n"
        "  mov $0x13000, %esi; push %rdi; add $0x800, %rdi; mov $9, %ecx; rep movsb; pop %rdi; mov %rsp, %r13\n"
        "  xor %ecx, %ecx; push %rax; xor %edx, %edx; cmp %rax, %rbp; div %rcx; int $0x80; pop %rax; int3\n"
        "  mov %ss, %edx; mov %edx, %ss; std; cld; popcnt %rax, %r8; cmp %rdi, %rax; setl %r12b; cmovg %rsi, %r11; bt %rbp, %rax; rcr %r10\n"
        "  mov %cr8, %r9; add $0x30, %rdi; dec %ebp; jnz again\n"
        "  hlt\n"
        "gate: mov %ax, (%rdi); movl $0x8e000018, 2(%rdi); shr $16, %rax; mov %ax, 6(%rdi); shr $16, %rax; mov %eax, 8(%rdi); ret\n"
        "divide: inc %r15; addq $3, (%rsp); btrl $16, 16(%rsp); iretq\n"              /* over DIV; without RF */
        "software: add $16, %r15; orb $1, 16(%rsp); iretq\n"
        "idt_at: .word 0xfff; .quad 0x3000\n"
        "gdt_at: .word 55; .long 0x8000 + gdt - program\n"
        "  .balign 8\n"
        "gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff, 0, 0x0000890050000067, 0\n"
        "program_end: .text\n");
extern const char program[], program_end[];

struct guest {
    struct log *log;
    struct ram *ram;
    struct memory *memory;
    struct engine *engine;
    struct x86_cpu *cpu;
    GMutex lock;
    unsigned touched, reads, init_at;           /* init_at: the read of the device that asks for an INIT; 0: none does */
    uint8_t tpr;
};

/* ---- a device and an interrupt controller: each access of the device asks the CPU out of its turn ---- */

static uint64_t device_read(void *device, uint64_t offset, unsigned bytes)
{
    struct guest *guest = device;
    if (++guest->reads == guest->init_at) {
        atomic_fetch_or(&guest->cpu->cpu.input, CPU_INPUT_INIT);
    }
    cpu_kick(&guest->cpu->cpu);
    return ++guest->touched * 0x0101010101u + offset;
}

static void device_write(void *device, uint64_t offset, uint64_t value, unsigned bytes)
{
    struct guest *guest = device;
    guest->touched += (unsigned)(value & 0xff) + bytes;
    cpu_kick(&guest->cpu->cpu);
}

static const struct io_ops device_ops = { device_read, device_write, 1, 8 };

static uint8_t read_tpr(void *controller) { return ((struct guest *)controller)->tpr; }
static void write_tpr(void *controller, uint8_t value) { ((struct guest *)controller)->tpr = value; }

/* ---- both in turns ---- */

/* So many instructions by KVM, so many by the translator; kvm 0: KVM runs until the device asks it out. */
struct pattern { const char *name; unsigned kvm, translated; };
struct turns { struct pattern pattern; unsigned done; };
static GPrivate turns_of_thread;

/* A step over HLT need not halt: KVM_EXIT_DEBUG may come in the place of KVM_EXIT_HLT. */
static bool at_hlt(struct x86_cpu *cpu)
{
    return phys_load(&cpu->cpu, cpu->seg[SEG_CS].base + x86_rip(cpu), 1) == 0xf4;
}

static enum accel_exit run_in_turns(struct cpu *cpu, const struct accel_debug *debug, struct accel_hit *hit)
{
    struct turns *turns = g_private_get(&turns_of_thread);
    const unsigned by_kvm = MAX(turns->pattern.kvm, 1);
    struct accel_debug plan = *debug;
    if (turns->done++ % (by_kvm + turns->pattern.translated) >= by_kvm) {
        x86_kvm.end(cpu);
        return ACCEL_TRANSLATE;
    }
    plan.step = plan.now = turns->pattern.kvm && !at_hlt(x86_cpu_of(cpu));
    const enum accel_exit exit = x86_kvm.run(cpu, &plan, hit);
    return exit == ACCEL_DEBUG ? ACCEL_ATTEND : exit;
}

/* ---- a guest ---- */

static void guest_free(struct guest *guest)
{
    engine_free(guest->engine);
    x86_cpu_free(guest->cpu);
    memory_free(guest->memory);
    ram_free(guest->ram);
    log_free(guest->log);
    g_mutex_clear(&guest->lock);
    g_free(guest);
}

/* Run to its HLT, or to that at the reset vector. The translator attends between any two instructions, as KVM does. */
static struct guest *guest_run(const struct accelerator *accelerator, const struct x86_model *model, unsigned init_at)
{
    const struct engine_options options = { .max_insns = 1, .unlinked = true, .accelerator = accelerator, .accelerator_cpus = 1 };
    g_autoptr(GError) error = NULL;
    struct guest *guest = g_new0(struct guest, 1);
    g_mutex_init(&guest->lock);
    guest->log = log_new();
    guest->ram = ram_new(RAM_BYTES);
    guest->memory = memory_new("memory", 1ull << 40, guest->log);
    memory_add_ram(guest->memory, "ram", 0, RAM_BYTES, guest->ram, 0, false, 0);
    memory_add_ram(guest->memory, "rom", (1ull << 32) - (RAM_BYTES - ROM), RAM_BYTES - ROM, guest->ram, ROM, true, 0);
    memory_add_io(guest->memory, "device", DEVICE, DEVICE_BYTES, &device_ops, guest, 0);
    memcpy(guest->ram->host + CODE, program, (size_t)(program_end - program));
    memset(guest->ram->host + ROM, 0xf4, RAM_BYTES - ROM);
    guest->init_at = init_at;
    guest->engine = engine_new(&options, guest->memory, guest->log, &error);
    if (!guest->engine) {
        g_error("%s", error->message);
    }
    struct x86_cpu *cpu = guest->cpu = x86_cpu_new(model, 0, true);
    cpu->cpu.frontend = &x86_frontend;
    cpu->cpu.memory = guest->memory;
    cpu->cpu.log = guest->log;
    cpu->cpu.machine_lock = &guest->lock;
    cpu->pic.controller = guest;
    cpu->pic.read_tpr = read_tpr;
    cpu->pic.write_tpr = write_tpr;
    engine_add_cpu(guest->engine, &cpu->cpu);
    cpu->seg[SEG_CS].selector = CODE >> 4;
    cpu->seg[SEG_CS].base = CODE;
    x86_set_rip(cpu, 0);
    x86_update_mode(cpu);
    engine_run(guest->engine, &cpu->cpu, UINT64_MAX);
    return guest;
}

#define WORD(member) { #member, offsetof(struct x86_cpu, member) }
static const struct { const char *name; size_t offset; } words[] = {
    WORD(cr0), WORD(cr2), WORD(cr3), WORD(cr4), WORD(efer), WORD(dr[0]), WORD(dr[3]), WORD(dr[6]), WORD(dr[7]), WORD(lstar), WORD(star),
    WORD(kernel_gs_base), WORD(pat), WORD(apic_base), WORD(gdt.base), WORD(idt.base), WORD(smbase), WORD(cpu.pc),
};

static void compare_segments(struct test *t, const struct x86_cpu *a, const struct x86_cpu *b)
{
    for (unsigned n = 0; n < SEG_COUNT; n++) {
        EXPECT_EQ(t, b->seg[n].base, a->seg[n].base);
        EXPECT_EQ(t, b->seg[n].limit, a->seg[n].limit);
        EXPECT_EQ(t, b->seg[n].selector, a->seg[n].selector);
        EXPECT_EQ(t, b->seg[n].attributes, a->seg[n].attributes);
    }
}

static void compare(struct test *t, const struct guest *want, const struct guest *got)
{
    struct x86_cpu *a = want->cpu, *b = got->cpu;
    for (unsigned n = 0; n < G_N_ELEMENTS(words); n++) {
        if (memcmp((char *)a + words[n].offset, (char *)b + words[n].offset, 8)) {
            printf("# %s\n", words[n].name);
            EXPECT(t, !"a register differs");
        }
    }
    for (unsigned n = 0; n < 16; n++) {
        EXPECT_EQ(t, b->regs[n], a->regs[n]);
    }
    compare_segments(t, a, b);
    EXPECT(t, b->gdt.limit == a->gdt.limit && b->idt.limit == a->idt.limit && b->cpl == a->cpl);
    EXPECT_EQ(t, x86_eflags_get(b), x86_eflags_get(a));
    EXPECT_EQ(t, x86_mxcsr_get(b), x86_mxcsr_get(a));
    EXPECT(t, !memcmp(a->xmm, b->xmm, sizeof(a->xmm)) && !memcmp(a->fpu.st, b->fpu.st, sizeof(a->fpu.st)));
    EXPECT(t, a->fpu.control == b->fpu.control && x86_fpu_status(a) == x86_fpu_status(b) && a->fpu.tag_valid == b->fpu.tag_valid);
    EXPECT(t, b->cpu.halted && got->touched == want->touched && got->tpr == want->tpr);
    EXPECT(t, !memcmp(want->ram->host, got->ram->host, TABLES));
    EXPECT(t, !memcmp(want->ram->host + TABLES_END, got->ram->host + TABLES_END, RAM_BYTES - TABLES_END));
}

static const struct pattern patterns[] = {
    { "KVM alone", 0, 0 }, { "KVM by steps", 1, 0 }, { "one each", 1, 1 }, { "two and three", 2, 3 }, { "three behind each access", 0, 3 },
};

static void run_patterns(struct test *t, unsigned init_at)
{
    struct accelerator both = x86_kvm;
    struct x86_model max = *x86_model_find("max", NULL), model = *x86_model_find("qemu64", NULL);
    both.run = run_in_turns;
    EXPECT(t, x86_kvm_fit_model(&model));
    max.signature = model.signature;
    struct guest *want = guest_run(NULL, &max, init_at);        /* POPCNT works, also where CPUID hides it */
    EXPECT(t, want->cpu->cpu.halted && (init_at ? x86_rip(want->cpu) == 0xfff1 : want->cpu->regs[15] == 20 * 33 && want->touched > 100));
    for (unsigned n = 0; n < G_N_ELEMENTS(patterns); n++) {
        struct turns turns = { .pattern = patterns[n] };
        g_private_set(&turns_of_thread, &turns);
        struct guest *got = guest_run(&both, &model, init_at);
        compare(t, want, got);
        if (t->failed) {
            printf("# in turns: %s, after %u\n", patterns[n].name, turns.done);
        }
        guest_free(got);
    }
    guest_free(want);
}

static void same_state(struct test *t) { run_patterns(t, 0); }
static void init_amid_an_access(struct test *t) { run_patterns(t, 15); }

int main(void)
{
    static const struct test_case cases[] = { TEST(same_state), TEST(init_amid_an_access) };
    g_autoptr(GError) why = NULL;
    void *state = x86_kvm.open(NULL, NULL, 1, &why);
    if (!state) {
        printf("skip kvm_switch: %s\n", why->message);
        return 0;
    }
    x86_kvm.close(state);
    return test_run_cases("kvm_switch", cases, G_N_ELEMENTS(cases));
}
