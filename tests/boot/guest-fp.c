/* SPDX-License-Identifier: MIT */
/*
 * Floating point under an operating system, for tests/boot/fp: guest-fp ID ROUNDS prints a hash over x87, SSE and MMX results.
 * Several run at once with a different precision, rounding and number each, and a timer's signal handler computes too, so
 * that the kernel saves and restores the state in the middle of everything. The host prints the same hashes.
 */
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static volatile double handler_sum;

static void on_alarm(int number)
{
    long double x = number;
    double v[4] = { 1, 2, 3, 4 };
    for (int i = 1; i < 20; i++)
        x += sqrtl(i) * 3.7L / x;
    for (int i = 0; i < 4; i++)
        v[i] = v[i] * 1.1 + (double)x;
    handler_sum += v[3];
}

static uint64_t mix(uint64_t hash, const void *data, unsigned bytes)
{
    for (const uint8_t *p = data; bytes--; p++)
        hash = (hash ^ *p) * 0x100000001b3ull;
    return hash;
}

static void mmx(uint64_t value[2])
{
    __asm__ volatile("movq (%0), %%mm0; movq 8(%0), %%mm1; paddb %%mm0, %%mm1; pmullw %%mm1, %%mm0;"
                     "movq %%mm0, (%0); movq %%mm1, 8(%0); emms" : : "r"(value) : "memory");
}

static void modes_set(unsigned id)
{
    uint16_t control = (uint16_t)((id & 1 ? 0x27f : 0x37f) | (id & 3) << 10);
    __asm__ volatile("fldcw %0" : : "m"(control));
#ifdef __SSE2__
    uint32_t mxcsr = 0x1f80 | (id & 3) << 13;
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
#endif
}

int main(int argc, char **argv)
{
    int id = argc > 1 ? atoi(argv[1]) : 0, rounds = argc > 2 ? atoi(argv[2]) : 100;
    uint64_t hash = 14695981039346656037ull, m[2] = { 0x123456789abcdefull * (unsigned)id, 0xfedcba9876543210ull };
    struct sigaction action = { .sa_handler = on_alarm };
    struct itimerval timer = { { 0, 3000 }, { 0, 3000 } };
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    modes_set((unsigned)id);
    long double x = 1.25L + id;
    double d = 3.3 * id + 1;
    float f = (float)id + 0.7f;
    for (int round = 0; round < rounds; round++) {
        for (int i = 1; i < 50; i++) {
            x = x * 1.0000001L + sinl(i + id) / x;
            d = d * 0.999 + sqrt(i * 1.7) / (d + 1);
            f = f * 0.99f + (float)i / (f + 1.3f);
            if (!(i & 7))
                mmx(m);
            long long quad = (long long)x;
            int word = (int)d;
            hash = mix(mix(hash, &quad, 8), &word, 4);
        }
        char text[64];
        hash = mix(mix(mix(mix(hash, &x, 10), &d, 8), &f, 4), m, 16);
        snprintf(text, sizeof text, "%.15g %.18Lg", d, x);
        hash = mix(hash, text, (unsigned)strlen(text));
        if (round % 16 == 0)
            sched_yield();
    }
    printf("fp %d %016llx\n", id, (unsigned long long)hash);
    return 0;
}
