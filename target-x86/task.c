/* SPDX-License-Identifier: MIT */
/*
 * Hardware task switches with 16- and 32-bit TSSs (SDM 3, chapter 7), and what else is read from a TSS.
 *
 *   checks that fault in the old task -> old state saved -> TR, CR3, registers of the new task (no way back) ->
 *   LDTR and segment registers, whose faults happen in the new task
 */
#include "target-x86/system.h"

/* Where a TSS of either size keeps what (figures 7-2 and 7-10). */
struct tss_layout { uint8_t bytes, min_limit, cr3, eip, eflags, regs, segs, seg_step, seg_count, ldt; };
static const struct tss_layout tss16 = { 2, 0x2b, 0, 0x0e, 0x10, 0x12, 0x22, 2, 4, 0x2a };
static const struct tss_layout tss32 = { 4, 0x67, 0x1c, 0x20, 0x24, 0x28, 0x48, 4, 6, 0x60 };

struct new_task {
    struct x86_descriptor descriptor;
    struct x86_segment tr;
    const struct tss_layout *layout;
    uint32_t cr3, eip, eflags, regs[8];
    uint16_t segs[6], ldt;
    bool trap;
};

static const struct tss_layout *layout_of(const struct x86_segment *tr)
{
    return tr->attributes & 8 ? &tss32 : &tss16;
}

static uint64_t tss_read(struct x86_cpu *cpu, const struct x86_segment *tr, unsigned offset, unsigned bytes)
{
    return mmu_load(&cpu->cpu, (uint32_t)(tr->base + offset), bytes, x86_mmu_implicit(cpu));
}

static void tss_write(struct x86_cpu *cpu, const struct x86_segment *tr, unsigned offset, uint64_t value,
                      unsigned bytes)
{
    mmu_store(&cpu->cpu, (uint32_t)(tr->base + offset), value, bytes, x86_mmu_implicit(cpu));
}

/* ---- checks, in the old task ---- */

static void find_task(struct x86_cpu *cpu, uint16_t selector, enum x86_task_reason reason, struct new_task *task)
{
    unsigned vector = reason == TASK_IRET ? EXC_TS : EXC_GP, type, wanted_busy = reason == TASK_IRET ? 2 : 0;

    if (!(selector & ~3) || selector & 4 || !x86_descriptor_load(cpu, selector, &task->descriptor)) {
        x86_raise_error(cpu, vector, selector & ~3);
    }
    task->tr = x86_segment_of(selector, task->descriptor.raw);
    type = task->tr.attributes & (SEG_S | SEG_TYPE);
    if ((type & ~(8u | 2u)) != DESC_TSS16 || (type & 2) != wanted_busy) {
        x86_raise_error(cpu, vector, selector & ~3);
    }
    if (!(task->tr.attributes & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, selector & ~3);
    }
    task->layout = layout_of(&task->tr);
    if (task->tr.limit < task->layout->min_limit) {
        x86_raise_error(cpu, EXC_TS, selector & ~3);
    }
}

/* Reads all of the new TSS, and makes sure that what will be written can be. */
static void read_task(struct x86_cpu *cpu, enum x86_task_reason reason, struct new_task *task)
{
    const struct tss_layout *l = task->layout, *old = layout_of(&cpu->seg[SEG_TR]);
    unsigned mmu = x86_mmu_implicit(cpu);

    task->cr3 = l->cr3 ? tss_read(cpu, &task->tr, l->cr3, 4) : 0;
    task->eip = tss_read(cpu, &task->tr, l->eip, l->bytes);
    task->eflags = tss_read(cpu, &task->tr, l->eflags, l->bytes);
    for (unsigned n = 0; n < 8; n++) {
        task->regs[n] = tss_read(cpu, &task->tr, l->regs + n * l->bytes, l->bytes);
    }
    for (unsigned n = 0; n < l->seg_count; n++) {
        task->segs[n] = tss_read(cpu, &task->tr, l->segs + n * l->seg_step, 2);
    }
    task->ldt = tss_read(cpu, &task->tr, l->ldt, 2);
    task->trap = l == &tss32 && tss_read(cpu, &task->tr, 0x64, 2) & 1;
    mmu_probe(&cpu->cpu, (uint32_t)(cpu->seg[SEG_TR].base + old->eip), old->ldt - old->eip, MMU_WRITE, mmu);
    if (reason == TASK_CALL || reason == TASK_GATE) {
        mmu_probe(&cpu->cpu, (uint32_t)task->tr.base, 2, MMU_WRITE, mmu);
    }
}

/* ---- the switch ---- */

static void save_old(struct x86_cpu *cpu, uint64_t rip, uint64_t eflags)
{
    const struct x86_segment *tr = &cpu->seg[SEG_TR];
    const struct tss_layout *l = layout_of(tr);

    tss_write(cpu, tr, l->eip, rip, l->bytes);
    tss_write(cpu, tr, l->eflags, eflags, l->bytes);
    for (unsigned n = 0; n < 8; n++) {
        tss_write(cpu, tr, l->regs + n * l->bytes, cpu->regs[n], l->bytes);
    }
    for (unsigned n = 0; n < l->seg_count; n++) {
        tss_write(cpu, tr, l->segs + n * l->seg_step, cpu->seg[n].selector, 2);
    }
}

static void busy_bit(struct x86_cpu *cpu, uint16_t selector, bool set)
{
    uint64_t address = (uint32_t)(cpu->gdt.base + (selector & 0xfff8) + 5);

    mmu_atomic(&cpu->cpu, set ? IR_ATOMIC_OR : IR_ATOMIC_AND, address, set ? 2 : 0xfd, 0, 1, x86_mmu_implicit(cpu));
}

static void load_registers(struct x86_cpu *cpu, const struct new_task *task, uint32_t eflags)
{
    bool wide = task->layout == &tss32;

    for (unsigned n = 0; n < 8; n++) {
        cpu->regs[n] = wide ? task->regs[n] : task->regs[n] | 0xffff0000;
    }
    x86_eflags_put(cpu, eflags, wide ? 0x3f7fd5 : 0x7fd5);
    if (!wide) {
        cpu->eflags &= ~(uint64_t)(EFL_VM | EFL_RF);
    }
    for (unsigned n = 0; n < 6; n++) {
        cpu->seg[n] = x86_segment_null(n < task->layout->seg_count ? task->segs[n] : 0);
    }
    cpu->seg[SEG_LDTR] = x86_segment_null(task->ldt);
    cpu->cpl = x86_vm86(cpu) ? 3 : task->segs[SEG_CS] & 3;
    cpu->seg[SEG_CS].attributes = SEG_DB;       /* for what is pushed if a fault comes now */
    x86_update_mode(cpu);
    x86_set_rip(cpu, task->eip);
}

/* ---- segments, in the new task ---- */

static struct x86_segment task_code(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    unsigned rpl = selector & 3;
    uint16_t a;

    if (!(selector & ~3) || !x86_descriptor_load(cpu, selector, &d)) {
        x86_raise_error(cpu, EXC_TS, selector & ~3);
    }
    a = descriptor_attributes(d.raw);
    if (!attributes_code(a) || (attributes_conforming(a) ? attributes_dpl(a) > rpl : attributes_dpl(a) != rpl)) {
        x86_raise_error(cpu, EXC_TS, selector & ~3);
    }
    if (!(a & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, selector & ~3);
    }
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    return x86_segment_of(selector, d.raw);
}

static struct x86_segment task_data(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    uint16_t a;

    if (!(selector & ~3)) {
        return x86_segment_null(selector);
    }
    if (!x86_descriptor_load(cpu, selector, &d)) {
        x86_raise_error(cpu, EXC_TS, selector & ~3);
    }
    a = descriptor_attributes(d.raw);
    if (!attributes_readable(a) ||
        (!attributes_conforming(a) && (attributes_dpl(a) < cpu->cpl || attributes_dpl(a) < (selector & 3u)))) {
        x86_raise_error(cpu, EXC_TS, selector & ~3);
    }
    if (!(a & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, selector & ~3);
    }
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    return x86_segment_of(selector, d.raw);
}

static void load_segments(struct x86_cpu *cpu, const struct new_task *task)
{
    static const uint8_t data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };

    x86_load_ldt(cpu, task->ldt, EXC_TS);
    if (x86_vm86(cpu)) {
        for (unsigned n = 0; n < 6; n++) {
            cpu->seg[n] = x86_segment_real(cpu, n, task->segs[n]);
        }
    } else {
        cpu->seg[SEG_CS] = task_code(cpu, task->segs[SEG_CS]);
        x86_update_mode(cpu);
        x86_set_rip(cpu, task->eip);
        cpu->seg[SEG_SS] = x86_stack_segment_check(cpu, task->segs[SEG_SS], cpu->cpl, EXC_TS);
        for (unsigned n = 0; n < sizeof(data); n++) {
            if (data[n] < task->layout->seg_count) {
                cpu->seg[data[n]] = task_data(cpu, task->segs[data[n]]);
            }
        }
    }
    x86_update_mode(cpu);
    x86_set_rip(cpu, task->eip);
}

static void push_error(struct x86_cpu *cpu, const struct new_task *task, uint32_t error)
{
    struct x86_stack stack = x86_stack_current(cpu);

    x86_stack_push(&stack, task->layout->bytes, error);
    x86_stack_commit(&stack);
}

void x86_task_switch(struct x86_cpu *cpu, uint16_t selector, enum x86_task_reason reason, uint64_t next_rip,
                     const struct x86_event *event)
{
    struct new_task task = { .trap = false };
    uint16_t old_selector = cpu->seg[SEG_TR].selector;
    uint64_t old_flags = event ? x86_event_eflags(cpu, event) : x86_eflags_get(cpu);
    bool nested = reason == TASK_CALL || reason == TASK_GATE;
    uint32_t eflags;

    find_task(cpu, selector, reason, &task);
    read_task(cpu, reason, &task);
    log_write(cpu->cpu.log, LOG_pcall, "CPU %u: task %04x -> %04x\n", cpu->cpu.index, old_selector, selector);
    save_old(cpu, next_rip, reason == TASK_IRET ? old_flags & ~(uint64_t)EFL_NT : old_flags);
    if (!nested) {
        busy_bit(cpu, old_selector, false);
    }
    eflags = task.eflags;
    if (nested) {
        tss_write(cpu, &task.tr, 0, old_selector, 2);
        eflags |= EFL_NT;
    }
    if (reason != TASK_IRET) {
        busy_bit(cpu, selector, true);
    }
    cpu->seg[SEG_TR] = task.tr;
    cpu->seg[SEG_TR].attributes |= 2;
    cpu->cr0 |= CR0_TS;
    cpu->dr[7] &= ~0x155ull;        /* local breakpoints */
    if (task.layout->cr3 && cpu->cr0 & CR0_PG) {
        x86_set_cr3(cpu, task.cr3);
    }
    load_registers(cpu, &task, eflags);
    load_segments(cpu, &task);
    if (event && event->has_error) {
        push_error(cpu, &task, event->error);
    }
    if (task.eip > cpu->seg[SEG_CS].limit) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (task.trap) {
        cpu->debug_pending |= DR6_BT;
        cpu->cpu.exit_request = 1;
    }
    x86_input_recheck(cpu);
    x86_resume_flag(cpu);
}

void x86_task_return(struct x86_cpu *cpu, uint64_t next_rip)
{
    uint16_t link = tss_read(cpu, &cpu->seg[SEG_TR], 0, 2);

    if (link & 4) {
        x86_raise_error(cpu, EXC_TS, link & ~3);
    }
    x86_task_switch(cpu, link, TASK_IRET, next_rip, NULL);
}

/* ---- stacks of inner privileges ---- */

void x86_tss_stack(struct x86_cpu *cpu, unsigned cpl, uint16_t *ss, uint32_t *esp)
{
    const struct x86_segment *tr = &cpu->seg[SEG_TR];
    unsigned bytes = tr->attributes & 8 ? 4 : 2, at = bytes + cpl * bytes * 2;

    if (at + bytes + 1 > tr->limit) {
        x86_raise_error(cpu, EXC_TS, tr->selector & ~3);
    }
    *esp = tss_read(cpu, tr, at, bytes);
    *ss = tss_read(cpu, tr, at + bytes, 2);
}

uint64_t x86_tss_stack_long(struct x86_cpu *cpu, unsigned index)
{
    const struct x86_segment *tr = &cpu->seg[SEG_TR];
    unsigned at = 4 + index * 8;
    uint64_t rsp;

    if (at + 7 > tr->limit) {
        x86_raise_error(cpu, EXC_TS, tr->selector & ~3);
    }
    rsp = mmu_load(&cpu->cpu, tr->base + at, 8, x86_mmu_implicit(cpu));
    if (!x86_canonical(rsp)) {
        x86_raise_error(cpu, EXC_SS, 0);
    }
    return rsp;
}
