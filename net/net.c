/* SPDX-License-Identifier: MIT */
/* The table of back ends, their arguments, and what does not depend on which one it is. */
#include <string.h>
#include "net/internal.h"

static const struct net_kind *const kinds[] = { &net_user_kind, &net_socket_kind, &net_dgram_kind, &net_tap_kind };

/* ---- Arguments ---- */

const char *net_argument(const struct net_arguments *arguments, const char *key)
{
    for (unsigned i = arguments->keys->len; i-- > 0;) {
        if (!strcmp(arguments->keys->pdata[i], key)) {
            return arguments->values->pdata[i];
        }
    }
    return NULL;
}

bool net_argument_bool(const struct net_arguments *arguments, const char *key, bool standard, bool *value,
                       GError **error)
{
    const char *text = net_argument(arguments, key);
    *value = text ? !strcmp(text, "on") || !strcmp(text, "yes") || !strcmp(text, "true") : standard;
    if (text && !*value && strcmp(text, "off") && strcmp(text, "no") && strcmp(text, "false")) {
        return error_fail(error, "%s=%s: must be on or off", key, text);
    }
    return true;
}

bool net_argument_number(const struct net_arguments *arguments, const char *key, uint64_t most, uint64_t *value,
                         GError **error)
{
    const char *text = net_argument(arguments, key);
    char *end;
    if (!text) {
        return true;
    }
    *value = g_ascii_strtoull(text, &end, 0);
    if (!g_ascii_isdigit(*text) || *end || *value > most) {
        return error_fail(error, "%s=%s: must be a number up to %" G_GUINT64_FORMAT, key, text, most);
    }
    return true;
}

static void add_item(struct net_arguments *arguments, GString *item)
{
    char *equals = strchr(item->str, '=');
    g_ptr_array_add(arguments->keys, equals ? g_strndup(item->str, (gsize)(equals - item->str)) : g_strdup(item->str));
    g_ptr_array_add(arguments->values, g_strdup(equals ? equals + 1 : "on"));
    g_string_truncate(item, 0);
}

static void arguments_parse(struct net_arguments *arguments, const char *text)
{
    GString *item = g_string_new(NULL);
    bool first = true;
    arguments->keys = g_ptr_array_new_with_free_func(g_free);
    arguments->values = g_ptr_array_new_with_free_func(g_free);
    for (;; text++) {
        if (*text == ',' && text[1] == ',') {
            g_string_append_c(item, *text++);
        } else if (*text && *text != ',') {
            g_string_append_c(item, *text);
        } else {
            if (first) {
                arguments->kind = g_strdup(g_str_has_prefix(item->str, "type=") ? item->str + 5 : item->str);
                g_string_truncate(item, 0);
                first = false;
            } else if (item->len) {
                add_item(arguments, item);
            }
            if (!*text) {
                break;
            }
        }
    }
    g_string_free(item, TRUE);
}

static void arguments_clear(struct net_arguments *arguments)
{
    g_free(arguments->kind);
    g_ptr_array_unref(arguments->keys);
    g_ptr_array_unref(arguments->values);
}

static const struct net_kind *find_kind(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(kinds) + 1] = { NULL };
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        names[i] = kinds[i]->name;
        if (!strcmp(kinds[i]->name, name)) {
            return kinds[i];
        }
    }
    const char *near = nearest_name(name, names);
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    error_fail(error, "%s: no such kind of network%s%s; there are: %s", name, near ? ", did you mean " : "",
               near ? near : "", all);
    return NULL;
}

static bool check_keys(const struct net_kind *kind, const struct net_arguments *arguments, GError **error)
{
    for (unsigned i = 0; i < arguments->keys->len; i++) {
        const char *key = arguments->keys->pdata[i];
        if (strcmp(key, "id") && !g_strv_contains(kind->keys, key)) {
            const char *near = nearest_name(key, kind->keys);
            g_autofree char *all = g_strjoinv(", ", (char **)kind->keys);
            return error_fail(error, "%s: unknown key '%s'%s%s; there are: id, %s", kind->name, key,
                              near ? ", did you mean " : "", near ? near : "", all);
        }
    }
    return true;
}

/* ---- Opening ---- */

static bool open_kind(struct net *net, const struct net_arguments *arguments, GError **error)
{
    net->kind = find_kind(arguments->kind, error);
    if (!net->kind || !check_keys(net->kind, arguments, error)) {
        return false;
    }
    const char *id = net_argument(arguments, "id");
    net->id = g_strdup(id ? id : "");
    if (!net->kind->open(net, arguments, error)) {
        g_prefix_error(error, "%s: ", net->kind->name);
        return false;
    }
    return true;
}

struct net *net_open(const char *text, const struct net_host *host, GError **error)
{
    struct net *net = g_new0(struct net, 1);
    struct net_arguments arguments;
    net->host = *host;
    arguments_parse(&arguments, text);
    bool opened = open_kind(net, &arguments, error);
    arguments_clear(&arguments);
    if (!opened) {
        g_free(net->id);
        g_clear_pointer(&net, g_free);
    }
    return net;
}

void net_close(struct net *net)
{
    if (!net) {
        return;
    }
    net->close(net);
    g_mutex_lock(net->host.lock);
    network_end_free(net->end);
    g_mutex_unlock(net->host.lock);
    g_free(net->id);
    g_free(net);
}

const char *net_id(const struct net *net) { return net->id; }
const char *net_kind(const struct net *net) { return net->kind->name; }
struct network_end *net_end(struct net *net) { return net->end; }
char *net_describe(const struct net *net) { return net->describe(net); }

void net_print_help(GString *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *keys = g_strjoinv(",", (char **)kinds[i]->keys);
        g_string_append_printf(out, "%-8s %s\n         id,%s\n", kinds[i]->name, kinds[i]->help, keys);
    }
}

/* ---- -nic ---- */

bool net_parse_nic(const char *text, struct net_nic *nic, GError **error)
{
    struct net_arguments arguments;
    uint8_t mac[NETWORK_MAC_BYTES];
    arguments_parse(&arguments, text);
    const char *given = net_argument(&arguments, "mac");
    *nic = (struct net_nic){ .model = g_strdup(net_argument(&arguments, "model")), .mac = g_strdup(given) };
    if (strcmp(arguments.kind, "none")) {
        GString *backend = g_string_new(arguments.kind);
        for (unsigned i = 0; i < arguments.keys->len; i++) {
            const char *key = arguments.keys->pdata[i];
            if (strcmp(key, "model") && strcmp(key, "mac")) {
                g_auto(GStrv) parts = g_strsplit(arguments.values->pdata[i], ",", -1);
                g_autofree char *value = g_strjoinv(",,", parts);
                g_string_append_printf(backend, ",%s=%s", key, value);
            }
        }
        nic->backend = g_string_free(backend, FALSE);
    }
    bool sound = !given || network_parse_mac(given, mac) ||
                 error_fail(error, "mac=%s: must be six bytes like 52:54:00:12:34:56, no multicast address", given);
    arguments_clear(&arguments);
    if (!sound) {
        net_nic_clear(nic);
    }
    return sound;
}

void net_nic_clear(struct net_nic *nic)
{
    g_free(nic->backend);
    g_free(nic->model);
    g_free(nic->mac);
    *nic = (struct net_nic){ 0 };
}
