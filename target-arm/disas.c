/* SPDX-License-Identifier: MIT */
/* Text of guest instructions for logs and explain, by capstone; the mode that they run in. */
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

/* A bit of the mode and what it says when it is set. */
static const struct { uint32_t bit; const char *text; } mode_words[] = {
    { MODE_BE, "big-endian data" }, { MODE_FP, "FP and SIMD on" }, { MODE_PAN, "PAN" }, { MODE_UAO, "UAO" },
    { MODE_ALIGN, "alignment checks" }, { MODE_STEP, "software step" }, { MODE_BREAK, "breakpoints" },
    { MODE_FP_ODD, "FP by helpers" }, { MODE_IL, "illegal state" }, { MODE_SECURE, "secure" }, { MODE_V7, "ARMv7" },
    { MODE_HYP, "Hyp" },
};

void arm_mode_text(uint32_t mode, GString *out)
{
    const unsigned it = (mode & MODE_IT) >> MODE_IT_SHIFT;
    g_string_append_printf(out, "%s, EL%u", mode & MODE_T32 ? "Thumb" : mode & MODE_A32 ? "AArch32" : "AArch64", mode & MODE_EL);
    if (it) {
        g_string_append_printf(out, ", inside IT %#x", it);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(mode_words); i++) {
        if (mode & mode_words[i].bit) {
            g_string_append_printf(out, ", %s", mode_words[i].text);
        }
    }
}
