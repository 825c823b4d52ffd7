/* SPDX-License-Identifier: MIT */
/*
 * PrimeCell UART (PL011), ARM DDI 0183, revision r1p4 as its identification registers say (FIFOs of 16). Section numbers
 * refer to it. A character sent leaves at once; received ones come as fast as the guest makes room.
 *
 * Characters pass whether or not UARTCR enables the UART: small guests of the board "virt" never do, and firmware
 * relies on it. Left out: DMA requests, modem lines (the outside has none; CTS, DSR and DCD read as given), breaks
 * that the guest sends, parity and framing errors, IrDA.
 */
#include "hw/char/pl011.h"

enum pl011_register {
    UARTDR = 0x000, UARTRSR = 0x004, UARTFR = 0x018, UARTILPR = 0x020, UARTIBRD = 0x024, UARTFBRD = 0x028,
    UARTLCR_H = 0x02c, UARTCR = 0x030, UARTIFLS = 0x034, UARTIMSC = 0x038, UARTRIS = 0x03c, UARTMIS = 0x040,
    UARTICR = 0x044, UARTDMACR = 0x048, UARTPERIPHID0 = 0xfe0,
};
enum { FR_CTS = 1 << 0, FR_DSR = 1 << 1, FR_DCD = 1 << 2, FR_RXFE = 1 << 4, FR_RXFF = 1 << 6, FR_TXFE = 1 << 7 };
enum { LCR_H_PEN = 1 << 1, LCR_H_STP2 = 1 << 3, LCR_H_FEN = 1 << 4, LCR_H_WLEN = 3 << 5, LCR_H_WRITABLE = 0xff };
enum { CR_LBE = 1 << 7, CR_TXE = 1 << 8, CR_RXE = 1 << 9, CR_WRITABLE = 0xff87 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6, INT_BE = 1 << 9, INT_OE = 1 << 10, INT_ALL = 0x7ff };
enum { DR_DATA = 0xff, DR_BE = 1 << 10, DR_OE = 1 << 11, RSR_ERRORS = 0xf, IFLS_WRITABLE = 0x3f, DMACR_WRITABLE = 7 };
enum { UARTCLK_HZ = 24000000, PL011_BYTES = 0x1000 };

/* 3.2, table 3-1. */
static const struct pl011_state reset_state = { .timeout_ns = INT64_MAX, .cr = CR_TXE | CR_RXE, .ifls = 0x12 };
static const uint8_t identification[8] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static unsigned fifo_depth(const struct pl011_state *s)
{
    return s->lcr_h & LCR_H_FEN ? ARRAY_LEN(s->rx_fifo) : 1;
}

static unsigned fifo_room(const struct pl011_state *s)
{
    return s->rx_count < fifo_depth(s) ? fifo_depth(s) - s->rx_count : 0;
}

/* 3.3.9: an eighth, a quarter, a half, three quarters, seven eighths; the other encodings are reserved and taken as the
 * last one. */
static unsigned receive_level(const struct pl011_state *s)
{
    static const uint8_t levels[8] = { 2, 4, 8, 12, 14, 14, 14, 14 };
    return s->lcr_h & LCR_H_FEN ? levels[s->ifls >> 3 & 7] : 1;
}

static void update_irq(struct pl011 *uart)
{
    irq_set(&uart->irq, uart->state.ris & uart->state.imsc);
}

/* ---- Receiving ---- */

/* 2.8.5: characters wait in the FIFO for 32 bits' time. A divisor never set counts as 115200 baud. */
static int64_t patience_ns(const struct pl011_state *s)
{
    uint64_t divisor = s->ibrd << 6 | s->fbrd;
    return 32 * 16 * 1000000000ll / UARTCLK_HZ * (int64_t)(divisor ? divisor : 13 << 6 | 1) / 64;
}

static void arm_timeout(struct pl011 *uart)
{
    struct pl011_state *s = &uart->state;
    if (!s->rx_count || (s->ris & INT_RT) || !(s->imsc & INT_RT)) {
        s->timeout_ns = INT64_MAX;
    }
    if (s->timeout_ns != INT64_MAX) {
        timer_arm(uart->timeout_timer, s->timeout_ns);
    } else if (timer_armed(uart->timeout_timer)) {
        timer_cancel(uart->timeout_timer);
    }
}

static void start_timeout(struct pl011 *uart)
{
    struct pl011_state *s = &uart->state;
    s->timeout_ns = s->rx_count ? clock_now_ns(uart->machine->clocks, CLOCK_KIND_VIRTUAL) + patience_ns(s) : INT64_MAX;
    arm_timeout(uart);
}

static void timed_out(void *opaque)
{
    struct pl011 *uart = opaque;
    uart->state.ris |= INT_RT;
    uart->state.timeout_ns = INT64_MAX;
    update_irq(uart);
}

static void rx_push(struct pl011_state *s, uint16_t byte)
{
    if (!fifo_room(s)) {
        s->overrun = 1;                 /* 3.3.1: the FIFO keeps its characters, the new one is lost */
        s->ris |= INT_OE;
        return;
    }
    s->rx_fifo[(s->rx_head + s->rx_count++) % ARRAY_LEN(s->rx_fifo)] = byte | (s->overrun ? DR_OE : 0);
    s->overrun = 0;
    if (s->rx_count >= receive_level(s)) {
        s->ris |= INT_RX;
    }
}

static uint32_t rx_pop(struct pl011_state *s)
{
    uint32_t value = s->rx_fifo[s->rx_head];
    if (!s->rx_count) {
        return value;                   /* undefined by the manual: the character read last */
    }
    s->rx_head = (s->rx_head + 1) % ARRAY_LEN(s->rx_fifo);
    if (--s->rx_count == 0) {
        s->rx_head = (s->rx_head + ARRAY_LEN(s->rx_fifo) - 1) % ARRAY_LEN(s->rx_fifo);
        s->ris &= ~(uint32_t)INT_RT;    /* 2.8.5: the time-out goes when the FIFO becomes empty */
        s->rx_fifo[s->rx_head] = (uint16_t)value;
    }
    if (s->rx_count < receive_level(s)) {
        s->ris &= ~(uint32_t)INT_RX;
    }
    s->rsr = value >> 8 & RSR_ERRORS;
    return value;
}

static void tell_room(struct pl011 *uart)
{
    if (uart->character && fifo_room(&uart->state)) {
        character_accept(uart->character);
    }
}

static unsigned can_receive(void *device)
{
    struct pl011 *uart = device;
    return uart->state.cr & CR_LBE ? 0 : fifo_room(&uart->state);
}

static void receive(void *device, const uint8_t *bytes, unsigned count)
{
    struct pl011 *uart = device;
    for (unsigned i = 0; i < count; i++) {
        rx_push(&uart->state, bytes[i]);
    }
    start_timeout(uart);
    update_irq(uart);
}

/* 3.3.1: one character of zeroes, which is marked. */
static void break_seen(void *device)
{
    struct pl011 *uart = device;
    if (!(uart->state.cr & CR_LBE)) {
        rx_push(&uart->state, DR_BE);
        uart->state.ris |= INT_BE;
        start_timeout(uart);
        update_irq(uart);
    }
}

/* ---- Registers ---- */

static void transmit(struct pl011 *uart, uint8_t byte)
{
    if (uart->state.cr & CR_LBE) {
        rx_push(&uart->state, byte);
        start_timeout(uart);
    } else if (uart->character) {
        character_write(uart->character, &byte, 1);
    }
    uart->state.ris |= INT_TX;          /* 2.8.4: the FIFO has passed its level on the way down */
}

static uint32_t read_flags(const struct pl011_state *s)
{
    return FR_CTS | FR_DSR | FR_DCD | FR_TXFE | (s->rx_count ? 0 : FR_RXFE) | (fifo_room(s) ? 0 : FR_RXFF);
}

static void write_lcr_h(struct pl011_state *s, uint32_t value)
{
    if ((s->lcr_h ^ value) & LCR_H_FEN) {
        s->rx_count = s->rx_head = s->overrun = 0;
        s->ris &= ~(uint32_t)(INT_RX | INT_RT);
    }
    s->lcr_h = value & LCR_H_WRITABLE;
}

static void log_unknown(struct pl011 *uart, const char *what, uint64_t offset)
{
    log_write(uart->machine->log, LOG_guest_errors, "pl011: %s of unknown register %03x\n", what, (unsigned)offset);
}

static uint32_t read_data(struct pl011 *uart)
{
    uint32_t value = rx_pop(&uart->state);
    start_timeout(uart);
    tell_room(uart);
    update_irq(uart);
    return value;
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset)
{
    struct pl011_state *s = &uart->state;
    switch ((enum pl011_register)offset) {
    case UARTDR: return read_data(uart);
    case UARTRSR: return s->rsr;
    case UARTFR: return read_flags(s);
    case UARTILPR: return s->ilpr;
    case UARTIBRD: return s->ibrd;
    case UARTFBRD: return s->fbrd;
    case UARTLCR_H: return s->lcr_h;
    case UARTCR: return s->cr;
    case UARTIFLS: return s->ifls;
    case UARTIMSC: return s->imsc;
    case UARTRIS: return s->ris;
    case UARTMIS: return s->ris & s->imsc;
    case UARTDMACR: return s->dmacr;
    default: break;
    }
    if (offset >= UARTPERIPHID0) {
        return identification[(offset - UARTPERIPHID0) / 4];
    }
    log_unknown(uart, "read", offset);
    return 0;
}

/* Registers are 32 bits wide, but drivers reach their low bits by smaller accesses. */
static uint64_t pl011_read(void *device, uint64_t offset, unsigned size)
{
    return read_register(device, offset & ~3ull) >> (offset & 3) * 8;
}

static void pl011_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct pl011 *uart = device;
    struct pl011_state *s = &uart->state;
    switch ((enum pl011_register)offset) {
    case UARTDR: transmit(uart, (uint8_t)value); break;
    case UARTRSR: s->rsr = 0; break;
    case UARTFR: break;                 /* read only */
    case UARTILPR: s->ilpr = value & 0xff; break;
    case UARTIBRD: s->ibrd = value & 0xffff; break;
    case UARTFBRD: s->fbrd = value & 0x3f; break;
    case UARTLCR_H: write_lcr_h(s, (uint32_t)value); break;
    case UARTCR: s->cr = value & CR_WRITABLE; break;
    case UARTIFLS: s->ifls = value & IFLS_WRITABLE; break;
    case UARTIMSC:
        s->imsc = value & INT_ALL;
        start_timeout(uart);
        break;
    case UARTICR: s->ris &= ~(uint32_t)value; break;
    case UARTDMACR: s->dmacr = value & DMACR_WRITABLE; break;
    default: log_unknown(uart, "write", offset); break;
    }
    arm_timeout(uart);
    update_irq(uart);
    tell_room(uart);
}

static const struct io_ops pl011_ops = { pl011_read, pl011_write, 1, 4 };

static void loaded(void *device)
{
    struct pl011 *uart = device;
    arm_timeout(uart);
    update_irq(uart);
    tell_room(uart);
}

static void reset(void *device)
{
    struct pl011 *uart = device;
    uart->state = reset_state;
    loaded(uart);
}

static void pl011_free(void *device)
{
    struct pl011 *uart = device;
    if (uart->character) {
        character_set_client(uart->character, NULL);
    }
    timer_free(uart->timeout_timer);
    g_free(uart);
}

#define FIELD(member) SNAPSHOT_FIELD(struct pl011_state, member)
static const struct snapshot_field fields[] = {
    FIELD(timeout_ns), FIELD(ris), FIELD(imsc), FIELD(cr), FIELD(lcr_h), FIELD(ifls), FIELD(ibrd), FIELD(fbrd), FIELD(ilpr), FIELD(dmacr),
    FIELD(rx_fifo), FIELD(rx_head), FIELD(rx_count), FIELD(overrun), FIELD(rsr),
};

const struct device_type pl011_type = {
    .name = "pl011",
    .reset = reset,
    .loaded = loaded,
    .free = pl011_free,
    .state_offset = offsetof(struct pl011, state),
    .state_size = sizeof(struct pl011_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct pl011 *pl011_new(struct machine *machine, uint64_t base, struct irq_line irq, struct character *character)
{
    struct pl011 *uart = g_new0(struct pl011, 1);
    uart->machine = machine;
    uart->irq = irq;
    uart->character = character;
    uart->timeout_timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, timed_out, uart);
    memory_add_io(machine->memory, "pl011", base, PL011_BYTES, &pl011_ops, uart, 0);
    machine_add_device(machine, &pl011_type, uart);
    if (character) {
        const struct character_client client = { .device = uart, .can_receive = can_receive, .receive = receive,
                                                 .break_seen = break_seen };
        character_set_lock(character, &machine->lock);
        character_set_client(character, &client);
    }
    return uart;
}
