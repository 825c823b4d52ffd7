/* SPDX-License-Identifier: MIT */
/*
 * The manual page dragoman(1) in the macros of man(7), made at build time out of the tables of options, devices, machines,
 * monitor commands and log categories.
 */
#include <string.h>
#include "hw/boards/board.h"
#include "hw/boards/devices.h"
#include "machine/help.h"
#include "monitor/monitor.h"

/* Text in which nothing is a request or an escape; hyphens are those that are typed. */
static void put(GString *out, const char *text)
{
    for (const char *at = text; at && *at; at++) {
        if (*at == '-') {
            g_string_append(out, "\\-");
        } else if (*at == '\\') {
            g_string_append(out, "\\e");
        } else if (*at == '|' || (*at == ',' && at[1] != ' ')) {
            g_string_append_printf(out, "%c\\:", *at);      /* long alternatives may be broken there */
        } else {
            g_string_append_printf(out, (*at == '.' || *at == '\'') && (at == text || at[-1] == '\n') ? "\\&%c" : "%c", *at);
        }
    }
}

static void put_line(GString *out, const char *text)
{
    put(out, text);
    g_string_append_c(out, '\n');
}

static void section(GString *out, const char *title)
{
    g_string_append_printf(out, ".SH %s\n", title);
}

/* A term in bold with its arguments, then what it means. */
static void item(GString *out, const char *before, const char *term, const char *arguments, const char *help, const char *standard)
{
    g_string_append(out, ".TP\n\\fB");
    put(out, before);
    put(out, term);
    g_string_append(out, "\\fR");
    if (arguments && *arguments) {
        g_string_append(out, *arguments == '=' ? "" : " ");
        put(out, arguments);
    }
    g_string_append_c(out, '\n');
    put(out, help);
    if (standard && *standard) {
        g_string_append(out, " [");
        put(out, standard);
        g_string_append(out, "]");
    }
    g_string_append_c(out, '\n');
}

static void put_options(GString *out)
{
    struct option_entry entry;
    struct option_key key;
    section(out, "OPTIONS OF A MACHINE");
    put_line(out, "Values in brackets hold when nothing is given. -M is -machine, -h is -help.");
    for (unsigned i = 0; options_entry(i, &entry); i++) {
        item(out, "-", entry.name, entry.argument, entry.help, entry.standard);
        for (unsigned j = 0; options_key(entry.name, j, &key); j++) {
            bool choice = !strcmp(key.type, "choice");
            g_autofree char *help = key.least ? g_strdup_printf("%s, from %s to %s", key.help, key.least, key.most)
                : g_strconcat(choice ? "one of: " : "", key.help, NULL);
            g_string_append(out, j ? "" : ".RS\n");
            item(out, "", key.name, !strcmp(key.type, "number") ? "=N" : !strcmp(key.type, "size") ? "=SIZE" : "=...", help,
                 key.standard);
            option_key_clear(&key);
        }
        g_string_append(out, options_key(entry.name, 0, &key) ? ".RE\n" : "");
        option_key_clear(&key);
    }
}

static void put_devices(GString *out)
{
    static const char *const values[] = { "=TEXT", "=N", "=on|off" };
    const struct device_property *property;
    section(out, "DEVICES");
    for (const struct device_kind *kind = device_kinds; kind->name; kind++) {
        g_autofree char *where = g_strdup_printf("(%s)", device_bus_name(kind));
        item(out, "", kind->name, where, kind->help, NULL);
        g_string_append(out, ".RS\n");
        for (unsigned i = 0; (property = device_property_at(kind, i)); i++) {
            item(out, "", property->key, values[property->kind], property->help, property->standard);
        }
        g_string_append(out, ".RE\n");
    }
}

static void put_machines(GString *out)
{
    struct board_cpu_model model;
    section(out, "MACHINES AND CPUS");
    for (unsigned i = 0; board_types[i]; i++) {
        item(out, "", board_types[i]->name, NULL, board_types[i]->help, NULL);
        for (unsigned j = 0; board_types[i]->cpu_model(j, &model); j++) {
            g_string_append(out, j ? "" : ".RS\n");
            item(out, "-cpu ", model.name, NULL, model.help, NULL);
        }
        g_string_append(out, board_types[i]->cpu_model(0, &model) ? ".RE\n" : "");
    }
}

static void put_commands(GString *out)
{
    struct monitor_command command;
    section(out, "MONITOR");
    put_line(out, "On the stream of -monitor, and behind Ctrl-a c on a terminal that a serial port shares.");
    for (unsigned info = 0; info < 2; info++) {
        for (unsigned i = 0; monitor_command_at(info, i, &command); i++) {
            item(out, info ? "info " : "", command.names, command.arguments, command.help, NULL);
        }
    }
}

void help_print_manual(void)
{
    g_autoptr(GString) out = g_string_new(".\\\" Made by 'dragoman help manual'.\n");
    g_string_append(out, ".TH DRAGOMAN 1 2026-11-30 \"Dragoman " DRAGOMAN_VERSION "\"\n");
    section(out, "NAME");
    put_line(out, "dragoman - whole x86 and ARM machines in an ordinary process");
    section(out, "SYNOPSIS");
    g_string_append(out, ".B dragoman run\n[options]\n.br\n.B dragoman img\nVERB ...\n.br\n.B dragoman help\n[TOPIC]\n");
    section(out, "DESCRIPTION");
    put_line(out, "Dragoman runs a PC or an ARM board with firmware, disks, screen and network; CPUs are translated to host code while "
             "they run. It needs neither root nor hardware virtualization. Names and grammar of options are QEMU's where both "
             "have the thing; what is not supported is refused with one line before anything starts. Links named "
             "qemu-system-i386, qemu-system-x86_64, qemu-system-arm, qemu-system-aarch64 and qemu-img take the options at once.");
    put_options(out);
    put_machines(out);
    put_devices(out);
    put_commands(out);
    section(out, "LOG CATEGORIES");
#define LOG_CATEGORY(name, help) item(out, "-d ", #name, NULL, help, NULL);
#include "base/log_categories.def"
#undef LOG_CATEGORY
    section(out, "EXIT STATUS");
    item(out, "", "0", NULL, "The guest powered off, or reset itself under -no-reboot; SIGINT, SIGTERM, SIGHUP; Ctrl-a x.", NULL);
    item(out, "", "1", NULL, "The command line was refused, or the host lacks something.", NULL);
    item(out, "", "2V+1", NULL, "The guest wrote V to isa-debug-exit.", NULL);
    section(out, "SEE ALSO");
    g_string_append(out, ".BR qemu\\-img (1)\n");
    g_print("%s", out->str);
}
