/* SPDX-License-Identifier: MIT */
/* See platform.h. AArch64: one granule of 4 KiB, 4 GiB by TTBR0 (Arm ARM D8.2); ARMv7: short descriptors (ARMv7-A B3.5). */
#include "tests/bench/guest/arm/platform.h"

#ifdef __aarch64__
enum { PAGE = 3, BLOCK = 1, DEVICE = 1 << 2, SHARED = 3 << 8, AF = 1 << 10, NG = 1 << 11 };
static uint64_t level1[4] __attribute__((aligned(4096))), level2[512] __attribute__((aligned(4096)));
static uint64_t level3[TABLES] __attribute__((aligned(4096)));

void paging_start(void)
{
    for (unsigned i = 0; i < TABLES; i++) {
        const uint64_t address = GUEST_RAM + (uint64_t)i * 4096;
        level3[i] = address | PAGE | SHARED | AF | (address >= GUEST_HEAP ? NG : 0);
    }
    level3[TABLES - 1] = 0;
    for (unsigned i = 0; i < TABLES / 512; i++) {
        level2[i] = (uintptr_t)&level3[i * 512] | PAGE;
    }
    level1[0] = BLOCK | DEVICE | AF;
    level1[GUEST_RAM >> 30] = (uintptr_t)level2 | PAGE;
    WRITE_SYSTEM("mair_el1", , 0x04ff);
    WRITE_SYSTEM("tcr_el1", , 32 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23);     /* T0SZ, cacheable, inner shareable, EPD1 */
    paging_switch(1);
    __asm__ volatile("tlbi vmalle1" ::: "memory");
    BARRIER();
    WRITE_SYSTEM("sctlr_el1", , READ_SYSTEM("sctlr_el1", ) | 1 << 12 | 1 << 2 | 1);
    BARRIER();
}

void paging_switch(unsigned asid)
{
    WRITE_SYSTEM("ttbr0_el1", , (uintptr_t)level1 | (uint64_t)asid << 48);
    __asm__ volatile("isb" ::: "memory");
}
#else
enum { SMALL = 2, CACHED = 0x4c, RW = 1 << 4, NG = 1 << 11, TABLE = 1, SECTION = 2, SECTION_DEVICE = 1 << 2, SECTION_RW = 1 << 10 };
static uint32_t level1[4096] __attribute__((aligned(16384))), level2[TABLES] __attribute__((aligned(1024)));

void paging_start(void)
{
    for (unsigned i = 0; i < TABLES; i++) {
        const uint32_t address = GUEST_RAM + i * 4096;
        level2[i] = address | SMALL | CACHED | RW | (address >= GUEST_HEAP ? NG : 0);
    }
    level2[TABLES - 1] = 0;
    for (unsigned i = 0; i < GUEST_RAM >> 20; i++) {
        level1[i] = i << 20 | SECTION | SECTION_DEVICE | SECTION_RW;
    }
    for (unsigned i = 0; i < TABLES / 256; i++) {
        level1[(GUEST_RAM >> 20) + i] = (uintptr_t)&level2[i * 256] | TABLE;
    }
    WRITE_SYSTEM(, "0, %0, c3, c0, 0", 1);              /* DACR: domain 0 is checked */
    WRITE_SYSTEM(, "0, %0, c2, c0, 2", 0);              /* TTBCR */
    paging_switch(1);
    WRITE_SYSTEM(, "0, %0, c8, c7, 0", 0);              /* TLBIALL */
    BARRIER();
    WRITE_SYSTEM(, "0, %0, c1, c0, 0", READ_SYSTEM(, "0, %0, c1, c0, 0") | 1 << 12 | 1 << 2 | 1);
    BARRIER();
}

void paging_switch(unsigned asid)
{
    WRITE_SYSTEM(, "0, %0, c2, c0, 0", (uintptr_t)level1);      /* TTBR0 */
    WRITE_SYSTEM(, "0, %0, c13, c0, 1", asid);                  /* CONTEXTIDR */
    __asm__ volatile("isb" ::: "memory");
}
#endif
