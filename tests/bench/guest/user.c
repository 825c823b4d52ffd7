/* SPDX-License-Identifier: MIT */
/* Benchmarks of what user programs do: integer, memory, calls, jumps, floating point. */
#include "tests/bench/guest/guest.h"

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static uint32_t run_integer(uint32_t count)
{
    uint32_t a = 1, b = 2, c = 3;
    for (uint32_t i = 0; i < count * 1000; i++) {
        a += b ^ i;
        b = (b << 5 | b >> 27) + c;
        c = c * 33 + (a > b ? a - b : b - a);
    }
    return a ^ b ^ c;
}

static uint32_t run_crc(uint32_t count)
{
    uint32_t crc = ~0u;
    for (uint32_t i = 0; i < count * 100; i++) {
        crc ^= i & 0xff;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return crc;
}

static uint32_t run_stream(uint32_t count)
{
    volatile uint32_t *from = (uint32_t *)GUEST_HEAP, *to = from + 2048;
    for (uint32_t i = 0; i < 2048; i++) {
        from[i] = i * 7;
    }
    uint32_t sum = 0;
    for (uint32_t n = 0; n < count; n++) {
        for (uint32_t i = 0; i < 2048; i++) {
            to[i] = from[i] + n;
            sum += to[i];
        }
    }
    return sum;
}

static uint32_t run_bytes(uint32_t count)
{
    volatile uint8_t *text = (uint8_t *)GUEST_HEAP;
    uint32_t words = 0;
    for (uint32_t i = 0; i < 4096; i++) {
        text[i] = i % 7 ? 'a' + i % 26 : ' ';
    }
    for (uint32_t n = 0; n < count; n++) {
        for (uint32_t i = 0; i < 4096; i++) {
            words += text[i] == ' ';
        }
    }
    return words;
}

/* Random read-modify-write over 32 MiB: every access wants another page. */
static uint32_t run_thrash(uint32_t count)
{
    volatile uint32_t *table = (uint32_t *)GUEST_HEAP;
    uint32_t state = 12345, sum = 0;
    for (uint32_t i = 0; i < count * 1000; i++) {
        uint32_t slot = next_random(&state) & (8 * 1024 * 1024 - 1);
        table[slot] += i;
        sum += table[slot];
    }
    return sum;
}

static uint32_t __attribute__((noinline)) fib(uint32_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
static uint32_t run_fib(uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += fib(18);
    }
    return sum;
}

static uint32_t __attribute__((noinline)) op_add(uint32_t a) { return a + 7; }
static uint32_t __attribute__((noinline)) op_mul(uint32_t a) { return a * 3; }
static uint32_t __attribute__((noinline)) op_xor(uint32_t a) { return a ^ 0x55; }
static uint32_t __attribute__((noinline)) op_rot(uint32_t a) { return a << 3 | a >> 29; }
static uint32_t run_icall(uint32_t count)
{
    static uint32_t (*const volatile ops[])(uint32_t) = { op_add, op_mul, op_xor, op_rot };
    uint32_t value = 1;
    for (uint32_t i = 0; i < count * 1000; i++) {
        value = ops[i & 3](value);
    }
    return value;
}

/* A byte-code interpreter with a computed goto. */
static uint32_t run_interp(uint32_t count)
{
    static const uint8_t code[] = { 0, 1, 2, 0, 3, 1, 4, 2, 3, 0, 1, 5 };
    static const void *const labels[] = { &&add, &&mul, &&xor, &&rot, &&sub, &&loop };
    uint32_t value = 1, times = count * 100;
    const uint8_t *p = code;
    goto *labels[*p++];
add:    value += 11;                        goto *labels[*p++];
mul:    value *= 5;                         goto *labels[*p++];
xor:    value ^= 0x1234567;                 goto *labels[*p++];
rot:    value = value << 7 | value >> 25;   goto *labels[*p++];
sub:    value -= 3;                         goto *labels[*p++];
loop:
    if (--times) {
        p = code;
        goto *labels[*p++];
    }
    return value;
}

static uint32_t run_sort(uint32_t count)
{
    uint32_t *a = (uint32_t *)GUEST_HEAP, state = 99, sum = 0;
    enum { N = 2000 };
    for (uint32_t n = 0; n < count; n++) {
        for (uint32_t i = 0; i < N; i++) {
            a[i] = next_random(&state);
        }
        for (uint32_t gap = 701; gap; gap = gap == 1 ? 0 : gap * 4 / 9 + 1 - (gap > 2)) {
            for (uint32_t i = gap; i < N; i++) {
                uint32_t value = a[i], j = i;
                for (; j >= gap && a[j - gap] > value; j -= gap) {
                    a[j] = a[j - gap];
                }
                a[j] = value;
            }
        }
        sum ^= a[n % N];
    }
    return sum;
}

static uint32_t run_matmul(uint32_t count)
{
    enum { N = 32 };
    double (*a)[N] = (void *)GUEST_HEAP, (*b)[N] = a + N, (*c)[N] = b + N;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            a[i][j] = i + j, b[i][j] = i - j, c[i][j] = 0;
        }
    }
    for (uint32_t n = 0; n < count; n++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                double sum = c[i][j] * 0.5;
                for (int k = 0; k < N; k++) {
                    sum += a[i][k] * b[k][j];
                }
                c[i][j] = sum;
            }
        }
    }
    return (uint32_t)(int32_t)(c[3][5] / 16);
}

const struct benchmark_row user_benchmarks[] = {
    { "integer", run_integer }, { "crc", run_crc }, { "stream", run_stream }, { "bytes", run_bytes }, { "thrash", run_thrash },
    { "fib", run_fib }, { "icall", run_icall }, { "interp", run_interp }, { "sort", run_sort }, { "matmul", run_matmul },
};
const unsigned user_benchmark_count = sizeof user_benchmarks / sizeof user_benchmarks[0];
