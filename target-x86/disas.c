/* SPDX-License-Identifier: MIT */
/* Guest code as text for -d in_asm and explain, by capstone; the mode that it runs in. A handle is opened for each call: this is for people, not for speed. */
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

/* A bit of the mode and what it says when it is set. */
static const struct { uint32_t bit; const char *text; } mode_words[] = {
    { MODE_VM, "virtual 8086" }, { MODE_SMM, "SMM" }, { MODE_FLAT, "flat segments" }, { MODE_IOPL_OK, "I/O allowed" },
    { MODE_TF, "single step or breakpoints" }, { MODE_IBP, "instruction breakpoints" }, { MODE_SHADOW, "interrupt shadow" },
    { MODE_TS, "CR0.TS" }, { MODE_EM, "CR0.EM" }, { MODE_SMAP, "SMAP" }, { MODE_AC, "alignment checks" },
    { MODE_MXCSR_TRAPS, "SSE exceptions unmasked" }, { MODE_X87_TRAPS, "x87 exceptions unmasked" },
};

void x86_mode_text(uint32_t mode, GString *out)
{
    g_string_append_printf(out, "%s, %u-bit code, CPL %u", mode & MODE_LMA ? "long mode" : mode & MODE_PE ? "protected mode" :
                           "real mode", mode & MODE_CODE64 ? 64 : mode & MODE_CODE32 ? 32 : 16, mode & MODE_CPL);
    for (unsigned i = 0; i < G_N_ELEMENTS(mode_words); i++) {
        if (mode & mode_words[i].bit) {
            g_string_append_printf(out, ", %s", mode_words[i].text);
        }
    }
}
