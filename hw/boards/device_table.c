/* SPDX-License-Identifier: MIT */
/* The list of what -device can add. A row: name, bus, help, properties, function that builds it. */
#include "hw/boards/device_table.h"

const struct device_kind device_kinds[] = {
    { "isa-debug-exit", DEVICE_ISA, "a write of V ends the run with status V * 2 + 1", isa_debug_exit_properties,
      isa_debug_exit_add },
    { "isa-debugcon", DEVICE_ISA, "debug console: bytes written go to a stream", isa_debugcon_properties, isa_debugcon_add },
    { "VGA", DEVICE_PCI, "VGA with Bochs VBE registers (-vga std)", vga_properties, vga_add },
    { "ide-hd", DEVICE_ISA, "disk on an IDE channel", ide_drive_properties, ide_hd_add },
    { "ide-cd", DEVICE_ISA, "CD-ROM drive on an IDE channel", ide_drive_properties, ide_cd_add },
    { NULL },
};
