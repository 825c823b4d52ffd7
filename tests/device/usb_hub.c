/* SPDX-License-Identifier: MIT */
/* The hub, packet by packet: its descriptor, ports and their changes, what passes through, waking. */
#include "hw/usb/hid.h"
#include "hw/usb/hub.h"
#include "tests/device/rig.h"

enum { GET_STATUS = 0, CLEAR = 1, SET = 3, CONNECTED = 1, ENABLED = 2, SUSPENDED = 4, POWERED = 0x100 };

struct bench { struct rig rig; struct input *input; struct usb_bus bus; struct usb_hub *hub; struct usb_hid *mouse; unsigned news; };

static void changed(struct usb_port *port) { }
static void ready(struct usb_port *port) { ((struct bench *)port->controller)->news++; }
static bool live(const struct usb_port *port) { return true; }
static const struct usb_port_ops ops = { changed, ready, live };

/* Returns the bytes that came, or what failed. */
static int request(struct usb_device *device, uint8_t type, uint8_t code, uint16_t value, uint16_t index, uint16_t length, uint8_t *data)
{
    const uint8_t setup[8] = { type, code, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index, 0, (uint8_t)length, 0 };
    int total = 0, count = 8;
    usb_packet_setup(device, setup, sizeof(setup));
    while (type & 0x80 && count == 8 && (count = usb_packet_in(device, 0, data + total, 8)) > 0) {
        total += count;
    }
    int end = type & 0x80 ? usb_packet_out(device, 0, NULL, 0) : usb_packet_in(device, 0, data, 0);
    return count < 0 ? count : end < 0 ? end : total;
}

static uint32_t status_of(struct bench *b, uint16_t port)
{
    uint8_t data[8] = { 0 };
    return request(&b->hub->usb, 0xa3, GET_STATUS, 0, port, 4, data) == 4 ? (uint32_t)(data[0] | data[1] << 8 | data[2] << 16) : UINT32_MAX;
}

static void begin(struct bench *b)
{
    *b = (struct bench){ .news = 0 };
    rig_init(&b->rig);
    b->input = input_new();
    usb_bus_init(&b->bus, 1, &ops, b);
    b->hub = usb_hub_new(b->rig.machine);
    usb_device_attach(&b->hub->usb, &b->bus.ports[0]);
    b->mouse = usb_hid_new(b->rig.machine, b->input, USB_HID_MOUSE);
    request(&b->hub->usb, 0, USB_SET_ADDRESS, 3, 0, 0, NULL);
    request(&b->hub->usb, 0, USB_SET_CONFIGURATION, 1, 0, 0, NULL);
}

static void end(struct bench *b)
{
    machine_free_devices(b->rig.machine);
    rig_free(&b->rig);
    usb_bus_clear(&b->bus);
    input_free(b->input);
}

static void ports(struct test *test)
{
    struct bench b;
    uint8_t data[64];
    begin(&b);
    EXPECT(test, request(&b.hub->usb, 0xa0, USB_GET_DESCRIPTOR, 0x2900, 0, 64, data) == 11 && data[2] == 8);
    EXPECT_EQ(test, usb_packet_in(&b.hub->usb, 1, data, 2), USB_NAK);
    EXPECT_EQ(test, status_of(&b, 2), POWERED);
    usb_device_attach(&b.mouse->usb, &b.hub->ports.ports[1]);
    EXPECT(test, b.news == 1 && usb_packet_in(&b.hub->usb, 1, data, 2) == 2 && data[0] == 4 && data[1] == 0);
    EXPECT_EQ(test, status_of(&b, 2), POWERED | CONNECTED | 1 << 16);
    EXPECT_EQ(test, request(&b.hub->usb, 0x23, CLEAR, 16, 2, 0, data), 0);
    EXPECT_EQ(test, usb_packet_in(&b.hub->usb, 1, data, 2), USB_NAK);
    EXPECT(test, !usb_device_find(&b.hub->usb, 0));                     /* not enabled: nothing passes */
    EXPECT_EQ(test, request(&b.hub->usb, 0x23, SET, 4, 2, 0, data), 0);
    EXPECT_EQ(test, status_of(&b, 2), POWERED | CONNECTED | ENABLED | 16 << 16);
    EXPECT(test, usb_device_find(&b.hub->usb, 0) == &b.mouse->usb && usb_device_find(&b.hub->usb, 3) == &b.hub->usb);
    request(&b.mouse->usb, 0, USB_SET_ADDRESS, 7, 0, 0, NULL);
    EXPECT(test, usb_device_find(&b.hub->usb, 7) == &b.mouse->usb);
    EXPECT_EQ(test, request(&b.hub->usb, 0xa3, GET_STATUS, 0, 9, 4, data), USB_STALL);
    EXPECT_EQ(test, request(&b.hub->usb, 0xa3, GET_STATUS, 0, 0, 4, data), USB_STALL);
    EXPECT_EQ(test, request(&b.hub->usb, 0x23, SET, 77, 1, 0, data), USB_STALL);
    usb_device_detach(&b.mouse->usb);
    EXPECT_EQ(test, status_of(&b, 2), POWERED | 17 << 16);
    end(&b);
}

static void waking(struct test *test)
{
    struct bench b;
    begin(&b);
    usb_device_attach(&b.mouse->usb, &b.hub->ports.ports[0]);
    request(&b.hub->usb, 0x23, SET, 4, 1, 0, NULL);
    request(&b.mouse->usb, 0, USB_SET_CONFIGURATION, 1, 0, 0, NULL);
    uint8_t data[8];
    EXPECT_EQ(test, usb_packet_in(&b.mouse->usb, 1, data, 8), USB_NAK);
    request(&b.hub->usb, 0x23, SET, 2, 1, 0, NULL);
    EXPECT(test, status_of(&b, 1) & SUSPENDED && !usb_device_live(&b.mouse->usb));
    request(&b.mouse->usb, 0, SET, USB_REMOTE_WAKEUP, 0, 0, NULL);
    EXPECT(test, usb_device_live(&b.mouse->usb));
    b.news = 0;
    input_relative(b.input, 3, -4, 0, INPUT_RIGHT);
    EXPECT(test, b.news && !(status_of(&b, 1) & SUSPENDED) && status_of(&b, 1) >> 16 & 4);
    EXPECT(test, usb_packet_in(&b.mouse->usb, 1, data, 8) == 4 && data[0] == 2 && data[1] == 3 && data[2] == 0xfc);
    end(&b);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(ports), TEST(waking) };
    return test_run_cases("usb_hub", cases, G_N_ELEMENTS(cases));
}
