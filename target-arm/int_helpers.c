/* SPDX-License-Identifier: MIT */
/* Integer instructions that are calls: division, CRC32 (Arm ARM C6.2). */
#include "target-arm/helpers.h"

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
