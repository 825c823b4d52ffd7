/* SPDX-License-Identifier: MIT */
/*
 * Intel StrataFlash 28F128J3A, data sheet 290667: read array, identifier, query (CFI, JEDEC JESD68), status; byte or word
 * program, write buffer, block erase, block locks; several chips side by side get each command at once and answer as one.
 *
 *   read array --command--> status, identifier, query ... --FFh--> read array
 *
 * Programming and erasing take no time, so the ready bit is set again when a command ends and suspending finds nothing to do.
 * Departures: "clear status" clears the ready bit too, until the next command that sets it, because firmware for virtual
 * machines tells flash from ROM by that (and QEMU's flash does so); words of a write buffer are programmed as they arrive;
 * blocks never are locked against writing. Left out: protection register, configuration, the STS pin.
 */
#include <string.h>
#include "hw/flash/pflash.h"

enum {  /* commands, table 4 */
    CMD_PROGRAM_ALTERNATE = 0x10, CMD_ERASE = 0x20, CMD_PROGRAM = 0x40, CMD_CLEAR_STATUS = 0x50, CMD_LOCK = 0x60, CMD_STATUS = 0x70,
    CMD_ID = 0x90, CMD_QUERY = 0x98, CMD_SUSPEND = 0xb0, CMD_CONFIRM = 0xd0, CMD_BUFFER = 0xe8, CMD_ARRAY = 0xff,
    CMD_NOTHING = 0x00, CMD_LOCK_SET = 0x01, CMD_LOCK_DOWN = 0x2f,
};
enum {  /* status register, table 18 */
    STATUS_READY = 0x80, STATUS_ERASE_ERROR = 0x20, STATUS_PROGRAM_ERROR = 0x10, STATUS_LOCKED = 0x02,
};
enum { SECTOR_BYTES = 512, ID_MANUFACTURER = 0, ID_DEVICE = 1, ID_LOCKS = 2, DEFAULT_MANUFACTURER = 0x89, DEFAULT_DEVICE = 0x18 };
enum { QUERY = 0x10, QUERY_SIZE = 0x27, QUERY_BUFFER = 0x2a, QUERY_REGIONS = 0x2c, QUERY_EXTENDED = 0x31 };

static unsigned chips_of(const struct pflash *flash)
{
    return flash->settings.bank_bytes / flash->settings.chip_bytes;
}

/* The largest write buffer, in bytes of the bank. */
static uint32_t buffer_bytes(const struct pflash *flash)
{
    return (1u << flash->cfi[QUERY_BUFFER]) * chips_of(flash);
}

/* A chip's answer, from all chips at once. */
static uint32_t replicate(const struct pflash *flash, uint32_t value)
{
    uint32_t answer = 0;
    for (unsigned chip = 0; chip < chips_of(flash); chip++) {
        answer |= value << chip * flash->settings.chip_bytes * 8;
    }
    return answer;
}

/* ---- Changes on their way out: with the command that ends a row of programs ---- */

static void write_back(struct pflash *flash)
{
    uint64_t first = flash->changed_first & ~(uint64_t)(SECTOR_BYTES - 1);
    uint64_t end = MIN((flash->changed_end + SECTOR_BYTES - 1) & ~(uint64_t)(SECTOR_BYTES - 1), flash->settings.bytes);
    if (flash->settings.write && first < end) {
        int failed = flash->settings.write(flash->settings.opaque, first, flash->array + first, end - first);
        if (failed && !flash->write_failed) {
            g_printerr("dragoman: %s: changes are not saved: %s\n", flash->settings.name, g_strerror(failed));
            flash->write_failed = true;
        }
    }
    flash->changed_first = UINT64_MAX;
    flash->changed_end = 0;
}

/* Marks as every write to RAM does: firmware runs from flash, and its translations must go. */
static void set_bytes(struct pflash *flash, uint64_t offset, uint64_t value, unsigned bytes)
{
    memory_write_ram(flash->machine->memory, flash->machine->ram, flash->ram_offset + offset, value, bytes);
    flash->changed_first = MIN(flash->changed_first, offset);
    flash->changed_end = MAX(flash->changed_end, offset + bytes);
}

/* Programming can only clear bits. */
static void program(struct pflash *flash, uint64_t offset, uint32_t value, unsigned bytes)
{
    uint32_t old = 0;
    if (flash->settings.read_only) {
        flash->state.status |= STATUS_PROGRAM_ERROR | STATUS_LOCKED;
        return;
    }
    memcpy(&old, flash->array + offset, bytes);
    set_bytes(flash, offset, value & GUINT32_FROM_LE(old), bytes);
}

static void erase(struct pflash *flash, uint64_t block)
{
    if (flash->settings.read_only) {
        flash->state.status |= STATUS_ERASE_ERROR | STATUS_LOCKED;
        return;
    }
    for (uint32_t i = 0; i < flash->settings.block_bytes; i += 8) {
        set_bytes(flash, block + i, UINT64_MAX, 8);
    }
    write_back(flash);
}

/* ---- Commands ---- */

static void set_command(struct pflash *flash, uint8_t command)
{
    flash->state.command = command;
    flash->state.cycle = 0;
    region_set_enabled(flash->handlers, command != CMD_ARRAY);
}

/* The command is done and leaves the status register to be read. */
static void finish(struct pflash *flash)
{
    flash->state.status |= STATUS_READY;
    set_command(flash, CMD_STATUS);
}

static void bad_sequence(struct pflash *flash, uint8_t value)
{
    log_write(flash->machine->log, LOG_guest_errors, "pflash: %02xh after command %02xh\n", value, flash->state.command);
    flash->state.status |= STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR;
    finish(flash);
}

static void first_cycle(struct pflash *flash, uint64_t offset, uint8_t value)
{
    struct pflash_state *s = &flash->state;
    switch (value) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALTERNATE:
    case CMD_ERASE:
    case CMD_LOCK:
    case CMD_ID:
    case CMD_QUERY:
    case CMD_STATUS:
        set_command(flash, value);
        break;
    case CMD_BUFFER:
        s->status |= STATUS_READY;              /* a buffer is there */
        set_command(flash, value);
        break;
    case CMD_CLEAR_STATUS:
        s->status = 0;
        write_back(flash);
        set_command(flash, CMD_ARRAY);
        break;
    case CMD_SUSPEND:
    case CMD_CONFIRM:                           /* suspend and resume: nothing is going on */
        finish(flash);
        break;
    default:
        log_write(flash->machine->log, LOG_guest_errors, "pflash: unknown command %02xh\n", value);
        /* fall through */
    case CMD_NOTHING:
    case CMD_ARRAY:
        write_back(flash);
        set_command(flash, CMD_ARRAY);
        break;
    }
    s->block = offset & ~(uint64_t)(flash->settings.block_bytes - 1);
}

/* Count, then the words, then the confirmation. */
static void buffer_cycle(struct pflash *flash, uint64_t offset, uint32_t value, unsigned bytes)
{
    struct pflash_state *s = &flash->state;
    if (s->cycle == 0) {
        s->count = (value & 0xffff) + 1;
        s->cycle = 1;
        if (s->count * flash->settings.bank_bytes > buffer_bytes(flash)) {
            bad_sequence(flash, (uint8_t)value);
        }
    } else if (s->count) {
        if ((offset & ~(uint64_t)(flash->settings.block_bytes - 1)) == s->block) {
            program(flash, offset, value, bytes);
        } else {
            s->status |= STATUS_PROGRAM_ERROR;
        }
        s->count--;
    } else if ((value & 0xff) == CMD_CONFIRM) {
        write_back(flash);
        finish(flash);
    } else {
        bad_sequence(flash, (uint8_t)value);
    }
}

static void later_cycle(struct pflash *flash, uint64_t offset, uint32_t value, unsigned bytes)
{
    struct pflash_state *s = &flash->state;
    uint8_t byte = (uint8_t)value;
    switch (s->command) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALTERNATE:
        program(flash, offset, value, bytes);
        finish(flash);
        break;
    case CMD_ERASE:
        if (byte != CMD_CONFIRM) {
            bad_sequence(flash, byte);
            break;
        }
        erase(flash, offset & ~(uint64_t)(flash->settings.block_bytes - 1));
        finish(flash);
        break;
    case CMD_LOCK:
        if (byte == CMD_ARRAY) {
            set_command(flash, CMD_ARRAY);
        } else if (byte == CMD_CONFIRM || byte == CMD_LOCK_SET || byte == CMD_LOCK_DOWN) {
            finish(flash);
        } else {
            bad_sequence(flash, byte);
        }
        break;
    default: buffer_cycle(flash, offset, value, bytes); break;
    }
}

static void flash_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct pflash *flash = device;
    uint8_t command = flash->state.command;
    bool waits = command == CMD_PROGRAM || command == CMD_PROGRAM_ALTERNATE || command == CMD_ERASE || command == CMD_LOCK ||
                 command == CMD_BUFFER;
    if (waits) {
        later_cycle(flash, offset, (uint32_t)value, size);
    } else {
        first_cycle(flash, offset, (uint8_t)value);
    }
}

/* ---- Reading anything but the array ---- */

static uint32_t answer(const struct pflash *flash, uint64_t offset)
{
    uint64_t word = offset / flash->settings.bank_bytes & 0xff;
    switch (flash->state.command) {
    case CMD_ID:
        word &= 3;
        return replicate(flash, word < ID_LOCKS ? flash->settings.id[word] : 0);
    case CMD_QUERY: return replicate(flash, word < sizeof(flash->cfi) ? flash->cfi[word] : 0);
    default: return replicate(flash, flash->state.status);
    }
}

static uint64_t flash_read(void *device, uint64_t offset, unsigned size)
{
    const struct pflash *flash = device;
    return answer(flash, offset) >> offset % flash->settings.bank_bytes * 8;
}

static const struct io_ops flash_ops = { flash_read, flash_write, 1, 4 };

/* ---- The device ---- */

static void loaded(void *device)
{
    struct pflash *flash = device;
    region_set_enabled(flash->handlers, flash->state.command != CMD_ARRAY);
}

static void reset(void *device)
{
    struct pflash *flash = device;
    write_back(flash);
    flash->state = (struct pflash_state){ .command = CMD_ARRAY, .status = STATUS_READY };
    loaded(flash);
}

static void pflash_free(void *device)
{
    write_back(device);
    g_free(device);
}

#define FIELD(member) SNAPSHOT_FIELD(struct pflash_state, member)
static const struct snapshot_field fields[] = {
    FIELD(command), FIELD(status), FIELD(cycle), FIELD(reserved), FIELD(count), FIELD(block),
};

const struct device_type pflash_type = {
    .name = "pflash",
    .reset = reset,
    .loaded = loaded,
    .free = pflash_free,
    .state_offset = offsetof(struct pflash, state),
    .state_size = sizeof(struct pflash_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

/* JESD68 and Intel's extended table: sizes are those of one chip. */
static void make_query(struct pflash *flash)
{
    static const uint8_t fixed[] = {
        'Q', 'R', 'Y', 1, 0, QUERY_EXTENDED, 0, 0, 0, 0, 0,
        0x45, 0x55, 0, 0,                       /* supply voltages in tenths: 4.5 to 5.5, no VPP */
        7, 7, 10, 0, 4, 4, 4, 0,                /* typical times as powers of two, then how much longer at most */
    };
    static const uint8_t extended[] = { 'P', 'R', 'I', '1', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0x50 };
    const struct pflash_settings *settings = &flash->settings;
    uint8_t *cfi = flash->cfi;
    uint64_t bytes = settings->bytes / chips_of(flash), block = settings->block_bytes / chips_of(flash);
    uint64_t blocks = bytes / block;
    memcpy(cfi + QUERY, fixed, sizeof(fixed));
    while (1ull << cfi[QUERY_SIZE] < bytes) {
        cfi[QUERY_SIZE]++;
    }
    cfi[QUERY_SIZE + 1] = settings->bank_bytes == 1 ? 0 : 2;    /* x8, or x8 and x16 */
    cfi[QUERY_BUFFER] = settings->bank_bytes == 1 ? 8 : 11;     /* 256 or 2048 bytes */
    cfi[QUERY_REGIONS] = 1;
    cfi[QUERY_REGIONS + 1] = (uint8_t)(blocks - 1);
    cfi[QUERY_REGIONS + 2] = (uint8_t)((blocks - 1) >> 8);
    cfi[QUERY_REGIONS + 3] = (uint8_t)(block >> 8);
    cfi[QUERY_REGIONS + 4] = (uint8_t)(block >> 16);
    memcpy(cfi + QUERY_EXTENDED, extended, sizeof(extended));
}

static bool sizes_fit(const struct pflash_settings *s, uint64_t contents_bytes)
{
    bool widths = (s->bank_bytes == 1 || s->bank_bytes == 2 || s->bank_bytes == 4) && s->chip_bytes &&
                  s->bank_bytes % s->chip_bytes == 0;
    bool blocks = s->block_bytes >= SECTOR_BYTES && !(s->block_bytes & (s->block_bytes - 1));
    return widths && blocks && s->bytes && s->bytes % s->block_bytes == 0 && contents_bytes <= s->bytes;
}

struct pflash *pflash_new(struct machine *machine, const struct pflash_settings *settings, const void *contents,
                          uint64_t contents_bytes)
{
    uint64_t ram_offset;
    if (!sizes_fit(settings, contents_bytes) || !machine_take_ram(machine, settings->bytes, &ram_offset)) {
        return NULL;
    }
    struct pflash *flash = g_new0(struct pflash, 1);
    flash->settings = *settings;
    flash->machine = machine;
    flash->ram_offset = ram_offset;
    flash->array = machine->ram->host + ram_offset;
    flash->changed_first = UINT64_MAX;
    if (!settings->id[ID_MANUFACTURER] && !settings->id[ID_DEVICE]) {
        flash->settings.id[ID_MANUFACTURER] = DEFAULT_MANUFACTURER;
        flash->settings.id[ID_DEVICE] = DEFAULT_DEVICE;
    }
    make_query(flash);
    if (contents_bytes) {
        memcpy(flash->array, contents, contents_bytes);
    }
    ram_fill(machine->ram, ram_offset + contents_bytes, settings->bytes - contents_bytes, 0xff);
    memory_add_rom(machine->memory, settings->name, settings->address, settings->bytes, machine->ram, ram_offset,
                   &flash_ops, flash, settings->priority);
    flash->handlers = memory_add_io(machine->memory, settings->name, settings->address, settings->bytes, &flash_ops, flash,
                                    settings->priority + 1);
    machine_add_device(machine, &pflash_type, flash);
    return flash;
}
