/* SPDX-License-Identifier: MIT */
/*
 * Repeated string instructions. Each iteration commits rCX, rSI and rDI, so a fault leaves them exact and an interrupt
 * may come between two (SDM 2, REP), which finds RF set. Where source and destination are plain RAM a run up to the next page
 * border is done on host pointers; everything else goes one element at a time through the softmmu.
 *
 * EFLAGS after a fault in REP CMPS or SCAS are those from before the instruction, as the SDM wants it.
 */
#include <stdatomic.h>
#include <string.h>
#include "target-x86/helpers.h"
#include "target-x86/string.h"
#include "target-x86/system.h"

enum { PAGE = 4096 };

struct run {
    struct x86_cpu *cpu;
    struct string_op op;
    unsigned bytes, mmu;
    uint64_t mask;                  /* of the address size */
    bool down;
    uint64_t a, b;                  /* last compared */
    bool compared;
};

static bool uses_source(enum string_kind kind) { return kind == STRING_MOVS || kind == STRING_LODS || kind == STRING_CMPS; }
static bool uses_destination(enum string_kind kind) { return kind != STRING_LODS; }

static void reg_set(struct run *r, unsigned reg, uint64_t value)
{
    uint64_t *p = &r->cpu->regs[reg];
    *p = r->op.address_bits == 16 ? (*p & ~0xffffull) | (value & 0xffff) : value & r->mask;
}

static void advance(struct run *r, uint64_t count)
{
    uint64_t by = count * r->bytes;
    if (r->down)
        by = -by;
    if (uses_source(r->op.kind))
        reg_set(r, R_SI, r->cpu->regs[R_SI] + by);
    if (uses_destination(r->op.kind))
        reg_set(r, R_DI, r->cpu->regs[R_DI] + by);
    reg_set(r, R_CX, r->cpu->regs[R_CX] - count);
}

static uint64_t element(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, p, bytes);
    return value;
}

static void accumulator_set(struct run *r, uint64_t value)
{
    uint64_t *rax = &r->cpu->regs[R_AX];
    if (r->bytes >= 4)
        *rax = value;
    else
        *rax = (*rax & ~((1ull << 8 * r->bytes) - 1)) | value;
}

static uint64_t accumulator(const struct run *r)
{
    return r->cpu->regs[R_AX] & (~0ull >> (64 - 8 * r->bytes));
}

/* After a comparison: does REPE or REPNE go on? */
static bool go_on(struct run *r, uint64_t a, uint64_t b)
{
    r->a = a;
    r->b = b;
    r->compared = true;
    return (a == b) != !!(r->op.flags & STRING_REPNE);
}

static uint64_t linear_of(struct run *r, unsigned segment, unsigned reg, uint64_t bytes, bool write)
{
    uint64_t linear = x86_segment_address(r->cpu, segment, r->cpu->regs[reg] & r->mask, (unsigned)bytes, write);
    if (r->cpu->cpu.mode & MODE_AC && linear & (r->bytes - 1))
        helper_alignment_fault(&r->cpu->cpu, linear);
    return linear;
}

static uint64_t source_load(struct run *r)
{
    return mmu_load(&r->cpu->cpu, linear_of(r, r->op.segment, R_SI, r->bytes, false), r->bytes, r->mmu);
}

/* One iteration the general way. Returns whether REPE/REPNE goes on. */
static bool iterate(struct run *r)
{
    struct cpu *cpu = &r->cpu->cpu;
    enum string_kind kind = r->op.kind;
    bool more = true;
    if (kind == STRING_LODS) {
        accumulator_set(r, source_load(r));
    } else if (kind == STRING_MOVS || kind == STRING_STOS) {
        uint64_t value = kind == STRING_MOVS ? source_load(r) : accumulator(r);
        mmu_store(cpu, linear_of(r, SEG_ES, R_DI, r->bytes, true), value, r->bytes, r->mmu);
    } else {                        /* ES:rDI faults first, as processors do it */
        uint64_t b = mmu_load(cpu, linear_of(r, SEG_ES, R_DI, r->bytes, false), r->bytes, r->mmu);
        more = go_on(r, kind == STRING_CMPS ? source_load(r) : accumulator(r), b);
    }
    advance(r, 1);
    return more;
}

/* How many elements from the register's offset on lie in one page, do not wrap and may be reached without a check. */
static uint64_t run_length(struct run *r, unsigned segment, unsigned reg, uint64_t *linear)
{
    struct x86_cpu *cpu = r->cpu;
    uint64_t offset = cpu->regs[reg] & r->mask;
    const struct x86_segment *s = &cpu->seg[segment];
    bool code64 = cpu->cpu.mode & MODE_CODE64;
    *linear = code64 ? offset + (segment == SEG_FS || segment == SEG_GS ? s->base : 0) : (uint32_t)(offset + s->base);
    uint64_t bytes = PAGE - (*linear & (PAGE - 1));
    bytes = MIN(bytes, r->mask - offset);
    if (!code64 && !(cpu->cpu.mode & MODE_FLAT && segment != SEG_FS && segment != SEG_GS))
        if (!x86_segment_inside(s, (uint32_t)offset, (unsigned)MAX(bytes, 1u)) || segment == SEG_CS)
            return 0;
    return bytes / r->bytes;
}

/* Copies upward as the instruction does: element by element when the areas overlap that way. */
static void copy(uint8_t *to, const uint8_t *from, uint64_t count, unsigned bytes)
{
    uint64_t size = count * bytes;
    if (to <= from || to >= from + size) {
        memmove(to, from, size);
        return;
    }
    for (uint64_t i = 0; i < size; i += bytes)
        memmove(to + i, from + i, bytes);
}

static void fill(uint8_t *to, uint64_t value, uint64_t count, unsigned bytes)
{
    if (bytes == 1) {
        memset(to, (int)value, count);
        return;
    }
    for (uint64_t i = 0; i < count; i++)
        memcpy(to + i * bytes, &value, bytes);
}

/* Compares until REPE/REPNE stops; returns how many elements were looked at, *more as iterate. */
static uint64_t compare(struct run *r, const uint8_t *source, const uint8_t *to, uint64_t count, bool *more)
{
    uint64_t a = accumulator(r);
    for (uint64_t i = 0; i < count; i++) {
        if (source)
            a = element(source + i * r->bytes, r->bytes);
        if (!go_on(r, a, element(to + i * r->bytes, r->bytes))) {
            *more = false;
            return i + 1;
        }
    }
    return count;
}

/* A run on host memory; returns the number of iterations done, 0: take the general way. */
static uint64_t run_fast(struct run *r, bool *more)
{
    struct cpu *cpu = &r->cpu->cpu;
    enum string_kind kind = r->op.kind;
    uint64_t source = 0, to = 0, count = r->cpu->regs[R_CX] & r->mask;
    uint8_t *source_host = NULL, *to_host = NULL;
    bool writes = kind == STRING_MOVS || kind == STRING_STOS;
    if (r->down || r->cpu->cpu.mode & MODE_AC || kind == STRING_LODS)
        return 0;
    if (uses_source(kind))
        count = MIN(count, run_length(r, r->op.segment, R_SI, &source));
    count = MIN(count, run_length(r, SEG_ES, R_DI, &to));
    if (!count)
        return 0;
    if (uses_source(kind) && !(source_host = mmu_host_pointer(cpu, source, MMU_READ, r->mmu)))
        return 0;
    if (!(to_host = mmu_host_pointer(cpu, to, writes ? MMU_WRITE : MMU_READ, r->mmu)))
        return 0;
    if (kind == STRING_MOVS)
        copy(to_host, source_host, count, r->bytes);
    else if (kind == STRING_STOS)
        fill(to_host, accumulator(r), count, r->bytes);
    else
        count = compare(r, source_host, to_host, count, more);
    advance(r, count);
    return count;
}

uint64_t helper_string(struct cpu *cpu, uint64_t packed)
{
    struct x86_cpu *x86 = x86_cpu_of(cpu);
    struct run r = { .cpu = x86, .op = string_unpack(packed), .mmu = x86_mmu_mode(cpu->mode) };
    bool more = true;
    r.bytes = 1u << r.op.bytes_log2;
    r.mask = ~0ull >> (64 - r.op.address_bits);
    r.down = x86->eflags & EFL_DF;
    while (more && (x86->regs[R_CX] & r.mask)) {
        if (r.op.flags & STRING_ONCE || !run_fast(&r, &more))
            more = iterate(&r);
        if (r.op.flags & STRING_ONCE || atomic_load_explicit(&cpu->exit_request, memory_order_relaxed))
            break;
    }
    if (r.compared)
        x86->flags = (struct ir_flags){ .a = r.a, .b = r.b, .kind = IR_FLAGS_CMP, .width = (uint16_t)(8 * r.bytes) };
    if (!more || !(x86->regs[R_CX] & r.mask))
        return true;
    x86->eflags |= EFL_RF;
    x86_resume_flag(x86);
    return false;
}
