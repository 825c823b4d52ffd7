/* SPDX-License-Identifier: MIT */
/* See guest.h. */
#include <glib.h>
#include "base/log.h"
#include "base/memory.h"
#include "tcg/engine.h"
#include "tests/arm/guest.h"

enum { MAX_UNITS = 10000 };

static GPrivate running;

static void on_deliver(struct cpu *cpu)
{
    struct arm_guest *guest = g_private_get(&running);
    struct arm_cpu *arm = arm_cpu_of(cpu);
    if (arm->raised.pending) {
        guest->event = arm->raised;
        arm->raised.pending = false;
        cpu->halted = true;
    }
}

static bool on_poll(struct cpu *cpu) { return !cpu->halted; }

static void add_memory(struct arm_guest *g, const struct arm_guest_region *regions)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < ARM_GUEST_REGIONS; i++) {
        g->offset[i] = bytes;
        bytes += regions[i].bytes;
    }
    g->ram = ram_new(bytes);
    g->memory = memory_new("memory", 1ull << 40, g->log);
    for (unsigned i = 0; i < ARM_GUEST_REGIONS; i++) {
        g->host[i] = (uint8_t *)g->ram->host + g->offset[i];
        if (regions[i].bytes) {
            memory_add_ram(g->memory, "ram", regions[i].address, regions[i].bytes, g->ram, g->offset[i], false, 0);
        }
    }
}

void arm_guest_open(struct arm_guest *g, const char *model, bool interpret, bool aarch32, const struct arm_guest_region *regions)
{
    struct engine_options options = { .interpret = interpret, .cache_mib = 8 };
    g->log = log_new();
    add_memory(g, regions);
    g->engine = engine_new(&options, g->memory, g->log, NULL);
    g->cpu = arm_cpu_new(arm_model_find(model, NULL), 0);
    g->cpu->has_el2 = g->cpu->has_el3 = false;
    g->cpu->boot_aarch32 = aarch32;
    struct cpu *cpu = &g->cpu->cpu;
    g->frontend = aarch32 ? arm_frontend32 : arm_frontend64;
    g->frontend.deliver = on_deliver;
    g->frontend.poll = on_poll;
    cpu->frontend = &g->frontend;
    cpu->memory = g->memory;
    cpu->log = g->log;
    engine_add_cpu(g->engine, cpu);
    arm_reset(cpu);
}

void arm_guest_close(struct arm_guest *g)
{
    engine_free(g->engine);
    arm_cpu_free(g->cpu);
    memory_free(g->memory);
    ram_free(g->ram);
    log_free(g->log);
}

void arm_guest_written(struct arm_guest *g, unsigned region, uint64_t at, uint64_t bytes)
{
    engine_code_written(g->engine, g->offset[region] + at, bytes);
}

static uint32_t signal_of(const struct arm_exception *e)
{
    switch (e->ec) {
    case EC_BRK64: case EC_BKPT32:        return 5;
    case EC_DABT:                         return (e->iss & 0x3f) == 0x21 ? 7 : 11;
    case EC_IABT:                         return 11;
    case EC_PC_ALIGN: case EC_SP_ALIGN:   return 7;
    default:                              return 4;
    }
}

uint32_t arm_guest_run(struct arm_guest *g)
{
    g->event = (struct arm_exception){ .ec = EC_UNKNOWN };
    g->cpu->exclusive_address = UINT64_MAX;
    g->cpu->cpu.halted = false;
    arm_update_mode(g->cpu);
    g_private_set(&running, g);
    engine_run(g->engine, &g->cpu->cpu, MAX_UNITS);
    return signal_of(&g->event);
}
