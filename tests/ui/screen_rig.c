/* SPDX-License-Identifier: MIT */
/*
 * A machine that is only a screen, a keyboard and a pointer, for tests of user interfaces:
 *
 *   screen_rig [display=SPEC] [vnc=SPEC] [name=NAME] [password=TEXT]
 *
 * It draws what lines on a FIFO or standard input ask for (pattern WIDTH HEIGHT SEED; text STRING; tablet; dump FILE;
 * stop; quit) and prints what arrives: "key CODE 1", "relative DX DY WHEEL BUTTONS", "absolute X Y WHEEL BUTTONS".
 * commands=FILE reads the lines from there: a terminal user interface needs standard input; output=FILE likewise.
 */
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/display.h"
#include "base/input.h"
#include "machine/machine.h"
#include "ui/ui.h"

struct rig {
    struct machine *machine;
    struct display *display;
    struct input *input;
    struct ui *ui;
    FILE *out;
    GString *line;
    unsigned seed;
    bool drawn, tablet;
};

static void on_key(void *device, unsigned code, bool down)
{
    fprintf(((struct rig *)device)->out, "key %u %d\n", code, down);
}

static void on_relative(void *device, int dx, int dy, int wheel, unsigned buttons)
{
    fprintf(((struct rig *)device)->out, "relative %d %d %d %u\n", dx, dy, wheel, buttons);
}

static void on_absolute(void *device, unsigned x, unsigned y, int wheel, unsigned buttons)
{
    fprintf(((struct rig *)device)->out, "absolute %u %u %d %u\n", x, y, wheel, buttons);
}

static bool tablet_active(void *device) { return ((struct rig *)device)->tablet; }

/* Flat areas, two colours, many colours: something for each kind of tile. */
static uint32_t pattern(unsigned x, unsigned y, unsigned seed)
{
    switch ((x / 100 + y / 100) % 4) {
    case 0: return 0x102030 * (seed & 7);
    case 1: return (x ^ y) & 8 ? 0xffffff : 0x0000aa;
    case 2: return ((x * 3 + seed) & 0xff) << 16 | ((y * 5) & 0xff) << 8 | ((x * y) & 0xff);
    default: return 0x110000 * (x / 7 % 12) + y / 9 % 3;
    }
}

static void refresh(void *device)
{
    struct rig *rig = device;
    const struct surface *surface = display_surface(rig->display);
    for (unsigned y = 0; !rig->drawn && y < surface->height; y++) {
        for (unsigned x = 0; x < surface->width; x++) {
            surface->pixels[(size_t)y * surface->stride_bytes / 4 + x] = pattern(x, y, rig->seed);
        }
    }
    if (!rig->drawn) {
        display_changed(rig->display, 0, 0, surface->width, surface->height);
    }
    rig->drawn = true;
}

static void show_text(struct rig *rig, const char *text)
{
    struct text_cell cells[80 * 25];
    for (unsigned i = 0; i < ARRAY_LEN(cells); i++) {
        cells[i] = (struct text_cell){ i < strlen(text) ? (uint8_t)text[i] : i == 80 ? 0xc9 : ' ', 0x1e };
    }
    display_set_text(rig->display, &(struct text_screen){ cells, 80, 25, true, 5, 2 });
}

static void dump(struct rig *rig, const char *path)
{
    GError *error = NULL;
    bool png = g_str_has_suffix(path, ".png");
    display_refresh(rig->display);
    struct surface *copy = screenshot_take(display_surface(rig->display));
    if (!(png ? screenshot_save_png : screenshot_save_ppm)(copy, path, &error)) {
        fprintf(rig->out, "error %s\n", error->message);
    }
    screenshot_free(copy);
    fprintf(rig->out, "dumped\n");
}

static void command(struct rig *rig, const char *line)
{
    unsigned width, height;
    g_mutex_lock(&rig->machine->lock);
    if (sscanf(line, "pattern %u %u %u", &width, &height, &rig->seed) == 3) {
        const struct surface *surface = display_surface(rig->display);
        if (surface->width != width || surface->height != height) {
            display_resize(rig->display, width, height);
        }
        display_set_text(rig->display, NULL);
        rig->drawn = false;
    } else if (g_str_has_prefix(line, "text ")) {
        show_text(rig, line + 5);
    } else if (g_str_has_prefix(line, "dump ")) {
        dump(rig, line + 5);
    } else if (!strcmp(line, "tablet")) {
        rig->tablet = true;
    } else if (g_str_has_prefix(line, "leds ")) {
        input_set_leds(rig->input, (unsigned)atoi(line + 5));
    }
    g_mutex_unlock(&rig->machine->lock);
    if (!strcmp(line, "stop")) {
        machine_stop(rig->machine);
    } else if (!strcmp(line, "quit")) {
        machine_request_shutdown(rig->machine, 0);
    }
}

static gboolean on_line(gint fd, GIOCondition condition, gpointer opaque)
{
    struct rig *rig = opaque;
    char bytes[512];
    ssize_t count = read(fd, bytes, sizeof(bytes));
    for (ssize_t i = 0; i < count; i++) {
        if (bytes[i] != '\n') {
            g_string_append_c(rig->line, bytes[i]);
            continue;
        }
        command(rig, rig->line->str);
        g_string_set_size(rig->line, 0);
    }
    if (count == 0) {
        machine_request_shutdown(rig->machine, 0);
    }
    return count > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static const char *argument(int argc, char **argv, const char *key)
{
    for (int i = 1; i < argc; i++) {
        if (g_str_has_prefix(argv[i], key) && argv[i][strlen(key)] == '=') {
            return argv[i] + strlen(key) + 1;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *commands = argument(argc, argv, "commands"), *output = argument(argc, argv, "output");
    const char *password = argument(argc, argv, "password");
    struct rig rig = { .machine = machine_new(2 << 20, 0, NULL), .display = display_new("rig"), .input = input_new() };
    struct ui_options options = { .name = argument(argc, argv, "name"), .display = argument(argc, argv, "display"),
                                  .vnc = argument(argc, argv, "vnc") };
    GError *error = NULL;
    rig.line = g_string_new(NULL);
    rig.out = output ? fopen(output, "a") : stdout;
    setvbuf(rig.out, NULL, _IOLBF, 0);
    display_set_adapter(rig.display, &(struct display_adapter){ .device = &rig, .refresh = refresh });
    input_add_device(rig.input, &(struct input_device){ .name = "rig", .device = &rig, .key = on_key,
                                                        .relative = on_relative });
    input_add_device(rig.input, &(struct input_device){ .name = "tablet", .device = &rig, .absolute = on_absolute,
                                                        .active = tablet_active });
    rig.ui = ui_new(&options, rig.machine, rig.display, rig.input, &error);
    if (!rig.ui) {
        fprintf(stderr, "screen_rig: %s\n", error->message);
        return 1;
    }
    if (password) {
        ui_set_vnc_password(rig.ui, password);
    }
    int fd = commands ? open(commands, O_RDWR | O_NONBLOCK) : STDIN_FILENO;
    g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, on_line, &rig);
    fprintf(rig.out, "ready\n");
    int status = machine_run(rig.machine);
    fprintf(rig.out, "bye\n");
    ui_free(rig.ui);
    display_free(rig.display);
    input_free(rig.input);
    machine_free(rig.machine);
    g_string_free(rig.line, TRUE);
    return status;
}
