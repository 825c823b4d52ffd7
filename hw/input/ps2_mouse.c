/* SPDX-License-Identifier: MIT */
/*
 * A PS/2 mouse (IBM PS/2 Hardware Interface Technical Reference, "Auxiliary Device") with the wheel of Microsoft's
 * IntelliMouse (id 3) and Explorer (id 4). A packet is made when the controller takes its first byte, so movement
 * adds up meanwhile. Left out: the sample rate as a limit, scaling 2:1 as a curve (it is only remembered).
 */
#include "hw/input/ps2.h"

enum {
    CMD_SCALE_1 = 0xe6, CMD_SCALE_2 = 0xe7, CMD_RESOLUTION = 0xe8, CMD_STATUS = 0xe9, CMD_STREAM = 0xea,
    CMD_READ = 0xeb,
    CMD_WRAP_OFF = 0xec, CMD_WRAP = 0xee, CMD_REMOTE = 0xf0, CMD_ID = 0xf2, CMD_RATE = 0xf3, CMD_ENABLE = 0xf4,
    CMD_DISABLE = 0xf5, CMD_DEFAULTS = 0xf6, CMD_RESEND = 0xfe, CMD_RESET = 0xff,
};
enum { ACK = 0xfa, ERROR = 0xfe, SELF_TEST_PASSED = 0xaa, ID_WHEEL = 3, ID_EXPLORER = 4 };
enum { STATUS_SCALE_2 = 0x10, STATUS_ENABLED = 0x20, STATUS_REMOTE = 0x40 };

static void defaults(struct ps2_mouse *mouse)
{
    mouse->enabled = mouse->remote = mouse->wrap = mouse->scaling = mouse->pending = 0;
    mouse->resolution = 2;
    mouse->rate = 100;
    mouse->dx = mouse->dy = mouse->dz = 0;
    mouse->packet = (struct ps2_queue){ 0 };
}

void ps2_mouse_reset(struct ps2_mouse *mouse)
{
    *mouse = (struct ps2_mouse){ 0 };
    defaults(mouse);
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

static void make_packet(struct ps2_mouse *mouse)
{
    int dx = clamp(mouse->dx, -256, 255), dy = clamp(mouse->dy, -256, 255);
    int dz = mouse->id == ID_EXPLORER ? clamp(mouse->dz, -8, 7) : clamp(mouse->dz, -128, 127);
    ps2_queue_put(&mouse->packet, (uint8_t)((mouse->buttons & 7) | 8 | (dx < 0 ? 0x10 : 0) | (dy < 0 ? 0x20 : 0)));
    ps2_queue_put(&mouse->packet, (uint8_t)dx);
    ps2_queue_put(&mouse->packet, (uint8_t)dy);
    if (mouse->id == ID_EXPLORER) {
        ps2_queue_put(&mouse->packet, (uint8_t)((dz & 15) | (mouse->buttons & 0x18) << 1));
    } else if (mouse->id == ID_WHEEL) {
        ps2_queue_put(&mouse->packet, (uint8_t)dz);
    }
    mouse->dx = (int16_t)(mouse->dx - dx);
    mouse->dy = (int16_t)(mouse->dy - dy);
    mouse->dz = mouse->id ? (int16_t)(mouse->dz - dz) : 0;
    mouse->sent_buttons = mouse->buttons;
}

static void reply(struct ps2_mouse *mouse, uint8_t byte)
{
    ps2_queue_put(&mouse->replies, byte);
}

/* Drivers knock with three rates to wake the wheel, then the further buttons. */
static void set_rate(struct ps2_mouse *mouse, uint8_t rate)
{
    if (mouse->rate_history[0] == 200 && mouse->rate_history[1] == 100 && rate == 80) {
        mouse->id = ID_WHEEL;
    } else if (mouse->id == ID_WHEEL && mouse->rate_history[0] == 200 && mouse->rate_history[1] == 200 && rate == 80) {
        mouse->id = ID_EXPLORER;
    }
    mouse->rate_history[0] = mouse->rate_history[1];
    mouse->rate_history[1] = rate;
    mouse->rate = rate;
}

static void status(struct ps2_mouse *mouse)
{
    uint8_t left = mouse->buttons & 1, right = mouse->buttons >> 1 & 1, middle = mouse->buttons >> 2 & 1;
    reply(mouse, (uint8_t)((mouse->remote ? STATUS_REMOTE : 0) | (mouse->enabled ? STATUS_ENABLED : 0) |
                           (mouse->scaling ? STATUS_SCALE_2 : 0) | left << 2 | middle << 1 | right));
    reply(mouse, mouse->resolution);
    reply(mouse, mouse->rate);
}

static void command(struct ps2_mouse *mouse, uint8_t byte)
{
    uint8_t answer = ACK;
    switch (byte) {
    case CMD_SCALE_1:
    case CMD_SCALE_2: mouse->scaling = byte == CMD_SCALE_2; break;
    case CMD_RESOLUTION:
    case CMD_RATE: mouse->pending = byte; break;
    case CMD_STREAM: mouse->remote = 0; break;
    case CMD_REMOTE: mouse->remote = 1; break;
    case CMD_WRAP: mouse->wrap = 1; break;
    case CMD_WRAP_OFF: mouse->wrap = 0; break;
    case CMD_ENABLE: mouse->enabled = 1; break;
    case CMD_DISABLE: mouse->enabled = 0; break;
    case CMD_DEFAULTS: defaults(mouse); break;
    case CMD_STATUS:
    case CMD_ID:
    case CMD_READ: break;
    case CMD_RESEND: answer = mouse->last; break;
    case CMD_RESET: ps2_mouse_reset(mouse); break;
    default: answer = ERROR; break;
    }
    reply(mouse, answer);
    if (byte == CMD_STATUS) {
        status(mouse);
    } else if (byte == CMD_ID) {
        reply(mouse, mouse->id);
    } else if (byte == CMD_READ) {
        mouse->packet = (struct ps2_queue){ 0 };
        make_packet(mouse);
    } else if (byte == CMD_RESET) {
        reply(mouse, SELF_TEST_PASSED);
        reply(mouse, mouse->id);
    }
}

void ps2_mouse_write(struct ps2_mouse *mouse, uint8_t byte)
{
    uint8_t pending = mouse->pending;
    mouse->pending = 0;
    if (mouse->wrap && byte != CMD_RESET && byte != CMD_WRAP_OFF) {
        reply(mouse, byte);
    } else if (pending == CMD_RATE) {
        set_rate(mouse, byte);
        reply(mouse, ACK);
    } else if (pending == CMD_RESOLUTION) {
        mouse->resolution = byte & 3;
        reply(mouse, ACK);
    } else {
        command(mouse, byte);
    }
}

void ps2_mouse_move(struct ps2_mouse *mouse, int dx, int dy, int dz, unsigned buttons)
{
    mouse->buttons = buttons & 0x1f;
    if (mouse->enabled) {
        mouse->dx = (int16_t)clamp(mouse->dx + clamp(dx, -4096, 4096), -4096, 4096);
        mouse->dy = (int16_t)clamp(mouse->dy + clamp(dy, -4096, 4096), -4096, 4096);
        mouse->dz = (int16_t)clamp(mouse->dz + clamp(dz, -128, 128), -128, 128);
    }
}

static bool has_news(const struct ps2_mouse *mouse)
{
    return mouse->enabled && !mouse->remote && !mouse->wrap &&
           (mouse->dx || mouse->dy || (mouse->dz && mouse->id) || mouse->buttons != mouse->sent_buttons);
}

bool ps2_mouse_next(struct ps2_mouse *mouse, uint8_t *byte)
{
    if (!ps2_queue_get(&mouse->replies, byte)) {
        if (!mouse->packet.count && !mouse->pending && has_news(mouse)) {
            make_packet(mouse);
        }
        if (!ps2_queue_get(&mouse->packet, byte)) {
            return false;
        }
    }
    mouse->last = *byte;
    return true;
}
