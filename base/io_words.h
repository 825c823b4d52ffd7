/* SPDX-License-Identifier: MIT */
#ifndef BASE_IO_WORDS_H
#define BASE_IO_WORDS_H
/*
 * Devices whose registers are words of 32 bits, but which may be accessed by 1 to 8 bytes (struct io_ops): one access as the words
 * that it touches. Accesses are aligned to their size; offsets given to the device are multiples of 4.
 */
#include <stdint.h>

static inline uint64_t io_read_words(uint32_t (*read)(void *device, unsigned offset), void *device, uint64_t offset, unsigned size)
{
    const unsigned at = (unsigned)offset & ~3u;
    uint64_t value = read(device, at);
    if (size == 8) {
        value |= (uint64_t)read(device, at + 4) << 32;
    }
    return value >> (offset & 3) * 8;
}

/* mask: the bits that are written; those of value outside it are 0. */
static inline void io_write_words(void (*write)(void *device, unsigned offset, uint32_t value, uint32_t mask), void *device,
                                  uint64_t offset, uint64_t value, unsigned size)
{
    const unsigned at = (unsigned)offset & ~3u, shift = (offset & 3) * 8;
    const uint32_t mask = size >= 4 ? UINT32_MAX : ((1u << size * 8) - 1) << shift;
    write(device, at, (uint32_t)(value << shift) & mask, mask);
    if (size == 8) {
        write(device, at + 4, (uint32_t)(value >> 32), UINT32_MAX);
    }
}

#endif
