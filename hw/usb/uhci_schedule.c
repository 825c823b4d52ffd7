/* SPDX-License-Identifier: MIT */
/*
 * UHCI's schedule in guest memory (Universal Host Controller Interface Design Guide 1.1, chapter 3).
 *
 *   frame list -> TD -> TD -> ... -> QH -> QH -> ... -> nothing, or in a circle (bandwidth reclamation)
 *                                    |
 *                                    TD -> TD -> ...   one a round, or more with the depth-first bit
 *
 * A frame ends when its time on the wire is used up, at the end of the list, when a round of a circle has moved nothing, or after
 * LINKS_MOST fetches; so a hostile schedule costs no more than a full one. NAK leaves a descriptor for the next frame.
 */
#include <string.h>
#include "hw/usb/uhci.h"

enum { LINK_T = 1, LINK_Q = 2, LINK_VF = 4, LINK_FLAGS = 15 };
enum { LINKS_MOST = 512 };
/* Byte times of the wire: a frame at 12 Mbit/s, and what a transaction costs beside its data (USB 2.0, 5.8.4). A low-speed byte
 * takes eight. */
enum { FRAME_BYTES = 1500, TRANSACTION_BYTES = 13, LOW_SPEED_FACTOR = 8 };
enum {  /* TD, 3.2.2; lengths are less one */
    TD_LENGTH = 0x7ff, TD_BITSTUFF = 1 << 17, TD_TIMEOUT = 1 << 18, TD_NAK = 1 << 19, TD_BABBLE = 1 << 20, TD_STALLED = 1 << 22,
    TD_ACTIVE = 1 << 23, TD_IOC = 1 << 24, TD_IOS = 1 << 25, TD_LOW_SPEED = 1 << 26, TD_ERRORS_SHIFT = 27, TD_ERRORS = 3 << 27,
    TD_SHORT_DETECT = 1 << 29,
    TD_RESULTS = TD_BITSTUFF | TD_TIMEOUT | TD_NAK | TD_BABBLE | 1 << 21 | TD_STALLED,
};
enum { PID_SETUP = 0x2d, PID_IN = 0x69, PID_OUT = 0xe1 };

struct td { uint32_t address, link, control, token, buffer; };

/* DONE: on to the descriptor's link. KEPT: the queue waits. FAILED: the controller is halted. */
enum outcome { OUTCOME_DONE, OUTCOME_KEPT, OUTCOME_FAILED };

struct walk {
    struct uhci *hc;
    unsigned left;                  /* byte times of the frame */
    bool full;                      /* the next transaction did not fit */
    bool ended;                     /* a descriptor was finished, or asked for an interrupt */
    /* Circles are found by Brent's rule: a queue met again since the last transfer, of `mark`, which moves at powers of two. */
    uint32_t mark;
    unsigned steps, limit;
};

static enum outcome host_error(struct uhci *hc)
{
    hc->state.status |= STS_HOST_ERROR;
    return OUTCOME_FAILED;
}

static bool may_master(const struct uhci *hc)
{
    return pci_word(&hc->state.pci, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

static bool fetch(struct uhci *hc, uint32_t address, uint32_t *words, unsigned count)
{
    if (!may_master(hc) || !memory_read_bytes(hc->machine->memory, address, words, count * 4)) {
        host_error(hc);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        words[i] = GUINT32_FROM_LE(words[i]);
    }
    return true;
}

static bool store(struct uhci *hc, uint32_t address, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    return memory_write_bytes(hc->machine->memory, address, &value, 4) || host_error(hc) != OUTCOME_FAILED;
}

/* ---- Transactions ---- */

static struct usb_device *find_device(struct uhci *hc, unsigned address)
{
    struct usb_device *found = NULL;
    for (unsigned i = 0; !found && i < UHCI_PORTS; i++) {
        found = uhci_port_awake(hc, i) ? usb_device_find(hc->bus.ports[i].device, address) : NULL;
    }
    return found;
}

/* Sets *result to what usb.h says. false: memory is not there. */
static bool transact(struct uhci *hc, const struct td *td, unsigned bytes, int *result)
{
    const unsigned pid = td->token & 0xff, endpoint = td->token >> 15 & 15;
    struct usb_device *device = find_device(hc, td->token >> 8 & 0x7f);
    struct memory *memory = hc->machine->memory;
    if (!device) {
        *result = USB_SILENCE;
    } else if (pid == PID_IN) {
        *result = usb_packet_in(device, endpoint, hc->packet, bytes);
        return *result <= 0 || memory_write_bytes(memory, td->buffer, hc->packet, (unsigned)*result);
    } else if (bytes && !memory_read_bytes(memory, td->buffer, hc->packet, bytes)) {
        return false;
    } else if (pid == PID_SETUP) {
        *result = endpoint ? USB_SILENCE : usb_packet_setup(device, hc->packet, bytes);
    } else {
        *result = usb_packet_out(device, endpoint, hc->packet, bytes);
    }
    return true;
}

static void note_interrupt(struct walk *w, uint8_t reason)
{
    w->hc->state.status |= STS_USBINT;
    w->hc->state.reasons |= reason;
    w->ended = true;
}

/* The bits of a failed transaction; of a silent one as many times as the error counter says. */
static void note_failure(struct walk *w, struct td *td, int result)
{
    unsigned errors = (td->control & TD_ERRORS) >> TD_ERRORS_SHIFT;
    if (result == USB_SILENCE) {
        td->control |= TD_TIMEOUT;
        if (errors != 1) {                          /* 0: no limit */
            td->control -= errors ? 1u << TD_ERRORS_SHIFT : 0;
            return;
        }
        td->control &= ~(uint32_t)TD_ERRORS;
    }
    td->control |= TD_STALLED | (result == USB_BABBLE ? TD_BABBLE : 0);
    td->control &= ~(uint32_t)TD_ACTIVE;
    w->hc->state.status |= STS_ERROR;
    w->ended = true;
}

static bool is_queued_short(const struct td *td, unsigned count, unsigned bytes, bool queued)
{
    return queued && count < bytes && (td->token & 0xff) == PID_IN && td->control & TD_SHORT_DETECT;
}

/* An active descriptor whose transaction has been made. */
static enum outcome retire(struct walk *w, struct td *td, unsigned bytes, int result, bool queued)
{
    enum outcome outcome = OUTCOME_KEPT;
    const bool isochronous = td->control & TD_IOS;
    td->control &= ~(uint32_t)TD_RESULTS;
    if (result == USB_NAK) {
        td->control |= TD_NAK;
    } else if (result < 0) {
        note_failure(w, td, result);
    }
    if (result >= 0 || isochronous) {
        unsigned count = result > 0 ? (unsigned)result : 0;
        td->control = (td->control & ~(uint32_t)(TD_LENGTH | TD_ACTIVE)) | ((count - 1) & TD_LENGTH);
        outcome = OUTCOME_DONE;
        w->ended = true;
        if (is_queued_short(td, count, bytes, queued)) {
            note_interrupt(w, INTR_SHORT);
            outcome = OUTCOME_KEPT;
        }
    }
    if (!(td->control & TD_ACTIVE) && td->control & TD_IOC) {
        note_interrupt(w, INTR_IOC);
    }
    return store(w->hc, td->address + 4, td->control) ? outcome : OUTCOME_FAILED;
}

static enum outcome run_td(struct walk *w, struct td *td, bool queued)
{
    struct uhci *hc = w->hc;
    const unsigned pid = td->token & 0xff, field = td->token >> 21, bytes = (field + 1) & TD_LENGTH;
    int result = USB_SILENCE;
    if (!(td->control & TD_ACTIVE)) {
        if (td->control & TD_IOC) {                 /* 3.2.2: even then */
            note_interrupt(w, INTR_IOC);
        }
        return OUTCOME_KEPT;
    }
    if ((pid != PID_IN && pid != PID_OUT && pid != PID_SETUP) || bytes > USB_PACKET_MOST) {
        hc->state.status |= STS_PROCESS_ERROR;
        return OUTCOME_FAILED;
    }
    const unsigned cost = (bytes + TRANSACTION_BYTES) * (td->control & TD_LOW_SPEED ? LOW_SPEED_FACTOR : 1);
    if (cost > w->left) {
        w->full = true;
        return OUTCOME_KEPT;
    }
    w->left -= cost;
    return transact(hc, td, bytes, &result) ? retire(w, td, bytes, result, queued) : host_error(hc);
}

static enum outcome run_td_at(struct walk *w, uint32_t link, bool queued, uint32_t *next)
{
    uint32_t words[4];
    if (!fetch(w->hc, link & ~(uint32_t)LINK_FLAGS, words, 4)) {
        return OUTCOME_FAILED;
    }
    struct td td = { link & ~(uint32_t)LINK_FLAGS, words[0], words[1], words[2], words[3] };
    *next = td.link;
    return run_td(w, &td, queued);
}

/* ---- The walk ---- */

/* A queue has been met: is it one of a circle in which nothing moves? */
static bool circles(struct walk *w, uint32_t queue, bool moved)
{
    if (moved) {
        w->steps = 0;
        w->limit = 1;
        w->mark = queue;
        return false;
    }
    if (w->steps && queue == w->mark) {
        return true;
    }
    if (++w->steps >= w->limit) {
        w->limit *= 2;
        w->mark = queue;
    }
    return false;
}

/* One queue head: transactions of its column, then the link to the next one in *next. */
static bool run_queue(struct walk *w, uint32_t link, unsigned *links, uint32_t *next, bool *moved)
{
    const uint32_t address = link & ~(uint32_t)LINK_FLAGS;
    uint32_t words[2], element;
    if (!fetch(w->hc, address, words, 2)) {
        return false;
    }
    *next = words[0];
    element = words[1];
    while (!(element & LINK_T) && !w->full && ++*links < LINKS_MOST) {
        if (element & LINK_Q) {                     /* a queue in a queue takes its place */
            *next = element;
            break;
        }
        enum outcome outcome = run_td_at(w, element, true, &element);
        if (outcome == OUTCOME_FAILED) {
            return false;
        }
        if (outcome == OUTCOME_KEPT) {
            break;
        }
        *moved = true;
        if (!store(w->hc, address + 4, element)) {
            return false;
        }
        if (!(element & LINK_VF)) {
            break;
        }
    }
    return true;
}

bool uhci_run_frame(struct uhci *hc)
{
    enum { FRAME_LIST_MASK = 0x3ff };
    struct walk w = { .hc = hc, .left = FRAME_BYTES, .limit = 1 };
    uint32_t link;
    bool moved = true, good = fetch(hc, hc->state.base + (hc->state.frame & FRAME_LIST_MASK) * 4, &link, 1);
    for (unsigned links = 0; good && !(link & LINK_T) && !w.full && links < LINKS_MOST; links++) {
        if (!(link & LINK_Q)) {
            good = run_td_at(&w, link, false, &link) != OUTCOME_FAILED;
            continue;
        }
        if (circles(&w, link, moved)) {
            break;
        }
        moved = false;
        good = run_queue(&w, link, &links, &link, &moved);
    }
    return w.ended;
}
