/* SPDX-License-Identifier: MIT */
/* zstd through libzstd; no_zstd.c is built where there is none. */
#include <zstd.h>
#include "block/qcow2.h"

enum { WINDOW_LOG_MOST = 23 };

bool zstd_available(void) { return true; }

uint64_t zstd_unpack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    if (stream) {
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MOST);     /* the input says how much memory */
    }
    ZSTD_inBuffer from = { in, bytes, 0 };
    ZSTD_outBuffer to = { out, most, 0 };
    while (stream && to.pos < most && from.pos < bytes) {
        const size_t left = ZSTD_decompressStream(stream, &to, &from);
        if (ZSTD_isError(left) || !left) {
            break;
        }
    }
    ZSTD_freeDStream(stream);
    return to.pos;
}

uint64_t zstd_pack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most)
{
    const size_t size = ZSTD_compress(out, most, in, bytes, ZSTD_CLEVEL_DEFAULT);
    return ZSTD_isError(size) ? 0 : size;
}
