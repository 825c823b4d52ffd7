/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_RECORD_H
#define TESTS_ARM_RECORD_H
/* A few A64 instructions with the state to run them in: what goes to the oracle, and what it and Dragoman give back. */
#include <stdint.h>

#define RECORD_DATA 0x10000000u         /* memory of the tests, zero but for the window; nothing is mapped around it */
#define RECORD_DATA_BYTES 0x100000u
#define RECORD_WINDOW (RECORD_DATA + 0x80000u - 192u)   /* bases are 128 bytes into it: accesses cross into another page */
#define RECORD_READ_ONLY (RECORD_DATA + 0xfe000u)       /* a page that can only be read; one more before the end */
#define RECORD_EDGES (RECORD_DATA + 0xe0000u)           /* what a faulting store may have left here is cleared after the fault */
#define RECORD_CODE 0x20000000u
enum { RECORD_WINDOW_BYTES = 512, RECORD_INSNS = 16 };

struct record {
    uint64_t x[32];                     /* x[31]: SP */
    uint64_t v[64];
    uint64_t pc;                        /* out: where it ended */
    uint32_t nzcv, fpcr, fpsr;
    uint32_t signal;                    /* out: 5 end of the code, 4 undefined, 11 or 7 a fault */
    uint32_t count, pad;
    uint32_t code[RECORD_INSNS];        /* behind them comes BRK */
    uint8_t window[RECORD_WINDOW_BYTES];
};

#endif
