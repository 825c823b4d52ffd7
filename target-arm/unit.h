/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_UNIT_H
#define TARGET_ARM_UNIT_H
/* unit.c and disas.c as frontend.c sees them. */
#include "tcg/frontend.h"

void arm_translate_unit(struct cpu *cpu, struct ir_unit *unit, unsigned max_insns);
void arm_mode_text(uint32_t mode, GString *out);
unsigned arm_disassemble(const uint8_t *code, unsigned size, uint64_t pc, uint32_t mode, char *text,
    unsigned text_size);

#endif
