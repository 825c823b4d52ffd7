/* SPDX-License-Identifier: MIT */
/* What a machine calls itself, in fw_cfg: the same for all boards. */
#include "hw/boards/tell_smbios.h"

bool board_tell_smbios(const struct smbios_machine *machine, struct fw_cfg *fw_cfg, GError **error)
{
    struct smbios_files files;
    uint8_t uuid[16];
    if (!smbios_build(machine, &files, error)) {
        return false;
    }
    fw_cfg_set_file(fw_cfg, "etc/smbios/smbios-anchor", files.anchor->data, files.anchor->len);
    fw_cfg_set_file(fw_cfg, "etc/smbios/smbios-tables", files.tables->data, files.tables->len);
    if (machine->uuid && uuid_parse(machine->uuid, uuid)) {
        fw_cfg_set(fw_cfg, FW_CFG_UUID, uuid, sizeof(uuid));
    }
    smbios_files_clear(&files);
    return true;
}
