/* SPDX-License-Identifier: MIT */
/*
 * Host code as text: a handful of units, as the x86-64 back end translates them, against tests/expect/host_code.txt, so that
 * a change in the code generator shows as a change of that file. UPDATE=1 writes the file anew.
 *
 * What depends on where things lie is named instead: jumps within the block by offset, those out of it as "common", fields of
 * the CPU structure beyond its first KiB as "field", addresses of 64 bits as "pointer".
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "tcg/frontend.h"
#include "tcg/host-x86_64/host.h"
#include "tcg/ir_build.h"
#include "tcg/ir_opt.h"
#include "tests/unit/test.h"

struct toy_cpu { struct cpu cpu; uint64_t r[12]; struct ir_flags flags; uint8_t x[2][16]; };
enum { R0 = 1, R1, R2, R3, R4, FLAGS = 13, X0 = 14, X1 };
#define INT(n, rank) { "r" #n, IR_TYPE_INT, offsetof(struct toy_cpu, r[n]), rank }
static const struct ir_global globals[] = {
    INT(0, 1), INT(1, 2), INT(2, 3), INT(3, 4), INT(4, 5), INT(5, 6), INT(6, 7), INT(7, 8), INT(8, 9), INT(9, 10),
    INT(10, 0), INT(11, 0),
    { "flags", IR_TYPE_FLAGS, offsetof(struct toy_cpu, flags), 0 },
    { "x0", IR_TYPE_VEC, offsetof(struct toy_cpu, x[0]), 0 }, { "x1", IR_TYPE_VEC, offsetof(struct toy_cpu, x[1]), 0 },
};
static uint64_t helper(struct cpu *cpu, uint64_t a) { return a; }
static const struct ir_helper helpers[] = { { "helper", (void *)helper, 1, IR_HELPER_FAULTS } };
static unsigned fetch_mmu(uint32_t mode) { return 0; }
static const struct frontend frontend = {
    .name = "toy", .globals = globals, .global_count = G_N_ELEMENTS(globals), .helpers = helpers, .helper_count = 1,
    .fetch_mmu = fetch_mmu,
};

static void add_and_store(struct ir_unit *u)
{
    ir_flag_op(u, IR_ADDS, 64, R0, FLAGS, IR_NONE, R0, R1, 0);
    ir_st(u, 64, R2, 8, R0, 0);
    ir_goto(u, 0x1010, 0);
}

static void compare_and_branch(struct ir_unit *u)
{
    const unsigned label = ir_new_label(u);
    ir_flag_op(u, IR_SUBS, 32, IR_NONE, FLAGS, IR_NONE, R0, IR_IMM, 5);
    ir_brf(u, IR_COND_NE, FLAGS, label);
    ir_goto(u, 0x1100, 0);
    ir_label(u, label);
    ir_op2i_to(u, IR_ADD, 32, R1, R1, 1);
    ir_goto(u, 0x1200, 1);
}

static void loop_of_loads(struct ir_unit *u)
{
    const unsigned head = ir_new_label(u);
    ir_label(u, head);
    ir_poll(u, 0x1000);
    ir_insn_mark(u, 0x1000, 0);
    ir_op2_to(u, IR_ADD, 64, R0, R0, ir_ld(u, 64, R1, 0, 0));
    ir_op2i_to(u, IR_ADD, 64, R1, R1, 8);
    ir_flag_op(u, IR_SUBS, 64, R2, FLAGS, IR_NONE, R2, IR_IMM, 1);
    ir_brf(u, IR_COND_NE, FLAGS, head);
    ir_goto(u, 0x1020, 0);
}

static void shared_look_up(struct ir_unit *u)
{
    ir_mov_to(u, R0, ir_ld(u, 64, R4, 0, 0));
    ir_mov_to(u, R1, ir_ld(u, 32, R4, 8, 0));
    ir_mov_to(u, R2, ir_lds(u, 8, R4, 16, 0));
    ir_jump(u, R0, IR_JUMP_PLAIN);
}

static void fields(struct ir_unit *u)
{
    ir_mov_to(u, R0, ir_deposit(u, R0, 0, 8, R1));
    ir_mov_to(u, R1, ir_deposit(u, R1, 8, 8, R2));
    ir_mov_to(u, R2, ir_extract(u, R3, 8, 8));
    ir_goto(u, 0x5000, 0);
}

static void call_helper(struct ir_unit *u)
{
    ir_flag_op(u, IR_ANDS, 32, IR_NONE, FLAGS, IR_NONE, R0, R0, 0);
    ir_mov_to(u, R3, ir_call(u, 0, R1, IR_NONE, IR_NONE, IR_NONE));
    ir_lookup(u);
}

static void vectors(struct ir_unit *u)
{
    static const struct ir_copy paddd = { "paddd", 0x66, 1, 0xfe, .reg_role = IR_COPY_BOTH, .reg_class = IR_COPY_VEC,
                                          .rm_role = IR_COPY_READ, .rm_class = IR_COPY_VEC };
    ir_emit_copy(u, &paddd, 0, X0, IR_NONE, X0, X1, IR_NONE, IR_NONE);
    ir_stv(u, 128, R0, 0, X0, 0);
    ir_exit(u);
}

static const struct { const char *name; void (*build)(struct ir_unit *u); } units[] = {
    { "an addition whose flags live over a store", add_and_store },
    { "a compare, its branch, and an exit", compare_and_branch },
    { "a loop with a load", loop_of_loads },
    { "three loads off one base, an indirect jump", shared_look_up },
    { "fields; an exit to another page", fields },
    { "a helper that may fault", call_helper },
    { "a vector instruction of the guest and a store", vectors },
};

/* Replaces what differs from run to run. */
static char *plain(const char *text, const uint8_t *code, size_t size)
{
    const char *hex = strstr(text, "0x");
    if (!strncmp(text, "movabs", 6) && hex)
        return g_strdup_printf("%.*spointer", (int)(hex - text), text);
    if ((text[0] == 'j' || !strncmp(text, "call", 4)) && hex && !strchr(text, '[')) {
        const uint64_t to = strtoull(hex, NULL, 16) - (uintptr_t)code;
        return to < size ? g_strdup_printf("%.*s%03x", (int)(hex - text), text, (unsigned)to)
                         : g_strdup_printf("%.*scommon", (int)(hex - text), text);
    }
    const char *cpu = strstr(text, "[r13 + "), *field = cpu ? strstr(cpu, "0x") : NULL;
    if (field && strtoull(field, NULL, 16) >= 0x400)
        return g_strdup_printf("%.*sfield%s", (int)(field - text), text, strchr(field, ']'));
    return g_strdup(text);
}

struct listing { GString *out; const struct block *block; };

static void list_line(void *opaque, unsigned at, unsigned bytes, const char *text)
{
    const struct listing *l = opaque;
    g_autofree char *line = plain(text, l->block->host, l->block->host_bytes);
    if (strcmp(g_strstrip(line), "int3"))
        g_string_append_printf(l->out, "%03x  %s\n", at, line);
}

static void one_unit(GString *out, void *state, struct ir_unit *u, unsigned n, uint8_t *room, size_t bytes)
{
    struct block block = { .pc = 0x1000 };
    struct code_buffer buffer = { room, room, bytes };
    ir_unit_start(u, globals, G_N_ELEMENTS(globals), helpers, 1);
    u->pc = u->linear = 0x1000;
    u->guest_bytes = 16;
    ir_insn_mark(u, 0x1000, 0);
    units[n].build(u);
    ir_optimise(u);
    g_string_append_printf(out, "# %s\n", units[n].name);
    if (!backend_host.emit(state, u, &block, &buffer)) {
        g_string_append(out, "did not fit\n");
        return;
    }
    struct listing listing = { out, &block };
    backend_host.disassemble(block.host, block.host_bytes, (uintptr_t)block.host, list_line, &listing);
    g_string_append_c(out, '\n');
}

static void host_code(struct test *test)
{
    enum { BYTES = 64 << 10 };
    static const char path[] = "tests/expect/host_code.txt";
    const struct backend_options options = { .icount = false };
    uint8_t *room = g_malloc(2 * BYTES);
    struct code_buffer common = { room + BYTES, room + BYTES, BYTES };
    uint8_t *aligned = room + (-(uintptr_t)room & 63);
    void *state = backend_host.create(&frontend, &options, &common, NULL);
    struct ir_unit *u = ir_unit_new();
    GString *out = g_string_new(NULL);
    char *want = NULL;
    for (unsigned n = 0; n < G_N_ELEMENTS(units); n++)
        one_unit(out, state, u, n, aligned, BYTES - 64);
    if (getenv("UPDATE")) {
        EXPECT(test, g_file_set_contents(path, out->str, -1, NULL));
    } else if (EXPECT(test, g_file_get_contents(path, &want, NULL, NULL)) && strcmp(want, out->str)) {
        unsigned line = 1;
        size_t at = 0;
        for (; want[at] == out->str[at]; at++)
            line += want[at] == '\n';
        printf("# %s:%u: the code is now:\n%s", path, line, out->str);
        EXPECT(test, false);
    }
    g_free(want);
    g_string_free(out, TRUE);
    ir_unit_free(u);
    backend_host.destroy(state);
    g_free(room);
}

int main(void)
{
    const uint32_t all = HOST_HAS_BMI2 | HOST_HAS_LZCNT | HOST_HAS_TZCNT;
    if ((host_features() & all) != all) {
        printf("skip expect_host_code: this CPU lacks BMI2 or LZCNT, the code differs\n");
        return 0;
    }
    test_run("expect_host_code", host_code);
    return test_status();
}
