/* SPDX-License-Identifier: MIT */
#ifndef TARGET_ARM_CPU_H
#define TARGET_ARM_CPU_H
/*
 * The state of an ARM CPU, AArch32 and AArch64 in one (Arm Architecture Reference Manual for A-profile, DDI 0487, "the
 * Arm ARM"; D1 and G1 for the programmers' models).
 *
 * General registers, SP, NZCV and V registers are IR globals (globals.c). How the two states share them (Arm ARM D1.20.1):
 *   AArch64   x[0..30]; x[31] is the stack pointer in use, the other ones are in sp_el[]
 *   AArch32   x[0..14] are R0..R14 *of the mode in use*, zero-extended; those of other modes are in struct arm_banks.
 *             R15 is cpu.pc (without the +4 or +8). arm_set_mode() moves registers between the banks.
 * PSTATE is spread over fields so that translated code can set each of them with one store; arm_cpsr_get/put and
 * arm_spsr... (exception.c) put it together. Everything that translated code depends on is in cpu.mode (enum arm_mode_bit);
 * arm_update_mode() derives it and nobody else writes it.
 *
 * Condition flags: `nzcv` is an IR flags value with N in SF, Z in ZF, V in OF, and **CF = not C**: ARM's carry of a
 * subtraction is the inverse of a borrow, so SUBS and SBCS are the IR's SUBS and SBBS. arm_flag_* in trans.h do
 * the rest. arm_cond() in trans.h gives the IR condition for an ARM condition.
 */
#include "base/cpu_port.h"
#include "base/irq.h"
#include "tcg/cpu.h"

struct arm_cpu;
struct clocks;
struct timer;

enum arm_feature {
    ARM_FEATURE_NONE,               /* rows of the base architecture */
    ARM_AARCH64,
    ARM_V7, ARM_V8,
    ARM_LPAE, ARM_THUMB2EE, ARM_VFP3, ARM_VFP4, ARM_D32, ARM_NEON, ARM_IDIV_T32, ARM_IDIV_A32, ARM_MP,
    ARM_V7_VIRT,                    /* ARMv7 Virtualization Extensions: HVC, ERET, MRS banked */
    ARM_CRC32, ARM_AES, ARM_PMULL, ARM_SHA1, ARM_SHA256, ARM_SHA512, ARM_SHA3,
    ARM_LSE, ARM_RDM, ARM_FP16, ARM_DOTPROD, ARM_PAUTH, ARM_PAN, ARM_UAO, ARM_HAFDBS, ARM_FCMA, ARM_JSCVT, ARM_RCPC,
    ARM_FLAGM, ARM_FRINTTS, ARM_FHM, ARM_DPB, ARM_VHE, ARM_LOR,
    ARM_FLAGM2, ARM_DPB2, ARM_RCPC2, ARM_SB, ARM_SSBS, ARM_DIT, ARM_E0PD, ARM_TTST, ARM_I8MM,
    ARM_CSV,                        /* CSV2 and CSV3: nothing of another context can be learnt by speculation */
    ARM_GTIMER,                     /* generic timer */
    ARM_PMU,
    ARM_FEATURE_COUNT
};

enum arm_el { EL0, EL1, EL2, EL3 };

enum {  /* AArch32 modes, CPSR.M */
    ARM_USR = 0x10, ARM_FIQ = 0x11, ARM_IRQ = 0x12, ARM_SVC = 0x13, ARM_MON = 0x16, ARM_ABT = 0x17, ARM_HYP = 0x1a, ARM_UND = 0x1b,
    ARM_SYS = 0x1f,
};

enum {  /* PSTATE, CPSR and SPSR: names as in the Arm ARM C5.2.18 and G8.2.33 */
    PSTATE_N = 1u << 31, PSTATE_Z = 1u << 30, PSTATE_C = 1u << 29, PSTATE_V = 1u << 28, PSTATE_Q = 1u << 27,
    PSTATE_DIT = 1u << 24, PSTATE_SSBS = 1u << 12, PSTATE_UAO = 1u << 23, PSTATE_PAN = 1u << 22, PSTATE_SS = 1u << 21, PSTATE_IL = 1u << 20, PSTATE_GE = 0xfu << 16,
    PSTATE_D = 1u << 9, PSTATE_A = 1u << 8, PSTATE_I = 1u << 7, PSTATE_F = 1u << 6, PSTATE_NRW = 1u << 4,
    PSTATE_SPSEL = 1u << 0, PSTATE_EL_SHIFT = 2, PSTATE_DAIF = 0xfu << 6, PSTATE_NZCV = 0xfu << 28,
    CPSR_E = 1u << 9, CPSR_T = 1u << 5, CPSR_J = 1u << 24, CPSR_M = 0x1f, CPSR_IT = 0x0600fc00,
};

#define FPEXC_EN (1u << 30)
#define FPEXC_DEX (1u << 29)

/* mmu modes. EL1&0 and the others have stage-1 tables of their own; PAN is a mode of its own because the rights differ. A change
 * of security state or of the VMID flushes what it must; for ASIDs see space.c. */
enum arm_mmu { ARM_MMU_EL0, ARM_MMU_EL1, ARM_MMU_EL1_PAN, ARM_MMU_EL2, ARM_MMU_EL3, ARM_MMU_COUNT };
enum { ARM_SPACE_MODES = 1 << ARM_MMU_EL0 | 1 << ARM_MMU_EL1 | 1 << ARM_MMU_EL1_PAN };

/* struct cpu.mode of ARM. arm_update_mode() derives it. */
enum arm_mode_bit {
    MODE_EL = 3 << 0,
    MODE_A32 = 1 << 2,              /* AArch32 */
    MODE_T32 = 1 << 3,              /* ... in Thumb state */
    MODE_IT_SHIFT = 4,              /* 8 bits: CPSR.IT at the start of the unit, as ITSTATE */
    MODE_IT = 0xff << 4,
    MODE_BE = 1 << 12,              /* data accesses of this EL are big-endian (CPSR.E, SCTLR.EE/E0E) */
    MODE_FP = 1 << 13,              /* FP and SIMD instructions do not trap (CPACR, CPTR, NSACR, FPEXC.EN) */
    MODE_PAN = 1 << 14,             /* PSTATE.PAN and it matters here: data accesses use ARM_MMU_EL1_PAN */
    MODE_UAO = 1 << 15,             /* LDTR and STTR act as plain loads and stores */
    MODE_ALIGN = 1 << 16,           /* SCTLR.A, or all is Device memory: every access must be aligned */
    MODE_SP_ALIGN = 1 << 17,        /* SCTLR.SA or SA0: a base of SP must be aligned to 16 bytes */
    MODE_STEP = 1 << 18,            /* software step: unit of one instruction, helper step before it */
    MODE_BREAK = 1 << 19,           /* instruction breakpoints are on: unit of one instruction */
    MODE_FZ = 1 << 20,              /* FPCR.FZ */
    MODE_FP_ODD = 1 << 21,          /* FPCR has RMode != 0, FZ, DN, AHP, FZ16 or trap enables: floating point by helpers */
    MODE_USER_TRAPS = 1 << 22,      /* some trap of EL0 is on (UCT, UCI, nTWI...): helper decides */
    MODE_IL = 1 << 23,              /* PSTATE.IL: the next instruction is an Illegal Execution state exception */
    MODE_SECURE = 1 << 24,
    MODE_V7 = 1 << 25,              /* rows of ARMv8 are undefined */
    MODE_HYP = 1 << 26,             /* AArch32 Hyp mode */
    MODE_VFP_LEN = 1 << 27,         /* FPSCR.LEN or STRIDE is not 0 (VFP short vectors) */
    MODE_EXCLUSIVE_SLOW = 1 << 28,  /* spare */
    MODE_SPSEL = 1 << 29,           /* AArch64: SP_ELx is in use */
    MODE_PAUTH = 1 << 30,           /* some SCTLR.EnIx is set */
};

/* A V register. AArch32: Dn is u64[n & 1] of v[n / 2], Sn u32[n & 3] of v[n / 4]. */
union arm_vec { uint8_t u8[16]; uint16_t u16[8]; uint32_t u32[4]; uint64_t u64[2]; int8_t s8[16]; int16_t s16[8]; int32_t s32[4];
                int64_t s64[2]; } __attribute__((aligned(16)));

/* AArch32 registers of the modes that are not in use: R13 and R14 and SPSR by enum arm_bank, R8..R12 of FIQ and of the others. */
enum arm_bank { BANK_USR, BANK_SVC, BANK_ABT, BANK_UND, BANK_IRQ, BANK_FIQ, BANK_MON, BANK_HYP, BANK_COUNT };
struct arm_banks { uint32_t r13[BANK_COUNT], r14[BANK_COUNT], usr_r8[5], fiq_r8[5]; };

enum arm_timer { ARM_TIMER_PHYS, ARM_TIMER_VIRT, ARM_TIMER_HYP, ARM_TIMER_SEC, ARM_TIMER_COUNT };
struct arm_timer_state { uint64_t cval; uint32_t ctl; };    /* ctl: ENABLE 0, IMASK 1 */

/* Exception classes, ESR_ELx.EC (D17.2.37). */
enum arm_ec {
    EC_UNKNOWN = 0x00, EC_WFX = 0x01, EC_CP15_32 = 0x03, EC_CP15_64 = 0x04, EC_CP14_32 = 0x05, EC_CP14_LDC = 0x06, EC_FP_ACCESS = 0x07,
    EC_CP10 = 0x08, EC_PAUTH = 0x09, EC_CP14_64 = 0x0c, EC_ILLEGAL = 0x0e, EC_SVC32 = 0x11, EC_HVC32 = 0x12, EC_SMC32 = 0x13,
    EC_SVC64 = 0x15, EC_HVC64 = 0x16, EC_SMC64 = 0x17, EC_SYSREG = 0x18, EC_IABT_LOWER = 0x20, EC_IABT = 0x21, EC_PC_ALIGN = 0x22,
    EC_DABT_LOWER = 0x24, EC_DABT = 0x25, EC_SP_ALIGN = 0x26, EC_FP32 = 0x28, EC_FP64 = 0x2c, EC_SERROR = 0x2f, EC_BRK_LOWER = 0x30,
    EC_BRK = 0x31, EC_STEP_LOWER = 0x32, EC_STEP = 0x33, EC_WATCH_LOWER = 0x34, EC_WATCH = 0x35, EC_BKPT32 = 0x38, EC_VCATCH = 0x3a,
    EC_BRK64 = 0x3c,
    EC_IRQ = 0x100, EC_FIQ = 0x101, EC_VIRQ = 0x102, EC_VFIQ = 0x103, EC_VSERROR = 0x104,     /* ours: no syndrome */
};

/* A raised exception on its way to arm_deliver. */
struct arm_exception {
    uint32_t ec, iss;               /* enum arm_ec; the syndrome's low 25 bits */
    uint64_t far;
    uint32_t fsr32;                 /* data and prefetch aborts: the fault as AArch32's short or long FSR has it */
    uint64_t hpfar;
    uint8_t target_el;
    bool pending;
    bool has_far, short_insn;       /* short_insn: a 16-bit T32 instruction (ESR.IL = 0) */
    bool after;                     /* the return address is behind the instruction at pc (SVC, HVC, SMC): insn_bytes on */
    uint8_t insn_bytes;
    bool stage2;
};

/* What the board gives a CPU. All are called with the machine lock held. */
struct arm_board {
    /* GICv3 CPU interface. `reg` is the AArch64 encoding (ARM_SYSREG, sysreg.h), also for the AArch32 names; `virtual`: ICV_* is
     * meant where ICC_* and it share one. false: no such register (undefined). NULL: no GICv3. */
    bool (*gic_read)(void *gic, struct arm_cpu *cpu, uint32_t reg, bool virtual, uint64_t *value);
    bool (*gic_write)(void *gic, struct arm_cpu *cpu, uint32_t reg, bool virtual, uint64_t value);
    void *gic;
    /* HVC (smc = false) or SMC: firmware that the board stands in for (PSCI, SMCCC). Arguments and results in x[0..3]. false: not
     * for it, the CPU goes on as the architecture says. */
    bool (*firmware_call)(void *firmware, struct arm_cpu *cpu, bool smc);
    void *firmware;
    struct irq_line timer[ARM_TIMER_COUNT];     /* to the interrupt controller: PPIs 30, 27, 26, 29 */
    struct irq_line pmu;                        /* PPI 23 */
    struct clocks *clocks;
    uint32_t counter_hz;            /* of the generic timer; 0: 62,500,000 */
    uint64_t cbar;                  /* peripheral base address (CP15 c15, CBAR) */
};

struct arm_model;                   /* models.h: what -cpu chose */
struct arm_decoder;
struct cp_reg;

enum { ARM_NO_WAIT = -1 };
struct arm_cpu {
    struct cpu cpu;
    uint64_t x[32];
    struct ir_flags nzcv;           /* CF = not C */
    union arm_vec v[32];
    uint32_t fpcr, fpsr, fpscr_nzcv; /* fpsr: QC and the sticky flags; AArch32: FPSCR is all three (arm_fpscr_get/put) */
    union arm_vec scratch[4];       /* vectors on their way to helpers and back */

    /* Exclusive monitor: address (UINT64_MAX: open), what was there, and its version (exclusive.c). */
    uint64_t exclusive_address, exclusive_value, exclusive_high, exclusive_version;

    /* PSTATE */
    uint8_t el, spsel;
    bool aarch64, pan, uao, il, step_bit;
    bool stepped, stepped_exclusive;    /* software step: an instruction was run since ERET; it was an exclusive load */
    uint32_t dit_ssbs;              /* PSTATE_DIT, PSTATE_SSBS: kept, nothing here takes different time or speculates */
    uint32_t daif;                  /* PSTATE_D, A, I, F; in AArch32 A, I, F */
    uint32_t cpsr_m;                /* AArch32: mode */
    uint32_t thumb, it, endian;     /* AArch32: CPSR.T, ITSTATE, CPSR.E */
    uint32_t q, ge;                 /* AArch32: CPSR.Q (0 or 1), CPSR.GE (4 bits) */
    struct arm_banks banks;
    uint32_t spsr32[BANK_COUNT];    /* AArch32: of und, abt, irq, fiq, mon; SPSR_svc is spsr[EL1], SPSR_hyp is spsr[EL2] */

    /* By exception level. AArch32: [EL1] is the non-secure bank, [EL3] the secure one, [EL2] the Hyp mode registers. */
    uint64_t sp_el[4], elr[4], spsr[4], esr[4], far[4], vbar[4], sctlr[4], actlr[4], tcr[4], ttbr0[4], ttbr1[4], mair[4], amair[4],
        afsr0[4], afsr1[4], tpidr[4], contextidr[4];
    uint64_t tpidrro, cpacr, cptr[4], hcr, hstr, vttbr, vtcr, hpfar, vpidr, vmpidr, scr, mdcr[4], par, csselr[4], hacr, cnthctl, cntkctl,
        cntvoff, cntfrq, sder, nsacr, mvbar, disr, vdisr;
    /* AArch32 only, by security state ([1] non-secure, [3] secure as above). */
    uint64_t dacr[4], ifsr[4], dfsr[4], ifar[4], fcse[4], tpidrurw[4], tpidruro[4], tpidrprw[4];
    uint64_t par_secure;            /* ... and PAR of Secure state; that of the other one is par */
    uint32_t fpexc, teecr, teehbr;
    uint64_t pauth_key[5][2];       /* IA IB DA DB GA: low, high */

    struct arm_timer_state timer_state[ARM_TIMER_COUNT];
    struct timer *timer[ARM_TIMER_COUNT];
    struct arm_timer_ref { struct arm_cpu *cpu; enum arm_timer n; } timer_ref[ARM_TIMER_COUNT];     /* for their callbacks */

    /* Debug: breakpoints and watchpoints, D2 and D17.3 */
    uint64_t dbgbvr[16], dbgbcr[16], dbgwvr[16], dbgwcr[16], mdscr, mdccint, osdtrrx, osdtrtx, osdlr, oslsr, dbgclaim, dbgvcr,
        oseccr;
    bool watch_hit;
    uint64_t watch_address;

    /* PMU: D8 */
    uint64_t pmcr, pmcnten, pmovs, pminten, pmuserenr, pmselr, pmccfiltr, pmccntr_offset, pmccntr_seen, pmevtyper[31],
        pmevcntr[31];
    uint32_t pmu_running;           /* counters that count now, by all that enables and filters them */
    struct timer *pmu_timer;

    uint64_t implementation[32];    /* implementation-defined registers that keep what is written (l2ctlr, cpuectlr, ...) */

    struct arm_exception raised;
    bool flush_pending;             /* others were asked to flush; the next DSB waits for them */
    uint32_t access_ec, access_iss; /* syndrome of the system register access at hand */
    struct arm_sysreg_index *sysregs;       /* rows by encoding: a cache */
    bool tagged_entries;            /* the TLB may hold entries under tagged addresses (TBI): single-page flushes flush all */
    bool powered_off;               /* PSCI: waits for arm_cpu_power_on */
    bool start_powered_off;
    /* WFE (event.c): the event register; whether somebody who sends an event must kick; what was seen of the event streams; when
     * the present wait for a lock began (ARM_NO_WAIT: it is over) and was last seen, in guest time. */
    _Atomic uint32_t event, waits_for_event;
    uint64_t stream_seen[2];
    int64_t wait_since_ns, wait_last_ns;
    struct timer *event_timer;
    struct arm_power_on { uint64_t pc, context; uint8_t el; bool aarch32; } power_on;    /* PSCI CPU_ON, for arm_poll */
    bool deterministic;

    const struct arm_model *model;
    uint64_t features;              /* a bit each of enum arm_feature */
    bool has_el2, has_el3;          /* of this machine; the board may clear what the model has, before the first reset */
    uint64_t mpidr;
    struct arm_decoder *decoder_a64, *decoder_a32, *decoder_t32, *decoder_t16;    /* made by the first translation */
    struct { uint32_t encoding; const struct cp_reg *reg; } cp_found[64];    /* rows last found, by a hash; its own thread */
    struct cpu_port port;           /* input pins: CPU_INPUT_IRQ, FIQ, VIRQ, VFIQ */
    struct arm_board board;
    /* Where reset starts: the board sets them before the CPUs are reset. */
    uint64_t rvbar;                 /* reset vector of AArch64 */
    uint64_t boot_pc, boot_x[4];
    bool boot_direct;               /* start at boot_pc (its bit 0: T32) as a kernel expects it, not at the reset vector */
    uint8_t boot_el;                /* with boot_direct: exception level */
    bool boot_aarch32;
};

static inline struct arm_cpu *arm_cpu_of(struct cpu *cpu) { return (struct arm_cpu *)cpu; }

/* The frontends differ in which registers are pinned; a machine takes the one of its CPU model (arm_frontend_of). */
extern const struct frontend arm_frontend64, arm_frontend32;

/* models.c. "cortex-a15", ...; error: unknown model, with the nearest name. NULL name: the default, cortex-a57. */
const struct arm_model *arm_model_find(const char *name, GError **error);
const struct frontend *arm_frontend_of(const struct arm_model *model);
bool arm_model_is_64(const struct arm_model *model);
const char *arm_model_name(const struct arm_model *model);
/* Calls `each` for every model, in the order of -cpu help. */
void arm_model_list(void (*each)(void *opaque, const char *name), void *opaque);
bool arm_has(const struct arm_cpu *cpu, enum arm_feature feature);

/* cpu.c. New CPU in power-on state but for what engine_add_cpu sets. The board then fills cpu->board, has_el2, has_el3, boot_*
 * and resets it (frontend->reset). CPU n has affinity n % 8 in Aff0 and n / 8 in Aff1 (GICv2) unless the board sets mpidr. */
struct arm_cpu *arm_cpu_new(const struct arm_model *model, unsigned index);
void arm_cpu_free(struct arm_cpu *cpu);
/* After cpu->board.clocks is set: makes the timers. */
void arm_cpu_connect(struct arm_cpu *cpu);
/* PSCI CPU_ON: the CPU starts at pc with x0 = context, at the exception level that the caller has. Any thread, machine lock held. */
void arm_cpu_power_on(struct arm_cpu *cpu, uint64_t pc, uint64_t context, unsigned el, bool aarch32);
/* PSCI CPU_OFF, from the CPU itself inside firmware_call: it halts after the call. */
void arm_cpu_power_off(struct arm_cpu *cpu);
bool arm_cpu_is_on(const struct arm_cpu *cpu);

/* The level and execution state that it is in are some that its control registers allow: no instruction leads to others. */
bool arm_state_is_possible(const struct arm_cpu *cpu);
void arm_update_mode(struct arm_cpu *cpu);                       /* after any change to what `mode` is made of */
uint32_t arm_nzcv_get(const struct arm_cpu *cpu);                /* bits 31 to 28 */
void arm_nzcv_put(struct arm_cpu *cpu, uint32_t nzcv);
/* AArch32 CPSR, or AArch64 PSTATE as SPSR_ELx has it. */
uint32_t arm_cpsr_get(const struct arm_cpu *cpu);
/* AArch32: writes the bits of mask; a change of M moves the banks. The caller has checked what the instruction may change. */
void arm_cpsr_put(struct arm_cpu *cpu, uint32_t value, uint32_t mask);
/* Whether MSR CPSR may change to that mode from this one. */
bool arm_may_set_mode(const struct arm_cpu *cpu, uint32_t mode);
void arm_set_mode(struct arm_cpu *cpu, uint32_t mode);           /* AArch32: CPSR.M, with the banks; no mode update */
/* R8..R14 of an AArch32 mode that may be another than the present one: MRS and MSR (banked), LDM and STM (user). */
uint32_t arm_banked_get(const struct arm_cpu *cpu, uint32_t mode, unsigned reg);
void arm_banked_put(struct arm_cpu *cpu, uint32_t mode, unsigned reg, uint32_t value);
uint32_t *arm_spsr32(struct arm_cpu *cpu, uint32_t mode);        /* NULL: usr and sys have none. For svc and hyp: see arm_spsr32_get */
uint32_t arm_spsr32_get(const struct arm_cpu *cpu, uint32_t mode);
void arm_spsr32_put(struct arm_cpu *cpu, uint32_t mode, uint32_t value);
enum arm_bank arm_bank_of(uint32_t mode);
bool arm_is_secure(const struct arm_cpu *cpu);
bool arm_el_is_aa64(const struct arm_cpu *cpu, unsigned el);

/* exception.c. Raise from a helper: state precise at the start of the instruction; never returns. */
void arm_raise(struct arm_cpu *cpu, const struct arm_exception *exception) __attribute__((noreturn));
void arm_raise_undefined(struct arm_cpu *cpu) __attribute__((noreturn));
/* Syndrome given, target level by the routing rules of that class. `after`: SVC, HVC, SMC. */
void arm_raise_ec(struct arm_cpu *cpu, enum arm_ec ec, uint32_t iss, unsigned insn_bytes) __attribute__((noreturn));
/* AArch64 ERET, and AArch32 exception returns (pc and CPSR from an SPSR): state changed, mode updated, pc set. */
void arm_eret(struct arm_cpu *cpu);
void arm_return32(struct arm_cpu *cpu, uint32_t pc, uint32_t spsr);

/* fpu state: fpcr.c */
uint32_t arm_fpscr_get(const struct arm_cpu *cpu);
void arm_fpscr_put(struct arm_cpu *cpu, uint32_t value);        /* with mode update */
void arm_fpexc_put(struct arm_cpu *cpu, uint32_t value);        /* the same */
void arm_fpcr_put(struct arm_cpu *cpu, uint32_t value);
uint32_t arm_fpsr_get(const struct arm_cpu *cpu);
void arm_fpsr_put(struct arm_cpu *cpu, uint32_t value);

/* cp15.c: AArch32 system registers. encoding: cp << 16 | opc1 << 12 | crn << 8 | crm << 4 | opc2, or for MRRC/MCRR cp << 16 |
 * opc1 << 12 | crm << 4 | 1 << 31. May raise. */
uint64_t arm_cp_read(struct arm_cpu *cpu, uint32_t encoding, uint32_t iss);
void arm_cp_write(struct arm_cpu *cpu, uint32_t encoding, uint32_t iss, uint64_t value);

static inline unsigned arm_mmu_mode(uint32_t mode)
{
    switch (mode & MODE_EL) {
    case EL0: return ARM_MMU_EL0;
    case EL1: return mode & MODE_PAN ? ARM_MMU_EL1_PAN : ARM_MMU_EL1;
    case EL2: return ARM_MMU_EL2;
    default:  return ARM_MMU_EL3;
    }
}

#endif
