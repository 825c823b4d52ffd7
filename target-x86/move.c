/* SPDX-License-Identifier: MIT */
/* MOV between general registers, memory and immediates, (SDM volume 2). Segment, control and debug registers
 * are in the system chapters. */
#include "target-x86/integer.h"

static void mov(struct x86_trans *t)
{
    const struct x86_operand *to = &t->insn->operand[0], *from = &t->insn->operand[1];
    if (from->kind == OPERAND_IMM && to->kind == OPERAND_GPR && to->bits >= 32)
        ir_movi_to(t->u, x86_gpr(to->reg), to->bits == 32 ? (uint32_t)from->value : (uint64_t)from->value);
    else if (from->kind == OPERAND_MEM && to->kind == OPERAND_GPR && to->bits >= 32)
        ir_mov_to(t->u, x86_gpr(to->reg), x86_read(t, 1));
    else
        x86_write(t, 0, x86_read_low(t, 1));
}

#define TESTS_LOAD(op) op " 0b@32@64;" op " 0f;" op " 4b 7f@32@64;66 " op " 0f;67 " op " 0f;48 " op " 03@64;45 " op " 2c 24@64;" op " 4c 8b 10@32@64;" \
    op " 44 cb f0@64;" op " c8;66 " op " c8;48 " op " c8@64"

static const struct x86_row rows[] = {
    { "88 /r", "Eb,Gb", "mov", mov, 0, FEAT_NONE, "88 c8;88 e5;88 0b;88 63 10;44 88 c5@64;40 88 e5@64", 0, 0 },
    { "89 /r", "Ev,Gv", "mov", mov, 0, FEAT_NONE, TESTS_LOAD("89"), 0, 0 },
    { "8A /r", "Gb,Eb", "mov", mov, 0, FEAT_NONE, "8a c8;8a e5;8a 0b;8a 63 10;44 8a c5@64;40 8a e5@64", 0, 0 },
    { "8B /r", "Gv,Ev", "mov", mov, 0, FEAT_NONE, TESTS_LOAD("8b"), 0, 0 },
    /* The address is part of the instruction: the harness puts one of its data area there for "MO". */
    { "A0", "AL,Ob", "mov", mov, 0, FEAT_NONE, "a0 MO;67 a0 MO", 0, 0 },
    { "A1", "rAX,Ov", "mov", mov, 0, FEAT_NONE, "a1 MO;66 a1 MO;48 a1 MO@64;67 a1 MO", 0, 0 },
    { "A2", "Ob,AL", "mov", mov, 0, FEAT_NONE, "a2 MO;67 a2 MO", 0, 0 },
    { "A3", "Ov,rAX", "mov", mov, 0, FEAT_NONE, "a3 MO;66 a3 MO;48 a3 MO@64;67 a3 MO", 0, 0 },
    { "B0+r ib", "Zb,Ib", "mov", mov, 0, FEAT_NONE, "b0 85;b5 12;b7 34;40 b5 77@64;41 b2 01@64", 0, 0 },
    { "B8+r", "Zv,Iv", "mov", mov, 0, FEAT_NONE,
      "b8 34 82@16;b9 78 56 34 92@32@64;66 bb 34 82@32@64;66 bb 78 56 34 82@16;48 bb 88 77 66 55 44 33 22 91@64;41 b8 01 02 03 84@64", 0, 0 },
    { "C6 /0 ib", "Eb,Ib", "mov", mov, 0, FEAT_NONE, "c6 c1 85;c6 03 7f;c6 c5 11", 0, 0 },
    { "C7 /0 iz", "Ev,Iz", "mov", mov, 0, FEAT_NONE, X86_ALU_IMMZ("c7", "c1", "03") ";48 c7 03 01 02 03 84@64", 0, 0 },
};
X86_TABLE(move, rows);
