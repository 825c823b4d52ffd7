/* SPDX-License-Identifier: MIT */
/* AES, SHA-1, SHA-2 and SHA-3 instructions (Arm ARM C7.2; FIPS 197, FIPS 180-4). */
#include "target-arm/crypto.h"
#include "target-arm/helpers.h"

/* ---- AES ---- */

static uint8_t times2(uint8_t x)
{
    return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
}

static uint8_t times(uint8_t x, unsigned by)
{
    uint8_t r = 0;
    for (; by; by >>= 1, x = times2(x)) {
        r ^= by & 1 ? x : 0;
    }
    return r;
}

static uint8_t inverse(uint8_t x)
{
    uint8_t power = x, r = 1;        /* x^254 */
    for (unsigned e = 254; e; e >>= 1, power = times(power, power)) {
        r = e & 1 ? times(r, power) : r;
    }
    return x ? r : 0;
}

static uint8_t rotate8(uint8_t x, unsigned by)
{
    return (uint8_t)(x << by | x >> (8 - by));
}

static uint8_t sub_byte(uint8_t x)
{
    x = inverse(x);
    return x ^ rotate8(x, 1) ^ rotate8(x, 2) ^ rotate8(x, 3) ^ rotate8(x, 4) ^ 0x63;
}

static uint8_t unsub_byte(uint8_t x)
{
    return inverse(rotate8(x, 1) ^ rotate8(x, 3) ^ rotate8(x, 6) ^ 0x05);
}

static void aes_round(union arm_vec *d, const union arm_vec *n, bool decrypt)
{
    union arm_vec x;
    for (unsigned i = 0; i < 16; i++) {
        unsigned from = decrypt ? (i - (i & 3) * 4) & 15 : (i + (i & 3) * 4) & 15;     /* rows shift by their number */
        uint8_t byte = d->u8[from] ^ n->u8[from];
        x.u8[i] = decrypt ? unsub_byte(byte) : sub_byte(byte);
    }
    *d = x;
}

static void aes_mix(union arm_vec *d, const union arm_vec *n, bool inverse_mix)
{
    static const uint8_t forward[4] = { 2, 3, 1, 1 }, backward[4] = { 14, 11, 13, 9 };
    const uint8_t *by = inverse_mix ? backward : forward;
    union arm_vec x = *n;
    for (unsigned i = 0; i < 16; i++) {
        uint8_t r = 0;
        for (unsigned k = 0; k < 4; k++) {
            r ^= times(x.u8[(i & ~3u) + ((i + k) & 3)], by[k]);
        }
        d->u8[i] = r;
    }
}

/* ---- SHA-1, SHA-256 ---- */

static uint32_t rol(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static uint32_t ror(uint32_t x, unsigned by)
{
    return rol(x, 32 - by);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z) { return (x & y) ^ (~x & z); }
static uint32_t majority(uint32_t x, uint32_t y, uint32_t z) { return (x & y) | ((x | y) & z); }

static void sha1_hash(union arm_vec *x, uint32_t y, const union arm_vec *w, unsigned op)
{
    for (unsigned e = 0; e < 4; e++) {
        uint32_t b = x->u32[1], c = x->u32[2], d = x->u32[3];
        uint32_t t = op == CRYPTO_SHA1C ? choose(b, c, d) : op == CRYPTO_SHA1P ? b ^ c ^ d : majority(b, c, d);
        y += rol(x->u32[0], 5) + t + w->u32[e];
        x->u32[1] = rol(b, 30);
        uint32_t top = x->u32[3];   /* <Y:X> rotates left by one word */
        x->u32[3] = x->u32[2];
        x->u32[2] = x->u32[1];
        x->u32[1] = x->u32[0];
        x->u32[0] = y;
        y = top;
    }
}

static union arm_vec sha256_hash(union arm_vec x, union arm_vec y, const union arm_vec *w, bool part1)
{
    for (unsigned e = 0; e < 4; e++) {
        uint32_t ch = choose(y.u32[0], y.u32[1], y.u32[2]), maj = majority(x.u32[0], x.u32[1], x.u32[2]);
        uint32_t s1 = ror(y.u32[0], 6) ^ ror(y.u32[0], 11) ^ ror(y.u32[0], 25);
        uint32_t s0 = ror(x.u32[0], 2) ^ ror(x.u32[0], 13) ^ ror(x.u32[0], 22);
        uint32_t t = y.u32[3] + s1 + ch + w->u32[e], x3 = t + x.u32[3], y3 = t + s0 + maj;
        x.u32[3] = x.u32[2];
        x.u32[2] = x.u32[1];
        x.u32[1] = x.u32[0];
        x.u32[0] = y3;
        y.u32[3] = y.u32[2];
        y.u32[2] = y.u32[1];
        y.u32[1] = y.u32[0];
        y.u32[0] = x3;
    }
    return part1 ? x : y;
}

static union arm_vec sha_schedule(const union arm_vec *d, const union arm_vec *n, const union arm_vec *m, unsigned op)
{
    union arm_vec r = *d;
    if (op == CRYPTO_SHA1SU0) {
        r.u64[0] = d->u64[1] ^ d->u64[0] ^ m->u64[0];
        r.u64[1] = n->u64[0] ^ d->u64[1] ^ m->u64[1];
    } else if (op == CRYPTO_SHA1SU1) {
        uint32_t t[4] = { d->u32[0] ^ n->u32[1], d->u32[1] ^ n->u32[2], d->u32[2] ^ n->u32[3], d->u32[3] };
        for (unsigned i = 0; i < 4; i++) {
            r.u32[i] = rol(t[i], 1);
        }
        r.u32[3] ^= rol(t[0], 2);
    } else if (op == CRYPTO_SHA256SU0) {
        for (unsigned i = 0; i < 4; i++) {
            uint32_t x = i < 3 ? d->u32[i + 1] : n->u32[0];
            r.u32[i] += ror(x, 7) ^ ror(x, 18) ^ x >> 3;
        }
    } else {                        /* SHA256SU1 */
        for (unsigned i = 0; i < 4; i++) {
            uint32_t x = i < 2 ? m->u32[i + 2] : r.u32[i - 2], t = i < 3 ? n->u32[i + 1] : m->u32[0];
            r.u32[i] = d->u32[i] + t + (ror(x, 17) ^ ror(x, 19) ^ x >> 10);
        }
    }
    return r;
}

/* ---- SHA-512, SHA-3 ---- */

static uint64_t ror64(uint64_t x, unsigned by)
{
    return by ? x >> by | x << (64 - by) : x;
}

static union arm_vec sha512(const union arm_vec *d, const union arm_vec *n, const union arm_vec *m, unsigned op)
{
    union arm_vec r = *d;
    uint64_t x, y;
    switch (op) {
    case CRYPTO_SHA512H:
        x = ror64(m->u64[1], 14) ^ ror64(m->u64[1], 18) ^ ror64(m->u64[1], 41);
        r.u64[1] = ((m->u64[1] & n->u64[0]) ^ (~m->u64[1] & n->u64[1])) + x + d->u64[1];
        y = r.u64[1] + m->u64[0];
        x = ror64(y, 14) ^ ror64(y, 18) ^ ror64(y, 41);
        r.u64[0] = ((y & m->u64[1]) ^ (~y & n->u64[0])) + x + d->u64[0];
        break;
    case CRYPTO_SHA512H2:
        x = ror64(m->u64[0], 28) ^ ror64(m->u64[0], 34) ^ ror64(m->u64[0], 39);
        r.u64[1] = ((n->u64[0] & m->u64[1]) ^ (n->u64[0] & m->u64[0]) ^ (m->u64[1] & m->u64[0])) + x + d->u64[1];
        x = ror64(r.u64[1], 28) ^ ror64(r.u64[1], 34) ^ ror64(r.u64[1], 39);
        r.u64[0] = ((r.u64[1] & m->u64[0]) ^ (r.u64[1] & m->u64[1]) ^ (m->u64[1] & m->u64[0])) + x + d->u64[0];
        break;
    case CRYPTO_SHA512SU0:
        r.u64[0] = d->u64[0] + (ror64(d->u64[1], 1) ^ ror64(d->u64[1], 8) ^ d->u64[1] >> 7);
        r.u64[1] = d->u64[1] + (ror64(n->u64[0], 1) ^ ror64(n->u64[0], 8) ^ n->u64[0] >> 7);
        break;
    default:                        /* SHA512SU1 */
        for (unsigned i = 0; i < 2; i++) {
            r.u64[i] = d->u64[i] + (ror64(n->u64[i], 19) ^ ror64(n->u64[i], 61) ^ n->u64[i] >> 6) + m->u64[i];
        }
    }
    return r;
}

static union arm_vec sha3(const union arm_vec *n, const union arm_vec *m, const union arm_vec *a, unsigned op,
    unsigned imm)
{
    union arm_vec r;
    for (unsigned i = 0; i < 2; i++) {
        switch (op) {
        case CRYPTO_RAX1: r.u64[i] = n->u64[i] ^ ror64(m->u64[i], 63); break;
        case CRYPTO_EOR3: r.u64[i] = n->u64[i] ^ m->u64[i] ^ a->u64[i]; break;
        case CRYPTO_BCAX: r.u64[i] = n->u64[i] ^ (m->u64[i] & ~a->u64[i]); break;
        default:          r.u64[i] = ror64(n->u64[i] ^ m->u64[i], imm); break;
        }
    }
    return r;
}

uint64_t helper_arm_crypto(struct cpu *base, uint64_t op, uint64_t b)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    union arm_vec *d = &cpu->v[b & 31];
    const union arm_vec n = cpu->v[b >> 5 & 31], m = cpu->v[b >> 10 & 31], a = cpu->v[b >> 15 & 31];
    switch (op) {
    case CRYPTO_AESE: aes_round(d, &n, false); break;
    case CRYPTO_AESD: aes_round(d, &n, true); break;
    case CRYPTO_AESMC: aes_mix(d, &n, false); break;
    case CRYPTO_AESIMC: aes_mix(d, &n, true); break;
    case CRYPTO_SHA1C: case CRYPTO_SHA1P: case CRYPTO_SHA1M: sha1_hash(d, n.u32[0], &m, (unsigned)op); break;
    case CRYPTO_SHA1H: *d = (union arm_vec){ .u32 = { rol(n.u32[0], 30) } }; break;
    case CRYPTO_SHA1SU0: case CRYPTO_SHA1SU1: case CRYPTO_SHA256SU0: case CRYPTO_SHA256SU1:
        *d = sha_schedule(d, &n, &m, (unsigned)op);
        break;
    case CRYPTO_SHA256H: *d = sha256_hash(*d, n, &m, true); break;
    case CRYPTO_SHA256H2: *d = sha256_hash(n, *d, &m, false); break;
    case CRYPTO_SHA512H: case CRYPTO_SHA512H2: case CRYPTO_SHA512SU0: case CRYPTO_SHA512SU1:
        *d = sha512(d, &n, &m, (unsigned)op);
        break;
    default: *d = sha3(&n, &m, &a, (unsigned)op, b >> 15 & 63); break;
    }
    return 0;
}
