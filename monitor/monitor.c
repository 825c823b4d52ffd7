/* SPDX-License-Identifier: MIT */
/*
 * The monitor's lines to the outside: servers and their clients, the terminal, what is behind Ctrl-a c.
 *
 *   socket -> stream -> line -> session (human) or qmp (programs) -> commands
 *
 * An answer that a client does not read is kept up to OUTPUT_BYTES, then the client is thrown out; nobody else notices.
 */
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/socket.h"
#include "monitor/outlet.h"

enum { OUTPUT_BYTES = 16 << 20, MOST_LINES = 64 };

struct monitor_listener {
    struct monitor *monitor;
    enum monitor_mode mode;
    struct character_address address;
    int fd;
    guint watch;
};

/* Somebody at the other end. */
struct line {
    struct monitor *monitor;
    struct outlet outlet;
    bool greeted;
    struct session *session;            /* or */
    struct qmp *qmp;
};

/* ---- Lines ---- */

static void line_input(struct line *line, const uint8_t *bytes, unsigned count)
{
    if (line->qmp) {
        qmp_input(line->qmp, bytes, count);
    } else {
        session_input(line->session, bytes, count);
    }
}

static void line_greet(struct line *line)
{
    line->greeted = true;
    if (line->qmp) {
        qmp_greet(line->qmp);
    } else {
        session_greet(line->session);
    }
}

static struct line *line_new(struct monitor *monitor, enum monitor_mode mode)
{
    struct line *line = g_new0(struct line, 1);
    const struct session_output output = outlet_output(&line->outlet);
    line->monitor = monitor;
    if (mode == MONITOR_QMP) {
        line->qmp = qmp_new(monitor, &output);
    } else {
        line->session = session_new(monitor, &output);
    }
    g_ptr_array_add(monitor->sessions, line);
    return line;
}

static void line_free(void *opaque)
{
    struct line *line = opaque;
    outlet_close(&line->outlet);
    session_free(line->session);
    qmp_free(line->qmp);
    g_free(line);
}

static void on_received(void *opaque, const uint8_t *bytes, unsigned count)
{
    line_input(opaque, bytes, count);
}

static void on_closed(void *opaque)
{
    struct line *line = opaque;
    g_ptr_array_remove(line->monitor->sessions, line);
}

/* The client has said all; it gets what is still to be said. */
static void on_ended(void *opaque)
{
    struct line *line = opaque;
    stream_finish(line->outlet.stream);
}

static void accept_line(struct monitor_listener *listener, int fd)
{
    struct line *line = line_new(listener->monitor, listener->mode);
    const struct stream_client client = { .opaque = line, .received = on_received, .closed = on_closed, .ended = on_ended };
    outlet_accept(&line->outlet, fd, listener->address.telnet, OUTPUT_BYTES, &client);
    line_greet(line);
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer opaque)
{
    struct monitor_listener *listener = opaque;
    int peer = socket_accept(fd);
    if (peer >= 0 && listener->monitor->sessions->len < MOST_LINES) {
        accept_line(listener, peer);
    } else if (peer >= 0) {
        close(peer);
    }
    return G_SOURCE_CONTINUE;
}

static void listener_free(void *opaque)
{
    struct monitor_listener *listener = opaque;
    if (listener->watch) {
        g_source_remove(listener->watch);
    }
    if (listener->fd >= 0) {
        close(listener->fd);
        if (listener->address.path) {
            unlink(listener->address.path);
        }
    }
    character_address_clear(&listener->address);
    g_free(listener);
}

/* ---- Streams that are shared with a device, the terminal ---- */

static void on_focus(void *opaque, bool on)
{
    struct line *line = opaque;
    if (on && !line->greeted) {
        outlet_write(&line->outlet, (const uint8_t *)"\r\n", 2);
        line_greet(line);
    } else if (on) {
        line_input(line, (const uint8_t *)"\r", 1);
    }
}

void monitor_attach(struct monitor *monitor, struct character *character)
{
    struct line *line = line_new(monitor, MONITOR_HUMAN);
    line->outlet.character = character;
    character_set_monitor(character, &(struct character_monitor){ line, on_received, on_focus });
}

/* stdio, pty, pipes, and sockets that connect: one line each. */
static bool open_character(struct monitor *monitor, const char *spec, enum monitor_mode mode, GError **error)
{
    struct line *line = line_new(monitor, mode);
    if (!outlet_open(&line->outlet, spec, line, on_received, error)) {
        g_ptr_array_remove(monitor->sessions, line);
        return false;
    }
    line_greet(line);
    return true;
}

static bool open_server(struct monitor *monitor, const struct character_address *address, enum monitor_mode mode,
                        const char *spec, GError **error)
{
    struct monitor_listener *listener = g_new0(struct monitor_listener, 1);
    listener->monitor = monitor;
    listener->mode = mode;
    listener->address = *address;
    listener->fd = character_listen(address, error);
    if (listener->fd < 0 || (address->wait && !character_wait(listener->fd, spec, error))) {
        listener_free(listener);
        return false;
    }
    listener->watch = g_unix_fd_add(listener->fd, G_IO_IN, on_connection, listener);
    g_ptr_array_add(monitor->listeners, listener);
    return true;
}

bool monitor_open(struct monitor *monitor, const char *spec, enum monitor_mode mode, GError **error)
{
    static const char *const sockets[] = { "tcp:", "telnet:", "unix:" };
    spec += g_str_has_prefix(spec, "mon:") ? 4 : 0;
    if (mode == MONITOR_QMP && !qmp_there()) {
        return error_fail(error, "this build has no QMP (json-glib was missing)");
    }
    if (!strcmp(spec, "none") || !strcmp(spec, "null") || !strcmp(spec, "vc") || g_str_has_prefix(spec, "vc:")) {
        return true;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(sockets); i++) {
        if (!g_str_has_prefix(spec, sockets[i])) {
            continue;
        }
        g_autofree char *kind = g_strndup(sockets[i], strlen(sockets[i]) - 1);
        struct character_address address;
        if (!character_parse_address(kind, spec + strlen(sockets[i]), &address, error)) {
            return false;
        }
        if (address.server) {
            return open_server(monitor, &address, mode, spec, error);
        }
        character_address_clear(&address);
    }
    return open_character(monitor, spec, mode, error);
}

/* ---- Life ---- */

void monitor_event(struct monitor *monitor, const char *name, const char *data)
{
    for (unsigned i = 0; i < monitor->sessions->len; i++) {
        struct line *line = monitor->sessions->pdata[i];
        if (line->qmp) {
            qmp_event(line->qmp, name, data);
        }
    }
}

void monitor_tell_humans(struct monitor *monitor, const char *text)
{
    for (unsigned i = 0; i < monitor->sessions->len; i++) {
        struct line *line = monitor->sessions->pdata[i];
        if (line->session && line->greeted) {
            session_tell(line->session, text);
        }
    }
}

void monitor_tell_shutdown(struct monitor *monitor)
{
    const char *reason = monitor->machine->shutdown_reason;
    if (!monitor->shutdown_told) {
        g_autofree char *data = g_strdup_printf("{\"guest\": %s, \"reason\": \"%s\"}", reason ? "false" : "true",
                                                reason ? reason : "guest-shutdown");
        monitor_event(monitor, "SHUTDOWN", data);
    }
    monitor->shutdown_told = true;
}

static void on_machine(void *opaque, enum machine_event event)
{
    struct monitor *monitor = opaque;
    g_autofree char *data = NULL;
    gdb_servers_event(monitor, event);
    switch (event) {
    case MACHINE_EVENT_STOP:
        monitor_event(monitor, "STOP", NULL);
        monitor_debug_stopped(monitor);
        break;
    case MACHINE_EVENT_RESUME:
        monitor->shutdown_told = false;         /* with -no-shutdown it may come again */
        monitor_event(monitor, "RESUME", NULL);
        break;
    case MACHINE_EVENT_POWERDOWN: monitor_event(monitor, "POWERDOWN", NULL); break;
    case MACHINE_EVENT_RESET:
        data = g_strdup_printf("{\"guest\": %s, \"reason\": \"%s\"}", monitor->machine->reset_by_host ? "false" : "true",
                               monitor->machine->reset_by_host ? "host-qmp-system-reset" : "guest-reset");
        monitor->machine->reset_by_host = false;
        monitor_event(monitor, "RESET", data);
        break;
    case MACHINE_EVENT_SHUTDOWN: monitor_tell_shutdown(monitor); break;
    }
}

struct monitor *monitor_new(struct board *board, struct ui *ui, const struct monitor_facts *facts)
{
    struct monitor *monitor = g_new0(struct monitor, 1);
    monitor->board = board;
    monitor->machine = board->machine;
    monitor->ui = ui;
    monitor->typist = board->input ? typist_new(board->input, &board->machine->lock) : NULL;
    monitor->program = g_strdup(facts->program);
    monitor->version = g_strdup(facts->version);
    monitor->qemu_version = g_strdup(facts->qemu_version);
    monitor->name = g_strdup(facts->name);
    monitor->uuid = g_strdup(facts->uuid);
    monitor->machine_name = g_strdup(facts->machine);
    monitor->memory_bytes = facts->memory_bytes;
    monitor->icount = facts->icount;
    monitor->listeners = g_ptr_array_new_with_free_func(listener_free);
    monitor->sessions = g_ptr_array_new_with_free_func(line_free);
    gdb_servers_init(monitor);
    machine_add_listener(monitor->machine, &(struct machine_listener){ monitor, on_machine });
    monitor_watch_devices(monitor);
    return monitor;
}

void monitor_free(struct monitor *monitor)
{
    if (!monitor) {
        return;
    }
    machine_remove_listener(monitor->machine, monitor);
    if (monitor->step_source) {
        g_source_remove(monitor->step_source);
    }
    monitor_leave_devices(monitor);
    g_ptr_array_free(monitor->listeners, TRUE);
    g_ptr_array_free(monitor->sessions, TRUE);
    g_ptr_array_free(monitor->gdb_servers, TRUE);
    typist_free(monitor->typist);
    char *texts[] = { monitor->program, monitor->version, monitor->qemu_version, monitor->name, monitor->uuid,
                      monitor->machine_name };
    for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
        g_free(texts[i]);
    }
    g_free(monitor);
}

struct cpu *monitor_cpu(struct monitor *monitor, unsigned index)
{
    return index < monitor->board->cpu_count ? monitor->board->cpus[index] : NULL;
}

void monitor_hold_cpus(struct monitor *monitor)
{
    machine_hold_cpus(monitor->machine);
}

void monitor_release_cpus(struct monitor *monitor)
{
    machine_release_cpus(monitor->machine);
}
