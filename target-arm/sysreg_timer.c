/* SPDX-License-Identifier: MIT */
/* The generic timer's registers (Arm ARM D17.11): who may reach them, and what a write does. */
#include "target-arm/sysreg.h"

/* EL0's access by CNTKCTL_EL1 (bit) or, when EL2 hosts it, CNTHCTL_EL2; EL1's to the physical ones by CNTHCTL_EL2. */
static void check_el0(struct arm_cpu *cpu, unsigned bit)
{
    if (cpu->el == EL0 && !(cpu->cntkctl >> bit & 1)) {
        arm_sysreg_trap(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1);
    }
}

static void check_physical(struct arm_cpu *cpu, unsigned hyp_bit)
{
    if (cpu->el < EL2 && cpu->has_el2 && !arm_is_secure(cpu) && !(cpu->cnthctl >> hyp_bit & 1)) {
        arm_sysreg_trap(cpu, EL2);
    }
}

static uint64_t cntfrq(struct arm_cpu *cpu)
{
    if (cpu->el == EL0 && !(cpu->cntkctl & 3)) {
        arm_sysreg_trap(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1);
    }
    return cpu->cntfrq;
}

static void cntfrq_put(struct arm_cpu *cpu, uint64_t value)
{
    if (cpu->el < (cpu->has_el3 ? EL3 : cpu->has_el2 ? EL2 : EL1)) {
        arm_raise_undefined(cpu);
    }
    cpu->cntfrq = (uint32_t)value;
}

static uint64_t cntpct(struct arm_cpu *cpu)
{
    check_el0(cpu, 0);
    check_physical(cpu, 0);
    return arm_counter(cpu);
}

static uint64_t cntvct(struct arm_cpu *cpu)
{
    check_el0(cpu, 1);
    return arm_counter(cpu) - cpu->cntvoff;
}

static uint64_t count_of(struct arm_cpu *cpu, enum arm_timer n)
{
    return arm_counter(cpu) - (n == ARM_TIMER_VIRT ? cpu->cntvoff : 0);
}

static void check(struct arm_cpu *cpu, enum arm_timer n)
{
    if (n == ARM_TIMER_PHYS) {
        check_el0(cpu, 9);
        check_physical(cpu, 1);
    } else if (n == ARM_TIMER_VIRT) {
        check_el0(cpu, 8);
    } else if (n == ARM_TIMER_SEC && cpu->el < EL3) {      /* secure EL1's alone, and when EL3 lets it */
        if (cpu->el == EL2 || !arm_is_secure(cpu)) {
            arm_raise_undefined(cpu);
        }
        if (!(cpu->scr & SCR_ST)) {
            arm_sysreg_trap(cpu, EL3);
        }
    }
}

static uint64_t cval_get(struct arm_cpu *cpu, enum arm_timer n)
{
    check(cpu, n);
    return cpu->timer_state[n].cval;
}

static uint64_t tval_get(struct arm_cpu *cpu, enum arm_timer n)
{
    check(cpu, n);
    return (uint32_t)(cpu->timer_state[n].cval - count_of(cpu, n));
}

static uint64_t ctl_get(struct arm_cpu *cpu, enum arm_timer n)
{
    check(cpu, n);
    return arm_timer_ctl(cpu, n);
}

enum part { CTL, CVAL, TVAL };
static void put(struct arm_cpu *cpu, enum arm_timer n, enum part part, uint64_t value)
{
    check(cpu, n);
    bool locked = arm_lock(cpu);
    struct arm_timer_state *s = &cpu->timer_state[n];
    if (part == CTL) {
        s->ctl = value & 3;
    } else {
        s->cval = part == CVAL ? value : count_of(cpu, n) + (uint64_t)(int64_t)(int32_t)value;
    }
    arm_timer_update(cpu, n);
    arm_unlock(cpu, locked);
}

#define TIMER(tag, n) \
    static uint64_t tag##_ctl(struct arm_cpu *cpu) { return ctl_get(cpu, n); } \
    static uint64_t tag##_cval(struct arm_cpu *cpu) { return cval_get(cpu, n); } \
    static uint64_t tag##_tval(struct arm_cpu *cpu) { return tval_get(cpu, n); } \
    static void tag##_ctl_put(struct arm_cpu *cpu, uint64_t value) { put(cpu, n, CTL, value); } \
    static void tag##_cval_put(struct arm_cpu *cpu, uint64_t value) { put(cpu, n, CVAL, value); } \
    static void tag##_tval_put(struct arm_cpu *cpu, uint64_t value) { put(cpu, n, TVAL, value); }
TIMER(phys, ARM_TIMER_PHYS)
TIMER(virt, ARM_TIMER_VIRT)
TIMER(hyp, ARM_TIMER_HYP)
TIMER(sec, ARM_TIMER_SEC)

static uint64_t cntvoff_get(struct arm_cpu *cpu) { return cpu->cntvoff; }
static void cntvoff_put(struct arm_cpu *cpu, uint64_t value)
{
    bool locked = arm_lock(cpu);
    cpu->cntvoff = value;
    arm_timer_update(cpu, ARM_TIMER_VIRT);
    arm_unlock(cpu, locked);
}

#define TIMER_ROWS(op1, crm, nm, el, tag) \
    SYSREG_FN(3, op1, 14, crm, 0, nm "_TVAL", el, tag##_tval, tag##_tval_put, SYSREG_POLL), \
    SYSREG_FN(3, op1, 14, crm, 1, nm "_CTL", el, tag##_ctl, tag##_ctl_put, SYSREG_POLL), \
    SYSREG_FN(3, op1, 14, crm, 2, nm "_CVAL", el, tag##_cval, tag##_cval_put, SYSREG_POLL)
static const struct arm_sysreg rows[] = {
    SYSREG_FN(3, 3, 14, 0, 0, "CNTFRQ_EL0", EL0, cntfrq, cntfrq_put, 0),
    SYSREG_RO(3, 3, 14, 0, 1, "CNTPCT_EL0", EL0, cntpct, 0),
    SYSREG_RO(3, 3, 14, 0, 2, "CNTVCT_EL0", EL0, cntvct, 0),
    SYSREG_RW(3, 0, 14, 1, 0, "CNTKCTL_EL1", EL1, cntkctl, 0),
    SYSREG_RW(3, 4, 14, 1, 0, "CNTHCTL_EL2", EL2, cnthctl, 0),
    SYSREG_FN(3, 4, 14, 0, 3, "CNTVOFF_EL2", EL2, cntvoff_get, cntvoff_put, 0),
    TIMER_ROWS(3, 2, "CNTP", EL0, phys),
    TIMER_ROWS(3, 3, "CNTV", EL0, virt),
    TIMER_ROWS(4, 2, "CNTHP", EL2, hyp),
    TIMER_ROWS(7, 2, "CNTPS", EL1, sec),
};
SYSREG_TABLE(timer);
