/* SPDX-License-Identifier: MIT */
#ifndef UI_VNC_H
#define UI_VNC_H
/* Between the files of the VNC server: the server, its clients, encodings. */
#include "ui/view.h"

enum { VNC_TILE = 64, VNC_CHALLENGE_BYTES = 16, VNC_PASSWORD_BYTES = 8, VNC_MOST_CLIENTS = 32 };

/* The encodings in which pictures are sent, and what else a client says that it understands (RFC 6143, 7.7, 7.8; the
 * numbers below -255 are registered for QEMU and others by the RFB community specification). */
enum {
    VNC_ENCODING_RAW = 0, VNC_ENCODING_HEXTILE = 5, VNC_ENCODING_ZRLE = 16, VNC_PSEUDO_DESKTOP_SIZE = -223,
    VNC_PSEUDO_POINTER = -257, VNC_PSEUDO_KEY = -258, VNC_PSEUDO_LED = -261, VNC_PSEUDO_DESKTOP_NAME = -307,
    VNC_PSEUDO_EXTENDED_SIZE = -308,
};

struct vnc_format {
    uint8_t bits, depth, big_endian, true_colour;
    uint16_t most[3];           /* red, green, blue */
    uint8_t shift[3];
};

/* A picture's pixels as a client wants them. */
struct vnc_painter {
    struct vnc_format format;
    bool native;                /* as in memory here */
    unsigned bytes;             /* a pixel */
    unsigned compact_bytes;     /* a CPIXEL of ZRLE */
    unsigned compact_offset;    /* where its bytes begin in the pixel */
};

enum vnc_phase { VNC_VERSION, VNC_SECURITY, VNC_RESPONSE, VNC_INIT, VNC_NORMAL };

struct vnc_client {
    struct vnc_server *server;
    int fd;
    char *name;
    guint in_watch, out_watch, deadline;
    enum vnc_phase phase;
    unsigned minor;             /* of the protocol: 3, 7 or 8 */
    bool failed;                /*  goes when what is in `out` is sent */
    uint8_t challenge[VNC_CHALLENGE_BYTES];
    GByteArray *in, *out;       /* out is filled again only when it is empty */
    unsigned skip;              /* bytes of a message that nobody wants */

    unsigned width, height;     /* of the picture as the client knows it */
    struct vnc_painter painter;
    int32_t encoding;
    bool knows_size, knows_extended_size, knows_pointer, knows_key, knows_led, knows_name;
    bool wants, wants_all;      /* an update was asked for; even what it has */
    bool tell_size, tell_pointer, tell_key, tell_led, tell_name;
    unsigned size_reason, size_status;
    bool pointer_absolute;      /* as the client was told, or as it is */
    unsigned leds;
    char *title;

    uint8_t *dirty;             /* a byte a tile of the server's picture */
    struct vnc_zrle *zrle;      /* NULL until it is used */

    unsigned buttons, x, y;
    bool pressed_shift;         /* by us, around a symbol that needs it */
};

struct vnc_server {
    struct ui *ui;
    int listener;
    char *unix_path;
    guint listen_watch, flush;
    bool asks_password;
    char *password;             /* NULL: nobody gets in */
    GPtrArray *clients;
    unsigned pictures;          /* clients that may be sent pictures */
    bool watching;

    struct surface picture;     /* a copy of the screen */
    unsigned columns, rows;     /* of tiles */
    unsigned x1, y1, x2, y2;    /* what the adapter changed; x2 0: nothing */
    bool resized;
};

/* vnc.c */
void vnc_forget(struct vnc_client *client);
void vnc_pictures_changed(struct vnc_server *server);
/* vnc_client.c */
/* Adds it to the server's clients. */
void vnc_client_new(struct vnc_server *server, int fd);
void vnc_client_free(struct vnc_client *client);
/* Sends what it waits for, if there is anything; may free it. */
void vnc_client_update(struct vnc_client *client);
void vnc_client_resize(struct vnc_client *client);
/* vnc_update.c: writes an update to client->out. */
void vnc_write_update(struct vnc_client *client);
/* vnc_encode.c */
void vnc_painter_init(struct vnc_painter *painter, const struct vnc_format *format);
void vnc_put_pixels(GByteArray *out, const struct vnc_painter *painter, const uint32_t *pixels, unsigned count);
void vnc_put_compact(GByteArray *out, const struct vnc_painter *painter, const uint32_t *pixels, unsigned count);
void vnc_encode_raw(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height);
void vnc_encode_hextile(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height);
/* vnc_zrle.c, or vnc_zrle_off.c */
bool vnc_zrle_there(void);
void vnc_encode_zrle(struct vnc_client *client, unsigned x, unsigned y, unsigned width, unsigned height);
void vnc_zrle_free(struct vnc_zrle *zrle);
/* vnc_input.c */
void vnc_key_symbol(struct vnc_client *client, uint32_t symbol, bool down);
void vnc_key_scan(struct vnc_client *client, uint32_t symbol, uint32_t scan, bool down);
void vnc_pointer(struct vnc_client *client, unsigned buttons, unsigned x, unsigned y);
/* vnc_des.c: a password's answer to a challenge (RFC 6143, 7.2.2). */
void vnc_answer(const char *password, const uint8_t challenge[VNC_CHALLENGE_BYTES], uint8_t answer[VNC_CHALLENGE_BYTES]);

static inline void vnc_put8(GByteArray *out, unsigned value) { g_byte_array_append(out, &(uint8_t){ (uint8_t)value }, 1); }
static inline void vnc_put16(GByteArray *out, unsigned value)
{
    g_byte_array_append(out, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}
static inline void vnc_put32(GByteArray *out, uint32_t value)
{
    vnc_put16(out, value >> 16);
    vnc_put16(out, value & 0xffff);
}

#endif
