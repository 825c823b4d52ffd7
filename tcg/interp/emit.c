/* SPDX-License-Identifier: MIT */
/*
 * A unit of IR in the interpreter's form (interp.h): operands become places, labels become indexes, and the
 * guest instructions done at every exit are noted.
 */
#include <glib.h>
#include <string.h>
#include "tcg/interp/interp.h"
#include "tcg/ir_watch.h"

struct emitter {
    const struct ir_unit *u;
    struct interp_unit *out;
    uint64_t *constants;            /* INTERP_ZEROS zeros, then one for each IR_IMM operand */
    unsigned constant_count;
    unsigned last_mark;             /* number of the guest instruction being translated */
    uint32_t label[IR_MAX_LABELS];  /* index of the op behind each label */
};

static interp_place place_of(enum interp_base base, size_t offset)
{
    return (interp_place)(offset << 2 | base);
}

static interp_place register_place(const struct ir_unit *u, ir_reg r)
{
    if (r <= u->global_count)
        return place_of(BASE_CPU, u->globals[r - 1].offset);
    return place_of(BASE_FRAME, r * sizeof(union interp_slot));
}

static interp_place input_place(struct emitter *e, const struct ir_insn *insn, ir_reg r)
{
    if (r == IR_NONE)
        return place_of(BASE_CONSTANTS, 0);
    if (r == IR_IMM) {
        e->constants[e->constant_count] = (uint64_t)insn->imm;
        return place_of(BASE_CONSTANTS, 8 * e->constant_count++);
    }
    return register_place(e->u, r);
}

static enum interp_class class_of(const struct ir_insn *insn)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    if (flags & IR_F_IS_PURE)
        return CLASS_PURE;
    if (flags & IR_F_IS_FLAG)
        return CLASS_FLAG;
    if (flags & IR_F_IS_FVAL)
        return CLASS_FVAL;
    if (flags & IR_F_IS_VECT)
        return CLASS_VECTOR;
    if (flags & (IR_F_READS_CPU | IR_F_WRITES_CPU))
        return CLASS_CPU_FIELD;
    if (flags & IR_F_CALL)
        return CLASS_CALL;
    if (flags & IR_F_COPY)
        return CLASS_COPY;
    if (flags & (IR_F_BRANCH | IR_F_LABEL))
        return CLASS_BRANCH;
    if (flags & IR_F_MARK)
        return CLASS_MARK;
    if (flags & IR_F_EXITS)
        return CLASS_EXIT;
    return CLASS_MEMORY;
}

/* Guest instructions finished when the unit is left at this op: POLL stands before the instruction whose pc it has. */
static unsigned insns_done(const struct emitter *e, const struct ir_insn *insn)
{
    if (insn->op == IR_POLL) {
        for (unsigned i = 0; i < e->u->guest_insns; i++)
            if (e->u->insn[i].pc == (uint64_t)insn->imm)
                return i;
    }
    return e->last_mark + 1;
}

static void emit_insn(struct emitter *e, const struct ir_insn *insn)
{
    struct interp_insn *out = &e->out->code[e->out->count++];
    *out = (struct interp_insn){
        .op = insn->op, .width = insn->width, .cond = insn->cond, .class = (uint8_t)class_of(insn),
        .aux = insn->aux, .imm = insn->imm, .ptr = insn->ptr,
    };
    for (unsigned i = 0; i < 2; i++)    /* what nobody wants goes to the frame's slot 0 */
        out->d[i] = insn->d[i] ? register_place(e->u, insn->d[i]) : place_of(BASE_FRAME, 0);
    for (unsigned i = 0; i < 4; i++)
        out->s[i] = input_place(e, insn, insn->s[i]);
    if (insn->op == IR_CALL)
        out->ptr = &e->u->helpers[insn->aux];
    if (out->class == CLASS_BRANCH && insn->op != IR_LABEL)
        out->imm = e->label[insn->op == IR_BRC ? insn->aux : insn->imm];
    if (out->class == CLASS_MARK)
        e->last_mark = insn->aux;
    if (out->class == CLASS_EXIT)
        out->insns_done = (uint16_t)insns_done(e, insn);
}

/* Notes each exit's target in its link, as the host back end does. */
static void fill_links(const struct ir_unit *u, struct block *block)
{
    block->link_count = 0;
    for (unsigned i = 0; i < u->count; i++) {
        const struct ir_insn *insn = &u->code[i];
        if (insn->op != IR_GOTO || insn->aux >= BLOCK_MAX_LINKS)
            continue;
        struct block_link *link = &block->links[insn->aux];
        const uint64_t linear = u->linear + ((uint64_t)insn->imm - u->pc);
        *link = (struct block_link){
            .target_pc = (uint64_t)insn->imm, .owner = block, .guard = (linear ^ u->linear) >> 12 != 0,
        };
        block->link_count = MAX(block->link_count, insn->aux + 1u);
    }
}

size_t interp_emit(void *state, struct ir_unit *u, struct block *block, struct code_buffer *buffer)
{
    struct interp *interp = state;
    unsigned immediates = 0;
    struct emitter e = { .u = u };
    for (unsigned i = 0; i < u->count; i++) {
        for (unsigned s = 0; s < 4; s++)
            immediates += u->code[i].s[s] == IR_IMM;
        if (u->code[i].op == IR_LABEL)
            e.label[u->code[i].imm] = i + 1;
    }
    const size_t skip = -(uintptr_t)buffer->write & 15;
    const size_t constants_at = sizeof *e.out + u->count * sizeof e.out->code[0];
    const size_t bytes = skip + constants_at + 8 * (INTERP_ZEROS + immediates);
    if (bytes > buffer->size)
        return 0;
    e.out = (struct interp_unit *)(buffer->write + skip);
    e.constants = (uint64_t *)((uint8_t *)e.out + constants_at);
    memset(e.constants, 0, 8 * INTERP_ZEROS);
    e.constant_count = INTERP_ZEROS;
    *e.out = (struct interp_unit){
        .block = block, .pc = u->pc, .end_pc = u->pc + u->guest_bytes, .guest_insns = u->guest_insns,
        .constants = (uint32_t)constants_at, .fetch_mmu = interp->frontend->fetch_mmu(u->mode),
    };
    for (unsigned i = 0; i < u->count; i++) {
        emit_insn(&e, &u->code[i]);
        const uint32_t at = (uint32_t)(offsetof(struct interp_unit, code) + i * sizeof e.out->code[0]);
        if (u->watch)
            u->watch->emitted(u->watch, (int)i, (int)i, false, at, at + (uint32_t)sizeof e.out->code[0]);
    }
    fill_links(u, block);
    block->host = buffer->exec + skip;
    block->host_bytes = block->main_bytes = (uint32_t)(bytes - skip);
    return bytes;
}
