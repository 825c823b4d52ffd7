/* SPDX-License-Identifier: MIT */
/*
 * GICv2 distributor: ARM Generic Interrupt Controller, Architecture version 2.0 (IHI 0048B), chapters 3 and 4.3. All eight
 * bits of priority are there; SGIs are always enabled; PPIs can be configured like SPIs.
 *
 * An interrupt is pending while its latch is set (an edge came, or software set it) or, when level-sensitive, while its
 * wire is high. Left out: the Security Extensions (every access is as on a GIC without them, which still has two
 * groups).
 */
#include <string.h>
#include "base/io_words.h"
#include "hw/intc/gicv2_internal.h"

enum gicd_register {
    GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IIDR = 0x008, GICD_IGROUPR = 0x080, GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180, GICD_ISPENDR = 0x200, GICD_ICPENDR = 0x280, GICD_ISACTIVER = 0x300, GICD_ICACTIVER = 0x380,
    GICD_IPRIORITYR = 0x400, GICD_ITARGETSR = 0x800, GICD_ICFGR = 0xc00, GICD_SGIR = 0xf00, GICD_CPENDSGIR = 0xf10,
    GICD_SPENDSGIR = 0xf20, GICD_ICPIDR = 0xfd0, GICD_END = 0x1000,
};
enum { GICD_BYTES = 0x1000, GICD_CTLR_WRITABLE = GICD_CTLR_ENABLE0 | GICD_CTLR_ENABLE1, GICD_IIDR_ARM = 0x43b };
enum { SGIR_OTHERS = 1, SGIR_SELF = 2 };

/* CoreSight identification from FD0h (4.3.17: architecture version in bits 7:4 of ICPIDR2). */
static const uint8_t identification[12] = { 0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* The words of one property of interrupts: the CPU's own one first, then shared ones. */
struct gicv2_word { uint32_t *enabled, *latch, *level, *active, *group, *edge; };

static struct gicv2_word word_of(struct gicv2 *gic, unsigned cpu, unsigned word)
{
    struct gicv2_state *s = &gic->state;
    struct gicv2_own *own = &s->own[cpu];
    if (word == 0) {
        return (struct gicv2_word){ &own->enabled, &own->latch, &own->level, &own->active, &own->group, &own->edge };
    }
    return (struct gicv2_word){ &s->enabled[word], &s->latch[word], &s->level[word], &s->active[word], &s->group[word],
                                &s->edge[word] };
}

static uint32_t pending_word(const struct gicv2_word *w)
{
    return *w->latch | (*w->level & ~*w->edge);
}

static uint8_t *priority_of(struct gicv2 *gic, unsigned cpu, unsigned irq)
{
    return irq < GICV2_PRIVATE ? &gic->state.own[cpu].priority[irq] : &gic->state.priority[irq];
}

/* With one CPU there are no targets to choose. */
static uint8_t target_of(const struct gicv2 *gic, unsigned cpu, unsigned irq)
{
    return irq < GICV2_PRIVATE || gic->cpu_count == 1 ? (uint8_t)(1u << cpu) : gic->state.targets[irq];
}

/* ---- For the CPU interfaces ---- */

struct gicv2_pending gicv2_best(const struct gicv2 *gic, unsigned cpu)
{
    struct gicv2_pending best = { GICV2_SPURIOUS, GICV2_IDLE_PRIORITY, 0 };
    uint32_t ctlr = gic->state.ctlr;
    for (unsigned word = 0; word < gic->irq_count / 32; word++) {
        struct gicv2_word w = word_of((struct gicv2 *)gic, cpu, word);
        uint32_t forwarded = (ctlr & GICD_CTLR_ENABLE0 ? ~*w.group : 0) | (ctlr & GICD_CTLR_ENABLE1 ? *w.group : 0);
        uint32_t bits = pending_word(&w) & *w.enabled & ~*w.active & forwarded;
        for (; bits; bits &= bits - 1) {
            unsigned irq = word * 32 + (unsigned)__builtin_ctz(bits);
            unsigned priority = *priority_of((struct gicv2 *)gic, cpu, irq);
            if (priority < best.priority && (target_of(gic, cpu, irq) >> cpu & 1)) {
                best = (struct gicv2_pending){ irq, priority, *w.group >> irq % 32 & 1 };
            }
        }
    }
    return best;
}

unsigned gicv2_sgi_source(const struct gicv2 *gic, unsigned cpu, unsigned irq)
{
    uint8_t sources = irq < GICV2_SGIS ? gic->state.own[cpu].sgi_sources[irq] : 0;
    return sources ? (unsigned)__builtin_ctz(sources) : 0;
}

/* 3.2.3: an SGI stays pending while another CPU's is left. */
uint32_t gicv2_acknowledge(struct gicv2 *gic, unsigned cpu, unsigned irq)
{
    struct gicv2_word w = word_of(gic, cpu, irq / 32);
    unsigned source = gicv2_sgi_source(gic, cpu, irq);
    uint32_t bit = 1u << irq % 32;
    *w.active |= bit;
    if (irq < GICV2_SGIS) {
        gic->state.own[cpu].sgi_sources[irq] &= (uint8_t)~(1u << source);
    }
    if (irq >= GICV2_SGIS || !gic->state.own[cpu].sgi_sources[irq]) {
        *w.latch &= ~bit;
    }
    return irq | source << 10;
}

bool gicv2_deactivate(struct gicv2 *gic, unsigned cpu, unsigned irq)
{
    struct gicv2_word w = word_of(gic, cpu, irq / 32);
    bool was = *w.active >> irq % 32 & 1;
    *w.active &= ~(1u << irq % 32);
    return was;
}

void gicv2_update(struct gicv2 *gic)
{
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        uint8_t levels = gicv2_cpu_outputs(gic, cpu) | gicv2_virtual_outputs(&gic->state.own[cpu].virtual);
        const uint8_t changed = levels ^ gic->output_levels[cpu];
        gic->output_levels[cpu] = levels;
        struct gicv2_outputs *to = &gic->outputs[cpu];
        struct irq_line *lines[] = { &to->irq, &to->fiq, &to->virq, &to->vfiq, &to->maintenance };
        for (unsigned i = 0; i < ARRAY_LEN(lines); i++) {       /* maintenance last: it comes back here as a wire */
            if (changed >> i & 1) {
                irq_set(lines[i], levels >> i & 1);
            }
        }
    }
}

/* ---- Wires ---- */

static void set_wire(struct gicv2 *gic, unsigned cpu, unsigned irq, bool level)
{
    struct gicv2_word w = word_of(gic, cpu, irq / 32);
    uint32_t bit = 1u << irq % 32;
    if (!(*w.level & bit) == !level) {
        return;
    }
    *w.level = level ? *w.level | bit : *w.level & ~bit;
    if (level && (*w.edge & bit)) {
        *w.latch |= bit;
    }
    gicv2_update(gic);
}

static void set_spi(void *controller, unsigned irq, bool level)
{
    set_wire(controller, 0, irq, level);
}

static void set_ppi(void *controller, unsigned input, bool level)
{
    set_wire(controller, input / GICV2_PRIVATE, input % GICV2_PRIVATE, level);
}

struct irq_line gicv2_spi(struct gicv2 *gic, unsigned spi)
{
    g_assert(spi + GICV2_PRIVATE < gic->irq_count);
    return (struct irq_line){ set_spi, gic, spi + GICV2_PRIVATE };
}

struct irq_line gicv2_ppi(struct gicv2 *gic, unsigned cpu, unsigned irq)
{
    g_assert(cpu < gic->cpu_count && irq >= GICV2_SGIS && irq < GICV2_PRIVATE);
    return (struct irq_line){ set_ppi, gic, cpu * GICV2_PRIVATE + irq };
}

/* ---- Software-generated interrupts ---- */

static void set_sgi(struct gicv2 *gic, unsigned cpu, unsigned irq, uint8_t sources)
{
    struct gicv2_own *own = &gic->state.own[cpu];
    own->sgi_sources[irq] = sources;
    own->latch = (own->latch & ~(1u << irq)) | (sources ? 1u << irq : 0);
}

/* 4.3.15. NSATT matters only with the Security Extensions. */
static void send_sgi(struct gicv2 *gic, unsigned cpu, uint32_t value)
{
    unsigned irq = value & 15, filter = value >> 24 & 3, all = (1u << gic->cpu_count) - 1;
    unsigned targets = filter == SGIR_OTHERS ? all & ~(1u << cpu) : filter == SGIR_SELF ? 1u << cpu : value >> 16 & all;
    for (unsigned i = 0; i < gic->cpu_count; i++) {
        if (targets >> i & 1) {
            set_sgi(gic, i, irq, gic->state.own[i].sgi_sources[irq] | (uint8_t)(1u << cpu));
        }
    }
}

/* ---- Registers ---- */

/* Two bits an interrupt: the upper one says edge. */
static uint32_t read_config(struct gicv2 *gic, unsigned cpu, unsigned index)
{
    uint32_t edge = *word_of(gic, cpu, index / 2).edge >> index % 2 * 16, value = 0;
    for (unsigned i = 0; i < 16; i++) {
        value |= (edge >> i & 1) << (i * 2 + 1);
    }
    return value;
}

static void write_config(struct gicv2 *gic, unsigned cpu, unsigned index, uint32_t value, uint32_t mask)
{
    uint32_t *edge = word_of(gic, cpu, index / 2).edge;
    for (unsigned i = 0; index && i < 16; i++) {        /* index 0: SGIs are edges, for ever */
        uint32_t bit = 1u << (index % 2 * 16 + i);
        if (mask >> (i * 2 + 1) & 1) {
            *edge = (*edge & ~bit) | (value >> (i * 2 + 1) & 1 ? bit : 0);
        }
    }
}

static uint32_t read_bytes(struct gicv2 *gic, unsigned cpu, unsigned first, bool targets)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4 && first + i < gic->irq_count; i++) {
        uint8_t byte = targets ? gic->cpu_count > 1 ? target_of(gic, cpu, first + i) : 0 : *priority_of(gic, cpu, first + i);
        value |= (uint32_t)byte << i * 8;
    }
    return value;
}

static void write_bytes(struct gicv2 *gic, unsigned cpu, unsigned first, uint32_t value, uint32_t mask, bool targets)
{
    for (unsigned i = 0; i < 4 && first + i < gic->irq_count; i++) {
        uint8_t byte = (uint8_t)(value >> i * 8);
        if (!(mask >> i * 8 & 1)) {
            continue;
        }
        if (!targets) {
            *priority_of(gic, cpu, first + i) = byte;
        } else if (first + i >= GICV2_PRIVATE && gic->cpu_count > 1) {
            gic->state.targets[first + i] = byte & (uint8_t)((1u << gic->cpu_count) - 1);
        }
    }
}

static uint32_t read_sgi_sources(struct gicv2 *gic, unsigned cpu, unsigned first)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        value |= (uint32_t)gic->state.own[cpu].sgi_sources[first + i] << i * 8;
    }
    return value;
}

static void write_sgi_sources(struct gicv2 *gic, unsigned cpu, unsigned first, uint32_t value, bool set)
{
    uint8_t all = (uint8_t)((1u << gic->cpu_count) - 1);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t byte = (uint8_t)(value >> i * 8) & all, now = gic->state.own[cpu].sgi_sources[first + i];
        set_sgi(gic, cpu, first + i, set ? now | byte : now & (uint8_t)~byte);
    }
}

static uint32_t read_misc(struct gicv2 *gic, unsigned cpu, unsigned offset)
{
    switch ((enum gicd_register)offset) {
    case GICD_CTLR: return gic->state.ctlr;
    case GICD_TYPER: return (gic->irq_count / 32 - 1) | (gic->cpu_count - 1) << 5;
    case GICD_IIDR: return GICD_IIDR_ARM;
    case GICD_SGIR: return 0;           /* write only */
    default: break;
    }
    if (offset >= GICD_ICPIDR && offset < GICD_ICPIDR + 4 * ARRAY_LEN(identification)) {
        return identification[(offset - GICD_ICPIDR) / 4];
    }
    if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + 16) {
        return read_sgi_sources(gic, cpu, offset & 12);
    }
    log_write(gic->machine->log, LOG_guest_errors, "gicv2: read of unknown distributor register %03x\n", offset);
    return 0;
}

unsigned gicv2_requester(const struct gicv2 *gic)
{
    unsigned cpu = memory_requester(gic->machine->memory);
    return cpu < gic->cpu_count ? cpu : 0;
}

static uint32_t read_word(void *device, unsigned offset)
{
    struct gicv2 *gic = device;
    const unsigned cpu = gicv2_requester(gic);
    unsigned index = offset % 0x80 / 4;
    if (offset >= GICD_IPRIORITYR && offset < GICD_ICFGR) {
        return read_bytes(gic, cpu, offset & 0x3fc, offset >= GICD_ITARGETSR);
    }
    if (offset >= GICD_ICFGR && offset < GICD_ICFGR + 0x100) {
        index = (offset - GICD_ICFGR) / 4;
        return index < gic->irq_count / 16 ? read_config(gic, cpu, index) : 0;
    }
    if (offset < GICD_IGROUPR || offset >= GICD_ICFGR) {
        return read_misc(gic, cpu, offset);
    }
    if (index >= gic->irq_count / 32) {
        return 0;
    }
    struct gicv2_word w = word_of(gic, cpu, index);
    switch ((enum gicd_register)(offset & ~0x7fu)) {
    case GICD_IGROUPR: return *w.group;
    case GICD_ISENABLER:
    case GICD_ICENABLER: return *w.enabled;
    case GICD_ISPENDR:
    case GICD_ICPENDR: return pending_word(&w);
    default: return *w.active;
    }
}

/* The registers with a bit an interrupt. SGIs: enabled always, pending by the SGI registers only. */
static void write_bits(struct gicv2 *gic, unsigned cpu, unsigned offset, uint32_t value, uint32_t mask)
{
    unsigned index = offset % 0x80 / 4;
    struct gicv2_word w = word_of(gic, cpu, index);
    uint32_t not_sgi = index ? UINT32_MAX : 0xffff0000;
    switch ((enum gicd_register)(offset & ~0x7fu)) {
    case GICD_IGROUPR: *w.group = (*w.group & ~mask) | (value & mask); break;
    case GICD_ISENABLER: *w.enabled |= value; break;
    case GICD_ICENABLER: *w.enabled &= ~(value & not_sgi); break;
    case GICD_ISPENDR: *w.latch |= value & not_sgi; break;
    case GICD_ICPENDR: *w.latch &= ~(value & not_sgi); break;
    case GICD_ISACTIVER: *w.active |= value; break;
    default: *w.active &= ~value; break;
    }
}

static void write_misc(struct gicv2 *gic, unsigned cpu, unsigned offset, uint32_t value)
{
    if (offset == GICD_CTLR) {
        gic->state.ctlr = value & GICD_CTLR_WRITABLE;
    } else if (offset == GICD_SGIR) {
        send_sgi(gic, cpu, value);
    } else if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + 16) {
        write_sgi_sources(gic, cpu, offset & 12, value, offset >= GICD_SPENDSGIR);
    } else {
        log_write(gic->machine->log, LOG_guest_errors, "gicv2: write of unknown distributor register %03x\n", offset);
    }
}

static void write_word(void *device, unsigned offset, uint32_t value, uint32_t mask)
{
    struct gicv2 *gic = device;
    const unsigned cpu = gicv2_requester(gic);
    unsigned index = offset % 0x80 / 4;
    if (offset >= GICD_IPRIORITYR && offset < GICD_ICFGR) {
        write_bytes(gic, cpu, offset & 0x3fc, value, mask, offset >= GICD_ITARGETSR);
    } else if (offset >= GICD_ICFGR && offset < GICD_ICFGR + 0x100) {
        index = (offset - GICD_ICFGR) / 4;
        if (index < gic->irq_count / 16) {
            write_config(gic, cpu, index, value, mask);
        }
    } else if (offset < GICD_IGROUPR || offset >= GICD_ICFGR) {
        write_misc(gic, cpu, offset, value);
    } else if (index < gic->irq_count / 32) {
        write_bits(gic, cpu, offset, value, mask);
    }
}

static uint64_t distributor_read(void *device, uint64_t offset, unsigned size)
{
    return io_read_words(read_word, device, offset, size);
}

static void distributor_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    io_write_words(write_word, device, offset, value, size);
    gicv2_update(device);
}

static const struct io_ops distributor_ops = { distributor_read, distributor_write, 1, 4 };

/* ---- Life ---- */

static void loaded(void *device)
{
    struct gicv2 *gic = device;
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        struct gicv2_outputs *to = &gic->outputs[cpu];
        gic->output_levels[cpu] = 0;
        irq_set(&to->irq, false);
        irq_set(&to->fiq, false);
        irq_set(&to->virq, false);
        irq_set(&to->vfiq, false);
        irq_set(&to->maintenance, false);
    }
    gicv2_update(gic);
}

/* Wires keep their level: who drives them sets them anew at his own reset. */
static void reset(void *device)
{
    struct gicv2 *gic = device;
    struct gicv2_state *s = &gic->state, old = *s;
    *s = (struct gicv2_state){ .ctlr = 0 };
    memcpy(s->level, old.level, sizeof(s->level));
    for (unsigned cpu = 0; cpu < GICV2_CPUS; cpu++) {
        s->own[cpu] = gicv2_own_reset;
        s->own[cpu].virtual = gicv2_virtual_reset;
        s->own[cpu].level = old.own[cpu].level;
    }
    loaded(gic);
}

#define FIELD(member) SNAPSHOT_FIELD(struct gicv2_state, member)
static const struct snapshot_field fields[] = {
    FIELD(ctlr), FIELD(enabled), FIELD(latch), FIELD(level), FIELD(active), FIELD(group), FIELD(edge), FIELD(priority),
    FIELD(targets), FIELD(own),
};

const struct device_type gicv2_type = {
    .name = "gicv2",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct gicv2, state),
    .state_size = sizeof(struct gicv2_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 2,
};

struct gicv2 *gicv2_new(struct machine *machine, uint64_t distributor, uint64_t cpu_interface, unsigned cpu_count,
                        unsigned irq_count)
{
    enum { GICC_BYTES = 0x2000 };
    struct gicv2 *gic = g_new0(struct gicv2, 1);
    g_assert(cpu_count && cpu_count <= GICV2_CPUS && irq_count % 32 == 0 && irq_count >= 32 && irq_count <= 1024);
    gic->machine = machine;
    gic->cpu_count = cpu_count;
    gic->irq_count = irq_count;
    memory_add_io(machine->memory, "gicv2-distributor", distributor, GICD_BYTES, &distributor_ops, gic, 0);
    memory_add_io(machine->memory, "gicv2-cpu", cpu_interface, GICC_BYTES, &gicv2_cpu_ops, gic, 0);
    machine_add_device(machine, &gicv2_type, gic);
    return gic;
}
