/* SPDX-License-Identifier: MIT */
/*
 * A VNC server for the machine's screen: RFB 3.3 to 3.8 (RFC 6143), encodings Raw, Hextile, ZRLE, and of QEMU's extensions
 * extended keys, relative pointers and LEDs. Everything runs in the main loop.
 *
 *   display -> picture (a copy, compared tile by tile, machine lock) -> clients' dirty tiles -> encoded, sent (no lock)
 *
 * Nobody is thrown out for another: all clients share, whatever they ask for. Left out: TLS, SASL, websockets, clipboard, Tight, sound, sizes that clients ask for.
 */
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/socket.h"
#include "ui/vnc.h"

enum { FIRST_PORT = 5900, LAST_PORT = 65535 };

static void set_watching(struct vnc_server *server, bool on)
{
    if (on != server->watching) {
        server->watching = on;
        (on ? ui_watch : ui_unwatch)(server->ui);
    }
}

/* ---- Pictures; machine lock held ---- */

static void take_rectangle(struct vnc_server *server, const struct surface *screen, unsigned column, unsigned row)
{
    unsigned x = column * VNC_TILE, y = row * VNC_TILE;
    unsigned width = MIN(VNC_TILE, screen->width - x), height = MIN(VNC_TILE, screen->height - y);
    bool differs = false;
    for (unsigned i = 0; i < height; i++) {
        const uint32_t *from = screen->pixels + (size_t)(y + i) * (screen->stride_bytes / 4) + x;
        uint32_t *to = server->picture.pixels + (size_t)(y + i) * (server->picture.stride_bytes / 4) + x;
        if (memcmp(from, to, width * 4)) {
            memcpy(to, from, width * 4);
            differs = true;
        }
    }
    for (unsigned i = 0; differs && i < server->clients->len; i++) {
        const struct vnc_client *client = server->clients->pdata[i];
        if (client->dirty) {
            client->dirty[(size_t)row * server->columns + column] = 1;
        }
    }
}

static void take_size(struct vnc_server *server, const struct surface *screen)
{
    g_free(server->picture.pixels);
    server->picture = *screen;
    server->picture.stride_bytes = screen->width * 4;
    server->picture.pixels = g_malloc0((size_t)server->picture.stride_bytes * screen->height);
    server->columns = (screen->width + VNC_TILE - 1) / VNC_TILE;
    server->rows = (screen->height + VNC_TILE - 1) / VNC_TILE;
    server->x1 = server->y1 = 0;
    server->x2 = screen->width;
    server->y2 = screen->height;
    for (unsigned i = 0; i < server->clients->len; i++) {
        vnc_client_resize(server->clients->pdata[i]);
    }
}

static void take_picture(struct vnc_server *server)
{
    const struct surface *screen = display_surface(server->ui->display);
    if (server->resized) {
        take_size(server, screen);
        server->resized = false;
    }
    for (unsigned row = server->y1 / VNC_TILE; server->x2 && row * VNC_TILE < server->y2; row++) {
        for (unsigned column = server->x1 / VNC_TILE; column * VNC_TILE < server->x2; column++) {
            take_rectangle(server, screen, column, row);
        }
    }
    server->x2 = 0;
}

static void on_resized(void *opaque, const struct surface *surface)
{
    ((struct vnc_server *)opaque)->resized = true;
}

static void on_updated(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
    struct vnc_server *server = opaque;
    bool first = !server->x2;
    server->x1 = first ? x : MIN(server->x1, x);
    server->y1 = first ? y : MIN(server->y1, y);
    server->x2 = first ? x + width : MAX(server->x2, x + width);
    server->y2 = first ? y + height : MAX(server->y2, y + height);
}

static gboolean on_flush(gpointer opaque)
{
    struct vnc_server *server = opaque;
    server->flush = 0;
    for (unsigned i = server->clients->len; i-- > 0;) {
        vnc_client_update(server->clients->pdata[i]);
    }
    return G_SOURCE_REMOVE;
}

static void on_refreshed(void *opaque)
{
    struct vnc_server *server = opaque;
    if (server->watching) {
        take_picture(server);
    }
    if (!server->flush) {
        server->flush = g_idle_add_full(G_PRIORITY_DEFAULT, on_flush, server, NULL);
    }
}

/* ---- Clients ---- */

void vnc_pictures_changed(struct vnc_server *server)
{
    unsigned count = 0;
    for (unsigned i = 0; i < server->clients->len; i++) {
        count += ((struct vnc_client *)server->clients->pdata[i])->phase == VNC_NORMAL;
    }
    if (count && !server->watching) {   /* what changed while nobody looked */
        ui_lock(server->ui);
        take_picture(server);
        ui_unlock(server->ui);
    }
    set_watching(server, count);
}

void vnc_forget(struct vnc_client *client)
{
    struct vnc_server *server = client->server;
    ui_lock(server->ui);
    input_release_all(server->ui->input);
    ui_unlock(server->ui);
    g_ptr_array_remove(server->clients, client);        /* frees it */
    vnc_pictures_changed(server);
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer opaque)
{
    struct vnc_server *server = opaque;
    int client = socket_accept(fd);
    if (client >= 0 && server->clients->len < VNC_MOST_CLIENTS) {
        vnc_client_new(server, client);
    } else if (client >= 0) {
        close(client);
    }
    return G_SOURCE_CONTINUE;
}

/* ---- Life ---- */

static void vnc_free(void *opaque)
{
    struct vnc_server *server = opaque;
    if (server->listen_watch) {
        g_source_remove(server->listen_watch);
    }
    ui_lock(server->ui);
    display_remove_listener(server->ui->display, server);
    ui_unlock(server->ui);
    g_ptr_array_free(server->clients, TRUE);
    set_watching(server, false);
    if (server->flush) {
        g_source_remove(server->flush);
    }
    if (server->listener >= 0) {
        close(server->listener);
    }
    if (server->unix_path) {
        unlink(server->unix_path);
    }
    g_free(server->unix_path);
    g_free(server->password);
    g_free(server->picture.pixels);
    g_free(server);
}

/* address: "host:N", ":N" or "unix:PATH"; to: the last display number to try. */
static bool listen_at(struct vnc_server *server, const char *address, const char *to, GError **error)
{
    g_autofree char *host = NULL, *number = NULL;
    if (g_str_has_prefix(address, "unix:")) {
        server->listener = socket_listen_unix(address + 5, error);
        server->unix_path = server->listener >= 0 ? g_strdup(address + 5) : NULL;
        return server->listener >= 0;
    }
    guint64 first, last;
    if (!socket_split(address, &host, &number) ||
        !g_ascii_string_to_unsigned(number, 10, 0, LAST_PORT - FIRST_PORT, &first, NULL)) {
        return error_fail(error, "the address is HOST:DISPLAY, :DISPLAY or unix:PATH; display 0 is port 5900");
    }
    if (to && !g_ascii_string_to_unsigned(to, 10, first, LAST_PORT - FIRST_PORT, &last, NULL)) {
        return error_fail(error, "to=%s is no display number from %s up", to, number);
    }
    for (last = to ? last : first; server->listener < 0 && first <= last; first++) {
        g_autofree char *port = g_strdup_printf("%u", (unsigned)first + FIRST_PORT);
        g_clear_error(error);
        server->listener = socket_listen_tcp(host, port, error);
    }
    return server->listener >= 0;
}

/* The value of key in "address,key=value,key"; a key alone is "on". NULL: not there. Free it. */
static char *property(const char *arguments, const char *key)
{
    g_auto(GStrv) items = g_strsplit(arguments, ",", -1);
    for (unsigned i = *items ? 1 : 0; items[i]; i++) {
        size_t length = strlen(key);
        if (!strncmp(items[i], key, length) && (!items[i][length] || items[i][length] == '=')) {
            return g_strdup(items[i][length] ? items[i] + length + 1 : "on");
        }
    }
    return NULL;
}

static bool vnc_set_password(void *opaque, const char *password)
{
    struct vnc_server *server = opaque;
    g_free(server->password);
    server->password = g_strdup(password);
    return server->asks_password;
}

static void vnc_print(void *opaque, GString *out)
{
    struct vnc_server *server = opaque;
    g_autofree char *name = socket_local_name(server->listener);
    g_string_append_printf(out, "Server: %s (%s)\n", name, server->asks_password ? "vnc" : "none");
    for (unsigned i = 0; i < server->clients->len; i++) {
        const struct vnc_client *client = server->clients->pdata[i];
        g_string_append_printf(out, "  Client: %s, %u x %u%s\n", client->name, client->width, client->height,
                               client->phase == VNC_NORMAL ? "" : ", in handshake");
    }
}

static bool vnc_open(struct ui *ui, const char *arguments, GError **error)
{
    static const char *const keys[] = { "to", "password", "share", "lossy", "non-adaptive", "power-control", "id", "audiodev", NULL };
    g_autofree char *address = g_strndup(arguments, strcspn(arguments, ","));
    g_autofree char *to = property(arguments, "to"), *password = property(arguments, "password");
    if (!ui_check_keys(arguments + strlen(address), keys, error)) {
        return false;
    }
    struct vnc_server *server = g_new0(struct vnc_server, 1);
    server->ui = ui;
    server->listener = -1;
    server->clients = g_ptr_array_new_with_free_func((GDestroyNotify)vnc_client_free);
    server->asks_password = password && strcmp(password, "off");
    struct display_listener listener = { .opaque = server, .resized = on_resized, .updated = on_updated,
                                         .refreshed = on_refreshed };
    ui_lock(ui);
    display_add_listener(ui->display, &listener);
    take_picture(server);
    ui_unlock(ui);
    if (!listen_at(server, address, to, error)) {
        vnc_free(server);
        return false;
    }
    server->listen_watch = g_unix_fd_add(server->listener, G_IO_IN, on_connection, server);
    ui_add_view(ui, &(struct ui_view){ server, vnc_free, vnc_set_password, vnc_print });
    return true;
}

const struct ui_kind ui_kind_vnc = {
    "vnc", "=[HOST]:N|unix:PATH[,password=on][,to=N]", "a VNC server on port 5900 + N", vnc_open,
};
