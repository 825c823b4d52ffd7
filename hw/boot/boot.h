/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_BOOT_H
#define HW_BOOT_BOOT_H
/*
 * -kernel on a PC: reads and checks the files and lays out what goes where in guest memory. Firmware then runs our
 * option ROM (boot_rom.S), which fetches the parts through fw_cfg and enters the kernel.
 *
 * Kernels: Linux bzImage (boot protocol 2.00 and later) and Multiboot 1 (ELF32 or with the address fields).
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct boot_part { uint32_t address; GBytes *bytes; };       /* bytes: NULL for none */

struct boot_image {
    /* fw_cfg's numbered items: setup 16h-18h, command line 13h-15h, kernel 07h 08h 11h, initrd 0Ah-0Ch (address, size, data) */
    struct boot_part setup, cmdline, kernel, initrd;
    uint32_t entry;                 /* fw_cfg item 10h: 0 for Linux, the entry point for Multiboot */
};

struct boot_request {
    const char *kernel, *initrd, *append;       /* paths and text; initrd and append may be NULL */
    uint64_t low_ram_bytes;                     /* RAM below 4 GiB */
};

/* error: what is wrong with which file; *image is then empty. Multiboot's initrd is "FILE ARGS,FILE ARGS". */
bool boot_load(const struct boot_request *request, struct boot_image *image, GError **error);
void boot_image_clear(struct boot_image *image);

/* The option ROM, with its checksum: offer it as fw_cfg file "genroms/boot.bin" and put "/rom@genroms/boot.bin" first
 * in the file "bootorder". The caller owns the bytes. */
GBytes *boot_rom_bytes(void);

#endif
