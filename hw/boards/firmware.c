/* SPDX-License-Identifier: MIT */
/* Firmware images come from distribution packages or from -bios; their size is what the map below 4 GiB can show. */
#include "hw/boards/firmware.h"
#include <stdint.h>
#include <string.h>
#include "base/error.h"
#include "base/option_file.h"

enum { FIRMWARE_UNIT_BYTES = 64 << 10, FIRMWARE_MAX_BYTES = 16 << 20, ROM_MAX_BYTES = 16 << 20 };

static const char *const firmware_folders[] = { "/usr/share/seabios", "/usr/lib/ipxe/qemu", "/usr/share/qemu", "/usr/local/share/qemu", NULL };

static char *find(const char *name)
{
    if (strchr(name, '/') || g_file_test(name, G_FILE_TEST_EXISTS)) {
        return g_strdup(name);
    }
    for (const char *const *folder = firmware_folders; *folder; folder++) {
        g_autofree char *path = g_build_filename(*folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
    return g_strdup(name);
}

GBytes *firmware_load(const char *name, GError **error)
{
    g_autofree char *path = find(name ? name : "bios-256k.bin");
    g_autoptr(GError) reason = NULL;
    uint8_t *bytes;
    gsize length;
    if (!option_file_read(name ? "-bios" : NULL, path, &bytes, &length, &reason)) {
        error_fail(error, name ? "%s" : "no firmware: %s (Debian package seabios)", reason->message);
        return NULL;
    }
    if (!length || length % FIRMWARE_UNIT_BYTES || length > FIRMWARE_MAX_BYTES) {
        error_fail(error, "-bios %s: %" G_GSIZE_FORMAT " bytes; firmware has a multiple of 64 KiB, at most 16 MiB", path,
                   length);
        g_free(bytes);
        return NULL;
    }
    return g_bytes_new_take(bytes, length);
}

GBytes *option_rom_load(const char *name, GError **error)
{
    g_autofree char *path = find(name);
    uint8_t *bytes;
    gsize length;
    if (!option_file_read(NULL, path, &bytes, &length, error)) {
        return NULL;
    }
    if (length < 3 || length > ROM_MAX_BYTES || bytes[0] != 0x55 || bytes[1] != 0xaa) {
        error_fail(error, "%s: not an option ROM (they begin with 55 AA and have at most %u KiB)", path, ROM_MAX_BYTES >> 10);
        g_free(bytes);
        return NULL;
    }
    return g_bytes_new_take(bytes, length);
}
