/* SPDX-License-Identifier: MIT */
/*
 * Intel 82093AA I/O APIC, data sheet 290566. Pins are "asserted" whatever polarity the entry names: the boards' lines
 * have none. An edge on a masked pin is lost, as on the chip. Left out: delivery status (messages arrive at once),
 * the arbitration register beyond being readable.
 */
#include "hw/intc/ioapic.h"

enum { WINDOW_SELECT = 0x00, WINDOW_DATA = 0x10, IOAPIC_ADDRESS = 0xfec00000, IOAPIC_PRIORITY = 20 };
enum { REG_ID = 0, REG_VERSION = 1, REG_ARBITRATION = 2, REG_REDIRECTION = 0x10,
       VERSION = 0x11 | (IOAPIC_PINS - 1) << 16 };
enum { RTE_VECTOR = 0xff, RTE_MODE_SHIFT = 8, RTE_LOGICAL = 1 << 11, RTE_REMOTE_IRR = 1 << 14, RTE_LEVEL = 1 << 15,
       RTE_MASKED = 1 << 16, RTE_DESTINATION_SHIFT = 56 };
#define RTE_WRITABLE 0xff0000000001afffull

static void send(struct ioapic *ioapic, unsigned pin)
{
    uint64_t *entry = &ioapic->state.redirection[pin];
    uint8_t destination = (uint8_t)(*entry >> RTE_DESTINATION_SHIFT);
    struct lapic_message message = {
        .destination = destination == 0xff ? UINT32_MAX : destination, .logical = *entry & RTE_LOGICAL,
        .mode = *entry >> RTE_MODE_SHIFT & 7, .vector = (uint8_t)*entry, .level = *entry & RTE_LEVEL,
    };
    if (message.level) {
        *entry |= RTE_REMOTE_IRR;
    }
    lapic_bus_send(ioapic->bus, &message);
}

/* Level: sent while asserted and not yet taken up. */
static void service_level(struct ioapic *ioapic, unsigned pin)
{
    uint64_t entry = ioapic->state.redirection[pin];
    if ((ioapic->state.lines >> pin & 1) && (entry & RTE_LEVEL) && !(entry & (RTE_MASKED | RTE_REMOTE_IRR))) {
        send(ioapic, pin);
    }
}

static void set_pin(void *controller, unsigned pin, bool level)
{
    struct ioapic *ioapic = controller;
    uint32_t bit = 1u << pin;
    bool rose = level && !(ioapic->state.lines & bit);
    ioapic->state.lines = level ? ioapic->state.lines | bit : ioapic->state.lines & ~bit;
    if (rose && !(ioapic->state.redirection[pin] & (RTE_LEVEL | RTE_MASKED))) {
        send(ioapic, pin);
    }
    service_level(ioapic, pin);
}

struct irq_line ioapic_input(struct ioapic *ioapic, unsigned pin)
{
    g_assert(pin < IOAPIC_PINS);
    return (struct irq_line){ set_pin, ioapic, pin };
}

static void on_eoi(void *opaque, uint8_t vector)
{
    struct ioapic *ioapic = opaque;
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        uint64_t *entry = &ioapic->state.redirection[pin];
        if ((*entry & RTE_VECTOR) == vector && (*entry & RTE_REMOTE_IRR)) {
            *entry &= ~(uint64_t)RTE_REMOTE_IRR;
            service_level(ioapic, pin);
        }
    }
}

static uint32_t read_register(const struct ioapic *ioapic)
{
    uint8_t reg = ioapic->state.select;
    switch (reg) {
    case REG_ID:
    case REG_ARBITRATION: return ioapic->state.id << 24;
    case REG_VERSION: return VERSION;
    }
    if (reg >= REG_REDIRECTION && reg < REG_REDIRECTION + 2 * IOAPIC_PINS) {
        return (uint32_t)(ioapic->state.redirection[(reg - REG_REDIRECTION) / 2] >> (reg & 1) * 32);
    }
    return 0;
}

static void write_register(struct ioapic *ioapic, uint32_t value)
{
    uint8_t reg = ioapic->state.select;
    if (reg == REG_ID) {
        ioapic->state.id = value >> 24 & 15;
    }
    if (reg < REG_REDIRECTION || reg >= REG_REDIRECTION + 2 * IOAPIC_PINS) {
        return;
    }
    unsigned pin = (reg - REG_REDIRECTION) / 2u, shift = (reg & 1) * 32;
    uint64_t *entry = &ioapic->state.redirection[pin];
    uint64_t writable = RTE_WRITABLE & 0xffffffffull << shift;
    *entry = (*entry & ~writable) | ((uint64_t)value << shift & writable);
    if (!(*entry & RTE_LEVEL)) {
        *entry &= ~(uint64_t)RTE_REMOTE_IRR;        /* edge: there is no such thing; software uses this to clear it */
    }
    service_level(ioapic, pin);
}

static uint64_t window_read(void *device, uint64_t offset, unsigned size)
{
    struct ioapic *ioapic = device;
    return offset == WINDOW_SELECT ? ioapic->state.select : offset == WINDOW_DATA ? read_register(ioapic) : UINT32_MAX;
}

static void window_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct ioapic *ioapic = device;
    if (offset == WINDOW_SELECT) {
        ioapic->state.select = (uint8_t)value;
    } else if (offset == WINDOW_DATA) {
        write_register(ioapic, (uint32_t)value);
    }
}

static const struct io_ops window_ops = { window_read, window_write, 4, 4 };

static void reset(void *device)
{
    struct ioapic *ioapic = device;
    ioapic->state = (struct ioapic_state){ .id = ioapic->initial_id };
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        ioapic->state.redirection[pin] = RTE_MASKED;
    }
}

#define FIELD(member) SNAPSHOT_FIELD(struct ioapic_state, member)
static const struct snapshot_field fields[] = { FIELD(redirection), FIELD(lines), FIELD(id), FIELD(select),
                                                FIELD(pad) };

const struct device_type ioapic_type = {
    .name = "ioapic",
    .reset = reset,
    .state_offset = offsetof(struct ioapic, state),
    .state_size = sizeof(struct ioapic_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct ioapic *ioapic_new(struct machine *machine, struct lapic_bus *bus, unsigned apic_id)
{
    struct ioapic *ioapic = g_new0(struct ioapic, 1);
    ioapic->bus = bus;
    ioapic->initial_id = apic_id & 15;
    lapic_bus_on_eoi(bus, on_eoi, ioapic);
    memory_add_io(machine->memory, "ioapic", IOAPIC_ADDRESS, 0x1000, &window_ops, ioapic, IOAPIC_PRIORITY);
    machine_add_device(machine, &ioapic_type, ioapic);
    return ioapic;
}
