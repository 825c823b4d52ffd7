/* SPDX-License-Identifier: MIT */
/*
 * Every FLAG op of the IR, value and flags, against the host CPU's own instruction with random operands in every
 * width; and conditions against the host's SETcc. What the manual leaves undefined is masked, by op.
 */
#include <stdlib.h>
#include <string.h>
#include "tcg/ir_value.h"
#include "tests/unit/test.h"

enum { ROUNDS = 4000 };

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1d;
}

/* Values near the edges more often than chance would give. */
static uint64_t random_operand(void)
{
    static const uint64_t edges[] = { 0, 1, ~0ull, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
                                      0x7fffffffffffffff, 0x8000000000000000 };
    const uint64_t r = random64();
    return r & 1 ? random64() : edges[(r >> 8) % (sizeof edges / sizeof edges[0])] + (r >> 1 & 1);
}

struct host_case { uint64_t a, b, c; uint64_t flags; };
typedef void host_function(struct host_case *t);

/* An instruction on a (rax), b (rdx), c (cl), with flags before and after. The stack below the red zone is used. */
#define HOST(name, text) \
    static void name(struct host_case *t) \
    { \
        __asm__ volatile("lea -128(%%rsp), %%rsp\n push %3\n popfq\n" text "\n pushfq\n pop %3\n lea 128(%%rsp), %%rsp" \
                         : "+a"(t->a), "+d"(t->b), "+c"(t->c), "+r"(t->flags) : : "cc", "memory"); \
    }
#define HOST_WIDTHS(name, text8, text16, text32, text64) \
    HOST(name##_8, text8) HOST(name##_16, text16) HOST(name##_32, text32) HOST(name##_64, text64)
#define HOST_BINARY(name, insn) \
    HOST_WIDTHS(name, insn " %%dl, %%al", insn " %%dx, %%ax", insn " %%edx, %%eax", insn " %%rdx, %%rax")
#define HOST_UNARY(name, insn) HOST_WIDTHS(name, insn " %%al", insn " %%ax", insn " %%eax", insn " %%rax")
#define HOST_SHIFT(name, insn) \
    HOST_WIDTHS(name, insn " %%cl, %%al", insn " %%cl, %%ax", insn " %%cl, %%eax", insn " %%cl, %%rax")
#define HOST_DOUBLE(name, insn) \
    HOST(name##_16, insn " %%cl, %%dx, %%ax") HOST(name##_32, insn " %%cl, %%edx, %%eax") \
    HOST(name##_64, insn " %%cl, %%rdx, %%rax")

HOST_BINARY(host_add, "add")
HOST_BINARY(host_sub, "sub")
HOST_BINARY(host_and, "and")
HOST_BINARY(host_or, "or")
HOST_BINARY(host_xor, "xor")
HOST_BINARY(host_adc, "adc")
HOST_BINARY(host_sbb, "sbb")
HOST(host_addn_8, "add %%dl, %%al; cmc")
HOST(host_addn_16, "add %%dx, %%ax; cmc")
HOST(host_addn_32, "add %%edx, %%eax; cmc")
HOST(host_addn_64, "add %%rdx, %%rax; cmc")
HOST(host_andn_8, "and %%dl, %%al; stc")
HOST(host_andn_16, "and %%dx, %%ax; stc")
HOST(host_andn_32, "and %%edx, %%eax; stc")
HOST(host_andn_64, "and %%rdx, %%rax; stc")
/* TEST, then CF and OF as before; KEEPCS: CF from b. */
#define HOST_KEEP(w, test) \
    HOST(host_keep_##w, "pushfq; pop %%rcx; and $0x801, %%ecx; " test "; " HOST_KEEP_END) \
    HOST(host_keepc_##w, "pushfq; pop %%rcx; and $0x800, %%ecx; and $1, %%edx; or %%edx, %%ecx; " test "; " HOST_KEEP_END)
#define HOST_KEEP_END "pushfq; pop %%rdx; and $0xc4, %%edx; or %%ecx, %%edx; push %%rdx; popfq"
HOST_KEEP(8, "test %%al, %%al")
HOST_KEEP(16, "test %%ax, %%ax")
HOST_KEEP(32, "test %%eax, %%eax")
HOST_KEEP(64, "test %%rax, %%rax")
HOST_UNARY(host_inc, "inc")
HOST_UNARY(host_dec, "dec")
HOST_SHIFT(host_shl, "shl")
HOST_SHIFT(host_shr, "shr")
HOST_SHIFT(host_sar, "sar")
HOST_SHIFT(host_rol, "rol")
HOST_SHIFT(host_ror, "ror")
HOST_SHIFT(host_rcl, "rcl")
HOST_SHIFT(host_rcr, "rcr")
HOST_DOUBLE(host_shld, "shld")
HOST_DOUBLE(host_shrd, "shrd")
HOST(host_imul_8, "imul %%dl")
HOST(host_imul_16, "imul %%dx, %%ax")
HOST(host_imul_32, "imul %%edx, %%eax")
HOST(host_imul_64, "imul %%rdx, %%rax")

static const unsigned widths[4] = { 8, 16, 32, 64 };

static const struct row { const char *name; enum ir_op op; host_function *host[4]; } rows[] = {
#define ROW(name, op, host) { name, op, { host##_8, host##_16, host##_32, host##_64 } }
    ROW("ADDS", IR_ADDS, host_add), ROW("SUBS", IR_SUBS, host_sub), ROW("ANDS", IR_ANDS, host_and),
    ROW("ORS", IR_ORS, host_or), ROW("XORS", IR_XORS, host_xor), ROW("ADCS", IR_ADCS, host_adc),
    ROW("SBBS", IR_SBBS, host_sbb), ROW("INCS", IR_INCS, host_inc), ROW("DECS", IR_DECS, host_dec),
    ROW("SHLS", IR_SHLS, host_shl), ROW("SHRS", IR_SHRS, host_shr), ROW("SARS", IR_SARS, host_sar),
    ROW("ROLS", IR_ROLS, host_rol), ROW("RORS", IR_RORS, host_ror), ROW("RCLS", IR_RCLS, host_rcl),
    ROW("ADDNS", IR_ADDNS, host_addn), ROW("ANDNS", IR_ANDNS, host_andn), ROW("RCRS", IR_RCRS, host_rcr),
    ROW("KEEPS", IR_KEEPS, host_keep), ROW("KEEPCS", IR_KEEPCS, host_keepc), ROW("MULS", IR_MULS, host_imul),
    { "SHLDS", IR_SHLDS, { NULL, host_shld_16, host_shld_32, host_shld_64 } },
    { "SHRDS", IR_SHRDS, { NULL, host_shrd_16, host_shrd_32, host_shrd_64 } },
};

/* SDM 2, "Flags Affected" of each instruction. */
static uint32_t undefined_flags(enum ir_op op, unsigned w, unsigned count)
{
    switch (op) {
    case IR_ANDS:
    case IR_ANDNS:
    case IR_ORS:
    case IR_XORS:
        return IR_AF;
    case IR_SHLS:
    case IR_SHRS:
    case IR_SARS:
        return !count ? 0 : IR_AF | (count > 1 ? IR_OF : 0) | (op != IR_SARS && count > w ? IR_CF : 0);
    case IR_ROLS:
    case IR_RORS:
    case IR_RCLS:
    case IR_RCRS:
        return count > 1 ? IR_OF : 0;
    case IR_SHLDS:
    case IR_SHRDS:
        return !count ? 0 : count > w ? IR_ALL_FLAGS : IR_AF | (count > 1 ? IR_OF : 0);
    case IR_MULS:
        return IR_SF | IR_ZF | IR_AF | IR_PF;
    default:
        return 0;
    }
}

static bool is_shift(enum ir_op op)
{
    return ir_op_info[op].flags & IR_F_FIRST_FLAGS && op != IR_ADCS && op != IR_SBBS && op != IR_KEEPS && op != IR_KEEPCS;
}

static bool one_round(const struct row *row, unsigned index)
{
    const unsigned w = widths[index];
    const bool shift = is_shift(row->op), is_double = row->op == IR_SHLDS || row->op == IR_SHRDS;
    struct host_case host = { random_operand(), random_operand(), shift ? random64() & 0xff : 0, 0 };
    const struct ir_flags before = { .a = random64() & IR_ALL_FLAGS };
    const uint64_t a = host.a, b = host.b, c = host.c;
    const unsigned count = (unsigned)c & (w == 64 ? 63 : 31);
    struct ir_flags after = { .a = random64(), .b = random64(), .kind = IR_FLAGS_WORD };
    host.flags = before.a | 2;
    row->host[index](&host);
    const uint64_t value = ir_value_flag_op(row->op, w, &before, a, shift && !is_double ? c : b, c, &after);
    if (is_double && count > w)         /* result undefined too */
        return true;
    const uint32_t mask = IR_ALL_FLAGS & ~undefined_flags(row->op, w, count);
    const uint32_t word = ir_flags_word(&after), expected = (uint32_t)host.flags;
    if (value == ir_value_cut(host.a, w) && !((word ^ expected) & mask))
        return true;
    printf("# %s.%u a=%llx b=%llx c=%u flags=%x: value %llx not %llx, flags %x not %x\n", row->name, w,
           (unsigned long long)a, (unsigned long long)b, count, (unsigned)before.a, (unsigned long long)value,
           (unsigned long long)ir_value_cut(host.a, w), word & mask, expected & mask);
    return false;
}

static void flag_ops(struct test *test)
{
    for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (unsigned i = 0; i < 4; i++)
            for (unsigned n = 0; rows[r].host[i] && n < ROUNDS; n++)
                if (!EXPECT(test, one_round(&rows[r], i)))
                    break;
}

static void every_flag_op_is_tested(struct test *test)
{
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        bool listed = !(ir_op_info[op].flags & IR_F_IS_FLAG);
        for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++)
            listed |= rows[r].op == op;
        if (!EXPECT(test, listed))
            printf("# %s\n", ir_op_info[op].name);
    }
}

/* FLAG ops that say so commute, in value and flags. */
static void commuting(struct test *test)
{
    for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!(ir_op_info[rows[r].op].flags & IR_F_COMMUTES))
            continue;
        for (unsigned n = 0; n < ROUNDS; n++) {
            const uint64_t a = random_operand(), b = random_operand();
            const unsigned w = widths[n & 3];
            struct ir_flags f, g;
            const uint64_t v = ir_value_flag_op(rows[r].op, w, NULL, a, b, 0, &f);
            const uint64_t u = ir_value_flag_op(rows[r].op, w, NULL, b, a, 0, &g);
            if (!EXPECT(test, v == u && ir_flags_word(&f) == ir_flags_word(&g)))
                break;
        }
    }
}

/* A comparison's deferred value has the flags of the subtraction. */
static void compare_kind(struct test *test)
{
    for (unsigned n = 0; n < ROUNDS; n++) {
        const uint64_t a = random_operand(), b = random_operand();
        const unsigned w = widths[n & 3];
        struct ir_flags sub;
        ir_value_flag_op(IR_SUBS, w, NULL, a, b, 0, &sub);
        const struct ir_flags cmp = { .a = a, .b = b, .kind = IR_FLAGS_CMP, .width = (uint16_t)w };
        if (!EXPECT(test, ir_flags_word(&sub) == ir_flags_word(&cmp)))
            break;
    }
}

#define HOST_CONDITION(cc) \
    static void host_set##cc(struct host_case *t) \
    { \
        __asm__ volatile("lea -128(%%rsp), %%rsp\n push %1\n popfq\n set" #cc " %b0\n lea 128(%%rsp), %%rsp" \
                         : "+a"(t->a) : "r"(t->flags) : "cc", "memory"); \
    }
HOST_CONDITION(o) HOST_CONDITION(no) HOST_CONDITION(b) HOST_CONDITION(ae)
HOST_CONDITION(e) HOST_CONDITION(ne) HOST_CONDITION(be) HOST_CONDITION(a)
HOST_CONDITION(s) HOST_CONDITION(ns) HOST_CONDITION(p) HOST_CONDITION(np)
HOST_CONDITION(l) HOST_CONDITION(ge) HOST_CONDITION(le) HOST_CONDITION(g)
static host_function *const host_conditions[16] = {
    host_seto, host_setno, host_setb, host_setae, host_sete, host_setne, host_setbe, host_seta,
    host_sets, host_setns, host_setp, host_setnp, host_setl, host_setge, host_setle, host_setg,
};

static void conditions(struct test *test)
{
    static const uint32_t bits[6] = { IR_CF, IR_PF, IR_AF, IR_ZF, IR_SF, IR_OF };
    for (unsigned cond = 0; cond < 16; cond++)
        for (unsigned n = 0; n < 64; n++) {
            uint32_t word = 0;
            for (unsigned i = 0; i < 6; i++)
                word |= n >> i & 1 ? bits[i] : 0;
            struct host_case host = { .flags = word | 2 };
            host_conditions[cond](&host);
            EXPECT(test, ir_cond_holds(cond, word) == (host.a & 1));
        }
}

/* SETC's comparison is the condition on the flags of the subtraction. */
static void compared_values(struct test *test)
{
    for (unsigned n = 0; n < 16 * ROUNDS; n++) {
        const unsigned w = widths[n >> 4 & 3], cond = n & 15;
        const uint64_t a = ir_value_cut(random_operand(), w), b = n & 64 ? a : ir_value_cut(random_operand(), w);
        const struct ir_flags cmp = { .a = a, .b = b, .kind = IR_FLAGS_CMP, .width = (uint16_t)w };
        if (!EXPECT(test, ir_value_compare(cond, a, b, w) == ir_cond_holds(cond, ir_flags_word(&cmp))))
            break;
    }
}

int main(void)
{
    test_run("ir_flag_ops_as_the_host", flag_ops);
    test_run("ir_flag_ops_all_tested", every_flag_op_is_tested);
    test_run("ir_flag_ops_commute", commuting);
    test_run("ir_flags_of_compare", compare_kind);
    test_run("ir_conditions_as_the_host", conditions);
    test_run("ir_compare_is_condition_of_subtraction", compared_values);
    return test_status();
}
