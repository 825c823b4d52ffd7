/* SPDX-License-Identifier: MIT */
/*
 * DPPS and DPPD (SDM 2, DPPS) while the guest has unmasked a SIMD exception. The instruction multiplies, then adds in one
 * or two steps, and an unmasked exception of one step ends it before the next is begun, so each step is checked alone.
 * The result is that of the host's own instruction, as it is with all exceptions masked: of several NaNs any may be in it
 * ("implementation dependent"), but the same one always.
 */
#include <xmmintrin.h>
#include "target-x86/fp.h"
#include "target-x86/sse.h"

typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(16)));

/* The host's instructions under the live MXCSR; asm so that the compiler moves nothing across a look at its flags. */
static floats multiply_ps(floats a, floats b) { __asm__ volatile("mulps %1, %0" : "+x"(a) : "x"(b)); return a; }
static floats add_ps(floats a, floats b) { __asm__ volatile("addps %1, %0" : "+x"(a) : "x"(b)); return a; }
static floats multiply_pd(floats a, floats b) { __asm__ volatile("mulpd %1, %0" : "+x"(a) : "x"(b)); return a; }
static floats add_pd(floats a, floats b) { __asm__ volatile("addpd %1, %0" : "+x"(a) : "x"(b)); return a; }

/* One step as mxcsr.c describes it; raises. Lanes of zeros raise nothing. */
static floats step(struct cpu *c, floats (*operation)(floats, floats), floats a, floats b)
{
    helper_mxcsr_begin(c);
    floats result = operation(a, b);
    helper_mxcsr_tiny(c);
    operation(a, b);
    helper_mxcsr_check(c);
    return result;
}

static void check_ps(struct cpu *c, floats a, floats b, unsigned control)
{
    for (unsigned i = 0; i < 4; i++) {
        a[i] = control >> (4 + i) & 1 ? a[i] : 0;
        b[i] = control >> (4 + i) & 1 ? b[i] : 0;
    }
    floats product = step(c, multiply_ps, a, b);
    floats pairs = step(c, add_ps, (floats){ product[0], product[2] }, (floats){ product[1], product[3] });
    step(c, add_ps, (floats){ pairs[0] }, (floats){ pairs[1] });
}

static void check_pd(struct cpu *c, floats first, floats second, unsigned control)
{
    doubles a = (doubles)first, b = (doubles)second;
    for (unsigned i = 0; i < 2; i++) {
        a[i] = control >> (4 + i) & 1 ? a[i] : 0;
        b[i] = control >> (4 + i) & 1 ? b[i] : 0;
    }
    doubles product = (doubles)step(c, multiply_pd, (floats)a, (floats)b);
    step(c, add_pd, (floats)(doubles){ product[0] }, (floats)(doubles){ product[1] });
}

/* control: the immediate, and 100h for DPPD; the second operand is in cpu->vector. */
uint64_t helper_dot_check(struct cpu *c, uint64_t control, uint64_t dest)
{
    struct x86_cpu *cpu = x86_cpu_of(c);
    floats a, b;
    memcpy(&a, &cpu->xmm[dest], sizeof(a));
    memcpy(&b, &cpu->vector, sizeof(b));
    if (control & 0x100)
        check_pd(c, a, b, control);
    else
        check_ps(c, a, b, control);
    return 0;
}

void sse_dot(struct x86_trans *t)
{
    const struct x86_insn *insn = t->insn;
    const struct ir_copy *copy = sse_row_copy(t);
    const unsigned imm = insn->operand[2].value & 0xff;
    ir_reg v = x86_read_vec(t, 1);
    if (t->mode & MODE_MXCSR_TRAPS) {
        ir_stcpu(t->u, 64, offsetof(struct x86_cpu, vector), ir_vget(t->u, 64, v, 0));
        ir_stcpu(t->u, 64, offsetof(struct x86_cpu, vector) + 8, ir_vget(t->u, 64, v, 1));
        ir_call_void(t->u, HELPER_dot_check, ir_const(t->u, imm | (copy->opcode == 0x41 ? 0x100 : 0)),
                     ir_const(t->u, insn->operand[0].reg), IR_NONE, IR_NONE);
    }
    sse_emit(t, copy, v, (int)imm, false);
}
