/* SPDX-License-Identifier: MIT */
/* xHCI with a tablet: slots, control transfers and reports by rings, short packets, stalls, a full event ring, sleep and waking. */
#include "hw/usb/hid.h"
#include "hw/usb/xhci.h"
#include "tests/device/rig.h"

enum { BAR = 0xe0000000, SLOT = 4, CONTEXTS = 0x10000, SEGMENTS = 0x10800, EVENTS = 0x11000, COMMANDS = 0x12000, INPUT = 0x13000,
       OUTPUT = 0x14000, CONTROL_RING = 0x15000, REPORT_RING = 0x16000, DATA = 0x17000, EVENT_COUNT = 16 };
enum { USBCMD = 0x40, USBSTS = 0x44, PORTSC1 = 0x440, IMAN = 0x1020, ERDP = 0x1038 };
enum { CYCLE = 1, IOC = 32, ISP = 4 };

struct bench {
    struct rig rig;
    struct wire wire;
    struct pci_bus *pci;
    struct input *input;
    struct xhci *hc;
    struct usb_hid *tablet;
    unsigned event, command, control, report;       /* next places on the rings; these rings do not wrap */
    uint32_t cycle;
};

static uint32_t get(struct bench *b, unsigned reg) { return (uint32_t)memory_read(b->rig.machine->memory, BAR + reg, 4); }
static void put(struct bench *b, unsigned reg, uint64_t value) { memory_write(b->rig.machine->memory, BAR + reg, value, 4); }
static uint32_t word(struct bench *b, uint32_t at) { return (uint32_t)memory_read(b->rig.machine->memory, at, 4); }
static void set(struct bench *b, uint32_t at, uint64_t value, unsigned size) { memory_write(b->rig.machine->memory, at, value, size); }

static void set_trb(struct bench *b, uint32_t at, uint64_t parameter, uint32_t status, uint32_t control)
{
    set(b, at, parameter, 8), set(b, at + 8, status, 4), set(b, at + 12, control | CYCLE, 4);
}

static void begin(struct bench *b)
{
    *b = (struct bench){ .cycle = 1 };
    rig_init(&b->rig);
    b->pci = pci_bus_new(b->rig.machine);
    for (unsigned i = 0; i < PCI_PINS; i++) {
        b->pci->pirq[i] = wire_line(&b->wire);
    }
    b->input = input_new();
    b->hc = xhci_new(b->rig.machine, b->pci, SLOT, 4);
    b->tablet = usb_hid_new(b->rig.machine, b->input, USB_HID_TABLET);
    usb_device_attach(&b->tablet->usb, &b->hc->bus.ports[0]);
    pci_bus_config_write(b->pci, SLOT * 8, 0x10, BAR, 4);
    pci_bus_config_write(b->pci, SLOT * 8, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    set(b, CONTEXTS + 8, OUTPUT, 8), set(b, SEGMENTS, EVENTS, 8), set(b, SEGMENTS + 8, EVENT_COUNT, 8);
    put(b, 0x70, CONTEXTS), put(b, 0x78, 1), put(b, 0x58, COMMANDS | CYCLE), put(b, 0x5c, 0);
    put(b, 0x1028, 1), put(b, ERDP, EVENTS), put(b, 0x1030, SEGMENTS), put(b, 0x1034, 0), put(b, IMAN, 2);
    put(b, USBCMD, 5);
}

static void end(struct bench *b)
{
    machine_free_devices(b->rig.machine);
    rig_free(&b->rig);
    input_free(b->input);
}

/* The next event, which is taken off the ring; false: none. */
static bool next_event(struct bench *b, uint32_t words[4])
{
    uint32_t at = EVENTS + b->event * 16;
    for (unsigned i = 0; i < 4; i++) {
        words[i] = word(b, at + i * 4);
    }
    if ((words[3] & CYCLE) != b->cycle) {
        return false;
    }
    b->event = (b->event + 1) % EVENT_COUNT;
    b->cycle ^= !b->event;
    put(b, ERDP, (EVENTS + b->event * 16) | 8), put(b, ERDP + 4, 0);
    return true;
}

/* Events of a type; the code of the first. -1: it is another, or there is none. */
static int expect_event(struct bench *b, unsigned type)
{
    uint32_t words[4];
    return next_event(b, words) && (words[3] >> 10 & 63) == type ? (int)(words[2] >> 24) : -1;
}

static int command(struct bench *b, uint64_t parameter, unsigned type, unsigned more)
{
    set_trb(b, COMMANDS + b->command++ * 16, parameter, 0, type << 10 | more);
    put(b, 0x2000, 0);
    return expect_event(b, TRB_COMPLETION_EVENT);
}

/* Slot 1 on port 1 with its control endpoint and reports' endpoint. */
static void enumerate(struct bench *b, struct test *test)
{
    EXPECT_EQ(test, expect_event(b, TRB_PORT_EVENT), XHCI_SUCCESS);
    put(b, PORTSC1, 0x210);
    EXPECT_EQ(test, expect_event(b, TRB_PORT_EVENT), XHCI_SUCCESS);
    EXPECT_EQ(test, get(b, PORTSC1), 0x00220603);
    put(b, PORTSC1, 0x220200);
    EXPECT_EQ(test, get(b, PORTSC1), 0x00000603);
    EXPECT_EQ(test, command(b, 0, TRB_NO_OP_COMMAND, 0), XHCI_SUCCESS);
    EXPECT_EQ(test, command(b, INPUT, TRB_ADDRESS_DEVICE, 1 << 24), XHCI_SLOT_NOT_ENABLED);
    EXPECT_EQ(test, command(b, 0, TRB_ENABLE_SLOT, 0), XHCI_SUCCESS);
    set(b, INPUT + 4, 3, 4), set(b, INPUT + 32, 1u << 27 | 1 << 20, 4), set(b, INPUT + 36, 1 << 16, 4);
    set(b, INPUT + 64 + 4, 8 << 16 | 4 << 3, 4), set(b, INPUT + 64 + 8, CONTROL_RING | CYCLE, 8);
    EXPECT_EQ(test, command(b, INPUT, TRB_ADDRESS_DEVICE, 1 << 24), XHCI_SUCCESS);
    EXPECT(test, word(b, OUTPUT + 12) == (2u << 27 | 1) && (word(b, OUTPUT + 32) & 7) == XHCI_EP_RUNNING);
    EXPECT_EQ(test, b->tablet->state.usb.address, 1);
    set(b, INPUT + 4, 1 | 1 << 3, 4), set(b, INPUT + 128 + 4, 8 << 16 | 7 << 3, 4), set(b, INPUT + 128 + 8, REPORT_RING | CYCLE, 8);
    EXPECT_EQ(test, command(b, INPUT, TRB_CONFIGURE_ENDPOINT, 1 << 24), XHCI_SUCCESS);
    EXPECT_EQ(test, word(b, OUTPUT + 12) >> 27, 3);
}

/* A control transfer; returns the code of its last event. */
static int control(struct bench *b, uint64_t setup, unsigned length, bool in)
{
    set_trb(b, CONTROL_RING + b->control++ * 16, setup, 8, TRB_SETUP << 10 | TRB_IMMEDIATE);
    if (length) {
        set_trb(b, CONTROL_RING + b->control++ * 16, DATA, length, TRB_DATA << 10 | ISP | (in ? TRB_DIRECTION_IN : 0));
    }
    set_trb(b, CONTROL_RING + b->control++ * 16, 0, 0, TRB_STATUS << 10 | IOC | (in && length ? 0 : TRB_DIRECTION_IN));
    put(b, 0x2004, 1);
    uint32_t words[4];
    int code = -1;
    while (next_event(b, words)) {
        code = (int)(words[2] >> 24);
    }
    return code;
}

static void control_transfers(struct test *test)
{
    struct bench b;
    begin(&b);
    enumerate(&b, test);
    EXPECT_EQ(test, control(&b, 0x0012000001000680ull, 18, true), XHCI_SUCCESS);
    EXPECT(test, word(&b, DATA) == 0x02000112 && word(&b, DATA + 8) == 0x00010627);
    EXPECT_EQ(test, control(&b, 0x0000000000010900ull, 0, false), XHCI_SUCCESS);
    EXPECT_EQ(test, b.tablet->state.usb.configuration, 1);
    EXPECT_EQ(test, control(&b, 0x00ff000002000680ull, 255, true), XHCI_SUCCESS);      /* 34 of 255 bytes */
    EXPECT_EQ(test, word(&b, DATA) & 0xffff, 0x0209);
    EXPECT_EQ(test, control(&b, 0x0000000000020900ull, 0, false), XHCI_STALL);
    EXPECT_EQ(test, word(&b, OUTPUT + 32) & 7, XHCI_EP_HALTED);
    EXPECT_EQ(test, command(&b, 0, TRB_RESET_ENDPOINT, 1 << 24 | 1 << 16), XHCI_SUCCESS);
    EXPECT_EQ(test, command(&b, (CONTROL_RING + b.control * 16) | CYCLE, TRB_SET_DEQUEUE, 1 << 24 | 1 << 16), XHCI_SUCCESS);
    EXPECT_EQ(test, control(&b, 0x0012000001000680ull, 18, true), XHCI_SUCCESS);
    EXPECT_EQ(test, command(&b, 0, TRB_DISABLE_SLOT, 1 << 24), XHCI_SUCCESS);
    EXPECT_EQ(test, command(&b, 0, 40, 1 << 24), XHCI_SLOT_NOT_ENABLED);
    end(&b);
}

static void reports(struct test *test)
{
    struct bench b;
    uint32_t words[4];
    begin(&b);
    enumerate(&b, test);
    control(&b, 0x0000000000010900ull, 0, false);
    for (unsigned i = 0; i < 40; i++) {
        set_trb(&b, REPORT_RING + i * 16, DATA + i * 8, 8, TRB_NORMAL << 10 | IOC | ISP);
    }
    put(&b, 0x2004, 3);
    put(&b, IMAN, 3);
    EXPECT(test, !next_event(&b, words) && input_wants_absolute(b.input) && !b.wire.level);
    EXPECT_EQ(test, clocks_next_deadline_ns(b.rig.machine->clocks, CLOCK_KIND_VIRTUAL), INT64_MAX);     /* nothing wakes the host */
    input_absolute(b.input, 0x1234, 0x4567, 0, INPUT_LEFT);
    EXPECT(test, b.wire.level && next_event(&b, words));
    EXPECT(test, words[0] == REPORT_RING && words[2] == (XHCI_SHORT_PACKET << 24 | 2) && words[3] >> 16 == (1 << 8 | 3));
    EXPECT(test, (word(&b, DATA) & 0xffffff) == 0x123401);
    put(&b, IMAN, 3);
    EXPECT(test, !b.wire.level);
    for (unsigned i = 0; i < 25; i++) {             /* more than the event ring takes: the rest waits for room */
        input_absolute(b.input, i, i, 0, 0);
    }
    unsigned events = 0;
    while (next_event(&b, words)) {
        events++;
    }
    EXPECT_EQ(test, events, 25);
    EXPECT_EQ(test, command(&b, 0, TRB_STOP_ENDPOINT, 1 << 24 | 3 << 16), -1);
    EXPECT_EQ(test, expect_event(&b, TRB_COMPLETION_EVENT), XHCI_SUCCESS);          /* after the one of the transfer that it stopped */
    input_absolute(b.input, 9, 9, 0, 0);
    EXPECT(test, !next_event(&b, words));
    put(&b, 0x2004, 3);
    EXPECT(test, next_event(&b, words));
    end(&b);
}

static void sleep_and_wake(struct test *test)
{
    struct bench b;
    uint32_t words[4];
    begin(&b);
    enumerate(&b, test);
    control(&b, 0x0000000000010900ull, 0, false);
    control(&b, 0x0000000000010300ull, 0, false);                             /* may wake its host */
    set_trb(&b, REPORT_RING, DATA, 8, TRB_NORMAL << 10 | IOC);
    put(&b, 0x2004, 3);
    put(&b, PORTSC1, 0x10260);
    EXPECT_EQ(test, get(&b, PORTSC1) >> 5 & 15, 3);
    input_absolute(b.input, 5, 5, 0, 0);
    EXPECT(test, (get(&b, PORTSC1) >> 5 & 15) == 15 && get(&b, PORTSC1) & 1 << 22);
    EXPECT_EQ(test, expect_event(&b, TRB_PORT_EVENT), XHCI_SUCCESS);
    put(&b, PORTSC1, 0x410200);
    EXPECT(test, next_event(&b, words) && words[0] == (1 << 24) && next_event(&b, words) && words[0] == REPORT_RING);
    usb_device_detach(&b.tablet->usb);
    EXPECT_EQ(test, get(&b, PORTSC1) & 3, 0);
    end(&b);
}

/* Rings in circles, and none at all. */
static void hostile_rings(struct test *test)
{
    struct bench b;
    begin(&b);
    enumerate(&b, test);
    set_trb(&b, CONTROL_RING, CONTROL_RING, 0, TRB_LINK << 10);
    put(&b, 0x2004, 1);
    for (unsigned i = 0; i < 300; i++) {
        set_trb(&b, REPORT_RING + i * 16, DATA, 8, TRB_NORMAL << 10 | TRB_CHAIN);
    }
    put(&b, 0x2004, 3);
    set_trb(&b, COMMANDS + b.command * 16, 0, 0, TRB_NO_OP_COMMAND << 10), set_trb(&b, COMMANDS + b.command * 16 + 16, COMMANDS, 0, TRB_LINK << 10);
    put(&b, 0x2000, 0);
    rig_run(&b.rig, 20000000);
    EXPECT(test, !(get(&b, USBSTS) & 4));
    pci_bus_config_write(b.pci, SLOT * 8, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    rig_run(&b.rig, 20000000);
    put(&b, 0x2000, 0);
    EXPECT_EQ(test, get(&b, USBSTS) & 5, 5);                                         /* host system error, halted */
    put(&b, USBCMD, 2);
    EXPECT_EQ(test, get(&b, USBSTS), 1);
    end(&b);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(control_transfers), TEST(reports), TEST(sleep_and_wake), TEST(hostile_rings) };
    return test_run_cases("xhci", cases, G_N_ELEMENTS(cases));
}
