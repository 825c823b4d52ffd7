/* SPDX-License-Identifier: MIT */
#ifndef HW_USB_HID_H
#define HW_USB_HID_H
/* USB keyboard, mouse and tablet. Ids and endpoints are those of QEMU's devices, which guests know. */
#include "base/input.h"
#include "hw/usb/usb.h"

enum usb_hid_kind { USB_HID_TABLET, USB_HID_MOUSE, USB_HID_KEYBOARD, USB_HID_KIND_COUNT };
enum { USB_HID_QUEUE = 16, USB_HID_REPORT = 8, USB_HID_KEYS = 256 };

/* Something that the guest has not heard of. Keys: code is a usage. Pointers: buttons; x, y are a place or a movement. */
struct usb_hid_event { int16_t x, y, wheel; uint8_t code, down; };

struct usb_hid_state {
    struct usb_state usb;
    int64_t repeat_ns;              /* when the last report is given again (idle rate); 0: not at all */
    struct usb_hid_event queue[USB_HID_QUEUE];
    uint8_t queued;                 /* of which [0] is the oldest */
    uint8_t polled;                 /* the guest's driver has asked for reports */
    uint8_t idle;                   /* Set_Idle, in units of 4 ms */
    uint8_t protocol;               /* 0 boot, 1 report */
    uint8_t leds;
    uint8_t repeat;                 /* the last report is due again */
    uint8_t report[USB_HID_REPORT]; /* the last one */
    uint8_t down[USB_HID_KEYS / 8]; /* keys that the guest has heard of */
    uint8_t pad[2];
};

struct usb_hid {
    struct usb_hid_state state;
    struct usb_device usb;
    struct machine *machine;
    struct input *input;
    struct timer *timer;
    enum usb_hid_kind kind;
};

extern const struct device_type usb_hid_type;

/* Not plugged in yet: see usb_device_attach. input: where it takes what a user does; outlives it. */
struct usb_hid *usb_hid_new(struct machine *machine, struct input *input, enum usb_hid_kind kind);

/* ---- Between hid.c and hid_data.c ---- */

extern const struct usb_model usb_hid_models[USB_HID_KIND_COUNT];
/* Descriptor of the reports; *bytes is set. */
const uint8_t *usb_hid_report_descriptor(enum usb_hid_kind kind, unsigned *bytes);

int usb_hid_control(void *owner, const struct usb_setup *setup, uint8_t *data);
int usb_hid_in(void *owner, unsigned endpoint, uint8_t *data, unsigned bytes);
void usb_hid_bus_reset(void *owner);

#endif
