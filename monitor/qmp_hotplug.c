/* SPDX-License-Identifier: MIT */
/* QMP's commands about what comes and goes while the machine runs: devices, and the images and networks they use. */
#include "hw/boards/backends.h"
#include "hw/boards/hotplug.h"
#include "monitor/qmp.h"

/* The arguments in the grammar of the command line, its first word from the member `first`; NULL: failed. Free it. */
static char *spec_of(struct qmp_call *call, const char *first)
{
    g_autoptr(JsonNode) node = qmp_object_node(json_object_ref(call->arguments));
    g_autoptr(GString) text = g_string_new(NULL);
    GError *error = NULL;
    qmp_print(text, node);
    char *spec = options_from_json(text->str, first, &error);
    if (!spec) {
        qmp_fail_error(call, error);
    }
    return spec;
}

static JsonNode *done(struct qmp_call *call, bool good, GError *error)
{
    if (!good) {
        qmp_fail_error(call, error);
    }
    return NULL;
}

JsonNode *qmp_run_device_add(struct qmp_call *call)
{
    g_autofree char *spec = spec_of(call, "driver");
    GError *error = NULL;
    bool good = spec && board_plug(call->monitor->board, spec, &error);
    return spec ? done(call, good, error) : NULL;
}

JsonNode *qmp_run_device_del(struct qmp_call *call)
{
    GError *error = NULL;
    bool good = board_unplug(call->monitor->board, qmp_text(call, "id"), &error);
    return done(call, good, error);
}

JsonNode *qmp_run_blockdev_add(struct qmp_call *call)
{
    g_autofree char *spec = spec_of(call, "driver");
    GError *error = NULL;
    bool good = spec && backends_add_blockdev(call->monitor->board, spec, &error);
    return spec ? done(call, good, error) : NULL;
}

JsonNode *qmp_run_blockdev_del(struct qmp_call *call)
{
    GError *error = NULL;
    bool good = backends_remove_blockdev(call->monitor->board, qmp_text(call, "node-name"), &error);
    return done(call, good, error);
}

JsonNode *qmp_run_object_add(struct qmp_call *call)
{
    g_autofree char *spec = spec_of(call, "qom-type");
    GError *error = NULL;
    bool good = spec && backends_add_object(call->monitor->board, spec, &error);
    return spec ? done(call, good, error) : NULL;
}

JsonNode *qmp_run_object_del(struct qmp_call *call)
{
    GError *error = NULL;
    bool good = backends_remove_object(call->monitor->board, qmp_text(call, "id"), &error);
    return done(call, good, error);
}

JsonNode *qmp_run_netdev_add(struct qmp_call *call)
{
    g_autofree char *spec = spec_of(call, "type");
    GError *error = NULL;
    bool good = spec && backends_add_network(call->monitor->board, spec, &error);
    return spec ? done(call, good, error) : NULL;
}

JsonNode *qmp_run_netdev_del(struct qmp_call *call)
{
    GError *error = NULL;
    bool good = backends_remove_network(call->monitor->board, qmp_text(call, "id"), &error);
    return done(call, good, error);
}
