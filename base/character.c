/* SPDX-License-Identifier: MIT */
/*
 * Byte streams to the outside: nothing, a file, the terminal.
 *
 *   device -> character_write -> fd            any thread, machine lock held
 *   fd -> on_input -> pending -> client        main loop; takes the machine lock only around the client's callbacks
 *
 * Input is read ahead into `pending` so that Ctrl-a x works while the guest does not listen. An end of input stops
 * reading and nothing else. Not here yet: sockets, telnet, pty, pipes.
 */
#include "base/character.h"
#include "base/error.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PENDING_BYTES = 4096, WRITE_WAIT_MS = 1000, KEY_ESCAPE = 1 };

struct character {
    int in, out;                    /* -1: none */
    bool owns_out;
    bool mux;                       /* Ctrl-a is ours */
    bool after_escape;
    bool raw;
    struct termios saved;           /* with raw */
    const struct character_client *client;
    struct character_client client_copy;
    GMutex *machine_lock;
    void (*leave)(void *opaque);
    void *leave_opaque;
    uint8_t pending[PENDING_BYTES];
    unsigned pending_count;
    guint watch;                    /* source id, 0: none */
    _Atomic bool accepting;         /* on_accept is queued */
};

static void deliver(struct character *c)
{
    if (!c->client || !c->pending_count) {
        return;
    }
    if (c->machine_lock) {
        g_mutex_lock(c->machine_lock);
    }
    unsigned room = c->client->can_receive(c->client->device);
    unsigned count = MIN(room, c->pending_count);
    if (count) {
        c->client->receive(c->client->device, c->pending, count);
    }
    if (c->machine_lock) {
        g_mutex_unlock(c->machine_lock);
    }
    c->pending_count -= count;
    memmove(c->pending, c->pending + count, c->pending_count);
}

static void say(struct character *c, const char *text)
{
    character_write(c, (const uint8_t *)text, strlen(text));
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
    case 'h': case '?':
        say(c, "\r\nCtrl-a h  this text\r\nCtrl-a x  leave the emulator\r\nCtrl-a Ctrl-a  send Ctrl-a\r\n");
        return false;
    case 'a': case KEY_ESCAPE:
        return true;
    default:
        return false;
    }
}

static void take_key(struct character *c, uint8_t key)
{
    if (c->mux && c->after_escape) {
        c->after_escape = false;
        if (!escape_command(c, key)) {
            return;
        }
        key = KEY_ESCAPE;
    } else if (c->mux && key == KEY_ESCAPE) {
        c->after_escape = true;
        return;
    }
    c->pending[c->pending_count++] = key;
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque);

static void watch_input(struct character *c)
{
    if (c->in >= 0 && !c->watch && c->client && c->pending_count < PENDING_BYTES) {
        c->watch = g_unix_fd_add(c->in, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, c);
    }
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque)
{
    struct character *c = opaque;
    uint8_t keys[256];
    ssize_t count = read(c->in, keys, MIN(sizeof(keys), PENDING_BYTES - c->pending_count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        c->in = -1;
    }
    for (ssize_t i = 0; i < count; i++) {
        take_key(c, keys[i]);
    }
    deliver(c);
    if (c->in < 0 || c->pending_count == PENDING_BYTES) {
        c->watch = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_accept(gpointer opaque)
{
    struct character *c = opaque;
    c->accepting = false;
    deliver(c);
    watch_input(c);
    return G_SOURCE_REMOVE;
}

void character_accept(struct character *c)
{
    if ((c->in >= 0 || c->pending_count) && !atomic_exchange(&c->accepting, true)) {
        g_idle_add(on_accept, c);
    }
}

void character_write(struct character *c, const uint8_t *bytes, unsigned count)
{
    while (c->out >= 0 && count) {
        struct pollfd ready = { .fd = c->out, .events = POLLOUT };
        if (poll(&ready, 1, WRITE_WAIT_MS) <= 0) {
            return;
        }
        ssize_t done = write(c->out, bytes, count);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return;
        }
        bytes += done;
        count -= done;
    }
}

/* No echo, no line editing, no translation of what the guest prints; keys that make signals only when asked for. */
static void terminal_raw(struct character *c)
{
    struct termios raw;
    if (!isatty(c->in) || tcgetattr(c->in, &c->saved)) {
        return;
    }
    raw = c->saved;
    raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN | (c->mux ? ISIG : 0));
    raw.c_cflag = (raw.c_cflag & ~(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    c->raw = !tcsetattr(c->in, TCSANOW, &raw);
}

static bool open_file(struct character *c, const char *path, GError **error)
{
    c->out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (c->out < 0) {
        return error_fail(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    c->owns_out = true;
    return true;
}

struct character *character_open(const char *spec, GError **error)
{
    struct character *c = g_new0(struct character, 1);
    c->in = c->out = -1;
    if (!strcmp(spec, "none") || !strcmp(spec, "null")) {
        return c;
    }
    if (!strcmp(spec, "stdio") || !strcmp(spec, "mon:stdio")) {
        c->in = STDIN_FILENO;
        c->out = STDOUT_FILENO;
        c->mux = spec[0] == 'm';
        terminal_raw(c);
        return c;
    }
    if (g_str_has_prefix(spec, "file:") ? open_file(c, spec + 5, error)
        : error_fail(error, "'%s' is no stream: stdio, mon:stdio, none, null or file:PATH", spec)) {
        return c;
    }
    g_free(c);
    return NULL;
}

void character_free(struct character *c)
{
    if (!c) {
        return;
    }
    if (c->watch) {
        g_source_remove(c->watch);
    }
    if (c->accepting) {
        g_idle_remove_by_data(c);
    }
    if (c->raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &c->saved);
    }
    if (c->owns_out) {
        close(c->out);
    }
    g_free(c);
}

void character_set_client(struct character *c, const struct character_client *client)
{
    c->client = NULL;
    if (client) {
        c->client_copy = *client;
        c->client = &c->client_copy;
    }
    watch_input(c);
}

void character_set_lock(struct character *c, GMutex *machine_lock)
{
    c->machine_lock = machine_lock;
}

void character_set_leave(struct character *c, void (*leave)(void *opaque), void *opaque)
{
    c->leave = leave;
    c->leave_opaque = opaque;
}
