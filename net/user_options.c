/* SPDX-License-Identifier: MIT */
/*
 * What -netdev user says, into libslirp's configuration. Defaults as documented for QEMU: 10.0.2.0/24, the host at .2,
 * DNS at .3, DHCP from .15; fec0::/64 with ::2 and ::3. Left out: smb (needs a server of its own), guestfwd to a
 * -chardev.
 */
#include <arpa/inet.h>
#include <string.h>
#include "net/user.h"

enum { HOST_DEFAULT = 2, DNS_DEFAULT = 3, DHCP_DEFAULT = 15, PREFIX6_DEFAULT = 64, MTU = 1500, DOMAINS_MOST = 16 };

const char *const user_option_keys[] = {
    "ipv4", "ipv6", "net", "host", "dhcpstart", "dns", "hostname", "domainname", "dnssearch", "hostfwd", "guestfwd",
    "tftp",
    "tftp-server-name", "bootfile", "restrict", "ipv6-net", "ipv6-prefix", "ipv6-prefixlen", "ipv6-host", "ipv6-dns",
    "smb",
    NULL,
};

static bool address4(const char *key, const char *text, struct in_addr *address, GError **error)
{
    return inet_pton(AF_INET, text, address) == 1 ||
        error_fail(error, "%s=%s: must be an address like 10.0.2.2", key, text);
}

/* "10.0.2.0/24", "10.0.2.0/255.255.255.0", or without a mask that of the address's class. */
static bool parse_net(const char *text, SlirpConfig *config, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    struct in_addr net;
    char *end;
    if (!address4("net", parts[0] ? parts[0] : "", &net, error)) {
        return false;
    }
    uint32_t address = ntohl(net.s_addr), mask = 0xffffff00;
    if (!parts[1]) {
        mask = address >> 31 == 0 ? 0xff000000 : address >> 30 == 2 ? 0xffff0000 : 0xffffff00;
    } else if (strchr(parts[1], '.')) {
        struct in_addr given;
        if (!address4("net", parts[1], &given, error)) {
            return false;
        }
        mask = ntohl(given.s_addr);
    } else {
        guint64 bits = g_ascii_strtoull(parts[1], &end, 10);
        if (!g_ascii_isdigit(*parts[1]) || *end || bits < 4 || bits > 30) {
            return error_fail(error, "net=%s: the mask must have 4 to 30 bits", text);
        }
        mask = ~0u << (32 - bits);
    }
    config->vnetwork.s_addr = htonl(address & mask);
    config->vnetmask.s_addr = htonl(mask);
    return true;
}

static bool inside(const char *key, const SlirpConfig *config, struct in_addr *address, const char *text,
                   uint32_t standard,
                   GError **error)
{
    if (!text) {
        address->s_addr = config->vnetwork.s_addr | htonl(standard);
        return true;
    }
    if (!address4(key, text, address, error)) {
        return false;
    }
    return (address->s_addr & config->vnetmask.s_addr) == config->vnetwork.s_addr ||
           error_fail(error, "%s=%s: not in the network", key, text);
}

static bool parse_ipv4(SlirpConfig *config, const struct net_arguments *arguments, GError **error)
{
    const char *net = net_argument(arguments, "net");
    if (!parse_net(net ? net : "10.0.2.0/24", config, error) ||
        !inside("host", config, &config->vhost, net_argument(arguments, "host"), HOST_DEFAULT, error) ||
        !inside("dns", config, &config->vnameserver, net_argument(arguments, "dns"), DNS_DEFAULT, error) ||
        !inside("dhcpstart", config, &config->vdhcp_start, net_argument(arguments, "dhcpstart"), DHCP_DEFAULT, error)) {
        return false;
    }
    if (config->vhost.s_addr == config->vnameserver.s_addr || config->vhost.s_addr == config->vdhcp_start.s_addr) {
        return error_fail(error, "host, dns and dhcpstart must be different addresses");
    }
    return true;
}

static bool address6(const struct net_arguments *arguments, const char *key, const char *standard,
                     struct in6_addr *address,
                     GError **error)
{
    const char *text = net_argument(arguments, key);
    text = text ? text : standard;
    return inet_pton(AF_INET6, text, address) == 1 ||
        error_fail(error, "%s=%s: must be an address like fec0::2", key, text);
}

static bool parse_ipv6(SlirpConfig *config, const struct net_arguments *arguments, GError **error)
{
    uint64_t length = PREFIX6_DEFAULT;
    const char *both = net_argument(arguments, "ipv6-net");
    g_auto(GStrv) parts = g_strsplit(both ? both : "fec0::/64", "/", 2);
    if (both && (inet_pton(AF_INET6, parts[0] ? parts[0] : "", &config->vprefix_addr6) != 1 ||
                 (parts[1] && !(length = g_ascii_strtoull(parts[1], NULL, 10))))) {
        return error_fail(error, "ipv6-net=%s: must be PREFIX/BITS", both);
    }
    if (!net_argument_number(arguments, "ipv6-prefixlen", 126, &length, error) || length > 126 ||
        !address6(arguments, "ipv6-prefix", both ? parts[0] : "fec0::", &config->vprefix_addr6, error)) {
        return error && *error ? false : error_fail(error, "an IPv6 prefix has at most 126 bits");
    }
    config->vprefix_len = (uint8_t)length;
    config->vhost6 = config->vnameserver6 = config->vprefix_addr6;
    config->vhost6.s6_addr[15] |= HOST_DEFAULT;
    config->vnameserver6.s6_addr[15] |= DNS_DEFAULT;
    char host[INET6_ADDRSTRLEN], dns[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &config->vhost6, host, sizeof(host));
    inet_ntop(AF_INET6, &config->vnameserver6, dns, sizeof(dns));
    return address6(arguments, "ipv6-host", host, &config->vhost6, error) &&
           address6(arguments, "ipv6-dns", dns, &config->vnameserver6, error);
}

/* ---- Forwarding ---- */

static bool parse_port(const char *text, bool zero, uint16_t *port)
{
    char *end;
    guint64 number = g_ascii_strtoull(text, &end, 10);
    *port = (uint16_t)number;
    return g_ascii_isdigit(*text) && !*end && number <= UINT16_MAX && (number || zero);
}

/* "[ADDRESS]:PORT" */
static bool parse_side(const char *text, struct in_addr *address, uint16_t *port)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", -1);
    address->s_addr = 0;
    return g_strv_length(parts) == 2 && (!*parts[0] || inet_pton(AF_INET, parts[0], address) == 1) &&
           parse_port(parts[1], false, port);
}

bool user_forward_parse(struct user_forward *forward, const char *text, bool half, GError **error)
{
    const char *rest = text;
    *forward = (struct user_forward){ 0 };
    if (g_str_has_prefix(rest, "tcp:") || g_str_has_prefix(rest, "udp:")) {
        forward->udp = *rest == 'u';
        rest += 4;
    } else if (*rest == ':') {
        rest++;
    } else {
        return error_fail(error, "'%s': must begin with tcp: or udp:", text);
    }
    g_auto(GStrv) sides = g_strsplit(rest, "-", 2);
    if (!sides[0] || !!sides[1] == half || !parse_side(sides[0], &forward->host, &forward->host_port) ||
        (!half && !parse_side(sides[1], &forward->guest, &forward->guest_port))) {
        return error_fail(error, "'%s': must be tcp|udp:[HOST]:PORT%s", text, half ? "" : "-[GUEST]:PORT");
    }
    forward->text = g_strdup(text);
    return true;
}

/* "tcp:ADDRESS:PORT-cmd:COMMAND" */
static bool guest_forward_parse(struct user_forward *forward, const char *text, GError **error)
{
    static const char command[] = "-cmd:";
    const char *dash = strchr(text, '-');
    *forward = (struct user_forward){ 0 };
    if (!dash || !g_str_has_prefix(text, "tcp:")) {
        return error_fail(error, "guestfwd=%s: must be tcp:ADDRESS:PORT-cmd:COMMAND", text);
    }
    if (!g_str_has_prefix(dash, command)) {
        return error_fail(error, "guestfwd=%s: to a stream is not supported; there is -cmd:COMMAND", text);
    }
    g_autofree char *side = g_strndup(text + 4, (gsize)(dash - text - 4));
    if (!parse_side(side, &forward->guest, &forward->guest_port)) {
        return error_fail(error, "guestfwd=%s: '%s' must be ADDRESS:PORT", text, side);
    }
    forward->text = g_strdup(text);
    forward->command = g_strdup(dash + strlen(command));
    return true;
}

void user_forward_free(void *opaque)
{
    struct user_forward *forward = opaque;
    g_free(forward->text);
    g_free(forward->command);
    g_free(forward);
}

static bool parse_lists(struct user_options *options, const struct net_arguments *arguments, GError **error)
{
    unsigned domains = 0;
    for (unsigned i = 0; i < arguments->keys->len; i++) {
        const char *key = arguments->keys->pdata[i], *value = arguments->values->pdata[i];
        struct user_forward forward;
        if (!strcmp(key, "hostfwd")) {
            if (!user_forward_parse(&forward, value, false, error)) {
                g_prefix_error(error, "hostfwd=");
                return false;
            }
            g_ptr_array_add(options->forwards, g_memdup2(&forward, sizeof(forward)));
        } else if (!strcmp(key, "guestfwd")) {
            if (!guest_forward_parse(&forward, value, error)) {
                return false;
            }
            g_ptr_array_add(options->guest_forwards, g_memdup2(&forward, sizeof(forward)));
        } else if (!strcmp(key, "dnssearch")) {
            if (domains == DOMAINS_MOST) {
                return error_fail(error, "dnssearch=%s: more than %u domains", value, DOMAINS_MOST);
            }
            options->domains[domains++] = g_strdup(value);
        }
    }
    return true;
}

/* ---- All of it ---- */

static bool parse_names(SlirpConfig *config, const struct net_arguments *arguments, GError **error)
{
    static const struct { const char *key; unsigned most; } names[] = { { "hostname", 32 }, { "bootfile", 127 },
                                                                         { "tftp-server-name", 63 } };
    const char *tftp = net_argument(arguments, "tftp");
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *text = net_argument(arguments, names[i].key);
        if (text && strlen(text) > names[i].most) {
            return error_fail(error, "%s=%s: longer than %u characters", names[i].key, text, names[i].most);
        }
    }
    if (tftp && !g_file_test(tftp, G_FILE_TEST_IS_DIR)) {
        return error_fail(error, "tftp=%s: no such folder", tftp);
    }
    config->tftp_path = g_strdup(tftp);
    config->vhostname = g_strdup(net_argument(arguments, "hostname"));
    config->bootfile = g_strdup(net_argument(arguments, "bootfile"));
    config->tftp_server_name = g_strdup(net_argument(arguments, "tftp-server-name"));
    config->vdomainname = g_strdup(net_argument(arguments, "domainname"));
    return true;
}

bool user_options_parse(struct user_options *options, const struct net_arguments *arguments, GError **error)
{
    bool restricted;
    SlirpConfig *config = &options->config;
    *options = (struct user_options){
        .config = { .version = SLIRP_CONFIG_VERSION_MAX, .if_mtu = MTU, .if_mru = MTU },
        .forwards = g_ptr_array_new_with_free_func(user_forward_free),
        .guest_forwards = g_ptr_array_new_with_free_func(user_forward_free),
    };
    if (net_argument(arguments, "smb")) {
        return error_fail(error, "smb=: not supported: it needs Samba's server started by us; use tftp= or a forwarded port");
    }
    if (!net_argument_bool(arguments, "restrict", false, &restricted, error) ||
        !net_argument_bool(arguments, "ipv4", true, &config->in_enabled, error) ||
        !net_argument_bool(arguments, "ipv6", true, &config->in6_enabled, error) ||
        !parse_ipv4(config, arguments, error) || !parse_ipv6(config, arguments, error) ||
        !parse_names(config, arguments, error) || !parse_lists(options, arguments, error)) {
        return false;
    }
    if (!config->in_enabled && !config->in6_enabled) {
        return error_fail(error, "ipv4=off,ipv6=off: nothing is left");
    }
    config->restricted = restricted;
    config->vdnssearch = options->domains[0] ? (const char **)options->domains : NULL;
    return true;
}

void user_options_clear(struct user_options *options)
{
    SlirpConfig *config = &options->config;
    const char *const texts[] = { config->tftp_path, config->vhostname, config->bootfile, config->tftp_server_name,
                                  config->vdomainname };
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free((char *)texts[i]);
    }
    for (unsigned i = 0; options->domains[i]; i++) {
        g_free(options->domains[i]);
    }
    g_ptr_array_unref(options->forwards);
    g_ptr_array_unref(options->guest_forwards);
}
