/* SPDX-License-Identifier: MIT */
/*
 * Compiles the rows of all chapters into a decoder's dispatch tables, once for a CPU model.
 *
 *   "66 0F 3A 16 /r" "Ey,Vdq,Ib"  ->  map, opcodes, modrm range, accept mask, operand codes  ->  cells
 *
 * The notation is that of the Intel SDM, volume 2 (section 3.1.1 and appendix A.2); trans.h lists what is understood.
 * Two rows overlap when both accept a state of one cell with equal claim; a row that names its own 66, F2 or F3
 * comes before one that takes any prefix. Overlaps and malformed rows are reported; a test wants none.
 */
#include <stdlib.h>
#include <string.h>
#include "target-x86/decoder.h"

/* What the opcode string of one row says. */
struct pattern {
    int map, opcode, opcodes;       /* opcodes: how many, from opcode on */
    int modrm, modrms;              /* fixed modrm bytes, -1 none */
    int digit;                      /* /0../7, -1 none */
    bool has_modrm, vex, own_prefix;
    uint8_t prefixes;               /* bit n: STATE_PREFIX value n is accepted */
    int w, l;                       /* -1: any */
    bool error;
};

struct place { uint16_t row; struct pattern pattern; bool memory, reg; };

struct builder {
    struct x86_decoder *decoder;
    struct place *places;
    unsigned count;
    GArray *entries, *candidates;
    GString *problems;
};

static void problem(struct builder *b, const struct x86_row *row, const char *text, const struct x86_row *other)
{
    if (b->problems)
        g_string_append_printf(b->problems, "%s (%s): %s%s%s%s%s\n", row->opcode, row->name, text, other ? " " : "",
                               other ? other->opcode : "", other ? " " : "", other ? other->name : "");
}

static void pattern_vex_part(struct pattern *p, const char *part)
{
    static const struct { const char *name; int what, value; } parts[] = {
        { "VEX", 0, 0 }, { "NDS", 0, 0 }, { "NDD", 0, 0 }, { "LZ", 1, 0 }, { "L0", 1, 0 }, { "128", 1, 0 }, { "L1", 1, 1 },
        { "256", 1, 1 }, { "LIG", 1, -1 }, { "66", 2, 1 << STATE_66 }, { "F3", 2, 1 << STATE_F3 }, { "F2", 2, 1 << STATE_F2 },
        { "NP", 2, 1 << STATE_NONE }, { "0F", 3, MAP_VEX_0F }, { "0F38", 3, MAP_VEX_0F38 }, { "0F3A", 3, MAP_VEX_0F3A },
        { "W0", 4, 0 }, { "W1", 4, 1 }, { "WIG", 4, -1 },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (strcmp(part, parts[i].name))
            continue;
        int value = parts[i].value;
        switch (parts[i].what) {
        case 1: p->l = value; break;
        case 2: p->prefixes = (uint8_t)value; break;
        case 3: p->map = value; break;
        case 4: p->w = value; break;
        }
        return;
    }
    p->error = true;
}

static void pattern_vex(struct pattern *p, const char *token)
{
    gchar **parts = g_strsplit(token, ".", 0);
    p->vex = p->own_prefix = true;
    p->prefixes = 1 << STATE_NONE;
    for (gchar **part = parts; *part; part++)
        pattern_vex_part(p, *part);
    g_strfreev(parts);
}

/* A hexadecimal byte, perhaps with "+r", "+i" or "+cc" behind it. */
static void pattern_byte(struct pattern *p, const char *token)
{
    char *end;
    int byte = (int)strtol(token, &end, 16);
    int count = !strcmp(end, "+cc") ? 16 : !strcmp(end, "+r") || !strcmp(end, "+i") ? 8 : 1;
    if (end != token + 2 || (*end && count == 1)) {
        p->error = true;
    } else if (p->opcode >= 0) {
        p->modrm = byte;
        p->modrms = count;
        p->has_modrm = true;
    } else if (!p->vex && p->map == MAP_ONE && byte == 0x0f) {
        p->map = MAP_0F;
    } else if (!p->vex && p->map == MAP_0F && (byte == 0x38 || byte == 0x3a)) {
        p->map = byte == 0x38 ? MAP_0F38 : MAP_0F3A;
    } else if (!p->vex && p->map == MAP_ONE && (byte == 0x66 || byte == 0xf2 || byte == 0xf3) && !p->own_prefix) {
        p->prefixes = byte == 0x66 ? 1 << STATE_66 : byte == 0xf3 ? 1 << STATE_F3 : 1 << STATE_F2;
        p->own_prefix = true;
    } else {
        p->opcode = byte;
        p->opcodes = count;
    }
}

static bool is_decoration(const char *token)
{
    static const char *const known[] = { "ib", "iw", "iz", "id", "io", "cb", "cw", "cd", "cp", "+", "" };
    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (!strcmp(token, known[i]))
            return true;
    return false;
}

static struct pattern pattern_parse(const char *opcode)
{
    struct pattern p = { .opcode = -1, .modrm = -1, .digit = -1, .w = -1, .l = -1, .prefixes = 0xf };
    gchar **tokens = g_strsplit(opcode, " ", 0);
    for (gchar **token = tokens; *token; token++) {
        const char *s = *token;
        if (is_decoration(s)) {
            continue;
        } else if (!strcmp(s, "NP")) {
            p.prefixes = 1 << STATE_NONE;
            p.own_prefix = true;
        } else if (!strcmp(s, "NFx")) {
            p.prefixes = 1 << STATE_NONE | 1 << STATE_66;
        } else if (!strcmp(s, "REX.W") || !strcmp(s, "W1")) {
            p.w = 1;
        } else if (!strcmp(s, "W0")) {
            p.w = 0;
        } else if (!strncmp(s, "VEX", 3)) {
            pattern_vex(&p, s);
        } else if (!strcmp(s, "/r")) {
            p.has_modrm = true;
        } else if (s[0] == '/' && s[1] >= '0' && s[1] <= '7' && !s[2]) {
            p.has_modrm = true;
            p.digit = s[1] - '0';
        } else {
            pattern_byte(&p, s);
        }
    }
    g_strfreev(tokens);
    p.error |= p.opcode < 0;
    return p;
}

static int size_of(const char *s)
{
    static const struct { const char *name; int size; } sizes[] = {
        { "", SIZE_NONE }, { "b", 8 }, { "w", 16 }, { "d", 32 }, { "q", 64 }, { "dq", 128 }, { "v", SIZE_V }, { "z", SIZE_Z },
        { "y", SIZE_Y }, { "p", SIZE_P }, { "s", SIZE_S }, { "a", SIZE_A }, { "x", SIZE_X }, { "ss", 32 }, { "sd", 64 },
        { "ps", 128 }, { "pd", 128 }, { "t", 80 }, { "pi", 64 },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (!strcmp(s, sizes[i].name))
            return sizes[i].size;
    return -1;
}

static bool operand_fixed(const char *s, struct x86_operand_code *code)
{
    static const struct { const char *name; uint8_t method, reg; uint16_t size; } fixed[] = {
        { "AL", METHOD_FIXED, R_AX, 8 }, { "CL", METHOD_FIXED, R_CX, 8 }, { "AX", METHOD_FIXED, R_AX, 16 },
        { "DX", METHOD_FIXED, R_DX, 16 }, { "eAX", METHOD_FIXED, R_AX, SIZE_Z }, { "rAX", METHOD_FIXED, R_AX, SIZE_V },
        { "rDX", METHOD_FIXED, R_DX, SIZE_V }, { "1", METHOD_ONE, 0, 8 }, { "ST", METHOD_ST0, 0, 80 },
        { "ST0", METHOD_ST0, 0, 80 }, { "STi", METHOD_STI, 0, 80 }, { "ES", METHOD_SEG, SEG_ES, 16 },
        { "CS", METHOD_SEG, SEG_CS, 16 }, { "SS", METHOD_SEG, SEG_SS, 16 }, { "DS", METHOD_SEG, SEG_DS, 16 },
        { "FS", METHOD_SEG, SEG_FS, 16 }, { "GS", METHOD_SEG, SEG_GS, 16 },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(fixed); i++) {
        if (strcmp(s, fixed[i].name))
            continue;
        *code = (struct x86_operand_code){ fixed[i].method, fixed[i].reg, fixed[i].size, fixed[i].size };
        return true;
    }
    return false;
}

/* "Ev", "sIb", "Vsd", "Ey/b": false when it is none that we know. */
static bool operand_parse(const char *s, struct x86_operand_code *code)
{
    static const char letters[] = "EGRMBSCDIJAOZXYVWUPQNH";
    static const uint8_t methods[] = {
        METHOD_E, METHOD_G, METHOD_R, METHOD_M, METHOD_B, METHOD_S, METHOD_C, METHOD_D, METHOD_I, METHOD_J, METHOD_A,
        METHOD_O, METHOD_Z, METHOD_STRING_SOURCE, METHOD_STRING_DESTINATION, METHOD_V, METHOD_W, METHOD_U, METHOD_P,
        METHOD_Q, METHOD_N, METHOD_H,
    };
    if (operand_fixed(s, code))
        return true;
    char name[8], *memory;
    g_strlcpy(name, s, sizeof name);
    if ((memory = strchr(name, '/')))
        *memory++ = 0;
    bool sign_extended = name[0] == 's' && name[1] == 'I';
    const char *letter = strchr(letters, name[sign_extended]);
    int size = size_of(name + 1 + sign_extended), memory_size = memory ? size_of(memory) : size;
    if (!name[0] || !letter || !*letter || size < 0 || memory_size < 0)
        return false;
    code->method = sign_extended ? METHOD_SI : methods[letter - letters];
    code->size = (uint16_t)size;
    code->memory_size = (uint16_t)memory_size;
    return true;
}

static bool operands_parse(struct compiled_row *c, const char *operands)
{
    bool ok = true;
    gchar **names = g_strsplit(operands ? operands : "", ",", 0);
    for (gchar **name = names; *name && **name; name++) {
        g_strstrip(*name);
        struct x86_operand_code code = { 0 };
        if (c->operand_count == 4 || !operand_parse(*name, &code)) {
            ok = false;
            break;
        }
        c->uses_vvvv |= code.method == METHOD_B || code.method == METHOD_H;
        c->operand[c->operand_count++] = code;
    }
    g_strfreev(names);
    return ok;
}

/* Whether the operand codes let modrm.rm name memory, a register. */
static void modrm_kinds(const struct compiled_row *c, bool *memory, bool *reg)
{
    *memory = *reg = true;
    for (unsigned i = 0; i < c->operand_count; i++) {
        switch (c->operand[i].method) {
        case METHOD_M:
            *reg = false;
            break;
        case METHOD_R: case METHOD_U: case METHOD_N: case METHOD_STI:
            *memory = false;
            break;
        }
    }
}

static bool accepts(const struct pattern *p, const struct x86_row *row, unsigned state)
{
    bool is64 = state & STATE_64, x = state & STATE_X, w = state & STATE_W;
    unsigned prefix = state & STATE_PREFIX;
    if (!(p->prefixes >> prefix & 1) || (p->w >= 0 && p->w != w))
        return false;
    if ((row->flags & ROW_NO64 && is64) || (row->flags & ROW_ONLY64 && !is64))
        return false;
    if (p->vex)
        return p->l < 0 || p->l == x;
    return !(row->flags & ROW_NO66 && (prefix == STATE_66 || x));
}

static void row_add(struct builder *b, const struct x86_row *row)
{
    struct place place = { .pattern = pattern_parse(row->opcode), .row = (uint16_t)b->decoder->row_count };
    struct compiled_row *c = &b->decoder->rows[b->decoder->row_count];
    const struct pattern *p = &place.pattern;
    *c = (struct compiled_row){ .row = row, .has_modrm = p->has_modrm, .vex = p->vex };
    if (p->error || !operands_parse(c, row->operands)) {
        problem(b, row, "malformed row", NULL);
        return;
    }
    modrm_kinds(c, &place.memory, &place.reg);
    for (unsigned state = 0; state < 64; state++) {
        bool is_reg = state & STATE_REG;
        if (accepts(p, row, state) && (!p->has_modrm || (is_reg ? place.reg : place.memory)))
            c->accept |= 1ull << state;
    }
    b->places[b->count++] = place;
    b->decoder->row_count++;
}

static bool place_has_modrm(const struct place *place, unsigned modrm)
{
    const struct pattern *p = &place->pattern;
    if (p->modrm >= 0)
        return (int)modrm >= p->modrm && (int)modrm < p->modrm + p->modrms;
    return p->digit < 0 || p->digit == (int)(modrm >> 3 & 7);
}

static void list_check(struct builder *b, const struct place **found, unsigned count)
{
    for (unsigned i = 0; b->problems && i < count; i++) {
        for (unsigned k = i + 1; k < count; k++) {
            const struct compiled_row *one = &b->decoder->rows[found[i]->row], *two = &b->decoder->rows[found[k]->row];
            if ((one->accept & two->accept) && found[i]->pattern.own_prefix == found[k]->pattern.own_prefix)
                problem(b, one->row, "overlaps", two->row);
        }
    }
}

/* Appends the list of rows that a modrm byte may mean, those with a prefix of their own first. */
static void list_build(struct builder *b, const struct place **places, unsigned count, unsigned shape, unsigned modrm)
{
    const struct place *found[64];
    unsigned n = 0;
    for (unsigned own = 2; own-- > 0;) {
        for (unsigned i = 0; i < count && n < 64; i++) {
            uint64_t accept = b->decoder->rows[places[i]->row].accept;
            if (shape != SHAPE_PLAIN)
                accept &= modrm >= 0xc0 ? 0xffff0000ffff0000ull : 0x0000ffff0000ffffull;
            if (places[i]->pattern.own_prefix == own && accept && (shape == SHAPE_PLAIN || place_has_modrm(places[i], modrm)))
                found[n++] = places[i];
        }
    }
    list_check(b, found, n);
    uint16_t first = (uint16_t)b->candidates->len;
    g_array_append_val(b->entries, first);
    for (unsigned i = 0; i < n; i++)
        g_array_append_val(b->candidates, found[i]->row);
    uint16_t end = NO_ROW;
    g_array_append_val(b->candidates, end);
}

static void cell_build(struct builder *b, struct decode_cell *cell, const struct place **places, unsigned count)
{
    static const uint8_t entries[] = { [SHAPE_PLAIN] = 1, [SHAPE_REG] = 16, [SHAPE_MODRM] = 72 };
    cell->shape = SHAPE_PLAIN;
    cell->entry = (uint16_t)b->entries->len;
    for (unsigned i = 0; i < count; i++) {
        const struct place *p = places[i];
        unsigned shape = p->pattern.modrm >= 0 ? SHAPE_MODRM
                         : p->pattern.digit >= 0 || !p->memory || !p->reg ? SHAPE_REG : SHAPE_PLAIN;
        cell->shape = MAX(cell->shape, p->pattern.has_modrm ? shape : SHAPE_PLAIN);
        cell->has_modrm |= p->pattern.has_modrm;
    }
    for (unsigned e = 0; e < entries[cell->shape]; e++) {
        unsigned modrm = cell->shape == SHAPE_REG ? (e & 7) << 3 | (e >= 8 ? 0xc0 : 0)
                         : e >= 8 ? 0xc0 + e - 8 : e << 3;
        list_build(b, places, count, cell->shape, modrm);
    }
}

static void cells_build(struct builder *b)
{
    enum { MAX_IN_CELL = 128 };
    const struct place *(*chain)[MAX_IN_CELL] = g_malloc(sizeof *chain * 256);
    unsigned count[256];
    for (int map = 0; map < MAP_COUNT; map++) {
        memset(count, 0, sizeof count);
        for (unsigned i = 0; i < b->count; i++) {
            const struct pattern *p = &b->places[i].pattern;
            for (int k = 0; p->map == map && k < p->opcodes; k++)
                if (p->opcode + k < 256 && count[p->opcode + k] < MAX_IN_CELL)
                    chain[p->opcode + k][count[p->opcode + k]++] = &b->places[i];
        }
        for (unsigned opcode = 0; opcode < 256; opcode++)
            if (count[opcode])
                cell_build(b, &b->decoder->cell[map][opcode], chain[opcode], count[opcode]);
    }
    g_free(chain);
}

struct x86_decoder *x86_decoder_new(bool (*has)(const void *model, enum x86_feature feature), const void *model,
                                    GString *problems)
{
    unsigned rows = 0;
    for (unsigned t = 0; t < x86_table_count; t++)
        rows += x86_tables[t]->count;
    struct builder b = { .decoder = g_new0(struct x86_decoder, 1), .places = g_new(struct place, rows + 1),
                         .entries = g_array_new(false, false, 2), .candidates = g_array_new(false, false, 2),
                         .problems = problems };
    b.decoder->rows = g_new(struct compiled_row, rows + 1);
    for (unsigned t = 0; t < x86_table_count; t++)
        for (unsigned i = 0; i < x86_tables[t]->count; i++)
            if (!has || has(model, x86_tables[t]->rows[i].feature))
                row_add(&b, &x86_tables[t]->rows[i]);
    cells_build(&b);
    g_free(b.places);
    b.decoder->entries = (uint16_t *)(void *)g_array_free(b.entries, false);
    b.decoder->candidates = (uint16_t *)(void *)g_array_free(b.candidates, false);
    return b.decoder;
}

void x86_decoder_free(struct x86_decoder *decoder)
{
    if (!decoder)
        return;
    g_free(decoder->entries);
    g_free(decoder->candidates);
    g_free(decoder->rows);
    g_free(decoder);
}
