/* SPDX-License-Identifier: MIT */
/*
 * Intel 82371SB (PIIX3) IDE controller, data sheet 290550, 2.3 and 2.4: PCI function 1, two channels in compatibility mode
 * (1F0h/3F6h interrupt 14, 170h/376h interrupt 15), bus-master registers in base address 4.
 * The timing registers can be written and read back and change nothing; the channels decode their ports whatever
 * IDETIM's enable bit says, as not every firmware sets it. Left out: native mode, UDMA timing (PIIX4 has it; drivers take
 * multiword DMA here, at the same speed).
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

enum { PCI_IDETIM = 0x40, PCI_SIDETIM = 0x44, BAR_BUS_MASTER = 4, BUS_MASTER_BYTES = 16, CHANNEL_BYTES = 8 };

static const struct { uint16_t command, control; } ports[IDE_CHANNELS] = { { 0x1f0, 0x3f6 }, { 0x170, 0x376 } };

/* ---- Ports ---- */

static uint64_t command_read(void *opaque, uint64_t offset, unsigned size)
{
    return ide_register_read(opaque, (unsigned)offset, size);
}

static void command_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ide_register_write(opaque, (unsigned)offset, value, size);
}

static unsigned data_read_string(void *opaque, uint64_t offset, unsigned size, void *buffer, unsigned count)
{
    return offset ? 0 : ide_data_read_string(opaque, size, buffer, count);
}

static unsigned data_write_string(void *opaque, uint64_t offset, unsigned size, const void *buffer, unsigned count)
{
    return offset ? 0 : ide_data_write_string(opaque, size, buffer, count);
}

static uint64_t control_read(void *opaque, uint64_t offset, unsigned size)
{
    return ide_alternate_status(opaque);
}

static void control_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ide_control_write(opaque, (uint8_t)value);
}

static uint64_t master_read(void *opaque, uint64_t offset, unsigned size)
{
    struct piix3_ide *ide = opaque;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        unsigned at = (unsigned)offset + i;
        value |= (uint64_t)bus_master_read(&ide->channels[at / CHANNEL_BYTES], at % CHANNEL_BYTES) << i * 8;
    }
    return value;
}

static void master_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix3_ide *ide = opaque;
    for (unsigned i = 0; i < size; i++) {
        unsigned at = (unsigned)offset + i;
        bus_master_write(&ide->channels[at / CHANNEL_BYTES], at % CHANNEL_BYTES, (uint8_t)(value >> i * 8));
    }
}

static const struct io_ops command_ops = { command_read, command_write, 1, 4 };
static const struct io_strings data_strings = { data_read_string, data_write_string };
static const struct io_ops control_ops = { control_read, control_write, 1, 1 };
static const struct io_ops master_ops = { master_read, master_write, 1, 4 };

static void run_all(struct piix3_ide *ide)
{
    for (unsigned i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
        transfer_run(&ide->channels[i / IDE_DRIVES].drives[i % IDE_DRIVES]);
    }
}

/* Bus mastering may have been allowed just now. */
static void config_written(struct pci_device *device, unsigned offset, unsigned size)
{
    if (offset < PCI_COMMAND + 2 && offset + size > PCI_COMMAND) {
        run_all((struct piix3_ide *)((char *)device - offsetof(struct piix3_ide, pci)));
    }
}

/* ---- Drives ---- */

static void medium_changed(void *opaque)
{
    struct ide_drive *drive = opaque;
    disk_get_facts(drive->disk, &drive->facts);
    drive->sectors = drive->facts.bytes / SECTOR_BYTES;
    if (drive->kind == IDE_CDROM) {
        atapi_medium_changed(drive);
    }
}

static bool eject_requested(void *opaque, bool force)
{
    struct ide_drive *drive = opaque;
    struct ide_drive_state *s = drive->state;
    if (drive->kind != IDE_CDROM) {
        return true;
    }
    if (s->locked && !force) {
        s->media_event = EVENT_EJECT_REQUEST;
        return true;
    }
    s->tray_open = 1;
    return false;
}

void piix3_ide_attach(struct piix3_ide *ide, unsigned index, enum ide_kind kind, struct disk *disk)
{
    struct ide_drive *drive = &ide->channels[index / IDE_DRIVES].drives[index % IDE_DRIVES];
    const struct disk_listener listener = { drive, medium_changed, eject_requested };
    drive->kind = kind;
    drive->disk = disk;
    disk_get_facts(disk, &drive->facts);
    drive->sectors = drive->facts.bytes / SECTOR_BYTES;
    g_strlcpy(drive->model, drive->facts.model, sizeof(drive->model));
    g_strlcpy(drive->serial, drive->facts.serial, sizeof(drive->serial));
    if (!drive->model[0]) {
        g_strlcpy(drive->model, kind == IDE_CDROM ? "DRAGOMAN DVD-ROM" : "DRAGOMAN HARDDISK", sizeof(drive->model));
    }
    if (!drive->serial[0]) {
        g_snprintf(drive->serial, sizeof(drive->serial), "DM%05u", index + 1);
    }
    disk_set_listener(disk, &listener);
    ide_drive_reset(drive, false);
}

const struct ide_drive *piix3_ide_drive(const struct piix3_ide *ide, unsigned index)
{
    return &ide->channels[index / IDE_DRIVES].drives[index % IDE_DRIVES];
}

/* ---- The device ---- */

/* What was loaded may come from anywhere: no index leaves its array, no transfer is without a disk. */
static void check_state(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    uint32_t block = drive->kind == IDE_CDROM ? CD_BLOCK_BYTES : SECTOR_BYTES;
    bool sound = s->buffer_at <= s->piece_end && s->piece_end <= s->buffer_end && s->buffer_end <= IDE_BUFFER_BYTES &&
                 s->block_bytes <= CD_RAW_BYTES && s->phase < PHASE_COUNT && s->heads && s->sectors;
    if (s->phase == PHASE_PACKET) {
        sound = s->buffer_at < IDE_PACKET_BYTES;
    } else if (s->phase == PHASE_DMA_BUFFER_IN || s->phase == PHASE_DMA_BUFFER_OUT || s->phase == PHASE_DISCARD) {
        sound = s->buffer_at <= s->buffer_end && s->buffer_end <= IDE_BUFFER_BYTES && s->heads && s->sectors;
    }
    if (s->phase == PHASE_FILL || s->phase == PHASE_DRAIN || s->phase == PHASE_DMA_IN || s->phase == PHASE_DMA_OUT ||
        s->left) {
        sound &= s->block_bytes && s->left && (drive->kind == IDE_CDROM || s->block_bytes == block);
    }
    if (!sound || (drive->kind == IDE_NONE && s->phase != PHASE_IDLE)) {
        ide_drive_reset(drive, false);
    }
}

static void loaded(void *device)
{
    struct piix3_ide *ide = device;
    pci_device_loaded(&ide->pci);
    for (unsigned i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
        struct ide_drive *drive = &ide->channels[i / IDE_DRIVES].drives[i % IDE_DRIVES];
        transfer_cancel(drive);
        check_state(drive);
    }
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        ide->state.channels[i].selected &= 1;
        ide_restore_irq(&ide->channels[i]);
    }
    run_all(ide);
}

static void reset(void *device)
{
    struct piix3_ide *ide = device;
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        struct ide_channel_state *s = ide->channels[i].state;
        for (unsigned unit = 0; unit < IDE_DRIVES; unit++) {
            ide_drive_reset(&ide->channels[i].drives[unit], false);
        }
        memset(&s->cursor, 0, sizeof(s->cursor));
        s->dma_table = 0;
        s->dma_command = s->dma_status = s->control = s->selected = 0;
        ide_update_irq(&ide->channels[i]);
    }
    pci_device_reset(&ide->pci);
}

static void piix3_ide_free(void *device)
{
    struct piix3_ide *ide = device;
    for (unsigned i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
        struct ide_drive *drive = &ide->channels[i / IDE_DRIVES].drives[i % IDE_DRIVES];
        transfer_cancel(drive);
        g_aligned_free(drive->scratch);
    }
    g_free(ide);
}

#define FIELD(member) SNAPSHOT_FIELD(struct piix3_ide_state, member)
static const struct snapshot_field fields[] = { FIELD(pci), FIELD(channels) };

const struct device_type piix3_ide_type = {
    .name = "piix3-ide",
    .reset = reset,
    .loaded = loaded,
    .free = piix3_ide_free,
    .state_offset = offsetof(struct piix3_ide, state),
    .state_size = sizeof(struct piix3_ide_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

static void init_channel(struct piix3_ide *ide, unsigned number, struct irq_line irq)
{
    struct ide_channel *channel = &ide->channels[number];
    *channel = (struct ide_channel){ .state = &ide->state.channels[number], .controller = ide, .machine = ide->machine,
                                     .irq = irq, .number = number };
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        channel->drives[i] = (struct ide_drive){ .state = &channel->state->drives[i], .channel = channel, .unit = i };
    }
    region_set_strings(memory_add_io(ide->machine->ports, "ide", ports[number].command, 8, &command_ops, channel, 0),
                       &data_strings);
    memory_add_io(ide->machine->ports, "ide-control", ports[number].control, 1, &control_ops, channel, 0);
}

struct piix3_ide *piix3_ide_new(struct machine *machine, struct pci_bus *bus, unsigned slot,
                                const struct irq_line irqs[IDE_CHANNELS])
{
    static const struct pci_identity identity = {
        .vendor = 0x8086, .device = 0x7010, .class_code = 0x0101, .prog_if = 0x80,
        .status = PCI_STATUS_DEVSEL_MEDIUM | PCI_STATUS_FAST_BACK,
    };
    struct piix3_ide *ide = g_new0(struct piix3_ide, 1);
    ide->machine = machine;
    pci_device_init(&ide->pci, bus, slot, 1, &ide->state.pci, &identity);
    memset(ide->pci.writable + PCI_IDETIM, 0xff, 4);
    ide->pci.writable[PCI_SIDETIM] = 0xff;
    ide->pci.config_written = config_written;
    pci_device_add_bar(&ide->pci, BAR_BUS_MASTER, BUS_MASTER_BYTES, true, false, &master_ops, ide);
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        init_channel(ide, i, irqs[i]);
    }
    machine_add_device(machine, &piix3_ide_type, ide);
    return ide;
}
