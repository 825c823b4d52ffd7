/* SPDX-License-Identifier: MIT */
/* PCI configuration, BARs and INTx; PAM and SMRAM of the i440FX; routing and reset control of the PIIX3. */
#include "hw/intc/i8259.h"
#include "hw/intc/isa_irqs.h"
#include "hw/pci/i440fx.h"
#include "hw/pci/piix3.h"
#include "tests/device/rig.h"

/* A device in slot 3 with a memory BAR, a port BAR and pin A; it answers with its offset. */
struct card { struct pci_state state; struct pci_device pci; };

static uint64_t card_read(void *device, uint64_t offset, unsigned size) { return 0x40 + offset; }
static void card_write(void *device, uint64_t offset, uint64_t value, unsigned size) { }
static const struct io_ops card_ops = { card_read, card_write, 1, 4 };
static void card_reset(void *device) { pci_device_reset(&((struct card *)device)->pci); }
static const struct snapshot_field card_fields[] = { SNAPSHOT_FIELD(struct card, state) };
static const struct device_type card_type = {
    .name = "card", .reset = card_reset, .state_size = sizeof(struct pci_state), .fields = card_fields,
    .field_count = 1,
};

struct board {
    struct rig rig;
    struct i8259 *pic;
    struct wire intr;
    struct isa_irqs irqs;
    struct pci_bus *bus;
    struct i440fx *host;
    struct piix3 *piix;
    struct card *card;
    uint64_t card_ram;
};

static const uint8_t rom_image[0x900] = { 0x55, 0xaa, 0x05 };

static void board_init(struct board *b)
{
    static const struct pci_identity identity = { .vendor = 0x1234, .device = 0x5678, .class_code = 0x0100,
                                                  .interrupt_pin = 1 };
    *b = (struct board){ 0 };
    rig_init(&b->rig);
    struct machine *machine = b->rig.machine;
    b->pic = i8259_new(machine);
    isa_irqs_init(&b->irqs, b->pic, NULL);
    b->bus = pci_bus_new(machine);
    b->host = i440fx_new(machine, b->bus);
    b->piix = piix3_new(machine, b->bus, 1, &b->irqs);
    b->card = g_new0(struct card, 1);
    pci_device_init(&b->card->pci, b->bus, 3, 0, &b->card->state, &identity);
    pci_device_add_bar(&b->card->pci, 0, 0x1000, false, false, &card_ops, b->card);
    pci_device_add_bar(&b->card->pci, 1, 0x20, true, false, &card_ops, b->card);
    g_assert(machine_take_ram(machine, 0x10000, &b->card_ram));
    pci_device_add_ram_bar(&b->card->pci, 4, 0x10000, true, b->card_ram);
    g_assert(pci_device_add_rom(&b->card->pci, rom_image, sizeof(rom_image)));
    machine_add_device(machine, &card_type, b->card);
}

static void config_select(struct board *b, unsigned slot, unsigned function, unsigned reg)
{
    memory_write(b->rig.machine->ports, 0xcf8, 0x80000000u | slot << 11 | function << 8 | (reg & 0xfc), 4);
}
static uint32_t config_read(struct board *b, unsigned slot, unsigned reg, unsigned size)
{
    config_select(b, slot, 0, reg);
    return (uint32_t)memory_read(b->rig.machine->ports, 0xcfc + (reg & 3), size);
}
static void config_write(struct board *b, unsigned slot, unsigned reg, uint32_t value, unsigned size)
{
    config_select(b, slot, 0, reg);
    memory_write(b->rig.machine->ports, 0xcfc + (reg & 3), value, size);
}

static void configuration_space(struct test *test)
{
    struct board b;
    board_init(&b);
    EXPECT_EQ(test, config_read(&b, 0, 0, 4), 0x12378086);
    EXPECT_EQ(test, config_read(&b, 1, 0, 4), 0x70008086);
    EXPECT_EQ(test, config_read(&b, 1, 0x0a, 2), 0x0601);
    EXPECT_EQ(test, config_read(&b, 1, 0x0e, 1), 0x80);
    EXPECT_EQ(test, config_read(&b, 5, 0, 4), 0xffffffff);
    config_write(&b, 5, 4, 7, 2);
    memory_write(b.rig.machine->ports, 0xcf8, 0, 4);            /* not enabled */
    EXPECT_EQ(test, memory_read(b.rig.machine->ports, 0xcfc, 4), 0xffffffff);
    memory_write(b.rig.machine->ports, 0xcf8, 0x80010000, 4);   /* bus 1 */
    EXPECT_EQ(test, memory_read(b.rig.machine->ports, 0xcfc, 4), 0xffffffff);
    EXPECT_EQ(test, memory_read(b.rig.machine->ports, 0xcf8, 4), 0x80010000);
    memory_write(b.rig.machine->ports, 0xcf8, 0x77, 1);         /* bytes do not reach the address */
    EXPECT_EQ(test, memory_read(b.rig.machine->ports, 0xcf8, 4), 0x80010000);
    config_write(&b, 3, 0, 0xdeadbeef, 4);                      /* read only */
    EXPECT_EQ(test, config_read(&b, 3, 0, 4), 0x56781234);
    config_write(&b, 3, 0x3c, 0x0b, 1);
    EXPECT_EQ(test, config_read(&b, 3, 0x3c, 2), 0x010b);
    rig_free(&b.rig);
}

/* What the bridge holds after reset (82371SB, 2.2); it cannot be switched off. */
static void isa_bridge_after_reset(struct test *test)
{
    struct board b;
    board_init(&b);
    for (int round = 0; round < 2; round++) {
        EXPECT_EQ(test, config_read(&b, 1, 0x04, 4), 0x02000007);
        EXPECT_EQ(test, config_read(&b, 1, 0x4c, 4), 0x0003004d);
        EXPECT_EQ(test, config_read(&b, 1, 0x60, 4), 0x80808080);
        EXPECT_EQ(test, config_read(&b, 1, 0x68, 4), 0x00000200);
        EXPECT_EQ(test, config_read(&b, 1, 0x70, 4), 0x00000080);
        EXPECT_EQ(test, config_read(&b, 1, 0x74, 4), 0x0c0c0000);
        EXPECT_EQ(test, config_read(&b, 1, 0x78, 4), 0x00000002);
        EXPECT_EQ(test, config_read(&b, 1, 0xa0, 4), 0x00000008);
        EXPECT_EQ(test, config_read(&b, 1, 0xa8, 4), 0x0000000f);
        config_write(&b, 1, 0x04, 0, 2);
        EXPECT_EQ(test, config_read(&b, 1, 0x04, 2), 7);
        config_write(&b, 1, 0x4c, 0x12, 1);
        EXPECT_EQ(test, config_read(&b, 1, 0x4c, 1), 0x12);
        machine_reset(b.rig.machine);
    }
    rig_free(&b.rig);
}

static void base_addresses(struct test *test)
{
    struct board b;
    board_init(&b);
    config_write(&b, 3, 0x10, 0xffffffff, 4);
    config_write(&b, 3, 0x14, 0xffffffff, 4);
    EXPECT_EQ(test, config_read(&b, 3, 0x10, 4), 0xfffff000);
    EXPECT_EQ(test, config_read(&b, 3, 0x14, 4), 0xffffffe1);
    config_write(&b, 3, 0x18, 0xffffffff, 4);
    EXPECT_EQ(test, config_read(&b, 3, 0x18, 4), 0);
    config_write(&b, 3, 0x10, 0xe0000000, 4);
    config_write(&b, 3, 0x14, 0xc000, 4);
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, 0xe0000004, 1), 0xff);
    config_write(&b, 3, 4, 3, 2);
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, 0xe0000004, 1), 0x44);
    EXPECT_EQ(test, memory_read(b.rig.machine->ports, 0xc01f, 1), 0x5f);
    EXPECT_EQ(test, memory_read(b.rig.machine->ports, 0xc020, 1), 0xff);
    config_write(&b, 3, 0x10, 0x00010000, 4);                   /* onto RAM: RAM wins */
    b.rig.machine->ram->host[0x10004] = 0x99;
    EXPECT_EQ(test, memory_read(b.rig.machine->memory, 0x10004, 1), 0x99);
    machine_reset(b.rig.machine);
    EXPECT_EQ(test, memory_read(b.rig.machine->ports, 0xc01f, 1), 0xff);
    EXPECT(test, config_read(&b, 3, 4, 2) == 0 && config_read(&b, 3, 0x10, 4) == 0);
    rig_free(&b.rig);
}

static void interrupts(struct test *test)
{
    struct board b;
    board_init(&b);
    /* Pin A of slot 3 is PIRQC. */
    config_write(&b, 1, 0x62, 0x0b, 1);
    config_write(&b, 1, 0x60, 0x0a, 1);
    pci_device_set_intx(&b.card->pci, true);
    EXPECT_EQ(test, b.pic->state.chip[1].lines, 1 << 3);
    EXPECT_EQ(test, config_read(&b, 3, 6, 2) & 8, 8);
    config_write(&b, 1, 0x62, 0x05, 1);                         /* routed elsewhere while asserted */
    EXPECT(test, !b.pic->state.chip[1].lines && (b.pic->state.chip[0].lines & 1 << 5));
    config_write(&b, 1, 0x62, 0x08, 1);                         /* not an interrupt that can be routed to */
    EXPECT(test, !b.pic->state.chip[1].lines && !(b.pic->state.chip[0].lines & 1 << 5));
    config_write(&b, 1, 0x62, 0x0b, 1);
    config_write(&b, 3, 4, 0x400, 2);                           /* INTx disable */
    EXPECT_EQ(test, b.pic->state.chip[1].lines, 0);
    config_write(&b, 3, 4, 0, 2);
    EXPECT_EQ(test, b.pic->state.chip[1].lines, 1 << 3);
    config_write(&b, 1, 0x62, 0x80, 1);
    EXPECT_EQ(test, b.pic->state.chip[1].lines, 0);
    rig_free(&b.rig);
}

static void pam(struct test *test)
{
    struct board b;
    board_init(&b);
    struct memory *memory = b.rig.machine->memory;
    uint8_t *ram = b.rig.machine->ram->host;
    /* A ROM at F0000h whose bytes are in RAM at 180000h; DRAM below it says something else. */
    memory_add_ram(memory, "rom", 0xf0000, 0x10000, b.rig.machine->ram, 0x180000, true, I440FX_PRIORITY_DEVICES);
    ram[0x180010] = 0x11;
    ram[0xf0010] = 0x22;
    EXPECT_EQ(test, memory_read(memory, 0xf0010, 1), 0x11);
    EXPECT_EQ(test, memory_read(memory, 0xc0000, 1), 0xff);
    config_write(&b, 0, 0x59, 0x10, 1);
    EXPECT_EQ(test, memory_read(memory, 0xf0010, 1), 0x22);
    memory_write(memory, 0xf0010, 0x33, 1);
    EXPECT_EQ(test, ram[0xf0010], 0x22);
    config_write(&b, 0, 0x59, 0x20, 1);                         /* reads from the ROM, writes to DRAM */
    EXPECT_EQ(test, memory_read(memory, 0xf0010, 2), 0x0011);
    memory_write(memory, 0xf0010, 0x3344, 2);
    EXPECT(test, ram[0xf0010] == 0x44 && ram[0xf0011] == 0x33 && ram[0x180010] == 0x11);
    config_write(&b, 0, 0x59, 0x30, 1);
    memory_write(memory, 0xf0010, 0x55, 1);
    EXPECT(test, ram[0xf0010] == 0x55 && memory_read(memory, 0xf0010, 1) == 0x55);
    config_write(&b, 0, 0x5a, 0x30, 1);                         /* C4000h only */
    ram[0xc0000] = ram[0xc4000] = ram[0xc8000] = 7;
    EXPECT(test, memory_read(memory, 0xc0000, 1) == 0xff && memory_read(memory, 0xc4000, 1) == 7 &&
           memory_read(memory, 0xc8000, 1) == 0xff);
    config_write(&b, 0, 0x5f, 0x03, 1);
    ram[0xe8000] = ram[0xec000] = 8;
    EXPECT(test, memory_read(memory, 0xe8000, 1) == 8 && memory_read(memory, 0xec000, 1) == 0xff);
    machine_reset(b.rig.machine);
    EXPECT_EQ(test, memory_read(memory, 0xf0010, 1), 0x11);
    rig_free(&b.rig);
}

static void smram(struct test *test)
{
    struct board b;
    board_init(&b);
    struct memory *memory = b.rig.machine->memory, *smm = b.rig.machine->smm_memory;
    b.rig.machine->ram->host[0xa1000] = 0x77;
    EXPECT_EQ(test, config_read(&b, 0, 0x72, 1), 0x02);
    EXPECT(test, memory_read(memory, 0xa1000, 1) == 0xff && memory_read(smm, 0xa1000, 1) == 0xff);
    config_write(&b, 0, 0x72, 0x48, 1);                         /* on and open */
    EXPECT(test, memory_read(memory, 0xa1000, 1) == 0x77 && memory_read(smm, 0xa1000, 1) == 0x77);
    config_write(&b, 0, 0x72, 0x08, 1);
    EXPECT(test, memory_read(memory, 0xa1000, 1) == 0xff && memory_read(smm, 0xa1000, 1) == 0x77);
    config_write(&b, 0, 0x72, 0x58, 1);                         /* locking closes */
    EXPECT_EQ(test, config_read(&b, 0, 0x72, 1), 0x1a);
    config_write(&b, 0, 0x72, 0x48, 1);
    EXPECT(test, memory_read(memory, 0xa1000, 1) == 0xff && memory_read(smm, 0xa1000, 1) == 0x77);
    EXPECT_EQ(test, memory_read(smm, 0x1000, 1), memory_read(memory, 0x1000, 1));
    machine_reset(b.rig.machine);
    config_write(&b, 0, 0x72, 0x48, 1);
    EXPECT_EQ(test, memory_read(memory, 0xa1000, 1), 0x77);     /* reset unlocks */
    rig_free(&b.rig);
}

static void reset_control(struct test *test)
{
    struct board b;
    board_init(&b);
    out8(&b.rig, 0xcf9, 0x02);
    EXPECT(test, in8(&b.rig, 0xcf9) == 0x02 && !machine_request_pending(b.rig.machine));
    out8(&b.rig, 0xcf9, 0x06);
    EXPECT(test, machine_request_pending(b.rig.machine));
    rig_free(&b.rig);
}

static void memory_of_a_device(struct test *test)
{
    struct board b;
    board_init(&b);
    struct memory *memory = b.rig.machine->memory;
    config_write(&b, 3, 0x20, UINT32_MAX, 4);
    config_write(&b, 3, 0x24, UINT32_MAX, 4);
    EXPECT(test, config_read(&b, 3, 0x20, 4) == 0xffff000c && config_read(&b, 3, 0x24, 4) == UINT32_MAX);
    config_write(&b, 3, 0x20, 0x80000000, 4);
    config_write(&b, 3, 0x24, 0x12, 4);
    config_write(&b, 3, 0x04, 2, 2);
    memory_write(memory, 0x128000fff8, 0x55667788, 4);
    EXPECT_EQ(test, *(uint32_t *)(b.rig.machine->ram->host + b.card_ram + 0xfff8), 0x55667788);
    EXPECT_EQ(test, memory_read(memory, 0x128000fff8, 4), 0x55667788);
    EXPECT_EQ(test, memory_read(memory, 0x1280010000, 4), UINT32_MAX);
    rig_free(&b.rig);
}

static void expansion_rom(struct test *test)
{
    struct board b;
    board_init(&b);
    struct memory *memory = b.rig.machine->memory;
    config_write(&b, 3, 0x30, UINT32_MAX, 4);
    EXPECT_EQ(test, config_read(&b, 3, 0x30, 4), 0xfffff001);       /* the next power of two */
    config_write(&b, 3, 0x30, 0x90000001, 4);
    EXPECT_EQ(test, memory_read(memory, 0x90000000, 4), UINT32_MAX);        /* the command register's bit is off */
    config_write(&b, 3, 0x04, 2, 2);
    EXPECT_EQ(test, memory_read(memory, 0x90000000, 4), 0x05aa55);
    EXPECT_EQ(test, memory_read(memory, 0x90000fff, 1), 0);
    memory_write(memory, 0x90000000, 0, 4);
    EXPECT_EQ(test, memory_read(memory, 0x90000000, 4), 0x05aa55);
    config_write(&b, 3, 0x30, 0x90000000, 4);
    EXPECT_EQ(test, memory_read(memory, 0x90000000, 4), UINT32_MAX);
    rig_free(&b.rig);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(configuration_space), TEST(isa_bridge_after_reset), TEST(base_addresses), TEST(interrupts), TEST(pam), TEST(smram), TEST(reset_control),
        TEST(memory_of_a_device), TEST(expansion_rom),
    };
    return test_run_cases("pci", cases, ARRAY_LEN(cases));
}
