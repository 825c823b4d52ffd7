/* SPDX-License-Identifier: MIT */
/*
 * Which words of A32, T32 and T16 are instructions: every row with each bit turned over, and random words, as the rows and
 * translators of `max` have it against two disassemblers. Differences that have a reason are listed here; others are bugs.
 *
 *   encodings [-v] [-n COUNT] [-s SEED]         COUNT random words of each instruction set beside the structured ones
 */
#include <errno.h>
#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/arm/random.h"
#include "tests/arm32/guest.h"
#include "tests/arm32/unpredictable.h"

enum { VARIANTS = 2, MAX_SHOWN = 20 };
#define OBJDUMP "arm-linux-gnueabihf-objdump"

struct set { const char *name; const struct arm_table *const *tables; enum arm_isa isa; const char *objdump; };
struct word { uint32_t word; const struct arm_compiled *row; const char *table; char *theirs; };
struct test {
    struct generator random;
    struct guest32 *guest;
    csh capstone;
    struct arm_decoder *decoder;
    const struct set *set;
    GArray *words;
    unsigned failures, random_count;
    bool verbose;
};

/* ---- reasons ---- */

/* Words that the disassemblers take for instructions and the architecture does not, or the reverse. isa: A, T (32 bits), S (16), * (A and T). */
static const struct reason { char isa; uint32_t mask, value; const char *why; } reasons[] = {
    { 'S', 0xffc0, 0xba80, "HLT: UNDEFINED while halting debug is off (H1.1)" },
    { 'A', 0x0ff000f0, 0x01000070, "HLT: UNDEFINED while halting debug is off (H1.1)" },
    { 'A', 0x0fb000f0, 0x01000090, "SWP: Armv7 only, refused when executed (qemu's max has it)" },
    { 'A', 0xff700000, 0xf4100000, "unallocated memory hints are NOPs (F4.1.15)" },
    { '*', 0x0e000800, 0x0c000000, "coprocessors 0 to 7: UNDEFINED (G7.1)" },
    { '*', 0x0f000800, 0x0e000000, "coprocessors 0 to 7: UNDEFINED (G7.1)" },
    { '*', 0x0e000e00, 0x0c000800, "coprocessors 8 and 9 but for Advanced SIMD: UNDEFINED" },
    { '*', 0x0f000e00, 0x0e000800, "coprocessors 8 and 9 but for Advanced SIMD: UNDEFINED" },
    { '*', 0x0e000e00, 0x0c000c00, "coprocessors 12 and 13: UNDEFINED" },
    { '*', 0x0f000e00, 0x0e000c00, "coprocessors 12 and 13: UNDEFINED" },
    { '*', 0x0e000f00, 0x0c000f00, "LDC, STC of coprocessor 15 (binutils: P0 of the M profile): UNDEFINED" },
    { '*', 0x0e000f01, 0x0c000b01, "FLDMX, FSTMX: capstone has none of more than 8 registers" },
    { 'A', 0xff100d50, 0xf3100d40, "VPADD, VPMAX, VPMIN: if Q == '1' then UNDEFINED" },
    { 'T', 0xff100d50, 0xff100d40, "VPADD, VPMAX, VPMIN: if Q == '1' then UNDEFINED" },
    { 'A', 0xfeb00e90, 0xf2a00c10, "VCVT: if op<1> == '0' && imm6 == '10xxxx' then UNDEFINED" },
    { 'T', 0xefb00e90, 0xefa00c10, "VCVT: if op<1> == '0' && imm6 == '10xxxx' then UNDEFINED" },
    { 'T', 0xfa0f8000, 0xf00f0000, "data processing, immediate: if n == 15 then UNPREDICTABLE" },
    { 'T', 0xfa008f00, 0xf0000f00, "data processing, immediate: if d == 15 && !setflags then UNPREDICTABLE" },
    { 'T', 0xfa008f00, 0xf2000f00, "data processing, plain immediate: if d == 15 then UNPREDICTABLE" },
    { 'T', 0xfff0d000, 0xf3c08000, "BXJ: is in Armv8, too, where capstone has it no more" },
    { 'T', 0xfe0f0000, 0xea0f0000, "data processing, register: if n == 15 then UNPREDICTABLE" },
    { 'T', 0xfe000f00, 0xea000f00, "data processing, register: if d == 15 && !setflags then UNPREDICTABLE" },
    { 'T', 0xfe4f0000, 0xe80f0000, "LDM, STM: if n == 15 then UNPREDICTABLE (CLRM of the M profile)" },
    { 'T', 0xfe5f0000, 0xe84f0000, "STRD: if n == 15 then UNPREDICTABLE" },
    { 'T', 0xff70f000, 0xf930f000, "LDRSH with t == 15: unallocated memory hints are NOPs (F3.1.9)" },
    { 'T', 0xff7ff000, 0xf83ff000, "PLD (literal): bit 21 is (0)" },
    { 'T', 0xf800d001, 0xf000c001, "BLX (immediate): if H == '1' then UNDEFINED" },
    { '*', 0x0fe00f10, 0x0ee00a10, "VMRS, VMSR of a register that is not there or not for User mode: found out when executed" },
};

static const char *reason_of(const struct set *set, uint32_t word)
{
    const char isa = set->isa == ARM_ISA_A32 ? 'A' : set->isa == ARM_ISA_T32 ? 'T' : 'S';
    for (unsigned i = 0; i < G_N_ELEMENTS(reasons); i++) {
        if ((reasons[i].isa == isa || reasons[i].isa == '*') && (word & reasons[i].mask) == reasons[i].value)
            return reasons[i].why;
    }
    return NULL;
}

/* ---- words ---- */

static void add(struct test *t, uint32_t word)
{
    if (t->set->isa == ARM_ISA_A32)
        word = word >> 28 == 15 ? word : (word & 0x0fffffff) | 0xe0000000;
    if (t->set->isa == ARM_ISA_T32 && (word >> 29 != 7 || !(word >> 27 & 3)))
        return;                     /* T16 */
    if (t->set->isa == ARM_ISA_T16 && word >> 13 == 7 && word >> 11 & 3)
        return;                     /* the first half of T32 */
    const struct word new = { .word = word };
    g_array_append_val(t->words, new);
}

static uint32_t random_word(struct test *t, const struct arm_compiled *row)
{
    const uint32_t all = t->set->isa == ARM_ISA_T16 ? 0xffff : ~0u;
    uint32_t word;
    unsigned tries = 0;
    do {
        word = ((uint32_t)generate_u64(&t->random) & ~row->mask & all) | row->value;
        word = (word & ~row->should_mask) | row->should_value;
        if (row->where_count) {
            const struct arm_constraint *k = &row->where[generate_u64(&t->random) % row->where_count];
            word = (word & ~k->mask) | k->value;
        }
    } while (!arm_row_matches(row, word) && ++tries < 100);
    return word;
}

static void make_words(struct test *t)
{
    const unsigned bits = t->set->isa == ARM_ISA_T16 ? 16 : 32;
    if (bits == 16) {
        for (uint32_t word = 0; word < 0x10000; word++) {
            add(t, word);
        }
        return;
    }
    for (const struct arm_table *const *table = t->set->tables; *table; table++) {
        for (unsigned i = 0; i < (*table)->count; i++) {
            struct arm_compiled row;
            if (!arm_compile_row(&(*table)->rows[i], t->set->isa, &row, NULL))
                continue;
            for (unsigned n = 0; n < VARIANTS; n++) {
                const uint32_t word = random_word(t, &row);
                add(t, word);
                for (unsigned bit = 0; bit < bits; bit++) {
                    add(t, word ^ 1u << bit);
                }
            }
        }
    }
    for (unsigned i = 0; i < t->random_count; i++) {
        add(t, (uint32_t)generate_u64(&t->random) | (t->set->isa == ARM_ISA_T32 ? 0xe8000000 : 0));
    }
}

/* ---- verdicts ---- */

static const char *table_of(const struct set *set, const struct arm_row *row)
{
    for (const struct arm_table *const *t = set->tables; *t; t++) {
        if (row >= (*t)->rows && row < (*t)->rows + (*t)->count)
            return (*t)->name;
    }
    return "";
}

/* Whether the translator calls it undefined. Rows that User mode has not are taken at their word. */
static bool refused(struct test *t, const struct word *w)
{
    struct record r = { .cpsr = t->set->isa == ARM_ISA_A32 ? 0 : 0x20, .r[15] = RECORD_CODE };
    if (w->row->row->flags & (ARM_ROW_NO_TEST | ARM_ROW_EL1 | ARM_ROW_BRANCH))
        return false;
    for (unsigned n = 0; n < 15; n++) {
        r.r[n] = RECORD_WINDOW;
    }
    const uint32_t word = t->set->isa == ARM_ISA_T32 ? w->word >> 16 | w->word << 16 : w->word;
    r.code[0] = (uint16_t)word;
    r.code[1] = t->set->isa == ARM_ISA_T16 ? 0xdeff : (uint16_t)(word >> 16);
    r.code[2] = r.cpsr ? 0xdeff : 0x00f0;
    r.code[3] = 0xe7f0;
    r.halves = 4;
    guest32_run(t->guest, &r);
    return r.signal == 4 && r.r[15] == RECORD_CODE;
}

static bool write_file(const char *path, const struct test *t)
{
    FILE *f = fopen(path, "wb");
    for (unsigned i = 0; f && i < t->words->len; i++) {
        const uint32_t word = g_array_index(t->words, struct word, i).word;
        const uint32_t out = t->set->isa == ARM_ISA_T32 ? word >> 16 | word << 16 : word;
        fwrite(&out, t->set->isa == ARM_ISA_T16 ? 2 : 4, 1, f);
    }
    return f && !fclose(f);
}

/* "   10:\te92d4010 \tpush\t{r4, lr}": the text behind the bytes, of each word. */
static bool read_theirs(struct test *t, const char *path)
{
    char *command = g_strdup_printf("%s -D -b binary -m arm -M %s %s", OBJDUMP, t->set->objdump, path), text[512];
    FILE *f = popen(command, "r");
    unsigned n = 0;
    while (f && fgets(text, sizeof(text), f)) {
        char *colon = strchr(text, ':'), *tab = colon ? strchr(colon + 2, '\t') : NULL;
        if (!colon || colon[1] != '\t' || !tab || n == t->words->len)
            continue;
        g_array_index(t->words, struct word, n++).theirs = g_strdup(g_strchomp(tab + 1));
    }
    g_free(command);
    return f && !pclose(f) && n == t->words->len;
}

/* binutils knows every extension, but not all bits that must have one value; capstone 4 is exact and knows Armv8.0. What one of
 * them does not take for an instruction, is none, unless it is newer than capstone. */
static bool is_undefined(struct test *t, uint32_t word, const char *text)
{
    static const char *const newer[] = { ".f16", "vcmla", "vcadd", "vsdot", "vudot", "vfmal", "vfmsl", "vjcvt", "vqrdmlah", "vqrdmlsh",
                                         "vmovx", "vins", "setpan", "vusdot", "vsudot", "vsmmla", "vummla", "vusmmla" };
    if (strstr(text, "UNDEFINED") || strstr(text, "undefined") || strchr(text, '?') || !strncmp(text, "udf", 3) || *text == '.' || strstr(text, "<ill") || strstr(text, "<inv"))
        return true;
    for (unsigned i = 0; i < G_N_ELEMENTS(newer); i++) {
        if (strstr(text, newer[i]))
            return false;
    }
    const uint32_t out = t->set->isa == ARM_ISA_T32 ? word >> 16 | word << 16 : word;
    cs_insn *insn;
    const size_t count = cs_disasm(t->capstone, (const uint8_t *)&out, t->set->isa == ARM_ISA_T16 ? 2 : 4, 0, 1, &insn);
    if (count)
        cs_free(insn, count);
    return !count;
}

static void judge(struct test *t, struct word *w, GHashTable *seen)
{
    w->row = arm_decode(t->decoder, w->word);
    w->table = w->row ? table_of(t->set, w->row->row) : "";
    if ((strstr(w->theirs, "UNPREDICTABLE") || strstr(w->theirs, "unpredictable")) || (w->row && unpredictable(w->row, w->table, w->word)))
        return;
    const bool udf = w->row && !strcmp(w->row->row->name, "UDF");
    const bool ours = w->row && !udf && !refused(t, w), theirs = !is_undefined(t, w->word, w->theirs);
    if (ours == theirs)
        return;
    const char *name = w->row ? w->row->row->name : "-";
    char *mnemonic = g_strndup(w->theirs, strcspn(w->theirs, "\t "));
    if (!reason_of(t->set, w->word)) {
        char *key = g_strdup_printf("%s/%s", name, theirs ? mnemonic : "-");
        if (g_hash_table_add(seen, key) || t->verbose)
            printf("#   %s %08x: %s%s, binutils: %s\n", t->set->name, w->word, name, ours ? "" : " (undefined)", w->theirs);
        t->failures++;
    }
    g_free(mnemonic);
}

static bool test_set(struct test *t, const struct set *set, const struct arm_cpu *cpu)
{
    char *path = g_strdup_printf("%s/encodings-%d-%s", g_get_tmp_dir(), (int)getpid(), set->name);
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->set = set;
    t->words = g_array_new(false, false, sizeof(struct word));
    t->decoder = arm_decoder_new(set->tables, set->isa, cpu, NULL);
    make_words(t);
    cs_open(CS_ARCH_ARM, (cs_mode)((int)CS_MODE_V8 | (int)(set->isa == ARM_ISA_A32 ? CS_MODE_ARM : CS_MODE_THUMB)), &t->capstone);
    const unsigned before = t->failures;
    const bool ok = write_file(path, t) && read_theirs(t, path);
    for (unsigned i = 0; i < t->words->len; i++) {
        struct word *w = &g_array_index(t->words, struct word, i);
        if (ok)
            judge(t, w, seen);
        g_free(w->theirs);
    }
    if (ok && t->failures == before) {
        printf("ok arm32_encodings_%s (%u words)\n", set->name, t->words->len);
    } else if (ok) {
        printf("not ok arm32_encodings_%s: %u of %u words\n", set->name, t->failures - before, t->words->len);
    }
    cs_close(&t->capstone);
    remove(path);
    g_free(path);
    g_hash_table_destroy(seen);
    g_array_free(t->words, true);
    arm_decoder_free(t->decoder);
    return ok;
}

int main(int argc, char **argv)
{
    static const struct set sets[] = {
        { "a32", arm_tables_a32, ARM_ISA_A32, "no-force-thumb" }, { "t32", arm_tables_t32, ARM_ISA_T32, "force-thumb" },
        { "t16", arm_tables_t16, ARM_ISA_T16, "force-thumb" },
    };
    struct test t = { .random = { 1 }, .random_count = 20000 };
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v")) {
            t.verbose = true;
        } else if (!strcmp(argv[i], "-n") && i + 1 < argc) {
            t.random_count = (unsigned)atoi(argv[++i]);
        } else if (!strcmp(argv[i], "-s") && i + 1 < argc) {
            t.random.seed = strtoull(argv[++i], NULL, 0);
        }
    }
    char *objdump = g_find_program_in_path(OBJDUMP);
    if (!objdump) {
        printf("skip arm32_encodings: needs " OBJDUMP "\n");
        return 0;
    }
    g_free(objdump);
    struct arm_cpu *cpu = arm_cpu_new(arm_model_find("max", NULL), 0);
    t.guest = guest32_new(true);
    for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
        if (!test_set(&t, &sets[i], cpu)) {
            printf("not ok arm32_encodings_%s: " OBJDUMP " gave something else\n", sets[i].name);
            t.failures++;
        }
    }
    guest32_free(t.guest);
    arm_cpu_free(cpu);
    return t.failures != 0;
}
