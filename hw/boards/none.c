/* SPDX-License-Identifier: MIT */
/* The machine "none": nothing but a monitor. Programs such as libvirt start it to ask what there is. */
#include "base/error.h"
#include "hw/boards/board.h"
#include "machine/machine.h"
#include "target-x86/kvm.h"

static bool build(struct board *board, GError **error)
{
    enum { BYTES = 1 << 20 };
    board->machine = machine_new(BYTES, 0, board->log);
    return board->machine ? board_build_engine(board, &x86_kvm, error) : error_fail(error, "-machine none: no memory");
}

static void clear(struct board *board)
{
}

static bool cpu_model(unsigned index, struct board_cpu_model *model)
{
    return false;
}

const struct board_type none_board_type = {
    .name = "none", .help = "no CPUs, no devices", .summary = "empty machine", .board_bytes = sizeof(struct board), .build = build,
    .clear = clear, .cpu_model = cpu_model,
};
