/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H
/* The verb "explain": a machine is run with a record of its translations, and the record is shown. See docs/explain.md. */
#include <glib.h>
#include <stdbool.h>
#include "base/log.h"
#include "base/options.h"

struct board;
struct explain_session;

/* Takes explain's own options out of argv; what is left is the machine's. error: one line. */
struct explain_session *explain_new(int *argc, char **argv, GError **error);
void explain_session_free(struct explain_session *session);
void explain_print_options(GString *out);
/* What the session needs of the machine's options: -icount for a limit in instructions. */
void explain_adjust(const struct explain_session *session, struct options *options);
/* --compare: runs the machine in each way first. false: error is set. *done: nothing else was asked for. */
bool explain_compare(struct explain_session *session, const struct options *options, struct log *log, bool *done,
                     GError **error);
/* The machine is built and does not run yet: keeps a record from here on, and ends the run where the options say. */
bool explain_start(struct explain_session *session, struct board *board, GError **error);
/* The machine has run: writes the report, prints the text. error: the file and why. */
bool explain_finish(struct explain_session *session, GError **error);

#endif
