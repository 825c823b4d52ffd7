/* SPDX-License-Identifier: MIT */
/*
 * GICv2m MSI frame: ARM Server Base System Architecture (DEN 0029), appendix E. Writing an interrupt's number to
 * V2M_MSI_SETSPI_NS pulses its wire. The frame has no state.
 */
#include <string.h>
#include "hw/intc/gicv2m.h"

enum { V2M_MSI_TYPER = 0x008, V2M_MSI_SETSPI_NS = 0x040, V2M_MSI_IIDR = 0xfcc, V2M_BYTES = 0x1000 };
enum { SPI_BASE = 32, IIDR_ARM = 0x43b | 0x53 << 20 };     /* product 53h */

static uint64_t frame_read(void *device, uint64_t offset, unsigned size)
{
    const struct gicv2m *frame = device;
    switch (offset) {
    case V2M_MSI_TYPER: return frame->first << 16 | frame->count;
    case V2M_MSI_IIDR: return IIDR_ARM;
    default: return 0;
    }
}

static void frame_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct gicv2m *frame = device;
    uint64_t number = (value & 0x3ff) - frame->first;
    if (offset == V2M_MSI_SETSPI_NS && number < frame->count) {
        irq_set(&frame->lines[number], true);
        irq_set(&frame->lines[number], false);
    } else {
        log_write(frame->machine->log, LOG_guest_errors, "gicv2m: write of %x to %03x\n", (unsigned)value, (unsigned)offset);
    }
}

static const struct io_ops frame_ops = { frame_read, frame_write, 4, 4 };

static void reset(void *device)
{
}

const struct device_type gicv2m_type = { .name = "gicv2m", .reset = reset, .version = 1 };

struct gicv2m *gicv2m_new(struct machine *machine, uint64_t base, unsigned first_spi, unsigned count, const struct irq_line *lines)
{
    struct gicv2m *frame = g_new0(struct gicv2m, 1);
    g_assert(count <= GICV2M_SPIS);
    frame->machine = machine;
    frame->first = SPI_BASE + first_spi;
    frame->count = count;
    memcpy(frame->lines, lines, count * sizeof(*lines));
    memory_add_io(machine->memory, "gicv2m", base, V2M_BYTES, &frame_ops, frame, 0);
    machine_add_device(machine, &gicv2m_type, frame);
    return frame;
}
