/* SPDX-License-Identifier: MIT */
/* See choices.h. What is seen on Intel's processors only is no excuse on others. */
#include "tests/cpu/choices.h"
#include <string.h>

static bool starts(const char *text, const char *start) { return !g_ascii_strncasecmp(text, start, strlen(start)); }

bool choice_fault_in_the_middle(const struct x86_row *row)
{
    static const char *const names[] = { "maskmov", "fnstenv", "fldenv", "fnsave", "frstor", "popa", "pusha", "cmps", "scas", "fbstp", "enter",
                                         "fxsave", "fxrstor", "xsave", "xrstor" };
    enum { INTEL_TOO = 5 };         /* the others do as here on Intel's processors */
    for (unsigned i = 0; row && i < (host_cpu_is_intel() ? INTEL_TOO : G_N_ELEMENTS(names)); i++)
        if (starts(row->name, names[i]))
            return true;
    return row && strstr(row->operands, "Mt") && host_cpu_is_intel();      /* 80 bits: FSTP stores 64 of them first */
}

/* FST, FSTP, FIST, FISTP, FISTTP, FBSTP. AMD's processors check the address first. */
bool choice_store_suppressed(const struct x86_row *row, const uint8_t *fx)
{
    enum { ALL_MASKED = 0x3f };
    const bool stores = row && (starts(row->name, "fst") || starts(row->name, "fist") || starts(row->name, "fbstp"));
    return stores && (fx[0] & ALL_MASKED) != ALL_MASKED && host_cpu_is_intel();
}

/* Intel's processors enter MMX state, then execute and fault; AMD's do nothing before the fault. Done again it is the same. */
void choice_mmx_fault(const struct x86_row *row, struct host_state *after)
{
    enum { STATUS_HIGH = 3, TOP_SHIFT = 3, TAGS = 4, ST0 = 32, ST_BYTES = 16, REGISTERS = 8 };
    uint8_t *fx = after->fx;
    const unsigned top = fx[STATUS_HIGH] >> TOP_SHIFT & 7;
    uint8_t stack[REGISTERS * ST_BYTES];
    if (after->vector == 255 || !row || !(row->flags & ROW_MMX) || !host_cpu_is_intel())
        return;
    memcpy(stack, fx + ST0, sizeof(stack));
    for (unsigned i = 0; i < REGISTERS; i++)
        memcpy(fx + ST0 + ((top + i) % REGISTERS) * ST_BYTES, stack + i * ST_BYTES, ST_BYTES);
    fx[STATUS_HIGH] &= (uint8_t)~(7u << TOP_SHIFT);
    fx[TAGS] = 0xff;
}
