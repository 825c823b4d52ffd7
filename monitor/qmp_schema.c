/* SPDX-License-Identifier: MIT */
/*
 * What QMP says of itself, made of qmp_table.c: query-commands, query-events, query-qmp-schema (QEMU's "QAPI schema
 * introspection"). Objects have no variants: members that come with one kind only are optional.
 */
#include <string.h>
#include "monitor/qmp.h"

static JsonNode *names_of(const char *(*name)(unsigned index))
{
    JsonArray *list = json_array_new();
    for (unsigned i = 0; name(i); i++) {
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "name", name(i));
        json_array_add_object_element(list, object);
    }
    return qmp_array_node(list);
}

static const char *command_name(unsigned index) { return qmp_commands[index].name; }
static const char *event_name(unsigned index) { return qmp_events[index].name; }
JsonNode *qmp_run_commands(struct qmp_call *call) { return names_of(command_name); }
JsonNode *qmp_run_events(struct qmp_call *call) { return names_of(event_name); }

struct schema {
    JsonArray *list;
    GHashTable *lists;          /* names of list types that are there */
};

static JsonObject *add_entity(struct schema *schema, const char *name, const char *kind)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "name", name);
    json_object_set_string_member(object, "meta-type", kind);
    json_array_add_object_element(schema->list, object);
    return object;
}

/* A member that names a type; a list of something comes to be with the first who names it. */
static void set_type(struct schema *schema, JsonObject *object, const char *member, const char *type)
{
    json_object_set_string_member(object, member, type);
    if (*type == '[' && g_hash_table_add(schema->lists, g_strdup(type))) {
        g_autofree char *element = g_strndup(type + 1, strlen(type) - 2);
        json_object_set_string_member(add_entity(schema, type, "array"), "element-type", element);
    }
}

static void add_object(struct schema *schema, const char *name, const char *row)
{
    g_auto(GStrv) items = g_strsplit(row, ",", -1);
    JsonObject *object = add_entity(schema, name, "object");
    JsonArray *members = json_array_new();
    for (unsigned i = 0; items[i] && *items[i] && items[i][0] != '*'; i++) {
        char *type = strchr(items[i], ':');
        bool optional = type[-1] == '?';
        JsonObject *member = json_object_new();
        type[optional ? -1 : 0] = '\0';
        json_object_set_string_member(member, "name", items[i]);
        set_type(schema, member, "type", type + 1);
        if (optional) {
            json_object_set_null_member(member, "default");
        }
        json_array_add_object_element(members, member);
    }
    json_object_set_array_member(object, "members", members);
}

static void add_words(struct schema *schema, const char *name, const char *row)
{
    g_auto(GStrv) words = g_strsplit(row, "|", -1);
    JsonArray *values = json_array_new();
    for (unsigned i = 0; words[i]; i++) {
        json_array_add_string_element(values, words[i]);
    }
    json_object_set_array_member(add_entity(schema, name, "enum"), "values", values);
}

/* The type of a command's arguments or an event's data. */
static void set_members(struct schema *schema, JsonObject *object, const char *name, const char *row)
{
    g_autofree char *type = *row ? g_strconcat("q_obj_", name, "-arg", NULL) : g_strdup("q_empty");
    json_object_set_string_member(object, "arg-type", type);
    if (*row) {
        add_object(schema, type, row);
    }
}

JsonNode *qmp_run_schema(struct qmp_call *call)
{
    static const char *const builtin[][2] = { { "str", "string" }, { "int", "int" }, { "bool", "boolean" }, { "any", "value" } };
    g_autoptr(GHashTable) lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct schema schema = { json_array_new(), lists };
    for (unsigned i = 0; i < ARRAY_LEN(builtin); i++) {
        json_object_set_string_member(add_entity(&schema, builtin[i][0], "builtin"), "json-type", builtin[i][1]);
    }
    add_object(&schema, "q_empty", "");
    for (const struct qmp_type *row = qmp_types; row->name; row++) {
        if (*row->members == '=') {
            add_words(&schema, row->name, row->members + 1);
        } else {
            add_object(&schema, row->name, row->members);
        }
    }
    for (const struct qmp_command *row = qmp_commands; row->name; row++) {
        JsonObject *object = add_entity(&schema, row->name, "command");
        set_members(&schema, object, row->name, row->arguments);
        set_type(&schema, object, "ret-type", *row->result ? row->result : "q_empty");
        json_object_set_boolean_member(object, "allow-oob", FALSE);
    }
    for (const struct qmp_event *row = qmp_events; row->name; row++) {
        set_members(&schema, add_entity(&schema, row->name, "event"), row->name, row->data);
    }
    return qmp_array_node(schema.list);
}
