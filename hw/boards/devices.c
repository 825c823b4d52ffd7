/* SPDX-License-Identifier: MIT */
/* -device and -global by the table of device kinds: parsing, checks, help. */
#include "hw/boards/devices.h"
#include <string.h>
#include "base/error.h"
#include "hw/pci/pci.h"
#include "machine/machine.h"

enum { SLOTS = 32, SLOT_FUNCTIONS = 8 };

struct device_arguments {
    const struct device_kind *kind;
    const struct options *options;
    GHashTable *values;             /* key -> text, given or default; values owned */
    struct device_plugged *plugged; /* what is being made */
};

static const struct device_property common[] = {
    { "id", DEVICE_TEXT, 0, NULL, "name for the monitor" },
    { NULL },
}, common_pci[] = {
    { "addr", DEVICE_TEXT, 0, NULL, "slot[.function] on the bus, hexadecimal; the first free one when not given" },
    { "bus", DEVICE_TEXT, 0, NULL, "PCI bus: pci.0 (pc) or pcie.0 (virt)" },
    { NULL },
}, common_usb[] = {
    { "bus", DEVICE_TEXT, 0, NULL, "USB bus: usb-bus.0, or ID.0 of a controller with id=ID; the first with a free port when not given" },
    { "port", DEVICE_TEXT, 0, NULL, "number of the port; the first free one when not given" },
    { NULL },
}, common_other[] = { { NULL } };

const struct device_property *device_property_at(const struct device_kind *kind, unsigned index)
{
    const struct device_property *const lists[] = {
        kind->properties, common, kind->bus == DEVICE_PCI || kind->bus == DEVICE_PCI_FIXED ? common_pci
                                : kind->bus == DEVICE_USB || kind->bus == DEVICE_USB_FIXED ? common_usb : common_other,
    };
    for (unsigned list = 0; list < ARRAY_LEN(lists); list++) {
        for (const struct device_property *property = lists[list]; property->key; property++) {
            if (!index--) {
                return property;
            }
        }
    }
    return NULL;
}

const char *device_bus_name(const struct device_kind *kind)
{
    static const char *const names[DEVICE_BUS_COUNT] = { "ISA", "PCI", "PCI", "virtio-mmio", "virtio-serial", "USB", "USB" };
    return names[kind->bus];
}

static const struct device_property *find_property(const struct device_kind *kind, const char *key)
{
    const struct device_property *property = NULL;
    for (unsigned i = 0; (property = device_property_at(kind, i)) && strcmp(property->key, key); i++) { }
    return property;
}

const struct device_kind *device_find(const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const struct device_kind *kind = device_kinds; kind->name; kind++) {
        if (!strcmp(kind->name, name)) {
            return kind;
        }
        g_ptr_array_add(names, (void *)kind->name);
    }
    g_ptr_array_add(names, NULL);
    const char *near = nearest_name(name, (const char *const *)names->pdata);
    error_fail(error, "%s: not supported%s%s; see 'dragoman help devices'", name, near ? ", did you mean " : "", near ? near : "");
    return NULL;
}

static bool unknown_property(const struct device_kind *kind, const char *key, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const struct device_property *property;
    for (unsigned i = 0; (property = device_property_at(kind, i)); i++) {
        g_ptr_array_add(names, (void *)property->key);
    }
    g_ptr_array_add(names, NULL);
    const char *near = nearest_name(key, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    return error_fail(error, "%s: unknown property '%s'%s%s; there are: %s", kind->name, key, near ? ", did you mean " : "",
                      near ? near : "", all);
}

static bool is_bool(const char *text, bool *value)
{
    static const char *const yes[] = { "on", "yes", "true", NULL }, *const no[] = { "off", "no", "false", NULL };
    *value = g_strv_contains(yes, text);
    return *value || g_strv_contains(no, text);
}

static bool check_value(const struct device_kind *kind, const struct device_property *property, const char *text,
                        GError **error)
{
    char *end;
    bool value;
    if (property->kind == DEVICE_NUMBER) {
        uint64_t number = g_ascii_strtoull(text, &end, 0);
        if (!g_ascii_isdigit(*text) || *end || number > property->most) {
            return error_fail(error, "%s: %s=%s is not a number up to %#" G_GINT64_MODIFIER "x", kind->name, property->key,
                              text, property->most);
        }
    } else if (property->kind == DEVICE_BOOL && !is_bool(text, &value)) {
        return error_fail(error, "%s: %s=%s: must be on or off", kind->name, property->key, text);
    }
    return true;
}

/* "key=value", or "key" for on. */
static bool set_value(struct device_arguments *arguments, const char *item, GError **error)
{
    g_autofree char *key = g_strndup(item, strcspn(item, "="));
    const struct device_property *property = find_property(arguments->kind, key);
    const char *text = item[strlen(key)] ? item + strlen(key) + 1 : "on";
    if (!property) {
        return unknown_property(arguments->kind, key, error);
    }
    if (!check_value(arguments->kind, property, text, error)) {
        return false;
    }
    g_hash_table_insert(arguments->values, (void *)property->key, g_strdup(text));
    return true;
}

/* "NAME.key=value" -> kind and item. */
static bool split_global(const char *text, const struct device_kind **kind, const char **item, GError **error)
{
    const char *dot = strchr(text, '.');
    g_autofree char *name = g_strndup(text, dot ? (size_t)(dot - text) : strlen(text));
    if (!dot || !strchr(dot, '=')) {
        return error_fail(error, "%s: must be DEVICE.property=value", text);
    }
    *item = dot + 1;
    *kind = device_find(name, error);
    return *kind;
}

bool device_check_globals(const struct options *options, GError **error)
{
    for (unsigned i = 0; i < options->globals->len; i++) {
        struct device_arguments arguments = { .values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free) };
        const char *item;
        bool sound = split_global(options->globals->pdata[i], &arguments.kind, &item, error) &&
                     set_value(&arguments, item, error);
        g_hash_table_unref(arguments.values);
        if (!sound) {
            g_prefix_error(error, "-global ");
            return false;
        }
    }
    return true;
}

char *device_global(const struct options *options, const char *name, const char *key)
{
    g_autofree char *prefix = g_strconcat(name, ".", key, "=", NULL);
    char *value = NULL;
    for (unsigned i = 0; i < options->globals->len; i++) {
        const char *text = options->globals->pdata[i];
        if (g_str_has_prefix(text, prefix)) {
            g_free(value);
            value = g_strdup(text + strlen(prefix));
        }
    }
    return value;
}

static void set_defaults(struct device_arguments *arguments)
{
    for (const struct device_property *property = arguments->kind->properties; property->key; property++) {
        if (property->standard) {
            g_hash_table_insert(arguments->values, (void *)property->key, g_strdup(property->standard));
        }
    }
    for (unsigned i = 0; i < arguments->options->globals->len; i++) {
        const struct device_kind *kind;
        const char *item;
        if (split_global(arguments->options->globals->pdata[i], &kind, &item, NULL) && kind == arguments->kind) {
            set_value(arguments, item, NULL);
        }
    }
}

static bool bus_is_there(const struct board *board, const struct device_kind *kind, GError **error)
{
    static const char *const names[DEVICE_BUS_COUNT] = { "ISA bus", "PCI bus", "PCI bus", "virtio-mmio slots",
                                                         "virtio-serial (-device virtio-serial-pci before it)",
                                                         "USB bus (-usb, or -device piix3-usb-uhci before it)", "USB bus (-usb)" };
    const bool there[DEVICE_BUS_COUNT] = { board->isa_irq, board->pci, board->pci, board->virtio_slots, board->console,
                                            board->usb_buses->len, board->usb_buses->len };
    if (!there[kind->bus]) {
        return error_fail(error, "%s: machine '%s' has no %s", kind->name, board->type->name, names[kind->bus]);
    }
    return true;
}

/* PCI's base addresses are the guest's affair; ISA devices lie where they were put. */
static bool no_port_conflict(struct board *board, const struct device_kind *kind, unsigned mark, GError **error)
{
    uint64_t port;
    const char *other = kind->bus == DEVICE_ISA ? memory_conflict(board->machine->ports, mark, &port) : NULL;
    return !other || error_fail(error, "port %#x is taken by %s", (unsigned)port, other);
}

static bool id_is_free(struct board *board, const char *id, GError **error)
{
    for (unsigned i = 0; id && i < board->plugged->len; i++) {
        const struct device_plugged *other = board->plugged->pdata[i];
        if (!g_strcmp0(other->id, id)) {
            return error_fail(error, "Duplicate device ID '%s'", id);
        }
    }
    return true;
}

static bool build(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct device_plugged *plugged = arguments->plugged;
    const GArray *devices = board->machine->devices;
    const unsigned mark = memory_mark(board->machine->ports), first = devices->len;
    bool sound = arguments->kind->add(board, arguments, error) && no_port_conflict(board, arguments->kind, mark, error);
    g_array_append_vals(plugged->parts, &g_array_index(devices, struct machine_device, first), devices->len - first);
    if (!sound) {
        g_prefix_error(error, "%s: ", arguments->kind->name);
    } else if (arguments->kind->bus == DEVICE_VIRTIO_PORT) {
        plugged->console = board->console;
    } else if (arguments->kind->bus == DEVICE_PCI) {
        board->pci->devices[plugged->slot * SLOT_FUNCTIONS]->removable = true;
    }
    return sound;
}

struct device_plugged *device_plug(struct board *board, const char *text, GError **error)
{
    g_auto(GStrv) items = options_split(text);
    const char *name = items[0];
    name += g_str_has_prefix(name, "driver=") ? strlen("driver=") : 0;
    struct device_arguments arguments = { .kind = device_find(name, error), .options = board->options };
    if (!arguments.kind || !bus_is_there(board, arguments.kind, error)) {
        return NULL;
    }
    arguments.values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    struct device_plugged *plugged = arguments.plugged = g_new0(struct device_plugged, 1);
    plugged->kind = arguments.kind;
    plugged->values = arguments.values;
    plugged->parts = g_array_new(FALSE, FALSE, sizeof(struct machine_device));
    set_defaults(&arguments);
    bool sound = true;
    for (unsigned i = 1; items[i] && sound; i++) {
        sound = set_value(&arguments, items[i], error);
    }
    plugged->id = g_strdup(device_id(&arguments));
    if (sound && plugged->kind->bus == DEVICE_USB) {
        usb_make_room(board, &arguments);
    }
    if (sound && id_is_free(board, plugged->id, error) && build(board, &arguments, error)) {
        g_ptr_array_add(board->plugged, plugged);
        return plugged;
    }
    if (plugged->kind->bus == DEVICE_PCI) {
        device_take_out(board, plugged);
        device_free_parts(plugged);
    }
    device_plugged_free(plugged);
    return NULL;
}

/* Those who know of the part know of it no more; its ports go with it. */
static void forget_part(struct board *board, const void *part)
{
    for (unsigned i = 0; i < board->plugged->len; i++) {
        struct device_plugged *port = board->plugged->pdata[i];
        port->gone |= port->console && port->console == part;
    }
    board->console = board->console == part ? NULL : board->console;
    board->balloon = board->balloon == part ? NULL : board->balloon;
}

void device_take_out(struct board *board, struct device_plugged *plugged)
{
    for (unsigned i = 0; i < plugged->parts->len; i++) {
        const struct machine_device *part = &g_array_index(plugged->parts, struct machine_device, i);
        part->type->reset(part->device);
        machine_remove_device(board->machine, part->device);
        forget_part(board, part->device);
    }
    struct pci_device *pci = plugged->parts->len && plugged->kind->bus == DEVICE_PCI ? board->pci->devices[plugged->slot * SLOT_FUNCTIONS] : NULL;
    if (pci) {
        pci_device_remove(pci);
    }
}

void device_free_parts(struct device_plugged *plugged)
{
    for (unsigned i = plugged->parts->len; i-- > 0;) {
        const struct machine_device *part = &g_array_index(plugged->parts, struct machine_device, i);
        machine_device_free(part);
    }
    g_array_set_size(plugged->parts, 0);
}

void device_plugged_free(void *opaque)
{
    struct device_plugged *plugged = opaque;
    g_free(plugged->id);
    g_hash_table_unref(plugged->values);
    g_array_free(plugged->parts, TRUE);
    g_free(plugged);
}

bool device_add(struct board *board, const char *text, GError **error)
{
    if (!device_plug(board, text, error)) {
        g_prefix_error(error, "-device ");
        return false;
    }
    return true;
}

/* ---- For the functions that build ---- */

const char *device_text(const struct device_arguments *arguments, const char *key)
{
    g_assert(find_property(arguments->kind, key));
    return g_hash_table_lookup(arguments->values, key);
}

uint64_t device_number(const struct device_arguments *arguments, const char *key)
{
    const char *text = device_text(arguments, key);
    return text ? g_ascii_strtoull(text, NULL, 0) : 0;
}

bool device_bool(const struct device_arguments *arguments, const char *key)
{
    const char *text = device_text(arguments, key);
    bool value = false;
    return text && is_bool(text, &value) && value;
}

const char *device_id(const struct device_arguments *arguments)
{
    return device_text(arguments, "id");
}

/* "SLOT" or "SLOT.FUNCTION" in hexadecimal, with or without 0x. */
static bool parse_address(const char *text, uint64_t *slot, uint64_t *function)
{
    char *end;
    *slot = g_ascii_strtoull(text, &end, 16);
    *function = 0;
    if (end == text || (*end && *end != '.')) {
        return false;
    }
    if (*end) {
        text = end + 1;
        *function = g_ascii_strtoull(text, &end, 16);
    }
    return end != text && !*end && *slot < SLOTS && *function < SLOT_FUNCTIONS;
}

bool device_pci_function(struct board *board, const struct device_arguments *arguments, unsigned *slot, unsigned *function, GError **error)
{
    const char *address = device_text(arguments, "addr"), *bus = device_text(arguments, "bus");
    uint64_t number = 1, part = 0;
    if (bus && strcmp(bus, "pci.0") && strcmp(bus, "pcie.0") && strcmp(bus, "pci") && strcmp(bus, "pcie")) {
        return error_fail(error, "bus=%s: no such bus; there is one, pci.0", bus);
    }
    if (address && !parse_address(address, &number, &part)) {
        return error_fail(error, "addr=%s: must be a slot from 0 to 0x1f, then nothing or a function from .0 to .7", address);
    }
    while (!address && number < SLOTS && board->pci->devices[number * SLOT_FUNCTIONS]) {
        number++;
    }
    if (number == SLOTS) {
        return error_fail(error, "the PCI bus is full");
    }
    if (board->pci->devices[number * SLOT_FUNCTIONS + part]) {
        return error_fail(error, "addr=%s: the slot is taken", address);
    }
    arguments->plugged->slot = *slot = (unsigned)number;
    *function = (unsigned)part;
    return true;
}

bool device_pci_slot(struct board *board, const struct device_arguments *arguments, unsigned *slot, GError **error)
{
    unsigned function;
    return device_pci_function(board, arguments, slot, &function, error) &&
           (!function || error_fail(error, "addr=%s: this device can only be function 0 of a slot", device_text(arguments, "addr")));
}
