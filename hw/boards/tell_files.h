/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_TELL_FILES_H
#define HW_BOARDS_TELL_FILES_H
#include "hw/misc/fw_cfg.h"

/* The arguments of -fw_cfg, strings, as files for firmware; after the board's own. error: which one, and what is wrong with it. */
bool board_tell_files(const GPtrArray *specs, struct fw_cfg *fw_cfg, GError **error);

#endif
