/* SPDX-License-Identifier: MIT */
/*
 * FXSAVE, FXRSTOR (SDM volume 1, 10.5), XSAVE and its relatives (chapter 13), LDMXCSR and STMXCSR.
 *
 * The state components are x87 and SSE; with those two the compacted form of XSAVEC has the same layout as the standard
 * one. XINUSE is reported as set for both, so the init optimisation never leaves anything out, which 13.6 permits.
 * Departures: FXSAVE stores the last instruction's pointers always (AMD: only with an exception pending), and XMM
 * registers whatever CR4.OSFXSR is. No supervisor state: XSAVES and XRSTORS are not offered.
 */
#include "target-x86/system.h"
#include "target-x86/tables.h"
#include "target-x86/x87.h"

/* The legacy region, 512 bytes, table 10-2 of the SDM. */
struct fxsave_area {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved0;
    uint16_t fop;
    union { uint64_t fip; struct { uint32_t fip32; uint16_t fcs, reserved1; }; };
    union { uint64_t fdp; struct { uint32_t fdp32; uint16_t fds, reserved2; }; };
    uint32_t mxcsr, mxcsr_mask;
    struct x86_st st[8];
    union x86_xmm xmm[16];
    uint8_t unused[96];
};
G_STATIC_ASSERT(sizeof(struct fxsave_area) == 512);

struct xsave_header { uint64_t xstate_bv, xcomp_bv, reserved[6]; };

enum { XSTATE_X87 = 1 << 0, XSTATE_SSE = 1 << 1 };
#define XCOMP_COMPACT (1ull << 63)
enum { FORM_REXW = 1 << 0, FORM_COMPACT = 1 << 1 };

static unsigned xmm_count(const struct x86_cpu *cpu) { return cpu->cpu.mode & MODE_CODE64 ? 16 : 8; }

static void x87_to_area(struct x86_cpu *cpu, struct fxsave_area *area, unsigned form)
{
    struct x86_fpu *fpu = &cpu->fpu;
    x87_sync(fpu);
    area->fcw = fpu->control;
    area->fsw = x86_fpu_status(cpu);
    area->ftw = fpu->tag_valid;
    area->reserved0 = 0;
    area->fop = fpu->opcode;
    area->fip = fpu->ip;
    area->fdp = fpu->dp;
    if (!(form & FORM_REXW)) {
        area->fcs = fpu->cs;
        area->fds = fpu->ds;
        area->reserved1 = area->reserved2 = 0;
    }
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_st *st = &fpu->st[x87_index(fpu, i)];
        area->st[i] = (struct x86_st){ .significand = st->significand, .sign_exponent = st->sign_exponent };
    }
}

static void x87_from_area(struct x86_cpu *cpu, const struct fxsave_area *area, unsigned form)
{
    struct x86_fpu *fpu = &cpu->fpu;
    x87_sync(fpu);
    fpu->top = area->fsw >> 11 & 7;
    fpu->status = area->fsw & (FSW_FLAGS | FSW_SF | FSW_CC);
    fpu->tag_valid = area->ftw;
    fpu->opcode = area->fop & 0x7ff;
    fpu->ip = form & FORM_REXW ? area->fip : area->fip32;
    fpu->dp = form & FORM_REXW ? area->fdp : area->fdp32;
    fpu->cs = form & FORM_REXW ? 0 : area->fcs;
    fpu->ds = form & FORM_REXW ? 0 : area->fds;
    for (unsigned i = 0; i < 8; i++) {
        struct x86_st *st = x87_st(fpu, i);
        st->significand = area->st[i].significand;
        st->sign_exponent = area->st[i].sign_exponent;
    }
    x87_control_put(fpu, area->fcw);
}

void x86_fxsave_image(struct x86_cpu *cpu, void *image)
{
    struct fxsave_area *area = image;
    x87_to_area(cpu, area, FORM_REXW);
    area->mxcsr = x86_mxcsr_get(cpu);
    area->mxcsr_mask = X86_MXCSR_MASK;
    memcpy(area->xmm, cpu->xmm, sizeof(area->xmm));
}

void x86_fxrstor_image(struct x86_cpu *cpu, const void *image)
{
    const struct fxsave_area *area = image;
    x87_from_area(cpu, area, FORM_REXW);
    x86_mxcsr_put(cpu, area->mxcsr);
    memcpy(cpu->xmm, area->xmm, sizeof(area->xmm));
}

static void check_aligned(struct x86_cpu *cpu, uint64_t linear, unsigned alignment)
{
    if (linear & (alignment - 1))
        x86_raise_error(cpu, EXC_GP, 0);
}

/* Alignment, then the last byte of the whole area, then the rest: the order of Intel's processors. */
static void check_area(struct x86_cpu *cpu, uint64_t linear, unsigned bytes, unsigned alignment, enum mmu_access access)
{
    check_aligned(cpu, linear, alignment);
    mmu_probe(&cpu->cpu, linear + bytes - 1, 1, access, x86_mmu_mode(cpu->cpu.mode));
}

uint64_t helper_fxsave(struct cpu *c, uint64_t linear, uint64_t form)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct fxsave_area area;
    check_area(cpu, linear, sizeof(area), 16, MMU_WRITE);
    x87_to_area(cpu, &area, form);
    area.mxcsr = mxcsr_live_get(cpu);
    area.mxcsr_mask = X86_MXCSR_MASK;
    memcpy(area.xmm, cpu->xmm, sizeof(area.xmm));
    mmu_store_vector(c, linear, &area, offsetof(struct fxsave_area, xmm) + 16 * xmm_count(cpu), x86_mmu_mode(c->mode));
    return 0;
}

uint64_t helper_fxrstor(struct cpu *c, uint64_t linear, uint64_t form)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct fxsave_area area;
    check_area(cpu, linear, sizeof(area), 16, MMU_READ);
    mmu_load_vector(c, linear, &area, sizeof(area), x86_mmu_mode(c->mode));
    if (area.mxcsr & ~(uint32_t)X86_MXCSR_MASK)
        x86_raise_error(cpu, EXC_GP, 0);
    x87_from_area(cpu, &area, form);
    memcpy(cpu->xmm, area.xmm, 16 * xmm_count(cpu));
    mxcsr_live_put(cpu, area.mxcsr);
    return fp_mode_changed(cpu);
}

static uint64_t requested(const struct x86_cpu *cpu)
{
    return ((uint32_t)cpu->regs[R_AX] | cpu->regs[R_DX] << 32) & cpu->xcr0;
}

uint64_t helper_xsave(struct cpu *c, uint64_t linear, uint64_t form)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct { struct fxsave_area legacy; struct xsave_header header; } area;
    unsigned mmu = x86_mmu_mode(c->mode);
    uint64_t components = requested(cpu);
    check_area(cpu, linear, sizeof(area), 64, MMU_WRITE);
    mmu_probe(c, linear, sizeof(area), MMU_WRITE, mmu);
    mmu_load_vector(c, linear, &area, sizeof(area), mmu);
    if (components & XSTATE_X87)
        x87_to_area(cpu, &area.legacy, form);
    if (components & XSTATE_SSE) {
        area.legacy.mxcsr = mxcsr_live_get(cpu);
        area.legacy.mxcsr_mask = X86_MXCSR_MASK;
        memcpy(area.legacy.xmm, cpu->xmm, 16 * xmm_count(cpu));
    }
    if (form & FORM_COMPACT) {      /* 13.10: the rest of the header is left alone */
        area.header.xstate_bv = components;
        area.header.xcomp_bv = components | XCOMP_COMPACT;
    } else {
        area.header.xstate_bv |= components;
    }
    mmu_store_vector(c, linear, &area, sizeof(area), mmu);
    return 0;
}

/* 13.8: #GP(0) for a header that names what XCR0 does not enable, or with reserved bits set. */
static void check_header(struct x86_cpu *cpu, const struct xsave_header *header)
{
    bool compact = header->xcomp_bv & XCOMP_COMPACT, bad;
    if (compact) {
        uint64_t format = header->xcomp_bv & ~XCOMP_COMPACT;
        bad = !x86_has(cpu, FEAT_XSAVEC) || (format & ~cpu->xcr0) || (header->xstate_bv & ~format);
        for (unsigned i = 0; i < 6; i++)
            bad |= header->reserved[i] != 0;
    } else {
        bad = (header->xstate_bv & ~cpu->xcr0) || header->xcomp_bv || header->reserved[0];
    }
    if (bad)
        x86_raise_error(cpu, EXC_GP, 0);
}

uint64_t helper_xrstor(struct cpu *c, uint64_t linear, uint64_t form)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct { struct fxsave_area legacy; struct xsave_header header; } area;
    uint64_t components = requested(cpu);
    check_area(cpu, linear, sizeof(area), 64, MMU_READ);
    mmu_load_vector(c, linear, &area, sizeof(area), x86_mmu_mode(c->mode));
    check_header(cpu, &area.header);
    uint64_t present = area.header.xstate_bv & components;
    bool compact = area.header.xcomp_bv & XCOMP_COMPACT;
    if (compact && !(present & XSTATE_SSE))
        area.legacy.mxcsr = 0x1f80;
    if ((components & XSTATE_SSE) && (area.legacy.mxcsr & ~(uint32_t)X86_MXCSR_MASK))
        x86_raise_error(cpu, EXC_GP, 0);

    if (present & XSTATE_X87) {
        x87_from_area(cpu, &area.legacy, form);
    } else if (components & XSTATE_X87) {
        x86_fpu_init(cpu);
        memset(cpu->fpu.st, 0, sizeof(cpu->fpu.st));
    }
    if (components & XSTATE_SSE) {
        if (present & XSTATE_SSE)
            memcpy(cpu->xmm, area.legacy.xmm, 16 * xmm_count(cpu));
        else
            memset(cpu->xmm, 0, 16 * xmm_count(cpu));
        mxcsr_live_put(cpu, area.legacy.mxcsr);
    }
    return fp_mode_changed(cpu);
}

static ir_reg form_of(struct x86_trans *t)
{
    return ir_const(t->u, (t->insn->rex & 8 ? FORM_REXW : 0) | (uint64_t)t->insn->row->data);
}

static void fxsave(struct x86_trans *t)
{
    t->x87_place = X87_UNKNOWN;
    ir_call_void(t->u, HELPER_fxsave, x86_linear(t, 512 * 8, true), form_of(t), IR_NONE, IR_NONE);
}

static void fxrstor(struct x86_trans *t)
{
    t->x87_place = X87_UNKNOWN;
    fp_end_if_changed(t, ir_call(t->u, HELPER_fxrstor, x86_linear(t, 512 * 8, false), form_of(t), IR_NONE, IR_NONE));
}

static bool xsave_enabled(struct x86_trans *t)
{
    t->x87_place = X87_UNKNOWN;
    if (t->mode & MODE_OSXSAVE && !(t->mode & MODE_TS))
        return true;
    x86_gen_raise(t, t->mode & MODE_OSXSAVE ? EXC_NM : EXC_UD);
    return false;
}

static void xsave(struct x86_trans *t)
{
    if (xsave_enabled(t))
        ir_call_void(t->u, HELPER_xsave, x86_linear(t, 576 * 8, true), form_of(t), IR_NONE, IR_NONE);
}

static void xrstor(struct x86_trans *t)
{
    if (xsave_enabled(t))
        fp_end_if_changed(t, ir_call(t->u, HELPER_xrstor, x86_linear(t, 576 * 8, false), form_of(t), IR_NONE, IR_NONE));
}

static void ldmxcsr(struct x86_trans *t)
{
    ir_reg value = ir_ld(t->u, 32, x86_linear(t, 32, false), 0, t->mmu);
    fp_end_if_changed(t, ir_call(t->u, HELPER_ldmxcsr, value, IR_NONE, IR_NONE, IR_NONE));
}

static void stmxcsr(struct x86_trans *t)
{
    ir_reg linear = x86_linear(t, 32, true);
    ir_st(t->u, 32, linear, 0, ir_call(t->u, HELPER_stmxcsr, IR_NONE, IR_NONE, IR_NONE, IR_NONE), t->mmu);
}

static const struct x86_row rows[] = {
    { .opcode = "NP 0F AE /0", .operands = "M", .name = "FXSAVE", .translate = fxsave, .flags = ROW_FPU | ROW_NO_HOST,
      .feature = FEAT_FXSR },
    { .opcode = "NP 0F AE /1", .operands = "M", .name = "FXRSTOR", .translate = fxrstor, .flags = ROW_FPU | ROW_NO_HOST,
      .feature = FEAT_FXSR },
    { .opcode = "NP 0F AE /2", .operands = "Md", .name = "LDMXCSR", .translate = ldmxcsr, .flags = ROW_SSE | ROW_NO_HOST,
      .feature = FEAT_SSE },
    { .opcode = "NP 0F AE /3", .operands = "Md", .name = "STMXCSR", .translate = stmxcsr, .flags = ROW_SSE,
      .feature = FEAT_SSE, .tests = "0F AE 1F" },
    { .opcode = "NP 0F AE /4", .operands = "M", .name = "XSAVE", .translate = xsave, .flags = ROW_NO_HOST, .feature = FEAT_XSAVE },
    { .opcode = "NP 0F AE /5", .operands = "M", .name = "XRSTOR", .translate = xrstor, .flags = ROW_NO_HOST,
      .feature = FEAT_XSAVE },
    { .opcode = "NP 0F AE /6", .operands = "M", .name = "XSAVEOPT", .translate = xsave, .flags = ROW_NO_HOST,
      .feature = FEAT_XSAVEOPT },
    { .opcode = "NP 0F C7 /4", .operands = "M", .name = "XSAVEC", .translate = xsave, .flags = ROW_NO_HOST,
      .feature = FEAT_XSAVEC, .data = FORM_COMPACT },
};

const struct x86_table_of_rows x86_table_fxsave = { "fxsave", rows, G_N_ELEMENTS(rows) };
