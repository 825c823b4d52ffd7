/* SPDX-License-Identifier: MIT */
#ifndef HW_ACPI_ARM_TABLES_H
#define HW_ACPI_ARM_TABLES_H
/* The ACPI tables of the board "virt", for firmware of 64 bits. */
#include "hw/acpi/tables.h"

struct acpi_arm_board {
    unsigned cpus, gic_version;
    const uint64_t *affinities;     /* of each CPU, as MPIDR_EL1 has them */
    struct { uint64_t address, bytes; } redistributors[2];      /* regions of them, GICv3 only; bytes 0: not there */
    bool its, high;                 /* high: PCI's windows above 4 GiB are there */
    bool hypervisor;                /* EL2: the maintenance interrupt */
    const char *psci;               /* "hvc", "smc" or NULL */
};

void acpi_arm_build(const struct acpi_arm_board *board, struct acpi_files *files);

#endif
