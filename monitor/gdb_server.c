/* SPDX-License-Identifier: MIT */
/*
 * Where gdb connects: -gdb, -s, the monitor's gdbserver. A server takes several clients; each has points of its own and is
 * told of stops that it waits for. Nothing happens to the machine before a client's first packets ask for it, and nothing
 * when a connection ends: a stopped machine stays stopped (gdb's "disconnect"), only the client's points go.
 */
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/socket.h"
#include "monitor/gdb.h"
#include "monitor/outlet.h"

enum { OUTPUT_BYTES = 4 << 20, MOST_CLIENTS = 8 };

struct gdb_server {
    struct monitor *monitor;
    struct gdb_options options;
    struct character_address address;
    int fd;
    guint watch, retire;
    GPtrArray *clients;             /* struct client * */
};

struct client {
    struct gdb_server *server;
    struct outlet outlet;
    struct gdb *gdb;
};

/* ---- clients ---- */

static void client_free(void *opaque)
{
    struct client *client = opaque;
    gdb_free(client->gdb);
    outlet_close(&client->outlet);
    g_free(client);
}

static struct client *client_new(struct gdb_server *server)
{
    struct client *client = g_new0(struct client, 1);
    client->server = server;
    const struct session_output output = outlet_output(&client->outlet);
    client->gdb = gdb_new(server->monitor, &server->options, &output);
    g_ptr_array_add(server->clients, client);
    return client;
}

static void on_received(void *opaque, const uint8_t *bytes, unsigned count)
{
    struct client *client = opaque;
    gdb_input(client->gdb, bytes, count);
}

static void on_closed(void *opaque)
{
    struct client *client = opaque;
    g_ptr_array_remove(client->server->clients, client);
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer opaque)
{
    struct gdb_server *server = opaque;
    const int peer = socket_accept(fd);
    if (peer < 0) {
        return G_SOURCE_CONTINUE;
    }
    if (server->clients->len >= MOST_CLIENTS) {
        close(peer);
        return G_SOURCE_CONTINUE;
    }
    struct client *client = client_new(server);
    const struct stream_client callbacks = { .opaque = client, .received = on_received, .closed = on_closed };
    outlet_accept(&client->outlet, peer, false, OUTPUT_BYTES, &callbacks);
    return G_SOURCE_CONTINUE;
}

/* ---- servers ---- */

static void server_close(struct gdb_server *server)
{
    g_clear_handle_id(&server->watch, g_source_remove);
    if (server->fd >= 0) {
        close(server->fd);
        server->fd = -1;
        if (server->address.path) {
            unlink(server->address.path);
        }
    }
}

static void server_free(struct gdb_server *server)
{
    server_close(server);
    g_clear_handle_id(&server->retire, g_source_remove);
    g_ptr_array_free(server->clients, TRUE);
    character_address_clear(&server->address);
    g_free(server);
}

static struct gdb_server *server_new(struct monitor *monitor, const struct gdb_options *options)
{
    struct gdb_server *server = g_new0(struct gdb_server, 1);
    server->monitor = monitor;
    server->options = *options;
    server->fd = -1;
    server->clients = g_ptr_array_new_with_free_func(client_free);
    return server;
}

static bool open_stdio(struct gdb_server *server, GError **error)
{
    struct client *client = client_new(server);
    return outlet_open(&client->outlet, "stdio", client, on_received, error);
}

/* "tcp:", "unix:" and their rest, without our own properties. QEMU's "server" and "wait" are taken: a server it always is. */
static bool open_socket(struct gdb_server *server, const char *spec, GError **error)
{
    const char *colon = strchr(spec, ':');
    g_autofree char *kind = g_strndup(spec, colon ? (size_t)(colon - spec) : 0);
    if (strcmp(kind, "tcp") && strcmp(kind, "unix")) {
        return error_fail(error, "'%s': not tcp:[HOST]:PORT, unix:PATH or stdio", spec);
    }
    if (!character_parse_address(kind, colon + 1, &server->address, error)) {
        return false;
    }
    server->fd = character_listen(&server->address, error);
    if (server->fd >= 0) {
        server->watch = g_unix_fd_add(server->fd, G_IO_IN, on_connection, server);
    }
    return server->fd >= 0;
}

/* Takes arch= and pc= out of a spec; what is left, to be freed. NULL: error. */
static char *take_properties(struct monitor *monitor, const char *spec, struct gdb_options *options, GError **error)
{
    g_auto(GStrv) items = g_strsplit(spec, ",", -1);
    g_autoptr(GString) left = g_string_new(items[0] ? items[0] : "");
    for (unsigned i = 1; items[0] && items[i]; i++) {
        const char *item = items[i];
        if (gdb_take_prefix(&item, "arch=")) {
            if (!gdb_set_arch(monitor, options, item)) {
                error_fail(error, "arch=%s: this CPU has no such registers; 'auto' takes those of the code that runs", item);
                return NULL;
            }
        } else if (gdb_take_prefix(&item, "pc=")) {
            if (strcmp(item, "linear") && strcmp(item, "offset")) {
                error_fail(error, "pc=%s: linear or offset", item);
                return NULL;
            }
            options->offset_pc = *item == 'o';
        } else {
            g_string_append_printf(left, ",%s", item);
        }
    }
    return g_string_free(g_steal_pointer(&left), FALSE);
}

bool monitor_open_gdb(struct monitor *monitor, const char *spec, unsigned kernel_bits, GError **error)
{
    struct cpu *cpu = monitor_cpu(monitor, 0);
    struct gdb_options options = { .arch = "auto", .kernel_bits = kernel_bits };
    if (!cpu || !cpu_gdb_of(cpu) || !cpu_view_of(cpu)) {
        return error_fail(error, "gdb: these CPUs cannot be debugged");
    }
    g_autofree char *place = take_properties(monitor, spec, &options, error);
    if (!place) {
        return false;
    }
    struct gdb_server *server = server_new(monitor, &options);
    if (strcmp(place, "stdio") ? !open_socket(server, place, error) : !open_stdio(server, error)) {
        server_free(server);
        return false;
    }
    g_ptr_array_add(monitor->gdb_servers, server);
    return true;
}

void gdb_servers_event(struct monitor *monitor, enum machine_event event)
{
    for (unsigned i = 0; i < monitor->gdb_servers->len; i++) {
        struct gdb_server *server = monitor->gdb_servers->pdata[i];
        for (unsigned c = 0; c < server->clients->len; c++) {
            struct client *client = server->clients->pdata[c];
            gdb_machine_event(client->gdb, event);
        }
    }
}

static gboolean retire(gpointer opaque)
{
    struct gdb_server *server = opaque;
    server->retire = 0;
    g_ptr_array_remove(server->monitor->gdb_servers, server);
    return G_SOURCE_REMOVE;
}

/* Later for the clients: one of them may be who asks. */
void gdb_servers_close(struct monitor *monitor)
{
    for (unsigned i = 0; i < monitor->gdb_servers->len; i++) {
        struct gdb_server *server = monitor->gdb_servers->pdata[i];
        server_close(server);
        if (!server->retire) {
            server->retire = g_idle_add(retire, server);
        }
    }
}

void gdb_servers_init(struct monitor *monitor)
{
    monitor->gdb_servers = g_ptr_array_new_with_free_func((GDestroyNotify)server_free);
}
