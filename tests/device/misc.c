/* SPDX-License-Identifier: MIT */
/* fw_cfg, debug console, isa-debug-exit, pc-testdev, POST port, coprocessor errors. */
#include "hw/misc/debugcon.h"
#include "hw/misc/ferr.h"
#include "hw/misc/fw_cfg.h"
#include "hw/misc/isa_debug_exit.h"
#include "hw/misc/pc_testdev.h"
#include "hw/misc/post.h"
#include "tests/device/rig.h"

static void choose(struct rig *rig, uint16_t key) { memory_write(rig->machine->ports, 0x510, key, 2); }

static void fw_cfg_items(struct test *test)
{
    struct rig rig;
    rig_init(&rig);
    struct fw_cfg *fw_cfg = fw_cfg_new(rig.machine);
    fw_cfg_set_u64(fw_cfg, FW_CFG_RAM_SIZE, 0x0102030405060708);
    choose(&rig, FW_CFG_SIGNATURE);
    EXPECT(test, in8(&rig, 0x511) == 'Q' && in8(&rig, 0x511) == 'E' && in8(&rig, 0x511) == 'M' &&
           in8(&rig, 0x511) == 'U' &&
           in8(&rig, 0x511) == 0);
    choose(&rig, FW_CFG_RAM_SIZE);
    EXPECT(test, in8(&rig, 0x511) == 8 && in8(&rig, 0x511) == 7);
    choose(&rig, FW_CFG_RAM_SIZE);                      /* starts over */
    EXPECT_EQ(test, in8(&rig, 0x511), 8);
    choose(&rig, FW_CFG_IRQ0_OVERRIDE);
    EXPECT_EQ(test, in8(&rig, 0x511), 0);
    uint8_t one = 1;
    fw_cfg_set(fw_cfg, FW_CFG_IRQ0_OVERRIDE, &one, 1);
    choose(&rig, FW_CFG_IRQ0_OVERRIDE);
    EXPECT_EQ(test, in8(&rig, 0x511), 1);
    choose(&rig, 0x3abc);
    EXPECT_EQ(test, in8(&rig, 0x511), 0);
    rig_free(&rig);
}

static void fw_cfg_files(struct test *test)
{
    struct rig rig;
    rig_init(&rig);
    struct fw_cfg *fw_cfg = fw_cfg_new(rig.machine);
    EXPECT(test, fw_cfg_set_file(fw_cfg, "etc/a", "xyz", 3) && fw_cfg_set_file(fw_cfg, "opt/b", "0123456789", 10));
    EXPECT(test, !fw_cfg_set_file(fw_cfg, "a name that is longer than the directory's field of fifty-six bytes", "",
                                  0));
    uint8_t directory[4 + 2 * 64];
    choose(&rig, FW_CFG_FILE_DIR);
    for (unsigned i = 0; i < sizeof(directory); i++) {
        directory[i] = in8(&rig, 0x511);
    }
    EXPECT(test, directory[3] == 2 && directory[7] == 3 && directory[9] == 0x20 &&
           !strcmp((char *)directory + 12, "etc/a"));
    EXPECT(test, directory[64 + 7] == 10 && directory[64 + 9] == 0x21 && !strcmp((char *)directory + 64 + 12, "opt/b"));
    choose(&rig, 0x21);
    EXPECT_EQ(test, in8(&rig, 0x511), '0');
    fw_cfg_set_file(fw_cfg, "opt/b", "new", 3);
    choose(&rig, 0x21);
    EXPECT_EQ(test, in8(&rig, 0x511), 'n');
    for (unsigned i = 0; i < FW_CFG_FILE_SLOTS - 2; i++) {
        char name[16];
        snprintf(name, sizeof(name), "f%u", i);
        EXPECT(test, fw_cfg_set_file(fw_cfg, name, "", 0));
    }
    EXPECT(test, !fw_cfg_set_file(fw_cfg, "one too many", "", 0));
    rig_free(&rig);
}

/* Control, length, address as the guest lays them out; returns what control says afterwards. */
static uint32_t dma(struct rig *rig, uint32_t control, uint32_t length, uint64_t address)
{
    struct { uint32_t control, length; uint64_t address; } request = {
        GUINT32_TO_BE(control), GUINT32_TO_BE(length), GUINT64_TO_BE(address) };
    memory_write_bytes(rig->machine->memory, 0x1000, &request, sizeof(request));
    memory_write(rig->machine->ports, 0x514, 0, 4);
    memory_write(rig->machine->ports, 0x518, GUINT32_TO_BE(0x1000), 4);
    return GUINT32_FROM_BE((uint32_t)memory_read(rig->machine->memory, 0x1000, 4));
}

static void fw_cfg_dma(struct test *test)
{
    struct rig rig;
    rig_init(&rig);
    struct fw_cfg *fw_cfg = fw_cfg_new(rig.machine);
    uint8_t *ram = rig.machine->ram->host;
    uint32_t length = 0;
    EXPECT_EQ(test, memory_read(rig.machine->ports, 0x514, 4), 0x554d4551);
    fw_cfg_set_file(fw_cfg, "etc/a", "0123456789", 10);
    fw_cfg_set_writable_file(fw_cfg, "etc/w", "abcdef", 6);
    ram[0x200a] = 0xcc;
    EXPECT_EQ(test, dma(&rig, 0x20 << 16 | 8 | 2, 12, 0x2000), 0);
    EXPECT(test, !memcmp(ram + 0x2000, "0123456789", 10) && ram[0x200a] == 0);
    EXPECT_EQ(test, dma(&rig, 0x20 << 16 | 8 | 4, 3, 0), 0);         /* skip */
    EXPECT_EQ(test, dma(&rig, 2, 2, 0x2000), 0);
    EXPECT(test, !memcmp(ram + 0x2000, "34", 2));
    EXPECT_EQ(test, dma(&rig, 0x20 << 16 | 8 | 16, 2, 0x2000), 1);   /* read only */
    memcpy(ram + 0x3000, "XY", 2);
    EXPECT_EQ(test, dma(&rig, 0x21 << 16 | 8 | 16, 2, 0x3000), 0);
    EXPECT(test, !memcmp(fw_cfg_file(fw_cfg, "etc/w", &length), "XYcdef", 6) && length == 6);
    EXPECT_EQ(test, dma(&rig, 0x21 << 16 | 8 | 16, 7, 0x3000), 1);   /* longer than the file */
    EXPECT_EQ(test, dma(&rig, 0x20 << 16 | 8 | 2, 4, 1ull << 40), 1);
    EXPECT_EQ(test, dma(&rig, 0x20 << 16 | 8 | 2, UINT32_MAX, 0x2000), 1);
    memory_write(rig.machine->ports, 0x514, UINT32_MAX, 4);             /* the request itself lies nowhere */
    memory_write(rig.machine->ports, 0x518, UINT32_MAX, 4);
    rig_free(&rig);
}

static void small_ports(struct test *test)
{
    struct rig rig;
    char path[] = "/tmp/dragoman-log-XXXXXX", *text = NULL;
    int fd = g_mkstemp(path);
    struct log *log = log_new();
    rig_init(&rig);
    rig.machine->log = log;
    EXPECT(test, fd >= 0 && log_set_mask(log, "post", NULL) && log_set_file(log, path, NULL));
    post_new(rig.machine);
    debugcon_new(rig.machine, 0x402, NULL);
    isa_debug_exit_new(rig.machine, 0x501, 2);
    out8(&rig, 0x80, 0x5a), out8(&rig, 0x402, 'x');
    EXPECT(test, in8(&rig, 0x80) == 0x5a && in8(&rig, 0x402) == 0xe9 && !machine_request_pending(rig.machine));
    memory_write(rig.machine->ports, 0x501, 0x10, 1);
    EXPECT(test, machine_request_pending(rig.machine) && rig.machine->exit_status == 0x21);
    memory_write(rig.machine->ports, 0x501, 0x11, 1);
    EXPECT_EQ(test, rig.machine->exit_status, 0x21);    /* the first one counts */
    rig_free(&rig);
    log_free(log);
    EXPECT(test, g_file_get_contents(path, &text, NULL, NULL) && !strcmp(text, "post: 5a\n"));
    remove(path);
    g_free(text);
}

/* As QEMU 7.2 answers the same accesses from its monitor. */
static void test_device(struct test *test)
{
    struct rig rig;
    struct wire wires[PC_TESTDEV_IRQS];
    struct irq_line lines[PC_TESTDEV_IRQS];
    rig_init(&rig);
    memset(wires, 0, sizeof(wires));
    for (unsigned i = 0; i < PC_TESTDEV_IRQS; i++) {
        lines[i] = wire_line(&wires[i]);
    }
    pc_testdev_new(rig.machine, lines);
    struct memory *ports = rig.machine->ports, *memory = rig.machine->memory;
    memory_write(ports, 0xe0, 0x11223344, 4);
    memory_write(ports, 0xe1, 0x55, 1);
    EXPECT_EQ(test, memory_read(ports, 0xe0, 4), 0x11225544);
    memory_write(ports, 0xe2, 0x6677, 2);
    EXPECT(test, memory_read(ports, 0xe0, 4) == 0x66775544 && memory_read(ports, 0xe8, 4) == 0x66775544);
    memory_write(ports, 0xea, 0x99, 1);
    EXPECT(test, memory_read(ports, 0xe0, 4) == 0x66995544 && memory_read(ports, 0xe4, 4) == 0);
    memory_write(ports, 0x2004, 0x0101, 2);                         /* two lines at once */
    memory_write(ports, 0x2017, 1, 1);
    EXPECT(test, wires[4].level && wires[5].level && wires[23].level && !wires[3].level && !wires[6].level);
    memory_write(ports, 0x2005, 0, 1);
    EXPECT(test, wires[4].level && !wires[5].level && memory_read(ports, 0x2004, 2) == 0);
    memory_write(memory, 0xff00fffc, 0xcafe1234, 4);
    EXPECT(test, memory_read(memory, 0xff00fffd, 1) == 0x12 && memory_read(memory, 0xff000000, 4) == 0);
    machine_reset(rig.machine);
    EXPECT(test, !wires[4].level && !wires[23].level && memory_read(ports, 0xe0, 4) == 0 && memory_read(memory, 0xff00fffc, 4) == 0);
    rig_free(&rig);
}

/* IGNNE# only while FERR# is there; an interrupt per error. */
static void coprocessor_errors(struct test *test)
{
    struct rig rig;
    struct wire irq = { 0 }, ignne = { 0 };
    rig_init(&rig);
    const struct irq_line pin = ferr_input(ferr_new(rig.machine, wire_line(&irq), wire_line(&ignne)));
    memory_write(rig.machine->ports, 0xf0, 0, 1);
    EXPECT(test, !irq.level && !ignne.level);
    irq_set(&pin, true);
    EXPECT(test, irq.level && !ignne.level);
    irq_set(&pin, false);
    EXPECT(test, irq.level);                                        /* latched */
    irq_set(&pin, true);
    memory_write(rig.machine->ports, 0xf0, 0, 1);
    EXPECT(test, !irq.level && ignne.level);
    irq_set(&pin, true);
    EXPECT(test, !irq.level && ignne.level);                        /* the same error */
    irq_set(&pin, false);
    EXPECT(test, !irq.level && !ignne.level);
    irq_set(&pin, true);
    EXPECT(test, irq.level && irq.rises == 2 && !ignne.level);
    machine_reset(rig.machine);
    EXPECT(test, !irq.level && !ignne.level);
    rig_free(&rig);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(fw_cfg_items), TEST(fw_cfg_files), TEST(fw_cfg_dma),
                                              TEST(small_ports), TEST(test_device), TEST(coprocessor_errors) };
    return test_run_cases("misc", cases, ARRAY_LEN(cases));
}
