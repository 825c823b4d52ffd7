/* SPDX-License-Identifier: MIT */
/* base/input.c: which device gets what, releases, key names. */
#include <linux/input-event-codes.h>
#include <string.h>
#include "base/device.h"
#include "base/input.h"
#include "tests/unit/test.h"

struct seen { unsigned keys, code, moves; bool down, asleep; int dx, dy, wheel; unsigned x, y, buttons; };

static void on_key(void *device, unsigned code, bool down)
{
    struct seen *seen = device;
    seen->keys++, seen->code = code, seen->down = down;
}
static void on_relative(void *device, int dx, int dy, int wheel, unsigned buttons)
{
    struct seen *seen = device;
    seen->moves++, seen->dx = dx, seen->dy = dy, seen->wheel = wheel, seen->buttons = buttons;
}
static void on_absolute(void *device, unsigned x, unsigned y, int wheel, unsigned buttons)
{
    struct seen *seen = device;
    seen->moves++, seen->x = x, seen->y = y, seen->wheel = wheel, seen->buttons = buttons;
}
static bool active(void *device) { return !((struct seen *)device)->asleep; }

static void last_awake_gets_it(struct test *test)
{
    struct input *input = input_new();
    struct seen ps2 = { 0 }, usb = { 0 };
    input_key(input, KEY_A, true);      /* nobody there */
    input_relative(input, 1, 1, 0, 0);
    EXPECT(test, !input_wants_absolute(input));
    input_add_device(input, &(struct input_device){ .name = "ps2", .device = &ps2, .key = on_key, .relative = on_relative });
    input_add_device(input, &(struct input_device){ .name = "usb", .device = &usb, .key = on_key, .absolute = on_absolute,
                                                    .active = active });
    usb.asleep = true;
    input_key(input, KEY_A, true);
    usb.asleep = false;                 /* the release follows the press */
    input_key(input, KEY_A, false);
    EXPECT(test, ps2.keys == 2 && !ps2.down && usb.keys == 0);
    input_key(input, KEY_B, true);
    EXPECT(test, usb.keys == 1 && usb.code == KEY_B && usb.down);
    input_key(input, 0, true);
    input_key(input, 100000, true);
    EXPECT(test, usb.keys == 1 && input_wants_absolute(input));
    input_absolute(input, 100, 1u << 20, 1, INPUT_LEFT);
    EXPECT(test, usb.x == 100 && usb.y == INPUT_ABSOLUTE_MOST && usb.wheel == 1 && usb.buttons == INPUT_LEFT);
    input_buttons(input, INPUT_RIGHT);
    EXPECT(test, usb.x == 100 && usb.y == INPUT_ABSOLUTE_MOST && usb.buttons == INPUT_RIGHT && input_pointer(input)->device == &usb);
    input_relative(input, 3, -2, 0, INPUT_RIGHT);
    EXPECT(test, ps2.dx == 3 && ps2.dy == -2 && ps2.buttons == INPUT_RIGHT && ps2.moves == 1);
    EXPECT(test, input_prefer_device(input, 0) && !input_prefer_device(input, 2));
    EXPECT(test, !usb.down && !input_wants_absolute(input) && !strcmp(input_device(input, 1)->name, "ps2"));
    EXPECT(test, input_device_count(input) == 2 && !input_device(input, 2));
    input_key(input, KEY_C, true);
    input_remove_device(input, &ps2);
    EXPECT(test, !ps2.down && input_device_count(input) == 1 && input_device(input, 0)->device == &usb && !input_key_down(input, KEY_C));
    input_free(input);
}

static void all_is_let_go(struct test *test)
{
    struct input *input = input_new();
    struct seen ps2 = { 0 };
    input_add_device(input, &(struct input_device){ .name = "ps2", .device = &ps2, .key = on_key });
    input_key(input, KEY_LEFTCTRL, true);
    input_key(input, KEY_LEFTALT, true);
    input_key(input, KEY_LEFTALT, true);        /* a repeat passes */
    EXPECT_EQ(test, ps2.keys, 3);
    input_release_all(input);
    EXPECT(test, ps2.keys == 5 && !ps2.down);
    input_release_all(input);
    EXPECT_EQ(test, ps2.keys, 5);
    input_set_leds(input, INPUT_LED_CAPS);
    EXPECT_EQ(test, input_leds(input), INPUT_LED_CAPS);
    input_free(input);
}

static void names(struct test *test)
{
    EXPECT_EQ(test, input_key_code("a"), KEY_A);
    EXPECT_EQ(test, input_key_code("ret"), KEY_ENTER);
    EXPECT_EQ(test, input_key_code("meta_l"), KEY_LEFTMETA);
    EXPECT_EQ(test, input_key_code("no such"), 0);
    EXPECT(test, !strcmp(input_key_name(KEY_SYSRQ), "print") && !input_key_name(0));
    unsigned count = 0;
    for (const char *name; (name = input_key_name_at(count)); count++) {
        EXPECT(test, input_key_code(name) != 0);
        for (unsigned i = 0; i < count; i++) {
            EXPECT(test, strcmp(name, input_key_name_at(i)));
        }
    }
    EXPECT(test, count > 130);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(last_awake_gets_it), TEST(all_is_let_go), TEST(names) };
    return test_run_cases("input", cases, ARRAY_LEN(cases));
}
