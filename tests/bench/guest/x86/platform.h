/* SPDX-License-Identifier: MIT */
#ifndef BENCH_X86_PLATFORM_H
#define BENCH_X86_PLATFORM_H
#include "tests/bench/guest/guest.h"

enum { UNMAPPED = 0xffff000, APIC_SPURIOUS = 0xf0, APIC_COMMAND = 0x300, INTERRUPT_VECTOR = 0x40 };

void guest_set_gate(unsigned vector, void (*stub)(void));
void guest_outb(uint16_t port, uint8_t value);
void guest_apic_write(unsigned offset, uint32_t value);
extern volatile uint32_t interrupts_taken;
#endif
