/* SPDX-License-Identifier: MIT */
/* Names of what can be switched off, to and from text. */
#include <string.h>
#include "base/error.h"
#include "tcg/engine_switches.h"

static const struct { const char *name, *help; } switches[] = {
#define ENGINE_SWITCH(constant, name, help) { name, help },
#include "tcg/engine_switches.def"
#undef ENGINE_SWITCH
};

const char *engine_switch_name(unsigned index) { return index < SWITCH_COUNT ? switches[index].name : NULL; }
const char *engine_switch_help(unsigned index) { return index < SWITCH_COUNT ? switches[index].help : NULL; }

static bool find(const char *name, uint32_t *bits)
{
    const char *names[SWITCH_COUNT + 2] = { "all" };
    *bits = OFF_ALL;
    if (!strcmp(name, names[0])) {
        return true;
    }
    for (unsigned i = 0; i < SWITCH_COUNT; i++) {
        *bits = 1u << i;
        if (!strcmp(name, switches[i].name)) {
            return true;
        }
    }
    return false;
}

static bool fail(const char *word, GError **error)
{
    const char *names[SWITCH_COUNT + 1] = { NULL };
    for (unsigned i = 0; i < SWITCH_COUNT; i++) {
        names[i] = switches[i].name;
    }
    const bool sign = *word == '-' || *word == '+';
    const char *near = nearest_name(word + sign, names);
    return error_fail(error, "opt=%s: %s; '-d help' lists what can be switched off%s%s", word,
                      sign ? "no such switch" : "a switch is written -NAME or +NAME", near ? "; did you mean -" : "",
                      near ? near : "");
}

bool engine_switches_parse(const char *text, uint32_t *off, GError **error)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    for (unsigned i = 0; words[i]; i++) {
        uint32_t bits;
        if ((words[i][0] != '-' && words[i][0] != '+') || !find(words[i] + 1, &bits)) {
            return fail(words[i], error);
        }
        *off = words[i][0] == '-' ? *off | bits : *off & ~bits;
    }
    return true;
}

char *engine_switches_text(uint32_t off)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < SWITCH_COUNT; i++) {
        if (off >> i & 1) {
            g_string_append_printf(text, "%s-%s", text->len ? "," : "", switches[i].name);
        }
    }
    return g_string_free(text, FALSE);
}
