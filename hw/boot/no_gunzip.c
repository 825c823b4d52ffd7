/* SPDX-License-Identifier: MIT */
/* A build without zlib: files of gzip are refused. */
#include "hw/boot/gunzip.h"
#include "base/error.h"

bool boot_gunzip(const char *option, const char *path, uint8_t **data, gsize *size, gsize most, GError **error)
{
    return error_fail(error, "%s %s: compressed with gzip, and this build is without zlib; unpack it first", option, path);
}
