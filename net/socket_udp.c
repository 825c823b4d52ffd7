/* SPDX-License-Identifier: MIT */
/*
 * A cable through UDP, one bare Ethernet frame a datagram: -netdev socket,udp= and -netdev dgram. This is what GNS3's
 * uBridge and Dynamips speak. Frames leave from the vCPU's thread; a peer that is not there yet (ECONNREFUSED) or a
 * full socket costs the frame and nothing else. Only datagrams of the peer are taken.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/internal.h"

enum { BURST = 64, SOCKET_BUFFER_BYTES = 1 << 20 };

struct udp {
    int fd;
    guint watch;
    struct sockaddr_in remote;
    struct net_inbox *inbox;
    uint8_t frame[NETWORK_FRAME_MOST];
};

static bool lookup(const char *host, struct in_addr *address)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *found;
    if (!*host) {
        address->s_addr = htonl(INADDR_ANY);
        return true;
    }
    if (inet_pton(AF_INET, host, address) == 1) {
        return true;
    }
    if (getaddrinfo(host, NULL, &hints, &found)) {
        return false;
    }
    *address = ((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr;
    freeaddrinfo(found);
    return true;
}

bool net_parse_address(const char *text, struct sockaddr_in *address, GError **error)
{
    const char *colon = strrchr(text, ':');
    char *end;
    if (!colon) {
        return error_fail(error, "'%s' must be HOST:PORT", text);
    }
    g_autofree char *host = g_strndup(text, (gsize)(colon - text));
    guint64 port = g_ascii_strtoull(colon + 1, &end, 10);
    if (!g_ascii_isdigit(colon[1]) || *end || port > UINT16_MAX) {
        return error_fail(error, "'%s': the port must be a number up to 65535", text);
    }
    *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    return lookup(host, &address->sin_addr) || error_fail(error, "'%s': no host of that name", text);
}

static void receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct udp *udp = ((struct net *)opaque)->private;
    ssize_t sent = sendto(udp->fd, frame, bytes, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&udp->remote,
                          sizeof(udp->remote));
    if (sent < 0 && errno == ECONNREFUSED) {        /* of an earlier frame; this one was not sent */
        sendto(udp->fd, frame, bytes, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&udp->remote,
               sizeof(udp->remote));
    }
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque)
{
    struct udp *udp = opaque;
    for (unsigned i = 0; i < BURST; i++) {
        struct sockaddr_in from;
        socklen_t length = sizeof(from);
        ssize_t bytes = recvfrom(fd, udp->frame, sizeof(udp->frame), MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (bytes < 0) {
            break;
        }
        if (from.sin_port == udp->remote.sin_port && from.sin_addr.s_addr == udp->remote.sin_addr.s_addr) {
            net_inbox_add(udp->inbox, udp->frame, (size_t)bytes);
        }
    }
    net_inbox_deliver(udp->inbox);
    return G_SOURCE_CONTINUE;
}

char *net_address_text(const struct sockaddr_in *address)
{
    char host[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address->sin_addr, host, sizeof(host));
    return g_strdup_printf("%s:%u", host, ntohs(address->sin_port));
}

static int open_socket(const struct sockaddr_in *local, GError **error)
{
    const int one = 1, buffer = SOCKET_BUFFER_BYTES;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    if (fd < 0 || bind(fd, (const struct sockaddr *)local, sizeof(*local))) {
        g_autofree char *text = net_address_text(local);
        error_fail(error, "cannot bind to %s: %s", text, g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static void udp_close(struct net *net)
{
    struct udp *udp = net->private;
    g_source_remove(udp->watch);
    net_inbox_free(udp->inbox);
    close(udp->fd);
    g_free(udp);
}

static char *udp_describe(const struct net *net)
{
    const struct udp *udp = net->private;
    g_autofree char *remote = net_address_text(&udp->remote);
    return g_strdup_printf("%s: udp=%s", net->kind->name, remote);
}

bool net_udp_open(struct net *net, const struct sockaddr_in *local, const struct sockaddr_in *remote, GError **error)
{
    const struct network_client client = { .receive = receive, .opaque = net };
    int fd = open_socket(local, error);
    if (fd < 0) {
        return false;
    }
    struct udp *udp = g_new0(struct udp, 1);
    udp->fd = fd;
    udp->remote = *remote;
    if (udp->remote.sin_addr.s_addr == htonl(INADDR_ANY)) {
        udp->remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    net->private = udp;
    net->end = network_end_new(net->id, &client);
    udp->inbox = net_inbox_new(&net->host, net->end);
    udp->watch = g_unix_fd_add(fd, G_IO_IN, on_input, udp);
    net->close = udp_close;
    net->describe = udp_describe;
    return true;
}

/* ---- dgram ---- */

static bool dgram_address(const struct net_arguments *arguments, const char *side, struct sockaddr_in *address,
                          GError **error)
{
    g_autofree char *type = g_strconcat(side, ".type", NULL), *host = g_strconcat(side, ".host", NULL);
    g_autofree char *port = g_strconcat(side, ".port", NULL);
    const char *kind = net_argument(arguments, type), *host_text = net_argument(arguments, host);
    const char *port_text = net_argument(arguments, port);
    if (kind && strcmp(kind, "inet")) {
        return error_fail(error, "%s=%s: not supported; there is: inet", type, kind);
    }
    if (!host_text || !port_text) {
        return error_fail(error, "needs %s and %s", host, port);
    }
    g_autofree char *text = g_strconcat(host_text, ":", port_text, NULL);
    return net_parse_address(text, address, error);
}

static bool dgram_open(struct net *net, const struct net_arguments *arguments, GError **error)
{
    struct sockaddr_in local, remote;
    return dgram_address(arguments, "local", &local, error) && dgram_address(arguments, "remote", &remote, error) &&
           net_udp_open(net, &local, &remote, error);
}

static const char *const dgram_keys[] = { "local.type", "local.host", "local.port", "remote.type", "remote.host",
                                          "remote.port", NULL };

const struct net_kind net_dgram_kind = {
    .name = "dgram", .keys = dgram_keys, .help = "a cable through UDP, a frame a datagram",
    .open = dgram_open,
};
