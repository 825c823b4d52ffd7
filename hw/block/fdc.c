/* SPDX-License-Identifier: MIT */
/*
 * Intel 82077AA (data sheet 290166): registers in AT mode, drives, and the commands that move no data. Data commands are
 * in fdc_data.c. Seeks and resets take no time. Drives are those of a PC: 3.5 and 5.25 inches, disk change line, media by
 * the size of the image.
 * Left out: FM and sectors of other sizes than 512 bytes (no image has them), SCAN, deleted data marks on the medium, tape,
 * power-down, PS/2 mode's status registers A and B.
 */
#include "hw/block/fdc_internal.h"
#include <string.h>

enum { REG_SRA = 0, REG_SRB = 1, REG_DOR = 2, REG_TDR = 3, REG_MSR_DSR = 4, REG_FIFO = 5 };
enum { DOR_DRIVE = 0x03, DOR_NOT_RESET = 0x04, DOR_DMA_GATE = 0x08 };
enum { DSR_RATE = 0x03, DSR_SOFT_RESET = 0x80 };
enum { MSR_RQM = 0x80, MSR_DIO = 0x40, MSR_NON_DMA = 0x20, MSR_BUSY = 0x10 };
enum { DIR_CHANGE = 0x80 };
enum { VERSION_82077 = 0x90, LAST_CYLINDER = 85 };

static const struct fdc_format formats[] = {
    /* sectors, heads, cylinders, sectors a track, rate (0: 500, 1: 300, 2: 250 kb/s, 3: 1 Mb/s), smallest drive */
    { 320, 1, 40, 8, 1, FDC_1200K }, { 360, 1, 40, 9, 1, FDC_1200K }, { 640, 2, 40, 8, 1, FDC_1200K },
    { 720, 2, 40, 9, 1, FDC_1200K }, { 1280, 2, 80, 8, 2, FDC_1440K }, { 1440, 2, 80, 9, 2, FDC_1440K },
    { 1600, 2, 80, 10, 2, FDC_1440K }, { 2400, 2, 80, 15, 0, FDC_1200K }, { 2880, 2, 80, 18, 0, FDC_1440K },
    { 3200, 2, 80, 20, 0, FDC_1440K }, { 3360, 2, 80, 21, 0, FDC_1440K }, { 3444, 2, 82, 21, 0, FDC_1440K },
    { 5760, 2, 80, 36, 3, FDC_2880K }, { 6240, 2, 80, 39, 3, FDC_2880K },
};

/* ---- Drives ---- */

/* The smallest format that holds the image: images with their end cut off exist. */
static const struct fdc_format *format_of(uint64_t bytes)
{
    for (unsigned i = 0; bytes && i < ARRAY_LEN(formats); i++) {
        if (bytes <= (uint64_t)formats[i].sectors_total * FDC_SECTOR_BYTES) {
            return &formats[i];
        }
    }
    return NULL;
}

bool fdc_size_is_known(uint64_t bytes)
{
    return format_of(bytes);
}

struct fdc_drive *fdc_drive(struct fdc *fdc, unsigned number)
{
    return number < FDC_DRIVES && fdc->drives[number].disk ? &fdc->drives[number] : NULL;
}

enum fdc_drive_kind fdc_drive_kind(const struct fdc *fdc, unsigned number)
{
    return number < FDC_DRIVES && fdc->drives[number].disk ? fdc->drives[number].kind : FDC_NO_DRIVE;
}

static void take_facts(struct fdc_drive *drive)
{
    disk_get_facts(drive->disk, &drive->facts);
    drive->format = drive->facts.inserted ? format_of(drive->facts.bytes) : NULL;
}

static void medium_changed(void *opaque)
{
    struct fdc_drive *drive = opaque;
    take_facts(drive);
    drive->fdc->state.changed[drive->number] = 1;
}

static bool eject_requested(void *opaque, bool force)
{
    return false;                       /* nothing locks a floppy drive */
}

void fdc_attach(struct fdc *fdc, unsigned number, enum fdc_drive_kind kind, struct disk *disk)
{
    struct fdc_drive *drive = &fdc->drives[number];
    const struct disk_listener listener = { drive, medium_changed, eject_requested };
    *drive = (struct fdc_drive){ .disk = disk, .fdc = fdc, .number = number };
    take_facts(drive);
    drive->kind = kind ? kind : drive->format ? (enum fdc_drive_kind)drive->format->kind : FDC_1440K;
    disk_set_listener(disk, &listener);
}

/* ---- Interrupts and results ---- */

void fdc_update_irq(struct fdc *fdc)
{
    const struct fdc_state *s = &fdc->state;
    bool byte_waits = !fdc_uses_dma(fdc) && (s->phase == FDC_READ || s->phase == FDC_WRITE || s->phase == FDC_FORMAT_LIST) &&
                      s->buffer_at < s->buffer_end;
    irq_set(&fdc->irq, (s->interrupt || byte_waits) && (s->dor & DOR_DMA_GATE));
}

void fdc_result(struct fdc *fdc, const uint8_t *bytes, unsigned count, bool interrupt)
{
    struct fdc_state *s = &fdc->state;
    memmove(s->result, bytes, count);
    s->result_at = 0;
    s->result_bytes = (uint8_t)count;
    s->phase = count ? FDC_RESULT : FDC_COMMAND;
    s->command_count = 0;
    s->interrupt |= interrupt;
}

static void no_result(struct fdc *fdc)
{
    fdc_result(fdc, fdc->state.result, 0, false);
}

/* ---- Reset ---- */

/* full: by the reset pin or DOR; else DSR, which is the same here. */
static void reset_controller(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    fdc_cancel(fdc);
    s->phase = FDC_COMMAND;
    s->command_count = s->result_at = s->result_bytes = 0;
    s->interrupt = s->seek_done = s->reset_senses = 0;
    s->buffer_at = s->buffer_end = 0;
    memset(s->present_cylinder, 0, sizeof(s->present_cylinder));
    if (!s->lock) {
        s->config[0] = 0;
        s->config[1] = 0x20;            /* polling on, FIFO off */
        s->config[2] = 0;
    }
    s->perpendicular &= 0x3c;           /* data sheet, PERPENDICULAR MODE: a software reset clears GAP and WGATE */
}

/* Leaving reset, the controller polls its four drives and reports each once. */
static void leave_reset(struct fdc *fdc)
{
    fdc->state.reset_senses = 4;
    fdc->state.interrupt = 1;
}

static void write_dor(struct fdc *fdc, uint8_t value)
{
    uint8_t before = fdc->state.dor;
    fdc->state.dor = value;
    if ((before & DOR_NOT_RESET) && !(value & DOR_NOT_RESET)) {
        reset_controller(fdc);
    } else if (!(before & DOR_NOT_RESET) && (value & DOR_NOT_RESET)) {
        leave_reset(fdc);
    }
}

static void write_dsr(struct fdc *fdc, uint8_t value)
{
    fdc->state.dsr = value & (uint8_t)~DSR_SOFT_RESET;
    fdc->state.rate = value & DSR_RATE;
    if ((value & DSR_SOFT_RESET) && (fdc->state.dor & DOR_NOT_RESET)) {
        reset_controller(fdc);
        leave_reset(fdc);
    }
}

/* ---- Commands without data ---- */

static void specify(struct fdc *fdc)
{
    memcpy(fdc->state.specify, fdc->state.command + 1, 2);
    no_result(fdc);
}

static void sense_drive(struct fdc *fdc)
{
    enum { ST3_READY = 0x20, ST3_TWO_SIDES = 0x08, ST3_TRACK_0 = 0x10, ST3_PROTECTED = 0x40 };
    struct fdc_state *s = &fdc->state;
    unsigned number = s->command[1] & SELECT_DRIVE;
    const struct fdc_drive *drive = fdc_drive(fdc, number);
    uint8_t st3 = ST3_READY | ST3_TWO_SIDES | (s->command[1] & (SELECT_DRIVE | SELECT_HEAD));
    if (drive && !s->head_cylinder[number]) {
        st3 |= ST3_TRACK_0;
    }
    if (drive && drive->facts.read_only) {
        st3 |= ST3_PROTECTED;
    }
    fdc_result(fdc, &st3, 1, false);
}

/* The heads step: with a disk inserted that ends the report of a change. */
static void step_to(struct fdc *fdc, unsigned number, unsigned cylinder)
{
    struct fdc_state *s = &fdc->state;
    const struct fdc_drive *drive = fdc_drive(fdc, number);
    if (drive && drive->facts.inserted) {
        s->changed[number] = 0;
    }
    s->head_cylinder[number] = (uint8_t)MIN(cylinder, LAST_CYLINDER);
}

static void seek_ended(struct fdc *fdc, unsigned number, uint8_t st0)
{
    struct fdc_state *s = &fdc->state;
    s->seek_st0[number] = ST0_SEEK_END | st0 | (uint8_t)number;
    s->seek_done |= (uint8_t)(1 << number);
    s->interrupt = 1;
    no_result(fdc);
}

static void recalibrate(struct fdc *fdc)
{
    unsigned number = fdc->state.command[1] & SELECT_DRIVE;
    step_to(fdc, number, 0);
    fdc->state.present_cylinder[number] = 0;
    seek_ended(fdc, number, fdc_drive(fdc, number) ? 0 : ST0_ABNORMAL | ST0_EQUIPMENT);
}

/* The heads move by the difference to where the controller believes they are; a seek finds no mistake. */
static void seek(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    unsigned number = s->command[1] & SELECT_DRIVE;
    step_to(fdc, number, s->command[2]);
    s->present_cylinder[number] = s->command[2];
    seek_ended(fdc, number, s->command[1] & SELECT_HEAD);
}

static void relative_seek(struct fdc *fdc)
{
    enum { INWARD = 0x40 };
    struct fdc_state *s = &fdc->state;
    unsigned number = s->command[1] & SELECT_DRIVE, from = s->head_cylinder[number], by = s->command[2];
    unsigned to = s->command[0] & INWARD ? from + by : from - MIN(by, from);
    step_to(fdc, number, to);
    s->present_cylinder[number] = (uint8_t)(s->command[0] & INWARD ? s->present_cylinder[number] + by
                                                                   : s->present_cylinder[number] - by);
    seek_ended(fdc, number, s->command[1] & SELECT_HEAD);
}

static void sense_interrupt(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    uint8_t result[2] = { ST0_INVALID };
    if (s->reset_senses) {
        unsigned number = 4u - s->reset_senses--;
        result[0] = ST0_POLLED | (uint8_t)number;
        result[1] = s->present_cylinder[number];
    } else if (s->seek_done) {
        unsigned number = (unsigned)__builtin_ctz(s->seek_done);
        s->seek_done &= (uint8_t)~(1 << number);
        result[0] = s->seek_st0[number];
        result[1] = s->present_cylinder[number];
    } else {
        fdc_result(fdc, result, 1, false);
        return;
    }
    s->interrupt = s->seek_done != 0;
    fdc_result(fdc, result, 2, false);
}

static void dump_registers(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    uint8_t result[10];
    memcpy(result, s->present_cylinder, 4);
    memcpy(result + 4, s->specify, 2);
    result[6] = s->command[6];          /* SC/EOT of the last data command */
    result[7] = (uint8_t)(s->lock << 7) | (s->perpendicular & 0x3f);
    result[8] = s->config[1];
    result[9] = s->config[2];
    fdc_result(fdc, result, sizeof(result), false);
}

static void version(struct fdc *fdc)
{
    fdc_result(fdc, &(uint8_t){ VERSION_82077 }, 1, false);
}

/* Drive bits are only changed with OW set. */
static void perpendicular(struct fdc *fdc)
{
    enum { OVERWRITE = 0x80, DRIVES = 0x3c, GATES = 0x03 };
    struct fdc_state *s = &fdc->state;
    uint8_t value = s->command[1];
    s->perpendicular = (value & OVERWRITE ? value & DRIVES : s->perpendicular & DRIVES) | (value & GATES);
    no_result(fdc);
}

static void configure(struct fdc *fdc)
{
    memcpy(fdc->state.config, fdc->state.command + 1, 3);
    no_result(fdc);
}

static void lock(struct fdc *fdc)
{
    fdc->state.lock = fdc->state.command[0] >> 7;
    fdc_result(fdc, &(uint8_t){ (uint8_t)(fdc->state.lock << 4) }, 1, false);
}

static void invalid(struct fdc *fdc)
{
    log_write(fdc->machine->log, LOG_guest_errors, "fdc: invalid command %02x\n", fdc->state.command[0]);
    fdc_result(fdc, &(uint8_t){ ST0_INVALID }, 1, false);
}

/* ---- The table ---- */

struct fdc_row { uint8_t mask, code, bytes; void (*run)(struct fdc *fdc); };

static const struct fdc_row rows[] = {
    { 0x9f, 0x02, 9, fdc_start_data },          /* READ TRACK */
    { 0xff, 0x03, 3, specify },
    { 0xff, 0x04, 2, sense_drive },
    { 0x3f, 0x05, 9, fdc_start_data },          /* WRITE DATA */
    { 0x1f, 0x06, 9, fdc_start_data },          /* READ DATA */
    { 0xff, 0x07, 2, recalibrate },
    { 0xff, 0x08, 1, sense_interrupt },
    { 0x3f, 0x09, 9, fdc_start_data },          /* WRITE DELETED DATA */
    { 0xbf, 0x0a, 2, fdc_read_id },
    { 0x1f, 0x0c, 9, fdc_start_data },          /* READ DELETED DATA */
    { 0xbf, 0x0d, 6, fdc_start_format },
    { 0xff, 0x0e, 1, dump_registers },
    { 0xff, 0x0f, 3, seek },
    { 0xbf, 0x8f, 3, relative_seek },
    { 0xff, 0x10, 1, version },
    { 0xff, 0x12, 2, perpendicular },
    { 0xff, 0x13, 4, configure },
    { 0x7f, 0x14, 1, lock },
    { 0x1f, 0x16, 9, fdc_start_data },          /* VERIFY */
    { 0x00, 0x00, 1, invalid },
};

static const struct fdc_row *find_row(uint8_t code)
{
    const struct fdc_row *row = rows;
    while ((code & row->mask) != row->code) {
        row++;
    }
    return row;
}

static void write_command(struct fdc *fdc, uint8_t value)
{
    struct fdc_state *s = &fdc->state;
    if (!s->command_count) {
        s->command_bytes = find_row(value)->bytes;
        s->interrupt = s->seek_done || s->reset_senses;     /* they wait for SENSE INTERRUPT, not for a result */
    }
    s->command[s->command_count++] = value;
    if (s->command_count == s->command_bytes) {
        s->command_count = 0;
        find_row(s->command[0])->run(fdc);
    }
}

/* ---- Registers ---- */

static uint8_t read_msr(const struct fdc *fdc)
{
    const struct fdc_state *s = &fdc->state;
    bool by_host = !fdc_uses_dma(fdc), byte_waits = s->buffer_at < s->buffer_end;
    if (!(s->dor & DOR_NOT_RESET)) {
        return 0;
    }
    switch (s->phase) {
    case FDC_COMMAND: return MSR_RQM | (s->command_count ? MSR_BUSY : 0);
    case FDC_RESULT: return MSR_RQM | MSR_DIO | MSR_BUSY;
    case FDC_READ: return MSR_BUSY | (by_host ? MSR_NON_DMA | (byte_waits ? MSR_RQM | MSR_DIO : 0) : 0);
    case FDC_WRITE: case FDC_FORMAT_LIST: return MSR_BUSY | (by_host ? MSR_NON_DMA | (byte_waits ? MSR_RQM : 0) : 0);
    default: return MSR_BUSY;
    }
}

static uint8_t read_fifo(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    if (s->phase == FDC_READ) {
        return fdc_data_read(fdc);
    }
    if (s->phase != FDC_RESULT) {
        return 0;
    }
    uint8_t value = s->result[s->result_at++];
    if (!s->seek_done && !s->reset_senses) {
        s->interrupt = 0;
    }
    if (s->result_at == s->result_bytes) {
        s->phase = FDC_COMMAND;
    }
    return value;
}

static void write_fifo(struct fdc *fdc, uint8_t value)
{
    struct fdc_state *s = &fdc->state;
    if (!(s->dor & DOR_NOT_RESET)) {
        return;
    }
    if (s->phase == FDC_COMMAND) {
        write_command(fdc, value);
    } else if (s->phase == FDC_WRITE || s->phase == FDC_FORMAT_LIST) {
        fdc_data_write(fdc, value);
    }
}

static uint64_t fdc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct fdc *fdc = opaque;
    uint8_t value = 0xff;
    switch (offset) {
    case REG_DOR: value = fdc->state.dor; break;
    case REG_TDR: value = fdc->state.tdr; break;
    case REG_MSR_DSR: value = read_msr(fdc); break;
    case REG_FIFO: value = read_fifo(fdc); break;
    }
    fdc_update_irq(fdc);
    return value;
}

static void fdc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct fdc *fdc = opaque;
    switch (offset) {
    case REG_DOR: write_dor(fdc, (uint8_t)value); break;
    case REG_TDR: fdc->state.tdr = value & 3; break;
    case REG_MSR_DSR: write_dsr(fdc, (uint8_t)value); break;
    case REG_FIFO: write_fifo(fdc, (uint8_t)value); break;
    }
    fdc_run(fdc);
    fdc_update_irq(fdc);
}

/* 3F7h: only bit 7 is ours, the rest floats (fixed disks had it). */
static uint64_t dir_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct fdc_state *s = &((struct fdc *)opaque)->state;
    unsigned number = s->dor & DOR_DRIVE;
    return (number < FDC_DRIVES && s->changed[number] ? DIR_CHANGE : 0);
}

static void ccr_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ((struct fdc *)opaque)->state.rate = value & DSR_RATE;
}

static const struct io_ops fdc_ops = { fdc_read, fdc_write, 1, 1 };
static const struct io_ops dir_ops = { dir_read, ccr_write, 1, 1 };

/* ---- The device ---- */

static void dma_ready(void *opaque)
{
    fdc_run(opaque);
    fdc_update_irq(opaque);
}

static void loaded(void *device)
{
    struct fdc *fdc = device;
    struct fdc_state *s = &fdc->state;
    fdc_cancel(fdc);
    if (s->phase > FDC_RESULT || s->command_count >= FDC_COMMAND_MOST || s->result_at > s->result_bytes ||
        s->result_bytes > FDC_RESULT_MOST || s->buffer_at > s->buffer_end || s->buffer_end > sizeof(s->buffer) ||
        (s->phase == FDC_RESULT && s->result_at == s->result_bytes) || (s->command_count && s->command_bytes > FDC_COMMAND_MOST) ||
        (s->command_count && s->command_count >= s->command_bytes)) {
        reset_controller(fdc);
    }
    fdc_run(fdc);
    fdc_update_irq(fdc);
}

static void reset(void *device)
{
    struct fdc *fdc = device;
    fdc_cancel(fdc);
    fdc->state = (struct fdc_state){ .rate = 2, .dsr = 2, .config = { 0, 0x20, 0 }, .changed = { 1, 1, 1, 1 } };
    fdc_update_irq(fdc);
}

static void fdc_free(void *device)
{
    fdc_cancel(device);
    g_free(device);
}

#define FIELD(member) SNAPSHOT_FIELD(struct fdc_state, member)
static const struct snapshot_field fields[] = {
    FIELD(dor), FIELD(tdr), FIELD(dsr), FIELD(rate), FIELD(phase), FIELD(command), FIELD(command_count), FIELD(command_bytes),
    FIELD(result), FIELD(result_at), FIELD(result_bytes), FIELD(interrupt), FIELD(reset_senses), FIELD(seek_st0),
    FIELD(seek_done), FIELD(present_cylinder), FIELD(head_cylinder), FIELD(changed), FIELD(specify), FIELD(config),
    FIELD(lock), FIELD(perpendicular), FIELD(cylinder), FIELD(head), FIELD(sector), FIELD(terminal), FIELD(verify_left),
    FIELD(st1), FIELD(st2), FIELD(padding), FIELD(buffer_at), FIELD(buffer_end), FIELD(buffer),
};

const struct device_type fdc_type = {
    .name = "fdc",
    .reset = reset,
    .loaded = loaded,
    .free = fdc_free,
    .state_offset = offsetof(struct fdc, state),
    .state_size = sizeof(struct fdc_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

struct fdc *fdc_new(struct machine *machine, struct irq_line irq, struct i8237 *dma)
{
    struct fdc *fdc = g_new0(struct fdc, 1);
    fdc->machine = machine;
    fdc->irq = irq;
    fdc->dma = dma;
    i8237_set_client(dma, FDC_DMA_CHANNEL, dma_ready, fdc);
    memory_add_io(machine->ports, "fdc", 0x3f0, 6, &fdc_ops, fdc, 0);
    memory_add_io(machine->ports, "fdc-dir", 0x3f7, 1, &dir_ops, fdc, 0);
    machine_add_device(machine, &fdc_type, fdc);
    return fdc;
}
