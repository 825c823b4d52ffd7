/* SPDX-License-Identifier: MIT */
/*
 * A USB hub (USB 2.0, chapter 11, as far as a full-speed hub goes): ports that are always powered, their status and changes, which the
 * interrupt endpoint tells of as a bitmap. Packets go through unseen: controllers find the devices below by address or route.
 *
 * Left out: overcurrent, indicators, transaction translators (nothing here is faster than full speed).
 */
#include <string.h>
#include "hw/usb/hub.h"

#define WORD(value) (value) & 0xff, (value) >> 8
enum { VENDOR = 0x0409, PRODUCT = 0x55aa, USB_1_1 = 0x0110, VERSION = 0x0101, CLASS_HUB = 9, INTERRUPT = 3, INTERVAL_MS = 255,
       CONFIGURATION_BYTES = 9 + 9 + 7, DESCRIPTOR_HUB = 0x29, HUB_DESCRIPTOR_BYTES = 11, POWER_GOOD_2MS = 1, BITMAP_BYTES = 2 };
enum { FROM_HUB = USB_TO_HOST | USB_CLASS, TO_HUB = USB_CLASS, FROM_PORT = USB_TO_HOST | USB_CLASS | USB_TO_OTHER,
       TO_PORT = USB_CLASS | USB_TO_OTHER };
enum {  /* features of ports, table 11-17; those below 16 are bits of the status too, 16 and up of the change */
    PORT_CONNECTION = 0, PORT_ENABLE = 1, PORT_SUSPEND = 2, PORT_RESET = 4, PORT_POWER = 8, PORT_LOW_SPEED = 9, C_PORT = 16,
};

static const uint8_t device_descriptor[18] = {
    18, USB_DEVICE, WORD(USB_1_1), CLASS_HUB, 0, 0, 8, WORD(VENDOR), WORD(PRODUCT), WORD(VERSION), 1, 2, 3, 1,
};
static const uint8_t configuration[CONFIGURATION_BYTES] = {
    9, USB_CONFIGURATION, WORD(CONFIGURATION_BYTES), 1, 1, 0, 0xe0, 0,
    9, USB_INTERFACE, 0, 0, 1, CLASS_HUB, 0, 0, 0,
    7, USB_ENDPOINT, 0x81, INTERRUPT, WORD(BITMAP_BYTES), INTERVAL_MS,
};
static const uint8_t hub_descriptor[HUB_DESCRIPTOR_BYTES] = {   /* 11.23.2.1; ports are always powered, nothing can be removed */
    HUB_DESCRIPTOR_BYTES, DESCRIPTOR_HUB, USB_HUB_PORTS, WORD(0x0a), POWER_GOOD_2MS, 0, 0, 0, 0xff, 0xff,
};
static const char *const strings[] = { "Dragoman", "Dragoman USB Hub", "314159", NULL };

/* ---- Ports ---- */

static bool passes(const struct usb_hub *hub, unsigned index)
{
    return (hub->state.status[index] & (1 << PORT_ENABLE | 1 << PORT_SUSPEND)) == 1 << PORT_ENABLE;
}

static uint16_t connected(const struct usb_port *port)
{
    return (uint16_t)(1 << PORT_POWER | (port->device ? 1 << PORT_CONNECTION : 0) |
                      (port->device && port->device->low_speed ? 1 << PORT_LOW_SPEED : 0));
}

static void set_change(struct usb_hub *hub, unsigned index, unsigned feature)
{
    hub->state.change[index] |= (uint16_t)(1 << feature);
    usb_device_ready(&hub->usb);
}

static void port_changed(struct usb_port *port)
{
    struct usb_hub *hub = port->controller;
    hub->state.status[port->number - 1] = connected(port);
    set_change(hub, port->number - 1, PORT_CONNECTION);
}

static bool port_live(const struct usb_port *port)
{
    const struct usb_hub *hub = port->controller;
    return hub->state.status[port->number - 1] & 1 << PORT_ENABLE && usb_device_live(&hub->usb) &&
           (passes(hub, port->number - 1) || port->device->state->remote_wakeup);
}

static void port_ready(struct usb_port *port)
{
    struct usb_hub *hub = port->controller;
    if (passes(hub, port->number - 1)) {
        usb_device_ready(&hub->usb);
    } else if (port_live(port)) {                       /* 11.9: it resumes */
        hub->state.status[port->number - 1] &= (uint16_t)~(1 << PORT_SUSPEND);
        set_change(hub, port->number - 1, PORT_SUSPEND);
    }
}

static const struct usb_port_ops port_ops = { port_changed, port_ready, port_live };

static struct usb_device *downstream(void *owner, unsigned index)
{
    const struct usb_hub *hub = owner;
    return index < USB_HUB_PORTS && passes(hub, index) ? hub->ports.ports[index].device : NULL;
}

static int set_feature(struct usb_hub *hub, unsigned index, unsigned feature)
{
    uint16_t *status = &hub->state.status[index];
    struct usb_device *device = hub->ports.ports[index].device;
    switch (feature) {
    case PORT_RESET:
        if (device) {
            usb_device_reset(device);
            *status = connected(&hub->ports.ports[index]) | 1 << PORT_ENABLE;
            set_change(hub, index, PORT_RESET);
        }
        return 0;
    case PORT_SUSPEND:
        *status |= *status & 1 << PORT_ENABLE ? 1 << PORT_SUSPEND : 0;
        return 0;
    case PORT_POWER: return 0;
    default: return USB_STALL;
    }
}

static int clear_feature(struct usb_hub *hub, unsigned index, unsigned feature)
{
    uint16_t *status = &hub->state.status[index];
    switch (feature) {
    case PORT_ENABLE:
        *status &= (uint16_t)~(1 << PORT_ENABLE | 1 << PORT_SUSPEND);
        return 0;
    case PORT_SUSPEND:
        if (*status & 1 << PORT_SUSPEND) {
            *status &= (uint16_t)~(1 << PORT_SUSPEND);
            set_change(hub, index, PORT_SUSPEND);
        }
        return 0;
    case PORT_POWER: return 0;
    default:
        if (feature < C_PORT || feature > C_PORT + PORT_RESET) {
            return USB_STALL;
        }
        hub->state.change[index] &= (uint16_t)~(1 << (feature - C_PORT));
        return 0;
    }
}

/* ---- Requests (11.24.2) and the bitmap of changes (11.12.4) ---- */

static int put(const struct usb_setup *setup, uint8_t *data, const void *from, unsigned bytes)
{
    bytes = MIN(bytes, setup->length);
    memcpy(data, from, bytes);
    return (int)bytes;
}

static int port_request(struct usb_hub *hub, const struct usb_setup *setup, uint8_t *data)
{
    unsigned index = (setup->index & 0xff) - 1u;
    if (index >= USB_HUB_PORTS) {
        return USB_STALL;
    }
    if (setup->type == FROM_PORT && setup->request == USB_GET_STATUS) {
        const uint8_t words[4] = { WORD(hub->state.status[index]), WORD(hub->state.change[index]) };
        return put(setup, data, words, sizeof(words));
    }
    switch (setup->type << 8 | setup->request) {
    case TO_PORT << 8 | USB_SET_FEATURE: return set_feature(hub, index, setup->value);
    case TO_PORT << 8 | USB_CLEAR_FEATURE: return clear_feature(hub, index, setup->value);
    default: return USB_STALL;
    }
}

static int control(void *owner, const struct usb_setup *setup, uint8_t *data)
{
    static const uint8_t hub_status[4];                 /* local power is good, and stays so */
    switch (setup->type << 8 | setup->request) {
    case FROM_HUB << 8 | USB_GET_DESCRIPTOR:
        return setup->value >> 8 == DESCRIPTOR_HUB ? put(setup, data, hub_descriptor, sizeof(hub_descriptor)) : USB_STALL;
    case FROM_HUB << 8 | USB_GET_STATUS: return put(setup, data, hub_status, sizeof(hub_status));
    case TO_HUB << 8 | USB_SET_FEATURE:
    case TO_HUB << 8 | USB_CLEAR_FEATURE: return setup->value > 1 ? USB_STALL : 0;
    default: return port_request(owner, setup, data);
    }
}

static int in(void *owner, unsigned endpoint, uint8_t *data, unsigned bytes)
{
    const struct usb_hub *hub = owner;
    unsigned bitmap = 0;
    for (unsigned i = 0; i < USB_HUB_PORTS; i++) {
        bitmap |= hub->state.change[i] ? 2u << i : 0;
    }
    if (endpoint != 1 || !bitmap) {
        return endpoint == 1 ? USB_NAK : USB_STALL;
    }
    const uint8_t bitmap_bytes[BITMAP_BYTES] = { WORD(bitmap) };
    if (bytes >= BITMAP_BYTES) {
        memcpy(data, bitmap_bytes, BITMAP_BYTES);
    }
    return BITMAP_BYTES;
}

/* Reset and configuration alike: what is below starts anew. */
static void bus_reset(void *owner)
{
    struct usb_hub *hub = owner;
    for (unsigned i = 0; i < USB_HUB_PORTS; i++) {
        hub->state.status[i] = connected(&hub->ports.ports[i]);
        hub->state.change[i] = hub->ports.ports[i].device ? 1 << PORT_CONNECTION : 0;
    }
}

static const struct usb_model hub_model = { "Dragoman USB Hub", device_descriptor, configuration, strings, control, in, NULL, bus_reset,
                                            downstream };

/* ---- The device ---- */

static void reset(void *opaque)
{
    usb_device_reset(&((struct usb_hub *)opaque)->usb);
}

static void hub_free(void *opaque)
{
    struct usb_hub *hub = opaque;
    usb_device_detach(&hub->usb);
    usb_bus_clear(&hub->ports);
    g_free(hub);
}

#define FIELD(member) SNAPSHOT_FIELD(struct usb_hub_state, member)
static const struct snapshot_field fields[] = { FIELD(usb), FIELD(status), FIELD(change) };

const struct device_type usb_hub_type = {
    .name = "usb-hub",
    .reset = reset,
    .free = hub_free,
    .state_offset = offsetof(struct usb_hub, state),
    .state_size = sizeof(struct usb_hub_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct usb_bus *usb_hub_ports(const struct usb_device *device)
{
    return device->model == &hub_model ? &((struct usb_hub *)device->owner)->ports : NULL;
}

struct usb_hub *usb_hub_new(struct machine *machine)
{
    struct usb_hub *hub = g_new0(struct usb_hub, 1);
    usb_device_init(&hub->usb, &hub->state.usb, &hub_model, hub);
    usb_bus_init(&hub->ports, USB_HUB_PORTS, &port_ops, hub);
    machine_add_device(machine, &usb_hub_type, hub);
    return hub;
}
