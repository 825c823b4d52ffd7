/* SPDX-License-Identifier: MIT */
/* What all device types share. */
#include "base/device.h"

bool snapshot_fields_cover_state(const struct device_type *type)
{
    for (size_t byte = 0; byte < type->state_size; byte++) {
        unsigned owners = 0;
        for (size_t i = 0; i < type->field_count; i++) {
            const struct snapshot_field *field = &type->fields[i];
            owners += byte >= field->offset && byte < field->offset + field->size;
        }
        if (owners != 1) {
            return false;
        }
    }
    return true;
}
