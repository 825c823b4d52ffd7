/* SPDX-License-Identifier: MIT */
/* The UART: FIFOs, trigger levels, time-out, interrupt priority, loopback, modem lines. */
#include "hw/char/uart16550.h"
#include "tests/device/rig.h"

enum { RBR = 0x3f8, IER = 0x3f9, IIR = 0x3fa, LCR = 0x3fb, MCR = 0x3fc, LSR = 0x3fd, MSR = 0x3fe, SCR = 0x3ff };

/* Input comes through loopback: what is sent is received. */
struct uart { struct rig rig; struct uart16550 *uart; struct wire irq; };

static void uart_init(struct uart *u)
{
    *u = (struct uart){ 0 };
    rig_init(&u->rig);
    u->uart = uart16550_new(u->rig.machine, 0x3f8, wire_line(&u->irq), NULL);
}

static void receive(struct uart *u, const char *text)
{
    uint8_t mcr = in8(&u->rig, MCR);
    out8(&u->rig, MCR, mcr | 0x10);
    for (; *text; text++) {
        out8(&u->rig, RBR, (uint8_t)*text);
    }
    out8(&u->rig, MCR, mcr);
    in8(&u->rig, MSR);
}

static void registers(struct test *test)
{
    struct uart u;
    uart_init(&u);
    EXPECT(test, in8(&u.rig, IIR) == 0x01 && in8(&u.rig, LSR) == 0x60 && in8(&u.rig, IER) == 0);
    out8(&u.rig, LCR, 0x83), out8(&u.rig, RBR, 0x34), out8(&u.rig, IER, 0x12);
    EXPECT(test, in8(&u.rig, RBR) == 0x34 && in8(&u.rig, IER) == 0x12);
    out8(&u.rig, LCR, 0x03);
    EXPECT(test, in8(&u.rig, LCR) == 0x03 && in8(&u.rig, IER) == 0);
    out8(&u.rig, IER, 0xff), out8(&u.rig, SCR, 0x5a), out8(&u.rig, MCR, 0xff);
    EXPECT(test, in8(&u.rig, IER) == 0x0f && in8(&u.rig, SCR) == 0x5a && in8(&u.rig, MCR) == 0x1f);
    rig_free(&u.rig);
}

static void fifo_is_recognised(struct test *test)
{
    struct uart u;
    uart_init(&u);
    EXPECT_EQ(test, in8(&u.rig, IIR) & 0xc0, 0);
    out8(&u.rig, IIR, 0x01);
    EXPECT_EQ(test, in8(&u.rig, IIR), 0xc1);
    receive(&u, "0123456789abcdef");
    EXPECT_EQ(test, in8(&u.rig, LSR), 0x61);
    receive(&u, "g");
    EXPECT_EQ(test, in8(&u.rig, LSR), 0x63);            /* overrun, said once; the FIFO keeps its bytes */
    EXPECT_EQ(test, in8(&u.rig, LSR), 0x61);
    bool right = true;
    for (unsigned i = 0; i < 16; i++) {
        right &= in8(&u.rig, RBR) == "0123456789abcdef"[i];
    }
    EXPECT(test, right && in8(&u.rig, LSR) == 0x60);
    rig_free(&u.rig);
}

static void without_fifo_one_byte(struct test *test)
{
    struct uart u;
    uart_init(&u);
    receive(&u, "ab");
    EXPECT_EQ(test, in8(&u.rig, LSR), 0x63);
    EXPECT_EQ(test, in8(&u.rig, RBR), 'b');
    EXPECT_EQ(test, in8(&u.rig, LSR), 0x60);
    rig_free(&u.rig);
}

static void trigger_level_and_timeout(struct test *test)
{
    struct uart u;
    uart_init(&u);
    out8(&u.rig, IIR, 0x81), out8(&u.rig, IER, 0x01), out8(&u.rig, MCR, 0x08);     /* eight bytes */
    receive(&u, "1234567");
    EXPECT(test, !u.irq.level);
    rig_run(&u.rig, 4000000);                           /* 9600 baud: 7 bits + ... four characters are 3.3 ms */
    EXPECT(test, u.irq.level && in8(&u.rig, IIR) == 0xcc);
    in8(&u.rig, RBR);
    EXPECT(test, !u.irq.level);
    receive(&u, "89");
    EXPECT(test, u.irq.level && in8(&u.rig, IIR) == 0xc4);
    in8(&u.rig, RBR);
    EXPECT(test, !u.irq.level);
    out8(&u.rig, IIR, 0x83);                            /* clears it */
    EXPECT_EQ(test, in8(&u.rig, LSR), 0x60);
    rig_run(&u.rig, 100000000);
    EXPECT(test, !u.irq.level);
    rig_free(&u.rig);
}

static void interrupt_priority(struct test *test)
{
    struct uart u;
    uart_init(&u);
    out8(&u.rig, MCR, 0x08), out8(&u.rig, IER, 0x07);
    receive(&u, "ab");
    EXPECT_EQ(test, in8(&u.rig, IIR), 0x06);
    in8(&u.rig, LSR);
    EXPECT_EQ(test, in8(&u.rig, IIR), 0x04);
    in8(&u.rig, RBR);
    EXPECT(test, u.irq.level && in8(&u.rig, IIR) == 0x02);
    EXPECT(test, !u.irq.level && in8(&u.rig, IIR) == 0x01);
    unsigned rises = u.irq.rises;
    out8(&u.rig, RBR, 'x');
    EXPECT(test, u.irq.level && u.irq.rises == rises + 1);
    out8(&u.rig, RBR, 'y');
    EXPECT_EQ(test, u.irq.rises, rises + 2);            /* every empty transmitter is an edge */
    out8(&u.rig, MCR, 0);
    EXPECT(test, !u.irq.level);                         /* OUT2 gates the line */
    rig_free(&u.rig);
}

static void loopback_of_modem_lines(struct test *test)
{
    struct uart u;
    uart_init(&u);
    EXPECT_EQ(test, in8(&u.rig, MSR), 0xb0);
    out8(&u.rig, MCR, 0x1a);                            /* RTS, OUT2: CTS, DCD */
    EXPECT_EQ(test, in8(&u.rig, MSR), 0x92);            /* DSR went away */
    EXPECT_EQ(test, in8(&u.rig, MSR), 0x90);
    out8(&u.rig, MCR, 0x15);                            /* DTR, OUT1 */
    EXPECT_EQ(test, in8(&u.rig, MSR), 0x6b);
    out8(&u.rig, MCR, 0x10);
    EXPECT_EQ(test, in8(&u.rig, MSR), 0x06);            /* the trailing edge of RI */
    out8(&u.rig, IER, 0x08), out8(&u.rig, MCR, 0x12);
    EXPECT_EQ(test, in8(&u.rig, IIR), 0x00);
    EXPECT(test, !u.irq.level);                         /* OUT2 is off the pin in loopback */
    rig_free(&u.rig);
}

static void output_reaches_the_stream(struct test *test)
{
    struct rig rig;
    struct wire irq = { 0 };
    char path[] = "/tmp/dragoman-uart-XXXXXX", *text = NULL;
    int fd = g_mkstemp(path);
    char *spec = g_strconcat("file:", path, NULL);
    struct character *character = character_open(spec, NULL);
    EXPECT(test, fd >= 0 && character);
    rig_init(&rig);
    uart16550_new(rig.machine, 0x2f8, wire_line(&irq), character);
    out8(&rig, 0x2fc, 0x10), out8(&rig, 0x2f8, '-');    /* loopback stays inside */
    out8(&rig, 0x2fc, 0), out8(&rig, 0x2f8, 'H'), out8(&rig, 0x2f8, 'i');
    rig_free(&rig);
    character_free(character);
    EXPECT(test, g_file_get_contents(path, &text, NULL, NULL) && !strcmp(text, "Hi"));
    remove(path);
    g_free(spec);
    g_free(text);
}

/* 8.4: one zero byte whose line status is seen when it is the next to be read; LSR.7: such a byte is in the FIFO. */
static void break_of_the_line(struct test *test)
{
    struct uart u = { 0 };
    struct character *character = character_open("null", NULL);
    rig_init(&u.rig);
    u.uart = uart16550_new(u.rig.machine, 0x3f8, wire_line(&u.irq), character);
    out8(&u.rig, IIR, 0x01), out8(&u.rig, IER, 0x04), out8(&u.rig, MCR, 0x08);
    receive(&u, "a");
    character_send_break(character);
    EXPECT(test, !u.irq.level && in8(&u.rig, LSR) == 0xe1);
    EXPECT_EQ(test, in8(&u.rig, RBR), 'a');
    EXPECT(test, u.irq.level && in8(&u.rig, IIR) == 0xc6 && in8(&u.rig, LSR) == 0xf1);
    EXPECT(test, !u.irq.level && in8(&u.rig, LSR) == 0x61 && in8(&u.rig, RBR) == 0 && in8(&u.rig, LSR) == 0x60);
    out8(&u.rig, IIR, 0);
    character_send_break(character);
    EXPECT(test, u.irq.level && in8(&u.rig, LSR) == 0x71 && in8(&u.rig, RBR) == 0);
    rig_free(&u.rig);
    character_free(character);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(registers), TEST(fifo_is_recognised), TEST(without_fifo_one_byte), TEST(trigger_level_and_timeout),
        TEST(interrupt_priority), TEST(loopback_of_modem_lines), TEST(output_reaches_the_stream),
        TEST(break_of_the_line),
    };
    return test_run_cases("uart16550", cases, ARRAY_LEN(cases));
}
