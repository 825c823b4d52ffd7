/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FUZZ_BOARD_H
#define TESTS_FUZZ_FUZZ_BOARD_H
/* A whole machine for fuzzers whose input may name files and commands: the process gives up root first. */
#include <stdio.h>
#include <unistd.h>
#include "hw/boards/board.h"

/* NULL: "skip NAME: why" was printed. The options are to be cleared after the board. */
static inline struct board *fuzz_board_new(const char *name, struct options *options, int count, char **arguments, struct log *log)
{
    enum { NOBODY = 65534 };
    enum options_request request;
    GError *error = NULL;
    struct board *board = NULL;
    if (options_parse(options, count, arguments, &request, &error)) {
        board = board_new(board_type_find(options->machine, NULL), options, log, &error);
    }
    if (!board) {
        printf("skip %s: %s\n", name, error->message);
        return NULL;
    }
    if (!getuid() && (setgid(NOBODY) || setuid(NOBODY))) {
        printf("skip %s: it will not run as root\n", name);
        return NULL;
    }
    return board;
}

#endif
