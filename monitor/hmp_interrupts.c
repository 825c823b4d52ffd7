/* SPDX-License-Identifier: MIT */
/* 'info' about interrupt controllers: 8259A and I/O APIC, local APICs, ARM's GICs. In QEMU's form where it has one. */
#include <inttypes.h>
#include <string.h>
#include "hw/intc/gicv2.h"
#include "hw/intc/gicv3.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/intc/lapic_internal.h"
#include "monitor/internal.h"

/* The device of a type by number in the order of building. */
static void *find_device(struct hmp *hmp, const struct device_type *type, unsigned number)
{
    const GArray *devices = hmp->monitor->machine->devices;
    for (unsigned i = 0; i < devices->len; i++) {
        const struct machine_device *entry = &g_array_index(devices, struct machine_device, i);
        if (entry->type == type && !number--) {
            return entry->device;
        }
    }
    return NULL;
}

static void put_ioapic(GString *out, const struct ioapic_state *s)
{
    static const char *const modes[8] = { "fixed", "lowest", "SMI", "...", "NMI", "INIT", "...", "ExtINT" };
    g_string_append_printf(out, "ioapic0: ver=0x20 id=0x%02x sel=0x%02x\n", s->id >> 24 & 0xf, s->select);
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        uint64_t r = s->redirection[i];
        g_string_append_printf(out, "  pin %-2u 0x%016" PRIx64 " dest=%" PRIx64 " vec=%-3u active-%s %-5s %-6s %-6s %s%s\n", i, r,
                               r >> 56, (unsigned)(r & 0xff), r & 1 << 13 ? "lo" : "hi", r & 1 << 15 ? "level" : "edge",
                               r & 1 << 16 ? "masked" : "", modes[r >> 8 & 7], r & 1 << 11 ? "logical" : "physical",
                               s->lines >> i & 1 ? " line high" : "");
    }
}

static void put_pics(struct hmp *hmp)
{
    const struct i8259 *pic = find_device(hmp, &i8259_type, 0);
    const struct ioapic *ioapic = find_device(hmp, &ioapic_type, 0);
    if (ioapic) {
        put_ioapic(hmp->out, &ioapic->state);
    }
    for (unsigned i = 2; pic && i-- > 0;) {
        const struct i8259_chip *chip = &pic->state.chip[i];
        g_string_append_printf(hmp->out, "pic%u: irr=%02x imr=%02x isr=%02x hprio=%u irq_base=%02x rr_sel=%u elcr=%02x fnm=%u\n",
                               i, chip->irr, chip->imr, chip->isr, chip->priority_add, chip->vector_base, chip->read_isr,
                               chip->elcr, chip->icw4 >> 4 & 1);
    }
}

/* ---- GIC ---- */

/* What both versions keep of an interrupt. */
struct gic_irq { bool enabled, pending, active, level, edge, group1; unsigned priority; };

/* Interrupts that say something: those that are enabled, pending or active. */
static void put_gic_irq(GString *out, unsigned number, const struct gic_irq *irq, const char *target)
{
    if (!irq->enabled && !irq->pending && !irq->active) {
        return;
    }
    g_string_append_printf(out, "  irq %-4u prio 0x%02x group %u %-5s %s%s%s%s%s%s\n", number, irq->priority, irq->group1,
                           irq->edge ? "edge" : "level", target, irq->enabled ? " enabled" : " disabled",
                           irq->pending ? " pending" : "", irq->active ? " active" : "", irq->level ? " line high" : "",
                           number < 16 ? " (SGI)" : number < 32 ? " (PPI)" : "");
}

static void put_gicv2(GString *out, const struct gicv2 *gic)
{
    const struct gicv2_state *s = &gic->state;
    g_string_append_printf(out, "gicv2: GICD_CTLR=%08x, %u interrupts, %u CPUs\n", s->ctlr, gic->irq_count, gic->cpu_count);
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        const struct gicv2_own *own = &s->own[cpu];
        g_string_append_printf(out, " CPU %u: GICC_CTLR=%08x PMR=%02x BPR=%x\n", cpu, own->cpu_ctlr, own->pmr, own->bpr);
        for (unsigned i = 0; i < GICV2_PRIVATE; i++) {
            bool sgi = i < GICV2_SGIS;
            const struct gic_irq irq = {
                own->enabled >> i & 1, sgi ? own->sgi_sources[i] : (own->latch | (own->level & ~own->edge)) >> i & 1,
                own->active >> i & 1, own->level >> i & 1, own->edge >> i & 1, own->group >> i & 1, own->priority[i],
            };
            put_gic_irq(out, i, &irq, "own");
        }
    }
    g_string_append(out, " shared:\n");
    for (unsigned i = GICV2_PRIVATE; i < gic->irq_count; i++) {
        unsigned word = i / 32, bit = i % 32;
        const struct gic_irq irq = {
            s->enabled[word] >> bit & 1, (s->latch[word] | (s->level[word] & ~s->edge[word])) >> bit & 1, s->active[word] >> bit & 1,
            s->level[word] >> bit & 1, s->edge[word] >> bit & 1, s->group[word] >> bit & 1, s->priority[i],
        };
        char target[16];
        snprintf(target, sizeof(target), "cpus %02x", s->targets[i]);
        put_gic_irq(out, i, &irq, target);
    }
}

static void put_gicv3_word(GString *out, unsigned first, const struct gicv3_bits *w, const uint8_t *priority, const uint8_t *route)
{
    for (unsigned i = 0; i < 32; i++) {
        const struct gic_irq irq = {
            w->enabled >> i & 1, (w->latch | (w->level & ~w->edge)) >> i & 1, w->active >> i & 1, w->level >> i & 1,
            w->edge >> i & 1, w->group >> i & 1, priority[i],
        };
        char target[16] = "own";
        if (route) {
            snprintf(target, sizeof(target), "cpu %u", route[i]);
        }
        put_gic_irq(out, first + i, &irq, target);
    }
}

static void put_gicv3(GString *out, const struct gicv3 *gic)
{
    const struct gicv3_state *s = &gic->state;
    g_string_append_printf(out, "gicv3: GICD_CTLR=%08x, %u interrupts, %u CPUs\n", s->ctlr, gic->irq_count, gic->cpu_count);
    for (unsigned c = 0; c < gic->cpu_count; c++) {
        const struct gicv3_cpu *cpu = gic->cpus[c];
        g_string_append_printf(out, " CPU %u: PMR=%02x IGRPEN=%u%u BPR=%x,%x LPIs pending %u\n", c, cpu->state.pmr,
                               cpu->state.group_enable[0], cpu->state.group_enable[1], cpu->state.bpr[0], cpu->state.bpr[1],
                               cpu->lpi_count);
        put_gicv3_word(out, 0, &cpu->state.own, cpu->state.priority, NULL);
    }
    g_string_append(out, " shared:\n");
    for (unsigned word = 1; word < gic->irq_count / 32; word++) {
        put_gicv3_word(out, 32 * word, &s->words[word], s->priority + 32 * word, gic->route + 32 * word);
    }
}

void hmp_info_pic(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct gicv2 *gicv2 = find_device(hmp, &gicv2_type, 0);
    const struct gicv3 *gicv3 = find_device(hmp, &gicv3_type, 0);
    monitor_lock(hmp->monitor);
    put_pics(hmp);
    if (gicv2) {
        put_gicv2(hmp->out, gicv2);
    }
    if (gicv3) {
        put_gicv3(hmp->out, gicv3);
    }
    monitor_unlock(hmp->monitor);
}

/* ---- Lines, short ---- */

static void put_words(GString *out, const char *name, const uint32_t *words, unsigned count)
{
    g_string_append_printf(out, "%s", name);
    bool any = false;
    for (unsigned i = 0; i < count * 32; i++) {
        if (words[i / 32] >> i % 32 & 1) {
            g_string_append_printf(out, " %u", i);
            any = true;
        }
    }
    g_string_append(out, any ? "\n" : " none\n");
}

static void put_gic_lines(struct hmp *hmp)
{
    const struct gicv2 *gicv2 = find_device(hmp, &gicv2_type, 0);
    const struct gicv3 *gicv3 = find_device(hmp, &gicv3_type, 0);
    uint32_t levels[GICV3_WORDS] = { 0 }, active[GICV3_WORDS] = { 0 };
    for (unsigned i = 1; (gicv2 || gicv3) && i < GICV3_WORDS; i++) {
        levels[i] = gicv2 ? gicv2->state.level[i] : gicv3->state.words[i].level;
        active[i] = gicv2 ? gicv2->state.active[i] : gicv3->state.words[i].active;
    }
    if (gicv2 || gicv3) {
        put_words(hmp->out, "gic: lines high", levels, GICV3_WORDS);
        put_words(hmp->out, "gic: active", active, GICV3_WORDS);
    }
}

void hmp_info_irq(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct i8259 *pic = find_device(hmp, &i8259_type, 0);
    const struct ioapic *ioapic = find_device(hmp, &ioapic_type, 0);
    monitor_lock(hmp->monitor);
    if (pic) {
        g_string_append_printf(hmp->out, "i8259: lines %02x%02x masked %02x%02x in service %02x%02x\n", pic->state.chip[1].lines,
                               pic->state.chip[0].lines, pic->state.chip[1].imr, pic->state.chip[0].imr,
                               pic->state.chip[1].isr, pic->state.chip[0].isr);
    }
    if (ioapic) {
        g_string_append_printf(hmp->out, "ioapic: lines %06x\n", ioapic->state.lines);
    }
    put_gic_lines(hmp);
    monitor_unlock(hmp->monitor);
}

/* ---- Local APIC (SDM volume 3, "Local Vector Table", "Interrupt Command Register") ---- */

static const char *const delivery_modes[8] = { "Fixed", "LowPri", "SMI", "Resvd", "NMI", "INIT", "SIPI", "ExtINT" };

static void put_lvt(GString *out, const char *name, uint32_t lvt, bool timer)
{
    static const char *const timer_modes[4] = { "one-shot", "periodic", "tsc-deadline", "" };
    g_string_append_printf(out, "%s\t 0x%08x %s %-5s %-6s %-14s %-12s %-6s", name, lvt, lvt & 1 << 13 ? "active-lo" : "active-hi",
                           lvt & LVT_LEVEL ? "level" : "edge", lvt & LVT_MASKED ? "masked" : "", lvt & 1 << 12 ? "pending" : "",
                           timer ? timer_modes[(lvt & LVT_TIMER_MODE) >> LVT_TIMER_SHIFT] : "",
                           delivery_modes[timer ? 0 : (lvt & LVT_MODE) >> LVT_MODE_SHIFT]);
    g_string_append_printf(out, " (vec %u)\n", lvt & LVT_VECTOR);
}

static void put_lapic(GString *out, const struct lapic *lapic)
{
    static const char *const shorthands[4] = { "no-shorthand", "self", "all-self", "all" };
    static const struct { const char *name; unsigned entry; } entries[] = {
        { "LVT0", LAPIC_LVT_LINT0 }, { "LVT1", LAPIC_LVT_LINT1 }, { "LVTPC", LAPIC_LVT_PERFORMANCE }, { "LVTERR", LAPIC_LVT_ERROR },
        { "LVTTHMR", LAPIC_LVT_THERMAL }, { "LVTT", LAPIC_LVT_TIMER },
    };
    const struct lapic_state *s = &lapic->state;
    unsigned divide = 1u << ((((s->divide & 3) | (s->divide >> 1 & 4)) + 1) & 7);
    g_string_append_printf(out, "dumping local APIC state for CPU %u\n\n", lapic->index);
    for (unsigned i = 0; i < ARRAY_LEN(entries); i++) {
        put_lvt(out, entries[i].name, s->lvt[entries[i].entry], entries[i].entry == LAPIC_LVT_TIMER);
    }
    g_string_append_printf(out, "Timer\t DCR=0x%x (divide by %u) initial_count = %u current_count = %u\n", s->divide, divide,
                           s->initial_count, lapic_timer_count(lapic));
    g_string_append_printf(out, "SPIV\t 0x%08x APIC %s, focus=%s, spurious vec %u\n", s->spurious,
                           s->spurious & 1 << 8 ? "enabled" : "disabled", s->spurious & 1 << 9 ? "on" : "off", s->spurious & 0xff);
    g_string_append_printf(out, "ICR\t 0x%08x %s %s %s %s\nICR2\t 0x%08x\n", s->icr_low, s->icr_low & 1 << 11 ? "logical" : "physical",
                           s->icr_low & 1 << 15 ? "level" : "edge", s->icr_low & 1 << 14 ? "assert" : "de-assert",
                           shorthands[s->icr_low >> 18 & 3], s->icr_high);
    g_string_append_printf(out, "ESR\t 0x%08x\n", s->error_status);
    put_words(out, "ISR\t", s->isr, ARRAY_LEN(s->isr));
    put_words(out, "IRR\t", s->irr, ARRAY_LEN(s->irr));
    g_string_append_printf(out, "\nBASE 0x%" PRIx64 "%s ID 0x%02x TPR 0x%02x DFR 0x%08x LDR 0x%08x PPR 0x%02x\n", s->base_msr,
                           lapic_is_x2apic(lapic) ? " x2APIC" : "", s->id, s->tpr, s->destination_format, lapic_logical_id(lapic),
                           lapic_ppr(lapic));
}

/* info lapic [CPU]: without a number that of the CPU looked at. */
void hmp_info_lapic(struct hmp *hmp, unsigned count, char **arguments)
{
    guint64 index = hmp->cpu;
    const struct lapic *lapic = NULL;
    if (!count || g_ascii_string_to_unsigned(arguments[0], 10, 0, G_MAXUINT, &index, NULL)) {
        lapic = find_device(hmp, &lapic_type, (unsigned)index);
    }
    if (!lapic) {
        hmp_error(hmp, "there is no such local APIC");
        return;
    }
    monitor_lock(hmp->monitor);
    put_lapic(hmp->out, lapic);
    monitor_unlock(hmp->monitor);
}
