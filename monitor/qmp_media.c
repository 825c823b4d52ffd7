/* SPDX-License-Identifier: MIT */
/* QMP's commands about media and sizes of drives that are there: the tray, what lies in it, from a file or a node. */
#include "block/block.h"
#include "monitor/qmp.h"

static JsonNode *done(struct qmp_call *call, bool good, GError **error)
{
    if (!good && !call->failed) {
        qmp_fail_error(call, *error);
    }
    return NULL;
}

static const char *name_of(struct qmp_call *call)
{
    const char *id = qmp_text(call, "id"), *device = qmp_text(call, "device");
    device = device ? device : id ? id : qmp_text(call, "node-name");
    if (!device) {
        qmp_fail(call, QMP_GENERIC, "Need exactly one of 'device' and 'id'");
    }
    return device;
}

/* The drive that id or device names; NULL: failed. */
static struct drive *drive_of_call(struct qmp_call *call)
{
    const char *name = name_of(call);
    GError *error = NULL;
    struct drive *drive = name ? monitor_find_drive(call->monitor, name, &error) : NULL;
    if (error) {
        qmp_fail_error(call, error);
    }
    return drive;
}

JsonNode *qmp_run_eject(struct qmp_call *call)
{
    const char *device = name_of(call);
    GError *error = NULL;
    return done(call, device && action_eject(call->monitor, device, qmp_bool(call, "force", false), &error), &error);
}

JsonNode *qmp_run_change_medium(struct qmp_call *call)
{
    const char *device = name_of(call), *mode = qmp_text(call, "read-only-mode");
    const struct medium_wanted wanted = {
        qmp_text(call, "filename"), qmp_text(call, "format"), mode && !strcmp(mode, "read-only"), qmp_bool(call, "force", false),
    };
    GError *error = NULL;
    return done(call, device && action_change(call->monitor, device, &wanted, &error), &error);
}

static bool open_tray(struct qmp_call *call, struct drive *drive, GError **error)
{
    return drive_open_tray(drive, qmp_bool(call, "force", false), error);
}

static bool close_tray(struct qmp_call *call, struct drive *drive, GError **error) { return drive_close_tray(drive, error); }
static bool remove_medium(struct qmp_call *call, struct drive *drive, GError **error) { return drive_remove_medium(drive, error); }

static bool insert_medium(struct qmp_call *call, struct drive *drive, GError **error)
{
    const char *name = qmp_text(call, "node-name");
    struct drive *node = block_find_id(call->monitor->board->block, name);
    if (!node || !node->named) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Node '%s' not found", name);
        return false;
    }
    return drive_insert_node(drive, node, error);
}

/* Something with the drive, under the machine lock. */
static JsonNode *with_drive(struct qmp_call *call, bool (*act)(struct qmp_call *, struct drive *, GError **))
{
    struct drive *drive = drive_of_call(call);
    GError *error = NULL;
    bool good = false;
    if (drive) {
        monitor_lock(call->monitor);
        good = act(call, drive, &error);
        monitor_unlock(call->monitor);
    }
    return done(call, good, &error);
}

JsonNode *qmp_run_open_tray(struct qmp_call *call) { return with_drive(call, open_tray); }
JsonNode *qmp_run_close_tray(struct qmp_call *call) { return with_drive(call, close_tray); }
JsonNode *qmp_run_remove_medium(struct qmp_call *call) { return with_drive(call, remove_medium); }
JsonNode *qmp_run_insert_medium(struct qmp_call *call) { return with_drive(call, insert_medium); }

static bool resize(struct qmp_call *call, struct drive *drive, GError **error)
{
    return drive_resize(drive, (uint64_t)qmp_number(call, "size", 0), error);
}

JsonNode *qmp_run_block_resize(struct qmp_call *call)
{
    if (qmp_number(call, "size", 0) <= 0 && !call->failed) {
        qmp_fail(call, QMP_GENERIC, "Parameter 'size' expects a size above 0");
        return NULL;
    }
    return with_drive(call, resize);
}
