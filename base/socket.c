/* SPDX-License-Identifier: MIT */
/* Stream sockets for character back ends, VNC and the monitor: RFC 3493 addresses, UNIX domain. */
#define _GNU_SOURCE         /* accept4 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/error.h"
#include "base/socket.h"

enum { BACKLOG = 128 };

static void set_option(int fd, int level, int name, int value)
{
    /* Nothing depends on it: it only makes answers quicker, or gone peers noticed. */
    (void)!setsockopt(fd, level, name, &value, sizeof(value));
}

static struct addrinfo *look_up(const char *host, const char *port, bool passive, GError **error)
{
    struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0 };
    struct addrinfo *found = NULL;
    int status = getaddrinfo(host && *host ? host : NULL, port, &wanted, &found);
    if (status) {
        error_fail(error, "%s:%s: %s", host ? host : "", port, gai_strerror(status));
        return NULL;
    }
    return found;
}

static int open_socket(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
    return fd;
}

static int listen_at(const struct addrinfo *address)
{
    int fd = open_socket(address);
    if (fd < 0) {
        return -1;
    }
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address->ai_family == AF_INET6) {
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, BACKLOG)) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

int socket_listen_tcp(const char *host, const char *port, GError **error)
{
    struct addrinfo *all = look_up(host, port, true, error);
    int fd = -1, why = 0;
    /* Of "all addresses" the IPv6 one takes IPv4 too; otherwise in the resolver's order. */
    for (int family = host && *host ? AF_UNSPEC : AF_INET6; fd < 0 && family >= 0;
         family = family == AF_INET6 ? AF_UNSPEC : -1) {
        for (const struct addrinfo *address = all; address && fd < 0; address = address->ai_next) {
            if (family == AF_UNSPEC || address->ai_family == family) {
                fd = listen_at(address);
                why = errno;
            }
        }
    }
    if (fd < 0 && all) {
        error_fail(error, "%s:%s: cannot listen: %s", host ? host : "", port, strerror(why));
    }
    if (all) {
        freeaddrinfo(all);
    }
    return fd;
}

static bool unix_address(const char *path, struct sockaddr_un *address, GError **error)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!*path || strlen(path) >= sizeof(address->sun_path)) {
        return error_fail(error, "%s: the path of a socket has 1 to %zu bytes", path, sizeof(address->sun_path) - 1);
    }
    strcpy(address->sun_path, path);
    return true;
}

/* True when the path is a socket that refuses connections: its owner is gone. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) || !S_ISSOCK(status.st_mode)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) && errno == ECONNREFUSED;
    close(fd);
    return stale;
}

int socket_listen_unix(const char *path, GError **error)
{
    struct sockaddr_un address;
    if (!unix_address(path, &address, error)) {
        return -1;
    }
    if (is_stale(&address)) {
        unlink(path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, BACKLOG)) {
        error_fail(error, "%s: cannot listen: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static void set_peer_options(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

int socket_connect_tcp(const char *host, const char *port, GError **error)
{
    struct addrinfo *all = look_up(host, port, false, error);
    int fd = -1, why = 0;
    for (const struct addrinfo *address = all; address && fd < 0; address = address->ai_next) {
        fd = open_socket(address);
        if (fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) && errno != EINPROGRESS) {
            why = errno;
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0) {
        set_peer_options(fd);
    } else if (all) {
        error_fail(error, "%s:%s: cannot connect: %s", host ? host : "", port, strerror(why));
    }
    if (all) {
        freeaddrinfo(all);
    }
    return fd;
}

int socket_connect_unix(const char *path, GError **error)
{
    struct sockaddr_un address;
    if (!unix_address(path, &address, error)) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || (connect(fd, (const struct sockaddr *)&address, sizeof(address)) && errno != EINPROGRESS)) {
        error_fail(error, "%s: cannot connect: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

bool socket_connected(int fd, GError **error)
{
    int why = 0;
    socklen_t size = sizeof(why);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) || why) {
        return error_fail(error, "cannot connect: %s", strerror(why ? why : errno));
    }
    return true;
}

int socket_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        set_peer_options(fd);
    }
    return fd;
}

unsigned socket_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &size)) {
        return 0;
    }
    switch (address.ss_family) {
    case AF_INET: return ntohs(((struct sockaddr_in *)&address)->sin_port);
    case AF_INET6: return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    default: return 0;
    }
}

static char *name_of(const struct sockaddr_storage *address, socklen_t size)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (address->ss_family == AF_UNIX) {
        const struct sockaddr_un *local = (const struct sockaddr_un *)address;
        bool named = size > offsetof(struct sockaddr_un, sun_path) && local->sun_path[0];
        return named ? g_strconcat("unix:", local->sun_path, NULL) : g_strdup("unix");
    }
    if (getnameinfo((const struct sockaddr *)address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        return g_strdup("?");
    }
    return g_strdup_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

char *socket_peer_name(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    return getpeername(fd, (struct sockaddr *)&address, &size) ? g_strdup("?") : name_of(&address, size);
}

char *socket_local_name(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    return getsockname(fd, (struct sockaddr *)&address, &size) ? g_strdup("?") : name_of(&address, size);
}

bool socket_split(const char *text, char **host, char **port)
{
    const char *colon = strrchr(text, ':');
    if (!colon) {
        return false;
    }
    bool bracketed = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    *host = bracketed ? g_strndup(text + 1, colon - text - 2) : g_strndup(text, colon - text);
    *port = g_strdup(colon + 1);
    return true;
}
