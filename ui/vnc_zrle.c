/* SPDX-License-Identifier: MIT */
/*
 * The encoding ZRLE (RFC 6143, 7.7.6): tiles of 64 x 64 through one zlib stream a client. Of its kinds of tile these are
 * used: solid, packed palette of up to 16 colours, raw; runs are left to zlib.
 */
#include <zlib.h>
#include "ui/vnc.h"

enum { MOST_COLOURS = 16, LEVEL = 1 };

struct vnc_zrle { z_stream stream; GByteArray *plain; };

struct palette { uint32_t colours[MOST_COLOURS]; unsigned count; };     /* count MOST_COLOURS + 1: too many */

bool vnc_zrle_there(void)
{
    return true;
}

void vnc_zrle_free(struct vnc_zrle *zrle)
{
    if (zrle) {
        deflateEnd(&zrle->stream);
        g_byte_array_free(zrle->plain, TRUE);
        g_free(zrle);
    }
}

static struct vnc_zrle *zrle_new(void)
{
    struct vnc_zrle *zrle = g_new0(struct vnc_zrle, 1);
    zrle->plain = g_byte_array_new();
    if (deflateInit(&zrle->stream, LEVEL) != Z_OK) {
        vnc_zrle_free(zrle);
        return NULL;
    }
    return zrle;
}

static const uint32_t *row_at(const struct surface *picture, unsigned x, unsigned y)
{
    return picture->pixels + (size_t)y * (picture->stride_bytes / 4) + x;
}

static unsigned palette_index(const struct palette *palette, uint32_t colour)
{
    unsigned i = 0;
    while (i < palette->count && palette->colours[i] != colour) {
        i++;
    }
    return i;
}

static void find_palette(const struct surface *picture, unsigned x, unsigned y, unsigned width, unsigned height,
                         struct palette *palette)
{
    palette->count = 0;
    for (unsigned i = 0; i < height; i++) {
        const uint32_t *row = row_at(picture, x, y + i);
        for (unsigned j = 0; j < width; j++) {
            if ((j && row[j] == row[j - 1]) || palette_index(palette, row[j]) < palette->count) {
                continue;
            }
            if (palette->count == MOST_COLOURS) {
                palette->count++;
                return;
            }
            palette->colours[palette->count++] = row[j];
        }
    }
}

static void put_packed(GByteArray *out, const struct vnc_painter *painter, const struct surface *picture, unsigned x,
                       unsigned y, unsigned width, unsigned height, const struct palette *palette)
{
    unsigned bits = palette->count == 2 ? 1 : palette->count <= 4 ? 2 : 4;
    vnc_put8(out, palette->count);
    vnc_put_compact(out, painter, palette->colours, palette->count);
    for (unsigned i = 0; i < height; i++) {
        const uint32_t *row = row_at(picture, x, y + i);
        unsigned byte = 0, filled = 0;
        for (unsigned j = 0; j < width; j++) {
            byte = byte << bits | palette_index(palette, row[j]);
            filled += bits;
            if (filled == 8) {
                vnc_put8(out, byte);
                byte = filled = 0;
            }
        }
        if (filled) {
            vnc_put8(out, byte << (8 - filled));
        }
    }
}

static void put_tile(GByteArray *out, const struct vnc_painter *painter, const struct surface *picture, unsigned x,
                     unsigned y, unsigned width, unsigned height)
{
    struct palette palette;
    find_palette(picture, x, y, width, height, &palette);
    if (palette.count == 1) {
        vnc_put8(out, 1);
        vnc_put_compact(out, painter, palette.colours, 1);
    } else if (palette.count <= MOST_COLOURS) {
        put_packed(out, painter, picture, x, y, width, height, &palette);
    } else {
        vnc_put8(out, 0);
        for (unsigned i = 0; i < height; i++) {
            vnc_put_compact(out, painter, row_at(picture, x, y + i), width);
        }
    }
}

void vnc_encode_zrle(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height)
{
    struct vnc_zrle *zrle = client->zrle = client->zrle ? client->zrle : zrle_new();
    GByteArray *out = client->out;
    guint length_at = out->len;
    vnc_put32(out, 0);
    if (!zrle) {                        /* no memory for zlib: an empty picture, and the client goes */
        client->failed = true;
        return;
    }
    g_byte_array_set_size(zrle->plain, 0);
    for (unsigned dy = 0; dy < height; dy += VNC_TILE) {
        for (unsigned dx = 0; dx < width; dx += VNC_TILE) {
            put_tile(zrle->plain, &client->painter, &client->server->picture, x + dx, y + dy, MIN(VNC_TILE, width - dx),
                     MIN(VNC_TILE, height - dy));
        }
    }
    zrle->stream.next_in = zrle->plain->data;
    zrle->stream.avail_in = zrle->plain->len;
    do {                                /* until zlib had room for everything */
        guint old = out->len;
        g_byte_array_set_size(out, old + 4096 + zrle->stream.avail_in / 4);
        zrle->stream.next_out = out->data + old;
        zrle->stream.avail_out = out->len - old;
        deflate(&zrle->stream, Z_SYNC_FLUSH);
        if (!zrle->stream.avail_out) {
            continue;
        }
        g_byte_array_set_size(out, out->len - zrle->stream.avail_out);
        break;
    } while (true);
    guint32 length = g_htonl(out->len - length_at - 4);
    memcpy(out->data + length_at, &length, 4);
}
