/* SPDX-License-Identifier: MIT */
#ifndef HW_ACPI_TABLES_H
#define HW_ACPI_TABLES_H
/*
 * The ACPI tables of a PC board, as files for the firmware's table loader (fw_cfg "etc/table-loader").
 * The firmware allocates the files, patches pointers and checksums by the loader script, and shows them to the guest.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct acpi_board {
    unsigned cpus;                  /* APIC ids 0 .. cpus - 1 */
    bool hpet;                      /* at FED00000h */
    uint64_t low_ram_bytes;         /* RAM from address 0 on: PCI devices' memory is behind it */
    uint32_t hotplug_slots;         /* a bit a PCI slot where devices may come and go; see pci_hotplug.h */
    uint16_t pm_base;               /* PIIX4 power management ports; 0 = 600h, where SeaBIOS puts them */
};

/* Contents of "etc/acpi/tables", "etc/acpi/rsdp" and "etc/table-loader". The caller owns the arrays. */
struct acpi_files { GByteArray *tables, *rsdp, *loader; };

void acpi_build(const struct acpi_board *board, struct acpi_files *files);
void acpi_files_clear(struct acpi_files *files);

#endif
