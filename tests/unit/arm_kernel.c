/* SPDX-License-Identifier: MIT */
/* -kernel on ARM: what gzip compressed, as a whole and inside U-Boot's image, is loaded as what is in it; damaged files are refused. */
#include "hw/boot/arm_kernel.h"
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include "tests/unit/test.h"

enum { IMAGE_BYTES = 300000, UIMAGE_HEADER = 64, MORE = 4096 };
static const uint64_t RAM = 0x40000000, RAM_BYTES = 64 << 20;
static gchar *folder;

/* A Linux Image: magic, size, and bytes that do not repeat. */
static void make_image(uint8_t *image)
{
    uint32_t value = 1;
    for (unsigned i = 0; i < IMAGE_BYTES; i++) {
        value = value * 1103515245 + 12345;
        image[i] = value >> 24;
    }
    memset(image, 0, 64);
    image[16] = 0, image[18] = 0x10;            /* 1 MiB in memory */
    memcpy(image + 56, "ARM\x64", 4);
}

/* What gzip makes of it; returns how many bytes. */
static gsize pack(const uint8_t *in, uint8_t *out, gsize room)
{
    g_autofree gchar *path = g_build_filename(folder, "plain", NULL), *packed = g_strconcat(path, ".gz", NULL);
    gchar *command[] = { "gzip", "-n", "-f", path, NULL }, *contents = NULL;
    gsize bytes = 0;
    g_file_set_contents(path, (const char *)in, IMAGE_BYTES, NULL);
    if (g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL) &&
        g_file_get_contents(packed, &contents, &bytes, NULL)) {
        memcpy(out, contents, MIN(bytes, room));
        g_free(contents);
    }
    g_unlink(packed);
    return MIN(bytes, room);
}

static bool load(const uint8_t *data, gsize bytes, struct arm_kernel *kernel, GError **error)
{
    g_autofree gchar *path = g_build_filename(folder, "kernel", NULL);
    struct arm_kernel_request request = { .kernel = path, .ram = RAM, .ram_bytes = RAM_BYTES, .wide = true };
    g_file_set_contents(path, (const char *)data, (gssize)bytes, NULL);
    bool done = arm_kernel_load(&request, kernel, error);
    g_unlink(path);
    return done;
}

static void expect_image(struct test *test, const struct arm_kernel *kernel, const uint8_t *image)
{
    gsize size;
    EXPECT_EQ(test, kernel->part_count, 1);
    const uint8_t *bytes = g_bytes_get_data(kernel->parts[0].bytes, &size);
    EXPECT_EQ(test, size, IMAGE_BYTES);
    EXPECT(test, kernel->wide && !memcmp(bytes, image, IMAGE_BYTES));
}

static void gzip_image(struct test *test)
{
    g_autofree uint8_t *image = g_malloc(IMAGE_BYTES), *packed = g_malloc(IMAGE_BYTES + MORE);
    struct arm_kernel kernel;
    make_image(image);
    gsize bytes = pack(image, packed, IMAGE_BYTES + MORE);
    if (EXPECT(test, load(packed, bytes, &kernel, NULL))) {
        EXPECT_EQ(test, kernel.kind, KERNEL_ARM64_IMAGE);
        EXPECT_EQ(test, kernel.entry, RAM + (2 << 20));
        expect_image(test, &kernel, image);
        arm_kernel_clear(&kernel);
    }
}

static void gzip_in_uimage(struct test *test)
{
    static const uint8_t header[] = { 0x27, 0x05, 0x19, 0x56 };
    g_autofree uint8_t *image = g_malloc(IMAGE_BYTES), *file = g_malloc0(IMAGE_BYTES + MORE);
    struct arm_kernel kernel;
    make_image(image);
    gsize bytes = pack(image, file + UIMAGE_HEADER, IMAGE_BYTES + MORE - UIMAGE_HEADER);
    memcpy(file, header, sizeof(header));
    for (unsigned i = 0; i < 4; i++) {
        file[12 + i] = (uint8_t)(bytes >> (24 - 8 * i));
    }
    file[16] = file[20] = 0x40, file[17] = file[21] = 0x10;     /* load and entry: 40100000h */
    file[29] = 22, file[30] = 2, file[31] = 1;                  /* arm64, a kernel, gzip */
    if (EXPECT(test, load(file, bytes + UIMAGE_HEADER, &kernel, NULL))) {
        EXPECT_EQ(test, kernel.entry, 0x40100000);
        expect_image(test, &kernel, image);
        arm_kernel_clear(&kernel);
    }
}

static void gzip_damaged(struct test *test)
{
    g_autofree uint8_t *image = g_malloc(IMAGE_BYTES), *packed = g_malloc(IMAGE_BYTES + MORE);
    g_autoptr(GError) cut = NULL, changed = NULL;
    struct arm_kernel kernel;
    make_image(image);
    gsize bytes = pack(image, packed, IMAGE_BYTES + MORE);
    EXPECT(test, !load(packed, bytes / 2, &kernel, &cut) && strstr(cut->message, "damaged"));
    packed[bytes - 6] ^= 1;                     /* the sum */
    EXPECT(test, !load(packed, bytes, &kernel, &changed) && strstr(changed->message, "damaged"));
}

int main(void)
{
    static const struct test_case cases[] = { TEST(gzip_image), TEST(gzip_in_uimage), TEST(gzip_damaged) };
    folder = g_dir_make_tmp("arm_kernel.XXXXXX", NULL);
    int status = test_run_cases("arm_kernel", cases, G_N_ELEMENTS(cases));
    g_rmdir(folder);
    return status;
}
