/* SPDX-License-Identifier: MIT */
/*
 * Running units op by op.
 *
 *   block -> interp_unit -> run_unit: for each op, by class -> { next op | exit } -> linked block | the loop
 *
 * State is always precise: globals are written where they live, in the CPU structure, and an INSN mark notes pc and
 * the instruction's number there; so a helper or a memory access may leave by cpu_leave() at any op.
 */
#include <glib.h>
#include <string.h>
#include "tcg/interp/interp.h"
#include "tcg/softmmu.h"

struct run {
    struct interp *interp;
    struct cpu *cpu;
    struct block *block;
    const struct interp_unit *unit;
    uint8_t *base[BASE_COUNT];
};

static void *at(const struct run *r, interp_place place)
{
    return r->base[place & 3] + (place >> 2);
}

static uint64_t get(const struct run *r, const struct interp_insn *insn, unsigned input)
{
    return *(const uint64_t *)at(r, insn->s[input]);
}

static void set(const struct run *r, const struct interp_insn *insn, uint64_t value)
{
    *(uint64_t *)at(r, insn->d[0]) = value;
}

static void pure(const struct run *r, const struct interp_insn *insn)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    const unsigned w = flags & IR_F_WIDE ? 64 : insn->width;
    const uint64_t mask = ir_value_mask(w);
    const uint64_t value = ir_value_pure(insn->op, w, insn->cond, insn->aux, insn->imm, get(r, insn, 0) & mask,
                                         get(r, insn, 1) & mask, get(r, insn, 2) & mask, get(r, insn, 3) & mask);
    set(r, insn, flags & IR_F_KEEP ? value : value & mask);
}

static void flag_op(const struct run *r, const struct interp_insn *insn)
{
    const bool first = ir_op_info[insn->op].flags & IR_F_FIRST_FLAGS;
    const bool second = insn->op == IR_INCS || insn->op == IR_DECS;
    const struct ir_flags *before = at(r, insn->s[second ? 1 : 0]);
    struct ir_flags after;
    const uint64_t value = ir_value_flag_op(insn->op, insn->width, first || second ? before : NULL, get(r, insn, first),
                                            second ? 0 : get(r, insn, first + 1), get(r, insn, 3), &after);
    set(r, insn, value);
    *(struct ir_flags *)at(r, insn->d[1]) = after;
}

static void flag_value(const struct run *r, const struct interp_insn *insn)
{
    struct ir_flags *out = at(r, insn->d[0]);
    const struct ir_flags *in = at(r, insn->s[0]);
    const uint32_t mask = (uint32_t)insn->imm;
    uint64_t word;
    switch (insn->op) {
    case IR_FMOV:
        *out = *in;
        break;
    case IR_FPUT:
        *out = (struct ir_flags){ .a = get(r, insn, 0) & IR_ALL_FLAGS };
        break;
    case IR_FMERGE:
        word = (ir_flags_word(in) & ~mask) | (get(r, insn, 1) & mask & IR_ALL_FLAGS);
        *out = (struct ir_flags){ .a = word };
        break;
    case IR_FBITS:
        set(r, insn, ir_flags_word(in));
        break;
    case IR_SETF:
        set(r, insn, ir_cond_holds(insn->cond, ir_flags_word(in)));
        break;
    case IR_SELF:
        word = get(r, insn, ir_cond_holds(insn->cond, ir_flags_word(in)) ? 1 : 2);
        set(r, insn, ir_value_cut(word, insn->width));
        break;
    }
}

static void vector(const struct run *r, const struct interp_insn *insn)
{
    const unsigned bytes = insn->width / 8;
    uint8_t result[16] = { 0 };
    uint64_t lane = 0;
    if (insn->op != IR_VZERO)
        memcpy(result, at(r, insn->s[0]), 16);
    switch (insn->op) {
    case IR_VGET:
        memcpy(&lane, result + insn->aux * bytes, bytes);
        set(r, insn, lane);
        return;
    case IR_VPUT:
        lane = get(r, insn, 1);
        memcpy(result + insn->aux * bytes, &lane, bytes);
        break;
    case IR_VMERGE:
        memcpy(result, at(r, insn->s[1]), bytes);
        break;
    }
    memcpy(at(r, insn->d[0]), result, 16);
}

static void memory(const struct run *r, const struct interp_insn *insn)
{
    struct cpu *cpu = r->cpu;
    const unsigned bytes = insn->width / 8, mmu = insn->aux;
    const uint64_t address = get(r, insn, 0) + (uint64_t)insn->imm;
    uint8_t loaded[16] = { 0 };
    switch (insn->op) {
    case IR_LD:
        if (insn->cond)
            mmu_probe(cpu, address, bytes, MMU_WRITE, mmu);
        set(r, insn, mmu_load(cpu, address, bytes, mmu));
        break;
    case IR_LDS:
        set(r, insn, ir_value_sign(mmu_load(cpu, address, bytes, mmu), insn->width));
        break;
    case IR_LDV:
        mmu_load_vector(cpu, address, loaded, bytes, mmu);
        memcpy(at(r, insn->d[0]), loaded, 16);
        break;
    case IR_ST:
        mmu_store(cpu, address, ir_value_cut(get(r, insn, 1), insn->width), bytes, mmu);
        break;
    case IR_STV:
        mmu_store_vector(cpu, address, at(r, insn->s[1]), bytes, mmu);
        break;
    case IR_PROBE:
        mmu_probe(cpu, address, bytes, MMU_WRITE, mmu);
        break;
    case IR_FENCE:
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        break;
    default:        /* the atomic ones; they take no displacement */
        set(r, insn, mmu_atomic(cpu, insn->op, get(r, insn, 0), ir_value_cut(get(r, insn, 1), insn->width),
                                ir_value_cut(get(r, insn, 2), insn->width), bytes, mmu));
    }
}

static void cpu_field(const struct run *r, const struct interp_insn *insn)
{
    uint8_t *field = (uint8_t *)r->cpu + insn->imm;
    uint64_t value = 0;
    if (insn->op == IR_X87) {           /* this file and what it calls keep out of the x87 unit */
        x87_run((unsigned)insn->imm & 0x7ff, (uint8_t *)r->cpu + (insn->imm >> 16));
    } else if (insn->op == IR_LDCPU) {
        memcpy(&value, field, insn->width / 8);
        set(r, insn, value);
    } else {
        value = get(r, insn, 0);
        memcpy(field, &value, insn->width / 8);
    }
}

static void call(const struct run *r, const struct interp_insn *insn)
{
    const struct ir_helper *helper = insn->ptr;
    struct cpu *cpu = r->cpu;
    uint64_t in[INTERP_MAX_ARGS], result = 0;
    void *arguments[INTERP_MAX_ARGS + 1] = { &cpu };
    for (unsigned i = 0; i < helper->args; i++) {
        in[i] = get(r, insn, i);
        arguments[i + 1] = &in[i];
    }
    ffi_call(&r->interp->cif[helper->args], FFI_FN(helper->function), &result, arguments);
    set(r, insn, result);
}

static struct copy_thunks *thunks_of(const struct run *r)
{
    struct copy_thunks **thunks = &r->interp->thunks[r->cpu->index % INTERP_MAX_CPUS];
    if (!*thunks)
        *thunks = copy_thunks_new();
    return *thunks;
}

static void load_value(const struct run *r, union copy_value *value, interp_place place, unsigned class)
{
    if (class == IR_COPY_VEC)
        memcpy(value->v, at(r, place), 16);
    else
        value->i = *(const uint64_t *)at(r, place);
}

static void store_value(const struct run *r, interp_place place, const union copy_value *value, unsigned class)
{
    if (class == IR_COPY_VEC)
        memcpy(at(r, place), value->v, 16);
    else
        *(uint64_t *)at(r, place) = value->i;
}

static void copy(const struct run *r, const struct interp_insn *insn)
{
    const struct ir_copy *what = insn->ptr;
    union copy_value reg = { .v = { 0 } }, rm = { .v = { 0 } }, xmm0 = { .v = { 0 } };
    uint32_t flags = 0;
    unsigned s = 0, d = 0;
    if (what->reg_role & IR_COPY_READ)
        load_value(r, &reg, insn->s[s++], what->reg_class);
    if (what->rm_role & IR_COPY_READ)
        load_value(r, &rm, insn->s[s++], what->rm_class);
    if (what->xmm0_role & IR_COPY_READ)
        load_value(r, &xmm0, insn->s[s++], IR_COPY_VEC);
    if (what->flags_role & IR_COPY_READ)
        flags = ir_flags_word(at(r, insn->s[s]));
    copy_run(thunks_of(r), what, (int)insn->imm, &reg, &rm, &xmm0, &flags);
    if (what->reg_role & IR_COPY_WRITE)
        store_value(r, insn->d[d++], &reg, what->reg_class);
    if (what->rm_role & IR_COPY_WRITE)
        store_value(r, insn->d[d++], &rm, what->rm_class);
    if (what->flags_role & IR_COPY_WRITE)
        *(struct ir_flags *)at(r, insn->d[d]) = (struct ir_flags){ .a = flags & IR_ALL_FLAGS };
}

/* The op to go on with; `next` when the branch is not taken. */
static const struct interp_insn *branch(const struct run *r, const struct interp_insn *insn,
                                        const struct interp_insn *next)
{
    bool taken = false;
    switch (insn->op) {
    case IR_BR:
        taken = true;
        break;
    case IR_BRC:
        taken = ir_value_compare(insn->cond, ir_value_cut(get(r, insn, 0), insn->width),
                                 ir_value_cut(get(r, insn, 1), insn->width), insn->width);
        break;
    case IR_BRF:
        taken = ir_cond_holds(insn->cond, ir_flags_word(at(r, insn->s[0])));
        break;
    }
    return taken ? &r->unit->code[insn->imm] : next;
}

/* What a run of one unit ended with: another block to go on with, or the exit to hand back. */
struct outcome { struct block *next; struct exit exit; };

static bool asked_to_leave(const struct run *r)
{
    return __atomic_load_n(&r->cpu->exit_request, __ATOMIC_RELAXED) != 0;
}

static struct outcome leave(const struct run *r, enum exit_reason reason, unsigned slot)
{
    return (struct outcome){ NULL, { reason, r->block, slot } };
}

/* The target's page still means to this CPU what it meant when the target was translated (cpu.h, page ids). */
static bool page_holds(const struct run *r, const struct block *target)
{
    const uint32_t *ids = r->cpu->page_ids[r->unit->fetch_mmu];
    return ids[target->linear >> 12 & (CPU_PAGE_IDS - 1)] == target->page_id;
}

/* For explain.h, which other CPUs' counts go to as well. */
static void count_up(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static struct outcome go_to(const struct run *r, const struct interp_insn *insn)
{
    struct cpu *cpu = r->cpu;
    const struct block_link *link = &r->block->links[insn->aux];
    cpu->pc = (uint64_t)insn->imm;
    if (r->block->counts && insn->aux < BLOCK_MAX_LINKS)
        count_up(&r->block->counts->taken[insn->aux]);
    if (cpu->pc < r->unit->end_pc && asked_to_leave(r))
        return leave(r, EXIT_POLL, 0);
    if (insn->aux >= BLOCK_MAX_LINKS)
        return leave(r, EXIT_LOOKUP, 0);
    struct block *target = __atomic_load_n(&link->target, __ATOMIC_ACQUIRE);
    if (target && (!link->guard || page_holds(r, target)))
        return (struct outcome){ .next = target };
    return leave(r, EXIT_LINK, insn->aux);
}

/* The block for cpu->pc and cpu->mode by the CPU's jump cache. */
static struct outcome look_up(const struct run *r)
{
    struct cpu *cpu = r->cpu;
    if (r->block->counts)
        count_up(&r->block->counts->looked_up);
    if (asked_to_leave(r))
        return leave(r, EXIT_POLL, 0);
    const struct jump_cache_entry *entry = &cpu->jump_cache[(cpu->pc ^ cpu->pc >> 12) & (CPU_JUMP_CACHE - 1)];
    const uint32_t *page_id = (const uint32_t *)((const uint8_t *)cpu + entry->page_slot);
    if (entry->host && entry->pc == cpu->pc && entry->mode == cpu->mode && entry->page_id == *page_id)
        return (struct outcome){ .next = ((const struct interp_unit *)entry->host)->block };
    return leave(r, EXIT_LOOKUP, 0);
}

static struct outcome take_exit(const struct run *r, const struct interp_insn *insn)
{
    if (r->interp->options.icount)
        r->cpu->icount_left += r->unit->guest_insns - insn->insns_done;
    switch (insn->op) {
    case IR_POLL:
        r->cpu->pc = (uint64_t)insn->imm;
        return leave(r, EXIT_POLL, 0);
    case IR_GOTO:
        return go_to(r, insn);
    case IR_JUMP:
        r->cpu->pc = get(r, insn, 0);
        return look_up(r);
    case IR_LOOKUP:
        return look_up(r);
    default:
        if (r->block->counts)
            count_up(&r->block->counts->looked_up);
        return leave(r, EXIT_LOOKUP, 0);
    }
}

static void mark(const struct run *r, const struct interp_insn *insn)
{
    r->cpu->pc = (uint64_t)insn->imm;
    r->cpu->current_insns = insn->aux;
}

static struct outcome run_unit(const struct run *r)
{
    const struct interp_insn *insn = r->unit->code;
    if (r->interp->options.icount) {
        if (r->cpu->icount_left < r->unit->guest_insns) {
            r->cpu->pc = r->unit->pc;
            return leave(r, EXIT_POLL, 0);
        }
        r->cpu->icount_left -= r->unit->guest_insns;
    }
    if (r->block->counts)
        count_up(&r->block->counts->runs);
    for (;;) {
        const struct interp_insn *next = insn + 1;
        switch ((enum interp_class)insn->class) {
        case CLASS_PURE:      pure(r, insn); break;
        case CLASS_FLAG:      flag_op(r, insn); break;
        case CLASS_FVAL:      flag_value(r, insn); break;
        case CLASS_VECTOR:    vector(r, insn); break;
        case CLASS_MEMORY:    memory(r, insn); break;
        case CLASS_CPU_FIELD: cpu_field(r, insn); break;
        case CLASS_CALL:      call(r, insn); break;
        case CLASS_COPY:      copy(r, insn); break;
        case CLASS_BRANCH:    next = branch(r, insn, next); break;
        case CLASS_MARK:      mark(r, insn); break;
        case CLASS_EXIT:
            if (insn->op != IR_POLL || asked_to_leave(r))
                return take_exit(r, insn);
            if (r->block->counts)
                count_up(&r->block->counts->turns);
            break;
        }
        insn = next;
    }
}

/* COPY runs the host's SSE under the guest's control word, as in the host back end; the loop takes it back after. */
static void load_fp_control(const struct cpu *cpu)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(cpu->fp_control));
}

struct exit interp_run(void *state, struct cpu *cpu, struct block *block)
{
    union interp_slot frame[1 + IR_MAX_GLOBALS + IR_MAX_TEMPS];
    struct run r = { .interp = state, .cpu = cpu };
    r.base[BASE_CPU] = (uint8_t *)cpu;
    r.base[BASE_FRAME] = (uint8_t *)frame;
    load_fp_control(cpu);
    for (;;) {
        r.block = block;
        r.unit = (const struct interp_unit *)block->host;
        r.base[BASE_CONSTANTS] = (uint8_t *)r.unit + r.unit->constants;
        cpu->current = block;
        const struct outcome outcome = run_unit(&r);
        if (!outcome.next)
            return outcome.exit;
        block = outcome.next;
    }
}
