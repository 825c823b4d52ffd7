/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_ARM_KERNEL_H
#define HW_BOOT_ARM_KERNEL_H
/*
 * -kernel on an ARM board: reads and checks the files and says what goes where in guest memory and how the CPU enters it.
 *
 * Kernels: Linux Image (64-bit) and zImage (32-bit), ELF of either kind, U-Boot's legacy images, and anything else as a flat
 * binary; compressed with gzip or not.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "hw/boot/kernel_kind.h"

struct arm_part { uint64_t address; GBytes *bytes; };

enum { ARM_KERNEL_PARTS = 16 };
struct arm_kernel {
    enum kernel_kind kind;
    bool wide;                      /* enters in AArch64 */
    bool linux_entry;               /* wants the device tree's address in X0 or R2 */
    uint64_t entry, end;            /* end of what the kernel takes, with its BSS */
    struct arm_part parts[ARM_KERNEL_PARTS];
    unsigned part_count;
    struct arm_part initrd;
    uint64_t device_tree;           /* where to put it; 0: no place needed (ELF and flat binaries get it too, behind them) */
};

struct arm_kernel_request {
    const char *kernel, *initrd;    /* paths; initrd may be NULL */
    uint64_t ram, ram_bytes;
    bool wide;                      /* the CPU starts in AArch64: for flat binaries */
};

/* The whole kernel, unpacked. error: as for -kernel; NULL then. */
GBytes *arm_kernel_read(const char *path, GError **error);
/* error: as for -kernel. */
bool arm_kernel_identify(const char *path, enum kernel_kind *kind, GError **error);
/* 64 or 32 when such a kernel needs a CPU of that width, 0: it does not say or is for another processor. */
unsigned arm_kernel_bits(enum kernel_kind kind);
/* error: what is wrong with which file; *kernel is then empty. */
bool arm_kernel_load(const struct arm_kernel_request *request, struct arm_kernel *kernel, GError **error);
void arm_kernel_clear(struct arm_kernel *kernel);

#endif
