/* SPDX-License-Identifier: MIT */
/*
 * Transmitting (SDM 3.3 to 3.5): legacy, context and data descriptors, checksum insertion, TCP segmentation, VLAN
 * tags. Descriptors of a frame are taken when its last one is there, so nothing of a frame is kept between writes of
 * TDT. TDT starts work that is done before the write returns, but for no more than a budget of bytes; a timer does the
 * rest, so that a driver cannot keep the machine's lock for itself. TIDV, TADV: see e1000_rx.c.
 */
#include <string.h>
#include "hw/net/e1000_regs.h"
#include "hw/net/offload.h"

enum { BUDGET_BYTES = 4 << 20, DESCRIPTOR_COST = 256, PAUSE_NS = 50000 };
enum {  /* in the third and fourth word of a descriptor */
    LEGACY_BYTES = 0xffff, LEGACY_CSO_SHIFT = 16, CMD_SHIFT = 24, CMD_EOP = 1 << 0, CMD_IC = 1 << 2, CMD_TSE = 1 << 2,
    CMD_RS = 1 << 3, CMD_DEXT = 1 << 5, CMD_VLE = 1 << 6, TUCMD_TSE = 1 << 2,
    DATA_BYTES = 0xfffff, DTYP_SHIFT = 20, DTYP_CONTEXT = 0, DTYP_DATA = 1, POPTS_IXSM = 1 << 0, POPTS_TXSM = 1 << 1,
    STATUS_DD = 1,
};

struct transmit_descriptor { uint64_t address; uint32_t command, status; };

static uint8_t command_of(const struct transmit_descriptor *descriptor)
{
    return (uint8_t)(descriptor->command >> CMD_SHIFT);
}

static bool is_extended(const struct transmit_descriptor *descriptor)
{
    return command_of(descriptor) & CMD_DEXT;
}

static bool is_context(const struct transmit_descriptor *descriptor)
{
    return is_extended(descriptor) && (descriptor->command >> DTYP_SHIFT & 15) == DTYP_CONTEXT;
}

/* ---- The ring ---- */

static uint32_t ring_entries(const struct e1000_state *s)
{
    return s->tdlen / RING_ENTRY_BYTES;
}

static uint64_t entry_address(const struct e1000_state *s, uint32_t entry)
{
    return (s->tdbal | (uint64_t)s->tdbah << 32) + entry * (uint64_t)RING_ENTRY_BYTES;
}

static struct transmit_descriptor entry_read(const struct e1000 *card, uint32_t entry)
{
    struct transmit_descriptor descriptor;
    memory_read_bytes(card->machine->memory, entry_address(&card->state, entry), &descriptor, sizeof(descriptor));
    return descriptor;
}

/* Descriptors from TDH up to and with the end of a frame or a context; 0: it is not all there yet. */
static uint32_t frame_entries(const struct e1000 *card)
{
    const struct e1000_state *s = &card->state;
    uint32_t entries = ring_entries(s), waiting = (s->tdt + entries - s->tdh) % entries;
    for (uint32_t i = 0; i < waiting; i++) {
        struct transmit_descriptor descriptor = entry_read(card, (s->tdh + i) % entries);
        if (is_context(&descriptor) || command_of(&descriptor) & CMD_EOP) {
            return i + 1;
        }
    }
    return 0;
}

static void take_context(struct e1000 *card, const struct transmit_descriptor *descriptor)
{
    uint8_t command = command_of(descriptor);
    uint32_t ip = (uint32_t)descriptor->address, l4 = (uint32_t)(descriptor->address >> 32);
    card->state.contexts[!!(command & TUCMD_TSE)] = (struct e1000_context){
        .ip_start = (uint8_t)ip, .ip_at = (uint8_t)(ip >> 8), .ip_end = (uint16_t)(ip >> 16), .l4_start = (uint8_t)l4,
        .l4_at = (uint8_t)(l4 >> 8), .l4_end = (uint16_t)(l4 >> 16), .headers = (uint8_t)(descriptor->status >> 8),
        .mss = (uint16_t)(descriptor->status >> 16), .command = command,
    };
}

/* ---- A frame ---- */

/* What the descriptors of a frame ask for together: the last has EOP, the first data descriptor the options. */
struct job {
    size_t bytes;
    bool too_long;
    struct transmit_descriptor first, last;
};

static void insert_tag(struct e1000 *card, struct job *job)
{
    uint8_t *frame = card->frame;
    uint16_t type = (uint16_t)card->state.vet, tag = (uint16_t)(job->last.status >> 16);
    if (job->bytes < NETWORK_FRAME_LEAST || job->bytes + VLAN_TAG_BYTES > NETWORK_FRAME_MOST) {
        return;
    }
    memmove(frame + 16, frame + 12, job->bytes - 12);
    frame[12] = (uint8_t)(type >> 8), frame[13] = (uint8_t)type;
    frame[14] = (uint8_t)(tag >> 8), frame[15] = (uint8_t)tag;
    job->bytes += VLAN_TAG_BYTES;
}

static void insert_checksums(struct e1000 *card, const struct job *job)
{
    const struct e1000_context *context = &card->state.contexts[0];
    unsigned bytes = (unsigned)job->bytes, options = job->first.status >> 8 & 0xff;
    if (!is_extended(&job->last)) {
        if (command_of(&job->last) & CMD_IC) {
            offload_put_checksum(card->frame, bytes, job->last.status >> 8 & 0xff, bytes,
                                 job->last.command >> LEGACY_CSO_SHIFT & 0xff);
        }
        return;
    }
    if (options & POPTS_TXSM) {
        unsigned end = context->l4_end ? context->l4_end + 1u : bytes;
        offload_put_checksum(card->frame, bytes, context->l4_start, MIN(end, bytes), context->l4_at);
    }
    if (options & POPTS_IXSM) {
        unsigned end = context->ip_end ? context->ip_end + 1u : bytes;
        if (context->ip_at + 2u <= bytes) {
            card->frame[context->ip_at] = card->frame[context->ip_at + 1] = 0;
        }
        offload_put_checksum(card->frame, bytes, context->ip_start, MIN(end, bytes), context->ip_at);
    }
}

static void count(struct e1000 *card, const uint8_t *frame, size_t bytes)
{
    bool broadcast = (frame[0] & frame[1] & frame[2] & frame[3] & frame[4] & frame[5]) == 0xff;
    bytes = MAX(bytes, FRAME_LEAST) + FCS_BYTES;
    e1000_count(card, STAT_GPTC, 1);
    e1000_count(card, STAT_TPT, 1);
    e1000_count_wide(card, STAT_GOTC, bytes);
    e1000_count_wide(card, STAT_TOT, bytes);
    e1000_count_size(card, STAT_PTC64, bytes);
    if (frame[0] & 1) {
        e1000_count(card, broadcast ? STAT_BPTC : STAT_MPTC, 1);
    }
}

static void send_plain(struct e1000 *card, struct job *job)
{
    bool loopback = card->state.rctl & RCTL_LBM || e1000_phy_loopback(card);
    insert_checksums(card, job);
    if (command_of(&job->last) & CMD_VLE && card->state.ctrl & CTRL_VME) {
        insert_tag(card, job);
    }
    if (card->state.tctl & TCTL_PSP && job->bytes < FRAME_LEAST) {
        memset(card->frame + job->bytes, 0, FRAME_LEAST - job->bytes);
        job->bytes = FRAME_LEAST;
    }
    count(card, card->frame, job->bytes);
    if (loopback && job->bytes >= NETWORK_FRAME_LEAST) {
        e1000_receive(card, card->frame, job->bytes);
    } else {
        network_send(card->end, card->frame, job->bytes);
    }
}

static void send_segments(struct e1000 *card, struct job *job)
{
    const struct e1000_context *context = &card->state.contexts[1];
    unsigned headers = context->headers;
    if (command_of(&job->last) & CMD_VLE && card->state.ctrl & CTRL_VME) {
        insert_tag(card, job);
        headers += VLAN_TAG_BYTES;
    }
    e1000_count(card, STAT_TSCTC, 1);
    count(card, card->frame, job->bytes);
    if (!offload_send_segments(card->end, card->frame, job->bytes, headers, context->mss)) {
        log_write(card->machine->log, LOG_guest_errors, "e1000: no TCP segment to cut: %zu bytes, headers %u, MSS %u\n",
                  job->bytes, headers, context->mss);
    }
}

static void gather(struct e1000 *card, struct job *job, const struct transmit_descriptor *descriptor)
{
    uint32_t bytes = descriptor->command & (is_extended(descriptor) ? DATA_BYTES : LEGACY_BYTES);
    if (bytes > NETWORK_FRAME_MOST - job->bytes) {
        job->too_long = true;
        return;
    }
    memory_read_bytes(card->machine->memory, descriptor->address, card->frame + job->bytes, bytes);
    job->bytes += bytes;
}

/* Takes `entries` descriptors; returns the bytes sent. */
static size_t take_frame(struct e1000 *card, uint32_t entries)
{
    struct e1000_state *s = &card->state;
    struct job job = { 0 };
    for (uint32_t i = 0; i < entries && s->tdh < ring_entries(s); i++) {
        uint64_t at = entry_address(s, s->tdh);
        job.last = entry_read(card, s->tdh);
        if (is_context(&job.last)) {
            take_context(card, &job.last);
        } else {
            job.first = i ? job.first : job.last;
            gather(card, &job, &job.last);
        }
        if (command_of(&job.last) & CMD_RS) {
            memory_write(card->machine->memory, at + 12, job.last.status | STATUS_DD, 4);
        }
        s->tdh = s->tdh + 1 < ring_entries(s) ? s->tdh + 1 : 0;
    }
    bool unfinished = is_context(&job.last);    /* a context in the middle: what came before it is lost */
    if (unfinished || job.too_long || job.bytes < NETWORK_FRAME_LEAST) {
        if (job.too_long || job.bytes) {
            log_write(card->machine->log, LOG_guest_errors, "e1000: a frame of an impossible length is dropped\n");
        }
    } else if (is_extended(&job.last) && command_of(&job.first) & CMD_TSE) {
        send_segments(card, &job);
    } else {
        send_plain(card, &job);
    }
    return job.bytes + entries * DESCRIPTOR_COST;
}

void e1000_transmit(struct e1000 *card)
{
    struct e1000_state *s = &card->state;
    size_t done = 0;
    bool worked = false;
    if (card->transmitting) {
        return;
    }
    card->transmitting = true;
    while (s->tctl & TCTL_EN && s->tdh < ring_entries(s) && s->tdt < ring_entries(s) && s->tdh != s->tdt &&
           done < BUDGET_BYTES) {
        uint32_t entries = frame_entries(card);
        if (!entries) {
            break;
        }
        done += take_frame(card, entries);
        worked = true;
    }
    card->transmitting = false;
    if (done >= BUDGET_BYTES) {
        s->transmit_ns = clock_now_ns(card->machine->clocks, CLOCK_KIND_VIRTUAL) + PAUSE_NS;
        timer_arm(card->transmit_timer, s->transmit_ns);
    }
    if (worked) {
        e1000_raise(card, ICR_TXDW | (s->tdh == s->tdt ? ICR_TXQE : 0));
    }
}
