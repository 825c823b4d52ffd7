/* SPDX-License-Identifier: MIT */
#ifndef HW_INPUT_I8042_H
#define HW_INPUT_I8042_H
/* Intel 8042 keyboard controller at 60h and 64h with a PS/2 keyboard and a PS/2 mouse. */
#include "base/input.h"
#include "hw/input/ps2.h"
#include "machine/machine.h"

enum i8042_source { I8042_EMPTY, I8042_KEYBOARD, I8042_MOUSE };

struct i8042_state {
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
    struct ps2_queue replies;       /* of the controller itself */
    uint8_t ram[32];                /* byte 0 is the command byte */
    uint8_t output;                 /* the byte at port 60h */
    uint8_t output_from;            /* enum i8042_source */
    uint8_t output_port;
    uint8_t pending_command;        /* waits for its data byte */
    uint8_t write_was_command;      /* status bit 3 */
    uint8_t system_flag;            /* status bit 2: self-test passed */
    uint8_t release_seen;           /* translation: F0h came, the next code is a release */
    uint8_t pad;
};

struct i8042 {
    struct i8042_state state;
    struct machine *machine;
    struct irq_line irq1, irq12, a20;
    struct input *input;            /* NULL: nobody types */
};

extern const struct device_type i8042_type;

/* a20: high = open. A reset by the controller is a reset of the machine. */
struct i8042 *i8042_new(struct machine *machine, struct irq_line irq1, struct irq_line irq12, struct irq_line a20);
/* Adds keyboard and mouse to the user's input; it outlives the device. */
void i8042_connect(struct i8042 *kbc, struct input *input);
/* Lock held. A code as from input_scan_code. */
void i8042_key(struct i8042 *kbc, unsigned set1_code, bool down);
/* y grows upwards; buttons: 1 left, 2 right, 4 middle, 8 and 16 the sides. */
void i8042_mouse(struct i8042 *kbc, int dx, int dy, int dz, unsigned buttons);

#endif
