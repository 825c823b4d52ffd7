/* SPDX-License-Identifier: MIT */
/*
 * A table for the slots of a PC, where devices come and go, in AML (ACPI 3.0, chapter 19; the bytes: 19.2.5). As ASL:
 *
 *   Scope (\_SB.PCI0) {
 *       Device (S03) { Name (_ADR, 0x00030000) Name (_SUN, 3) Method (_EJ0, 1) { EJCT (3) } }      ... for each
 *       Method (SLNT, 2) { If (Arg0 & 0x08) { Notify (S03, Arg1) } ... }
 *       Method (SLEV, 0) { HPEV () SLNT (HPUP, 1) SLNT (HPGO, 3) }         device check, eject request
 *   }
 *   Scope (\_GPE) { Method (_E01, 0) { \_SB.PCI0.SLEV () } }
 *
 * EJCT, HPEV and its two masks are in dsdt_pc.asl, which names nothing of this table: SeaBIOS looks for devices there and stops
 * reading at an External. A slot whose device stays has XADR and XEJ0 instead, which mean
 * nothing: firmware reads the script that patches the tables before the tables, and a device may come between the two, so that
 * everything must always lie at the same place.
 */
#include <stdio.h>
#include "hw/acpi/build.h"

enum { ONE_OP = 0x01, NAME_OP = 0x08, BYTE_PREFIX = 0x0a, DWORD_PREFIX = 0x0c, SCOPE_OP = 0x10, METHOD_OP = 0x14, DUAL_NAME_PREFIX = 0x2e,
       MULTI_NAME_PREFIX = 0x2f,
       EXT_OP_PREFIX = 0x5b, DEVICE_OP = 0x82, ARG0_OP = 0x68, ARG1_OP = 0x69, AND_OP = 0x7b, NOTIFY_OP = 0x86, IF_OP = 0xa0,
       NAME_BYTES = 4, SLOTS = 32 };

static void put_slot_name(GByteArray *out, unsigned slot)
{
    char name[NAME_BYTES + 1];
    snprintf(name, sizeof(name), "S%02X_", slot & (SLOTS - 1));
    acpi_put_text(out, name, NAME_BYTES);
}

static void put_device(GByteArray *out, unsigned slot, bool removable)
{
    GByteArray *device = g_byte_array_new(), *eject = g_byte_array_new();
    put_slot_name(device, slot);
    acpi_put(device, NAME_OP, 1);
    acpi_put_text(device, removable ? "_ADR" : "XADR", NAME_BYTES);
    acpi_put(device, DWORD_PREFIX, 1);
    acpi_put(device, slot << 16, 4);
    acpi_put(device, NAME_OP, 1);
    acpi_put_text(device, "_SUN", NAME_BYTES);
    acpi_put(device, BYTE_PREFIX, 1);
    acpi_put(device, slot, 1);
    acpi_put_text(eject, removable ? "_EJ0" : "XEJ0", NAME_BYTES);
    acpi_put(eject, 1, 1);              /* arguments */
    acpi_put_text(eject, "EJCT", NAME_BYTES);
    acpi_put(eject, BYTE_PREFIX, 1);
    acpi_put(eject, slot, 1);
    acpi_put(device, METHOD_OP, 1);
    acpi_put_package(device, eject);
    acpi_put(out, EXT_OP_PREFIX, 1);
    acpi_put(out, DEVICE_OP, 1);
    acpi_put_package(out, device);
}

static void put_notify(GByteArray *out, unsigned slot)
{
    GByteArray *content = g_byte_array_new();
    acpi_put(content, AND_OP, 1);
    acpi_put(content, ARG0_OP, 1);
    acpi_put(content, DWORD_PREFIX, 1);
    acpi_put(content, 1u << slot, 4);
    acpi_put(content, 0, 1);            /* the result is stored nowhere */
    acpi_put(content, NOTIFY_OP, 1);
    put_slot_name(content, slot);
    acpi_put(content, ARG1_OP, 1);
    acpi_put(out, IF_OP, 1);
    acpi_put_package(out, content);
}

/* What HPEV has read goes to the slots. */
static void put_event(GByteArray *out)
{
    GByteArray *method = g_byte_array_new();
    acpi_put_text(method, "SLEV", NAME_BYTES);
    acpi_put(method, 0, 1);             /* arguments */
    acpi_put_text(method, "HPEVSLNTHPUP", 3 * NAME_BYTES);
    acpi_put(method, ONE_OP, 1);
    acpi_put_text(method, "SLNTHPGO", 2 * NAME_BYTES);
    acpi_put(method, BYTE_PREFIX, 1);
    acpi_put(method, 3, 1);
    acpi_put(out, METHOD_OP, 1);
    acpi_put_package(out, method);
}

/* General-purpose event 1. */
static void put_event_scope(GByteArray *out)
{
    GByteArray *scope = g_byte_array_new(), *method = g_byte_array_new();
    acpi_put_text(method, "_E01", NAME_BYTES);
    acpi_put(method, 0, 1);
    acpi_put_text(method, "\\", 1);
    acpi_put(method, MULTI_NAME_PREFIX, 1);
    acpi_put(method, 3, 1);
    acpi_put_text(method, "_SB_PCI0SLEV", 3 * NAME_BYTES);
    acpi_put_text(scope, "\\_GPE", 1 + NAME_BYTES);
    acpi_put(scope, METHOD_OP, 1);
    acpi_put_package(scope, method);
    acpi_put(out, SCOPE_OP, 1);
    acpi_put_package(out, scope);
}

unsigned acpi_add_pci_slots(struct acpi_files *files, uint32_t slots)
{
    GByteArray *scope = g_byte_array_new(), *method = g_byte_array_new();
    unsigned start = acpi_table_start(files->tables, "SSDT", 1);
    acpi_put_text(scope, "\\", 1);
    acpi_put(scope, DUAL_NAME_PREFIX, 1);
    acpi_put_text(scope, "_SB_PCI0", 2 * NAME_BYTES);
    acpi_put_text(method, "SLNT", NAME_BYTES);
    acpi_put(method, 2, 1);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        put_device(scope, slot, slots >> slot & 1);
        put_notify(method, slot);
    }
    acpi_put(scope, METHOD_OP, 1);
    acpi_put_package(scope, method);
    put_event(scope);
    acpi_put(files->tables, SCOPE_OP, 1);
    acpi_put_package(files->tables, scope);
    put_event_scope(files->tables);
    return acpi_table_end(files, start);
}
