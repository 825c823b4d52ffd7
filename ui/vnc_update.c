/* SPDX-License-Identifier: MIT */
/*
 * FramebufferUpdate messages (RFC 6143, 7.6.1): what changed since the client's last one, and news in pseudo-encodings. One
 * message holds about UPDATE_BYTES; the rest goes with the client's next request, so a client costs no more memory than
 * that, however slowly it reads.
 */
#include <string.h>
#include "ui/vnc.h"

enum { UPDATE_BYTES = 512 << 10, MOST_RECTANGLES = 10000 };

static void put_header(GByteArray *out, unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding)
{
    vnc_put16(out, x);
    vnc_put16(out, y);
    vnc_put16(out, width);
    vnc_put16(out, height);
    vnc_put32(out, (uint32_t)encoding);
}

/* The size of the picture, and that there is one screen; in reply to a client that wants another size the reason. */
static unsigned put_size(struct vnc_client *client)
{
    GByteArray *out = client->out;
    client->tell_size = false;
    if (!client->knows_extended_size) {
        put_header(out, 0, 0, client->width, client->height, VNC_PSEUDO_DESKTOP_SIZE);
        return 1;
    }
    put_header(out, client->size_reason, client->size_status, client->width, client->height, VNC_PSEUDO_EXTENDED_SIZE);
    vnc_put32(out, 1u << 24);           /* one screen, 3 bytes of padding */
    vnc_put32(out, 0);                  /* its id */
    vnc_put32(out, 0);                  /* x, y */
    vnc_put16(out, client->width);
    vnc_put16(out, client->height);
    vnc_put32(out, 0);                  /* flags */
    client->size_reason = client->size_status = 0;
    return 1;
}

static unsigned put_news(struct vnc_client *client)
{
    GByteArray *out = client->out;
    unsigned count = 0;
    if (client->tell_size) {
        count += put_size(client);
    }
    if (client->tell_key) {
        put_header(out, 0, 0, client->width, client->height, VNC_PSEUDO_KEY);
        count++;
    }
    if (client->tell_pointer) {
        put_header(out, client->pointer_absolute, 0, client->width, client->height, VNC_PSEUDO_POINTER);
        count++;
    }
    if (client->tell_led) {
        put_header(out, 0, 0, 1, 1, VNC_PSEUDO_LED);
        vnc_put8(out, client->leds);
        count++;
    }
    if (client->tell_name) {
        put_header(out, 0, 0, 0, 0, VNC_PSEUDO_DESKTOP_NAME);
        vnc_put32(out, (uint32_t)strlen(client->title));
        g_byte_array_append(out, (const uint8_t *)client->title, (guint)strlen(client->title));
        count++;
    }
    client->tell_key = client->tell_pointer = client->tell_led = client->tell_name = false;
    return count;
}

static void put_rectangle(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height)
{
    put_header(client->out, x, y, width, height, client->encoding);
    switch (client->encoding) {
    case VNC_ENCODING_ZRLE: vnc_encode_zrle(client, x, y, width, height); break;
    case VNC_ENCODING_HEXTILE: vnc_encode_hextile(client, x, y, width, height); break;
    default: vnc_encode_raw(client, x, y, width, height); break;
    }
}

/* Runs of changed tiles, a row of tiles at a time. */
static unsigned put_pictures(struct vnc_client *client)
{
    const struct vnc_server *server = client->server;
    unsigned width = MIN(client->width, server->picture.width), height = MIN(client->height, server->picture.height);
    unsigned count = 0;
    for (unsigned row = 0; row < server->rows; row++) {
        uint8_t *dirty = client->dirty + (size_t)row * server->columns;
        for (unsigned column = 0; column < server->columns; column++) {
            unsigned from = column;
            while (column < server->columns && dirty[column]) {
                dirty[column++] = 0;
            }
            unsigned x = from * VNC_TILE, y = row * VNC_TILE;
            if (column == from || x >= width || y >= height) {
                continue;
            }
            put_rectangle(client, x, y, MIN(column * VNC_TILE, width) - x, MIN(VNC_TILE, height - y));
            if (++count >= MOST_RECTANGLES || client->out->len > UPDATE_BYTES) {
                return count;
            }
        }
    }
    return count;
}

void vnc_write_update(struct vnc_client *client)
{
    GByteArray *out = client->out;
    guint start = out->len;
    vnc_put32(out, 0);                  /* type 0, padding, the number of rectangles, which is not known yet */
    unsigned count = put_news(client) + put_pictures(client);
    if (!count) {
        g_byte_array_set_size(out, start);
        return;
    }
    guint16 number = g_htons((guint16)count);
    memcpy(out->data + start + 2, &number, 2);
    client->wants = client->wants_all = false;
}
