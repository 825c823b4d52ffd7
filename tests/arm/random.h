/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_RANDOM_H
#define TESTS_ARM_RANDOM_H
#include <stdint.h>

/* Random numbers in which those that matter are frequent. */
struct generator { uint64_t seed; };
uint64_t generate_u64(struct generator *g);
/* 64 bits of a vector: often zeros, infinities, NaNs, denormals and limits of one of the three precisions. */
uint64_t generate_lane(struct generator *g);
/* Often 0, all ones, one bit, a run of ones, a small number. */
uint64_t generate_integer(struct generator *g);

#endif
