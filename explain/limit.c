/* SPDX-License-Identifier: MIT */
/* An end after N instructions: a point of the debugger's, whose stop becomes the end of the machine. */
#include "explain/limit.h"
#include "hw/boards/board.h"
#include "machine/machine.h"
#include "tcg/debugger.h"

struct limit { struct board *board; };

static void on_machine(void *opaque, enum machine_event event)
{
    struct limit *limit = opaque;
    if (event == MACHINE_EVENT_STOP && debugger_stop(limit->board->engine)->point.owner == limit) {
        machine_request_shutdown(limit->board->machine, 0);
    }
}

struct limit *limit_insns(struct board *board, uint64_t insns, GError **error)
{
    struct limit *limit = g_new0(struct limit, 1);
    limit->board = board;
    const struct debug_point end = { .kind = DEBUG_ICOUNT, .address = insns, .cpu = DEBUG_ANY_CPU, .once = true, .owner = limit };
    if (!debugger_add(board->engine, &end, error)) {
        g_free(limit);
        return NULL;
    }
    machine_add_listener(board->machine, &(struct machine_listener){ limit, on_machine });
    return limit;
}

void limit_free(struct limit *limit)
{
    if (limit) {
        machine_remove_listener(limit->board->machine, limit);
        debugger_remove_owned(limit->board->engine, limit);
        g_free(limit);
    }
}
