/* SPDX-License-Identifier: MIT */
/*
 * Builds the ACPI tables of "virt": DSDT, FADT (hardware-reduced), MADT, GTDT, MCFG, SPCR, DBG2, IORT (with an ITS), XSDT and RSDP;
 * processors are in arm_processors.c. ACPI specification 5.1, chapter 5; MCFG: PCI Firmware Specification 3.0, 4.1.2; SPCR and DBG2:
 * Microsoft's specifications; IORT: Arm DEN 0049.
 *
 * Addresses and interrupts are those of the board's device tree. Left out: SRAT.
 */
#include "hw/acpi/arm_tables.h"
#include "hw/acpi/build.h"
#include "hw/acpi/dsdt_virt_high.hex"   /* both compiled from dsdt_virt.asl into the build directory */
#include "hw/acpi/dsdt_virt_low.hex"

enum { GICD = 0x08000000, GICC = 0x08010000, V2M = 0x08020000, GICH = 0x08030000, GICV = 0x08040000, ITS = 0x08080000, UART = 0x09000000 };
enum { IRQ_PMU = 23, IRQ_MAINTENANCE = 25, IRQ_TIMER_HYP = 26, IRQ_TIMER_VIRT = 27, IRQ_TIMER_SEC = 29, IRQ_TIMER_PHYS = 30, IRQ_UART = 33 };
enum { RSDP_CHECKSUM = 8, RSDP_XSDT = 24, RSDP_EXTENDED_CHECKSUM = 32, RSDP_OLD_BYTES = 20, RSDP_BYTES = 36 };
static const uint64_t ECAM_HIGH = 0x4010000000, ECAM_LOW = 0x3f000000;

static unsigned add_dsdt(struct acpi_files *files, bool high)
{
    unsigned start = files->tables->len;
    if (high) {
        g_byte_array_append(files->tables, dsdt_virt_high_aml_code, sizeof(dsdt_virt_high_aml_code));
    } else {
        g_byte_array_append(files->tables, dsdt_virt_low_aml_code, sizeof(dsdt_virt_low_aml_code));
    }
    files->tables->data[start + ACPI_HEADER_CHECKSUM] = 0;
    return acpi_table_end(files, start);
}

/* 5.2.9, revision 5.1: nothing but flags and the DSDT matters without ACPI hardware. */
static unsigned add_fadt(struct acpi_files *files, const struct acpi_arm_board *board, unsigned dsdt)
{
    enum { HW_REDUCED = 1 << 20, PSCI_COMPLIANT = 1 << 0, PSCI_USE_HVC = 1 << 1, FLAGS = 112, ARM_FLAGS = 129, X_DSDT = 140, BYTES = 268 };
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "FACP", 5), psci = board->psci ? PSCI_COMPLIANT : 0;
    acpi_put_text(out, "", FLAGS - (out->len - start));
    acpi_put(out, HW_REDUCED, 4);
    acpi_put_text(out, "", ARM_FLAGS - (out->len - start));
    acpi_put(out, psci | (board->psci && board->psci[0] == 'h' ? PSCI_USE_HVC : 0), 2);
    acpi_put(out, 1, 1);            /* minor revision */
    acpi_put_text(out, "", X_DSDT - (out->len - start));
    acpi_loader_add_pointer(files->loader, ACPI_TABLES_FILE, out->len, 8);
    acpi_put(out, dsdt, 8);
    acpi_put_text(out, "", BYTES - (out->len - start));
    return acpi_table_end(files, start);
}

/* 5.2.12.14 to 18. */
static void put_gicc(GByteArray *out, const struct acpi_arm_board *board, unsigned cpu)
{
    acpi_put(out, 0x0b, 1);
    acpi_put(out, 76, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, cpu, 4);
    acpi_put(out, cpu, 4);          /* processor UID */
    acpi_put(out, 1, 4);            /* enabled */
    acpi_put(out, 0, 4);
    acpi_put(out, IRQ_PMU, 4);
    acpi_put(out, 0, 8);
    acpi_put(out, board->gic_version == 2 ? GICC : 0, 8);
    acpi_put(out, board->gic_version == 2 && board->hypervisor ? GICV : 0, 8);
    acpi_put(out, board->gic_version == 2 && board->hypervisor ? GICH : 0, 8);
    acpi_put(out, board->hypervisor ? IRQ_MAINTENANCE : 0, 4);
    acpi_put(out, 0, 8);            /* redistributors have entries of their own */
    acpi_put(out, board->affinities[cpu] & 0xff00ffffff, 8);
}

static void put_v2m(GByteArray *out)
{
    acpi_put(out, 0x0d, 1);
    acpi_put(out, 24, 1);
    acpi_put(out, 0, 2 + 4);
    acpi_put(out, V2M, 8);
    acpi_put(out, 1, 4);            /* SPI count and base are given here */
    acpi_put(out, 64, 2);
    acpi_put(out, 80, 2);
}

static void put_redistributors(GByteArray *out, uint64_t address, uint64_t bytes)
{
    acpi_put(out, 0x0e, 1);
    acpi_put(out, 16, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, address, 8);
    acpi_put(out, bytes, 4);
}

static void put_its(GByteArray *out)
{
    acpi_put(out, 0x0f, 1);
    acpi_put(out, 20, 1);
    acpi_put(out, 0, 2 + 4);
    acpi_put(out, ITS, 8);
    acpi_put(out, 0, 4);
}

static unsigned add_madt(struct acpi_files *files, const struct acpi_arm_board *board)
{
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "APIC", 3);
    acpi_put(out, 0, 8);
    acpi_put(out, 0x0c, 1);
    acpi_put(out, 24, 1);
    acpi_put(out, 0, 2 + 4);
    acpi_put(out, GICD, 8);
    acpi_put(out, 0, 4);
    acpi_put(out, board->gic_version, 4);
    for (unsigned i = 0; i < board->cpus; i++) {
        put_gicc(out, board, i);
    }
    if (board->gic_version == 2) {
        put_v2m(out);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(board->redistributors) && board->redistributors[i].bytes; i++) {
        put_redistributors(out, board->redistributors[i].address, board->redistributors[i].bytes);
    }
    if (board->its) {
        put_its(out);
    }
    return acpi_table_end(files, start);
}

/* 5.2.24: levels, active high; the timers never stop. */
static unsigned add_gtdt(struct acpi_files *files)
{
    enum { ALWAYS_ON = 1 << 2 };
    static const unsigned irqs[4] = { IRQ_TIMER_SEC, IRQ_TIMER_PHYS, IRQ_TIMER_VIRT, IRQ_TIMER_HYP };
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "GTDT", 2);
    acpi_put(out, UINT64_MAX, 8);   /* no memory-mapped counter */
    acpi_put(out, 0, 4);
    for (unsigned i = 0; i < G_N_ELEMENTS(irqs); i++) {
        acpi_put(out, irqs[i], 4);
        acpi_put(out, ALWAYS_ON, 4);
    }
    acpi_put(out, UINT64_MAX, 8);
    acpi_put(out, 0, 8);
    return acpi_table_end(files, start);
}

static unsigned add_mcfg(struct acpi_files *files, bool high)
{
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "MCFG", 1);
    acpi_put(out, 0, 8);
    acpi_put(out, high ? ECAM_HIGH : ECAM_LOW, 8);
    acpi_put(out, 0, 2 + 1);        /* segment, first bus */
    acpi_put(out, high ? 255 : 15, 1);
    acpi_put(out, 0, 4);
    return acpi_table_end(files, start);
}

static unsigned add_spcr(struct acpi_files *files)
{
    enum { TYPE_PL011 = 3, INTERRUPT_GIC = 1 << 3, BAUD_9600 = 3, FLOW_RTS_CTS = 1 << 1 };
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "SPCR", 2);
    acpi_put(out, TYPE_PL011, 4);
    acpi_put(out, 0 | 32 << 8 | 0 << 16 | 3 << 24, 4);  /* memory, 32 bits, accessed by words */
    acpi_put(out, UART, 8);
    acpi_put(out, INTERRUPT_GIC, 2);
    acpi_put(out, IRQ_UART, 4);
    acpi_put(out, BAUD_9600, 1);
    acpi_put(out, 0 | 1 << 8, 2);   /* no parity, one stop bit */
    acpi_put(out, FLOW_RTS_CTS, 1);
    acpi_put(out, 0, 2);
    acpi_put(out, UINT32_MAX, 4);   /* no PCI device */
    acpi_put(out, 0, 3 + 4 + 1 + 4 - 8);
    acpi_put(out, 0, 8);
    return acpi_table_end(files, start);
}

/* Debug Port Table 2: the PL011 again, with its name in the namespace. */
static unsigned add_dbg2(struct acpi_files *files)
{
    enum { FIRST_DEVICE = 44, ADDRESS = 22, SIZE = 34, NAME = 38, SERIAL_PORT = 0x8000, TYPE_PL011 = 3 };
    static const char name[] = "\\_SB.COM0";
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "DBG2", 0);
    acpi_put(out, FIRST_DEVICE, 4);
    acpi_put(out, 1, 4);            /* devices */
    acpi_put(out, 0, 1);
    acpi_put(out, NAME + sizeof(name), 2);
    acpi_put(out, 1, 1);            /* registers */
    acpi_put(out, sizeof(name), 2);
    acpi_put(out, NAME, 2);
    acpi_put(out, 0, 4);            /* no OEM data */
    acpi_put(out, SERIAL_PORT, 2);
    acpi_put(out, TYPE_PL011, 2);
    acpi_put(out, 0, 2);
    acpi_put(out, ADDRESS, 2);
    acpi_put(out, SIZE, 2);
    acpi_put(out, 0 | 32 << 8 | 0 << 16 | 3 << 24, 4);
    acpi_put(out, UART, 8);
    acpi_put(out, 0x1000, 4);
    acpi_put_text(out, name, sizeof(name));
    return acpi_table_end(files, start);
}

/* An ITS group, and the root complex whose requester ids are its device ids. */
static unsigned add_iort(struct acpi_files *files)
{
    enum { ITS_NODE = 48, ITS_NODE_BYTES = 24, ROOT_BYTES = 56, MAPPING_OFFSET = 36 };
    GByteArray *out = files->tables;
    unsigned start = acpi_table_start(out, "IORT", 0);
    acpi_put(out, 2, 4);
    acpi_put(out, ITS_NODE, 4);
    acpi_put(out, 0, 4);
    acpi_put(out, 0 | ITS_NODE_BYTES << 8, 4);
    acpi_put(out, 0, 8);
    acpi_put(out, 0, 4);
    acpi_put(out, 1, 4);            /* one ITS, number 0 */
    acpi_put(out, 0, 4);
    acpi_put(out, 2 | ROOT_BYTES << 8, 4);
    acpi_put(out, 0, 4);
    acpi_put(out, 1, 4);
    acpi_put(out, MAPPING_OFFSET, 4);
    acpi_put(out, 1, 7);            /* coherent */
    acpi_put(out, 3, 1);
    acpi_put(out, 0, 8);            /* no ATS, segment 0 */
    acpi_put(out, 64, 4);           /* address bits */
    acpi_put(out, 0, 4);            /* from requester 0, */
    acpi_put(out, 0xffff, 4);       /* all of them, */
    acpi_put(out, 0, 4);            /* to the same numbers */
    acpi_put(out, ITS_NODE, 4);
    acpi_put(out, 0, 4);
    return acpi_table_end(files, start);
}

static unsigned add_xsdt(struct acpi_files *files, const unsigned *tables, unsigned count)
{
    unsigned start = acpi_table_start(files->tables, "XSDT", 1);
    for (unsigned i = 0; i < count; i++) {
        acpi_loader_add_pointer(files->loader, ACPI_TABLES_FILE, files->tables->len, 8);
        acpi_put(files->tables, tables[i], 8);
    }
    return acpi_table_end(files, start);
}

static void add_rsdp(struct acpi_files *files, unsigned xsdt)
{
    acpi_put_text(files->rsdp, "RSD PTR ", 8);
    acpi_put(files->rsdp, 0, 1);
    acpi_put_text(files->rsdp, "DRGMAN", 6);
    acpi_put(files->rsdp, 2, 1);
    acpi_put(files->rsdp, 0, 4);
    acpi_put(files->rsdp, RSDP_BYTES, 4);
    acpi_put(files->rsdp, xsdt, 8);
    acpi_put(files->rsdp, 0, 4);
    acpi_loader_add_pointer(files->loader, ACPI_RSDP_FILE, RSDP_XSDT, 8);
    acpi_loader_add_checksum(files->loader, ACPI_RSDP_FILE, RSDP_CHECKSUM, 0, RSDP_OLD_BYTES);
    acpi_loader_add_checksum(files->loader, ACPI_RSDP_FILE, RSDP_EXTENDED_CHECKSUM, 0, RSDP_BYTES);
}

void acpi_arm_build(const struct acpi_arm_board *board, struct acpi_files *files)
{
    *files = (struct acpi_files){ g_byte_array_new(), g_byte_array_new(), g_byte_array_new() };
    acpi_loader_allocate(files->loader, ACPI_TABLES_FILE, 64, ACPI_ZONE_HIGH);
    acpi_loader_allocate(files->loader, ACPI_RSDP_FILE, 16, ACPI_ZONE_FSEG);
    unsigned listed[9], count = 0, dsdt = add_dsdt(files, board->high);
    listed[count++] = add_fadt(files, board, dsdt);
    listed[count++] = add_madt(files, board);
    listed[count++] = add_gtdt(files);
    listed[count++] = add_mcfg(files, board->high);
    listed[count++] = add_spcr(files);
    listed[count++] = add_dbg2(files);
    listed[count++] = acpi_add_processors(files, board->cpus);
    listed[count++] = acpi_add_pptt(files, board->cpus);
    if (board->its) {
        listed[count++] = add_iort(files);
    }
    add_rsdp(files, add_xsdt(files, listed, count));
}
