/* SPDX-License-Identifier: MIT */
#ifndef HW_PCI_PCI_H
#define HW_PCI_PCI_H
/*
 * PCI: a bus with configuration mechanism 1 (ports CF8h, CFCh), configuration space of devices, base addresses mapped
 * into memory and ports, INTx, capabilities. Message-signalled interrupts are msi.h.
 *
 * A device embeds struct pci_device; its 256 bytes of configuration space are part of its state, so the device's own
 * snapshot fields name them. Masks say which bits a guest may write and which a written 1 clears.
 */
#include "machine/machine.h"

enum { PCI_BARS = 6, PCI_CONFIG_BYTES = 256, PCI_DEVICES = 256, PCI_PINS = 4 };
enum {  /* configuration registers, PCI 3.0 chapter 6 */
    PCI_VENDOR_ID = 0x00, PCI_DEVICE_ID = 0x02, PCI_COMMAND = 0x04, PCI_STATUS = 0x06, PCI_REVISION_ID = 0x08,
    PCI_CLASS_PROG = 0x09, PCI_CLASS_DEVICE = 0x0a, PCI_HEADER_TYPE = 0x0e, PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2c, PCI_SUBSYSTEM_ID = 0x2e, PCI_ROM_ADDRESS = 0x30,
    PCI_CAPABILITIES = 0x34, PCI_INTERRUPT_LINE = 0x3c, PCI_INTERRUPT_PIN = 0x3d,
    PCI_COMMAND_IO = 1 << 0, PCI_COMMAND_MEMORY = 1 << 1, PCI_COMMAND_MASTER = 1 << 2,
    PCI_COMMAND_INTX_DISABLE = 1 << 10,
    PCI_STATUS_INTERRUPT = 1 << 3, PCI_STATUS_CAPABILITIES = 1 << 4, PCI_STATUS_FAST_BACK = 1 << 7, PCI_STATUS_DEVSEL_MEDIUM = 1 << 9,
    PCI_CAPABILITY_MSI = 0x05, PCI_CAPABILITY_VENDOR = 0x09, PCI_CAPABILITY_MSIX = 0x11,
    PCI_SUBSYSTEM_VENDOR = 0x1af4, PCI_SUBSYSTEM_DEVICE = 0x1100,      /* those of QEMU's devices, which guests know */
};

struct msi;
struct msix;
struct pci_bus;
struct pci_device;

/* Guest-visible part of any device: lives in the device's state struct. */
struct pci_state { uint8_t config[PCI_CONFIG_BYTES]; };

struct pci_identity { uint16_t vendor, device, class_code, status; uint8_t prog_if, revision, header_type, interrupt_pin; };

struct pci_device {
    struct pci_state *state;
    struct pci_bus *bus;
    uint8_t devfn;
    uint8_t writable[PCI_CONFIG_BYTES], clears[PCI_CONFIG_BYTES];
    uint8_t reset_config[PCI_CONFIG_BYTES];
    /* ram: bytes of the machine's device memory behind it, from ram_offset; 0: none that is given back */
    struct pci_bar { struct region *region; uint64_t bytes, ram_offset, ram_bytes; bool io, wide; } bars[PCI_BARS];
    struct pci_bar rom;
    bool intx_level;
    bool removable;                             /* may be pulled out while the machine runs; set by the board */
    uint8_t capabilities_end;                   /* where the next capability goes */
    struct msi *msi;                            /* NULL: none; see msi.h */
    struct msix *msix;
    /* Optional: told after a guest's write to configuration space. */
    void (*config_written)(struct pci_device *device, unsigned offset, unsigned size);
    /* Optional: told before a guest's read; for registers that read through to something else. */
    void (*config_reading)(struct pci_device *device, unsigned offset, unsigned size);
};

struct pci_bus_state { uint32_t address; };     /* CF8h */

struct pci_bus {
    struct pci_bus_state state;
    struct machine *machine;
    struct pci_device *devices[PCI_DEVICES];
    uint8_t pin_levels[PCI_PINS][PCI_DEVICES / 8];
    struct irq_line pirq[PCI_PINS];             /* PIRQA..D; set by the ISA bridge or host bridge */
    unsigned pirq_first_slot;                   /* the slot whose INTA is PIRQA: 1 on a PC */
    bool io_from_zero;                          /* ports from 0 on are PCI's: a base address of 0 is one */
    /* The byte at CF9h lies inside the address register but is the ISA bridge's: only bytes reach it. */
    struct { uint8_t (*read)(void *opaque); void (*write)(void *opaque, uint8_t value); void *opaque; } reset_control;
    /* Interrupt messages; NULL: a write of four bytes to memory. For controllers that must know the sender (GICv3 ITS). */
    struct { void (*send)(void *opaque, uint16_t requester, uint64_t address, uint32_t data); void *opaque; } message;
};

extern const struct device_type pci_bus_type;

struct pci_bus *pci_bus_new(struct machine *machine);
/* A bus that is configured by other means than ports; INTA of slot 0 is PIRQA. */
struct pci_bus *pci_bus_new_without_ports(struct machine *machine);
/* Before the device is added to the machine: fills its reset configuration and puts it on the bus. */
void pci_device_init(struct pci_device *device, struct pci_bus *bus, unsigned slot, unsigned function,
                     struct pci_state *state, const struct pci_identity *identity);
/* Power of two. The handlers get offsets inside the BAR. wide: 64 bits, takes two. */
void pci_device_add_bar(struct pci_device *device, unsigned index, uint64_t bytes, bool io, bool wide,
                        const struct io_ops *ops, void *opaque);
/* A capability of `bytes`, its id and the link to the next filled in; behind those before it, from 40h. Before the device is
 * added to the machine. Returns its offset; its other bytes are set in reset_config and writable. */
unsigned pci_device_add_capability(struct pci_device *device, uint8_t id, unsigned bytes);
/* A base address with the device's own memory behind it, [ram_offset, +bytes) of the machine's memory object (see
 * machine_take_ram); prefetchable, as memory without side effects may be. */
void pci_device_add_ram_bar(struct pci_device *device, unsigned index, uint64_t bytes, bool wide, uint64_t ram_offset);
/* What software has set a base address to, for people who look: index PCI_BARS is the expansion ROM. bytes 0: there is none;
 * set: it is not 0. Machine lock held. */
struct pci_place { uint64_t address, bytes; bool io, wide, prefetchable, set; };
struct pci_place pci_bar_place(const struct pci_device *device, unsigned index);
/* An expansion ROM (PCI 3.0, 6.2.5.2 and 6.3): the image is copied. false: no room for it. */
bool pci_device_add_rom(struct pci_device *device, const void *image, size_t image_bytes);
/* Off the bus, machine lock held: nobody answers for it from now on, its interrupt line falls, memory of its ROM is given back.
 * The device is reset before, so that nothing of its is under way. */
void pci_device_remove(struct pci_device *device);
/* For the device's reset function and after its state was loaded. */
void pci_device_reset(struct pci_device *device);
void pci_device_loaded(struct pci_device *device);
/* The INTx pin that the identity names. */
void pci_device_set_intx(struct pci_device *device, bool level);
/* An interrupt message, if the device may master the bus. */
void pci_device_send_message(struct pci_device *device, uint64_t address, uint32_t data);
/* Configuration accesses, 1, 2 or 4 bytes, not crossing a register of four: for other mechanisms than ports (ECAM).
 * Nobody there: reads give all ones. */
uint32_t pci_bus_config_read(struct pci_bus *bus, unsigned devfn, unsigned offset, unsigned size);
void pci_bus_config_write(struct pci_bus *bus, unsigned devfn, unsigned offset, uint32_t value, unsigned size);

static inline uint16_t pci_word(const struct pci_state *state, unsigned offset)
{
    return (uint16_t)(state->config[offset] | state->config[offset + 1] << 8);
}
static inline uint32_t pci_long(const struct pci_state *state, unsigned offset)
{
    return pci_word(state, offset) | (uint32_t)pci_word(state, offset + 2) << 16;
}

#endif
