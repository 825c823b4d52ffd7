/* SPDX-License-Identifier: MIT */
#ifndef TARGET_X86_KVM_H
#define TARGET_X86_KVM_H
/* x86 guests run by the host's processor through Linux's /dev/kvm. */
#include "target-x86/cpuid.h"
#include "tcg/accelerator.h"

extern const struct accelerator x86_kvm;

/* Takes out of a model what this host's KVM, or KVM with interrupt controllers of ours, does not have; one with `host` set becomes
 * the host's CPU. false: /dev/kvm cannot be asked; nothing of use is changed. */
bool x86_kvm_fit_model(struct x86_model *model);
/* System-management mode is there. */
bool x86_kvm_has_smm(void);

#endif
