/* SPDX-License-Identifier: MIT */
/*
 * Intel 82441FX (PMC) host bridge, data sheet 290549: the programmable attributes of the 13 segments between C0000h and
 * FFFFFh (PAM, 3.2.18) and the SMRAM window A0000h..BFFFFh (3.2.19). Memory timing and error registers can be written
 * and read back, nothing more. Left out: the difference between code and data with SMRAM.D_CLS.
 */
#include "hw/pci/i440fx.h"

enum { PAM0 = 0x59, SMRAM = 0x72, PAM_READ = 1, PAM_WRITE = 2 };
enum { SMRAM_BASE_SEGMENT = 0x02, SMRAM_ENABLE = 0x08, SMRAM_LOCK = 0x10, SMRAM_CLOSE = 0x20, SMRAM_OPEN = 0x40 };
enum { LOW_BASE = 0xa0000, LOW_BYTES = 0x60000, SMRAM_BYTES = 0x20000 };

static unsigned segment_bytes(unsigned n)
{
    return n ? 0x4000 : 0x10000;
}

/* Segment 0 is F0000h with the high half of PAM0; the others go up from C0000h, two a register, low half first. */
static unsigned segment_attributes(const struct i440fx *chip, unsigned n)
{
    const uint8_t *config = chip->state.pci.config;
    return (n ? config[PAM0 + (n + 1) / 2] >> ((n - 1) % 2 * 4) : config[PAM0] >> 4) & (PAM_READ | PAM_WRITE);
}

static void update_pam(struct i440fx *chip)
{
    for (unsigned n = 0; n < I440FX_PAM_SEGMENTS; n++) {
        struct i440fx_segment *segment = &chip->segments[n];
        unsigned attributes = segment_attributes(chip, n);
        region_set_read_only(segment->dram, !(attributes & PAM_WRITE));
        region_set_enabled(segment->dram, attributes & PAM_READ);
        region_set_enabled(segment->write_only, attributes == PAM_WRITE);
    }
}

static void update_smram(struct i440fx *chip)
{
    uint8_t *smram = &chip->state.pci.config[SMRAM];
    if (*smram & SMRAM_LOCK) {
        *smram &= (uint8_t)~SMRAM_OPEN;
        chip->pci.writable[SMRAM] = 0;
    } else {
        chip->pci.writable[SMRAM] = SMRAM_ENABLE | SMRAM_LOCK | SMRAM_CLOSE | SMRAM_OPEN;
    }
    bool enabled = *smram & SMRAM_ENABLE;
    region_set_enabled(chip->smram_open, enabled && (*smram & SMRAM_OPEN));
    region_set_enabled(chip->smram_smm, enabled);
}

static void config_written(struct pci_device *device, unsigned offset, unsigned size)
{
    struct i440fx *chip = (struct i440fx *)((char *)device - offsetof(struct i440fx, pci));
    if (offset < PAM0 + 7 && offset + size > PAM0) {
        update_pam(chip);
    }
    if (offset <= SMRAM && offset + size > SMRAM) {
        update_smram(chip);
    }
}

/* Reads go to PCI, writes to DRAM: what firmware uses to copy a ROM onto itself. */
static uint64_t write_only_read(void *opaque, uint64_t offset, unsigned size)
{
    struct i440fx_segment *segment = opaque;
    return memory_read_below(segment->chip->machine->memory, I440FX_PRIORITY_DRAM, segment->address + offset, size);
}

static void write_only_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct i440fx_segment *segment = opaque;
    memory_write_ram(segment->chip->machine->memory, segment->chip->machine->ram, segment->address + offset, value,
                     size);
}

static const struct io_ops write_only_ops = { write_only_read, write_only_write, 1, 8 };
static const struct io_ops nothing_ops = { NULL, NULL, 1, 8 };

static void loaded(void *device)
{
    struct i440fx *chip = device;
    pci_device_loaded(&chip->pci);
    update_pam(chip);
    update_smram(chip);
}

static void reset(void *device)
{
    struct i440fx *chip = device;
    chip->state = (struct i440fx_state){ 0 };
    pci_device_reset(&chip->pci);
    loaded(chip);
}

static const struct snapshot_field fields[] = { SNAPSHOT_FIELD(struct i440fx_state, pci) };

const struct device_type i440fx_type = {
    .name = "i440fx",
    .reset = reset,
    .loaded = loaded,
    .state_offset = offsetof(struct i440fx, state),
    .state_size = sizeof(struct i440fx_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

static void add_regions(struct i440fx *chip)
{
    struct memory *memory = chip->machine->memory;
    struct ram *ram = chip->machine->ram;
    memory_add_io(memory, "pci-low", LOW_BASE, LOW_BYTES, &nothing_ops, chip, I440FX_PRIORITY_PCI);
    for (unsigned n = 0; n < I440FX_PAM_SEGMENTS; n++) {
        struct i440fx_segment *segment = &chip->segments[n];
        segment->chip = chip;
        segment->address = n ? 0xc0000 + (n - 1) * 0x4000 : 0xf0000;
        segment->dram = memory_add_ram(memory, "pam-dram", segment->address, segment_bytes(n), ram, segment->address,
                                       true, I440FX_PRIORITY_DRAM);
        segment->write_only = memory_add_io(memory, "pam-write-only", segment->address, segment_bytes(n),
                                            &write_only_ops, segment, I440FX_PRIORITY_DRAM);
    }
    chip->smram_open = memory_add_ram(memory, "smram", LOW_BASE, SMRAM_BYTES, ram, LOW_BASE, false,
                                      I440FX_PRIORITY_DRAM);
    chip->smram_smm = memory_add_ram(memory, "smram-smm", LOW_BASE, SMRAM_BYTES, ram, LOW_BASE, false,
                                     I440FX_PRIORITY_DRAM);
    region_set_smm_only(chip->smram_smm, true);
}

struct i440fx *i440fx_new(struct machine *machine, struct pci_bus *bus)
{
    static const struct pci_identity identity = { .vendor = 0x8086, .device = 0x1237, .class_code = 0x0600,
                                                  .revision = 2 };
    struct i440fx *chip = g_new0(struct i440fx, 1);
    g_assert(machine->ram_bytes >= 1 << 20);
    chip->machine = machine;
    pci_device_init(&chip->pci, bus, 0, 0, &chip->state.pci, &identity);
    chip->pci.reset_config[SMRAM] = SMRAM_BASE_SEGMENT;
    for (unsigned offset = 0x50; offset < 0x80; offset++) {
        chip->pci.writable[offset] = 0xff;
    }
    for (unsigned offset = PAM0; offset < PAM0 + 7; offset++) {
        chip->pci.writable[offset] = 0x33;
    }
    chip->pci.config_written = config_written;
    add_regions(chip);
    machine_add_device(machine, &i440fx_type, chip);
    return chip;
}
