/* SPDX-License-Identifier: MIT */
/* -kernel's loader: layout of Linux and Multiboot images, the ROM's checksums, and files that are wrong. */
#include <elf.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include "hw/boot/boot.h"
#include "tests/unit/test.h"

static gchar *folder;

static gchar *write_file(const char *name, const void *data, size_t bytes)
{
    gchar *path = g_build_filename(folder, name, NULL);
    g_file_set_contents(path, data, bytes, NULL);
    return path;
}

static void put32(uint8_t *p, uint32_t value) { memcpy(p, &value, 4); }
static uint32_t get32(const uint8_t *p) { uint32_t value; memcpy(&value, p, 4); return value; }
static const uint8_t *bytes_of(const struct boot_part *part) { return g_bytes_get_data(part->bytes, NULL); }

/* A bzImage of one setup sector and 4,000 bytes of system. */
static void make_linux(uint8_t *file)
{
    memset(file, 0, 1024 + 4000);
    file[0x1f1] = 1;
    put32(file + 0x1f4, 250);
    file[0x1fe] = 0x55, file[0x1ff] = 0xaa;
    memcpy(file + 0x202, "HdrS", 4);
    file[0x206] = 0x0c, file[0x207] = 0x02;
    file[0x211] = 1;
    put32(file + 0x22c, 0x7fffffff);
    put32(file + 0x238, 2047);
    file[1024] = 0xab;
}

static bool load(const char *kernel, const char *initrd, const char *append, struct boot_image *image, GError **error)
{
    struct boot_request request = { kernel, initrd, append, 64 << 20 };
    return boot_load(&request, image, error);
}

static void refused(struct test *test, const char *kernel, const char *initrd, const char *append, const char *why)
{
    struct boot_image image;
    GError *error = NULL;
    EXPECT(test, !load(kernel, initrd, append, &image, &error));
    EXPECT(test, image.kernel.bytes == NULL && image.setup.bytes == NULL);
    if (EXPECT(test, error != NULL)) {
        if (!EXPECT(test, strstr(error->message, why) != NULL)) {
            printf("# %s\n", error->message);
        }
        g_error_free(error);
    }
}

static void linux_layout(struct test *test)
{
    uint8_t file[5024];
    struct boot_image image;
    make_linux(file);
    gchar *kernel = write_file("bzImage", file, sizeof file), *initrd = write_file("initrd", "initrd!", 7);
    EXPECT(test, load(kernel, initrd, "console=ttyS0", &image, NULL));
    const uint8_t *setup = bytes_of(&image.setup);
    EXPECT_EQ(test, image.entry, 0);
    EXPECT_EQ(test, image.kernel.address, 0x100000);
    EXPECT_EQ(test, g_bytes_get_size(image.kernel.bytes), 4000);
    EXPECT_EQ(test, bytes_of(&image.kernel)[0], 0xab);
    EXPECT_EQ(test, get32(setup + 0x228), image.cmdline.address);
    EXPECT(test, !strcmp((const char *)bytes_of(&image.cmdline), "console=ttyS0"));
    EXPECT_EQ(test, get32(setup + 0x218), image.initrd.address);
    EXPECT_EQ(test, get32(setup + 0x21c), 7);
    EXPECT(test, image.initrd.address % 4096 == 0 && image.initrd.address < 64 << 20);
    EXPECT_EQ(test, setup[0x210], 0xff);
    EXPECT(test, setup[0x211] & 0x80);
    boot_image_clear(&image);
    EXPECT(test, load(kernel, NULL, "quiet vga=0x314 x=vga=3", &image, NULL));
    EXPECT_EQ(test, get32(bytes_of(&image.setup) + 0x1fa) & 0xffff, 0x314);
    boot_image_clear(&image);
    EXPECT(test, load(kernel, NULL, "vga=ask", &image, NULL));
    EXPECT_EQ(test, get32(bytes_of(&image.setup) + 0x1fa) & 0xffff, 0xfffd);
    boot_image_clear(&image);
    refused(test, kernel, NULL, "vga=big", "vga=big");

    gchar *cut = write_file("cut", file, 3000), *header = write_file("header", file, 700), *empty = write_file("empty", "", 0);
    gchar *large = g_strnfill(3000, 'x');
    refused(test, cut, NULL, NULL, "truncated");
    refused(test, header, NULL, NULL, "truncated");
    refused(test, empty, NULL, NULL, "empty");
    refused(test, folder, NULL, NULL, "a directory");
    refused(test, "/nonexistent/kernel", NULL, NULL, "/nonexistent/kernel");
    refused(test, kernel, "/nonexistent/initrd", NULL, "-initrd");
    refused(test, kernel, NULL, large, "-append");
    refused(test, initrd, NULL, NULL, "neither");
    file[0x211] = 0;
    gchar *old = write_file("zImage", file, sizeof file);
    refused(test, old, NULL, NULL, "zImage");
    gchar *paths[] = { kernel, initrd, cut, header, empty, large, old };
    for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_free(paths[i]);
    }
}

static void multiboot_header(uint8_t *p, uint32_t flags)
{
    put32(p, 0x1badb002);
    put32(p + 4, flags);
    put32(p + 8, -(0x1badb002 + flags));
}

static void multiboot_by_addresses(struct test *test)
{
    uint8_t file[8192] = { 0 };
    struct boot_image image;
    multiboot_header(file + 64, 1 << 16);
    put32(file + 76, 0x200040);             /* header address: the file's start is at 200000h */
    put32(file + 80, 0x200000);
    put32(file + 84, 0x201000);
    put32(file + 88, 0x203000);
    put32(file + 92, 0x200010);
    file[16] = 0xcd;
    gchar *kernel = write_file("aout", file, sizeof file), *module = write_file("module", "mod", 3);
    gchar *modules = g_strdup_printf("%s first,%s", module, module);
    EXPECT(test, load(kernel, modules, "a b", &image, NULL));
    const uint8_t *info = bytes_of(&image.setup);
    EXPECT_EQ(test, image.entry, 0x200010);
    EXPECT_EQ(test, image.kernel.address, 0x200000);
    EXPECT_EQ(test, g_bytes_get_size(image.kernel.bytes), 0x3000);
    EXPECT_EQ(test, bytes_of(&image.kernel)[16], 0xcd);
    EXPECT_EQ(test, get32(info + 20), 2);
    const uint8_t *entry = info + (get32(info + 24) - image.setup.address);
    EXPECT_EQ(test, get32(entry), image.initrd.address);
    EXPECT_EQ(test, get32(entry + 4) - get32(entry), 3);
    EXPECT_EQ(test, get32(entry + 16), image.initrd.address + 4096);
    EXPECT(test, g_str_has_suffix((const char *)info + (get32(info + 16) - image.setup.address), "aout a b"));
    boot_image_clear(&image);
    put32(file + 84, 0x300000);
    g_free(write_file("aout", file, sizeof file));
    refused(test, kernel, NULL, NULL, "truncated");
    put32(file + 84, 0);
    put32(file + 88, 0xf0000000);
    g_free(write_file("aout", file, sizeof file));
    refused(test, kernel, NULL, NULL, "memory");
    put32(file + 76, 0x1000);
    g_free(write_file("aout", file, sizeof file));
    refused(test, kernel, NULL, NULL, "outside the file");
    g_free(kernel);
    g_free(module);
    g_free(modules);
}

static void multiboot_elf(struct test *test)
{
    struct { Elf32_Ehdr elf; Elf32_Phdr segment; uint8_t header[12], code[4]; } file = {
        .elf = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32 }, .e_machine = EM_386, .e_entry = 0x100004, .e_phnum = 1,
                 .e_phentsize = sizeof(Elf32_Phdr), .e_phoff = sizeof(Elf32_Ehdr) },
        .segment = { .p_type = PT_LOAD, .p_paddr = 0x100000, .p_offset = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr) + 12,
                     .p_filesz = 4, .p_memsz = 64 },
        .code = { 1, 2, 3, 4 },
    };
    struct boot_image image;
    multiboot_header(file.header, 3);
    gchar *kernel = write_file("elf", &file, sizeof file);
    EXPECT(test, load(kernel, NULL, NULL, &image, NULL));
    EXPECT_EQ(test, image.entry, 0x100004);
    EXPECT_EQ(test, g_bytes_get_size(image.kernel.bytes), 64);
    EXPECT(test, !memcmp(bytes_of(&image.kernel), "\1\2\3\4\0\0", 6));
    boot_image_clear(&image);
    file.segment.p_filesz = 5;
    g_free(write_file("elf", &file, sizeof file));
    refused(test, kernel, NULL, NULL, "truncated");
    file.segment.p_filesz = 4;
    file.elf.e_phoff = 0xfffffff0;
    g_free(write_file("elf", &file, sizeof file));
    refused(test, kernel, NULL, NULL, "program headers");
    file.elf.e_phoff = sizeof(Elf32_Ehdr);
    file.elf.e_machine = EM_X86_64;
    g_free(write_file("elf", &file, sizeof file));
    refused(test, kernel, NULL, NULL, "32-bit");
    g_free(kernel);
}

static void rom_adds_up(struct test *test)
{
    GBytes *rom = boot_rom_bytes();
    gsize size;
    const uint8_t *p = g_bytes_get_data(rom, &size);
    uint8_t sum = 0, pnp_sum = 0;
    for (gsize i = 0; i < size; i++) {
        sum += p[i];
    }
    const uint8_t *pnp = p + (p[0x1a] | p[0x1b] << 8);
    for (unsigned i = 0; i < 32; i++) {
        pnp_sum += pnp[i];
    }
    EXPECT(test, p[0] == 0x55 && p[1] == 0xaa && p[2] * 512u == size);
    EXPECT(test, !memcmp(pnp, "$PnP", 4) && pnp[5] == 2);
    EXPECT_EQ(test, sum, 0);
    EXPECT_EQ(test, pnp_sum, 0);
    g_bytes_unref(rom);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(linux_layout), TEST(multiboot_by_addresses), TEST(multiboot_elf), TEST(rom_adds_up),
    };
    folder = g_dir_make_tmp("dragoman-boot-XXXXXX", NULL);
    int status = test_run_cases("boot", cases, G_N_ELEMENTS(cases));
    gchar *remove = g_strdup_printf("rm -rf '%s'", folder);
    g_spawn_command_line_sync(remove, NULL, NULL, NULL, NULL);
    g_free(remove);
    g_free(folder);
    return status;
}
