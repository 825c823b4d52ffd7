/* SPDX-License-Identifier: MIT */
/* Files of gzip (RFC 1952) through zlib; no_gunzip.c is built where there is none. */
#include "hw/boot/gunzip.h"
#include <zlib.h>
#include "base/error.h"

enum { GZIP_ONLY = 16 + MAX_WBITS, FIRST_BYTES = 1 << 20 };

static bool fits_uint(gsize bytes) { return bytes <= UINT32_MAX; }

/* Grows the output as it fills. */
static int unpack(z_stream *stream, GByteArray *out, gsize most)
{
    int result = Z_OK;
    while (result == Z_OK && out->len < most) {
        guint room = (guint)MIN(MAX(out->len, FIRST_BYTES), most - out->len), old = out->len;
        g_byte_array_set_size(out, old + room);
        stream->next_out = out->data + old;
        stream->avail_out = room;
        result = inflate(stream, Z_NO_FLUSH);
        g_byte_array_set_size(out, old + room - stream->avail_out);
    }
    return result;
}

bool boot_gunzip(const char *option, const char *path, uint8_t **data, gsize *size, gsize most, GError **error)
{
    z_stream stream = { .next_in = *data, .avail_in = (uInt)*size };
    if (!fits_uint(*size) || inflateInit2(&stream, GZIP_ONLY) != Z_OK) {
        return error_fail(error, "%s %s: cannot be unpacked with gzip", option, path);
    }
    GByteArray *out = g_byte_array_new();
    int result = unpack(&stream, out, MIN(most, G_MAXUINT32 / 2));
    inflateEnd(&stream);
    if (result != Z_STREAM_END) {
        bool large = out->len >= MIN(most, G_MAXUINT32 / 2);
        g_byte_array_unref(out);
        return error_fail(error, "%s %s: compressed with gzip and %s", option, path, large ? "too large when unpacked" : "damaged");
    }
    g_free(*data);
    *size = out->len;
    *data = g_byte_array_free(out, FALSE);
    return true;
}
