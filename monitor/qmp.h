/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_QMP_H
#define MONITOR_QMP_H
/* Between the files of QMP. */
#include <json-glib/json-glib.h>
#include "monitor/internal.h"

enum qmp_class { QMP_GENERIC, QMP_COMMAND_NOT_FOUND, QMP_DEVICE_NOT_FOUND, QMP_DEVICE_NOT_ACTIVE };

/* One command being done. */
struct qmp_call {
    struct monitor *monitor;
    JsonObject *arguments;              /* never NULL; checked against the row */
    bool failed;
    enum qmp_class class;
    char *why;                          /* with failed */
};

struct qmp_command {
    const char *name;
    /* "device:str,force?:bool": names, '?' for optional ones, types str, int, bool, any; "*:any" at the end: others too */
    const char *arguments;
    const char *result;                         /* its type: also one of qmp_types, "[TYPE]" for a list of them; "": {} */
    JsonNode *(*run)(struct qmp_call *call);    /* NULL: {} or failed */
};
struct qmp_event { const char *name, *data; };          /* data: its members, as arguments */
/* An object's members, or "=this|that": a text that is one of these words. */
struct qmp_type { const char *name, *members; };
/* Each ends with name NULL. */
extern const struct qmp_command qmp_commands[];
extern const struct qmp_event qmp_events[];
extern const struct qmp_type qmp_types[];

void qmp_fail(struct qmp_call *call, enum qmp_class class, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Of a GError, which it frees. */
void qmp_fail_error(struct qmp_call *call, GError *error);
/* An argument; the default when it was not given. */
const char *qmp_text(const struct qmp_call *call, const char *name);
gint64 qmp_number(const struct qmp_call *call, const char *name, gint64 standard);
bool qmp_bool(const struct qmp_call *call, const char *name, bool standard);

struct device_plugged;
/* By a path of the object tree, or an id; NULL: none. */
const struct device_plugged *qmp_find_device(struct monitor *monitor, const char *path);
/* qmp_balloon.c: the properties that a balloon has beside those of its table. get: NULL: there is none of this name. */
bool qmp_is_balloon(struct monitor *monitor, const struct device_plugged *plugged);
JsonNode *qmp_balloon_get(struct monitor *monitor, const char *property);

/* Text of a tree in QMP's style: one line, blanks behind ':' and ','. */
void qmp_print(GString *out, JsonNode *node);
/* A tree of text that is known to be JSON. */
JsonNode *qmp_parse(const char *text);

/* Nodes that own what they hold. */
static inline JsonNode *qmp_object_node(JsonObject *object)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, object);
    return node;
}
static inline JsonNode *qmp_array_node(JsonArray *array)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

#define QMP_RUN(name) JsonNode *name(struct qmp_call *call);
#include "monitor/qmp_functions.def"
#undef QMP_RUN

#endif
