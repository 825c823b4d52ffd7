/* SPDX-License-Identifier: MIT */
/* The list of what -device can add. A row: name, bus, help, properties, function that builds it. */
#include "hw/boards/device_table.h"

const struct device_kind device_kinds[] = {
    { "isa-debug-exit", DEVICE_ISA, "a write of V ends the run with status V * 2 + 1", isa_debug_exit_properties,
      isa_debug_exit_add },
    { "isa-debugcon", DEVICE_ISA, "debug console: bytes written go to a stream", isa_debugcon_properties, isa_debugcon_add },
    { "isa-serial", DEVICE_ISA, "16550A serial port", isa_serial_properties, isa_serial_add },
    { "VGA", DEVICE_PCI, "VGA with Bochs VBE registers (-vga std)", vga_properties, vga_add },
    { "ide-hd", DEVICE_ISA, "disk on an IDE channel", ide_drive_properties, ide_hd_add },
    { "ide-cd", DEVICE_ISA, "CD-ROM drive on an IDE channel", ide_drive_properties, ide_cd_add },
    { "e1000", DEVICE_PCI, "Intel 82540EM gigabit Ethernet", e1000_properties, e1000_add },
    { "e1000-82544gc", DEVICE_PCI, "Intel 82544GC gigabit Ethernet", e1000_properties, e1000_82544gc_add },
    { "e1000-82545em", DEVICE_PCI, "Intel 82545EM gigabit Ethernet", e1000_properties, e1000_82545em_add },
    { "virtio-net-pci", DEVICE_PCI, "virtio network card", virtio_net_pci_properties, virtio_net_pci_add },
    { "virtio-net", DEVICE_PCI, "the same", virtio_net_pci_properties, virtio_net_pci_add },
    { "virtio-net-device", DEVICE_VIRTIO, "virtio network card", virtio_net_device_properties, virtio_net_device_add },
    { "virtio-blk-pci", DEVICE_PCI, "virtio disk", virtio_blk_pci_properties, virtio_blk_pci_add },
    { "virtio-blk", DEVICE_PCI, "the same", virtio_blk_pci_properties, virtio_blk_pci_add },
    { "virtio-blk-device", DEVICE_VIRTIO, "virtio disk", virtio_blk_mmio_properties, virtio_blk_mmio_add },
    { "virtio-rng-pci", DEVICE_PCI, "virtio source of random numbers", virtio_rng_properties, virtio_rng_pci_add },
    { "virtio-rng", DEVICE_PCI, "the same", virtio_rng_properties, virtio_rng_pci_add },
    { "virtio-rng-device", DEVICE_VIRTIO, "virtio source of random numbers", virtio_rng_properties, virtio_rng_device_add },
    { "virtio-serial-pci", DEVICE_PCI, "virtio consoles and serial ports", virtio_serial_properties, virtio_serial_pci_add },
    { "virtio-serial", DEVICE_PCI, "the same", virtio_serial_properties, virtio_serial_pci_add },
    { "virtio-serial-device", DEVICE_VIRTIO, "virtio consoles and serial ports", virtio_serial_properties,
      virtio_serial_device_add },
    { "virtconsole", DEVICE_VIRTIO_PORT, "console on the virtio-serial before it (/dev/hvc0)", virtio_port_properties,
      virtconsole_add },
    { "virtserialport", DEVICE_VIRTIO_PORT, "named stream on the virtio-serial before it", virtio_port_properties,
      virtserialport_add },
    { NULL },
};
