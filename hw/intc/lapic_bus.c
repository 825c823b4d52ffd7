/* SPDX-License-Identifier: MIT */
/*
 * The APIC bus: who a message is for (SDM 3, "Determining IPI Destination"), and the one memory window through which
 * each CPU sees the registers of its own local APIC. Writes to the rest of the first MiB from FEE00000h are interrupt
 * messages (MSI); those for APIC 0 have the addresses of the window's first 20h bytes, which hold no register: the
 * difference between a CPU's write and a device's is not modelled. Lowest priority goes to the CPU with the lowest processor
 * priority, the lowest number among equals: the manual leaves the choice to the model.
 */
#include "hw/intc/i8259.h"
#include "hw/intc/lapic_internal.h"

enum { DFR_CLUSTER = 0, DFR_FLAT = 0xf };
enum { MESSAGE_BYTES = 1 << 20, MESSAGE_LOGICAL = 1 << 2, MESSAGE_REDIRECTION = 1 << 3, MESSAGE_DESTINATION_SHIFT = 12,
       MESSAGE_MODE_SHIFT = 8, MESSAGE_LEVEL = 1 << 15, FIRST_REGISTER = 0x20 };

static bool is_logical_target(const struct lapic *lapic, uint32_t destination)
{
    const struct lapic_state *s = &lapic->state;
    uint32_t ldr = lapic_logical_id(lapic);
    if (lapic_is_x2apic(lapic)) {
        return destination >> 16 == ldr >> 16 && (destination & ldr & 0xffff);
    }
    uint8_t wanted = (uint8_t)destination, mine = (uint8_t)(ldr >> 24);
    if (s->destination_format >> 28 == DFR_FLAT) {
        return wanted & mine;
    }
    if (s->destination_format >> 28 == DFR_CLUSTER) {
        return (wanted >> 4 == 0xf || wanted >> 4 == mine >> 4) && (wanted & mine & 0xf);
    }
    return false;
}

static bool is_target(const struct lapic *lapic, const struct lapic_message *message)
{
    if (!lapic_is_enabled(lapic)) {
        return false;
    }
    if (message->destination == LAPIC_BROADCAST) {
        return true;
    }
    return message->logical ? is_logical_target(lapic, message->destination) : lapic->state.id == message->destination;
}

bool lapic_bus_send(struct lapic_bus *bus, const struct lapic_message *message)
{
    struct lapic *lowest = NULL;
    bool taken = false;
    for (unsigned i = 0; i < bus->count; i++) {
        struct lapic *lapic = bus->lapics[i];
        if (!is_target(lapic, message)) {
            continue;
        }
        if (message->mode != LAPIC_LOWEST) {
            lapic_deliver(lapic, message);
            taken = true;
        } else if (lapic_accepts_fixed(lapic) && (!lowest || lapic_ppr(lapic) < lapic_ppr(lowest))) {
            lowest = lapic;
        }
    }
    if (lowest) {
        lapic_deliver(lowest, message);
    }
    return taken || lowest;
}

void lapic_bus_on_eoi(struct lapic_bus *bus, void (*eoi)(void *opaque, uint8_t vector), void *opaque)
{
    g_assert(bus->listener_count < ARRAY_LEN(bus->listeners));
    bus->listeners[bus->listener_count].eoi = eoi;
    bus->listeners[bus->listener_count++].opaque = opaque;
}

void lapic_bus_broadcast_eoi(struct lapic_bus *bus, uint8_t vector)
{
    for (unsigned i = 0; i < bus->listener_count; i++) {
        bus->listeners[i].eoi(bus->listeners[i].opaque, vector);
    }
}

/* The 8259's output is wired to LINT0 of all. */
static void set_pic_line(void *controller, unsigned input, bool level)
{
    struct lapic_bus *bus = controller;
    bus->pic_level = level;
    for (unsigned i = 0; i < bus->count; i++) {
        lapic_lint0_changed(bus->lapics[i], level);
    }
}

struct irq_line lapic_bus_pic_line(struct lapic_bus *bus)
{
    return (struct irq_line){ set_pic_line, bus, 0 };
}

/* ---- The window ---- */

static struct lapic *accessed(struct lapic_bus *bus)
{
    unsigned cpu = memory_requester(bus->machine->memory);
    struct lapic *lapic = cpu < bus->count ? bus->lapics[cpu] : NULL;
    return lapic && lapic_is_enabled(lapic) && !lapic_is_x2apic(lapic) ? lapic : NULL;
}

static uint64_t window_read(void *device, uint64_t offset, unsigned size)
{
    struct lapic *lapic = accessed(device);
    return lapic ? lapic_read_register(lapic, (unsigned)offset) : UINT32_MAX;
}

/* An interrupt message (SDM 3, "Message Address Register Format"): destination in address bits 19..12. A redirection hint
 * asks for one CPU among those addressed. */
static void send_message(struct lapic_bus *bus, uint64_t address, uint32_t data)
{
    uint8_t destination = (uint8_t)(address >> MESSAGE_DESTINATION_SHIFT);
    struct lapic_message message = {
        .destination = destination == 0xff ? LAPIC_BROADCAST : destination, .logical = address & MESSAGE_LOGICAL,
        .mode = data >> MESSAGE_MODE_SHIFT & 7, .vector = (uint8_t)data, .level = data & MESSAGE_LEVEL,
    };
    if (message.mode == LAPIC_FIXED && address & MESSAGE_REDIRECTION) {
        message.mode = LAPIC_LOWEST;
    }
    lapic_bus_send(bus, &message);
}

static void window_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct lapic *lapic = accessed(device);
    if (offset < FIRST_REGISTER) {      /* no register there: a message for APIC 0 */
        send_message(device, offset, (uint32_t)value);
    } else if (lapic) {
        lapic_write_register(lapic, (unsigned)offset, (uint32_t)value);
    }
}

static void message_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    send_message(device, offset, (uint32_t)value);
}

static const struct io_ops window_ops = { window_read, window_write, 4, 4 };
static const struct io_ops message_ops = { NULL, message_write, 4, 4 };

/* All CPUs share the window, so that of the first one decides where it is. */
void lapic_bus_base_changed(struct lapic_bus *bus, const struct lapic *lapic)
{
    uint64_t base = lapic->state.base_msr & LAPIC_BASE_ADDRESS;
    if (!lapic->index) {
        region_set_address(bus->region, base);
    } else if (base != (bus->lapics[0]->state.base_msr & LAPIC_BASE_ADDRESS)) {
        log_write(bus->machine->log, LOG_unimp, "lapic %u: a base of its own, %#" G_GINT64_MODIFIER "x\n",
                  lapic->index, base);
    }
}

/* The bus keeps no state of the guest's; it is a device so that it goes when the machine goes. */
static void reset(void *device)
{
    struct lapic_bus *bus = device;
    bus->state = (struct lapic_bus_state){ 0 };
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct lapic_bus_state, unused) };

const struct device_type lapic_bus_type = {
    .name = "lapic-bus",
    .reset = reset,
    .state_offset = offsetof(struct lapic_bus, state),
    .state_size = sizeof(struct lapic_bus_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct lapic_bus *lapic_bus_new(struct machine *machine, struct i8259 *pic)
{
    struct lapic_bus *bus = g_new0(struct lapic_bus, 1);
    bus->machine = machine;
    bus->pic = pic;
    memory_add_io(machine->memory, "lapic-messages", LAPIC_DEFAULT_ADDRESS, MESSAGE_BYTES, &message_ops, bus,
                  LAPIC_PRIORITY - 1);
    bus->region = memory_add_io(machine->memory, "lapic", LAPIC_DEFAULT_ADDRESS, 0x1000, &window_ops, bus,
                                LAPIC_PRIORITY);
    machine_add_device(machine, &lapic_bus_type, bus);
    return bus;
}
