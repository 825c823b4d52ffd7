/* SPDX-License-Identifier: MIT */
/* A write-only console of one port, as Bochs (E9h) and QEMU's isa-debugcon (402h) have it. */
#include "hw/misc/debugcon.h"

enum { PRESENT = 0xe9 };

static uint64_t read_port(void *device, uint64_t offset, unsigned size)
{
    return PRESENT;
}

static void write_port(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct debugcon *console = device;
    console->state.written = (uint8_t)value;
    if (console->character) {
        character_write(console->character, &console->state.written, 1);
    }
}

static const struct io_ops ops = { read_port, write_port, 1, 1 };

static void reset(void *device)
{
    ((struct debugcon *)device)->state = (struct debugcon_state){ 0 };
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct debugcon_state, written) };

const struct device_type debugcon_type = {
    .name = "debugcon",
    .reset = reset,
    .state_offset = offsetof(struct debugcon, state),
    .state_size = sizeof(struct debugcon_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct debugcon *debugcon_new(struct machine *machine, uint16_t port, struct character *character)
{
    struct debugcon *console = g_new0(struct debugcon, 1);
    console->character = character;
    memory_add_io(machine->ports, "debugcon", port, 1, &ops, console, 0);
    machine_add_device(machine, &debugcon_type, console);
    return console;
}
