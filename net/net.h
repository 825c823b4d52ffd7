/* SPDX-License-Identifier: MIT */
#ifndef NET_NET_H
#define NET_NET_H
/*
 * Back ends of network cards: what -netdev opens.
 *
 * Threads: opened and closed from the main loop's thread, machine lock not held; all but user NAT's own work is done
 * with it held. Descriptors are watched by glib's default main context.
 */
#include <glib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/network.h"

struct net;

/* What a back end needs of the machine. */
struct net_host {
    struct clocks *clocks;
    GMutex *lock;                   /* the machine's */
    struct log *log;
    bool deterministic;             /* -icount: what comes from outside enters by a timer of guest time */
};

/* "user,id=n0,hostfwd=tcp::2222-:22", as -netdev takes it. error: one line without "-netdev". */
struct net *net_open(const char *text, const struct net_host *host, GError **error);
void net_close(struct net *net);
const char *net_id(const struct net *net);      /* "" when the text had none */
const char *net_kind(const struct net *net);    /* "user" */
struct network_end *net_end(struct net *net);
/* For "info network": "net=10.0.2.0,restrict=off". Free it. */
char *net_describe(const struct net *net);
/* Kinds and their keys, a line each; for "help" and -netdev help. */
void net_print_help(GString *out);

/*
 * -nic and -net: "user,model=e1000,mac=52:54:00:12:34:56,hostfwd=..." -> what net_open takes, and the card's. backend
 * is NULL for "none". All are to be freed. error: a bad mac.
 */
struct net_nic { char *backend, *model, *mac; };
bool net_parse_nic(const char *text, struct net_nic *nic, GError **error);
void net_nic_clear(struct net_nic *nic);

/* ---- User NAT, for the monitor; lock not held ---- */

/* "tcp:[HOST]:PORT-[GUEST]:PORT". error: bad text, not user NAT, or the host's port is taken. */
bool net_hostfwd_add(struct net *net, const char *text, GError **error);
bool net_hostfwd_remove(struct net *net, const char *text, GError **error);
/* "info usernet"; NULL when it is not user NAT. Free it. */
char *net_user_info(struct net *net);

/* ---- Captures: -object filter-dump,id=,netdev=,file= ---- */

struct net_capture;
/* Writes every frame of the end to a file in pcap format. maxlen: bytes kept of a frame, 0: 65536. */
struct net_capture *net_capture_open(struct network_end *end, const char *path, unsigned maxlen,
                                     const struct net_host *host,
                                     GError **error);
void net_capture_close(struct net_capture *capture);    /* before the end goes */

#endif
