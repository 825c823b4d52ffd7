/* SPDX-License-Identifier: MIT */
/* Files read whole. The text of GLib's own errors names no option and quotes in the user's language: it is left for what is rare. */
#include "base/option_file.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"

static bool fail(const char *option, const char *path, const char *why, GError **error)
{
    return error_fail(error, "%s%s%s: %s", option ? option : "", option ? " " : "", path, why);
}

bool option_file_read(const char *option, const char *path, uint8_t **data, gsize *size, GError **error)
{
    g_autoptr(GError) reason = NULL;
    struct stat status;
    gchar *contents;
    if (stat(path, &status) || access(path, R_OK)) {
        return fail(option, path, g_strerror(errno), error);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(option, path, S_ISDIR(status.st_mode) ? "a directory" : "not a regular file", error);
    }
    if (!g_file_get_contents(path, &contents, size, &reason)) {
        return fail(option, path, reason->message, error);
    }
    *data = (uint8_t *)contents;
    return true;
}

GBytes *option_file_bytes(const char *option, const char *path, GError **error)
{
    uint8_t *data;
    gsize size;
    return option_file_read(option, path, &data, &size, error) ? g_bytes_new_take(data, size) : NULL;
}
