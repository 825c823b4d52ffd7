/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_SSE_H
#define TARGET_X86_SSE_H
/*
 * Rows for SIMD instructions that run on the host as themselves.
 *
 * SSE_COPY and its relatives write one row: from the prefix, the opcode map and the opcode byte they make the decoder's
 * pattern, the struct ir_copy that the back ends emit, and the test instances, so that an encoding is stated once.
 *      prefix  NP, 66, F2 or F3        map     0F, 0F38 or 0F3A
 *      shape   COPY_*: which of ModRM's registers are read and written, and of which class
 */
#include "target-x86/trans.h"

#define SSE_PREFIX_TEXT_NP "NP "
#define SSE_PREFIX_TEXT_66 "66 "
#define SSE_PREFIX_TEXT_F2 "F2 "
#define SSE_PREFIX_TEXT_F3 "F3 "
#define SSE_PREFIX_BYTES_NP ""
#define SSE_PREFIX_BYTES_66 "66 "
#define SSE_PREFIX_BYTES_F2 "F2 "
#define SSE_PREFIX_BYTES_F3 "F3 "
#define SSE_PREFIX_NP 0
#define SSE_PREFIX_66 0x66
#define SSE_PREFIX_F2 0xf2
#define SSE_PREFIX_F3 0xf3
#define SSE_MAP_TEXT_0F "0F "
#define SSE_MAP_TEXT_0F38 "0F 38 "
#define SSE_MAP_TEXT_0F3A "0F 3A "
#define SSE_MAP_0F 1
#define SSE_MAP_0F38 2
#define SSE_MAP_0F3A 3

/* Shapes. */
#define COPY_BINARY .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define COPY_UNARY .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define COPY_BINARY_XMM0 COPY_BINARY, .xmm0_role = IR_COPY_READ
#define COPY_COMPARE .reg_role = IR_COPY_READ, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC, \
    .flags_role = IR_COPY_WRITE
#define COPY_TO_INT .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_INT, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define COPY_FROM_INT .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_INT
#define COPY_SHIFT_IMM .rm_role = IR_COPY_BOTH, .rm_class = IR_COPY_VEC

#define SSE_PATTERN(prefix, map, op) SSE_PREFIX_TEXT_##prefix SSE_MAP_TEXT_##map #op " /r"
#define SSE_BYTES(prefix, rex, map, op, tail) SSE_PREFIX_BYTES_##prefix rex SSE_MAP_TEXT_##map #op tail

/* Test instances: register form, twice the same register, memory, and registers that need REX. */
#define SSE_TESTS_REG(prefix, map, op, tail) \
    SSE_BYTES(prefix, "", map, op, " C1" tail) ";" SSE_BYTES(prefix, "", map, op, " D2" tail) ";" \
    SSE_BYTES(prefix, "45 ", map, op, " C1" tail) "@64"
#define SSE_TESTS_MEM(prefix, map, op, tail) SSE_BYTES(prefix, "", map, op, " 1F" tail)
#define SSE_TESTS(prefix, map, op, tail) SSE_TESTS_REG(prefix, map, op, tail) ";" SSE_TESTS_MEM(prefix, map, op, tail)

#define SSE_IR_COPY(nm, prefix_, map_, op, w, imm, ...) \
    { .name = #nm, .prefix = SSE_PREFIX_##prefix_, .map = SSE_MAP_##map_, .opcode = 0x##op, .rex_w = w, .imm_bytes = imm, __VA_ARGS__ }
#define SSE_COPY_DATA(nm, prefix, map, op, imm, ...) \
    (intptr_t)(const struct ir_copy[2]){ SSE_IR_COPY(nm, prefix, map, op, 0, imm, __VA_ARGS__), \
                                         SSE_IR_COPY(nm, prefix, map, op, 1, imm, __VA_ARGS__) }

/* A row for `fn` with the copy in its data. */
#define SSE_ROW(prefix, map, op, operands_, nm, fn, flags_, feat, shape) \
    { .opcode = SSE_PATTERN(prefix, map, op), .operands = operands_, .name = #nm, .translate = fn, \
      .flags = ROW_SSE | (flags_), .feature = FEAT_##feat, .tests = SSE_TESTS(prefix, map, op, ""), \
      .data = SSE_COPY_DATA(nm, prefix, map, op, 0, shape) }
/* The same with an immediate byte; three values of it are tested. */
#define SSE_ROW_IMM(prefix, map, op, operands_, nm, fn, flags_, feat, shape) \
    { .opcode = SSE_PATTERN(prefix, map, op), .operands = operands_, .name = #nm, .translate = fn, \
      .flags = ROW_SSE | (flags_), .feature = FEAT_##feat, \
      .tests = SSE_TESTS(prefix, map, op, " 1B") ";" SSE_TESTS_REG(prefix, map, op, " 00") ";" SSE_TESTS_REG(prefix, map, op, " 6E") \
          ";" SSE_TESTS_REG(prefix, map, op, " FF"), \
      .data = SSE_COPY_DATA(nm, prefix, map, op, 1, shape) }

/* Integer and logic rows cannot raise; full vectors must be aligned in memory. */
#define SSE_INT(prefix, map, op, nm, feat) SSE_ROW(prefix, map, op, "Vdq,Wdq", nm, sse_copy, ROW_ALIGN16, feat, COPY_BINARY)
#define SSE_INT_UNARY(prefix, map, op, nm, feat) SSE_ROW(prefix, map, op, "Vdq,Wdq", nm, sse_copy, ROW_ALIGN16, feat, COPY_UNARY)
#define SSE_INT_IMM(prefix, map, op, nm, feat) \
    SSE_ROW_IMM(prefix, map, op, "Vdq,Wdq,Ib", nm, sse_copy, ROW_ALIGN16, feat, COPY_BINARY)
#define SSE_INT_UNARY_IMM(prefix, map, op, nm, feat) \
    SSE_ROW_IMM(prefix, map, op, "Vdq,Wdq,Ib", nm, sse_copy, ROW_ALIGN16, feat, COPY_UNARY)
/* Exclusive or, which compilers clear registers with. */
#define SSE_XOR(prefix, map, op, nm, feat) SSE_ROW(prefix, map, op, "Vdq,Wdq", nm, sse_xor, ROW_ALIGN16, feat, COPY_BINARY)
/* Floating point: sse_copy_fp checks for unmasked exceptions in MODE_MXCSR_TRAPS units. */
#define SSE_FP(prefix, map, op, nm, feat) \
    SSE_ROW(prefix, map, op, "Vdq,Wdq", nm, sse_copy_fp, ROW_ALIGN16, feat, COPY_BINARY)
#define SSE_FP_UNARY(prefix, map, op, nm, feat) \
    SSE_ROW(prefix, map, op, "Vdq,Wdq", nm, sse_copy_fp, ROW_ALIGN16, feat, COPY_UNARY)

/*
 * Runs row->data, struct ir_copy[2] (REX.W clear and set), with operand 0 as ModRM.reg, operand 1 as ModRM.rm and the
 * immediate operand if the copy has one.
 */
x86_translate sse_copy;
/* As sse_copy; a register with itself is zero whatever it held. */
x86_translate sse_xor;
/* As sse_copy, for what may set MXCSR flags. */
x86_translate sse_copy_fp;
x86_translate sse_dot;           /* DPPS and DPPD */
/* Emits the copy with rm given; the result goes to register operand 0. fp as for sse_copy_fp. */
void sse_emit(struct x86_trans *t, const struct ir_copy *copy, ir_reg rm, int imm, bool fp);
/* v = copy(w) on temporaries, with the checks of MODE_MXCSR_TRAPS. */
void sse_fp_run(struct x86_trans *t, const struct ir_copy *copy, ir_reg v, ir_reg w);
/* The copy of this row for the operand size of its integer operand. */
const struct ir_copy *sse_row_copy(const struct x86_trans *t);
/* A vector with the w bits of memory operand 1 at the bottom, zero above (w 16, 32, 64 or 128). */
ir_reg sse_load(struct x86_trans *t, unsigned w);

#endif
