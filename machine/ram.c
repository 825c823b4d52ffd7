/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM: one memory object (memfd) a machine, mapped once here; others may map it again. Pages of it cost
 * nothing until they are touched. Beside it two bitmaps with a bit a page: translated code, and written.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <glib.h>
#include "base/memory.h"

enum { RAM_PAGE_SHIFT = 12, RAM_WORD_PAGES = 64, FILL_STRETCH = 2 << 20 };

static uint64_t bitmap_bytes(uint64_t ram_bytes)
{
    uint64_t pages = (ram_bytes + (1u << RAM_PAGE_SHIFT) - 1) >> RAM_PAGE_SHIFT;
    return (pages + RAM_WORD_PAGES - 1) / RAM_WORD_PAGES * sizeof(uint64_t);
}

static void *bitmap_new(uint64_t bytes)
{
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return map == MAP_FAILED ? NULL : map;
}

struct ram *ram_new(uint64_t bytes)
{
    struct ram *ram = g_new0(struct ram, 1);
    ram->bytes = bytes;
    ram->fd = memfd_create("guest-ram", MFD_CLOEXEC);
    if (ram->fd < 0 || !bytes || ftruncate(ram->fd, (off_t)bytes)) {
        ram_free(ram);
        return NULL;
    }
    void *host = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, ram->fd, 0);
    if (host != MAP_FAILED) {
        ram->host = host;
        ram->code_pages = bitmap_new(bitmap_bytes(bytes));
        ram->dirty_pages = bitmap_new(bitmap_bytes(bytes));
    }
    if (!ram->host || !ram->code_pages || !ram->dirty_pages) {
        ram_free(ram);
        return NULL;
    }
    return ram;
}

/* Maps one filled stretch over each that is to be like it, copied on write. false: the host has no room for that. */
static bool share_fill(uint8_t *to, uint64_t stretches, uint8_t value)
{
    bool done = false;
    const int fd = memfd_create("fill", MFD_CLOEXEC);
    void *view = fd < 0 || ftruncate(fd, FILL_STRETCH) ? MAP_FAILED : mmap(NULL, FILL_STRETCH, PROT_WRITE, MAP_SHARED, fd, 0);
    if (view != MAP_FAILED) {
        memset(view, value, FILL_STRETCH);
        munmap(view, FILL_STRETCH);
        done = true;
    }
    for (uint64_t n = 0; done && n < stretches; n++) {
        void *at = to + n * FILL_STRETCH;
        done = mmap(at, FILL_STRETCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, 0) == at;
    }
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

void ram_fill(struct ram *ram, uint64_t ram_offset, uint64_t bytes, uint8_t value)
{
    const uint64_t page = 1u << RAM_PAGE_SHIFT, first = MIN((ram_offset + page - 1) & ~(page - 1), ram_offset + bytes);
    const uint64_t stretches = (ram_offset + bytes - first) / FILL_STRETCH, shared = stretches * FILL_STRETCH;
    if (stretches < 2 || !share_fill(ram->host + first, stretches, value)) {
        memset(ram->host + ram_offset, value, bytes);
        return;
    }
    memset(ram->host + ram_offset, value, first - ram_offset);
    memset(ram->host + first + shared, value, ram_offset + bytes - first - shared);
}

void ram_discard(struct ram *ram, uint64_t ram_offset, uint64_t bytes)
{
    if (fallocate(ram->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)ram_offset, (off_t)bytes)) {
        memset(ram->host + ram_offset, 0, bytes);       /* the host has no holes: at least the guest sees the same */
    }
}

void ram_free(struct ram *ram)
{
    if (!ram) {
        return;
    }
    if (ram->host) {
        munmap(ram->host, ram->bytes);
    }
    if (ram->code_pages) {
        munmap((void *)ram->code_pages, bitmap_bytes(ram->bytes));
    }
    if (ram->dirty_pages) {
        munmap((void *)ram->dirty_pages, bitmap_bytes(ram->bytes));
    }
    if (ram->fd >= 0) {
        close(ram->fd);
    }
    g_free(ram);
}

void ram_mark_dirty(struct ram *ram, uint64_t ram_offset, uint64_t bytes)
{
    if (!bytes) {
        return;
    }
    uint64_t last = (ram_offset + bytes - 1) >> RAM_PAGE_SHIFT;
    for (uint64_t page = ram_offset >> RAM_PAGE_SHIFT; page <= last; page++) {
        _Atomic uint64_t *word = &ram->dirty_pages[page / RAM_WORD_PAGES];
        uint64_t bit = 1ull << page % RAM_WORD_PAGES;
        if (!(atomic_load_explicit(word, memory_order_relaxed) & bit)) {    /* mostly set already: no locked write */
            atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
        }
    }
}

bool ram_take_dirty(struct ram *ram, uint64_t ram_offset, uint64_t bytes, uint64_t *pages)
{
    uint64_t first = ram_offset >> RAM_PAGE_SHIFT, count = bytes >> RAM_PAGE_SHIFT;
    uint64_t first_dirty = UINT64_MAX, last_dirty = 0;
    if (ram->collect) {
        ram->collect(ram->collect_opaque, first, count);
    }
    memset(pages, 0, (count + RAM_WORD_PAGES - 1) / RAM_WORD_PAGES * sizeof(*pages));
    for (uint64_t n = 0; n < count; n++) {
        _Atomic uint64_t *word = &ram->dirty_pages[(first + n) / RAM_WORD_PAGES];
        uint64_t bit = 1ull << (first + n) % RAM_WORD_PAGES;
        if (atomic_load_explicit(word, memory_order_relaxed) & bit) {
            atomic_fetch_and_explicit(word, ~bit, memory_order_relaxed);
            pages[n / RAM_WORD_PAGES] |= 1ull << n % RAM_WORD_PAGES;
            first_dirty = MIN(first_dirty, n);
            last_dirty = n;
        }
    }
    if (first_dirty == UINT64_MAX) {
        return false;
    }
    /* A writer that keeps pointers is told after the bits are clear: what it marks from here on stays marked. */
    atomic_thread_fence(memory_order_seq_cst);
    void (*rearm)(void *, uint64_t, uint64_t) = __atomic_load_n(&ram->rearm, __ATOMIC_ACQUIRE);
    if (rearm) {
        rearm(ram->rearm_opaque, first + first_dirty, last_dirty - first_dirty + 1);
    }
    return true;
}
