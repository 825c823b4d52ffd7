/* SPDX-License-Identifier: MIT */
/*
 * A human at the monitor: prompt, line editing, history, completion. Characters are echoed as they come, so a program
 * that talks to it finds its command in one piece; escape sequences are sent only for what a human's keys change.
 */
#include <string.h>
#include "base/device.h"
#include "monitor/internal.h"

enum { MOST_LINE = 4095, MOST_HISTORY = 100 };
enum { CTRL_A = 1, CTRL_B, CTRL_C, CTRL_D, CTRL_E, CTRL_F, BACKSPACE = 8, TAB, NEWLINE, CTRL_K, CTRL_L, RETURN, CTRL_N = 14,
       CTRL_P = 16, CTRL_U = 21, CTRL_W = 23, ESCAPE = 27, DELETE = 127 };
static const char prompt[] = "(qemu) ";

struct session {
    struct monitor *monitor;
    struct session_output output;
    GString *line;
    unsigned cursor;
    GPtrArray *history;
    unsigned recalled;              /* index in history; its length: the line being typed */
    unsigned escape;                /* 0: none, 1: ESC came, 2: ESC [ or ESC O, 3: a number follows */
    unsigned number;
    bool after_return;              /* a newline that follows belongs to it */
    unsigned cpu;
};

struct session *session_new(struct monitor *monitor, const struct session_output *output)
{
    struct session *session = g_new0(struct session, 1);
    session->monitor = monitor;
    session->output = *output;
    session->line = g_string_new(NULL);
    session->history = g_ptr_array_new_with_free_func(g_free);
    return session;
}

void session_free(struct session *session)
{
    if (session) {
        g_string_free(session->line, TRUE);
        g_ptr_array_free(session->history, TRUE);
        g_free(session);
    }
}

static void put(struct session *session, const char *text, size_t count)
{
    session->output.write(session->output.opaque, (const uint8_t *)text, (unsigned)count);
}

static void say(struct session *session, const char *text)
{
    put(session, text, strlen(text));
}

/* Lines end with CR LF on the wire. */
static void say_lines(struct session *session, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *joined = g_strjoinv("\r\n", lines);
    say(session, joined);
}

void session_greet(struct session *session)
{
    g_autofree char *text = g_strdup_printf("QEMU %s monitor (Dragoman %s) - type 'help' for more information\r\n%s",
                                            session->monitor->qemu_version, session->monitor->version, prompt);
    say(session, text);
}

/* ---- The line on the screen ---- */

static void redraw(struct session *session)
{
    GString *text = g_string_new("\r");
    g_string_append_printf(text, "%s%s\033[K", prompt, session->line->str);
    if (session->cursor < session->line->len) {
        g_string_append_printf(text, "\033[%uD", (unsigned)session->line->len - session->cursor);
    }
    put(session, text->str, text->len);
    g_string_free(text, TRUE);
}

static void set_line(struct session *session, const char *text)
{
    g_string_assign(session->line, text);
    session->cursor = (unsigned)session->line->len;
    redraw(session);
}

static void insert(struct session *session, char character)
{
    if (session->line->len >= MOST_LINE) {
        return;
    }
    g_string_insert_c(session->line, session->cursor++, character);
    if (session->cursor == session->line->len) {
        put(session, &character, 1);
    } else {
        redraw(session);
    }
}

static void erase(struct session *session, unsigned from, unsigned to)
{
    g_string_erase(session->line, from, to - from);
    session->cursor = from;
    redraw(session);
}

static void recall(struct session *session, int direction)
{
    unsigned to = session->recalled + (unsigned)direction;
    if (to <= session->history->len) {          /* below 0 is far above */
        session->recalled = to;
        set_line(session, to < session->history->len ? session->history->pdata[to] : "");
    }
}

void session_tell(struct session *session, const char *text)
{
    say(session, "\r\n");
    say_lines(session, text);
    say(session, prompt);
    if (session->line->len) {
        redraw(session);
    }
}

/* ---- Completion ---- */

static size_t common_length(char **names)
{
    size_t length = strlen(names[0]);
    for (unsigned i = 1; names[i]; i++) {
        for (size_t at = 0; at < length; at++) {
            if (names[i][at] != names[0][at]) {
                length = at;
            }
        }
    }
    return length;
}

static void complete(struct session *session)
{
    g_autofree char *before = g_strndup(session->line->str, session->cursor);
    g_auto(GStrv) names = hmp_complete(session->monitor, before);
    const char *blank = strrchr(before, ' '), *word = blank ? blank + 1 : before;
    if (!names[0]) {
        return;
    }
    size_t length = common_length(names);
    for (size_t i = strlen(word); i < length; i++) {
        insert(session, names[0][i]);
    }
    if (!names[1]) {
        insert(session, ' ');
    } else if (length == strlen(word)) {
        g_autofree char *all = g_strjoinv(" ", names);
        say(session, "\r\n");
        say(session, all);
        say(session, "\r\n");
        redraw(session);
    }
}

/* ---- Keys ---- */

static void run_line(struct session *session)
{
    struct hmp hmp = { .monitor = session->monitor, .out = g_string_new(NULL), .cpu = session->cpu,
                       .history = session->history };
    g_autofree char *line = g_strdup(session->line->str);
    unsigned last = session->history->len;
    if (*line && (!last || strcmp(session->history->pdata[last - 1], line))) {
        g_ptr_array_add(session->history, g_strdup(line));
        if (session->history->len > MOST_HISTORY) {
            g_ptr_array_remove_index(session->history, 0);
        }
    }
    session->recalled = session->history->len;
    g_string_set_size(session->line, 0);
    session->cursor = 0;
    say(session, "\r\n");
    hmp_run(&hmp, line);
    session->cpu = hmp.cpu;
    say_lines(session, hmp.out->str);
    g_string_free(hmp.out, TRUE);
    say(session, prompt);
}

static void erase_word(struct session *session)
{
    unsigned from = session->cursor;
    while (from && session->line->str[from - 1] == ' ') {
        from--;
    }
    while (from && session->line->str[from - 1] != ' ') {
        from--;
    }
    erase(session, from, session->cursor);
}

static void move_to(struct session *session, unsigned to)
{
    if (to <= session->line->len) {
        session->cursor = to;
        redraw(session);
    }
}

static void take_sequence(struct session *session, char end)
{
    switch (end) {
    case 'A': recall(session, -1); break;
    case 'B': recall(session, 1); break;
    case 'C': move_to(session, session->cursor + 1); break;
    case 'D': move_to(session, session->cursor - 1); break;
    case 'H': move_to(session, 0); break;
    case 'F': move_to(session, (unsigned)session->line->len); break;
    case '~':
        if (session->number == 1 || session->number == 7) {
            move_to(session, 0);
        } else if (session->number == 4 || session->number == 8) {
            move_to(session, (unsigned)session->line->len);
        } else if (session->number == 3 && session->cursor < session->line->len) {
            erase(session, session->cursor, session->cursor + 1);
        }
        break;
    default: break;
    }
}

/* Takes what belongs to an escape sequence; false: the key stands for itself. */
static bool take_escape(struct session *session, uint8_t key)
{
    if (session->escape == 1) {
        session->escape = key == '[' || key == 'O' ? 2 : 0;
        session->number = 0;
        return true;
    }
    if (session->escape == 2) {
        if (g_ascii_isdigit(key)) {
            session->number = MIN(session->number * 10 + key - '0', 1000u);
        } else if (key != ';') {
            session->escape = 0;
            take_sequence(session, (char)key);
        }
        return true;
    }
    return false;
}

static void take_control(struct session *session, uint8_t key)
{
    unsigned length = (unsigned)session->line->len;
    switch (key) {
    case CTRL_A: move_to(session, 0); break;
    case CTRL_B: move_to(session, session->cursor - 1); break;
    case CTRL_C: case CTRL_U: erase(session, 0, key == CTRL_C ? length : session->cursor); break;
    case CTRL_D:
        if (session->cursor < length) {
            erase(session, session->cursor, session->cursor + 1);
        }
        break;
    case CTRL_E: move_to(session, length); break;
    case CTRL_F: move_to(session, session->cursor + 1); break;
    case BACKSPACE: case DELETE:
        if (session->cursor) {
            erase(session, session->cursor - 1, session->cursor);
        }
        break;
    case TAB: complete(session); break;
    case CTRL_K: erase(session, session->cursor, length); break;
    case CTRL_L: say(session, "\033[2J\033[H"); redraw(session); break;
    case CTRL_N: recall(session, 1); break;
    case CTRL_P: recall(session, -1); break;
    case CTRL_W: erase_word(session); break;
    case ESCAPE: session->escape = 1; break;
    default: break;
    }
}

void session_input(struct session *session, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t key = bytes[i];
        bool after_return = session->after_return;
        session->after_return = key == RETURN;
        if (session->escape && take_escape(session, key)) {
            continue;
        }
        if (key == RETURN || (key == NEWLINE && !after_return)) {
            run_line(session);
        } else if (key != NEWLINE && (key < ' ' || key == DELETE)) {
            take_control(session, key);
        } else if (key >= ' ') {
            insert(session, (char)key);
        }
    }
}
