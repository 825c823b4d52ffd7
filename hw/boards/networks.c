/* SPDX-License-Identifier: MIT */
/*
 * -netdev, -nic, -net and -object filter-dump: opens the networks, plugs cards in. Without any word about networks a
 * board has its usual card on user NAT, as QEMU's have.
 */
#include <string.h>
#include "base/error.h"
#include "hw/boards/backends_internal.h"
#include "hw/boards/devices.h"
#include "machine/machine.h"

struct board_network { struct net *net; };

struct board_capture { struct net_capture *capture; struct net *net; };

struct board_networks {
    GArray *list;                   /* struct board_network */
    GPtrArray *nics;                /* text of a -device each, made at the end */
    GArray *captures;               /* struct board_capture */
    unsigned macs;                  /* given so far */
};

static struct net_host net_host_of(struct board *board)
{
    struct machine *machine = board->machine;
    return (struct net_host){ machine->clocks, &machine->lock, board->log, board->options->icount };
}

static struct board_network *find(struct board *board, const char *id)
{
    struct board_networks *networks = board->networks;
    for (unsigned i = 0; i < networks->list->len; i++) {
        struct board_network *network = &g_array_index(networks->list, struct board_network, i);
        if (!strcmp(net_id(network->net), id)) {
            return network;
        }
    }
    return NULL;
}

struct net *backends_network(struct board *board, unsigned index)
{
    const GArray *list = board->networks ? board->networks->list : NULL;
    return list && index < list->len ? g_array_index(list, struct board_network, index).net : NULL;
}

static bool open_network(struct board *board, const char *text, GError **error)
{
    struct net_host host = net_host_of(board);
    struct board_network network = { .net = net_open(text, &host, error) };
    if (!network.net) {
        return false;
    }
    if (find(board, net_id(network.net))) {
        error_fail(error, "%s: another network has this id", net_id(network.net));
        net_close(network.net);
        return false;
    }
    g_array_append_val(board->networks->list, network);
    return true;
}

/* ---- -nic ---- */

static bool open_nic(struct board *board, const char *text, const char *option, GError **error)
{
    struct board_networks *networks = board->networks;
    struct net_nic nic;
    if (!net_parse_nic(text, &nic, error)) {
        g_prefix_error(error, "-%s %s: ", option, text);
        return false;
    }
    bool good = true;
    if (nic.backend) {
        g_autofree char *given = options_property(nic.backend, "id");
        g_autofree char *id = given ? g_strdup(given) : g_strdup_printf("nic%u", networks->nics->len);
        g_autofree char *backend = given ? g_strdup(nic.backend) : g_strdup_printf("%s,id=%s", nic.backend, id);
        const char *model = nic.model ? nic.model : board->type->nic_model;
        good = open_network(board, backend, error);
        if (!good) {
            g_prefix_error(error, "-%s ", option);
        } else {
            const char *exact = !strcmp(model, "virtio") ? "virtio-net-pci" : model;
            g_ptr_array_add(networks->nics, g_strdup_printf("%s,netdev=%s%s%s", exact, id, nic.mac ? ",mac=" : "",
                                                            nic.mac ? nic.mac : ""));
        }
    }
    net_nic_clear(&nic);
    return good;
}

/* -net's old pairs: "nic[,model=][,macaddr=]" and a back end meet on one hub; of each there may be one. */
static bool open_old(struct board *board, GError **error)
{
    const GPtrArray *list = board->options->nets;
    const char *card = NULL, *backend = NULL;
    for (unsigned i = 0; i < list->len; i++) {
        const char *text = list->pdata[i], **which = g_str_has_prefix(text, "nic") ? &card : &backend;
        if (!strcmp(text, "none")) {
            continue;
        }
        if (*which) {
            return error_fail(error, "-net %s: only one card and one network; use -nic or -netdev and -device", text);
        }
        *which = text;
    }
    if (!backend) {
        return !card || error_fail(error, "-net %s: needs a network too, such as -net user", card);
    }
    if (!card) {
        return error_fail(error, "-net %s: needs a card too: -net nic", backend);
    }
    g_autofree char *model = options_property(card, "model"), *mac = options_property(card, "macaddr");
    g_autofree char *text = g_strconcat(backend, model ? ",model=" : "", model ? model : "", mac ? ",mac=" : "",
                                        mac ? mac : "", NULL);
    return open_nic(board, text, "net", error);
}

/* ---- Captures ---- */

bool networks_add_capture(struct board *board, const char *text, GError **error)
{
    g_autofree char *netdev = options_property(text, "netdev"), *file = options_property(text, "file"),
                    *most = options_property(text, "maxlen");
    struct board_network *network = netdev ? find(board, netdev) : NULL;
    if (!network || !file) {
        return error_fail(error, "%s: %s", text, file ? "netdev=ID must name a -netdev" : "needs file=FILE");
    }
    struct net_host host = net_host_of(board);
    struct net_capture *capture = net_capture_open(net_end(network->net), file,
                                                   most ? g_ascii_strtoull(most, NULL, 0) : 0, &host, error);
    if (!capture) {
        g_prefix_error(error, "filter-dump: ");
        return false;
    }
    const struct board_capture entry = { capture, network->net };
    g_array_append_val(board->networks->captures, entry);
    return true;
}

/* ---- Life ---- */

bool networks_open(struct board *board, GError **error)
{
    const struct options *options = board->options;
    board->networks = g_new0(struct board_networks, 1);
    board->networks->list = g_array_new(FALSE, FALSE, sizeof(struct board_network));
    board->networks->nics = g_ptr_array_new_with_free_func(g_free);
    board->networks->captures = g_array_new(FALSE, FALSE, sizeof(struct board_capture));
    for (unsigned i = 0; i < options->netdevs->len; i++) {
        if (!open_network(board, options->netdevs->pdata[i], error)) {
            g_prefix_error(error, "-netdev ");
            return false;
        }
    }
    for (unsigned i = 0; i < options->nics->len; i++) {
        if (!open_nic(board, options->nics->pdata[i], "nic", error)) {
            return false;
        }
    }
    bool silent = !options->netdevs->len && !options->nics->len && !options->nets->len && !options->nodefaults;
    return open_old(board, error) && (!silent || !board->type->nic_model || open_nic(board, "user", "nic", error));
}

bool networks_finish(struct board *board, GError **error)
{
    const GPtrArray *nics = board->networks->nics;
    for (unsigned i = 0; i < nics->len; i++) {
        if (!device_add(board, nics->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

static void close_network(struct board_networks *networks, struct net *net)
{
    for (unsigned i = networks->captures->len; i-- > 0;) {
        const struct board_capture *capture = &g_array_index(networks->captures, struct board_capture, i);
        if (capture->net == net) {
            net_capture_close(capture->capture);
            g_array_remove_index(networks->captures, i);
        }
    }
    net_close(net);
}

bool backends_add_network(struct board *board, const char *text, GError **error)
{
    g_autofree char *id = options_property(text, "id");
    if (!id) {
        return error_fail(error, "Parameter 'id' is missing");
    }
    return open_network(board, text, error);
}

bool backends_remove_network(struct board *board, const char *id, GError **error)
{
    struct board_network *network = find(board, id);
    if (!network) {
        return error_fail(error, "Device '%s' not found", id);
    }
    struct net *net = network->net;
    g_array_remove_index(board->networks->list, (guint)(network - (struct board_network *)(void *)board->networks->list->data));
    g_mutex_lock(&board->machine->lock);
    struct network_end *card = network_peer(net_end(net));
    if (card) {
        network_set_link(card, false);
    }
    g_mutex_unlock(&board->machine->lock);
    close_network(board->networks, net);
    return true;
}

void networks_close(struct board *board)
{
    struct board_networks *networks = board->networks;
    if (!networks) {
        return;
    }
    for (unsigned i = 0; i < networks->list->len; i++) {
        close_network(networks, g_array_index(networks->list, struct board_network, i).net);
    }
    g_array_unref(networks->captures);
    g_ptr_array_unref(networks->nics);
    g_array_unref(networks->list);
    g_clear_pointer(&board->networks, g_free);
}

/* ---- For cards ---- */

bool backends_plug_network(struct board *board, const char *id, struct network_end *card, GError **error)
{
    struct board_network *network = id ? find(board, id) : NULL;
    if (!id) {
        return true;
    }
    if (!network) {
        return error_fail(error, "no -netdev has the id %s", id);
    }
    if (network_peer(net_end(network->net))) {
        return error_fail(error, "network %s has a card already", id);
    }
    network_plug(card, net_end(network->net));
    return true;
}

bool backends_mac(struct board *board, const char *text, uint8_t mac[NETWORK_MAC_BYTES], GError **error)
{
    static const uint8_t first[NETWORK_MAC_BYTES] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
    unsigned byte[NETWORK_MAC_BYTES], length = 0;
    if (!text) {
        memcpy(mac, first, sizeof(first));
        mac[5] += board->networks->macs++;
        return true;
    }
    int count = sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4], &byte[5], &length);
    if (count != NETWORK_MAC_BYTES || text[length] || byte[0] & 1) {
        return error_fail(error, "mac=%s: must be six bytes such as 52:54:00:12:34:56, the first one even", text);
    }
    for (unsigned i = 0; i < NETWORK_MAC_BYTES; i++) {
        mac[i] = byte[i];
    }
    return true;
}
