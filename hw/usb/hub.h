/* SPDX-License-Identifier: MIT */
#ifndef HW_USB_HUB_H
#define HW_USB_HUB_H
/* A full-speed USB hub with eight ports, with the ids of QEMU's. */
#include "hw/usb/usb.h"

enum { USB_HUB_PORTS = 8 };

struct usb_hub_state {
    struct usb_state usb;
    uint16_t status[USB_HUB_PORTS], change[USB_HUB_PORTS];      /* wPortStatus, wPortChange (USB 2.0, 11.24.2.7) */
};

struct usb_hub {
    struct usb_hub_state state;
    struct usb_device usb;
    struct usb_bus ports;                                       /* below it */
};

extern const struct device_type usb_hub_type;

/* Not plugged in yet: see usb_device_attach. */
struct usb_hub *usb_hub_new(struct machine *machine);
/* The ports of a hub; NULL: the device is none. */
struct usb_bus *usb_hub_ports(const struct usb_device *device);

#endif
