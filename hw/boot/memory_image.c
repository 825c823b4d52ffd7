/* SPDX-License-Identifier: MIT */
/* Contents of memory that a reset restores. There is nothing that a guest could see of it but its memory. */
#include "hw/boot/memory_image.h"

struct part { uint64_t address; GBytes *bytes; };
struct memory_image { struct machine *machine; GArray *parts; };

static void load(struct memory_image *image, const struct part *part)
{
    gsize size;
    const void *bytes = g_bytes_get_data(part->bytes, &size);
    memory_write_bytes(image->machine->memory, part->address, bytes, size);
}

static void reset(void *device)
{
    struct memory_image *image = device;
    for (unsigned i = 0; i < image->parts->len; i++) {
        load(image, &g_array_index(image->parts, struct part, i));
    }
}

static void memory_image_free(void *device)
{
    struct memory_image *image = device;
    for (unsigned i = 0; i < image->parts->len; i++) {
        g_bytes_unref(g_array_index(image->parts, struct part, i).bytes);
    }
    g_array_unref(image->parts);
    g_free(image);
}

const struct device_type memory_image_type = {
    .name = "memory-image", .reset = reset, .free = memory_image_free, .version = 1,
};

void memory_image_add(struct memory_image *image, uint64_t address, GBytes *bytes)
{
    struct part part = { address, g_bytes_ref(bytes) };
    g_array_append_val(image->parts, part);
    load(image, &part);
}

struct memory_image *memory_image_new(struct machine *machine)
{
    struct memory_image *image = g_new0(struct memory_image, 1);
    image->machine = machine;
    image->parts = g_array_new(FALSE, FALSE, sizeof(struct part));
    machine_add_device(machine, &memory_image_type, image);
    return image;
}
