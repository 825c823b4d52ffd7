/* SPDX-License-Identifier: MIT */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H
/*
 * An address space as CPUs and devices see it: RAM blocks and I/O regions with priorities and aliases.
 * Physical memory is one, x86 ports are another. machine/memory.c implements it.
 *
 * Threads: regions are added and changed under the machine lock. memory_find is lock-free: it reads an immutable flat
 * view that is swapped whole. I/O handlers are called with the machine lock held.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log;
struct memory;
struct region;

/* A device's handlers: an offset inside the region and a size that the region declared. The bus splits
 * or widens other sizes, so a handler never has to check. */
struct io_ops {
    uint64_t (*read)(void *device, uint64_t offset, unsigned size);
    void (*write)(void *device, uint64_t offset, uint64_t value, unsigned size);
    uint8_t min_size, max_size;     /* 1, 2, 4 or 8 bytes; max_size may have IO_ANY_OFFSET */
};

/* For data ports: up to count accesses of a size at one offset, one after another; they return how many they made. */
struct io_strings {
    unsigned (*read)(void *device, uint64_t offset, unsigned size, void *buffer, unsigned count);
    unsigned (*write)(void *device, uint64_t offset, unsigned size, const void *buffer, unsigned count);
};

/* The device takes offsets that are no multiple of the size; min_size is 1 then. */
enum { IO_ANY_OFFSET = 0x80 };

/* All guest RAM of a machine is one memory object (memfd); blocks and ROMs are ranges of it. */
struct ram {
    int fd;
    uint8_t *host;
    uint64_t bytes;
    _Atomic uint64_t *code_pages;   /* a bit a page: holds translated code; the engine sets and clears */
    _Atomic uint64_t *dirty_pages;  /* a bit a page: written since last asked; for displays and snapshots */
    /* Of whoever writes RAM by pointers it keeps (the engine's TLBs), or NULL; see ram_take_dirty. */
    void (*rearm)(void *opaque, uint64_t first_page, uint64_t pages);
    void *rearm_opaque;
    /* Of whoever lets guests write RAM without marks (KVM), or NULL: marks what was written since it was last asked. */
    void (*collect)(void *opaque, uint64_t first_page, uint64_t pages);
    void *collect_opaque;
};

struct memory *memory_new(const char *name, uint64_t bytes, struct log *log);
void memory_free(struct memory *memory);
/* The same regions as CPUs in system-management mode see them; goes with its memory. Regions are added to the other. */
struct memory *memory_smm_view(struct memory *memory);

/* RAM [ram_offset, +bytes) of the machine's memory object at address. read_only: a ROM; writes are dropped and
 * logged. */
struct region *memory_add_ram(struct memory *memory, const char *name, uint64_t address, uint64_t bytes,
                              struct ram *ram, uint64_t ram_offset, bool read_only, int priority);
/* A ROM whose writes reach a device (flash): ops->write. */
struct region *memory_add_rom(struct memory *memory, const char *name, uint64_t address, uint64_t bytes, struct ram *ram,
                              uint64_t ram_offset, const struct io_ops *ops, void *device, int priority);
struct region *memory_add_io(struct memory *memory, const char *name, uint64_t address, uint64_t bytes,
                             const struct io_ops *ops, void *device, int priority);
/* A window at address onto [target, +bytes) of the same space, below the priority of the window. */
struct region *memory_add_alias(struct memory *memory, const char *name, uint64_t address, uint64_t bytes,
                                uint64_t target, int priority);
void region_set_enabled(struct region *region, bool enabled);
void region_set_read_only(struct region *region, bool read_only);
void region_set_address(struct region *region, uint64_t address);
/* When it is added: an I/O region that takes strings at once. */
void region_set_strings(struct region *region, const struct io_strings *strings);
/* When it is added: an I/O region of memory (a window onto video RAM) whose bytes can be looked at without consequences. */
void region_set_peek(struct region *region, uint8_t (*peek)(void *device, uint64_t offset));
/* Another part of the memory object in a region of RAM: a bank. */
void region_set_ram_offset(struct region *region, uint64_t ram_offset);
/* Only CPUs in system-management mode see it; see memory_smm_view. */
void region_set_smm_only(struct region *region, bool smm_only);
void region_remove(struct region *region);
/* Called, under the machine lock, after the flat view changed: CPUs must flush their TLBs. */
void memory_set_change_listener(struct memory *memory, void (*changed)(void *opaque), void *opaque);
/* Called when RAM that holds translated code is written through this interface. */
void memory_set_code_listener(struct memory *memory, void (*written)(void *opaque, uint64_t ram_offset, uint64_t bytes),
                              void *opaque);

/* What is at an address. */
struct memory_place {
    uint8_t *host;                  /* RAM and ROM; NULL for I/O and for nothing */
    uint64_t ram_offset;            /* with host */
    struct ram *ram;
    bool writable;                  /* host may be written directly */
    struct region *region;          /* NULL: nothing there */
    uint64_t bytes;                 /* how far the same holds, counted from the address */
};
struct memory_place memory_find(const struct memory *memory, uint64_t address);

/* For debuggers: reads RAM, ROM and regions with region_set_peek, without consequences, while CPUs are held. Returns how many of
 * the bytes there were before the first that cannot be read so. */
unsigned memory_peek(const struct memory *memory, uint64_t address, void *out, unsigned bytes);

/* Accesses of devices and CPUs; the machine lock is held when they reach I/O. Unmapped reads give all ones; both
 * are logged as guest_errors. 1, 2, 4 or 8 bytes. */
uint64_t memory_read(struct memory *memory, uint64_t address, unsigned size);
void memory_write(struct memory *memory, uint64_t address, uint64_t value, unsigned size);
/* The same from CPU number `requester`, machine lock held: devices that are different for each CPU (the local APIC)
 * ask memory_requester. Accesses by memory_read and memory_write come from CPU 0. */
uint64_t memory_read_from(struct memory *memory, unsigned requester, uint64_t address, unsigned size);
void memory_write_from(struct memory *memory, unsigned requester, uint64_t address, uint64_t value, unsigned size);
unsigned memory_requester(const struct memory *memory);
/* Whether the last of these two met an address where nothing is. Machine lock held. */
bool memory_refused(const struct memory *memory);
/* Up to count accesses of `size` at one address, as INS and OUTS repeat them; returns how many were made. 0: what is there
 * takes only single ones. Machine lock held. */
unsigned memory_read_string(struct memory *memory, uint64_t address, unsigned size, void *buffer, unsigned count);
unsigned memory_write_string(struct memory *memory, uint64_t address, unsigned size, const void *buffer, unsigned count);
/* What a region of `priority` at address hides; machine lock held. For chips whose reads and writes go apart (PAM). */
uint64_t memory_read_below(struct memory *memory, int priority, uint64_t address, unsigned size);
/* Writes RAM by its offset, whatever the map shows; marks it as any write does. Machine lock held. */
void memory_write_ram(struct memory *memory, struct ram *ram, uint64_t ram_offset, uint64_t value, unsigned size);
/* Any length; RAM by memcpy, I/O by accesses. Writes set dirty bits and tell the code listener. false: part was
 * unmapped. */
bool memory_read_bytes(struct memory *memory, uint64_t address, void *out, uint64_t bytes);
bool memory_write_bytes(struct memory *memory, uint64_t address, const void *in, uint64_t bytes);
/* Whole pages whose contents nobody needs go back to the host; they read as zeroes afterwards. false: part of it is no RAM. Machine
 * lock held. */
bool memory_discard(struct memory *memory, uint64_t address, uint64_t bytes);
/* The same for [ram_offset, +bytes) of the memory object, without telling anybody. */
void ram_discard(struct ram *ram, uint64_t ram_offset, uint64_t bytes);
/* Marks RAM written by a CPU's fast path or other means. */
void ram_mark_dirty(struct ram *ram, uint64_t ram_offset, uint64_t bytes);
/* Which pages of [ram_offset, +bytes), whole pages, were written since they were last asked for: bit n of `pages` is the
 * n-th of them. From then on a next write marks them again; only a store that is under way in this very moment on
 * another CPU may come too late to be seen and too early to be marked, so look at a written page once more next time.
 * false: none, and the bits are 0. */
bool ram_take_dirty(struct ram *ram, uint64_t ram_offset, uint64_t bytes, uint64_t *pages);
struct ram *ram_new(uint64_t bytes);        /* NULL when the host has not that much */
/* Sets [ram_offset, +bytes) to one value. Whole stretches of 2 MiB cost no host memory until they are written; they are then this
 * process's own and no longer `fd`'s. For new RAM, before the machine runs. */
void ram_fill(struct ram *ram, uint64_t ram_offset, uint64_t bytes, uint8_t value);
void ram_free(struct ram *ram);
/* For "two devices on one port": the name of a region that one added since `mark` (memory_mark then) overlaps at the same
 * priority, and where; NULL: none does. */
unsigned memory_mark(const struct memory *memory);
const char *memory_conflict(const struct memory *memory, unsigned mark, uint64_t *address);
/* "info mtree -f": what an access meets, a line a range. "info mtree": the regions as they were added, what lies below others and
 * what is switched off included. Machine lock held. */
void memory_print(const struct memory *memory, void (*line)(void *opaque, const char *text), void *opaque);
void memory_print_regions(const struct memory *memory, void (*line)(void *opaque, const char *text), void *opaque);

#endif
