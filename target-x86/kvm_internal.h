/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_KVM_INTERNAL_H
#define TARGET_X86_KVM_INTERNAL_H
/*
 * What the files of the KVM accelerator share.
 *
 *   kvm.c        the host's abilities, the virtual machine and its vCPUs
 *   kvm_run.c    a vCPU's turn: entries, exits, interrupts, breakpoints
 *   kvm_state.c  a CPU's state between its structure and KVM
 *   kvm_slots.c  the machine's memory map as KVM's memory slots; which pages were written
 *   kvm_cpuid.c  CPU models as KVM can have them
 */
#include <linux/kvm.h>
#include <sys/types.h>
#include "base/memory.h"
#include "target-x86/kvm.h"
#include "target-x86/system.h"
#include "tcg/accelerator.h"

enum { KVM_VIEWS = 2, KVM_VIEW_SMM = 1, KVM_STATE_MSRS = 64 };

/* A range of guest-physical addresses that is RAM or ROM. `id` is KVM's number of it. */
struct kvm_slot { uint64_t address, bytes, ram_offset; struct ram *ram; uint8_t *host; uint32_t flags, id; };
/* One of KVM's address spaces: what CPUs see, or see in SMM. */
struct kvm_view { const struct memory *memory; GArray *slots; uint32_t number; };

struct kvm_machine {
    int fd, vm;
    struct log *log;
    unsigned cpu_count;
    int *cpu_fds;
    struct kvm_vcpu **cpus;
    size_t run_bytes;
    bool has_smm, has_xcrs, has_user_msrs;
    GMutex slots_lock;              /* views, logged, next_slot: map() against ram_collect() */
    struct kvm_view view[KVM_VIEWS];
    struct ram *ram;                /* of the slots */
    GArray *logged;                 /* struct kvm_logged: parts of RAM of which somebody asks what was written */
    GArray *free_ids;               /* uint32_t */
    uint32_t next_id, most_ids;
    _Atomic bool told_paging;       /* the user knows that there is paging in long mode only */
};
struct kvm_logged { uint64_t first_page, pages; };

/* Owner: the CPU's thread. Others: kick() only. */
struct kvm_vcpu {
    struct kvm_machine *machine;
    struct x86_cpu *cpu;
    int fd;
    struct kvm_run *run;
    _Atomic bool inside;            /* in KVM_RUN, or about to be */
    pid_t thread;
    uint64_t cr8;                   /* as KVM_RUN was given it */
    bool broken;                    /* an ioctl failed: the guest cannot go on */
    struct accel_debug debug;       /* as KVM was told */
    uint8_t msr[KVM_STATE_MSRS];    /* rows of kvm_state.c's table that this KVM has */
    unsigned msr_count;
    _Alignas(8) struct kvm_xsave xsave;         /* as last read: what our structure has no room for */
};

static inline uint64_t kvm_page_mask(void) { return ~(uint64_t)4095; }

/* ---- kvm.c ---- */
/* An ioctl of the vCPU that has to work: what does not is logged once, and the CPU stops. */
void kvm_vcpu_do(struct kvm_vcpu *vcpu, unsigned long request, void *argument, const char *what);
#define KVM_DO(vcpu, request, argument) kvm_vcpu_do(vcpu, request, argument, #request)

/* ---- kvm_run.c ---- */
enum accel_exit x86_kvm_run(struct cpu *cpu, const struct accel_debug *debug, struct accel_hit *hit);
bool x86_kvm_poll(struct cpu *cpu);
void x86_kvm_begin(struct cpu *cpu);
void x86_kvm_end(struct cpu *cpu);
void x86_kvm_kick(struct cpu *cpu);

/* ---- kvm_state.c ---- */
void kvm_state_put(struct kvm_vcpu *vcpu);
void kvm_state_get(struct kvm_vcpu *vcpu);
/* Whether it has paging outside long mode. The vCPU's state is lost. */
bool kvm_state_has_legacy_paging(struct kvm_vcpu *vcpu);
/* Once, when CPUID is set: which registers this KVM has. */
void kvm_state_learn_msrs(struct kvm_vcpu *vcpu);

/* ---- kvm_slots.c ---- */
void kvm_slots_init(struct kvm_machine *machine, const struct memory *memory);
void kvm_slots_clear(struct kvm_machine *machine);
/* As the flat views are now. a20: address line 20 works. */
void kvm_slots_update(struct kvm_machine *machine, bool a20);

/* ---- kvm_cpuid.c ---- */
void kvm_set_cpuid(struct kvm_vcpu *vcpu);
/* CPUID of `-cpu host` out of what KVM supports: adds to `out`, which has room for KVM_CPUID_ENTRIES. */
enum { KVM_CPUID_ENTRIES = 256 };
void kvm_host_cpuid(struct x86_cpu *cpu, const struct kvm_cpuid2 *supported, struct kvm_cpuid2 *out);

#endif
