/* SPDX-License-Identifier: MIT */
/* T32 loads and stores in 32 bits: single, dual, exclusive, multiple, table branches (Arm ARM F3.1). */
#include "target-arm/a32.h"
#include "target-arm/a32_branch.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }

/* data: bits, | LOAD, | SIGNED */
enum { LOAD = 0x100, SIGNED = 0x200 };
static struct a32_access access_of(const struct arm_trans *t)
{
    return (struct a32_access){ .bits = t->data & 0xff, .load = t->data & LOAD, .sign = t->data & SIGNED, .p = true, .u = true,
                                .t = f(t, 't'), .n = f(t, 'n'), .imm = f(t, 'i') };
}

static void mem_imm12(struct arm_trans *t)
{
    const struct a32_access a = access_of(t);
    a32_access(t, &a);
}

static void mem_imm8(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    a.p = f(t, 'p');
    a.u = f(t, 'u');
    a.w = f(t, 'w');
    a.user = a.p && a.u && !a.w;
    a32_access(t, &a);
}

static void mem_reg(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    a.has_reg = true;
    a.reg = f(t, 's') ? ir_op2i(t->u, IR_SHL, 32, a32_get(t, f(t, 'm')), f(t, 's')) : a32_get(t, f(t, 'm'));
    a32_access(t, &a);
}

static void mem_literal(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    a.n = 15;
    a.u = f(t, 'u');
    a32_access(t, &a);
}

static void dual(struct arm_trans *t)
{
    struct a32_access a = access_of(t);
    a.p = f(t, 'p');
    a.u = f(t, 'u');
    a.w = f(t, 'w');
    a.t2 = f(t, 'T');
    a.imm *= 4;
    a32_access(t, &a);
}

/* data: load; d: decrement before */
static void multiple(struct arm_trans *t)
{
    const uint32_t list = f(t, 'r');
    const int bytes = 4 * __builtin_popcount(list), start = f(t, 'd') ? -bytes : 0, step = f(t, 'd') ? -bytes : bytes;
    if (t->data) {
        a32_load_multiple(t, f(t, 'n'), list, start, step, f(t, 'w'));
    } else {
        a32_store_multiple(t, f(t, 'n'), list, start, step, f(t, 'w'));
    }
}

#define ROW(pattern, name, fn, data) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, NULL }
#define ROW_X(pattern, name, fn, data, unless) { pattern, name, fn, 0, ARM_FEATURE_NONE, data, NULL, unless }
#define STORE(zz, name, data) \
    ROW_X("1111 1000 1" zz "0 nnnn tttt iiiiiiiiiiii", name, mem_imm12, data, "n=15"), \
    ROW_X("1111 1000 0" zz "0 nnnn tttt 1puw iiiiiiii", name, mem_imm8, data, "n=15;p=0,w=0"), \
    ROW_X("1111 1000 0" zz "0 nnnn tttt 000000 ss mmmm", name, mem_reg, data, "n=15")
#define LOADS(s, zz, name, data, hint) \
    ROW_X("1111 100" s " 1" zz "1 nnnn tttt iiiiiiiiiiii", name, mem_imm12, data, "n=15;" hint), \
    ROW_X("1111 100" s " 0" zz "1 nnnn tttt 1puw iiiiiiii", name, mem_imm8, data, "n=15;p=0,w=0;" hint), \
    ROW_X("1111 100" s " 0" zz "1 nnnn tttt 000000 ss mmmm", name, mem_reg, data, "n=15;" hint), \
    ROW_X("1111 100" s " u" zz "1 1111 tttt iiiiiiiiiiii", name " (literal)", mem_literal, data, hint)
/* Rt = 15: preload hints. p=1,u=0,w=0: negative offset; other forms with write-back are loads of R15, UNPREDICTABLE. */
#define HINTS(s, zz, name) \
    ROW_X("1111 100" s " 1" zz "1 nnnn 1111 iiiiiiiiiiii", name, a32_preload, 0, "n=15"), \
    ROW_X("1111 100" s " 0" zz "1 nnnn 1111 1puw iiiiiiii", name, a32_preload, 0, "n=15;p=0,w=0"), \
    ROW_X("1111 100" s " 0" zz "1 nnnn 1111 000000 ss mmmm", name, a32_preload, 0, "n=15"), \
    ROW("1111 100" s " u" zz "1 1111 1111 iiiiiiiiiiii", name, a32_preload, 0)
#define V8(pattern, name, fn) { pattern, name, fn, ARM_ROW_AA32_V8, ARM_V8, 0, NULL, NULL }
static const struct arm_row rows[] = {
    STORE("00", "STRB", 8), STORE("01", "STRH", 16), STORE("10", "STR", 32),
    LOADS("0", "00", "LDRB", 8 | LOAD, "t=15"), LOADS("0", "01", "LDRH", 16 | LOAD, "t=15"),
    LOADS("1", "00", "LDRSB", 8 | LOAD | SIGNED, "t=15"), LOADS("1", "01", "LDRSH", 16 | LOAD | SIGNED, "t=15"),
    LOADS("0", "10", "LDR", 32 | LOAD, ""),
    HINTS("0", "00", "PLD"), HINTS("0", "01", "PLDW"), HINTS("1", "00", "PLI"), HINTS("1", "01", "hint (LDRSH, Rt = 15)"),
    ROW_X("1110 100 p u 1 w 1 nnnn tttt TTTT iiiiiiii", "LDRD", dual, 64 | LOAD, "p=0,w=0"),
    ROW_X("1110 100 p u 1 w 0 nnnn tttt TTTT iiiiiiii", "STRD", dual, 64, "p=0,w=0;n=15"),
    ROW("1110 1000 0100 nnnn tttt dddd iiiiiiii", "STREX", a32_strex, 0),
    ROW("1110 1000 0101 nnnn tttt ++++ iiiiiiii", "LDREX", a32_ldrex, 0),
    { "1110 1000 1101 nnnn ++++ ---- 000h mmmm", "TBB", t32_tbb, ARM_ROW_BRANCH | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
    ROW_X("1110 1000 1100 nnnn tttt TTTT 01yy dddd", "STREXB", a32_strex, 0, "y=2"),
    ROW_X("1110 1000 1101 nnnn tttt TTTT 01yy ++++", "LDREXB", a32_ldrex, 0, "y=2"),
    V8("1110 1000 1100 nnnn tttt TTTT 11yy dddd", "STLEX", a32_strex),
    V8("1110 1000 1101 nnnn tttt TTTT 11yy ++++", "LDAEX", a32_ldrex),
    { "1110 1000 1100 nnnn tttt ++++ 10yy ++++", "STL", a32_stl, ARM_ROW_AA32_V8, ARM_V8, 0, NULL, "y=3" },
    { "1110 1000 1101 nnnn tttt ++++ 10yy ++++", "LDA", a32_lda, ARM_ROW_AA32_V8, ARM_V8, 0, NULL, "y=3" },
    ROW_X("1110 1000 10w0 nnnn rrrrrrrrrrrrrrrr", "STM", multiple, 0, "n=15"),
    ROW_X("1110 1000 10w1 nnnn rrrrrrrrrrrrrrrr", "LDM", multiple, 1, "n=15"),
    ROW_X("1110 100d 00w0 nnnn rrrrrrrrrrrrrrrr", "STMDB", multiple, 0, "n=15;d=0"),
    ROW_X("1110 100d 00w1 nnnn rrrrrrrrrrrrrrrr", "LDMDB", multiple, 1, "n=15;d=0"),
};
ARM_TABLE(t32_mem);
