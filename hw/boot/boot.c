/* SPDX-License-Identifier: MIT */
/* -kernel: reads the file, tells Linux from Multiboot, and hands out the option ROM. See boot.h. */
#include <string.h>
#include "base/error.h"
#include "base/option_file.h"
#include "hw/boot/boot_internal.h"
#include "hw/boot/kernel_kind.h"

extern const uint8_t boot_rom[], boot_rom_end[];

GQuark boot_error_quark(void)
{
    return g_quark_from_static_string("boot");
}

uint32_t boot_get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

void boot_put32(uint8_t *p, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(value >> 8 * i);
    }
}

bool boot_read_file(const char *option, const char *path, struct boot_file *file, GError **error)
{
    if (!option_file_read(option, path, &file->data, &file->size, error)) {
        return false;
    }
    if (file->size == 0) {
        g_free(file->data);
        return error_fail(error, "%s %s: the file is empty", option, path);
    }
    file->path = path;
    return true;
}

bool boot_load(const struct boot_request *request, struct boot_image *image, GError **error)
{
    struct boot_file kernel;
    *image = (struct boot_image){ .entry = 0 };
    if (!boot_read_file("-kernel", request->kernel, &kernel, error)) {
        return false;
    }
    bool done;
    if (boot_is_linux(&kernel)) {
        done = boot_load_linux(request, &kernel, image, error);
    } else if (boot_is_multiboot(&kernel)) {
        done = boot_load_multiboot(request, &kernel, image, error);
    } else {
        enum kernel_kind kind = kernel_kind_of(kernel.data, kernel.size);
        g_set_error(error, BOOT_ERROR, 0, kind == KERNEL_UNKNOWN || kind == KERNEL_ELF_X86 || kind == KERNEL_GZIP
                    ? "-kernel %s: neither a Linux bzImage nor a Multiboot kernel" : "-kernel %s: %s; machine 'pc' runs x86",
                    request->kernel, kernel_kind_name(kind));
        done = false;
    }
    g_free(kernel.data);
    if (!done) {
        boot_image_clear(image);
    }
    return done;
}

void boot_image_clear(struct boot_image *image)
{
    struct boot_part *parts[] = { &image->setup, &image->cmdline, &image->kernel, &image->initrd };
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_clear_pointer(&parts[i]->bytes, g_bytes_unref);
    }
    *image = (struct boot_image){ .entry = 0 };
}

/* Makes the bytes [start, end) sum to zero by the last one of them, or by the one at `at`. */
static void set_checksum(uint8_t *rom, unsigned start, unsigned end, unsigned at)
{
    uint8_t sum = 0;
    for (unsigned i = start; i < end; i++) {
        sum += rom[i];
    }
    rom[at] -= sum;
}

GBytes *boot_rom_bytes(void)
{
    enum { PNP_POINTER = 0x1a, PNP_BYTES = 32, PNP_CHECKSUM = 9 };
    unsigned size = boot_rom_end - boot_rom;
    uint8_t *rom = g_memdup2(boot_rom, size);
    unsigned pnp = rom[PNP_POINTER] | rom[PNP_POINTER + 1] << 8;
    set_checksum(rom, pnp, pnp + PNP_BYTES, pnp + PNP_CHECKSUM);
    set_checksum(rom, 0, size, size - 1);
    return g_bytes_new_take(rom, size);
}
