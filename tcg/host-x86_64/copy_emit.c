/* SPDX-License-Identifier: MIT */
/*
 * COPY: a guest instruction as itself, with registers renamed (encoding: SDM volume 2, 2.1 to 2.3; VEX of 128 bits).
 * The instruction overwrites an operand; when the result's register is also another input, the work is done in xmm15
 * or a temporary and moved afterwards.
 */
#include "tcg/host-x86_64/host.h"

/* One modrm operand: the register to encode, and where the result goes afterwards. */
struct copy_operand { uint8_t role, class; ir_reg s, d; unsigned in, encoded, result; };

static unsigned use(struct host_state *h, const struct copy_operand *o)
{
    return o->class == IR_COPY_VEC ? xmm_use(h, o->s) : reg_use(h, o->s);
}

static void move(struct host_state *h, unsigned class, unsigned to, unsigned from)
{
    if (to == from)
        return;
    host_rr(&h->c, class == IR_COPY_VEC ? H_MOVAPS : H_MOV, 64, to, from);
}

/* other: the other operand; third: the xmm register that is read besides, or NO_REG. */
static void place(struct host_state *h, struct copy_operand *o, const struct copy_operand *other, unsigned third)
{
    if (!(o->role & IR_COPY_WRITE)) {
        o->encoded = o->in;
        return;
    }
    o->result = o->class == IR_COPY_VEC ? xmm_def(h, o->d) : reg_def(h, o->d);
    o->encoded = o->result;
    if (!(o->role & IR_COPY_READ))
        return;                     /* written alone: reading the other operand comes first in any case */
    const bool clash = (other->role & IR_COPY_READ) && other->class == o->class && other->in == o->result;
    const bool clash3 = o->class == IR_COPY_VEC && o->result == third;
    if (o->in != o->result && (clash || clash3))
        o->encoded = o->class == IR_COPY_VEC ? (unsigned)XMM_SCRATCH : reg_temp(h);
    move(h, o->class, o->encoded, o->in);
}

static void encode(struct host_state *h, const struct ir_copy *copy, const struct copy_operand *reg,
                   const struct copy_operand *rm, int64_t imm)
{
    struct host_code *c = &h->c;
    const unsigned r = copy->reg_role ? reg->encoded : copy->modrm_reg;
    const bool byte_register = (copy->reg_role && reg->class == IR_COPY_INT && r >= 4 && r < 8) ||
                               (rm->class == IR_COPY_INT && rm->encoded >= 4 && rm->encoded < 8);
    const unsigned rex = (copy->rex_w ? 8 : 0) | (r >> 3 & 1) << 2 | (rm->encoded >> 3 & 1);
    if (copy->prefix)
        host_byte(c, copy->prefix);
    if (rex || byte_register)
        host_byte(c, 0x40 | rex);
    if (copy->map)
        host_byte(c, 0x0f);
    if (copy->map > 1)
        host_byte(c, copy->map == 2 ? 0x38 : 0x3a);
    host_byte(c, copy->opcode);
    host_byte(c, 0xc0 | (r & 7) << 3 | (rm->encoded & 7));
    if (copy->imm_bytes)
        host_byte(c, (uint8_t)imm);
}

/* SDM 2, 2.3.5: three bytes; of vectors only. */
static void encode_vex(struct host_state *h, const struct ir_copy *copy, unsigned reg, unsigned rm, unsigned third)
{
    static const uint8_t prefixes[4] = { 0, 0x66, 0xf3, 0xf2 };
    unsigned pp = 0;
    while (prefixes[pp] != copy->prefix)
        pp++;
    host_byte(&h->c, 0xc4);
    host_byte(&h->c, (~reg >> 3 & 1) << 7 | 1 << 6 | (~rm >> 3 & 1) << 5 | copy->map);
    host_byte(&h->c, copy->rex_w << 7 | (~third & 15) << 3 | pp);
    host_byte(&h->c, copy->opcode);
    host_byte(&h->c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* Puts the implicit operand into XMM0. */
static unsigned take_xmm0(struct host_state *h, ir_reg r)
{
    const unsigned x = xmm_use(h, r);
    if (x != 0) {
        xmm_spill(h, 0);
        host_rr(&h->c, H_MOVAPS, 0, 0, x);
    }
    h->xmm_locked |= 1;
    return 0;
}

void emit_copy(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const struct ir_copy *copy = insn->ptr;
    struct copy_operand reg = { .role = copy->reg_role, .class = copy->reg_class };
    struct copy_operand rm = { .role = copy->rm_role, .class = copy->rm_class, .in = copy->modrm_rm };
    unsigned s = 0, d = 0, third = NO_REG;
    if (reg.role & IR_COPY_READ)
        reg.s = insn->s[s++];
    if (rm.role & IR_COPY_READ)
        rm.s = insn->s[s++];
    if (copy->xmm0_role & IR_COPY_READ) {
        third = copy->vex ? xmm_use(h, insn->s[s]) : take_xmm0(h, insn->s[s]);
        s++;
    }
    const ir_reg flags_in = copy->flags_role & IR_COPY_READ ? insn->s[s] : IR_NONE;
    if (reg.role & IR_COPY_WRITE)
        reg.d = insn->d[d++];
    if (rm.role & IR_COPY_WRITE)
        rm.d = insn->d[d++];
    const ir_reg flags_out = copy->flags_role & IR_COPY_WRITE ? insn->d[d] : IR_NONE;

    if (flags_in) {
        flags_to_eflags(h, flags_in);
        h->eflags_busy = true;
    }
    if (reg.s)
        reg.in = use(h, &reg);
    if (rm.s)
        rm.in = use(h, &rm);
    place(h, &reg, &rm, third);
    place(h, &rm, &reg, third);
    h->eflags_busy = false;
    if (copy->flags_role & IR_COPY_WRITE) {
        if (flags_in && (flags_in == flags_out || (ends & END_S0 << s)))
            flags_drop(h, flags_in);
        if (flags_out)
            flags_drop(h, flags_out);
        flags_hook(&h->c);
    }
    if (copy->vex) {
        encode_vex(h, copy, reg.encoded, rm.encoded, third == NO_REG ? 0 : third);
    } else {
        encode(h, copy, &reg, &rm, insn->imm);
    }
    if (reg.role & IR_COPY_WRITE)
        move(h, reg.class, reg.result, reg.encoded);
    if (rm.role & IR_COPY_WRITE)
        move(h, rm.class, rm.result, rm.encoded);
    if (flags_out)
        flags_set_host(h, flags_out, 32);
}

/* modrm of memory forms: [REG_CPU + disp32], which is R13. */
void emit_x87(struct host_state *h, const struct ir_insn *insn)
{
    struct host_code *c = &h->c;
    const unsigned escape = 0xd8 | (insn->imm >> 8 & 7), modrm = insn->imm & 0xff;
    if (modrm >= 0xc0) {
        host_byte(c, escape);
        host_byte(c, modrm);
        return;
    }
    host_byte(c, 0x41);
    host_byte(c, escape);
    host_byte(c, 0x80 | (modrm & 0x38) | (REG_CPU & 7));
    host_u32(c, (uint32_t)(insn->imm >> 16) - CPU_BIAS);
}
