/* SPDX-License-Identifier: MIT */
/*
 * A machine whose screen is looked at: screen [--text TEXT]... [--pixels [--width N]] [--when FILE [--says TEXT]] [--seconds N]
 * [--ppm FILE] -- OPTIONS
 *
 * Runs until each TEXT in turn stood in a row of the text screen (with --pixels: until a screen of graphics, N wide, has been drawn and
 * then was still for two seconds, or --still N; with --when: until FILE, say of -debugcon, is not empty or has TEXT; without any: for N
 * seconds), then prints the text screen or the size, writes the picture and leaves with status 0. Status 1: not seen in N seconds (60
 * when not given); the screen is printed all the same.
 */
#include <stdlib.h>
#include <string.h>
#include "base/display.h"
#include "base/error.h"
#include "base/log.h"
#include "hw/boards/board.h"
#include "machine/machine.h"

enum { POLL_MS = 100 };

struct watch {
    struct board *board;
    GPtrArray *texts;
    unsigned next;                  /* of texts */
    bool pixels, seen;
    const char *when, *says;
    unsigned seconds, still, width;
    int64_t start_us, changed_us;
    unsigned changes;
};

static void updated(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
    struct watch *watch = opaque;
    watch->changed_us = g_get_monotonic_time();
    watch->changes++;
}

/* A row as text; what is no ASCII becomes a dot. */
static char *row_text(const struct text_screen *screen, unsigned row)
{
    char *text = g_malloc(screen->columns + 1);
    for (unsigned c = 0; c < screen->columns; c++) {
        uint8_t character = screen->cells[row * screen->columns + c].character;
        text[c] = character >= 0x20 && character < 0x7f ? (char)character : character ? '.' : ' ';
    }
    text[screen->columns] = 0;
    return text;
}

static bool shows(const struct text_screen *screen, const char *wanted)
{
    bool found = false;
    for (unsigned row = 0; row < screen->rows && !found; row++) {
        g_autofree char *text = row_text(screen, row);
        found = strstr(text, wanted);
    }
    return found;
}

static bool is_filled(const char *path, const char *says)
{
    g_autofree char *contents = NULL;
    return g_file_get_contents(path, &contents, NULL, NULL) && *contents && (!says || strstr(contents, says));
}

static gboolean poll(gpointer opaque)
{
    struct watch *watch = opaque;
    struct machine *machine = watch->board->machine;
    int64_t now = g_get_monotonic_time();
    g_mutex_lock(&machine->lock);
    display_refresh(watch->board->display);
    const struct text_screen *screen = display_text(watch->board->display);
    while (watch->next < watch->texts->len && shows(screen, watch->texts->pdata[watch->next])) {
        watch->next++;
    }
    bool texts = watch->next == watch->texts->len;
    bool wide = !watch->width || display_surface(watch->board->display)->width == watch->width;
    bool still = !screen->columns && wide && watch->changes > 1 && now - watch->changed_us > watch->still * G_USEC_PER_SEC;
    bool waits = watch->texts->len || watch->pixels || watch->when;
    watch->seen = waits && texts && (!watch->pixels || still) && (!watch->when || is_filled(watch->when, watch->says));
    g_mutex_unlock(&machine->lock);
    bool late = now - watch->start_us > watch->seconds * G_USEC_PER_SEC;
    watch->seen |= late && !waits;
    if (watch->seen || late) {
        machine_request_shutdown(machine, 0);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void print_screen(const struct display *display)
{
    const struct text_screen *screen = display_text(display);
    const struct surface *surface = display_surface(display);
    g_print("screen %u x %u, text %u x %u", surface->width, surface->height, screen->columns, screen->rows);
    g_print(screen->cursor ? ", cursor %u,%u\n" : "\n", screen->cursor_column, screen->cursor_row);
    for (unsigned row = 0; row < screen->rows; row++) {
        g_autofree char *text = row_text(screen, row);
        g_print("|%s\n", g_strchomp(text));
    }
}

static void write_ppm(const struct surface *surface, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file) {
        g_printerr("screen: cannot write %s\n", path);
        return;
    }
    fprintf(file, "P6\n%u %u\n255\n", surface->width, surface->height);
    for (unsigned y = 0; y < surface->height; y++) {
        const uint32_t *line = surface->pixels + (size_t)y * surface->stride_bytes / 4;
        for (unsigned x = 0; x < surface->width; x++) {
            fputc(line[x] >> 16 & 0xff, file), fputc(line[x] >> 8 & 0xff, file), fputc(line[x] & 0xff, file);
        }
    }
    fclose(file);
}

static int fail(GError *error)
{
    g_printerr("screen: %s\n", error->message);
    return 2;
}

int main(int argc, char **argv)
{
    struct watch watch = { .texts = g_ptr_array_new(), .seconds = 60, .still = 2, .start_us = g_get_monotonic_time() };
    const char *ppm = NULL;
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--pixels")) {
            watch.pixels = true;
            continue;
        } else if (!strcmp(argv[i], "--text")) {
            g_ptr_array_add(watch.texts, (void *)value);
        } else if (!strcmp(argv[i], "--when")) {
            watch.when = value;
        } else if (!strcmp(argv[i], "--says")) {
            watch.says = value;
        } else if (!strcmp(argv[i], "--still")) {
            watch.still = atoi(value);
        } else if (!strcmp(argv[i], "--width")) {
            watch.width = atoi(value);
        } else if (!strcmp(argv[i], "--seconds")) {
            watch.seconds = atoi(value);
        } else if (!strcmp(argv[i], "--ppm")) {
            ppm = value;
        }
        i++;
    }
    struct options options;
    enum options_request request;
    GError *error = NULL;
    if (!options_parse(&options, argc - i - 1, argv + i + 1, &request, &error)) {
        return fail(error);
    }
    struct log *log = log_new();
    if ((options.log_names && !log_set_mask(log, options.log_names, &error)) ||
        (options.log_path && !log_set_file(log, options.log_path, &error))) {
        return fail(error);
    }
    const struct board_type *type = board_type_find(options.machine, &error);
    watch.board = type ? board_new(type, &options, log, &error) : NULL;
    if (!watch.board) {
        return fail(error);
    }
    display_add_listener(watch.board->display, &(struct display_listener){ .opaque = &watch, .updated = updated });
    g_timeout_add(POLL_MS, poll, &watch);
    machine_run(watch.board->machine);
    print_screen(watch.board->display);
    if (ppm) {
        write_ppm(display_surface(watch.board->display), ppm);
    }
    board_free(watch.board);
    log_free(log);
    options_clear(&options);
    return watch.seen ? 0 : 1;
}
