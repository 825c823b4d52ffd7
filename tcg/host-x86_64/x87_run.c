/* SPDX-License-Identifier: MIT */
/*
 * x87 instructions outside the code cache: all of them, made at assembly time as functions; 512 register forms and 64
 * memory forms on [rdi].
 */
#include "tcg/host-x86_64/copy.h"

/* Four bytes an entry: two of instruction, RET, padding. */
extern const uint8_t x87_register_forms[8][64][4] __attribute__((visibility("hidden")));
extern const uint8_t x87_memory_forms[8][8][4] __attribute__((visibility("hidden")));

__asm__(
    ".text\n"
    ".balign 16\n"
    ".globl x87_register_forms\n.hidden x87_register_forms\n"
    "x87_register_forms:\n"
    ".set x87_escape, 0xd8\n"
    ".rept 8\n"
    "    .set x87_modrm, 0xc0\n"
    "    .rept 64\n"
    "        .byte x87_escape, x87_modrm, 0xc3, 0x90\n"
    "        .set x87_modrm, x87_modrm + 1\n"
    "    .endr\n"
    "    .set x87_escape, x87_escape + 1\n"
    ".endr\n"
    ".globl x87_memory_forms\n.hidden x87_memory_forms\n"
    "x87_memory_forms:\n"
    ".set x87_escape, 0xd8\n"
    ".rept 8\n"
    "    .set x87_modrm, 0x07\n"
    "    .rept 8\n"
    "        .byte x87_escape, x87_modrm, 0xc3, 0x90\n"
    "        .set x87_modrm, x87_modrm + 8\n"
    "    .endr\n"
    "    .set x87_escape, x87_escape + 1\n"
    ".endr\n");

const void *x87_code(unsigned opcode)
{
    unsigned escape = opcode >> 8 & 7, modrm = opcode & 0xff;
    return modrm >= 0xc0 ? x87_register_forms[escape][modrm - 0xc0] : x87_memory_forms[escape][modrm >> 3 & 7];
}

void x87_run(unsigned opcode, void *memory)
{
    __asm__ volatile("call *%0" : : "r"(x87_code(opcode)), "D"(memory) : "memory", "cc");
}
