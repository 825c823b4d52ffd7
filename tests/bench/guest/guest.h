/* SPDX-License-Identifier: MIT */
#ifndef BENCH_GUEST_H
#define BENCH_GUEST_H
/*
 * The benchmark guests: one kernel a word size, the benchmark and its count on the command line ("fib 100"). user.c and vector.c are
 * the same for all guests; x86/ and arm/ hold what starts and ends them, and the benchmarks of their privileged halves.
 */
#include <stddef.h>
#include <stdint.h>

typedef uint32_t benchmark(uint32_t count);        /* returns a checksum, equal on every correct machine */
struct benchmark_row { const char *name; benchmark *run; };
extern const struct benchmark_row user_benchmarks[], vector_benchmarks[], system_benchmarks[];
extern const unsigned user_benchmark_count, vector_benchmark_count, system_benchmark_count;

/* GUEST_RAM is where RAM starts, set by the Makefile. */
#define GUEST_HEAP ((uintptr_t)GUEST_RAM + 0x1000000)

/* Runs the benchmark that arguments name; returns 0 if there is none. */
int guest_run(const char *arguments, uint32_t *checksum);
#endif
