/* SPDX-License-Identifier: MIT */
/*
 * Guest memory: the TLB look-up inlined, the slow path in far code.
 *
 *   mov   t, address; shr t, 7; and t, [mask]; add t, [entries]        the entry: (address >> 12) * 32
 *   lea   u, [address + bytes - 1]; and u, -4096; cmp u, [t + tag]     an access across a page never hits
 *   jne   far
 *   mov   t, [t + addend]; mov d, [address + t]
 *
 * Whatever needs a register is allocated before the look-up: code between the branch to far code and the point where far
 * code comes back is not run on the slow path. Far code stores the globals that memory lacks, so that a fault finds
 * precise state, but the allocation goes on unchanged.
 */
#include "tcg/host-x86_64/host.h"
#include "tcg/softmmu.h"

struct access { unsigned address; int32_t disp; unsigned t, u; uint8_t *far; };

/* One load or store: what the main code and the look-up in far code have in common. */
struct touch {
    const struct ir_insn *insn;
    enum slow_kind kind;
    unsigned reg;                   /* loaded or stored, NO_REG: the constant */
    int32_t value;
};

static unsigned log2_bytes(unsigned bytes) { return (unsigned)__builtin_ctz(bytes); }

static uint32_t slow_code(struct host_state *h, enum slow_kind kind, unsigned bytes, unsigned mmu)
{
    const uint64_t delta = h->insn_pc - h->unit->pc;
    const uint32_t pc = delta < (1u << SLOW_PC_BITS) - 1 ? (uint32_t)delta : (1u << SLOW_PC_BITS) - 1;
    return kind | log2_bytes(bytes) << 3 | mmu << SLOW_MMU | h->insn_number << SLOW_INSN | pc << SLOW_PC;
}

/* The address operand as register and displacement. */
static struct access access_of(struct host_state *h, const struct ir_insn *insn, int64_t disp)
{
    struct access m = { .address = reg_use(h, insn->s[0]) };
    if (fits32(disp) && fits32(disp + 16)) {
        m.disp = (int32_t)disp;
    } else {
        const unsigned t = reg_temp(h);
        host_mov_imm(&h->c, t, (uint64_t)disp);
        host_rm(&h->c, H_LEA, 64, t, (struct host_mem){ (uint8_t)t, (uint8_t)m.address, 0, 0 });
        reg_unlock(h, m.address);
        m.address = t;
    }
    return m;
}

static struct host_mem target(const struct access *m)
{
    return (struct host_mem){ (uint8_t)m->address, (uint8_t)m->t, 0, m->disp };
}

/*
 * The look-up of [address + low, address + high), cut to w bits. m->t, m->u were allocated; afterwards m->t is the addend
 * and m->u is free. m->far: the branch taken on a miss.
 */
static void look_up_range(struct host_state *h, struct access *m, int32_t low, int32_t high, unsigned mmu, enum mmu_access kind,
                          unsigned w)
{
    const size_t tlb = offsetof(struct cpu, tlb) + mmu * sizeof(struct tlb);
    if (low == 0 && (h->features & HOST_HAS_BMI2)) {
        host_vrr(&h->c, H_RORX, 64, m->t, NO_REG, m->address, 7);
    } else {
        if (low) {
            host_rm(&h->c, H_LEA, w, m->t, host_mem(m->address, low));
        } else {
            host_mov(h, m->t, m->address);
        }
        host_ri(&h->c, H_SHR_I, 64, m->t, 7);
    }
    host_rm(&h->c, H_AND, 64, m->t, cpu_mem(tlb + offsetof(struct tlb, mask)));
    host_rm(&h->c, H_ADD, 64, m->t, cpu_mem(tlb + offsetof(struct tlb, entries)));
    if (high != 1 || w == 32) {
        host_rm(&h->c, H_LEA, w, m->u, host_mem(m->address, high - 1));
    } else {
        host_mov(h, m->u, m->address);
    }
    host_ri(&h->c, H_AND_I, w, m->u, -4096);
    host_rm(&h->c, H_CMP, 64, m->u, host_mem(m->t, (int32_t)(offsetof(struct tlb_entry, tag) + 8 * kind)));
    m->far = host_jcc(&h->c, IR_COND_NE);
    host_rm(&h->c, H_MOV, 64, m->t, host_mem(m->t, offsetof(struct tlb_entry, addend)));
}

static void look_up(struct host_state *h, struct access *m, unsigned bytes, unsigned mmu, enum mmu_access kind)
{
    look_up_range(h, m, m->disp, m->disp + (int32_t)bytes, mmu, kind, 64);
}

/* What lies between block and stub: tells the stub the block. */
static void need_block_slow(struct host_state *h)
{
    if (h->block_slow)
        return;
    h->block_slow = h->c.p;
    host_rm(&h->c, H_MOV_M, 64, R10, cpu_mem(SLOW_SAVE));
    host_mov_imm(&h->c, R10, (uintptr_t)h->block);
    jump_to_stub(h, host_jmp(&h->c), STUB_SLOW);
}

/* Vectors are lost in a call: those that memory lacks are stored. */
static void store_vectors(struct host_state *h)
{
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++) {
        const ir_reg r = h->now.xmm_owner[xmm];
        if (r && (vreg_of(h, r)->flags & VREG_DIRTY) && !(vreg_of(h, r)->flags & VREG_GLOBAL))
            host_rm(&h->c, H_MOVUPS_M, 0, xmm, reg_mem(h, r));
    }
}

/* Far code of an access without a second look-up. */
static void slow_start(struct host_state *h, const struct access *m)
{
    far_begin(h);
    need_block_slow(h);
    main_to_far(h, m->far, h->c.p);
}

/* In far code: address and precise state are noted. result: what the op assigns, not yet valid. */
static void slow_begin(struct host_state *h, const struct access *m, uint32_t code, ir_reg result)
{
    uint8_t saved = 0;
    if (result) {
        saved = vreg_of(h, result)->flags;
        vreg_of(h, result)->flags &= ~VREG_DIRTY;
    }
    regs_write_back(h, false, false);
    store_vectors(h);
    if (result)
        vreg_of(h, result)->flags = saved;
    if (m->disp) {
        host_rm(&h->c, H_LEA, 64, m->u, host_mem(m->address, m->disp));
        host_rm(&h->c, H_MOV_M, 64, m->u, cpu_mem(SLOW_ADDRESS));
    } else {
        host_rm(&h->c, H_MOV_M, 64, m->address, cpu_mem(SLOW_ADDRESS));
    }
    host_rmi(&h->c, H_MOV_I, 32, 0, cpu_mem(SLOW_CODE), (int32_t)code);
    if ((code >> SLOW_PC & ((1u << SLOW_PC_BITS) - 1)) == (1u << SLOW_PC_BITS) - 1) {
        host_mov_imm(&h->c, m->u, h->insn_pc);
        host_rm(&h->c, H_MOV_M, 64, m->u, cpu_mem(offsetof(struct cpu, pc)));
    }
}

static void slow_end(struct host_state *h, ir_reg result, const uint8_t *back)
{
    for (unsigned xmm = 0; xmm < HOST_REGS; xmm++) {
        if (h->now.xmm_owner[xmm] && h->now.xmm_owner[xmm] != result)
            host_rm(&h->c, H_MOVUPS, 0, xmm, reg_mem(h, h->now.xmm_owner[xmm]));
    }
    if (h->group.root)              /* the slow path may have changed the TLB */
        host_rr(&h->c, H_XOR, 32, h->group.reg, h->group.reg);
    far_to_main(h, host_jmp(&h->c), back);
    far_end(h);
}

static void call_slow(struct host_state *h)
{
    uint8_t *at = host_call(&h->c);
    host_patch32(at, h->block_slow - (at + 4));
}

/* The old value of a global that is about to be loaded must be in memory if the load faults. */
static void settle_result(struct host_state *h, ir_reg d)
{
    struct vreg *v = vreg_of(h, d);
    if (!(v->flags & VREG_GLOBAL) || v->home != NO_REG || v->reg == NO_REG || !(v->flags & VREG_DIRTY))
        return;
    host_rm(&h->c, h->unit->types[d] == IR_TYPE_VEC ? H_MOVUPS_M : H_MOV_M, 64, v->reg, reg_mem(h, d));
    v->flags &= ~VREG_DIRTY;
}

static void release_inputs(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    for (unsigned k = 0; k < 3; k++) {
        if ((ends >> k & 1) && insn->s[k] != insn->d[0])
            reg_release(h, insn->s[k]);
    }
}

static void load_extended(struct host_state *h, bool is_signed, unsigned w, unsigned d, struct host_mem m)
{
    switch (w) {
    case 8:  host_rm(&h->c, is_signed ? H_MOVSX8 : H_MOVZX8, is_signed ? 64 : 32, d, m); break;
    case 16: host_rm(&h->c, is_signed ? H_MOVSX16 : H_MOVZX16, is_signed ? 64 : 32, d, m); break;
    case 32: host_rm(&h->c, is_signed ? H_MOVSXD : H_MOV, is_signed ? 64 : 32, d, m); break;
    default: host_rm(&h->c, H_MOV, 64, d, m);
    }
}

/* The host's load or store itself. */
static void touch_memory(struct host_state *h, const struct touch *o, struct host_mem m)
{
    const unsigned w = o->insn->width;
    switch (o->kind) {
    case SLOW_LD:  load_extended(h, o->insn->op == IR_LDS, w, o->reg, m); break;
    case SLOW_LDV: host_rm(&h->c, w == 32 ? H_MOVSS : w == 64 ? H_MOVQ : H_MOVUPS, 0, o->reg, m); break;
    case SLOW_STV: host_rm(&h->c, w == 32 ? H_MOVSS_M : w == 64 ? H_MOVQ_M : H_MOVUPS_M, 0, o->reg, m); break;
    default:
        if (o->reg == NO_REG) {
            host_rmi(&h->c, H_MOV_I, w, 0, m, o->value);
        } else {
            host_rm(&h->c, H_MOV_M, w, o->reg, m);
        }
    }
}

static void slow_path(struct host_state *h, const struct touch *o, const struct access *m, const uint8_t *back)
{
    const struct ir_insn *insn = o->insn;
    const uint32_t modifies = o->kind == SLOW_LD ? (uint32_t)insn->cond << SLOW_OP : 0;
    slow_begin(h, m, slow_code(h, o->kind, insn->width / 8, insn->aux) | modifies, insn->d[0]);
    if (o->kind == SLOW_STV) {
        host_rm(&h->c, H_MOVUPS_M, 0, o->reg, cpu_mem(SLOW_VECTOR));
    } else if (o->kind == SLOW_ST && o->reg == NO_REG) {
        host_rmi(&h->c, H_MOV_I, 64, 0, cpu_mem(SLOW_VALUE), o->value);
    } else if (o->kind == SLOW_ST) {
        host_rm(&h->c, H_MOV_M, 64, o->reg, cpu_mem(SLOW_VALUE));
    }
    call_slow(h);
    if (o->kind == SLOW_LD || o->kind == SLOW_LDV)
        touch_memory(h, o, cpu_mem(o->kind == SLOW_LD ? SLOW_VALUE : SLOW_VECTOR));
    slow_end(h, o->kind == SLOW_LDV ? insn->d[0] : IR_NONE, back);
}

/* A member of a group, or its leader, whose addend is not known: its own look-up, in far code. */
static void look_up_again(struct host_state *h, const struct touch *o, struct access *m, enum mmu_access kind, bool leads,
                          const uint8_t *back)
{
    look_up(h, m, o->insn->width / 8, o->insn->aux, kind);
    touch_memory(h, o, target(m));
    if (leads)
        host_rr(&h->c, H_XOR, 32, m->t, m->t);
    far_to_main(h, host_jmp(&h->c), back);
    host_patch32(m->far, h->c.p - (m->far + 4));
}

/* An access of a group: in the page that its leader looked up. */
static void touch_looked_up(struct host_state *h, const struct touch *o, const struct access *m, unsigned addend, bool cut)
{
    if (cut) {
        host_rm(&h->c, H_LEA, 32, m->u, host_mem(m->address, m->disp));
        touch_memory(h, o, (struct host_mem){ (uint8_t)m->u, (uint8_t)addend, 0, 0 });
    } else {
        touch_memory(h, o, (struct host_mem){ (uint8_t)m->address, (uint8_t)addend, 0, m->disp });
    }
}

/* All registers are allocated: nothing below moves one. */
static void access_memory(struct host_state *h, const struct touch *o, struct access *m)
{
    const struct ir_insn *insn = o->insn;
    const enum mmu_access kind = o->kind == SLOW_LD || o->kind == SLOW_LDV ? MMU_READ : MMU_WRITE;
    int64_t low, high;
    bool cut;
    const enum group_role role = m->disp == insn->imm ? group_role(h, insn, &low, &high, &cut) : GROUP_ALONE;
    if (role == GROUP_MEMBER) {
        const unsigned addend = h->group.reg;
        host_rr(&h->c, H_TEST, 64, addend, addend);
        m->far = host_jcc(&h->c, IR_COND_E);
        touch_looked_up(h, o, m, addend, cut);
    } else if (role == GROUP_LEADER) {
        h->group.reg = (uint8_t)m->t;
        look_up_range(h, m, (int32_t)low, (int32_t)high, insn->aux, kind, h->unit->addresses_32 ? 32 : 64);
        touch_looked_up(h, o, m, m->t, cut);
    } else {
        look_up(h, m, insn->width / 8, insn->aux, kind);
        touch_memory(h, o, target(m));
    }
    const uint8_t *back = h->c.p;
    slow_start(h, m);
    if (role != GROUP_ALONE)
        look_up_again(h, o, m, kind, role == GROUP_LEADER, back);
    slow_path(h, o, m, back);
}

static void load(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    struct touch o = { insn, SLOW_LD, 0, 0 };
    struct access m = access_of(h, insn, insn->imm);
    settle_result(h, insn->d[0]);
    m.t = reg_temp(h);
    m.u = reg_temp(h);
    release_inputs(h, insn, ends);
    o.reg = insn->d[0] != IR_NONE ? reg_def_over(h, insn->d[0], m.u) : m.u;     /* a dead load still faults */
    access_memory(h, &o, &m);
}

static void load_vector(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    struct touch o = { insn, SLOW_LDV, 0, 0 };
    struct access m = access_of(h, insn, insn->imm);
    settle_result(h, insn->d[0]);
    m.t = reg_temp(h);
    m.u = reg_temp(h);
    release_inputs(h, insn, ends);
    o.reg = xmm_def(h, insn->d[0]);
    access_memory(h, &o, &m);
}

static void store(struct host_state *h, const struct ir_insn *insn)
{
    const unsigned w = insn->width;
    struct touch o = { insn, SLOW_ST, NO_REG, 0 };
    struct access m = access_of(h, insn, insn->imm);
    int64_t value = 0;
    const bool constant = reg_is_const(h, insn->s[1], &value);
    if (w < 64)
        value = (int64_t)((uint64_t)value << (64 - w)) >> (64 - w);
    o.value = (int32_t)value;
    if (!constant || !fits32(value))
        o.reg = reg_use(h, insn->s[1]);
    m.t = reg_temp(h);
    m.u = reg_temp(h);
    access_memory(h, &o, &m);
}

static void store_vector(struct host_state *h, const struct ir_insn *insn)
{
    struct touch o = { insn, SLOW_STV, 0, 0 };
    struct access m = access_of(h, insn, insn->imm);
    o.reg = xmm_use(h, insn->s[1]);
    m.t = reg_temp(h);
    m.u = reg_temp(h);
    access_memory(h, &o, &m);
}

static void probe(struct host_state *h, const struct ir_insn *insn)
{
    struct access m = access_of(h, insn, insn->imm);
    m.t = reg_temp(h);
    m.u = reg_temp(h);
    look_up(h, &m, insn->width / 8, insn->aux, MMU_WRITE);
    const uint8_t *back = h->c.p;
    slow_start(h, &m);
    slow_begin(h, &m, slow_code(h, SLOW_PROBE, insn->width / 8, insn->aux), IR_NONE);
    call_slow(h);
    slow_end(h, IR_NONE, back);
}

void emit_memory(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    switch (insn->op) {
    case IR_LD:
    case IR_LDS:   load(h, insn, ends); break;
    case IR_LDV:   load_vector(h, insn, ends); break;
    case IR_ST:    store(h, insn); break;
    case IR_STV:   store_vector(h, insn); break;
    case IR_PROBE: probe(h, insn); break;
    default: g_assert_not_reached();
    }
}

static void lock_prefix(struct host_state *h)
{
    if (h->now.eflags_of)
        flags_hook(&h->c);
    host_byte(&h->c, 0xf0);
}

/* The operation on [u]; operands are in SLOW_VALUE and SLOW_EXTRA; leaves the old value in t. RAX is put aside. */
static void atomic_op(struct host_state *h, enum ir_op op, unsigned w, unsigned t, unsigned u)
{
    const unsigned hw = w == 64 ? 64 : 32;
    const struct host_mem memory = host_mem(u, 0), value = cpu_mem(SLOW_VALUE);
    if (op == IR_ATOMIC_ADD || op == IR_ATOMIC_XCHG) {
        host_rm(&h->c, H_MOV, hw, t, value);
        if (op == IR_ATOMIC_ADD)
            lock_prefix(h);
        host_rm(&h->c, op == IR_ATOMIC_ADD ? H_XADD : H_XCHG, w, t, memory);
        return;
    }
    host_rm(&h->c, H_MOV_M, 64, RAX, cpu_mem(SLOW_SAVE2));
    if (op == IR_ATOMIC_CAS) {
        host_rm(&h->c, H_MOV, hw, RAX, value);
        host_rm(&h->c, H_MOV, hw, t, cpu_mem(SLOW_EXTRA));
        lock_prefix(h);
        host_rm(&h->c, H_CMPXCHG, w, t, memory);
    } else {
        host_rm(&h->c, H_MOV, w, RAX, memory);
        const uint8_t *again = h->c.p;
        host_rr(&h->c, H_MOV, hw, t, RAX);
        host_rm(&h->c, op == IR_ATOMIC_AND ? H_AND : op == IR_ATOMIC_OR ? H_OR : H_XOR, hw, t, value);
        lock_prefix(h);
        host_rm(&h->c, H_CMPXCHG, w, t, memory);
        host_patch8(host_jcc8(&h->c, IR_COND_NE), again);
    }
    host_rr(&h->c, H_MOV, hw, t, RAX);
    host_rm(&h->c, H_MOV, 64, RAX, cpu_mem(SLOW_SAVE2));
}

static void put_aside(struct host_state *h, ir_reg r, size_t where)
{
    int64_t value;
    if (reg_is_const(h, r, &value) && fits32(value)) {
        host_rmi(&h->c, H_MOV_I, 64, 0, cpu_mem(where), (int32_t)value);
    } else {
        const unsigned reg = reg_use(h, r);
        host_rm(&h->c, H_MOV_M, 64, reg, cpu_mem(where));
        reg_unlock(h, reg);
    }
}

void emit_atomic(struct host_state *h, const struct ir_insn *insn, uint8_t ends)
{
    const unsigned w = insn->width;
    put_aside(h, insn->s[1], SLOW_VALUE);
    if (insn->op == IR_ATOMIC_CAS)
        put_aside(h, insn->s[2], SLOW_EXTRA);
    struct access m = access_of(h, insn, 0);
    m.t = reg_temp(h);
    m.u = reg_temp(h);
    look_up(h, &m, w / 8, insn->aux, MMU_WRITE);
    host_rm(&h->c, H_LEA, 64, m.u, target(&m));
    atomic_op(h, (enum ir_op)insn->op, w, m.t, m.u);
    const uint8_t *back = h->c.p;
    slow_start(h, &m);
    slow_begin(h, &m, slow_code(h, SLOW_ATOMIC, w / 8, insn->aux) | (uint32_t)(insn->op - IR_ATOMIC_ADD) << SLOW_OP, IR_NONE);
    call_slow(h);
    host_rm(&h->c, H_MOV, 64, m.t, cpu_mem(SLOW_VALUE));
    slow_end(h, IR_NONE, back);
    if (insn->d[0] == IR_NONE || (ends & END_D0))
        return;
    const unsigned d = reg_def_over(h, insn->d[0], m.t);
    host_widen(h, w, d, m.t);
}

/* The slow path, called by STUB_SLOW with pinned globals in memory. May leave by cpu_leave. */
void host_slow(struct cpu *cpu, struct block *block)
{
    uint64_t *area = cpu->spill + SPILL_SLOTS + CROSS_SLOTS;
    const uint64_t address = area[0];
    const uint32_t code = (uint32_t)area[3];
    const unsigned bytes = 1u << (code >> 3 & 7), mmu = code >> SLOW_MMU & ((1u << SLOW_MMU_BITS) - 1);
    const unsigned pc = code >> SLOW_PC & ((1u << SLOW_PC_BITS) - 1);
    cpu->current = block;
    cpu->current_insns = code >> SLOW_INSN & ((1u << SLOW_INSN_BITS) - 1);
    if (pc != (1u << SLOW_PC_BITS) - 1)
        cpu->pc = block->pc + pc;
    switch (code & 7) {
    case SLOW_LD:
        if (code >> SLOW_OP)             /* of a read-modify-write: faults as a write */
            mmu_probe(cpu, address, bytes, MMU_WRITE, mmu);
        area[1] = mmu_load(cpu, address, bytes, mmu);
        break;
    case SLOW_ST:    mmu_store(cpu, address, area[1], bytes, mmu); break;
    case SLOW_LDV:
        area[6] = area[7] = 0;
        mmu_load_vector(cpu, address, &area[6], bytes, mmu);
        break;
    case SLOW_STV:   mmu_store_vector(cpu, address, &area[6], bytes, mmu); break;
    case SLOW_PROBE: mmu_probe(cpu, address, bytes, MMU_WRITE, mmu); break;
    case SLOW_ATOMIC:
        area[1] = mmu_atomic(cpu, (enum ir_op)(IR_ATOMIC_ADD + (code >> SLOW_OP)), address, area[1], area[2], bytes, mmu);
        break;
    }
}
