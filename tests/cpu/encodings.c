/* SPDX-License-Identifier: MIT */
/*
 * Which encodings exist: every opcode of the one-byte, 0F, 0F 38 and 0F 3A maps with mandatory prefixes, LOCK and a choice of
 * ModRM bytes, on the host CPU and by our decoder. They must agree on what is #UD, but for what the host has and we do
 * not claim (listed below), what is not user code, and what would leave the test.
 */
#include <stdio.h>
#include <string.h>
#include "target-x86/trans.h"
#include "tests/cpu/instance.h"

enum { MAX_SHOWN = 60, MODRMS = 4, PREFIXES = 8 };

/* Instructions of newer or other CPUs, by map (0 = one byte, 1 = 0F ...) and opcode: not claimed on purpose. */
static const struct { uint8_t map, first, last; const char *why; } not_ours[] = {
    { 0, 0x62, 0x62, "EVEX" }, { 0, 0xc4, 0xc5, "VEX: another map" }, { 0, 0x8f, 0x8f, "XOP" },
    { 0, 0xc6, 0xc7, "TSX" }, { 1, 0x20, 0x22, "AMD: LOCK MOV CR0 is CR8" }, { 1, 0x01, 0x01, "system instructions of newer CPUs: CLZERO, MONITORX, RDPRU, XTEST" },
    { 1, 0x0e, 0x0f, "3DNow!" }, { 1, 0x78, 0x79, "SSE4a" }, { 1, 0xae, 0xae, "FSGSBASE, WAITPKG, CLWB by model" },
    { 1, 0xc7, 0xc7, "RDRAND, RDSEED, RDPID by model" }, { 1, 0x2b, 0x2b, "SSE4a" }, { 1, 0x09, 0x09, "WBNOINVD" },
    { 2, 0xcf, 0xcf, "GFNI" }, { 3, 0xce, 0xcf, "GFNI" }, { 2, 0xf5, 0xf6, "CET, WRUSS" }, { 2, 0xf8, 0xf9, "MOVDIRI" },
    { 2, 0x80, 0x83, "INVEPT, INVPCID" }, { 1, 0xa6, 0xa7, "PadLock" },
};

static bool is_prefix(unsigned map, unsigned opcode, unsigned bits)
{
    if (map == 1)
        return opcode == 0x38 || opcode == 0x3a;
    return map == 0 && (opcode == 0x0f || (opcode & 0xe7) == 0x26 || (opcode >= 0x64 && opcode <= 0x67) || opcode == 0xf0 ||
                        opcode == 0xf2 || opcode == 0xf3 || (bits == 64 && (opcode & 0xf0) == 0x40));
}

static bool skipped(unsigned map, unsigned opcode, unsigned bits)
{
    for (unsigned i = 0; i < sizeof not_ours / sizeof *not_ours; i++)
        if (not_ours[i].map == map && opcode >= not_ours[i].first && opcode <= not_ours[i].last)
            return true;
    bool leaves = map == 0 && (opcode == 0xcd || opcode == 0xcc || opcode == 0xce || opcode == 0xf1 || opcode == 0x9a || opcode == 0xff ||
                               opcode == 0xc2 || opcode == 0xc3 || (opcode >= 0xca && opcode <= 0xcf) || (opcode & 0xf0) == 0x70 ||
                               (opcode >= 0xe0 && opcode <= 0xeb) || opcode == 0x17 || opcode == 0x8e || opcode == 0x9d);
    leaves |= map == 1 && (opcode == 0x05 || opcode == 0x07 || opcode == 0x34 || opcode == 0x35 || (opcode & 0xf0) == 0x80 ||
                           opcode == 0xb2 || opcode == 0xb4 || opcode == 0xb5 || opcode == 0xa1 || opcode == 0xa9);
    return leaves || is_prefix(map, opcode, bits);
}

/* PREFETCHW of a register: #UD by AMD and here, no exception by Intel, whose opcode map has a blank there (SDM 2, table A-6). */
static bool vendors_differ(unsigned map, unsigned opcode, unsigned modrm)
{
    return map == 1 && opcode == 0x0d && modrm >= 0xc0 && host_cpu_is_intel();
}

static unsigned encode(uint8_t *bytes, unsigned map, unsigned prefix, unsigned opcode, unsigned modrm)
{
    static const uint8_t prefixes[PREFIXES][2] = { { 0 }, { 0x66 }, { 0xf3 }, { 0xf2 }, { 0xf0 }, { 0x66, 0xf3 }, { 0x66, 0xf2 },
                                                   { 0xf3, 0xf2 } };
    unsigned n = 0;
    memset(bytes, 0, 16);
    for (unsigned i = 0; i < 2 && prefixes[prefix][i]; i++)
        bytes[n++] = prefixes[prefix][i];
    if (map)
        bytes[n++] = 0x0f;
    if (map >= 2)
        bytes[n++] = map == 2 ? 0x38 : 0x3a;
    bytes[n++] = (uint8_t)opcode;
    bytes[n++] = (uint8_t)modrm;
    return n + 6;
}

static bool host_undefined(struct host_cpu *host, const uint8_t *bytes, unsigned count, enum host_mode mode, bool *known)
{
    struct host_state state = { .rip = host_rip(mode, HOST_CODE), .flags = 2 };
    for (unsigned i = 0; i < 8; i++)
        state.gpr[i] = host_base(mode) + HOST_DATA + 0x1000;
    state.gpr[1] = 1;
    state.gpr[4] = host_base(mode) + HOST_STACK + 0x1000;
    state.fx[0] = 0x7f;
    state.fx[1] = 0x03;
    state.fx[25] = 0x1f;
    state.fx[24] = 0x80;
    host_cpu_code(host, bytes, count, mode);
    *known = host_cpu_run(host, &state, mode) && !(state.vector == 6 && state.rip != host_rip(mode, HOST_CODE));
    return state.vector == 6;
}

/* As unit.c decides. */
static bool lock_refused(const struct x86_insn *insn)
{
    return insn->lock && !(insn->row->flags & ROW_LOCK && insn->operand_count && insn->operand[0].kind == OPERAND_MEM);
}

static unsigned compare_all(struct host_cpu *host, const struct x86_decoder *decoder, enum host_mode mode)
{
    static const uint8_t modrms[] = { 0x07, 0x0f, 0x17, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0xc1, 0xc8, 0xd1, 0xd9, 0xe1, 0xe9, 0xf1, 0xf9 };
    unsigned wrong = 0, bits = host_bits(mode);
    for (unsigned n = 0; n < 4 * PREFIXES * 256 * MODRMS; n++) {
        unsigned opcode = n >> 2 & 255, prefix = n >> 10 & 7, map = n >> 13 & 3;
        unsigned modrm = modrms[(n * 4 + prefix + opcode) & 15];        /* all of them over the prefixes */
        uint8_t bytes[16];
        struct x86_insn insn;
        bool known;
        if (skipped(map, opcode, bits) || vendors_differ(map, opcode, modrm))
            continue;
        unsigned count = encode(bytes, map, prefix, opcode, modrm);
        bool ours = x86_decode(decoder, &insn, bytes, 15, bits) != X86_DECODE_OK || lock_refused(&insn);
        bool theirs = host_undefined(host, bytes, count, mode, &known);
        if (!known || ours == theirs || (!ours && insn.row->flags & (ROW_CPL0 | ROW_NO_HOST)) ||
            (!ours && !host_has_feature(insn.row->feature)))
            continue;
        if (wrong++ < MAX_SHOWN)
            printf("# %u bits: %02x %02x %02x %02x %02x: %s, on the host %s\n", bits, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
                   ours ? "#UD" : insn.row->name, theirs ? "#UD" : "not");
    }
    return wrong;
}

int main(void)
{
    static const char *const names[] = { "encodings/16", "encodings/32", "", "encodings/64" };
    static const enum host_mode modes[] = { HOST_16, HOST_32, HOST_64 };
    const char *why;
    struct host_cpu *host = host_cpu_new(&why);
    struct x86_decoder *decoder = x86_decoder_new(NULL, NULL, NULL);
    unsigned failures = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (!host_cpu_has(host, modes[i])) {
            printf("skip %s: %s\n", names[modes[i]], host ? "no modify_ldt" : why);
            continue;
        }
        unsigned wrong = compare_all(host, decoder, modes[i]);
        printf(wrong ? "not ok %s: %u encodings differ\n" : "ok %s\n", names[modes[i]], wrong);
        failures += wrong;
    }
    host_cpu_free(host);
    x86_decoder_free(decoder);
    return failures != 0;
}
