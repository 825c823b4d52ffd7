/* SPDX-License-Identifier: MIT */
#ifndef HW_IDE_IDE_INTERNAL_H
#define HW_IDE_IDE_INTERNAL_H
/*
 * Inside hw/ide/:
 *
 *   piix3_ide.c   PCI function, wiring, reset         channel.c   registers of a channel, selection, INTRQ, reset
 *   bus_master.c  regions of guest memory             transfer.c  data phases of a command, requests to the disk
 *   ata.c         commands of disks                   identify.c  what IDENTIFY and SMART tell
 *   atapi.c       packets: dispatch, sense, reading   atapi_info.c, mmc.c  what CD-ROM drives tell of themselves
 *
 * A command sets up lba, left and a phase, and calls transfer_run. The phase says what happens next whoever comes
 * first: the host at the data port, the bus master, or the disk.
 */
#include "hw/ide/ide.h"

enum {  /* ATA/ATAPI-6, 7.15: status; 7.9: error */
    STATUS_ERR = 0x01, STATUS_DRQ = 0x08, STATUS_DSC = 0x10, STATUS_DF = 0x20, STATUS_DRDY = 0x40, STATUS_BSY = 0x80,
    STATUS_READY = STATUS_DRDY | STATUS_DSC,
    ERROR_ABRT = 0x04, ERROR_IDNF = 0x10, ERROR_UNC = 0x40,
    DEVICE_DEV = 0x10, DEVICE_LBA = 0x40, DEVICE_HEAD = 0x0f, DEVICE_FIXED = 0xa0,
    CONTROL_NIEN = 0x02, CONTROL_SRST = 0x04, CONTROL_HOB = 0x80,
    REASON_CD = 0x01, REASON_IO = 0x02,         /* interrupt reason, in the count register of packet devices */
    DIAGNOSTIC_PASSED = 0x01,
};

enum ide_phase {
    PHASE_IDLE,
    PHASE_PACKET,           /* DRQ: the host writes a packet */
    PHASE_PIO_IN,           /* DRQ: the host reads the buffer, piece by piece */
    PHASE_PIO_OUT,          /* DRQ: the host writes the buffer */
    PHASE_FILL,             /* BSY: the disk reads into the buffer, PIO_IN follows */
    PHASE_DRAIN,            /* BSY: the buffer is written to the disk */
    PHASE_FLUSH,            /* BSY: the command ends when the disk has everything */
    PHASE_DMA_IN,           /* BSY: from disk to guest, chunk by chunk */
    PHASE_DMA_OUT,          /* BSY: from guest to disk */
    PHASE_DMA_BUFFER_IN,    /* BSY: from the buffer to the guest */
    PHASE_DMA_BUFFER_OUT,   /* BSY: from the guest into the buffer */
    PHASE_DISCARD,          /* BSY: ranges in the buffer are discarded one by one */
    PHASE_COUNT
};

enum { SECTOR_BYTES = 512, CD_BLOCK_BYTES = 2048, CD_RAW_BYTES = 2352, IDE_SCRATCH_BYTES = 1 << 20,
       MULTIPLE_MOST = 16 };

/* ---- channel.c ---- */

uint64_t ide_register_read(struct ide_channel *channel, unsigned offset, unsigned size);
void ide_register_write(struct ide_channel *channel, unsigned offset, uint64_t value, unsigned size);
unsigned ide_data_read_string(struct ide_channel *channel, unsigned size, void *buffer, unsigned count);
unsigned ide_data_write_string(struct ide_channel *channel, unsigned size, const void *buffer, unsigned count);
void ide_control_write(struct ide_channel *channel, uint8_t value);
uint8_t ide_alternate_status(struct ide_channel *channel);
/* INTRQ of the selected drive to the controller. */
void ide_update_irq(struct ide_channel *channel);
/* The same from a state that was loaded: no edge, so that BMISTA is as it was saved. */
void ide_restore_irq(struct ide_channel *channel);
/* Power-on state; keep: what the host set by SET FEATURES stays (software reset). */
void ide_drive_reset(struct ide_drive *drive, bool keep);

/* ---- transfer.c ---- */

/* Ends the command; ready: no error. */
void ide_complete(struct ide_drive *drive);
void ide_fail(struct ide_drive *drive, uint8_t error);
/* Starts what the phase wants to have running; harmless when it runs already. */
void transfer_run(struct ide_drive *drive);
void transfer_enter(struct ide_drive *drive, enum ide_phase phase);
/* Hands out buffer[0..bytes) in pieces of at most piece bytes. */
void transfer_buffer_in(struct ide_drive *drive, uint32_t bytes, uint32_t piece);
void transfer_buffer_out(struct ide_drive *drive, uint32_t bytes, uint32_t piece);
/* Forgets the request in flight. */
void transfer_cancel(struct ide_drive *drive);
/* The data port; the strings are as many accesses of that size in a row, up to the end of the buffer: returns how many. */
uint32_t transfer_port_read(struct ide_drive *drive, unsigned size);
void transfer_port_write(struct ide_drive *drive, uint32_t value, unsigned size);
unsigned transfer_port_read_string(struct ide_drive *drive, unsigned size, uint8_t *out, unsigned count);
unsigned transfer_port_write_string(struct ide_drive *drive, unsigned size, const uint8_t *in, unsigned count);

/* ---- bus_master.c ---- */

enum { BMICOM_START = 0x01, BMICOM_WRITE = 0x08,                    /* RWCON: the bus master writes memory */
       BMISTA_ACTIVE = 0x01, BMISTA_ERROR = 0x02, BMISTA_INTERRUPT = 0x04, BMISTA_CAPABLE = 0x60 };

uint8_t bus_master_read(struct ide_channel *channel, unsigned offset);
void bus_master_write(struct ide_channel *channel, unsigned offset, uint8_t value);
/* Started, allowed by the PCI command register, regions left, and in this direction. */
bool bus_master_ready(const struct ide_channel *channel, bool to_memory);
/* Moves up to bytes between buffer and the regions from cursor on; returns how many. Fewer: the table has ended. */
uint32_t bus_master_move(struct ide_channel *channel, struct ide_cursor *cursor, void *buffer, uint32_t bytes,
                         bool to_memory);
/* The cursor after a move that counts. */
void bus_master_advance(struct ide_channel *channel, const struct ide_cursor *cursor);

/* ---- ata.c, identify.c ---- */

void ata_command(struct ide_drive *drive, uint8_t command);
/* Data of an out command has arrived in the buffer. */
void ata_buffer_arrived(struct ide_drive *drive);
void ata_signature(struct ide_drive *drive);
/* Registers show the block behind which the command ended. */
void ata_set_address(struct ide_drive *drive, uint64_t lba);
/* Cylinders, heads, sectors. */
void ata_default_geometry(const struct ide_drive *drive, uint16_t geometry[3]);
void ata_default_translation(struct ide_drive *drive);
/* 512 bytes into drive->state->buffer. */
void identify_disk(struct ide_drive *drive);
void identify_packet(struct ide_drive *drive);
void smart_command(struct ide_drive *drive);

/* ---- atapi.c, atapi_info.c ---- */

enum { SENSE_NOT_READY = 2, SENSE_MEDIUM = 3, SENSE_ILLEGAL = 5, SENSE_ATTENTION = 6 };
enum { CODE_BAD_COMMAND = 0x20, CODE_BAD_LBA = 0x21, CODE_BAD_FIELD = 0x24, CODE_CHANGED = 0x28, CODE_RESET = 0x29,
       CODE_NO_MEDIUM = 0x3a, CODE_LOCKED = 0x53, CODE_READ_ERROR = 0x11, CODE_WRONG_MODE = 0x64 };
enum media_event { EVENT_NONE, EVENT_EJECT_REQUEST, EVENT_NEW_MEDIA, EVENT_REMOVAL };

void atapi_packet(struct ide_drive *drive);
void atapi_buffer_arrived(struct ide_drive *drive);
void atapi_fail(struct ide_drive *drive, uint8_t key, uint8_t code, uint8_t qualifier);
void atapi_fail_disk(struct ide_drive *drive);
/* Answers with buffer[0..have), at most `allowed` of it. */
void atapi_reply(struct ide_drive *drive, uint32_t have, uint32_t allowed);
/* Blocks of 2048 bytes on the medium. */
uint64_t atapi_blocks(const struct ide_drive *drive);
bool atapi_has_medium(const struct ide_drive *drive);
/* Bytes that READ CD makes of each block from the 2048 at `data`; returns how many. */
uint32_t atapi_make_sector(uint8_t flags, uint32_t lba, const uint8_t *data, uint8_t *out);
void atapi_medium_changed(struct ide_drive *drive);
/* Answers of packets whose data are in the buffer or no data: atapi_info.c, mmc.c. */
void atapi_inquiry(struct ide_drive *drive, const uint8_t *packet);
void atapi_mode_sense(struct ide_drive *drive, const uint8_t *packet);
void atapi_mechanism_status(struct ide_drive *drive, const uint8_t *packet);
void atapi_event_status(struct ide_drive *drive, const uint8_t *packet);
void atapi_configuration(struct ide_drive *drive, const uint8_t *packet);
void atapi_read_toc(struct ide_drive *drive, const uint8_t *packet);
void atapi_disc_information(struct ide_drive *drive, const uint8_t *packet);
void atapi_track_information(struct ide_drive *drive, const uint8_t *packet);
void atapi_dvd_structure(struct ide_drive *drive, const uint8_t *packet);
void atapi_performance(struct ide_drive *drive, const uint8_t *packet);
void atapi_subchannel(struct ide_drive *drive, const uint8_t *packet);
/* Minutes, seconds, frames of a block, counted from the start of the disc (2 seconds before block 0). */
void atapi_put_msf(uint8_t out[3], uint32_t lba);
bool atapi_is_dvd(const struct ide_drive *drive);

static inline uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t be32(const uint8_t *p) { return (uint32_t)be16(p) << 16 | be16(p + 2); }
static inline void put_be16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }
static inline void put_be32(uint8_t *p, uint32_t v) { put_be16(p, v >> 16), put_be16(p + 2, v); }

#endif
