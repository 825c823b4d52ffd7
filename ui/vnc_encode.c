/* SPDX-License-Identifier: MIT */
/* Pixels in a client's format, and the encodings Raw and Hextile (RFC 6143, 7.4, 7.7.1, 7.7.4). */
#include <string.h>
#include "ui/vnc.h"

enum { HEXTILE = 16, HEXTILE_RAW = 1, HEXTILE_BACKGROUND = 2, HEXTILE_FOREGROUND = 4, HEXTILE_SUBRECTS = 8 };

static bool is_little_endian(void)
{
    return G_BYTE_ORDER == G_LITTLE_ENDIAN;
}

void vnc_painter_init(struct vnc_painter *painter, const struct vnc_format *format)
{
    painter->format = *format;
    painter->bytes = format->bits / 8;
    painter->native = format->bits == 32 && !format->big_endian == is_little_endian() && format->most[0] == 255 &&
                      format->most[1] == 255 && format->most[2] == 255 && format->shift[0] == 16 &&
                      format->shift[1] == 8 && format->shift[2] == 0;
    uint32_t used = 0;
    for (unsigned i = 0; i < 3; i++) {
        used |= (uint32_t)format->most[i] << format->shift[i];
    }
    bool low = used < 1u << 24, high = !(used & 0xff);
    bool compact = format->bits == 32 && format->depth <= 24 && (low || high);
    painter->compact_bytes = compact ? 3 : painter->bytes;
    /* The least significant byte is first in memory of little endian, last of big endian. */
    painter->compact_offset = compact && (low ? format->big_endian : !format->big_endian) ? 1 : 0;
}

static uint32_t convert(const struct vnc_format *format, uint32_t rgb)
{
    uint32_t pixel = 0;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t part = rgb >> (16 - 8 * i) & 0xff;
        pixel |= (part * format->most[i] + 127) / 255 << format->shift[i];
    }
    return pixel;
}

static void store(const struct vnc_painter *painter, uint32_t pixel, uint8_t *bytes)
{
    for (unsigned i = 0; i < painter->bytes; i++) {
        unsigned shift = painter->format.big_endian ? 8 * (painter->bytes - 1 - i) : 8 * i;
        bytes[i] = (uint8_t)(pixel >> shift);
    }
}

/* Grows the array and gives the room that was made. */
static uint8_t *grow(GByteArray *out, size_t bytes)
{
    guint old = out->len;
    g_byte_array_set_size(out, old + (guint)bytes);
    return out->data + old;
}

void vnc_put_pixels(GByteArray *out, const struct vnc_painter *painter, const uint32_t *pixels, unsigned count)
{
    uint8_t *bytes = grow(out, (size_t)count * painter->bytes);
    if (painter->native) {
        memcpy(bytes, pixels, (size_t)count * 4);
        return;
    }
    for (unsigned i = 0; i < count; i++, bytes += painter->bytes) {
        store(painter, convert(&painter->format, pixels[i]), bytes);
    }
}

void vnc_put_compact(GByteArray *out, const struct vnc_painter *painter, const uint32_t *pixels, unsigned count)
{
    uint8_t *bytes = grow(out, (size_t)count * painter->compact_bytes);
    for (unsigned i = 0; i < count; i++, bytes += painter->compact_bytes) {
        uint8_t whole[4];
        store(painter, painter->native ? pixels[i] & 0xffffff : convert(&painter->format, pixels[i]), whole);
        memcpy(bytes, whole + painter->compact_offset, painter->compact_bytes);
    }
}

static const uint32_t *pixel_at(const struct vnc_client *client, unsigned x, unsigned y)
{
    const struct surface *picture = &client->server->picture;
    return picture->pixels + (size_t)y * (picture->stride_bytes / 4) + x;
}

void vnc_encode_raw(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height)
{
    for (unsigned i = 0; i < height; i++) {
        vnc_put_pixels(client->out, &client->painter, pixel_at(client, x, y + i), width);
    }
}

/* ---- Hextile ---- */

/* The colours of a tile: 1, 2, or 3 for more than two. */
static unsigned count_colours(const struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height,
                              uint32_t colours[2])
{
    unsigned count = 0;
    for (unsigned i = 0; i < height; i++) {
        const uint32_t *row = pixel_at(client, x, y + i);
        for (unsigned j = 0; j < width; j++) {
            if ((count > 0 && row[j] == colours[0]) || (count > 1 && row[j] == colours[1])) {
                continue;
            }
            if (count == 2) {
                return 3;
            }
            colours[count++] = row[j];
        }
    }
    return count;
}

/* Runs of the second colour, a line each; false: a raw tile is shorter. */
static bool put_runs(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height,
                     const uint32_t colours[2])
{
    GByteArray *out = client->out;
    guint start = out->len;
    vnc_put8(out, HEXTILE_BACKGROUND | HEXTILE_FOREGROUND | HEXTILE_SUBRECTS);
    vnc_put_pixels(out, &client->painter, colours, 2);
    guint count_at = out->len;
    unsigned count = 0;
    vnc_put8(out, 0);
    for (unsigned i = 0; i < height; i++) {
        const uint32_t *row = pixel_at(client, x, y + i);
        for (unsigned j = 0; j < width; j++) {
            unsigned from = j;
            while (j < width && row[j] == colours[1]) {
                j++;
            }
            if (j > from) {
                vnc_put8(out, from << 4 | i);
                vnc_put8(out, (j - from - 1) << 4);
                count++;
            }
        }
    }
    if (out->len - start > 1 + width * height * client->painter.bytes || count > 255) {
        g_byte_array_set_size(out, start);
        return false;
    }
    out->data[count_at] = (uint8_t)count;
    return true;
}

static void put_hextile(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height)
{
    uint32_t colours[2] = { 0 };
    unsigned count = count_colours(client, x, y, width, height, colours);
    if (count == 1) {
        vnc_put8(client->out, HEXTILE_BACKGROUND);
        vnc_put_pixels(client->out, &client->painter, colours, 1);
    } else if (count > 2 || !put_runs(client, x, y, width, height, colours)) {
        vnc_put8(client->out, HEXTILE_RAW);
        vnc_encode_raw(client, x, y, width, height);
    }
}

void vnc_encode_hextile(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height)
{
    for (unsigned dy = 0; dy < height; dy += HEXTILE) {
        for (unsigned dx = 0; dx < width; dx += HEXTILE) {
            put_hextile(client, x + dx, y + dy, MIN(HEXTILE, width - dx), MIN(HEXTILE, height - dy));
        }
    }
}
