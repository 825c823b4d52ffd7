/* SPDX-License-Identifier: MIT */
#ifndef HW_USB_USB_H
#define HW_USB_USB_H
/*
 * USB as controllers and devices share it: ports, devices, packets, and the requests of USB 2.0 chapter 9 that all devices answer.
 *
 * A packet is answered at once: bytes, a stall, or NAK when a device has nothing yet. Nothing is under way between two packets
 * but what the device's own state says, as on the wire; so a snapshot needs no list of pending transfers, and a disk that is
 * still reading answers NAK. A controller that got NAK need not ask again before usb_port_ops.ready says so.
 *
 * Threads: machine lock held in all calls.
 */
#include "machine/machine.h"

enum { USB_SETUP_BYTES = 8, USB_CONTROL_MOST = 256, USB_PACKET_MOST = 1280, USB_ENDPOINTS = 16, USB_PORTS_MOST = 15 };
/* Answers that are no count of bytes. SILENCE: nobody there, or a packet that no endpoint expects. */
enum { USB_NAK = -1, USB_STALL = -2, USB_BABBLE = -3, USB_SILENCE = -4 };
enum {  /* bRequest and what it may name, USB 2.0 tables 9-4 to 9-6 */
    USB_GET_STATUS = 0, USB_CLEAR_FEATURE = 1, USB_SET_FEATURE = 3, USB_SET_ADDRESS = 5, USB_GET_DESCRIPTOR = 6,
    USB_GET_CONFIGURATION = 8, USB_SET_CONFIGURATION = 9, USB_GET_INTERFACE = 10, USB_SET_INTERFACE = 11,
    USB_ENDPOINT_HALT = 0, USB_REMOTE_WAKEUP = 1,
    USB_DEVICE = 1, USB_CONFIGURATION = 2, USB_STRING = 3, USB_INTERFACE = 4, USB_ENDPOINT = 5,
    USB_TO_HOST = 0x80, USB_CLASS = 0x20, USB_TO_INTERFACE = 0x01, USB_TO_ENDPOINT = 0x02, USB_TO_OTHER = 0x03,
};

struct usb_device;
struct usb_port;

struct usb_setup { uint8_t type, request; uint16_t value, index, length; };

/* What all devices of a kind have in common. */
struct usb_model {
    const char *name;                           /* for people; the product string */
    const uint8_t *descriptor;                  /* of the device, 18 bytes */
    const uint8_t *configuration;               /* with its interfaces and endpoints, wTotalLength bytes */
    const char *const *strings;                 /* strings[0] is string 1; ends with NULL */
    /* A request that chapter 9 does not answer. setup->type says which way `data` goes: to the host up to
     * setup->length bytes are filled in and counted, else they are there. Returns that count, or USB_STALL. */
    int (*control)(void *owner, const struct usb_setup *setup, uint8_t *data);
    /* Endpoints other than 0, not halted, device configured. in: up to `bytes`; returns the packet's length, which may be
     * more (babble; nothing was sent then), USB_NAK or USB_STALL. */
    int (*in)(void *owner, unsigned endpoint, uint8_t *data, unsigned bytes);
    int (*out)(void *owner, unsigned endpoint, const uint8_t *data, unsigned bytes);
    void (*reset)(void *owner);                 /* optional: the bus was reset, or another configuration was set */
    struct usb_device *(*downstream)(void *owner, unsigned index);      /* hubs: the device on an enabled port */
};

/* Guest-visible part of any device: lives in the device's state. */
struct usb_state {
    uint16_t halted_in, halted_out;             /* a bit an endpoint */
    uint16_t length, at;                        /* of `data` */
    uint8_t address, configuration, remote_wakeup;
    uint8_t stage;                              /* of the control transfer, enum usb_stage */
    uint8_t setup[USB_SETUP_BYTES];
    uint8_t pad[4];
    uint8_t data[USB_CONTROL_MOST];
};
#define USB_STATE_FIELD(type) SNAPSHOT_FIELD(type, usb)

struct usb_device {
    struct usb_state *state;
    const struct usb_model *model;
    void *owner;
    struct usb_port *port;                      /* NULL: plugged nowhere */
    bool low_speed;
};

struct usb_port_ops {
    void (*changed)(struct usb_port *port);     /* a device came or went */
    void (*ready)(struct usb_port *port);       /* where it said NAK it would say something else now */
    bool (*live)(const struct usb_port *port);  /* a packet could reach the device, or it may wake its host */
};

struct usb_port {
    const struct usb_port_ops *ops;
    void *controller;
    unsigned number;                            /* from 1 */
    struct usb_device *device;                  /* NULL: none */
};

/* The ports of a controller. */
struct usb_bus {
    char *name;                                 /* "usb-bus.0"; owned */
    struct usb_port ports[USB_PORTS_MOST];
    unsigned port_count;
};

void usb_bus_init(struct usb_bus *bus, unsigned port_count, const struct usb_port_ops *ops, void *controller);
void usb_bus_clear(struct usb_bus *bus);

void usb_device_init(struct usb_device *device, struct usb_state *state, const struct usb_model *model, void *owner);
void usb_device_attach(struct usb_device *device, struct usb_port *port);
void usb_device_detach(struct usb_device *device);
/* The bus is reset: address 0, no configuration. */
void usb_device_reset(struct usb_device *device);
/* The device itself or what is behind it, if it is a hub. NULL: nobody has this address. */
struct usb_device *usb_device_find(struct usb_device *device, unsigned address);
/* Something happened in the device that its host will want to hear of. */
void usb_device_ready(struct usb_device *device);
bool usb_device_live(const struct usb_device *device);
/* Its model's name and the path of ports to it, "1" or "1.2". */
const char *usb_device_name(const struct usb_device *device);

/* Packets. bytes <= USB_PACKET_MOST. */
int usb_packet_setup(struct usb_device *device, const uint8_t *data, unsigned bytes);
int usb_packet_in(struct usb_device *device, unsigned endpoint, uint8_t *data, unsigned bytes);
int usb_packet_out(struct usb_device *device, unsigned endpoint, const uint8_t *data, unsigned bytes);

#endif
