/* SPDX-License-Identifier: MIT */
/*
 * SSE2 to SSE4.2 instructions between XMM and general registers (extracts and inserts), INSERTPS, CRC32, and the string
 * compares PCMPxSTRx, which are computed by their definition (SDM volume 2, 4.1): aggregation of a compare matrix.
 */
#include "target-x86/fp.h"
#include "target-x86/sse.h"
#include "target-x86/tables.h"

static unsigned immediate(const struct x86_trans *t, unsigned operand)
{
    return (unsigned)t->insn->operand[operand].value & 0xff;
}

/* PEXTRB, PEXTRW, PEXTRD/Q, EXTRACTPS; data = lane width, 0 for 32 or 64 by operand size. A register is zero-extended. */
static void pextr(struct x86_trans *t)
{
    const struct x86_operand *dest = &t->insn->operand[0];
    unsigned w = t->insn->row->data ? (unsigned)t->insn->row->data : dest->bits;
    unsigned lane = immediate(t, 2) & (128 / w - 1);
    ir_reg value = ir_vget(t->u, w, x86_xmm(t->insn->operand[1].reg), lane);
    if (dest->kind == OPERAND_MEM)
        ir_st(t->u, w, x86_linear(t, w, true), 0, value, t->mmu);
    else
        x86_set_reg(t, dest->reg, w == 64 ? 64 : 32, value);
}

static void pinsr(struct x86_trans *t)
{
    const struct x86_operand *source = &t->insn->operand[1];
    unsigned w = t->insn->row->data ? (unsigned)t->insn->row->data : source->bits;
    unsigned lane = immediate(t, 2) & (128 / w - 1);
    ir_reg value = source->kind == OPERAND_MEM ? ir_ld(t->u, w, x86_linear(t, w, false), 0, t->mmu) : x86_read(t, 1);
    ir_reg xmm = x86_xmm(t->insn->operand[0].reg);
    ir_vput_to(t->u, w, xmm, xmm, lane, value);
}

/* INSERTPS: from memory the source lane is 0 whatever the immediate says. */
static void insertps(struct x86_trans *t)
{
    bool memory = t->insn->operand[1].kind == OPERAND_MEM;
    ir_reg rm = memory ? sse_load(t, 32) : x86_xmm(t->insn->operand[1].reg);
    sse_emit(t, sse_row_copy(t), rm, (int)(memory ? immediate(t, 2) & 0x3f : immediate(t, 2)), false);
}

/* CRC32: 32- and 64-bit sources run as they are, 8- and 16-bit ones through a helper. */
static void crc32(struct x86_trans *t)
{
    const struct x86_operand *dest = &t->insn->operand[0];
    unsigned bits = t->insn->operand[1].bits;
    ir_reg value = x86_read(t, 1);
    ir_reg crc = x86_get_reg(t, dest->reg, 32);
    ir_reg result = ir_temp(t->u, IR_TYPE_INT);
    if (bits >= 32)
        ir_emit_copy(t->u, &((const struct ir_copy *)t->insn->row->data)[bits == 64], 0, result, IR_NONE,
                     crc, value, IR_NONE, IR_NONE);
    else
        result = ir_call(t->u, HELPER_crc32, crc, value, ir_const(t->u, bits / 8), IR_NONE);
    x86_set_reg(t, dest->reg, dest->bits == 64 ? 64 : 32, result);
}

/* Bit-reflected Castagnoli polynomial, as CRC32 uses it. */
uint64_t helper_crc32(struct cpu *c, uint64_t crc, uint64_t value, uint64_t bytes)
{
    uint32_t sum = (uint32_t)crc;
    for (unsigned i = 0; i < bytes; i++) {
        sum ^= (uint8_t)(value >> 8 * i);
        for (unsigned bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78 : 0);
    }
    return sum;
}

/* ---- PCMPxSTRx ---- */

enum { STR_WORDS = 1 << 0, STR_SIGNED = 1 << 1, STR_NEGATIVE = 1 << 4, STR_MASKED = 1 << 5, STR_HIGH = 1 << 6,
       STR_INDEX = 1 << 8, STR_EXPLICIT = 1 << 9, STR_REXW = 1 << 10 };

static int string_element(const union x86_xmm *v, unsigned i, unsigned control)
{
    if (control & STR_WORDS)
        return control & STR_SIGNED ? (int16_t)v->u16[i] : v->u16[i];
    return control & STR_SIGNED ? (int8_t)v->u8[i] : v->u8[i];
}

/* Elements before the terminating zero. */
static unsigned implicit_length(const union x86_xmm *v, unsigned control, unsigned count)
{
    unsigned i = 0;
    while (i < count && string_element(v, i, control))
        i++;
    return i;
}

/* |length in the register|, saturated. */
static unsigned explicit_length(uint64_t reg, unsigned control, unsigned count)
{
    int64_t length = control & STR_REXW ? (int64_t)reg : (int32_t)reg;
    uint64_t magnitude = length < 0 ? -(uint64_t)length : (uint64_t)length;
    return magnitude < count ? (unsigned)magnitude : count;
}

/* One bit of IntRes1: what element j of the second string yields against the first (SDM 2, 4.1.3, table 4-7). */
static bool string_aggregate(const union x86_xmm *a, unsigned la, const union x86_xmm *b, unsigned lb, unsigned control,
                             unsigned count, unsigned j)
{
    int value = string_element(b, j, control);
    switch (control >> 2 & 3) {
    case 0:                         /* equal any */
        for (unsigned i = 0; j < lb && i < la; i++)
            if (string_element(a, i, control) == value)
                return true;
        return false;
    case 1:                         /* ranges: pairs of bounds */
        for (unsigned i = 0; j < lb && i + 1 < la; i += 2)
            if (string_element(a, i, control) <= value && value <= string_element(a, i + 1, control))
                return true;
        return false;
    case 2:                         /* equal each: both ended counts as equal */
        if (j < la && j < lb)
            return string_element(a, j, control) == value;
        return j >= la && j >= lb;
    default:                        /* equal ordered: the first string starts at j */
        for (unsigned i = 0; i < la && i + j < count; i++)
            if (i + j >= lb || string_element(a, i, control) != string_element(b, i + j, control))
                return false;
        return true;
    }
}

static uint32_t string_compare(const union x86_xmm *a, unsigned la, const union x86_xmm *b, unsigned lb, unsigned control)
{
    unsigned count = control & STR_WORDS ? 8 : 16;
    uint32_t result = 0;
    for (unsigned j = 0; j < count; j++)
        result |= (uint32_t)string_aggregate(a, la, b, lb, control, count, j) << j;
    if (control & STR_NEGATIVE)
        result ^= control & STR_MASKED ? (1u << lb) - 1 : (1u << count) - 1;
    return result;
}

static void string_mask(union x86_xmm *out, uint32_t result, unsigned control, unsigned count)
{
    memset(out, 0, sizeof(*out));
    if (!(control & STR_HIGH)) {
        out->u64[0] = result;
        return;
    }
    for (unsigned i = 0; i < count; i++)
        if (control & STR_WORDS)
            out->u16[i] = result >> i & 1 ? 0xffff : 0;
        else
            out->u8[i] = result >> i & 1 ? 0xff : 0;
}

/* control: the immediate and STR_INDEX.. ; a: number of the first XMM register; b: of the second, or 16: the vector that
 * the translator left in cpu->vector. */
uint64_t helper_pcmpstr(struct cpu *c, uint64_t control, uint64_t first, uint64_t second)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    const union x86_xmm *a = &cpu->xmm[first], *b = second == 16 ? &cpu->vector : &cpu->xmm[second];
    unsigned count = control & STR_WORDS ? 8 : 16;
    bool by_length = control & STR_EXPLICIT;
    unsigned la = by_length ? explicit_length(cpu->regs[R_AX], control, count) : implicit_length(a, control, count);
    unsigned lb = by_length ? explicit_length(cpu->regs[R_DX], control, count) : implicit_length(b, control, count);
    uint32_t result = string_compare(a, la, b, lb, control);

    uint32_t word = (result ? IR_CF : 0) | (lb < count ? IR_ZF : 0) | (la < count ? IR_SF : 0) | (result & 1 ? IR_OF : 0);
    cpu->flags = (struct ir_flags){ .a = word, .kind = IR_FLAGS_WORD, .width = 32 };
    if (!(control & STR_INDEX))
        string_mask(&cpu->xmm[0], result, control, count);
    else if (!result)
        cpu->regs[R_CX] = count;
    else
        cpu->regs[R_CX] = control & STR_HIGH ? 31 - __builtin_clz(result) : __builtin_ctz(result);
    return 0;
}

static void pcmpstr(struct x86_trans *t)
{
    const struct x86_operand *second = &t->insn->operand[1];
    unsigned control = immediate(t, 2) | (unsigned)t->insn->row->data | (t->insn->rex & 8 ? STR_REXW : 0);
    unsigned b = second->reg;
    if (second->kind == OPERAND_MEM) {
        ir_reg v = sse_load(t, 128);
        ir_stcpu(t->u, 64, offsetof(struct x86_cpu, vector), ir_vget(t->u, 64, v, 0));
        ir_stcpu(t->u, 64, offsetof(struct x86_cpu, vector) + 8, ir_vget(t->u, 64, v, 1));
        b = 16;
    }
    ir_call_void(t->u, HELPER_pcmpstr, ir_const(t->u, control), ir_const(t->u, t->insn->operand[0].reg), ir_const(t->u, b),
                 IR_NONE);
}

#define EXTRACT(map, op, operands_, nm, feat, width, tests_) \
    { .opcode = "66 " SSE_MAP_TEXT_##map #op " /r", .operands = operands_, .name = #nm, .translate = pextr, .flags = ROW_SSE, \
      .feature = FEAT_##feat, .data = width, .tests = tests_ }
#define INSERT(map, op, operands_, nm, feat, width, tests_) \
    { .opcode = "66 " SSE_MAP_TEXT_##map #op " /r", .operands = operands_, .name = #nm, .translate = pinsr, .flags = ROW_SSE, \
      .feature = FEAT_##feat, .data = width, .tests = tests_ }
/* The immediates cover every aggregation, both element sizes, polarities and kinds of output. */
#define STRING_TESTS(op) \
    "66 0F 3A " #op " C1 00;66 0F 3A " #op " CA 44;66 0F 3A " #op " C1 19;66 0F 3A " #op " C1 0C;66 0F 3A " #op " DA 3E;" \
    "66 0F 3A " #op " C1 72;66 0F 3A " #op " D3 05;66 0F 3A " #op " C1 0D;66 0F 3A " #op " 1F 18;66 45 0F 3A " #op " C1 4A@64;" \
    "66 48 0F 3A " #op " C1 08@64"
#define STRING(op, nm, bits) \
    { .opcode = "66 0F 3A " #op " /r", .operands = "Vdq,Wdq,Ib", .name = #nm, .translate = pcmpstr, .flags = ROW_SSE, \
      .feature = FEAT_SSE42, .data = bits, .tests = STRING_TESTS(op) }

static const struct ir_copy crc32_copy[2] = {
    { .name = "CRC32", .prefix = 0xf2, .map = 2, .opcode = 0xf1, .reg_role = IR_COPY_BOTH, .rm_role = IR_COPY_READ },
    { .name = "CRC32", .prefix = 0xf2, .map = 2, .opcode = 0xf1, .rex_w = 1, .reg_role = IR_COPY_BOTH, .rm_role = IR_COPY_READ },
};

static const struct x86_row rows[] = {
    EXTRACT(0F, C5, "Gd,Udq,Ib", PEXTRW, SSE2, 16, "66 0F C5 C1 00;66 0F C5 C1 07;66 0F C5 D2 FB;66 45 0F C5 C1 03@64"),
    EXTRACT(0F3A, 14, "Ed/b,Vdq,Ib", PEXTRB, SSE41, 8, "66 0F 3A 14 C1 00;66 0F 3A 14 C1 FF;66 0F 3A 14 1F 05;66 4D 0F 3A 14 C1 03@64"),
    EXTRACT(0F3A, 15, "Ed/w,Vdq,Ib", PEXTRW, SSE41, 16, "66 0F 3A 15 C1 00;66 0F 3A 15 C1 FF;66 0F 3A 15 1F 05;66 4D 0F 3A 15 C1 03@64"),
    EXTRACT(0F3A, 16, "Ey,Vdq,Ib", PEXTRD, SSE41, 0, "66 0F 3A 16 C1 00;66 0F 3A 16 C1 FF;66 0F 3A 16 1F 02;66 4D 0F 3A 16 C1 03@64"),
    EXTRACT(0F3A, 17, "Ed,Vdq,Ib", EXTRACTPS, SSE41, 32, "66 0F 3A 17 C1 00;66 0F 3A 17 C1 FF;66 0F 3A 17 1F 02;66 45 0F 3A 17 C1 03@64"),
    INSERT(0F, C4, "Vdq,Ed/w,Ib", PINSRW, SSE2, 16, "66 0F C4 C1 00;66 0F C4 C1 07;66 0F C4 1F FB;66 45 0F C4 C1 03@64"),
    INSERT(0F3A, 20, "Vdq,Ed/b,Ib", PINSRB, SSE41, 8, "66 0F 3A 20 C1 00;66 0F 3A 20 C1 FF;66 0F 3A 20 1F 05;66 45 0F 3A 20 C1 03@64"),
    INSERT(0F3A, 22, "Vdq,Ey,Ib", PINSRD, SSE41, 0, "66 0F 3A 22 C1 00;66 0F 3A 22 C1 FF;66 0F 3A 22 1F 02;66 4D 0F 3A 22 C1 03@64"),
    SSE_ROW_IMM(66, 0F3A, 21, "Vdq,Wd,Ib", INSERTPS, insertps, 0, SSE41, COPY_BINARY),
    STRING(60, PCMPESTRM, STR_EXPLICIT),
    STRING(61, PCMPESTRI, STR_EXPLICIT | STR_INDEX),
    STRING(62, PCMPISTRM, 0),
    STRING(63, PCMPISTRI, STR_INDEX),
    { .opcode = "F2 0F 38 F0 /r", .operands = "Gy,Eb", .name = "CRC32", .translate = crc32, .feature = FEAT_SSE42,
      .tests = "F2 0F 38 F0 C1;F2 0F 38 F0 D6;F2 0F 38 F0 1F;F2 48 0F 38 F0 C7@64;F2 45 0F 38 F0 C1@64" },
    { .opcode = "F2 0F 38 F1 /r", .operands = "Gy,Ev", .name = "CRC32", .translate = crc32, .feature = FEAT_SSE42,
      .data = (intptr_t)crc32_copy,
      .tests = "F2 0F 38 F1 C1;66 F2 0F 38 F1 D6;F2 0F 38 F1 1F;F2 48 0F 38 F1 C7@64;F2 45 0F 38 F1 C1@64;F2 49 0F 38 F1 07@64" },
};

const struct x86_table_of_rows x86_table_sse4 = { "sse4", rows, G_N_ELEMENTS(rows) };
