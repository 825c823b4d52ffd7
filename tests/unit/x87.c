/* SPDX-License-Identifier: MIT */
/*
 * The fast x87 helpers against the host's instruction on the whole state: random registers, tags, TOP, sticky flags, rounding
 * and precision, with a bias to special values. Every exception is masked, as the fast helpers require. Then the
 * paths with unmasked exceptions, by what the manual says (SDM 1, 8.5 and 8.6).
 */
#include <stdlib.h>
#include <string.h>
#include "target-x86/x87.h"
#include "test.h"

enum { ROUNDS = 3000 };

static uint64_t random_state = 88172645463325252ull;
static uint64_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static struct x86_st random_st(void)
{
    static const uint16_t exponents[] = { 0, 1, 0x3fff, 0x3ffe, 0x4000, 0x403e, 0x401e, 0x43fe, 0x407e, 0x3c01, 0x3f81, 0x7ffe, 0x7fff };
    static const uint64_t significands[] = { 0, 1ull << 63, 3ull << 62, 1, ~0ull, (1ull << 63) + 1, 1ull << 62, 0x8000040000000000,
                                             0xfffffffffffffc00, 0x8000008000000000 };
    uint64_t r = random_word();
    struct x86_st st = { .significand = random_word() | 1ull << 63, .sign_exponent = (uint16_t)(0x3ff0 + (r >> 8) % 32) };
    if (r % 4 == 0)
        st.sign_exponent = exponents[(r >> 20) % G_N_ELEMENTS(exponents)];
    if ((r >> 4) % 4 == 0)
        st.significand = significands[(r >> 28) % G_N_ELEMENTS(significands)];
    if ((r >> 6) % 4 == 0)
        st.significand &= ~0ull << (r >> 33) % 64;
    st.sign_exponent |= (r >> 40 & 1) << 15;
    return st;
}

static uint64_t random_operand(void)
{
    static const uint64_t special[] = {
        0, 1ull << 63, 0x80000000, 1, 0x3ff0000000000000, 0x7ff0000000000000, 0x7ff0000000000001, 0xfff8000000000000,
        0x7f800000, 0x7f800001, 0xffc00000, 0x00400000, 0x0010000000000000, 0x000fffffffffffff, 0x3f800000, 0x8000, 0x7fffffff,
    };
    uint64_t r = random_word();
    return r % 3 ? random_word() : special[(r >> 8) % G_N_ELEMENTS(special)];
}

static void random_fpu(struct x86_fpu *fpu)
{
    uint64_t r = random_word();
    memset(fpu, 0, sizeof *fpu);
    for (unsigned i = 0; i < 8; i++)
        fpu->st[i] = random_st();
    fpu->control = FCW_INIT;
    if (r & 1)
        fpu->control = (uint16_t)((r >> 8 & 0xf00) | 0x7f);
    fpu->top = r >> 1 & 7;
    fpu->tag_valid = r >> 4 & 3 ? (uint8_t)~(1u << ((fpu->top - 1) & 7)) : (uint8_t)(r >> 16);
    fpu->status = (uint16_t)(random_word() & (FSW_CC | FSW_FLAGS | FSW_SF));
}

typedef uint64_t helper2(struct cpu *, uint64_t, uint64_t);
typedef uint64_t helper3(struct cpu *, uint64_t, uint64_t, uint64_t);
typedef uint64_t helper4(struct cpu *, uint64_t, uint64_t, uint64_t, uint64_t);

/* kind: how the helper is called and what comes back */
enum kind { REG, REG_POP, REG_POP2, FLAGS, FLAGS_POP, LOAD, LOAD_SIGNED, STORE, STORE_POP };
struct fast { const char *name; void *function; uint16_t opcode; enum kind kind; uint8_t bits; uint8_t dest, source; };

#define ARITH(digit, d8, dc, name) \
    { #name " st,st3", helper_##name, 0x000 + d8 + 3, REG, 0, 0, 3 }, { #name " st3,st", helper_##name, 0x400 + dc + 3, REG, 0, 3, 0 }, \
    { #name "p", helper_##name, 0x600 + dc + 1, REG_POP, 0, 1, 0 }, { #name "p st0", helper_##name, 0x600 + dc, REG_POP, 0, 0, 0 }, \
    { #name " m32", helper_##name##_mem, 0x007 + digit * 8, LOAD, 32, 0, 0 }, \
    { #name " m64", helper_##name##_mem, 0x407 + digit * 8, LOAD, 64, 0, 0 }, \
    { #name " i32", helper_##name##_mem, 0x207 + digit * 8, LOAD, 32, 0, 0 }, \
    { #name " i16", helper_##name##_mem, 0x607 + digit * 8, LOAD, 16, 0, 0 }

static const struct fast fast[] = {
    ARITH(0, 0xc0, 0xc0, fadd), ARITH(1, 0xc8, 0xc8, fmul), ARITH(4, 0xe0, 0xe8, fsub), ARITH(5, 0xe8, 0xe0, fsubr),
    ARITH(6, 0xf0, 0xf8, fdiv), ARITH(7, 0xf8, 0xf0, fdivr),
    { "fsqrt", helper_fsqrt, 0x1fa, REG, 0, 0, 0 },
    { "fld m32", helper_fld_f32, 0x107, LOAD, 32, 0, 0 }, { "fld m64", helper_fld_f64, 0x507, LOAD, 64, 0, 0 },
    { "fild m16", helper_fild, 0x707, LOAD_SIGNED, 16, 0, 0 }, { "fild m32", helper_fild, 0x307, LOAD_SIGNED, 32, 0, 0 },
    { "fild m64", helper_fild, 0x72f, LOAD_SIGNED, 64, 0, 0 },
    { "fld st2", helper_fld_st, 0x1c2, REG, 0, 0, 0 }, { "fst st2", helper_fst_st, 0x5d2, REG, 0, 0, 0 },
    { "fstp st1", helper_fst_st, 0x5d9, REG_POP, 0, 0, 0 }, { "fstp st0", helper_fst_st, 0x5d8, REG_POP, 0, 0, 0 },
    { "fxch st4", helper_fxch, 0x1cc, REG, 0, 0, 0 },
    { "fst m32", helper_fst_f32, 0x117, STORE, 32, 0, 0 }, { "fstp m32", helper_fst_f32, 0x11f, STORE_POP, 32, 0, 0 },
    { "fst m64", helper_fst_f64, 0x517, STORE, 64, 0, 0 }, { "fstp m64", helper_fst_f64, 0x51f, STORE_POP, 64, 0, 0 },
    { "fist m16", helper_fist_16, 0x717, STORE, 16, 0, 0 }, { "fistp m16", helper_fist_16, 0x71f, STORE_POP, 16, 0, 0 },
    { "fist m32", helper_fist_32, 0x317, STORE, 32, 0, 0 }, { "fistp m32", helper_fist_32, 0x31f, STORE_POP, 32, 0, 0 },
    { "fistp m64", helper_fist_64, 0x73f, STORE_POP, 64, 0, 0 }, { "fisttp m16", helper_fistt_16, 0x70f, STORE_POP, 16, 0, 0 },
    { "fisttp m32", helper_fistt_32, 0x30f, STORE_POP, 32, 0, 0 }, { "fisttp m64", helper_fistt_64, 0x50f, STORE_POP, 64, 0, 0 },
    { "fcom st1", helper_fcom, 0x0d1, REG, 0, 0, 1 }, { "fcomp st2", helper_fcom, 0x0da, REG_POP, 0, 0, 2 },
    { "fcompp", helper_fcom, 0x6d9, REG_POP2, 0, 0, 1 }, { "fucom st0", helper_fucom, 0x5e0, REG, 0, 0, 0 },
    { "fucomp st1", helper_fucom, 0x5e9, REG_POP, 0, 0, 1 }, { "fucompp", helper_fucom, 0x2e9, REG_POP2, 0, 0, 1 },
    { "fcomi st1", helper_fcomi, 0x3f1, FLAGS, 0, 0, 1 }, { "fcomip st3", helper_fcomi, 0x7f3, FLAGS_POP, 0, 0, 3 },
    { "fucomi st1", helper_fucomi, 0x3e9, FLAGS, 0, 0, 1 }, { "fucomip st3", helper_fucomi, 0x7eb, FLAGS_POP, 0, 0, 3 },
    { "fcom m32", helper_fcom_mem, 0x017, LOAD, 32, 0, 0 }, { "fcom m64", helper_fcom_mem, 0x417, LOAD, 64, 0, 0 },
    { "ficom m32", helper_fcom_mem, 0x217, LOAD, 32, 0, 0 }, { "ficom m16", helper_fcom_mem, 0x617, LOAD, 16, 0, 0 },
};

static uint64_t cut(uint64_t value, unsigned bits) { return bits == 64 ? value : value & ((1ull << bits) - 1); }

/* Calls the fast helper as translated code does; returns what it stores or the flags. */
static uint64_t run_fast(struct x86_cpu *cpu, const struct fast *f, uint64_t operand)
{
    static const uint8_t pops[] = { [REG_POP] = 1, [REG_POP2] = 2, [FLAGS_POP] = 1, [STORE_POP] = 1, [LOAD] = 0 };
    uint64_t info = f->opcode | (uint64_t)f->bits / 8 << X87_BYTES_SHIFT | (uint64_t)SEG_DS << X87_SEGMENT_SHIFT
        | (uint64_t)f->dest << X87_DEST_SHIFT | (uint64_t)f->source << X87_SOURCE_SHIFT
        | (uint64_t)(f->kind < G_N_ELEMENTS(pops) ? pops[f->kind] : 0) << X87_POPS_SHIFT;
    switch (f->kind) {
    case LOAD: case LOAD_SIGNED:
        ((helper4 *)f->function)(&cpu->cpu, info, 0, operand, 0);
        return 0;
    case STORE: case STORE_POP:
        return cut(((helper3 *)f->function)(&cpu->cpu, info, 0, 0), f->bits);
    case FLAGS: case FLAGS_POP:
        return ((helper2 *)f->function)(&cpu->cpu, info, 0);
    default:
        ((helper2 *)f->function)(&cpu->cpu, info, 0);
        return 0;
    }
}

static bool same_fpu(const struct x86_fpu *a, const struct x86_fpu *b)
{
    bool same = a->control == b->control && a->status == b->status && a->top == b->top && a->tag_valid == b->tag_valid;
    for (unsigned i = 0; i < 8; i++)
        same &= !(a->tag_valid >> i & 1) ||
                (a->st[i].significand == b->st[i].significand && a->st[i].sign_exponent == b->st[i].sign_exponent);
    return same;
}

static void print_fpu(const char *what, const struct x86_fpu *f, uint64_t result)
{
    printf("# %s: fcw %04x fsw %04x top %u valid %02x result %" PRIx64 " st:", what, f->control, f->status, f->top, f->tag_valid, result);
    for (unsigned i = 0; i < 4; i++)
        printf(" %04x:%016" PRIx64, f->st[(f->top + i) & 7].sign_exponent, f->st[(f->top + i) & 7].significand);
    printf("\n");
}

static void fast_equals_exact(struct test *test)
{
    struct x86_cpu *cpu = g_new0(struct x86_cpu, 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(fast); i++) {
        const struct fast *f = &fast[i];
        for (unsigned round = 0; round < ROUNDS && !test->failed; round++) {
            struct x86_fpu before, exact;
            random_fpu(&before);
            uint64_t operand = cut(random_operand(), f->bits ? f->bits : 64), result = 0, memory[2] = { operand };
            if (f->kind == LOAD_SIGNED)
                operand = f->bits == 16 ? (uint64_t)(int16_t)operand : f->bits == 32 ? (uint64_t)(int32_t)operand : operand;
            cpu->fpu = exact = before;
            uint64_t got = run_fast(cpu, f, operand);
            if (f->kind == STORE || f->kind == STORE_POP)
                memory[0] = 0;
            result = x87_exec(&exact, f->opcode, memory, 0);
            uint64_t want = f->kind == FLAGS || f->kind == FLAGS_POP ? result
                            : f->kind == STORE || f->kind == STORE_POP ? cut(memory[0], f->bits) : 0;
            if (!same_fpu(&cpu->fpu, &exact) || got != want) {
                printf("# %s operand %" PRIx64 "\n", f->name, operand);
                print_fpu("before", &before, 0);
                print_fpu("fast", &cpu->fpu, got);
                print_fpu("exact", &exact, want);
                EXPECT(test, !"fast and exact differ");
            }
        }
    }
    g_free(cpu);
}

/* 1 / 0 with ZE unmasked: operands stay, ES and B are set; masked: infinity. */
static void unmasked_divide(struct test *test)
{
    struct x86_fpu fpu = { .control = FCW_INIT & ~FSW_ZE, .tag_valid = 3 };
    fpu.st[0] = (struct x86_st){ .significand = 1ull << 63, .sign_exponent = 16383 };
    uint64_t memory[2] = { 0 };
    x87_exec(&fpu, 0x0f1, memory, 0);                   /* FDIV st, st(1) */
    EXPECT_EQ(test, fpu.status & (FSW_FLAGS | FSW_ES | FSW_B), FSW_ZE | FSW_ES | FSW_B);
    EXPECT_EQ(test, fpu.st[0].significand, 1ull << 63);
    EXPECT_EQ(test, fpu.st[0].sign_exponent, 16383);

    fpu.control |= FSW_ZE;
    fpu.status = 0;
    x87_exec(&fpu, 0x0f1, memory, 0);
    EXPECT_EQ(test, fpu.status & (FSW_FLAGS | FSW_ES), FSW_ZE);
    EXPECT_EQ(test, fpu.st[0].sign_exponent, 0x7fff);
}

/* Overflow unmasked: the result with its exponent 24576 lower (SDM 1, 8.5.4). */
static void unmasked_overflow(struct test *test)
{
    struct x86_fpu fpu = { .control = FCW_INIT & ~FSW_OE, .tag_valid = 3 };
    fpu.st[0] = fpu.st[1] = (struct x86_st){ .significand = 1ull << 63, .sign_exponent = 0x7ffe };
    uint64_t memory[2] = { 0 };
    x87_exec(&fpu, 0x0c9, memory, 0);                   /* FMUL st, st(1) */
    EXPECT_EQ(test, fpu.status & (FSW_FLAGS | FSW_ES), FSW_OE | FSW_ES);
    EXPECT_EQ(test, fpu.st[0].sign_exponent, 0x7ffe + 0x7ffe - 16383 - 24576);
}

/* An empty source: IE with SF and C1 clear, the indefinite value; a full stack: C1 set. */
static void stack_faults(struct test *test)
{
    struct x86_fpu fpu = { .control = FCW_INIT, .tag_valid = 1, .status = FSW_C1 };
    uint64_t memory[2] = { 0 };
    x87_exec(&fpu, 0x0c1, memory, 0);                   /* FADD st, st(1) */
    EXPECT_EQ(test, fpu.status & (FSW_FLAGS | FSW_SF | FSW_C1), FSW_IE | FSW_SF);
    EXPECT_EQ(test, fpu.st[0].sign_exponent, 0xffff);
    EXPECT_EQ(test, fpu.st[0].significand, 3ull << 62);

    fpu = (struct x86_fpu){ .control = FCW_INIT, .tag_valid = 0xff };
    x87_exec(&fpu, 0x1e8, memory, 0);                   /* FLD1 */
    EXPECT_EQ(test, fpu.status & (FSW_FLAGS | FSW_SF | FSW_C1), FSW_IE | FSW_SF | FSW_C1);
    EXPECT_EQ(test, fpu.top, 7);
    EXPECT_EQ(test, fpu.st[7].sign_exponent, 0xffff);
}

static const struct test_case cases[] = {
    TEST(fast_equals_exact), TEST(unmasked_divide), TEST(unmasked_overflow), TEST(stack_faults),
};

int main(void) { return test_run_cases("x87", cases, G_N_ELEMENTS(cases)); }
