/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_BOARD_H
#define HW_BOARDS_BOARD_H
/*
 * What main, the monitor and -device know of a machine, whichever board it is: its parts, its CPUs and its back ends. A
 * board embeds struct board as the first member of its own structure and is found by the name that -machine gives.
 */
#include <glib.h>
#include "base/irq.h"
#include "base/options.h"

struct accelerator;
struct block;
struct board;
struct board_networks;
struct character;
struct cpu;
struct display;
struct engine;
struct input;
struct log;
struct device_plugged;
struct machine;
struct pci_bus;
struct pci_hotplug;
struct virtio_balloon;
struct virtio_console;
struct virtio_slots;

struct board_cpu_model { const char *name, *help; };

struct board_type {
    const char *name, *help;
    const char *versions;           /* names that begin so mean this board too ("pc-i440fx-"); NULL: none */
    const char *summary;            /* for "help machines": QEMU's words for it */
    const char *nic_model;          /* the card of -nic without model=; NULL: none */
    size_t board_bytes;
    /* Builds everything in the zeroed structure, whose `type`, `options`, `log` and lists are set; nothing runs yet. error:
     * one line naming the option or file at fault; `clear` follows then too. */
    bool (*build)(struct board *board, GError **error);
    /* Frees what the board's own part holds; the engine, machine and back ends are freed after it. */
    void (*clear)(struct board *board);
    bool (*cpu_model)(unsigned index, struct board_cpu_model *model);       /* the models of -cpu; false: no more */
};

struct board {
    const struct board_type *type;
    const struct options *options;  /* of whoever made the board; they outlive it */
    struct log *log;
    struct machine *machine;
    struct engine *engine;
    struct cpu *cpus[OPTIONS_MAX_CPUS];         /* freed by the board's clear */
    unsigned cpu_count;
    struct block *block;            /* drives, see backends.h */
    struct board_networks *networks;
    GPtrArray *characters;          /* struct character *, owned */
    struct display *display;        /* the first screen; NULL: none. Owned */
    struct input *input;            /* NULL: nothing takes keys. Owned */
    /* struct device_plugged *, those of -device and device_add; owned. Changed by the main loop with the machine lock held, so
     * that the main loop reads it without. */
    GPtrArray *plugged;
    GPtrArray *rngs;                /* of objects.c */
    GPtrArray *block_files;         /* of blockdevs.c */
    struct pci_hotplug *hotplug;    /* PCI devices may come and go; NULL: may not */
    /* Whom it tells that the guest has let a device go; main loop, lock not held. Its parts are gone. */
    struct { void (*function)(void *opaque, const struct device_plugged *plugged); void *opaque; } unplugged;
    /* That the guest has given memory back or taken some; machine lock held, any thread. */
    struct { void (*function)(void *opaque); void *opaque; } balloon_changed;
    GPtrArray *boot_devices;        /* those with a bootindex; NULL: none */
    struct pci_bus *pci;            /* where -device puts PCI devices; NULL: none */
    struct virtio_balloon *balloon;             /* the only one; NULL: none */
    struct virtio_console *console;             /* the last virtio-serial; NULL: none. Ports go there */
    GPtrArray *usb_buses;           /* struct usb_bus *, of the controllers; see devices_usb.c */
    struct virtio_slots *virtio_slots;          /* where -device puts virtio-*-device; NULL: none */
    /* An ISA interrupt as a device gets it, or with 16 to 23 a further one; NULL where the board has no ISA bus. */
    struct irq_line (*isa_irq)(struct board *board, unsigned number);
    void (*inject_nmi)(struct board *board);    /* the monitor's nmi; NULL: the machine has none */
};

extern const struct board_type none_board_type;              /* none.c */
extern const struct board_type *const board_types[];        /* the first is the default; ends with NULL */

/* error: names the nearest. name NULL: the default. */
const struct board_type *board_type_find(const char *name, GError **error);
struct board *board_new(const struct board_type *type, const struct options *options, struct log *log, GError **error);
void board_free(struct board *board);

/* ---- For boards ---- */

/* The engine that -accel and -icount describe; machine and its memory are there. kvm: what runs this board's CPUs with -accel kvm;
 * NULL: nothing does. */
bool board_build_engine(struct board *board, const struct accelerator *kvm, GError **error);
/* Its part in accelerator.c: the engine alone. */
struct engine *board_make_engine(const struct board *board, const struct accelerator *kvm, GError **error);
/* The host's CPU runs the guest's code. */
bool board_uses_kvm(const struct board *board);
/* Registers it with the engine and sets what all CPUs have: index, log, memory, ports, lock. */
void board_add_cpu(struct board *board, struct cpu *cpu);
/* A stream that the board owns. Monitors call it by the id of a -chardev ("chardev:ID"), others by kind and number: "serial", 1. error:
 * as character_open. */
struct character *board_character(struct board *board, const char *spec, const char *kind, unsigned number, GError **error);
/* The stream of -chardev with this id. */
struct character *board_chardev(struct board *board, const char *id, GError **error);
/* bootindex= of a device, with its Open Firmware path as firmware spells it. */
void board_add_boot_device(struct board *board, uint64_t index, const char *path);
/* The paths in order, a line each; NULL: no device has a bootindex. Free it. */
char *board_boot_order(struct board *board);
/* -rtc base: by how much a clock of the machine is ahead of the host's clock (UTC). With -icount and a date, sets the date at which
 * guest time starts instead. */
bool board_rtc_offset(struct board *board, int64_t *seconds, GError **error);
/* Ctrl-a x on a terminal of the machine. */
void board_set_leave(struct board *board, void (*leave)(void *opaque), void *opaque);

#endif
