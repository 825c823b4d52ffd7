/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_HELP_H
#define MACHINE_HELP_H
/* What "help" and the manual say, all of it out of the tables that the program itself goes by. */
#include <glib.h>
#include <stdbool.h>
#include "base/options.h"

/* "help [TOPIC [NAME]]". error: an unknown name. */
bool help_print(const char *program, int argc, char **argv, GError **error);
void help_print_options(const char *program, bool compat);
/* The options of "explain". */
void help_print_explain(const char *program);
/* "-cpu help", "-device NAME,help" and their like. True: one was asked for; it is printed, or the error says what is unknown.
 * compat: lists in the form that QEMU's clients read. */
bool help_in_options(const struct options *options, bool compat, GError **error);
/* The manual page dragoman(1), for man and mandoc. */
void help_print_manual(void);

#endif
