/* SPDX-License-Identifier: MIT */
/* Records in Dragoman: AArch32 User mode under short-descriptor page tables that map what the oracle has mapped. */
#include <glib.h>
#include <string.h>
#include "tests/arm/guest.h"
#include "tests/arm32/guest.h"

enum { DATA, CODE, TABLES };
struct guest32 { struct arm_guest g; };

/* TABLES: the first level, 16 KiB, then a second level for each of the two megabytes. Descriptors: Arm ARM G5.4. */
#define TABLES_AT 0x40000000u
enum { FIRST_BYTES = 0x4000, SECOND_BYTES = 0x400, TABLE = 1, PAGE = 2, CACHED = 3 << 2,
       AP_USER_RW = 3 << 4, AP_USER_RO = 1 << 9 | 2 << 4 };

static void map(struct arm_guest *g, unsigned table, uint32_t address, uint32_t bytes, uint32_t rights)
{
    uint32_t *first = (uint32_t *)(void *)g->host[TABLES];
    uint32_t at = FIRST_BYTES + table * SECOND_BYTES, *second = first + at / 4;
    first[address >> 20] = (TABLES_AT + at) | TABLE;
    for (uint32_t page = address; page < address + bytes; page += 4096) {
        second[page >> 12 & 0xff] = page | rights | CACHED | PAGE;
    }
}

struct guest32 *guest32_new(bool interpret)
{
    static const struct arm_guest_region regions[ARM_GUEST_REGIONS] = {
        [DATA] = { RECORD_DATA, RECORD_DATA_BYTES }, [CODE] = { RECORD_CODE, RECORD_CODE_BYTES },
        [TABLES] = { TABLES_AT, FIRST_BYTES + 4096 },
    };
    struct guest32 *guest = g_new0(struct guest32, 1);
    struct arm_guest *g = &guest->g;
    arm_guest_open(g, "max", interpret, true, regions);
    map(g, 0, RECORD_DATA, RECORD_DATA_BYTES, AP_USER_RW);
    map(g, 0, RECORD_READ_ONLY, 4096, AP_USER_RO);
    map(g, 1, RECORD_CODE, RECORD_CODE_BYTES, AP_USER_RW);
    g->cpu->sctlr[EL1] = SCTLR_M | SCTLR_CP15BEN | SCTLR_NTWI | SCTLR_NTWE;
    g->cpu->ttbr0[EL1] = TABLES_AT;
    g->cpu->dacr[EL1] = 1;
    g->cpu->cpacr = 0xf << 20;
    g->cpu->fpexc = 1u << 30;
    return guest;
}

void guest32_free(struct guest32 *guest)
{
    arm_guest_close(&guest->g);
    g_free(guest);
}

static uint8_t *window(struct arm_guest *g) { return g->host[DATA] + (RECORD_WINDOW - RECORD_DATA); }

static void put(struct arm_guest *g, const struct record *r)
{
    struct arm_cpu *cpu = g->cpu;
    memset(g->host[CODE], 0, RECORD_CODE_BYTES);
    memcpy(g->host[CODE] + (r->r[15] - RECORD_CODE), r->code, r->halves * 2u);
    arm_guest_written(g, CODE, 0, RECORD_CODE_BYTES);
    memset(g->host[DATA], 0, RECORD_DATA_BYTES);
    memcpy(window(g), r->window, RECORD_WINDOW_BYTES);
    cpu->cpsr_m = ARM_USR;
    for (unsigned n = 0; n < 15; n++) {
        cpu->x[n] = r->r[n];
    }
    memcpy(cpu->v, r->v, sizeof(r->v));
    arm_cpsr_put(cpu, (r->cpsr & ~(uint32_t)CPSR_M) | ARM_USR, ~0u);
    arm_fpscr_put(cpu, r->fpscr);
    cpu->cpu.pc = r->r[15];
}

void guest32_run(struct guest32 *guest, struct record *r)
{
    struct arm_guest *g = &guest->g;
    struct arm_cpu *cpu = g->cpu;
    put(g, r);
    r->signal = arm_guest_run(g);
    for (unsigned n = 0; n < 15; n++) {
        r->r[n] = (uint32_t)cpu->x[n];
    }
    memcpy(r->v, cpu->v, sizeof(r->v));
    r->r[15] = (uint32_t)cpu->cpu.pc;
    r->cpsr = arm_cpsr_get(cpu);
    r->fpscr = arm_fpscr_get(cpu);
    memcpy(r->window, window(g), RECORD_WINDOW_BYTES);
    memset(window(g), 0, RECORD_WINDOW_BYTES);
    r->sum = record_sum(0, g->host[DATA], RECORD_DATA_BYTES);
}
