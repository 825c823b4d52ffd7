/* SPDX-License-Identifier: MIT */
#ifndef HW_USB_XHCI_H
#define HW_USB_XHCI_H
/* eXtensible Host Controller Interface 1.0 with QEMU's ids (1b36:000d): ports for USB 2 devices, as many for USB 3 that stay empty. */
#include "hw/pci/msi.h"
#include "hw/usb/usb.h"

enum { XHCI_SLOTS = 16, XHCI_ENDPOINTS = 32, XHCI_PORTS = 2 * USB_PORTS_MOST, XHCI_EVENTS = 64, XHCI_TRB_BYTES = 16 };

struct xhci_trb { uint64_t parameter; uint32_t status, control; };

/* An endpoint by its context index: 1 is the control endpoint, 2n endpoint n out, 2n + 1 in. */
struct xhci_endpoint {
    uint64_t dequeue;               /* the transfer descriptor under way, or the next */
    uint32_t done;                  /* bytes of it that were moved */
    uint16_t max_packet;
    uint8_t cycle;
    uint8_t type;                   /* of the endpoint context */
    uint8_t state;                  /* enum xhci_endpoint_state */
    uint8_t pad[7];
};

struct xhci_slot {
    uint64_t context;               /* output device context */
    uint32_t kicked;                /* a bit an endpoint whose ring is to be looked at */
    uint32_t route;                 /* a nibble a hub on the way, the lowest first: its port from 1 */
    uint8_t enabled, port;          /* port from 1 */
    uint8_t pad[6];
    struct xhci_endpoint endpoints[XHCI_ENDPOINTS];
};

struct xhci_state {
    struct pci_state pci;
    struct msix_state msix;
    uint64_t command_dequeue, contexts;             /* CRCR, DCBAAP */
    uint64_t erstba, erdp;
    int64_t later_ns;               /* when work goes on that was too much at once; 0: none is left */
    uint64_t ring_base;             /* of the event ring */
    uint32_t ring_size, ring_index;
    uint32_t command, status, notification, config;
    uint32_t iman, imod, erstsz;
    uint32_t portsc[XHCI_PORTS];
    uint8_t command_cycle, command_running, ring_cycle, ring_known;
    uint8_t waiting;                /* events that found no room in the ring */
    uint8_t pad[7];
    struct xhci_trb events[XHCI_EVENTS];
    struct xhci_slot slots[XHCI_SLOTS];             /* slot 1 is [0] */
};

struct xhci {
    struct xhci_state state;
    struct pci_device pci;
    struct msix msix;
    struct machine *machine;
    struct usb_bus bus;
    struct timer *timer;            /* goes on with what was too much at once */
    bool busy;                      /* transfers may land on our own registers */
    uint8_t packet[USB_PACKET_MOST];
};

extern const struct device_type xhci_type;

/* ports: up to USB_PORTS_MOST. */
struct xhci *xhci_new(struct machine *machine, struct pci_bus *bus, unsigned slot, unsigned ports);

/* ---- Between xhci.c, xhci_commands.c and xhci_transfers.c ---- */

enum xhci_endpoint_state { XHCI_EP_DISABLED, XHCI_EP_RUNNING, XHCI_EP_HALTED, XHCI_EP_STOPPED, XHCI_EP_ERROR };
enum {  /* TRB types, xHCI 1.0 table 131; bits of the control word */
    TRB_NORMAL = 1, TRB_SETUP, TRB_DATA, TRB_STATUS, TRB_ISOCH, TRB_LINK, TRB_EVENT_DATA, TRB_NO_OP, TRB_ENABLE_SLOT, TRB_DISABLE_SLOT,
    TRB_ADDRESS_DEVICE, TRB_CONFIGURE_ENDPOINT, TRB_EVALUATE_CONTEXT, TRB_RESET_ENDPOINT, TRB_STOP_ENDPOINT, TRB_SET_DEQUEUE,
    TRB_RESET_DEVICE, TRB_NO_OP_COMMAND = 23, TRB_TRANSFER_EVENT = 32, TRB_COMPLETION_EVENT, TRB_PORT_EVENT,
    TRB_CYCLE = 1 << 0, TRB_TOGGLE_CYCLE = 1 << 1, TRB_ISP = 1 << 2, TRB_EVENT_IS_DATA = 1 << 2, TRB_CHAIN = 1 << 4, TRB_IOC = 1 << 5,
    TRB_IMMEDIATE = 1 << 6, TRB_DIRECTION_IN = 1 << 16, TRB_LENGTH = 0x1ffff,
};
enum xhci_code {        /* table 130 */
    XHCI_SUCCESS = 1, XHCI_BABBLE = 3, XHCI_TRANSACTION_ERROR = 4, XHCI_TRB_ERROR = 5, XHCI_STALL = 6, XHCI_NO_SLOTS = 9,
    XHCI_SLOT_NOT_ENABLED = 11, XHCI_SHORT_PACKET = 13, XHCI_PARAMETER_ERROR = 17, XHCI_CONTEXT_ERROR = 19, XHCI_STOPPED = 26,
};

static inline unsigned xhci_trb_type(const struct xhci_trb *trb) { return trb->control >> 10 & 63; }

/* Guest memory; false: not there, or the controller may not reach it: it has halted with a host system error. */
bool xhci_read(struct xhci *hc, uint64_t address, void *out, unsigned bytes);
bool xhci_write(struct xhci *hc, uint64_t address, const void *in, unsigned bytes);
bool xhci_read_words(struct xhci *hc, uint64_t address, uint32_t *words, unsigned count);
bool xhci_write_words(struct xhci *hc, uint64_t address, const uint32_t *words, unsigned count);
/* The next TRB that is no link; *address is where it is. false: the ring is empty, damaged or too long. */
bool xhci_fetch(struct xhci *hc, uint64_t *dequeue, uint8_t *cycle, struct xhci_trb *trb, uint64_t *address);
void xhci_post_event(struct xhci *hc, uint64_t parameter, uint32_t status, uint32_t control);
/* The command ring, until it is empty. */
void xhci_run_commands(struct xhci *hc);
/* Writes the endpoint's state and place into its context. */
void xhci_put_endpoint(struct xhci *hc, unsigned slot, unsigned endpoint);
/* The transfer ring of an endpoint, until it is empty or the device says NAK. slot from 1. */
void xhci_run_endpoint(struct xhci *hc, unsigned slot, unsigned endpoint);
/* The descriptor under way is given up. */
void xhci_post_stopped(struct xhci *hc, unsigned slot, unsigned endpoint);
struct usb_device *xhci_slot_device(struct xhci *hc, unsigned slot);

#endif
