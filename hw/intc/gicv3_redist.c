/* SPDX-License-Identifier: MIT */
/*
 * GICv3 redistributor registers (IHI 0069, 12.11 and 12.12): a frame for control and LPIs, a frame for private interrupts. See
 * gicv3.c. GICR_WAKER does what it is told, but nothing is held back meanwhile. LPIs come by the ITS alone.
 */
#include "base/io_words.h"
#include "hw/intc/gicv3_internal.h"

enum gicr_register {
    GICR_CTLR = 0x0000, GICR_IIDR = 0x0004, GICR_TYPER = 0x0008, GICR_STATUSR = 0x0010, GICR_WAKER = 0x0014,
    GICR_PROPBASER = 0x0070, GICR_PENDBASER = 0x0078, GICR_SYNCR = 0x00c0, GICR_IDREGS = 0xffd0,
    GICR_IGROUPR0 = 0x10080, GICR_IPRIORITYR = 0x10400, GICR_IPRIORITYR_END = 0x10420, GICR_ICFGR0 = 0x10c00, GICR_ICFGR1 = 0x10c04,
    GICR_IGRPMODR0 = 0x10d00, GICR_NSACR = 0x10e00,
};
enum { TYPER_PLPIS = 1 << 0, TYPER_LAST = 1 << 4, WAKER_PROCESSOR_SLEEP = 1 << 1, WAKER_CHILDREN_ASLEEP = 1 << 2, IIDR_ARM = 0x43b };
static const uint64_t PROPBASER_WRITABLE = 0x070fffffffffff9f, PENDBASER_WRITABLE = 0x470fffffffff0f80, PENDBASER_PTZ = 1ull << 62;
static const uint8_t identification[12] = { 0x44, 0, 0, 0, 0x93, 0xb4, 0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static uint64_t typer(const struct gicv3_cpu *cpu)
{
    uint64_t affinity = (cpu->affinity >> 32 & 0xff) << 24 | (cpu->affinity & 0xffffff);
    return affinity << 32 | (uint64_t)cpu->index << 8 | TYPER_PLPIS | (cpu->index + 1 == cpu->gic->cpu_count ? TYPER_LAST : 0);
}

static uint32_t half(uint64_t value, unsigned offset)
{
    return (uint32_t)(value >> (offset & 4 ? 32 : 0));
}

static uint32_t read_control(const struct gicv3_cpu *cpu, unsigned offset)
{
    const struct gicv3_cpu_state *s = &cpu->state;
    switch ((enum gicr_register)(offset >= GICR_PROPBASER && offset < GICR_PENDBASER + 8 ? offset & ~4u : offset)) {
    case GICR_CTLR: return s->ctlr;
    case GICR_IIDR: return IIDR_ARM;
    case GICR_TYPER: return half(typer(cpu), 0);
    case GICR_STATUSR:
    case GICR_SYNCR: return 0;
    case GICR_WAKER: return s->waker;
    case GICR_PROPBASER: return half(s->propbaser, offset);
    case GICR_PENDBASER: return half(s->pendbaser & ~PENDBASER_PTZ, offset);
    default: break;
    }
    if (offset == GICR_TYPER + 4) {
        return half(typer(cpu), offset);
    }
    if (offset >= GICR_IDREGS) {
        return identification[(offset - GICR_IDREGS) / 4];
    }
    log_write(cpu->gic->machine->log, LOG_guest_errors, "gicv3: read of unknown redistributor register %05x\n", offset);
    return 0;
}

static uint32_t read_word(void *device, unsigned offset)
{
    const struct gicv3_cpu *cpu = device;
    const struct gicv3_cpu_state *s = &cpu->state;
    if (offset < 0x10000) {
        return read_control(cpu, offset);
    }
    if (offset >= GICR_IPRIORITYR && offset < GICR_IPRIORITYR_END) {
        const uint8_t *p = &s->priority[offset - GICR_IPRIORITYR];
        return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
    }
    if (offset >= GICR_IGROUPR0 && offset < GICR_IPRIORITYR && offset % 0x80 == 0) {
        return gicv3_read_bits(&s->own, offset);
    }
    return offset == GICR_ICFGR0 || offset == GICR_ICFGR1 ? gicv3_read_config(&s->own, offset == GICR_ICFGR1) : 0;
}

static void write_half(uint64_t *reg, unsigned offset, uint32_t value, uint64_t writable)
{
    unsigned shift = offset & 4 ? 32 : 0;
    *reg = ((*reg & ~(0xffffffffull << shift)) | (uint64_t)value << shift) & writable;
}

/* 5.1.1: the bases are fixed while LPIs are on. */
static void write_control(struct gicv3_cpu *cpu, unsigned offset, uint32_t value)
{
    struct gicv3_cpu_state *s = &cpu->state;
    bool on = s->ctlr & GICR_CTLR_ENABLE_LPIS;
    if (offset == GICR_CTLR) {
        s->ctlr = value & GICR_CTLR_ENABLE_LPIS;
        gicv3_scan_lpis(cpu);
    } else if (offset == GICR_WAKER) {
        s->waker = value & WAKER_PROCESSOR_SLEEP ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    } else if ((offset & ~4u) == GICR_PROPBASER && !on) {
        write_half(&s->propbaser, offset, value, PROPBASER_WRITABLE);
    } else if ((offset & ~4u) == GICR_PENDBASER && !on) {
        write_half(&s->pendbaser, offset, value, PENDBASER_WRITABLE);
    }
}

static void write_word(void *device, unsigned offset, uint32_t value, uint32_t mask)
{
    struct gicv3_cpu *cpu = device;
    struct gicv3_cpu_state *s = &cpu->state;
    if (offset < 0x10000) {
        write_control(cpu, offset, value);
    } else if (offset >= GICR_IPRIORITYR && offset < GICR_IPRIORITYR_END) {
        for (unsigned i = 0; i < 4; i++) {
            if (mask >> i * 8 & 1) {
                s->priority[offset - GICR_IPRIORITYR + i] = (uint8_t)(value >> i * 8) & GICV3_PRIORITY_MASK;
            }
        }
    } else if (offset >= GICR_IGROUPR0 && offset < GICR_IPRIORITYR && offset % 0x80 == 0) {
        gicv3_write_bits(&s->own, offset, value, mask);
    } else if (offset == GICR_ICFGR1) {
        gicv3_write_config(&s->own, true, value, mask);
    }
}

static uint64_t redistributor_read(void *device, uint64_t offset, unsigned size)
{
    return io_read_words(read_word, device, offset, size);
}

static void redistributor_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    io_write_words(write_word, device, offset, value, size);
    gicv3_update_cpu(device);
}

const struct io_ops gicv3_redistributor_ops = { redistributor_read, redistributor_write, 1, 8 };
