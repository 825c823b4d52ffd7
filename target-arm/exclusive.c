/* SPDX-License-Identifier: MIT */
/*
 * Exclusives and atomics of both instruction sets, as IR (Arm ARM B2.12, E2.10).
 *
 * The monitor of a CPU is the address and the value that its last exclusive load saw, and with other CPUs in the machine
 * the version of the place (tcg/softmmu_atomic.c), by which stores of exclusives and atomics that changed the value and
 * changed it back are noticed. A CPU that is alone compares the value only: whether its own stores clear its monitor is
 * implementation defined. Departure: plain stores of another CPU that change the value and change it back are not noticed.
 *
 * Values here are memory's bytes as a little-endian number.
 */
#include <stdatomic.h>
#include "target-arm/exclusive.h"
#include "target-arm/helpers.h"
#include "tcg/softmmu.h"

#define MONITOR(name) offsetof(struct arm_cpu, exclusive_##name)

static bool shared(const struct arm_trans *t) { return t->cpu->cpu.shares_memory; }

ir_reg arm_monitor_version(struct arm_trans *t, ir_reg address)
{
    return shared(t) ? arm_call(t, HELPER_ARM_monitor_version, address, IR_NONE, IR_NONE, IR_NONE) : IR_NONE;
}

void arm_monitor_set(struct arm_trans *t, ir_reg address, ir_reg version, ir_reg low, ir_reg high)
{
    ir_stcpu(t->u, 64, MONITOR(address), address);
    ir_stcpu(t->u, 64, MONITOR(value), low);
    if (high != IR_NONE) {
        ir_stcpu(t->u, 64, MONITOR(high), high);
    }
    if (version != IR_NONE) {
        ir_stcpu(t->u, 64, MONITOR(version), version);
    }
}

void arm_monitor_clear(struct arm_trans *t)
{
    ir_stcpu(t->u, 64, MONITOR(address), ir_const(t->u, UINT64_MAX));
}

ir_reg arm_store_exclusive(struct arm_trans *t, unsigned bits, ir_reg address, ir_reg value)
{
    struct ir_unit *u = t->u;
    if (shared(t)) {
        return arm_call(t, HELPER_ARM_store_exclusive, address, value, ir_const(u, bits / 8), ir_const(u, t->mode));
    }
    ir_reg expected = ir_ldcpu(u, 64, MONITOR(value));
    return ir_setc(u, IR_COND_NE, bits, ir_atomic(u, IR_ATOMIC_CAS, bits, address, expected, value, t->mmu), expected);
}

ir_reg arm_atomic(struct arm_trans *t, enum ir_op op, unsigned bits, ir_reg address, ir_reg b, ir_reg c)
{
    if (!shared(t)) {
        return ir_atomic(t->u, op, bits, address, b, c, t->mmu);
    }
    const uint64_t what = op | (bits / 8) << 8 | t->mmu << 16;
    return arm_call(t, HELPER_ARM_atomic, address, b, c == IR_NONE ? ir_const(t->u, 0) : c, ir_const(t->u, what));
}

/* ---- helpers ---- */

uint64_t helper_arm_monitor_version(struct cpu *cpu, uint64_t address)
{
    return mmu_monitor_version(cpu, address);
}

/* A store that failed: another CPU has cleared the monitor, which is an event. */
static uint64_t store_failed(struct arm_cpu *cpu, bool failed)
{
    cpu->wait_since_ns = ARM_NO_WAIT;
    if (failed) {
        atomic_store(&cpu->event, 1);
    }
    return failed;
}

uint64_t helper_arm_store_exclusive(struct cpu *base, uint64_t address, uint64_t value, uint64_t bytes, uint64_t mode)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const uint64_t expected[2] = { cpu->exclusive_value }, new[2] = { value };
    return store_failed(cpu, !mmu_store_exclusive(base, address, expected, new, (unsigned)bytes, arm_mmu_mode((uint32_t)mode),
                                                  cpu->exclusive_version));
}

/* Two registers as memory has them. */
static void pair_turned(uint64_t pair[2], uint64_t mode)
{
    if (mode & MODE_BE) {
        pair[0] = __builtin_bswap64(pair[0]);
        pair[1] = __builtin_bswap64(pair[1]);
    }
}

uint64_t helper_arm_store_exclusive16(struct cpu *base, uint64_t address, uint64_t low, uint64_t high, uint64_t mode)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned mmu = arm_mmu_mode((uint32_t)mode);
    uint64_t expected[2] = { cpu->exclusive_value, cpu->exclusive_high }, new[2] = { low, high };
    pair_turned(new, mode);
    return store_failed(cpu, base->shares_memory ? !mmu_store_exclusive(base, address, expected, new, 16, mmu, cpu->exclusive_version)
                                                 : !mmu_cas16(base, address, expected, new, mmu));
}

uint64_t helper_arm_casp16(struct cpu *base, uint64_t address, uint64_t s, uint64_t t, uint64_t mode)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned mmu = arm_mmu_mode((uint32_t)mode);
    uint64_t high_t = t == 30 ? 0 : cpu->x[t + 1];
    uint64_t old[2] = { cpu->x[s], s == 30 ? 0 : cpu->x[s + 1] }, new[2] = { cpu->x[t], high_t };
    pair_turned(old, mode);
    pair_turned(new, mode);
    if (base->shares_memory) {
        mmu_cas16_counted(base, address, old, new, mmu);
    } else {
        mmu_cas16(base, address, old, new, mmu);
    }
    pair_turned(old, mode);
    cpu->x[s] = old[0];
    if (s != 30) {
        cpu->x[s + 1] = old[1];
    }
    return 0;
}

uint64_t helper_arm_atomic(struct cpu *cpu, uint64_t address, uint64_t b, uint64_t c, uint64_t what)
{
    arm_cpu_of(cpu)->wait_since_ns = ARM_NO_WAIT;
    return mmu_atomic_counted(cpu, (enum ir_op)(what & 0xff), address, b, c, what >> 8 & 0xff, (unsigned)(what >> 16));
}
