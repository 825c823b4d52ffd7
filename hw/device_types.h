/* SPDX-License-Identifier: MIT */
#ifndef HW_DEVICE_TYPES_H
#define HW_DEVICE_TYPES_H
#include "base/device.h"

/* Every device type there is; a test holds each to the rules of base/device.h. */
extern const struct device_type *const device_types[];
extern const unsigned device_type_count;

#endif
