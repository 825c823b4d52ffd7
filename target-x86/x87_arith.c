/* SPDX-License-Identifier: MIT */
/* x87 arithmetic, compares and transcendental functions (SDM volume 1, 8.3.5 to 8.3.10). */
#include "target-x86/tables.h"
#include "target-x86/x87_trans.h"

/* FCOMI and its relatives write EFLAGS: a COPY for each register. */
#define FCOMI_COPY(escape, digit, i) \
    { .name = "FCOMI", .opcode = escape, .modrm_reg = digit, .modrm_rm = i, .flags_role = IR_COPY_WRITE }
#define FCOMI_COPIES(escape, digit) \
    { FCOMI_COPY(escape, digit, 0), FCOMI_COPY(escape, digit, 1), FCOMI_COPY(escape, digit, 2), FCOMI_COPY(escape, digit, 3), \
      FCOMI_COPY(escape, digit, 4), FCOMI_COPY(escape, digit, 5), FCOMI_COPY(escape, digit, 6), FCOMI_COPY(escape, digit, 7) }

static void compare_flags(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        ir_reg word = ir_call(t->u, HELPER_x87_reg, ir_const(t->u, x87_info(t)), ir_const(t->u, t->rip),
                              ir_fbits(t->u, X86_FLAGS), IR_NONE);
        ir_fput_to(t->u, X86_FLAGS, word);
        return;
    }
    const struct ir_copy *copies = (const struct ir_copy *)t->insn->row->data;
    x87_enter(t);
    x87_record(t);
    ir_emit_copy(t->u, &copies[t->insn->modrm & 7], 0, X86_FLAGS, IR_NONE, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
}

#define ARITH(digit, op, d8, dc, de, nm) \
    X87_ROW("D8 /" #digit, "Md", nm, x87_load, "D8 " #op), \
    X87_ROW("DC /" #digit, "Mq", nm, x87_load, "DC " #op), \
    X87_ROW("DA /" #digit, "Md", "FI" nm, x87_load, "DA " #op), \
    X87_ROW("DE /" #digit, "Mw", "FI" nm, x87_load, "DE " #op), \
    X87_ROW("D8 " #d8 "+i", "ST,STi", nm, x87_reg, "D8 " #d8), \
    X87_ROW("DC " #dc "+i", "STi,ST", nm, x87_reg, "DC " #dc), \
    X87_ROW("DE " #de "+i", "STi,ST", nm "P", x87_reg, "DE " #de)
#define EXEC(opcode_, nm) X87_ROW(opcode_, "", nm, x87_reg, opcode_)
#define COMPARE(opcode_, nm, tests_) X87_ROW(opcode_, "STi", nm, x87_reg, tests_)
#define COMPARE_FLAGS(escape, base, digit, nm, tests_) \
    { .opcode = #escape " " #base "+i", .operands = "ST,STi", .name = nm, .translate = compare_flags, \
      .flags = ROW_FPU | ROW_WAITS, .feature = FEAT_CMOV, .tests = tests_, \
      .data = (intptr_t)(const struct ir_copy[8])FCOMI_COPIES(0x##escape, digit) }

static const struct x86_row rows[] = {
    ARITH(0, 07, C0, C0, C0, "FADD"),
    ARITH(1, 0F, C8, C8, C8, "FMUL"),
    ARITH(4, 27, E0, E8, E8, "FSUB"),
    ARITH(5, 2F, E8, E0, E0, "FSUBR"),
    ARITH(6, 37, F0, F8, F8, "FDIV"),
    ARITH(7, 3F, F8, F0, F0, "FDIVR"),
    X87_ROW("D9 FA", "", "FSQRT", x87_reg, "D9 FA"),

    X87_ROW("D8 /2", "Md", "FCOM", x87_load, "D8 17"),
    X87_ROW("D8 /3", "Md", "FCOMP", x87_load, "D8 1F"),
    X87_ROW("DC /2", "Mq", "FCOM", x87_load, "DC 17"),
    X87_ROW("DC /3", "Mq", "FCOMP", x87_load, "DC 1F"),
    X87_ROW("DA /2", "Md", "FICOM", x87_load, "DA 17"),
    X87_ROW("DA /3", "Md", "FICOMP", x87_load, "DA 1F"),
    X87_ROW("DE /2", "Mw", "FICOM", x87_load, "DE 17"),
    X87_ROW("DE /3", "Mw", "FICOMP", x87_load, "DE 1F"),
    COMPARE("D8 D0+i", "FCOM", "D8 D1;D8 D0;D8 D5"),
    COMPARE("D8 D8+i", "FCOMP", "D8 D9;D8 D8;D8 DE"),
    COMPARE("DC D0+i", "FCOM", "DC D1"),
    COMPARE("DC D8+i", "FCOMP", "DC D9"),
    COMPARE("DE D0+i", "FCOMP", "DE D2"),
    COMPARE("DE D9", "FCOMPP", "DE D9"),
    COMPARE("DD E0+i", "FUCOM", "DD E1;DD E0;DD E4"),
    COMPARE("DD E8+i", "FUCOMP", "DD E9;DD EA"),
    COMPARE("DA E9", "FUCOMPP", "DA E9"),
    COMPARE_FLAGS(DB, F0, 6, "FCOMI", "DB F1;DB F0"),
    COMPARE_FLAGS(DF, F0, 6, "FCOMIP", "DF F1;DF F3"),
    COMPARE_FLAGS(DB, E8, 5, "FUCOMI", "DB E9;DB E8"),
    COMPARE_FLAGS(DF, E8, 5, "FUCOMIP", "DF E9;DF EB"),
    EXEC("D9 E4", "FTST"), EXEC("D9 E5", "FXAM"),

    EXEC("D9 F0", "F2XM1"), EXEC("D9 F1", "FYL2X"), EXEC("D9 F2", "FPTAN"), EXEC("D9 F3", "FPATAN"),
    EXEC("D9 F4", "FXTRACT"), EXEC("D9 F5", "FPREM1"), EXEC("D9 F8", "FPREM"), EXEC("D9 F9", "FYL2XP1"),
    EXEC("D9 FB", "FSINCOS"), EXEC("D9 FC", "FRNDINT"), EXEC("D9 FD", "FSCALE"), EXEC("D9 FE", "FSIN"),
    EXEC("D9 FF", "FCOS"),
};

const struct x86_table_of_rows x86_table_x87_arith = { "x87_arith", rows, G_N_ELEMENTS(rows) };
