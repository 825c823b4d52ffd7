/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H
/*
 * Steering a machine from outside: people by the human monitor (HMP), programs by QMP. Everything runs in the main loop.
 */
#include <glib.h>
#include <stdbool.h>

struct board;
struct character;
struct monitor;
struct ui;

enum monitor_mode { MONITOR_HUMAN, MONITOR_QMP };

struct monitor_facts {
    const char *program, *version, *qemu_version;       /* "dragoman", "0.1.0", "8.2.0": what clients are told */
    const char *name, *uuid, *machine;                  /* -name, -uuid, -machine; NULL: none */
    unsigned long long memory_bytes;
    bool icount;                                        /* -icount */
};

/* Nothing is owned, the facts are copied. ui may be NULL. */
struct monitor *monitor_new(struct board *board, struct ui *ui, const struct monitor_facts *facts);
/* Before the board and the ui are freed. */
void monitor_free(struct monitor *monitor);

/* -monitor, -qmp, -mon: "stdio", "telnet:127.0.0.1:4444,server,nowait", ...; "none": nothing. Servers take several clients.
 * error: one line, or QMP is not in this build. */
bool monitor_open(struct monitor *monitor, const char *spec, enum monitor_mode mode, GError **error);
/* -gdb, gdbserver: "tcp:[HOST]:PORT", "unix:PATH" or "stdio", each with [,arch=auto|NAME][,pc=linear|offset]. kernel_bits: a kernel
 * is started whose code is so wide, so without arch= that is what gdb debugs; 0: none. error: one line. */
bool monitor_open_gdb(struct monitor *monitor, const char *spec, unsigned kernel_bits, GError **error);
/* A human monitor behind Ctrl-a c of a stream that was opened with "mon:". */
void monitor_attach(struct monitor *monitor, struct character *character);

/* One line of the human monitor; its output, to be freed. For gdb's "monitor" and QMP's human-monitor-command. */
char *monitor_run_line(struct monitor *monitor, const char *line, unsigned cpu);

/* The table of commands, or of what 'info' shows, for the manual. false: no more. */
struct monitor_command { const char *names, *arguments, *help; };
bool monitor_command_at(bool info, unsigned index, struct monitor_command *command);

#endif
