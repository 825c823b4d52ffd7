/* SPDX-License-Identifier: MIT */
#ifndef HW_INTC_GICV3_INTERNAL_H
#define HW_INTC_GICV3_INTERNAL_H
/* Between the files of the GICv3: gicv3.c (what is pending, wires, life), gicv3_dist.c, gicv3_redist.c (registers in memory), gicv3_cpu.c,
 * gicv3_virtual.c (system registers), gicv3_its.c. */
#include "hw/intc/gicv3.h"

enum { GICD_CTLR_ENABLE0 = 1 << 0, GICD_CTLR_ENABLE1 = 1 << 1, GICD_CTLR_ARE = 1 << 4, GICD_CTLR_DS = 1 << 6 };
enum { GICR_CTLR_ENABLE_LPIS = 1 << 0 };
enum { GICV3_SPURIOUS = 1023, GICV3_IDLE_PRIORITY = 0x100, GICV3_PRIORITY_MASK = 0xf8 };   /* five bits of priority */
enum { GICV3_OUTPUT_IRQ = 1, GICV3_OUTPUT_FIQ = 2, GICV3_OUTPUT_VIRQ = 4, GICV3_OUTPUT_VFIQ = 8, GICV3_OUTPUT_MAINTENANCE = 16 };

struct gicv3_pending { unsigned irq, priority, group; };

static inline uint32_t gicv3_pending_word(const struct gicv3_bits *w) { return w->latch | (w->level & ~w->edge); }

/* Best pending interrupt that is forwarded to a CPU. */
struct gicv3_pending gicv3_best(const struct gicv3_cpu *cpu);
/* Pending to active; LPIs have no active state. */
void gicv3_acknowledge(struct gicv3_cpu *cpu, unsigned irq);
void gicv3_deactivate(struct gicv3_cpu *cpu, unsigned irq);
void gicv3_update_cpu(struct gicv3_cpu *cpu);
void gicv3_update_all(struct gicv3 *gic);
uint8_t gicv3_cpu_outputs(const struct gicv3_cpu *cpu);         /* gicv3_cpu.c */
uint8_t gicv3_virtual_outputs(const struct gicv3_cpu *cpu);     /* gicv3_virtual.c */
/* LPIs: set or clear one; look again at all, when their configuration in memory may have changed. */
void gicv3_set_lpi(struct gicv3_cpu *cpu, unsigned irq, bool pending);
void gicv3_scan_lpis(struct gicv3_cpu *cpu);
struct gicv3_cpu *gicv3_find_cpu(const struct gicv3 *gic, uint64_t affinity);       /* NULL: none */
void gicv3_set_route(struct gicv3 *gic, unsigned irq);

/* Registers that distributor and redistributor have in common, 32 bits each: a word of bits at `offset` 080h to 3FFh, and
 * the configuration at C00h. first: number of the word's first interrupt. */
uint32_t gicv3_read_bits(const struct gicv3_bits *w, unsigned offset);
void gicv3_write_bits(struct gicv3_bits *w, unsigned offset, uint32_t value, uint32_t mask);
uint32_t gicv3_read_config(const struct gicv3_bits *w, bool upper);
void gicv3_write_config(struct gicv3_bits *w, bool upper, uint32_t value, uint32_t mask);

extern const struct io_ops gicv3_distributor_ops, gicv3_redistributor_ops;

bool gicv3_virtual_read(struct gicv3_cpu *cpu, uint32_t reg, uint64_t *value);      /* ICV_* */
bool gicv3_virtual_write(struct gicv3_cpu *cpu, uint32_t reg, uint64_t value);
bool gicv3_hypervisor_read(struct gicv3_cpu *cpu, uint32_t reg, uint64_t *value);   /* ICH_* */
bool gicv3_hypervisor_write(struct gicv3_cpu *cpu, uint32_t reg, uint64_t value);

#define GICV3_REG(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum gicv3_system_register {
    ICC_PMR_EL1 = GICV3_REG(3, 0, 4, 6, 0), ICC_IAR0_EL1 = GICV3_REG(3, 0, 12, 8, 0), ICC_EOIR0_EL1 = GICV3_REG(3, 0, 12, 8, 1),
    ICC_HPPIR0_EL1 = GICV3_REG(3, 0, 12, 8, 2), ICC_BPR0_EL1 = GICV3_REG(3, 0, 12, 8, 3),
    ICC_AP0R0_EL1 = GICV3_REG(3, 0, 12, 8, 4), ICC_AP0R3_EL1 = GICV3_REG(3, 0, 12, 8, 7),
    ICC_AP1R0_EL1 = GICV3_REG(3, 0, 12, 9, 0), ICC_AP1R3_EL1 = GICV3_REG(3, 0, 12, 9, 3), ICC_DIR_EL1 = GICV3_REG(3, 0, 12, 11, 1),
    ICC_RPR_EL1 = GICV3_REG(3, 0, 12, 11, 3), ICC_SGI1R_EL1 = GICV3_REG(3, 0, 12, 11, 5),
    ICC_ASGI1R_EL1 = GICV3_REG(3, 0, 12, 11, 6), ICC_SGI0R_EL1 = GICV3_REG(3, 0, 12, 11, 7),
    ICC_IAR1_EL1 = GICV3_REG(3, 0, 12, 12, 0), ICC_EOIR1_EL1 = GICV3_REG(3, 0, 12, 12, 1),
    ICC_HPPIR1_EL1 = GICV3_REG(3, 0, 12, 12, 2), ICC_BPR1_EL1 = GICV3_REG(3, 0, 12, 12, 3),
    ICC_CTLR_EL1 = GICV3_REG(3, 0, 12, 12, 4), ICC_SRE_EL1 = GICV3_REG(3, 0, 12, 12, 5),
    ICC_IGRPEN0_EL1 = GICV3_REG(3, 0, 12, 12, 6), ICC_IGRPEN1_EL1 = GICV3_REG(3, 0, 12, 12, 7),
    ICC_SRE_EL2 = GICV3_REG(3, 4, 12, 9, 5), ICC_CTLR_EL3 = GICV3_REG(3, 6, 12, 12, 4), ICC_SRE_EL3 = GICV3_REG(3, 6, 12, 12, 5),
    ICC_IGRPEN1_EL3 = GICV3_REG(3, 6, 12, 12, 7),
    ICH_AP0R0_EL2 = GICV3_REG(3, 4, 12, 8, 0), ICH_AP1R0_EL2 = GICV3_REG(3, 4, 12, 9, 0), ICH_HCR_EL2 = GICV3_REG(3, 4, 12, 11, 0),
    ICH_VTR_EL2 = GICV3_REG(3, 4, 12, 11, 1), ICH_MISR_EL2 = GICV3_REG(3, 4, 12, 11, 2), ICH_EISR_EL2 = GICV3_REG(3, 4, 12, 11, 3),
    ICH_ELRSR_EL2 = GICV3_REG(3, 4, 12, 11, 5), ICH_VMCR_EL2 = GICV3_REG(3, 4, 12, 11, 7), ICH_LR0_EL2 = GICV3_REG(3, 4, 12, 12, 0),
};
enum { ICC_CTLR_CBPR = 1 << 0, ICC_CTLR_EOIMODE = 1 << 1, ICC_CTLR_PRIBITS = 4 << 8, ICC_CTLR_A3V = 1 << 15 };
enum { ICC_BPR0_LEAST = 2, ICC_BPR1_LEAST = 3 };

#endif
