/* SPDX-License-Identifier: MIT */
/*
 * GICv3: ARM Generic Interrupt Controller Architecture Specification, versions 3 and 4 (IHI 0069), which the section numbers in these
 * files refer to. One security state (GICD_CTLR.DS is set), affinity routing always on, five bits of priority, 16 bits of interrupt
 * number.
 *
 * Left out: two security states (secure=on), 1-of-N distribution (such an interrupt goes to the first CPU), extended ranges of SPIs and
 * PPIs, non-maskable interrupts, virtual LPIs (GICv4).
 */
#include <string.h>
#include "hw/intc/gicv3_internal.h"

enum { GICD_BYTES = 0x10000, ROUTER_ANY = 1u << 31, CONFIG_ENABLE = 1 };
enum { WAKER_ASLEEP = 6 };

/* ---- What is pending ---- */

static void consider(struct gicv3_pending *best, unsigned irq, unsigned priority, unsigned group)
{
    if (priority < best->priority) {
        *best = (struct gicv3_pending){ irq, priority, group };
    }
}

struct gicv3_pending gicv3_best(const struct gicv3_cpu *cpu)
{
    const struct gicv3 *gic = cpu->gic;
    struct gicv3_pending best = { GICV3_SPURIOUS, GICV3_IDLE_PRIORITY, 0 };
    bool enabled[2] = { gic->state.ctlr & GICD_CTLR_ENABLE0, gic->state.ctlr & GICD_CTLR_ENABLE1 };
    for (unsigned word = 0; word < gic->irq_count / 32; word++) {
        const struct gicv3_bits *w = word ? &gic->state.words[word] : &cpu->state.own;
        const uint8_t *priority = word ? &gic->state.priority[word * 32] : cpu->state.priority;
        uint32_t bits = gicv3_pending_word(w) & w->enabled & ~w->active;
        bits &= (enabled[0] ? ~w->group : 0) | (enabled[1] ? w->group : 0);
        for (; bits; bits &= bits - 1) {
            unsigned bit = (unsigned)__builtin_ctz(bits);
            if (word == 0 || gic->route[word * 32 + bit] == cpu->index) {
                consider(&best, word * 32 + bit, priority[bit], w->group >> bit & 1);
            }
        }
    }
    if (cpu->lpi_best && enabled[1] && (cpu->state.ctlr & GICR_CTLR_ENABLE_LPIS)) {
        consider(&best, cpu->lpi_best, cpu->lpi_best_priority, 1);
    }
    return best;
}

static struct gicv3_bits *bits_of(struct gicv3_cpu *cpu, unsigned irq)
{
    return irq < GICV3_PRIVATE ? &cpu->state.own : &cpu->gic->state.words[irq / 32];
}

void gicv3_acknowledge(struct gicv3_cpu *cpu, unsigned irq)
{
    if (irq >= GICV3_LPI_FIRST) {
        gicv3_set_lpi(cpu, irq, false);
        return;
    }
    struct gicv3_bits *w = bits_of(cpu, irq);
    w->active |= 1u << irq % 32;
    w->latch &= ~(1u << irq % 32);
}

void gicv3_deactivate(struct gicv3_cpu *cpu, unsigned irq)
{
    if (irq < cpu->gic->irq_count && irq < GICV3_SPIS_MOST) {
        bits_of(cpu, irq)->active &= ~(1u << irq % 32);
        if (irq >= GICV3_PRIVATE) {
            gicv3_update_cpu(cpu->gic->cpus[cpu->gic->route[irq]]);
        }
    }
}

void gicv3_update_cpu(struct gicv3_cpu *cpu)
{
    const struct irq_line *lines[] = { &cpu->outputs.irq, &cpu->outputs.fiq, &cpu->outputs.virq, &cpu->outputs.vfiq,
                                       &cpu->outputs.maintenance };
    uint8_t levels = gicv3_cpu_outputs(cpu) | gicv3_virtual_outputs(cpu), changed = levels ^ cpu->levels;
    cpu->levels = levels;
    for (unsigned i = 0; changed && i < ARRAY_LEN(lines); i++) {
        if (changed >> i & 1) {
            irq_set(lines[i], levels >> i & 1);
        }
    }
}

void gicv3_update_all(struct gicv3 *gic)
{
    for (unsigned i = 0; i < gic->cpu_count; i++) {
        gicv3_update_cpu(gic->cpus[i]);
    }
}

struct gicv3_cpu *gicv3_find_cpu(const struct gicv3 *gic, uint64_t affinity)
{
    for (unsigned i = 0; i < gic->cpu_count; i++) {
        if (gic->cpus[i]->affinity == affinity) {
            return gic->cpus[i];
        }
    }
    return NULL;
}

/* 12.9.22: an affinity that no CPU has leaves the interrupt pending for nobody. */
void gicv3_set_route(struct gicv3 *gic, unsigned irq)
{
    uint64_t router = gic->state.router[irq];
    struct gicv3_cpu *cpu = router & ROUTER_ANY ? gic->cpus[0] : gicv3_find_cpu(gic, router & 0xff00ffffff);
    gic->route[irq] = cpu ? (uint8_t)cpu->index : GICV3_CPUS_MOST;
}

/* ---- LPIs: priority and enable are a byte in memory, the pending bits are kept here (5.1.2 allows that) ---- */

static uint8_t lpi_config(const struct gicv3_cpu *cpu, unsigned irq)
{
    uint64_t base = cpu->state.propbaser & 0xffffffffff000, ids = 1ull << ((cpu->state.propbaser & 31) + 1);
    uint8_t byte = 0;
    if (irq < ids) {
        memory_read_bytes(cpu->gic->machine->memory, base + irq - GICV3_LPI_FIRST, &byte, 1);
    }
    return byte;
}

static void consider_lpi(struct gicv3_cpu *cpu, unsigned irq)
{
    uint8_t config = lpi_config(cpu, irq), priority = config & GICV3_PRIORITY_MASK;
    if ((config & CONFIG_ENABLE) && (!cpu->lpi_best || priority < cpu->lpi_best_priority)) {
        cpu->lpi_best = irq;
        cpu->lpi_best_priority = priority;
    }
}

void gicv3_scan_lpis(struct gicv3_cpu *cpu)
{
    cpu->lpi_best = cpu->lpi_count = 0;
    for (unsigned word = 0; word < GICV3_LPI_WORDS; word++) {
        for (uint64_t bits = cpu->state.lpi_pending[word]; bits; bits &= bits - 1) {
            cpu->lpi_count++;
            consider_lpi(cpu, GICV3_LPI_FIRST + word * 64 + (unsigned)__builtin_ctzll(bits));
        }
    }
}

void gicv3_set_lpi(struct gicv3_cpu *cpu, unsigned irq, bool pending)
{
    if (irq < GICV3_LPI_FIRST || irq >= 1u << GICV3_ID_BITS) {
        return;
    }
    uint64_t *word = &cpu->state.lpi_pending[(irq - GICV3_LPI_FIRST) / 64], bit = 1ull << irq % 64;
    if (!(*word & bit) == !pending) {
        return;
    }
    *word ^= bit;
    cpu->lpi_count += pending ? 1 : -1u;
    if (pending) {
        consider_lpi(cpu, irq);
    } else if (cpu->lpi_count == 0) {
        cpu->lpi_best = 0;
    } else if (cpu->lpi_best == irq) {
        gicv3_scan_lpis(cpu);
    }
}

/* ---- Wires ---- */

static void set_wire(struct gicv3_bits *w, unsigned irq, bool level)
{
    uint32_t bit = 1u << irq % 32;
    if (level && !(w->level & bit) && (w->edge & bit)) {
        w->latch |= bit;
    }
    w->level = level ? w->level | bit : w->level & ~bit;
}

static void set_spi(void *controller, unsigned irq, bool level)
{
    struct gicv3 *gic = controller;
    set_wire(&gic->state.words[irq / 32], irq, level);
    if (gic->route[irq] < gic->cpu_count) {
        gicv3_update_cpu(gic->cpus[gic->route[irq]]);
    }
}

static void set_ppi(void *controller, unsigned irq, bool level)
{
    struct gicv3_cpu *cpu = controller;
    set_wire(&cpu->state.own, irq, level);
    gicv3_update_cpu(cpu);
}

struct irq_line gicv3_spi(struct gicv3 *gic, unsigned spi)
{
    g_assert(spi + GICV3_PRIVATE < gic->irq_count);
    return (struct irq_line){ set_spi, gic, spi + GICV3_PRIVATE };
}

struct irq_line gicv3_ppi(struct gicv3 *gic, unsigned cpu, unsigned irq)
{
    g_assert(cpu < gic->cpu_count && irq >= GICV3_SGIS && irq < GICV3_PRIVATE);
    return (struct irq_line){ set_ppi, gic->cpus[cpu], irq };
}

/* ---- Life ---- */

static void loaded(void *device)
{
    struct gicv3 *gic = device;
    for (unsigned irq = GICV3_PRIVATE; irq < gic->irq_count; irq++) {
        gicv3_set_route(gic, irq);
    }
    gicv3_update_all(gic);
}

/* Wires keep their level: who drives them sets them anew at his own reset. */
static void reset(void *device)
{
    struct gicv3 *gic = device;
    struct gicv3_state *s = &gic->state;
    uint32_t levels[GICV3_WORDS];
    for (unsigned i = 0; i < GICV3_WORDS; i++) {
        levels[i] = s->words[i].level;
    }
    *s = (struct gicv3_state){ .ctlr = GICD_CTLR_ARE | GICD_CTLR_DS };
    for (unsigned i = 0; i < GICV3_WORDS; i++) {
        s->words[i].level = levels[i];
    }
    loaded(gic);
}

static void cpu_loaded(void *device)
{
    struct gicv3_cpu *cpu = device;
    gicv3_scan_lpis(cpu);
    cpu->levels = 0xff;                 /* all lines are set anew */
    gicv3_update_cpu(cpu);
}

static void cpu_reset(void *device)
{
    struct gicv3_cpu *cpu = device;
    struct gicv3_cpu_state *s = &cpu->state;
    uint32_t level = s->own.level;
    *s = (struct gicv3_cpu_state){
        .own = { .edge = 0xffff, .level = level }, .waker = WAKER_ASLEEP, .bpr = { ICC_BPR0_LEAST, ICC_BPR1_LEAST },
        .virtual = { .vbpr = { ICC_BPR0_LEAST, ICC_BPR1_LEAST } },
    };
    cpu_loaded(cpu);
}

#define FIELD(member) SNAPSHOT_FIELD(struct gicv3_state, member)
static const struct snapshot_field fields[] = { FIELD(router), FIELD(ctlr), FIELD(words), FIELD(priority), FIELD(pad) };
#define CPU_FIELD(member) SNAPSHOT_FIELD(struct gicv3_cpu_state, member)
static const struct snapshot_field cpu_fields[] = {
    CPU_FIELD(propbaser), CPU_FIELD(pendbaser), CPU_FIELD(virtual), CPU_FIELD(own), CPU_FIELD(priority), CPU_FIELD(ctlr),
    CPU_FIELD(waker), CPU_FIELD(icc_ctlr), CPU_FIELD(pmr), CPU_FIELD(bpr), CPU_FIELD(group_enable), CPU_FIELD(apr),
    CPU_FIELD(lpi_pending),
};

const struct device_type gicv3_type = {
    .name = "gicv3",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct gicv3, state),
    .state_size = sizeof(struct gicv3_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

const struct device_type gicv3_cpu_type = {
    .name = "gicv3-cpu",
    .reset = cpu_reset,
    .loaded = cpu_loaded,
    .state_offset = offsetof(struct gicv3_cpu, state),
    .state_size = sizeof(struct gicv3_cpu_state),
    .fields = cpu_fields,
    .field_count = ARRAY_LEN(cpu_fields),
    .version = 1,
};

struct gicv3 *gicv3_new(struct machine *machine, uint64_t distributor, unsigned irq_count)
{
    struct gicv3 *gic = g_new0(struct gicv3, 1);
    g_assert(irq_count % 32 == 0 && irq_count >= 64 && irq_count <= 1024);
    gic->machine = machine;
    gic->irq_count = irq_count;
    memory_add_io(machine->memory, "gicv3-distributor", distributor, GICD_BYTES, &gicv3_distributor_ops, gic, 0);
    machine_add_device(machine, &gicv3_type, gic);
    return gic;
}

struct gicv3_cpu *gicv3_add_cpu(struct gicv3 *gic, uint64_t redistributor, uint64_t affinity)
{
    struct gicv3_cpu *cpu = g_new0(struct gicv3_cpu, 1);
    g_assert(gic->cpu_count < GICV3_CPUS_MOST);
    cpu->gic = gic;
    cpu->affinity = affinity & 0xff00ffffff;
    cpu->index = gic->cpu_count;
    gic->cpus[gic->cpu_count++] = cpu;
    memory_add_io(gic->machine->memory, "gicv3-redistributor", redistributor, GICV3_REDISTRIBUTOR_BYTES, &gicv3_redistributor_ops, cpu,
                  0);
    machine_add_device(gic->machine, &gicv3_cpu_type, cpu);
    loaded(gic);
    return cpu;
}
