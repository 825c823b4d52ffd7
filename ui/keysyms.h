/* SPDX-License-Identifier: MIT */
#ifndef UI_KEYSYMS_H
#define UI_KEYSYMS_H
#include <stdbool.h>
#include <stdint.h>

/* A key of a US keyboard. */
struct keysym_key { uint16_t code; bool shift; };

/* The key that makes an X key symbol (X11's keysymdef.h; up to FFh the character itself); false: none. */
bool keysym_find(uint32_t symbol, struct keysym_key *key);

#endif
