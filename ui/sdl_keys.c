/* SPDX-License-Identifier: MIT */
/* SDL's scan codes as Linux' codes: they are usages of USB's keyboard page, and some of its consumer page behind them. */
#include <SDL.h>
#include <linux/input-event-codes.h>
#include "base/input.h"
#include "ui/sdl_keys.h"

static const uint16_t consumer_codes[SDL_NUM_SCANCODES] = {
    [SDL_SCANCODE_SLEEP] = KEY_SLEEP, [SDL_SCANCODE_AUDIONEXT] = KEY_NEXTSONG,
    [SDL_SCANCODE_AUDIOPREV] = KEY_PREVIOUSSONG, [SDL_SCANCODE_AUDIOSTOP] = KEY_STOPCD,
    [SDL_SCANCODE_AUDIOPLAY] = KEY_PLAYPAUSE, [SDL_SCANCODE_AUDIOMUTE] = KEY_MUTE,
    [SDL_SCANCODE_MEDIASELECT] = KEY_MEDIA, [SDL_SCANCODE_MAIL] = KEY_MAIL, [SDL_SCANCODE_CALCULATOR] = KEY_CALC,
    [SDL_SCANCODE_COMPUTER] = KEY_COMPUTER, [SDL_SCANCODE_AC_SEARCH] = KEY_SEARCH,
    [SDL_SCANCODE_AC_HOME] = KEY_HOMEPAGE, [SDL_SCANCODE_AC_BACK] = KEY_BACK, [SDL_SCANCODE_AC_FORWARD] = KEY_FORWARD,
    [SDL_SCANCODE_AC_STOP] = KEY_STOP, [SDL_SCANCODE_AC_REFRESH] = KEY_REFRESH,
    [SDL_SCANCODE_AC_BOOKMARKS] = KEY_BOOKMARKS,
};

unsigned sdl_key_code(unsigned scancode)
{
    unsigned code = input_code_of_usage(scancode);
    return code || scancode >= SDL_NUM_SCANCODES ? code : consumer_codes[scancode];
}
