/* SPDX-License-Identifier: MIT */
/* See record.h. */
#include <inttypes.h>
#include <stdio.h>
#include "tests/arm32/record.h"

enum { FLAGS = (int)0xfe0ffe20 };       /* CPSR: NZCVQ, IT, GE, E, T; not the bits that user-mode emulation makes up */

const char *record_difference(const struct record *a, const struct record *b, char *text, size_t size)
{
    if (a->signal != b->signal)
        return snprintf(text, size, "signal %u, %u at %08x, %08x", a->signal, b->signal, a->r[15], b->r[15]), text;
    for (unsigned n = 0; n < 16; n++) {
        if (a->r[n] != b->r[n])
            return snprintf(text, size, "r%u %08x, %08x", n, a->r[n], b->r[n]), text;
    }
    if ((a->cpsr ^ b->cpsr) & (uint32_t)FLAGS)
        return snprintf(text, size, "cpsr %08x, %08x", a->cpsr, b->cpsr), text;
    for (unsigned n = 0; n < 32; n++) {
        if (a->v[n] != b->v[n])
            return snprintf(text, size, "d%u %016" PRIx64 ", %016" PRIx64, n, a->v[n], b->v[n]), text;
    }
    if (a->fpscr != b->fpscr)
        return snprintf(text, size, "fpscr %08x, %08x", a->fpscr, b->fpscr), text;
    for (unsigned i = 0; i < RECORD_WINDOW_BYTES; i++) {
        if (a->window[i] != b->window[i])
            return snprintf(text, size, "memory +%u %02x, %02x", i, a->window[i], b->window[i]), text;
    }
    if (a->sum != b->sum)
        return snprintf(text, size, "memory beyond the window"), text;
    return NULL;
}
