/* SPDX-License-Identifier: MIT */
/* The small ring of bytes that PS/2 devices and their controller send from. */
#include "hw/input/ps2.h"

bool ps2_queue_put(struct ps2_queue *queue, uint8_t byte)
{
    if (queue->count >= PS2_QUEUE) {
        return false;
    }
    queue->bytes[(queue->head + queue->count++) % PS2_QUEUE] = byte;
    return true;
}

bool ps2_queue_get(struct ps2_queue *queue, uint8_t *byte)
{
    if (!queue->count) {
        return false;
    }
    *byte = queue->bytes[queue->head % PS2_QUEUE];
    queue->head = (uint8_t)((queue->head + 1) % PS2_QUEUE);
    queue->count--;
    return true;
}
