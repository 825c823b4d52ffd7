/* SPDX-License-Identifier: MIT */
/* QEMU's isa-debug-exit: test guests end their run, and say how it went, by writing to a port. */
#include "hw/misc/isa_debug_exit.h"

static uint64_t read_port(void *device, uint64_t offset, unsigned size)
{
    return 0;
}

static void write_port(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct isa_debug_exit *exit = device;
    exit->state.written = (uint32_t)value;
    machine_request_shutdown(exit->machine, (int)((value << 1 | 1) & 0xff));
}

static const struct io_ops ops = { read_port, write_port, 1, 4 };

static void reset(void *device)
{
    ((struct isa_debug_exit *)device)->state = (struct isa_debug_exit_state){ 0 };
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct isa_debug_exit_state, written) };

const struct device_type isa_debug_exit_type = {
    .name = "isa-debug-exit",
    .reset = reset,
    .state_offset = offsetof(struct isa_debug_exit, state),
    .state_size = sizeof(struct isa_debug_exit_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct isa_debug_exit *isa_debug_exit_new(struct machine *machine, uint16_t port, unsigned bytes)
{
    struct isa_debug_exit *exit = g_new0(struct isa_debug_exit, 1);
    exit->machine = machine;
    memory_add_io(machine->ports, "isa-debug-exit", port, bytes, &ops, exit, 0);
    machine_add_device(machine, &isa_debug_exit_type, exit);
    return exit;
}
