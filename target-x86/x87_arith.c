/* SPDX-License-Identifier: MIT */
/* x87 arithmetic, compares and transcendental functions (SDM volume 1, 8.3.5 to 8.3.10). */
#include "target-x86/tables.h"
#include "target-x86/x87_trans.h"

/* D8: st(0) = st(0) op st(i). DC, DE: st(i) = st(i) op st(0); DE pops. */
static void arith_st(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        x87_generic_reg(t);
        return;
    }
    const struct x86_insn *insn = t->insn;
    uint64_t i = insn->modrm & 7;
    uint64_t info = x87_info(t);
    info |= insn->opcode == 0xd8 ? i << X87_SOURCE_SHIFT : i << X87_DEST_SHIFT;
    info |= insn->opcode == 0xde ? 1ull << X87_POPS_SHIFT : 0;
    x87_call(t, (enum x86_helper)insn->row->data, info, IR_NONE, IR_NONE);
}

static void arith_mem(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        x87_generic_load(t);
        return;
    }
    ir_reg value = x87_read_memory(t, false);
    x87_call(t, (enum x86_helper)t->insn->row->data, x87_info(t), value, x86_ea(t));
}

static void square_root(struct x86_trans *t)
{
    if (x87_quiet(t))
        x87_call(t, HELPER_fsqrt, x87_info(t), IR_NONE, IR_NONE);
    else
        x87_generic_reg(t);
}

/* data = pops << 16 | helper. FCOMPP and FUCOMPP compare with st(1), which their ModRM also says. */
static void compare_st(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        x87_generic_reg(t);
        return;
    }
    uint64_t info = x87_info(t) | (uint64_t)(t->insn->modrm & 7) << X87_SOURCE_SHIFT
        | (uint64_t)(t->insn->row->data >> 16) << X87_POPS_SHIFT;
    x87_call(t, (enum x86_helper)(t->insn->row->data & 0xffff), info, IR_NONE, IR_NONE);
}

static void compare_mem(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        x87_generic_load(t);
        return;
    }
    ir_reg value = x87_read_memory(t, false);
    x87_call(t, HELPER_fcom_mem, x87_info(t) | (uint64_t)(t->insn->row->data >> 16) << X87_POPS_SHIFT, value, x86_ea(t));
}

static void compare_flags(struct x86_trans *t)
{
    ir_reg word;
    if (x87_quiet(t)) {
        uint64_t info = x87_info(t) | (uint64_t)(t->insn->modrm & 7) << X87_SOURCE_SHIFT
            | (uint64_t)(t->insn->row->data >> 16) << X87_POPS_SHIFT;
        word = x87_call(t, (enum x86_helper)(t->insn->row->data & 0xffff), info, IR_NONE, IR_NONE);
    } else {
        word = x87_call(t, HELPER_x87_reg, x87_info(t), ir_fbits(t->u, X86_FLAGS), IR_NONE);
    }
    ir_fput_to(t->u, X86_FLAGS, word);
}

#define ARITH(digit, op, d8, dc, de, nm, helper) \
    X87_ROW("D8 /" #digit, "Md", nm, arith_mem, HELPER_##helper##_mem, "D8 " #op), \
    X87_ROW("DC /" #digit, "Mq", nm, arith_mem, HELPER_##helper##_mem, "DC " #op), \
    X87_ROW("DA /" #digit, "Md", "FI" nm, arith_mem, HELPER_##helper##_mem, "DA " #op), \
    X87_ROW("DE /" #digit, "Mw", "FI" nm, arith_mem, HELPER_##helper##_mem, "DE " #op), \
    X87_ROW("D8 " #d8 "+i", "ST,STi", nm, arith_st, HELPER_##helper, "D8 " #d8), \
    X87_ROW("DC " #dc "+i", "STi,ST", nm, arith_st, HELPER_##helper, "DC " #dc), \
    X87_ROW("DE " #de "+i", "STi,ST", nm "P", arith_st, HELPER_##helper, "DE " #de)
#define EXEC(opcode_, nm) X87_ROW(opcode_, "", nm, x87_generic_reg, 0, opcode_)
#define COMPARE(opcode_, nm, helper, pops, tests_) \
    X87_ROW(opcode_, "STi", nm, compare_st, HELPER_##helper | (pops) << 16, tests_)
#define COMPARE_FLAGS(opcode_, nm, helper, pops, tests_) \
    { .opcode = opcode_, .operands = "ST,STi", .name = nm, .translate = compare_flags, .flags = ROW_FPU | ROW_WAITS, \
      .feature = FEAT_CMOV, .tests = tests_, .data = HELPER_##helper | (pops) << 16 }

static const struct x86_row rows[] = {
    ARITH(0, 07, C0, C0, C0, "FADD", fadd),
    ARITH(1, 0F, C8, C8, C8, "FMUL", fmul),
    ARITH(4, 27, E0, E8, E8, "FSUB", fsub),
    ARITH(5, 2F, E8, E0, E0, "FSUBR", fsubr),
    ARITH(6, 37, F0, F8, F8, "FDIV", fdiv),
    ARITH(7, 3F, F8, F0, F0, "FDIVR", fdivr),
    X87_ROW("D9 FA", "", "FSQRT", square_root, 0, "D9 FA"),

    X87_ROW("D8 /2", "Md", "FCOM", compare_mem, 0, "D8 17"),
    X87_ROW("D8 /3", "Md", "FCOMP", compare_mem, 1 << 16, "D8 1F"),
    X87_ROW("DC /2", "Mq", "FCOM", compare_mem, 0, "DC 17"),
    X87_ROW("DC /3", "Mq", "FCOMP", compare_mem, 1 << 16, "DC 1F"),
    X87_ROW("DA /2", "Md", "FICOM", compare_mem, 0, "DA 17"),
    X87_ROW("DA /3", "Md", "FICOMP", compare_mem, 1 << 16, "DA 1F"),
    X87_ROW("DE /2", "Mw", "FICOM", compare_mem, 0, "DE 17"),
    X87_ROW("DE /3", "Mw", "FICOMP", compare_mem, 1 << 16, "DE 1F"),
    COMPARE("D8 D0+i", "FCOM", fcom, 0, "D8 D1;D8 D0;D8 D5"),
    COMPARE("D8 D8+i", "FCOMP", fcom, 1, "D8 D9;D8 D8;D8 DE"),
    COMPARE("DC D0+i", "FCOM", fcom, 0, "DC D1"),
    COMPARE("DC D8+i", "FCOMP", fcom, 1, "DC D9"),
    COMPARE("DE D0+i", "FCOMP", fcom, 1, "DE D2"),
    COMPARE("DE D9", "FCOMPP", fcom, 2, "DE D9"),
    COMPARE("DD E0+i", "FUCOM", fucom, 0, "DD E1;DD E0;DD E4"),
    COMPARE("DD E8+i", "FUCOMP", fucom, 1, "DD E9;DD EA"),
    COMPARE("DA E9", "FUCOMPP", fucom, 2, "DA E9"),
    COMPARE_FLAGS("DB F0+i", "FCOMI", fcomi, 0, "DB F1;DB F0"),
    COMPARE_FLAGS("DF F0+i", "FCOMIP", fcomi, 1, "DF F1;DF F3"),
    COMPARE_FLAGS("DB E8+i", "FUCOMI", fucomi, 0, "DB E9;DB E8"),
    COMPARE_FLAGS("DF E8+i", "FUCOMIP", fucomi, 1, "DF E9;DF EB"),
    EXEC("D9 E4", "FTST"), EXEC("D9 E5", "FXAM"),

    EXEC("D9 F0", "F2XM1"), EXEC("D9 F1", "FYL2X"), EXEC("D9 F2", "FPTAN"), EXEC("D9 F3", "FPATAN"),
    EXEC("D9 F4", "FXTRACT"), EXEC("D9 F5", "FPREM1"), EXEC("D9 F8", "FPREM"), EXEC("D9 F9", "FYL2XP1"),
    EXEC("D9 FB", "FSINCOS"), EXEC("D9 FC", "FRNDINT"), EXEC("D9 FD", "FSCALE"), EXEC("D9 FE", "FSIN"),
    EXEC("D9 FF", "FCOS"),
};

const struct x86_table_of_rows x86_table_x87_arith = { "x87_arith", rows, G_N_ELEMENTS(rows) };
