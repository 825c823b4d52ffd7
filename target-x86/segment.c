/* SPDX-License-Identifier: MIT */
/*
 * Segmentation (SDM 3, chapters 3 and 5): descriptors, loads of segment registers with their checks, LDTR and TR, the
 * inspecting instructions LAR, LSL, VERR, VERW, ARPL, and addresses checked against limit and rights.
 *
 * Choices: a null selector loaded into a data segment clears base and limit (as Intel's parts do, AMD's keep them); in
 * real mode a load keeps limit and D/B ("unreal mode") and makes the segment present and writable.
 */
#include "target-x86/system.h"
#include <string.h>

/* ---- descriptors ---- */

static bool table_slot(const struct x86_cpu *cpu, uint16_t selector, unsigned bytes, uint64_t *address)
{
    unsigned offset = selector & 0xfff8;

    if (selector & 4) {
        const struct x86_segment *ldt = &cpu->seg[SEG_LDTR];
        if (!(ldt->attributes & SEG_P) || offset + bytes - 1 > ldt->limit) {
            return false;
        }
        *address = ldt->base + offset;
    } else {
        if (offset + bytes - 1 > cpu->gdt.limit) {
            return false;
        }
        *address = cpu->gdt.base + offset;
    }
    if (!x86_lma(cpu)) {
        *address = (uint32_t)*address;
    }
    return true;
}

bool x86_descriptor_load(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *out)
{
    out->upper = 0;
    if (!table_slot(cpu, selector, 8, &out->address)) {
        return false;
    }
    out->raw = mmu_load(&cpu->cpu, out->address, 8, x86_mmu_implicit(cpu));
    return true;
}

bool x86_descriptor_load_upper(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *descriptor)
{
    uint64_t address;

    if (!table_slot(cpu, selector, 16, &address)) {
        return false;
    }
    descriptor->upper = mmu_load(&cpu->cpu, address + 8, 8, x86_mmu_implicit(cpu));
    return true;
}

void x86_descriptor_set(struct x86_cpu *cpu, struct x86_descriptor *descriptor, uint8_t bits)
{
    if ((descriptor->raw >> 40 & bits) != bits) {
        mmu_atomic(&cpu->cpu, IR_ATOMIC_OR, descriptor->address + 5, bits, 0, 1, x86_mmu_implicit(cpu));
        descriptor->raw |= (uint64_t)bits << 40;
    }
}

struct x86_segment x86_segment_null(uint16_t selector)
{
    return (struct x86_segment){ 0, 0, selector, 0 };
}

struct x86_segment x86_segment_real(const struct x86_cpu *cpu, unsigned seg, uint16_t selector)
{
    const struct x86_segment *old = &cpu->seg[seg];
    uint16_t data = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED;

    if (x86_vm86(cpu)) {
        return (struct x86_segment){ (uint32_t)selector << 4, 0xffff, selector, data | 3 << SEG_DPL_SHIFT };
    }
    return (struct x86_segment){ (uint32_t)selector << 4, old->limit, selector,
                                 data | (old->attributes & (SEG_DB | SEG_G)) };
}

/* ---- loading ---- */

struct x86_segment x86_stack_segment_check(struct x86_cpu *cpu, uint16_t selector, unsigned cpl, unsigned vector)
{
    struct x86_descriptor d;
    uint16_t a;

    if (!(selector & ~3)) {
        x86_raise_error(cpu, vector, 0);
    }
    if (!x86_descriptor_load(cpu, selector, &d)) {
        x86_raise_error(cpu, vector, selector & ~3);
    }
    a = descriptor_attributes(d.raw);
    if ((selector & 3u) != cpl || !attributes_writable(a) || attributes_dpl(a) != cpl) {
        x86_raise_error(cpu, vector, selector & ~3);
    }
    if (!(a & SEG_P)) {
        x86_raise_error(cpu, EXC_SS, selector & ~3);
    }
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    return x86_segment_of(selector, d.raw);
}

static struct x86_segment data_segment_check(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    unsigned dpl, rpl = selector & 3;
    uint16_t a;

    if (!(selector & ~3)) {
        return x86_segment_null(selector);
    }
    if (!x86_descriptor_load(cpu, selector, &d)) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    a = descriptor_attributes(d.raw);
    dpl = attributes_dpl(a);
    if (!attributes_readable(a) || (!attributes_conforming(a) && (rpl > dpl || cpu->cpl > dpl))) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    if (!(a & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, selector & ~3);
    }
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    return x86_segment_of(selector, d.raw);
}

void x86_segment_load(struct x86_cpu *cpu, unsigned seg, uint16_t selector)
{
    struct x86_segment loaded;

    if (x86_real_segments(cpu)) {
        loaded = x86_segment_real(cpu, seg, selector);
    } else if (seg != SEG_SS) {
        loaded = data_segment_check(cpu, selector);
    } else if (x86_code64(cpu) && !(selector & ~3) && cpu->cpl < 3 && (selector & 3) == cpu->cpl) {
        loaded = x86_segment_null(selector);
        loaded.attributes = cpu->cpl << SEG_DPL_SHIFT;
    } else {
        loaded = x86_stack_segment_check(cpu, selector, cpu->cpl, EXC_GP);
    }
    cpu->seg[seg] = loaded;
    x86_update_mode(cpu);
}

void x86_set_cs(struct x86_cpu *cpu, const struct x86_segment *cs, unsigned cpl, uint64_t rip)
{
    cpu->seg[SEG_CS] = *cs;
    cpu->cpl = cpl;
    x86_update_mode(cpu);
    x86_set_rip(cpu, rip);
}

void x86_segments_outer(struct x86_cpu *cpu, unsigned cpl)
{
    static const uint8_t data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };

    for (unsigned n = 0; n < sizeof(data); n++) {
        struct x86_segment *s = &cpu->seg[data[n]];
        if ((s->attributes & SEG_S) && !attributes_conforming(s->attributes) && attributes_dpl(s->attributes) < cpl) {
            *s = x86_segment_null(0);
        }
    }
}

/* ---- LDTR and TR ---- */

/* A system descriptor with, in long mode, its upper half. Raises vector with the selector when outside the table. */
static uint64_t system_descriptor(struct x86_cpu *cpu, uint16_t selector, unsigned vector, struct x86_descriptor *d)
{
    if ((selector & 4) || !x86_descriptor_load(cpu, selector, d)) {
        x86_raise_error(cpu, vector, selector & ~3);
    }
    if (x86_lma(cpu)) {
        if (!x86_descriptor_load_upper(cpu, selector, d)) {
            x86_raise_error(cpu, vector, selector & ~3);
        }
        return descriptor_base(d->raw) | d->upper << 32;
    }
    return descriptor_base(d->raw);
}

void x86_load_ldt(struct x86_cpu *cpu, uint16_t selector, unsigned vector)
{
    struct x86_descriptor d;
    struct x86_segment ldt = x86_segment_null(selector);

    if (selector & ~3) {
        uint64_t base = system_descriptor(cpu, selector, vector, &d);
        ldt = x86_segment_of(selector, d.raw);
        ldt.base = base;
        if ((ldt.attributes & (SEG_S | SEG_TYPE)) != DESC_LDT || !x86_canonical(base)) {
            x86_raise_error(cpu, vector, selector & ~3);
        }
        if (!(ldt.attributes & SEG_P)) {
            x86_raise_error(cpu, vector == EXC_TS ? EXC_TS : EXC_NP, selector & ~3);
        }
    }
    cpu->seg[SEG_LDTR] = ldt;
}

uint64_t helper_lldt(struct cpu *base, uint64_t selector)
{
    x86_load_ldt(x86_cpu_of(base), selector, EXC_GP);
    return 0;
}

uint64_t helper_ltr(struct cpu *base, uint64_t value)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    uint16_t selector = value;
    struct x86_descriptor d;
    struct x86_segment tr;
    uint64_t address;
    unsigned type;

    if (!(selector & ~3)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    address = system_descriptor(cpu, selector, EXC_GP, &d);
    tr = x86_segment_of(selector, d.raw);
    tr.base = address;
    type = tr.attributes & (SEG_S | SEG_TYPE);
    if ((type != DESC_TSS32 && (type != DESC_TSS16 || x86_lma(cpu))) || !x86_canonical(address)) {
        x86_raise_error(cpu, EXC_GP, selector & ~3);
    }
    if (!(tr.attributes & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, selector & ~3);
    }
    x86_descriptor_set(cpu, &d, 2);
    tr.attributes |= 2;
    cpu->seg[SEG_TR] = tr;
    return 0;
}

/* ---- addresses ---- */

bool x86_segment_inside(const struct x86_segment *s, uint32_t offset, unsigned bytes)
{
    uint64_t last = (uint64_t)offset + bytes - 1;

    if (attributes_data(s->attributes) && (s->attributes & SEG_DOWN_CONF)) {
        return offset > s->limit && last <= (s->attributes & SEG_DB ? 0xffffffff : 0xffff);
    }
    return last <= s->limit || s->limit == 0xffffffff;
}

uint64_t x86_segment_address(struct x86_cpu *cpu, unsigned seg, uint64_t offset, unsigned bytes, bool write)
{
    const struct x86_segment *s = &cpu->seg[seg];
    bool ok;

    if (x86_code64(cpu)) {
        return seg == SEG_FS || seg == SEG_GS ? offset + s->base : offset;
    }
    ok = s->attributes & SEG_P;
    if (!x86_real_segments(cpu)) {
        ok = ok && (write ? attributes_writable(s->attributes) : attributes_readable(s->attributes));
    }
    if (!ok || !x86_segment_inside(s, offset, bytes)) {
        x86_raise_error(cpu, seg == SEG_SS ? EXC_SS : EXC_GP, 0);
    }
    return (uint32_t)(offset + s->base);
}

uint64_t helper_segment_address(struct cpu *cpu, uint64_t seg, uint64_t offset, uint64_t bytes, uint64_t write)
{
    return x86_segment_address(x86_cpu_of(cpu), seg, offset, bytes, write);
}

/* ---- stacks ---- */

struct x86_stack x86_stack_at(struct x86_cpu *cpu, const struct x86_segment *ss, uint64_t sp, unsigned cpl,
                              uint32_t error)
{
    return (struct x86_stack){
        .cpu = cpu, .ss = *ss, .sp = sp, .mask = ss->attributes & SEG_DB ? 0xffffffff : 0xffff,
        .mmu = x86_mmu_at(cpu, cpl), .error = error, .page = 1,
    };
}

struct x86_stack x86_stack_long(struct x86_cpu *cpu, uint64_t sp, unsigned cpl)
{
    return (struct x86_stack){ .cpu = cpu, .sp = sp, .mask = UINT64_MAX, .mmu = x86_mmu_at(cpu, cpl), .long_mode = true,
                               .page = 1 };
}

struct x86_stack x86_stack_current(struct x86_cpu *cpu)
{
    return x86_code64(cpu) ? x86_stack_long(cpu, cpu->regs[R_SP], cpu->cpl)
                           : x86_stack_at(cpu, &cpu->seg[SEG_SS], cpu->regs[R_SP], cpu->cpl, 0);
}

static uint64_t stack_address(struct x86_stack *stack, uint64_t offset, unsigned bytes)
{
    if (stack->long_mode) {
        if (!x86_canonical(offset) || !x86_canonical(offset + bytes - 1)) {
            x86_raise_error(stack->cpu, EXC_SS, stack->error);
        }
        return offset;
    }
    if (!x86_segment_inside(&stack->ss, offset, bytes)) {
        x86_raise_error(stack->cpu, EXC_SS, stack->error);
    }
    return (uint32_t)(stack->ss.base + offset);
}

/* The first access to a page goes the long way; the rest of a frame through the host's pointer to it. */
static uint8_t *stack_host(struct x86_stack *stack, uint64_t linear, unsigned bytes)
{
    return (linear & ~0xfffull) == stack->page && (linear & 0xfff) + bytes <= 4096
           ? stack->host + (linear & 0xfff) : NULL;
}

static void stack_learn(struct x86_stack *stack, uint64_t linear, enum mmu_access access)
{
    stack->host = mmu_host_pointer(&stack->cpu->cpu, linear & ~0xfffull, access, stack->mmu);
    stack->page = stack->host ? linear & ~0xfffull : 1;
}

void x86_stack_push(struct x86_stack *stack, unsigned bytes, uint64_t value)
{
    uint64_t sp = (stack->sp - bytes) & stack->mask, linear = stack_address(stack, sp, bytes);
    uint8_t *host = stack_host(stack, linear, bytes);

    if (!host) {
        mmu_store(&stack->cpu->cpu, linear, value, bytes, stack->mmu);
        stack_learn(stack, linear, MMU_WRITE);
    } else if (bytes == 8) {
        memcpy(host, &value, 8);
    } else {
        memcpy(host, &value, bytes);
    }
    stack->sp = (stack->sp & ~stack->mask) | sp;
}

uint64_t x86_stack_pop(struct x86_stack *stack, unsigned bytes)
{
    uint64_t sp = stack->sp & stack->mask, linear = stack_address(stack, sp, bytes), value = 0;
    uint8_t *host = stack_host(stack, linear, bytes);

    if (!host) {
        value = mmu_load(&stack->cpu->cpu, linear, bytes, stack->mmu);
        stack_learn(stack, linear, MMU_READ);
    } else if (bytes == 8) {
        memcpy(&value, host, 8);
    } else {
        memcpy(&value, host, bytes);
    }
    stack->sp = (stack->sp & ~stack->mask) | ((sp + bytes) & stack->mask);
    return value;
}

void x86_stack_commit(struct x86_stack *stack)
{
    stack->cpu->regs[R_SP] = stack->long_mode ? stack->sp : (uint32_t)stack->sp;
}

/* ---- LAR, LSL, VERR, VERW, ARPL: ZF says whether, nothing is raised but #PF ---- */

/* Reads the descriptor if it is visible at CPL and RPL; *a gets its attributes. */
static bool inspect(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d, uint16_t *a)
{
    if (!(selector & ~3) || !x86_descriptor_load(cpu, selector, d)) {
        return false;
    }
    *a = descriptor_attributes(d->raw);
    return attributes_conforming(*a) ||
           (attributes_dpl(*a) >= cpu->cpl && attributes_dpl(*a) >= (selector & 3u));
}

static bool zero_flag(struct x86_cpu *cpu, bool ok)
{
    x86_eflags_put(cpu, ok ? EFL_ZF : 0, EFL_ZF);
    return ok;
}

/* System types that LAR (bit n = type n) and LSL accept, outside and inside long mode. */
enum {
    LAR_TYPES = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 12,
    LAR_TYPES_LONG = 1 << 2 | 1 << 9 | 1 << 11 | 1 << 12,
    LSL_TYPES = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 9 | 1 << 11,
    LSL_TYPES_LONG = 1 << 2 | 1 << 9 | 1 << 11,
};

static bool inspect_type(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d, unsigned types,
                         unsigned types_long)
{
    uint16_t a;

    if (!inspect(cpu, selector, d, &a)) {
        return false;
    }
    return (a & SEG_S) || ((x86_lma(cpu) ? types_long : types) >> (a & SEG_TYPE) & 1);
}

uint64_t helper_lar(struct cpu *base, uint64_t selector, uint64_t old)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_descriptor d;

    if (!zero_flag(cpu, inspect_type(cpu, selector, &d, LAR_TYPES, LAR_TYPES_LONG))) {
        return old;
    }
    return d.raw >> 32 & 0x00f0ff00;
}

uint64_t helper_lsl(struct cpu *base, uint64_t selector, uint64_t old)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_descriptor d;

    if (!zero_flag(cpu, inspect_type(cpu, selector, &d, LSL_TYPES, LSL_TYPES_LONG))) {
        return old;
    }
    return descriptor_limit(d.raw);
}

uint64_t helper_verify(struct cpu *base, uint64_t selector, uint64_t write)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct x86_descriptor d;
    uint16_t a;
    bool ok = inspect(cpu, selector, &d, &a) && (a & SEG_S) && (write
                                                                ? attributes_writable(a) : attributes_readable(a));

    zero_flag(cpu, ok);
    return 0;
}

/* ---- moves ---- */

uint64_t helper_load_segment(struct cpu *cpu, uint64_t seg, uint64_t selector)
{
    x86_segment_load(x86_cpu_of(cpu), seg, selector);
    return 0;
}
