/* SPDX-License-Identifier: MIT */
/* What all boards share: the list of them, their life, the engine and its CPUs as the machine sees them, streams. */
#include "hw/boards/board.h"
#include <string.h>
#include "base/character.h"
#include "base/display.h"
#include "base/error.h"
#include "base/input.h"
#include "hw/boards/backends.h"
#include "hw/boards/devices.h"
#include "hw/boards/pc.h"
#include "hw/boards/virt.h"
#include "machine/machine.h"
#include "tcg/debugger.h"
#include "tcg/engine.h"
#include "tcg/frontend.h"

const struct board_type *const board_types[] = { &pc_board_type, &virt_board_type, &none_board_type, NULL };

const struct board_type *board_type_find(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(board_types)] = { NULL };
    for (unsigned i = 0; board_types[i]; i++) {
        const struct board_type *type = board_types[i];
        names[i] = type->name;
        if (!name || !strcmp(name, type->name) || (type->versions && g_str_has_prefix(name, type->versions))) {
            return type;
        }
    }
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    const char *near = nearest_name(name, names);
    error_fail(error, "-machine %s: not supported%s%s; there are: %s", name, near ? ", did you mean " : "", near ? near : "", all);
    return NULL;
}

/* ---- CPUs, as the machine sees them ---- */

static void cpus_start(void *opaque)
{
    struct board *board = opaque;
    engine_start(board->engine, board->machine->clocks);
}

static void cpus_stop(void *opaque)
{
    struct board *board = opaque;
    engine_stop(board->engine);
}

static void cpus_reset(void *opaque)
{
    struct board *board = opaque;
    for (unsigned i = 0; i < board->cpu_count; i++) {
        board->cpus[i]->frontend->reset(board->cpus[i]);
    }
}

static void cpus_pause(void *opaque)
{
    struct board *board = opaque;
    engine_pause(board->engine);
}

static void on_debugger(void *opaque)
{
    struct board *board = opaque;
    machine_request_stop(board->machine);
}

/* Whoever stopped the machine: what it does next is said anew. */
static void on_machine(void *opaque, enum machine_event event)
{
    struct board *board = opaque;
    if (event == MACHINE_EVENT_STOP) {
        debugger_end_steps(board->engine);
    }
}

bool board_build_engine(struct board *board, const struct accelerator *kvm, GError **error)
{
    board->engine = board_make_engine(board, kvm, error);
    if (board->engine) {
        engine_set_clocks(board->engine, board->machine->clocks);
        debugger_set_notify(board->engine, on_debugger, board);
        machine_add_listener(board->machine, &(struct machine_listener){ board, on_machine });
    }
    board->machine->cpus = (struct machine_cpus){ board, cpus_start, cpus_stop, cpus_reset, cpus_pause };
    return board->engine;
}

void board_add_cpu(struct board *board, struct cpu *cpu)
{
    cpu->index = board->cpu_count;
    cpu->log = board->log;
    cpu->memory = board->machine->memory;
    cpu->ports = board->machine->ports;
    cpu->machine_lock = &board->machine->lock;
    engine_add_cpu(board->engine, cpu);
    board->cpus[board->cpu_count++] = cpu;
}

/* ---- Streams ---- */

static struct character *open_character(struct board *board, const char *spec, const char *label, GError **error)
{
    struct character *character = character_open(spec, error);
    if (character) {
        character_set_lock(character, &board->machine->lock);
        character_set_label(character, label);
        g_ptr_array_add(board->characters, character);
    }
    return character;
}

struct character *board_character(struct board *board, const char *spec, const char *kind, unsigned number, GError **error)
{
    g_autofree char *label = g_strdup_printf("%s%u", kind, number);
    return g_str_has_prefix(spec, "chardev:") ? board_chardev(board, spec + strlen("chardev:"), error)
                                              : open_character(board, spec, label, error);
}

struct character *board_chardev(struct board *board, const char *id, GError **error)
{
    g_autofree char *spec = options_chardev(board->options, id);
    if (!spec) {
        error_fail(error, "no -chardev has the id %s", id);
        return NULL;
    }
    return open_character(board, spec, id, error);
}

void board_set_leave(struct board *board, void (*leave)(void *opaque), void *opaque)
{
    for (unsigned i = 0; i < board->characters->len; i++) {
        character_set_leave(board->characters->pdata[i], leave, opaque);
    }
}

/* ---- Date ---- */

bool board_rtc_offset(struct board *board, int64_t *seconds, GError **error)
{
    const char *base = board->options->rtc_base ? board->options->rtc_base : "utc";
    g_autoptr(GTimeZone) zone = !strcmp(base, "localtime") ? g_time_zone_new_local() : g_time_zone_new_utc();
    g_autoptr(GDateTime) now = g_date_time_new_now(zone), date = NULL;
    if (!strcmp(base, "utc") || !strcmp(base, "localtime")) {
        *seconds = g_date_time_get_utc_offset(now) / G_USEC_PER_SEC;
        return true;
    }
    g_autofree char *whole = strchr(base, 'T') ? g_strdup(base) : g_strconcat(base, "T00:00:00", NULL);
    date = g_date_time_new_from_iso8601(whole, zone);
    if (!date) {
        return error_fail(error, "-rtc: base=%s: not utc, localtime or a date like 2024-05-01T12:00:00", base);
    }
    *seconds = 0;
    if (board->options->icount) {
        clocks_set_start_date(board->machine->clocks, g_date_time_to_unix(date) * 1000000000);
    } else {
        *seconds = g_date_time_to_unix(date) - g_date_time_to_unix(now);
    }
    return true;
}

/* ---- Life ---- */

struct board *board_new(const struct board_type *type, const struct options *options, struct log *log, GError **error)
{
    struct board *board = g_malloc0(type->board_bytes);
    board->type = type;
    board->options = options;
    board->log = log;
    board->characters = g_ptr_array_new_with_free_func((GDestroyNotify)character_free);
    board->block_files = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    board->plugged = g_ptr_array_new_with_free_func(device_plugged_free);
    board->usb_buses = g_ptr_array_new();
    if (!type->build(board, error)) {
        board_free(board);
        return NULL;
    }
    cpus_reset(board);
    return board;
}

void board_free(struct board *board)
{
    backends_close(board);              /* their threads ask for the time, which is the engine's with -icount */
    engine_free(board->engine);         /* it listens to the machine's memory */
    board->type->clear(board);          /* CPUs have timers of the machine's clocks */
    machine_free(board->machine);
    display_free(board->display);       /* the adapter has let go of it */
    input_free(board->input);
    g_clear_pointer(&board->boot_devices, g_ptr_array_unref);
    g_ptr_array_unref(board->characters);
    g_ptr_array_unref(board->plugged);
    g_ptr_array_unref(board->usb_buses);
    g_ptr_array_unref(board->block_files);
    g_free(board);
}
