/* SPDX-License-Identifier: MIT */
/* Two machines in one process, at once: nothing of a machine is global. Each runs SeaBIOS from its reset vector until its
 * debug console has shown the banner, one translated, one interpreted. */
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/options.h"
#include "hw/boards/board.h"
#include "machine/machine.h"
#include "tests/unit/test.h"

struct run {
    struct options options;
    struct log *log;
    struct board *board;
    GThread *thread;
    GMainContext *context;
    char *path;
    int status;
};

static void *run_machine(void *opaque)
{
    struct run *run = opaque;
    g_main_context_push_thread_default(run->context);
    run->status = machine_run(run->board->machine);
    g_main_context_pop_thread_default(run->context);
    return NULL;
}

static bool start(struct run *run, const char *accel)
{
    enum options_request request;
    run->path = g_strdup("/tmp/dragoman-two-XXXXXX");
    close(g_mkstemp(run->path));
    g_autofree char *line = g_strdup_printf("-display none -serial none -m 32M -accel %s -debugcon file:%s "
                                            "-global isa-debugcon.iobase=0x402", accel, run->path);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    run->log = log_new();
    run->context = g_main_context_new();
    run->board = options_parse(&run->options, g_strv_length(words), words, &request, NULL)
        ? board_new(board_type_find("pc", NULL), &run->options, run->log, NULL) : NULL;
    run->thread = run->board ? g_thread_new(accel, run_machine, run) : NULL;
    return run->thread;
}

static bool shows(const struct run *run, const char *text, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 20; i++) {
        g_autofree char *shown = NULL;
        if (g_file_get_contents(run->path, &shown, NULL, NULL) && strstr(shown, text)) {
            return true;
        }
        g_usleep(50000);
    }
    return false;
}

static void finish(struct run *run)
{
    if (run->thread) {
        machine_request_shutdown(run->board->machine, 7);
        g_thread_join(run->thread);
    }
    if (run->board) {
        board_free(run->board);
        options_clear(&run->options);
    }
    remove(run->path);
    g_free(run->path);
    log_free(run->log);
    g_main_context_unref(run->context);
}

static void both_reach_the_banner(struct test *test)
{
    struct run one = { .status = -1 }, two = { .status = -1 };
    if (EXPECT(test, start(&one, "tcg")) && EXPECT(test, start(&two, "interp"))) {
        EXPECT(test, shows(&one, "SeaBIOS (version", 120));
        EXPECT(test, shows(&two, "SeaBIOS (version", 120));
    }
    finish(&one);
    finish(&two);
    EXPECT(test, one.status == 7 && two.status == 7);
}

int main(void)
{
    if (!g_file_test("/usr/share/seabios/bios-256k.bin", G_FILE_TEST_EXISTS)) {
        puts("skip two_machines: no SeaBIOS (Debian package seabios)");
        return 0;
    }
    test_run("two_machines_in_one_process", both_reach_the_banner);
    return test_status();
}
