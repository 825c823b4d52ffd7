/* SPDX-License-Identifier: MIT */
#ifndef HW_MISC_FW_CFG_H
#define HW_MISC_FW_CFG_H
/* QEMU's firmware configuration device: numbered and named blobs for the firmware, at ports 510h, 511h and 514h
 * (DMA), or in memory. */
#include "machine/machine.h"

enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00, FW_CFG_ID = 0x01, FW_CFG_UUID = 0x02, FW_CFG_RAM_SIZE = 0x03, FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05, FW_CFG_MACHINE_ID = 0x06, FW_CFG_KERNEL_ADDR = 0x07, FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_KERNEL_CMDLINE = 0x09, FW_CFG_INITRD_ADDR = 0x0a, FW_CFG_INITRD_SIZE = 0x0b, FW_CFG_BOOT_DEVICE = 0x0c,
    FW_CFG_NUMA = 0x0d, FW_CFG_BOOT_MENU = 0x0e, FW_CFG_MAX_CPUS = 0x0f, FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11, FW_CFG_INITRD_DATA = 0x12, FW_CFG_CMDLINE_ADDR = 0x13, FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15, FW_CFG_SETUP_ADDR = 0x16, FW_CFG_SETUP_SIZE = 0x17, FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19, FW_CFG_FILE_FIRST = 0x20, FW_CFG_FILE_SLOTS = 0x40,
    FW_CFG_ARCH_LOCAL = 0x8000, FW_CFG_ACPI_TABLES = 0x8000, FW_CFG_SMBIOS_ENTRIES = 0x8001,
    FW_CFG_IRQ0_OVERRIDE = 0x8002, FW_CFG_E820_TABLE = 0x8003, FW_CFG_HPET = 0x8004,
};

struct fw_cfg_state {
    uint64_t dma_address;           /* high half written first */
    uint32_t offset;                /* next byte of the item selected */
    uint16_t selected;
    uint8_t pad[2];
};

struct fw_cfg_item { uint8_t *bytes; uint32_t length; bool writable; };

struct fw_cfg {
    struct fw_cfg_state state;
    struct machine *machine;
    struct fw_cfg_item generic[FW_CFG_FILE_FIRST + FW_CFG_FILE_SLOTS], local[FW_CFG_FILE_SLOTS];
    unsigned file_count;
    char file_names[FW_CFG_FILE_SLOTS][56];
    struct { void (*about_to_read)(void *opaque); void *opaque; } readers[FW_CFG_FILE_SLOTS];
};

extern const struct device_type fw_cfg_type;

struct fw_cfg *fw_cfg_new(struct machine *machine);
/* In memory: data at base, selector at base + 8, DMA at base + 16. */
struct fw_cfg *fw_cfg_new_mapped(struct machine *machine, uint64_t base);
/* Copies the bytes. An entry set twice is replaced. */
void fw_cfg_set(struct fw_cfg *fw_cfg, uint16_t key, const void *bytes, uint32_t length);
void fw_cfg_set_u16(struct fw_cfg *fw_cfg, uint16_t key, uint16_t value);
void fw_cfg_set_u32(struct fw_cfg *fw_cfg, uint16_t key, uint32_t value);
void fw_cfg_set_u64(struct fw_cfg *fw_cfg, uint16_t key, uint64_t value);
void fw_cfg_set_string(struct fw_cfg *fw_cfg, uint16_t key, const char *text);      /* with its 0 */
/* A named file ("etc/e820"), at most 55 characters; keys are given in order of adding. Same name: replaced. false:
 * no slot left. */
bool fw_cfg_set_file(struct fw_cfg *fw_cfg, const char *name, const void *bytes, uint32_t length);
/* As fw_cfg_set_file, but the guest may write it by DMA; bytes as they are now: fw_cfg_file. */
bool fw_cfg_set_writable_file(struct fw_cfg *fw_cfg, const char *name, const void *bytes, uint32_t length);
/* Called whenever the guest selects this file, which is there: the board may set files anew then, with the same lengths. */
void fw_cfg_set_reader(struct fw_cfg *fw_cfg, const char *name, void (*about_to_read)(void *opaque), void *opaque);
/* The contents of a file, NULL: no such. */
const uint8_t *fw_cfg_file(const struct fw_cfg *fw_cfg, const char *name, uint32_t *length);

#endif
