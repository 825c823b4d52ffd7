/* SPDX-License-Identifier: MIT */
/*
 * A PS/2 keyboard (IBM PS/2 Hardware Interface Technical Reference, "Keyboards"): its commands and scan code sets 1
 * and 2. Left out: scan code set 3 (asking for it gets Resend, as from keyboards that lack it), typematic repetition:
 * the host's window repeats keys itself.
 */
#include "base/input.h"
#include "hw/input/ps2.h"

enum {
    CMD_LEDS = 0xed, CMD_ECHO = 0xee, CMD_SCAN_SET = 0xf0, CMD_ID = 0xf2, CMD_RATE = 0xf3, CMD_ENABLE = 0xf4,
    CMD_DISABLE = 0xf5, CMD_DEFAULTS = 0xf6, CMD_ALL_FIRST = 0xf7, CMD_KEY_LAST = 0xfd, CMD_RESEND = 0xfe,
    CMD_RESET = 0xff,
};
enum { ACK = 0xfa, RESEND = 0xfe, SELF_TEST_PASSED = 0xaa, RATE_DEFAULT = 0x2b, RELEASE = 0xf0, EXTENDED = 0xe0,
       EXTENDED_1 = 0xe1 };
enum { KEY_CTRL = 0x1d, KEY_ALT = 0x38, KEY_SHIFT = 0x2a, KEY_NUM = 0x45, KEY_SCROLL = 0x46, KEY_SYSRQ = 0x54,
       KEY_PRINT = 0x37 | INPUT_SCAN_EXTENDED };
enum { LONGEST_KEY = 8, RELEASE_BYTES = 3, LONGEST_RELEASE = 6 };   /* Pause; any other; Print Screen */

/* What the 8042 makes of set 2 (index) for set 1: IBM's table. 80h..FFh stay, but 83h (F7) and 84h (SysRq). */
static const uint8_t set2_to_set1[128] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};

uint8_t ps2_set2_to_set1(uint8_t byte)
{
    switch (byte) {
    case 0x83: return 0x41;
    case 0x84: return 0x54;
    default: return byte < 0x80 ? set2_to_set1[byte] : byte;
    }
}

static uint8_t set1_to_set2(uint8_t code)
{
    if (code == 0x41) {
        return 0x83;
    }
    if (code == 0x54) {
        return 0x84;
    }
    for (unsigned i = 1; i < sizeof(set2_to_set1); i++) {
        if (set2_to_set1[i] == code) {
            return (uint8_t)i;
        }
    }
    return 0;
}

static void defaults(struct ps2_keyboard *keyboard)
{
    keyboard->scan_set = 2;
    keyboard->rate = RATE_DEFAULT;
    keyboard->pending = 0;
    keyboard->keys = (struct ps2_queue){ 0 };
}

void ps2_keyboard_reset(struct ps2_keyboard *keyboard)
{
    *keyboard = (struct ps2_keyboard){ .enabled = 1 };
    defaults(keyboard);
}

static void reply(struct ps2_keyboard *keyboard, uint8_t byte)
{
    ps2_queue_put(&keyboard->replies, byte);
}

static void parameter(struct ps2_keyboard *keyboard, uint8_t command, uint8_t byte)
{
    switch (command) {
    case CMD_LEDS:
        keyboard->leds = byte & 7;
        break;
    case CMD_RATE:
        keyboard->rate = byte & 0x7f;
        break;
    case CMD_SCAN_SET:
        if (byte > 2) {
            reply(keyboard, RESEND);
            return;
        }
        reply(keyboard, ACK);
        if (!byte) {
            reply(keyboard, keyboard->scan_set);
        } else {
            keyboard->scan_set = byte;
        }
        return;
    }
    reply(keyboard, ACK);
}

static void command(struct ps2_keyboard *keyboard, uint8_t byte)
{
    switch (byte) {
    case CMD_LEDS:
    case CMD_RATE:
    case CMD_SCAN_SET:
        keyboard->pending = byte;
        reply(keyboard, ACK);
        break;
    case CMD_ECHO:
        reply(keyboard, CMD_ECHO);
        break;
    case CMD_ID:
        reply(keyboard, ACK);
        reply(keyboard, 0xab);
        reply(keyboard, 0x83);
        break;
    case CMD_ENABLE:
        keyboard->keys = (struct ps2_queue){ 0 };
        keyboard->enabled = 1;
        reply(keyboard, ACK);
        break;
    case CMD_DISABLE:
    case CMD_DEFAULTS:
        defaults(keyboard);
        keyboard->enabled = byte == CMD_DEFAULTS;
        reply(keyboard, ACK);
        break;
    case CMD_RESEND:
        reply(keyboard, keyboard->last);
        break;
    case CMD_RESET:
        ps2_keyboard_reset(keyboard);
        reply(keyboard, ACK);
        reply(keyboard, SELF_TEST_PASSED);
        break;
    default:                                /* key types of set 3 are taken and mean nothing here */
        reply(keyboard, byte >= CMD_ALL_FIRST && byte <= CMD_KEY_LAST ? ACK : RESEND);
        break;
    }
}

void ps2_keyboard_write(struct ps2_keyboard *keyboard, uint8_t byte)
{
    uint8_t pending = keyboard->pending;
    keyboard->pending = 0;
    /* A byte that cannot be a parameter is a new command. */
    if (pending && byte < CMD_LEDS) {
        parameter(keyboard, pending, byte);
    } else {
        command(keyboard, byte);
    }
}

/* ---- Keys ---- */

/* A make or break code with its prefixes, in the set that is chosen. */
static void put_code(struct ps2_keyboard *keyboard, unsigned set1_code, bool down)
{
    bool set2 = keyboard->scan_set == 2;
    uint8_t code = set1_code & 0x7f;
    if (set1_code & INPUT_SCAN_EXTENDED) {
        ps2_queue_put(&keyboard->keys, EXTENDED);
    }
    if (!down && set2) {
        ps2_queue_put(&keyboard->keys, RELEASE);
    }
    ps2_queue_put(&keyboard->keys, set2 ? set1_to_set2(code) : !down ? code | 0x80 : code);
}

static bool is_down(const struct ps2_keyboard *keyboard, unsigned set1_code)
{
    unsigned bit = (set1_code & 0x7f) | (set1_code & INPUT_SCAN_EXTENDED ? 0x80 : 0);
    return keyboard->down[bit / 8] >> bit % 8 & 1;
}

static void set_down(struct ps2_keyboard *keyboard, unsigned set1_code, bool down)
{
    unsigned bit = (set1_code & 0x7f) | (set1_code & INPUT_SCAN_EXTENDED ? 0x80 : 0);
    keyboard->down[bit / 8] = (uint8_t)((keyboard->down[bit / 8] & ~(1u << bit % 8)) | (unsigned)down << bit % 8);
}

/* Pause has no release of its own: make and break come at once; with Ctrl it is Break, E0 46. */
static void put_pause(struct ps2_keyboard *keyboard)
{
    if (is_down(keyboard, KEY_CTRL) || is_down(keyboard, KEY_CTRL | INPUT_SCAN_EXTENDED)) {
        put_code(keyboard, KEY_SCROLL | INPUT_SCAN_EXTENDED, true);
        put_code(keyboard, KEY_SCROLL | INPUT_SCAN_EXTENDED, false);
        return;
    }
    for (unsigned down = 2; down-- > 0;) {
        ps2_queue_put(&keyboard->keys, EXTENDED_1);
        put_code(keyboard, KEY_CTRL, down);
        put_code(keyboard, KEY_NUM, down);
    }
}

/* Print Screen pretends that Shift is held; with Alt it is SysRq, a code of its own. */
static void put_print(struct ps2_keyboard *keyboard, bool down)
{
    if (is_down(keyboard, KEY_ALT) || is_down(keyboard, KEY_ALT | INPUT_SCAN_EXTENDED)) {
        put_code(keyboard, KEY_SYSRQ, down);
    } else if (down) {
        put_code(keyboard, KEY_SHIFT | INPUT_SCAN_EXTENDED, true);
        put_code(keyboard, KEY_PRINT, true);
    } else {
        put_code(keyboard, KEY_PRINT, false);
        put_code(keyboard, KEY_SHIFT | INPUT_SCAN_EXTENDED, false);
    }
}

/* A press is taken while there is room for it and for the releases of all keys that are down: the guest may miss
 * presses when it does not read, but no key stays down for it. */
static bool room_for_press(const struct ps2_keyboard *keyboard)
{
    unsigned down = 0;
    for (unsigned i = 0; i < sizeof(keyboard->down); i++) {
        down += (unsigned)__builtin_popcount(keyboard->down[i]);
    }
    return keyboard->keys.count + LONGEST_KEY + LONGEST_RELEASE + RELEASE_BYTES * down <= PS2_QUEUE;
}

void ps2_keyboard_key(struct ps2_keyboard *keyboard, unsigned set1_code, bool down)
{
    unsigned code = set1_code & (INPUT_SCAN_EXTENDED | 0x7f);
    if (set1_code == INPUT_SCAN_PAUSE) {
        if (down && keyboard->enabled && room_for_press(keyboard)) {
            put_pause(keyboard);
        }
        return;
    }
    if (!set1_to_set2(code & 0x7f) || (down ? !room_for_press(keyboard) : !is_down(keyboard, code))) {
        return;
    }
    set_down(keyboard, code, down && keyboard->enabled);
    if (!keyboard->enabled) {
        return;
    }
    if (code == KEY_PRINT) {
        put_print(keyboard, down);
    } else {
        put_code(keyboard, code, down);
    }
}

bool ps2_keyboard_next(struct ps2_keyboard *keyboard, uint8_t *byte)
{
    if (!ps2_queue_get(&keyboard->replies, byte) &&
        (keyboard->pending || !ps2_queue_get(&keyboard->keys, byte))) {
        return false;
    }
    keyboard->last = *byte;
    return true;
}
