/* SPDX-License-Identifier: MIT */
/* Units as text, a line a thing, for terminals. */
#include <inttypes.h>
#include <string.h>
#include "explain/text.h"
#include "tcg/ir_opt.h"

/* ---- Totals ---- */

struct totals { uint64_t runs, turns, lookups, taken, guest_bytes, host_bytes, ir, optimised, made_ns; unsigned ended[EXPLAIN_WHYS]; };

static struct totals total(const struct explain *explain)
{
    struct totals t = { 0 };
    for (unsigned i = 0; i < explain->units->len; i++) {
        const struct explain_unit *u = explain->units->pdata[i];
        t.runs += u->counts.runs;
        t.turns += u->counts.turns;
        t.lookups += u->counts.looked_up;
        t.guest_bytes += u->guest_bytes;
        t.host_bytes += u->host_bytes;
        t.ir += u->ir_ops;
        t.optimised += u->optimised_ops;
        t.made_ns += (uint64_t)u->front_ns + u->optimise_ns + u->emit_ns;
        t.ended[u->ended]++;
        t.taken += unit_direct(u);
    }
    return t;
}

static double ratio(uint64_t a, uint64_t b)
{
    return b ? (double)a / (double)b : 0;
}

void text_stats(GString *out, struct engine *engine)
{
    const struct explain *explain = engine_explain(engine);
    if (explain) {
        const struct totals t = total(explain);
        g_string_append_printf(out, "%14u  units translated while counting, %" PRIu64 " ms in all\n", explain->units->len,
                               t.made_ns / 1000000);
        g_string_append_printf(out, "%14" PRIu64 "  units run; %" PRIu64 " turns of loops inside them\n", t.runs, t.turns);
        g_string_append_printf(out, "%14" PRIu64 "  ways out by direct jumps, %" PRIu64 " by look-ups\n", t.taken, t.lookups);
        g_string_append_printf(out, "%14.2f  host bytes a guest byte; IR ops %" PRIu64 " as written, %" PRIu64 " optimised\n",
                               ratio(t.host_bytes, t.guest_bytes), t.ir, t.optimised);
        for (unsigned why = EXPLAIN_ALIVE + 1; why < EXPLAIN_WHYS; why++) {
            if (t.ended[why]) {
                g_string_append_printf(out, "%14u  dropped: %s\n", t.ended[why], explain_why_text(why));
            }
        }
    }
    engine_stats(engine, out);
}

void text_list(GString *out, const struct explain *explain, unit_counter by, unsigned count)
{
    g_autoptr(GPtrArray) units = units_sorted(explain, by);
    g_string_append_printf(out, "%6s %18s %12s %12s %12s %12s %5s %5s %5s %5s %5s %4s  %s\n", "unit", "linear", "runs", "turns", "direct",
                           "lookups", "insns", "bytes", "ir", "opt", "host", "made", "mode");
    for (unsigned i = 0; i < MIN(count, units->len); i++) {
        const struct explain_unit *u = units->pdata[i];
        g_autofree char *mode = unit_mode_text(u);
        g_string_append_printf(out, "%6u %#18" PRIx64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64
                               " %5u %5u %5u %5u %5u %4u  %s%s\n", u->number, u->linear, u->counts.runs, u->counts.turns,
                               unit_direct(u), u->counts.looked_up, u->guest_insns, u->guest_bytes, u->ir_ops,
                               u->optimised_ops, u->host_bytes, u->version, mode, u->ended == EXPLAIN_ALIVE ? "" : " (dropped)");
    }
}

/* ---- One unit ---- */

static void put_op(GString *out, const struct explain_unit *u, const struct ir_unit *names, unsigned i)
{
    const struct explain_op *op = &u->detail->op[i];
    char text[256];
    ir_print_insn(names, &op->insn, text, sizeof(text));
    g_string_append_printf(out, "    IR   %s", text);
    if (op->merged_into >= 0) {
        g_string_append_printf(out, "     ; merged into op %d by %s", op->merged_into, ir_passes[op->removed_by - 1].name);
    } else if (op->removed_by) {
        g_string_append_printf(out, "     ; removed by %s", ir_passes[op->removed_by - 1].name);
    }
    g_string_append_c(out, '\n');
    if (op->optimised >= 0) {
        ir_print_insn(names, &u->detail->optimised[op->optimised], text, sizeof(text));
        g_string_append_printf(out, "    opt  %s\n", text);
    }
}

static void put_host(GString *out, const GArray *lines, int guest)
{
    for (unsigned i = 0; i < lines->len; i++) {
        const struct unit_line *line = &g_array_index(lines, struct unit_line, i);
        if (line->guest == guest && line->first != -2) {
            g_string_append_printf(out, "    host %s%04x  %s\n", line->far ? "far " : "", line->at, line->text);
        }
    }
}

static void put_places(GString *out, const struct explain_unit *u, unsigned insn)
{
    const char *before = "    now in ";
    for (unsigned i = 0; i < u->detail->places->len; i++) {
        const struct explain_place *place = &g_array_index(u->detail->places, struct explain_place, i);
        if (place->insn == insn && (insn || strcmp(place->where, "memory"))) {
            g_string_append_printf(out, "%s%s: %s", before, u->frontend->globals[place->global - 1].name, place->where);
            before = "; ";
        }
    }
    g_string_append(out, *before == ';' ? "\n" : "");
}

/* What belongs to a guest instruction; -1: to the unit itself. */
static void put_part(GString *out, const struct explain_unit *u, const GArray *host, const struct ir_unit *names, int guest)
{
    struct guest_line line;
    int reader;
    if (guest >= 0 && unit_guest_line(u, (unsigned)guest, &line)) {
        const enum flags_fate fate = unit_flags_fate(u, (unsigned)guest, &reader);
        g_string_append_printf(out, "%#" PRIx64 "  %s", line.pc, line.text);
        if (fate != FLAGS_NOT_SET) {
            g_string_append_printf(out, "     ; flags %s", flags_fate_text[fate]);
        }
        if (fate == FLAGS_READ) {
            g_string_append_printf(out, " by instruction %d", reader);
        }
        g_string_append_c(out, '\n');
        put_places(out, u, (unsigned)guest);
    } else {
        g_string_append(out, "the unit itself\n");
    }
    for (unsigned i = 0; i < u->detail->op_count; i++) {
        if (u->detail->op[i].guest == guest && u->detail->op[i].insn.op != IR_INSN) {
            put_op(out, u, names, i);
        }
    }
    put_host(out, host, guest);
}

static void put_links(GString *out, const struct explain_unit *u)
{
    for (unsigned i = 0; i < u->link_count; i++) {
        const struct explain_link *link = &u->link[i];
        g_string_append_printf(out, "way %u to %#" PRIx64 ", %" PRIu64 " times%s: ", i, link->target_pc, u->counts.taken[i],
                               link->guarded ? ", with a guard" : "");
        g_string_append_printf(out, link->linked ? "linked to unit %u" : link->target ? "was linked to unit %u" : "never linked",
                               link->target ? link->target->number : 0);
        for (unsigned why = 0; why < EXPLAIN_WHYS; why++) {
            if (link->undone[why]) {
                g_string_append_printf(out, "; undone %u times: %s", link->undone[why], explain_why_text(why));
            }
        }
        g_string_append_c(out, '\n');
    }
}

void text_unit(GString *out, const struct explain_unit *u, const struct engine_facts *facts)
{
    g_autofree char *mode = unit_mode_text(u), *helpers = unit_helpers(u), *exits = unit_exits(u);
    struct ir_unit names;
    explain_names(u, &names);
    g_string_append_printf(out, "unit %u: pc %#" PRIx64 ", linear %#" PRIx64 ", physical %#" PRIx64 "; %s\n", u->number, u->pc,
                           u->linear, u->address, mode);
    g_string_append_printf(out, "run %" PRIu64 " times, %" PRIu64 " turns of its loops; translation %u of this place; %u ns in the "
                           "front end, %u optimiser, %u back end\n", u->counts.runs, u->counts.turns, u->version, u->front_ns,
                           u->optimise_ns, u->emit_ns);
    if (u->ended != EXPLAIN_ALIVE) {
        g_string_append_printf(out, "dropped: %s (at RAM offset %#" PRIx64 ")\n", explain_why_text(u->ended), u->ended_by);
    }
    if (!u->detail) {
        g_string_append(out, "its code was let go to save memory: others run more often\n");
        return;
    }
    g_autoptr(GArray) host = unit_host_lines(u, facts);
    for (int guest = -1; guest < u->guest_insns; guest++) {
        put_part(out, u, host, &names, guest);
    }
    put_links(out, u);
    g_string_append_printf(out, "%s%s%s%s%s%s", *exits ? "leaves by: " : "", exits, *exits ? "\n" : "", *helpers ? "helpers: " : "",
                           helpers, *helpers ? "\n" : "");
}

GPtrArray *units_at(const struct explain *explain, uint64_t address)
{
    GPtrArray *found = g_ptr_array_new();
    for (unsigned i = explain->units->len; i-- > 0;) {
        struct explain_unit *u = explain->units->pdata[i];
        const bool newest = g_hash_table_lookup(explain->newest, u) == u;
        if (newest && (address - u->pc < u->guest_bytes || address - u->linear < u->guest_bytes ||
                       address - u->address < u->guest_bytes)) {
            g_ptr_array_add(found, u);
        }
    }
    return found;
}
