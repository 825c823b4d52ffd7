/* SPDX-License-Identifier: MIT */
/* VECT ops: moves between vectors, lanes and integers. */
#include "tcg/host-x86_64/host.h"

static void move(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const ir_reg d = insn->d[0], s = insn->s[0];
    const unsigned from = xmm_use(h, s);
    if (d == s)
        return;
    if ((ends & END_S0) && !(vreg_of(h, s)->flags & VREG_GLOBAL)) {     /* the temporary's register becomes d's */
        struct vreg *v = vreg_of(h, d);
        if (v->reg != NO_REG)
            h->now.xmm_owner[v->reg] = IR_NONE;
        reg_release(h, s);
        h->now.xmm_owner[from] = d;
        v->reg = (uint8_t)from;
        v->flags |= VREG_DIRTY;
        return;
    }
    host_rr(&h->c, H_MOVAPS, 0, xmm_def(h, d), from);
}

static void get_lane(struct host_state *h, const struct ir_insn *insn)
{
    const unsigned x = xmm_use(h, insn->s[0]), d = reg_def(h, insn->d[0]), lane = insn->aux;
    switch (insn->width) {
    case 8:  host_rri(&h->c, H_PEXTRB, 0, x, d, (int32_t)lane); break;
    case 16: host_rri(&h->c, H_PEXTRW, 0, d, x, (int32_t)lane); break;
    default:
        if (lane == 0) {
            host_rr(&h->c, H_MOVD_RX, insn->width, x, d);
        } else {
            host_rri(&h->c, H_PEXTRD, insn->width, x, d, (int32_t)lane);
        }
    }
}

static void put_lane(struct host_state *h, const struct ir_insn *insn)
{
    const unsigned v = reg_use(h, insn->s[1]), a = xmm_use(h, insn->s[0]), d = xmm_def(h, insn->d[0]);
    if (d != a)
        host_rr(&h->c, H_MOVAPS, 0, d, a);
    const enum host_row_name row = insn->width == 8 ? H_PINSRB : insn->width == 16 ? H_PINSRW : H_PINSRD;
    host_rri(&h->c, row, insn->width == 64 ? 64 : 32, d, v, insn->aux);
}

static void merge(struct host_state *h, const struct ir_insn *insn)
{
    const unsigned a = xmm_use(h, insn->s[0]), b = xmm_use(h, insn->s[1]), d = xmm_def(h, insn->d[0]);
    if (insn->width == 128) {
        if (d != b)
            host_rr(&h->c, H_MOVAPS, 0, d, b);
        return;
    }
    if (insn->width < 32) {             /* no instruction merges so little: through an integer */
        const unsigned t = reg_temp(h);
        host_rri(&h->c, insn->width == 8 ? H_PEXTRB : H_PEXTRW, 0, insn->width == 8 ? b : t, insn->width == 8 ? t : b, 0);
        if (d != a)
            host_rr(&h->c, H_MOVAPS, 0, d, a);
        host_rri(&h->c, insn->width == 8 ? H_PINSRB : H_PINSRW, 32, d, t, 0);
        return;
    }
    unsigned to = d;
    if (d == b && d != a)
        to = XMM_SCRATCH;
    if (to != a)
        host_rr(&h->c, H_MOVAPS, 0, to, a);
    host_rr(&h->c, insn->width == 32 ? H_MOVSS : H_MOVSD, 0, to, b);
    if (to != d)
        host_rr(&h->c, H_MOVAPS, 0, d, to);
}

void emit_vector(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    unsigned d;
    if (ends & END_D0)
        return;
    switch (insn->op) {
    case IR_VMOV: move(h, insn, ends); break;
    case IR_VZERO:
        d = xmm_def(h, insn->d[0]);
        host_rr(&h->c, H_PXOR, 0, d, d);
        break;
    case IR_VGET: get_lane(h, insn); break;
    case IR_VPUT: put_lane(h, insn); break;
    case IR_VMERGE: merge(h, insn); break;
    default: g_assert_not_reached();
    }
}
