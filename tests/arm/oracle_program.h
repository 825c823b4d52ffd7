/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_ORACLE_PROGRAM_H
#define TESTS_ARM_ORACLE_PROGRAM_H
/*
 * What oracles have in common: programs for a user-mode emulator that run records from their input and write them back.
 * All happens in a signal handler: it puts the record's state into the interrupted context, returns into the code, and is
 * called again by the instruction behind it that traps.
 */
#include <stddef.h>
#include <ucontext.h>

/* By the oracle of one instruction set. */
extern void *const oracle_record;
extern const size_t oracle_record_bytes;
void oracle_prepare(void);                                  /* maps the memory that records use */
void oracle_give(ucontext_t *context);                      /* record to context */
void oracle_take(int signal, ucontext_t *context);          /* context to record */
/* Anonymous private memory at that place. */
void oracle_map(size_t address, size_t bytes, int protection);

#endif
