/* SPDX-License-Identifier: MIT */
/* -netdev socket: one of udp=, listen=, connect=. Left out: mcast=, fd=. */
#include <netinet/in.h>
#include "net/internal.h"

static const char *const keys[] = { "udp", "localaddr", "listen", "connect", NULL };

static bool open_udp(struct net *net, const char *udp, const char *local_text, GError **error)
{
    struct sockaddr_in local, remote;
    if (!local_text) {
        return error_fail(error, "localaddr= is mandatory with udp=");
    }
    return net_parse_address(udp, &remote, error) && net_parse_address(local_text, &local, error) &&
           net_udp_open(net, &local, &remote, error);
}

static bool open_socket(struct net *net, const struct net_arguments *arguments, GError **error)
{
    const char *udp = net_argument(arguments, "udp"), *local = net_argument(arguments, "localaddr");
    const char *listen = net_argument(arguments, "listen"), *connect = net_argument(arguments, "connect");
    struct sockaddr_in address;
    if (!!udp + !!listen + !!connect != 1) {
        return error_fail(error, "needs exactly one of udp=, listen=, connect=");
    }
    if (udp) {
        return open_udp(net, udp, local, error);
    }
    if (local) {
        return error_fail(error, "localaddr= goes with udp= only");
    }
    return net_parse_address(listen ? listen : connect, &address, error) && net_tcp_open(net, &address, listen, error);
}

const struct net_kind net_socket_kind = {
    .name = "socket", .keys = keys,
    .help = "a cable through UDP (udp=HOST:PORT,localaddr=HOST:PORT) or TCP (listen=HOST:PORT or connect=HOST:PORT)",
    .open = open_socket,
};
