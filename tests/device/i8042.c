/* SPDX-License-Identifier: MIT */
/* Keyboard controller, keyboard and mouse: self-tests, translation, interrupts, A20, reset line, packets. */
#include "hw/input/i8042.h"
#include "hw/misc/port92.h"
#include "tests/device/rig.h"

struct kbc { struct rig rig; struct i8042 *kbc; struct port92 *port92; struct wire irq1, irq12, a20; };

static void kbc_init(struct kbc *k)
{
    *k = (struct kbc){ 0 };
    rig_init(&k->rig);
    k->port92 = port92_new(k->rig.machine, wire_line(&k->a20));
    k->kbc = i8042_new(k->rig.machine, wire_line(&k->irq1), wire_line(&k->irq12), port92_a20_input(k->port92));
}

static void command(struct kbc *k, uint8_t byte) { out8(&k->rig, 0x64, byte); }
static void data(struct kbc *k, uint8_t byte) { out8(&k->rig, 0x60, byte); }
/* The next byte; -1: none; + 100h: from the mouse. */
static int next(struct kbc *k)
{
    uint8_t status = in8(&k->rig, 0x64);
    return status & 1 ? in8(&k->rig, 0x60) | (status & 0x20 ? 0x100 : 0) : -1;
}

static void self_tests(struct test *test)
{
    struct kbc k;
    kbc_init(&k);
    EXPECT_EQ(test, in8(&k.rig, 0x64), 0x10);
    command(&k, 0xaa);
    EXPECT_EQ(test, in8(&k.rig, 0x64), 0x1d);
    EXPECT(test, next(&k) == 0x55 && next(&k) == -1);
    command(&k, 0xab);
    EXPECT_EQ(test, next(&k), 0);
    command(&k, 0x60), data(&k, 0x61);
    command(&k, 0x20);
    EXPECT_EQ(test, next(&k), 0x61);
    EXPECT_EQ(test, in8(&k.rig, 0x60), 0x61);           /* an empty buffer gives the last byte again */
    rig_free(&k.rig);
}

static void keyboard_commands(struct test *test)
{
    struct kbc k;
    kbc_init(&k);
    data(&k, 0xff);
    EXPECT(test, next(&k) == 0xfa && next(&k) == 0xaa && next(&k) == -1);
    data(&k, 0xf2);
    EXPECT(test, next(&k) == 0xfa && next(&k) == 0xab && next(&k) == 0x83);
    data(&k, 0xed), data(&k, 0x07);
    EXPECT(test, next(&k) == 0xfa && next(&k) == 0xfa && k.kbc->state.keyboard.leds == 7);
    data(&k, 0xee);
    EXPECT_EQ(test, next(&k), 0xee);
    data(&k, 0xf0), data(&k, 0);
    EXPECT(test, next(&k) == 0xfa && next(&k) == 0xfa && next(&k) == 2);
    data(&k, 0xf0), data(&k, 3);
    EXPECT(test, next(&k) == 0xfa && next(&k) == 0xfe);
    data(&k, 0xf5);
    i8042_key(k.kbc, 0x1e, true);
    EXPECT(test, next(&k) == 0xfa && next(&k) == -1);   /* disabled: keys are lost */
    data(&k, 0x99);
    EXPECT_EQ(test, next(&k), 0xfe);
    rig_free(&k.rig);
}

static void keys_and_translation(struct test *test)
{
    struct kbc k;
    kbc_init(&k);
    i8042_key(k.kbc, 0x1e, true), i8042_key(k.kbc, 0x1e, false);        /* A */
    EXPECT(test, next(&k) == 0x1c && next(&k) == 0xf0 && next(&k) == 0x1c);
    command(&k, 0x60), data(&k, 0x41);                                  /* translate, IRQ 1 */
    i8042_key(k.kbc, 0x1e, true);
    EXPECT(test, k.irq1.level);
    i8042_key(k.kbc, 0x1e, false);
    unsigned rises = k.irq1.rises;
    EXPECT_EQ(test, next(&k), 0x1e);
    EXPECT(test, k.irq1.level && k.irq1.rises == rises + 1);
    EXPECT_EQ(test, next(&k), 0x9e);
    EXPECT(test, !k.irq1.level);
    i8042_key(k.kbc, 0x148, true), i8042_key(k.kbc, 0x148, false);      /* cursor up */
    EXPECT(test, next(&k) == 0xe0 && next(&k) == 0x48 && next(&k) == 0xe0 && next(&k) == 0xc8);
    command(&k, 0xad);
    i8042_key(k.kbc, 0x1e, true);
    EXPECT_EQ(test, next(&k), -1);                                      /* held back, not lost */
    command(&k, 0xae);
    EXPECT_EQ(test, next(&k), 0x1e);
    for (unsigned code = 1; code < 0x59; code++) {                      /* every key comes back as itself */
        i8042_key(k.kbc, code, true);
        if (code != 0x55 && code != 0x56) {
            EXPECT_EQ(test, (uint64_t)next(&k), code);
        } else {
            next(&k);
        }
    }
    for (unsigned i = 0; i < 100; i++) {
        i8042_key(k.kbc, 0x1e, true);
    }
    for (unsigned i = 0; i < 100 && next(&k) >= 0; i++) {
    }
    EXPECT_EQ(test, next(&k), -1);
    rig_free(&k.rig);
}

static void mouse_packets(struct test *test)
{
    struct kbc k;
    kbc_init(&k);
    command(&k, 0x60), data(&k, 0x03);
    command(&k, 0xd4), data(&k, 0xff);
    EXPECT(test, k.irq12.level && !k.irq1.level);
    EXPECT(test, next(&k) == 0x1fa && next(&k) == 0x1aa && next(&k) == 0x100);
    i8042_mouse(k.kbc, 5, 5, 0, 0);
    EXPECT_EQ(test, next(&k), -1);                      /* not enabled */
    command(&k, 0xd4), data(&k, 0xf4);
    EXPECT_EQ(test, next(&k), 0x1fa);
    i8042_mouse(k.kbc, 3, -4, 0, 1);
    EXPECT(test, next(&k) == 0x129 && next(&k) == 0x103 && next(&k) == 0x1fc && next(&k) == -1);
    static const uint8_t knock[] = { 0xf3, 200, 0xf3, 100, 0xf3, 80 };
    for (unsigned i = 0; i < sizeof(knock); i++) {
        command(&k, 0xd4), data(&k, knock[i]);
        EXPECT_EQ(test, next(&k), 0x1fa);
    }
    command(&k, 0xd4), data(&k, 0xf2);
    EXPECT(test, next(&k) == 0x1fa && next(&k) == 0x103);
    i8042_mouse(k.kbc, 300, 0, -1, 1);                  /* more than a packet holds: two packets */
    EXPECT(test, next(&k) == 0x109 && next(&k) == 0x1ff && next(&k) == 0x100 && next(&k) == 0x1ff);
    EXPECT(test, next(&k) == 0x109 && next(&k) == 0x12d && next(&k) == 0x100 && next(&k) == 0x100 && next(&k) == -1);
    command(&k, 0xd4), data(&k, 0xe9);
    EXPECT(test, next(&k) == 0x1fa && next(&k) == 0x124 && next(&k) == 0x102 && next(&k) == 0x100 + 80);
    rig_free(&k.rig);
}

static void a20_and_reset(struct test *test)
{
    struct kbc k;
    kbc_init(&k);
    EXPECT(test, k.a20.level);
    command(&k, 0xd1), data(&k, 0xdd);
    EXPECT(test, !k.a20.level);
    command(&k, 0xd0);
    EXPECT_EQ(test, next(&k) & 3, 1);
    out8(&k.rig, 0x92, 2);
    EXPECT(test, k.a20.level && in8(&k.rig, 0x92) == 2);
    out8(&k.rig, 0x92, 0);
    EXPECT(test, !k.a20.level);
    command(&k, 0xdf);
    EXPECT(test, k.a20.level && !machine_request_pending(k.rig.machine));
    command(&k, 0xff);
    EXPECT(test, !machine_request_pending(k.rig.machine));
    command(&k, 0xfe);
    EXPECT(test, machine_request_pending(k.rig.machine));
    rig_free(&k.rig);
    kbc_init(&k);
    out8(&k.rig, 0x92, 1);
    EXPECT(test, machine_request_pending(k.rig.machine));
    rig_free(&k.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(self_tests), TEST(keyboard_commands), TEST(keys_and_translation), TEST(mouse_packets), TEST(a20_and_reset),
    };
    return test_run_cases("i8042", cases, ARRAY_LEN(cases));
}
