/* SPDX-License-Identifier: MIT */
/*
 * PURE ops. Operations of 8 and 16 bits are done in 32 bits and widened afterwards, when a use reads more than their
 * width. The result may be the very register of an input: every function looks after that itself.
 */
#include "tcg/host-x86_64/host.h"

enum operand_kind { OPERAND_REG, OPERAND_IMM, OPERAND_MEM };
struct operand { enum operand_kind kind; unsigned reg; int32_t imm; struct host_mem mem; };

static int64_t sign_cut(int64_t v, unsigned w)
{
    return w >= 64 ? v : (int64_t)((uint64_t)v << (64 - w)) >> (64 - w);
}

/* The second operand of an op: an immediate where it fits, memory when it is only there, else a register. */
static struct operand operand(struct host_state *h, const struct ir_insn *insn, ir_reg r, unsigned w, bool mem)
{
    struct operand o = { OPERAND_REG, NO_REG, 0, { 0 } };
    int64_t value = insn->imm;
    if (r == IR_IMM || reg_is_const(h, r, &value)) {
        value = sign_cut(value, w);
        if (fits32(value)) {
            o.kind = OPERAND_IMM;
            o.imm = (int32_t)value;
            return o;
        }
        if (r == IR_IMM) {
            o.reg = reg_temp(h);
            host_mov_imm(&h->c, o.reg, (uint64_t)value);
            return o;
        }
    }
    if (mem && reg_in_memory(h, r, &o.mem)) {
        o.kind = OPERAND_MEM;
    } else {
        o.reg = reg_use(h, r);
    }
    return o;
}

static void apply(struct host_state *h, enum host_row_name row, enum host_row_name row_imm, unsigned w, unsigned d,
                  const struct operand *b)
{
    if (b->kind == OPERAND_IMM) {
        host_ri(&h->c, row_imm, w, d, b->imm);
    } else if (b->kind == OPERAND_MEM) {
        host_rm(&h->c, row, w, d, b->mem);
    } else {
        host_rr(&h->c, row, w, d, b->reg);
    }
}

/* Inputs are in registers: those that end here may be taken by the result. */
static void release_inputs(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    for (unsigned k = 0; k < 4; k++) {
        if ((ends >> k & 1) && insn->s[k] != insn->d[0])
            reg_release(h, insn->s[k]);
    }
}

static unsigned define(struct host_state *h, const struct ir_insn *insn, uint8_t ends, unsigned reusable)
{
    release_inputs(h, insn, ends);
    return reg_def_over(h, insn->d[0], reusable);
}

void host_widen(struct host_state *h, unsigned w, unsigned to, unsigned from)
{
    if (w == 8) {
        host_rr(&h->c, H_MOVZX8, 32, to, from);
    } else if (w == 16) {
        host_rr(&h->c, H_MOVZX16, 32, to, from);
    } else if (w == 32) {
        host_rr(&h->c, H_MOV, 32, to, from);
    } else {
        host_mov(h, to, from);
    }
}

/* Behind a 32-bit operation of a smaller width. */
static void widen_result(struct host_state *h, const struct ir_insn *insn, unsigned w, unsigned d)
{
    if (w < 32 && ((vreg_of(h, insn->d[0])->flags & VREG_GLOBAL) || vreg_of(h, insn->d[0])->demand > w))
        host_widen(h, w, d, d);
}

static unsigned host_w(unsigned w)
{
    return w == 64 ? 64 : 32;
}

struct alu_rows { enum host_row_name rr, ri; bool commutes; };

static void two_operands(struct host_state *h, struct alu_rows rows, const struct ir_insn *insn, ir_reg s0, ir_reg s1,
                         uint8_t ends, enum ir_op op)
{
    const unsigned w = insn->width, hw = host_w(w);
    const unsigned a = reg_use(h, s0);
    const struct operand b = operand(h, insn, s1, w, true);
    const unsigned d = define(h, insn, ends, a);
    if (b.kind == OPERAND_REG && d == b.reg && d != a) {
        if (rows.commutes) {
            host_rr(&h->c, rows.rr, hw, d, a);
        } else {
            g_assert(op == IR_SUB);
            host_r(&h->c, H_NEG, hw, d);
            host_rr(&h->c, H_ADD, hw, d, a);
        }
    } else if ((op == IR_ADD || op == IR_SUB) && b.kind == OPERAND_IMM && (d != a || h->now.eflags_of) &&
               b.imm != INT32_MIN) {
        host_rm(&h->c, H_LEA, hw, d, host_mem(a, op == IR_ADD ? b.imm : -b.imm));
    } else if (op == IR_ADD && b.kind == OPERAND_REG && (d != a || h->now.eflags_of)) {
        host_rm(&h->c, H_LEA, hw, d, (struct host_mem){ (uint8_t)a, (uint8_t)b.reg, 0, 0 });
    } else {
        if (d != a)
            host_rr(&h->c, H_MOV, hw, d, a);
        apply(h, rows.rr, rows.ri, hw, d, &b);
    }
    widen_result(h, insn, w, d);
}

static void and_op(struct host_state *h, const struct ir_insn *insn, ir_reg s0, ir_reg s1, uint8_t ends)
{
    int64_t value = insn->imm;
    const bool constant = s1 == IR_IMM || reg_is_const(h, s1, &value);
    const uint64_t mask = (uint64_t)value & (insn->width == 64 ? ~0ull : (1ull << insn->width) - 1);
    if (constant && (mask == 0xff || mask == 0xffff || mask == 0xffffffff)) {
        const unsigned a = reg_use(h, s0), d = define(h, insn, ends, a);
        host_widen(h, mask == 0xff ? 8 : mask == 0xffff ? 16 : 32, d, a);
        return;
    }
    if (constant && mask == (uint32_t)mask && mask < 0x80000000u && insn->width == 64) {
        /* the 32-bit form clears the upper half as the mask does */
        struct ir_insn narrow = *insn;
        narrow.width = 32;
        two_operands(h, (struct alu_rows){ H_AND, H_AND_I, true }, &narrow, s0, s1, ends, IR_AND);
        return;
    }
    two_operands(h, (struct alu_rows){ H_AND, H_AND_I, true }, insn, s0, s1, ends, IR_AND);
}

static void and_not(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned hw = host_w(insn->width), a = reg_use(h, insn->s[0]);
    const struct operand b = operand(h, insn, insn->s[1], insn->width, false);
    const unsigned d = define(h, insn, ends, a);
    if (b.kind == OPERAND_IMM) {
        if (d != a)
            host_rr(&h->c, H_MOV, hw, d, a);
        host_ri(&h->c, H_AND_I, hw, d, ~b.imm);
    } else if (h->features & HOST_HAS_BMI2) {
        host_vrr(&h->c, H_ANDN, hw, d, b.reg, a, 0);
    } else {
        const unsigned t = reg_temp(h);
        host_rr(&h->c, H_MOV, hw, t, b.reg);
        host_r(&h->c, H_NOT, hw, t);
        host_rr(&h->c, H_AND, hw, t, a);
        host_rr(&h->c, H_MOV, hw, d, t);
    }
    widen_result(h, insn, insn->width, d);
}

static void one_operand(struct host_state *h, enum host_row_name row, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned hw = host_w(insn->width), a = reg_use(h, insn->s[0]), d = define(h, insn, ends, a);
    if (d != a)
        host_rr(&h->c, H_MOV, hw, d, a);
    host_r(&h->c, row, hw, d);
    widen_result(h, insn, insn->width, d);
}

static void multiply(struct host_state *h, const struct ir_insn *insn, ir_reg s0, ir_reg s1, uint8_t ends)
{
    const unsigned hw = host_w(insn->width), a = reg_use(h, s0);
    const struct operand b = operand(h, insn, s1, insn->width, true);
    const unsigned d = define(h, insn, ends, a);
    if (b.kind == OPERAND_IMM) {
        host_rri(&h->c, H_IMUL_I, hw, d, a, b.imm);
    } else if (b.kind == OPERAND_REG && d == b.reg) {
        host_rr(&h->c, H_IMUL, hw, d, a);
    } else {
        if (d != a)
            host_rr(&h->c, H_MOV, hw, d, a);
        apply(h, H_IMUL, H_IMUL, hw, d, &b);
    }
    widen_result(h, insn, insn->width, d);
}

static void sign_extend(struct host_state *h, unsigned w, unsigned to_w, unsigned d, unsigned a)
{
    const unsigned hw = to_w == 64 ? 64 : 32;
    if (w == 8) {
        host_rr(&h->c, H_MOVSX8, hw, d, a);
    } else if (w == 16) {
        host_rr(&h->c, H_MOVSX16, hw, d, a);
    } else if (w == 32 && hw == 64) {
        host_rr(&h->c, H_MOVSXD, 64, d, a);
    } else {
        host_rr(&h->c, H_MOV, hw, d, a);
    }
}

/* The upper half by MUL or IMUL, which want RAX and RDX: both are saved around it. */
static void multiply_high64(struct host_state *h, bool is_signed, unsigned d, unsigned a, unsigned b)
{
    const unsigned t = reg_temp(h);
    if (!is_signed && (h->features & HOST_HAS_BMI2)) {
        const bool swap = b == RDX;
        host_mov(h, t, RDX);
        host_mov(h, RDX, swap ? b : a);     /* one factor is RDX */
        host_vrr(&h->c, H_MULX, 64, d == RDX ? t : d, d == RDX ? t : d, swap ? a : b == RDX ? t : b, 0);
        host_mov(h, RDX, t);
        return;
    }
    host_rm(&h->c, H_MOV_M, 64, RAX, cpu_mem(SLOW_SAVE));
    host_rm(&h->c, H_MOV_M, 64, RDX, cpu_mem(SLOW_SAVE2));
    host_mov(h, t, b);
    host_mov(h, RAX, a);
    host_r(&h->c, is_signed ? H_IMUL1 : H_MUL1, 64, t);
    host_mov(h, t, RDX);
    host_rm(&h->c, H_MOV, 64, RAX, cpu_mem(SLOW_SAVE));
    host_rm(&h->c, H_MOV, 64, RDX, cpu_mem(SLOW_SAVE2));
    host_mov(h, d, t);
}

static void multiply_high(struct host_state *h, const struct ir_insn *insn, bool is_signed, uint8_t ends)
{
    const unsigned w = insn->width, a = reg_use(h, insn->s[0]);
    struct operand b = operand(h, insn, insn->s[1], w, false);
    if (b.kind == OPERAND_IMM) {
        b.reg = reg_temp(h);
        host_mov_imm(&h->c, b.reg, (uint64_t)(int64_t)b.imm);
    }
    if (w == 64) {
        const unsigned d = define(h, insn, ends, NO_REG);
        multiply_high64(h, is_signed, d, a, b.reg);
        return;
    }
    const unsigned t = reg_temp(h), u = reg_temp(h);
    if (is_signed) {
        sign_extend(h, w, 64, t, a);
        sign_extend(h, w, 64, u, b.reg);
    } else {
        host_widen(h, w, t, a);
        host_widen(h, w, u, b.reg);
    }
    host_rr(&h->c, H_IMUL, 64, t, u);
    host_ri(&h->c, H_SHR_I, 64, t, (int32_t)w);
    reg_unlock(h, u);
    const unsigned d = define(h, insn, ends, NO_REG);
    host_widen(h, w, d, t);
}

void host_shift_by_cl(struct host_state *h, enum host_row_name row, unsigned w, unsigned d, unsigned other, unsigned count)
{
    if (count != RCX)
        host_rr(&h->c, H_XCHG, 64, RCX, count);
    const unsigned to = d == RCX ? count : d;
    const unsigned from = other == RCX ? count : other == count ? RCX : other;
    host_rr(&h->c, row, w, from, to);
    if (count != RCX)
        host_rr(&h->c, H_XCHG, 64, RCX, count);
}

/* A register with the count, which d is not; narrow widths take only log2(w) bits of it (mask != 0). */
static unsigned count_register(struct host_state *h, const struct ir_insn *insn, ir_reg r, unsigned mask, unsigned d)
{
    const unsigned n = reg_use(h, r);
    if (!mask && n != d)
        return n;
    const unsigned t = reg_temp(h);
    host_rr(&h->c, H_MOV, 32, t, n);
    if (mask)
        host_ri(&h->c, H_AND_I, 32, t, (int32_t)mask);
    return t;
}

/* SHL, SHR, SAR; mask: bits of the count that matter (w - 1; 31 or 63 for the flag ops). */
static void shift(struct host_state *h, enum ir_op op, const struct ir_insn *insn, ir_reg s0, ir_reg s1, unsigned mask,
                  uint8_t ends)
{
    const unsigned w = insn->width, hw = host_w(w);
    int64_t value = insn->imm;
    const bool constant = s1 == IR_IMM || reg_is_const(h, s1, &value);
    const unsigned a = reg_use(h, s0);
    unsigned n = NO_REG;
    if (!constant)
        n = count_register(h, insn, s1, mask < 31 || (mask == 31 && w < 32) ? mask : 0, NO_REG);
    const unsigned d = define(h, insn, ends, n == a ? NO_REG : a);
    unsigned from = a;
    if (n != NO_REG && d == n) {        /* the result replaces the count */
        const unsigned t = reg_temp(h);
        host_rr(&h->c, H_MOV, 32, t, n);
        n = t;
    }
    if (w < 32 && op != IR_SHL) {
        if (op == IR_SHR) {
            host_widen(h, w, d, a);
        } else {
            sign_extend(h, w, 32, d, a);
        }
        from = d;
    }
    const enum host_row_name by_imm = op == IR_SHL ? H_SHL_I : op == IR_SHR ? H_SHR_I : H_SAR_I;
    if (constant) {
        if (from != d)
            host_rr(&h->c, H_MOV, hw, d, from);
        if (value & mask) {
            host_ri(&h->c, by_imm, hw, d, (int32_t)(value & mask));
        } else if (from == d && w == 32) {
            host_rr(&h->c, H_MOV, 32, d, d);
        }
    } else if (h->features & HOST_HAS_BMI2) {
        host_vrr(&h->c, op == IR_SHL ? H_SHLX : op == IR_SHR ? H_SHRX : H_SARX, hw, d, n, from, 0);
    } else {
        if (from != d)
            host_rr(&h->c, H_MOV, hw, d, from);
        host_shift_by_cl(h, op == IR_SHL ? H_SHL_CL : op == IR_SHR ? H_SHR_CL : H_SAR_CL, hw, d, 0, n);
        if (hw == 32)                   /* a count of 0 leaves the upper half alone */
            host_rr(&h->c, H_MOV, 32, d, d);
    }
    if (op != IR_SHR)
        widen_result(h, insn, w, d);
}

static void rotate(struct host_state *h, enum ir_op op, const struct ir_insn *insn, ir_reg s0, ir_reg s1, uint8_t ends)
{
    const unsigned w = insn->width;
    int64_t value = insn->imm;
    const bool constant = s1 == IR_IMM || reg_is_const(h, s1, &value);
    const unsigned a = reg_use(h, s0);
    unsigned n = constant ? NO_REG : reg_use(h, s1);
    const unsigned d = define(h, insn, ends, n == a ? NO_REG : a);
    if (n == d) {
        const unsigned t = reg_temp(h);
        host_rr(&h->c, H_MOV, 32, t, n);
        n = t;
    }
    const unsigned count = (unsigned)value & (w - 1);
    if (constant && w >= 32 && (h->features & HOST_HAS_BMI2)) {
        host_vrr(&h->c, H_RORX, w, d, NO_REG, a, (int32_t)((op == IR_ROL ? w - count : count) & (w - 1)));
        return;
    }
    host_widen(h, w, d, a);
    if (constant) {
        host_ri(&h->c, op == IR_ROL ? H_ROL_I : H_ROR_I, w, d, (int32_t)count);
    } else {
        host_shift_by_cl(h, op == IR_ROL ? H_ROL_CL : H_ROR_CL, w, d, 0, n);
    }
}

static void count_bits(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width, hw = host_w(w), a = reg_use(h, insn->s[0]);
    const unsigned t = reg_temp(h);
    host_widen(h, w, t, a);
    if (insn->op == IR_CTZ && w < 32)
        host_ri(&h->c, H_OR_I, 32, t, 1 << w);
    const unsigned d = define(h, insn, ends, a);
    if (insn->op == IR_POPCNT) {
        host_rr(&h->c, H_POPCNT, hw, d, t);
    } else if (insn->op == IR_CTZ && (h->features & HOST_HAS_TZCNT)) {
        host_rr(&h->c, H_TZCNT, hw, d, t);
    } else if (insn->op == IR_CLZ && (h->features & HOST_HAS_LZCNT)) {
        host_rr(&h->c, H_LZCNT, hw, d, t);
        if (w < 32)
            host_ri(&h->c, H_SUB_I, 32, d, (int32_t)(32 - w));
    } else {
        /* BSF, BSR leave the result alone when there is no bit (AMD says so, Intel does so): not relied on */
        const bool clz = insn->op == IR_CLZ;
        const unsigned u = reg_temp(h);
        host_mov_imm(&h->c, u, clz ? 2 * hw - 1 : w);
        host_rr(&h->c, clz ? H_BSR : H_BSF, hw, d, t);
        host_cc_r(&h->c, H_CMOVCC, IR_COND_E, hw, d, u);
        if (clz) {
            host_ri(&h->c, H_XOR_I, 32, d, (int32_t)(hw - 1));      /* no bit: hw */
            if (w < 32)
                host_ri(&h->c, H_SUB_I, 32, d, (int32_t)(32 - w));
        }
    }
}

static bool low_byte_legacy(unsigned reg) { return reg <= RBX; }

static void deposit_field(struct host_state *h, unsigned d, const struct operand *b, unsigned pos, unsigned len)
{
    if (pos == 0 && (len == 8 || len == 16)) {
        if (b->kind == OPERAND_IMM) {
            host_ri(&h->c, H_MOV_I, len, d, b->imm);
        } else {
            host_rr(&h->c, H_MOV, len, d, b->reg);
        }
        return;
    }
    if (pos == 8 && len == 8) {
        if (b->kind == OPERAND_REG && low_byte_legacy(d) && low_byte_legacy(b->reg)) {
            host_mov_to_high(&h->c, d, b->reg);
            return;
        }
        host_ri(&h->c, H_ROR_I, 64, d, 8);
        deposit_field(h, d, b, 0, 8);
        host_ri(&h->c, H_ROL_I, 64, d, 8);
        return;
    }
    const unsigned t = reg_temp(h);
    if (b->kind == OPERAND_IMM) {
        host_mov_imm(&h->c, t, (uint64_t)(int64_t)b->imm);
    } else {
        host_mov(h, t, b->reg);
    }
    /* rotate the field to the top, shift the new bits in, rotate back */
    host_ri(&h->c, H_ROR_I, 64, d, (int32_t)((pos + len) & 63));
    host_ri(&h->c, H_SHL_I, 64, d, (int32_t)len);
    host_ri(&h->c, H_SHL_I, 64, t, (int32_t)(64 - len));
    host_ri(&h->c, H_SHR_I, 64, t, (int32_t)(64 - len));
    host_rr(&h->c, H_OR, 64, d, t);
    host_ri(&h->c, H_ROL_I, 64, d, (int32_t)(pos & 63));
}

static void deposit(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned pos = insn->imm & 0xff, len = insn->imm >> 8 & 0xff;
    const unsigned a = reg_use(h, insn->s[0]);
    struct operand b = operand(h, insn, insn->s[1], 64, false);
    const unsigned d = define(h, insn, ends, b.kind == OPERAND_REG && b.reg == a ? NO_REG : a);
    if (len >= 64) {
        if (b.kind == OPERAND_IMM) {
            host_mov_imm(&h->c, d, (uint64_t)(int64_t)b.imm);
        } else {
            host_mov(h, d, b.reg);
        }
        return;
    }
    if (b.kind == OPERAND_REG && d == b.reg && (d != a || pos)) {       /* d changes before b is read */
        const unsigned t = reg_temp(h);
        host_mov(h, t, b.reg);
        b.reg = t;
    }
    host_mov(h, d, a);
    deposit_field(h, d, &b, pos, len);
}

static void extract(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned pos = insn->imm & 0xff, len = insn->imm >> 8 & 0xff;
    const unsigned a = reg_use(h, insn->s[0]), d = define(h, insn, ends, a);
    if (pos == 0 && (len == 8 || len == 16 || len == 32 || len == 64)) {
        host_widen(h, len, d, a);
    } else if (pos == 8 && len == 8 && low_byte_legacy(a) && d < 8) {
        host_movzx_high(&h->c, d, a);
    } else if (pos + len >= 64) {
        host_mov(h, d, a);
        host_ri(&h->c, H_SHR_I, 64, d, (int32_t)pos);
    } else if (len <= 31) {
        host_mov(h, d, a);
        if (pos)
            host_ri(&h->c, H_SHR_I, pos + len <= 32 ? 32 : 64, d, (int32_t)pos);
        if (len == 8 || len == 16) {
            host_widen(h, len, d, d);
        } else if (pos + len != 32) {
            host_ri(&h->c, H_AND_I, 32, d, (int32_t)((1u << len) - 1));
        }
    } else {
        host_mov(h, d, a);
        host_ri(&h->c, H_SHL_I, 64, d, (int32_t)(64 - pos - len));
        host_ri(&h->c, H_SHR_I, 64, d, (int32_t)(64 - len));
    }
}

static void lea(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width, hw = host_w(w);
    int64_t disp = insn->imm, value;
    ir_reg s0 = insn->s[0], s1 = insn->s[1];
    if (s0 != IR_NONE && reg_is_const(h, s0, &value)) {
        disp = (int64_t)((uint64_t)disp + (uint64_t)value);
        s0 = IR_NONE;
    }
    if (s1 != IR_NONE && reg_is_const(h, s1, &value)) {
        disp = (int64_t)((uint64_t)disp + ((uint64_t)value << insn->aux));
        s1 = IR_NONE;
    }
    disp = sign_cut(disp, w);
    const unsigned a = s0 != IR_NONE ? reg_use(h, s0) : NO_REG, b = s1 != IR_NONE ? reg_use(h, s1) : NO_REG;
    unsigned extra = NO_REG;
    if (!fits32(disp)) {
        extra = reg_temp(h);
        host_mov_imm(&h->c, extra, (uint64_t)disp);
        disp = 0;
    }
    const unsigned d = define(h, insn, ends, extra == NO_REG ? (a != NO_REG ? a : b) : NO_REG);
    if (a == NO_REG && b == NO_REG) {
        if (extra != NO_REG) {
            host_mov(h, d, extra);
        } else {
            host_mov_imm(&h->c, d, hw == 64 ? (uint64_t)disp : (uint32_t)disp);
        }
    } else if (extra != NO_REG) {
        if (b != NO_REG)
            host_rm(&h->c, H_LEA, 64, extra, (struct host_mem){ (uint8_t)extra, (uint8_t)b, (uint8_t)insn->aux, 0 });
        if (a != NO_REG)
            host_rm(&h->c, H_LEA, 64, extra, (struct host_mem){ (uint8_t)extra, (uint8_t)a, 0, 0 });
        host_widen(h, w, d, extra);
        return;
    } else if (b == NO_REG) {
        if (disp == 0) {
            host_rr(&h->c, H_MOV, hw, d, a);
        } else if (d == a && !h->now.eflags_of) {
            host_ri(&h->c, H_ADD_I, hw, d, (int32_t)disp);
        } else {
            host_rm(&h->c, H_LEA, hw, d, host_mem(a, (int32_t)disp));
        }
    } else if (a == NO_REG && insn->aux == 0) {
        host_rm(&h->c, H_LEA, hw, d, host_mem(b, (int32_t)disp));
    } else {
        host_rm(&h->c, H_LEA, hw, d, (struct host_mem){ (uint8_t)a, (uint8_t)b, (uint8_t)insn->aux, (int32_t)disp });
    }
    widen_result(h, insn, w, d);
}

void host_compare(struct host_state *h, unsigned w, ir_reg a, ir_reg b, int64_t imm)
{
    struct host_mem m;
    const struct ir_insn insn = { .imm = imm };
    const struct operand o = operand(h, &insn, b, w, true);
    if (o.kind != OPERAND_MEM && reg_in_memory(h, a, &m)) {
        if (o.kind == OPERAND_IMM) {
            host_rmi(&h->c, H_CMP_I, w, 0, m, o.imm);
        } else {
            host_rm(&h->c, H_CMP_M, w, o.reg, m);
        }
        return;
    }
    const unsigned r = reg_use(h, a);
    if (o.kind == OPERAND_IMM && o.imm == 0) {
        host_rr(&h->c, H_TEST, w, r, r);
    } else {
        apply(h, H_CMP, H_CMP_I, w, r, &o);
    }
}

static void set_condition(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    host_compare(h, insn->width, insn->s[0], insn->s[1], insn->imm);
    h->eflags_busy = true;
    const unsigned d = define(h, insn, ends, NO_REG);
    host_cc_r(&h->c, H_SETCC, insn->cond, 8, 0, d);
    host_rr(&h->c, H_MOVZX8, 32, d, d);
    h->eflags_busy = false;
}

static void select_value(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width, hw = host_w(w);
    const unsigned yes = reg_use(h, insn->s[2]), no = reg_use(h, insn->s[3]);
    unsigned cond = insn->cond;
    host_compare(h, w, insn->s[0], insn->s[1], 0);
    h->locked = (uint16_t)(1 << yes | 1 << no);
    h->eflags_busy = true;
    const unsigned d = define(h, insn, ends, no);
    if (d == yes && d != no) {
        host_cc_r(&h->c, H_CMOVCC, cond ^ 1, hw, d, no);
    } else {
        host_rr(&h->c, H_MOV, hw, d, no);
        host_cc_r(&h->c, H_CMOVCC, cond, hw, d, yes);
    }
    h->eflags_busy = false;
    widen_result(h, insn, w, d);
}

static void constant(struct host_state *h, const struct ir_insn *insn)
{
    struct vreg *v = vreg_of(h, insn->d[0]);
    if (!(v->flags & VREG_GLOBAL) && v->defs == 1) {
        v->flags |= VREG_CONST;
        v->value = insn->width == 64 ? insn->imm : (int64_t)((uint64_t)insn->imm & ((1ull << insn->width) - 1));
        return;
    }
    const uint64_t value = insn->width == 64 ? (uint64_t)insn->imm : (uint64_t)insn->imm & ((1ull << insn->width) - 1);
    reg_load_const(h, reg_def(h, insn->d[0]), value);
}

static void move(struct host_state *h, const struct ir_insn *insn, uint8_t ends, unsigned w)
{
    int64_t value;
    struct host_mem m;
    if (reg_is_const(h, insn->s[0], &value)) {
        reg_load_const(h, reg_def(h, insn->d[0]), (uint64_t)value & (w == 64 ? ~0ull : (1ull << w) - 1));
    } else if (w >= 32 && is_pinned(h, insn->d[0]) && reg_in_memory(h, insn->s[0], &m)) {
        host_rm(&h->c, H_MOV, w, reg_def(h, insn->d[0]), m);
    } else {
        const unsigned a = reg_use(h, insn->s[0]), d = define(h, insn, ends, a);
        if (w == 64 || vreg_of(h, insn->d[0])->demand > w || (vreg_of(h, insn->d[0])->flags & VREG_GLOBAL)) {
            host_widen(h, w, d, a);
        } else {
            host_mov(h, d, a);
        }
    }
}

static void extend_signed(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned to = (unsigned)insn->imm, a = reg_use(h, insn->s[0]), d = define(h, insn, ends, a);
    sign_extend(h, insn->width, to, d, a);
    if (to < 32)
        host_widen(h, to, d, d);
}

static void swap_bytes(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width, a = reg_use(h, insn->s[0]), d = define(h, insn, ends, a);
    host_widen(h, w, d, a);
    if (w >= 32) {
        host_bswap(&h->c, w, d);
    } else if (w == 16) {
        host_ri(&h->c, H_ROL_I, 16, d, 8);
    }
}

void emit_alu(struct host_state *h, enum ir_op op, const struct ir_insn *insn, uint8_t ends)
{
    struct ir_insn one;
    const unsigned mask = insn->width == 64 ? 63 : 31;
    switch (op) {
    case IR_ADDNS:
    case IR_ADDS: two_operands(h, (struct alu_rows){ H_ADD, H_ADD_I, true }, insn, insn->s[0], insn->s[1], ends, IR_ADD); break;
    case IR_SUBS: two_operands(h, (struct alu_rows){ H_SUB, H_SUB_I, false }, insn, insn->s[0], insn->s[1], ends, IR_SUB); break;
    case IR_ANDNS:
    case IR_ANDS: and_op(h, insn, insn->s[0], insn->s[1], ends); break;
    case IR_ORS:  two_operands(h, (struct alu_rows){ H_OR, H_OR_I, true }, insn, insn->s[0], insn->s[1], ends, IR_OR); break;
    case IR_XORS: two_operands(h, (struct alu_rows){ H_XOR, H_XOR_I, true }, insn, insn->s[0], insn->s[1], ends, IR_XOR); break;
    case IR_INCS:
    case IR_DECS:
        one = *insn;
        one.imm = 1;
        if (op == IR_INCS) {
            two_operands(h, (struct alu_rows){ H_ADD, H_ADD_I, true }, &one, insn->s[0], IR_IMM, ends, IR_ADD);
        } else {
            two_operands(h, (struct alu_rows){ H_SUB, H_SUB_I, false }, &one, insn->s[0], IR_IMM, ends, IR_SUB);
        }
        break;
    case IR_KEEPS:
    case IR_KEEPCS:
        one = *insn;
        one.s[0] = insn->s[1];
        one.s[1] = one.s[2] = IR_NONE;
        move(h, &one, (uint8_t)((ends >> 1 & END_S0) | (ends & (END_D0 | END_D1))), insn->width);
        break;
    case IR_MULS: multiply(h, insn, insn->s[0], insn->s[1], ends); break;
    case IR_SHLS: shift(h, IR_SHL, insn, insn->s[1], insn->s[2], mask, ends); break;
    case IR_SHRS: shift(h, IR_SHR, insn, insn->s[1], insn->s[2], mask, ends); break;
    case IR_SARS: shift(h, IR_SAR, insn, insn->s[1], insn->s[2], mask, ends); break;
    case IR_ROLS: rotate(h, IR_ROL, insn, insn->s[1], insn->s[2], ends); break;
    case IR_RORS: rotate(h, IR_ROR, insn, insn->s[1], insn->s[2], ends); break;
    default: g_assert_not_reached();
    }
}

void emit_pure(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    switch (insn->op) {
    case IR_CONST: constant(h, insn); break;
    case IR_MOV:
    case IR_EXTU:  move(h, insn, ends, insn->width); break;
    case IR_ADD:   two_operands(h, (struct alu_rows){ H_ADD, H_ADD_I, true }, insn, insn->s[0], insn->s[1], ends, IR_ADD); break;
    case IR_SUB:   two_operands(h, (struct alu_rows){ H_SUB, H_SUB_I, false }, insn, insn->s[0], insn->s[1], ends, IR_SUB); break;
    case IR_AND:   and_op(h, insn, insn->s[0], insn->s[1], ends); break;
    case IR_OR:    two_operands(h, (struct alu_rows){ H_OR, H_OR_I, true }, insn, insn->s[0], insn->s[1], ends, IR_OR); break;
    case IR_XOR:   two_operands(h, (struct alu_rows){ H_XOR, H_XOR_I, true }, insn, insn->s[0], insn->s[1], ends, IR_XOR); break;
    case IR_ANDN:  and_not(h, insn, ends); break;
    case IR_NOT:   one_operand(h, H_NOT, insn, ends); break;
    case IR_NEG:   one_operand(h, H_NEG, insn, ends); break;
    case IR_MUL:   multiply(h, insn, insn->s[0], insn->s[1], ends); break;
    case IR_MULUH: multiply_high(h, insn, false, ends); break;
    case IR_MULSH: multiply_high(h, insn, true, ends); break;
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:   shift(h, (enum ir_op)insn->op, insn, insn->s[0], insn->s[1], insn->width - 1u, ends); break;
    case IR_ROL:
    case IR_ROR:   rotate(h, (enum ir_op)insn->op, insn, insn->s[0], insn->s[1], ends); break;
    case IR_BSWAP: swap_bytes(h, insn, ends); break;
    case IR_CLZ:
    case IR_CTZ:
    case IR_POPCNT: count_bits(h, insn, ends); break;
    case IR_EXTS:  extend_signed(h, insn, ends); break;
    case IR_DEPOSIT: deposit(h, insn, ends); break;
    case IR_EXTRACT: extract(h, insn, ends); break;
    case IR_LEA:   lea(h, insn, ends); break;
    case IR_SETC:  set_condition(h, insn, ends); break;
    case IR_SELECT: select_value(h, insn, ends); break;
    default: g_assert_not_reached();
    }
}
