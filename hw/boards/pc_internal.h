/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_PC_INTERNAL_H
#define HW_BOARDS_PC_INTERNAL_H
/* What the files of the board "pc" share: pc.c (wiring), pc_options.c (-device), pc_firmware.c (what firmware is told). */
#include "hw/boards/pc.h"
#include "hw/boot/boot.h"
#include "hw/ide/ide.h"
#include "hw/intc/isa_irqs.h"
#include "hw/misc/fw_cfg.h"
#include "hw/timer/mc146818.h"
#include "machine/machine.h"
#include "target-x86/cpu.h"
#include "tcg/engine.h"

struct pc {
    struct board board;
    struct x86_cpu *cpus[OPTIONS_MAX_CPUS];     /* board.cpus with their own type */
    uint64_t low_ram_bytes, high_ram_bytes;     /* below and above 4 GiB */
    struct isa_irqs irqs;
    struct piix3_ide *ide;
    struct boot_image boot;         /* -kernel */
    GBytes *firmware;
};

/* -global, -debugcon, -device. */
bool pc_add_optional(struct pc *pc, GError **error);
/* -rtc base. */
bool pc_set_date(struct pc *pc, struct mc146818 *rtc, GError **error);
/* fw_cfg and CMOS. */
void pc_tell_firmware(struct pc *pc, struct mc146818 *rtc);

#endif
