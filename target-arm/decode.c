/* SPDX-License-Identifier: MIT */
/*
 * Rows in the form that decoding uses: a pattern compiled into mask, value and the place of each field; a table of
 * 2,048
 * buckets by the bits that tell rows apart best in each instruction set, each with the list of rows that may match.
 */
#include <stdlib.h>
#include <string.h>
#include "target-arm/trans.h"

enum { BUCKETS = 2048, MAX_ROWS = 4000, SAMPLES = 200 };

struct arm_decoder {
    enum arm_isa isa;
    unsigned count;
    struct arm_compiled *rows;
    uint32_t bucket[BUCKETS + 1];   /* index of the first candidate; the next bucket's ends the list */
    uint16_t *candidates;
};

static unsigned isa_bits(enum arm_isa isa)
{
    return isa == ARM_ISA_T16 ? 16 : 32;
}

static unsigned bucket_of(enum arm_isa isa, uint32_t word)
{
    switch (isa) {
    case ARM_ISA_A32: return (word >> 20 & 0xff) << 3 | (word >> 5 & 7);
    case ARM_ISA_T16: return word >> 5 & (BUCKETS - 1);
    default:          return word >> 21;
    }
}

static int field_number(char letter)
{
    return letter >= 'a' && letter <= 'z' ? letter - 'a' : letter >= 'A' && letter <= 'Z' ? letter - 'A' + 26 : -1;
}

static void complain(GString *problems, const struct arm_row *row, const char *what)
{
    if (problems) {
        g_string_append_printf(problems, "%s \"%s\": %s\n", row->name, row->pattern, what);
    }
}

/* "n=15,d=0;m=31" -> masks and values. Returns the number of alternatives, or -1. */
static int constraints(const struct arm_compiled *c, const char *text, struct arm_constraint *out, unsigned max)
{
    unsigned count = 0;
    while (text && *text) {
        if (count == max) {
            return -1;
        }
        struct arm_constraint k = { 0, 0 };
        for (;;) {
            int n = field_number(text[0]);
            if (n < 0 || text[1] != '=' || !c->bits[n]) {
                return -1;
            }
            char *end;
            uint32_t value = (uint32_t)strtoul(text + 2, &end, 0);
            k.mask |= (uint32_t)((1ull << c->bits[n]) - 1) << c->shift[n];
            k.value |= value << c->shift[n];
            text = end;
            if (*text != ',') {
                break;
            }
            text++;
        }
        out[count++] = k;
        if (*text == ';') {
            text++;
        } else if (*text) {
            return -1;
        }
    }
    return (int)count;
}

bool arm_compile_row(const struct arm_row *row, enum arm_isa isa, struct arm_compiled *out, GString *problems)
{
    *out = (struct arm_compiled){ .row = row };
    int bit = (int)isa_bits(isa);
    char before = 0;
    for (const char *p = row->pattern; *p; p++) {
        if (*p == ' ') {
            continue;
        }
        if (--bit < 0) {
            complain(problems, row, "too long");
            return false;
        }
        int n = field_number(*p);
        if (*p == '0' || *p == '1') {
            out->mask |= 1u << bit;
            out->value |= (uint32_t)(*p - '0') << bit;
        } else if (n >= 0) {
            if (out->bits[n] && before != *p) {
                complain(problems, row, "a field in two parts");
                return false;
            }
            out->bits[n]++;
            out->shift[n] = (uint8_t)bit;
        } else if (*p == '-' || *p == '+') {
            out->should_mask |= 1u << bit;
            out->should_value |= (uint32_t)(*p == '+') << bit;
        } else if (*p != '.') {
            complain(problems, row, "a character that is no bit");
            return false;
        }
        before = *p;
    }
    int where = constraints(out, row->where, out->where, G_N_ELEMENTS(out->where));
    int unless = constraints(out, row->unless, out->unless, G_N_ELEMENTS(out->unless));
    if (bit || where < 0 || unless < 0) {
        complain(problems, row, bit ? "too short" : "constraint not understood");
        return false;
    }
    out->where_count = (uint8_t)where;
    out->unless_count = (uint8_t)unless;
    return true;
}

static bool any(const struct arm_constraint *k, unsigned count, uint32_t word)
{
    for (unsigned i = 0; i < count; i++) {
        if ((word & k[i].mask) == k[i].value) {
            return true;
        }
    }
    return false;
}

bool arm_row_matches(const struct arm_compiled *row, uint32_t word)
{
    return (word & row->mask) == row->value && (!row->where_count || any(row->where, row->where_count, word)) &&
           !any(row->unless, row->unless_count, word);
}

/* Tries words that both patterns take, so it may miss an overlap that constraints make rare; it never invents one. */
static bool overlap(const struct arm_compiled *a, const struct arm_compiled *b, uint32_t *word)
{
    if ((a->value ^ b->value) & a->mask & b->mask) {
        return false;
    }
    uint32_t random = 0x12345;
    for (unsigned i = 0; i < SAMPLES; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t w = random ^ random >> 15;
        for (unsigned k = 0; k < 2; k++) {
            const struct arm_compiled *c = k ? a : b;
            if (c->where_count) {
                const struct arm_constraint *where = &c->where[i / 3 % c->where_count];
                w = (w & ~where->mask) | where->value;
            }
        }
        w = (w & ~(a->mask | b->mask)) | a->value | b->value;
        if (arm_row_matches(a, w) && arm_row_matches(b, w)) {
            *word = w;
            return true;
        }
    }
    return false;
}

static void check_overlaps(const struct arm_decoder *d, GString *problems)
{
    for (unsigned i = 0; i < d->count; i++) {
        for (unsigned k = 0; k < i; k++) {
            uint32_t word;
            if (overlap(&d->rows[i], &d->rows[k], &word)) {
                g_string_append_printf(problems, "%s overlaps %s: %08x\n", d->rows[i].row->name, d->rows[k].row->name,
                                       word);
            }
        }
    }
}

/* Whether a word of bucket n may match the row. */
static bool reaches(enum arm_isa isa, const struct arm_compiled *row, unsigned n)
{
    uint32_t bits = isa == ARM_ISA_A32 ? 0x0ff000e0 : isa == ARM_ISA_T16 ? 0xffe0 : 0xffe00000;
    uint32_t word = isa == ARM_ISA_A32 ? n >> 3 << 20 | (n & 7) << 5 : isa == ARM_ISA_T16 ? n << 5 : n << 21;
    return !((word ^ row->value) & row->mask & bits);
}

static void fill_buckets(struct arm_decoder *d)
{
    GArray *list = g_array_new(false, false, sizeof(uint16_t));
    for (unsigned n = 0; n < BUCKETS; n++) {
        d->bucket[n] = list->len;
        for (unsigned i = 0; i < d->count; i++) {
            if (reaches(d->isa, &d->rows[i], n)) {
                uint16_t row = (uint16_t)i;
                g_array_append_val(list, row);
            }
        }
    }
    d->bucket[BUCKETS] = list->len;
    d->candidates = (uint16_t *)(void *)g_array_free(list, false);
}

struct arm_decoder *arm_decoder_new(const struct arm_table *const *tables, enum arm_isa isa, const struct arm_cpu *cpu,
                                    GString *problems)
{
    struct arm_decoder *d = g_new0(struct arm_decoder, 1);
    d->isa = isa;
    d->rows = g_new(struct arm_compiled, MAX_ROWS);
    for (; *tables; tables++) {
        for (unsigned i = 0; i < (*tables)->count; i++) {
            const struct arm_row *row = &(*tables)->rows[i];
            if (cpu && row->feature && !arm_has(cpu, row->feature)) {
                continue;
            }
            g_assert(d->count < MAX_ROWS);
            d->count += arm_compile_row(row, isa, &d->rows[d->count], problems);
        }
    }
    if (problems) {
        check_overlaps(d, problems);
    }
    fill_buckets(d);
    return d;
}

void arm_decoder_free(struct arm_decoder *d)
{
    if (d) {
        g_free(d->rows);
        g_free(d->candidates);
        g_free(d);
    }
}

const struct arm_compiled *arm_decode(const struct arm_decoder *d, uint32_t word)
{
    unsigned n = bucket_of(d->isa, word);
    for (uint32_t i = d->bucket[n]; i < d->bucket[n + 1]; i++) {
        const struct arm_compiled *row = &d->rows[d->candidates[i]];
        if (arm_row_matches(row, word)) {
            return row;
        }
    }
    return NULL;
}
