/* SPDX-License-Identifier: MIT */
#ifndef HW_DMA_I8237_H
#define HW_DMA_I8237_H
/* The two 8237A DMA controllers of a PC and their page registers: channels 0..3 move bytes, 5..7 words. */
#include "machine/machine.h"

enum { I8237_CHANNELS = 8 };

struct i8237_channel_state {
    uint16_t base_address, base_count, address, count;
    uint8_t mode, page;
};

struct i8237_state {
    struct i8237_channel_state channels[I8237_CHANNELS];
    uint8_t pages[16];              /* 80h..8Fh as written; 80h is not ours */
    uint8_t command[2], status[2], mask[2], request[2], flip_flop[2];
    uint8_t dreq;                   /* a bit a channel: its device asks */
    uint8_t padding;
};

struct i8237 {
    struct i8237_state state;
    struct machine *machine;
    struct i8237_client { void (*ready)(void *opaque); void *opaque; } clients[I8237_CHANNELS];
    struct i8237_half { struct i8237 *dma; unsigned number; } halves[2];
};

extern const struct device_type i8237_type;

struct i8237 *i8237_new(struct machine *machine);
/* ready is called when the guest's programming made the channel able to move data. */
void i8237_set_client(struct i8237 *dma, unsigned channel, void (*ready)(void *opaque), void *opaque);
/* The device's request line, for the status register. */
void i8237_set_request(struct i8237 *dma, unsigned channel, bool on);
/* The channel is unmasked and in a mode that moves data. */
bool i8237_ready(const struct i8237 *dma, unsigned channel);
/* Moves up to `bytes` between the device's buffer and memory where the channel points; returns how many. *terminal: the
 * channel reached its terminal count. Verify transfers count and move nothing. */
unsigned i8237_move(struct i8237 *dma, unsigned channel, void *buffer, unsigned bytes, bool to_memory, bool *terminal);

#endif
