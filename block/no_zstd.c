/* SPDX-License-Identifier: MIT */
/* A build without libzstd: qcow2 images that are compressed with zstd are refused with that reason. */
#include "block/qcow2.h"

bool zstd_available(void) { return false; }
uint64_t zstd_unpack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most) { return 0; }
uint64_t zstd_pack(const uint8_t *in, uint64_t bytes, uint8_t *out, uint64_t most) { return 0; }
