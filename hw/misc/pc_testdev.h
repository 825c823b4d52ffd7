/* SPDX-License-Identifier: MIT */
#ifndef HW_MISC_PC_TESTDEV_H
#define HW_MISC_PC_TESTDEV_H
/* QEMU's pc-testdev: a word that keeps what is written, interrupt inputs as ports, memory behind the I/O path. For test programs. */
#include "base/irq.h"
#include "machine/machine.h"

enum { PC_TESTDEV_IRQS = 24, PC_TESTDEV_MEMORY_BYTES = 0x10000 };

struct pc_testdev_state {
    uint8_t word[4];
    uint8_t level[PC_TESTDEV_IRQS];
    uint8_t memory[PC_TESTDEV_MEMORY_BYTES];
};

struct pc_testdev { struct pc_testdev_state state; struct irq_line irq[PC_TESTDEV_IRQS]; };

extern const struct device_type pc_testdev_type;

/* irq: interrupt inputs 0..23 of the board. */
struct pc_testdev *pc_testdev_new(struct machine *machine, const struct irq_line irq[PC_TESTDEV_IRQS]);

#endif
