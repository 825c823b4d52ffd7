/* SPDX-License-Identifier: MIT */
/*
 * The KVM accelerator: what the host offers, the virtual machine, its vCPUs (Linux, Documentation/virt/kvm/api.rst).
 *
 * Interrupt controllers, timers and all devices are the machine's own: KVM gives the processor and its memory management alone.
 * Left out: A20 in KVM's own emulation of real mode (kvm_slots.c folds addresses by slots), FERR# (IRQ 13), performance counters.
 */
#include "target-x86/kvm_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/error.h"

/* Three pages for a task state segment and one for page tables, which processors need that cannot run real mode by themselves;
 * below the local APICs nothing else is. */
static const uint64_t TSS_ADDRESS = 0xfeffd000, IDENTITY_MAP_ADDRESS = 0xfeffc000;

static const struct { int capability; const char *name; } needed[] = {
    { KVM_CAP_USER_MEMORY, "user memory" }, { KVM_CAP_READONLY_MEM, "read-only memory" }, { KVM_CAP_EXT_CPUID, "CPUID" },
    { KVM_CAP_VCPU_EVENTS, "vCPU events" }, { KVM_CAP_DEBUGREGS, "debug registers" }, { KVM_CAP_XSAVE, "XSAVE" },
    { KVM_CAP_USER_NMI, "NMIs" }, { KVM_CAP_IMMEDIATE_EXIT, "immediate exits" }, { KVM_CAP_SET_GUEST_DEBUG, "guest debugging" },
    { KVM_CAP_SET_TSS_ADDR, "a TSS address" }, { KVM_CAP_SET_IDENTITY_MAP_ADDR, "an identity map address" },
};

static int has(const struct kvm_machine *machine, int capability)
{
    return ioctl(machine->fd, KVM_CHECK_EXTENSION, capability);
}

static bool open_device(struct kvm_machine *machine, GError **error)
{
    machine->fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (machine->fd < 0) {
        const int reason = errno;
        return error_fail(error, "/dev/kvm: %s; %s", g_strerror(reason),
                          reason == EACCES || reason == EPERM ? "may your user open it (group kvm)?" :
                          "is virtualization on in the host's firmware, and its module kvm_intel or kvm_amd loaded?");
    }
    if (ioctl(machine->fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
        return error_fail(error, "/dev/kvm: not version %d of its interface", KVM_API_VERSION);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (has(machine, needed[i].capability) <= 0) {
            return error_fail(error, "/dev/kvm: this kernel's lacks %s", needed[i].name);
        }
    }
    return true;
}

static bool create_machine(struct kvm_machine *machine, GError **error)
{
    uint64_t identity = IDENTITY_MAP_ADDRESS;
    struct kvm_enable_cap user_msrs = {
        .cap = KVM_CAP_X86_USER_SPACE_MSR, .args = { KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL },
    };
    do {
        machine->vm = ioctl(machine->fd, KVM_CREATE_VM, 0);
    } while (machine->vm < 0 && errno == EINTR);
    if (machine->vm < 0) {
        return error_fail(error, "/dev/kvm: no virtual machine: %s", g_strerror(errno));
    }
    if (ioctl(machine->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity) || ioctl(machine->vm, KVM_SET_TSS_ADDR, TSS_ADDRESS)) {
        return error_fail(error, "/dev/kvm: no room for its own pages: %s", g_strerror(errno));
    }
    if (has(machine, KVM_CAP_EXIT_ON_EMULATION_FAILURE) > 0) {      /* user code too, rather than #UD */
        struct kvm_enable_cap failures = { .cap = KVM_CAP_EXIT_ON_EMULATION_FAILURE, .args = { 1 } };
        ioctl(machine->vm, KVM_ENABLE_CAP, &failures);
    }
    machine->has_xcrs = has(machine, KVM_CAP_XCRS) > 0;
    machine->has_smm = has(machine, KVM_CAP_X86_SMM) > 0 && has(machine, KVM_CAP_MULTI_ADDRESS_SPACE) > 1;
    machine->has_user_msrs = has(machine, KVM_CAP_X86_USER_SPACE_MSR) > 0 && !ioctl(machine->vm, KVM_ENABLE_CAP, &user_msrs);
    const int slots = has(machine, KVM_CAP_NR_MEMSLOTS);
    machine->most_ids = slots > 0 ? (uint32_t)slots : 32;
    return true;
}

static bool create_cpus(struct kvm_machine *machine, unsigned cpus, GError **error)
{
    const int run_bytes = ioctl(machine->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
    machine->cpu_fds = g_new0(int, cpus);
    machine->cpus = g_new0(struct kvm_vcpu *, cpus);
    machine->run_bytes = run_bytes < 0 ? sizeof(struct kvm_run) : (size_t)run_bytes;
    for (; machine->cpu_count < cpus; machine->cpu_count++) {
        const int fd = ioctl(machine->vm, KVM_CREATE_VCPU, machine->cpu_count);
        if (fd < 0) {
            return error_fail(error, "/dev/kvm: it gives no more than %u CPUs: %s", machine->cpu_count, g_strerror(errno));
        }
        machine->cpu_fds[machine->cpu_count] = fd;
    }
    return true;
}

static void machine_close(void *state)
{
    struct kvm_machine *machine = state;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        struct kvm_vcpu *vcpu = machine->cpus[i];
        if (vcpu) {
            vcpu->cpu->kvm = NULL;
            munmap(vcpu->run, machine->run_bytes);
            g_free(vcpu);
        }
        close(machine->cpu_fds[i]);
    }
    kvm_slots_clear(machine);
    g_free(machine->cpus);
    g_free(machine->cpu_fds);
    if (machine->vm >= 0) {
        close(machine->vm);
    }
    if (machine->fd >= 0) {
        close(machine->fd);
    }
    g_free(machine);
}

/* What x86_kvm_kick sends; it has only to interrupt KVM_RUN, which no SA_RESTART takes up again. */
static void on_kick(int signal)
{
}

static void *machine_open(struct memory *memory, struct log *log, unsigned cpus, GError **error)
{
    struct kvm_machine *machine = g_new0(struct kvm_machine, 1);
    machine->vm = -1;
    machine->log = log;
    kvm_slots_init(machine, memory);
    if (!open_device(machine, error) || !create_machine(machine, error) || !create_cpus(machine, cpus, error)) {
        machine_close(machine);
        return NULL;
    }
    sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_kick, .sa_flags = SA_RESTART }, NULL);
    return machine;
}

void kvm_vcpu_do(struct kvm_vcpu *vcpu, unsigned long request, void *argument, const char *what)
{
    if (!vcpu->broken && ioctl(vcpu->fd, request, argument) < 0) {
        g_printerr("dragoman: CPU %u: %s: %s; it stops\n", vcpu->cpu->cpu.index, what, g_strerror(errno));
        vcpu->broken = true;
    }
}

static void machine_add_cpu(void *state, struct cpu *base)
{
    struct kvm_machine *machine = state;
    struct x86_cpu *cpu = x86_cpu_of(base);
    struct kvm_vcpu *vcpu = g_new0(struct kvm_vcpu, 1);
    g_assert(base->index < machine->cpu_count);
    vcpu->machine = machine;
    vcpu->cpu = cpu;
    vcpu->fd = machine->cpu_fds[base->index];
    vcpu->run = mmap(NULL, machine->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (vcpu->run == MAP_FAILED) {
        g_error("no memory for a CPU");
    }
    machine->cpus[base->index] = vcpu;
    machine->view[KVM_VIEW_SMM].memory = machine->has_smm ? cpu->other_memory : NULL;
    const int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);
    cpu->tsc_khz = khz > 0 ? (uint64_t)khz : 0;
    kvm_set_cpuid(vcpu);
    kvm_state_learn_msrs(vcpu);
    KVM_DO(vcpu, KVM_GET_XSAVE, &vcpu->xsave);
    cpu->kvm = vcpu;
}

static void machine_map(void *state)
{
    struct kvm_machine *machine = state;
    kvm_slots_update(machine, machine->cpus[0]->cpu->a20);
}

const struct accelerator x86_kvm = {
    .name = "kvm", .open = machine_open, .close = machine_close, .add_cpu = machine_add_cpu, .map = machine_map,
    .begin = x86_kvm_begin, .run = x86_kvm_run, .poll = x86_kvm_poll, .end = x86_kvm_end, .kick = x86_kvm_kick,
};
