/* SPDX-License-Identifier: MIT */
/*
 * What a CD/DVD-ROM drive tells of itself: INQUIRY (SPC-2, 7.3), mode pages, mechanism, events, features (MMC-3, clauses 5
 * and 6). The disc is in mmc.c.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

static void put_padded(uint8_t *out, const char *text, unsigned bytes)
{
    size_t length = strlen(text);
    memset(out, ' ', bytes);
    memcpy(out, text, MIN(length, bytes));
}

/* ---- INQUIRY ---- */

static void inquiry_page(struct ide_drive *drive, const uint8_t *packet)
{
    enum { PAGE_LIST = 0x00, PAGE_SERIAL = 0x80, PAGE_IDS = 0x83 };
    uint8_t *data = drive->state->buffer;
    size_t serial = strlen(drive->serial);
    memset(data, 0, 64);
    data[0] = 0x05;
    data[1] = packet[2];
    switch (packet[2]) {
    case PAGE_LIST:
        data[3] = 3;
        data[5] = PAGE_SERIAL;
        data[6] = PAGE_IDS;
        break;
    case PAGE_SERIAL:
        data[3] = (uint8_t)serial;
        memcpy(data + 4, drive->serial, serial);
        break;
    case PAGE_IDS:                      /* one designator: vendor specific, ASCII */
        data[3] = (uint8_t)(serial + 4);
        data[4] = 2;
        data[7] = (uint8_t)serial;
        memcpy(data + 8, drive->serial, serial);
        break;
    default:
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    atapi_reply(drive, data[3] + 4u, be16(packet + 3));
}

void atapi_inquiry(struct ide_drive *drive, const uint8_t *packet)
{
    enum { EVPD = 1, INQUIRY_BYTES = 36, CDROM = 0x05, REMOVABLE = 0x80, ATAPI_FORMAT = 0x21 };
    uint8_t *data = drive->state->buffer;
    if (packet[1] & EVPD) {
        inquiry_page(drive, packet);
        return;
    }
    memset(data, 0, INQUIRY_BYTES);
    data[0] = CDROM;
    data[1] = REMOVABLE;
    data[3] = ATAPI_FORMAT;
    data[4] = INQUIRY_BYTES - 5;
    put_padded(data + 8, "DRAGOMAN", 8);
    put_padded(data + 16, g_str_has_prefix(drive->model, "DRAGOMAN ") ? drive->model + 9 : drive->model, 16);
    put_padded(data + 32, "1.0", 4);
    atapi_reply(drive, INQUIRY_BYTES, be16(packet + 3));
}

/* ---- Mode pages ---- */

static uint32_t page_error_recovery(const struct ide_drive *drive, uint8_t *out)
{
    static const uint8_t page[] = { 0x01, 0x06, 0x00, 0x05, 0, 0, 0, 0 };
    memcpy(out, page, sizeof(page));
    return sizeof(page);
}

static uint32_t page_audio(const struct ide_drive *drive, uint8_t *out)
{
    static const uint8_t page[16] = { 0x0e, 0x0e, 0x04, 0, 0, 0, 0, 75, 1, 0xff, 2, 0xff };
    memcpy(out, page, sizeof(page));
    return sizeof(page);
}

static uint32_t page_capabilities(const struct ide_drive *drive, uint8_t *out)
{
    enum { BYTES = 20, READS = 0x3b, MULTISESSION = 0x70, LOCK = 0x01, LOCKED = 0x02, EJECT = 0x08, TRAY = 0x20 };
    static const uint16_t speed_kb = 176 * 24, buffer_kb = 512;
    memset(out, 0, BYTES);
    out[0] = 0x2a;
    out[1] = BYTES - 2;
    out[2] = READS;                     /* CD-R, CD-RW, method 2, DVD-ROM, DVD-R, DVD-RAM */
    out[4] = MULTISESSION;              /* mode 2 forms 1 and 2 too */
    out[6] = LOCK | EJECT | TRAY | (drive->state->locked ? LOCKED : 0);
    put_be16(out + 8, speed_kb);
    put_be16(out + 10, 2);              /* volume levels */
    put_be16(out + 12, buffer_kb);
    put_be16(out + 14, speed_kb);
    return BYTES;
}

void atapi_mode_sense(struct ide_drive *drive, const uint8_t *packet)
{
    enum { MODE_SENSE_6 = 0x1a, PAGE_ALL = 0x3f, CHANGEABLE = 1, DEFAULTS = 2, SAVED = 3 };
    static const struct { uint8_t code; uint32_t (*put)(const struct ide_drive *drive, uint8_t *out); } pages[] = {
        { 0x01, page_error_recovery }, { 0x0e, page_audio }, { 0x2a, page_capabilities },
    };
    uint8_t *data = drive->state->buffer;
    bool short_form = packet[0] == MODE_SENSE_6;
    uint32_t header = short_form ? 4 : 8, bytes = header;
    unsigned wanted = packet[2] & 0x3f, control = packet[2] >> 6;
    memset(data, 0, 128);
    for (unsigned i = 0; i < ARRAY_LEN(pages); i++) {
        if (wanted == pages[i].code || wanted == PAGE_ALL) {
            uint32_t length = pages[i].put(drive, data + bytes);
            if (control == CHANGEABLE) {
                memset(data + bytes + 2, 0, length - 2);
            }
            bytes += length;
        }
    }
    if (bytes == header || control == SAVED) {
        atapi_fail(drive, SENSE_ILLEGAL, control == SAVED ? 0x39 : CODE_BAD_FIELD, 0);
        return;
    }
    uint8_t medium = !atapi_has_medium(drive) ? 0x70 : atapi_is_dvd(drive) ? 0x00 : 0x01;
    if (short_form) {
        data[0] = (uint8_t)(bytes - 1);
        data[1] = medium;
    } else {
        put_be16(data, bytes - 2);
        data[2] = medium;
    }
    atapi_reply(drive, bytes, short_form ? packet[4] : be16(packet + 7));
}

/* ---- Mechanism and events ---- */

void atapi_mechanism_status(struct ide_drive *drive, const uint8_t *packet)
{
    enum { DOOR_OPEN = 0x10 };
    uint8_t *data = drive->state->buffer;
    memset(data, 0, 8);
    data[1] = drive->state->tray_open ? DOOR_OPEN : 0;
    data[5] = 1;                        /* slots of a changer, of which there is none */
    atapi_reply(drive, 8, be16(packet + 8));
}

void atapi_event_status(struct ide_drive *drive, const uint8_t *packet)
{
    enum { POLLED = 1, CLASS_MEDIA = 4, NO_EVENT = 0x80, MEDIUM_PRESENT = 2, DOOR_OPEN = 1 };
    struct ide_drive_state *s = drive->state;
    uint8_t *data = s->buffer;
    if (!(packet[1] & POLLED)) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    memset(data, 0, 8);
    data[3] = 1 << CLASS_MEDIA;         /* the only class of events that happens here */
    if (!(packet[4] & 1 << CLASS_MEDIA)) {
        put_be16(data, 2);
        data[2] = NO_EVENT;
        atapi_reply(drive, 4, be16(packet + 7));
        return;
    }
    put_be16(data, 6);
    data[2] = CLASS_MEDIA;
    data[4] = s->media_event;
    data[5] = (s->tray_open ? DOOR_OPEN : 0) | (atapi_has_medium(drive) ? MEDIUM_PRESENT : 0);
    s->media_event = EVENT_NONE;
    atapi_reply(drive, 8, be16(packet + 7));
}

/* ---- Features (MMC-3, 5.3) ---- */

enum { PROFILE_CD = 0x0008, PROFILE_DVD = 0x0010 };

static uint8_t *put_feature(uint8_t *at, uint16_t code, uint8_t flags, const uint8_t *data, uint8_t bytes)
{
    put_be16(at, code);
    at[2] = flags;
    at[3] = bytes;
    memcpy(at + 4, data, bytes);
    return at + 4 + bytes;
}

static uint8_t *put_profiles(uint8_t *at, uint16_t current)
{
    uint8_t list[8] = { PROFILE_DVD >> 8, PROFILE_DVD & 0xff, current == PROFILE_DVD, 0,
                        PROFILE_CD >> 8, PROFILE_CD & 0xff, current == PROFILE_CD, 0 };
    return put_feature(at, 0x0000, 0x03, list, sizeof(list));
}

/* starting: 0 all, 1 current ones, 2 only the feature `first`. */
void atapi_configuration(struct ide_drive *drive, const uint8_t *packet)
{
    enum { CURRENT = 1, PERSISTENT = 2, VERSION_1 = 1 << 2, RT_CURRENT = 1, RT_ONE = 2 };
    struct { uint16_t code; uint8_t flags, bytes, data[8]; } features[] = {
        { 0x0001, PERSISTENT | CURRENT | VERSION_1, 8, { 0, 0, 0, 2, 1 } },         /* core: ATAPI */
        { 0x0002, PERSISTENT | CURRENT, 4, { 0x02 } },                              /* morphing: events polled */
        { 0x0003, PERSISTENT | CURRENT, 4, { 0x29 } },                              /* removable: tray, eject, lock */
        { 0x0010, 0, 8, { 0, 0, 8, 0, 0, 1 } },                                     /* random readable */
        { 0x001d, 0, 0, { 0 } },                                                    /* multi-read */
        { 0x001e, 0, 4, { 0 } },                                                    /* CD read */
        { 0x001f, 0, 4, { 0 } },                                                    /* DVD read */
        { 0x0100, PERSISTENT | CURRENT, 0, { 0 } },                                 /* power management */
        { 0x0105, PERSISTENT | CURRENT, 0, { 0 } },                                 /* timeout */
    };
    uint8_t *data = drive->state->buffer, *at = data + 8;
    unsigned mode = packet[1] & 3, first = be16(packet + 2);
    bool medium = atapi_has_medium(drive), dvd = atapi_is_dvd(drive);
    uint16_t profile = !medium ? 0 : dvd ? PROFILE_DVD : PROFILE_CD;
    memset(data, 0, 256);
    if (!first) {
        at = put_profiles(at, profile);
    }
    for (unsigned i = 0; i < ARRAY_LEN(features); i++) {
        unsigned code = features[i].code;
        bool current = (features[i].flags & CURRENT) || (medium && (code == 0x10 || code == (dvd ? 0x1f : 0x1e)));
        if (code < first || (mode == RT_ONE && code != first) || (mode == RT_CURRENT && !current)) {
            continue;
        }
        at = put_feature(at, (uint16_t)code, features[i].flags | (current ? CURRENT : 0), features[i].data,
                         features[i].bytes);
    }
    put_be32(data, (uint32_t)(at - data) - 4);
    put_be16(data + 6, profile);
    atapi_reply(drive, (uint32_t)(at - data), be16(packet + 7));
}

void atapi_performance(struct ide_drive *drive, const uint8_t *packet)
{
    enum { TYPE_PERFORMANCE = 0, SPEED_KB = 1385 * 4 };
    uint8_t *data = drive->state->buffer;
    uint32_t last = (uint32_t)atapi_blocks(drive);
    if (packet[10] != TYPE_PERFORMANCE) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    memset(data, 0, 24);
    put_be32(data, 20);
    put_be32(data + 12, SPEED_KB);
    put_be32(data + 16, last ? last - 1 : 0);
    put_be32(data + 20, SPEED_KB);
    atapi_reply(drive, 24, 8 + 16 * (uint32_t)be16(packet + 8));
}
