/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_INTERNAL_H
#define MONITOR_INTERNAL_H
/* Between the files of the monitor. */
#include "base/device.h"
#include "base/typist.h"
#include "hw/boards/board.h"
#include "machine/machine.h"
#include "monitor/monitor.h"
#include "tcg/cpu_view.h"
#include "tcg/debugger.h"
#include "tcg/engine.h"
#include "ui/ui.h"

struct qmp;

struct monitor {
    struct board *board;
    struct machine *machine;
    struct ui *ui;
    struct typist *typist;      /* NULL: no keyboard */
    char *program, *version, *qemu_version, *name, *uuid, *machine_name;
    uint64_t memory_bytes;
    GPtrArray *listeners;       /* struct monitor_listener * */
    GPtrArray *sessions;        /* struct session *, see session.c */
    GPtrArray *gdb_servers;     /* struct gdb_server *, see gdb_server.c */
    unsigned mouse_buttons;
    bool shutdown_told, icount; /* icount: instructions are counted */
    GAsyncQueue *events;        /* struct drive_event *, see events.c */
    uint64_t steps_left;        /* of 'step N' and 'tb step N' */
    enum debug_step step;       /* what each of them is */
    guint step_source;          /* begins the next one; 0: none */
};

/* What a command of the human monitor works on. */
struct hmp {
    struct monitor *monitor;
    GString *out;
    unsigned cpu;               /* the one that 'cpu N' chose */
    const char *rest;           /* of the line behind the command's name, as typed */
    GPtrArray *history;         /* of the session; NULL: none */
};

/* A row of the table of commands or of 'info'. */
struct hmp_command {
    const char *names;          /* "stop|s" */
    const char *arguments, *help;
    unsigned least, most;       /* arguments that it takes */
    void (*run)(struct hmp *hmp, unsigned count, char **arguments);
    const char *(*complete)(struct monitor *monitor, unsigned index);   /* of the first argument; NULL: nothing */
};
extern const struct hmp_command hmp_commands[], hmp_topics[];   /* end with names NULL */

/* hmp.c */
void hmp_run(struct hmp *hmp, const char *line);
/* Names that go on from what is typed, for the word at the end of text; NULL-terminated, free with g_strfreev. */
char **hmp_complete(struct monitor *monitor, const char *text);
void hmp_help(struct hmp *hmp, unsigned count, char **arguments);
void hmp_info(struct hmp *hmp, unsigned count, char **arguments);
void hmp_error(struct hmp *hmp, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "Error: ..." of a GError, which it frees. */
void hmp_fail(struct hmp *hmp, GError *error);
const char *hmp_topic_name(struct monitor *monitor, unsigned index);

/* CPUs stand still between these, whether the machine runs or not; guest time goes on. */
void monitor_hold_cpus(struct monitor *monitor);
void monitor_release_cpus(struct monitor *monitor);
struct cpu *monitor_cpu(struct monitor *monitor, unsigned index);       /* NULL: none */
static inline void monitor_lock(struct monitor *m) { g_mutex_lock(&m->machine->lock); }
static inline void monitor_unlock(struct monitor *m) { g_mutex_unlock(&m->machine->lock); }

/* expression.c: "0x7c00 + $esp * 2"; error: says where. CPUs are held. *end: where it ended. */
bool expression_evaluate(struct cpu *cpu, const char *text, const char **end, uint64_t *value, GError **error);

/* actions.c: what HMP and QMP both do. */
bool action_send_keys(struct monitor *monitor, const unsigned *codes, unsigned count, unsigned hold_ms, GError **error);
bool action_screendump(struct monitor *monitor, const char *path, const char *format, GError **error);
bool action_save_memory(struct monitor *monitor, const char *path, uint64_t address, uint64_t bytes, struct cpu *cpu,
                        GError **error);        /* cpu NULL: physical */
bool action_set_link(struct monitor *monitor, const char *name, bool up, GError **error);
struct drive;
/* The -device that a drive is on, as clients name it: its id, or with virtio the path of the part of it that has the drive. NULL: it
 * has no id, or the drive is the board's own. Free it. */
char *monitor_drive_device(struct monitor *monitor, const struct drive *drive);
/* By its own name, or that device, or the path of that in the object tree. NULL: error. */
struct drive *monitor_find_drive(struct monitor *monitor, const char *name, GError **error);
/* A file that is to be in a drive; format NULL: probed. */
struct medium_wanted { const char *file, *format; bool read_only, force; };
bool action_change(struct monitor *monitor, const char *device, const struct medium_wanted *wanted, GError **error);
/* name: as query-chardev has it. Its device sees the line held low. */
bool action_send_break(struct monitor *monitor, const char *name, GError **error);
bool action_eject(struct monitor *monitor, const char *device, bool force, GError **error);
/* What the guest is to keep of its memory, in bytes. */
bool action_balloon(struct monitor *monitor, int64_t bytes, GError **error);
/* The categories of the log that are on. */
void action_set_log(struct monitor *monitor, uint32_t mask);
bool action_nmi(struct monitor *monitor, GError **error);
/* Runs on until so many instructions have run in all; with -icount. */
bool action_run_until(struct monitor *monitor, uint64_t count, GError **error);
const char *action_status(struct monitor *monitor);     /* "running", "paused", "prelaunch", "debug", "shutdown" */
/* core.c */
bool action_dump_core(struct monitor *monitor, const char *path, GError **error);

/* The commands, by file. */
#define HMP_RUN(name) void name(struct hmp *hmp, unsigned count, char **arguments);
#include "monitor/hmp_functions.def"
#undef HMP_RUN

/* gdb_server.c */
void gdb_servers_init(struct monitor *monitor);
void gdb_servers_event(struct monitor *monitor, enum machine_event event);
void gdb_servers_close(struct monitor *monitor);

/* session.c: a human's line on a stream. */
struct session;
struct session_output { void *opaque; void (*write)(void *opaque, const uint8_t *bytes, unsigned count); };
struct session *session_new(struct monitor *monitor, const struct session_output *output);
void session_free(struct session *session);
void session_greet(struct session *session);
void session_input(struct session *session, const uint8_t *bytes, unsigned count);
/* Lines that nobody asked for: between the prompt and what is being typed. */
void session_tell(struct session *session, const char *text);

/* qmp.c, or qmp_off.c */
bool qmp_there(void);
struct qmp *qmp_new(struct monitor *monitor, const struct session_output *output);
void qmp_free(struct qmp *qmp);
void qmp_greet(struct qmp *qmp);
void qmp_input(struct qmp *qmp, const uint8_t *bytes, unsigned count);
/* To a client that has negotiated; data_json NULL: none. */
void qmp_event(struct qmp *qmp, const char *name, const char *data_json);
/* To all of them. */
void monitor_event(struct monitor *monitor, const char *name, const char *data_json);
/* Lines to everybody at a human monitor, then the prompt again. */
void monitor_tell_humans(struct monitor *monitor, const char *text);
/* hmp_debug.c: the machine stopped: perhaps at a point of ours, or after a step. */
void monitor_debug_stopped(struct monitor *monitor);
/* events.c: what drives and hot plug tell, as events from the main loop. */
void monitor_watch_devices(struct monitor *monitor);
void monitor_leave_devices(struct monitor *monitor);
/* The SHUTDOWN event now; it does not come again. */
void monitor_tell_shutdown(struct monitor *monitor);

#endif
