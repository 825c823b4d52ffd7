/* SPDX-License-Identifier: MIT */
/* Branches and calls of all three encodings (Arm ARM F4.1.8, F3.1): B, BL, BLX, BX, BXJ, CBZ, TBB. */
#include "target-arm/a32.h"
#include "target-arm/a32_branch.h"

static unsigned f(const struct arm_trans *t, char letter) { return arm_field(t, letter); }

static int32_t sign(uint32_t value, unsigned bits) { return (int32_t)(value << (32 - bits)) >> (32 - bits); }

/* ---- where direct branches go; shared by translation and by the plan of a unit ---- */

static uint32_t field(const struct arm_compiled *row, uint32_t word, char letter) { return arm_field_of(row, word, letter); }

static int32_t offset_a32(const struct arm_compiled *row, uint32_t word) { return sign(field(row, word, 'i') << 2, 26); }
static int32_t offset_t1(const struct arm_compiled *row, uint32_t word) { return sign(field(row, word, 'i') << 1, 9); }
static int32_t offset_t2(const struct arm_compiled *row, uint32_t word) { return sign(field(row, word, 'i') << 1, 12); }
static int32_t offset_cbz(const struct arm_compiled *row, uint32_t word)
{
    return (int32_t)(field(row, word, 'h') << 6 | field(row, word, 'i') << 1);
}
/* B<c>.W: S:J2:J1:imm6:imm11 */
static int32_t offset_t3(const struct arm_compiled *row, uint32_t word)
{
    const uint32_t value = field(row, word, 's') << 19 | field(row, word, 'k') << 18 | field(row, word, 'j') << 17 |
                           field(row, word, 'h') << 11 | field(row, word, 'i');
    return sign(value << 1, 21);
}
/* B.W, BL, BLX: S:I1:I2:imm10:imm11 */
static int32_t offset_t4(const struct arm_compiled *row, uint32_t word)
{
    const uint32_t s = field(row, word, 's'), i1 = !(field(row, word, 'j') ^ s), i2 = !(field(row, word, 'k') ^ s);
    const uint32_t low = field(row, word, 'i') << (11 - row->bits['i' - 'a']);      /* BLX has one bit less */
    return sign((s << 23 | i1 << 22 | i2 << 21 | field(row, word, 'h') << 11 | low) << 1, 25);
}

static uint32_t target(const struct arm_trans *t, int32_t offset) { return a32_pc(t) + (uint32_t)offset; }

static void branch_if(struct arm_trans *t, unsigned cond, int32_t offset)
{
    if (cond >= 14) {
        a32_branch(t, target(t, offset));
    } else if (a32_in_it(t)) {
        a32_undefined(t);           /* UNPREDICTABLE in an IT block */
    } else {
        ir_brf(t->u, arm_cond(cond), ARM_NZCV, arm_branch_label(t, target(t, offset)));
    }
}

void a32_b(struct arm_trans *t) { branch_if(t, f(t, 'c'), offset_a32(t->row, t->word)); }
void t32_b_t1(struct arm_trans *t) { branch_if(t, f(t, 'c'), offset_t1(t->row, t->word)); }
void t32_b_t2(struct arm_trans *t) { a32_branch(t, target(t, offset_t2(t->row, t->word))); }
void t32_b_t3(struct arm_trans *t) { branch_if(t, f(t, 'c'), offset_t3(t->row, t->word)); }
void t32_b_t4(struct arm_trans *t) { a32_branch(t, target(t, offset_t4(t->row, t->word))); }

/* z: branch when not zero */
void t32_cbz(struct arm_trans *t)
{
    const uint32_t to = target(t, offset_cbz(t->row, t->word));
    if (a32_in_it(t)) {
        a32_undefined(t);
        return;
    }
    ir_brci(t->u, f(t, 'z') ? IR_COND_NE : IR_COND_E, 32, arm_x(f(t, 'n')), 0, arm_branch_label(t, to));
}

bool arm32_branch_target(const struct arm_compiled *row, uint32_t word, uint64_t pc, uint32_t mode, uint64_t *target)
{
    arm_translate *fn = row->row->translate;
    const uint32_t base = (uint32_t)pc + (mode & MODE_T32 ? 4 : 8);
    int32_t offset;
    if (fn == a32_b) {
        offset = offset_a32(row, word);
    } else if (fn == t32_b_t1) {
        offset = offset_t1(row, word);
    } else if (fn == t32_b_t2) {
        offset = offset_t2(row, word);
    } else if (fn == t32_b_t3) {
        offset = offset_t3(row, word);
    } else if (fn == t32_b_t4) {
        offset = offset_t4(row, word);
    } else if (fn == t32_cbz) {
        offset = offset_cbz(row, word);
    } else {
        return false;
    }
    *target = base + (uint32_t)offset;
    return true;
}

static void link(struct arm_trans *t)
{
    ir_movi_to(t->u, arm_x(14), (uint32_t)t->next_pc | a32_thumb(t));
}

static void a32_bl(struct arm_trans *t)
{
    link(t);
    a32_branch(t, target(t, offset_a32(t->row, t->word)));
}

static void a32_blx_imm(struct arm_trans *t)
{
    link(t);
    a32_branch_other(t, target(t, offset_a32(t->row, t->word) | (int32_t)f(t, 'h') << 1));
}

void t32_bl(struct arm_trans *t)
{
    link(t);
    a32_branch(t, target(t, offset_t4(t->row, t->word)));
}

void t32_blx_imm(struct arm_trans *t)
{
    link(t);
    a32_branch_other(t, (target(t, 0) & ~3u) + (uint32_t)offset_t4(t->row, t->word));
}

void a32_bx_insn(struct arm_trans *t)
{
    a32_bx(t, a32_get(t, f(t, 'm')), f(t, 'm') == 14 ? IR_JUMP_RETURN : IR_JUMP_PLAIN);
}

void a32_bxj(struct arm_trans *t) { a32_bx(t, a32_get(t, f(t, 'm')), IR_JUMP_PLAIN); }     /* trivial Jazelle: BX */

void a32_blx_reg(struct arm_trans *t)
{
    ir_reg to = a32_copy(t, f(t, 'm'));
    link(t);
    a32_bx(t, to, IR_JUMP_CALL);
}

/* h: TBH */
void t32_tbb(struct arm_trans *t)
{
    const bool half = f(t, 'h');
    ir_reg base = a32_get(t, f(t, 'n')), index = a32_get(t, f(t, 'm'));
    ir_reg address = ir_lea(t->u, 32, base, index, half, 0);
    ir_reg entry = arm_load(t, half ? 16 : 8, address, 0, 0);
    a32_set(t, 15, ir_lea(t->u, 32, ir_const(t->u, a32_pc(t)), entry, 1, 0));
}

static const struct arm_row rows[] = {
    { "cccc 1010 iiiiiiiiiiiiiiiiiiiiiiii", "B", a32_b, ARM_ROW_COND | ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, A32_COND },
    { "cccc 1011 iiiiiiiiiiiiiiiiiiiiiiii", "BL", a32_bl, ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, A32_COND },
    { "1111 101h iiiiiiiiiiiiiiiiiiiiiiii", "BLX", a32_blx_imm, ARM_ROW_COND | ARM_ROW_BRANCH | ARM_ENDS, ARM_FEATURE_NONE, 0, NULL, NULL },
    { "cccc 0001 0010 ++++ ++++ ++++ 0001 mmmm", "BX", a32_bx_insn, ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, A32_COND },
    { "cccc 0001 0010 ++++ ++++ ++++ 0010 mmmm", "BXJ", a32_bxj, ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, A32_COND },
    { "cccc 0001 0010 ++++ ++++ ++++ 0011 mmmm", "BLX", a32_blx_reg, ARM_ROW_BRANCH, ARM_FEATURE_NONE, 0, NULL, A32_COND },
};
ARM_TABLE(a32_branch);
