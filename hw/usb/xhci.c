/* SPDX-License-Identifier: MIT */
/*
 * xHCI (eXtensible Host Controller Interface for USB, revision 1.0): registers, ports, the event ring and interrupts. Commands are in
 * xhci_commands.c, transfers in xhci_transfers.c.
 *
 * Work is done when a doorbell rings or a device has news; nothing here runs by the clock. Left out: more than one interrupter,
 * interrupt moderation, streams, isochronous transfers, saving of state, USB 3 devices, virtualization.
 */
#include <string.h>
#include "hw/usb/xhci.h"

enum { BAR_BYTES = 0x4000, BAR_REGISTERS = 0, BAR_MSIX = 4, OPERATIONAL = 0x40, PORTS = 0x440, RUNTIME = 0x1000, DOORBELLS = 0x2000,
       PORT_BYTES = 16, INTERRUPTER = RUNTIME + 0x20 };
enum {  /* 5.3, 5.4, 5.5.2; offsets in the BAR */
    CAPLENGTH = 0x00, HCSPARAMS1 = 0x04, HCSPARAMS2 = 0x08, HCCPARAMS1 = 0x10, DBOFF = 0x14, RTSOFF = 0x18, PROTOCOLS = 0x20,
    USBCMD = OPERATIONAL, USBSTS = OPERATIONAL + 0x04, PAGESIZE = OPERATIONAL + 0x08, DNCTRL = OPERATIONAL + 0x14,
    CRCR = OPERATIONAL + 0x18, DCBAAP = OPERATIONAL + 0x30, CONFIG = OPERATIONAL + 0x38,
    MFINDEX = RUNTIME, IMAN = INTERRUPTER, IMOD = INTERRUPTER + 4, ERSTSZ = INTERRUPTER + 8, ERSTBA = INTERRUPTER + 0x10,
    ERDP = INTERRUPTER + 0x18,
};
enum { CMD_RS = 1 << 0, CMD_HCRST = 1 << 1, CMD_INTE = 1 << 2, CMD_CSS = 1 << 8, CMD_CRS = 1 << 9, CMD_WRITABLE = 0xc0d,
       STS_HCH = 1 << 0, STS_HSE = 1 << 2, STS_EINT = 1 << 3, STS_PCD = 1 << 4, STS_SRE = 1 << 10, STS_CLEARS = 0x41c,
       CRCR_STOP = 1 << 1 | 1 << 2, CRCR_RUNNING = 1 << 3, IMAN_IP = 1, IMAN_IE = 2, ERDP_BUSY = 8 };
enum { PORT_CCS = 1 << 0, PORT_PED = 1 << 1, PORT_PR = 1 << 4, PORT_PLS_SHIFT = 5, PORT_PLS = 15 << 5, PORT_PP = 1 << 9, PORT_SPEED_SHIFT = 10,
       PORT_LWS = 1 << 16, PORT_CSC = 1 << 17, PORT_PRC = 1 << 21, PORT_PLC = 1 << 22, PORT_CHANGES = 0xfe0000,
       PORT_WAKES = 7 << 25, PORT_WPR = 1u << 31, SPEED_FULL = 1, SPEED_LOW = 2,
       PLS_U0 = 0, PLS_U3 = 3, PLS_RX_DETECT = 5, PLS_POLLING = 7, PLS_RESUME = 15 };
enum { ROUNDS_MOST = 64, RING_LEAST = 16, RING_MOST = 4096 };
static const int64_t LATER_NS = 1000000, MICROFRAME_NS = 125000;

/* ---- Interrupts and events (4.9.4, 4.17) ---- */

static void update_interrupt(struct xhci *hc)
{
    const struct xhci_state *s = &hc->state;
    bool level = s->iman & IMAN_IP && s->iman & IMAN_IE && s->command & CMD_INTE;
    pci_device_set_intx(&hc->pci, level && !msix_enabled(&hc->msix));
}

static void interrupt(struct xhci *hc)
{
    struct xhci_state *s = &hc->state;
    s->status |= STS_EINT;
    s->iman |= IMAN_IP;
    if (s->iman & IMAN_IE && s->command & CMD_INTE && msix_enabled(&hc->msix)) {
        s->iman &= ~(uint32_t)IMAN_IP;              /* 5.5.2.1: by the message */
        msix_notify(&hc->msix, 0);
    }
    update_interrupt(hc);
}

static void host_error(struct xhci *hc)
{
    hc->state.status |= STS_HSE | STS_HCH;
    hc->state.command &= ~(uint32_t)CMD_RS;
}

static bool may_master(const struct xhci *hc)
{
    return pci_word(&hc->state.pci, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

bool xhci_read(struct xhci *hc, uint64_t address, void *out, unsigned bytes)
{
    bool good = may_master(hc) && memory_read_bytes(hc->machine->memory, address, out, bytes);
    if (!good) {
        host_error(hc);
    }
    return good;
}

bool xhci_write(struct xhci *hc, uint64_t address, const void *in, unsigned bytes)
{
    bool good = may_master(hc) && memory_write_bytes(hc->machine->memory, address, in, bytes);
    if (!good) {
        host_error(hc);
    }
    return good;
}

bool xhci_read_words(struct xhci *hc, uint64_t address, uint32_t *words, unsigned count)
{
    bool good = xhci_read(hc, address, words, count * 4);
    for (unsigned i = 0; i < count; i++) {
        words[i] = good ? GUINT32_FROM_LE(words[i]) : 0;
    }
    return good;
}

bool xhci_write_words(struct xhci *hc, uint64_t address, const uint32_t *words, unsigned count)
{
    bool good = true;
    for (unsigned i = 0; i < count && good; i++) {
        uint32_t word = GUINT32_TO_LE(words[i]);
        good = xhci_write(hc, address + i * 4, &word, 4);
    }
    return good;
}

bool xhci_fetch(struct xhci *hc, uint64_t *dequeue, uint8_t *cycle, struct xhci_trb *trb, uint64_t *address)
{
    enum { LINKS_MOST = 16 };
    uint32_t words[4];
    for (unsigned links = 0; links < LINKS_MOST; links++) {
        if (!xhci_read_words(hc, *dequeue, words, 4) || (words[3] & TRB_CYCLE) != *cycle) {
            return false;
        }
        *trb = (struct xhci_trb){ words[0] | (uint64_t)words[1] << 32, words[2], words[3] };
        *address = *dequeue;
        if (xhci_trb_type(trb) != TRB_LINK) {
            *dequeue += XHCI_TRB_BYTES;
            return true;
        }
        *dequeue = trb->parameter & ~15ull;
        *cycle ^= trb->control & TRB_TOGGLE_CYCLE ? 1 : 0;
    }
    return false;
}

/* The first entry of the segment table, which is the only one. */
static bool find_ring(struct xhci *hc)
{
    struct xhci_state *s = &hc->state;
    uint32_t entry[4];
    if (!s->ring_known && s->erstsz && xhci_read_words(hc, s->erstba, entry, 4)) {
        s->ring_base = (entry[0] | (uint64_t)entry[1] << 32) & ~63ull;
        s->ring_size = entry[2] & 0xffff;
        s->ring_index = 0;
        s->ring_cycle = 1;
        s->ring_known = s->ring_size >= RING_LEAST && s->ring_size <= RING_MOST;
    }
    return s->ring_known;
}

static bool ring_is_full(const struct xhci_state *s)
{
    uint64_t next = (s->ring_index + 1) % s->ring_size;
    return s->ring_base + next * XHCI_TRB_BYTES == (s->erdp & ~15ull);
}

static bool put_event(struct xhci *hc, const struct xhci_trb *event)
{
    struct xhci_state *s = &hc->state;
    uint32_t words[4] = { (uint32_t)event->parameter, (uint32_t)(event->parameter >> 32), event->status,
                          event->control | s->ring_cycle };
    uint64_t at = s->ring_base + (uint64_t)s->ring_index * XHCI_TRB_BYTES;
    if (!xhci_write_words(hc, at, words, 4)) {
        return false;
    }
    s->ring_index = (s->ring_index + 1) % s->ring_size;
    s->ring_cycle ^= !s->ring_index;
    s->erdp |= ERDP_BUSY;
    interrupt(hc);
    return true;
}

static void put_waiting(struct xhci *hc)
{
    struct xhci_state *s = &hc->state;
    while (s->waiting && find_ring(hc) && !ring_is_full(s) && put_event(hc, &s->events[0])) {
        s->waiting--;
        memmove(s->events, s->events + 1, sizeof(s->events) - sizeof(s->events[0]));
        s->events[XHCI_EVENTS - 1] = (struct xhci_trb){ 0 };
    }
}

void xhci_post_event(struct xhci *hc, uint64_t parameter, uint32_t status, uint32_t control)
{
    struct xhci_state *s = &hc->state;
    if (s->waiting == XHCI_EVENTS) {
        log_write(hc->machine->log, LOG_guest_errors, "xhci: event lost, its ring is full\n");
        return;
    }
    s->events[s->waiting++] = (struct xhci_trb){ parameter, status, control };
    put_waiting(hc);
}

/* ---- Work ---- */

static bool work_is_left(const struct xhci_state *s)
{
    bool left = s->command_running;
    for (unsigned i = 0; i < XHCI_SLOTS; i++) {
        left |= s->slots[i].kicked;
    }
    return left && s->command & CMD_RS;
}

/* What doorbells and devices asked for. An access to our own registers on the way leaves its part to the next round. */
static void run(struct xhci *hc)
{
    struct xhci_state *s = &hc->state;
    if (hc->busy) {
        return;
    }
    hc->busy = true;
    for (unsigned round = 0; round < ROUNDS_MOST && work_is_left(s); round++) {
        xhci_run_commands(hc);
        for (unsigned slot = 1; slot <= XHCI_SLOTS; slot++) {
            for (unsigned endpoint = 1; s->slots[slot - 1].kicked && endpoint < XHCI_ENDPOINTS; endpoint++) {
                if (s->slots[slot - 1].kicked >> endpoint & 1) {
                    s->slots[slot - 1].kicked &= ~(1u << endpoint);
                    xhci_run_endpoint(hc, slot, endpoint);
                }
            }
            s->slots[slot - 1].kicked &= ~1u;
        }
    }
    hc->busy = false;
    if (work_is_left(s)) {
        s->later_ns = clock_now_ns(hc->machine->clocks, CLOCK_KIND_VIRTUAL) + LATER_NS;
        timer_arm(hc->timer, s->later_ns);
    }
}

static void on_timer(void *opaque)
{
    ((struct xhci *)opaque)->state.later_ns = 0;
    run(opaque);
}

struct usb_device *xhci_slot_device(struct xhci *hc, unsigned slot)
{
    unsigned port = hc->state.slots[slot - 1].port;
    struct usb_device *device = port && port <= hc->bus.port_count ? hc->bus.ports[port - 1].device : NULL;
    device = device && hc->state.portsc[port - 1] & PORT_PED ? device : NULL;
    for (uint32_t route = hc->state.slots[slot - 1].route; device && route; route >>= 4) {
        device = device->model->downstream && route & 15 ? device->model->downstream(device->owner, (route & 15) - 1) : NULL;
    }
    return device;
}

static void ring_doorbell(struct xhci *hc, unsigned number, uint32_t value)
{
    struct xhci_state *s = &hc->state;
    unsigned endpoint = value & 0xff;
    if (!(s->command & CMD_RS)) {
        return;
    }
    if (!number) {
        s->command_running = !endpoint || s->command_running;
    } else if (number <= XHCI_SLOTS && s->slots[number - 1].enabled && endpoint && endpoint < XHCI_ENDPOINTS) {
        s->slots[number - 1].kicked |= 1u << endpoint;
    }
    run(hc);
}

/* ---- Ports (4.19) ---- */

static unsigned link_state(uint32_t portsc)
{
    return (portsc & PORT_PLS) >> PORT_PLS_SHIFT;
}

static void set_link(struct xhci *hc, unsigned index, unsigned pls)
{
    hc->state.portsc[index] = (hc->state.portsc[index] & ~(uint32_t)PORT_PLS) | pls << PORT_PLS_SHIFT;
}

/* A change bit that was clear is an event. */
static void port_event(struct xhci *hc, unsigned index, uint32_t change)
{
    struct xhci_state *s = &hc->state;
    if (s->portsc[index] & change) {
        return;
    }
    s->portsc[index] |= change;
    s->status |= STS_PCD;
    if (s->command & CMD_RS) {
        xhci_post_event(hc, (uint64_t)(index + 1) << 24, (uint32_t)XHCI_SUCCESS << 24, TRB_PORT_EVENT << 10);
    }
}

static void reset_port(struct xhci *hc, unsigned index)
{
    struct usb_device *device = index < hc->bus.port_count ? hc->bus.ports[index].device : NULL;
    uint32_t *portsc = &hc->state.portsc[index];
    *portsc = (*portsc & (PORT_CHANGES | PORT_WAKES)) | PORT_PP | PLS_RX_DETECT << PORT_PLS_SHIFT;
    if (device) {
        *portsc |= PORT_CCS | (uint32_t)(device->low_speed ? SPEED_LOW : SPEED_FULL) << PORT_SPEED_SHIFT;
        set_link(hc, index, PLS_POLLING);
    }
}

static void port_changed(struct usb_port *port)
{
    reset_port(port->controller, port->number - 1);
    port_event(port->controller, port->number - 1, PORT_CSC);
}

static bool port_live(const struct usb_port *port)
{
    const struct xhci *hc = port->controller;
    uint32_t portsc = hc->state.portsc[port->number - 1];
    return portsc & PORT_PED && ((hc->state.command & CMD_RS && link_state(portsc) == PLS_U0) || port->device->state->remote_wakeup);
}

static void port_ready(struct usb_port *port)
{
    struct xhci *hc = port->controller;
    unsigned index = port->number - 1;
    if (!port_live(port)) {
        return;
    }
    if (link_state(hc->state.portsc[index]) == PLS_U3) {
        set_link(hc, index, PLS_RESUME);
        port_event(hc, index, PORT_PLC);
        return;
    }
    for (unsigned i = 0; i < XHCI_SLOTS; i++) {
        struct xhci_slot *slot = &hc->state.slots[i];
        for (unsigned e = 2; slot->enabled && slot->port == port->number && e < XHCI_ENDPOINTS; e++) {
            slot->kicked |= slot->endpoints[e].state == XHCI_EP_RUNNING ? 1u << e : 0;
        }
    }
    run(hc);
}

static const struct usb_port_ops port_ops = { port_changed, port_ready, port_live };

static void write_port(struct xhci *hc, unsigned index, uint32_t value)
{
    uint32_t *portsc = &hc->state.portsc[index];
    struct usb_device *device = index < hc->bus.port_count ? hc->bus.ports[index].device : NULL;
    *portsc = (*portsc & ~(value & PORT_CHANGES) & ~(uint32_t)PORT_WAKES) | (value & PORT_WAKES);
    if (value & (PORT_PR | PORT_WPR) && device) {
        usb_device_reset(device);
        *portsc |= PORT_PED;
        set_link(hc, index, PLS_U0);
        port_event(hc, index, PORT_PRC);
    } else if (value & PORT_PED) {                  /* 5.4.8: written 1, it is switched off */
        *portsc &= ~(uint32_t)PORT_PED;
    } else if (value & PORT_LWS && device) {
        unsigned wanted = link_state(value);
        if (wanted == PLS_U3 || wanted == PLS_RESUME) {
            set_link(hc, index, wanted);
        } else if (wanted == PLS_U0 && *portsc & PORT_PED) {
            bool resumed = link_state(*portsc) != PLS_U0;
            set_link(hc, index, PLS_U0);
            if (resumed) {
                port_event(hc, index, PORT_PLC);
                usb_device_ready(device);
            }
        }
    }
}

/* ---- Registers ---- */

static void reset_controller(struct xhci *hc)
{
    struct xhci_state *s = &hc->state;
    memset((uint8_t *)s + offsetof(struct xhci_state, command_dequeue), 0, sizeof(*s) - offsetof(struct xhci_state, command_dequeue));
    s->status = STS_HCH;
    timer_cancel(hc->timer);
    for (unsigned i = 0; i < 2 * hc->bus.port_count; i++) {
        reset_port(hc, i);
        s->portsc[i] |= s->portsc[i] & PORT_CCS ? PORT_CSC : 0;
    }
    update_interrupt(hc);
}

static void write_command(struct xhci *hc, uint32_t value)
{
    struct xhci_state *s = &hc->state;
    if (value & CMD_HCRST) {
        for (unsigned i = 0; i < hc->bus.port_count; i++) {
            if (hc->bus.ports[i].device) {
                usb_device_reset(hc->bus.ports[i].device);
            }
        }
        reset_controller(hc);
        return;
    }
    bool starts = value & CMD_RS && !(s->command & CMD_RS);
    s->status |= value & CMD_CRS ? STS_SRE : 0;     /* nothing was saved: drivers then start anew */
    s->command = value & CMD_WRITABLE;
    s->status = value & CMD_RS ? s->status & ~(uint32_t)STS_HCH : s->status | STS_HCH;
    for (unsigned i = 0; starts && i < 2 * hc->bus.port_count; i++) {       /* changes from before are told now */
        if (s->portsc[i] & PORT_CHANGES) {
            xhci_post_event(hc, (uint64_t)(i + 1) << 24, (uint32_t)XHCI_SUCCESS << 24, TRB_PORT_EVENT << 10);
        }
    }
    if (starts) {
        run(hc);
    }
}

static uint32_t read_capability(const struct xhci *hc, uint64_t offset)
{
    const uint32_t ports = hc->bus.port_count;
    switch (offset) {
    case CAPLENGTH: return OPERATIONAL | 0x0100u << 16;
    case HCSPARAMS1: return XHCI_SLOTS | 1 << 8 | 2 * ports << 24;
    case HCSPARAMS2: return 0x0f;                           /* one segment of events, no scratchpad */
    case HCCPARAMS1: return 1 | (PROTOCOLS / 4) << 16;      /* 64-bit addresses, contexts of 32 bytes */
    case DBOFF: return DOORBELLS;
    case RTSOFF: return RUNTIME;
    case PROTOCOLS: return 2 | 4 << 8 | 0x0200u << 16;
    case PROTOCOLS + 16: return 2 | 0x0300u << 16;
    case PROTOCOLS + 4: case PROTOCOLS + 20: return 0x20425355;     /* "USB " */
    case PROTOCOLS + 8: return 1 | ports << 8;
    case PROTOCOLS + 24: return (ports + 1) | ports << 8;
    default: return 0;
    }
}

static uint64_t registers_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct xhci *hc = opaque;
    const struct xhci_state *s = &hc->state;
    if (offset < OPERATIONAL) {
        return read_capability(hc, offset);
    }
    if (offset >= PORTS && offset < PORTS + 2 * hc->bus.port_count * PORT_BYTES) {
        return offset % PORT_BYTES ? 0 : s->portsc[(offset - PORTS) / PORT_BYTES];
    }
    switch (offset) {
    case USBCMD: return s->command;
    case USBSTS: return s->status;
    case PAGESIZE: return 1;
    case DNCTRL: return s->notification;
    case CRCR: return s->command_running ? CRCR_RUNNING : 0;
    case DCBAAP: return (uint32_t)s->contexts;
    case DCBAAP + 4: return s->contexts >> 32;
    case CONFIG: return s->config;
    case MFINDEX: return (uint32_t)(clock_now_ns(hc->machine->clocks, CLOCK_KIND_VIRTUAL) / MICROFRAME_NS) & 0x3fff;
    case IMAN: return s->iman;
    case IMOD: return s->imod;
    case ERSTSZ: return s->erstsz;
    case ERSTBA: return (uint32_t)s->erstba;
    case ERSTBA + 4: return s->erstba >> 32;
    case ERDP: return (uint32_t)s->erdp;
    case ERDP + 4: return s->erdp >> 32;
    default: return 0;
    }
}

static uint64_t low_of(uint64_t old, uint64_t value) { return (old & ~(uint64_t)UINT32_MAX) | value; }
static uint64_t high_of(uint64_t old, uint64_t value) { return (old & UINT32_MAX) | value << 32; }

static void write_runtime(struct xhci *hc, uint64_t offset, uint64_t value)
{
    struct xhci_state *s = &hc->state;
    switch (offset) {
    case IMAN: s->iman = (s->iman & ~(uint32_t)(value & IMAN_IP) & IMAN_IP) | (value & IMAN_IE); break;
    case IMOD: s->imod = (uint32_t)value; break;
    case ERSTSZ: s->erstsz = value & 0xffff; break;
    case ERSTBA: s->erstba = low_of(s->erstba, value & ~63u), s->ring_known = 0; break;
    case ERSTBA + 4: s->erstba = high_of(s->erstba, value), s->ring_known = 0; break;
    case ERDP: s->erdp = low_of(s->erdp, (value & ~(uint32_t)ERDP_BUSY) | (s->erdp & ERDP_BUSY & ~value)); break;
    case ERDP + 4:
        s->erdp = high_of(s->erdp, value);
        put_waiting(hc);
        break;
    default: break;
    }
    if (s->command & CMD_RS && offset == ERDP) {
        put_waiting(hc);
    }
}

static void registers_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct xhci *hc = opaque;
    struct xhci_state *s = &hc->state;
    if (offset >= DOORBELLS && offset < DOORBELLS + 4 * (XHCI_SLOTS + 1)) {
        ring_doorbell(hc, (unsigned)(offset - DOORBELLS) / 4, (uint32_t)value);
        return;
    }
    if (offset >= PORTS && offset < PORTS + 2 * hc->bus.port_count * PORT_BYTES && offset % PORT_BYTES == 0) {
        write_port(hc, (unsigned)(offset - PORTS) / PORT_BYTES, (uint32_t)value);
        return;
    }
    switch (offset) {
    case USBCMD: write_command(hc, (uint32_t)value); break;
    case USBSTS: s->status &= ~(uint32_t)(value & STS_CLEARS); break;
    case DNCTRL: s->notification = value & 0xffff; break;
    case CRCR:
        if (value & CRCR_STOP) {                    /* commands do not take time, so none is under way */
            s->command_running = 0;
        } else if (!s->command_running) {
            s->command_dequeue = low_of(s->command_dequeue, value & ~63u);
            s->command_cycle = value & 1;
        }
        break;
    case CRCR + 4: s->command_dequeue = s->command_running ? s->command_dequeue : high_of(s->command_dequeue, value); break;
    case DCBAAP: s->contexts = low_of(s->contexts, value & ~63u); break;
    case DCBAAP + 4: s->contexts = high_of(s->contexts, value); break;
    case CONFIG: s->config = value & 0xff; break;
    default: write_runtime(hc, offset, value); break;
    }
    update_interrupt(hc);
}

static const struct io_ops register_ops = { registers_read, registers_write, 4, 4 };

/* ---- The device ---- */

static void loaded(void *opaque)
{
    struct xhci *hc = opaque;
    pci_device_loaded(&hc->pci);
    update_interrupt(hc);
    timer_cancel(hc->timer);
    if (hc->state.later_ns) {
        timer_arm(hc->timer, hc->state.later_ns);
    }
}

static void reset(void *opaque)
{
    struct xhci *hc = opaque;
    pci_device_reset(&hc->pci);
    reset_controller(hc);
}

static void xhci_free(void *opaque)
{
    struct xhci *hc = opaque;
    timer_free(hc->timer);
    usb_bus_clear(&hc->bus);
    g_free(hc);
}

#define FIELD(member) SNAPSHOT_FIELD(struct xhci_state, member)
static const struct snapshot_field fields[] = {
    FIELD(pci), FIELD(msix), FIELD(command_dequeue), FIELD(contexts), FIELD(erstba), FIELD(erdp), FIELD(later_ns), FIELD(ring_base), FIELD(ring_size),
    FIELD(ring_index), FIELD(command), FIELD(status), FIELD(notification), FIELD(config), FIELD(iman), FIELD(imod), FIELD(erstsz),
    FIELD(portsc), FIELD(command_cycle), FIELD(command_running), FIELD(ring_cycle), FIELD(ring_known), FIELD(waiting), FIELD(pad),
    FIELD(events), FIELD(slots),
};

const struct device_type xhci_type = {
    .name = "xhci",
    .reset = reset,
    .loaded = loaded,
    .free = xhci_free,
    .state_offset = offsetof(struct xhci, state),
    .state_size = sizeof(struct xhci_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct xhci *xhci_new(struct machine *machine, struct pci_bus *bus, unsigned slot, unsigned ports)
{
    enum { PCI_SBRN = 0x60, SBRN_USB_3_0 = 0x30, CAPABILITIES_AT = 0x90 };
    static const struct pci_identity identity = {
        .vendor = 0x1b36, .device = 0x000d, .class_code = 0x0c03, .prog_if = 0x30, .revision = 1, .interrupt_pin = 1,
    };
    struct xhci *hc = g_new0(struct xhci, 1);
    hc->machine = machine;
    hc->timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, on_timer, hc);
    usb_bus_init(&hc->bus, ports, &port_ops, hc);
    pci_device_init(&hc->pci, bus, slot, 0, &hc->state.pci, &identity);
    pci_device_add_bar(&hc->pci, BAR_REGISTERS, BAR_BYTES, false, true, &register_ops, hc);
    hc->pci.reset_config[PCI_SBRN] = SBRN_USB_3_0;
    hc->pci.capabilities_end = CAPABILITIES_AT;
    msix_init(&hc->msix, &hc->pci, &hc->state.msix, 1, BAR_MSIX);
    machine_add_device(machine, &xhci_type, hc);
    return hc;
}
