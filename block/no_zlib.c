/* SPDX-License-Identifier: MIT */
/* A build without zlib: compressed clusters of qcow2 images fail with an I/O error, and convert -c is refused. */
#include "block/qcow2.h"

bool deflate_available(void) { return false; }
uint64_t deflate_unpack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most) { return 0; }
uint64_t deflate_pack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most) { return 0; }
