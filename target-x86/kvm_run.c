/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's turn: into the guest by KVM_RUN, out for devices, for what a controller of ours has to say, and for the debugger.
 *
 *   INTR  is acknowledged when the guest takes interrupts, else KVM is asked to come out when it does (the window)
 *   CR8   goes in and out with each entry; our local APIC has the true one
 *   kick  sets immediate_exit, which an entry heeds, and sends a signal to a thread that may be inside already
 */
#include "target-x86/kvm_internal.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint64_t A20 = 1 << 20;

static struct kvm_vcpu *vcpu_of(struct cpu *cpu) { return x86_cpu_of(cpu)->kvm; }

void x86_kvm_kick(struct cpu *cpu)
{
    struct kvm_vcpu *vcpu = vcpu_of(cpu);
    if (vcpu) {
        __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
        if (atomic_load(&vcpu->inside)) {
            syscall(SYS_tgkill, getpid(), vcpu->thread, SIGUSR1);
        }
    }
}

/* ---- exits ---- */

/* Devices may have changed the task priority by the local APIC's registers. */
static void take_tpr(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    if (cpu->pic.read_tpr) {
        g_mutex_lock(cpu->cpu.machine_lock);
        vcpu->run->cr8 = vcpu->cr8 = cpu->pic.read_tpr(cpu->pic.controller) >> 4;
        g_mutex_unlock(cpu->cpu.machine_lock);
    }
}

static void exit_io(struct kvm_vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    struct cpu *cpu = &vcpu->cpu->cpu;
    const unsigned bytes = run->io.size;
    const uint16_t port = run->io.port;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    for (unsigned left = run->io.count, n; left; left -= n, data += (size_t)n * bytes) {
        uint64_t value = 0;
        if (run->io.direction == KVM_EXIT_IO_IN) {
            n = left > 1 ? port_read_string(cpu, port, bytes, data, left) : 0;
            if (!n) {
                value = port_read(cpu, port, bytes);
                memcpy(data, &value, bytes);
            }
        } else {
            n = left > 1 ? port_write_string(cpu, port, bytes, data, left) : 0;
            if (!n) {
                memcpy(&value, data, bytes);
                port_write(cpu, port, value, bytes);
            }
        }
        n = n ? n : 1;
    }
}

static void exit_mmio(struct kvm_vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    struct x86_cpu *cpu = vcpu->cpu;
    const uint64_t address = cpu->a20 ? run->mmio.phys_addr : run->mmio.phys_addr & ~A20;
    const unsigned bytes = MIN(run->mmio.len, sizeof(run->mmio.data));
    uint64_t value = 0;
    if (run->mmio.is_write) {
        memcpy(&value, run->mmio.data, bytes);
        phys_store(&cpu->cpu, address, value, bytes);
    } else {
        value = phys_load(&cpu->cpu, address, bytes);
        memcpy(run->mmio.data, &value, bytes);
    }
    take_tpr(vcpu);
}

static void exit_msr(struct kvm_vcpu *vcpu, bool write)
{
    struct kvm_run *run = vcpu->run;
    uint64_t value = run->msr.data;
    const bool good = write ? x86_msr_write(vcpu->cpu, run->msr.index, value) : x86_msr_read(vcpu->cpu, run->msr.index, &value);
    run->msr.data = value;
    run->msr.error = !good;
    if (!good) {
        log_write(vcpu->machine->log, LOG_unimp, "x86: %s of MSR %08x (value %#" PRIx64 ") refused\n", write ? "write" : "read",
                  run->msr.index, value);
    }
}

/* What came out with the exit, whatever it was for. */
static void after_run(struct kvm_vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    struct x86_cpu *cpu = vcpu->cpu;
    const bool smm = run->flags & KVM_RUN_X86_SMM;
    if (smm != cpu->smm) {
        x86_smm_swap_memory(cpu);
        cpu->smm = smm;
    }
    if (run->cr8 != vcpu->cr8 && cpu->pic.write_tpr) {
        vcpu->cr8 = run->cr8;
        g_mutex_lock(cpu->cpu.machine_lock);
        cpu->pic.write_tpr(cpu->pic.controller, (uint8_t)(run->cr8 << 4));
        g_mutex_unlock(cpu->cpu.machine_lock);
    }
    if (run->apic_base != cpu->apic_base) {
        cpu->apic_base = run->apic_base;
        if (cpu->pic.write_msr) {
            g_mutex_lock(cpu->cpu.machine_lock);
            cpu->pic.write_msr(cpu->pic.controller, 0x1b, run->apic_base);
            g_mutex_unlock(cpu->cpu.machine_lock);
        }
    }
}

static enum accel_exit failed(struct kvm_vcpu *vcpu, const char *why, uint64_t detail)
{
    if (!vcpu->broken) {
        kvm_state_get(vcpu);
        g_printerr("dragoman: CPU %u: KVM cannot go on: %s (%#" PRIx64 ") at %04x:%#" PRIx64 "; it stops\n", vcpu->cpu->cpu.index, why,
                   detail, vcpu->cpu->seg[SEG_CS].selector, x86_rip(vcpu->cpu));
    }
    vcpu->broken = true;
    return ACCEL_FAILED;
}

static enum accel_exit stuck(struct kvm_vcpu *vcpu)
{
    const struct kvm_run *run = vcpu->run;
    switch (run->exit_reason) {
    case KVM_EXIT_FAIL_ENTRY:
        return failed(vcpu, "the processor refuses the CPU's state, reason", run->fail_entry.hardware_entry_failure_reason);
    case KVM_EXIT_INTERNAL_ERROR:
        return failed(vcpu, "internal error", run->internal.suberror);
    case KVM_EXIT_UNKNOWN:
        return failed(vcpu, "it does not know why the processor came out, reason", run->hw.hardware_exit_reason);
    default:
        return failed(vcpu, "exit", run->exit_reason);
    }
}

/* MOV CR0 (0F 22 /0), paging on, outside long mode. */
static bool turns_on_legacy_paging(struct x86_cpu *cpu)
{
    const uint32_t code = (uint32_t)phys_load(&cpu->cpu, (uint32_t)(cpu->seg[SEG_CS].base + x86_rip(cpu)), 4);
    return x86_protected(cpu) && !(cpu->cr0 & CR0_PG) && !(cpu->efer & EFER_LME) && (code & 0xf8ffff) == 0xc0220f &&
           cpu->regs[code >> 16 & 7] & CR0_PG;
}

/* A KVM without hardware virtualization may have paging in long mode only. Its guests are told #GP, its users nothing. */
static void explain_shutdown(struct kvm_vcpu *vcpu)
{
    struct kvm_machine *machine = vcpu->machine;
    if (turns_on_legacy_paging(vcpu->cpu) && !kvm_state_has_legacy_paging(vcpu) && !atomic_exchange(&machine->told_paging, true)) {
        g_printerr("dragoman: -accel kvm: this host's KVM has paging in long mode only; -accel tcg runs systems of 32 bits\n");
    }
}

enum handled { EXIT_GO_ON, EXIT_OUT, EXIT_DEBUGGER, EXIT_TRANSLATE, EXIT_STUCK };

static enum handled handle_exit(struct kvm_vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    switch (run->exit_reason) {
    case KVM_EXIT_IO:               exit_io(vcpu); return EXIT_GO_ON;
    case KVM_EXIT_MMIO:             exit_mmio(vcpu); return EXIT_GO_ON;
    case KVM_EXIT_X86_RDMSR:        exit_msr(vcpu, false); return EXIT_GO_ON;
    case KVM_EXIT_X86_WRMSR:        exit_msr(vcpu, true); return EXIT_GO_ON;
    case KVM_EXIT_SET_TPR:          return EXIT_GO_ON;
    case KVM_EXIT_INTR:             return EXIT_GO_ON;
    case KVM_EXIT_DEBUG:            return EXIT_DEBUGGER;
    case KVM_EXIT_HLT:
        vcpu->cpu->cpu.halted = true;
        return EXIT_OUT;
    case KVM_EXIT_IRQ_WINDOW_OPEN:
        atomic_store(&vcpu->cpu->cpu.exit_request, 1);
        return EXIT_OUT;
    case KVM_EXIT_SHUTDOWN:
        kvm_state_get(vcpu);
        explain_shutdown(vcpu);
        x86_shutdown(vcpu->cpu, "triple fault");
        return EXIT_OUT;
    case KVM_EXIT_INTERNAL_ERROR:               /* nothing it could emulate, or an event amid one; else an error of the host's */
        return run->internal.suberror == KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON ? EXIT_STUCK : EXIT_TRANSLATE;
    default:                        return EXIT_STUCK;
    }
}

/* ---- the debugger ---- */

/* DR7 (SDM 3, 17.2.4): enabled globally, kind and length of each. */
static uint64_t dr7_of(const struct accel_debug *debug)
{
    uint64_t dr7 = 0x400;
    for (unsigned n = 0; n < debug->count; n++) {
        const struct accel_point *point = &debug->point[n];
        const uint64_t kind = !point->access ? 0 : point->access & 1 << MMU_READ ? 3 : 1;
        const uint64_t length = !point->access ? 0 : point->bytes == 8 ? 2 : point->bytes - 1u;
        dr7 |= 2ull << 2 * n | (kind | length << 2) << (16 + 4 * n);
    }
    return dr7;
}

static bool same_debug(const struct accel_debug *a, const struct accel_debug *b)
{
    if (a->step != b->step || a->count != b->count) {
        return false;
    }
    for (unsigned n = 0; n < a->count; n++) {
        const struct accel_point *x = &a->point[n], *y = &b->point[n];
        if (x->linear != y->linear || x->bytes != y->bytes || x->access != y->access) {
            return false;
        }
    }
    return true;
}

static void set_debug(struct kvm_vcpu *vcpu, const struct accel_debug *debug, uint32_t extra)
{
    vcpu->debug = *debug;
    struct kvm_guest_debug set = {
        .control = extra | (debug->step || debug->count ? KVM_GUESTDBG_ENABLE : 0) | (debug->step ? KVM_GUESTDBG_SINGLESTEP : 0) |
                   (debug->count ? KVM_GUESTDBG_USE_HW_BP : 0),
    };
    for (unsigned n = 0; n < debug->count; n++) {
        set.arch.debugreg[n] = debug->point[n].linear;
    }
    set.arch.debugreg[7] = dr7_of(debug);
    KVM_DO(vcpu, KVM_SET_GUEST_DEBUG, &set);
}

/* A debug exception that is the guest's own goes back to it. KVM has told us alone what DR6 says of it (SDM 3, 17.2.3). */
static void give_back(struct kvm_vcpu *vcpu, uint64_t dr6)
{
    enum { CONDITIONS = DR6_BD | DR6_BS | DR6_BT };
    const struct accel_debug debug = vcpu->debug;
    struct kvm_debugregs regs = { .flags = 0 };
    KVM_DO(vcpu, KVM_GET_DEBUGREGS, &regs);
    regs.dr6 |= dr6 & CONDITIONS;
    KVM_DO(vcpu, KVM_SET_DEBUGREGS, &regs);
    set_debug(vcpu, &debug, KVM_GUESTDBG_INJECT_DB);
}

static bool take_debug_exit(struct kvm_vcpu *vcpu, struct accel_hit *hit)
{
    const struct kvm_debug_exit_arch *arch = &vcpu->run->debug.arch;
    const unsigned mine = (1u << vcpu->debug.count) - 1;
    hit->points = arch->dr6 & mine;
    if (!hit->points && !(vcpu->debug.step && arch->dr6 & DR6_BS)) {
        give_back(vcpu, arch->dr6);
        return false;
    }
    kvm_state_get(vcpu);
    return true;
}

/* ---- the turn ---- */

/* KVM_RUN: 0, or an errno. Also one that was interrupted has brought CR8 and the like. */
static int run_once(struct kvm_vcpu *vcpu)
{
    const int result = ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? errno : 0;
    atomic_store(&vcpu->inside, false);
    after_run(vcpu);
    return result;
}

/* EINTR without an entry when somebody has asked meanwhile. */
static int enter(struct kvm_vcpu *vcpu, bool now)
{
    vcpu->run->immediate_exit = 0;
    atomic_store(&vcpu->inside, true);
    if (now || !atomic_load(&vcpu->cpu->cpu.exit_request)) {
        return run_once(vcpu);
    }
    atomic_store(&vcpu->inside, false);
    return EINTR;
}

/* The instruction that came out for a device is not done before KVM is entered again. What else then comes up, comes again. */
static void take_state(struct kvm_vcpu *vcpu)
{
    enum handled handled = EXIT_GO_ON;
    while (!vcpu->broken && handled == EXIT_GO_ON) {
        vcpu->run->immediate_exit = 1;
        handled = run_once(vcpu) ? EXIT_OUT : handle_exit(vcpu);
    }
    kvm_state_get(vcpu);
}

enum accel_exit x86_kvm_run(struct cpu *base, const struct accel_debug *debug, struct accel_hit *hit)
{
    struct kvm_vcpu *vcpu = vcpu_of(base);
    if (!same_debug(&vcpu->debug, debug)) {
        set_debug(vcpu, debug, 0);
    }
    for (;;) {
        if (vcpu->broken) {
            return ACCEL_FAILED;
        }
        const int result = enter(vcpu, debug->now);
        if (result == EINTR || result == EAGAIN) {
            return ACCEL_ATTEND;
        }
        if (result) {
            return failed(vcpu, g_strerror(result), vcpu->run->exit_reason);
        }
        switch (handle_exit(vcpu)) {
        case EXIT_GO_ON:    break;
        case EXIT_OUT:      return ACCEL_ATTEND;
        case EXIT_STUCK:    return stuck(vcpu);
        case EXIT_TRANSLATE:
            kvm_state_get(vcpu);
            return ACCEL_TRANSLATE;
        case EXIT_DEBUGGER:
            if (take_debug_exit(vcpu, hit)) {
                return ACCEL_DEBUG;
            }
            break;
        }
    }
}

/* ---- interrupts ---- */

static void inject_interrupt(struct kvm_vcpu *vcpu)
{
    struct x86_cpu *cpu = vcpu->cpu;
    g_mutex_lock(cpu->cpu.machine_lock);
    const int vector = cpu->pic.acknowledge ? cpu->pic.acknowledge(cpu->pic.controller) : -1;
    g_mutex_unlock(cpu->cpu.machine_lock);
    if (vector >= 0) {
        struct kvm_interrupt interrupt = { .irq = (uint32_t)vector };
        KVM_DO(vcpu, KVM_INTERRUPT, &interrupt);
        vcpu->run->ready_for_interrupt_injection = 0;
        cpu->cpu.halted = false;
    }
}

static void poll_nmi(struct kvm_vcpu *vcpu, uint32_t input)
{
    struct x86_cpu *cpu = vcpu->cpu;
    if (input & CPU_INPUT_SMI && x86_take_input(cpu, CPU_INPUT_SMI) && vcpu->machine->has_smm) {
        KVM_DO(vcpu, KVM_SMI, NULL);
        cpu->cpu.halted = false;
    }
    if (input & CPU_INPUT_NMI && x86_take_input(cpu, CPU_INPUT_NMI)) {
        KVM_DO(vcpu, KVM_NMI, NULL);
        cpu->cpu.halted = false;
    }
}

bool x86_kvm_poll(struct cpu *base)
{
    enum { START = CPU_INPUT_RESET | CPU_INPUT_INIT | CPU_INPUT_SIPI };
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct kvm_vcpu *vcpu = cpu->kvm;
    const uint32_t input = atomic_load(&base->input);
    if (input & START) {
        take_state(vcpu);
        x86_poll_start(cpu, input);
        kvm_state_put(vcpu);
    }
    if (cpu->wait_for_sipi || cpu->shutdown) {
        return false;
    }
    poll_nmi(vcpu, input);
    if (atomic_load(&base->input) & CPU_INPUT_INTR && vcpu->run->if_flag && vcpu->run->ready_for_interrupt_injection) {
        inject_interrupt(vcpu);
    }
    vcpu->run->request_interrupt_window = !base->halted && atomic_load(&base->input) & CPU_INPUT_INTR;
    return !base->halted;
}

/* ---- its ends ---- */

void x86_kvm_begin(struct cpu *base)
{
    struct kvm_vcpu *vcpu = vcpu_of(base);
    vcpu->thread = (pid_t)syscall(SYS_gettid);
    vcpu->broken = false;           /* a reset may have mended it */
    kvm_state_put(vcpu);
}

void x86_kvm_end(struct cpu *base)
{
    struct kvm_vcpu *vcpu = vcpu_of(base);
    if (!vcpu->cpu->shutdown) {
        take_state(vcpu);
    }
}
