/* SPDX-License-Identifier: MIT */
/*
 * A PC's parallel port (IEEE 1284-2000, compatibility mode; register layout of the PC/AT's adapter) with EPP's address and
 * data registers (National PC87332, "EPP 1.7"). Each strobe hands the data latch to the stream and is acknowledged at once;
 * the acknowledge is an interrupt when enabled. Nothing comes back from the stream: EPP reads time out.
 * Left out: ECP, nibble and byte mode from the peripheral, timing.
 */
#include "hw/char/parallel.h"

enum parallel_register { DATA = 0, STATUS = 1, CONTROL = 2, EPP_ADDRESS = 3, EPP_DATA = 4 };
enum { STATUS_EPP_TIMEOUT = 0x01, STATUS_NOT_ERROR = 0x08, STATUS_SELECTED = 0x10, STATUS_NOT_ACK = 0x40,
       STATUS_NOT_BUSY = 0x80, STATUS_UNUSED = 0x06 };
enum { CONTROL_STROBE = 0x01, CONTROL_NOT_INIT = 0x04, CONTROL_INTERRUPT = 0x10, CONTROL_INPUT = 0x20,
       CONTROL_WRITABLE = 0x3f, CONTROL_UNUSED = 0xc0 };
enum { REGISTER_BYTES = 8 };

static void update_irq(struct parallel *port)
{
    irq_set(&port->irq, port->state.interrupt && (port->state.control & CONTROL_INTERRUPT));
}

static void send(struct parallel *port, uint8_t byte)
{
    if (port->character) {
        character_write(port->character, &byte, 1);
    }
}

/* A printer is there, selected and without error, but busy while it is being initialised. */
static uint8_t read_status(struct parallel *port)
{
    uint8_t value = port->state.status | STATUS_UNUSED;
    if (port->character) {
        value |= STATUS_NOT_ERROR | STATUS_SELECTED | STATUS_NOT_ACK;
        value |= port->state.control & CONTROL_NOT_INIT ? STATUS_NOT_BUSY : 0;
    } else {
        value |= STATUS_NOT_ERROR | STATUS_NOT_ACK | STATUS_SELECTED | 0x20;    /* an open connector reads so */
    }
    port->state.interrupt = 0;
    return value;
}

static uint64_t parallel_read(void *device, uint64_t offset, unsigned size)
{
    struct parallel *port = device;
    struct parallel_state *s = &port->state;
    uint8_t value = 0xff;
    switch (offset) {
    case DATA: value = s->control & CONTROL_INPUT ? 0xff : s->data; break;
    case STATUS: value = read_status(port); break;
    case CONTROL: value = s->control | CONTROL_UNUSED; break;
    default: s->status |= STATUS_EPP_TIMEOUT; break;
    }
    update_irq(port);
    return value;
}

static void write_control(struct parallel *port, uint8_t value)
{
    struct parallel_state *s = &port->state;
    bool strobe = (value & CONTROL_STROBE) && !(s->control & CONTROL_STROBE);
    s->control = value & CONTROL_WRITABLE;
    if (strobe && (value & CONTROL_NOT_INIT)) {
        send(port, s->data);
        s->interrupt = 1;
    }
}

static void parallel_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct parallel *port = device;
    struct parallel_state *s = &port->state;
    switch (offset) {
    case DATA: s->data = (uint8_t)value; break;
    case STATUS: s->status &= (uint8_t)~(value & STATUS_EPP_TIMEOUT); break;
    case CONTROL: write_control(port, (uint8_t)value); break;
    case EPP_ADDRESS: break;            /* no stream has addresses */
    default:
        if (port->character) {
            send(port, (uint8_t)value);
        } else {
            s->status |= STATUS_EPP_TIMEOUT;
        }
        break;
    }
    update_irq(port);
}

static const struct io_ops ops = { parallel_read, parallel_write, 1, 1 };

static void loaded(void *device)
{
    update_irq(device);
}

static void reset(void *device)
{
    struct parallel *port = device;
    port->state = (struct parallel_state){ .control = CONTROL_NOT_INIT | 0x08 };
    update_irq(port);
}

#define FIELD(member) SNAPSHOT_FIELD(struct parallel_state, member)
static const struct snapshot_field fields[] = { FIELD(data), FIELD(control), FIELD(status), FIELD(interrupt) };

const struct device_type parallel_type = {
    .name = "parallel",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct parallel, state),
    .state_size = sizeof(struct parallel_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct parallel *parallel_new(struct machine *machine, uint16_t port, struct irq_line irq, struct character *character)
{
    struct parallel *parallel = g_new0(struct parallel, 1);
    parallel->machine = machine;
    parallel->irq = irq;
    parallel->character = character;
    /* 3BCh has no room for EPP. */
    memory_add_io(machine->ports, "parallel", port, port == 0x3bc ? 3 : REGISTER_BYTES, &ops, parallel, 0);
    machine_add_device(machine, &parallel_type, parallel);
    return parallel;
}
