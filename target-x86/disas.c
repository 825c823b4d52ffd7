/* SPDX-License-Identifier: MIT */
/* Guest code as text for -d in_asm, by capstone. A handle is opened for each call: this is for people, not for speed. */
#include <capstone/capstone.h>
#include <stdio.h>
#include "target-x86/unit.h"

unsigned x86_disassemble(const uint8_t *code, unsigned size, uint64_t pc, uint32_t mode, char *text, unsigned text_size)
{
    csh handle;
    cs_insn *insn;
    unsigned length = 1;
    cs_mode bits = mode & MODE_CODE64 ? CS_MODE_64 : mode & MODE_CODE32 ? CS_MODE_32 : CS_MODE_16;
    snprintf(text, text_size, "(bad)");
    if (cs_open(CS_ARCH_X86, bits, &handle) != CS_ERR_OK)
        return length;
    if (cs_disasm(handle, code, size, bits == CS_MODE_64 ? pc : (uint32_t)pc, 1, &insn)) {
        snprintf(text, text_size, "%s %s", insn->mnemonic, insn->op_str);
        length = insn->size;
        cs_free(insn, 1);
    }
    cs_close(&handle);
    return length;
}
