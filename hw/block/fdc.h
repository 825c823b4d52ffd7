/* SPDX-License-Identifier: MIT */
#ifndef HW_BLOCK_FDC_H
#define HW_BLOCK_FDC_H
/* Intel 82077AA floppy controller at 3F0h, interrupt 6, DMA channel 2, with up to two drives. */
#include "base/disk.h"
#include "machine/machine.h"

struct i8237;

enum { FDC_DRIVES = 2, FDC_SECTOR_BYTES = 512, FDC_COMMAND_MOST = 9, FDC_RESULT_MOST = 10 };

/* Numbers as CMOS register 10h has them. */
enum fdc_drive_kind { FDC_NO_DRIVE = 0, FDC_360K = 1, FDC_1200K = 2, FDC_720K = 3, FDC_1440K = 4, FDC_2880K = 5 };

struct fdc_state {
    uint8_t dor, tdr, dsr, rate;
    uint8_t phase;                      /* enum fdc_phase */
    uint8_t command[FDC_COMMAND_MOST], command_count, command_bytes;
    uint8_t result[FDC_RESULT_MOST], result_at, result_bytes;
    uint8_t interrupt;                  /* of the result phase or of a seek */
    uint8_t reset_senses;               /* SENSE INTERRUPT STATUS still owed after a reset */
    uint8_t seek_st0[4], seek_done;     /* a bit a drive */
    uint8_t present_cylinder[4];        /* PCN: what the controller believes */
    uint8_t head_cylinder[4];           /* where the heads are */
    uint8_t changed[4];                 /* DSKCHG */
    uint8_t specify[2], config[3], lock, perpendicular;
    uint8_t cylinder, head, sector;     /* C, H, R of the command under way */
    uint8_t terminal;                   /* terminal count was seen */
    uint8_t verify_left;                /* VERIFY with EC: sectors to go */
    uint8_t st1, st2;
    uint8_t padding[1];
    uint16_t buffer_at, buffer_end;     /* bytes the host has still to take or give without DMA */
    uint8_t buffer[1024];               /* a sector, or the list of FORMAT TRACK */
};

struct fdc_format { uint16_t sectors_total; uint8_t heads, cylinders, sectors, rate, kind; };

struct fdc_drive {
    struct disk *disk;                  /* NULL: no drive */
    struct disk_facts facts;
    enum fdc_drive_kind kind;
    const struct fdc_format *format;    /* of the medium; NULL: none, or one that no floppy is */
    struct fdc *fdc;
    unsigned number;
};

struct fdc {
    struct fdc_state state;
    struct machine *machine;
    struct i8237 *dma;
    struct irq_line irq;
    struct fdc_drive drives[FDC_DRIVES];
    bool in_flight;
    struct disk_request request;
    unsigned run;                       /* sectors of the read in flight */
    bool running;                       /* inside the function that moves data on */
    uint8_t scratch[FDC_SECTOR_BYTES * 40];     /* rest of a track that was read ahead */
};

extern const struct device_type fdc_type;

/* irq: ISA interrupt 6. */
struct fdc *fdc_new(struct machine *machine, struct irq_line irq, struct i8237 *dma);
/* Before the machine runs. The disk, which may be empty, is not owned. kind: FDC_NO_DRIVE: the smallest that takes the
 * medium. */
void fdc_attach(struct fdc *fdc, unsigned number, enum fdc_drive_kind kind, struct disk *disk);
enum fdc_drive_kind fdc_drive_kind(const struct fdc *fdc, unsigned number);
/* An image of that many bytes is a floppy's. */
bool fdc_size_is_known(uint64_t bytes);

#endif
