/* SPDX-License-Identifier: MIT */
/* QMP about memory that a guest gives back to the host, and what it says of its memory. */
#include <string.h>
#include "hw/boards/devices.h"
#include "hw/virtio/virtio_balloon.h"
#include "monitor/qmp.h"

/* Machine lock held. */
static struct virtio_balloon *find_balloon(struct qmp_call *call)
{
    struct virtio_balloon *balloon = call->monitor->board->balloon;
    if (!balloon) {
        qmp_fail(call, QMP_DEVICE_NOT_ACTIVE, "No balloon device has been activated");
    }
    return balloon;
}

JsonNode *qmp_run_balloon(struct qmp_call *call)
{
    GError *error = NULL;
    if (!action_balloon(call->monitor, qmp_number(call, "value", 0), &error)) {
        qmp_fail(call, call->monitor->board->balloon ? QMP_GENERIC : QMP_DEVICE_NOT_ACTIVE, "%s", error->message);
        g_error_free(error);
    }
    return NULL;
}

JsonNode *qmp_run_query_balloon(struct qmp_call *call)
{
    monitor_lock(call->monitor);
    struct virtio_balloon *balloon = find_balloon(call);
    const uint64_t actual = balloon ? virtio_balloon_actual(balloon) : 0;
    monitor_unlock(call->monitor);
    if (!balloon) {
        return NULL;
    }
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "actual", (gint64)actual);
    return qmp_object_node(object);
}

/* ---- In the object tree ---- */

static const char interval[] = "guest-stats-polling-interval", statistics[] = "guest-stats";

bool qmp_is_balloon(struct monitor *monitor, const struct device_plugged *plugged)
{
    for (unsigned i = 0; i < plugged->parts->len; i++) {
        if (g_array_index(plugged->parts, struct machine_device, i).type == &virtio_balloon_type) {
            return monitor->board->balloon;
        }
    }
    return false;
}

JsonNode *qmp_balloon_get(struct monitor *monitor, const char *property)
{
    struct virtio_balloon_state s;
    monitor_lock(monitor);
    const int64_t poll_s = monitor->board->balloon->poll_ns / 1000000000;
    s = monitor->board->balloon->state;
    monitor_unlock(monitor);
    if (!strcmp(property, interval)) {
        return json_node_init_int(json_node_alloc(), poll_s);
    }
    if (strcmp(property, statistics)) {
        return NULL;
    }
    JsonObject *stats = json_object_new(), *object = json_object_new();
    for (unsigned i = 0; i < VIRTIO_BALLOON_STATS; i++) {
        json_object_set_int_member(stats, virtio_balloon_stat_names[i], (gint64)s.stats[i]);    /* -1: not told */
    }
    json_object_set_object_member(object, "stats", stats);
    json_object_set_int_member(object, "last-update", (gint64)s.stats_s);
    return qmp_object_node(object);
}

JsonNode *qmp_run_qom_set(struct qmp_call *call)
{
    const char *path = qmp_text(call, "path"), *property = qmp_text(call, "property");
    JsonNode *value = json_object_get_member(call->arguments, "value");
    const struct device_plugged *device = qmp_find_device(call->monitor, path);
    if (!device) {
        qmp_fail(call, QMP_DEVICE_NOT_FOUND, "Device '%s' not found", path);
    } else if (!qmp_is_balloon(call->monitor, device) || strcmp(property, interval)) {
        qmp_fail(call, QMP_GENERIC, "Property '%s.%s' cannot be set while the machine is there", device->kind->name, property);
    } else if (!JSON_NODE_HOLDS_VALUE(value) || json_node_get_value_type(value) != G_TYPE_INT64 || json_node_get_int(value) < 0 ||
               json_node_get_int(value) > UINT32_MAX) {
        qmp_fail(call, QMP_GENERIC, "Parameter '%s' expects a number of seconds", property);
    } else {
        monitor_lock(call->monitor);
        virtio_balloon_poll(call->monitor->board->balloon, (uint32_t)json_node_get_int(value));
        monitor_unlock(call->monitor);
    }
    return NULL;
}
