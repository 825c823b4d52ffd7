/* SPDX-License-Identifier: MIT */
/*
 * An address space: regions with priorities and aliases, and the flat view made of them.
 *
 *   regions (list, machine lock) --flatten--> view (sorted ranges, no overlaps) --binary search--> memory_find
 *
 * Two views exist and take turns. Readers take no lock: a view carries a sequence number that is odd while the view
 * is being rewritten, and a reader that saw it change looks again. So a reader that is overtaken by one change still
 * finds the old view whole; only two changes during one look-up make it retry. Range arrays and removed regions are
 * given back when the space is freed, never before: a late reader may still look at them. Arrays grow by doubling, so
 * that what is kept is bounded by what is used.
 *
 * The same priority: the region added last wins.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <glib.h>
#include "base/log.h"
#include "base/memory.h"

enum region_kind { REGION_RAM, REGION_IO, REGION_ALIAS };
enum { VIEW_START_RANGES = 64, PORT_SPACE_BYTES = 0x10000 };

struct region {
    char *name;
    struct memory *memory;
    enum region_kind kind;
    uint64_t address, bytes;
    int priority;
    unsigned serial;                /* order of adding */
    bool enabled, read_only, smm_only;
    struct ram *ram;
    uint64_t ram_offset;
    const struct io_ops *ops;
    const struct io_strings *strings;   /* NULL: it has none */
    uint8_t (*peek)(void *device, uint64_t offset);     /* likewise */
    void *device;
    uint64_t target;                /* alias */
};

/* [first, last] shows region from offset on; both inclusive, so that a space of 2^64 would do. */
struct range { uint64_t first, last, offset; struct region *region; bool read_only; };

/*
 * Count and room travel with the array: whatever array a reader finds, count stays inside it. A hint is the place of the range
 * last found for addresses that hash alike: any value is allowed, readers check it as they check all that they read.
 */
enum { RANGE_HINTS = 16 };
struct range_array { uint32_t count, capacity; _Atomic uint32_t hint[RANGE_HINTS]; struct range of[]; };

struct view {
    _Atomic uint32_t sequence;
    struct range_array *_Atomic ranges;
};

struct memory {
    char *name;
    uint64_t last;                  /* the highest address */
    struct log *log;
    enum log_category access_category;
    struct memory *smm;             /* a second flat view of the same regions, or NULL */
    bool is_smm;
    unsigned requester;             /* CPU whose access is under way; machine lock */
    bool refused;                   /* the last CPU's access met nothing; machine lock */
    GPtrArray *regions;             /* sorted: what wins comes first; shared with smm */
    GPtrArray *removed;
    GPtrArray *old_arrays;          /* range arrays that were outgrown */
    unsigned serial;
    struct view views[2];
    _Atomic unsigned current;       /* which of the views */
    void (*changed)(void *opaque);
    void *changed_opaque;
    void (*code_written)(void *opaque, uint64_t ram_offset, uint64_t bytes);
    void *code_opaque;
};

/* ---- Flattening ---- */

static uint64_t region_last(const struct region *region)
{
    uint64_t last = region->address + region->bytes - 1;
    return last < region->address || last > region->memory->last ? region->memory->last : last;
}

static bool region_visible(const struct memory *memory, const struct region *region)
{
    return region->enabled && region->bytes && region->address <= memory->last && (memory->is_smm || !region->smm_only);
}

/* Puts the start of each stretch with one owner into edges: region borders, and those seen through aliases. */
static void collect_edges(const struct memory *memory, GArray *edges)
{
    const uint64_t zero = 0;
    g_array_append_val(edges, zero);
    for (unsigned i = 0; i < memory->regions->len; i++) {
        const struct region *region = g_ptr_array_index(memory->regions, i);
        if (region_visible(memory, region)) {
            uint64_t after = region_last(region) + 1;
            g_array_append_val(edges, region->address);
            g_array_append_val(edges, after);
        }
    }
    /* Aliases show only what is below them: from the lowest priority up, one pass is enough. */
    for (unsigned i = memory->regions->len; i-- > 0;) {
        const struct region *alias = g_ptr_array_index(memory->regions, i);
        if (alias->kind != REGION_ALIAS || !region_visible(memory, alias)) {
            continue;
        }
        unsigned count = edges->len;
        for (unsigned e = 0; e < count; e++) {
            uint64_t inside = g_array_index(edges, uint64_t, e) - alias->target;
            uint64_t edge = alias->address + inside;
            if (inside < alias->bytes && edge >= alias->address) {
                g_array_append_val(edges, edge);
            }
        }
    }
}

static int compare_edges(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Who answers at address among regions below a priority, through any number of aliases; NULL: nobody. */
static struct region *owner_below(const struct memory *memory, int64_t below, uint64_t address, uint64_t *offset,
                                  bool *read_only)
{
    *read_only = false;
    for (unsigned i = 0; i < memory->regions->len; i++) {
        struct region *region = g_ptr_array_index(memory->regions, i);
        if (!region_visible(memory, region) || region->priority >= below ||
            address < region->address || address > region_last(region)) {
            continue;
        }
        *read_only |= region->read_only;
        if (region->kind != REGION_ALIAS) {
            *offset = address - region->address;
            return region;
        }
        address = region->target + (address - region->address);
        below = region->priority;
    }
    return NULL;
}

static struct range_array *range_array_new(uint32_t capacity)
{
    struct range_array *array = g_malloc0(sizeof(*array) + capacity * sizeof(struct range));
    array->capacity = capacity;
    return array;
}

static void view_append(struct memory *memory, struct view *view, struct range range)
{
    struct range_array *array = view->ranges;
    struct range *previous = array->count ? &array->of[array->count - 1] : NULL;
    if (previous && previous->region == range.region && previous->read_only == range.read_only &&
        (!range.region || previous->offset + (range.first - previous->first) == range.offset)) {
        previous->last = range.last;
        return;
    }
    if (array->count == array->capacity) {
        struct range_array *bigger = range_array_new(array->capacity * 2);
        memcpy(bigger->of, array->of, array->count * sizeof(struct range));
        bigger->count = array->count;
        g_ptr_array_add(memory->old_arrays, array);
        view->ranges = array = bigger;
    }
    array->of[array->count++] = range;
}

static void view_build(struct memory *memory, struct view *view)
{
    GArray *edges = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    collect_edges(memory, edges);
    qsort(edges->data, edges->len, sizeof(uint64_t), compare_edges);
    view->ranges->count = 0;
    for (unsigned i = 0; i < edges->len; i++) {
        uint64_t first = g_array_index(edges, uint64_t, i);
        bool more = i + 1 < edges->len;
        uint64_t last = more ? g_array_index(edges, uint64_t, i + 1) - 1 : memory->last;
        if (first > memory->last || (more && last + 1 == first)) {
            continue;
        }
        struct range range = { .first = first, .last = last < memory->last ? last : memory->last };
        range.region = owner_below(memory, INT64_MAX, first, &range.offset, &range.read_only);
        view_append(memory, view, range);
    }
    g_array_free(edges, TRUE);
}

static void view_swap(struct memory *memory)
{
    unsigned next = !atomic_load_explicit(&memory->current, memory_order_relaxed);
    struct view *view = &memory->views[next];
    atomic_fetch_add_explicit(&view->sequence, 1, memory_order_seq_cst);
    atomic_thread_fence(memory_order_seq_cst);
    view_build(memory, view);
    atomic_fetch_add_explicit(&view->sequence, 1, memory_order_release);
    atomic_store_explicit(&memory->current, next, memory_order_release);
}

/* Machine lock held (or nobody else knows the space yet). */
static void memory_changed(struct memory *memory)
{
    view_swap(memory);
    if (memory->smm) {
        view_swap(memory->smm);
    }
    if (memory->changed) {
        memory->changed(memory->changed_opaque);
    }
}

/* ---- Regions ---- */

struct memory *memory_new(const char *name, uint64_t bytes, struct log *log)
{
    struct memory *memory = g_new0(struct memory, 1);
    memory->name = g_strdup(name);
    memory->last = bytes - 1;
    memory->log = log;
    memory->access_category = bytes <= PORT_SPACE_BYTES ? LOG_ioport : LOG_mmio;
    memory->regions = g_ptr_array_new();
    memory->removed = g_ptr_array_new();
    memory->old_arrays = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < 2; i++) {
        memory->views[i].ranges = range_array_new(VIEW_START_RANGES);
    }
    memory_changed(memory);
    return memory;
}

struct memory *memory_smm_view(struct memory *memory)
{
    g_assert(!memory->smm && !memory->is_smm);
    struct memory *smm = memory_new(memory->name, 1, memory->log);
    g_ptr_array_free(smm->regions, TRUE);
    smm->regions = memory->regions;
    smm->last = memory->last;
    smm->access_category = memory->access_category;
    smm->is_smm = true;
    memory->smm = smm;
    view_swap(smm);
    return smm;
}

static void region_free(void *data, void *unused)
{
    struct region *region = data;
    g_free(region->name);
    g_free(region);
}

static void free_views(struct memory *memory)
{
    g_ptr_array_free(memory->removed, TRUE);
    g_ptr_array_free(memory->old_arrays, TRUE);
    g_free(memory->views[0].ranges);
    g_free(memory->views[1].ranges);
    g_free(memory->name);
    g_free(memory);
}

void memory_free(struct memory *memory)
{
    if (!memory || memory->is_smm) {
        return;
    }
    g_ptr_array_foreach(memory->regions, region_free, NULL);
    g_ptr_array_foreach(memory->removed, region_free, NULL);
    g_ptr_array_free(memory->regions, TRUE);
    if (memory->smm) {
        free_views(memory->smm);
    }
    free_views(memory);
}

static int compare_regions(const void *a, const void *b)
{
    const struct region *x = *(struct region *const *)a, *y = *(struct region *const *)b;
    if (x->priority != y->priority) {
        return x->priority < y->priority ? 1 : -1;
    }
    return x->serial < y->serial ? 1 : -1;
}

static struct region *region_add(struct memory *memory, const struct region *model)
{
    struct region *region = g_new(struct region, 1);
    *region = *model;
    region->name = g_strdup(model->name);
    region->memory = memory;
    region->enabled = true;
    region->serial = memory->serial++;
    g_ptr_array_add(memory->regions, region);
    g_ptr_array_sort(memory->regions, compare_regions);
    memory_changed(memory);
    return region;
}

struct region *memory_add_ram(struct memory *memory, const char *name, uint64_t address, uint64_t bytes,
                              struct ram *ram, uint64_t ram_offset, bool read_only, int priority)
{
    g_assert(ram_offset <= ram->bytes && bytes <= ram->bytes - ram_offset);
    return region_add(memory, &(struct region){
        .name = (char *)name, .kind = REGION_RAM, .address = address, .bytes = bytes, .ram = ram,
        .ram_offset = ram_offset, .read_only = read_only, .priority = priority });
}

struct region *memory_add_rom(struct memory *memory, const char *name, uint64_t address, uint64_t bytes, struct ram *ram,
                              uint64_t ram_offset, const struct io_ops *ops, void *device, int priority)
{
    g_assert(ram_offset <= ram->bytes && bytes <= ram->bytes - ram_offset);
    return region_add(memory, &(struct region){
        .name = (char *)name, .kind = REGION_RAM, .address = address, .bytes = bytes, .ram = ram,
        .ram_offset = ram_offset, .read_only = true, .ops = ops, .device = device, .priority = priority });
}

struct region *memory_add_io(struct memory *memory, const char *name, uint64_t address, uint64_t bytes,
                             const struct io_ops *ops, void *device, int priority)
{
    unsigned most = ops->max_size & ~(unsigned)IO_ANY_OFFSET;
    g_assert(ops->min_size && ops->min_size <= most && most <= 8 && (ops->min_size == 1 || most == ops->max_size));
    return region_add(memory, &(struct region){
        .name = (char *)name, .kind = REGION_IO, .address = address, .bytes = bytes, .ops = ops,
        .device = device, .priority = priority });
}

struct region *memory_add_alias(struct memory *memory, const char *name, uint64_t address, uint64_t bytes,
                                uint64_t target, int priority)
{
    return region_add(memory, &(struct region){
        .name = (char *)name, .kind = REGION_ALIAS, .address = address, .bytes = bytes, .target = target,
        .priority = priority });
}

void region_set_enabled(struct region *region, bool enabled)
{
    if (region->enabled != enabled) {
        region->enabled = enabled;
        memory_changed(region->memory);
    }
}

void region_set_read_only(struct region *region, bool read_only)
{
    if (region->read_only != read_only) {
        region->read_only = read_only;
        memory_changed(region->memory);
    }
}

void region_set_address(struct region *region, uint64_t address)
{
    if (region->address != address) {
        region->address = address;
        if (region->enabled) {
            memory_changed(region->memory);
        }
    }
}

void region_set_ram_offset(struct region *region, uint64_t ram_offset)
{
    g_assert(region->kind == REGION_RAM && ram_offset <= region->ram->bytes &&
             region->bytes <= region->ram->bytes - ram_offset);
    if (region->ram_offset != ram_offset) {
        region->ram_offset = ram_offset;
        if (region->enabled) {
            memory_changed(region->memory);
        }
    }
}

void region_set_strings(struct region *region, const struct io_strings *strings)
{
    region->strings = strings;
}

void region_set_peek(struct region *region, uint8_t (*peek)(void *device, uint64_t offset))
{
    region->peek = peek;
}

void region_set_smm_only(struct region *region, bool smm_only)
{
    if (region->smm_only != smm_only) {
        region->smm_only = smm_only;
        memory_changed(region->memory);
    }
}

void region_remove(struct region *region)
{
    struct memory *memory = region->memory;
    g_ptr_array_remove(memory->regions, region);
    g_ptr_array_add(memory->removed, region);
    memory_changed(memory);
}

void memory_set_change_listener(struct memory *memory, void (*changed)(void *opaque), void *opaque)
{
    memory->changed = changed;
    memory->changed_opaque = opaque;
}

void memory_set_code_listener(struct memory *memory, void (*written)(void *opaque, uint64_t ram_offset, uint64_t bytes),
                              void *opaque)
{
    memory->code_written = written;
    memory->code_opaque = opaque;
    if (memory->smm) {
        memory_set_code_listener(memory->smm, written, opaque);
    }
}

/* ---- Looking up ---- */

static uint32_t range_search(const struct range_array *ranges, uint64_t address)
{
    uint32_t low = 0, high = ranges->count;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ranges->of[middle].first <= address) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct range find_range(const struct memory *memory, uint64_t address)
{
    for (;;) {
        const struct view *view = &memory->views[atomic_load_explicit(&memory->current, memory_order_acquire)];
        uint32_t before = atomic_load_explicit(&view->sequence, memory_order_acquire);
        if (before & 1) {
            continue;
        }
        struct range_array *ranges = atomic_load_explicit(&view->ranges, memory_order_acquire);
        _Atomic uint32_t *hint = &ranges->hint[(address ^ address >> 8) >> 4 & (RANGE_HINTS - 1)];
        uint32_t n = atomic_load_explicit(hint, memory_order_relaxed);
        if (n >= ranges->count || address < ranges->of[n].first || address > ranges->of[n].last) {
            n = range_search(ranges, address);
            atomic_store_explicit(hint, n, memory_order_relaxed);
        }
        struct range range = ranges->of[n];
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&view->sequence, memory_order_relaxed) == before) {
            return range;
        }
    }
}

struct memory_place memory_find(const struct memory *memory, uint64_t address)
{
    struct memory_place place = { .bytes = 1 };
    if (address > memory->last) {
        place.bytes = -address ? -address : 1;
        return place;
    }
    struct range range = find_range(memory, address);
    place.bytes = range.last - address + 1;
    place.region = range.region;
    if (range.region && range.region->kind == REGION_RAM) {
        uint64_t inside = range.offset + (address - range.first);
        place.ram = range.region->ram;
        place.ram_offset = range.region->ram_offset + inside;
        place.host = place.ram->host + place.ram_offset;
        place.writable = !range.read_only;
    }
    return place;
}

unsigned memory_peek(const struct memory *memory, uint64_t address, void *out, unsigned bytes)
{
    uint8_t *to = out;
    unsigned done = 0;
    while (done < bytes) {
        const struct memory_place place = memory_find(memory, address + done);
        const unsigned part = place.bytes < bytes - done ? (unsigned)place.bytes : bytes - done;
        if (place.host) {
            memcpy(to + done, place.host, part);
        } else if (place.region && place.region->peek) {
            const struct range range = find_range(memory, address + done);
            const uint64_t offset = range.offset + (address + done - range.first);
            for (unsigned i = 0; i < part; i++) {
                to[done + i] = place.region->peek(place.region->device, offset + i);
            }
        } else {
            break;
        }
        done += part;
    }
    return done;
}

/* ---- I/O accesses ---- */

static uint64_t ones(unsigned bytes)
{
    return bytes >= 8 ? UINT64_MAX : (1ull << bytes * 8) - 1;
}

/* The largest piece of [offset, +bytes) that the device takes at once, naturally aligned unless it wants no alignment. Sizes are
 * powers of two. */
static unsigned piece_size(const struct io_ops *ops, uint64_t offset, unsigned bytes)
{
    unsigned piece = ops->max_size & ~(unsigned)IO_ANY_OFFSET;
    while (piece > bytes || ((offset & (piece - 1)) && !(ops->max_size & IO_ANY_OFFSET))) {
        piece /= 2;
    }
    return piece;
}

/* Smaller than the device takes: reads the whole register and picks the bytes. */
static uint64_t io_read(const struct region *region, uint64_t offset, unsigned bytes)
{
    const struct io_ops *ops = region->ops;
    uint64_t value = 0;
    for (unsigned done = 0; done < bytes;) {
        unsigned piece = piece_size(ops, offset + done, bytes - done);
        uint64_t at = offset + done, part = UINT64_MAX;
        unsigned width = piece < ops->min_size ? ops->min_size : piece;
        unsigned skip = piece < width ? at & (width - 1) : 0;
        if (ops->read) {
            part = ops->read(region->device, at - skip, width) >> skip * 8;
        }
        value |= (part & ones(piece)) << done * 8;
        done += piece;
    }
    return value;
}

/* Smaller than the device takes: the other bytes of the register are written as 0, as reading them first could
 * have effects of its own. */
static void io_write(const struct region *region, uint64_t offset, uint64_t value, unsigned bytes)
{
    const struct io_ops *ops = region->ops;
    for (unsigned done = 0; done < bytes;) {
        unsigned piece = piece_size(ops, offset + done, bytes - done);
        uint64_t at = offset + done;
        unsigned width = piece < ops->min_size ? ops->min_size : piece;
        unsigned skip = piece < width ? at & (width - 1) : 0;
        if (ops->write) {
            ops->write(region->device, at - skip, (value >> done * 8 & ones(piece)) << skip * 8, width);
        }
        done += piece;
    }
}

static uint64_t read_part(struct memory *memory, const struct range *range, uint64_t address, unsigned bytes)
{
    const struct region *region = range->region;
    uint64_t offset = range->offset + (address - range->first);
    if (!region) {
        log_write(memory->log, LOG_guest_errors, "%s: read of %u bytes at %#" G_GINT64_MODIFIER "x: nothing there\n",
                  memory->name, bytes, address);
        return ones(bytes);
    }
    if (region->kind == REGION_RAM) {
        const uint8_t *host = region->ram->host + region->ram_offset + offset;
        switch (bytes | ((uintptr_t)host & (bytes - 1)) << 4) {     /* aligned: one access, not torn */
        case 1: return *host;
        case 2: return __atomic_load_n((const uint16_t *)host, __ATOMIC_RELAXED);
        case 4: return __atomic_load_n((const uint32_t *)host, __ATOMIC_RELAXED);
        case 8: return __atomic_load_n((const uint64_t *)host, __ATOMIC_RELAXED);
        }
        uint64_t value = 0;
        memcpy(&value, host, bytes);
        return value;
    }
    uint64_t value = io_read(region, offset, bytes);
    if (log_on(memory->log, memory->access_category)) {
        log_write(memory->log, memory->access_category, "%s: read %#" G_GINT64_MODIFIER "x (%s+%#" G_GINT64_MODIFIER
                  "x) %u: %#" G_GINT64_MODIFIER "x\n", memory->name, address, region->name, offset, bytes, value);
    }
    return value;
}

/* After the bytes are there: a translator that sets the code bit later reads the new bytes. */
static void ram_written(struct memory *memory, struct ram *ram, uint64_t ram_offset, uint64_t bytes)
{
    ram_mark_dirty(ram, ram_offset, bytes);
    atomic_thread_fence(memory_order_seq_cst);
    for (uint64_t page = ram_offset >> 12; page <= (ram_offset + bytes - 1) >> 12; page++) {
        if (atomic_load_explicit(&ram->code_pages[page / 64], memory_order_relaxed) >> page % 64 & 1) {
            if (memory->code_written) {
                memory->code_written(memory->code_opaque, ram_offset, bytes);
            }
            return;
        }
    }
}

static void store_ram(uint8_t *host, uint64_t value, unsigned bytes)
{
    switch (bytes | ((uintptr_t)host & (bytes - 1)) << 4) {
    case 1: *host = (uint8_t)value; break;
    case 2: __atomic_store_n((uint16_t *)host, (uint16_t)value, __ATOMIC_RELAXED); break;
    case 4: __atomic_store_n((uint32_t *)host, (uint32_t)value, __ATOMIC_RELAXED); break;
    case 8: __atomic_store_n((uint64_t *)host, value, __ATOMIC_RELAXED); break;
    default: memcpy(host, &value, bytes); break;
    }
}

static void write_part(struct memory *memory, const struct range *range, uint64_t address, uint64_t value,
                       unsigned bytes)
{
    const struct region *region = range->region;
    uint64_t offset = range->offset + (address - range->first);
    if (!region || (region->kind == REGION_RAM && range->read_only && !region->ops)) {
        log_write(memory->log, LOG_guest_errors, "%s: write of %u bytes at %#" G_GINT64_MODIFIER "x: %s\n",
                  memory->name, bytes, address, region ? "read only" : "nothing there");
        return;
    }
    if (region->kind == REGION_RAM && !range->read_only) {
        store_ram(region->ram->host + region->ram_offset + offset, value, bytes);
        ram_written(memory, region->ram, region->ram_offset + offset, bytes);
        return;
    }
    if (log_on(memory->log, memory->access_category)) {
        log_write(memory->log, memory->access_category, "%s: write %#" G_GINT64_MODIFIER "x (%s+%#"
                  G_GINT64_MODIFIER "x) %u: %#" G_GINT64_MODIFIER "x\n",
                  memory->name, address, region->name, offset, bytes, value);
    }
    io_write(region, offset, value, bytes);
}

/* The part of [address, +bytes) in one range; addresses past the end of the space belong to nobody. */
static unsigned part_at(const struct memory *memory, uint64_t address, unsigned bytes, struct range *range)
{
    if (address > memory->last) {
        *range = (struct range){ .first = address, .last = UINT64_MAX };
    } else {
        *range = find_range(memory, address);
    }
    uint64_t left = range->last - address;
    return left < bytes - 1 ? (unsigned)left + 1 : bytes;
}

/* Both: whether all of it is there. */
static bool read_all(struct memory *memory, uint64_t address, unsigned size, uint64_t *value)
{
    bool there = true;
    *value = 0;
    for (unsigned done = 0; done < size;) {
        struct range range;
        unsigned part = part_at(memory, address + done, size - done, &range);
        *value |= read_part(memory, &range, address + done, part) << done * 8;
        there &= range.region != NULL;
        done += part;
    }
    return there;
}

static bool write_all(struct memory *memory, uint64_t address, uint64_t value, unsigned size)
{
    bool there = true;
    for (unsigned done = 0; done < size;) {
        struct range range;
        unsigned part = part_at(memory, address + done, size - done, &range);
        write_part(memory, &range, address + done, value >> done * 8 & ones(part), part);
        there &= range.region != NULL;
        done += part;
    }
    return there;
}

uint64_t memory_read(struct memory *memory, uint64_t address, unsigned size)
{
    uint64_t value;
    read_all(memory, address, size, &value);
    return value;
}

void memory_write(struct memory *memory, uint64_t address, uint64_t value, unsigned size)
{
    write_all(memory, address, value, size);
}

uint64_t memory_read_from(struct memory *memory, unsigned requester, uint64_t address, unsigned size)
{
    uint64_t value;
    memory->requester = requester;
    memory->refused = !read_all(memory, address, size, &value);
    memory->requester = 0;
    return value;
}

void memory_write_from(struct memory *memory, unsigned requester, uint64_t address, uint64_t value, unsigned size)
{
    memory->requester = requester;
    memory->refused = !write_all(memory, address, value, size);
    memory->requester = 0;
}

bool memory_refused(const struct memory *memory)
{
    return memory->refused;
}

/* The region at address when it takes strings and nobody wants to see each access. */
static const struct region *string_region(const struct memory *memory, uint64_t address, unsigned size, uint64_t *offset)
{
    struct range range;
    if (part_at(memory, address, size, &range) < size || log_on(memory->log, memory->access_category) || !range.region ||
        !range.region->strings) {
        return NULL;
    }
    *offset = range.offset + (address - range.first);
    return range.region;
}

unsigned memory_read_string(struct memory *memory, uint64_t address, unsigned size, void *buffer, unsigned count)
{
    uint64_t offset;
    const struct region *region = string_region(memory, address, size, &offset);
    return region ? region->strings->read(region->device, offset, size, buffer, count) : 0;
}

unsigned memory_write_string(struct memory *memory, uint64_t address, unsigned size, const void *buffer, unsigned count)
{
    uint64_t offset;
    const struct region *region = string_region(memory, address, size, &offset);
    return region ? region->strings->write(region->device, offset, size, buffer, count) : 0;
}

unsigned memory_requester(const struct memory *memory)
{
    return memory->requester | (memory->smm ? memory->smm->requester : 0);
}

uint64_t memory_read_below(struct memory *memory, int priority, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    for (unsigned done = 0; done < size; done++) {      /* a rare path: no need to read wide */
        struct range range = { .first = address + done, .last = address + done };
        range.region = owner_below(memory, priority, address + done, &range.offset, &range.read_only);
        value |= read_part(memory, &range, address + done, 1) << done * 8;
    }
    return value;
}

void memory_write_ram(struct memory *memory, struct ram *ram, uint64_t ram_offset, uint64_t value, unsigned size)
{
    if (ram_offset <= ram->bytes && size <= ram->bytes - ram_offset) {
        store_ram(ram->host + ram_offset, value, size);
        ram_written(memory, ram, ram_offset, size);
    }
}

bool memory_read_bytes(struct memory *memory, uint64_t address, void *out, uint64_t bytes)
{
    uint8_t *to = out;
    bool all = true;
    while (bytes) {
        struct memory_place place = memory_find(memory, address);
        uint64_t part = place.bytes < bytes ? place.bytes : bytes;
        if (place.host) {
            memcpy(to, place.host, part);
        } else if (!place.region && part > 8) {     /* one line in the log is enough */
            memory_read(memory, address, 1);
            memset(to, 0xff, part);
            all = false;
        } else {
            all &= place.region != NULL;
            part = part < 8 - address % 8 ? part : 8 - address % 8;
            uint64_t value = memory_read(memory, address, (unsigned)part);
            memcpy(to, &value, part);
        }
        address += part;
        to += part;
        bytes -= part;
    }
    return all;
}

bool memory_write_bytes(struct memory *memory, uint64_t address, const void *in, uint64_t bytes)
{
    const uint8_t *from = in;
    bool all = true;
    while (bytes) {
        struct memory_place place = memory_find(memory, address);
        uint64_t part = place.bytes < bytes ? place.bytes : bytes;
        if (place.host && place.writable) {
            memcpy(place.host, from, part);
            ram_written(memory, place.ram, place.ram_offset, part);
        } else if (!place.region && part > 8) {
            memory_write(memory, address, 0, 1);
            all = false;
        } else {
            uint64_t value = 0;
            all &= place.region != NULL;
            part = part < 8 - address % 8 ? part : 8 - address % 8;
            memcpy(&value, from, part);
            memory_write(memory, address, value, (unsigned)part);
        }
        address += part;
        from += part;
        bytes -= part;
    }
    return all;
}

bool memory_discard(struct memory *memory, uint64_t address, uint64_t bytes)
{
    bool all = true;
    while (bytes) {
        struct memory_place place = memory_find(memory, address);
        uint64_t part = place.bytes < bytes ? place.bytes : bytes;
        if (place.host && place.writable) {
            ram_discard(place.ram, place.ram_offset, part);
            ram_written(memory, place.ram, place.ram_offset, part);
        } else {
            all = false;
        }
        address += part;
        bytes -= part;
    }
    return all;
}

unsigned memory_mark(const struct memory *memory)
{
    return memory->serial;
}

const char *memory_conflict(const struct memory *memory, unsigned mark, uint64_t *address)
{
    for (unsigned i = 0; i < memory->regions->len; i++) {
        const struct region *one = g_ptr_array_index(memory->regions, i);
        for (unsigned j = 0; one->serial >= mark && one->enabled && j < memory->regions->len; j++) {
            const struct region *other = g_ptr_array_index(memory->regions, j);
            if (other->serial < mark && other->enabled && other->priority == one->priority &&
                other->address < one->address + one->bytes && one->address < other->address + other->bytes) {
                *address = MAX(one->address, other->address);
                return other->name;
            }
        }
    }
    return NULL;
}

/* ---- For people ---- */

static const char *kind_name(const struct region *region, bool read_only)
{
    return region->kind == REGION_IO ? "i/o" : read_only ? "rom" : "ram";
}

void memory_print(const struct memory *memory, void (*line)(void *opaque, const char *text), void *opaque)
{
    const struct view *view = &memory->views[atomic_load(&memory->current)];
    for (uint32_t i = 0; i < view->ranges->count; i++) {
        const struct range *range = &view->ranges->of[i];
        if (range->region) {
            g_autofree char *text = g_strdup_printf("%016" PRIx64 "-%016" PRIx64 " (prio %d, %s): %s @%016" PRIx64, range->first,
                                                    range->last, range->region->priority, kind_name(range->region, range->read_only),
                                                    range->region->name, range->offset);
            line(opaque, text);
        }
    }
}

static int by_address(const void *a, const void *b)
{
    const struct region *one = *(struct region *const *)a, *other = *(struct region *const *)b;
    return one->address < other->address ? -1 : one->address > other->address ? 1 : other->priority - one->priority;
}

void memory_print_regions(const struct memory *memory, void (*line)(void *opaque, const char *text), void *opaque)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy(memory->regions, NULL, NULL);
    g_ptr_array_sort(sorted, by_address);
    for (unsigned i = 0; i < sorted->len; i++) {
        const struct region *region = sorted->pdata[i];
        g_autofree char *target = region->kind == REGION_ALIAS ? g_strdup_printf(" -> %016" PRIx64, region->target) : NULL;
        g_autofree char *text = g_strdup_printf("%016" PRIx64 "-%016" PRIx64 " (prio %d, %s): %s%s%s%s", region->address,
                                                region_last(region), region->priority,
                                                target ? "alias" : kind_name(region, region->read_only), region->name,
                                                target ? target : "", region->enabled ? "" : " [disabled]",
                                                region->smm_only ? " [SMM]" : "");
        line(opaque, text);
    }
}
