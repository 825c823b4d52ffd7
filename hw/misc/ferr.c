/* SPDX-License-Identifier: MIT */
/*
 * Coprocessor errors: FERR#, IRQ 13 and IGNNE# (see ferr.h). Left out: port F1h, which reset an 80287.
 */
#include "hw/misc/ferr.h"

static void update(struct ferr *ferr)
{
    irq_set(&ferr->irq, ferr->state.irq);
    irq_set(&ferr->ignne, ferr->state.ignne);
}

static void set_ferr(void *device, unsigned input, bool level)
{
    struct ferr *ferr = device;
    ferr->state.irq |= level && !ferr->state.ferr;
    ferr->state.ignne &= level;
    ferr->state.ferr = level;
    update(ferr);
}

static uint64_t read_port(void *device, uint64_t offset, unsigned size)
{
    return 0xff;
}

static void write_port(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct ferr *ferr = device;
    ferr->state.irq = 0;
    ferr->state.ignne = ferr->state.ferr;
    update(ferr);
}

static const struct io_ops ops = { read_port, write_port, 1, 1 };

static void loaded(void *device)
{
    update(device);
}

static void reset(void *device)
{
    struct ferr *ferr = device;
    ferr->state = (struct ferr_state){ 0 };
    update(ferr);
}

#define FIELD(member) SNAPSHOT_FIELD(struct ferr_state, member)
static const struct snapshot_field fields[] = { FIELD(ferr), FIELD(irq), FIELD(ignne) };

const struct device_type ferr_type = {
    .name = "ferr",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct ferr, state),
    .state_size = sizeof(struct ferr_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct ferr *ferr_new(struct machine *machine, struct irq_line irq, struct irq_line ignne)
{
    struct ferr *ferr = g_new0(struct ferr, 1);
    ferr->irq = irq;
    ferr->ignne = ignne;
    memory_add_io(machine->ports, "ferr", 0xf0, 1, &ops, ferr, 0);
    machine_add_device(machine, &ferr_type, ferr);
    return ferr;
}

struct irq_line ferr_input(struct ferr *ferr)
{
    return (struct irq_line){ set_ferr, ferr, 0 };
}
