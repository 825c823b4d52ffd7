/* SPDX-License-Identifier: MIT */
/*
 * Linux bzImage by the x86 boot protocol (Documentation/x86/boot.rst of the kernel), from version 2.00.
 *
 * Left out: zImage (loaded low, gone since 2.6.30) and the EFI handover; firmware with EFI starts the image itself.
 */
#include <string.h>
#include "hw/boot/boot_internal.h"

enum { SETUP_AT = 0x10000, CMDLINE_AT = 0x20000, CMDLINE_ROOM = 0x10000 };
enum {  /* offsets in the real-mode header */
    SETUP_SECTS = 0x1f1, SYSSIZE = 0x1f4, VID_MODE = 0x1fa, BOOT_FLAG = 0x1fe, HEADER_MAGIC = 0x202, VERSION = 0x206, TYPE_OF_LOADER = 0x210,
    LOADFLAGS = 0x211, RAMDISK_IMAGE = 0x218, RAMDISK_SIZE = 0x21c, HEAP_END_PTR = 0x224, CMD_LINE_PTR = 0x228,
    INITRD_ADDR_MAX = 0x22c, CMDLINE_SIZE = 0x238, HEADER_END = 0x23c, INIT_SIZE = 0x260,
};
enum { LOADED_HIGH = 0x01, CAN_USE_HEAP = 0x80, LOADER_UNDEFINED = 0xff, HEAP_END = 0xe000 - 0x200 };
enum { DEFAULT_INITRD_MAX = 0x37ffffff, DEFAULT_CMDLINE_MAX = 255 };

bool boot_is_linux(const struct boot_file *kernel)
{
    return kernel->size >= HEADER_END && kernel->data[BOOT_FLAG] == 0x55 && kernel->data[BOOT_FLAG + 1] == 0xaa
        && !memcmp(kernel->data + HEADER_MAGIC, "HdrS", 4);
}

static unsigned header_version(const uint8_t *header)
{
    return header[VERSION] | header[VERSION + 1] << 8;
}

/* "vga=MODE" is for the boot loader: the setup code sets that mode by the BIOS before the kernel starts. */
static bool place_video_mode(const char *cmdline, uint8_t *header, GError **error)
{
    static const struct { const char *name; uint16_t mode; } named[] = {
        { "normal", 0xffff }, { "ext", 0xfffe }, { "ask", 0xfffd },
    };
    g_auto(GStrv) words = g_strsplit(cmdline, " ", -1);
    for (unsigned i = 0; words[i]; i++) {
        if (!g_str_has_prefix(words[i], "vga=")) {
            continue;
        }
        const char *text = words[i] + strlen("vga=");
        char *end;
        uint64_t mode = g_ascii_strtoull(text, &end, 0);
        for (unsigned n = 0; n < G_N_ELEMENTS(named); n++) {
            if (!strcmp(text, named[n].name)) {
                mode = named[n].mode;
                end = "";
            }
        }
        if (!*text || *end || mode > UINT16_MAX) {
            g_set_error(error, BOOT_ERROR, 0, "-append: vga=%s: must be a number, normal, ext or ask", text);
            return false;
        }
        header[VID_MODE] = (uint8_t)mode;
        header[VID_MODE + 1] = (uint8_t)(mode >> 8);
    }
    return true;
}

static bool place_cmdline(const struct boot_request *request, uint8_t *header, struct boot_image *image, GError **error)
{
    const char *text = request->append ? request->append : "";
    size_t most = header_version(header) >= 0x206 ? boot_get32(header + CMDLINE_SIZE) : DEFAULT_CMDLINE_MAX;
    most = MIN(most, (size_t)CMDLINE_ROOM - 1);
    if (strlen(text) > most) {
        g_set_error(error, BOOT_ERROR, 0, "-append: %zu characters, but this kernel takes at most %zu", strlen(text), most);
        return false;
    }
    image->cmdline = (struct boot_part){ CMDLINE_AT, g_bytes_new(text, strlen(text) + 1) };
    boot_put32(header + CMD_LINE_PTR, CMDLINE_AT);
    return true;
}

static bool place_initrd(const struct boot_request *request, uint8_t *header, uint64_t kernel_end, struct boot_image *image,
                         GError **error)
{
    struct boot_file initrd;
    if (!request->initrd) {
        return true;
    }
    if (!boot_read_file("-initrd", request->initrd, &initrd, error)) {
        return false;
    }
    uint64_t top = header_version(header) >= 0x203 ? boot_get32(header + INITRD_ADDR_MAX) : DEFAULT_INITRD_MAX;
    top = MIN(top + 1, request->low_ram_bytes - BOOT_FIRMWARE_BYTES);
    uint64_t start = initrd.size <= top ? (top - initrd.size) & ~(uint64_t)(BOOT_PAGE - 1) : 0;
    if (start < kernel_end) {
        g_set_error(error, BOOT_ERROR, 0, "-initrd %s: %zu bytes do not fit into %" G_GUINT64_FORMAT " MiB of memory beside the"
                    " kernel; give more with -m", initrd.path, initrd.size, request->low_ram_bytes >> 20);
        g_free(initrd.data);
        return false;
    }
    image->initrd = (struct boot_part){ (uint32_t)start, g_bytes_new_take(initrd.data, initrd.size) };
    boot_put32(header + RAMDISK_IMAGE, (uint32_t)start);
    boot_put32(header + RAMDISK_SIZE, (uint32_t)initrd.size);
    return true;
}

/* Where the memory must reach that the kernel needs before it reads its memory map (boot protocol, "init_size", since 2.10). */
static uint64_t least_memory(const uint8_t *setup, uint64_t kernel_end)
{
    uint64_t unpacked = header_version(setup) >= 0x20a ? BOOT_HIGH + (uint64_t)boot_get32(setup + INIT_SIZE) : 0;
    return MAX(unpacked, kernel_end) + BOOT_FIRMWARE_BYTES;
}

bool boot_load_linux(const struct boot_request *request, const struct boot_file *kernel, struct boot_image *image,
                     GError **error)
{
    size_t sectors = kernel->data[SETUP_SECTS] ? kernel->data[SETUP_SECTS] : 4;
    size_t setup_bytes = (sectors + 1) * 512;
    uint64_t system_bytes = (uint64_t)boot_get32(kernel->data + SYSSIZE) * 16;
    if (header_version(kernel->data) < 0x204) {
        system_bytes &= 0xffff0;                /* the field had 16 bits */
    }
    if (!(kernel->data[LOADFLAGS] & LOADED_HIGH)) {
        g_set_error(error, BOOT_ERROR, 0, "-kernel %s: a zImage, which is not supported; use a bzImage", kernel->path);
        return false;
    }
    if (kernel->size <= setup_bytes || kernel->size - setup_bytes + 15 < system_bytes) {
        g_set_error(error, BOOT_ERROR, 0, "-kernel %s: truncated: %zu bytes, but its header says %" G_GUINT64_FORMAT,
                    kernel->path, kernel->size, setup_bytes + system_bytes);
        return false;
    }
    uint64_t kernel_end = BOOT_HIGH + (kernel->size - setup_bytes);
    uint64_t least = least_memory(kernel->data, kernel_end);
    if (least > request->low_ram_bytes) {
        g_set_error(error, BOOT_ERROR, 0, "-kernel %s: needs %" G_GUINT64_FORMAT " MiB of memory at least, there are %"
                    G_GUINT64_FORMAT "; give more with -m", kernel->path, (least >> 20) + 1, request->low_ram_bytes >> 20);
        return false;
    }
    uint8_t *setup = g_memdup2(kernel->data, setup_bytes);
    image->setup = (struct boot_part){ SETUP_AT, g_bytes_new_take(setup, setup_bytes) };
    image->kernel = (struct boot_part){ BOOT_HIGH, g_bytes_new(kernel->data + setup_bytes, kernel->size - setup_bytes) };
    setup[TYPE_OF_LOADER] = LOADER_UNDEFINED;
    if (header_version(setup) >= 0x201) {
        setup[LOADFLAGS] |= CAN_USE_HEAP;
        setup[HEAP_END_PTR] = HEAP_END & 0xff;
        setup[HEAP_END_PTR + 1] = HEAP_END >> 8;
    }
    return place_video_mode(request->append ? request->append : "", setup, error) &&
           place_cmdline(request, setup, image, error) && place_initrd(request, setup, kernel_end, image, error);
}
