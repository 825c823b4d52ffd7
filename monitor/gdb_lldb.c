/* SPDX-License-Identifier: MIT */
/* What lldb asks beyond gdb's protocol (LLVM's lldb/docs, "GDB remote protocol extensions"). */
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include "monitor/gdb.h"

enum { EINVAL_CODE = 22, NO_MORE_CODE = 0x45 };

static void put_pair(GString *out, const char *key, const char *text)
{
    g_string_append_printf(out, "%s:", key);
    gdb_put_hex(out, text, strlen(text));
    g_string_append_c(out, ';');
}

void gdb_host_info(struct gdb *gdb, struct gdb_arguments arguments)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gdb_choose_layout(gdb);
    put_pair(out, "triple", gdb->layout->triple);
    g_string_append_printf(out, "endian:little;ptrsize:%u;watchpoint_exceptions_received:%s;", gdb->layout->address_bytes,
                           cpu_gdb_of(gdb_cpu(gdb, 0))->watch_before ? "before" : "after");
    gdb_send(gdb, out->str, out->len);
}

void gdb_process_info(struct gdb *gdb, struct gdb_arguments arguments)
{
    g_autoptr(GString) out = g_string_new("pid:1;");
    gdb_choose_layout(gdb);
    put_pair(out, "triple", gdb->layout->triple);
    g_string_append_printf(out, "endian:little;ptrsize:%u;", gdb->layout->address_bytes);
    gdb_send(gdb, out->str, out->len);
}

/* qRegisterInfoN: the N-th register, for clients that read no target description. */
void gdb_register_info(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t wanted;
    unsigned offset = 0;
    gdb_choose_layout(gdb);
    if (!gdb_take_hex(&arguments.at, &wanted) || wanted >= gdb->registers->len) {
        gdb_refuse(gdb, NO_MORE_CODE, "no more registers");
        return;
    }
    const struct cpu_gdb_register *reg = &g_array_index(gdb->registers, struct cpu_gdb_register, wanted);
    for (unsigned i = 0; i < wanted; i++) {
        offset += g_array_index(gdb->registers, struct cpu_gdb_register, i).bits / 8;
    }
    const struct cpu_gdb_layout *layout = gdb->layout;
    const unsigned numbers[] = { layout->generic.pc, layout->generic.sp, layout->generic.fp, layout->generic.ra,
                                 layout->generic.flags };
    static const char *const generic[] = { "pc", "sp", "fp", "ra", "flags" };
    const bool vector = reg->bits == 128;
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "name:%s;bitsize:%u;offset:%u;encoding:%s;format:%s;set:%s;", reg->name, reg->bits, offset,
                           vector ? "vector" : "uint", vector ? "vector-uint8" : "hex", reg->group ? reg->group : "general");
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (numbers[i] == reg->number) {
            g_string_append_printf(out, "generic:%s;", generic[i]);
        }
    }
    gdb_send(gdb, out->str, out->len);
}

void gdb_set_thread_suffix(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb->thread_suffix = true;
    gdb_ok(gdb);
}

/* RAM or ROM is mapped there, or nothing to speak of. CPUs are held. */
static bool region_mapped(struct gdb *gdb, uint64_t address)
{
    struct cpu *cpu = gdb_present_cpu(gdb);
    uint64_t physical = address;
    return (gdb->physical || cpu_view_of(cpu)->translate(cpu, address, &physical)) && memory_find(cpu->memory, physical).host;
}

/* From an address on, as far as the pages are alike: lldb goes on to the next region, in search of free room for its own. */
void gdb_region_info(struct gdb *gdb, struct gdb_arguments arguments)
{
    enum { PAGE = 4096, MOST_PAGES = 16384 };
    uint64_t address, pages = 0;
    if (!gdb_take_hex(&arguments.at, &address)) {
        gdb_refuse(gdb, EINVAL_CODE, "no address");
        return;
    }
    address &= ~(uint64_t)(PAGE - 1);
    monitor_hold_cpus(gdb->monitor);
    const bool mapped = region_mapped(gdb, address);
    do {
        pages++;
    } while (pages < MOST_PAGES && address + pages * PAGE > address && region_mapped(gdb, address + pages * PAGE) == mapped);
    monitor_release_cpus(gdb->monitor);
    gdb_reply(gdb, "start:%" PRIx64 ";size:%" PRIx64 ";%s", address, pages * PAGE, mapped ? "permissions:rwx;" : "");
}

void gdb_watch_info(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_reply(gdb, "num:%x;", DEBUG_MOST_POINTS);
}

static const char *reason_name(enum debug_reason reason)
{
    switch (reason) {
    case DEBUG_STOP_NONE: return "none";
    case DEBUG_STOP_CODE: return "breakpoint";
    case DEBUG_STOP_DATA: return "watchpoint";
    default:              return "trace";
    }
}

/* The registers that a stack walk begins with, so that lldb does not ask each thread for them. */
void gdb_threads_json(struct gdb *gdb, struct gdb_arguments arguments)
{
    const struct debug_stop *stop = debugger_stop(gdb->monitor->board->engine);
    g_autoptr(GString) out = g_string_new("[");
    gdb_choose_layout(gdb);
    const unsigned numbers[] = { gdb->layout->generic.pc, gdb->layout->generic.sp, gdb->layout->generic.fp };
    monitor_hold_cpus(gdb->monitor);
    for (unsigned i = 0; gdb_cpu(gdb, i); i++) {
        g_string_append_printf(out, "%s{\"tid\":%u,\"name\":\"CPU#%u\",\"reason\":\"%s\",\"registers\":{", i ? "," : "", i + 1,
                               i, stop->cpu == i ? reason_name(stop->reason) : "none");
        for (unsigned n = 0; n < G_N_ELEMENTS(numbers); n++) {
            g_string_append_printf(out, "%s\"%u\":\"", n ? "," : "", numbers[n]);
            gdb_put_register(gdb, i, gdb_register(gdb, numbers[n]), out);
            g_string_append_c(out, '"');
        }
        g_string_append(out, "}}");
    }
    monitor_release_cpus(gdb->monitor);
    g_string_append_c(out, ']');
    gdb_send(gdb, out->str, out->len);
}
