/* SPDX-License-Identifier: MIT */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H
/*
 * What a user's hands do, on the way from user interfaces and the monitor (sendkey, mouse_move) to the devices.
 * Keys are Linux' event codes (KEY_A, ... of linux/input-event-codes.h): positions, not letters.
 *
 * Threads: machine lock held in all calls.
 */
#include <stdbool.h>
#include <stdint.h>

struct input;

enum { INPUT_LEFT = 1 << 0, INPUT_RIGHT = 1 << 1, INPUT_MIDDLE = 1 << 2, INPUT_SIDE = 1 << 3, INPUT_EXTRA = 1 << 4 };
enum { INPUT_ABSOLUTE_MOST = 0x7fff };
enum { INPUT_LED_SCROLL = 1 << 0, INPUT_LED_NUM = 1 << 1, INPUT_LED_CAPS = 1 << 2 };

/* A device that takes input; functions it lacks are NULL. Of several keyboards or pointers the one added last that wants
 * the event gets it. */
struct input_device {
    const char *name;
    void *device;
    void (*key)(void *device, unsigned code, bool down);
    void (*relative)(void *device, int dx, int dy, int wheel, unsigned buttons);    /* right, down, away from the user */
    void (*absolute)(void *device, unsigned x, unsigned y, int wheel, unsigned buttons);    /* 0..INPUT_ABSOLUTE_MOST */
    bool (*active)(void *device);   /* optional: the guest's driver is up */
};

struct input *input_new(void);
void input_free(struct input *input);
void input_add_device(struct input *input, const struct input_device *device);
/* All that `device` added takes nothing any more. */
void input_remove_device(struct input *input, const void *device);
unsigned input_device_count(const struct input *input);
const struct input_device *input_device(const struct input *input, unsigned index);     /* NULL: none */
/* As if it had been added last. false: no such index. */
bool input_prefer_device(struct input *input, unsigned index);
void input_set_leds(struct input *input, unsigned leds);        /* by the keyboard; user interfaces ask input_leds */
unsigned input_leds(const struct input *input);

void input_key(struct input *input, unsigned code, bool down);
bool input_key_down(const struct input *input, unsigned code);
/* Lets go of every key that is down: a window lost the focus. */
void input_release_all(struct input *input);
void input_relative(struct input *input, int dx, int dy, int wheel, unsigned buttons);
void input_absolute(struct input *input, unsigned x, unsigned y, int wheel, unsigned buttons);
/* Buttons alone: the pointer stays where it is. */
void input_buttons(struct input *input, unsigned buttons);
/* The device that has the pointer now; NULL: none. */
const struct input_device *input_pointer(const struct input *input);
bool input_wants_absolute(const struct input *input);

/* QEMU's key names ("a", "ret", "ctrl", "f1", ...) to codes; 0: unknown. */
unsigned input_key_code(const char *name);
const char *input_key_name(unsigned code);      /* NULL: none */
const char *input_key_name_at(unsigned index);  /* every name, for completion; NULL: past the last */

/* Scan codes of set 1, with INPUT_SCAN_EXTENDED for the E0 prefix; 0: no such key. */
enum { INPUT_SCAN_EXTENDED = 0x100, INPUT_SCAN_PAUSE = INPUT_SCAN_EXTENDED | 0x46 };
unsigned input_scan_code(unsigned code);
unsigned input_code_of_scan(unsigned scan);
/* Usages of USB's keyboard page, 1 to E7h; 0: no such key. */
unsigned input_usage(unsigned code);
unsigned input_code_of_usage(unsigned usage);

#endif
