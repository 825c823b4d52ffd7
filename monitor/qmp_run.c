/* SPDX-License-Identifier: MIT */
/* QMP's commands that do something. */
#include <string.h>
#include "base/input.h"
#include "hw/boards/backends.h"
#include "monitor/qmp.h"

enum { MOST_KEYS = 16, HOLD_MS = 100, MOST_EVENTS = 256 };

/* A result of nothing, or the error that an action left. */
static JsonNode *done(struct qmp_call *call, bool good, GError **error)
{
    if (!good) {
        qmp_fail_error(call, *error);
    }
    return NULL;
}

JsonNode *qmp_run_capabilities(struct qmp_call *call)
{
    JsonNode *wanted = json_object_get_member(call->arguments, "enable");
    if (wanted && (!JSON_NODE_HOLDS_ARRAY(wanted) || json_array_get_length(json_node_get_array(wanted)))) {
        qmp_fail(call, QMP_GENERIC, "no capability is offered, none can be enabled");
    }
    return NULL;
}

JsonNode *qmp_run_stop(struct qmp_call *call)
{
    machine_stop(call->monitor->machine);
    return NULL;
}

JsonNode *qmp_run_cont(struct qmp_call *call)
{
    machine_start(call->monitor->machine);
    return NULL;
}

JsonNode *qmp_run_reset(struct qmp_call *call)
{
    call->monitor->machine->reset_by_host = true;
    machine_request_reset(call->monitor->machine);
    return NULL;
}

JsonNode *qmp_run_powerdown(struct qmp_call *call)
{
    machine_request_powerdown(call->monitor->machine);
    return NULL;
}

JsonNode *qmp_run_quit(struct qmp_call *call)
{
    call->monitor->machine->shutdown_reason = "host-qmp-quit";
    monitor_tell_shutdown(call->monitor);       /* before the answer, as clients of QEMU see it */
    machine_request_shutdown(call->monitor->machine, 0);
    return NULL;
}

JsonNode *qmp_run_nmi(struct qmp_call *call)
{
    GError *error = NULL;
    return done(call, action_nmi(call->monitor, &error), &error);
}

/* Instructions run on all CPUs since the start. */
JsonNode *qmp_run_icount(struct qmp_call *call)
{
    if (!call->monitor->icount) {
        qmp_fail(call, QMP_GENERIC, "instructions are counted with -icount only");
        return NULL;
    }
    JsonObject *object = json_object_new();
    monitor_hold_cpus(call->monitor);
    json_object_set_int_member(object, "icount", (gint64)engine_icount(call->monitor->board->engine));
    monitor_release_cpus(call->monitor);
    return qmp_object_node(object);
}

/* Answers at once; the STOP event tells that it is there. */
JsonNode *qmp_run_until(struct qmp_call *call)
{
    GError *error = NULL;
    return done(call, action_run_until(call->monitor, (uint64_t)MAX(qmp_number(call, "icount", 0), 0), &error), &error);
}

/* ---- Keys and pointers ---- */

/* {"type": "qcode", "data": "a"} or {"type": "number", "data": 30}; 0: neither. */
static unsigned key_of(JsonNode *node)
{
    JsonObject *key = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonNode *type = key ? json_object_get_member(key, "type") : NULL, *data = key ? json_object_get_member(key, "data") : NULL;
    if (!type || !data || !JSON_NODE_HOLDS_VALUE(type) || json_node_get_value_type(type) != G_TYPE_STRING ||
        !JSON_NODE_HOLDS_VALUE(data)) {
        return 0;
    }
    if (!strcmp(json_node_get_string(type), "qcode")) {
        return json_node_get_value_type(data) == G_TYPE_STRING ? input_key_code(json_node_get_string(data)) : 0;
    }
    if (strcmp(json_node_get_string(type), "number") || json_node_get_value_type(data) != G_TYPE_INT64) {
        return 0;
    }
    unsigned scan = (unsigned)json_node_get_int(data);
    return input_code_of_scan((scan & 0x7f) | (scan & 0x80 || scan >> 8 == 0xe0 ? INPUT_SCAN_EXTENDED : 0));
}

JsonNode *qmp_run_send_key(struct qmp_call *call)
{
    JsonNode *keys = json_object_get_member(call->arguments, "keys");
    JsonArray *list = JSON_NODE_HOLDS_ARRAY(keys) ? json_node_get_array(keys) : NULL;
    unsigned codes[MOST_KEYS], count = list ? json_array_get_length(list) : 0;
    gint64 hold = qmp_number(call, "hold-time", HOLD_MS);
    GError *error = NULL;
    if (!count || count > MOST_KEYS) {
        qmp_fail(call, QMP_GENERIC, "Parameter 'keys' expects an array of 1 to %d keys", MOST_KEYS);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        codes[i] = key_of(json_array_get_element(list, i));
        if (!codes[i]) {
            qmp_fail(call, QMP_GENERIC, "Parameter 'keys' has something that is no key at index %u", i);
            return NULL;
        }
    }
    return done(call, action_send_keys(call->monitor, codes, count, (unsigned)CLAMP(hold, 0, 60000), &error), &error);
}

struct pointer { int dx, dy, wheel; unsigned x, y; bool moved, absolute; };

static const char *text_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : "";
}

static gint64 number_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64 ? json_node_get_int(node) : 0;
}

static bool flag_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN && json_node_get_boolean(node);
}

static bool take_button(struct monitor *monitor, JsonObject *data, struct pointer *pointer)
{
    static const struct { const char *name; unsigned bit; int wheel; } buttons[] = {
        { "left", INPUT_LEFT, 0 }, { "middle", INPUT_MIDDLE, 0 }, { "right", INPUT_RIGHT, 0 }, { "side", INPUT_SIDE, 0 },
        { "extra", INPUT_EXTRA, 0 }, { "wheel-up", 0, 1 }, { "wheel-down", 0, -1 },
    };
    for (unsigned i = 0; i < ARRAY_LEN(buttons); i++) {
        if (!strcmp(text_of(data, "button"), buttons[i].name)) {
            bool down = flag_of(data, "down");
            monitor->mouse_buttons = down ? monitor->mouse_buttons | buttons[i].bit : monitor->mouse_buttons & ~buttons[i].bit;
            pointer->wheel += down ? buttons[i].wheel : 0;
            pointer->moved = true;
            return true;
        }
    }
    return false;
}

static bool take_event(struct monitor *monitor, JsonNode *node, struct pointer *pointer)
{
    JsonObject *event = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonNode *data_node = event ? json_object_get_member(event, "data") : NULL;
    JsonObject *data = data_node && JSON_NODE_HOLDS_OBJECT(data_node) ? json_node_get_object(data_node) : NULL;
    if (!data) {
        return false;
    }
    const char *type = text_of(event, "type");
    int value = (int)CLAMP(number_of(data, "value"), -INPUT_ABSOLUTE_MOST, INPUT_ABSOLUTE_MOST);
    bool y = !strcmp(text_of(data, "axis"), "y");
    if (!strcmp(type, "key")) {
        unsigned code = json_object_has_member(data, "key") ? key_of(json_object_get_member(data, "key")) : 0;
        input_key(monitor->board->input, code, flag_of(data, "down"));
        return code;
    }
    if (!strcmp(type, "btn")) {
        return take_button(monitor, data, pointer);
    }
    pointer->moved = true;
    if (!strcmp(type, "rel")) {
        *(y ? &pointer->dy : &pointer->dx) = value;
        return true;
    }
    pointer->absolute = true;
    *(y ? &pointer->y : &pointer->x) = (unsigned)MAX(value, 0);
    return !strcmp(type, "abs");
}

JsonNode *qmp_run_send_event(struct qmp_call *call)
{
    struct monitor *monitor = call->monitor;
    JsonNode *events = json_object_get_member(call->arguments, "events");
    JsonArray *list = JSON_NODE_HOLDS_ARRAY(events) ? json_node_get_array(events) : NULL;
    struct pointer pointer = { 0 };
    if (!list || json_array_get_length(list) > MOST_EVENTS || !monitor->board->input) {
        qmp_fail(call, QMP_GENERIC, monitor->board->input ? "Parameter 'events' expects an array" : "this machine takes no input");
        return NULL;
    }
    monitor_lock(monitor);
    for (unsigned i = 0; i < json_array_get_length(list) && !call->failed; i++) {
        if (!take_event(monitor, json_array_get_element(list, i), &pointer)) {
            qmp_fail(call, QMP_GENERIC, "event %u is none that is known", i);
        }
    }
    if (pointer.moved && pointer.absolute) {
        input_absolute(monitor->board->input, pointer.x, pointer.y, pointer.wheel, monitor->mouse_buttons);
    } else if (pointer.moved) {
        input_relative(monitor->board->input, pointer.dx, pointer.dy, pointer.wheel, monitor->mouse_buttons);
    }
    monitor_unlock(monitor);
    return NULL;
}

/* ---- Files ---- */

JsonNode *qmp_run_screendump(struct qmp_call *call)
{
    GError *error = NULL;
    return done(call, action_screendump(call->monitor, qmp_text(call, "filename"), qmp_text(call, "format"), &error), &error);
}

JsonNode *qmp_run_memsave(struct qmp_call *call)
{
    struct cpu *cpu = monitor_cpu(call->monitor, (unsigned)CLAMP(qmp_number(call, "cpu-index", 0), 0, G_MAXINT));
    GError *error = NULL;
    if (!cpu) {
        qmp_fail(call, QMP_GENERIC, "Parameter 'cpu-index' expects a CPU number");
        return NULL;
    }
    return done(call, action_save_memory(call->monitor, qmp_text(call, "filename"), (uint64_t)qmp_number(call, "val", 0),
                                         (uint64_t)MAX(qmp_number(call, "size", 0), 0), cpu, &error), &error);
}

JsonNode *qmp_run_pmemsave(struct qmp_call *call)
{
    GError *error = NULL;
    return done(call, action_save_memory(call->monitor, qmp_text(call, "filename"), (uint64_t)qmp_number(call, "val", 0),
                                         (uint64_t)MAX(qmp_number(call, "size", 0), 0), NULL, &error), &error);
}

JsonNode *qmp_run_dump(struct qmp_call *call)
{
    const char *format = qmp_text(call, "format"), *protocol = qmp_text(call, "protocol");
    GError *error = NULL;
    if (qmp_bool(call, "paging", false) || (format && strcmp(format, "elf")) || !g_str_has_prefix(protocol, "file:") ||
        json_object_has_member(call->arguments, "begin") || json_object_has_member(call->arguments, "length")) {
        qmp_fail(call, QMP_GENERIC, "only the whole memory without paging as ELF to 'file:PATH' is supported");
        return NULL;
    }
    return done(call, action_dump_core(call->monitor, protocol, &error), &error);
}

/* ---- The log's categories, as trace events ---- */

static uint32_t events_of(struct qmp_call *call)
{
    const char *name = qmp_text(call, "name");
    const uint32_t mask = log_matching(name);
    if (!mask) {
        qmp_fail(call, QMP_GENERIC, "unknown event \"%s\"", name);
    }
    return mask;
}

JsonNode *qmp_run_trace_state(struct qmp_call *call)
{
    const uint32_t mask = events_of(call);
    JsonArray *list = json_array_new();
    for (unsigned i = 0; i < LOG_CATEGORY_COUNT; i++) {
        if (mask >> i & 1) {
            JsonObject *object = json_object_new();
            json_object_set_string_member(object, "name", log_category_name(i));
            json_object_set_string_member(object, "state", log_on(call->monitor->board->log, i) ? "enabled" : "disabled");
            json_object_set_boolean_member(object, "vcpu", FALSE);
            json_array_add_object_element(list, object);
        }
    }
    return qmp_array_node(list);
}

JsonNode *qmp_run_set_trace_state(struct qmp_call *call)
{
    const uint32_t mask = events_of(call), before = call->monitor->board->log->mask;
    if (mask) {
        action_set_log(call->monitor, qmp_bool(call, "enable", false) ? before | mask : before & ~mask);
    }
    return NULL;
}

/* ---- Networks ---- */

JsonNode *qmp_run_set_link(struct qmp_call *call)
{
    GError *error = NULL;
    return done(call, action_set_link(call->monitor, qmp_text(call, "name"), qmp_bool(call, "up", true), &error), &error);
}

/* ---- The rest ---- */

JsonNode *qmp_run_send_break(struct qmp_call *call)
{
    GError *error = NULL;
    return done(call, action_send_break(call->monitor, qmp_text(call, "id"), &error), &error);
}

JsonNode *qmp_run_human(struct qmp_call *call)
{
    gint64 index = qmp_number(call, "cpu-index", 0);
    bool given = json_object_has_member(call->arguments, "cpu-index");      /* machine "none" has no CPU, but a monitor */
    if (given && (index < 0 || !monitor_cpu(call->monitor, (unsigned)MIN(index, G_MAXINT)))) {
        qmp_fail(call, QMP_GENERIC, "Parameter 'cpu-index' expects a CPU number");
        return NULL;
    }
    g_autofree char *text = monitor_run_line(call->monitor, qmp_text(call, "command-line"), (unsigned)index);
    g_autoptr(GString) lines = g_string_new(text);
    g_string_replace(lines, "\n", "\r\n", 0);
    return json_node_init_string(json_node_alloc(), lines->str);
}

static JsonNode *set_password(struct qmp_call *call)
{
    if (!call->monitor->ui || !ui_set_vnc_password(call->monitor->ui, qmp_text(call, "password"))) {
        qmp_fail(call, QMP_DEVICE_NOT_ACTIVE, "No VNC display that asks for a password is active");
    }
    return NULL;
}

JsonNode *qmp_run_vnc_password(struct qmp_call *call)
{
    return set_password(call);
}

JsonNode *qmp_run_set_password(struct qmp_call *call)
{
    if (strcmp(qmp_text(call, "protocol"), "vnc")) {
        qmp_fail(call, QMP_GENERIC, "Parameter 'protocol' expects 'vnc'");
        return NULL;
    }
    return set_password(call);
}
