/* SPDX-License-Identifier: MIT */
/*
 * The x86-64 back end: one pass over the ops of a unit, straight to host code.
 *
 *   [entry: icount] main code ... | far code: slow paths, stubs of exits |
 *
 * Main code is written in place, far code into a buffer of ours that is copied behind it at the end; jumps between the two
 * and from far code to common stubs are noted and filled in then. The writable and the executable view of the same bytes
 * are `exec_delta` apart; only calls and jumps out of the block depend on that.
 */
#include <capstone/capstone.h>
#include "tcg/host-x86_64/host.h"

enum { FAR_BYTES = 1 << 20, OP_MOST_BYTES = 4096, OP_MOST_FIXES = 64 };

void far_begin(struct host_state *h)
{
    uint8_t *main = h->c.p;
    h->c.p = h->other;
    h->other = main;
    h->in_far = true;
    h->saved_hook = h->c.eflags_hook;
    h->c.eflags_hook = NULL;
}

void far_end(struct host_state *h)
{
    uint8_t *far = h->c.p;
    h->c.p = h->other;
    h->other = far;
    h->in_far = false;
    h->c.eflags_hook = h->saved_hook;
}

static void note(struct host_state *h, uint8_t **list, unsigned *count, uint8_t *rel32, int64_t value)
{
    host_patch32(rel32, value);
    if (*count < MAX_FIXES) {
        list[(*count)++] = rel32;
    } else {
        h->failed = true;
    }
}

void main_to_far(struct host_state *h, uint8_t *rel32, const uint8_t *far)
{
    note(h, h->main_to_far, &h->main_to_far_count, rel32, far - h->far_start);
}

void far_to_main(struct host_state *h, uint8_t *rel32, const uint8_t *target)
{
    note(h, h->far_to_main, &h->far_to_main_count, rel32, target - h->main_start);
}

void jump_to_stub(struct host_state *h, uint8_t *rel32, enum host_stub stub)
{
    if (h->in_far) {
        note(h, h->far_to_common, &h->far_to_common_count, rel32, stub);
    } else {
        host_patch32(rel32, h->stub[stub] - (rel32 + 4 + h->exec_delta));
    }
}

static int32_t noted(const uint8_t *rel32)
{
    int32_t value;
    memcpy(&value, rel32, 4);
    return value;
}

/* Copies far code behind the main code. Returns the block's size, 0 when it does not fit. */
static size_t join(struct host_state *h, const struct code_buffer *buffer)
{
    while ((uintptr_t)h->c.p & 15)
        host_byte(&h->c, 0xcc);
    uint8_t *far = h->c.p;
    const size_t far_bytes = (size_t)(h->other - h->far_start), bytes = (size_t)(far - h->main_start) + far_bytes;
    if (bytes + (size_t)(h->main_start - buffer->write) > buffer->size)
        return 0;
    memcpy(far, h->far_start, far_bytes);
    for (unsigned n = 0; n < h->main_to_far_count; n++) {
        uint8_t *at = h->main_to_far[n];
        host_patch32(at, far + noted(at) - (at + 4));
    }
    for (unsigned n = 0; n < h->far_to_main_count; n++) {
        uint8_t *at = far + (h->far_to_main[n] - h->far_start);
        host_patch32(at, h->main_start + noted(at) - (at + 4));
    }
    for (unsigned n = 0; n < h->far_to_common_count; n++) {
        uint8_t *at = far + (h->far_to_common[n] - h->far_start);
        host_patch32(at, h->stub[noted(at)] - (at + 4 + h->exec_delta));
    }
    return bytes;
}

/* Offset in the joined block of a place in either buffer. */
static uint32_t offset_of(struct host_state *h, const uint8_t *place, size_t main_bytes)
{
    if (place >= h->far_start && place <= h->far_limit)
        return (uint32_t)(main_bytes + (size_t)(place - h->far_start));
    return (uint32_t)(place - h->main_start);
}

static void describe_links(struct host_state *h, size_t main_bytes)
{
    for (unsigned slot = 0; slot < h->block->link_count; slot++) {
        const struct link_place *place = &h->links[slot];
        struct block_link *link = &h->block->links[slot];
        *link = (struct block_link){ .owner = h->block };
        if (!place->jump)
            continue;
        link->target_pc = place->pc;
        link->jump = offset_of(h, place->jump, main_bytes);
        link->stub = offset_of(h, place->stub, main_bytes);
        link->guard = place->guard ? offset_of(h, place->guard, main_bytes) : 0;
    }
}

static void start_registers(struct host_state *h)
{
    const struct ir_unit *u = h->unit;
    for (unsigned r = 0; r < u->reg_count; r++) {
        struct vreg *v = &h->vregs[r];
        *v = (struct vreg){ .reg = NO_REG, .home = NO_REG, .slot = -1 };
        if (r >= 1 && r <= u->global_count) {
            v->flags = VREG_GLOBAL;
            v->home = h->global_home[r];
            v->mem = (int32_t)u->globals[r - 1].offset - CPU_BIAS;
        }
    }
    regs_start(h);
}

/* -icount: takes the unit's instructions from what is left, or leaves before the first. */
static void count_instructions(struct host_state *h)
{
    if (!h->options.icount)
        return;
    const struct host_mem left = cpu_mem(offsetof(struct cpu, icount_left));
    host_rmi(&h->c, H_SUB_I, 64, 0, left, h->unit->guest_insns);
    uint8_t *out = host_jcc(&h->c, IR_COND_S);
    far_begin(h);
    main_to_far(h, out, h->c.p);
    host_rmi(&h->c, H_ADD_I, 64, 0, left, h->unit->guest_insns);
    host_mov_imm(&h->c, R10, h->unit->pc);
    jump_to_stub(h, host_jmp(&h->c), STUB_EXIT_POLL);
    far_end(h);
}

/* The entry: -icount may leave, then it counts as run. */
static void emit_entry(struct host_state *h)
{
    const struct watch_point before = watch_here(h);
    count_instructions(h);
    if (h->block->counts)
        count_up(h, &h->block->counts->runs, R10);
    if (h->unit->watch)
        watch_emitted(h, before, -1, -1);
}

static void emit_op(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const uint32_t flags = ir_op_info[insn->op].flags;
    if (flags & IR_F_IS_PURE) {
        if (!(ends & END_D0))
            emit_pure(h, insn, ends);
    } else if (flags & IR_F_IS_FLAG) {
        emit_flag(h, insn, ends);
    } else if (flags & IR_F_IS_FVAL) {
        emit_flag_value(h, insn, ends);
    } else if (flags & IR_F_IS_VECT) {
        emit_vector(h, insn, ends);
    } else if (flags & IR_F_CALL) {
        emit_call(h, insn, ends);
    } else if (flags & IR_F_COPY) {
        emit_copy(h, insn, ends);
    } else if (insn->op >= IR_ATOMIC_ADD && insn->op <= IR_ATOMIC_CAS) {
        emit_atomic(h, insn, ends);
    } else if (flags & IR_F_FAULTS) {
        emit_memory(h, insn, ends);
    } else {
        emit_control(h, insn, ends);
    }
}

static void emit_ops(struct host_state *h)
{
    const struct ir_unit *u = h->unit;
    for (h->position = 0; h->position < u->count && !h->failed; h->position++) {
        const struct ir_insn *insn = &u->code[h->position];
        const uint8_t ends = h->ends[h->position];
        if (h->c.p > h->main_limit || h->other > h->far_limit - OP_MOST_BYTES) {
            h->failed = true;
            return;
        }
        const struct watch_point before = watch_here(h);
        const int first = (int)h->position;
        emit_op(h, insn, ends);
        if (G_UNLIKELY(u->watch != NULL))
            watch_emitted(h, before, first, (int)h->position);
        regs_op_done(h, insn, ends);
        group_after(h, insn);
    }
    if (!u->count || !(ir_op_info[u->code[u->count - 1].op].flags & IR_F_ENDS))
        jump_to_stub(h, host_jmp(&h->c), STUB_EXIT);
}

static size_t emit(void *state, struct ir_unit *unit, struct block *block, struct code_buffer *buffer)
{
    struct host_state *h = state;
    const size_t skip = (size_t)(-(uintptr_t)buffer->write & 15);
    if (buffer->size < skip + 2 * OP_MOST_BYTES)
        return 0;
    h->unit = unit;
    h->block = block;
    h->main_start = h->c.p = buffer->write + skip;
    h->main_limit = buffer->write + buffer->size - OP_MOST_BYTES;
    h->other = h->far_start;
    h->exec_delta = buffer->exec - buffer->write;
    h->in_far = h->failed = h->eflags_busy = false;
    h->main_to_far_count = h->far_to_main_count = h->far_to_common_count = 0;
    h->block_slow = h->block_precise = NULL;
    h->insn_pc = unit->pc;
    h->insn_number = 0;
    h->c.eflags_hook = flags_hook;
    memset(h->links, 0, sizeof(h->links));
    block->link_count = 0;
    start_registers(h);
    host_analyse(h);
    emit_entry(h);
    emit_ops(h);
    const size_t bytes = h->failed ? 0 : join(h, buffer);
    if (!bytes)
        return 0;
    describe_links(h, bytes - (size_t)(h->other - h->far_start));
    block->main_bytes = (uint32_t)(bytes - (size_t)(h->other - h->far_start));
    block->host = h->main_start + h->exec_delta;
    block->host_bytes = (uint32_t)bytes;
    return skip + bytes;
}

/* Homes by rank; the flags global whose liveness is followed. */
static void assign_homes(struct host_state *h)
{
    static const uint8_t order[PIN_REGS] = { RAX, RCX, RDX, RBX, R12, RBP, RSI, RDI, R8, R9 };
    const struct frontend *f = h->frontend;
    memset(h->global_home, NO_REG, sizeof(h->global_home));
    for (unsigned n = 0; n < f->global_count; n++) {
        const bool pin = !(h->options.off & OFF_PIN);
        const struct ir_global *g = &f->globals[n];
        if (g->type == IR_TYPE_FLAGS && !h->flags_global)
            h->flags_global = (ir_reg)(n + 1);
        if (!pin || g->type != IR_TYPE_INT || g->pin < 1 || g->pin > PIN_REGS)
            continue;
        const unsigned reg = order[g->pin - 1];
        h->global_home[n + 1] = (uint8_t)reg;
        h->pinned_mask |= 1 << reg;
        h->pinned_mem[reg] = (int32_t)g->offset - CPU_BIAS;
    }
    h->pool_mask = (1 << R8 | 1 << R9 | 1 << R10 | 1 << R11 | 1 << R14 | 1 << R15) & ~h->pinned_mask;
}

static void destroy(void *state)
{
    struct host_state *h = state;
    g_free(h->far_start);
    g_free(h->main_to_far);
    g_free(h->far_to_main);
    g_free(h->far_to_common);
    g_free(h->vregs);
    g_free(h->ends);
    g_free(h->labels);
    g_free(h);
}

static void *create(const struct frontend *frontend, const struct backend_options *options, struct code_buffer *common,
                    GError **error)
{
    struct host_state *h = g_new0(struct host_state, 1);
    h->frontend = frontend;
    h->options = *options;
    h->features = host_features();
    if (!(h->features & HOST_HAS_POPCNT)) {
        g_set_error_literal(error, g_quark_from_static_string("dragoman"), 0,
                            "this CPU lacks SSE4.1 or POPCNT, which translated code uses");
        g_free(h);
        return NULL;
    }
    assign_homes(h);
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        h->op_ins[op] = (uint8_t)strlen(ir_op_info[op].ins);
        h->op_outs[op] = (uint8_t)strlen(ir_op_info[op].outs);
    }
    h->far_start = g_malloc(FAR_BYTES);
    h->far_limit = h->far_start + FAR_BYTES - OP_MOST_BYTES;
    h->main_to_far = g_new(uint8_t *, MAX_FIXES);
    h->far_to_main = g_new(uint8_t *, MAX_FIXES);
    h->far_to_common = g_new(uint8_t *, MAX_FIXES);
    h->vregs = g_new0(struct vreg, 1 + IR_MAX_GLOBALS + IR_MAX_TEMPS);
    h->ends = g_new0(uint8_t, IR_MAX_INSNS + 1);
    h->labels = g_new0(struct label_info, IR_MAX_LABELS + 1);
    if (!trampoline_emit(h, common)) {
        g_set_error_literal(error, g_quark_from_static_string("dragoman"), 0, "no room for the common code");
        destroy(h);
        return NULL;
    }
    return h;
}

static struct exit run(void *state, struct cpu *cpu, struct block *block)
{
    const struct host_state *h = state;
    struct host_exit (*enter)(struct cpu *, const uint8_t *);
    memcpy(&enter, &h->stub[STUB_ENTER], sizeof(enter));
    const struct host_exit end = enter(cpu, block->host);
    const enum exit_reason reason = end.code & 0xff;
    return (struct exit){ reason, reason == EXIT_LINK ? (struct block *)(uintptr_t)end.block : NULL,
                          (unsigned)(end.code >> 8) };
}

/*
 * A guard that was set once keeps its page id: between the guard and the jump behind it another CPU may be on its way.
 * When the target has another id by now, the jump goes to the look-up instead, 16 bytes before the stub.
 */
static void link_block(struct block_link *link, uint8_t *owner_write, const struct block *target)
{
    int64_t to = link->stub;
    if (target) {
        to = target->host - link->owner->host;
        if (link->guard) {
            const uint32_t have = (uint32_t)noted(owner_write + link->guard);
            if (have && have != target->page_id) {
                to = (int64_t)link->stub - 16;
            } else {
                host_patch32(owner_write + link->guard, target->page_id);
            }
        }
    }
    const int32_t displacement = (int32_t)(to - ((int64_t)link->jump + 4));
    __atomic_store_n((int32_t *)(void *)(owner_write + link->jump), displacement, __ATOMIC_RELEASE);
}

static void disassemble(const uint8_t *code, unsigned size, uint64_t address, host_line line, void *opaque)
{
    csh handle;
    const uint8_t *at = code;
    size_t left = size;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
        return;
    cs_insn *insn = cs_malloc(handle);
    while (left && cs_disasm_iter(handle, &at, &left, &address, insn)) {
        char text[sizeof(insn->mnemonic) + sizeof(insn->op_str) + 2];
        g_snprintf(text, sizeof(text), "%s %s", insn->mnemonic, insn->op_str);
        line(opaque, (unsigned)(at - code) - insn->size, insn->size, text);
    }
    if (left)
        line(opaque, (unsigned)(at - code), (unsigned)left, "(data)");
    cs_free(insn, 1);
    cs_close(&handle);
}

const struct backend backend_host = {
    .name = "host", .create = create, .destroy = destroy, .emit = emit, .run = run, .link = link_block,
    .disassemble = disassemble, .cpu_register = "r13", .cpu_bias = CPU_BIAS,
};
