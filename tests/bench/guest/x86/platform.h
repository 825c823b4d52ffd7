/* SPDX-License-Identifier: MIT */
#ifndef BENCH_X86_PLATFORM_H
#define BENCH_X86_PLATFORM_H
#include "tests/bench/guest/guest.h"

enum { UNMAPPED = 0xffff000 };

void guest_set_gate(unsigned vector, void (*stub)(void));
void guest_outb(uint16_t port, uint8_t value);
extern volatile uint32_t timer_ticks;
#endif
