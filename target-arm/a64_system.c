/* SPDX-License-Identifier: MIT */
/* A64: system registers and instructions, hints, barriers, pointer authentication (Arm ARM C4.1.93, C5). */
#include "target-arm/a64.h"
#include "target-arm/exclusive.h"
#include "target-arm/helpers.h"
#include "target-arm/sysreg.h"

static uint32_t encoding(const struct arm_trans *t)
{
    return ARM_SYSREG(arm_field(t, 'O'), arm_field(t, 'p'), arm_field(t, 'n'), arm_field(t, 'm'), arm_field(t, 'o'));
}

/* A register that is a plain field and that nothing can trap at this level. */
static bool is_plain(const struct arm_trans *t, const struct arm_sysreg *row, bool write)
{
    unsigned el = t->mode & MODE_EL;
    if (!row || el < (write ? row->write_el : row->read_el) || row->read || row->write || row->flags & SYSREG_SLOW ||
        arm_sysreg_is_debug(row->encoding) ||
        (write && row->flags & (SYSREG_MODE | SYSREG_POLL | SYSREG_FLUSH | SYSREG_SPACE))) {
        return false;
    }
    return !(row->flags & SYSREG_TRAPS && t->cpu->has_el2 && el < EL2);
}

static void read_inline(struct arm_trans *t, const struct arm_sysreg *row, unsigned r)
{
    if (row->flags & SYSREG_CONST || row->offset == SYSREG_NO_FIELD) {
        a64_set(t, r, ir_const(t->u, row->flags & SYSREG_CONST ? row->offset : 0));
    } else {
        a64_set(t, r, ir_ldcpu(t->u, row->flags & SYSREG_W32 ? 32 : 64, row->offset));
    }
}

static void mrs(struct arm_trans *t)
{
    uint32_t e = encoding(t);
    unsigned r = arm_field(t, 't');
    const struct arm_sysreg *row = arm_sysreg_find(t->cpu, e);
    if (e == ARM_SYSREG(3, 3, 4, 2, 0)) {
        a64_set(t, r, arm_flag_get(t));
    } else if (is_plain(t, row, false)) {
        read_inline(t, row, r);
    } else {
        a64_set(t, r, arm_call(t, HELPER_ARM_sysreg_read, ir_const(t->u, e), ir_const(t->u, r), IR_NONE, IR_NONE));
    }
}

static void msr(struct arm_trans *t)
{
    uint32_t e = encoding(t);
    unsigned r = arm_field(t, 't');
    const struct arm_sysreg *row = arm_sysreg_find(t->cpu, e);
    ir_reg value = a64_x(t, r);
    if (e == ARM_SYSREG(3, 3, 4, 2, 0)) {
        arm_flag_put(t, value);
        return;
    }
    if (is_plain(t, row, true)) {
        if (row->offset != SYSREG_NO_FIELD && !(row->flags & SYSREG_CONST)) {
            ir_stcpu(t->u, row->flags & SYSREG_W32 ? 32 : 64, row->offset, value);
        }
        return;
    }
    arm_call_void(t, HELPER_ARM_sysreg_write, ir_const(t->u, e), value, ir_const(t->u, r), IR_NONE);
    if (row && !(row->flags & (SYSREG_POLL | SYSREG_FLUSH)) && (row->flags & (SYSREG_MODE | SYSREG_SPACE))) {
        arm_end_next(t);
    } else {
        arm_end_next_exit(t);
    }
}

/* SYS: op0 is 1. Those of user code that only check rights do not end the unit. */
static void sys(struct arm_trans *t)
{
    uint32_t e = ARM_SYSREG(1, arm_field(t, 'p'), arm_field(t, 'n'), arm_field(t, 'm'), arm_field(t, 'o'));
    unsigned r = arm_field(t, 't'), n = arm_field(t, 'n');
    arm_call_void(t, HELPER_ARM_sysreg_write, ir_const(t->u, e), a64_x(t, r), ir_const(t->u, r), IR_NONE);
    if (n == 8 || (n == 7 && arm_field(t, 'm') == 5)) {
        arm_end_next_exit(t);       /* TLBI; IC: code may have changed */
    }
}

static void sysl(struct arm_trans *t)
{
    arm_gen_undefined(t);
}

/* MSR (immediate): DAIFSet inline, the rest by helper. */
static void msr_immediate(struct arm_trans *t)
{
    unsigned op = arm_field(t, 'p') << 3 | arm_field(t, 'o'), imm = arm_field(t, 'm');
    unsigned offset = offsetof(struct arm_cpu, daif);
    if (op == 036 && t->mode & MODE_EL && !(imm & 8)) {
        ir_stcpu(t->u, 32, offset, ir_op2i(t->u, IR_OR, 64, ir_ldcpu(t->u, 32, offset), imm << 6));
        return;
    }
    if (op == 037 && t->mode & MODE_EL && !(imm & 8)) {
        ir_stcpu(t->u, 32, offset, ir_op2i(t->u, IR_AND, 64, ir_ldcpu(t->u, 32, offset), ~(int64_t)(imm << 6)));
        arm_end_next_exit(t);
        return;
    }
    arm_call_void(t, HELPER_ARM_msr_immediate, ir_const(t->u, op), ir_const(t->u, imm), IR_NONE, IR_NONE);
    arm_end_next_exit(t);
}

/* ---- hints ---- */

static void sign_or_auth(struct arm_trans *t, unsigned r, ir_reg modifier, unsigned key, bool auth)
{
    ir_reg value = arm_call(t, auth ? HELPER_ARM_pauth_auth : HELPER_ARM_pauth_sign, arm_x(r), modifier,
                            ir_const(t->u, key | 0x100), IR_NONE);
    ir_mov_to(t->u, arm_x(r), value);
}

static void pauth_hint(struct arm_trans *t, unsigned number)
{
    unsigned key = number >> 1 & 1;
    if (!arm_has(t->cpu, ARM_PAUTH)) {
        return;
    }
    if (number == 7) {
        ir_mov_to(t->u, arm_x(30), arm_call(t, HELPER_ARM_pauth_strip, arm_x(30), ir_const(t->u, 0), IR_NONE, IR_NONE));
    } else if (number < 16) {       /* 8 PACIA1716, 10 PACIB, 12 AUTIA, 14 AUTIB */
        sign_or_auth(t, 17, arm_x(16), key, number & 4);
    } else {                        /* 24 PACIAZ, 25 PACIASP, 26 PACIBZ ... 31 AUTIBSP */
        sign_or_auth(t, 30, number & 1 ? arm_x(31) : ir_const(t->u, 0), key, number & 4);
    }
}

static void hint(struct arm_trans *t)
{
    unsigned number = arm_field(t, 'h');
    switch (number) {
    case 1:                         /* YIELD */
        arm_end_next_exit(t);
        break;
    case 2:                         /* WFE, WFI */
    case 3:
        arm_pc_set(t, ir_const(t->u, t->pc));
        arm_call_void(t, HELPER_ARM_wait, ir_const(t->u, number == 2), IR_NONE, IR_NONE, IR_NONE);
        arm_end_next_exit(t);
        break;
    case 4:                         /* SEV */
        arm_call_void(t, HELPER_ARM_sev, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
        break;
    case 5:                         /* SEVL */
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, event), ir_const(t->u, 1));
        break;
    case 7: case 8: case 10: case 12: case 14:
    case 24: case 25: case 26: case 27: case 28: case 29: case 30: case 31:
        pauth_hint(t, number);
        break;
    default:
        break;
    }
}

/* ---- barriers ---- */

static void clrex(struct arm_trans *t)
{
    arm_monitor_clear(t);
}

/* The host keeps everything in order but a store before a load. */
static void dmb(struct arm_trans *t)
{
    unsigned types = arm_field(t, 'c') & 3;     /* 1 loads, 2 stores, 3 all */
    if (types == 3 || types == 0) {
        ir_append(t->u, IR_FENCE, 64);
    }
}

static void dsb(struct arm_trans *t)
{
    ir_append(t->u, IR_FENCE, 64);
    arm_call_void(t, HELPER_ARM_dsb, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    arm_end_next_exit(t);
}

static void isb(struct arm_trans *t)
{
    arm_end_next_exit(t);
}

static void sb(struct arm_trans *t)
{
}

static void cfinv(struct arm_trans *t)
{
    ir_fmerge_to(t->u, ARM_NZCV, ARM_NZCV, arm_carry(t), IR_CF);
}

/* FEAT_FlagM2: flags of a floating-point comparison to another form and back (C6.2.32, C6.2.385). */
static void axflag(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    ir_reg word = arm_flag_get(t), v = ir_extract(u, word, 28, 1), c = ir_extract(u, word, 29, 1), z = ir_extract(u, word, 30, 1);
    ir_reg high = ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_OR, 64, z, v), 30);
    ir_reg carry = ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_AND, 64, c, ir_op2i(u, IR_XOR, 64, v, 1)), 29);
    arm_flag_put(t, ir_op2(u, IR_OR, 64, high, carry));
}

static void xaflag(struct arm_trans *t)
{
    struct ir_unit *u = t->u;
    ir_reg word = arm_flag_get(t), c = ir_extract(u, word, 29, 1), z = ir_extract(u, word, 30, 1);
    ir_reg not_c = ir_op2i(u, IR_XOR, 64, c, 1), not_z = ir_op2i(u, IR_XOR, 64, z, 1);
    ir_reg n = ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_AND, 64, not_c, not_z), 31);
    ir_reg zero = ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_AND, 64, z, c), 30);
    ir_reg carry = ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_OR, 64, c, z), 29);
    ir_reg v = ir_op2i(u, IR_SHL, 64, ir_op2(u, IR_AND, 64, not_c, z), 28);
    arm_flag_put(t, ir_op2(u, IR_OR, 64, ir_op2(u, IR_OR, 64, n, zero), ir_op2(u, IR_OR, 64, carry, v)));
}

/* ---- pointer authentication of data processing (one source) ---- */

static void pauth_one(struct arm_trans *t)
{
    unsigned op = arm_field(t, 'o'), d = arm_field(t, 'd'), n = arm_field(t, 'n');
    if (op >= 16 || (op >= 8 && n != 31)) {     /* XPACI, XPACD; Z forms take no modifier */
        if (op > 17 || n != 31) {
            arm_gen_undefined(t);
            return;
        }
        a64_set(t, d, arm_call(t, HELPER_ARM_pauth_strip, a64_x(t, d), ir_const(t->u, op & 1), IR_NONE, IR_NONE));
        return;
    }
    ir_reg modifier = op >= 8 ? ir_const(t->u, 0) : arm_x(n);
    a64_set(t, d, arm_call(t, op & 4 ? HELPER_ARM_pauth_auth : HELPER_ARM_pauth_sign, a64_x(t, d), modifier,
                           ir_const(t->u, (op & 3) | 0x100), IR_NONE));
}

static void pacga(struct arm_trans *t)
{
    a64_set(t, arm_field(t, 'd'), arm_call(t, HELPER_ARM_pauth_generic, a64_x(t, arm_field(t, 'n')), arm_x(arm_field(t,
        'm')),
                                          IR_NONE, IR_NONE));
}

#define SYSTEM(bits, nm, fn, fl) { .pattern = "1101010100 " bits, .name = nm, .translate = fn, .flags = fl }
static const struct arm_row rows[] = {
    SYSTEM("0 00 011 0010 hhhhhhh 11111", "HINT", hint, ARM_ROW_NO_TEST),
    SYSTEM("0 00 011 0011 cccc 010 11111", "CLREX", clrex, 0),
    SYSTEM("0 00 011 0011 cccc 100 11111", "DSB", dsb, 0),
    SYSTEM("0 00 011 0011 cccc 101 11111", "DMB", dmb, 0),
    SYSTEM("0 00 011 0011 cccc 110 11111", "ISB", isb, 0),
    { .pattern = "1101010100 0 00 011 0011 0000 111 11111", .name = "SB", .translate = sb, .feature = ARM_SB },
    { .pattern = "1101010100 0 00 000 0100 0000 001 11111", .name = "XAFLAG", .translate = xaflag, .feature = ARM_FLAGM2 },
    { .pattern = "1101010100 0 00 000 0100 0000 010 11111", .name = "AXFLAG", .translate = axflag, .feature = ARM_FLAGM2 },
    { .pattern = "1101010100 0 00 000 0100 0000 000 11111", .name = "CFINV", .translate = cfinv, .feature = ARM_FLAGM },
    { .pattern = "1101010100 0 00 ppp 0100 mmmm ooo 11111", .name = "MSR (immediate)", .translate = msr_immediate,
      .flags = ARM_ROW_NO_TEST, .unless = "p=0,o=0;p=0,o=1;p=0,o=2" },
    SYSTEM("0 01 ppp nnnn mmmm ooo ttttt", "SYS", sys, ARM_ROW_NO_TEST),
    SYSTEM("1 01 ppp nnnn mmmm ooo ttttt", "SYSL", sysl, ARM_ROW_NO_TEST),
    { .pattern = "1101010100 0 OO ppp nnnn mmmm ooo ttttt", .name = "MSR (register)", .translate = msr,
      .flags = ARM_ROW_NO_TEST, .where = "O=2;O=3" },
    { .pattern = "1101010100 1 OO ppp nnnn mmmm ooo ttttt", .name = "MRS", .translate = mrs, .flags = ARM_ROW_NO_TEST,
      .where = "O=2;O=3" },
    { .pattern = "1 1 0 11010110 00001 0 ooooo nnnnn ddddd", .name = "PACIA and relatives", .translate = pauth_one,
      .feature = ARM_PAUTH, .flags = ARM_ROW_NO_TEST },
    { .pattern = "1 0 0 11010110 mmmmm 001100 nnnnn ddddd", .name = "PACGA", .translate = pacga, .feature = ARM_PAUTH,
      .flags = ARM_ROW_NO_TEST },
};
ARM_TABLE(a64_system);
