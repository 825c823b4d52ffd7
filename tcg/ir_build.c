/* SPDX-License-Identifier: MIT */
/*
 * How a front end appends IR (ir_build.h). Operands are placed as the table's columns say, so that the forms here
 * differ only in what they take. A full table sets unit->overflow and goes on into a scratch op: front ends need no
 * checks, and the engine translates again with fewer guest instructions.
 */
#include <glib.h>
#include <string.h>
#include "tcg/cpu.h"
#include "tcg/ir_build.h"
#include "tcg/ir_value.h"

ir_reg ir_temp(struct ir_unit *u, enum ir_type type)
{
    if (u->reg_count >= 1u + u->global_count + IR_MAX_TEMPS) {
        u->overflow = true;
        return IR_NONE;
    }
    u->types[u->reg_count] = (uint8_t)type;
    return (ir_reg)u->reg_count++;
}

unsigned ir_new_label(struct ir_unit *u)
{
    if (u->label_count >= IR_MAX_LABELS) {
        u->overflow = true;
        return 0;
    }
    return u->label_count++;
}

struct ir_insn *ir_append(struct ir_unit *u, enum ir_op op, unsigned width)
{
    struct ir_insn *insn = &u->code[u->count];
    if (u->count < IR_MAX_INSNS)
        u->count++;
    else
        u->overflow = true;
    *insn = (struct ir_insn){ .op = (uint8_t)op, .width = (uint8_t)width };
    return insn;
}

static struct ir_insn *append1(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a)
{
    struct ir_insn *insn = ir_append(u, op, width);
    insn->d[0] = d;
    insn->s[0] = a;
    return insn;
}

static struct ir_insn *append2(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a, ir_reg b)
{
    struct ir_insn *insn = append1(u, op, width, d, a);
    insn->s[1] = b;
    return insn;
}

ir_reg ir_const(struct ir_unit *u, uint64_t value)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    ir_movi_to(u, d, value);
    return d;
}

ir_reg ir_op1(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg a)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    ir_op1_to(u, op, width, d, a);
    return d;
}

ir_reg ir_op2(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg a, ir_reg b)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    ir_op2_to(u, op, width, d, a, b);
    return d;
}

ir_reg ir_op2i(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg a, int64_t b)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    ir_op2i_to(u, op, width, d, a, b);
    return d;
}

void ir_op1_to(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a)
{
    append1(u, op, width, d, a);
}

void ir_op2_to(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a, ir_reg b)
{
    append2(u, op, width, d, a, b);
}

/* Immediates are kept as 32 bits that sign-extend to the op's width: what does not fit becomes a register. */
static ir_reg immediate(struct ir_unit *u, unsigned width, int64_t *imm)
{
    const int64_t value = (int64_t)ir_value_sign((uint64_t)*imm, width);
    *imm = value;
    return value == (int32_t)value ? IR_IMM : ir_const(u, (uint64_t)value);
}

void ir_op2i_to(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg a, int64_t b)
{
    const ir_reg operand = immediate(u, width, &b);
    append2(u, op, width, d, a, operand)->imm = b;
}

void ir_mov_to(struct ir_unit *u, ir_reg d, ir_reg a)
{
    switch ((enum ir_type)u->types[d]) {
    case IR_TYPE_INT:   append1(u, IR_MOV, 64, d, a); break;
    case IR_TYPE_VEC:   append1(u, IR_VMOV, 128, d, a); break;
    case IR_TYPE_FLAGS: append1(u, IR_FMOV, 64, d, a); break;
    }
}

/* The op's result has no more than that many bits. */
static bool fits(const struct ir_insn *insn, unsigned width)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    return width == 64 || (insn->width <= width && !(flags & (IR_F_WIDE | IR_F_KEEP)) &&
                           (flags & (IR_F_IS_PURE | IR_F_IS_FLAG) || insn->op == IR_LD));
}

void ir_result_to(struct ir_unit *u, unsigned width, ir_reg d, ir_reg value)
{
    struct ir_insn *last = u->count ? &u->code[u->count - 1] : NULL;
    bool computes = last && value > u->global_count && last->d[0] == value && last->d[1] != d && fits(last, width);
    for (unsigned i = 0; computes && i < 4; i++)
        computes = last->s[i] != value;
    if (computes)
        last->d[0] = d;
    else if (width == 64)
        ir_mov_to(u, d, value);
    else
        ir_op1_to(u, IR_EXTU, width, d, value);
}

void ir_movi_to(struct ir_unit *u, ir_reg d, uint64_t value)
{
    append1(u, IR_CONST, 64, d, IR_NONE)->imm = (int64_t)value;
}

ir_reg ir_extu(struct ir_unit *u, unsigned from, ir_reg a)
{
    return ir_op1(u, IR_EXTU, from, a);
}

ir_reg ir_exts(struct ir_unit *u, unsigned from, unsigned to, ir_reg a)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append1(u, IR_EXTS, from, d, a)->imm = to;
    return d;
}

ir_reg ir_deposit(struct ir_unit *u, ir_reg a, unsigned position, unsigned length, ir_reg b)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append2(u, IR_DEPOSIT, 64, d, a, b)->imm = position | length << 8;
    return d;
}

ir_reg ir_extract(struct ir_unit *u, ir_reg a, unsigned position, unsigned length)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append1(u, IR_EXTRACT, 64, d, a)->imm = position | length << 8;
    return d;
}

ir_reg ir_lea(struct ir_unit *u, unsigned width, ir_reg a, ir_reg b, unsigned shift, int64_t disp)
{
    if (disp != (int32_t)disp && immediate(u, width, &disp) != IR_IMM) {
        a = a ? ir_op2i(u, IR_ADD, width, a, disp) : ir_const(u, (uint64_t)disp);
        disp = 0;
    }
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    struct ir_insn *insn = append2(u, IR_LEA, width, d, a, b);
    insn->aux = (uint16_t)shift;
    insn->imm = disp;
    return d;
}

ir_reg ir_setc(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, ir_reg b)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append2(u, IR_SETC, width, d, a, b)->cond = cond;
    return d;
}

ir_reg ir_select(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, ir_reg b, ir_reg c, ir_reg d)
{
    const ir_reg out = ir_temp(u, IR_TYPE_INT);
    struct ir_insn *insn = append2(u, IR_SELECT, width, out, a, b);
    insn->s[2] = c;
    insn->s[3] = d;
    insn->cond = cond;
    return out;
}

void ir_flag_op(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg f,
                ir_reg fin, ir_reg a, ir_reg b, int64_t imm)
{
    ir_flag_op3(u, op, width, d, f, fin, a, b, IR_IMM, imm);
}

void ir_flag_op3(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg f,
                 ir_reg fin, ir_reg a, ir_reg b, ir_reg c, int64_t imm)
{
    const char *ins = ir_op_info[op].ins;
    if (b == IR_IMM || (c == IR_IMM && ins[0] && ins[1] && ins[2] && ins[3])) {
        const ir_reg operand = immediate(u, width, &imm);
        if (b == IR_IMM)
            b = operand;
        else
            c = operand;
    }
    const ir_reg integers[3] = { a, b, c };
    struct ir_insn *insn = ir_append(u, op, width);
    insn->d[0] = d;
    insn->d[1] = f;
    for (unsigned i = 0, next = 0; ins[i]; i++)
        insn->s[i] = ins[i] == 'f' ? fin : integers[next++];
    insn->imm = imm;
}

ir_reg ir_fbits(struct ir_unit *u, ir_reg f)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append1(u, IR_FBITS, 64, d, f);
    return d;
}

ir_reg ir_setf(struct ir_unit *u, ir_reg f, enum ir_cond cond)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append1(u, IR_SETF, 64, d, f)->cond = cond;
    return d;
}

ir_reg ir_self(struct ir_unit *u, ir_reg f, enum ir_cond cond, ir_reg a, ir_reg b)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    struct ir_insn *insn = append2(u, IR_SELF, 64, d, f, a);
    insn->s[2] = b;
    insn->cond = cond;
    return d;
}

void ir_fput_to(struct ir_unit *u, ir_reg f, ir_reg word)
{
    append1(u, IR_FPUT, 64, f, word);
}

void ir_fmerge_to(struct ir_unit *u, ir_reg f, ir_reg fin, ir_reg word, uint32_t mask)
{
    append2(u, IR_FMERGE, 64, f, fin, word)->imm = mask;
}

/* The memory ops: address + disp in mmu mode aux. */
static struct ir_insn *append_memory(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg d, ir_reg address,
                                     ir_reg value, int64_t disp, unsigned mmu)
{
    if (disp != (int32_t)disp) {
        address = ir_op2i(u, IR_ADD, 64, address, disp);
        disp = 0;
    }
    struct ir_insn *insn = append2(u, op, width, d, address, value);
    insn->imm = disp;
    insn->aux = (uint16_t)mmu;
    return insn;
}

ir_reg ir_ld(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append_memory(u, IR_LD, width, d, address, IR_NONE, disp, mmu);
    return d;
}

ir_reg ir_ld_modify(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu)
{
    const ir_reg d = ir_ld(u, width, address, disp, mmu);
    u->code[u->count - 1].cond = 1;
    return d;
}

ir_reg ir_lds(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append_memory(u, IR_LDS, width, d, address, IR_NONE, disp, mmu);
    return d;
}

ir_reg ir_ldv(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu)
{
    const ir_reg d = ir_temp(u, IR_TYPE_VEC);
    append_memory(u, IR_LDV, width, d, address, IR_NONE, disp, mmu);
    return d;
}

void ir_st(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, ir_reg value, unsigned mmu)
{
    append_memory(u, IR_ST, width, IR_NONE, address, value, disp, mmu);
}

void ir_stv(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, ir_reg vector, unsigned mmu)
{
    append_memory(u, IR_STV, width, IR_NONE, address, vector, disp, mmu);
}

ir_reg ir_atomic(struct ir_unit *u, enum ir_op op, unsigned width, ir_reg address, ir_reg b, ir_reg c, unsigned mmu)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append_memory(u, op, width, d, address, b, 0, mmu)->s[2] = c;
    return d;
}

void ir_probe(struct ir_unit *u, unsigned width, ir_reg address, int64_t disp, unsigned mmu)
{
    append_memory(u, IR_PROBE, width, IR_NONE, address, IR_NONE, disp, mmu);
}

ir_reg ir_ldcpu(struct ir_unit *u, unsigned width, unsigned offset)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append1(u, IR_LDCPU, width, d, IR_NONE)->imm = offset;
    return d;
}

void ir_stcpu(struct ir_unit *u, unsigned width, unsigned offset, ir_reg value)
{
    append1(u, IR_STCPU, width, IR_NONE, value)->imm = offset;
}

void ir_x87(struct ir_unit *u, unsigned opcode, unsigned offset)
{
    ir_append(u, IR_X87, 64)->imm = opcode | (int64_t)offset << 16;
}

static void append_call(struct ir_unit *u, ir_reg d, unsigned helper, ir_reg a, ir_reg b, ir_reg c, ir_reg e)
{
    struct ir_insn *insn = append2(u, IR_CALL, 64, d, a, b);
    insn->s[2] = c;
    insn->s[3] = e;
    insn->aux = (uint16_t)helper;
}

ir_reg ir_call(struct ir_unit *u, unsigned helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d)
{
    const ir_reg out = ir_temp(u, IR_TYPE_INT);
    append_call(u, out, helper, a, b, c, d);
    return out;
}

void ir_call_void(struct ir_unit *u, unsigned helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d)
{
    append_call(u, IR_NONE, helper, a, b, c, d);
}

void ir_emit_copy(struct ir_unit *u, const struct ir_copy *copy, int imm,
                  ir_reg d0, ir_reg d1, ir_reg s0, ir_reg s1, ir_reg s2, ir_reg s3)
{
    struct ir_insn *insn = ir_append(u, IR_COPY, 64);
    insn->ptr = copy;
    insn->imm = imm;
    insn->d[0] = d0;
    insn->d[1] = d1;
    insn->s[0] = s0;
    insn->s[1] = s1;
    insn->s[2] = s2;
    insn->s[3] = s3;
}

ir_reg ir_vget(struct ir_unit *u, unsigned width, ir_reg vector, unsigned lane)
{
    const ir_reg d = ir_temp(u, IR_TYPE_INT);
    append1(u, IR_VGET, width, d, vector)->aux = (uint16_t)lane;
    return d;
}

void ir_vput_to(struct ir_unit *u, unsigned width, ir_reg d, ir_reg vector, unsigned lane, ir_reg value)
{
    append2(u, IR_VPUT, width, d, vector, value)->aux = (uint16_t)lane;
}

void ir_vzero_to(struct ir_unit *u, ir_reg d)
{
    append1(u, IR_VZERO, 128, d, IR_NONE);
}

void ir_vmerge_to(struct ir_unit *u, unsigned width, ir_reg d, ir_reg a, ir_reg b)
{
    append2(u, IR_VMERGE, width, d, a, b);
}

void ir_label(struct ir_unit *u, unsigned label)
{
    ir_append(u, IR_LABEL, 64)->imm = label;
}

void ir_br(struct ir_unit *u, unsigned label)
{
    ir_append(u, IR_BR, 64)->imm = label;
}

void ir_brc(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, ir_reg b, unsigned label)
{
    struct ir_insn *insn = append2(u, IR_BRC, width, IR_NONE, a, b);
    insn->cond = cond;
    insn->aux = (uint16_t)label;
}

void ir_brci(struct ir_unit *u, enum ir_cond cond, unsigned width, ir_reg a, int64_t imm, unsigned label)
{
    const ir_reg operand = immediate(u, width, &imm);
    struct ir_insn *insn = append2(u, IR_BRC, width, IR_NONE, a, operand);
    insn->cond = cond;
    insn->imm = imm;
    insn->aux = (uint16_t)label;
}

void ir_brf(struct ir_unit *u, enum ir_cond cond, ir_reg f, unsigned label)
{
    struct ir_insn *insn = append1(u, IR_BRF, 64, IR_NONE, f);
    insn->cond = cond;
    insn->imm = label;
}

void ir_insn_mark(struct ir_unit *u, uint64_t pc, unsigned offset)
{
    if (u->guest_insns >= IR_MAX_GUEST_INSNS) {
        u->overflow = true;
        return;
    }
    const unsigned number = u->guest_insns++;
    u->insn[number].pc = pc;
    u->insn[number].offset = (uint16_t)offset;
    u->insn[number].ir = (uint16_t)u->count;
    struct ir_insn *insn = ir_append(u, IR_INSN, 64);
    insn->imm = (int64_t)pc;
    insn->aux = (uint16_t)number;
}

void ir_poll(struct ir_unit *u, uint64_t pc)
{
    ir_append(u, IR_POLL, 64)->imm = (int64_t)pc;
}

void ir_goto(struct ir_unit *u, uint64_t pc, unsigned slot)
{
    struct ir_insn *insn = ir_append(u, IR_GOTO, 64);
    insn->imm = (int64_t)pc;
    insn->aux = (uint16_t)slot;
}

void ir_jump(struct ir_unit *u, ir_reg pc, enum ir_jump_hint hint)
{
    if (u->alone) {
        ir_stcpu(u, 64, offsetof(struct cpu, pc), pc);
        ir_exit(u);
        return;
    }
    append1(u, IR_JUMP, 64, IR_NONE, pc)->aux = hint;
}

void ir_lookup(struct ir_unit *u)
{
    ir_append(u, u->alone ? IR_EXIT : IR_LOOKUP, 64);
}

void ir_exit(struct ir_unit *u)
{
    ir_append(u, IR_EXIT, 64);
}
