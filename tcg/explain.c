/* SPDX-License-Identifier: MIT */
/*
 * The record of translations (explain.h).
 *
 *   front end ---> explain_written: bytes, ops as written        a draft of this CPU's own
 *   each pass ---> on_pass: what it changed or removed                |
 *   back end ----> on_emitted, on_place: bytes of each op, places     |
 *   publish -----> explain_published: into the record   <-------------'
 *   links, drops > events, and totals of each link
 *
 * Passes work in place and ops keep their numbers until the last one, so an op is compared with itself before and after.
 */
#include <string.h>
#include "tcg/engine_state.h"
#include "tcg/explain_record.h"
#include "tcg/ir_opt.h"
#include "tcg/ir_opt_scratch.h"
#include "tcg/ir_watch.h"

static const size_t default_detail_bytes = 512u << 20;

struct explain_draft {
    struct ir_watch watch;          /* first */
    struct explain *explain;
    struct explain_unit *unit;
    struct ir_insn *seen;           /* the ops as they were after the pass before */
    const char *where[IR_MAX_GLOBALS + 1];      /* the last place of each global */
    unsigned reached;               /* the guest instruction that places were last told of */
};

const char *explain_why_text(enum explain_why why)
{
    static const char *const texts[] = {
#define EXPLAIN_WHY(name, text) text,
#include "tcg/explain_why.def"
#undef EXPLAIN_WHY
    };
    return why < EXPLAIN_WHYS ? texts[why] : "?";
}

struct explain *engine_explain(const struct engine *engine)
{
    return engine->explain;
}

void explain_names(const struct explain_unit *u, struct ir_unit *names)
{
    *names = (struct ir_unit){
        .globals = u->frontend->globals, .global_count = u->frontend->global_count,
        .helpers = u->frontend->helpers, .helper_count = u->frontend->helper_count,
    };
}

/* ---- Life ---- */

static void detail_free(struct explain_detail *d)
{
    if (!d) {
        return;
    }
    g_free(d->guest);
    g_free(d->op);
    g_free(d->optimised);
    g_free(d->optimised_guest);
    g_free(d->host);
    g_array_unref(d->changes);
    g_array_unref(d->ranges);
    g_array_unref(d->places);
    g_free(d);
}

static void unit_free(void *opaque)
{
    struct explain_unit *u = opaque;
    detail_free(u->detail);
    g_free(u);
}

static guint place_hash(gconstpointer key)
{
    const struct explain_unit *u = key;
    const uint64_t h = (u->physical ^ u->pc << 17 ^ (uint64_t)u->mode << 40) * 0x9e3779b97f4a7c15ull;
    return (guint)(h >> 32);
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
    const struct explain_unit *u = a, *v = b;
    return u->physical == v->physical && u->pc == v->pc && u->mode == v->mode;
}

void engine_explain_start(struct engine *engine, const struct explain_limits *limits)
{
    struct explain *e = g_new0(struct explain, 1);
    e->engine = engine;
    e->limits = limits ? *limits : (struct explain_limits){ 0 };
    if (!e->limits.detail_bytes) {
        e->limits.detail_bytes = default_detail_bytes;
    }
    e->units = g_ptr_array_new_with_free_func(unit_free);
    e->newest = g_hash_table_new(place_hash, place_equal);
    e->events = g_array_new(FALSE, FALSE, sizeof(struct explain_event));
    e->texts = g_string_chunk_new(4096);
    engine_explain_stop(engine);
    engine->explain = e;
}

void explain_free(struct explain *e)
{
    if (!e) {
        return;
    }
    g_ptr_array_unref(e->units);
    g_hash_table_unref(e->newest);
    g_array_unref(e->events);
    g_string_chunk_free(e->texts);
    g_free(e);
}

void engine_explain_stop(struct engine *engine)
{
    g_mutex_lock(&engine->translate_lock);
    engine_forget_code(engine, EXPLAIN_CACHE);
    struct explain *e = engine->explain;
    engine->explain = NULL;
    g_mutex_unlock(&engine->translate_lock);
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        explain_draft_free(engine->cpu[c]);
    }
    explain_free(e);
}

/* ---- Front end and optimiser ---- */

static bool same_op(const struct ir_insn *a, const struct ir_insn *b)
{
    struct ir_insn x = *a, y = *b;
    x.dies = y.dies = 0;
    return x.op == y.op && x.width == y.width && x.cond == y.cond && x.aux == y.aux && x.imm == y.imm && x.ptr == y.ptr &&
           !memcmp(x.d, y.d, sizeof(x.d)) && !memcmp(x.s, y.s, sizeof(x.s));
}

/* Ops belong to the mark before them; a label and its poll to the mark they lead to. */
static void assign_guest(struct explain_detail *d)
{
    int16_t guest = -1;
    for (unsigned i = 0; i < d->op_count; i++) {
        struct explain_op *op = &d->op[i];
        guest = op->insn.op == IR_INSN ? (int16_t)op->insn.aux : guest;
        op->guest = guest;
        for (unsigned k = i; op->insn.op == IR_INSN && k-- > 0 &&
             (d->op[k].insn.op == IR_LABEL || d->op[k].insn.op == IR_POLL);) {
            d->op[k].guest = guest;
        }
    }
}

/* A move that the pass took out because another op now gives its register the value. */
static int16_t merged_into(const struct explain_draft *draft, const struct ir_unit *unit, unsigned move)
{
    const struct ir_insn *was = &draft->seen[move];
    if (was->op != IR_MOV && was->op != IR_VMOV && was->op != IR_FMOV) {
        return -1;
    }
    for (unsigned i = move; i-- > 0;) {
        for (unsigned k = 0; k < 2; k++) {
            if (draft->seen[i].d[k] == was->s[0] && unit->code[i].op != IR_OP_REMOVED && unit->code[i].d[k] == was->d[0]) {
                return (int16_t)i;
            }
        }
    }
    return -1;
}

static void note_pass(struct explain_draft *draft, const struct ir_unit *unit, unsigned pass)
{
    struct explain_detail *d = draft->unit->detail;
    for (unsigned i = 0; i < d->op_count; i++) {
        const struct ir_insn *now = &unit->code[i];
        if (now->op == draft->seen[i].op && same_op(now, &draft->seen[i])) {
            continue;
        }
        if (now->op == IR_OP_REMOVED) {
            d->op[i].removed_by = (uint8_t)(pass + 1);
            d->op[i].merged_into = merged_into(draft, unit, i);
        } else {
            const struct explain_change change = { (uint16_t)i, (uint8_t)pass, *now };
            g_array_append_val(d->changes, change);
        }
    }
    memcpy(draft->seen, unit->code, d->op_count * sizeof(draft->seen[0]));
}

static void on_pass(struct ir_watch *watch, const struct ir_unit *unit, unsigned pass)
{
    if (pass + 1 < ir_pass_count) {
        note_pass((struct explain_draft *)watch, unit, pass);
    }
}

static void on_emitted(struct ir_watch *watch, int first, int last, bool far, uint32_t from, uint32_t to)
{
    const struct explain_range range = { (int16_t)first, (int16_t)last, far, from, to };
    g_array_append_val(((struct explain_draft *)watch)->unit->detail->ranges, range);
}

static void on_place(struct ir_watch *watch, unsigned insn, ir_reg r, const char *where)
{
    struct explain_draft *draft = (struct explain_draft *)watch;
    if (insn < draft->reached) {
        return;                     /* code behind the unit's end that belongs to an instruction passed: an exit */
    }
    draft->reached = insn;
    const char *kept = g_string_chunk_insert_const(draft->explain->texts, where);
    if (draft->where[r] != kept) {
        const struct explain_place place = { (uint8_t)insn, (uint8_t)r, kept };
        draft->where[r] = kept;
        g_array_append_val(draft->unit->detail->places, place);
    }
}

void explain_draft_free(struct cpu *cpu)
{
    struct explain_draft *draft = loop_of(cpu)->draft;
    loop_of(cpu)->draft = NULL;
    loop_of(cpu)->unit->watch = NULL;
    if (draft) {
        if (draft->unit) {
            unit_free(draft->unit);
        }
        g_free(draft->seen);
        g_free(draft);
    }
}

/* The page was fetched from a moment ago. */
static uint64_t address_of(struct cpu *cpu, const struct ir_unit *unit)
{
    const unsigned mmu = cpu->frontend->fetch_mmu(unit->mode);
    const struct tlb_entry *entry = tlb_get(cpu, unit->linear, MMU_EXEC, mmu, false);
    return entry ? tlb_detail_of(cpu, entry, mmu)->physical | (unit->linear & PAGE_OFFSET) : NOT_RAM;
}

static struct explain_detail *detail_new(struct cpu *cpu, const struct ir_unit *unit)
{
    struct explain_detail *d = g_new0(struct explain_detail, 1);
    d->guest = g_malloc0(unit->guest_bytes + 1);
    code_fetch(cpu, unit->linear, d->guest, unit->guest_bytes, false);
    d->op_count = unit->count;
    d->op = g_new0(struct explain_op, unit->count + 1);
    for (unsigned i = 0; i < unit->count; i++) {
        d->op[i] = (struct explain_op){ .insn = unit->code[i], .optimised = -1, .merged_into = -1 };
    }
    assign_guest(d);
    d->changes = g_array_new(FALSE, FALSE, sizeof(struct explain_change));
    d->ranges = g_array_new(FALSE, FALSE, sizeof(struct explain_range));
    d->places = g_array_new(FALSE, FALSE, sizeof(struct explain_place));
    return d;
}

void explain_written(struct cpu *cpu, struct ir_unit *unit, int64_t front_ns)
{
    explain_draft_free(cpu);
    if (!cpu->engine->explain) {
        return;
    }
    struct explain_draft *draft = g_new0(struct explain_draft, 1);
    struct explain_unit *u = g_new0(struct explain_unit, 1);
    draft->watch = (struct ir_watch){ on_pass, on_emitted, on_place };
    draft->explain = cpu->engine->explain;
    draft->unit = u;
    draft->seen = g_memdup2(unit->code, unit->count * sizeof(unit->code[0]));
    u->frontend = cpu->frontend;
    u->front_ns = (uint32_t)front_ns;
    u->address = address_of(cpu, unit);
    u->guest_insns = unit->guest_insns;
    u->guest_bytes = unit->guest_bytes;
    u->ir_ops = unit->count;
    for (unsigned i = 0; i < unit->guest_insns; i++) {
        u->insn[i].pc = unit->insn[i].pc;
        u->insn[i].offset = unit->insn[i].offset;
    }
    u->detail = detail_new(cpu, unit);
    loop_of(cpu)->draft = draft;
    unit->watch = &draft->watch;
}

void explain_optimised(struct cpu *cpu, struct ir_unit *unit, int64_t optimise_ns)
{
    struct explain_draft *draft = loop_of(cpu)->draft;
    if (!draft) {
        return;
    }
    struct explain_detail *d = draft->unit->detail;
    draft->unit->optimise_ns = (uint32_t)optimise_ns;
    draft->unit->optimised_ops = d->optimised_count = unit->count;
    d->optimised = g_memdup2(unit->code, unit->count * sizeof(unit->code[0]));
    d->optimised_guest = g_new0(int16_t, unit->count + 1);
    for (unsigned i = 0, out = 0; i < d->op_count; i++) {
        if (!d->op[i].removed_by) {
            d->optimised_guest[out] = d->op[i].guest;
            d->op[i].optimised = (int16_t)out++;
        }
    }
}

/* ---- Back end ---- */

void explain_emit(struct cpu *cpu, struct block *block)
{
    struct explain_draft *draft = loop_of(cpu)->draft;
    if (draft) {
        g_array_set_size(draft->unit->detail->ranges, 0);
        g_array_set_size(draft->unit->detail->places, 0);
        memset(draft->where, 0, sizeof(draft->where));
        draft->reached = 0;
        block->counts = &draft->unit->counts;
    }
}

static int by_heat(const void *a, const void *b)
{
    const uint64_t x = explain_heat(*(struct explain_unit *const *)a), y = explain_heat(*(struct explain_unit *const *)b);
    return (x > y) - (x < y);
}

/* The half of the units that ran least loses its details. */
static void details_trim(struct explain *e)
{
    g_autofree struct explain_unit **order = g_new(struct explain_unit *, e->units->len);
    unsigned count = 0;
    for (unsigned i = 0; i < e->units->len; i++) {
        struct explain_unit *u = e->units->pdata[i];
        if (u->detail) {
            order[count++] = u;
        }
    }
    qsort(order, count, sizeof(order[0]), by_heat);
    for (unsigned i = 0; i < count / 2; i++) {
        e->detail_bytes -= order[i]->detail->bytes;
        detail_free(order[i]->detail);
        order[i]->detail = NULL;
        e->details_lost++;
    }
}

static size_t detail_size(const struct explain_detail *d, const struct explain_unit *u)
{
    return d->op_count * sizeof(d->op[0]) + d->optimised_count * (sizeof(d->optimised[0]) + sizeof(int16_t)) + u->host_bytes +
           d->changes->len * sizeof(struct explain_change) + d->ranges->len * sizeof(struct explain_range) +
           d->places->len * sizeof(struct explain_place) + sizeof(*d) + u->guest_bytes;
}

static void describe(struct explain_unit *u, const struct block *block)
{
    u->pc = block->pc;
    u->physical = block->physical;
    u->linear = block->linear;
    u->mode = block->mode;
    u->crosses_page = block->crosses_page;
    u->host_bytes = block->host_bytes;
    u->main_bytes = block->main_bytes;
    u->host_address = block->host;
    u->link_count = block->link_count;
    for (unsigned i = 0; i < block->link_count; i++) {
        u->link[i].target_pc = block->links[i].target_pc;
        u->link[i].guarded = block->links[i].guard;
    }
    u->detail->host = g_memdup2(block->host, block->host_bytes);
}

void explain_published(struct cpu *cpu, struct block *block, int64_t emit_ns)
{
    struct explain_draft *draft = loop_of(cpu)->draft;
    if (!draft) {
        return;
    }
    struct explain *e = draft->explain;
    struct explain_unit *u = draft->unit;
    describe(u, block);
    u->cpu = cpu->index;
    u->emit_ns = (uint32_t)emit_ns;
    u->number = e->units->len;
    u->older = g_hash_table_lookup(e->newest, u);
    u->version = u->older ? u->older->version + 1 : 1;
    u->detail->bytes = detail_size(u->detail, u);
    e->detail_bytes += u->detail->bytes;
    g_hash_table_replace(e->newest, u, u);
    g_ptr_array_add(e->units, u);
    draft->unit = NULL;
    explain_draft_free(cpu);
    if (e->detail_bytes > e->limits.detail_bytes) {
        details_trim(e);
    }
    if (e->limits.units == e->units->len) {
        e->limits.reached(e->limits.opaque);
    }
}

/* ---- Links and ends ---- */

static struct explain_unit *unit_of(const struct block *block)
{
    return (struct explain_unit *)block->counts;
}

static void event(struct explain *e, const struct explain_event *what)
{
    if (e->events->len < EXPLAIN_MAX_EVENTS) {
        g_array_append_vals(e->events, what, 1);
    } else {
        e->events_lost++;
    }
}

void explain_linked(struct engine *engine, const struct block_link *link, const struct block *target)
{
    struct explain_unit *u = unit_of(link->owner);
    if (!engine->explain || !u || !target->counts) {
        return;
    }
    const unsigned slot = (unsigned)(link - link->owner->links);
    u->link[slot].target = unit_of(target);
    u->link[slot].linked = true;
    u->link[slot].made++;
    event(engine->explain, &(struct explain_event){ EXPLAIN_LINKED, EXPLAIN_ALIVE, (uint8_t)slot, u->number,
                                                    unit_of(target)->number, 0 });
}

void explain_unlinked(struct engine *engine, const struct block_link *link, enum explain_why why)
{
    struct explain_unit *u = unit_of(link->owner);
    if (!engine->explain || !u) {
        return;
    }
    const unsigned slot = (unsigned)(link - link->owner->links);
    u->link[slot].linked = false;
    u->link[slot].undone[why]++;
    event(engine->explain, &(struct explain_event){ EXPLAIN_UNLINKED, (uint8_t)why, (uint8_t)slot, u->number,
                                                    u->link[slot].target ? u->link[slot].target->number : u->number, 0 });
}

void explain_dropped(struct engine *engine, const struct block *block, enum explain_why why, uint64_t address)
{
    struct explain_unit *u = unit_of(block);
    if (!engine->explain || !u) {
        return;
    }
    u->ended = why;
    u->ended_by = address;
    event(engine->explain, &(struct explain_event){ EXPLAIN_DROPPED, (uint8_t)why, 0, u->number, u->number, address });
}
