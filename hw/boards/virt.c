/* SPDX-License-Identifier: MIT */
/*
 * The machine "virt": one to 255 ARM CPUs, a generic interrupt controller with generic timers, PL011, PL031, PL061, fw_cfg, flash, 32
 * virtio slots and a PCI Express host bridge. Memory map and interrupt numbers are those of QEMU's "virt" (virt_internal.h).
 *
 * Left out: the second UART and the memory that QEMU adds with secure=on, SMMU, RAS, the platform bus's dynamic devices.
 */
#include "hw/boards/virt_internal.h"
#include <string.h>
#include "base/character.h"
#include "base/error.h"
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"
#include "hw/boards/tell_files.h"
#include "hw/char/pl011.h"
#include "hw/gpio/pl061.h"
#include "hw/intc/gicv2m.h"
#include "hw/timer/pl031.h"
#include "hw/virtio/virtio_mmio.h"

/* ---- Interrupts ---- */

struct irq_line virt_spi(struct virt *virt, unsigned spi)
{
    return virt->gicv3 ? gicv3_spi(virt->gicv3, spi) : gicv2_spi(virt->gicv2, spi);
}

struct irq_line virt_ppi(struct virt *virt, unsigned cpu, unsigned irq)
{
    return virt->gicv3 ? gicv3_ppi(virt->gicv3, cpu, irq) : gicv2_ppi(virt->gicv2, cpu, irq);
}

static void set_cpu_pin(void *controller, unsigned input, bool level)
{
    struct arm_cpu *cpu = controller;
    cpu->port.set_input(cpu->port.cpu, input, level);
}

static struct irq_line cpu_pin(struct arm_cpu *cpu, enum cpu_input input)
{
    return (struct irq_line){ set_cpu_pin, cpu, input };
}

static void build_gicv2(struct virt *virt)
{
    struct irq_line messages[VIRT_V2M_SPIS];
    virt->gicv2 = gicv2_new(virt->board.machine, VIRT_GICD, VIRT_GICC, virt->board.cpu_count, VIRT_SPIS + 32);
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        virt->gicv2->outputs[i].irq = cpu_pin(virt->cpus[i], CPU_INPUT_IRQ);
        virt->gicv2->outputs[i].fiq = cpu_pin(virt->cpus[i], CPU_INPUT_FIQ);
    }
    if (virt->virtualization) {
        gicv2_add_virtual(virt->gicv2, VIRT_GICH, VIRT_GICV);
        for (unsigned i = 0; i < virt->board.cpu_count; i++) {
            virt->gicv2->outputs[i].virq = cpu_pin(virt->cpus[i], CPU_INPUT_VIRQ);
            virt->gicv2->outputs[i].vfiq = cpu_pin(virt->cpus[i], CPU_INPUT_VFIQ);
            virt->gicv2->outputs[i].maintenance = virt_ppi(virt, i, VIRT_PPI_MAINTENANCE);
        }
    }
    for (unsigned i = 0; i < VIRT_V2M_SPIS; i++) {
        messages[i] = virt_spi(virt, VIRT_SPI_V2M + i);
    }
    gicv2m_new(virt->board.machine, VIRT_V2M, VIRT_SPI_V2M, VIRT_V2M_SPIS, messages);
}

static bool gic_read(void *gic, struct arm_cpu *cpu, uint32_t reg, bool virtual, uint64_t *value)
{
    return gicv3_read_register(((struct gicv3 *)gic)->cpus[cpu->cpu.index], reg, virtual, value);
}

static bool gic_write(void *gic, struct arm_cpu *cpu, uint32_t reg, bool virtual, uint64_t value)
{
    return gicv3_write_register(((struct gicv3 *)gic)->cpus[cpu->cpu.index], reg, virtual, value);
}

/* The first region of redistributors has room for 123; the others follow high up. */
static uint64_t redistributor_address(unsigned index)
{
    const unsigned low = VIRT_GICR_BYTES / GICV3_REDISTRIBUTOR_BYTES;
    return index < low ? VIRT_GICR + index * (uint64_t)GICV3_REDISTRIBUTOR_BYTES
                       : VIRT_GICR_HIGH + (index - low) * (uint64_t)GICV3_REDISTRIBUTOR_BYTES;
}

static void build_gicv3(struct virt *virt)
{
    struct gicv3 *gic = virt->gicv3 = gicv3_new(virt->board.machine, VIRT_GICD, VIRT_SPIS + 32);
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        struct arm_cpu *cpu = virt->cpus[i];
        struct gicv3_cpu *interface = gicv3_add_cpu(gic, redistributor_address(i), cpu->mpidr);
        interface->outputs = (struct gicv3_outputs){ cpu_pin(cpu, CPU_INPUT_IRQ), cpu_pin(cpu, CPU_INPUT_FIQ),
                                                     cpu_pin(cpu, CPU_INPUT_VIRQ), cpu_pin(cpu, CPU_INPUT_VFIQ),
                                                     gicv3_ppi(gic, i, VIRT_PPI_MAINTENANCE) };
        cpu->board.gic = gic;
        cpu->board.gic_read = gic_read;
        cpu->board.gic_write = gic_write;
    }
    virt->its_device = virt->its ? gicv3_its_new(virt->board.machine, gic, VIRT_ITS) : NULL;
}

static void connect_cpu(struct virt *virt, unsigned index)
{
    static const unsigned timers[ARM_TIMER_COUNT] = {
        [ARM_TIMER_PHYS] = VIRT_PPI_TIMER_PHYS, [ARM_TIMER_VIRT] = VIRT_PPI_TIMER_VIRT, [ARM_TIMER_HYP] = VIRT_PPI_TIMER_HYP,
        [ARM_TIMER_SEC] = VIRT_PPI_TIMER_SEC,
    };
    struct arm_cpu *cpu = virt->cpus[index];
    for (unsigned i = 0; i < ARM_TIMER_COUNT; i++) {
        cpu->board.timer[i] = virt_ppi(virt, index, timers[i]);
    }
    cpu->board.pmu = virt_ppi(virt, index, VIRT_PPI_PMU);
    cpu->board.firmware_call = virt_psci_call;
    cpu->board.firmware = virt;
    cpu->board.cbar = VIRT_GICD;
    cpu->board.clocks = virt->board.machine->clocks;
    arm_cpu_connect(cpu);
}

/* ---- CPUs ---- */

static void build_cpu(struct virt *virt, unsigned index)
{
    struct arm_cpu *cpu = arm_cpu_new(virt->model, index);
    virt->cpus[index] = cpu;
    cpu->has_el2 = cpu->has_el2 && virt->virtualization;
    cpu->has_el3 = cpu->has_el3 && virt->secure;
    cpu->deterministic = virt->board.options->icount;
    cpu->start_powered_off = index > 0;
    if (virt->gic_version == 3) {       /* SGIs reach 16 CPUs of a cluster */
        cpu->mpidr = (cpu->mpidr & ~0xffffull) | (index / 16) << 8 | index % 16;
    }
    board_add_cpu(&virt->board, &cpu->cpu);
}

/* ---- Devices ---- */

static bool build_serial(struct virt *virt, GError **error)
{
    const GPtrArray *specs = virt->board.options->serial;
    struct character *character = NULL;
    if (specs->len && strcmp(specs->pdata[0], "none")) {
        character = board_character(&virt->board, specs->pdata[0], "serial", 0, error);
        if (!character) {
            g_prefix_error(error, "-serial: ");
            return false;
        }
    }
    pl011_new(virt->board.machine, VIRT_UART, virt_spi(virt, VIRT_SPI_UART), character);
    return true;
}

/* Where no PCI device answers, the host bridge gives ones: no aborts. */
static const struct io_ops no_pci_device = { .min_size = 1, .max_size = 8 };
static void build_pci(struct virt *virt)
{
    struct machine *machine = virt->board.machine;
    bool firmware = virt->board.options->bios || block_find_index(virt->board.block, DRIVE_PFLASH, 0);
    virt->high_ecam = virt->highmem && (virt_wide(virt) || !firmware);
    uint64_t config = virt->high_ecam ? VIRT_ECAM_HIGH : VIRT_ECAM_LOW;
    virt->ecam = ecam_new(machine, config, virt->high_ecam ? VIRT_ECAM_HIGH_BYTES : VIRT_ECAM_LOW_BYTES, VIRT_PCI_IO,
                          VIRT_PCI_IO_BYTES);
    memory_add_io(machine->memory, "pci-memory", VIRT_PCI_MEMORY, VIRT_PCI_MEMORY_BYTES, &no_pci_device, NULL, -1);
    if (virt->highmem) {
        memory_add_io(machine->memory, "pci-memory-high", VIRT_PCI_HIGH, VIRT_PCI_HIGH_BYTES, &no_pci_device, NULL, -1);
    }
    for (unsigned i = 0; i < PCI_PINS; i++) {
        virt->ecam->bus->pirq[i] = virt_spi(virt, VIRT_SPI_PCI + i);
    }
    if (virt->its_device) {
        virt->ecam->bus->message.send = gicv3_its_message;
        virt->ecam->bus->message.opaque = virt->its_device;
    }
    virt->board.pci = virt->ecam->bus;
}

static void build_virtio_slots(struct virt *virt)
{
    struct virtio_slots *slots = &virt->slots;
    for (unsigned i = 0; i < VIRT_MMIO_SLOTS; i++) {
        slots->of[i] = virtio_mmio_new(virt->board.machine, VIRT_MMIO + i * VIRT_MMIO_BYTES, virt_spi(virt, VIRT_SPI_MMIO + i), true);
    }
    slots->count = VIRT_MMIO_SLOTS;
    virt->board.virtio_slots = slots;
}

static bool add_devices(struct virt *virt, GError **error)
{
    const struct options *options = virt->board.options;
    if (!device_check_globals(options, error)) {
        return false;
    }
    for (unsigned i = 0; i < options->devices->len; i++) {
        if (!device_add(&virt->board, options->devices->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

static bool build_devices(struct virt *virt, GError **error)
{
    struct machine *machine = virt->board.machine;
    for (unsigned i = 0; i < virt->board.options->cpus; i++) {
        build_cpu(virt, i);
    }
    if (virt->gic_version == 3) {
        build_gicv3(virt);
    } else {
        build_gicv2(virt);
    }
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        connect_cpu(virt, i);
    }
    int64_t date;
    if (!build_serial(virt, error) || !board_rtc_offset(&virt->board, &date, error)) {
        return false;
    }
    pl031_set_offset(pl031_new(machine, VIRT_RTC, virt_spi(virt, VIRT_SPI_RTC)), date);
    struct pl061 *gpio = pl061_new(machine, VIRT_GPIO, virt_spi(virt, VIRT_SPI_GPIO));
    machine->power_button = pl061_input(gpio, VIRT_GPIO_POWER);
    build_pci(virt);
    build_virtio_slots(virt);
    return add_devices(virt, error) && virt_load(virt, error) && backends_finish(&virt->board, error) &&
           board_tell_files(virt->board.options->fw_cfg_files, virt->fw_cfg, error);
}

/* -machine dumpdtb=FILE: nothing is run. */
static bool dump_tree(struct virt *virt, GError **error)
{
    const char *path = virt->board.options->dumpdtb;
    g_autoptr(GError) reason = NULL;
    gsize size;
    const char *bytes = g_bytes_get_data(virt->device_tree, &size);
    if (!g_file_set_contents(path, bytes, (gssize)size, &reason)) {
        return error_fail(error, "-machine dumpdtb: %s", reason->message);
    }
    machine_request_shutdown(virt->board.machine, 0);
    return true;
}

static bool build(struct board *board, GError **error)
{
    struct virt *virt = (struct virt *)board;
    const struct options *options = board->options;
    if (!virt_choose(virt, error)) {
        return false;
    }
    board->machine = machine_new(options->memory_bytes, 0, board->log);
    if (!board->machine) {
        return error_fail(error, "-m: the host cannot give that much memory");
    }
    board->machine->no_reboot = options->no_reboot;
    memory_add_ram(board->machine->memory, "ram", VIRT_RAM, options->memory_bytes, board->machine->ram, 0, false, 0);
    return board_build_engine(board, NULL, error) && backends_open(board, error) && build_devices(virt, error) && (!options->dumpdtb || dump_tree(virt, error));
}

static void clear(struct board *board)
{
    struct virt *virt = (struct virt *)board;
    for (unsigned i = 0; i < board->cpu_count; i++) {
        arm_cpu_free(virt->cpus[i]);
    }
    arm_kernel_clear(&virt->kernel);
    g_clear_pointer(&virt->device_tree, g_bytes_unref);
}

struct model_search { unsigned left; const char *found; };

static void find_model(void *opaque, const char *name)
{
    struct model_search *search = opaque;
    if (search->left-- == 0) {
        search->found = name;
    }
}

static bool cpu_model(unsigned index, struct board_cpu_model *model)
{
    struct model_search search = { index, NULL };
    arm_model_list(find_model, &search);
    *model = (struct board_cpu_model){ search.found, search.found ? "ARM" : NULL };
    return search.found;
}

const struct board_type virt_board_type = {
    .name = "virt", .help = "ARM with PCI Express and virtio", .versions = "virt-", .summary = "QEMU 7.2 ARM Virtual Machine",
    .board_bytes = sizeof(struct virt), .build = build, .clear = clear, .cpu_model = cpu_model, .nic_model = "virtio-net-pci",
};
