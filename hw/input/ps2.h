/* SPDX-License-Identifier: MIT */
#ifndef HW_INPUT_PS2_H
#define HW_INPUT_PS2_H
/* PS/2 keyboard and mouse as the byte streams that they are on their cables. */
#include <stdbool.h>
#include <stdint.h>

enum { PS2_QUEUE = 32 };

/* Replies and events to be sent. Bytes only. */
struct ps2_queue { uint8_t bytes[PS2_QUEUE], head, count; };

struct ps2_keyboard {
    struct ps2_queue queue;
    uint8_t scan_set;               /* 1..3 */
    uint8_t enabled, leds, rate;
    uint8_t pending;                /* command that waits for its parameter */
    uint8_t last;                   /* for Resend */
};

struct ps2_mouse {
    struct ps2_queue queue;
    uint8_t pending, enabled, remote, wrap;
    uint8_t scaling, resolution, rate, id;
    uint8_t rate_history[2];        /* the knocks 200, 100, 80 and 200, 200, 80 */
    uint8_t buttons, last;
    int16_t dx, dy, dz;             /* moved since the last packet */
};

void ps2_keyboard_reset(struct ps2_keyboard *keyboard);
void ps2_mouse_reset(struct ps2_mouse *mouse);
/* A byte from the controller. */
void ps2_keyboard_write(struct ps2_keyboard *keyboard, uint8_t byte);
void ps2_mouse_write(struct ps2_mouse *mouse, uint8_t byte);
void ps2_keyboard_key(struct ps2_keyboard *keyboard, unsigned set1_code, bool down);
void ps2_mouse_move(struct ps2_mouse *mouse, int dx, int dy, int dz, unsigned buttons);
/* The next byte for the controller; false: none. */
bool ps2_queue_pop(struct ps2_queue *queue, uint8_t *byte);

#endif
