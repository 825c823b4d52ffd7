/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_FIRMWARE_H
#define HW_BOARDS_FIRMWARE_H
/* Finds and reads a PC's firmware image. */
#include <glib.h>

/* The whole image; name NULL: SeaBIOS of its Debian package. A name without '/' that is no file here is looked for where
 * distributions keep firmware. error: names the file and says what is wrong with it. */
GBytes *firmware_load(const char *name, GError **error);
/* The image of an expansion ROM, looked for in the same places. error: names the file and says what is wrong with it. */
GBytes *option_rom_load(const char *name, GError **error);

#endif
