/* SPDX-License-Identifier: MIT */
#ifndef HW_INPUT_PS2_H
#define HW_INPUT_PS2_H
/* PS/2 keyboard and mouse as the byte streams that they are on their cables. */
#include <stdbool.h>
#include <stdint.h>

enum { PS2_QUEUE = 126 };

/* Bytes on their way to the controller. */
struct ps2_queue { uint8_t bytes[PS2_QUEUE], head, count; };

struct ps2_keyboard {
    struct ps2_queue replies, keys; /* replies go first */
    uint8_t scan_set;               /* 1 or 2 */
    uint8_t enabled, leds, rate;
    uint8_t pending;                /* command that waits for its parameter */
    uint8_t last;                   /* for Resend */
    uint8_t down[32];               /* a bit a key that the guest was told is down; 80h and up: with E0 */
};

struct ps2_mouse {
    struct ps2_queue replies, packet;
    uint8_t pending, enabled, remote, wrap;
    uint8_t scaling, resolution, rate, id;
    uint8_t rate_history[2];        /* the knocks 200, 100, 80 and 200, 200, 80 */
    uint8_t buttons, sent_buttons, last, pad;
    int16_t dx, dy, dz;             /* moved since the last packet; y up, z towards the user */
};

void ps2_keyboard_reset(struct ps2_keyboard *keyboard);
void ps2_mouse_reset(struct ps2_mouse *mouse);
/* A byte from the controller. */
void ps2_keyboard_write(struct ps2_keyboard *keyboard, uint8_t byte);
void ps2_mouse_write(struct ps2_mouse *mouse, uint8_t byte);
/* From the user: a code as from input_scan_code. */
void ps2_keyboard_key(struct ps2_keyboard *keyboard, unsigned set1_code, bool down);
void ps2_mouse_move(struct ps2_mouse *mouse, int dx, int dy, int dz, unsigned buttons);
/* The next byte for the controller; false: none. */
bool ps2_keyboard_next(struct ps2_keyboard *keyboard, uint8_t *byte);
bool ps2_mouse_next(struct ps2_mouse *mouse, uint8_t *byte);
/* A byte of scan code set 2 as the controller translates it to set 1; release prefixes are the caller's. */
uint8_t ps2_set2_to_set1(uint8_t byte);

bool ps2_queue_put(struct ps2_queue *queue, uint8_t byte);
bool ps2_queue_get(struct ps2_queue *queue, uint8_t *byte);

#endif
