/* SPDX-License-Identifier: MIT */
/*
 * Random sequences of A64: JIT, interpreter and qemu-aarch64 compared. A difference is cut down to the instructions
 * that it needs, by leaving out one after another.
 *
 * Words come from all rows of user mode, but that some registers keep what the sequence needs: bases of memory accesses
 * (a few sequences have them where nothing is mapped, or at a read-only page), a counter for a loop around all, the target
 * of an indirect branch, values for FPCR and FPSR. Between them come words that rows alone would not give: pairs of exclusive
 * load and store, MRS and MSR, hints, barriers, literals.
 *
 *   a64_fuzz [--seconds N] [--seed N]       by default 5 seconds
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "tests/arm/generate.h"
#include "tests/arm/guest_arm.h"
#include "tests/arm/oracle.h"

enum { BATCH = 256, MAX_ROWS = 2000, NOP = (int)0xd503201f };
/* Registers that no word changes. */
enum { BASES = 20, BASE_COUNT = 4, COUNTER = 24, FPCR_VALUE, FPSR_VALUE, TARGET, KEPT_END };
#define COUNT_DOWN (0xd1000400u | COUNTER << 5 | COUNTER)       /* SUB */
#define FPCR_BITS 0x07c80000u           /* AHP, DN, FZ, RMode, FZ16 */
#define FPSR_BITS 0x0800009fu

struct fuzz {
    struct oracle *oracle;
    struct guest_arm *jit, *interp;
    struct generator g;
    struct arm_compiled rows[MAX_ROWS];
    unsigned row_count, failures;
};

static void collect(struct fuzz *f)
{
    for (const struct arm_table *const *t = arm_tables_a64; *t; t++) {
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct arm_row *row = &(*t)->rows[i];
            const bool leaves = row->flags & ARM_ROW_NO_TEST || row->flags & ARM_ENDS;
            if (!leaves && strcmp(row->name, "LDR (literal)") && f->row_count < MAX_ROWS) {
                f->row_count += arm_compile_row(row, ARM_ISA_A64, &f->rows[f->row_count], NULL);
            }
        }
    }
}

static int field(const struct arm_compiled *row, uint32_t word, char letter)
{
    unsigned n = letter >= 'a' ? (unsigned)(letter - 'a') : (unsigned)(letter - 'A') + 26;
    return row->bits[n] ? (int)arm_field_of(row, word, letter) : -1;
}

static uint32_t with_field(const struct arm_compiled *row, uint32_t word, char letter, uint32_t value)
{
    unsigned n = (unsigned)(letter - 'a');
    uint32_t mask = ((1u << row->bits[n]) - 1) << row->shift[n];
    return (word & ~mask) | (value << row->shift[n] & mask);
}

static bool is_kept(int n) { return n >= BASES && n < KEPT_END; }

/* A load and a store exclusive of one size at one base; the store two words later. */
static uint32_t exclusive_word(struct generator *g, bool store, uint32_t shape)
{
    const bool pair = shape & 1;
    const uint32_t size = pair ? 2 | (shape >> 1 & 1) : shape >> 1 & 3, base = BASES + (shape >> 3) % BASE_COUNT;
    const uint32_t r = generate_u64(g) % (BASES - 2), low = r, high = pair ? r + 1 : 31, status = store ? BASES - 1 : 31;
    return size << 30 | 0x08000000 | (store ? 0u : 1u << 22) | (pair ? 1u << 21 : 0) | status << 16 | (shape >> 5 & 1) << 15 |
           high << 10 | base << 5 | low;
}

/* What no row stands for, or only a few of its words are meant here. at: its place; count: of the sequence. */
static uint32_t special(struct generator *g, unsigned at, unsigned count)
{
    const uint32_t r = generate_u64(g) % BASES, n = (uint32_t)generate_u64(g) % 31;
    switch (generate_u64(g) % 11) {
    case 0:  return 0xd51b4400 | FPCR_VALUE;                    /* MSR FPCR */
    case 1:  return 0xd51b4420 | FPSR_VALUE;                    /* MSR FPSR */
    case 2:  return 0xd53b4400 | r;                             /* MRS FPCR */
    case 3:  return 0xd53b4420 | r;
    case 4:  return 0xd51b4200 | n;                             /* MSR NZCV */
    case 5:  return 0xd53b4200 | r;
    case 6:  return 0xd503201f | (generate_u64(g) % 7 == 0 ? 0x14 : 1) << 5;    /* CSDB, YIELD */
    case 7:  return 0xd503309f | (uint32_t)(generate_u64(g) % 3) << 5 | (uint32_t)(1 + generate_u64(g) % 15) << 8;  /* DSB DMB ISB */
    case 8:  return 0xd503305f | (uint32_t)(generate_u64(g) % 16) << 8;             /* CLREX */
    case 9:  return 0x10000000 | ((uint32_t)generate_u64(g) & 0x60ffffe0) | r;               /* ADR */
    default: {                                                  /* LDR (literal), of the sequence itself */
        const uint32_t offset = (uint32_t)((int)(generate_u64(g) % (count - 3)) - (int)at) & 0x7ffff;
        return ((uint32_t)generate_u64(g) & 0xc4000000) | 0x18000000 | offset << 5 | r;
    }
    }
}

/* A word that leaves the kept registers alone, and goes forward when it branches. aligned: bases are multiples of 16. */
static uint32_t pick(struct fuzz *f, struct record *r, unsigned left, bool aligned)
{
    for (;;) {
        const struct arm_compiled *row = &f->rows[generate_u64(&f->g) % f->row_count];
        if (row->row->flags & (aligned ? ARM_ROW_MEM_WB : ARM_ROW_MEM_ALIGNED)) {
            continue;               /* qemu does not check alignment */
        }
        uint32_t word = generate_word(&f->g, row, r);
        if (row->row->flags & ARM_ROW_MEM) {
            word = with_field(row, word, 'n', BASES + (uint32_t)(generate_u64(&f->g) % BASE_COUNT));
            int m = field(row, word, 'm');
            if (m >= 0 && m < 31) {
                word = with_field(row, word, 'm', 31);
            }
        }
        if (row->row->flags & ARM_ROW_BRANCH) {
            if (!left) {
                continue;
            }
            word = with_field(row, word, 'i', 1 + (uint32_t)(generate_u64(&f->g) % left));
        }
        bool clobbers = field(row, word, 'd') == 31;
        for (const char *letter = "dtqu"; *letter; letter++) {
            const int n = field(row, word, *letter);
            clobbers |= is_kept(n) || n == BASES - 1;           /* CASP changes the next register, too */
        }
        if (!clobbers && arm_row_matches(row, word)) {
            return word;
        }
    }
}

/* Exclusives of several sizes: what a store after a load of another size does is not defined; and exclusives beside atomics:
 * whether a CPU's own stores clear its monitor is implementation defined. */
static bool mixed_exclusives(const struct record *r)
{
    enum { ATOMICS = 1 << 8 };
    unsigned sizes = 0;
    for (unsigned i = 0; i < r->count; i++) {
        if ((r->code[i] & 0x3f800000) == 0x08000000) {
            sizes |= 1u << ((r->code[i] >> 30) | (r->code[i] >> 21 & 1) << 2);
        }
        if ((r->code[i] & 0x3b200c00) == 0x38200000 || (r->code[i] & 0x3fa00000) == 0x08a00000) {
            sizes |= ATOMICS;
        }
    }
    return sizes & (sizes - 1);
}

/* Bases where all is well, or at the borders of what may be read or written. */
static void place_bases(struct generator *g, struct record *r, bool aligned)
{
    const uint64_t kind = generate_u64(g) % 8;
    for (unsigned i = 0; i < BASE_COUNT; i++) {
        uint64_t *base = &r->x[BASES + i];
        *base = RECORD_WINDOW + 128 + 16 * i;
        if (kind < 1) {
            *base = (generate_u64(g) & 1 ? RECORD_READ_ONLY : RECORD_DATA + RECORD_DATA_BYTES) - 64 + 16 * (generate_u64(g) % 6);
        }
        if (!aligned) {
            *base += generate_u64(g) % 16;
        }
    }
}

/* Words that belong together. */
static void plant(struct generator *g, struct record *r, bool aligned)
{
    const uint64_t r64 = generate_u64(g);
    const unsigned at = (unsigned)(r64 >> 8) % r->count;
    if (r64 % 8 < 2 && aligned && at + 2 < r->count) {
        r->code[at] = exclusive_word(g, false, (uint32_t)(r64 >> 32));
        r->code[at + 2] = exclusive_word(g, true, (uint32_t)(r64 >> 32));
    } else if (r64 % 8 < 4 && r->count > 4) {
        r->code[at] = special(g, at, r->count);
    } else if (r64 % 8 == 4) {
        r->x[TARGET] = RECORD_CODE + 4 * (at + 1 + (r64 >> 32) % (r->count - at));
        r->code[at] = 0xd61f0000 | TARGET << 5;                 /* BR */
    } else if (r64 % 8 == 5 && r->count > 3) {
        r->x[COUNTER] = 1 + (r64 >> 32) % 4;
        r->code[0] = COUNT_DOWN;                                /* where no branch leads past it */
        r->code[r->count - 1] = 0xb5000000 | ((1 - r->count) & 0x7ffff) << 5 | COUNTER;         /* CBNZ */
    }
}

static void make(struct fuzz *f, struct record *r)
{
    struct generator *g = &f->g;
    const bool aligned = generate_u64(g) & 1;
    generate_state(g, r);
    r->count = 2 + (uint32_t)(generate_u64(g) % (RECORD_INSNS - 2));
    do {
        for (unsigned i = 0; i < r->count; i++) {
            r->code[i] = pick(f, r, r->count - i - 1, aligned);
        }
    } while (mixed_exclusives(r));
    place_bases(g, r, aligned);
    r->x[COUNTER] = 1;
    r->x[FPCR_VALUE] = generate_u64(g) & FPCR_BITS;
    r->x[FPSR_VALUE] = generate_u64(g) & FPSR_BITS;
    r->x[TARGET] = RECORD_CODE;
    r->fpsr = (uint32_t)generate_u64(g) % 4 ? 0 : (uint32_t)generate_u64(g) & FPSR_BITS;
    plant(g, r, aligned);
    if (mixed_exclusives(r)) {
        r->count = 1;
        r->code[0] = (uint32_t)NOP;
    }
}

/* LD1 to LD4 and LDP of vectors that fault leave their registers UNKNOWN: qemu has loaded some then. */
static bool may_be_partial(const struct record *r)
{
    const uint64_t at = (r->pc - RECORD_CODE) / 4;
    return r->signal == 11 && at < r->count &&
           ((r->code[at] & 0xbe000000) == 0x0c000000 || (r->code[at] & 0x3c000000) == 0x2c000000);
}

/* What differs; NULL: nothing. want: filled by the oracle. */
static GString *judge(struct fuzz *f, const struct record *before, const struct record *want)
{
    struct record jit = *before, interp = *before;
    guest_arm_run(f->jit, &jit);
    guest_arm_run(f->interp, &interp);
    GString *d = generate_differences(&jit, &interp, "jit", "interp");
    if (!d->len && jit.signal != 7 && !(may_be_partial(want) && may_be_partial(&jit))) {        /* alignment: qemu is laxer */
        g_string_free(d, true);
        d = generate_differences(want, &jit, "qemu", "jit");
    }
    if (d->len) {
        return d;
    }
    g_string_free(d, true);
    return NULL;
}

static GString *again(struct fuzz *f, const struct record *before)
{
    struct record want = *before;
    if (!oracle_run(f->oracle, &want, sizeof(struct record), 1)) {
        exit(1);
    }
    return judge(f, before, &want);
}

static void report(struct fuzz *f, struct record *r)
{
    GString *d = again(f, r), *less;
    for (unsigned i = 0; d && i < r->count; i++) {
        const uint32_t word = r->code[i];
        if (word == COUNT_DOWN) {
            continue;
        }
        r->code[i] = (uint32_t)NOP;
        less = again(f, r);
        if (!less) {
            r->code[i] = word;
        } else {
            g_string_free(d, true);
            d = less;
        }
    }
    printf("not ok arm_a64_fuzz: %s\n", d ? "" : "a difference that does not come back");
    printf("#   x:");
    for (unsigned i = 0; i < 32; i++) {
        printf(" %" PRIx64, r->x[i]);
    }
    printf("\n");
    for (unsigned i = 0; d && i < r->count; i++) {
        if (r->code[i] != (uint32_t)NOP) {
            printf("#   %u: %08x\n", i, r->code[i]);
        }
    }
    printf("#   nzcv %08x fpcr %08x\n#%s\n", r->nzcv, r->fpcr, d ? d->str : "");
    if (d) {
        g_string_free(d, true);
    }
    f->failures++;
}

int main(int argc, char **argv)
{
    static struct fuzz f = { .g = { 42 } };
    static struct record before[BATCH], want[BATCH];
    double seconds = 5;
    uint64_t count = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--seconds")) {
            seconds = atof(argv[i + 1]);
        } else if (!strcmp(argv[i], "--seed")) {
            f.g.seed = strtoull(argv[i + 1], NULL, 0);
        }
    }
    const char *build = getenv("BUILD");
    char *path = g_strdup_printf("%s/tests/arm/oracle_a64", build ? build : "build");
    f.oracle = oracle_new("qemu-aarch64", "max,sve=off,sme=off", path);
    g_free(path);
    if (!f.oracle) {
        printf("skip arm_a64_fuzz: needs qemu-aarch64 and the cross compiler\n");
        return 0;
    }
    f.jit = guest_arm_new("max", false);
    f.interp = guest_arm_new("max", true);
    collect(&f);
    GTimer *timer = g_timer_new();
    while (g_timer_elapsed(timer, NULL) < seconds && f.failures < 10) {
        for (unsigned i = 0; i < BATCH; i++) {
            make(&f, &before[i]);
        }
        memcpy(want, before, sizeof(before));
        if (!oracle_run(f.oracle, want, sizeof(struct record), BATCH)) {
            printf("not ok arm_a64_fuzz: the oracle died\n");
            return 1;
        }
        for (unsigned i = 0; i < BATCH; i++) {
            GString *d = judge(&f, &before[i], &want[i]);
            if (d) {
                g_string_free(d, true);
                report(&f, &before[i]);
            }
        }
        count += BATCH;
    }
    if (!f.failures) {
        printf("ok arm_a64_fuzz (%" PRIu64 " sequences)\n", count);
    }
    oracle_free(f.oracle);
    guest_arm_free(f.jit);
    guest_arm_free(f.interp);
    g_timer_destroy(timer);
    return f.failures != 0;
}
