/* SPDX-License-Identifier: MIT */
/* Helpers of permutations, of interleaved loads and stores, and of roundings to 32 or 64 bits. */
#include <string.h>
#include "target-arm/fp.h"
#include "target-arm/helpers.h"
#include "target-arm/simd.h"
#include "tcg/softmmu.h"

/* a: d | n << 5 | m << 10 | op << 15 | bits << 18 | bytes << 25; op: 1 UZP1, 2 TRN1, 3 ZIP1, +4 the second ones */
uint64_t helper_arm_permute(struct cpu *base, uint64_t a)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned op = a >> 15 & 3, part = a >> 17 & 1, bits = a >> 18 & 0x7f, lanes = (unsigned)(a >> 25) * 8 / bits;
    const union arm_vec n = cpu->v[a >> 5 & 31], m = cpu->v[a >> 10 & 31];
    union arm_vec r = { .u64 = { 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        const union arm_vec *from;
        unsigned lane;
        if (op == 1) {
            lane = 2 * i + part;
            from = lane < lanes ? &n : &m;
            lane %= lanes;
        } else if (op == 2) {
            from = i & 1 ? &m : &n;
            lane = (i & ~1u) + part;
        } else {
            from = i & 1 ? &m : &n;
            lane = i / 2 + part * lanes / 2;
        }
        simd_put(&r, bits, i, simd_get(from, bits, lane));
    }
    cpu->v[a & 31] = r;
    return 0;
}

/* a: d | n << 5 | m << 10 | first byte << 15 | bytes << 19 */
uint64_t helper_arm_extract(struct cpu *base, uint64_t a)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned first = a >> 15 & 15, bytes = a >> 19 & 31;
    const union arm_vec n = cpu->v[a >> 5 & 31], m = cpu->v[a >> 10 & 31];
    union arm_vec r = { .u64 = { 0 } };
    for (unsigned i = 0; i < bytes; i++) {
        r.u8[i] = first + i < bytes ? n.u8[first + i] : m.u8[first + i - bytes];
    }
    cpu->v[a & 31] = r;
    return 0;
}

static uint64_t turned(uint64_t x, unsigned bits, bool big_endian)
{
    return big_endian ? __builtin_bswap64(x) >> (64 - bits) : x;
}

/* b: first register | count << 5 | size << 8 | Q << 10 | big-endian << 11 | mmu << 12 */
uint64_t helper_arm_load_structures(struct cpu *base, uint64_t address, uint64_t b)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned first = b & 31, count = b >> 5 & 7, bits = 8u << (b >> 8 & 3), bytes = b >> 10 & 1 ? 16 : 8,
        lanes = bytes * 8 / bits;
    union { uint8_t u8[64]; union arm_vec v[4]; } memory;
    mmu_load_vector(base, address, memory.u8, count * bytes, (unsigned)(b >> 12));
    for (unsigned r = 0; r < count; r++) {
        union arm_vec v = { .u64 = { 0 } };
        for (unsigned i = 0; i < lanes; i++) {
            uint64_t x = 0;
            memcpy(&x, memory.u8 + (i * count + r) * bits / 8, bits / 8);
            simd_put(&v, bits, i, turned(x, bits, b >> 11 & 1));
        }
        cpu->v[(first + r) & 31] = v;
    }
    return 0;
}

uint64_t helper_arm_store_structures(struct cpu *base, uint64_t address, uint64_t b)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    unsigned first = b & 31, count = b >> 5 & 7, bits = 8u << (b >> 8 & 3), bytes = b >> 10 & 1 ? 16 : 8,
        lanes = bytes * 8 / bits;
    uint8_t memory[64];
    for (unsigned r = 0; r < count; r++) {
        for (unsigned i = 0; i < lanes; i++) {
            uint64_t x = turned(simd_get(&cpu->v[(first + r) & 31], bits, i), bits, b >> 11 & 1);
            memcpy(memory + (i * count + r) * bits / 8, &x, bits / 8);
        }
    }
    mmu_store_vector(base, address, memory, count * bytes, (unsigned)(b >> 12));
    return 0;
}

/* FRINT32Z, FRINT64Z and the X forms: like FRINT, but what does not fit in an integer of that size is the most
 * negative. */
static uint64_t frint(struct fp_env *env, unsigned bits, uint64_t x, unsigned size, bool exact)
{
    struct fp_env probe = { .control = env->control }, rounding = { .control = env->control };
    enum fp_rounding mode = exact ? fp_rounding(env) : FP_ZERO;
    uint64_t result = fp_round_int(&rounding, bits, x, mode, true);
    (void)fp_to_fixed(&probe, bits, x, 0, false, mode, size);
    if (probe.flags & FPSR_IOC) {
        env->flags |= FPSR_IOC | (probe.flags & FPSR_IDC);
        return bits == 32 ? (size == 32 ? 0xcf000000 : 0xdf000000)
                          : size == 32 ? 0xc1e0000000000000 : 0xc3e0000000000000;
    }
    env->flags |= rounding.flags;
    return result;
}

/* a: d | n << 5 | lanes << 10 | bits << 15; b: size | exact << 8 */
uint64_t helper_arm_frint_ts(struct cpu *base, uint64_t a, uint64_t b)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = { .control = cpu->fpcr };
    unsigned bits = a >> 15 & 0x7f, lanes = a >> 10 & 31;
    const union arm_vec n = cpu->v[a >> 5 & 31];
    union arm_vec r = { .u64 = { 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        simd_put(&r, bits, i, frint(&env, bits, simd_get(&n, bits, i), b & 0xff, b >> 8 & 1));
    }
    cpu->fpsr |= env.flags;
    cpu->v[a & 31] = r;
    return 0;
}

uint64_t helper_arm_fjcvtzs(struct cpu *base, uint64_t a)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct fp_env env = { .control = cpu->fpcr };
    bool exact;
    uint32_t result = fp_to_fixed_js(&env, a, &exact);
    cpu->fpsr |= env.flags;
    return result | (uint64_t)exact << 32;
}

uint64_t helper_arm_fcmp_word(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t how)
{
    unsigned bits = how & 0xff;
    uint64_t quiet = how >> 8, nzcv = bits == 64 ? helper_arm_fp_cmp64(cpu, a, b, quiet)
                                   : bits == 32 ? helper_arm_fp_cmp32(cpu, a, b, quiet) : helper_arm_fp_cmp16(cpu, a,
                                       b, quiet);
    return (nzcv & 8 ? IR_SF : 0) | (nzcv & 4 ? IR_ZF : 0) | (nzcv & 2 ? 0 : IR_CF) | (nzcv & 1 ? IR_OF : 0);
}
