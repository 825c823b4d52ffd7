/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_PC_INTERNAL_H
#define HW_BOARDS_PC_INTERNAL_H
/* What the files of the board "pc" share: pc.c (wiring), pc_options.c (-device), pc_firmware.c (what firmware is told). */
#include "hw/boards/pc.h"
#include "hw/boot/boot.h"
#include "hw/intc/isa_irqs.h"
#include "hw/misc/fw_cfg.h"
#include "hw/timer/mc146818.h"
#include "machine/machine.h"
#include "target-x86/cpu.h"
#include "tcg/engine.h"

struct pc {
    const struct options *options;  /* valid while it is built */
    struct log *log;
    struct machine *machine;
    struct engine *engine;
    struct x86_cpu *cpus[OPTIONS_MAX_CPUS];
    unsigned cpu_count;
    uint64_t low_ram_bytes, high_ram_bytes;     /* below and above 4 GiB */
    struct isa_irqs irqs;
    GPtrArray *characters;
    struct boot_image boot;         /* -kernel */
    GBytes *firmware;
    uint16_t debugcon_port;         /* default of isa-debugcon's iobase */
};

/* A stream that the machine owns. error: as character_open. */
struct character *pc_character(struct pc *pc, const char *spec, GError **error);
/* -global, -debugcon, -device. */
bool pc_add_optional(struct pc *pc, GError **error);
/* -rtc base. */
bool pc_set_date(struct pc *pc, struct mc146818 *rtc, GError **error);
/* fw_cfg and CMOS. */
void pc_tell_firmware(struct pc *pc, struct mc146818 *rtc);

#endif
