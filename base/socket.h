/* SPDX-License-Identifier: MIT */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H
/* Stream sockets, close-on-exec and not blocking. Every error is one line that names the address. */
#include <glib.h>
#include <stdbool.h>

/* host "" or NULL: all addresses of this host, IPv6 and IPv4. port: a number or a service; "0": any free one. -1: error. */
int socket_listen_tcp(const char *host, const char *port, GError **error);
/* An old socket file that nobody listens at is replaced. Owner's access only by the umask. */
int socket_listen_unix(const char *path, GError **error);
/* Begins to connect; not done yet when it returns: wait until it can be written, then socket_connected. Names are looked
 * up at once, which may take as long as the resolver takes. */
int socket_connect_tcp(const char *host, const char *port, GError **error);
int socket_connect_unix(const char *path, GError **error);
bool socket_connected(int fd, GError **error);
/* The next client; -1: none waits. */
int socket_accept(int listener);
/* The port of a TCP socket; 0: it is none. */
unsigned socket_port(int fd);
/* "127.0.0.1:5901" or "[::1]:5901" or "unix"; free it. */
char *socket_peer_name(int fd);
char *socket_local_name(int fd);
/* Splits "host:port", "[::1]:port", ":port"; false: no colon. Free both. */
bool socket_split(const char *text, char **host, char **port);

#endif
