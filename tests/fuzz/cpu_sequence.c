/* SPDX-License-Identifier: MIT */
/* The generator of instruction sequences (cpu_sequence.h). */
#include <string.h>
#include "tests/fuzz/cpu_sequence.h"

struct candidates { struct instance *list; unsigned count; };
struct sequence_source { struct x86_decoder *decoder; struct candidates by_bits[3]; };

static unsigned bits_index(unsigned bits) { return bits == 16 ? 0 : bits == 32 ? 1 : 2; }

static bool starts_with(const char *text, const char *start) { return !g_ascii_strncasecmp(text, start, strlen(start)); }

/* Left out: what the host cannot be compared in (its own selectors, time), what leaves the sequence, and what has a group of
 * its own: POPF (flags_group) and the x87 environment (image_group). */
static bool usable(const struct x86_row *row)
{
    static const char *const names[] = {
        "fnstenv", "fnsave", "fldenv", "frstor", "ret", "retf", "call", "jmp", "int", "int3", "into", "int1", "xgetbv", "rdpid",
        "rdtsc", "rdtscp", "cpuid", "iret", "hlt", "bound",
    };
    if (row->flags & (ROW_NO_HOST | ROW_CPL0))
        return false;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (!g_ascii_strcasecmp(row->name, names[i]))
            return false;
    return !starts_with(row->name, "popf");
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

static bool double_shift(const struct x86_insn *insn)
{
    return starts_with(insn->row->name, "shld") || starts_with(insn->row->name, "shrd");
}

static void put_setup(struct generator *g, const struct x86_insn *insn)
{
    const struct x86_row *row = insn->row;
    if (starts_with(row->name, "maskmov"))
        put_load(g, R_DI, below(g, 4) ? host_base(g->sequence->mode) + HOST_DATA + 0x400 + below(g, 0x400) : data_address(g, false));
    if (double_shift(insn) && insn->operand_bits == 16 && insn->operand[2].kind != OPERAND_IMM)
        put_load(g, R_CX, below(g, 17));
    /* With 32-bit addresses in 64-bit code Intel's processors clear the upper halves of RCX, RSI and RDI even when nothing is
     * done, because of a fault or a count of zero; AMD's do not. */
    const bool string = strchr(row->operands, 'X') || strchr(row->operands, 'Y');
    if (!(string && g->bits == 64 && insn->address_bits == 32) && below(g, 12) == 0)
        return;
    if (string) {
        put_load(g, R_SI, data_address(g, false));
        put_load(g, R_DI, data_address(g, false));
        if (insn->rep || insn->repne)
            put_load(g, R_CX, below(g, 24));
    }
    if (starts_with(row->name, "xlat"))
        put_load(g, R_BX, data_address(g, false));
    if (starts_with(row->name, "leave") || starts_with(row->name, "enter"))
        put_load(g, R_BP, host_base(g->sequence->mode) + HOST_STACK + 0x1000 + 8 * below(g, 64));
    if (!insn->has_modrm || insn->mod == 3)
        return;
    put_address(g, insn);
    if (starts_with(row->name, "bt") && insn->operand_count == 2 && insn->operand[1].kind == OPERAND_GPR &&
        insn->operand[1].reg != insn->base && insn->operand[1].reg != insn->index && insn->operand[1].reg != R_SP)
        put_load(g, insn->operand[1].reg, below(g, 0x400));
}

/* With operands of 16 bits results are undefined: of SHLD and SHRD for counts beyond 16, of BSWAP always. The group of these
 * sees to it that the count is small, and that the register is loaded again: not RSP. */
static bool undefined_16(const struct x86_insn *insn)
{
    if (insn->operand_bits != 16)
        return false;
    if (double_shift(insn) && insn->operand[2].kind == OPERAND_IMM)
        return (insn->operand[2].value & 31) > 16;
    return (double_shift(insn) && (insn->base == R_CX || insn->index == R_CX)) ||
           (starts_with(insn->row->name, "bswap") && insn->operand[0].reg == R_SP);
}

/* What AMD's processors do otherwise than the SDM says: prefix 66 makes near branches of 64-bit code 16 bits wide, F2 or F3
 * before LOOPcc changes its meaning, MOVSXD with prefix 66 reads 32 bits, and operands of SHA may be misaligned. CVTPI2PS from memory leaves
 * the x87 unit alone, but it has not been seen there with an exception pending. */
static bool amd_differs(const struct x86_insn *insn)
{
    const char *name = insn->row->name;
    return (starts_with(name, "cvtpi2ps") && insn->mod != 3) || (starts_with(name, "movsxd") && insn->prefix66) ||
           (starts_with(name, "sha1") && insn->mod != 3) || (starts_with(name, "sha256") && insn->mod != 3) ||
           (starts_with(name, "loop") && (insn->rep || insn->repne)) ||
           (insn->prefix66 && insn->operand_count && insn->operand[0].kind == OPERAND_REL);
}

/* FS and GS are the host process's own. PREFETCHW of a register is #UD with some. MASKMOV with a shorter address would miss its
 * memory. */
static bool unwanted(const struct x86_insn *insn, unsigned bits)
{
    return insn->segment == SEG_FS || insn->segment == SEG_GS || undefined_16(insn) ||
           (starts_with(insn->row->name, "prefetch") && insn->mod == 3) ||
           (starts_with(insn->row->name, "maskmov") && insn->address_bits != bits) ||
           (!host_cpu_is_intel() && amd_differs(insn));
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
    if (starts_with(insn.row->name, "enter") && below(g, 8))
        b[count - 2] &= 1;              /* a frame that leaves some stack */
    put_setup(g, &insn);
    put(g, b, count, insn.row);
    if (starts_with(insn.row->name, "bswap") && insn.operand_bits == 16)
        put_load(g, insn.operand[0].reg, random_next(&g->seed));
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

/* push any flags; popf. A trap follows the next instruction when TF is among them. */
static void popf_group(struct generator *g)
{
    enum { USER_MAY_CHANGE = EFL_ARITHMETIC | EFL_DF | EFL_NT | EFL_AC | EFL_ID };
    uint32_t flags = (uint32_t)random_next(&g->seed) & ~(uint32_t)EFL_TF;
    if (below(g, 4))
        flags &= USER_MAY_CHANGE & ~(uint32_t)EFL_AC;
    else if (below(g, 4) == 0)
        flags |= EFL_TF;
    uint8_t b[5] = { 0x68 };
    memcpy(b + 1, &flags, 4);
    put(g, b, g->bits == 16 ? 3 : 5, NULL);
    put(g, "\x9d", 1, NULL);
    g->sequence->pops_flags = true;
}

/* pushf; pop to a register; keep arithmetic flags and DF; push; popf */
static void flags_group(struct generator *g)
{
    if (below(g, 2)) {
        popf_group(g);
        return;
    }
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

/* mov word or dword [(r)bx + offset], value */
static void put_store(struct generator *g, unsigned size, unsigned offset, uint32_t value)
{
    uint8_t b[12];
    unsigned n = 0;
    if ((g->bits == 16) != (size == 16))
        b[n++] = 0x66;
    b[n++] = 0xc7;
    b[n++] = g->bits == 16 ? 0x87 : 0x83;
    memcpy(b + n, &(uint32_t){ offset }, 4);
    n += g->bits == 16 ? 2 : 4;
    memcpy(b + n, &value, 4);
    put(g, b, n + size / 8, NULL);
}

/* Images of the x87 and SSE state, at [(r)bx]. */
enum { IMAGE_ENVIRONMENT = 1 << 0, IMAGE_XSAVE = 1 << 1, IMAGE_LOADS = 1 << 2, IMAGE_MXCSR = 24, IMAGE_MXCSR_MASK = 28,
       IMAGE_HEADER = 512 };
static const struct image { uint8_t opcode[2], count, extension, flags; } images[] = {
    { { 0xd9 }, 1, 6, IMAGE_ENVIRONMENT }, { { 0xd9 }, 1, 4, IMAGE_ENVIRONMENT | IMAGE_LOADS },
    { { 0xdd }, 1, 6, IMAGE_ENVIRONMENT }, { { 0xdd }, 1, 4, IMAGE_ENVIRONMENT | IMAGE_LOADS },
    { { 0x0f, 0xae }, 2, 0, 0 }, { { 0x0f, 0xae }, 2, 1, IMAGE_LOADS },
    { { 0x0f, 0xae }, 2, 4, IMAGE_XSAVE }, { { 0x0f, 0xae }, 2, 6, IMAGE_XSAVE }, { { 0x0f, 0xc7 }, 2, 4, IMAGE_XSAVE },
    { { 0x0f, 0xae }, 2, 5, IMAGE_XSAVE | IMAGE_LOADS },
};

/* What a load finds beside registers and words of any content: most of the time what raises no #GP, and no #MF at once. Before
 * saving: what is in its initial state may be left out, so nothing is. */
static void image_prepare(struct generator *g, const struct image *image)
{
    if (image->flags & IMAGE_XSAVE) {
        put(g, "\xd9\xe8", 2, NULL);                /* fld1 */
        put(g, "\x66\x0f\x76\xc0", 4, NULL);        /* pcmpeqd xmm0, xmm0 */
        put_load(g, R_AX, below(g, 4));
        put_load(g, R_DX, 0);
    }
    if (!(image->flags & IMAGE_LOADS))
        return;
    if (image->flags & IMAGE_XSAVE) {               /* no component that the host has and we do not */
        put_store(g, 32, IMAGE_HEADER, below(g, 4));
        put_store(g, 32, IMAGE_HEADER + 4, 0);
    }
    if (below(g, 8) == 0)
        return;
    if (below(g, 4))
        put_store(g, 16, 0, 0x037f);
    if (image->flags & IMAGE_ENVIRONMENT)
        return;
    put_store(g, 32, IMAGE_MXCSR, 0x1f80 | (random_next(&g->seed) & 0xe07f));
    for (unsigned at = 8; image->flags & IMAGE_XSAVE && at < 24; at += 4)
        put_store(g, 32, IMAGE_HEADER + at, 0);
}

/* Addresses and opcode of the last x87 instruction depend on the processor, as do MXCSR_MASK and which components are in
 * their initial state. */
static void image_settle(struct generator *g, const struct image *image, bool small)
{
    if (image->flags & IMAGE_ENVIRONMENT) {
        for (unsigned at = small ? 6 : 12; at < (small ? 14 : 28); at += small ? 2 : 4)
            put_store(g, small ? 16 : 32, at, 0);
        return;
    }
    put_store(g, 16, 6, 0);
    for (unsigned at = 8; at < 24; at += 4)
        put_store(g, 32, at, 0);
    put_store(g, 32, IMAGE_MXCSR_MASK, 0);
    if (image->flags & IMAGE_XSAVE)
        put_store(g, 32, IMAGE_HEADER, 0);
}

/* Saves or loads an image. */
static void image_group(struct generator *g)
{
    const struct image *image = &images[below(g, G_N_ELEMENTS(images))];
    const bool prefix66 = image->flags & IMAGE_ENVIRONMENT && below(g, 2), rex_w = g->bits == 64 && below(g, 2);
    uint64_t address = data_address(g, false);
    struct x86_insn insn;
    uint8_t b[16] = { 0 };
    unsigned n = 0;
    if (!(image->flags & IMAGE_ENVIRONMENT) && below(g, 16))
        address &= ~(uint64_t)(image->flags & IMAGE_XSAVE ? 63 : 15);
    if (prefix66)
        b[n++] = 0x66;
    if (rex_w)
        b[n++] = 0x48;
    memcpy(b + n, image->opcode, image->count);
    n += image->count;
    b[n++] = (uint8_t)(image->extension << 3 | (g->bits == 16 ? 7 : 3));
    if (x86_decode(g->source->decoder, &insn, b, 15, g->bits) != X86_DECODE_OK || !host_has_feature(insn.row->feature))
        return;
    put_load(g, R_BX, address);
    image_prepare(g, image);
    put(g, b, n, insn.row);
    if (!(image->flags & IMAGE_LOADS))
        image_settle(g, image, (g->bits == 16) != (prefix66 && !rex_w));
}

static void random_group(struct generator *g)
{
    const bool after_store = g->sequence->groups && g->group[-1].code_offset;
    const bool second = g->sequence->groups > 1 && g->group[-2].code_offset;
    if (after_store || second) {
        immediate_group(g);
        return;
    }
    switch (below(g, 44)) {
    case 0:
        if (!g->looped)
            loop_group(g);
        g->looped = true;
        break;
    case 1: case 2: store_into_code_group(g); break;
    case 3: return_group(g); break;
    case 4: call_group(g); break;
    case 5: jump_group(g); break;
    case 6: case 7: flags_group(g); break;
    case 8: case 9: case 10: image_group(g); break;
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
