/* SPDX-License-Identifier: MIT */
/*
 * National PC16550D UART; section numbers refer to its data sheet. A byte sent leaves at once; received ones come as
 * fast as the guest makes room. The interrupt output reaches the bus only while MCR.OUT2 is set, as on a PC.
 * Left out: parity and framing errors (the outside has none), breaks that the guest sends, transmit timing.
 */
#include "hw/char/uart16550.h"

enum uart_register { RBR_THR = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

enum { IER_RX = 0x01, IER_THRE = 0x02, IER_LINE = 0x04, IER_MODEM = 0x08, IER_WRITABLE = 0x0f };
enum { IIR_MODEM = 0x00, IIR_NONE = 0x01, IIR_THRE = 0x02, IIR_RX = 0x04, IIR_LINE = 0x06, IIR_TIMEOUT = 0x0c,
       IIR_FIFOS_ON = 0xc0 };
enum { FCR_ENABLE = 0x01, FCR_CLEAR_RX = 0x02, FCR_CLEAR_TX = 0x04, FCR_DMA = 0x08, FCR_TRIGGER = 0xc0 };
enum { LCR_WORD = 0x03, LCR_STOP = 0x04, LCR_PARITY = 0x08, LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08, MCR_LOOP = 0x10, MCR_WRITABLE = 0x1f };
enum { LSR_DATA = 0x01, LSR_OVERRUN = 0x02, LSR_BREAK = 0x10, LSR_THR_EMPTY = 0x20, LSR_IDLE = 0x40, LSR_FIFO_ERROR = 0x80 };
enum { MSR_DELTA_CTS = 0x01, MSR_DELTA_DSR = 0x02, MSR_TRAILING_RI = 0x04, MSR_DELTA_DCD = 0x08,
       MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

/* 9600 baud at 1.8432 MHz; after reset the transmitter is empty (8.1). */
static const struct uart16550_state reset_state = { .divisor_low = 12 };

static unsigned fifo_room(const struct uart16550_state *s)
{
    unsigned depth = s->fcr & FCR_ENABLE ? sizeof(s->rx_fifo) : 1;
    return depth - (s->rx_count < depth ? s->rx_count : depth);
}

static unsigned trigger_level(const struct uart16550_state *s)
{
    static const uint8_t levels[4] = { 1, 4, 8, 14 };
    return s->fcr & FCR_ENABLE ? levels[s->fcr >> 6] : 1;
}

/* 8.4: a break is told of while its byte is the next to be read. */
static bool break_is_next(const struct uart16550_state *s)
{
    return s->rx_count && s->rx_break[s->rx_head];
}

/* The one place that knows interrupt priority (8.5). */
static uint8_t pending_interrupt(const struct uart16550_state *s)
{
    if ((s->ier & IER_LINE) && (s->overrun || break_is_next(s))) {
        return IIR_LINE;
    }
    if ((s->ier & IER_RX) && s->rx_count >= trigger_level(s)) {
        return IIR_RX;
    }
    if ((s->ier & IER_RX) && s->timeout && s->rx_count) {
        return IIR_TIMEOUT;
    }
    if ((s->ier & IER_THRE) && s->thre_interrupt) {
        return IIR_THRE;
    }
    if ((s->ier & IER_MODEM) && s->msr_delta) {
        return IIR_MODEM;
    }
    return IIR_NONE;
}

static void update_irq(struct uart16550 *uart)
{
    const struct uart16550_state *s = &uart->state;
    bool enabled = (s->mcr & MCR_OUT2) && !(s->mcr & MCR_LOOP);
    irq_set(&uart->irq, enabled && pending_interrupt(s) != IIR_NONE);
}

/* ---- Receiving ---- */

/* Four characters' time without a byte coming or going (8.5, time-out). */
static int64_t timeout_ns(const struct uart16550_state *s)
{
    unsigned bits = 1 + 5 + (s->lcr & LCR_WORD) + (s->lcr & LCR_PARITY ? 1 : 0) + (s->lcr & LCR_STOP ? 2 : 1);
    unsigned divisor = s->divisor_low | s->divisor_high << 8;
    return 4ll * bits * (divisor ? divisor : 1) * 16 * 1000000000 / 1843200;
}

static void arm_timeout(struct uart16550 *uart)
{
    const struct uart16550_state *s = &uart->state;
    if ((s->fcr & FCR_ENABLE) && s->rx_count && !s->timeout && (s->ier & IER_RX)) {
        timer_arm(uart->timeout_timer, clock_now_ns(uart->machine->clocks, CLOCK_KIND_VIRTUAL) + timeout_ns(s));
    } else {
        timer_cancel(uart->timeout_timer);
    }
}

static void timed_out(void *opaque)
{
    struct uart16550 *uart = opaque;
    uart->state.timeout = 1;
    update_irq(uart);
}

static void rx_push(struct uart16550_state *s, uint8_t byte, bool is_break)
{
    if (!fifo_room(s)) {
        s->overrun = 1;
        if (s->fcr & FCR_ENABLE) {
            return;                     /* the shift register is overwritten, the FIFO keeps its bytes (8.4) */
        }
        s->rx_count = 0;                /* without FIFO the new byte replaces the old */
    }
    const unsigned at = (s->rx_head + s->rx_count++) % sizeof(s->rx_fifo);
    s->rx_fifo[at] = byte;
    s->rx_break[at] = is_break;
    s->timeout = 0;
}

static uint8_t rx_pop(struct uart16550_state *s)
{
    uint8_t byte = s->rx_fifo[s->rx_head];
    if (s->rx_count) {
        s->rx_head = (s->rx_head + 1) % sizeof(s->rx_fifo);
        s->rx_count--;
    }
    s->timeout = 0;
    return byte;
}

static void tell_room(struct uart16550 *uart)
{
    if (uart->character && fifo_room(&uart->state)) {
        character_accept(uart->character);
    }
}

static unsigned can_receive(void *device)
{
    struct uart16550 *uart = device;
    return uart->state.mcr & MCR_LOOP ? 0 : fifo_room(&uart->state);
}

static void receive(void *device, const uint8_t *bytes, unsigned count)
{
    struct uart16550 *uart = device;
    for (unsigned i = 0; i < count; i++) {
        rx_push(&uart->state, bytes[i], false);
    }
    arm_timeout(uart);
    update_irq(uart);
}

static void break_seen(void *device)
{
    struct uart16550 *uart = device;
    if (!(uart->state.mcr & MCR_LOOP)) {
        rx_push(&uart->state, 0, true);
        arm_timeout(uart);
        update_irq(uart);
    }
}

/* ---- Registers ---- */

static void transmit(struct uart16550 *uart, uint8_t byte)
{
    struct uart16550_state *s = &uart->state;
    s->thre_interrupt = 0;
    update_irq(uart);                   /* full for a moment: the next THRE is a new edge */
    if (s->mcr & MCR_LOOP) {
        rx_push(s, byte, false);
        arm_timeout(uart);
    } else if (uart->character) {
        character_write(uart->character, &byte, 1);
    }
    s->thre_interrupt = 1;
}

/* Modem lines: the outside's, or in loopback our own outputs (8.6). */
static uint8_t modem_lines(const struct uart16550 *uart)
{
    uint8_t mcr = uart->state.mcr;
    if (!(mcr & MCR_LOOP)) {
        return MSR_DCD | MSR_DSR | MSR_CTS;
    }
    return (mcr & MCR_RTS ? MSR_CTS : 0) | (mcr & MCR_DTR ? MSR_DSR : 0) | (mcr & MCR_OUT1 ? MSR_RI : 0) |
           (mcr & MCR_OUT2 ? MSR_DCD : 0);
}

static void write_mcr(struct uart16550 *uart, uint8_t value)
{
    uint8_t before = modem_lines(uart);
    uart->state.mcr = value & MCR_WRITABLE;
    uint8_t after = modem_lines(uart), changed = before ^ after;
    uart->state.msr_delta |= (changed & MSR_CTS ? MSR_DELTA_CTS : 0) | (changed & MSR_DSR ? MSR_DELTA_DSR : 0) |
                             (changed & before & MSR_RI ? MSR_TRAILING_RI : 0) |
                             (changed & MSR_DCD ? MSR_DELTA_DCD : 0);
}

static void write_fcr(struct uart16550_state *s, uint8_t value)
{
    if ((s->fcr ^ value) & FCR_ENABLE || ((value & FCR_ENABLE) && (value & FCR_CLEAR_RX))) {
        s->rx_head = s->rx_count = s->timeout = 0;
    }
    if ((value & FCR_ENABLE) && (value & FCR_CLEAR_TX)) {
        s->thre_interrupt = 1;
    }
    s->fcr = value & FCR_ENABLE ? value & (FCR_ENABLE | FCR_DMA | FCR_TRIGGER) : 0;
}

static uint8_t read_lsr(struct uart16550_state *s)
{
    uint8_t value = LSR_THR_EMPTY | LSR_IDLE | (s->rx_count ? LSR_DATA : 0) | (s->overrun ? LSR_OVERRUN : 0);
    value |= break_is_next(s) ? LSR_BREAK : 0;
    for (unsigned i = 0; i < s->rx_count && s->fcr & FCR_ENABLE; i++) {
        value |= s->rx_break[(s->rx_head + i) % sizeof(s->rx_break)] ? LSR_FIFO_ERROR : 0;
    }
    s->overrun = 0;
    s->rx_break[s->rx_head] = 0;
    return value;
}

static uint64_t uart_read(void *device, uint64_t offset, unsigned size)
{
    struct uart16550 *uart = device;
    struct uart16550_state *s = &uart->state;
    bool dlab = s->lcr & LCR_DLAB;
    uint8_t value = 0;

    switch ((enum uart_register)offset) {
    case RBR_THR:
        value = dlab ? s->divisor_low : rx_pop(s);
        break;
    case IER:
        value = dlab ? s->divisor_high : s->ier;
        break;
    case IIR_FCR:
        value = pending_interrupt(s);
        if (value == IIR_THRE) {
            s->thre_interrupt = 0;
        }
        value |= s->fcr & FCR_ENABLE ? IIR_FIFOS_ON : 0;
        break;
    case LCR: value = s->lcr; break;
    case MCR: value = s->mcr; break;
    case LSR: value = read_lsr(s); break;
    case MSR:
        value = modem_lines(uart) | s->msr_delta;
        s->msr_delta = 0;
        break;
    case SCR: value = s->scr; break;
    }
    if (offset == RBR_THR && !dlab) {
        arm_timeout(uart);
        tell_room(uart);
    }
    update_irq(uart);
    return value;
}

static void uart_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct uart16550 *uart = device;
    struct uart16550_state *s = &uart->state;
    bool dlab = s->lcr & LCR_DLAB;
    uint8_t byte = (uint8_t)value;

    switch ((enum uart_register)offset) {
    case RBR_THR:
        if (dlab) {
            s->divisor_low = byte;
        } else {
            transmit(uart, byte);
        }
        break;
    case IER:
        if (dlab) {
            s->divisor_high = byte;
            break;
        }
        if (!(s->ier & IER_THRE) && (byte & IER_THRE)) {
            s->thre_interrupt = 1;
        }
        s->ier = byte & IER_WRITABLE;
        arm_timeout(uart);
        break;
    case IIR_FCR:
        write_fcr(s, byte);
        arm_timeout(uart);
        tell_room(uart);
        break;
    case LCR: s->lcr = byte; break;
    case MCR:
        write_mcr(uart, byte);
        tell_room(uart);
        break;
    case LSR:
    case MSR: break;                    /* read only */
    case SCR: s->scr = byte; break;
    }
    update_irq(uart);
}

static const struct io_ops uart_ops = { uart_read, uart_write, 1, 1 };

static void loaded(void *device)
{
    struct uart16550 *uart = device;
    arm_timeout(uart);
    update_irq(uart);
    tell_room(uart);
}

static void reset(void *device)
{
    struct uart16550 *uart = device;
    uart->state = reset_state;
    loaded(uart);
}

static void uart16550_free(void *device)
{
    struct uart16550 *uart = device;
    if (uart->character) {
        character_set_client(uart->character, NULL);
    }
    timer_free(uart->timeout_timer);
    g_free(uart);
}

#define FIELD(member) SNAPSHOT_FIELD(struct uart16550_state, member)
static const struct snapshot_field fields[] = {
    FIELD(rx_fifo), FIELD(rx_head), FIELD(rx_count), FIELD(rx_break), FIELD(ier), FIELD(fcr), FIELD(lcr), FIELD(mcr), FIELD(scr),
    FIELD(divisor_low), FIELD(divisor_high), FIELD(overrun), FIELD(thre_interrupt), FIELD(timeout), FIELD(msr_delta),
};

const struct device_type uart16550_type = {
    .name = "uart16550",
    .reset = reset,
    .loaded = loaded,
    .free = uart16550_free,
    .state_offset = offsetof(struct uart16550, state),
    .state_size = sizeof(struct uart16550_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct uart16550 *uart16550_new(struct machine *machine, uint16_t base, struct irq_line irq,
                                struct character *character)
{
    struct uart16550 *uart = g_new0(struct uart16550, 1);
    uart->machine = machine;
    uart->irq = irq;
    uart->character = character;
    uart->timeout_timer = timer_new(machine->clocks, CLOCK_KIND_VIRTUAL, timed_out, uart);
    memory_add_io(machine->ports, "uart", base, 8, &uart_ops, uart, 0);
    machine_add_device(machine, &uart16550_type, uart);
    if (character) {
        const struct character_client client = { .device = uart, .can_receive = can_receive, .receive = receive,
                                                 .break_seen = break_seen };
        character_set_lock(character, &machine->lock);
        character_set_client(character, &client);
    }
    return uart;
}
