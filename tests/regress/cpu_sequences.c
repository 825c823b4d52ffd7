/* SPDX-License-Identifier: MIT */
/*
 * Instruction sequences that once came out differently on the host CPU, in the interpreter or in the JIT: each is run
 * again by all of them. Most were found by tests/fuzz/cpu_fuzz, whose shortened report gives bytes and state seed.
 */
#include <stdio.h>
#include <string.h>
#include "tests/fuzz/cpu_compare.h"

static const struct row {
    const char *name;
    enum host_mode mode;
    uint64_t state_seed;
    enum x86_feature feature;
    const char *code;
} rows[] = {
    /* The JIT rotated the register before it read the low byte of the same register. */
    { "mov_bh_bl_of_a_pinned_register", HOST_32, 234851, FEAT_NONE, "88 df" },
    { "xadd_bl_bh", HOST_32, 114193, FEAT_NONE, "67 0f c0 fb" },
    { "xchg_bh_bl", HOST_32, 238461, FEAT_NONE, "86 df" },
    /* FBSTP into its own unit: popped before the store found that the unit has to be left, then done again. */
    { "fbstp_into_its_own_unit", HOST_16, 1882441919806884, FEAT_NONE,
      "c6 06 06 10 c4 bb 44 5e ba 6e b9 c6 06 14 10 28 b9 4d f8 bb ec "
      "10 df 37 66 0f 70 c1 8a 3c 1c 9c 58 25 d7 0e 35 05 04 50 9d" },
    /* CVTPI2PD from memory does not look for a pending x87 exception. */
    { "cvtpi2pd_from_memory_takes_no_x87_exception", HOST_64, 1882444244479347, FEAT_NONE, "be 87 7c 11 00 de 16 b8 0d 00 00 00 "
      "41 b9 d2 51 11 00 66 45 0f 2a 44 c1 6e" },
    /* ENTER's outer frame pointers, each with its limit and alignment checks, were more than a unit holds. */
    { "enter_31_levels_16", HOST_16, 1, FEAT_NONE, "bd 00 90 c8 10 00 1f" },
    { "enter_31_levels_32_segments", HOST_32_SEGMENTS, 1, FEAT_NONE, "bd 00 90 00 00 68 02 02 04 00 9d c8 10 00 1f" },
    /* Its frame pointer has all of ESP when the operand has 32 bits and the stack 16. */
    { "enter_32_bits_on_a_16_bit_stack", HOST_16, 1883301486871168, FEAT_NONE, "66 0f c1 e6 bd a0 90 66 c8 10 00 00" },
    { "enter_2_levels_32_bits_on_a_16_bit_stack", HOST_16, 1883301486871168, FEAT_NONE, "66 0f c1 e6 bd a0 90 66 c8 10 00 02" },
    /* Which of several NaNs DPPS gives is the processor's, but the same one with an exception unmasked. */
    { "dpps_of_nans_with_an_exception_unmasked", HOST_64, 1883297877591063, FEAT_SSE41, "66 0f 3a 40 c1 ff" },
    /* With REX.W the x87 environment has 28 bytes as without, and is aligned to 4. */
    { "fnstenv_rex_w_is_aligned_to_4", HOST_64, 1, FEAT_NONE, "68 02 02 04 00 9d bb 4c 62 11 00 48 d9 33 c7 43 0c 00 00 00 00 "
      "c7 43 10 00 00 00 00 c7 43 14 00 00 00 00 c7 43 18 00 00 00 00" },
    /* Non-canonical addresses: #SS only of what goes through SS, and the operand of PUSH is read before the stack is written to. */
    { "push_of_memory_with_both_addresses_non_canonical", HOST_64, 1, FEAT_NONE, "48 b8 00 00 00 00 00 00 00 80 48 89 c4 66 ff 30" },
    { "pop_to_memory_with_both_addresses_non_canonical", HOST_64, 1, FEAT_NONE, "48 b8 00 00 00 00 00 00 00 80 48 89 c4 8f 00" },
    { "push_of_memory_below_a_non_canonical_stack", HOST_64, 1, FEAT_NONE, "b8 00 60 11 00 48 bc 00 00 00 00 00 00 00 80 ff 30" },
    { "pop_to_non_canonical_memory", HOST_64, 1, FEAT_NONE, "48 b8 00 00 00 00 00 00 00 80 8f 00" },
    { "pop_to_non_canonical_memory_by_rbp", HOST_64, 1, FEAT_NONE, "48 bd 00 00 00 00 00 00 00 80 8f 45 00" },
    { "load_by_rbp_with_ds_prefix_non_canonical", HOST_64, 1, FEAT_NONE, "48 bd 00 00 00 00 00 00 00 80 3e 8b 45 00" },
    { "load_by_rbx_with_ss_prefix_non_canonical", HOST_64, 1, FEAT_NONE, "48 bb 00 00 00 00 00 00 00 80 36 8b 03" },
    /* XSAVEC leaves bytes 16 to 63 of the header alone. */
    { "xsavec_keeps_the_rest_of_the_header", HOST_32, 1883298958671961, FEAT_XSAVEC,
      "bb 00 77 11 00 b8 00 00 00 00 ba 00 00 00 00 0f c7 23" },
};

static bool run(struct comparison *comparison, const struct row *row)
{
    static struct sequence s;
    const struct way *who = NULL;
    char text[160];
    unsigned byte;
    memset(&s, 0, sizeof s);
    s.mode = row->mode;
    s.groups = 1;
    for (const char *p = row->code; sscanf(p, "%2x", &byte) == 1; p += p[2] ? 3 : 2)
        s.group[0].bytes[s.group[0].count++] = (uint8_t)byte;
    sequence_build(&s);
    if (!host_has_feature(row->feature)) {
        printf("skip regress_%s: the host lacks the instruction\n", row->name);
        return true;
    }
    const char *what = comparison_judge(comparison, &s, row->state_seed, &who, text, sizeof text);
    if (what)
        printf("not ok regress_%s: %s: %s\n", row->name, who->name, what);
    else
        printf("ok regress_%s\n", row->name);
    return !what;
}

int main(void)
{
    struct comparison comparison = { .host = NULL };
    unsigned failures = 0;
    if (!comparison_start(&comparison))
        return 1;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        failures += !run(&comparison, &rows[i]);
    comparison_end(&comparison);
    return failures != 0;
}
