/* SPDX-License-Identifier: MIT */
/*
 * -object and object-add: sources of random numbers (rng-random, rng-builtin), captures of networks (networks.c), secrets, which
 * libvirt gives and nothing asks for.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "base/error.h"
#include "hw/boards/backends_internal.h"
#include "hw/boards/devices.h"

const char *const backends_objects[] = { "filter-dump", "rng-builtin", "rng-random", "secret", NULL };

struct board_rng { char *id; int fd; };     /* fd -1: the host's own */

static void rng_free(void *opaque)
{
    struct board_rng *rng = opaque;
    if (rng->fd >= 0) {
        close(rng->fd);
    }
    g_free(rng->id);
    g_free(rng);
}

static struct board_rng *find(const struct board *board, const char *id)
{
    for (unsigned i = 0; id && board->rngs && i < board->rngs->len; i++) {
        struct board_rng *rng = board->rngs->pdata[i];
        if (!strcmp(rng->id, id)) {
            return rng;
        }
    }
    return NULL;
}

size_t rng_read(void *opaque, void *out, size_t bytes)
{
    const struct board_rng *rng = opaque;
    ssize_t got = rng && rng->fd >= 0 ? read(rng->fd, out, bytes) : getrandom(out, bytes, GRND_NONBLOCK);
    return got > 0 ? (size_t)got : 0;
}

void *backends_rng(const struct board *board, const char *id, GError **error)
{
    struct board_rng *rng = find(board, id);
    if (!rng) {
        error_fail(error, "rng=%s: no -object rng-random or rng-builtin has this id", id);
    }
    return rng;
}

static bool add_rng(struct board *board, const char *text, bool builtin, GError **error)
{
    g_autofree char *id = options_property(text, "id"), *given = options_property(text, "filename");
    const char *file = given ? given : "/dev/urandom";
    if (!id || find(board, id)) {
        return error_fail(error, id ? "attempt to add duplicate property '%s' to object" : "needs id=ID", id);
    }
    int fd = builtin ? -1 : open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (!builtin && fd < 0) {
        return error_fail(error, "Could not open '%s': %s", file, strerror(errno));
    }
    struct board_rng *rng = g_new(struct board_rng, 1);
    *rng = (struct board_rng){ g_strdup(id), fd };
    g_ptr_array_add(board->rngs, rng);
    return true;
}

bool backends_add_object(struct board *board, const char *text, GError **error)
{
    g_autofree char *first = options_driver(text);
    const char *kind = first + (g_str_has_prefix(first, "qom-type=") ? strlen("qom-type=") : 0);
    if (!strcmp(kind, "rng-random") || !strcmp(kind, "rng-builtin")) {
        return add_rng(board, text, !strcmp(kind, "rng-builtin"), error);
    }
    if (!strcmp(kind, "filter-dump")) {
        return networks_add_capture(board, text, error);
    }
    g_autofree char *all = g_strjoinv(", ", (char **)backends_objects);
    return !strcmp(kind, "secret") || error_fail(error, "%s: not supported; there are: %s", kind, all);
}

bool backends_remove_object(struct board *board, const char *id, GError **error)
{
    struct board_rng *rng = find(board, id);
    if (!rng) {
        return error_fail(error, "object '%s' not found", id);
    }
    for (unsigned i = 0; i < board->plugged->len; i++) {
        const struct device_plugged *plugged = board->plugged->pdata[i];
        if (!g_strcmp0(g_hash_table_lookup(plugged->values, "rng"), id)) {
            return error_fail(error, "object '%s' is in use, can not be deleted", id);
        }
    }
    g_ptr_array_remove(board->rngs, rng);
    return true;
}

bool objects_open(struct board *board, GError **error)
{
    board->rngs = g_ptr_array_new_with_free_func(rng_free);
    for (unsigned i = 0; i < board->options->objects->len; i++) {
        if (!backends_add_object(board, board->options->objects->pdata[i], error)) {
            g_prefix_error(error, "-object ");
            return false;
        }
    }
    return true;
}

void objects_close(struct board *board)
{
    g_clear_pointer(&board->rngs, g_ptr_array_unref);
}
