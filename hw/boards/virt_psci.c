/* SPDX-License-Identifier: MIT */
/*
 * The firmware that the board stands in for: Power State Coordination Interface 1.1 (Arm DEN 0022), called by HVC or SMC as
 * the SMC Calling Convention (DEN 0028) says. Function names are those of the document, chapter 5.
 *
 * CPU_SUSPEND returns at once, as if an interrupt had come. Left out: SYSTEM_SUSPEND, the statistics, MIGRATE (there is no Trusted OS).
 */
#include "hw/boards/virt_internal.h"

enum psci_function {    /* those with an address have a twin of 64 bits, C4xxxxxxh */
    PSCI_VERSION = 0x84000000, PSCI_CPU_SUSPEND = 0x84000001, PSCI_CPU_OFF = 0x84000002, PSCI_CPU_ON = 0x84000003,
    PSCI_AFFINITY_INFO = 0x84000004, PSCI_MIGRATE_INFO_TYPE = 0x84000006, PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009, PSCI_FEATURES = 0x8400000a, PSCI_SYSTEM_RESET2 = 0x84000012,
};
enum { PSCI_SUCCESS = 0, PSCI_NOT_SUPPORTED = -1, PSCI_INVALID_PARAMETERS = -2, PSCI_ALREADY_ON = -4 };
enum { VERSION_1_1 = 0x00010001, NO_TRUSTED_OS = 2, FUNCTION_WIDE = 1 << 30 };
enum { AFFINITY_ON = 0, AFFINITY_OFF = 1, RESET2_WARM = 0 };
static const uint64_t MPIDR_AFFINITY = 0xff00ffffff;

/* The narrow name of a function that exists; 0: it does not, in this width. */
static uint32_t known(uint32_t function)
{
    static const struct { uint32_t name; bool wide_too; } functions[] = {
        { PSCI_VERSION, false }, { PSCI_CPU_SUSPEND, true }, { PSCI_CPU_OFF, false }, { PSCI_CPU_ON, true },
        { PSCI_AFFINITY_INFO, true }, { PSCI_MIGRATE_INFO_TYPE, false }, { PSCI_SYSTEM_OFF, false },
        { PSCI_SYSTEM_RESET, false }, { PSCI_FEATURES, false }, { PSCI_SYSTEM_RESET2, true },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(functions); i++) {
        uint32_t name = functions[i].name;
        if (function == name || (functions[i].wide_too && function == (name | FUNCTION_WIDE))) {
            return name;
        }
    }
    return 0;
}

static struct arm_cpu *find_cpu(struct virt *virt, uint64_t affinity)
{
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        if ((virt->cpus[i]->mpidr & MPIDR_AFFINITY) == affinity) {
            return virt->cpus[i];
        }
    }
    return NULL;
}

static int32_t cpu_on(struct virt *virt, struct arm_cpu *caller, const uint64_t arguments[4])
{
    struct arm_cpu *cpu = find_cpu(virt, arguments[1]);
    if (!cpu) {
        return PSCI_INVALID_PARAMETERS;
    }
    if (arm_cpu_is_on(cpu)) {
        return PSCI_ALREADY_ON;
    }
    arm_cpu_power_on(cpu, arguments[2], arguments[3], caller->has_el2 ? EL2 : EL1, !caller->aarch64);
    return PSCI_SUCCESS;
}

/* 5.7: level 0 asks for one CPU, higher levels for any of a cluster. */
static int32_t affinity_info(struct virt *virt, const uint64_t arguments[4])
{
    bool found = false;
    if (arguments[2] > 3) {
        return PSCI_INVALID_PARAMETERS;
    }
    uint64_t mask = arguments[2] == 3 ? 0xff00000000 : MPIDR_AFFINITY & ~((1ull << arguments[2] * 8) - 1);
    for (unsigned i = 0; i < virt->board.cpu_count; i++) {
        struct arm_cpu *cpu = virt->cpus[i];
        if (!((cpu->mpidr ^ arguments[1]) & mask)) {
            if (arm_cpu_is_on(cpu)) {
                return AFFINITY_ON;
            }
            found = true;
        }
    }
    return found ? AFFINITY_OFF : PSCI_INVALID_PARAMETERS;
}

/* The request is done by the main loop; the caller gets no further meanwhile. */
static int32_t end_system(struct virt *virt, struct arm_cpu *cpu, bool restart)
{
    if (restart) {
        machine_request_reset(virt->board.machine);
    } else {
        machine_request_shutdown(virt->board.machine, 0);
    }
    arm_cpu_power_off(cpu);
    return PSCI_SUCCESS;
}

static int32_t call(struct virt *virt, struct arm_cpu *cpu, const uint64_t arguments[4])
{
    uint32_t function = known((uint32_t)arguments[0]);
    switch ((enum psci_function)function) {
    case PSCI_VERSION: return VERSION_1_1;
    case PSCI_CPU_SUSPEND: return PSCI_SUCCESS;
    case PSCI_CPU_OFF:
        arm_cpu_power_off(cpu);
        return PSCI_SUCCESS;
    case PSCI_CPU_ON: return cpu_on(virt, cpu, arguments);
    case PSCI_AFFINITY_INFO: return affinity_info(virt, arguments);
    case PSCI_MIGRATE_INFO_TYPE: return NO_TRUSTED_OS;
    case PSCI_SYSTEM_OFF: return end_system(virt, cpu, false);
    case PSCI_SYSTEM_RESET: return end_system(virt, cpu, true);
    case PSCI_SYSTEM_RESET2:
        return (uint32_t)arguments[1] == RESET2_WARM ? end_system(virt, cpu, true) : PSCI_INVALID_PARAMETERS;
    case PSCI_FEATURES: return known((uint32_t)arguments[1]) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
    }
    return PSCI_NOT_SUPPORTED;
}

bool virt_psci_call(void *opaque, struct arm_cpu *cpu, bool smc)
{
    struct virt *virt = opaque;
    const char *method = virt_psci_method(virt);
    if (!method || (method[0] == 's') != smc) {
        return false;
    }
    uint64_t arguments[4];
    bool wide = cpu->aarch64 && (cpu->x[0] & FUNCTION_WIDE);
    for (unsigned i = 0; i < G_N_ELEMENTS(arguments); i++) {
        arguments[i] = wide ? cpu->x[i] : (uint32_t)cpu->x[i];
    }
    int32_t result = call(virt, cpu, arguments);
    cpu->x[0] = cpu->aarch64 ? (uint64_t)(int64_t)result : (uint32_t)result;
    return true;
}

const char *virt_psci_method(const struct virt *virt)
{
    if (virt->secure && !virt->kernel.entry) {
        return NULL;                    /* the firmware at EL3 has one of its own */
    }
    return virt->virtualization ? "smc" : "hvc";
}
