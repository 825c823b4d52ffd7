/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_VIRT_INTERNAL_H
#define HW_BOARDS_VIRT_INTERNAL_H
/*
 * What the files of the board "virt" share: virt.c (wiring), virt_options.c (CPU, properties of -machine), virt_fdt.c (device
 * tree), virt_psci.c (power states of CPUs and machine), virt_firmware.c (flash, fw_cfg, what is in memory at power-on).
 */
#include "hw/boards/virt.h"
#include "hw/boot/arm_kernel.h"
#include "hw/intc/gicv2.h"
#include "hw/intc/gicv3.h"
#include "hw/misc/fw_cfg.h"
#include "hw/pci/ecam.h"
#include "hw/virtio/virtio_mmio.h"
#include "machine/machine.h"
#include "target-arm/cpu.h"

/* The memory map, QEMU's: guests and their device trees know it. */
#define VIRT_PLACE(name, address, bytes) static const uint64_t name __attribute__((unused)) = address, \
                                                               name##_BYTES __attribute__((unused)) = bytes
VIRT_PLACE(VIRT_FLASH,          0x00000000, 0x08000000);    /* two banks */
VIRT_PLACE(VIRT_GICD,           0x08000000, 0x00010000);
VIRT_PLACE(VIRT_GICC,           0x08010000, 0x00010000);
VIRT_PLACE(VIRT_V2M,            0x08020000, 0x00001000);
VIRT_PLACE(VIRT_GICH,           0x08030000, 0x00010000);
VIRT_PLACE(VIRT_GICV,           0x08040000, 0x00010000);
VIRT_PLACE(VIRT_ITS,            0x08080000, 0x00020000);
VIRT_PLACE(VIRT_GICR,           0x080a0000, 0x00f60000);
VIRT_PLACE(VIRT_UART,           0x09000000, 0x00001000);
VIRT_PLACE(VIRT_RTC,            0x09010000, 0x00001000);
VIRT_PLACE(VIRT_FW_CFG,         0x09020000, 0x00000018);
VIRT_PLACE(VIRT_GPIO,           0x09030000, 0x00001000);
VIRT_PLACE(VIRT_MMIO,           0x0a000000, 0x00000200);    /* each of the virtio slots */
VIRT_PLACE(VIRT_PLATFORM_BUS,   0x0c000000, 0x02000000);
VIRT_PLACE(VIRT_PCI_MEMORY,     0x10000000, 0x2eff0000);
VIRT_PLACE(VIRT_PCI_IO,         0x3eff0000, 0x00010000);
VIRT_PLACE(VIRT_ECAM_LOW,       0x3f000000, 0x01000000);
VIRT_PLACE(VIRT_RAM,            0x40000000, 255ull << 30);
VIRT_PLACE(VIRT_GICR_HIGH,      0x4000000000, 0x04000000);
VIRT_PLACE(VIRT_ECAM_HIGH,      0x4010000000, 0x10000000);
VIRT_PLACE(VIRT_PCI_HIGH,       0x8000000000, 0x8000000000);

enum {  /* shared interrupts (SPI) and private ones (PPI, numbered from 16 as the controller does) */
    VIRT_SPI_UART = 1, VIRT_SPI_RTC = 2, VIRT_SPI_PCI = 3, VIRT_SPI_GPIO = 7, VIRT_SPI_MMIO = 16, VIRT_SPI_V2M = 48,
    VIRT_SPIS = 256, VIRT_V2M_SPIS = 64, VIRT_MMIO_SLOTS = 32,
    VIRT_PPI_PMU = 23, VIRT_PPI_MAINTENANCE = 25, VIRT_PPI_TIMER_HYP = 26, VIRT_PPI_TIMER_VIRT = 27, VIRT_PPI_TIMER_SEC = 29,
    VIRT_PPI_TIMER_PHYS = 30,
    VIRT_GPIO_POWER = 3,
};

struct memory_image;

struct virt {
    struct board board;
    struct arm_cpu *cpus[OPTIONS_MAX_CPUS];     /* board.cpus with their own type */
    const struct arm_model *model;
    unsigned gic_version;
    bool secure, virtualization, highmem, its, acpi;
    bool high_ecam;                 /* configuration space above 4 GiB: not for firmware of 32 bits */
    struct gicv2 *gicv2;            /* one of the two */
    struct gicv3 *gicv3;
    struct gicv3_its *its_device;   /* NULL: none */
    struct ecam *ecam;
    struct fw_cfg *fw_cfg;
    struct arm_kernel kernel;       /* -kernel without firmware */
    GBytes *device_tree;
    uint64_t device_tree_address;
    struct virtio_slots slots;
    struct memory_image *image;     /* what a reset puts into memory */
};

static inline bool virt_wide(const struct virt *virt) { return arm_model_is_64(virt->model); }
/* The conduit of PSCI: NULL: the guest's firmware stands in for it. */
const char *virt_psci_method(const struct virt *virt);

/* Properties of -machine, CPU model; before anything is built. */
bool virt_choose(struct virt *virt, GError **error);
/* The wire of a shared or private interrupt, whichever controller there is. */
struct irq_line virt_spi(struct virt *virt, unsigned spi);
struct irq_line virt_ppi(struct virt *virt, unsigned cpu, unsigned irq);
/* The device tree: generated, or the file of -dtb, with memory, command line and initial RAM disk filled in. */
bool virt_build_device_tree(struct virt *virt, GError **error);
/* Flash, fw_cfg, kernel: what is in memory when the CPUs start, and where they start. */
bool virt_load(struct virt *virt, GError **error);
/* HVC and SMC: struct arm_board.firmware_call. */
bool virt_psci_call(void *opaque, struct arm_cpu *cpu, bool smc);

#endif
