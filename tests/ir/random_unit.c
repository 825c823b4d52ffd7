/* SPDX-License-Identifier: MIT */
/* The generator of random units, and the make-believe CPU they are for (random_unit.h). */
#include <string.h>
#include "tcg/ir_value.h"
#include "tests/ir/random_unit.h"

static uint64_t hash_step(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x9e3779b97f4a7c15 + (hash >> 29);
}

static uint64_t hash_globals(const struct random_cpu *cpu)
{
    uint64_t hash = ir_flags_word(&cpu->flags);
    const uint8_t *vectors = cpu->vectors[0];
    for (unsigned i = 0; i < RANDOM_INTS; i++)
        hash = hash_step(hash, cpu->ints[i]);
    for (unsigned i = 0; i < sizeof cpu->vectors; i++)
        hash = hash_step(hash, vectors[i]);
    return hash;
}

uint64_t random_cpu_hash(const struct random_cpu *cpu)
{
    uint64_t hash = hash_globals(cpu);
    for (unsigned i = 0; i < 4; i++)
        hash = hash_step(hash, cpu->field[i]);
    hash = hash_step(hash, cpu->log);
    hash = hash_step(hash, cpu->cpu.pc);
    return hash_step(hash, cpu->fuel);
}

/* Every loop comes through here; out of fuel, the unit is left as by an exception. */
static uint64_t helper_fuel(struct cpu *c)
{
    struct random_cpu *cpu = (struct random_cpu *)c;
    if (cpu->fuel-- == 0)
        cpu_leave(c);
    return 0;
}

static uint64_t helper_reads(struct cpu *c, uint64_t a, uint64_t b)
{
    struct random_cpu *cpu = (struct random_cpu *)c;
    cpu->log = hash_step(hash_step(hash_step(cpu->log, hash_globals(cpu)), a), b);
    return cpu->log >> 13;
}

static uint64_t helper_writes(struct cpu *c, uint64_t a)
{
    struct random_cpu *cpu = (struct random_cpu *)c;
    cpu->log = hash_step(hash_step(cpu->log, hash_globals(cpu)), a);
    cpu->ints[a % RANDOM_INTS] ^= cpu->log;
    cpu->vectors[a % RANDOM_VECTORS][a & 15] ^= (uint8_t)a;
    if (a & 64)
        cpu->flags = (struct ir_flags){ .a = cpu->log & IR_ALL_FLAGS };
    return cpu->log >> 7;
}

static uint64_t helper_pure(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c)
{
    (void)cpu;
    return hash_step(hash_step(a, b), c);
}

static uint64_t helper_plain(struct cpu *c, uint64_t a, uint64_t b, uint64_t d, uint64_t e)
{
    struct random_cpu *cpu = (struct random_cpu *)c;
    return cpu->log = hash_step(hash_step(hash_step(hash_step(cpu->log, a), b), d), e);
}

#define INT_GLOBAL(n) { "r" #n, IR_TYPE_INT, offsetof(struct random_cpu, ints[n]), n + 1 }
#define VECTOR_GLOBAL(n) { "v" #n, IR_TYPE_VEC, offsetof(struct random_cpu, vectors[n]), n + 1 }
const struct ir_global random_globals[RANDOM_GLOBALS] = {
    INT_GLOBAL(0), INT_GLOBAL(1), INT_GLOBAL(2), INT_GLOBAL(3), INT_GLOBAL(4), INT_GLOBAL(5),
    VECTOR_GLOBAL(0), VECTOR_GLOBAL(1), VECTOR_GLOBAL(2),
    { "flags", IR_TYPE_FLAGS, offsetof(struct random_cpu, flags), 1 },
};

const struct ir_helper random_helpers[RANDOM_HELPERS] = {
    [HELPER_FUEL] = { "fuel", (void *)helper_fuel, 0, IR_HELPER_FAULTS },
    [HELPER_READS] = { "reads", (void *)helper_reads, 2, IR_HELPER_READS },
    [HELPER_WRITES] = { "writes", (void *)helper_writes, 1, IR_HELPER_WRITES },
    [HELPER_PURE] = { "pure", (void *)helper_pure, 3, IR_HELPER_PURE },
    [HELPER_PLAIN] = { "plain", (void *)helper_plain, 4, 0 },
};

#define VEC_VEC(mnemonic, p, m, op, extra...) \
    { .name = mnemonic, .prefix = p, .map = m, .opcode = op, .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, \
      .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC, extra }
#define INT_INT(mnemonic, p, m, op, role, extra...) \
    { .name = mnemonic, .prefix = p, .map = m, .opcode = op, .reg_role = role, .reg_class = IR_COPY_INT, \
      .rm_role = IR_COPY_READ, .rm_class = IR_COPY_INT, extra }
const struct ir_copy random_copies[RANDOM_COPIES] = {
    VEC_VEC("paddb", 0x66, 1, 0xfc),
    VEC_VEC("pxor", 0x66, 1, 0xef),
    VEC_VEC("addps", 0, 1, 0x58),
    VEC_VEC("mulsd", 0xf2, 1, 0x59),
    VEC_VEC("shufps", 0, 1, 0xc6, .imm_bytes = 1),
    VEC_VEC("pblendvb", 0x66, 2, 0x10, .xmm0_role = IR_COPY_READ),
    VEC_VEC("palignr", 0x66, 3, 0x0f, .imm_bytes = 1),
    { .name = "pslld", .prefix = 0x66, .map = 1, .opcode = 0x72, .modrm_reg = 6, .rm_role = IR_COPY_BOTH,
      .rm_class = IR_COPY_VEC, .imm_bytes = 1 },
    { .name = "cvtsi2sd", .prefix = 0xf2, .map = 1, .opcode = 0x2a, .rex_w = 1, .reg_role = IR_COPY_BOTH,
      .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_INT },
    { .name = "pmovmskb", .prefix = 0x66, .map = 1, .opcode = 0xd7, .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_INT,
      .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC },
    { .name = "comisd", .prefix = 0x66, .map = 1, .opcode = 0x2f, .reg_role = IR_COPY_READ, .reg_class = IR_COPY_VEC,
      .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC, .flags_role = IR_COPY_WRITE },
    INT_INT("crc32", 0xf2, 2, 0xf1, IR_COPY_BOTH, .rex_w = 1),
    INT_INT("popcnt", 0xf3, 1, 0xb8, IR_COPY_WRITE, .flags_role = IR_COPY_WRITE),
    INT_INT("adc", 0, 0, 0x13, IR_COPY_BOTH, .flags_role = IR_COPY_BOTH),
};

uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1d;
}

void random_cpu_state(struct random_cpu *cpu, uint64_t seed)
{
    uint64_t state = seed * 2 + 1;
    uint8_t *vectors = cpu->vectors[0];
    for (unsigned i = 0; i < RANDOM_INTS; i++)
        cpu->ints[i] = random_next(&state) >> (random_next(&state) & 60);
    for (unsigned i = 0; i < sizeof cpu->vectors; i++)
        vectors[i] = (uint8_t)random_next(&state);
    for (unsigned i = 0; i < 4; i++)
        cpu->field[i] = random_next(&state);
    cpu->flags = (struct ir_flags){ .a = random_next(&state) & IR_ALL_FLAGS };
    cpu->log = 0;
    cpu->fuel = 20;
}

enum { MAX_POOL = 48, BASE_TEMPS = 4, MAX_LABELS = 8 };

/* Registers of one type that have a value on every path to here; the first `fixed` stay so across labels. */
struct pool { ir_reg reg[MAX_POOL]; unsigned count, fixed; };

struct generator {
    struct ir_unit *u;
    uint64_t state;
    struct pool pool[3];            /* by enum ir_type */
    unsigned ahead[MAX_LABELS], ahead_count;    /* labels to be placed yet */
    unsigned behind[MAX_LABELS], behind_count;  /* labels that may be branched back to */
    const struct ir_copy *copies;
    unsigned copy_count;
    unsigned slot, insn;
};

static unsigned below(struct generator *g, unsigned n)
{
    return (unsigned)(random_next(&g->state) >> 33) % n;
}

static unsigned random_width(struct generator *g)
{
    return 8u << below(g, 4);
}

static ir_reg any(struct generator *g, enum ir_type type)
{
    const struct pool *pool = &g->pool[type];
    const unsigned recent = pool->count > 6 && below(g, 3) ? 6 : pool->count;
    return pool->reg[pool->count - 1 - below(g, recent)];
}

/* Where a result goes: a global, a register that lives across labels, or a new temporary. */
static ir_reg target(struct generator *g, enum ir_type type)
{
    struct pool *pool = &g->pool[type];
    if (below(g, 3) == 0)
        return pool->reg[below(g, pool->fixed)];
    const ir_reg r = ir_temp(g->u, type);
    if (pool->count < MAX_POOL)
        pool->reg[pool->count++] = r;
    else
        pool->reg[pool->fixed + below(g, MAX_POOL - pool->fixed)] = r;
    return r;
}

static enum ir_type type_of(char letter)
{
    return letter == 'v' ? IR_TYPE_VEC : letter == 'f' ? IR_TYPE_FLAGS : IR_TYPE_INT;
}

static int64_t random_immediate(struct generator *g, unsigned w)
{
    static const int64_t common[] = { 0, 1, -1, 8, 0xff, 0xffff, 0x7fffffff, 4, 16, 31 };
    const int64_t value = below(g, 2) ? common[below(g, 10)] : (int32_t)random_next(&g->state);
    return (int64_t)ir_value_sign((uint64_t)value, w);
}

static void fill_special(struct generator *g, struct ir_insn *insn)
{
    const unsigned position = below(g, 64), wider = random_width(g);
    insn->cond = (uint8_t)below(g, 16);
    switch (insn->op) {
    case IR_CONST:   insn->imm = (int64_t)(random_next(&g->state) >> below(g, 64)); break;
    case IR_EXTS:    insn->imm = wider > insn->width ? wider : insn->width; break;
    case IR_DEPOSIT:
    case IR_EXTRACT: insn->imm = position | (1 + below(g, 64 - position)) << 8;
                     if (below(g, 2))
                         insn->imm = random_width(g) << 8 | (below(g, 2) ? 8 : 0);
                     if ((insn->imm & 0xff) + (insn->imm >> 8) > 64)
                         insn->imm = 8 | 8 << 8;
                     break;
    case IR_LEA:     insn->imm = random_immediate(g, insn->width); insn->aux = (uint16_t)below(g, 4);
                     if (!below(g, 3))
                         insn->s[below(g, 2)] = IR_NONE;
                     break;
    case IR_FMERGE:  insn->imm = (int64_t)(random_next(&g->state) & IR_ALL_FLAGS); break;
    case IR_VGET:
    case IR_VPUT:    insn->aux = (uint16_t)below(g, 128 / insn->width); break;
    case IR_LDCPU:
    case IR_STCPU:   insn->imm = (int64_t)offsetof(struct random_cpu, field[below(g, 4)]); break;
    }
}

/* Flags that hosts leave undefined are not compared: OF of rotations and double shifts but by one; AF of these, which
 * rotations take over from a shift before them. */
static void clear_undefined(struct generator *g, const struct ir_insn *insn)
{
    if (insn->op >= IR_ROLS && insn->op <= IR_SHRDS)
        ir_fmerge_to(g->u, insn->d[1], insn->d[1], ir_const(g->u, 0),
                     insn->s[2] == IR_IMM && insn->imm == 1 ? IR_AF : IR_AF | IR_OF);
}

/* An op of the classes without side effects, straight from the table. */
static void value_op(struct generator *g)
{
    unsigned op;
    do
        op = below(g, IR_OP_COUNT);
    while (!(ir_op_info[op].flags & IR_F_REMOVABLE) && op != IR_STCPU);
    const struct ir_op_info *info = &ir_op_info[op];
    struct ir_insn insn = { .op = (uint8_t)op, .width = (uint8_t)random_width(g) };
    if (op == IR_BSWAP && insn.width == 8)
        insn.width = 16;
    if (op == IR_VMOV || op == IR_VZERO)
        insn.width = 128;
    if ((op == IR_SHLDS || op == IR_SHRDS) && insn.width < 32)     /* no host has 8 bits; 16 has undefined results */
        insn.width = 32;
    int last_int = -1;
    unsigned ints = 0;
    for (unsigned i = 0; info->ins[i]; i++) {
        insn.s[i] = i && !below(g, 5) && info->ins[i] == info->ins[0] ? insn.s[0] : any(g, type_of(info->ins[i]));
        if (info->ins[i] == 'i') {
            last_int = (int)i;
            ints++;
        }
    }
    if (ints > 1 && below(g, 3) == 0 && info->flags & (IR_F_IS_PURE | IR_F_IS_FLAG) && !(info->flags & IR_F_IMM)) {
        insn.s[last_int] = IR_IMM;
        insn.imm = random_immediate(g, insn.width);
    }
    fill_special(g, &insn);
    const unsigned unwanted = info->flags & IR_F_IS_FLAG ? below(g, 6) : 2;
    for (unsigned i = 0; info->outs[i]; i++)
        if (i != unwanted)
            insn.d[i] = !below(g, 6) && info->outs[i] == info->ins[0] && insn.s[0] ? insn.s[0] : target(g, type_of(info->outs[i]));
    *ir_append(g->u, op, insn.width) = insn;
    if (insn.d[1])
        clear_undefined(g, &insn);
}

static void memory_op(struct generator *g)
{
    struct ir_unit *u = g->u;
    const unsigned w = random_width(g), vector_width = 32u << below(g, 3), atomic = IR_ATOMIC_ADD + below(g, 5);
    const ir_reg address = any(g, IR_TYPE_INT), b = any(g, IR_TYPE_INT), c = any(g, IR_TYPE_INT);
    const int64_t disp = below(g, 2) ? (int)below(g, 64) - 32 : 0;
    ir_reg loaded = IR_NONE;
    switch (below(g, 8)) {
    case 0: loaded = ir_ld(u, w, address, disp, 0); break;
    case 1: loaded = ir_lds(u, w, address, disp, 1); break;
    case 2: loaded = ir_ldv(u, vector_width, address, disp, 0); break;
    case 3: loaded = ir_atomic(u, atomic, w, address, b, IR_NONE, 0); break;
    case 4: loaded = ir_atomic(u, IR_ATOMIC_CAS, w, address, b, c, 0); break;
    case 5: ir_stv(u, vector_width, address, disp, any(g, IR_TYPE_VEC), 0); break;
    case 6: ir_probe(u, w, address, disp, 0); break;
    default: ir_st(u, w, address, disp, b, 0); break;
    }
    if (loaded)
        ir_mov_to(u, target(g, u->types[loaded]), loaded);
}

/* Accesses close to each other off one base, which moves now and then. */
static void frame_op(struct generator *g)
{
    struct ir_unit *u = g->u;
    const ir_reg base = g->pool[IR_TYPE_INT].reg[below(g, g->pool[IR_TYPE_INT].fixed)];
    if (below(g, 2)) {              /* near the end of a page, of all addresses too */
        ir_op2i_to(u, IR_AND, below(g, 2) ? 64 : 32, base, base, below(g, 4) ? -4096 : 0);
        ir_op2i_to(u, IR_ADD, 64, base, base, 4096 - 64 + (int)below(g, 128) - (below(g, 4) ? 0 : 4096));
    }
    if (!below(g, 4))               /* what an address of 32 bits must not show */
        ir_op2_to(u, IR_OR, 64, base, base, ir_const(u, 1ull << 32));
    for (unsigned n = 2 + below(g, 5); n--;) {
        const unsigned w = random_width(g);
        const int64_t disp = (int)below(g, 256) - 128;
        ir_reg address = base;
        if (!below(g, 4))
            address = ir_op2i(u, IR_ADD, below(g, 4) ? 64 : 32, base, (int)below(g, 64) - 32);
        switch (below(g, 6)) {
        case 0: ir_mov_to(u, target(g, IR_TYPE_INT), ir_ld(u, w, address, disp, 0)); break;
        case 1: ir_mov_to(u, target(g, IR_TYPE_VEC), ir_ldv(u, 128, address, disp, 0)); break;
        case 2: ir_st(u, w, address, disp, any(g, IR_TYPE_INT), 0); break;
        case 3: ir_st(u, w, address, disp, ir_const(u, random_next(&g->state) >> 33), 0); break;
        case 4: ir_op2i_to(u, IR_ADD, below(g, 4) ? 64 : 32, base, base, (int)below(g, 64) - 32); break;
        default: ir_mov_to(u, target(g, IR_TYPE_INT), ir_lds(u, w, address, disp, below(g, 4) == 0)); break;
        }
    }
}

static void call_op(struct generator *g)
{
    const unsigned helper = HELPER_READS + below(g, RANDOM_HELPERS - 1);
    ir_reg in[4] = { 0 };
    for (unsigned i = 0; i < random_helpers[helper].args; i++)
        in[i] = any(g, IR_TYPE_INT);
    if (below(g, 4)) {
        const ir_reg d = ir_call(g->u, helper, in[0], in[1], in[2], in[3]);
        ir_mov_to(g->u, target(g, IR_TYPE_INT), d);
    } else {
        ir_call_void(g->u, helper, in[0], in[1], in[2], in[3]);
    }
}

static enum ir_type class_type(unsigned class)
{
    return class == IR_COPY_VEC ? IR_TYPE_VEC : IR_TYPE_INT;
}

static void copy_op(struct generator *g)
{
    const struct ir_copy *copy = &g->copies[below(g, g->copy_count)];
    ir_reg s[4] = { 0 }, d[2] = { 0 };
    unsigned si = 0, di = 0;
    if (copy->reg_role & IR_COPY_READ)
        s[si++] = any(g, class_type(copy->reg_class));
    if (copy->rm_role & IR_COPY_READ)
        s[si++] = any(g, class_type(copy->rm_class));
    if (copy->xmm0_role & IR_COPY_READ)
        s[si++] = any(g, IR_TYPE_VEC);
    if (copy->flags_role & IR_COPY_READ)
        s[si++] = any(g, IR_TYPE_FLAGS);
    if (copy->reg_role & IR_COPY_WRITE)
        d[di++] = target(g, class_type(copy->reg_class));
    if (copy->rm_role & IR_COPY_WRITE)
        d[di++] = target(g, class_type(copy->rm_class));
    if (copy->flags_role & IR_COPY_WRITE)
        d[di++] = target(g, IR_TYPE_FLAGS);
    ir_emit_copy(g->u, copy, (int)below(g, 256), d[0], d[1], s[0], s[1], s[2], s[3]);
}

/* A label is here: only what is assigned on all ways to it still has a value. */
static void place_label(struct generator *g, unsigned label)
{
    ir_label(g->u, label);
    struct ir_insn *mark = ir_append(g->u, IR_INSN, 64);       /* a pc belongs to a place, not to the way there */
    mark->imm = 0x1000 + g->insn * 4;
    mark->aux = (uint16_t)g->insn;
    for (unsigned t = 0; t < 3; t++)
        g->pool[t].count = g->pool[t].fixed;
}

static void branch_to(struct generator *g, unsigned label)
{
    const unsigned w = random_width(g), cond = below(g, 16);
    switch (below(g, 3)) {
    case 0: ir_brf(g->u, cond, any(g, IR_TYPE_FLAGS), label); break;
    case 1: ir_brc(g->u, cond, w, any(g, IR_TYPE_INT), any(g, IR_TYPE_INT), label); break;
    default: ir_brci(g->u, cond, w, any(g, IR_TYPE_INT), random_immediate(g, w), label); break;
    }
}

static void control_op(struct generator *g)
{
    switch (below(g, 5)) {
    case 0:
        if (g->ahead_count < MAX_LABELS) {
            branch_to(g, g->ahead[g->ahead_count] = ir_new_label(g->u));
            g->ahead_count++;
        }
        break;
    case 1:
        if (g->ahead_count)
            place_label(g, g->ahead[--g->ahead_count]);
        break;
    case 2:
        if (g->behind_count < MAX_LABELS) {
            const unsigned label = g->behind[g->behind_count++] = ir_new_label(g->u);
            place_label(g, label);
            ir_poll(g->u, 0x1000);
            ir_call_void(g->u, HELPER_FUEL, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
        }
        break;
    case 3:
        if (g->behind_count)
            branch_to(g, g->behind[below(g, g->behind_count)]);
        break;
    default:                        /* a side exit, or a jump over dead code */
        if (g->ahead_count < MAX_LABELS) {
            const unsigned label = ir_new_label(g->u);
            branch_to(g, label);
            if (below(g, 2))
                ir_goto(g->u, 0x2000 + g->slot, g->slot % BLOCK_MAX_LINKS);
            else
                ir_br(g->u, label);
            g->slot++;
            place_label(g, label);
        }
    }
}

static void start(struct generator *g)
{
    for (unsigned i = 0; i < RANDOM_GLOBALS; i++) {
        struct pool *pool = &g->pool[random_globals[i].type];
        pool->reg[pool->count++] = (ir_reg)(i + 1);
    }
    for (unsigned t = 0; t < 3; t++)
        for (unsigned i = 0; i < BASE_TEMPS; i++) {
            const ir_reg r = ir_temp(g->u, t);
            if (t == IR_TYPE_INT)
                ir_movi_to(g->u, r, random_next(&g->state) >> below(g, 64));
            else
                ir_mov_to(g->u, r, g->pool[t].reg[0]);
            g->pool[t].reg[g->pool[t].count++] = r;
        }
    for (unsigned t = 0; t < 3; t++)
        g->pool[t].fixed = g->pool[t].count;
}

void random_unit(struct ir_unit *u, uint64_t seed, const struct ir_copy *copies, unsigned copy_count)
{
    struct generator g = { .u = u, .state = seed * 2 + 1, .copies = copies, .copy_count = copy_count };
    ir_unit_start(u, random_globals, RANDOM_GLOBALS, random_helpers, RANDOM_HELPERS);
    u->pc = 0x1000;
    u->linear = 0x1000;
    u->guest_bytes = 0x100;
    u->mode = 0;
    random_next(&g.state);
    const unsigned insns = 1 + below(&g, 20), flow = below(&g, 3);
    for (unsigned n = 0; n < insns; n++) {
        g.insn = n;
        ir_insn_mark(u, 0x1000 + n * 4, n * 4);
        if (n == 0)
            start(&g);
        for (unsigned i = 1 + below(&g, 5); i--;) {
            const unsigned kind = below(&g, 16);
            if (kind < 9)
                value_op(&g);
            else if (kind < 12 && below(&g, 3) == 0)
                frame_op(&g);
            else if (kind < 12)
                memory_op(&g);
            else if (kind < 13)
                call_op(&g);
            else if (kind < 14 && copy_count)
                copy_op(&g);
            else if (flow)
                control_op(&g);
        }
    }
    while (g.ahead_count)
        place_label(&g, g.ahead[--g.ahead_count]);
    if (below(&g, 2))
        ir_goto(u, 0x3000, BLOCK_MAX_LINKS - 1);
    else
        ir_jump(u, any(&g, IR_TYPE_INT), IR_JUMP_PLAIN);
}
