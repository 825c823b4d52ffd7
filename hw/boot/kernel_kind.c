/* SPDX-License-Identifier: MIT */
/*
 * Kernels by their headers: Linux' Documentation/x86/boot.rst, arm64/booting.rst, riscv/boot-image-header.rst, the zImage header
 * (arch/arm), ELF's e_machine, U-Boot's legacy image header.
 */
#include "hw/boot/kernel_kind.h"
#include <elf.h>
#include <string.h>

enum { HEADER_BYTES = 64, UIMAGE_ARCH = 29, UIMAGE_ARM = 2, UIMAGE_ARM64 = 22, MULTIBOOT_MAGIC = 0x1badb002, MULTIBOOT_WITHIN = 8192 };

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum kernel_kind elf_kind(const uint8_t *data)
{
    switch (data[18] | data[19] << 8) {
    case EM_ARM: return KERNEL_ELF_ARM;
    case EM_AARCH64: return KERNEL_ELF_ARM64;
    case EM_386:
    case EM_X86_64: return KERNEL_ELF_X86;
    default: return KERNEL_ELF_OTHER;
    }
}

static enum kernel_kind uimage_kind(const uint8_t *data)
{
    return data[UIMAGE_ARCH] == UIMAGE_ARM ? KERNEL_UIMAGE_ARM :
           data[UIMAGE_ARCH] == UIMAGE_ARM64 ? KERNEL_UIMAGE_ARM64 : KERNEL_UIMAGE_OTHER;
}

static int is_multiboot(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at + 12 <= size && at < MULTIBOOT_WITHIN; at += 4) {
        if (get32(data + at) == MULTIBOOT_MAGIC && get32(data + at) + get32(data + at + 4) + get32(data + at + 8) == 0) {
            return 1;
        }
    }
    return 0;
}

enum kernel_kind kernel_kind_of(const uint8_t *data, size_t size)
{
    static const uint8_t uimage_magic[4] = { 0x27, 0x05, 0x19, 0x56 };
    if (size >= 0x206 && data[0x1fe] == 0x55 && data[0x1ff] == 0xaa && !memcmp(data + 0x202, "HdrS", 4)) {
        return KERNEL_BZIMAGE;
    }
    if (is_multiboot(data, size)) {
        return KERNEL_MULTIBOOT;
    }
    if (size < HEADER_BYTES) {
        return KERNEL_UNKNOWN;
    }
    if (!memcmp(data + 56, "ARM\x64", 4)) {
        return KERNEL_ARM64_IMAGE;
    }
    if (!memcmp(data + 56, "RSC\x05", 4)) {
        return KERNEL_RISCV_IMAGE;
    }
    if (get32(data + 0x24) == 0x016f2818) {
        return KERNEL_ARM_ZIMAGE;
    }
    if (!memcmp(data, ELFMAG, SELFMAG)) {
        return elf_kind(data);
    }
    if (!memcmp(data, uimage_magic, 4)) {
        return uimage_kind(data);
    }
    return data[0] == 0x1f && data[1] == 0x8b ? KERNEL_GZIP : KERNEL_UNKNOWN;
}

unsigned kernel_kind_bits(const uint8_t *data, size_t size)
{
    enum { XLOADFLAGS = 0x236, XLF_KERNEL_64 = 1, VERSION = 0x206, VERSION_2_12 = 0x20c };
    switch (kernel_kind_of(data, size)) {
    case KERNEL_BZIMAGE:
        return size > XLOADFLAGS && (data[VERSION] | data[VERSION + 1] << 8) >= VERSION_2_12 && data[XLOADFLAGS] & XLF_KERNEL_64 ? 64 : 32;
    case KERNEL_ARM64_IMAGE:
    case KERNEL_ELF_ARM64:
        return 64;
    case KERNEL_ARM_ZIMAGE:
    case KERNEL_ELF_ARM:
        return 32;
    default:
        return 0;
    }
}

const char *kernel_kind_name(enum kernel_kind kind)
{
    static const char *const names[] = {
        [KERNEL_UNKNOWN] = "an unknown file", [KERNEL_BZIMAGE] = "a Linux bzImage for x86",
        [KERNEL_MULTIBOOT] = "a Multiboot kernel for x86", [KERNEL_ARM64_IMAGE] = "a Linux Image for 64-bit ARM",
        [KERNEL_ARM_ZIMAGE] = "a Linux zImage for 32-bit ARM", [KERNEL_ELF_ARM] = "an ELF file for 32-bit ARM",
        [KERNEL_ELF_ARM64] = "an ELF file for 64-bit ARM", [KERNEL_ELF_X86] = "an ELF file for x86",
        [KERNEL_ELF_OTHER] = "an ELF file for another processor", [KERNEL_UIMAGE_ARM] = "a U-Boot image for 32-bit ARM",
        [KERNEL_UIMAGE_ARM64] = "a U-Boot image for 64-bit ARM", [KERNEL_UIMAGE_OTHER] = "a U-Boot image for another processor",
        [KERNEL_RISCV_IMAGE] = "a Linux Image for RISC-V", [KERNEL_GZIP] = "compressed with gzip",
    };
    return names[kind];
}
