/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_PROCESS_H
#define MACHINE_PROCESS_H
/* -daemonize and -pidfile. */
#include <glib.h>
#include <stdbool.h>
#include "base/options.h"

struct process { int ready_fd, pid_fd; const char *pid_path; };

/* Before any thread is there. With -daemonize it returns in the process that goes on in the background only; the one that was
 * called ends when that one is ready, or with status 1 when it ends before. error: the pid file, or no new process. */
bool process_begin(struct process *process, const struct options *options, GError **error);
/* Everything listens: whoever called may go on, and the terminal is let go. */
void process_ready(struct process *process);
void process_end(struct process *process);

#endif
