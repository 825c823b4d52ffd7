/* SPDX-License-Identifier: MIT */
/*
 * Flash, fw_cfg, kernel and device tree: what is in memory at power-on and where the CPUs start. With firmware (-bios or the first
 * flash) the CPUs start at its reset vector, the device tree lies at the start of RAM and a kernel is handed to the firmware
 * through fw_cfg. Without, the kernel is started as its boot protocol says.
 */
#include <string.h>
#include "base/error.h"
#include "base/option_file.h"
#include "hw/acpi/arm_tables.h"
#include "hw/boards/backends.h"
#include "hw/boards/tell_smbios.h"
#include "hw/boards/virt_internal.h"
#include "hw/boot/memory_image.h"
#include "hw/flash/pflash.h"

static const char *const folders[] = { "/usr/share/qemu-efi-aarch64", "/usr/share/AAVMF", "/usr/share/qemu", NULL };
static const uint64_t FLASH_BANK = VIRT_FLASH_BYTES / 2;

static char *find_firmware(const char *name)
{
    for (const char *const *folder = folders; *folder && !strchr(name, '/'); folder++) {
        g_autofree char *path = g_build_filename(*folder, name, NULL);
        if (!g_file_test(name, G_FILE_TEST_EXISTS) && g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
    return g_strdup(name);
}

/* -bios. NULL without error: none. */
static GBytes *read_firmware(const struct options *options, GError **error)
{
    if (!options->bios) {
        return NULL;
    }
    g_autofree char *path = find_firmware(options->bios);
    GBytes *firmware = option_file_bytes("-bios", path, error);
    if (firmware && (g_bytes_get_size(firmware) == 0 || g_bytes_get_size(firmware) > FLASH_BANK)) {
        error_fail(error, "-bios: %s: must have 1 byte to %u MiB", path, (unsigned)(FLASH_BANK >> 20));
        g_clear_pointer(&firmware, g_bytes_unref);
    }
    return firmware;
}

/* ---- fw_cfg ---- */

static void tell_file(struct fw_cfg *fw_cfg, uint16_t size_key, uint16_t data_key, GBytes *bytes)
{
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    fw_cfg_set_u32(fw_cfg, size_key, (uint32_t)size);
    fw_cfg_set(fw_cfg, data_key, data, (uint32_t)size);
}

/* A kernel for firmware to start. */
static bool tell_kernel(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    struct fw_cfg *fw_cfg = virt->fw_cfg;
    g_autoptr(GBytes) kernel = arm_kernel_read(options->kernel, error);
    g_autoptr(GBytes) initrd = kernel && options->initrd ? option_file_bytes("-initrd", options->initrd, error) : NULL;
    if (!kernel || (options->initrd && !initrd)) {
        return false;
    }
    tell_file(fw_cfg, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, kernel);
    if (initrd) {
        tell_file(fw_cfg, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, initrd);
    }
    if (options->append) {
        fw_cfg_set_u32(fw_cfg, FW_CFG_CMDLINE_SIZE, (uint32_t)strlen(options->append) + 1);
        fw_cfg_set_string(fw_cfg, FW_CFG_CMDLINE_DATA, options->append);
    }
    return true;
}

static void build_fw_cfg(struct virt *virt)
{
    struct fw_cfg *fw_cfg = fw_cfg_new_mapped(virt->board.machine, VIRT_FW_CFG);
    fw_cfg_set_u16(fw_cfg, FW_CFG_NB_CPUS, (uint16_t)virt->board.cpu_count);
    fw_cfg_set_u16(fw_cfg, FW_CFG_MAX_CPUS, (uint16_t)virt->board.cpu_count);
    fw_cfg_set_u16(fw_cfg, FW_CFG_NOGRAPHIC, 0);
    fw_cfg_set_u16(fw_cfg, FW_CFG_BOOT_MENU, 0);
    fw_cfg_set_u64(fw_cfg, FW_CFG_RAM_SIZE, virt->board.machine->ram_bytes);
    virt->fw_cfg = fw_cfg;
}

/* For firmware of 64 bits; the others start guests by the device tree alone. */
static void tell_acpi(struct virt *virt)
{
    uint64_t affinities[OPTIONS_MAX_CPUS];
    struct acpi_arm_board board = {
        .cpus = virt->board.cpu_count, .gic_version = virt->gic_version, .affinities = affinities,
        .its = virt->its, .high = virt->high_ecam, .hypervisor = virt->virtualization,
        .psci = virt_psci_method(virt),
    };
    struct acpi_files files;
    for (unsigned i = 0; i < board.cpus; i++) {
        affinities[i] = virt->cpus[i]->mpidr;
    }
    if (virt->gic_version == 3) {
        board.redistributors[0].address = VIRT_GICR;
        board.redistributors[0].bytes = VIRT_GICR_BYTES;
        board.redistributors[1].address = VIRT_GICR_HIGH;
        board.redistributors[1].bytes = board.cpus > VIRT_GICR_BYTES / GICV3_REDISTRIBUTOR_BYTES ? VIRT_GICR_HIGH_BYTES : 0;
    }
    acpi_arm_build(&board, &files);
    fw_cfg_set_file(virt->fw_cfg, "etc/acpi/tables", files.tables->data, files.tables->len);
    fw_cfg_set_file(virt->fw_cfg, "etc/acpi/rsdp", files.rsdp->data, files.rsdp->len);
    fw_cfg_set_file(virt->fw_cfg, "etc/table-loader", files.loader->data, files.loader->len);
    acpi_files_clear(&files);
}

/* One package of all cores unless -smp says otherwise. */
static bool tell_smbios(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    const unsigned cpus = virt->board.cpu_count, threads = MAX(options->threads, 1);
    const unsigned cores = options->cores ? options->cores : MAX(cpus / (MAX(options->sockets, 1) * threads), 1);
    struct smbios_machine machine = {
        .product = "QEMU Virtual Machine", .version = "virt-7.2", .uuid = options->uuid, .specs = options->smbios,
        .sockets = MAX(cpus / (cores * threads), 1), .cores = cores, .threads = threads,
        .ram_bytes = virt->board.machine->ram_bytes, .ram = { { VIRT_RAM, virt->board.machine->ram_bytes } }, .entry_64 = true,
    };
    return board_tell_smbios(&machine, virt->fw_cfg, error);
}

/* ---- Flash ---- */

enum { FLASH_BANKS = 2, FLASH_SECTOR = 256 << 10, FLASH_BUS = 4, FLASH_CHIP = 2 };

/* An image may be smaller than its bank; what lies beyond is lost at the end. */
static int write_back(void *opaque, uint64_t offset, const void *buffer, uint64_t bytes)
{
    struct disk_facts facts;
    disk_get_facts(opaque, &facts);
    if (offset >= facts.bytes) {
        return 0;
    }
    return disk_write_now(opaque, offset, buffer, MIN(bytes, facts.bytes - offset));
}

static GBytes *read_drive(const struct drive *drive, struct pflash_settings *settings, GError **error)
{
    struct disk_facts facts;
    disk_get_facts(drive->disk, &facts);
    if (facts.bytes > FLASH_BANK) {
        error_fail(error, "-drive if=pflash, %s: larger than a bank of %u MiB", drive->id, (unsigned)(FLASH_BANK >> 20));
        return NULL;
    }
    uint8_t *bytes = g_malloc0(facts.bytes);
    int failure = disk_read_now(drive->disk, 0, bytes, facts.bytes);
    if (failure) {
        error_fail(error, "-drive if=pflash, %s: %s", drive->id, g_strerror(failure));
        g_free(bytes);
        return NULL;
    }
    settings->read_only = facts.read_only;
    settings->write = facts.read_only ? NULL : write_back;
    settings->opaque = drive->disk;
    return g_bytes_new_take(bytes, facts.bytes);
}

/* contents: of -bios, for the first bank; else what the drive holds, or nothing. */
static bool build_flash(struct virt *virt, unsigned bank, GBytes *bios, bool *filled, GError **error)
{
    static const char *const names[FLASH_BANKS] = { "flash0", "flash1" };
    struct pflash_settings settings = {
        .name = names[bank], .address = VIRT_FLASH + bank * FLASH_BANK, .bytes = FLASH_BANK, .block_bytes = FLASH_SECTOR,
        .bank_bytes = FLASH_BUS, .chip_bytes = FLASH_CHIP,
    };
    struct drive *drive = bios ? NULL : backends_take_drive(&virt->board, DRIVE_PFLASH, bank);
    g_autoptr(GBytes) contents = bios ? g_bytes_ref(bios) : drive ? read_drive(drive, &settings, error) : NULL;
    if (drive && !contents) {
        return false;
    }
    gsize size = 0;
    const void *bytes = contents ? g_bytes_get_data(contents, &size) : NULL;
    *filled = contents;
    return pflash_new(virt->board.machine, &settings, bytes, size) || error_fail(error, "no room for the flash memory");
}

/* ---- How CPUs start ---- */

static bool load_kernel(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    struct arm_kernel_request request = {
        .kernel = options->kernel, .initrd = options->initrd, .ram = VIRT_RAM, .ram_bytes = virt->board.machine->ram_bytes,
        .wide = virt_wide(virt),
    };
    if (!arm_kernel_load(&request, &virt->kernel, error)) {
        return false;
    }
    for (unsigned i = 0; i < virt->kernel.part_count; i++) {
        memory_image_add(virt->image, virt->kernel.parts[i].address, virt->kernel.parts[i].bytes);
    }
    if (virt->kernel.initrd.bytes) {
        memory_image_add(virt->image, virt->kernel.initrd.address, virt->kernel.initrd.bytes);
    }
    virt->device_tree_address = virt->kernel.device_tree;
    return true;
}

/* The boot protocols: the tree in X0; in R2, with R0 zero and no machine type in R1. */
static void start_at_kernel(struct virt *virt)
{
    const struct arm_kernel *kernel = &virt->kernel;
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        struct arm_cpu *cpu = virt->cpus[i];
        cpu->boot_direct = true;
        cpu->boot_pc = kernel->entry;
        cpu->boot_aarch32 = !kernel->wide;
        cpu->boot_el = cpu->has_el2 ? EL2 : EL1;
        cpu->boot_x[0] = kernel->wide ? virt->device_tree_address : 0;
        cpu->boot_x[1] = kernel->wide ? 0 : UINT32_MAX;
        cpu->boot_x[2] = kernel->wide ? 0 : virt->device_tree_address;
    }
}

static bool place_tree(struct virt *virt, GError **error)
{
    uint64_t bytes = g_bytes_get_size(virt->device_tree), end = VIRT_RAM + virt->board.machine->ram_bytes;
    if (virt->device_tree_address + bytes > end) {
        return error_fail(error, "-m: no room for the device tree behind kernel and initial RAM disk");
    }
    memory_image_add(virt->image, virt->device_tree_address, virt->device_tree);
    return true;
}

/* Whether the CPUs start in firmware. */
static bool build_flash_banks(struct virt *virt, bool *firmware, GError **error)
{
    GError *reason = NULL;
    bool second;
    g_autoptr(GBytes) bios = read_firmware(virt->board.options, &reason);
    if (reason) {
        g_propagate_error(error, reason);
        return false;
    }
    return build_flash(virt, 0, bios, firmware, error) && build_flash(virt, 1, NULL, &second, error);
}

bool virt_load(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    bool firmware;
    virt->image = memory_image_new(virt->board.machine);
    build_fw_cfg(virt);
    virt->device_tree_address = VIRT_RAM;
    if (!build_flash_banks(virt, &firmware, error) ||
        (options->kernel && !(firmware ? tell_kernel(virt, error) : load_kernel(virt, error)))) {
        return false;
    }
    if (!firmware && !options->kernel && !options->dumpdtb) {
        return error_fail(error, "machine 'virt' has nothing to run: give it -kernel FILE, or firmware by -bios FILE or -drive "
                          "if=pflash,file=FILE");
    }
    if (!tell_smbios(virt, error) || !virt_build_device_tree(virt, error) || !place_tree(virt, error)) {
        return false;
    }
    if (virt->kernel.entry) {
        start_at_kernel(virt);
    }
    if (firmware && virt->acpi && virt_wide(virt)) {
        tell_acpi(virt);
    }
    return true;
}
