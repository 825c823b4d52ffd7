/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_PC_H
#define HW_BOARDS_PC_H
/* The machine "pc": i440FX and PIIX3 with the devices of a PC, firmware, option ROMs, CPUs and their engine. */
#include <glib.h>
#include "base/options.h"

struct log;
struct machine;
struct engine;
struct pc;

/* Builds all of it; nothing runs yet. error: one line naming the option or file at fault. log is not owned. */
struct pc *pc_new(const struct options *options, struct log *log, GError **error);
void pc_free(struct pc *pc);
struct machine *pc_machine(struct pc *pc);
struct engine *pc_engine(struct pc *pc);
/* Ctrl-a x on a terminal of the machine. */
void pc_set_leave(struct pc *pc, void (*leave)(void *opaque), void *opaque);

/* What -device can name. */
struct pc_device { const char *name, *properties, *help; };
extern const struct pc_device pc_devices[];         /* ends with name NULL */

#endif
