/* SPDX-License-Identifier: MIT */
/*
 * Code that all blocks share: the way in, the ways out, the jump-cache look-up, and the stubs around C functions.
 *
 * Ways out expect  r10 = pc (EXIT_POLL, EXIT_LINK)   r11 = block, r14 = slot (EXIT_LINK)   and give rax, rdx = struct host_exit.
 * STUB_SLOW keeps every register; STUB_SAVE only stores; STUB_RELOAD moves rax to r10 first.
 */
#include "tcg/host-x86_64/host.h"

static const uint8_t saved_registers[6] = { RBX, RBP, R12, R13, R14, R15 };

static void pinned(struct host_state *h, enum host_row_name row, uint16_t mask)
{
    for (unsigned reg = 0; reg < HOST_REGS; reg++) {
        if (mask >> reg & h->pinned_mask >> reg & 1)
            host_rm(&h->c, row, 64, reg, host_mem(REG_CPU, h->pinned_mem[reg]));
    }
}

void stub_start(struct host_state *h, enum host_stub stub)
{
    while ((uintptr_t)h->c.p & 15)
        host_byte(&h->c, 0xcc);
    h->stub[stub] = h->c.p + h->exec_delta;
}

void stub_call_c(struct host_state *h, const void *function)
{
    host_mov_imm(&h->c, RAX, (uintptr_t)function);
    host_byte(&h->c, 0xff);
    host_byte(&h->c, 0xd0);
}

static void enter(struct host_state *h)
{
    stub_start(h, STUB_ENTER);
    for (unsigned n = 0; n < 6; n++)
        host_push(&h->c, saved_registers[n]);
    host_ri(&h->c, H_SUB_I, 64, RSP, 8);
    host_rm(&h->c, H_LEA, 64, REG_CPU, host_mem(RDI, CPU_BIAS));
    host_rr(&h->c, H_MOV, 64, R11, RSI);
    pinned(h, H_MOV, 0xffff);
    host_byte(&h->c, 0x41);         /* jmp r11 */
    host_byte(&h->c, 0xff);
    host_byte(&h->c, 0xe3);
}

static void exits(struct host_state *h)
{
    stub_start(h, STUB_EXIT_LINK);
    host_ri(&h->c, H_SHL_I, 32, R14, 8);
    host_ri(&h->c, H_OR_I, 32, R14, EXIT_LINK);
    host_rm(&h->c, H_MOV_M, 64, R10, cpu_mem(offsetof(struct cpu, pc)));
    uint8_t *tail1 = host_jmp(&h->c);
    stub_start(h, STUB_EXIT_POLL);
    host_rm(&h->c, H_MOV_M, 64, R10, cpu_mem(offsetof(struct cpu, pc)));
    host_mov_imm(&h->c, R14, EXIT_POLL);
    uint8_t *tail2 = host_jmp(&h->c);
    stub_start(h, STUB_EXIT);
    host_mov_imm(&h->c, R14, EXIT_LOOKUP);
    host_patch32(tail1, h->c.p - (tail1 + 4));
    host_patch32(tail2, h->c.p - (tail2 + 4));
    pinned(h, H_MOV_M, 0xffff);
    host_rr(&h->c, H_MOV, 64, RAX, R11);
    host_rr(&h->c, H_MOV, 64, RDX, R14);
    host_ri(&h->c, H_ADD_I, 64, RSP, 8);
    for (unsigned n = 6; n-- > 0;)
        host_pop(&h->c, saved_registers[n]);
    host_byte(&h->c, 0xc3);
}

static struct host_mem entry_field(size_t field)
{
    return (struct host_mem){ REG_CPU, R11, 0, (int32_t)(offsetof(struct cpu, jump_cache) + field) - CPU_BIAS };
}

/* r10 = pc: to the block that the jump cache has for it. The entry holds for mode, pc and the page's present mapping. */
static void jump_look_up(struct host_state *h)
{
    uint8_t *miss[4];
    stub_start(h, STUB_JUMP);
    host_rmi(&h->c, H_CMP_I, 32, 0, cpu_mem(offsetof(struct cpu, exit_request)), 0);
    uint8_t *request = host_jcc(&h->c, IR_COND_NE);
    host_patch32(request, h->stub[STUB_EXIT_POLL] - (request + 4 + h->exec_delta));
    host_rr(&h->c, H_MOV, 64, R11, R10);
    host_ri(&h->c, H_SHR_I, 64, R11, 12);
    host_rr(&h->c, H_XOR, 32, R11, R10);
    host_ri(&h->c, H_AND_I, 32, R11, CPU_JUMP_CACHE - 1);
    host_ri(&h->c, H_SHL_I, 32, R11, 5);
    host_rm(&h->c, H_CMP, 64, R10, entry_field(offsetof(struct jump_cache_entry, pc)));
    miss[0] = host_jcc(&h->c, IR_COND_NE);
    host_rm(&h->c, H_MOV, 32, R14, entry_field(offsetof(struct jump_cache_entry, mode)));
    host_rm(&h->c, H_CMP, 32, R14, cpu_mem(offsetof(struct cpu, mode)));
    miss[1] = host_jcc(&h->c, IR_COND_NE);
    host_rm(&h->c, H_MOV, 32, R14, entry_field(offsetof(struct jump_cache_entry, page_slot)));
    host_rm(&h->c, H_MOV, 32, R15, entry_field(offsetof(struct jump_cache_entry, page_id)));
    host_rm(&h->c, H_CMP, 32, R15, (struct host_mem){ REG_CPU, R14, 0, -CPU_BIAS });
    miss[2] = host_jcc(&h->c, IR_COND_NE);
    host_rm(&h->c, H_MOV, 64, R11, entry_field(offsetof(struct jump_cache_entry, host)));
    host_rr(&h->c, H_TEST, 64, R11, R11);
    miss[3] = host_jcc(&h->c, IR_COND_E);
    host_byte(&h->c, 0x41);         /* jmp r11 */
    host_byte(&h->c, 0xff);
    host_byte(&h->c, 0xe3);
    for (unsigned n = 0; n < 4; n++)
        host_patch32(miss[n], h->c.p - (miss[n] + 4));
    host_rm(&h->c, H_MOV_M, 64, R10, cpu_mem(offsetof(struct cpu, pc)));
    uint8_t *out = host_jmp(&h->c);
    host_patch32(out, h->stub[STUB_EXIT] - (out + 4 + h->exec_delta));
    stub_start(h, STUB_LOOKUP);
    host_rm(&h->c, H_MOV, 64, R10, cpu_mem(offsetof(struct cpu, pc)));
    uint8_t *jump = host_jmp(&h->c);
    host_patch32(jump, h->stub[STUB_JUMP] - (jump + 4 + h->exec_delta));
}

/* r10 = block; the block's own r10 is in SLOW_SAVE. */
static void slow(struct host_state *h)
{
    stub_start(h, STUB_SLOW);
    pinned(h, H_MOV_M, 0xffff);
    host_push(&h->c, R8);
    host_push(&h->c, R9);
    host_push(&h->c, R11);
    host_rr(&h->c, H_MOV, 64, RSI, R10);
    host_rm(&h->c, H_LEA, 64, RDI, cpu_mem(0));
    stub_call_c(h, host_slow);
    host_pop(&h->c, R11);
    host_pop(&h->c, R9);
    host_pop(&h->c, R8);
    pinned(h, H_MOV, CALLER_SAVED);
    host_rm(&h->c, H_MOV, 64, R10, cpu_mem(SLOW_SAVE));
    host_byte(&h->c, 0xc3);
}

static void around_helpers(struct host_state *h)
{
    stub_start(h, STUB_SAVE);
    pinned(h, H_MOV_M, 0xffff);
    host_byte(&h->c, 0xc3);
    stub_start(h, STUB_RELOAD);
    host_rr(&h->c, H_MOV, 64, R10, RAX);
    pinned(h, H_MOV, CALLER_SAVED);
    host_byte(&h->c, 0xc3);
    stub_start(h, STUB_RELOAD_ALL);
    host_rr(&h->c, H_MOV, 64, R10, RAX);
    pinned(h, H_MOV, 0xffff);
    host_byte(&h->c, 0xc3);
}

bool trampoline_emit(struct host_state *h, struct code_buffer *common)
{
    if (common->size < 8192)
        return false;
    h->c.p = common->write;
    h->c.eflags_hook = NULL;
    h->exec_delta = common->exec - common->write;
    enter(h);
    exits(h);
    jump_look_up(h);
    slow(h);
    around_helpers(h);
    flags_stub_emit(h);
    return true;
}
