/* SPDX-License-Identifier: MIT */
#ifndef HW_BLOCK_FDC_INTERNAL_H
#define HW_BLOCK_FDC_INTERNAL_H
/* Inside the floppy controller: fdc.c has registers, commands without data, reset; fdc_data.c the data commands. */
#include "hw/block/fdc.h"
#include "hw/dma/i8237.h"

enum fdc_phase {
    FDC_COMMAND,            /* idle, or taking parameters */
    FDC_READ, FDC_WRITE,    /* a sector goes to or comes from the host */
    FDC_FORMAT_LIST,        /* the host gives C, H, R, N of each sector */
    FDC_FORMAT,             /* these sectors are being written */
    FDC_WRITING,            /* a sector that the host gave is being written */
    FDC_VERIFY,
    FDC_RESULT,
};

enum { FDC_DMA_CHANNEL = 2 };
enum { ST0_ABNORMAL = 0x40, ST0_INVALID = 0x80, ST0_POLLED = 0xc0, ST0_SEEK_END = 0x20, ST0_EQUIPMENT = 0x10, ST0_HEAD = 0x04 };
enum { ST1_END_OF_CYLINDER = 0x80, ST1_NO_DATA = 0x04, ST1_NOT_WRITABLE = 0x02, ST1_MISSING_MARK = 0x01 };
enum { ST2_CONTROL_MARK = 0x40, ST2_WRONG_CYLINDER = 0x10, ST2_MISSING_MARK = 0x01 };
enum { COMMAND_MT = 0x80, COMMAND_MF = 0x40, COMMAND_SK = 0x20, COMMAND_CODE = 0x1f, SELECT_DRIVE = 0x03, SELECT_HEAD = 0x04 };
enum { SPECIFY_NON_DMA = 0x01 };        /* in the second byte of SPECIFY */

static inline bool fdc_uses_dma(const struct fdc *fdc) { return !(fdc->state.specify[1] & SPECIFY_NON_DMA); }

/* NULL: not there. */
struct fdc_drive *fdc_drive(struct fdc *fdc, unsigned number);
void fdc_update_irq(struct fdc *fdc);
/* Starts the result phase with these bytes; interrupt: announces it. */
void fdc_result(struct fdc *fdc, const uint8_t *bytes, unsigned count, bool interrupt);

/* ---- fdc_data.c: commands with data; parameters are in state.command ---- */

void fdc_start_data(struct fdc *fdc);
void fdc_start_format(struct fdc *fdc);
void fdc_read_id(struct fdc *fdc);
/* The data port in an execution phase. */
uint8_t fdc_data_read(struct fdc *fdc);
void fdc_data_write(struct fdc *fdc, uint8_t value);
/* Moves on what the phase waits for; harmless at any time. */
void fdc_run(struct fdc *fdc);
void fdc_cancel(struct fdc *fdc);

#endif
