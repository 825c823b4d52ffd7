/* SPDX-License-Identifier: MIT */
/*
 * Multiboot specification 0.6.96: ELF32 kernels and kernels with the address fields in their header.
 *
 * Left out: video modes (flag bit 2), the boot device, symbol tables, the APM table; a.out symbol loading.
 */
#include <elf.h>
#include <string.h>
#include "hw/boot/boot_internal.h"

enum { HEADER_MAGIC = 0x1badb002, HEADER_WITHIN = 8192, HEADER_BYTES = 48 };
enum { FLAG_ADDRESSES = 1 << 16, FLAG_UNSUPPORTED = 0xfffc & ~(1 << 2) };
enum {  /* fields of the header, 3.1.2 */
    HEADER_FLAGS = 4, HEADER_CHECKSUM = 8, HEADER_ADDRESS = 12, LOAD_ADDRESS = 16, LOAD_END = 20, BSS_END = 24, ENTRY = 28,
};
enum {  /* fields of the information structure, 3.3; boot_rom.S fills in the memory sizes and the map's length */
    INFO_FLAGS = 0, INFO_CMDLINE = 16, INFO_MODS_COUNT = 20, INFO_MODS = 24, INFO_MMAP_ADDRESS = 48, INFO_LOADER = 64,
    INFO_MMAP = 128, INFO_MMAP_BYTES = 32 * 24, INFO_STRINGS = INFO_MMAP + INFO_MMAP_BYTES,
};
enum { INFO_HAS_MEMORY = 1 << 0, INFO_HAS_CMDLINE = 1 << 2, INFO_HAS_MODS = 1 << 3, INFO_HAS_MMAP = 1 << 6, INFO_HAS_LOADER = 1 << 9 };
enum { INFO_AT = 0x9000, INFO_ROOM = 0x7000, MODULE_ENTRY_BYTES = 16 };

static const uint8_t *find_header(const struct boot_file *kernel)
{
    for (size_t at = 0; at + 12 <= kernel->size && at < HEADER_WITHIN; at += 4) {
        const uint8_t *p = kernel->data + at;
        if (boot_get32(p) == HEADER_MAGIC && boot_get32(p) + boot_get32(p + HEADER_FLAGS) + boot_get32(p + HEADER_CHECKSUM) == 0) {
            return p;
        }
    }
    return NULL;
}

bool boot_is_multiboot(const struct boot_file *kernel)
{
    return find_header(kernel) != NULL;
}

static bool fail(const struct boot_file *kernel, GError **error, const char *why)
{
    g_set_error(error, BOOT_ERROR, 0, "-kernel %s: %s", kernel->path, why);
    return false;
}

/* Takes [start, end) of memory for the kernel, zeroed; NULL when it does not fit. */
static uint8_t *place_kernel(const struct boot_request *request, const struct boot_file *kernel, uint64_t start, uint64_t end,
                             struct boot_image *image, GError **error)
{
    if (start < BOOT_HIGH || end <= start || end + BOOT_FIRMWARE_BYTES > request->low_ram_bytes) {
        g_set_error(error, BOOT_ERROR, 0, "-kernel %s: wants memory %" G_GINT64_MODIFIER "xh to %" G_GINT64_MODIFIER "xh,"
                    " which is not between 1 MiB and the end of memory (-m)", kernel->path, start, end);
        return NULL;
    }
    uint8_t *memory = g_try_malloc0(end - start);
    if (!memory) {
        fail(kernel, error, "not enough memory on this host");
        return NULL;
    }
    image->kernel = (struct boot_part){ (uint32_t)start, g_bytes_new_take(memory, end - start) };
    return memory;
}

/* 3.1.3: the address fields; what they say is checked against the file. */
static bool load_by_addresses(const struct boot_request *request, const struct boot_file *kernel, const uint8_t *header,
                              struct boot_image *image, GError **error)
{
    size_t at = header - kernel->data;
    if (at + HEADER_BYTES > kernel->size) {
        return fail(kernel, error, "truncated in its Multiboot header");
    }
    uint64_t load = boot_get32(header + LOAD_ADDRESS), load_end = boot_get32(header + LOAD_END);
    uint64_t bss_end = boot_get32(header + BSS_END), before = boot_get32(header + HEADER_ADDRESS) - load;
    if (before > at) {
        return fail(kernel, error, "its Multiboot header names an address outside the file");
    }
    size_t from = at - before;
    uint64_t bytes = load_end ? load_end - load : kernel->size - from;
    if (load_end && (load_end < load || bytes > kernel->size - from)) {
        return fail(kernel, error, "truncated: the Multiboot header promises more than the file holds");
    }
    uint8_t *memory = place_kernel(request, kernel, load, MAX(load + bytes, bss_end), image, error);
    if (!memory) {
        return false;
    }
    memcpy(memory, kernel->data + from, bytes);
    image->entry = boot_get32(header + ENTRY);
    return true;
}

static const Elf32_Phdr *elf_segment(const struct boot_file *kernel, const Elf32_Ehdr *elf, unsigned i)
{
    return (const Elf32_Phdr *)(kernel->data + elf->e_phoff + (size_t)i * elf->e_phentsize);
}

static bool elf_is_sound(const struct boot_file *kernel, const Elf32_Ehdr *elf, GError **error)
{
    if (kernel->size < sizeof *elf || memcmp(elf->e_ident, ELFMAG, SELFMAG)) {
        return fail(kernel, error, "a Multiboot kernel that is neither ELF nor has the address fields");
    }
    if (elf->e_ident[EI_CLASS] != ELFCLASS32 || elf->e_machine != EM_386) {
        return fail(kernel, error, "a Multiboot kernel must be a 32-bit x86 ELF file");
    }
    if (elf->e_phentsize < sizeof(Elf32_Phdr) || elf->e_phoff % 4 || elf->e_phentsize % 4
        || elf->e_phoff > kernel->size || (uint64_t)elf->e_phnum * elf->e_phentsize > kernel->size - elf->e_phoff) {
        return fail(kernel, error, "truncated or broken ELF program headers");
    }
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        const Elf32_Phdr *segment = elf_segment(kernel, elf, i);
        if (segment->p_type == PT_LOAD && (segment->p_offset > kernel->size || segment->p_filesz > kernel->size - segment->p_offset
                                           || segment->p_filesz > segment->p_memsz)) {
            return fail(kernel, error, "truncated: an ELF segment lies outside the file");
        }
    }
    return true;
}

static bool load_elf(const struct boot_request *request, const struct boot_file *kernel, struct boot_image *image, GError **error)
{
    const Elf32_Ehdr *elf = (const Elf32_Ehdr *)kernel->data;
    uint64_t start = UINT64_MAX, end = 0;
    if (!elf_is_sound(kernel, elf, error)) {
        return false;
    }
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        const Elf32_Phdr *segment = elf_segment(kernel, elf, i);
        if (segment->p_type == PT_LOAD && segment->p_memsz) {
            start = MIN(start, segment->p_paddr);
            end = MAX(end, (uint64_t)segment->p_paddr + segment->p_memsz);
        }
    }
    uint8_t *memory = place_kernel(request, kernel, start, end, image, error);
    if (!memory) {
        return false;
    }
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        const Elf32_Phdr *segment = elf_segment(kernel, elf, i);
        if (segment->p_type == PT_LOAD && segment->p_filesz) {
            memcpy(memory + (segment->p_paddr - start), kernel->data + segment->p_offset, segment->p_filesz);
        }
    }
    image->entry = elf->e_entry;
    return true;
}

/* Modules are laid out one after the other on page borders; their entries and strings go into the information. */
static bool load_modules(const struct boot_request *request, GByteArray *info, struct boot_image *image, GError **error)
{
    gchar **names = g_strsplit(request->initrd ? request->initrd : "", ",", -1);
    unsigned count = g_strv_length(names), entries = info->len;
    uint64_t base = (image->kernel.address + g_bytes_get_size(image->kernel.bytes) + BOOT_PAGE - 1) & ~(uint64_t)(BOOT_PAGE - 1);
    GByteArray *modules = g_byte_array_new();
    bool done = true;
    g_byte_array_set_size(info, entries + count * MODULE_ENTRY_BYTES);
    memset(info->data + entries, 0, count * MODULE_ENTRY_BYTES);
    for (unsigned i = 0; i < count && done; i++) {
        struct boot_file file;
        gchar **words = g_strsplit(names[i], " ", 2);
        done = boot_read_file("-initrd", words[0] ? words[0] : "", &file, error);
        if (done) {
            uint8_t *entry = info->data + entries + i * MODULE_ENTRY_BYTES;
            boot_put32(entry, (uint32_t)(base + modules->len));
            boot_put32(entry + 4, (uint32_t)(base + modules->len + file.size));
            boot_put32(entry + 8, INFO_AT + info->len);
            g_byte_array_append(info, (const uint8_t *)names[i], strlen(names[i]) + 1);
            g_byte_array_append(modules, file.data, file.size);
            unsigned used = modules->len, padded = (used + BOOT_PAGE - 1) & ~(unsigned)(BOOT_PAGE - 1);
            g_byte_array_set_size(modules, padded);
            memset(modules->data + used, 0, padded - used);
            g_free(file.data);
        }
        g_strfreev(words);
    }
    if (done && base + modules->len + BOOT_FIRMWARE_BYTES > request->low_ram_bytes) {
        g_set_error(error, BOOT_ERROR, 0, "-initrd %s: the modules do not fit into memory; give more with -m", request->initrd);
        done = false;
    }
    boot_put32(info->data + INFO_MODS_COUNT, count);
    boot_put32(info->data + INFO_MODS, INFO_AT + entries);
    if (modules->len) {
        image->initrd = (struct boot_part){ (uint32_t)base, g_byte_array_free_to_bytes(modules) };
    } else {
        g_byte_array_unref(modules);
    }
    g_strfreev(names);
    return done;
}

static void add_string(GByteArray *info, unsigned field, const char *text)
{
    boot_put32(info->data + field, INFO_AT + info->len);
    g_byte_array_append(info, (const uint8_t *)text, strlen(text) + 1);
}

static bool place_information(const struct boot_request *request, struct boot_image *image, GError **error)
{
    GByteArray *info = g_byte_array_new();
    g_byte_array_set_size(info, INFO_STRINGS);
    memset(info->data, 0, INFO_STRINGS);
    boot_put32(info->data + INFO_FLAGS, INFO_HAS_MEMORY | INFO_HAS_CMDLINE | INFO_HAS_MODS | INFO_HAS_MMAP | INFO_HAS_LOADER);
    boot_put32(info->data + INFO_MMAP_ADDRESS, INFO_AT + INFO_MMAP);
    bool done = load_modules(request, info, image, error);
    gchar *cmdline = g_strdup_printf("%s%s%s", request->kernel, request->append ? " " : "", request->append ? request->append : "");
    add_string(info, INFO_CMDLINE, cmdline);
    add_string(info, INFO_LOADER, "Dragoman");
    g_free(cmdline);
    if (done && info->len > INFO_ROOM) {
        g_set_error(error, BOOT_ERROR, 0, "-append and -initrd: too long for a Multiboot kernel (%u bytes, at most %u)", info->len,
                    INFO_ROOM);
        done = false;
    }
    image->setup = (struct boot_part){ INFO_AT, g_byte_array_free_to_bytes(info) };
    return done;
}

bool boot_load_multiboot(const struct boot_request *request, const struct boot_file *kernel, struct boot_image *image,
                         GError **error)
{
    const uint8_t *header = find_header(kernel);
    uint32_t flags = boot_get32(header + HEADER_FLAGS);
    if (flags & FLAG_UNSUPPORTED) {
        return fail(kernel, error, "its Multiboot header demands features that the specification does not define");
    }
    bool loaded = flags & FLAG_ADDRESSES ? load_by_addresses(request, kernel, header, image, error)
                                         : load_elf(request, kernel, image, error);
    return loaded && place_information(request, image, error);
}
