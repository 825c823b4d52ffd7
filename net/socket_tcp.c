/* SPDX-License-Identifier: MIT */
/*
 * A cable through a TCP connection: each frame after its length as four bytes, most significant first. The listening
 * side takes one peer at a time and the next when that one has left; the connecting side tries again every second
 * until it gets through. A frame that the connection cannot take is lost, never half of one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/internal.h"

enum { HEADER_BYTES = 4, UNSENT_MOST = 1 << 20, RETRY_MS = 1000, READS_MOST = 16 };

/* fd, unsent and sending belong to the machine lock; the rest to the main loop. */
struct tcp {
    struct net *net;
    struct sockaddr_in address;
    bool listens;
    int listener, fd;               /* -1: none */
    guint listen_watch, watch, retry;
    guint sending;                  /* source that waits for room */
    bool connecting;
    GByteArray *unsent;
    struct net_inbox *inbox;
    uint8_t header[HEADER_BYTES];
    uint32_t have, frame_bytes;     /* of header and frame together */
    uint8_t frame[NETWORK_FRAME_MOST];
};

static void connect_again(struct tcp *tcp);

/* ---- To the outside ---- */

static bool flush(struct tcp *tcp)
{
    while (tcp->unsent->len) {
        ssize_t sent = send(tcp->fd, tcp->unsent->data, tcp->unsent->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) {
            return sent < 0 && errno != EAGAIN && errno != EINTR;   /* gone: reading will notice */
        }
        g_byte_array_remove_range(tcp->unsent, 0, (guint)sent);
    }
    return true;
}

static gboolean on_room(gint fd, GIOCondition condition, gpointer opaque)
{
    struct tcp *tcp = opaque;
    g_mutex_lock(tcp->net->host.lock);
    bool done = tcp->fd != fd || flush(tcp);
    if (done) {
        tcp->sending = 0;
    }
    g_mutex_unlock(tcp->net->host.lock);
    return done ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct tcp *tcp = opaque;
    uint32_t length = htonl((uint32_t)bytes);
    if (tcp->fd < 0 || tcp->connecting || tcp->unsent->len > UNSENT_MOST) {
        return;
    }
    g_byte_array_append(tcp->unsent, (const uint8_t *)&length, HEADER_BYTES);
    g_byte_array_append(tcp->unsent, frame, (guint)bytes);
    if (!tcp->sending && !flush(tcp)) {
        tcp->sending = g_unix_fd_add(tcp->fd, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_room, tcp);
    }
}

/* ---- From the outside ---- */

static void hang_up(struct tcp *tcp)
{
    g_mutex_lock(tcp->net->host.lock);
    if (tcp->sending) {
        g_source_remove(tcp->sending);
        tcp->sending = 0;
    }
    close(tcp->fd);
    tcp->fd = -1;
    g_byte_array_set_size(tcp->unsent, 0);
    g_mutex_unlock(tcp->net->host.lock);
    tcp->watch = 0;
    tcp->have = 0;
}

/* Takes what there is of the header, then of the frame. false: the connection is over. */
static bool read_some(struct tcp *tcp)
{
    bool in_header = tcp->have < HEADER_BYTES;
    uint8_t *to = in_header ? tcp->header + tcp->have : tcp->frame + tcp->have - HEADER_BYTES;
    uint32_t wanted = (in_header ? HEADER_BYTES : HEADER_BYTES + tcp->frame_bytes) - tcp->have;
    ssize_t got = recv(tcp->fd, to, wanted, MSG_DONTWAIT);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    tcp->have += (uint32_t)got;
    if (in_header && tcp->have == HEADER_BYTES) {
        uint32_t length;
        memcpy(&length, tcp->header, HEADER_BYTES);
        tcp->frame_bytes = ntohl(length);
        return tcp->frame_bytes && tcp->frame_bytes <= NETWORK_FRAME_MOST;
    }
    if (!in_header && tcp->have == HEADER_BYTES + tcp->frame_bytes) {
        net_inbox_add(tcp->inbox, tcp->frame, tcp->frame_bytes);
        tcp->have = 0;
    }
    return true;
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque)
{
    struct tcp *tcp = opaque;
    bool alive = true;
    for (unsigned i = 0; i < READS_MOST && alive; i++) {
        alive = read_some(tcp);
    }
    net_inbox_deliver(tcp->inbox);
    if (!alive) {
        log_write(tcp->net->host.log, LOG_guest_errors, "netdev %s: the peer has left\n", tcp->net->id);
        hang_up(tcp);
        connect_again(tcp);
    }
    return alive ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* ---- Getting through ---- */

static void established(struct tcp *tcp, int fd)
{
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    g_mutex_lock(tcp->net->host.lock);
    tcp->fd = fd;
    tcp->connecting = false;
    g_mutex_unlock(tcp->net->host.lock);
    tcp->watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, tcp);
}

static gboolean on_connected(gint fd, GIOCondition condition, gpointer opaque)
{
    struct tcp *tcp = opaque;
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        hang_up(tcp);
        connect_again(tcp);
    } else {
        established(tcp, fd);
    }
    return G_SOURCE_REMOVE;
}

static gboolean on_retry(gpointer opaque)
{
    struct tcp *tcp = opaque;
    tcp->retry = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&tcp->address, sizeof(tcp->address)) && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) {
        connect_again(tcp);
        return G_SOURCE_REMOVE;
    }
    g_mutex_lock(tcp->net->host.lock);
    tcp->fd = fd;
    tcp->connecting = true;
    g_mutex_unlock(tcp->net->host.lock);
    tcp->watch = g_unix_fd_add(fd, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_connected, tcp);
    return G_SOURCE_REMOVE;
}

static void connect_again(struct tcp *tcp)
{
    if (!tcp->listens) {
        tcp->retry = g_timeout_add(RETRY_MS, on_retry, tcp);
    }
}

static gboolean on_peer(gint listener, GIOCondition condition, gpointer opaque)
{
    struct tcp *tcp = opaque;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0 && tcp->fd >= 0) {
        close(fd);                  /* one peer at a time */
    } else if (fd >= 0) {
        established(tcp, fd);
    }
    return G_SOURCE_CONTINUE;
}

static bool start_listening(struct tcp *tcp, GError **error)
{
    const int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, (struct sockaddr *)&tcp->address, sizeof(tcp->address)) || listen(fd, 1)) {
        g_autofree char *text = net_address_text(&tcp->address);
        error_fail(error, "cannot listen on %s: %s", text, g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    tcp->listener = fd;
    tcp->listen_watch = g_unix_fd_add(fd, G_IO_IN, on_peer, tcp);
    return true;
}

/* ---- Life ---- */

static void tcp_close(struct net *net)
{
    struct tcp *tcp = net->private;
    const guint sources[] = { tcp->listen_watch, tcp->watch, tcp->retry };
    for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++) {
        if (sources[i]) {
            g_source_remove(sources[i]);
        }
    }
    if (tcp->fd >= 0) {
        hang_up(tcp);
    }
    if (tcp->listener >= 0) {
        close(tcp->listener);
    }
    net_inbox_free(tcp->inbox);
    g_byte_array_unref(tcp->unsent);
    g_free(tcp);
}

static char *tcp_describe(const struct net *net)
{
    const struct tcp *tcp = net->private;
    g_autofree char *address = net_address_text(&tcp->address);
    const char *what = tcp->listens ? "listening on" : "connecting to";
    return g_strdup_printf("socket: %s %s", tcp->fd >= 0 && !tcp->connecting ? "connection with" : what, address);
}

bool net_tcp_open(struct net *net, const struct sockaddr_in *address, bool listens, GError **error)
{
    struct tcp *tcp = g_new0(struct tcp, 1);
    const struct network_client client = { .receive = receive, .opaque = tcp };
    tcp->net = net;
    tcp->address = *address;
    tcp->listens = listens;
    tcp->fd = tcp->listener = -1;
    if (listens && !start_listening(tcp, error)) {
        g_free(tcp);
        return false;
    }
    tcp->unsent = g_byte_array_new();
    net->private = tcp;
    net->end = network_end_new(net->id, &client);
    net->close = tcp_close;
    net->describe = tcp_describe;
    tcp->inbox = net_inbox_new(&net->host, net->end);
    if (!listens) {
        on_retry(tcp);
    }
    return true;
}
