/* SPDX-License-Identifier: MIT */
/* Pictures of a screen: a copy to work on without the machine lock, and PPM ("P6", netpbm's ppm(5)). PNG is in png.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/display.h"
#include "base/error.h"
#include "ui/ui.h"

struct surface *screenshot_take(const struct surface *surface)
{
    struct surface *copy = g_memdup2(surface, sizeof(*surface));
    copy->pixels = g_memdup2(surface->pixels, (size_t)surface->stride_bytes * surface->height);
    return copy;
}

void screenshot_free(struct surface *copy)
{
    if (copy) {
        g_free(copy->pixels);
        g_free(copy);
    }
}

static const uint32_t *surface_row(const struct surface *surface, unsigned y)
{
    return surface->pixels + (size_t)y * surface->stride_bytes / 4;
}

bool screenshot_save_ppm(const struct surface *surface, const char *path, GError **error)
{
    FILE *file = fopen(path, "wbe");
    if (!file) {
        return error_fail(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    fprintf(file, "P6\n%u %u\n255\n", surface->width, surface->height);
    g_autofree uint8_t *line = g_malloc((size_t)surface->width * 3);
    for (unsigned y = 0; y < surface->height; y++) {
        const uint32_t *row = surface_row(surface, y);
        for (unsigned x = 0; x < surface->width; x++) {
            line[3 * x] = (uint8_t)(row[x] >> 16);
            line[3 * x + 1] = (uint8_t)(row[x] >> 8);
            line[3 * x + 2] = (uint8_t)row[x];
        }
        fwrite(line, 3, surface->width, file);
    }
    bool failed = ferror(file);
    if (fclose(file) || failed) {
        return error_fail(error, "%s: %s", path, strerror(errno));
    }
    return true;
}
