/* SPDX-License-Identifier: MIT */
/* PL011 by its manual (ARM DDI 0183). */
#include "hw/char/pl011.h"
#include "tests/device/rig.h"

enum { BASE = 0x9000000, DR = 0, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38,
       RIS = 0x3c, MIS = 0x40, ICR = 0x44 };
enum { RX = 1 << 4, TX = 1 << 5, RT = 1 << 6, OE = 1 << 10, RXFE = 1 << 4, RXFF = 1 << 6, TXFE = 1 << 7 };

struct bench { struct rig rig; struct wire irq; struct pl011 *uart; };

static void bench_init(struct bench *bench)
{
    rig_init(&bench->rig);
    bench->uart = pl011_new(bench->rig.machine, BASE, wire_line(&bench->irq), NULL);
}
static uint32_t get(struct bench *b, unsigned offset) { return (uint32_t)memory_read(b->rig.machine->memory, BASE + offset, 4); }
static void put(struct bench *b, unsigned offset, uint32_t value) { memory_write(b->rig.machine->memory, BASE + offset, value, 4); }
/* Loopback is the way in without an outside. */
static void push(struct bench *b, const char *text)
{
    for (; *text; text++) {
        put(b, DR, (uint8_t)*text);
    }
}

static void registers_after_reset(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    EXPECT_EQ(test, get(&b, FR) & (RXFE | RXFF | TXFE), RXFE | TXFE);
    EXPECT_EQ(test, get(&b, CR), 0x300);
    EXPECT_EQ(test, get(&b, IFLS), 0x12);
    static const uint8_t id[8] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    for (unsigned i = 0; i < 8; i++) {
        EXPECT_EQ(test, get(&b, 0xfe0 + i * 4), id[i]);
    }
    put(&b, IBRD, 0xffffff), put(&b, FBRD, 0xff), put(&b, LCR_H, 0xfff), put(&b, IMSC, 0xffff);
    EXPECT_EQ(test, get(&b, IBRD), 0xffff);
    EXPECT_EQ(test, get(&b, FBRD), 0x3f);
    EXPECT_EQ(test, get(&b, LCR_H), 0xff);
    EXPECT_EQ(test, get(&b, IMSC), 0x7ff);
    rig_free(&b.rig);
}

static void transmit_interrupt_after_a_character_left(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, IMSC, TX);
    EXPECT(test, !b.irq.level);         /* nothing has passed the level yet */
    put(&b, DR, 'x');
    EXPECT(test, b.irq.level && get(&b, MIS) == TX);
    put(&b, ICR, TX);
    EXPECT(test, !b.irq.level && !get(&b, RIS));
    rig_free(&b.rig);
}

static void receive_level_and_order(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, CR, 0x381), put(&b, LCR_H, 0x70), put(&b, IFLS, 1 << 3), put(&b, IMSC, RX);   /* loopback, FIFO, 4 of 16 */
    push(&b, "abc");
    EXPECT(test, !b.irq.level);
    push(&b, "d");
    EXPECT(test, b.irq.level);
    EXPECT_EQ(test, get(&b, DR), 'a');
    EXPECT(test, !b.irq.level);         /* below the level again */
    EXPECT_EQ(test, get(&b, DR), 'b');
    EXPECT_EQ(test, get(&b, DR), 'c');
    EXPECT(test, !(get(&b, FR) & RXFE));
    EXPECT_EQ(test, get(&b, DR), 'd');
    EXPECT(test, get(&b, FR) & RXFE);
    rig_free(&b.rig);
}

static void overrun_marks_the_next_character(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, CR, 0x381), put(&b, LCR_H, 0x70);
    push(&b, "0123456789abcdef");
    EXPECT(test, (get(&b, FR) & RXFF) && !(get(&b, RIS) & OE));
    push(&b, "x");
    EXPECT(test, get(&b, RIS) & OE);
    EXPECT_EQ(test, get(&b, DR), '0');
    push(&b, "y");
    for (unsigned i = 1; i < 16; i++) {
        EXPECT_EQ(test, get(&b, DR), "0123456789abcdef"[i]);
    }
    EXPECT_EQ(test, get(&b, DR), 'y' | 1 << 11);
    EXPECT_EQ(test, get(&b, 0x04), 8);  /* UARTRSR.OE */
    put(&b, 0x04, 0);
    EXPECT_EQ(test, get(&b, 0x04), 0);
    rig_free(&b.rig);
}

static void timeout_after_32_bits(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, IBRD, 13), put(&b, FBRD, 1);            /* 115177 baud: 32 bits take 277.8 us */
    put(&b, CR, 0x381), put(&b, LCR_H, 0x70), put(&b, IMSC, RT);
    push(&b, "a");
    rig_run(&b.rig, 270000);
    EXPECT(test, !b.irq.level);
    push(&b, "b");                                  /* starts it anew */
    rig_run(&b.rig, 270000);
    EXPECT(test, !b.irq.level);
    rig_run(&b.rig, 10000);
    EXPECT(test, b.irq.level && get(&b, MIS) == RT);
    get(&b, DR);
    EXPECT(test, b.irq.level);
    get(&b, DR);
    EXPECT(test, !b.irq.level);                     /* empty */
    rig_free(&b.rig);
}

static void fifo_off_holds_one(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    put(&b, CR, 0x381), put(&b, LCR_H, 0x60), put(&b, IMSC, RX);
    push(&b, "a");
    EXPECT(test, b.irq.level && (get(&b, FR) & RXFF));
    put(&b, LCR_H, 0x70);                           /* a change of FEN empties it */
    EXPECT(test, !b.irq.level && (get(&b, FR) & RXFE));
    rig_free(&b.rig);
}

/* 3.3.1: one character of zeroes with BE. */
static void break_of_the_line(struct test *test)
{
    enum { BE = 1 << 9, DR_BE = 1 << 10, RSR = 0x04, RSR_BE = 1 << 2 };
    struct bench b = { 0 };
    struct character *character = character_open("null", NULL);
    rig_init(&b.rig);
    b.uart = pl011_new(b.rig.machine, BASE, wire_line(&b.irq), character);
    put(&b, LCR_H, 0x70), put(&b, IMSC, BE);
    character_send_break(character);
    EXPECT(test, b.irq.level && get(&b, MIS) == BE);
    EXPECT_EQ(test, get(&b, DR), DR_BE);
    EXPECT_EQ(test, get(&b, RSR), RSR_BE);
    put(&b, ICR, BE);
    EXPECT(test, !b.irq.level);
    rig_free(&b.rig);
    character_free(character);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(registers_after_reset), TEST(transmit_interrupt_after_a_character_left), TEST(receive_level_and_order),
        TEST(overrun_marks_the_next_character), TEST(timeout_after_32_bits), TEST(fifo_off_holds_one), TEST(break_of_the_line),
    };
    return test_run_cases("pl011", cases, ARRAY_LEN(cases));
}
