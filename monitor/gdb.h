/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_GDB_H
#define MONITOR_GDB_H
/*
 * gdb's remote serial protocol (gdb manual, appendix E) with lldb's additions: between the files gdb*.c.
 *
 *   gdb_server.c     sockets, who is connected, options of -gdb
 *   gdb_link.c       framing: checksums, acknowledgements, escapes
 *   gdb_packets.c    the table of packets; those that are short
 *   gdb_resume.c     continue, step, stop replies, threads: CPUs are threads 1.. of process 1
 *   gdb_registers.c  registers, target descriptions
 *   gdb_memory.c     memory, memory map, break- and watchpoints
 *   gdb_query.c      q and Q packets; gdb_lldb.c: those of lldb
 *
 * Everything runs in the main loop. What a client sends is hostile: any packet is answered, refused (Enn) or not known (empty).
 */
#include "monitor/internal.h"
#include "tcg/cpu_gdb.h"
#include "tcg/debugger.h"

/* A packet without its frame; what is read of a packet is read off the front. */
enum { GDB_PACKET_BYTES = 0x4000 };

enum { GDB_STEP_ENABLE = 1, GDB_STEP_NOIRQ = 2 };               /* qqemu.sstep */

struct gdb_point { unsigned id; unsigned type; uint64_t address, bytes; };     /* type: the digit of Z packets */

/* Of a server, for its clients. */
struct gdb_options {
    const char *arch;               /* a layout's name; "auto": of the code that runs */
    unsigned kernel_bits;           /* until arch is set: that of code of this width, even if other code still runs; 0: not known */
    bool offset_pc;                 /* the program counter of 16-bit code is shown without its segment's base */
};

struct gdb {
    struct monitor *monitor;
    struct session_output output;
    struct gdb_options *options;

    /* gdb_link.c */
    enum { GDB_IDLE, GDB_BODY, GDB_ESCAPE, GDB_SUM1, GDB_SUM2 } state;
    GString *in;                    /* the body so far, escapes undone */
    uint8_t sum, sum_sent;
    bool too_long;
    bool no_ack;
    GString *last;                  /* frame sent last, for a client that asks again */

    /* What the client can do. */
    bool multiprocess, swbreak, hwbreak, error_message, thread_suffix;

    unsigned cpu;                   /* of g, m and so on */
    unsigned resume_cpu;            /* of c and s */
    unsigned listed;                /* threads told of by q*ThreadInfo */
    bool waiting;                   /* the client waits for a stop reply */
    bool physical;                  /* qqemu.PhyMemMode */
    unsigned step_flags;            /* qqemu.sstep */
    const struct cpu_gdb_layout *layout;
    GArray *registers;              /* struct cpu_gdb_register, of that layout */
    const struct cpu_gdb_layout *told;      /* the CPU's own layout when the client was last told that it differs */
    GArray *points;                 /* struct gdb_point */
};

/* options outlive the client, which may change them. */
struct gdb *gdb_new(struct monitor *monitor, struct gdb_options *options, const struct session_output *output);
void gdb_free(struct gdb *gdb);
void gdb_input(struct gdb *gdb, const uint8_t *bytes, unsigned count);
void gdb_machine_event(struct gdb *gdb, enum machine_event event);

/* gdb_link.c */
void gdb_send(struct gdb *gdb, const char *body, size_t bytes);
void gdb_reply(struct gdb *gdb, const char *format, ...) G_GNUC_PRINTF(2, 3);
void gdb_ok(struct gdb *gdb);
/* Enn, or the text for clients that take one. */
void gdb_refuse(struct gdb *gdb, unsigned code, const char *why);
void gdb_interrupt(struct gdb *gdb);

/* gdb_packets.c: one packet, NUL-terminated; may hold NULs. */
void gdb_packet(struct gdb *gdb, const char *body, size_t bytes);

/* Reading packets: off *at; false: not there. */
bool gdb_take_hex(const char **at, uint64_t *value);
bool gdb_take_char(const char **at, char c);
bool gdb_take_prefix(const char **at, const char *prefix);
bool gdb_take_byte(const char **at, uint8_t *byte);             /* two hex digits */
void gdb_put_hex(GString *out, const void *bytes, size_t count);

/* Packets by file: at is behind the packet's name, end where it ends. */
struct gdb_arguments { const char *at, *end; };
#define GDB_PACKET(name) void gdb_##name(struct gdb *gdb, struct gdb_arguments arguments);
#include "monitor/gdb_packets.def"
#undef GDB_PACKET

/* gdb_resume.c */
struct cpu *gdb_cpu(struct gdb *gdb, unsigned index);           /* NULL: none */
static inline struct cpu *gdb_present_cpu(struct gdb *gdb) { return gdb_cpu(gdb, gdb->cpu); }
/* A thread id "p1.2", "2", "-1", "0"; *index: of its CPU, GDB_ANY for all and any. false: there is no such thread. */
enum { GDB_ANY = G_MAXINT };
bool gdb_take_thread(struct gdb *gdb, const char **at, unsigned *index);
void gdb_put_thread(const struct gdb *gdb, unsigned index, GString *out);
/* lldb's ";thread:ID;" behind a packet. */
bool gdb_take_thread_suffix(struct gdb *gdb, const char **at);
void gdb_stop_reply(struct gdb *gdb);
void gdb_put_stop(struct gdb *gdb, unsigned cpu, GString *out);
/* "CPU#0 [running]" */
void gdb_put_thread_name(struct gdb *gdb, unsigned index, GString *out);

/* gdb_registers.c */
void gdb_choose_layout(struct gdb *gdb);
/* For the next connection; false: there is no such one. */
bool gdb_set_arch(struct monitor *monitor, struct gdb_options *options, const char *name);
void gdb_warn_layout(struct gdb *gdb);
const struct cpu_gdb_register *gdb_register(const struct gdb *gdb, uint64_t number);
void gdb_put_register(struct gdb *gdb, unsigned cpu, const struct cpu_gdb_register *reg, GString *out);
void gdb_put_target(struct gdb *gdb, GString *out);
void gdb_set_pc(struct gdb *gdb, uint64_t pc);
uint64_t gdb_linear_pc(struct gdb *gdb, unsigned cpu, uint64_t pc);

/* gdb_memory.c */
void gdb_put_memory_map(struct gdb *gdb, GString *out);
void gdb_remove_points(struct gdb *gdb);
const struct gdb_point *gdb_find_point(const struct gdb *gdb, unsigned id);

#endif
