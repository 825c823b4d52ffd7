/* SPDX-License-Identifier: MIT */
#ifndef TCG_ENGINE_SWITCHES_H
#define TCG_ENGINE_SWITCHES_H
/* Parts of the engine that can be switched off, by the table engine_switches.def. A set of them is a word of OFF_* bits. */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
#define ENGINE_SWITCH(constant, name, help) SWITCH_##constant,
#include "tcg/engine_switches.def"
#undef ENGINE_SWITCH
    SWITCH_COUNT
};
enum engine_off {
#define ENGINE_SWITCH(constant, name, help) OFF_##constant = 1 << SWITCH_##constant,
#include "tcg/engine_switches.def"
#undef ENGINE_SWITCH
    OFF_ALL = (1 << SWITCH_COUNT) - 1,
};

/* NULL: no such switch. */
const char *engine_switch_name(unsigned index);
const char *engine_switch_help(unsigned index);
/* "-chain,-fold": changes *off word by word, "+NAME" switches on again; NAME is also "all". error: the word, and the nearest. */
bool engine_switches_parse(const char *text, uint32_t *off, GError **error);
/* "-chain,-fold"; "" when nothing is off. Free it. */
char *engine_switches_text(uint32_t off);

#endif
