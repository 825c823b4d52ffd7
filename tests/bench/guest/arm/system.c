/* SPDX-License-Identifier: MIT */
/* Benchmarks of what ARM kernels do: aborts, SVC, interrupt masks, address-space switches, interrupts, devices, fresh code. */
#include "tests/bench/guest/arm/platform.h"

static uint32_t run_pagefault(uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count * 10; i++) {
        uintptr_t value = UNMAPPED;
#ifdef __thumb__
        __asm__ volatile("ldr.w %0, [%0]" : "+r"(value) :: "memory");      /* four bytes: the handler skips so many */
#else
        __asm__ volatile("ldr %0, [%0]" : "+r"(value) :: "memory");
#endif
        sum += i;
    }
    return sum;
}

static uint32_t run_gate(uint32_t count)
{
    for (uint32_t i = 0; i < count * 10; i++) {
#ifdef __aarch64__
        __asm__ volatile("svc #0" ::: "memory");
#else
        __asm__ volatile("svc #0" ::: "memory", "lr");      /* from Supervisor to Supervisor mode */
#endif
    }
    return count;
}

static uint32_t run_flags(uint32_t count)
{
    uintptr_t flags = 0;
    for (uint32_t i = 0; i < count * 100; i++) {
#ifdef __aarch64__
        __asm__ volatile("mrs %0, daif; msr daifset, #2; msr daif, %0" : "+r"(flags) :: "memory");
#else
        __asm__ volatile("mrs %0, cpsr; cpsid i; msr cpsr_c, %0" : "+r"(flags) :: "memory");
#endif
    }
    return flags >> 7 & 1;
}

/* A context switch's memory side: another ASID, then 32 pages touched. */
static uint32_t run_ttbr(uint32_t count)
{
    volatile uint32_t *pages = (uint32_t *)GUEST_HEAP;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        paging_switch(1 + i % 2);
        for (unsigned page = 0; page < 32; page++) {
            sum += pages[page * 1024]++;
        }
    }
    return sum;
}

static uint32_t run_mmio(uint32_t count)
{
    for (uint32_t i = 0; i < count * 10; i++) {
        write32(UART_IMSC, 0);
    }
    return count;
}

/* Interrupts that the CPU sends itself through the GIC, one at a time. */
static uint32_t run_interrupt(uint32_t count)
{
    interrupts_start();
#ifdef __aarch64__
    __asm__ volatile("msr daifclr, #2");
#else
    __asm__ volatile("cpsie i");
#endif
    for (uint32_t i = 1; i <= count * 10; i++) {
        interrupt_send();
        while (interrupts_taken != i) {
            __asm__ volatile("yield");
        }
    }
#ifdef __aarch64__
    __asm__ volatile("msr daifset, #2");
#else
    __asm__ volatile("cpsid i");
#endif
    return count;
}

static void clean_code(const void *from, size_t bytes)
{
    for (uintptr_t at = (uintptr_t)from; at < (uintptr_t)from + bytes; at += 64) {
#ifdef __aarch64__
        __asm__ volatile("dc cvau, %0; dsb ish; ic ivau, %0" :: "r"(at) : "memory");
#else
        __asm__ volatile("mcr p15, 0, %0, c7, c11, 1; dsb; mcr p15, 0, %0, c7, c5, 1" :: "r"(at) : "memory");  /* DCCMVAU, ICIMVAU */
#endif
    }
    BARRIER();
}

/* 64 KiB of code that was never seen before, run once: functions of 32 instructions. */
static uint32_t run_cold(uint32_t count)
{
#ifdef __aarch64__
    /* add w0, w0, #n; mvn w0, w0; add w0, w0, #1; ror w0, w0, #8; ret */
    static const uint32_t patterns[4] = { 0x11000000, 0x2a2003e0, 0x11000400, 0x13802000 }, back = 0xd65f03c0, shift = 10;
#else
    /* add r0, r0, #n; mvn r0, r0; add r0, r0, #1; mov r0, r0, ror #8; bx lr */
    static const uint32_t patterns[4] = { 0xe2800000, 0xe1e00000, 0xe2800001, 0xe1a00460 }, back = 0xe12fff1e, shift = 0;
#endif
    uint32_t *code = (uint32_t *)GUEST_HEAP, sum = 0;
    for (uint32_t n = 0; n < count && n < 1000; n++, code += 16384) {
        for (uint32_t i = 0; i < 16384; i++) {
            code[i] = i % 32 == 31 ? back : patterns[i & 3] + ((i & 3) == 0 ? (i >> 2 & 0x7f) << shift : 0);
        }
        clean_code(code, 65536);
        for (uint32_t i = 0; i < 16384; i += 32) {
            sum += ((uint32_t (*)(uint32_t))(uintptr_t)(code + i))(i);
        }
    }
    return sum;
}

const struct benchmark_row system_benchmarks[] = {
    { "pagefault", run_pagefault }, { "gate", run_gate }, { "flags", run_flags }, { "ttbr", run_ttbr }, { "mmio", run_mmio },
    { "interrupt", run_interrupt }, { "cold", run_cold },
};
const unsigned system_benchmark_count = sizeof system_benchmarks / sizeof system_benchmarks[0];
