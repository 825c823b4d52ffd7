/* SPDX-License-Identifier: MIT */
/*
 * Program entry: verbs, help, the life of one machine, exit status.
 *
 *   dragoman run [options]     or a link named qemu-system-*, which takes the options directly
 *   dragoman img VERB ...      or a link named qemu-img
 *
 * Exit status: 0 power-off or a signal, 1 something about the command line or the host, otherwise what the guest gave
 * isa-debug-exit.
 */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include "base/character.h"
#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "block/block.h"
#include "hw/boards/board.h"
#include "hw/boards/devices.h"
#include "machine/machine.h"
#include "monitor/monitor.h"
#include "ui/ui.h"

/* QEMU's version whose options and behaviour the compat links follow; clients compare it. */
static const char compat_version[] = "8.2.0";

struct program {
    const char *name;               /* as the user called it */
    bool compat;                    /* through a link qemu-system-* */
    struct board *board;
    struct ui *ui;
    struct monitor *monitor;
};

static int fail(const struct program *program, GError *error)
{
    g_printerr("%s: %s\n", program->name, error->message);
    g_error_free(error);
    return 1;
}

/* ---- Help ---- */

static void print_version(const struct program *program)
{
    if (program->compat) {
        g_print("QEMU emulator version %s (Dragoman %s)\n", compat_version, DRAGOMAN_VERSION);
    } else {
        g_print("dragoman %s\n", DRAGOMAN_VERSION);
    }
}

static void print_options(const struct program *program)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "usage: %s%s [options]\n", program->name, program->compat ? "" : " run");
    options_print_help(text);
    g_print("%s", text->str);
    g_string_free(text, TRUE);
}

static void print_overview(const struct program *program)
{
    g_print("usage: %s VERB ...\n"
            "  run [options]        run a machine; the options are QEMU's where both have the thing\n"
            "  img VERB             disk images: create, info, check, convert, resize, ...; '%s img --help'\n"
            "  help                 this text\n"
            "  help options         every option, its bounds and default\n"
            "  help devices         what -device can add\n"
            "  help device NAME     a device's properties\n"
            "  help machines|cpus|log\n"
            "  --version\n"
            "For example: %s run -m 256M -kernel vmlinuz -initrd initrd.gz -append console=ttyS0 -nographic\n",
            program->name, program->name, program->name);
}

static void print_cpus(const char *machine)
{
    const struct board_type *only = machine ? board_type_find(machine, NULL) : NULL;
    struct board_cpu_model model;
    for (unsigned i = 0; board_types[i]; i++) {
        for (unsigned j = 0; (!only || only == board_types[i]) && board_types[i]->cpu_model(j, &model); j++) {
            g_print("%-12s %-6s %s\n", model.name, board_types[i]->name, model.help);
        }
    }
}

static void print_machines(void)
{
    for (unsigned i = 0; board_types[i]; i++) {
        g_print("%-12s %s%s\n", board_types[i]->name, board_types[i]->summary, i ? "" : " (default)");
    }
}

static void print_log_categories(void)
{
#define LOG_CATEGORY(name, help) g_print("%-14s %s\n", #name, help);
#include "base/log_categories.def"
#undef LOG_CATEGORY
}

static int help_device(const struct program *program, const char *name)
{
    GError *error = NULL;
    if (device_exists(name)) {
        device_print_help(name);
        return 0;
    }
    const char *near = device_nearest(name);
    error_fail(&error, "no device '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return fail(program, error);
}

static int help(const struct program *program, int argc, char **argv)
{
    const char *topic = argc > 0 ? argv[0] : "";
    if (!strcmp(topic, "options")) {
        print_options(program);
    } else if (!strcmp(topic, "devices")) {
        device_print_help(NULL);
    } else if (!strcmp(topic, "device") && argc > 1) {
        return help_device(program, argv[1]);
    } else if (!strcmp(topic, "machines")) {
        print_machines();
    } else if (!strcmp(topic, "cpus")) {
        print_cpus(argc > 1 ? argv[1] : NULL);
    } else if (!strcmp(topic, "log")) {
        print_log_categories();
    } else {
        print_overview(program);
    }
    return 0;
}

/* "-cpu help" and its like; true when one was asked for. */
static bool help_in_options(const struct options *options)
{
    if (!g_strcmp0(options->cpu, "help") || !g_strcmp0(options->cpu, "?")) {
        print_cpus(options->machine);
    } else if (!strcmp(options->machine, "help") || !strcmp(options->machine, "?")) {
        print_machines();
    } else if (!g_strcmp0(options->display, "help") || !g_strcmp0(options->display, "?")) {
        GString *text = g_string_new(NULL);
        ui_print_help(text);
        g_print("%s", text->str);
        g_string_free(text, TRUE);
    } else if (!g_strcmp0(options->log_names, "help") || !g_strcmp0(options->log_names, "?")) {
        print_log_categories();
    } else if (options->devices->len && (!strcmp(options->devices->pdata[0], "help") ||
                                         !strcmp(options->devices->pdata[0], "?"))) {
        device_print_help(NULL);
    } else {
        return false;
    }
    return true;
}

/* ---- A machine's life ---- */

static void leave(void *opaque)
{
    struct program *program = opaque;
    g_printerr("%s: left by Ctrl-a x\r\n", program->name);
    machine_request_shutdown(program->board->machine, 0);
}

static gboolean on_signal(struct program *program, int number)
{
    g_printerr("%s: terminating on signal %d\n", program->name, number);
    program->board->machine->shutdown_reason = "host-signal";
    machine_request_shutdown(program->board->machine, 0);
    return G_SOURCE_REMOVE;         /* the next one ends the process at once, should the first hang in a blocked stream */
}

static gboolean on_interrupt(gpointer opaque) { return on_signal(opaque, SIGINT); }
static gboolean on_terminate(gpointer opaque) { return on_signal(opaque, SIGTERM); }
static gboolean on_hangup(gpointer opaque) { return on_signal(opaque, SIGHUP); }

static struct log *open_log(const struct options *options, GError **error)
{
    struct log *log = log_new();
    if ((!options->log_names || log_set_mask(log, options->log_names, error)) &&
        (!options->log_path || log_set_file(log, options->log_path, error))) {
        return log;
    }
    log_free(log);
    return NULL;
}

/* Window, VNC server, terminal. The machine's streams are open by now: the last one to want the terminal is refused. */
static bool open_ui(struct program *program, const struct options *options, GError **error)
{
    const struct ui_options wanted = {
        .name = options->name, .display = options->display, .vnc = options->vnc, .nographic = options->nographic,
        .full_screen = options->full_screen,
    };
    program->ui = ui_new(&wanted, program->board->machine, program->board->display, program->board->input, error);
    return program->ui;
}

/* -mon [chardev=]ID[,mode=...]: a stream that a serial port shares ("mux=on") has its monitor behind Ctrl-a c already. */
static bool open_mon(struct program *program, const struct options *options, const char *text, GError **error)
{
    g_autofree char *first = options_driver(text), *mode = options_property(text, "mode");
    const char *id = g_str_has_prefix(first, "chardev=") ? first + strlen("chardev=") : first;
    g_autofree char *spec = options_chardev(options, id);
    if (!spec) {
        return error_fail(error, "-mon %s: no -chardev has the id %s", text, id);
    }
    for (unsigned i = 0; g_str_has_prefix(spec, "mon:") && i < program->board->characters->len; i++) {
        g_autofree char *open = character_describe(program->board->characters->pdata[i]);
        if (g_str_has_suffix(open, spec + strlen("mon:")) && character_is_shared(program->board->characters->pdata[i])) {
            return true;
        }
    }
    if (mode && strcmp(mode, "readline") && strcmp(mode, "control")) {
        return error_fail(error, "-mon %s: mode is readline or control", text);
    }
    return monitor_open(program->monitor, spec, mode && *mode == 'c' ? MONITOR_QMP : MONITOR_HUMAN, error);
}

static bool open_lines(struct program *program, const GPtrArray *specs, const char *option, enum monitor_mode mode,
                       const struct options *options, GError **error)
{
    for (unsigned i = 0; i < specs->len; i++) {
        const char *spec = specs->pdata[i];
        g_autofree char *text = g_str_has_prefix(spec, "chardev:") ? options_chardev(options, spec + 8) : g_strdup(spec);
        if (!text) {
            return error_fail(error, "-%s %s: there is no such -chardev", option, spec);
        }
        if (!monitor_open(program->monitor, text, mode, error)) {
            g_prefix_error(error, "-%s: ", option);
            return false;
        }
    }
    return true;
}

static bool open_monitors(struct program *program, const struct options *options, GError **error)
{
    const struct monitor_facts facts = {
        .program = program->name, .version = DRAGOMAN_VERSION, .qemu_version = compat_version, .name = options->name,
        .uuid = options->uuid, .machine = program->board->type->name, .memory_bytes = options->memory_bytes,
    };
    program->monitor = monitor_new(program->board, program->ui, &facts);
    for (unsigned i = 0; i < program->board->characters->len; i++) {
        if (character_is_shared(program->board->characters->pdata[i])) {
            monitor_attach(program->monitor, program->board->characters->pdata[i]);
        }
    }
    if (!open_lines(program, options->monitors, "monitor", MONITOR_HUMAN, options, error) ||
        !open_lines(program, options->qmps, "qmp", MONITOR_QMP, options, error)) {
        return false;
    }
    for (unsigned i = 0; i < options->mons->len; i++) {
        if (!open_mon(program, options, options->mons->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

static int run_machine(struct program *program, const struct options *options, struct log *log)
{
    GError *error = NULL;
    /* Before the board opens streams: a signal then finds the terminal raw. It is looked at when the main loop runs. */
    g_unix_signal_add(SIGINT, on_interrupt, program);
    g_unix_signal_add(SIGTERM, on_terminate, program);
    g_unix_signal_add(SIGHUP, on_hangup, program);
    signal(SIGPIPE, SIG_IGN);
    const struct board_type *type = board_type_find(options->machine, &error);
    program->board = type ? board_new(type, options, log, &error) : NULL;
    if (!program->board) {
        return fail(program, error);
    }
    board_set_leave(program->board, leave, program);
    program->board->machine->start_paused = options->start_paused;
    bool ready = open_ui(program, options, &error) && open_monitors(program, options, &error);
    int status = ready ? machine_run(program->board->machine) : fail(program, error);
    monitor_free(program->monitor);
    ui_free(program->ui);
    board_free(program->board);
    return status;
}

/* The links for ARM run the ARM board when no machine is named (QEMU then says that one must be). */
static void choose_machine(const struct program *program, struct options *options, int argc, char **argv)
{
    bool named = false;
    for (int i = 0; i < argc; i++) {
        const char *text = argv[i] + strspn(argv[i], "-");
        named |= argv[i][0] == '-' && (!strcmp(text, "M") || !strcmp(text, "machine"));
    }
    if (!named && (!strcmp(program->name, "qemu-system-arm") || !strcmp(program->name, "qemu-system-aarch64"))) {
        g_free(options->machine);
        options->machine = g_strdup("virt");
    }
}

static int run(struct program *program, int argc, char **argv)
{
    struct options options;
    enum options_request request;
    GError *error = NULL;
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "-version") || !strcmp(argv[i], "--version")) {
            print_version(program);
            return 0;
        }
    }
    if (!options_parse(&options, argc, argv, &request, &error)) {
        return fail(program, error);
    }
    choose_machine(program, &options, argc, argv);
    int status = 0;
    if (request == OPTIONS_TEXT) {
        print_options(program);
    } else if (!help_in_options(&options)) {
        struct log *log = open_log(&options, &error);
        status = log ? run_machine(program, &options, log) : fail(program, error);
        log_free(log);
    }
    options_clear(&options);
    return status;
}

int main(int argc, char **argv)
{
    g_autofree char *base = g_path_get_basename(argv[0]);
    struct program program = { .name = base, .compat = g_str_has_prefix(base, "qemu-system-") };
    static const char *const verbs[] = { "run", "img", "help", NULL };
    if (program.compat) {
        return run(&program, argc - 1, argv + 1);
    }
    const char *verb = argc > 1 ? argv[1] : "help";
    if (!strcmp(base, "qemu-img")) {
        return img_main(argc, argv);
    }
    if (!strcmp(verb, "img")) {
        g_autofree char *img_name = g_strconcat(base, " img", NULL);
        argv[1] = img_name;
        return img_main(argc - 1, argv + 1);
    }
    if (!strcmp(verb, "run")) {
        return run(&program, argc - 2, argv + 2);
    }
    if (!strcmp(verb, "help") || !strcmp(verb, "--help") || !strcmp(verb, "-h")) {
        return help(&program, argc - 2, argv + 2);
    }
    if (!strcmp(verb, "--version") || !strcmp(verb, "-version")) {
        print_version(&program);
        return 0;
    }
    GError *error = NULL;
    const char *near = verb[0] == '-' ? "run" : nearest_name(verb, verbs);
    error_fail(&error, "unknown verb '%s'%s%s%s; see '%s help'", verb, near ? "; did you mean '" : "", near ? near : "",
               near ? "'?" : "", program.name);
    return fail(&program, error);
}
