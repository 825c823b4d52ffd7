/* SPDX-License-Identifier: MIT */
/*
 * Linux' key codes as scan codes of set 1. Codes up to KEY_F12 were taken from set 1 by Linux itself; the rest is
 * Microsoft's Keyboard Scan Code Specification, and for Korean and Japanese keys "Key Support, Keyboard Scan Codes, and
 * Windows". Keys that no PS/2 keyboard has (F13 and up, Sun's keys) are 0.
 */
#include <linux/input-event-codes.h>
#include "hw/input/ps2.h"

static const uint16_t codes[KEY_CNT] = {
    [KEY_RO] = 0x73, [KEY_YEN] = 0x7d, [KEY_HENKAN] = 0x79, [KEY_MUHENKAN] = 0x7b, [KEY_KATAKANAHIRAGANA] = 0x70,
    [KEY_KPCOMMA] = 0x7e, [KEY_KPEQUAL] = 0x59, [KEY_HANGEUL] = 0x72, [KEY_HANJA] = 0x71, [KEY_PAUSE] = PS2_PAUSE,
    [KEY_KPENTER] = PS2_EXTENDED | 0x1c, [KEY_RIGHTCTRL] = PS2_EXTENDED | 0x1d, [KEY_KPSLASH] = PS2_EXTENDED | 0x35,
    [KEY_SYSRQ] = PS2_EXTENDED | 0x37, [KEY_RIGHTALT] = PS2_EXTENDED | 0x38, [KEY_HOME] = PS2_EXTENDED | 0x47,
    [KEY_UP] = PS2_EXTENDED | 0x48, [KEY_PAGEUP] = PS2_EXTENDED | 0x49, [KEY_LEFT] = PS2_EXTENDED | 0x4b,
    [KEY_RIGHT] = PS2_EXTENDED | 0x4d, [KEY_END] = PS2_EXTENDED | 0x4f, [KEY_DOWN] = PS2_EXTENDED | 0x50,
    [KEY_PAGEDOWN] = PS2_EXTENDED | 0x51, [KEY_INSERT] = PS2_EXTENDED | 0x52, [KEY_DELETE] = PS2_EXTENDED | 0x53,
    [KEY_LEFTMETA] = PS2_EXTENDED | 0x5b, [KEY_RIGHTMETA] = PS2_EXTENDED | 0x5c, [KEY_COMPOSE] = PS2_EXTENDED | 0x5d,
    [KEY_POWER] = PS2_EXTENDED | 0x5e, [KEY_SLEEP] = PS2_EXTENDED | 0x5f, [KEY_WAKEUP] = PS2_EXTENDED | 0x63,
    [KEY_PREVIOUSSONG] = PS2_EXTENDED | 0x10, [KEY_NEXTSONG] = PS2_EXTENDED | 0x19, [KEY_MUTE] = PS2_EXTENDED | 0x20,
    [KEY_CALC] = PS2_EXTENDED | 0x21, [KEY_PLAYPAUSE] = PS2_EXTENDED | 0x22, [KEY_STOPCD] = PS2_EXTENDED | 0x24,
    [KEY_VOLUMEDOWN] = PS2_EXTENDED | 0x2e, [KEY_VOLUMEUP] = PS2_EXTENDED | 0x30, [KEY_HOMEPAGE] = PS2_EXTENDED | 0x32,
    [KEY_SEARCH] = PS2_EXTENDED | 0x65, [KEY_BOOKMARKS] = PS2_EXTENDED | 0x66, [KEY_REFRESH] = PS2_EXTENDED | 0x67,
    [KEY_STOP] = PS2_EXTENDED | 0x68, [KEY_FORWARD] = PS2_EXTENDED | 0x69, [KEY_BACK] = PS2_EXTENDED | 0x6a,
    [KEY_COMPUTER] = PS2_EXTENDED | 0x6b, [KEY_MAIL] = PS2_EXTENDED | 0x6c, [KEY_MEDIA] = PS2_EXTENDED | 0x6d,
};

unsigned ps2_key_of_event(unsigned event_code)
{
    if (event_code >= KEY_CNT) {
        return 0;
    }
    if (event_code <= KEY_F12) {
        return event_code == 84 || event_code == KEY_ZENKAKUHANKAKU ? 0 : event_code;   /* no key; no scan code here */
    }
    return codes[event_code];
}
