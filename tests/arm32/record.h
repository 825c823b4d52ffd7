/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM32_RECORD_H
#define TESTS_ARM32_RECORD_H
/* A few A32 or T32 instructions with the state to run them in: what goes to the oracle, and what it and Dragoman give back. */
#include <stddef.h>
#include <stdint.h>

/* Eight pages of memory, zero but for the window at the beginning of a run; the last but one is read-only, around them nothing
 * is mapped. */
#define RECORD_DATA 0x10000000u
#define RECORD_DATA_BYTES 0x8000u
#define RECORD_READ_ONLY (RECORD_DATA + 0x6000u)
enum { RECORD_WINDOW_BYTES = 1024, RECORD_HALVES = 192 };
#define RECORD_WINDOW (RECORD_DATA + 0x3000u - RECORD_WINDOW_BYTES / 2)    /* across a page */
#define RECORD_CODE 0x20000000u         /* two pages, writable */
#define RECORD_CODE_BYTES 0x2000u

struct record {
    uint64_t v[32];                     /* D0 to D31 */
    uint32_t r[16];                     /* r[15]: where it begins and, out, where it ended */
    uint32_t cpsr, fpscr;               /* flags, Q, GE; T says which set */
    uint32_t signal;                    /* out: 4 undefined (also the end), 11 or 7 a fault, 5 */
    uint32_t sum;                       /* out: of all memory but the window */
    uint32_t halves;                    /* length of the code; its last instruction must be undefined */
    uint16_t code[RECORD_HALVES];
    uint8_t window[RECORD_WINDOW_BYTES];
};

/* Of the memory and the code: what record.sum is made of. */
static inline uint32_t record_sum(uint32_t sum, const void *bytes, uint32_t count)
{
    const uint32_t *word = bytes;
    for (uint32_t i = 0; i < count / 4; i++) {
        sum = (sum << 5 | sum >> 27) + word[i];
    }
    return sum;
}

/* record.c: the first thing that differs, or NULL. text: room for it. */
const char *record_difference(const struct record *a, const struct record *b, char *text, size_t size);

#endif
