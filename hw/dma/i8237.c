/* SPDX-License-Identifier: MIT */
/*
 * Intel 8237A (data sheet 231466), twice, as on the PC/AT: the second one's channels move words, its registers lie two
 * ports apart, its channel 0 cascades the first. Page registers give the address bits from 16 up.
 * A device moves whole blocks: bus cycles, priorities and timing modes are not modelled. Left out: memory-to-memory
 * transfers, requests by software.
 */
#include "hw/dma/i8237.h"
#include <string.h>

enum { REG_COMMAND_STATUS = 8, REG_REQUEST = 9, REG_MASK_ONE = 10, REG_MODE = 11, REG_CLEAR_FLIP_FLOP = 12,
       REG_MASTER_CLEAR = 13, REG_CLEAR_MASK = 14, REG_MASK_ALL = 15 };
enum { COMMAND_MEMORY_TO_MEMORY = 0x01, COMMAND_DISABLE = 0x04 };
enum { MODE_CHANNEL = 0x03, MODE_TYPE = 0x0c, MODE_VERIFY = 0x00, MODE_TO_MEMORY = 0x04, MODE_FROM_MEMORY = 0x08,
       MODE_AUTO = 0x10, MODE_DOWN = 0x20, MODE_CASCADE = 0xc0 };
enum { PAGE_PORTS = 0x80, POST_PORT = 0x80 };

/* Which channel the page register at 80h + n belongs to; -1: a latch for nobody. */
static const int8_t page_channel[16] = { -1, 2, 3, 1, -1, -1, -1, 0, -1, 6, 7, 5, -1, -1, -1, 4 };

/* ---- For devices ---- */

void i8237_set_client(struct i8237 *dma, unsigned channel, void (*ready)(void *opaque), void *opaque)
{
    dma->clients[channel] = (struct i8237_client){ ready, opaque };
}

void i8237_set_request(struct i8237 *dma, unsigned channel, bool on)
{
    uint8_t bit = (uint8_t)(1 << channel);
    dma->state.dreq = on ? dma->state.dreq | bit : dma->state.dreq & (uint8_t)~bit;
}

bool i8237_ready(const struct i8237 *dma, unsigned channel)
{
    const struct i8237_state *s = &dma->state;
    unsigned half = channel / 4;
    return !(s->mask[half] >> channel % 4 & 1) && !(s->command[half] & COMMAND_DISABLE) &&
           (s->channels[channel].mode & MODE_CASCADE) != MODE_CASCADE;
}

static void tell_clients(struct i8237 *dma, unsigned half)
{
    for (unsigned channel = half * 4; channel < half * 4 + 4; channel++) {
        const struct i8237_client *client = &dma->clients[channel];
        if (client->ready && i8237_ready(dma, channel)) {
            client->ready(client->opaque);
        }
    }
}

static void move_unit(struct i8237 *dma, const struct i8237_channel_state *c, unsigned width, uint8_t *at, unsigned bytes,
                      bool to_memory)
{
    unsigned type = c->mode & MODE_TYPE;
    uint64_t address = width == 2 ? (uint64_t)(c->page & 0xfe) << 16 | (uint32_t)c->address << 1
                                  : (uint64_t)c->page << 16 | c->address;
    if (type == MODE_TO_MEMORY && to_memory) {
        memory_write_bytes(dma->machine->memory, address, at, bytes);
    } else if (type == MODE_FROM_MEMORY && !to_memory) {
        memory_read_bytes(dma->machine->memory, address, at, bytes);
    }
}

static void terminal_count(struct i8237_state *s, unsigned channel)
{
    struct i8237_channel_state *c = &s->channels[channel];
    s->status[channel / 4] |= (uint8_t)(1 << channel % 4);
    if (c->mode & MODE_AUTO) {
        c->address = c->base_address;
        c->count = c->base_count;
    } else {
        s->mask[channel / 4] |= (uint8_t)(1 << channel % 4);
    }
}

/* How many units go in one copy: up to the terminal count and to where the 16-bit address wraps; downwards one. */
static unsigned run_units(const struct i8237_channel_state *c, unsigned units)
{
    unsigned most = MIN(units, c->count + 1u);
    return c->mode & MODE_DOWN ? 1 : MIN(most, 0x10000u - c->address);
}

unsigned i8237_move(struct i8237 *dma, unsigned channel, void *buffer, unsigned bytes, bool to_memory, bool *terminal)
{
    struct i8237_channel_state *c = &dma->state.channels[channel];
    unsigned width = channel / 4 ? 2 : 1, moved = 0;
    *terminal = false;
    if (!to_memory) {
        memset(buffer, 0, bytes);
    }
    while (!*terminal && bytes - moved >= width && i8237_ready(dma, channel)) {
        unsigned units = run_units(c, (bytes - moved) / width);
        move_unit(dma, c, width, (uint8_t *)buffer + moved, units * width, to_memory);
        c->address = (uint16_t)(c->mode & MODE_DOWN ? c->address - units : c->address + units);
        *terminal = units == c->count + 1u;
        c->count = (uint16_t)(c->count - units);
        moved += units * width;
        if (*terminal) {
            terminal_count(&dma->state, channel);
        }
    }
    return moved;
}

/* ---- Registers ---- */

static uint8_t read_pair(struct i8237_state *s, unsigned half, uint16_t value)
{
    unsigned high = s->flip_flop[half];
    s->flip_flop[half] ^= 1;
    return (uint8_t)(value >> high * 8);
}

static void write_pair(struct i8237_state *s, unsigned half, uint16_t *base, uint16_t *current, uint8_t value)
{
    unsigned shift = s->flip_flop[half] * 8;
    s->flip_flop[half] ^= 1;
    *base = (uint16_t)((*base & ~(0xff << shift)) | value << shift);
    *current = (uint16_t)((*current & ~(0xff << shift)) | value << shift);
}

static uint8_t register_read(struct i8237 *dma, unsigned half, unsigned reg)
{
    struct i8237_state *s = &dma->state;
    if (reg < REG_COMMAND_STATUS) {
        const struct i8237_channel_state *c = &s->channels[half * 4 + reg / 2];
        return read_pair(s, half, reg & 1 ? c->count : c->address);
    }
    switch (reg) {
    case REG_COMMAND_STATUS: {
        uint8_t value = s->status[half] | (uint8_t)((s->dreq >> half * 4 & 15) << 4);
        s->status[half] = 0;
        return value;
    }
    case REG_MASK_ALL: return s->mask[half] | 0xf0;
    default: return 0;                  /* temporary register: of memory-to-memory transfers */
    }
}

static void master_clear(struct i8237_state *s, unsigned half)
{
    s->command[half] = s->status[half] = s->request[half] = s->flip_flop[half] = 0;
    s->mask[half] = 0x0f;
}

static void register_write(struct i8237 *dma, unsigned half, unsigned reg, uint8_t value)
{
    struct i8237_state *s = &dma->state;
    uint8_t bit = (uint8_t)(1 << (value & MODE_CHANNEL));
    if (reg < REG_COMMAND_STATUS) {
        struct i8237_channel_state *c = &s->channels[half * 4 + reg / 2];
        write_pair(s, half, reg & 1 ? &c->base_count : &c->base_address, reg & 1 ? &c->count : &c->address, value);
        return;
    }
    switch (reg) {
    case REG_COMMAND_STATUS:
        s->command[half] = value;
        if (value & COMMAND_MEMORY_TO_MEMORY) {
            log_write(dma->machine->log, LOG_unimp, "i8237: memory-to-memory transfers\n");
        }
        break;
    case REG_REQUEST: s->request[half] = value & 4 ? s->request[half] | bit : s->request[half] & (uint8_t)~bit; break;
    case REG_MASK_ONE: s->mask[half] = value & 4 ? s->mask[half] | bit : s->mask[half] & (uint8_t)~bit; break;
    case REG_MODE: s->channels[half * 4 + (value & MODE_CHANNEL)].mode = value & (uint8_t)~MODE_CHANNEL; break;
    case REG_CLEAR_FLIP_FLOP: s->flip_flop[half] = 0; break;
    case REG_MASTER_CLEAR: master_clear(s, half); break;
    case REG_CLEAR_MASK: s->mask[half] = 0; break;
    case REG_MASK_ALL: s->mask[half] = value & 0x0f; break;
    }
    tell_clients(dma, half);
}

/* The second controller hangs on address lines 1 to 4. */
static uint64_t half_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct i8237_half *half = opaque;
    return register_read(half->dma, half->number, (unsigned)offset >> half->number);
}

static void half_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    const struct i8237_half *half = opaque;
    register_write(half->dma, half->number, (unsigned)offset >> half->number, (uint8_t)value);
}

static uint64_t page_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((struct i8237 *)opaque)->state.pages[offset + 1];
}

static void page_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8237 *dma = opaque;
    int channel = page_channel[offset + 1];
    dma->state.pages[offset + 1] = (uint8_t)value;
    if (channel >= 0) {
        dma->state.channels[channel].page = (uint8_t)value;
    }
}

static const struct io_ops half_ops = { half_read, half_write, 1, 1 };
static const struct io_ops page_ops = { page_read, page_write, 1, 1 };

/* ---- The device ---- */

static void reset(void *device)
{
    struct i8237 *dma = device;
    dma->state = (struct i8237_state){ .mask = { 0x0f, 0x0f } };
}

#define FIELD(member) SNAPSHOT_FIELD(struct i8237_state, member)
static const struct snapshot_field fields[] = {
    FIELD(channels), FIELD(pages), FIELD(command), FIELD(status), FIELD(mask), FIELD(request), FIELD(flip_flop), FIELD(dreq),
    FIELD(padding),
};

const struct device_type i8237_type = {
    .name = "i8237",
    .reset = reset,
    .state_offset = offsetof(struct i8237, state),
    .state_size = sizeof(struct i8237_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct i8237 *i8237_new(struct machine *machine)
{
    struct i8237 *dma = g_new0(struct i8237, 1);
    dma->machine = machine;
    for (unsigned i = 0; i < 2; i++) {
        dma->halves[i] = (struct i8237_half){ dma, i };
    }
    memory_add_io(machine->ports, "dma1", 0x00, 16, &half_ops, &dma->halves[0], 0);
    memory_add_io(machine->ports, "dma2", 0xc0, 32, &half_ops, &dma->halves[1], 0);
    memory_add_io(machine->ports, "dma-page", PAGE_PORTS + 1, 15, &page_ops, dma, 0);
    machine_add_device(machine, &i8237_type, dma);
    return dma;
}
