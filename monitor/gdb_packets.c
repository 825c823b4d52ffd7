/* SPDX-License-Identifier: MIT */
/* The table of gdb's packets (gdb manual E.2), what reads them, and those that are short. */
#include <string.h>
#include "monitor/gdb.h"

/* ---- reading ---- */

bool gdb_take_char(const char **at, char c)
{
    const bool there = **at == c && c;
    *at += there;
    return there;
}

bool gdb_take_prefix(const char **at, const char *prefix)
{
    const bool there = g_str_has_prefix(*at, prefix);
    *at += there ? strlen(prefix) : 0;
    return there;
}

/* At least one digit, at most 64 bits. */
bool gdb_take_hex(const char **at, uint64_t *value)
{
    const char *from = *at;
    *value = 0;
    for (; g_ascii_isxdigit(**at); ++*at) {
        if (*value >> 60) {
            return false;
        }
        *value = *value << 4 | (uint64_t)g_ascii_xdigit_value(**at);
    }
    return *at > from;
}

bool gdb_take_byte(const char **at, uint8_t *byte)
{
    if (!g_ascii_isxdigit((*at)[0]) || !g_ascii_isxdigit((*at)[1])) {
        return false;
    }
    *byte = (uint8_t)(g_ascii_xdigit_value((*at)[0]) << 4 | g_ascii_xdigit_value((*at)[1]));
    *at += 2;
    return true;
}

void gdb_put_hex(GString *out, const void *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        const uint8_t byte = ((const uint8_t *)bytes)[i];
        g_string_append_c(out, digits[byte >> 4]);
        g_string_append_c(out, digits[byte & 15]);
    }
}

/* ---- the table ---- */

/* A name that is followed by anything; the first that fits. */
static const struct { const char *name; void (*run)(struct gdb *gdb, struct gdb_arguments arguments); } packets[] = {
    { "?", gdb_question }, { "!", gdb_extended }, { "D", gdb_detach }, { "k", gdb_kill }, { "R", gdb_restart },
    { "bc", gdb_reverse }, { "bs", gdb_reverse },
    { "g", gdb_read_registers }, { "G", gdb_write_registers }, { "p", gdb_read_register }, { "P", gdb_write_register },
    { "m", gdb_read_memory }, { "M", gdb_write_memory }, { "X", gdb_write_binary },
    { "Z", gdb_insert_point }, { "z", gdb_remove_point },
    { "H", gdb_set_thread }, { "T", gdb_thread_alive },
    { "c", gdb_continue }, { "C", gdb_continue_signal }, { "s", gdb_step }, { "S", gdb_step_signal },
    { "vCont?", gdb_can_resume }, { "vCont;", gdb_resume }, { "vAttach;", gdb_attach }, { "vKill;", gdb_kill_process },
    { "vCtrlC", gdb_ctrl_c },
    { "q", gdb_query }, { "Q", gdb_set }, { "jThreadsInfo", gdb_threads_json },
};

void gdb_packet(struct gdb *gdb, const char *body, size_t bytes)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(packets); i++) {
        if (g_str_has_prefix(body, packets[i].name)) {
            packets[i].run(gdb, (struct gdb_arguments){ body + strlen(packets[i].name), body + bytes });
            return;
        }
    }
    gdb_send(gdb, "", 0);
}

/* ---- life ---- */

/* A client begins: it expects the machine to stand still, without points of an earlier one. */
void gdb_question(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_remove_points(gdb);
    gdb->waiting = false;
    machine_stop(gdb->monitor->machine);
    gdb_stop_reply(gdb);
}

void gdb_extended(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_ok(gdb);
}

void gdb_detach(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_remove_points(gdb);
    gdb->waiting = false;
    gdb_ok(gdb);
    machine_start(gdb->monitor->machine);
}

static void end_machine(struct gdb *gdb)
{
    gdb->monitor->machine->shutdown_reason = "host-signal";
    g_printerr("%s: killed by gdb\n", gdb->monitor->program);
    machine_request_shutdown(gdb->monitor->machine, 0);
}

void gdb_kill(struct gdb *gdb, struct gdb_arguments arguments)
{
    end_machine(gdb);
}

void gdb_kill_process(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_ok(gdb);
    end_machine(gdb);
}

void gdb_attach(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_question(gdb, arguments);
}

/* R of the extended protocol: start the program anew; there is no reply. */
void gdb_restart(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb->monitor->machine->reset_by_host = true;
    machine_request_reset(gdb->monitor->machine);
}

void gdb_reverse(struct gdb *gdb, struct gdb_arguments arguments)
{
    enum { EINVAL_CODE = 22 };
    gdb_refuse(gdb, EINVAL_CODE, "this machine cannot run backwards");
}
