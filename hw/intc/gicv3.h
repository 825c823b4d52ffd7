/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_GICV3_H
#define HW_INTC_GICV3_H
/*
 * ARM Generic Interrupt Controller, architecture version 3: distributor, a redistributor for each CPU, CPU interfaces reached as
 * system registers, and the interrupt translation service (ITS) for messages.
 */
#include "machine/machine.h"

enum { GICV3_PRIVATE = 32, GICV3_SGIS = 16, GICV3_WORDS = 32, GICV3_SPIS_MOST = 1020, GICV3_CPUS_MOST = 255,
       GICV3_LPI_FIRST = 8192, GICV3_ID_BITS = 16, GICV3_LPI_WORDS = ((1 << GICV3_ID_BITS) - GICV3_LPI_FIRST) / 64,
       GICV3_REDISTRIBUTOR_BYTES = 0x20000, GICV3_LIST_REGISTERS = 4 };

/* A bit of each interrupt in words of 32. */
struct gicv3_bits { uint32_t enabled, latch, level, active, group, edge; };

/* The distributor: shared interrupts; word 0 and the first 32 entries are not used. */
struct gicv3_state {
    uint64_t router[GICV3_WORDS * 32];
    uint32_t ctlr;
    struct gicv3_bits words[GICV3_WORDS];
    uint8_t priority[GICV3_WORDS * 32];
    uint8_t pad[4];
};

/* The virtual interface that a hypervisor programs (ICH_*). */
struct gicv3_virtual_state {
    uint64_t lr[GICV3_LIST_REGISTERS];
    uint32_t hcr, vmcr_ctlr, vpmr, vbpr[2], vgroup_enable[2], apr[2];
    uint8_t pad[4];
};

/* A redistributor and its CPU's interface. */
struct gicv3_cpu_state {
    uint64_t propbaser, pendbaser;              /* GICR_* */
    struct gicv3_virtual_state virtual;
    struct gicv3_bits own;
    uint8_t priority[GICV3_PRIVATE];
    uint32_t ctlr, waker;                       /* GICR_* */
    uint32_t icc_ctlr, pmr, bpr[2], group_enable[2], apr[2];    /* ICC_*; by group */
    uint64_t lpi_pending[GICV3_LPI_WORDS];
};

struct gicv3;

struct gicv3_outputs { struct irq_line irq, fiq, virq, vfiq, maintenance; };

struct gicv3_cpu {
    struct gicv3_cpu_state state;
    struct gicv3 *gic;
    unsigned index;
    uint64_t affinity;                          /* as MPIDR_EL1 has it */
    struct gicv3_outputs outputs;               /* set by the board */
    uint8_t levels;                             /* what they were set to last */
    unsigned lpi_count, lpi_best, lpi_best_priority;    /* of what is pending; lpi_best 0: none enabled */
};

struct gicv3 {
    struct gicv3_state state;
    struct machine *machine;
    unsigned cpu_count, irq_count;
    struct gicv3_cpu *cpus[GICV3_CPUS_MOST];
    uint8_t route[GICV3_WORDS * 32];            /* CPU of each shared interrupt, from its router */
};

extern const struct device_type gicv3_type, gicv3_cpu_type;

/* irq_count: with the 32 private ones, a multiple of 32 up to 1024. */
struct gicv3 *gicv3_new(struct machine *machine, uint64_t distributor, unsigned irq_count);
/* The next CPU with its redistributor's two frames at an address; all are added before anything runs. */
struct gicv3_cpu *gicv3_add_cpu(struct gicv3 *gic, uint64_t redistributor, uint64_t affinity);
struct irq_line gicv3_spi(struct gicv3 *gic, unsigned spi);
struct irq_line gicv3_ppi(struct gicv3 *gic, unsigned cpu, unsigned irq);

/* System registers by op0, op1, CRn, CRm, op2 as the MSR instruction has them: op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2. false:
 * no such register. `virtual`: the access is to the virtual interface, as HCR_EL2.IMO and FMO say. Machine lock held. */
enum { GICV3_SYSTEM_REGISTER_SHIFT_OP0 = 14, GICV3_SYSTEM_REGISTER_SHIFT_OP1 = 11 };
bool gicv3_read_register(struct gicv3_cpu *cpu, uint32_t reg, bool virtual, uint64_t *value);
bool gicv3_write_register(struct gicv3_cpu *cpu, uint32_t reg, bool virtual, uint64_t value);

/* ---- ITS ---- */

struct gicv3_its_state {
    uint64_t cbaser, cwriter, creadr, baser[2];     /* GITS_BASER0: devices; 1: collections */
    uint32_t ctlr, pad;
};

struct gicv3_its {
    struct gicv3_its_state state;
    struct machine *machine;
    struct gicv3 *gic;
    uint64_t address;
    bool running;                   /* a command: its tables may lie on the registers themselves */
};

extern const struct device_type gicv3_its_type;

/* Two frames of 64 KiB. */
struct gicv3_its *gicv3_its_new(struct machine *machine, struct gicv3 *gic, uint64_t address);
/* A message of four bytes from a device; elsewhere than at the ITS it is a write to memory. For struct pci_bus.message. */
void gicv3_its_message(void *its, uint16_t requester, uint64_t address, uint32_t data);

#endif
