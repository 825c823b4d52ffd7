/* SPDX-License-Identifier: MIT */
/*
 * Builds the ACPI tables of a PC: FACS, DSDT, FADT, MADT, HPET, RSDT and RSDP (ACPI specification 3.0b, chapter 5), and
 * the loader script by which firmware places them. A script is a row of 128-byte commands: allocate a file, add a
 * file's address to a field, write a checksum.
 *
 * Left out: SRAT and SLIT (no NUMA), WAET, MCFG (no PCIe on this board), processor objects in the DSDT.
 */
#define _GNU_SOURCE
#include <string.h>
#include "hw/acpi/build.h"
#include "hw/acpi/tables.h"
#include "hw/acpi/dsdt_pc.hex"      /* compiled from dsdt_pc.asl into the build directory */

enum { FADT_FIRMWARE_CTRL = 36, FADT_DSDT = 40, FADT_BYTES = 244 };
enum { RSDP_CHECKSUM = 8, RSDP_RSDT = 16, RSDP_BYTES = 20 };        /* revision 0: 20 bytes */
enum { LAPIC_ADDRESS = 0xfee00000, IOAPIC_ADDRESS = 0xfec00000, HPET_ADDRESS = 0xfed00000, SCI_INTERRUPT = 9 };
enum { SMI_COMMAND_PORT = 0xb2, SMI_ACPI_ENABLE = 0xf1, SMI_ACPI_DISABLE = 0xf0, GPE0_BASE = 0xafe0, RESET_PORT = 0xcf9, RESET_VALUE = 6 };

/* Firmware ACPI control structure, 5.2.10: 64 bytes, aligned. */
static unsigned add_facs(struct acpi_files *files)
{
    unsigned start = files->tables->len;
    acpi_put_text(files->tables, "FACS", 4);
    acpi_put(files->tables, 64, 4);
    acpi_put_text(files->tables, "", 56);
    return start;
}

/* The memory that PCI0 decodes in the DSDT, C0000000h to FEBFFFFFh, begins behind RAM: minimum, maximum, translation and length of a
 * DWORD address space descriptor (6.4.3.5.2). */
static void move_pci_window(uint8_t *dsdt, size_t bytes, uint64_t low_ram_bytes)
{
    const uint32_t first = 0xc0000000, last = 0xfebfffff;
    const uint32_t as_compiled[] = { GUINT32_TO_LE(first), GUINT32_TO_LE(last), 0, GUINT32_TO_LE(last - first + 1) };
    if (low_ram_bytes <= first || low_ram_bytes > last) {
        return;
    }
    uint8_t *window = memmem(dsdt, bytes, as_compiled, sizeof as_compiled);
    g_assert(window);
    const uint32_t moved[] = { GUINT32_TO_LE(low_ram_bytes), GUINT32_TO_LE(last), 0, GUINT32_TO_LE(last - low_ram_bytes + 1) };
    memcpy(window, moved, sizeof moved);
}

static unsigned add_dsdt(struct acpi_files *files, const struct acpi_board *board)
{
    unsigned start = files->tables->len;
    g_byte_array_append(files->tables, dsdt_pc_aml_code, sizeof dsdt_pc_aml_code);
    files->tables->data[start + ACPI_HEADER_CHECKSUM] = 0;
    move_pci_window(files->tables->data + start, sizeof dsdt_pc_aml_code, board->low_ram_bytes);
    return acpi_table_end(files, start);
}

/* Generic address structure, 5.2.3.1: an I/O port. */
static void put_port(GByteArray *out, unsigned bits, uint16_t port)
{
    acpi_put(out, 1, 1);
    acpi_put(out, bits, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, port, 8);
}

static unsigned add_fadt(struct acpi_files *files, const struct acpi_board *board, unsigned facs, unsigned dsdt)
{
    enum { WBINVD = 1 << 0, PROC_C1 = 1 << 2, SLP_BUTTON = 1 << 5, RTC_S4 = 1 << 7, RESET_REG = 1 << 10 };
    enum { LEGACY_DEVICES = 1 << 0, HAS_8042 = 1 << 1 };
    GByteArray *out = files->tables;
    uint16_t pm = board->pm_base ? board->pm_base : 0x600;
    unsigned start = acpi_table_start(out, "FACP", 3);
    acpi_put(out, facs, 4);
    acpi_put(out, dsdt, 4);
    acpi_put(out, 0, 1);
    acpi_put(out, 0, 1);                 /* preferred profile: unspecified */
    acpi_put(out, SCI_INTERRUPT, 2);
    acpi_put(out, SMI_COMMAND_PORT, 4);
    acpi_put(out, SMI_ACPI_ENABLE, 1);
    acpi_put(out, SMI_ACPI_DISABLE, 1);
    acpi_put(out, 0, 2);                 /* S4BIOS_REQ, PSTATE_CNT */
    acpi_put(out, pm, 4);                /* PM1a_EVT_BLK */
    acpi_put(out, 0, 4);
    acpi_put(out, pm + 4, 4);            /* PM1a_CNT_BLK */
    acpi_put(out, 0, 4);
    acpi_put(out, 0, 4);                 /* PM2_CNT_BLK */
    acpi_put(out, pm + 8, 4);            /* PM_TMR_BLK */
    acpi_put(out, GPE0_BASE, 4);
    acpi_put(out, 0, 4);
    acpi_put(out, 4, 1);                 /* lengths: PM1_EVT, PM1_CNT, PM2_CNT, PM_TMR, GPE0, GPE1 */
    acpi_put(out, 2, 1);
    acpi_put(out, 0, 1);
    acpi_put(out, 4, 1);
    acpi_put(out, 4, 1);
    acpi_put(out, 0, 3);                 /* GPE1 length and base, CST_CNT */
    acpi_put(out, 0xfff, 2);             /* C2 and C3 latency: not supported */
    acpi_put(out, 0xfff, 2);
    acpi_put(out, 0, 4);                 /* flush size and stride */
    acpi_put(out, 0, 2);                 /* duty cycle */
    acpi_put(out, 0, 2);                 /* day and month alarm: none */
    acpi_put(out, 0x32, 1);              /* century in CMOS */
    acpi_put(out, LEGACY_DEVICES | HAS_8042, 2);
    acpi_put(out, 0, 1);
    acpi_put(out, WBINVD | PROC_C1 | SLP_BUTTON | RTC_S4 | RESET_REG, 4);
    put_port(out, 8, RESET_PORT);
    acpi_put(out, RESET_VALUE, 1);
    acpi_put(out, 0, 3);
    acpi_put(out, 0, 8);                 /* X_FIRMWARE_CTRL, X_DSDT: the 32-bit fields are used */
    acpi_put(out, 0, 8);
    put_port(out, 32, pm);
    acpi_put_text(out, "", 12);
    put_port(out, 16, pm + 4);
    acpi_put_text(out, "", 24);
    put_port(out, 32, pm + 8);
    put_port(out, 32, GPE0_BASE);
    acpi_put_text(out, "", 12);
    acpi_loader_add_pointer(files->loader, ACPI_TABLES_FILE, start + FADT_FIRMWARE_CTRL, 4);
    acpi_loader_add_pointer(files->loader, ACPI_TABLES_FILE, start + FADT_DSDT, 4);
    g_assert(out->len - start == FADT_BYTES);
    return acpi_table_end(files, start);
}

/* An ISA interrupt whose I/O APIC input or polarity differs from the default, 5.2.12.5. */
static void put_override(GByteArray *out, unsigned irq, unsigned input, unsigned flags)
{
    acpi_put(out, 2, 1);
    acpi_put(out, 10, 1);
    acpi_put(out, 0, 1);
    acpi_put(out, irq, 1);
    acpi_put(out, input, 4);
    acpi_put(out, flags, 2);
}

static unsigned add_madt(struct acpi_files *files, const struct acpi_board *board)
{
    enum { PCAT_COMPAT = 1, ACTIVE_HIGH_LEVEL = 0xd };
    static const uint8_t level_irqs[] = { 5, 9, 10, 11 };
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "APIC", 1);
    acpi_put(out, LAPIC_ADDRESS, 4);
    acpi_put(out, PCAT_COMPAT, 4);
    for (unsigned id = 0; id < board->cpus; id++) {
        acpi_put(out, 0, 1);             /* processor local APIC, 5.2.12.2 */
        acpi_put(out, 8, 1);
        acpi_put(out, id, 1);
        acpi_put(out, id, 1);
        acpi_put(out, 1, 4);
    }
    acpi_put(out, 1, 1);                 /* I/O APIC, 5.2.12.3; its id is 0 as after reset */
    acpi_put(out, 12, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, IOAPIC_ADDRESS, 4);
    acpi_put(out, 0, 4);
    put_override(out, 0, 2, 0);     /* the 8254 is wired to input 2 */
    for (unsigned i = 0; i < sizeof level_irqs; i++) {
        put_override(out, level_irqs[i], level_irqs[i], ACTIVE_HIGH_LEVEL);
    }
    acpi_put(out, 4, 1);                 /* LINT1 of all CPUs is NMI, 5.2.12.7 */
    acpi_put(out, 6, 1);
    acpi_put(out, 0xff, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, 1, 1);
    return acpi_table_end(files, start);
}

/* IA-PC HPET specification 1.0a, 3.2.4. */
static unsigned add_hpet(struct acpi_files *files)
{
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "HPET", 1);
    acpi_put(out, 0x8086a201, 4);        /* as the device shows in its capabilities: vendor, legacy replacement, 64 bits, three timers, revision */
    acpi_put(out, 0, 1);                 /* memory space */
    acpi_put(out, 0, 3);
    acpi_put(out, HPET_ADDRESS, 8);
    acpi_put(out, 0, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, 0, 1);
    return acpi_table_end(files, start);
}

static unsigned add_rsdt(struct acpi_files *files, const unsigned *tables, unsigned count)
{
    unsigned start = acpi_table_start(files->tables, "RSDT", 1);
    for (unsigned i = 0; i < count; i++) {
        acpi_loader_add_pointer(files->loader, ACPI_TABLES_FILE, files->tables->len, 4);
        acpi_put(files->tables, tables[i], 4);
    }
    return acpi_table_end(files, start);
}

static void add_rsdp(struct acpi_files *files, unsigned rsdt)
{
    acpi_put_text(files->rsdp, "RSD PTR ", 8);
    acpi_put(files->rsdp, 0, 1);
    acpi_put_text(files->rsdp, "DRGMAN", 6);
    acpi_put(files->rsdp, 0, 1);
    acpi_put(files->rsdp, rsdt, 4);
    acpi_loader_add_pointer(files->loader, ACPI_RSDP_FILE, RSDP_RSDT, 4);
    acpi_loader_add_checksum(files->loader, ACPI_RSDP_FILE, RSDP_CHECKSUM, 0, RSDP_BYTES);
}

void acpi_build(const struct acpi_board *board, struct acpi_files *files)
{
    *files = (struct acpi_files){ g_byte_array_new(), g_byte_array_new(), g_byte_array_new() };
    acpi_loader_allocate(files->loader, ACPI_TABLES_FILE, 64, ACPI_ZONE_HIGH);
    acpi_loader_allocate(files->loader, ACPI_RSDP_FILE, 16, ACPI_ZONE_FSEG);
    unsigned facs = add_facs(files), dsdt = add_dsdt(files, board), listed[4], count = 0;
    listed[count++] = add_fadt(files, board, facs, dsdt);
    listed[count++] = add_madt(files, board);
    if (board->hpet) {
        listed[count++] = add_hpet(files);
    }
    if (board->hotplug_slots) {
        listed[count++] = acpi_add_pci_slots(files, board->hotplug_slots);
    }
    add_rsdp(files, add_rsdt(files, listed, count));
}

void acpi_files_clear(struct acpi_files *files)
{
    g_byte_array_unref(files->tables);
    g_byte_array_unref(files->rsdp);
    g_byte_array_unref(files->loader);
    *files = (struct acpi_files){ NULL, NULL, NULL };
}
