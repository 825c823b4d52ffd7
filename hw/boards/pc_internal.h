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

struct fdc;
struct i8237;
struct piix3_ide;
struct piix4_pm;

enum { PC_SLOT_ISA_BRIDGE = 1 };

struct pc {
    struct board board;
    struct x86_model *model;        /* -cpu */
    struct x86_cpu *cpus[OPTIONS_MAX_CPUS];     /* board.cpus with their own type */
    uint64_t low_ram_bytes, high_ram_bytes;     /* below and above 4 GiB */
    struct isa_irqs irqs;
    struct piix3_ide *ide;
    struct boot_image boot;         /* -kernel */
    struct fw_cfg *fw_cfg;
    bool has_smm;                   /* firmware may use it: -machine smm=off, and a KVM without it, say no */
    bool has_hpet;                  /* -machine hpet=off: none */
    struct mc146818 *rtc;
    struct ferr *ferr;
    struct piix4_pm *pm;
    struct i8237 *dma;
    struct fdc *fdc;
};

/* -global, -debugcon, -device. */
bool pc_add_optional(struct pc *pc, GError **error);
/* ROM or flash below 4 GiB. */
bool pc_add_firmware(struct pc *pc, GError **error);
/* -rtc base. */
bool pc_set_date(struct pc *pc, struct mc146818 *rtc, GError **error);
/* IDE, floppy and the drives on them. */
bool pc_add_storage(struct pc *pc, GError **error);
/* Disks and boot order, when all devices are there. */
bool pc_tell_storage(struct pc *pc, GError **error);
/* fw_cfg and CMOS. */
void pc_tell_firmware(struct pc *pc, struct mc146818 *rtc);
/* After pc_tell_firmware. */
bool pc_tell_smbios(struct pc *pc, GError **error);

#endif
