/* SPDX-License-Identifier: MIT */
/* Cables, and back ends with real sockets on the loopback: what goes in comes out, and what is wrong is said in a
 * line. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/net.h"
#include "tests/device/rig.h"

enum { WAIT_MS = 60000, FRAMES_MOST = 600 };

/* A card of the test's own. */
struct card { struct network_end *end; unsigned frames, room, links; bool up; size_t bytes; uint8_t first[FRAMES_MOST], frame[NETWORK_FRAME_MOST]; };

static bool card_can_receive(void *opaque) { return ((struct card *)opaque)->room; }
static void card_receive(void *opaque, const uint8_t *frame, size_t bytes)
{
    struct card *card = opaque;
    card->room--;
    card->first[card->frames++ % FRAMES_MOST] = frame[14];
    card->bytes = bytes;
    memcpy(card->frame, frame, bytes);
}
static void card_link(void *opaque, bool up)
{
    struct card *card = opaque;
    card->links++;
    card->up = up;
}

static void card_init(struct card *card, const char *name)
{
    const struct network_client client = { .opaque = card, .can_receive = card_can_receive, .receive = card_receive,
                                           .link_changed = card_link };
    *card = (struct card){ .room = FRAMES_MOST };
    card->end = network_end_new(name, &client);
}

static void send_byte(struct card *card, uint8_t byte, size_t bytes)
{
    uint8_t frame[NETWORK_FRAME_MOST] = { 0 };
    frame[14] = byte;
    frame[bytes - 1] = (uint8_t)~byte;
    network_send(card->end, frame, bytes);
}

/* ---- Cables ---- */

static void cables(struct test *test)
{
    struct card a, b;
    card_init(&a, "a"), card_init(&b, "b");
    send_byte(&a, 1, 60);
    EXPECT_EQ(test, network_sent(a.end).dropped, 1);
    network_plug(a.end, b.end);
    b.room = 1;
    for (unsigned i = 0; i < 3; i++) {
        send_byte(&a, (uint8_t)i, 60);
    }
    EXPECT(test, b.frames == 1 && network_sent(a.end).frames == 3);
    b.room = 5;
    network_accept(b.end);
    EXPECT(test, b.frames == 3 && b.first[1] == 1 && b.first[2] == 2);
    send_byte(&a, 1, 13), send_byte(&a, 1, NETWORK_FRAME_MOST);
    EXPECT(test, b.frames == 4 && b.bytes == NETWORK_FRAME_MOST);
    network_set_link(b.end, false);
    EXPECT(test, !a.up && !b.up && !network_link_up(a.end));
    send_byte(&a, 1, 60);
    EXPECT_EQ(test, b.frames, 4);
    network_set_link(b.end, true);
    send_byte(&a, 1, 60);
    EXPECT_EQ(test, b.frames, 5);
    b.room = 0;
    for (unsigned i = 0; i < 10000; i++) {          /* bounded */
        send_byte(&a, 1, 1500);
    }
    EXPECT(test, network_sent(a.end).dropped > 1000);
    network_end_free(b.end);
    send_byte(&a, 1, 60);
    network_end_free(a.end);
}

static void addresses(struct test *test)
{
    uint8_t mac[6];
    EXPECT(test, network_parse_mac("52:54:00:12:34:Ff", mac) && mac[0] == 0x52 && mac[5] == 0xff);
    EXPECT(test, network_parse_mac("52-54-00-12-34-56", mac));
    static const char *const bad[] = { "", "52:54:00:12:34", "52:54:00:12:34:5", "52:54:00:12:34:56:",
                                       "53:54:00:12:34:56",
                                       "52:54:00:12:34:5g", "525400123456" };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        EXPECT(test, !network_parse_mac(bad[i], mac));
    }
}

/* ---- Back ends ---- */

struct host { struct rig rig; struct net_host net; struct card card; struct net *backend; };

static bool host_init(struct test *test, struct host *host, const char *text, bool deterministic)
{
    g_autoptr(GError) error = NULL;
    rig_init(&host->rig);
    host->net = (struct net_host){ host->rig.machine->clocks, &host->rig.machine->lock, NULL, deterministic };
    card_init(&host->card, "card");
    host->backend = net_open(text, &host->net, &error);
    if (!host->backend) {
        printf("# %s\n", error->message);
        EXPECT(test, !"opened");
        return false;
    }
    network_plug(host->card.end, net_end(host->backend));
    return true;
}

static void host_free(struct host *host)
{
    net_close(host->backend);
    network_end_free(host->card.end);
    rig_free(&host->rig);
}

/* Runs the main loop until the card has so many frames. */
static bool wait_frames(struct host *host, unsigned frames)
{
    for (gint64 end = g_get_monotonic_time() + WAIT_MS * 1000; g_get_monotonic_time() < end;) {
        g_main_context_iteration(NULL, FALSE);
        g_mutex_lock(&host->rig.machine->lock);
        bool there = host->card.frames >= frames;
        g_mutex_unlock(&host->rig.machine->lock);
        if (there) {
            return true;
        }
        g_usleep(1000);
    }
    return false;
}

static unsigned free_port(int type)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, type, 0);
    bind(fd, (struct sockaddr *)&address, sizeof(address));
    getsockname(fd, (struct sockaddr *)&address, &length);
    close(fd);
    return ntohs(address.sin_port);
}

static void send_locked(struct host *host, uint8_t byte, size_t bytes)
{
    g_mutex_lock(&host->rig.machine->lock);
    send_byte(&host->card, byte, bytes);
    g_mutex_unlock(&host->rig.machine->lock);
}

/* As GNS3 has it: a frame a datagram, and a peer that comes later. */
static void udp_cable(struct test *test)
{
    struct host a = { 0 }, b = { 0 };
    unsigned one = free_port(SOCK_DGRAM), two = free_port(SOCK_DGRAM);
    g_autofree char *first = g_strdup_printf("socket,id=a,udp=127.0.0.1:%u,localaddr=127.0.0.1:%u", two, one);
    g_autofree char *second = g_strdup_printf("dgram,id=b,local.type=inet,local.host=127.0.0.1,local.port=%u,"
                                              "remote.type=inet,remote.host=127.0.0.1,remote.port=%u", two, one);
    if (!host_init(test, &a, first, false)) {
        return;
    }
    send_locked(&a, 9, 60), send_locked(&a, 9, 60);             /* nobody there: refused, and no harm */
    if (!host_init(test, &b, second, false)) {
        return;
    }
    g_autofree char *text = net_describe(a.backend);
    EXPECT(test, g_str_has_prefix(text, "socket: udp=127.0.0.1:"));
    for (unsigned i = 0; i < 20; i++) {
        send_locked(&a, (uint8_t)i, 60 + i);
    }
    EXPECT(test, wait_frames(&b, 20) && b.card.first[19] == 19 && b.card.bytes == 79 &&
           b.card.frame[78] == (uint8_t)~19);
    send_locked(&b, 77, 9000);
    EXPECT(test, wait_frames(&a, 1) && a.card.bytes == 9000);
    host_free(&a), host_free(&b);
}

static void tcp_cable(struct test *test)
{
    struct host a = { 0 }, b = { 0 };
    unsigned port = free_port(SOCK_STREAM);
    g_autofree char *listen = g_strdup_printf("socket,id=a,listen=127.0.0.1:%u", port);
    g_autofree char *connect = g_strdup_printf("socket,id=b,connect=127.0.0.1:%u", port);
    if (!host_init(test, &b, connect, false)) {                 /* before the other listens: it tries again */
        return;
    }
    if (!host_init(test, &a, listen, false)) {
        return;
    }
    for (unsigned i = 0; i < 6000 && !a.card.frames; i++) {
        send_locked(&b, 5, 60);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(10000);
    }
    unsigned before = a.card.frames;
    EXPECT(test, before > 0);
    for (unsigned i = 0; i < 200; i++) {
        send_locked(&b, (uint8_t)i, 1514);
    }
    EXPECT(test, wait_frames(&a, before + 200) && a.card.bytes == 1514);
    send_locked(&a, 1, 60);
    EXPECT(test, wait_frames(&b, 1));
    host_free(&b);
    for (unsigned i = 0; i < 20; i++) {                         /* the peer has left */
        g_main_context_iteration(NULL, FALSE);
        send_locked(&a, 2, 60);
    }
    host_free(&a);
}

/* A stranger sends rubbish as the length of a frame. */
static void tcp_rubbish(struct test *test)
{
    struct host a = { 0 };
    unsigned port = free_port(SOCK_STREAM);
    g_autofree char *listen = g_strdup_printf("socket,listen=127.0.0.1:%u", port);
    const uint8_t rubbish[] = { 0xff, 0xff, 0xff, 0xff, 1, 2, 3 };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (!host_init(test, &a, listen, false)) {
        return;
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(test, !connect(fd, (struct sockaddr *)&address, sizeof(address)) && write(fd, rubbish, sizeof(rubbish)) > 0);
    uint8_t byte;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    ssize_t got = -1;
    for (unsigned i = 0; i < 60000 && got < 0; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
        got = read(fd, &byte, 1);
        got = got < 0 && errno == EAGAIN ? -1 : 0;
    }
    EXPECT(test, got == 0 && a.card.frames == 0);               /* it was hung up on */
    close(fd);
    host_free(&a);
}

/* ---- User NAT ---- */

static void send_discover(struct host *host)
{
    uint8_t frame[342] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0, 0x45, 0, 1, 72, 0, 0, 0, 0, 64, 17,
        0x79, 0xa6,
        0, 0, 0, 0, 255, 255, 255, 255, 0, 68, 0, 67, 1, 52, 0, 0, 1, 1, 6, 0, 1, 2, 3, 4,
    };
    memcpy(frame + 42 + 28, frame + 6, 6);
    memcpy(frame + 42 + 236, (uint8_t[]){ 0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255 }, 8);
    g_mutex_lock(&host->rig.machine->lock);
    network_send(host->card.end, frame, sizeof(frame));
    g_mutex_unlock(&host->rig.machine->lock);
}

static void user_dhcp(struct test *test)
{
    static const struct { const char *text; uint8_t address[4]; } cases[] = {
        { "user,id=n", { 10, 0, 2, 15 } }, { "user,id=n,net=192.168.76.0/24,dhcpstart=192.168.76.9",
                                             { 192, 168, 76, 9 } },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct host host = { 0 };
        if (!host_init(test, &host, cases[i].text, false)) {
            return;
        }
        send_discover(&host);
        EXPECT(test, wait_frames(&host, 1) && host.card.bytes > 300 &&
               !memcmp(host.card.frame + 42 + 16, cases[i].address, 4));
        host_free(&host);
    }
}

/* With -icount nothing from outside comes before a timer of guest time; and to a machine that stands still nothing
 * comes. */
static void input_in_guest_time(struct test *test, bool deterministic)
{
    struct host host = { 0 };
    if (!host_init(test, &host, "user", deterministic)) {
        return;
    }
    if (!deterministic) {
        clocks_stop(host.rig.machine->clocks);
    }
    send_discover(&host);
    for (unsigned i = 0; i < 60000 && clocks_next_deadline_ns(host.rig.machine->clocks, CLOCK_KIND_VIRTUAL) == INT64_MAX; i++) {
        g_usleep(1000);
    }
    g_mutex_lock(&host.rig.machine->lock);
    EXPECT_EQ(test, host.card.frames, 0);
    clocks_resume(host.rig.machine->clocks);
    rig_run(&host.rig, 1000);
    EXPECT_EQ(test, host.card.frames, 1);
    g_mutex_unlock(&host.rig.machine->lock);
    host_free(&host);
}

static void deterministic_input(struct test *test) { input_in_guest_time(test, true); }
static void stopped_machine_gets_nothing(struct test *test) { input_in_guest_time(test, false); }

static void forwarding_rules(struct test *test)
{
    struct host host = { 0 };
    g_autoptr(GError) error = NULL;
    unsigned port = free_port(SOCK_STREAM);
    g_autofree char *rule = g_strdup_printf("tcp:127.0.0.1:%u-:22", port);
    g_autofree char *half = g_strdup_printf("tcp:127.0.0.1:%u", port);
    if (!host_init(test, &host, "user,id=n0", false)) {
        return;
    }
    EXPECT(test, net_hostfwd_add(host.backend, rule, NULL) && !net_hostfwd_add(host.backend, rule, &error));
    g_autofree char *info = net_user_info(host.backend);
    EXPECT(test, info && strstr(info, "HOST_FORWARD"));
    EXPECT(test, net_hostfwd_remove(host.backend, half, NULL) && !net_hostfwd_remove(host.backend, half, NULL));
    host_free(&host);
}

static void wrong_texts(struct test *test)
{
    static const struct { const char *text, *has; } cases[] = {
        { "usr", "did you mean user" }, { "user,foo=1", "unknown key 'foo'" }, { "user,hostfwd=tcp:1-2", "hostfwd=" },
        { "user,hostfwd=sctp::1-:2", "tcp" }, { "user,net=10.0.2.300", "net=" }, { "user,net=10.0.2.0/40", "4 to 30" },
        { "user,host=1.2.3.4", "not in the network" }, { "user,smb=/tmp", "not supported" },
        { "user,tftp=/nonexistent", "folder" },
        { "user,ipv4=off,ipv6=off", "nothing is left" }, { "user,restrict=maybe", "on or off" },
        { "user,guestfwd=tcp:10.0.2.9:80-chardev:x", "not supported" }, { "user,dns=10.0.2.2", "different" },
        { "socket", "exactly one" }, { "socket,udp=127.0.0.1:1", "localaddr" },
        { "socket,udp=x,localaddr=:1", "HOST:PORT" },
        { "socket,listen=:99999", "65535" }, { "socket,listen=127.0.0.1:1,connect=:2", "exactly one" },
        { "dgram,local.host=127.0.0.1", "local.port" }, { "tap", "script=no" },
        { "tap,script=no,downscript=/x", "no scripts" },
    };
    struct rig rig;
    rig_init(&rig);
    const struct net_host host = { rig.machine->clocks, &rig.machine->lock, NULL, false };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        struct net *net = net_open(cases[i].text, &host, &error);
        if (!EXPECT(test, !net && error && strstr(error->message, cases[i].has) && !strchr(error->message, '\n'))) {
            printf("# %s: %s\n", cases[i].text, error ? error->message : "opened");
        }
        net_close(net);
    }
    rig_free(&rig);
}

static void nic_texts(struct test *test)
{
    struct net_nic nic;
    EXPECT(test, net_parse_nic("user,model=e1000,mac=52:54:00:00:00:01,hostfwd=tcp::1-:2,hostfwd=udp::3-:4", &nic, NULL));
    EXPECT(test, !strcmp(nic.backend, "user,hostfwd=tcp::1-:2,hostfwd=udp::3-:4") && !strcmp(nic.model, "e1000") &&
           !strcmp(nic.mac, "52:54:00:00:00:01"));
    net_nic_clear(&nic);
    EXPECT(test, net_parse_nic("none", &nic, NULL) && !nic.backend);
    net_nic_clear(&nic);
    EXPECT(test, !net_parse_nic("user,mac=1:2", &nic, NULL));
}

/* ---- Captures ---- */

static void captures(struct test *test)
{
    struct rig rig;
    struct card a, b;
    rig_init(&rig);
    card_init(&a, "a"), card_init(&b, "b");
    network_plug(a.end, b.end);
    const struct net_host host = { rig.machine->clocks, &rig.machine->lock, NULL, false };
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "dragoman-test.pcap", NULL), *data = NULL;
    gsize bytes = 0;
    struct net_capture *capture = net_capture_open(a.end, path, 100, &host, NULL);
    EXPECT(test, capture);
    send_byte(&a, 1, 60), send_byte(&b, 2, 200);
    net_capture_close(capture);
    send_byte(&a, 3, 60);
    EXPECT(test, g_file_get_contents(path, &data, &bytes, NULL) && bytes == 24 + 16 + 60 + 16 + 100);
    const uint32_t *words = (const uint32_t *)(void *)data;
    EXPECT(test, words[0] == 0xa1b2c3d4 && words[4] == 100 && words[5] == 1 && words[8] == 60 && words[9] == 60);
    EXPECT(test, !net_capture_open(a.end, "/nonexistent/x", 0, &host, NULL));
    unlink(path);
    network_end_free(a.end), network_end_free(b.end);
    rig_free(&rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(cables), TEST(addresses), TEST(udp_cable), TEST(tcp_cable), TEST(tcp_rubbish), TEST(user_dhcp),
        TEST(deterministic_input), TEST(stopped_machine_gets_nothing),
        TEST(forwarding_rules), TEST(wrong_texts), TEST(nic_texts), TEST(captures),
    };
    return test_run_cases("net", cases, ARRAY_LEN(cases));
}
