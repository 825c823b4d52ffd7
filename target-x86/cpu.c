/* SPDX-License-Identifier: MIT */
/*
 * A CPU as a whole: making one, power-on and INIT state (SDM 3, 9.1 and table 9-1), EFLAGS, and the derivation of
 * cpu.mode, the word that all translated code depends on.
 */
#include "target-x86/system.h"
#include "target-x86/trans.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

uint64_t x86_eflags_get(struct x86_cpu *cpu)
{
    return cpu->eflags | ir_flags_word(&cpu->flags);
}

void x86_eflags_put(struct x86_cpu *cpu, uint64_t value, uint64_t mask)
{
    uint64_t arithmetic = mask & EFL_ARITHMETIC, other = mask & ~(uint64_t)EFL_ARITHMETIC;

    if (arithmetic) {
        uint64_t word = (ir_flags_word(&cpu->flags) & ~arithmetic) | (value & arithmetic);
        cpu->flags = (struct ir_flags){ .a = word, .kind = IR_FLAGS_WORD, .width = 32 };
    }
    cpu->eflags = (cpu->eflags & ~other) | (value & other) | EFL_ONE;
}

/* Whether data accesses through a segment need neither limit nor rights: present, writable, up to 4 GiB. */
static bool segment_open(const struct x86_segment *s)
{
    enum { ORDINARY = SEG_P | SEG_S | SEG_RW, MASK = ORDINARY | SEG_CODE | SEG_DOWN_CONF };

    return s->limit == 0xffffffff && (s->attributes & MASK) == ORDINARY;
}

static bool segment_flat(const struct x86_segment *s)
{
    return s->base == 0 && segment_open(s);
}

static uint32_t segment_mode(const struct x86_cpu *cpu)
{
    const struct x86_segment *cs = &cpu->seg[SEG_CS];
    uint32_t mode = 0;

    if (cpu->efer & EFER_LMA && cs->attributes & SEG_L) {
        return MODE_CODE64 | MODE_FLAT | MODE_FS_OPEN | MODE_GS_OPEN | MODE_CS_ZERO;
    }
    mode |= cs->attributes & SEG_DB ? MODE_CODE32 : 0;
    mode |= cpu->seg[SEG_SS].attributes & SEG_DB ? MODE_STACK32 : 0;
    if (cs->base == 0 && cs->limit == 0xffffffff) {
        mode |= MODE_CS_ZERO;
        if (attributes_readable(cs->attributes) && segment_flat(&cpu->seg[SEG_DS]) && segment_flat(&cpu->seg[SEG_ES]) &&
            segment_flat(&cpu->seg[SEG_SS])) {
            mode |= MODE_FLAT;
        }
    }
    mode |= segment_open(&cpu->seg[SEG_FS]) ? MODE_FS_OPEN : 0;
    mode |= segment_open(&cpu->seg[SEG_GS]) ? MODE_GS_OPEN : 0;
    return mode;
}

static uint32_t float_mode(const struct x86_cpu *cpu)
{
    return (cpu->cr0 & CR0_TS ? MODE_TS : 0) | (cpu->cr0 & CR0_EM ? MODE_EM : 0) | (cpu->cr0 & CR0_MP ? MODE_MP : 0) |
           (cpu->cr4 & CR4_OSFXSR ? MODE_OSFXSR : 0) | (cpu->cr4 & CR4_OSXSAVE ? MODE_OSXSAVE : 0) |
           (x86_mxcsr_traps(cpu) ? MODE_MXCSR_TRAPS : 0) | (x86_fpu_traps(cpu) ? MODE_X87_TRAPS : 0);
}

void x86_update_mode(struct x86_cpu *cpu)
{
    uint32_t mode = segment_mode(cpu) | float_mode(cpu) | cpu->cpl | (cpu->cpu.mode & MODE_SHADOW);
    bool vm = cpu->eflags & EFL_VM;

    if (cpu->cr0 & CR0_PE) {
        mode |= MODE_PE | (vm ? MODE_VM : 0);
    }
    mode |= cpu->efer & EFER_LMA ? MODE_LMA : 0;
    mode |= !(mode & MODE_PE) || (!vm && cpu->cpl <= x86_iopl(cpu)) ? MODE_IOPL_OK : 0;
    mode |= cpu->eflags & EFL_TF || x86_debug_data_on(cpu) ? MODE_TF : 0;
    mode |= x86_debug_code_on(cpu) ? MODE_IBP : 0;
    mode |= cpu->cpl < 3 && cpu->cr4 & CR4_SMAP && !(cpu->eflags & EFL_AC) ? MODE_SMAP : 0;
    mode |= cpu->cpl == 3 && cpu->cr0 & CR0_AM && cpu->eflags & EFL_AC ? MODE_AC : 0;
    mode |= cpu->smm ? MODE_SMM : 0;
    cpu->cpu.mode = mode;
}

void x86_set_rip(struct x86_cpu *cpu, uint64_t rip)
{
    if (cpu->cpu.mode & MODE_CODE64) {
        cpu->cpu.pc = rip;
    } else {
        cpu->cpu.pc = (uint32_t)rip | (uint64_t)(uint32_t)cpu->seg[SEG_CS].base << 32;
    }
}

uint64_t x86_linear_of_pc(struct cpu *cpu, uint64_t pc, uint32_t mode)
{
    return mode & MODE_CODE64 ? pc : (uint32_t)(pc + (pc >> 32));
}

unsigned x86_fetch_mmu(uint32_t mode)
{
    return (mode & MODE_CPL) == 3 ? X86_MMU_USER : X86_MMU_KERNEL;
}

/* A bus without an answer reads as ones; as code, FFh FFh is no instruction. */
void x86_bus_error(struct cpu *cpu, uint64_t linear, enum mmu_access access)
{
}

/* What RESET# and INIT have in common. */
static void reset_core(struct x86_cpu *cpu)
{
    if (cpu->smm) {
        x86_smm_swap_memory(cpu);
    }
    memset(cpu->regs, 0, sizeof(cpu->regs));
    cpu->regs[R_DX] = cpu->model->signature;
    cpu->flags = (struct ir_flags){ .kind = IR_FLAGS_WORD, .width = 32 };
    cpu->eflags = EFL_ONE;
    for (unsigned n = SEG_ES; n <= SEG_GS; n++) {
        cpu->seg[n] = (struct x86_segment){ 0, 0xffff, 0, SEG_P | SEG_S | SEG_RW | SEG_ACCESSED };
    }
    cpu->seg[SEG_CS].selector = 0xf000;
    cpu->seg[SEG_CS].base = 0xffff0000;
    cpu->seg[SEG_LDTR] = (struct x86_segment){ 0, 0xffff, 0, SEG_P | DESC_LDT };
    cpu->seg[SEG_TR] = (struct x86_segment){ 0, 0xffff, 0, SEG_P | DESC_TSS32_BUSY };
    cpu->gdt = cpu->idt = (struct x86_table){ 0, 0xffff };
    cpu->cr2 = cpu->cr3 = cpu->cr4 = cpu->efer = 0;
    memset(cpu->pdpte, 0, sizeof(cpu->pdpte));
    memset(cpu->dr, 0, sizeof(cpu->dr));
    cpu->dr[6] = DR6_FIXED;
    cpu->dr[7] = 0x400;
    cpu->xcr0 = 1;
    cpu->smm = cpu->nmi_blocked = cpu->smm_nmi_blocked = cpu->shutdown = cpu->single_step = cpu->shadow_ss = false;
    cpu->cpl = 0;
    cpu->raised.pending = false;
    cpu->delivering = -1;
    cpu->delivering_external = false;
    cpu->debug_pending = 0;
    cpu->monitor_address = 0;
    cpu->cpu.halted = cpu->wait_for_sipi = !cpu->bootstrap;
    cpu->cpu.mode = 0;
    x86_update_mode(cpu);
    x86_set_rip(cpu, 0xfff0);
    if (cpu->cpu.engine) {
        mmu_flush(&cpu->cpu, false);
    }
}

void x86_init(struct x86_cpu *cpu)
{
    uint64_t cache = cpu->cr0 & (CR0_CD | CR0_NW);

    cpu->cr0 = CR0_ET | cache;
    reset_core(cpu);
}

void x86_reset(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    cpu->cr0 = CR0_CD | CR0_NW | CR0_ET;
    x86_fpu_init(cpu);
    cpu->ferr_raised = false;
    cpu->fpu.control = 0x40;        /* power-on, unlike FNINIT: everything unmasked, all registers +0.0 */
    cpu->fpu.tag_valid = 0xff;
    memset(cpu->fpu.st, 0, sizeof(cpu->fpu.st));
    memset(cpu->xmm, 0, sizeof(cpu->xmm));
    x86_mxcsr_put(cpu, 0x1f80);
    cpu->star = cpu->lstar = cpu->cstar = cpu->sfmask = cpu->kernel_gs_base = cpu->tsc_aux = 0;
    cpu->pat = 0x0007040600070406;
    cpu->sysenter_cs = cpu->sysenter_esp = cpu->sysenter_eip = 0;
    cpu->apic_base = 0xfee00800 | (cpu->bootstrap ? 0x100 : 0);
    cpu->misc_enable = 1;
    cpu->tsc_adjust = cpu->tsc_deadline = cpu->mcg_status = cpu->mcg_ctl = 0;
    cpu->smbase = 0x30000;
    cpu->mtrr_def = 0;
    memset(cpu->mtrr_fixed, 0, sizeof(cpu->mtrr_fixed));
    memset(cpu->mtrr_base, 0, sizeof(cpu->mtrr_base));
    memset(cpu->mtrr_mask, 0, sizeof(cpu->mtrr_mask));
    memset(cpu->mc_bank, 0, sizeof(cpu->mc_bank));
    cpu->a20 = true;
    cpu->tsc_offset = 0;
    cpu->tsc_offset = -x86_tsc(cpu);
    reset_core(cpu);
    atomic_fetch_and(&base->input, ~(uint32_t)(CPU_INPUT_NMI | CPU_INPUT_SMI | CPU_INPUT_INIT | CPU_INPUT_SIPI));
    log_write(base->log, LOG_reset, "CPU %u: reset\n", base->index);
}

static void port_set_input(void *opaque, enum cpu_input input, bool level)
{
    struct cpu *cpu = opaque;

    if (level) {
        atomic_fetch_or(&cpu->input, (uint32_t)input);
        cpu_kick(cpu);
    } else {
        atomic_fetch_and(&cpu->input, ~(uint32_t)input);
    }
}

static int64_t port_tsc_time_ns(void *opaque, uint64_t tsc)
{
    uint64_t ns = x86_tsc_ns(opaque, tsc);

    return MIN(ns, (uint64_t)INT64_MAX);
}

struct x86_cpu *x86_cpu_new(const struct x86_model *model, unsigned apic_id, bool bootstrap)
{
    size_t bytes = (sizeof(struct x86_cpu) + 63) & ~(size_t)63;
    struct x86_cpu *cpu = aligned_alloc(64, bytes);

    if (!cpu) {
        g_error("no memory for a CPU");
    }
    memset(cpu, 0, bytes);
    cpu->cpu.frontend = &x86_frontend;
    cpu->cpu.index = apic_id;
    cpu->model = model;
    cpu->apic_id = apic_id;
    cpu->bootstrap = bootstrap;
    cpu->port.cpu = cpu;
    cpu->port.set_input = port_set_input;
    cpu->port.tsc_time_ns = port_tsc_time_ns;
    x86_reset(&cpu->cpu);
    return cpu;
}

void x86_cpu_free(struct x86_cpu *cpu)
{
    if (cpu && cpu->decoder) {
        x86_decoder_free(cpu->decoder);
    }
    free(cpu);
}

static void dump_segment(const struct x86_cpu *cpu, unsigned n, const char *name, GString *out)
{
    const struct x86_segment *s = &cpu->seg[n];

    g_string_append_printf(out, "%-3s=%04x %016" PRIx64 " %08x %04x\n", name, s->selector, s->base, s->limit,
                           s->attributes);
}

void x86_dump(struct cpu *base, GString *out)
{
    static const char reg_names[16][4] = { "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                           "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15" };
    static const char seg_names[SEG_COUNT][4] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR" };
    struct x86_cpu *cpu = x86_cpu_of(base);

    for (unsigned n = 0; n < 16; n++) {
        g_string_append_printf(out, "%-3s=%016" PRIx64 "%c", reg_names[n], cpu->regs[n], n % 4 == 3 ? '\n' : ' ');
    }
    g_string_append_printf(out, "RIP=%016" PRIx64 " RFL=%08" PRIx64 " CPL=%u mode=%08x%s%s\n", x86_rip(cpu),
                           x86_eflags_get(cpu), cpu->cpl, base->mode, cpu->smm ? " SMM" : "", base->halted ? " HLT" : "");
    for (unsigned n = 0; n < SEG_COUNT; n++) {
        dump_segment(cpu, n, seg_names[n], out);
    }
    g_string_append_printf(out, "GDT=     %016" PRIx64 " %08x\nIDT=     %016" PRIx64 " %08x\n", cpu->gdt.base,
                           cpu->gdt.limit, cpu->idt.base, cpu->idt.limit);
    g_string_append_printf(out,
                           "CR0=%08" PRIx64 " CR2=%016" PRIx64 " CR3=%016" PRIx64 " CR4=%08" PRIx64 " EFER=%" PRIx64
                           "\nDR6=%08" PRIx64 " DR7=%08" PRIx64 "\n",
                           cpu->cr0, cpu->cr2, cpu->cr3, cpu->cr4, cpu->efer, cpu->dr[6], cpu->dr[7]);
}
