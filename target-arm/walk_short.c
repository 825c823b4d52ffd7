/* SPDX-License-Identifier: MIT */
/*
 * Walks of AArch32's short-descriptor format (Arm ARM G5.4): sections, supersections, large and small pages,
 * domains, the
 * access flag of SCTLR.AFE. Of memory types only Device (and Strongly-ordered) is told from the rest.
 */
#include "target-arm/system.h"

static bool fail(struct arm_fault *fault, enum arm_fault_kind kind, unsigned level, unsigned domain)
{
    *fault = (struct arm_fault){ .kind = kind, .level = level, .domain = domain };
    return false;
}

/* AP[2:0] (G5.7.1). With SCTLR.AFE, AP[0] is the access flag and AP[2:1] say it all. */
static void rights(const struct arm_cpu *cpu, unsigned regime, unsigned mmu, unsigned ap, bool xn, bool pxn,
    struct arm_page *page)
{
    bool afe = cpu->sctlr[regime] & SCTLR_AFE, kernel_write, user_read, user_write, kernel_read = true;
    if (afe) {
        ap |= 1;
    }
    switch (ap) {
    case 0:  kernel_read = kernel_write = user_read = user_write = false; break;
    case 1:  kernel_write = true; user_read = user_write = false; break;
    case 2:  kernel_write = true; user_read = true; user_write = false; break;
    case 3:  kernel_write = user_read = user_write = true; break;
    case 5:  kernel_write = user_read = user_write = false; break;
    case 6:
    case 7:  kernel_write = user_write = false; user_read = true; break;
    default: kernel_read = kernel_write = user_read = user_write = false; break;
    }
    bool wxn = cpu->sctlr[regime] & SCTLR_WXN, uwxn = cpu->sctlr[regime] & SCTLR_UWXN;
    if (mmu == ARM_MMU_EL0) {
        page->read = user_read;
        page->write = user_write;
        page->exec = user_read && !xn && !(wxn && user_write);
    } else {
        bool denied = mmu == ARM_MMU_EL1_PAN && user_read;
        page->read = kernel_read && !denied;
        page->write = kernel_write && !denied;
        page->exec = kernel_read && !xn && !pxn && !(wxn && kernel_write) && !(uwxn && user_write);
    }
}

static bool load(struct arm_cpu *cpu, unsigned regime, uint64_t address, unsigned level, unsigned domain, uint32_t *desc,
                 struct arm_fault *fault)
{
    if (regime == EL1 && arm_hcr(cpu) & HCR_VM) {       /* stage 2 of a table's address */
        struct arm_page page;
        unsigned saved = (unsigned)cpu->sctlr[EL1] & SCTLR_M;
        cpu->sctlr[EL1] &= ~(uint64_t)SCTLR_M;
        bool found = arm_lookup(cpu, address, MMU_READ, ARM_MMU_EL1, &page, fault);
        cpu->sctlr[EL1] |= saved;
        if (!found) {
            fault->s1ptw = true;
            return false;
        }
        address = page.physical | (address & 0xfff);
    }
    *desc = (uint32_t)phys_load(&cpu->cpu, address, 4);
    if (*desc == UINT32_MAX && !phys_answers(&cpu->cpu, address)) {
        return fail(fault, FAULT_EXTERNAL_WALK, level, domain);
    }
    if (cpu->sctlr[regime] & SCTLR_EE) {
        *desc = __builtin_bswap32(*desc);
    }
    return true;
}

static bool finish(const struct arm_cpu *cpu, unsigned regime, enum mmu_access access, unsigned mmu, unsigned ap,
    bool xn,
                   bool pxn, unsigned domain, unsigned level, struct arm_page *page, struct arm_fault *fault)
{
    unsigned control = cpu->dacr[regime] >> (2 * domain) & 3;
    if (!(control & 1)) {
        return fail(fault, FAULT_DOMAIN, level, domain);
    }
    if (control == 3) {             /* manager */
        page->read = page->write = page->exec = true;
        return true;
    }
    if (cpu->sctlr[regime] & SCTLR_AFE && !(ap & 1)) {
        return fail(fault, FAULT_ACCESS_FLAG, level, domain);
    }
    rights(cpu, regime, mmu, ap, xn, pxn, page);
    bool allowed = access == MMU_EXEC ? page->exec : access == MMU_WRITE ? page->write : page->read;
    return allowed || fail(fault, FAULT_PERMISSION, level, domain);
}

/* Device or Strongly-ordered by TEX, C and B, or by PRRR with TEX remap (G5.7.3). */
static bool is_device(const struct arm_cpu *cpu, unsigned regime, unsigned tex, unsigned cb)
{
    if (cpu->sctlr[regime] & SCTLR_TRE) {
        return (cpu->mair[regime] >> 2 * ((tex & 1) << 2 | cb) & 3) < 2;
    }
    return (tex == 0 && cb < 2) || (tex == 2 && cb == 0);
}

bool arm_walk_short(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, unsigned regime,
                    struct arm_page *page, struct arm_fault *fault)
{
    uint64_t ttbcr = cpu->tcr[regime];
    unsigned n = ttbcr & 7;
    bool high = n && linear >> (32 - n), off = ttbcr >> (high ? 5 : 4) & 1;
    uint64_t base = high ? cpu->ttbr1[regime] & ~0x3fffull : cpu->ttbr0[regime] & ~((0x4000ull >> n) - 1);
    uint32_t desc, desc2;
    if (off && arm_has(cpu, ARM_V7)) {
        return fail(fault, FAULT_TRANSLATION, 1, 0);
    }
    uint64_t index = high || !n ? linear >> 20 : (linear >> 20) & ((1u << (12 - n)) - 1);
    if (!load(cpu, regime, (uint32_t)base + index * 4, 1, 0, &desc, fault)) {
        return false;
    }
    unsigned domain = desc >> 5 & 0xf;
    page->secure = arm_is_secure(cpu);
    if (!(desc & 3)) {
        return fail(fault, FAULT_TRANSLATION, 1, 0);
    }
    if (desc & 2) {
        bool super = desc & 1 << 18;
        uint64_t size = super ? 1 << 24 : 1 << 20, frame = desc & ~(uint32_t)(size - 1);
        if (super) {
            domain = 0;
            frame |= (uint64_t)(desc >> 20 & 0xf) << 32 | (uint64_t)(desc >> 5 & 0xf) << 36;
        }
        page->physical = (frame | (linear & (size - 1))) & ~0xfffull;
        page->size = size;
        page->global = !(desc & 1 << 17);
        page->device = is_device(cpu, regime, desc >> 12 & 7, desc >> 2 & 3);
        return finish(cpu, regime, access, mmu, (desc >> 15 & 1) << 2 | (desc >> 10 & 3), desc & 1 << 4, desc & 1,
            domain, 1,
                      page, fault);
    }
    bool pxn = desc & 1 << 2;
    if (!load(cpu, regime, (desc & ~0x3ffu) + (linear >> 12 & 0xff) * 4, 2, domain, &desc2, fault)) {
        return false;
    }
    if (!(desc2 & 3)) {
        return fail(fault, FAULT_TRANSLATION, 2, domain);
    }
    bool small = desc2 & 2;
    uint64_t size = small ? 1 << 12 : 1 << 16;
    page->physical = ((desc2 & ~(uint32_t)(size - 1)) | (linear & (size - 1))) & ~0xfffull;
    page->size = size;
    page->global = !(desc2 & 1 << 11);
    page->device = is_device(cpu, regime, desc2 >> (small ? 6 : 12) & 7, desc2 >> 2 & 3);
    return finish(cpu, regime, access, mmu, (desc2 >> 9 & 1) << 2 | (desc2 >> 4 & 3), desc2 & (small ? 1 : 1 << 15),
        pxn, domain, 2,
                  page, fault);
}
