/* SPDX-License-Identifier: MIT */
#ifndef UI_SDL_KEYS_H
#define UI_SDL_KEYS_H
/* Linux' key code of an SDL scan code; 0: none. */
unsigned sdl_key_code(unsigned scancode);

#endif
