/* SPDX-License-Identifier: MIT */
/* The engine with the toy guest: runs, loops, links, small caches, one instruction a unit, faults, code outside RAM. */
#include <string.h>
#include "tests/toy/toy.h"
#include "tests/unit/test.h"

#define I(op, a, b, c, imm) toy_insn(TOY_##op, a, b, c, imm)
enum { RAM_BYTES = 16 << 20, CODE = 0x10000, DATA = 0x200000 };

static const struct engine_options variants[] = {
    { .interpret = true }, { .interpret = true, .cache_mib = 1 }, { .interpret = true, .max_insns = 1 },
    { .interpret = true, .unlinked = true, .max_insns = 3 },
    { .interpret = false }, { .cache_mib = 1 }, { .max_insns = 1 }, { .unlinked = true, .max_insns = 3 },
};
enum { VARIANTS = sizeof(variants) / sizeof(variants[0]) };

static void run_all(struct test *t, void (*body)(struct test *t, struct toy_machine *m))
{
    for (unsigned v = 0; v < VARIANTS; v++) {
        struct toy_machine m;
        toy_machine_init(&m, &variants[v], RAM_BYTES, 1);
        body(t, &m);
        toy_machine_free(&m);
        if (t->failed) {
            printf("# in variant %u\n", v);
            return;
        }
    }
}

static void sum_loop(struct test *t, struct toy_machine *m)
{
    const uint64_t code[] = {
        I(MOVI, 0, 0, 0, 0), I(MOVI, 1, 0, 0, 1000), I(MOVI, 2, 0, 0, 0),
        I(ADD, 0, 0, 1, 0), I(ADDI, 1, 1, 0, -1), I(BNE, 1, 2, 0, -16),
        I(HLT, 0, 0, 0, 0),
    };
    toy_load(m, CODE, code, 7);
    toy_run(m, CODE);
    EXPECT_EQ(t, m->cpu[0]->r[0], 500500);
    EXPECT_EQ(t, m->cpu[0]->cpu.pc, CODE + 7 * 8);
    EXPECT(t, m->cpu[0]->cpu.halted);
}
static void loop(struct test *t) { run_all(t, sum_loop); }

/* Two pages that jump to each other, directly and by register; memory in every size across a page border. */
static void pages_body(struct test *t, struct toy_machine *m)
{
    const uint64_t first[] = {
        I(ADDI, 0, 0, 0, 1), I(JMP, 0, 0, 0, 0x1000 - 8),
    };
    const uint64_t second[] = {
        I(ADDI, 1, 1, 0, 2), I(MOVI, 2, 0, 0, CODE), I(BNE, 0, 3, 0, 16), I(HLT, 0, 0, 0, 0), I(JMPR, 2, 0, 0, 0),
    };
    struct toy *cpu = m->cpu[0];
    toy_load(m, CODE, first, 2);
    toy_load(m, CODE + 0x1000, second, 5);
    cpu->r[0] = cpu->r[1] = 0;
    cpu->r[3] = 100;
    toy_run(m, CODE);
    EXPECT_EQ(t, cpu->r[0], 100);
    EXPECT_EQ(t, cpu->r[1], 200);
}
static void pages(struct test *t) { run_all(t, pages_body); }

static void memory_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    for (unsigned size = 0; size < 4; size++) {
        for (uint64_t at = DATA + 0xff8; at < DATA + 0x1004; at++) {
            const uint64_t code[] = { I(ST, 0, 1, size, 0), I(LD, 2, 1, size, 0), I(LD, 3, 1, 3, -8), I(HLT, 0, 0, 0, 0) };
            const uint64_t mask = size == 3 ? UINT64_MAX : (1ull << (8u << size)) - 1;
            toy_load(m, CODE, code, 4);
            memset(m->ram->host + DATA, 0xaa, 0x2000);
            cpu->r[0] = 0x1122334455667788 + at;
            cpu->r[1] = at;
            toy_run(m, CODE);
            EXPECT_EQ(t, cpu->r[2], cpu->r[0] & mask);
            EXPECT_EQ(t, cpu->r[3], 0xaaaaaaaaaaaaaaaa);
            EXPECT_EQ(t, toy_peek(m, at) & mask, cpu->r[0] & mask);
            EXPECT_EQ(t, toy_peek(m, at + (1u << size)), 0xaaaaaaaaaaaaaaaa);
        }
    }
}
static void memory(struct test *t) { run_all(t, memory_body); }

/* Much more code than a small cache holds, run twice in two orders: every piece adds its number. */
static void cache_body(struct test *t, struct toy_machine *m)
{
    enum { PIECES = 6000, STRIDE = 0x200 };
    struct toy *cpu = m->cpu[0];
    uint64_t want = 0;
    for (unsigned i = 0; i < PIECES; i++) {
        const unsigned next = (i + 2633) % PIECES;
        const uint64_t code[] = {
            I(ADDI, 0, 0, 0, (int32_t)i), I(ADDI, 1, 1, 0, -1), I(BNE, 1, 2, 0, 16), I(HLT, 0, 0, 0, 0),
            I(MOVI, 3, 0, 0, (int32_t)(0x400000 + next * STRIDE)), I(JMPR, 3, 0, 0, 0),
        };
        toy_load(m, 0x400000 + i * STRIDE, code, 6);
    }
    for (unsigned i = 0, n = 0; n < 20000; n++, i = (i + 2633) % PIECES) {
        want += i;
    }
    cpu->r[0] = cpu->r[2] = 0;
    cpu->r[1] = 20000;
    toy_run(m, 0x400000);
    EXPECT_EQ(t, cpu->r[0], want);
}
static void cache(struct test *t) { run_all(t, cache_body); }

/* A fault shows the state before the instruction, whatever the unit did since its start. */
static void fault_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    const uint64_t root = 0x100000;
    for (unsigned n = 0; n < TOY_PAGES; n++) {
        toy_poke(m, root + n * 8, (uint64_t)n << 12 | TOY_P | TOY_W | TOY_X);
    }
    toy_poke(m, root + (DATA >> 12) * 8 + 8, 0);
    toy_poke(m, root + (DATA >> 12) * 8 + 16, (uint64_t)DATA | TOY_P);
    const uint64_t handler[] = { I(ADDI, 5, 5, 0, 1), I(HLT, 0, 0, 0, 0) };
    toy_load(m, CODE + 0x2000, handler, 2);
    const struct { int32_t offset; uint64_t fault; bool store; } row[] = {
        { 0x1000, DATA + 0x1000, false }, { 0xffc, DATA + 0x1000, false }, { 0xffc, DATA + 0x1000, true },
        { 0x1ffc, DATA + 0x1000, true }, { 0x2000, DATA + 0x2000, true },
    };
    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        const uint64_t code[] = {
            I(ADDI, 0, 0, 0, 1), I(ADDI, 1, 1, 0, 1),
            row[i].store ? I(ST, 0, 4, 3, row[i].offset) : I(LD, 0, 4, 3, row[i].offset),
            I(ADDI, 0, 0, 0, 100), I(HLT, 0, 0, 0, 0),
        };
        toy_load(m, CODE, code, 5);
        cpu->root = root;
        mmu_flush(&cpu->cpu, false);
        cpu->handler = CODE + 0x2000;
        cpu->r[0] = cpu->r[1] = cpu->r[5] = 0;
        cpu->r[4] = DATA;
        toy_poke(m, DATA + 0xff8, 0x5555555555555555);
        toy_run(m, CODE);
        EXPECT_EQ(t, cpu->r[0], 1);
        EXPECT_EQ(t, cpu->r[1], 1);
        EXPECT_EQ(t, cpu->r[5], 1);
        EXPECT_EQ(t, cpu->r[14] & ~4095ull, row[i].fault);
        EXPECT_EQ(t, cpu->r[15], CODE + 16);
        EXPECT_EQ(t, toy_peek(m, DATA + 0xff8), 0x5555555555555555);    /* the half that would not fault is not stored */
    }
}
static void fault(struct test *t) { run_all(t, fault_body); }

/* Code across two pages, whose second page is then mapped elsewhere: the same pc runs other code. */
static void crossing_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    const uint64_t root = 0x100000;
    for (unsigned n = 0; n < TOY_PAGES; n++) {
        toy_poke(m, root + n * 8, (uint64_t)n << 12 | TOY_P | TOY_W | TOY_X);
    }
    uint64_t code[] = { I(MOVI, 0, 0, 0, 7), I(MOVI, 1, 0, 0, 0x01020304), I(HLT, 0, 0, 0, 0) };
    uint64_t other[] = { I(MOVI, 1, 0, 0, 0x05060708), I(HLT, 0, 0, 0, 0) };
    toy_load(m, CODE + 0x1000 - 12, code, 3);
    memory_write_bytes(m->memory, DATA, (uint8_t *)other + 4, 12);
    cpu->root = root;
    for (unsigned i = 0; i < 4; i++) {
        toy_poke(m, root + ((CODE >> 12) + 1) * 8, (i & 1 ? DATA : CODE + 0x1000) | TOY_P | TOY_W | TOY_X);
        mmu_flush(&cpu->cpu, false);
        toy_run(m, CODE + 0x1000 - 12);
        EXPECT_EQ(t, cpu->r[0], 7);
        EXPECT_EQ(t, cpu->r[1], i & 1 ? 0x05060708 : 0x01020304);
    }
    toy_poke(m, root + ((CODE >> 12) + 1) * 8, 0);
    mmu_flush(&cpu->cpu, false);
    cpu->r[0] = 0;
    toy_run(m, CODE + 0x1000 - 12);
    EXPECT_EQ(t, cpu->r[0], 7);
    EXPECT(t, cpu->faulted);
    EXPECT_EQ(t, cpu->fault_pc, CODE + 0x1000 - 4);
    cpu->root = 0;
}
static void crossing(struct test *t) { run_all(t, crossing_body); }

/* The same reached by a linked jump, with the second page's mapping changed by the guest between the turns. */
static void crossing_linked_body(struct test *t, struct toy_machine *m)
{
    enum { AT = CODE + 0x1000 - 12, ROOT = 0x100000, SECOND = ROOT + ((CODE >> 12) + 1) * 8 };
    struct toy *cpu = m->cpu[0];
    const uint64_t start[] = {
        /* r2 counts turns, r4 = root, r5 and r6 = the two entries, r7 = where they go, r3 = sum */
        I(ADDI, 2, 2, 0, 1), I(ST, 5, 7, 3, 0), I(ROOT, 4, 0, 0, 0), I(JMP, 0, 0, 0, AT - CODE - 24),
        I(ADD, 3, 3, 1, 0), I(ADDI, 9, 5, 0, 0), I(ADDI, 5, 6, 0, 0), I(ADDI, 6, 9, 0, 0), I(BNE, 2, 8, 0, -64), I(HLT, 0, 0, 0, 0),
    };
    const uint64_t code[] = { I(MOVI, 0, 0, 0, 7), I(MOVI, 1, 0, 0, 0x100), I(JMPR, 10, 0, 0, 0) };
    const uint64_t other[] = { I(MOVI, 1, 0, 0, 0x300), I(JMPR, 10, 0, 0, 0) };
    for (unsigned n = 0; n < TOY_PAGES; n++) {
        toy_poke(m, ROOT + n * 8, (uint64_t)n << 12 | TOY_P | TOY_W | TOY_X);
    }
    toy_load(m, CODE, start, sizeof(start) / 8);
    toy_load(m, AT, code, 3);
    memory_write_bytes(m->memory, DATA, (const uint8_t *)other + 4, 12);
    cpu->root = cpu->r[4] = ROOT;
    cpu->r[2] = cpu->r[3] = 0;
    cpu->r[5] = (CODE + 0x1000) | TOY_P | TOY_X;
    cpu->r[6] = DATA | TOY_P | TOY_X;
    cpu->r[7] = SECOND;
    cpu->r[8] = 100;
    cpu->r[10] = CODE + 32;
    mmu_flush(&cpu->cpu, false);
    toy_run(m, CODE);
    EXPECT_EQ(t, cpu->r[3], 50 * 0x100 + 50 * 0x300);
    cpu->root = 0;
}
static void crossing_linked(struct test *t) { run_all(t, crossing_linked_body); }

/* ---- code from a device, and from nowhere ---- */

static uint64_t device_read(void *device, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, (const uint8_t *)device + offset, size);
    return value;
}
static void device_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    memcpy((uint8_t *)device + offset, &value, size);
}
static const struct io_ops device_ops = { device_read, device_write, 1, 8 };

static void device_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    static uint8_t device[4096];
    const uint64_t code[] = { I(MOVI, 0, 0, 0, 3), I(ADDI, 0, 0, 0, 4), I(ST, 0, 1, 2, 0x100), I(ADDI, 2, 0, 0, 1),
                              I(HLT, 0, 0, 0, 0) };
    memcpy(device, code, sizeof(code));
    g_mutex_lock(&m->lock);
    memory_add_io(m->memory, "device", 0x80000000, 4096, &device_ops, device, 0);
    g_mutex_unlock(&m->lock);
    cpu->r[1] = 0x80000000;
    toy_run(m, 0x80000000);
    EXPECT_EQ(t, cpu->r[0], 7);
    EXPECT_EQ(t, cpu->r[2], 8);
    EXPECT_EQ(t, device[0x100], 7);
    /* It is read anew each time. */
    const uint64_t changed = I(ADDI, 0, 0, 0, 40);
    memcpy(device + 8, &changed, 8);
    toy_run(m, 0x80000000);
    EXPECT_EQ(t, cpu->r[0], 43);
    toy_run(m, 0x90000000);     /* nothing there: all ones, no instruction of the toy */
    EXPECT(t, cpu->faulted);
    EXPECT_EQ(t, cpu->fault_address, UINT64_MAX);
    EXPECT_EQ(t, cpu->fault_pc, 0x90000000);
}
static void device(struct test *t) { run_all(t, device_body); }

/* Running over the end of RAM: an instruction half in it, then nothing but ones. */
static void end_of_ram_body(struct test *t, struct toy_machine *m)
{
    struct toy *cpu = m->cpu[0];
    const uint64_t code[] = { I(MOVI, 0, 0, 0, 5), I(MOVI, 1, 0, 0, 0) };
    for (unsigned turn = 0; turn < 3; turn++) {
        memory_write_bytes(m->memory, RAM_BYTES - 12, code, 12);
        cpu->r[0] = cpu->r[1] = 0;
        toy_run(m, RAM_BYTES - 12);
        EXPECT_EQ(t, cpu->r[0], 5);
        EXPECT_EQ(t, cpu->r[1], UINT64_MAX);
        EXPECT(t, cpu->faulted);
        EXPECT_EQ(t, cpu->fault_pc, RAM_BYTES + 4);
    }
}
static void end_of_ram(struct test *t) { run_all(t, end_of_ram_body); }

static const struct test_case cases[] = {
    TEST(loop), TEST(pages), TEST(memory), TEST(cache), TEST(fault), TEST(crossing), TEST(crossing_linked), TEST(device), TEST(end_of_ram),
};

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    return test_run_cases("engine", cases, sizeof(cases) / sizeof(cases[0]));
}
