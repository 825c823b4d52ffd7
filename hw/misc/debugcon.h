/* SPDX-License-Identifier: MIT */
#ifndef HW_MISC_DEBUGCON_H
#define HW_MISC_DEBUGCON_H
/* The debug console port of Bochs and QEMU (E9h, 402h): bytes written go to a character stream; a read gives E9h. */
#include "base/character.h"
#include "machine/machine.h"

enum { DEBUGCON_PORT = 0xe9 };
struct debugcon_state { uint8_t written; };     /* the last byte, for the snapshot's sake */
struct debugcon { struct debugcon_state state; struct character *character; };
extern const struct device_type debugcon_type;

/* character: may be NULL; not owned. */
struct debugcon *debugcon_new(struct machine *machine, uint16_t port, struct character *character);

#endif
