/* SPDX-License-Identifier: MIT */
/* The record as JSON. Code comes as arrays in a fixed order, which explain/page/explain.js names; the rest as objects. */
#include <inttypes.h>
#include "explain/data.h"
#include "tcg/ir_opt.h"

/* ---- A unit's facts ---- */

static void put_links(struct json *json, const struct explain_unit *u)
{
    json_open(json, "links", '[');
    for (unsigned i = 0; i < u->link_count; i++) {
        const struct explain_link *link = &u->link[i];
        json_open(json, NULL, '{');
        json_address(json, "pc", link->target_pc);
        json_signed(json, "to", link->target ? (int64_t)link->target->number : -1);
        json_bool(json, "linked", link->linked);
        json_bool(json, "guarded", link->guarded);
        json_number(json, "taken", u->counts.taken[i]);
        json_number(json, "made", link->made);
        json_open(json, "undone", '{');
        for (unsigned why = 0; why < EXPLAIN_WHYS; why++) {
            if (link->undone[why]) {
                json_number(json, explain_why_text(why), link->undone[why]);
            }
        }
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
}

void data_unit(struct json *json, const struct explain_unit *u)
{
    g_autofree char *mode = unit_mode_text(u), *helpers = unit_helpers(u), *exits = unit_exits(u);
    json_number(json, "n", u->number);
    json_address(json, "pc", u->pc);
    json_address(json, "linear", u->linear);
    json_address(json, "physical", u->address);
    json_address(json, "ram", u->physical);
    json_text(json, "mode", mode);
    json_text(json, "guest", u->frontend->name);
    json_number(json, "cpu", u->cpu);
    json_number(json, "insns", u->guest_insns);
    json_number(json, "bytes", u->guest_bytes);
    json_number(json, "ir", u->ir_ops);
    json_number(json, "optimised", u->optimised_ops);
    json_number(json, "host", u->host_bytes);
    json_number(json, "main", u->main_bytes);
    json_number(json, "runs", u->counts.runs);
    json_number(json, "turns", u->counts.turns);
    json_number(json, "lookups", u->counts.looked_up);
    json_number(json, "version", u->version);
    json_signed(json, "older", u->older ? (int64_t)u->older->number : -1);
    json_number(json, "front_ns", u->front_ns);
    json_number(json, "optimise_ns", u->optimise_ns);
    json_number(json, "emit_ns", u->emit_ns);
    json_bool(json, "crosses", u->crosses_page);
    json_text(json, "ended", u->ended == EXPLAIN_ALIVE ? "" : explain_why_text(u->ended));
    json_address(json, "ended_by", u->ended_by);
    json_text(json, "helpers", helpers);
    json_text(json, "exits", exits);
    json_bool(json, "detail", u->detail);
    put_links(json, u);
}

/* ---- Its code ---- */

static void put_guest(struct json *json, const struct explain_unit *u)
{
    struct guest_line line;
    json_open(json, "guest", '[');          /* pc, bytes, text, fate of the flags it sets, who reads them */
    for (unsigned i = 0; unit_guest_line(u, i, &line); i++) {
        int reader;
        const enum flags_fate fate = unit_flags_fate(u, i, &reader);
        char bytes[64] = "";
        for (unsigned b = 0; b < line.bytes && b < 16; b++) {
            g_snprintf(bytes + 2 * b, 3, "%02x", line.code[b]);
        }
        json_open(json, NULL, '[');
        json_address(json, NULL, line.pc);
        json_text(json, NULL, bytes);
        json_text(json, NULL, line.text);
        json_text(json, NULL, flags_fate_text[fate]);
        json_signed(json, NULL, reader);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_written(struct json *json, const struct explain_unit *u, const struct ir_unit *names)
{
    const struct explain_detail *d = u->detail;
    char text[256];
    json_open(json, "ir", '[');             /* text, guest instruction, number when optimised, removed by pass, merged into op */
    for (unsigned i = 0; i < d->op_count; i++) {
        const struct explain_op *op = &d->op[i];
        ir_print_insn(names, &op->insn, text, sizeof(text));
        json_open(json, NULL, '[');
        json_text(json, NULL, text);
        json_signed(json, NULL, op->guest);
        json_signed(json, NULL, op->optimised);
        json_signed(json, NULL, op->removed_by - 1);
        json_signed(json, NULL, op->merged_into);
        json_close(json, ']');
    }
    json_close(json, ']');
    json_open(json, "changes", '[');        /* op, pass, text after it */
    for (unsigned i = 0; i < d->changes->len; i++) {
        const struct explain_change *change = &g_array_index(d->changes, struct explain_change, i);
        ir_print_insn(names, &change->now, text, sizeof(text));
        json_open(json, NULL, '[');
        json_number(json, NULL, change->op);
        json_number(json, NULL, change->pass);
        json_text(json, NULL, text);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_optimised(struct json *json, const struct explain_unit *u, const struct ir_unit *names)
{
    const struct explain_detail *d = u->detail;
    json_open(json, "opt", '[');            /* text, guest instruction */
    for (unsigned i = 0; i < d->optimised_count; i++) {
        char text[256];
        ir_print_insn(names, &d->optimised[i], text, sizeof(text));
        json_open(json, NULL, '[');
        json_text(json, NULL, text);
        json_signed(json, NULL, d->optimised_guest[i]);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_host(struct json *json, const struct explain_unit *u, const struct engine_facts *facts)
{
    g_autoptr(GArray) lines = unit_host_lines(u, facts);
    json_open(json, "host", '[');           /* offset, bytes, text, guest instruction, first op, last op, far */
    for (unsigned i = 0; i < lines->len; i++) {
        const struct unit_line *line = &g_array_index(lines, struct unit_line, i);
        json_open(json, NULL, '[');
        json_number(json, NULL, line->at);
        json_number(json, NULL, line->bytes);
        json_text(json, NULL, line->text);
        json_signed(json, NULL, line->guest);
        json_signed(json, NULL, line->first);
        json_signed(json, NULL, line->last);
        json_number(json, NULL, line->far);
        json_close(json, ']');
    }
    json_close(json, ']');
}

void data_detail(struct json *json, const struct explain_unit *u, const struct engine_facts *facts)
{
    struct ir_unit names;
    explain_names(u, &names);
    put_guest(json, u);
    put_written(json, u, &names);
    put_optimised(json, u, &names);
    put_host(json, u, facts);
    json_address(json, "host_address", (uintptr_t)u->host_address);
    json_open(json, "places", '[');         /* from this guest instruction on, global, where it is */
    for (unsigned i = 0; i < u->detail->places->len; i++) {
        const struct explain_place *place = &g_array_index(u->detail->places, struct explain_place, i);
        json_open(json, NULL, '[');
        json_number(json, NULL, place->insn);
        json_text(json, NULL, names.globals[place->global - 1].name);
        json_text(json, NULL, place->where);
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* ---- The whole ---- */

static void put_field(struct json *json, const char *name, size_t offset, size_t bytes)
{
    json_open(json, NULL, '[');
    json_text(json, NULL, name);
    json_number(json, NULL, offset);
    json_number(json, NULL, bytes);
    json_close(json, ']');
}

void data_names(struct json *json, const struct explain *explain)
{
    const struct explain_unit *first = explain->units->len ? explain->units->pdata[0] : NULL;
    json_open(json, "passes", '[');
    for (unsigned i = 0; i < ir_pass_count; i++) {
        json_text(json, NULL, ir_passes[i].name);
    }
    json_close(json, ']');
    json_open(json, "fields", '[');         /* what lies where in the CPU structure: name, offset, bytes */
    for (unsigned i = 0; first && i < first->frontend->global_count; i++) {
        static const unsigned bytes[] = { [IR_TYPE_INT] = 8, [IR_TYPE_VEC] = 16, [IR_TYPE_FLAGS] = sizeof(struct ir_flags) };
        const struct ir_global *global = &first->frontend->globals[i];
        put_field(json, global->name, global->offset, bytes[global->type]);
    }
#define FIELD(name) put_field(json, #name, offsetof(struct cpu, name), sizeof(((struct cpu *)NULL)->name))
    FIELD(exit_request);
    FIELD(mode);
    FIELD(pc);
    FIELD(icount_left);
    FIELD(tlb);
    FIELD(spill);
    FIELD(page_ids);
    FIELD(jump_cache);
#undef FIELD
    json_close(json, ']');
}

void data_counters(struct json *json, struct engine *engine)
{
    const char *name, *help;
    uint64_t value;
    json_open(json, "counters", '[');
    for (unsigned i = 0; engine_counter_at(engine, i, &name, &help, &value); i++) {
        json_open(json, NULL, '[');
        json_text(json, NULL, name);
        json_number(json, NULL, value);
        json_text(json, NULL, help);
        json_close(json, ']');
    }
    json_close(json, ']');
}

struct page { uint64_t address, heat, units, dropped, host; };

static gint by_address(gconstpointer a, gconstpointer b)
{
    const struct page *p = a, *q = b;
    return (p->address > q->address) - (p->address < q->address);
}

void data_pages(struct json *json, const struct explain *explain)
{
    enum { PAGE = 4096 };
    g_autoptr(GArray) pages = g_array_new(FALSE, FALSE, sizeof(struct page));
    g_autoptr(GHashTable) index = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < explain->units->len; i++) {
        const struct explain_unit *u = explain->units->pdata[i];
        uint64_t address = u->address & ~(uint64_t)(PAGE - 1);
        gpointer at = g_hash_table_lookup(index, &address);
        if (!at) {
            const struct page fresh = { .address = address };
            g_array_append_val(pages, fresh);
            g_ptr_array_add(keys, g_memdup2(&address, sizeof(address)));
            at = GUINT_TO_POINTER(pages->len);
            g_hash_table_insert(index, keys->pdata[keys->len - 1], at);
        }
        struct page *page = &g_array_index(pages, struct page, GPOINTER_TO_UINT(at) - 1);
        page->heat += explain_heat(u);
        page->units++;
        page->dropped += u->ended != EXPLAIN_ALIVE;
        page->host += u->host_bytes;
    }
    g_array_sort(pages, by_address);
    json_open(json, "pages", '[');          /* address, heat, units, units dropped, host bytes */
    for (unsigned i = 0; i < pages->len; i++) {
        const struct page *page = &g_array_index(pages, struct page, i);
        json_open(json, NULL, '[');
        json_address(json, NULL, page->address);
        json_number(json, NULL, page->heat);
        json_number(json, NULL, page->units);
        json_number(json, NULL, page->dropped);
        json_number(json, NULL, page->host);
        json_close(json, ']');
    }
    json_close(json, ']');
}

void data_events(struct json *json, const struct explain *explain, unsigned events)
{
    static const char *const kinds[] = {
        [EXPLAIN_LINKED] = "linked", [EXPLAIN_UNLINKED] = "unlinked", [EXPLAIN_DROPPED] = "dropped",
    };
    const GArray *all = explain->events;
    json_number(json, "events_total", all->len + explain->events_lost);
    json_open(json, "events", '[');         /* kind, unit, slot, other unit, why, address */
    for (unsigned i = all->len > events ? all->len - events : 0; i < all->len; i++) {
        const struct explain_event *e = &g_array_index(all, struct explain_event, i);
        json_open(json, NULL, '[');
        json_text(json, NULL, kinds[e->kind]);
        json_number(json, NULL, e->unit);
        json_number(json, NULL, e->slot);
        json_number(json, NULL, e->other);
        json_text(json, NULL, e->kind == EXPLAIN_LINKED ? "" : explain_why_text(e->why));
        json_address(json, NULL, e->address);
        json_close(json, ']');
    }
    json_close(json, ']');
}
