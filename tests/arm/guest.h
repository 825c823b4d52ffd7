/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_GUEST_H
#define TESTS_ARM_GUEST_H
#include "target-arm/system.h"

/* A CPU with some RAM and no machine around it; every exception stops it. */
enum { ARM_GUEST_REGIONS = 4 };
struct arm_guest_region { uint64_t address, bytes; };       /* whole pages; 0 bytes: none */
struct arm_guest {
    struct ram *ram;
    struct memory *memory;
    struct log *log;
    struct engine *engine;
    struct arm_cpu *cpu;
    struct frontend frontend;
    struct arm_exception event;                             /* what stopped it */
    uint8_t *host[ARM_GUEST_REGIONS];                       /* the regions' bytes */
    uint64_t offset[ARM_GUEST_REGIONS];                     /* where they begin in ram */
};
void arm_guest_open(struct arm_guest *g, const char *model, bool interpret, bool aarch32, const struct arm_guest_region *regions);
void arm_guest_close(struct arm_guest *g);
/* Bytes of a region were changed from outside. */
void arm_guest_written(struct arm_guest *g, unsigned region, uint64_t at, uint64_t bytes);
/* Runs from cpu.pc to the next exception; gives the signal that Linux would have for it. */
uint32_t arm_guest_run(struct arm_guest *g);

#endif
