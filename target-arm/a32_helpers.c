/* SPDX-License-Identifier: MIT */
/* Helpers of AArch32's integer instructions: saturation, parallel arithmetic with GE, division, CRC32. */
#include "target-arm/helpers.h"

uint64_t helper_arm_a32_sdiv(struct cpu *cpu, uint64_t a, uint64_t b)
{
    const int32_t n = (int32_t)a, m = (int32_t)b;
    (void)cpu;
    return m == 0 ? 0 : m == -1 ? 0u - (uint32_t)n : (uint32_t)(n / m);
}

uint64_t helper_arm_a32_udiv(struct cpu *cpu, uint64_t a, uint64_t b)
{
    (void)cpu;
    return (uint32_t)b ? (uint32_t)a / (uint32_t)b : 0;
}

uint64_t helper_arm_a32_usad8(struct cpu *cpu, uint64_t a, uint64_t b)
{
    uint32_t sum = 0;
    (void)cpu;
    for (unsigned i = 0; i < 32; i += 8) {
        const int difference = (int)(a >> i & 0xff) - (int)(b >> i & 0xff);
        sum += (uint32_t)(difference < 0 ? -difference : difference);
    }
    return sum;
}

uint64_t helper_arm_a32_rbit(struct cpu *cpu, uint64_t a)
{
    uint32_t x = (uint32_t)a;
    (void)cpu;
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(x);
}

static int64_t clamp(struct cpu *cpu, int64_t value, int64_t low, int64_t high)
{
    if (value >= low && value <= high)
        return value;
    arm_cpu_of(cpu)->q = 1;
    return value < low ? low : high;
}

static int64_t signed_clamp(struct cpu *cpu, int64_t value, unsigned bits)
{
    return clamp(cpu, value, -(1ll << (bits - 1)), (1ll << (bits - 1)) - 1);
}

uint64_t helper_arm_a32_ssat(struct cpu *cpu, uint64_t a, uint64_t b)
{
    return (uint32_t)signed_clamp(cpu, (int32_t)a, (unsigned)b);
}

uint64_t helper_arm_a32_usat(struct cpu *cpu, uint64_t a, uint64_t b)
{
    return (uint32_t)clamp(cpu, (int32_t)a, 0, (1ll << b) - 1);
}

uint64_t helper_arm_a32_ssat16(struct cpu *cpu, uint64_t a, uint64_t b)
{
    const uint32_t low = (uint16_t)signed_clamp(cpu, (int16_t)a, (unsigned)b);
    return low | (uint32_t)signed_clamp(cpu, (int16_t)(a >> 16), (unsigned)b) << 16;
}

uint64_t helper_arm_a32_usat16(struct cpu *cpu, uint64_t a, uint64_t b)
{
    const uint32_t low = (uint16_t)clamp(cpu, (int16_t)a, 0, (1ll << b) - 1);
    return low | (uint32_t)clamp(cpu, (int16_t)(a >> 16), 0, (1ll << b) - 1) << 16;
}

uint64_t helper_arm_a32_qadd(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    int64_t second = (int32_t)b;
    if (c & 2)
        second = signed_clamp(cpu, second * 2, 32);
    return (uint32_t)signed_clamp(cpu, c & 1 ? (int32_t)a - second : (int32_t)a + second, 32);
}

/* ---- parallel: c = prefix << 3 | operation, as the encodings number them ---- */

enum { PREFIX_S = 1, PREFIX_Q = 2, PREFIX_SH = 3, PREFIX_U = 5, PREFIX_UQ = 6, PREFIX_UH = 7 };

static int32_t lane(uint64_t x, unsigned shift, unsigned bits, bool is_signed)
{
    const uint32_t v = (uint32_t)(x >> shift) & ((1u << bits) - 1);
    return is_signed && v >> (bits - 1) ? (int32_t)v - (1 << bits) : (int32_t)v;
}

/* One lane; *ge gets its GE bit. */
static uint32_t parallel_lane(unsigned prefix, int32_t a, int32_t b, bool subtract, unsigned bits, bool *ge)
{
    const int32_t value = subtract ? a - b : a + b, top = 1 << bits;
    *ge = prefix == PREFIX_U && !subtract ? value >= top : value >= 0;
    switch (prefix) {
    case PREFIX_Q:  return (uint32_t)CLAMP(value, -top / 2, top / 2 - 1);
    case PREFIX_UQ: return (uint32_t)CLAMP(value, 0, top - 1);
    case PREFIX_SH:
    case PREFIX_UH: return (uint32_t)(value >> 1);
    default:        return (uint32_t)value;
    }
}

uint64_t helper_arm_a32_parallel(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    const unsigned prefix = (unsigned)c >> 3, op = c & 7, bits = op & 4 ? 8 : 16;
    const bool is_signed = prefix < 4, crossed = op == 1 || op == 2;
    uint32_t result = 0, ge = 0;
    for (unsigned i = 0; i < 32; i += bits) {
        const bool subtract = crossed ? (op == 1) == (i == 0) : op & 2;
        const int32_t n = lane(a, i, bits, is_signed), m = lane(b, crossed ? 16 - i : i, bits, is_signed);
        bool bit;
        const uint32_t value = parallel_lane(prefix, n, m, subtract, bits, &bit);
        result |= (value & ((1u << bits) - 1)) << i;
        ge |= (bit ? (1u << bits / 8) - 1 : 0) << i / 8;
    }
    if (prefix == PREFIX_S || prefix == PREFIX_U)
        arm_cpu_of(cpu)->ge = ge;
    return result;
}

uint64_t helper_arm_a32_crc32(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint32_t polynomial = d ? 0x82f63b78 : 0xedb88320;
    uint32_t crc = (uint32_t)a ^ (uint32_t)b;
    (void)cpu;
    for (unsigned i = 0; i < 8 * c; i++) {
        crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return crc;
}
