/* SPDX-License-Identifier: MIT */
/*
 * System-management mode (SDM 3, chapter 34; AMD APM 2, chapter 10): SMI entry, the state save map, RSM. Models with
 * long mode use AMD's 64-bit map (revision 2_0064h), others the 32-bit one (2_0000h), whose reserved part holds hidden
 * state in a layout of our own. SMBASE relocation and auto-HALT restart are there, I/O instruction restart is not.
 */
#include "target-x86/system.h"
#include <stdatomic.h>
#include <string.h>

enum { SAVE = 0xfe00, REVISION_LONG = 0x20064, REVISION_SHORT = 0x20000, REVISION_AT = 0xfefc, LONG_SMBASE = 0xff00,
       SHORT_SMBASE = 0xfef8, LONG_AUTOHALT = 0xfec9, SHORT_AUTOHALT = 0xff02 };

/* One register of a map: where it is saved, how long, and where it lives. */
struct saved { uint16_t at; uint8_t bytes; uint32_t field; bool read_only; };
#define SAVED(at, bytes, member) { at, bytes, offsetof(struct x86_cpu, member), false }
#define SHOWN(at, bytes, member) { at, bytes, offsetof(struct x86_cpu, member), true }

static const struct saved long_map[] = {
    SAVED(0xfe64, 2, gdt.limit), SAVED(0xfe68, 8, gdt.base), SAVED(0xfe84, 2, idt.limit), SAVED(0xfe88, 8, idt.base),
    SAVED(0xfecb, 1, cpl), SAVED(0xfed0, 8, efer), SAVED(0xff48, 8, cr4), SAVED(0xff50, 8, cr3), SAVED(0xff58, 8, cr0),
    SAVED(0xff60, 8, dr[7]), SAVED(0xff68, 8, dr[6]), SAVED(0xff80, 8, regs[15]), SAVED(0xff88, 8, regs[14]),
    SAVED(0xff90, 8, regs[13]), SAVED(0xff98, 8, regs[12]), SAVED(0xffa0, 8, regs[11]), SAVED(0xffa8, 8, regs[10]),
    SAVED(0xffb0, 8, regs[9]), SAVED(0xffb8, 8, regs[8]), SAVED(0xffc0, 8, regs[R_DI]), SAVED(0xffc8, 8, regs[R_SI]),
    SAVED(0xffd0, 8, regs[R_BP]), SAVED(0xffd8, 8, regs[R_SP]), SAVED(0xffe0, 8, regs[R_BX]), SAVED(0xffe8, 8,
            regs[R_DX]),
    SAVED(0xfff0, 8, regs[R_CX]), SAVED(0xfff8, 8, regs[R_AX]),
};
static const struct saved short_map[] = {
    SAVED(0xfffc, 4, cr0), SAVED(0xfff8, 4, cr3), SAVED(0xffec, 4, regs[R_DI]), SAVED(0xffe8, 4, regs[R_SI]),
    SAVED(0xffe4, 4, regs[R_BP]), SAVED(0xffe0, 4, regs[R_SP]), SAVED(0xffdc, 4, regs[R_BX]), SAVED(0xffd8, 4,
            regs[R_DX]),
    SAVED(0xffd4, 4, regs[R_CX]), SAVED(0xffd0, 4, regs[R_AX]), SAVED(0xffcc, 4, dr[6]), SAVED(0xffc8, 4, dr[7]),
    SHOWN(0xffc4, 2, seg[SEG_TR].selector), SHOWN(0xffc0, 2, seg[SEG_LDTR].selector), SHOWN(0xffbc, 2,
            seg[SEG_GS].selector),
    SHOWN(0xffb8, 2, seg[SEG_FS].selector), SHOWN(0xffb4, 2, seg[SEG_DS].selector), SHOWN(0xffb0, 2,
            seg[SEG_SS].selector),
    SHOWN(0xffac, 2, seg[SEG_CS].selector), SHOWN(0xffa8, 2, seg[SEG_ES].selector), SAVED(0xff90, 4, gdt.base),
    SAVED(0xff94, 2, gdt.limit), SAVED(0xff98, 4, idt.base), SAVED(0xff9c, 2, idt.limit), SAVED(0xffa0, 4, cr4),
    SAVED(0xff8c, 1, cpl),
};

/* How a map keeps the rest. */
struct map {
    const struct saved *rows;
    unsigned count, revision, smbase, autohalt, rip, rflags, bytes;
    unsigned segments, step, base;          /* selector at +0, attributes +2, limit +4, base at +base */
};
static const struct map maps[] = {
    { short_map, G_N_ELEMENTS(short_map), REVISION_SHORT, SHORT_SMBASE, SHORT_AUTOHALT, 0xfff0, 0xfff4, 4, 0xff04, 12,
      8 },
    { long_map, G_N_ELEMENTS(long_map), REVISION_LONG, LONG_SMBASE, LONG_AUTOHALT, 0xff78, 0xff70, 8, 0xfe00, 16, 8 },
};

static const struct map *map_of(const struct x86_cpu *cpu) { return &maps[x86_has(cpu, FEAT_LM)]; }

static void put(struct x86_cpu *cpu, unsigned at, uint64_t value, unsigned bytes)
{
    phys_store(&cpu->cpu, cpu->smbase + at, value, bytes);
}

static uint64_t get(struct x86_cpu *cpu, unsigned at, unsigned bytes)
{
    return phys_load(&cpu->cpu, cpu->smbase + at, bytes);
}

static void save_registers(struct x86_cpu *cpu, const struct map *map)
{
    for (unsigned n = 0; n < map->count; n++) {
        uint64_t value = 0;
        memcpy(&value, (char *)cpu + map->rows[n].field, map->rows[n].bytes);
        put(cpu, map->rows[n].at, value, map->rows[n].bytes);
    }
    put(cpu, map->rip, x86_rip(cpu), map->bytes);
    put(cpu, map->rflags, x86_eflags_get(cpu), map->bytes);
}

static void restore_registers(struct x86_cpu *cpu, const struct map *map)
{
    for (unsigned n = 0; n < map->count; n++) {
        const struct saved *row = &map->rows[n];
        uint64_t value = get(cpu, row->at, row->bytes);
        if (!row->read_only) {
            memcpy((char *)cpu + row->field, &value, row->bytes);
        }
    }
}

/* Places of the segments in the long map: ES CS SS DS FS GS, then GDTR, LDTR, IDTR, TR. */
static unsigned segment_at(const struct map *map, unsigned seg)
{
    static const uint8_t slots[SEG_COUNT] = { 0, 1, 2, 3, 4, 5, 7, 9 };

    return map->segments + (map->bytes == 8 ? slots[seg] : seg) * map->step;
}

static void save_segment(struct x86_cpu *cpu, const struct map *map, unsigned seg)
{
    const struct x86_segment *s = &cpu->seg[seg];
    unsigned at = segment_at(map, seg);

    put(cpu, at, s->selector, 2);
    put(cpu, at + 2, (s->attributes & 0xff) | (s->attributes >> 4 & 0xf00), 2);
    put(cpu, at + 4, s->limit, 4);
    put(cpu, at + 8, s->base, map->bytes);
}

static void restore_segment(struct x86_cpu *cpu, const struct map *map, unsigned seg)
{
    unsigned at = segment_at(map, seg), packed = get(cpu, at + 2, 2);

    cpu->seg[seg] = (struct x86_segment){ get(cpu, at + 8, map->bytes), get(cpu, at + 4, 4), get(cpu, at, 2),
                                          (packed & 0xff) | (packed & 0xf00) << 4 };
}

void x86_smm_swap_memory(struct x86_cpu *cpu)
{
    if (cpu->other_memory) {
        struct memory *memory = cpu->cpu.memory;
        cpu->cpu.memory = cpu->other_memory;
        cpu->other_memory = memory;
    }
    mmu_flush(&cpu->cpu, false);
}

void x86_smm_enter(struct x86_cpu *cpu)
{
    const struct map *map = map_of(cpu);
    uint16_t data = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED | SEG_G;

    log_write(cpu->cpu.log, LOG_int, "CPU %u: SMI\n", cpu->cpu.index);
    x86_smm_swap_memory(cpu);
    cpu->smm = true;
    cpu->smm_nmi_blocked = cpu->nmi_blocked;
    cpu->nmi_blocked = true;
    save_registers(cpu, map);
    for (unsigned n = 0; n < SEG_COUNT; n++) {
        save_segment(cpu, map, n);
    }
    put(cpu, map->autohalt, cpu->cpu.halted, 1);
    put(cpu, REVISION_AT, map->revision, 4);
    put(cpu, map->smbase, cpu->smbase, 4);
    cpu->cpu.halted = false;
    x86_eflags_put(cpu, 0, ~0ull);
    cpu->cr0 &= ~(uint64_t)(CR0_PE | CR0_EM | CR0_TS | CR0_PG);
    cpu->cr4 = cpu->efer = 0;
    cpu->dr[7] = 0x400;
    for (unsigned n = SEG_ES; n <= SEG_GS; n++) {
        cpu->seg[n] = (struct x86_segment){ 0, 0xffffffff, 0, data };
    }
    cpu->seg[SEG_CS].selector = cpu->smbase >> 4;
    cpu->seg[SEG_CS].base = cpu->smbase;
    cpu->cpl = 0;
    cpu->cpu.mode &= ~(uint32_t)MODE_SHADOW;
    cpu->shadow_ss = false;
    x86_update_mode(cpu);
    x86_set_rip(cpu, 0x8000);
    mmu_flush(&cpu->cpu, false);
}

/* What RSM must not find: the processor would shut down (SDM 3, 34.4.1). */
static bool restored_state_bad(const struct x86_cpu *cpu)
{
    return (cpu->cr0 & CR0_PG && !(cpu->cr0 & CR0_PE)) || (cpu->cr0 & CR0_NW && !(cpu->cr0 & CR0_CD)) ||
           (cpu->efer & EFER_LMA && !(cpu->cr4 & CR4_PAE));
}

uint64_t helper_rsm(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    const struct map *map = map_of(cpu);
    uint64_t smbase = get(cpu, map->smbase, 4), rip = get(cpu, map->rip, map->bytes), flags = get(cpu, map->rflags,
            map->bytes);
    bool halted = get(cpu, map->autohalt, 1) & 1;

    restore_registers(cpu, map);
    for (unsigned n = 0; n < SEG_COUNT; n++) {
        restore_segment(cpu, map, n);
    }
    x86_eflags_put(cpu, flags, ~0ull);
    cpu->smbase = smbase;
    cpu->smm = false;
    cpu->nmi_blocked = cpu->smm_nmi_blocked;
    x86_smm_swap_memory(cpu);
    if (restored_state_bad(cpu)) {
        x86_shutdown(cpu, "RSM to an impossible state");
        return 0;
    }
    if (cpu->cr0 & CR0_PG && cpu->cr4 & CR4_PAE && !x86_lma(cpu)) {
        for (unsigned n = 0; n < 4; n++) {
            cpu->pdpte[n] = phys_load(base, (cpu->cr3 & 0xffffffe0) + n * 8, 8);
        }
    }
    x86_update_mode(cpu);
    x86_set_rip(cpu, rip);
    base->halted = halted;
    atomic_store(&base->exit_request, 1);
    return 0;
}
