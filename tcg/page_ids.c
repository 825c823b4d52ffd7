/* SPDX-License-Identifier: MIT */
/*
 * Page ids: numbers for (linear page, page of RAM, mmu mode). The same mapping has the same number again when it comes back,
 * so a jump between two pages that was linked once is good again after a flush as soon as its target page was looked up again.
 * When there are PAGE_IDS_MAX of them (32 MiB; guests that randomise addresses get there) translate.c throws all translations
 * and all ids away at once.
 */
#include <string.h>
#include "tcg/engine_state.h"

static uint32_t hash_of(uint64_t linear, uint64_t ram_page, unsigned mmu)
{
    uint64_t h = (linear >> PAGE_BITS) * 0x9e3779b97f4a7c15ull ^ (ram_page >> PAGE_BITS) * 0xc2b2ae3d27d4eb4full ^ mmu;
    return (uint32_t)(h ^ h >> 32);
}

static void rehash(struct page_ids *ids)
{
    ids->bucket_mask = ids->room * 2 - 1;
    g_free(ids->bucket);
    ids->bucket = g_new0(uint32_t, ids->bucket_mask + 1);
    for (uint32_t i = 1; i <= ids->count; i++) {
        uint32_t *bucket = &ids->bucket[hash_of(ids->id[i].linear, ids->id[i].ram_page, ids->id[i].mmu) & ids->bucket_mask];
        ids->id[i].next = *bucket;
        *bucket = i;
    }
}

uint32_t page_id_of(struct engine *engine, uint64_t linear, uint64_t ram_page, unsigned mmu)
{
    struct page_ids *ids = &engine->ids;
    const uint32_t hash = hash_of(linear, ram_page, mmu);
    g_mutex_lock(&ids->lock);
    uint32_t i = ids->bucket ? ids->bucket[hash & ids->bucket_mask] : 0;
    while (i && (ids->id[i].linear != linear || ids->id[i].ram_page != ram_page || ids->id[i].mmu != mmu)) {
        i = ids->id[i].next;
    }
    if (!i) {
        if (ids->count + 1 >= ids->room) {
            ids->room = ids->room ? ids->room * 2 : 1024;
            ids->id = g_renew(struct page_id, ids->id, ids->room);
            rehash(ids);
        }
        i = ++ids->count;
        uint32_t *bucket = &ids->bucket[hash & ids->bucket_mask];
        ids->id[i] = (struct page_id){ linear, ram_page, mmu, *bucket };
        *bucket = i;
    }
    g_mutex_unlock(&ids->lock);
    return i;
}

void page_ids_clear(struct page_ids *ids)
{
    ids->count = 0;
    if (ids->bucket) {
        memset(ids->bucket, 0, sizeof(*ids->bucket) * ((size_t)ids->bucket_mask + 1));
    }
}

void page_ids_destroy(struct page_ids *ids)
{
    g_free(ids->id);
    g_free(ids->bucket);
    g_mutex_clear(&ids->lock);
}
