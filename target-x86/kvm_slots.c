/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory map as KVM's memory slots. Every range of whole pages of the flat view that is RAM becomes a slot, ROM one
 * that is read only; what is left exits to us as MMIO. A change of the map adds and deletes only the slots that differ.
 *
 * Guests write RAM without our knowledge. Who asks what was written (ram_take_dirty, for displays) makes the slots of that part
 * of RAM keep a log: the first answer is "all of it", from then on KVM's.
 *
 * With address line 20 switched off, odd MiB show what is below them.
 */
#include "target-x86/kvm_internal.h"
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

enum { PAGE_SHIFT = 12, PAGE = 1 << PAGE_SHIFT, VIEW_SHIFT = 16 };
static const uint64_t A20 = 1 << 20, LAST_ADDRESS = (1ull << 52) - 1;

/* ---- slots as they should be ---- */

static bool is_logged(const struct kvm_machine *machine, const struct kvm_slot *slot)
{
    const uint64_t first = slot->ram_offset >> PAGE_SHIFT, pages = slot->bytes >> PAGE_SHIFT;
    for (unsigned i = 0; i < machine->logged->len; i++) {
        const struct kvm_logged *part = &g_array_index(machine->logged, struct kvm_logged, i);
        if (first < part->first_page + part->pages && part->first_page < first + pages) {
            return true;
        }
    }
    return false;
}

/* Adds [address, +bytes) of a place; only whole pages. Goes on the last one where both are one range of RAM. */
static void add_range(const struct kvm_machine *machine, GArray *slots, uint64_t address, uint64_t bytes, const struct memory_place *place)
{
    const uint64_t skip = -address & (PAGE - 1);
    if (bytes < skip || bytes - skip < PAGE) {
        return;
    }
    struct kvm_slot slot = {
        .address = address + skip, .bytes = (bytes - skip) & kvm_page_mask(), .ram_offset = place->ram_offset + skip, .ram = place->ram,
        .host = place->host + skip, .flags = place->writable ? 0 : KVM_MEM_READONLY,
    };
    struct kvm_slot *last = slots->len ? &g_array_index(slots, struct kvm_slot, slots->len - 1) : NULL;
    if ((uintptr_t)slot.host & (PAGE - 1)) {
        return;                     /* KVM cannot map it: it is read through the bus */
    }
    if (last && last->address + last->bytes == slot.address && last->host + last->bytes == slot.host &&
        (last->flags & KVM_MEM_READONLY) == slot.flags) {
        last->bytes += slot.bytes;
    } else {
        g_array_append_val(slots, slot);
        last = &g_array_index(slots, struct kvm_slot, slots->len - 1);
    }
    last->flags |= !(last->flags & KVM_MEM_READONLY) && is_logged(machine, last) ? KVM_MEM_LOG_DIRTY_PAGES : 0;
}

static GArray *slots_of(const struct kvm_machine *machine, const struct memory *memory, bool a20)
{
    GArray *slots = g_array_new(FALSE, FALSE, sizeof(struct kvm_slot));
    for (uint64_t address = 0; memory && address <= LAST_ADDRESS;) {
        const struct memory_place place = memory_find(memory, a20 ? address : address & ~A20);
        uint64_t bytes = MIN(place.bytes, LAST_ADDRESS + 1 - address);
        if (!a20) {
            bytes = MIN(bytes, A20 - (address & (A20 - 1)));
            if (!place.host && place.bytes > 2 * A20) {
                bytes = place.bytes - (address & A20);      /* nothing for long: no need to go on in steps */
            }
        }
        if (place.host) {
            add_range(machine, slots, address, bytes, &place);
        }
        if (!bytes) {
            break;
        }
        address += bytes;
    }
    return slots;
}

/* ---- telling KVM ---- */

static bool same_place(const struct kvm_slot *a, const struct kvm_slot *b)
{
    return a->address == b->address && a->bytes == b->bytes && a->host == b->host &&
           (a->flags & KVM_MEM_READONLY) == (b->flags & KVM_MEM_READONLY);
}

static void set_slot(struct kvm_machine *machine, const struct kvm_view *view, const struct kvm_slot *slot, uint64_t bytes)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot->id | view->number << VIEW_SHIFT, .flags = slot->flags, .guest_phys_addr = slot->address, .memory_size = bytes,
        .userspace_addr = (uintptr_t)slot->host,
    };
    if (ioctl(machine->vm, KVM_SET_USER_MEMORY_REGION, &region)) {
        g_printerr("dragoman: kvm: memory at %#" G_GINT64_MODIFIER "x (%" G_GUINT64_FORMAT " bytes): %s\n", slot->address, bytes,
                   g_strerror(errno));
    }
}

/* What was written in a slot with a log since it was asked last. */
static void collect_slot(struct kvm_machine *machine, const struct kvm_view *view, const struct kvm_slot *slot)
{
    const uint64_t pages = slot->bytes >> PAGE_SHIFT;
    g_autofree uint64_t *bits = g_new0(uint64_t, (pages + 63) / 64);
    struct kvm_dirty_log log = { .slot = slot->id | view->number << VIEW_SHIFT, .dirty_bitmap = bits };
    if (ioctl(machine->vm, KVM_GET_DIRTY_LOG, &log)) {
        memset(bits, 0xff, (pages + 63) / 64 * sizeof(*bits));
    }
    for (uint64_t n = 0; n < pages; n++) {
        if (bits[n / 64] >> n % 64 & 1) {
            ram_mark_dirty(slot->ram, slot->ram_offset + (n << PAGE_SHIFT), PAGE);
        }
    }
}

static struct kvm_slot *find_same(GArray *slots, const struct kvm_slot *wanted)
{
    for (unsigned i = 0; i < slots->len; i++) {
        struct kvm_slot *slot = &g_array_index(slots, struct kvm_slot, i);
        if (same_place(slot, wanted)) {
            return slot;
        }
    }
    return NULL;
}

static void delete_old(struct kvm_machine *machine, struct kvm_view *view, GArray *wanted)
{
    for (unsigned i = 0; i < view->slots->len; i++) {
        struct kvm_slot *old = &g_array_index(view->slots, struct kvm_slot, i), *same = find_same(wanted, old);
        if (same) {
            same->id = old->id;
            if (same->flags != old->flags) {
                set_slot(machine, view, same, same->bytes);
            }
            continue;
        }
        if (old->flags & KVM_MEM_LOG_DIRTY_PAGES) {
            collect_slot(machine, view, old);
        }
        set_slot(machine, view, old, 0);
        g_array_append_val(machine->free_ids, old->id);
    }
}

static bool take_id(struct kvm_machine *machine, uint32_t *id)
{
    if (machine->free_ids->len) {
        *id = g_array_index(machine->free_ids, uint32_t, machine->free_ids->len - 1);
        g_array_set_size(machine->free_ids, machine->free_ids->len - 1);
        return true;
    }
    *id = machine->next_id;
    return machine->next_id < machine->most_ids && ++machine->next_id;
}

/* A range that KVM has no number for stays with the bus: slow, and no code runs there. */
static void add_new(struct kvm_machine *machine, struct kvm_view *view, GArray *wanted)
{
    for (unsigned i = 0; i < wanted->len; i++) {
        struct kvm_slot *slot = &g_array_index(wanted, struct kvm_slot, i);
        if (find_same(view->slots, slot)) {
            continue;
        }
        if (take_id(machine, &slot->id)) {
            set_slot(machine, view, slot, slot->bytes);
        } else {
            g_array_remove_index(wanted, i--);
        }
    }
}

static void ram_collect(void *opaque, uint64_t first_page, uint64_t pages);

static void learn_ram(struct kvm_machine *machine, GArray *slots)
{
    if (!machine->ram && slots->len) {
        machine->ram = g_array_index(slots, struct kvm_slot, 0).ram;
        machine->ram->collect_opaque = machine;
        machine->ram->collect = ram_collect;
    }
}

static void update_view(struct kvm_machine *machine, struct kvm_view *view, bool a20)
{
    GArray *wanted = slots_of(machine, view->memory, a20);
    learn_ram(machine, wanted);
    delete_old(machine, view, wanted);
    add_new(machine, view, wanted);
    g_array_free(view->slots, TRUE);
    view->slots = wanted;
}

void kvm_slots_update(struct kvm_machine *machine, bool a20)
{
    g_mutex_lock(&machine->slots_lock);
    for (unsigned v = 0; v < KVM_VIEWS; v++) {
        update_view(machine, &machine->view[v], a20);
    }
    g_mutex_unlock(&machine->slots_lock);
}

/* ---- what was written ---- */

static bool known(const struct kvm_machine *machine, uint64_t first_page, uint64_t pages)
{
    for (unsigned i = 0; i < machine->logged->len; i++) {
        const struct kvm_logged *part = &g_array_index(machine->logged, struct kvm_logged, i);
        if (first_page >= part->first_page && first_page + pages <= part->first_page + part->pages) {
            return true;
        }
    }
    return false;
}

/* From now on slots that show it keep a log; what was written before nobody knows. slots_lock held. */
static void begin_log(struct kvm_machine *machine, uint64_t first_page, uint64_t pages)
{
    const struct kvm_logged part = { first_page, pages };
    g_array_append_val(machine->logged, part);
    for (unsigned v = 0; v < KVM_VIEWS; v++) {
        for (unsigned i = 0; i < machine->view[v].slots->len; i++) {
            struct kvm_slot *slot = &g_array_index(machine->view[v].slots, struct kvm_slot, i);
            if (!(slot->flags & (KVM_MEM_READONLY | KVM_MEM_LOG_DIRTY_PAGES)) && is_logged(machine, slot)) {
                slot->flags |= KVM_MEM_LOG_DIRTY_PAGES;
                set_slot(machine, &machine->view[v], slot, slot->bytes);
            }
        }
    }
    ram_mark_dirty(machine->ram, first_page << PAGE_SHIFT, pages << PAGE_SHIFT);
}

static void ram_collect(void *opaque, uint64_t first_page, uint64_t pages)
{
    struct kvm_machine *machine = opaque;
    g_mutex_lock(&machine->slots_lock);
    if (!known(machine, first_page, pages)) {
        begin_log(machine, first_page, pages);
    }
    for (unsigned v = 0; v < KVM_VIEWS; v++) {
        for (unsigned i = 0; i < machine->view[v].slots->len; i++) {
            const struct kvm_slot *slot = &g_array_index(machine->view[v].slots, struct kvm_slot, i);
            const uint64_t first = slot->ram_offset >> PAGE_SHIFT;
            if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES && first < first_page + pages && first_page < first + (slot->bytes >> PAGE_SHIFT)) {
                collect_slot(machine, &machine->view[v], slot);
            }
        }
    }
    g_mutex_unlock(&machine->slots_lock);
}

void kvm_slots_init(struct kvm_machine *machine, const struct memory *memory)
{
    g_mutex_init(&machine->slots_lock);
    machine->logged = g_array_new(FALSE, FALSE, sizeof(struct kvm_logged));
    machine->free_ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t v = 0; v < KVM_VIEWS; v++) {
        machine->view[v].number = v;
        machine->view[v].slots = g_array_new(FALSE, FALSE, sizeof(struct kvm_slot));
    }
    machine->view[0].memory = memory;
}

void kvm_slots_clear(struct kvm_machine *machine)
{
    if (machine->ram) {
        machine->ram->collect = NULL;
    }
    for (unsigned v = 0; v < KVM_VIEWS; v++) {
        g_array_free(machine->view[v].slots, TRUE);
    }
    g_array_free(machine->logged, TRUE);
    g_array_free(machine->free_ids, TRUE);
    g_mutex_clear(&machine->slots_lock);
}
