/* SPDX-License-Identifier: MIT */
/*
 * User NAT by libslirp, in a thread of its own, so that neither guest code nor a window waits for a socket.
 *
 *   vCPU: receive -> input --+                              +-> inbox -> machine lock -> guest
 *                            v                              |
 *   thread: fill, poll, { take input (machine lock) }, slirp_pollfds_poll, slirp_input
 *
 * Locks: `lock` guards libslirp and is held but while the thread sleeps or delivers; the monitor takes it too. `input`
 * and `sleeping` belong to the machine lock. Order: machine lock inside `lock`, never the other way round.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "net/user.h"

enum { INPUT_FRAMES_MOST = 256, NS_PER_MS = 1000000 };

struct user_timer { SlirpTimerId id; void *opaque; int64_t expires_ms; };      /* -1: off */

struct user {
    struct net *net;
    struct user_options options;
    Slirp *slirp;
    GMutex lock;
    GThread *thread;
    int wake_fd;
    _Atomic bool stop;
    bool sleeping;                  /* the thread waits, or is about to, and wants to be woken */
    GQueue input;                   /* of GBytes, from the guest */
    struct net_inbox *inbox;
    GArray *fds;                    /* of struct pollfd; [0] is wake_fd */
    GPtrArray *timers;              /* of struct user_timer */
};

static void wake(struct user *user)
{
    const uint64_t one = 1;
    if (write(user->wake_fd, &one, sizeof(one)) < 0) {
        return;                     /* the counter is full: it is awake */
    }
}

/* ---- What libslirp asks of us; `lock` held ---- */

static ssize_t send_packet(const void *frame, size_t bytes, void *opaque)
{
    struct user *user = opaque;
    net_inbox_add(user->inbox, frame, bytes);
    return (ssize_t)bytes;
}

static void guest_error(const char *message, void *opaque)
{
    struct user *user = opaque;
    log_write(user->net->host.log, LOG_guest_errors, "netdev %s: %s\n", user->net->id, message);
}

static int64_t clock_get_ns(void *opaque)
{
    struct user *user = opaque;
    return clock_now_ns(user->net->host.clocks, CLOCK_KIND_VIRTUAL);
}

static void *timer_new_opaque(SlirpTimerId id, void *cb_opaque, void *opaque)
{
    struct user *user = opaque;
    struct user_timer *timer = g_new(struct user_timer, 1);
    *timer = (struct user_timer){ id, cb_opaque, -1 };
    g_ptr_array_add(user->timers, timer);
    return timer;
}

static void timer_free_(void *timer, void *opaque)
{
    struct user *user = opaque;
    g_ptr_array_remove_fast(user->timers, timer);
}

static void timer_mod(void *timer, int64_t expires_ms, void *opaque)
{
    ((struct user_timer *)timer)->expires_ms = expires_ms;
}

static void register_poll_fd(int fd, void *opaque) { }
static void unregister_poll_fd(int fd, void *opaque) { }
static void notify(void *opaque) { wake(opaque); }

static const SlirpCb callbacks = {
    .send_packet = send_packet, .guest_error = guest_error, .clock_get_ns = clock_get_ns,
    .timer_new_opaque = timer_new_opaque, .timer_free = timer_free_, .timer_mod = timer_mod,
    .register_poll_fd = register_poll_fd, .unregister_poll_fd = unregister_poll_fd, .notify = notify,
};

/* ---- The thread ---- */

static int add_poll(int fd, int events, void *opaque)
{
    struct user *user = opaque;
    struct pollfd entry = { .fd = fd };
    entry.events = (short)((events & SLIRP_POLL_IN ? POLLIN : 0) | (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
                           (events & SLIRP_POLL_PRI ? POLLPRI : 0));
    g_array_append_val(user->fds, entry);
    return (int)user->fds->len - 1;
}

static int get_revents(int index, void *opaque)
{
    struct user *user = opaque;
    int got = g_array_index(user->fds, struct pollfd, index).revents;
    return (got & POLLIN ? SLIRP_POLL_IN : 0) | (got & POLLOUT ? SLIRP_POLL_OUT : 0) | (got & POLLPRI ? SLIRP_POLL_PRI : 0) |
           (got & POLLERR ? SLIRP_POLL_ERR : 0) | (got & POLLHUP ? SLIRP_POLL_HUP : 0);
}

/* How long to sleep, in ms; -1: until something happens. */
static int fill(struct user *user)
{
    uint32_t timeout = UINT32_MAX;
    const struct pollfd first = { .fd = user->wake_fd, .events = POLLIN };
    g_array_set_size(user->fds, 0);
    g_array_append_val(user->fds, first);
    slirp_pollfds_fill(user->slirp, &timeout, add_poll, user);
    int64_t now_ms = clock_get_ns(user) / NS_PER_MS, wait = timeout == UINT32_MAX ? INT64_MAX : timeout;
    for (unsigned i = 0; i < user->timers->len; i++) {
        const struct user_timer *timer = user->timers->pdata[i];
        if (timer->expires_ms >= 0) {
            wait = MIN(wait, MAX(timer->expires_ms - now_ms, 0));
        }
    }
    return wait == INT64_MAX ? -1 : (int)MIN(wait, INT32_MAX);
}

static void run_timers(struct user *user)
{
    int64_t now_ms = clock_get_ns(user) / NS_PER_MS;
    for (unsigned i = 0; i < user->timers->len; i++) {
        struct user_timer *timer = user->timers->pdata[i];
        if (timer->expires_ms >= 0 && timer->expires_ms <= now_ms) {
            timer->expires_ms = -1;
            slirp_handle_timer(user->slirp, timer->id, timer->opaque);
        }
    }
}

/* Everything the guest has sent. Frames that found no room wait at our end of the cable; now there is room. */
static GQueue take_input(struct user *user)
{
    g_mutex_lock(user->net->host.lock);
    GQueue taken = user->input;
    g_queue_init(&user->input);
    network_accept(user->net->end);
    g_mutex_unlock(user->net->host.lock);
    return taken;
}

static void process(struct user *user)
{
    g_mutex_lock(&user->lock);
    slirp_pollfds_poll(user->slirp, 0, get_revents, user);
    GQueue frames = take_input(user);
    for (GBytes *frame; (frame = g_queue_pop_head(&frames));) {
        gsize bytes;
        const uint8_t *data = g_bytes_get_data(frame, &bytes);
        slirp_input(user->slirp, data, (int)bytes);
        g_bytes_unref(frame);
    }
    run_timers(user);
    g_mutex_unlock(&user->lock);
    net_inbox_deliver(user->inbox);
}

/* Says that it wants to be woken; false: there is input already. */
static bool go_to_sleep(struct user *user)
{
    g_mutex_lock(user->net->host.lock);
    bool empty = !user->input.length;
    user->sleeping = empty;
    g_mutex_unlock(user->net->host.lock);
    return empty;
}

static void *run(void *opaque)
{
    struct user *user = opaque;
    while (!atomic_load(&user->stop)) {
        uint64_t count;
        g_mutex_lock(&user->lock);
        int timeout = fill(user);
        g_mutex_unlock(&user->lock);
        struct pollfd *fds = (struct pollfd *)(void *)user->fds->data;
        int ready = poll(fds, user->fds->len, go_to_sleep(user) ? timeout : 0);
        if (ready < 0) {
            for (unsigned i = 0; i < user->fds->len; i++) {
                fds[i].revents = 0;
            }
        }
        if (fds[0].revents && read(user->wake_fd, &count, sizeof(count)) < 0) {
            continue;
        }
        process(user);
    }
    return NULL;
}

/* ---- The cable's end; machine lock held ---- */

static bool can_receive(void *opaque)
{
    return ((struct user *)opaque)->input.length < INPUT_FRAMES_MOST;
}

static void receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct user *user = opaque;
    g_queue_push_tail(&user->input, g_bytes_new(frame, bytes));
    if (user->sleeping) {
        user->sleeping = false;
        wake(user);
    }
}

/* ---- Life ---- */

static bool add_forward(struct user *user, const struct user_forward *forward, GError **error)
{
    if (forward->command) {
        struct in_addr guest = forward->guest;
        return !slirp_add_exec(user->slirp, forward->command, &guest, forward->guest_port) ||
               error_fail(error, "guestfwd=%s: the address is not in the network, or is taken", forward->text);
    }
    return !slirp_add_hostfwd(user->slirp, forward->udp, forward->host, forward->host_port, forward->guest,
                              forward->guest_port) ||
           error_fail(error, "hostfwd=%s: cannot listen on the host's port: %s", forward->text, g_strerror(errno));
}

static bool add_forwards(struct user *user, const GPtrArray *forwards, GError **error)
{
    for (unsigned i = 0; i < forwards->len; i++) {
        if (!add_forward(user, forwards->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

static void user_close(struct net *net)
{
    struct user *user = net->private;
    atomic_store(&user->stop, true);
    wake(user);
    if (user->thread) {
        g_thread_join(user->thread);
    }
    slirp_cleanup(user->slirp);
    net_inbox_free(user->inbox);
    g_queue_clear_full(&user->input, (GDestroyNotify)g_bytes_unref);
    close(user->wake_fd);
    g_array_free(user->fds, TRUE);
    g_ptr_array_free(user->timers, TRUE);
    g_mutex_clear(&user->lock);
    user_options_clear(&user->options);
    g_free(user);
}

static char *user_describe(const struct net *net)
{
    const struct user *user = net->private;
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &user->options.config.vnetwork, text, sizeof(text));
    return g_strdup_printf("net=%s,restrict=%s", text, user->options.config.restricted ? "on" : "off");
}

static bool user_open(struct net *net, const struct net_arguments *arguments, GError **error)
{
    struct user *user = g_new0(struct user, 1);
    const struct network_client client = { .opaque = user, .can_receive = can_receive, .receive = receive,
                                           .takes_large = true };
    if (!user_options_parse(&user->options, arguments, error)) {
        user_options_clear(&user->options);
        g_free(user);
        return false;
    }
    user->net = net;
    net->private = user;
    net->close = user_close;
    net->describe = user_describe;
    net->end = network_end_new(net->id, &client);
    user->inbox = net_inbox_new(&net->host, net->end);
    user->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    user->fds = g_array_new(FALSE, TRUE, sizeof(struct pollfd));
    user->timers = g_ptr_array_new_with_free_func(g_free);
    g_queue_init(&user->input);
    g_mutex_init(&user->lock);
    user->slirp = slirp_new(&user->options.config, &callbacks, user);
    if (!add_forwards(user, user->options.forwards, error) ||
        !add_forwards(user, user->options.guest_forwards, error)) {
        user_close(net);
        network_end_free(net->end);
        return false;
    }
    user->thread = g_thread_new("net-user", run, user);
    return true;
}

const struct net_kind net_user_kind = {
    .name = "user", .keys = user_option_keys, .help = "NAT in user space: DHCP, DNS, TFTP, forwarded ports; needs no rights",
    .open = user_open,
};

/* ---- For the monitor ---- */

static struct user *require_user(struct net *net, GError **error)
{
    if (net->kind != &net_user_kind) {
        error_fail(error, "network '%s' is of kind %s, not user", net->id, net->kind->name);
        return NULL;
    }
    return net->private;
}

bool net_hostfwd_add(struct net *net, const char *text, GError **error)
{
    struct user *user = require_user(net, error);
    struct user_forward forward = { 0 };
    if (!user || !user_forward_parse(&forward, text, false, error)) {
        return false;
    }
    g_mutex_lock(&user->lock);
    bool added = add_forward(user, &forward, error);
    g_mutex_unlock(&user->lock);
    g_free(forward.text);
    wake(user);
    return added;
}

bool net_hostfwd_remove(struct net *net, const char *text, GError **error)
{
    struct user *user = require_user(net, error);
    struct user_forward forward = { 0 };
    if (!user || !user_forward_parse(&forward, text, true, error)) {
        return false;
    }
    g_mutex_lock(&user->lock);
    bool removed = !slirp_remove_hostfwd(user->slirp, forward.udp, forward.host, forward.host_port);
    g_mutex_unlock(&user->lock);
    g_free(forward.text);
    return removed || error_fail(error, "host forwarding rule '%s' not found", text);
}

char *net_user_info(struct net *net)
{
    struct user *user = require_user(net, NULL);
    if (!user) {
        return NULL;
    }
    g_mutex_lock(&user->lock);
    char *info = slirp_connection_info(user->slirp);
    g_mutex_unlock(&user->lock);
    return info;
}
