/* SPDX-License-Identifier: MIT */
/*
 * PURE ops of the IR by definition: what the table claims of each row (commutes, width of inputs and result), and
 * values against bit-by-bit counterparts or by hand.
 */
#include <string.h>
#include "tcg/ir_build.h"
#include "tcg/ir_value.h"
#include "tests/unit/test.h"

enum { ROUNDS = 500 };

static uint64_t random_state = 88172645463325252;

static uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1d;
}

static const unsigned widths[4] = { 8, 16, 32, 64 };

static uint64_t eval(enum ir_op op, unsigned w, uint64_t a, uint64_t b)
{
    const struct ir_insn insn = { .op = (uint8_t)op, .width = (uint8_t)w, .cond = IR_COND_L, .imm = 64 };
    return ir_eval(&insn, a, b, 3, 4);
}

/* Two integer inputs and nothing that gives them roles. */
static bool is_binary(enum ir_op op)
{
    return ir_op_info[op].flags & IR_F_IS_PURE && !strcmp(ir_op_info[op].ins, "ii") && op != IR_DEPOSIT && op != IR_LEA;
}

static void commutes_means_commutes(struct test *test)
{
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        if (!is_binary(op))
            continue;
        bool differs = false;
        for (unsigned n = 0; n < ROUNDS; n++) {
            const uint64_t a = random64() >> (n & 56), b = random64() >> (n & 56);
            for (unsigned i = 0; i < 4; i++)
                differs |= eval(op, widths[i], a, b) != eval(op, widths[i], b, a);
        }
        if (!EXPECT(test, differs == !(ir_op_info[op].flags & IR_F_COMMUTES)))
            printf("# %s\n", ir_op_info[op].name);
    }
}

static void width_limits_inputs_and_result(struct test *test)
{
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        const uint32_t flags = ir_op_info[op].flags;
        if (!(flags & IR_F_IS_PURE) || flags & IR_F_WIDE)
            continue;
        for (unsigned n = 0; n < ROUNDS; n++) {
            const unsigned w = widths[n & 3];
            const uint64_t a = random64(), b = random64(), above = ~ir_value_mask(w);
            const uint64_t value = eval(op, w, a, b);
            if (!EXPECT(test, value == eval(op, w, a ^ (random64() & above), b ^ (random64() & above))) ||
                !EXPECT(test, flags & IR_F_KEEP || !(value & above))) {
                printf("# %s.%u\n", ir_op_info[op].name, w);
                break;
            }
        }
    }
}

static void bits_one_by_one(struct test *test)
{
    for (unsigned n = 0; n < ROUNDS; n++) {
        const unsigned w = widths[n & 3];
        const uint64_t a = ir_value_cut(random64() & random64() & random64() >> (n & 31), w);
        uint64_t zeros_above = 0, zeros_below = 0, ones = 0, swapped = 0;
        for (unsigned i = w; i-- && !(a >> i & 1);)
            zeros_above++;
        for (unsigned i = 0; i < w && !(a >> i & 1); i++)
            zeros_below++;
        for (unsigned i = 0; i < w; i++) {
            ones += a >> i & 1;
            swapped |= (a >> i & 1) << (w - 8 - i / 8 * 8 + i % 8);
        }
        EXPECT(test, eval(IR_CLZ, w, a, 0) == zeros_above);
        EXPECT(test, eval(IR_CTZ, w, a, 0) == zeros_below);
        EXPECT(test, eval(IR_POPCNT, w, a, 0) == ones);
        EXPECT(test, w == 8 || eval(IR_BSWAP, w, a, 0) == swapped);
    }
}

/* The same value with other means: products by 32-bit halves, rotations by single steps. */
static void products_and_rotations(struct test *test)
{
    for (unsigned n = 0; n < ROUNDS; n++) {
        const uint64_t a = random64(), b = random64();
        const uint64_t low = (a & 0xffffffff) * (b & 0xffffffff), cross1 = (a >> 32) * (b & 0xffffffff) + (low >> 32);
        const uint64_t cross2 = (a & 0xffffffff) * (b >> 32) + (cross1 & 0xffffffff);
        const uint64_t high = (a >> 32) * (b >> 32) + (cross1 >> 32) + (cross2 >> 32);
        EXPECT(test, eval(IR_MULUH, 64, a, b) == high);
        EXPECT(test, eval(IR_MULSH, 64, a, b) == high - (a >> 63 ? b : 0) - (b >> 63 ? a : 0));
        EXPECT(test, eval(IR_MULSH, 8, 0xff, 2) == 0xff && eval(IR_MULUH, 8, 0xff, 2) == 1);
        const unsigned w = widths[n & 3], count = (unsigned)b & (w - 1);
        uint64_t left = ir_value_cut(a, w);
        for (unsigned i = 0; i < count; i++)
            left = ir_value_cut(left << 1 | left >> (w - 1), w);
        EXPECT(test, eval(IR_ROL, w, a, b) == left);
        EXPECT(test, eval(IR_ROR, w, left, b) == ir_value_cut(a, w));
    }
}

static void values_by_hand(struct test *test)
{
    static const struct { enum ir_op op; unsigned w; int64_t imm; uint16_t aux; uint64_t a, b, value; } rows[] = {
        { IR_CONST, 64, -2, 0, 0, 0, 0xfffffffffffffffe },
        { IR_SAR, 8, 0, 0, 0x80, 3, 0xf0 },
        { IR_SHR, 8, 0, 0, 0x180, 3, 0x10 },
        { IR_SHL, 32, 0, 0, 0x80000001, 33, 2 },
        { IR_NEG, 16, 0, 0, 1, 0, 0xffff },
        { IR_NOT, 16, 0, 0, 1, 0, 0xfffe },
        { IR_ANDN, 32, 0, 0, 0xff, 0x0f, 0xf0 },
        { IR_EXTU, 8, 0, 0, 0x1234, 0, 0x34 },
        { IR_EXTS, 8, 32, 0, 0x80, 0, 0xffffff80 },
        { IR_EXTS, 32, 64, 0, 0x80000000, 0, 0xffffffff80000000 },
        { IR_DEPOSIT, 8, 8 | 8 << 8, 0, 0x1122334455667788, 0xab, 0x112233445566ab88 },
        { IR_DEPOSIT, 64, 0 | 64 << 8, 0, 1, 2, 2 },
        { IR_EXTRACT, 8, 60 | 4 << 8, 0, 0xf000000000000000, 0, 0xf },
        { IR_LEA, 32, -1, 2, 0, 0x40000000, 0xffffffff },
        { IR_LEA, 64, 0x10, 3, 0x100000000, 2, 0x100000020 },
        { IR_CLZ, 16, 0, 0, 0, 0, 16 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct ir_insn insn = { .op = (uint8_t)rows[i].op, .width = (uint8_t)rows[i].w, .imm = rows[i].imm,
                                      .aux = rows[i].aux };
        if (!EXPECT(test, ir_eval(&insn, rows[i].a, rows[i].b, 0, 0) == rows[i].value))
            printf("# row %u, %s\n", i, ir_op_info[rows[i].op].name);
    }
    const struct ir_insn select = { .op = IR_SELECT, .width = 8, .cond = IR_COND_B };
    EXPECT(test, ir_eval(&select, 1, 2, 0x103, 4) == 3 && ir_eval(&select, 2, 1, 3, 4) == 4);
}

struct lines { char text[8][80]; unsigned count; };

static void keep_line(void *opaque, const char *text)
{
    struct lines *lines = opaque;
    snprintf(lines->text[lines->count++ & 7], sizeof lines->text[0], "%s", text);
}

static void printed(struct test *test)
{
    static const struct ir_global globals[] = { { "rax", IR_TYPE_INT, 0, 0 }, { "flags", IR_TYPE_FLAGS, 8, 0 } };
    struct ir_unit *u = ir_unit_new();
    struct lines lines = { .count = 0 };
    ir_unit_start(u, globals, 2, NULL, 0);
    ir_insn_mark(u, 0x7c00, 0);
    const ir_reg t = ir_ld(u, 32, 1, -8, 1);
    const unsigned label = ir_new_label(u);
    ir_flag_op(u, IR_SUBS, 32, IR_NONE, 2, IR_NONE, t, IR_IMM, 0x10);
    ir_brf(u, IR_COND_NE, 2, label);
    ir_st(u, 16, 1, 0, t, 0);
    ir_label(u, label);
    ir_goto(u, 0x7c10, 0);
    EXPECT(test, ir_verify(u) == NULL);
    ir_print(u, keep_line, &lines);
    static const char *const expected[] = {
        "---- 0 0000000000007c00", "   t3 = LD.32 [rax - 0x8] mmu1", "   _, flags = SUBS.32 t3, 0x10",
        "   BRF.ne flags -> L0", "   ST.16 [rax], t3 mmu0", "L0:", "   GOTO pc 0x7c10 slot 0",
    };
    for (unsigned i = 0; i < 7; i++)
        if (!EXPECT(test, !strcmp(lines.text[i], expected[i])))
            printf("# '%s'\n", lines.text[i]);
    ir_unit_free(u);
}

/* The verifier sees each kind of damage. */
static void verifier(struct test *test)
{
    static const struct ir_global globals[] = { { "rax", IR_TYPE_INT, 0, 0 }, { "flags", IR_TYPE_FLAGS, 8, 0 } };
    static const struct ir_insn good = { .op = IR_ADD, .width = 32, .d = { 1 }, .s = { 1, 1 } };
    static const struct { const char *what; struct ir_insn insn; } bad[] = {
        { "type", { .op = IR_ADD, .width = 32, .d = { 1 }, .s = { 1, 2 } } },
        { "output", { .op = IR_ADD, .width = 32, .s = { 1, 1 } } },
        { "input", { .op = IR_ADD, .width = 32, .d = { 1 }, .s = { 1 } } },
        { "width", { .op = IR_ADD, .width = 24, .d = { 1 }, .s = { 1, 1 } } },
        { "immediate place", { .op = IR_ADD, .width = 32, .d = { 1 }, .s = { IR_IMM, 1 } } },
        { "immediate value", { .op = IR_ADD, .width = 32, .d = { 1 }, .s = { 1, IR_IMM }, .imm = 0xffffffff } },
        { "label", { .op = IR_BR, .width = 64, .imm = 1 } },
        { "helper", { .op = IR_CALL, .width = 64, .aux = 3 } },
        { "register", { .op = IR_ADD, .width = 32, .d = { 9 }, .s = { 1, 1 } } },
    };
    struct ir_unit *u = ir_unit_new();
    for (unsigned i = 0; i <= sizeof bad / sizeof bad[0]; i++) {
        ir_unit_start(u, globals, 2, NULL, 0);
        *ir_append(u, IR_ADD, 32) = i ? bad[i - 1].insn : good;
        ir_exit(u);
        if (!EXPECT(test, !ir_verify(u) == !i))
            printf("# %s\n", i ? bad[i - 1].what : "good");
    }
    ir_unit_free(u);
}

int main(void)
{
    test_run("ir_commutes_means_commutes", commutes_means_commutes);
    test_run("ir_width_limits_inputs_and_result", width_limits_inputs_and_result);
    test_run("ir_bits_one_by_one", bits_one_by_one);
    test_run("ir_products_and_rotations", products_and_rotations);
    test_run("ir_values_by_hand", values_by_hand);
    test_run("ir_printed", printed);
    test_run("ir_verifier_sees_damage", verifier);
    return test_status();
}
