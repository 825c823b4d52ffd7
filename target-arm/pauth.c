/* SPDX-License-Identifier: MIT */
/*
 * Pointer authentication with QARMA5 (Arm ARM, pseudocode AddPAC, Auth, Strip, ComputePAC in
 * "aarch64/functions/pac"). The
 * variant without FEAT_EPAC, FEAT_PAuth2 and FEAT_FPAC: a failed check spoils the pointer.
 */
#include "target-arm/helpers.h"
#include "target-arm/system.h"

static const uint64_t round_constant[5] = {
    0, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377,
};
#define ALPHA 0xc0ac29b7c97c50ddull

static unsigned cell(uint64_t x, unsigned n)
{
    return x >> (4 * n) & 0xf;
}

static uint64_t permute(uint64_t x, const uint8_t map[16])
{
    uint64_t out = 0;
    for (unsigned n = 0; n < 16; n++) {
        out |= (uint64_t)cell(x, map[n]) << (4 * n);
    }
    return out;
}

static uint64_t substitute(uint64_t x, const uint8_t map[16])
{
    uint64_t out = 0;
    for (unsigned n = 0; n < 16; n++) {
        out |= (uint64_t)map[cell(x, n)] << (4 * n);
    }
    return out;
}

static const uint8_t shuffle[16] = { 13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15 };
static const uint8_t unshuffle[16] = { 3, 6, 12, 9, 14, 11, 1, 4, 8, 13, 7, 2, 5, 0, 10, 15 };
static const uint8_t sub[16] = { 0xb, 0x6, 0x8, 0xf, 0xc, 0x0, 0x9, 0xe, 0x3, 0x7, 0x4, 0x5, 0xd, 0x2, 0x1, 0xa };
static const uint8_t unsub[16] = { 0x5, 0xe, 0xd, 0x8, 0xa, 0xb, 0x1, 0x9, 0x2, 0x6, 0xf, 0x0, 0x4, 0xc, 0x7, 0x3 };

static unsigned turn(unsigned x, unsigned by)
{
    return (x << by | x >> (4 - by)) & 0xf;
}

static uint64_t mix(uint64_t x)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned a = cell(x, i), b = cell(x, i + 4), c = cell(x, i + 8), d = cell(x, i + 12);
        out |= (uint64_t)(turn(d, 1) ^ turn(c, 2) ^ turn(b, 1)) << (4 * i);
        out |= (uint64_t)(turn(d, 2) ^ turn(c, 1) ^ turn(a, 1)) << (4 * (i + 4));
        out |= (uint64_t)(turn(d, 1) ^ turn(b, 1) ^ turn(a, 2)) << (4 * (i + 8));
        out |= (uint64_t)(turn(c, 1) ^ turn(b, 2) ^ turn(a, 1)) << (4 * (i + 12));
    }
    return out;
}

/* The tweak's cells: where each comes from, and which are stepped by a shift register. */
static const uint8_t tweak_from[16] = { 4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9 };
enum { TWEAK_STEPPED = 1 << 2 | 1 << 4 | 1 << 7 | 1 << 11 | 1 << 12 | 1 << 14 | 1 << 15 };

static uint64_t tweak_next(uint64_t x)
{
    uint64_t out = 0;
    for (unsigned n = 0; n < 16; n++) {
        unsigned c = cell(x, tweak_from[n]);
        if (TWEAK_STEPPED >> n & 1) {
            c = ((c ^ c >> 1) & 1) << 3 | c >> 1;
        }
        out |= (uint64_t)c << (4 * n);
    }
    return out;
}

static uint64_t tweak_before(uint64_t x)
{
    uint64_t out = 0;
    for (unsigned n = 0; n < 16; n++) {
        unsigned c = cell(x, n);
        if (TWEAK_STEPPED >> n & 1) {
            c = (c << 1 & 0xe) | ((c ^ c >> 3) & 1);
        }
        out |= (uint64_t)c << (4 * tweak_from[n]);
    }
    return out;
}

static uint64_t compute(uint64_t data, uint64_t modifier, uint64_t key0, uint64_t key1)
{
    uint64_t modk0 = key0 << 63 | key0 >> 2 << 1 | ((key0 >> 63 ^ key0 >> 1) & 1), tweak = modifier, x = data ^ key0;
    for (unsigned i = 0; i < 5; i++) {
        x ^= key1 ^ tweak ^ round_constant[i];
        if (i) {
            x = mix(permute(x, shuffle));
        }
        x = substitute(x, sub);
        tweak = tweak_next(tweak);
    }
    x = substitute(mix(permute(x ^ modk0 ^ tweak, shuffle)), sub);
    x = mix(permute(x, shuffle)) ^ key1;
    x = substitute(permute(x, unshuffle), unsub);
    x = permute(mix(x), unshuffle) ^ key0 ^ tweak;
    for (unsigned i = 0; i < 5; i++) {
        x = substitute(x, unsub);
        if (i < 4) {
            x = permute(mix(x), unshuffle);
        }
        tweak = tweak_before(tweak);
        x ^= round_constant[4 - i] ^ key1 ^ tweak ^ ALPHA;
    }
    return x ^ modk0;
}

/* ---- pointers ---- */

struct layout { bool tagged; unsigned bottom; };

/* Where the code sits for a pointer of this half. No FEAT_PAuth tweak of TBID: code pointers are tagged as data are. */
static struct layout layout_of(const struct arm_cpu *cpu, bool high)
{
    unsigned regime = cpu->el == EL0 ? EL1 : cpu->el;
    uint64_t tcr = cpu->tcr[regime];
    unsigned size = regime == EL1 && high ? tcr >> 16 & 0x3f : tcr & 0x3f;
    bool tagged = regime == EL1 ? tcr >> (high ? 38 : 37) & 1 : tcr >> 20 & 1;
    return (struct layout){ tagged, 64 - CLAMP(size, 16u, 39u) };
}

static uint64_t bits(unsigned top, unsigned bottom)
{
    return (top == 63 ? ~0ull : (1ull << (top + 1)) - 1) & ~((1ull << bottom) - 1);
}

static uint64_t canonical(uint64_t pointer, const struct layout *l)
{
    uint64_t field = bits(l->tagged ? 55 : 63, l->bottom);
    return pointer >> 55 & 1 ? pointer | field : pointer & ~field;
}

static bool enabled(const struct arm_cpu *cpu, unsigned key)
{
    static const uint32_t bit[4] = { SCTLR_ENIA, SCTLR_ENIB, SCTLR_ENDA, SCTLR_ENDB };
    return cpu->sctlr[arm_regime_el(cpu, cpu->el)] & bit[key & 3];
}

static void check_trap(struct arm_cpu *cpu)
{
    bool low = cpu->el < EL2 && cpu->has_el2 && !arm_is_secure(cpu);
    if (low && !(cpu->hcr & HCR_API) && !(cpu->el == EL0 && cpu->hcr & HCR_TGE)) {
        arm_raise(cpu, &(struct arm_exception){ .ec = EC_PAUTH, .target_el = EL2 });
    }
    if (cpu->el < EL3 && cpu->has_el3 && !(cpu->scr & 1 << 17)) {
        arm_raise(cpu, &(struct arm_exception){ .ec = EC_PAUTH, .target_el = EL3 });
    }
}

uint64_t helper_arm_pauth_sign(struct cpu *base, uint64_t pointer, uint64_t modifier, uint64_t key)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (!enabled(cpu, (unsigned)key)) {
        return pointer;
    }
    check_trap(cpu);
    uint64_t tcr = cpu->tcr[cpu->el == EL0 ? EL1 : cpu->el];
    bool any_tag = cpu->el <= EL1 ? tcr >> 37 & 3 : tcr >> 20 & 1;
    unsigned select = pointer >> (any_tag ? 55 : 63) & 1;
    struct layout l = layout_of(cpu, select);
    unsigned top = l.tagged ? 55 : 63;
    uint64_t field = bits(top, l.bottom), extended = select ? pointer | field : pointer & ~field;
    const uint64_t *k = cpu->pauth_key[key & 3];
    uint64_t pac = compute(extended, modifier, k[1], k[0]);
    if (pointer & field && (pointer & field) != field) {
        pac ^= 1ull << (top - 1);
    }
    uint64_t used = field & ~(1ull << 55);
    return (pointer & ~field) | (pac & used) | (uint64_t)select << 55;
}

uint64_t helper_arm_pauth_auth(struct cpu *base, uint64_t pointer, uint64_t modifier, uint64_t key)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (!enabled(cpu, (unsigned)key)) {
        return pointer;
    }
    check_trap(cpu);
    struct layout l = layout_of(cpu, pointer >> 55 & 1);
    uint64_t original = canonical(pointer, &l), used = bits(l.tagged ? 54 : 63, l.bottom) & ~(1ull << 55);
    const uint64_t *k = cpu->pauth_key[key & 3];
    uint64_t pac = compute(original, modifier, k[1], k[0]);
    if (!((pac ^ pointer) & used)) {
        return original;
    }
    unsigned error = key & 1 ? 2 : 1, shift = l.tagged ? 53 : 61;
    return (original & ~(3ull << shift)) | (uint64_t)error << shift;
}

uint64_t helper_arm_pauth_strip(struct cpu *base, uint64_t pointer, uint64_t data)
{
    struct layout l = layout_of(arm_cpu_of(base), pointer >> 55 & 1);
    return canonical(pointer, &l);
}

uint64_t helper_arm_pauth_generic(struct cpu *base, uint64_t a, uint64_t b)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    check_trap(cpu);
    return compute(a, b, cpu->pauth_key[4][1], cpu->pauth_key[4][0]) & 0xffffffff00000000;
}
