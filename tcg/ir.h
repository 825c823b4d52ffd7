/* SPDX-License-Identifier: MIT */
#ifndef TCG_IR_H
#define TCG_IR_H
/*
 * The intermediate representation.
 *
 *   guest code -> front end -> IR -> optimiser -> { host back end, interpreter }
 *
 * A unit is a small control-flow graph over mutable virtual registers:
 * globals (guest registers, fields of the CPU structure, alive across units) and
 * temporaries (alive inside the unit, across labels too). There is no SSA and no phi.
 *
 * Precise state. An op with IR_F_FAULTS or IR_F_CALL may leave the unit by an
 * exception. The guest then sees every global as it was *assigned before that op*
 * and the pc of the last INSN mark. So a front end assigns the globals of a guest
 * instruction after its last op that may fault ("commit late"). Back ends write
 * globals back in far code only, so this costs the straight path nothing.
 *
 * Polling. A front end puts POLL behind each LABEL that a backward branch
 * reaches; JUMP and LOOKUP poll by themselves, and so does a GOTO whose target
 * does not lie behind it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t ir_reg;
enum { IR_NONE = 0, IR_IMM = 0xffff };          /* no register; "the operand is imm" */

enum ir_type { IR_TYPE_INT, IR_TYPE_VEC, IR_TYPE_FLAGS };

enum ir_op_flag {
    IR_F_COMMUTES    = 1 << 0,
    IR_F_IMM         = 1 << 1,      /* uses imm itself, so no operand may be IR_IMM */
    IR_F_KEEP        = 1 << 2,      /* the value is not cut to w bits */
    IR_F_COND        = 1 << 3,      /* uses cond */
    IR_F_FIRST_FLAGS = 1 << 4,      /* the flags input comes first */
    IR_F_FAULTS      = 1 << 5,
    IR_F_WRITES_MEM  = 1 << 6,
    IR_F_READS_CPU   = 1 << 7,
    IR_F_WRITES_CPU  = 1 << 8,
    IR_F_CALL        = 1 << 9,
    IR_F_COPY        = 1 << 10,
    IR_F_LABEL       = 1 << 11,
    IR_F_BRANCH      = 1 << 12,
    IR_F_ENDS        = 1 << 13,     /* the next op is reached only through a label */
    IR_F_EXITS       = 1 << 14,     /* may leave the unit: globals count as read */
    IR_F_MARK        = 1 << 15,
    IR_F_WIDE        = 1 << 16,     /* inputs and result are 64 bits whatever width is */
    IR_F_IS_PURE     = 1 << 20,     /* the four classes of row; set by the table, never by a row */
    IR_F_IS_FLAG     = 1 << 21,
    IR_F_IS_FVAL     = 1 << 22,
    IR_F_IS_VECT     = 1 << 23,
    /* No effect but its outputs: may be removed when they are dead. */
    IR_F_REMOVABLE   = IR_F_IS_PURE | IR_F_IS_FLAG | IR_F_IS_FVAL | IR_F_IS_VECT | IR_F_READS_CPU,
};

enum ir_op {
#define IR_ROW(name, ...) IR_##name,
#define IR_PURE IR_ROW
#define IR_FLAG IR_ROW
#define IR_FVAL IR_ROW
#define IR_VECT IR_ROW
#define IR_EFFECT IR_ROW
#include "tcg/ir_ops.def"
#undef IR_PURE
#undef IR_FLAG
#undef IR_FVAL
#undef IR_VECT
#undef IR_EFFECT
#undef IR_ROW
    IR_OP_COUNT
};

struct ir_op_info {
    const char *name;
    const char *outs, *ins;         /* operand types: i, v, f */
    const char *meaning;
    uint32_t flags;
    uint8_t out_count, in_count;    /* lengths of outs and ins; COPY: as many as there is room for */
};
extern const struct ir_op_info ir_op_info[IR_OP_COUNT];

/* Conditions, numbered as x86 does (SDM 2, B.1.4.7): bit 0 negates. */
enum ir_cond {
    IR_COND_O, IR_COND_NO, IR_COND_B, IR_COND_AE, IR_COND_E, IR_COND_NE, IR_COND_BE, IR_COND_A,
    IR_COND_S, IR_COND_NS, IR_COND_P, IR_COND_NP, IR_COND_L, IR_COND_GE, IR_COND_LE, IR_COND_G,
};

enum {      /* bits of a flags word */
    IR_CF = 1 << 0, IR_PF = 1 << 2, IR_AF = 1 << 4, IR_ZF = 1 << 6, IR_SF = 1 << 7, IR_OF = 1 << 11,
    IR_ALL_FLAGS = IR_CF | IR_PF | IR_AF | IR_ZF | IR_SF | IR_OF,
};

enum ir_flags_kind {
#define IR_FLAGS_KIND(name, text) IR_FLAGS_##name,
#include "tcg/ir_flags.def"
#undef IR_FLAGS_KIND
    IR_FLAGS_KIND_COUNT
};

/* A flags global as it lies in the CPU structure. */
struct ir_flags {
    uint64_t a, b;
    uint16_t kind;                  /* enum ir_flags_kind; with width one 32-bit store of host code */
    uint16_t width;                 /* bits */
    uint32_t pad;
};

/* The EFLAGS-layout word of a deferred flags value. */
uint32_t ir_flags_word(const struct ir_flags *flags);
/* Whether cond holds for a flags word. */
bool ir_cond_holds(enum ir_cond cond, uint32_t word);
/* The flags that a condition looks at. */
uint32_t ir_cond_flags(enum ir_cond cond);

enum ir_jump_hint { IR_JUMP_PLAIN, IR_JUMP_CALL, IR_JUMP_RETURN };

struct ir_insn {
    uint8_t op, width, cond;
    uint8_t dies;                   /* last uses: IR_LAST_*, IR_DEAD_* of ir_opt.h, set by the optimiser */
    uint16_t aux;
    ir_reg d[2];
    ir_reg s[4];
    int64_t imm;
    const void *ptr;                /* COPY: struct ir_copy, lives as long as the program */
};

/*
 * COPY: one host instruction in register form. The front end loads memory
 * operands with LD or LDV first. modrm.reg and modrm.rm (and VEX.vvvv) name
 * virtual registers: s[] lists the inputs and d[] the outputs in the order
 * reg, rm, vvvv, then flags, each only if the role is read or written.
 */
enum ir_copy_role { IR_COPY_NONE, IR_COPY_READ = 1, IR_COPY_WRITE = 2, IR_COPY_BOTH = 3 };
enum ir_copy_class { IR_COPY_INT, IR_COPY_VEC };
struct ir_copy {
    const char *name;
    uint8_t prefix;                 /* 0, 0x66, 0xf2 or 0xf3 */
    uint8_t map;                    /* 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A */
    uint8_t opcode;
    uint8_t rex_w;
    uint8_t imm_bytes;              /* 0 or 1; the byte is ir_insn.imm */
    uint8_t modrm_reg;              /* opcode extension when reg_role is NONE */
    uint8_t modrm_rm;               /* the same for rm_role: x87's st(i) */
    uint8_t reg_role, reg_class;
    uint8_t rm_role, rm_class;
    uint8_t xmm0_role;              /* READ: an implicit xmm0 input follows reg and rm in s[] */
    uint8_t vex;                    /* VEX.128; the third input is then not XMM0 but VEX.vvvv. Nothing writes VEX.vvvv. */
    uint8_t flags_role;             /* of EFLAGS; as input or output it comes last */
    uint8_t host_feature;           /* enum host_feature; the front end checked that the host has it */
};

/* A guest register. Pinned ones keep their host register across units. */
struct ir_global {
    const char *name;
    enum ir_type type;
    uint32_t offset;                /* in the CPU structure; int: u64, vec: 16 bytes, flags: struct ir_flags */
    uint8_t pin;                    /* 1 = hottest ..; 0 = not pinned */
};

enum ir_helper_flag {
    IR_HELPER_PURE       = 1 << 0,  /* no effect, depends on arguments alone */
    IR_HELPER_READS      = 1 << 1,  /* reads globals (all are written back before) */
    IR_HELPER_WRITES     = 1 << 2,  /* writes globals (implies READS; all are read again after) */
    IR_HELPER_FAULTS     = 1 << 3,  /* may raise: globals are made precise before (as READS) */
};
struct ir_helper {
    const char *name;
    void *function;                 /* uint64_t f(struct cpu *, uint64_t a, ...), args arguments */
    uint8_t args;                   /* 0 to 4, without the CPU */
    uint8_t flags;
};

enum { IR_MAX_GLOBALS = 72, IR_MAX_INSNS = 6000, IR_MAX_TEMPS = 4000, IR_MAX_LABELS = 512, IR_MAX_GUEST_INSNS = 64 };

/* A translation unit under construction. One per translating thread, reused. */
struct ir_unit {
    const struct ir_global *globals;
    const struct ir_helper *helpers;
    unsigned global_count, helper_count;

    struct ir_insn *code;           /* IR_MAX_INSNS */
    unsigned count;
    uint8_t *types;                 /* enum ir_type of each register; 1..global_count are the globals */
    unsigned reg_count;             /* registers in use, with register 0 */
    unsigned label_count;
    bool overflow;                  /* a table ran full: translate again with fewer instructions */

    struct ir_liveness *live;       /* after ir_optimise: see ir_opt.h */
    struct ir_opt_scratch *scratch; /* the optimiser's own */
    struct ir_watch *watch;         /* who looks on, see ir_watch.h; NULL: nobody */
    uint32_t off;                   /* OFF_* bits of what is switched off, see engine_switches.h */
    bool straight;                  /* set by the engine (-icount, debugger): no branch may stay inside the unit */
    bool alone;                     /* set by the engine (debugger): it comes back to the loop whatever it jumps to */

    /* What the unit stands for; filled by the front end. */
    uint64_t pc;                    /* where it starts */
    uint32_t mode;
    uint64_t linear;                /* linear address of pc */
    bool addresses_32;              /* of base + displacement only the low 32 bits count: a page is the same 4 GiB away */
    uint32_t guest_bytes;           /* length of the guest code */
    uint16_t guest_insns;
    struct { uint64_t pc; uint16_t offset, ir; } insn[IR_MAX_GUEST_INSNS];  /* start of each: byte offset, first op */
};

struct ir_unit *ir_unit_new(void);
void ir_unit_free(struct ir_unit *unit);
/* Empties the unit and makes registers 1..n the globals. */
void ir_unit_start(struct ir_unit *unit, const struct ir_global *globals, unsigned global_count,
                   const struct ir_helper *helpers, unsigned helper_count);
/* One line of text a call to `line`; the operands as names (globals) and tN (temporaries). */
void ir_print(const struct ir_unit *unit, void (*line)(void *opaque, const char *text), void *opaque);
/* The text of one op that is or was one of this unit's. */
void ir_print_insn(const struct ir_unit *unit, const struct ir_insn *insn, char *text, size_t text_size);
/* NULL, or what is wrong with the unit (types, labels, width): for tests and debug builds. */
const char *ir_verify(const struct ir_unit *unit);
/* The same for what only front ends promise: some op computes each temporary that is used. */
const char *ir_verify_computed(const struct ir_unit *unit);
/* Value of a PURE op whose inputs are known. */
uint64_t ir_eval(const struct ir_insn *insn, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

#endif
