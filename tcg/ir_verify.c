/* SPDX-License-Identifier: MIT */
/*
 * Whether a unit is well formed: operands of the types that ir_ops.def gives, widths that exist, immediates where they
 * are allowed, labels placed once, nothing after the last op. What a unit computes is not looked at.
 */
#include <glib.h>
#include <string.h>
#include "tcg/ir.h"
#include "tcg/ir_value.h"

static enum ir_type type_of_letter(char letter)
{
    return letter == 'v' ? IR_TYPE_VEC : letter == 'f' ? IR_TYPE_FLAGS : IR_TYPE_INT;
}

static bool is_register(const struct ir_unit *u, ir_reg r, enum ir_type type)
{
    return r != IR_NONE && r < u->reg_count && u->types[r] == type;
}

/* Index of the operand that may be IR_IMM, or -1: the last integer input when there is one before it. */
static int immediate_input(const struct ir_insn *insn)
{
    const struct ir_op_info *info = &ir_op_info[insn->op];
    const bool allowed = info->flags & (IR_F_IS_PURE | IR_F_IS_FLAG) || insn->op == IR_BRC;
    if (!allowed || info->flags & IR_F_IMM)
        return -1;
    int last = -1, count = 0;
    for (int i = 0; info->ins[i]; i++)
        if (info->ins[i] == 'i') {
            last = i;
            count++;
        }
    return count > 1 ? last : -1;
}

/* Inputs that may be IR_NONE: both of LEA, arguments of CALL, the flags input of a FLAG op (ir_opt.h). */
static bool may_be_none(const struct ir_insn *insn, char letter)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    return insn->op == IR_LEA || flags & IR_F_CALL || (flags & IR_F_IS_FLAG && letter == 'f');
}

static const char *verify_inputs(const struct ir_unit *u, const struct ir_insn *insn)
{
    const char *ins = ir_op_info[insn->op].ins;
    const int immediate = immediate_input(insn);
    unsigned i;
    for (i = 0; ins[i]; i++) {
        const ir_reg r = insn->s[i];
        if (r == IR_IMM) {
            if ((int)i != immediate)
                return "immediate where none is allowed";
            if (insn->imm != (int32_t)insn->imm || insn->imm != (int64_t)ir_value_sign((uint64_t)insn->imm, insn->width))
                return "immediate that is not 32 bits, sign-extended from the width";
        } else if (r == IR_NONE) {
            if (!may_be_none(insn, ins[i]))
                return "input missing";
        } else if (!is_register(u, r, type_of_letter(ins[i]))) {
            return "input of the wrong type";
        }
    }
    for (; i < 4; i++)
        if (insn->s[i])
            return "more inputs than the op has";
    return NULL;
}

static const char *verify_outputs(const struct ir_unit *u, const struct ir_insn *insn)
{
    const char *outs = ir_op_info[insn->op].outs;
    const bool optional = ir_op_info[insn->op].flags & (IR_F_IS_FLAG | IR_F_CALL);
    unsigned i;
    for (i = 0; outs[i]; i++) {
        if (insn->d[i] == IR_NONE && optional)
            continue;
        if (!is_register(u, insn->d[i], type_of_letter(outs[i])))
            return "output missing or of the wrong type";
    }
    for (; i < 2; i++)
        if (insn->d[i])
            return "more outputs than the op has";
    return NULL;
}

static const char *verify_copy_operand(const struct ir_unit *u, const ir_reg *list, unsigned *next, unsigned role,
                                       unsigned wanted, enum ir_type type)
{
    if (!(role & wanted))
        return NULL;
    return is_register(u, list[(*next)++], type) ? NULL : "COPY: operand missing or of the wrong type";
}

static const char *verify_copy(const struct ir_unit *u, const struct ir_insn *insn)
{
    const struct ir_copy *copy = insn->ptr;
    if (!copy)
        return "COPY of nothing";
    const enum ir_type reg = copy->reg_class == IR_COPY_VEC ? IR_TYPE_VEC : IR_TYPE_INT;
    const enum ir_type rm = copy->rm_class == IR_COPY_VEC ? IR_TYPE_VEC : IR_TYPE_INT;
    unsigned s = 0, d = 0;
    const char *wrong;
    if ((wrong = verify_copy_operand(u, insn->s, &s, copy->reg_role, IR_COPY_READ, reg)) ||
        (wrong = verify_copy_operand(u, insn->s, &s, copy->rm_role, IR_COPY_READ, rm)) ||
        (wrong = verify_copy_operand(u, insn->s, &s, copy->xmm0_role, IR_COPY_READ, IR_TYPE_VEC)) ||
        (wrong = verify_copy_operand(u, insn->s, &s, copy->flags_role, IR_COPY_READ, IR_TYPE_FLAGS)) ||
        (wrong = verify_copy_operand(u, insn->d, &d, copy->reg_role, IR_COPY_WRITE, reg)) ||
        (wrong = verify_copy_operand(u, insn->d, &d, copy->rm_role, IR_COPY_WRITE, rm)) ||
        (wrong = verify_copy_operand(u, insn->d, &d, copy->flags_role, IR_COPY_WRITE, IR_TYPE_FLAGS)))
        return wrong;
    return NULL;
}

static const char *verify_width(const struct ir_insn *insn)
{
    const struct ir_op_info *info = &ir_op_info[insn->op];
    const unsigned w = insn->width;
    if (!info->outs[0] && !info->ins[0])
        return NULL;
    if (w == 128)
        return strchr(info->outs, 'v') || strchr(info->ins, 'v') ? NULL : "width 128 without a vector";
    if (w != 8 && w != 16 && w != 32 && w != 64)
        return "width is none of 8, 16, 32, 64, 128";
    if (insn->op == IR_BSWAP && w == 8)
        return "byte swap of a byte";
    if (insn->op == IR_EXTS && (insn->imm < w || insn->imm > 64))
        return "EXTS to fewer bits";
    if (insn->op == IR_VGET || insn->op == IR_VPUT)
        return insn->aux * w < 128 ? NULL : "lane outside the vector";
    if (insn->op == IR_DEPOSIT || insn->op == IR_EXTRACT) {
        const unsigned position = (unsigned)insn->imm & 0xff, length = (unsigned)(insn->imm >> 8);
        return length && position + length <= 64 ? NULL : "field outside 64 bits";
    }
    return NULL;
}

static const char *verify_labels(const struct ir_unit *u)
{
    uint8_t placed[IR_MAX_LABELS] = { 0 };
    for (unsigned i = 0; i < u->count; i++)
        if (u->code[i].op == IR_LABEL) {
            const uint64_t label = (uint64_t)u->code[i].imm;
            if (label >= u->label_count || placed[label]++)
                return "label placed twice or unknown";
        }
    for (unsigned i = 0; i < u->count; i++) {
        if (!(ir_op_info[u->code[i].op].flags & IR_F_BRANCH))
            continue;
        const uint64_t label = u->code[i].op == IR_BRC ? u->code[i].aux : (uint64_t)u->code[i].imm;
        if (label >= u->label_count || !placed[label])
            return "branch to a label that is nowhere";
    }
    return NULL;
}

const char *ir_verify(const struct ir_unit *u)
{
    if (!u->count || !(ir_op_info[u->code[u->count - 1].op].flags & IR_F_ENDS))
        return "control runs off the end";
    for (unsigned i = 0; i < u->count; i++) {
        const struct ir_insn *insn = &u->code[i];
        if (insn->op >= IR_OP_COUNT)
            return "no such op";
        if (ir_op_info[insn->op].flags & IR_F_COPY) {
            const char *wrong = verify_copy(u, insn);
            if (wrong)
                return wrong;
            continue;
        }
        const char *wrong;
        if ((wrong = verify_inputs(u, insn)) || (wrong = verify_outputs(u, insn)) || (wrong = verify_width(insn)))
            return wrong;
        if (insn->op == IR_CALL && insn->aux >= u->helper_count)
            return "no such helper";
    }
    return verify_labels(u);
}

const char *ir_verify_computed(const struct ir_unit *u)
{
    g_autofree uint8_t *computed = g_new0(uint8_t, u->reg_count);
    for (unsigned i = 0; i < u->count; i++)
        computed[u->code[i].d[0]] = computed[u->code[i].d[1]] = 1;
    for (unsigned i = 0; i < u->count; i++) {
        const struct ir_insn *insn = &u->code[i];
        for (unsigned n = 0; n < ir_op_info[insn->op].in_count; n++)
            if (insn->s[n] != IR_IMM && insn->s[n] > u->global_count && !computed[insn->s[n]])
                return "temporary that no op computes";
    }
    return NULL;
}
