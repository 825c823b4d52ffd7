/* SPDX-License-Identifier: MIT */
/*
 * What reaches a CPU from outside (SDM 3, 6.3 and 8.4, priorities: table 6-2): RESET, INIT, SIPI, SMI, NMI, INTR; the
 * interrupt shadow of STI and MOV SS; HLT, MWAIT.
 *
 * MWAIT returns at once, which the manual allows: stores of other CPUs to the monitored line are not seen.
 */
#include "target-x86/system.h"
#include <stdatomic.h>

/* An INTR that IF holds off needs no look: whatever sets IF comes here again. */
void x86_input_recheck(struct x86_cpu *cpu)
{
    uint32_t input = atomic_load_explicit(&cpu->cpu.input, memory_order_relaxed);

    if (input & ~(uint32_t)CPU_INPUT_INTR || (input && cpu->eflags & EFL_IF)) {
        atomic_store(&cpu->cpu.exit_request, 1);
    }
}

bool x86_take_input(struct x86_cpu *cpu, enum cpu_input input)
{
    return atomic_fetch_and(&cpu->cpu.input, ~(uint32_t)input) & input;
}

/* A start-up IPI: real mode at vector * 4 KiB. */
static void start_up(struct x86_cpu *cpu)
{
    uint8_t vector = cpu->port.sipi_vector;
    struct x86_segment cs = cpu->seg[SEG_CS];

    cs.selector = vector << 8;
    cs.base = (uint32_t)vector << 12;
    cpu->wait_for_sipi = false;
    cpu->cpu.halted = false;
    x86_set_cs(cpu, &cs, 0, 0);
}

static void deliver_debug(struct x86_cpu *cpu)
{
    struct x86_event event = { .vector = EXC_DB, .kind = EVENT_TRAP, .dr6 = cpu->debug_pending };

    cpu->debug_pending = 0;
    x86_deliver_event(cpu, &event);
}

static void deliver_nmi(struct x86_cpu *cpu)
{
    cpu->nmi_blocked = true;
    cpu->cpu.halted = false;
    x86_deliver_event(cpu, &(struct x86_event){ .vector = EXC_NMI, .kind = EVENT_EXTERNAL });
}

static void deliver_intr(struct x86_cpu *cpu)
{
    int vector;

    if (!cpu->pic.acknowledge) {
        return;
    }
    g_mutex_lock(cpu->cpu.machine_lock);
    vector = cpu->pic.acknowledge(cpu->pic.controller);
    g_mutex_unlock(cpu->cpu.machine_lock);
    if (vector >= 0) {
        cpu->cpu.halted = false;
        x86_deliver_event(cpu, &(struct x86_event){ .vector = vector, .kind = EVENT_EXTERNAL });
    }
}

bool x86_poll_start(struct x86_cpu *cpu, uint32_t input)
{
    if (input & CPU_INPUT_FLUSH && x86_take_input(cpu, CPU_INPUT_FLUSH)) {
        mmu_flush(&cpu->cpu, false);
    }
    if (input & CPU_INPUT_RESET && x86_take_input(cpu, CPU_INPUT_RESET)) {
        x86_reset(&cpu->cpu);
    }
    if (input & CPU_INPUT_INIT && !cpu->smm && x86_take_input(cpu, CPU_INPUT_INIT)) {
        x86_init(cpu);
    }
    if (input & CPU_INPUT_SIPI && x86_take_input(cpu, CPU_INPUT_SIPI) && cpu->wait_for_sipi) {
        start_up(cpu);
    }
    return !cpu->wait_for_sipi && !cpu->shutdown;
}

bool x86_poll(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    bool shadow = base->mode & MODE_SHADOW;
    uint32_t input;

    atomic_store(&base->exit_request, 0);
    input = atomic_load(&base->input);
    if (!x86_poll_start(cpu, input)) {
        return false;
    }
    if (input & CPU_INPUT_SMI && !cpu->smm && x86_take_input(cpu, CPU_INPUT_SMI)) {
        x86_smm_enter(cpu);
    } else if (cpu->debug_pending && !(shadow && cpu->shadow_ss)) {
        deliver_debug(cpu);
    } else if (input & CPU_INPUT_NMI && !cpu->nmi_blocked && !shadow && x86_take_input(cpu, CPU_INPUT_NMI)) {
        deliver_nmi(cpu);
    } else if (input & CPU_INPUT_INTR && cpu->eflags & EFL_IF && !shadow) {
        deliver_intr(cpu);
    } else {
        x86_instruction_starts(base);
        return !base->halted;
    }
    x86_input_recheck(cpu);
    return !base->halted;
}

/* ---- the shadow ---- */

uint64_t helper_shadow_end(struct cpu *base)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    base->mode &= ~(uint32_t)MODE_SHADOW;
    cpu->shadow_ss = false;
    x86_input_recheck(cpu);
    return 0;
}

/* STI with IF clear before. */
uint64_t helper_sti_shadow(struct cpu *base)
{
    base->mode |= MODE_SHADOW;
    x86_input_recheck(x86_cpu_of(base));
    return 0;
}

/* MOV SS, POP SS. */
uint64_t helper_ss_shadow(struct cpu *base)
{
    base->mode |= MODE_SHADOW;
    x86_cpu_of(base)->shadow_ss = true;
    return 0;
}

/* ---- waiting ---- */

uint64_t helper_hlt(struct cpu *base, uint64_t next_rip)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    x86_set_rip(cpu, next_rip);
    base->halted = true;
    x86_input_recheck(cpu);
    return 0;
}

uint64_t helper_pause(struct cpu *base, uint64_t next_rip)
{
    x86_set_rip(x86_cpu_of(base), next_rip);
    cpu_yield(base);
    return 0;
}

uint64_t helper_monitor(struct cpu *base, uint64_t linear, uint64_t extensions)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if ((uint32_t)extensions) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    cpu->monitor_address = linear;
    return 0;
}

uint64_t helper_mwait(struct cpu *base, uint64_t extensions)
{
    struct x86_cpu *cpu = x86_cpu_of(base);

    if ((uint32_t)extensions & ~1u) {
        x86_raise_error(cpu, EXC_GP, 0);
    }
    cpu->monitor_address = 0;
    g_thread_yield();
    return 0;
}
