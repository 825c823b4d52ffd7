/* SPDX-License-Identifier: MIT */
/* T32 branches and system instructions in 32 bits (Arm ARM F3.1.8 "Branches and miscellaneous control"). */
#include "target-arm/a32.h"
#include "target-arm/a32_branch.h"

#define SYS ARM_ROW_NO_TEST
#define ROW(pattern, name, fn, flags) { pattern, name, fn, flags, ARM_FEATURE_NONE, 0, NULL, NULL }
static const struct arm_row rows[] = {
    { "11110 s cccc hhhhhh 10 j 0 k iiiiiiiiiii", "B", t32_b_t3, ARM_ROW_BRANCH | ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, "c=14;c=15" },
    ROW("11110 s hhhhhhhhhh 10 j 1 k iiiiiiiiiii", "B", t32_b_t4, ARM_ROW_BRANCH | ARM_ENDS),
    ROW("11110 s hhhhhhhhhh 11 j 1 k iiiiiiiiiii", "BL", t32_bl, ARM_ROW_BRANCH | ARM_ENDS),
    ROW("11110 s hhhhhhhhhh 11 j 0 k iiiiiiiiii 0", "BLX", t32_blx_imm, ARM_ROW_BRANCH | ARM_ENDS),
    ROW("1111 0011 100R nnnn 10-0 mmmm --0- ----", "MSR", a32_msr_reg, SYS),
    ROW("1111 0011 100R nnnn 10-0 mmmm --1M ----", "MSR (banked)", a32_msr_banked, SYS | ARM_ROW_EL1),
    ROW("1111 0011 111R ++++ 10-0 dddd --0- ----", "MRS", a32_mrs, SYS),
    ROW("1111 0011 111R mmmm 10-0 dddd --1M ----", "MRS (banked)", a32_mrs_banked, SYS | ARM_ROW_EL1),
    ROW("1111 0011 1010 ++++ 10-0 -000 hhhhhhhh", "hint", a32_hint, SYS),
    { "1111 0011 1010 ++++ 10-0 -oov aif mmmmm", "CPS", a32_cps, SYS | ARM_ROW_COND, ARM_FEATURE_NONE, 0, NULL, "o=0,v=0" },
    ROW("1111 0011 1011 ++++ 10-0 ++++ 0010 ++++", "CLREX", a32_clrex, 0),
    ROW("1111 0011 1011 ++++ 10-0 ++++ 0100 ....", "DSB", a32_dsb, 0),
    ROW("1111 0011 1011 ++++ 10-0 ++++ 0101 ..yy", "DMB", a32_dmb, 0),
    ROW("1111 0011 1011 ++++ 10-0 ++++ 0110 ....", "ISB", a32_isb, SYS),
    ROW("1111 0011 1100 mmmm 10-0 ++++ ---- ----", "BXJ", a32_bxj, ARM_ROW_BRANCH),
    ROW("1111 0011 1101 +++- 10-0 ++++ iiiiiiii", "SUBS PC, LR", a32_eret, SYS),
    ROW("1111 0111 1110 hhhh 1000 iiiiiiiiiiii", "HVC", a32_hvc, SYS | ARM_ROW_EL1),
    ROW("1111 0111 1111 hhhh 1000 ---- ---- ----", "SMC", a32_smc, SYS | ARM_ROW_EL1),
    ROW("1111 0111 1111 hhhh 1010 .... .... ....", "UDF", a32_udf, SYS),
    { "1110 100u d0w0 ++-+ ++-- ---- ---m mmmm", "SRS", a32_srs, SYS | ARM_ROW_EL1, ARM_FEATURE_NONE, 0, "u=0,d=0;u=1,d=1", NULL },
    { "1110 100u d0w1 nnnn ++-- ---- ---- ----", "RFE", a32_rfe, SYS | ARM_ROW_EL1, ARM_FEATURE_NONE, 0, "u=0,d=0;u=1,d=1", NULL },
    { "1110 1110 ooo0 nnnn tttt pppp qqq1 mmmm", "MCR", a32_mcr, SYS, ARM_FEATURE_NONE, 0, "p=14;p=15", NULL },
    { "1110 1110 ooo1 nnnn tttt pppp qqq1 mmmm", "MRC", a32_mrc, SYS, ARM_FEATURE_NONE, 0, "p=14;p=15", NULL },
    { "1110 1100 0100 ssss tttt pppp oooo mmmm", "MCRR", a32_mcrr, SYS, ARM_FEATURE_NONE, 0, "p=14;p=15", NULL },
    { "1110 1100 0101 ssss tttt pppp oooo mmmm", "MRRC", a32_mrrc, SYS, ARM_FEATURE_NONE, 0, "p=14;p=15", NULL },
    { "1110 110p uvw0 nnnn dddd 1110 iiiiiiii", "STC", a32_stc, SYS, ARM_FEATURE_NONE, 0, NULL, "p=0,u=0,w=0" },
    { "1110 110p uvw1 nnnn dddd 1110 iiiiiiii", "LDC", a32_ldc, SYS, ARM_FEATURE_NONE, 0, NULL, "p=0,u=0,w=0" },
};
ARM_TABLE(t32_system);
