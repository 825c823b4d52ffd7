/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_DEVICE_TABLE_H
#define HW_BOARDS_DEVICE_TABLE_H
/* What the rows of device_table.c name; defined in devices_KIND.c. */
#include "hw/boards/devices.h"

#define DEVICE_KIND_PARTS(name)                                     \
    extern const struct device_property name##_properties[];       \
    bool name##_add(struct board *board, const struct device_arguments *arguments, GError **error);

DEVICE_KIND_PARTS(isa_debug_exit)
DEVICE_KIND_PARTS(isa_debugcon)
DEVICE_KIND_PARTS(isa_serial)
DEVICE_KIND_PARTS(pc_testdev)
DEVICE_KIND_PARTS(piix4_pm)
DEVICE_KIND_PARTS(vga)

extern const struct device_property ide_drive_properties[];
bool ide_hd_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool ide_cd_add(struct board *board, const struct device_arguments *arguments, GError **error);
DEVICE_KIND_PARTS(e1000)
bool e1000_82544gc_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool e1000_82545em_add(struct board *board, const struct device_arguments *arguments, GError **error);
DEVICE_KIND_PARTS(virtio_net_pci)
DEVICE_KIND_PARTS(virtio_net_device)

extern const struct device_property virtio_blk_pci_properties[], virtio_blk_mmio_properties[];
bool virtio_blk_pci_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool virtio_blk_mmio_add(struct board *board, const struct device_arguments *arguments, GError **error);

extern const struct device_property virtio_rng_properties[];
bool virtio_rng_pci_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool virtio_rng_device_add(struct board *board, const struct device_arguments *arguments, GError **error);

extern const struct device_property virtio_serial_properties[], virtio_port_properties[];
bool virtio_serial_pci_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool virtio_serial_device_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool virtconsole_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool virtserialport_add(struct board *board, const struct device_arguments *arguments, GError **error);

DEVICE_KIND_PARTS(virtio_balloon_pci)
DEVICE_KIND_PARTS(virtio_balloon_device)

extern const struct device_property usb_controller_properties[], usb_hid_properties[];
extern const struct device_property usb_xhci_properties[];
bool qemu_xhci_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool piix3_usb_uhci_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool ich9_usb_uhci1_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool ich9_usb_uhci2_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool ich9_usb_uhci3_add(struct board *board, const struct device_arguments *arguments, GError **error);
DEVICE_KIND_PARTS(usb_hub)
bool usb_tablet_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool usb_mouse_add(struct board *board, const struct device_arguments *arguments, GError **error);
bool usb_kbd_add(struct board *board, const struct device_arguments *arguments, GError **error);

#endif
