/* SPDX-License-Identifier: MIT */
/*
 * Decoding one instruction: prefixes, opcode, ModRM and SIB, displacement, immediates (SDM volume 2, chapter 2).
 *
 * The row comes from the decoder's tables (row_compile.c). What an instruction reads is found in order, so that
 * X86_DECODE_MORE is given only when the bytes so far do not already make it undefined. Of several prefixes of one
 * group the last counts, as processors do it.
 */
#include <string.h>
#include "target-x86/decoder.h"

/* The bytes still to be read. */
struct reader {
    const uint8_t *p, *end;
    bool short_of_15;               /* end is where the caller's bytes end, not the 15th */
};

enum prefix_class { PREFIX_NO, PREFIX_SEGMENT, PREFIX_66, PREFIX_67, PREFIX_LOCK, PREFIX_REPNE, PREFIX_REP,
                   PREFIX_REX };

static const uint8_t prefix_classes[256] = {
    [0x26] = PREFIX_SEGMENT, [0x2e] = PREFIX_SEGMENT, [0x36] = PREFIX_SEGMENT, [0x3e] = PREFIX_SEGMENT,
    [0x64] = PREFIX_SEGMENT, [0x65] = PREFIX_SEGMENT, [0x66] = PREFIX_66, [0x67] = PREFIX_67, [0xf0] = PREFIX_LOCK,
    [0xf2] = PREFIX_REPNE, [0xf3] = PREFIX_REP, [0x40 ... 0x4f] = PREFIX_REX,
};

static void prefix_segment(struct x86_insn *insn, uint8_t byte, unsigned code_bits)
{
    if (byte >= 0x64)
        insn->segment = byte == 0x64 ? SEG_FS : SEG_GS;
    else if (code_bits != 64)       /* in 64-bit mode ES, CS, SS and DS overrides do nothing (SDM 1, 3.3.7.1) */
        insn->segment = byte >> 3 & 3;
}

/* Reads prefixes; returns false when the bytes ran out. */
static bool prefixes_read(struct x86_insn *insn, struct reader *r, unsigned code_bits)
{
    for (; r->p < r->end; r->p++) {
        uint8_t byte = *r->p;
        enum prefix_class class = prefix_classes[byte];
        if (class == PREFIX_NO || (class == PREFIX_REX && code_bits != 64))
            return true;
        insn->rex = class == PREFIX_REX ? byte : 0;     /* a REX that is not the last prefix is ignored */
        switch (class) {
        case PREFIX_SEGMENT: prefix_segment(insn, byte, code_bits); break;
        case PREFIX_66: insn->prefix66 = true; break;
        case PREFIX_67: insn->prefix67 = true; break;
        case PREFIX_LOCK: insn->lock = true; break;
        case PREFIX_REPNE: insn->repne = true; insn->rep = false; break;
        case PREFIX_REP: insn->rep = true; insn->repne = false; break;
        default: break;
        }
    }
    return false;
}

static int64_t read_signed(struct reader *r, unsigned bytes)
{
    int64_t value = 0;
    if (r->end - r->p < (ptrdiff_t)bytes) {
        r->p = r->end + 1;          /* noticed once at the end */
        return 0;
    }
    switch (bytes) {
    case 1: value = (int8_t)*r->p; break;
    case 2: { int16_t v; memcpy(&v, r->p, 2); value = v; break; }
    case 4: { int32_t v; memcpy(&v, r->p, 4); value = v; break; }
    case 8: memcpy(&value, r->p, 8); break;
    }
    r->p += bytes;
    return value;
}

static bool exhausted(const struct reader *r) { return r->p > r->end; }

static void memory_16(struct x86_insn *insn, struct reader *r)
{
    static const uint8_t bases[] = { R_BX, R_BX, R_BP, R_BP, R_SI, R_DI, R_BP, R_BX };
    static const uint8_t indexes[] = { R_SI, R_DI, R_SI, R_DI, 255, 255, 255, 255 };
    unsigned rm = insn->modrm & 7;
    insn->base = bases[rm];
    insn->index = indexes[rm];
    if (insn->mod == 0 && rm == 6) {
        insn->base = 255;
        insn->disp = read_signed(r, 2);
        return;
    }
    insn->default_segment = insn->base == R_BP ? SEG_SS : SEG_DS;
    if (insn->mod)
        insn->disp = read_signed(r, insn->mod);
}

static void memory_32(struct x86_insn *insn, struct reader *r, unsigned code_bits)
{
    unsigned base = insn->modrm & 7;
    bool sib = base == 4;
    if (sib) {
        uint8_t byte = (uint8_t)read_signed(r, 1);
        unsigned index = (byte >> 3 & 7) | (insn->rex & 2) << 2;
        insn->scale = byte >> 6;
        insn->index = index == 4 ? 255 : (uint8_t)index;
        base = byte & 7;
    }
    if (base == 5 && insn->mod == 0) {
        insn->base = !sib && code_bits == 64 ? 254 : 255;
        insn->disp = read_signed(r, 4);
        return;
    }
    insn->base = (uint8_t)(base | (insn->rex & 1) << 3);
    insn->default_segment = insn->base == R_SP || insn->base == R_BP ? SEG_SS : SEG_DS;
    if (insn->mod)
        insn->disp = read_signed(r, insn->mod == 1 ? 1 : 4);
}

/* Operand sizes that depend on prefixes. */
static unsigned size_bits(const struct x86_insn *insn, unsigned size, unsigned code_bits)
{
    switch (size) {
    case SIZE_V: return insn->operand_bits;
    case SIZE_Z: return insn->operand_bits == 16 ? 16 : 32;
    case SIZE_Y: return insn->rex & 8 ? 64 : 32;
    case SIZE_P: return insn->operand_bits + 16u;
    case SIZE_S: return code_bits == 64 ? 80 : 48;
    case SIZE_A: return insn->operand_bits * 2u;
    case SIZE_X: return 128;
    default: return size;
    }
}

static void operand_gpr(const struct x86_insn *insn, struct x86_operand *o, unsigned reg)
{
    bool high = o->bits == 8 && !insn->rex && !insn->vex && reg >= 4;
    o->kind = high ? OPERAND_GPR_HIGH8 : OPERAND_GPR;
    o->reg = (uint8_t)(high ? reg - 4 : reg);
}

static void operand_rm(const struct x86_insn *insn, struct x86_operand *o, const struct x86_operand_code *code,
                       enum x86_operand_kind kind, unsigned code_bits)
{
    if (insn->mod != 3) {
        o->kind = OPERAND_MEM;
        o->bits = (uint16_t)size_bits(insn, code->memory_size, code_bits);
    } else if (kind == OPERAND_GPR) {
        operand_gpr(insn, o, insn->rm);
    } else {
        o->kind = (uint8_t)kind;
        o->reg = kind == OPERAND_XMM ? insn->rm : insn->rm & 7;
    }
}

static void operand_set(struct x86_insn *insn, struct x86_operand *o, enum x86_operand_kind kind, unsigned reg)
{
    o->kind = (uint8_t)kind;
    o->reg = (uint8_t)reg;
}

static void operand_immediate(struct x86_insn *insn, struct x86_operand *o, const struct x86_operand_code *code,
                              struct reader *r)
{
    o->kind = OPERAND_IMM;
    o->value = read_signed(r, o->bits / 8);
    if (code->method == METHOD_SI)
        o->bits = insn->operand_bits;
    else if (code->size == 8)
        o->value &= 0xff;
    else if (code->size == 16)
        o->value &= 0xffff;
}

static void operand_decode(struct x86_insn *insn, struct x86_operand *o, const struct x86_operand_code *code,
                           struct reader *r, unsigned code_bits)
{
    *o = (struct x86_operand){ .bits = (uint16_t)size_bits(insn, code->size, code_bits) };
    switch ((enum x86_method)code->method) {
    case METHOD_E: case METHOD_R: case METHOD_M:
        operand_rm(insn, o, code, OPERAND_GPR, code_bits);
        break;
    case METHOD_W: case METHOD_U:
        operand_rm(insn, o, code, OPERAND_XMM, code_bits);
        break;
    case METHOD_Q: case METHOD_N:
        operand_rm(insn, o, code, OPERAND_MM, code_bits);
        break;
    case METHOD_G: operand_gpr(insn, o, insn->reg); break;
    case METHOD_B: operand_gpr(insn, o, insn->vvvv); break;
    case METHOD_Z: operand_gpr(insn, o, (insn->opcode & 7) | (insn->rex & 1) << 3); break;
    case METHOD_FIXED: operand_set(insn, o, OPERAND_GPR, code->reg); break;
    case METHOD_S: operand_set(insn, o, OPERAND_SEG, insn->reg & 7); break;
    case METHOD_SEG: operand_set(insn, o, OPERAND_SEG, code->reg); break;
    case METHOD_C: operand_set(insn, o, OPERAND_CR, insn->reg); break;
    case METHOD_D: operand_set(insn, o, OPERAND_DR, insn->reg); break;
    case METHOD_V: operand_set(insn, o, OPERAND_XMM, insn->reg); break;
    case METHOD_H: operand_set(insn, o, OPERAND_XMM, insn->vvvv); break;
    case METHOD_P: operand_set(insn, o, OPERAND_MM, insn->reg & 7); break;
    case METHOD_ST0: operand_set(insn, o, OPERAND_ST, 0); break;
    case METHOD_STI: operand_set(insn, o, OPERAND_ST, insn->modrm & 7); break;
    case METHOD_I: case METHOD_SI: operand_immediate(insn, o, code, r); break;
    case METHOD_ONE: o->kind = OPERAND_IMM; o->value = 1; break;
    case METHOD_J: o->kind = OPERAND_REL; o->value = read_signed(r, o->bits / 8); break;
    case METHOD_A:
        o->kind = OPERAND_FAR;
        o->value = read_signed(r, insn->operand_bits / 8);
        o->value = insn->operand_bits == 16 ? (uint16_t)o->value : (uint32_t)o->value;
        o->selector = (uint16_t)read_signed(r, 2);
        break;
    case METHOD_O:
        o->kind = OPERAND_MEM;
        insn->disp = read_signed(r, insn->address_bits / 8);
        break;
    default:                        /* string operands: address registers and size are all there is */
        break;
    }
}

static void sizes_decide(struct x86_insn *insn, uint32_t flags, unsigned code_bits)
{
    bool code64 = code_bits == 64;
    unsigned bits = code_bits == 16 ? 16 : 32;
    if (insn->prefix66)
        bits = code_bits == 16 ? 32 : 16;
    if (code64 && (insn->rex & 8 || flags & ROW_F64 || (flags & ROW_D64 && !insn->prefix66)))
        bits = 64;
    insn->operand_bits = (uint8_t)bits;
}

static enum x86_decode_status decode_fail(struct x86_insn *insn, struct reader *r, const uint8_t *bytes)
{
    insn->row = NULL;
    insn->length = (uint8_t)MIN((unsigned)(r->end - bytes), (unsigned)(r->p - bytes));
    return r->short_of_15 ? X86_DECODE_MORE : X86_DECODE_TOO_LONG;
}

static enum x86_decode_status decode_undefined(struct x86_insn *insn, struct reader *r, const uint8_t *bytes)
{
    insn->row = NULL;
    insn->length = (uint8_t)(r->p - bytes);
    return X86_DECODE_UD;
}

/* Reads the second and third byte of a VEX prefix (SDM 2, 2.3.5); the state bits of it, or -1: undefined. */
static int vex_read(struct x86_insn *insn, struct reader *r, int *map, unsigned code_bits)
{
    uint8_t first = (uint8_t)read_signed(r, 1), last = first;
    bool code64 = code_bits == 64;
    *map = MAP_VEX_0F;
    insn->rex = 0x40 | (first & 0x80 ? 0 : 4);
    if (insn->vex == 0xc4) {
        last = (uint8_t)read_signed(r, 1);
        insn->rex |= (first & 0x40 ? 0 : 2) | (first & 0x20 ? 0 : 1) | (last & 0x80 ? 8 : 0);
        if ((first & 0x1f) < 1 || (first & 0x1f) > 3)
            return -1;
        *map = MAP_VEX_0F + (first & 0x1f) - 1;
    }
    if (!code64)
        insn->rex &= 0x40;          /* VEX.W is ignored there for general registers */
    insn->vvvv = (uint8_t)(~last >> 3 & (code64 ? 15 : 7));
    insn->vex_l = last >> 2 & 1;
    static const uint8_t prefixes[] = { STATE_NONE, STATE_66, STATE_F3, STATE_F2 };
    return prefixes[last & 3] | (insn->vex_l ? STATE_X : 0);
}

/* Opcode map and opcode; state gets the prefix bits. false: undefined. */
static bool opcode_read(struct x86_insn *insn, struct reader *r, int *map, unsigned *state, unsigned code_bits)
{
    uint8_t byte = *r->p++;
    *map = MAP_ONE;
    if (byte == 0x0f) {
        byte = (uint8_t)read_signed(r, 1);
        *map = MAP_0F;
        if (byte == 0x38 || byte == 0x3a) {
            *map = byte == 0x38 ? MAP_0F38 : MAP_0F3A;
            byte = (uint8_t)read_signed(r, 1);
        }
    } else if ((byte & 0xfe) == 0xc4 && r->p < r->end && (code_bits == 64 || *r->p >= 0xc0)) {
        if (insn->prefix66 || insn->rep || insn->repne || insn->lock || insn->rex)
            return false;
        insn->vex = byte;
        int vex = vex_read(insn, r, map, code_bits);
        if (vex < 0)
            return false;
        insn->opcode = (uint8_t)read_signed(r, 1);
        *state |= (unsigned)vex;
        return true;
    }
    insn->opcode = byte;
    *state |= insn->rep ? STATE_F3 : insn->repne ? STATE_F2 : insn->prefix66 ? STATE_66 : STATE_NONE;
    if (insn->prefix66 && (insn->rep || insn->repne))
        *state |= STATE_X;
    return true;
}

static const struct compiled_row *row_find(const struct x86_decoder *decoder, const struct decode_cell *cell, unsigned modrm,
                                           unsigned state)
{
    if (cell->shape == SHAPE_EMPTY)
        return NULL;
    const uint16_t *candidate = &decoder->candidates[decoder->entries[cell->entry + decode_entry(cell->shape, modrm)]];
    for (; *candidate != NO_ROW; candidate++)
        if (decoder->rows[*candidate].accept >> state & 1)
            return &decoder->rows[*candidate];
    return NULL;
}

enum x86_decode_status x86_decode(const struct x86_decoder *decoder, struct x86_insn *insn, const uint8_t *bytes,
                                  unsigned available, unsigned code_bits)
{
    struct reader r = { bytes, bytes + MIN(available, 15u), available < 15 };
    memset(insn, 0, offsetof(struct x86_insn, operand));
    insn->segment = SEG_NONE;
    insn->base = insn->index = 255;
    insn->default_segment = SEG_DS;
    insn->operand_count = 0;
    if (!prefixes_read(insn, &r, code_bits))
        return decode_fail(insn, &r, bytes);
    insn->address_bits = (uint8_t)(code_bits == 64 ? (insn->prefix67 ? 32 : 64) : (code_bits == 16) != insn->prefix67 ? 16 : 32);

    int map;
    unsigned state = code_bits == 64 ? STATE_64 : 0;
    bool defined = opcode_read(insn, &r, &map, &state, code_bits);
    if (exhausted(&r))
        return decode_fail(insn, &r, bytes);
    if (!defined)
        return decode_undefined(insn, &r, bytes);
    const struct decode_cell *cell = &decoder->cell[map][insn->opcode];
    if (insn->rex & 8)
        state |= STATE_W;
    if (cell->has_modrm) {
        insn->has_modrm = true;
        insn->modrm = (uint8_t)read_signed(&r, 1);
        if (exhausted(&r))
            return decode_fail(insn, &r, bytes);
        if (map == MAP_0F && (insn->opcode & 0xfc) == 0x20)
            insn->modrm |= 0xc0;    /* MOV to and from CR, DR: mod is ignored (SDM 2, MOV CRn) */
        insn->mod = insn->modrm >> 6;
        insn->reg = (insn->modrm >> 3 & 7) | (insn->rex & 4) << 1;
        insn->rm = (insn->modrm & 7) | (insn->rex & 1) << 3;
        if (insn->mod == 3)
            state |= STATE_REG;
    }
    const struct compiled_row *row = row_find(decoder, cell, insn->modrm, state);
    if (!row || (row->vex && !row->uses_vvvv && insn->vvvv))
        return decode_undefined(insn, &r, bytes);
    sizes_decide(insn, row->row->flags, code_bits);
    if (insn->has_modrm && insn->mod != 3) {
        if (insn->address_bits == 16)
            memory_16(insn, &r);
        else
            memory_32(insn, &r, code_bits);
    }
    for (unsigned i = 0; i < row->operand_count; i++)
        operand_decode(insn, &insn->operand[i], &row->operand[i], &r, code_bits);
    if (exhausted(&r))
        return decode_fail(insn, &r, bytes);
    insn->operand_count = row->operand_count;
    insn->row = row->row;
    insn->length = (uint8_t)(r.p - bytes);
    memcpy(insn->bytes, bytes, insn->length);
    return X86_DECODE_OK;
}
