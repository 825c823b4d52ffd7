/* SPDX-License-Identifier: MIT */
/*
 * What the firmware of a PC is told: sizes and counts in CMOS and fw_cfg, the memory map, ACPI tables, the boot order, SMBIOS,
 * a kernel of -kernel. Item numbers and file names: QEMU's docs/specs/fw_cfg; formats are little-endian.
 */
#include "hw/boards/pc_internal.h"
#include <string.h>
#include "hw/acpi/pci_hotplug.h"
#include "hw/acpi/tables.h"
#include "hw/boards/tell_smbios.h"
#include "target-x86/cpuid.h"

enum { CMOS_SMP_COUNT = 0x5f, E820_RAM = 1 };
static const uint64_t FOUR_GIB = 1ull << 32;
static const char boot_rom_file[] = "genroms/boot.bin", boot_rom_path[] = "/rom@genroms/boot.bin";

static void add_e820(GByteArray *map, uint64_t address, uint64_t bytes, uint32_t type)
{
    uint64_t range[2] = { GUINT64_TO_LE(address), GUINT64_TO_LE(bytes) };
    type = GUINT32_TO_LE(type);
    if (bytes) {
        g_byte_array_append(map, (uint8_t *)range, sizeof(range));
        g_byte_array_append(map, (uint8_t *)&type, sizeof(type));
    }
}

static void tell_memory(struct pc *pc, struct fw_cfg *fw_cfg)
{
    GByteArray *map = g_byte_array_new();
    add_e820(map, 0, pc->low_ram_bytes, E820_RAM);
    add_e820(map, FOUR_GIB, pc->high_ram_bytes, E820_RAM);
    fw_cfg_set_file(fw_cfg, "etc/e820", map->data, map->len);
    fw_cfg_set_u64(fw_cfg, FW_CFG_RAM_SIZE, pc->board.machine->ram_bytes);
    g_byte_array_free(map, TRUE);
}

/* Firmware chooses the ports of power management before it reads the tables: SeaBIOS 600h, OVMF B000h. */
static void set_acpi_files(void *opaque)
{
    struct pc *pc = opaque;
    struct acpi_board board = {
        .cpus = pc->board.cpu_count, .hpet = pc->has_hpet, .pm_base = piix4_pm_base(pc->pm),
        .hotplug_slots = pci_hotplug_removable(pc->board.hotplug), .low_ram_bytes = pc->low_ram_bytes,
    };
    struct acpi_files files;
    acpi_build(&board, &files);
    fw_cfg_set_file(pc->fw_cfg, "etc/acpi/tables", files.tables->data, files.tables->len);
    fw_cfg_set_file(pc->fw_cfg, "etc/acpi/rsdp", files.rsdp->data, files.rsdp->len);
    fw_cfg_set_file(pc->fw_cfg, "etc/table-loader", files.loader->data, files.loader->len);
    acpi_files_clear(&files);
}

static void tell_acpi(struct pc *pc)
{
    set_acpi_files(pc);
    fw_cfg_set_reader(pc->fw_cfg, "etc/acpi/tables", set_acpi_files, pc);
}

static void tell_part(struct fw_cfg *fw_cfg, const struct boot_part *part, uint16_t address_key, uint16_t size_key,
                      uint16_t data_key)
{
    gsize length = 0;
    const void *bytes = part->bytes ? g_bytes_get_data(part->bytes, &length) : NULL;
    fw_cfg_set_u32(fw_cfg, address_key, part->address);
    fw_cfg_set_u32(fw_cfg, size_key, length);
    if (length) {
        fw_cfg_set(fw_cfg, data_key, bytes, length);
    }
}

static void tell_kernel(struct pc *pc, struct fw_cfg *fw_cfg)
{
    const struct boot_image *boot = &pc->boot;
    tell_part(fw_cfg, &boot->setup, FW_CFG_SETUP_ADDR, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA);
    tell_part(fw_cfg, &boot->cmdline, FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA);
    tell_part(fw_cfg, &boot->kernel, FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA);
    tell_part(fw_cfg, &boot->initrd, FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA);
    fw_cfg_set_u32(fw_cfg, FW_CFG_KERNEL_ENTRY, boot->entry);
    GBytes *rom = boot_rom_bytes();
    fw_cfg_set_file(fw_cfg, boot_rom_file, g_bytes_get_data(rom, NULL), g_bytes_get_size(rom));
    g_bytes_unref(rom);
    board_add_boot_device(&pc->board, 0, boot_rom_path);
}

void pc_tell_firmware(struct pc *pc, struct mc146818 *rtc)
{
    struct fw_cfg *fw_cfg = pc->fw_cfg = fw_cfg_new(pc->board.machine);
    mc146818_preset_memory(rtc, pc->low_ram_bytes, pc->high_ram_bytes);
    mc146818_preset(rtc, CMOS_SMP_COUNT, pc->board.cpu_count - 1);
    fw_cfg_set_u16(fw_cfg, FW_CFG_NB_CPUS, pc->board.cpu_count);
    fw_cfg_set_u16(fw_cfg, FW_CFG_MAX_CPUS, pc->board.cpu_count);
    fw_cfg_set_u16(fw_cfg, FW_CFG_NOGRAPHIC, 0);
    fw_cfg_set_u32(fw_cfg, FW_CFG_IRQ0_OVERRIDE, 1);
    tell_memory(pc, fw_cfg);
    tell_acpi(pc);
    if (pc->boot.kernel.bytes) {
        tell_kernel(pc, fw_cfg);
    }
}

bool pc_tell_smbios(struct pc *pc, GError **error)
{
    const struct options *options = pc->board.options;
    unsigned cores = MAX(options->cores, 1), threads = MAX(options->threads, 1);
    struct x86_cpuid leaf = x86_cpuid_leaf(pc->cpus[0], 1, 0);
    struct smbios_machine machine = {
        .product = pc->board.type->summary, .version = "pc-i440fx", .uuid = options->uuid, .specs = options->smbios,
        .sockets = MAX(pc->board.cpu_count / (cores * threads), 1), .cores = cores, .threads = threads,
        .processor_id = (uint64_t)leaf.r[3] << 32 | leaf.r[0], .ram_bytes = pc->board.machine->ram_bytes,
        .ram = { { 0, pc->low_ram_bytes }, { FOUR_GIB, pc->high_ram_bytes } },
    };
    return board_tell_smbios(&machine, pc->fw_cfg, error);
}
