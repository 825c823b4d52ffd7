/* SPDX-License-Identifier: MIT */
#ifndef UI_CP437_H
#define UI_CP437_H
#include <stdint.h>

extern const uint16_t cp437_unicode[256];

#endif
