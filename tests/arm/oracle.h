/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ARM_ORACLE_H
#define TESTS_ARM_ORACLE_H
#include <stdbool.h>
#include <stddef.h>

/* A program of ours under a user-mode emulator (qemu-aarch64, qemu-arm): takes records in and gives them out again, as
 * the instructions in them left them. */
struct oracle;
/* qemu and cpu: its name and its -cpu; path: the program. NULL: one of them is not there. */
struct oracle *oracle_new(const char *qemu, const char *cpu, const char *path);
void oracle_free(struct oracle *oracle);
/* Runs many records of record_bytes each; false: the oracle died. */
bool oracle_run(struct oracle *oracle, void *records, size_t record_bytes, unsigned count);

#endif
