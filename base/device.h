/* SPDX-License-Identifier: MIT */
#ifndef BASE_DEVICE_H
#define BASE_DEVICE_H
/*
 * What all device models share. A model has `struct x_state`, everything the guest can see, and `struct x`, that plus
 * wiring. Reset assigns the state; the snapshot fields cover every byte of it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* One named piece of guest-visible state. */
struct snapshot_field { const char *name; size_t offset, size; };
#define SNAPSHOT_FIELD(type, member) { #member, offsetof(type, member), sizeof(((type *)0)->member) }

struct device_type {
    const char *name;
    void (*reset)(void *device);
    void (*loaded)(void *device);   /* optional: after state was loaded, re-derive wiring (timers, lines) */
    void (*free)(void *device);     /* optional: NULL is g_free; regions go with their address space */
    size_t state_offset, state_size;
    const struct snapshot_field *fields;
    size_t field_count;
    unsigned version;
};

/* True when the fields cover every byte of the state once. */
bool snapshot_fields_cover_state(const struct device_type *type);

#endif
