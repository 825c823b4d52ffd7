/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BLOCK_SCRATCH_H
#define TESTS_BLOCK_SCRATCH_H
/* A temporary folder, random numbers and qemu-img, the oracle, for tests of images. */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "block/image.h"
#include "block/qcow2_create.h"
#include "tests/unit/test.h"

static inline char *scratch_new(void)
{
    char *folder = g_strdup("/tmp/dragoman-block-XXXXXX");
    return g_mkdtemp(folder);
}

static inline void scratch_free(char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(folder);
    g_free(folder);
}

static inline uint32_t scratch_random(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(((*seed >> 33) * limit) >> 31);
}

static inline bool have_qemu_img(void)
{
    g_autofree char *path = g_find_program_in_path("qemu-img");
    return path != NULL;
}

/* Exit status of "qemu-img WORDS", quiet. */
static inline int qemu_img(const char *format, ...) G_GNUC_PRINTF(1, 2);
static inline int qemu_img(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *words = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = g_strdup_printf("qemu-img %s > /dev/null 2>&1", words);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A new image at path; NULL when it cannot be made or opened. */
static inline struct image *scratch_image(const char *path, const struct qcow2_create_options *options)
{
    struct file *file = file_open(path, FILE_WRITE | FILE_CREATE, NULL);
    bool good = file && qcow2_create(file, options, NULL);
    file_close(file);
    return good ? image_open(path, "qcow2", IMAGE_WRITE, NULL) : NULL;
}

#endif
