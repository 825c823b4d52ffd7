/* SPDX-License-Identifier: MIT */
/* The life of a board's back ends, see backends.h. */
#include "hw/boards/backends_internal.h"
#include "machine/machine.h"

bool backends_open(struct board *board, GError **error)
{
    return drives_open(board, error) && networks_open(board, error) && objects_open(board, error);
}

bool backends_finish(struct board *board, GError **error)
{
    return networks_finish(board, error) && drives_finish(board, error);
}

void backends_close(struct board *board)
{
    networks_close(board);
    machine_free_devices(board->machine);       /* controllers give up their requests while there are disks */
    objects_close(board);
    if (board->block) {
        block_free(board->block);
        board->block = NULL;
    }
}
