/* SPDX-License-Identifier: MIT */
/* A64: cryptographic extension (Arm ARM C4.1.96). */
#include "target-arm/a64_simd.h"
#include "target-arm/crypto.h"

static void crypto(struct arm_trans *t)
{
    unsigned m = a64_has(t, 'm') ? arm_field(t, 'm') : 0, more = a64_has(t, 'a') ? arm_field(t, 'a') : 0;
    ir_reg regs = ir_const(t->u, arm_field(t, 'd') | arm_field(t, 'n') << 5 | m << 10 | more << 15);
    arm_call_void(t, HELPER_ARM_crypto, ir_const(t->u, (uint64_t)t->data), regs, IR_NONE, IR_NONE);
}

#define ROW(bits, op, feat) \
    { .pattern = bits, .name = #op, .translate = crypto, .flags = ARM_ROW_FP, .data = CRYPTO_##op, \
      .feature = ARM_##feat }
static const struct arm_row rows[] = {
    ROW("01001110 0010100 00100 10 nnnnn ddddd", AESE, AES), ROW("01001110 0010100 00101 10 nnnnn ddddd", AESD, AES),
    ROW("01001110 0010100 00110 10 nnnnn ddddd", AESMC, AES), ROW("01001110 0010100 00111 10 nnnnn ddddd", AESIMC, AES),
    ROW("01011110 000 mmmmm 0 000 00 nnnnn ddddd", SHA1C, SHA1),
    ROW("01011110 000 mmmmm 0 001 00 nnnnn ddddd", SHA1P, SHA1),
    ROW("01011110 000 mmmmm 0 010 00 nnnnn ddddd", SHA1M, SHA1),
    ROW("01011110 000 mmmmm 0 011 00 nnnnn ddddd", SHA1SU0, SHA1),
    ROW("01011110 000 mmmmm 0 100 00 nnnnn ddddd", SHA256H, SHA256),
    ROW("01011110 000 mmmmm 0 101 00 nnnnn ddddd", SHA256H2, SHA256),
    ROW("01011110 000 mmmmm 0 110 00 nnnnn ddddd", SHA256SU1, SHA256),
    ROW("01011110 0010100 00000 10 nnnnn ddddd", SHA1H, SHA1),
    ROW("01011110 0010100 00001 10 nnnnn ddddd", SHA1SU1, SHA1),
    ROW("01011110 0010100 00010 10 nnnnn ddddd", SHA256SU0, SHA256),
    ROW("11001110 011 mmmmm 1000 00 nnnnn ddddd", SHA512H, SHA512),
    ROW("11001110 011 mmmmm 1000 01 nnnnn ddddd", SHA512H2, SHA512),
    ROW("11001110 011 mmmmm 1000 10 nnnnn ddddd", SHA512SU1, SHA512),
    ROW("11001110 011 mmmmm 1000 11 nnnnn ddddd", RAX1, SHA3),
    ROW("11001110 110 00000 1000 00 nnnnn ddddd", SHA512SU0, SHA512),
    ROW("11001110 000 mmmmm 0 aaaaa nnnnn ddddd", EOR3, SHA3),
    ROW("11001110 001 mmmmm 0 aaaaa nnnnn ddddd", BCAX, SHA3), ROW("11001110 100 mmmmm aaaaaa nnnnn ddddd", XAR, SHA3),
};
ARM_TABLE(a64_crypto);
