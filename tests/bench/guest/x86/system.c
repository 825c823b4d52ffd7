/* SPDX-License-Identifier: MIT */
/*
 * What only x86 has: the x87 unit, REP; and what kernels do: faults, gates, flags, address-space switches, interrupts, port I/O,
 * fresh code.
 */
#include "tests/bench/guest/x86/platform.h"

static uint32_t run_pagefault(uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count * 10; i++) {
        uintptr_t address = UNMAPPED;
        /* movl (%ebx or %rbx), %eax: two bytes in both word sizes, which the handler skips */
        __asm__ volatile(".byte 0x8b, 0x03" :: "b"(address) : "eax", "memory");
        sum += i;
    }
    return sum;
}

static uint32_t run_gate(uint32_t count)
{
    for (uint32_t i = 0; i < count * 10; i++) {
        __asm__ volatile("int $0x80" ::: "memory");
    }
    return count;
}

static uint32_t run_flags(uint32_t count)
{
    uintptr_t flags = 0;
    for (uint32_t i = 0; i < count * 100; i++) {
        __asm__ volatile("pushf; cli; pop %0; push %0; popf" : "+r"(flags) :: "memory", "cc");
    }
    return flags >> 9 & 1;
}

/* A context switch's memory side: a new CR3, then 32 pages touched. */
static uint32_t run_cr3(uint32_t count)
{
    volatile uint32_t *pages = (uint32_t *)GUEST_HEAP;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t cr3;
        __asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) :: "memory");
        for (unsigned page = 0; page < 32; page++) {
            sum += pages[page * 1024]++;
        }
    }
    return sum;
}

static uint32_t run_port(uint32_t count)
{
    for (uint32_t i = 0; i < count * 10; i++) {
        guest_outb(0x80, (uint8_t)i);
    }
    return count;
}

/* Interrupts that the CPU sends itself through its local APIC, one at a time. */
static uint32_t run_interrupt(uint32_t count)
{
    __asm__ volatile("sti");
    for (uint32_t i = 1; i <= count * 10; i++) {
        guest_apic_write(APIC_COMMAND, 0x44000 | INTERRUPT_VECTOR);      /* fixed, edge, to itself */
        while (interrupts_taken != i) {
            __asm__ volatile("pause");
        }
    }
    __asm__ volatile("cli");
    return count;
}

/* 64 KiB of code that was never seen before, run once: 4-byte instructions in functions of 32. */
static uint32_t run_cold(uint32_t count)
{
    uint32_t *code = (uint32_t *)GUEST_HEAP, sum = 0;
    for (uint32_t n = 0; n < count && n < 3000; n++, code += 16384) {
        for (uint32_t i = 0; i < 16384; i++) {
            /* lea disp(%eax), %eax; not %eax; add $1, %eax; ror $8, %eax, each padded with nops */
            static const uint32_t patterns[4] = { 0x9000408d, 0x90d0f790, 0x9001c083, 0x9008c8c1 };
            code[i] = i % 32 == 31 ? 0x909090c3 : patterns[i & 3] + ((i & 3) == 0 ? (i >> 2 & 0x7f) << 16 : 0);
        }
        for (uint32_t i = 0; i < 16384; i += 32) {
            uint32_t value = i;
            __asm__ volatile("call *%1" : "+a"(value) : "r"(code + i) : "ecx", "edx", "memory", "cc");
            sum += value;
        }
    }
    return sum;
}

static uint32_t run_x87(uint32_t count)
{
    long double x = 1.0L, y = 3.0L;
    for (uint32_t i = 0; i < count * 100; i++) {
        x = (x + y) / (y - 0.5L) * 1.25L;
        y = y + 1e-6L;
    }
    return (uint32_t)(int32_t)(x * 1000);
}

static uint32_t run_string(uint32_t count)
{
    uint8_t *from = (uint8_t *)GUEST_HEAP, *to = from + 0x10000;
    for (uint32_t n = 0; n < count; n++) {
        void *d = to, *s = from;
        size_t bytes = 4096;
        from[n & 4095] = (uint8_t)n;
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(bytes) :: "memory");
    }
    return to[5];
}

const struct benchmark_row system_benchmarks[] = {
    { "pagefault", run_pagefault }, { "gate", run_gate }, { "flags", run_flags }, { "cr3", run_cr3 }, { "port", run_port },
    { "interrupt", run_interrupt }, { "cold", run_cold }, { "x87", run_x87 }, { "string", run_string },
};
const unsigned system_benchmark_count = sizeof system_benchmarks / sizeof system_benchmarks[0];
