/* SPDX-License-Identifier: MIT */
/* Text of guest instructions for logs, by capstone. */
#include <capstone/capstone.h>
#include <stdio.h>
#include "target-arm/cpu.h"
#include "target-arm/unit.h"

unsigned arm_disassemble(const uint8_t *code, unsigned size, uint64_t pc, uint32_t mode, char *text, unsigned text_size)
{
    csh handle;
    cs_insn *insn;
    cs_arch arch = mode & MODE_A32 ? CS_ARCH_ARM : CS_ARCH_ARM64;
    unsigned flags = mode & MODE_T32 ? CS_MODE_THUMB : CS_MODE_ARM, length = mode & MODE_T32 ? 2 : 4;
    if (mode & MODE_T32 && size >= 4 && code[1] >> 3 >= 0x1d) {
        length = 4;
    }
    snprintf(text, text_size, "(unknown)");
    if (cs_open(arch, (cs_mode)flags, &handle) == CS_ERR_OK) {
        if (cs_disasm(handle, code, MIN(size, length), pc, 1, &insn) == 1) {
            snprintf(text, text_size, "%s %s", insn->mnemonic, insn->op_str);
            cs_free(insn, 1);
        }
        cs_close(&handle);
    }
    return MIN(size, length);
}
