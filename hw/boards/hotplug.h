/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_HOTPLUG_H
#define HW_BOARDS_HOTPLUG_H
/* Devices that come and go while the machine runs. Main loop's thread, machine lock not held. */
#include "hw/boards/board.h"

/* A device of the table on a bus that takes one; the guest is told. error: one line, nothing has changed. */
bool board_plug(struct board *board, const char *text, GError **error);
/* Asks the guest to let a device go; board->unplugged is called when it has. By its id or its path in QMP's object tree. error:
 * there is none, it may not go, or it was asked a moment ago. */
bool board_unplug(struct board *board, const char *id, GError **error);
/* For boards with such a bus: the guest lets go of a slot's device; see struct pci_hotplug. */
void board_eject(void *board, unsigned slot);

#endif
