/* SPDX-License-Identifier: MIT */
/* The tables of A32, T32 and T16: every row compiles, no two overlap; `a32_rows -u` lists some words that nobody claims. */
#include <stdio.h>
#include <string.h>
#include "target-arm/trans.h"

static int failures;

static void check(const char *name, const struct arm_table *const *tables, enum arm_isa isa)
{
    GString *problems = g_string_new(NULL);
    struct arm_decoder *decoder = arm_decoder_new(tables, isa, NULL, problems);
    if (problems->len) {
        printf("not ok %s: malformed or overlapping rows\n%s", name, problems->str);
        failures++;
    } else {
        printf("ok %s\n", name);
    }
    arm_decoder_free(decoder);
    g_string_free(problems, true);
}

/* Words that a manual's instruction has and that must find the row of that name. */
static void known(const char *name, const struct arm_table *const *tables, enum arm_isa isa, uint32_t word, const char *row)
{
    struct arm_decoder *decoder = arm_decoder_new(tables, isa, NULL, NULL);
    const struct arm_compiled *found = arm_decode(decoder, word);
    if (found && !strcmp(found->row->name, row)) {
        printf("ok %s\n", name);
    } else {
        printf("not ok %s: %08x is %s\n", name, word, found ? found->row->name : "nobody's");
        failures++;
    }
    arm_decoder_free(decoder);
}

/* Words that the manual calls UNDEFINED. */
static void unclaimed(const char *name, const struct arm_table *const *tables, enum arm_isa isa, uint32_t word)
{
    struct arm_decoder *decoder = arm_decoder_new(tables, isa, NULL, NULL);
    const struct arm_compiled *found = arm_decode(decoder, word);
    printf(found ? "not ok %s: is %s\n" : "ok %s\n", name, found ? found->row->name : "");
    failures += found != NULL;
    arm_decoder_free(decoder);
}

int main(void)
{
    check("a32-rows", arm_tables_a32, ARM_ISA_A32);
    check("t16-rows", arm_tables_t16, ARM_ISA_T16);
    check("t32-rows", arm_tables_t32, ARM_ISA_T32);
    known("a32-decode-bx-lr", arm_tables_a32, ARM_ISA_A32, 0xe12fff1e, "BX");
    known("t16-decode-push", arm_tables_t16, ARM_ISA_T16, 0xb510, "PUSH");
    known("t32-decode-bl", arm_tables_t32, ARM_ISA_T32, 0xf000f800, "BL");
    /* VMOV of a scalar: opc1:opc2 = 0x10 and, from a scalar, U:opc1:opc2 = 10x00 are UNDEFINED; 1x10 is a byte */
    known("a32-decode-vmov-8", arm_tables_a32, ARM_ISA_A32, 0xee401b50, "VMOV (core to scalar)");
    unclaimed("a32-undefined-vmov", arm_tables_a32, ARM_ISA_A32, 0xee201b50);
    unclaimed("a32-undefined-vmov-u32", arm_tables_a32, ARM_ISA_A32, 0xeeb01b10);
    unclaimed("t32-no-thumbee-enterx", arm_tables_t32, ARM_ISA_T32, 0xf3bf8f1f);
    unclaimed("t32-no-thumbee-leavex", arm_tables_t32, ARM_ISA_T32, 0xf3bf8f0f);
    known("t32-decode-vadd", arm_tables_t32, ARM_ISA_T32, 0xee300a20, "VADD");
    return failures != 0;
}
