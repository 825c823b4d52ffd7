/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_TRANS_H
#define TARGET_X86_TRANS_H
/*
 * Decoding and translating one x86 instruction.
 *
 *   bytes -> x86_decode (rows) -> struct x86_insn -> row->translate -> IR
 *
 * A row is written as the SDM's volume 2 writes it: opcode string, operand codes, and its tests beside it.
 */
#include "tcg/ir_build.h"
#include "target-x86/cpu.h"
#include "target-x86/cpuid.h"

struct x86_trans;
typedef void x86_translate(struct x86_trans *t);

enum x86_row_flag {
    ROW_LOCK = 1 << 0,              /* LOCK allowed when the destination is memory */
    ROW_NO64 = 1 << 1,              /* #UD in 64-bit mode */
    ROW_ONLY64 = 1 << 2,
    ROW_D64 = 1 << 3,               /* operand size is 64 by default in 64-bit mode (stack, near branches) */
    ROW_CPL0 = 1 << 4,              /* #GP(0) outside ring 0 */
    ROW_NOVM = 1 << 5,              /* #UD in real and virtual-8086 mode */
    ROW_FPU = 1 << 6,               /* x87: #NM by EM or TS */
    ROW_MMX = 1 << 7,               /* #UD by EM, #NM by TS */
    ROW_SSE = 1 << 8,               /* #UD by EM or no OSFXSR, #NM by TS */
    ROW_ENDS = 1 << 9,              /* always ends the unit */
    ROW_NO_HOST = 1 << 10,          /* tests of it cannot run in a host process */
    ROW_ALIGN16 = 1 << 11,          /* a 128-bit memory operand must be aligned: #GP(0) */
    ROW_NO66 = 1 << 12,             /* 66 is part of another row's opcode: this row wants none */
    ROW_WAITS = 1 << 13,            /* raises a pending x87 exception first: in MODE_X87_TRAPS units call
                                     * HELPER_fpu_wait before it (after the ROW_FPU and ROW_MMX checks) */
    ROW_F64 = 1 << 14,              /* operand size is 64 in 64-bit mode whatever the prefixes (near branches) */
};

/*
 * One row an encoding.
 *   opcode    "00 /r", "0F C8+r", "66 0F 3A 0F /r", "80 /7", "F3 0F 10 /r", "D9 C0+i", "0F 01 F8" (fixed modrm),
 *             "D8 /0" with operand codes saying memory or register. NP = no prefix of 66 F2 F3; NFx = no F2, F3;
 *             none = any. A row with a prefix of its own wins over one that takes any. "70+cc" = 16 conditions
 *             (insn->opcode & 15). "REX.W" / "W0" = W must be 1 / 0. "VEX.LZ.66.0F38.W1 F7 /r". Tokens ib iw id cb are
 *             allowed and mean nothing; the operands say it.
 *   operands  SDM 2 appendix A.2 codes, comma separated: Eb Ev Ew Ed Eq Ey Gb Gv Gw Gy Ib Iw Iz Iv sIb (sign-extended byte)
 *             Jb Jz M Mb Mw Md Mq Mdq Mp Ob Ov Sw Cy Dy Rv Ry Zb Zv (register in opcode) AL rAX eAX CL DX 1 Xb Xv Yb Yv
 *             Vx Wx (xmm; x = dq, sd, ss, ps, pd, q, d, w, b give the memory size) Ux (xmm only) Pq Qq Qd Nq (mm) ST STi
 *             By (VEX.vvvv register) Ap (far pointer) Ms Ma Mt (80 bits) ES CS SS DS FS GS rDX; "Ey/b" = register of
 *             size y or memory of size b (w, d likewise).
 *   tests     instances as hex bytes, separated by ';', a trailing "@16", "@32", "@64" names the code sizes it is
 *             for (default: all that decode it to this row). The harness runs each with many random states, in every
 *             mode and on the host CPU. NULL only with ROW_NO_HOST, when tests/guests covers it.
 */
struct x86_row {
    const char *opcode, *operands, *name;
    x86_translate *translate;
    uint32_t flags;
    enum x86_feature feature;
    const char *tests;
    uint32_t undefined_flags;       /* EFL_* that the SDM leaves undefined after it */
    intptr_t data;                  /* for translators that serve several rows: an IR op, a helper, a struct ir_copy * */
};

enum x86_operand_kind { OPERAND_NONE, OPERAND_GPR, OPERAND_GPR_HIGH8, OPERAND_MEM, OPERAND_IMM, OPERAND_XMM, OPERAND_MM,
                        OPERAND_SEG, OPERAND_CR, OPERAND_DR, OPERAND_REL, OPERAND_ST, OPERAND_FAR };
/* GPR_HIGH8: reg 0..3 are AH, CH, DH, BH. IMM: value, sign-extended for Iz and sIb. REL: displacement. FAR: offset in
 * value, selector beside it. */
struct x86_operand { uint8_t kind, reg; uint16_t bits, selector; int64_t value; };

enum x86_decode_status { X86_DECODE_OK, X86_DECODE_UD, X86_DECODE_TOO_LONG, X86_DECODE_MORE };

struct x86_insn {
    const struct x86_row *row;
    uint8_t bytes[16], length;      /* bytes: valid in units and tests, up to length */
    uint8_t rex, opcode, modrm;
    uint8_t vex, vvvv, vex_l;       /* vex: 0 or the first byte, C4 or C5 */
    bool has_modrm, lock, rep, repne, prefix66, prefix67;
    uint8_t segment;                /* override or SEG_NONE */
    uint8_t operand_bits, address_bits, stack_bits;
    uint8_t mod, reg, rm;           /* with REX bits */
    /* Memory operand: base + index << scale + disp; 255 = none; base 254 = RIP. */
    uint8_t base, index, scale, default_segment;
    int64_t disp;
    struct x86_operand operand[4];
    unsigned operand_count;
};

struct x86_trans {
    struct ir_unit *u;
    struct x86_cpu *cpu;            /* for the model and code bytes only; state is in `mode` */
    const struct x86_insn *insn;
    uint32_t mode;
    unsigned mmu, code_bits;        /* 16, 32, 64 */
    uint64_t rip, next_rip;         /* offsets in CS */
    uint64_t cs_base;               /* of the unit's start, for pc of targets outside 64-bit mode */
    bool ended;                     /* the unit is closed: no fall-through */
    unsigned slot;                  /* next GOTO slot */
    struct x86_unit_plan *plan;     /* unit.c: labels of branch targets inside the unit */
    unsigned number;                /* of this instruction in the unit */
    bool last;                      /* no other instruction of the unit is planned behind it */
    bool single;                    /* unit of one instruction that ends in the loop: TF, breakpoints, shadow */
    ir_reg ea_linear;               /* cached by x86_linear */
    enum { X87_UNKNOWN, X87_LIVE, X87_IN_MEMORY } x87_place;    /* where the x87 state is, since the last label (x87.h) */
    bool ea_done, ea_write;
};

/* Globals as IR registers (globals.c keeps the order). */
enum { X86_GLOBAL_RAX = 1, X86_GLOBAL_FLAGS = 17, X86_GLOBAL_XMM0 = 18, X86_GLOBAL_END = 34 };
static inline ir_reg x86_gpr(unsigned n) { return X86_GLOBAL_RAX + n; }
static inline ir_reg x86_xmm(unsigned n) { return X86_GLOBAL_XMM0 + n; }
#define X86_FLAGS ((ir_reg)X86_GLOBAL_FLAGS)

/* Helper rows: target-x86/helpers.def lists X86_HELPER(name, args, flags); function helper_##name. */
enum x86_helper {
#define X86_HELPER(name, args, flags) HELPER_##name,
#include "target-x86/helpers.def"
#undef X86_HELPER
    HELPER_COUNT
};

/* decode.c. OK, or row is NULL: UD no such instruction, TOO_LONG more than 15 bytes (#GP), MORE `available` ran out. */
struct x86_decoder;
enum x86_decode_status x86_decode(const struct x86_decoder *decoder, struct x86_insn *insn, const uint8_t *bytes,
                                  unsigned available, unsigned code_bits);
/* row_compile.c. A decoder of all rows whose feature `has` grants (NULL: all); immutable. problems, when not NULL,
 * gets a line for every malformed row and every two rows that overlap. */
struct x86_decoder *x86_decoder_new(bool (*has)(const void *model, enum x86_feature feature), const void *model,
                                    GString *problems);
void x86_decoder_free(struct x86_decoder *decoder);

/* operand.c: operands as IR */
ir_reg x86_ea(struct x86_trans *t);                              /* effective address, offset part, cut to the address size */
ir_reg x86_linear(struct x86_trans *t, unsigned bits, bool write); /* linear address of the memory operand, limits and rights checked */
/* Linear address of segment:offset, checked for an access of that size. */
ir_reg x86_segment_linear(struct x86_trans *t, unsigned segment, ir_reg offset, unsigned bits, bool write);
/* The same for what is accessed by bytes: no alignment check. */
ir_reg x86_segment_unaligned(struct x86_trans *t, unsigned segment, ir_reg offset, unsigned bits, bool write);
ir_reg x86_read(struct x86_trans *t, unsigned operand);          /* any integer operand, zero-extended */
/* As x86_read, but what lies above the operand's bits may be anything, and it may be the global itself: for ops
 * that read `width` bits, before that register is assigned. */
ir_reg x86_read_low(struct x86_trans *t, unsigned operand);
/* As x86_read_low of an operand that x86_write follows for: memory is checked for writing first. */
ir_reg x86_read_modify(struct x86_trans *t, unsigned operand);
/* value: not used afterwards when it is a temporary (ir_result_to). */
void x86_write(struct x86_trans *t, unsigned operand, ir_reg value);
ir_reg x86_get_reg(struct x86_trans *t, unsigned reg, unsigned bits);      /* legacy high bytes: use x86_read */
void x86_set_reg(struct x86_trans *t, unsigned reg, unsigned bits, ir_reg value);     /* merges 8 and 16 bits, zero-extends 32 */
ir_reg x86_read_vec(struct x86_trans *t, unsigned operand);      /* xmm register or memory, alignment checked by ROW_ALIGN16 */
void x86_write_vec(struct x86_trans *t, unsigned operand, ir_reg vector, unsigned bits);
/* push/pop data at the stack top; pop does not change SP (commit late with x86_stack_add) */
void x86_push(struct x86_trans *t, unsigned bits, ir_reg value);
ir_reg x86_pop_peek(struct x86_trans *t, unsigned bits);
void x86_stack_add(struct x86_trans *t, int64_t bytes);

/* unit.c: ways to go on */
uint64_t x86_pc(const struct x86_trans *t, uint64_t rip);        /* the pc that stands for a rip in this unit's CS */
/* A label to branch to on a condition that stands for "go on at rip": inside the unit or an exit in far code. */
unsigned x86_branch_label(struct x86_trans *t, uint64_t rip);
/* Far code: a branch to the label returned calls helper(arg...) with its result in `result` (or IR_NONE), then goes on
 * at label resume; no_return: the helper never comes back. An arg of IR_IMM is the constant in imm, IR_NONE ends them. */
struct x86_far {
    enum x86_helper helper;
    ir_reg result, arg[4];
    uint64_t imm[4];
    unsigned resume;
    bool no_return;
};
unsigned x86_far_code(struct x86_trans *t, const struct x86_far *far);
/* A branch to this label raises that exception (has_error: with error code 0). */
unsigned x86_far_raise(struct x86_trans *t, unsigned vector, bool has_error);
/* Near branch targets against the CS limit, or canonical in 64-bit code: #GP(0); before the branch changes anything. */
void x86_target_check(struct x86_trans *t, ir_reg rip);
void x86_target_check_direct(struct x86_trans *t, uint64_t rip);
bool x86_target_is_checked(struct x86_trans *t, uint64_t rip);  /* whether the latter has anything to check */
/* Where a relative branch of this instruction goes, cut to the operand size. */
uint64_t x86_branch_target(const struct x86_insn *insn, uint64_t next_rip, unsigned code_bits);
void x86_goto(struct x86_trans *t, uint64_t rip);                /* direct branch: inside the unit or chained exit */
void x86_jump(struct x86_trans *t, ir_reg rip, enum ir_jump_hint hint);   /* indirect, rip already cut to operand size */
void x86_end_lookup(struct x86_trans *t);                        /* a helper set rip and mode: look up and go on */
void x86_end_exit(struct x86_trans *t);                          /* ... and interrupts must be looked at first */
void x86_end_next(struct x86_trans *t);                          /* state that mode depends on may have changed: continue at next_rip via look-up */
void x86_gen_raise(struct x86_trans *t, unsigned vector);        /* always raises; ends the unit */
void x86_gen_raise_error(struct x86_trans *t, unsigned vector, uint32_t error);
ir_reg x86_call(struct x86_trans *t, enum x86_helper helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d);

/* The tables, one a chapter; tables.c lists them, ended by NULL. Each chapter's file exports x86_table_NAME (tables.h). */
struct x86_table_of_rows { const char *name; const struct x86_row *rows; unsigned count; };
extern const struct x86_table_of_rows *const x86_tables[];
extern const unsigned x86_table_count;

#endif
