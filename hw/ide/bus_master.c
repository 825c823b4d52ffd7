/* SPDX-License-Identifier: MIT */
/*
 * The bus master of a channel (82371SB data sheet 290550, 2.4; Programming Interface for Bus Master IDE Controller 1.0):
 * a table of physical regions, walked as the drive asks for data. A table lies inside 64 KiB, so it has at most 8192
 * entries; a guest that links more of them has reached its end there.
 */
#include <string.h>
#include "hw/ide/ide_internal.h"

enum { BMICOM = 0, BMISTA = 2, BMIDTP = 4 };
enum { REGION_ENTRY_BYTES = 8, REGION_ENTRIES_MOST = 8192, REGION_MOST_BYTES = 0x10000 };
static const uint32_t REGION_LAST = 1u << 31;

uint8_t bus_master_read(struct ide_channel *channel, unsigned offset)
{
    const struct ide_channel_state *s = channel->state;
    switch (offset) {
    case BMICOM: return s->dma_command;
    case BMISTA: return s->dma_status;
    case BMIDTP: case BMIDTP + 1: case BMIDTP + 2: case BMIDTP + 3:
        return (uint8_t)(s->dma_table >> (offset - BMIDTP) * 8);
    default: return 0;
    }
}

static void write_command(struct ide_channel *channel, uint8_t value)
{
    struct ide_channel_state *s = channel->state;
    bool was_on = s->dma_command & BMICOM_START;
    s->dma_command = value & (BMICOM_START | BMICOM_WRITE);
    if (was_on == (value & BMICOM_START)) {
        return;
    }
    if (value & BMICOM_START) {
        s->cursor = (struct ide_cursor){ .table = s->dma_table };
        s->dma_status |= BMISTA_ACTIVE;
        channel->dma_serial++;
        for (unsigned i = 0; i < IDE_DRIVES; i++) {
            transfer_run(&channel->drives[i]);
        }
    } else {
        s->dma_status &= (uint8_t)~BMISTA_ACTIVE;
    }
}

void bus_master_write(struct ide_channel *channel, unsigned offset, uint8_t value)
{
    struct ide_channel_state *s = channel->state;
    switch (offset) {
    case BMICOM: write_command(channel, value); break;
    case BMISTA:
        s->dma_status &= (uint8_t)~(value & (BMISTA_ERROR | BMISTA_INTERRUPT));
        s->dma_status = (s->dma_status & (uint8_t)~BMISTA_CAPABLE) | (value & BMISTA_CAPABLE);
        break;
    case BMIDTP: case BMIDTP + 1: case BMIDTP + 2: case BMIDTP + 3: {
        unsigned shift = (offset - BMIDTP) * 8;
        s->dma_table = ((s->dma_table & ~(0xffu << shift)) | (uint32_t)value << shift) & ~3u;
        break;
    }
    }
}

bool bus_master_ready(const struct ide_channel *channel, bool to_memory)
{
    const struct ide_channel_state *s = channel->state;
    return (s->dma_command & BMICOM_START) && (s->dma_status & BMISTA_ACTIVE) && !s->cursor.ended &&
           to_memory == !!(s->dma_command & BMICOM_WRITE) &&
           (pci_word(&channel->controller->state.pci, PCI_COMMAND) & PCI_COMMAND_MASTER);
}

/* Takes the next entry of the table; false: there is none. */
static bool next_region(struct ide_channel *channel, struct ide_cursor *cursor)
{
    uint32_t entry[2];
    if (cursor->last || cursor->entries == REGION_ENTRIES_MOST) {
        cursor->ended = 1;
        return false;
    }
    if (!memory_read_bytes(channel->machine->memory, cursor->table, entry, sizeof(entry))) {
        channel->state->dma_status |= BMISTA_ERROR;
        cursor->ended = 1;
        return false;
    }
    uint32_t address = GUINT32_FROM_LE(entry[0]), control = GUINT32_FROM_LE(entry[1]);
    cursor->address = address & ~1u;
    cursor->bytes = control & 0xfffe ? control & 0xfffe : REGION_MOST_BYTES;
    cursor->last = control & REGION_LAST ? 1 : 0;
    cursor->table += REGION_ENTRY_BYTES;
    cursor->entries++;
    return true;
}

uint32_t bus_master_move(struct ide_channel *channel, struct ide_cursor *cursor, void *buffer, uint32_t bytes,
                         bool to_memory)
{
    struct memory *memory = channel->machine->memory;
    uint8_t *at = buffer;
    uint32_t moved = 0;
    while (moved < bytes && (cursor->bytes || next_region(channel, cursor))) {
        uint32_t part = MIN(bytes - moved, cursor->bytes);
        bool there = to_memory ? memory_write_bytes(memory, cursor->address, at + moved, part)
                               : memory_read_bytes(memory, cursor->address, at + moved, part);
        if (!there) {
            channel->state->dma_status |= BMISTA_ERROR;
        }
        cursor->address += part;
        cursor->bytes -= part;
        moved += part;
    }
    if (cursor->last && !cursor->bytes) {
        cursor->ended = 1;
    }
    return moved;
}

void bus_master_advance(struct ide_channel *channel, const struct ide_cursor *cursor)
{
    channel->state->cursor = *cursor;
    if (cursor->ended) {
        channel->state->dma_status &= (uint8_t)~BMISTA_ACTIVE;
    }
}
