/* SPDX-License-Identifier: MIT */
/*
 * Commands of xHCI 1.0 (4.6): slots, addresses, endpoints, by contexts in guest memory (6.2).
 *
 *   input context: which contexts to drop and add, then a slot context, then those of endpoints 1..31, 32 bytes each
 *   output context, at DCBAAP[slot]: the slot context, then the endpoints'
 */
#include <string.h>
#include "hw/usb/xhci.h"

enum { CONTEXT_BYTES = 32, CONTEXT_WORDS = 8, SLOT_DISABLED = 0, SLOT_DEFAULT = 1, SLOT_ADDRESSED = 2, SLOT_CONFIGURED = 3,
       SLOT_STATE_SHIFT = 27, SLOT_ADDRESS = 0xff, SLOT_ENTRIES_SHIFT = 27, EP_STATE = 7, EP_CONTROL = 1,
       COMMAND_BSR = 1 << 9, COMMAND_DECONFIGURE = 1 << 9 };

static struct xhci_slot *slot_at(struct xhci *hc, unsigned slot)
{
    return &hc->state.slots[slot - 1];
}

static uint64_t context_at(const struct xhci *hc, unsigned slot, unsigned index)
{
    return hc->state.slots[slot - 1].context + index * CONTEXT_BYTES;
}

void xhci_put_endpoint(struct xhci *hc, unsigned slot, unsigned endpoint)
{
    const struct xhci_endpoint *ep = &slot_at(hc, slot)->endpoints[endpoint];
    const uint64_t at = context_at(hc, slot, endpoint);
    uint32_t words[4];
    if (xhci_read_words(hc, at, words, 4)) {
        words[0] = (words[0] & ~(uint32_t)EP_STATE) | ep->state;
        words[2] = (uint32_t)ep->dequeue | ep->cycle;
        words[3] = (uint32_t)(ep->dequeue >> 32);
        xhci_write_words(hc, at, words, 4);
    }
}

static void put_slot_state(struct xhci *hc, unsigned slot, unsigned state, unsigned address, unsigned entries)
{
    uint32_t words[4];
    if (xhci_read_words(hc, context_at(hc, slot, 0), words, 4)) {
        words[0] = (words[0] & 0x07ffffff) | entries << SLOT_ENTRIES_SHIFT;
        words[3] = state << SLOT_STATE_SHIFT | address;
        xhci_write_words(hc, context_at(hc, slot, 0), words, 4);
    }
}

/* From the input context into ours and the output context. */
static bool enable_endpoint(struct xhci *hc, unsigned slot, unsigned endpoint, uint64_t input)
{
    struct xhci_endpoint *ep = &slot_at(hc, slot)->endpoints[endpoint];
    uint32_t words[CONTEXT_WORDS];
    if (!xhci_read_words(hc, input + (endpoint + 1) * CONTEXT_BYTES, words, CONTEXT_WORDS)) {
        return false;
    }
    *ep = (struct xhci_endpoint){
        .dequeue = (words[2] & ~15u) | (uint64_t)words[3] << 32, .cycle = words[2] & 1, .max_packet = (uint16_t)(words[1] >> 16),
        .type = words[1] >> 3 & 7, .state = XHCI_EP_RUNNING,
    };
    ep->max_packet = MIN(ep->max_packet, USB_PACKET_MOST);
    words[0] = (words[0] & ~(uint32_t)EP_STATE) | ep->state;
    return xhci_write_words(hc, context_at(hc, slot, endpoint), words, CONTEXT_WORDS);
}

static void disable_endpoint(struct xhci *hc, unsigned slot, unsigned endpoint)
{
    slot_at(hc, slot)->endpoints[endpoint] = (struct xhci_endpoint){ 0 };
    xhci_put_endpoint(hc, slot, endpoint);
}

/* ---- Slots ---- */

static enum xhci_code enable_slot(struct xhci *hc, unsigned *slot)
{
    for (*slot = 1; *slot <= XHCI_SLOTS; ++*slot) {
        if (!slot_at(hc, *slot)->enabled) {
            *slot_at(hc, *slot) = (struct xhci_slot){ .enabled = 1 };
            return XHCI_SUCCESS;
        }
    }
    *slot = 0;
    return XHCI_NO_SLOTS;
}

static enum xhci_code disable_slot(struct xhci *hc, unsigned slot)
{
    *slot_at(hc, slot) = (struct xhci_slot){ 0 };
    return XHCI_SUCCESS;
}

static enum xhci_code set_address(struct xhci *hc, unsigned slot)
{
    const uint8_t setup[USB_SETUP_BYTES] = { 0, USB_SET_ADDRESS, (uint8_t)slot };
    struct usb_device *device = xhci_slot_device(hc, slot);
    uint8_t nothing;
    return device && usb_packet_setup(device, setup, sizeof(setup)) >= 0 && usb_packet_in(device, 0, &nothing, 0) >= 0
        ? XHCI_SUCCESS : XHCI_TRANSACTION_ERROR;
}

/* 4.6.5 */
static enum xhci_code address_device(struct xhci *hc, unsigned slot, const struct xhci_trb *trb)
{
    struct xhci_slot *s = slot_at(hc, slot);
    const uint64_t input = trb->parameter & ~15ull;
    const bool only_context = trb->control & COMMAND_BSR;
    uint32_t control[2], words[CONTEXT_WORDS], output[2];
    if (!xhci_read_words(hc, input, control, 2) || !xhci_read_words(hc, input + CONTEXT_BYTES, words, CONTEXT_WORDS) ||
        !xhci_read_words(hc, hc->state.contexts + slot * 8, output, 2)) {
        return XHCI_TRB_ERROR;
    }
    if (control[0] || (control[1] & 3) != 3) {
        return XHCI_PARAMETER_ERROR;
    }
    s->context = (output[0] & ~63u) | (uint64_t)output[1] << 32;
    s->port = words[1] >> 16 & 0xff;
    s->route = words[0] & 0xfffff;
    enum xhci_code code = only_context ? XHCI_SUCCESS : set_address(hc, slot);
    if (code == XHCI_SUCCESS) {
        words[3] = (uint32_t)(only_context ? SLOT_DEFAULT : SLOT_ADDRESSED) << SLOT_STATE_SHIFT | (only_context ? 0 : slot);
        if (!xhci_write_words(hc, context_at(hc, slot, 0), words, CONTEXT_WORDS) || !enable_endpoint(hc, slot, EP_CONTROL, input)) {
            code = XHCI_TRB_ERROR;
        }
    }
    return code;
}

/* 4.6.6 */
static enum xhci_code configure_endpoints(struct xhci *hc, unsigned slot, const struct xhci_trb *trb)
{
    const uint64_t input = trb->parameter & ~15ull;
    const bool all_off = trb->control & COMMAND_DECONFIGURE;
    uint32_t control[2] = { UINT32_MAX, 0 };
    unsigned last = EP_CONTROL;
    if (!slot_at(hc, slot)->context) {
        return XHCI_CONTEXT_ERROR;
    }
    if (!all_off && !xhci_read_words(hc, input, control, 2)) {
        return XHCI_TRB_ERROR;
    }
    for (unsigned endpoint = 2; endpoint < XHCI_ENDPOINTS; endpoint++) {
        if (control[0] >> endpoint & 1) {
            disable_endpoint(hc, slot, endpoint);
        }
        if (control[1] >> endpoint & 1 && !enable_endpoint(hc, slot, endpoint, input)) {
            return XHCI_TRB_ERROR;
        }
        last = slot_at(hc, slot)->endpoints[endpoint].state ? endpoint : last;
    }
    put_slot_state(hc, slot, last > EP_CONTROL ? SLOT_CONFIGURED : SLOT_ADDRESSED, slot, last);
    return XHCI_SUCCESS;
}

/* 4.6.7: what may change is the control endpoint's packet size, and latencies that mean nothing here. */
static enum xhci_code evaluate_context(struct xhci *hc, unsigned slot, const struct xhci_trb *trb)
{
    const uint64_t input = trb->parameter & ~15ull, at = context_at(hc, slot, EP_CONTROL);
    uint32_t control[2], words[2], now[2];
    if (!slot_at(hc, slot)->context) {
        return XHCI_CONTEXT_ERROR;
    }
    if (!xhci_read_words(hc, input, control, 2)) {
        return XHCI_TRB_ERROR;
    }
    if (control[1] >> EP_CONTROL & 1 && xhci_read_words(hc, input + 2 * CONTEXT_BYTES, words, 2) && xhci_read_words(hc, at, now, 2)) {
        now[1] = (now[1] & 0xffff) | (words[1] & 0xffff0000);
        slot_at(hc, slot)->endpoints[EP_CONTROL].max_packet = (uint16_t)MIN(words[1] >> 16, USB_PACKET_MOST);
        xhci_write_words(hc, at, now, 2);
    }
    return XHCI_SUCCESS;
}

/* 4.6.11: the driver has reset the port; only the control endpoint stays. */
static enum xhci_code reset_device(struct xhci *hc, unsigned slot)
{
    if (!slot_at(hc, slot)->context) {
        return XHCI_CONTEXT_ERROR;
    }
    for (unsigned endpoint = 2; endpoint < XHCI_ENDPOINTS; endpoint++) {
        if (slot_at(hc, slot)->endpoints[endpoint].state) {
            disable_endpoint(hc, slot, endpoint);
        }
    }
    put_slot_state(hc, slot, SLOT_DEFAULT, 0, EP_CONTROL);
    return XHCI_SUCCESS;
}

/* ---- Endpoints ---- */

static enum xhci_code change_endpoint(struct xhci *hc, unsigned slot, const struct xhci_trb *trb)
{
    const unsigned endpoint = trb->control >> 16 & 31, type = xhci_trb_type(trb);
    struct xhci_endpoint *ep = &slot_at(hc, slot)->endpoints[endpoint];
    if (!endpoint || !slot_at(hc, slot)->context) {
        return XHCI_TRB_ERROR;
    }
    slot_at(hc, slot)->kicked &= ~(1u << endpoint);             /* only a doorbell from now on starts it */
    if (type == TRB_STOP_ENDPOINT) {                            /* 4.6.9 */
        if (ep->state != XHCI_EP_RUNNING) {
            return XHCI_CONTEXT_ERROR;
        }
        xhci_post_stopped(hc, slot, endpoint);
        ep->state = XHCI_EP_STOPPED;
    } else if (type == TRB_RESET_ENDPOINT) {                    /* 4.6.8 */
        if (ep->state != XHCI_EP_HALTED) {
            return XHCI_CONTEXT_ERROR;
        }
        ep->state = XHCI_EP_STOPPED;
    } else {                                                    /* 4.6.10 */
        if (ep->state != XHCI_EP_STOPPED && ep->state != XHCI_EP_ERROR) {
            return XHCI_CONTEXT_ERROR;
        }
        ep->dequeue = trb->parameter & ~15ull;
        ep->cycle = trb->parameter & 1;
        ep->done = 0;
    }
    xhci_put_endpoint(hc, slot, endpoint);
    return XHCI_SUCCESS;
}

/* ---- The ring ---- */

static enum xhci_code command(struct xhci *hc, unsigned *slot, const struct xhci_trb *trb)
{
    const unsigned type = xhci_trb_type(trb);
    if (type == TRB_NO_OP_COMMAND) {
        return XHCI_SUCCESS;
    }
    if (type == TRB_ENABLE_SLOT) {
        return enable_slot(hc, slot);
    }
    if (!*slot || *slot > XHCI_SLOTS || !slot_at(hc, *slot)->enabled) {
        return XHCI_SLOT_NOT_ENABLED;
    }
    switch (type) {
    case TRB_DISABLE_SLOT: return disable_slot(hc, *slot);
    case TRB_ADDRESS_DEVICE: return address_device(hc, *slot, trb);
    case TRB_CONFIGURE_ENDPOINT: return configure_endpoints(hc, *slot, trb);
    case TRB_EVALUATE_CONTEXT: return evaluate_context(hc, *slot, trb);
    case TRB_RESET_ENDPOINT:
    case TRB_STOP_ENDPOINT:
    case TRB_SET_DEQUEUE: return change_endpoint(hc, *slot, trb);
    case TRB_RESET_DEVICE: return reset_device(hc, *slot);
    default:
        log_write(hc->machine->log, LOG_unimp, "xhci: command %u\n", type);
        return XHCI_TRB_ERROR;
    }
}

void xhci_run_commands(struct xhci *hc)
{
    enum { AT_ONCE = 256 };
    struct xhci_state *s = &hc->state;
    struct xhci_trb trb;
    uint64_t address;
    for (unsigned i = 0; s->command_running && i < AT_ONCE; i++) {
        if (!xhci_fetch(hc, &s->command_dequeue, &s->command_cycle, &trb, &address)) {
            s->command_running = 0;
            break;
        }
        unsigned slot = trb.control >> 24;
        enum xhci_code code = command(hc, &slot, &trb);
        xhci_post_event(hc, address, (uint32_t)code << 24, TRB_COMPLETION_EVENT << 10 | slot << 24);
    }
}
