/* SPDX-License-Identifier: MIT */
/* A screen as a PNG file, by libpng; 8 bits a sample, no alpha. */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include "base/display.h"
#include "base/error.h"
#include "ui/ui.h"

/* libpng comes back to setjmp when it fails; what is read afterwards is volatile or was set before. */
static bool write_image(png_structp png, png_infop info, FILE *file, const struct surface *surface, uint8_t *line)
{
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, surface->width, surface->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 1);
    png_write_info(png, info);
    for (unsigned y = 0; y < surface->height; y++) {
        const uint32_t *row = surface->pixels + (size_t)y * surface->stride_bytes / 4;
        for (unsigned x = 0; x < surface->width; x++) {
            line[3 * x] = (uint8_t)(row[x] >> 16);
            line[3 * x + 1] = (uint8_t)(row[x] >> 8);
            line[3 * x + 2] = (uint8_t)row[x];
        }
        png_write_row(png, line);
    }
    png_write_end(png, NULL);
    return true;
}

bool screenshot_save_png(const struct surface *surface, const char *path, GError **error)
{
    FILE *file = fopen(path, "wbe");
    if (!file) {
        return error_fail(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    g_autofree uint8_t *line = g_malloc((size_t)surface->width * 3);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool done = info && write_image(png, info, file, surface, line);
    png_destroy_write_struct(&png, &info);
    if (fclose(file) || !done) {
        return error_fail(error, "%s: the picture could not be written", path);
    }
    return true;
}
