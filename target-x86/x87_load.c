/* SPDX-License-Identifier: MIT */
/* x87 loads, stores, constants and moves (SDM volume 1, 8.3.2 to 8.3.4). */
#include "target-x86/tables.h"
#include "target-x86/x87_trans.h"

/* FCMOVcc reads EFLAGS: a COPY for each condition and register. */
#define FCMOV_COPY(escape, digit, i) \
    { .name = "FCMOV", .opcode = escape, .modrm_reg = digit, .modrm_rm = i, .flags_role = IR_COPY_READ }
#define FCMOV_COPIES(escape, digit) \
    { FCMOV_COPY(escape, digit, 0), FCMOV_COPY(escape, digit, 1), FCMOV_COPY(escape, digit, 2), FCMOV_COPY(escape, digit, 3), \
      FCMOV_COPY(escape, digit, 4), FCMOV_COPY(escape, digit, 5), FCMOV_COPY(escape, digit, 6), FCMOV_COPY(escape, digit, 7) }

static void conditional(struct x86_trans *t)
{
    if (!x87_quiet(t)) {
        ir_call_void(t->u, HELPER_x87_reg, ir_const(t->u, x87_info(t)), ir_const(t->u, t->rip),
                     ir_fbits(t->u, X86_FLAGS), IR_NONE);
        return;
    }
    const struct ir_copy *copies = (const struct ir_copy *)t->insn->row->data;
    x87_enter(t);
    x87_record(t);
    ir_emit_copy(t->u, &copies[t->insn->modrm & 7], 0, IR_NONE, IR_NONE, X86_FLAGS, IR_NONE, IR_NONE, IR_NONE);
}

#define FCMOV(escape, base, digit, nm) \
    { .opcode = #escape " " #base "+i", .operands = "ST,STi", .name = nm, .translate = conditional, \
      .flags = ROW_FPU | ROW_WAITS, .feature = FEAT_CMOV, .tests = #escape " " #base, \
      .data = (intptr_t)(const struct ir_copy[8])FCMOV_COPIES(0x##escape, digit) }

static const struct x86_row rows[] = {
    X87_ROW("D9 /0", "Md", "FLD", x87_load, "D9 07;D9 03"),
    X87_ROW("DD /0", "Mq", "FLD", x87_load, "DD 07;DD 03"),
    X87_ROW("DB /5", "Mt", "FLD", x87_load, "DB 2F"),
    X87_ROW("DF /0", "Mw", "FILD", x87_load, "DF 07"),
    X87_ROW("DB /0", "Md", "FILD", x87_load, "DB 07"),
    X87_ROW("DF /5", "Mq", "FILD", x87_load, "DF 2F"),
    X87_ROW("DF /4", "Mt", "FBLD", x87_load, "DF 27"),

    X87_ROW("D9 /2", "Md", "FST", x87_store, "D9 17"),
    X87_ROW("D9 /3", "Md", "FSTP", x87_store, "D9 1F"),
    X87_ROW("DD /2", "Mq", "FST", x87_store, "DD 17"),
    X87_ROW("DD /3", "Mq", "FSTP", x87_store, "DD 1F"),
    X87_ROW("DB /7", "Mt", "FSTP", x87_store, "DB 3F"),
    X87_ROW("DF /2", "Mw", "FIST", x87_store, "DF 17"),
    X87_ROW("DF /3", "Mw", "FISTP", x87_store, "DF 1F"),
    X87_ROW("DB /2", "Md", "FIST", x87_store, "DB 17"),
    X87_ROW("DB /3", "Md", "FISTP", x87_store, "DB 1F"),
    X87_ROW("DF /7", "Mq", "FISTP", x87_store, "DF 3F"),
    X87_ROW("DF /6", "Mt", "FBSTP", x87_store, "DF 37"),
    { .opcode = "DF /1", .operands = "Mw", .name = "FISTTP", .translate = x87_store, .flags = ROW_FPU | ROW_WAITS,
      .feature = FEAT_SSE3, .tests = "DF 0F" },
    { .opcode = "DB /1", .operands = "Md", .name = "FISTTP", .translate = x87_store, .flags = ROW_FPU | ROW_WAITS,
      .feature = FEAT_SSE3, .tests = "DB 0F" },
    { .opcode = "DD /1", .operands = "Mq", .name = "FISTTP", .translate = x87_store, .flags = ROW_FPU | ROW_WAITS,
      .feature = FEAT_SSE3, .tests = "DD 0F" },

    X87_ROW("D9 C0+i", "STi", "FLD", x87_reg, "D9 C0;D9 C3;D9 C7"),
    X87_ROW("D9 C8+i", "STi", "FXCH", x87_reg, "D9 C9;D9 C8;D9 CD"),
    X87_ROW("DD D0+i", "STi", "FST", x87_reg, "DD D0;DD D2;DD D7"),
    X87_ROW("DD D8+i", "STi", "FSTP", x87_reg, "DD D8;DD D9;DD DF"),
    /* Aliases that the 8087 decoded so (SDM 3, 23.18.9 and AMD's opcode map). */
    X87_ROW("DD C8+i", "STi", "FXCH", x87_reg, "DD CA"),
    X87_ROW("DF C8+i", "STi", "FXCH", x87_reg, "DF CA"),
    X87_ROW("D9 D8+i", "STi", "FSTP", x87_reg, "D9 DA"),
    X87_ROW("DF D0+i", "STi", "FSTP", x87_reg, "DF D2"),
    X87_ROW("DF D8+i", "STi", "FSTP", x87_reg, "DF DA"),

    X87_ROW("D9 E0", "", "FCHS", x87_reg, "D9 E0"),
    X87_ROW("D9 E1", "", "FABS", x87_reg, "D9 E1"),
    X87_ROW("D9 E8", "", "FLD1", x87_reg, "D9 E8"),
    X87_ROW("D9 E9", "", "FLDL2T", x87_reg, "D9 E9"),
    X87_ROW("D9 EA", "", "FLDL2E", x87_reg, "D9 EA"),
    X87_ROW("D9 EB", "", "FLDPI", x87_reg, "D9 EB"),
    X87_ROW("D9 EC", "", "FLDLG2", x87_reg, "D9 EC"),
    X87_ROW("D9 ED", "", "FLDLN2", x87_reg, "D9 ED"),
    X87_ROW("D9 EE", "", "FLDZ", x87_reg, "D9 EE"),

    FCMOV(DA, C0, 0, "FCMOVB"), FCMOV(DA, C8, 1, "FCMOVE"), FCMOV(DA, D0, 2, "FCMOVBE"), FCMOV(DA, D8, 3, "FCMOVU"),
    FCMOV(DB, C0, 0, "FCMOVNB"), FCMOV(DB, C8, 1, "FCMOVNE"), FCMOV(DB, D0, 2, "FCMOVNBE"), FCMOV(DB, D8, 3, "FCMOVNU"),
};

const struct x86_table_of_rows x86_table_x87_load = { "x87_load", rows, G_N_ELEMENTS(rows) };
