/* SPDX-License-Identifier: MIT */
#ifndef BASE_TYPIST_H
#define BASE_TYPIST_H
/* Presses and releases keys one after the other with pauses, as a hand does: for terminals, which know no releases, and
 * for the monitor. Runs in the main loop. */
#include <glib.h>
#include <stdbool.h>

struct input;
struct typist;

/* lock: the machine's. */
struct typist *typist_new(struct input *input, GMutex *lock);
/* What is down is let go. */
void typist_free(struct typist *typist);
/* Presses the keys in their order, waits, releases them in reverse order, when everything before is typed. false: too much
 * waits already, nothing is typed. */
bool typist_chord(struct typist *typist, const unsigned *codes, unsigned count, unsigned hold_ms);

#endif
