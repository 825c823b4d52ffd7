/* SPDX-License-Identifier: MIT */
/*
 * Packet commands of a CD/DVD-ROM drive: dispatch, sense data, reading, tray (ATA/ATAPI-6, 8.23 and 9.8; Mount Fuji/MMC-3
 * for the commands; SPC-2 for sense). What drives tell of themselves is in atapi_info.c and mmc.c.
 * A disc has one data track, mode 1. READ CD makes its raw sectors with sync, header and EDC; the ECC bytes are 0.
 * Left out: audio, writing, region codes, changers.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

enum {
    TEST_UNIT_READY = 0x00, REQUEST_SENSE = 0x03, INQUIRY = 0x12, MODE_SELECT_6 = 0x15, MODE_SENSE_6 = 0x1a,
    START_STOP_UNIT = 0x1b, PREVENT_ALLOW = 0x1e, READ_CAPACITY = 0x25, READ_10 = 0x28, SEEK_10 = 0x2b, VERIFY_10 = 0x2f,
    SYNCHRONIZE_CACHE = 0x35, READ_SUBCHANNEL = 0x42, READ_TOC = 0x43, GET_CONFIGURATION = 0x46,
    GET_EVENT_STATUS = 0x4a, READ_DISC_INFORMATION = 0x51, READ_TRACK_INFORMATION = 0x52, MODE_SELECT_10 = 0x55,
    MODE_SENSE_10 = 0x5a, READ_12 = 0xa8, GET_PERFORMANCE = 0xac, READ_DVD_STRUCTURE = 0xad, READ_CD_MSF = 0xb9,
    SET_CD_SPEED = 0xbb, MECHANISM_STATUS = 0xbd, READ_CD = 0xbe,
};

/* ---- Sense ---- */

void atapi_fail(struct ide_drive *drive, uint8_t key, uint8_t code, uint8_t qualifier)
{
    drive->state->sense = (struct ide_sense){ key, code, qualifier };
    ide_fail(drive, (uint8_t)(key << 4 | ERROR_ABRT));
}

void atapi_fail_disk(struct ide_drive *drive)
{
    atapi_fail(drive, SENSE_MEDIUM, CODE_READ_ERROR, 0);
}

static void succeed(struct ide_drive *drive)
{
    drive->state->sense = (struct ide_sense){ 0 };
    ide_complete(drive);
}

void atapi_reply(struct ide_drive *drive, uint32_t have, uint32_t allowed)
{
    struct ide_drive_state *s = drive->state;
    uint32_t bytes = MIN(have, allowed);
    s->sense = (struct ide_sense){ 0 };
    if (!bytes) {
        ide_complete(drive);
    } else if (s->by_dma) {
        s->buffer_at = 0;
        s->buffer_end = bytes;
        transfer_enter(drive, PHASE_DMA_BUFFER_IN);
    } else {
        transfer_buffer_in(drive, bytes, s->piece_bytes);
    }
}

static void request_sense(struct ide_drive *drive, const uint8_t *packet)
{
    enum { SENSE_BYTES = 18, CURRENT = 0x70 };
    struct ide_drive_state *s = drive->state;
    struct ide_sense sense = s->sense;
    if (!sense.key && s->attention.key) {
        sense = s->attention;
        s->attention = (struct ide_sense){ 0 };
    }
    memset(s->buffer, 0, SENSE_BYTES);
    s->buffer[0] = CURRENT;
    s->buffer[2] = sense.key;
    s->buffer[7] = SENSE_BYTES - 8;
    s->buffer[12] = sense.code;
    s->buffer[13] = sense.qualifier;
    atapi_reply(drive, SENSE_BYTES, packet[4]);
}

/* ---- The medium ---- */

bool atapi_has_medium(const struct ide_drive *drive)
{
    return drive->facts.inserted && drive->facts.bytes >= CD_BLOCK_BYTES && !drive->state->tray_open;
}

uint64_t atapi_blocks(const struct ide_drive *drive)
{
    return MIN(drive->facts.bytes / CD_BLOCK_BYTES, UINT32_MAX);
}

static bool need_medium(struct ide_drive *drive)
{
    if (atapi_has_medium(drive)) {
        return true;
    }
    atapi_fail(drive, SENSE_NOT_READY, CODE_NO_MEDIUM, drive->state->tray_open ? 2 : 1);
    return false;
}

void atapi_medium_changed(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    bool inserted = drive->facts.inserted && !drive->facts.tray_open;
    if (inserted) {
        s->attention = (struct ide_sense){ SENSE_ATTENTION, CODE_CHANGED, 0 };
    }
    s->tray_open = drive->facts.tray_open;
    s->media_event = inserted ? EVENT_NEW_MEDIA : EVENT_REMOVAL;
}

static void start_stop(struct ide_drive *drive, const uint8_t *packet)
{
    enum { START = 1, LOAD_EJECT = 2 };
    struct ide_drive_state *s = drive->state;
    if (!(packet[4] & LOAD_EJECT) || packet[4] >> 4) {          /* spinning, or a power condition */
        succeed(drive);
        return;
    }
    bool open = !(packet[4] & START);
    if (open && s->locked && !s->tray_open) {
        atapi_fail(drive, atapi_has_medium(drive) ? SENSE_ILLEGAL : SENSE_NOT_READY, CODE_LOCKED, 2);
        return;
    }
    if (open != s->tray_open) {
        s->tray_open = open;
        disk_guest_eject(drive->disk, open);
        disk_get_facts(drive->disk, &drive->facts);
    }
    succeed(drive);
}

static void prevent_allow(struct ide_drive *drive, const uint8_t *packet)
{
    drive->state->locked = packet[4] & 1;
    succeed(drive);
}

static void read_capacity(struct ide_drive *drive, const uint8_t *packet)
{
    struct ide_drive_state *s = drive->state;
    put_be32(s->buffer, (uint32_t)atapi_blocks(drive) - 1);
    put_be32(s->buffer + 4, CD_BLOCK_BYTES);
    atapi_reply(drive, 8, 8);
}

/* ---- Reading ---- */

enum { SECTOR_SYNC = 0x80, SECTOR_HEADER = 0x20, SECTOR_USER = 0x10, SECTOR_EDC = 0x08,
       SYNC_BYTES = 12, HEADER_BYTES = 4, EDC_BYTES = 288 };

static uint32_t sector_bytes(uint8_t flags)
{
    return (flags & SECTOR_SYNC ? SYNC_BYTES : 0) + (flags & SECTOR_HEADER ? HEADER_BYTES : 0) +
           (flags & SECTOR_USER ? CD_BLOCK_BYTES : 0) + (flags & SECTOR_EDC ? EDC_BYTES : 0);
}

static uint32_t edc_add(uint32_t edc, const uint8_t *bytes, uint32_t count)
{
    enum { POLYNOMIAL_BITS = 8 };
    for (uint32_t i = 0; i < count; i++) {
        edc ^= bytes[i];
        for (unsigned bit = 0; bit < POLYNOMIAL_BITS; bit++) {
            edc = edc >> 1 ^ (edc & 1 ? 0xd8018001u : 0);       /* ECMA-130, 14.3 */
        }
    }
    return edc;
}

static uint8_t to_bcd(uint8_t value)
{
    return (uint8_t)(value / 10 << 4 | value % 10);
}

uint32_t atapi_make_sector(uint8_t flags, uint32_t lba, const uint8_t *data, uint8_t *out)
{
    enum { MODE_1 = 1, HEADER_AT = SYNC_BYTES, DATA_AT = HEADER_AT + HEADER_BYTES, EDC_AT = DATA_AT + CD_BLOCK_BYTES };
    uint8_t raw[CD_RAW_BYTES] = { 0 }, msf[3];
    uint8_t *start = out;
    memset(raw + 1, 0xff, SYNC_BYTES - 2);
    atapi_put_msf(msf, lba);
    for (unsigned i = 0; i < 3; i++) {
        raw[HEADER_AT + i] = to_bcd(msf[i]);
    }
    raw[HEADER_AT + 3] = MODE_1;
    memcpy(raw + DATA_AT, data, CD_BLOCK_BYTES);
    if (flags & SECTOR_EDC) {
        uint32_t edc = GUINT32_TO_LE(edc_add(0, raw, EDC_AT));
        memcpy(raw + EDC_AT, &edc, sizeof(edc));
    }
    static const struct { uint8_t flag; uint16_t at, bytes; } parts[] = {
        { SECTOR_SYNC, 0, SYNC_BYTES }, { SECTOR_HEADER, HEADER_AT, HEADER_BYTES },
        { SECTOR_USER, DATA_AT, CD_BLOCK_BYTES }, { SECTOR_EDC, EDC_AT, EDC_BYTES },
    };
    for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
        if (flags & parts[i].flag) {
            memcpy(out, raw + parts[i].at, parts[i].bytes);
            out += parts[i].bytes;
        }
    }
    return (uint32_t)(out - start);
}

static void read_blocks(struct ide_drive *drive, uint64_t lba, uint32_t count, uint8_t flags)
{
    struct ide_drive_state *s = drive->state;
    uint64_t blocks = atapi_blocks(drive);
    uint32_t bytes = sector_bytes(flags);
    if (lba > blocks || count > blocks - lba || (lba == blocks && count)) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_LBA, 0);
        return;
    }
    s->sense = (struct ide_sense){ 0 };
    if (!count || !bytes) {
        ide_complete(drive);
        return;
    }
    s->lba = lba;
    s->left = count;
    s->block_bytes = bytes;
    s->read_flags = flags;
    transfer_enter(drive, s->by_dma ? PHASE_DMA_IN : PHASE_FILL);
}

static void read_10(struct ide_drive *drive, const uint8_t *packet)
{
    read_blocks(drive, be32(packet + 2), be16(packet + 7), SECTOR_USER);
}

static void read_12(struct ide_drive *drive, const uint8_t *packet)
{
    read_blocks(drive, be32(packet + 2), be32(packet + 6), SECTOR_USER);
}

/* Sector type (byte 1): any, or mode 1. Subchannels are not handed out. */
static bool check_read_cd(struct ide_drive *drive, const uint8_t *packet)
{
    unsigned type = packet[1] >> 2 & 7;
    if (type > 2 || packet[10] & 7) {
        atapi_fail(drive, SENSE_ILLEGAL, type > 2 ? CODE_WRONG_MODE : CODE_BAD_FIELD, 0);
        return false;
    }
    return true;
}

static void read_cd(struct ide_drive *drive, const uint8_t *packet)
{
    uint32_t count = be32(packet + 5) & 0xffffff;
    if (check_read_cd(drive, packet)) {
        read_blocks(drive, be32(packet + 2), count, packet[9] & 0xb8);
    }
}

static uint64_t msf_to_lba(const uint8_t *msf)
{
    return ((uint64_t)msf[0] * 60 + msf[1]) * 75 + msf[2] - 150;
}

static void read_cd_msf(struct ide_drive *drive, const uint8_t *packet)
{
    uint64_t first = msf_to_lba(packet + 3), end = msf_to_lba(packet + 6);
    if (first > end || end > UINT32_MAX) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
    } else if (check_read_cd(drive, packet)) {
        read_blocks(drive, first, (uint32_t)(end - first), packet[9] & 0xb8);
    }
}

static void seek(struct ide_drive *drive, const uint8_t *packet)
{
    if (be32(packet + 2) < atapi_blocks(drive)) {
        succeed(drive);
    } else {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_LBA, 0);
    }
}

static void nothing_to_do(struct ide_drive *drive, const uint8_t *packet)
{
    succeed(drive);
}

/* Parameters of MODE SELECT are taken and say nothing that changes the drive. */
static void mode_select(struct ide_drive *drive, const uint8_t *packet)
{
    struct ide_drive_state *s = drive->state;
    uint32_t bytes = packet[0] == MODE_SELECT_10 ? be16(packet + 7) : packet[4];
    if (bytes > IDE_BUFFER_BYTES) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
    } else if (!bytes) {
        succeed(drive);
    } else if (s->by_dma) {
        s->buffer_at = 0;
        s->buffer_end = bytes;
        transfer_enter(drive, PHASE_DMA_BUFFER_OUT);
    } else {
        transfer_buffer_out(drive, bytes, s->piece_bytes);
    }
}

void atapi_buffer_arrived(struct ide_drive *drive)
{
    succeed(drive);
}

/* ---- Dispatch ---- */

enum { NEEDS_MEDIUM = 1, BEFORE_ATTENTION = 2 };

struct packet_row { uint8_t code, flags; void (*run)(struct ide_drive *drive, const uint8_t *packet); };

static const struct packet_row rows[] = {
    { TEST_UNIT_READY, NEEDS_MEDIUM, nothing_to_do },
    { REQUEST_SENSE, BEFORE_ATTENTION, request_sense },
    { INQUIRY, BEFORE_ATTENTION, atapi_inquiry },
    { MODE_SELECT_6, 0, mode_select },
    { MODE_SENSE_6, 0, atapi_mode_sense },
    { START_STOP_UNIT, 0, start_stop },
    { PREVENT_ALLOW, 0, prevent_allow },
    { READ_CAPACITY, NEEDS_MEDIUM, read_capacity },
    { READ_10, NEEDS_MEDIUM, read_10 },
    { SEEK_10, NEEDS_MEDIUM, seek },
    { VERIFY_10, NEEDS_MEDIUM, seek },
    { SYNCHRONIZE_CACHE, NEEDS_MEDIUM, nothing_to_do },
    { READ_SUBCHANNEL, NEEDS_MEDIUM, atapi_subchannel },
    { READ_TOC, NEEDS_MEDIUM, atapi_read_toc },
    { GET_CONFIGURATION, BEFORE_ATTENTION, atapi_configuration },
    { GET_EVENT_STATUS, BEFORE_ATTENTION, atapi_event_status },
    { READ_DISC_INFORMATION, NEEDS_MEDIUM, atapi_disc_information },
    { READ_TRACK_INFORMATION, NEEDS_MEDIUM, atapi_track_information },
    { MODE_SELECT_10, 0, mode_select },
    { MODE_SENSE_10, 0, atapi_mode_sense },
    { READ_12, NEEDS_MEDIUM, read_12 },
    { GET_PERFORMANCE, 0, atapi_performance },
    { READ_DVD_STRUCTURE, NEEDS_MEDIUM, atapi_dvd_structure },
    { READ_CD_MSF, NEEDS_MEDIUM, read_cd_msf },
    { SET_CD_SPEED, 0, nothing_to_do },
    { MECHANISM_STATUS, 0, atapi_mechanism_status },
    { READ_CD, NEEDS_MEDIUM, read_cd },
};

/* The host's limit for a DRQ block: even, and never 0 (ATA/ATAPI-6, 8.23.4). */
static uint32_t byte_count_limit(const struct ide_drive_state *s)
{
    uint32_t limit = s->file.lba_mid[0] | (uint32_t)s->file.lba_high[0] << 8;
    limit &= ~1u;
    return limit ? limit : 0xfffe;
}

void atapi_packet(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    const struct packet_row *row = NULL;
    s->phase = PHASE_IDLE;
    s->status = STATUS_READY;
    s->piece_bytes = byte_count_limit(s);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        row = rows[i].code == s->packet[0] ? &rows[i] : row;
    }
    if (!row) {
        log_write(drive->channel->machine->log, LOG_guest_errors, "atapi: command %02x refused\n", s->packet[0]);
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_COMMAND, 0);
        return;
    }
    if (s->attention.key && !(row->flags & BEFORE_ATTENTION)) {
        struct ide_sense attention = s->attention;
        s->attention = (struct ide_sense){ 0 };
        atapi_fail(drive, attention.key, attention.code, attention.qualifier);
        return;
    }
    if (!(row->flags & NEEDS_MEDIUM) || need_medium(drive)) {
        row->run(drive, s->packet);
    }
}
