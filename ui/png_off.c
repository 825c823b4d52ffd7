/* SPDX-License-Identifier: MIT */
/* In place of png.c when libpng was not there at configure time. */
#include "base/error.h"
#include "ui/ui.h"

bool screenshot_save_png(const struct surface *surface, const char *path, GError **error)
{
    return error_fail(error, "%s: this build has no PNG (libpng was missing); PPM there is", path);
}
