/* SPDX-License-Identifier: MIT */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H
/* What the back ends share: their table, parsed arguments, and the way in for frames from outside. */
#include "base/error.h"
#include "net/net.h"

/* "kind,key=value,..."; a comma inside a value is doubled. Keys may come several times. */
struct net_arguments { char *kind; GPtrArray *keys, *values; };

/* The last value of key; NULL: not given. */
const char *net_argument(const struct net_arguments *arguments, const char *key);
bool net_argument_bool(const struct net_arguments *arguments, const char *key, bool standard, bool *value,
                       GError **error);
bool net_argument_number(const struct net_arguments *arguments, const char *key, uint64_t most, uint64_t *value,
                         GError **error);

struct net_kind {
    const char *name;
    const char *const *keys;        /* beside id; NULL-terminated */
    const char *help;
    /* Makes net->end and the members below it. On false it leaves nothing behind. */
    bool (*open)(struct net *net, const struct net_arguments *arguments, GError **error);
};

struct net {
    const struct net_kind *kind;
    char *id;
    struct net_host host;
    struct network_end *end;
    void *private;
    void (*close)(struct net *net); /* frees all but net->end */
    char *(*describe)(const struct net *net);
};

extern const struct net_kind net_user_kind, net_socket_kind, net_dgram_kind, net_tap_kind;

/* ---- From outside to the guest ---- */

/* Collects frames without the machine lock, then sends them from an end with it. With -icount they wait for a timer of
 * guest time: everything that comes from outside comes in there. */
struct net_inbox;
struct net_inbox *net_inbox_new(const struct net_host *host, struct network_end *end);
void net_inbox_free(struct net_inbox *inbox);
void net_inbox_add(struct net_inbox *inbox, const void *frame, size_t bytes);
void net_inbox_deliver(struct net_inbox *inbox);        /* takes the machine lock */

/* ---- Addresses ---- */

struct sockaddr_in;
/* "HOST:PORT", HOST a number, a name or empty for any. error: names text. */
bool net_parse_address(const char *text, struct sockaddr_in *address, GError **error);
char *net_address_text(const struct sockaddr_in *address);

/* ---- Sockets ---- */

bool net_tcp_open(struct net *net, const struct sockaddr_in *address, bool listen, GError **error);
bool net_udp_open(struct net *net, const struct sockaddr_in *local, const struct sockaddr_in *remote, GError **error);

#endif
