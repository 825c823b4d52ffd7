/* SPDX-License-Identifier: MIT */
/* What both monitors do: keys, pictures, memory to files, cables, media. Errors are one line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/character.h"
#include "base/display.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/network.h"
#include "block/block.h"
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"
#include "hw/virtio/virtio_balloon.h"
#include "monitor/internal.h"
#include "tcg/debugger.h"

enum { CHUNK_BYTES = 64 << 10, MOST_HOLD_MS = 60000 };
static const uint64_t MOST_SAVE_BYTES = 4ull << 30;

bool action_send_keys(struct monitor *monitor, const unsigned *codes, unsigned count, unsigned hold_ms, GError **error)
{
    if (!monitor->typist) {
        return error_fail(error, "this machine has no keyboard");
    }
    return typist_chord(monitor->typist, codes, count, MIN(hold_ms, MOST_HOLD_MS)) ||
           error_fail(error, "too many keys wait to be typed");
}

bool action_screendump(struct monitor *monitor, const char *path, const char *format, GError **error)
{
    struct display *display = monitor->board->display;
    bool png = format && !strcmp(format, "png");
    if (!display) {
        return error_fail(error, "this machine has no screen");
    }
    if (format && !png && strcmp(format, "ppm")) {
        return error_fail(error, "there is no format '%s'; there are ppm and png", format);
    }
    monitor_lock(monitor);
    display_refresh(display);
    struct surface *copy = screenshot_take(display_surface(display));
    monitor_unlock(monitor);
    bool done = (png ? screenshot_save_png : screenshot_save_ppm)(copy, path, error);
    screenshot_free(copy);
    return done;
}

/* A part of memory; what is not there is an error of a virtual address, and zeroes of a physical one, as in QEMU. */
static bool read_part(struct monitor *monitor, uint64_t address, uint8_t *out, unsigned bytes, struct cpu *cpu, GError **error)
{
    if (cpu) {
        return cpu_view_read(cpu, address, out, bytes) ||
               error_fail(error, "Invalid addr 0x%016" PRIx64 "/size %u specified", address, bytes);
    }
    memset(out, 0, bytes);
    for (unsigned at = 0; at < bytes;) {
        unsigned got = memory_peek(monitor->machine->memory, address + at, out + at, bytes - at);
        uint64_t hole = got ? 0 : memory_find(monitor->machine->memory, address + at).bytes;
        at += (unsigned)MIN(MAX(got, hole), bytes - at);
    }
    return true;
}

bool action_save_memory(struct monitor *monitor, const char *path, uint64_t address, uint64_t bytes, struct cpu *cpu,
                        GError **error)
{
    if (bytes > MAX(monitor->machine->ram_bytes * 2, MOST_SAVE_BYTES)) {
        return error_fail(error, "a size of %" PRIu64 " bytes is more than this machine has", bytes);
    }
    FILE *file = fopen(path, "wbe");
    if (!file) {
        return error_fail(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    g_autofree uint8_t *part = g_malloc(CHUNK_BYTES);
    bool good = true;
    monitor_hold_cpus(monitor);
    while (bytes && good) {
        unsigned count = (unsigned)MIN(bytes, CHUNK_BYTES - (address % CHUNK_BYTES));
        good = read_part(monitor, address, part, count, cpu, error) &&
               (fwrite(part, 1, count, file) == count || error_fail(error, "%s: %s", path, strerror(errno)));
        address += count;
        bytes -= count;
    }
    monitor_release_cpus(monitor);
    bool closed = !fclose(file);
    return good && (closed || error_fail(error, "%s: %s", path, strerror(errno)));
}

bool action_set_link(struct monitor *monitor, const char *name, bool up, GError **error)
{
    struct net *net;
    for (unsigned i = 0; (net = backends_network(monitor->board, i)); i++) {
        struct network_end *end = net_end(net), *card = network_peer(end);
        if (!strcmp(net_id(net), name) || (card && !strcmp(network_name(card), name))) {
            monitor_lock(monitor);
            network_set_link(end, up);
            monitor_unlock(monitor);
            return true;
        }
    }
    return error_fail(error, "Device '%s' not found", name);
}

bool action_send_break(struct monitor *monitor, const char *name, GError **error)
{
    const GPtrArray *characters = monitor->board->characters;
    for (unsigned i = 0; i < characters->len; i++) {
        if (!g_strcmp0(character_label(characters->pdata[i]), name)) {
            character_send_break(characters->pdata[i]);
            return true;
        }
    }
    return error_fail(error, "Chardev '%s' not found", name);
}

char *monitor_drive_device(struct monitor *monitor, const struct drive *drive)
{
    const GPtrArray *plugged = monitor->board->plugged;
    for (unsigned i = 0; !drive->device && i < plugged->len; i++) {
        const struct device_plugged *device = plugged->pdata[i];
        if (device->id && !g_strcmp0(g_hash_table_lookup(device->values, "drive"), drive->id)) {
            bool virtio = g_str_has_prefix(device->kind->name, "virtio-");
            return virtio ? g_strdup_printf("/machine/peripheral/%s/virtio-backend", device->id) : g_strdup(device->id);
        }
    }
    return g_strdup(drive->device);
}

struct drive *monitor_find_drive(struct monitor *monitor, const char *name, GError **error)
{
    static const char peripheral[] = "/machine/peripheral/";
    struct block *block = monitor->board->block;
    const char *device = g_str_has_prefix(name, peripheral) && !g_str_has_suffix(name, "/virtio-backend") ? name + strlen(peripheral) : name;
    for (unsigned i = 0; block && i < block_drive_count(block); i++) {
        struct drive *drive = block_drive(block, i);
        g_autofree char *on = drive_is_medium(drive) ? NULL : monitor_drive_device(monitor, drive);
        if (!drive_is_medium(drive) && (!strcmp(drive->id, name) || !g_strcmp0(on, device))) {
            return drive;
        }
    }
    error_fail(error, "Device '%s' not found", name);
    return NULL;
}

bool action_change(struct monitor *monitor, const char *device, const struct medium_wanted *wanted, GError **error)
{
    struct drive *drive = monitor_find_drive(monitor, device, error);
    return drive && drive_change_medium(drive, wanted->file, wanted->format, wanted->read_only, wanted->force, error);
}

bool action_eject(struct monitor *monitor, const char *device, bool force, GError **error)
{
    struct drive *drive = monitor_find_drive(monitor, device, error);
    if (!drive) {
        return false;
    }
    monitor_lock(monitor);
    bool done = drive_eject(drive, force, error);
    monitor_unlock(monitor);
    return done;
}

bool action_balloon(struct monitor *monitor, int64_t bytes, GError **error)
{
    monitor_lock(monitor);
    struct virtio_balloon *balloon = monitor->board->balloon;
    if (balloon && bytes > 0) {
        virtio_balloon_set_target(balloon, (uint64_t)bytes);
    }
    monitor_unlock(monitor);
    return balloon ? bytes > 0 || error_fail(error, "Parameter 'target' expects a size")
                   : error_fail(error, "No balloon device has been activated");
}

void action_set_log(struct monitor *monitor, uint32_t mask)
{
    monitor_hold_cpus(monitor);
    monitor->board->log->mask = mask;
    engine_log_changed(monitor->board->engine);
    monitor_release_cpus(monitor);
}

bool action_nmi(struct monitor *monitor, GError **error)
{
    if (!monitor->board->inject_nmi) {
        return error_fail(error, "this machine has no NMI");
    }
    monitor_lock(monitor);
    monitor->board->inject_nmi(monitor->board);
    monitor_unlock(monitor);
    return true;
}

const char *action_status(struct monitor *monitor)
{
    switch (monitor->machine->state) {
    case MACHINE_RUNNING: return "running";
    case MACHINE_SHUTDOWN: return "shutdown";
    default: break;
    }
    const struct debug_stop *stop = debugger_stop(monitor->board->engine);
    return monitor->machine->powered_off ? "shutdown" : !monitor->machine->started ? "prelaunch" :
           stop->reason == DEBUG_STOP_FAILED ? "internal-error" : stop->reason != DEBUG_STOP_NONE ? "debug" : "paused";
}
