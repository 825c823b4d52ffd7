/* SPDX-License-Identifier: MIT */
/*
 * What drives tell of themselves: IDENTIFY DEVICE and IDENTIFY PACKET DEVICE (ATA/ATAPI-6, T13/1410D, 8.15 and 8.16) and
 * SMART (8.41; SFF-8035i for the attributes). A disk of ours is an ATA-7 disk with 48-bit addresses, a write cache, UDMA
 * up to 5 and TRIM; its SMART attributes are those of a new disk that never failed.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

static const char firmware_revision[] = "1.0";

static void put_word(uint8_t *data, unsigned word, uint32_t value)
{
    data[word * 2] = (uint8_t)value;
    data[word * 2 + 1] = (uint8_t)(value >> 8);
}

static void put_long(uint8_t *data, unsigned word, uint32_t value)
{
    put_word(data, word, value);
    put_word(data, word + 1, value >> 16);
}

/* ATA strings: padded with spaces, the first character in the high byte of a word. */
static void put_text(uint8_t *data, unsigned word, unsigned words, const char *text)
{
    size_t length = strlen(text);
    for (unsigned i = 0; i < words * 2; i++) {
        data[word * 2 + (i ^ 1)] = (uint8_t)(i < length ? text[i] : ' ');
    }
}

/* 510: signature, 511: the sum of all bytes is 0. */
static void put_checksum(uint8_t *data, uint8_t signature)
{
    uint8_t sum = 0;
    if (signature) {
        data[510] = signature;
    }
    for (unsigned i = 0; i < 511; i++) {
        sum += data[i];
    }
    data[511] = (uint8_t)-sum;
}

static void put_names(const struct ide_drive *drive, uint8_t *data)
{
    put_text(data, 10, 10, drive->serial);
    put_text(data, 23, 4, firmware_revision);
    put_text(data, 27, 20, drive->model);
}

/* Words 62 to 68, 88: what the drive can do, and in 63 and 88 which of it is chosen. */
static void put_modes(const struct ide_drive_state *s, uint8_t *data)
{
    uint8_t mode = s->transfer_mode;
    put_word(data, 63, 0x0007 | (mode >= 0x20 && mode <= 0x22 ? 0x100u << (mode - 0x20) : 0));
    put_word(data, 64, 0x0003);
    for (unsigned word = 65; word <= 68; word++) {
        put_word(data, word, 120);      /* ns a cycle */
    }
    put_word(data, 88, 0x003f | (mode >= 0x40 && mode <= 0x45 ? 0x100u << (mode - 0x40) : 0));
}

static void put_capacity(const struct ide_drive *drive, uint8_t *data)
{
    const struct ide_drive_state *s = drive->state;
    uint16_t geometry[3];
    ata_default_geometry(drive, geometry);
    put_word(data, 1, geometry[0]);
    put_word(data, 3, geometry[1]);
    put_word(data, 6, geometry[2]);
    put_word(data, 54, s->cylinders);
    put_word(data, 55, s->heads);
    put_word(data, 56, s->sectors);
    put_long(data, 57, (uint32_t)s->cylinders * s->heads * s->sectors);
    put_long(data, 60, (uint32_t)MIN(drive->sectors, 0xfffffff));
    put_long(data, 100, (uint32_t)drive->sectors);
    put_long(data, 102, (uint32_t)(drive->sectors >> 32));
}

void identify_disk(struct ide_drive *drive)
{
    enum { SMART = 1 << 0, POWER = 1 << 3, WRITE_CACHE = 1 << 5, LOOK_AHEAD = 1 << 6,         /* words 82, 85 */
           BIG = 1 << 10, FLUSH = 1 << 12, FLUSH_EXT = 1 << 13, FUA = 1 << 6, VALID = 1 << 14 };
    const struct ide_drive_state *s = drive->state;
    uint8_t *data = drive->state->buffer;
    memset(data, 0, SECTOR_BYTES);
    put_word(data, 0, 0x0040);          /* fixed disk */
    put_names(drive, data);
    put_capacity(drive, data);
    put_word(data, 47, 0x8000 | MULTIPLE_MOST);
    put_word(data, 49, 0x0b00);         /* DMA, LBA, IORDY */
    put_word(data, 50, VALID);
    put_word(data, 51, 0x0200), put_word(data, 52, 0x0200);
    put_word(data, 53, 0x0007);         /* words 54..58, 64..70, 88 are valid */
    put_word(data, 59, s->multiple ? 0x0100u | s->multiple : 0);
    put_modes(s, data);
    put_word(data, 80, 0x00f0);         /* ATA/ATAPI-4 to 7 */
    put_word(data, 82, SMART | POWER | WRITE_CACHE | LOOK_AHEAD);
    put_word(data, 83, VALID | BIG | FLUSH | FLUSH_EXT);
    put_word(data, 84, VALID | FUA);
    put_word(data, 85, (s->smart ? SMART : 0) | POWER | (s->write_cache ? WRITE_CACHE : 0) |
             (s->look_ahead ? LOOK_AHEAD : 0));
    put_word(data, 86, BIG | FLUSH | FLUSH_EXT);
    put_word(data, 87, VALID | FUA);
    put_word(data, 93, 0x6001 | (drive->unit ? 0x0200 : 0));    /* 80-conductor cable; passed its diagnostic */
    put_word(data, 169, 0x0001);        /* TRIM */
    put_checksum(data, 0xa5);
}

void identify_packet(struct ide_drive *drive)
{
    enum { PACKET = 1 << 4, DEVICE_RESET = 1 << 9, POWER = 1 << 3, VALID = 1 << 14 };
    uint8_t *data = drive->state->buffer;
    memset(data, 0, SECTOR_BYTES);
    put_word(data, 0, 0x85c0);          /* CD-ROM, removable, DRQ within 50 us, packets of 12 bytes */
    put_names(drive, data);
    put_word(data, 49, 0x0b00);
    put_word(data, 50, VALID);
    put_word(data, 53, 0x0006);
    put_modes(drive->state, data);
    put_word(data, 80, 0x00f0);
    put_word(data, 82, DEVICE_RESET | PACKET | POWER);
    put_word(data, 83, VALID);
    put_word(data, 84, VALID);
    put_word(data, 85, DEVICE_RESET | PACKET | POWER);
    put_word(data, 87, VALID);
    put_word(data, 93, 0x6001 | (drive->unit ? 0x0200 : 0));
    put_checksum(data, 0xa5);
}

/* ---- SMART ---- */

enum { SMART_READ_DATA = 0xd0, SMART_READ_THRESHOLDS = 0xd1, SMART_AUTOSAVE = 0xd2, SMART_SAVE = 0xd3,
       SMART_OFFLINE = 0xd4, SMART_READ_LOG = 0xd5, SMART_ENABLE = 0xd8, SMART_DISABLE = 0xd9, SMART_STATUS = 0xda };

static const struct { uint8_t id; uint16_t flags; uint8_t value, threshold; uint32_t raw; } attributes[] = {
    { 1, 0x0003, 100, 6, 0 },           /* raw read error rate */
    { 3, 0x0003, 100, 0, 16 },          /* spin-up time */
    { 4, 0x0002, 100, 20, 1 },          /* start/stop count */
    { 5, 0x0003, 100, 36, 0 },          /* reallocated sectors */
    { 9, 0x0003, 100, 0, 1 },           /* power-on hours */
    { 12, 0x0003, 100, 0, 1 },          /* power cycles */
    { 190, 0x0003, 69, 50, 0x1f },      /* temperature */
};

static void smart_data(struct ide_drive *drive)
{
    uint8_t *data = drive->state->buffer;
    memset(data, 0, SECTOR_BYTES);
    put_word(data, 0, 1);
    for (unsigned i = 0; i < ARRAY_LEN(attributes); i++) {
        uint8_t *row = data + 2 + i * 12;
        row[0] = attributes[i].id;
        row[1] = (uint8_t)attributes[i].flags;
        row[3] = row[4] = attributes[i].value;
        row[5] = (uint8_t)attributes[i].raw;
    }
    data[362] = 0x02;                   /* off-line collection completed */
    data[368] = 0x03, data[369] = 0;    /* SMART capability: saves attributes */
    data[370] = 0x01;                   /* error log there */
    put_checksum(data, 0);
    transfer_buffer_in(drive, SECTOR_BYTES, SECTOR_BYTES);
}

static void smart_thresholds(struct ide_drive *drive)
{
    uint8_t *data = drive->state->buffer;
    memset(data, 0, SECTOR_BYTES);
    put_word(data, 0, 1);
    for (unsigned i = 0; i < ARRAY_LEN(attributes); i++) {
        data[2 + i * 12] = attributes[i].id;
        data[3 + i * 12] = attributes[i].threshold;
    }
    put_checksum(data, 0);
    transfer_buffer_in(drive, SECTOR_BYTES, SECTOR_BYTES);
}

/* Log 0: the directory; 1: the summary of errors, of which there are none. */
static void smart_log(struct ide_drive *drive)
{
    uint8_t *data = drive->state->buffer;
    uint8_t log = drive->state->file.lba_low[0];
    if (log > 1 || drive->state->file.count[0] != 1) {
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    memset(data, 0, SECTOR_BYTES);
    data[0] = 1;
    if (!log) {
        data[2] = 1;
    } else {
        put_checksum(data, 0);
    }
    transfer_buffer_in(drive, SECTOR_BYTES, SECTOR_BYTES);
}

void smart_command(struct ide_drive *drive)
{
    struct ide_drive_state *s = drive->state;
    uint8_t what = s->file.features[0];
    bool key = s->file.lba_mid[0] == 0x4f && s->file.lba_high[0] == 0xc2;
    if (!key || (!s->smart && what != SMART_ENABLE)) {
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    switch (what) {
    case SMART_READ_DATA: smart_data(drive); return;
    case SMART_READ_THRESHOLDS: smart_thresholds(drive); return;
    case SMART_READ_LOG: smart_log(drive); return;
    case SMART_ENABLE: s->smart = 1; break;
    case SMART_DISABLE: s->smart = 0; break;
    case SMART_STATUS: case SMART_AUTOSAVE: case SMART_SAVE: break;     /* the key stays: no threshold exceeded */
    case SMART_OFFLINE:
        if (s->file.lba_low[0] == 0) {
            break;
        }
        /* fall through */
    default:
        ide_fail(drive, ERROR_ABRT);
        return;
    }
    ide_complete(drive);
}
