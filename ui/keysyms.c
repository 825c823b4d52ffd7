/* SPDX-License-Identifier: MIT */
/*
 * X's key symbols as keys of a US keyboard: VNC clients without the extended key event, and terminals, know symbols and
 * not positions. Characters that a US keyboard lacks are left out, but for dead keys, which are taken by their place.
 */
#include <glib.h>
#include <linux/input-event-codes.h>
#include "base/device.h"
#include "ui/keysyms.h"

/* Characters by key: plain, with Shift. */
static const struct { uint16_t code; char plain, shifted; } characters[] = {
    { KEY_1, '1', '!' }, { KEY_2, '2', '@' }, { KEY_3, '3', '#' }, { KEY_4, '4', '$' }, { KEY_5, '5', '%' },
    { KEY_6, '6', '^' }, { KEY_7, '7', '&' }, { KEY_8, '8', '*' }, { KEY_9, '9', '(' }, { KEY_0, '0', ')' },
    { KEY_MINUS, '-', '_' }, { KEY_EQUAL, '=', '+' }, { KEY_LEFTBRACE, '[', '{' }, { KEY_RIGHTBRACE, ']', '}' },
    { KEY_BACKSLASH, '\\', '|' }, { KEY_SEMICOLON, ';', ':' }, { KEY_APOSTROPHE, '\'', '"' }, { KEY_GRAVE, '`', '~' },
    { KEY_COMMA, ',', '<' }, { KEY_DOT, '.', '>' }, { KEY_SLASH, '/', '?' }, { KEY_SPACE, ' ', ' ' },
    { KEY_Q, 'q', 'Q' }, { KEY_W, 'w', 'W' }, { KEY_E, 'e', 'E' }, { KEY_R, 'r', 'R' }, { KEY_T, 't', 'T' },
    { KEY_Y, 'y', 'Y' }, { KEY_U, 'u', 'U' }, { KEY_I, 'i', 'I' }, { KEY_O, 'o', 'O' }, { KEY_P, 'p', 'P' },
    { KEY_A, 'a', 'A' }, { KEY_S, 's', 'S' }, { KEY_D, 'd', 'D' }, { KEY_F, 'f', 'F' }, { KEY_G, 'g', 'G' },
    { KEY_H, 'h', 'H' }, { KEY_J, 'j', 'J' }, { KEY_K, 'k', 'K' }, { KEY_L, 'l', 'L' }, { KEY_Z, 'z', 'Z' },
    { KEY_X, 'x', 'X' }, { KEY_C, 'c', 'C' }, { KEY_V, 'v', 'V' }, { KEY_B, 'b', 'B' }, { KEY_N, 'n', 'N' },
    { KEY_M, 'm', 'M' },
};

/* Symbols that are no characters. */
static const struct { uint16_t symbol, code; } symbols[] = {
    { 0xff08, KEY_BACKSPACE }, { 0xff09, KEY_TAB }, { 0xfe20, KEY_TAB }, { 0xff0a, KEY_ENTER }, { 0xff0d, KEY_ENTER },
    { 0xff13, KEY_PAUSE }, { 0xff6b, KEY_PAUSE }, { 0xff14, KEY_SCROLLLOCK }, { 0xff15, KEY_SYSRQ }, { 0xff61, KEY_SYSRQ },
    { 0xff1b, KEY_ESC }, { 0xff50, KEY_HOME }, { 0xff51, KEY_LEFT }, { 0xff52, KEY_UP }, { 0xff53, KEY_RIGHT },
    { 0xff54, KEY_DOWN }, { 0xff55, KEY_PAGEUP }, { 0xff56, KEY_PAGEDOWN }, { 0xff57, KEY_END }, { 0xff63, KEY_INSERT },
    { 0xff67, KEY_COMPOSE }, { 0xff7e, KEY_RIGHTALT }, { 0xfe03, KEY_RIGHTALT }, { 0xff7f, KEY_NUMLOCK },
    { 0xff8d, KEY_KPENTER }, { 0xff95, KEY_KP7 }, { 0xff96, KEY_KP4 }, { 0xff97, KEY_KP8 }, { 0xff98, KEY_KP6 },
    { 0xff99, KEY_KP2 }, { 0xff9a, KEY_KP9 }, { 0xff9b, KEY_KP3 }, { 0xff9c, KEY_KP1 }, { 0xff9d, KEY_KP5 },
    { 0xff9e, KEY_KP0 }, { 0xff9f, KEY_KPDOT }, { 0xffaa, KEY_KPASTERISK }, { 0xffab, KEY_KPPLUS },
    { 0xffac, KEY_KPCOMMA }, { 0xffad, KEY_KPMINUS }, { 0xffae, KEY_KPDOT }, { 0xffaf, KEY_KPSLASH },
    { 0xffb0, KEY_KP0 }, { 0xffb1, KEY_KP1 }, { 0xffb2, KEY_KP2 }, { 0xffb3, KEY_KP3 }, { 0xffb4, KEY_KP4 },
    { 0xffb5, KEY_KP5 }, { 0xffb6, KEY_KP6 }, { 0xffb7, KEY_KP7 }, { 0xffb8, KEY_KP8 }, { 0xffb9, KEY_KP9 },
    { 0xffbd, KEY_KPEQUAL },
    { 0xffbe, KEY_F1 }, { 0xffbf, KEY_F2 }, { 0xffc0, KEY_F3 }, { 0xffc1, KEY_F4 }, { 0xffc2, KEY_F5 }, { 0xffc3, KEY_F6 },
    { 0xffc4, KEY_F7 }, { 0xffc5, KEY_F8 }, { 0xffc6, KEY_F9 }, { 0xffc7, KEY_F10 }, { 0xffc8, KEY_F11 },
    { 0xffc9, KEY_F12 },
    { 0xffe1, KEY_LEFTSHIFT }, { 0xffe2, KEY_RIGHTSHIFT }, { 0xffe3, KEY_LEFTCTRL }, { 0xffe4, KEY_RIGHTCTRL },
    { 0xffe5, KEY_CAPSLOCK }, { 0xffe7, KEY_LEFTMETA }, { 0xffe8, KEY_RIGHTMETA }, { 0xffe9, KEY_LEFTALT },
    { 0xffea, KEY_RIGHTALT }, { 0xffeb, KEY_LEFTMETA }, { 0xffec, KEY_RIGHTMETA }, { 0xffff, KEY_DELETE },
    { 0xfe50, KEY_GRAVE }, { 0xfe51, KEY_APOSTROPHE }, { 0xfe52, KEY_6 }, { 0xfe53, KEY_GRAVE }, { 0xfe57, KEY_APOSTROPHE },
};

bool keysym_find(uint32_t symbol, struct keysym_key *key)
{
    for (unsigned i = 0; i < ARRAY_LEN(characters); i++) {
        if (symbol == (uint8_t)characters[i].plain || symbol == (uint8_t)characters[i].shifted) {
            *key = (struct keysym_key){ characters[i].code, symbol != (uint8_t)characters[i].plain };
            return true;
        }
    }
    for (unsigned i = 0; i < ARRAY_LEN(symbols); i++) {
        if (symbol == symbols[i].symbol) {
            *key = (struct keysym_key){ symbols[i].code, false };
            return true;
        }
    }
    return false;
}
