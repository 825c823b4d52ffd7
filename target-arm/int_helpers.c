/* SPDX-License-Identifier: MIT */
/* Integer instructions that are calls: division, CRC32 (Arm ARM C6.2), 128-bit exclusives and compare-and-swap. */
#include "target-arm/helpers.h"
#include "target-arm/trans.h"
#include "tcg/softmmu.h"

uint64_t helper_arm_udiv32(struct cpu *cpu, uint64_t a, uint64_t b)
{
    return (uint32_t)b ? (uint32_t)a / (uint32_t)b : 0;
}

uint64_t helper_arm_sdiv32(struct cpu *cpu, uint64_t a, uint64_t b)
{
    int32_t n = (int32_t)a, d = (int32_t)b;
    return d == 0 ? 0 : d == -1 ? (uint32_t)-(uint32_t)n : (uint32_t)(n / d);
}

uint64_t helper_arm_udiv64(struct cpu *cpu, uint64_t a, uint64_t b)
{
    return b ? a / b : 0;
}

uint64_t helper_arm_sdiv64(struct cpu *cpu, uint64_t a, uint64_t b)
{
    int64_t n = (int64_t)a, d = (int64_t)b;
    return d == 0 ? 0 : d == -1 ? -a : (uint64_t)(n / d);
}

static uint32_t crc(uint32_t accumulator, uint64_t data, unsigned bytes, uint32_t polynomial)
{
    for (unsigned i = 0; i < bytes; i++) {
        accumulator ^= (uint8_t)(data >> (8 * i));
        for (unsigned bit = 0; bit < 8; bit++) {
            accumulator = accumulator >> 1 ^ (accumulator & 1 ? polynomial : 0);
        }
    }
    return accumulator;
}

uint64_t helper_arm_crc32(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    return crc((uint32_t)a, b, (unsigned)c, 0xedb88320);
}

uint64_t helper_arm_crc32c(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    return crc((uint32_t)a, b, (unsigned)c, 0x82f63b78);
}

uint64_t helper_arm_rbit(struct cpu *cpu, uint64_t a)
{
    a = (a >> 1 & 0x5555555555555555) | (a & 0x5555555555555555) << 1;
    a = (a >> 2 & 0x3333333333333333) | (a & 0x3333333333333333) << 2;
    a = (a >> 4 & 0x0f0f0f0f0f0f0f0f) | (a & 0x0f0f0f0f0f0f0f0f) << 4;
    return __builtin_bswap64(a);
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
    uint64_t old[2] = { cpu->exclusive_value, cpu->exclusive_high }, new[2] = { low, high };
    pair_turned(old, mode);
    pair_turned(new, mode);
    return !mmu_cas16(base, address, old, new, arm_mmu_mode((uint32_t)mode));
}

uint64_t helper_arm_casp16(struct cpu *base, uint64_t address, uint64_t s, uint64_t t, uint64_t mode)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    uint64_t high_t = t == 30 ? 0 : cpu->x[t + 1];
    uint64_t old[2] = { cpu->x[s], s == 30 ? 0 : cpu->x[s + 1] }, new[2] = { cpu->x[t], high_t };
    pair_turned(old, mode);
    pair_turned(new, mode);
    mmu_cas16(base, address, old, new, arm_mmu_mode((uint32_t)mode));
    pair_turned(old, mode);
    cpu->x[s] = old[0];
    if (s != 30) {
        cpu->x[s + 1] = old[1];
    }
    return 0;
}
