/* SPDX-License-Identifier: MIT */
/* USB: -usb, -usbdevice, -device of controllers and of what is plugged into their ports. */
#include <string.h>
#include "base/error.h"
#include "hw/boards/device_table.h"
#include "hw/usb/hid.h"
#include "hw/usb/hub.h"
#include "hw/usb/uhci.h"
#include "hw/usb/xhci.h"

/* ---- Controllers ---- */

const struct device_property usb_controller_properties[] = {
    { "multifunction", DEVICE_BOOL, 0, "off", "function 0 of a slot that has others" },
    { NULL },
};

/* Its ports are for the devices behind it. id: of the controller, NULL: none. */
static void add_bus(struct board *board, struct usb_bus *bus, const char *id)
{
    bus->name = id ? g_strconcat(id, ".0", NULL) : g_strdup_printf("usb-bus.%u", board->usb_buses->len);
    g_ptr_array_add(board->usb_buses, bus);
}

static bool add_uhci(struct board *board, const struct device_arguments *arguments, enum uhci_model model, GError **error)
{
    unsigned slot, function;
    if (!device_pci_function(board, arguments, &slot, &function, error)) {
        return false;
    }
    struct uhci *hc = uhci_new(board->machine, board->pci, slot, function, model, device_bool(arguments, "multifunction"));
    add_bus(board, &hc->bus, device_id(arguments));
    return true;
}

bool piix3_usb_uhci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_uhci(board, arguments, UHCI_PIIX3, error);
}

bool ich9_usb_uhci1_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_uhci(board, arguments, UHCI_ICH9_1, error);
}

bool ich9_usb_uhci2_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_uhci(board, arguments, UHCI_ICH9_2, error);
}

bool ich9_usb_uhci3_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_uhci(board, arguments, UHCI_ICH9_3, error);
}

const struct device_property usb_xhci_properties[] = {
    { "p2", DEVICE_NUMBER, USB_PORTS_MOST, "4", "ports" },
    { "p3", DEVICE_NUMBER, USB_PORTS_MOST, "4", "accepted; there are as many for USB 3 as for USB 2, and nothing to put there" },
    { NULL },
};

bool qemu_xhci_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    unsigned slot, ports = (unsigned)device_number(arguments, "p2");
    if (!ports) {
        return error_fail(error, "p2=0: it needs a port");
    }
    if (!device_pci_slot(board, arguments, &slot, error)) {
        return false;
    }
    add_bus(board, &xhci_new(board->machine, board->pci, slot, ports)->bus, device_id(arguments));
    return true;
}

bool usb_wanted(const struct options *options)
{
    return options->usb || !g_strcmp0(options->machine_usb, "on") || options->usb_devices->len;
}

void usb_add_piix3(struct board *board, unsigned slot)
{
    enum { FUNCTION_USB = 2 };
    add_bus(board, &uhci_new(board->machine, board->pci, slot, FUNCTION_USB, UHCI_PIIX3, false)->bus, NULL);
}

bool usb_add_old_devices(struct board *board, GError **error)
{
    static const struct { const char *name, *device; } kinds[] = {
        { "tablet", "usb-tablet" }, { "mouse", "usb-mouse" }, { "keyboard", "usb-kbd" },
    };
    const GPtrArray *wanted = board->options->usb_devices;
    for (unsigned i = 0; i < wanted->len; i++) {
        const char *device = NULL;
        for (unsigned j = 0; j < G_N_ELEMENTS(kinds); j++) {
            device = strcmp(kinds[j].name, wanted->pdata[i]) ? device : kinds[j].device;
        }
        if (!device) {
            return error_fail(error, "-usbdevice %s: not supported; there are tablet, mouse, keyboard", (char *)wanted->pdata[i]);
        }
        if (!device_plug(board, device, error)) {
            g_prefix_error(error, "-usbdevice %s: ", (char *)wanted->pdata[i]);
            return false;
        }
    }
    return true;
}

/* ---- Devices ---- */

/* path: "1", or "1.2" below a hub; NULL: the first free one, of the bus itself before those of hubs. */
static struct usb_port *free_port(struct usb_bus *bus, const char *path)
{
    struct usb_port *below = NULL;
    for (unsigned i = 0; i < bus->port_count; i++) {
        struct usb_port *port = &bus->ports[i];
        struct usb_bus *hub = port->device ? usb_hub_ports(port->device) : NULL;
        g_autofree char *name = g_strdup_printf("%u", port->number), *prefix = g_strconcat(name, ".", NULL);
        if (!port->device && (!path || !strcmp(path, name))) {
            return port;
        }
        if (!below && hub && (!path || g_str_has_prefix(path, prefix))) {
            below = free_port(hub, path ? path + strlen(prefix) : NULL);
        }
    }
    return below;
}

/* Where bus= and port= put a device. error: no such bus, or nothing free. */
static struct usb_port *choose_port(struct board *board, const struct device_arguments *arguments, GError **error)
{
    const char *name = device_text(arguments, "bus"), *number = device_text(arguments, "port");
    g_autoptr(GString) names = g_string_new(NULL);
    struct usb_port *port = NULL;
    bool known = !name;
    for (unsigned i = 0; !port && i < board->usb_buses->len; i++) {
        struct usb_bus *bus = board->usb_buses->pdata[i];
        bool named = !name || !strcmp(name, bus->name) || !strcmp(name, "usb-bus");
        known |= named;
        port = named ? free_port(bus, number) : NULL;
        g_string_append_printf(names, "%s%s", i ? ", " : "", bus->name);
    }
    if (!known) {
        error_fail(error, "bus=%s: no such USB bus; there are: %s", name, names->str);
    } else if (!port && number) {
        error_fail(error, "port=%s: taken, or there is no such port", number);
    } else if (!port) {
        error_fail(error, "no free USB port");
    }
    return port;
}

static unsigned free_ports(struct usb_bus *bus)
{
    unsigned count = 0;
    for (unsigned i = 0; i < bus->port_count; i++) {
        const struct usb_device *device = bus->ports[i].device;
        struct usb_bus *hub = device ? usb_hub_ports(device) : NULL;
        count += hub ? free_ports(hub) : !device;
    }
    return count;
}

void usb_make_room(struct board *board, const struct device_arguments *arguments)
{
    const char *name = device_text(arguments, "bus");
    struct usb_bus *bus = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < board->usb_buses->len; i++) {
        struct usb_bus *one = board->usb_buses->pdata[i];
        unsigned here = !name || !strcmp(name, one->name) ? free_ports(one) : 0;
        bus = here ? one : bus;
        count += here;
    }
    if (count == 1 && !device_text(arguments, "port")) {
        g_autofree char *text = g_strconcat("usb-hub,bus=", bus->name, NULL);
        device_plug(board, text, NULL);
    }
}

const struct device_property usb_hub_properties[] = { { NULL } };

bool usb_hub_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    struct usb_port *port = choose_port(board, arguments, error);
    if (port) {
        usb_device_attach(&usb_hub_new(board->machine)->usb, port);
    }
    return port;
}

const struct device_property usb_hid_properties[] = {
    { "usb_version", DEVICE_NUMBER, 2, NULL, "accepted; the device is a full-speed one, which USB 1 and 2 have" },
    { "display", DEVICE_TEXT, 0, NULL, "accepted; there is one screen" },
    { NULL },
};

static bool add_hid(struct board *board, const struct device_arguments *arguments, enum usb_hid_kind kind, GError **error)
{
    struct usb_port *port = choose_port(board, arguments, error);
    if (!port || !board->input) {
        return port ? error_fail(error, "machine '%s' takes no input from its user", board->type->name) : false;
    }
    usb_device_attach(&usb_hid_new(board->machine, board->input, kind)->usb, port);
    return true;
}

bool usb_tablet_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_hid(board, arguments, USB_HID_TABLET, error);
}

bool usb_mouse_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_hid(board, arguments, USB_HID_MOUSE, error);
}

bool usb_kbd_add(struct board *board, const struct device_arguments *arguments, GError **error)
{
    return add_hid(board, arguments, USB_HID_KEYBOARD, error);
}
