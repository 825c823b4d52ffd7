/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CPU_GUEST_CPU_H
#define TESTS_CPU_GUEST_CPU_H
/*
 * A guest CPU that runs the same bytes as host_cpu.h from the same state: long mode with the region at the same linear
 * address, compatibility or 64-bit code, at CPL 0 or 3. Exceptions are caught where the engine would deliver them.
 */
#include "tcg/engine.h"
#include "tests/cpu/host_cpu.h"

struct guest_cpu;
/* error: see engine_new */
struct guest_cpu *guest_cpu_new(const struct engine_options *options, GError **error);
void guest_cpu_free(struct guest_cpu *guest);
uint8_t *guest_cpu_region(struct guest_cpu *guest);
/* Puts code at HOST_CODE and UD2 behind it. */
void guest_cpu_code(struct guest_cpu *guest, const uint8_t *code, unsigned bytes);
void guest_cpu_code_at(struct guest_cpu *guest, unsigned offset, const uint8_t *code, unsigned bytes);
/* [offset, +bytes) of the region was changed. */
void guest_cpu_written(struct guest_cpu *guest, unsigned offset, unsigned bytes);
/* Runs from state->rip to the UD2 (vector 255) or another exception. false: neither came within a limit. */
bool guest_cpu_run(struct guest_cpu *guest, struct host_state *state, enum host_mode mode, unsigned cpl);
struct x86_cpu *guest_cpu_x86(struct guest_cpu *guest);

#endif
