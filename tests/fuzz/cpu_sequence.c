/* SPDX-License-Identifier: MIT */
/* The generator of instruction sequences (cpu_sequence.h). */
#include <string.h>
#include "tests/fuzz/cpu_sequence.h"

struct candidates { struct instance *list; unsigned count; };
struct sequence_source { struct x86_decoder *decoder; struct candidates by_bits[3]; };

static unsigned bits_index(unsigned bits) { return bits == 16 ? 0 : bits == 32 ? 1 : 2; }

/* Left out: what the host cannot be compared in (its own selectors, time, addresses of the last x87 instruction), what
 * leaves the sequence, and results that the manual leaves undefined. */
static bool usable(const struct x86_row *row)
{
    static const char *const names[] = {
        "fnstenv", "fnsave", "fxsave", "fxrstor", "fldenv", "frstor", "xsave", "xsavec", "xsaveopt", "xrstor", "popf", "ret",
        "retf", "call", "jmp", "int", "int3", "into", "int1", "enter",
        "xgetbv", "rdpid", "rdtsc", "rdtscp", "cpuid", "iret", "hlt", "bound", "popfw", "popfd", "popfq",
    };
    if (row->flags & (ROW_NO_HOST | ROW_CPL0))
        return false;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (!g_ascii_strcasecmp(row->name, names[i]))
            return false;
    return g_ascii_strncasecmp(row->name, "xsave", 5) && g_ascii_strncasecmp(row->name, "fxsave", 6) &&
           g_ascii_strncasecmp(row->name, "popf", 4);
}

static void add_row(struct sequence_source *source, const struct x86_row *row)
{
    gchar **texts = g_strsplit(row->tests ? row->tests : "", ";", 0);
    for (gchar **text = texts; *text && **text && usable(row); text++)
        for (unsigned bits = 16; bits <= 64; bits *= 2) {
            struct candidates *to = &source->by_bits[bits_index(bits)];
            struct instance instance;
            if (!instance_parse(&instance, source->decoder, row, *text, bits))
                continue;
            to->list = g_renew(struct instance, to->list, to->count + 1);
            to->list[to->count++] = instance;
        }
    g_strfreev(texts);
}

struct sequence_source *sequence_source_new(void)
{
    struct sequence_source *source = g_new0(struct sequence_source, 1);
    source->decoder = x86_decoder_new(NULL, NULL, NULL);
    for (unsigned t = 0; t < x86_table_count; t++)
        for (unsigned i = 0; i < x86_tables[t]->count; i++)
            add_row(source, &x86_tables[t]->rows[i]);
    return source;
}

void sequence_source_free(struct sequence_source *source)
{
    x86_decoder_free(source->decoder);
    for (unsigned i = 0; i < 3; i++)
        g_free(source->by_bits[i].list);
    g_free(source);
}

struct generator {
    const struct sequence_source *source;
    struct sequence *sequence;
    struct group *group;
    uint64_t seed;
    unsigned bits;
    bool looped;                    /* there is one loop: more could run for ever */
    bool strict;                    /* define AF too after every instruction that does not */
};

static unsigned below(struct generator *g, unsigned n) { return (unsigned)(random_next(&g->seed) >> 20) % n; }

static void put(struct generator *g, const void *bytes, unsigned count, const struct x86_row *row)
{
    struct group *group = g->group;
    if (group->count + count > GROUP_BYTES || group->insns == GROUP_INSNS)
        return;
    group->insn[group->insns].offset = group->count;
    group->insn[group->insns++].row = row;
    memcpy(group->bytes + group->count, bytes, count);
    group->count = (uint8_t)(group->count + count);
}

/* mov reg, value */
static void put_load(struct generator *g, unsigned reg, uint64_t value)
{
    uint8_t b[6];
    unsigned n = 0;
    if (reg >= 8)
        b[n++] = 0x41;
    b[n++] = (uint8_t)(0xb8 | (reg & 7));
    memcpy(b + n, &value, 4);
    put(g, b, n + (g->bits == 16 ? 2 : 4), NULL);
}

/* cmp al, imm: defines all flags */
static void put_flags(struct generator *g)
{
    const uint8_t b[2] = { 0x3c, (uint8_t)random_next(&g->seed) };
    put(g, b, 2, NULL);
}

/* Somewhere in data or stack; often near a page's end, sometimes where rights change. */
static uint64_t data_address(struct generator *g, bool aligned)
{
    uint64_t offset = HOST_DATA + 0x200 + below(g, 0x3c00);
    switch (below(g, 16)) {
    case 0: case 1: case 2: offset = HOST_DATA + 0x1000 * (1 + below(g, 4)) - below(g, 20); break;
    case 3: offset = HOST_READ_ONLY + 16 - below(g, 40); break;
    case 4: if (!below(g, 3)) offset = HOST_ABSENT + 16 - below(g, 40); break;
    }
    if (aligned)
        offset &= ~15ull;
    return offset + host_base(g->sequence->mode);
}

static bool starts_with(const char *text, const char *start) { return !g_ascii_strncasecmp(text, start, strlen(start)); }

/* Base and index such that the operand lies in data. RSP stays; a base of none or RIP cannot be helped. */
static void put_address(struct generator *g, const struct x86_insn *insn)
{
    const bool aligned = insn->row->flags & ROW_ALIGN16 || (insn->operand_count && insn->operand[0].bits == 128);
    uint64_t address = data_address(g, aligned && below(g, 12)) - (uint64_t)insn->disp;
    if (insn->base >= 16 && insn->index >= 16)
        return;
    if (insn->index < 16 && insn->index != R_SP) {
        const uint64_t index = below(g, 32);
        put_load(g, insn->index, index);
        address -= index << insn->scale;
    }
    if (insn->base < 16 && insn->base != R_SP && insn->base != insn->index)
        put_load(g, insn->base, address);
}

static void put_setup(struct generator *g, const struct x86_insn *insn)
{
    const struct x86_row *row = insn->row;
    /* Whether a byte that is masked off faults is left to the processor. */
    if (starts_with(row->name, "maskmov"))
        put_load(g, R_DI, host_base(g->sequence->mode) + HOST_DATA + 0x400 + below(g, 0x400));
    if (below(g, 12) == 0)
        return;
    if (strchr(row->operands, 'X') || strchr(row->operands, 'Y')) {
        put_load(g, R_SI, data_address(g, false));
        put_load(g, R_DI, data_address(g, false));
        if (insn->rep || insn->repne)
            put_load(g, R_CX, below(g, 24));
    }
    if (starts_with(row->name, "xlat"))
        put_load(g, R_BX, data_address(g, false));
    if (starts_with(row->name, "leave"))
        put_load(g, R_BP, host_base(g->sequence->mode) + HOST_STACK + 0x1000 + 8 * below(g, 64));
    if (!insn->has_modrm || insn->mod == 3)
        return;
    put_address(g, insn);
    if (starts_with(row->name, "bt") && insn->operand_count == 2 && insn->operand[1].kind == OPERAND_GPR &&
        insn->operand[1].reg != insn->base && insn->operand[1].reg != insn->index && insn->operand[1].reg != R_SP)
        put_load(g, insn->operand[1].reg, below(g, 0x400));
}

/* With operands of 16 bits the result is undefined: of BSWAP always, of SHLD and SHRD for counts beyond 16. */
static bool has_no_16(const struct x86_row *row)
{
    return starts_with(row->name, "bswap") || starts_with(row->name, "shld") || starts_with(row->name, "shrd");
}

/* FS and GS are the host process's own. AMD differs from Intel: PREFETCHW of a register is #UD, prefix 66 makes near
 * branches of 64-bit code 16 bits wide, F2 or F3 before LOOPcc change their meaning,
 * CVTPI2PS from memory leaves the x87 unit alone, MOVSXD with prefix 66 reads 32 bits, and operands of SHA may be misaligned.
 * MASKMOV with a shorter address would miss its memory. */
static bool unwanted(const struct x86_insn *insn, unsigned bits)
{
    return insn->segment == SEG_FS || insn->segment == SEG_GS ||
           (starts_with(insn->row->name, "prefetch") && insn->mod == 3) ||
           (starts_with(insn->row->name, "cvtpi2ps") && insn->mod != 3) ||
           (starts_with(insn->row->name, "movsxd") && insn->prefix66) ||
           (starts_with(insn->row->name, "sha1") && insn->mod != 3) ||
           (starts_with(insn->row->name, "sha256") && insn->mod != 3) ||
           (starts_with(insn->row->name, "maskmov") && insn->address_bits != bits) ||
           (insn->operand_bits == 16 && has_no_16(insn->row)) ||
           (starts_with(insn->row->name, "loop") && (insn->rep || insn->repne)) ||
           (insn->prefix66 && insn->operand_count && insn->operand[0].kind == OPERAND_REL);
}

/* Other registers, immediates and prefixes; what decodes to no usable row is undone. */
static void mutate(struct generator *g, uint8_t *b, unsigned *count, struct x86_insn *insn)
{
    static const uint8_t prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x3e, 0x26, 0x36, 0xf0 };
    for (unsigned tries = 1 + below(g, 4); tries--;) {
        uint8_t changed[16];
        unsigned n = *count;
        struct x86_insn next;
        memcpy(changed, b, 16);
        switch (below(g, 6)) {
        case 0:                     /* a register in modrm, REX or the opcode: whichever byte it is */
        case 1:
        case 2:
            changed[below(g, n)] ^= (uint8_t)(1u << below(g, 6));
            break;
        case 3:                     /* the immediate, if any, is last */
            changed[n - 1] = (uint8_t)random_next(&g->seed);
            break;
        case 4:
            for (unsigned i = n > 4 ? n - 4 : n - 1; i < n; i++)
                changed[i] = (uint8_t)random_next(&g->seed);
            break;
        default:
            if (below(g, 3) || n > 12)
                continue;
            memmove(changed + 1, changed, n);
            changed[0] = prefixes[below(g, sizeof prefixes)];
            n++;
        }
        if (x86_decode(g->source->decoder, &next, changed, 15, g->bits) != X86_DECODE_OK || next.length != n ||
            !usable(next.row) || unwanted(&next, g->bits))
            continue;
        if (next.row != insn->row && below(g, 2))
            continue;
        memcpy(b, changed, 16);
        *count = n;
        *insn = next;
    }
}

static bool reads_af(const struct x86_row *row)
{
    static const char *const names[] = { "lahf", "pushf", "daa", "das", "aaa", "aas" };
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (starts_with(row->name, names[i]))
            return true;
    return false;
}

static void row_group(struct generator *g)
{
    const struct candidates *from = &g->source->by_bits[bits_index(g->bits)];
    const struct instance *instance = &from->list[below(g, from->count)];
    struct x86_insn insn = instance->insn;
    unsigned count = instance->count;
    uint8_t b[16];
    memcpy(b, instance->bytes, 16);
    if (unwanted(&insn, g->bits))
        return;
    mutate(g, b, &count, &insn);
    count = insn.length;
    if (reads_af(insn.row))
        put_flags(g);
    put_setup(g, &insn);
    put(g, b, count, insn.row);
    if (insn.operand_count && insn.operand[0].kind == OPERAND_REL) {
        g->group->branch_size = (uint8_t)(insn.operand_bits == 16 && count > 3 - (b[0] == 0x66) && b[0] >= 0xe8 ? 2 : 1);
        for (unsigned i = 0; i < insn.operand_count; i++)
            if (insn.operand[i].kind == OPERAND_REL)
                g->group->branch_size = (uint8_t)(insn.operand[i].bits / 8);
        g->group->branch_at = (uint8_t)(g->group->count - g->group->branch_size);
        g->group->target = (uint8_t)(g->sequence->groups + 1 + below(g, 3));
    }
    const uint32_t undefined = insn.row->undefined_flags;
    g->sequence->undefined_flags_somewhere |= undefined != 0;
    if (undefined & ~(uint32_t)EFL_AF || (undefined && g->strict))
        put_flags(g);
    else
        g->sequence->undefined_flags |= undefined;
}

/* A loop over some groups back: dec byte [cell]; jnz. The cell's byte is set before the sequence. */
static void loop_group(struct generator *g)
{
    const unsigned cell = HOST_READ_ONLY - 0x40;
    const uint32_t address = (uint32_t)(host_base(g->sequence->mode) + cell);
    uint8_t b[8] = { 0xfe, g->bits == 16 ? 0x0e : g->bits == 32 ? 0x0d : 0x0c, 0x25 };
    const unsigned at = g->bits == 64 ? 3 : 2, size = g->bits == 16 ? 2 : 4;
    memcpy(b + at, &address, size);
    put(g, b, at + size, NULL);
    put(g, "\x75\x00", 2, NULL);
    g->group->branch_at = (uint8_t)(g->group->count - 1);
    g->group->branch_size = 1;
    g->group->target = (uint8_t)(g->sequence->groups - below(g, 1 + (g->sequence->groups > 4 ? 4 : g->sequence->groups)));
}

/* mov byte [a byte of the code], value: hits the immediate of a later `mov reg, imm`, the group after next. */
static void store_into_code_group(struct generator *g)
{
    uint8_t b[8] = { 0xc6, g->bits == 16 ? 0x06 : g->bits == 32 ? 0x05 : 0x04, 0x25 };
    const unsigned at = g->bits == 64 ? 3 : 2, size = g->bits == 16 ? 2 : 4;
    b[at + size] = (uint8_t)random_next(&g->seed);
    put(g, b, at + size + 1, NULL);
    g->group->code_at = (uint8_t)at;
    g->group->code_size = (uint8_t)size;
    g->group->code_target = (uint8_t)(g->sequence->groups + 1 + below(g, 2));
    g->group->code_offset = 1;
}

/* mov eax, imm first: what store_into_code_group aims at, so that the store changes no opcode. */
static void immediate_group(struct generator *g)
{
    put_load(g, below(g, 4), random_next(&g->seed));
    g->group->may_change = true;
}

/* push the address of a later group; ret */
static void return_group(struct generator *g)
{
    const unsigned size = g->bits == 16 ? 2 : 4;
    uint8_t b[8] = { 0x68 };
    put(g, b, 1 + size, NULL);
    put(g, "\xc3", 1, NULL);
    g->group->code_at = 1;
    g->group->code_size = (uint8_t)size;
    g->group->code_target = (uint8_t)(g->sequence->groups + 1 + below(g, 3));
}

/* call rel to a later group, whose stack then holds the return address */
static void call_group(struct generator *g)
{
    const uint8_t b[5] = { 0xe8 };
    put(g, b, g->bits == 16 ? 3 : 5, NULL);
    g->group->branch_at = 1;
    g->group->branch_size = g->bits == 16 ? 2 : 4;
    g->group->target = (uint8_t)(g->sequence->groups + 1 + below(g, 3));
}

/* mov reg, address of a later group; jmp or call reg */
static void jump_group(struct generator *g)
{
    const unsigned reg = below(g, 2) ? R_AX : R_DX;
    const uint8_t b[2] = { 0xff, (uint8_t)((below(g, 2) ? 0xe0 : 0xd0) | reg) };
    put_load(g, reg, 0);
    g->group->code_at = 1;
    g->group->code_size = g->bits == 16 ? 2 : 4;
    g->group->code_target = (uint8_t)(g->sequence->groups + 1 + below(g, 3));
    put(g, b, 2, NULL);
}

/* pushf; pop to a register; keep arithmetic flags and DF; push; popf */
static void flags_group(struct generator *g)
{
    put_flags(g);
    put(g, "\x9c", 1, NULL);
    put(g, "\x58", 1, NULL);
    if (g->bits == 16)
        put(g, "\x25\xd7\x0e", 3, NULL);
    else
        put(g, "\x25\xd7\x0e\x00\x00", 5, NULL);
    put(g, "\x35\x05\x04\x00\x00", g->bits == 16 ? 3 : 5, NULL);
    put(g, "\x50", 1, NULL);
    put(g, "\x9d", 1, NULL);
}

static void random_group(struct generator *g)
{
    const bool after_store = g->sequence->groups && g->group[-1].code_offset;
    const bool second = g->sequence->groups > 1 && g->group[-2].code_offset;
    if (after_store || second) {
        immediate_group(g);
        return;
    }
    switch (below(g, 40)) {
    case 0:
        if (!g->looped)
            loop_group(g);
        g->looped = true;
        break;
    case 1: case 2: store_into_code_group(g); break;
    case 3: return_group(g); break;
    case 4: call_group(g); break;
    case 5: jump_group(g); break;
    case 6: flags_group(g); break;
    default: row_group(g);
    }
}

void sequence_random(struct sequence *s, const struct sequence_source *source, enum host_mode mode, uint64_t seed)
{
    struct generator g = { .source = source, .sequence = s, .seed = seed, .bits = host_bits(mode) };
    memset(s, 0, sizeof *s);
    s->mode = mode;
    g.strict = below(&g, 3) == 0;
    s->start = below(&g, 4) ? 0 : 0x1000 - below(&g, 60);
    if (s->start < 8)
        s->start = 0;
    const unsigned groups = 1 + below(&g, SEQUENCE_GROUPS - 1);
    for (s->groups = 0; s->groups < groups; s->groups++) {
        g.group = &s->group[s->groups];
        random_group(&g);
    }
}

static uint64_t code_address(const struct sequence *s, unsigned group, unsigned offset)
{
    if (group >= s->groups || offset >= s->group[group].count)
        offset = 0;
    return host_rip(s->mode, HOST_CODE + s->at[group > s->groups ? s->groups : group] + offset);
}

static void patch(struct sequence *s, unsigned n)
{
    const struct group *group = &s->group[n];
    uint8_t *code = s->code + s->at[n];
    if (group->branch_size) {
        const unsigned target = s->at[group->target > s->groups ? s->groups : group->target];
        const int64_t displacement = (int64_t)target - (s->at[n] + group->branch_at + group->branch_size);
        memcpy(code + group->branch_at, &displacement, group->branch_size);
        if (group->branch_size == 1 && displacement != (int8_t)displacement)
            code[group->branch_at] = 0;
    }
    if (group->code_size) {
        /* A store goes through DS, which in 16-bit code has the base of CS. */
        uint64_t address = code_address(s, group->code_target, group->code_offset);
        const bool store = group->code_offset != 0;
        if (store && !(group->code_target < s->groups && s->group[group->code_target].may_change &&
                       !s->group[group->code_target].left_out))
            address = code_address(s, n, group->count - 1u);
        memcpy(code + group->code_at, &address, group->code_size);
    }
}

void sequence_build(struct sequence *s)
{
    s->count = s->start;
    memset(s->code, 0x90, sizeof s->code);
    for (unsigned n = 0; n < s->groups; n++) {
        s->at[n] = s->count;
        if (s->group[n].left_out)
            continue;
        memcpy(s->code + s->count, s->group[n].bytes, s->group[n].count);
        s->count += s->group[n].count;
    }
    s->at[s->groups] = s->count;
    memcpy(s->code + s->count, "\x0f\x0b", 2);      /* the end: UD2 */
    for (unsigned n = 0; n < s->groups; n++)
        if (!s->group[n].left_out)
            patch(s, n);
    if (s->start) {                 /* jmp to the first group */
        const uint32_t displacement = s->start - (s->mode == HOST_16 ? 3 : 5);
        s->code[0] = 0xe9;
        memcpy(s->code + 1, &displacement, s->mode == HOST_16 ? 2 : 4);
    }
}

const struct x86_row *sequence_row_at(const struct sequence *s, unsigned offset)
{
    for (unsigned n = 0; n < s->groups; n++)
        for (unsigned i = 0; !s->group[n].left_out && i < s->group[n].insns; i++)
            if (s->at[n] + s->group[n].insn[i].offset == offset)
                return s->group[n].insn[i].row;
    return NULL;
}

void sequence_state(const struct sequence *s, struct host_state *state, uint8_t *region, uint64_t seed)
{
    static const struct x86_row none = { .opcode = "90", .operands = "", .name = "" };
    const struct instance instance = { .row = &none, .mode = s->mode, .insn = { .base = 255, .index = 255 } };
    instance_state(&instance, state, region, &seed);
    for (unsigned i = 0; i < 16; i++)
        if (i != R_SP && random_next(&seed) % 3 == 0 && (i < 8 || s->mode == HOST_64))
            state->gpr[i] = host_base(s->mode) + HOST_DATA + 0x200 + random_next(&seed) % 0x4000;
    if (random_next(&seed) % 8)
        state->gpr[R_SP] = host_base(s->mode) + HOST_STACK + 0x2000 - (random_next(&seed) & 0x78);
    for (unsigned i = 0; i < 16; i++)               /* what the host process needs */
        if (state->gpr[i] - HOST_FRAME + 0x1000 < HOST_FRAME_BYTES + 0x2000)
            state->gpr[i] = 0;
    region[HOST_READ_ONLY - 0x40] = (uint8_t)(1 + random_next(&seed) % 6);
}
