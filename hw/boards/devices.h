/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_DEVICES_H
#define HW_BOARDS_DEVICES_H
/*
 * What -device can add: one table of kinds, each with its properties, for parsing, help and documentation. The list is in
 * device_table.c; the functions that build the devices are in devices_KIND.c.
 */
#include "hw/boards/board.h"

/* PCI_FIXED: does not come and go while the machine runs. VIRTIO: virtio-mmio slots. */
enum device_bus { DEVICE_ISA, DEVICE_PCI, DEVICE_PCI_FIXED, DEVICE_VIRTIO, DEVICE_VIRTIO_PORT, DEVICE_USB, DEVICE_USB_FIXED, DEVICE_BUS_COUNT };
enum device_value { DEVICE_TEXT, DEVICE_NUMBER, DEVICE_BOOL };                  /* BOOL: on or off */

struct device_property {
    const char *key;
    enum device_value kind;
    uint64_t most;                  /* of a number */
    const char *standard;           /* default; NULL: none */
    const char *help;
};

struct device_arguments;

struct device_kind {
    const char *name;
    enum device_bus bus;
    const char *help;
    const struct device_property *properties;   /* beside id, and PCI's addr and bus; ends with key NULL */
    /* Builds it on the board. error: without "-device NAME: ", which is put before it. */
    bool (*add)(struct board *board, const struct device_arguments *arguments, GError **error);
};

extern const struct device_kind device_kinds[];     /* ends with name NULL */

/* A device that was added so: what the monitor and hot plug know of it. */
struct device_plugged {
    const struct device_kind *kind;
    char *id;                       /* NULL: none */
    GHashTable *values;             /* key -> text */
    GArray *parts;                  /* struct machine_device: what it is made of */
    unsigned slot;                  /* PCI */
    struct virtio_console *console; /* of a port: what it is on, and goes with */
    bool gone;                      /* machine lock: pulled out, to be freed by the main loop */
    int64_t asked_ns;               /* host time at which the guest was asked to let it go; 0: was not */
};
void device_plugged_free(void *plugged);
/* PCI and USB; machine lock held: resets its parts, so that nothing of it is under way, and takes them off bus and machine. They are freed
 * by device_free_parts, before what they use (networks, drives). */
void device_take_out(struct board *board, struct device_plugged *plugged);
void device_free_parts(struct device_plugged *plugged);

/* One -device: "NAME,key=value,...". error: one line. */
bool device_add(struct board *board, const char *text, GError **error);
/* The same without "-device" before the error, which leaves nothing of a PCI device behind. Machine lock held once it runs.
 * NULL: error. */
struct device_plugged *device_plug(struct board *board, const char *text, GError **error);
/* All -global are "NAME.key=value" of the table. */
bool device_check_globals(const struct options *options, GError **error);
/* COM1 to COM4 of a PC. */
extern const struct isa_serial_place { uint16_t port; uint8_t irq; } isa_serial_places[OPTIONS_MAX_SERIAL];
/* What -global says of a property; NULL: nothing. Free it. */
char *device_global(const struct options *options, const char *name, const char *key);
/* A property of the kind by number, those of its bus included; NULL: no more. */
const struct device_property *device_property_at(const struct device_kind *kind, unsigned index);
const char *device_bus_name(const struct device_kind *kind);       /* "PCI", "ISA", ... */
/* Checks a name. error: with the nearest one. */
const struct device_kind *device_find(const char *name, GError **error);
/* The display adapter of -vga, or the default one. error: one line. */
bool device_add_vga(struct board *board, GError **error);
/* -usb, -machine usb=on or -usbdevice is given. */
bool usb_wanted(const struct options *options);
/* The PIIX3's USB function, in its slot. */
void usb_add_piix3(struct board *board, unsigned slot);
/* Before a device without a port= is built: the last free port gets a hub, as in QEMU. */
void usb_make_room(struct board *board, const struct device_arguments *arguments);
/* What -usbdevice names. error: one line. */
bool usb_add_old_devices(struct board *board, GError **error);

/* ---- For the functions that build ---- */

/* What was given, or by -global, or the table's default; NULL: nothing. Checked by the row: numbers and bools are sound. */
const char *device_text(const struct device_arguments *arguments, const char *key);
uint64_t device_number(const struct device_arguments *arguments, const char *key);  /* 0 without a default */
bool device_bool(const struct device_arguments *arguments, const char *key);
/* The user's own word for the device, or NULL. */
const char *device_id(const struct device_arguments *arguments);
/* Where addr= puts it, or the first free slot of the board's bus. error: taken, or the bus is full. */
bool device_pci_slot(struct board *board, const struct device_arguments *arguments, unsigned *slot, GError **error);
/* The same for devices that may be a function other than 0 of a slot. */
bool device_pci_function(struct board *board, const struct device_arguments *arguments, unsigned *slot, unsigned *function, GError **error);

#endif
