/* SPDX-License-Identifier: MIT */
/* GICv3 distributor registers (IHI 0069, 12.9), and what they have in common with the redistributors'. See gicv3.c. */
#include "base/io_words.h"
#include "hw/intc/gicv3_internal.h"

enum gicd_register {
    GICD_CTLR = 0x0000, GICD_TYPER = 0x0004, GICD_IIDR = 0x0008, GICD_TYPER2 = 0x000c, GICD_STATUSR = 0x0010,
    GICD_SETSPI_NSR = 0x0040, GICD_CLRSPI_NSR = 0x0048, GICD_IGROUPR = 0x0080, GICD_ISENABLER = 0x0100,
    GICD_ICENABLER = 0x0180, GICD_ISPENDR = 0x0200, GICD_ICPENDR = 0x0280, GICD_ISACTIVER = 0x0300, GICD_ICACTIVER = 0x0380,
    GICD_IPRIORITYR = 0x0400, GICD_ITARGETSR = 0x0800, GICD_ICFGR = 0x0c00, GICD_IGRPMODR = 0x0d00, GICD_IROUTER = 0x6000,
    GICD_IDREGS = 0xffd0,
};
enum { TYPER_MBIS = 1 << 16, TYPER_LPIS = 1 << 17, TYPER_IDBITS = (GICV3_ID_BITS - 1) << 19, TYPER_A3V = 1 << 24, TYPER_NO1N = 1 << 25 };
enum { GICD_IIDR_ARM = 0x43b };
static const uint64_t ROUTER_WRITABLE = 0xff80ffffff;

/* CoreSight identification from FFD0h: PIDR4..7, PIDR0..3 (architecture 3 in PIDR2), CIDR0..3. */
static const uint8_t identification[12] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* ---- In common ---- */

uint32_t gicv3_read_bits(const struct gicv3_bits *w, unsigned offset)
{
    switch (offset & 0x380) {
    case GICD_IGROUPR: return w->group;
    case GICD_ISENABLER:
    case GICD_ICENABLER: return w->enabled;
    case GICD_ISPENDR:
    case GICD_ICPENDR: return gicv3_pending_word(w);
    default: return w->active;
    }
}

void gicv3_write_bits(struct gicv3_bits *w, unsigned offset, uint32_t value, uint32_t mask)
{
    switch (offset & 0x380) {
    case GICD_IGROUPR: w->group = (w->group & ~mask) | (value & mask); break;
    case GICD_ISENABLER: w->enabled |= value; break;
    case GICD_ICENABLER: w->enabled &= ~value; break;
    case GICD_ISPENDR: w->latch |= value; break;
    case GICD_ICPENDR: w->latch &= ~value; break;
    case GICD_ISACTIVER: w->active |= value; break;
    default: w->active &= ~value; break;
    }
}

/* Two bits an interrupt, 16 a register; the upper one says edge. */
uint32_t gicv3_read_config(const struct gicv3_bits *w, bool upper)
{
    uint32_t edge = w->edge >> (upper ? 16 : 0), value = 0;
    for (unsigned i = 0; i < 16; i++) {
        value |= (edge >> i & 1) << (i * 2 + 1);
    }
    return value;
}

void gicv3_write_config(struct gicv3_bits *w, bool upper, uint32_t value, uint32_t mask)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t bit = 1u << (i + (upper ? 16 : 0));
        if (mask >> (i * 2 + 1) & 1) {
            w->edge = (w->edge & ~bit) | (value >> (i * 2 + 1) & 1 ? bit : 0);
        }
    }
}

/* ---- The distributor's own ---- */

static bool is_router(unsigned offset)
{
    return offset >= GICD_IROUTER + 8 * GICV3_PRIVATE && offset < GICD_IROUTER + 8 * GICV3_SPIS_MOST;
}

static uint32_t read_priorities(const uint8_t *priority)
{
    return priority[0] | priority[1] << 8 | priority[2] << 16 | (uint32_t)priority[3] << 24;
}

static uint32_t read_misc(const struct gicv3 *gic, unsigned offset)
{
    switch ((enum gicd_register)offset) {
    case GICD_CTLR: return gic->state.ctlr;
    case GICD_TYPER:
        return (gic->irq_count / 32 - 1) | TYPER_MBIS | TYPER_LPIS | TYPER_IDBITS | TYPER_A3V | TYPER_NO1N;
    case GICD_IIDR: return GICD_IIDR_ARM;
    case GICD_TYPER2:
    case GICD_STATUSR:
    case GICD_SETSPI_NSR:
    case GICD_CLRSPI_NSR: return 0;
    default: break;
    }
    if (offset >= GICD_IDREGS) {
        return identification[(offset - GICD_IDREGS) / 4];
    }
    if (is_router(offset)) {
        unsigned irq = (offset - GICD_IROUTER) / 8;
        return irq < gic->irq_count ? (uint32_t)(gic->state.router[irq] >> (offset & 4 ? 32 : 0)) : 0;
    }
    log_write(gic->machine->log, LOG_guest_errors, "gicv3: read of unknown distributor register %04x\n", offset);
    return 0;
}

/* Private interrupts are the redistributors': their registers here read as zero. */
static uint32_t read_word(void *device, unsigned offset)
{
    const struct gicv3 *gic = device;
    unsigned word = offset % 0x80 / 4;
    if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR) {
        return word && word < gic->irq_count / 32 ? gicv3_read_bits(&gic->state.words[word], offset) : 0;
    }
    if (offset >= GICD_IPRIORITYR && offset < GICD_ITARGETSR) {
        unsigned irq = offset - GICD_IPRIORITYR;
        return irq >= GICV3_PRIVATE && irq < gic->irq_count ? read_priorities(&gic->state.priority[irq]) : 0;
    }
    if (offset >= GICD_ITARGETSR && offset < GICD_ICFGR) {
        return 0;                       /* affinity routing is on */
    }
    if (offset >= GICD_ICFGR && offset < GICD_IGRPMODR) {
        word = (offset - GICD_ICFGR) / 8;
        return word && word < gic->irq_count / 32 ? gicv3_read_config(&gic->state.words[word], offset & 4) : 0;
    }
    return offset >= GICD_IGRPMODR && offset < GICD_IROUTER ? 0 : read_misc(gic, offset);
}

static void write_spi(struct gicv3 *gic, uint32_t irq, bool pending)
{
    if (irq >= GICV3_PRIVATE && irq < gic->irq_count) {
        gicv3_write_bits(&gic->state.words[irq / 32], pending ? GICD_ISPENDR : GICD_ICPENDR, 1u << irq % 32, UINT32_MAX);
    }
}

static void write_router(struct gicv3 *gic, unsigned offset, uint32_t value)
{
    unsigned irq = (offset - GICD_IROUTER) / 8, shift = offset & 4 ? 32 : 0;
    if (irq < gic->irq_count) {
        uint64_t *router = &gic->state.router[irq];
        *router = ((*router & ~(0xffffffffull << shift)) | (uint64_t)value << shift) & ROUTER_WRITABLE;
        gicv3_set_route(gic, irq);
    }
}

static void write_misc(struct gicv3 *gic, unsigned offset, uint32_t value)
{
    const uint32_t enables = GICD_CTLR_ENABLE0 | GICD_CTLR_ENABLE1;
    if (offset == GICD_CTLR) {
        gic->state.ctlr = (gic->state.ctlr & ~enables) | (value & enables);
    } else if (offset == GICD_SETSPI_NSR || offset == GICD_CLRSPI_NSR) {
        write_spi(gic, value & 0x3ff, offset == GICD_SETSPI_NSR);
    } else if (is_router(offset)) {
        write_router(gic, offset, value);
    } else if (offset < GICD_IDREGS) {
        log_write(gic->machine->log, LOG_guest_errors, "gicv3: write of unknown distributor register %04x\n", offset);
    }
}

static void write_word(void *device, unsigned offset, uint32_t value, uint32_t mask)
{
    struct gicv3 *gic = device;
    unsigned word = offset % 0x80 / 4;
    if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR) {
        if (word && word < gic->irq_count / 32) {
            gicv3_write_bits(&gic->state.words[word], offset, value, mask);
        }
    } else if (offset >= GICD_IPRIORITYR && offset < GICD_ITARGETSR) {
        unsigned irq = offset - GICD_IPRIORITYR;
        for (unsigned i = 0; i < 4 && irq >= GICV3_PRIVATE && irq < gic->irq_count; i++) {
            if (mask >> i * 8 & 1) {
                gic->state.priority[irq + i] = (uint8_t)(value >> i * 8) & GICV3_PRIORITY_MASK;
            }
        }
    } else if (offset >= GICD_ICFGR && offset < GICD_IGRPMODR) {
        word = (offset - GICD_ICFGR) / 8;
        if (word && word < gic->irq_count / 32) {
            gicv3_write_config(&gic->state.words[word], offset & 4, value, mask);
        }
    } else if (offset < GICD_ITARGETSR || offset >= GICD_IROUTER) {
        write_misc(gic, offset, value);
    }
}

static uint64_t distributor_read(void *device, uint64_t offset, unsigned size)
{
    return io_read_words(read_word, device, offset, size);
}

static void distributor_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    io_write_words(write_word, device, offset, value, size);
    gicv3_update_all(device);
}

const struct io_ops gicv3_distributor_ops = { distributor_read, distributor_write, 1, 8 };
