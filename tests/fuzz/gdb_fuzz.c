/* SPDX-License-Identifier: MIT */
/*
 * Random packets of gdb's remote protocol, from several clients, on a whole machine that mostly runs a loop of its firmware (the
 * seed chooses one of four):
 *
 *   gdb_fuzz [--seconds N] [--seed N]
 *
 * Nothing may crash or hang; every packet that is complete gets exactly one reply, but those that let the machine run.
 */
#define _GNU_SOURCE                     /* memmem */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/log.h"
#include "monitor/gdb.h"
#include "tests/unit/test.h"
#include "tests/fuzz/fuzz_board.h"

static const char *const beginnings[] = {
    "?", "!", "D", "R", "bc", "bs", "g", "G", "p", "P", "m", "M", "X", "Z0,", "Z1,", "Z2,", "Z3,", "Z4,", "z0,", "z1,", "z2,", "z4,", "Hg", "Hc", "T",
    "c", "C05", "s", "S05", "vCont?", "vCont;c", "vCont;s", "vCont;r", "vCont;s:1;c", "vCont;t", "vAttach;", "vCtrlC", "qSupported:", "qC",
    "qfThreadInfo", "qsThreadInfo", "qAttached", "qThreadExtraInfo,", "qRcmd,", "qXfer:features:read:target.xml:", "qXfer:memory-map:read::",
    "qXfer:threads:read::", "qXfer:", "qqemu.sstepbits", "qqemu.sstep", "Qqemu.sstep=", "qqemu.PhyMemMode", "Qqemu.PhyMemMode:",
    "qHostInfo", "qProcessInfo", "qRegisterInfo", "QThreadSuffixSupported", "qMemoryRegionInfo:", "qWatchpointSupportInfo:", "jThreadsInfo",
    "qSymbol::", "QStartNoAckMode", "vMustReplyEmpty", "",
};
static const char *const ends[] = {
    "0", "1", "7c00", "fff0", "fffffff0", "ffffffffffffffff", "10000000000000000", "-1", "p1.1", "p0.0", "p-1.-1", "p1.", "p2.7", ",", ",1", ",4", ",ffff",
    ",ffffffffffffffff", ":", ";", "=", ":00", ";thread:1;", ";thread:9;", "00000000", "696e666f20737461747573", "6764622d6172636820617574",
    "6764622d7063206f6666736574", "multiprocess+;swbreak+;hwbreak+", "error-message+", "0,fff", "ffffffff,1", "zz", "\x7f\x01",
};

enum { CLIENTS = 3 };
struct client { struct gdb *gdb; GString *out; };       /* out: since its last packet */
struct fuzz { struct monitor *monitor; GRand *random; struct gdb_options options; struct client client[CLIENTS]; };

static unsigned below(struct fuzz *f, unsigned most) { return (unsigned)g_rand_int_range(f->random, 0, (gint32)most); }

static void collect(void *opaque, const uint8_t *bytes, unsigned count)
{
    g_string_append_len(((struct client *)opaque)->out, (const char *)bytes, count);
}

/* A register's number and a value: a few bits, or any. */
static void make_register(struct fuzz *f, GString *body)
{
    uint64_t value = (uint64_t)g_rand_int(f->random) << 32 | g_rand_int(f->random);
    if (below(f, 4)) {
        value = 1ull << below(f, 64);
        value |= below(f, 2) ? 1ull << below(f, 32) | 1ull << below(f, 64) : 0;
    }
    value &= below(f, 2) ? UINT32_MAX : UINT64_MAX;
    g_string_printf(body, "P%x=%016" PRIx64, below(f, 256), GUINT64_TO_BE(value));
}

static void make_body(struct fuzz *f, GString *body)
{
    if (!below(f, 8)) {
        make_register(f, body);
        return;
    }
    g_string_assign(body, beginnings[below(f, G_N_ELEMENTS(beginnings))]);
    for (unsigned n = below(f, 4); n-- > 0;) {
        g_string_append(body, ends[below(f, G_N_ELEMENTS(ends))]);
    }
    for (unsigned n = below(f, 4); n == 3 && body->len && below(f, 4);) {
        body->str[below(f, (unsigned)body->len)] = (char)below(f, 256);
    }
    if (!below(f, 500)) {
        g_string_set_size(body, body->len + below(f, 3 * GDB_PACKET_BYTES));
        memset(body->str + body->len / 2, 'f', body->len - body->len / 2);
    }
}

static unsigned replies(const GString *out)
{
    unsigned count = 0;
    for (size_t i = 0; i < out->len; i++) {
        count += out->str[i] == '$' && (i + 1 == out->len || out->str[i + 1] != 'O' || out->str[i + 2] == 'K');
    }
    return count;
}

/* Does the client wait for the machine now, or is none expected for this packet? */
static bool may_be_silent(const struct gdb *gdb, const GString *body)
{
    return gdb->waiting || gdb->in->str[0] == 'R' || strchr(body->str, '#') || strchr(body->str, '$') || strlen(body->str) != body->len;
}

static bool one_packet(struct fuzz *f, struct client *client)
{
    struct gdb *gdb = client->gdb;
    g_autoptr(GString) body = g_string_new(NULL), frame = g_string_new("$");
    uint8_t sum = 0;
    make_body(f, body);
    g_string_append_len(frame, body->str, (gssize)body->len);
    static const char *const deadly[] = { "$k", "$}K", "$vK", "$}VK", "$v}k", "$}V}k" };     /* they end the machine */
    for (unsigned i = 0; i < G_N_ELEMENTS(deadly); i++) {
        if (memmem(frame->str, frame->len, deadly[i], strlen(deadly[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < body->len; i++) {
        sum = (uint8_t)(sum + (uint8_t)body->str[i]);
    }
    g_string_append_printf(frame, "#%02x", below(f, 50) ? sum : below(f, 256));
    const bool waited = gdb->waiting;
    g_string_truncate(client->out, 0);
    gdb_input(gdb, (const uint8_t *)frame->str, (unsigned)frame->len);
    const bool whole = gdb->state == GDB_IDLE && gdb->sum == gdb->sum_sent;
    const unsigned got = replies(client->out);
    if (whole && !waited && !may_be_silent(gdb, body) && got != 1) {
        printf("not ok gdb_fuzz: %u replies to '%s': %s\n", got, body->str, client->out->str);
        return false;
    }
    return true;
}

static bool run(struct fuzz *f, double seconds)
{
    const gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    bool good = true;
    unsigned packets = 0;
    for (; good && g_get_monotonic_time() < end; packets++) {
        struct client *one = &f->client[below(f, CLIENTS)];
        if (one->gdb && !below(f, 100)) {
            g_clear_pointer(&one->gdb, gdb_free);
        }
        if (!one->gdb) {
            one->gdb = gdb_new(f->monitor, &f->options, &(struct session_output){ one, collect });
        }
        good = one_packet(f, one);
        if (one->gdb->waiting && below(f, 2)) {
            gdb_input(one->gdb, (const uint8_t *)"\003", 1);
        }
        while (g_main_context_iteration(NULL, FALSE)) {
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        g_clear_pointer(&f->client[i].gdb, gdb_free);
    }
    printf("# %u packets\n", packets);
    return good;
}

/* What the server does for its clients. */
static void on_machine(void *opaque, enum machine_event event)
{
    struct fuzz *f = opaque;
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (f->client[i].gdb) {
            gdb_machine_event(f->client[i].gdb, event);
        }
    }
}

/* The main loop's part that answers machine_request_stop. */
static gboolean stop_if_asked(gpointer opaque)
{
    struct monitor *monitor = opaque;
    if (debugger_stop(monitor->board->engine)->reason != DEBUG_STOP_NONE) {
        machine_stop(monitor->machine);
    }
    return G_SOURCE_CONTINUE;
}

/* virt has firmware of zeros, which is undefined on every CPU of it. */
static struct board *make_board(unsigned which, struct options *options, struct log *log)
{
    enum { FIRMWARE_BYTES = 4096 };
    static const char *const machines[][2] = { { "pc", NULL }, { "virt,virtualization=on,secure=on", "max" }, { "virt", "cortex-a57" },
                                               { "virt,secure=on", "cortex-a15" } };
    char *arguments[] = { "-m", "16M", "-smp", "2", "-display", "none", "-serial", "none", "-net", "none", "-bios", NULL,
                          "-M", NULL, "-cpu", NULL };
    const unsigned firmware_at = 10, count = G_N_ELEMENTS(arguments);
    if (!which) {
        return fuzz_board_new("gdb_fuzz", options, (int)firmware_at, arguments, log);
    }
    const int fd = memfd_create("firmware", 0);
    if (fd < 0 || ftruncate(fd, FIRMWARE_BYTES)) {
        return NULL;
    }
    g_autofree char *firmware = g_strdup_printf("/proc/self/fd/%d", fd);
    arguments[firmware_at + 1] = firmware;
    arguments[firmware_at + 3] = (char *)machines[which][0];
    arguments[firmware_at + 5] = (char *)machines[which][1];
    struct board *board = fuzz_board_new("gdb_fuzz", options, (int)count, arguments, log);
    close(fd);
    return board;
}

int main(int argc, char **argv)
{
    double seconds = 2;
    guint32 seed = (guint32)g_get_real_time();
    for (int i = 1; i + 1 < argc; i += 2) {
        seconds = strcmp(argv[i], "--seconds") ? seconds : atof(argv[i + 1]);
        seed = strcmp(argv[i], "--seed") ? seed : (guint32)strtoul(argv[i + 1], NULL, 0);
    }
    struct options options;
    struct log *log = log_new();
    struct board *board = make_board(seed % 4, &options, log);
    if (!board) {
        return 0;
    }
    const struct monitor_facts facts = { .program = "gdb_fuzz", .version = "0", .qemu_version = "8.2.0", .machine = "pc" };
    struct fuzz f = { .monitor = monitor_new(board, NULL, &facts), .random = g_rand_new_with_seed(seed), .options = { .arch = "auto" } };
    for (unsigned i = 0; i < CLIENTS; i++) {
        f.client[i].out = g_string_new(NULL);
    }
    const guint timer = g_timeout_add(1, stop_if_asked, f.monitor);
    machine_add_listener(board->machine, &(struct machine_listener){ &f, on_machine });
    printf("# seed %u\n", seed);
    fflush(stdout);
    log_set_file(log, "/dev/null", NULL);
    const bool good = run(&f, seconds);
    g_source_remove(timer);
    machine_stop(board->machine);
    machine_remove_listener(board->machine, &f);
    monitor_free(f.monitor);
    board_free(board);
    g_rand_free(f.random);
    for (unsigned i = 0; i < CLIENTS; i++) {
        g_string_free(f.client[i].out, TRUE);
    }
    options_clear(&options);
    log_free(log);
    if (good) {
        printf("ok gdb_fuzz\n");
    }
    return !good;
}
