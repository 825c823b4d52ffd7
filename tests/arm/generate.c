/* SPDX-License-Identifier: MIT */
/* See generate.h. */
#include "tests/arm/generate.h"
#include <inttypes.h>
#include <string.h>

void generate_state(struct generator *g, struct record *r)
{
    memset(r, 0, sizeof(*r));
    for (unsigned i = 0; i < 31; i++) {
        r->x[i] = generate_integer(g);
    }
    for (unsigned i = 0; i < 64; i++) {
        r->v[i] = generate_lane(g);
    }
    for (unsigned i = 0; i < RECORD_WINDOW_BYTES; i += 8) {
        uint64_t value = generate_lane(g);
        memcpy(r->window + i, &value, 8);
    }
    r->x[31] = RECORD_WINDOW + 128;
    r->nzcv = (uint32_t)generate_u64(g) & 0xf0000000;
    r->fpsr = 0;
    if (generate_u64(g) % 3 == 0) {
        r->fpcr = (uint32_t)generate_u64(g) & 0x07c80000;
    }
}

static unsigned field(const struct arm_compiled *row, uint32_t word, char letter)
{
    return arm_field_of(row, word, letter);
}

static bool has(const struct arm_compiled *row, char letter)
{
    return row->bits[letter >= 'a' ? letter - 'a' : letter - 'A' + 26];
}

/* FCVTZS of a scalar half with fraction bits: qemu 7.2 sets bits 31 to 16 of the result, too. */
static bool qemu_is_wrong(uint32_t word)
{
    return (word & 0xfff0fc00) == 0x5f10fc00;
}

static uint32_t random_word(struct generator *g, const struct arm_compiled *row)
{
    uint32_t word;
    unsigned tries = 0;
    do {
        word = ((uint32_t)generate_u64(g) & ~row->mask) | row->value;
        if (row->where_count) {
            const struct arm_constraint *k = &row->where[generate_u64(g) % row->where_count];
            word = (word & ~k->mask) | k->value;
        }
    } while ((!arm_row_matches(row, word) || qemu_is_wrong(word)) && ++tries < 1000);
    return word;
}

/* Memory rows: n the base, m an index register (not of post-indexed vector forms that have it as an increment). */
static uint32_t memory_word(struct generator *g, const struct arm_compiled *row, struct record *r)
{
    for (;;) {
        uint32_t word = random_word(g, row);
        unsigned n = field(row, word, 'n'), m = has(row, 'm') ? field(row, word, 'm') : 32;
        bool aligned = row->row->flags & ARM_ROW_MEM_ALIGNED;
        bool writes_back = row->row->flags & ARM_ROW_MEM_WB;
        if (m == n || (writes_back && ((has(row, 't') && field(row, word, 't') == n) || (has(row, 'u') && field(row,
            word, 'u') == n)))) {
            continue;               /* unpredictable, or the address would move */
        }
        if (has(row, 'L') && has(row, 'u') && field(row, word, 'L') && field(row, word, 'u') == field(row, word, 't')) {
            continue;               /* LDP of one register: unpredictable */
        }
        if (n < 31) {
            r->x[n] = RECORD_WINDOW + 128 +
                      (aligned || generate_u64(g) % 4 ? 0 : generate_u64(g) % 64);
        }
        if (m < 31) {
            r->x[m] = (generate_u64(g) & 1 ? UINT64_MAX : 0) ^ (generate_u64(g) % 8);
        }
        return word;
    }
}

uint32_t generate_word(struct generator *g, const struct arm_compiled *row, struct record *r)
{
    return row->row->flags & ARM_ROW_MEM ? memory_word(g, row, r) : random_word(g, row);
}

GString *generate_differences(const struct record *a, const struct record *b, const char *name_a, const char *name_b)
{
    GString *out = g_string_new(NULL);
    if (a->signal != b->signal) {
        g_string_append_printf(out, "  signal: %s %u, %s %u\n", name_a, a->signal, name_b, b->signal);
    }
    if (a->pc != b->pc) {
        g_string_append_printf(out, "  pc: %s %" PRIx64 ", %s %" PRIx64 "\n", name_a, a->pc, name_b, b->pc);
    }
    for (unsigned i = 0; i < 32; i++) {
        if (a->x[i] != b->x[i]) {
            g_string_append_printf(out, "  x%u: %s %016" PRIx64 ", %s %016" PRIx64 "\n", i, name_a, a->x[i], name_b,
                b->x[i]);
        }
    }
    for (unsigned i = 0; i < 64; i++) {
        if (a->v[i] != b->v[i]) {
            g_string_append_printf(out, "  v%u[%u]: %s %016" PRIx64 ", %s %016" PRIx64 "\n", i / 2, i % 2, name_a,
                a->v[i], name_b,
                                   b->v[i]);
        }
    }
    if (a->nzcv != b->nzcv) {
        g_string_append_printf(out, "  nzcv: %s %08x, %s %08x\n", name_a, a->nzcv, name_b, b->nzcv);
    }
    if (a->fpsr != b->fpsr || a->fpcr != b->fpcr) {
        g_string_append_printf(out, "  fpsr: %s %08x, %s %08x  fpcr: %08x, %08x\n", name_a, a->fpsr, name_b, b->fpsr,
            a->fpcr, b->fpcr);
    }
    for (unsigned i = 0; i < RECORD_WINDOW_BYTES; i += 8) {
        uint64_t in_a, in_b;
        memcpy(&in_a, a->window + i, 8);
        memcpy(&in_b, b->window + i, 8);
        if (in_a != in_b) {
            g_string_append_printf(out, "  memory +%u: %s %016" PRIx64 ", %s %016" PRIx64 "\n", i, name_a, in_a, name_b, in_b);
        }
    }
    return out;
}
