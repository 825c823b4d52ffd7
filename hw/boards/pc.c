/* SPDX-License-Identifier: MIT */
/*
 * The machine "pc": Intel 440FX host bridge, PIIX3 ISA bridge, PIIX4 power management, two 8259A, an I/O APIC, a local
 * APIC for each CPU, 8254, HPET, MC146818, i8042, a pair of 8237A, floppy and IDE controllers, up to four 16550A, fw_cfg.
 * Memory map and interrupt routing are those of QEMU's "pc", so that firmware and guests find what they expect:
 *
 *   00000000  RAM; A0000..FFFFF as the host bridge decides: nothing, ROM, or RAM by PAM and SMRAM
 *   000E0000  the last 128 KiB of the firmware
 *   E0000000  (C0000000 with 3.5 GiB or more) end of low RAM, PCI devices
 *   FEC00000  I/O APIC    FED00000  HPET    FEE00000  local APICs
 *   FFFxxxxx  firmware, up to 4 GiB
 *   1 0000 0000  the rest of RAM
 *
 * Left out so far: VGA, network.
 */
#include "hw/boards/pc_internal.h"
#include <string.h>
#include "base/character.h"
#include "base/error.h"
#include "hw/acpi/pci_hotplug.h"
#include "hw/boards/devices.h"
#include "hw/boards/tell_files.h"
#include "hw/boards/backends.h"
#include "hw/boards/hotplug.h"
#include "hw/char/parallel.h"
#include "hw/char/uart16550.h"
#include "hw/input/i8042.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/intc/lapic.h"
#include "hw/misc/ferr.h"
#include "hw/misc/port92.h"
#include "hw/misc/post.h"
#include "hw/pci/i440fx.h"
#include "hw/pci/piix3.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254.h"
#include "target-x86/cpuid.h"
#include "target-x86/kvm.h"

enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_RTC = 8, IRQ_SCI = 9,
       IRQ_MOUSE = 12, IRQ_FERR = 13 };
static const uint64_t FOUR_GIB = 1ull << 32, LOW_RAM_MOST = 0xe0000000, LOW_RAM_SPLIT = 0xc0000000;

/* ---- CPUs ---- */

static void on_triple_fault(void *opaque)
{
    machine_request_reset(opaque);
}

static void on_ferr(void *opaque, bool level)
{
    struct pc *pc = opaque;
    const struct irq_line line = ferr_input(pc->ferr);
    irq_set(&line, level);
}

/* To all CPUs: whose error it was is not told. */
static void set_ignne(void *opaque, unsigned input, bool level)
{
    struct pc *pc = opaque;
    for (unsigned i = 0; i < pc->board.cpu_count; i++) {
        pc->cpus[i]->ignne = level;
    }
}

/* A20 low folds every odd MiB onto the even one below; what CPUs know of addresses is void then. */
static void set_a20(void *opaque, unsigned input, bool level)
{
    struct pc *pc = opaque;
    for (unsigned i = 0; i < pc->board.cpu_count; i++) {
        pc->cpus[i]->a20 = level;
    }
    engine_flush_all(pc->board.engine);
}

static void build_cpu(struct pc *pc, struct lapic_bus *bus)
{
    unsigned id = pc->board.cpu_count;
    struct x86_cpu *cpu = x86_cpu_new(pc->model, id, id == 0);
    cpu->other_memory = pc->board.machine->smm_memory;
    cpu->deterministic = pc->board.options->icount;
    cpu->clocks = pc->board.machine->clocks;
    cpu->machine_reset = on_triple_fault;
    cpu->machine_opaque = pc->board.machine;
    cpu->ferr = on_ferr;
    cpu->ferr_opaque = pc;
    cpu->a20 = true;
    pc->cpus[id] = cpu;
    board_add_cpu(&pc->board, &cpu->cpu);
    cpu->pic = lapic_interrupt_source(lapic_new(bus, id, &cpu->port));
}

/* ---- Memory ---- */

static void map_memory(struct pc *pc)
{
    struct machine *machine = pc->board.machine;
    memory_add_ram(machine->memory, "ram-low", 0, pc->low_ram_bytes, machine->ram, 0, false, 0);
    if (pc->high_ram_bytes) {
        memory_add_ram(machine->memory, "ram-high", FOUR_GIB, pc->high_ram_bytes, machine->ram, pc->low_ram_bytes, false, 0);
    }
}

/* ---- Serial and parallel ports ---- */

/* As -serial and -parallel say; without any the first one is there, connected to nothing. */
static bool has_port(const struct pc *pc, const GPtrArray *specs, unsigned index)
{
    return index < specs->len ? strcmp(specs->pdata[index], "none") : !specs->len && !index && !pc->board.options->nodefaults;
}

static bool add_serial(struct pc *pc, GError **error)
{
    const struct isa_serial_place *places = isa_serial_places;
    const GPtrArray *specs = pc->board.options->serial;
    for (unsigned i = 0; i < OPTIONS_MAX_SERIAL; i++) {
        struct character *character = NULL;
        if (!has_port(pc, specs, i)) {
            continue;
        }
        if (i < specs->len && !(character = board_character(&pc->board, specs->pdata[i], "serial", i, error))) {
            g_prefix_error(error, "-serial: ");
            return false;
        }
        uart16550_new(pc->board.machine, places[i].port, isa_irqs_line(&pc->irqs, places[i].irq), character);
    }
    return true;
}

static bool add_parallel(struct pc *pc, GError **error)
{
    static const struct { uint16_t port; uint8_t irq; } places[OPTIONS_MAX_PARALLEL] = {
        { 0x378, 7 }, { 0x278, 5 }, { 0x3bc, 7 },
    };
    const GPtrArray *specs = pc->board.options->parallels;
    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        struct character *character = NULL;
        if (!has_port(pc, specs, i)) {
            continue;
        }
        if (i < specs->len && !(character = board_character(&pc->board, specs->pdata[i], "parallel", i, error))) {
            g_prefix_error(error, "-parallel: ");
            return false;
        }
        parallel_new(pc->board.machine, places[i].port, isa_irqs_line(&pc->irqs, places[i].irq), character);
    }
    return true;
}

static bool port_is_there(const struct pc *pc, uint16_t port)
{
    return memory_find(pc->board.machine->ports, port).region;
}

/* ---- The board from top to bottom ---- */

static bool build_devices(struct pc *pc, GError **error)
{
    struct machine *machine = pc->board.machine;
    struct i8259 *pic = i8259_new(machine);
    struct lapic_bus *bus = lapic_bus_new(machine, pic);
    pic->intr = lapic_bus_pic_line(bus);
    for (unsigned i = 0; i < pc->board.options->cpus; i++) {
        build_cpu(pc, bus);
    }
    struct ioapic *ioapic = ioapic_new(machine, bus, 0);
    isa_irqs_init(&pc->irqs, pic, ioapic);

    struct pci_bus *pci = pc->board.pci = pci_bus_new(machine);
    i440fx_new(machine, pci);
    piix3_new(machine, pci, PC_SLOT_ISA_BRIDGE, &pc->irqs);
    pc->pm = piix4_pm_new(machine, pci, PC_SLOT_ISA_BRIDGE, isa_irqs_line(&pc->irqs, IRQ_SCI),
                          pc->has_smm ? &pc->cpus[0]->port : NULL);

    pc->board.hotplug = pci_hotplug_new(machine, pci, pc->pm);
    pc->board.hotplug->eject = board_eject;
    pc->board.hotplug->opaque = &pc->board;

    const struct irq_line timer = isa_irqs_line(&pc->irqs, IRQ_TIMER), clock = isa_irqs_line(&pc->irqs, IRQ_RTC);
    pc->has_hpet = g_strcmp0(pc->board.options->hpet, "off") != 0;
    struct hpet *hpet = pc->has_hpet ? hpet_new(machine, timer, clock, ioapic) : NULL;     /* it may take both lines over */
    i8254_new(machine, hpet ? hpet_pit_line(hpet) : timer);
    pc->rtc = mc146818_new(machine, hpet ? hpet_rtc_line(hpet) : clock);
    pc->ferr = ferr_new(machine, isa_irqs_line(&pc->irqs, IRQ_FERR), (struct irq_line){ set_ignne, pc, 0 });
    struct port92 *port92 = port92_new(machine, (struct irq_line){ set_a20, pc, 0 });
    struct i8042 *kbc = i8042_new(machine, isa_irqs_line(&pc->irqs, IRQ_KEYBOARD), isa_irqs_line(&pc->irqs, IRQ_MOUSE),
              port92_a20_input(port92));
    pc->board.input = input_new();
    i8042_connect(kbc, pc->board.input);
    post_new(machine);
    pc_tell_firmware(pc, pc->rtc);
    if (!pc_tell_smbios(pc, error) || !device_add_vga(&pc->board, error) || !pc_set_date(pc, pc->rtc, error) ||
        !add_serial(pc, error) || !add_parallel(pc, error) || !pc_add_storage(pc, error) || !pc_add_optional(pc, error) ||
        !backends_finish(&pc->board, error)) {
        return false;
    }
    piix4_pm_tell_ports(pc->pm, port_is_there(pc, 0x378), port_is_there(pc, 0x3f8), port_is_there(pc, 0x2f8));
    return pc_tell_storage(pc, error) && board_tell_files(pc->board.options->fw_cfg_files, pc->fw_cfg, error);
}

static bool split_memory(struct pc *pc, GError **error)
{
    uint64_t bytes = pc->board.options->memory_bytes, low = bytes >= LOW_RAM_MOST ? LOW_RAM_SPLIT : bytes;
    pc->low_ram_bytes = low;
    pc->high_ram_bytes = bytes - low;
    if (bytes & 4095) {
        return error_fail(error, "-m: memory must be whole pages of 4 KiB");
    }
    return true;
}

static bool load_kernel(struct pc *pc, GError **error)
{
    struct boot_request request = {
        .kernel = pc->board.options->kernel, .initrd = pc->board.options->initrd, .append = pc->board.options->append,
        .low_ram_bytes = pc->low_ram_bytes,
    };
    return !request.kernel || boot_load(&request, &pc->boot, error);
}

/* "host" is "max" until it is known that KVM runs it. */
static struct x86_model *make_model(const struct options *options, GError **error)
{
    const char *text = options->cpu;
    const bool host = text && g_str_has_prefix(text, "host") && strchr(",", text[4]);
    g_autofree char *max = host ? g_strconcat("max", text + strlen("host"), NULL) : NULL;
    struct x86_model *model = x86_model_new(max ? max : text, error);
    if (!model) {
        g_prefix_error(error, "-cpu %s: ", options->cpu);
        return NULL;
    }
    model->host = host;
    return model;
}

/* KVM has what the host has. */
static bool fit_model(struct pc *pc, bool kvm, GError **error)
{
    if (pc->model->host && !kvm) {              /* scripts made for KVM say it */
        g_printerr("dragoman: -cpu host: taking 'max' instead, only KVM passes the host's CPU through\n");
        pc->model->host = false;
    }
    return !kvm || x86_kvm_fit_model(pc->model) || error_fail(error, "-accel kvm: /dev/kvm does not say what CPUs it has");
}

static bool fit_smm(struct pc *pc, bool kvm, GError **error)
{
    const char *wanted = pc->board.options->smm ? pc->board.options->smm : "auto";
    const bool possible = !kvm || x86_kvm_has_smm();
    pc->has_smm = possible && strcmp(wanted, "off");
    return possible || strcmp(wanted, "on") || error_fail(error, "-machine smm=on: this host's KVM has no system-management mode");
}

static struct irq_line isa_irq(struct board *board, unsigned number)
{
    return isa_irqs_line(&((struct pc *)board)->irqs, number);
}

/* NMI# of all CPUs, as a button on the front of a server is wired. */
static void inject_nmi(struct board *board)
{
    struct pc *pc = (struct pc *)board;
    for (unsigned i = 0; i < board->cpu_count; i++) {
        pc->cpus[i]->port.set_input(pc->cpus[i], CPU_INPUT_NMI, true);
    }
}

static bool build(struct board *board, GError **error)
{
    struct pc *pc = (struct pc *)board;
    const struct options *options = board->options;
    pc->model = make_model(options, error);
    if (!pc->model || !split_memory(pc, error) || !load_kernel(pc, error)) {
        return false;
    }
    board->machine = machine_new(options->memory_bytes, 0, board->log);
    if (!board->machine) {
        return error_fail(error, "-m: the host cannot give that much memory");
    }
    board->machine->no_reboot = options->no_reboot;
    if (!board_build_engine(board, &x86_kvm, error)) {
        return false;
    }
    const bool kvm = board_uses_kvm(board);
    if (!fit_model(pc, kvm, error) || !fit_smm(pc, kvm, error)) {
        return false;
    }
    board->isa_irq = isa_irq;
    board->inject_nmi = inject_nmi;
    map_memory(pc);
    return backends_open(board, error) && pc_add_firmware(pc, error) && build_devices(pc, error);
}

static void clear(struct board *board)
{
    struct pc *pc = (struct pc *)board;
    for (unsigned i = 0; i < board->cpu_count; i++) {
        x86_cpu_free(pc->cpus[i]);
    }
    g_free(pc->model);
    boot_image_clear(&pc->boot);
}

static bool cpu_model(unsigned index, struct board_cpu_model *model)
{
    if (index >= x86_model_count) {
        return false;
    }
    *model = (struct board_cpu_model){ x86_models[index].name, x86_models[index].help };
    return true;
}

const struct board_type pc_board_type = {
    .name = "pc", .help = "PC with i440FX and PIIX3", .versions = "pc-i440fx-", .summary = "Standard PC (i440FX + PIIX, 1996)",
    .board_bytes = sizeof(struct pc), .build = build, .clear = clear, .cpu_model = cpu_model, .nic_model = "e1000",
};
