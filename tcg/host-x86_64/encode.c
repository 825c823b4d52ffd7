/* SPDX-License-Identifier: MIT */
/*
 * Encoder for x86-64 (SDM volume 2, chapter 2 and appendix B): prefix, REX or VEX, opcode, modrm, SIB, displacement,
 * immediate. All from the rows of rows.def; only what has no modrm byte is written out here.
 */
#include <string.h>
#include "tcg/host-x86_64/encode.h"

enum {
    B = HOST_B, W = HOST_W, M8 = HOST_M8, M16 = HOST_M16, XR = HOST_XR, XE = HOST_XE, F = HOST_F, I8 = HOST_I8,
    IV = HOST_IV, IS = HOST_IS, C = HOST_C, V = HOST_V, M32 = HOST_M32, R32 = HOST_R32, D64 = HOST_D64, MEM = HOST_MEM,
};

const struct host_row host_rows[H_ROW_COUNT] = {
#define HOST_ROW(name, prefix, map, opcode, ext, flags, text) [H_##name] = { prefix, map, opcode, ext, flags, text },
#include "tcg/host-x86_64/rows.def"
#undef HOST_ROW
};

void host_byte(struct host_code *c, unsigned byte)
{
    *c->p++ = (uint8_t)byte;
}

void host_u32(struct host_code *c, uint32_t value)
{
    memcpy(c->p, &value, 4);
    c->p += 4;
}

static inline bool needs_rex8(const struct host_row *r, unsigned w, unsigned reg, unsigned rm, bool rm_is_reg)
{
    const bool byte = w == 8 && (r->flags & HOST_B);
    return (byte && r->ext < 0 && reg >= 4 && reg < 8) ||
           (rm_is_reg && (byte || (r->flags & HOST_M8)) && rm >= 4 && rm < 8);
}

/* Prefixes and opcode. x: index register's high bit. */
static inline void head(struct host_code *c, const struct host_row *r, unsigned w, unsigned reg, unsigned x, unsigned rm,
                        bool rm_is_reg, unsigned cond)
{
    if (__builtin_expect((r->flags & HOST_F) && c->eflags_hook, 0))
        c->eflags_hook(c);
    uint8_t *p = c->p;
    if (w == 16 && (r->flags & HOST_W))
        *p++ = 0x66;
    if (r->prefix)
        *p++ = r->prefix;
    unsigned rex = (w == 64 && (r->flags & HOST_W) ? 8 : 0) | (reg >> 3 & 1) << 2 | (x >> 3 & 1) << 1 | (rm >> 3 & 1);
    if (rex || needs_rex8(r, w, reg, rm, rm_is_reg))
        *p++ = (uint8_t)(0x40 | rex);
    if (r->map) {
        *p++ = 0x0f;
        if (r->map > 1)
            *p++ = r->map == 2 ? 0x38 : 0x3a;
    }
    *p++ = (uint8_t)(r->opcode - (w == 8 && (r->flags & HOST_B)) + cond);
    c->p = p;
}

static inline void modrm_mem(struct host_code *c, unsigned reg, struct host_mem m)
{
    uint8_t *p = c->p;
    reg = (reg & 7) << 3;
    if (m.base == NO_REG) {         /* no base: SIB with disp32 */
        *p++ = (uint8_t)(reg | 4);
        *p++ = (uint8_t)(m.scale << 6 | (m.index == NO_REG ? 4 : m.index & 7) << 3 | 5);
        memcpy(p, &m.disp, 4);
        c->p = p + 4;
        return;
    }
    const bool sib = m.index != NO_REG || (m.base & 7) == RSP;
    const unsigned mod = m.disp == 0 && (m.base & 7) != RBP ? 0 : m.disp == (int8_t)m.disp ? 0x40 : 0x80;
    *p++ = (uint8_t)(mod | reg | (sib ? 4 : m.base & 7));
    if (sib)
        *p++ = (uint8_t)(m.scale << 6 | (m.index == NO_REG ? 4 : m.index & 7) << 3 | (m.base & 7));
    if (mod == 0x40) {
        *p++ = (uint8_t)m.disp;
    } else if (mod == 0x80) {
        memcpy(p, &m.disp, 4);
        p += 4;
    }
    c->p = p;
}

static void immediate(struct host_code *c, const struct host_row *r, unsigned w, int32_t imm)
{
    if ((r->flags & HOST_I8) || w == 8) {
        host_byte(c, (uint8_t)imm);
    } else if (w == 16) {
        host_byte(c, (uint8_t)imm);
        host_byte(c, (uint8_t)(imm >> 8));
    } else {
        host_u32(c, (uint32_t)imm);
    }
}

void host_rr(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, unsigned rm)
{
    const struct host_row *r = &host_rows[row];
    if (r->ext >= 0)
        reg = (unsigned)r->ext;
    head(c, r, w, reg, 0, rm, true, 0);
    host_byte(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void host_rm(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, struct host_mem m)
{
    const struct host_row *r = &host_rows[row];
    if (r->ext >= 0)
        reg = (unsigned)r->ext;
    head(c, r, w, reg, m.index == NO_REG ? 0 : m.index, m.base == NO_REG ? 0 : m.base, false, 0);
    modrm_mem(c, reg, m);
}

/* Whether the short form with a sign-extended byte serves. */
static bool short_form(const struct host_row *r, unsigned w, int32_t imm)
{
    return (r->flags & HOST_IS) && w != 8 && imm == (int8_t)imm;
}

void host_rri(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, unsigned rm, int32_t imm)
{
    const struct host_row *r = &host_rows[row];
    if (r->ext >= 0)
        reg = (unsigned)r->ext;
    const bool is_short = short_form(r, w, imm);
    head(c, r, w, reg, 0, rm, true, is_short ? 2 : 0);
    host_byte(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
    if (is_short) {
        host_byte(c, (uint8_t)imm);
    } else {
        immediate(c, r, w, imm);
    }
}

void host_rmi(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, struct host_mem m, int32_t imm)
{
    const struct host_row *r = &host_rows[row];
    if (r->ext >= 0)
        reg = (unsigned)r->ext;
    const bool is_short = short_form(r, w, imm);
    head(c, r, w, reg, m.index == NO_REG ? 0 : m.index, m.base == NO_REG ? 0 : m.base, false, is_short ? 2 : 0);
    modrm_mem(c, reg, m);
    if (is_short) {
        host_byte(c, (uint8_t)imm);
    } else {
        immediate(c, r, w, imm);
    }
}

void host_cc_r(struct host_code *c, enum host_row_name row, unsigned cond, unsigned w, unsigned reg, unsigned rm)
{
    const struct host_row *r = &host_rows[row];
    if (r->ext >= 0)
        reg = (unsigned)r->ext;
    head(c, r, w, reg, 0, rm, true, cond);
    host_byte(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void host_cc_m(struct host_code *c, enum host_row_name row, unsigned cond, unsigned w, unsigned reg, struct host_mem m)
{
    const struct host_row *r = &host_rows[row];
    if (r->ext >= 0)
        reg = (unsigned)r->ext;
    head(c, r, w, reg, m.index == NO_REG ? 0 : m.index, m.base, false, cond);
    modrm_mem(c, reg, m);
}

void host_vrr(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, unsigned vvvv, unsigned rm, int32_t imm)
{
    const struct host_row *r = &host_rows[row];
    const unsigned pp = r->prefix == 0x66 ? 1 : r->prefix == 0xf3 ? 2 : r->prefix == 0xf2 ? 3 : 0;
    if ((r->flags & HOST_F) && c->eflags_hook)
        c->eflags_hook(c);
    if (vvvv == NO_REG)
        vvvv = 0;
    host_byte(c, 0xc4);
    host_byte(c, (reg & 8 ? 0 : 0x80) | 0x40 | (rm & 8 ? 0 : 0x20) | r->map);
    host_byte(c, (w == 64 ? 0x80 : 0) | (~vvvv & 15) << 3 | pp);
    host_byte(c, r->opcode);
    host_byte(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
    if (r->flags & HOST_I8)
        host_byte(c, (uint8_t)imm);
}

void host_mov_imm(struct host_code *c, unsigned reg, uint64_t value)
{
    if (value == (uint32_t)value) {
        if (reg >= 8)
            host_byte(c, 0x41);
        host_byte(c, 0xb8 | (reg & 7));
        host_u32(c, (uint32_t)value);
    } else if (value == (uint64_t)(int64_t)(int32_t)value) {
        host_ri(c, H_MOV_I, 64, reg, (int32_t)value);
    } else {
        host_byte(c, reg >= 8 ? 0x49 : 0x48);
        host_byte(c, 0xb8 | (reg & 7));
        memcpy(c->p, &value, 8);
        c->p += 8;
    }
}

void host_bswap(struct host_code *c, unsigned w, unsigned reg)
{
    const unsigned rex = (w == 64 ? 8 : 0) | (reg >> 3 & 1);
    if (rex)
        host_byte(c, 0x40 | rex);
    host_byte(c, 0x0f);
    host_byte(c, 0xc8 | (reg & 7));
}

void host_push(struct host_code *c, unsigned reg)
{
    if (reg >= 8)
        host_byte(c, 0x41);
    host_byte(c, 0x50 | (reg & 7));
}

void host_pop(struct host_code *c, unsigned reg)
{
    if (reg >= 8)
        host_byte(c, 0x41);
    host_byte(c, 0x58 | (reg & 7));
}

void host_movzx_high(struct host_code *c, unsigned reg, unsigned from)
{
    host_byte(c, 0x0f);
    host_byte(c, 0xb6);
    host_byte(c, 0xc0 | reg << 3 | (from + 4));
}

void host_mov_to_high(struct host_code *c, unsigned to, unsigned from)
{
    host_byte(c, 0x88);
    host_byte(c, 0xc0 | from << 3 | (to + 4));
}

uint8_t *host_jcc(struct host_code *c, unsigned cond)
{
    host_byte(c, 0x0f);
    host_byte(c, 0x80 | cond);
    host_u32(c, 0);
    return c->p - 4;
}

uint8_t *host_jcc8(struct host_code *c, unsigned cond)
{
    host_byte(c, 0x70 | cond);
    host_byte(c, 0);
    return c->p - 1;
}

uint8_t *host_jmp(struct host_code *c)
{
    host_byte(c, 0xe9);
    host_u32(c, 0);
    return c->p - 4;
}

uint8_t *host_call(struct host_code *c)
{
    host_byte(c, 0xe8);
    host_u32(c, 0);
    return c->p - 4;
}
