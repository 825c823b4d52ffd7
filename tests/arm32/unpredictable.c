/* SPDX-License-Identifier: MIT */
/*
 * Which encodings are UNPREDICTABLE, rule by rule, as the decode pseudocode of the instructions in the Arm ARM (F5, F6) has it.
 *
 * `when` is terms with '&' between them. A term compares two sums by = ! < > : fields of the row by their letters, numbers,
 * <h:l> for bits of the word, #r for the number of bits set in a field, r[n] for bit n of field r, products of those by '*'. A term
 * that names a field which the row has not got is false. R13 where Armv7 does not allow it is no rule: Armv8 does, and the tests'
 * CPU is one.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/arm32/unpredictable.h"

#define MEM_A32 "a32_mem"
#define T32 "t32_dp|t32_mem"
static const struct unpredictable_rule rules[] = {
    /* A32 data processing and multiplication */
    { "a32_dp", NULL, "r<16&d=15", "if d == 15 || n == 15 || m == 15 || s == 15 then UNPREDICTABLE" },
    { "a32_dp", NULL, "r<16&n=15", "if d == 15 || n == 15 || m == 15 || s == 15 then UNPREDICTABLE" },
    { "a32_dp", NULL, "r<16&m=15", "if d == 15 || n == 15 || m == 15 || s == 15 then UNPREDICTABLE" },
    { "a32_dp", NULL, "r=15", "if d == 15 || n == 15 || m == 15 || s == 15 then UNPREDICTABLE" },
    { "a32_mul|a32_media|t32_dp", NULL, "d=15", "if d == 15 || n == 15 || m == 15 then UNPREDICTABLE" },
    { "a32_mul|a32_media", NULL, "n=15", "if d == 15 || n == 15 || m == 15 then UNPREDICTABLE" },
    { "t32_dp", "!ADDW|SUBW", "n=15", "if d == 15 || n == 15 || m == 15 then UNPREDICTABLE" },
    { "a32_mul|a32_media|t32_dp", NULL, "m=15", "if d == 15 || n == 15 || m == 15 then UNPREDICTABLE" },
    { "a32_mul|t32_dp", "MLA|MLS|SMLA*|SMLS*|SMML*|USADA8", "a=15", "if d == 15 || n == 15 || m == 15 || a == 15 then UNPREDICTABLE" },
    { "a32_mul|t32_dp", "*L|UMAAL|*LD|*Lxy", "h=15", "if dLo == 15 || dHi == 15 || n == 15 || m == 15 then UNPREDICTABLE" },
    { "a32_mul|t32_dp", "*L|UMAAL|*LD|*Lxy", "l=15", "if dLo == 15 || dHi == 15 || n == 15 || m == 15 then UNPREDICTABLE" },
    { "a32_mul|t32_dp", "*L|UMAAL|*LD|*Lxy", "h=l", "if dHi == dLo then UNPREDICTABLE" },
    { "a32_media", "CRC32*", "c!14", "if cond != '1110' then UNPREDICTABLE" },
    { "a32_media", "BFI|BFC", "b<l", "if msbit < lsbit then UNPREDICTABLE" },
    { "a32_media", "SBFX|UBFX", "l+w>31", "if msbit > 31 then UNPREDICTABLE" },
    { "a32_dp", NULL, "S=1&d=15", "SUBS PC and the like: if PSTATE.EL == EL0 then UNPREDICTABLE" },
    /* status registers */
    { "a32_system|t32_system", "MSR", "m=0", "if mask == '0000' then UNPREDICTABLE" },
    { "a32_system|t32_system", "MSR", "n=15", "if n == 15 then UNPREDICTABLE" },
    { "a32_system|t32_system", "MRS*", "d=15", "if d == 15 then UNPREDICTABLE" },
    { "a32_system|t32_system", "CPS", "v=0&m>0", "if mode != '00000' && M == '0' then UNPREDICTABLE" },
    { "a32_system|t32_system", "CPS", "o>1&a+i+f=0", "if imod<1> == '1' && A:I:F == '000' then UNPREDICTABLE" },
    { "a32_system|t32_system", "CPS", "o<2&a+i+f>0", "if imod<1> == '0' && A:I:F != '000' then UNPREDICTABLE" },
    { "a32_system|t32_system", "CPS", "o=1", "if imod == '01' then UNPREDICTABLE" },
    { "a32_system", "CPS", "o=0&v=0", "if imod == '00' && M == '0' then UNPREDICTABLE" },
    { "t32_16", "CPS", "a+i+f=0", "if A:I:F == '000' then UNPREDICTABLE" },
    { "t32_system|a32_branch", "BXJ", "m=15", "if m == 15 then UNPREDICTABLE" },
    { "a32_system|t32_system", "RFE", "n=15", "if n == 15 then UNPREDICTABLE" },
    { "a32_system|t32_system", "MCR*|MRC", "t=15", "MCR: if t == 15 then UNPREDICTABLE; MRC to the flags: few registers" },
    /* T32 data processing */
    { "t32_dp", "AND|BIC|ORR|ORN|EOR|TST|TEQ|MVN|ADC|SBC|RSB|ADD|SUB|CMP|CMN|MOV", "i=0&k>0&k<4&j=0",
      "if imm12<7:0> == '00000000' then UNPREDICTABLE (T32ExpandImm)" },
    { "t32_dp", "REV*|RBIT|CLZ", "<19:16>!m", "if Rm is not the same in both fields then UNPREDICTABLE" },
    { "t32_dp", "BFI|BFC", "b<i*4+j", "if msbit < lsbit then UNPREDICTABLE" },
    { "t32_dp", "SBFX|UBFX", "i*4+j+w>31", "if msbit > 31 then UNPREDICTABLE" },
    /* A32 loads and stores */
    { MEM_A32, NULL, "m=15", "if m == 15 then UNPREDICTABLE" },
    { MEM_A32, NULL, "p=0&n=15", "if wback && (n == 15 || n == t) then UNPREDICTABLE" },
    { MEM_A32, NULL, "w=1&n=15", "if wback && (n == 15 || n == t) then UNPREDICTABLE" },
    { MEM_A32, NULL, "p=0&n=t", "if wback && (n == 15 || n == t) then UNPREDICTABLE" },
    { MEM_A32, NULL, "w=1&n=t", "if wback && (n == 15 || n == t) then UNPREDICTABLE" },
    { MEM_A32, "LDRB|LDRH|LDRSB|LDRSH|STRB|STRH|LDR*EX|STREX|LDREX|LDAEX|STLEX|LDA|STL|SWP", "t=15", "if t == 15 then UNPREDICTABLE" },
    { MEM_A32, "STR|LDR", "p=0&w=1&t=15", "STRT, LDRT: if t == 15 || n == 15 || n == t then UNPREDICTABLE" },
    { MEM_A32, "LDREX|STREX|LDAEX|STLEX|LDA|STL|SWP", "n=15", "if t == 15 || n == 15 then UNPREDICTABLE" },
    { MEM_A32, "STREX|STLEX", "d=15", "if d == 15 || t == 15 || n == 15 then UNPREDICTABLE" },
    { MEM_A32, "STREX|STLEX", "d=n", "if d == n || d == t then UNPREDICTABLE" },
    { MEM_A32, "STREX|STLEX", "d=t", "if d == n || d == t then UNPREDICTABLE" },
    { MEM_A32, "STREX|STLEX", "z=1&d=t+1", "if d == n || d == t || d == t2 then UNPREDICTABLE" },
    { MEM_A32, "LDREX|STREX|LDAEX|STLEX", "z=1&t[0]=1", "if Rt<0> == '1' || t2 == 15 || n == 15 then UNPREDICTABLE" },
    { MEM_A32, "LDREX|STREX|LDAEX|STLEX", "z=1&t=14", "if Rt<0> == '1' || t2 == 15 || n == 15 then UNPREDICTABLE" },
    { MEM_A32, "LDRD|STRD", "t[0]=1", "if Rt<0> == '1' then UNPREDICTABLE" },
    { MEM_A32, "LDRD|STRD", "t=14", "if t2 == 15 then UNPREDICTABLE" },
    { MEM_A32, "LDRD|STRD", "p=0&n=t+1", "if wback && (n == 15 || n == t || n == t2) then UNPREDICTABLE" },
    { MEM_A32, "LDRD|STRD", "w=1&n=t+1", "if wback && (n == 15 || n == t || n == t2) then UNPREDICTABLE" },
    { MEM_A32, "LDRD", "m=t", "if t2 == 15 || m == 15 || m == t || m == t2 then UNPREDICTABLE" },
    { MEM_A32, "LDRD", "m=t+1", "if t2 == 15 || m == 15 || m == t || m == t2 then UNPREDICTABLE" },
    { "a32_block", NULL, "n=15", "if n == 15 || BitCount(registers) < 1 then UNPREDICTABLE" },
    { "a32_block|t32_16", NULL, "#r=0", "if n == 15 || BitCount(registers) < 1 then UNPREDICTABLE" },
    { "a32_block", "LDM", "w=1&r[n]=1", "if wback && registers<n> == '1' && ArchVersion() >= 7 then UNPREDICTABLE" },
    { "a32_block", "STM", "w=1&r[n]=1", "if i == n && wback && i != LowestSetBit(registers) then MemA[] = bits(32) UNKNOWN" },
    /* T16 and T32 loads and stores */
    { "t32_16", "ADD", "m=15&D=1&d=7", "if n == 15 && m == 15 then UNPREDICTABLE" },
    { "t32_16", "CMP", "D=0&m<8", "if n < 8 && m < 8 then UNPREDICTABLE" },
    { "t32_16", "CMP", "D=1&d=7", "if n == 15 || m == 15 then UNPREDICTABLE" },
    { "t32_16", "CMP", "m=15", "if n == 15 || m == 15 then UNPREDICTABLE" },
    { "t32_16", "STM", "r[n]=1", "if i == n && wback && i != LowestSetBit(registers) then MemA[] = bits(32) UNKNOWN" },
    { "t32_16", "PUSH", "r+M=0", "if BitCount(registers) < 1 then UNPREDICTABLE" },
    { "t32_16", "POP", "r+P=0", "if BitCount(registers) < 1 then UNPREDICTABLE" },
    { "t32_mem", "STR|STRB|STRH|STRD|STREX*|STL*|LD*", "t=15", "if t == 15 then UNPREDICTABLE (LDR: a branch)" },
    { "t32_mem", NULL, "m=15", "if m == 15 then UNPREDICTABLE" },
    { "t32_mem", "P*|hint*", "w=1", "LDRB, LDRH, LDRSB, LDRSH with write-back or unprivileged: if t == 15 then UNPREDICTABLE" },
    { "t32_mem", "P*|hint*", "p=0", "LDRB, LDRH, LDRSB, LDRSH with write-back or unprivileged: if t == 15 then UNPREDICTABLE" },
    { "t32_mem", "P*|hint*", "p=1&u=1", "LDRB, LDRH, LDRSB, LDRSH with write-back or unprivileged: if t == 15 then UNPREDICTABLE" },
    { "t32_mem", "STR|STRB|STRH|LDR|LDRB|LDRH|LDRSB|LDRSH", "w=1&n=t", "if wback && n == t then UNPREDICTABLE" },
    { "t32_mem", "STRD|LDRD", "w=1&n=15", "LDRD (literal): if W == '1' then UNPREDICTABLE" },
    { "t32_mem", "STRD|LDRD", "p=0&n=15", "LDRD (literal): if W == '1' then UNPREDICTABLE" },
    { "t32_mem", "STRD|LDRD", "p=0&n=t", "if wback && (n == t || n == t2) then UNPREDICTABLE" },
    { "t32_mem", "STRD|LDRD", "w=1&n=t", "if wback && (n == t || n == t2) then UNPREDICTABLE" },
    { "t32_mem", "STRD|LDRD", "p=0&n=T", "if wback && (n == t || n == t2) then UNPREDICTABLE" },
    { "t32_mem", "STRD|LDRD", "w=1&n=T", "if wback && (n == t || n == t2) then UNPREDICTABLE" },
    { "t32_mem", "STRD|LDRD", "T=15", "if t2 == 15 then UNPREDICTABLE" },
    { "t32_mem", "LDRD", "t=T", "if t == t2 then UNPREDICTABLE" },
    { "t32_mem", "*EX|*EXB|STL|LDA", "n=15", "if n == 15 then UNPREDICTABLE" },
    { "t32_mem", "*EX|*EXB", "y!3&T!15", "Rt2 is (1)(1)(1)(1)" },
    { "t32_mem", "*EX|*EXB", "y=3&T=15", "if t == 15 || t2 == 15 || n == 15 then UNPREDICTABLE" },
    { "t32_mem", "LDREX*|LDAEX", "y=3&t=T", "if t == t2 then UNPREDICTABLE" },
    { "t32_mem", "STREX*|STLEX", "d=15", "if d == 15 || t == 15 || n == 15 then UNPREDICTABLE" },
    { "t32_mem", "STREX*|STLEX", "d=n", "if d == n || d == t then UNPREDICTABLE" },
    { "t32_mem", "STREX*|STLEX", "d=t", "if d == n || d == t then UNPREDICTABLE" },
    { "t32_mem", "STREX*|STLEX", "y=3&d=T", "if d == n || d == t || d == t2 then UNPREDICTABLE" },
    { "t32_mem", "STM*|LDM*", "#r<2", "if n == 15 || BitCount(registers) < 2 then UNPREDICTABLE" },
    { "t32_mem", "STM*|LDM*", "r[13]=1", "bit 13 is (0)" },
    { "t32_mem", "STM*", "r[15]=1", "bit 15 is (0)" },
    { "t32_mem", "LDM*", "r[15]=1&r[14]=1", "if P == '1' && M == '1' then UNPREDICTABLE" },
    { "t32_mem", "STM*|LDM*", "w=1&r[n]=1", "if wback && registers<n> == '1' then UNPREDICTABLE" },
    /* VFP */
    { "vfp*", "VMOV (core*|VMOV (scalar*|VMOV (two*|VDUP (core)", "t=15", "if t == 15 then UNPREDICTABLE" },
    { "vfp*", "VMOV (two core)", "s=15", "if t == 15 || t2 == 15 then UNPREDICTABLE" },
    { "vfp*", "VMOV (two core)", "L=1&s=t", "if to_arm_registers && t == t2 then UNPREDICTABLE" },
    { "vfp*", "VMOV (two core)", "z=0&m=15&M=1", "if m == 31 then UNPREDICTABLE" },
    { "vfp*", "VLDM*|VSTM*", "i=0", "if regs == 0 || (d+regs) > 32 then UNPREDICTABLE" },
    { "vfp*", "VLDM*|VSTM*", "z=0&d*2+D+i>32", "if regs == 0 || (d+regs) > 32 then UNPREDICTABLE" },
    { "vfp*", "VLDM*|VSTM*", "z=1&i<2", "if regs == 0 || regs > 16 || (d+regs) > 32 then UNPREDICTABLE" },
    { "vfp*", "VLDM*|VSTM*", "z=1&i>33", "if regs == 0 || regs > 16 || (d+regs) > 32 then UNPREDICTABLE" },
    { "vfp*", "VLDM*|VSTM*", "z=1&d*2+D*32+i>65", "if regs == 0 || regs > 16 || (d+regs) > 32 then UNPREDICTABLE" },
    { "vfp*", "VLDMIA|VSTMIA", "w=1&n=15", "if n == 15 && (wback || CurrentInstrSet() != InstrSet_A32) then UNPREDICTABLE" },
    { "vfp*", "VLDMDB|VSTMDB", "n=15", "if n == 15 && (wback || CurrentInstrSet() != InstrSet_A32) then UNPREDICTABLE" },
    { "vfp_t32", "VLDM*|VSTM*|VSTR", "n=15", "if n == 15 && CurrentInstrSet() != InstrSet_A32 then UNPREDICTABLE" },
    { "vfp*", "VCVT (fixed point)", "s=0&j*2+i>16", "if frac_bits < 0 then UNPREDICTABLE" },
    { "vfp*", "VMRS", "t=15&r!1", "if t == 15 && reg != '0001' then UNPREDICTABLE" },
    { "vfp_a32", NULL, "<11:8>=9&c!14", "half precision: if cond != '1110' then UNPREDICTABLE" },
    { "vfp*", "VMOV (core and half)", "t=15", "if t == 15 then UNPREDICTABLE" },
    /* Advanced SIMD. Registers are D numbers. */
    { "neon_a32|neon_t32", "VTRN|VUZP|VZIP|VSWP", "d=m&D=M", "if d == m then D[d+r] = bits(64) UNKNOWN" },
    { "neon_a32|neon_t32", "VTBL", "n+N*16+l>31", "if n+length > 32 then UNPREDICTABLE" },
    { "neon_mem*", NULL, "n=15", "if n == 15 || d+regs > 32 then UNPREDICTABLE" },
    { "neon_mem*", "VLDn, VSTn (multiple)", "D=1&d>12", "if n == 15 || d+regs > 32 then UNPREDICTABLE (a few more than those)" },
    { "neon_mem*", "VLDn, VSTn (multiple)", "D=1&t=1&d>9", "VLD4 with inc 2: if n == 15 || d4 > 31 then UNPREDICTABLE" },
    { "neon_mem*", "VLDn, VSTn (multiple)", "D=1&t=5&d>11", "VLD3 with inc 2: if n == 15 || d3 > 31 then UNPREDICTABLE" },
    { "neon_mem*", "VLDn, VSTn (one lane)", "D=1&d+e*2>15", "if n == 15 || d4 > 31 then UNPREDICTABLE" },
    { "neon_mem*", "VLDn, VSTn (multiple)", "a=3", "(no rule: qemu 7.2 does not check an alignment of 256 bits)" },
    { "neon_mem*", "VLDn (all lanes)", "D=1&d+e*2+T>15", "if n == 15 || d4 > 31 then UNPREDICTABLE" },
};

/* ---- `when` ---- */

struct eval { const struct arm_compiled *row; uint32_t word; const char *p; bool missing; };

static bool has(const struct arm_compiled *row, char letter)
{
    return row->bits[letter >= 'a' ? letter - 'a' : letter - 'A' + 26];
}

static uint32_t atom(struct eval *e)
{
    if (g_ascii_isdigit(*e->p)) {
        char *end;
        const uint32_t value = (uint32_t)strtoul(e->p, &end, 10);
        e->p = end;
        return value;
    }
    if (*e->p == '<') {
        char *end;
        const unsigned high = (unsigned)strtoul(e->p + 1, &end, 10), low = (unsigned)strtoul(end + 1, &end, 10);
        e->p = end + 1;
        return e->word >> low & ((1u << (high - low + 1)) - 1);
    }
    const bool count = *e->p == '#';
    const char letter = e->p[count];
    e->p += 1 + count;
    e->missing |= !has(e->row, letter);
    const uint32_t value = arm_field_of(e->row, e->word, letter);
    if (*e->p == '[') {
        e->p++;
        const uint32_t bit = atom(e);
        e->p++;
        return bit < 32 ? value >> bit & 1 : 0;
    }
    return count ? (uint32_t)__builtin_popcount(value) : value;
}

static uint32_t sum(struct eval *e)
{
    uint32_t total = 0;
    for (;;) {
        uint32_t value = atom(e);
        if (*e->p == '*') {
            e->p++;
            value *= atom(e);
        }
        total += value;
        if (*e->p != '+')
            return total;
        e->p++;
    }
}

static bool holds(const struct arm_compiled *row, uint32_t word, const char *when)
{
    struct eval e = { row, word, when, false };
    for (;;) {
        const uint32_t left = sum(&e);
        const char op = *e.p++;
        const uint32_t right = sum(&e);
        const bool yes = op == '=' ? left == right : op == '!' ? left != right : op == '<' ? left < right : left > right;
        if (!yes || e.missing)
            return false;
        if (*e.p++ != '&')
            return true;
    }
}

static bool listed(const char *list, const char *name)
{
    if (list && *list == '!')
        return !listed(list + 1, name);
    while (list && *list) {
        const char *bar = strchr(list, '|'), *end = bar ? bar : list + strlen(list);
        const size_t length = (size_t)(end - list);
        const char *star = memchr(list, '*', length);
        const size_t tail = star ? length - (size_t)(star - list) - 1 : 0, head = star ? (size_t)(star - list) : length;
        const size_t n = strlen(name);
        if (star ? n >= head + tail && !strncmp(name, list, head) && !strncmp(name + n - tail, star + 1, tail)
                 : n == length && !strncmp(name, list, length))
            return true;
        list = *end ? end + 1 : end;
    }
    return !list;
}

const char *unpredictable(const struct arm_compiled *row, const char *table, uint32_t word)
{
    if ((word & row->should_mask) != row->should_value)
        return "a bit that is printed as (0) or (1) has the other value";
    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
        const struct unpredictable_rule *rule = &rules[i];
        if (listed(rule->tables, table) && listed(rule->names, row->row->name) && holds(row, word, rule->when))
            return rule->words;
    }
    return NULL;
}
