/* SPDX-License-Identifier: MIT */
/* JSON by hand: json-glib is optional in a build, and a report of a long run is written piece by piece. */
#include <inttypes.h>
#include "explain/json.h"

static void put_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, (gchar)*p);
        } else if (*p < ' ' || *p > '~' || *p == '<') {     /* '<': the text may come to lie inside a script */
            g_string_append_printf(out, "\\u%04x", *p);
        } else {
            g_string_append_c(out, (gchar)*p);
        }
    }
    g_string_append_c(out, '"');
}

static void begin(struct json *json, const char *key)
{
    if (json->comma) {
        g_string_append_c(json->out, ',');
    }
    if (key) {
        put_string(json->out, key);
        g_string_append_c(json->out, ':');
    }
    json->comma = true;
}

void json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    g_string_append_c(json->out, bracket);
    json->comma = false;
}

void json_close(struct json *json, char bracket)
{
    g_string_append_c(json->out, bracket);
    json->comma = true;
}

void json_text(struct json *json, const char *key, const char *text)
{
    begin(json, key);
    put_string(json->out, text);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
    begin(json, key);
    g_string_append_printf(json->out, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
    begin(json, key);
    g_string_append_printf(json->out, "%" PRId64, value);
}

void json_address(struct json *json, const char *key, uint64_t value)
{
    begin(json, key);
    g_string_append_printf(json->out, "\"0x%" PRIx64 "\"", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    begin(json, key);
    g_string_append(json->out, value ? "true" : "false");
}
