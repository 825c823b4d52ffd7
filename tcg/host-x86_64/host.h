/* SPDX-License-Identifier: MIT */
#ifndef TCG_HOST_HOST_H
#define TCG_HOST_HOST_H
/*
 * Inside the x86-64 back end.
 *
 *   analysis.c   one pass forward (uses), one backward (liveness)
 *   backend.c    the loop over ops; far code is gathered in a second buffer and put behind the main code
 *   regs.c       which register holds what; spills     flags.c  deferred flags and what EFLAGS holds
 *   alu.c, flag_ops.c, vector.c, copy_emit.c, memory.c, calls.c, control.c   one function a kind of op
 *   trampoline.c entry, exits and stubs common to all blocks
 *
 * Registers: pinned globals in the order of their rank in rax rcx rdx rbx r12 rbp rsi rdi r8 r9; r13 = struct cpu + 128
 * (so that one-byte displacements reach its first 256 bytes); r10 r11 r14 r15 and what is not pinned for temporaries;
 * rsp = host stack, 16-byte aligned inside a block; xmm0-14 vectors, xmm15 scratch.
 */
#include <string.h>
#include "tcg/backend.h"
#include "tcg/engine_switches.h"
#include "tcg/frontend.h"
#include "tcg/host-x86_64/encode.h"

enum {
    REG_CPU = R13, CPU_BIAS = 128, PIN_REGS = 10, XMM_SCRATCH = 15,
    CALLER_SAVED = 1 << RAX | 1 << RCX | 1 << RDX | 1 << RSI | 1 << RDI | 1 << R8 | 1 << R9 | 1 << R10 | 1 << R11,
    MAX_FLAG_STATES = 4, MAX_SNAPSHOTS = 48, MAX_LOOPS = 16, SPILL_SLOTS = 64, CROSS_SLOTS = 128, MAX_FIXES = 40000,
};

enum host_features { HOST_HAS_BMI2 = 1 << 0, HOST_HAS_LZCNT = 1 << 1, HOST_HAS_TZCNT = 1 << 2, HOST_HAS_POPCNT = 1 << 3 };

enum vreg_flag {
    VREG_DIRTY = 1 << 0,            /* the register is newer than memory */
    VREG_CONST = 1 << 1,            /* always `value`; held nowhere until asked for */
    VREG_GLOBAL = 1 << 2,
    VREG_CROSS = 1 << 3,            /* a temporary used in more than one basic block */
};
struct vreg {
    uint8_t reg;                    /* the register (xmm number for a vector) that holds it, or NO_REG */
    uint8_t home;                   /* where it is pinned, or NO_REG */
    uint8_t flags;
    uint8_t demand;                 /* most bits that any use reads */
    int16_t slot;                   /* spill slot of a temporary, -1: none yet */
    uint16_t defs, block;
    uint16_t live_bit;              /* 1..: bit in label live sets; 0: none */
    int32_t mem;                    /* displacement of a global from REG_CPU */
    /* tlb_group.c: the register is root + root_offset, said when the root had that version and had moved so far */
    ir_reg root;
    uint16_t version, root_version;
    uint32_t narrow_epoch;          /* the value was below 2^32 when alias_epoch was this */
    uint32_t root_epoch;            /* host_state.alias_epoch then */
    int32_t moved, root_offset, root_moved;
    int64_t value;
};

/* Where one word of a deferred flags value is. */
enum flag_where { FLAG_NONE, FLAG_REG, FLAG_IMM, FLAG_MEM };
struct flag_word { uint8_t where, reg; int64_t value; };
enum { FLAGS_UNKNOWN = 0xfe, FLAGS_HOST = 0xff };       /* kinds of our own: as memory says; only in EFLAGS */
struct flag_state {
    ir_reg vreg;                    /* 0: unused */
    uint8_t kind, width;
    bool tag_stored;                /* kind and width are in memory */
    bool stored;                    /* memory holds flags equal to these, whatever kind it gives them */
    struct flag_word a, b;
};

/* Accesses off one base that share a TLB look-up; offsets from the present value of root (0: no group). */
struct tlb_group { ir_reg root; uint8_t mmu, reg; bool write; unsigned members; int64_t low, high; };
enum group_role { GROUP_ALONE, GROUP_LEADER, GROUP_MEMBER };

/* What is in which register at a point: taken at a branch, put back at its label. */
struct allocation {
    ir_reg owner[HOST_REGS], xmm_owner[HOST_REGS];
    uint16_t dirty, xmm_dirty;
    struct flag_state flags[MAX_FLAG_STATES];
    ir_reg eflags_of;
    uint16_t eflags_bits;
};

struct label_info {
    uint16_t branches;              /* branches to it */
    uint16_t position;              /* op index of the LABEL */
    bool fall_in, backward;         /* reached from above; reached from below */
    uint16_t backward_branches, last_branch;    /* how many are from below, op index of the last */
    uint8_t loop;                   /* vectors held in registers around the loop that starts here: loops[loop - 1] */
    int16_t snapshot;               /* allocation at its only branch, -1 none */
    uint8_t *at;                    /* address, once known */
    uint8_t *first_fix;             /* chain of rel32 to fill: each holds the distance to the one before, 0 ends */
    uint64_t live_globals, live_temps;
    uint8_t flags_kind, flags_width;        /* of the flags global on all ways here so far, see flags_arrive */
    bool flags_known, flags_differ;
};

/* Where the parts of a chained exit lie, in the main or the far buffer. guard, guard_stub: NULL in the block's own page. */
struct link_place { uint64_t pc; uint8_t *jump, *stub, *guard, *guard_stub; };

/* State of a back end: the tables made once, then what emit works on. */
struct host_state {
    const struct frontend *frontend;
    struct backend_options options;
    uint32_t features;
    uint8_t global_home[IR_MAX_GLOBALS + 1];
    uint16_t pinned_mask, pool_mask;
    int32_t pinned_mem[HOST_REGS];  /* displacement of what is pinned there */
    uint8_t op_ins[IR_OP_COUNT], op_outs[IR_OP_COUNT];      /* operands of each op */
    const uint8_t *stub[16];        /* enum host_stub, executable addresses */

    struct host_code c;             /* main code, or far code between far_begin and far_end */
    uint8_t *other;                 /* the cursor not in use */
    bool in_far;
    uint8_t *main_start, *main_limit, *far_start, *far_limit;
    intptr_t exec_delta;            /* executable minus writable address, main code */
    uint8_t **main_to_far, **far_to_main, **far_to_common;
    unsigned main_to_far_count, far_to_main_count, far_to_common_count;
    bool failed;
    void (*saved_hook)(struct host_code *code);

    struct ir_unit *unit;
    struct block *block;
    struct vreg *vregs;
    uint8_t *ends;                  /* an op: enum op_end bits */
    struct label_info *labels;
    struct allocation now;
    uint16_t locked, xmm_locked;
    uint32_t alias_epoch;           /* goes up whenever distances between registers are forgotten */
    struct tlb_group group;
    uint32_t stamp, used[HOST_REGS], xmm_used[HOST_REGS];
    uint64_t slots, freed;          /* spill slots in use; those that end with the op */
    unsigned cross_slots;           /* slots taken for good, behind these: see regs.c */
    struct allocation snapshots[MAX_SNAPSHOTS];
    unsigned snapshot_count;
    ir_reg loops[MAX_LOOPS][HOST_REGS];         /* owners of xmm registers at the heads of loops */
    unsigned loop_count;
    uint16_t xmm_kept;              /* not to be written back: what the head of a loop expects in registers */
    ir_reg flags_global;            /* the one flags global whose liveness is followed, 0: none */
    unsigned position;              /* op being emitted */
    uint64_t insn_pc;               /* of the last INSN mark */
    unsigned insn_number;
    bool eflags_busy;               /* between a compare and its use: nothing may change EFLAGS */
    uint8_t *block_slow, *block_precise;        /* in far code: hands the block to a stub; NULL until needed */
    struct link_place links[BLOCK_MAX_LINKS];
};

enum op_end {                       /* host_state.ends[op] */
    END_S0 = 1 << 0, END_S1 = 1 << 1, END_S2 = 1 << 2, END_S3 = 1 << 3,        /* last use of s[n] */
    END_D0 = 1 << 4, END_D1 = 1 << 5,                                          /* d[n] is never used */
    END_FLAGS = 1 << 6,             /* the flags global is dead after this op */
};

enum host_stub {
    STUB_ENTER, STUB_EXIT, STUB_EXIT_POLL, STUB_EXIT_LINK, STUB_JUMP, STUB_LOOKUP, STUB_SLOW, STUB_PRECISE, STUB_SAVE,
    STUB_RELOAD, STUB_RELOAD_ALL, STUB_FLAGS_WORD,
};

/* Parameters of the slow memory path and of STUB_PRECISE, in cpu->spill behind the slots. */
enum {
    SLOW_AREA = offsetof(struct cpu, spill) + 8 * (SPILL_SLOTS + CROSS_SLOTS),
    SLOW_ADDRESS = SLOW_AREA, SLOW_VALUE = SLOW_AREA + 8, SLOW_EXTRA = SLOW_AREA + 16, SLOW_CODE = SLOW_AREA + 24,
    SLOW_SAVE = SLOW_AREA + 32, SLOW_SAVE2 = SLOW_AREA + 40, SLOW_VECTOR = SLOW_AREA + 48,
    SLOW_MMU_BITS = 3, SLOW_INSN_BITS = 7, SLOW_PC_BITS = 12, SLOW_MMU = 6, SLOW_INSN = SLOW_MMU + SLOW_MMU_BITS,
    SLOW_PC = SLOW_INSN + SLOW_INSN_BITS, SLOW_OP = SLOW_PC + SLOW_PC_BITS,
};
enum slow_kind { SLOW_LD, SLOW_ST, SLOW_LDV, SLOW_STV, SLOW_PROBE, SLOW_ATOMIC };
/* SLOW_CODE: kind in bits 0-2, log2 bytes 3-5, mmu, insn, pc - block pc, then atomic op - ATOMIC_ADD in 3 bits. */

static inline struct host_state *host_of(struct host_code *c)
{
    return (struct host_state *)((uint8_t *)c - offsetof(struct host_state, c));
}
static inline struct host_mem cpu_mem(size_t offset) { return host_mem(REG_CPU, (int32_t)offset - CPU_BIAS); }
static inline struct vreg *vreg_of(struct host_state *h, ir_reg r) { return &h->vregs[r]; }
static inline bool is_pinned(struct host_state *h, ir_reg r) { return h->vregs[r].home != NO_REG; }
static inline unsigned op_width(unsigned w) { return w < 32 ? 32 : w; }
static inline bool fits32(int64_t v) { return v == (int32_t)v; }

/* analysis.c */
void host_analyse(struct host_state *h);

/* regs.c: integers */
unsigned reg_temp(struct host_state *h);                             /* a free register, locked until the op ends */
unsigned reg_temp_in(struct host_state *h, uint16_t mask);
unsigned reg_use(struct host_state *h, ir_reg r);                    /* the register that holds it, locked */
unsigned reg_def(struct host_state *h, ir_reg r);                    /* the register to put its new value in, locked */
unsigned reg_def_over(struct host_state *h, ir_reg r, unsigned reusable);   /* ... preferably this one */
void reg_unlock(struct host_state *h, unsigned reg);
void reg_release(struct host_state *h, ir_reg r);                    /* it is dead */
bool reg_is_const(struct host_state *h, ir_reg r, int64_t *value);
bool reg_in_memory(struct host_state *h, ir_reg r, struct host_mem *m);     /* held in memory only */
void reg_changing(struct host_state *h, unsigned reg);               /* before a register that flags may refer to changes */
void reg_spill(struct host_state *h, unsigned reg);                  /* empties a pool register */
void reg_spill_mask(struct host_state *h, uint16_t mask);
void reg_load_const(struct host_state *h, unsigned reg, uint64_t value);
struct host_mem reg_mem(struct host_state *h, ir_reg r);             /* its memory home; gives a temporary a slot */
void regs_start(struct host_state *h);
void regs_forget(struct host_state *h);                              /* nothing is in pool registers any more */
void regs_forget_globals(struct host_state *h);                      /* a helper wrote them in memory */
/* Memory homes made current, with movs only; registers keep what they hold. temps: temporaries that live in several
 * blocks too. lasting: what was written counts as written from here on (false in far code). */
void regs_write_back(struct host_state *h, bool temps, bool lasting);
void regs_take(struct host_state *h, struct allocation *a);
void regs_put(struct host_state *h, const struct allocation *a, const struct label_info *label);
void regs_op_done(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
/* vectors */
unsigned xmm_use(struct host_state *h, ir_reg r);
unsigned xmm_def(struct host_state *h, ir_reg r);
unsigned xmm_temp(struct host_state *h);
void xmm_spill(struct host_state *h, unsigned xmm);
void xmm_own(struct host_state *h, unsigned xmm, ir_reg r);
void xmm_store_live(struct host_state *h, bool all);                 /* to their homes: dirty ones, or all */
void xmm_load_live(struct host_state *h);
void xmm_forget(struct host_state *h);

/* loops.c: vectors stay in registers around a loop */
bool loop_head(struct host_state *h, struct label_info *l);          /* at its label; false: it is none */
void loop_again(struct host_state *h, const struct label_info *l);   /* before a branch to it */

/* flags.c */
struct flag_state *flags_of(struct host_state *h, ir_reg f);         /* finds or makes (as memory says) */
void flags_set(struct host_state *h, ir_reg f, unsigned kind, unsigned width, struct flag_word a, struct flag_word b);
void flags_set_host(struct host_state *h, ir_reg f, unsigned width); /* EFLAGS alone hold them */
void flags_set_stored(struct host_state *h, ir_reg f);               /* memory holds them, kind not known */
void flags_drop(struct host_state *h, ir_reg f);
void flags_move(struct host_state *h, ir_reg to, ir_reg from, bool from_dies);
void flags_eflags_are(struct host_state *h, ir_reg f, uint32_t bits);        /* EFLAGS hold f, as far as bits say */
void flags_write_back(struct host_state *h, bool temps, bool lasting);       /* triples to memory; movs only */
void flags_store(struct host_state *h, struct flag_state *s);
void flags_reg_changing(struct host_state *h, unsigned reg);
void flags_forget(struct host_state *h);
void flags_arrive(struct host_state *h, struct label_info *l);       /* one way to l, all is written back */
void flags_at_label(struct host_state *h, const struct label_info *l);       /* all ways have arrived */
uint16_t flags_registers(struct host_state *h);
unsigned flags_condition(struct host_state *h, ir_reg f, unsigned cond);     /* the host condition to test now */
bool flags_bring(struct host_state *h, ir_reg f, uint32_t bits);     /* into EFLAGS; false: its kind cannot cheaply */
void flags_carry(struct host_state *h, ir_reg f);                    /* puts the carry in CF */
void flags_to_eflags(struct host_state *h, ir_reg f);                /* all of them */
unsigned flags_word(struct host_state *h, ir_reg f);                 /* the word, in a fresh temporary that may be changed */
void flags_hook(struct host_code *c);
struct host_mem flags_mem(struct host_state *h, ir_reg f);           /* of its struct ir_flags */
static inline struct flag_word flag_in(unsigned reg) { return (struct flag_word){ FLAG_REG, (uint8_t)reg, 0 }; }
static inline struct flag_word flag_imm(int64_t v) { return (struct flag_word){ FLAG_IMM, NO_REG, v }; }
static inline struct flag_word flag_none(void) { return (struct flag_word){ FLAG_NONE, NO_REG, 0 }; }
static inline struct flag_word flag_stored(void) { return (struct flag_word){ FLAG_MEM, NO_REG, 0 }; }

/* one function a kind of op */
void emit_pure(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_flag(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_flag_value(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_vector(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_memory(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_atomic(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_copy(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_x87(struct host_state *h, const struct ir_insn *insn);
void emit_call(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
void emit_control(struct host_state *h, const struct ir_insn *insn, uint8_t ends);
/* alu.c, for flag ops whose flags are dead */
void emit_alu(struct host_state *h, enum ir_op op, const struct ir_insn *insn, uint8_t ends);
void host_compare(struct host_state *h, unsigned w, ir_reg a, ir_reg b, int64_t imm);     /* cmp, or test with 0 */
void host_widen(struct host_state *h, unsigned w, unsigned to, unsigned from);            /* zero-extends */
void host_mov(struct host_state *h, unsigned to, unsigned from);                          /* 64 bits, unless the same */
void host_shift_by_cl(struct host_state *h, enum host_row_name row, unsigned w, unsigned d, unsigned other, unsigned count);

/* memory.c */
void host_slow(struct cpu *cpu, struct block *block);

/* tlb_group.c */
/* *cut: the access must be to the address cut to 32 bits. */
enum group_role group_role(struct host_state *h, const struct ir_insn *insn, int64_t *low, int64_t *high, bool *cut);
void group_after(struct host_state *h, const struct ir_insn *insn);
void group_drop(struct host_state *h);
/* Registers may have changed in ways that no op shows (a label that others jump to, a helper that writes registers): what
 * was known of their distances is void. */
void group_forget(struct host_state *h);

/* backend.c */
void far_begin(struct host_state *h);
void far_end(struct host_state *h);
void jump_to_stub(struct host_state *h, uint8_t *rel32, enum host_stub stub);
void main_to_far(struct host_state *h, uint8_t *rel32, const uint8_t *far);
void far_to_main(struct host_state *h, uint8_t *rel32, const uint8_t *target);

/* watch.c */
struct watch_point { uint8_t *main, *far; };
static inline struct watch_point watch_here(const struct host_state *h)
{
    return (struct watch_point){ h->c.p, h->other };
}
/* Somebody watches: what was emitted since came of ops first to last. */
void watch_emitted(struct host_state *h, struct watch_point before, int first, int last);
void watch_places(struct host_state *h, unsigned insn);              /* where the globals are */
/* One more in a counter of block->counts. temp: a register that is free; EFLAGS are lost, nobody may need them. */
void count_up(struct host_state *h, uint64_t *counter, unsigned temp);

/* trampoline.c */
bool trampoline_emit(struct host_state *h, struct code_buffer *common);
void stub_start(struct host_state *h, enum host_stub stub);
void stub_call_c(struct host_state *h, const void *function);
void flags_stub_emit(struct host_state *h);                          /* flags_stub.c */
struct host_exit { uint64_t block, code; };             /* code: reason | slot << 8 */

/* features.c */
uint32_t host_features(void);

#endif
