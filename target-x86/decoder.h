/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_DECODER_H
#define TARGET_X86_DECODER_H
/*
 * Rows in the form that decoding uses, between row_compile.c (makes them) and decode.c (looks them up).
 *
 *   cell[map][opcode] -> entry by shape (nothing, modrm.reg and mod, or the whole modrm) -> list of candidates;
 *   the first candidate whose accept mask has the bit of the decoding state is the row.
 */
#include "target-x86/trans.h"

enum { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_VEX_0F, MAP_VEX_0F38, MAP_VEX_0F3A, MAP_COUNT };

/* The state a row accepts or not, 6 bits. */
enum {
    STATE_NONE = 0, STATE_66 = 1, STATE_F3 = 2, STATE_F2 = 3, STATE_PREFIX = 3,
    STATE_W = 1 << 2, STATE_64 = 1 << 3, STATE_REG = 1 << 4,
    STATE_X = 1 << 5,               /* 66 beside F2 or F3; VEX.L */
};

/* Where an operand comes from. */
enum x86_method {
    METHOD_NONE, METHOD_E, METHOD_G, METHOD_R, METHOD_M, METHOD_B, METHOD_S, METHOD_C, METHOD_D, METHOD_I, METHOD_SI, METHOD_J,
    METHOD_A, METHOD_O, METHOD_Z, METHOD_FIXED, METHOD_ONE, METHOD_STRING_SOURCE, METHOD_STRING_DESTINATION, METHOD_V,
    METHOD_W, METHOD_U, METHOD_P, METHOD_Q, METHOD_N, METHOD_ST0, METHOD_STI, METHOD_SEG, METHOD_H,
};
/* Sizes that depend on prefixes; others are the number of bits. */
enum { SIZE_NONE = 0, SIZE_V = 1, SIZE_Z = 2, SIZE_Y = 3, SIZE_P = 4, SIZE_S = 5, SIZE_A = 6, SIZE_X = 7 };

struct x86_operand_code {
    uint8_t method, reg;            /* reg: of METHOD_FIXED, METHOD_SEG */
    uint16_t size, memory_size;     /* memory_size: when the operand is in memory, of E and W */
};

struct compiled_row {
    const struct x86_row *row;
    uint64_t accept;
    struct x86_operand_code operand[4];
    uint8_t operand_count;
    bool has_modrm, vex, uses_vvvv;
};

enum { SHAPE_EMPTY, SHAPE_PLAIN, SHAPE_REG, SHAPE_MODRM };
struct decode_cell { uint16_t entry; uint8_t shape; bool has_modrm; };

struct x86_decoder {
    struct decode_cell cell[MAP_COUNT][256];
    uint16_t *entries;              /* index of the first candidate */
    uint16_t *candidates;           /* rows, each list ended by NO_ROW */
    struct compiled_row *rows;
    unsigned row_count;
};
enum { NO_ROW = 0xffff };

/* Which entry of its cell a modrm byte selects. */
static inline unsigned decode_entry(unsigned shape, unsigned modrm)
{
    switch (shape) {
    case SHAPE_REG:
        return (modrm >> 3 & 7) | (modrm >= 0xc0 ? 8 : 0);
    case SHAPE_MODRM:
        return modrm >= 0xc0 ? 8 + (modrm & 0x3f) : modrm >> 3 & 7;
    default:
        return 0;
    }
}

#endif
