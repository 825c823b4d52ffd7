/* SPDX-License-Identifier: MIT */
/*
 * Address translation: which regime and which format, tagged addresses, stage 2, faults (Arm ARM D5 and G5). The long
 * format's walks are here (VMSAv8-64 with 4, 16 and 64 KiB granules, and LPAE of AArch32), the short format's in
 * walk_short.c.
 *
 * Of memory attributes AT tells all; else only Device memory is known, whose accesses must be aligned (device_memory.c): caches are
 * always coherent. Not modelled: 52-bit addresses, watchpoints on walks. The contiguous bit is a hint that is not taken.
 */
#include <inttypes.h>
#include "target-arm/system.h"

struct walk {
    struct arm_cpu *cpu;
    uint64_t va;                    /* input address: virtual, or intermediate physical for stage 2 */
    enum mmu_access access;
    unsigned mmu, regime;
    bool stage2, aarch64, user;     /* user: rights of EL0 */
    uint64_t table;                 /* of the first level */
    unsigned level, granule_bits, input_bits, output_bits;
    bool af_hardware, dirty_hardware, hierarchy_off;
    bool secure;
    struct arm_page *page;
    struct arm_fault *fault;
};

/* Descriptor bits */
#define DESC_AF (1ull << 10)
#define DESC_NG (1ull << 11)
#define DESC_DBM (1ull << 51)
#define DESC_PXN (1ull << 53)
#define DESC_UXN (1ull << 54)
#define DESC_PXN_TABLE (1ull << 59)
#define DESC_UXN_TABLE (1ull << 60)
#define DESC_AP_TABLE_USER (1ull << 61)
#define DESC_AP_TABLE_RO (1ull << 62)
enum { AP_USER = 1 << 6, AP_READ_ONLY = 1 << 7 };

static bool fail(const struct walk *w, enum arm_fault_kind kind, unsigned level)
{
    *w->fault = (struct arm_fault){ .kind = kind, .level = level, .stage2 = w->stage2, .ipa = w->stage2 ? w->va : 0 };
    return false;
}

/* ---- regimes and tags ---- */

bool arm_uses_lpae(const struct arm_cpu *cpu, unsigned regime)
{
    return arm_el_is_aa64(cpu, regime) || regime == EL2 || (arm_has(cpu, ARM_LPAE) && cpu->tcr[regime] >> 31 & 1);
}

unsigned arm_mmu_el(unsigned mmu)
{
    return mmu == ARM_MMU_EL0 ? EL0 : mmu == ARM_MMU_EL2 ? EL2 : mmu == ARM_MMU_EL3 ? EL3 : EL1;
}

/* Whether the top byte is ignored (TBI), and the address without it. */
bool arm_tagged(const struct arm_cpu *cpu, uint64_t address, unsigned el, bool code, uint64_t *stripped)
{
    unsigned regime = el == EL0 ? EL1 : el;
    uint64_t tcr = cpu->tcr[regime];
    bool high = address >> 55 & 1, ignored;
    if (regime == EL1) {
        ignored = tcr >> (high ? 38 : 37) & 1;
        *stripped = high ? address | 0xffull << 56 : address & ~(0xffull << 56);
    } else {
        ignored = tcr >> 20 & 1;
        *stripped = address & ~(0xffull << 56);
    }
    return ignored && *stripped != address;
}

/* ---- stage 2 ---- */

static bool walk_long(struct walk *w);

static unsigned output_size(unsigned field)
{
    static const uint8_t bits[8] = { 32, 36, 40, 42, 44, 48, 48, 48 };
    return bits[field & 7];
}

static bool stage2(struct arm_cpu *cpu, uint64_t ipa, enum mmu_access access, struct arm_page *page,
    struct arm_fault *fault)
{
    bool aarch64 = arm_el_is_aa64(cpu, EL2);
    uint64_t vtcr = cpu->vtcr;
    unsigned sl0 = vtcr >> 6 & 3, tg = vtcr >> 14 & 3;
    struct walk w = { .cpu = cpu, .va = ipa, .access = access, .regime = EL2, .stage2 = true, .aarch64 = aarch64,
                      .page = page, .fault = fault };
    if (aarch64) {
        w.granule_bits = tg == 1 ? 16 : tg == 2 ? 14 : 12;
        w.input_bits = 64 - (vtcr & 0x3f);
        w.level = w.granule_bits == 12 && sl0 == 3 && arm_has(cpu, ARM_TTST) ? 3 : (w.granule_bits == 12 ? 2 : 3) - sl0;
        w.output_bits = MIN(output_size(vtcr >> 16 & 7), cpu->model->physical_bits);
        w.af_hardware = vtcr >> 21 & 1 && arm_has(cpu, ARM_HAFDBS);
        w.dirty_hardware = vtcr >> 22 & 1 && w.af_hardware;
    } else {
        int size = (int)(vtcr & 0xf);
        w.granule_bits = 12;
        w.input_bits = 32 - (unsigned)(size & 8 ? size - 16 : size);
        w.level = 2 - (sl0 & 1);
        w.output_bits = 40;
    }
    /* concatenated tables: the first level's index may have more bits */
    w.table = cpu->vttbr & 0xfffffffffffeull;
    if (w.input_bits > 52 || w.input_bits < 12 || w.level > 3 || (w.input_bits < 64 && ipa >> w.input_bits)) {
        return fail(&w, FAULT_TRANSLATION, w.level > 3 ? 0 : w.level);
    }
    return walk_long(&w);
}

static bool stage2_on(const struct walk *w)
{
    return !w->stage2 && w->regime == EL1 && arm_hcr(w->cpu) & (HCR_VM | HCR_DC);
}

/* ---- the long format ---- */

/* Address of a table or descriptor as physical memory has it. */
static bool table_address(struct walk *w, uint64_t *address, unsigned level)
{
    if (!stage2_on(w)) {
        return true;
    }
    struct arm_page page;
    if (!stage2(w->cpu, *address, MMU_READ, &page, w->fault)) {
        w->fault->s1ptw = true;
        return false;
    }
    *address = page.physical | (*address & 0xfff);
    return true;
}

/* Rights of a stage 1 leaf (D5.4). */
static void rights_stage1(const struct walk *w, uint64_t desc, uint64_t tables)
{
    const struct arm_cpu *cpu = w->cpu;
    uint64_t sctlr = cpu->sctlr[w->regime];
    struct arm_page *p = w->page;
    bool two = w->regime == EL1 || (w->regime == EL3 && !w->aarch64);       /* a regime with EL0 */
    bool user = two && desc & AP_USER && !(tables & DESC_AP_TABLE_USER);
    bool writable = !(desc & AP_READ_ONLY) && !(tables & DESC_AP_TABLE_RO);
    bool uxn = desc & DESC_UXN || tables & DESC_UXN_TABLE, pxn = desc & DESC_PXN || tables & DESC_PXN_TABLE;
    bool wxn = sctlr & SCTLR_WXN;
    if (w->user) {
        p->read = user;
        p->write = user && writable;
        p->exec = (user || w->aarch64) && !uxn && !(wxn && p->write);
        if (!user && !w->aarch64) {
            p->exec = false;
        }
        return;
    }
    bool denied = w->mmu == ARM_MMU_EL1_PAN && user;
    p->read = !denied;
    p->write = writable && !denied;
    if (two) {
        /* memory that EL0 may write is never executable at EL1 in AArch64 */
        p->exec = !pxn && !(wxn && writable) && !(w->aarch64 && user && writable);
        if (!w->aarch64) {
            p->exec = !pxn && !uxn && !(wxn && writable) && !(sctlr & SCTLR_UWXN && user && writable);
        }
    } else {
        p->exec = !uxn && !(wxn && writable);
    }
    if (w->secure && cpu->has_el3 && cpu->scr & SCR_SIF && !p->secure) {
        p->exec = false;
    }
}

static void rights_stage2(const struct walk *w, uint64_t desc)
{
    w->page->read = desc >> 6 & 1;
    w->page->write = desc >> 7 & 1;
    w->page->exec = !(desc & DESC_UXN);
}

static bool allowed(const struct arm_page *p, enum mmu_access access)
{
    return access == MMU_EXEC ? p->exec : access == MMU_WRITE ? p->write : p->read;
}

static unsigned level_shift(const struct walk *w, unsigned level)
{
    return w->granule_bits + (3 - level) * (w->granule_bits - 3);
}

static bool big_endian_tables(const struct walk *w)
{
    return w->cpu->sctlr[w->regime] & SCTLR_EE && !w->stage2;
}

/* The leaf's access flag and dirty state, by hardware when it does that (D5.4.12). Returns 0: fault; 1: done; 2:
 * again. */
static int leaf_state(struct walk *w, uint64_t address, uint64_t desc, unsigned level)
{
    uint64_t new = desc;
    if (!(desc & DESC_AF)) {
        if (!w->af_hardware) {
            return fail(w, FAULT_ACCESS_FLAG, level);
        }
        new |= DESC_AF;
    }
    if (w->dirty_hardware && desc & DESC_DBM) {
        bool clean = w->stage2 ? !(desc & 1 << 7) : !!(desc & AP_READ_ONLY);
        if (clean && w->access == MMU_WRITE) {
            new = w->stage2 ? new | 1 << 7 : new & ~(uint64_t)AP_READ_ONLY;
        }
    }
    if (new != desc) {
        const bool swapped = big_endian_tables(w);
        return phys_cas(&w->cpu->cpu, address, swapped ? __builtin_bswap64(desc) : desc, swapped ? __builtin_bswap64(new) : new, 8) ? 1 : 2;
    }
    return 1;
}

static bool walk_leaf(struct walk *w, uint64_t address, uint64_t desc, uint64_t tables, unsigned level, bool *again)
{
    struct arm_page *p = w->page;
    unsigned shift = level_shift(w, level);
    uint64_t size = 1ull << shift, output = desc & 0xffffffffffffull & ~(size - 1);
    if (w->output_bits < 48 && output >> w->output_bits) {
        return fail(w, FAULT_ADDRESS_SIZE, level);
    }
    p->physical = (output | (w->va & (size - 1))) & ~0xfffull;
    p->size = size;
    p->global = !(desc & DESC_NG) || w->stage2;
    p->attributes = (uint8_t)(w->stage2 ? desc >> 2 & 0xf : w->cpu->mair[w->regime] >> 8 * (desc >> 2 & 7));
    p->device = w->stage2 ? !(p->attributes & 0xc) : !(p->attributes & 0xf0);
    p->shareability = (uint8_t)(desc >> 8 & 3);
    p->secure = w->secure && !(desc & 1 << 5);
    /* hardware management of dirty state: a clean page that may become dirty counts as writable for this access */
    uint64_t effective = desc;
    if (w->dirty_hardware && desc & DESC_DBM && w->access == MMU_WRITE) {
        effective = w->stage2 ? desc | 1 << 7 : desc & ~(uint64_t)AP_READ_ONLY;
    }
    if (w->stage2) {
        rights_stage2(w, effective);
    } else {
        rights_stage1(w, effective, tables);
    }
    if (!(desc & DESC_AF) && !w->af_hardware) {
        return fail(w, FAULT_ACCESS_FLAG, level);
    }
    if (!allowed(p, w->access)) {
        return fail(w, FAULT_PERMISSION, level);
    }
    int state = leaf_state(w, address, desc, level);
    *again = state == 2;
    return state != 0;
}

static bool walk_once(struct walk *w, bool *again)
{
    uint64_t table = w->table, tables = 0;
    for (unsigned level = w->level;; level++) {
        unsigned shift = level_shift(w, level), bits = w->granule_bits - 3;
        uint64_t index = w->va >> shift;
        if (level == w->level) {    /* the first table may be smaller, or several of stage 2 side by side */
            unsigned first = w->input_bits > shift ? w->input_bits - shift : 0;
            index &= (1ull << first) - 1;
            table &= ~((8ull << MIN(first, bits + 4)) - 1);
        } else {
            index &= (1ull << bits) - 1;
        }
        uint64_t address = table + index * 8;
        if (w->output_bits < 48 && address >> w->output_bits) {
            return fail(w, FAULT_ADDRESS_SIZE, level == w->level ? 0 : level);
        }
        if (!table_address(w, &address, level)) {
            return false;
        }
        uint64_t desc = phys_load(&w->cpu->cpu, address, 8);
        if (desc == UINT64_MAX && !phys_answers(&w->cpu->cpu, address)) {
            return fail(w, FAULT_EXTERNAL_WALK, level);
        }
        if (big_endian_tables(w)) {
            desc = __builtin_bswap64(desc);
        }
        bool block_level = level == 3 || level == 2 || (level == 1 && w->granule_bits == 12);
        if (!(desc & 1) || (level == 3 && !(desc & 2)) || (!(desc & 2) && !block_level)) {
            return fail(w, FAULT_TRANSLATION, level);
        }
        if (level == 3 || !(desc & 2)) {
            return walk_leaf(w, address, desc, tables, level, again);
        }
        table = desc & 0xffffffffffffull & ~((1ull << w->granule_bits) - 1);
        if (w->output_bits < 48 && table >> w->output_bits) {
            return fail(w, FAULT_ADDRESS_SIZE, level);
        }
        if (!w->stage2 && !w->hierarchy_off) {
            tables |= desc & (DESC_PXN_TABLE | DESC_UXN_TABLE | DESC_AP_TABLE_USER | DESC_AP_TABLE_RO);
        }
        if (desc >> 63 && !w->stage2) {
            w->secure = false;
        }
    }
}

static bool walk_long(struct walk *w)
{
    bool again;
    do {
        again = false;
        if (!walk_once(w, &again)) {
            return false;
        }
    } while (again);
    return true;
}

/* ---- stage 1 of each regime ---- */

/* VMSAv8-64. */
static bool setup_64(struct walk *w)
{
    static const uint8_t tg1_bits[4] = { 0, 14, 12, 16 }, tg0_bits[4] = { 12, 16, 14, 12 };
    struct arm_cpu *cpu = w->cpu;
    uint64_t tcr = cpu->tcr[w->regime], stripped;
    bool high = false, epd = false;
    unsigned size;
    if (arm_tagged(cpu, w->va, w->regime, false, &stripped)) {
        w->va = stripped;
    }
    if (w->regime == EL1) {
        high = w->va >> 55 & 1;
        size = high ? tcr >> 16 & 0x3f : tcr & 0x3f;
        epd = high ? tcr >> 23 & 1 : tcr >> 7 & 1;
        w->granule_bits = high ? tg1_bits[tcr >> 30 & 3] : tg0_bits[tcr >> 14 & 3];
        w->output_bits = MIN(output_size(tcr >> 32 & 7), cpu->model->physical_bits);
        w->af_hardware = tcr >> 39 & 1 && arm_has(cpu, ARM_HAFDBS);
        w->dirty_hardware = tcr >> 40 & 1 && w->af_hardware;
        w->table = high ? cpu->ttbr1[EL1] : cpu->ttbr0[EL1];
    } else {
        size = tcr & 0x3f;
        w->granule_bits = tg0_bits[tcr >> 14 & 3];
        w->output_bits = MIN(output_size(tcr >> 16 & 7), cpu->model->physical_bits);
        w->af_hardware = tcr >> 21 & 1 && arm_has(cpu, ARM_HAFDBS);
        w->dirty_hardware = tcr >> 22 & 1 && w->af_hardware;
        w->table = cpu->ttbr0[w->regime];
    }
    if (!w->granule_bits) {
        w->granule_bits = 12;
    }
    w->table &= 0xffffffffffffull & ~1ull;
    w->input_bits = 64 - CLAMP(size, 16u, arm_has(cpu, ARM_TTST) ? (w->granule_bits == 16 ? 47u : 48u) : 39u);
    uint64_t above = w->va >> w->input_bits;
    const bool prevented = high ? tcr >> 56 & 1 : tcr >> 55 & 1;        /* E0PD1, E0PD0 */
    if (w->user && w->regime == EL1 && prevented && arm_has(cpu, ARM_E0PD)) {
        return fail(w, FAULT_TRANSLATION, 0);
    }
    if (epd || (high ? above != UINT64_MAX >> w->input_bits : above != 0)) {
        return fail(w, FAULT_TRANSLATION, 0);
    }
    unsigned stride = w->granule_bits - 3;
    w->level = 4 - (w->input_bits - w->granule_bits + stride - 1) / stride;
    return true;
}

/* LPAE of AArch32: EL1&0, EL3 (Secure) and Hyp mode. */
static bool setup_lpae(struct walk *w)
{
    struct arm_cpu *cpu = w->cpu;
    uint64_t tcr = cpu->tcr[w->regime];
    unsigned t0 = tcr & 7, t1 = w->regime == EL2 ? 0 : tcr >> 16 & 7;
    w->va = (uint32_t)w->va;
    bool high = false;
    if (w->regime != EL2) {
        uint32_t low_end = t0 ? (uint32_t)(1ull << (32 - t0)) - 1 : UINT32_MAX;
        uint32_t high_start = t1 ? ~(uint32_t)((1ull << (32 - t1)) - 1) : (t0 ? low_end + 1 : UINT32_MAX);
        high = t1 ? w->va >= high_start : t0 && w->va > low_end;
        if (!high && w->va > low_end) {
            return fail(w, FAULT_TRANSLATION, 1);
        }
        if (tcr >> (high ? 23 : 7) & 1) {
            return fail(w, FAULT_TRANSLATION, 1);
        }
    }
    w->granule_bits = 12;
    w->output_bits = 40;
    w->input_bits = 32 - (high ? t1 : t0);
    w->level = w->input_bits > 30 ? 1 : 2;
    w->table = (high ? cpu->ttbr1[w->regime] : cpu->ttbr0[w->regime]) & 0xffffffffffull;
    if (high && !t1) {              /* the upper part is what TTBR0 leaves */
        w->input_bits = 32;
        w->level = 1;
    }
    return true;
}

static bool flat(struct walk *w)
{
    struct arm_cpu *cpu = w->cpu;
    uint64_t stripped;
    if (w->aarch64 && arm_tagged(cpu, w->va, w->regime, false, &stripped)) {
        w->va = stripped;
    }
    if (w->aarch64 && w->va >> cpu->model->physical_bits) {
        return fail(w, FAULT_ADDRESS_SIZE, 0);
    }
    /* Device-nGnRnE, or what HCR_EL2.DC makes of it (D8.2.12) */
    const bool cacheable = w->regime == EL1 && arm_hcr(cpu) & HCR_DC;
    *w->page = (struct arm_page){ .physical = w->va & ~0xfffull, .size = 4096, .read = true, .write = true, .exec = true,
                                  .global = true, .secure = w->secure, .attributes = cacheable ? 0xff : 0, .device = !cacheable };
    return true;
}

bool arm_stage1_is_off(const struct arm_cpu *cpu, unsigned regime)
{
    return !(cpu->sctlr[regime] & SCTLR_M) || (regime == EL1 && arm_hcr(cpu) & (HCR_DC | HCR_TGE));
}

static bool stage1(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, struct arm_page *page,
                   struct arm_fault *fault)
{
    unsigned el = arm_mmu_el(mmu), regime = arm_regime_el(cpu, el);
    struct walk w = { .cpu = cpu, .va = linear, .access = access, .mmu = mmu, .regime = regime, .user = el == EL0,
                      .aarch64 = arm_el_is_aa64(cpu, regime), .page = page, .fault = fault,
                      .secure = arm_is_secure(cpu) };
    *page = (struct arm_page){ 0 };
    if (arm_stage1_is_off(cpu, regime)) {
        return flat(&w);
    }
    if (w.aarch64) {
        return setup_64(&w) && walk_long(&w);
    }
    if (arm_uses_lpae(cpu, regime)) {
        return setup_lpae(&w) && walk_long(&w);
    }
    return arm_walk_short(cpu, (uint32_t)linear, access, mmu, regime, page, fault);
}

bool arm_lookup_stage1(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu,
    struct arm_page *page,
                          struct arm_fault *fault)
{
    return stage1(cpu, linear, access, mmu, page, fault);
}

bool arm_lookup(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, struct arm_page *page,
                   struct arm_fault *fault)
{
    if (!stage1(cpu, linear, access, mmu, page, fault)) {
        return false;
    }
    if (mmu <= ARM_MMU_EL1_PAN && arm_hcr(cpu) & (HCR_VM | HCR_DC)) {
        struct arm_page second = { 0 };
        if (!stage2(cpu, page->physical | (linear & 0xfff), access, &second, fault)) {
            return false;
        }
        page->physical = second.physical;
        page->size = MIN(page->size, second.size);
        page->read &= second.read;
        page->write &= second.write;
        page->exec &= second.exec;
        page->device |= second.device;
    }
    return true;
}

/* PAR_EL1 of a translation, the long format of PAR too: Device and Non-cacheable memory is Outer Shareable, whatever its
 * descriptor says (D17.2.105). */
uint64_t arm_page_par(const struct arm_page *page)
{
    const bool outer = !(page->attributes & 0xf0) || page->attributes == 0x44;
    return 1 << 11 | (page->secure ? 0 : 1 << 9) | (outer ? 2ull : page->shareability) << 7 | (page->physical & 0xfffffffff000ull) |
           (uint64_t)page->attributes << 56;
}

/* ---- faults ---- */

uint64_t arm_fault_status(const struct arm_fault *fault)
{
    switch (fault->kind) {
    case FAULT_ADDRESS_SIZE:  return fault->level;
    case FAULT_TRANSLATION:   return 0x04 | fault->level;
    case FAULT_ACCESS_FLAG:   return 0x08 | fault->level;
    case FAULT_PERMISSION:    return 0x0c | fault->level;
    case FAULT_ALIGNMENT:     return 0x21;
    case FAULT_EXTERNAL:      return 0x10;
    case FAULT_EXTERNAL_WALK: return 0x14 | fault->level;
    case FAULT_DEBUG:         return 0x22;
    default:                  return 0x3d;      /* domain, at level 1 or 2: 0b11110x */
    }
}

/* DFSR or IFSR as AArch32 has it: the long format when LPAE is in use, else the short one. */
uint32_t arm_fault_fsr32(const struct arm_cpu *cpu, const struct arm_fault *fault, bool write)
{
    unsigned regime = arm_regime_el(cpu, cpu->el);
    if (arm_uses_lpae(cpu, regime)) {
        return (uint32_t)arm_fault_status(fault) | 1 << 9 | (write ? 1 << 11 : 0);
    }
    bool page = fault->level == 2;
    unsigned code;
    switch (fault->kind) {
    case FAULT_TRANSLATION:   code = page ? 0x7 : 0x5; break;
    case FAULT_ACCESS_FLAG:   code = page ? 0x6 : 0x3; break;
    case FAULT_DOMAIN:        code = page ? 0xb : 0x9; break;
    case FAULT_PERMISSION:    code = page ? 0xf : 0xd; break;
    case FAULT_ALIGNMENT:     code = 0x1; break;
    case FAULT_EXTERNAL:      code = 0x8; break;
    case FAULT_EXTERNAL_WALK: code = page ? 0xe : 0xc; break;
    case FAULT_DEBUG:         code = 0x2; break;
    default:                  code = 0x5; break;
    }
    return (code & 0xf) | fault->domain << 4 | (write ? 1 << 11 : 0);
}

void arm_raise_fault(struct arm_cpu *cpu, const struct arm_fault *fault, uint64_t address, enum mmu_access access)
{
    bool write = access == MMU_WRITE, exec = access == MMU_EXEC;
    unsigned target = fault->stage2 ? EL2 : arm_target_el(cpu);
    if ((fault->kind == FAULT_EXTERNAL || fault->kind == FAULT_EXTERNAL_WALK) && cpu->has_el3 && cpu->scr & SCR_EA) {
        target = EL3;
    }
    uint32_t iss = (uint32_t)arm_fault_status(fault) | (fault->at ? 1 << 8 : 0) | (fault->s1ptw ? 1 << 7 : 0) |
        (write && !exec ? 1 << 6 : 0);
    bool short_insn = false;
    if (fault->stage2 && !exec && !fault->s1ptw && !fault->at) {
        iss |= arm_access_syndrome(cpu, &short_insn);
    }
    log_write(cpu->cpu.log, LOG_mmu, "CPU %u: fault %#x at %#" PRIx64 " pc %#" PRIx64 "\n", cpu->cpu.index, iss,
        address,
              cpu->cpu.pc);
    arm_raise(cpu, &(struct arm_exception){
        .ec = exec ? EC_IABT : EC_DABT, .iss = iss, .far = address, .has_far = true, .target_el = (uint8_t)target,
        .short_insn = short_insn, .fsr32 = arm_fault_fsr32(cpu, fault, write) | (fault->at ? 1u << 13 : 0), .stage2 = fault->stage2, .hpfar = fault->ipa >> 12 << 4 });
}

/* ---- what the engine calls ---- */

bool arm_mmu_walk(struct cpu *base, uint64_t linear, enum mmu_access access, unsigned mmu, bool raise,
    struct mmu_page *page)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    struct arm_page found;
    struct arm_fault fault;
    if (!arm_lookup(cpu, linear, access, mmu, &found, &fault)) {
        if (raise) {
            arm_raise_fault(cpu, &fault, linear, access);
        }
        return false;
    }
    uint64_t stripped;
    if (cpu->aarch64 && arm_tagged(cpu, linear, arm_mmu_el(mmu), false, &stripped)) {
        cpu->tagged_entries = true;
    }
    *page = (struct mmu_page){ .physical = found.physical, .size = found.size, .read = found.read, .write = found.write,
                               .exec = found.exec, .global = found.global, .watch = arm_page_watched(cpu, linear),
                               .strict = arm_page_is_strict(cpu, &found, arm_mmu_el(mmu)) };
    return true;
}

void arm_bus_error(struct cpu *base, uint64_t linear, enum mmu_access access)
{
    struct arm_fault fault = { .kind = FAULT_EXTERNAL };
    if (access == MMU_EXEC) {
        log_write(base->log, LOG_guest_errors, "arm: code fetched from %#" PRIx64 ", where there is no memory\n",
            linear);
    }
    arm_raise_fault(arm_cpu_of(base), &fault, linear, access);
}
