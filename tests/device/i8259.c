/* SPDX-License-Identifier: MIT */
/* The 8259 pair: initialisation, priority, cascade, EOI forms, edge and level, spurious, poll, special modes. */
#include "hw/intc/i8259.h"
#include "tests/device/rig.h"

struct pics { struct rig rig; struct i8259 *pic; struct wire intr; };

static void pics_init(struct pics *p)
{
    static const uint8_t icws[2][4] = { { 0x11, 0x08, 0x04, 0x01 }, { 0x11, 0x70, 0x02, 0x01 } };
    *p = (struct pics){ 0 };
    rig_init(&p->rig);
    p->pic = i8259_new(p->rig.machine);
    p->pic->intr = wire_line(&p->intr);
    for (unsigned chip = 0; chip < 2; chip++) {
        uint16_t port = chip ? 0xa0 : 0x20;
        out8(&p->rig, port, icws[chip][0]);
        for (unsigned i = 1; i < 4; i++) {
            out8(&p->rig, port + 1, icws[chip][i]);
        }
    }
}

static void line(struct pics *p, unsigned irq, bool level)
{
    struct irq_line input = i8259_input(p->pic, irq);
    irq_set(&input, level);
}

static void edge_is_taken_once(struct test *test)
{
    struct pics p;
    pics_init(&p);
    line(&p, 3, true);
    EXPECT(test, p.intr.level && in8(&p.rig, 0x20) == 0x08);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0b);
    EXPECT(test, !p.intr.level);
    out8(&p.rig, 0x20, 0x0b);                   /* read ISR */
    EXPECT_EQ(test, in8(&p.rig, 0x20), 0x08);
    out8(&p.rig, 0x20, 0x20);
    EXPECT_EQ(test, in8(&p.rig, 0x20), 0);
    EXPECT(test, !p.intr.level);                /* the line is still high: no second edge */
    line(&p, 3, false);
    line(&p, 3, true);
    EXPECT(test, p.intr.level);
    rig_free(&p.rig);
}

static void priority_and_mask(struct test *test)
{
    struct pics p;
    pics_init(&p);
    out8(&p.rig, 0x21, 0x02);
    EXPECT_EQ(test, in8(&p.rig, 0x21), 0x02);
    line(&p, 1, true);
    EXPECT(test, !p.intr.level);
    line(&p, 4, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0c);
    line(&p, 5, true);
    EXPECT(test, !p.intr.level);                /* 4 is in service */
    line(&p, 0, true);
    EXPECT(test, p.intr.level);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x08);
    out8(&p.rig, 0x20, 0x60);                   /* specific EOI of 0 */
    EXPECT(test, !p.intr.level);
    out8(&p.rig, 0x20, 0x20);                   /* of 4 */
    EXPECT(test, p.intr.level);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0d);
    out8(&p.rig, 0x20, 0x20);
    out8(&p.rig, 0x21, 0);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x09);
    rig_free(&p.rig);
}

static void cascade(struct test *test)
{
    struct pics p;
    pics_init(&p);
    line(&p, 12, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x74);
    line(&p, 8, true);                          /* higher in the slave, but the master serves input 2 */
    EXPECT(test, !p.intr.level);
    out8(&p.rig, 0xa0, 0x20);
    out8(&p.rig, 0x20, 0x20);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x70);
    rig_free(&p.rig);
}

/* The slave's output stays high over INTA when more is waiting; the master must see it as a new edge. */
static void slave_with_more_waiting(struct test *test)
{
    struct pics p;
    pics_init(&p);
    out8(&p.rig, 0xa0, 0x11), out8(&p.rig, 0xa1, 0x70), out8(&p.rig, 0xa1, 0x02),
    out8(&p.rig, 0xa1, 0x03);   /* auto EOI */
    line(&p, 8, true), line(&p, 9, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x70);
    out8(&p.rig, 0x20, 0x20);
    EXPECT(test, p.intr.level);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x71);
    rig_free(&p.rig);
}

static void special_fully_nested(struct test *test)
{
    struct pics p;
    pics_init(&p);
    out8(&p.rig, 0x20, 0x11), out8(&p.rig, 0x21, 0x08), out8(&p.rig, 0x21, 0x04), out8(&p.rig, 0x21, 0x11);
    line(&p, 12, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x74);
    line(&p, 8, true);
    EXPECT(test, p.intr.level);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x70);
    rig_free(&p.rig);
}

static void level_triggered(struct test *test)
{
    struct pics p;
    pics_init(&p);
    out8(&p.rig, 0x4d0, 0xff), out8(&p.rig, 0x4d1, 0xff);
    EXPECT(test, in8(&p.rig, 0x4d0) == 0xf8 && in8(&p.rig, 0x4d1) == 0xde);
    line(&p, 11, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x73);
    out8(&p.rig, 0xa0, 0x20), out8(&p.rig, 0x20, 0x20);
    EXPECT(test, p.intr.level);                 /* still asserted */
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x73);
    line(&p, 11, false);
    out8(&p.rig, 0xa0, 0x20), out8(&p.rig, 0x20, 0x20);
    EXPECT(test, !p.intr.level);
    rig_free(&p.rig);
}

static void spurious(struct test *test)
{
    struct pics p;
    pics_init(&p);
    line(&p, 5, true);
    line(&p, 5, false);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0f);
    out8(&p.rig, 0x20, 0x0b);
    EXPECT_EQ(test, in8(&p.rig, 0x20), 0);      /* nothing in service */
    rig_free(&p.rig);
}

static void poll(struct test *test)
{
    struct pics p;
    pics_init(&p);
    out8(&p.rig, 0x20, 0x0c);
    EXPECT_EQ(test, in8(&p.rig, 0x20) & 0x80, 0);
    line(&p, 6, true);
    out8(&p.rig, 0x20, 0x0c);
    EXPECT_EQ(test, in8(&p.rig, 0x20), 0x86);
    EXPECT(test, !p.intr.level);
    out8(&p.rig, 0x20, 0x0b);
    EXPECT_EQ(test, in8(&p.rig, 0x20), 0x40);
    rig_free(&p.rig);
}

static void rotation_and_auto_eoi(struct test *test)
{
    struct pics p;
    pics_init(&p);
    out8(&p.rig, 0x20, 0xc3);                   /* 3 becomes the lowest */
    line(&p, 3, true), line(&p, 4, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0c);
    out8(&p.rig, 0x20, 0xa0);                   /* rotate on non-specific EOI: 4 becomes the lowest */
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0b);
    out8(&p.rig, 0x20, 0x20);
    out8(&p.rig, 0x20, 0x11), out8(&p.rig, 0x21, 0x08), out8(&p.rig, 0x21, 0x04), out8(&p.rig, 0x21, 0x03);
    line(&p, 3, false), line(&p, 3, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0b);
    out8(&p.rig, 0x20, 0x0b);
    EXPECT_EQ(test, in8(&p.rig, 0x20), 0);      /* automatic EOI */
    rig_free(&p.rig);
}

static void special_mask(struct test *test)
{
    struct pics p;
    pics_init(&p);
    line(&p, 1, true);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x09);
    line(&p, 6, true);
    EXPECT(test, !p.intr.level);
    out8(&p.rig, 0x21, 0x02);
    out8(&p.rig, 0x20, 0x68);
    EXPECT(test, p.intr.level);                 /* the masked level no longer holds others off */
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x0e);
    out8(&p.rig, 0x20, 0x20);
    out8(&p.rig, 0x20, 0x0b);
    EXPECT_EQ(test, in8(&p.rig, 0x20), 0x02);   /* the EOI took 6, not the masked 1 */
    rig_free(&p.rig);
}

static void not_initialised_is_silent(struct test *test)
{
    struct pics p;
    pics_init(&p);
    out8(&p.rig, 0x20, 0x11);
    line(&p, 3, true);
    EXPECT(test, !p.intr.level);
    out8(&p.rig, 0x21, 0x20), out8(&p.rig, 0x21, 0x04), out8(&p.rig, 0x21, 0x01);
    EXPECT_EQ(test, i8259_acknowledge(p.pic), 0x23);
    rig_free(&p.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(edge_is_taken_once), TEST(priority_and_mask), TEST(cascade), TEST(slave_with_more_waiting),
        TEST(special_fully_nested), TEST(level_triggered),
        TEST(spurious), TEST(poll), TEST(rotation_and_auto_eoi), TEST(special_mask), TEST(not_initialised_is_silent),
    };
    return test_run_cases("i8259", cases, ARRAY_LEN(cases));
}
