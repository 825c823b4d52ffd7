/* SPDX-License-Identifier: MIT */
/*
 * Intel 82540EM (SDM 317453): registers, interrupts, reset, the PCI function. EEPROM and PHY are e1000_phy.c, frames
 * e1000_rx.c and e1000_tx.c. Left out: power management and wake-up (registers can be set), flow control (likewise),
 * flash, the 82545EM's and 82544GC's other media.
 *
 * ITR: an interrupt comes no sooner after the last one than the register says; causes that arrive earlier wait in ICR
 * for a timer. SWSM, the semaphore of the EEPROM, is of later chips (82573 and up), but U-Boot asks all of them for it.
 */
#include <string.h>
#include "hw/net/e1000_regs.h"

enum { BAR_MEMORY = 0, BAR_IO = 1, MEMORY_BYTES = 0x20000, IO_BYTES = 0x40, IO_ADDRESS = 0, IO_DATA = 4,
       ITR_UNIT_NS = 256,
       ITR_INTERVAL = 0xffff };

/* Registers that are what was written to them, but for `writable`. */
struct plain_register { uint16_t offset; size_t member; uint32_t writable; };
#define PLAIN(offset, member, writable) { offset, offsetof(struct e1000_state, member), writable }
static const struct plain_register plain_registers[] = {
    PLAIN(CTRL_EXT, ctrl_ext, UINT32_MAX), PLAIN(FCAL, fcal, UINT32_MAX), PLAIN(FCAH, fcah, UINT16_MAX),
    PLAIN(FCT, fct, UINT16_MAX), PLAIN(VET, vet, UINT16_MAX), PLAIN(ITR, itr, UINT16_MAX),
    PLAIN(FCTTV, fcttv, UINT16_MAX),
    PLAIN(TXCW, txcw, UINT32_MAX), PLAIN(TIPG, tipg, 0x3fffffff), PLAIN(AIT, ait, UINT16_MAX),
    PLAIN(LEDCTL, ledctl, UINT32_MAX), PLAIN(PBA, pba, UINT16_MAX), PLAIN(FCRTL, fcrtl, 0x8000fff8),
    PLAIN(FCRTH, fcrth, 0xfff8), PLAIN(RDBAL, rdbal, ~15u), PLAIN(RDBAH, rdbah, UINT32_MAX),
    PLAIN(RDLEN, rdlen, 0xfff80),
    PLAIN(RDH, rdh, UINT16_MAX), PLAIN(RDTR, rdtr, UINT16_MAX), PLAIN(RXDCTL, rxdctl, UINT32_MAX),
    PLAIN(RADV, radv, UINT16_MAX), PLAIN(RSRPD, rsrpd, 0xfff), PLAIN(TXDMAC, txdmac, 1), PLAIN(TDBAL, tdbal, ~15u),
    PLAIN(TDBAH, tdbah, UINT32_MAX), PLAIN(TDLEN, tdlen, 0xfff80), PLAIN(TDH, tdh, UINT16_MAX),
    PLAIN(TIDV, tidv, UINT16_MAX), PLAIN(TXDCTL, txdctl, UINT32_MAX), PLAIN(TADV, tadv, UINT16_MAX),
    PLAIN(TSPMT, tspmt, UINT32_MAX), PLAIN(RXCSUM, rxcsum, 0x7ff), PLAIN(WUC, wuc, UINT32_MAX),
    PLAIN(WUFC, wufc, UINT32_MAX),
    PLAIN(MANC, manc, UINT32_MAX), PLAIN(SWSM, swsm, SWSM_BITS),
    /* read here, written by functions of their own */
    PLAIN(CTRL, ctrl, 0), PLAIN(EERD, eerd, 0), PLAIN(MDIC, mdic, 0), PLAIN(IMS, ims, 0), PLAIN(RCTL, rctl, 0),
    PLAIN(TCTL, tctl, 0), PLAIN(RDT, rdt, 0), PLAIN(TDT, tdt, 0),
};

static uint32_t *plain(struct e1000_state *s, uint64_t offset, uint32_t *writable)
{
    for (unsigned i = 0; i < ARRAY_LEN(plain_registers); i++) {
        if (plain_registers[i].offset == offset) {
            *writable = plain_registers[i].writable;
            return (uint32_t *)(void *)((char *)s + plain_registers[i].member);
        }
    }
    return NULL;
}

/* The word of a table at offset; NULL: none. */
static uint32_t *table_word(struct e1000_state *s, uint64_t offset)
{
    if (offset >= MTA && offset < MTA + sizeof(s->mta)) {
        return &s->mta[(offset - MTA) / 4];
    }
    if (offset >= RA && offset < RA + sizeof(s->ra)) {
        return &s->ra[(offset - RA) / 4];
    }
    return offset >= VFTA && offset < VFTA + sizeof(s->vfta) ? &s->vfta[(offset - VFTA) / 4] : NULL;
}

/* ---- Statistics ---- */

void e1000_count(struct e1000 *card, unsigned statistic, uint32_t amount)
{
    uint32_t *value = &card->state.statistics[statistic / 4];
    *value = *value > UINT32_MAX - amount ? UINT32_MAX : *value + amount;
}

void e1000_count_wide(struct e1000 *card, unsigned statistic, uint64_t amount)
{
    uint32_t *words = &card->state.statistics[statistic / 4];
    uint64_t value = (words[0] | (uint64_t)words[1] << 32) + amount;
    words[0] = (uint32_t)value;
    words[1] = (uint32_t)(value >> 32);
}

void e1000_count_size(struct e1000 *card, unsigned first, size_t bytes)
{
    static const uint16_t most[] = { 64, 127, 255, 511, 1023 };
    unsigned class = 0;
    while (class < ARRAY_LEN(most) && bytes > most[class]) {
        class++;
    }
    e1000_count(card, first + class * 4, 1);
}

/* ---- Interrupts ---- */

static void update_interrupt(struct e1000 *card)
{
    struct e1000_state *s = &card->state;
    bool wanted = s->icr & s->ims;
    if (wanted && !card->pci.intx_level && s->itr & ITR_INTERVAL) {
        int64_t now = clock_now_ns(card->machine->clocks, CLOCK_KIND_VIRTUAL);
        if (now < s->next_interrupt_ns) {
            timer_arm(card->interrupt_timer, s->next_interrupt_ns);
            return;
        }
        s->next_interrupt_ns = now + (int64_t)(s->itr & ITR_INTERVAL) * ITR_UNIT_NS;
    }
    pci_device_set_intx(&card->pci, wanted);
}

static void interrupt_time(void *opaque)
{
    update_interrupt(opaque);
}

static void transmit_time(void *opaque)
{
    ((struct e1000 *)opaque)->state.transmit_ns = 0;
    e1000_transmit(opaque);
}

void e1000_raise(struct e1000 *card, uint32_t causes)
{
    card->state.icr |= causes;
    update_interrupt(card);
}

/* ---- Reset and link ---- */

bool e1000_link_up(const struct e1000 *card)
{
    return card->end && network_link_up(card->end);
}

static void link_changed(void *opaque, bool up)
{
    struct e1000 *card = opaque;
    e1000_phy_link(card, up);
    e1000_raise(card, ICR_LSC);
}

/* What CTRL.RST resets (13.4.1): all but the PHY, PCI and what the EEPROM loads anew. */
static void reset_mac(struct e1000 *card)
{
    struct e1000_state *s = &card->state, old = *s;
    *s = (struct e1000_state){
        .pci = old.pci, .io_address = old.io_address, .ctrl = CTRL_FD | CTRL_SLU | CTRL_SPEED_1000,
        .ledctl = 0x07061302,
        .pba = 0x00100030, .eeprom_data_out = 1,
    };
    memcpy(s->phy, old.phy, sizeof(s->phy));
    memcpy(&s->ra[0], card->mac, 4);
    s->ra[1] = card->mac[4] | (uint32_t)card->mac[5] << 8 | RAH_AV;
    timer_cancel(card->interrupt_timer);
    timer_cancel(card->transmit_timer);
    update_interrupt(card);
}

static void write_control(struct e1000 *card, uint32_t value)
{
    if (value & CTRL_RST) {
        reset_mac(card);
        return;
    }
    if (value & CTRL_PHY_RST) {
        e1000_phy_reset(card);
    }
    card->state.ctrl = value & ~CTRL_PHY_RST;
}

static uint32_t read_status(const struct e1000 *card)
{
    const struct e1000_state *s = &card->state;
    return (s->ctrl & CTRL_FD ? STATUS_FD : 0) | (e1000_link_up(card) ? STATUS_LU : 0) | STATUS_SPEED_1000 |
           STATUS_ASDV_1000 | STATUS_PCI66;
}

/* ---- Registers ---- */

static uint32_t read_register(struct e1000 *card, uint64_t offset)
{
    struct e1000_state *s = &card->state;
    uint32_t value, writable, *word = table_word(s, offset);
    if (word) {
        return *word;
    }
    if (offset >= STATISTICS && offset < STATISTICS_END) {      /* 13.7: read clears */
        value = s->statistics[(offset - STATISTICS) / 4];
        s->statistics[(offset - STATISTICS) / 4] = 0;
        return value;
    }
    switch (offset) {
    case STATUS: return read_status(card);
    case EECD: return e1000_eecd_read(card);
    case ICR:
        value = s->icr;
        s->icr = 0;
        update_interrupt(card);
        return value;
    case SWSM:
        value = s->swsm;
        s->swsm |= SWSM_SMBI;
        return value;
    default:
        word = plain(s, offset, &writable);
        return word ? *word : 0;
    }
}

static void write_plain(struct e1000 *card, uint64_t offset, uint32_t value)
{
    uint32_t writable, *word = table_word(&card->state, offset);
    if (word) {
        *word = value;
        return;
    }
    word = plain(&card->state, offset, &writable);
    if (word) {
        *word = (*word & ~writable) | (value & writable);
    }
}

static void write_register(struct e1000 *card, uint64_t offset, uint32_t value)
{
    struct e1000_state *s = &card->state;
    switch (offset) {
    case CTRL: write_control(card, value); break;
    case EECD: e1000_eecd_write(card, value); break;
    case EERD: e1000_eerd_write(card, value); break;
    case MDIC: e1000_mdic_write(card, value); break;
    case ICR: s->icr &= ~value; update_interrupt(card); break;
    case ICS: e1000_raise(card, value & ICR_KNOWN); break;
    case IMS: s->ims |= value & ICR_KNOWN; update_interrupt(card); break;
    case IMC: s->ims &= ~value; update_interrupt(card); break;
    case RCTL: s->rctl = value; network_accept(card->end); break;
    case RDT: s->rdt = value & UINT16_MAX; network_accept(card->end); break;
    case TCTL: s->tctl = value; e1000_transmit(card); break;
    case TDT: s->tdt = value & UINT16_MAX; e1000_transmit(card); break;
    default: write_plain(card, offset, value); break;
    }
}

static uint64_t memory_bar_read(void *opaque, uint64_t offset, unsigned size)
{
    return read_register(opaque, offset);
}

static void memory_bar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    write_register(opaque, offset, (uint32_t)value);
}

/* 13.3: IOADDR chooses what IODATA reaches. */
static uint64_t io_bar_read(void *opaque, uint64_t offset, unsigned size)
{
    struct e1000 *card = opaque;
    uint32_t address = card->state.io_address;
    return offset == IO_ADDRESS ? address : offset == IO_DATA && address < MEMORY_BYTES ? read_register(card, address & ~3u) : 0;
}

static void io_bar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct e1000 *card = opaque;
    if (offset == IO_ADDRESS) {
        card->state.io_address = (uint32_t)value;
    } else if (offset == IO_DATA && card->state.io_address < MEMORY_BYTES) {
        write_register(card, card->state.io_address & ~3u, (uint32_t)value);
    }
}

static const struct io_ops memory_ops = { memory_bar_read, memory_bar_write, 4, 4 };
static const struct io_ops io_ops = { io_bar_read, io_bar_write, 4, 4 };

/* ---- The device ---- */

static void loaded(void *opaque)
{
    struct e1000 *card = opaque;
    pci_device_loaded(&card->pci);
    update_interrupt(card);
    if (card->state.transmit_ns) {
        timer_arm(card->transmit_timer, card->state.transmit_ns);
    }
}

static void reset(void *opaque)
{
    struct e1000 *card = opaque;
    card->state.io_address = 0;
    pci_device_reset(&card->pci);
    reset_mac(card);
    e1000_phy_reset(card);
}

static void e1000_free(void *opaque)
{
    struct e1000 *card = opaque;
    timer_free(card->interrupt_timer);
    timer_free(card->transmit_timer);
    network_end_free(card->end);
    g_free(card->frame);
    g_free(card);
}

#define FIELD(member) SNAPSHOT_FIELD(struct e1000_state, member)
static const struct snapshot_field fields[] = {
    FIELD(pci), FIELD(next_interrupt_ns), FIELD(transmit_ns), FIELD(ctrl), FIELD(eecd), FIELD(eerd), FIELD(ctrl_ext),
    FIELD(mdic), FIELD(fcal),
    FIELD(fcah), FIELD(fct), FIELD(vet), FIELD(icr), FIELD(itr), FIELD(ims), FIELD(rctl), FIELD(fcttv), FIELD(txcw),
    FIELD(tctl), FIELD(tipg), FIELD(ait), FIELD(ledctl), FIELD(pba), FIELD(fcrtl), FIELD(fcrth), FIELD(rdbal),
    FIELD(rdbah),
    FIELD(rdlen), FIELD(rdh), FIELD(rdt), FIELD(rdtr), FIELD(rxdctl), FIELD(radv), FIELD(rsrpd), FIELD(txdmac),
    FIELD(tdbal), FIELD(tdbah), FIELD(tdlen), FIELD(tdh), FIELD(tdt), FIELD(tidv), FIELD(txdctl), FIELD(tadv),
    FIELD(tspmt),
    FIELD(rxcsum), FIELD(wuc), FIELD(wufc), FIELD(manc), FIELD(swsm), FIELD(io_address), FIELD(mta), FIELD(vfta), FIELD(ra),
    FIELD(statistics), FIELD(phy), FIELD(contexts), FIELD(eeprom_shift), FIELD(eeprom_bits), FIELD(eeprom_out),
    FIELD(eeprom_address), FIELD(eeprom_data_out), FIELD(pad),
};

const struct device_type e1000_type = {
    .name = "e1000",
    .reset = reset,
    .loaded = loaded,
    .free = e1000_free,
    .state_offset = offsetof(struct e1000, state),
    .state_size = sizeof(struct e1000_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct e1000 *e1000_new(struct machine *machine, struct pci_bus *bus, unsigned slot, enum e1000_model model,
                        const char *id,
                        const uint8_t mac[NETWORK_MAC_BYTES])
{
    static const uint16_t devices[E1000_MODEL_COUNT] = { 0x100e, 0x1008, 0x100f };
    struct e1000 *card = g_new0(struct e1000, 1);
    const struct network_client client = { card, e1000_can_receive, e1000_receive, link_changed, false };
    const struct pci_identity identity = { .vendor = 0x8086, .device = devices[model], .class_code = 0x0200,
                                           .revision = 3,
                                           .interrupt_pin = 1 };
    card->machine = machine;
    card->model = model;
    memcpy(card->mac, mac, NETWORK_MAC_BYTES);
    card->frame = g_malloc(NETWORK_FRAME_MOST + VLAN_TAG_BYTES);
    card->interrupt_timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, interrupt_time, card);
    card->transmit_timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, transmit_time, card);
    card->end = network_end_new(id, &client);
    pci_device_init(&card->pci, bus, slot, 0, &card->state.pci, &identity);
    pci_device_add_bar(&card->pci, BAR_MEMORY, MEMORY_BYTES, false, false, &memory_ops, card);
    pci_device_add_bar(&card->pci, BAR_IO, IO_BYTES, true, false, &io_ops, card);
    e1000_eeprom_init(card);
    machine_add_device(machine, &e1000_type, card);
    return card;
}
