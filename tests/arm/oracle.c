/* SPDX-License-Identifier: MIT */
/* See oracle.h. */
#include "tests/arm/oracle.h"
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { BATCH = 32 };
struct oracle { GPid pid; int in, out; };

struct oracle *oracle_new(const char *qemu, const char *cpu, const char *path)
{
    char *program = g_find_program_in_path(qemu);
    if (!program || !g_file_test(path, G_FILE_TEST_IS_EXECUTABLE)) {
        g_free(program);
        return NULL;
    }
    struct oracle *o = g_new0(struct oracle, 1);
    char *argv[] = { program, (char *)"-cpu", (char *)cpu, (char *)path, NULL };
    bool ok = g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &o->pid, &o->in,
                                       &o->out, NULL, NULL);
    g_free(program);
    signal(SIGPIPE, SIG_IGN);
    if (!ok) {
        g_free(o);
        return NULL;
    }
    return o;
}

void oracle_free(struct oracle *o)
{
    if (o) {
        close(o->in);
        close(o->out);
        kill(o->pid, SIGKILL);
        g_spawn_close_pid(o->pid);
        g_free(o);
    }
}

static bool transfer(int fd, void *data, size_t left, bool out)
{
    char *p = data;
    while (left) {
        ssize_t done = out ? write(fd, p, left) : read(fd, p, left);
        if (done <= 0) {
            return false;
        }
        p += done;
        left -= (size_t)done;
    }
    return true;
}

bool oracle_run(struct oracle *o, void *records, size_t record_bytes, unsigned count)
{
    for (unsigned at = 0; at < count; at += BATCH) {
        char *batch = (char *)records + at * record_bytes;
        size_t bytes = MIN(BATCH, count - at) * record_bytes;
        if (!transfer(o->in, batch, bytes, true) || !transfer(o->out, batch, bytes, false)) {
            return false;
        }
    }
    return true;
}
