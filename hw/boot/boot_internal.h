/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_BOOT_INTERNAL_H
#define HW_BOOT_BOOT_INTERNAL_H
/* Shared by the kernel formats: boot.c, linux.c, multiboot.c; reading files: arm_kernel.c too. */
#include "hw/boot/boot.h"

#define BOOT_ERROR boot_error_quark()
GQuark boot_error_quark(void);

struct boot_file { const char *path; uint8_t *data; gsize size; };

/* Firmware keeps its tables at the top of RAM: stay below by this much. */
enum { BOOT_FIRMWARE_BYTES = 0x40000, BOOT_PAGE = 4096, BOOT_HIGH = 0x100000 };

uint32_t boot_get32(const uint8_t *p);
void boot_put32(uint8_t *p, uint32_t value);
/* error: names the option and the path. The caller frees file->data. */
bool boot_read_file(const char *option, const char *path, struct boot_file *file, GError **error);

bool boot_is_linux(const struct boot_file *kernel);
bool boot_load_linux(const struct boot_request *request, const struct boot_file *kernel, struct boot_image *image,
                     GError **error);
bool boot_is_multiboot(const struct boot_file *kernel);
bool boot_load_multiboot(const struct boot_request *request, const struct boot_file *kernel, struct boot_image *image,
                         GError **error);

#endif
