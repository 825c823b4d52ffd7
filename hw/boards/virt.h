/* SPDX-License-Identifier: MIT */
#ifndef HW_BOARDS_VIRT_H
#define HW_BOARDS_VIRT_H
/* The machine "virt": ARM CPUs with a generic interrupt controller, PrimeCell devices, PCI Express and virtio slots. */
#include "hw/boards/board.h"

extern const struct board_type virt_board_type;

#endif
