/* SPDX-License-Identifier: MIT */
/* Records in Dragoman: a CPU of model max in AArch32 User mode with the MMU off; every exception stops it. */
#include <glib.h>
#include <string.h>
#include "base/log.h"
#include "base/memory.h"
#include "target-arm/system.h"
#include "tcg/engine.h"
#include "tests/arm32/guest.h"

enum { CODE_AT = RECORD_DATA_BYTES, RAM_BYTES = RECORD_DATA_BYTES + 4096, MAX_UNITS = 10000 };

struct guest32 {
    struct ram *ram;
    struct memory *memory;
    struct log *log;
    struct engine *engine;
    struct arm_cpu *cpu;
    struct frontend frontend;
    struct arm_exception event;
};

static GPrivate running;

static void on_deliver(struct cpu *cpu)
{
    struct guest32 *guest = g_private_get(&running);
    struct arm_cpu *arm = arm_cpu_of(cpu);
    if (arm->raised.pending) {
        guest->event = arm->raised;
        arm->raised.pending = false;
        cpu->halted = true;
    }
}

static bool on_poll(struct cpu *cpu) { return !cpu->halted; }

struct guest32 *guest32_new(bool interpret)
{
    struct guest32 *g = g_new0(struct guest32, 1);
    struct engine_options options = { .interpret = interpret, .cache_mib = 8 };
    g->log = log_new();
    g->ram = ram_new(RAM_BYTES);
    g->memory = memory_new("memory", 1ull << 40, g->log);
    memory_add_ram(g->memory, "data", RECORD_DATA, RECORD_DATA_BYTES, g->ram, 0, false, 0);
    memory_add_ram(g->memory, "code", RECORD_CODE, 4096, g->ram, CODE_AT, false, 0);
    g->engine = engine_new(&options, g->memory, g->log, NULL);
    g->cpu = arm_cpu_new(arm_model_find("max", NULL), 0);
    g->cpu->has_el2 = g->cpu->has_el3 = false;
    g->cpu->boot_aarch32 = true;
    struct cpu *cpu = &g->cpu->cpu;
    g->frontend = arm_frontend32;
    g->frontend.deliver = on_deliver;
    g->frontend.poll = on_poll;
    cpu->frontend = &g->frontend;
    cpu->memory = g->memory;
    cpu->log = g->log;
    engine_add_cpu(g->engine, cpu);
    cpu->frontend = &g->frontend;
    arm_reset(cpu);
    return g;
}

void guest32_free(struct guest32 *g)
{
    engine_free(g->engine);
    arm_cpu_free(g->cpu);
    memory_free(g->memory);
    ram_free(g->ram);
    log_free(g->log);
    g_free(g);
}

static uint32_t signal_of(const struct arm_exception *e)
{
    switch (e->ec) {
    case EC_BKPT32: return 5;
    case EC_DABT:   return (e->iss & 0x3f) == 0x21 ? 7 : 11;
    case EC_IABT:   return 11;
    default:        return 4;
    }
}

static void put(struct guest32 *g, const struct record *r)
{
    uint16_t *code = (uint16_t *)(void *)(g->ram->host + CODE_AT);
    struct arm_cpu *cpu = g->cpu;
    memcpy(code, r->code, r->halves * 2u);
    code[r->halves] = r->cpsr & CPSR_T ? 0xdeff : 0x00f0;
    code[r->halves + 1] = r->cpsr & CPSR_T ? 0xdeff : 0xe7f0;
    engine_code_written(g->engine, CODE_AT, r->halves * 2 + 4);
    memcpy(g->ram->host + RECORD_WINDOW - RECORD_DATA, r->window, RECORD_WINDOW_BYTES);
    cpu->sctlr[EL1] = SCTLR_CP15BEN | SCTLR_NTWI | SCTLR_NTWE;
    cpu->cpacr = 0xf << 20;
    cpu->fpexc = 1u << 30;
    cpu->cpsr_m = ARM_USR;
    for (unsigned n = 0; n < 15; n++) {
        cpu->x[n] = r->r[n];
    }
    memcpy(cpu->v, r->v, sizeof(r->v));
    arm_cpsr_put(cpu, (r->cpsr & ~(uint32_t)CPSR_M) | ARM_USR, ~0u);
    arm_fpscr_put(cpu, r->fpscr);
    cpu->exclusive_address = UINT64_MAX;
    cpu->cpu.pc = RECORD_CODE;
    cpu->cpu.halted = false;
    arm_update_mode(cpu);
}

void guest32_run(struct guest32 *g, struct record *r)
{
    struct arm_cpu *cpu = g->cpu;
    put(g, r);
    g->event = (struct arm_exception){ .ec = EC_UNKNOWN };
    g_private_set(&running, g);
    engine_run(g->engine, &cpu->cpu, MAX_UNITS);
    for (unsigned n = 0; n < 15; n++) {
        r->r[n] = (uint32_t)cpu->x[n];
    }
    memcpy(r->v, cpu->v, sizeof(r->v));
    r->r[15] = (uint32_t)cpu->cpu.pc;
    r->cpsr = arm_cpsr_get(cpu);
    r->fpscr = arm_fpscr_get(cpu);
    r->signal = signal_of(&g->event);
    memcpy(r->window, g->ram->host + RECORD_WINDOW - RECORD_DATA, RECORD_WINDOW_BYTES);
}
