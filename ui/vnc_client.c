/* SPDX-License-Identifier: MIT */
/*
 * One VNC client: the handshake of RFB 3.3, 3.7 and 3.8 and its messages (RFC 6143, 7.1 to 7.5), QEMU's extended key event.
 * Nothing here blocks. Pictures are sent when everything before has gone out; a client that makes answers without reading
 * them is not read either; one that says nonsense, or does not get through the handshake in time, is dropped.
 */
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/socket.h"
#include "ui/vnc.h"

enum { MSG_PIXEL_FORMAT = 0, MSG_ENCODINGS = 2, MSG_UPDATE = 3, MSG_KEY = 4, MSG_POINTER = 5, MSG_CUT_TEXT = 6,
       MSG_SET_SIZE = 251, MSG_QEMU = 255, QEMU_KEY = 0 };
enum { SECURITY_NONE = 1, SECURITY_VNC = 2, HANDSHAKE_S = 30, READ_BYTES = 16384, COLOUR_MAP = 256,
       OUT_MOST = 4 << 20 };
enum { SIZE_REASON_CLIENT = 1, SIZE_STATUS_PROHIBITED = 1 };
static const char version[] = "RFB 003.008\n";

static const struct vnc_format native_format = {
    .bits = 32, .depth = 24, .big_endian = G_BYTE_ORDER == G_BIG_ENDIAN, .true_colour = 1,
    .most = { 255, 255, 255 }, .shift = { 16, 8, 0 },
};

static unsigned get16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }
static uint32_t get32(const uint8_t *bytes) { return (uint32_t)get16(bytes) << 16 | get16(bytes + 2); }

/* ---- Sending ---- */

static gboolean on_output(gint fd, GIOCondition condition, gpointer opaque);

/* Sends what can be sent; false: the client is gone and freed. */
static bool flush(struct vnc_client *client)
{
    while (client->out->len) {
        ssize_t sent = send(client->fd, client->out->data, client->out->len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!client->out_watch) {
                client->out_watch = g_unix_fd_add(client->fd, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_output, client);
            }
            return true;
        }
        if (sent <= 0) {
            vnc_forget(client);
            return false;
        }
        g_byte_array_remove_range(client->out, 0, (guint)sent);
    }
    if (client->failed) {
        vnc_forget(client);
        return false;
    }
    return true;
}

static bool has_dirty(const struct vnc_client *client)
{
    size_t tiles = (size_t)client->server->columns * client->server->rows;
    return memchr(client->dirty, 1, tiles) != NULL;
}

/* What is to be told beside pictures. */
static bool find_news(struct vnc_client *client)
{
    struct ui *ui = client->server->ui;
    ui_lock(ui);
    bool absolute = input_wants_absolute(ui->input);
    unsigned leds = input_leds(ui->input);
    ui_unlock(ui);
    if (client->knows_pointer && absolute != client->pointer_absolute) {
        client->pointer_absolute = absolute;
        client->tell_pointer = true;
    }
    if (client->knows_led && leds != client->leds) {
        client->leds = leds;
        client->tell_led = true;
    }
    g_autofree char *title = ui_title(ui);
    if (client->knows_name && strcmp(title, client->title)) {
        g_free(client->title);
        client->title = g_steal_pointer(&title);
        client->tell_name = true;
    }
    return client->tell_pointer || client->tell_led || client->tell_name || client->tell_size || client->tell_key;
}

void vnc_client_update(struct vnc_client *client)
{
    if (client->phase == VNC_NORMAL && client->wants && !client->out->len && (find_news(client) || has_dirty(client))) {
        vnc_write_update(client);
        flush(client);
    }
}

void vnc_client_resize(struct vnc_client *client)
{
    struct vnc_server *server = client->server;
    size_t tiles = (size_t)server->columns * server->rows;
    client->dirty = g_realloc(client->dirty, tiles);
    memset(client->dirty, 1, tiles);
    if (client->phase == VNC_NORMAL && (client->knows_size || client->knows_extended_size) &&
        (client->width != server->picture.width || client->height != server->picture.height)) {
        client->width = server->picture.width;
        client->height = server->picture.height;
        client->tell_size = true;
    }
}

/* ---- Handshake: each takes its message from bytes, which are `needed`, and says what comes next ---- */

static void refuse(struct vnc_client *client, const char *why)
{
    vnc_put32(client->out, (uint32_t)strlen(why));
    g_byte_array_append(client->out, (const uint8_t *)why, (guint)strlen(why));
    client->failed = true;
}

static void send_challenge(struct vnc_client *client)
{
    if (getrandom(client->challenge, sizeof(client->challenge), 0) != sizeof(client->challenge)) {
        client->failed = true;
        return;
    }
    g_byte_array_append(client->out, client->challenge, sizeof(client->challenge));
    client->phase = VNC_RESPONSE;
}

static void take_version(struct vnc_client *client, const uint8_t *bytes)
{
    unsigned security = client->server->asks_password ? SECURITY_VNC : SECURITY_NONE;
    if (memcmp(bytes, "RFB 003.", 8) || !g_ascii_isdigit(bytes[10])) {
        client->failed = true;
        return;
    }
    client->minor = (bytes[9] - '0') * 10u + bytes[10] - '0';
    client->minor = client->minor >= 8 ? 8 : client->minor == 7 ? 7 : 3;        /* 3.5 was never a protocol: as 3.3 */
    if (client->minor >= 7) {
        vnc_put8(client->out, 1);
        vnc_put8(client->out, security);
        client->phase = VNC_SECURITY;
        return;
    }
    vnc_put32(client->out, security);
    if (security == SECURITY_VNC) {
        send_challenge(client);
    } else {
        client->phase = VNC_INIT;
    }
}

static void take_security(struct vnc_client *client, unsigned chosen)
{
    unsigned security = client->server->asks_password ? SECURITY_VNC : SECURITY_NONE;
    if (chosen != security) {
        vnc_put32(client->out, 1);
        if (client->minor >= 8) {
            refuse(client, "no such security type");
        }
        client->failed = true;
    } else if (security == SECURITY_VNC) {
        send_challenge(client);
    } else {
        if (client->minor >= 8) {
            vnc_put32(client->out, 0);
        }
        client->phase = VNC_INIT;
    }
}

static void take_response(struct vnc_client *client, const uint8_t *bytes)
{
    uint8_t answer[VNC_CHALLENGE_BYTES], differs = !client->server->password;
    vnc_answer(client->server->password ? client->server->password : "", client->challenge, answer);
    for (unsigned i = 0; i < sizeof(answer); i++) {
        differs |= answer[i] ^ bytes[i];        /* as long for a near miss as for a wild guess */
    }
    vnc_put32(client->out, differs != 0);
    if (!differs) {
        client->phase = VNC_INIT;
        return;
    }
    client->failed = true;
    if (client->minor >= 8) {
        refuse(client, "wrong password");
    }
}

static void put_format(GByteArray *out, const struct vnc_format *format)
{
    vnc_put8(out, format->bits);
    vnc_put8(out, format->depth);
    vnc_put8(out, format->big_endian);
    vnc_put8(out, format->true_colour);
    for (unsigned i = 0; i < 3; i++) {
        vnc_put16(out, format->most[i]);
    }
    g_byte_array_append(out, format->shift, 3);
    g_byte_array_append(out, (const uint8_t[3]){ 0 }, 3);
}

static void take_init(struct vnc_client *client)
{
    struct vnc_server *server = client->server;
    client->width = server->picture.width;
    client->height = server->picture.height;
    client->title = ui_title(server->ui);
    vnc_put16(client->out, client->width);
    vnc_put16(client->out, client->height);
    put_format(client->out, &native_format);
    vnc_put32(client->out, (uint32_t)strlen(client->title));
    g_byte_array_append(client->out, (const uint8_t *)client->title, (guint)strlen(client->title));
    client->phase = VNC_NORMAL;
    vnc_client_resize(client);
    if (client->deadline) {
        g_source_remove(client->deadline);
        client->deadline = 0;
    }
    vnc_pictures_changed(server);
}

/* ---- Messages ---- */

/* The colours of a client without true colour: 3 bits red, 3 green, 2 blue (7.6.2). */
static void put_colour_map(GByteArray *out, const struct vnc_format *format)
{
    vnc_put16(out, 1 << 8);
    vnc_put16(out, 0);
    vnc_put16(out, COLOUR_MAP);
    for (unsigned i = 0; i < COLOUR_MAP; i++) {
        for (unsigned part = 0; part < 3; part++) {
            vnc_put16(out, (i >> format->shift[part] & format->most[part]) * 65535 / format->most[part]);
        }
    }
}

static void take_format(struct vnc_client *client, const uint8_t *bytes)
{
    static const struct vnc_format mapped = { .bits = 8, .depth = 8, .most = { 7, 7, 3 }, .shift = { 0, 3, 6 } };
    struct vnc_format format = {
        .bits = bytes[0], .depth = bytes[1], .big_endian = bytes[2] != 0, .true_colour = bytes[3] != 0,
        .most = { (uint16_t)get16(bytes + 4), (uint16_t)get16(bytes + 6), (uint16_t)get16(bytes + 8) },
        .shift = { bytes[10], bytes[11], bytes[12] },
    };
    bool fits = format.bits == 8 || format.bits == 16 || format.bits == 32;
    for (unsigned i = 0; i < 3 && fits && format.true_colour; i++) {
        fits = format.shift[i] < format.bits && ((uint64_t)format.most[i] << format.shift[i]) >> format.bits == 0;
    }
    if (!fits || (!format.true_colour && format.bits != 8)) {
        client->failed = true;
        return;
    }
    if (!format.true_colour) {
        format = mapped;
        put_colour_map(client->out, &format);
    }
    vnc_painter_init(&client->painter, &format);
}

static void take_encoding(struct vnc_client *client, int32_t encoding, bool *chosen)
{
    switch (encoding) {
    case VNC_ENCODING_RAW: case VNC_ENCODING_HEXTILE: case VNC_ENCODING_ZRLE:
        if (!*chosen && (encoding != VNC_ENCODING_ZRLE || vnc_zrle_there())) {
            client->encoding = encoding;
            *chosen = true;
        }
        break;
    case VNC_PSEUDO_DESKTOP_SIZE: client->knows_size = true; break;
    case VNC_PSEUDO_EXTENDED_SIZE: client->knows_extended_size = client->tell_size = true; break;
    case VNC_PSEUDO_KEY: client->knows_key = client->tell_key = true; break;
    case VNC_PSEUDO_LED: client->knows_led = client->tell_led = true; break;
    case VNC_PSEUDO_DESKTOP_NAME: client->knows_name = true; break;
    case VNC_PSEUDO_POINTER:
        client->tell_pointer = !client->knows_pointer;
        client->knows_pointer = true;
        break;
    default: break;
    }
}

static void take_encodings(struct vnc_client *client, const uint8_t *bytes, unsigned count)
{
    bool chosen = false;
    client->encoding = VNC_ENCODING_RAW;
    for (unsigned i = 0; i < count; i++) {
        take_encoding(client, (int32_t)get32(bytes + 4 * i), &chosen);
    }
    vnc_client_resize(client);
}

static void take_request(struct vnc_client *client, const uint8_t *bytes)
{
    client->wants = true;
    if (!bytes[0]) {                    /* not incremental: the client has lost what it had; a part is as good as all */
        memset(client->dirty, 1, (size_t)client->server->columns * client->server->rows);
    }
}

/* A message of known length; bytes begin behind its type. */
static void take_message(struct vnc_client *client, const uint8_t *message, unsigned count)
{
    const uint8_t *bytes = message + 1;
    switch (message[0]) {
    case MSG_PIXEL_FORMAT: take_format(client, bytes + 3); break;
    case MSG_ENCODINGS: take_encodings(client, bytes + 3, (count - 4) / 4); break;
    case MSG_UPDATE: take_request(client, bytes); break;
    case MSG_KEY: vnc_key_symbol(client, get32(bytes + 3), bytes[0]); break;
    case MSG_POINTER: vnc_pointer(client, bytes[0], get16(bytes + 1), get16(bytes + 3)); break;
    case MSG_QEMU: vnc_key_scan(client, get32(bytes + 3), get32(bytes + 7), get16(bytes + 1)); break;
    case MSG_SET_SIZE:                  /* the guest decides on its size */
        client->size_reason = SIZE_REASON_CLIENT;
        client->size_status = SIZE_STATUS_PROHIBITED;
        client->tell_size = client->knows_extended_size;
        break;
    default: break;
    }
}

/* The length of the message that begins at bytes; 0: it cannot be told from `have` bytes; -1: there is no such message. */
static int message_length(struct vnc_client *client, const uint8_t *bytes, unsigned have)
{
    switch (bytes[0]) {
    case MSG_PIXEL_FORMAT: return 20;
    case MSG_ENCODINGS: return have < 4 ? 0 : (int)(4 + 4 * get16(bytes + 2));
    case MSG_UPDATE: return 10;
    case MSG_KEY: return 8;
    case MSG_POINTER: return 6;
    case MSG_CUT_TEXT:                  /* no guest here takes it: skipped as it comes; negative lengths are extensions */
        if (have >= 8) {
            uint32_t length = get32(bytes + 4);
            client->skip = length >> 31 ? 0 - length : length;
            return 8;
        }
        return 0;
    case MSG_SET_SIZE: return have < 8 ? 0 : 8 + 16 * bytes[6];
    case MSG_QEMU: return have < 2 ? 0 : bytes[1] == QEMU_KEY ? 12 : -1;
    default: return -1;
    }
}

/* Takes one message; how many bytes it had, 0: it is not complete. */
static unsigned take_next(struct vnc_client *client, const uint8_t *bytes, unsigned have)
{
    static const uint8_t needed[] = { [VNC_VERSION] = 12, [VNC_SECURITY] = 1, [VNC_RESPONSE] = VNC_CHALLENGE_BYTES,
                                      [VNC_INIT] = 1 };
    if (client->skip || !have) {
        unsigned skipped = MIN(client->skip, have);
        client->skip -= skipped;
        return skipped;
    }
    int length = client->phase == VNC_NORMAL ? message_length(client, bytes, have) : needed[client->phase];
    if (length < 0) {
        client->failed = true;
    }
    if (length <= 0 || have < (unsigned)length) {
        return 0;
    }
    switch (client->phase) {
    case VNC_VERSION: take_version(client, bytes); break;
    case VNC_SECURITY: take_security(client, bytes[0]); break;
    case VNC_RESPONSE: take_response(client, bytes); break;
    case VNC_INIT: take_init(client); break;
    case VNC_NORMAL: take_message(client, bytes, (unsigned)length); break;
    }
    return (unsigned)length;
}

/* ---- The line ---- */

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque);

/* Takes what has come, sends what that makes; may free the client. */
static void take_all(struct vnc_client *client)
{
    unsigned taken = 0, bytes = 1;
    while (bytes && client->out->len < OUT_MOST && !client->failed) {
        bytes = take_next(client, client->in->data + taken, client->in->len - taken);
        taken += bytes;
    }
    if (taken) {
        g_byte_array_remove_range(client->in, 0, taken);
    }
    if (!flush(client)) {
        return;
    }
    bool reads = client->out->len < OUT_MOST;
    if (!reads && client->in_watch) {
        g_source_remove(client->in_watch);
        client->in_watch = 0;
    } else if (reads && !client->in_watch) {
        client->in_watch = g_unix_fd_add(client->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, client);
    }
    vnc_client_update(client);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer opaque)
{
    struct vnc_client *client = opaque;
    uint8_t bytes[READ_BYTES];
    ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        vnc_forget(client);
    } else if (count > 0) {
        g_byte_array_append(client->in, bytes, (guint)count);
        take_all(client);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer opaque)
{
    struct vnc_client *client = opaque;
    if (!flush(client)) {
        return G_SOURCE_REMOVE;
    }
    if (client->out->len) {
        return G_SOURCE_CONTINUE;
    }
    client->out_watch = 0;
    take_all(client);
    return G_SOURCE_REMOVE;
}

static gboolean on_deadline(gpointer opaque)
{
    struct vnc_client *client = opaque;
    client->deadline = 0;
    vnc_forget(client);
    return G_SOURCE_REMOVE;
}

void vnc_client_new(struct vnc_server *server, int fd)
{
    struct vnc_client *client = g_new0(struct vnc_client, 1);
    client->server = server;
    g_ptr_array_add(server->clients, client);
    client->fd = fd;
    client->name = socket_peer_name(fd);
    client->in = g_byte_array_new();
    client->out = g_byte_array_new();
    client->pointer_absolute = true;
    client->deadline = g_timeout_add_seconds(HANDSHAKE_S, on_deadline, client);
    vnc_painter_init(&client->painter, &native_format);
    g_byte_array_append(client->out, (const uint8_t *)version, sizeof(version) - 1);
    take_all(client);
}

void vnc_client_free(struct vnc_client *client)
{
    guint sources[] = { client->in_watch, client->out_watch, client->deadline };
    for (unsigned i = 0; i < ARRAY_LEN(sources); i++) {
        if (sources[i]) {
            g_source_remove(sources[i]);
        }
    }
    close(client->fd);
    vnc_zrle_free(client->zrle);
    g_byte_array_free(client->in, TRUE);
    g_byte_array_free(client->out, TRUE);
    g_free(client->dirty);
    g_free(client->title);
    g_free(client->name);
    g_free(client);
}
