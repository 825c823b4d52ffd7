/* SPDX-License-Identifier: MIT */
/* The ACPI files as the firmware would place them: runs the loader script, then checks lengths, checksums and
 * pointers. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include "hw/acpi/arm_tables.h"

enum { TABLES_AT = 0x100000, RSDP_AT = 0xf0000 };
static int failures;

static void check(bool ok, const char *what)
{
    printf("%s %s\n", ok ? "ok" : "not ok", what);
    failures += !ok;
}

static uint32_t get32(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24; }

static bool is_tables(const uint8_t *name) { return !strcmp((const char *)name, "etc/acpi/tables"); }

/* The loader's side: what SeaBIOS and OVMF do with the script. */
static void run_loader(struct acpi_files *files)
{
    for (unsigned at = 0; at < files->loader->len; at += 128) {
        const uint8_t *command = files->loader->data + at, *name = command + 4;
        GByteArray *file = is_tables(name) ? files->tables : files->rsdp;
        if (get32(command) == 2) {
            uint8_t *field = file->data + get32(command + 116);
            uint32_t value = get32(field) + TABLES_AT;
            memcpy(field, &value, 4);
        } else if (get32(command) == 3) {
            uint32_t offset = get32(command + 60), start = get32(command + 64), bytes = get32(command + 68);
            uint8_t sum = 0;
            for (uint32_t i = 0; i < bytes; i++) {
                sum += file->data[start + i];
            }
            file->data[offset] -= sum;
        }
    }
}

static bool sums_to_zero(const uint8_t *p, uint32_t bytes)
{
    uint8_t sum = 0;
    while (bytes--) {
        sum += *p++;
    }
    return sum == 0;
}

static const uint8_t *at(struct acpi_files *files, uint32_t address)
{
    return address >= TABLES_AT && address < TABLES_AT + files->tables->len ? files->tables->data + address - TABLES_AT : NULL;
}

static void check_table(struct acpi_files *files, uint32_t address, const char *signature)
{
    const uint8_t *table = at(files, address);
    char what[64];
    snprintf(what, sizeof what, "acpi: %s is whole and adds up", signature);
    check(table && !memcmp(table, signature, 4) && get32(table + 4) >= 36 && sums_to_zero(table, get32(table + 4)), what);
}

/* PCI's memory begins at 3 GiB, or behind RAM that ends above. */
static void check_pci_window(uint64_t low_ram_bytes, uint32_t first)
{
    struct acpi_files files;
    acpi_build(&(struct acpi_board){ .cpus = 1, .low_ram_bytes = low_ram_bytes }, &files);
    run_loader(&files);
    const uint32_t window[] = { first, 0xfebfffff, 0, 0xfec00000 - first };
    char what[80];
    snprintf(what, sizeof what, "acpi: PCI's memory begins at %x with %x of RAM", first, (unsigned)low_ram_bytes);
    check(memmem(files.tables->data, files.tables->len, window, sizeof window), what);
    check_table(&files, get32(at(&files, get32(at(&files, get32(files.rsdp->data + 16)) + 36)) + 40), "DSDT");
    acpi_files_clear(&files);
}

/* A table of the list in the XSDT. NULL: none, or not whole. */
static const uint8_t *find_table(struct acpi_files *files, const char *signature)
{
    const uint8_t *xsdt = at(files, get32(files->rsdp->data + 24));
    for (uint32_t i = 36; xsdt && i + 8 <= get32(xsdt + 4); i += 8) {
        const uint8_t *table = at(files, get32(xsdt + i));
        if (table && !memcmp(table, signature, 4)) {
            check_table(files, get32(xsdt + i), signature);
            return table;
        }
    }
    return NULL;
}

/* The board "virt": a topology node and a device for each CPU, messages that go to the ITS, the debug port. */
static void check_arm(unsigned cpus)
{
    enum { HEADER = 36, NODE = 20, ITS_NODE = 48, ROOT = 72, MAPPING = ROOT + 36 };
    uint64_t affinities[255] = { 0 };
    struct acpi_files files;
    acpi_arm_build(&(struct acpi_arm_board){ .cpus = cpus, .gic_version = 3, .affinities = affinities, .its = true, .psci = "hvc" }, &files);
    run_loader(&files);
    check(sums_to_zero(files.rsdp->data, 20) && sums_to_zero(files.rsdp->data, 36), "acpi: RSDP of ARM adds up");
    const uint8_t *pptt = find_table(&files, "PPTT"), *iort = find_table(&files, "IORT"), *dbg2 = find_table(&files, "DBG2");
    const uint8_t *ssdt = find_table(&files, "SSDT");
    check(pptt && get32(pptt + 4) == HEADER + NODE * (cpus + 1), "acpi: PPTT has a package and its cores");
    check(pptt && get32(pptt + HEADER + NODE * cpus + 8) == HEADER && get32(pptt + HEADER + NODE * cpus + 12) == cpus - 1,
          "acpi: PPTT's last core is in the package");
    check(iort && iort[ITS_NODE] == 0 && iort[ROOT] == 2 && get32(iort + MAPPING + 4) == 0xffff && get32(iort + MAPPING + 12) == ITS_NODE,
          "acpi: IORT sends all requester ids to the ITS");
    check(dbg2 && get32(dbg2 + 44 + 22 + 4) == 0x09000000, "acpi: DBG2 has the PL011");
    unsigned devices = 0;
    for (uint32_t i = HEADER; ssdt && i + 8 < get32(ssdt + 4); i++) {
        devices += !memcmp(ssdt + i, "ACPI0007", 8);
    }
    check(devices == cpus, "acpi: a device for each processor");
    acpi_files_clear(&files);
}

int main(void)
{
    check_arm(1);
    check_arm(255);
    check_pci_window(0x8000000, 0xc0000000);
    check_pci_window(0xc8000000, 0xc8000000);
    struct acpi_files files;
    acpi_build(&(struct acpi_board){ .cpus = 4, .hpet = true }, &files);
    check(files.loader->len % 128 == 0 && get32(files.loader->data) == 1, "acpi: the script starts by allocating");
    run_loader(&files);
    check(!memcmp(files.rsdp->data, "RSD PTR ", 8) && sums_to_zero(files.rsdp->data, 20), "acpi: RSDP adds up");
    uint32_t rsdt_at = get32(files.rsdp->data + 16);
    check_table(&files, rsdt_at, "RSDT");
    const uint8_t *rsdt = at(&files, rsdt_at);
    check(get32(rsdt + 4) == 36 + 3 * 4, "acpi: RSDT lists three tables");
    check_table(&files, get32(rsdt + 36), "FACP");
    check_table(&files, get32(rsdt + 40), "APIC");
    check_table(&files, get32(rsdt + 44), "HPET");
    const uint8_t *fadt = at(&files, get32(rsdt + 36)), *madt = at(&files, get32(rsdt + 40));
    check_table(&files, get32(fadt + 40), "DSDT");
    check(!memcmp(at(&files, get32(fadt + 36)), "FACS", 4) && get32(fadt + 36) % 64 == 0, "acpi: FACS is aligned");
    check(get32(madt + 4) == 44 + 4 * 8 + 12 + 5 * 10 + 6, "acpi: MADT has an entry for each CPU");
    acpi_files_clear(&files);
    return failures != 0;
}
