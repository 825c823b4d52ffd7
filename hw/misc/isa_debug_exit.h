/* SPDX-License-Identifier: MIT */
#ifndef HW_MISC_ISA_DEBUG_EXIT_H
#define HW_MISC_ISA_DEBUG_EXIT_H
/* QEMU's isa-debug-exit: a write of V ends the machine with exit status (V << 1) | 1. */
#include "machine/machine.h"

struct isa_debug_exit_state { uint32_t written; };
struct isa_debug_exit { struct isa_debug_exit_state state; struct machine *machine; };
extern const struct device_type isa_debug_exit_type;

/* QEMU's defaults: port 501h, 2 bytes. bytes: 1, 2 or 4. */
struct isa_debug_exit *isa_debug_exit_new(struct machine *machine, uint16_t port, unsigned bytes);

#endif
