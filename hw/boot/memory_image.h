/* SPDX-License-Identifier: MIT */
#ifndef HW_BOOT_MEMORY_IMAGE_H
#define HW_BOOT_MEMORY_IMAGE_H
/* What is in guest memory at power-on and after every reset: kernels, device trees. */
#include <glib.h>
#include "machine/machine.h"

struct memory_image;

extern const struct device_type memory_image_type;

/* Nothing at first. It is a device only so that a reset reaches it. */
struct memory_image *memory_image_new(struct machine *machine);
/* Takes a reference of the bytes, puts them into memory now and at each reset; later ones over earlier ones. */
void memory_image_add(struct memory_image *image, uint64_t address, GBytes *bytes);

#endif
