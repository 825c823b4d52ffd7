/* SPDX-License-Identifier: MIT */
/* Records in Dragoman: EL0 with the MMU off. */
#include <glib.h>
#include <string.h>
#include "tests/arm/guest.h"
#include "tests/arm/guest_arm.h"

enum { DATA, CODE };
struct guest_arm { struct arm_guest g; };

struct guest_arm *guest_arm_new(bool interpret)
{
    static const struct arm_guest_region regions[ARM_GUEST_REGIONS] = {
        [DATA] = { RECORD_DATA, RECORD_DATA_BYTES }, [CODE] = { RECORD_CODE, 4096 },
    };
    struct guest_arm *guest = g_new0(struct guest_arm, 1);
    arm_guest_open(&guest->g, interpret, false, regions);
    return guest;
}

void guest_arm_free(struct guest_arm *guest)
{
    arm_guest_close(&guest->g);
    g_free(guest);
}

static void put(struct arm_guest *g, const struct record *r)
{
    uint32_t *code = (uint32_t *)(void *)g->host[CODE];
    struct arm_cpu *cpu = g->cpu;
    memcpy(code, r->code, r->count * 4);
    code[r->count] = 0xd4200000;
    arm_guest_written(g, CODE, 0, r->count * 4 + 4);
    memcpy(g->host[DATA] + RECORD_WINDOW - RECORD_DATA, r->window, RECORD_WINDOW_BYTES);
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
    cpu->cpu.pc = RECORD_CODE;
}

void guest_arm_run(struct guest_arm *guest, struct record *r)
{
    struct arm_guest *g = &guest->g;
    struct arm_cpu *cpu = g->cpu;
    put(g, r);
    r->signal = arm_guest_run(g);
    memcpy(r->x, cpu->x, sizeof(cpu->x));
    memcpy(r->v, cpu->v, sizeof(cpu->v));
    r->nzcv = arm_nzcv_get(cpu);
    r->fpcr = cpu->fpcr;
    r->fpsr = arm_fpsr_get(cpu);
    r->pc = cpu->cpu.pc;
    memcpy(r->window, g->host[DATA] + RECORD_WINDOW - RECORD_DATA, RECORD_WINDOW_BYTES);
}
