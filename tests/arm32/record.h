/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM32_RECORD_H
#define TESTS_ARM32_RECORD_H
/* A few A32 or T32 instructions with the state to run them in: what goes to the oracle, and what it and Dragoman give back. */
#include <stdint.h>

#define RECORD_DATA 0x10000000u         /* memory of the tests, zero but for the window */
#define RECORD_DATA_BYTES 0x100000u
#define RECORD_WINDOW (RECORD_DATA + 0x80000u)
#define RECORD_CODE 0x20000000u
enum { RECORD_WINDOW_BYTES = 512, RECORD_HALVES = 64 };

struct record {
    uint64_t v[32];                     /* D0 to D31 */
    uint32_t r[16];                     /* r[15], out: where it ended */
    uint32_t cpsr, fpscr;               /* flags, Q, GE; T says which set */
    uint32_t signal;                    /* out: 4 undefined (also the end), 11 or 7 a fault, 5 */
    uint32_t halves;                    /* length of the code; UDF comes behind it */
    uint16_t code[RECORD_HALVES];
    uint8_t window[RECORD_WINDOW_BYTES];
};

#endif
