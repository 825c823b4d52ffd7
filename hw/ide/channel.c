/* SPDX-License-Identifier: MIT */
/*
 * An IDE channel: command block and control block registers of two drives on one cable (ATA/ATAPI-6, T13/1410D, clauses
 * 7 and 9). Both drives see what is written to the command block; the selected one answers and owns INTRQ. Where nobody
 * is, registers read as 0: that is how firmware and drivers tell.
 * Left out: the address register 3F7h (its port is the floppy controller's), overlapped and queued commands.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

enum ide_register { DATA = 0, FEATURES_ERROR = 1, COUNT = 2, LBA_LOW = 3, LBA_MID = 4, LBA_HIGH = 5, DEVICE = 6,
                    COMMAND_STATUS = 7 };
enum { COMMAND_DEVICE_RESET = 0x08, COMMAND_DIAGNOSTIC = 0x90 };

static struct ide_drive *selected_drive(struct ide_channel *channel)
{
    return &channel->drives[channel->state->selected & 1];
}

void ide_restore_irq(struct ide_channel *channel)
{
    const struct ide_channel_state *s = channel->state;
    channel->line = s->drives[s->selected & 1].interrupt && !(s->control & CONTROL_NIEN);
    irq_set(&channel->irq, channel->line);
}

void ide_update_irq(struct ide_channel *channel)
{
    const bool before = channel->line;
    ide_restore_irq(channel);
    if (channel->line && !before) {
        channel->state->dma_status |= BMISTA_INTERRUPT;
    }
}

/* ---- Resets ---- */

void ide_drive_reset(struct ide_drive *drive, bool keep)
{
    struct ide_drive_state *s = drive->state;
    transfer_cancel(drive);
    if (!keep) {
        memset(s, 0, sizeof(*s));
        s->tray_open = drive->facts.tray_open;
        s->write_cache = s->look_ahead = s->smart = 1;
        s->multiple = MULTIPLE_MOST;
        s->transfer_mode = 0x22;
        ata_default_translation(drive);
        if (drive->kind == IDE_CDROM) {
            s->attention = (struct ide_sense){ SENSE_ATTENTION, CODE_RESET, 0 };
        }
    }
    if (drive->kind == IDE_NONE) {
        return;
    }
    s->phase = PHASE_IDLE;
    s->interrupt = 0;
    s->left = s->buffer_at = s->piece_end = s->buffer_end = 0;
    s->error = DIAGNOSTIC_PASSED;
    s->status = drive->kind == IDE_DISK ? STATUS_READY : 0;     /* packet devices: DRDY comes with the first command */
    ata_signature(drive);
}

static void write_srst(struct ide_channel *channel, bool on)
{
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        struct ide_drive *drive = &channel->drives[i];
        if (drive->kind == IDE_NONE) {
            continue;
        }
        if (on) {
            transfer_cancel(drive);
            drive->state->phase = PHASE_IDLE;
            drive->state->interrupt = 0;
            drive->state->status = STATUS_BSY;
        } else {
            ide_drive_reset(drive, true);
        }
    }
    channel->state->selected = 0;
}

/* Both drives test themselves at once; device 0 answers for both (ATA/ATAPI-6, 8.11). */
static void run_diagnostic(struct ide_channel *channel)
{
    struct ide_drive *speaker = NULL;
    for (unsigned i = IDE_DRIVES; i-- > 0;) {
        struct ide_drive *drive = &channel->drives[i];
        if (drive->kind != IDE_NONE) {
            ide_drive_reset(drive, true);
            speaker = drive;
        }
    }
    channel->state->selected = 0;
    if (speaker) {
        speaker->state->interrupt = 1;
    }
}

/* ---- Command block ---- */

static uint8_t *pair_of(struct ide_task_file *file, unsigned offset)
{
    switch (offset) {
    case FEATURES_ERROR: return file->features;
    case COUNT: return file->count;
    case LBA_LOW: return file->lba_low;
    case LBA_MID: return file->lba_mid;
    default: return file->lba_high;
    }
}

static uint8_t read_byte(struct ide_channel *channel, unsigned offset)
{
    struct ide_drive *drive = selected_drive(channel);
    struct ide_drive_state *s = drive->state;
    if (drive->kind == IDE_NONE) {
        return 0;
    }
    switch (offset) {
    case FEATURES_ERROR: return s->error;
    case DEVICE: return (uint8_t)(s->device | DEVICE_FIXED | (channel->state->selected ? DEVICE_DEV : 0));
    case COMMAND_STATUS:
        s->interrupt = 0;
        ide_update_irq(channel);
        return s->status;
    default: return pair_of(&s->file, offset)[channel->state->control & CONTROL_HOB ? 1 : 0];
    }
}

uint64_t ide_register_read(struct ide_channel *channel, unsigned offset, unsigned size)
{
    uint64_t value = 0;
    if (offset == DATA) {
        return transfer_port_read(selected_drive(channel), size);
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)read_byte(channel, offset + i) << i * 8;
    }
    return value;
}

uint8_t ide_alternate_status(struct ide_channel *channel)
{
    struct ide_drive *drive = selected_drive(channel);
    return drive->kind == IDE_NONE ? 0 : drive->state->status;
}

static void write_command(struct ide_channel *channel, uint8_t command)
{
    struct ide_drive *drive = selected_drive(channel);
    struct ide_drive_state *s = drive->state;
    if (command == COMMAND_DIAGNOSTIC) {
        run_diagnostic(channel);
        return;
    }
    if (drive->kind == IDE_NONE) {
        return;
    }
    if ((s->status & (STATUS_BSY | STATUS_DRQ)) && !(drive->kind == IDE_CDROM && command == COMMAND_DEVICE_RESET)) {
        log_write(channel->machine->log, LOG_guest_errors, "ide: command %02x while %02x is under way: ignored\n",
                  command, s->command);
        return;
    }
    s->interrupt = 0;
    s->command = command;
    s->error = 0;
    s->status = STATUS_READY;
    s->left = s->block_bytes = 0;
    ata_command(drive, command);
}

static void write_byte(struct ide_channel *channel, unsigned offset, uint8_t value)
{
    if (offset == COMMAND_STATUS) {
        write_command(channel, value);
        return;
    }
    channel->state->control &= (uint8_t)~CONTROL_HOB;
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        struct ide_drive_state *s = channel->drives[i].state;
        if (channel->drives[i].kind == IDE_NONE || (s->status & STATUS_BSY)) {
            continue;                   /* 7.x: writes while BSY are ignored */
        }
        if (offset == DEVICE) {
            s->device = value & (uint8_t)~DEVICE_DEV;
        } else {
            uint8_t *pair = pair_of(&s->file, offset);
            pair[1] = pair[0];
            pair[0] = value;
        }
    }
    if (offset == DEVICE) {
        channel->state->selected = value & DEVICE_DEV ? 1 : 0;
    }
}

void ide_register_write(struct ide_channel *channel, unsigned offset, uint64_t value, unsigned size)
{
    if (offset == DATA) {
        transfer_port_write(selected_drive(channel), (uint32_t)value, size);
    } else {
        for (unsigned i = 0; i < size; i++) {
            write_byte(channel, offset + i, (uint8_t)(value >> i * 8));
        }
    }
    ide_update_irq(channel);
}

void ide_control_write(struct ide_channel *channel, uint8_t value)
{
    uint8_t before = channel->state->control;
    channel->state->control = value & (CONTROL_NIEN | CONTROL_SRST | CONTROL_HOB);
    if ((before ^ value) & CONTROL_SRST) {
        write_srst(channel, value & CONTROL_SRST);
    }
    ide_update_irq(channel);
}

unsigned ide_data_read_string(struct ide_channel *channel, unsigned size, void *buffer, unsigned count)
{
    return transfer_port_read_string(selected_drive(channel), size, buffer, count);
}

unsigned ide_data_write_string(struct ide_channel *channel, unsigned size, const void *buffer, unsigned count)
{
    unsigned done = transfer_port_write_string(selected_drive(channel), size, buffer, count);
    ide_update_irq(channel);
    return done;
}
