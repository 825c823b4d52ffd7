/* SPDX-License-Identifier: MIT */
/*
 * Linux' key codes as scan codes of set 1. Codes up to KEY_F12 were taken from set 1 by Linux itself; the rest is
 * Microsoft's Keyboard Scan Code Specification, and for Korean and Japanese keys "Key Support, Keyboard Scan Codes, and
 * Windows". Keys that no PS/2 keyboard has (F13 and up, Sun's keys) are 0. The same numbers name keys in RFB's extended
 * key events and in the monitor. Pause has a sequence of its own; its number is that of Ctrl+Pause.
 */
#include <linux/input-event-codes.h>
#include "base/input.h"

static const uint16_t codes[KEY_CNT] = {
    [KEY_RO] = 0x73, [KEY_YEN] = 0x7d, [KEY_HENKAN] = 0x79, [KEY_MUHENKAN] = 0x7b, [KEY_KATAKANAHIRAGANA] = 0x70,
    [KEY_KPCOMMA] = 0x7e, [KEY_KPEQUAL] = 0x59, [KEY_HANGEUL] = 0x72, [KEY_HANJA] = 0x71,
    [KEY_PAUSE] = INPUT_SCAN_PAUSE, [KEY_KPENTER] = INPUT_SCAN_EXTENDED | 0x1c,
    [KEY_RIGHTCTRL] = INPUT_SCAN_EXTENDED | 0x1d, [KEY_KPSLASH] = INPUT_SCAN_EXTENDED | 0x35,
    [KEY_SYSRQ] = INPUT_SCAN_EXTENDED | 0x37, [KEY_RIGHTALT] = INPUT_SCAN_EXTENDED | 0x38,
    [KEY_HOME] = INPUT_SCAN_EXTENDED | 0x47, [KEY_UP] = INPUT_SCAN_EXTENDED | 0x48,
    [KEY_PAGEUP] = INPUT_SCAN_EXTENDED | 0x49, [KEY_LEFT] = INPUT_SCAN_EXTENDED | 0x4b,
    [KEY_RIGHT] = INPUT_SCAN_EXTENDED | 0x4d, [KEY_END] = INPUT_SCAN_EXTENDED | 0x4f,
    [KEY_DOWN] = INPUT_SCAN_EXTENDED | 0x50, [KEY_PAGEDOWN] = INPUT_SCAN_EXTENDED | 0x51,
    [KEY_INSERT] = INPUT_SCAN_EXTENDED | 0x52, [KEY_DELETE] = INPUT_SCAN_EXTENDED | 0x53,
    [KEY_LEFTMETA] = INPUT_SCAN_EXTENDED | 0x5b, [KEY_RIGHTMETA] = INPUT_SCAN_EXTENDED | 0x5c,
    [KEY_COMPOSE] = INPUT_SCAN_EXTENDED | 0x5d, [KEY_POWER] = INPUT_SCAN_EXTENDED | 0x5e,
    [KEY_SLEEP] = INPUT_SCAN_EXTENDED | 0x5f, [KEY_WAKEUP] = INPUT_SCAN_EXTENDED | 0x63,
    [KEY_PREVIOUSSONG] = INPUT_SCAN_EXTENDED | 0x10, [KEY_NEXTSONG] = INPUT_SCAN_EXTENDED | 0x19,
    [KEY_MUTE] = INPUT_SCAN_EXTENDED | 0x20, [KEY_CALC] = INPUT_SCAN_EXTENDED | 0x21,
    [KEY_PLAYPAUSE] = INPUT_SCAN_EXTENDED | 0x22, [KEY_STOPCD] = INPUT_SCAN_EXTENDED | 0x24,
    [KEY_VOLUMEDOWN] = INPUT_SCAN_EXTENDED | 0x2e, [KEY_VOLUMEUP] = INPUT_SCAN_EXTENDED | 0x30,
    [KEY_HOMEPAGE] = INPUT_SCAN_EXTENDED | 0x32, [KEY_SEARCH] = INPUT_SCAN_EXTENDED | 0x65,
    [KEY_BOOKMARKS] = INPUT_SCAN_EXTENDED | 0x66, [KEY_REFRESH] = INPUT_SCAN_EXTENDED | 0x67,
    [KEY_STOP] = INPUT_SCAN_EXTENDED | 0x68, [KEY_FORWARD] = INPUT_SCAN_EXTENDED | 0x69,
    [KEY_BACK] = INPUT_SCAN_EXTENDED | 0x6a, [KEY_COMPUTER] = INPUT_SCAN_EXTENDED | 0x6b,
    [KEY_MAIL] = INPUT_SCAN_EXTENDED | 0x6c, [KEY_MEDIA] = INPUT_SCAN_EXTENDED | 0x6d,
};

unsigned input_scan_code(unsigned code)
{
    if (code >= KEY_CNT) {
        return 0;
    }
    if (code <= KEY_F12) {
        return code == 84 || code == KEY_ZENKAKUHANKAKU ? 0 : code;     /* no key; no scan code here */
    }
    return codes[code];
}

unsigned input_code_of_scan(unsigned scan)
{
    for (unsigned code = 1; scan && code < KEY_CNT; code++) {
        if (input_scan_code(code) == scan) {
            return code;
        }
    }
    return 0;
}
