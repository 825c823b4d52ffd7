/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * Hyp mode: HVC, traps and their syndromes, stage 2 aborts with the description of the instruction, virtual interrupts. QEMU 7.2 has
 * of Armv7's CPUs no traps by HCR.TID1, TID3, TSW, TPC, TPU and HCPTR.TCPAC: the lines of tcmtr, id_pfr0, dcisw, dcimvac, iciallu
 * and cpacr are the manual's.
 */
#include "guest32.h"

#define HCR() CP15(4, c1, c1, 0)
#define HCR_PUT(value) CP15_PUT(4, c1, c1, 0, value)
enum { HCR_VM = 1, VF = 1 << 6, VI = 1 << 7, VA = 1 << 8, FMO = 1 << 3, IMO = 1 << 4, AMO = 1 << 5, TWI = 1 << 13, TWE = 1 << 14,
       TID0 = 1 << 15, TID1 = 1 << 16, TID2 = 1 << 17, TID3 = 1 << 18, TIDCP = 1 << 20, TAC = 1 << 21, TSW = 1 << 22, TPC = 1 << 23,
       TPU = 1 << 24, TTLB = 1 << 25, TVM = 1 << 26, TGE = 1 << 27 };

/* fn in Supervisor mode; back by HVC #0x77, which the hook knows. */
static void (*volatile target)(void);
static void stub(void)
{
    target();
    __asm__ volatile("movw r9, #:lower16:guest_at\n\tmovt r9, #:upper16:guest_at\n\tadr r8, 1f\n\tstr r8, [r9]\n1:\thvc #0x77"
                     ::: "r8", "r9", "memory");
}
static void guest(uint32_t mode, void (*fn)(void))
{
    target = fn;
    __asm__ volatile("push {r4-r12, lr}\n\tmovw r2, #:lower16:hyp_sp\n\tmovt r2, #:upper16:hyp_sp\n\tstr sp, [r2]\n\tmsr spsr_fsxc, %0\n\t"
                     "msr elr_hyp, %1\n\teret\n.globl hyp_back\nhyp_back:\n\tmovw r2, #:lower16:hyp_sp\n\tmovt r2, #:upper16:hyp_sp\n\t"
                     "ldr sp, [r2]\n\tpop {r4-r12, lr}" :: "r"(mode | 0x1c0), "r"(stub) : "r0", "r1", "r2", "r3", "memory");
}
uint32_t hyp_sp;
extern char hyp_back[];
extern uint32_t guest_at[2];

static void hook(uint32_t *frame)
{
    if ((frame[0] & 31) == HYP && CP15(4, c5, c2, 0) >> 26 == 0x12 && (CP15(4, c5, c2, 0) & 0xffff) == 0x77) {
        __asm__ volatile("msr elr_hyp, %0" :: "r"(hyp_back));
        frame[1] = HYP | 0x1c0;
        return;
    }
    frame[1] &= ~0x0600fc00u;
    frame[15] = guest_at[1] & ~1u;
    if ((frame[0] & 31) == HYP)
        __asm__ volatile("msr elr_hyp, %0" :: "r"(guest_at[1] & ~1u));
    if ((frame[0] & 31) == IRQ || (frame[0] & 31) == FIQ)
        frame[1] |= 0x1c0;
}

static void calls(void)
{
    TRY("hvc", "hvc #0x123");
    TRY_T("hvc, T32", ".inst.w 0xf7e18234");
    TRY("svc", "svc #1");
    TRY("undefined", ".inst 0xe7f000f0");
    TRY("smc", "smc #1");
    TRY("hcr", "mrc p15, 4, r0, c1, c1, 0");
    TRY("cps to hyp", "mov r0, #0");
}

static void trapped(void)
{
    TRY("wfi", "wfi");
    TRY("wfi that fails its condition", "mov r0, #1\n\tcmp r0, #0\n\twfieq");
    TRY("actlr", "mrc p15, 0, r0, c1, c0, 1");
    TRY("midr", "mrc p15, 0, r0, c0, c0, 0");
    TRY("ctr", "mrc p15, 0, r3, c0, c0, 1");
    TRY("ccsidr", "mrc p15, 1, r2, c0, c0, 0");
    TRY("tcmtr", "mrc p15, 0, r1, c0, c0, 2");
    TRY("id_pfr0", "mrc p15, 0, r0, c0, c1, 0");
    TRY("sctlr write", "mov r0, #0\n\tmcr p15, 0, r0, c1, c0, 0");
    TRY("sctlr read", "mrc p15, 0, r0, c1, c0, 0");
    TRY("ttbr0 write", "mcr p15, 0, r3, c2, c0, 0");
    TRY("ttbr0 write, 64 bits", "mcrr p15, 0, r2, r3, c2");
    TRY("tlbiall", "mcr p15, 0, r0, c8, c7, 0");
    TRY("dcisw", "mcr p15, 0, r0, c7, c6, 2");
    TRY("dcimvac", "movw r0, #0\n\tmovt r0, #0x4040\n\tmcr p15, 0, r0, c7, c6, 1");
    TRY("iciallu", "mcr p15, 0, r0, c7, c5, 0");
    TRY("c15", "mrc p15, 0, r0, c15, c0, 0");
    TRY("c9 l2ctlr", "mrc p15, 1, r0, c9, c0, 2");
}

static void floating(void)
{
    TRY("vadd", "vadd.f32 s0, s0, s0");
    TRY("vmrs", "vmrs r0, fpscr");
    TRY("neon", "vadd.i32 d0, d0, d0");
    TRY("cpacr", "mrc p15, 0, r0, c1, c0, 2");
}

static void hstr(void)
{
    TRY("c13", "mrc p15, 0, r1, c13, c0, 3");
    TRY("c2", "mcrr p15, 0, r2, r3, c2");
}

static void virtual(void)
{
    TRY("virtual irq", "cpsie i\n\tnop\n\tnop");
    TRY("virtual fiq", "cpsie f\n\tnop\n\tnop");
    print_hex("isr", CP15(0, c12, c1, 0));
    line();
}

static void stage2(void)
{
    TRY("read", "movw r1, #0x4\n\tmovt r1, #0xc000\n\tldr r0, [r1]");
    TRY("write", "movw r1, #0x8\n\tmovt r1, #0xc000\n\tstrb r3, [r1]");
    TRY("signed half", "movw r1, #0x6\n\tmovt r1, #0xc000\n\tldrsh r2, [r1]");
    TRY("write-back", "movw r1, #0x8\n\tmovt r1, #0xc000\n\tstr r3, [r1], #4");
#define AT(text) "movw r1, #0x10\n\tmovt r1, #0xc000\n\tmov r2, #0\n\tmov r3, #5\n\t" text
    TRY("ldrb", AT("ldrb r0, [r1, r2]"));
    TRY("ldrsb", AT("ldrsb r3, [r1, #-4]"));
    TRY("ldrh", AT("ldrh r2, [r1]"));
    TRY("strh", AT("strh r3, [r1, r2]"));
    TRY("ldrd", AT("ldrd r2, r3, [r1]"));
    TRY("strd", AT("strd r2, r3, [r1]"));
    TRY("ldm", AT("ldm r1, {r2, r3}"));
    TRY("ldr, index written back", AT("ldr r0, [r1, #4]!"));
    TRY("ldrt", AT("ldrt r0, [r1]"));
    TRY("ldrex", AT("ldrex r0, [r1]"));
    TRY("swp-like strex", AT("strex r0, r3, [r1]"));
    TRY("vldr", AT("vldr s0, [r1]"));
    TRY_T("t16 ldr", AT("ldr r0, [r1, #4]"));
    TRY_T("t16 ldrb", AT("ldrb r3, [r1, #1]"));
    TRY_T("t16 ldrsh", AT("ldrsh r0, [r1, r2]"));
    TRY_T("t16 strh", AT("strh r3, [r1, #2]"));
    TRY_T("t16 stm", AT("stm r1!, {r2, r3}"));
    TRY_T("t32 ldr", AT("ldr.w r0, [r1, #4]"));
    TRY_T("t32 strb, register", AT("strb.w r3, [r1, r2]"));
    TRY_T("t32 ldrsb", AT("ldrsb.w r3, [r1, #4]"));
    TRY_T("t32 ldrh, negative", AT("ldrh r2, [r1, #-4]"));
    TRY_T("t32 ldrt", AT("ldrt r2, [r1, #4]"));
    TRY_T("t32 str, written back", AT("str r3, [r1], #4"));
    TRY_T("t32 ldrd", AT("ldrd r2, r3, [r1]"));
    TRY("read-only", "movw r1, #0x8\n\tmovt r1, #0x8000\n\tstr r3, [r1]");
    TRY("fetch", "movw r1, #0\n\tmovt r1, #0xc000\n\tblx r1");
}

static uint64_t level1[4] __attribute__((aligned(4096)));

int main(void)
{
    print_hex("cpsr", PSR(cpsr) & 0x1ff);
    print_hex("hcr", HCR());
    print_hex("pfr1", CP15(0, c0, c1, 1));
    print_hex("vpidr", CP15(4, c0, c0, 0) == CP15(0, c0, c0, 0));
    line();
    CP15_PUT(4, c12, c0, 0, 0);
    CP15_PUT(0, c1, c0, 2, 0xf00000);
    guest_hook = hook;
    print("in hyp\n");
    TRY("hvc in hyp", "hvc #3");
    TRY("svc in hyp", "svc #3");
    TRY("undefined in hyp", ".inst 0xe7f000f0");
    TRY("bkpt in hyp", "bkpt #3");
    print("calls\n");
    guest(SVC, calls);
    print("traps\n");
    HCR_PUT(TWI | TWE | TID0 | TID1 | TID2 | TID3 | TIDCP | TAC | TSW | TPC | TPU | TTLB | TVM);
    guest(SVC, trapped);
    HCR_PUT(0);
    print("floating point\n");
    CP15_PUT(4, c1, c1, 2, 3 << 10 | 1u << 31);
    guest(SVC, floating);
    CP15_PUT(4, c1, c1, 2, 0);
    print("hstr\n");
    CP15_PUT(4, c1, c1, 3, 1 << 13 | 1 << 2);
    guest(SVC, hstr);
    CP15_PUT(4, c1, c1, 3, 0);
    print("virtual interrupts\n");
    HCR_PUT(IMO | FMO | AMO | VI | VF);
    guest(SVC, virtual);
    HCR_PUT(0);
    print("stage 2\n");
    level1[0] = 0x000000000 | 1 << 10 | 3 << 6 | 0xf << 2 | 3 << 8 | 1;
    level1[1] = 0x040000000 | 1 << 10 | 3 << 6 | 0xf << 2 | 3 << 8 | 1;
    level1[2] = 0x040000000 | 1 << 10 | 1 << 6 | 0xf << 2 | 3 << 8 | 1;
    level1[3] = 0;
    CP15_PUT(4, c2, c1, 2, 1u << 31 | 1 << 6);
    __asm__ volatile("mcrr p15, 6, %0, %1, c2" :: "r"(level1), "r"(0));
    HCR_PUT(HCR_VM);
    CP15_PUT(4, c8, c7, 4, 0);
    guest(SVC, stage2);
    HCR_PUT(TGE);
    print("end\n");
    end();
}
