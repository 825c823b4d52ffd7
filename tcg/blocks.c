/* SPDX-License-Identifier: MIT */
/*
 * The block map and the links between blocks.
 *
 * Blocks are found by (physical address, pc, mode); `physical` is the offset in the machine's RAM, so that a block stays right
 * when the same RAM appears at another address. Readers walk the hash chains without a lock: a block is complete
 * before it is put at the head of a chain, and its memory is only used again when all CPUs stand still (code_cache_next).
 *
 * A link is a direct jump of one block patched to the host code of another. Rules (block_link_to): both alive, neither used
 * once only, same mode; into another page only with a guard, whose immediate gets the target's page id. A target that crosses
 * into a second page tests that one itself (translate.c), but not with -icount, where its test would be counted: then no link. Killing a block undoes all links into and out of it under translate_lock.
 */
#include "tcg/engine_state.h"

/* Host code for each bucket: a little less than the usual block has. */
enum { BYTES_A_BUCKET = 256 };

void block_map_init(struct block_map *map, size_t cache_bytes)
{
    uint64_t buckets = 1024;
    while (buckets < cache_bytes / BYTES_A_BUCKET) {
        buckets *= 2;
    }
    map->bucket = g_malloc0_n(buckets, sizeof(map->bucket[0]));
    map->mask = buckets - 1;
}

/* The blocks of a page lie beside each other: what is run or translated in turn is found in few cache lines. */
static uint64_t bucket_of(const struct block_map *map, uint64_t physical, uint64_t pc, uint32_t mode)
{
    enum { PLACE_BITS = 4, BUCKETS_A_PAGE = PAGE_BYTES >> PLACE_BITS };
    const uint64_t page = (physical >> PAGE_BITS ^ (pc >> PAGE_BITS) << 17 ^ (uint64_t)mode << 40) * 0x9e3779b97f4a7c15ull;
    return ((page >> 24 ^ page >> 44) * BUCKETS_A_PAGE + ((physical & PAGE_OFFSET) >> PLACE_BITS)) & map->mask;
}

/* A block across two pages is right only when its second page still is the one it was made from. */
static bool second_page_same(struct cpu *cpu, const struct block *block)
{
    const uint64_t next = (block->linear | PAGE_OFFSET) + 1;
    return code_locate(cpu, next, cpu->frontend->fetch_mmu(block->mode)).ram_page == (block->physical2 & PAGE_MASK);
}

struct block *block_find(struct cpu *cpu, uint64_t physical, uint64_t pc, uint32_t mode)
{
    const struct block_map *map = &cpu->engine->map;
    struct block *block = atomic_load_explicit(&map->bucket[bucket_of(map, physical, pc, mode)], memory_order_acquire);
    for (; block; block = __atomic_load_n(&block->hash_next, __ATOMIC_ACQUIRE)) {
        if (block->physical == physical && block->pc == pc && block->mode == mode &&
            !atomic_load_explicit(&block->dead, memory_order_relaxed) &&
            (!block->crosses_page || second_page_same(cpu, block))) {
            return block;
        }
    }
    return NULL;
}

void block_publish(struct engine *engine, struct block *block)
{
    struct block *_Atomic *bucket = &engine->map.bucket[bucket_of(&engine->map, block->physical, block->pc, block->mode)];
    block->hash_next = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, block, memory_order_release);
}

static void map_remove(struct block_map *map, const struct block *block)
{
    struct block *_Atomic *bucket = &map->bucket[bucket_of(map, block->physical, block->pc, block->mode)];
    struct block *b = atomic_load_explicit(bucket, memory_order_relaxed);
    if (b == block) {
        atomic_store_explicit(bucket, block->hash_next, memory_order_release);
        return;
    }
    while (b->hash_next != block) {
        b = b->hash_next;
    }
    __atomic_store_n(&b->hash_next, block->hash_next, __ATOMIC_RELEASE);
}

static void link_undo(struct engine *engine, struct block_link *link, enum explain_why why)
{
    explain_unlinked(engine, link, why);
    struct block_link **in = &link->target->links_in;
    while (*in != link) {
        in = &(*in)->next_in;
    }
    *in = link->next_in;
    link->target = NULL;
    engine->backend->link(link, code_cache_writable(&engine->cache, link->owner->host), NULL);
    engine->counter[COUNT_unlinks]++;
}

/* A CPU may be putting the block into its jump cache right now: it looks at `dead` afterwards, see jump_cache_fill. */
static void jump_caches_drop(struct engine *engine, const struct block *block)
{
    for (unsigned c = 0; c < engine->cpu_count; c++) {
        struct jump_cache_entry *entry = &engine->cpu[c]->jump_cache[(block->pc ^ block->pc >> 12) & (CPU_JUMP_CACHE - 1)];
        if (__atomic_load_n(&entry->host, __ATOMIC_RELAXED) == block->host) {
            __atomic_store_n(&entry->mode, UINT32_MAX, __ATOMIC_SEQ_CST);
        }
    }
}

void block_retire(struct engine *engine, struct block *block, enum explain_why why, uint64_t address)
{
    explain_dropped(engine, block, why, address);
    atomic_store(&block->dead, true);
    map_remove(&engine->map, block);
    while (block->links_in) {
        link_undo(engine, block->links_in, why);
    }
    for (unsigned i = 0; i < block->link_count; i++) {
        if (block->links[i].target) {
            link_undo(engine, &block->links[i], why);
        }
    }
    jump_caches_drop(engine, block);
}

bool block_link_to(struct engine *engine, struct block *owner, unsigned slot, struct block *target)
{
    struct block_link *link = &owner->links[slot];
    if (slot >= owner->link_count || link->target == target || owner->one_shot || target->one_shot ||
        (target->crosses_page && engine->options.icount) || atomic_load(&owner->dead) || atomic_load(&target->dead) || owner->mode != target->mode ||
        target->pc != link->target_pc) {
        return false;
    }
    if (!link->guard && (target->physical ^ owner->physical) & PAGE_MASK) {
        return false;   /* another page: the guard is what would notice a changed mapping */
    }
    if (link->target) {
        link_undo(engine, link, EXPLAIN_MOVED);
    }
    link->target = target;
    link->next_in = target->links_in;
    target->links_in = link;
    engine->backend->link(link, code_cache_writable(&engine->cache, owner->host), target);
    engine->counter[COUNT_links]++;
    explain_linked(engine, link, target);
    return true;
}
