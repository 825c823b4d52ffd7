/* SPDX-License-Identifier: MIT */
/* The x86 decoder: every row well-formed, no two overlap, lengths against capstone, limits, prefixes. */
#include <stdio.h>
#include <string.h>
#include "target-x86/trans.h"
#include "target-x86/unit.h"

static int failures;

static void check(bool ok, const char *name, const char *why)
{
    printf(ok ? "ok %s\n" : "not ok %s: %s\n", name, why);
    failures += !ok;
}

static void test_rows(void)
{
    GString *problems = g_string_new(NULL);
    struct x86_decoder *decoder = x86_decoder_new(NULL, NULL, problems);
    fprintf(stderr, "%s", problems->str);
    check(problems->len == 0, "decode/rows", "malformed or overlapping rows, listed on stderr");
    g_string_free(problems, true);
    x86_decoder_free(decoder);
}

/* Instances written next to the rows decode to their own row, with capstone's length. */
static void test_instance(const struct x86_decoder *decoder, const struct x86_row *row, const char *text, unsigned bits)
{
    uint8_t bytes[16] = { 0 };
    unsigned count = 0;
    for (const char *p = text; *p && *p != '@' && count < 15; p++) {
        unsigned value;
        if (*p == ' ')
            continue;
        if (p[0] == 'M' && p[1] == 'O') {
            count += bytes[0] == 0x67 ? (bits == 32 ? 2 : 4) : bits / 8;
            p++;
            continue;
        }
        if (sscanf(p, "%2x", &value) == 1)
            bytes[count++] = (uint8_t)value;
        p++;
    }
    struct x86_insn insn;
    enum x86_decode_status status = x86_decode(decoder, &insn, bytes, 15, bits);
    if (status == X86_DECODE_OK && insn.row == row && insn.length == count)
        return;
    printf("# %s %s: \"%s\" in %u bits: status %d, row %s, length %u, want %u\n", row->opcode, row->name, text, bits, status,
           insn.row ? insn.row->opcode : "none", insn.length, count);
    failures++;
}

static void test_instances(void)
{
    struct x86_decoder *decoder = x86_decoder_new(NULL, NULL, NULL);
    int before = failures;
    for (unsigned t = 0; t < x86_table_count; t++) {
        for (unsigned i = 0; i < x86_tables[t]->count; i++) {
            const struct x86_row *row = &x86_tables[t]->rows[i];
            gchar **texts = g_strsplit(row->tests ? row->tests : "", ";", 0);
            for (gchar **text = texts; *text && **text; text++) {
                const char *at = strchr(*text, '@');
                for (unsigned bits = 16; bits <= 64; bits *= 2) {
                    bool wanted = at ? strstr(at, bits == 16 ? "16" : bits == 32 ? "32" : "64") != NULL
                                     : !(row->flags & (bits == 64 ? ROW_NO64 : ROW_ONLY64));
                    if (wanted)
                        test_instance(decoder, row, *text, bits);
                }
            }
            g_strfreev(texts);
        }
    }
    check(failures == before, "decode/instances", "see above");
    x86_decoder_free(decoder);
}

static void test_limits(void)
{
    struct x86_decoder *decoder = x86_decoder_new(NULL, NULL, NULL);
    struct x86_insn insn;
    uint8_t longest[16] = { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90, 0x90 };
    check(x86_decode(decoder, &insn, longest, 16, 32) == X86_DECODE_OK && insn.length == 15, "decode/15-bytes", "refused");
    longest[14] = 0x66;
    check(x86_decode(decoder, &insn, longest, 16, 32) == X86_DECODE_TOO_LONG, "decode/16-bytes", "taken");
    static const uint8_t mov[] = { 0x8b, 0x84, 0x88, 1, 2, 3, 4 };
    bool more = true;
    for (unsigned n = 0; n < sizeof mov; n++)
        more &= x86_decode(decoder, &insn, mov, n, 32) == X86_DECODE_MORE;
    check(more && x86_decode(decoder, &insn, mov, sizeof mov, 32) == X86_DECODE_OK, "decode/more", "bytes missing not seen");
    static const uint8_t undefined[] = { 0x0f, 0x0a }, vex66[] = { 0x66, 0xc4, 0xe2, 0x60, 0xf2, 0xc1 };
    check(x86_decode(decoder, &insn, undefined, 2, 32) == X86_DECODE_UD, "decode/undefined", "taken");
    check(x86_decode(decoder, &insn, vex66, 6, 64) == X86_DECODE_UD, "decode/vex-after-66", "taken");
    static const uint8_t rex_ignored[] = { 0x48, 0x66, 0x01, 0xc8 };
    check(x86_decode(decoder, &insn, rex_ignored, 4, 64) == X86_DECODE_OK && insn.operand_bits == 16, "decode/rex-not-last",
          "REX before 66 was used");
    x86_decoder_free(decoder);
}

/* Every one- and two-byte opcode with every ModRM: lengths agree with capstone where both know the instruction. */
static void test_lengths(unsigned bits)
{
    struct x86_decoder *decoder = x86_decoder_new(NULL, NULL, NULL);
    uint32_t mode = bits == 64 ? MODE_CODE64 : bits == 32 ? MODE_CODE32 : 0;
    unsigned wrong = 0, both = 0;
    for (unsigned opcode = 0; opcode < 512; opcode++) {
        for (unsigned modrm = 0; modrm < 256; modrm += 5) {
            uint8_t bytes[16] = { 0x0f, 0, 0, 0x25 };
            uint8_t *p = opcode < 256 ? bytes : bytes + 1;
            p[0] = (uint8_t)opcode;
            p[1] = (uint8_t)modrm;
            struct x86_insn insn;
            char text[80];
            if (x86_decode(decoder, &insn, bytes, 15, bits) != X86_DECODE_OK)
                continue;
            unsigned length = x86_disassemble(bytes, 15, 0, mode, text, sizeof text);
            if (!strcmp(text, "(bad)") || !strncmp(text, "ud", 2))   /* capstone takes UD0 and UD1 without ModRM */
                continue;
            both++;
            if (length != insn.length && wrong++ < 5)
                printf("# %02x %02x %02x in %u bits: %u bytes, capstone %s %u\n", bytes[0], bytes[1], bytes[2], bits,
                       insn.length, text, length);
        }
    }
    check(wrong == 0 && both > 10000, bits == 64 ? "decode/lengths64" : bits == 32 ? "decode/lengths32" : "decode/lengths16",
          "lengths differ, or too few instructions known");
    x86_decoder_free(decoder);
}

int main(void)
{
    test_rows();
    test_instances();
    test_limits();
    test_lengths(16);
    test_lengths(32);
    test_lengths(64);
    return failures != 0;
}
