/* SPDX-License-Identifier: MIT */
/* Addresses of character streams: QEMU's "HOST:PORT,server=on,wait=off" and its older "server,nowait". */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/character.h"
#include "base/error.h"
#include "base/socket.h"

enum { CONNECT_MS = 10000, MOST_RECONNECT_S = 3600 };

static bool is_on(const char *value)
{
    return !value || !strcmp(value, "on") || !strcmp(value, "yes") || !strcmp(value, "true");
}

static bool take_item(struct character_address *address, char *item, GError **error)
{
    char *value = strchr(item, '=');
    guint64 seconds = 0;
    if (value) {
        *value++ = '\0';
    }
    if (!strcmp(item, "server")) {
        address->server = is_on(value);
    } else if (!strcmp(item, "wait")) {
        address->wait = is_on(value);
    } else if (!strcmp(item, "nowait")) {
        address->wait = false;
    } else if (!strcmp(item, "telnet")) {
        address->telnet = is_on(value);
    } else if (!strcmp(item, "reconnect")) {
        if (!value || !g_ascii_string_to_unsigned(value, 10, 0, MOST_RECONNECT_S, &seconds, NULL)) {
            return error_fail(error, "reconnect=%s: seconds, up to %d", value ? value : "", MOST_RECONNECT_S);
        }
        address->reconnect_s = (unsigned)seconds;
    } else if (strcmp(item, "nodelay") && strcmp(item, "delay") && strcmp(item, "ipv4") && strcmp(item, "ipv6")) {
        return error_fail(error, "unknown or unsupported property '%s'; there are: server, wait, reconnect, telnet", item);
    }
    return true;
}

bool character_parse_address(const char *kind, const char *rest, struct character_address *address, GError **error)
{
    g_auto(GStrv) items = g_strsplit(rest, ",", -1);
    const char *place = items[0] ? items[0] : "";
    guint64 fd;
    *address = (struct character_address){ .fd = -1, .wait = true, .telnet = !strcmp(kind, "telnet") };
    if (!strcmp(kind, "fd")) {
        if (!g_ascii_string_to_unsigned(place, 10, 0, G_MAXINT, &fd, NULL) || fcntl((int)fd, F_GETFD) < 0) {
            return error_fail(error, "fd=%s: this process was given no such descriptor", place);
        }
        address->fd = (int)fd;
    } else if (!strcmp(kind, "unix")) {
        address->path = g_strdup(place);
    } else if (!socket_split(place, &address->host, &address->port)) {
        return error_fail(error, "%s:%s: the address is HOST:PORT", kind, rest);
    }
    for (unsigned i = 1; items[0] && items[i]; i++) {
        if (!take_item(address, items[i], error)) {
            g_prefix_error(error, "%s:%s: ", kind, rest);
            character_address_clear(address);
            return false;
        }
    }
    return true;
}

void character_address_clear(struct character_address *address)
{
    g_free(address->host);
    g_free(address->port);
    g_free(address->path);
    *address = (struct character_address){ .fd = -1 };
}

/* A descriptor from whoever started the process: it must be a socket of the kind that is wanted. */
static int take_descriptor(int fd, bool listening, GError **error)
{
    int is_listening = 0;
    socklen_t bytes = sizeof(is_listening);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &bytes) || !is_listening != !listening) {
        error_fail(error, "fd=%d is no %s socket", fd, listening ? "listening" : "connected");
        return -1;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

int character_listen(const struct character_address *address, GError **error)
{
    if (address->fd >= 0) {
        return take_descriptor(address->fd, true, error);
    }
    return address->path ? socket_listen_unix(address->path, error)
        : socket_listen_tcp(address->host, address->port, error);
}

int character_connect(const struct character_address *address, GError **error)
{
    if (address->fd >= 0) {
        return take_descriptor(address->fd, false, error);
    }
    int fd = address->path ? socket_connect_unix(address->path, error)
        : socket_connect_tcp(address->host, address->port, error);
    if (fd < 0) {
        return -1;
    }
    struct pollfd ready = { .fd = fd, .events = POLLOUT };
    bool done = poll(&ready, 1, CONNECT_MS) > 0 ? socket_connected(fd, error) : error_fail(error, "nobody answers");
    if (!done) {
        g_prefix_error(error, "%s%s%s: ", address->path ? address->path : address->host, address->path ? "" : ":",
                       address->path ? "" : address->port);
        close(fd);
        return -1;
    }
    return fd;
}
