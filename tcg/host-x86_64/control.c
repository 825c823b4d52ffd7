/* SPDX-License-Identifier: MIT */
/*
 * Control flow inside a unit and out of it.
 *
 * At a label the pool is empty and everything is in memory, with one exception: a label that only one branch, from
 * above, leads to goes on with the allocation of that branch; and loops keep their vectors (loops.c). "Branch over a GOTO" is turned round: the GOTO goes to
 * far code, where the write-backs that it needs are, and the straight path falls through.
 *
 * A GOTO is a jmp with an aligned displacement, so that it can be patched while others run it. Behind it, in far code:
 *   [16 bytes: load pc, jump to the look-up]   only when the target is on another page: where a failed guard goes
 *   load pc, block, slot; jump to the exit     where the jmp goes until it is linked
 */
#include "tcg/host-x86_64/host.h"

enum { GUARDED_STUB_BYTES = 16 };
_Static_assert(offsetof(struct cpu, exit_request) == 0 && offsetof(struct cpu, mode) == 4 &&
               offsetof(struct jump_cache_entry, zero) == 8 && offsetof(struct jump_cache_entry, mode) == 12 &&
               sizeof(struct jump_cache_entry) == 32, "look_up_jump compares both words at once and shifts by 5");

static void bind(struct host_state *h, struct label_info *l)
{
    uint8_t *fix = l->first_fix;
    l->at = h->c.p;
    while (fix) {
        uint32_t back;
        memcpy(&back, fix, 4);
        host_patch32(fix, l->at - (fix + 4));
        fix = back ? fix - back : NULL;
    }
}

static void jump_to_label(struct label_info *l, uint8_t *rel32)
{
    if (l->at) {
        host_patch32(rel32, l->at - (rel32 + 4));
        return;
    }
    host_patch32(rel32, l->first_fix ? rel32 - l->first_fix : 0);
    l->first_fix = rel32;
}

static void label(struct host_state *h, const struct ir_insn *insn)
{
    struct label_info *l = &h->labels[insn->imm];
    if (loop_head(h, l)) {
        /* done */
    } else if (l->fall_in) {
        regs_write_back(h, true, true);
        flags_arrive(h, l);
        regs_forget(h);
        flags_at_label(h, l);
    } else if (l->snapshot > 0) {
        regs_put(h, &h->snapshots[l->snapshot - 1], l);
    } else {
        regs_forget(h);
        flags_at_label(h, l);
    }
    bind(h, l);
}

/* Before a branch is emitted, when its condition is already in EFLAGS. */
static void prepare_target(struct host_state *h, struct label_info *l)
{
    const bool forward = l->position > h->position;
    if (forward && !l->fall_in && l->branches == 1 && h->snapshot_count < MAX_SNAPSHOTS) {
        regs_take(h, &h->snapshots[h->snapshot_count]);
        l->snapshot = (int16_t)++h->snapshot_count;
    } else if (l->loop) {
        loop_again(h, l);
    } else {
        regs_write_back(h, true, true);
        flags_arrive(h, l);
    }
}

static void give_back_icount(struct host_state *h)
{
    const unsigned left = h->unit->guest_insns - h->insn_number - 1;
    if (h->options.icount && left && h->insn_number < h->unit->guest_insns)
        host_rmi(&h->c, H_ADD_I, 64, 0, cpu_mem(offsetof(struct cpu, icount_left)), (int32_t)left);
}

static void align_jump(struct host_state *h)
{
    static const uint8_t nops[3][3] = { { 0x90 }, { 0x66, 0x90 }, { 0x0f, 0x1f, 0x00 } };
    const unsigned pad = (unsigned)(-(uintptr_t)(h->c.p + 1) & 3);
    if (pad) {
        memcpy(h->c.p, nops[pad - 1], pad);
        h->c.p += pad;
    }
}

/* mov r10, pc. */
static void load_pc(struct host_state *h, uint64_t pc)
{
    host_mov_imm(&h->c, R10, pc);
}

static void poll_exit(struct host_state *h, uint64_t pc)
{
    load_pc(h, pc);
    jump_to_stub(h, host_jmp(&h->c), STUB_EXIT_POLL);
}

static void test_request(struct host_state *h)
{
    host_rmi(&h->c, H_CMP_I, 32, 0, cpu_mem(offsetof(struct cpu, exit_request)), 0);
}

static void link_stubs(struct host_state *h, uint64_t pc, unsigned slot, bool guarded, struct link_place *place)
{
    if (guarded) {
        place->guard_stub = h->c.p;
        load_pc(h, pc);
        jump_to_stub(h, host_jmp(&h->c), STUB_JUMP);
        while (h->c.p < place->guard_stub + GUARDED_STUB_BYTES)
            host_byte(&h->c, 0x90);
    }
    place->stub = h->c.p;
    load_pc(h, pc);
    host_mov_imm(&h->c, R11, (uintptr_t)h->block);
    host_mov_imm(&h->c, R14, slot);
    jump_to_stub(h, host_jmp(&h->c), STUB_EXIT_LINK);
}

/* The jump itself; its stubs go to far code. */
static void link_jump(struct host_state *h, uint64_t pc, unsigned slot)
{
    if (slot >= BLOCK_MAX_LINKS || h->links[slot].jump) {
        load_pc(h, pc);
        jump_to_stub(h, host_jmp(&h->c), STUB_JUMP);
        return;
    }
    if (slot >= h->block->link_count)
        h->block->link_count = slot + 1;
    struct link_place *place = &h->links[slot];
    const uint64_t linear = h->unit->linear + (pc - h->unit->pc);
    const bool guarded = (linear ^ h->unit->linear) >> 12 != 0;
    uint8_t *guard_jump = NULL;
    *place = (struct link_place){ .pc = pc };
    if (guarded) {
        const unsigned mmu = h->frontend->fetch_mmu(h->unit->mode);
        const size_t word = offsetof(struct cpu, page_ids) + 4 * (mmu * CPU_PAGE_IDS + (linear >> 12 & (CPU_PAGE_IDS - 1)));
        host_rmi(&h->c, H_CMP_I, 32, 0, cpu_mem(word), INT32_MAX);      /* so that four bytes are taken */
        place->guard = h->c.p - 4;
        host_patch32(place->guard, 0);
        guard_jump = host_jcc(&h->c, IR_COND_NE);
    }
    align_jump(h);
    place->jump = host_jmp(&h->c);
    const bool nested = h->in_far;
    if (!nested)
        far_begin(h);
    link_stubs(h, pc, slot, guarded, place);
    if (!nested) {
        far_end(h);
        main_to_far(h, place->jump, place->stub);
        if (guard_jump)
            main_to_far(h, guard_jump, place->guard_stub);
    } else {
        host_patch32(place->jump, place->stub - (place->jump + 4));
        if (guard_jump)
            host_patch32(guard_jump, place->guard_stub - (guard_jump + 4));
    }
}

static void emit_goto(struct host_state *h, const struct ir_insn *insn, uint64_t from_pc)
{
    const uint64_t pc = (uint64_t)insn->imm;
    regs_write_back(h, false, !h->in_far);
    give_back_icount(h);
    if (h->block->counts && insn->aux < BLOCK_MAX_LINKS)
        count_up(h, &h->block->counts->taken[insn->aux], R10);
    if (pc <= from_pc) {
        test_request(h);
        if (h->in_far) {
            uint8_t *on = host_jcc8(&h->c, IR_COND_E);
            poll_exit(h, pc);
            host_patch8(on, h->c.p);
        } else {
            uint8_t *out = host_jcc(&h->c, IR_COND_NE);
            far_begin(h);
            main_to_far(h, out, h->c.p);
            poll_exit(h, pc);
            far_end(h);
        }
    }
    link_jump(h, pc, insn->aux);
}

/* Whether the branch only jumps over a GOTO that follows it. */
static bool skips_goto(struct host_state *h, const struct label_info *l)
{
    const unsigned n = h->position;
    return n + 2 < h->unit->count && h->unit->code[n + 1].op == IR_GOTO && l->position == n + 2 && l->branches == 1;
}

static void conditional(struct host_state *h, unsigned cond, unsigned to)
{
    struct label_info *l = &h->labels[to];
    if (skips_goto(h, l)) {
        uint8_t *out = host_jcc(&h->c, cond ^ 1);
        far_begin(h);
        main_to_far(h, out, h->c.p);
        emit_goto(h, &h->unit->code[h->position + 1], h->insn_pc);
        far_end(h);
        h->position += 2;               /* GOTO and LABEL are done */
        if (!l->live_globals && h->flags_global)
            flags_drop(h, h->flags_global);
        return;
    }
    h->eflags_busy = true;
    prepare_target(h, l);
    h->eflags_busy = false;
    jump_to_label(l, host_jcc(&h->c, cond));
}

static void poll(struct host_state *h, const struct ir_insn *insn)
{
    test_request(h);
    uint8_t *out = host_jcc(&h->c, IR_COND_NE);
    far_begin(h);
    main_to_far(h, out, h->c.p);
    regs_write_back(h, false, false);
    poll_exit(h, (uint64_t)insn->imm);
    far_end(h);
    if (h->block->counts)
        count_up(h, &h->block->counts->turns, reg_temp(h));
}

static void load_cpu(struct host_state *h, const struct ir_insn *insn)
{
    const struct host_mem m = cpu_mem((size_t)insn->imm);
    const unsigned d = reg_def(h, insn->d[0]);
    switch (insn->width) {
    case 8:  host_rm(&h->c, H_MOVZX8, 32, d, m); break;
    case 16: host_rm(&h->c, H_MOVZX16, 32, d, m); break;
    default: host_rm(&h->c, H_MOV, insn->width, d, m);
    }
}

static void store_cpu(struct host_state *h, const struct ir_insn *insn)
{
    const struct host_mem m = cpu_mem((size_t)insn->imm);
    int64_t value;
    if (reg_is_const(h, insn->s[0], &value)) {
        const unsigned w = insn->width;
        value = w == 64 ? value : (int64_t)((uint64_t)value << (64 - w)) >> (64 - w);
        if (fits32(value)) {
            host_rmi(&h->c, H_MOV_I, w, 0, m, (int32_t)value);
            return;
        }
    }
    host_rm(&h->c, H_MOV_M, insn->width, reg_use(h, insn->s[0]), m);
}

/* A locked access orders all others (SDM volume 3, 8.2.2), in about half the time of MFENCE, and XCHG leaves the flags alone. What it
 * exchanges is below the stack's top. */
static void fence(struct host_state *h)
{
    const unsigned anything = reg_temp(h);
    host_rm(&h->c, H_XCHG, 64, anything, host_mem(RSP, -8));
}

static void miss(struct host_state *h)
{
    jump_to_stub(h, host_jcc(&h->c, IR_COND_NE), STUB_JUMP);
}

/*
 * The jump cache looked up in place, so that every indirect jump of the guest has an indirect jump of its own to be
 * predicted by. r10 = pc. One compare looks at the mode and for a request to leave; the stub, where misses go, sorts out.
 */
static void look_up_jump(struct host_state *h)
{
    struct host_code *c = &h->c;
    const struct host_mem table = { REG_CPU, R11, 0, (int32_t)offsetof(struct cpu, jump_cache) - CPU_BIAS };
    if (h->features & HOST_HAS_BMI2) {
        host_vrr(c, H_RORX, 64, R11, NO_REG, R10, 12);
    } else {
        host_rr(c, H_MOV, 64, R11, R10);
        host_ri(c, H_SHR_I, 64, R11, 12);
    }
    host_rr(c, H_XOR, 32, R11, R10);
    host_ri(c, H_AND_I, 32, R11, CPU_JUMP_CACHE - 1);
    host_ri(c, H_SHL_I, 32, R11, 5);
    host_rm(c, H_LEA, 64, R11, table);
    host_rm(c, H_MOV, 64, R14, cpu_mem(offsetof(struct cpu, exit_request)));
    host_rm(c, H_CMP, 64, R10, host_mem(R11, offsetof(struct jump_cache_entry, pc)));
    miss(h);
    host_rm(c, H_CMP, 64, R14, host_mem(R11, offsetof(struct jump_cache_entry, zero)));
    miss(h);
    host_rm(c, H_MOV, 32, R14, host_mem(R11, offsetof(struct jump_cache_entry, page_slot)));
    host_rm(c, H_MOV, 32, R15, host_mem(R11, offsetof(struct jump_cache_entry, page_id)));
    host_rm(c, H_CMP, 32, R15, (struct host_mem){ REG_CPU, R14, 0, -CPU_BIAS });
    miss(h);
    host_rm(c, H_JMP_M, 64, 0, host_mem(R11, offsetof(struct jump_cache_entry, host)));
}

/* The ends that go through a common stub. */
static void leave(struct host_state *h, const struct ir_insn *insn)
{
    if (insn->op == IR_JUMP) {
        int64_t value;
        if (reg_is_const(h, insn->s[0], &value)) {
            regs_write_back(h, false, true);
            load_pc(h, (uint64_t)value);
        } else {
            const unsigned a = reg_use(h, insn->s[0]);
            regs_write_back(h, false, true);
            host_mov(h, R10, a);
        }
    } else {
        regs_write_back(h, false, true);
    }
    give_back_icount(h);
    if (h->block->counts)
        count_up(h, &h->block->counts->looked_up, R11);
    if (insn->op == IR_JUMP) {
        look_up_jump(h);
    } else {
        jump_to_stub(h, host_jmp(&h->c), insn->op == IR_LOOKUP ? STUB_LOOKUP : STUB_EXIT);
    }
}

void emit_control(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    struct label_info *l;
    switch (insn->op) {
    case IR_INSN:
        if (h->unit->watch)
            watch_places(h, insn->aux);
        h->insn_pc = (uint64_t)insn->imm;
        h->insn_number = insn->aux;
        break;
    case IR_LABEL: label(h, insn); break;
    case IR_BR:
        l = &h->labels[insn->imm];
        prepare_target(h, l);
        jump_to_label(l, host_jmp(&h->c));
        break;
    case IR_BRC:
        host_compare(h, insn->width, insn->s[0], insn->s[1], insn->imm);
        conditional(h, insn->cond, insn->aux);
        break;
    case IR_BRF: {
        const unsigned cond = flags_condition(h, insn->s[0], insn->cond);
        if (ends & END_S0)
            flags_drop(h, insn->s[0]);
        conditional(h, cond, (unsigned)insn->imm);
        break;
    }
    case IR_POLL: poll(h, insn); break;
    case IR_GOTO: emit_goto(h, insn, h->insn_pc); break;
    case IR_JUMP:
    case IR_LOOKUP:
    case IR_EXIT: leave(h, insn); break;
    case IR_LDCPU: load_cpu(h, insn); break;
    case IR_STCPU: store_cpu(h, insn); break;
    case IR_X87: emit_x87(h, insn); break;
    case IR_FENCE: fence(h); break;
    default: g_assert_not_reached();
    }
}
