/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,secure=on,virtualization=on,gic-version=2
 * FIQ and IRQ of a GICv2's groups in AArch32: masks, order, banked registers, routing to Monitor mode by SCR.FIQ and IRQ, to Hyp
 * mode by HCR.FMO and IMO, what SCR.FW leaves to CPSR.F. Shared interrupt 42 is in group 0 (FIQ), 43 in group 1 (IRQ).
 */
#include "guest32.h"
#include "../lib/gicv2_groups.h"

enum { F = 1 << 6, I = 1 << 7, A = 1 << 8 };
enum { NS = 1 << 0, SCR_IRQ = 1 << 1, SCR_FIQ = 1 << 2, FW = 1 << 4, AW = 1 << 5, HCE = 1 << 8, FMO = 1 << 3, IMO = 1 << 4 };
extern char vectors[];

static void unmask(void)
{
    TRY("both", "cpsie if\n\tnop\n\tnop\n\tcpsid if");
}

/* In Secure state the interrupt is ended, which Non-secure state may not do with group 0's: it sets the mask. Hyp mode sends it
 * down or masks its own. */
static void hook(uint32_t *frame)
{
    const uint32_t mode = frame[0] & 31;
    if (mode == HYP) {
        CP15_PUT(4, c1, c1, 0, 0);
        if ((frame[1] & 31) == HYP)
            frame[1] |= F | I;
        return;
    }
    frame[15] -= 4;
    if (guest_value && mode != MON) {
        frame[1] |= mode == FIQ ? F : I;
        return;
    }
    const uint32_t id = GIC(GICC_IAR);
    print_hex("    iar", id);
    line();
    GIC(GICC_EOIR) = id;
}

static void pend(void) { GIC(GICD_ISPENDR1) = FIQ_PENDS | IRQ_PENDS; }

static void secure(void)
{
    guest_hook = hook;
    pend();
    print_hex("isr", CP15(0, c12, c1, 0));
    line();
    TRY("both", "cpsie if\n\tnop\n\tnop\n\tcpsid if");
    pend();
    TRY("irq first", "cpsie i\n\tnop\n\tcpsie f\n\tnop\n\tcpsid if");
    pend();
    TRY("fiq first", "cpsie f\n\tnop\n\tcpsie i\n\tnop\n\tcpsid if");
    pend();
    TRY_T("t32", "cpsie if\n\tnop\n\tnop\n\tcpsid if");
    pend();
    TRY("within it", "nop");
    TRY_T("it block", "movs r0, #0\n\tcpsie if\n\tit eq\n\tmoveq r0, #1\n\tcpsid if");
    pend();
    TRY("banked registers", "mov r0, r10\n\tmov r10, #0x77\n\tcpsie if\n\tnop\n\tnop\n\tcpsid if\n\tcmp r10, #0x77\n\tmov r10, r0\n\tudfne #1");
    pend();
    in_mode(SYS, unmask);
}

/* Monitor mode's vectors: those of the program but for SMC, by which Non-secure state ends. */
__asm__(".text\n.arm\n.balign 32\nmonitor_vectors:\n\tb .\n\tb .\n\tb non_secure_back\n\tb vectors + 12\n\tb vectors + 16\n\tb .\n"
        "\tb vectors + 24\n\tb vectors + 28\n"
        "run_non_secure:\n\tpush {r4-r12, lr}\n\tldr r12, =secure_sp\n\tstr sp, [r12]\n\tcps #0x16\n\tmcr p15, 0, r0, c1, c1, 0\n\tisb\n\tmcr p15, 4, r1, c1, c1, 0\n\tisb\n"
        "\tmsr spsr_fsxc, r2\n\tmov lr, r3\n\tmovs pc, lr\n"
        "non_secure_back:\n\tmov r0, #0\n\tmcr p15, 0, r0, c1, c1, 0\n\tisb\n\tcps #0x13\n\tldr r12, =secure_sp\n\tldr sp, [r12]\n"
        "\tpop {r4-r12, pc}\n\t.ltorg\n");
uint32_t secure_sp;
extern char monitor_vectors[];
void run_non_secure(uint32_t scr, uint32_t hcr, uint32_t psr, void (*fn)(void));

static void monitor(void)
{
    static uint8_t stack[2048] __attribute__((aligned(8))), hyp_stack[2048] __attribute__((aligned(8)));
    __asm__ volatile("cps #0x16\n\tmov sp, %0\n\tmsr sp_hyp, %1\n\tmcr p15, 0, %2, c1, c1, 0\n\tisb\n\tmcr p15, 0, %3, c12, c0, 0\n\t"
                     "mcr p15, 4, %3, c12, c0, 0\n\tmcr p15, 0, %4, c1, c1, 0\n\tisb\n\tcps #0x13"
                     :: "r"(stack + sizeof(stack)), "r"(hyp_stack + sizeof(hyp_stack)), "r"(NS), "r"(vectors), "r"(0));
    CP15_PUT(0, c12, c0, 1, (uint32_t)monitor_vectors);
    CP15_PUT(0, c1, c1, 0, SCR_FIQ);
    print("fiq to monitor\n");
    pend();
    unmask();
    CP15_PUT(0, c1, c1, 0, SCR_FIQ | SCR_IRQ);
    print("both to monitor\n");
    pend();
    unmask();
    print("masked\n");
    pend();
    TRY("fiq alone", "cpsie f\n\tnop\n\tcpsid f");
    TRY("irq alone", "cpsie i\n\tnop\n\tcpsid i");
    CP15_PUT(0, c1, c1, 0, 0);
}

static void kernel(void)
{
    unmask();
    in_mode(USR, unmask);
    __asm__ volatile("smc #0");
}

static void hypervisor(void)
{
    unmask();
    __asm__ volatile("smc #0");
}

static void at(const char *name, uint32_t scr, uint32_t hcr)
{
    static const struct { const char *name; uint32_t psr; void (*fn)(void); } from[] = {
        { " svc, open", A | SVC, kernel }, { " svc, f", A | F | SVC, kernel }, { " svc, masked", A | F | I | SVC, kernel },
        { " hyp, open", A | HYP, hypervisor }, { " hyp, masked", A | F | I | HYP, hypervisor },
    };
    print(name);
    print_hex("scr", scr);
    print_hex("hcr", hcr);
    line();
    for (unsigned i = 0; i < 5; i++) {
        guest_name = from[i].name;
        print(from[i].name);
        line();
        pend();
        run_non_secure(scr | NS | HCE, hcr, from[i].psr, from[i].fn);
        GIC(GICD_ICPENDR1) = FIQ_PENDS | IRQ_PENDS;
    }
}

static void non_secure(void)
{
    guest_value = 1;
    at("to svc's modes", 0, 0);
    at("fiq to monitor", SCR_FIQ, 0);
    at("fiq to monitor, fw", SCR_FIQ | FW, 0);
    at("both to monitor", SCR_FIQ | SCR_IRQ, 0);
    at("both to monitor, fw", SCR_FIQ | SCR_IRQ | FW, 0);
    at("to hyp", 0, FMO | IMO);
    at("fiq to hyp, fw", FW, FMO);
    at("irq to hyp, fiq to monitor", SCR_FIQ, FMO | IMO);
    at("irq to hyp, fiq to monitor, fw", SCR_FIQ | FW, FMO | IMO);
    guest_value = 0;
}

int main(void)
{
    gic_begin();
    secure();
    monitor();
    non_secure();
    end();
}
