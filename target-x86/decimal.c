/* SPDX-License-Identifier: MIT */
/* Decimal arithmetic: DAA DAS AAA AAS AAM AAD (SDM volume 2), not in 64-bit mode. The first four are a helper on AX and the
 * flags word. Undefined: OF after all; SF, ZF, PF after AAA and AAS; CF, AF after AAM and AAD. */
#include "target-x86/helpers.h"
#include "target-x86/integer.h"

enum { DAA, DAS, AAA, AAS };

static uint32_t flags_of(uint8_t al)
{
    return (al == 0 ? EFL_ZF : 0) | (al & 0x80 ? EFL_SF : 0) | (__builtin_parity(al) ? 0 : EFL_PF);
}

static uint64_t packed_adjust(uint8_t al, bool af, bool cf, bool subtract)
{
    uint8_t old = al;
    bool carry = false;
    if ((old & 15) > 9 || af) {
        carry = cf || (subtract ? old < 6 : old > 0xf9);
        al = (uint8_t)(subtract ? al - 6 : al + 6);
        af = true;
    } else {
        af = false;
    }
    if (old > 0x99 || cf) {
        al = (uint8_t)(subtract ? al - 0x60 : al + 0x60);
        carry = true;
    }
    return al | (uint64_t)(flags_of(al) | (af ? EFL_AF : 0) | (carry ? EFL_CF : 0)) << 32;
}

static uint64_t unpacked_adjust(uint16_t ax, bool af, bool subtract)
{
    bool adjust = (ax & 15) > 9 || af;
    if (adjust)
        ax = (uint16_t)(subtract ? ax - 0x106 : ax + 0x106);
    uint32_t flags = adjust ? EFL_AF | EFL_CF : 0;
    ax &= 0xff0f;
    return ax | (uint64_t)(flags | flags_of(ax & 0xff)) << 32;
}

/* a = AX, b = flags word, c = which; AX | flags word << 32 */
uint64_t helper_decimal_adjust(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    if (c >= AAA)
        return unpacked_adjust((uint16_t)a, b & EFL_AF, c == AAS);
    return (a & 0xff00) | packed_adjust((uint8_t)a, b & EFL_AF, b & EFL_CF, c == DAS);
}

static void adjust(struct x86_trans *t)
{
    ir_reg ax = ir_extu(t->u, 16, x86_gpr(R_AX)), word = ir_fbits(t->u, X86_FLAGS);
    ir_reg both = ir_call(t->u, HELPER_decimal_adjust, ax, word, ir_const(t->u, (uint64_t)t->insn->row->data), IR_NONE);
    x86_set_reg(t, R_AX, 16, both);
    ir_fput_to(t->u, X86_FLAGS, ir_op2i(t->u, IR_SHR, 64, both, 32));
}

/* AH = AL / imm, AL = AL % imm */
static void aam(struct x86_trans *t)
{
    uint64_t base = (uint64_t)t->insn->operand[0].value;
    if (!base) {
        x86_gen_raise(t, EXC_DE);
        return;
    }
    ir_reg both = ir_call(t->u, HELPER_div, ir_extu(t->u, 8, x86_gpr(R_AX)), ir_const(t->u, base), ir_const(t->u, 8), IR_NONE);
    ir_reg quotient = ir_extract(t->u, both, 0, 8), rest = ir_extract(t->u, both, 8, 8);
    x86_set_reg(t, R_AX, 16, ir_deposit(t->u, rest, 8, 8, quotient));
    ir_flag_op(t->u, IR_ANDS, 8, IR_NONE, X86_FLAGS, IR_NONE, rest, rest, 0);
}

/* AL = AL + AH * imm, AH = 0 */
static void aad(struct x86_trans *t)
{
    ir_reg high = ir_op2(t->u, IR_MUL, 32, ir_extract(t->u, x86_gpr(R_AX), 8, 8),
                         ir_const(t->u, (uint64_t)t->insn->operand[0].value));
    ir_reg al = ir_extu(t->u, 8, ir_op2(t->u, IR_ADD, 32, x86_gpr(R_AX), high));
    x86_set_reg(t, R_AX, 16, al);
    ir_flag_op(t->u, IR_ANDS, 8, IR_NONE, X86_FLAGS, IR_NONE, al, al, 0);
}

static const struct x86_row rows[] = {
    { "27", "", "daa", adjust, ROW_NO64, FEAT_NONE, "27", EFL_OF, DAA },
    { "2F", "", "das", adjust, ROW_NO64, FEAT_NONE, "2f", EFL_OF, DAS },
    { "37", "", "aaa", adjust, ROW_NO64, FEAT_NONE, "37", EFL_OF | EFL_SF | EFL_ZF | EFL_PF, AAA },
    { "3F", "", "aas", adjust, ROW_NO64, FEAT_NONE, "3f", EFL_OF | EFL_SF | EFL_ZF | EFL_PF, AAS },
    { "D4 ib", "Ib", "aam", aam, ROW_NO64, FEAT_NONE, "d4 0a;d4 10;d4 07", EFL_OF | EFL_AF | EFL_CF, 0 },
    { "D5 ib", "Ib", "aad", aad, ROW_NO64, FEAT_NONE, "d5 0a;d5 10;d5 85", EFL_OF | EFL_AF | EFL_CF, 0 },
};
X86_TABLE(decimal, rows);
