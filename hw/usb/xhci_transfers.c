/* SPDX-License-Identifier: MIT */
/*
 * Transfer rings of xHCI 1.0 (3.2.9, 4.10, 4.11.2). A transfer descriptor is one TRB or several that are chained; it is moved packet by
 * packet. When the device says NAK, what has been moved is remembered (`done`) and the ring waits for the device.
 *
 * Of a control transfer each stage is a descriptor of its own: setup, data, status.
 */
#include <string.h>
#include "hw/usb/xhci.h"

enum { CHAIN_MOST = 64, DESCRIPTORS_AT_ONCE = 256, PACKETS_AT_ONCE = 4096, EP_TYPE_IN = 4, EVENT_LENGTH = 0xffffff };

struct descriptor {
    struct { struct xhci_trb trb; uint64_t address; uint32_t start, bytes; } parts[CHAIN_MOST];
    unsigned count;
    uint32_t bytes;
    uint64_t next;                  /* the ring behind it */
    uint8_t next_cycle;
};

/* How a descriptor went. WAITS: the device has nothing yet. */
enum progress { PROGRESS_DONE, PROGRESS_WAITS, PROGRESS_FAILED };

static bool moves_data(const struct xhci_trb *trb)
{
    unsigned type = xhci_trb_type(trb);
    return type == TRB_NORMAL || type == TRB_SETUP || type == TRB_DATA || type == TRB_ISOCH;
}

/* false: there is no whole one on the ring. */
static bool read_descriptor(struct xhci *hc, const struct xhci_endpoint *ep, struct descriptor *d)
{
    d->next = ep->dequeue;
    d->next_cycle = ep->cycle;
    d->count = d->bytes = 0;
    while (d->count < CHAIN_MOST) {
        struct xhci_trb *trb = &d->parts[d->count].trb;
        if (!xhci_fetch(hc, &d->next, &d->next_cycle, trb, &d->parts[d->count].address)) {
            return false;
        }
        d->parts[d->count].start = d->bytes;
        d->parts[d->count].bytes = moves_data(trb) ? trb->status & TRB_LENGTH : 0;
        d->bytes += d->parts[d->count].bytes;
        d->count++;
        if (!(trb->control & TRB_CHAIN)) {
            return true;
        }
    }
    log_write(hc->machine->log, LOG_unimp, "xhci: a chain of more than %u\n", CHAIN_MOST);
    return false;
}

/* [from, +bytes) of the descriptor's data, to or from hc->packet. */
static bool copy(struct xhci *hc, const struct descriptor *d, uint32_t from, uint32_t bytes, bool to_guest)
{
    bool good = true;
    for (unsigned i = 0; i < d->count && good; i++) {
        const uint32_t start = MAX(from, d->parts[i].start), end = MIN(from + bytes, d->parts[i].start + d->parts[i].bytes);
        const struct xhci_trb *trb = &d->parts[i].trb;
        if (start >= end) {
            continue;
        }
        uint8_t *packet = hc->packet + (start - from);
        const uint32_t within = start - d->parts[i].start;
        if (!(trb->control & TRB_IMMEDIATE)) {
            good = to_guest ? xhci_write(hc, trb->parameter + within, packet, end - start)
                            : xhci_read(hc, trb->parameter + within, packet, end - start);
        } else if (!to_guest && end - d->parts[i].start <= sizeof(trb->parameter)) {
            uint64_t immediate = GUINT64_TO_LE(trb->parameter);
            memcpy(packet, (const uint8_t *)&immediate + within, end - start);
        }
    }
    return good;
}

/* One packet; what usb.h says of the answer. */
static int move_packet(struct xhci *hc, struct usb_device *device, unsigned endpoint, const struct descriptor *d, uint32_t at,
                       uint32_t bytes, bool in, bool setup)
{
    int result;
    if (in) {
        result = usb_packet_in(device, endpoint / 2, hc->packet, bytes);
        return result > 0 && !copy(hc, d, at, (uint32_t)result, true) ? USB_SILENCE : result;
    }
    if (!copy(hc, d, at, bytes, false)) {
        return USB_SILENCE;
    }
    result = setup ? usb_packet_setup(device, hc->packet, bytes) : usb_packet_out(device, endpoint / 2, hc->packet, bytes);
    return result < 0 ? result : (int)bytes;
}

/* ---- Events (4.11.3.1) ---- */

static void post(struct xhci *hc, unsigned slot, unsigned endpoint, uint64_t address, enum xhci_code code, uint32_t length, bool is_data)
{
    xhci_post_event(hc, address, (uint32_t)code << 24 | (length & EVENT_LENGTH),
                    TRB_TRANSFER_EVENT << 10 | slot << 24 | endpoint << 16 | (is_data ? TRB_EVENT_IS_DATA : 0));
}

/* Those that asked for it: at the end, and where a short packet ended. length: what was left of the TRB. */
static void post_success(struct xhci *hc, unsigned slot, unsigned endpoint, const struct descriptor *d, uint32_t done)
{
    const bool was_short = done < d->bytes;
    bool told = false;
    for (unsigned i = 0; i < d->count; i++) {
        const struct xhci_trb *trb = &d->parts[i].trb;
        const uint32_t end = d->parts[i].start + d->parts[i].bytes, left = done < end ? MIN(end - done, d->parts[i].bytes) : 0;
        const enum xhci_code code = was_short && done < end ? XHCI_SHORT_PACKET : XHCI_SUCCESS;
        if (xhci_trb_type(trb) == TRB_EVENT_DATA) {
            if (trb->control & TRB_IOC) {
                post(hc, slot, endpoint, trb->parameter, was_short ? XHCI_SHORT_PACKET : XHCI_SUCCESS, done, true);
            }
            continue;
        }
        if (trb->control & TRB_IOC || (code == XHCI_SHORT_PACKET && !told && trb->control & TRB_ISP)) {
            post(hc, slot, endpoint, d->parts[i].address, code, left, false);
            told = told || code == XHCI_SHORT_PACKET;
        }
    }
}

void xhci_post_stopped(struct xhci *hc, unsigned slot, unsigned endpoint)
{
    struct xhci_endpoint *ep = &hc->state.slots[slot - 1].endpoints[endpoint];
    struct descriptor d;
    if (read_descriptor(hc, ep, &d)) {
        post(hc, slot, endpoint, d.parts[0].address, XHCI_STOPPED, d.parts[0].bytes - MIN(ep->done, d.parts[0].bytes), false);
    }
}

static enum progress fail(struct xhci *hc, unsigned slot, unsigned endpoint, const struct descriptor *d, uint32_t done, int result)
{
    struct xhci_endpoint *ep = &hc->state.slots[slot - 1].endpoints[endpoint];
    unsigned part = 0;
    while (part + 1 < d->count && done >= d->parts[part].start + d->parts[part].bytes) {
        part++;
    }
    const uint32_t end = d->parts[part].start + d->parts[part].bytes;
    ep->state = XHCI_EP_HALTED;
    ep->done = 0;
    xhci_put_endpoint(hc, slot, endpoint);
    post(hc, slot, endpoint, d->parts[part].address, result == USB_STALL ? XHCI_STALL : result == USB_BABBLE ? XHCI_BABBLE
         : XHCI_TRANSACTION_ERROR, end - MIN(done, end), false);
    return PROGRESS_FAILED;
}

/* ---- Descriptors ---- */

static enum progress move(struct xhci *hc, unsigned slot, unsigned endpoint, const struct descriptor *d)
{
    struct xhci_endpoint *ep = &hc->state.slots[slot - 1].endpoints[endpoint];
    const struct xhci_trb *first = &d->parts[0].trb;
    const unsigned type = xhci_trb_type(first);
    const bool control = endpoint == 1, setup = type == TRB_SETUP;
    const bool in = control ? !setup && first->control & TRB_DIRECTION_IN : ep->type & EP_TYPE_IN;
    uint32_t most = setup ? USB_SETUP_BYTES : MAX(ep->max_packet, 1u), done = ep->done;
    if (type == TRB_NO_OP) {
        post_success(hc, slot, endpoint, d, 0);
        return PROGRESS_DONE;
    }
    if (type == TRB_EVENT_DATA && d->count == 1) {
        post_success(hc, slot, endpoint, d, 0);
        return PROGRESS_DONE;
    }
    for (unsigned packets = 0; packets < PACKETS_AT_ONCE; packets++) {
        struct usb_device *device = xhci_slot_device(hc, slot);
        const uint32_t bytes = MIN(most, d->bytes - MIN(done, d->bytes));
        int result = device ? move_packet(hc, device, endpoint, d, done, bytes, in, setup) : USB_SILENCE;
        if (result == USB_NAK) {
            ep->done = done;
            return PROGRESS_WAITS;
        }
        if (result < 0) {
            return fail(hc, slot, endpoint, d, done, result);
        }
        done += (uint32_t)result;
        if (done >= d->bytes || (uint32_t)result < most) {
            ep->done = 0;
            post_success(hc, slot, endpoint, d, done);
            return PROGRESS_DONE;
        }
    }
    ep->done = done;
    hc->state.slots[slot - 1].kicked |= 1u << endpoint;
    return PROGRESS_WAITS;
}

void xhci_run_endpoint(struct xhci *hc, unsigned slot, unsigned endpoint)
{
    struct xhci_slot *s = &hc->state.slots[slot - 1];
    struct xhci_endpoint *ep = &s->endpoints[endpoint];
    struct descriptor d;
    if (s->enabled && ep->state == XHCI_EP_STOPPED) {           /* 4.8.3: its doorbell starts it again */
        ep->state = XHCI_EP_RUNNING;
        xhci_put_endpoint(hc, slot, endpoint);
    }
    for (unsigned i = 0; i < DESCRIPTORS_AT_ONCE; i++) {
        if (!s->enabled || ep->state != XHCI_EP_RUNNING || !read_descriptor(hc, ep, &d) ||
            move(hc, slot, endpoint, &d) != PROGRESS_DONE) {
            return;
        }
        ep->dequeue = d.next;
        ep->cycle = d.next_cycle;
    }
    s->kicked |= 1u << endpoint;
}
