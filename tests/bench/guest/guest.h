/* SPDX-License-Identifier: MIT */
#ifndef BENCH_GUEST_H
#define BENCH_GUEST_H
/* The benchmark guests: one kernel a word size, the benchmark and its count on the command line ("fib 100"). */
#include <stddef.h>
#include <stdint.h>

typedef uint32_t benchmark(uint32_t count);        /* returns a checksum, equal on every correct machine */
struct benchmark_row { const char *name; benchmark *run; };
extern const struct benchmark_row user_benchmarks[], system_benchmarks[];
extern const unsigned user_benchmark_count, system_benchmark_count;

enum { GUEST_HEAP = 0x1000000, GUEST_HEAP_BYTES = 0xd000000, UNMAPPED = 0xffff000 };

void guest_set_gate(unsigned vector, void (*stub)(void));
void guest_outb(uint16_t port, uint8_t value);
extern volatile uint32_t timer_ticks;
#endif
