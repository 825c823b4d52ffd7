/* SPDX-License-Identifier: MIT */
#ifndef TCG_HOST_ENCODE_H
#define TCG_HOST_ENCODE_H
/* The encoder: rows of rows.def to bytes at a cursor. It knows nothing of the IR. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, HOST_REGS, NO_REG = 0xff };

enum host_row_flag {
    HOST_B = 1 << 0, HOST_W = 1 << 1, HOST_M8 = 1 << 2, HOST_M16 = 1 << 3, HOST_XR = 1 << 4, HOST_XE = 1 << 5,
    HOST_F = 1 << 6, HOST_I8 = 1 << 7, HOST_IV = 1 << 8, HOST_IS = 1 << 9, HOST_C = 1 << 10, HOST_V = 1 << 11,
    HOST_M32 = 1 << 12, HOST_R32 = 1 << 13, HOST_D64 = 1 << 14, HOST_MEM = 1 << 15,
};

enum host_row_name {
#define HOST_ROW(name, ...) H_##name,
#include "tcg/host-x86_64/rows.def"
#undef HOST_ROW
    H_ROW_COUNT
};

struct host_row { uint8_t prefix, map, opcode; int8_t ext; uint16_t flags; const char *text; };
extern const struct host_row host_rows[H_ROW_COUNT];

/* [base + index << scale + disp]; base or index may be NO_REG. */
struct host_mem { uint8_t base, index, scale; int32_t disp; };
static inline struct host_mem host_mem(unsigned base, int32_t disp)
{
    return (struct host_mem){ (uint8_t)base, NO_REG, 0, disp };
}

/* Where code is written. eflags_hook, when set, is called before an instruction that changes EFLAGS. */
struct host_code {
    uint8_t *p;
    void (*eflags_hook)(struct host_code *code);
};

/* w: operand size in bits. reg is ext for rows that have one (pass 0). */
void host_rr(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, unsigned rm);
void host_rm(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, struct host_mem m);
void host_rri(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, unsigned rm, int32_t imm);
void host_rmi(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, struct host_mem m, int32_t imm);
void host_vrr(struct host_code *c, enum host_row_name row, unsigned w, unsigned reg, unsigned vvvv, unsigned rm, int32_t imm);
static inline void host_ri(struct host_code *c, enum host_row_name row, unsigned w, unsigned rm, int32_t imm)
{
    host_rri(c, row, w, 0, rm, imm);
}
static inline void host_r(struct host_code *c, enum host_row_name row, unsigned w, unsigned rm)
{
    host_rr(c, row, w, 0, rm);
}
void host_cc_r(struct host_code *c, enum host_row_name row, unsigned cond, unsigned w, unsigned reg, unsigned rm);
void host_cc_m(struct host_code *c, enum host_row_name row, unsigned cond, unsigned w, unsigned reg, struct host_mem m);
/* What has no modrm byte. */
void host_mov_imm(struct host_code *c, unsigned reg, uint64_t value);      /* leaves EFLAGS alone */
void host_bswap(struct host_code *c, unsigned w, unsigned reg);
void host_push(struct host_code *c, unsigned reg);
void host_pop(struct host_code *c, unsigned reg);
void host_byte(struct host_code *c, unsigned byte);
void host_u32(struct host_code *c, uint32_t value);
/* movzx/mov between a byte register 4-7 meaning AH, CH, DH, BH and another without REX. */
void host_movzx_high(struct host_code *c, unsigned reg, unsigned from);    /* movzx r32, {a,c,d,b}h */
void host_mov_to_high(struct host_code *c, unsigned to, unsigned from);    /* mov {a,c,d,b}h, {a,c,d,b}l */
/* Jumps with a 32-bit displacement; return where the displacement lies. */
uint8_t *host_jcc(struct host_code *c, unsigned cond);
uint8_t *host_jmp(struct host_code *c);
uint8_t *host_call(struct host_code *c);
uint8_t *host_jcc8(struct host_code *c, unsigned cond);
static inline void host_patch8(uint8_t *at, const uint8_t *target) { *at = (uint8_t)(target - (at + 1)); }
static inline void host_patch32(uint8_t *at, int64_t displacement)
{
    const int32_t d = (int32_t)displacement;
    __builtin_memcpy(at, &d, 4);
}

#endif
