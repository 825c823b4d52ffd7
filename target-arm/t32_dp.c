/* SPDX-License-Identifier: MIT */
/* T32 data processing in 32 bits: modified and plain immediates, shifted registers, multiplication (Arm ARM F3.1). */
#include "target-arm/a32.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }
static uint32_t imm12(const struct arm_trans *t) { return f(t, 'j') << 11 | f(t, 'k') << 8 | f(t, 'i'); }

/* data: enum a32_dp. Compares have no S and no d. */
static bool sets(const struct arm_trans *t) { return (t->data >= DP_TST && t->data <= DP_CMN) || f(t, 'S'); }

static void dp_imm(struct arm_trans *t)
{
    const struct a32_operand o = t32_modified_imm(t, imm12(t), sets(t) && a32_dp_logical((enum a32_dp)t->data));
    a32_dp(t, (enum a32_dp)t->data, sets(t), f(t, 'd'), f(t, 'n'), &o);
}

static void dp_reg(struct arm_trans *t)
{
    const bool carry = sets(t) && a32_dp_logical((enum a32_dp)t->data);
    const struct a32_operand o = a32_shift_imm(t, a32_get(t, f(t, 'm')), (enum a32_shift)f(t, 't'), f(t, 'k') << 2 | f(t, 'i'), carry);
    a32_dp(t, (enum a32_dp)t->data, sets(t), f(t, 'd'), f(t, 'n'), &o);
}

/* n shifted by m */
static void shift_reg(struct arm_trans *t)
{
    const struct a32_operand o = a32_shift_reg(t, a32_get(t, f(t, 'n')), (enum a32_shift)f(t, 't'), a32_get(t, f(t, 'm')), f(t, 'S'));
    a32_dp(t, DP_MOV, f(t, 'S'), f(t, 'd'), 0, &o);
}

static void plain_imm(struct arm_trans *t)
{
    const uint32_t imm = imm12(t);
    if (f(t, 'n') == 15) {
        a32_seti(t, f(t, 'd'), (a32_pc(t) & ~3u) + (t->data == DP_ADD ? imm : -imm));
    } else {
        const struct a32_operand o = a32_imm(imm);
        a32_dp(t, (enum a32_dp)t->data, false, f(t, 'd'), f(t, 'n'), &o);
    }
}

static void movw(struct arm_trans *t) { a32_seti(t, f(t, 'd'), f(t, 'h') << 12 | imm12(t)); }

static void movt(struct arm_trans *t)
{
    const unsigned d = f(t, 'd');
    a32_set(t, d, ir_deposit(t->u, a32_get(t, d), 16, 16, ir_const(t->u, f(t, 'h') << 12 | imm12(t))));
}

static void ssat(struct arm_trans *t)
{
    const struct a32_operand o = a32_shift_imm(t, a32_get(t, f(t, 'n')), f(t, 'T') ? SHIFT_ASR : SHIFT_LSL,
                                               f(t, 'i') << 2 | f(t, 'j'), false);
    a32_saturate(t, t->data, f(t, 'd'), f(t, 's') + !t->data, o.reg);
}

#define ROW(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, NULL }
#define ROW_X(pattern, name, fn, data, unless) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, unless }
/* unless: for the register forms that other instructions have */
#define DP(op, name, data, unless) \
    ROW_X("11110 j 0 " op " S nnnn 0 kkk dddd iiiiiiii", name, dp_imm, data, unless), \
    ROW_X("11101 01 " op " S nnnn - kkk dddd ii tt mmmm", name, dp_reg, data, unless)
#define DP_COMPARE(op, name, data) \
    ROW_X("11110 j 0 " op " 1 nnnn 0 kkk 1111 iiiiiiii", name, dp_imm, data, "n=15"), \
    ROW_X("11101 01 " op " 1 nnnn - kkk 1111 ii tt mmmm", name, dp_reg, data, "n=15")
#define DP_MOVE(op, name, data) \
    ROW_X("11110 j 0 " op " S 1111 0 kkk dddd iiiiiiii", name, dp_imm, data, "d=15"), \
    ROW_X("11101 01 " op " S 1111 - kkk dddd ii tt mmmm", name, dp_reg, data, "d=15")
#define PARALLEL(op, name, data) \
    ROW_X("1111 1010 1" op " nnnn 1111 dddd 0ppp mmmm", name, a32_parallel, data, "p=3;p=7")
#define EXTEND(op, name, fn, data) \
    ROW_X("1111 1010 0" op " nnnn 1111 dddd 1-rr mmmm", name "A", fn, data | 0x200, "n=15"), \
    ROW("1111 1010 0" op " 1111 1111 dddd 1-rr mmmm", name, fn, data)
static const struct arm_row rows[] = {
    DP("0000", "AND", DP_AND, "d=15;n=15"),
    DP_COMPARE("0000", "TST", DP_TST),
    DP("0001", "BIC", DP_BIC, "d=15;n=15"),
    DP("0010", "ORR", DP_ORR, "d=15;n=15"),
    DP_MOVE("0010", "MOV", DP_MOV),
    DP("0011", "ORN", DP_ORN, "d=15;n=15"),
    DP_MOVE("0011", "MVN", DP_MVN),
    DP("0100", "EOR", DP_EOR, "d=15;n=15"),
    DP_COMPARE("0100", "TEQ", DP_TEQ),
    DP("1000", "ADD", DP_ADD, "d=15;n=15"),
    DP_COMPARE("1000", "CMN", DP_CMN),
    DP("1010", "ADC", DP_ADC, "d=15;n=15"),
    DP("1011", "SBC", DP_SBC, "d=15;n=15"),
    DP("1101", "SUB", DP_SUB, "d=15;n=15"),
    DP_COMPARE("1101", "CMP", DP_CMP),
    DP("1110", "RSB", DP_RSB, "d=15;n=15"),
    ROW("1110101 0110 0 nnnn - iii dddd jj T 0 mmmm", "PKH", a32_pkh, 0),
    ROW_X("11110 j 10000 0 nnnn 0 kkk dddd iiiiiiii", "ADDW", plain_imm, DP_ADD, "d=15"),
    ROW_X("11110 j 10101 0 nnnn 0 kkk dddd iiiiiiii", "SUBW", plain_imm, DP_SUB, "d=15"),
    ROW_X("11110 j 10010 0 hhhh 0 kkk dddd iiiiiiii", "MOVW", movw, 0, "d=15"),
    ROW_X("11110 j 10110 0 hhhh 0 kkk dddd iiiiiiii", "MOVT", movt, 0, "d=15"),
    ROW_X("11110 - 1100 T 0 nnnn 0 iii dddd jj - sssss", "SSAT", ssat, 0, "T=1,i=0,j=0"),
    ROW_X("11110 - 1110 T 0 nnnn 0 iii dddd jj - sssss", "USAT", ssat, 1, "T=1,i=0,j=0"),
    ROW("11110 - 1100 1 0 nnnn 0 000 dddd 00 -- ssss", "SSAT16", a32_ssat16, 0),
    ROW("11110 - 1110 1 0 nnnn 0 000 dddd 00 -- ssss", "USAT16", a32_usat16, 0),
    ROW("11110 - 11010 0 nnnn 0 iii dddd jj - wwwww", "SBFX", a32_bfx, 0),
    ROW("11110 - 11110 0 nnnn 0 iii dddd jj - wwwww", "UBFX", a32_bfx, 1),
    ROW_X("11110 - 11011 0 nnnn 0 iii dddd jj - bbbbb", "BFI", a32_bfi, 0, "n=15"),
    ROW("11110 - 11011 0 1111 0 iii dddd jj - bbbbb", "BFC", a32_bfi, 1),
    ROW("11111010 0 tt S nnnn 1111 dddd 0000 mmmm", "shift", shift_reg, 0),
    EXTEND("000", "SXTH", a32_extend, 16), EXTEND("001", "UXTH", a32_extend, 0x110), EXTEND("010", "SXTB16", a32_extend16, 0),
    EXTEND("011", "UXTB16", a32_extend16, 0x100), EXTEND("100", "SXTB", a32_extend, 8), EXTEND("101", "UXTB", a32_extend, 0x108),
    PARALLEL("000", "ADD8", 4), PARALLEL("001", "ADD16", 0), PARALLEL("010", "ASX", 1), PARALLEL("100", "SUB8", 7),
    PARALLEL("101", "SUB16", 3), PARALLEL("110", "SAX", 2),
    ROW("1111 1010 1000 nnnn 1111 dddd 1000 mmmm", "QADD", a32_qadd, 0),
    ROW("1111 1010 1000 nnnn 1111 dddd 1001 mmmm", "QDADD", a32_qadd, 2),
    ROW("1111 1010 1000 nnnn 1111 dddd 1010 mmmm", "QSUB", a32_qadd, 1),
    ROW("1111 1010 1000 nnnn 1111 dddd 1011 mmmm", "QDSUB", a32_qadd, 3),
    ROW("1111 1010 1001 .... 1111 dddd 1000 mmmm", "REV", a32_rev, 0),
    ROW("1111 1010 1001 .... 1111 dddd 1001 mmmm", "REV16", a32_rev, 1),
    ROW("1111 1010 1001 .... 1111 dddd 1010 mmmm", "RBIT", a32_rev, 3),
    ROW("1111 1010 1001 .... 1111 dddd 1011 mmmm", "REVSH", a32_rev, 2),
    ROW("1111 1010 1010 nnnn 1111 dddd 1000 mmmm", "SEL", a32_sel, 0),
    ROW("1111 1010 1011 .... 1111 dddd 1000 mmmm", "CLZ", a32_clz, 0),
    { "1111 1010 1100 nnnn 1111 dddd 10zz mmmm", "CRC32", a32_crc32, 0, ARM_CRC32, 0, NULL, "z=3" },
    { "1111 1010 1101 nnnn 1111 dddd 10zz mmmm", "CRC32C", a32_crc32, 0, ARM_CRC32, 1, NULL, "z=3" },
    ROW_X("1111 1011 0000 nnnn aaaa dddd 0000 mmmm", "MLA", a32_mul, 1, "a=15"),
    ROW("1111 1011 0000 nnnn 1111 dddd 0000 mmmm", "MUL", a32_mul, 0),
    ROW("1111 1011 0000 nnnn aaaa dddd 0001 mmmm", "MLS", a32_mul, -1),
    ROW_X("1111 1011 0001 nnnn aaaa dddd 00NM mmmm", "SMLAxy", a32_smlaxy, 1, "a=15"),
    ROW("1111 1011 0001 nnnn 1111 dddd 00NM mmmm", "SMULxy", a32_smlaxy, 0),
    ROW_X("1111 1011 0010 nnnn aaaa dddd 000M mmmm", "SMLAD", a32_smlad, 2, "a=15"),
    ROW("1111 1011 0010 nnnn 1111 dddd 000M mmmm", "SMUAD", a32_smlad, 0),
    ROW_X("1111 1011 0011 nnnn aaaa dddd 000M mmmm", "SMLAWy", a32_smlaw, 1, "a=15"),
    ROW("1111 1011 0011 nnnn 1111 dddd 000M mmmm", "SMULWy", a32_smlaw, 0),
    ROW_X("1111 1011 0100 nnnn aaaa dddd 000M mmmm", "SMLSD", a32_smlad, 3, "a=15"),
    ROW("1111 1011 0100 nnnn 1111 dddd 000M mmmm", "SMUSD", a32_smlad, 1),
    ROW_X("1111 1011 0101 nnnn aaaa dddd 000M mmmm", "SMMLA", a32_smmla, 1, "a=15"),
    ROW("1111 1011 0101 nnnn 1111 dddd 000M mmmm", "SMMUL", a32_smmla, 0),
    ROW("1111 1011 0110 nnnn aaaa dddd 000M mmmm", "SMMLS", a32_smmla, 2),
    ROW_X("1111 1011 0111 nnnn aaaa dddd 0000 mmmm", "USADA8", a32_usad8, 1, "a=15"),
    ROW("1111 1011 0111 nnnn 1111 dddd 0000 mmmm", "USAD8", a32_usad8, 0),
    ROW("1111 1011 1000 nnnn llll hhhh 0000 mmmm", "SMULL", a32_mull, 1),
    { "1111 1011 1001 nnnn ++++ dddd 1111 mmmm", "SDIV", a32_div, 0, ARM_IDIV_T32, 0, NULL, NULL },
    ROW("1111 1011 1010 nnnn llll hhhh 0000 mmmm", "UMULL", a32_mull, 0),
    { "1111 1011 1011 nnnn ++++ dddd 1111 mmmm", "UDIV", a32_div, 0, ARM_IDIV_T32, 1, NULL, NULL },
    ROW("1111 1011 1100 nnnn llll hhhh 0000 mmmm", "SMLAL", a32_mull, 3),
    ROW("1111 1011 1100 nnnn llll hhhh 10NM mmmm", "SMLALxy", a32_smlalxy, 0),
    ROW("1111 1011 1100 nnnn llll hhhh 110M mmmm", "SMLALD", a32_smlald, 0),
    ROW("1111 1011 1101 nnnn llll hhhh 110M mmmm", "SMLSLD", a32_smlald, 1),
    ROW("1111 1011 1110 nnnn llll hhhh 0000 mmmm", "UMLAL", a32_mull, 2),
    ROW("1111 1011 1110 nnnn llll hhhh 0110 mmmm", "UMAAL", a32_umaal, 0),
};
ARM_TABLE(t32_dp);
