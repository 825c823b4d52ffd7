/* SPDX-License-Identifier: MIT */
/* Raw deflate through zlib; no_zlib.c is built where there is none. */
#include <zlib.h>
#include "block/qcow2.h"

enum { WINDOW_BITS = -12 };         /* negative: no zlib header */

bool deflate_available(void) { return true; }

uint64_t deflate_unpack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most)
{
    z_stream stream = { .next_in = (uint8_t *)in, .avail_in = (uInt)bytes, .next_out = out, .avail_out = (uInt)most };
    if (inflateInit2(&stream, WINDOW_BITS) != Z_OK) {
        return 0;
    }
    int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    /* What follows in the last sector belongs to others, so that the end of input is none of ours. */
    return result == Z_STREAM_END || result == Z_BUF_ERROR ? most - stream.avail_out : 0;
}

uint64_t deflate_pack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most)
{
    z_stream stream = { .next_in = (uint8_t *)in, .avail_in = (uInt)bytes, .next_out = out, .avail_out = (uInt)most };
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        return 0;
    }
    int result = deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return result == Z_STREAM_END ? most - stream.avail_out : 0;
}
