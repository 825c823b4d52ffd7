/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_BACKENDS_H
#define HW_BOARDS_BACKENDS_H
/*
 * The outside of a board: drives of -drive and its short forms, networks of -netdev, -nic and -net. Opened before the
 * board's devices are built; a device then takes what it is given, and what nobody took is an error.
 */
#include "block/block.h"
#include "hw/boards/board.h"
#include "net/net.h"

/* Needs board->machine. error: one line. Boards call it before they build devices, board_free closes all. */
bool backends_open(struct board *board, GError **error);
void backends_close(struct board *board);
/* After all devices: if=virtio drives and -nic cards become devices, and everything that was asked for has a user. */
bool backends_finish(struct board *board, GError **error);

/* The drive of a controller's place, marked as used; NULL: none was given. */
struct drive *backends_take_drive(struct board *board, enum drive_interface interface, unsigned index);
/* For -device ...,drive=ID. error: no such drive, or it has a user. */
struct drive *backends_take_drive_id(struct board *board, const char *id, GError **error);
/* For -device ...,netdev=ID: plugs the card's end in. id NULL: no cable. error: no such network, or it has a card. */
bool backends_plug_network(struct board *board, const char *id, struct network_end *card, GError **error);
/* ---- While the machine runs: main loop's thread, machine lock not held. error: one line; nothing has changed then ---- */

/* drive_add and -drive: if=none alone. NULL: error. */
struct drive *backends_add_drive(struct board *board, const char *spec, GError **error);
/* drive_del: one that no device uses. */
bool backends_remove_drive(struct board *board, const char *id, GError **error);
/* blockdev-add and -blockdev ("raw,node-name=..."), blockdev-del. */
bool backends_add_blockdev(struct board *board, const char *text, GError **error);
bool backends_remove_blockdev(struct board *board, const char *name, GError **error);
/* netdev_add and netdev_del; the link of a card on it goes down. */
bool backends_add_network(struct board *board, const char *text, GError **error);
bool backends_remove_network(struct board *board, const char *id, GError **error);
extern const char *const backends_objects[];      /* kinds of -object; ends with NULL */
/* -object, object-add, object-del (random numbers alone). */
bool backends_add_object(struct board *board, const char *text, GError **error);
bool backends_remove_object(struct board *board, const char *id, GError **error);
/* The device that used the drive has gone. One of -drive goes with it, as in QEMU; one of -blockdev stays. NULL:
 * nothing happens. */
void backends_release_drive(struct board *board, const char *id);

/* For -device ...,rng=ID: what rng_read is called with. NULL: error. */
void *backends_rng(const struct board *board, const char *id, GError **error);
/* Random bytes, as many as there are without waiting. rng NULL: the host's. */
size_t rng_read(void *rng, void *out, size_t bytes);

/* The networks one after the other; NULL: no more. */
struct net *backends_network(struct board *board, unsigned index);
/* A card's address: the text, or the next of 52:54:00:12:34:56 and up. error: not an address, or a group's. */
bool backends_mac(struct board *board, const char *text, uint8_t mac[NETWORK_MAC_BYTES], GError **error);

#endif
