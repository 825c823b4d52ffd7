/* SPDX-License-Identifier: MIT */
/*
 * Byte streams to the outside.
 *
 *   device -> character_write -> stream (base/stream.h)         any thread
 *   stream -> take_key (Ctrl-a) -> pending -> client            main loop; machine lock only around the client's callbacks
 *                              \-> monitor
 *
 * Input is read ahead into `pending` so that Ctrl-a works while the guest does not listen. An end of the terminal's input
 * stops reading and nothing else. A server serves one client at a time; the next waits until the first has gone.
 * Left out: UDP, Windows' and Braille devices.
 */
#define _GNU_SOURCE         /* ppoll */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <pty.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/character.h"
#include "base/error.h"
#include "base/socket.h"
#include "base/stream.h"

enum { PENDING_BYTES = 4096, EARLY_BYTES = 64 << 10, OUTPUT_BYTES = 256 << 10, KEY_ESCAPE = 1 };

struct character {
    char *spec, *label;
    bool shared;                    /* Ctrl-a is ours */
    bool after_escape, to_monitor;
    GMutex lock;                    /* of stream and early */
    struct stream *stream;          /* NULL: nobody is there */
    GByteArray *early;              /* what nobody has read yet; NULL once somebody came */

    struct character_address address;
    int listener;                   /* -1: none */
    guint listen_watch, reconnect;
    int pty_slave;                  /* held open: reading the other end fails while nobody has it; -1: none */
    bool raw;
    struct termios saved;           /* with raw */

    const struct character_client *client;
    struct character_client client_copy;
    struct character_monitor monitor;
    GMutex *machine_lock;
    void (*leave)(void *opaque);
    void *leave_opaque;
    uint8_t pending[PENDING_BYTES];
    unsigned pending_count;
    _Atomic bool refused;           /* the device had no room for all of pending; changes under the machine lock */
    _Atomic bool accepting;         /* on_accept is queued */
};

/* ---- Input ---- */

static void lock_machine(struct character *c)
{
    if (c->machine_lock) {
        g_mutex_lock(c->machine_lock);
    }
}

static void unlock_machine(struct character *c)
{
    if (c->machine_lock) {
        g_mutex_unlock(c->machine_lock);
    }
}

static void deliver(struct character *c)
{
    if (!c->client || !c->pending_count) {
        return;
    }
    lock_machine(c);
    unsigned room = c->client->can_receive(c->client->device);
    unsigned count = MIN(room, c->pending_count);
    c->refused = count < c->pending_count;
    if (count) {
        c->client->receive(c->client->device, c->pending, count);
    }
    unlock_machine(c);
    c->pending_count -= count;
    memmove(c->pending, c->pending + count, c->pending_count);
}

static void on_break(void *opaque)
{
    struct character *c = opaque;
    lock_machine(c);
    if (c->client && c->client->break_seen) {
        c->client->break_seen(c->client->device);
    }
    unlock_machine(c);
}

void character_send_break(struct character *character) { on_break(character); }

static void say(struct character *c, const char *text)
{
    character_write(c, (const uint8_t *)text, strlen(text));
}

static void switch_focus(struct character *c)
{
    if (c->monitor.receive) {
        c->to_monitor = !c->to_monitor;
        c->monitor.focus(c->monitor.opaque, c->to_monitor);
    }
}

/* What the key after Ctrl-a asks for; true: the key goes to the guest. */
static bool escape_command(struct character *c, uint8_t key)
{
    switch (key) {
    case 'x':
        if (c->leave) {
            c->leave(c->leave_opaque);
        }
        return false;
    case 'c': switch_focus(c); return false;
    case 'b': on_break(c); return false;
    case 'h': case '?':
        say(c, "\r\nCtrl-a h  this text\r\nCtrl-a x  leave the emulator\r\nCtrl-a c  switch between console and monitor\r\n"
            "Ctrl-a b  send a break\r\nCtrl-a Ctrl-a  send Ctrl-a\r\n");
        return false;
    case 'a': case KEY_ESCAPE:
        return true;
    default:
        return false;
    }
}

static void take_key(struct character *c, uint8_t key)
{
    if (c->shared && c->after_escape) {
        c->after_escape = false;
        if (!escape_command(c, key)) {
            return;
        }
        key = KEY_ESCAPE;
    } else if (c->shared && key == KEY_ESCAPE) {
        c->after_escape = true;
        return;
    }
    if (c->to_monitor) {
        c->monitor.receive(c->monitor.opaque, &key, 1);
    } else if (c->pending_count < PENDING_BYTES) {
        c->pending[c->pending_count++] = key;
    }
}

static unsigned room(void *opaque)
{
    struct character *c = opaque;
    return c->client || c->shared ? PENDING_BYTES - c->pending_count : 0;
}

static void received(void *opaque, const uint8_t *bytes, unsigned count)
{
    struct character *c = opaque;
    for (unsigned i = 0; i < count; i++) {
        take_key(c, bytes[i]);
    }
    deliver(c);
}

static gboolean on_accept(gpointer opaque)
{
    struct character *c = opaque;
    c->accepting = false;
    deliver(c);
    if (c->stream) {
        stream_resume(c->stream);
    }
    return G_SOURCE_REMOVE;
}

void character_accept(struct character *c)
{
    if (c->refused && !atomic_exchange(&c->accepting, true)) {
        g_idle_add_full(G_PRIORITY_DEFAULT, on_accept, c, NULL);
    }
}

/* ---- Output ---- */

void character_write(struct character *c, const uint8_t *bytes, unsigned count)
{
    g_mutex_lock(&c->lock);
    if (c->stream) {
        stream_write(c->stream, bytes, count);
    } else if (c->early) {
        g_byte_array_append(c->early, bytes, count);
        if (c->early->len > 2 * EARLY_BYTES) {
            g_byte_array_remove_range(c->early, 0, c->early->len - EARLY_BYTES);
        }
    }
    g_mutex_unlock(&c->lock);
}

/* ---- Connections ---- */

static void listen_again(struct character *c);

/* The terminal's or a file's end of input is no reason to close it. */
static void input_ended(void *opaque)
{
}

static gboolean on_reconnect(gpointer opaque);

static void closed(void *opaque)
{
    struct character *c = opaque;
    struct stream *stream = c->stream;
    g_mutex_lock(&c->lock);
    c->stream = NULL;
    g_mutex_unlock(&c->lock);
    stream_free(stream);
    c->after_escape = false;
    if (c->to_monitor) {
        switch_focus(c);
    }
    if (c->listener >= 0) {
        listen_again(c);
    } else if (c->address.reconnect_s && !c->reconnect) {
        c->reconnect = g_timeout_add(c->address.reconnect_s * 1000, on_reconnect, c);
    }
}

static void attach(struct character *c, int in, int out, bool keep_open)
{
    bool socket = c->address.path || c->address.port || c->address.fd >= 0;
    const struct stream_client client = {
        .opaque = c, .room = room, .received = received, .closed = closed, .ended = socket ? NULL : input_ended,
        .break_seen = on_break,
    };
    const struct stream_options options = {
        .telnet = c->address.telnet, .keep_open = keep_open, .overflow = STREAM_DROP, .most_bytes = OUTPUT_BYTES,
    };
    struct stream *stream = stream_new(in, out, &options, &client);
    g_mutex_lock(&c->lock);
    c->stream = stream;
    if (c->early) {
        unsigned skipped = c->early->len > EARLY_BYTES ? c->early->len - EARLY_BYTES : 0;
        stream_write(stream, c->early->data + skipped, c->early->len - skipped);
        g_clear_pointer(&c->early, g_byte_array_unref);
    }
    g_mutex_unlock(&c->lock);
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer opaque)
{
    struct character *c = opaque;
    int peer = socket_accept(fd);
    if (peer < 0) {
        return G_SOURCE_CONTINUE;
    }
    c->listen_watch = 0;
    attach(c, peer, peer, false);
    return G_SOURCE_REMOVE;
}

static void listen_again(struct character *c)
{
    if (!c->listen_watch) {
        c->listen_watch = g_unix_fd_add(c->listener, G_IO_IN, on_connection, c);
    }
}

static gboolean on_reconnect(gpointer opaque)
{
    struct character *c = opaque;
    GError *error = NULL;
    int fd = c->address.path ? socket_connect_unix(c->address.path, &error)
        : socket_connect_tcp(c->address.host, c->address.port, &error);
    g_clear_error(&error);
    if (fd < 0) {
        return G_SOURCE_CONTINUE;
    }
    c->reconnect = 0;
    attach(c, fd, fd, false);           /* that it fails is seen as its end */
    return G_SOURCE_REMOVE;
}

/* ---- Kinds ---- */

static bool open_null(struct character *c, const char *rest, GError **error)
{
    g_clear_pointer(&c->early, g_byte_array_unref);
    return true;
}

/* "/dev/fd/N": a descriptor that the process was given, as it is. */
static bool open_file(struct character *c, const char *path, GError **error)
{
    guint64 given;
    bool is_given = g_str_has_prefix(path, "/dev/fd/") &&
                    g_ascii_string_to_unsigned(path + strlen("/dev/fd/"), 10, 0, G_MAXINT, &given, NULL);
    int fd = is_given ? fcntl((int)given, F_DUPFD_CLOEXEC, 0) : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return error_fail(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    attach(c, -1, fd, false);
    return true;
}

static bool open_pipe(struct character *c, const char *path, GError **error)
{
    g_autofree char *in_path = g_strconcat(path, ".in", NULL), *out_path = g_strconcat(path, ".out", NULL);
    int in = open(in_path, O_RDWR | O_NONBLOCK | O_CLOEXEC), out = open(out_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (in < 0 || out < 0) {
        if (in >= 0) {
            close(in);
        }
        if (out >= 0) {
            close(out);
        }
        in = out = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }
    if (in < 0) {
        return error_fail(error, "%s: cannot be opened: %s (nor are there FIFOs %s.in and .out)", path, strerror(errno), path);
    }
    attach(c, in, out, false);
    return true;
}

static bool open_pty(struct character *c, const char *rest, GError **error)
{
    int master;
    char name[64];
    if (openpty(&master, &c->pty_slave, NULL, NULL, NULL)) {
        return error_fail(error, "no pseudo-terminal: %s", strerror(errno));
    }
    struct termios raw;
    tcgetattr(c->pty_slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(c->pty_slave, TCSANOW, &raw);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(c->pty_slave, F_SETFD, FD_CLOEXEC);
    fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
    if (ttyname_r(c->pty_slave, name, sizeof(name))) {
        g_strlcpy(name, "?", sizeof(name));
    }
    g_printerr("char device redirected to %s\n", name);         /* scripts look for these words, which are QEMU's */
    g_free(c->spec);
    c->spec = g_strconcat("pty:", name, NULL);
    attach(c, master, master, false);
    return true;
}

/* No echo, no line editing, no translation of what the guest prints; keys that make signals only when asked for. */
static void terminal_raw(struct character *c)
{
    struct termios raw;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &c->saved)) {
        return;
    }
    raw = c->saved;
    raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN | (c->shared ? ISIG : 0));
    raw.c_cflag = (raw.c_cflag & ~(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    c->raw = !tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static bool open_stdio(struct character *c, const char *rest, GError **error)
{
    terminal_raw(c);
    attach(c, STDIN_FILENO, STDOUT_FILENO, true);
    return true;
}

bool character_wait(int listener, const char *spec, GError **error)
{
    struct pollfd ready = { .fd = listener, .events = POLLIN };
    sigset_t none;
    sigemptyset(&none);
    g_printerr("dragoman: waiting for connection on: %s\n", spec);
    /* EINTR: whoever asks us to end does not want to wait for a client. main() blocks those signals, so one that came before the
     * wait ends it too. */
    return ppoll(&ready, 1, NULL, &none) >= 0 || error_fail(error, "waiting for a connection: %s", strerror(errno));
}

static bool open_socket(struct character *c, const char *kind, const char *rest, GError **error)
{
    if (!character_parse_address(kind, rest, &c->address, error)) {
        return false;
    }
    if (!c->address.server) {
        int fd = character_connect(&c->address, error);
        if (fd >= 0) {
            attach(c, fd, fd, false);
        } else if (c->address.reconnect_s) {
            g_clear_error(error);
            c->reconnect = g_timeout_add(c->address.reconnect_s * 1000, on_reconnect, c);
        }
        return fd >= 0 || c->address.reconnect_s;
    }
    c->listener = character_listen(&c->address, error);
    if (c->listener < 0) {
        return false;
    }
    if (c->address.wait && !character_wait(c->listener, c->spec, error)) {
        return false;
    }
    listen_again(c);
    return true;
}

static bool open_tcp(struct character *c, const char *rest, GError **error)
{
    return open_socket(c, "tcp", rest, error);
}

static bool open_telnet(struct character *c, const char *rest, GError **error)
{
    return open_socket(c, "telnet", rest, error);
}

static bool open_fd(struct character *c, const char *rest, GError **error)
{
    return open_socket(c, "fd", rest, error);
}

static bool open_unix(struct character *c, const char *rest, GError **error)
{
    return open_socket(c, "unix", rest, error);
}

/* A name that ends with a colon is followed by arguments, the others stand alone. */
static const struct kind { const char *name; bool (*open)(struct character *c, const char *rest, GError **error); } kinds[] = {
    { "none", open_null }, { "null", open_null }, { "vc", open_null }, { "vc:", open_null }, { "stdio", open_stdio },
    { "file:", open_file }, { "pipe:", open_pipe }, { "pty", open_pty }, { "tcp:", open_tcp }, { "telnet:", open_telnet },
    { "unix:", open_unix }, { "fd:", open_fd },
};

struct character *character_open(const char *spec, GError **error)
{
    struct character *c = g_new0(struct character, 1);
    c->address.fd = -1;
    const struct kind *found = NULL;
    c->shared = g_str_has_prefix(spec, "mon:");
    spec += c->shared ? 4 : 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        bool takes = g_str_has_suffix(kinds[i].name, ":");
        if (takes ? g_str_has_prefix(spec, kinds[i].name) : !strcmp(spec, kinds[i].name)) {
            found = &kinds[i];
        }
    }
    c->spec = g_strdup(spec);
    c->listener = c->pty_slave = -1;
    c->early = g_byte_array_new();
    g_mutex_init(&c->lock);
    if (found ? found->open(c, spec + strlen(found->name), error)
        : error_fail(error, "'%s' is no stream: stdio, none, null, file:PATH, pipe:PATH, pty, tcp:, telnet:, unix:", spec)) {
        return c;
    }
    character_free(c);
    return NULL;
}

void character_free(struct character *c)
{
    if (!c) {
        return;
    }
    guint sources[] = { c->listen_watch, c->reconnect };
    for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++) {
        if (sources[i]) {
            g_source_remove(sources[i]);
        }
    }
    while (g_idle_remove_by_data(c)) {
    }
    stream_free(c->stream);
    if (c->listener >= 0) {
        close(c->listener);
        if (c->address.path) {
            unlink(c->address.path);
        }
    }
    if (c->pty_slave >= 0) {
        close(c->pty_slave);
    }
    if (c->raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &c->saved);
    }
    character_address_clear(&c->address);
    g_clear_pointer(&c->early, g_byte_array_unref);
    g_mutex_clear(&c->lock);
    g_free(c->spec);
    g_free(c->label);
    g_free(c);
}

char *character_describe(struct character *c)
{
    bool socket = c->address.path || c->address.port || c->address.fd >= 0;
    return g_strconcat(socket && !c->stream ? "disconnected:" : "", c->spec, NULL);
}

void character_set_label(struct character *c, const char *label)
{
    g_free(c->label);
    c->label = g_strdup(label);
}

const char *character_label(const struct character *c)
{
    return c->label;
}

void character_set_client(struct character *c, const struct character_client *client)
{
    c->client = NULL;
    if (client) {
        c->client_copy = *client;
        c->client = &c->client_copy;
    }
    if (c->stream) {
        stream_resume(c->stream);
    }
}

void character_set_lock(struct character *c, GMutex *machine_lock)
{
    c->machine_lock = machine_lock;
}

bool character_is_shared(const struct character *c)
{
    return c->shared;
}

void character_set_monitor(struct character *c, const struct character_monitor *monitor)
{
    c->monitor = *monitor;
    if (c->stream) {
        stream_resume(c->stream);
    }
}

void character_set_leave(struct character *c, void (*leave)(void *opaque), void *opaque)
{
    c->leave = leave;
    c->leave_opaque = opaque;
}
