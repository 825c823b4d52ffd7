/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_TELL_SMBIOS_H
#define HW_BOARDS_TELL_SMBIOS_H
#include "hw/boot/smbios.h"
#include "hw/misc/fw_cfg.h"

/* SMBIOS tables and the UUID for the firmware. error: as smbios_build. */
bool board_tell_smbios(const struct smbios_machine *machine, struct fw_cfg *fw_cfg, GError **error);

#endif
