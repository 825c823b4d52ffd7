/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CPU_CHOICES_H
#define TESTS_CPU_CHOICES_H
/*
 * What the manuals leave to the processor, so that a host may come to another result than our CPU and both be right. In
 * what the vendors' processors are incompatible our CPU does as its model's vendor's do, and the guest of these tests is of
 * the host's vendor (guest_cpu.c): that is compared, not listed here.
 */
#include "target-x86/trans.h"
#include "tests/cpu/host_cpu.h"

/* Instructions of several accesses: what a fault in their middle leaves behind, and which byte it names. */
bool choice_fault_in_the_middle(const struct x86_row *row);
/* A store of ST that an unmasked x87 exception may have kept from happening: whether the address is looked at then. `fx` is the
 * state before or after it. */
bool choice_store_suppressed(const struct x86_row *row, const uint8_t *fx);
/* An MMX instruction that faults: whether TOP and the tags are those of MMX already. Makes them so in a state after a fault. */
void choice_mmx_fault(const struct x86_row *row, struct host_state *after);

#endif
