/* SPDX-License-Identifier: MIT */
/*
 * Devices that come and go while the machine runs.
 *
 *   device_add: main loop, machine lock: build parts -> on the bus -> controller tells the guest
 *   device_del: main loop, machine lock: controller asks the guest; nothing else happens
 *               (a USB device is let go of at once)
 *   eject:      a CPU's thread or a reset, machine lock: parts are reset, leave bus and machine -> gone
 *   collect:    main loop: parts are freed, then what they used is free again, then board->unplugged
 *
 * Why this is enough: everything reaches a device's code with the machine lock held (its registers through the address space, its
 * timers, its back ends' callbacks), looks the way up each time, and holds the lock until it has returned. A reset ends requests to
 * disks; requests that a worker has under way are waited for. So nobody is inside a device that leaves, nor comes back to it. It
 * is freed by the main loop, since that reads board->plugged without the lock and owns streams.
 */
#include "hw/boards/hotplug.h"
#include <string.h>
#include "base/error.h"
#include "hw/acpi/pci_hotplug.h"
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"

static const int64_t ASK_AGAIN_NS = 5000000000;     /* a guest that starts may have missed the first time */
static const char peripheral[] = "/machine/peripheral/";

static bool may_hotplug(const struct board *board, const struct device_kind *kind, GError **error)
{
    if (kind->bus == DEVICE_PCI_FIXED || kind->bus == DEVICE_USB_FIXED) {
        return error_fail(error, "Device '%s' does not support hotplugging: give -device %s when the machine starts", kind->name,
                          kind->name);
    }
    return kind->bus == DEVICE_USB || (kind->bus == DEVICE_PCI && board->hotplug) ||
           error_fail(error, "Bus '%s' does not support hotplugging: give -device %s when the machine starts",
                      kind->bus == DEVICE_PCI ? "pcie.0" : device_bus_name(kind), kind->name);
}

bool board_plug(struct board *board, const char *text, GError **error)
{
    g_autofree char *driver = options_driver(text);
    const char *name = driver + (g_str_has_prefix(driver, "driver=") ? strlen("driver=") : 0);
    const struct device_kind *kind = device_find(name, error);
    if (!kind || !may_hotplug(board, kind, error)) {
        return false;
    }
    g_mutex_lock(&board->machine->lock);
    struct device_plugged *plugged = device_plug(board, text, error);
    if (plugged && kind->bus == DEVICE_PCI) {
        pci_hotplug_came(board->hotplug, plugged->slot);
    }
    g_mutex_unlock(&board->machine->lock);
    return plugged;
}

static struct device_plugged *find(struct board *board, const char *id)
{
    id += g_str_has_prefix(id, peripheral) ? strlen(peripheral) : 0;
    for (unsigned i = 0; i < board->plugged->len; i++) {
        struct device_plugged *plugged = board->plugged->pdata[i];
        if (!g_strcmp0(plugged->id, id)) {
            return plugged;
        }
    }
    return NULL;
}

/* ---- Going ---- */

static void collect(void *opaque)
{
    struct board *board = opaque;
    for (unsigned i = board->plugged->len; i-- > 0;) {
        struct device_plugged *plugged = board->plugged->pdata[i];
        g_mutex_lock(&board->machine->lock);
        const bool gone = plugged->gone;
        if (gone) {
            device_free_parts(plugged);
        }
        g_mutex_unlock(&board->machine->lock);
        if (!gone) {
            continue;
        }
        backends_release_drive(board, g_hash_table_lookup(plugged->values, "drive"));
        if (board->unplugged.function) {
            board->unplugged.function(board->unplugged.opaque, plugged);
        }
        g_mutex_lock(&board->machine->lock);
        g_ptr_array_remove_index(board->plugged, i);
        g_mutex_unlock(&board->machine->lock);
    }
}

static void let_go(struct board *board, struct device_plugged *plugged)
{
    device_take_out(board, plugged);
    plugged->gone = true;
    board->machine->cleanup.function = collect;
    board->machine->cleanup.opaque = board;
    machine_request_cleanup(board->machine);
}

bool board_unplug(struct board *board, const char *id, GError **error)
{
    struct device_plugged *plugged = find(board, id);
    const int64_t now = clock_now_ns(board->machine->clocks, CLOCK_KIND_HOST);
    if (!plugged) {
        return error_fail(error, "Device '%s' not found", id);
    }
    if (!may_hotplug(board, plugged->kind, error)) {
        return false;
    }
    if (plugged->asked_ns && now - plugged->asked_ns < ASK_AGAIN_NS) {
        return error_fail(error, "Device %s is already in the process of unplug", id);
    }
    g_mutex_lock(&board->machine->lock);
    if (!plugged->gone && plugged->kind->bus == DEVICE_USB) {       /* pulled out: USB asks nobody */
        let_go(board, plugged);
    } else if (!plugged->gone) {
        plugged->asked_ns = now;
        pci_hotplug_ask(board->hotplug, plugged->slot);
    }
    g_mutex_unlock(&board->machine->lock);
    return true;
}

void board_eject(void *opaque, unsigned slot)
{
    struct board *board = opaque;
    for (unsigned i = 0; i < board->plugged->len; i++) {
        struct device_plugged *plugged = board->plugged->pdata[i];
        if (plugged->kind->bus == DEVICE_PCI && plugged->slot == slot && !plugged->gone) {
            let_go(board, plugged);
            return;
        }
    }
}
