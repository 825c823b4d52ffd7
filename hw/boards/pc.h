/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_PC_H
#define HW_BOARDS_PC_H
/* The machine "pc": i440FX and PIIX3 with the devices of a PC, firmware, option ROMs, CPUs and their engine. */
#include "hw/boards/board.h"

extern const struct board_type pc_board_type;

#endif
