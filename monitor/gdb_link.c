/* SPDX-License-Identifier: MIT */
/*
 * Framing of gdb's remote protocol (gdb manual E.1): $body#sum, '+' and '-' as long as acknowledgements are on, '}' before
 * a byte that is sent XORed with 20h, and 03h between packets for an interrupt.
 *
 * A body that is longer than what we said we take is thrown away and refused. A client that does not read its answers is
 * thrown out by its stream.
 */
#include <string.h>
#include "monitor/gdb.h"

enum { INTERRUPT = 3, ESCAPE_XOR = 0x20 };

static void put(struct gdb *gdb, const char *bytes, size_t count)
{
    gdb->output.write(gdb->output.opaque, (const uint8_t *)bytes, (unsigned)count);
}

void gdb_send(struct gdb *gdb, const char *body, size_t bytes)
{
    uint8_t sum = 0;
    g_string_assign(gdb->last, "$");
    for (size_t i = 0; i < bytes; i++) {
        if (strchr("#$}*", body[i]) && body[i]) {
            g_string_append_c(gdb->last, '}');
            g_string_append_c(gdb->last, (char)(body[i] ^ ESCAPE_XOR));
        } else {
            g_string_append_c(gdb->last, body[i]);
        }
    }
    for (size_t i = 1; i < gdb->last->len; i++) {
        sum = (uint8_t)(sum + (uint8_t)gdb->last->str[i]);
    }
    g_string_append_printf(gdb->last, "#%02x", sum);
    put(gdb, gdb->last->str, gdb->last->len);
}

void gdb_reply(struct gdb *gdb, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    gdb_send(gdb, text, strlen(text));
}

void gdb_ok(struct gdb *gdb)
{
    gdb_send(gdb, "OK", 2);
}

void gdb_refuse(struct gdb *gdb, unsigned code, const char *why)
{
    if (gdb->error_message) {
        gdb_reply(gdb, "E.%s", why);
    } else {
        gdb_reply(gdb, "E%02x", code);
    }
}

/* The body is complete. */
static void take_packet(struct gdb *gdb)
{
    enum { EFBIG_CODE = 27 };
    const bool good = gdb->sum == gdb->sum_sent;
    gdb->state = GDB_IDLE;
    if (!gdb->no_ack) {
        put(gdb, good ? "+" : "-", 1);
        if (!good) {
            return;
        }
    }
    if (gdb->too_long) {
        gdb_refuse(gdb, EFBIG_CODE, "the packet is too long");
    } else {
        gdb_packet(gdb, gdb->in->str, gdb->in->len);
    }
}

static void begin(struct gdb *gdb)
{
    g_string_truncate(gdb->in, 0);
    gdb->sum = gdb->sum_sent = 0;
    gdb->too_long = false;
    gdb->state = GDB_BODY;
}

static void body_byte(struct gdb *gdb, char byte)
{
    if (gdb->in->len < GDB_PACKET_BYTES) {
        g_string_append_c(gdb->in, byte);
    } else {
        gdb->too_long = true;
    }
}

static void between(struct gdb *gdb, char byte)
{
    if (byte == '$') {
        begin(gdb);
    } else if (byte == INTERRUPT) {
        gdb_interrupt(gdb);
    } else if (byte == '-' && !gdb->no_ack && gdb->last->len) {
        put(gdb, gdb->last->str, gdb->last->len);
    }
}

static void take_byte(struct gdb *gdb, char byte)
{
    switch (gdb->state) {
    case GDB_IDLE:
        between(gdb, byte);
        break;
    case GDB_BODY:
        if (byte == '#') {
            gdb->state = GDB_SUM1;
            break;
        }
        if (byte == '$') {              /* the rest of the one before was lost */
            begin(gdb);
            break;
        }
        gdb->sum = (uint8_t)(gdb->sum + (uint8_t)byte);
        if (byte == '}') {
            gdb->state = GDB_ESCAPE;
        } else {
            body_byte(gdb, byte);
        }
        break;
    case GDB_ESCAPE:
        gdb->sum = (uint8_t)(gdb->sum + (uint8_t)byte);
        body_byte(gdb, (char)(byte ^ ESCAPE_XOR));
        gdb->state = GDB_BODY;
        break;
    case GDB_SUM1:
    case GDB_SUM2:
        gdb->sum_sent = (uint8_t)(gdb->sum_sent << 4 | (g_ascii_isxdigit(byte) ? g_ascii_xdigit_value(byte) : 0));
        if (gdb->state == GDB_SUM1) {
            gdb->state = GDB_SUM2;
        } else {
            take_packet(gdb);
        }
        break;
    }
}

void gdb_input(struct gdb *gdb, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        take_byte(gdb, (char)bytes[i]);
    }
}

struct gdb *gdb_new(struct monitor *monitor, struct gdb_options *options, const struct session_output *output)
{
    struct gdb *gdb = g_new0(struct gdb, 1);
    gdb->monitor = monitor;
    gdb->output = *output;
    gdb->options = options;
    gdb->step_flags = GDB_STEP_ENABLE | GDB_STEP_NOIRQ;
    gdb->in = g_string_new(NULL);
    gdb->last = g_string_new(NULL);
    gdb->registers = g_array_new(FALSE, TRUE, sizeof(struct cpu_gdb_register));
    gdb->points = g_array_new(FALSE, TRUE, sizeof(struct gdb_point));
    return gdb;
}

/* The machine stays as it is; it does not stop for a client that is gone. */
void gdb_free(struct gdb *gdb)
{
    if (!gdb) {
        return;
    }
    gdb_remove_points(gdb);
    g_string_free(gdb->in, TRUE);
    g_string_free(gdb->last, TRUE);
    g_array_free(gdb->registers, TRUE);
    g_array_free(gdb->points, TRUE);
    g_free(gdb);
}
