/* SPDX-License-Identifier: MIT */
/*
 * Writes one unit: a straight range of guest code and the branches inside it.
 *
 *   bytes -> plan (all instructions decoded, branch targets in the range marked) -> rows' translators -> far code
 *
 * A unit ends at an instruction that always leaves it, at max_insns, or before an instruction that reaches
 * into the next page (which is then a unit of its own). Taken branches go to labels inside the unit or to exits in
 * far code behind it. Units of MODE_TF, MODE_IBP and MODE_SHADOW are one instruction and end in the execution loop.
 *
 * The CS limit is no part of the mode: units outside MODE_CS_ZERO compare it at their start and, when it lies inside
 * the unit, run instruction by instruction (helper code_limit).
 */
#include <string.h>
#include "target-x86/helpers.h"
#include "target-x86/system.h"
#include "target-x86/trans.h"
#include "tcg/softmmu.h"
#include "target-x86/unit.h"

enum { PAGE = 4096, CODE_BYTES = 1024, FETCH_BYTES = 96, MAX_FAR = 400, MAX_BRANCHES = 10, NO_INSN = 255 };

/* Code behind the unit: an exit to rip, or a call. */
struct far { unsigned label; uint16_t insn; bool is_exit; uint64_t rip; struct x86_far call; };

struct planned {
    struct x86_insn insn;
    enum x86_decode_status status;
    uint64_t rip;
    uint16_t offset;
    unsigned label;                 /* plus one; 0: no branch inside the unit goes here */
    bool backward;                  /* ... from behind it */
};

struct x86_unit_plan {
    unsigned count, code_bytes, branches;
    uint64_t start;
    struct planned planned[IR_MAX_GUEST_INSNS];
    uint8_t at[CODE_BYTES];         /* instruction that starts at this offset, or NO_INSN */
    uint8_t code[CODE_BYTES + 16];
    unsigned fetched;
    struct far far[MAX_FAR];
    unsigned far_count;
};

/* ---- the plan ---- */

/* Makes sure that 15 bytes from offset on are there, or all up to the end of the page. */
static unsigned code_available(struct x86_cpu *cpu, struct x86_unit_plan *plan, uint64_t linear, unsigned offset)
{
    unsigned page_left = PAGE - (linear & (PAGE - 1));
    if (plan->fetched < offset + 15 && plan->fetched < page_left) {
        unsigned bytes = MIN(FETCH_BYTES, MIN(page_left, CODE_BYTES) - plan->fetched);
        code_fetch(&cpu->cpu, linear + plan->fetched, plan->code + plan->fetched, bytes, true);
        plan->fetched += bytes;
    }
    return plan->fetched - offset;
}

/* The first instruction of the unit reaches into the next page: fetches that, too. */
static enum x86_decode_status decode_crossing(struct x86_cpu *cpu, struct x86_unit_plan *plan, struct x86_insn *insn,
                                              uint64_t linear, unsigned available, uint32_t mode, unsigned code_bits)
{
    uint64_t next = linear + available;
    if (!(mode & MODE_CODE64))
        next = (uint32_t)next;
    code_fetch(&cpu->cpu, next, plan->code + available, 15 - available, true);
    return x86_decode(cpu->decoder, insn, plan->code, 15, code_bits);
}

uint64_t x86_branch_target(const struct x86_insn *insn, uint64_t next_rip, unsigned code_bits)
{
    uint64_t target = next_rip + (uint64_t)insn->operand[0].value;
    if (insn->operand_bits == 16)
        return target & 0xffff;
    return code_bits == 64 ? target : (uint32_t)target;
}

static void plan_branch(struct x86_unit_plan *plan, struct ir_unit *u, unsigned i, unsigned code_bits)
{
    struct planned *p = &plan->planned[i];
    uint64_t target = x86_branch_target(&p->insn, p->rip + p->insn.length, code_bits);
    uint64_t offset = target - plan->start;
    if (offset >= plan->code_bytes || plan->at[offset] == NO_INSN)
        return;
    struct planned *to = &plan->planned[plan->at[offset]];
    if (!to->label)
        to->label = ir_new_label(u) + 1;
    to->backward |= plan->at[offset] <= i;
}

static bool plan_add(struct x86_cpu *cpu, struct x86_unit_plan *plan, uint64_t linear, uint64_t rip, uint32_t mode,
                     unsigned code_bits)
{
    struct planned *p = &plan->planned[plan->count];
    unsigned offset = plan->code_bytes, available = code_available(cpu, plan, linear, offset);
    p->status = x86_decode(cpu->decoder, &p->insn, plan->code + offset, available, code_bits);
    if (p->status == X86_DECODE_MORE) {
        if (plan->count)
            return false;
        p->status = decode_crossing(cpu, plan, &p->insn, linear, available, mode, code_bits);
    }
    p->insn.stack_bits = code_bits == 64 ? 64 : mode & MODE_STACK32 ? 32 : 16;
    p->rip = rip + offset;
    p->offset = (uint16_t)offset;
    p->label = 0;
    p->backward = false;
    memset(plan->at + offset, NO_INSN, p->insn.length);
    plan->at[offset] = (uint8_t)plan->count++;
    plan->code_bytes += p->insn.length;
    if (p->status != X86_DECODE_OK || p->insn.row->flags & ROW_ENDS)
        return false;
    return p->insn.operand_count == 0 || p->insn.operand[0].kind != OPERAND_REL || ++plan->branches < MAX_BRANCHES;
}

static void plan_make(struct x86_cpu *cpu, struct x86_unit_plan *plan, uint64_t linear, uint64_t rip, uint32_t mode,
                      unsigned code_bits, unsigned max_insns)
{
    plan->count = plan->code_bytes = plan->branches = plan->fetched = plan->far_count = 0;
    plan->start = rip;
    unsigned page_left = PAGE - (linear & (PAGE - 1));
    while (plan->count < max_insns && plan->code_bytes + 16 < CODE_BYTES && plan->code_bytes < page_left)
        if (!plan_add(cpu, plan, linear, rip, mode, code_bits))
            break;
}

static void plan_branches(struct x86_unit_plan *plan, struct ir_unit *u, unsigned code_bits)
{
    for (unsigned i = 0; i < plan->count; i++) {
        const struct x86_insn *insn = &plan->planned[i].insn;
        if (plan->planned[i].status == X86_DECODE_OK && insn->operand_count && insn->operand[0].kind == OPERAND_REL)
            plan_branch(plan, u, i, code_bits);
    }
}

/* ---- ways out ---- */

uint64_t x86_pc(const struct x86_trans *t, uint64_t rip)
{
    return t->mode & MODE_CODE64 ? rip : (uint32_t)rip | t->cs_base << 32;
}

static void pc_set(struct x86_trans *t, ir_reg pc) { ir_stcpu(t->u, 64, offsetof(struct x86_cpu, cpu.pc), pc); }

/* pc and mode are in the CPU structure. */
static void leave(struct x86_trans *t, bool to_loop)
{
    if (t->mode & (MODE_TF | MODE_IBP))
        ir_call_void(t->u, HELPER_debug_after, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    if (t->mode & MODE_SHADOW)
        ir_call_void(t->u, HELPER_shadow_end, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    if (to_loop || t->single)
        ir_exit(t->u);
    else
        ir_lookup(t->u);
}

static void leave_to(struct x86_trans *t, uint64_t rip)
{
    if (!t->single && t->slot < MAX_BRANCHES + 2) {
        ir_goto(t->u, x86_pc(t, rip), t->slot++);
        return;
    }
    pc_set(t, ir_const(t->u, x86_pc(t, rip)));
    leave(t, false);
}

static struct planned *inside(struct x86_trans *t, uint64_t rip)
{
    uint64_t offset = rip - t->plan->start;
    if (t->single || t->u->straight || offset >= t->plan->code_bytes || t->plan->at[offset] == NO_INSN)
        return NULL;
    struct planned *p = &t->plan->planned[t->plan->at[offset]];
    return p->label ? p : NULL;
}

void x86_goto(struct x86_trans *t, uint64_t rip)
{
    struct planned *p = inside(t, rip);
    if (p)
        ir_br(t->u, p->label - 1);
    else
        leave_to(t, rip);
    t->ended = true;
}

static struct far *far_new(struct x86_trans *t)
{
    if (t->plan->far_count == MAX_FAR) {
        t->u->overflow = true;      /* translated again with fewer instructions */
        t->plan->far_count = 0;
    }
    struct far *far = &t->plan->far[t->plan->far_count++];
    *far = (struct far){ .label = ir_new_label(t->u), .insn = (uint16_t)t->number };
    return far;
}

unsigned x86_branch_label(struct x86_trans *t, uint64_t rip)
{
    struct planned *p = inside(t, rip);
    if (p)
        return p->label - 1;
    struct far *far = far_new(t);
    far->is_exit = true;
    far->rip = rip;
    return far->label;
}

unsigned x86_far_code(struct x86_trans *t, const struct x86_far *call)
{
    struct far *far = far_new(t);
    far->call = *call;
    return far->label;
}

unsigned x86_far_raise(struct x86_trans *t, unsigned vector, bool has_error)
{
    struct x86_far far = { .helper = has_error ? HELPER_raise_error : HELPER_raise, .no_return = true,
                           .arg = { IR_IMM, has_error ? IR_IMM : IR_NONE }, .imm = { vector, 0 } };
    return x86_far_code(t, &far);
}

static bool limited(const struct x86_trans *t) { return !(t->mode & (MODE_CODE64 | MODE_CS_ZERO)); }

static ir_reg cs_limit(struct x86_trans *t)
{
    return ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, seg[SEG_CS].limit));
}

/* Canonical: bits 63 to 47 are all clear or all set. */
static void canonical_check(struct x86_trans *t, ir_reg rip)
{
    ir_reg half = ir_op2i(t->u, IR_SAR, 64, rip, 47);
    ir_brci(t->u, IR_COND_A, 64, ir_op2i(t->u, IR_ADD, 64, half, 1), 1, x86_far_raise(t, EXC_GP, true));
}

void x86_target_check(struct x86_trans *t, ir_reg rip)
{
    if (t->mode & MODE_CODE64)
        canonical_check(t, rip);
    else if (limited(t))
        ir_brc(t->u, IR_COND_B, 64, cs_limit(t), rip, x86_far_raise(t, EXC_GP, true));
}

bool x86_target_is_checked(struct x86_trans *t, uint64_t rip)
{
    return t->mode & MODE_CODE64 ? !x86_canonical(rip) : limited(t) && !inside(t, rip);
}

void x86_target_check_direct(struct x86_trans *t, uint64_t rip)
{
    if (!x86_target_is_checked(t, rip))
        return;
    if (t->mode & MODE_CODE64)
        ir_br(t->u, x86_far_raise(t, EXC_GP, true));
    else
        ir_brc(t->u, IR_COND_B, 64, cs_limit(t), ir_const(t->u, rip), x86_far_raise(t, EXC_GP, true));
}

void x86_jump(struct x86_trans *t, ir_reg rip, enum ir_jump_hint hint)
{
    ir_reg pc = t->cs_base ? ir_op2(t->u, IR_OR, 64, rip, ir_const(t->u, t->cs_base << 32)) : rip;
    if (t->single || t->cs_base) {
        pc_set(t, pc);
        leave(t, false);
    } else {
        ir_jump(t->u, pc, hint);
    }
    t->ended = true;
}

void x86_end_lookup(struct x86_trans *t)
{
    leave(t, false);
    t->ended = true;
}

void x86_end_exit(struct x86_trans *t)
{
    leave(t, true);
    t->ended = true;
}

void x86_end_next(struct x86_trans *t)
{
    pc_set(t, ir_const(t->u, x86_pc(t, t->next_rip)));
    x86_end_lookup(t);
}

void x86_gen_raise(struct x86_trans *t, unsigned vector)
{
    ir_call_void(t->u, HELPER_raise, ir_const(t->u, vector), IR_NONE, IR_NONE, IR_NONE);
    ir_exit(t->u);
    t->ended = true;
}

void x86_gen_raise_error(struct x86_trans *t, unsigned vector, uint32_t error)
{
    ir_call_void(t->u, HELPER_raise_error, ir_const(t->u, vector), ir_const(t->u, error), IR_NONE, IR_NONE);
    ir_exit(t->u);
    t->ended = true;
}

ir_reg x86_call(struct x86_trans *t, enum x86_helper helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d)
{
    return ir_call(t->u, helper, a, b, c, d);
}

/* ---- one instruction ---- */

/* Raises what the row's flags demand in this mode (priorities: SDM 3, table 6-2). Returns false when it did. */
static bool may_run(struct x86_trans *t, const struct x86_row *row)
{
    uint32_t flags = row->flags, mode = t->mode;
    bool lock_fits = flags & ROW_LOCK && t->insn->operand_count && t->insn->operand[0].kind == OPERAND_MEM;
    bool undefined = (t->insn->lock && !lock_fits) ||
                     (flags & ROW_NOVM && (!(mode & MODE_PE) || mode & MODE_VM)) ||
                     (flags & (ROW_MMX | ROW_SSE) && mode & MODE_EM) || (flags & ROW_SSE && !(mode & MODE_OSFXSR));
    if (undefined)
        x86_gen_raise(t, EXC_UD);
    else if (flags & ROW_CPL0 && mode & MODE_CPL)
        x86_gen_raise_error(t, EXC_GP, 0);
    else if ((flags & (ROW_FPU | ROW_MMX | ROW_SSE) && mode & MODE_TS) || (flags & ROW_FPU && mode & MODE_EM))
        x86_gen_raise(t, EXC_NM);
    else if (flags & ROW_WAITS && mode & MODE_X87_TRAPS)
        ir_call_void(t->u, HELPER_fpu_wait, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    return !t->ended;
}

/* At the start of a unit outside MODE_CS_ZERO: does all of it lie below the limit? */
static void limit_check(struct x86_trans *t)
{
    const struct planned *last = &t->plan->planned[t->plan->count - 1];
    struct x86_far far = { .helper = HELPER_code_limit, .arg = { IR_IMM }, .imm = { t->plan->count },
                          .no_return = true };
    uint64_t end = last->rip + last->insn.length - 1;
    ir_brc(t->u, IR_COND_B, 64, cs_limit(t), ir_const(t->u, end), x86_far_code(t, &far));
}

static void translate_one(struct x86_trans *t, unsigned i)
{
    struct planned *p = &t->plan->planned[i];
    t->insn = &p->insn;
    t->number = i;
    t->last = i + 1 == t->plan->count;
    t->rip = p->rip;
    t->next_rip = p->rip + p->insn.length;
    if (t->code_bits != 64)
        t->next_rip = (uint32_t)t->next_rip;
    t->ea_done = t->ended = false;
    if (p->label) {
        t->x87_place = X87_UNKNOWN;
        ir_label(t->u, p->label - 1);
        if (p->backward)
            ir_poll(t->u, x86_pc(t, p->rip));
    }
    ir_insn_mark(t->u, x86_pc(t, p->rip), p->offset);
    if (t->mode & (MODE_TF | MODE_IBP))
        ir_call_void(t->u, HELPER_debug_before, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    if (i == 0 && limited(t))
        limit_check(t);
    if (p->status == X86_DECODE_UD)
        x86_gen_raise(t, EXC_UD);
    else if (p->status != X86_DECODE_OK)
        x86_gen_raise_error(t, EXC_GP, 0);
    else if (may_run(t, p->insn.row))
        p->insn.row->translate(t);
}

/* ---- far code ---- */

static void far_mark(struct x86_trans *t, unsigned number)
{
    struct planned *p = &t->plan->planned[number];
    t->insn = &p->insn;
    t->number = number;
    t->rip = p->rip;
    t->next_rip = p->rip + p->insn.length;
    struct ir_insn *mark = ir_append(t->u, IR_INSN, 64);
    mark->imm = (int64_t)x86_pc(t, p->rip);
    mark->aux = (uint16_t)number;
}

static void far_call(struct x86_trans *t, const struct x86_far *call)
{
    ir_reg arg[4];
    for (unsigned i = 0; i < 4; i++)
        arg[i] = call->arg[i] == IR_IMM ? ir_const(t->u, call->imm[i]) : call->arg[i];
    if (call->result)
        ir_mov_to(t->u, call->result, ir_call(t->u, call->helper, arg[0], arg[1], arg[2], arg[3]));
    else
        ir_call_void(t->u, call->helper, arg[0], arg[1], arg[2], arg[3]);
    if (call->no_return)
        ir_exit(t->u);
    else
        ir_br(t->u, call->resume);
}

static void far_write(struct x86_trans *t)
{
    for (unsigned i = 0; i < t->plan->far_count && !t->u->overflow; i++) {
        struct far far = t->plan->far[i];
        ir_label(t->u, far.label);
        far_mark(t, far.insn);
        if (far.is_exit) {
            x86_target_check_direct(t, far.rip);
            leave_to(t, far.rip);
        } else {
            far_call(t, &far.call);
        }
    }
}

/* Labels of instructions that were planned but not reached: exits. */
static void labels_close(struct x86_trans *t, unsigned done)
{
    for (unsigned i = done; i < t->plan->count; i++) {
        if (!t->plan->planned[i].label)
            continue;
        ir_label(t->u, t->plan->planned[i].label - 1);
        far_mark(t, done - 1);
        leave_to(t, t->plan->planned[i].rip);
    }
}

static void unit_write(struct x86_trans *t, unsigned max_insns)
{
    struct x86_unit_plan *plan = t->plan;
    unsigned done = 0;
    plan->count = MIN(plan->count, max_insns);
    plan->code_bytes = plan->planned[plan->count - 1].offset + plan->planned[plan->count - 1].insn.length;
    for (unsigned i = 0; i < plan->count; i++)
        plan->planned[i].label = 0;
    if (!t->single && !t->u->straight)
        plan_branches(plan, t->u, t->code_bits);
    do {
        translate_one(t, done++);
    } while (done < plan->count && !t->ended && !t->u->overflow);
    if (!t->ended)
        x86_goto(t, t->next_rip);
    labels_close(t, done);
    far_write(t);
    const struct planned *last = &plan->planned[done - 1];
    t->u->guest_insns = (uint16_t)done;
    t->u->guest_bytes = last->offset + last->insn.length;
}

static bool model_has(const void *opaque, enum x86_feature feature)
{
    const struct x86_model *model = opaque;
    return feature == FEAT_NONE || model->has[feature];
}

/* A processor runs what its CPUID hides, so under KVM what comes here is no less than that. */
static struct x86_decoder *make_decoder(const struct x86_cpu *cpu)
{
    return x86_decoder_new(cpu->model && !cpu->kvm ? model_has : NULL, cpu->model, NULL);
}

static void unit_start(struct x86_trans *t, const struct cpu *cpu, uint64_t linear)
{
    ir_unit_start(t->u, x86_globals, X86_GLOBAL_END - 1, x86_helpers, x86_helper_count);
    t->u->pc = cpu->pc;
    t->u->mode = cpu->mode;
    t->u->linear = linear;
    t->u->addresses_32 = !(cpu->mode & MODE_CODE64);
    t->slot = 0;
    t->x87_place = X87_UNKNOWN;
    t->plan->far_count = 0;
}

/* XCHG BX, BX: Bochs's "magic breakpoint". */
bool x86_is_magic(const uint8_t *code, unsigned bytes, uint32_t mode)
{
    static const uint8_t magic[] = { 0x66, 0x87, 0xdb };
    const unsigned skip = !(mode & (MODE_CODE32 | MODE_CODE64));    /* its operand is of 16 bits without a prefix there */
    return bytes >= sizeof(magic) - skip && !memcmp(code, magic + skip, sizeof(magic) - skip);
}

void x86_translate_unit(struct cpu *cpu, struct ir_unit *unit, unsigned max_insns)
{
    struct x86_cpu *x86 = x86_cpu_of(cpu);
    struct x86_unit_plan plan;
    uint32_t mode = cpu->mode;
    struct x86_trans t = {
        .u = unit, .cpu = x86, .mode = mode, .mmu = x86_mmu_mode(mode), .plan = &plan,
        .code_bits = mode & MODE_CODE64 ? 64 : mode & MODE_CODE32 ? 32 : 16,
        .cs_base = mode & MODE_CODE64 ? 0 : cpu->pc >> 32,
        .single = mode & (MODE_TF | MODE_IBP | MODE_SHADOW),
    };
    if (!x86->decoder)
        x86->decoder = make_decoder(x86);
    uint64_t linear = x86_linear_of_pc(cpu, cpu->pc, mode);
    uint64_t rip = mode & MODE_CODE64 ? cpu->pc : (uint32_t)cpu->pc;
    max_insns = t.single ? 1 : CLAMP(max_insns, 1, IR_MAX_GUEST_INSNS);
    plan_make(x86, &plan, linear, rip, mode, t.code_bits, max_insns);
    do {
        unit_start(&t, cpu, linear);
        unit_write(&t, max_insns);
        max_insns = plan.count / 2;
    } while (unit->overflow && max_insns);
}
