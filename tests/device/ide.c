/* SPDX-License-Identifier: MIT */
/* IDE: detection, identification, PIO and DMA both ways, addresses, errors, resets, packets, and guests that misbehave. */
#include "hw/ide/ide.h"
#include "tests/device/fake_disk.h"

enum { DATA = 0x1f0, ERROR = 0x1f1, COUNT = 0x1f2, LOW = 0x1f3, MID = 0x1f4, HIGH = 0x1f5, DEV = 0x1f6, CMD = 0x1f7,
       CTL = 0x3f6, BM = 0xc000, SECOND = 0x1f0 - 0x170 };
enum { BSY = 0x80, DRDY = 0x40, DRQ = 0x08, ERR = 0x01, READY = 0x50 };
enum { SECTORS = 20480, TABLE = 0x1000, AREA = 0x10000 };

struct ide { struct rig rig; struct piix3_ide *ide; struct disk *disk, *cd; struct wire irq[2]; };

static void config(struct ide *t, unsigned reg, uint32_t value, unsigned size)
{
    memory_write(t->rig.machine->ports, 0xcf8, 0x80000900 | (reg & 0xfc), 4);
    memory_write(t->rig.machine->ports, 0xcfc + (reg & 3), value, size);
}

static void ide_init(struct ide *t)
{
    memset(t, 0, sizeof(*t));
    rig_init(&t->rig);
    struct irq_line irqs[] = { wire_line(&t->irq[0]), wire_line(&t->irq[1]) };
    t->ide = piix3_ide_new(t->rig.machine, pci_bus_new(t->rig.machine), 1, irqs);
    t->disk = fake_disk_new(&t->rig, SECTORS * 512);
    t->cd = fake_disk_new(&t->rig, 300 * 2048);
    t->cd->facts.cdrom = t->cd->facts.removable = true;
    piix3_ide_attach(t->ide, 0, IDE_DISK, t->disk);
    piix3_ide_attach(t->ide, 2, IDE_CDROM, t->cd);
    config(t, 0x20, BM, 4), config(t, 4, 5, 2);
}

static void ide_free(struct ide *t)
{
    machine_free_devices(t->rig.machine);
    timer_free(t->disk->timer), timer_free(t->cd->timer);
    rig_free(&t->rig);
    fake_disk_free(t->disk), fake_disk_free(t->cd);
}

static uint8_t alt(struct ide *t) { return in8(&t->rig, CTL); }
static uint8_t status(struct ide *t) { return in8(&t->rig, CMD); }
static uint16_t data16(struct ide *t) { return (uint16_t)memory_read(t->rig.machine->ports, DATA, 2); }
static uint32_t data32(struct ide *t) { return (uint32_t)memory_read(t->rig.machine->ports, DATA, 4); }
static void put32(struct ide *t, uint32_t value) { memory_write(t->rig.machine->ports, DATA, value, 4); }
static uint8_t *ram(struct ide *t) { return t->rig.machine->ram->host; }
static void wait_disk(struct ide *t) { rig_run(&t->rig, 200000); }

static void command28(struct ide *t, uint32_t lba, uint8_t count, uint8_t command)
{
    out8(&t->rig, DEV, 0xe0 | lba >> 24);
    out8(&t->rig, COUNT, count);
    out8(&t->rig, LOW, lba & 0xff), out8(&t->rig, MID, lba >> 8 & 0xff), out8(&t->rig, HIGH, lba >> 16 & 0xff);
    out8(&t->rig, CMD, command);
}

static void command48(struct ide *t, uint64_t lba, uint16_t count, uint8_t command)
{
    out8(&t->rig, DEV, 0x40);
    out8(&t->rig, COUNT, count >> 8), out8(&t->rig, COUNT, count & 0xff);
    out8(&t->rig, LOW, lba >> 24 & 0xff), out8(&t->rig, LOW, lba & 0xff);
    out8(&t->rig, MID, lba >> 32 & 0xff), out8(&t->rig, MID, lba >> 8 & 0xff);
    out8(&t->rig, HIGH, lba >> 40 & 0xff), out8(&t->rig, HIGH, lba >> 16 & 0xff);
    out8(&t->rig, CMD, command);
}

static void command_features(struct ide *t, uint8_t features, uint8_t count, uint8_t command)
{
    out8(&t->rig, DEV, 0xa0);
    out8(&t->rig, ERROR, features);
    out8(&t->rig, COUNT, count);
    out8(&t->rig, CMD, command);
}

static void read_words(struct ide *t, uint16_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        words[i] = data16(t);
    }
}

/* ---- Disks ---- */

static void drives_are_found(struct test *test)
{
    struct ide t;
    ide_init(&t);
    EXPECT_EQ(test, status(&t), READY);
    EXPECT(test, in8(&t.rig, COUNT) == 1 && in8(&t.rig, LOW) == 1 && !in8(&t.rig, MID) && !in8(&t.rig, HIGH));
    out8(&t.rig, DEV, 0xb0);
    EXPECT(test, status(&t) == 0 && in8(&t.rig, COUNT) == 0);
    out8(&t.rig, COUNT, 0x55), out8(&t.rig, LOW, 0xaa);
    EXPECT(test, in8(&t.rig, COUNT) != 0x55);
    out8(&t.rig, DEV, 0xa0);
    EXPECT(test, in8(&t.rig, COUNT) == 0x55 && in8(&t.rig, LOW) == 0xaa && in8(&t.rig, DEV) == 0xa0);
    EXPECT(test, in8(&t.rig, 0x174) == 0x14 && in8(&t.rig, 0x175) == 0xeb && in8(&t.rig, 0x377 - 1) == 0);
    ide_free(&t);
}

static void identify(struct test *test)
{
    struct ide t;
    uint16_t words[256];
    char model[41] = { 0 };
    uint8_t sum = 0;
    ide_init(&t);
    out8(&t.rig, CMD, 0xec);
    EXPECT(test, t.irq[0].level && (alt(&t) & DRQ));
    EXPECT(test, (status(&t) & DRQ) && !t.irq[0].level);
    read_words(&t, words, 256);
    EXPECT_EQ(test, status(&t), READY);
    for (unsigned i = 0; i < 40; i++) {
        model[i] = (char)(words[27 + i / 2] >> (i & 1 ? 0 : 8));
    }
    for (unsigned i = 0; i < 512; i++) {
        sum += ((uint8_t *)words)[i];
    }
    EXPECT(test, g_str_has_prefix(model, "DRAGOMAN HARDDISK   ") && !sum);
    EXPECT(test, words[1] == SECTORS / (16 * 63) && words[3] == 16 && words[6] == 63);
    EXPECT(test, (words[60] | words[61] << 16) == SECTORS && words[100] == SECTORS && (words[83] & 0x0400));
    EXPECT(test, (words[88] & 0xff) == 0x3f && (words[49] & 0x0300) == 0x0300);
    ide_free(&t);
}

static void pio_read_hands_out_sectors(struct test *test)
{
    struct ide t;
    ide_init(&t);
    command28(&t, 100, 3, 0x20);
    EXPECT(test, (alt(&t) & BSY) && !t.irq[0].level);
    wait_disk(&t);
    for (unsigned sector = 0; sector < 3; sector++) {
        EXPECT(test, t.irq[0].level && (status(&t) & (BSY | DRQ)) == DRQ);
        EXPECT_EQ(test, data32(&t), 101 + sector);
        for (unsigned i = 1; i < 128; i++) {
            data32(&t);
        }
    }
    EXPECT(test, alt(&t) == READY && !t.irq[0].level && in8(&t.rig, COUNT) == 0 && in8(&t.rig, LOW) == 102);
    EXPECT_EQ(test, t.irq[0].rises, 3);
    EXPECT_EQ(test, t.disk->counts[DISK_READ], 1);
    ide_free(&t);
}

static void pio_multiple(struct test *test)
{
    struct ide t;
    ide_init(&t);
    command_features(&t, 0, 4, 0xc6);
    EXPECT_EQ(test, status(&t), READY);
    command48(&t, 200, 130, 0x29);
    unsigned interrupts = 0, wrong = 0;
    for (unsigned word = 0; word < 130 * 128; word++) {
        if (!(alt(&t) & DRQ)) {
            wait_disk(&t);
        }
        if (t.irq[0].level) {
            status(&t);
            interrupts++;
        }
        uint32_t want;
        memcpy(&want, t.disk->data + 200 * 512 + word * 4, 4);
        wrong += data32(&t) != want;
    }
    EXPECT(test, !wrong && alt(&t) == READY);
    EXPECT_EQ(test, interrupts, 33);
    command_features(&t, 0, 0, 0xc6), status(&t);
    command28(&t, 0, 1, 0xc4);
    EXPECT(test, status(&t) == (READY | ERR) && in8(&t.rig, ERROR) == 4);
    ide_free(&t);
}

static void pio_write(struct test *test)
{
    struct ide t;
    ide_init(&t);
    command28(&t, 7, 2, 0x30);
    EXPECT(test, !t.irq[0].level && (alt(&t) & DRQ));
    for (unsigned i = 0; i < 128; i++) {
        put32(&t, 0x11110000 + i);
    }
    EXPECT(test, t.irq[0].level && (status(&t) & DRQ));
    for (unsigned i = 0; i < 256; i++) {
        memory_write(t.rig.machine->ports, DATA, 0x2222, 2);
    }
    EXPECT(test, alt(&t) & BSY);
    wait_disk(&t);
    EXPECT(test, t.irq[0].level && status(&t) == READY);
    EXPECT(test, t.disk->data[7 * 512] == 0 && t.disk->data[7 * 512 + 4] == 1 && t.disk->data[8 * 512 + 511] == 0x22 &&
           t.disk->data[9 * 512] == 10);
    ide_free(&t);
}

static void write_of_many_sectors(struct test *test)
{
    struct ide t;
    ide_init(&t);
    command48(&t, 1000, 200, 0x34);
    for (unsigned i = 0; i < 200 * 128; i++) {
        if (!(alt(&t) & DRQ)) {
            wait_disk(&t);
        }
        put32(&t, i);
    }
    wait_disk(&t);
    unsigned wrong = 0;
    for (uint32_t i = 0; i < 200 * 128; i++) {
        wrong += memcmp(t.disk->data + 1000 * 512 + i * 4, &i, 4) != 0;
    }
    EXPECT(test, !wrong && status(&t) == READY && t.disk->counts[DISK_FLUSH] == 0);
    ide_free(&t);
}

/* What REP INSW and OUTSW move at once is what single accesses would have moved, over DRQ blocks and up to the wait for the
 * disk. */
static void strings_of_the_data_port(struct test *test)
{
    struct ide t;
    g_autofree uint8_t *data = g_malloc0(100 * 512);
    ide_init(&t);
    struct memory *ports = t.rig.machine->ports;
    command28(&t, 300, 100, 0x20);
    EXPECT_EQ(test, memory_read_string(ports, DATA, 2, data, 256), 0);
    wait_disk(&t);
    EXPECT_EQ(test, memory_read_string(ports, DATA, 2, data, 100), 100);
    EXPECT_EQ(test, memory_read_string(ports, DATA, 4, data + 200, 10000), (32768 - 200) / 4);
    wait_disk(&t);
    EXPECT_EQ(test, memory_read_string(ports, DATA, 2, data + 32768, 100000), (51200 - 32768) / 2);
    EXPECT(test, !memcmp(data, t.disk->data + 300 * 512, 51200) && alt(&t) == READY);
    EXPECT_EQ(test, memory_read_string(ports, CMD, 1, data, 4), 0);
    command28(&t, 10, 3, 0x30);
    EXPECT_EQ(test, memory_write_string(ports, DATA, 2, data, 10000), 768);
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && !memcmp(t.disk->data + 10 * 512, data, 1536));
    ide_free(&t);
}

static void addresses(struct test *test)
{
    struct ide t;
    ide_init(&t);
    out8(&t.rig, DEV, 0xa5), out8(&t.rig, COUNT, 1), out8(&t.rig, LOW, 9), out8(&t.rig, MID, 3), out8(&t.rig, HIGH, 0);
    out8(&t.rig, CMD, 0x20);
    wait_disk(&t);
    EXPECT_EQ(test, data32(&t), (3 * 16 + 5) * 63 + 9);
    for (unsigned i = 1; i < 128; i++) {
        data32(&t);
    }
    EXPECT(test, in8(&t.rig, LOW) == 9 && in8(&t.rig, MID) == 3 && in8(&t.rig, DEV) == 0xa5);
    out8(&t.rig, DEV, 0xa7), out8(&t.rig, COUNT, 20), out8(&t.rig, CMD, 0x91);
    EXPECT_EQ(test, status(&t), READY);
    out8(&t.rig, DEV, 0xa1), out8(&t.rig, COUNT, 1), out8(&t.rig, LOW, 20), out8(&t.rig, MID, 2), out8(&t.rig, CMD, 0x20);
    wait_disk(&t);
    EXPECT_EQ(test, data32(&t), (2 * 8 + 1) * 20 + 20);
    out8(&t.rig, CTL, 4), out8(&t.rig, CTL, 0);
    out8(&t.rig, DEV, 0xa1), out8(&t.rig, COUNT, 1), out8(&t.rig, LOW, 21), out8(&t.rig, MID, 2), out8(&t.rig, CMD, 0x20);
    EXPECT(test, status(&t) == (READY | ERR) && in8(&t.rig, ERROR) == 0x10);
    command48(&t, SECTORS - 1, 2, 0x24);
    EXPECT(test, status(&t) == (READY | ERR) && in8(&t.rig, ERROR) == 0x10);
    command48(&t, SECTORS - 1, 1, 0x24);
    wait_disk(&t);
    EXPECT_EQ(test, data32(&t), SECTORS);
    ide_free(&t);
}

static void previous_values_are_read_with_hob(struct test *test)
{
    struct ide t;
    ide_init(&t);
    out8(&t.rig, MID, 0x12), out8(&t.rig, MID, 0x34);
    EXPECT_EQ(test, in8(&t.rig, MID), 0x34);
    out8(&t.rig, CTL, 0x80);
    EXPECT_EQ(test, in8(&t.rig, MID), 0x12);
    out8(&t.rig, COUNT, 0);
    EXPECT_EQ(test, in8(&t.rig, MID), 0x34);
    ide_free(&t);
}

static void errors_of_the_disk(struct test *test)
{
    struct ide t;
    ide_init(&t);
    t.disk->next_error = EIO;
    command28(&t, 50, 1, 0x20);
    wait_disk(&t);
    EXPECT(test, t.irq[0].level && status(&t) == (READY | ERR) && in8(&t.rig, ERROR) == 0x40 && in8(&t.rig, LOW) == 50);
    out8(&t.rig, CMD, 0xfc);
    EXPECT(test, t.irq[0].level && status(&t) == (READY | ERR) && in8(&t.rig, ERROR) == 4);
    out8(&t.rig, CMD, 0x00);
    EXPECT(test, status(&t) == (READY | ERR) && in8(&t.rig, ERROR) == 4);
    ide_free(&t);
}

/* ---- Bus master ---- */

static void entry(struct ide *t, unsigned index, uint32_t address, uint32_t control)
{
    uint32_t words[] = { address, control };
    memcpy(ram(t) + TABLE + index * 8, words, 8);
}

static void start(struct ide *t, bool to_memory)
{
    memory_write(t->rig.machine->ports, BM + 4, TABLE, 4);
    out8(&t->rig, BM + 2, 6);
    out8(&t->rig, BM, to_memory ? 8 : 0);
    out8(&t->rig, BM, to_memory ? 9 : 1);
}

static void dma_read(struct test *test)
{
    struct ide t;
    ide_init(&t);
    entry(&t, 0, AREA, 0x200), entry(&t, 1, AREA + 0x10000, 0x80000000 | 0x600);
    command28(&t, 33, 4, 0xc8);
    wait_disk(&t);
    EXPECT(test, (alt(&t) & BSY) && !t.irq[0].level);
    start(&t, true);
    EXPECT_EQ(test, in8(&t.rig, BM + 2) & 7, 1);
    wait_disk(&t);
    EXPECT_EQ(test, in8(&t.rig, BM + 2) & 7, 4);
    EXPECT(test, t.irq[0].level && status(&t) == READY);
    EXPECT(test, !memcmp(ram(&t) + AREA, t.disk->data + 33 * 512, 512) &&
           !memcmp(ram(&t) + AREA + 0x10000, t.disk->data + 34 * 512, 1536) && !ram(&t)[AREA + 512]);
    ide_free(&t);
}

static void dma_write(struct test *test)
{
    struct ide t;
    ide_init(&t);
    for (unsigned i = 0; i < 0x20000; i++) {
        ram(&t)[AREA + i] = (uint8_t)(i ^ i >> 9);
    }
    entry(&t, 0, AREA, 0), entry(&t, 1, AREA + 0x10000, 0x80000000);
    start(&t, false);
    command48(&t, 4096, 256, 0x35);
    wait_disk(&t);
    EXPECT(test, t.irq[0].level && status(&t) == READY && (in8(&t.rig, BM + 2) & 7) == 4);
    EXPECT(test, !memcmp(ram(&t) + AREA, t.disk->data + 4096 * 512, 0x20000));
    ide_free(&t);
}

/* 3 MiB through a table that describes the same 64 KiB again and again: several chunks. */
static void dma_of_many_chunks(struct test *test)
{
    struct ide t;
    ide_init(&t);
    for (unsigned i = 0; i < 48; i++) {
        entry(&t, i, AREA, i == 47 ? 0x80000000 : 0);
    }
    command48(&t, 128, 6144, 0x25);
    start(&t, true);
    rig_run(&t.rig, 1000000);
    EXPECT(test, t.irq[0].level && status(&t) == READY && (in8(&t.rig, BM + 2) & 7) == 4);
    EXPECT(test, !memcmp(ram(&t) + AREA, t.disk->data + (128 + 6144 - 128) * 512, 0x10000));
    ide_free(&t);
}

static void tables_of_other_lengths(struct test *test)
{
    struct ide t;
    ide_init(&t);
    entry(&t, 0, AREA, 0x80000000 | 0x800);         /* longer than the command: stays active */
    command28(&t, 1, 1, 0xc8);
    start(&t, true);
    wait_disk(&t);
    EXPECT(test, (in8(&t.rig, BM + 2) & 7) == 5 && status(&t) == READY);
    out8(&t.rig, BM, 0);
    EXPECT_EQ(test, in8(&t.rig, BM + 2) & 1, 0);
    entry(&t, 0, AREA, 0x80000000 | 0x200);         /* shorter: the drive waits, no interrupt */
    command28(&t, 1, 2, 0xc8);
    start(&t, true);
    wait_disk(&t);
    EXPECT(test, (in8(&t.rig, BM + 2) & 7) == 0 && (alt(&t) & BSY) && !t.irq[0].level);
    out8(&t.rig, BM, 0);
    start(&t, true);                                /* the rest from a new table */
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && ram(&t)[AREA] == 3);
    ide_free(&t);
}

static void hostile_tables(struct test *test)
{
    struct ide t;
    ide_init(&t);
    for (unsigned i = 0; i < 9000; i++) {
        entry(&t, i, 0xfffffff0, 2);
    }
    command48(&t, 0, 4096, 0x25);
    start(&t, true);
    rig_run(&t.rig, 2000000);
    EXPECT(test, (in8(&t.rig, BM + 2) & 1) == 0);
    out8(&t.rig, BM, 0);
    memory_write(t.rig.machine->ports, BM + 4, 0xfffffff0, 4);
    out8(&t.rig, BM, 9);
    rig_run(&t.rig, 2000000);
    EXPECT(test, (in8(&t.rig, BM + 2) & 3) == 2);
    ide_free(&t);
}

static void stopped_and_reset_in_the_middle(struct test *test)
{
    struct ide t;
    ide_init(&t);
    entry(&t, 0, AREA, 0x80000000 | 0x200);
    command28(&t, 5, 1, 0xc8);
    start(&t, true);
    out8(&t.rig, BM, 0);
    wait_disk(&t);
    EXPECT(test, !t.irq[0].level && !ram(&t)[AREA] && (alt(&t) & BSY));
    start(&t, true);
    out8(&t.rig, CTL, 4);
    EXPECT(test, (alt(&t) & BSY) && !t.disk->queued);
    out8(&t.rig, CTL, 0);
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && !ram(&t)[AREA] && in8(&t.rig, COUNT) == 1);
    command28(&t, 5, 1, 0x20);
    machine_reset(t.rig.machine);
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && !t.irq[0].level);
    ide_free(&t);
}

static void needs_bus_mastering(struct test *test)
{
    struct ide t;
    ide_init(&t);
    config(&t, 4, 1, 2);
    entry(&t, 0, AREA, 0x80000000 | 0x200);
    command28(&t, 5, 1, 0xc8);
    start(&t, true);
    wait_disk(&t);
    EXPECT(test, alt(&t) & BSY);
    config(&t, 4, 5, 2);
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && ram(&t)[AREA] == 6);
    ide_free(&t);
}

/* ---- Flush, features, interrupts ---- */

static void flush_and_write_through(struct test *test)
{
    struct ide t;
    ide_init(&t);
    out8(&t.rig, DEV, 0x40), out8(&t.rig, CMD, 0xe7);
    EXPECT(test, alt(&t) & BSY);
    wait_disk(&t);
    EXPECT(test, t.irq[0].level && status(&t) == READY && t.disk->counts[DISK_FLUSH] == 1);
    out8(&t.rig, CMD, 0xea);
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && t.disk->counts[DISK_FLUSH] == 2);
    command_features(&t, 0x82, 0, 0xef);
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && t.disk->counts[DISK_FLUSH] == 3);
    command28(&t, 3, 1, 0x30);
    for (unsigned i = 0; i < 128; i++) {
        put32(&t, 0);
    }
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && t.disk->counts[DISK_FLUSH] == 4);
    ide_free(&t);
}

static void features(struct test *test)
{
    struct ide t;
    uint16_t words[256];
    ide_init(&t);
    command_features(&t, 3, 0x45, 0xef);
    EXPECT_EQ(test, status(&t), READY);
    out8(&t.rig, CMD, 0xec);
    read_words(&t, words, 256);
    EXPECT_EQ(test, words[88], 0x203f);
    command_features(&t, 3, 0x46, 0xef);
    EXPECT_EQ(test, status(&t), READY | ERR);
    command_features(&t, 0x77, 0, 0xef);
    EXPECT_EQ(test, status(&t), READY | ERR);
    ide_free(&t);
}

static void trim(struct test *test)
{
    struct ide t;
    uint64_t ranges[64] = { 10 | 2ull << 48, 30 | 1ull << 48 };
    ide_init(&t);
    memcpy(ram(&t) + AREA, ranges, sizeof(ranges));
    entry(&t, 0, AREA, 0x80000000 | 0x200);
    out8(&t.rig, ERROR, 1);
    command48(&t, 0, 1, 0x06);
    start(&t, false);
    wait_disk(&t);
    EXPECT(test, status(&t) == READY && t.disk->counts[DISK_DISCARD] == 2);
    EXPECT(test, t.disk->data[9 * 512] && !t.disk->data[10 * 512] && !t.disk->data[11 * 512] && t.disk->data[12 * 512] &&
           !t.disk->data[30 * 512]);
    ide_free(&t);
}

static void nien_hides_interrupts(struct test *test)
{
    struct ide t;
    ide_init(&t);
    out8(&t.rig, CTL, 2);
    out8(&t.rig, CMD, 0xec);
    EXPECT(test, !t.irq[0].level && !(in8(&t.rig, BM + 2) & 4));
    out8(&t.rig, CTL, 0);
    EXPECT(test, t.irq[0].level && (in8(&t.rig, BM + 2) & 4));
    ide_free(&t);
}

static void smart(struct test *test)
{
    struct ide t;
    ide_init(&t);
    out8(&t.rig, MID, 0x4f), out8(&t.rig, HIGH, 0xc2);
    command_features(&t, 0xda, 0, 0xb0);
    EXPECT(test, status(&t) == READY && in8(&t.rig, MID) == 0x4f && in8(&t.rig, HIGH) == 0xc2);
    command_features(&t, 0xd0, 1, 0xb0);
    EXPECT(test, (status(&t) & DRQ) && data16(&t) == 1);
    for (unsigned i = 1; i < 256; i++) {
        data16(&t);
    }
    out8(&t.rig, MID, 0);
    command_features(&t, 0xda, 0, 0xb0);
    EXPECT_EQ(test, status(&t), READY | ERR);
    ide_free(&t);
}

static void commands_while_busy_are_ignored(struct test *test)
{
    struct ide t;
    ide_init(&t);
    command28(&t, 9, 1, 0x20);
    out8(&t.rig, LOW, 200), out8(&t.rig, CMD, 0xec);
    wait_disk(&t);
    EXPECT_EQ(test, data32(&t), 10);
    out8(&t.rig, CMD, 0xe7);
    EXPECT_EQ(test, data32(&t), t.disk->data[9 * 512 + 4] | t.disk->data[9 * 512 + 5] << 8 |
              t.disk->data[9 * 512 + 6] << 16 | (uint32_t)t.disk->data[9 * 512 + 7] << 24);
    ide_free(&t);
}

static void diagnostic(struct test *test)
{
    struct ide t;
    ide_init(&t);
    out8(&t.rig, DEV, 0xb0), out8(&t.rig, CMD, 0x90);
    EXPECT(test, t.irq[0].level && in8(&t.rig, ERROR) == 1 && in8(&t.rig, DEV) == 0xa0 && status(&t) == READY);
    ide_free(&t);
}

/* ---- Packets: on the second channel ---- */

static uint8_t cd_status(struct ide *t) { return in8(&t->rig, CMD - SECOND); }

static void packet(struct ide *t, const uint8_t *bytes, uint16_t limit, bool dma)
{
    out8(&t->rig, DEV - SECOND, 0xa0);
    out8(&t->rig, ERROR - SECOND, dma);
    out8(&t->rig, MID - SECOND, limit & 0xff), out8(&t->rig, HIGH - SECOND, limit >> 8);
    out8(&t->rig, CMD - SECOND, 0xa0);
    for (unsigned i = 0; i < 12; i += 2) {
        memory_write(t->rig.machine->ports, DATA - SECOND, bytes[i] | bytes[i + 1] << 8, 2);
    }
    rig_run(&t->rig, 200000);
}

static unsigned take(struct ide *t, uint8_t *out, unsigned most)
{
    unsigned got = 0;
    while ((cd_status(t) & DRQ) && got < most) {
        unsigned bytes = in8(&t->rig, MID - SECOND) | in8(&t->rig, HIGH - SECOND) << 8;
        for (unsigned i = 0; i < bytes; i += 2) {
            uint16_t word = (uint16_t)memory_read(t->rig.machine->ports, DATA - SECOND, 2);
            memcpy(out + got + i, &word, bytes - i > 1 ? 2 : 1);
        }
        got += bytes;
        rig_run(&t->rig, 200000);
    }
    return got;
}

static uint32_t sense(struct ide *t)
{
    uint8_t data[18] = { 0 };
    packet(t, (uint8_t[12]){ 3, 0, 0, 0, 18 }, 0xffff, false);
    take(t, data, sizeof(data));
    return (uint32_t)data[2] << 16 | data[12] << 8 | data[13];
}

static const uint8_t test_unit_ready[12] = { 0 };

static void packet_attention_then_ready(struct test *test)
{
    struct ide t;
    ide_init(&t);
    packet(&t, test_unit_ready, 0, false);
    EXPECT(test, t.irq[1].level && (cd_status(&t) & ERR) && in8(&t.rig, ERROR - SECOND) == 0x64);
    EXPECT_EQ(test, sense(&t), 0x062900);
    packet(&t, test_unit_ready, 0, false);
    EXPECT(test, cd_status(&t) == READY && in8(&t.rig, COUNT - SECOND) == 3);
    packet(&t, (uint8_t[12]){ 0xff }, 0, false);
    EXPECT(test, cd_status(&t) & ERR);
    EXPECT_EQ(test, sense(&t), 0x052000);
    ide_free(&t);
}

static void packet_inquiry_and_capacity(struct test *test)
{
    struct ide t;
    uint8_t data[64] = { 0 };
    ide_init(&t);
    packet(&t, (uint8_t[12]){ 0x12, 0, 0, 0, 36 }, 0xffff, false);
    EXPECT_EQ(test, in8(&t.rig, COUNT - SECOND), 2);
    EXPECT(test, take(&t, data, 64) == 36 && data[0] == 5 && !memcmp(data + 8, "DRAGOMANDVD-ROM ", 16));
    packet(&t, test_unit_ready, 0, false);
    packet(&t, (uint8_t[12]){ 0x25 }, 0xffff, false);
    EXPECT(test, take(&t, data, 64) == 8 && data[2] == 1 && data[3] == 0x2b && data[6] == 8);
    packet(&t, (uint8_t[12]){ 0x12, 0, 0, 0, 5 }, 0xffff, false);
    EXPECT_EQ(test, take(&t, data, 64), 5);
    ide_free(&t);
}

static void packet_read_by_pio(struct test *test)
{
    struct ide t;
    g_autofree uint8_t *data = g_malloc0(100 * 2048);
    ide_init(&t);
    packet(&t, test_unit_ready, 0, false);
    t.irq[1].rises = 0;
    packet(&t, (uint8_t[12]){ 0x28, 0, 0, 0, 0, 10, 0, 0, 40 }, 2048, false);
    EXPECT_EQ(test, take(&t, data, 100 * 2048), 40 * 2048);
    EXPECT(test, !memcmp(data, t.cd->data + 10 * 2048, 40 * 2048) && cd_status(&t) == READY);
    EXPECT_EQ(test, t.irq[1].rises, 41);
    packet(&t, (uint8_t[12]){ 0xa8, 0, 0, 0, 1, 0x2b, 0, 0, 0, 1 }, 0xffff, false);
    EXPECT_EQ(test, take(&t, data, 100 * 2048), 2048);
    packet(&t, (uint8_t[12]){ 0xa8, 0, 0, 0, 1, 0x2b, 0, 0, 0, 2 }, 0xffff, false);
    EXPECT(test, cd_status(&t) & ERR);
    EXPECT_EQ(test, sense(&t), 0x052100);
    ide_free(&t);
}

static void start_second(struct ide *t)
{
    memory_write(t->rig.machine->ports, BM + 12, TABLE, 4);
    out8(&t->rig, BM + 10, 6), out8(&t->rig, BM + 8, 9);
}

static void packet_read_by_dma(struct test *test)
{
    struct ide t;
    ide_init(&t);
    packet(&t, test_unit_ready, 0, false);
    for (unsigned i = 0; i < 10; i++) {
        entry(&t, i, AREA + i * 0x10000, i == 9 ? 0x80000000 : 0);
    }
    packet(&t, (uint8_t[12]){ 0x28, 0, 0, 0, 0, 5, 0, 0, 250 }, 0, true);
    EXPECT(test, cd_status(&t) & BSY);
    start_second(&t);
    rig_run(&t.rig, 200000);
    EXPECT(test, t.irq[1].level && cd_status(&t) == READY);
    EXPECT(test, !memcmp(ram(&t) + AREA, t.cd->data + 5 * 2048, 250 * 2048));
    out8(&t.rig, BM + 8, 0);
    packet(&t, (uint8_t[12]){ 0x12, 0, 0, 0, 36 }, 0, true);
    start_second(&t);
    EXPECT(test, cd_status(&t) == READY && !memcmp(ram(&t) + AREA + 8, "DRAGOMAN", 8));
    ide_free(&t);
}

static void packet_raw_sectors(struct test *test)
{
    struct ide t;
    g_autofree uint8_t *data = g_malloc0(20 * 2352);
    ide_init(&t);
    packet(&t, test_unit_ready, 0, false);
    packet(&t, (uint8_t[12]){ 0xbe, 0, 0, 0, 0, 16, 0, 0, 20, 0xf8 }, 0xffff, false);
    EXPECT_EQ(test, take(&t, data, 20 * 2352), 20 * 2352);
    EXPECT(test, !data[0] && data[1] == 0xff && !data[11] && data[12] == 0 && data[13] == 2 && data[14] == 0x16 &&
           data[15] == 1 && !memcmp(data + 16, t.cd->data + 16 * 2048, 2048) &&
           !memcmp(data + 19 * 2352 + 16, t.cd->data + 35 * 2048, 2048));
    packet(&t, (uint8_t[12]){ 0xb9, 0, 0, 0, 2, 16, 0, 2, 18, 0x10 }, 0xffff, false);
    EXPECT(test, take(&t, data, 20 * 2352) == 4096 && !memcmp(data, t.cd->data + 16 * 2048, 4096));
    ide_free(&t);
}

static void packet_toc(struct test *test)
{
    struct ide t;
    uint8_t data[64];
    ide_init(&t);
    packet(&t, test_unit_ready, 0, false);
    packet(&t, (uint8_t[12]){ 0x43, 0, 0, 0, 0, 0, 0, 0, 64 }, 0xffff, false);
    EXPECT(test, take(&t, data, 64) == 20 && data[1] == 18 && data[6] == 1 && data[14] == 0xaa && data[18] == 1 &&
           data[19] == 0x2c);
    packet(&t, (uint8_t[12]){ 0x43, 2, 1, 0, 0, 0, 0, 0, 64 }, 0xffff, false);
    EXPECT(test, take(&t, data, 64) == 12 && data[10] == 2);
    packet(&t, (uint8_t[12]){ 0x43, 2, 2, 0, 0, 0, 0, 0, 64 }, 0xffff, false);
    EXPECT_EQ(test, take(&t, data, 64), 48);
    packet(&t, (uint8_t[12]){ 0x46, 2, 0, 0, 0, 0, 0, 0, 64 }, 0xffff, false);
    EXPECT(test, take(&t, data, 64) == 20 && data[7] == 8);
    packet(&t, (uint8_t[12]){ 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64 }, 0xffff, false);
    EXPECT(test, take(&t, data, 64) == 28 && data[8] == 0x2a);
    ide_free(&t);
}

static void packet_tray_and_media(struct test *test)
{
    struct ide t;
    uint8_t data[64];
    ide_init(&t);
    packet(&t, test_unit_ready, 0, false);
    packet(&t, (uint8_t[12]){ 0x1e, 0, 0, 0, 1 }, 0, false);
    packet(&t, (uint8_t[12]){ 0x1b, 0, 0, 0, 2 }, 0, false);
    EXPECT_EQ(test, sense(&t), 0x055302);
    EXPECT(test, t.cd->listener.eject_requested(t.cd->listener.device, false));
    packet(&t, (uint8_t[12]){ 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 }, 0xffff, false);
    EXPECT(test, take(&t, data, 64) == 8 && data[4] == 1 && data[5] == 2);
    packet(&t, (uint8_t[12]){ 0x1e }, 0, false);
    packet(&t, (uint8_t[12]){ 0x1b, 0, 0, 0, 2 }, 0, false);
    EXPECT(test, t.cd->guest_opened && cd_status(&t) == READY);
    t.cd->facts.tray_open = true;
    fake_disk_change(t.cd, 0);
    packet(&t, test_unit_ready, 0, false);
    EXPECT_EQ(test, sense(&t), 0x023a02);
    fake_disk_change(t.cd, 100 * 2048);                         /* in it, but it is open */
    packet(&t, test_unit_ready, 0, false);
    EXPECT_EQ(test, sense(&t), 0x023a02);
    t.cd->facts.tray_open = false;
    fake_disk_change(t.cd, 100 * 2048);
    packet(&t, test_unit_ready, 0, false);
    EXPECT_EQ(test, sense(&t), 0x062800);
    packet(&t, (uint8_t[12]){ 0x25 }, 0xffff, false);
    EXPECT(test, take(&t, data, 64) == 8 && data[3] == 99);
    ide_free(&t);
}

static void packet_device_reset_and_signature(struct test *test)
{
    struct ide t;
    ide_init(&t);
    out8(&t.rig, CMD - SECOND, 0xec);
    EXPECT(test, (cd_status(&t) & ERR) && in8(&t.rig, MID - SECOND) == 0x14 && in8(&t.rig, HIGH - SECOND) == 0xeb);
    out8(&t.rig, CMD - SECOND, 0xa1);
    EXPECT_EQ(test, memory_read(t.rig.machine->ports, DATA - SECOND, 2), 0x85c0);
    out8(&t.rig, CMD - SECOND, 0x08);
    EXPECT(test, cd_status(&t) == 0 && in8(&t.rig, MID - SECOND) == 0x14 && !t.irq[1].level);
    ide_free(&t);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(drives_are_found), TEST(identify), TEST(pio_read_hands_out_sectors), TEST(pio_multiple), TEST(pio_write),
        TEST(write_of_many_sectors), TEST(strings_of_the_data_port), TEST(addresses), TEST(previous_values_are_read_with_hob), TEST(errors_of_the_disk),
        TEST(dma_read), TEST(dma_write), TEST(dma_of_many_chunks), TEST(tables_of_other_lengths), TEST(hostile_tables),
        TEST(stopped_and_reset_in_the_middle), TEST(needs_bus_mastering), TEST(flush_and_write_through), TEST(features),
        TEST(trim), TEST(nien_hides_interrupts), TEST(smart), TEST(commands_while_busy_are_ignored), TEST(diagnostic),
        TEST(packet_attention_then_ready), TEST(packet_inquiry_and_capacity), TEST(packet_read_by_pio),
        TEST(packet_read_by_dma), TEST(packet_raw_sectors), TEST(packet_toc), TEST(packet_tray_and_media),
        TEST(packet_device_reset_and_signature),
    };
    return test_run_cases("ide", cases, ARRAY_LEN(cases));
}
