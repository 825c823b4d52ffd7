/* SPDX-License-Identifier: MIT */
#ifndef HW_ACPI_BUILD_H
#define HW_ACPI_BUILD_H
/* For the files that build ACPI tables: tables.c (PC), arm_tables.c. */
#include "hw/acpi/tables.h"

#define ACPI_TABLES_FILE "etc/acpi/tables"
#define ACPI_RSDP_FILE "etc/acpi/rsdp"

enum { ACPI_HEADER_LENGTH = 4, ACPI_HEADER_CHECKSUM = 9, ACPI_HEADER_BYTES = 36 };
enum { ACPI_ZONE_HIGH = 1, ACPI_ZONE_FSEG = 2 };

void acpi_put(GByteArray *out, uint64_t value, unsigned bytes);                 /* little-endian */
void acpi_put_text(GByteArray *out, const char *text, unsigned bytes);          /* filled up with zeros */
/* AML's PkgLength (ACPI 3.0, 19.2.4), which counts itself, and the content, which it takes. */
void acpi_put_package(GByteArray *out, GByteArray *content);
void acpi_poke32(GByteArray *out, unsigned offset, uint32_t value);
/* Starts a table; returns its offset for acpi_table_end. */
unsigned acpi_table_start(GByteArray *out, const char *signature, unsigned revision);
unsigned acpi_table_end(struct acpi_files *files, unsigned start);
/* pci_slots.c: a table for the PCI slots; those of the mask are empty or may be emptied. */
unsigned acpi_add_pci_slots(struct acpi_files *files, uint32_t slots);
/* arm_processors.c: a device for each CPU; the table of processor topology. */
unsigned acpi_add_processors(struct acpi_files *files, unsigned cpus);
unsigned acpi_add_pptt(struct acpi_files *files, unsigned cpus);
void acpi_loader_allocate(GByteArray *loader, const char *file, unsigned alignment, unsigned zone);
/* The field of `bytes` at offset of file `in` holds an offset in the file of tables. */
void acpi_loader_add_pointer(GByteArray *loader, const char *in, unsigned offset, unsigned bytes);
void acpi_loader_add_checksum(GByteArray *loader, const char *file, unsigned offset, unsigned start, unsigned bytes);

#endif
