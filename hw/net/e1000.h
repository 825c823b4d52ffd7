/* SPDX-License-Identifier: MIT */
#ifndef HW_NET_E1000_H
#define HW_NET_E1000_H
/* Intel 82540EM gigabit Ethernet controller (8086:100e), and its kin 82544GC and 82545EM as far as drivers tell them
 * apart. */
#include "base/network.h"
#include "hw/pci/pci.h"

enum { E1000_EEPROM_WORDS = 64, E1000_PHY_REGISTERS = 32, E1000_ADDRESSES = 16, E1000_TABLE_WORDS = 128,
       E1000_STATISTICS = 64 };

enum e1000_model { E1000_82540EM, E1000_82544GC, E1000_82545EM, E1000_MODEL_COUNT };

/* What a context descriptor sets (3.3.5), one for segmentation and one for plain checksums. */
struct e1000_context { uint16_t ip_end, l4_end, mss; uint8_t ip_start, ip_at, l4_start, l4_at, headers, command; };

struct e1000_state {
    struct pci_state pci;
    int64_t next_interrupt_ns;      /* ITR: no interrupt before */
    int64_t transmit_ns;            /* when the rest of the ring is taken; 0: nothing is left */
    uint32_t ctrl, eecd, eerd, ctrl_ext, mdic, fcal, fcah, fct, vet, icr, itr, ims, rctl, fcttv, txcw, tctl, tipg, ait,
             ledctl, pba, fcrtl, fcrth;
    uint32_t rdbal, rdbah, rdlen, rdh, rdt, rdtr, rxdctl, radv, rsrpd;
    uint32_t txdmac, tdbal, tdbah, tdlen, tdh, tdt, tidv, txdctl, tadv, tspmt;
    uint32_t rxcsum, wuc, wufc, manc, swsm, io_address;
    uint32_t mta[E1000_TABLE_WORDS], vfta[E1000_TABLE_WORDS];
    uint32_t ra[E1000_ADDRESSES * 2];               /* RAL, RAH in turn */
    uint32_t statistics[E1000_STATISTICS];          /* 4000h.. */
    uint16_t phy[E1000_PHY_REGISTERS];
    struct e1000_context contexts[2];               /* plain, segmentation */
    uint32_t eeprom_shift;          /* bits clocked in since the start bit, or the word being clocked out */
    uint8_t eeprom_bits;            /* how many */
    uint8_t eeprom_out;             /* reading: bits already out + 1 */
    uint8_t eeprom_address, eeprom_data_out;
    uint8_t pad[4];
};

struct e1000 {
    struct e1000_state state;
    struct pci_device pci;
    struct machine *machine;
    struct network_end *end;
    struct timer *interrupt_timer, *transmit_timer;
    enum e1000_model model;
    uint8_t mac[NETWORK_MAC_BYTES];
    uint16_t eeprom[E1000_EEPROM_WORDS];
    bool transmitting;              /* frames may land on our own registers */
    uint8_t *frame;                 /* being put together; NETWORK_FRAME_MOST and room for a tag */
};

extern const struct device_type e1000_type;

/* The card's end of the cable is card->end; plug it into a back end's. id: its name. */
struct e1000 *e1000_new(struct machine *machine, struct pci_bus *bus, unsigned slot, enum e1000_model model,
                        const char *id,
                        const uint8_t mac[NETWORK_MAC_BYTES]);

#endif
