/* SPDX-License-Identifier: MIT */
/*
 * Linux on ARM: Documentation/arm/booting.rst and Documentation/arm64/booting.rst of the kernel. Where the parts go in memory is
 * our choice: the kernel near the start of RAM, the initial RAM disk at half of RAM or 128 MiB, the device tree behind it.
 *
 * What is compressed with gzip, as a whole (Image.gz) or inside of U-Boot's legacy image, is unpacked. Left out: other compressions.
 */
#include "hw/boot/arm_kernel.h"
#include <elf.h>
#include <string.h>
#include "base/error.h"
#include "hw/boot/boot_internal.h"
#include "hw/boot/gunzip.h"

enum { IMAGE_TEXT_OFFSET = 8, IMAGE_SIZE = 16, IMAGE_OLD_OFFSET = 0x80000, ZIMAGE_OFFSET = 0x10000, FLAT_OFFSET_32 = 0x10000,
       FLAT_OFFSET_64 = 0x80000, ZIMAGE_ROOM = 4, PAGE = 4096, UIMAGE_HEADER = 64 };
static const uint64_t TWO_MIB = 2 << 20, INITRD_MOST = 128 << 20, UNPACKED_MOST = 512 << 20;

static uint64_t get_le(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | p[i];
    }
    return value;
}

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* The kernel; what is in it when gzip compressed it. */
static bool read_kernel(const char *path, struct boot_file *file, GError **error)
{
    if (!boot_read_file("-kernel", path, file, error)) {
        return false;
    }
    if (kernel_kind_of(file->data, file->size) == KERNEL_GZIP && !boot_gunzip("-kernel", path, &file->data, &file->size, UNPACKED_MOST, error)) {
        g_free(file->data);
        return false;
    }
    return true;
}

GBytes *arm_kernel_read(const char *path, GError **error)
{
    struct boot_file file;
    return read_kernel(path, &file, error) ? g_bytes_new_take(file.data, file.size) : NULL;
}

bool arm_kernel_identify(const char *path, enum kernel_kind *kind, GError **error)
{
    struct boot_file file;
    if (!read_kernel(path, &file, error)) {
        return false;
    }
    *kind = kernel_kind_of(file.data, file.size);
    g_free(file.data);
    return true;
}

unsigned arm_kernel_bits(enum kernel_kind kind)
{
    switch (kind) {
    case KERNEL_ARM64_IMAGE:
    case KERNEL_ELF_ARM64:
    case KERNEL_UIMAGE_ARM64: return 64;
    case KERNEL_ARM_ZIMAGE:
    case KERNEL_ELF_ARM:
    case KERNEL_UIMAGE_ARM: return 32;
    default: return 0;
    }
}

/* ---- Placing ---- */

static bool inside(const struct arm_kernel_request *request, uint64_t address, uint64_t bytes)
{
    return address >= request->ram && address - request->ram <= request->ram_bytes &&
           bytes <= request->ram_bytes - (address - request->ram);
}

static bool too_large(const struct arm_kernel_request *request, const char *option, const char *path, GError **error)
{
    return error_fail(error, "%s %s: does not fit into %" G_GUINT64_FORMAT " MiB of memory; give more with -m", option, path,
                      request->ram_bytes >> 20);
}

static bool add_part(const struct arm_kernel_request *request, struct arm_kernel *kernel, uint64_t address, const void *data,
                     uint64_t bytes, uint64_t room, GError **error)
{
    if (!inside(request, address, MAX(bytes, room))) {
        return error_fail(error, "-kernel %s: wants %#" G_GINT64_MODIFIER "x bytes at %#" G_GINT64_MODIFIER
                          "x, which is not all memory (%" G_GUINT64_FORMAT " MiB from %#" G_GINT64_MODIFIER "x)", request->kernel,
                          MAX(bytes, room), address, request->ram_bytes >> 20, request->ram);
    }
    if (kernel->part_count == ARM_KERNEL_PARTS) {
        return error_fail(error, "-kernel %s: has more than %u segments", request->kernel, ARM_KERNEL_PARTS);
    }
    kernel->parts[kernel->part_count++] = (struct arm_part){ address, g_bytes_new(data, bytes) };
    kernel->end = MAX(kernel->end, address + MAX(bytes, room));
    return true;
}

/* ---- Formats ---- */

static bool load_image(const struct arm_kernel_request *request, const struct boot_file *file, struct arm_kernel *kernel, GError **error)
{
    uint64_t offset = get_le(file->data + IMAGE_TEXT_OFFSET, 8), size = get_le(file->data + IMAGE_SIZE, 8);
    if (size == 0) {
        offset = IMAGE_OLD_OFFSET;      /* before Linux 3.17 */
    } else if (offset < PAGE) {
        offset += TWO_MIB;              /* any 2 MiB boundary will do; the first one is left free */
    }
    kernel->wide = kernel->linux_entry = true;
    kernel->entry = request->ram + offset;
    if (offset > request->ram_bytes || size > request->ram_bytes || !inside(request, kernel->entry, MAX(size, file->size))) {
        return too_large(request, "-kernel", file->path, error);
    }
    return add_part(request, kernel, kernel->entry, file->data, file->size, size, error);
}

static bool load_zimage(const struct arm_kernel_request *request, const struct boot_file *file, struct arm_kernel *kernel, GError **error)
{
    kernel->linux_entry = true;
    kernel->entry = request->ram + ZIMAGE_OFFSET;
    if (!inside(request, kernel->entry, file->size * ZIMAGE_ROOM)) {
        return too_large(request, "-kernel", file->path, error);
    }
    return add_part(request, kernel, kernel->entry, file->data, file->size, file->size * ZIMAGE_ROOM, error);
}

struct segment { uint64_t type, offset, address, file_bytes, memory_bytes; };

static struct segment read_segment(const uint8_t *p, bool wide)
{
    if (wide) {
        return (struct segment){ get_le(p, 4), get_le(p + 8, 8), get_le(p + 24, 8), get_le(p + 32, 8), get_le(p + 40, 8) };
    }
    return (struct segment){ get_le(p, 4), get_le(p + 4, 4), get_le(p + 12, 4), get_le(p + 16, 4), get_le(p + 20, 4) };
}

/* Segments go to their physical addresses. What of a segment the file does not hold is zero: RAM is so at power-on, and the
 * rest is part of the bytes that a reset loads anew. */
static bool load_segment(const struct arm_kernel_request *request, const struct boot_file *file, struct arm_kernel *kernel,
                         const struct segment *segment, GError **error)
{
    if (segment->offset > file->size || segment->file_bytes > file->size - segment->offset ||
        segment->memory_bytes < segment->file_bytes) {
        return error_fail(error, "-kernel %s: truncated: a segment lies outside the file", file->path);
    }
    if (!inside(request, segment->address, segment->memory_bytes)) {
        return error_fail(error, "-kernel %s: a segment at %#" G_GINT64_MODIFIER "x (%#" G_GINT64_MODIFIER
                          "x bytes) is not all memory (%" G_GUINT64_FORMAT " MiB from %#" G_GINT64_MODIFIER "x)", file->path,
                          segment->address, segment->memory_bytes, request->ram_bytes >> 20, request->ram);
    }
    g_autofree uint8_t *bytes = g_try_malloc0(segment->memory_bytes);
    if (!bytes) {
        return error_fail(error, "-kernel %s: not enough memory on this host", file->path);
    }
    memcpy(bytes, file->data + segment->offset, segment->file_bytes);
    return add_part(request, kernel, segment->address, bytes, segment->memory_bytes, 0, error);
}

static bool load_elf(const struct arm_kernel_request *request, const struct boot_file *file, struct arm_kernel *kernel, GError **error)
{
    const uint8_t *p = file->data;
    bool wide = kernel->kind == KERNEL_ELF_ARM64;
    if (p[EI_CLASS] != (wide ? ELFCLASS64 : ELFCLASS32) || p[EI_DATA] != ELFDATA2LSB) {
        return error_fail(error, "-kernel %s: an ELF file of a class or byte order that is not supported", file->path);
    }
    uint64_t entry = wide ? get_le(p + 24, 8) : get_le(p + 24, 4), table = wide ? get_le(p + 32, 8) : get_le(p + 28, 4);
    uint64_t bytes = get_le(p + (wide ? 54 : 42), 2), count = get_le(p + (wide ? 56 : 44), 2);
    if (bytes < (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || table > file->size || bytes * count > file->size - table) {
        return error_fail(error, "-kernel %s: truncated: its program headers lie outside the file", file->path);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct segment segment = read_segment(p + table + i * bytes, wide);
        if (segment.type == PT_LOAD && segment.memory_bytes && !load_segment(request, file, kernel, &segment, error)) {
            return false;
        }
    }
    kernel->wide = wide;
    kernel->entry = entry;
    return kernel->part_count || error_fail(error, "-kernel %s: an ELF file with nothing to load", file->path);
}

static bool load_uimage(const struct arm_kernel_request *request, const struct boot_file *file, struct arm_kernel *kernel, GError **error)
{
    enum { SIZE = 12, LOAD = 16, ENTRY = 20, TYPE = 30, COMPRESSION = 31, TYPE_KERNEL = 2, TYPE_KERNEL_ANYWHERE = 14,
           COMPRESSION_GZIP = 1 };
    const uint8_t *p = file->data;
    gsize size = get_be32(p + SIZE);
    uint64_t load = get_be32(p + LOAD);
    if (p[COMPRESSION] > COMPRESSION_GZIP || (p[TYPE] != TYPE_KERNEL && p[TYPE] != TYPE_KERNEL_ANYWHERE)) {
        return error_fail(error, "-kernel %s: a U-Boot image that is %s", file->path,
                          p[COMPRESSION] > COMPRESSION_GZIP ? "compressed by something other than gzip, which is not supported" : "no kernel");
    }
    if (size > file->size - UIMAGE_HEADER) {
        return error_fail(error, "-kernel %s: truncated", file->path);
    }
    if (p[TYPE] == TYPE_KERNEL_ANYWHERE || load == UINT32_MAX) {
        load = request->ram + ZIMAGE_OFFSET;
    }
    kernel->wide = kernel->kind == KERNEL_UIMAGE_ARM64;
    kernel->linux_entry = true;
    kernel->entry = p[TYPE] == TYPE_KERNEL_ANYWHERE ? load : get_be32(p + ENTRY);
    g_autofree uint8_t *data = g_memdup2(p + UIMAGE_HEADER, size);
    if (p[COMPRESSION] == COMPRESSION_GZIP && !boot_gunzip("-kernel", file->path, &data, &size, UNPACKED_MOST, error)) {
        return false;
    }
    return add_part(request, kernel, load, data, size, 0, error);
}

static bool load_flat(const struct arm_kernel_request *request, const struct boot_file *file, struct arm_kernel *kernel, GError **error)
{
    kernel->wide = request->wide;
    kernel->linux_entry = true;
    kernel->entry = request->ram + (request->wide ? FLAT_OFFSET_64 : FLAT_OFFSET_32);
    return add_part(request, kernel, kernel->entry, file->data, file->size, 0, error);
}

static bool load_kind(const struct arm_kernel_request *request, const struct boot_file *file, struct arm_kernel *kernel, GError **error)
{
    switch (kernel->kind) {
    case KERNEL_ARM64_IMAGE: return load_image(request, file, kernel, error);
    case KERNEL_ARM_ZIMAGE: return load_zimage(request, file, kernel, error);
    case KERNEL_ELF_ARM:
    case KERNEL_ELF_ARM64: return load_elf(request, file, kernel, error);
    case KERNEL_UIMAGE_ARM:
    case KERNEL_UIMAGE_ARM64: return load_uimage(request, file, kernel, error);
    case KERNEL_UNKNOWN: return load_flat(request, file, kernel, error);
    default: break;
    }
    return error_fail(error, "-kernel %s: %s; this machine runs ARM", file->path, kernel_kind_name(kernel->kind));
}

static bool place_initrd(const struct arm_kernel_request *request, struct arm_kernel *kernel, GError **error)
{
    struct boot_file initrd;
    uint64_t at = request->ram + (MIN(request->ram_bytes / 2, INITRD_MOST) & ~(uint64_t)(PAGE - 1));
    at = MAX(at, (kernel->end + PAGE - 1) & ~(uint64_t)(PAGE - 1));
    kernel->initrd.address = at;
    if (request->initrd) {
        if (!boot_read_file("-initrd", request->initrd, &initrd, error)) {
            return false;
        }
        kernel->initrd.bytes = g_bytes_new_take(initrd.data, initrd.size);
        if (!inside(request, at, initrd.size)) {
            return too_large(request, "-initrd", initrd.path, error);
        }
        at += initrd.size;
    }
    uint64_t align = kernel->wide ? TWO_MIB : PAGE;
    kernel->device_tree = (at + align - 1) & ~(align - 1);
    return true;
}

bool arm_kernel_load(const struct arm_kernel_request *request, struct arm_kernel *kernel, GError **error)
{
    struct boot_file file;
    *kernel = (struct arm_kernel){ .kind = KERNEL_UNKNOWN };
    if (!read_kernel(request->kernel, &file, error)) {
        return false;
    }
    kernel->kind = kernel_kind_of(file.data, file.size);
    bool done = load_kind(request, &file, kernel, error) && place_initrd(request, kernel, error);
    g_free(file.data);
    if (!done) {
        arm_kernel_clear(kernel);
    }
    return done;
}

void arm_kernel_clear(struct arm_kernel *kernel)
{
    for (unsigned i = 0; i < kernel->part_count; i++) {
        g_clear_pointer(&kernel->parts[i].bytes, g_bytes_unref);
    }
    g_clear_pointer(&kernel->initrd.bytes, g_bytes_unref);
    *kernel = (struct arm_kernel){ .kind = KERNEL_UNKNOWN };
}
