/* SPDX-License-Identifier: MIT */
/*
 * Keys and pointers of VNC clients. Key symbols are taken as keys of a US keyboard; a symbol that needs Shift from a client
 * that does not press it (programs that type) gets one around it. Clients with the extended key event send positions.
 */
#include <linux/input-event-codes.h>
#include "ui/keysyms.h"
#include "ui/vnc.h"

enum { RFB_LEFT = 1, RFB_MIDDLE = 2, RFB_RIGHT = 4, RFB_WHEEL_UP = 8, RFB_WHEEL_DOWN = 16, RFB_SIDE = 128 };
enum { RELATIVE_CENTRE = 0x7fff };

static bool is_letter(uint32_t symbol)
{
    return symbol < 128 && g_ascii_isalpha((char)symbol);
}

void vnc_key_symbol(struct vnc_client *client, uint32_t symbol, bool down)
{
    struct input *input = client->server->ui->input;
    struct keysym_key key;
    if (!keysym_find(symbol, &key)) {
        return;
    }
    ui_lock(client->server->ui);
    bool shifted = input_key_down(input, KEY_LEFTSHIFT) || input_key_down(input, KEY_RIGHTSHIFT);
    bool capital = is_letter(symbol) && (input_leds(input) & INPUT_LED_CAPS);
    if (down && key.shift && !shifted && !capital) {
        input_key(input, KEY_LEFTSHIFT, true);
        client->pressed_shift = true;
    }
    input_key(input, key.code, down);
    if (!down && client->pressed_shift) {
        input_key(input, KEY_LEFTSHIFT, false);
        client->pressed_shift = false;
    }
    ui_unlock(client->server->ui);
}

void vnc_key_scan(struct vnc_client *client, uint32_t symbol, uint32_t scan, bool down)
{
    /* E0 is told by the top bit of the byte, or as a byte of its own. */
    unsigned code = input_code_of_scan((scan & 0x7f) | (scan & 0x80 || scan >> 8 == 0xe0 ? INPUT_SCAN_EXTENDED : 0));
    if (!code) {
        vnc_key_symbol(client, symbol, down);
        return;
    }
    ui_lock(client->server->ui);
    input_key(client->server->ui->input, code, down);
    ui_unlock(client->server->ui);
}

static unsigned absolute_of(unsigned position, unsigned size)
{
    position = MIN(position, size - 1);
    return size > 1 ? position * INPUT_ABSOLUTE_MOST / (size - 1) : 0;
}

void vnc_pointer(struct vnc_client *client, unsigned buttons, unsigned x, unsigned y)
{
    struct input *input = client->server->ui->input;
    unsigned pressed = buttons & ~client->buttons;
    int wheel = (pressed & RFB_WHEEL_UP ? 1 : 0) - (pressed & RFB_WHEEL_DOWN ? 1 : 0);
    unsigned held = (buttons & RFB_LEFT ? INPUT_LEFT : 0) | (buttons & RFB_MIDDLE ? INPUT_MIDDLE : 0) |
                    (buttons & RFB_RIGHT ? INPUT_RIGHT : 0) | (buttons & RFB_SIDE ? INPUT_SIDE : 0);
    ui_lock(client->server->ui);
    if (input_wants_absolute(input)) {
        input_absolute(input, absolute_of(x, client->width), absolute_of(y, client->height), wheel, held);
    } else if (client->knows_pointer && !client->pointer_absolute) {
        input_relative(input, (int)x - RELATIVE_CENTRE, (int)y - RELATIVE_CENTRE, wheel, held);
    } else {
        input_relative(input, (int)x - (int)client->x, (int)y - (int)client->y, wheel, held);
    }
    ui_unlock(client->server->ui);
    client->buttons = buttons;
    client->x = x;
    client->y = y;
}
