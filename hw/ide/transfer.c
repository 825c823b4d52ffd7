/* SPDX-License-Identifier: MIT */
/*
 * Data phases of commands (ATA/ATAPI-6, clause 9: protocols PIO in, PIO out, DMA, PACKET) and the requests behind them.
 *
 *   PIO in    FILL -> PIO_IN (pieces, each with INTRQ) -> FILL ... -> end
 *   PIO out   PIO_OUT -> DRAIN -> PIO_OUT ... -> end
 *   DMA       DMA_IN or DMA_OUT, a chunk at a time, while the bus master is on
 *
 * The buffer holds more than a DRQ block: the disk is asked for as much of the command as fits. When the bus master is
 * stopped in the middle, the drive waits; when it is started again the chunk is done again, from the new table.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

static uint32_t disk_block(const struct ide_drive *drive)
{
    return drive->kind == IDE_CDROM ? CD_BLOCK_BYTES : SECTOR_BYTES;
}

/* Data go to the host as they are on the disk. */
static bool is_plain(const struct ide_drive *drive)
{
    return drive->state->block_bytes == disk_block(drive);
}

static uint8_t *scratch_of(struct ide_drive *drive)
{
    if (!drive->scratch) {
        /* On pages of its own: hosts copy files to odd addresses at a third of the speed. */
        drive->scratch = g_aligned_alloc0(1, IDE_SCRATCH_BYTES, 4096);
    }
    return drive->scratch;
}

/* READ CD makes sectors of other sizes: read into the lower half of the scratch, made in the upper one. */
static uint8_t *made_of(struct ide_drive *drive)
{
    return scratch_of(drive) + IDE_SCRATCH_BYTES / 2;
}

static void make_sectors(struct ide_drive *drive, uint8_t *out)
{
    const struct ide_drive_state *s = drive->state;
    for (uint32_t i = 0; i < drive->moving; i++) {
        out += atapi_make_sector(s->read_flags, (uint32_t)(s->lba + i), drive->scratch + i * CD_BLOCK_BYTES, out);
    }
}

static uint32_t chunk_blocks(const struct ide_drive *drive)
{
    const struct ide_drive_state *s = drive->state;
    uint32_t room = is_plain(drive) ? IDE_SCRATCH_BYTES : IDE_SCRATCH_BYTES / 2;
    uint32_t most = room / MAX(s->block_bytes, disk_block(drive));
    return MIN(s->left, most);
}

/* ---- Ends ---- */

static void end_command(struct ide_drive *drive, uint8_t status, uint8_t error)
{
    struct ide_drive_state *s = drive->state;
    s->phase = PHASE_IDLE;
    s->status = status;
    s->error = error;
    s->interrupt = 1;
    if (drive->kind == IDE_CDROM) {
        s->file.count[0] = REASON_CD | REASON_IO;
    }
    ide_update_irq(drive->channel);
}

void ide_complete(struct ide_drive *drive)
{
    end_command(drive, STATUS_READY, 0);
}

void ide_fail(struct ide_drive *drive, uint8_t error)
{
    end_command(drive, STATUS_READY | STATUS_ERR, error);
}

static void end_read(struct ide_drive *drive)
{
    if (drive->kind == IDE_DISK) {
        ata_set_address(drive, drive->state->lba);
    }
    ide_complete(drive);
}

/* All written: without a write cache, or with forced unit access, it must be on the medium too. */
static void end_write(struct ide_drive *drive)
{
    enum { WRITE_DMA_FUA_EXT = 0x3d, WRITE_MULTIPLE_FUA_EXT = 0xce };
    const struct ide_drive_state *s = drive->state;
    ata_set_address(drive, s->lba);
    if (!s->write_cache || s->command == WRITE_DMA_FUA_EXT || s->command == WRITE_MULTIPLE_FUA_EXT) {
        transfer_enter(drive, PHASE_FLUSH);
    } else {
        ide_complete(drive);
    }
}

static void fail_disk(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    if (drive->kind == IDE_CDROM) {
        atapi_fail_disk(drive);
        return;
    }
    bool reading = s->phase == PHASE_FILL || s->phase == PHASE_DMA_IN;
    ata_set_address(drive, s->lba + 1);
    ide_fail(drive, reading ? ERROR_UNC : ERROR_ABRT);
}

/* ---- PIO ---- */

/* The next DRQ block. quiet: without INTRQ, as the first one of an out command is. */
static void begin_piece(struct ide_drive *drive, bool quiet)
{
    struct ide_drive_state *s = drive->state;
    uint32_t bytes = MIN(s->buffer_end - s->buffer_at, s->piece_bytes);
    s->piece_end = s->buffer_at + bytes;
    s->status = STATUS_READY | STATUS_DRQ;
    if (drive->kind == IDE_CDROM) {
        s->file.count[0] = s->phase == PHASE_PIO_IN ? REASON_IO : 0;
        s->file.lba_mid[0] = (uint8_t)bytes;
        s->file.lba_high[0] = (uint8_t)(bytes >> 8);
    }
    if (!quiet) {
        s->interrupt = 1;
    }
    ide_update_irq(drive->channel);
}

void transfer_buffer_in(struct ide_drive *drive, uint32_t bytes, uint32_t piece)
{
    struct ide_drive_state *s = drive->state;
    s->buffer_at = 0;
    s->buffer_end = bytes;
    s->piece_bytes = piece;
    s->phase = PHASE_PIO_IN;
    begin_piece(drive, false);
}

void transfer_buffer_out(struct ide_drive *drive, uint32_t bytes, uint32_t piece)
{
    struct ide_drive_state *s = drive->state;
    s->buffer_at = 0;
    s->buffer_end = bytes;
    s->piece_bytes = piece;
    s->phase = PHASE_PIO_OUT;
    begin_piece(drive, drive->kind == IDE_DISK);
}

/* The host has read all of the buffer. */
static void buffer_taken(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    if (s->left) {
        transfer_enter(drive, PHASE_FILL);
    } else if (drive->kind == IDE_CDROM) {
        ide_complete(drive);
    } else {
        s->phase = PHASE_IDLE;          /* the end of a PIO in command makes no interrupt */
        s->status = STATUS_READY;
        if (s->block_bytes) {
            ata_set_address(drive, s->lba);
        }
    }
}

static void buffer_arrived(struct ide_drive *drive)
{
    if (drive->kind == IDE_CDROM) {
        atapi_buffer_arrived(drive);
    } else if (drive->state->left) {
        transfer_enter(drive, PHASE_DRAIN);
    } else {
        ata_buffer_arrived(drive);
    }
}

/* The host has read so much more of this piece. */
static void taken(struct ide_drive *drive, uint32_t bytes)
{
    struct ide_drive_state *s = drive->state;
    s->buffer_at += bytes;
    if (s->buffer_at == s->piece_end) {
        if (s->buffer_at < s->buffer_end) {
            begin_piece(drive, false);
        } else {
            buffer_taken(drive);
        }
    }
}

/* The host has written so much more. */
static void given(struct ide_drive *drive, uint32_t bytes)
{
    struct ide_drive_state *s = drive->state;
    s->buffer_at += bytes;
    if (s->buffer_at == s->piece_end) {
        if (s->buffer_at < s->buffer_end) {
            begin_piece(drive, false);
        } else {
            buffer_arrived(drive);
        }
    }
}

uint32_t transfer_port_read(struct ide_drive *drive, unsigned size)
{
    struct ide_drive_state *s = drive->state;
    uint32_t value = 0, bytes = MIN(size, s->piece_end - s->buffer_at);
    if (drive->kind == IDE_NONE || s->phase != PHASE_PIO_IN) {
        return 0;
    }
    memcpy(&value, s->buffer + s->buffer_at, bytes);
    taken(drive, bytes);
    return value;
}

unsigned transfer_port_read_string(struct ide_drive *drive, unsigned size, uint8_t *out, unsigned count)
{
    struct ide_drive_state *s = drive->state;
    unsigned done = 0;
    while (done < count && drive->kind != IDE_NONE && s->phase == PHASE_PIO_IN) {
        uint32_t units = MIN(count - done, (s->piece_end - s->buffer_at) / size);
        if (!units) {
            break;                      /* an odd end: a single access knows what to do */
        }
        memcpy(out + done * size, s->buffer + s->buffer_at, units * size);
        done += units;
        taken(drive, units * size);
    }
    return done;
}

static void packet_write(struct ide_drive *drive, uint32_t value, unsigned size)
{
    struct ide_drive_state *s = drive->state;
    uint32_t bytes = MIN(size, IDE_PACKET_BYTES - s->buffer_at);
    memcpy(s->packet + s->buffer_at, &value, bytes);
    s->buffer_at += bytes;
    if (s->buffer_at == IDE_PACKET_BYTES) {
        atapi_packet(drive);
    }
}

void transfer_port_write(struct ide_drive *drive, uint32_t value, unsigned size)
{
    struct ide_drive_state *s = drive->state;
    uint32_t bytes = MIN(size, s->piece_end - s->buffer_at);
    if (drive->kind == IDE_NONE) {
        return;
    }
    if (s->phase == PHASE_PACKET) {
        packet_write(drive, value, size);
    }
    if (s->phase != PHASE_PIO_OUT) {
        return;
    }
    memcpy(s->buffer + s->buffer_at, &value, bytes);
    given(drive, bytes);
}

unsigned transfer_port_write_string(struct ide_drive *drive, unsigned size, const uint8_t *in, unsigned count)
{
    struct ide_drive_state *s = drive->state;
    unsigned done = 0;
    while (done < count && drive->kind != IDE_NONE && s->phase == PHASE_PIO_OUT) {
        uint32_t units = MIN(count - done, (s->piece_end - s->buffer_at) / size);
        if (!units) {
            break;
        }
        memcpy(s->buffer + s->buffer_at, in + done * size, units * size);
        done += units;
        given(drive, units * size);
    }
    return done;
}

/* ---- Requests ---- */

static void done(struct disk_request *request, int error);

static void submit(struct ide_drive *drive, enum disk_operation operation, uint64_t block, uint32_t count, void *buffer)
{
    uint32_t block_bytes = disk_block(drive);
    drive->request = (struct disk_request){
        .operation = operation, .offset = block * block_bytes, .bytes = (uint64_t)count * block_bytes,
        .buffer = buffer, .done = done, .opaque = drive,
    };
    drive->moving = count;
    drive->dma_serial = drive->channel->dma_serial;
    drive->in_flight = true;
    disk_submit(drive->disk, &drive->request);
}

void transfer_cancel(struct ide_drive *drive)
{
    if (drive->in_flight) {
        disk_cancel(drive->disk, &drive->request);
        drive->in_flight = false;
    }
}

static void moved(struct ide_drive *drive, uint32_t blocks)
{
    drive->state->lba += blocks;
    drive->state->left -= blocks;
}

static void start_fill(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    uint32_t count = MIN(s->left, IDE_BUFFER_BYTES / s->block_bytes);
    submit(drive, DISK_READ, s->lba, count, is_plain(drive) ? s->buffer : scratch_of(drive));
}

static void filled(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    if (!is_plain(drive)) {
        make_sectors(drive, s->buffer);
    }
    moved(drive, drive->moving);
    transfer_buffer_in(drive, drive->moving * s->block_bytes, s->piece_bytes);
}

static void drained(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    moved(drive, drive->moving);
    if (s->left) {
        s->buffer_at = 0;
        s->buffer_end = MIN(s->left * SECTOR_BYTES, (uint32_t)IDE_BUFFER_BYTES);
        s->phase = PHASE_PIO_OUT;
        begin_piece(drive, false);
    } else {
        end_write(drive);
    }
}

static void start_dma_out(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    drive->cursor = drive->channel->state->cursor;
    uint32_t bytes = bus_master_move(drive->channel, &drive->cursor, scratch_of(drive),
                                     chunk_blocks(drive) * SECTOR_BYTES, false);
    if (bytes < SECTOR_BYTES) {
        bus_master_advance(drive->channel, &drive->cursor);
    } else {
        submit(drive, DISK_WRITE, s->lba, bytes / SECTOR_BYTES, drive->scratch);
    }
}

static void dma_written(struct ide_drive *drive)
{
    if (drive->dma_serial == drive->channel->dma_serial) {
        bus_master_advance(drive->channel, &drive->cursor);
        moved(drive, drive->moving);
    }
    if (drive->state->left) {
        transfer_run(drive);
    } else {
        end_write(drive);
    }
}

/* The bus master may have been stopped meanwhile: then these data are read again when it goes on. */
static void dma_read(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    if (!bus_master_ready(drive->channel, true)) {
        return;
    }
    uint8_t *data = drive->scratch;
    if (!is_plain(drive)) {
        make_sectors(drive, data = made_of(drive));
    }
    struct ide_cursor cursor = drive->channel->state->cursor;
    uint32_t bytes = bus_master_move(drive->channel, &cursor, data, drive->moving * s->block_bytes, true);
    bus_master_advance(drive->channel, &cursor);
    moved(drive, bytes / s->block_bytes);
    if (s->left) {
        transfer_run(drive);
    } else {
        end_read(drive);
    }
}

static void move_buffer(struct ide_drive *drive, bool in)
{
    struct ide_drive_state *s = drive->state;
    struct ide_cursor cursor = drive->channel->state->cursor;
    s->buffer_at += bus_master_move(drive->channel, &cursor, s->buffer + s->buffer_at, s->buffer_end - s->buffer_at, in);
    bus_master_advance(drive->channel, &cursor);
    if (s->buffer_at < s->buffer_end) {
        return;
    }
    if (in) {
        ide_complete(drive);
    } else if (drive->kind == IDE_CDROM) {
        atapi_buffer_arrived(drive);
    } else {
        ata_buffer_arrived(drive);
    }
}

/* A range of DATA SET MANAGEMENT: 48 bits of address, 16 of count (ATA8-ACS 7.10.3); none is the filler 0. */
static void run_discard(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    for (; s->buffer_at + 8 <= s->buffer_end; s->buffer_at += 8) {
        uint64_t range;
        memcpy(&range, s->buffer + s->buffer_at, 8);
        range = GUINT64_FROM_LE(range);
        uint64_t lba = range & 0xffffffffffff, count = range >> 48;
        if (!count) {
            continue;
        }
        if (lba >= drive->sectors || count > drive->sectors - lba) {
            ide_fail(drive, ERROR_IDNF | ERROR_ABRT);
            return;
        }
        s->buffer_at += 8;
        submit(drive, DISK_DISCARD, lba, (uint32_t)count, NULL);
        return;
    }
    ide_complete(drive);
}

static void done(struct disk_request *request, int error)
{
    struct ide_drive *drive = request->opaque;
    drive->in_flight = false;
    if (error && drive->state->phase != PHASE_DISCARD) {        /* discarding is advice */
        fail_disk(drive);
        return;
    }
    switch (drive->state->phase) {
    case PHASE_FILL: filled(drive); break;
    case PHASE_DRAIN: drained(drive); break;
    case PHASE_FLUSH: ide_complete(drive); break;
    case PHASE_DMA_IN: dma_read(drive); break;
    case PHASE_DMA_OUT: dma_written(drive); break;
    case PHASE_DISCARD: run_discard(drive); break;
    }
}

void transfer_run(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    if (drive->in_flight || drive->kind == IDE_NONE) {
        return;
    }
    bool in = bus_master_ready(drive->channel, true), out = bus_master_ready(drive->channel, false);
    switch (s->phase) {
    case PHASE_FILL: start_fill(drive); break;
    case PHASE_DRAIN: submit(drive, DISK_WRITE, s->lba, s->buffer_end / SECTOR_BYTES, s->buffer); break;
    case PHASE_FLUSH: submit(drive, DISK_FLUSH, 0, 0, NULL); break;
    case PHASE_DISCARD: run_discard(drive); break;
    case PHASE_DMA_IN:
        if (in) {
            submit(drive, DISK_READ, s->lba, chunk_blocks(drive), scratch_of(drive));
        }
        break;
    case PHASE_DMA_OUT:
        if (out) {
            start_dma_out(drive);
        }
        break;
    case PHASE_DMA_BUFFER_IN:
        if (in) {
            move_buffer(drive, true);
        }
        break;
    case PHASE_DMA_BUFFER_OUT:
        if (out) {
            move_buffer(drive, false);
        }
        break;
    }
}

void transfer_enter(struct ide_drive *drive, enum ide_phase phase)
{
    drive->state->phase = (uint8_t)phase;
    drive->state->status = STATUS_BSY | STATUS_DRDY;
    transfer_run(drive);
}
