/* SPDX-License-Identifier: MIT */
/*
 * x87 control: initial state, control and status words, pending exceptions, environments and FSAVE images in their
 * four forms (SDM volume 1, 8.1.10 and 8.1.11).
 */
#include <stdatomic.h>
#include "target-x86/system.h"
#include "target-x86/x87.h"

void x86_fpu_init(struct x86_cpu *cpu)
{
    struct x86_fpu *fpu = &cpu->fpu;
    x87_sync(fpu);
    fpu->control = FCW_INIT;
    fpu->status = 0;
    fpu->top = 0;
    fpu->tag_valid = 0;
    fpu->opcode = 0;
    fpu->cs = fpu->ds = 0;
    fpu->ip = fpu->dp = 0;
}

uint16_t x86_fpu_status(const struct x86_cpu *cpu)
{
    return cpu->fpu.status | (uint16_t)(cpu->fpu.top << 11);
}

/* 0 valid, 1 zero, 2 special (NaN, infinity, denormal, unnormal), 3 empty (SDM 1, 8.1.7). */
uint16_t x86_fpu_tags(const struct x86_cpu *cpu)
{
    uint16_t tags = 0;
    for (unsigned i = 0; i < 8; i++) {
        const struct x86_st *st = &cpu->fpu.st[i];
        unsigned exponent = st->sign_exponent & 0x7fff, tag = 0;
        if (!(cpu->fpu.tag_valid >> i & 1))
            tag = 3;
        else if (!exponent && !st->significand)
            tag = 1;
        else if (!exponent || exponent == 0x7fff || !(st->significand >> 63))
            tag = 2;
        tags |= tag << 2 * i;
    }
    return tags;
}

static void ferr_set(struct x86_cpu *cpu, bool level)
{
    if (!cpu->ferr || cpu->ferr_raised == level)
        return;
    cpu->ferr_raised = level;
    g_mutex_lock(cpu->cpu.machine_lock);
    cpu->ferr(cpu->ferr_opaque, level);
    g_mutex_unlock(cpu->cpu.machine_lock);
}

bool fp_mode_changed(struct x86_cpu *cpu)
{
    uint32_t before = cpu->cpu.mode;
    if (!(cpu->fpu.status & FSW_ES))
        ferr_set(cpu, false);
    x86_update_mode(cpu);
    return cpu->cpu.mode != before;
}

/*
 * A pending unmasked exception: #MF, or with CR0.NE clear the way of the PC/AT (SDM 1, 8.7.2): FERR#, which becomes IRQ 13; the instruction
 * waits for an interrupt, whose handler comes back to it, or goes on when IGNNE# says so.
 */
uint64_t helper_fpu_wait(struct cpu *c)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    if (!(cpu->fpu.status & FSW_ES))
        return 0;
    if (cpu->cr0 & CR0_NE)
        x86_raise(cpu, EXC_MF);
    ferr_set(cpu, true);
    if (!cpu->ferr || atomic_load(&cpu->ignne))
        return 0;
    c->halted = true;
    x86_input_recheck(cpu);
    cpu_leave(c);
}

uint64_t helper_fldcw(struct cpu *c, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    x87_sync(&cpu->fpu);
    x87_control_put(&cpu->fpu, (uint16_t)value);
    return fp_mode_changed(cpu);
}

uint64_t helper_fnclex(struct cpu *c)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    x87_sync(&cpu->fpu);
    cpu->fpu.status &= FSW_CC;
    return fp_mode_changed(cpu);
}

uint64_t helper_fninit(struct cpu *c)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    x86_fpu_init(cpu);
    return fp_mode_changed(cpu);
}

/* ---- environments: 14 or 28 bytes, protected or real-address form ---- */

enum { ENV_32 = 1 << 0, ENV_SAVE = 1 << 1 };

static bool real_form(const struct x86_cpu *cpu)
{
    return !(cpu->cr0 & CR0_PE) || (cpu->eflags & EFL_VM);
}

static void put16(uint8_t *p, uint16_t v) { memcpy(p, &v, 2); }
static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }
static uint16_t get16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }

/* Figures 8-9 to 8-12 of the SDM. Unused upper halves are stored as ones, as the hardware does. */
static unsigned environment_make(const struct x86_cpu *cpu, uint8_t *out, unsigned form)
{
    const struct x86_fpu *fpu = &cpu->fpu;
    bool real = real_form(cpu);
    uint32_t ip = (uint32_t)fpu->ip, dp = (uint32_t)fpu->dp;
    uint32_t linear_ip = ip + ((uint32_t)fpu->cs << 4), linear_dp = dp + ((uint32_t)fpu->ds << 4);
    if (form & ENV_32) {
        put32(out, fpu->control | 0xffff0000);
        put32(out + 4, x86_fpu_status(cpu) | 0xffff0000);
        put32(out + 8, x86_fpu_tags(cpu) | 0xffff0000);
        put32(out + 12, real ? (linear_ip & 0xffff) | 0xffff0000 : ip);
        put32(out + 16, real ? (linear_ip >> 16) << 12 | fpu->opcode : fpu->cs | (uint32_t)fpu->opcode << 16);
        put32(out + 20, real ? (linear_dp & 0xffff) | 0xffff0000 : dp);
        put32(out + 24, real ? (linear_dp >> 16) << 12 : fpu->ds | 0xffff0000);
        return 28;
    }
    put16(out, fpu->control);
    put16(out + 2, x86_fpu_status(cpu));
    put16(out + 4, x86_fpu_tags(cpu));
    put16(out + 6, (uint16_t)(real ? linear_ip : ip));
    put16(out + 8, real ? (linear_ip >> 16 & 15) << 12 | fpu->opcode : fpu->cs);
    put16(out + 10, (uint16_t)(real ? linear_dp : dp));
    put16(out + 12, real ? (linear_dp >> 16 & 15) << 12 : fpu->ds);
    return 14;
}

static unsigned environment_take(struct x86_cpu *cpu, const uint8_t *in, unsigned form)
{
    struct x86_fpu *fpu = &cpu->fpu;
    bool real = real_form(cpu);
    unsigned step = form & ENV_32 ? 4 : 2;
    x87_status_put(fpu, get16(in + step));
    x87_tags_put(fpu, get16(in + 2 * step));
    if (form & ENV_32) {
        uint32_t w4 = get32(in + 16), w6 = get32(in + 24);
        fpu->opcode = (real ? w4 : w4 >> 16) & 0x7ff;
        fpu->ip = real ? (get32(in + 12) & 0xffff) | (w4 >> 12 & 0xffff) << 16 : get32(in + 12);
        fpu->dp = real ? (get32(in + 20) & 0xffff) | (w6 >> 12 & 0xffff) << 16 : get32(in + 20);
        fpu->cs = real ? 0 : (uint16_t)w4;
        fpu->ds = real ? 0 : (uint16_t)w6;
    } else {
        uint16_t w4 = get16(in + 8), w6 = get16(in + 12);
        fpu->opcode = real ? w4 & 0x7ff : 0;
        fpu->ip = get16(in + 6) | (real ? (uint32_t)(w4 >> 12) << 16 : 0);
        fpu->dp = get16(in + 10) | (real ? (uint32_t)(w6 >> 12) << 16 : 0);
        fpu->cs = real ? 0 : w4;
        fpu->ds = real ? 0 : w6;
    }
    x87_control_put(fpu, get16(in));
    return step * 7;
}

/* form: ENV_32, ENV_SAVE (with the registers, then FNINIT). FNSTENV masks every exception afterwards. Returns whether the
 * mode changed. */
uint64_t helper_fnstenv(struct cpu *c, uint64_t linear, uint64_t form)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    uint8_t image[28 + 80];
    x87_sync(&cpu->fpu);
    unsigned bytes = environment_make(cpu, image, form);
    if (form & ENV_SAVE)
        for (unsigned i = 0; i < 8; i++, bytes += 10) {
            const struct x86_st *st = x87_st(&cpu->fpu, i);
            memcpy(image + bytes, &st->significand, 8);
            put16(image + bytes + 8, st->sign_exponent);
        }
    mmu_store_vector(c, linear, image, bytes, x86_mmu_mode(c->mode));
    if (form & ENV_SAVE)
        x86_fpu_init(cpu);
    else
        x87_control_put(&cpu->fpu, cpu->fpu.control | FCW_MASKS);
    return fp_mode_changed(cpu);
}

uint64_t helper_fldenv(struct cpu *c, uint64_t linear, uint64_t form)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    uint8_t image[28 + 80];
    unsigned bytes = form & ENV_32 ? 28 : 14;
    mmu_load_vector(c, linear, image, form & ENV_SAVE ? bytes + 80 : bytes, x86_mmu_mode(c->mode));
    x87_sync(&cpu->fpu);
    environment_take(cpu, image, form);
    if (form & ENV_SAVE)
        for (unsigned i = 0; i < 8; i++, bytes += 10) {
            struct x86_st *st = x87_st(&cpu->fpu, i);
            memcpy(&st->significand, image + bytes, 8);
            st->sign_exponent = get16(image + bytes + 8);
        }
    return fp_mode_changed(cpu);
}
