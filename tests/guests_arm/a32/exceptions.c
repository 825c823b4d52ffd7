/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Exceptions at PL1 and from User mode: vectors, modes, return addresses, SPSR, banked registers, VBAR, SCTLR.TE, EE and A (QEMU 7.2
 * lets unaligned accesses to Device memory pass).
 */
#include "guest32.h"

static void user(void)
{
    TRY("svc from usr", "svc #5");
    TRY_T("svc from usr, T32", "svc #5");
    TRY("undefined from usr", ".inst 0xe7f000f0");
    TRY("bkpt from usr", "bkpt #7");
    TRY("mrc sctlr from usr", "mrc p15, 0, r0, c1, c0, 0");
    TRY("mcr dacr from usr", "mcr p15, 0, r0, c3, c0, 0");
    TRY("mrs spsr from usr", "mrs r0, spsr");
    TRY("srs from usr", "srsia sp!, #0x13");
    TRY("cps from usr", "cpsid if");
    TRY("msr cpsr_c from usr", "mov r0, #0x13\n\tmsr cpsr_c, r0");
    TRY("hvc from usr", ".inst 0xe1400071");
    TRY("smc from usr", ".inst 0xe1600071");
    TRY("cp15 barriers", "mcr p15, 0, r0, c7, c10, 4");
    TRY("tpidruro write from usr", "mcr p15, 0, r0, c13, c0, 3");
    TRY("tpidrurw from usr", "mcr p15, 0, r0, c13, c0, 2");
    TRY("cntvct from usr", "mrrc p15, 1, r0, r1, c14");
    TRY("pmccntr from usr", "mrc p15, 0, r0, c9, c13, 0");
    TRY("dbgdidr from usr", "mrc p14, 0, r0, c0, c0, 0");
    TRY("teehbr from usr", "mrc p14, 6, r0, c1, c0, 0");
    TRY("enterx", ".inst 0xe1a00000");
    TRY_T("enterx, T32", ".inst.w 0xf3bf8f1f");
    print_hex("cpsr", PSR(cpsr) & 0x1ff);
    line();
}

static void kernel(void)
{
    TRY("svc", "svc #1");
    TRY_T("svc, T32", "svc #1");
    TRY("undefined", ".inst 0xe7f000f0");
    TRY_T("undefined, T16", "udf #1");
    TRY_T("undefined, T32", ".inst.w 0xf7f0a123");
    TRY_T("svc in an IT block", "cmp r0, r0\n\titet eq\n\tmoveq r0, #1\n\tmovne r0, #2\n\tsvceq #1");
    TRY_T("undefined in an IT block", "cmp r0, r0\n\t.inst.n 0xbf04, 0x2001, 0xde01");
    TRY("bkpt", "bkpt #0x1234");
    TRY_T("bkpt, T16", "bkpt #0x12");
    TRY("cdp of coprocessor 5", "cdp p5, 0, c0, c0, c0, 0");
    TRY("unknown cp15 register", "mrc p15, 3, r0, c12, c1, 3");
    TRY("ldrexd odd", ".inst 0xe1b01f9f");
    TRY("rfe of its own", "mov r0, #0");
    TRY("mrs banked, own mode", ".inst 0xe1020300");
    TRY("hyp register", "mrc p15, 4, r0, c1, c1, 0");
}

/* CPUs without short vectors: operations are undefined while FPSCR.LEN is set, which FPEXC.DEX records (QEMU leaves it 0). */
#define LEN "vmrs r2, fpscr\n\torr r3, r2, #0x10000\n\tvmsr fpscr, r3"
static void short_vector(const char *name)
{
    print(name);
    print_hex("fpexc", ({ uint32_t v_; __asm__ volatile(".fpu vfpv4\n\tvmrs %0, fpexc" : "=r"(v_)); v_; }));
    line();
    __asm__ volatile("vmsr fpexc, %0" :: "r"(0x40000000));
}
static void short_vectors(void)
{
#define SHORT(name, text) \
    do { \
        guest_name = name; \
        AROUND(LEN, text, "vmsr fpscr, r2"); \
        short_vector(name); \
    } while (0)
    SHORT("vadd, short vectors", "vadd.f32 s0, s8, s16");
    SHORT("vadd of scalars", "vadd.f64 d0, d0, d0");
    SHORT("vmov", "vmov.f32 s8, s9");
    SHORT("vcmp", "vcmp.f32 s8, s9");
    SHORT("vcvt", "vcvt.s32.f32 s8, s9");
    SHORT("vmov of a core register", "vmov s8, r0");
}

static void alignment(void)
{
    const uint32_t sctlr = SCTLR();
    for (unsigned strict = 0; strict < 2; strict++) {
        SCTLR_PUT((sctlr & ~2u) | strict << 1);
        print(strict ? "strict\n" : "lax\n");
#define UNALIGNED(text) TRY(text, "movw r3, #:lower16:data_words\n\tmovt r3, #:upper16:data_words\n\t" text)
        UNALIGNED("ldr r0, [r3, #1]");
        UNALIGNED("ldrh r0, [r3, #1]");
        UNALIGNED("strh r0, [r3, #1]");
        UNALIGNED("ldrd r0, r1, [r3, #2]");
        UNALIGNED("ldrd r0, r1, [r3, #4]");
        UNALIGNED("ldmib r3, {r0, r1}");
        UNALIGNED("add r3, r3, #2\n\tldmia r3, {r0, r1}");
        UNALIGNED("add r3, r3, #1\n\tldrex r0, [r3]");
        UNALIGNED("add r3, r3, #4\n\tldrexd r0, r1, [r3]");
        UNALIGNED("add r3, r3, #1\n\tvld1.32 {d0}, [r3]");
        UNALIGNED("add r3, r3, #4\n\tvld1.32 {d0}, [r3:64]");
        UNALIGNED("add r3, r3, #2\n\tvldr d0, [r3]");
        UNALIGNED("add r3, r3, #2\n\tvldmia r3, {s0}");
        UNALIGNED("ldrb r0, [r3, #3]");
    }
    SCTLR_PUT(sctlr);
}
uint32_t data_words[8] __attribute__((aligned(8)));

static void show_mode(void)
{
    print_hex("cpsr", PSR(cpsr) & 0x1ff);
    TRY("svc", "svc #2");
    TRY("undefined", ".inst 0xe7f000f0");
}

/* R8, R13, R14 and SPSR of FIQ mode are its own; STM with ^ stores User mode's. */
static void banks(void)
{
    static uint32_t list[7];
    uint32_t r8, lr, spsr, usr;
    __asm__ volatile("mov r8, #0x88\n\tcps #0x11\n\tmov r8, #0x99\n\tmov lr, #0xee\n\tmovw r9, #0xf1ff\n\tmsr spsr_fsxc, r9\n\t"
                     "cps #0x13\n\tmov %0, r8\n\tcps #0x11\n\tmov %1, r8\n\tmov %2, lr\n\tmrs %3, spsr\n\tcps #0x13"
                     : "=&r"(usr), "=&r"(r8), "=&r"(lr), "=&r"(spsr) :: "r8", "r9", "r10", "r11", "r12", "lr");
    print_hex("r8", usr);
    print_hex("fiq: r8", r8);
    print_hex("lr", lr);
    print_hex("spsr", spsr);
    line();
    __asm__ volatile("mov r0, %0\n\tmov r8, #0x88\n\tcps #0x11\n\tmov r8, #0x99\n\tstmia r0, {r8}^\n\tcps #0x13" :: "r"(list)
                     : "r0", "r8", "memory");
    print_hex("stm of the user's r8", list[0]);
    __asm__ volatile("mov r0, %1\n\tcps #0x11\n\tldmia r0, {r8}^\n\tnop\n\tcps #0x13\n\tmov %0, r8" : "=r"(usr) : "r"(list) : "r0", "r8");
    print_hex("and ldm", usr);
    line();
}

int main(void)
{
    print("kernel\n");
    print_hex("sctlr", SCTLR());
    print_hex("cpsr", PSR(cpsr) & 0xfff);
    print_hex("mpidr", CP15(0, c0, c0, 5));
    print_hex("pfr0", CP15(0, c0, c1, 0));
    print_hex("pfr1", CP15(0, c0, c1, 1));
    line();
    kernel();
    print("user\n");
    in_mode(USR, user);
    print("modes\n");
    in_mode(SYS, show_mode);
    in_mode(IRQ, show_mode);
    in_mode(FIQ, show_mode);
    in_mode(ABT, show_mode);
    print("banks\n");
    banks();
    print("short vectors\n");
    short_vectors();
    print("alignment\n");
    alignment();
    print("big-endian exceptions\n");
    SCTLR_PUT(SCTLR() | 1u << 25);
    TRY("ee", "svc #3");
    SCTLR_PUT(SCTLR() & ~(1u << 25));
    TRY("setend", "setend be\n\tsvc #3");
    __asm__ volatile("setend le");
    print("thumb exceptions\n");
    extern char vectors_thumb[];
    CP15_PUT(0, c12, c0, 0, (uint32_t)vectors_thumb & ~1u);
    SCTLR_PUT(SCTLR() | 1u << 30);
    TRY("te", "svc #3");
    TRY_T("te, T32", "udf #1");
    SCTLR_PUT(SCTLR() & ~(1u << 30));
    CP15_PUT(0, c12, c0, 0, 0);
    end();
}
