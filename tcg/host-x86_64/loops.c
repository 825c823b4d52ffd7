/* SPDX-License-Identifier: MIT */
/*
 * Vectors around a loop inside a unit.
 *
 * At the head of a loop (a label that is reached from above only by falling in, otherwise by branches from behind) the vector
 * globals that the loop mentions are put into registers, and every branch back brings them into the same registers. So a
 * loop neither loads nor stores them; where they are written back is where somebody looks: far code and exits.
 */
#include "tcg/host-x86_64/host.h"

enum { LOOP_VECTORS = XMM_SCRATCH - 1 };        /* one stays free for temporaries */

struct mentioned { ir_reg reg[LOOP_VECTORS]; bool written[LOOP_VECTORS]; unsigned count; };

static void mention(struct host_state *h, struct mentioned *m, ir_reg r, bool written)
{
    if (r == IR_NONE || r == IR_IMM || h->unit->types[r] != IR_TYPE_VEC || !(vreg_of(h, r)->flags & VREG_GLOBAL))
        return;
    unsigned n = 0;
    while (n < m->count && m->reg[n] != r)
        n++;
    if (n == LOOP_VECTORS)
        return;
    if (n == m->count)
        m->reg[m->count++] = r;
    m->written[n] |= written;
}

/* Nothing when the branch comes from code behind the unit's end: that is no loop but a slow path coming back. */
static struct mentioned mentioned_in(struct host_state *h, const struct label_info *l)
{
    struct mentioned m = { .count = 0 };
    for (unsigned n = l->position; n <= l->last_branch; n++) {
        const struct ir_insn *i = &h->unit->code[n];
        const uint32_t leaves = IR_F_EXITS | IR_F_ENDS;
        if ((ir_op_info[i->op].flags & leaves) == leaves)
            return (struct mentioned){ .count = 0 };
        for (unsigned k = 0; k < 4; k++)
            mention(h, &m, i->s[k], false);
        for (unsigned k = 0; k < 2; k++)
            mention(h, &m, i->d[k], true);
    }
    return m;
}

bool loop_head(struct host_state *h, struct label_info *l)
{
    if (!l->backward_branches || l->backward_branches != l->branches || h->loop_count == MAX_LOOPS)
        return false;
    const struct mentioned m = mentioned_in(h, l);
    if (!m.count)
        return false;
    if (l->fall_in)
        regs_write_back(h, true, true);
    regs_forget(h);
    ir_reg *owner = h->loops[h->loop_count];
    l->loop = (uint8_t)++h->loop_count;
    memset(owner, 0, sizeof(h->loops[0]));
    for (unsigned n = 0; n < m.count; n++) {
        const unsigned xmm = XMM_SCRATCH - 1 - n;
        owner[xmm] = m.reg[n];
        if (l->fall_in)
            host_rm(&h->c, H_MOVUPS, 0, xmm, reg_mem(h, m.reg[n]));
        xmm_own(h, xmm, m.reg[n]);
        h->xmm_used[xmm] = ++h->stamp;
        if (m.written[n])
            vreg_of(h, m.reg[n])->flags |= VREG_DIRTY;      /* by the last round */
    }
    return true;
}

/* Only movs: the branch's condition is in EFLAGS already. */
void loop_again(struct host_state *h, const struct label_info *l)
{
    const ir_reg *owner = h->loops[l->loop - 1];
    uint16_t kept = 0;
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++) {
        if (h->now.xmm_owner[xmm] != owner[xmm])
            xmm_spill(h, xmm);
    }
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++) {
        if (!owner[xmm])
            continue;
        if (h->now.xmm_owner[xmm] != owner[xmm]) {
            host_rm(&h->c, H_MOVUPS, 0, xmm, reg_mem(h, owner[xmm]));
            xmm_own(h, xmm, owner[xmm]);
        }
        kept |= 1 << xmm;
    }
    h->xmm_kept = kept;
    regs_write_back(h, true, true);
    h->xmm_kept = 0;
}
