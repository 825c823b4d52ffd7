/* SPDX-License-Identifier: MIT */
#ifndef HW_USB_UHCI_H
#define HW_USB_UHCI_H
/* Universal Host Controller Interface: USB 1.1 with two ports, as in the PIIX3 (8086:7020) and in ICH9 (8086:2934 and up). */
#include "hw/pci/pci.h"
#include "hw/usb/usb.h"

enum { UHCI_PORTS = 2 };
enum uhci_model { UHCI_PIIX3, UHCI_ICH9_1, UHCI_ICH9_2, UHCI_ICH9_3, UHCI_MODEL_COUNT };

struct uhci_state {
    struct pci_state pci;
    int64_t frame_ns;               /* when the frame `frame` begins, which is the next whose schedule is looked at */
    int64_t tick_ns;                /* when it will be; 0: the controller is stopped */
    uint32_t base;                  /* FLBASEADD */
    uint16_t command, status, enable;
    uint16_t frame;                 /* FRNUM; while it runs see frame_ns */
    uint16_t ports[UHCI_PORTS];     /* PORTSC */
    uint8_t sof_modify;
    uint8_t reasons;                /* why USBINT is set */
    uint8_t idle_frames;            /* in which no transfer ended, up to 255 */
    uint8_t pad[5];
};

struct uhci {
    struct uhci_state state;
    struct pci_device pci;
    struct machine *machine;
    struct usb_bus bus;
    struct timer *timer;
    uint8_t packet[USB_PACKET_MOST];
};

extern const struct device_type uhci_type;

/* multifunction: its slot has further functions. */
struct uhci *uhci_new(struct machine *machine, struct pci_bus *bus, unsigned slot, unsigned function, enum uhci_model model,
                      bool multifunction);

/* ---- Between uhci.c and uhci_schedule.c ---- */

enum {  /* UHCI 1.1, 2.1 */
    CMD_RS = 1 << 0, CMD_HCRESET = 1 << 1, CMD_GRESET = 1 << 2, CMD_EGSM = 1 << 3, CMD_FGR = 1 << 4, CMD_SWDBG = 1 << 5,
    STS_USBINT = 1 << 0, STS_ERROR = 1 << 1, STS_RESUME = 1 << 2, STS_HOST_ERROR = 1 << 3, STS_PROCESS_ERROR = 1 << 4,
    STS_HALTED = 1 << 5,
    INTR_TIMEOUT_CRC = 1 << 0, INTR_RESUME = 1 << 1, INTR_IOC = 1 << 2, INTR_SHORT = 1 << 3,
};

/* What the frame's schedule asks for is done. Returns whether any transfer descriptor was finished. Sets status bits and reasons;
 * the controller is halted when one of them says so. */
bool uhci_run_frame(struct uhci *hc);
/* Frames reach the device on this port (from 0), which there is. */
bool uhci_port_awake(const struct uhci *hc, unsigned index);

#endif
