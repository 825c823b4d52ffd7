/* SPDX-License-Identifier: MIT */
/*
 * The machine's text screen in a terminal, by ncurses with wide characters. Terminals tell of keys only as characters
 * and sequences, so each is pressed and released at once; Escape with a character right behind it is Alt and that
 * character. Ctrl-a x leaves, Ctrl-a a sends Ctrl-a. A terminal smaller than the screen shows the part around the cursor.
 * In graphics modes only the resolution is shown. Left out: the mouse, blinking.
 */
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <glib-unix.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/error.h"
#include "base/typist.h"
#include "ui/cp437.h"
#include "ui/keysyms.h"
#include "ui/view.h"

enum { KEY_HOLD_MS = 10, ESCAPE = 27, CTRL_A = 1, REDRAW_MS = 50, ESCAPE_DELAY_MS = 25 };

/* Keys are X's symbols here: ncurses' KEY_... and Linux' are different numbers under the same names. */
enum { X_BACKSPACE = 0xff08, X_TAB = 0xff09, X_RETURN = 0xff0d, X_ESCAPE = 0xff1b, X_HOME = 0xff50, X_LEFT = 0xff51,
       X_UP = 0xff52, X_RIGHT = 0xff53, X_DOWN = 0xff54, X_PAGE_UP = 0xff55, X_PAGE_DOWN = 0xff56, X_END = 0xff57,
       X_INSERT = 0xff63, X_F1 = 0xffbe, X_SHIFT = 0xffe1, X_CTRL = 0xffe3, X_ALT = 0xffe9, X_DELETE = 0xffff };

struct terminal {
    struct ui *ui;
    SCREEN *screen;
    struct typist *typist;
    guint input_watch, resize_watch, redraw;
    bool after_prefix, rich;            /* rich: 16 colours */
    struct text_cell *cells;            /* copy; columns and rows 0: graphics */
    struct text_screen text;
    unsigned width, height;             /* of the surface */
};

/* ---- Drawing ---- */

static short pair_of(const struct terminal *t, uint8_t attribute)
{
    unsigned fore = attribute & 0xf, back = attribute >> 4 & 7, base = t->rich ? 16 : 8;
    return (short)(1 + back * base + fore % base);
}

static void make_pairs(struct terminal *t)
{
    /* The PC counts blue, green, red; terminals red, green, blue. */
    static const uint8_t ansi[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };
    start_color();
    t->rich = COLORS >= 16 && COLOR_PAIRS > 128;
    for (unsigned attribute = 0; attribute < 128; attribute++) {
        short fore = (short)(ansi[attribute & 7] + (t->rich && (attribute & 8) ? 8 : 0));
        init_pair(pair_of(t, (uint8_t)attribute), fore, ansi[attribute >> 4]);
    }
}

static void draw_cell(const struct terminal *t, unsigned y, unsigned x, struct text_cell cell)
{
    wchar_t text[2] = { cp437_unicode[cell.character], 0 };
    cchar_t out;
    attr_t bold = !t->rich && (cell.attribute & 8) ? A_BOLD : A_NORMAL;
    setcchar(&out, text, bold, pair_of(t, cell.attribute), NULL);
    mvadd_wch((int)y, (int)x, &out);
}

/* The first row or column shown of `size` in `room`, so that `cursor` is in it. */
static unsigned window_start(unsigned size, unsigned room, unsigned cursor)
{
    return size <= room || cursor < room ? 0 : MIN(cursor + 1, size) - room;
}

static void draw_text(struct terminal *t)
{
    unsigned lines = (unsigned)LINES, columns = (unsigned)COLS;
    unsigned top = window_start(t->text.rows, lines, t->text.cursor ? t->text.cursor_row : 0);
    unsigned left = window_start(t->text.columns, columns, t->text.cursor ? t->text.cursor_column : 0);
    for (unsigned y = 0; y < lines && y + top < t->text.rows; y++) {
        for (unsigned x = 0; x < columns && x + left < t->text.columns; x++) {
            draw_cell(t, y, x, t->cells[(size_t)(y + top) * t->text.columns + x + left]);
        }
    }
    curs_set(t->text.cursor);
    if (t->text.cursor && t->text.cursor_row >= top && t->text.cursor_row - top < lines &&
        t->text.cursor_column >= left && t->text.cursor_column - left < columns) {
        move((int)(t->text.cursor_row - top), (int)(t->text.cursor_column - left));
    }
}

static gboolean on_redraw(gpointer opaque)
{
    struct terminal *t = opaque;
    struct pollfd ready = { .fd = STDOUT_FILENO, .events = POLLOUT };
    if (poll(&ready, 1, 0) <= 0) {
        return G_SOURCE_CONTINUE;       /* a terminal that does not read is not waited for */
    }
    t->redraw = 0;
    if (t->text.columns) {
        draw_text(t);
    } else {
        char line[64];
        int length = snprintf(line, sizeof(line), "%u x %u graphics mode", t->width, t->height);
        erase();
        curs_set(0);
        mvaddstr(LINES / 2, MAX(0, (COLS - length) / 2), line);
    }
    refresh();
    return G_SOURCE_REMOVE;
}

static void schedule_redraw(struct terminal *t)
{
    if (!t->redraw) {
        t->redraw = g_timeout_add(REDRAW_MS, on_redraw, t);
    }
}

/* ---- What the machine shows; lock held ---- */

static void on_resized(void *opaque, const struct surface *surface)
{
    struct terminal *t = opaque;
    t->width = surface->width;
    t->height = surface->height;
    if (!t->text.columns) {
        schedule_redraw(t);
    }
}

static void on_text(void *opaque, const struct text_screen *text)
{
    struct terminal *t = opaque;
    size_t cells = (size_t)text->columns * text->rows;
    if (text->columns != t->text.columns || text->rows != t->text.rows) {
        t->cells = g_renew(struct text_cell, t->cells, cells);
        clear();
    }
    if (cells) {
        memcpy(t->cells, text->cells, cells * sizeof(*t->cells));
    }
    t->text = *text;
    schedule_redraw(t);
}

/* ---- Keys ---- */

static void add_code(unsigned codes[4], unsigned *count, uint32_t symbol)
{
    struct keysym_key key;
    if (keysym_find(symbol, &key)) {
        codes[(*count)++] = key.code;
    }
}

static void type(struct terminal *t, uint32_t symbol, bool shift, bool ctrl, bool alt)
{
    unsigned codes[4], count = 0;
    if (ctrl) {
        add_code(codes, &count, X_CTRL);
    }
    if (alt) {
        add_code(codes, &count, X_ALT);
    }
    if (shift) {
        add_code(codes, &count, X_SHIFT);
    }
    add_code(codes, &count, symbol);
    typist_chord(t->typist, codes, count, KEY_HOLD_MS);
}

static void type_character(struct terminal *t, unsigned character, bool alt)
{
    static const struct { uint8_t control; uint16_t symbol; } plain[] = {
        { 8, X_BACKSPACE }, { 9, X_TAB }, { 10, X_RETURN }, { 13, X_RETURN }, { ESCAPE, X_ESCAPE }, { 127, X_BACKSPACE },
    };
    struct keysym_key key;
    for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
        if (character == plain[i].control) {
            type(t, plain[i].symbol, false, false, alt);
            return;
        }
    }
    bool control = character < 32;
    uint32_t symbol = control ? (uint8_t)g_ascii_tolower((char)(character | 0x40)) : character;
    if (keysym_find(symbol, &key)) {
        type(t, symbol, key.shift && !control, control, alt);
    }
}

static void type_function(struct terminal *t, int key, bool alt)
{
    static const struct { int key; uint16_t symbol; bool shift; } keys[] = {
        { KEY_UP, X_UP, false }, { KEY_DOWN, X_DOWN, false }, { KEY_LEFT, X_LEFT, false }, { KEY_RIGHT, X_RIGHT, false },
        { KEY_HOME, X_HOME, false }, { KEY_END, X_END, false }, { KEY_PPAGE, X_PAGE_UP, false },
        { KEY_NPAGE, X_PAGE_DOWN, false }, { KEY_IC, X_INSERT, false }, { KEY_DC, X_DELETE, false },
        { KEY_BACKSPACE, X_BACKSPACE, false }, { KEY_ENTER, X_RETURN, false }, { KEY_BTAB, X_TAB, true },
        { KEY_SLEFT, X_LEFT, true }, { KEY_SRIGHT, X_RIGHT, true }, { KEY_SR, X_UP, true }, { KEY_SF, X_DOWN, true },
        { KEY_SHOME, X_HOME, true }, { KEY_SEND, X_END, true }, { KEY_SDC, X_DELETE, true },
    };
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        if (key == keys[i].key) {
            type(t, keys[i].symbol, keys[i].shift, false, alt);
            return;
        }
    }
    /* terminfo counts on behind F12: F13 is Shift and F1, F25 Ctrl and F1. */
    if (key > KEY_F0 && key <= KEY_F(36)) {
        unsigned number = (unsigned)(key - KEY_F0) - 1;
        type(t, X_F1 + number % 12, number / 12 == 1, number / 12 == 2, alt);
    }
}

/* The key after Ctrl-a. */
static void prefixed(struct terminal *t, wint_t key)
{
    t->after_prefix = false;
    if (key == 'x') {
        machine_request_shutdown(t->ui->machine, 0);
    } else if (key == 'a' || key == CTRL_A) {
        type_character(t, CTRL_A, false);
    }
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque)
{
    struct terminal *t = opaque;
    wint_t key;
    bool alt = false;
    if (condition & (G_IO_HUP | G_IO_ERR)) {
        t->input_watch = 0;             /* the terminal is gone; the machine goes on */
        return G_SOURCE_REMOVE;
    }
    for (int kind; (kind = get_wch(&key)) != ERR;) {
        if (kind == KEY_CODE_YES) {
            type_function(t, (int)key, alt);
            alt = false;
        } else if (t->after_prefix) {
            prefixed(t, key);
        } else if (key == CTRL_A) {
            t->after_prefix = true;
        } else if (key == ESCAPE && !alt) {
            alt = true;
        } else {
            type_character(t, key, alt);
            alt = false;
        }
    }
    if (alt) {
        type_character(t, ESCAPE, false);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_winch(gpointer opaque)
{
    struct terminal *t = opaque;
    struct winsize size;
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col) {
        resizeterm(size.ws_row, size.ws_col);
        clear();
        schedule_redraw(t);
    }
    return G_SOURCE_CONTINUE;
}

/* ---- Life ---- */

static void curses_free(void *opaque)
{
    struct terminal *t = opaque;
    guint sources[] = { t->input_watch, t->resize_watch, t->redraw };
    ui_lock(t->ui);
    display_remove_listener(t->ui->display, t);
    ui_unlock(t->ui);
    for (unsigned i = 0; i < ARRAY_LEN(sources); i++) {
        if (sources[i]) {
            g_source_remove(sources[i]);
        }
    }
    ui_unwatch(t->ui);
    typist_free(t->typist);
    endwin();
    delscreen(t->screen);
    g_free(t->cells);
    g_free(t);
}

static bool curses_open(struct ui *ui, const char *arguments, GError **error)
{
    static const char *const keys[] = { "charset", NULL };
    if (!ui_check_keys(arguments, keys, error)) {
        return false;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        return error_fail(error, "standard input and output are no terminal");
    }
    setlocale(LC_CTYPE, "");
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        return error_fail(error, "ncurses does not know the terminal '%s'", g_getenv("TERM") ? g_getenv("TERM") : "");
    }
    struct terminal *t = g_new0(struct terminal, 1);
    t->ui = ui;
    t->screen = screen;
    t->typist = typist_new(ui->input, &ui->machine->lock);
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    make_pairs(t);
    struct display_listener listener = { .opaque = t, .resized = on_resized, .text_changed = on_text };
    ui_lock(ui);
    display_add_listener(ui->display, &listener);
    ui_unlock(ui);
    ui_watch(ui);
    schedule_redraw(t);
    t->input_watch = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, t);
    t->resize_watch = g_unix_signal_add(SIGWINCH, on_winch, t);
    ui_add_view(ui, &(struct ui_view){ .opaque = t, .free = curses_free });
    return true;
}

const struct ui_kind ui_kind_curses = { "curses", "", "text modes in this terminal; Ctrl-a x leaves", curses_open };
