/* SPDX-License-Identifier: MIT */
/*
 * System instructions of A32, whose translators T32 rows name, too: status registers, exceptions and returns, barriers, hints,
 * coprocessors 14 and 15 (Arm ARM F4.1.9, F4.1.2 "Miscellaneous", F3.1.8).
 *
 * UNPREDICTABLE: CPS, SETEND and MSR of the execution state bits leave those as they are; MRC to R15 takes NZCV from bits 31:28.
 */
#include "target-arm/a32.h"
#include "target-arm/cp.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }

static void call(struct arm_trans *t, enum arm_helper helper, ir_reg a, ir_reg b)
{
    arm_call_void(t, helper, a, b, IR_NONE, IR_NONE);
}

/* ---- status registers ---- */

/* R: SPSR */
void a32_mrs(struct arm_trans *t)
{
    const enum arm_helper helper = f(t, 'R') ? HELPER_ARM_a32_spsr_get : HELPER_ARM_a32_cpsr_get;
    if (f(t, 'R') && !(t->mode & MODE_EL)) {
        a32_undefined(t);
    } else {
        a32_set(t, f(t, 'd'), arm_call(t, helper, IR_NONE, IR_NONE, IR_NONE, IR_NONE));
    }
}

static uint32_t byte_mask(unsigned fields)
{
    return (fields & 1) * 0xffu | (fields >> 1 & 1) * 0xff00u | (fields >> 2 & 1) * 0xff0000u | (fields >> 3 & 1) * 0xff000000u;
}

/* Flags alone: NZCVQ and GE. */
static void msr_flags(struct arm_trans *t, ir_reg value, unsigned fields)
{
    if (fields & 8) {
        arm_flag_put(t, value);
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, q), ir_extract(t->u, value, 27, 1));
    }
    if (fields & 4)
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, ge), ir_extract(t->u, value, 16, 4));
}

static void msr(struct arm_trans *t, ir_reg value)
{
    const unsigned fields = f(t, 'm');
    const bool may_set_pan = fields & 4 && t->mode & MODE_EL && !(t->mode & MODE_V7);
    if (f(t, 'R')) {
        if (t->mode & MODE_EL) {
            call(t, HELPER_ARM_a32_spsr_put, value, ir_const(t->u, byte_mask(fields)));
        } else {
            a32_undefined(t);
        }
    } else if (!(fields & 3) && !may_set_pan) {
        msr_flags(t, value, fields);
    } else {
        call(t, HELPER_ARM_a32_cpsr_put, value, ir_const(t->u, byte_mask(fields)));
        a32_end_next_exit(t);
    }
}

void a32_msr_reg(struct arm_trans *t) { msr(t, a32_copy(t, f(t, 'n'))); }

static void msr_imm(struct arm_trans *t) { msr(t, ir_const(t->u, a32_modified_imm(t, f(t, 'i'), false).imm)); }

/* R:M:m */
static ir_reg banked(struct arm_trans *t) { return ir_const(t->u, f(t, 'R') << 5 | f(t, 'M') << 4 | f(t, 'm')); }

void a32_mrs_banked(struct arm_trans *t)
{
    a32_set(t, f(t, 'd'), arm_call(t, HELPER_ARM_a32_banked_get, banked(t), IR_NONE, IR_NONE, IR_NONE));
}

void a32_msr_banked(struct arm_trans *t) { call(t, HELPER_ARM_a32_banked_put, banked(t), a32_get(t, f(t, 'n'))); }

/* o: imod (T16: 0 enables, 1 disables), v: changes mode m; a, i, f: which */
void a32_cps(struct arm_trans *t)
{
    const unsigned imod = t->bytes == 2 ? 2 + f(t, 'o') : f(t, 'o'), change = f(t, 'v');
    const uint32_t bits = f(t, 'a') * PSTATE_A | f(t, 'i') * PSTATE_I | f(t, 'f') * PSTATE_F;
    if (!(t->mode & MODE_EL))
        return;                     /* nothing in User mode */
    if (change || t->cpu->has_el3) {
        const uint32_t what = imod << 16 | change << 15 | bits | f(t, 'm');
        call(t, HELPER_ARM_a32_cps, ir_const(t->u, what), IR_NONE);
        a32_end_next_exit(t);
        return;
    }
    ir_reg daif = ir_ldcpu(t->u, 32, offsetof(struct arm_cpu, daif));
    daif = imod == 3 ? ir_op2i(t->u, IR_OR, 32, daif, bits) : ir_op2i(t->u, IR_AND, 32, daif, ~bits);
    if (imod >= 2)
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, daif), daif);
    if (imod == 2)
        a32_end_next_exit(t);
}

/* i: PSTATE.PAN; at EL0 nothing happens (Arm ARM F5.1.160) */
void a32_setpan(struct arm_trans *t)
{
    if (!(t->mode & MODE_EL))
        return;
    call(t, HELPER_ARM_a32_cpsr_put, ir_const(t->u, f(t, 'i') ? PSTATE_PAN : 0), ir_const(t->u, PSTATE_PAN));
    a32_end_next(t);
}

void a32_setend(struct arm_trans *t)
{
    call(t, HELPER_ARM_a32_setend, ir_const(t->u, f(t, 'e')), IR_NONE);
    a32_end_next(t);
}

/* ---- exceptions and returns ---- */

/* SVC: the saved ITSTATE is that of the instruction behind it. */
static void exception(struct arm_trans *t, enum arm_ec ec, unsigned imm)
{
    if (ec == EC_SVC32 && a32_in_it(t))
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, it), ir_const(t->u, t->it_next));
    arm_call_void(t, HELPER_ARM_a32_exception, ir_const(t->u, ec), ir_const(t->u, imm), ir_const(t->u, t->bytes), IR_NONE);
    ir_exit(t->u);
    t->ended = true;
}

void a32_svc(struct arm_trans *t) { exception(t, EC_SVC32, f(t, 'i') & 0xffff); }
void a32_bkpt(struct arm_trans *t) { exception(t, EC_BKPT32, f(t, 'h') << 4 | f(t, 'i')); }
void a32_udf(struct arm_trans *t) { a32_undefined(t); }

/* HVC and SMC may be answered by firmware that the board stands in for: then the next instruction follows. */
void a32_hvc(struct arm_trans *t)
{
    const unsigned imm = a32_thumb(t) ? f(t, 'h') << 12 | f(t, 'i') : f(t, 'h') << 4 | f(t, 'i');
    arm_call_void(t, HELPER_ARM_a32_exception, ir_const(t->u, EC_HVC32), ir_const(t->u, imm), ir_const(t->u, 4), IR_NONE);
    a32_end_next_exit(t);
}

void a32_smc(struct arm_trans *t)
{
    arm_call_void(t, HELPER_ARM_a32_exception, ir_const(t->u, EC_SMC32), ir_const(t->u, 0), ir_const(t->u, 4), IR_NONE);
    a32_end_next_exit(t);
}

/* T32: SUBS PC, LR, #i, which is ERET in Hyp mode with i = 0. */
void a32_eret(struct arm_trans *t)
{
    if (!(t->mode & MODE_EL)) {
        a32_undefined(t);           /* UNPREDICTABLE */
        return;
    }
    if (t->mode & MODE_HYP) {
        call(t, HELPER_ARM_a32_eret, IR_NONE, IR_NONE);
    } else {
        call(t, HELPER_ARM_a32_return, ir_op2i(t->u, IR_SUB, 32, arm_x(14), f(t, 'i')), IR_NONE);
    }
    a32_leave_exit(t);
}

/* Both: u upwards, p before; T32 has the two usual forms only. data of the helpers: mode, bit 5 u, bit 6 p, bit 7 w. */
static unsigned srs_form(const struct arm_trans *t)
{
    const unsigned before = a32_thumb(t) ? !f(t, 'u') : f(t, 'p');
    return f(t, 'u') << 5 | before << 6 | f(t, 'w') << 7;
}

void a32_srs(struct arm_trans *t)
{
    call(t, HELPER_ARM_a32_srs, ir_const(t->u, srs_form(t) | f(t, 'm')), ir_const(t->u, 0));
}

void a32_rfe(struct arm_trans *t)
{
    call(t, HELPER_ARM_a32_rfe, ir_const(t->u, srs_form(t)), ir_const(t->u, f(t, 'n')));
    a32_leave_exit(t);
}

/* ---- hints and barriers ---- */

enum { HINT_NOP, HINT_YIELD, HINT_WFE, HINT_WFI, HINT_SEV, HINT_SEVL };

void a32_nop(struct arm_trans *t) { (void)t; }

void a32_hint(struct arm_trans *t)
{
    const unsigned hint = f(t, 'h');
    if (hint == HINT_WFE || hint == HINT_WFI) {
        call(t, HELPER_ARM_wait, ir_const(t->u, hint == HINT_WFE), IR_NONE);
        a32_end_next_exit(t);
    } else if (hint == HINT_YIELD) {
        a32_end_next_exit(t);
    } else if (hint == HINT_SEV) {
        call(t, HELPER_ARM_sev, IR_NONE, IR_NONE);
    } else if (hint == HINT_SEVL) {
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, event), ir_const(t->u, 1));
    }
}

/* The host keeps everything in order but a store before a load. ARMv7 has no barrier for loads alone: reserved options are SY. */
void a32_dmb(struct arm_trans *t)
{
    enum { LOADS = 1, STORES = 2 };
    const unsigned types = f(t, 'y');
    if (types != STORES && (types != LOADS || t->mode & MODE_V7))
        ir_append(t->u, IR_FENCE, 64);
}

/* ... and TLB maintenance of other CPUs is complete. */
void a32_dsb(struct arm_trans *t)
{
    ir_append(t->u, IR_FENCE, 64);
    call(t, HELPER_ARM_dsb, IR_NONE, IR_NONE);
    a32_end_next_exit(t);
}

/* Fetches what is in memory now: translations are always up to date; an interrupt that an earlier write enabled is seen. */
void a32_isb(struct arm_trans *t) { a32_end_next_exit(t); }

/* ---- coprocessors ---- */

static uint32_t encoding32(const struct arm_trans *t)
{
    return f(t, 'p') << 16 | f(t, 'o') << 12 | f(t, 'n') << 8 | f(t, 'm') << 4 | f(t, 'q');
}

static uint32_t condition_bits(const struct arm_trans *t)
{
    return 1u << 24 | (a32_thumb(t) ? 0xeu : t->word >> 28) << 20;
}

static uint32_t syndrome32(const struct arm_trans *t, bool read)
{
    return condition_bits(t) | f(t, 'q') << 17 | f(t, 'o') << 14 | f(t, 'n') << 10 | f(t, 't') << 5 | f(t, 'm') << 1 | read;
}

static uint32_t encoding64(const struct arm_trans *t) { return f(t, 'p') << 16 | f(t, 'o') << 12 | f(t, 'm') << 4 | 1u << 31; }

static uint32_t syndrome64(const struct arm_trans *t, bool read)
{
    return condition_bits(t) | f(t, 'o') << 16 | f(t, 's') << 10 | f(t, 't') << 5 | f(t, 'm') << 1 | read;
}

void a32_mrc(struct arm_trans *t)
{
    const uint32_t encoding = encoding32(t);
    int offset = arm_cp_plain(t->cpu, encoding, t->mode);
    ir_reg value = offset >= 0 ? ir_ldcpu(t->u, 32, (unsigned)offset)
                               : arm_call(t, HELPER_ARM_a32_cp_read, ir_const(t->u, encoding), ir_const(t->u, syndrome32(t, true)),
                                          IR_NONE, IR_NONE);
    if (f(t, 't') == 15) {
        arm_flag_put(t, value);
    } else {
        a32_set(t, f(t, 't'), value);
    }
}

void a32_mcr(struct arm_trans *t)
{
    arm_call_void(t, HELPER_ARM_a32_cp_write, ir_const(t->u, encoding32(t)), ir_const(t->u, syndrome32(t, false)),
                  a32_get(t, f(t, 't')), IR_NONE);
    a32_end_next_exit(t);
}

void a32_mrrc(struct arm_trans *t)
{
    ir_reg value = arm_call(t, HELPER_ARM_a32_cp_read, ir_const(t->u, encoding64(t)), ir_const(t->u, syndrome64(t, true)), IR_NONE,
                            IR_NONE);
    a32_set(t, f(t, 't'), ir_extu(t->u, 32, value));
    a32_set(t, f(t, 's'), ir_op2i(t->u, IR_SHR, 64, value, 32));
}

void a32_mcrr(struct arm_trans *t)
{
    ir_reg value = ir_deposit(t->u, a32_get(t, f(t, 't')), 32, 32, a32_get(t, f(t, 's')));
    arm_call_void(t, HELPER_ARM_a32_cp_write, ir_const(t->u, encoding64(t)), ir_const(t->u, syndrome64(t, false)), value, IR_NONE);
    a32_end_next_exit(t);
}

/* CP14's DBGDTR is the only register they reach: no debugger is attached, so both are undefined. */
void a32_ldc(struct arm_trans *t) { a32_undefined(t); }
void a32_stc(struct arm_trans *t) { a32_undefined(t); }

#define SYS ARM_ROW_NO_TEST
#define ROW(pattern, name, fn, flags) { pattern, name, fn, flags, ARM_FEATURE_NONE, 0, NULL, A32_COND }
#define ROW_U(pattern, name, fn, flags) { pattern, name, fn, (flags) | ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, NULL }
#define CP "p=14;p=15"
static const struct arm_row rows[] = {
    ROW("cccc 0001 0R00 ++++ dddd --0- 0000 ----", "MRS", a32_mrs, SYS),
    ROW("cccc 0001 0R00 mmmm dddd --1M 0000 ----", "MRS (banked)", a32_mrs_banked, SYS | ARM_ROW_EL1),
    ROW("cccc 0001 0R10 mmmm ++++ --0- 0000 nnnn", "MSR", a32_msr_reg, SYS),
    ROW("cccc 0001 0R10 mmmm ++++ --1M 0000 nnnn", "MSR (banked)", a32_msr_banked, SYS | ARM_ROW_EL1),
    { "cccc 0011 0R10 mmmm ++++ iiiiiiiiiiii", "MSR", msr_imm, SYS, ARM_FEATURE_NONE, 0, NULL, A32_COND ";R=0,m=0" },
    ROW("cccc 0011 0010 0000 ++++ ---- hhhhhhhh", "hint", a32_hint, SYS),
    ROW("cccc 0001 0010 hhhhhhhhhhhh 0111 iiii", "BKPT", a32_bkpt, SYS | ARM_ENDS),
    ROW("cccc 0001 0100 hhhhhhhhhhhh 0111 iiii", "HVC", a32_hvc, SYS | ARM_ROW_EL1),
    ROW("cccc 0001 0110 ---- ---- ---- 0111 ....", "SMC", a32_smc, SYS | ARM_ROW_EL1),
    ROW("cccc 0001 0110 ---- ---- ---- 0110 1110", "ERET", a32_eret, SYS | ARM_ROW_EL1),
    ROW("cccc 1111 iiiiiiiiiiiiiiiiiiiiiiii", "SVC", a32_svc, SYS),
    { "1111 0001 0000 oov0 ---- ---a if0 mmmmm", "CPS", a32_cps, SYS | ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, NULL },
    ROW_U("1111 0001 0000 ---1 ---- --e- 0000 ----", "SETEND", a32_setend, 0),
    { "1111 0001 0001 ---- ---- --i- 0000 ----", "SETPAN", a32_setpan, ARM_ROW_COND | SYS, ARM_PAN, 0, NULL, NULL },
    ROW_U("1111 0101 0111 ++++ ++++ ---- 0100 ....", "DSB", a32_dsb, 0),
    ROW_U("1111 0101 0111 ++++ ++++ ---- 0101 ..yy", "DMB", a32_dmb, 0),
    ROW_U("1111 0101 0111 ++++ ++++ ---- 0110 ....", "ISB", a32_isb, SYS),
    ROW_U("1111 100p u1w0 ++-+ ---- -+-+ ---m mmmm", "SRS", a32_srs, SYS | ARM_ROW_EL1),
    ROW_U("1111 100p u0w1 nnnn ---- +-+- ---- ----", "RFE", a32_rfe, SYS | ARM_ROW_EL1),
    { "cccc 1110 ooo0 nnnn tttt pppp qqq1 mmmm", "MCR", a32_mcr, SYS, ARM_FEATURE_NONE, 0, CP, A32_COND },
    { "cccc 1110 ooo1 nnnn tttt pppp qqq1 mmmm", "MRC", a32_mrc, SYS, ARM_FEATURE_NONE, 0, CP, A32_COND },
    { "cccc 1100 0100 ssss tttt pppp oooo mmmm", "MCRR", a32_mcrr, SYS, ARM_FEATURE_NONE, 0, CP, A32_COND },
    { "cccc 1100 0101 ssss tttt pppp oooo mmmm", "MRRC", a32_mrrc, SYS, ARM_FEATURE_NONE, 0, CP, A32_COND },
    { "cccc 110p uvw0 nnnn dddd 1110 iiiiiiii", "STC", a32_stc, SYS, ARM_FEATURE_NONE, 0, NULL, A32_COND ";p=0,u=0,w=0" },
    { "cccc 110p uvw1 nnnn dddd 1110 iiiiiiii", "LDC", a32_ldc, SYS, ARM_FEATURE_NONE, 0, NULL, A32_COND ";p=0,u=0,w=0" },
};
ARM_TABLE(a32_system);
