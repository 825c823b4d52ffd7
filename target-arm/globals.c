/* SPDX-License-Identifier: MIT */
/*
 * The guest registers that IR names (globals) and the table of helpers it calls. Order is that of trans.h.
 *
 * Pinning prefers what compiled code uses most: AAPCS64's argument registers, the stack pointer, and the first saved
 * registers; in AArch32 R0 to R7, SP and LR.
 */
#include "target-arm/helpers.h"
#include "target-arm/globals.h"
#include "target-arm/trans.h"

#define GPR(name, n, pin) { name, IR_TYPE_INT, offsetof(struct arm_cpu, x) + 8 * n, pin }
#define VEC(name, n) { name, IR_TYPE_VEC, offsetof(struct arm_cpu, v) + 16 * n, n < 16 ? n + 1 : 0 }
#define NZCV { "nzcv", IR_TYPE_FLAGS, offsetof(struct arm_cpu, nzcv), 1 }
#define VECTORS \
    VEC("v0", 0), VEC("v1", 1), VEC("v2", 2), VEC("v3", 3), VEC("v4", 4), VEC("v5", 5), VEC("v6", 6), VEC("v7", 7), \
    VEC("v8", 8), VEC("v9", 9), VEC("v10", 10), VEC("v11", 11), VEC("v12", 12), VEC("v13", 13), VEC("v14", 14), \
    VEC("v15", 15), VEC("v16", 16), VEC("v17", 17), VEC("v18", 18), VEC("v19", 19), VEC("v20", 20), VEC("v21", 21), \
    VEC("v22", 22), VEC("v23", 23), VEC("v24", 24), VEC("v25", 25), VEC("v26", 26), VEC("v27", 27), VEC("v28", 28), \
    VEC("v29", 29), VEC("v30", 30), VEC("v31", 31)

const struct ir_global arm_globals64[] = {
    GPR("x0", 0, 1), GPR("x1", 1, 2), GPR("x2", 2, 3), GPR("x3", 3, 4), GPR("x4", 4, 8), GPR("x5", 5, 10),
    GPR("x6", 6, 0),
    GPR("x7", 7, 0), GPR("x8", 8, 9), GPR("x9", 9, 0), GPR("x10", 10, 0), GPR("x11", 11, 0), GPR("x12", 12, 0),
    GPR("x13", 13, 0), GPR("x14", 14, 0), GPR("x15", 15, 0), GPR("x16", 16, 0), GPR("x17", 17, 0), GPR("x18", 18, 0),
    GPR("x19", 19, 6), GPR("x20", 20, 7), GPR("x21", 21, 0), GPR("x22", 22, 0), GPR("x23", 23, 0), GPR("x24", 24, 0),
    GPR("x25", 25, 0), GPR("x26", 26, 0), GPR("x27", 27, 0), GPR("x28", 28, 0), GPR("x29", 29, 0), GPR("x30", 30, 0),
    GPR("sp", 31, 5), NZCV, VECTORS,
};
_Static_assert(G_N_ELEMENTS(arm_globals64) == ARM_GLOBAL_END - 1, "trans.h numbers the globals");

const struct ir_global arm_globals32[] = {
    GPR("r0", 0, 1), GPR("r1", 1, 3), GPR("r2", 2, 2), GPR("r3", 3, 4), GPR("r4", 4, 5), GPR("r5", 5, 6),
    GPR("r6", 6, 8),
    GPR("r7", 7, 9), GPR("r8", 8, 10), GPR("r9", 9, 0), GPR("r10", 10, 0), GPR("r11", 11, 0), GPR("r12", 12, 0),
    GPR("sp", 13, 7), GPR("lr", 14, 0), GPR("x15", 15, 0), GPR("x16", 16, 0), GPR("x17", 17, 0), GPR("x18", 18, 0),
    GPR("x19", 19, 0), GPR("x20", 20, 0), GPR("x21", 21, 0), GPR("x22", 22, 0), GPR("x23", 23, 0), GPR("x24", 24, 0),
    GPR("x25", 25, 0), GPR("x26", 26, 0), GPR("x27", 27, 0), GPR("x28", 28, 0), GPR("x29", 29, 0), GPR("x30", 30, 0),
    GPR("x31", 31, 0), NZCV, VECTORS,
};
_Static_assert(G_N_ELEMENTS(arm_globals32) == ARM_GLOBAL_END - 1, "trans.h numbers the globals");

const struct ir_helper arm_helpers[] = {
#define ARM_HELPER(name, args, flags) { #name, helper_arm_##name, args, flags },
#include "target-arm/helpers.def"
#undef ARM_HELPER
};
const unsigned arm_helper_count = G_N_ELEMENTS(arm_helpers);
_Static_assert(G_N_ELEMENTS(arm_helpers) == HELPER_ARM_COUNT, "trans.h numbers the helpers");
