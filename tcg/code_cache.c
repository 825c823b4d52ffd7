/* SPDX-License-Identifier: MIT */
/*
 * Memory of translated code: one memory object mapped twice, writable and executable.
 *
 *   | common code | scratch of CPU 0, 1, ... | generation 0 | generation 1 | ...
 *                                              code ->  free  <- struct block
 *
 * Code grows up and the blocks that describe it grow down inside the same generation, so that the cache's size bounds
 * both. When the current generation is full the next one, which is the oldest, is emptied while all CPUs stand still; nothing
 * is ever freed one by one. A CPU's scratch holds the one-shot unit that it runs now.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tcg/engine_state.h"

/* The least room that is worth trying a unit in. */
enum { CACHE_LEAST_ROOM = 16 << 10 };

static void *map_view(int fd, size_t bytes, int protection, GError **error)
{
    void *view = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
    if (view == MAP_FAILED) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "code cache: cannot map %zu bytes: %s", bytes,
                    g_strerror(errno));
        return NULL;
    }
    return view;
}

bool code_cache_init(struct code_cache *cache, unsigned mib, unsigned max_cpus, GError **error)
{
    const size_t fixed = CACHE_COMMON_BYTES + (size_t)max_cpus * CACHE_CPU_BYTES;
    const size_t body = (size_t)mib << 20;
    cache->generations = mib >= 8 ? CACHE_MAX_GENERATIONS : 4;
    cache->generation_bytes = body / cache->generations & PAGE_MASK;
    cache->bytes = fixed + cache->generation_bytes * cache->generations;
    cache->fd = memfd_create("dragoman-code", MFD_CLOEXEC);
    if (cache->fd < 0 || ftruncate(cache->fd, (off_t)cache->bytes) < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "code cache: no memory object of %zu bytes: %s",
                    cache->bytes, g_strerror(errno));
        return false;
    }
    cache->write = map_view(cache->fd, cache->bytes, PROT_READ | PROT_WRITE, error);
    cache->exec = cache->write ? map_view(cache->fd, cache->bytes, PROT_READ | PROT_EXEC, error) : NULL;
    if (!cache->exec) {
        return false;
    }
    for (unsigned g = 0; g < cache->generations; g++) {
        struct code_generation *generation = &cache->generation[g];
        generation->base = generation->write = generation->populated = cache->write + fixed + g * cache->generation_bytes;
        generation->top = generation->write + cache->generation_bytes;
    }
    return true;
}

void code_cache_destroy(struct code_cache *cache)
{
    for (unsigned g = 0; g < cache->generations; g++) {
        g_free(cache->generation[g].blocks);
    }
    if (cache->exec) {
        munmap(cache->exec, cache->bytes);
    }
    if (cache->write) {
        munmap(cache->write, cache->bytes);
    }
    if (cache->fd >= 0) {
        close(cache->fd);
    }
}

static struct code_buffer buffer_at(const struct code_cache *cache, uint8_t *write, size_t size)
{
    return (struct code_buffer){ .write = write, .exec = cache->exec + (write - cache->write), .size = size };
}

struct code_buffer code_cache_common(struct code_cache *cache)
{
    return buffer_at(cache, cache->write, CACHE_COMMON_BYTES);
}

struct code_buffer code_cache_scratch(struct code_cache *cache, unsigned cpu)
{
    return buffer_at(cache, cache->write + CACHE_COMMON_BYTES + (size_t)cpu * CACHE_CPU_BYTES, CACHE_CPU_BYTES);
}

/* The host gives memory page by page, at a fault for each view: asks for the next stretch at once. */
static void populate(const struct code_cache *cache, struct code_generation *generation)
{
    enum { STRETCH = 256 << 10 };
    if (generation->write < generation->populated || generation->top - generation->populated < STRETCH) {
        return;
    }
    /* Linux before 5.14 does not know these; then the faults come. */
    madvise(generation->populated, STRETCH, MADV_POPULATE_WRITE);
    madvise(cache->exec + (generation->populated - cache->write), STRETCH, MADV_POPULATE_READ);
    generation->populated += STRETCH;
}

struct block *code_cache_begin(struct code_cache *cache, unsigned links, struct code_buffer *buffer)
{
    const size_t bytes = offsetof(struct block, links) + links * sizeof(struct block_link);
    struct code_generation *generation = &cache->generation[cache->current];
    if (generation->top - generation->write < (ptrdiff_t)(sizeof(struct block) + CACHE_LEAST_ROOM)) {
        return NULL;
    }
    struct block *block = (struct block *)((uintptr_t)(generation->top - bytes) & ~(uintptr_t)15);
    memset((void *)block, 0, bytes);
    block->generation = (uint8_t)cache->current;
    *buffer = buffer_at(cache, generation->write, (size_t)((uint8_t *)block - generation->write));
    return block;
}

void code_cache_end(struct code_cache *cache, struct block *block, const struct code_buffer *buffer, size_t used)
{
    struct code_generation *generation = &cache->generation[block->generation];
    generation->write = buffer->write + ((used + 15) & ~(size_t)15);
    populate(cache, generation);
    generation->top = (uint8_t *)block;
    if (generation->count == generation->room) {
        generation->room = generation->room ? generation->room * 2 : 256;
        generation->blocks = g_renew(struct block *, generation->blocks, generation->room);
    }
    generation->blocks[generation->count++] = block;
}

void code_cache_release(struct engine *engine)
{
    const struct code_cache *cache = &engine->cache;
    for (unsigned g = 0; g < cache->generations && engine->backend->release; g++) {
        for (unsigned i = 0; i < cache->generation[g].count; i++) {
            engine->backend->release(engine->backend_state, cache->generation[g].blocks[i]);
        }
    }
}

/* Every jump cache may hold host addresses of any generation. */
void jump_caches_clear(struct engine *engine)
{
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        for (unsigned n = 0; n < CPU_JUMP_CACHE; n++) {
            engine->cpu[c]->jump_cache[n] = (struct jump_cache_entry){ .mode = UINT32_MAX };
        }
    }
}

void code_cache_next(struct engine *engine, enum explain_why why)
{
    struct code_cache *cache = &engine->cache;
    const unsigned next = (cache->current + 1) % cache->generations;
    struct code_generation *generation = &cache->generation[next];
    for (unsigned i = 0; i < generation->count; i++) {
        struct block *block = generation->blocks[i];
        if (!atomic_load(&block->dead)) {
            code_page_remove(engine, block);
            block_retire(engine, block, why, 0);
        }
        if (engine->backend->release) {
            engine->backend->release(engine->backend_state, block);
        }
    }
    generation->count = 0;
    generation->write = generation->base;
    generation->top = generation->write + cache->generation_bytes;
    cache->current = next;
    cache->epoch++;
    jump_caches_clear(engine);
    engine->counter[COUNT_generations]++;
}
