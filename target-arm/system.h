/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_SYSTEM_H
#define TARGET_ARM_SYSTEM_H
/* What the system half of the target shares: exceptions, MMU, system registers, timers. Not for translators of
 * instructions. */
#include "base/clock.h"
#include "target-arm/cpu.h"
#include "target-arm/models.h"
#include "tcg/frontend.h"
#include "tcg/softmmu.h"

enum {  /* SCTLR_ELx, SCR_EL3, HCR_EL2 and others: names as in the Arm ARM D17.2 */
    SCTLR_M = 1u << 0, SCTLR_A = 1u << 1, SCTLR_C = 1u << 2, SCTLR_SA = 1u << 3, SCTLR_SA0 = 1u << 4,
        SCTLR_CP15BEN = 1u << 5,
    SCTLR_ITD = 1u << 7, SCTLR_SED = 1u << 8, SCTLR_UMA = 1u << 9, SCTLR_V = 1u << 13, SCTLR_ENDB = 1u << 13,
    SCTLR_DZE = 1u << 14, SCTLR_UCT = 1u << 15, SCTLR_NTWI = 1u << 16, SCTLR_NTWE = 1u << 18, SCTLR_WXN = 1u << 19,
    SCTLR_UWXN = 1u << 20, SCTLR_SPAN = 1u << 23, SCTLR_E0E = 1u << 24, SCTLR_EE = 1u << 25, SCTLR_UCI = 1u << 26,
    SCTLR_ENDA = 1u << 27, SCTLR_TRE = 1u << 28, SCTLR_AFE = 1u << 29, SCTLR_TE = 1u << 30, SCTLR_ENIB = 1u << 30,
    SCTLR_ENIA = 1u << 31,
    SCR_NS = 1 << 0, SCR_IRQ = 1 << 1, SCR_FIQ = 1 << 2, SCR_EA = 1 << 3, SCR_FW = 1 << 4, SCR_AW = 1 << 5,
        SCR_SMD = 1 << 7,
    SCR_HCE = 1 << 8, SCR_SIF = 1 << 9, SCR_RW = 1 << 10, SCR_ST = 1 << 11, SCR_TWI = 1 << 12, SCR_TWE = 1 << 13,
    MDCR_TDA = 1 << 9, MDCR_TDE = 1 << 8, MDCR_TDOSA = 1 << 10, MDCR_TDRA = 1 << 11, MDCR_TPM = 1 << 6,
        MDCR_TPMCR = 1 << 5,
    MDSCR_SS = 1 << 0, MDSCR_KDE = 1 << 13, MDSCR_MDE = 1 << 15, MDSCR_TDCC = 1 << 12,
    MDSCR_RXO = 1 << 27, MDSCR_TXU = 1 << 26, MDSCR_TXFULL = 1 << 29, MDSCR_RXFULL = 1 << 30,
    CPTR_TFP = 1 << 10, CPTR_TCPAC = 1u << 31,
    TIMER_ENABLE = 1, TIMER_IMASK = 2, TIMER_ISTATUS = 4,
};
#define SCTLR_DSSBS (1ull << 44)
#define HCR_VM (1ull << 0)
#define HCR_SWIO (1ull << 1)
#define HCR_FMO (1ull << 3)
#define HCR_IMO (1ull << 4)
#define HCR_AMO (1ull << 5)
#define HCR_VF (1ull << 6)
#define HCR_VI (1ull << 7)
#define HCR_DC (1ull << 12)
#define HCR_TWI (1ull << 13)
#define HCR_TWE (1ull << 14)
#define HCR_TID0 (1ull << 15)
#define HCR_TID1 (1ull << 16)
#define HCR_TID2 (1ull << 17)
#define HCR_TID3 (1ull << 18)
#define HCR_TSC (1ull << 19)
#define HCR_TIDCP (1ull << 20)
#define HCR_TACR (1ull << 21)
#define HCR_TSW (1ull << 22)
#define HCR_TPC (1ull << 23)
#define HCR_TPU (1ull << 24)
#define HCR_TTLB (1ull << 25)
#define HCR_TVM (1ull << 26)
#define HCR_TGE (1ull << 27)
#define HCR_TDZ (1ull << 28)
#define HCR_HCD (1ull << 29)
#define HCR_TRVM (1ull << 30)
#define HCR_RW (1ull << 31)
#define HCR_APK (1ull << 40)
#define HCR_API (1ull << 41)

/* cpu.c */
void arm_check_pc(struct arm_cpu *cpu);
/* HCR_EL2 as it acts: 0 without EL2 or in Secure state */
uint64_t arm_hcr(const struct arm_cpu *cpu);
unsigned arm_regime_el(const struct arm_cpu *cpu, unsigned el);  /* whose SCTLR, TCR, TTBR are in force at el */
void arm_sp_switch(struct arm_cpu *cpu, unsigned el, unsigned spsel);    /* x[31] changes with them */
bool arm_poll(struct cpu *cpu);
void arm_deliver(struct cpu *cpu);
void arm_reset(struct cpu *cpu);
void arm_dump(struct cpu *cpu, GString *out);
void arm_start_here(struct arm_cpu *cpu);                        /* what arm_cpu_power_on asked for */
unsigned arm_fp_trap_el(const struct arm_cpu *cpu);
/* Whether an interrupt that is pending would end WFI. */
bool arm_has_work(struct arm_cpu *cpu);

/* exception.c */
struct arm_exception arm_undefined(void);
/* of synchronous exceptions without routing of their own */
unsigned arm_target_el(const struct arm_cpu *cpu);
bool arm_interrupt_is_due(const struct arm_cpu *cpu);            /* pending and not masked */
bool arm_take_interrupt(struct arm_cpu *cpu);                    /* delivers one that is pending and unmasked */

/* mmu.c */
enum arm_fault_kind { FAULT_ADDRESS_SIZE, FAULT_TRANSLATION, FAULT_ACCESS_FLAG, FAULT_PERMISSION, FAULT_ALIGNMENT,
    FAULT_EXTERNAL,
                      FAULT_EXTERNAL_WALK, FAULT_DOMAIN, FAULT_DEBUG };
/* at: of an AT or ATS instruction, which the syndrome calls a write of cache maintenance */
struct arm_fault { enum arm_fault_kind kind; unsigned level, domain; bool stage2, s1ptw, at; uint64_t ipa; };
/* attributes: as a byte of MAIR_ELx */
struct arm_page { uint64_t physical, size; bool read, write, exec, global; uint8_t attributes, shareability; bool secure, device; };
/* The translation of an address for an access under an mmu mode; sets the access flag and dirty state when the
 * hardware does. */
bool arm_lookup(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, struct arm_page *page,
                   struct arm_fault *fault);
/* Stage 1 alone, for AT S1*. */
bool arm_lookup_stage1(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu,
    struct arm_page *page,
                          struct arm_fault *fault);
/* Raises what an AT or ATS instruction does not report in PAR. */
void arm_at_refused(struct arm_cpu *cpu, uint64_t address, const struct arm_fault *fault);
uint64_t arm_page_par(const struct arm_page *page);              /* a PAR of the 64-bit format */
uint64_t arm_fault_status(const struct arm_fault *fault);        /* DFSC, as ESR and the long FSR have it */
uint32_t arm_fault_fsr32(const struct arm_cpu *cpu, const struct arm_fault *fault, bool write);
void arm_raise_fault(struct arm_cpu *cpu, const struct arm_fault *fault, uint64_t address, enum mmu_access access)
    __attribute__((noreturn));
/* device_memory.c. Whether data accesses at a level go to Device memory because its stage 1 is off (they are checked in place, as with
 * SCTLR.A); whether this page's must be aligned and are not checked so; frontend.misaligned. */
bool arm_data_is_device(const struct arm_cpu *cpu, unsigned el);
bool arm_page_is_strict(const struct arm_cpu *cpu, const struct arm_page *page, unsigned el);
void arm_misaligned(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu);
/* access_syndrome.c: the part of a Data Abort's ISS that describes the instruction at pc, or 0 */
uint32_t arm_access_syndrome(struct arm_cpu *cpu, bool *short_insn);
bool arm_mmu_walk(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, bool raise,
    struct mmu_page *page);
void arm_bus_error(struct cpu *cpu, uint64_t linear, enum mmu_access access);
void arm_watch(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu);
bool arm_tagged(const struct arm_cpu *cpu, uint64_t address, unsigned el, bool code, uint64_t *stripped);
bool arm_uses_lpae(const struct arm_cpu *cpu, unsigned regime);
bool arm_stage1_is_off(const struct arm_cpu *cpu, unsigned regime);
unsigned arm_mmu_el(unsigned mmu);                               /* the level whose rights an mmu mode has */

/* walk_long.c, walk_short.c */
bool arm_walk_short(struct arm_cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, unsigned regime,
                    struct arm_page *page, struct arm_fault *fault);

/* sysreg_id.c: an ID register (op0 3, op1 0, CRn 0; AArch32: CP15 opc1 0, CRn 0) as this machine's CPU has it, without traps */
uint64_t arm_id_register(struct arm_cpu *cpu, unsigned crm, unsigned op2);

/* gtimer.c */
uint64_t arm_counter(const struct arm_cpu *cpu);                 /* CNTPCT */
void arm_timer_update(struct arm_cpu *cpu, enum arm_timer n);    /* after a change of ctl or cval, machine lock held */
void arm_timers_reset(struct arm_cpu *cpu);
void arm_pmu_connect(struct arm_cpu *cpu);                       /* with arm_cpu_connect */
void arm_pmu_reset(struct arm_cpu *cpu);
void arm_pmu_follow(struct arm_cpu *cpu);                        /* after a change of level, with counters enabled */
uint64_t arm_counter_ns(const struct arm_cpu *cpu, uint64_t count);  /* how long the counter takes for that, rounded up */
uint64_t arm_timer_ctl(const struct arm_cpu *cpu, enum arm_timer n);
bool arm_lock(struct arm_cpu *cpu);                              /* machine lock, if there is a machine */
void arm_unlock(struct arm_cpu *cpu, bool locked);

/* event.c */
void arm_event_connect(struct arm_cpu *cpu);                     /* with arm_cpu_connect */
bool arm_event_take(struct arm_cpu *cpu);                        /* whether the event register was set; clears it */
void arm_event_wait(struct arm_cpu *cpu);                        /* halts the CPU, or lets it spin */
bool arm_event_wakes(struct arm_cpu *cpu);                       /* in arm_poll, halted by arm_event_wait: whether to go on */

/* debug.c */
bool arm_debug_enabled(const struct arm_cpu *cpu);
bool arm_step_active(const struct arm_cpu *cpu);
bool arm_breakpoints_on(const struct arm_cpu *cpu);
bool arm_page_watched(const struct arm_cpu *cpu, uint64_t page);

/* sysreg_cache.c */
void arm_flush_all(struct arm_cpu *cpu);

/* space.c */
uint64_t arm_asid(const struct arm_cpu *cpu, uint64_t value);    /* that a TTBR or the operand of a TLBI has in its upper bits */
void arm_space_changed(struct arm_cpu *cpu);                     /* after a write of TTBR0, TTBR1 or CONTEXTIDR */
void arm_domains_changed(struct arm_cpu *cpu);                   /* after a write of DACR */
void arm_flush_space(struct arm_cpu *cpu, uint64_t asid);

#endif
