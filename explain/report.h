/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_REPORT_H
#define EXPLAIN_REPORT_H
/* The report on disk: a page that a browser opens from a file, and files for tools. */
#include "tcg/engine.h"
#include "tcg/explain.h"

struct comparison;

struct report_facts {
    const char *title;              /* the machine's options as the user gave them */
    const char *ended;              /* why the run ended */
    uint64_t instructions;          /* -icount: how many ran; 0: not counted */
    double seconds;                 /* of wall time */
    unsigned limit;                 /* units that the page shows in detail at most */
    const struct comparison *comparison;        /* NULL: none was made */
};

/* Writes it into dir, which is made when it is not there. error: the file and why. */
bool report_write(const char *dir, struct engine *engine, const struct report_facts *facts, GError **error);

#endif
