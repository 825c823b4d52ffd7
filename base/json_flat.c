/* SPDX-License-Identifier: MIT */
/*
 * JSON on the command line, as libvirt writes -device, -object, -blockdev and -netdev: flattened to the grammar "kind,key=value"
 * that the options are parsed in. Members of objects in it become "outer.inner", elements of lists "outer.0". true and false are
 * on and off, null is left out.
 */
#include <string.h>
#include "base/error.h"
#include "base/options.h"

enum { MOST_DEPTH = 8 };

struct json {
    const char *at;
    GString *out;               /* ",key=value..." */
    const char *first;          /* the key whose value comes first */
    char *kind;
};

static bool value(struct json *j, const char *key, unsigned depth);

static void skip_blanks(struct json *j)
{
    j->at += strspn(j->at, " \t\r\n");
}

static bool take(struct json *j, char c)
{
    skip_blanks(j);
    bool found = *j->at == c;
    j->at += found;
    return found;
}

/* \uXXXX is taken for characters of the basic plane; NULL: no string. */
static char *string(struct json *j)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    g_autoptr(GString) text = g_string_new(NULL);
    if (!take(j, '"')) {
        return NULL;
    }
    for (; *j->at && *j->at != '"'; j->at++) {
        if (*j->at != '\\') {
            g_string_append_c(text, *j->at);
            continue;
        }
        j->at++;
        const char *escape = *j->at ? strchr(escapes, *j->at) : NULL;
        if (*j->at == 'u') {
            unsigned code = 0;
            for (unsigned i = 0; i < 4; i++) {
                int digit = g_ascii_xdigit_value(*++j->at);
                if (digit < 0) {
                    return NULL;
                }
                code = code << 4 | (unsigned)digit;
            }
            g_string_append_unichar(text, code);
        } else if (escape && (escape - escapes) % 2 == 0) {
            g_string_append_c(text, escape[1]);
        } else {
            return NULL;
        }
    }
    return *j->at++ == '"' && !strchr(text->str, '\n') ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static void put(struct json *j, const char *key, const char *text)
{
    if (!strcmp(key, j->first)) {
        g_free(j->kind);
        j->kind = g_strdup(text);
        return;
    }
    g_string_append_printf(j->out, ",%s=", key);
    for (; *text; text++) {
        g_string_append_printf(j->out, *text == ',' ? ",," : "%c", *text);
    }
}

/* The members of an object or list, whose opening was taken. */
static bool members(struct json *j, const char *key, char end, unsigned depth)
{
    if (take(j, end)) {
        return true;
    }
    for (unsigned i = 0;; i++) {
        g_autofree char *own = end == '}' ? string(j) : g_strdup_printf("%u", i);
        if (!own || (end == '}' && !take(j, ':'))) {
            return false;
        }
        g_autofree char *whole = *key ? g_strconcat(key, ".", own, NULL) : g_strdup(own);
        if (!value(j, whole, depth + 1)) {
            return false;
        }
        if (!take(j, ',')) {
            return take(j, end);
        }
    }
}

static bool value(struct json *j, const char *key, unsigned depth)
{
    static const struct { const char *word, *text; } words[] = { { "true", "on" }, { "false", "off" }, { "null", NULL } };
    skip_blanks(j);
    if (depth > MOST_DEPTH) {
        return false;
    }
    if (*j->at == '{' || *j->at == '[') {
        return members(j, key, *j->at++ == '{' ? '}' : ']', depth);
    }
    if (*j->at == '"') {
        g_autofree char *text = string(j);
        if (text) {
            put(j, key, text);
        }
        return text;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(j->at, words[i].word)) {
            j->at += strlen(words[i].word);
            if (words[i].text) {
                put(j, key, words[i].text);
            }
            return true;
        }
    }
    g_autofree char *number = g_strndup(j->at, strspn(j->at, "+-0123456789.eE"));
    j->at += strlen(number);
    if (*number) {
        put(j, key, number);
    }
    return *number;
}

char *options_from_json(const char *text, const char *first, GError **error)
{
    struct json j = { .at = text, .out = g_string_new(NULL), .first = first };
    bool sound = take(&j, '{') && members(&j, "", '}', 0);
    skip_blanks(&j);
    char *result = NULL;
    if (!sound || *j.at) {
        error_fail(error, "%s: not sound JSON near '%.20s'", text, j.at);
    } else if (!j.kind) {
        error_fail(error, "%s: no member '%s'", text, first);
    } else {
        result = g_strconcat(j.kind, j.out->str, NULL);
    }
    g_string_free(j.out, TRUE);
    g_free(j.kind);
    return result;
}
