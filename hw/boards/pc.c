/* SPDX-License-Identifier: MIT */
/*
 * The machine "pc": Intel 440FX host bridge, PIIX3 ISA bridge, PIIX4 power management, two 8259A, an I/O APIC, a local
 * APIC for each CPU, 8254, HPET, MC146818, i8042, up to four 16550A, fw_cfg. Memory map and interrupt routing are those of
 * QEMU's "pc", so that firmware and guests find what they expect:
 *
 *   00000000  RAM; A0000..FFFFF as the host bridge decides: nothing, ROM, or RAM by PAM and SMRAM
 *   000E0000  the last 128 KiB of the firmware
 *   E0000000  (C0000000 with 3.5 GiB or more) end of low RAM, PCI devices
 *   FEC00000  I/O APIC    FED00000  HPET    FEE00000  local APICs
 *   FFFxxxxx  firmware, up to 4 GiB
 *   1 0000 0000  the rest of RAM
 *
 * Left out so far: VGA, disks, network.
 */
#include "hw/boards/pc_internal.h"
#include <string.h>
#include "base/character.h"
#include "base/error.h"
#include "hw/acpi/piix4_pm.h"
#include "hw/boards/firmware.h"
#include "hw/char/uart16550.h"
#include "hw/input/i8042.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/intc/lapic.h"
#include "hw/misc/port92.h"
#include "hw/misc/post.h"
#include "hw/pci/i440fx.h"
#include "hw/pci/piix3.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254.h"

enum { ISA_ROM_BYTES = 128 << 10, SLOT_ISA_BRIDGE = 1, IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_RTC = 8, IRQ_SCI = 9,
       IRQ_MOUSE = 12, IRQ_FERR = 13 };
static const uint64_t MIB = 1 << 20, FOUR_GIB = 1ull << 32, LOW_RAM_MOST = 0xe0000000, LOW_RAM_SPLIT = 0xc0000000;

/* ---- CPUs, as the machine sees them ---- */

static void cpus_start(void *opaque)
{
    struct pc *pc = opaque;
    engine_start(pc->engine, pc->machine->clocks);
}

static void cpus_stop(void *opaque)
{
    struct pc *pc = opaque;
    engine_stop(pc->engine);
}

static void cpus_reset(void *opaque)
{
    struct pc *pc = opaque;
    for (unsigned i = 0; i < pc->cpu_count; i++) {
        x86_frontend.reset(&pc->cpus[i]->cpu);
    }
}

static void cpus_pause(void *opaque)
{
    struct pc *pc = opaque;
    engine_pause(pc->engine);
}

static void on_triple_fault(void *opaque)
{
    machine_request_reset(opaque);
}

static void on_ferr(void *opaque, bool level)
{
    struct pc *pc = opaque;
    struct irq_line line = isa_irqs_line(&pc->irqs, IRQ_FERR);
    irq_set(&line, level);
}

/* A20 low folds every odd MiB onto the even one below; what CPUs know of addresses is void then. */
static void set_a20(void *opaque, unsigned input, bool level)
{
    struct pc *pc = opaque;
    for (unsigned i = 0; i < pc->cpu_count; i++) {
        pc->cpus[i]->a20 = level;
    }
    engine_flush_all(pc->engine);
}

static bool build_engine(struct pc *pc, GError **error)
{
    const struct options *options = pc->options;
    struct engine_options engine = {
        .interpret = options->accelerator == OPTIONS_ACCEL_INTERP,
        .cache_mib = options->cache_mib, .max_insns = options->unit_insns,
        .icount = options->icount, .icount_shift = options->icount_shift,
    };
    pc->engine = engine_new(&engine, pc->machine->memory, pc->log, error);
    return pc->engine;
}

static void build_cpu(struct pc *pc, const struct x86_model *model, struct lapic_bus *bus)
{
    unsigned id = pc->cpu_count;
    struct x86_cpu *cpu = x86_cpu_new(model, id, id == 0);
    cpu->cpu.index = id;
    cpu->cpu.log = pc->log;
    cpu->cpu.memory = pc->machine->memory;
    cpu->other_memory = pc->machine->smm_memory;
    cpu->deterministic = pc->options->icount;
    cpu->cpu.ports = pc->machine->ports;
    cpu->cpu.machine_lock = &pc->machine->lock;
    cpu->clocks = pc->machine->clocks;
    cpu->machine_reset = on_triple_fault;
    cpu->machine_opaque = pc->machine;
    cpu->ferr = on_ferr;
    cpu->ferr_opaque = pc;
    cpu->a20 = true;
    engine_add_cpu(pc->engine, &cpu->cpu);
    pc->cpus[pc->cpu_count++] = cpu;
    cpu->pic = lapic_interrupt_source(lapic_new(bus, id, &cpu->port));
}

/* ---- Memory ---- */

static void map_memory(struct pc *pc)
{
    struct machine *machine = pc->machine;
    gsize rom_bytes;
    const void *rom = g_bytes_get_data(pc->firmware, &rom_bytes);
    uint64_t isa_bytes = MIN(rom_bytes, ISA_ROM_BYTES);
    memory_add_ram(machine->memory, "ram-low", 0, pc->low_ram_bytes, machine->ram, 0, false, 0);
    if (pc->high_ram_bytes) {
        memory_add_ram(machine->memory, "ram-high", FOUR_GIB, pc->high_ram_bytes, machine->ram, pc->low_ram_bytes, false, 0);
    }
    memcpy(machine->ram->host + machine->ram_bytes, rom, rom_bytes);
    memory_add_ram(machine->memory, "firmware", FOUR_GIB - rom_bytes, rom_bytes, machine->ram, machine->ram_bytes, true, 0);
    memory_add_alias(machine->memory, "firmware-isa", MIB - isa_bytes, isa_bytes, FOUR_GIB - isa_bytes,
                     I440FX_PRIORITY_DEVICES);
}

/* ---- Streams ---- */

struct character *pc_character(struct pc *pc, const char *spec, GError **error)
{
    struct character *character = character_open(spec, error);
    if (character) {
        character_set_lock(character, &pc->machine->lock);
        g_ptr_array_add(pc->characters, character);
    }
    return character;
}

static bool add_serial(struct pc *pc, GError **error)
{
    static const struct { uint16_t port; uint8_t irq; } places[OPTIONS_MAX_SERIAL] = {
        { 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 },
    };
    const GPtrArray *specs = pc->options->serial;
    if (!specs->len && !pc->options->nodefaults) {
        uart16550_new(pc->machine, places[0].port, isa_irqs_line(&pc->irqs, places[0].irq), NULL);
    }
    for (unsigned i = 0; i < specs->len; i++) {
        if (!strcmp(specs->pdata[i], "none")) {
            continue;
        }
        struct character *character = pc_character(pc, specs->pdata[i], error);
        if (!character) {
            g_prefix_error(error, "-serial: ");
            return false;
        }
        uart16550_new(pc->machine, places[i].port, isa_irqs_line(&pc->irqs, places[i].irq), character);
    }
    return true;
}

/* ---- The board from top to bottom ---- */

static bool build_devices(struct pc *pc, const struct x86_model *model, GError **error)
{
    struct machine *machine = pc->machine;
    struct i8259 *pic = i8259_new(machine);
    struct lapic_bus *bus = lapic_bus_new(machine, pic);
    pic->intr = lapic_bus_pic_line(bus);
    for (unsigned i = 0; i < pc->options->cpus; i++) {
        build_cpu(pc, model, bus);
    }
    struct ioapic *ioapic = ioapic_new(machine, bus, 0);
    isa_irqs_init(&pc->irqs, pic, ioapic);

    struct pci_bus *pci = pci_bus_new(machine);
    i440fx_new(machine, pci);
    piix3_new(machine, pci, SLOT_ISA_BRIDGE, &pc->irqs);
    piix4_pm_new(machine, pci, SLOT_ISA_BRIDGE, isa_irqs_line(&pc->irqs, IRQ_SCI), &pc->cpus[0]->port);

    struct hpet *hpet = hpet_new(machine, isa_irqs_line(&pc->irqs, IRQ_TIMER), isa_irqs_line(&pc->irqs, IRQ_RTC), ioapic);
    i8254_new(machine, hpet_pit_line(hpet));
    struct mc146818 *rtc = mc146818_new(machine, hpet_rtc_line(hpet));
    struct port92 *port92 = port92_new(machine, (struct irq_line){ set_a20, pc, 0 });
    i8042_new(machine, isa_irqs_line(&pc->irqs, IRQ_KEYBOARD), isa_irqs_line(&pc->irqs, IRQ_MOUSE),
              port92_a20_input(port92));
    post_new(machine);
    pc_tell_firmware(pc, rtc);
    return pc_set_date(pc, rtc, error) && add_serial(pc, error) && pc_add_optional(pc, error);
}

static bool split_memory(struct pc *pc, GError **error)
{
    uint64_t bytes = pc->options->memory_bytes, low = bytes >= LOW_RAM_MOST ? LOW_RAM_SPLIT : bytes;
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
        .kernel = pc->options->kernel, .initrd = pc->options->initrd, .append = pc->options->append,
        .low_ram_bytes = pc->low_ram_bytes,
    };
    return !request.kernel || boot_load(&request, &pc->boot, error);
}

static const struct x86_model *find_model(const struct options *options, GError **error)
{
    const char *name = options->cpu;
    if (!g_strcmp0(name, "host")) {     /* scripts made for KVM say it; without KVM the nearest thing is "max" */
        g_printerr("dragoman: -cpu host: taking 'max' instead, the host's CPU is not passed through\n");
        name = "max";
    }
    const struct x86_model *model = x86_model_find(name, error);
    if (!model) {
        g_prefix_error(error, "-cpu: ");
    }
    return model;
}

static bool build(struct pc *pc, GError **error)
{
    const struct options *options = pc->options;
    const struct x86_model *model = find_model(options, error);
    if (strcmp(options->machine, "pc") && !g_str_has_prefix(options->machine, "pc-i440fx-")) {
        return error_fail(error, "-machine %s: not supported; there is: pc", options->machine);
    }
    if (!model || !split_memory(pc, error) || !(pc->firmware = firmware_load(options->bios, error)) ||
        !load_kernel(pc, error)) {
        return false;
    }
    pc->machine = machine_new(options->memory_bytes, g_bytes_get_size(pc->firmware), pc->log);
    if (!pc->machine) {
        return error_fail(error, "-m: the host cannot give that much memory");
    }
    pc->machine->no_reboot = options->no_reboot;
    if (!build_engine(pc, error)) {
        return false;
    }
    map_memory(pc);
    pc->machine->cpus = (struct machine_cpus){ pc, cpus_start, cpus_stop, cpus_reset, cpus_pause };
    return build_devices(pc, model, error);
}

struct pc *pc_new(const struct options *options, struct log *log, GError **error)
{
    struct pc *pc = g_new0(struct pc, 1);
    pc->options = options;
    pc->log = log;
    pc->characters = g_ptr_array_new_with_free_func((GDestroyNotify)character_free);
    if (!build(pc, error)) {
        pc_free(pc);
        return NULL;
    }
    cpus_reset(pc);
    pc->options = NULL;
    return pc;
}

void pc_free(struct pc *pc)
{
    engine_free(pc->engine);            /* it listens to the machine's memory */
    machine_free(pc->machine);
    for (unsigned i = 0; i < pc->cpu_count; i++) {
        x86_cpu_free(pc->cpus[i]);
    }
    boot_image_clear(&pc->boot);
    g_clear_pointer(&pc->firmware, g_bytes_unref);
    g_ptr_array_unref(pc->characters);
    g_free(pc);
}

struct machine *pc_machine(struct pc *pc)
{
    return pc->machine;
}

struct engine *pc_engine(struct pc *pc)
{
    return pc->engine;
}

void pc_set_leave(struct pc *pc, void (*leave)(void *opaque), void *opaque)
{
    for (unsigned i = 0; i < pc->characters->len; i++) {
        character_set_leave(pc->characters->pdata[i], leave, opaque);
    }
}
