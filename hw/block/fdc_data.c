/* SPDX-License-Identifier: MIT */
/*
 * Data commands of the 82077AA (data sheet 290166, "Command set/descriptions"): READ, WRITE, VERIFY, FORMAT TRACK, READ ID.
 * Sectors come one after another as on a turning track: R counts up to EOT, with MT side 1 follows side 0; the command
 * ends with terminal count, or abnormally after EOT. Without DMA the host moves the bytes itself.
 * Reads fetch the rest of the track at once and hand out sectors from it.
 */
#include "hw/block/fdc_internal.h"
#include <string.h>

enum { CODE_READ_TRACK = 0x02, CODE_WRITE = 0x05, CODE_READ = 0x06, CODE_WRITE_DELETED = 0x09, CODE_READ_DELETED = 0x0c,
       CODE_VERIFY = 0x16 };
enum { AT_SELECT = 1, AT_CYLINDER = 2, AT_HEAD = 3, AT_SECTOR = 4, AT_SIZE = 5, AT_EOT = 6, AT_LENGTH = 8 };
enum { SIZE_512 = 2, CONFIG_IMPLIED_SEEK = 0x40, VERIFY_COUNT = 0x80 };

static unsigned code_of(const struct fdc_state *s)
{
    return s->command[0] & COMMAND_CODE;
}

static unsigned number_of(const struct fdc_state *s)
{
    return s->command[AT_SELECT] & SELECT_DRIVE;
}

static void end_data(struct fdc *fdc, bool normal)
{
    struct fdc_state *s = &fdc->state;
    uint8_t st0 = (normal ? 0 : ST0_ABNORMAL) | (s->command[AT_SELECT] & SELECT_DRIVE) | (s->head ? ST0_HEAD : 0);
    uint8_t result[] = { st0, s->st1, s->st2, s->cylinder, s->head, s->sector, SIZE_512 };
    i8237_set_request(fdc->dma, FDC_DMA_CHANNEL, false);
    s->buffer_at = s->buffer_end = 0;
    fdc_result(fdc, result, sizeof(result), true);
}

static void fail_data(struct fdc *fdc, uint8_t st1, uint8_t st2)
{
    fdc->state.st1 |= st1;
    fdc->state.st2 |= st2;
    end_data(fdc, false);
}

/* ---- Positions ---- */

/* The drive turns a medium that can be read at this rate and density; else no address mark is ever found. */
static const struct fdc_drive *readable_drive(struct fdc *fdc)
{
    const struct fdc_state *s = &fdc->state;
    const struct fdc_drive *drive = fdc_drive(fdc, number_of(s));
    bool found = drive && drive->format && (s->command[0] & COMMAND_MF) && drive->format->rate == s->rate;
    return found ? drive : NULL;
}

static uint64_t sector_offset(const struct fdc_state *s, const struct fdc_format *format)
{
    return (((uint64_t)s->cylinder * format->heads + s->head) * format->sectors + s->sector - 1) * FDC_SECTOR_BYTES;
}

/* The sector C, H, R is on the track below the head. Ends the command when not. */
static bool find_sector(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    const struct fdc_drive *drive = readable_drive(fdc);
    unsigned side = s->head;
    if (!drive) {
        fail_data(fdc, ST1_MISSING_MARK, 0);
        return false;
    }
    const struct fdc_format *format = drive->format;
    if (s->head_cylinder[number_of(s)] >= format->cylinders || side >= format->heads) {
        fail_data(fdc, ST1_MISSING_MARK, 0);
    } else if (s->cylinder != s->head_cylinder[number_of(s)]) {
        fail_data(fdc, ST1_NO_DATA, ST2_WRONG_CYLINDER);
    } else if (!s->sector || s->sector > format->sectors ||
               sector_offset(s, format) + FDC_SECTOR_BYTES > drive->facts.bytes) {
        fail_data(fdc, ST1_NO_DATA, 0);
    } else {
        return true;
    }
    return false;
}

/* The sector that was found is still there: the medium may have been changed since. Ends the command when not. */
static bool sector_is_there(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    const struct fdc_drive *drive = fdc_drive(fdc, number_of(s));
    const struct fdc_format *format = drive ? drive->format : NULL;
    if (format && s->sector && s->sector <= format->sectors && s->head < format->heads &&
        sector_offset(s, format) + FDC_SECTOR_BYTES <= drive->facts.bytes) {
        return true;
    }
    fail_data(fdc, ST1_MISSING_MARK, 0);
    return false;
}

/* After a sector: the address that the result phase would show; false: that was the last one up to EOT. */
static bool next_sector(struct fdc_state *s)
{
    if (s->sector != s->command[AT_EOT]) {
        s->sector++;
        return true;
    }
    s->sector = 1;
    if ((s->command[0] & COMMAND_MT) && !s->head) {
        s->head = 1;
        return true;
    }
    if (s->command[0] & COMMAND_MT) {
        s->head = 0;
    }
    s->cylinder++;
    return false;
}

static void start_sector(struct fdc *fdc);

/* A sector has been moved. */
static void sector_done(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    bool more = next_sector(s);
    if (code_of(s) == CODE_VERIFY && (s->command[AT_SELECT] & VERIFY_COUNT)) {
        s->terminal |= --s->verify_left == 0;
    }
    if (code_of(s) == CODE_READ_DELETED) {          /* the mark is that of ordinary data: one sector only */
        s->st2 |= ST2_CONTROL_MARK;
        s->terminal = 1;
    }
    if (s->terminal) {
        end_data(fdc, true);
    } else if (!more) {
        bool by_count = code_of(s) == CODE_VERIFY || code_of(s) == CODE_READ_TRACK;     /* EOT is where these end */
        s->st1 |= by_count ? 0 : ST1_END_OF_CYLINDER;
        end_data(fdc, by_count);
    } else if (find_sector(fdc)) {
        start_sector(fdc);
    }
}

/* ---- Requests ---- */

static void done(struct disk_request *request, int error);

static void submit(struct fdc *fdc, enum disk_operation operation, uint64_t offset, unsigned bytes, void *buffer)
{
    fdc->request = (struct disk_request){
        .operation = operation, .offset = offset, .bytes = bytes, .buffer = buffer, .done = done, .opaque = fdc,
    };
    fdc->in_flight = true;
    disk_submit(fdc->drives[number_of(&fdc->state)].disk, &fdc->request);
}

void fdc_cancel(struct fdc *fdc)
{
    if (fdc->in_flight) {
        disk_cancel(fdc->drives[number_of(&fdc->state)].disk, &fdc->request);
        fdc->in_flight = false;
    }
}

static void submit_read(struct fdc *fdc, const struct fdc_drive *drive)
{
    struct fdc_state *s = &fdc->state;
    uint64_t offset = sector_offset(s, drive->format);
    unsigned last = MIN(s->command[AT_EOT], drive->format->sectors);
    unsigned count = fdc_uses_dma(fdc) && last > s->sector ? last - s->sector + 1u : 1;
    uint64_t there = (drive->facts.bytes - offset) / FDC_SECTOR_BYTES;
    fdc->run = (unsigned)MIN(count, there);
    submit(fdc, DISK_READ, offset, fdc->run * FDC_SECTOR_BYTES, fdc->scratch);
}

/* Sectors that were read ahead, by DMA. The channel may be closed in the middle: the rest is read again then. */
static void hand_out(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    for (unsigned i = 0; i < fdc->run && s->phase == FDC_READ; i++) {
        bool terminal = false;
        if (!i8237_ready(fdc->dma, FDC_DMA_CHANNEL)) {
            return;
        }
        i8237_move(fdc->dma, FDC_DMA_CHANNEL, fdc->scratch + i * FDC_SECTOR_BYTES, FDC_SECTOR_BYTES, true, &terminal);
        s->terminal |= terminal;
        uint8_t head = s->head;
        sector_done(fdc);
        if (s->head != head) {
            return;                     /* the other side of the track was not read */
        }
    }
}

static void write_format(struct fdc *fdc);

static void done(struct disk_request *request, int error)
{
    struct fdc *fdc = request->opaque;
    struct fdc_state *s = &fdc->state;
    enum { ST1_DATA_ERROR = 0x20 };
    fdc->in_flight = false;
    if (error) {
        bool wrote = request->operation == DISK_WRITE;
        fail_data(fdc, wrote ? ST1_NOT_WRITABLE : ST1_DATA_ERROR, wrote ? 0 : ST1_DATA_ERROR);
    } else if (s->phase == FDC_READ && fdc_uses_dma(fdc)) {
        hand_out(fdc);
    } else if (s->phase == FDC_READ) {
        memcpy(s->buffer, fdc->scratch, FDC_SECTOR_BYTES);
        s->buffer_at = 0;
        s->buffer_end = FDC_SECTOR_BYTES;
    } else if (s->phase == FDC_WRITING) {
        sector_done(fdc);
    } else if (s->phase == FDC_FORMAT) {
        s->buffer_at += 4;
        write_format(fdc);
    }
    fdc_run(fdc);
    fdc_update_irq(fdc);
}

/* ---- Reading, writing, verifying ---- */

static void start_sector(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    switch (code_of(s)) {
    case CODE_WRITE: case CODE_WRITE_DELETED:
        s->phase = FDC_WRITE;
        s->buffer_at = 0;
        s->buffer_end = FDC_SECTOR_BYTES;
        break;
    case CODE_VERIFY: s->phase = FDC_VERIFY; break;
    default:
        s->phase = FDC_READ;
        s->buffer_at = s->buffer_end = 0;
        break;
    }
    i8237_set_request(fdc->dma, FDC_DMA_CHANNEL, fdc_uses_dma(fdc) && s->phase != FDC_VERIFY);
}

/* CONFIGURE's EIS: the heads go to C first. */
static void implied_seek(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    if (s->config[1] & CONFIG_IMPLIED_SEEK) {
        s->head_cylinder[number_of(s)] = s->present_cylinder[number_of(s)] = s->cylinder;
    }
}

static void begin(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    s->st1 = s->st2 = s->terminal = 0;
    s->head = s->command[AT_SELECT] & SELECT_HEAD ? 1 : 0;
    s->cylinder = s->command[AT_CYLINDER];
    s->sector = s->command[AT_SECTOR];
}

void fdc_start_data(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    bool writes = code_of(s) == CODE_WRITE || code_of(s) == CODE_WRITE_DELETED;
    begin(fdc);
    if (code_of(s) == CODE_READ_TRACK) {
        s->sector = 1;                  /* from the index hole on */
    }
    s->verify_left = s->command[AT_LENGTH];
    implied_seek(fdc);
    const struct fdc_drive *drive = readable_drive(fdc);
    if (drive && writes && drive->facts.read_only) {
        fail_data(fdc, ST1_NOT_WRITABLE, 0);
    } else if (drive && (s->command[AT_HEAD] != s->head || s->command[AT_SIZE] != SIZE_512)) {
        fail_data(fdc, ST1_NO_DATA, 0);             /* sectors say the side they are on, and their size */
    } else if (find_sector(fdc)) {
        start_sector(fdc);
    }
}

uint8_t fdc_data_read(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    if (fdc_uses_dma(fdc) || s->buffer_at >= s->buffer_end) {
        return 0;
    }
    uint8_t value = s->buffer[s->buffer_at++];
    if (s->buffer_at == s->buffer_end) {
        sector_done(fdc);
        fdc_run(fdc);
    }
    return value;
}

static void take_format_list(struct fdc *fdc);

/* The host has given what it had to. */
static void buffer_full(struct fdc *fdc)
{
    if (fdc->state.phase == FDC_FORMAT_LIST) {
        take_format_list(fdc);
    } else {
        fdc->state.phase = FDC_WRITING;
    }
}

void fdc_data_write(struct fdc *fdc, uint8_t value)
{
    struct fdc_state *s = &fdc->state;
    if (fdc_uses_dma(fdc) || s->buffer_at >= s->buffer_end) {
        return;
    }
    s->buffer[s->buffer_at++] = value;
    if (s->buffer_at == s->buffer_end) {
        buffer_full(fdc);
    }
}

/* By DMA; terminal count in the middle of a sector leaves the rest 0. */
static void fetch(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    bool terminal;
    if (!i8237_ready(fdc->dma, FDC_DMA_CHANNEL)) {
        return;
    }
    i8237_move(fdc->dma, FDC_DMA_CHANNEL, s->buffer, s->buffer_end, false, &terminal);
    s->terminal |= terminal;
    buffer_full(fdc);
}

static void verify(struct fdc *fdc)
{
    while (fdc->state.phase == FDC_VERIFY) {
        sector_done(fdc);
    }
}

/* One thing the phase asks for; false: it waits for somebody. */
static bool run_once(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    enum fdc_phase before = (enum fdc_phase)s->phase;
    const struct fdc_drive *drive = fdc_drive(fdc, number_of(s));
    bool dma = fdc_uses_dma(fdc);
    if (before == FDC_COMMAND || before == FDC_RESULT || fdc->in_flight) {
        return false;
    }
    if (!drive || !drive->format) {     /* taken out in the middle */
        fail_data(fdc, ST1_MISSING_MARK, 0);
        return false;
    }
    switch (before) {
    case FDC_READ:
        if (dma ? i8237_ready(fdc->dma, FDC_DMA_CHANNEL) : s->buffer_at == s->buffer_end) {
            if (sector_is_there(fdc)) {
                submit_read(fdc, drive);
            }
        }
        break;
    case FDC_WRITE: case FDC_FORMAT_LIST:
        if (dma) {
            fetch(fdc);
        }
        break;
    case FDC_WRITING:
        if (sector_is_there(fdc)) {
            submit(fdc, DISK_WRITE, sector_offset(s, drive->format), FDC_SECTOR_BYTES, s->buffer);
        }
        break;
    case FDC_FORMAT: write_format(fdc); break;
    case FDC_VERIFY: verify(fdc); break;
    default: break;
    }
    return s->phase != before && !fdc->in_flight;
}

void fdc_run(struct fdc *fdc)
{
    if (fdc->running) {
        return;                         /* the channel tells us while we use it */
    }
    fdc->running = true;
    while (run_once(fdc)) {
    }
    fdc->running = false;
}

/* ---- FORMAT TRACK: N, SC, GPL, D; a list of C, H, R, N from the host ---- */

enum { FORMAT_SIZE = 2, FORMAT_COUNT = 3, FORMAT_FILL = 5, FORMAT_ENTRY_BYTES = 4 };

void fdc_start_format(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    const struct fdc_drive *drive;
    s->st1 = s->st2 = s->terminal = 0;
    s->head = s->command[AT_SELECT] & SELECT_HEAD ? 1 : 0;
    s->cylinder = s->head_cylinder[number_of(s)];
    s->sector = 1;
    drive = readable_drive(fdc);
    if (!drive) {
        fail_data(fdc, ST1_MISSING_MARK, 0);
    } else if (drive->facts.read_only) {
        fail_data(fdc, ST1_NOT_WRITABLE, 0);
    } else if (s->command[FORMAT_SIZE] != SIZE_512 || s->command[FORMAT_COUNT] != drive->format->sectors) {
        /* an image has one format, which a track cannot leave */
        fail_data(fdc, ST1_END_OF_CYLINDER, 0);
    } else {
        s->phase = FDC_FORMAT_LIST;
        s->buffer_at = 0;
        s->buffer_end = s->command[FORMAT_COUNT] * FORMAT_ENTRY_BYTES;
        i8237_set_request(fdc->dma, FDC_DMA_CHANNEL, fdc_uses_dma(fdc));
    }
}

static void take_format_list(struct fdc *fdc)
{
    fdc->state.phase = FDC_FORMAT;
    fdc->state.buffer_at = 0;
}

static void write_format(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    if (s->buffer_at + FORMAT_ENTRY_BYTES > s->buffer_end) {
        end_data(fdc, true);
        return;
    }
    const uint8_t *entry = s->buffer + s->buffer_at;
    s->sector = entry[2];
    if (entry[0] != s->cylinder || entry[1] != s->head) {
        fail_data(fdc, ST1_NO_DATA, 0); /* other addresses than those of the place cannot be kept in an image */
    } else if (sector_is_there(fdc)) {
        memset(fdc->scratch, s->command[FORMAT_FILL], FDC_SECTOR_BYTES);
        submit(fdc, DISK_WRITE, sector_offset(s, fdc->drives[number_of(s)].format), FDC_SECTOR_BYTES, fdc->scratch);
    }
}

/* ---- READ ID: the next address mark that comes by ---- */

void fdc_read_id(struct fdc *fdc)
{
    struct fdc_state *s = &fdc->state;
    const struct fdc_drive *drive;
    s->st1 = s->st2 = s->terminal = 0;
    s->head = s->command[AT_SELECT] & SELECT_HEAD ? 1 : 0;
    s->cylinder = s->head_cylinder[number_of(s)];
    drive = readable_drive(fdc);
    if (!drive || s->head >= drive->format->heads || s->cylinder >= drive->format->cylinders) {
        s->sector = 0;
        fail_data(fdc, ST1_MISSING_MARK, 0);
        return;
    }
    s->sector = (uint8_t)(s->sector % drive->format->sectors + 1);
    end_data(fdc, true);
}
