/* SPDX-License-Identifier: MIT */
/* -fw_cfg: files that the user has for firmware and systems (Linux shows them in /sys/firmware/qemu_fw_cfg). Their names begin with
 * opt/ by convention; what the board itself says cannot be replaced. */
#include "hw/boards/tell_files.h"
#include <string.h>
#include "base/error.h"
#include "base/option_file.h"
#include "base/options.h"

enum { MOST_BYTES = 64 << 20 };

struct file_spec { const char *name, *file, *text; };      /* parts of the items; NULL: not given */

/* name=, file=, string=; what stands first without a key is the name. */
static bool parse(char **items, struct file_spec *spec, GError **error)
{
    *spec = (struct file_spec){ .name = !strchr(items[0], '=') ? items[0] : NULL };
    for (unsigned i = spec->name ? 1 : 0; items[i]; i++) {
        if (g_str_has_prefix(items[i], "name=")) {
            spec->name = items[i] + strlen("name=");
        } else if (g_str_has_prefix(items[i], "file=")) {
            spec->file = items[i] + strlen("file=");
        } else if (g_str_has_prefix(items[i], "string=")) {
            spec->text = items[i] + strlen("string=");
        } else {
            return error_fail(error, "%s: not supported; there are name=, file= and string=", items[i]);
        }
    }
    return true;
}

static GBytes *content(const struct file_spec *spec, GError **error)
{
    if (!spec->file == !spec->text) {
        error_fail(error, "needs file=FILE or string=TEXT");
        return NULL;
    }
    return spec->file ? option_file_bytes(NULL, spec->file, error) : g_bytes_new(spec->text, strlen(spec->text));
}

static bool add_file(struct fw_cfg *fw_cfg, const char *argument, GError **error)
{
    g_auto(GStrv) items = options_split(argument);
    struct file_spec spec;
    uint32_t length;
    gsize size;
    if (!parse(items, &spec, error)) {
        return false;
    }
    if (!spec.name || !*spec.name || strlen(spec.name) >= sizeof(fw_cfg->file_names[0])) {
        return error_fail(error, "needs name=NAME of at most %zu characters, such as opt/mine", sizeof(fw_cfg->file_names[0]) - 1);
    }
    if (fw_cfg_file(fw_cfg, spec.name, &length)) {
        return error_fail(error, "the board or an earlier -fw_cfg has a file of this name");
    }
    g_autoptr(GBytes) bytes = content(&spec, error);
    if (!bytes) {
        return false;
    }
    const void *data = g_bytes_get_data(bytes, &size);
    if (size > MOST_BYTES) {
        return error_fail(error, "%" G_GSIZE_FORMAT " bytes; at most 64 MiB", size);
    }
    return fw_cfg_set_file(fw_cfg, spec.name, data, (uint32_t)size) || error_fail(error, "too many files");
}

bool board_tell_files(const GPtrArray *specs, struct fw_cfg *fw_cfg, GError **error)
{
    for (unsigned i = 0; i < specs->len; i++) {
        if (!add_file(fw_cfg, specs->pdata[i], error)) {
            g_prefix_error(error, "-fw_cfg %s: ", (const char *)specs->pdata[i]);
            return false;
        }
    }
    return true;
}
