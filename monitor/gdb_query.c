/* SPDX-License-Identifier: MIT */
/* gdb's q and Q packets (gdb manual E.4). */
#include <string.h>
#include "monitor/gdb.h"

enum { EINVAL_CODE = 22 };

typedef void (*packet)(struct gdb *gdb, struct gdb_arguments arguments);
struct query { const char *name; packet run; };

/* A name is followed by nothing, or by one of ":;," and arguments, unless it ends so itself. */
static const struct query queries[] = {
    { "Supported", gdb_supported }, { "C", gdb_present_thread }, { "Attached", gdb_attached },
    { "fThreadInfo", gdb_first_threads }, { "sThreadInfo", gdb_next_threads }, { "ThreadExtraInfo,", gdb_thread_info },
    { "Rcmd,", gdb_command }, { "Xfer:", gdb_transfer },
    { "qemu.sstepbits", gdb_step_bits }, { "qemu.sstep", gdb_step_flags }, { "qemu.PhyMemMode", gdb_physical_mode },
    { "HostInfo", gdb_host_info }, { "ProcessInfo", gdb_process_info }, { "MemoryRegionInfo", gdb_region_info },
    { "WatchpointSupportInfo", gdb_watch_info },
};
/* lldb writes the number right behind it. */
static const struct query register_info = { "RegisterInfo", gdb_register_info };
static const struct query settings[] = {
    { "StartNoAckMode", gdb_no_ack }, { "qemu.sstep", gdb_set_step_flags }, { "qemu.PhyMemMode", gdb_set_physical_mode },
    { "ThreadSuffixSupported", gdb_set_thread_suffix },
};

static bool dispatch(struct gdb *gdb, struct gdb_arguments arguments, const struct query *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *at = arguments.at;
        const size_t length = strlen(rows[i].name);
        if (gdb_take_prefix(&at, rows[i].name) && (strchr(",:", rows[i].name[length - 1]) || strchr(":;,=", *at))) {
            at += *at && strchr(":;,=", *at) && !strchr(",:", rows[i].name[length - 1]);
            rows[i].run(gdb, (struct gdb_arguments){ at, arguments.end });
            return true;
        }
    }
    return false;
}

void gdb_query(struct gdb *gdb, struct gdb_arguments arguments)
{
    const char *at = arguments.at;
    if (gdb_take_prefix(&at, register_info.name)) {
        register_info.run(gdb, (struct gdb_arguments){ at, arguments.end });
    } else if (!dispatch(gdb, arguments, queries, G_N_ELEMENTS(queries))) {
        gdb_send(gdb, "", 0);
    }
}

void gdb_set(struct gdb *gdb, struct gdb_arguments arguments)
{
    if (!dispatch(gdb, arguments, settings, G_N_ELEMENTS(settings))) {
        gdb_send(gdb, "", 0);
    }
}

/* ---- what both sides can do ---- */

void gdb_supported(struct gdb *gdb, struct gdb_arguments arguments)
{
    g_auto(GStrv) features = g_strsplit(arguments.at, ";", -1);
    const GStrv there = features;
    gdb->multiprocess = g_strv_contains((const char *const *)there, "multiprocess+");
    gdb->swbreak = g_strv_contains((const char *const *)there, "swbreak+");
    gdb->hwbreak = g_strv_contains((const char *const *)there, "hwbreak+");
    gdb->error_message = g_strv_contains((const char *const *)there, "error-message+");
    gdb_reply(gdb, "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;qXfer:threads:read+;vContSupported+;"
              "multiprocess+;swbreak+;hwbreak+;error-message+", GDB_PACKET_BYTES);
}

void gdb_no_ack(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_ok(gdb);
    gdb->no_ack = true;
}

void gdb_attached(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_reply(gdb, "1");            /* detaching, not killing, is what a client does when it leaves */
}

/* ---- qXfer ---- */

static void put_threads(struct gdb *gdb, GString *out)
{
    g_string_append(out, "<?xml version=\"1.0\"?>\n<threads>\n");
    for (unsigned i = 0; gdb_cpu(gdb, i); i++) {
        g_string_append(out, "<thread id=\"");
        gdb_put_thread(gdb, i, out);
        g_string_append_printf(out, "\" core=\"%u\">", i);
        gdb_put_thread_name(gdb, i, out);
        g_string_append(out, "</thread>\n");
    }
    g_string_append(out, "</threads>\n");
}

static const struct { const char *name; void (*put)(struct gdb *gdb, GString *out); } objects[] = {
    { "features:read:target.xml:", gdb_put_target }, { "memory-map:read::", gdb_put_memory_map }, { "threads:read::", put_threads },
};

/* OBJECT:read:ANNEX:OFFSET,LENGTH: a part of a document; 'l' before the last one. */
void gdb_transfer(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t offset, length;
    for (unsigned i = 0; i < G_N_ELEMENTS(objects); i++) {
        if (!gdb_take_prefix(&arguments.at, objects[i].name)) {
            continue;
        }
        g_autoptr(GString) text = g_string_new(NULL), out = g_string_new(NULL);
        if (!gdb_take_hex(&arguments.at, &offset) || !gdb_take_char(&arguments.at, ',') || !gdb_take_hex(&arguments.at, &length)) {
            break;
        }
        objects[i].put(gdb, text);
        offset = MIN(offset, text->len);
        length = MIN(MIN(length, text->len - offset), GDB_PACKET_BYTES / 2);      /* each byte may need an escape */
        g_string_append_c(out, offset + length < text->len ? 'm' : 'l');
        g_string_append_len(out, text->str + offset, (gssize)length);
        gdb_send(gdb, out->str, out->len);
        return;
    }
    if (g_str_has_prefix(arguments.at, "features:read:")) {
        gdb_refuse(gdb, 0, "there is only target.xml");
    } else {
        gdb_send(gdb, "", 0);
    }
}

/* ---- monitor commands ---- */

static void put_output(struct gdb *gdb, const char *text)
{
    enum { PART = GDB_PACKET_BYTES / 2 - 1 };
    for (size_t left = strlen(text); left;) {
        const size_t part = MIN(left, PART);
        g_autoptr(GString) out = g_string_new("O");
        gdb_put_hex(out, text, part);
        gdb_send(gdb, out->str, out->len);
        text += part;
        left -= part;
    }
}

/* Words of our own: how this server looks at the CPU. */
static char *own_command(struct gdb *gdb, const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", 2);
    const char *value = words[0] && words[1] ? g_strstrip(words[1]) : "";
    if (!g_strcmp0(words[0], "gdb-arch")) {
        if (!gdb_set_arch(gdb->monitor, gdb->options, value)) {
            return g_strdup("usage: gdb-arch auto|NAME; NAME: i8086, i386, x86-64, arm, aarch64, as far as the CPU has it\n");
        }
        return g_strdup_printf("%s from the next connection on\n", value);
    }
    if (!g_strcmp0(words[0], "gdb-pc")) {
        if (strcmp(value, "linear") && strcmp(value, "offset")) {
            return g_strdup("usage: gdb-pc linear|offset\n");
        }
        gdb->options->offset_pc = *value == 'o';
        return g_strdup_printf("the program counter of 16-bit code is %s; 'maint flush register-cache' shows it\n",
                               gdb->options->offset_pc ? "the offset in its segment" : "a linear address");
    }
    return NULL;
}

void gdb_command(struct gdb *gdb, struct gdb_arguments arguments)
{
    g_autoptr(GString) line = g_string_new(NULL);
    for (uint8_t byte; gdb_take_byte(&arguments.at, &byte);) {
        g_string_append_c(line, (char)byte);
    }
    if (arguments.at != arguments.end || strlen(line->str) != line->len) {
        gdb_refuse(gdb, EINVAL_CODE, "not a command in hexadecimal");
        return;
    }
    g_autofree char *own = own_command(gdb, line->str);
    g_autofree char *text = own ? NULL : monitor_run_line(gdb->monitor, line->str, gdb->cpu);
    put_output(gdb, own ? own : text);
    gdb_ok(gdb);
}
