/* SPDX-License-Identifier: MIT */
/*
 * Processors of "virt" in ACPI (specification 6.3): an SSDT with a device for each (ACPI0007, 8.4), and the PPTT (5.2.29), which says
 * that all are cores of one package, as the device tree does. Left out: caches, which the CPUs describe themselves.
 *
 *   Scope (\_SB) { Device (C000) { Name (_HID, "ACPI0007") Name (_UID, 0) } ... }
 */
#include <stdio.h>
#include "hw/acpi/arm_tables.h"
#include "hw/acpi/build.h"

enum { NAME_OP = 0x08, DWORD_PREFIX = 0x0c, STRING_PREFIX = 0x0d, SCOPE_OP = 0x10, EXT_OP_PREFIX = 0x5b, DEVICE_OP = 0x82, NAME_BYTES = 4 };

static void put_processor(GByteArray *out, unsigned number)
{
    GByteArray *device = g_byte_array_new();
    char name[NAME_BYTES + 1];
    snprintf(name, sizeof(name), "C%03X", number & 0xfff);
    acpi_put_text(device, name, NAME_BYTES);
    acpi_put(device, NAME_OP, 1);
    acpi_put_text(device, "_HID", NAME_BYTES);
    acpi_put(device, STRING_PREFIX, 1);
    acpi_put_text(device, "ACPI0007", 9);
    acpi_put(device, NAME_OP, 1);
    acpi_put_text(device, "_UID", NAME_BYTES);
    acpi_put(device, DWORD_PREFIX, 1);
    acpi_put(device, number, 4);
    acpi_put(out, EXT_OP_PREFIX, 1);
    acpi_put(out, DEVICE_OP, 1);
    acpi_put_package(out, device);
}

unsigned acpi_add_processors(struct acpi_files *files, unsigned cpus)
{
    GByteArray *scope = g_byte_array_new();
    unsigned start = acpi_table_start(files->tables, "SSDT", 2);
    acpi_put_text(scope, "\\_SB_", 1 + NAME_BYTES);
    for (unsigned i = 0; i < cpus; i++) {
        put_processor(scope, i);
    }
    acpi_put(files->tables, SCOPE_OP, 1);
    acpi_put_package(files->tables, scope);
    return acpi_table_end(files, start);
}

static void put_node(GByteArray *out, unsigned flags, unsigned parent, unsigned processor)
{
    enum { NODE_BYTES = 20 };
    acpi_put(out, 0, 1);
    acpi_put(out, NODE_BYTES, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, flags, 4);
    acpi_put(out, parent, 4);
    acpi_put(out, processor, 4);
    acpi_put(out, 0, 4);            /* private resources */
}

unsigned acpi_add_pptt(struct acpi_files *files, unsigned cpus)
{
    enum { PHYSICAL_PACKAGE = 1 << 0, ID_VALID = 1 << 1, LEAF = 1 << 3, IDENTICAL = 1 << 4 };
    unsigned start = acpi_table_start(files->tables, "PPTT", 2), package = files->tables->len - start;
    put_node(files->tables, PHYSICAL_PACKAGE | IDENTICAL, 0, 0);
    for (unsigned i = 0; i < cpus; i++) {
        put_node(files->tables, ID_VALID | LEAF, package, i);
    }
    return acpi_table_end(files, start);
}
