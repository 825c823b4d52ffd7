/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD by the host's vector instructions where those do the same, bit for bit. Instructions are IR COPY ops on
 * temporaries; each function says false when the host has nothing, and the caller takes a helper. SSE4.1 is there
 * always
 * (tcg/host-x86_64/features.c).
 */
#include "target-arm/a64_simd.h"

#define BINARY .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define UNARY .reg_role = IR_COPY_WRITE, .reg_class = IR_COPY_VEC, .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC
#define IMMEDIATE(op, ext) \
    { .name = "shift", .prefix = 0x66, .map = 1, .opcode = op, .imm_bytes = 1, .modrm_reg = ext, \
      .rm_role = IR_COPY_BOTH, \
      .rm_class = IR_COPY_VEC }
#define P(nm, op) { .name = nm, .prefix = 0x66, .map = 1, .opcode = op, BINARY }
#define P38(nm, op) { .name = nm, .prefix = 0x66, .map = 2, .opcode = op, BINARY }
#define P38_ONE(nm, op) { .name = nm, .prefix = 0x66, .map = 2, .opcode = op, UNARY }
#define NONE { .name = NULL }

/* By log2 of the lane's bytes. */
static const struct ir_copy
    add[4] = { P("PADDB", 0xfc), P("PADDW", 0xfd), P("PADDD", 0xfe), P("PADDQ", 0xd4) },
    sub[4] = { P("PSUBB", 0xf8), P("PSUBW", 0xf9), P("PSUBD", 0xfa), P("PSUBQ", 0xfb) },
    equal[4] = { P("PCMPEQB", 0x74), P("PCMPEQW", 0x75), P("PCMPEQD", 0x76), P38("PCMPEQQ", 0x29) },
    greater[4] = { P("PCMPGTB", 0x64), P("PCMPGTW", 0x65), P("PCMPGTD", 0x66), NONE },
    smax[4] = { P38("PMAXSB", 0x3c), P("PMAXSW", 0xee), P38("PMAXSD", 0x3d), NONE },
    smin[4] = { P38("PMINSB", 0x38), P("PMINSW", 0xea), P38("PMINSD", 0x39), NONE },
    umax[4] = { P("PMAXUB", 0xde), P38("PMAXUW", 0x3e), P38("PMAXUD", 0x3f), NONE },
    umin[4] = { P("PMINUB", 0xda), P38("PMINUW", 0x3a), P38("PMINUD", 0x3b), NONE },
    mul[4] = { NONE, P("PMULLW", 0xd5), P38("PMULLD", 0x40), NONE },
    average[4] = { P("PAVGB", 0xe0), P("PAVGW", 0xe3), NONE, NONE },
    low[4] = { P("PUNPCKLBW", 0x60), P("PUNPCKLWD", 0x61), P("PUNPCKLDQ", 0x62), P("PUNPCKLQDQ", 0x6c) },
    high[4] = { P("PUNPCKHBW", 0x68), P("PUNPCKHWD", 0x69), P("PUNPCKHDQ", 0x6a), P("PUNPCKHQDQ", 0x6d) },
    and = P("PAND", 0xdb), andn = P("PANDN", 0xdf), or = P("POR", 0xeb), xor = P("PXOR", 0xef),
    shl[4] = { NONE, IMMEDIATE(0x71, 6), IMMEDIATE(0x72, 6), IMMEDIATE(0x73, 6) },
    shr[4] = { NONE, IMMEDIATE(0x71, 2), IMMEDIATE(0x72, 2), IMMEDIATE(0x73, 2) },
    shuffle = { .name = "PSHUFD", .prefix = 0x66, .map = 1, .opcode = 0x70, .imm_bytes = 1, UNARY },
    shuffle_low = { .name = "PSHUFLW", .prefix = 0xf2, .map = 1, .opcode = 0x70, .imm_bytes = 1, UNARY },
    shuffle_high = { .name = "PSHUFHW", .prefix = 0xf3, .map = 1, .opcode = 0x70, .imm_bytes = 1, UNARY },
    sar[4] = { NONE, IMMEDIATE(0x71, 4), IMMEDIATE(0x72, 4), NONE },
    absolute[4] = { P38_ONE("PABSB", 0x1c), P38_ONE("PABSW", 0x1d), P38_ONE("PABSD", 0x1e), NONE },
    pack[2] = { P("PACKUSWB", 0x67), P38("PACKUSDW", 0x2b) },
    shuffle_two = { .name = "SHUFPS", .map = 1, .opcode = 0xc6, .imm_bytes = 1, BINARY },
    shr_bytes = IMMEDIATE(0x73, 3),
    align = { .name = "PALIGNR", .prefix = 0x66, .map = 3, .opcode = 0x0f, .imm_bytes = 1, BINARY };

static ir_reg copy_of(struct arm_trans *t, ir_reg v)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_mov_to(t->u, r, v);
    return r;
}

/* a op b */
static ir_reg apply(struct arm_trans *t, const struct ir_copy *copy, ir_reg a, ir_reg b)
{
    ir_reg r = copy_of(t, a);
    ir_emit_copy(t->u, copy, 0, r, IR_NONE, r, b, IR_NONE, IR_NONE);
    return r;
}

static ir_reg shifted(struct arm_trans *t, const struct ir_copy *copy, ir_reg a, unsigned by)
{
    ir_reg r = copy_of(t, a);
    ir_emit_copy(t->u, copy, (int)by, r, IR_NONE, r, IR_NONE, IR_NONE, IR_NONE);
    return r;
}

static ir_reg one_operand(struct arm_trans *t, const struct ir_copy *copy, ir_reg a)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_emit_copy(t->u, copy, 0, r, IR_NONE, a, IR_NONE, IR_NONE, IR_NONE);
    return r;
}

static ir_reg ones(struct arm_trans *t, ir_reg any)
{
    return apply(t, &equal[2], any, any);
}

static ir_reg inverted(struct arm_trans *t, ir_reg a)
{
    return apply(t, &xor, a, ones(t, a));
}

/* The select forms: bits of x where mask is set, else of y: y ^ ((x ^ y) & mask). */
static ir_reg choose(struct arm_trans *t, ir_reg mask, ir_reg x, ir_reg y)
{
    return apply(t, &xor, apply(t, &and, apply(t, &xor, x, y), mask), y);
}

static ir_reg logic(struct arm_trans *t, unsigned op, ir_reg d, ir_reg n, ir_reg m)
{
    switch (op) {
    case SIMD_AND: return apply(t, &and, n, m);
    case SIMD_BIC: return apply(t, &andn, m, n);
    case SIMD_ORR: return n == m ? copy_of(t, n) : apply(t, &or, n, m);
    case SIMD_ORN: return apply(t, &or, inverted(t, m), n);
    case SIMD_EOR: return apply(t, &xor, n, m);
    case SIMD_BSL: return choose(t, d, n, m);
    case SIMD_BIT: return choose(t, m, n, d);
    default:       return choose(t, m, d, n);
    }
}

static ir_reg zero(struct arm_trans *t)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    ir_vzero_to(t->u, r);
    return r;
}

static const struct ir_copy *simple(unsigned op, unsigned size)
{
    const struct ir_copy *copy = op == SIMD_ADD ? add : op == SIMD_SUB ? sub : op == SIMD_CMEQ ? equal
                               : op == SIMD_CMGT ? greater
                               : op == SIMD_SMAX ? smax : op == SIMD_SMIN ? smin : op == SIMD_UMAX ? umax
                               : op == SIMD_UMIN ? umin
                               : op == SIMD_MUL ? mul : op == SIMD_URHADD ? average : NULL;
    return copy && copy[size].name ? &copy[size] : NULL;
}

/* Comparisons that the host has not: by maxima and by inverting. */
static ir_reg compare(struct arm_trans *t, unsigned op, unsigned size, ir_reg n, ir_reg m)
{
    if (size == 3) {
        return op == SIMD_CMEQZ ? apply(t, &equal[3], n, zero(t)) : op == SIMD_CMTST ?
               inverted(t, apply(t, &equal[3], apply(t, &and, n, m), zero(t))) : IR_NONE;
    }
    switch (op) {
    case SIMD_CMGE:  return inverted(t, apply(t, &greater[size], m, n));
    case SIMD_CMHS:  return apply(t, &equal[size], apply(t, &umax[size], n, m), n);
    case SIMD_CMHI:  return inverted(t, apply(t, &equal[size], apply(t, &umax[size], n, m), m));
    case SIMD_CMTST: return inverted(t, apply(t, &equal[size], apply(t, &and, n, m), zero(t)));
    case SIMD_CMEQZ: return apply(t, &equal[size], n, zero(t));
    case SIMD_CMGTZ: return apply(t, &greater[size], n, zero(t));
    case SIMD_CMLTZ: return apply(t, &greater[size], zero(t), n);
    case SIMD_CMGEZ: return inverted(t, apply(t, &greater[size], zero(t), n));
    case SIMD_CMLEZ: return inverted(t, apply(t, &greater[size], n, zero(t)));
    default:         return IR_NONE;
    }
}

static ir_reg shift(struct arm_trans *t, unsigned op, unsigned size, unsigned bits, unsigned by, ir_reg d, ir_reg n)
{
    switch (op) {
    case SIMD_SHL:  return size ? shifted(t, &shl[size], n, by) : IR_NONE;
    case SIMD_USHR: return size ? shifted(t, &shr[size], n, by) : IR_NONE;
    case SIMD_SSHR: return sar[size].name ? shifted(t, &sar[size], n, MIN(by, bits - 1)) : IR_NONE;
    case SIMD_USRA: return size ? apply(t, &add[size], shifted(t, &shr[size], n, by), d) : IR_NONE;
    case SIMD_SSRA: return sar[size].name ? apply(t, &add[size], shifted(t, &sar[size], n, MIN(by, bits - 1)),
        d) : IR_NONE;
    default:        return IR_NONE;
    }
}

/* Absolute differences of up to 32 bits: the greater less the smaller. */
static ir_reg difference(struct arm_trans *t, bool is_unsigned, unsigned size, ir_reg n, ir_reg m)
{
    const struct ir_copy *greatest = is_unsigned ? umax : smax, *least = is_unsigned ? umin : smin;
    return greatest[size].name ? apply(t, &sub[size], apply(t, &greatest[size], n, m), apply(t, &least[size], n, m)) : IR_NONE;
}

static ir_reg arithmetic(struct arm_trans *t, unsigned op, unsigned size, ir_reg d, ir_reg n, ir_reg m)
{
    const struct ir_copy *copy = simple(op, size);
    if (copy) {
        return apply(t, copy, n, m);
    }
    switch (op) {
    case SIMD_NOT: return inverted(t, n);
    case SIMD_ABS: return absolute[size].name ? one_operand(t, &absolute[size], n) : IR_NONE;
    case SIMD_SABD:
    case SIMD_UABD: return difference(t, op == SIMD_UABD, size, n, m);
    case SIMD_SABA:
    case SIMD_UABA: return size < 3 ? apply(t, &add[size], difference(t, op == SIMD_UABA, size, n, m), d) : IR_NONE;
    case SIMD_NEG: return apply(t, &sub[size], zero(t), n);
    case SIMD_MLA: return mul[size].name ? apply(t, &add[size], apply(t, &mul[size], n, m), d) : IR_NONE;
    case SIMD_MLS: return mul[size].name ? apply(t, &sub[size], d, apply(t, &mul[size], n, m)) : IR_NONE;
    default:       return IR_NONE;
    }
}

ir_reg simd_host_splat(struct arm_trans *t, unsigned bits, ir_reg v, unsigned index)
{
    ir_reg r = ir_temp(t->u, IR_TYPE_VEC);
    if (bits == 8) {
        return IR_NONE;
    }
    if (bits == 16) {               /* the word in its half, then that half everywhere */
        const struct ir_copy *half = index < 4 ? &shuffle_low : &shuffle_high;
        ir_emit_copy(t->u, half, (int)(index & 3) * 0x55, r, IR_NONE, v, IR_NONE, IR_NONE, IR_NONE);
        v = r;
        index = index < 4 ? 0 : 2;
    }
    const int order = bits == 64 ? (index ? 0xee : 0x44) : (int)index * 0x55;
    ir_emit_copy(t->u, &shuffle, order, r, IR_NONE, v, IR_NONE, IR_NONE, IR_NONE);
    return r;
}

ir_reg simd_host_same(struct arm_trans *t, unsigned op, unsigned bits, unsigned imm, ir_reg d, ir_reg n, ir_reg m)
{
    unsigned size = (unsigned)__builtin_ctz(bits) - 3;
    if (op >= SIMD_AND && op <= SIMD_BIF) {
        return logic(t, op, d, n, m);
    }
    if (op >= SIMD_SSHR && op <= SIMD_UQSHL_I) {
        return shift(t, op, size, bits, imm, d, n);
    }
    ir_reg r = arithmetic(t, op, size, d, n, m);
    return r ? r : compare(t, op, size, n, m);
}

/* The lower halves of a's lanes of twice the size, then of b's. */
static ir_reg low_halves(struct arm_trans *t, unsigned size, ir_reg a, ir_reg b)
{
    const unsigned bits = 8u << size;
    if (size == 2) {
        ir_reg r = copy_of(t, a);
        ir_emit_copy(t->u, &shuffle_two, 0x88, r, IR_NONE, r, b, IR_NONE, IR_NONE);
        return r;
    }
    ir_reg x = shifted(t, &shr[size + 1], shifted(t, &shl[size + 1], a, bits), bits);
    ir_reg y = a == b ? x : shifted(t, &shr[size + 1], shifted(t, &shl[size + 1], b, bits), bits);
    return apply(t, &pack[size], x, y);
}

/* Sums, maxima, minima: each lane of twice the size gets in its lower half what its halves give. */
ir_reg simd_host_pairs(struct arm_trans *t, unsigned op, unsigned bits, ir_reg n, ir_reg m)
{
    const unsigned size = (unsigned)__builtin_ctz(bits) - 3;
    const struct ir_copy *copy = simple(op, size);
    if (!copy) {
        return IR_NONE;
    }
    if (size == 3) {
        return apply(t, copy, apply(t, &low[3], n, m), apply(t, &high[3], n, m));
    }
    ir_reg x = apply(t, copy, n, shifted(t, &shr[size + 1], n, bits));
    ir_reg y = n == m ? x : apply(t, copy, m, shifted(t, &shr[size + 1], m, bits));
    return low_halves(t, size, x, y);
}

static bool host_pairs(struct arm_trans *t, const struct simd_call *c)
{
    ir_reg n = arm_v(c->n), m = arm_v(c->m);
    if (c->lanes == 1) {            /* scalar: both lanes of n */
        m = n;
    } else if (c->lanes * c->bits == 64) {
        n = m = apply(t, &low[3], n, m);
    }
    ir_reg r = simd_host_pairs(t, c->op, c->bits, n, m);
    if (r) {
        simd_set(t, c->d, r, c->lanes * c->bits == 128);
    }
    return r != IR_NONE;
}

/* XTN, SHRN */
static bool host_narrow(struct arm_trans *t, const struct simd_call *c)
{
    const unsigned size = (unsigned)__builtin_ctz(c->bits) - 3;
    if (c->op != SIMD_XTN && c->op != SIMD_SHRN) {
        return false;
    }
    ir_reg n = c->op == SIMD_SHRN ? shifted(t, &shr[size + 1], arm_v(c->n), c->imm) : arm_v(c->n);
    ir_reg r = low_halves(t, size, n, n);
    simd_set(t, c->d, c->upper ? apply(t, &low[3], arm_v(c->d), r) : r, c->upper);
    return true;
}

/* The lowest lanes of r, others cleared, become d. */
static void set_low(struct arm_trans *t, unsigned d, unsigned bits, ir_reg r)
{
    ir_reg cut = zero(t);
    ir_vmerge_to(t->u, bits, cut, cut, r);
    ir_mov_to(t->u, arm_v(d), cut);
}

/* Sums, maxima, minima of all lanes: the upper half to the lower one again and again. */
static bool host_across(struct arm_trans *t, const struct simd_call *c)
{
    const struct ir_copy *copy = simple(c->op, (unsigned)__builtin_ctz(c->bits) - 3);
    if (!copy) {
        return false;
    }
    ir_reg r = arm_v(c->n);
    for (unsigned bytes = c->lanes * c->bits / 16; bytes >= c->bits / 8; bytes /= 2) {
        r = apply(t, copy, r, shifted(t, &shr_bytes, r, bytes));
    }
    set_low(t, c->d, c->bits, r);
    return true;
}

bool simd_host(struct arm_trans *t, const struct simd_call *c)
{
    if (c->op > SIMD_FP_FIRST) {
        return simd_host_fp(t, c);
    }
    switch (c->form) {
    case FORM_PAIR:   return host_pairs(t, c);
    case FORM_XTN:    return host_narrow(t, c);
    case FORM_ACROSS: return host_across(t, c);
    case FORM_SAME:   break;
    default:          return false;
    }
    if (c->element && c->bits == 8) {
        return false;
    }
    ir_reg d = arm_v(c->d), m = c->element ? simd_host_splat(t, c->bits, arm_v(c->m), c->index) : arm_v(c->m);
    ir_reg r = simd_host_same(t, c->op, c->bits, c->imm, d, arm_v(c->n), m);
    if (!r) {
        return false;
    }
    if (c->lanes * c->bits < 64) {  /* a scalar of less than 64 bits */
        set_low(t, c->d, c->bits, r);
    } else {
        simd_set(t, c->d, r, c->lanes * c->bits == 128);
    }
    return true;
}

/* ZIP; of 64-bit registers ZIP1 is the low half of the interleaved lanes, ZIP2 the next. */
bool simd_host_permute(struct arm_trans *t, unsigned bits, unsigned op, bool q)
{
    unsigned size = (unsigned)__builtin_ctz(bits) - 3;
    ir_reg n = arm_v(arm_field(t, 'n')), m = arm_v(arm_field(t, 'm'));
    if ((op & 3) != 3 && !(bits == 64 && q)) {
        return false;
    }
    ir_reg r;
    if (q || op == 3) {
        r = apply(t, op & 4 ? &high[size] : &low[size], n, m);
    } else {
        r = apply(t, &low[size], n, m);
        ir_reg top = ir_vget(t->u, 64, r, 1);
        ir_vput_to(t->u, 64, r, r, 0, top);
    }
    simd_set(t, arm_field(t, 'd'), r, q);
    return true;
}

bool simd_host_extract(struct arm_trans *t, unsigned first, bool q)
{
    if (!q) {
        return false;
    }
    ir_reg r = copy_of(t, arm_v(arm_field(t, 'm')));
    ir_emit_copy(t->u, &align, (int)first, r, IR_NONE, r, arm_v(arm_field(t, 'n')), IR_NONE, IR_NONE);
    ir_mov_to(t->u, arm_v(arm_field(t, 'd')), r);
    return true;
}
