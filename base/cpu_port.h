/* SPDX-License-Identifier: MIT */
#ifndef BASE_CPU_PORT_H
#define BASE_CPU_PORT_H
/*
 * The pins between a CPU and its interrupt controllers, so that hw/ names no CPU and targets name no device.
 * x86: the 8259 drives INTR of CPU 0 through the local APIC (LINT0) or, when that is disabled, directly.
 */
#include <stdbool.h>
#include <stdint.h>

enum cpu_input {
    CPU_INPUT_INTR = 1 << 0,        /* level: a maskable interrupt is pending */
    CPU_INPUT_NMI  = 1 << 1,        /* latched */
    CPU_INPUT_SMI  = 1 << 2,        /* latched */
    CPU_INPUT_INIT = 1 << 3,        /* latched */
    CPU_INPUT_SIPI = 1 << 4,        /* latched; vector in cpu_port.sipi_vector */
    CPU_INPUT_RESET = 1 << 5,       /* latched */
    CPU_INPUT_FLUSH = 1 << 6,       /* latched, the engine's own: flush the TLB */
    CPU_INPUT_STOP = 1 << 7,        /* latched, the engine's own: leave the loop */
    CPU_INPUT_WORK = 1 << 8,        /* latched, the engine's own */
    CPU_INPUT_IRQ = 1 << 9,         /* level; ARM: nIRQ, nFIQ and the virtual ones of a GIC's hypervisor interface */
    CPU_INPUT_FIQ = 1 << 10,
    CPU_INPUT_VIRQ = 1 << 11,
    CPU_INPUT_VFIQ = 1 << 12,
    CPU_INPUT_EVENT = 1 << 13,      /* latched: SEV; ends WFE */
    CPU_INPUT_POWER = 1 << 14,      /* latched: a CPU that was off is switched on */
};

/* From devices to a CPU. Any thread. */
struct cpu_port {
    void *cpu;
    void (*set_input)(void *cpu, enum cpu_input input, bool level);
    _Atomic uint8_t sipi_vector;
    /* Virtual time at which the CPU's time-stamp counter reaches tsc (a time in the past when it has). NULL: 1 GHz, in
     * step with virtual time. */
    int64_t (*tsc_time_ns)(void *cpu, uint64_t tsc);
};

/* From a CPU to its interrupt controller, machine lock held. */
struct interrupt_source {
    void *controller;
    /* Takes the highest pending vector (INTA cycle); -1: spurious, nothing pending any more. */
    int (*acknowledge)(void *controller);
    /* Local APIC: CR8/TPR, the base MSR, x2APIC MSRs, TSC deadline. false: no such register (#GP). */
    bool (*read_msr)(void *controller, uint32_t msr, uint64_t *value);
    bool (*write_msr)(void *controller, uint32_t msr, uint64_t value);
    uint8_t (*read_tpr)(void *controller);
    void (*write_tpr)(void *controller, uint8_t tpr);
};

#endif
