/* SPDX-License-Identifier: MIT */
#ifndef HW_NET_E1000_REGS_H
#define HW_NET_E1000_REGS_H
/* Registers and bits of the 82540EM: "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual"
 * (317453), chapter 13; descriptors: chapter 3. And what the card's files know of each other. */
#include "hw/net/e1000.h"

enum {
    CTRL = 0x0000, STATUS = 0x0008, EECD = 0x0010, EERD = 0x0014, CTRL_EXT = 0x0018, MDIC = 0x0020, FCAL = 0x0028,
    FCAH = 0x002c, FCT = 0x0030, VET = 0x0038, ICR = 0x00c0, ITR = 0x00c4, ICS = 0x00c8, IMS = 0x00d0, IMC = 0x00d8,
    RCTL = 0x0100, FCTTV = 0x0170, TXCW = 0x0178, RXCW = 0x0180, TCTL = 0x0400, TIPG = 0x0410, AIT = 0x0458,
    LEDCTL = 0x0e00, PBA = 0x1000, FCRTL = 0x2160, FCRTH = 0x2168, RDBAL = 0x2800, RDBAH = 0x2804, RDLEN = 0x2808,
    RDH = 0x2810, RDT = 0x2818, RDTR = 0x2820, RXDCTL = 0x2828, RADV = 0x282c, RSRPD = 0x2c00, TXDMAC = 0x3000,
    TDBAL = 0x3800, TDBAH = 0x3804, TDLEN = 0x3808, TDH = 0x3810, TDT = 0x3818, TIDV = 0x3820, TXDCTL = 0x3828,
    TADV = 0x382c, TSPMT = 0x3830, STATISTICS = 0x4000, STATISTICS_END = 0x4100, RXCSUM = 0x5000, MTA = 0x5200,
    RA = 0x5400,
    VFTA = 0x5600, WUC = 0x5800, WUFC = 0x5808, MANC = 0x5820, SWSM = 0x5b50,
};
enum {
    CTRL_FD = 1 << 0, CTRL_SLU = 1 << 6, CTRL_SPEED_1000 = 2 << 8, CTRL_RST = 1 << 26, CTRL_VME = 1 << 30,
    STATUS_FD = 1 << 0, STATUS_LU = 1 << 1, STATUS_TXOFF = 1 << 4, STATUS_SPEED_1000 = 2 << 6,
    STATUS_ASDV_1000 = 2 << 8,
    STATUS_PCI66 = 1 << 11,
};
#define CTRL_PHY_RST (1u << 31)
enum {
    EECD_SK = 1 << 0, EECD_CS = 1 << 1, EECD_DI = 1 << 2, EECD_DO = 1 << 3, EECD_REQ = 1 << 6, EECD_GNT = 1 << 7,
    EECD_PRES = 1 << 8, EERD_START = 1 << 0, EERD_DONE = 1 << 4,
    MDIC_WRITE = 1 << 26, MDIC_READ = 2 << 26, MDIC_OPERATION = 3 << 26, MDIC_READY = 1 << 28, MDIC_INTERRUPT = 1 << 29,
    MDIC_ERROR = 1 << 30,
};
enum {
    ICR_TXDW = 1 << 0, ICR_TXQE = 1 << 1, ICR_LSC = 1 << 2, ICR_RXDMT0 = 1 << 4, ICR_RXO = 1 << 6, ICR_RXT0 = 1 << 7,
    ICR_MDAC = 1 << 9, ICR_KNOWN = 0x1ffff,
    RCTL_EN = 1 << 1, RCTL_UPE = 1 << 3, RCTL_MPE = 1 << 4, RCTL_LPE = 1 << 5, RCTL_LBM = 3 << 6, RCTL_RDMTS_SHIFT = 8,
    RCTL_MO_SHIFT = 12, RCTL_BAM = 1 << 15, RCTL_BSIZE_SHIFT = 16, RCTL_VFE = 1 << 18, RCTL_BSEX = 1 << 25,
    RCTL_SECRC = 1 << 26,
    TCTL_EN = 1 << 1, TCTL_PSP = 1 << 3, RXCSUM_IPOFL = 1 << 8, RXCSUM_TUOFL = 1 << 9, RXCSUM_PCSS = 0xff,
};
enum { SWSM_SMBI = 1 << 0, SWSM_BITS = 7 };
#define RAH_AV (1u << 31)
enum { RING_ENTRY_BYTES = 16, VLAN_TAG_BYTES = 4, FRAME_LEAST = 60, FCS_BYTES = 4 };
enum {  /* statistics: offset from 4000h */
    STAT_MPC = 0x10, STAT_PRC64 = 0x5c, STAT_GPRC = 0x74, STAT_BPRC = 0x78, STAT_MPRC = 0x7c, STAT_GPTC = 0x80,
    STAT_GORC = 0x88, STAT_GOTC = 0x90, STAT_RNBC = 0xa0, STAT_ROC = 0xac, STAT_TOR = 0xc0, STAT_TOT = 0xc8,
    STAT_TPR = 0xd0, STAT_TPT = 0xd4, STAT_PTC64 = 0xd8, STAT_MPTC = 0xf0, STAT_BPTC = 0xf4, STAT_TSCTC = 0xf8,
};

/* e1000.c */
void e1000_raise(struct e1000 *card, uint32_t causes);
void e1000_count(struct e1000 *card, unsigned statistic, uint32_t amount);      /* sticks at the top */
void e1000_count_wide(struct e1000 *card, unsigned statistic, uint64_t amount); /* two words, low first */
/* Frames by size: six counters from `first`. */
void e1000_count_size(struct e1000 *card, unsigned first, size_t bytes);
bool e1000_link_up(const struct e1000 *card);

/* e1000_phy.c */
void e1000_eeprom_init(struct e1000 *card);
void e1000_phy_reset(struct e1000 *card);
void e1000_phy_link(struct e1000 *card, bool up);
bool e1000_phy_loopback(const struct e1000 *card);
void e1000_mdic_write(struct e1000 *card, uint32_t value);
void e1000_eecd_write(struct e1000 *card, uint32_t value);
uint32_t e1000_eecd_read(const struct e1000 *card);
void e1000_eerd_write(struct e1000 *card, uint32_t value);

/* e1000_rx.c */
bool e1000_can_receive(void *opaque);
void e1000_receive(void *opaque, const uint8_t *frame, size_t bytes);

/* e1000_tx.c */
void e1000_transmit(struct e1000 *card);

#endif
