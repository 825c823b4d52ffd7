/* SPDX-License-Identifier: MIT */
/* The POST code port of a PC: a latch behind which a card with two digits would sit. Here: the log. */
#include "hw/misc/post.h"

static uint64_t read_port(void *device, uint64_t offset, unsigned size)
{
    return ((struct post *)device)->state.code;
}

static void write_port(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct post *post = device;
    post->state.code = (uint8_t)value;
    log_write(post->machine->log, LOG_post, "post: %02x\n", post->state.code);
}

static const struct io_ops ops = { read_port, write_port, 1, 1 };

static void reset(void *device)
{
    ((struct post *)device)->state = (struct post_state){ 0 };
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct post_state, code) };

const struct device_type post_type = {
    .name = "post",
    .reset = reset,
    .state_offset = offsetof(struct post, state),
    .state_size = sizeof(struct post_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct post *post_new(struct machine *machine)
{
    struct post *post = g_new0(struct post, 1);
    post->machine = machine;
    memory_add_io(machine->ports, "post", 0x80, 1, &ops, post, 0);
    machine_add_device(machine, &post_type, post);
    return post;
}
