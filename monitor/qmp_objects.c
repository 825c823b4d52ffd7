/* SPDX-License-Identifier: MIT */
/*
 * QMP's view of what there is and what could be: options, types of devices with their properties, and the tree of objects: the
 * devices of -device below /machine/peripheral (with an id) and peripheral-anon, with the properties that were given or are the
 * default. Other parts of the machine are not in the tree.
 */
#include <string.h>
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"
#include "monitor/qmp.h"

static JsonObject *named(JsonArray *list, const char *name, const char *type)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "name", name);
    if (type) {
        json_object_set_string_member(object, "type", type);
    }
    json_array_add_object_element(list, object);
    return object;
}

/* ---- Options ---- */

JsonNode *qmp_run_command_line_options(struct qmp_call *call)
{
    const char *only = qmp_text(call, "option");
    JsonArray *list = json_array_new();
    struct option_entry entry;
    struct option_key key;
    for (unsigned i = 0; options_entry(i, &entry); i++) {
        if (only && strcmp(only, entry.name)) {
            continue;
        }
        JsonObject *object = json_object_new();
        JsonArray *parameters = json_array_new();
        for (unsigned j = 0; options_key(entry.name, j, &key); j++) {
            bool plain = !strcmp(key.type, "number") || !strcmp(key.type, "size");
            JsonObject *parameter = named(parameters, key.name, plain ? key.type : "string");
            json_object_set_string_member(parameter, "help", key.help);
            if (key.standard) {
                json_object_set_string_member(parameter, "default", key.standard);
            }
            option_key_clear(&key);
        }
        json_object_set_array_member(object, "parameters", parameters);
        json_object_set_string_member(object, "option", entry.name);
        json_array_add_object_element(list, object);
    }
    if (only && !json_array_get_length(list)) {
        json_array_unref(list);
        qmp_fail(call, QMP_GENERIC, "Invalid option name: '%s'", only);
        return NULL;
    }
    return qmp_array_node(list);
}

/* ---- Types ---- */

static const char *property_type(const struct device_property *property)
{
    static const char *const types[] = { "str", "uint64", "bool" };
    return types[property->kind];
}

JsonNode *qmp_run_device_properties(struct qmp_call *call)
{
    const char *name = qmp_text(call, "typename");
    const struct device_kind *kind = device_find(name, NULL);
    const struct device_property *property;
    if (!kind) {
        qmp_fail(call, QMP_DEVICE_NOT_FOUND, "Device '%s' not found", name);
        return NULL;
    }
    JsonArray *list = json_array_new();
    for (unsigned i = 0; (property = device_property_at(kind, i)); i++) {
        JsonObject *object = named(list, property->key, property_type(property));
        json_object_set_string_member(object, "description", property->help);
        if (property->standard && property->kind == DEVICE_TEXT) {
            json_object_set_string_member(object, "default-value", property->standard);
        } else if (property->standard && property->kind == DEVICE_BOOL) {
            json_object_set_boolean_member(object, "default-value", !strcmp(property->standard, "on"));
        } else if (property->standard) {
            json_object_set_int_member(object, "default-value", (gint64)g_ascii_strtoull(property->standard, NULL, 0));
        }
    }
    return qmp_array_node(list);
}

/* Types that have no property but their name here: CPUs; and memory back ends, which nothing offers, but libvirt 9 does not
 * survive the error that they are not there. */
static bool is_bare_type(const char *name)
{
    return g_str_has_suffix(name, "-cpu") || g_str_has_prefix(name, "memory-backend-");
}

/* Machines' properties are those of -machine. */
JsonNode *qmp_run_type_properties(struct qmp_call *call)
{
    const char *name = qmp_text(call, "typename");
    JsonArray *list;
    struct option_key key;
    if (!g_str_has_suffix(name, "-machine") && strcmp(name, "machine")) {
        if (device_find(name, NULL)) {
            return qmp_run_device_properties(call);
        }
        if (is_bare_type(name)) {
            list = json_array_new();
            named(list, "type", "string");
            return qmp_array_node(list);
        }
        qmp_fail(call, QMP_DEVICE_NOT_FOUND, "Class '%s' not found", name);
        return NULL;
    }
    list = json_array_new();
    for (unsigned i = 0; options_key("machine", i, &key); i++) {
        json_object_set_string_member(named(list, key.name, "string"), "description", key.help);
        option_key_clear(&key);
    }
    return qmp_array_node(list);
}

JsonNode *qmp_run_types(struct qmp_call *call)
{
    const char *implements = qmp_text(call, "implements");
    JsonArray *list = json_array_new();
    if (!implements || !strcmp(implements, "device")) {
        for (const struct device_kind *kind = device_kinds; kind->name; kind++) {
            json_object_set_string_member(named(list, kind->name, NULL), "parent", "device");
        }
    }
    for (unsigned i = 0; backends_objects[i] && (!implements || !strcmp(implements, "user-creatable")); i++) {
        json_object_set_string_member(named(list, backends_objects[i], NULL), "parent", "object");
    }
    if (!implements || !strcmp(implements, "machine")) {
        for (unsigned i = 0; board_types[i]; i++) {
            g_autofree char *name = g_strconcat(board_types[i]->name, "-machine", NULL);
            json_object_set_string_member(named(list, name, NULL), "parent", "machine");
        }
    }
    if (!implements || !strcmp(implements, "accel")) {
        json_object_set_string_member(named(list, "tcg-accel", NULL), "parent", "accel");
        json_object_set_string_member(named(list, "kvm-accel", NULL), "parent", "accel");
    }
    return qmp_array_node(list);
}

/* ---- The tree ---- */

static const char peripheral[] = "/machine/peripheral", anonymous[] = "/machine/peripheral-anon", unattached[] = "/machine/unattached";

/* The name below its container. */
static char *device_name(const GPtrArray *plugged, unsigned number)
{
    const struct device_plugged *device = plugged->pdata[number];
    unsigned before = 0;
    for (unsigned i = 0; i < number; i++) {
        before += !((const struct device_plugged *)plugged->pdata[i])->id;
    }
    return device->id ? g_strdup(device->id) : g_strdup_printf("device[%u]", before);
}

const struct device_plugged *qmp_find_device(struct monitor *monitor, const char *path)
{
    const GPtrArray *plugged = monitor->board->plugged;
    for (unsigned i = 0; i < plugged->len; i++) {
        const struct device_plugged *device = plugged->pdata[i];
        g_autofree char *name = device_name(plugged, i), *whole = g_strconcat(device->id ? peripheral : anonymous, "/", name, NULL);
        if (!strcmp(path, whole) || !g_strcmp0(path, device->id)) {
            return device;
        }
    }
    return NULL;
}

static bool is_cpu(struct monitor *monitor, const char *path)
{
    unsigned index;
    char end;
    return sscanf(path, "/machine/unattached/device[%u]%c", &index, &end) == 1 && index < monitor->board->cpu_count;
}

static void list_children(JsonArray *list, struct monitor *monitor, bool with_id)
{
    const GPtrArray *plugged = monitor->board->plugged;
    for (unsigned i = 0; i < plugged->len; i++) {
        const struct device_plugged *device = plugged->pdata[i];
        if (!device->id == !with_id) {
            g_autofree char *name = device_name(plugged, i), *type = g_strdup_printf("child<%s>", device->kind->name);
            named(list, name, type);
        }
    }
}

static void list_properties(JsonArray *list, struct monitor *monitor, const struct device_plugged *device)
{
    const struct device_property *property;
    for (unsigned i = 0; (property = device_property_at(device->kind, i)); i++) {
        named(list, property->key, property_type(property));
    }
    named(list, "realized", "bool");
    if (qmp_is_balloon(monitor, device)) {
        named(list, "guest-stats", "guest statistics");
        named(list, "guest-stats-polling-interval", "int");
    }
}

JsonNode *qmp_run_qom_list(struct qmp_call *call)
{
    static const char *const containers[] = { "peripheral", "peripheral-anon", "unattached" };
    struct monitor *monitor = call->monitor;
    const char *path = qmp_text(call, "path");
    const struct device_plugged *device = qmp_find_device(monitor, path);
    JsonArray *list = json_array_new();
    named(list, "type", "string");
    if (!strcmp(path, "/")) {
        named(list, "machine", "child<machine>");
    } else if (!strcmp(path, "/machine")) {
        for (unsigned i = 0; i < ARRAY_LEN(containers); i++) {
            named(list, containers[i], "child<container>");
        }
    } else if (!strcmp(path, peripheral) || !strcmp(path, anonymous)) {
        list_children(list, monitor, !strcmp(path, peripheral));
    } else if (!strcmp(path, unattached)) {
        for (unsigned i = 0; i < monitor->board->cpu_count; i++) {
            g_autofree char *name = g_strdup_printf("device[%u]", i);
            named(list, name, "child<cpu>");
        }
    } else if (device) {
        list_properties(list, monitor, device);
    } else if (!is_cpu(monitor, path)) {
        json_array_unref(list);
        qmp_fail(call, QMP_DEVICE_NOT_FOUND, "Device '%s' not found", path);
        return NULL;
    }
    return qmp_array_node(list);
}

static JsonNode *text_node(const char *text)
{
    return json_node_init_string(json_node_alloc(), text);
}

static JsonNode *value_of(struct qmp_call *call, const struct device_plugged *device, const char *name)
{
    const struct device_property *property = NULL;
    const char *text = g_hash_table_lookup(device->values, name);
    for (unsigned i = 0; (property = device_property_at(device->kind, i)) && strcmp(property->key, name); i++) { }
    if (!strcmp(name, "realized")) {
        return json_node_init_boolean(json_node_alloc(), TRUE);
    }
    JsonNode *more = !property && qmp_is_balloon(call->monitor, device) ? qmp_balloon_get(call->monitor, name) : NULL;
    if (more) {
        return more;
    }
    if (!property) {
        qmp_fail(call, QMP_GENERIC, "Property '%s.%s' not found", device->kind->name, name);
        return NULL;
    }
    if (property->kind == DEVICE_NUMBER) {
        return json_node_init_int(json_node_alloc(), text ? (gint64)g_ascii_strtoull(text, NULL, 0) : 0);
    }
    if (property->kind == DEVICE_BOOL) {
        return json_node_init_boolean(json_node_alloc(), text && (!strcmp(text, "on") || !strcmp(text, "yes") || !strcmp(text, "true")));
    }
    return text_node(text ? text : "");
}

JsonNode *qmp_run_qom_get(struct qmp_call *call)
{
    const char *path = qmp_text(call, "path"), *property = qmp_text(call, "property");
    const struct device_plugged *device = qmp_find_device(call->monitor, path);
    g_autofree char *machine = g_strconcat(call->monitor->machine_name, "-machine", NULL);
    bool cpu = is_cpu(call->monitor, path), root = !strcmp(path, "/machine");
    if (!device && !cpu && !root && strcmp(path, "/") && strcmp(path, peripheral) && strcmp(path, anonymous) && strcmp(path, unattached)) {
        qmp_fail(call, QMP_DEVICE_NOT_FOUND, "Device '%s' not found", path);
        return NULL;
    }
    if (device && strcmp(property, "type")) {
        return value_of(call, device, property);
    }
    if (strcmp(property, "type")) {
        qmp_fail(call, QMP_GENERIC, "Property '%s' not found", property);
        return NULL;
    }
    return text_node(device ? device->kind->name : cpu ? "cpu" : root ? machine : "container");
}

/* ---- Capabilities ---- */

/* Nothing migrates; "events" may be on, since none then fails to come. */
JsonNode *qmp_run_migrate_capabilities(struct qmp_call *call)
{
    JsonNode *wanted = json_object_get_member(call->arguments, "capabilities");
    JsonArray *list = JSON_NODE_HOLDS_ARRAY(wanted) ? json_node_get_array(wanted) : NULL;
    for (unsigned i = 0; list && i < json_array_get_length(list) && !call->failed; i++) {
        JsonNode *node = json_array_get_element(list, i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        const char *name = object ? json_object_get_string_member_with_default(object, "capability", NULL) : NULL;
        if (!name || (strcmp(name, "events") && json_object_get_boolean_member_with_default(object, "state", FALSE))) {
            qmp_fail(call, QMP_GENERIC, "migration is not supported, nor its capability '%s'", name ? name : "?");
        }
    }
    if (!list) {
        qmp_fail(call, QMP_GENERIC, "Parameter 'capabilities' expects an array");
    }
    return NULL;
}
