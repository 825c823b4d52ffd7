/* SPDX-License-Identifier: MIT */
/*
 * The machine: owner of address spaces, clocks and devices, and its main loop.
 *
 * The main loop sleeps in poll() on two descriptors beside those of characters and other glib sources: the
 * timerfd of the clocks, and an eventfd that requests are announced by. An idle machine wakes for nothing.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <glib-unix.h>
#include "machine/machine.h"

enum { REQUEST_RESET = 1 << 0, REQUEST_SHUTDOWN = 1 << 1, REQUEST_POWERDOWN = 1 << 2, REQUEST_STOP = 1 << 3,
       REQUEST_CLEANUP = 1 << 4 };

static const uint64_t PHYSICAL_BYTES = 1ull << 52, PORT_BYTES = 0x10000, PAGE_BYTES = 4096;

struct machine *machine_new(uint64_t ram_bytes, uint64_t rom_bytes, struct log *log)
{
    uint64_t used = (ram_bytes + rom_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    struct ram *ram = ram_new(used + MACHINE_DEVICE_RAM_BYTES);
    if (!ram) {
        return NULL;
    }
    struct machine *machine = g_new0(struct machine, 1);
    machine->ram = ram;
    machine->ram_bytes = ram_bytes;
    machine->ram_used = used;
    machine->log = log;
    machine->memory = memory_new("memory", PHYSICAL_BYTES, log);
    machine->smm_memory = memory_smm_view(machine->memory);
    machine->ports = memory_new("ports", PORT_BYTES, log);
    machine->clocks = clocks_new();
    machine->listeners = g_array_new(FALSE, FALSE, sizeof(struct machine_listener));
    machine->devices = g_array_new(FALSE, FALSE, sizeof(struct machine_device));
    machine->ram_holes = g_array_new(FALSE, FALSE, sizeof(struct machine_ram_hole));
    machine->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    g_mutex_init(&machine->lock);
    return machine;
}

bool machine_take_ram(struct machine *machine, uint64_t bytes, uint64_t *ram_offset)
{
    uint64_t whole = (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    for (unsigned i = 0; i < machine->ram_holes->len; i++) {
        const struct machine_ram_hole *hole = &g_array_index(machine->ram_holes, struct machine_ram_hole, i);
        if (hole->bytes == whole) {
            *ram_offset = hole->ram_offset;
            memset(machine->ram->host + hole->ram_offset, 0, whole);
            g_array_remove_index_fast(machine->ram_holes, i);
            return true;
        }
    }
    if (whole < bytes || whole > machine->ram->bytes - machine->ram_used) {
        return false;
    }
    *ram_offset = machine->ram_used;
    machine->ram_used += whole;
    return true;
}

void machine_give_back_ram(struct machine *machine, uint64_t ram_offset, uint64_t bytes)
{
    const struct machine_ram_hole hole = { ram_offset, (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1) };
    g_array_append_val(machine->ram_holes, hole);
}

void machine_device_free(const struct machine_device *entry)
{
    if (entry->type->free) {
        entry->type->free(entry->device);
    } else {
        g_free(entry->device);
    }
}

void machine_free_devices(struct machine *machine)
{
    for (unsigned i = machine ? machine->devices->len : 0; i-- > 0;) {
        machine_device_free(&g_array_index(machine->devices, struct machine_device, i));
        g_array_set_size(machine->devices, i);
    }
}

void machine_free(struct machine *machine)
{
    if (!machine) {
        return;
    }
    machine_free_devices(machine);
    g_array_free(machine->devices, TRUE);
    g_array_free(machine->ram_holes, TRUE);
    memory_free(machine->memory);
    memory_free(machine->ports);
    clocks_free(machine->clocks);
    ram_free(machine->ram);
    close(machine->wake_fd);
    g_array_free(machine->listeners, TRUE);
    g_mutex_clear(&machine->lock);
    g_free(machine);
}

void machine_add_device(struct machine *machine, const struct device_type *type, void *device)
{
    struct machine_device entry = { type, device };
    g_array_append_val(machine->devices, entry);
    type->reset(device);
}

void machine_remove_device(struct machine *machine, void *device)
{
    for (unsigned i = machine->devices->len; i-- > 0;) {
        if (g_array_index(machine->devices, struct machine_device, i).device == device) {
            g_array_remove_index(machine->devices, i);
            return;
        }
    }
}

/* The array is looked at anew each time: the reset of a hot-plug controller takes devices out. */
void machine_reset(struct machine *machine)
{
    for (unsigned i = 0; i < machine->devices->len; i++) {
        struct machine_device *entry = &g_array_index(machine->devices, struct machine_device, i);
        entry->type->reset(entry->device);
    }
    if (machine->cpus.reset) {
        machine->cpus.reset(machine->cpus.opaque);
    }
}

/* ---- Listeners ---- */

void machine_add_listener(struct machine *machine, const struct machine_listener *listener)
{
    g_array_append_val(machine->listeners, *listener);
}

void machine_remove_listener(struct machine *machine, void *opaque)
{
    for (unsigned i = machine->listeners->len; i-- > 0;) {
        if (g_array_index(machine->listeners, struct machine_listener, i).opaque == opaque) {
            g_array_remove_index(machine->listeners, i);
        }
    }
}

static void tell(struct machine *machine, enum machine_event event)
{
    for (unsigned i = 0; i < machine->listeners->len; i++) {
        const struct machine_listener *listener = &g_array_index(machine->listeners, struct machine_listener, i);
        listener->event(listener->opaque, event);
    }
}

/* ---- Requests ---- */

static void announce(struct machine *machine, uint32_t request)
{
    const uint64_t one = 1;
    atomic_fetch_or(&machine->requests, request);
    if (machine->cpus.pause && request != REQUEST_POWERDOWN && request != REQUEST_CLEANUP) {
        machine->cpus.pause(machine->cpus.opaque);
    }
    if (write(machine->wake_fd, &one, sizeof(one)) < 0) {
        return;                         /* the counter is full: the loop is awake anyway */
    }
}

void machine_request_reset(struct machine *machine)
{
    if (machine->no_reboot) {
        machine_request_shutdown(machine, 0);
    } else {
        announce(machine, REQUEST_RESET);
    }
}

void machine_request_shutdown(struct machine *machine, int exit_status)
{
    /* The first one decides: what the guest does until its CPUs stand still changes nothing. */
    if (!(atomic_load(&machine->requests) & REQUEST_SHUTDOWN)) {
        machine->exit_status = exit_status;
    }
    announce(machine, REQUEST_SHUTDOWN);
}

void machine_request_powerdown(struct machine *machine)
{
    announce(machine, REQUEST_POWERDOWN);
}

void machine_request_cleanup(struct machine *machine)
{
    announce(machine, REQUEST_CLEANUP);
}

void machine_request_stop(struct machine *machine)
{
    announce(machine, REQUEST_STOP);
}

bool machine_request_pending(const struct machine *machine)
{
    return atomic_load(&machine->requests) & (REQUEST_RESET | REQUEST_SHUTDOWN);
}

static void cpus_stop(struct machine *machine)
{
    if (machine->cpus.stop) {
        machine->cpus.stop(machine->cpus.opaque);
    }
}

/* Not when a CPU has asked for a stop that is still to be made: it would run on. */
static void cpus_start(struct machine *machine)
{
    if (machine->cpus.start && !machine->held && !(atomic_load(&machine->requests) & REQUEST_STOP)) {
        machine->cpus.start(machine->cpus.opaque);
    }
}

void machine_stop(struct machine *machine)
{
    if (machine->state == MACHINE_RUNNING) {
        cpus_stop(machine);
        atomic_fetch_and(&machine->requests, ~(uint32_t)REQUEST_STOP);
        clocks_stop(machine->clocks);
        machine->state = MACHINE_STOPPED;
        if (!(atomic_load(&machine->requests) & REQUEST_SHUTDOWN)) {
            tell(machine, MACHINE_EVENT_STOP);
        }
    }
}

void machine_start(struct machine *machine)
{
    if (machine->state == MACHINE_STOPPED) {
        machine->state = MACHINE_RUNNING;
        machine->started = true;
        clocks_resume(machine->clocks);
        cpus_start(machine);
        tell(machine, MACHINE_EVENT_RESUME);
    }
}

void machine_hold_cpus(struct machine *machine)
{
    if (!machine->held++ && machine->state == MACHINE_RUNNING) {
        cpus_stop(machine);
    }
}

void machine_release_cpus(struct machine *machine)
{
    if (!--machine->held && machine->state == MACHINE_RUNNING) {
        cpus_start(machine);
    }
}

static gboolean on_request(gint fd, GIOCondition condition, gpointer opaque)
{
    struct machine *machine = opaque;
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0) {
        return G_SOURCE_CONTINUE;
    }
    uint32_t requests = atomic_load(&machine->requests);
    atomic_fetch_and(&machine->requests, ~(uint32_t)(requests & REQUEST_CLEANUP));
    if (requests & REQUEST_CLEANUP) {
        machine->cleanup.function(machine->cleanup.opaque);
    }
    if (requests & REQUEST_SHUTDOWN && machine->no_shutdown && !machine->shutdown_reason && !machine->exit_status) {
        tell(machine, MACHINE_EVENT_SHUTDOWN);
        atomic_fetch_and(&machine->requests, ~(uint32_t)REQUEST_SHUTDOWN);
        machine_stop(machine);
        machine->powered_off = true;
        return G_SOURCE_CONTINUE;
    }
    if (requests & REQUEST_SHUTDOWN) {
        tell(machine, MACHINE_EVENT_SHUTDOWN);
        machine_stop(machine);
        machine->state = MACHINE_SHUTDOWN;
        g_main_loop_quit(machine->loop);
        return G_SOURCE_CONTINUE;
    }
    atomic_fetch_and(&machine->requests, ~(uint32_t)(requests & REQUEST_POWERDOWN));
    if (requests & REQUEST_POWERDOWN) {
        g_mutex_lock(&machine->lock);
        irq_set(&machine->power_button, true);
        irq_set(&machine->power_button, false);
        g_mutex_unlock(&machine->lock);
        tell(machine, MACHINE_EVENT_POWERDOWN);
    }
    if (requests & REQUEST_RESET) {
        bool running = machine->state == MACHINE_RUNNING;
        if (running) {
            cpus_stop(machine);
        }
        /* Cleared once the CPUs stand still: asking several times for one reset is one reset. */
        atomic_fetch_and(&machine->requests, ~(uint32_t)REQUEST_RESET);
        g_mutex_lock(&machine->lock);
        machine_reset(machine);
        g_mutex_unlock(&machine->lock);
        machine->powered_off = false;
        if (running) {
            cpus_start(machine);
        }
        tell(machine, MACHINE_EVENT_RESET);
    }
    if (requests & REQUEST_STOP) {
        machine_stop(machine);
        atomic_fetch_and(&machine->requests, ~(uint32_t)REQUEST_STOP);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_deadline(gint fd, GIOCondition condition, gpointer opaque)
{
    struct machine *machine = opaque;
    g_mutex_lock(&machine->lock);
    clocks_run_woken(machine->clocks);
    g_mutex_unlock(&machine->lock);
    return G_SOURCE_CONTINUE;
}

static GSource *watch(struct machine *machine, int fd, GUnixFDSourceFunc function)
{
    GSource *source = g_unix_fd_source_new(fd, G_IO_IN);
    g_source_set_callback(source, (GSourceFunc)(void (*)(void))function, machine, NULL);
    g_source_set_priority(source, G_PRIORITY_HIGH);
    g_source_attach(source, g_main_context_get_thread_default());
    return source;
}

int machine_run(struct machine *machine)
{
    machine->loop = g_main_loop_new(g_main_context_get_thread_default(), FALSE);
    machine->sources[0] = watch(machine, clocks_wake_fd(machine->clocks), on_deadline);
    machine->sources[1] = watch(machine, machine->wake_fd, on_request);
    if (!machine->start_paused) {
        machine_start(machine);
    }
    g_main_loop_run(machine->loop);
    machine_stop(machine);
    for (unsigned i = 0; i < ARRAY_LEN(machine->sources); i++) {
        g_source_destroy(machine->sources[i]);
        g_source_unref(machine->sources[i]);
    }
    g_main_loop_unref(machine->loop);
    machine->loop = NULL;
    return machine->exit_status;
}
