/* SPDX-License-Identifier: MIT */
/* Keyboard controller, keyboard and mouse: self-tests, translation, interrupts, A20, reset line, packets. */
#include <limits.h>
#include <linux/input-event-codes.h>
#include <string.h>
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
        if (code != 0x55) {
            EXPECT_EQ(test, (uint64_t)next(&k), code);
        } else {
            next(&k);
        }
        i8042_key(k.kbc, code, false);
        next(&k);
    }
    for (unsigned i = 0; i < 100; i++) {
        i8042_key(k.kbc, 0x1e, true);
    }
    for (unsigned i = 0; i < 100 && next(&k) >= 0; i++) {
    }
    EXPECT_EQ(test, next(&k), -1);
    rig_free(&k.rig);
}

/* What Linux' code gives, translated to set 1. */
static void expect_codes(struct test *test, struct kbc *k, struct input *input, unsigned event, bool down, const char *codes)
{
    char got[80] = "";
    input_key(input, event, down);
    for (int byte; (byte = next(k)) >= 0 && strlen(got) < 60;) {
        snprintf(got + strlen(got), 8, "%s%02x", *got ? " " : "", (uint8_t)byte);
    }
    if (!EXPECT(test, !strcmp(got, codes))) {
        printf("# key %u %s: %s, not %s\n", event, down ? "down" : "up", got, codes);
    }
}

static void keys_of_users(struct test *test)
{
    static const struct { unsigned event; const char *down, *up; } keys[] = {
        { KEY_A, "1e", "9e" }, { KEY_F12, "58", "d8" }, { KEY_UP, "e0 48", "e0 c8" }, { KEY_F7, "41", "c1" },
        { KEY_102ND, "56", "d6" }, { KEY_RIGHTALT, "e0 38", "e0 b8" }, { KEY_YEN, "7d", "fd" }, { KEY_F13, "", "" },
        { KEY_SYSRQ, "e0 2a e0 37", "e0 b7 e0 aa" }, { KEY_PAUSE, "e1 1d 45 e1 9d c5", "" }, { 85, "", "" },
    };
    struct kbc k;
    kbc_init(&k);
    struct input *input = input_new();
    i8042_connect(k.kbc, input);
    command(&k, 0x60), data(&k, 0x41);
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        expect_codes(test, &k, input, keys[i].event, true, keys[i].down);
        expect_codes(test, &k, input, keys[i].event, false, keys[i].up);
    }
    expect_codes(test, &k, input, KEY_LEFTALT, true, "38");
    expect_codes(test, &k, input, KEY_SYSRQ, true, "54");
    expect_codes(test, &k, input, KEY_SYSRQ, false, "d4");
    expect_codes(test, &k, input, KEY_LEFTALT, false, "b8");
    expect_codes(test, &k, input, KEY_RIGHTCTRL, true, "e0 1d");
    expect_codes(test, &k, input, KEY_PAUSE, true, "e0 46 e0 c6");
    expect_codes(test, &k, input, KEY_RIGHTCTRL, false, "e0 9d");
    command(&k, 0x60), data(&k, 0x01);
    expect_codes(test, &k, input, KEY_PAUSE, true, "e1 14 77 e1 f0 14 f0 77");
    expect_codes(test, &k, input, KEY_DELETE, true, "e0 71");
    expect_codes(test, &k, input, KEY_DELETE, false, "e0 f0 71");
    data(&k, 0xed), next(&k), data(&k, 0x05), next(&k);
    EXPECT_EQ(test, input_leds(input), INPUT_LED_CAPS | INPUT_LED_SCROLL);
    rig_free(&k.rig);
    input_free(input);
}

/* A guest that does not read loses presses, never the release of a key that it saw pressed. */
static void nothing_stays_down(struct test *test)
{
    struct kbc k;
    kbc_init(&k);
    bool down[0x80] = { false };
    for (unsigned round = 0; round < 30; round++) {
        for (unsigned code = 2; code < 0x40; code++) {
            i8042_key(k.kbc, code, true);
        }
        for (unsigned code = 2; code < 0x40; code++) {
            i8042_key(k.kbc, code, false);
        }
    }
    bool release = false;
    for (int byte; (byte = next(&k)) >= 0; release = byte == 0xf0) {
        if (byte != 0xf0) {
            down[ps2_set2_to_set1((uint8_t)byte)] = !release;
        }
    }
    for (unsigned code = 2; code < 0x40; code++) {
        EXPECT(test, !down[code]);
    }
    i8042_key(k.kbc, 2, true);
    EXPECT(test, next(&k) > 0);
    rig_free(&k.rig);
}

static void wheel_and_side_buttons(struct test *test)
{
    static const uint8_t knocks[] = { 200, 100, 80, 200, 200, 80 };
    struct kbc k;
    kbc_init(&k);
    struct input *input = input_new();
    i8042_connect(k.kbc, input);
    for (unsigned i = 0; i < sizeof(knocks); i++) {
        command(&k, 0xd4), data(&k, 0xf3), next(&k);
        command(&k, 0xd4), data(&k, knocks[i]), next(&k);
    }
    command(&k, 0xd4), data(&k, 0xf2);
    EXPECT(test, next(&k) == 0x1fa && next(&k) == 0x104);
    command(&k, 0xd4), data(&k, 0xf4), next(&k);
    input_relative(input, 2, 3, 1, INPUT_LEFT | INPUT_SIDE);        /* right, down, wheel away from the user */
    EXPECT(test, next(&k) == 0x129 && next(&k) == 0x102 && next(&k) == 0x1fd && next(&k) == 0x11f && next(&k) == -1);
    input_relative(input, INT_MIN, INT_MIN, INT_MIN, 0);
    for (unsigned i = 0; next(&k) >= 0; i++) {
        EXPECT(test, i < 200);
    }
    rig_free(&k.rig);
    input_free(input);
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
        TEST(self_tests), TEST(keyboard_commands), TEST(keys_and_translation), TEST(keys_of_users),
        TEST(nothing_stays_down), TEST(wheel_and_side_buttons), TEST(mouse_packets), TEST(a20_and_reset),
    };
    return test_run_cases("i8042", cases, ARRAY_LEN(cases));
}
