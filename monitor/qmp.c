/* SPDX-License-Identifier: MIT */
/*
 * QMP (QEMU's "QEMU Machine Protocol Specification"): JSON objects in both directions, a line each from here, ending with
 * CR LF. What comes is cut by its braces, not by lines; what is too long or too deep is refused before it is parsed.
 * Left out: out-of-band commands, single-quoted strings, descriptors that are passed.
 */
#include <string.h>
#include "base/error.h"
#include "monitor/qmp.h"

enum { MOST_BYTES = 1 << 20, MOST_DEPTH = 64 };

struct qmp {
    struct monitor *monitor;
    struct session_output output;
    bool negotiated;
    GString *in;
    unsigned depth;             /* of open braces and brackets in `in` */
    bool in_string, escaped, skipping;      /* skipping: nonsense, until the end of the line */
};

bool qmp_there(void)
{
    return true;
}

struct qmp *qmp_new(struct monitor *monitor, const struct session_output *output)
{
    struct qmp *qmp = g_new0(struct qmp, 1);
    qmp->monitor = monitor;
    qmp->output = *output;
    qmp->in = g_string_new(NULL);
    return qmp;
}

void qmp_free(struct qmp *qmp)
{
    if (qmp) {
        g_string_free(qmp->in, TRUE);
        g_free(qmp);
    }
}

/* ---- Text of JSON ---- */

static void print_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        if (c == '"' || c == '\\') {
            g_string_append_printf(out, "\\%c", (char)c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            g_string_append(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        } else if (c < ' ' || c == 0x7f) {
            g_string_append_printf(out, "\\u%04x", c);
        } else {
            g_string_append_unichar(out, c);
        }
    }
    g_string_append_c(out, '"');
}

static void print_value(GString *out, JsonNode *node)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    GType type = json_node_get_value_type(node);
    if (type == G_TYPE_BOOLEAN) {
        g_string_append(out, json_node_get_boolean(node) ? "true" : "false");
    } else if (type == G_TYPE_STRING) {
        g_autofree char *text = g_utf8_make_valid(json_node_get_string(node), -1);
        print_string(out, text);
    } else if (type == G_TYPE_DOUBLE) {
        g_string_append(out, g_ascii_dtostr(number, sizeof(number), json_node_get_double(node)));
    } else {
        g_string_append_printf(out, "%" G_GINT64_FORMAT, json_node_get_int(node));
    }
}

void qmp_print(GString *out, JsonNode *node)
{
    JsonObjectIter iterator;
    const char *name, *before = "";
    JsonNode *member;
    switch (json_node_get_node_type(node)) {
    case JSON_NODE_OBJECT:
        g_string_append_c(out, '{');
        json_object_iter_init_ordered(&iterator, json_node_get_object(node));
        while (json_object_iter_next_ordered(&iterator, &name, &member)) {
            g_string_append(out, before);
            print_string(out, name);
            g_string_append(out, ": ");
            qmp_print(out, member);
            before = ", ";
        }
        g_string_append_c(out, '}');
        break;
    case JSON_NODE_ARRAY:
        g_string_append_c(out, '[');
        for (unsigned i = 0; i < json_array_get_length(json_node_get_array(node)); i++) {
            g_string_append(out, before);
            qmp_print(out, json_array_get_element(json_node_get_array(node), i));
            before = ", ";
        }
        g_string_append_c(out, ']');
        break;
    case JSON_NODE_VALUE: print_value(out, node); break;
    default: g_string_append(out, "null"); break;
    }
}

JsonNode *qmp_parse(const char *text)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    return json_parser_load_from_data(parser, text, -1, NULL) ? json_parser_steal_root(parser) : NULL;
}

/* ---- Sending ---- */

static void send_text(struct qmp *qmp, GString *text)
{
    g_string_append(text, "\r\n");
    qmp->output.write(qmp->output.opaque, (const uint8_t *)text->str, (unsigned)text->len);
    g_string_free(text, TRUE);
}

static void put_id(GString *text, JsonNode *id)
{
    if (id) {
        g_string_append(text, ", \"id\": ");
        qmp_print(text, id);
    }
    g_string_append_c(text, '}');
}

static void send_error(struct qmp *qmp, enum qmp_class class, const char *why, JsonNode *id)
{
    static const char *const names[] = {
        [QMP_GENERIC] = "GenericError", [QMP_COMMAND_NOT_FOUND] = "CommandNotFound",
        [QMP_DEVICE_NOT_FOUND] = "DeviceNotFound", [QMP_DEVICE_NOT_ACTIVE] = "DeviceNotActive",
    };
    g_autofree char *valid = g_utf8_make_valid(why, -1);
    GString *text = g_string_new("{\"error\": {\"class\": ");
    print_string(text, names[class]);
    g_string_append(text, ", \"desc\": ");
    print_string(text, valid);
    g_string_append_c(text, '}');
    put_id(text, id);
    send_text(qmp, text);
}

void qmp_greet(struct qmp *qmp)
{
    g_auto(GStrv) parts = g_strsplit(qmp->monitor->qemu_version, ".", 3);
    GString *text = g_string_new(NULL);
    g_string_printf(text, "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": %s, \"minor\": %s, \"major\": %s}, \"package\": "
                    "\"Dragoman %s\"}, \"capabilities\": []}}", parts[2], parts[1], parts[0], qmp->monitor->version);
    send_text(qmp, text);
}

void qmp_event(struct qmp *qmp, const char *name, const char *data)
{
    gint64 now = g_get_real_time();
    if (!qmp->negotiated) {
        return;
    }
    GString *text = g_string_new(NULL);
    g_string_printf(text, "{\"timestamp\": {\"seconds\": %" G_GINT64_FORMAT ", \"microseconds\": %" G_GINT64_FORMAT
                    "}, \"event\": \"%s\"", now / G_USEC_PER_SEC, now % G_USEC_PER_SEC, name);
    if (data) {
        g_string_append_printf(text, ", \"data\": %s", data);
    }
    g_string_append_c(text, '}');
    send_text(qmp, text);
}

/* ---- Arguments ---- */

void qmp_fail(struct qmp_call *call, enum qmp_class class, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_free(call->why);
    call->why = g_strdup_vprintf(format, values);
    call->class = class;
    call->failed = true;
    va_end(values);
}

void qmp_fail_error(struct qmp_call *call, GError *error)
{
    bool lost = error && g_str_has_prefix(error->message, "Device '") && g_str_has_suffix(error->message, "not found");
    qmp_fail(call, lost ? QMP_DEVICE_NOT_FOUND : QMP_GENERIC, "%s", error ? error->message : "it failed");
    g_clear_error(&error);
}

const char *qmp_text(const struct qmp_call *call, const char *name)
{
    return json_object_get_string_member_with_default(call->arguments, name, NULL);
}

gint64 qmp_number(const struct qmp_call *call, const char *name, gint64 standard)
{
    return json_object_get_int_member_with_default(call->arguments, name, standard);
}

bool qmp_bool(const struct qmp_call *call, const char *name, bool standard)
{
    return json_object_get_boolean_member_with_default(call->arguments, name, standard);
}

static bool has_type(JsonNode *node, const char *type)
{
    GType value = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
    return !strcmp(type, "any") || (!strcmp(type, "str") && value == G_TYPE_STRING) ||
           (!strcmp(type, "int") && value == G_TYPE_INT64) || (!strcmp(type, "bool") && value == G_TYPE_BOOLEAN);
}

/* Every argument is in the row, every one that must be is there. */
static bool check_arguments(struct qmp_call *call, const char *row)
{
    static const char *const words[][2] = { { "str", "string" }, { "int", "integer" }, { "bool", "boolean" } };
    g_auto(GStrv) items = g_strsplit(row, ",", -1);
    unsigned known = 0;
    for (unsigned i = 0; items[i] && *items[i]; i++) {
        if (items[i][0] == '*') {
            return true;
        }
        char *type = strchr(items[i], ':');
        bool optional = type[-1] == '?';
        type[optional ? -1 : 0] = '\0';
        type++;
        JsonNode *node = json_object_get_member(call->arguments, items[i]);
        if (!node && !optional) {
            qmp_fail(call, QMP_GENERIC, "Parameter '%s' is missing", items[i]);
            return false;
        }
        if (node && !has_type(node, type)) {
            const char *word = type;
            for (unsigned w = 0; w < ARRAY_LEN(words); w++) {
                word = strcmp(words[w][0], type) ? word : words[w][1];
            }
            qmp_fail(call, QMP_GENERIC, "Invalid parameter type for '%s', expected: %s", items[i], word);
            return false;
        }
        known += node != NULL;
    }
    if (known == json_object_get_size(call->arguments)) {
        return true;
    }
    g_autoptr(GList) names = json_object_get_members(call->arguments);
    for (GList *at = names; at; at = at->next) {
        bool found = false;
        for (unsigned i = 0; items[i]; i++) {
            found |= !strcmp(items[i], at->data);
        }
        if (!found) {
            qmp_fail(call, QMP_GENERIC, "Parameter '%s' is unexpected", (const char *)at->data);
            return false;
        }
    }
    return true;
}

/* ---- Commands ---- */

static const struct qmp_command *find_command(const char *name)
{
    for (const struct qmp_command *row = qmp_commands; row->name; row++) {
        if (!strcmp(row->name, name)) {
            return row;
        }
    }
    return NULL;
}

static void run_command(struct qmp *qmp, const char *name, JsonObject *arguments, JsonNode *id)
{
    const struct qmp_command *row = find_command(name);
    bool first = row && row->run == qmp_run_capabilities;
    if (!qmp->negotiated && !first) {
        send_error(qmp, QMP_COMMAND_NOT_FOUND, "Expecting capabilities negotiation with 'qmp_capabilities'", id);
        return;
    }
    if (!row || (qmp->negotiated && first)) {
        g_autofree char *why = row ? g_strdup("Capabilities negotiation is already complete, command ignored")
            : g_strdup_printf("The command %s has not been found", name);
        send_error(qmp, QMP_COMMAND_NOT_FOUND, why, id);
        return;
    }
    g_autoptr(JsonObject) nothing = json_object_new();
    struct qmp_call call = { .monitor = qmp->monitor, .arguments = arguments ? arguments : nothing };
    JsonNode *result = check_arguments(&call, row->arguments) ? row->run(&call) : NULL;
    if (call.failed) {
        send_error(qmp, call.class, call.why, id);
    } else {
        GString *text = g_string_new("{\"return\": ");
        if (result) {
            qmp_print(text, result);
        } else {
            g_string_append(text, "{}");
        }
        put_id(text, id);
        qmp->negotiated |= first;
        send_text(qmp, text);
    }
    g_free(call.why);
    if (result) {
        json_node_unref(result);
    }
}

/* {"execute": NAME, "arguments": {...}, "id": ...} and nothing else. */
static void take_object(struct qmp *qmp, JsonObject *object)
{
    JsonNode *execute = json_object_get_member(object, "execute"), *id = json_object_get_member(object, "id");
    JsonNode *arguments = json_object_get_member(object, "arguments");
    g_autoptr(GList) names = json_object_get_members(object);
    for (GList *at = names; at; at = at->next) {
        if (strcmp(at->data, "execute") && strcmp(at->data, "id") && strcmp(at->data, "arguments")) {
            g_autofree char *why = g_strdup_printf("QMP input member '%s' is unexpected", (const char *)at->data);
            send_error(qmp, QMP_GENERIC, why, id);
            return;
        }
    }
    if (!execute) {
        send_error(qmp, QMP_GENERIC, "QMP input lacks member 'execute'", id);
    } else if (!has_type(execute, "str")) {
        send_error(qmp, QMP_GENERIC, "QMP input member 'execute' must be a string", id);
    } else if (arguments && !JSON_NODE_HOLDS_OBJECT(arguments)) {
        send_error(qmp, QMP_GENERIC, "QMP input member 'arguments' must be an object", id);
    } else {
        run_command(qmp, json_node_get_string(execute), arguments ? json_node_get_object(arguments) : NULL, id);
    }
}

static void take_message(struct qmp *qmp)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) error = NULL;
    bool good = g_utf8_validate(qmp->in->str, (gssize)qmp->in->len, NULL) &&
                json_parser_load_from_data(parser, qmp->in->str, (gssize)qmp->in->len, &error);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (!root) {
        send_error(qmp, QMP_GENERIC, "JSON parse error, invalid text", NULL);
    } else if (!JSON_NODE_HOLDS_OBJECT(root)) {
        send_error(qmp, QMP_GENERIC, "QMP input must be a JSON object", NULL);
    } else {
        take_object(qmp, json_node_get_object(root));
    }
}

static void start_over(struct qmp *qmp, bool skipping)
{
    g_string_set_size(qmp->in, 0);
    qmp->depth = 0;
    qmp->in_string = qmp->escaped = false;
    qmp->skipping = skipping;
}

/* Keeps count of strings and braces; true: the object is whole. */
static bool take_character(struct qmp *qmp, char c)
{
    g_string_append_c(qmp->in, c);
    if (qmp->in_string) {
        qmp->in_string = qmp->escaped || c != '"';
        qmp->escaped = !qmp->escaped && c == '\\';
    } else if (c == '"') {
        qmp->in_string = true;
    } else if (c == '{' || c == '[') {
        qmp->depth++;
    } else if (c == '}' || c == ']') {
        return --qmp->depth == 0;
    }
    return false;
}

void qmp_input(struct qmp *qmp, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char c = (char)bytes[i];
        if (qmp->skipping) {
            qmp->skipping = c != '\n' && c != '\r';
        } else if (!qmp->depth && (g_ascii_isspace(c) || !c)) {
            continue;
        } else if (!qmp->depth && c != '{' && c != '[') {
            send_error(qmp, QMP_GENERIC, "JSON parse error, expecting value", NULL);
            start_over(qmp, true);
        } else if (take_character(qmp, c)) {
            take_message(qmp);
            start_over(qmp, false);
        } else if (qmp->in->len > MOST_BYTES || qmp->depth > MOST_DEPTH) {
            send_error(qmp, QMP_GENERIC, qmp->depth > MOST_DEPTH ? "JSON nesting too deep" : "JSON input too large", NULL);
            start_over(qmp, true);
        }
    }
}
