/* SPDX-License-Identifier: MIT */
#ifndef HW_IDE_IDE_H
#define HW_IDE_IDE_H
/*
 * The IDE function of the Intel 82371SB (8086:7010): two channels at the legacy ports, two drives each (ATA disks and
 * ATAPI CD-ROM drives), bus-master DMA. What the parts share is in ide_internal.h.
 *
 * All of the state can be moved to another machine at any time: a request that is with the disk is not part of it but
 * is made again from it (piix3_ide_type.loaded).
 */
#include "base/disk.h"
#include "hw/pci/pci.h"

enum { IDE_CHANNELS = 2, IDE_DRIVES = 2, IDE_PACKET_BYTES = 12, IDE_BUFFER_BYTES = 32768 };

enum ide_kind { IDE_NONE, IDE_DISK, IDE_CDROM };

/* A register that is written twice keeps the older value too, for 48-bit commands: [0] the newer, [1] the older. */
struct ide_task_file {
    uint8_t features[2], count[2], lba_low[2], lba_mid[2], lba_high[2];
};

struct ide_sense { uint8_t key, code, qualifier; };

struct ide_drive_state {
    uint64_t lba;                       /* next block that a data command asks the disk for */
    uint32_t left;                      /* blocks not asked for yet; writing: not written yet */
    uint32_t buffer_at;                 /* PIO and buffered DMA: next byte in the buffer */
    uint32_t piece_end;                 /* end of this DRQ block */
    uint32_t buffer_end;                /* end of what is in the buffer or is to come into it */
    uint32_t piece_bytes;               /* most bytes a DRQ block */
    uint32_t block_bytes;               /* of `left`, as the host sees them */
    uint16_t cylinders, heads, sectors; /* current translation */
    uint16_t unused;                    /* no padding */
    struct ide_task_file file;
    uint8_t device;                     /* device register without DEV */
    uint8_t status, error;
    uint8_t interrupt;                  /* INTRQ, if the drive is selected and nIEN is clear */
    uint8_t phase;                      /* enum ide_phase */
    uint8_t command;                    /* under way, or the last */
    uint8_t multiple;                   /* sectors a DRQ block of READ/WRITE MULTIPLE; 0: disabled */
    uint8_t transfer_mode;              /* of SET FEATURES 03h: 20h + n MWDMA, 40h + n UDMA */
    uint8_t write_cache, look_ahead, smart;
    uint8_t by_dma;                     /* this packet command moves its data by DMA */
    uint8_t packet[IDE_PACKET_BYTES];
    struct ide_sense sense, attention;  /* of the last command; reported by the next one */
    uint8_t read_flags;                 /* parts of a sector that READ CD hands out */
    uint8_t tray_open, locked, media_event;
    uint8_t padding[4];
    uint8_t buffer[IDE_BUFFER_BYTES];
};

/* Where the bus master is in its table of regions. */
struct ide_cursor { uint32_t table, address, bytes; uint16_t entries; uint8_t last, ended; };

struct ide_channel_state {
    struct ide_drive_state drives[IDE_DRIVES];
    struct ide_cursor cursor;
    uint32_t dma_table;                 /* BMIDTP */
    uint8_t dma_command, dma_status;    /* BMICOM, BMISTA */
    uint8_t control;                    /* device control */
    uint8_t selected;
};

struct piix3_ide_state {
    struct pci_state pci;
    struct ide_channel_state channels[IDE_CHANNELS];
};

struct ide_channel;

struct ide_drive {
    struct ide_drive_state *state;
    struct ide_channel *channel;
    struct disk *disk;
    struct disk_facts facts;
    enum ide_kind kind;
    unsigned unit;                      /* 0, 1 on its channel */
    uint64_t sectors;                   /* of 512 bytes */
    bool in_flight;
    struct disk_request request;
    struct ide_cursor cursor;           /* behind what the request in flight moves from guest memory */
    uint32_t dma_serial;                /* the start of the bus master that it belongs to */
    uint32_t moving;                    /* blocks of the request */
    uint8_t *scratch;                   /* IDE_SCRATCH_BYTES for DMA; made when it is first needed */
    char serial[21], model[41];
};

struct ide_channel {
    struct ide_channel_state *state;
    struct piix3_ide *controller;
    struct machine *machine;
    struct irq_line irq;
    unsigned number;
    bool line;                          /* level on irq */
    uint32_t dma_serial;                /* counts starts of the bus master */
    struct ide_drive drives[IDE_DRIVES];
};

struct piix3_ide {
    struct piix3_ide_state state;
    struct pci_device pci;
    struct machine *machine;
    struct ide_channel channels[IDE_CHANNELS];
};

extern const struct device_type piix3_ide_type;

/* Function 1 of `slot` (1 on the PC). irqs: ISA interrupts 14 and 15. The drives come with piix3_ide_attach. */
struct piix3_ide *piix3_ide_new(struct machine *machine, struct pci_bus *bus, unsigned slot,
                                const struct irq_line irqs[IDE_CHANNELS]);
/* index: channel * 2 + unit; before the machine runs, once an index. The disk is not owned and outlives the machine.
 * kind: IDE_DISK or IDE_CDROM. Model and serial number are the disk's facts, or names of our own. */
void piix3_ide_attach(struct piix3_ide *ide, unsigned index, enum ide_kind kind, struct disk *disk);
/* What firmware wants to know about a disk; kind IDE_NONE: nothing there. */
const struct ide_drive *piix3_ide_drive(const struct piix3_ide *ide, unsigned index);

#endif
