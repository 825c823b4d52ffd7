/* SPDX-License-Identifier: MIT */
#ifndef HW_FLASH_PFLASH_H
#define HW_FLASH_PFLASH_H
/*
 * Parallel NOR flash with Intel's command set (CFI 0001h, 28F128J3 family) on a bus of one or more chips side by side.
 * In read-array mode it is mapped as ROM and costs nothing; every other mode answers through handlers.
 */
#include "base/disk.h"
#include "machine/machine.h"

struct pflash_settings {
    const char *name;               /* of its regions; a literal */
    uint64_t address, bytes;        /* bytes: a multiple of block_bytes */
    uint32_t block_bytes;           /* of the whole bank, all chips together; a power of two */
    uint8_t bank_bytes;             /* width of the bus: 1, 2 or 4 */
    uint8_t chip_bytes;             /* width of one chip: bank_bytes, or less for several chips side by side */
    int priority;                   /* of its regions in machine->memory */
    bool read_only;                 /* programming and erasing fail, as with the write-protect pin */
    uint16_t id[4];                 /* as read by command 90h: manufacturer, device, two more; 0: 0089h, 0018h, 0, 0 */
};

struct pflash_state {
    uint8_t command;                /* what the state machine waits for; 0: read array */
    uint8_t status;                 /* status register */
    uint8_t write_cycle;
    uint8_t reserved;
    uint32_t count;                 /* words still to come for the write buffer */
    uint64_t block;                 /* of the write buffer or erase: byte offset */
};

struct pflash {
    struct pflash_state state;
    struct pflash_settings settings;
    struct machine *machine;
    uint64_t ram_offset;            /* its contents, in the machine's memory object */
    struct region *array, *handlers;
    struct disk *disk;
    struct pflash_writer *writer;   /* what is on its way to the disk */
};

extern const struct device_type pflash_type;

/* contents: what it holds at power-on, at most settings->bytes; the rest is erased (FFh). The caller has read them from the
 * disk, if there is one. disk: where changes go, or NULL: they are lost at the end. Contents survive a reset of the
 * machine. NULL: no room (machine_take_ram). */
struct pflash *pflash_new(struct machine *machine, const struct pflash_settings *settings, const void *contents,
                          uint64_t contents_bytes, struct disk *disk);

#endif
