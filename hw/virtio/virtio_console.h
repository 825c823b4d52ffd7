/* SPDX-License-Identifier: MIT */
#ifndef HW_VIRTIO_VIRTIO_CONSOLE_H
#define HW_VIRTIO_VIRTIO_CONSOLE_H
/* Console device with several ports (VIRTIO 1.1, section 5.3): consoles and plain byte streams with a name. */
#include "base/character.h"
#include "hw/virtio/virtio.h"

enum { VIRTIO_CONSOLE_PORTS = 8, VIRTIO_CONSOLE_QUEUE_SIZE = 128, VIRTIO_CONSOLE_INPUT = 256 };

struct virtio_console_port_state {
    uint8_t pending;                /* control messages that the driver has still to get */
    uint8_t open;                   /* the guest has it open */
    uint16_t input_count;
    uint8_t input[VIRTIO_CONSOLE_INPUT];        /* came from outside, not in the guest's buffers yet */
};

struct virtio_console_state {
    struct virtio_state virtio;
    struct virtio_console_port_state ports[VIRTIO_CONSOLE_PORTS];
    uint8_t ready;                  /* the driver speaks the control queues */
    uint8_t pad[7];
};

struct virtio_console_port {
    struct virtio_console *console;
    unsigned number;
    bool used, is_console;
    char *name;                     /* NULL: none */
    struct character *character;    /* NULL: nobody */
};

struct virtio_console {
    struct virtio_console_state state;
    struct virtio_device virtio;
    struct virtio_console_port ports[VIRTIO_CONSOLE_PORTS];
};

extern const struct device_type virtio_console_type;

struct virtio_console *virtio_console_new(struct machine *machine);
/* Before the machine runs. number -1: the first free one (0 is kept for a console). The character is the caller's.
 * False: the number is taken or there is none. */
bool virtio_console_add_port(struct virtio_console *console, int number, bool is_console, const char *name,
                             struct character *character);

#endif
