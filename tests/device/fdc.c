/* SPDX-License-Identifier: MIT */
/* Floppy controller: reset, seeks, reading and writing with and without DMA, ends of cylinders, errors, format, change line. */
#include "hw/block/fdc.h"
#include "hw/dma/i8237.h"
#include "tests/device/fake_disk.h"

enum { DOR = 0x3f2, MSR = 0x3f4, FIFO = 0x3f5, DIGITAL = 0x3f7, FLOPPY_BYTES = 1440 * 1024, TO_MEMORY = 0x46, FROM_MEMORY = 0x4a };

struct floppy { struct rig rig; struct fdc *fdc; struct disk *disk; struct wire irq; uint8_t result[16]; unsigned results; };

static uint8_t *ram(struct floppy *f) { return f->rig.machine->ram->host; }

/* Sends a command, waits for the disk, takes the results when there are any. */
static unsigned command(struct floppy *f, unsigned count, const uint8_t *bytes)
{
    for (unsigned i = 0; i < count; i++) {
        out8(&f->rig, FIFO, bytes[i]);
    }
    rig_run(&f->rig, 3000000);
    f->results = 0;
    while ((in8(&f->rig, MSR) & 0xe0) == 0xc0 && f->results < sizeof(f->result)) {
        f->result[f->results++] = in8(&f->rig, FIFO);
    }
    return f->results;
}
#define COMMAND(f, ...) command(f, sizeof((uint8_t[]){ __VA_ARGS__ }), (uint8_t[]){ __VA_ARGS__ })

static void floppy_init(struct floppy *f)
{
    memset(f, 0, sizeof(*f));
    rig_init(&f->rig);
    f->fdc = fdc_new(f->rig.machine, wire_line(&f->irq), i8237_new(f->rig.machine));
    f->disk = fake_disk_new(&f->rig, FLOPPY_BYTES);
    fdc_attach(f->fdc, 0, FDC_NO_DRIVE, f->disk);
    out8(&f->rig, DOR, 0x0c), out8(&f->rig, DIGITAL, 0);
    for (unsigned i = 0; i < 4; i++) {
        COMMAND(f, 0x08);
    }
    COMMAND(f, 0x03, 0xaf, 0x02);
}

static void floppy_free(struct floppy *f)
{
    machine_free_devices(f->rig.machine);
    timer_free(f->disk->timer);
    rig_free(&f->rig);
    fake_disk_free(f->disk);
}

static void dma(struct floppy *f, uint8_t mode, uint32_t address, uint16_t bytes)
{
    out8(&f->rig, 0x0a, 6), out8(&f->rig, 0x0c, 0), out8(&f->rig, 0x0b, mode);
    out8(&f->rig, 0x04, address & 0xff), out8(&f->rig, 0x04, address >> 8 & 0xff);
    out8(&f->rig, 0x05, (bytes - 1) & 0xff), out8(&f->rig, 0x05, (bytes - 1) >> 8);
    out8(&f->rig, 0x81, address >> 16 & 0xff), out8(&f->rig, 0x0a, 2);
}

static void reset_reports_four_drives(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    out8(&f.rig, DOR, 0x08);
    EXPECT_EQ(test, in8(&f.rig, MSR), 0);
    out8(&f.rig, DOR, 0x0c);
    EXPECT(test, f.irq.level && in8(&f.rig, MSR) == 0x80);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT(test, COMMAND(&f, 0x08) == 2 && f.result[0] == (0xc0 | i));
    }
    EXPECT(test, !f.irq.level && COMMAND(&f, 0x08) == 1 && f.result[0] == 0x80);
    EXPECT(test, COMMAND(&f, 0x10) == 1 && f.result[0] == 0x90);
    EXPECT(test, COMMAND(&f, 0x1f) == 1 && f.result[0] == 0x80);
    floppy_free(&f);
}

static void seeks(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    COMMAND(&f, 0x0f, 0x00, 17);
    EXPECT(test, f.irq.level && COMMAND(&f, 0x08) == 2 && f.result[0] == 0x20 && f.result[1] == 17 && !f.irq.level);
    EXPECT(test, COMMAND(&f, 0x04, 0) == 1 && f.result[0] == 0x28);
    COMMAND(&f, 0x07, 0x00);
    EXPECT(test, COMMAND(&f, 0x08) == 2 && f.result[0] == 0x20 && f.result[1] == 0);
    EXPECT(test, COMMAND(&f, 0x04, 0) == 1 && f.result[0] == 0x38);
    COMMAND(&f, 0x07, 0x01);                        /* no drive there */
    EXPECT(test, COMMAND(&f, 0x08) == 2 && f.result[0] == 0x71);
    COMMAND(&f, 0xcf, 0x00, 5), COMMAND(&f, 0x08);
    COMMAND(&f, 0x8f, 0x00, 2);
    EXPECT(test, COMMAND(&f, 0x08) == 2 && f.result[1] == 3);
    floppy_free(&f);
}

static void reads_by_dma(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    dma(&f, TO_MEMORY, 0x18000, 1024);
    EXPECT_EQ(test, COMMAND(&f, 0xe6, 0x00, 0, 0, 3, 2, 18, 27, 0xff), 7);
    EXPECT(test, f.result[0] == 0 && !f.result[1] && f.result[3] == 0 && f.result[4] == 0 && f.result[5] == 5);
    EXPECT(test, !memcmp(ram(&f) + 0x18000, f.disk->data + 2 * 512, 1024) && !ram(&f)[0x18400]);
    EXPECT_EQ(test, f.irq.rises, 2);                /* one was that of the reset */
    dma(&f, TO_MEMORY, 0x20000, 18 * 1024);         /* both sides by MT */
    COMMAND(&f, 0x0f, 0, 1), COMMAND(&f, 0x08);
    EXPECT(test, COMMAND(&f, 0xe6, 0x00, 1, 0, 1, 2, 18, 27, 0xff) == 7 && f.result[0] == 0x00);
    EXPECT(test, f.result[3] == 2 && f.result[4] == 0 && f.result[5] == 1);
    EXPECT(test, !memcmp(ram(&f) + 0x20000, f.disk->data + 36 * 512, 18 * 1024));
    floppy_free(&f);
}

static void ends_of_cylinders(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    dma(&f, TO_MEMORY, 0x18000, 4096);
    EXPECT_EQ(test, COMMAND(&f, 0x46, 0x00, 0, 0, 17, 2, 18, 27, 0xff), 7);
    EXPECT(test, f.result[0] == 0x40 && f.result[1] == 0x80 && f.result[3] == 1 && f.result[5] == 1);
    EXPECT(test, !memcmp(ram(&f) + 0x18000, f.disk->data + 16 * 512, 1024));
    floppy_free(&f);
}

static void writes_by_dma(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    memset(ram(&f) + 0x18000, 0x5a, 2048);
    dma(&f, FROM_MEMORY, 0x18000, 1024 + 100);
    EXPECT(test, COMMAND(&f, 0xc5, 0x04, 0, 1, 2, 2, 18, 27, 0xff) == 7 && f.result[0] == 0x04);
    const uint8_t *side1 = f.disk->data + 18 * 512;
    EXPECT(test, side1[0] == 19 && side1[512] == 0x5a && side1[1535] == 0x5a && side1[1536 + 99] == 0x5a && !side1[1536 + 100] &&
           side1[2048] == 23);
    f.disk->facts.read_only = true;
    f.disk->listener.medium_changed(f.disk->listener.device);
    dma(&f, FROM_MEMORY, 0x18000, 512);
    EXPECT(test, COMMAND(&f, 0x45, 0x00, 0, 0, 1, 2, 18, 27, 0xff) == 7 && f.result[0] == 0x40 && f.result[1] == 2);
    floppy_free(&f);
}

static void waits_for_its_channel(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    out8(&f.rig, 0x0a, 6);
    COMMAND(&f, 0x46, 0x00, 0, 0, 1, 2, 18, 27, 0xff);
    EXPECT(test, f.results == 0 && (in8(&f.rig, MSR) & 0xf0) == 0x10);
    dma(&f, TO_MEMORY, 0x18000, 512);
    rig_run(&f.rig, 1000000);
    EXPECT(test, f.irq.level && ram(&f)[0x18000] == 1);
    floppy_free(&f);
}

static void without_dma(struct test *test)
{
    struct floppy f;
    uint8_t data[1024];
    floppy_init(&f);
    COMMAND(&f, 0x03, 0xaf, 0x03);
    const uint8_t read[] = { 0x46, 0x00, 0, 0, 17, 2, 18, 27, 0xff };
    for (unsigned i = 0; i < sizeof(read); i++) {
        out8(&f.rig, FIFO, read[i]);
    }
    for (unsigned i = 0; i < sizeof(data); i++) {
        rig_run(&f.rig, i % 512 ? 0 : 1000000);
        EXPECT(test, i % 512 || (f.irq.level && in8(&f.rig, MSR) == 0xf0));
        data[i] = in8(&f.rig, FIFO);
    }
    rig_run(&f.rig, 1000000);
    EXPECT(test, !memcmp(data, f.disk->data + 16 * 512, 1024) && f.irq.level && in8(&f.rig, MSR) == 0xd0);
    EXPECT(test, in8(&f.rig, FIFO) == 0x40 && in8(&f.rig, FIFO) == 0x80);
    floppy_free(&f);
}

static void errors(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    dma(&f, TO_MEMORY, 0x18000, 512);
    EXPECT(test, COMMAND(&f, 0x46, 0x00, 0, 0, 19, 2, 36, 27, 0xff) == 7 && f.result[0] == 0x40 && f.result[1] == 4);
    EXPECT(test, COMMAND(&f, 0x46, 0x00, 3, 0, 1, 2, 18, 27, 0xff) == 7 && f.result[1] == 4 && f.result[2] == 0x10);
    EXPECT(test, COMMAND(&f, 0x46, 0x01, 0, 0, 1, 2, 18, 27, 0xff) == 7 && f.result[0] == 0x41 && f.result[1] == 1);
    out8(&f.rig, DIGITAL, 2);                           /* 250 kb/s finds nothing on a high-density disk */
    EXPECT(test, COMMAND(&f, 0x4a, 0x00) == 7 && f.result[0] == 0x40 && f.result[1] == 1);
    out8(&f.rig, DIGITAL, 0);
    EXPECT(test, COMMAND(&f, 0x4a, 0x04) == 7 && f.result[0] == 0x04 && f.result[4] == 1 && f.result[6] == 2);
    f.disk->next_error = EIO;
    EXPECT(test, COMMAND(&f, 0x46, 0x00, 0, 0, 1, 2, 18, 27, 0xff) == 7 && f.result[0] == 0x40 && f.result[1] == 0x20);
    floppy_free(&f);
}

static void formats_a_track(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    COMMAND(&f, 0x0f, 0, 2), COMMAND(&f, 0x08);
    for (unsigned i = 0; i < 18; i++) {
        const uint8_t entry[] = { 2, 1, (uint8_t)(18 - i), 2 };
        memcpy(ram(&f) + 0x18000 + i * 4, entry, 4);
    }
    dma(&f, FROM_MEMORY, 0x18000, 72);
    EXPECT(test, COMMAND(&f, 0x4d, 0x04, 2, 18, 84, 0xf6) == 7 && f.result[0] == 0x04);
    const uint8_t *track = f.disk->data + (2 * 36 + 18) * 512;
    EXPECT(test, track[-512] == 90 && track[0] == 0xf6 && track[18 * 512 - 1] == 0xf6 && track[18 * 512] == 109);
    floppy_free(&f);
}

static void change_line(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    EXPECT_EQ(test, in8(&f.rig, DIGITAL) & 0x80, 0x80);
    COMMAND(&f, 0x07, 0), COMMAND(&f, 0x08);
    EXPECT_EQ(test, in8(&f.rig, DIGITAL) & 0x80, 0);
    fake_disk_change(f.disk, 0);
    COMMAND(&f, 0x0f, 0, 1), COMMAND(&f, 0x08);
    EXPECT_EQ(test, in8(&f.rig, DIGITAL) & 0x80, 0x80);
    fake_disk_change(f.disk, 737280);
    COMMAND(&f, 0x0f, 0, 0), COMMAND(&f, 0x08);
    out8(&f.rig, DIGITAL, 2);
    dma(&f, TO_MEMORY, 0x18000, 512);
    EXPECT(test, !(in8(&f.rig, DIGITAL) & 0x80) && COMMAND(&f, 0x46, 0x04, 0, 1, 9, 2, 9, 27, 0xff) == 7 && f.result[0] == 0x04);
    EXPECT_EQ(test, ram(&f)[0x18000], 18);
    floppy_free(&f);
}

static void configuration_is_kept_when_locked(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    COMMAND(&f, 0x13, 0, 0x57, 3);
    EXPECT(test, COMMAND(&f, 0x94) == 1 && f.result[0] == 0x10);
    out8(&f.rig, DOR, 0x08), out8(&f.rig, DOR, 0x0c);
    EXPECT(test, COMMAND(&f, 0x0e) == 10 && f.result[4] == 0xaf && f.result[7] == 0x80 && f.result[8] == 0x57 && f.result[9] == 3);
    EXPECT(test, COMMAND(&f, 0x14) == 1 && f.result[0] == 0);
    out8(&f.rig, 0x3f4, 0x80);
    EXPECT(test, COMMAND(&f, 0x0e) == 10 && f.result[8] == 0x20);
    COMMAND(&f, 0x13, 0, 0x77, 0);                  /* implied seeks */
    dma(&f, TO_MEMORY, 0x18000, 512);
    out8(&f.rig, DIGITAL, 0);
    EXPECT(test, COMMAND(&f, 0x46, 0x00, 5, 0, 1, 2, 18, 27, 0xff) == 7 && f.result[0] == 0 && ram(&f)[0x18000] == 181);
    floppy_free(&f);
}

static void kinds_by_size(struct test *test)
{
    struct floppy f;
    floppy_init(&f);
    EXPECT(test, fdc_drive_kind(f.fdc, 0) == FDC_1440K && fdc_drive_kind(f.fdc, 1) == FDC_NO_DRIVE);
    EXPECT(test, fdc_size_is_known(163840) && fdc_size_is_known(2949120) && !fdc_size_is_known(4 << 20));
    floppy_free(&f);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(reset_reports_four_drives), TEST(seeks), TEST(reads_by_dma), TEST(ends_of_cylinders), TEST(writes_by_dma),
        TEST(waits_for_its_channel), TEST(without_dma), TEST(errors), TEST(formats_a_track), TEST(change_line),
        TEST(configuration_is_kept_when_locked), TEST(kinds_by_size),
    };
    return test_run_cases("fdc", cases, ARRAY_LEN(cases));
}
