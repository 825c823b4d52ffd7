/* SPDX-License-Identifier: MIT */
#ifndef HW_PCI_I440FX_H
#define HW_PCI_I440FX_H
/*
 * Intel 82441FX host bridge (8086:1237): PAM and SMRAM. Physical address space below 1 MiB, by priority:
 *   0 (board)   guest RAM from 0, whole
 *   1           A0000h..FFFFFh as PCI sees it: nothing
 *   2..9        ROMs and devices there (board: BIOS; VGA)
 *   10          DRAM where PAM sends reads to it; SMRAM
 */
#include "hw/pci/pci.h"

enum { I440FX_PRIORITY_PCI = 1, I440FX_PRIORITY_DEVICES = 2, I440FX_PRIORITY_DRAM = 10, I440FX_PAM_SEGMENTS = 13 };

struct i440fx_state { struct pci_state pci; };

struct i440fx {
    struct i440fx_state state;
    struct pci_device pci;
    struct machine *machine;
    struct i440fx_segment { struct i440fx *chip; uint32_t address; struct region *dram, *write_only; }
        segments[I440FX_PAM_SEGMENTS];
    struct region *smram_open, *smram_smm;
};

extern const struct device_type i440fx_type;

/* Device 0 of the bus. The board maps guest RAM itself, at 0 with priority 0; its first MiB is [0, 1 MiB) of
 * machine->ram. */
struct i440fx *i440fx_new(struct machine *machine, struct pci_bus *bus);

#endif
