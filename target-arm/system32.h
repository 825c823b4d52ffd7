/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_SYSTEM32_H
#define TARGET_ARM_SYSTEM32_H
/* What the privileged side of AArch32 gives the rest of the target: banks.c, exception32.c, mmu_short.c, cp15.c. */
#include "target-arm/cpu.h"
#include "tcg/frontend.h"

/* exception32.c: takes *e to AArch32: target_el EL1 (or EL3, whose secure PL1 modes are EL3 when it uses AArch32), EL2 Hyp mode.
 * cpu.pc is the instruction's; the link registers get what G1.11 says. Ends with the mode updated. */
void arm_deliver32(struct arm_cpu *cpu, const struct arm_exception *e);
/* A jump to a vector of the present PL1 for kernels started directly, resets: A32 reset state. */
void arm_reset32(struct arm_cpu *cpu);

/* mmu_short.c: a walk of short-descriptor tables (TTBCR.EAE = 0) for an access at EL0 or EL1 (or EL3 in AArch32). va is cut to 32
 * bits. False: *fault says why. Table reads go through stage 2 when `stage2` is given: it makes a physical address of an
 * intermediate one, or returns false (a stage 2 fault on a table walk, of which it has kept the details). */
struct arm_short_fault { uint8_t fsc; uint8_t domain; bool stage2; };   /* fsc: as the long format has it; 0x3d, 0x3e: domain */
struct arm_short_page {
    uint64_t physical, size;        /* of the 4 KiB page; of the descriptor's page or section */
    bool read, write, exec, global, secure;
    uint8_t attributes;             /* MAIR-like byte (with TEX remap from PRRR and NMRR), for PAR and stage 2 combining */
    bool shareable;
};
typedef bool arm_stage2_walk(struct arm_cpu *cpu, uint64_t ipa, uint64_t *physical, void *opaque);
bool arm_walk_short(struct arm_cpu *cpu, uint32_t va, enum mmu_access access, unsigned mmu, arm_stage2_walk *stage2, void *opaque,
                    struct arm_short_page *page, struct arm_short_fault *fault);
/* A long-format fault status as DFSR and IFSR of the short format have it: FS[4] in bit 10, domain in bits 7 to 4. */
uint32_t arm_short_fsr(unsigned fsc, unsigned domain);

/* Which of the banked system registers code of this CPU sees: EL1, or EL3 when in a secure mode of an AArch32 EL3. */
static inline unsigned arm_bank32(const struct arm_cpu *cpu) { return cpu->el == EL3 ? EL3 : EL1; }

#endif
