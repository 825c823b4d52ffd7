/* SPDX-License-Identifier: MIT */
/*
 * The performance monitors (Arm ARM D8, D17.5): a cycle counter of guest time at 1 GHz and four event counters,
 * which count
 * instructions (0x08) when the machine counts them (-icount), cycles (0x11), or what software adds (0x00). Overflows of
 * counters of cycles interrupt when they happen, those of instructions when the PMU is next looked at.
 *
 * Which counters run is decided whenever something changes that says so: PMCR, PMCNTEN, a filter, MDCR_EL2 and MDCR_EL3, the level.
 */
#include "target-arm/sysreg.h"

enum { COUNTERS = 4, PMCR_E = 1, PMCR_P = 2, PMCR_C = 4, PMCR_LC = 1 << 6, EN = 1, SW = 2, CR = 4, ER = 8, EVENT_INSTRUCTIONS = 0x08,
       EVENT_CYCLES = 0x11, CYCLE_COUNTER = 31, PMCR_DP = 1 << 5, PMCR_N = 11, HPMN = 0x1f, HPME = 1 << 7, SPME = 1 << 17 };
enum { FILTER_M = 1 << 26, FILTER_NSH = 1 << 27, FILTER_NSU = 1 << 28, FILTER_NSK = 1 << 29, FILTER_U = 1 << 30 };
#define FILTER_P (1ull << 31)
#define COUNTER_MASK (1ull << CYCLE_COUNTER | ((1 << COUNTERS) - 1))

/* How many counters EL1 and EL0 have; the others are EL2's. */
static unsigned lower_counters(const struct arm_cpu *cpu)
{
    return cpu->has_el2 ? MIN(cpu->mdcr[EL2] & HPMN, COUNTERS) : COUNTERS;
}

/* Those that are there at this level. */
static uint64_t visible(const struct arm_cpu *cpu)
{
    const bool all = cpu->el >= EL2 || arm_is_secure(cpu);
    return all ? COUNTER_MASK : 1ull << CYCLE_COUNTER | ((1u << lower_counters(cpu)) - 1);
}

/* EL0 needs PMUSERENR.EN, or the bit that allows this one access. */
static void check(struct arm_cpu *cpu, unsigned also)
{
    if (cpu->el == EL0 && !(cpu->pmuserenr & (EN | also))) {
        arm_sysreg_trap(cpu, arm_hcr(cpu) & HCR_TGE ? EL2 : EL1);
    }
    if (cpu->el < EL2 && cpu->has_el2 && !arm_is_secure(cpu) && cpu->mdcr[EL2] & MDCR_TPM) {
        arm_sysreg_trap(cpu, EL2);
    }
    if (cpu->el < EL3 && cpu->has_el3 && cpu->mdcr[EL3] & MDCR_TPM) {
        arm_sysreg_trap(cpu, EL3);
    }
}

static uint64_t cycles_now(const struct arm_cpu *cpu)
{
    return cpu->board.clocks ? (uint64_t)clock_now_ns(cpu->board.clocks, CLOCK_KIND_VIRTUAL) : 0;
}

static uint64_t source(const struct arm_cpu *cpu, unsigned n)
{
    unsigned event = cpu->pmevtyper[n] & 0xffff;
    return event == EVENT_CYCLES ? cycles_now(cpu) : event == EVENT_INSTRUCTIONS ? cpu->cpu.icount : 0;
}

static bool counts(const struct arm_cpu *cpu, unsigned bit)
{
    return cpu->pmu_running >> bit & 1;
}

/* By PMEVTYPERn or PMCCFILTR (D17.5.11). */
static bool is_filtered(const struct arm_cpu *cpu, uint64_t filter)
{
    const bool secure = arm_is_secure(cpu);
    switch (cpu->el) {
    case EL0: return secure ? filter & FILTER_U : !(filter & FILTER_U) != !(filter & FILTER_NSU);
    case EL1: return secure ? filter & FILTER_P : !(filter & FILTER_P) != !(filter & FILTER_NSK);
    case EL2: return !(filter & FILTER_NSH);
    default:  return !(filter & FILTER_P) != !(filter & FILTER_M);
    }
}

/* AArch64.CountEvents of PMUv3. */
static bool should_run(const struct arm_cpu *cpu, unsigned bit)
{
    const bool cycles = bit == CYCLE_COUNTER, lower = cycles || bit < lower_counters(cpu);
    const bool prohibited = cpu->has_el3 && arm_is_secure(cpu) && !(cpu->mdcr[EL3] & SPME);
    if (!(cpu->pmcnten >> bit & 1) || !(lower ? cpu->pmcr & PMCR_E : cpu->mdcr[EL2] & HPME)) {
        return false;
    }
    return !(prohibited && (!cycles || cpu->pmcr & PMCR_DP)) && !is_filtered(cpu, cycles ? cpu->pmccfiltr : cpu->pmevtyper[bit]);
}

static uint32_t should_run_all(const struct arm_cpu *cpu)
{
    uint32_t running = should_run(cpu, CYCLE_COUNTER) ? 1u << CYCLE_COUNTER : 0;
    for (unsigned n = 0; n < COUNTERS; n++) {
        running |= (uint32_t)should_run(cpu, n) << n;
    }
    return running;
}

/* A counter that runs is its source plus an offset; one that stands is its value. These turn one into the other. */
static void stop_all(struct arm_cpu *cpu)
{
    if (counts(cpu, CYCLE_COUNTER)) {
        cpu->pmccntr_offset += cycles_now(cpu);
    }
    for (unsigned n = 0; n < COUNTERS; n++) {
        if (counts(cpu, n)) {
            cpu->pmevcntr[n] += source(cpu, n);
        }
    }
}

static void start_all(struct arm_cpu *cpu)
{
    cpu->pmu_running = should_run_all(cpu);
    if (counts(cpu, CYCLE_COUNTER)) {
        cpu->pmccntr_offset -= cycles_now(cpu);
    }
    for (unsigned n = 0; n < COUNTERS; n++) {
        if (counts(cpu, n)) {
            cpu->pmevcntr[n] -= source(cpu, n);
        }
    }
}

/* ---- overflows. A counter of events has 32 bits and is kept with the carries out of them until they are noticed here; the
 * cycle counter overflows from bit 31 or, by PMCR.LC, from bit 63. ---- */

static uint64_t cycles_value(const struct arm_cpu *cpu)
{
    return cpu->pmccntr_offset + (counts(cpu, CYCLE_COUNTER) ? cycles_now(cpu) : 0);
}

static uint64_t event_value(const struct arm_cpu *cpu, unsigned n)
{
    return cpu->pmevcntr[n] + (counts(cpu, n) ? source(cpu, n) : 0);
}

static void notice_overflows(struct arm_cpu *cpu)
{
    const uint64_t cycles = cycles_value(cpu), before = cpu->pmccntr_seen;
    if (cpu->pmcr & PMCR_LC ? cycles < before : cycles >> 32 != before >> 32) {
        cpu->pmovs |= 1ull << CYCLE_COUNTER;
    }
    cpu->pmccntr_seen = cycles;
    for (unsigned n = 0; n < COUNTERS; n++) {
        const uint64_t carries = event_value(cpu, n) >> 32 << 32;
        cpu->pmovs |= (uint64_t)(carries != 0) << n;
        cpu->pmevcntr[n] -= carries;
    }
}

/* Cycles, which are nanoseconds, until the next overflow of a counter of them; UINT64_MAX: none. */
static uint64_t next_overflow(const struct arm_cpu *cpu)
{
    uint64_t next = UINT64_MAX;
    if (counts(cpu, CYCLE_COUNTER)) {
        const uint64_t value = cycles_value(cpu);
        next = cpu->pmcr & PMCR_LC ? -value : (1ull << 32) - (uint32_t)value;
    }
    for (unsigned n = 0; n < COUNTERS; n++) {
        if (counts(cpu, n) && (cpu->pmevtyper[n] & 0xffff) == EVENT_CYCLES) {
            next = MIN(next, (1ull << 32) - (uint32_t)event_value(cpu, n));
        }
    }
    return next;
}

/* The interrupt's level, and the time when it may change by itself. Machine lock held. */
static void update(struct arm_cpu *cpu)
{
    notice_overflows(cpu);
    const uint64_t lower = 1ull << CYCLE_COUNTER | ((1u << lower_counters(cpu)) - 1);
    const uint64_t enabled = (cpu->pmcr & PMCR_E ? lower : 0) | (cpu->has_el2 && cpu->mdcr[EL2] & HPME ? ~lower : 0);
    irq_set(&cpu->board.pmu, cpu->pmovs & cpu->pminten & enabled);
    if (cpu->pmu_timer) {
        const uint64_t next = next_overflow(cpu), now = cycles_now(cpu);
        if (cpu->pminten && next < INT64_MAX - now) {
            timer_arm(cpu->pmu_timer, (int64_t)(now + next));
        } else {
            timer_cancel(cpu->pmu_timer);
        }
    }
}

static void fire(void *opaque) { update(opaque); }

void arm_pmu_connect(struct arm_cpu *cpu)
{
    if (!cpu->pmu_timer && cpu->board.clocks) {
        cpu->pmu_timer = timer_new(cpu->board.clocks, CLOCK_KIND_VIRTUAL, fire, cpu);
    }
}

/* Around whatever changes a counter or what it counts; the timer's callback is on another thread. */
static bool change_begin(struct arm_cpu *cpu)
{
    const bool locked = arm_lock(cpu);
    notice_overflows(cpu);
    return locked;
}

static void change_end(struct arm_cpu *cpu, bool locked)
{
    update(cpu);
    arm_unlock(cpu, locked);
}

void arm_pmu_follow(struct arm_cpu *cpu)
{
    if (should_run_all(cpu) != cpu->pmu_running) {
        const bool locked = change_begin(cpu);
        stop_all(cpu);
        start_all(cpu);
        change_end(cpu, locked);
    }
}

void arm_pmu_reset(struct arm_cpu *cpu)
{
    cpu->pmccntr_offset = cpu->pmccntr_seen = cpu->pmcnten = cpu->pmovs = cpu->pminten = cpu->pmuserenr = cpu->pmselr = 0;
    cpu->pmccfiltr = 0;
    cpu->pmu_running = 0;
    if (cpu->has_el2) {
        cpu->mdcr[EL2] = COUNTERS;
    }
    update(cpu);
}

static void check_pmcr(struct arm_cpu *cpu)
{
    check(cpu, 0);
    if (cpu->el < EL2 && cpu->has_el2 && !arm_is_secure(cpu) && cpu->mdcr[EL2] & MDCR_TPMCR) {
        arm_sysreg_trap(cpu, EL2);
    }
}

static uint64_t pmcr_get(struct arm_cpu *cpu)
{
    check_pmcr(cpu);
    const bool some = cpu->el < EL2 && !arm_is_secure(cpu);
    return some ? (cpu->pmcr & ~(0x1full << PMCR_N)) | lower_counters(cpu) << PMCR_N : cpu->pmcr;
}

static void pmcr_put(struct arm_cpu *cpu, uint64_t value)
{
    check_pmcr(cpu);
    const bool locked = change_begin(cpu);
    stop_all(cpu);
    if (value & PMCR_C) {
        cpu->pmccntr_offset = cpu->pmccntr_seen = 0;
    }
    if (value & PMCR_P) {
        for (unsigned n = 0; n < COUNTERS; n++) {
            cpu->pmevcntr[n] = visible(cpu) >> n & 1 ? 0 : cpu->pmevcntr[n];
        }
    }
    cpu->pmcr = (cpu->pmcr & ~0x79ull) | (value & 0x79);
    start_all(cpu);
    change_end(cpu, locked);
}

static uint64_t cntenset_get(struct arm_cpu *cpu)
{
    check(cpu, 0);
    return cpu->pmcnten & visible(cpu);
}

static void cnten_put(struct arm_cpu *cpu, uint64_t value, bool set)
{
    check(cpu, 0);
    const bool locked = change_begin(cpu);
    stop_all(cpu);
    value &= visible(cpu);
    cpu->pmcnten = set ? cpu->pmcnten | value : cpu->pmcnten & ~value;
    start_all(cpu);
    change_end(cpu, locked);
}

static void cntenset_put(struct arm_cpu *cpu, uint64_t value) { cnten_put(cpu, value, true); }
static void cntenclr_put(struct arm_cpu *cpu, uint64_t value) { cnten_put(cpu, value, false); }

/* PMOVS and PMINTEN: sets or clears bits. */
static void bits_put(struct arm_cpu *cpu, uint64_t *bits, uint64_t value, bool set)
{
    check(cpu, 0);
    const bool locked = change_begin(cpu);
    value &= visible(cpu);
    *bits = set ? *bits | value : *bits & ~value;
    change_end(cpu, locked);
}

static uint64_t ovs_get(struct arm_cpu *cpu)
{
    check(cpu, 0);
    const bool locked = change_begin(cpu);
    const uint64_t value = cpu->pmovs & visible(cpu);
    change_end(cpu, locked);
    return value;
}

static void ovsset_put(struct arm_cpu *cpu, uint64_t value) { bits_put(cpu, &cpu->pmovs, value, true); }
static void ovsclr_put(struct arm_cpu *cpu, uint64_t value) { bits_put(cpu, &cpu->pmovs, value, false); }
static uint64_t inten_get(struct arm_cpu *cpu) { check(cpu, 0); return cpu->pminten & visible(cpu); }
static void intenset_put(struct arm_cpu *cpu, uint64_t value) { bits_put(cpu, &cpu->pminten, value, true); }
static void intenclr_put(struct arm_cpu *cpu, uint64_t value) { bits_put(cpu, &cpu->pminten, value, false); }

static void swinc(struct arm_cpu *cpu, uint64_t value)
{
    check(cpu, SW);
    const bool locked = change_begin(cpu);
    value &= visible(cpu);
    for (unsigned n = 0; n < COUNTERS; n++) {
        if (value >> n & 1 && counts(cpu, n) && !(cpu->pmevtyper[n] & 0xffff)) {
            cpu->pmevcntr[n]++;
        }
    }
    change_end(cpu, locked);
}

static uint64_t selr_get(struct arm_cpu *cpu) { check(cpu, ER); return cpu->pmselr; }
static void selr_put(struct arm_cpu *cpu, uint64_t value) { check(cpu, ER); cpu->pmselr = value & 31; }

/* Common events there are: SW_INCR, INST_RETIRED, CPU_CYCLES. */
static uint64_t ceid0(struct arm_cpu *cpu) { check(cpu, 0); return 1 << 0 | 1 << 8 | 1 << 17; }
static uint64_t ceid1(struct arm_cpu *cpu) { check(cpu, 0); return 0; }

static uint64_t ccntr_get(struct arm_cpu *cpu)
{
    check(cpu, CR);
    return cycles_value(cpu);
}

static void ccntr_put(struct arm_cpu *cpu, uint64_t value)
{
    check(cpu, 0);
    const bool locked = change_begin(cpu);
    cpu->pmccntr_offset = value - (counts(cpu, CYCLE_COUNTER) ? cycles_now(cpu) : 0);
    cpu->pmccntr_seen = value;
    change_end(cpu, locked);
}

static uint64_t type_of(struct arm_cpu *cpu, unsigned n)
{
    check(cpu, 0);
    return !(visible(cpu) >> n & 1) ? 0 : n == CYCLE_COUNTER ? cpu->pmccfiltr : cpu->pmevtyper[n];
}

static void type_set(struct arm_cpu *cpu, unsigned n, uint64_t value)
{
    check(cpu, 0);
    const uint64_t filters = FILTER_P | FILTER_U | (cpu->has_el3 ? FILTER_NSK | FILTER_NSU | FILTER_M : 0) | (cpu->has_el2 ? FILTER_NSH : 0);
    const bool locked = change_begin(cpu);
    stop_all(cpu);
    if (!(visible(cpu) >> n & 1)) {
        /* EL2's, or none: ignored */
    } else if (n == CYCLE_COUNTER) {
        cpu->pmccfiltr = value & filters;
    } else {
        cpu->pmevtyper[n] = value & (filters | 0xffff);
    }
    start_all(cpu);
    change_end(cpu, locked);
}

static uint64_t count_get(struct arm_cpu *cpu, unsigned n)
{
    check(cpu, ER);
    return n < COUNTERS && visible(cpu) >> n & 1 ? (uint32_t)event_value(cpu, n) : 0;
}

static void count_set(struct arm_cpu *cpu, unsigned n, uint64_t value)
{
    check(cpu, 0);
    const bool locked = change_begin(cpu);
    if (n < COUNTERS && visible(cpu) >> n & 1) {
        cpu->pmevcntr[n] = (uint32_t)value - (counts(cpu, n) ? source(cpu, n) : 0);
    }
    change_end(cpu, locked);
}

static uint64_t xevtyper_get(struct arm_cpu *cpu) { return type_of(cpu, (unsigned)cpu->pmselr); }
static void xevtyper_put(struct arm_cpu *cpu, uint64_t value) { type_set(cpu, (unsigned)cpu->pmselr, value); }
static uint64_t xevcntr_get(struct arm_cpu *cpu) { return count_get(cpu, (unsigned)cpu->pmselr); }
static void xevcntr_put(struct arm_cpu *cpu, uint64_t value) { count_set(cpu, (unsigned)cpu->pmselr, value); }
static uint64_t ccfiltr_get(struct arm_cpu *cpu) { return type_of(cpu, CYCLE_COUNTER); }
static void ccfiltr_put(struct arm_cpu *cpu, uint64_t value) { type_set(cpu, CYCLE_COUNTER, value); }

static uint64_t userenr_get(struct arm_cpu *cpu) { return cpu->pmuserenr; }
static void userenr_put(struct arm_cpu *cpu, uint64_t value)
{
    if (cpu->el == EL0) {
        arm_raise_undefined(cpu);
    }
    cpu->pmuserenr = value & 0xf;
}

#define EVENT(n) \
    static uint64_t type##n(struct arm_cpu *cpu) { return type_of(cpu, n); } \
    static void type##n##_put(struct arm_cpu *cpu, uint64_t value) { type_set(cpu, n, value); } \
    static uint64_t count##n(struct arm_cpu *cpu) { return count_get(cpu, n); } \
    static void count##n##_put(struct arm_cpu *cpu, uint64_t value) { count_set(cpu, n, value); }
EVENT(0)
EVENT(1)
EVENT(2)
EVENT(3)
#define EVENT_ROWS(n) \
    SYSREG_FN(3, 3, 14, 8, n, "PMEVCNTR" #n "_EL0", EL0, count##n, count##n##_put, 0), \
    SYSREG_FN(3, 3, 14, 12, n, "PMEVTYPER" #n "_EL0", EL0, type##n, type##n##_put, 0)

static const struct arm_sysreg rows[] = {
    SYSREG_FN(3, 3, 9, 12, 0, "PMCR_EL0", EL0, pmcr_get, pmcr_put, 0),
    SYSREG_FN(3, 3, 9, 12, 1, "PMCNTENSET_EL0", EL0, cntenset_get, cntenset_put, 0),
    SYSREG_FN(3, 3, 9, 12, 2, "PMCNTENCLR_EL0", EL0, cntenset_get, cntenclr_put, 0),
    SYSREG_FN(3, 3, 9, 12, 3, "PMOVSCLR_EL0", EL0, ovs_get, ovsclr_put, 0),
    { .encoding = ARM_SYSREG(3, 3, 9, 12, 4), .name = "PMSWINC_EL0", .read_el = SYSREG_NEVER, .write_el = EL0,
      .write = swinc },
    SYSREG_FN(3, 3, 9, 12, 5, "PMSELR_EL0", EL0, selr_get, selr_put, 0),
    SYSREG_RO(3, 3, 9, 12, 6, "PMCEID0_EL0", EL0, ceid0, 0),
    SYSREG_RO(3, 3, 9, 12, 7, "PMCEID1_EL0", EL0, ceid1, 0),
    SYSREG_FN(3, 3, 9, 13, 0, "PMCCNTR_EL0", EL0, ccntr_get, ccntr_put, 0),
    SYSREG_FN(3, 3, 9, 13, 1, "PMXEVTYPER_EL0", EL0, xevtyper_get, xevtyper_put, 0),
    SYSREG_FN(3, 3, 9, 13, 2, "PMXEVCNTR_EL0", EL0, xevcntr_get, xevcntr_put, 0),
    SYSREG_FN(3, 3, 9, 14, 0, "PMUSERENR_EL0", EL0, userenr_get, userenr_put, 0),
    SYSREG_FN(3, 0, 9, 14, 1, "PMINTENSET_EL1", EL1, inten_get, intenset_put, 0),
    SYSREG_FN(3, 0, 9, 14, 2, "PMINTENCLR_EL1", EL1, inten_get, intenclr_put, 0),
    SYSREG_FN(3, 3, 9, 14, 3, "PMOVSSET_EL0", EL0, ovs_get, ovsset_put, 0),
    SYSREG_FN(3, 3, 14, 15, 7, "PMCCFILTR_EL0", EL0, ccfiltr_get, ccfiltr_put, 0),
    EVENT_ROWS(0), EVENT_ROWS(1), EVENT_ROWS(2), EVENT_ROWS(3),
};
SYSREG_TABLE(pmu);
