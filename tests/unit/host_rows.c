/* SPDX-License-Identifier: MIT */
/*
 * Every row of the x86-64 back end's encoder, in every operand size and with all registers, against capstone: what was
 * emitted must disassemble to the row's own text.
 */
#include <capstone/capstone.h>
#include <glib.h>
#include <string.h>
#include "tcg/host-x86_64/encode.h"
#include "tests/unit/test.h"

static const char *const names64[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi" };
static const char *const names8[] = { "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil" };
static const char *const conditions[] = { "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g" };

struct form { unsigned w, reg, rm, vvvv, cond; bool memory; struct host_mem m; int32_t imm; };

static void register_name(GString *out, unsigned reg, unsigned w, bool xmm)
{
    if (xmm) {
        g_string_append_printf(out, "xmm%u", reg);
    } else if (reg >= 8) {
        g_string_append_printf(out, "r%u%s", reg, w == 8 ? "b" : w == 16 ? "w" : w == 32 ? "d" : "");
    } else if (w == 8) {
        g_string_append(out, names8[reg]);
    } else {
        g_string_append(out, w == 64 ? "r" : w == 32 ? "e" : "");
        g_string_append(out, names64[reg] + 1);
    }
}

static void memory_name(GString *out, struct host_mem m)
{
    g_string_append(out, "[");
    register_name(out, m.base, 64, false);
    if (m.index != NO_REG) {
        g_string_append(out, " + ");
        register_name(out, m.index, 64, false);
        if (m.scale)
            g_string_append_printf(out, "*%u", 1u << m.scale);
    }
    if (m.disp)
        g_string_append_printf(out, m.disp > 9 ? " + 0x%x" : m.disp > 0 ? " + %u" : " - 0x%x", (unsigned)abs(m.disp));
    g_string_append(out, "]");
}

static unsigned rm_width(const struct host_row *row, unsigned w)
{
    if (row->flags & HOST_M8)
        return 8;
    if (row->flags & HOST_M16)
        return 16;
    return row->flags & HOST_M32 ? 32 : row->flags & HOST_D64 ? 64 : w;
}

static char *expected(const struct host_row *row, const struct form *f)
{
    GString *out = g_string_new(NULL);
    for (const char *p = row->text; *p; p++) {
        if (*p != '%') {
            g_string_append_c(out, *p);
            continue;
        }
        switch (*++p) {
        case 'r': register_name(out, f->reg, row->flags & HOST_R32 ? 32 : f->w, row->flags & HOST_XR); break;
        case 'v': register_name(out, f->vvvv, f->w, false); break;
        case 'c': g_string_append(out, conditions[f->cond]); break;
        case 'w': g_string_append(out, f->w == 64 ? "q" : "d"); break;
        case 'i': g_string_append_printf(out, "0x%x", (unsigned)f->imm); break;
        case 'm':
            if (f->memory) {
                memory_name(out, f->m);
            } else {
                register_name(out, f->rm, rm_width(row, f->w), row->flags & HOST_XE);
            }
        }
    }
    return g_string_free(out, FALSE);
}

/* "dword ptr [" and the like: sizes are not in our text. */
static char *without_sizes(const char *mnemonic, const char *operands)
{
    char *text = g_strdup_printf("%s%s%s", mnemonic, *operands ? " " : "", operands), *ptr;
    while ((ptr = strstr(text, " ptr ["))) {
        char *word = ptr;
        while (word > text && word[-1] != ' ')
            word--;
        memmove(word, ptr + 5, strlen(ptr + 5) + 1);
    }
    return text;
}

static void emit(struct host_code *c, enum host_row_name name, const struct form *f)
{
    const struct host_row *row = &host_rows[name];
    const bool imm = row->flags & (HOST_I8 | HOST_IV | HOST_IS);
    if (row->flags & HOST_V) {
        host_vrr(c, name, f->w, f->reg, strstr(row->text, "%v") ? f->vvvv : (unsigned)NO_REG, f->rm, f->imm);
    } else if (row->flags & HOST_C) {
        if (f->memory) {
            host_cc_m(c, name, f->cond, f->w, f->reg, f->m);
        } else {
            host_cc_r(c, name, f->cond, f->w, f->reg, f->rm);
        }
    } else if (imm && f->memory) {
        host_rmi(c, name, f->w, f->reg, f->m, f->imm);
    } else if (imm) {
        host_rri(c, name, f->w, f->reg, f->rm, f->imm);
    } else if (f->memory) {
        host_rm(c, name, f->w, f->reg, f->m);
    } else {
        host_rr(c, name, f->w, f->reg, f->rm);
    }
}

static csh handle;

static void one(struct test *test, enum host_row_name name, const struct form *f)
{
    uint8_t bytes[32];
    struct host_code c = { bytes, NULL };
    cs_insn *insn;
    emit(&c, name, f);
    const size_t length = (size_t)(c.p - bytes);
    char *want = expected(&host_rows[name], f), *got = NULL;
    const size_t count = cs_disasm(handle, bytes, length, 0, 1, &insn);
    if (count) {
        got = insn->size == length ? without_sizes(insn->mnemonic, insn->op_str) : g_strdup("another length");
        cs_free(insn, count);
    }
    if (!got || strcmp(got, want)) {
        printf("# want %s, got %s\n", want, got ? got : "nothing");
        EXPECT(test, false);
    }
    g_free(want);
    g_free(got);
}

static void memory_forms(struct test *test, enum host_row_name name, struct form f)
{
    static const struct host_mem places[] = {
        { RAX, NO_REG, 0, 0 }, { RBP, NO_REG, 0, 0x12 }, { R13, NO_REG, 0, -0x80 }, { RSP, NO_REG, 0, 0x1234 },
        { R12, NO_REG, 0, 0x10 }, { RBX, RCX, 2, 0x20 }, { R9, R14, 3, -0x12345 }, { RDI, R12, 0, 0 },
    };
    f.memory = true;
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        f.m = places[i];
        one(test, name, &f);
    }
}

/* Whether the row exists for registers, for memory. */
static bool has_registers(const struct host_row *row) { return !(row->flags & HOST_MEM); }
static bool has_memory(const struct host_row *row)
{
    return !(row->flags & HOST_V) && !(row->map == 1 && row->opcode == 0xc5 && row->prefix == 0x66);
}

static void row_forms(struct test *test, enum host_row_name name)
{
    const struct host_row *row = &host_rows[name];
    const bool vex = row->flags & HOST_V, vector = (row->flags & (HOST_XR | HOST_XE)) != 0;
    for (unsigned w = 8; w <= 64; w *= 2) {
        if (w == 8 && !(row->flags & HOST_B))
            continue;
        if (w < 32 && (vex || vector))
            continue;
        if (w != 64 && ((row->flags & HOST_D64) || row->opcode == 0x63))
            continue;
        if (w != 32 && !(row->flags & (HOST_W | HOST_D64)))
            continue;
        for (unsigned n = 0; n < 16; n++) {
            struct form f = { .w = w, .reg = n, .rm = n * 7 % 16, .vvvv = n * 3 % 16, .cond = n, .imm = 0x12 };
            if (has_registers(row))
                one(test, name, &f);
            if (has_memory(row))
                memory_forms(test, name, f);
            f.imm = w == 8 ? 0x34 : w == 16 ? 0x1234 : 0x12345;
            if (row->flags & (HOST_IV | HOST_IS))
                one(test, name, &f);
        }
    }
}

static void rows(struct test *test)
{
    for (unsigned name = 0; name < H_ROW_COUNT; name++)
        row_forms(test, name);
}

static void disassembles(struct test *test, const uint8_t *bytes, const uint8_t *end, const char *want)
{
    cs_insn *insn;
    const size_t count = cs_disasm(handle, bytes, (size_t)(end - bytes), 0, 1, &insn);
    char *got = count ? without_sizes(insn->mnemonic, insn->op_str) : g_strdup("nothing");
    if (strcmp(got, want) || (count && insn->size != (size_t)(end - bytes))) {
        printf("# want %s, got %s\n", want, got);
        EXPECT(test, false);
    }
    if (count)
        cs_free(insn, count);
    g_free(got);
}

/* What has no row. */
static void others(struct test *test)
{
    uint8_t bytes[32];
    struct host_code c = { bytes, NULL };
#define CHECK(call, text) do { c.p = bytes; call; disassembles(test, bytes, c.p, text); } while (0)
    CHECK(host_mov_imm(&c, RCX, 0x12345678), "mov ecx, 0x12345678");
    CHECK(host_mov_imm(&c, R9, 0x12345678), "mov r9d, 0x12345678");
    CHECK(host_mov_imm(&c, R9, (uint64_t)-2), "mov r9, -2");
    CHECK(host_mov_imm(&c, R15, 0x123456789abcdef0), "movabs r15, 0x123456789abcdef0");
    CHECK(host_bswap(&c, 32, RDX), "bswap edx");
    CHECK(host_bswap(&c, 64, R12), "bswap r12");
    CHECK(host_push(&c, R12), "push r12");
    CHECK(host_pop(&c, RSI), "pop rsi");
    CHECK(host_movzx_high(&c, RSI, RBX), "movzx esi, bh");
    CHECK(host_mov_to_high(&c, RCX, RDX), "mov ch, dl");
    CHECK(host_jcc(&c, 5), "jne 6");
    CHECK(host_jcc8(&c, 12), "jl 2");
    CHECK(host_jmp(&c), "jmp 5");
    CHECK(host_call(&c), "call 5");
#undef CHECK
}

int main(void)
{
    static const struct test_case cases[] = { TEST(rows), TEST(others) };
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
        return 1;
    const int status = test_run_cases("host_rows", cases, sizeof(cases) / sizeof(cases[0]));
    cs_close(&handle);
    return status;
}
