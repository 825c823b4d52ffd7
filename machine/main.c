/* SPDX-License-Identifier: MIT */
/*
 * Program entry: verbs, the life of one machine, exit status.
 *
 *   dragoman run [options]     or a link named qemu-system-*, which takes the options directly
 *   dragoman explain [options] the same, with a record of its translations that is shown afterwards
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
#include "explain/explain.h"
#include "hw/boards/board.h"
#include "hw/boot/kernel_kind.h"
#include "machine/help.h"
#include "machine/machine.h"
#include "machine/process.h"
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
    struct process process;
    bool timestamps;                /* -msg timestamp=on */
    struct explain_session *explain;            /* the verb explain; NULL: run */
};

static int fail(const struct program *program, GError *error)
{
    g_autoptr(GDateTime) now = program->timestamps ? g_date_time_new_now_utc() : NULL;
    g_autofree char *when = now ? g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ ") : NULL;
    g_printerr("%s%s: %s\n", when ? when : "", program->name, error->message);
    g_error_free(error);
    return 1;
}

static void print_version(const struct program *program)
{
    if (program->compat) {
        g_print("QEMU emulator version %s (Dragoman %s)\n", compat_version, DRAGOMAN_VERSION);
    } else {
        g_print("dragoman %s\n", DRAGOMAN_VERSION);
    }
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
        .uuid = options->uuid, .machine = program->board->type->name, .memory_bytes = options->memory_bytes, .icount = options->icount,
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

/* Of the kernel that is to be debugged; its file may not say (Multiboot): then the widest. 0: no kernel is named. */
static unsigned kernel_bits(const struct options *options)
{
    enum { HEAD_BYTES = 8192 + 12, WIDEST = 64 };
    FILE *file = options->kernel ? fopen(options->kernel, "rbe") : NULL;
    if (!file) {
        return 0;
    }
    g_autofree uint8_t *head = g_malloc(HEAD_BYTES);
    const unsigned bits = kernel_kind_bits(head, fread(head, 1, HEAD_BYTES, file));
    fclose(file);
    return bits ? bits : WIDEST;
}

static bool open_gdb(struct program *program, const struct options *options, GError **error)
{
    const unsigned bits = kernel_bits(options);
    bool good = !options->gdb_standard || monitor_open_gdb(program->monitor, "tcp::1234", bits, error);
    for (unsigned i = 0; good && i < options->gdbs->len; i++) {
        good = monitor_open_gdb(program->monitor, options->gdbs->pdata[i], bits, error);
    }
    if (!good) {
        g_prefix_error(error, "%s: ", options->gdb_standard ? "-s" : "-gdb");
    }
    return good;
}

/* Before the board opens streams: a signal then finds the terminal raw. It is looked at when the main loop runs, or by a stream that
 * waits for its client; until then, and by all threads made meanwhile, it is blocked. */
static void take_signals(struct program *program, sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
    g_unix_signal_add(SIGINT, on_interrupt, program);
    g_unix_signal_add(SIGTERM, on_terminate, program);
    g_unix_signal_add(SIGHUP, on_hangup, program);
}

static int run_machine(struct program *program, const struct options *options, struct log *log)
{
    GError *error = NULL;
    sigset_t ends;
    take_signals(program, &ends);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);       /* a file that may not grow is the drive's error, not the machine's end */
    const struct board_type *type = board_type_find(options->machine, &error);
    program->board = type ? board_new(type, options, log, &error) : NULL;
    if (!program->board) {
        return fail(program, error);
    }
    board_set_leave(program->board, leave, program);
    program->board->machine->start_paused = options->start_paused;
    program->board->machine->no_shutdown = options->no_shutdown;
    bool ready = open_ui(program, options, &error) && open_monitors(program, options, &error) &&
                 open_gdb(program, options, &error);
    ready = ready && (!program->explain || explain_start(program->explain, program->board, &error));
    pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
    if (ready) {
        process_ready(&program->process);
    }
    int status = ready ? machine_run(program->board->machine) : fail(program, error);
    if (ready && program->explain && !explain_finish(program->explain, &error)) {
        status = fail(program, error);
    }
    monitor_free(program->monitor);
    ui_free(program->ui);
    board_free(program->board);
    return status;
}

static int run_or_explain(struct program *program, struct options *options, struct log *log)
{
    GError *error = NULL;
    bool done = false;
    if (program->explain) {
        explain_adjust(program->explain, options);
        if (!explain_compare(program->explain, options, log, &done, &error)) {
            return fail(program, error);
        }
    }
    return done ? 0 : run_machine(program, options, log);
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

static int run_process(struct program *program, struct options *options)
{
    GError *error = NULL;
    program->timestamps = !g_strcmp0(options->msg_timestamp, "on");
    if (!process_begin(&program->process, options, &error)) {
        return fail(program, error);
    }
    struct log *log = open_log(options, &error);
    int status = log ? run_or_explain(program, options, log) : fail(program, error);
    log_free(log);
    process_end(&program->process);
    return status;
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
        help_print_options(program->name, program->compat);
    } else if (help_in_options(&options, program->compat, &error)) {
        status = error ? fail(program, error) : 0;
    } else {
        status = run_process(program, &options);
    }
    options_clear(&options);
    return status;
}

static int explain(struct program *program, int argc, char **argv)
{
    GError *error = NULL;
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            help_print_explain(program->name);
            return 0;
        }
    }
    program->explain = explain_new(&argc, argv, &error);
    int status = program->explain ? run(program, argc, argv) : fail(program, error);
    explain_session_free(program->explain);
    return status;
}

int main(int argc, char **argv)
{
    g_autofree char *base = g_path_get_basename(argv[0]);
    struct program program = { .name = base, .compat = g_str_has_prefix(base, "qemu-system-") };
    static const char *const verbs[] = { "run", "explain", "img", "help", NULL };
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
    if (!strcmp(verb, "explain")) {
        return explain(&program, argc - 2, argv + 2);
    }
    if (!strcmp(verb, "help") || !strcmp(verb, "--help") || !strcmp(verb, "-h")) {
        GError *error = NULL;
        return help_print(base, argc - 2, argv + 2, &error) ? 0 : fail(&program, error);
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
