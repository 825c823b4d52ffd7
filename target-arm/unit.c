/* SPDX-License-Identifier: MIT */
/*
 * Writes one unit: a straight range of guest code and the branches inside it, in any of the three instruction sets.
 *
 *   code -> plan (all instructions decoded, branch targets in the range marked) -> rows' translators -> far code
 *
 * A unit ends at an instruction that always leaves it, at max_insns, or before a T32 instruction that reaches into
 * the next
 * page (which is then a unit of its own). Taken branches go to labels inside the unit or to exits in far code behind
 * it.
 * Units of MODE_STEP, MODE_BREAK and MODE_IL are one instruction and end in the execution loop.
 */
#include <string.h>
#include "target-arm/globals.h"
#include "target-arm/trans.h"
#include "target-arm/system.h"
#include "target-arm/unit.h"
#include "tcg/softmmu.h"

enum { PAGE = 4096, MAX_FAR = 400, MAX_BRANCHES = 10, NO_INSN = 255, CODE_BYTES = 4 * IR_MAX_GUEST_INSNS };

/* Code behind the unit: an exit to pc, or a call. */
struct far { unsigned label; uint16_t insn; bool is_exit; uint64_t pc; struct arm_far call; };

struct planned {
    const struct arm_compiled *row;
    uint64_t pc;
    uint32_t word;
    uint16_t offset;
    uint8_t bytes, it, it_next;
    bool backward;                  /* a branch from behind it */
    unsigned label;                 /* plus one; 0: no branch inside the unit goes here */
};

struct arm_unit_plan {
    unsigned count, code_bytes, branches, fetched;
    uint64_t start;
    struct planned planned[IR_MAX_GUEST_INSNS];
    uint8_t at[CODE_BYTES];         /* instruction that starts at this offset, or NO_INSN */
    uint8_t code[CODE_BYTES + 16];
    struct far far[MAX_FAR];
    unsigned far_count;
};

/* ---- the plan ---- */

/* Makes sure that `bytes` from offset on are there; false: they lie beyond the page. */
static bool code_available(struct arm_cpu *cpu, struct arm_unit_plan *plan, unsigned offset, unsigned bytes)
{
    unsigned page_left = PAGE - (unsigned)(plan->start & (PAGE - 1));
    if (offset + bytes > page_left) {
        return false;
    }
    if (plan->fetched < offset + bytes) {
        unsigned more = MIN(64u, MIN(page_left, (unsigned)CODE_BYTES) - plan->fetched);
        code_fetch(&cpu->cpu, plan->start + plan->fetched, plan->code + plan->fetched, more, true);
        plan->fetched += more;
    }
    return true;
}

static uint32_t half(const uint8_t *code)
{
    return code[0] | (uint32_t)code[1] << 8;
}

static struct arm_decoder *decoder(struct arm_decoder **place, const struct arm_table *const *tables, enum arm_isa isa,
                                   const struct arm_cpu *cpu)
{
    if (!*place) {
        *place = arm_decoder_new(tables, isa, cpu, NULL);
    }
    return *place;
}

/* T32: 16 or 32 bits. Returns false when the second half lies in the next page and this is not the unit's first
 * instruction. */
static bool fetch_t32(struct arm_cpu *cpu, struct arm_unit_plan *plan, struct planned *p)
{
    code_available(cpu, plan, p->offset, 2);
    p->word = half(plan->code + p->offset);
    p->bytes = 2;
    if (p->word >> 11 < 0x1d) {
        p->row = arm_decode(decoder(&cpu->decoder_t16, arm_tables_t16, ARM_ISA_T16, cpu), p->word);
        return true;
    }
    if (!code_available(cpu, plan, p->offset + 2u, 2)) {
        if (plan->count) {
            return false;
        }
        code_fetch(&cpu->cpu, p->pc + 2, plan->code + p->offset + 2, 2, true);
    }
    p->word = p->word << 16 | half(plan->code + p->offset + 2);
    p->bytes = 4;
    p->row = arm_decode(decoder(&cpu->decoder_t32, arm_tables_t32, ARM_ISA_T32, cpu), p->word);
    return true;
}

static bool fetch(struct arm_cpu *cpu, struct arm_unit_plan *plan, struct planned *p, uint32_t mode)
{
    if (mode & MODE_T32) {
        return fetch_t32(cpu, plan, p);
    }
    code_available(cpu, plan, p->offset, 4);
    const uint8_t *code = plan->code + p->offset;
    p->word = half(code) | half(code + 2) << 16;
    p->bytes = 4;
    if (mode & MODE_A32) {
        p->row = arm_decode(decoder(&cpu->decoder_a32, arm_tables_a32, ARM_ISA_A32, cpu), p->word);
    } else {
        p->row = arm_decode(decoder(&cpu->decoder_a64, arm_tables_a64, ARM_ISA_A64, cpu), p->word);
    }
    return true;
}

/* ITSTATE behind an instruction (Arm ARM G1.2.6 and F1.2.2). */
static uint8_t it_after(const struct planned *p)
{
    if (p->bytes == 2 && (p->word & 0xff00) == 0xbf00 && (p->word & 0xf)) {
        return (uint8_t)p->word;
    }
    return p->it & 7 ? (uint8_t)((p->it & 0xe0) | (p->it << 1 & 0x1f)) : 0;
}

static bool plan_add(struct arm_cpu *cpu, struct arm_unit_plan *plan, uint32_t mode)
{
    struct planned *p = &plan->planned[plan->count];
    *p = (struct planned){ .pc = plan->start + plan->code_bytes, .offset = (uint16_t)plan->code_bytes };
    p->it = plan->count ? p[-1].it_next : (uint8_t)(mode >> MODE_IT_SHIFT);
    if (!fetch(cpu, plan, p, mode)) {
        return false;
    }
    p->it_next = mode & MODE_T32 ? it_after(p) : 0;
    memset(plan->at + p->offset, NO_INSN, p->bytes);
    plan->at[p->offset] = (uint8_t)plan->count++;
    plan->code_bytes += p->bytes;
    if (!p->row) {
        return mode & MODE_A32 ? p->it || !(mode & MODE_T32) : false;
    }
    bool ends = p->row->row->flags & ARM_ENDS;
    if (ends && mode & MODE_A32) {          /* unless it is conditional */
        ends = mode & MODE_T32 ? !p->it : p->word >> 28 >= 14;
    }
    return !ends;
}

/* A direct branch: where to. */
static bool branch_target(const struct planned *p, uint32_t mode, uint64_t *target)
{
    if (!p->row) {
        return false;
    }
    if (mode & MODE_A32) {
        return arm32_branch_target(p->row, p->word, p->pc, mode, target);
    }
    return arm64_branch_target(p->row, p->word, p->pc, target);
}

static void plan_make(struct arm_cpu *cpu, struct arm_unit_plan *plan, uint64_t pc, uint32_t mode, unsigned max_insns)
{
    plan->count = plan->code_bytes = plan->branches = plan->fetched = plan->far_count = 0;
    plan->start = pc;
    unsigned page_left = PAGE - (unsigned)(pc & (PAGE - 1));
    uint64_t target;
    while (plan->count < max_insns && plan->code_bytes + 4 <= CODE_BYTES && plan->code_bytes < page_left) {
        if (!plan_add(cpu, plan, mode)) {
            break;
        }
        plan->branches += branch_target(&plan->planned[plan->count - 1], mode, &target);
        if (plan->branches == MAX_BRANCHES) {
            break;
        }
        /* A unit that starts inside an IT block ends with it: what leaves a loop of its own would leave the mode as
         * it was. */
        if (mode & MODE_T32 && mode & MODE_IT && !plan->planned[plan->count - 1].it_next) {
            break;
        }
    }
}

static void plan_branches(struct arm_unit_plan *plan, struct ir_unit *u, uint32_t mode)
{
    for (unsigned i = 0; i < plan->count; i++) {
        uint64_t target;
        if (!branch_target(&plan->planned[i], mode, &target)) {
            continue;
        }
        uint64_t offset = target - plan->start;
        if (offset >= plan->code_bytes || plan->at[offset] == NO_INSN) {
            continue;
        }
        struct planned *to = &plan->planned[plan->at[offset]];
        if (to->it) {
            continue;
        }
        if (!to->label) {
            to->label = ir_new_label(u) + 1;
        }
        to->backward |= plan->at[offset] <= i;
    }
}

/* ---- ways out ---- */

void arm_pc_set(struct arm_trans *t, ir_reg pc)
{
    ir_stcpu(t->u, 64, offsetof(struct arm_cpu, cpu.pc), pc);
}

/* pc and mode are in the CPU structure. */
static void leave(struct arm_trans *t, bool to_loop)
{
    if (t->mode & MODE_STEP) {
        /* ESR_ELx.EX of the step exception: A64's exclusive loads */
        const bool exclusive = !(t->mode & MODE_A32) && (t->word & 0x3fc00000) == 0x08400000;
        arm_call_void(t, HELPER_ARM_step_done, ir_const(t->u, exclusive), IR_NONE, IR_NONE, IR_NONE);
    }
    if (to_loop || t->single) {
        ir_exit(t->u);
    } else {
        ir_lookup(t->u);
    }
}

/* The mode that holds at the target of an exit differs from the unit's only in ITSTATE. */
static uint32_t exit_mode(const struct arm_trans *t, uint8_t it)
{
    return (t->mode & ~(uint32_t)MODE_IT) | (uint32_t)it << MODE_IT_SHIFT;
}

static void mode_set(struct arm_trans *t, uint8_t it)
{
    if (t->mode & MODE_T32 && exit_mode(t, it) != t->mode) {
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, cpu.mode), ir_const(t->u, exit_mode(t, it)));
        ir_stcpu(t->u, 32, offsetof(struct arm_cpu, it), ir_const(t->u, it));
    }
}

static void leave_to(struct arm_trans *t, uint64_t pc, uint8_t it)
{
    if (!t->single && t->slot < MAX_BRANCHES + 2 && exit_mode(t, it) == t->mode) {
        ir_goto(t->u, pc, t->slot++);
        return;
    }
    mode_set(t, it);
    arm_pc_set(t, ir_const(t->u, pc));
    leave(t, false);
}

static struct planned *inside(struct arm_trans *t, uint64_t pc)
{
    uint64_t offset = pc - t->plan->start;
    if (t->single || t->u->straight || offset >= t->plan->code_bytes || t->plan->at[offset] == NO_INSN) {
        return NULL;
    }
    struct planned *p = &t->plan->planned[t->plan->at[offset]];
    return p->label ? p : NULL;
}

static void go_on(struct arm_trans *t, uint64_t pc, uint8_t it)
{
    struct planned *p = it ? NULL : inside(t, pc);
    if (p) {
        ir_br(t->u, p->label - 1);
    } else {
        leave_to(t, pc, it);
    }
    t->ended = true;
}

void arm_goto(struct arm_trans *t, uint64_t pc)
{
    go_on(t, pc, 0);
}

static struct far *far_new(struct arm_trans *t)
{
    if (t->plan->far_count == MAX_FAR) {
        t->u->overflow = true;      /* translated again with fewer instructions */
        t->plan->far_count = 0;
    }
    struct far *far = &t->plan->far[t->plan->far_count++];
    *far = (struct far){ .label = ir_new_label(t->u), .insn = (uint16_t)t->number };
    return far;
}

unsigned arm_branch_label(struct arm_trans *t, uint64_t pc)
{
    struct planned *p = inside(t, pc);
    if (p) {
        return p->label - 1;
    }
    struct far *far = far_new(t);
    far->is_exit = true;
    far->pc = pc;
    return far->label;
}

unsigned arm_far_code(struct arm_trans *t, const struct arm_far *call)
{
    struct far *far = far_new(t);
    far->call = *call;
    return far->label;
}

void arm_jump(struct arm_trans *t, ir_reg pc, enum ir_jump_hint hint)
{
    if (t->single || exit_mode(t, 0) != t->mode) {
        mode_set(t, 0);
        arm_pc_set(t, pc);
        leave(t, false);
    } else {
        ir_jump(t->u, pc, hint);
    }
    t->ended = true;
}

void arm_end_lookup(struct arm_trans *t)
{
    leave(t, false);
    t->ended = true;
}

/* An interrupt may have waited for what was just changed; the loop looks only when it is asked to. */
void arm_end_exit(struct arm_trans *t)
{
    const uint32_t lines = CPU_INPUT_IRQ | CPU_INPUT_FIQ | CPU_INPUT_VIRQ | CPU_INPUT_VFIQ;
    unsigned none = ir_new_label(t->u);
    ir_reg waiting = ir_op2i(t->u, IR_AND, 32, ir_ldcpu(t->u, 32, offsetof(struct arm_cpu, cpu.input)), lines);
    if (t->cpu->has_el2) {          /* interrupts that HCR.VI and VF pretend */
        ir_reg hcr = ir_ldcpu(t->u, 32, offsetof(struct arm_cpu, hcr));
        waiting = ir_op2(t->u, IR_OR, 32, waiting, ir_op2i(t->u, IR_AND, 32, hcr, HCR_VI | HCR_VF));
    }
    ir_brci(t->u, IR_COND_E, 32, waiting, 0, none);
    ir_stcpu(t->u, 32, offsetof(struct arm_cpu, cpu.exit_request), ir_const(t->u, 1));
    ir_label(t->u, none);
    leave(t, true);
    t->ended = true;
}

void arm_end_next(struct arm_trans *t)
{
    mode_set(t, t->it_next);
    arm_pc_set(t, ir_const(t->u, t->next_pc));
    arm_end_lookup(t);
}

void arm_end_next_exit(struct arm_trans *t)
{
    mode_set(t, t->it_next);
    arm_pc_set(t, ir_const(t->u, t->next_pc));
    arm_end_exit(t);
}

ir_reg arm_call(struct arm_trans *t, enum arm_helper helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d)
{
    return ir_call(t->u, helper, a, b, c, d);
}

void arm_call_void(struct arm_trans *t, enum arm_helper helper, ir_reg a, ir_reg b, ir_reg c, ir_reg d)
{
    ir_call_void(t->u, helper, a, b, c, d);
}

void arm_gen_undefined(struct arm_trans *t)
{
    arm_call_void(t, HELPER_ARM_undefined, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    ir_exit(t->u);
    t->ended = true;
}

/* ---- one instruction ---- */

static void set_current(struct arm_trans *t, const struct planned *p, unsigned number)
{
    t->row = p->row;
    t->data = p->row ? p->row->row->data : 0;
    t->word = p->word;
    t->bytes = p->bytes;
    t->number = number;
    t->pc = p->pc;
    t->next_pc = t->mode & MODE_A32 ? (uint32_t)(p->pc + p->bytes) : p->pc + p->bytes;
    t->it = p->it;
    t->it_next = p->it_next;
}

/* A64: raises what the row's flags demand in this mode. Returns false when it did. */
static bool may_run(struct arm_trans *t)
{
    if (!t->row || (t->row->row->flags & ARM_ROW_EL1 && !(t->mode & MODE_EL))) {
        arm_gen_undefined(t);
    } else if (t->row->row->flags & ARM_ROW_FP && !(t->mode & MODE_FP)) {
        arm_call_void(t, HELPER_ARM_fp_trap, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
        ir_exit(t->u);
        t->ended = true;
    }
    return !t->ended;
}

static void translate_one(struct arm_trans *t, unsigned i)
{
    struct planned *p = &t->plan->planned[i];
    set_current(t, p, i);
    t->last = i + 1 == t->plan->count;
    t->ended = false;
    if (p->label) {
        t->sp_aligned = false;
        ir_label(t->u, p->label - 1);
        if (p->backward) {
            ir_poll(t->u, p->pc);
        }
    }
    ir_insn_mark(t->u, p->pc, p->offset);
    if (t->mode & (MODE_STEP | MODE_BREAK | MODE_IL)) {
        arm_call_void(t, HELPER_ARM_before, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    }
    if (t->mode & MODE_A32) {
        arm32_translate_insn(t);
    } else if (may_run(t)) {
        t->row->row->translate(t);
    }
}

/* ---- far code ---- */

static void far_mark(struct arm_trans *t, unsigned number)
{
    struct planned *p = &t->plan->planned[number];
    set_current(t, p, number);
    struct ir_insn *mark = ir_append(t->u, IR_INSN, 64);
    mark->imm = (int64_t)p->pc;
    mark->aux = (uint16_t)number;
}

static void far_call(struct arm_trans *t, const struct arm_far *call)
{
    ir_reg arg[4];
    for (unsigned i = 0; i < 4; i++) {
        arg[i] = call->arg[i] == IR_IMM ? ir_const(t->u, call->imm[i]) : call->arg[i];
    }
    if (call->result) {
        ir_mov_to(t->u, call->result, ir_call(t->u, call->helper, arg[0], arg[1], arg[2], arg[3]));
    } else {
        ir_call_void(t->u, call->helper, arg[0], arg[1], arg[2], arg[3]);
    }
    if (call->no_return) {
        ir_exit(t->u);
    } else {
        ir_br(t->u, call->resume);
    }
}

static void far_write(struct arm_trans *t)
{
    for (unsigned i = 0; i < t->plan->far_count && !t->u->overflow; i++) {
        struct far far = t->plan->far[i];
        ir_label(t->u, far.label);
        far_mark(t, far.insn);
        if (far.is_exit) {
            leave_to(t, far.pc, 0);
        } else {
            far_call(t, &far.call);
        }
    }
}

/* Labels of instructions that were planned but not reached: exits. */
static void labels_close(struct arm_trans *t, unsigned done)
{
    for (unsigned i = done; i < t->plan->count; i++) {
        if (!t->plan->planned[i].label) {
            continue;
        }
        ir_label(t->u, t->plan->planned[i].label - 1);
        far_mark(t, done - 1);
        leave_to(t, t->plan->planned[i].pc, 0);
    }
}

static void unit_write(struct arm_trans *t, unsigned max_insns)
{
    struct arm_unit_plan *plan = t->plan;
    unsigned done = 0;
    plan->count = MIN(plan->count, max_insns);
    plan->code_bytes = plan->planned[plan->count - 1].offset + plan->planned[plan->count - 1].bytes;
    for (unsigned i = 0; i < plan->count; i++) {
        plan->planned[i].label = 0;
        plan->planned[i].backward = false;
    }
    if (!t->single && !t->u->straight) {
        plan_branches(plan, t->u, t->mode);
    }
    do {
        translate_one(t, done++);
    } while (done < plan->count && !t->ended && !t->u->overflow);
    if (!t->ended) {
        go_on(t, t->next_pc, t->it_next);
    }
    labels_close(t, done);
    far_write(t);
    const struct planned *last = &plan->planned[done - 1];
    t->u->guest_insns = (uint16_t)done;
    t->u->guest_bytes = last->offset + last->bytes;
}

static void unit_start(struct arm_trans *t, const struct cpu *cpu)
{
    ir_unit_start(t->u, cpu->frontend->globals, ARM_GLOBAL_END - 1, arm_helpers, arm_helper_count);
    t->u->pc = cpu->pc;
    t->u->mode = cpu->mode;
    t->u->linear = cpu->pc;
    t->u->addresses_32 = cpu->mode & MODE_A32;
    t->slot = 0;
    t->sp_aligned = false;
    t->plan->far_count = 0;
}

void arm_translate_unit(struct cpu *cpu, struct ir_unit *unit, unsigned max_insns)
{
    struct arm_unit_plan plan;
    uint32_t mode = cpu->mode;
    struct arm_trans t = {
        .u = unit, .cpu = arm_cpu_of(cpu), .mode = mode, .mmu = arm_mmu_mode(mode), .plan = &plan,
        .single = mode & (MODE_STEP | MODE_BREAK | MODE_IL),
    };
    arm_check_pc(t.cpu);
    max_insns = t.single ? 1 : CLAMP(max_insns, 1, IR_MAX_GUEST_INSNS);
    plan_make(t.cpu, &plan, cpu->pc, mode, max_insns);
    do {
        unit_start(&t, cpu);
        unit_write(&t, max_insns);
        max_insns = plan.count / 2;
    } while (unit->overflow && max_insns);
}
