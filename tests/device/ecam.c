/* SPDX-License-Identifier: MIT */
/* The PCI Express host bridge (configuration space in memory, I/O window, INTx), GICv2m, fw_cfg in memory. */
#include "hw/intc/gicv2m.h"
#include "hw/misc/fw_cfg.h"
#include "hw/pci/ecam.h"
#include "tests/device/rig.h"

static const uint64_t CONFIG = 0x3f000000, IO = 0x3eff0000, V2M = 0x8020000, FW_CFG = 0x9020000;

struct card { struct pci_device pci; struct pci_state state; uint32_t reg; };
struct bench { struct rig rig; struct wire pirq[PCI_PINS]; struct ecam *ecam; struct card card; };

static uint64_t card_read(void *device, uint64_t offset, unsigned size) { return ((struct card *)device)->reg + offset; }
static void card_write(void *device, uint64_t offset, uint64_t value, unsigned size) { ((struct card *)device)->reg = (uint32_t)value; }
static const struct io_ops card_ops = { card_read, card_write, 4, 4 };

static uint64_t get(struct bench *b, uint64_t address, unsigned size) { return memory_read(b->rig.machine->memory, address, size); }
static void put(struct bench *b, uint64_t address, uint64_t value, unsigned size)
{
    memory_write(b->rig.machine->memory, address, value, size);
}

/* A card in slot 3 with a BAR of memory (64 bits) and one of ports, INTB. */
static void bench_init(struct bench *b)
{
    static const struct pci_identity identity = { .vendor = 0x1234, .device = 0x5678, .class_code = 0x0200, .interrupt_pin = 2 };
    rig_init(&b->rig);
    b->ecam = ecam_new(b->rig.machine, CONFIG, 16 << 20, IO, 1 << 16);
    for (unsigned i = 0; i < PCI_PINS; i++) {
        b->ecam->bus->pirq[i] = wire_line(&b->pirq[i]);
    }
    pci_device_init(&b->card.pci, b->ecam->bus, 3, 0, &b->card.state, &identity);
    pci_device_add_bar(&b->card.pci, 0, 0x1000, false, true, &card_ops, &b->card);
    pci_device_add_bar(&b->card.pci, 2, 0x20, true, false, &card_ops, &b->card);
    pci_device_reset(&b->card.pci);
}

static void configuration_space(struct test *test)
{
    struct bench b = { 0 };
    uint64_t card = CONFIG + (3 << 15);
    bench_init(&b);
    EXPECT_EQ(test, get(&b, CONFIG, 4), 0x00081b36);
    EXPECT_EQ(test, get(&b, card, 4), 0x56781234);
    EXPECT_EQ(test, get(&b, card + 2, 2), 0x5678);
    EXPECT_EQ(test, get(&b, card + 0x100, 4), 0);           /* no extended capabilities */
    EXPECT_EQ(test, get(&b, CONFIG + (4 << 15), 4), UINT32_MAX);
    EXPECT_EQ(test, get(&b, CONFIG + (1 << 20), 4), UINT32_MAX);        /* bus 1 */
    EXPECT_EQ(test, get(&b, CONFIG + (4 << 15) + 0x100, 4), UINT32_MAX);
    rig_free(&b.rig);
}

static void windows(struct test *test)
{
    struct bench b = { 0 };
    uint64_t card = CONFIG + (3 << 15);
    bench_init(&b);
    put(&b, card + 0x10, UINT32_MAX, 4), put(&b, card + 0x14, UINT32_MAX, 4);
    EXPECT_EQ(test, get(&b, card + 0x10, 4), 0xfffff004);
    put(&b, card + 0x10, 0, 4), put(&b, card + 0x14, 0x80, 4);          /* 512 GiB */
    put(&b, card + 0x18, 0x1000, 4);
    put(&b, card + 4, 3, 2);
    put(&b, 0x8000000004, 77, 4);
    EXPECT_EQ(test, get(&b, 0x8000000008, 4), 85);
    EXPECT_EQ(test, get(&b, IO + 0x1004, 4), 81);
    put(&b, IO + 0x1000, 5, 4);
    EXPECT_EQ(test, b.card.reg, 5);
    put(&b, card + 0x18, 0, 4);                             /* ports from 0 on */
    EXPECT_EQ(test, get(&b, IO + 0x4, 4), 9);
    EXPECT_EQ(test, get(&b, IO + 0xcfc, 4), UINT32_MAX);    /* no mechanism 1 behind the window */
    rig_free(&b.rig);
}

static void pins_rotate_by_slot(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    pci_device_set_intx(&b.card.pci, true);                 /* (3 + 2 - 1) mod 4 */
    EXPECT(test, b.pirq[0].level && !b.pirq[1].level && !b.pirq[2].level && !b.pirq[3].level);
    pci_device_set_intx(&b.card.pci, false);
    EXPECT(test, !b.pirq[0].level);
    rig_free(&b.rig);
}

static void message_frame(struct test *test)
{
    struct bench b = { 0 };
    struct wire wires[2] = { { 0 } };
    struct irq_line lines[2] = { wire_line(&wires[0]), wire_line(&wires[1]) };
    bench_init(&b);
    gicv2m_new(b.rig.machine, V2M, 48, 2, lines);
    EXPECT_EQ(test, get(&b, V2M + 8, 4), 80 << 16 | 2);
    put(&b, V2M + 0x40, 81, 4);
    EXPECT(test, !wires[0].rises && wires[1].rises == 1 && !wires[1].level);
    put(&b, V2M + 0x40, 82, 4), put(&b, V2M + 0x40, 79, 4);
    EXPECT(test, !wires[0].rises && wires[1].rises == 1);
    put(&b, CONFIG + (3 << 15) + 4, 4, 2);                  /* bus master */
    pci_device_send_message(&b.card.pci, V2M + 0x40, 80);
    EXPECT_EQ(test, wires[0].rises, 1);
    rig_free(&b.rig);
}

static void fw_cfg_in_memory(struct test *test)
{
    struct bench b = { 0 };
    bench_init(&b);
    struct fw_cfg *fw_cfg = fw_cfg_new_mapped(b.rig.machine, FW_CFG);
    fw_cfg_set_string(fw_cfg, FW_CFG_KERNEL_CMDLINE, "abcdefgh");
    put(&b, FW_CFG + 8, 0x0900, 2);                         /* item 9, big-endian */
    EXPECT_EQ(test, get(&b, FW_CFG, 4), 0x64636261);        /* bytes in their order */
    EXPECT_EQ(test, get(&b, FW_CFG, 1), 'e');
    EXPECT_EQ(test, get(&b, FW_CFG + 16, 8), GUINT64_TO_BE(0x51454d5520434647));
    struct { uint32_t control, length; uint64_t address; } request = {
        GUINT32_TO_BE(9 << 16 | 8 | 2), GUINT32_TO_BE(8), GUINT64_TO_BE(0x2000),
    };
    memory_write_bytes(b.rig.machine->memory, 0x1000, &request, sizeof(request));
    put(&b, FW_CFG + 16, GUINT64_TO_BE(0x1000ull), 8);
    EXPECT_EQ(test, get(&b, 0x2000, 8), 0x6867666564636261);
    EXPECT_EQ(test, get(&b, 0x1000, 4), 0);
    rig_free(&b.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(configuration_space), TEST(windows), TEST(pins_rotate_by_slot), TEST(message_frame), TEST(fw_cfg_in_memory),
    };
    return test_run_cases("ecam", cases, ARRAY_LEN(cases));
}
