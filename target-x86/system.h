/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_SYSTEM_H
#define TARGET_X86_SYSTEM_H
/*
 * The privileged half of the CPU (SDM volume 3), as its parts see each other. All helpers run with precise state:
 * cpu.pc is that of the instruction, so whatever may fault comes before the first change.
 *
 * cpu.c segment.c exception.c far.c task.c paging.c control_regs.c msr.c cpuid.c debug.c smm.c interrupt.c io.c
 * sysret.c
 */
#include "target-x86/cpu.h"
#include "target-x86/cpuid.h"
#include "target-x86/helpers.h"
#include "tcg/frontend.h"
#include "tcg/softmmu.h"

/* ---- for the front end's table (struct frontend) ---- */
uint64_t x86_linear_of_pc(struct cpu *cpu, uint64_t pc, uint32_t mode);
unsigned x86_fetch_mmu(uint32_t mode);
bool x86_mmu_walk(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, bool raise,
                  struct mmu_page *page);
void x86_bus_error(struct cpu *cpu, uint64_t linear, enum mmu_access access);
void x86_watch(struct cpu *cpu, uint64_t linear, unsigned bytes, enum mmu_access access, unsigned mmu);
bool x86_poll(struct cpu *cpu);
void x86_deliver(struct cpu *cpu);
void x86_reset(struct cpu *cpu);            /* power-on and RESET# */
void x86_dump(struct cpu *cpu, GString *out);

/* ---- modes ---- */
static inline bool x86_protected(const struct x86_cpu *cpu) { return cpu->cr0 & CR0_PE; }
static inline bool x86_vm86(const struct x86_cpu *cpu) { return cpu->eflags & EFL_VM; }
static inline bool x86_lma(const struct x86_cpu *cpu) { return cpu->efer & EFER_LMA; }
static inline bool x86_code64(const struct x86_cpu *cpu) { return cpu->cpu.mode & MODE_CODE64; }
/* Real or virtual-8086 mode: selectors are paragraphs. */
static inline bool x86_real_segments(const struct x86_cpu *cpu) { return !x86_protected(cpu) || x86_vm86(cpu); }
static inline unsigned x86_iopl(const struct x86_cpu *cpu) { return cpu->eflags >> 12 & 3; }
/* Feature of this CPU's model, FEAT_*. */
static inline bool x86_has(const struct x86_cpu *cpu, enum x86_feature feature) { return cpu->model->has[feature]; }
/* The mmu mode of accesses to descriptor tables, TSS, IDT: supervisor whatever CPL is, and SMAP whatever AC is (SDM 3,
 * 4.6.1). */
static inline unsigned x86_mmu_implicit(const struct x86_cpu *cpu)
{
    return cpu->cr4 & CR4_SMAP ? X86_MMU_KERNEL_SMAP : X86_MMU_KERNEL;
}
/* The mmu mode of an ordinary data access at privilege cpl. */
static inline unsigned x86_mmu_at(const struct x86_cpu *cpu, unsigned cpl)
{
    return cpl == 3 ? X86_MMU_USER : (cpu->cr4 & CR4_SMAP) && !(cpu->eflags & EFL_AC)
           ? X86_MMU_KERNEL_SMAP : X86_MMU_KERNEL;
}
static inline bool x86_canonical(uint64_t address) { return (uint64_t)((int64_t)(address << 16) >> 16) == address; }

/* ---- exception.c ---- */
void x86_raise_event(struct x86_cpu *cpu, const struct x86_event *event) __attribute__((noreturn));
void x86_raise_page_fault(struct x86_cpu *cpu, uint64_t linear, uint32_t error) __attribute__((noreturn));
/* A debug fault (instruction breakpoint, general detect) with these DR6 bits. */
void x86_raise_debug(struct x86_cpu *cpu, uint64_t dr6) __attribute__((noreturn));
/* Through the IVT, IDT or a task gate; changes state only when nothing can fault any more. */
void x86_deliver_event(struct x86_cpu *cpu, const struct x86_event *event);
void x86_deliver_protected(struct x86_cpu *cpu, const struct x86_event *event);
void x86_deliver_long(struct x86_cpu *cpu, const struct x86_event *event);
void x86_deliver_real(struct x86_cpu *cpu, const struct x86_event *event, bool virtual_if);
uint64_t x86_event_rip(const struct x86_cpu *cpu, const struct x86_event *event);
uint64_t x86_event_eflags(struct x86_cpu *cpu, const struct x86_event *event);
bool x86_event_checks_dpl(const struct x86_event *event);
void x86_shutdown(struct x86_cpu *cpu, const char *why);

/* ---- segment.c: descriptors ---- */
struct x86_descriptor { uint64_t raw, upper, address; };    /* upper: second half of a 16-byte system descriptor */
static inline uint16_t descriptor_attributes(uint64_t raw) { return raw >> 40 & 0xf0ff; }
static inline uint32_t descriptor_base(uint64_t raw) { return (raw >> 16 & 0xffffff) | (raw >> 32 & 0xff000000); }
static inline uint32_t descriptor_limit(uint64_t raw)
{
    uint32_t limit = (raw & 0xffff) | (raw >> 32 & 0xf0000);
    return raw >> 55 & 1 ? limit << 12 | 0xfff : limit;
}
static inline unsigned attributes_dpl(uint16_t attributes) { return attributes >> SEG_DPL_SHIFT & 3; }
static inline bool attributes_code(uint16_t a) { return (a & (SEG_S | SEG_CODE)) == (SEG_S | SEG_CODE); }
static inline bool attributes_conforming(uint16_t a) { return attributes_code(a) && (a & SEG_DOWN_CONF); }
static inline bool attributes_data(uint16_t a) { return (a & (SEG_S | SEG_CODE)) == SEG_S; }
static inline bool attributes_writable(uint16_t a) { return attributes_data(a) && (a & SEG_RW); }
static inline bool attributes_readable(uint16_t a) { return (a & SEG_S) && (!(a & SEG_CODE) || (a & SEG_RW)); }
enum {  /* types of system descriptors */
    DESC_TSS16 = 1, DESC_LDT = 2, DESC_TSS16_BUSY = 3, DESC_CALL16 = 4, DESC_TASK = 5, DESC_INT16 = 6, DESC_TRAP16 = 7,
    DESC_TSS32 = 9, DESC_TSS32_BUSY = 11, DESC_CALL32 = 12, DESC_INT32 = 14, DESC_TRAP32 = 15,
};
/* Reads the 8 bytes of a selector's descriptor; false when it lies outside its table or the table is unusable. May
 * raise #PF. */
bool x86_descriptor_load(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *out);
/* The upper 8 bytes of a 16-byte descriptor; false when outside the table. */
bool x86_descriptor_load_upper(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *descriptor);
/* Sets bits in the type byte (accessed, busy) atomically when they are not set. */
void x86_descriptor_set(struct x86_cpu *cpu, struct x86_descriptor *descriptor, uint8_t bits);
static inline struct x86_segment x86_segment_of(uint16_t selector, uint64_t raw)
{
    return (struct x86_segment){ descriptor_base(raw), descriptor_limit(raw), selector, descriptor_attributes(raw) };
}
struct x86_segment x86_segment_null(uint16_t selector);
/* As real and virtual-8086 mode load a segment register. */
struct x86_segment x86_segment_real(const struct x86_cpu *cpu, unsigned seg, uint16_t selector);
/* MOV/POP to ES, SS, DS, FS, GS (and LDS...): all checks, then the load. */
void x86_segment_load(struct x86_cpu *cpu, unsigned seg, uint16_t selector);
/* Checks a stack selector for privilege cpl; raises with `vector` (#TS or #GP; #SS when not present). Returns the
 * segment. */
struct x86_segment x86_stack_segment_check(struct x86_cpu *cpu, uint16_t selector, unsigned cpl, unsigned vector);
/* Linear address of seg:offset for an access of `bytes`, checked; raises #GP(0), or #SS(0) for SS. */
uint64_t x86_segment_address(struct x86_cpu *cpu, unsigned seg, uint64_t offset, unsigned bytes, bool write);
/* Whether [offset, +bytes) lies inside the segment. */
bool x86_segment_inside(const struct x86_segment *segment, uint32_t offset, unsigned bytes);
/* Checks a code descriptor of a far jump, call or (vector #GP) gate for long mode's L and D. */
void x86_code_descriptor_check(struct x86_cpu *cpu, uint16_t selector, uint16_t attributes);
/* rip inside the limit, canonical in 64-bit code: else #GP(0). */
void x86_cs_check(struct x86_cpu *cpu, const struct x86_segment *cs, uint64_t rip);
/* CS and SS that a far return or IRET pops, checked. */
struct x86_segment x86_return_code(struct x86_cpu *cpu, uint16_t selector);
struct x86_segment x86_return_stack(struct x86_cpu *cpu, uint16_t selector, const struct x86_segment *cs);
/* Data segments that a return to an outer privilege makes unusable (SDM 2, RET). */
void x86_segments_outer(struct x86_cpu *cpu, unsigned cpl);
/* CS as a far jump to code of this privilege sets it, RIP as it is; checks as there. */
void x86_code_segment_load(struct x86_cpu *cpu, uint16_t selector);
/* Loads everything about CS, then rip. */
void x86_set_cs(struct x86_cpu *cpu, const struct x86_segment *cs, unsigned cpl, uint64_t rip);
void x86_load_ldt(struct x86_cpu *cpu, uint16_t selector, unsigned vector);

/* ---- a stack being written or read before SP is committed ---- */
struct x86_stack {
    struct x86_cpu *cpu;
    uint64_t sp, mask;
    struct x86_segment ss;          /* for its limit; outside 64-bit stacks */
    unsigned mmu;
    bool long_mode;
    uint32_t error;                 /* of #SS */
    uint64_t page;                  /* linear page that host points to, 1: none yet */
    uint8_t *host;
};
struct x86_stack x86_stack_current(struct x86_cpu *cpu);
struct x86_stack x86_stack_at(struct x86_cpu *cpu, const struct x86_segment *ss, uint64_t sp, unsigned cpl,
                              uint32_t error);
struct x86_stack x86_stack_long(struct x86_cpu *cpu, uint64_t sp, unsigned cpl);
void x86_stack_push(struct x86_stack *stack, unsigned bytes, uint64_t value);
uint64_t x86_stack_pop(struct x86_stack *stack, unsigned bytes);
void x86_stack_commit(struct x86_stack *stack);     /* writes SP by the stack's size */

/* ---- task.c ---- */
enum x86_task_reason { TASK_JMP, TASK_CALL, TASK_IRET, TASK_GATE };
/* next_rip: saved in the old task. error: pushed in the new task when has_error. */
void x86_task_switch(struct x86_cpu *cpu, uint16_t selector, enum x86_task_reason reason, uint64_t next_rip,
                     const struct x86_event *event);
void x86_task_return(struct x86_cpu *cpu, uint64_t next_rip);
/* SS:SP for an inner privilege from the TSS. */
void x86_tss_stack(struct x86_cpu *cpu, unsigned cpl, uint16_t *ss, uint32_t *esp);
uint64_t x86_tss_stack_long(struct x86_cpu *cpu, unsigned index);       /* 0-2: RSPn; 4..: IST1.. */

/* ---- control_regs.c, paging.c ---- */
void x86_set_cr0(struct x86_cpu *cpu, uint64_t value);          /* all checks of MOV CR0 */
void x86_set_cr3(struct x86_cpu *cpu, uint64_t value);
void x86_set_cr4(struct x86_cpu *cpu, uint64_t value);
void x86_load_pdptes(struct x86_cpu *cpu, uint64_t cr3);        /* raises #GP(0) on reserved bits; nothing changed then */
uint64_t x86_physical_mask(const struct x86_cpu *cpu);          /* address bits that the model has */

/* ---- msr.c ---- */
bool x86_msr_read(struct x86_cpu *cpu, uint32_t msr, uint64_t *value);
/* Those that others than msr.c name. */
enum { MSR_EFER = 0xc0000080, MSR_FS_BASE = 0xc0000100, MSR_GS_BASE, MSR_KERNEL_GS_BASE };
bool x86_msr_write(struct x86_cpu *cpu, uint32_t msr, uint64_t value);
uint64_t x86_tsc(struct x86_cpu *cpu);
/* Virtual time at which it reads so, in ns. */
uint64_t x86_tsc_ns(const struct x86_cpu *cpu, uint64_t tsc);

/* ---- fxsave.c ---- */
/* The 512 bytes of FXSAVE64, aligned to 16, outside a CPU's turn; no mode update. */
void x86_fxsave_image(struct x86_cpu *cpu, void *image);
void x86_fxrstor_image(struct x86_cpu *cpu, const void *image);

/* ---- debug.c ---- */
enum { DR6_B0 = 1, DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15, DR6_FIXED = 0xffff0ff0u, DR7_GD = 1 << 13 };
bool x86_debug_code_on(const struct x86_cpu *cpu);              /* an enabled instruction breakpoint */
bool x86_debug_data_on(const struct x86_cpu *cpu);              /* an enabled data or I/O breakpoint */
bool x86_debug_page_watched(const struct x86_cpu *cpu, uint64_t linear);
bool x86_debug_stack_access(struct x86_cpu *cpu);               /* the instruction at pc refers to the stack segment */
void x86_debug_io(struct x86_cpu *cpu, uint16_t port, unsigned bytes);
void x86_resume_flag(struct x86_cpu *cpu);                      /* when RF may be set, behind x86_input_recheck */
void x86_instruction_starts(struct cpu *cpu);                   /* no interrupt or trap comes before it: RF ends */

/* ---- smm.c, interrupt.c ---- */
void x86_smm_enter(struct x86_cpu *cpu);
void x86_smm_swap_memory(struct x86_cpu *cpu);
void x86_init(struct x86_cpu *cpu);                             /* INIT: as reset but what SDM 3, table 9-1 keeps */
/* Takes a latched input: true once for each time it was set. */
bool x86_take_input(struct x86_cpu *cpu, enum cpu_input input);
/* Takes RESET, TLB flushes, INIT and SIPI of `input`. Returns false when the CPU waits for one of them. */
bool x86_poll_start(struct x86_cpu *cpu, uint32_t input);
/* Call after IF, TPR, shadow ... may have made an input deliverable. */
void x86_input_recheck(struct x86_cpu *cpu);

#endif
