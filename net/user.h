/* SPDX-License-Identifier: MIT */
#ifndef NET_USER_H
#define NET_USER_H
/* User NAT: user.c runs libslirp, user_options.c reads what -netdev user says. */
#include <slirp/libslirp.h>
#include "net/internal.h"

/* Copies and sets what libslirp's configuration points at. */
struct user_options {
    SlirpConfig config;
    char *domains[17];              /* of dnssearch; NULL-terminated */
    GPtrArray *forwards, *guest_forwards;       /* of struct user_forward */
};

struct user_forward {
    char *text;                     /* as given, for errors */
    bool udp;
    struct in_addr host, guest;
    uint16_t host_port, guest_port;
    char *command;                  /* guestfwd */
};

extern const char *const user_option_keys[];

bool user_options_parse(struct user_options *options, const struct net_arguments *arguments, GError **error);
void user_options_clear(struct user_options *options);
/* "tcp:[HOST]:PORT-[GUEST]:PORT"; without the second half when `half`. */
bool user_forward_parse(struct user_forward *forward, const char *text, bool half, GError **error);
void user_forward_free(void *forward);

#endif
