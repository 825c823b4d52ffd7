/* SPDX-License-Identifier: MIT */
/*
 * What all USB devices do alike (Universal Serial Bus Specification 2.0, chapters 8 and 9): control transfers on endpoint 0,
 * standard requests, halted endpoints. Left out: data toggles (packets do not get lost here), test modes, alternate settings.
 *
 *   SETUP (to host)  -> DATA_IN  -> OUT of no bytes -> IDLE
 *   SETUP (from host)-> DATA_OUT -> STATUS_IN, which does what was asked -> IDLE
 */
#include <string.h>
#include "hw/usb/usb.h"

enum usb_stage { STAGE_IDLE, STAGE_DATA_IN, STAGE_DATA_OUT, STAGE_STATUS_IN, STAGE_STALLED };
enum { DESCRIPTOR_MAX_PACKET_0 = 7, DESCRIPTOR_BYTES = 18, CONFIGURATION_TOTAL = 2, CONFIGURATION_VALUE = 5,
       CONFIGURATION_ATTRIBUTES = 7, ATTRIBUTE_SELF_POWERED = 0x40 };
enum { TYPE_RECIPIENT = 0x1f, TYPE_KIND = 0x60, ADDRESS_MOST = 127, ENDPOINT_IN = 0x80, LANGUAGE_US = 0x0409 };

void usb_bus_init(struct usb_bus *bus, unsigned port_count, const struct usb_port_ops *ops, void *controller)
{
    g_assert(port_count <= USB_PORTS_MOST);
    bus->port_count = port_count;
    for (unsigned i = 0; i < port_count; i++) {
        bus->ports[i] = (struct usb_port){ .ops = ops, .controller = controller, .number = i + 1 };
    }
}

void usb_bus_clear(struct usb_bus *bus)
{
    for (unsigned i = 0; i < bus->port_count; i++) {
        if (bus->ports[i].device) {
            bus->ports[i].device->port = NULL;
        }
    }
    g_free(bus->name);
}

void usb_device_init(struct usb_device *device, struct usb_state *state, const struct usb_model *model, void *owner)
{
    device->state = state;
    device->model = model;
    device->owner = owner;
}

void usb_device_attach(struct usb_device *device, struct usb_port *port)
{
    g_assert(!port->device && !device->port);
    device->port = port;
    port->device = device;
    port->ops->changed(port);
}

void usb_device_detach(struct usb_device *device)
{
    struct usb_port *port = device->port;
    if (port) {
        port->device = NULL;
        device->port = NULL;
        port->ops->changed(port);
    }
}

void usb_device_reset(struct usb_device *device)
{
    *device->state = (struct usb_state){ 0 };
    if (device->model->reset) {
        device->model->reset(device->owner);
    }
}

struct usb_device *usb_device_find(struct usb_device *device, unsigned address)
{
    struct usb_device *found = NULL, *below;
    if (device->state->address == address) {
        return device;
    }
    for (unsigned i = 0; !found && device->model->downstream && i < USB_PORTS_MOST; i++) {
        below = device->model->downstream(device->owner, i);
        found = below ? usb_device_find(below, address) : NULL;
    }
    return found;
}

void usb_device_ready(struct usb_device *device)
{
    if (device->port) {
        device->port->ops->ready(device->port);
    }
}

bool usb_device_live(const struct usb_device *device)
{
    return device->port && device->port->ops->live(device->port);
}

const char *usb_device_name(const struct usb_device *device)
{
    return device->model->name;
}

/* ---- Standard requests (9.4) ---- */

static unsigned put_string(const struct usb_device *device, unsigned index, uint8_t *out)
{
    unsigned bytes = 2;
    if (!index) {
        out[bytes++] = LANGUAGE_US & 0xff;
        out[bytes++] = LANGUAGE_US >> 8;
    } else {
        const char *const *strings = device->model->strings;
        unsigned count = 0;
        while (strings[count] && count < index) {
            count++;
        }
        if (count < index) {
            return 0;
        }
        for (const char *c = strings[index - 1]; *c && bytes + 2 <= USB_CONTROL_MOST - 2; c++) {
            out[bytes++] = (uint8_t)*c;
            out[bytes++] = 0;
        }
    }
    out[0] = (uint8_t)bytes;
    out[1] = USB_STRING;
    return bytes;
}

static int get_descriptor(const struct usb_device *device, const struct usb_setup *setup, uint8_t *data)
{
    const uint8_t *configuration = device->model->configuration;
    unsigned kind = setup->value >> 8, index = setup->value & 0xff, bytes = 0;
    if (kind == USB_DEVICE && !index) {
        memcpy(data, device->model->descriptor, bytes = DESCRIPTOR_BYTES);
    } else if (kind == USB_CONFIGURATION && !index) {
        bytes = configuration[CONFIGURATION_TOTAL] | (unsigned)configuration[CONFIGURATION_TOTAL + 1] << 8;
        memcpy(data, configuration, bytes);
    } else if (kind == USB_STRING) {
        bytes = put_string(device, index, data);
    }
    return bytes ? (int)MIN(bytes, setup->length) : USB_STALL;
}

static uint16_t *halted(struct usb_device *device, unsigned endpoint)
{
    return endpoint & ENDPOINT_IN ? &device->state->halted_in : &device->state->halted_out;
}

static int get_status(struct usb_device *device, const struct usb_setup *setup, uint8_t *data)
{
    unsigned recipient = setup->type & TYPE_RECIPIENT;
    bool self_powered = device->model->configuration[CONFIGURATION_ATTRIBUTES] & ATTRIBUTE_SELF_POWERED;
    uint16_t status = 0;
    if (recipient == USB_TO_ENDPOINT) {
        status = *halted(device, setup->index) >> (setup->index & 15) & 1;
    } else if (recipient != USB_TO_INTERFACE) {
        status = (uint16_t)(device->state->remote_wakeup << 1 | self_powered);
    }
    data[0] = (uint8_t)status;
    data[1] = 0;
    return (int)MIN(2, setup->length);
}

static int set_feature(struct usb_device *device, const struct usb_setup *setup, bool on)
{
    unsigned recipient = setup->type & TYPE_RECIPIENT;
    if (recipient == 0 && setup->value == USB_REMOTE_WAKEUP) {
        device->state->remote_wakeup = on;
    } else if (recipient == USB_TO_ENDPOINT && setup->value == USB_ENDPOINT_HALT) {
        uint16_t bit = (uint16_t)(1 << (setup->index & 15)), *bits = halted(device, setup->index);
        *bits = on && bit != 1 ? *bits | bit : *bits & (uint16_t)~bit;
    } else {
        return USB_STALL;
    }
    return 0;
}

static int set_configuration(struct usb_device *device, unsigned value)
{
    if (value && value != device->model->configuration[CONFIGURATION_VALUE]) {
        return USB_STALL;
    }
    device->state->configuration = (uint8_t)value;
    device->state->halted_in = device->state->halted_out = 0;
    if (device->model->reset) {
        device->model->reset(device->owner);
    }
    return 0;
}

static int put_byte(const struct usb_setup *setup, uint8_t *data, uint8_t value)
{
    data[0] = value;
    return (int)MIN(1, setup->length);
}

static int do_request(struct usb_device *device, const struct usb_setup *setup, uint8_t *data)
{
    struct usb_state *s = device->state;
    int result = USB_STALL;
    if (!(setup->type & TYPE_KIND)) {
        switch (setup->request) {
        case USB_GET_STATUS: result = get_status(device, setup, data); break;
        case USB_CLEAR_FEATURE:
        case USB_SET_FEATURE: result = set_feature(device, setup, setup->request == USB_SET_FEATURE); break;
        case USB_SET_ADDRESS:
            s->address = setup->value & ADDRESS_MOST;
            return 0;
        case USB_GET_DESCRIPTOR: result = get_descriptor(device, setup, data); break;
        case USB_GET_CONFIGURATION: return put_byte(setup, data, s->configuration);
        case USB_SET_CONFIGURATION: return set_configuration(device, setup->value & 0xff);
        case USB_GET_INTERFACE: return put_byte(setup, data, 0);
        case USB_SET_INTERFACE: return setup->value ? USB_STALL : 0;
        default: break;
        }
    }
    return result == USB_STALL && device->model->control ? device->model->control(device->owner, setup, data) : result;
}

static struct usb_setup parse_setup(const uint8_t *bytes)
{
    return (struct usb_setup){ .type = bytes[0], .request = bytes[1], .value = (uint16_t)(bytes[2] | bytes[3] << 8),
                               .index = (uint16_t)(bytes[4] | bytes[5] << 8), .length = (uint16_t)(bytes[6] | bytes[7] << 8) };
}

/* ---- Endpoint 0 (8.5.3) ---- */

int usb_packet_setup(struct usb_device *device, const uint8_t *data, unsigned bytes)
{
    struct usb_state *s = device->state;
    if (bytes != USB_SETUP_BYTES) {
        return USB_SILENCE;
    }
    memcpy(s->setup, data, USB_SETUP_BYTES);
    struct usb_setup setup = parse_setup(data);
    s->length = s->at = 0;
    if (setup.type & USB_TO_HOST) {
        setup.length = MIN(setup.length, USB_CONTROL_MOST);
        int result = do_request(device, &setup, s->data);
        s->stage = result < 0 ? STAGE_STALLED : STAGE_DATA_IN;
        s->length = result < 0 ? 0 : (uint16_t)result;
    } else {
        s->stage = setup.length > USB_CONTROL_MOST ? STAGE_STALLED : setup.length ? STAGE_DATA_OUT : STAGE_STATUS_IN;
        s->length = setup.length > USB_CONTROL_MOST ? 0 : setup.length;
    }
    return USB_SETUP_BYTES;
}

static int control_in(struct usb_device *device, uint8_t *data, unsigned bytes)
{
    struct usb_state *s = device->state;
    unsigned most = device->model->descriptor[DESCRIPTOR_MAX_PACKET_0], count = MIN(most, (unsigned)(s->length - s->at));
    if (s->stage == STAGE_STATUS_IN || s->stage == STAGE_DATA_OUT) {    /* the host may send less than it said */
        const struct usb_setup setup = parse_setup(s->setup);
        int result = s->at < s->length ? USB_STALL : do_request(device, &setup, s->data);
        s->stage = result < 0 ? STAGE_STALLED : STAGE_IDLE;
        return result < 0 ? USB_STALL : 0;
    }
    if (s->stage != STAGE_DATA_IN || count > bytes) {
        return s->stage != STAGE_DATA_IN ? USB_STALL : USB_BABBLE;
    }
    memcpy(data, s->data + s->at, count);
    s->at = (uint16_t)(s->at + count);
    return (int)count;
}

static int control_out(struct usb_device *device, const uint8_t *data, unsigned bytes)
{
    struct usb_state *s = device->state;
    if (s->stage == STAGE_DATA_IN) {
        s->stage = STAGE_IDLE;
        return 0;
    }
    if (s->stage != STAGE_DATA_OUT || bytes > (unsigned)(s->length - s->at)) {
        s->stage = STAGE_STALLED;
        return USB_STALL;
    }
    memcpy(s->data + s->at, data, bytes);
    s->at = (uint16_t)(s->at + bytes);
    s->stage = s->at == s->length ? STAGE_STATUS_IN : STAGE_DATA_OUT;
    return (int)bytes;
}

/* ---- Packets ---- */

static bool in_use(const struct usb_device *device, unsigned endpoint)
{
    return endpoint < USB_ENDPOINTS && device->state->configuration;
}

int usb_packet_in(struct usb_device *device, unsigned endpoint, uint8_t *data, unsigned bytes)
{
    struct usb_state *s = device->state;
    if (!endpoint) {
        return control_in(device, data, bytes);
    }
    if (!in_use(device, endpoint) || !device->model->in) {
        return USB_SILENCE;
    }
    int result = s->halted_in >> endpoint & 1 ? USB_STALL : device->model->in(device->owner, endpoint, data, bytes);
    if (result == USB_STALL) {
        s->halted_in |= (uint16_t)(1 << endpoint);
    }
    return result > (int)bytes ? USB_BABBLE : result;
}

int usb_packet_out(struct usb_device *device, unsigned endpoint, const uint8_t *data, unsigned bytes)
{
    struct usb_state *s = device->state;
    if (!endpoint) {
        return control_out(device, data, bytes);
    }
    if (!in_use(device, endpoint) || !device->model->out) {
        return USB_SILENCE;
    }
    int result = s->halted_out >> endpoint & 1 ? USB_STALL : device->model->out(device->owner, endpoint, data, bytes);
    if (result == USB_STALL) {
        s->halted_out |= (uint16_t)(1 << endpoint);
    }
    return result;
}
