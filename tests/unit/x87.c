/* SPDX-License-Identifier: MIT */
/*
 * x87_exec with unmasked exceptions and stack faults, by what the manual says (SDM 1, 8.5). Instruction tests (tests/cpu)
 * cover the rest against the host.
 */
#include "target-x86/x87.h"
#include "test.h"

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
    TEST(unmasked_divide), TEST(unmasked_overflow), TEST(stack_faults),
};

int main(void) { return test_run_cases("x87", cases, G_N_ELEMENTS(cases)); }
