/* SPDX-License-Identifier: MIT */
/*
 * Keys and pointers on their way to devices. It remembers which device got a key's press, so that the release goes to
 * the same one whatever became active meanwhile, and that a lost focus lets go of what is down.
 */
#include <glib.h>
#include <linux/input-event-codes.h>
#include <string.h>
#include "base/device.h"
#include "base/input.h"

enum { MOST_DEVICES = 32 };

struct input {
    struct input_device devices[MOST_DEVICES];
    unsigned count;
    unsigned leds;
    unsigned x, y;                      /* where an absolute pointer was put last */
    uint8_t holder[KEY_CNT];            /* index of the device that has the key down, plus 1 */
};

struct input *input_new(void)
{
    return g_new0(struct input, 1);
}

void input_free(struct input *input)
{
    g_free(input);
}

void input_add_device(struct input *input, const struct input_device *device)
{
    if (input->count < MOST_DEVICES) {
        input->devices[input->count++] = *device;
    }
}

void input_remove_device(struct input *input, const void *device)
{
    unsigned kept = 0;
    input_release_all(input);           /* the holders' numbers change */
    for (unsigned i = 0; i < input->count; i++) {
        if (input->devices[i].device != device) {
            input->devices[kept++] = input->devices[i];
        }
    }
    input->count = kept;
}

unsigned input_device_count(const struct input *input)
{
    return input->count;
}

const struct input_device *input_device(const struct input *input, unsigned index)
{
    return index < input->count ? &input->devices[index] : NULL;
}

bool input_prefer_device(struct input *input, unsigned index)
{
    if (index >= input->count) {
        return false;
    }
    input_release_all(input);           /* the holders' numbers change */
    struct input_device device = input->devices[index];
    memmove(&input->devices[index], &input->devices[index + 1], (input->count - index - 1) * sizeof(device));
    input->devices[input->count - 1] = device;
    return true;
}

void input_set_leds(struct input *input, unsigned leds)
{
    input->leds = leds;
}

unsigned input_leds(const struct input *input)
{
    return input->leds;
}

static bool awake(const struct input_device *device)
{
    return !device->active || device->active(device->device);
}

/* ---- Keys ---- */

/* Index plus 1 of the device that takes keys now; 0: none. */
static unsigned key_taker(const struct input *input)
{
    for (unsigned i = input->count; i > 0; i--) {
        if (input->devices[i - 1].key && awake(&input->devices[i - 1])) {
            return i;
        }
    }
    return 0;
}

void input_key(struct input *input, unsigned code, bool down)
{
    if (!code || code >= KEY_CNT) {
        return;
    }
    unsigned taker = input->holder[code];
    if (!taker && down) {
        taker = key_taker(input);
    }
    input->holder[code] = down ? taker : 0;
    if (taker) {
        const struct input_device *device = &input->devices[taker - 1];
        device->key(device->device, code, down);
    }
}

bool input_key_down(const struct input *input, unsigned code)
{
    return code < KEY_CNT && input->holder[code];
}

void input_release_all(struct input *input)
{
    for (unsigned code = 0; code < KEY_CNT; code++) {
        if (input->holder[code]) {
            input_key(input, code, false);
        }
    }
}

/* ---- Pointers ---- */

/* Of the pointers that are awake the one added last decides how the user's hand is read. */
const struct input_device *input_pointer(const struct input *input)
{
    for (unsigned i = input->count; i-- > 0;) {
        const struct input_device *device = &input->devices[i];
        if ((device->relative || device->absolute) && awake(device)) {
            return device;
        }
    }
    return NULL;
}

void input_relative(struct input *input, int dx, int dy, int wheel, unsigned buttons)
{
    for (unsigned i = input->count; i-- > 0;) {
        const struct input_device *device = &input->devices[i];
        if (device->relative && awake(device)) {
            device->relative(device->device, dx, dy, wheel, buttons);
            return;
        }
    }
}

void input_absolute(struct input *input, unsigned x, unsigned y, int wheel, unsigned buttons)
{
    input->x = MIN(x, INPUT_ABSOLUTE_MOST);
    input->y = MIN(y, INPUT_ABSOLUTE_MOST);
    for (unsigned i = input->count; i-- > 0;) {
        const struct input_device *device = &input->devices[i];
        if (device->absolute && awake(device)) {
            device->absolute(device->device, input->x, input->y, wheel, buttons);
            return;
        }
    }
}

void input_buttons(struct input *input, unsigned buttons)
{
    if (input_wants_absolute(input)) {
        input_absolute(input, input->x, input->y, 0, buttons);
    } else {
        input_relative(input, 0, 0, 0, buttons);
    }
}

bool input_wants_absolute(const struct input *input)
{
    const struct input_device *device = input_pointer(input);
    return device && device->absolute;
}

/* ---- Names ---- */

static const struct { const char *name; uint16_t code; } names[] = {
#define KEY(name, code) { name, code },
#include "base/keys.def"
#undef KEY
};

unsigned input_key_code(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (!strcmp(names[i].name, name)) {
            return names[i].code;
        }
    }
    return 0;
}

const char *input_key_name(unsigned code)
{
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return NULL;
}

const char *input_key_name_at(unsigned index)
{
    return index < ARRAY_LEN(names) ? names[index].name : NULL;
}
