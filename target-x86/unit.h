/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_UNIT_H
#define TARGET_X86_UNIT_H
/* unit.c and disas.c as frontend.c sees them. */
#include "tcg/frontend.h"
#include "target-x86/system.h"

void x86_translate_unit(struct cpu *cpu, struct ir_unit *unit, unsigned max_insns);
bool x86_is_magic(const uint8_t *code, unsigned bytes, uint32_t mode);
void x86_mode_text(uint32_t mode, GString *out);
unsigned x86_disassemble(const uint8_t *code, unsigned size, uint64_t pc, uint32_t mode, char *text,
                         unsigned text_size);

#endif
