/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_FLASH_H
#define HW_BOARDS_FLASH_H
/* Flash chips of -drive if=pflash and -pflash, for any board. */
#include "hw/boards/backends.h"
#include "hw/flash/pflash.h"

/* Whether -drive gives chip number `unit`. After backends_open. */
bool board_has_flash(const struct board *board, unsigned unit);
/* Bytes of the image of chip `unit`, which is given. */
uint64_t board_flash_bytes(const struct board *board, unsigned unit);
/* Chip `unit` with the contents of its image; changes go back to it, unless it is read only. Without such a -drive its
 * contents are erased (FFh) and changes are lost. error: the image is larger than settings->bytes, or cannot be read. */
struct pflash *board_flash(struct board *board, unsigned unit, const struct pflash_settings *settings, GError **error);

#endif
