/* SPDX-License-Identifier: MIT */
/*
 * PrimeCell GPIO (PL061), ARM DDI 0190. Section numbers refer to it. Left out: the alternate functions (GPIOAFSEL only holds
 * what was written; no pin of a board here has one).
 */
#include "hw/gpio/pl061.h"

enum pl061_register {
    GPIODATA_LAST = 0x3fc, GPIODIR = 0x400, GPIOIS = 0x404, GPIOIBE = 0x408, GPIOIEV = 0x40c, GPIOIE = 0x410,
    GPIORIS = 0x414, GPIOMIS = 0x418, GPIOIC = 0x41c, GPIOAFSEL = 0x420, GPIOPERIPHID0 = 0xfe0,
};
enum { PL061_PINS = 8, PL061_BYTES = 0x1000 };
static const uint8_t identification[8] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static uint8_t levels(const struct pl061_state *s)
{
    return (s->data & s->dir) | (s->inputs & (uint8_t)~s->dir);
}

/* Level-sensitive pins (3.3.3 and 3.3.5): raw status follows them. */
static void update(struct pl061 *gpio)
{
    struct pl061_state *s = &gpio->state;
    uint8_t active = (uint8_t)~(levels(s) ^ s->iev);
    s->ris = (s->ris & (uint8_t)~s->is) | (active & s->is);
    irq_set(&gpio->irq, s->ris & s->ie);
    for (unsigned pin = 0; pin < PL061_PINS; pin++) {
        irq_set(&gpio->outputs[pin], s->data & s->dir & 1u << pin);
    }
}

/* Edge-sensitive pins (3.3.4): both edges, or the one that GPIOIEV says. */
static void note_edges(struct pl061_state *s, uint8_t before)
{
    uint8_t now = levels(s), changed = now ^ before;
    s->ris |= changed & (uint8_t)~s->is & (s->ibe | (uint8_t)~(now ^ s->iev));
}

static void set_input(void *controller, unsigned pin, bool level)
{
    struct pl061 *gpio = controller;
    uint8_t before = levels(&gpio->state), bit = (uint8_t)(1u << pin);
    gpio->state.inputs = (gpio->state.inputs & (uint8_t)~bit) | (level ? bit : 0);
    note_edges(&gpio->state, before);
    update(gpio);
}

struct irq_line pl061_input(struct pl061 *gpio, unsigned pin)
{
    return (struct irq_line){ set_input, gpio, pin };
}

/* ---- Registers ---- */

static uint8_t read_register(struct pl061 *gpio, uint64_t offset)
{
    const struct pl061_state *s = &gpio->state;
    if (offset <= GPIODATA_LAST) {
        return levels(s) & (uint8_t)(offset >> 2);      /* 3.3.1: address bits 9..2 are the mask */
    }
    switch ((enum pl061_register)offset) {
    case GPIODIR: return s->dir;
    case GPIOIS: return s->is;
    case GPIOIBE: return s->ibe;
    case GPIOIEV: return s->iev;
    case GPIOIE: return s->ie;
    case GPIORIS: return s->ris;
    case GPIOMIS: return s->ris & s->ie;
    case GPIOAFSEL: return s->afsel;
    default: break;
    }
    if (offset >= GPIOPERIPHID0) {
        return identification[(offset - GPIOPERIPHID0) / 4];
    }
    log_write(gpio->machine->log, LOG_guest_errors, "pl061: read of unknown register %03x\n", (unsigned)offset);
    return 0;
}

static uint64_t pl061_read(void *device, uint64_t offset, unsigned size)
{
    return offset & 3 ? 0 : read_register(device, offset);
}

static void write_data(struct pl061_state *s, uint8_t mask, uint8_t value)
{
    mask &= s->dir;
    s->data = (s->data & (uint8_t)~mask) | (value & mask);
}

static void pl061_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct pl061 *gpio = device;
    struct pl061_state *s = &gpio->state;
    uint8_t before = levels(s), byte = (uint8_t)value;
    if (offset <= GPIODATA_LAST) {
        write_data(s, (uint8_t)(offset >> 2), byte);
        note_edges(s, before);
        update(gpio);
        return;
    }
    switch ((enum pl061_register)offset) {
    case GPIODIR: s->dir = byte; break;
    case GPIOIS: s->is = byte; break;
    case GPIOIBE: s->ibe = byte; break;
    case GPIOIEV: s->iev = byte; break;
    case GPIOIE: s->ie = byte; break;
    case GPIOIC: s->ris &= (uint8_t)~(byte & (uint8_t)~s->is); break;
    case GPIOAFSEL: s->afsel = byte; break;
    default:
        log_write(gpio->machine->log, LOG_guest_errors, "pl061: write of unknown register %03x\n", (unsigned)offset);
        break;
    }
    note_edges(s, before);
    update(gpio);
}

static const struct io_ops pl061_ops = { pl061_read, pl061_write, 1, 4 };

static void loaded(void *device)
{
    update(device);
}

/* What drives the pins from outside is not reset with the chip. */
static void reset(void *device)
{
    struct pl061 *gpio = device;
    gpio->state = (struct pl061_state){ .inputs = gpio->state.inputs };
    update(gpio);
}

#define FIELD(member) SNAPSHOT_FIELD(struct pl061_state, member)
static const struct snapshot_field fields[] = {
    FIELD(data), FIELD(inputs), FIELD(dir), FIELD(is), FIELD(ibe), FIELD(iev), FIELD(ie), FIELD(ris), FIELD(afsel),
};

const struct device_type pl061_type = {
    .name = "pl061",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct pl061, state),
    .state_size = sizeof(struct pl061_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct pl061 *pl061_new(struct machine *machine, uint64_t base, struct irq_line irq)
{
    struct pl061 *gpio = g_new0(struct pl061, 1);
    gpio->machine = machine;
    gpio->irq = irq;
    memory_add_io(machine->memory, "pl061", base, PL061_BYTES, &pl061_ops, gpio, 0);
    machine_add_device(machine, &pl061_type, gpio);
    return gpio;
}
