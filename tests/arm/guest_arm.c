/* SPDX-License-Identifier: MIT */
/* Records in Dragoman: EL0 behind page tables that map what the oracle maps. */
#include <glib.h>
#include <string.h>
#include "tests/arm/guest.h"
#include "tests/arm/guest_arm.h"

enum { DATA, CODE, TABLES };
#define TABLES_ADDRESS 0x30000000u      /* level 1, 2, and two of level 3: data, code */
struct guest_arm { struct arm_guest g; bool faulted; };

/* 4 KiB pages from level 1 on; all for EL0 and accessed. */
static void tables_make(struct arm_guest *g)
{
    enum { TABLE = 3, PAGE = 3, USER = 1 << 6, READ_ONLY = 1 << 7, AF = 1 << 10, INNER = 3 << 8, ENTRIES = 512 };
    uint64_t *l1 = (uint64_t *)(void *)g->host[TABLES], *l2 = l1 + ENTRIES, *data = l2 + ENTRIES, *code = data + ENTRIES;
    l1[0] = (TABLES_ADDRESS + 4096) | TABLE;
    l2[RECORD_DATA >> 21] = (TABLES_ADDRESS + 2 * 4096) | TABLE;
    l2[RECORD_CODE >> 21] = (TABLES_ADDRESS + 3 * 4096) | TABLE;
    for (uint64_t i = 0; i < RECORD_DATA_BYTES / 4096; i++) {
        const uint64_t page = RECORD_DATA + i * 4096;
        data[i] = page | PAGE | USER | AF | INNER | (page == RECORD_READ_ONLY ? READ_ONLY : 0);
    }
    code[0] = RECORD_CODE | PAGE | USER | AF | INNER;
    g->cpu->tcr[EL1] = 25 | 1 << 23;    /* T0SZ: 39 bits; EPD1 */
    g->cpu->ttbr0[EL1] = TABLES_ADDRESS;
    g->cpu->mair[EL1] = 0xff;
}

struct guest_arm *guest_arm_new(const char *model, bool interpret)
{
    static const struct arm_guest_region regions[ARM_GUEST_REGIONS] = {
        [DATA] = { RECORD_DATA, RECORD_DATA_BYTES }, [CODE] = { RECORD_CODE, 4096 },
        [TABLES] = { TABLES_ADDRESS, 4 * 4096 },
    };
    struct guest_arm *guest = g_new0(struct guest_arm, 1);
    arm_guest_open(&guest->g, model, interpret, false, regions);
    guest->g.cpu->cpu.shares_memory = interpret;        /* so that both ways of exclusives are tested */
    tables_make(&guest->g);
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
    cpu->sctlr[EL1] = SCTLR_M | SCTLR_UMA | SCTLR_UCT | SCTLR_UCI | SCTLR_DZE | SCTLR_NTWI | SCTLR_NTWE;
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
    if (guest->faulted) {
        memset(g->host[DATA] + RECORD_EDGES - RECORD_DATA, 0, RECORD_DATA_BYTES - (RECORD_EDGES - RECORD_DATA));
    }
    r->signal = arm_guest_run(g);
    guest->faulted = r->signal == 11;
    memcpy(r->x, cpu->x, sizeof(cpu->x));
    memcpy(r->v, cpu->v, sizeof(cpu->v));
    r->nzcv = arm_nzcv_get(cpu);
    r->fpcr = cpu->fpcr;
    r->fpsr = arm_fpsr_get(cpu);
    r->pc = cpu->cpu.pc;
    memcpy(r->window, g->host[DATA] + RECORD_WINDOW - RECORD_DATA, RECORD_WINDOW_BYTES);
}
