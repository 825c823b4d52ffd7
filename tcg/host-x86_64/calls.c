/* SPDX-License-Identifier: MIT */
/*
 * CALL. The stubs store the pinned registers in their homes and load them again, so every helper, whatever it does,
 * costs the same two short calls; what differs is whether precise state is written before and forgotten after.
 * Arguments: rdi = cpu, then rsi, rdx, rcx, r8 (System V ABI). When a pinned register has been overwritten by an
 * earlier argument its home in memory serves.
 */
#include "tcg/host-x86_64/host.h"

enum { MAX_ARGS = 4 };
enum argument_kind { ARGUMENT_REG, ARGUMENT_IMM, ARGUMENT_MEM };
struct argument { enum argument_kind kind; unsigned reg; uint64_t value; struct host_mem mem; };

static struct argument argument_of(struct host_state *h, ir_reg r)
{
    struct argument a = { .kind = ARGUMENT_IMM };
    int64_t value;
    if (r == IR_NONE)
        return a;
    if (reg_is_const(h, r, &value)) {
        a.value = (uint64_t)value;
    } else if (reg_in_memory(h, r, &a.mem)) {
        a.kind = ARGUMENT_MEM;
    } else {
        a.kind = ARGUMENT_REG;
        a.reg = reg_use(h, r);
    }
    return a;
}

static void load_arguments(struct host_state *h, const struct argument *a, unsigned count)
{
    static const uint8_t to[MAX_ARGS] = { RSI, RDX, RCX, R8 };
    uint16_t written = 1 << RAX;            /* call_precise may have used it */
    for (unsigned n = 0; n < count; n++) {
        if (a[n].kind == ARGUMENT_IMM) {
            host_mov_imm(&h->c, to[n], a[n].value);
        } else if (a[n].kind == ARGUMENT_MEM) {
            host_rm(&h->c, H_MOV, 64, to[n], a[n].mem);
        } else if (written >> a[n].reg & 1) {
            host_rm(&h->c, H_MOV, 64, to[n], host_mem(REG_CPU, h->pinned_mem[a[n].reg]));
        } else {
            host_mov(h, to[n], a[n].reg);
        }
        written |= 1 << to[n];
    }
}

static void call_function(struct host_state *h, const void *function)
{
    const intptr_t from = (intptr_t)h->c.p + h->exec_delta + 5, distance = (intptr_t)function - from;
    if (fits32(distance)) {
        host_patch32(host_call(&h->c), distance);
    } else {
        host_mov_imm(&h->c, RAX, (uintptr_t)function);
        host_byte(&h->c, 0xff);
        host_byte(&h->c, 0xd0);
    }
}

/* In far code once a block: notes the block, then stores the pinned registers. */
static void call_precise(struct host_state *h)
{
    if (!h->block_precise) {
        far_begin(h);
        h->block_precise = h->c.p;
        host_push(&h->c, R10);
        host_mov_imm(&h->c, R10, (uintptr_t)h->block);
        host_rm(&h->c, H_MOV_M, 64, R10, cpu_mem(offsetof(struct cpu, current)));
        host_pop(&h->c, R10);
        jump_to_stub(h, host_jmp(&h->c), STUB_SAVE);
        far_end(h);
    }
    main_to_far(h, host_call(&h->c), h->block_precise);
    if (fits32((int64_t)h->insn_pc)) {
        host_rmi(&h->c, H_MOV_I, 64, 0, cpu_mem(offsetof(struct cpu, pc)), (int32_t)h->insn_pc);
    } else {
        host_mov_imm(&h->c, RAX, h->insn_pc);
        host_rm(&h->c, H_MOV_M, 64, RAX, cpu_mem(offsetof(struct cpu, pc)));
    }
    host_rmi(&h->c, H_MOV_I, 32, 0, cpu_mem(offsetof(struct cpu, current_insns)), (int32_t)h->insn_number);
}

void emit_call(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const struct ir_helper *helper = &h->unit->helpers[insn->aux];
    const bool writes = helper->flags & IR_HELPER_WRITES;
    const bool precise = helper->flags & (IR_HELPER_READS | IR_HELPER_WRITES | IR_HELPER_FAULTS);
    struct argument arguments[MAX_ARGS];
    if (writes)
        group_forget(h);
    else
        group_drop(h);
    if (precise)
        regs_write_back(h, false, true);
    for (unsigned n = 0; n < helper->args; n++)
        arguments[n] = argument_of(h, insn->s[n]);
    if (h->now.eflags_of)
        flags_hook(&h->c);
    for (uint16_t m = writes ? h->pinned_mask : 0; m; m &= m - 1)
        flags_reg_changing(h, (unsigned)__builtin_ctz(m));
    for (unsigned n = 0; n < helper->args; n++) {
        if ((ends >> n & 1) && insn->s[n] != insn->d[0])
            reg_release(h, insn->s[n]);
    }
    /* spilling only stores: the registers still hold the arguments */
    reg_spill_mask(h, CALLER_SAVED);
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++)
        xmm_spill(h, xmm);
    if (precise) {
        call_precise(h);
    } else {
        jump_to_stub(h, host_call(&h->c), STUB_SAVE);
    }
    load_arguments(h, arguments, helper->args);
    host_rm(&h->c, H_LEA, 64, RDI, cpu_mem(0));
    call_function(h, helper->function);
    jump_to_stub(h, host_call(&h->c), writes ? STUB_RELOAD_ALL : STUB_RELOAD);
    if (writes) {
        regs_forget_globals(h);
        if (h->flags_global)
            flags_drop(h, h->flags_global);
    }
    if (insn->d[0] != IR_NONE && !(ends & END_D0)) {
        h->locked |= 1 << R10;
        const unsigned d = reg_def_over(h, insn->d[0], R10);
        host_mov(h, d, R10);
    }
}
