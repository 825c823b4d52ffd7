/* SPDX-License-Identifier: MIT */
/*
 * QEMU's firmware configuration device (its docs/specs/fw_cfg): a selector at 510h, data at 511h, DMA at 514h.
 * Items are numbered; files are items from 20h on, listed in item 19h. Writes are possible by DMA alone.
 * In memory the selector is big-endian and wide reads of data give the bytes in their order.
 * Left out: the old way to write through 511h.
 */
#include <string.h>
#include "hw/misc/fw_cfg.h"

enum { DMA_ERROR = 1 << 0, DMA_READ = 1 << 1, DMA_SKIP = 1 << 2, DMA_SELECT = 1 << 3, DMA_WRITE = 1 << 4 };
enum { KEY_WRITE = 0x4000, KEY_INDEX = 0x3fff, ID_TRADITIONAL = 1, ID_DMA = 2, DIRECTORY_ENTRY = 64, NAME_BYTES = 56 };
static const uint64_t DMA_SIGNATURE = 0x51454d5520434647;      /* "QEMU CFG", big-endian */

static struct fw_cfg_item *find_item(struct fw_cfg *fw_cfg, uint16_t key)
{
    unsigned index = key & KEY_INDEX;
    if (key & FW_CFG_ARCH_LOCAL) {
        return index < ARRAY_LEN(fw_cfg->local) ? &fw_cfg->local[index] : NULL;
    }
    return index < ARRAY_LEN(fw_cfg->generic) ? &fw_cfg->generic[index] : NULL;
}

static void set_item(struct fw_cfg *fw_cfg, uint16_t key, const void *bytes, uint32_t length, bool writable)
{
    struct fw_cfg_item *item = find_item(fw_cfg, key);
    g_assert(item);
    g_free(item->bytes);
    item->bytes = length ? g_malloc(length) : NULL;
    item->length = length;
    item->writable = writable;
    if (length) {
        memcpy(item->bytes, bytes, length);
    }
}

void fw_cfg_set(struct fw_cfg *fw_cfg, uint16_t key, const void *bytes, uint32_t length)
{
    set_item(fw_cfg, key, bytes, length, false);
}

void fw_cfg_set_u16(struct fw_cfg *fw_cfg, uint16_t key, uint16_t value)
{
    uint16_t little = GUINT16_TO_LE(value);
    fw_cfg_set(fw_cfg, key, &little, sizeof(little));
}

void fw_cfg_set_u32(struct fw_cfg *fw_cfg, uint16_t key, uint32_t value)
{
    uint32_t little = GUINT32_TO_LE(value);
    fw_cfg_set(fw_cfg, key, &little, sizeof(little));
}

void fw_cfg_set_u64(struct fw_cfg *fw_cfg, uint16_t key, uint64_t value)
{
    uint64_t little = GUINT64_TO_LE(value);
    fw_cfg_set(fw_cfg, key, &little, sizeof(little));
}

void fw_cfg_set_string(struct fw_cfg *fw_cfg, uint16_t key, const char *text)
{
    fw_cfg_set(fw_cfg, key, text, (uint32_t)strlen(text) + 1);
}

/* ---- Files ---- */

static int file_index(const struct fw_cfg *fw_cfg, const char *name)
{
    for (unsigned i = 0; i < fw_cfg->file_count; i++) {
        if (!strcmp(fw_cfg->file_names[i], name)) {
            return (int)i;
        }
    }
    return -1;
}

static void write_directory(struct fw_cfg *fw_cfg)
{
    uint8_t directory[4 + FW_CFG_FILE_SLOTS * DIRECTORY_ENTRY] = { 0 };
    uint32_t count = GUINT32_TO_BE(fw_cfg->file_count);
    memcpy(directory, &count, 4);
    for (unsigned i = 0; i < fw_cfg->file_count; i++) {
        uint8_t *entry = directory + 4 + i * DIRECTORY_ENTRY;
        uint32_t length = GUINT32_TO_BE(fw_cfg->generic[FW_CFG_FILE_FIRST + i].length);
        uint16_t key = GUINT16_TO_BE((uint16_t)(FW_CFG_FILE_FIRST + i));
        memcpy(entry, &length, 4);
        memcpy(entry + 4, &key, 2);
        memcpy(entry + 8, fw_cfg->file_names[i], NAME_BYTES);
    }
    fw_cfg_set(fw_cfg, FW_CFG_FILE_DIR, directory, 4 + fw_cfg->file_count * DIRECTORY_ENTRY);
}

static bool set_file(struct fw_cfg *fw_cfg, const char *name, const void *bytes, uint32_t length, bool writable)
{
    int index = file_index(fw_cfg, name);
    if (index < 0) {
        if (fw_cfg->file_count == FW_CFG_FILE_SLOTS || strlen(name) >= NAME_BYTES) {
            return false;
        }
        index = (int)fw_cfg->file_count++;
        strcpy(fw_cfg->file_names[index], name);
    }
    set_item(fw_cfg, (uint16_t)(FW_CFG_FILE_FIRST + index), bytes, length, writable);
    write_directory(fw_cfg);
    return true;
}

bool fw_cfg_set_file(struct fw_cfg *fw_cfg, const char *name, const void *bytes, uint32_t length)
{
    return set_file(fw_cfg, name, bytes, length, false);
}

bool fw_cfg_set_writable_file(struct fw_cfg *fw_cfg, const char *name, const void *bytes, uint32_t length)
{
    return set_file(fw_cfg, name, bytes, length, true);
}

const uint8_t *fw_cfg_file(const struct fw_cfg *fw_cfg, const char *name, uint32_t *length)
{
    int index = file_index(fw_cfg, name);
    if (index < 0) {
        return NULL;
    }
    const struct fw_cfg_item *item = &fw_cfg->generic[FW_CFG_FILE_FIRST + index];
    *length = item->length;
    return item->bytes;
}

void fw_cfg_set_reader(struct fw_cfg *fw_cfg, const char *name, void (*about_to_read)(void *opaque), void *opaque)
{
    int index = file_index(fw_cfg, name);
    g_assert(index >= 0);
    fw_cfg->readers[index].about_to_read = about_to_read;
    fw_cfg->readers[index].opaque = opaque;
}

/* ---- The guest's side ---- */

static void select_item(struct fw_cfg *fw_cfg, uint16_t key)
{
    unsigned file = (unsigned)key - FW_CFG_FILE_FIRST;
    fw_cfg->state.selected = key;
    fw_cfg->state.offset = 0;
    if (file < fw_cfg->file_count && fw_cfg->readers[file].about_to_read) {
        fw_cfg->readers[file].about_to_read(fw_cfg->readers[file].opaque);
    }
}

/* What of the selected item lies at its offset. */
static uint32_t item_left(struct fw_cfg *fw_cfg, struct fw_cfg_item **item)
{
    *item = find_item(fw_cfg, fw_cfg->state.selected);
    return *item && fw_cfg->state.offset < (*item)->length ? (*item)->length - fw_cfg->state.offset : 0;
}

static void advance(struct fw_cfg *fw_cfg, uint32_t bytes)
{
    struct fw_cfg_state *s = &fw_cfg->state;
    s->offset = s->offset + bytes < s->offset ? UINT32_MAX : s->offset + bytes;
}

static uint8_t read_byte(struct fw_cfg *fw_cfg)
{
    struct fw_cfg_item *item;
    uint8_t byte = item_left(fw_cfg, &item) ? item->bytes[fw_cfg->state.offset] : 0;
    advance(fw_cfg, 1);
    return byte;
}

/* Past its end an item reads as zeros. */
static bool dma_read(struct fw_cfg *fw_cfg, uint64_t address, uint32_t length)
{
    static const uint8_t zeros[4096];
    struct memory *memory = fw_cfg->machine->memory;
    struct fw_cfg_item *item;
    uint32_t left = item_left(fw_cfg, &item), part = left < length ? left : length;
    bool fine = !part || memory_write_bytes(memory, address, item->bytes + fw_cfg->state.offset, part);
    for (uint32_t done = part; fine && done < length; done += part) {
        part = length - done < sizeof(zeros) ? length - done : sizeof(zeros);
        fine = memory_write_bytes(memory, address + done, zeros, part);
    }
    advance(fw_cfg, length);
    return fine;
}

static bool dma_write(struct fw_cfg *fw_cfg, uint64_t address, uint32_t length)
{
    struct fw_cfg_item *item;
    uint32_t left = item_left(fw_cfg, &item);
    if (!item || !item->writable || length > left) {
        return false;
    }
    bool fine = memory_read_bytes(fw_cfg->machine->memory, address, item->bytes + fw_cfg->state.offset, length);
    advance(fw_cfg, length);
    return fine;
}

/* The guest wrote the address of {u32 control, u32 length, u64 address}, all big-endian. */
static void dma_run(struct fw_cfg *fw_cfg)
{
    struct memory *memory = fw_cfg->machine->memory;
    uint64_t at = fw_cfg->state.dma_address;
    struct { uint32_t control, length; uint64_t address; } request;
    fw_cfg->state.dma_address = 0;
    if (!memory_read_bytes(memory, at, &request, sizeof(request))) {
        uint32_t error = GUINT32_TO_BE(DMA_ERROR);
        memory_write_bytes(memory, at, &error, sizeof(error));
        return;
    }
    uint32_t control = GUINT32_FROM_BE(request.control), length = GUINT32_FROM_BE(request.length);
    uint64_t address = GUINT64_FROM_BE(request.address);
    bool fine = true;
    if (control & DMA_SELECT) {
        select_item(fw_cfg, (uint16_t)(control >> 16));
    }
    if (control & DMA_READ) {
        fine = dma_read(fw_cfg, address, length);
    } else if (control & DMA_WRITE) {
        fine = dma_write(fw_cfg, address, length);
    } else if (control & DMA_SKIP) {
        advance(fw_cfg, length);
    }
    uint32_t result = GUINT32_TO_BE(fine ? 0 : DMA_ERROR);
    memory_write_bytes(memory, at, &result, sizeof(result));
}

static uint64_t port_read(void *device, uint64_t offset, unsigned size)
{
    return size == 1 && offset == 1 ? read_byte(device) : (1u << size * 8) - 1;
}

static void port_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    if (size == 2) {
        select_item(device, (uint16_t)value);
    }
}

static uint64_t dma_register_read(void *device, uint64_t offset, unsigned size)
{
    uint64_t signature = GUINT64_TO_BE(DMA_SIGNATURE);
    return signature >> offset * 8;
}

static void dma_register_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    struct fw_cfg *fw_cfg = device;
    uint64_t *address = &fw_cfg->state.dma_address;
    if (size == 8) {
        *address = GUINT64_FROM_BE(value);
        dma_run(fw_cfg);
    } else if (size == 4 && offset == 0) {
        *address = (uint64_t)GUINT32_FROM_BE((uint32_t)value) << 32;
    } else if (size == 4) {
        *address = (*address & ~0xffffffffull) | GUINT32_FROM_BE((uint32_t)value);
        dma_run(fw_cfg);
    }
}

static uint64_t mapped_data_read(void *device, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)read_byte(device) << i * 8;
    }
    return value;
}

static void mapped_data_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
}

static uint64_t mapped_selector_read(void *device, uint64_t offset, unsigned size)
{
    return 0;                           /* write only */
}

static void mapped_selector_write(void *device, uint64_t offset, uint64_t value, unsigned size)
{
    if (size == 2 && offset == 0) {
        select_item(device, GUINT16_FROM_BE((uint16_t)value));
    }
}

static const struct io_ops mapped_data_ops = { mapped_data_read, mapped_data_write, 1, 8 };
static const struct io_ops mapped_selector_ops = { mapped_selector_read, mapped_selector_write, 1, 2 };
static const struct io_ops port_ops = { port_read, port_write, 1, 2 };
static const struct io_ops dma_ops = { dma_register_read, dma_register_write, 1, 8 };

static void reset(void *device)
{
    struct fw_cfg *fw_cfg = device;
    fw_cfg->state = (struct fw_cfg_state){ 0 };
}

static void fw_cfg_free(void *device)
{
    struct fw_cfg *fw_cfg = device;
    for (unsigned i = 0; i < ARRAY_LEN(fw_cfg->generic); i++) {
        g_free(fw_cfg->generic[i].bytes);
    }
    for (unsigned i = 0; i < ARRAY_LEN(fw_cfg->local); i++) {
        g_free(fw_cfg->local[i].bytes);
    }
    g_free(fw_cfg);
}

#define FIELD(member) SNAPSHOT_FIELD(struct fw_cfg_state, member)
static const struct snapshot_field fields[] = { FIELD(dma_address), FIELD(offset), FIELD(selected), FIELD(pad) };

const struct device_type fw_cfg_type = {
    .name = "fw_cfg",
    .reset = reset,
    .free = fw_cfg_free,
    .state_offset = offsetof(struct fw_cfg, state),
    .state_size = sizeof(struct fw_cfg_state),
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .version = 1,
};

static struct fw_cfg *make(struct machine *machine)
{
    struct fw_cfg *fw_cfg = g_new0(struct fw_cfg, 1);
    fw_cfg->machine = machine;
    fw_cfg_set(fw_cfg, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_set_u32(fw_cfg, FW_CFG_ID, ID_TRADITIONAL | ID_DMA);
    write_directory(fw_cfg);
    machine_add_device(machine, &fw_cfg_type, fw_cfg);
    return fw_cfg;
}

struct fw_cfg *fw_cfg_new(struct machine *machine)
{
    struct fw_cfg *fw_cfg = make(machine);
    memory_add_io(machine->ports, "fw_cfg", 0x510, 2, &port_ops, fw_cfg, 0);
    memory_add_io(machine->ports, "fw_cfg-dma", 0x514, 8, &dma_ops, fw_cfg, 0);
    return fw_cfg;
}

struct fw_cfg *fw_cfg_new_mapped(struct machine *machine, uint64_t base)
{
    struct fw_cfg *fw_cfg = make(machine);
    memory_add_io(machine->memory, "fw_cfg", base, 8, &mapped_data_ops, fw_cfg, 0);
    memory_add_io(machine->memory, "fw_cfg-selector", base + 8, 2, &mapped_selector_ops, fw_cfg, 0);
    memory_add_io(machine->memory, "fw_cfg-dma", base + 16, 8, &dma_ops, fw_cfg, 0);
    return fw_cfg;
}
