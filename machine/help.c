/* SPDX-License-Identifier: MIT */
/* Help on the terminal: the verb "help", and "help" as the value of an option. */
#include "machine/help.h"
#include <string.h>
#include "base/error.h"
#include "explain/explain.h"
#include "hw/boards/board.h"
#include "hw/boards/devices.h"
#include "tcg/engine_switches.h"
#include "ui/ui.h"

/* ---- Options ---- */

static void print_key(const struct option_key *key)
{
    bool choice = !strcmp(key->type, "choice");
    g_print("      %s=%s  %s%s", key->name, !strcmp(key->type, "number") ? "N" : !strcmp(key->type, "size") ? "SIZE" : "...",
            choice ? "one of: " : "", key->help);
    if (key->least) {
        g_print(", from %s to %s", key->least, key->most);
    }
    g_print(key->standard ? " [%s]\n" : "\n", key->standard);
}

void help_print_options(const char *program, bool compat)
{
    struct option_entry entry;
    struct option_key key;
    g_print("usage: %s%s [options]\n", program, compat ? "" : " run");
    for (unsigned i = 0; options_entry(i, &entry); i++) {
        g_print("  -%s%s%s\n      %s", entry.name, entry.argument ? " " : "", entry.argument ? entry.argument : "", entry.help);
        g_print(entry.standard ? " [%s]\n" : "\n", entry.standard);
        for (unsigned j = 0; options_key(entry.name, j, &key); j++) {
            print_key(&key);
            option_key_clear(&key);
        }
    }
    g_print("  -help, -version\n");
}

/* The list in docs/command-line.md, which a test compares with this. */
static void print_markdown(void)
{
    struct option_entry entry;
    for (unsigned i = 0; options_entry(i, &entry); i++) {
        g_autoptr(GString) argument = g_string_new(entry.argument ? entry.argument : "");
        g_string_replace(argument, "|", "\\|", 0);
        g_print("| `-%s%s%s` | %s%s%s%s |\n", entry.name, argument->len ? " " : "", argument->str, entry.help,
                entry.standard ? " [" : "", entry.standard ? entry.standard : "", entry.standard ? "]" : "");
    }
}

/* ---- Devices, machines, CPUs ---- */

static void print_devices(bool compat)
{
    for (const struct device_kind *kind = device_kinds; kind->name; kind++) {
        if (compat) {
            g_print("name \"%s\", bus %s, desc \"%s\"\n", kind->name, device_bus_name(kind), kind->help);
        } else {
            g_print("%-20s %-13s %s\n", kind->name, device_bus_name(kind), kind->help);
        }
    }
}

/* QEMU's form: "  iobase=<uint64>  - help (default: 501)". */
static void print_device(const struct device_kind *kind)
{
    static const char *const types[] = { "<str>", "<uint64>", "<bool>" };
    const struct device_property *property;
    g_print("%s options (on %s: %s):\n", kind->name, device_bus_name(kind), kind->help);
    for (unsigned i = 0; (property = device_property_at(kind, i)); i++) {
        g_autofree char *name = g_strconcat(property->key, "=", types[property->kind], NULL);
        g_print("  %-24s - %s%s", name, property->help, property->kind == DEVICE_BOOL ? ", on/off" : "");
        if (property->most) {
            g_print(", up to %#" G_GINT64_MODIFIER "x", property->most);
        }
        g_print(property->standard && *property->standard ? " (default: %s)\n" : "\n", property->standard);
    }
}

static bool help_device(const char *name, GError **error)
{
    const struct device_kind *kind = device_find(name, error);
    if (kind) {
        print_device(kind);
    }
    return kind;
}

static void print_cpus(const char *machine, bool compat)
{
    const struct board_type *only = machine ? board_type_find(machine, NULL) : NULL;
    struct board_cpu_model model;
    if (compat) {
        g_print("Available CPUs:\n");
    }
    for (unsigned i = 0; board_types[i]; i++) {
        for (unsigned j = 0; (!only || only == board_types[i]) && board_types[i]->cpu_model(j, &model); j++) {
            if (compat) {
                g_print(i ? "  %s\n" : "x86 %-20s  %s\n", model.name, model.help);
            } else {
                g_print("%-12s %-6s %s\n", model.name, board_types[i]->name, model.help);
            }
        }
    }
}

static void print_machines(bool compat)
{
    if (compat) {
        g_print("Supported machines are:\n");
    }
    for (unsigned i = 0; board_types[i]; i++) {
        g_print("%-20s %s%s\n", board_types[i]->name, board_types[i]->summary, i ? "" : " (default)");
    }
}

static void print_machine_options(const struct board_type *type)
{
    struct option_key key;
    g_print("%s-machine options:\n", type->name);
    for (unsigned j = 0; options_key("machine", j, &key); j++) {
        g_print("  %s=<%s> - %s%s\n", key.name, strcmp(key.type, "choice") ? "string" : "choice",
                strcmp(key.type, "choice") ? "" : "one of: ", key.help);
        option_key_clear(&key);
    }
}

static void print_log_categories(void)
{
#define LOG_CATEGORY(name, help) g_print("%-14s %s\n", #name, help);
#include "base/log_categories.def"
#undef LOG_CATEGORY
    g_print("What -accel tcg,opt=-NAME,... leaves out of the engine:\n");
    for (unsigned i = 0; engine_switch_name(i); i++) {
        g_print("%-14s %s\n", engine_switch_name(i), engine_switch_help(i));
    }
}

void help_print_explain(const char *program)
{
    g_autoptr(GString) text = g_string_new(NULL);
    explain_print_options(text);
    g_print("usage: %s explain --out DIR|--text|--compare [more of these] [options of run]\n%s", program, text->str);
}

/* ---- Where it is asked for ---- */

static void print_overview(const char *program)
{
    g_print("usage: %s VERB ...\n"
            "  run [options]        run a machine; the options are QEMU's where both have the thing\n"
            "  explain [options]    run it and show how its code was translated; 'help explain'\n"
            "  img VERB             disk images: create, info, check, convert, resize, ...; '%s img --help'\n"
            "  help                 this text\n"
            "  help options         every option, its bounds and default\n"
            "  help devices         what -device can add\n"
            "  help device NAME     a device's properties\n"
            "  help machines|cpus|log\n"
            "  help manual          the manual page dragoman(1): pipe it into 'man -l -'\n"
            "  --version\n"
            "For example: %s run -m 256M -kernel vmlinuz -initrd initrd.gz -append console=ttyS0 -nographic\n",
            program, program, program);
}

bool help_print(const char *program, int argc, char **argv, GError **error)
{
    static const char *const topics[] = { "options", "devices", "device", "machines", "cpus", "log", "explain", "manual", "markdown",
                                        NULL };
    const char *topic = argc > 0 ? argv[0] : "", *name = argc > 1 ? argv[1] : NULL;
    if (!strcmp(topic, "options")) {
        help_print_options(program, false);
    } else if (!strcmp(topic, "devices")) {
        print_devices(false);
    } else if (!strcmp(topic, "device") && name) {
        return help_device(name, error);
    } else if (!strcmp(topic, "machines")) {
        print_machines(false);
    } else if (!strcmp(topic, "cpus")) {
        print_cpus(name, false);
    } else if (!strcmp(topic, "log")) {
        print_log_categories();
    } else if (!strcmp(topic, "explain")) {
        help_print_explain(program);
    } else if (!strcmp(topic, "manual")) {
        help_print_manual();
    } else if (!strcmp(topic, "markdown")) {
        print_markdown();
    } else if (*topic && strcmp(topic, "device")) {
        const char *near = nearest_name(topic, topics);
        return error_fail(error, "help %s: no such topic%s%s%s; see '%s help'", topic, near ? ", did you mean '" : "",
                          near ? near : "", near ? "'?" : "", program);
    } else {
        print_overview(program);
    }
    return true;
}

static bool is_help(const char *value)
{
    return !g_strcmp0(value, "help") || !g_strcmp0(value, "?");
}

/* "NAME,help" anywhere behind the name. */
static bool has_help(const char *spec)
{
    g_autofree char *help = options_property(spec, "help"), *mark = options_property(spec, "?");
    return help || mark;
}

static bool help_in_devices(const struct options *options, bool compat, GError **error)
{
    for (unsigned i = 0; i < options->devices->len; i++) {
        const char *spec = options->devices->pdata[i];
        g_autofree char *name = options_driver(spec);
        if (is_help(name)) {
            print_devices(compat);
            return true;
        }
        if (has_help(spec)) {
            if (!help_device(name, error)) {
                g_prefix_error(error, "-device ");
            }
            return true;
        }
    }
    return false;
}

bool help_in_options(const struct options *options, bool compat, GError **error)
{
    if (is_help(options->cpu)) {
        print_cpus(options->machine, compat);
    } else if (is_help(options->machine)) {
        print_machines(compat);
    } else if (options->machine_help) {
        const struct board_type *type = board_type_find(options->machine, error);
        if (type) {
            print_machine_options(type);
        }
    } else if (is_help(options->display)) {
        g_autoptr(GString) text = g_string_new(NULL);
        ui_print_help(text);
        g_print("%s", text->str);
    } else if (is_help(options->log_names)) {
        print_log_categories();
    } else {
        return help_in_devices(options, compat, error);
    }
    return true;
}
