/* SPDX-License-Identifier: MIT */
/* The ARM front ends as the engine sees them; they differ in which registers are pinned. */
#include "target-arm/globals.h"
#include "target-arm/helpers.h"
#include "target-arm/system.h"
#include "target-arm/trans.h"
#include "target-arm/unit.h"
#include "target-arm/view.h"

static uint64_t linear_of_pc(struct cpu *cpu, uint64_t pc, uint32_t mode)
{
    return pc;
}

static unsigned fetch_mmu(uint32_t mode)
{
    return arm_mmu_mode(mode & ~(uint32_t)MODE_PAN);
}

#define FRONTEND(tag, pins, seen, debugged) { \
    .name = tag, .cpu_bytes = sizeof(struct arm_cpu), .globals = pins, .global_count = ARM_GLOBAL_END - 1, \
    .helpers = arm_helpers, .helper_count = HELPER_ARM_COUNT, .translate = arm_translate_unit, .linear = linear_of_pc, \
    .fetch_mmu = fetch_mmu, .space_modes = ARM_SPACE_MODES, .walk = arm_mmu_walk, .bus_error = arm_bus_error, .watch = arm_watch, \
    .misaligned = arm_misaligned, .poll = arm_poll, \
    .deliver = arm_deliver, .reset = arm_reset, .disassemble = arm_disassemble, .mode_text = arm_mode_text, .dump = arm_dump, \
    .view = seen, .gdb = debugged }
const struct frontend arm_frontend64 = FRONTEND("aarch64", arm_globals64, &arm_view64, &arm_gdb64);
const struct frontend arm_frontend32 = FRONTEND("arm", arm_globals32, &arm_view32, &arm_gdb32);
