/* SPDX-License-Identifier: MIT */
/* The table of device types. A new device adds its line here; boards say which of them they have. */
#include "hw/acpi/pci_hotplug.h"
#include "hw/acpi/piix4_pm.h"
#include "hw/boot/memory_image.h"
#include "hw/char/pl011.h"
#include "hw/char/uart16550.h"
#include "hw/device_types.h"
#include "hw/display/vga.h"
#include "hw/flash/pflash.h"
#include "hw/gpio/pl061.h"
#include "hw/block/fdc.h"
#include "hw/char/parallel.h"
#include "hw/dma/i8237.h"
#include "hw/ide/ide.h"
#include "hw/input/i8042.h"
#include "hw/intc/gicv2.h"
#include "hw/intc/gicv2m.h"
#include "hw/intc/gicv3.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/intc/lapic.h"
#include "hw/misc/debugcon.h"
#include "hw/misc/ferr.h"
#include "hw/misc/fw_cfg.h"
#include "hw/misc/isa_debug_exit.h"
#include "hw/misc/pc_testdev.h"
#include "hw/misc/port92.h"
#include "hw/misc/post.h"
#include "hw/net/e1000.h"
#include "hw/pci/ecam.h"
#include "hw/pci/i440fx.h"
#include "hw/pci/pci.h"
#include "hw/pci/piix3.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254.h"
#include "hw/timer/mc146818.h"
#include "hw/timer/pl031.h"
#include "hw/usb/hid.h"
#include "hw/usb/hub.h"
#include "hw/usb/uhci.h"
#include "hw/usb/xhci.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/virtio_net.h"
#include "hw/virtio/virtio_pci.h"
#include "hw/virtio/virtio_balloon.h"
#include "hw/virtio/virtio_blk.h"
#include "hw/virtio/virtio_console.h"
#include "hw/virtio/virtio_rng.h"

const struct device_type *const device_types[] = {
    &i8259_type, &lapic_bus_type, &lapic_type, &ioapic_type, &pci_bus_type, &i440fx_type, &piix3_type, &piix4_pm_type,
    &pci_hotplug_type,
    &hpet_type, &i8254_type, &mc146818_type, &uart16550_type, &i8042_type, &port92_type, &ferr_type, &fw_cfg_type, &debugcon_type,
    &isa_debug_exit_type, &post_type, &pc_testdev_type,
    &gicv2_type, &pl011_type, &pl031_type, &pl061_type, &gicv2m_type, &ecam_type, &memory_image_type,
    &gicv3_type, &gicv3_cpu_type, &gicv3_its_type,
    &vga_type, &pflash_type,
    &piix3_ide_type, &i8237_type, &fdc_type, &parallel_type,
    &e1000_type, &virtio_net_type, &virtio_pci_type, &virtio_mmio_type,
    &uhci_type, &xhci_type, &usb_hid_type, &usb_hub_type,
    &virtio_balloon_type, &virtio_blk_type, &virtio_rng_type, &virtio_console_type,
};
const unsigned device_type_count = ARRAY_LEN(device_types);
