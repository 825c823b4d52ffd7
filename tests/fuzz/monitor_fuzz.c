/* SPDX-License-Identifier: MIT */
/*
 * Random lines for the human monitor and random JSON for QMP, on a whole machine that stands still most of the time:
 *
 *   monitor_fuzz [--seconds N] [--seed N]
 *
 * Without arguments a fixed number of rounds from a fixed seed; with a time another seed each day. An odd seed's machine counts
 * instructions.
 *
 * Nothing may crash, hang or answer with what is no JSON. It writes no files: it gives up root's rights, and the names
 * of files lead nowhere.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "monitor/internal.h"
#include "tests/unit/test.h"
#include "tests/fuzz/fuzz_board.h"

static const char *const words[] = {
    "0", "1", "0x7c00", "$rip", "$nothing", "-1", "0xffffffffffffffff", "(1+2)*3", "1/0", "((((", "'a'", "a", "ctrl-alt-delete", "on", "off",
    "ide1-cd0", "ide0-hd0", "-f", "-a", "/4xw", "/8i", "/99999999c", "/nonexistent/x", "vnc", "password", "\"a b\"", "\"open", "none", "int,cpu",
    "tcp::1-:2", "512M", "registers", "mtree", "pci", "gdt", "idt", "tss", "page", "tlb", "mem", "x", "\xff\xfe", "%s%n", "",
    "delete", "all", "r", "w", "rw", "-p", "lapic", "break", "trace-events", "in_*", "e1000,id=a", "2", "3", "1000",
    "$cr0", "$cr3", "$cs", "$ds", "$efer", "$cr8", "$eflags", "exec", "exec,cpu", "trace", "list", "--sort", "heat", "show", "stats", "count", "step",
};

struct fuzz { struct monitor *monitor; GRand *random; GString *out; };

static unsigned below(struct fuzz *f, unsigned most) { return (unsigned)g_rand_int_range(f->random, 0, (gint32)most); }

static void collect(void *opaque, const uint8_t *bytes, unsigned count)
{
    g_string_append_len(((struct fuzz *)opaque)->out, (const char *)bytes, count);
}

/* Changes, doubles and drops some bytes. */
static void mutate(struct fuzz *f, GString *text)
{
    for (unsigned n = below(f, 4); n-- > 0 && text->len;) {
        unsigned at = below(f, (unsigned)text->len);
        switch (below(f, 3)) {
        case 0: text->str[at] = (char)below(f, 256); break;
        case 1: g_string_erase(text, at, 1 + below(f, (unsigned)text->len - at)); break;
        default: g_string_insert_c(text, at, text->str[below(f, (unsigned)text->len)]); break;
        }
    }
}

static void human_line(struct fuzz *f)
{
    unsigned rows = 0;
    while (hmp_commands[rows].names) {
        rows++;
    }
    const struct hmp_command *row = &hmp_commands[below(f, rows)];
    GString *line = g_string_new(NULL);
    g_string_append_len(line, row->names, (gssize)strcspn(row->names, "|"));
    for (unsigned n = below(f, 5); n-- > 0;) {
        g_string_append_printf(line, "%s%s", below(f, 8) ? " " : "", words[below(f, G_N_ELEMENTS(words))]);
    }
    if (!below(f, 3)) {
        mutate(f, line);
    }
    free(monitor_run_line(f->monitor, line->str, below(f, 3) ? 0 : below(f, 300)));
    g_strfreev(hmp_complete(f->monitor, line->str));
    g_string_free(line, TRUE);
}

static void session_keys(struct fuzz *f)
{
    const struct session_output output = { f, collect };
    struct session *session = session_new(f->monitor, &output);
    uint8_t keys[64];
    session_greet(session);
    for (unsigned n = 0; n < 20; n++) {
        for (unsigned i = 0; i < sizeof(keys); i++) {
            keys[i] = (uint8_t)(below(f, 3) ? below(f, 32) : below(f, 256));
        }
        session_input(session, keys, below(f, sizeof(keys)));
        session_input(session, (const uint8_t *)"\033[A\033[Dinfo \t\003", 13);
    }
    session_free(session);
    g_string_set_size(f->out, 0);
}

static void qmp_messages(struct fuzz *f, struct qmp *qmp)
{
    static const char *const commands[] = {
        "query-status", "query-block", "query-pci", "query-qmp-schema", "human-monitor-command", "send-key", "input-send-event", "memsave",
        "screendump", "eject", "set_link", "stop", "qom-list", "qom-get", "set_password", "blockdev-change-medium", "dump-guest-memory",
        "device_add", "device_del", "device-list-properties", "qom-list-types", "qom-list-properties", "query-command-line-options", "cont",
        "migrate-set-capabilities", "x-run-until", "x-query-icount", "query-machines", "query-cpu-definitions", "query-cpus-fast", "pmemsave",
        "system_reset", "block_resize", "query-named-block-nodes", "query-commands", "inject-nmi", "qmp_capabilities", "nonsense",
    };
    static const char *const values[] = {
        "1", "-1", "true", "null", "1e99", "\"a\"", "\"/nonexistent/x\"", "\"ide1-cd0\"", "[]", "{}", "[{\"type\": \"qcode\", \"data\": \"a\"}]",
        "[{\"type\": \"rel\", \"data\": {\"axis\": \"x\", \"value\": 99999999999}}]", "\"\\u0000\"", "\"info registers\"", "99999999999999999999",
        "\"e1000\"", "\"/machine/peripheral\"", "\"pc-machine\"", "[{\"capability\": \"events\", \"state\": true}]", "100000",
    };
    static const char *const names[] = { "command-line", "keys", "events", "val", "size", "filename", "device", "id", "name", "up", "path",
                                         "property", "format", "cpu-index", "protocol", "paging", "password", "force", "zzz", "driver",
                                         "typename", "option", "implements", "capabilities", "icount", "bus" };
    GString *text = g_string_new(NULL);
    g_string_printf(text, "{\"execute\": \"%s\", \"id\": %s, \"arguments\": {", commands[below(f, G_N_ELEMENTS(commands))],
                    values[below(f, G_N_ELEMENTS(values))]);
    for (unsigned n = below(f, 4), i = 0; i < n; i++) {
        g_string_append_printf(text, "%s\"%s\": %s", i ? ", " : "", names[below(f, G_N_ELEMENTS(names))],
                               values[below(f, G_N_ELEMENTS(values))]);
    }
    g_string_append(text, "}}\n");
    if (!below(f, 2)) {
        mutate(f, text);
    }
    qmp_input(qmp, (const uint8_t *)text->str, (unsigned)text->len);
    g_string_free(text, TRUE);
}

static void run(struct fuzz *f, double seconds, unsigned rounds)
{
    const struct session_output output = { f, collect };
    struct qmp *qmp = qmp_there() ? qmp_new(f->monitor, &output) : NULL;
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    if (qmp) {
        qmp_input(qmp, (const uint8_t *)"{\"execute\": \"qmp_capabilities\"}", 31);
    }
    unsigned n = 0;
    for (; seconds > 0 ? g_get_monotonic_time() < end : n < rounds; n++) {
        human_line(f);
        if (qmp) {
            qmp_messages(f, qmp);
        }
        if (n % 64 == 0) {
            session_keys(f);
        }
        while (g_main_context_iteration(NULL, FALSE)) {
        }
        g_string_set_size(f->out, 0);
    }
    printf("# %u rounds\n", n);
    qmp_free(qmp);
}

int main(int argc, char **argv)
{
    static char *arguments[] = { "-m", "16M", "-display", "none", "-serial", "none", "-net", "none", "-icount", "0" };
    enum { ROUNDS = 20000 };
    double seconds = 0;
    guint32 seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        bool time = !strcmp(argv[i], "--seconds");
        seconds = time ? atof(argv[i + 1]) : seconds;
        seed = time && seed == 1 ? (guint32)(g_get_real_time() / G_USEC_PER_SEC) : seed;
        seed = strcmp(argv[i], "--seed") ? seed : (guint32)strtoul(argv[i + 1], NULL, 0);
    }
    struct options options;
    struct log *log = log_new();
    struct board *board = fuzz_board_new("monitor_fuzz", &options, G_N_ELEMENTS(arguments) - (seed & 1 ? 0 : 2), arguments, log);
    if (!board) {
        return 0;
    }
    const struct monitor_facts facts = { "dragoman", "0", "8.2.0", "fuzz", NULL, "pc", 16 << 20, seed & 1 };
    struct fuzz f = { monitor_new(board, NULL, &facts), g_rand_new_with_seed(seed), g_string_new(NULL) };
    printf("# seed %u\n", seed);
    fflush(stdout);
    log_set_file(log, "/dev/null", NULL);
    run(&f, seconds, ROUNDS);
    machine_stop(board->machine);
    monitor_free(f.monitor);
    board_free(board);
    log_free(log);
    options_clear(&options);
    g_rand_free(f.random);
    g_string_free(f.out, TRUE);
    printf("ok monitor_fuzz\n");
    return 0;
}
