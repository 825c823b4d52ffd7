/* SPDX-License-Identifier: MIT */
/*
 * A CPU's state between struct x86_cpu and KVM, whole, at the ends of a turn. Events under way travel too: an exception or
 * interrupt that KVM has begun to deliver is `raised` in the structure.
 *
 * What the structure has no room for (AVX and later) stays in kvm_vcpu.xsave as it was read.
 */
#include "target-x86/kvm_internal.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- general and segment registers, tables, control registers ---- */

static void put_general(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    const uint64_t *r = cpu->regs;
    struct kvm_regs regs = {
        .rax = r[R_AX], .rbx = r[R_BX], .rcx = r[R_CX], .rdx = r[R_DX], .rsi = r[R_SI], .rdi = r[R_DI], .rsp = r[R_SP],
        .rbp = r[R_BP], .r8 = r[8], .r9 = r[9], .r10 = r[10], .r11 = r[11], .r12 = r[12], .r13 = r[13], .r14 = r[14], .r15 = r[15],
        .rip = x86_rip(cpu), .rflags = x86_eflags_get(cpu),
    };
    KVM_DO(vcpu, KVM_SET_REGS, &regs);
}

static uint64_t get_general(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    struct kvm_regs s = { 0 };
    KVM_DO(vcpu, KVM_GET_REGS, &s);
    const uint64_t regs[16] = { [R_AX] = s.rax, [R_CX] = s.rcx, [R_DX] = s.rdx, [R_BX] = s.rbx, [R_SP] = s.rsp, [R_BP] = s.rbp,
                                [R_SI] = s.rsi, [R_DI] = s.rdi, s.r8, s.r9, s.r10, s.r11, s.r12, s.r13, s.r14, s.r15 };
    memcpy(cpu->regs, regs, sizeof(cpu->regs));
    x86_eflags_put(cpu, s.rflags, ~0ull);
    return s.rip;
}

/* KVM refuses the bit L outside long mode, where a descriptor may have it. */
static void put_segment(struct kvm_segment *out, const struct x86_segment *in, bool long_mode)
{
    const unsigned a = in->attributes;
    *out = (struct kvm_segment){
        .base = in->base, .limit = in->limit, .selector = in->selector, .type = a & SEG_TYPE, .present = a >> 7 & 1,
        .dpl = a >> SEG_DPL_SHIFT & 3, .db = a >> 14 & 1, .s = a >> 4 & 1, .l = long_mode && a & SEG_L, .g = a >> 15 & 1, .avl = a >> 12 & 1,
        .unusable = !(a & SEG_P),
    };
}

static struct x86_segment get_segment(const struct kvm_segment *s)
{
    const unsigned attributes = s->type | s->s << 4 | s->dpl << SEG_DPL_SHIFT | (s->present && !s->unusable) << 7 | s->avl << 12 |
                                s->l << 13 | s->db << 14 | s->g << 15;
    return (struct x86_segment){ s->base, s->limit, s->selector, (uint16_t)attributes };
}

static struct kvm_segment *segment_at(struct kvm_sregs *s, unsigned seg)
{
    struct kvm_segment *const at[SEG_COUNT] = {
        [SEG_ES] = &s->es, [SEG_CS] = &s->cs, [SEG_SS] = &s->ss, [SEG_DS] = &s->ds, [SEG_FS] = &s->fs, [SEG_GS] = &s->gs,
        [SEG_LDTR] = &s->ldt, [SEG_TR] = &s->tr,
    };
    return at[seg];
}

static uint8_t read_tpr(struct x86_cpu *cpu)
{
    if (!cpu->pic.read_tpr) {
        return 0;
    }
    g_mutex_lock(cpu->cpu.machine_lock);
    const uint8_t tpr = cpu->pic.read_tpr(cpu->pic.controller);
    g_mutex_unlock(cpu->cpu.machine_lock);
    return tpr;
}

/* A KVM without hardware virtualization may take a state with paging outside long mode and forget the paging. */
static void check_paging(struct kvm_vcpu *vcpu)
{
    struct kvm_sregs s = { .cr0 = 0 };
    KVM_DO(vcpu, KVM_GET_SREGS, &s);
    if (!vcpu->broken && !(s.cr0 & CR0_PG)) {
        g_printerr("dragoman: CPU %u: this host's KVM has paging in long mode only; it stops\n", vcpu->cpu->cpu.index);
        vcpu->broken = true;
    }
}

static void put_special(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    struct kvm_sregs s = {
        .cr0 = cpu->cr0, .cr2 = cpu->cr2, .cr3 = cpu->cr3, .cr4 = cpu->cr4, .cr8 = read_tpr(cpu) >> 4, .efer = cpu->efer,
        .apic_base = cpu->apic_base, .gdt = { .base = cpu->gdt.base, .limit = (uint16_t)cpu->gdt.limit },
        .idt = { .base = cpu->idt.base, .limit = (uint16_t)cpu->idt.limit },
    };
    for (unsigned n = 0; n < SEG_COUNT; n++) {
        put_segment(segment_at(&s, n), &cpu->seg[n], x86_lma(cpu));
    }
    s.ss.dpl = cpu->cpl;
    vcpu->run->cr8 = vcpu->cr8 = s.cr8;
    KVM_DO(vcpu, KVM_SET_SREGS, &s);
    if (cpu->cr0 & CR0_PG && !x86_lma(cpu) && !vcpu->broken) {
        check_paging(vcpu);
    }
}

bool kvm_state_has_legacy_paging(struct kvm_vcpu *vcpu)
{
    struct kvm_sregs s = { 0 };
    KVM_DO(vcpu, KVM_GET_SREGS, &s);
    s.cr0 |= CR0_PE | CR0_PG;
    s.cr4 &= ~(uint64_t)CR4_PAE;
    s.efer &= ~(uint64_t)(EFER_LME | EFER_LMA);
    s.cs.l = 0;
    KVM_DO(vcpu, KVM_SET_SREGS, &s);
    KVM_DO(vcpu, KVM_GET_SREGS, &s);
    return s.cr0 & CR0_PG;
}

static void get_special(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    struct kvm_sregs s = { 0 };
    KVM_DO(vcpu, KVM_GET_SREGS, &s);
    cpu->cr0 = s.cr0;
    cpu->cr2 = s.cr2;
    cpu->cr3 = s.cr3;
    cpu->cr4 = s.cr4;
    cpu->efer = s.efer;
    cpu->gdt = (struct x86_table){ s.gdt.base, s.gdt.limit };
    cpu->idt = (struct x86_table){ s.idt.base, s.idt.limit };
    for (unsigned n = 0; n < SEG_COUNT; n++) {
        cpu->seg[n] = get_segment(segment_at(&s, n));
    }
    cpu->cpl = !x86_protected(cpu) ? 0 : x86_vm86(cpu) ? 3 : attributes_dpl(cpu->seg[SEG_SS].attributes);
    if (cpu->cr0 & CR0_PG && cpu->cr4 & CR4_PAE && !x86_lma(cpu)) {
        for (unsigned n = 0; n < 4; n++) {      /* as the processor has them, but for a guest that changed the table since */
            cpu->pdpte[n] = phys_load(&cpu->cpu, (cpu->cr3 & 0xffffffe0) + n * 8, 8);
        }
    }
}

/* ---- floating point ---- */

struct legacy_area { uint8_t bytes[512]; } __attribute__((aligned(16)));
struct xsave_image { uint8_t legacy[sizeof(struct legacy_area)]; uint64_t xstate_bv, rest[7]; };
enum { XSTATE_X87_SSE = 3 };

static void put_float(struct kvm_vcpu *vcpu)
{
    struct xsave_image *image = (struct xsave_image *)&vcpu->xsave;
    struct legacy_area legacy = { { 0 } };
    x86_fxsave_image(vcpu->cpu, &legacy);
    memcpy(image->legacy, &legacy, sizeof(legacy));
    image->xstate_bv |= XSTATE_X87_SSE;
    image->xstate_bv &= vcpu->cpu->xcr0 | XSTATE_X87_SSE;
    KVM_DO(vcpu, KVM_SET_XSAVE, &vcpu->xsave);
    if (vcpu->machine->has_xcrs && x86_has(vcpu->cpu, FEAT_XSAVE)) {
        struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs = { { .xcr = 0, .value = vcpu->cpu->xcr0 } } };
        KVM_DO(vcpu, KVM_SET_XCRS, &xcrs);
    }
}

static void get_float(struct kvm_vcpu *vcpu)
{
    const struct xsave_image *image = (const struct xsave_image *)&vcpu->xsave;
    struct legacy_area legacy;
    KVM_DO(vcpu, KVM_GET_XSAVE, &vcpu->xsave);
    memcpy(&legacy, image->legacy, sizeof(legacy));
    x86_fxrstor_image(vcpu->cpu, &legacy);
    if (vcpu->machine->has_xcrs && x86_has(vcpu->cpu, FEAT_XSAVE)) {
        struct kvm_xcrs xcrs = { .nr_xcrs = 0 };
        KVM_DO(vcpu, KVM_GET_XCRS, &xcrs);
        vcpu->cpu->xcr0 = xcrs.nr_xcrs ? xcrs.xcrs[0].value : vcpu->cpu->xcr0;
    }
}

/* ---- model-specific registers ---- */

struct msr_place { uint32_t msr, field; };
#define MSR(number, member) { number, offsetof(struct x86_cpu, member) }
static const struct msr_place msr_places[] = {
    MSR(0x174, sysenter_cs), MSR(0x175, sysenter_esp), MSR(0x176, sysenter_eip), MSR(0x277, pat), MSR(0x1a0, misc_enable),
    MSR(0xc0000081, star), MSR(0xc0000082, lstar), MSR(0xc0000083, cstar), MSR(0xc0000084, sfmask), MSR(0xc0000102, kernel_gs_base),
    MSR(0xc0000103, tsc_aux), MSR(0x3b, tsc_adjust), MSR(0x17a, mcg_status), MSR(0x2ff, mtrr_def), MSR(0x9e, smbase),
    MSR(0x250, mtrr_fixed[0]), MSR(0x258, mtrr_fixed[1]), MSR(0x259, mtrr_fixed[2]), MSR(0x268, mtrr_fixed[3]),
    MSR(0x269, mtrr_fixed[4]), MSR(0x26a, mtrr_fixed[5]), MSR(0x26b, mtrr_fixed[6]), MSR(0x26c, mtrr_fixed[7]),
    MSR(0x26d, mtrr_fixed[8]), MSR(0x26e, mtrr_fixed[9]), MSR(0x26f, mtrr_fixed[10]),
    MSR(0x200, mtrr_base[0]), MSR(0x201, mtrr_mask[0]), MSR(0x202, mtrr_base[1]), MSR(0x203, mtrr_mask[1]),
    MSR(0x204, mtrr_base[2]), MSR(0x205, mtrr_mask[2]), MSR(0x206, mtrr_base[3]), MSR(0x207, mtrr_mask[3]),
    MSR(0x208, mtrr_base[4]), MSR(0x209, mtrr_mask[4]), MSR(0x20a, mtrr_base[5]), MSR(0x20b, mtrr_mask[5]),
    MSR(0x20c, mtrr_base[6]), MSR(0x20d, mtrr_mask[6]), MSR(0x20e, mtrr_base[7]), MSR(0x20f, mtrr_mask[7]),
};
enum { MSR_TSC = 0x10, TSC_SLACK_US = 1000 };
G_STATIC_ASSERT(G_N_ELEMENTS(msr_places) <= KVM_STATE_MSRS);

struct msr_list { struct kvm_msrs head; struct kvm_msr_entry entry[KVM_STATE_MSRS]; };

static uint64_t *msr_field(struct x86_cpu *cpu, unsigned n)
{
    return (uint64_t *)(void *)((char *)cpu + msr_places[n].field);
}

static bool transfer_one(struct kvm_vcpu *vcpu, unsigned long request, uint32_t number, uint64_t *value)
{
    struct msr_list list = { .head = { .nmsrs = 1 }, .entry = { { .index = number, .data = *value } } };
    if (ioctl(vcpu->fd, request, &list) != 1) {
        return false;
    }
    *value = list.entry[0].data;
    return true;
}

void kvm_state_learn_msrs(struct kvm_vcpu *vcpu)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(msr_places); n++) {
        uint64_t value = 0;
        if (transfer_one(vcpu, KVM_GET_MSRS, msr_places[n].msr, &value)) {
            vcpu->msr[vcpu->msr_count++] = (uint8_t)n;
        }
    }
}

static uint64_t tsc_slack(const struct kvm_vcpu *vcpu)
{
    return vcpu->cpu->tsc_khz * TSC_SLACK_US / 1000;
}

/* By how much KVM's counter is ahead of ours. Where the host takes the thread off its processor between the two readings they say
 * nothing: then again. */
static bool tsc_ahead(struct kvm_vcpu *vcpu, uint64_t *ahead)
{
    enum { TRIES = 16 };
    for (unsigned i = 0; i < TRIES; i++) {
        const uint64_t before = x86_tsc(vcpu->cpu);
        uint64_t tsc = 0;
        if (!transfer_one(vcpu, KVM_GET_MSRS, MSR_TSC, &tsc)) {
            return false;
        }
        *ahead = tsc - before;
        if (x86_tsc(vcpu->cpu) - before <= tsc_slack(vcpu)) {
            break;
        }
    }
    return true;
}

/* KVM's counter went on while virtual time did, so it is only set after that stood still or the CPU was reset. */
static void put_tsc(struct kvm_vcpu *vcpu)
{
    const uint64_t slack = tsc_slack(vcpu);
    uint64_t ahead;
    if (!tsc_ahead(vcpu, &ahead) || ahead + slack > 2 * slack) {
        uint64_t wanted = x86_tsc(vcpu->cpu);
        transfer_one(vcpu, KVM_SET_MSRS, MSR_TSC, &wanted);
    }
}

/* A value that this KVM refuses is left out with those behind it tried again. */
static void put_msrs(struct kvm_vcpu *vcpu)
{
    put_tsc(vcpu);
    for (unsigned n = 0; n < vcpu->msr_count;) {
        struct msr_list list = { .head = { .nmsrs = 0 } };
        for (unsigned i = n; i < vcpu->msr_count; i++) {
            const unsigned place = vcpu->msr[i];
            list.entry[list.head.nmsrs++] = (struct kvm_msr_entry){ .index = msr_places[place].msr, .data = *msr_field(vcpu->cpu, place) };
        }
        const int done = ioctl(vcpu->fd, KVM_SET_MSRS, &list);
        n += done > 0 ? (unsigned)done : 0;
        n += n < vcpu->msr_count;
    }
}

static void get_msrs(struct kvm_vcpu *vcpu)
{
    uint64_t ahead;
    if (tsc_ahead(vcpu, &ahead)) {
        vcpu->cpu->tsc_offset += ahead;
    }
    struct msr_list list = { .head = { .nmsrs = vcpu->msr_count } };
    for (unsigned i = 0; i < vcpu->msr_count; i++) {
        list.entry[i].index = msr_places[vcpu->msr[i]].msr;
    }
    const int done = ioctl(vcpu->fd, KVM_GET_MSRS, &list);
    for (int i = 0; i < done; i++) {
        *msr_field(vcpu->cpu, vcpu->msr[i]) = list.entry[i].data;
    }
}

/* ---- debug registers ---- */

static void put_debug(struct kvm_vcpu *vcpu)
{
    const uint64_t *dr = vcpu->cpu->dr;
    struct kvm_debugregs regs = { .db = { dr[0], dr[1], dr[2], dr[3] }, .dr6 = dr[6], .dr7 = dr[7] };
    KVM_DO(vcpu, KVM_SET_DEBUGREGS, &regs);
}

static void get_debug(struct kvm_vcpu *vcpu)
{
    struct kvm_debugregs regs = { .dr7 = 0x400 };
    KVM_DO(vcpu, KVM_GET_DEBUGREGS, &regs);
    for (unsigned n = 0; n < 4; n++) {
        vcpu->cpu->dr[n] = regs.db[n];
    }
    vcpu->cpu->dr[6] = regs.dr6;
    vcpu->cpu->dr[7] = regs.dr7;
}

/* ---- events ---- */

static void put_events(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    const struct x86_event *raised = &cpu->raised;
    struct kvm_vcpu_events e = { .flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW, .nmi.masked = cpu->nmi_blocked };
    if (raised->pending && raised->kind == EVENT_EXTERNAL) {
        e.nmi.injected = raised->vector == EXC_NMI;
        e.interrupt.injected = !e.nmi.injected;
        e.interrupt.nr = raised->vector;
    } else if (raised->pending) {
        e.exception.injected = 1;
        e.exception.nr = raised->vector;
        e.exception.has_error_code = raised->has_error;
        e.exception.error_code = raised->error;
    }
    cpu->raised.pending = false;
    if (cpu->cpu.mode & MODE_SHADOW) {
        e.interrupt.shadow = cpu->shadow_ss ? KVM_X86_SHADOW_INT_MOV_SS : KVM_X86_SHADOW_INT_STI;
    }
    if (vcpu->machine->has_smm) {
        e.flags |= KVM_VCPUEVENT_VALID_SMM;
        e.smi.smm = cpu->smm;
        e.smi.smm_inside_nmi = cpu->smm_nmi_blocked;
    }
    KVM_DO(vcpu, KVM_SET_VCPU_EVENTS, &e);
}

/* INT n, INT3 and INTO that met an exit begin again: RIP is still their own. */
static void get_raised(struct x86_cpu *cpu, const struct kvm_vcpu_events *e)
{
    const bool software = e->exception.nr == EXC_BP || e->exception.nr == EXC_OF;
    if (e->exception.injected && !software) {
        cpu->raised = (struct x86_event){ .vector = e->exception.nr, .pending = true,
                                          .kind = e->exception.nr == EXC_DB ? EVENT_TRAP : EVENT_FAULT,
                                          .has_error = e->exception.has_error_code, .error = e->exception.error_code };
    } else if (e->nmi.injected || (e->interrupt.injected && !e->interrupt.soft)) {
        cpu->raised = (struct x86_event){ .vector = e->nmi.injected ? EXC_NMI : e->interrupt.nr, .kind = EVENT_EXTERNAL, .pending = true };
    }
}

static void get_events(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    struct kvm_vcpu_events e = { 0 };
    KVM_DO(vcpu, KVM_GET_VCPU_EVENTS, &e);
    get_raised(cpu, &e);
    cpu->nmi_blocked = e.nmi.masked;
    const uint32_t pending = (e.nmi.pending ? CPU_INPUT_NMI : 0) | (vcpu->machine->has_smm && e.smi.pending ? CPU_INPUT_SMI : 0);
    if (pending) {
        atomic_fetch_or(&cpu->cpu.input, pending);
        atomic_store(&cpu->cpu.exit_request, 1);        /* whoever runs on from here asks for it first */
    }
    cpu->cpu.mode &= ~(uint32_t)MODE_SHADOW;
    cpu->cpu.mode |= e.interrupt.shadow ? MODE_SHADOW : 0;
    cpu->shadow_ss = e.interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS;
    if (vcpu->machine->has_smm) {
        if (cpu->smm != e.smi.smm) {
            x86_smm_swap_memory(cpu);
        }
        cpu->smm = e.smi.smm;
        cpu->smm_nmi_blocked = e.smi.smm_inside_nmi;
    }
}

/* ---- all of it ---- */

void kvm_state_put(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    struct kvm_run *run = vcpu->run;
    run->if_flag = !!(cpu->eflags & EFL_IF);
    run->ready_for_interrupt_injection = run->if_flag && !cpu->raised.pending && !(cpu->cpu.mode & MODE_SHADOW);
    put_msrs(vcpu);
    put_special(vcpu);
    put_general(vcpu);
    put_float(vcpu);
    put_debug(vcpu);
    put_events(vcpu);
}

void kvm_state_get(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    if (vcpu->broken) {
        return;                     /* what the structure has is all that is known */
    }
    const uint64_t rip = get_general(vcpu);
    get_events(vcpu);
    get_special(vcpu);
    get_float(vcpu);
    get_msrs(vcpu);
    get_debug(vcpu);
    x86_update_mode(cpu);
    x86_set_rip(cpu, rip);
    mmu_flush(&cpu->cpu, false);
}
