/* SPDX-License-Identifier: MIT */
/* 'info' about devices: the list of them, PCI; those that come and go. */
#include <inttypes.h>
#include <string.h>
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"
#include "hw/boards/hotplug.h"
#include "hw/pci/pci.h"
#include "hw/usb/hub.h"
#include "hw/virtio/virtio_balloon.h"
#include "monitor/internal.h"

void hmp_info_qtree(struct hmp *hmp, unsigned count, char **arguments)
{
    const GArray *devices = hmp->monitor->machine->devices;
    monitor_lock(hmp->monitor);
    g_string_append_printf(hmp->out, "bus: main-system-bus\n  type System\n");
    for (unsigned i = 0; i < devices->len; i++) {
        const struct machine_device *entry = &g_array_index(devices, struct machine_device, i);
        g_string_append_printf(hmp->out, "  dev: %s, state of %zu bytes\n", entry->type->name, entry->type->state_size);
    }
    monitor_unlock(hmp->monitor);
}

/* ---- USB ---- */

static const char *id_of(const struct board *board, const void *part)
{
    for (unsigned i = 0; i < board->plugged->len; i++) {
        const struct device_plugged *plugged = board->plugged->pdata[i];
        for (unsigned j = 0; j < plugged->parts->len; j++) {
            if (g_array_index(plugged->parts, struct machine_device, j).device == part) {
                return plugged->id;
            }
        }
    }
    return NULL;
}

static void put_usb_device(struct hmp *hmp, unsigned bus, const struct usb_device *device, const char *path)
{
    const char *id = id_of(hmp->monitor->board, device->owner);
    g_string_append_printf(hmp->out, "  Device %u.%u, Port %s, Speed %s Mb/s, Product %s%s%s\n", bus, device->state->address, path,
                           device->low_speed ? "1.5" : "12", usb_device_name(device), id ? ", ID: " : "", id ? id : "");
}

static void put_usb_ports(struct hmp *hmp, unsigned number, const struct usb_bus *bus, const char *prefix)
{
    for (unsigned i = 0; i < bus->port_count; i++) {
        const struct usb_device *device = bus->ports[i].device;
        g_autofree char *path = g_strdup_printf("%s%u", prefix, bus->ports[i].number), *below = g_strconcat(path, ".", NULL);
        if (device) {
            put_usb_device(hmp, number, device, path);
        }
        if (device && usb_hub_ports(device)) {
            put_usb_ports(hmp, number, usb_hub_ports(device), below);
        }
    }
}

void hmp_info_usb(struct hmp *hmp, unsigned count, char **arguments)
{
    const GPtrArray *buses = hmp->monitor->board->usb_buses;
    if (!buses->len) {
        g_string_append(hmp->out, "USB support not enabled\n");
    }
    monitor_lock(hmp->monitor);
    for (unsigned i = 0; i < buses->len; i++) {
        put_usb_ports(hmp, i, buses->pdata[i], "");
    }
    monitor_unlock(hmp->monitor);
}

/* ---- PCI ---- */

static const struct { uint16_t code; const char *name; } classes[] = {
    { 0x0100, "SCSI controller" }, { 0x0101, "IDE controller" }, { 0x0102, "Floppy controller" },
    { 0x0106, "SATA controller" }, { 0x0200, "Ethernet controller" }, { 0x0280, "Network controller" },
    { 0x0300, "VGA controller" }, { 0x0380, "Display controller" }, { 0x0600, "Host bridge" }, { 0x0601, "ISA bridge" },
    { 0x0604, "PCI bridge" }, { 0x0680, "Bridge" }, { 0x0c03, "USB controller" }, { 0x00ff, "Class 0255" },
};

static void put_bar(GString *out, const struct pci_device *device, unsigned number)
{
    const struct pci_place bar = pci_bar_place(device, number);
    if (!bar.bytes) {
        return;
    }
    uint64_t start = bar.set ? bar.address : UINT64_MAX;
    g_string_append_printf(out, "      BAR%u: ", number);
    if (bar.io) {
        g_string_append_printf(out, "I/O at 0x%04" PRIx64 " [0x%04" PRIx64 "].\n", start, start + bar.bytes - 1);
    } else {
        g_string_append_printf(out, "%d bit%s memory at 0x%08" PRIx64 " [0x%08" PRIx64 "].\n", bar.wide ? 64 : 32,
                               bar.prefetchable ? " prefetchable" : "", start, start + bar.bytes - 1);
    }
}

static void put_pci_device(GString *out, const struct pci_device *device)
{
    const uint8_t *config = device->state->config;
    unsigned class_code = config[PCI_CLASS_DEVICE] | config[PCI_CLASS_DEVICE + 1] << 8;
    const char *name = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(classes); i++) {
        name = classes[i].code == class_code ? classes[i].name : name;
    }
    g_string_append_printf(out, "  Bus  0, device %3u, function %u:\n    ", device->devfn >> 3, device->devfn & 7);
    if (name) {
        g_string_append(out, name);
    } else {
        g_string_append_printf(out, "Class %04x", class_code);
    }
    g_string_append_printf(out, ": PCI device %02x%02x:%02x%02x\n", config[PCI_VENDOR_ID + 1], config[PCI_VENDOR_ID],
                           config[PCI_DEVICE_ID + 1], config[PCI_DEVICE_ID]);
    g_string_append_printf(out, "      PCI subsystem %02x%02x:%02x%02x\n", config[PCI_SUBSYSTEM_VENDOR_ID + 1],
                           config[PCI_SUBSYSTEM_VENDOR_ID], config[PCI_SUBSYSTEM_ID + 1], config[PCI_SUBSYSTEM_ID]);
    if (config[PCI_INTERRUPT_PIN]) {
        g_string_append_printf(out, "      IRQ %u, pin %c\n", config[PCI_INTERRUPT_LINE], 'A' + (config[PCI_INTERRUPT_PIN] - 1) % 4);
    }
    for (unsigned i = 0; i <= PCI_BARS; i++) {
        put_bar(out, device, i);
    }
    g_string_append(out, "      id \"\"\n");
}

void hmp_info_pci(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct pci_bus *bus = hmp->monitor->board->pci;
    if (!bus) {
        hmp_error(hmp, "this machine has no PCI bus");
        return;
    }
    monitor_lock(hmp->monitor);
    for (unsigned i = 0; i < PCI_DEVICES; i++) {
        if (bus->devices[i]) {
            put_pci_device(hmp->out, bus->devices[i]);
        }
    }
    monitor_unlock(hmp->monitor);
}

/* ---- Memory that the guest gives back ---- */

void hmp_info_balloon(struct hmp *hmp, unsigned count, char **arguments)
{
    monitor_lock(hmp->monitor);
    const struct virtio_balloon *balloon = hmp->monitor->board->balloon;
    const uint64_t actual = balloon ? virtio_balloon_actual(balloon) : 0;
    monitor_unlock(hmp->monitor);
    if (balloon) {
        g_string_append_printf(hmp->out, "balloon: actual=%" PRIu64 "\n", actual >> 20);
    } else {
        hmp_error(hmp, "No balloon device has been activated");
    }
}

void hmp_balloon(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    const int64_t mib = g_ascii_strtoll(arguments[0], NULL, 0), most = INT64_MAX >> 20;
    if (!action_balloon(hmp->monitor, CLAMP(mib, 0, most) << 20, &error)) {
        hmp_fail(hmp, error);
    }
}

/* ---- Coming and going ---- */

static void done(struct hmp *hmp, GError *error)
{
    if (error) {
        hmp_fail(hmp, error);
    }
}

void hmp_device_add(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    board_plug(hmp->monitor->board, arguments[0], &error);
    done(hmp, error);
}

void hmp_device_del(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    board_unplug(hmp->monitor->board, arguments[0], &error);
    done(hmp, error);
}

/* "drive_add ADDRESS SPEC": the address is of old, when drives were controllers. */
void hmp_drive_add(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    if (backends_add_drive(hmp->monitor->board, arguments[1], &error)) {
        g_string_append(hmp->out, "OK\n");
    }
    done(hmp, error);
}

void hmp_drive_del(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    backends_remove_drive(hmp->monitor->board, arguments[0], &error);
    done(hmp, error);
}

void hmp_netdev_add(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    backends_add_network(hmp->monitor->board, arguments[0], &error);
    done(hmp, error);
}

void hmp_netdev_del(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    backends_remove_network(hmp->monitor->board, arguments[0], &error);
    done(hmp, error);
}
