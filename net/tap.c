/* SPDX-License-Identifier: MIT */
/*
 * -netdev tap: a TAP interface of a Linux host, made or joined. Needs the right to do so (CAP_NET_ADMIN, or an
 * interface that was made for the user with ip tuntap add mode tap user NAME). No scripts are run: script= and
 * downscript= must be "no".
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "net/internal.h"

enum { BURST = 64 };

struct tap {
    int fd;
    guint watch;
    char name[IFNAMSIZ];
    struct net_inbox *inbox;
    uint8_t frame[NETWORK_FRAME_MOST];
};

static const char *const keys[] = { "ifname", "script", "downscript", "vhost", NULL };

static void receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct tap *tap = opaque;
    if (write(tap->fd, frame, bytes) < 0) {
        return;                     /* down or full: the frame is lost */
    }
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque)
{
    struct tap *tap = opaque;
    for (unsigned i = 0; i < BURST; i++) {
        ssize_t bytes = read(fd, tap->frame, sizeof(tap->frame));
        if (bytes <= 0) {
            break;
        }
        net_inbox_add(tap->inbox, tap->frame, (size_t)bytes);
    }
    net_inbox_deliver(tap->inbox);
    return G_SOURCE_CONTINUE;
}

static void tap_close(struct net *net)
{
    struct tap *tap = net->private;
    g_source_remove(tap->watch);
    net_inbox_free(tap->inbox);
    close(tap->fd);
    g_free(tap);
}

static char *tap_describe(const struct net *net)
{
    return g_strdup_printf("ifname=%s,script=no,downscript=no", ((struct tap *)net->private)->name);
}

static bool check(const struct net_arguments *arguments, GError **error)
{
    static const char *const scripts[] = { "script", "downscript" };
    const char *vhost = net_argument(arguments, "vhost");
    for (unsigned i = 0; i < G_N_ELEMENTS(scripts); i++) {
        const char *script = net_argument(arguments, scripts[i]);
        if (!script || (*script && strcmp(script, "no"))) {
            return error_fail(error, "%s=%s: no scripts are run; give %s=no and set the interface up yourself",
                              scripts[i], script ? script : "", scripts[i]);
        }
    }
    return !vhost || !strcmp(vhost, "off") || error_fail(error, "vhost=%s: not supported", vhost);
}

static int open_tap(const char *name, char actual[IFNAMSIZ], GError **error)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        error_fail(error, "cannot open /dev/net/tun: %s", g_strerror(errno));
        return -1;
    }
    g_strlcpy(request.ifr_name, name ? name : "", IFNAMSIZ);
    if (ioctl(fd, TUNSETIFF, &request)) {
        error_fail(error, "cannot use interface '%s': %s%s", name ? name : "tap%d", g_strerror(errno), errno == EPERM ?
                   "; a user may once it was made by: ip tuntap add mode tap user NAME name INTERFACE" : "");
        close(fd);
        return -1;
    }
    memcpy(actual, request.ifr_name, IFNAMSIZ);
    return fd;
}

static bool tap_open(struct net *net, const struct net_arguments *arguments, GError **error)
{
    struct tap *tap = g_new0(struct tap, 1);
    const struct network_client client = { .receive = receive, .opaque = tap };
    tap->fd = check(arguments, error) ? open_tap(net_argument(arguments, "ifname"), tap->name, error) : -1;
    if (tap->fd < 0) {
        g_free(tap);
        return false;
    }
    net->private = tap;
    net->close = tap_close;
    net->describe = tap_describe;
    net->end = network_end_new(net->id, &client);
    tap->inbox = net_inbox_new(&net->host, net->end);
    tap->watch = g_unix_fd_add(tap->fd, G_IO_IN, on_input, tap);
    return true;
}

const struct net_kind net_tap_kind = {
    .name = "tap", .keys = keys, .help = "a TAP interface of the host (script=no,downscript=no)", .open = tap_open,
};
