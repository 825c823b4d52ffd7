/* SPDX-License-Identifier: MIT */
/* UHCI with a tablet and a keyboard: schedules as drivers make them, errors, pace, sleep and waking, and hostile schedules. */
#include <linux/input-event-codes.h>
#include "hw/usb/hid.h"
#include "hw/usb/uhci.h"
#include "tests/device/rig.h"

enum { IO = 0xc000, FRAMES = 0x10000, QUEUE = 0x20000, TDS = 0x21000, DATA = 0x30000, SLOT = 4 };
enum { COMMAND = 0, STATUS = 2, ENABLE = 4, FRAME = 6, BASE = 8, PORT1 = 0x10, PORT2 = 0x12 };
enum { IN = 0x69, OUT = 0xe1, SETUP = 0x2d, ACTIVE = 1 << 23, IOC = 1 << 24, SPD = 1 << 29, ERRORS_3 = 3 << 27, NAK = 1 << 19,
       STALLED = 1 << 22, BABBLE = 1 << 20, TIMEOUT = 1 << 18 };
static const int64_t MS = 1000000;

struct bench {
    struct rig rig;
    struct wire wire;
    struct pci_bus *pci;
    struct input *input;
    struct uhci *hc;
    struct usb_hid *tablet, *keyboard;
};

static uint16_t get(struct bench *b, unsigned reg) { return (uint16_t)memory_read(b->rig.machine->ports, IO + reg, 2); }
static void put(struct bench *b, unsigned reg, uint32_t value) { memory_write(b->rig.machine->ports, IO + reg, value, reg == BASE ? 4 : 2); }
static uint32_t word(struct bench *b, uint32_t at) { return (uint32_t)memory_read(b->rig.machine->memory, at, 4); }
static void set_word(struct bench *b, uint32_t at, uint32_t value) { memory_write(b->rig.machine->memory, at, value, 4); }

static void begin(struct bench *b)
{
    *b = (struct bench){ .wire = { 0 } };
    rig_init(&b->rig);
    b->pci = pci_bus_new(b->rig.machine);
    for (unsigned i = 0; i < PCI_PINS; i++) {
        b->pci->pirq[i] = wire_line(&b->wire);
    }
    b->input = input_new();
    b->hc = uhci_new(b->rig.machine, b->pci, SLOT, 0, UHCI_PIIX3, false);
    b->tablet = usb_hid_new(b->rig.machine, b->input, USB_HID_TABLET);
    b->keyboard = usb_hid_new(b->rig.machine, b->input, USB_HID_KEYBOARD);
    usb_device_attach(&b->tablet->usb, &b->hc->bus.ports[0]);
    usb_device_attach(&b->keyboard->usb, &b->hc->bus.ports[1]);
    pci_bus_config_write(b->pci, SLOT * 8, 0x20, IO, 4);
    pci_bus_config_write(b->pci, SLOT * 8, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    for (unsigned i = 0; i < 1024; i++) {
        set_word(b, FRAMES + i * 4, QUEUE | 2);
    }
    set_word(b, QUEUE, 1), set_word(b, QUEUE + 4, 1);
    put(b, BASE, FRAMES), put(b, ENABLE, 15);
    for (unsigned reg = PORT1; reg <= PORT2; reg += 2) {
        put(b, reg, 0x200), put(b, reg, 0), put(b, reg, 4), put(b, reg, 0x0e);
    }
    put(b, COMMAND, 0xc1);
}

static void end(struct bench *b)
{
    machine_free_devices(b->rig.machine);
    rig_free(&b->rig);
    input_free(b->input);
}

static void set_td(struct bench *b, unsigned index, uint32_t link, uint32_t control, unsigned pid, unsigned address, unsigned endpoint,
                   unsigned bytes)
{
    uint32_t at = TDS + index * 32;
    set_word(b, at, link), set_word(b, at + 4, control | ACTIVE);
    set_word(b, at + 8, pid | address << 8 | endpoint << 15 | ((bytes - 1) & 0x7ff) << 21), set_word(b, at + 12, DATA + index * 64);
}

static uint32_t control_of(struct bench *b, unsigned index) { return word(b, TDS + index * 32 + 4); }
static unsigned length_of(struct bench *b, unsigned index) { return (control_of(b, index) + 1) & 0x7ff; }

/* With a register write, so that it is looked at in the next frame. */
static void start_queue(struct bench *b)
{
    set_word(b, QUEUE + 4, TDS);
    put(b, PORT2, 4);
}

/* A control transfer of up to 8 bytes a packet; returns the bytes of its data stage, or -1: stalled. */
static int control(struct bench *b, unsigned address, unsigned type, unsigned request, unsigned value, unsigned index, unsigned length,
                   uint8_t *data)
{
    unsigned packets = (length + 7) / 8, total = 0, in = type & 0x80;
    const uint8_t setup[8] = { (uint8_t)type, (uint8_t)request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index,
                               (uint8_t)(index >> 8), (uint8_t)length, (uint8_t)(length >> 8) };
    set_td(b, 0, (TDS + 32) | 4, 0, SETUP, address, 0, 8);
    memory_write_bytes(b->rig.machine->memory, DATA, setup, 8);
    for (unsigned i = 0; i < packets; i++) {
        set_td(b, 1 + i, (TDS + 64 + i * 32) | 4, 0, in ? IN : OUT, address, 0, MIN(8, length - i * 8));
        if (!in) {
            memory_write_bytes(b->rig.machine->memory, DATA + 64 + i * 64, data + i * 8, MIN(8, length - i * 8));
        }
    }
    set_td(b, 1 + packets, 1, IOC, in ? OUT : IN, address, 0, 0);
    set_word(b, QUEUE + 4, TDS);
    rig_run(&b->rig, 40 * MS);
    bool stalled = false;
    for (unsigned i = 1; i < packets + 2; i++) {
        stalled |= control_of(b, i) & STALLED;
        if (i <= packets && in && !stalled) {
            memory_read_bytes(b->rig.machine->memory, DATA + i * 64, data + total, length_of(b, i));
        }
        total += i <= packets ? length_of(b, i) : 0;
    }
    set_word(b, QUEUE + 4, 1);
    put(b, STATUS, 0x3f);
    return stalled ? -1 : (int)total;
}

/* Port 1's device gets address 5, port 2's 6, both are configured. Both listen at address 0 first, so one at a time. */
static void enumerate(struct bench *b, struct test *test)
{
    uint8_t data[256];
    put(b, PORT2, 0);
    EXPECT_EQ(test, control(b, 0, 0, 5, 5, 0, 0, NULL), 0);
    put(b, PORT2, 4);
    EXPECT_EQ(test, control(b, 0, 0, 5, 6, 0, 0, NULL), 0);
    EXPECT_EQ(test, control(b, 5, 0x80, 6, 0x0100, 0, 18, data), 18);
    EXPECT(test, data[0] == 18 && data[8] == 0x27 && data[9] == 0x06);
    EXPECT_EQ(test, control(b, 5, 0, 9, 1, 0, 0, NULL), 0);
    EXPECT_EQ(test, control(b, 6, 0, 9, 1, 0, 0, NULL), 0);
    EXPECT_EQ(test, control(b, 5, 0x80, 8, 0, 0, 1, data), 1);
    EXPECT_EQ(test, data[0], 1);
}

static void requests(struct test *test)
{
    struct bench b;
    uint8_t data[256] = { 0 };
    begin(&b);
    EXPECT(test, (get(&b, PORT1) & 0x187) == 0x85 && get(&b, PORT1 + 4) == 0xffff);
    enumerate(&b, test);
    EXPECT_EQ(test, control(&b, 5, 0x80, 6, 0x0200, 0, 255, data), 34);             /* shorter than asked for */
    EXPECT(test, data[2] == 34 && data[27 - 9 + 1] == 0x21);
    EXPECT_EQ(test, control(&b, 5, 0x81, 6, 0x2200, 0, 255, data), 74);
    EXPECT_EQ(test, control(&b, 5, 0x80, 6, 0x0303, 0x409, 255, data), 2 + 2 * (int)strlen("Dragoman USB Tablet"));
    EXPECT(test, data[1] == 3 && data[2] == 'D' && data[4] == 'r');
    EXPECT_EQ(test, control(&b, 5, 0x80, 6, 0x0309, 0x409, 255, data), -1);          /* no such string */
    EXPECT_EQ(test, control(&b, 5, 0, 9, 2, 0, 0, NULL), -1);                        /* no such configuration */
    EXPECT_EQ(test, control(&b, 5, 0x80, 6, 0x0100, 0, 18, data), 18);               /* a stall ends with the next SETUP */
    data[0] = 2;
    EXPECT_EQ(test, control(&b, 6, 0x21, 9, 0x0200, 0, 1, data), 1);
    EXPECT_EQ(test, input_leds(b.input), INPUT_LED_CAPS);
    EXPECT_EQ(test, control(&b, 6, 0xc0, 77, 0, 0, 1, data), -1);
    end(&b);
}

static void pointer_and_keys(struct test *test)
{
    struct bench b;
    uint8_t report[8];
    begin(&b);
    enumerate(&b, test);
    EXPECT(test, !input_wants_absolute(b.input));                                    /* its driver has not asked yet */
    set_td(&b, 0, 1, IOC | SPD, IN, 5, 1, 8);
    start_queue(&b);
    rig_run(&b.rig, 3 * MS);
    EXPECT(test, control_of(&b, 0) & ACTIVE && control_of(&b, 0) & NAK && !b.wire.level && input_wants_absolute(b.input));
    input_absolute(b.input, 0x1234, 0x7fff, 1, INPUT_LEFT);
    input_absolute(b.input, 0x1234, 0x7fff, 0, 0);
    rig_run(&b.rig, MS);
    memory_read_bytes(b.rig.machine->memory, DATA, report, 8);
    EXPECT(test, !(control_of(&b, 0) & ACTIVE) && length_of(&b, 0) == 6 && !memcmp(report, "\1\x34\x12\xff\x7f\1", 6));
    EXPECT(test, b.wire.level && get(&b, STATUS) & 1 && word(&b, QUEUE + 4) == TDS); /* short: the queue waits */
    put(&b, STATUS, 1);
    EXPECT(test, !b.wire.level);
    set_td(&b, 0, 1, IOC, IN, 5, 1, 8), start_queue(&b);
    rig_run(&b.rig, 2 * MS);
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, DATA, 1), 0);                 /* the release was not lost */
    EXPECT_EQ(test, word(&b, QUEUE + 4), 1);

    set_td(&b, 0, 1, IOC, IN, 6, 1, 8), start_queue(&b);
    rig_run(&b.rig, 2 * MS);
    for (unsigned i = 0; i < 3; i++) {
        static const uint8_t wanted[3][4] = { { 2, 0, 0, 0 }, { 2, 0, 4, 0 }, { 0, 0, 4, 0 } };
        static const struct { unsigned code; bool down; } keys[3] = { { KEY_LEFTSHIFT, true }, { KEY_A, true }, { KEY_LEFTSHIFT, false } };
        input_key(b.input, keys[i].code, keys[i].down);
        set_td(&b, 0, 1, 0, IN, 6, 1, 8), start_queue(&b);
        rig_run(&b.rig, 2 * MS);
        memory_read_bytes(b.rig.machine->memory, DATA, report, 8);
        EXPECT(test, !(control_of(&b, 0) & ACTIVE) && !memcmp(report, wanted[i], 4));
    }
    EXPECT_EQ(test, control(&b, 6, 0x21, 10, 0x0200, 0, 0, NULL), 0);                /* idle: a report every 8 ms */
    set_td(&b, 0, 1, 0, IN, 6, 1, 8), start_queue(&b);
    rig_run(&b.rig, 2 * MS);
    EXPECT(test, !(control_of(&b, 0) & ACTIVE));
    set_td(&b, 0, 1, 0, IN, 6, 1, 8), start_queue(&b);
    rig_run(&b.rig, 5 * MS);
    EXPECT(test, control_of(&b, 0) & ACTIVE);
    rig_run(&b.rig, 5 * MS);
    EXPECT(test, !(control_of(&b, 0) & ACTIVE));
    end(&b);
}

static void errors(struct test *test)
{
    struct bench b;
    begin(&b);
    enumerate(&b, test);
    set_td(&b, 0, 1, 0, IN, 9, 1, 8), start_queue(&b);                               /* nobody there; tried for ever */
    rig_run(&b.rig, 50 * MS);
    EXPECT(test, control_of(&b, 0) & ACTIVE && control_of(&b, 0) & TIMEOUT && !b.wire.level);
    set_td(&b, 0, 1, ERRORS_3, IN, 9, 1, 8), start_queue(&b);
    rig_run(&b.rig, 4 * MS);
    EXPECT(test, (control_of(&b, 0) & (ACTIVE | STALLED | TIMEOUT)) == (STALLED | TIMEOUT) && b.wire.level && get(&b, STATUS) & 2);
    put(&b, STATUS, 0x3f);
    input_absolute(b.input, 1, 2, 0, 0);
    set_td(&b, 0, 1, 0, IN, 5, 1, 8), start_queue(&b);
    rig_run(&b.rig, 3 * MS);                                                         /* awake from here on */
    input_absolute(b.input, 1, 2, 0, 0);
    set_td(&b, 0, 1, 0, IN, 5, 1, 2), start_queue(&b);                  /* a report is longer */
    rig_run(&b.rig, 3 * MS);
    EXPECT(test, (control_of(&b, 0) & (ACTIVE | STALLED | BABBLE)) == (STALLED | BABBLE) && word(&b, QUEUE + 4) == TDS);
    put(&b, STATUS, 0x3f);
    set_td(&b, 0, 1, IOC, IN, 5, 1, 8);
    set_word(&b, TDS + 4, IOC), put(&b, PORT2, 4);                                                /* not active: an interrupt all the same */
    rig_run(&b.rig, 3 * MS);
    EXPECT(test, get(&b, STATUS) & 1 && b.wire.level);
    set_td(&b, 0, 1, 0, 0x55, 5, 1, 8);
    put(&b, STATUS, 0x3f);
    rig_run(&b.rig, 20 * MS);
    EXPECT(test, get(&b, STATUS) == 0x30 && !(get(&b, COMMAND) & 1) && b.wire.level); /* process error: halted */
    put(&b, STATUS, 0x3f);
    set_word(&b, QUEUE + 4, 0xfffff000);
    put(&b, COMMAND, 1);
    rig_run(&b.rig, 2 * MS);
    EXPECT_EQ(test, get(&b, STATUS), 0x28);                                          /* host system error */
    end(&b);
}

static void sleep_and_wake(struct test *test)
{
    struct bench b;
    begin(&b);
    enumerate(&b, test);
    set_td(&b, 0, 1, 0, IN, 5, 1, 8), start_queue(&b);
    rig_run(&b.rig, 2 * MS);
    put(&b, PORT1, 0x1004);
    input_absolute(b.input, 1, 1, 0, 0);
    EXPECT(test, !(get(&b, PORT1) & 0x40) && !input_wants_absolute(b.input));         /* it was not told to wake its host */
    put(&b, PORT1, 4);
    EXPECT_EQ(test, control(&b, 5, 0, 3, 1, 0, 0, NULL), 0);
    put(&b, PORT1, 0x1004);
    put(&b, COMMAND, 8);
    EXPECT(test, get(&b, STATUS) == 0x20 && !b.wire.level);
    EXPECT_EQ(test, clocks_next_deadline_ns(b.rig.machine->clocks, CLOCK_KIND_VIRTUAL), INT64_MAX);
    input_absolute(b.input, 5, 5, 0, 0);
    EXPECT(test, get(&b, PORT1) & 0x40 && get(&b, STATUS) & 4 && get(&b, COMMAND) & 0x10 && b.wire.level);
    put(&b, STATUS, 4), put(&b, COMMAND, 0), put(&b, PORT1, 4), put(&b, COMMAND, 1);
    EXPECT(test, !(get(&b, PORT1) & 0x1040));
    set_td(&b, 0, 1, 0, IN, 5, 1, 8), start_queue(&b);
    rig_run(&b.rig, 3 * MS);
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, DATA + 1, 1), 5);
    usb_device_detach(&b.tablet->usb);
    EXPECT_EQ(test, get(&b, PORT1) & 0x0f, 0x0a);
    usb_device_attach(&b.tablet->usb, &b.hc->bus.ports[0]);
    EXPECT_EQ(test, get(&b, PORT1) & 0x0f, 0x0b);
    end(&b);
}

/* How often the clock is asked for while nothing happens, and that frame numbers follow it all the same. */
static void idle_pace(struct test *test)
{
    struct bench b;
    unsigned wakes = 0;
    begin(&b);
    enumerate(&b, test);
    set_td(&b, 0, 1, IOC, IN, 5, 1, 8), start_queue(&b);
    rig_run(&b.rig, 100 * MS);
    uint16_t frame = get(&b, FRAME);
    for (int64_t end_ns = b.rig.now_ns + 1000 * MS; b.rig.now_ns < end_ns; wakes++) {
        b.rig.now_ns = clocks_next_deadline_ns(b.rig.machine->clocks, CLOCK_KIND_VIRTUAL);
        clocks_run_expired(b.rig.machine->clocks);
    }
    EXPECT(test, wakes >= 60 && wakes <= 70);
    EXPECT(test, ((get(&b, FRAME) - frame) & 0x7ff) >= 1000 && ((get(&b, FRAME) - frame) & 0x7ff) <= 1016);
    rig_run(&b.rig, 5 * MS);
    input_absolute(b.input, 7, 7, 0, 0);                                             /* seen within a frame */
    rig_run(&b.rig, MS);
    EXPECT(test, !(control_of(&b, 0) & ACTIVE) && b.wire.level);
    end(&b);
}

/* Circles: of queues, of descriptors, a queue that is its own element; each ends the frame, and others still get their turn. */
static void hostile_schedules(struct test *test)
{
    struct bench b;
    begin(&b);
    enumerate(&b, test);
    for (unsigned i = 0; i < 100; i++) {
        set_word(&b, 0x40000 + i * 16, (0x40000 + (i + 1 < 100 ? i + 1 : 50) * 16) | 2), set_word(&b, 0x40004 + i * 16, 1);
    }
    set_word(&b, QUEUE, 0x40002);
    rig_run(&b.rig, 50 * MS);
    set_word(&b, QUEUE, QUEUE | 2), set_word(&b, QUEUE + 4, QUEUE | 2);
    rig_run(&b.rig, 50 * MS);
    set_td(&b, 0, TDS | 4, IOC, IN, 5, 1, 8), start_queue(&b);
    rig_run(&b.rig, 50 * MS);
    set_word(&b, TDS + 4, 0);
    set_word(&b, FRAMES, TDS), set_word(&b, TDS, TDS);
    rig_run(&b.rig, 1100 * MS);
    EXPECT(test, get(&b, COMMAND) & 1 && !(get(&b, STATUS) & 0x38));
    EXPECT_EQ(test, control(&b, 5, 0, 9, 1, 0, 0, NULL), 0);
    pci_bus_config_write(b.pci, SLOT * 8, PCI_COMMAND, PCI_COMMAND_IO, 2);            /* may not reach memory */
    rig_run(&b.rig, 30 * MS);
    EXPECT_EQ(test, get(&b, STATUS) & 0x28, 0x28);
    end(&b);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(requests), TEST(pointer_and_keys), TEST(errors), TEST(sleep_and_wake),
                                              TEST(idle_pace), TEST(hostile_schedules) };
    return test_run_cases("uhci", cases, G_N_ELEMENTS(cases));
}
