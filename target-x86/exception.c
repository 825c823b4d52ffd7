/* SPDX-License-Identifier: MIT */
/*
 * Raising and delivering exceptions and interrupts (SDM 3, chapter 6; 20 for real and virtual-8086 mode).
 *
 *   helper: x86_raise... -> cpu.raised, cpu_leave -> loop -> x86_deliver -> x86_deliver_event
 *
 * A fault met while delivering raises again with `delivering` still set, which makes the double fault (table 6-5).
 * Delivery changes registers only when nothing can fault any more. Interrupt gates of protected mode are here, those of
 * long mode in exception_long.c, task gates in task.c.
 */
#include "target-x86/system.h"
#include <inttypes.h>

/* ---- raising ---- */

static bool contributory(unsigned vector)
{
    return vector == EXC_DE || (vector >= EXC_TS && vector <= EXC_GP);
}

static bool carries_selector(unsigned vector)
{
    return vector >= EXC_TS && vector <= EXC_GP;
}

void x86_shutdown(struct x86_cpu *cpu, const char *why)
{
    log_write(cpu->cpu.log, LOG_int, "CPU %u: shutdown: %s\n", cpu->cpu.index, why);
    log_write(cpu->cpu.log, LOG_reset, "CPU %u: shutdown: %s at %04x:%08" PRIx64 "\n", cpu->cpu.index, why,
              cpu->seg[SEG_CS].selector, x86_rip(cpu));
    cpu->shutdown = true;
    cpu->cpu.halted = true;
    cpu->raised.pending = false;
    cpu->delivering = -1;
    cpu->delivering_external = false;
    if (cpu->machine_reset) {
        cpu->machine_reset(cpu->machine_opaque);
    }
}

/* Table 6-5: what becomes of an exception met while another is delivered. Returns false for shutdown. */
static bool combine(struct x86_cpu *cpu, struct x86_event *event)
{
    int first = cpu->delivering;
    bool second_grave = contributory(event->vector) || event->vector == EXC_PF;

    if (first < 0) {
        return true;
    }
    if (first == EXC_DF && second_grave) {
        return false;
    }
    if ((contributory(first) && contributory(event->vector)) || (first == EXC_PF && second_grave)) {
        *event = (struct x86_event){ .vector = EXC_DF, .kind = EVENT_ABORT, .has_error = true };
    }
    return true;
}

void x86_raise_event(struct x86_cpu *cpu, const struct x86_event *event)
{
    struct x86_event raised = *event;

    if (carries_selector(raised.vector) && cpu->delivering_external) {
        raised.error |= 1;
    }
    if (!combine(cpu, &raised)) {
        x86_shutdown(cpu, "triple fault");
        cpu_leave(&cpu->cpu);
    }
    raised.pending = true;
    cpu->raised = raised;
    cpu_leave(&cpu->cpu);
}

void x86_raise(struct x86_cpu *cpu, unsigned vector)
{
    x86_raise_event(cpu, &(struct x86_event){ .vector = vector });
}

void x86_raise_error(struct x86_cpu *cpu, unsigned vector, uint32_t error)
{
    x86_raise_event(cpu, &(struct x86_event){ .vector = vector, .has_error = true, .error = error });
}

void x86_raise_page_fault(struct x86_cpu *cpu, uint64_t linear, uint32_t error)
{
    cpu->cr2 = linear;
    log_write(cpu->cpu.log, LOG_mmu, "CPU %u: page fault at %#" PRIx64 " error %#x\n", cpu->cpu.index, linear, error);
    x86_raise_error(cpu, EXC_PF, error);
}

void x86_raise_debug(struct x86_cpu *cpu, uint64_t dr6)
{
    x86_raise_event(cpu, &(struct x86_event){ .vector = EXC_DB, .dr6 = dr6 });
}

void x86_raise_software(struct x86_cpu *cpu, unsigned vector, unsigned insn_length)
{
    x86_raise_event(cpu, &(struct x86_event){
        .vector = vector, .insn_length = insn_length,
        .kind = vector == EXC_BP || vector == EXC_OF ? EVENT_SOFTWARE_TRAP : EVENT_SOFTWARE });
}

uint64_t helper_raise(struct cpu *cpu, uint64_t vector)
{
    x86_raise(x86_cpu_of(cpu), vector);
}

uint64_t helper_raise_error(struct cpu *cpu, uint64_t vector, uint64_t error)
{
    x86_raise_error(x86_cpu_of(cpu), vector, error);
}

/* ---- what is pushed ---- */

/* The rip to return to; for software interrupts behind the instruction. EIP of 16-bit code has 32 bits too. */
uint64_t x86_event_rip(const struct x86_cpu *cpu, const struct x86_event *event)
{
    uint64_t rip = x86_rip(cpu) + event->insn_length;

    return x86_code64(cpu) ? rip : (uint32_t)rip;
}

/* EFLAGS as pushed. Faults set RF, so that the handler's IRET does not meet an instruction breakpoint again; the fault
 * that is such a breakpoint does not: its handler does that itself (SDM 3, 17.3.1.1). */
uint64_t x86_event_eflags(struct x86_cpu *cpu, const struct x86_event *event)
{
    uint64_t flags = x86_eflags_get(cpu);

    if (event->kind == EVENT_FAULT && (event->vector != EXC_DB || event->dr6 & DR6_BD)) {
        flags |= EFL_RF;
    }
    return flags;
}

/* INT n, INT3, INTO check the gate's DPL; ICEBP and events do not. */
bool x86_event_checks_dpl(const struct x86_event *event)
{
    return event->kind == EVENT_SOFTWARE || event->kind == EVENT_SOFTWARE_TRAP;
}

/* ---- real mode, and virtual-8086 mode with VME's redirection ---- */

void x86_deliver_real(struct x86_cpu *cpu, const struct x86_event *event, bool virtual_if)
{
    uint64_t table = virtual_if ? 0 : cpu->idt.base, address = table + event->vector * 4u;
    struct x86_stack stack = x86_stack_current(cpu);
    uint64_t flags = x86_eflags_get(cpu);
    struct x86_segment cs;
    uint32_t target;

    if (!virtual_if && event->vector * 4u + 3 > cpu->idt.limit) {
        x86_raise_error(cpu, EXC_GP, event->vector * 8 + 2);
    }
    if (virtual_if && x86_iopl(cpu) < 3) {      /* the 8086 program sees IOPL 3 and VIF as its IF */
        flags = (flags & ~(uint64_t)EFL_IF) | EFL_IOPL | (flags & EFL_VIF ? EFL_IF : 0);
    }
    target = mmu_load(&cpu->cpu, (uint32_t)address, 4, virtual_if ? X86_MMU_USER : x86_mmu_implicit(cpu));
    x86_stack_push(&stack, 2, flags);
    x86_stack_push(&stack, 2, cpu->seg[SEG_CS].selector);
    x86_stack_push(&stack, 2, x86_event_rip(cpu, event));
    cs = x86_segment_real(cpu, SEG_CS, target >> 16);
    if ((target & 0xffff) > cs.limit) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    x86_stack_commit(&stack);
    if (virtual_if && x86_iopl(cpu) < 3) {
        cpu->eflags &= ~(uint64_t)(EFL_VIF | EFL_TF);
    } else {
        cpu->eflags &= ~(uint64_t)(EFL_IF | EFL_TF | EFL_AC | EFL_RF);
    }
    x86_set_cs(cpu, &cs, cpu->cpl, target & 0xffff);
}

/* ---- protected mode: interrupt and trap gates ---- */

struct gate_target { struct x86_segment cs; uint32_t eip; bool inner, wide, clears_if; unsigned cpl; };

static struct gate_target gate_target(struct x86_cpu *cpu, const struct x86_event *event, uint64_t gate)
{
    uint16_t selector = gate >> 16, error = selector & ~3;
    unsigned type = gate >> 40 & 0xf, dpl;
    struct x86_descriptor d;
    struct gate_target t = { .wide = type & 8, .clears_if = !(type & 1) };
    uint16_t a;

    if (!(selector & ~3)) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (!x86_descriptor_load(cpu, selector, &d)) {
        x86_raise_error(cpu, EXC_GP, error);
    }
    a = descriptor_attributes(d.raw);
    dpl = attributes_dpl(a);
    if (!attributes_code(a) || dpl > cpu->cpl) {
        x86_raise_error(cpu, EXC_GP, error);
    }
    if (!(a & SEG_P)) {
        x86_raise_error(cpu, EXC_NP, error);
    }
    t.inner = !attributes_conforming(a) && dpl < cpu->cpl;
    t.cpl = t.inner ? dpl : cpu->cpl;
    if (x86_vm86(cpu) && (!t.inner || dpl != 0)) {
        x86_raise_error(cpu, EXC_GP, error);
    }
    x86_descriptor_set(cpu, &d, SEG_ACCESSED);
    t.cs = x86_segment_of((selector & ~3) | t.cpl, d.raw);
    t.eip = (gate & 0xffff) | (t.wide ? gate >> 32 & 0xffff0000 : 0);
    return t;
}

/* The frame, highest address first. */
static void push_frame(struct x86_cpu *cpu, const struct x86_event *event, const struct gate_target *t,
                       struct x86_stack *stack)
{
    static const uint8_t vm_segments[] = { SEG_GS, SEG_FS, SEG_DS, SEG_ES };
    unsigned bytes = t->wide ? 4 : 2;

    if (x86_vm86(cpu)) {
        for (unsigned n = 0; n < 4; n++) {
            x86_stack_push(stack, bytes, cpu->seg[vm_segments[n]].selector);
        }
    }
    if (t->inner) {
        x86_stack_push(stack, bytes, cpu->seg[SEG_SS].selector);
        x86_stack_push(stack, bytes, cpu->regs[R_SP]);
    }
    x86_stack_push(stack, bytes, x86_event_eflags(cpu, event));
    x86_stack_push(stack, bytes, cpu->seg[SEG_CS].selector);
    x86_stack_push(stack, bytes, x86_event_rip(cpu, event));
    if (event->has_error) {
        x86_stack_push(stack, bytes, event->error);
    }
}

static void through_gate(struct x86_cpu *cpu, const struct x86_event *event, uint64_t gate)
{
    static const uint8_t vm_data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
    struct gate_target t = gate_target(cpu, event, gate);
    bool from_vm = x86_vm86(cpu);
    struct x86_segment ss = cpu->seg[SEG_SS];
    struct x86_stack stack;

    if (t.inner) {
        uint16_t selector;
        uint32_t esp;
        x86_tss_stack(cpu, t.cpl, &selector, &esp);
        ss = x86_stack_segment_check(cpu, selector, t.cpl, EXC_TS);
        stack = x86_stack_at(cpu, &ss, esp, t.cpl, selector & ~3);
    } else {
        stack = x86_stack_current(cpu);
    }
    push_frame(cpu, event, &t, &stack);
    if (t.eip > t.cs.limit) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    if (t.inner) {
        cpu->seg[SEG_SS] = ss;
    }
    x86_stack_commit(&stack);
    for (unsigned n = 0; from_vm && n < 4; n++) {
        cpu->seg[vm_data[n]] = x86_segment_null(0);
    }
    cpu->eflags &= ~(uint64_t)(EFL_TF | EFL_VM | EFL_RF | EFL_NT | (t.clears_if ? EFL_IF : 0));
    x86_set_cs(cpu, &t.cs, t.cpl, t.eip);
}

void x86_deliver_protected(struct x86_cpu *cpu, const struct x86_event *event)
{
    uint32_t idt_error = event->vector * 8 + 2;
    uint64_t gate;
    unsigned type;

    if (event->vector * 8u + 7 > cpu->idt.limit) {
        x86_raise_error(cpu, EXC_GP, idt_error);
    }
    gate = mmu_load(&cpu->cpu, (uint32_t)(cpu->idt.base + event->vector * 8u), 8, x86_mmu_implicit(cpu));
    type = gate >> 40 & 0x1f;
    if (type != DESC_TASK && (type & ~9u) != DESC_INT16) {      /* 5, 6, 7, 14, 15 */
        x86_raise_error(cpu, EXC_GP, idt_error);
    }
    if (x86_event_checks_dpl(event) && (gate >> 45 & 3) < cpu->cpl) {
        x86_raise_error(cpu, EXC_GP, idt_error);
    }
    if (!(gate >> 47 & 1)) {
        x86_raise_error(cpu, EXC_NP, idt_error);
    }
    if (type == DESC_TASK) {
        x86_task_switch(cpu, gate >> 16, TASK_GATE, x86_event_rip(cpu, event), event);
    } else {
        through_gate(cpu, event, gate);
    }
}

/* ---- delivering ---- */

static void log_event(struct x86_cpu *cpu, const struct x86_event *event)
{
    static const char *const kinds[] = { "fault", "trap", "abort", "external", "INT n", "INT3/INTO", "ICEBP" };

    log_write(cpu->cpu.log, LOG_int,
              "CPU %u: %s %02x error %04x at %04x:%016" PRIx64 " CPL %u SP %016" PRIx64 " CR2 %016" PRIx64
              " AX %016" PRIx64 "\n", cpu->cpu.index, kinds[event->kind], event->vector, event->error,
              cpu->seg[SEG_CS].selector, x86_rip(cpu), cpu->cpl, cpu->regs[R_SP], cpu->cr2, cpu->regs[R_AX]);
}

void x86_deliver_event(struct x86_cpu *cpu, const struct x86_event *raised)
{
    struct x86_event event = *raised;
    bool software = x86_event_checks_dpl(&event);

    if (log_on(cpu->cpu.log, LOG_int)) {
        log_event(cpu, &event);
    }
    cpu->raised.pending = false;
    cpu->delivering = event.kind <= EVENT_ABORT ? event.vector : -1;
    cpu->delivering_external = !software;
    if (event.vector == EXC_DB && event.kind <= EVENT_TRAP) {
        cpu->dr[6] |= event.dr6;
        cpu->dr[7] &= ~(uint64_t)DR7_GD;
    }
    if (!x86_protected(cpu)) {
        event.has_error = false;
        x86_deliver_real(cpu, &event, false);
    } else if (x86_lma(cpu)) {
        x86_deliver_long(cpu, &event);
    } else {
        x86_deliver_protected(cpu, &event);
    }
    cpu->delivering = -1;
    cpu->delivering_external = false;
    cpu->single_step = false;       /* delivery cleared TF: INT n is not stepped over (SDM 3, 17.3.1.4) */
    if (cpu->cpu.mode & MODE_SHADOW) {
        cpu->cpu.mode &= ~(uint32_t)MODE_SHADOW;
        cpu->shadow_ss = false;
    }
}

void x86_deliver(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if (cpu->raised.pending) {
        struct x86_event event = cpu->raised;
        x86_deliver_event(cpu, &event);
    }
}
