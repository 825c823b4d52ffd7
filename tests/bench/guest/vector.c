/* SPDX-License-Identifier: MIT */
/* Vectors of 128 bits, as a compiler makes them of loops: integers of four sizes, single precision, copies. */
#include "tests/bench/guest/guest.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t halves8 __attribute__((vector_size(16)));
typedef int16_t shorts8 __attribute__((vector_size(16)));
typedef uint32_t words4 __attribute__((vector_size(16)));
typedef float floats4 __attribute__((vector_size(16)));

enum { BYTES = 4096 };

static uint32_t fold(const uint32_t *words, unsigned count)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum = sum * 31 + words[i];
    }
    return sum;
}

/* Additions, logic, comparisons, shifts and a 16-bit product over two buffers. */
static uint32_t run_vecint(uint32_t count)
{
    bytes16 *a = (bytes16 *)GUEST_HEAP, *b = a + BYTES / 16;
    for (unsigned i = 0; i < BYTES; i++) {
        ((uint8_t *)a)[i] = (uint8_t)(i * 7), ((uint8_t *)b)[i] = (uint8_t)(i * 13 + 5);
    }
    words4 sum = { 0 };
    for (uint32_t n = 0; n < count; n++) {
        for (unsigned i = 0; i < BYTES / 16; i++) {
            const bytes16 x = a[i] + b[i];
            const halves8 y = (halves8)x * 29 + ((halves8)b[i] >> 3);
            const words4 z = (words4)y ^ (words4)(x > b[i]);
            const shorts8 less = (shorts8)a[i] < (shorts8)y;
            a[i] = (bytes16)(z + ((words4)less << 5));
            sum += z;
        }
    }
    return fold((const uint32_t *)&sum, 4);
}

/* y = y * c + x, maxima by comparison, in single precision. */
static uint32_t run_vecfloat(uint32_t count)
{
    floats4 *x = (floats4 *)GUEST_HEAP, *y = x + BYTES / 16;
    for (unsigned i = 0; i < BYTES / 4; i++) {
        ((float *)x)[i] = (float)(i % 100) * 0.25f, ((float *)y)[i] = 1.0f;
    }
    const floats4 c = { 0.5f, 0.25f, -0.5f, 0.125f };
    floats4 sum = { 0 };
    for (uint32_t n = 0; n < count; n++) {
        for (unsigned i = 0; i < BYTES / 16; i++) {
            const floats4 product = y[i] * c + x[i], difference = product - y[i];
            y[i] = product;
            sum += (floats4)((words4)difference & (words4)(difference < x[i]));
        }
    }
    const words4 bits = (words4)sum;
    return fold((const uint32_t *)&bits, 4);
}

/* What memcpy and strlen of a C library do: 16 bytes at a time, then a search for the end byte by byte. */
static uint32_t run_copy(uint32_t count)
{
    bytes16 *from = (bytes16 *)GUEST_HEAP, *to = from + BYTES / 16;
    uint32_t sum = 0;
    for (unsigned i = 0; i < BYTES; i++) {
        ((uint8_t *)from)[i] = (uint8_t)(i % 255 + 1);
    }
    for (uint32_t n = 0; n < count; n++) {
        for (unsigned i = 0; i < BYTES / 16; i += 4) {
            const bytes16 p = from[i], q = from[i + 1], r = from[i + 2], s = from[i + 3];
            to[i] = p, to[i + 1] = q, to[i + 2] = r, to[i + 3] = s;
            __asm__ volatile("" ::: "memory");
        }
        ((volatile uint8_t *)to)[256 + n % 8] = 0;
        for (const volatile uint8_t *text = (volatile uint8_t *)to; *text; text++) {
            sum++;
        }
    }
    return sum;
}

const struct benchmark_row vector_benchmarks[] = {
    { "vecint", run_vecint }, { "vecfloat", run_vecfloat }, { "copy", run_copy },
};
const unsigned vector_benchmark_count = sizeof vector_benchmarks / sizeof vector_benchmarks[0];
