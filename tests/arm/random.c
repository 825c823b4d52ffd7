/* SPDX-License-Identifier: MIT */
/* See random.h. */
#include "tests/arm/random.h"
#include <glib.h>

uint64_t generate_u64(struct generator *g)
{
    g->seed = g->seed * 6364136223846793005ull + 1442695040888963407ull;
    uint64_t x = g->seed;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
}

static const uint64_t doubles[] = {
    0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
    0x7ff0000000000001, 0xfff8000000000123, 0x7ff4000000000000, 1, 0x000fffffffffffff, 0x0010000000000000,
        0x7fefffffffffffff,
    0x41dfffffffc00000, 0x41e0000000000000, 0x43e0000000000000, 0x3fe0000000000000, 0xc3e0000000000000,
        0x4340000000000001,
};
static const uint32_t singles[] = {
    0, 1u << 31, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc00123, 0x7fa00000, 1,
        0x007fffff,
    0x00800000, 0x7f7fffff, 0x4effffff, 0x4f000000, 0x5f000000, 0x3f000000, 0xdf000000, 0x4b000001,
};
static const uint16_t halves[] = { 0, 0x8000, 0x3c00, 0xbc00, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 1, 0x3ff, 0x400, 0x7bff,
    0x7800, 0x3800 };

uint64_t generate_lane(struct generator *g)
{
    uint64_t r = generate_u64(g), kind = generate_u64(g) % 12;
    switch (kind) {
    case 0: case 1: return doubles[r % G_N_ELEMENTS(doubles)];
    case 2: case 3: return singles[r % G_N_ELEMENTS(singles)] |
        (uint64_t)singles[(r >> 32) % G_N_ELEMENTS(singles)] << 32;
    case 4: {
        uint64_t out = 0;
        for (unsigned i = 0; i < 4; i++) {
            out = out << 16 | halves[(r >> (8 * i)) % G_N_ELEMENTS(halves)];
        }
        return out;
    }
    case 5: return (r & 0x800fffffffffffff) | (uint64_t)(1023 - 20 + generate_u64(g) % 80) << 52;
    case 6: return (r & 0x807fffff807fffff) | (uint64_t)(120 + r % 20) << 23 | (uint64_t)(120 + (r >> 8) % 20) << 55;
    case 7: return (uint64_t)((int64_t)r >> (r % 64));
    default: return r;
    }
}

uint64_t generate_integer(struct generator *g)
{
    uint64_t r = generate_u64(g);
    switch (generate_u64(g) % 8) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return 1ull << (r % 64);
    case 3: return (int64_t)r >> (r % 64);
    case 4: return (uint32_t)r;
    case 5: return r % 128;
    default: return r;
    }
}
