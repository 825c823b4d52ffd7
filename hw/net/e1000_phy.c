/* SPDX-License-Identifier: MIT */
/*
 * The 82540EM's EEPROM (93C46 Microwire; SDM 5.3 to 5.6) and its PHY (M88E1011; SDM 8.10 and 13.4.3). Autonegotiation
 * is done at once. Left out: writing the EEPROM, PHY interrupts, registers of cable tests.
 */
#include "hw/net/e1000_regs.h"

enum {  /* EEPROM words */
    EEPROM_MAC = 0x00, EEPROM_COMPATIBILITY = 0x03, EEPROM_LED = 0x04, EEPROM_PBA = 0x08, EEPROM_CONTROL1 = 0x0a,
    EEPROM_SUBSYSTEM = 0x0b, EEPROM_SUBVENDOR = 0x0c, EEPROM_DEVICE = 0x0d, EEPROM_VENDOR = 0x0e,
    EEPROM_CONTROL2 = 0x0f,
    EEPROM_CHECKSUM = 0x3f, EEPROM_SUM = 0xbaba,
};
enum { MICROWIRE_COMMAND_BITS = 9, MICROWIRE_READ = 2, EERD_ADDRESS_SHIFT = 8, EERD_DATA_SHIFT = 16 };
enum { PHY_ADDRESS = 1, MDIC_REGISTER_SHIFT = 16, MDIC_PHY_SHIFT = 21 };
enum {  /* IEEE 802.3 clause 22 registers, then Marvell's */
    PHY_CONTROL = 0, PHY_STATUS = 1, PHY_ID1 = 2, PHY_ID2 = 3, PHY_ADVERTISE = 4, PHY_PARTNER = 5, PHY_EXPANSION = 6,
    PHY_1000_CONTROL = 9, PHY_1000_STATUS = 10, PHY_EXTENDED_STATUS = 15, M88_CONTROL = 16, M88_STATUS = 17,
    M88_EXTENDED = 20,
};
enum {
    PHY_CONTROL_RESET = 1 << 15, PHY_CONTROL_LOOPBACK = 1 << 14, PHY_CONTROL_AUTONEG = 1 << 12,
    PHY_CONTROL_RESTART = 1 << 9,
    PHY_CONTROL_FULL = 1 << 8, PHY_CONTROL_1000 = 1 << 6, PHY_STATUS_LINK = 1 << 2, PHY_STATUS_AUTONEG_DONE = 1 << 5,
    PHY_STATUS_ABILITIES = 0x7949, PHY_PARTNER_ALL = 0xcde1, PHY_1000_PARTNER = 0x7c00, M88_STATUS_LINK = 1 << 10,
    M88_STATUS_RESOLVED = 0xa848,   /* 1000 Mb/s, full duplex, resolved, crossed */
};

/* ---- EEPROM ---- */

void e1000_eeprom_init(struct e1000 *card)
{
    uint16_t *words = card->eeprom, sum = 0;
    for (unsigned i = 0; i < 3; i++) {
        words[EEPROM_MAC + i] = (uint16_t)(card->mac[i * 2] | card->mac[i * 2 + 1] << 8);
    }
    words[EEPROM_LED] = 0xffff;
    words[EEPROM_PBA] = words[EEPROM_PBA + 1] = 0x3000;
    words[EEPROM_CONTROL1] = 0x7061;
    words[EEPROM_SUBSYSTEM] = PCI_SUBSYSTEM_DEVICE;
    words[EEPROM_SUBVENDOR] = PCI_SUBSYSTEM_VENDOR;
    words[EEPROM_DEVICE] = (uint16_t)(card->pci.reset_config[PCI_DEVICE_ID] | card->pci.reset_config[PCI_DEVICE_ID + 1] << 8);
    words[EEPROM_VENDOR] = 0x8086;
    words[EEPROM_CONTROL2] = 0x240c;
    for (unsigned i = 0; i < EEPROM_CHECKSUM; i++) {
        sum += words[i];
    }
    words[EEPROM_CHECKSUM] = (uint16_t)(EEPROM_SUM - sum);
}

/* A rising edge of the clock: a bit goes in, or the next one comes out. A start bit, two of the operation, six of the
 * address, most significant first; data follows, and after a word the next one. */
static void clock_eeprom(struct e1000 *card, bool data_in)
{
    struct e1000_state *s = &card->state;
    if (s->eeprom_out) {
        unsigned bit = s->eeprom_out - 1u;
        s->eeprom_data_out = card->eeprom[s->eeprom_address] >> (15 - bit) & 1;
        if (bit == 15) {
            s->eeprom_address = (s->eeprom_address + 1) % E1000_EEPROM_WORDS;
            s->eeprom_out = 1;
        } else {
            s->eeprom_out++;
        }
    } else if (s->eeprom_bits || data_in) {
        s->eeprom_shift = s->eeprom_shift << 1 | data_in;
        s->eeprom_bits++;
        if (s->eeprom_bits == MICROWIRE_COMMAND_BITS) {
            bool reading = (s->eeprom_shift >> 6 & 3) == MICROWIRE_READ;
            s->eeprom_address = s->eeprom_shift % E1000_EEPROM_WORDS;
            s->eeprom_out = reading;
            s->eeprom_bits = 0;
            s->eeprom_data_out = !reading;      /* reading: a 0 before the data; else "ready" */
            if (!reading) {
                log_write(card->machine->log, LOG_unimp, "e1000: EEPROM command %#x\n", s->eeprom_shift);
            }
            s->eeprom_shift = 0;
        }
    }
}

void e1000_eecd_write(struct e1000 *card, uint32_t value)
{
    struct e1000_state *s = &card->state;
    bool rises = (value & EECD_SK) && !(s->eecd & EECD_SK);
    s->eecd = value & (EECD_SK | EECD_CS | EECD_DI | EECD_REQ);
    if (!(value & EECD_CS)) {
        s->eeprom_bits = s->eeprom_out = 0;
        s->eeprom_shift = 0;
        s->eeprom_data_out = 1;
    } else if (rises) {
        clock_eeprom(card, value & EECD_DI);
    }
}

uint32_t e1000_eecd_read(const struct e1000 *card)
{
    const struct e1000_state *s = &card->state;
    return s->eecd | EECD_PRES | (s->eecd & EECD_REQ ? EECD_GNT : 0) | (s->eeprom_data_out ? EECD_DO : 0);
}

void e1000_eerd_write(struct e1000 *card, uint32_t value)
{
    unsigned address = value >> EERD_ADDRESS_SHIFT & 0xff;
    if (value & EERD_START) {
        uint16_t word = address < E1000_EEPROM_WORDS ? card->eeprom[address] : 0;
        card->state.eerd = (uint32_t)word << EERD_DATA_SHIFT | address << EERD_ADDRESS_SHIFT | EERD_DONE;
    }
}

/* ---- PHY ---- */

void e1000_phy_link(struct e1000 *card, bool up)
{
    uint16_t *phy = card->state.phy;
    bool done = up && phy[PHY_CONTROL] & PHY_CONTROL_AUTONEG;
    phy[PHY_STATUS] = PHY_STATUS_ABILITIES | (up ? PHY_STATUS_LINK : 0) | (done ? PHY_STATUS_AUTONEG_DONE : 0);
    phy[PHY_PARTNER] = done ? PHY_PARTNER_ALL : 0;
    phy[PHY_EXPANSION] = done ? 3 : 0;
    phy[PHY_1000_STATUS] = done ? PHY_1000_PARTNER : 0;
    phy[M88_STATUS] = up ? M88_STATUS_RESOLVED | M88_STATUS_LINK : 0;
}

void e1000_phy_reset(struct e1000 *card)
{
    static const uint16_t id2[E1000_MODEL_COUNT] = { 0x0c20, 0x0c30, 0x0c20 };
    uint16_t *phy = card->state.phy;
    for (unsigned i = 0; i < E1000_PHY_REGISTERS; i++) {
        phy[i] = 0;
    }
    phy[PHY_CONTROL] = PHY_CONTROL_AUTONEG | PHY_CONTROL_FULL | PHY_CONTROL_1000;
    phy[PHY_ID1] = 0x0141;
    phy[PHY_ID2] = id2[card->model];
    phy[PHY_ADVERTISE] = 0x0de1;
    phy[PHY_1000_CONTROL] = 0x0e00;
    phy[PHY_EXTENDED_STATUS] = 0x3000;
    phy[M88_CONTROL] = 0x0360;
    phy[M88_EXTENDED] = 0x0d60;
    e1000_phy_link(card, e1000_link_up(card));
}

bool e1000_phy_loopback(const struct e1000 *card)
{
    return card->state.phy[PHY_CONTROL] & PHY_CONTROL_LOOPBACK;
}

static void phy_write(struct e1000 *card, unsigned reg, uint16_t value)
{
    static const uint32_t writable = 1 << PHY_CONTROL | 1 << PHY_ADVERTISE | 1 << 7 | 1 << PHY_1000_CONTROL |
                                     1 << M88_CONTROL | 1 << 18 | 1 << M88_EXTENDED | 1 << 29 | 1 << 30;
    uint16_t *phy = card->state.phy;
    if (!(writable >> reg & 1)) {
        return;
    }
    phy[reg] = value;
    if (reg != PHY_CONTROL) {
        return;
    }
    if (value & PHY_CONTROL_RESET) {
        e1000_phy_reset(card);
    } else {
        phy[PHY_CONTROL] &= (uint16_t)~PHY_CONTROL_RESTART;
        e1000_phy_link(card, e1000_link_up(card));
        if (value & PHY_CONTROL_RESTART && e1000_link_up(card)) {
            e1000_raise(card, ICR_LSC);
        }
    }
}

void e1000_mdic_write(struct e1000 *card, uint32_t value)
{
    struct e1000_state *s = &card->state;
    unsigned reg = value >> MDIC_REGISTER_SHIFT & 31, operation = value & MDIC_OPERATION;
    s->mdic = (value & ~(uint32_t)MDIC_ERROR) | MDIC_READY;
    if ((value >> MDIC_PHY_SHIFT & 31) != PHY_ADDRESS) {
        s->mdic |= MDIC_ERROR;
    } else if (operation == MDIC_READ) {
        s->mdic = (s->mdic & ~UINT16_MAX) | s->phy[reg];
    } else if (operation == MDIC_WRITE) {
        phy_write(card, reg, (uint16_t)value);
    }
    if (value & MDIC_INTERRUPT) {
        e1000_raise(card, ICR_MDAC);
    }
}
