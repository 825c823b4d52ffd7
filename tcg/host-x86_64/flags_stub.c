/* SPDX-License-Identifier: MIT */
/*
 * STUB_FLAGS_WORD: r10 = a struct ir_flags; replaces it by its word, which is left in r10 too. All other registers are
 * kept but EFLAGS. A little routine a kind and width does the operation again and takes EFLAGS; what the host's
 * instructions do not give exactly (shifts, multiplication: see ir_flags.c) goes to C.
 */
#include "tcg/host-x86_64/host.h"

enum { ROUTINE_BYTES = 64, XMM_BYTES = 256 };

static void byte3(struct host_state *h, unsigned a, unsigned b, unsigned d)
{
    host_byte(&h->c, a);
    host_byte(&h->c, b);
    host_byte(&h->c, d);
}

/* rax = the word; the stack has rax and r11. */
static void finish(struct host_state *h)
{
    host_rm(&h->c, H_MOV_M, 64, RAX, host_mem(R10, offsetof(struct ir_flags, a)));
    host_rmi(&h->c, H_MOV_I, 32, 0, host_mem(R10, offsetof(struct ir_flags, kind)), IR_FLAGS_WORD | 32 << 16);
    host_rr(&h->c, H_MOV, 32, R10, RAX);
    host_pop(&h->c, R11);
    host_pop(&h->c, RAX);
    host_byte(&h->c, 0xc3);
}

/* rax = a, b in memory. Returns the flags that are now in EFLAGS; 0: this kind is not done here. */
static uint32_t operate(struct host_state *h, unsigned kind, unsigned w)
{
    struct host_code *c = &h->c;
    const struct host_mem b = host_mem(R10, offsetof(struct ir_flags, b));
    switch (kind) {
    case IR_FLAGS_ADD:
        host_rm(c, H_SUB, w, RAX, b);
        host_rm(c, H_ADD, w, RAX, b);
        return IR_ALL_FLAGS;
    case IR_FLAGS_SUB:
        host_rm(c, H_ADD, w, RAX, b);
        host_rm(c, H_CMP, w, RAX, b);
        return IR_ALL_FLAGS;
    case IR_FLAGS_CMP:
        host_rm(c, H_CMP, w, RAX, b);
        return IR_ALL_FLAGS;
    case IR_FLAGS_LOGIC:
        host_rr(c, H_TEST, w, RAX, RAX);
        return IR_ALL_FLAGS & ~IR_AF;
    case IR_FLAGS_TEST:
        host_rm(c, H_TEST, w, RAX, b);
        return IR_ALL_FLAGS & ~IR_AF;
    case IR_FLAGS_ADDN:
        host_rm(c, H_SUB, w, RAX, b);
        host_rm(c, H_ADD, w, RAX, b);
        host_byte(c, 0xf5);             /* cmc */
        return IR_ALL_FLAGS;
    case IR_FLAGS_LOGICN:
        host_rr(c, H_TEST, w, RAX, RAX);
        host_byte(c, 0xf9);             /* stc */
        return IR_ALL_FLAGS & ~IR_AF;
    case IR_FLAGS_TESTN:
        host_rm(c, H_TEST, w, RAX, b);
        host_byte(c, 0xf9);
        return IR_ALL_FLAGS & ~IR_AF;
    case IR_FLAGS_INC:
    case IR_FLAGS_DEC:
        host_r(c, kind == IR_FLAGS_INC ? H_DEC : H_INC, w, RAX);
        host_rmi(c, H_BT_I, 32, 0, b, 0);
        host_r(c, kind == IR_FLAGS_INC ? H_INC : H_DEC, w, RAX);
        return IR_ALL_FLAGS;
    }
    return 0;
}

/* KEEP: CF and OF are bits 0 and 8 of b. */
static void kept(struct host_state *h, unsigned w)
{
    struct host_code *c = &h->c;
    host_rr(c, H_TEST, w, RAX, RAX);
    host_byte(c, 0x9c);
    host_pop(c, RAX);
    host_ri(c, H_AND_I, 32, RAX, IR_ZF | IR_SF | IR_PF);
    host_rm(c, H_MOV, 32, R11, host_mem(R10, offsetof(struct ir_flags, b)));
    host_ri(c, H_AND_I, 32, R11, 0x101);
    host_rm(c, H_LEA, 32, R11, (struct host_mem){ R11, R11, 3, 0 });
    host_ri(c, H_AND_I, 32, R11, IR_CF | IR_OF);
    host_rr(c, H_OR, 32, RAX, R11);
    finish(h);
}

/* Everything else, in C; vectors may be alive in registers. */
static uint8_t *by_function(struct host_state *h)
{
    static const uint8_t kept[] = { RCX, RDX, RSI, RDI, R8, R9, R10 };
    uint8_t *start = h->c.p;
    for (unsigned n = 0; n < sizeof(kept); n++)
        host_push(&h->c, kept[n]);
    /* with the return address, rax and r11 that are ten words */
    host_ri(&h->c, H_SUB_I, 64, RSP, XMM_BYTES);
    for (unsigned n = 0; n < 16; n++)
        host_rm(&h->c, H_MOVUPS_M, 0, n, host_mem(RSP, (int32_t)(16 * n)));
    host_rr(&h->c, H_MOV, 64, RDI, R10);
    stub_call_c(h, ir_flags_word);
    for (unsigned n = 0; n < 16; n++)
        host_rm(&h->c, H_MOVUPS, 0, n, host_mem(RSP, (int32_t)(16 * n)));
    host_ri(&h->c, H_ADD_I, 64, RSP, XMM_BYTES);
    for (unsigned n = sizeof(kept); n-- > 0;)
        host_pop(&h->c, kept[n]);
    finish(h);
    return start;
}

static void routine(struct host_state *h, unsigned kind, unsigned w, const uint8_t *function)
{
    uint8_t *start = h->c.p;
    if (kind == IR_FLAGS_WORD) {
        host_ri(&h->c, H_AND_I, 32, RAX, IR_ALL_FLAGS);
        finish(h);
    } else if (kind == IR_FLAGS_KEEP) {
        kept(h, w);
    } else {
        const uint32_t have = operate(h, kind, w);
        if (have) {
            host_byte(&h->c, 0x9c);     /* pushfq */
            host_pop(&h->c, RAX);
            host_ri(&h->c, H_AND_I, 32, RAX, (int32_t)have);
            finish(h);
        } else {
            uint8_t *at = host_jmp(&h->c);
            host_patch32(at, function - (at + 4));
        }
    }
    g_assert(h->c.p <= start + ROUTINE_BYTES);
    h->c.p = start + ROUTINE_BYTES;
}

void flags_stub_emit(struct host_state *h)
{
    while ((uintptr_t)h->c.p & 15)
        host_byte(&h->c, 0xcc);
    uint8_t *function = by_function(h), *table = h->c.p;
    for (unsigned kind = 0; kind < IR_FLAGS_KIND_COUNT; kind++) {
        for (unsigned w = 8; w <= 64; w *= 2)
            routine(h, kind, w, function);
    }
    stub_start(h, STUB_FLAGS_WORD);
    host_push(&h->c, RAX);
    host_push(&h->c, R11);
    /* (kind * 4 + log2(width) - 3) * ROUTINE_BYTES; the width of zeroed state is 0 and counts as 8 */
    host_rm(&h->c, H_MOVZX16, 32, R11, host_mem(R10, offsetof(struct ir_flags, width)));
    host_rm(&h->c, H_MOVZX16, 32, RAX, host_mem(R10, offsetof(struct ir_flags, kind)));
    host_ri(&h->c, H_OR_I, 32, R11, 8);
    host_rr(&h->c, H_BSR, 32, R11, R11);
    host_rm(&h->c, H_LEA, 32, RAX, (struct host_mem){ R11, RAX, 2, -3 });
    host_ri(&h->c, H_SHL_I, 32, RAX, 6);
    byte3(h, 0x4c, 0x8d, 0x1d);         /* lea r11, [rip + table] */
    host_u32(&h->c, (uint32_t)(table - (h->c.p + 4)));
    host_rr(&h->c, H_ADD, 64, R11, RAX);
    host_rm(&h->c, H_MOV, 64, RAX, host_mem(R10, offsetof(struct ir_flags, a)));
    byte3(h, 0x41, 0xff, 0xe3);         /* jmp r11 */
}
