/* SPDX-License-Identifier: MIT */
/* base/character.c, base/stream.c, base/telnet.c: sockets as serial lines, Ctrl-a, clients that stall and vanish. */
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/character.h"
#include "base/device.h"
#include "base/socket.h"
#include "base/telnet.h"
#include "tests/unit/test.h"

struct device { GString *got; unsigned room, breaks; };

static unsigned can_receive(void *device) { return ((struct device *)device)->room; }
static void receive(void *device, const uint8_t *bytes, unsigned count)
{
    struct device *d = device;
    g_string_append_len(d->got, (const char *)bytes, count);
    d->room -= count;
}
static void break_seen(void *device) { ((struct device *)device)->breaks++; }

static struct character *open_with(struct test *test, const char *spec, struct device *device)
{
    GError *error = NULL;
    struct character *c = character_open(spec, &error);
    if (!EXPECT(test, c != NULL)) {
        printf("# %s\n", error->message);
        return NULL;
    }
    *device = (struct device){ g_string_new(NULL), 1000, 0 };
    character_set_client(c, &(struct character_client){ device, can_receive, receive, break_seen });
    return c;
}

/* Lets the main loop run until there is nothing to do for some ms. */
static void settle(unsigned ms)
{
    gint64 end = g_get_monotonic_time() + ms * 1000;
    while (g_main_context_iteration(NULL, FALSE) || g_get_monotonic_time() < end) {
        g_usleep(500);
    }
}

static int connect_to(const char *path)
{
    int fd = socket_connect_unix(path, NULL);
    settle(20);
    return fd;
}

static bool reads(int fd, const char *text, unsigned count)
{
    char bytes[512];
    settle(20);
    ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
    return got == (ssize_t)count && !memcmp(bytes, text, count);
}

static char *temporary(const char *name)
{
    return g_strdup_printf("%s/dragoman-%d-%s", g_get_tmp_dir(), (int)getpid(), name);
}

static void telnet_filter(struct test *test)
{
    uint8_t bytes[] = "a\377\377b\377\375\001\377\372\030x\377\377y\377\360c\r\0d\377\363e";
    struct telnet telnet = { 0 };
    unsigned breaks = 0, kept = 0;
    for (unsigned i = 0; i < sizeof(bytes) - 1; i++) {          /* a byte at a time: commands come in pieces */
        uint8_t byte = bytes[i];
        if (telnet_input(&telnet, &byte, 1, &breaks)) {
            bytes[kept++] = byte;
        }
    }
    EXPECT(test, kept == 7 && !memcmp(bytes, "a\377bc\rde", 7) && breaks == 1);
    uint8_t binary[] = "\377\373\000\r\0x";
    kept = telnet_input(&telnet, binary, 6, &breaks);
    EXPECT(test, kept == 3 && !memcmp(binary, "\r\0x", 3));
    GByteArray *out = g_byte_array_new();
    telnet_output(out, (const uint8_t *)"\377x\377", 3);
    EXPECT(test, out->len == 5 && !memcmp(out->data, "\377\377x\377\377", 5));
    g_byte_array_unref(out);
}

static void server_keeps_what_nobody_read(struct test *test)
{
    g_autofree char *path = temporary("early"), *spec = g_strconcat("unix:", path, ",server,nowait", NULL);
    struct device device;
    struct character *c = open_with(test, spec, &device);
    character_write(c, (const uint8_t *)"boot", 4);
    int fd = connect_to(path);
    EXPECT(test, reads(fd, "boot", 4));
    character_write(c, (const uint8_t *)"more", 4);
    EXPECT(test, reads(fd, "more", 4));
    EXPECT(test, send(fd, "keys", 4, 0) == 4);
    settle(20);
    EXPECT(test, !strcmp(device.got->str, "keys"));
    int second = connect_to(path);              /* waits its turn */
    EXPECT(test, send(second, "2", 1, 0) == 1);
    settle(20);
    EXPECT(test, !strcmp(device.got->str, "keys"));
    g_autofree char *with = character_describe(c);
    EXPECT(test, g_str_has_prefix(with, "unix:"));
    close(fd);
    settle(20);
    EXPECT(test, !strcmp(device.got->str, "keys2"));
    close(second);
    settle(20);
    g_autofree char *without = character_describe(c);
    EXPECT(test, g_str_has_prefix(without, "disconnected:unix:"));
    character_write(c, (const uint8_t *)"lost", 4);
    fd = connect_to(path);
    character_write(c, (const uint8_t *)"kept", 4);
    EXPECT(test, reads(fd, "kept", 4));
    close(fd);
    character_free(c);
    EXPECT(test, g_access(path, F_OK) != 0);
    g_string_free(device.got, TRUE);
}

static void telnet_server(struct test *test)
{
    struct device device;
    struct character *c = open_with(test, "telnet:127.0.0.1:0,server=on,wait=off", &device);
    character_free(c);
    g_string_free(device.got, TRUE);
    int probe = socket_listen_tcp("127.0.0.1", "0", NULL);      /* a port that is free now */
    g_autofree char *spec = g_strdup_printf("telnet:127.0.0.1:%u,server,nowait", socket_port(probe));
    g_autofree char *port = g_strdup_printf("%u", socket_port(probe));
    close(probe);
    c = open_with(test, spec, &device);
    int fd = socket_connect_tcp("127.0.0.1", port, NULL);
    EXPECT(test, reads(fd, "\377\373\001\377\373\003\377\373\000\377\375\000", 12));
    EXPECT(test, send(fd, "\377\375\001x\377\363\377\377", 8, 0) == 8);
    settle(20);
    EXPECT(test, device.got->len == 2 && !memcmp(device.got->str, "x\377", 2) && device.breaks == 1);
    character_write(c, (const uint8_t *)"\377", 1);
    EXPECT(test, reads(fd, "\377\377", 2));
    close(fd);
    character_free(c);
    g_string_free(device.got, TRUE);
}

/* A client that never reads costs one short wait, a device that never reads no client. */
static void stalls(struct test *test)
{
    g_autofree char *path = temporary("stall"), *spec = g_strconcat("unix:", path, ",server,nowait", NULL);
    struct device device;
    struct character *c = open_with(test, spec, &device);
    int fd = connect_to(path);
    uint8_t bytes[1000] = { 0 };
    gint64 start = g_get_monotonic_time();
    for (unsigned i = 0; i < 5000; i++) {
        character_write(c, bytes, sizeof(bytes));
    }
    EXPECT(test, g_get_monotonic_time() - start < 60 * G_USEC_PER_SEC);
    device.room = 3;
    for (unsigned i = 0; i < 100; i++) {
        (void)!send(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        settle(0);
    }
    EXPECT_EQ(test, device.got->len, 3);
    close(fd);
    settle(50);
    fd = connect_to(path);                      /* the vanished one was noticed */
    character_write(c, (const uint8_t *)"new", 3);
    EXPECT(test, reads(fd, "new", 3));
    device.room = 10000;
    character_accept(c);
    settle(20);
    EXPECT(test, device.got->len > 3 && device.got->len <= 3 + 4096);
    close(fd);
    character_free(c);
    g_string_free(device.got, TRUE);
}

static gpointer drain(gpointer opaque)
{
    static char bytes[4096];
    gsize total = 0;
    ssize_t count;
    while ((count = recv(GPOINTER_TO_INT(opaque), bytes, sizeof(bytes), 0)) > 0 || (count < 0 && total < 3000000)) {
        total += count > 0 ? (gsize)count : 0;
        g_usleep(count > 0 ? 100 : 1000);
    }
    return GSIZE_TO_POINTER(total);
}

/* More at once than any buffer holds arrives whole at a client that only reads slowly. */
static void much_at_once(struct test *test)
{
    g_autofree char *path = temporary("much"), *spec = g_strconcat("unix:", path, ",server,nowait", NULL);
    struct device device;
    struct character *c = open_with(test, spec, &device);
    int fd = connect_to(path);
    g_autofree uint8_t *bytes = g_malloc0(3000000);
    GThread *reader = g_thread_new("reader", drain, GINT_TO_POINTER(fd));
    character_write(c, bytes, 3000000);
    settle(300);
    character_free(c);
    EXPECT_EQ(test, GPOINTER_TO_SIZE(g_thread_join(reader)), 3000000);
    close(fd);
    g_string_free(device.got, TRUE);
}

struct monitor { GString *got; unsigned focuses; bool on; };
static void monitor_receive(void *opaque, const uint8_t *bytes, unsigned count)
{
    g_string_append_len(((struct monitor *)opaque)->got, (const char *)bytes, count);
}
static void monitor_focus(void *opaque, bool on)
{
    struct monitor *m = opaque;
    m->focuses++;
    m->on = on;
}
static void on_leave(void *opaque) { ++*(unsigned *)opaque; }

static void control_a(struct test *test)
{
    g_autofree char *path = temporary("mux"), *spec = g_strconcat("mon:unix:", path, ",server,nowait", NULL);
    struct device device;
    struct monitor m = { g_string_new(NULL), 0, false };
    unsigned left = 0;
    struct character *c = open_with(test, spec, &device);
    character_set_monitor(c, &(struct character_monitor){ &m, monitor_receive, monitor_focus });
    character_set_leave(c, on_leave, &left);
    EXPECT(test, character_is_shared(c));
    int fd = connect_to(path);
    EXPECT(test, send(fd, "a\001\001b\001zc\001cinfo\001\001\001cd\001b\001x", 22, 0) == 22);
    settle(20);
    EXPECT(test, !strcmp(device.got->str, "a\001bcd") && !strcmp(m.got->str, "info\001"));
    EXPECT(test, m.focuses == 2 && !m.on && left == 1 && device.breaks == 1);
    EXPECT(test, send(fd, "\001c", 2, 0) == 2);
    settle(20);
    EXPECT(test, m.on);
    close(fd);                                  /* the next client speaks to the device */
    settle(20);
    EXPECT(test, !m.on);
    character_free(c);
    g_string_free(device.got, TRUE);
    g_string_free(m.got, TRUE);
}

static void clients_and_files(struct test *test)
{
    g_autofree char *path = temporary("client"), *file = temporary("file"), *text = NULL;
    g_autofree char *spec = g_strconcat("unix:", path, ",reconnect=1", NULL), *to_file = g_strconcat("file:", file, NULL);
    struct device device;
    struct character *c = open_with(test, spec, &device);       /* nobody listens yet */
    int listener = socket_listen_unix(path, NULL);
    settle(1300);
    int peer = socket_accept(listener);
    EXPECT(test, peer >= 0);
    character_write(c, (const uint8_t *)"hello", 5);
    EXPECT(test, reads(peer, "hello", 5));
    close(peer);
    settle(1300);
    peer = socket_accept(listener);
    EXPECT(test, peer >= 0);
    close(peer);
    character_free(c);
    close(listener);
    g_unlink(path);
    g_string_free(device.got, TRUE);
    c = open_with(test, to_file, &device);
    character_write(c, (const uint8_t *)"written", 7);
    character_free(c);
    EXPECT(test, g_file_get_contents(file, &text, NULL, NULL) && !strcmp(text, "written"));
    g_unlink(file);
    g_string_free(device.got, TRUE);
}

static void refused(struct test *test)
{
    static const struct { const char *spec, *says; } cases[] = {
        { "fil:x", "stream" }, { "tcp:nowhere", "HOST:PORT" }, { "tcp:127.0.0.1:1", "127.0.0.1:1" }, { "", "stream" },
        { "tcp:127.0.0.1:1,servr", "servr" }, { "unix:/nonexistent/x,server,nowait", "/nonexistent/x" }, { "mon:", "stream" },
        { "unix:,server,nowait", "path" }, { "telnet:127.0.0.1:0,server,nowait,reconnect=x", "reconnect" },
        { "file:/nonexistent/x", "/nonexistent/x" }, { "pipe:/nonexistent/x", "/nonexistent/x" },
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        GError *error = NULL;
        struct character *c = character_open(cases[i].spec, &error);
        if (!EXPECT(test, !c && error && strstr(error->message, cases[i].says))) {
            printf("# %s: %s\n", cases[i].spec, error ? error->message : "opened");
        }
        g_clear_error(&error);
        character_free(c);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(telnet_filter), TEST(server_keeps_what_nobody_read), TEST(telnet_server), TEST(stalls), TEST(much_at_once), TEST(control_a),
        TEST(clients_and_files), TEST(refused),
    };
    return test_run_cases("character", cases, ARRAY_LEN(cases));
}
