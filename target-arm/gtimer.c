/* SPDX-License-Identifier: MIT */
/*
 * The generic timers (Arm ARM D12): counters made of guest time, four timers a CPU whose outputs go to the interrupt
 * controller. Event streams are in event.c.
 */
#include "target-arm/system.h"

bool arm_lock(struct arm_cpu *cpu)
{
    if (!cpu->cpu.machine_lock) {
        return false;
    }
    g_mutex_lock(cpu->cpu.machine_lock);
    return true;
}

void arm_unlock(struct arm_cpu *cpu, bool locked)
{
    if (locked) {
        g_mutex_unlock(cpu->cpu.machine_lock);
    }
}

static uint64_t frequency(const struct arm_cpu *cpu)
{
    return cpu->board.counter_hz ? cpu->board.counter_hz : 62500000;
}

uint64_t arm_counter(const struct arm_cpu *cpu)
{
    if (!cpu->board.clocks) {
        return 0;
    }
    uint64_t ns = (uint64_t)clock_now_ns(cpu->board.clocks, CLOCK_KIND_VIRTUAL);
    return (uint64_t)((unsigned __int128)ns * frequency(cpu) / 1000000000u);
}

uint64_t arm_counter_ns(const struct arm_cpu *cpu, uint64_t count)
{
    const unsigned __int128 ns = ((unsigned __int128)count * 1000000000u + frequency(cpu) - 1) / frequency(cpu);
    return ns > INT64_MAX ? INT64_MAX : (uint64_t)ns;
}

/* The count that timer n compares with. */
static uint64_t timer_count(const struct arm_cpu *cpu, enum arm_timer n)
{
    return arm_counter(cpu) - (n == ARM_TIMER_VIRT ? cpu->cntvoff : 0);
}

static bool expired(const struct arm_cpu *cpu, enum arm_timer n)
{
    return timer_count(cpu, n) >= cpu->timer_state[n].cval;
}

uint64_t arm_timer_ctl(const struct arm_cpu *cpu, enum arm_timer n)
{
    uint32_t ctl = cpu->timer_state[n].ctl;
    return ctl | (ctl & TIMER_ENABLE && expired(cpu, n) ? TIMER_ISTATUS : 0);
}

void arm_timer_update(struct arm_cpu *cpu, enum arm_timer n)
{
    if (!cpu->timer[n]) {
        return;
    }
    const struct arm_timer_state *s = &cpu->timer_state[n];
    bool enabled = s->ctl & TIMER_ENABLE, due = enabled && expired(cpu, n);
    irq_set(&cpu->board.timer[n], due && !(s->ctl & TIMER_IMASK));
    if (!enabled || due) {
        timer_cancel(cpu->timer[n]);
        return;
    }
    uint64_t target = s->cval + (n == ARM_TIMER_VIRT ? cpu->cntvoff : 0);
    timer_arm(cpu->timer[n], (int64_t)arm_counter_ns(cpu, target));
}

static void fire(void *opaque)
{
    const struct arm_timer_ref *ref = opaque;
    arm_timer_update(ref->cpu, ref->n);
}

void arm_cpu_connect(struct arm_cpu *cpu)
{
    for (unsigned n = 0; n < ARM_TIMER_COUNT; n++) {
        if (!cpu->timer[n] && cpu->board.clocks) {
            cpu->timer_ref[n] = (struct arm_timer_ref){ cpu, (enum arm_timer)n };
            cpu->timer[n] = timer_new(cpu->board.clocks, CLOCK_KIND_VIRTUAL, fire, &cpu->timer_ref[n]);
        }
    }
    arm_pmu_connect(cpu);
    arm_event_connect(cpu);
}

void arm_timers_reset(struct arm_cpu *cpu)
{
    for (unsigned n = 0; n < ARM_TIMER_COUNT; n++) {
        cpu->timer_state[n] = (struct arm_timer_state){ 0 };
        arm_timer_update(cpu, (enum arm_timer)n);
    }
}
