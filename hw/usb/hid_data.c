/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of keyboard, mouse and tablet (USB 2.0, 9.6; HID 1.11, 6.2, appendices B and E). Ids, endpoints and intervals are those of
 * QEMU's devices: guests have rules for them.
 */
#include "hw/usb/hid.h"

#define WORD(value) (value) & 0xff, (value) >> 8
enum { VENDOR = 0x0627, PRODUCT = 0x0001, USB_2_0 = 0x0200, HID_1_11 = 0x0111, MAX_PACKET_0 = 8, POWER_2MA = 50,
       REMOTE_WAKEUP_ATTRIBUTE = 0xa0, CLASS_HID = 3, INTERVAL_MS = 10, INTERRUPT = 3, CONFIGURATION_BYTES = 9 + 9 + 9 + 7 };
enum { STRING_MAKER = 1, STRING_SERIAL = 4, STRING_KIND = 5 };

/* ---- Reports (HID Usage Tables: 1 generic desktop, 7 keyboard, 8 LEDs, 9 buttons) ---- */

static const uint8_t tablet_report[] = {
    0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00,             /* a mouse, which is a pointer */
    0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01,             /* buttons 1 to 5, a bit each */
    0x95, 0x05, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x03, 0x81, 0x01, /* and padding */
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x00, 0x26, 0xff, 0x7f,       /* X, Y: 0 to 7fffh, absolute */
    0x35, 0x00, 0x46, 0xff, 0x7f, 0x75, 0x10, 0x95, 0x02, 0x81, 0x02,
    0x05, 0x01, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7f, 0x35, 0x00, 0x45, 0x00, /* wheel, relative */
    0x75, 0x08, 0x95, 0x01, 0x81, 0x06, 0xc0, 0xc0,
};

static const uint8_t mouse_report[] = {
    0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00,
    0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01,
    0x95, 0x05, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x03, 0x81, 0x01,
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38, 0x15, 0x81, 0x25, 0x7f, /* X, Y, wheel: relative */
    0x75, 0x08, 0x95, 0x03, 0x81, 0x06, 0xc0, 0xc0,
};

static const uint8_t keyboard_report[] = {
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01,
    0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01,             /* eight modifiers */
    0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, /* a byte of nothing */
    0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, /* out: five LEDs */
    0x95, 0x01, 0x75, 0x03, 0x91, 0x01,
    0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x26, 0xff, 0x00,                   /* six keys that are down */
    0x05, 0x07, 0x19, 0x00, 0x2a, 0xff, 0x00, 0x81, 0x00, 0xc0,
};

const uint8_t *usb_hid_report_descriptor(enum usb_hid_kind kind, unsigned *bytes)
{
    static const struct { const uint8_t *descriptor; unsigned bytes; } reports[USB_HID_KIND_COUNT] = {
        [USB_HID_TABLET] = { tablet_report, sizeof(tablet_report) },
        [USB_HID_MOUSE] = { mouse_report, sizeof(mouse_report) },
        [USB_HID_KEYBOARD] = { keyboard_report, sizeof(keyboard_report) },
    };
    *bytes = reports[kind].bytes;
    return reports[kind].descriptor;
}

/* ---- Device and configuration ---- */

static const uint8_t device_descriptors[USB_HID_KIND_COUNT][18] = {
#define DEVICE(product_string) { 18, USB_DEVICE, WORD(USB_2_0), 0, 0, 0, MAX_PACKET_0, WORD(VENDOR), WORD(PRODUCT), WORD(0), \
                                 STRING_MAKER, product_string, STRING_SERIAL, 1 }
    [USB_HID_TABLET] = DEVICE(3), [USB_HID_MOUSE] = DEVICE(2), [USB_HID_KEYBOARD] = DEVICE(6),
#undef DEVICE
};

static const uint8_t configurations[USB_HID_KIND_COUNT][CONFIGURATION_BYTES] = {
#define CONFIGURATION(subclass, protocol, report, packet)                                                                            \
    { 9, USB_CONFIGURATION, WORD(CONFIGURATION_BYTES), 1, 1, STRING_KIND, REMOTE_WAKEUP_ATTRIBUTE, POWER_2MA,                       \
      9, USB_INTERFACE, 0, 0, 1, CLASS_HID, subclass, protocol, 0,                                                                  \
      9, 0x21, WORD(HID_1_11), 0, 1, 0x22, WORD(sizeof(report)),                                                                    \
      7, USB_ENDPOINT, 0x81, INTERRUPT, WORD(packet), INTERVAL_MS }
    [USB_HID_TABLET] = CONFIGURATION(0, 0, tablet_report, 8),
    [USB_HID_MOUSE] = CONFIGURATION(1, 2, mouse_report, 4),
    [USB_HID_KEYBOARD] = CONFIGURATION(1, 1, keyboard_report, 8),
#undef CONFIGURATION
};

static const char *const strings[] = {
    "Dragoman", "Dragoman USB Mouse", "Dragoman USB Tablet", "42", "HID", "Dragoman USB Keyboard", NULL,
};

const struct usb_model usb_hid_models[USB_HID_KIND_COUNT] = {
#define MODEL(kind, name)                                                                                                            \
    [kind] = { name, device_descriptors[kind], configurations[kind], strings, usb_hid_control, usb_hid_in, NULL, usb_hid_bus_reset, NULL }
    MODEL(USB_HID_TABLET, "Dragoman USB Tablet"), MODEL(USB_HID_MOUSE, "Dragoman USB Mouse"),
    MODEL(USB_HID_KEYBOARD, "Dragoman USB Keyboard"),
#undef MODEL
};
