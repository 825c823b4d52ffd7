/* SPDX-License-Identifier: MIT */
#ifndef HW_FLASH_PFLASH_H
#define HW_FLASH_PFLASH_H
/*
 * Parallel NOR flash with Intel's command set (CFI 0001h, 28F128J3 family) on a bus of one or more chips side by side.
 * In read-array mode it is a ROM to the CPUs and costs nothing; in every other mode reads come to handlers too.
 */
#include "machine/machine.h"

enum { PFLASH_CFI_BYTES = 0x52 };

struct pflash_settings {
    const char *name;               /* of its regions; a literal */
    uint64_t address, bytes;        /* bytes: a multiple of block_bytes */
    uint32_t block_bytes;           /* of the whole bank, all chips together; a power of two */
    uint8_t bank_bytes;             /* width of the bus: 1, 2 or 4 */
    uint8_t chip_bytes;             /* width of one chip: bank_bytes, or less for several chips side by side */
    int priority;                   /* of its regions in machine->memory; takes this one and the next */
    bool read_only;                 /* programming and erasing fail, as with the write-protect pin */
    uint16_t id[2];                 /* read by command 90h: manufacturer, device; 0: 0089h, 0018h */
    /* Where changes go, or NULL: they are lost at the end. Called at the end of a command that changed something, with whole
     * sectors of 512 bytes. 0 or errno. */
    int (*write)(void *opaque, uint64_t offset, const void *buffer, uint64_t bytes);
    void *opaque;
};

struct pflash_state {
    uint8_t command;                /* what the state machine is doing; FFh: read array */
    uint8_t status;                 /* status register */
    uint8_t cycle;                  /* of the command: writes that came after its first */
    uint8_t reserved;
    uint32_t count;                 /* bus writes still to come for the write buffer */
    uint64_t block;                 /* that a command of several cycles was given for: byte offset */
};

struct pflash {
    struct pflash_state state;
    struct pflash_settings settings;
    struct machine *machine;
    uint64_t ram_offset;            /* its contents, in the machine's memory object */
    uint8_t *array;
    struct region *handlers;
    uint64_t changed_first, changed_end;    /* not yet written back: bytes [first, end) */
    bool write_failed;
    uint8_t cfi[PFLASH_CFI_BYTES];  /* the query table of one chip */
};

extern const struct device_type pflash_type;

/* contents: what it holds at power-on, at most settings->bytes; the rest is erased (FFh). Contents survive a reset of the
 * machine. NULL: no room (machine_take_ram), or the sizes do not fit each other. */
struct pflash *pflash_new(struct machine *machine, const struct pflash_settings *settings, const void *contents,
                          uint64_t contents_bytes);

#endif
