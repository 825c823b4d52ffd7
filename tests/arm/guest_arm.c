/* SPDX-License-Identifier: MIT */
/* Records in Dragoman: a CPU of model max at EL0 with the MMU off; every exception stops it at its vector. */
#include <glib.h>
#include <string.h>
#include "base/log.h"
#include "base/memory.h"
#include "target-arm/system.h"
#include "tcg/engine.h"
#include "tests/arm/guest_arm.h"

enum { CODE_AT = RECORD_DATA_BYTES, RAM_BYTES = RECORD_DATA_BYTES + 4096, MAX_UNITS = 10000 };

struct guest_arm {
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
    struct guest_arm *guest = g_private_get(&running);
    struct arm_cpu *arm = arm_cpu_of(cpu);
    if (arm->raised.pending) {
        guest->event = arm->raised;
        arm->raised.pending = false;
        cpu->halted = true;
    }
}

static bool on_poll(struct cpu *cpu)
{
    return !cpu->halted;
}

struct guest_arm *guest_arm_new(bool interpret)
{
    struct guest_arm *g = g_new0(struct guest_arm, 1);
    struct engine_options options = { .interpret = interpret, .cache_mib = 8 };
    g->log = log_new();
    g->ram = ram_new(RAM_BYTES);
    g->memory = memory_new("memory", 1ull << 40, g->log);
    memory_add_ram(g->memory, "data", RECORD_DATA, RECORD_DATA_BYTES, g->ram, 0, false, 0);
    memory_add_ram(g->memory, "code", RECORD_CODE, 4096, g->ram, CODE_AT, false, 0);
    g->engine = engine_new(&options, g->memory, g->log, NULL);
    g->cpu = arm_cpu_new(arm_model_find("max", NULL), 0);
    g->cpu->has_el2 = g->cpu->has_el3 = false;
    struct cpu *cpu = &g->cpu->cpu;
    g->frontend = *cpu->frontend;
    g->frontend.deliver = on_deliver;
    g->frontend.poll = on_poll;
    cpu->frontend = &g->frontend;
    cpu->memory = g->memory;
    cpu->log = g->log;
    engine_add_cpu(g->engine, cpu);
    arm_reset(cpu);
    return g;
}

void guest_arm_free(struct guest_arm *g)
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
    case EC_BRK64: return 5;
    case EC_DABT:  return (e->iss & 0x3f) == 0x21 ? 7 : 11;
    case EC_IABT:  return 11;
    case EC_PC_ALIGN: case EC_SP_ALIGN: return 7;
    default:       return 4;
    }
}

static void put(struct guest_arm *g, const struct record *r)
{
    uint32_t *code = (uint32_t *)(void *)(g->ram->host + CODE_AT);
    struct arm_cpu *cpu = g->cpu;
    memcpy(code, r->code, r->count * 4);
    code[r->count] = 0xd4200000;
    engine_code_written(g->engine, CODE_AT, r->count * 4 + 4);
    memcpy(g->ram->host + RECORD_WINDOW - RECORD_DATA, r->window, RECORD_WINDOW_BYTES);
    cpu->el = 0;
    cpu->spsel = 0;
    cpu->sctlr[EL1] = SCTLR_UMA | SCTLR_UCT | SCTLR_UCI | SCTLR_DZE | SCTLR_NTWI | SCTLR_NTWE;
    cpu->cpacr = 3 << 20;
    cpu->daif = 0;
    memcpy(cpu->x, r->x, sizeof(cpu->x));
    memcpy(cpu->v, r->v, sizeof(cpu->v));
    arm_nzcv_put(cpu, r->nzcv);
    arm_fpcr_put(cpu, r->fpcr);
    arm_fpsr_put(cpu, r->fpsr);
    cpu->exclusive_address = UINT64_MAX;
    cpu->cpu.pc = RECORD_CODE;
    cpu->cpu.halted = false;
    arm_update_mode(cpu);
}

void guest_arm_run(struct guest_arm *g, struct record *r)
{
    struct arm_cpu *cpu = g->cpu;
    put(g, r);
    g->event = (struct arm_exception){ .ec = EC_UNKNOWN };
    g_private_set(&running, g);
    engine_run(g->engine, &cpu->cpu, MAX_UNITS);
    memcpy(r->x, cpu->x, sizeof(cpu->x));
    memcpy(r->v, cpu->v, sizeof(cpu->v));
    r->nzcv = arm_nzcv_get(cpu);
    r->fpcr = cpu->fpcr;
    r->fpsr = arm_fpsr_get(cpu);
    r->pc = cpu->cpu.pc;
    r->signal = signal_of(&g->event);
    memcpy(r->window, g->ram->host + RECORD_WINDOW - RECORD_DATA, RECORD_WINDOW_BYTES);
}
