/* SPDX-License-Identifier: MIT */
/*
 * System control port A of PS/2 and later PCs. Chips OR its bit 1 with the keyboard controller's gate; here the one that
 * was written last decides, as in QEMU: firmware made for that (SeaBIOS' INT 15h AX=2400h) switches A20 off by this port
 * alone, while the keyboard controller's gate is open after reset. Left out: the disk lights and the password lock.
 */
#include "hw/misc/port92.h"

enum { FAST_RESET = 0x01, FAST_A20 = 0x02 };

static void update(struct port92 *port)
{
    bool level = port->state.a20;
    if (!port->level_known || level != port->level) {
        port->level_known = true;
        port->level = level;
        irq_set(&port->a20, level);
    }
}

static uint64_t read_port(void *device, uint64_t offset, unsigned size)
{
    return ((struct port92 *)device)->state.value;
}

static void write_port(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct port92 *port = device;
    bool reset = (value & FAST_RESET) && !(port->state.value & FAST_RESET);
    port->state.value = value & (FAST_RESET | FAST_A20);
    port->state.a20 = value & FAST_A20 ? 1 : 0;
    update(port);
    if (reset) {
        machine_request_reset(port->machine);
    }
}

static void keyboard_gate(void *controller, unsigned input, bool level)
{
    struct port92 *port = controller;
    port->state.a20 = level;
    update(port);
}

static const struct io_ops ops = { read_port, write_port, 1, 1 };

static void loaded(void *device)
{
    struct port92 *port = device;
    port->level_known = false;
    update(port);
}

static void reset(void *device)
{
    struct port92 *port = device;
    port->state = (struct port92_state){ .a20 = 1 };
    loaded(port);
}

#define FIELD(member) SNAPSHOT_FIELD(struct port92_state, member)
static const struct snapshot_field fields[] = { FIELD(value), FIELD(a20) };

const struct device_type port92_type = {
    .name = "port92",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct port92, state),
    .state_size = sizeof(struct port92_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct port92 *port92_new(struct machine *machine, struct irq_line a20)
{
    struct port92 *port = g_new0(struct port92, 1);
    port->machine = machine;
    port->a20 = a20;
    memory_add_io(machine->ports, "port92", 0x92, 1, &ops, port, 0);
    machine_add_device(machine, &port92_type, port);
    return port;
}

struct irq_line port92_a20_input(struct port92 *port)
{
    return (struct irq_line){ keyboard_gate, port, 0 };
}
