/* SPDX-License-Identifier: MIT */
/* 'info' about the machine as a whole: state, names, memory map, streams, drives, networks. In QEMU's words where scripts read them. */
#include <inttypes.h>
#include <string.h>
#include "base/character.h"
#include "base/input.h"
#include "hw/boards/backends.h"
#include "monitor/internal.h"

void hmp_info_status(struct hmp *hmp, unsigned count, char **arguments)
{
    const char *status = action_status(hmp->monitor);
    bool runs = !strcmp(status, "running");
    g_string_append_printf(hmp->out, "VM status: %s", runs ? "running" : "paused");
    if (!runs && strcmp(status, "paused")) {
        g_string_append_printf(hmp->out, " (%s)", status);
    }
    g_string_append_c(hmp->out, '\n');
    if (hmp->monitor->icount) {
        hmp_info_icount(hmp, 0, NULL);
    }
}

void hmp_info_version(struct hmp *hmp, unsigned count, char **arguments)
{
    g_string_append_printf(hmp->out, "%s (Dragoman %s)\n", hmp->monitor->qemu_version, hmp->monitor->version);
}

void hmp_info_name(struct hmp *hmp, unsigned count, char **arguments)
{
    if (hmp->monitor->name) {
        g_string_append_printf(hmp->out, "%s\n", hmp->monitor->name);
    }
}

void hmp_info_uuid(struct hmp *hmp, unsigned count, char **arguments)
{
    const char *uuid = hmp->monitor->uuid;
    g_string_append_printf(hmp->out, "%s\n", uuid ? uuid : "00000000-0000-0000-0000-000000000000");
}

void hmp_info_kvm(struct hmp *hmp, unsigned count, char **arguments)
{
    g_string_append_printf(hmp->out, "kvm support: %s\n", board_uses_kvm(hmp->monitor->board) ? "enabled" : "disabled");
}

void hmp_info_history(struct hmp *hmp, unsigned count, char **arguments)
{
    for (unsigned i = 0; hmp->history && i < hmp->history->len; i++) {
        g_string_append_printf(hmp->out, "%u: '%s'\n", i, (const char *)hmp->history->pdata[i]);
    }
}

void hmp_info_registers(struct hmp *hmp, unsigned count, char **arguments)
{
    bool all = count && !strcmp(arguments[0], "-a");
    monitor_hold_cpus(hmp->monitor);
    for (unsigned i = all ? 0 : hmp->cpu; i < (all ? hmp->monitor->board->cpu_count : hmp->cpu + 1); i++) {
        struct cpu *cpu = monitor_cpu(hmp->monitor, i);
        const struct cpu_view *view = cpu ? cpu_view_of(cpu) : NULL;
        g_string_append_printf(hmp->out, "\nCPU#%u\n", i);
        if (view && view->print_registers) {
            view->print_registers(cpu, hmp->out);
        } else if (cpu && cpu->frontend->dump) {
            cpu->frontend->dump(cpu, hmp->out);
        }
    }
    monitor_release_cpus(hmp->monitor);
}

void hmp_info_cpus(struct hmp *hmp, unsigned count, char **arguments)
{
    monitor_hold_cpus(hmp->monitor);
    for (unsigned i = 0; i < hmp->monitor->board->cpu_count; i++) {
        struct cpu *cpu = monitor_cpu(hmp->monitor, i);
        const struct cpu_view *view = cpu_view_of(cpu);
        g_string_append_printf(hmp->out, "%c CPU #%u: pc=0x%016" PRIx64 "%s\n", i == hmp->cpu ? '*' : ' ', i,
                               view ? view->instruction(cpu) : cpu->pc, cpu->halted ? " (halted)" : "");
    }
    monitor_release_cpus(hmp->monitor);
}

void hmp_info_icount(struct hmp *hmp, unsigned count, char **arguments)
{
    if (!hmp->monitor->icount) {
        g_string_append(hmp->out, "instructions are counted with -icount only\n");
        return;
    }
    monitor_hold_cpus(hmp->monitor);
    g_string_append_printf(hmp->out, "%" PRIu64 " instructions\n", engine_icount(hmp->monitor->board->engine));
    monitor_release_cpus(hmp->monitor);
}

void hmp_info_jit(struct hmp *hmp, unsigned count, char **arguments)
{
    monitor_hold_cpus(hmp->monitor);
    engine_stats(hmp->monitor->board->engine, hmp->out);
    monitor_release_cpus(hmp->monitor);
}

/* ---- Memory map ---- */

static void put_line(void *opaque, const char *text)
{
    struct hmp *hmp = opaque;
    g_string_append_printf(hmp->out, "  %s\n", text);
}

/* info mtree: regions; -f: the flat view that they make, in QEMU's words. */
void hmp_info_mtree(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct memory *spaces[] = { hmp->monitor->machine->memory, hmp->monitor->machine->ports };
    static const char *const names[] = { "memory", "I/O" };
    bool flat = count && !strcmp(arguments[0], "-f");
    if (count && !flat) {
        hmp_error(hmp, "usage: info mtree [-f]");
        return;
    }
    monitor_lock(hmp->monitor);
    for (unsigned i = 0; i < ARRAY_LEN(spaces); i++) {
        if (flat) {
            g_string_append_printf(hmp->out, "FlatView #%u\n AS \"%s\"\n", i, names[i]);
            memory_print(spaces[i], put_line, hmp);
        } else {
            g_string_append_printf(hmp->out, "address-space: %s\n", names[i]);
            memory_print_regions(spaces[i], put_line, hmp);
        }
        g_string_append_c(hmp->out, '\n');
    }
    monitor_unlock(hmp->monitor);
}

static void put_rom(void *opaque, const char *text)
{
    if (strstr(text, "rom")) {
        put_line(opaque, text);
    }
}

void hmp_info_roms(struct hmp *hmp, unsigned count, char **arguments)
{
    monitor_lock(hmp->monitor);
    memory_print(hmp->monitor->machine->memory, put_rom, hmp);
    monitor_unlock(hmp->monitor);
}

/* ---- Streams, screens, pointers ---- */

void hmp_info_chardev(struct hmp *hmp, unsigned count, char **arguments)
{
    const GPtrArray *characters = hmp->monitor->board->characters;
    for (unsigned i = 0; i < characters->len; i++) {
        g_autofree char *text = character_describe(characters->pdata[i]);
        g_string_append_printf(hmp->out, "serial%u: filename=%s\n", i, text);
    }
}

void hmp_info_vnc(struct hmp *hmp, unsigned count, char **arguments)
{
    gsize before = hmp->out->len;
    if (hmp->monitor->ui) {
        ui_print_vnc(hmp->monitor->ui, hmp->out);
    }
    if (hmp->out->len == before) {
        g_string_append(hmp->out, "None\n");
    }
}

void hmp_info_mice(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct input *input = hmp->monitor->board->input;
    bool found = false;
    monitor_lock(hmp->monitor);
    for (unsigned i = input ? input_device_count(input) : 0; i-- > 0;) {
        const struct input_device *device = input_device(input, i);
        if (device->relative || device->absolute) {
            g_string_append_printf(hmp->out, "%c Mouse #%u: %s%s\n", device == input_pointer(input) ? '*' : ' ', i, device->name,
                                   device->absolute ? " (absolute)" : "");
            found = true;
        }
    }
    monitor_unlock(hmp->monitor);
    if (!found) {
        g_string_append(hmp->out, "No mouse devices connected\n");
    }
}

/* ---- Drives and networks ---- */

static void put_drive(struct hmp *hmp, const struct drive *drive)
{
    struct drive_info info;
    drive_get_info(drive, &info);
    g_string_append_printf(hmp->out, "%s: ", drive->id);
    if (!info.inserted) {
        g_string_append(hmp->out, "[not inserted]\n");
    } else {
        g_string_append_printf(hmp->out, "%s (%s%s)\n", info.file ? info.file : "", info.format ? info.format : "",
                               info.read_only ? ", read-only" : "");
    }
    if (info.removable) {
        g_string_append_printf(hmp->out, "    Removable device: %slocked, tray %s\n", info.locked ? "" : "not ",
                               info.tray_open ? "open" : "closed");
    }
    if (info.inserted) {
        g_string_append_printf(hmp->out, "    Cache mode:       %s\n", info.cache ? info.cache : "writeback");
    }
    if (info.backing_file) {
        g_string_append_printf(hmp->out, "    Backing file:     %s (chain depth: %u)\n", info.backing_file, info.backing_depth);
    }
    g_string_append_c(hmp->out, '\n');
}

void hmp_info_block(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct block *block = hmp->monitor->board->block;
    monitor_lock(hmp->monitor);
    for (unsigned i = 0; block && i < block_drive_count(block); i++) {
        const struct drive *drive = block_drive(block, i);
        if (!drive_is_medium(drive) && (!count || !strcmp(drive->id, arguments[0]))) {
            put_drive(hmp, drive);
        }
    }
    monitor_unlock(hmp->monitor);
}

void hmp_info_blockstats(struct hmp *hmp, unsigned count, char **arguments)
{
    const struct block *block = hmp->monitor->board->block;
    monitor_lock(hmp->monitor);
    for (unsigned i = 0; block && i < block_drive_count(block); i++) {
        const struct drive *drive = block_drive(block, i);
        struct drive_info info;
        drive_get_info(drive, &info);
        const struct drive_statistics *s = &info.statistics;
        g_string_append_printf(hmp->out, "%s: rd_bytes=%" PRIu64 " wr_bytes=%" PRIu64 " rd_operations=%" PRIu64
                               " wr_operations=%" PRIu64 " flush_operations=%" PRIu64 " failed_operations=%" PRIu64 "\n",
                               drive->id, s->bytes_read, s->bytes_written, s->reads, s->writes, s->flushes, s->failed);
    }
    monitor_unlock(hmp->monitor);
}

void hmp_info_network(struct hmp *hmp, unsigned count, char **arguments)
{
    struct net *net;
    monitor_lock(hmp->monitor);
    for (unsigned i = 0; (net = backends_network(hmp->monitor->board, i)); i++) {
        g_autofree char *text = net_describe(net);
        struct network_end *card = network_peer(net_end(net));
        if (card) {
            g_string_append_printf(hmp->out, "%s: index=0,type=nic,link=%s\n \\ ", network_name(card),
                                   network_link_up(net_end(net)) ? "up" : "down");
        }
        g_string_append_printf(hmp->out, "%s: index=0,type=%s,%s\n", net_id(net), net_kind(net), text);
    }
    monitor_unlock(hmp->monitor);
}

void hmp_info_usernet(struct hmp *hmp, unsigned count, char **arguments)
{
    struct net *net;
    for (unsigned i = 0; (net = backends_network(hmp->monitor->board, i)); i++) {
        g_autofree char *text = net_user_info(net);
        if (text) {
            g_string_append_printf(hmp->out, "%s:\n%s", net_id(net), text);
        }
    }
}

void hmp_info_snapshots(struct hmp *hmp, unsigned count, char **arguments)
{
    g_string_append(hmp->out, "There is no snapshot available.\n");
}
