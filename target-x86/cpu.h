/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_CPU_H
#define TARGET_X86_CPU_H
/*
 * The state of an x86 CPU (Intel SDM volume 3, chapter 2 and others).
 *
 * Everything architectural is here; `cpu` is the engine's part and comes first. General registers, RFLAGS' arithmetic
 * flags and XMM registers are IR globals (target-x86/globals.c). Arithmetic flags live only in `flags`
 * (deferred), DF, IF, TF, IOPL... only in `eflags`; x86_eflags_get/put join them.
 */
#include "base/cpu_port.h"
#include "tcg/cpu.h"

enum { R_AX, R_CX, R_DX, R_BX, R_SP, R_BP, R_SI, R_DI };
enum x86_seg { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR, SEG_COUNT, SEG_NONE = 15 };

/* A segment register with its hidden part; `attributes` are bits 8..23 of the descriptor's high word, shifted to 0
 * (type 0-3, S 4, DPL 5-6, P 7, AVL 12, L 13, D/B 14, G 15). limit is in bytes, already scaled. */
struct x86_segment { uint64_t base; uint32_t limit; uint16_t selector, attributes; };
enum {
    SEG_TYPE = 0xf, SEG_ACCESSED = 1 << 0, SEG_RW = 1 << 1, SEG_DOWN_CONF = 1 << 2, SEG_CODE = 1 << 3, SEG_S = 1 << 4,
    SEG_DPL_SHIFT = 5, SEG_P = 1 << 7, SEG_L = 1 << 13, SEG_DB = 1 << 14, SEG_G = 1 << 15,
};

struct x86_table { uint64_t base; uint32_t limit; };

/* An x87 register as FXSAVE lays it out: 64-bit significand, sign and exponent. */
struct x86_st { uint64_t significand; uint16_t sign_exponent; uint16_t pad[3]; };

union x86_xmm { uint8_t u8[16]; uint16_t u16[8]; uint32_t u32[4]; uint64_t u64[2]; float f32[4]; double f64[2]; }
    __attribute__((aligned(16)));

struct x86_fpu {
    struct x86_st st[8];            /* physical registers R0..R7; MMX registers are their significands */
    uint16_t control, status;       /* status without TOP, which is below */
    uint8_t top, tag_valid;         /* tag_valid: bit n set = R[n] not empty */
    bool live;                      /* the host's x87 unit holds all above but control, which is the same here and there:
                                     * x87_sync before looking at it (x87.h) */
    uint8_t pad;
    uint16_t opcode, cs, ds, pad2;
    uint64_t ip, dp;
    union x86_xmm operand;          /* memory operand on its way to or from the host's x87 unit */
};

enum {  /* CR0, CR4, EFER, EFLAGS: names as in the SDM */
    CR0_PE = 1u << 0, CR0_MP = 1u << 1, CR0_EM = 1u << 2, CR0_TS = 1u << 3, CR0_ET = 1u << 4, CR0_NE = 1u << 5,
    CR0_WP = 1u << 16, CR0_AM = 1u << 18, CR0_NW = 1u << 29, CR0_CD = 1u << 30, CR0_PG = 1u << 31,
    CR4_VME = 1u << 0, CR4_PVI = 1u << 1, CR4_TSD = 1u << 2, CR4_DE = 1u << 3, CR4_PSE = 1u << 4, CR4_PAE = 1u << 5,
    CR4_MCE = 1u << 6, CR4_PGE = 1u << 7, CR4_PCE = 1u << 8, CR4_OSFXSR = 1u << 9, CR4_OSXMMEXCPT = 1u << 10,
    CR4_UMIP = 1u << 11, CR4_FSGSBASE = 1u << 16, CR4_PCIDE = 1u << 17, CR4_OSXSAVE = 1u << 18,
    CR4_SMEP = 1u << 20, CR4_SMAP = 1u << 21,
    EFER_SCE = 1u << 0, EFER_LME = 1u << 8, EFER_LMA = 1u << 10, EFER_NXE = 1u << 11,
    EFL_CF = 1u << 0, EFL_ONE = 1u << 1, EFL_PF = 1u << 2, EFL_AF = 1u << 4, EFL_ZF = 1u << 6, EFL_SF = 1u << 7,
    EFL_TF = 1u << 8, EFL_IF = 1u << 9, EFL_DF = 1u << 10, EFL_OF = 1u << 11, EFL_IOPL = 3u << 12, EFL_NT = 1u << 14,
    EFL_RF = 1u << 16, EFL_VM = 1u << 17, EFL_AC = 1u << 18, EFL_VIF = 1u << 19, EFL_VIP = 1u << 20, EFL_ID = 1u << 21,
    EFL_ARITHMETIC = EFL_CF | EFL_PF | EFL_AF | EFL_ZF | EFL_SF | EFL_OF,
};

enum {  /* exceptions, SDM 3 table 6-1 */
    EXC_DE = 0, EXC_DB = 1, EXC_NMI = 2, EXC_BP = 3, EXC_OF = 4, EXC_BR = 5, EXC_UD = 6, EXC_NM = 7, EXC_DF = 8, EXC_TS = 10,
    EXC_NP = 11, EXC_SS = 12, EXC_GP = 13, EXC_PF = 14, EXC_MF = 16, EXC_AC = 17, EXC_MC = 18, EXC_XM = 19,
    EXC_NONE = 255,
};

enum { X86_MMU_USER, X86_MMU_KERNEL, X86_MMU_KERNEL_SMAP };     /* mmu modes; SMAP: user data pages refused */

/* struct cpu.mode of x86: all that translated code depends on. x86_update_mode() derives it; nobody else writes it. */
enum x86_mode {
    MODE_CPL = 3 << 0,
    MODE_CODE32 = 1 << 2,           /* CS.D */
    MODE_CODE64 = 1 << 3,           /* CS.L in long mode */
    MODE_STACK32 = 1 << 4,          /* SS.B; in 64-bit code the stack is 64 bits */
    MODE_PE = 1 << 5,
    MODE_VM = 1 << 6,
    MODE_LMA = 1 << 7,
    MODE_FLAT = 1 << 8,             /* DS, ES, SS: base 0, no limit or right to check; CS base 0 and limit 4 GiB */
    MODE_FS_OPEN = 1 << 9,          /* FS: any base, no limit or right to check */
    MODE_GS_OPEN = 1 << 10,
    MODE_CS_ZERO = 1 << 11,         /* CS base is 0 and its limit 4 GiB: pc is linear */
    MODE_IOPL_OK = 1 << 12,         /* CPL <= IOPL (or real mode): IN, OUT, CLI, STI without looking further */
    MODE_TF = 1 << 13,              /* single-step, or a data/instruction breakpoint that needs units of one instruction */
    MODE_TS = 1 << 14, MODE_EM = 1 << 15, MODE_MP = 1 << 16,
    MODE_OSFXSR = 1 << 17,
    MODE_SMAP = 1 << 18,            /* CPL < 3, CR4.SMAP and not EFLAGS.AC */
    MODE_AC = 1 << 19,              /* alignment checks at CPL 3: CR0.AM and EFLAGS.AC */
    MODE_SMM = 1 << 20,
    MODE_IBP = 1 << 21,             /* an instruction breakpoint in DR0-3 is on */
    MODE_SHADOW = 1 << 22,          /* interrupts are held off for one instruction (STI, MOV SS): unit of one instruction */
    MODE_MXCSR_TRAPS = 1 << 23,     /* an SSE exception is unmasked: no COPY of floating point */
    MODE_OSXSAVE = 1 << 24,
    MODE_NM_XSAVE = 1 << 25,        /* spare */
    MODE_X87_TRAPS = 1 << 26,       /* an x87 exception is unmasked or pending (x86_fpu_traps): x87 instructions check for it */
};

/* What an exception or interrupt is, for what delivery pushes and checks. */
enum x86_event_kind {
    EVENT_FAULT,                    /* RF is set in the pushed flags */
    EVENT_TRAP,                     /* as a fault, but rip is already that of the next instruction */
    EVENT_ABORT,                    /* #DF, #MC */
    EVENT_EXTERNAL,                 /* INTR, NMI */
    EVENT_SOFTWARE,                 /* INT n: gate DPL is checked, IOPL in virtual-8086 mode */
    EVENT_SOFTWARE_TRAP,            /* INT3, INTO: gate DPL is checked */
    EVENT_ICEBP,                    /* INT1: no DPL check */
};
struct x86_event { uint8_t vector, kind, insn_length; bool pending, has_error; uint32_t error; uint64_t dr6; };

struct x86_model;                   /* cpuid.h: what -cpu chose */

struct x86_cpu {
    struct cpu cpu;
    uint64_t regs[16];
    struct ir_flags flags;          /* OF SF ZF AF PF CF, deferred */
    uint64_t eflags;                /* all others; bit 1 set */
    union x86_xmm xmm[16];
    uint32_t mxcsr, mxcsr_raised;   /* rounding, DAZ, FZ and masks; the sticky flags are in cpu.fp_control (x86_mxcsr_get) */
    union x86_xmm vector;            /* a memory operand on its way to a helper */
    struct x86_fpu fpu;
    struct x86_segment seg[SEG_COUNT];
    struct x86_table gdt, idt;
    uint64_t cr0, cr2, cr3, cr4, dr[8], efer, xcr0;
    uint64_t pdpte[4];              /* PAE paging: loaded by MOV CR3 */
    uint64_t star, lstar, cstar, sfmask, kernel_gs_base, tsc_aux, pat;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t apic_base, misc_enable, tsc_offset, tsc_adjust, tsc_deadline, mcg_status, mcg_ctl, smbase;
    uint64_t mtrr_def, mtrr_fixed[11], mtrr_base[8], mtrr_mask[8], mc_bank[16 * 4];
    bool a20, smm, nmi_blocked, wait_for_sipi, shutdown;
    bool smm_nmi_blocked;
    uint8_t cpl;
    bool bootstrap;                 /* the processor that RESET# starts */
    uint32_t apic_id;

    /* Page directory entries that lead to page tables, as paging.c read them since the last flush (SDM 3, 4.10.3). */
    struct x86_directory_entry { uint64_t linear, table, rights; uint32_t flushes, format; } directory_cache[64];

    /* A raised exception on its way to x86_deliver. */
    struct x86_event raised;
    int16_t delivering;             /* exception being delivered, for double faults; -1: none or no exception */
    bool delivering_external;       /* EXT bit of error codes raised meanwhile */
    bool single_step;               /* TF as it was before the instruction (helper_debug_before) */
    bool shadow_before;             /* shadow_ss at the start of the instruction (helper_debug_before) */
    bool shadow_ss;                 /* MODE_SHADOW comes from MOV SS or POP SS: holds off debug traps too */
    uint32_t debug_pending;         /* DR6 bits of debug traps found, delivered as #DB by x86_poll */
    uint64_t monitor_address;       /* MONITOR armed at, 0: not */

    const struct x86_model *model;
    struct x86_decoder *decoder;    /* made by the first translation; x86_cpu_free frees it */
    struct interrupt_source pic;    /* what INTR is acknowledged at */
    struct cpu_port port;           /* our input pins, for interrupt controllers */
    void (*ferr)(void *opaque, bool level);     /* FERR# pin to IRQ 13; machine lock held */
    void *ferr_opaque;
    bool ferr_raised;               /* its level */
    _Atomic bool ignne;             /* IGNNE# pin; any thread */
    struct memory *other_memory;    /* in SMM: what cpu.memory is outside, outside: what it becomes; NULL: the same */
    bool deterministic;             /* -icount: RDRAND repeats itself from run to run */
    uint64_t random_state;
    struct clocks *clocks;          /* TSC */
    uint64_t tsc_khz;               /* its frequency; 0: 1 GHz */
    struct kvm_vcpu *kvm;           /* what runs it instead of translations (kvm.h); NULL: they do */
    void (*machine_reset)(void *opaque);        /* triple fault */
    void *machine_opaque;
};

static inline struct x86_cpu *x86_cpu_of(struct cpu *cpu) { return (struct x86_cpu *)cpu; }

extern const struct frontend x86_frontend;

/* New CPU in power-on state but for what engine_add_cpu sets; bootstrap: the first one. */
struct x86_cpu *x86_cpu_new(const struct x86_model *model, unsigned apic_id, bool bootstrap);
void x86_cpu_free(struct x86_cpu *cpu);

/* cpu.c, exception.c; what only system code needs is in system.h */
void x86_update_mode(struct x86_cpu *cpu);                       /* after any change to what `mode` is made of */
uint64_t x86_eflags_get(struct x86_cpu *cpu);
void x86_eflags_put(struct x86_cpu *cpu, uint64_t value, uint64_t mask);
/* Raise from a helper: state precise at the start of the instruction; never returns. */
void x86_raise(struct x86_cpu *cpu, unsigned vector) __attribute__((noreturn));
void x86_raise_error(struct x86_cpu *cpu, unsigned vector, uint32_t error) __attribute__((noreturn));
/* INT n, INT3, INTO, INT1: saved EIP is that of the next instruction. */
void x86_raise_software(struct x86_cpu *cpu, unsigned vector, unsigned insn_length) __attribute__((noreturn));
/* RIP is kept in cpu.pc alone: pc = RIP in 64-bit code, else EIP | CS base << 32 (base 0 when MODE_CS_ZERO).
 * x86_set_rip writes it from the present CS; call it again after CS changed. */
void x86_set_rip(struct x86_cpu *cpu, uint64_t rip);
static inline uint64_t x86_rip(const struct x86_cpu *cpu)
{
    return cpu->cpu.mode & MODE_CODE64 ? cpu->cpu.pc : (uint32_t)cpu->cpu.pc;
}

/* x87_state.c, x87_env.c, mxcsr.c: floating point as the rest of the target sees it. */
void x86_release(struct cpu *cpu);                               /* struct frontend.release: x87 state back to memory */
void x86_fpu_init(struct x86_cpu *cpu);                          /* FNINIT; no mode update */
uint16_t x86_fpu_status(const struct x86_cpu *cpu);              /* with TOP; fpu.live must be false, as outside a CPU's turn */
uint16_t x86_fpu_tags(const struct x86_cpu *cpu);                /* the full tag word, two bits a register */
uint32_t x86_mxcsr_get(const struct x86_cpu *cpu);               /* outside the cache (or after cpu.fp_control was refreshed) */
void x86_mxcsr_put(struct x86_cpu *cpu, uint32_t value);         /* sets cpu.fp_control; no mode update */
/* What x86_update_mode needs: MODE_X87_TRAPS and MODE_MXCSR_TRAPS. */
static inline bool x86_fpu_traps(const struct x86_cpu *cpu)
{
    return (cpu->fpu.control & 0x3f) != 0x3f || (cpu->fpu.status & 0x80);
}
static inline bool x86_mxcsr_traps(const struct x86_cpu *cpu) { return (cpu->mxcsr & 0x1f80) != 0x1f80; }

static inline unsigned x86_mmu_mode(uint32_t mode)
{
    return (mode & MODE_CPL) == 3 ? X86_MMU_USER : mode & MODE_SMAP ? X86_MMU_KERNEL_SMAP : X86_MMU_KERNEL;
}

#endif
