/* SPDX-License-Identifier: MIT */
/*
 * Random states: values that matter (0, 1, -1, borders, single bits) beside uniform ones, address registers such that the
 * memory operand lies in the data area, floating-point values of every class in XMM and x87 registers.
 */
#include "tests/cpu/instance.h"
#include <cpuid.h>
#include <stdio.h>
#include <string.h>

enum { DATA_SPAN = 0x1000, DATA_ORIGIN = HOST_DATA + 0x1000, STACK_TOP = HOST_STACK + 0x2000, MOFFS = DATA_ORIGIN + 0x40 };

uint64_t random_next(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15ull);          /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

bool host_has_feature(enum x86_feature feature)
{
    static const struct { uint32_t leaf, subleaf; uint8_t reg, bit; } features[] = {
#define X86_FEATURE(name, leaf, subleaf, reg, bit, text) { leaf, subleaf, reg, bit },
#include "target-x86/features.def"
#undef X86_FEATURE
    };
    uint32_t r[4] = { 0 };
    if (feature == FEAT_NONE)
        return true;
    __get_cpuid_count(features[feature].leaf, features[feature].subleaf, &r[0], &r[1], &r[2], &r[3]);
    return r[features[feature].reg] >> features[feature].bit & 1;
}

static uint64_t random_value(uint64_t *seed)
{
    static const uint64_t special[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
                                        0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xfffffffffffffffe };
    uint64_t r = random_next(seed);
    switch (r & 7) {
    case 0: case 1: return special[r >> 8 & 15];
    case 2: return 1ull << (r >> 8 & 63);
    case 3: return r >> 8 & 0xff;
    case 4: return (uint64_t)(int64_t)(int8_t)(r >> 8);
    default: return random_next(seed);
    }
}

static float random_float(uint64_t *seed)
{
    static const uint32_t special[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
                                        0xffc12345, 1, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x3f000000 };
    uint64_t r = random_next(seed);
    uint32_t bits = (r & 3) == 0 ? special[r >> 8 & 15] : (r & 3) == 1 ? (uint32_t)(r >> 32)
                    : (uint32_t)((r >> 32 & 0x807fffff) | (0x70 + (r >> 16 & 31)) << 23);
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static uint64_t random_double_bits(uint64_t *seed)
{
    static const uint64_t special[] = { 0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000,
                                        0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 1, 0x000fffffffffffff,
                                        0x0010000000000000, 0x7fefffffffffffff, 0x41e0000000000000, 0xc1e0000000000000,
                                        0x43e0000000000000, 0x3fe0000000000000 };
    uint64_t r = random_next(seed);
    if ((r & 3) == 0)
        return special[r >> 8 & 15];
    if ((r & 3) == 1)
        return random_next(seed);
    return (random_next(seed) & 0x800fffffffffffff) | (uint64_t)(0x3e0 + (r >> 8 & 63)) << 52;
}

static void random_vector(uint8_t *out, uint64_t *seed)
{
    uint64_t kind = random_next(seed) & 3;
    for (unsigned i = 0; i < 4; i++) {
        float f = random_float(seed);
        memcpy(out + 4 * i, &f, 4);
    }
    for (unsigned i = 0; i < 2 && kind; i++) {
        uint64_t value = kind == 1 ? random_double_bits(seed) : random_value(seed);
        memcpy(out + 8 * i, &value, 8);
    }
}

static void random_extended(uint8_t *out, uint64_t *seed)
{
    uint64_t r = random_next(seed), significand = random_next(seed) | 1ull << 63;
    uint16_t exponent = (uint16_t)(0x3fe0 + (r & 63));
    switch (r >> 8 & 15) {
    case 0: significand = 0; exponent = 0; break;
    case 1: significand = 1ull << 63; exponent = 0x7fff; break;
    case 2: significand = 3ull << 62; exponent = 0x7fff; break;
    case 3: exponent = 0x7fff; break;
    case 4: significand >>= 1 + (r >> 16 & 31); exponent = 0; break;
    case 5: exponent = (uint16_t)(random_next(seed) % 0x7fff); break;
    case 6: significand = 1ull << 63; exponent = 0x3fff; break;
    case 7: significand = random_next(seed); break;
    }
    exponent |= (uint16_t)(r >> 32 & 0x8000);
    memcpy(out, &significand, 8);
    memcpy(out + 8, &exponent, 2);
}

static void fx_random(uint8_t *fx, uint64_t *seed)
{
    uint64_t r = random_next(seed);
    uint16_t control = 0x037f, status = (uint16_t)((r & 7) << 11 | (r & 0x4700));
    uint32_t mxcsr = 0x1f80;
    memset(fx, 0, 512);
    if (r & 1 << 20)
        control = (uint16_t)((control & ~0xf00) | (r & 0xc00) | (r & 0x2000 ? 0x300 : 0x200));
    if (r & 1 << 21)
        mxcsr |= (uint32_t)((r >> 32 & 0xe000) | (r >> 32 & 0x40));
    if (!(r & 7ull << 40))          /* exceptions unmasked: #XM, and what a pending #MF leaves behind */
        mxcsr &= (uint32_t)~(r >> 44 & 0x1380);     /* but overflow and underflow, see target-x86/mxcsr.c */
    if (!(r & 7ull << 43))
        control &= (uint16_t)~(r >> 52 & 0x3f);
    fx[4] = r & 0x300000 ? 0xff : (uint8_t)(r >> 24);      /* usually all registers in use */
    memcpy(fx, &control, 2);
    memcpy(fx + 2, &status, 2);
    memcpy(fx + 24, &mxcsr, 4);
    memset(fx + 28, 0xff, 2);
    for (unsigned i = 0; i < 8; i++)
        random_extended(fx + 32 + 16 * i, seed);
    for (unsigned i = 0; i < 16; i++)
        random_vector(fx + 160 + 16 * i, seed);
}

static unsigned moffs_bytes(const uint8_t *bytes, unsigned bits)
{
    bool prefix67 = bytes[0] == 0x67;
    return bits == 16 ? (prefix67 ? 4 : 2) : bits == 32 ? (prefix67 ? 2 : 4) : prefix67 ? 4 : 8;
}

static void bytes_read(struct instance *instance, const char *text, unsigned bits)
{
    unsigned value;
    for (const char *p = text; *p && *p != '@' && instance->count < 15; p++) {
        if (*p == ' ')
            continue;
        if (p[0] == 'M' && p[1] == 'O') {
            unsigned bytes = moffs_bytes(instance->bytes, bits);
            uint64_t address = (bytes == 2 || bits == 16 ? 0 : HOST_REGION) + MOFFS;
            memcpy(instance->bytes + instance->count, &address, bytes);
            instance->count += bytes;
        } else if (sscanf(p, "%2x", &value) == 1) {
            instance->bytes[instance->count++] = (uint8_t)value;
        }
        p++;
    }
}

bool instance_parse(struct instance *instance, const struct x86_decoder *decoder, const struct x86_row *row, const char *text,
                    unsigned bits)
{
    const char *at = strchr(text, '@');
    bool wanted = at ? strstr(at, bits == 16 ? "@16" : bits == 32 ? "@32" : "@64") != NULL
                     : !(row->flags & (bits == 64 ? ROW_NO64 : ROW_ONLY64));
    if (!wanted)
        return false;
    *instance = (struct instance){ .row = row };
    snprintf(instance->text, sizeof instance->text, "%s", text);
    bytes_read(instance, text, bits);
    if (x86_decode(decoder, &instance->insn, instance->bytes, 15, bits) != X86_DECODE_OK || instance->insn.row != row)
        return false;
    instance->mode = bits == 16 ? HOST_16 : bits == 64 ? HOST_64 : instance->insn.address_bits == 16 ? HOST_32_SEGMENTS : HOST_32;
    return true;
}

static bool is_string(const struct instance *instance)
{
    const char *operands = instance->row->operands;
    return strchr(operands, 'X') || strchr(operands, 'Y');
}

/* Where rights change: partly or wholly in a page that is read-only or not present. */
static uint64_t border_offset(bool aligned, uint64_t *seed)
{
    uint64_t r = random_next(seed), border = r & 1 ? HOST_READ_ONLY : HOST_ABSENT;
    int distance = (int)(r >> 8 & 31) - 16;
    return border + (uint64_t)(aligned ? (distance < 0 ? -16 : 0) : distance);
}

/* Across the segment limit; nowhere in 32-bit flat segments; around the end of canonical addresses, but not across it. */
static uint64_t beyond(const struct instance *instance, bool aligned, uint64_t *seed)
{
    uint64_t r = random_next(seed), low = aligned ? 0 : r & 15;
    if (instance->mode == HOST_32)
        return 0x1000 + low;
    if (instance->mode != HOST_64)
        return 0xfff0 + low;
    uint64_t places[] = { 0x800000000000, 0x7fffffffe000, 0xffff7fffffffffc0, 1ull << 62 };
    return places[r >> 8 & 3] + low;
}

static uint64_t data_offset(const struct instance *instance, uint64_t *seed)
{
    uint64_t offset = DATA_ORIGIN + (random_next(seed) & (DATA_SPAN - 1) & ~63ull);
    /* SHA: the SDM wants an aligned operand, AMD's processors take any. */
    bool aligned = instance->row->flags & ROW_ALIGN16 && (random_next(seed) % 8 || !strncmp(instance->row->name, "SHA", 3));
    if ((random_next(seed) & 3) == 0 && !aligned)
        offset += random_next(seed) & 63;
    if (random_next(seed) % 5 == 0)
        offset = border_offset(aligned, seed);
    if (random_next(seed) % 12 == 0)
        return beyond(instance, aligned, seed);
    return offset + host_base(instance->mode);
}

/* Makes base + index * scale + disp come out at the address. */
static void address_registers(const struct instance *instance, struct host_state *state, uint64_t *seed)
{
    const struct x86_insn *insn = &instance->insn;
    uint64_t address = data_offset(instance, seed) - (uint64_t)insn->disp;
    if (insn->base >= 16 && insn->index >= 16)
        return;
    if (insn->index < 16) {
        uint64_t index = random_next(seed) & 15;
        state->gpr[insn->index] = index;
        address -= index << insn->scale;
        if (insn->base == insn->index) {
            state->gpr[insn->base] = (address + (index << insn->scale)) >> (insn->scale ? 0 : 1);
            return;
        }
    }
    if (insn->base < 16 && insn->base != R_SP)
        state->gpr[insn->base] = insn->address_bits == 16 ? address & 0xffff : insn->address_bits == 32 ? (uint32_t)address : address;
}

static bool starts_with(const char *text, const char *start) { return !g_ascii_strncasecmp(text, start, strlen(start)); }

static void special_registers(const struct instance *instance, struct host_state *state, uint64_t *seed)
{
    const struct x86_insn *insn = &instance->insn;
    uint64_t base = host_base(instance->mode);
    if (is_string(instance)) {
        state->gpr[R_SI] = data_offset(instance, seed);
        state->gpr[R_DI] = data_offset(instance, seed);
        state->gpr[R_CX] = random_next(seed) % 24;
        state->flags |= random_next(seed) & 0x400;
    }
    if (starts_with(instance->row->name, "xlat"))
        state->gpr[R_BX] = base + DATA_ORIGIN;
    if (starts_with(instance->row->name, "MASKMOV")) {      /* which byte faults is the processor's choice: none here */
        state->gpr[R_DI] = base + DATA_ORIGIN + (random_next(seed) & 0xff);
        state->flags &= ~(uint64_t)EFL_AC;
    }
    if (starts_with(instance->row->name, "leave") || starts_with(instance->row->name, "enter"))
        state->gpr[R_BP] = base + STACK_TOP - 0x100 + (random_next(seed) & 0x78);
    /* A bit string: keep the bit offset near. */
    if (insn->operand_count == 2 && insn->operand[0].kind == OPERAND_MEM && insn->operand[1].kind == OPERAND_GPR &&
        starts_with(instance->row->name, "bt"))
        state->gpr[insn->operand[1].reg] = random_next(seed) % 0x3000 - 0x1800;
}

void instance_state(const struct instance *instance, struct host_state *state, uint8_t *region, uint64_t *seed)
{
    memset(state, 0, sizeof *state);
    for (unsigned i = 0; i < 16; i++)
        state->gpr[i] = random_value(seed);
    state->flags = (random_next(seed) & EFL_ARITHMETIC) | EFL_ONE | EFL_IF;
    if (random_next(seed) % 8 == 0)
        state->flags |= EFL_AC;     /* alignment checks, at CPL 3 */
    fx_random(state->fx, seed);
    for (unsigned i = HOST_DATA; i < HOST_READ_ONLY; i += 8) {
        uint64_t value = i & 8 ? random_next(seed) : random_value(seed);
        if ((random_next(seed) & 7) == 0)
            value = random_double_bits(seed);
        memcpy(region + i, &value, 8);
    }
    state->gpr[R_SP] = host_base(instance->mode) + STACK_TOP - (random_next(seed) & 0xf0);
    if (random_next(seed) % 12 == 0)
        state->gpr[R_SP] = host_base(instance->mode) + border_offset(true, seed) + 8 * (random_next(seed) & 1);
    else if (random_next(seed) % 24 == 0 && instance->mode == HOST_64)
        state->gpr[R_SP] = beyond(instance, false, seed) & ~7ull;
    if (instance->insn.has_modrm && instance->insn.mod != 3)
        address_registers(instance, state, seed);
    special_registers(instance, state, seed);
    state->rip = host_rip(instance->mode, HOST_CODE);
    for (unsigned i = 0; i < 16 && instance->mode != HOST_64; i++)
        state->gpr[i] = i < 8 ? (uint32_t)state->gpr[i] : 0;
}
