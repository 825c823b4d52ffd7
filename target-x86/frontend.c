/* SPDX-License-Identifier: MIT */
/* The x86 front end as the engine sees it. */
#include "target-x86/helpers.h"
#include "target-x86/trans.h"
#include "target-x86/unit.h"
#include "target-x86/view.h"

const struct frontend x86_frontend = {
    .name = "x86",
    .cpu_bytes = sizeof(struct x86_cpu),
    .globals = x86_globals,
    .global_count = X86_GLOBAL_END - 1,
    .helpers = x86_helpers,
    .helper_count = HELPER_COUNT,
    .translate = x86_translate_unit,
    .linear = x86_linear_of_pc,
    .fetch_mmu = x86_fetch_mmu,
    .space_modes = 1 << X86_MMU_USER | 1 << X86_MMU_KERNEL | 1 << X86_MMU_KERNEL_SMAP,
    .walk = x86_mmu_walk,
    .bus_error = x86_bus_error,
    .watch = x86_watch,
    .poll = x86_poll,
    .poll_skipped = x86_instruction_starts,
    .deliver = x86_deliver,
    .release = x86_release,
    .reset = x86_reset,
    .is_magic = x86_is_magic,
    .disassemble = x86_disassemble,
    .mode_text = x86_mode_text,
    .dump = x86_dump,
    .view = &x86_view,
    .gdb = &x86_gdb,
};
