/* SPDX-License-Identifier: MIT */
/*
 * Commands of an ATA disk (ATA/ATAPI-6, T13/1410D, clause 8; DATA SET MANAGEMENT: ATA8-ACS 7.10), one row each, and those
 * few that packet devices take besides PACKET. What is not in the table is aborted, as are the feature sets that
 * IDENTIFY does not name: security, host protected area, queued commands, CompactFlash, streaming.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

enum {  /* what a row's command is */
    FOR_DISK = 0x01, FOR_CDROM = 0x02, FOR_BOTH = 0x03,
    IS_EXT = 0x04,                      /* 48-bit address, 16-bit count */
    IS_WRITE = 0x08, IS_MULTIPLE = 0x10, IS_DMA = 0x20,
};

struct ata_row { uint8_t first, last, flags; void (*run)(struct ide_drive *drive, unsigned flags); };

/* ---- Addresses ---- */

/* The logical geometry of a disk that the user gave none for: 16 heads, 63 sectors (ATA/ATAPI-5, Annex C). */
void ata_default_geometry(const struct ide_drive *drive, uint16_t geometry[3])
{
    const struct disk_facts *facts = &drive->facts;
    bool given = facts->cylinders && facts->heads && facts->heads <= 16 && facts->sectors && facts->sectors <= 255;
    geometry[1] = given ? facts->heads : 16;
    geometry[2] = given ? facts->sectors : 63;
    uint64_t cylinders = drive->kind == IDE_CDROM ? 1 : drive->sectors / ((unsigned)geometry[1] * geometry[2]);
    geometry[0] = given ? facts->cylinders : (uint16_t)CLAMP(cylinders, 1, 16383);
}

void ata_default_translation(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    uint16_t geometry[3];
    ata_default_geometry(drive, geometry);
    s->cylinders = geometry[0];
    s->heads = geometry[1];
    s->sectors = geometry[2];
}

static uint64_t chs_to_lba(const struct ide_drive_state *s)
{
    const struct ide_task_file *f = &s->file;
    unsigned cylinder = f->lba_mid[0] | f->lba_high[0] << 8, head = s->device & DEVICE_HEAD, sector = f->lba_low[0];
    if (!sector || sector > s->sectors || head >= s->heads) {
        return UINT64_MAX;
    }
    return ((uint64_t)cylinder * s->heads + head) * s->sectors + sector - 1;
}

static uint64_t get_address(const struct ide_drive_state *s, bool ext)
{
    const struct ide_task_file *f = &s->file;
    uint64_t low = f->lba_low[0] | f->lba_mid[0] << 8 | (uint32_t)f->lba_high[0] << 16;
    if (ext) {
        uint64_t high = f->lba_low[1] | f->lba_mid[1] << 8 | (uint32_t)f->lba_high[1] << 16;
        return s->device & DEVICE_LBA ? high << 24 | low : UINT64_MAX;
    }
    return s->device & DEVICE_LBA ? (uint64_t)(s->device & DEVICE_HEAD) << 24 | low : chs_to_lba(s);
}

static uint32_t get_count(const struct ide_drive_state *s, bool ext)
{
    uint32_t count = s->file.count[0] | (ext ? s->file.count[1] << 8 : 0);
    return count ? count : ext ? 65536 : 256;
}

static bool command_is_ext(uint8_t command);

static void put_address(struct ide_drive_state *s, uint64_t lba)
{
    struct ide_task_file *f = &s->file;
    if (command_is_ext(s->command) || (s->device & DEVICE_LBA)) {
        f->lba_low[0] = (uint8_t)lba;
        f->lba_mid[0] = (uint8_t)(lba >> 8);
        f->lba_high[0] = (uint8_t)(lba >> 16);
        if (command_is_ext(s->command)) {
            f->lba_low[1] = (uint8_t)(lba >> 24);
            f->lba_mid[1] = (uint8_t)(lba >> 32);
            f->lba_high[1] = (uint8_t)(lba >> 40);
        } else {
            s->device = (s->device & (uint8_t)~DEVICE_HEAD) | (lba >> 24 & DEVICE_HEAD);
        }
        return;
    }
    uint64_t track = lba / s->sectors, cylinder = track / s->heads;
    f->lba_low[0] = (uint8_t)(lba % s->sectors + 1);
    f->lba_mid[0] = (uint8_t)cylinder;
    f->lba_high[0] = (uint8_t)(cylinder >> 8);
    s->device = (s->device & (uint8_t)~DEVICE_HEAD) | (track % s->heads & DEVICE_HEAD);
}

void ata_set_address(struct ide_drive *drive, uint64_t lba)
{
    struct ide_drive_state *s = drive->state;
    put_address(s, lba ? lba - 1 : 0);
    s->file.count[0] = (uint8_t)s->left;
    s->file.count[1] = (uint8_t)(s->left >> 8);
}

void ata_signature(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    bool packet = drive->kind == IDE_CDROM;
    s->file = (struct ide_task_file){ .count = { 1 }, .lba_low = { 1 }, .lba_mid = { packet ? 0x14 : 0 },
                                      .lba_high = { packet ? 0xeb : 0 } };
    s->device = 0;
}

/* ---- Reading and writing ---- */

static bool take_address(struct ide_drive *drive, bool ext)
{
    struct ide_drive_state *s = drive->state;
    uint64_t lba = get_address(s, ext);
    uint32_t count = get_count(s, ext);
    if (lba >= drive->sectors || count > drive->sectors - lba) {
        log_write(drive->channel->machine->log, LOG_guest_errors, "ide: command %02x at %" G_GINT64_MODIFIER
                  "x of %" G_GINT64_MODIFIER "x sectors\n", s->command, lba, drive->sectors);
        ide_fail(drive, ERROR_IDNF);
        return false;
    }
    s->lba = lba;
    s->left = count;
    s->block_bytes = SECTOR_BYTES;
    return true;
}

static void read_write(struct ide_drive *drive, unsigned flags)
{
    struct ide_drive_state *s = drive->state;
    if ((flags & IS_MULTIPLE) && !s->multiple) {
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    if (!take_address(drive, flags & IS_EXT)) {
        return;
    }
    s->piece_bytes = SECTOR_BYTES * (flags & IS_MULTIPLE ? s->multiple : 1);
    if (flags & IS_DMA) {
        transfer_enter(drive, flags & IS_WRITE ? PHASE_DMA_OUT : PHASE_DMA_IN);
    } else if (flags & IS_WRITE) {
        transfer_buffer_out(drive, MIN(s->left * SECTOR_BYTES, (uint32_t)IDE_BUFFER_BYTES), s->piece_bytes);
    } else {
        transfer_enter(drive, PHASE_FILL);
    }
}

/* The medium is sound: whether the address exists is all there is to verify. */
static void verify(struct ide_drive *drive, unsigned flags)
{
    struct ide_drive_state *s = drive->state;
    if (take_address(drive, flags & IS_EXT)) {
        s->lba += s->left;
        s->left = 0;
        ata_set_address(drive, s->lba);
        ide_complete(drive);
    }
}

static void flush(struct ide_drive *drive, unsigned flags)
{
    transfer_enter(drive, PHASE_FLUSH);
}

static void data_set_management(struct ide_drive *drive, unsigned flags)
{
    enum { FEATURES_TRIM = 1 };
    struct ide_drive_state *s = drive->state;
    uint32_t bytes = get_count(s, true) * SECTOR_BYTES;
    if (!(s->file.features[0] & FEATURES_TRIM) || bytes > IDE_BUFFER_BYTES) {
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    s->buffer_at = 0;
    s->buffer_end = bytes;
    transfer_enter(drive, PHASE_DMA_BUFFER_OUT);
}

void ata_buffer_arrived(struct ide_drive *drive)
{
    drive->state->buffer_at = 0;
    transfer_enter(drive, PHASE_DISCARD);
}

/* ---- Without data ---- */

static void succeed(struct ide_drive *drive, unsigned flags)
{
    ide_complete(drive);
}

static void seek(struct ide_drive *drive, unsigned flags)
{
    if (get_address(drive->state, false) < drive->sectors) {
        ide_complete(drive);
    } else {
        ide_fail(drive, ERROR_IDNF);
    }
}

static void check_power(struct ide_drive *drive, unsigned flags)
{
    drive->state->file.count[0] = 0xff;         /* active or idle */
    ide_complete(drive);
}

static void initialize_parameters(struct ide_drive *drive, unsigned flags)
{
    struct ide_drive_state *s = drive->state;
    uint16_t heads = (s->device & DEVICE_HEAD) + 1, sectors = s->file.count[0];
    if (!sectors) {
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    s->heads = heads;
    s->sectors = sectors;
    s->cylinders = (uint16_t)MIN(drive->sectors / ((unsigned)heads * sectors), 65535);
    ide_complete(drive);
}

static void set_multiple(struct ide_drive *drive, unsigned flags)
{
    struct ide_drive_state *s = drive->state;
    uint8_t count = s->file.count[0];
    if (count > MULTIPLE_MOST || (count & (count - 1))) {
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    s->multiple = count;
    ide_complete(drive);
}

static bool set_transfer_mode(struct ide_drive_state *s, uint8_t mode)
{
    enum { PIO_DEFAULT = 0x01, PIO_MOST = 0x0c, MWDMA = 0x20, MWDMA_MOST = 0x22, UDMA = 0x40, UDMA_MOST = 0x45 };
    if (mode <= PIO_DEFAULT || (mode >= 0x08 && mode <= PIO_MOST)) {
        return true;
    }
    if ((mode >= MWDMA && mode <= MWDMA_MOST) || (mode >= UDMA && mode <= UDMA_MOST)) {
        s->transfer_mode = mode;
        return true;
    }
    return false;
}

static bool set_feature(struct ide_drive *drive, uint8_t feature)
{
    struct ide_drive_state *s = drive->state;
    switch (feature) {
    case 0x02: s->write_cache = 1; return drive->kind == IDE_DISK;
    case 0x82: s->write_cache = 0; return drive->kind == IDE_DISK;
    case 0x03: return set_transfer_mode(s, s->file.count[0]);
    case 0x55: s->look_ahead = 0; return drive->kind == IDE_DISK;
    case 0xaa: s->look_ahead = 1; return drive->kind == IDE_DISK;
    case 0x66: case 0xcc: return true;          /* keep settings over a software reset, or not: they are kept */
    default: return false;
    }
}

static void set_features(struct ide_drive *drive, unsigned flags)
{
    struct ide_drive_state *s = drive->state;
    bool flush_first = drive->kind == IDE_DISK && s->file.features[0] == 0x82 && s->write_cache;
    if (!set_feature(drive, s->file.features[0])) {
        ide_fail(drive, ERROR_ABRT);
    } else if (flush_first) {
        transfer_enter(drive, PHASE_FLUSH);
    } else {
        ide_complete(drive);
    }
}

static void identify(struct ide_drive *drive, unsigned flags)
{
    identify_disk(drive);
    transfer_buffer_in(drive, SECTOR_BYTES, SECTOR_BYTES);
}

static void smart(struct ide_drive *drive, unsigned flags)
{
    smart_command(drive);
}

static void read_native_max(struct ide_drive *drive, unsigned flags)
{
    uint64_t most = drive->sectors - 1;
    put_address(drive->state, flags & IS_EXT ? most : MIN(most, 0xfffffff));
    ide_complete(drive);
}

/* ---- Packet devices ---- */

static void packet(struct ide_drive *drive, unsigned flags)
{
    enum { FEATURES_DMA = 1, FEATURES_OVERLAP = 2 };
    struct ide_drive_state *s = drive->state;
    if (s->file.features[0] & FEATURES_OVERLAP) {
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    s->by_dma = s->file.features[0] & FEATURES_DMA;
    s->buffer_at = 0;
    s->phase = PHASE_PACKET;
    s->status = STATUS_READY | STATUS_DRQ;
    s->file.count[0] = REASON_CD;
}

static void packet_identify(struct ide_drive *drive, unsigned flags)
{
    identify_packet(drive);
    transfer_buffer_in(drive, SECTOR_BYTES, SECTOR_BYTES);
}

/* Ends whatever is under way, without an interrupt (ATA/ATAPI-6, 8.7). */
static void device_reset(struct ide_drive *drive, unsigned flags)
{
    ide_drive_reset(drive, true);
}

/* Disk commands that a driver tries on a packet device: aborted, with the signature that tells what it is. */
static void reject_with_signature(struct ide_drive *drive, unsigned flags)
{
    ata_signature(drive);
    drive->state->status = STATUS_ERR;
    drive->state->error = ERROR_ABRT;
    drive->state->interrupt = 1;
}

/* ---- The table; several rows may name a command, for one kind of drive each ---- */

static const struct ata_row rows[] = {
    { 0x06, 0x06, FOR_DISK | IS_EXT | IS_DMA, data_set_management },
    { 0x08, 0x08, FOR_CDROM, device_reset },
    { 0x10, 0x1f, FOR_DISK, succeed },                                  /* RECALIBRATE */
    { 0x20, 0x21, FOR_DISK, read_write },                               /* READ SECTORS */
    { 0x20, 0x20, FOR_CDROM, reject_with_signature },
    { 0x24, 0x24, FOR_DISK | IS_EXT, read_write },
    { 0x25, 0x25, FOR_DISK | IS_EXT | IS_DMA, read_write },             /* READ DMA EXT */
    { 0x27, 0x27, FOR_DISK | IS_EXT, read_native_max },
    { 0x29, 0x29, FOR_DISK | IS_EXT | IS_MULTIPLE, read_write },
    { 0x30, 0x31, FOR_DISK | IS_WRITE, read_write },                    /* WRITE SECTORS */
    { 0x34, 0x34, FOR_DISK | IS_EXT | IS_WRITE, read_write },
    { 0x35, 0x35, FOR_DISK | IS_EXT | IS_DMA | IS_WRITE, read_write },  /* WRITE DMA EXT */
    { 0x39, 0x39, FOR_DISK | IS_EXT | IS_MULTIPLE | IS_WRITE, read_write },
    { 0x3d, 0x3d, FOR_DISK | IS_EXT | IS_DMA | IS_WRITE, read_write },  /* WRITE DMA FUA EXT */
    { 0x40, 0x41, FOR_DISK, verify },                                   /* READ VERIFY SECTORS */
    { 0x42, 0x42, FOR_DISK | IS_EXT, verify },
    { 0x70, 0x7f, FOR_DISK, seek },
    { 0x91, 0x91, FOR_DISK, initialize_parameters },
    { 0x94, 0x97, FOR_DISK, succeed },                                  /* power management, old numbers */
    { 0x98, 0x98, FOR_DISK, check_power },
    { 0x99, 0x99, FOR_DISK, succeed },
    { 0xa0, 0xa0, FOR_CDROM, packet },
    { 0xa1, 0xa1, FOR_CDROM, packet_identify },
    { 0xb0, 0xb0, FOR_DISK, smart },
    { 0xc4, 0xc4, FOR_DISK | IS_MULTIPLE, read_write },
    { 0xc5, 0xc5, FOR_DISK | IS_MULTIPLE | IS_WRITE, read_write },
    { 0xc6, 0xc6, FOR_DISK, set_multiple },
    { 0xc8, 0xc9, FOR_DISK | IS_DMA, read_write },
    { 0xca, 0xcb, FOR_DISK | IS_DMA | IS_WRITE, read_write },
    { 0xce, 0xce, FOR_DISK | IS_EXT | IS_MULTIPLE | IS_WRITE, read_write },     /* WRITE MULTIPLE FUA EXT */
    { 0xe0, 0xe3, FOR_BOTH, succeed },                                  /* STANDBY, IDLE (IMMEDIATE) */
    { 0xe5, 0xe5, FOR_BOTH, check_power },
    { 0xe6, 0xe6, FOR_BOTH, succeed },                                  /* SLEEP: wakes with the next command */
    { 0xe7, 0xe7, FOR_DISK, flush },
    { 0xea, 0xea, FOR_DISK | IS_EXT, flush },
    { 0xec, 0xec, FOR_DISK, identify },
    { 0xec, 0xec, FOR_CDROM, reject_with_signature },
    { 0xef, 0xef, FOR_BOTH, set_features },
    { 0xf8, 0xf8, FOR_DISK, read_native_max },
};

static const struct ata_row *find_row(uint8_t command, unsigned kind)
{
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        if (command >= rows[i].first && command <= rows[i].last && (rows[i].flags & kind)) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool command_is_ext(uint8_t command)
{
    const struct ata_row *row = find_row(command, FOR_DISK);
    return row && (row->flags & IS_EXT);
}

void ata_command(struct ide_drive *drive, uint8_t command)
{
    const struct ata_row *row = find_row(command, drive->kind == IDE_DISK ? FOR_DISK : FOR_CDROM);
    if (row) {
        row->run(drive, row->flags);
        return;
    }
    log_write(drive->channel->machine->log, LOG_guest_errors, "ide: command %02x aborted\n", command);
    ide_fail(drive, ERROR_ABRT);
}
