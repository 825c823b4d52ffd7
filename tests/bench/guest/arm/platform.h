/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ARM_PLATFORM_H
#define BENCH_ARM_PLATFORM_H
/* The machine "virt" as the benchmarks see it; addresses by its device tree. */
#include "tests/bench/guest/guest.h"

enum { UART = 0x09000000, UART_IMSC = UART + 0x38, UART_FR = UART + 0x18, UART_FR_TXFF = 1 << 5,
       GICD = 0x08000000, GICC = 0x08010000, TABLES = 256 * 1024 * 1024 / 4096 };
#define UNMAPPED (GUEST_RAM + 0xffff000)

static inline void write32(uintptr_t address, uint32_t value) { *(volatile uint32_t *)address = value; }
static inline uint32_t read32(uintptr_t address) { return *(volatile uint32_t *)address; }

#ifdef __aarch64__
#define READ_SYSTEM(a64, a32) ({ uint64_t v_; __asm__ volatile("mrs %0, " a64 : "=r"(v_)); v_; })
#define WRITE_SYSTEM(a64, a32, value) do { uint64_t w_ = (value); __asm__ volatile("msr " a64 ", %0" :: "r"(w_) : "memory"); } while (0)
#else
#define READ_SYSTEM(a64, a32) ({ uint32_t v_; __asm__ volatile("mrc p15, " a32 : "=r"(v_)); v_; })
#define WRITE_SYSTEM(a64, a32, value) \
    do { uint32_t w_ = (uint32_t)(value); __asm__ volatile("mcr p15, " a32 :: "r"(w_) : "memory"); } while (0)
#endif
#define BARRIER() __asm__ volatile("dsb sy; isb" ::: "memory")

/* paging.c: the identity map of 256 MiB of RAM in pages of 4 KiB, devices below it; the heap's pages are not global. */
void paging_start(void);
/* Another address space: the same tables, another ASID. */
void paging_switch(unsigned asid);

/* Interrupts: those that the CPU sends itself. */
void interrupts_start(void);
void interrupt_send(void);
void take_interrupt(void);
extern volatile uint32_t interrupts_taken;
#endif
