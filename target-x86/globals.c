/* SPDX-License-Identifier: MIT */
/*
 * The guest registers that IR names (globals) and the table of helpers it calls.
 *
 * Order is that of trans.h: 16 general registers, flags, 16 XMM registers. Pinning prefers what compiled code uses
 * most: the eight registers of IA-32 before R8 to R15, the low XMM registers first.
 */
#include "target-x86/helpers.h"
#include "target-x86/trans.h"

#define GPR(name, n, pin) { name, IR_TYPE_INT, offsetof(struct x86_cpu, regs) + 8 * n, pin }
#define XMM(name, n) { name, IR_TYPE_VEC, offsetof(struct x86_cpu, xmm) + 16 * n, n + 1 }
const struct ir_global x86_globals[] = {
    GPR("rax", 0, 1), GPR("rcx", 1, 4), GPR("rdx", 2, 3), GPR("rbx", 3, 5),
    GPR("rsp", 4, 2), GPR("rbp", 5, 8), GPR("rsi", 6, 6), GPR("rdi", 7, 7),
    GPR("r8", 8, 9), GPR("r9", 9, 11), GPR("r10", 10, 14), GPR("r11", 11, 15),
    GPR("r12", 12, 10), GPR("r13", 13, 12), GPR("r14", 14, 13), GPR("r15", 15, 16),
    { "flags", IR_TYPE_FLAGS, offsetof(struct x86_cpu, flags), 1 },
    XMM("xmm0", 0), XMM("xmm1", 1), XMM("xmm2", 2), XMM("xmm3", 3), XMM("xmm4", 4), XMM("xmm5", 5), XMM("xmm6", 6),
    XMM("xmm7", 7), XMM("xmm8", 8), XMM("xmm9", 9), XMM("xmm10", 10), XMM("xmm11", 11), XMM("xmm12", 12), XMM("xmm13", 13),
    XMM("xmm14", 14), XMM("xmm15", 15),
};
_Static_assert(G_N_ELEMENTS(x86_globals) == X86_GLOBAL_END - 1, "trans.h numbers the globals");

const struct ir_helper x86_helpers[] = {
#define X86_HELPER(name, args, flags) { #name, helper_##name, args, flags },
#include "target-x86/helpers.def"
#undef X86_HELPER
};
const unsigned x86_helper_count = G_N_ELEMENTS(x86_helpers);
_Static_assert(G_N_ELEMENTS(x86_helpers) == HELPER_COUNT, "trans.h numbers the helpers");
