/* SPDX-License-Identifier: MIT */
/* AES, SHA-1 and SHA-256 of ARMv8 in AArch32 (Arm ARM F4.1.17, F4.1.19): Q registers to helper crypto, which A64 has, too. */
#include "target-arm/crypto.h"
#include "target-arm/neon.h"

/* Registers in D numbers; odd ones are undefined. */
static void crypto(struct arm_trans *t)
{
    const unsigned d = neon_d(t), n = neon_n(t), m = neon_m(t);
    const bool two = !t->row->bits['n' - 'a'];     /* the source is m, where A64 has n */
    if ((d | n | m) & 1) {
        a32_undefined(t);
        return;
    }
    ir_reg regs = ir_const(t->u, d / 2 | (two ? m : n) / 2 << 5 | (two ? 0 : m) / 2 << 10);
    arm_call_void(t, HELPER_ARM_crypto, ir_const(t->u, (uint64_t)t->data), regs, IR_NONE, IR_NONE);
}

#define CRYPTO(top, tail, op, feat, flags) \
    { top " " tail, #op, crypto, ARM_ROW_FP | (flags), ARM_##feat, CRYPTO_##op, NULL, NULL }
#define ROWS(two, three0, three1, flags) \
    CRYPTO(two, "1D11 0000 dddd 0011 00M0 mmmm", AESE, AES, flags), CRYPTO(two, "1D11 0000 dddd 0011 01M0 mmmm", AESD, AES, flags), \
    CRYPTO(two, "1D11 0000 dddd 0011 10M0 mmmm", AESMC, AES, flags), CRYPTO(two, "1D11 0000 dddd 0011 11M0 mmmm", AESIMC, AES, flags), \
    CRYPTO(two, "1D11 1001 dddd 0010 11M0 mmmm", SHA1H, SHA1, flags), CRYPTO(two, "1D11 1010 dddd 0011 10M0 mmmm", SHA1SU1, SHA1, flags), \
    CRYPTO(two, "1D11 1010 dddd 0011 11M0 mmmm", SHA256SU0, SHA256, flags), \
    CRYPTO(three0, "0D00 nnnn dddd 1100 N1M0 mmmm", SHA1C, SHA1, flags), CRYPTO(three0, "0D01 nnnn dddd 1100 N1M0 mmmm", SHA1P, SHA1, flags), \
    CRYPTO(three0, "0D10 nnnn dddd 1100 N1M0 mmmm", SHA1M, SHA1, flags), CRYPTO(three0, "0D11 nnnn dddd 1100 N1M0 mmmm", SHA1SU0, SHA1, flags), \
    CRYPTO(three1, "0D00 nnnn dddd 1100 N1M0 mmmm", SHA256H, SHA256, flags), CRYPTO(three1, "0D01 nnnn dddd 1100 N1M0 mmmm", SHA256H2, SHA256, flags), \
    CRYPTO(three1, "0D10 nnnn dddd 1100 N1M0 mmmm", SHA256SU1, SHA256, flags)
static const struct arm_row rows_a32[] = { ROWS("1111 0011", "1111 0010", "1111 0011", ARM_ROW_COND) };
static const struct arm_row rows_t32[] = { ROWS("1111 1111", "1110 1111", "1111 1111", 0) };
const struct arm_table arm_table_neon_crypto_a32 = { "neon_crypto_a32", rows_a32, G_N_ELEMENTS(rows_a32) };
const struct arm_table arm_table_neon_crypto_t32 = { "neon_crypto_t32", rows_t32, G_N_ELEMENTS(rows_t32) };
