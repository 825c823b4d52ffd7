/* SPDX-License-Identifier: MIT */
/* Commands that steer: run state, CPU to look at, log, media, cables. */
#include <string.h>
#include "base/log.h"
#include "hw/boards/backends.h"
#include "monitor/internal.h"
#include "tcg/cpu_gdb.h"

void hmp_stop(struct hmp *hmp, unsigned count, char **arguments)
{
    hmp->monitor->steps_left = 0;
    machine_stop(hmp->monitor->machine);
}

void hmp_cont(struct hmp *hmp, unsigned count, char **arguments)
{
    machine_start(hmp->monitor->machine);
}

void hmp_system_reset(struct hmp *hmp, unsigned count, char **arguments)
{
    hmp->monitor->machine->reset_by_host = true;
    machine_request_reset(hmp->monitor->machine);
}

void hmp_system_powerdown(struct hmp *hmp, unsigned count, char **arguments)
{
    machine_request_powerdown(hmp->monitor->machine);
}

void hmp_quit(struct hmp *hmp, unsigned count, char **arguments)
{
    hmp->monitor->machine->shutdown_reason = "host-qmp-quit";
    machine_request_shutdown(hmp->monitor->machine, 0);
}

void hmp_gdbserver(struct hmp *hmp, unsigned count, char **arguments)
{
    const char *device = count ? arguments[0] : "tcp::1234";
    GError *error = NULL;
    if (!strcmp(device, "none")) {
        gdb_servers_close(hmp->monitor);
        g_string_append(hmp->out, "Disabled gdbserver\n");
    } else if (!monitor_open_gdb(hmp->monitor, device, 0, &error)) {
        hmp_fail(hmp, error);
    } else {
        g_string_append_printf(hmp->out, "Waiting for gdb connection on device '%s'\n", device);
    }
}

void hmp_cpu(struct hmp *hmp, unsigned count, char **arguments)
{
    guint64 index;
    if (!g_ascii_string_to_unsigned(arguments[0], 10, 0, G_MAXUINT, &index, NULL) || !monitor_cpu(hmp->monitor, (unsigned)index)) {
        hmp_error(hmp, "invalid CPU index");
        return;
    }
    hmp->cpu = (unsigned)index;
}

/* Those that gdb may write, by their names there. */
void hmp_set(struct hmp *hmp, unsigned count, char **arguments)
{
    struct cpu *cpu = monitor_cpu(hmp->monitor, hmp->cpu);
    const char *name = arguments[0] + (arguments[0][0] == '$'), *end;
    uint64_t value;
    GError *error = NULL;
    monitor_hold_cpus(hmp->monitor);
    if (!expression_evaluate(cpu, arguments[1], &end, &value, &error)) {
        hmp_fail(hmp, error);
    } else if (!cpu || !cpu_gdb_write_name(cpu, name, value)) {
        hmp_error(hmp, "register %s is not there or cannot be set, or not to this value", name);
    }
    monitor_release_cpus(hmp->monitor);
}

/* log ITEM,...: these and no others, as QEMU's. */
void hmp_log(struct hmp *hmp, unsigned count, char **arguments)
{
    uint32_t mask = 0;
    GError *error = NULL;
    if (!strcmp(arguments[0], "none") || log_parse_mask(arguments[0], &mask, &error)) {
        action_set_log(hmp->monitor, mask);
    } else {
        hmp_fail(hmp, error);
    }
}

/* trace-event NAME on|off, as QEMU's; NAME may have * in it. */
void hmp_trace_event(struct hmp *hmp, unsigned count, char **arguments)
{
    const uint32_t mask = log_matching(arguments[0]), before = hmp->monitor->board->log->mask;
    const bool on = !strcmp(arguments[1], "on");
    if (!on && strcmp(arguments[1], "off")) {
        hmp_error(hmp, "usage: trace-event CATEGORY on|off");
    } else if (!mask) {
        hmp_error(hmp, "there is no category '%s'; see 'info trace-events'", arguments[0]);
    } else {
        action_set_log(hmp->monitor, on ? before | mask : before & ~mask);
    }
}

void hmp_info_trace_events(struct hmp *hmp, unsigned count, char **arguments)
{
    const uint32_t mask = log_matching(count ? arguments[0] : "*");
    for (unsigned i = 0; i < LOG_CATEGORY_COUNT; i++) {
        if (mask >> i & 1) {
            g_string_append_printf(hmp->out, "%s : state %d\n", log_category_name(i), log_on(hmp->monitor->board->log, i));
        }
    }
}

void hmp_logfile(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    if (!log_set_file(hmp->monitor->board->log, arguments[0], &error)) {
        hmp_fail(hmp, error);
    }
}

void hmp_nmi(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    if (!action_nmi(hmp->monitor, &error)) {
        hmp_fail(hmp, error);
    }
}

void hmp_send_break(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    if (!action_send_break(hmp->monitor, arguments[0], &error)) {
        hmp_fail(hmp, error);
    }
}

void hmp_eject(struct hmp *hmp, unsigned count, char **arguments)
{
    bool force = !strcmp(arguments[0], "-f");
    GError *error = NULL;
    if (force && count < 2) {
        hmp_error(hmp, "usage: eject [-f] DEVICE");
    } else if (!action_eject(hmp->monitor, arguments[force], force, &error)) {
        hmp_fail(hmp, error);
    }
}

/* change DEVICE FILE [FORMAT [read-only]]; change vnc password TEXT */
void hmp_change(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    if (!strcmp(arguments[0], "vnc")) {
        if (strcmp(arguments[1], "password") && strcmp(arguments[1], "passwd")) {
            hmp_error(hmp, "the VNC server's address cannot be changed; only 'change vnc password TEXT'");
        } else if (!hmp->monitor->ui || !ui_set_vnc_password(hmp->monitor->ui, count > 2 ? arguments[2] : NULL)) {
            hmp_error(hmp, "no VNC server asks for a password: -vnc ...,password=on");
        }
        return;
    }
    const struct medium_wanted wanted = {
        arguments[1], count > 2 ? arguments[2] : NULL, count > 3 && !strcmp(arguments[3], "read-only"), false,
    };
    if (!action_change(hmp->monitor, arguments[0], &wanted, &error)) {
        hmp_fail(hmp, error);
    }
}

void hmp_block_resize(struct hmp *hmp, unsigned count, char **arguments)
{
    struct block *block = hmp->monitor->board->block;
    struct drive *drive = block ? block_find_id(block, arguments[0]) : NULL;
    uint64_t bytes;
    GError *error = NULL;
    if (!drive) {
        hmp_error(hmp, "Device '%s' not found", arguments[0]);
    } else if (!options_parse_size(arguments[1], &bytes)) {
        hmp_error(hmp, "'%s' is not a size such as 512M or 4G", arguments[1]);
    } else {
        monitor_lock(hmp->monitor);
        bool done = drive_resize(drive, bytes, &error);
        monitor_unlock(hmp->monitor);
        if (!done) {
            hmp_fail(hmp, error);
        }
    }
}

void hmp_set_link(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    bool on = !strcmp(arguments[1], "on") || !strcmp(arguments[1], "up");
    if (!on && strcmp(arguments[1], "off") && strcmp(arguments[1], "down")) {
        hmp_error(hmp, "usage: set_link NAME on|off");
    } else if (!action_set_link(hmp->monitor, arguments[0], on, &error)) {
        hmp_fail(hmp, error);
    }
}

/* hostfwd_add [NETWORK] RULE: the first user NAT without a name. */
static void forward(struct hmp *hmp, unsigned count, char **arguments, bool add)
{
    GError *error = NULL;
    struct net *net;
    for (unsigned i = 0; (net = backends_network(hmp->monitor->board, i)); i++) {
        if (count > 1 ? strcmp(net_id(net), arguments[0]) : strcmp(net_kind(net), "user")) {
            continue;
        }
        if (!(add ? net_hostfwd_add : net_hostfwd_remove)(net, arguments[count - 1], &error)) {
            hmp_fail(hmp, error);
        } else if (!add) {
            g_string_append_printf(hmp->out, "host forwarding rule for %s removed\n", arguments[count - 1]);
        }
        return;
    }
    hmp_error(hmp, "there is no such user network");
}

void hmp_hostfwd_add(struct hmp *hmp, unsigned count, char **arguments)
{
    forward(hmp, count, arguments, true);
}

void hmp_hostfwd_remove(struct hmp *hmp, unsigned count, char **arguments)
{
    forward(hmp, count, arguments, false);
}
