/* SPDX-License-Identifier: MIT */
/*
 * What a disc tells of itself (MMC-3, 6.13, 6.22, 6.25 to 6.27, 6.29): one session with one data track from block 0 to the
 * end. Discs larger than 80 minutes are DVDs.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

enum { FRAMES_A_SECOND = 75, PREGAP_FRAMES = 150, CD_MOST_BLOCKS = 80 * 60 * FRAMES_A_SECOND,
       DATA_TRACK = 0x14, TRACK_LEAD_OUT = 0xaa };

bool atapi_is_dvd(const struct ide_drive *drive)
{
    return atapi_blocks(drive) > CD_MOST_BLOCKS;
}

void atapi_put_msf(uint8_t out[3], uint32_t lba)
{
    uint64_t frame = (uint64_t)lba + PREGAP_FRAMES;
    out[0] = (uint8_t)(frame / FRAMES_A_SECOND / 60);
    out[1] = (uint8_t)(frame / FRAMES_A_SECOND % 60);
    out[2] = (uint8_t)(frame % FRAMES_A_SECOND);
}

static void put_address(uint8_t *out, uint32_t lba, bool msf)
{
    if (msf) {
        out[0] = 0;
        atapi_put_msf(out + 1, lba);
    } else {
        put_be32(out, lba);
    }
}

/* ---- READ TOC ---- */

static uint32_t toc_tracks(const struct ide_drive *drive, uint8_t *data, bool msf, uint8_t first)
{
    uint8_t *at = data + 4;
    data[2] = data[3] = 1;
    if (first > 1 && first != TRACK_LEAD_OUT) {
        return 0;
    }
    if (first <= 1) {
        at[1] = DATA_TRACK;
        at[2] = 1;
        put_address(at + 4, 0, msf);
        at += 8;
    }
    at[1] = DATA_TRACK;
    at[2] = TRACK_LEAD_OUT;
    put_address(at + 4, (uint32_t)atapi_blocks(drive), msf);
    return (uint32_t)(at + 8 - data);
}

static uint32_t toc_session(const struct ide_drive *drive, uint8_t *data, bool msf, uint8_t first)
{
    data[2] = data[3] = 1;
    data[5] = DATA_TRACK;
    data[6] = 1;
    put_address(data + 8, 0, msf);
    return 12;
}

/* The lead-in's subchannel: points A0h (first track), A1h (last track), A2h (lead-out), track 1. Times are in minutes,
 * seconds, frames, whatever was asked for. */
static uint32_t toc_full(const struct ide_drive *drive, uint8_t *data, bool msf, uint8_t first)
{
    enum { ENTRY_BYTES = 11 };
    static const uint8_t points[] = { 0xa0, 0xa1, 0xa2, 1 };
    uint8_t *at = data + 4;
    data[2] = data[3] = 1;
    for (unsigned i = 0; i < ARRAY_LEN(points); i++, at += ENTRY_BYTES) {
        at[0] = 1;
        at[1] = DATA_TRACK;
        at[3] = points[i];
        if (points[i] == 0xa0 || points[i] == 0xa1) {
            at[8] = 1;
        } else {
            atapi_put_msf(at + 8, points[i] == 0xa2 ? (uint32_t)atapi_blocks(drive) : 0);
        }
    }
    return (uint32_t)(at - data);
}

void atapi_read_toc(struct ide_drive *drive, const uint8_t *packet)
{
    static uint32_t (*const formats[])(const struct ide_drive *, uint8_t *, bool, uint8_t) = {
        toc_tracks, toc_session, toc_full,
    };
    uint8_t *data = drive->state->buffer;
    unsigned format = packet[2] & 15 ? packet[2] & 15 : packet[9] >> 6;     /* MMC-3's place, SFF-8020i's place */
    memset(data, 0, 64);
    uint32_t bytes = format < ARRAY_LEN(formats) ? formats[format](drive, data, packet[1] & 2, packet[6]) : 0;
    if (!bytes) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    put_be16(data, bytes - 2);
    atapi_reply(drive, bytes, be16(packet + 7));
}

/* ---- Disc, track, structure ---- */

void atapi_disc_information(struct ide_drive *drive, const uint8_t *packet)
{
    enum { BYTES = 34, COMPLETE = 0x0e };
    uint8_t *data = drive->state->buffer;
    if (packet[1] & 7) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    memset(data, 0, BYTES);
    put_be16(data, BYTES - 2);
    data[2] = COMPLETE;                 /* disc and last session; not erasable */
    data[3] = data[4] = data[5] = data[6] = 1;
    data[7] = 0x20;                     /* unrestricted use */
    memset(data + 17, 0xff, 7);         /* last possible lead-in and lead-out: none */
    atapi_reply(drive, BYTES, be16(packet + 7));
}

void atapi_track_information(struct ide_drive *drive, const uint8_t *packet)
{
    enum { BYTES = 36, BY_LBA = 0, BY_TRACK = 1, BY_SESSION = 2, DATA_MODE_1 = 1 };
    uint8_t *data = drive->state->buffer;
    unsigned kind = packet[1] & 3;
    uint32_t which = be32(packet + 2);
    bool there = kind == BY_LBA ? which < atapi_blocks(drive) : kind <= BY_SESSION && which == 1;
    if (!there) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    memset(data, 0, BYTES);
    put_be16(data, BYTES - 2);
    data[2] = data[3] = 1;
    data[5] = 0x04;                     /* data track, uninterrupted */
    data[6] = DATA_MODE_1;
    put_be32(data + 24, (uint32_t)atapi_blocks(drive));
    atapi_reply(drive, BYTES, be16(packet + 7));
}

static uint32_t dvd_physical(const struct ide_drive *drive, uint8_t *data)
{
    data[4] = 0x01;                     /* DVD-ROM, part version 1 */
    data[5] = 0x0f;                     /* 120 mm, no maximum rate given */
    data[6] = 0x01;                     /* one layer, read only */
    put_be32(data + 8, 0x30000);
    put_be32(data + 12, 0x30000 + (uint32_t)atapi_blocks(drive) - 1);
    return 4 + 2048;
}

static uint32_t dvd_copyright(const struct ide_drive *drive, uint8_t *data)
{
    return 4 + 4;                       /* none, no regions */
}

static uint32_t dvd_manufacturing(const struct ide_drive *drive, uint8_t *data)
{
    return 4 + 2048;
}

static uint32_t dvd_list(const struct ide_drive *drive, uint8_t *data)
{
    static const struct { uint8_t format; uint16_t bytes; } formats[] = { { 0x00, 2052 }, { 0x01, 8 }, { 0x04, 2052 } };
    uint8_t *at = data + 4;
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++, at += 4) {
        at[0] = formats[i].format;
        at[1] = 0x40;                   /* readable */
        put_be16(at + 2, formats[i].bytes);
    }
    return (uint32_t)(at - data);
}

void atapi_dvd_structure(struct ide_drive *drive, const uint8_t *packet)
{
    static const struct { uint8_t format; uint32_t (*put)(const struct ide_drive *drive, uint8_t *data); } formats[] = {
        { 0x00, dvd_physical }, { 0x01, dvd_copyright }, { 0x04, dvd_manufacturing }, { 0xff, dvd_list },
    };
    uint8_t *data = drive->state->buffer;
    uint32_t bytes = 0;
    memset(data, 0, 4 + 2048);
    if (!atapi_is_dvd(drive)) {
        atapi_fail(drive, SENSE_ILLEGAL, 0x30, 2);      /* incompatible medium: cannot read, unknown format */
        return;
    }
    for (unsigned i = 0; i < ARRAY_LEN(formats); i++) {
        if (formats[i].format == packet[7]) {
            bytes = formats[i].put(drive, data);
        }
    }
    if (!bytes || packet[6]) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    put_be16(data, bytes - 2);
    atapi_reply(drive, bytes, be16(packet + 8));
}

/* READ SUB-CHANNEL: the position, without audio going on. */
void atapi_subchannel(struct ide_drive *drive, const uint8_t *packet)
{
    enum { SUBQ = 0x40, MSF = 0x02, CURRENT_POSITION = 1, NO_AUDIO = 0x15 };
    uint8_t *data = drive->state->buffer;
    bool position = (packet[2] & SUBQ) && packet[3] == CURRENT_POSITION;
    if ((packet[2] & SUBQ) && !position) {
        atapi_fail(drive, SENSE_ILLEGAL, CODE_BAD_FIELD, 0);
        return;
    }
    memset(data, 0, 16);
    data[1] = NO_AUDIO;
    if (position) {
        put_be16(data + 2, 12);
        data[4] = CURRENT_POSITION;
        data[5] = DATA_TRACK;
        data[6] = data[7] = 1;
        put_address(data + 8, 0, packet[1] & MSF);
        put_address(data + 12, 0, packet[1] & MSF);
    }
    atapi_reply(drive, position ? 16 : 4, be16(packet + 7));
}
