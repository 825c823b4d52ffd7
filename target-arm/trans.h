/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_TRANS_H
#define TARGET_ARM_TRANS_H
/*
 * Decoding and translating one ARM instruction, A64, A32 or T32.
 *
 *   word -> arm_decode (rows) -> row->translate -> IR
 *
 * A row is written as the Arm ARM writes the encoding: bits from the top, 0, 1, or a letter that names a field (a
 * field's bits
 * are contiguous; a field in two parts has two letters). Capital letters are fields, too; '.' is a bit that does not
 * matter, '-' and '+' are (0) and (1): bits that should be 0 or 1 (otherwise the instruction is UNPREDICTABLE; we do not look).
 * Spaces mean nothing. 32 bits, or 16 for T32's short instructions (a 32-bit T32 row is first half-word, second
 * half-word).
 *
 * Commit late: assign globals after the last op of the instruction that may fault (tcg/ir.h, "Precise state").
 * Rows of one instruction set may not overlap (tests/unit/arm_rows): a row that is a special case of another says so
 * by a
 * field constraint in `unless` ("m=31", "s=0,t=15": not these words) or `where` (only these).
 */
#include "tcg/ir_build.h"
#include "target-arm/cpu.h"

struct arm_trans;
struct arm_row;
typedef void arm_translate(struct arm_trans *t);

enum arm_row_flag {
    ARM_ENDS = 1 << 0,              /* always ends the unit */
    ARM_ROW_FP = 1 << 1,            /* FP or SIMD: traps unless MODE_FP */
    ARM_ROW_MEM = 1 << 2,           /* tests: field n is a base register that must point to memory */
    ARM_ROW_NO_TEST = 1 << 3,       /* cannot be tested in user mode; tests/guests_arm covers it */
    ARM_ROW_EL1 = 1 << 4,           /* undefined at EL0 */
    ARM_ROW_AA32_V8 = 1 << 5,       /* AArch32: only from ARMv8 on */
    ARM_ROW_COND = 1 << 6,          /* T32: does not end an IT block's condition (spare for A32's translator) */
    ARM_ROW_MEM_WB = 1 << 7,        /* tests: with ARM_ROW_MEM, writes the base back */
    ARM_ROW_BRANCH = 1 << 8,        /* tests: changes pc */
    ARM_ROW_MEM_ALIGNED = 1 << 9,   /* tests: with ARM_ROW_MEM, the base is a multiple of 16 */
};

struct arm_row {
    const char *pattern, *name;
    arm_translate *translate;
    uint32_t flags;                 /* enum arm_row_flag */
    enum arm_feature feature;
    intptr_t data;                  /* for translators that serve several rows */
    const char *where, *unless;     /* "n=15,d=0;m=31": constraints on fields, ',' and, ';' or */
};
struct arm_table { const char *name; const struct arm_row *rows; unsigned count; };
#define ARM_TABLE(name) const struct arm_table arm_table_##name = { #name, rows, G_N_ELEMENTS(rows) }

/* decode.c: a row compiled. Letters a-z are 0-25, A-Z 26-51. */
struct arm_constraint { uint32_t mask, value; };
struct arm_compiled {
    const struct arm_row *row;
    uint32_t mask, value;
    uint32_t should_mask, should_value;     /* bits that the manual prints as (0) or (1) */
    uint8_t shift[52], bits[52];
    struct arm_constraint where[6], unless[6];
    uint8_t where_count, unless_count;
};
struct arm_decoder;
enum arm_isa { ARM_ISA_A64, ARM_ISA_A32, ARM_ISA_T32, ARM_ISA_T16 };
/* tables: ended by NULL. cpu: rows of features that it lacks are left out; NULL for all. problems, when not NULL,
 * gets a line
 * for every malformed row and every two rows that overlap. */
struct arm_decoder *arm_decoder_new(const struct arm_table *const *tables, enum arm_isa isa, const struct arm_cpu *cpu,
                                    GString *problems);
void arm_decoder_free(struct arm_decoder *decoder);
/* NULL: nobody claims this word. */
const struct arm_compiled *arm_decode(const struct arm_decoder *decoder, uint32_t word);
bool arm_compile_row(const struct arm_row *row, enum arm_isa isa, struct arm_compiled *out, GString *problems);
bool arm_row_matches(const struct arm_compiled *row, uint32_t word);

struct arm_trans {
    struct ir_unit *u;
    struct arm_cpu *cpu;            /* for the model only; state is in `mode` */
    const struct arm_compiled *row; /* AArch32: NULL when nobody claims the word */
    uint32_t word, mode;
    unsigned mmu;
    uint64_t pc, next_pc;           /* next_pc: behind this instruction */
    bool ended;                     /* the unit is closed: no fall-through */
    unsigned slot;                  /* next GOTO slot */
    struct arm_unit_plan *plan;     /* unit.c */
    unsigned number;                /* of this instruction in the unit */
    bool last;                      /* no other instruction of the unit is planned behind it */
    bool single;                    /* unit of one instruction that ends in the loop: step, breakpoints */
    bool sp_aligned;                /* A64: SP was checked since the last label and nothing misaligned it */
    unsigned bytes;                 /* length of this instruction: 2 or 4 */
    uint8_t it, it_next;            /* T32: ITSTATE for this instruction and for the one behind it. A translator of an
                                     * instruction that may raise stores it in cpu.it before */
    intptr_t data;                  /* row->data */
};

/* The field that `letter` names in this row. arm_sfield: sign-extended. */
static inline uint32_t arm_field_of(const struct arm_compiled *row, uint32_t word, char letter)
{
    unsigned n = letter >= 'a' ? (unsigned)(letter - 'a') : (unsigned)(letter - 'A') + 26;
    return word >> row->shift[n] & (uint32_t)((1ull << row->bits[n]) - 1);
}
static inline uint32_t arm_field(const struct arm_trans *t, char letter) { return arm_field_of(t->row, t->word,
    letter); }
static inline int32_t arm_sfield(const struct arm_trans *t, char letter)
{
    unsigned n = letter >= 'a' ? (unsigned)(letter - 'a') : (unsigned)(letter - 'A') + 26, b = t->row->bits[n];
    return b ? (int32_t)(arm_field(t, letter) << (32 - b)) >> (32 - b) : 0;
}

/* Globals as IR registers (globals.c keeps the order). */
enum { ARM_GLOBAL_X0 = 1, ARM_GLOBAL_SP = 32, ARM_GLOBAL_NZCV = 33, ARM_GLOBAL_V0 = 34, ARM_GLOBAL_END = 66 };
/* AArch32: R0..R14; AArch64: 31 is SP */
static inline ir_reg arm_x(unsigned n) { return (ir_reg)(ARM_GLOBAL_X0 + n); }
static inline ir_reg arm_v(unsigned n) { return (ir_reg)(ARM_GLOBAL_V0 + n); }
#define ARM_NZCV ((ir_reg)ARM_GLOBAL_NZCV)

/* Helper rows: target-arm/helpers.def lists ARM_HELPER(name, args, flags); function helper_arm_##name. */
enum arm_helper {
#define ARM_HELPER(name, args, flags) HELPER_ARM_##name,
#include "target-arm/helpers.def"
#undef ARM_HELPER
    HELPER_ARM_COUNT
};

/* ---- condition flags (flags.c) ---- */
/* d = a op b and NZCV as ARM wants them; d may be IR_NONE. b may be IR_IMM with imm. */
void arm_flag_add(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b, int64_t imm);
void arm_flag_sub(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b, int64_t imm);
void arm_flag_adc(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b);      /* a + b + C */
void arm_flag_sbc(struct arm_trans *t, unsigned width, ir_reg d, ir_reg a, ir_reg b);      /* a - b - !C */
/* N and Z of a value, C and V cleared (A64's ANDS, BICS). */
void arm_flag_logic(struct arm_trans *t, unsigned width, ir_reg value);
/* N and Z of a value, C = bit 0 of carry (IR_NONE: C unchanged), V unchanged (AArch32's MOVS, ANDS, ...). */
void arm_flag_logic_carry(struct arm_trans *t, unsigned width, ir_reg value, ir_reg carry);
ir_reg arm_carry(struct arm_trans *t);                           /* C as 0 or 1 */
/* NZCV from a word with N Z C V in bits 31 to 28, and the reverse. */
void arm_flag_put(struct arm_trans *t, ir_reg word);
ir_reg arm_flag_get(struct arm_trans *t);
/* The IR condition of ARM_NZCV for an ARM condition 0 to 13 (AL is the caller's). */
static inline enum ir_cond arm_cond(unsigned cond)
{
    static const uint8_t map[14] = { IR_COND_E, IR_COND_NE, IR_COND_AE, IR_COND_B, IR_COND_S, IR_COND_NS, IR_COND_O,
        IR_COND_NO,
                                     IR_COND_A, IR_COND_BE, IR_COND_GE, IR_COND_L, IR_COND_G, IR_COND_LE };
    return (enum ir_cond)map[cond];
}

/* ---- ways to go on (unit.c) ---- */
/* A label to branch to on a condition that stands for "go on at pc": inside the unit or an exit in far code. */
unsigned arm_branch_label(struct arm_trans *t, uint64_t pc);
/* Far code: a branch to the label returned calls helper(arg...), which never comes back. An arg of IR_IMM is the
 * constant. */
struct arm_far { enum arm_helper helper; ir_reg result, arg[4]; uint64_t imm[4]; unsigned resume; bool no_return; };
unsigned arm_far_code(struct arm_trans *t, const struct arm_far *far);
/* direct branch in the same state: inside the unit or chained exit */
void arm_goto(struct arm_trans *t, uint64_t pc);
void arm_jump(struct arm_trans *t, ir_reg pc, enum ir_jump_hint hint);   /* indirect, same mode */
/* a helper (or STCPU) set pc and mode: look up and go on */
void arm_end_lookup(struct arm_trans *t);
void arm_end_exit(struct arm_trans *t);                          /* ... and interrupts must be looked at first */
/* state that mode depends on may have changed: go on at next_pc */
void arm_end_next(struct arm_trans *t);
void arm_end_next_exit(struct arm_trans *t);                     /* ... and interrupts must be looked at first */
void arm_pc_set(struct arm_trans *t, ir_reg pc);                 /* cpu.pc = pc */
void arm_gen_undefined(struct arm_trans *t);                     /* always raises; ends the unit */
ir_reg arm_call(struct arm_trans *t, enum arm_helper helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d);
void arm_call_void(struct arm_trans *t, enum arm_helper helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d);

/* ---- memory (memory.c): endianness and alignment as the mode says ---- */
/* bits 8 to 64; sign: result sign-extended to 64 bits. aligned: this access must be aligned whatever SCTLR.A says. */
enum arm_access { ARM_ACCESS_ALIGNED = 1, ARM_ACCESS_SIGNED = 2, ARM_ACCESS_MODIFY = 4, ARM_ACCESS_USER = 8 };
ir_reg arm_load(struct arm_trans *t, unsigned bits, ir_reg address, int64_t disp, unsigned flags);
void arm_store(struct arm_trans *t, unsigned bits, ir_reg address, int64_t disp, ir_reg value, unsigned flags);
/* Vectors of 8 to 128 bits; lane_bits: element size, for big-endian data (128-bit Q registers: lane_bits 128). */
ir_reg arm_load_vec(struct arm_trans *t, unsigned bits, unsigned lane_bits, ir_reg address, int64_t disp);
void arm_store_vec(struct arm_trans *t, unsigned bits, unsigned lane_bits, ir_reg address, int64_t disp, ir_reg vector);

/* Raises an Alignment fault unless the address is a multiple of `bytes`. */
void arm_check_aligned(struct arm_trans *t, unsigned bytes, ir_reg address, int64_t disp, bool write);

/* ---- tables ---- */
extern const struct arm_table *const arm_tables_a64[];           /* tables.c */
extern const struct arm_table *const arm_tables_a32[];           /* A32's files */
extern const struct arm_table *const arm_tables_t16[], *const arm_tables_t32[];
/*
 * AArch32's part (a32_*.c, t32_*.c beside unit.c). unit.c plans and writes units of all three instruction
 * sets; it decodes
 * with the tables above (T32: the 16-bit tables unless the first half-word is 0b11101, 0b11110 or 0b11111 at the
 * top) and calls
 * these for each AArch32 instruction instead of row->translate.
 *   arm32_translate_insn  t->row may be NULL: no such instruction. Does conditions, IT, PC reads (t->pc + 8 or + 4).
 *   arm32_branch_target   a direct branch that stays in the same state: its target, so that it may become a label of
 * the unit
 */
/* A64's direct branches (a64_branch.c). */
bool arm64_branch_target(const struct arm_compiled *row, uint32_t word, uint64_t pc, uint64_t *target);
/* exception.c: PC alignment faults, before anything is fetched. */
void arm_check_pc(struct arm_cpu *cpu);
void arm32_translate_insn(struct arm_trans *t);
bool arm32_branch_target(const struct arm_compiled *row, uint32_t word, uint64_t pc, uint32_t mode, uint64_t *target);

#endif
