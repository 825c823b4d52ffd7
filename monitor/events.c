/* SPDX-License-Identifier: MIT */
/* Events of drives: they may come on a CPU's thread (-icount) and under the machine lock, and are told by the main loop. Of devices
 * that have gone. */
#include <errno.h>
#include <string.h>
#include "block/block.h"
#include "hw/boards/devices.h"
#include "hw/virtio/virtio_balloon.h"
#include "monitor/internal.h"

struct drive_event { const char *name; char *data; };

static void event_free(struct drive_event *event)
{
    g_free(event->data);
    g_free(event);
}

static gboolean tell(gpointer opaque)
{
    struct monitor *monitor = opaque;
    struct drive_event *event;
    while ((event = g_async_queue_try_pop(monitor->events))) {
        monitor_event(monitor, event->name, event->data);
        event_free(event);
    }
    return G_SOURCE_REMOVE;
}

/* data: JSON; owned from here on. Machine lock held. */
static void send(struct monitor *monitor, const char *name, char *data)
{
    if (g_main_context_is_owner(g_main_context_default())) {    /* at once: what a command does comes before its answer */
        monitor_event(monitor, name, data);
        g_free(data);
        return;
    }
    struct drive_event *event = g_new(struct drive_event, 1);
    *event = (struct drive_event){ name, data };
    g_async_queue_push(monitor->events, event);
    g_idle_add_full(G_PRIORITY_DEFAULT, tell, monitor, NULL);
}

/* An id is the user's: what would have to be escaped in JSON is left out. */
static char *plain(const char *id)
{
    char *text = g_strdup(id);
    return g_strcanon(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:#/+ ", '?');
}

static void on_failure(void *opaque, const struct drive *drive, bool read, bool ignored, int error)
{
    g_autofree char *id = plain(drive->id), *node = plain(drive->medium ? drive->medium->id : drive->id);
    send(opaque, "BLOCK_IO_ERROR",
          g_strdup_printf("{\"device\": \"%s\", \"node-name\": \"%s\", \"operation\": \"%s\", \"action\": \"%s\", \"nospace\": %s, "
                          "\"reason\": \"%s\"}", id, node, read ? "read" : "write", ignored ? "ignore" : "report",
                          error == ENOSPC ? "true" : "false", g_strerror(error)));
}

static void on_tray(void *opaque, const struct drive *drive, bool open)
{
    g_autofree char *on = monitor_drive_device(opaque, drive), *id = plain(on ? on : drive->id);
    send(opaque, "DEVICE_TRAY_MOVED", g_strdup_printf("{\"device\": \"%s\", \"id\": \"%s\", \"tray-open\": %s}", on ? "" : id, id,
                                                       open ? "true" : "false"));
}

/* Where QMP's object tree has it; the device is still in the list. Free it. */
static char *path_of(struct monitor *monitor, const struct device_plugged *plugged)
{
    const GPtrArray *list = monitor->board->plugged;
    unsigned before = 0;
    for (unsigned i = 0; i < list->len && list->pdata[i] != plugged; i++) {
        before += !((const struct device_plugged *)list->pdata[i])->id;
    }
    g_autofree char *id = plugged->id ? plain(plugged->id) : NULL;
    return id ? g_strconcat("/machine/peripheral/", id, NULL) : g_strdup_printf("/machine/peripheral-anon/device[%u]", before);
}

static void on_unplugged(void *opaque, const struct device_plugged *plugged)
{
    struct monitor *monitor = opaque;
    g_autofree char *path = path_of(monitor, plugged), *id = plugged->id ? plain(plugged->id) : NULL;
    g_autofree char *device = id ? g_strdup_printf("\"device\": \"%s\", ", id) : g_strdup("");
    g_autofree char *data = g_strdup_printf("{%s\"path\": \"%s\"}", device, path);
    monitor_event(monitor, "DEVICE_DELETED", data);
}

/* Machine lock held, on a CPU's thread. */
static void on_balloon(void *opaque)
{
    struct monitor *monitor = opaque;
    send(monitor, "BALLOON_CHANGE", g_strdup_printf("{\"actual\": %" G_GUINT64_FORMAT "}", virtio_balloon_actual(monitor->board->balloon)));
}

void monitor_watch_devices(struct monitor *monitor)
{
    monitor->events = g_async_queue_new_full((GDestroyNotify)event_free);
    monitor->board->unplugged.function = on_unplugged;
    monitor->board->unplugged.opaque = monitor;
    monitor->board->balloon_changed.function = on_balloon;
    monitor->board->balloon_changed.opaque = monitor;
    if (monitor->board->block) {
        block_set_listener(monitor->board->block, &(struct block_listener){ monitor, on_failure, on_tray });
    }
}

void monitor_leave_devices(struct monitor *monitor)
{
    monitor->board->unplugged.function = NULL;
    monitor_lock(monitor);
    monitor->board->balloon_changed.function = NULL;
    monitor_unlock(monitor);
    if (monitor->board->block) {
        monitor_lock(monitor);
        block_set_listener(monitor->board->block, NULL);
        monitor_unlock(monitor);
    }
    while (g_idle_remove_by_data(monitor)) {
    }
    g_clear_pointer(&monitor->events, g_async_queue_unref);
}
