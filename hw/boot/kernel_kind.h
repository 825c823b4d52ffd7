/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_KERNEL_KIND_H
#define HW_BOOT_KERNEL_KIND_H
/* What a file given with -kernel is, and for which processor, so that a board can refuse what it cannot run. */
#include <stddef.h>
#include <stdint.h>

enum kernel_kind {
    KERNEL_UNKNOWN,                 /* perhaps a flat binary */
    KERNEL_BZIMAGE,                 /* Linux for x86 */
    KERNEL_MULTIBOOT,
    KERNEL_ARM64_IMAGE, KERNEL_ARM_ZIMAGE,
    KERNEL_ELF_ARM, KERNEL_ELF_ARM64, KERNEL_ELF_X86, KERNEL_ELF_OTHER,
    KERNEL_UIMAGE_ARM, KERNEL_UIMAGE_ARM64, KERNEL_UIMAGE_OTHER,
    KERNEL_RISCV_IMAGE,
    KERNEL_GZIP,
};

enum kernel_kind kernel_kind_of(const uint8_t *data, size_t size);
/* Width of the code that it is: 32 or 64, 0: not said. */
unsigned kernel_kind_bits(const uint8_t *data, size_t size);
/* "a Linux Image for 64-bit ARM" and the like; KERNEL_UNKNOWN: "an unknown file". */
const char *kernel_kind_name(enum kernel_kind kind);

#endif
