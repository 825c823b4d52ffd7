/* SPDX-License-Identifier: MIT */
/* x87 loads, stores, constants and moves (SDM volume 1, 8.3.2 to 8.3.4). */
#include "target-x86/tables.h"
#include "target-x86/x87_trans.h"

/* FLD m32, m64, FILD m16, m32, m64; data = fast helper. */
static void load(struct x86_trans *t)
{
    enum x86_helper helper = (enum x86_helper)t->insn->row->data;
    if (!x87_quiet(t)) {
        x87_generic_load(t);
        return;
    }
    ir_reg value = x87_read_memory(t, helper == HELPER_fild);
    x87_call(t, helper, x87_info(t), value, x86_ea(t));
}

/* FST(P), FIST(P), FISTTP to 16, 32, 64 bits; data = fast helper and pops. The page is probed first: when the helper
 * has popped, the store must not fault any more. */
enum { STORE_POPS = 1 << 16 };
static void store(struct x86_trans *t)
{
    enum x86_helper helper = (enum x86_helper)(t->insn->row->data & 0xffff);
    uint64_t pops = t->insn->row->data & STORE_POPS ? 1ull << X87_POPS_SHIFT : 0;
    if (!x87_quiet(t)) {
        x87_generic_store(t);
        return;
    }
    unsigned bits = t->insn->operand[t->insn->operand_count - 1].bits;
    ir_reg linear = x86_linear(t, bits, true);
    ir_probe(t->u, bits, linear, 0, t->mmu);
    ir_reg value = x87_call(t, helper, x87_info(t) | pops, x86_ea(t), IR_NONE);
    ir_st(t->u, bits, linear, 0, value, t->mmu);
}

/* Register forms with a fast helper of (info, rip); data = helper and pops. */
static void move(struct x86_trans *t)
{
    if (x87_quiet(t))
        x87_call(t, (enum x86_helper)(t->insn->row->data & 0xffff),
                 x87_info(t) | (t->insn->row->data & STORE_POPS ? 1ull << X87_POPS_SHIFT : 0), IR_NONE, IR_NONE);
    else
        x87_generic_reg(t);
}

static void constant(struct x86_trans *t)
{
    if (x87_quiet(t))
        x87_call(t, HELPER_fld_const, x87_info(t), ir_const(t->u, t->insn->row->data ? 1ull << 63 : 0), IR_NONE);
    else
        x87_generic_reg(t);
}

static void sign(struct x86_trans *t)
{
    bool clear = t->insn->row->data;
    if (x87_quiet(t))
        x87_call(t, HELPER_fsign, x87_info(t), ir_const(t->u, clear ? 0x8000 : 0), ir_const(t->u, clear ? 0 : 0x8000));
    else
        x87_generic_reg(t);
}

/* FCMOVcc looks at EFLAGS. */
static void conditional(struct x86_trans *t)
{
    x87_call(t, HELPER_x87_reg, x87_info(t), ir_fbits(t->u, X86_FLAGS), IR_NONE);
}

#define FCMOV(escape, base, nm) \
    { .opcode = #escape " " #base "+i", .operands = "ST,STi", .name = nm, .translate = conditional, \
      .flags = ROW_FPU | ROW_WAITS, .feature = FEAT_CMOV, .tests = #escape " " #base }

static const struct x86_row rows[] = {
    X87_ROW("D9 /0", "Md", "FLD", load, HELPER_fld_f32, "D9 07;D9 03"),
    X87_ROW("DD /0", "Mq", "FLD", load, HELPER_fld_f64, "DD 07;DD 03"),
    X87_ROW("DB /5", "Mt", "FLD", x87_generic_load, 0, "DB 2F"),
    X87_ROW("DF /0", "Mw", "FILD", load, HELPER_fild, "DF 07"),
    X87_ROW("DB /0", "Md", "FILD", load, HELPER_fild, "DB 07"),
    X87_ROW("DF /5", "Mq", "FILD", load, HELPER_fild, "DF 2F"),
    X87_ROW("DF /4", "Mt", "FBLD", x87_generic_load, 0, "DF 27"),

    X87_ROW("D9 /2", "Md", "FST", store, HELPER_fst_f32, "D9 17"),
    X87_ROW("D9 /3", "Md", "FSTP", store, HELPER_fst_f32 | STORE_POPS, "D9 1F"),
    X87_ROW("DD /2", "Mq", "FST", store, HELPER_fst_f64, "DD 17"),
    X87_ROW("DD /3", "Mq", "FSTP", store, HELPER_fst_f64 | STORE_POPS, "DD 1F"),
    X87_ROW("DB /7", "Mt", "FSTP", x87_generic_store, 0, "DB 3F"),
    X87_ROW("DF /2", "Mw", "FIST", store, HELPER_fist_16, "DF 17"),
    X87_ROW("DF /3", "Mw", "FISTP", store, HELPER_fist_16 | STORE_POPS, "DF 1F"),
    X87_ROW("DB /2", "Md", "FIST", store, HELPER_fist_32, "DB 17"),
    X87_ROW("DB /3", "Md", "FISTP", store, HELPER_fist_32 | STORE_POPS, "DB 1F"),
    X87_ROW("DF /7", "Mq", "FISTP", store, HELPER_fist_64 | STORE_POPS, "DF 3F"),
    X87_ROW("DF /6", "Mt", "FBSTP", x87_generic_store, 0, "DF 37"),
    { .opcode = "DF /1", .operands = "Mw", .name = "FISTTP", .translate = store, .flags = ROW_FPU | ROW_WAITS,
      .feature = FEAT_SSE3, .tests = "DF 0F", .data = HELPER_fistt_16 | STORE_POPS },
    { .opcode = "DB /1", .operands = "Md", .name = "FISTTP", .translate = store, .flags = ROW_FPU | ROW_WAITS,
      .feature = FEAT_SSE3, .tests = "DB 0F", .data = HELPER_fistt_32 | STORE_POPS },
    { .opcode = "DD /1", .operands = "Mq", .name = "FISTTP", .translate = store, .flags = ROW_FPU | ROW_WAITS,
      .feature = FEAT_SSE3, .tests = "DD 0F", .data = HELPER_fistt_64 | STORE_POPS },

    X87_ROW("D9 C0+i", "STi", "FLD", move, HELPER_fld_st, "D9 C0;D9 C3;D9 C7"),
    X87_ROW("D9 C8+i", "STi", "FXCH", move, HELPER_fxch, "D9 C9;D9 C8;D9 CD"),
    X87_ROW("DD D0+i", "STi", "FST", move, HELPER_fst_st, "DD D0;DD D2;DD D7"),
    X87_ROW("DD D8+i", "STi", "FSTP", move, HELPER_fst_st | STORE_POPS, "DD D8;DD D9;DD DF"),
    /* Aliases that the 8087 decoded so (SDM 3, 23.18.9 and AMD's opcode map). */
    X87_ROW("DD C8+i", "STi", "FXCH", move, HELPER_fxch, "DD CA"),
    X87_ROW("DF C8+i", "STi", "FXCH", move, HELPER_fxch, "DF CA"),
    X87_ROW("D9 D8+i", "STi", "FSTP", x87_generic_reg, 0, "D9 DA"),
    X87_ROW("DF D0+i", "STi", "FSTP", move, HELPER_fst_st | STORE_POPS, "DF D2"),
    X87_ROW("DF D8+i", "STi", "FSTP", move, HELPER_fst_st | STORE_POPS, "DF DA"),

    X87_ROW("D9 E0", "", "FCHS", sign, 0, "D9 E0"),
    X87_ROW("D9 E1", "", "FABS", sign, 1, "D9 E1"),
    X87_ROW("D9 E8", "", "FLD1", constant, 1, "D9 E8"),
    X87_ROW("D9 E9", "", "FLDL2T", x87_generic_reg, 0, "D9 E9"),
    X87_ROW("D9 EA", "", "FLDL2E", x87_generic_reg, 0, "D9 EA"),
    X87_ROW("D9 EB", "", "FLDPI", x87_generic_reg, 0, "D9 EB"),
    X87_ROW("D9 EC", "", "FLDLG2", x87_generic_reg, 0, "D9 EC"),
    X87_ROW("D9 ED", "", "FLDLN2", x87_generic_reg, 0, "D9 ED"),
    X87_ROW("D9 EE", "", "FLDZ", constant, 0, "D9 EE"),

    FCMOV(DA, C0, "FCMOVB"), FCMOV(DA, C8, "FCMOVE"), FCMOV(DA, D0, "FCMOVBE"), FCMOV(DA, D8, "FCMOVU"),
    FCMOV(DB, C0, "FCMOVNB"), FCMOV(DB, C8, "FCMOVNE"), FCMOV(DB, D0, "FCMOVNBE"), FCMOV(DB, D8, "FCMOVNU"),
};

const struct x86_table_of_rows x86_table_x87_load = { "x87_load", rows, G_N_ELEMENTS(rows) };
