/* SPDX-License-Identifier: MIT */
/*
 * The common x87 instructions in units where every x87 exception is masked (no MODE_X87_TRAPS).
 *
 * Operands go to the host's x87 unit and the result comes back, so they are exact to the last bit under
 * the guest's precision and rounding control. The host's sticky flags are left to gather: as long as they say nothing
 * that the guest's status does not say already, the instruction is done. Whatever is out of the ordinary (a flag
 * not seen before, an empty source, a full stack) is left to x87_exec before anything has been changed; that also
 * clears the host's flags, so stale ones of another CPU on this thread only cost time.
 *
 * Between the asm statements of one helper the compiler keeps out of the x87 unit: nothing here is a long double.
 */
#include "target-x86/x87.h"

#define INLINE static inline __attribute__((always_inline))

enum arith { ARITH_ADD, ARITH_MUL, ARITH_SUB, ARITH_SUBR, ARITH_DIV, ARITH_DIVR };
/* Memory operands of D8, DA, DC, DE: opcode bits 9-10. */
enum source { SOURCE_F32, SOURCE_I32, SOURCE_F64, SOURCE_I16 };

union memory_operand { uint64_t u64; uint32_t u32; uint16_t u16; };

static const uint16_t host_control = FCW_INIT;

INLINE void host_enter(const struct x86_fpu *fpu)
{
    if (fpu->control != FCW_INIT)
        __asm__ volatile("fldcw %0" : : "m"(fpu->control));
}
INLINE void host_leave(const struct x86_fpu *fpu)
{
    if (fpu->control != FCW_INIT)
        __asm__ volatile("fldcw %0" : : "m"(host_control));
}
INLINE void host_load(const struct x86_st *st) { __asm__ volatile("fldt %0" : : "m"(*st)); }
INLINE void host_store(struct x86_st *st) { __asm__ volatile("fstpt %0" : "=m"(*st)); }
INLINE void host_drop(void) { __asm__ volatile("fstp %st(0)"); }
INLINE uint16_t host_status(void)
{
    uint16_t status;
    __asm__ volatile("fnstsw %0" : "=a"(status));
    return status;
}

/* st(0) = st(0) op st(1) */
INLINE void host_arith(enum arith op)
{
    switch (op) {
    case ARITH_ADD: __asm__ volatile("fadd %st(1), %st"); break;
    case ARITH_MUL: __asm__ volatile("fmul %st(1), %st"); break;
    case ARITH_SUB: __asm__ volatile(".byte 0xd8, 0xe1"); break;
    case ARITH_SUBR: __asm__ volatile(".byte 0xd8, 0xe9"); break;
    case ARITH_DIV: __asm__ volatile(".byte 0xd8, 0xf1"); break;
    case ARITH_DIVR: __asm__ volatile(".byte 0xd8, 0xf9"); break;
    }
}

INLINE void host_arith_f32(enum arith op, uint32_t value)
{
    switch (op) {
    case ARITH_ADD: __asm__ volatile("fadds %0" : : "m"(value)); break;
    case ARITH_MUL: __asm__ volatile("fmuls %0" : : "m"(value)); break;
    case ARITH_SUB: __asm__ volatile("fsubs %0" : : "m"(value)); break;
    case ARITH_SUBR: __asm__ volatile("fsubrs %0" : : "m"(value)); break;
    case ARITH_DIV: __asm__ volatile("fdivs %0" : : "m"(value)); break;
    case ARITH_DIVR: __asm__ volatile("fdivrs %0" : : "m"(value)); break;
    }
}

INLINE void host_arith_f64(enum arith op, uint64_t value)
{
    switch (op) {
    case ARITH_ADD: __asm__ volatile("faddl %0" : : "m"(value)); break;
    case ARITH_MUL: __asm__ volatile("fmull %0" : : "m"(value)); break;
    case ARITH_SUB: __asm__ volatile("fsubl %0" : : "m"(value)); break;
    case ARITH_SUBR: __asm__ volatile("fsubrl %0" : : "m"(value)); break;
    case ARITH_DIV: __asm__ volatile("fdivl %0" : : "m"(value)); break;
    case ARITH_DIVR: __asm__ volatile("fdivrl %0" : : "m"(value)); break;
    }
}

INLINE void host_arith_i32(enum arith op, uint32_t value)
{
    switch (op) {
    case ARITH_ADD: __asm__ volatile("fiaddl %0" : : "m"(value)); break;
    case ARITH_MUL: __asm__ volatile("fimull %0" : : "m"(value)); break;
    case ARITH_SUB: __asm__ volatile("fisubl %0" : : "m"(value)); break;
    case ARITH_SUBR: __asm__ volatile("fisubrl %0" : : "m"(value)); break;
    case ARITH_DIV: __asm__ volatile("fidivl %0" : : "m"(value)); break;
    case ARITH_DIVR: __asm__ volatile("fidivrl %0" : : "m"(value)); break;
    }
}

INLINE bool nothing_new(const struct x86_fpu *fpu, uint16_t status)
{
    return __builtin_expect(!(status & FSW_FLAGS & ~fpu->status), 1);
}
INLINE void take_c1(struct x86_fpu *fpu, uint16_t status)
{
    fpu->status = (fpu->status & ~FSW_C1) | (status & FSW_C1);
}
INLINE void pop(struct x86_fpu *fpu)
{
    fpu->tag_valid &= ~(1u << fpu->top);
    fpu->top = (fpu->top + 1) & 7;
}

static __attribute__((noinline)) uint64_t unusual(struct x86_fpu *fpu, uint64_t info, uint64_t value)
{
    uint64_t memory[2] = { value };
    x87_exec(fpu, info & 0x7ff, memory, 0);
    return memory[0];
}

/* ---- arithmetic ---- */

INLINE uint64_t arith_st(struct cpu *c, uint64_t info, uint64_t rip, enum arith op)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    unsigned d = info >> X87_DEST_SHIFT & 7, s = info >> X87_SOURCE_SHIFT & 7;
    x87_record(cpu, info, rip);
    if (__builtin_expect(!x87_valid(fpu, d) || !x87_valid(fpu, s), 0))
        return unusual(fpu, info, 0);
    host_enter(fpu);
    host_load(x87_st(fpu, s));
    host_load(x87_st(fpu, d));
    host_arith(op);
    uint16_t status = host_status();
    if (nothing_new(fpu, status)) {
        host_store(x87_st(fpu, d));
        host_drop();
        host_leave(fpu);
        take_c1(fpu, status);
        if (info >> X87_POPS_SHIFT & 1)
            pop(fpu);
        return 0;
    }
    host_drop();
    host_drop();
    host_leave(fpu);
    return unusual(fpu, info, 0);
}

INLINE uint64_t arith_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset, enum arith op)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record_memory(cpu, info, rip, offset);
    if (__builtin_expect(!x87_valid(fpu, 0), 0))
        return unusual(fpu, info, value);
    host_enter(fpu);
    host_load(x87_st(fpu, 0));
    switch (info >> 9 & 3) {
    case SOURCE_F32: host_arith_f32(op, (uint32_t)value); break;
    case SOURCE_F64: host_arith_f64(op, value); break;
    case SOURCE_I32: host_arith_i32(op, (uint32_t)value); break;
    default: host_arith_i32(op, (uint32_t)(int16_t)value); break;
    }
    uint16_t status = host_status();
    if (nothing_new(fpu, status)) {
        host_store(x87_st(fpu, 0));
        host_leave(fpu);
        take_c1(fpu, status);
        return 0;
    }
    host_drop();
    host_leave(fpu);
    return unusual(fpu, info, value);
}

uint64_t helper_fadd(struct cpu *c, uint64_t info, uint64_t rip) { return arith_st(c, info, rip, ARITH_ADD); }
uint64_t helper_fmul(struct cpu *c, uint64_t info, uint64_t rip) { return arith_st(c, info, rip, ARITH_MUL); }
uint64_t helper_fsub(struct cpu *c, uint64_t info, uint64_t rip) { return arith_st(c, info, rip, ARITH_SUB); }
uint64_t helper_fsubr(struct cpu *c, uint64_t info, uint64_t rip) { return arith_st(c, info, rip, ARITH_SUBR); }
uint64_t helper_fdiv(struct cpu *c, uint64_t info, uint64_t rip) { return arith_st(c, info, rip, ARITH_DIV); }
uint64_t helper_fdivr(struct cpu *c, uint64_t info, uint64_t rip) { return arith_st(c, info, rip, ARITH_DIVR); }

uint64_t helper_fadd_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    return arith_mem(c, info, rip, value, offset, ARITH_ADD);
}
uint64_t helper_fmul_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    return arith_mem(c, info, rip, value, offset, ARITH_MUL);
}
uint64_t helper_fsub_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    return arith_mem(c, info, rip, value, offset, ARITH_SUB);
}
uint64_t helper_fsubr_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    return arith_mem(c, info, rip, value, offset, ARITH_SUBR);
}
uint64_t helper_fdiv_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    return arith_mem(c, info, rip, value, offset, ARITH_DIV);
}
uint64_t helper_fdivr_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    return arith_mem(c, info, rip, value, offset, ARITH_DIVR);
}

uint64_t helper_fsqrt(struct cpu *c, uint64_t info, uint64_t rip)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record(cpu, info, rip);
    if (!x87_valid(fpu, 0))
        return unusual(fpu, info, 0);
    host_enter(fpu);
    host_load(x87_st(fpu, 0));
    __asm__ volatile("fsqrt");
    uint16_t status = host_status();
    if (nothing_new(fpu, status)) {
        host_store(x87_st(fpu, 0));
        host_leave(fpu);
        take_c1(fpu, status);
        return 0;
    }
    host_drop();
    host_leave(fpu);
    return unusual(fpu, info, 0);
}

/* ---- loads ---- */

INLINE bool push_room(const struct x86_fpu *fpu) { return !x87_valid(fpu, 7); }

INLINE void push(struct x86_fpu *fpu, uint64_t significand, uint16_t sign_exponent)
{
    fpu->top = (fpu->top - 1) & 7;
    fpu->tag_valid |= 1u << fpu->top;
    fpu->st[fpu->top].significand = significand;
    fpu->st[fpu->top].sign_exponent = sign_exponent;
    fpu->status &= ~FSW_C1;
}

/* Normal numbers and zeros need no arithmetic; the others may raise. */
uint64_t helper_fld_f32(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    unsigned exponent = value >> 23 & 0xff;
    uint16_t sign = value >> 16 & 0x8000;
    x87_record_memory(cpu, info, rip, offset);
    if (!push_room(&cpu->fpu))
        return unusual(&cpu->fpu, info, value);
    if (exponent - 1 < 0xfe)
        push(&cpu->fpu, 1ull << 63 | (value & 0x7fffff) << 40, sign | (exponent - 127 + 16383));
    else if (!(value & 0x7fffffff))
        push(&cpu->fpu, 0, sign);
    else
        return unusual(&cpu->fpu, info, value);
    return 0;
}

uint64_t helper_fld_f64(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    unsigned exponent = value >> 52 & 0x7ff;
    uint16_t sign = value >> 48 & 0x8000;
    x87_record_memory(cpu, info, rip, offset);
    if (!push_room(&cpu->fpu))
        return unusual(&cpu->fpu, info, value);
    if (exponent - 1 < 0x7fe)
        push(&cpu->fpu, 1ull << 63 | value << 11, sign | (exponent - 1023 + 16383));
    else if (!(value << 1))
        push(&cpu->fpu, 0, sign);
    else
        return unusual(&cpu->fpu, info, value);
    return 0;
}

/* value is sign-extended to 64 bits. */
uint64_t helper_fild(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    x87_record_memory(cpu, info, rip, offset);
    if (!push_room(&cpu->fpu))
        return unusual(&cpu->fpu, info, value);
    uint64_t magnitude = (int64_t)value < 0 ? -value : value;
    if (!magnitude) {
        push(&cpu->fpu, 0, 0);
        return 0;
    }
    unsigned shift = __builtin_clzll(magnitude);
    push(&cpu->fpu, magnitude << shift, (value >> 48 & 0x8000) | (16383 + 63 - shift));
    return 0;
}

uint64_t helper_fld_st(struct cpu *c, uint64_t info, uint64_t rip)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    unsigned i = info & 7;
    x87_record(cpu, info, rip);
    if (!push_room(&cpu->fpu) || !x87_valid(&cpu->fpu, i))
        return unusual(&cpu->fpu, info, 0);
    const struct x86_st *st = x87_st(&cpu->fpu, i);
    push(&cpu->fpu, st->significand, st->sign_exponent);
    return 0;
}

/* FLD1 and FLDZ; significand: 0 or the integer bit. */
uint64_t helper_fld_const(struct cpu *c, uint64_t info, uint64_t rip, uint64_t significand)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    x87_record(cpu, info, rip);
    if (!push_room(&cpu->fpu))
        return unusual(&cpu->fpu, info, 0);
    push(&cpu->fpu, significand, significand ? 16383 : 0);
    return 0;
}

/* ---- stores: the value to write; the destination was probed ---- */

enum store { STORE_F32, STORE_F64, STORE_I16, STORE_I32, STORE_I64, STORE_I64_CHOP, STORE_I32_CHOP, STORE_I16_CHOP };

INLINE uint64_t store(struct cpu *c, uint64_t info, uint64_t rip, uint64_t offset, enum store kind)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record_memory(cpu, info, rip, offset);
    if (__builtin_expect(!x87_valid(fpu, 0), 0))
        return unusual(fpu, info, 0);
    union memory_operand memory = { 0 };
    host_enter(fpu);
    host_load(x87_st(fpu, 0));
    switch (kind) {
    case STORE_F32: __asm__ volatile("fstps %0" : "=m"(memory.u32)); break;
    case STORE_F64: __asm__ volatile("fstpl %0" : "=m"(memory.u64)); break;
    case STORE_I16: __asm__ volatile("fistps %0" : "=m"(memory.u16)); break;
    case STORE_I32: __asm__ volatile("fistpl %0" : "=m"(memory.u32)); break;
    case STORE_I64: __asm__ volatile("fistpll %0" : "=m"(memory.u64)); break;
    case STORE_I16_CHOP: __asm__ volatile("fisttps %0" : "=m"(memory.u16)); break;
    case STORE_I32_CHOP: __asm__ volatile("fisttpl %0" : "=m"(memory.u32)); break;
    case STORE_I64_CHOP: __asm__ volatile("fisttpll %0" : "=m"(memory.u64)); break;
    }
    uint16_t status = host_status();
    host_leave(fpu);
    if (!nothing_new(fpu, status))
        return unusual(fpu, info, 0);
    take_c1(fpu, status);
    if (info >> X87_POPS_SHIFT & 1)
        pop(fpu);
    return memory.u64;
}

uint64_t helper_fst_f32(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_F32); }
uint64_t helper_fst_f64(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_F64); }
uint64_t helper_fist_16(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_I16); }
uint64_t helper_fist_32(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_I32); }
uint64_t helper_fist_64(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_I64); }
uint64_t helper_fistt_16(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_I16_CHOP); }
uint64_t helper_fistt_32(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_I32_CHOP); }
uint64_t helper_fistt_64(struct cpu *c, uint64_t info, uint64_t rip, uint64_t ea) { return store(c, info, rip, ea, STORE_I64_CHOP); }

/* ---- moves inside the stack ---- */

/* Field by field: a 16-byte copy would wait for the two smaller stores that made the value. */
INLINE void st_copy(struct x86_st *to, const struct x86_st *from)
{
    to->significand = from->significand;
    to->sign_exponent = from->sign_exponent;
}

uint64_t helper_fst_st(struct cpu *c, uint64_t info, uint64_t rip)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record(cpu, info, rip);
    if (!x87_valid(fpu, 0))
        return unusual(fpu, info, 0);
    st_copy(x87_st(fpu, info & 7), x87_st(fpu, 0));
    fpu->tag_valid |= 1u << x87_index(fpu, info & 7);
    fpu->status &= ~FSW_C1;
    if (info >> X87_POPS_SHIFT & 1)
        pop(fpu);
    return 0;
}

uint64_t helper_fxch(struct cpu *c, uint64_t info, uint64_t rip)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record(cpu, info, rip);
    if (!x87_valid(fpu, 0) || !x87_valid(fpu, info & 7))
        return unusual(fpu, info, 0);
    struct x86_st st;
    st_copy(&st, x87_st(fpu, 0));
    st_copy(x87_st(fpu, 0), x87_st(fpu, info & 7));
    st_copy(x87_st(fpu, info & 7), &st);
    fpu->status &= ~FSW_C1;
    return 0;
}

/* FCHS flips, FABS clears the sign; clear and flip are masks. */
uint64_t helper_fsign(struct cpu *c, uint64_t info, uint64_t rip, uint64_t clear, uint64_t flip)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record(cpu, info, rip);
    if (!x87_valid(fpu, 0))
        return unusual(fpu, info, 0);
    struct x86_st *st = x87_st(fpu, 0);
    st->sign_exponent = (st->sign_exponent & ~clear) ^ flip;
    fpu->status &= ~FSW_C1;
    return 0;
}

/* ---- compares ---- */

enum compare { COMPARE_ORDERED, COMPARE_QUIET };

/* Compares st(0) with st(source); the condition codes, or -1 to take the long way. */
INLINE int compare(struct x86_fpu *fpu, uint64_t info, enum compare kind)
{
    unsigned s = info >> X87_SOURCE_SHIFT & 7;
    if (__builtin_expect(!x87_valid(fpu, 0) || !x87_valid(fpu, s), 0))
        return -1;
    host_load(x87_st(fpu, s));
    host_load(x87_st(fpu, 0));
    if (kind == COMPARE_QUIET)
        __asm__ volatile("fucompp");
    else
        __asm__ volatile("fcompp");
    uint16_t status = host_status();
    return nothing_new(fpu, status) ? status & FSW_CC : -1;
}

INLINE uint64_t compare_st(struct cpu *c, uint64_t info, uint64_t rip, enum compare kind)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record(cpu, info, rip);
    int codes = compare(fpu, info, kind);
    if (codes < 0)
        return unusual(fpu, info, 0);
    fpu->status = (fpu->status & ~FSW_CC) | codes;
    for (unsigned pops = info >> X87_POPS_SHIFT & 3; pops; pops--)
        pop(fpu);
    return 0;
}

/* FCOMI and its relatives return EFLAGS: C0 is CF, C2 PF, C3 ZF; OF, SF and AF are cleared, C1 is kept. */
INLINE uint64_t compare_flags(struct cpu *c, uint64_t info, uint64_t rip, enum compare kind)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record(cpu, info, rip);
    int codes = compare(fpu, info, kind);
    if (codes < 0)
        return x87_exec(fpu, info & 0x7ff, &cpu->vector, 0);
    if (info >> X87_POPS_SHIFT & 1)
        pop(fpu);
    return (codes & FSW_C0 ? EFL_CF : 0) | (codes & FSW_C2 ? EFL_PF : 0) | (codes & FSW_C3 ? EFL_ZF : 0);
}

uint64_t helper_fcom(struct cpu *c, uint64_t info, uint64_t rip) { return compare_st(c, info, rip, COMPARE_ORDERED); }
uint64_t helper_fucom(struct cpu *c, uint64_t info, uint64_t rip) { return compare_st(c, info, rip, COMPARE_QUIET); }
uint64_t helper_fcomi(struct cpu *c, uint64_t info, uint64_t rip) { return compare_flags(c, info, rip, COMPARE_ORDERED); }
uint64_t helper_fucomi(struct cpu *c, uint64_t info, uint64_t rip) { return compare_flags(c, info, rip, COMPARE_QUIET); }

uint64_t helper_fcom_mem(struct cpu *c, uint64_t info, uint64_t rip, uint64_t value, uint64_t offset)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    struct x86_fpu *fpu = &cpu->fpu;
    x87_record_memory(cpu, info, rip, offset);
    if (__builtin_expect(!x87_valid(fpu, 0), 0))
        return unusual(fpu, info, value);
    union memory_operand memory = { value };
    host_load(x87_st(fpu, 0));
    switch (info >> 9 & 3) {
    case SOURCE_F32: __asm__ volatile("fcomps %0" : : "m"(memory.u32)); break;
    case SOURCE_F64: __asm__ volatile("fcompl %0" : : "m"(memory.u64)); break;
    case SOURCE_I32: __asm__ volatile("ficompl %0" : : "m"(memory.u32)); break;
    default: __asm__ volatile("ficomps %0" : : "m"(memory.u16)); break;
    }
    uint16_t status = host_status();
    if (!nothing_new(fpu, status))
        return unusual(fpu, info, value);
    fpu->status = (fpu->status & ~FSW_CC) | (status & FSW_CC);
    if (info >> X87_POPS_SHIFT & 1)
        pop(fpu);
    return 0;
}
