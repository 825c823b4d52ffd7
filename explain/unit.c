/* SPDX-License-Identifier: MIT */
/* Recorded units as lines of text. Reads the record only; the guest's and the host's disassembler give words to bytes. */
#include <string.h>
#include "base/error.h"
#include "explain/unit.h"

const char *const flags_fate_text[] = {
    [FLAGS_NOT_SET] = "", [FLAGS_DEAD] = "dead", [FLAGS_DEFERRED] = "deferred", [FLAGS_READ] = "read",
};

bool unit_guest_line(const struct explain_unit *u, unsigned insn, struct guest_line *line)
{
    if (insn >= u->guest_insns || !u->detail) {
        return false;
    }
    const unsigned at = u->insn[insn].offset, end = insn + 1u < u->guest_insns ? u->insn[insn + 1].offset : u->guest_bytes;
    *line = (struct guest_line){ .pc = u->insn[insn].pc, .code = u->detail->guest + at, .bytes = end - at, .text = "?" };
    if (u->frontend->disassemble) {
        u->frontend->disassemble(line->code, line->bytes, line->pc, u->mode, line->text, sizeof(line->text));
    }
    return true;
}

static bool holds(const struct explain_unit *u, const struct explain_range *r, uint32_t at)
{
    const uint32_t base = r->far ? u->main_bytes : 0;
    return at >= base + r->from && at < base + r->to;
}

struct lines { const struct explain_unit *unit; GArray *lines; unsigned range; };

static void add_line(void *opaque, unsigned at, unsigned bytes, const char *text)
{
    struct lines *l = opaque;
    const struct explain_unit *u = l->unit;
    const GArray *ranges = u->detail->ranges;
    struct unit_line line = {
        .at = at, .bytes = bytes, .first = -2, .last = -2, .guest = -1, .far = at >= u->main_bytes, .text = g_strdup(text),
    };
    for (unsigned n = 0; n < ranges->len; n++) {        /* from where the last one was: they mostly follow each other */
        const unsigned i = (l->range + n) % ranges->len;
        const struct explain_range *r = &g_array_index(ranges, struct explain_range, i);
        if (holds(u, r, at)) {
            l->range = i;
            line.first = r->first;
            line.last = r->last;
            line.guest = r->first >= 0 ? u->detail->optimised_guest[r->first] : -1;
            break;
        }
    }
    g_array_append_val(l->lines, line);
}

static void clear_line(void *line)
{
    g_free(((struct unit_line *)line)->text);
}

GArray *unit_host_lines(const struct explain_unit *u, const struct engine_facts *facts)
{
    struct lines lines = { .unit = u, .lines = g_array_new(FALSE, FALSE, sizeof(struct unit_line)) };
    g_array_set_clear_func(lines.lines, clear_line);
    facts->backend->disassemble(u->detail->host, u->host_bytes, (uintptr_t)u->host_address, add_line, &lines);
    return lines.lines;
}

/* ---- Flags ---- */

static bool is_flags(const struct explain_unit *u, ir_reg r)
{
    return r >= 1 && r <= u->frontend->global_count && u->frontend->globals[r - 1].type == IR_TYPE_FLAGS;
}

static bool sets_flags(const struct explain_unit *u, const struct ir_insn *insn)
{
    return is_flags(u, insn->d[0]) || is_flags(u, insn->d[1]);
}

static bool reads_flags(const struct explain_unit *u, const struct ir_insn *insn)
{
    for (unsigned k = 0; k < 4; k++) {
        if (is_flags(u, insn->s[k])) {
            return true;
        }
    }
    return false;
}

/* The first op behind `from` that reads the flags before another sets them; -1: none in straight order. */
static int next_reader(const struct explain_unit *u, unsigned from)
{
    for (unsigned i = from + 1; i < u->detail->optimised_count; i++) {
        const struct ir_insn *insn = &u->detail->optimised[i];
        if (reads_flags(u, insn)) {
            return (int)i;
        }
        if (sets_flags(u, insn) || insn->op == IR_LABEL) {
            return -1;
        }
    }
    return -1;
}

enum flags_fate unit_flags_fate(const struct explain_unit *u, unsigned insn, int *reader)
{
    const struct explain_detail *d = u->detail;
    enum flags_fate fate = FLAGS_NOT_SET;
    *reader = -1;
    for (unsigned i = 0; i < d->op_count; i++) {
        const struct explain_op *op = &d->op[i];
        if (op->guest != (int)insn || !sets_flags(u, &op->insn)) {
            continue;
        }
        if (op->optimised < 0 || !sets_flags(u, &d->optimised[op->optimised])) {
            fate = FLAGS_DEAD;
            continue;
        }
        const int by = next_reader(u, (unsigned)op->optimised);
        fate = by < 0 ? FLAGS_DEFERRED : FLAGS_READ;
        *reader = by < 0 ? -1 : d->optimised_guest[by];
    }
    return fate;
}

/* ---- Words ---- */

char *unit_mode_text(const struct explain_unit *u)
{
    GString *text = g_string_new(NULL);
    if (u->frontend->mode_text) {
        u->frontend->mode_text(u->mode, text);
    } else {
        g_string_append_printf(text, "mode %#x", u->mode);
    }
    return g_string_free(text, FALSE);
}

char *unit_helpers(const struct explain_unit *u)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned i = 0; u->detail && i < u->detail->optimised_count; i++) {
        const struct ir_insn *insn = &u->detail->optimised[i];
        if (insn->op == IR_CALL && g_hash_table_add(seen, (gpointer)u->frontend->helpers[insn->aux].name)) {
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", u->frontend->helpers[insn->aux].name);
        }
    }
    return g_string_free(text, FALSE);
}

char *unit_exits(const struct explain_unit *u)
{
    static const char *const jumps[] = {
        [IR_JUMP_PLAIN] = "indirect jump", [IR_JUMP_CALL] = "indirect call", [IR_JUMP_RETURN] = "return",
    };
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; u->detail && i < u->detail->optimised_count; i++) {
        const struct ir_insn *insn = &u->detail->optimised[i];
        const char *word = insn->op == IR_JUMP ? jumps[insn->aux % 3] : insn->op == IR_LOOKUP ? "look-up" :
                           insn->op == IR_EXIT ? "back to the loop" : NULL;
        if (word && !strstr(text->str, word)) {
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", word);
        }
    }
    return g_string_free(text, FALSE);
}

/* ---- Counters ---- */

uint64_t unit_direct(const struct explain_unit *u)
{
    uint64_t taken = 0;
    for (unsigned i = 0; i < u->link_count; i++) {
        taken += u->counts.taken[i];
    }
    return taken;
}

static uint64_t runs(const struct explain_unit *u) { return u->counts.runs; }
static uint64_t turns(const struct explain_unit *u) { return u->counts.turns; }
static uint64_t looked_up(const struct explain_unit *u) { return u->counts.looked_up; }
static uint64_t insns(const struct explain_unit *u) { return u->guest_insns; }
static uint64_t host(const struct explain_unit *u) { return u->host_bytes; }
static uint64_t bytes(const struct explain_unit *u) { return u->guest_bytes; }
static uint64_t ir(const struct explain_unit *u) { return u->ir_ops; }
static uint64_t optimised(const struct explain_unit *u) { return u->optimised_ops; }
static uint64_t main_bytes(const struct explain_unit *u) { return u->main_bytes; }
static uint64_t expansion(const struct explain_unit *u) { return u->guest_bytes ? 100ull * u->host_bytes / u->guest_bytes : 0; }
static uint64_t version(const struct explain_unit *u) { return u->version; }
static uint64_t made_ns(const struct explain_unit *u) { return (uint64_t)u->front_ns + u->optimise_ns + u->emit_ns; }
static uint64_t dropped(const struct explain_unit *u) { return u->ended != EXPLAIN_ALIVE; }

static const struct { const char *name; unit_counter of; } unit_counters[] = {
    { "heat", explain_heat }, { "runs", runs }, { "turns", turns }, { "lookups", looked_up }, { "direct", unit_direct },
    { "insns", insns }, { "bytes", bytes }, { "ir", ir }, { "opt", optimised }, { "host", host }, { "main", main_bytes },
    { "expansion", expansion }, { "translated", version }, { "ns", made_ns }, { "dropped", dropped },
};

unit_counter unit_counter_find(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(unit_counters) + 1] = { NULL };
    for (unsigned i = 0; i < G_N_ELEMENTS(unit_counters); i++) {
        names[i] = unit_counters[i].name;
        if (!strcmp(name, names[i])) {
            return unit_counters[i].of;
        }
    }
    g_autofree char *hint = nearest_hint(name, names);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    error_fail(error, "no counter '%s'%s; there are %s", name, hint, all);
    return NULL;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer by)
{
    const struct explain_unit *u = *(struct explain_unit *const *)a, *v = *(struct explain_unit *const *)b;
    const unit_counter of = *(unit_counter *)by;
    const uint64_t x = of(u), y = of(v);
    return x != y ? (x < y) - (x > y) : (u->number > v->number) - (u->number < v->number);
}

GPtrArray *units_sorted(const struct explain *explain, unit_counter by)
{
    GPtrArray *list = g_ptr_array_sized_new(explain->units->len);
    for (unsigned i = 0; i < explain->units->len; i++) {
        g_ptr_array_add(list, explain->units->pdata[i]);
    }
    g_ptr_array_sort_with_data(list, compare, &by);
    return list;
}
