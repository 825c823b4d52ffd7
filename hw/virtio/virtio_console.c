/* SPDX-License-Identifier: MIT */
/*
 * Virtio console (VIRTIO 1.1, section 5.3) with VIRTIO_CONSOLE_F_MULTIPORT: queues 0 and 1 are port 0, 2 and 3 control,
 * then two for each further port. A driver without that feature has port 0 alone.
 *
 * Control messages that the driver has still to get are bits of a port, sent in the order of the bits when it has
 * buffers. Left out: the console's size, emergency write, ports that come and go while the machine runs.
 */
#include <string.h>
#include "hw/virtio/virtio_console.h"

enum { VIRTIO_CONSOLE_F_MULTIPORT = 1, CONFIG_MAX_PORTS = 4, CONFIG_BYTES = 12 };
enum { RX_0, TX_0, CONTROL_RX, CONTROL_TX, QUEUES = 2 * VIRTIO_CONSOLE_PORTS + 2 };
enum { CONTROL_DEVICE_READY = 0, CONTROL_PORT_ADD = 1, CONTROL_PORT_READY = 3, CONTROL_CONSOLE_PORT = 4,
       CONTROL_PORT_OPEN = 6, CONTROL_PORT_NAME = 7 };
enum { PENDING_ADD = 1, PENDING_CONSOLE = 2, PENDING_NAME = 4, PENDING_OPEN = 8 };
/* OUTPUT_MOST: of one chain; the rest is lost */
enum { NAME_MOST = 64, OUTPUT_CHUNK = 4096, OUTPUT_MOST = 1 << 20 };

struct control { uint32_t port; uint16_t event, value; };

static unsigned rx_queue(unsigned port) { return port ? 2 * port + 2 : RX_0; }

/* ---- From outside to the guest ---- */

/* A driver without control queues has its only port open. */
static bool is_open(const struct virtio_console *console, unsigned port)
{
    return virtio_has(&console->virtio, VIRTIO_CONSOLE_F_MULTIPORT) ? console->state.ports[port].open : !port;
}

/* Returns whether there is new room for more. */
static bool deliver_input(struct virtio_console *console, unsigned port)
{
    struct virtio_console_port_state *s = &console->state.ports[port];
    struct virtio_element *element;
    bool any = false;
    while (s->input_count && is_open(console, port) && (element = virtio_pop(&console->virtio, rx_queue(port)))) {
        if (!element->writable_bytes) {
            virtio_drop(element);
            virtio_break(&console->virtio, "a buffer for input that cannot be written");
            break;
        }
        const uint64_t count = virtio_write(&console->virtio, element, 0, s->input, s->input_count);
        virtio_push(&console->virtio, rx_queue(port), element, (uint32_t)count);
        s->input_count -= (uint16_t)count;
        memmove(s->input, s->input + count, s->input_count);
        any = true;
    }
    if (any) {
        virtio_notify(&console->virtio, rx_queue(port));
    }
    return any;
}

static unsigned port_can_receive(void *device)
{
    const struct virtio_console_port *port = device;
    return is_open(port->console, port->number)
        ? VIRTIO_CONSOLE_INPUT - port->console->state.ports[port->number].input_count
                                                : 0;
}

static void port_receive(void *device, const uint8_t *bytes, unsigned count)
{
    struct virtio_console_port *port = device;
    struct virtio_console_port_state *s = &port->console->state.ports[port->number];
    count = MIN(count, (unsigned)(VIRTIO_CONSOLE_INPUT - s->input_count));
    memcpy(s->input + s->input_count, bytes, count);
    s->input_count += (uint16_t)count;
    deliver_input(port->console, port->number);
}

/* ---- From the guest to outside ---- */

static void take_output(struct virtio_console *console, unsigned port)
{
    uint8_t bytes[OUTPUT_CHUNK];
    struct virtio_element *element;
    bool any = false;
    while ((element = virtio_pop(&console->virtio, rx_queue(port) + 1))) {
        uint64_t count = 1;
        for (uint64_t at = 0; at < OUTPUT_MOST && count; at += count) {
            count = virtio_read(&console->virtio, element, at, bytes, sizeof(bytes));
            if (count && console->ports[port].character) {
                character_write(console->ports[port].character, bytes, (unsigned)count);
            }
        }
        virtio_push(&console->virtio, rx_queue(port) + 1, element, 0);
        any = true;
    }
    if (any) {
        virtio_notify(&console->virtio, rx_queue(port) + 1);
    }
}

/* ---- Control ---- */

static unsigned make_control(const struct virtio_console_port *port, uint8_t bit, uint8_t *out)
{
    struct control control = { .port = port->number, .value = 1 };
    unsigned name_bytes = 0;
    switch (bit) {
    case PENDING_ADD: control.event = CONTROL_PORT_ADD; break;
    case PENDING_CONSOLE: control.event = CONTROL_CONSOLE_PORT; break;
    case PENDING_OPEN: control.event = CONTROL_PORT_OPEN; break;
    default:
        control.event = CONTROL_PORT_NAME;
        name_bytes = port->name ? (unsigned)MIN(strlen(port->name), NAME_MOST) : 0;
        memcpy(out + sizeof(control), port->name, name_bytes);
        break;
    }
    memcpy(out, &control, sizeof(control));
    return sizeof(control) + name_bytes;
}

static void send_control(struct virtio_console *console)
{
    bool any = false;
    for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS && console->state.ready; i++) {
        uint8_t *pending = &console->state.ports[i].pending;
        struct virtio_element *element;
        while (*pending && (element = virtio_pop(&console->virtio, CONTROL_RX))) {
            uint8_t message[sizeof(struct control) + NAME_MOST];
            const uint8_t bit = (uint8_t)(*pending & -*pending);
            unsigned bytes = make_control(&console->ports[i], bit, message);
            bytes = (unsigned)virtio_write(&console->virtio, element, 0, message, bytes);
            virtio_push(&console->virtio, CONTROL_RX, element, bytes);
            *pending &= (uint8_t)~bit;
            any = true;
        }
    }
    if (any) {
        virtio_notify(&console->virtio, CONTROL_RX);
    }
}

static void driver_said(struct virtio_console *console, const struct control *control)
{
    if (control->event == CONTROL_DEVICE_READY) {
        console->state.ready = control->value == 1;
        for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS; i++) {
            console->state.ports[i].pending = console->ports[i].used && console->state.ready ? PENDING_ADD : 0;
        }
        return;
    }
    if (control->port >= VIRTIO_CONSOLE_PORTS || !console->ports[control->port].used) {
        log_write(console->virtio.machine->log, LOG_guest_errors, "virtio-console: control message about port %u\n",
                  control->port);
        return;
    }
    const struct virtio_console_port *port = &console->ports[control->port];
    struct virtio_console_port_state *s = &console->state.ports[control->port];
    if (control->event == CONTROL_PORT_READY && control->value == 1) {
        s->pending |= (port->is_console ? PENDING_CONSOLE : 0) | (port->name ? PENDING_NAME : 0) |
            (port->character ? PENDING_OPEN : 0);
    } else if (control->event == CONTROL_PORT_OPEN) {
        s->open = control->value == 1;
        if (s->open && port->character) {
            character_accept(port->character);
        }
    }
}

static void take_control(struct virtio_console *console)
{
    struct virtio_element *element;
    bool any = false;
    while ((element = virtio_pop(&console->virtio, CONTROL_TX))) {
        struct control control;
        if (virtio_read(&console->virtio, element, 0, &control, sizeof(control)) == sizeof(control)) {
            driver_said(console, &control);
        }
        virtio_push(&console->virtio, CONTROL_TX, element, 0);
        any = true;
    }
    if (any) {
        virtio_notify(&console->virtio, CONTROL_TX);
    }
    send_control(console);
}

static void console_notified(void *opaque, unsigned queue)
{
    struct virtio_console *console = opaque;
    const unsigned port = queue < CONTROL_RX ? 0 : queue / 2 - 1;
    if (queue == CONTROL_RX) {
        send_control(console);
    } else if (queue == CONTROL_TX) {
        take_control(console);
    } else if (queue & 1) {
        take_output(console, port);
    } else if (deliver_input(console, port) && console->ports[port].character) {
        character_accept(console->ports[port].character);
    }
}

/* ---- Device ---- */

static void console_get_config(void *opaque, uint8_t *config)
{
    const uint32_t most = VIRTIO_CONSOLE_PORTS;
    memset(config, 0, CONFIG_BYTES);
    memcpy(config + CONFIG_MAX_PORTS, &most, sizeof(most));
}

static void clear_ports(void *opaque)
{
    struct virtio_console *console = opaque;
    memset(console->state.ports, 0, sizeof(console->state.ports));
    console->state.ready = 0;
}

static void console_reset(void *device)
{
    struct virtio_console *console = device;
    clear_ports(console);
    virtio_reset(&console->virtio);
}

static void console_loaded(void *device)
{
    struct virtio_console *console = device;
    for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS; i++) {
        struct virtio_console_port_state *s = &console->state.ports[i];
        s->input_count = MIN(s->input_count, VIRTIO_CONSOLE_INPUT);
        if (console->ports[i].character) {
            character_accept(console->ports[i].character);
        }
    }
}

static void console_free(void *device)
{
    struct virtio_console *console = device;
    for (unsigned i = 0; i < VIRTIO_CONSOLE_PORTS; i++) {
        if (console->ports[i].character) {
            character_set_client(console->ports[i].character, NULL);
        }
        g_free(console->ports[i].name);
    }
    virtio_destroy(&console->virtio);
    g_free(console);
}

static const struct virtio_ops console_ops = {
    .id = VIRTIO_ID_CONSOLE, .config_bytes = CONFIG_BYTES, .get_config = console_get_config,
    .queue_notified = console_notified, .reset = clear_ports,
};

static const struct snapshot_field fields[] = {
    SNAPSHOT_FIELD(struct virtio_console_state, virtio), SNAPSHOT_FIELD(struct virtio_console_state, ports),
    SNAPSHOT_FIELD(struct virtio_console_state, ready), SNAPSHOT_FIELD(struct virtio_console_state, pad),
};
const struct device_type virtio_console_type = {
    .name = "virtio-console", .reset = console_reset, .loaded = console_loaded, .free = console_free,
    .state_offset = offsetof(struct virtio_console, state), .state_size = sizeof(struct virtio_console_state),
    .fields = fields, .field_count = ARRAY_LEN(fields), .version = 1,
};

bool virtio_console_add_port(struct virtio_console *console, int number, bool is_console, const char *name,
                             struct character *character)
{
    unsigned n = number >= 0 ? (unsigned)number : is_console ? 0 : 1;
    while (number < 0 && n < VIRTIO_CONSOLE_PORTS && console->ports[n].used) {
        n++;
    }
    if (n >= VIRTIO_CONSOLE_PORTS || console->ports[n].used) {
        return false;
    }
    struct virtio_console_port *port = &console->ports[n];
    *port = (struct virtio_console_port){ .console = console, .number = n, .used = true, .is_console = is_console,
                                          .name = g_strdup(name), .character = character };
    if (character) {
        const struct character_client client = { .device = port, .can_receive = port_can_receive,
                                                 .receive = port_receive };
        character_set_lock(character, &console->virtio.machine->lock);
        character_set_client(character, &client);
    }
    return true;
}

struct virtio_console *virtio_console_new(struct machine *machine)
{
    struct virtio_console *console = g_new0(struct virtio_console, 1);
    virtio_init(&console->virtio, machine, &console->state.virtio, "virtio-console", &console_ops, console,
                1ull << VIRTIO_CONSOLE_F_MULTIPORT);
    for (unsigned i = 0; i < QUEUES; i++) {
        virtio_add_queue(&console->virtio, VIRTIO_CONSOLE_QUEUE_SIZE);
    }
    machine_add_device(machine, &virtio_console_type, console);
    return console;
}
