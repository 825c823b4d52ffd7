/* SPDX-License-Identifier: MIT */
/* IN, OUT, INS, OUTS (SDM 1, chapter 19; SDM 2): rights by IOPL and the TSS's bitmap, repeated forms. */
#include "target-x86/system.h"
#include <stdatomic.h>

/* A port is allowed when its bits in the bitmap are clear; two bytes are read, so the bitmap ends with a byte of
 * ones. */
uint64_t helper_io_check(struct cpu *base, uint64_t port, uint64_t bytes)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    const struct x86_segment *tr = &cpu->seg[SEG_TR];
    unsigned type = tr->attributes & SEG_TYPE, mmu = x86_mmu_implicit(cpu), map, at;

    if (!x86_protected(cpu) || (!x86_vm86(cpu) && cpu->cpl <= x86_iopl(cpu))) {
        return 0;
    }
    if (!(tr->attributes & SEG_P) || (type != DESC_TSS32 && type != DESC_TSS32_BUSY) || tr->limit < 103) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    map = mmu_load(base, tr->base + 0x66, 2, mmu);
    at = map + (uint16_t)port / 8;
    if (at + 1 > tr->limit || mmu_load(base, tr->base + at, 2, mmu) >> (port & 7) & ((1u << bytes) - 1)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    return 0;
}

static uint64_t read_port(struct x86_cpu *cpu, uint16_t port, unsigned bytes)
{
    if (cpu->cpu.mode & MODE_TF) {
        x86_debug_io(cpu, port, bytes);
    }
    return port_read(&cpu->cpu, port, bytes);
}

static void write_port(struct x86_cpu *cpu, uint16_t port, uint64_t value, unsigned bytes)
{
    if (cpu->cpu.mode & MODE_TF) {
        x86_debug_io(cpu, port, bytes);
    }
    port_write(&cpu->cpu, port, value, bytes);
}

uint64_t helper_in(struct cpu *base, uint64_t port, uint64_t bytes)
{
    return read_port(x86_cpu_of(base), port, bytes);
}

uint64_t helper_out(struct cpu *base, uint64_t port, uint64_t value, uint64_t bytes)
{
    write_port(x86_cpu_of(base), port, value, bytes);
    return 0;
}

/* ---- strings: what = bytes | address bits << 8 | segment << 16 | repeated << 24 ---- */

struct io_string { struct x86_cpu *cpu; unsigned bytes, segment; bool repeated; uint64_t mask; };

static struct io_string string_of(struct x86_cpu *cpu, uint64_t what)
{
    unsigned bits = what >> 8 & 0xff;

    return (struct io_string){ .cpu = cpu, .bytes = what & 0xff, .segment = what >> 16 & 0xff, .repeated = what >> 24,
                               .mask = bits == 64 ? UINT64_MAX : (1ull << bits) - 1 };
}

static void put_masked(const struct io_string *s, unsigned reg, uint64_t value)
{
    uint64_t *r = &s->cpu->regs[reg];

    *r = s->mask == 0xffff ? (*r & ~s->mask) | (value & s->mask) : value & s->mask;
}

static void step(const struct io_string *s, unsigned index)
{
    int64_t delta = s->cpu->eflags & EFL_DF ? -(int64_t)s->bytes : s->bytes;

    put_masked(s, index, s->cpu->regs[index] + delta);
    if (s->repeated) {
        put_masked(s, R_CX, s->cpu->regs[R_CX] - 1);
    }
}

static void ins_once(const struct io_string *s)
{
    struct x86_cpu *cpu = s->cpu;
    uint64_t address = x86_segment_address(cpu, SEG_ES, cpu->regs[R_DI] & s->mask, s->bytes, true);
    unsigned mmu = x86_mmu_at(cpu, cpu->cpl);

    mmu_probe(&cpu->cpu, address, s->bytes, MMU_WRITE, mmu);
    mmu_store(&cpu->cpu, address, read_port(cpu, cpu->regs[R_DX], s->bytes), s->bytes, mmu);
    step(s, R_DI);
}

static void outs_once(const struct io_string *s)
{
    struct x86_cpu *cpu = s->cpu;
    uint64_t address = x86_segment_address(cpu, s->segment, cpu->regs[R_SI] & s->mask, s->bytes, false);

    write_port(cpu, cpu->regs[R_DX], mmu_load(&cpu->cpu, address, s->bytes, x86_mmu_at(cpu, cpu->cpl)), s->bytes);
    step(s, R_SI);
}

/*
 * How many elements from seg:reg on lie upwards in one page, inside the segment and without wrapping; 0: go one by one.
 * Nothing may fault or be seen by a debugger in between.
 */
static unsigned run_length(const struct io_string *s, unsigned segment, unsigned reg, uint64_t *linear)
{
    enum { PAGE = 4096 };
    struct x86_cpu *cpu = s->cpu;
    uint64_t offset = cpu->regs[reg] & s->mask, count = cpu->regs[R_CX] & s->mask;
    const struct x86_segment *seg = &cpu->seg[segment];
    bool code64 = cpu->cpu.mode & MODE_CODE64;
    if (!s->repeated || cpu->eflags & EFL_DF || cpu->cpu.mode & (MODE_TF | MODE_AC)) {
        return 0;
    }
    *linear = code64 ? offset + (segment == SEG_FS || segment == SEG_GS ? seg->base : 0) : (uint32_t)(offset + seg->base);
    uint64_t bytes = MIN(PAGE - (*linear & (PAGE - 1)), s->mask - offset);
    bytes = MIN(bytes / s->bytes, count) * s->bytes;
    if (!bytes || (!code64 && (segment == SEG_CS || !x86_segment_inside(seg, (uint32_t)offset, (unsigned)bytes)))) {
        return 0;
    }
    return (unsigned)(bytes / s->bytes);
}

static void step_many(const struct io_string *s, unsigned index, unsigned count)
{
    put_masked(s, index, s->cpu->regs[index] + (uint64_t)count * s->bytes);
    put_masked(s, R_CX, s->cpu->regs[R_CX] - count);
}

/* As many as the device takes at once, straight into guest memory. */
static bool ins_many(const struct io_string *s)
{
    struct x86_cpu *cpu = s->cpu;
    uint64_t linear;
    unsigned count = run_length(s, SEG_ES, R_DI, &linear);
    void *host = count ? mmu_host_pointer(&cpu->cpu, linear, MMU_WRITE, x86_mmu_at(cpu, cpu->cpl)) : NULL;
    count = host ? port_read_string(&cpu->cpu, (uint16_t)cpu->regs[R_DX], s->bytes, host, count) : 0;
    if (count) {
        step_many(s, R_DI, count);
    }
    return count;
}

static bool outs_many(const struct io_string *s)
{
    struct x86_cpu *cpu = s->cpu;
    uint64_t linear;
    unsigned count = run_length(s, s->segment, R_SI, &linear);
    void *host = count ? mmu_host_pointer(&cpu->cpu, linear, MMU_READ, x86_mmu_at(cpu, cpu->cpl)) : NULL;
    count = host ? port_write_string(&cpu->cpu, (uint16_t)cpu->regs[R_DX], s->bytes, host, count) : 0;
    if (count) {
        step_many(s, R_SI, count);
    }
    return count;
}

/* Sets pc behind the instruction when it is done, leaves it when an interrupt (or a debug trap) comes first; RF is set then. */
static void run_string(const struct io_string *s, uint64_t next_rip, void (*once)(const struct io_string *s),
                       bool (*many)(const struct io_string *s))
{
    struct x86_cpu *cpu = s->cpu;

    while (!s->repeated || cpu->regs[R_CX] & s->mask) {
        if (!many(s)) {
            once(s);
        }
        if (!s->repeated) {
            break;
        }
        if ((cpu->cpu.mode & MODE_TF || atomic_load(&cpu->cpu.exit_request)) && cpu->regs[R_CX] & s->mask) {
            cpu->eflags |= EFL_RF;
            x86_resume_flag(cpu);
            return;
        }
    }
    x86_set_rip(cpu, next_rip);
}

uint64_t helper_ins(struct cpu *base, uint64_t what, uint64_t next_rip)
{
    struct io_string s = string_of(x86_cpu_of(base), what);

    run_string(&s, next_rip, ins_once, ins_many);
    return 0;
}

uint64_t helper_outs(struct cpu *base, uint64_t what, uint64_t next_rip)
{
    struct io_string s = string_of(x86_cpu_of(base), what);

    run_string(&s, next_rip, outs_once, outs_many);
    return 0;
}
