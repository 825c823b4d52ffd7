/* SPDX-License-Identifier: MIT */
/*
 * USB human interface devices (Device Class Definition for HID 1.11): reports on an interrupt endpoint, the boot protocol (appendix B),
 * idle rate, LEDs. What a user does is queued as events, so that a press and a release between two polls are both seen;
 * movement adds up as long as the buttons stay. Descriptors are in hid_data.c.
 *
 * Left out: physical descriptors, Set_Report of other than LEDs.
 */
#include <string.h>
#include "hw/usb/hid.h"

enum { GET_REPORT = 1, GET_IDLE = 2, GET_PROTOCOL = 3, SET_REPORT = 9, SET_IDLE = 10, SET_PROTOCOL = 11, DESCRIPTOR_HID = 0x21,
       DESCRIPTOR_REPORT = 0x22, HID_DESCRIPTOR_AT = 18, HID_DESCRIPTOR_BYTES = 9 };
enum { TO_CLASS_INTERFACE = USB_CLASS | USB_TO_INTERFACE, FROM_CLASS_INTERFACE = USB_TO_HOST | TO_CLASS_INTERFACE,
       FROM_INTERFACE = USB_TO_HOST | USB_TO_INTERFACE };
enum { ENDPOINT_REPORTS = 1, USAGE_LEFT_CTRL = 0xe0, USAGE_RIGHT_GUI = 0xe7, USAGE_ROLLOVER = 1, KEYS_IN_REPORT = 6, BUTTONS = 0x1f };
enum { LED_NUM = 1, LED_CAPS = 2, LED_SCROLL = 4 };
static const int64_t IDLE_UNIT_NS = 4000000;

/* ---- Reports ---- */

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static bool is_down(const struct usb_hid_state *s, unsigned usage)
{
    return s->down[usage / 8] >> usage % 8 & 1;
}

/* Appendix B.1: modifiers, a reserved byte, up to six keys. */
static unsigned keyboard_report(struct usb_hid_state *s)
{
    unsigned keys = 0;
    memset(s->report, 0, sizeof(s->report));
    s->report[0] = s->down[USAGE_LEFT_CTRL / 8];
    for (unsigned usage = 0; usage < USAGE_LEFT_CTRL; usage++) {
        if (is_down(s, usage) && keys++ < KEYS_IN_REPORT) {
            s->report[1 + keys] = (uint8_t)usage;
        }
    }
    if (keys > KEYS_IN_REPORT) {
        memset(s->report + 2, USAGE_ROLLOVER, KEYS_IN_REPORT);
    }
    return 2 + KEYS_IN_REPORT;
}

static void take_key(struct usb_hid_state *s, const struct usb_hid_event *event)
{
    uint8_t *byte = &s->down[event->code / 8], bit = (uint8_t)(1 << event->code % 8);
    *byte = event->down ? *byte | bit : *byte & (uint8_t)~bit;
}

static void drop_oldest(struct usb_hid_state *s)
{
    memmove(s->queue, s->queue + 1, sizeof(s->queue) - sizeof(s->queue[0]));
    s->queued--;
    s->queue[s->queued] = (struct usb_hid_event){ 0 };
}

/* What the oldest event says, which goes when it has been said wholly: movement may take several reports. */
static unsigned pointer_report(struct usb_hid *hid)
{
    struct usb_hid_state *s = &hid->state;
    struct usb_hid_event *event = &s->queue[0];
    int wheel = clamp(event->wheel, -127, 127), dx = clamp(event->x, -127, 127), dy = clamp(event->y, -127, 127);
    s->report[0] = event->code & BUTTONS;
    event->wheel = (int16_t)(event->wheel - wheel);
    if (hid->kind == USB_HID_TABLET) {
        s->report[1] = (uint8_t)event->x;
        s->report[2] = (uint8_t)(event->x >> 8);
        s->report[3] = (uint8_t)event->y;
        s->report[4] = (uint8_t)(event->y >> 8);
        s->report[5] = (uint8_t)wheel;
    } else {
        s->report[1] = (uint8_t)dx;
        s->report[2] = (uint8_t)dy;
        s->report[3] = (uint8_t)wheel;
        event->x = (int16_t)(event->x - dx);
        event->y = (int16_t)(event->y - dy);
    }
    if (!event->wheel && (hid->kind == USB_HID_TABLET || (!event->x && !event->y))) {
        drop_oldest(s);
    }
    return hid->kind == USB_HID_TABLET ? 6 : s->protocol ? 4 : 3;
}

static unsigned report_bytes(const struct usb_hid *hid)
{
    static const uint8_t bytes[] = { [USB_HID_TABLET] = 6, [USB_HID_MOUSE] = 4, [USB_HID_KEYBOARD] = 8 };
    return hid->kind == USB_HID_MOUSE && !hid->state.protocol ? 3 : bytes[hid->kind];
}

/* The next report goes into state.report. */
static void make_report(struct usb_hid *hid)
{
    struct usb_hid_state *s = &hid->state;
    if (hid->kind == USB_HID_KEYBOARD) {
        if (s->queued) {
            take_key(s, &s->queue[0]);
            drop_oldest(s);
        }
        keyboard_report(s);
    } else if (s->queued) {
        pointer_report(hid);
    } else if (hid->kind == USB_HID_MOUSE) {
        memset(s->report + 1, 0, sizeof(s->report) - 1);       /* it has not moved since */
    } else {
        s->report[5] = 0;
    }
}

static void set_repeat(struct usb_hid *hid)
{
    struct usb_hid_state *s = &hid->state;
    s->repeat = 0;
    s->repeat_ns = s->idle ? clock_now_ns(hid->machine->clocks, CLOCK_KIND_VIRTUAL) + s->idle * IDLE_UNIT_NS : 0;
    if (s->repeat_ns) {
        timer_arm(hid->timer, s->repeat_ns);
    } else {
        timer_cancel(hid->timer);
    }
}

static void on_repeat(void *opaque)
{
    struct usb_hid *hid = opaque;
    hid->state.repeat_ns = 0;
    hid->state.repeat = 1;
    usb_device_ready(&hid->usb);
}

int usb_hid_in(void *owner, unsigned endpoint, uint8_t *data, unsigned bytes)
{
    struct usb_hid *hid = owner;
    struct usb_hid_state *s = &hid->state;
    if (endpoint != ENDPOINT_REPORTS) {
        return USB_STALL;
    }
    s->polled = 1;
    if (!s->queued && !s->repeat) {
        return USB_NAK;
    }
    if (report_bytes(hid) > bytes) {
        return USB_BABBLE;
    }
    make_report(hid);
    memcpy(data, s->report, report_bytes(hid));
    set_repeat(hid);
    return (int)report_bytes(hid);
}

/* ---- Class requests (7.1, 7.2) ---- */

static int get_descriptor(const struct usb_hid *hid, const struct usb_setup *setup, uint8_t *data)
{
    unsigned bytes = HID_DESCRIPTOR_BYTES;
    const uint8_t *from = hid->usb.model->configuration + HID_DESCRIPTOR_AT;
    if (setup->value >> 8 == DESCRIPTOR_REPORT) {
        from = usb_hid_report_descriptor(hid->kind, &bytes);
    } else if (setup->value >> 8 != DESCRIPTOR_HID) {
        return USB_STALL;
    }
    bytes = MIN(bytes, setup->length);
    memcpy(data, from, bytes);
    return (int)bytes;
}

static int get_report(struct usb_hid *hid, const struct usb_setup *setup, uint8_t *data)
{
    make_report(hid);
    unsigned bytes = MIN(report_bytes(hid), setup->length);
    memcpy(data, hid->state.report, bytes);
    return (int)bytes;
}

/* Output report of the keyboard. */
static int set_leds(struct usb_hid *hid, const struct usb_setup *setup, const uint8_t *data)
{
    if (hid->kind != USB_HID_KEYBOARD || !setup->length) {
        return USB_STALL;
    }
    uint8_t leds = hid->state.leds = data[0];
    input_set_leds(hid->input, (leds & LED_NUM ? INPUT_LED_NUM : 0) | (leds & LED_CAPS ? INPUT_LED_CAPS : 0) |
                   (leds & LED_SCROLL ? INPUT_LED_SCROLL : 0));
    return 0;
}

static int one_byte(const struct usb_setup *setup, uint8_t *data, uint8_t value)
{
    data[0] = value;
    return setup->length ? 1 : 0;
}

int usb_hid_control(void *owner, const struct usb_setup *setup, uint8_t *data)
{
    struct usb_hid *hid = owner;
    struct usb_hid_state *s = &hid->state;
    switch (setup->type << 8 | setup->request) {
    case FROM_INTERFACE << 8 | USB_GET_DESCRIPTOR: return get_descriptor(hid, setup, data);
    case FROM_CLASS_INTERFACE << 8 | GET_REPORT: return get_report(hid, setup, data);
    case FROM_CLASS_INTERFACE << 8 | GET_IDLE: return one_byte(setup, data, s->idle);
    case FROM_CLASS_INTERFACE << 8 | GET_PROTOCOL: return one_byte(setup, data, s->protocol);
    case TO_CLASS_INTERFACE << 8 | SET_REPORT: return set_leds(hid, setup, data);
    case TO_CLASS_INTERFACE << 8 | SET_IDLE:
        s->idle = setup->value >> 8;
        set_repeat(hid);
        return 0;
    case TO_CLASS_INTERFACE << 8 | SET_PROTOCOL:
        s->protocol = setup->value & 1;
        return 0;
    default: return USB_STALL;
    }
}

void usb_hid_bus_reset(void *owner)
{
    struct usb_hid *hid = owner;
    const struct usb_state usb = hid->state.usb;
    hid->state = (struct usb_hid_state){ .usb = usb, .protocol = 1 };
    timer_cancel(hid->timer);
}

/* ---- From the user ---- */

/* The event that a new one adds to, if the buttons stay; NULL: the queue's next. */
static struct usb_hid_event *same_buttons(struct usb_hid_state *s, uint8_t buttons)
{
    struct usb_hid_event *last = s->queued ? &s->queue[s->queued - 1] : NULL;
    return last && (last->code == buttons || s->queued == USB_HID_QUEUE) ? last : NULL;
}

static struct usb_hid_event *pointer_event(struct usb_hid *hid, int wheel, unsigned buttons)
{
    struct usb_hid_state *s = &hid->state;
    struct usb_hid_event *event = same_buttons(s, buttons & BUTTONS);
    event = event ? event : &s->queue[s->queued++];
    event->code = buttons & BUTTONS;
    event->wheel = (int16_t)clamp(event->wheel + clamp(wheel, -1000, 1000), -1000, 1000);
    return event;
}

static void on_absolute(void *device, unsigned x, unsigned y, int wheel, unsigned buttons)
{
    struct usb_hid *hid = device;
    struct usb_hid_event *event = pointer_event(hid, wheel, buttons);
    event->x = (int16_t)x;
    event->y = (int16_t)y;
    usb_device_ready(&hid->usb);
}

static void on_relative(void *device, int dx, int dy, int wheel, unsigned buttons)
{
    struct usb_hid *hid = device;
    struct usb_hid_event *event = pointer_event(hid, wheel, buttons);
    event->x = (int16_t)clamp(event->x + clamp(dx, -4096, 4096), -4096, 4096);
    event->y = (int16_t)clamp(event->y + clamp(dy, -4096, 4096), -4096, 4096);
    usb_device_ready(&hid->usb);
}

/* A full queue loses what is between: the oldest change is taken at once. */
static void on_key(void *device, unsigned code, bool down)
{
    struct usb_hid *hid = device;
    struct usb_hid_state *s = &hid->state;
    unsigned usage = input_usage(code);
    if (usage) {
        if (s->queued == USB_HID_QUEUE) {
            take_key(s, &s->queue[0]);
            drop_oldest(s);
        }
        s->queue[s->queued++] = (struct usb_hid_event){ .code = (uint8_t)usage, .down = down };
        usb_device_ready(&hid->usb);
    }
}

static bool is_active(void *device)
{
    const struct usb_hid *hid = device;
    return hid->state.polled && usb_device_live(&hid->usb);
}

/* ---- The device ---- */

static void loaded(void *opaque)
{
    struct usb_hid *hid = opaque;
    timer_cancel(hid->timer);
    if (hid->state.repeat_ns) {
        timer_arm(hid->timer, hid->state.repeat_ns);
    }
}

static void reset(void *opaque)
{
    usb_device_reset(&((struct usb_hid *)opaque)->usb);
}

static void usb_hid_free(void *opaque)
{
    struct usb_hid *hid = opaque;
    input_remove_device(hid->input, hid);
    usb_device_detach(&hid->usb);
    timer_free(hid->timer);
    g_free(hid);
}

#define FIELD(member) SNAPSHOT_FIELD(struct usb_hid_state, member)
static const struct snapshot_field fields[] = {
    FIELD(usb), FIELD(repeat_ns), FIELD(queue), FIELD(queued), FIELD(polled), FIELD(idle), FIELD(protocol), FIELD(leds), FIELD(repeat),
    FIELD(report), FIELD(down), FIELD(pad),
};

const struct device_type usb_hid_type = {
    .name = "usb-hid",
    .reset = reset,
    .loaded = loaded,
    .free = usb_hid_free,
    .state_offset = offsetof(struct usb_hid, state),
    .state_size = sizeof(struct usb_hid_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct usb_hid *usb_hid_new(struct machine *machine, struct input *input, enum usb_hid_kind kind)
{
    struct usb_hid *hid = g_new0(struct usb_hid, 1);
    struct input_device device = { .name = usb_hid_models[kind].name, .device = hid, .active = is_active };
    hid->machine = machine;
    hid->input = input;
    hid->kind = kind;
    hid->timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, on_repeat, hid);
    usb_device_init(&hid->usb, &hid->state.usb, &usb_hid_models[kind], hid);
    switch (kind) {
    case USB_HID_TABLET: device.absolute = on_absolute; break;
    case USB_HID_MOUSE: device.relative = on_relative; break;
    default: device.key = on_key; break;
    }
    input_add_device(input, &device);
    machine_add_device(machine, &usb_hid_type, hid);
    return hid;
}
