/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_IMAGE_H
#define BLOCK_IMAGE_H
/*
 * A disk image: a format over a file, and the images behind it (backing files). Everything blocks and may be called
 * from several threads at once, but for opening, closing and resizing; errors are 0 or errno.
 */
#include "block/file.h"

enum image_flags {
    IMAGE_WRITE = 1,
    IMAGE_NO_LOCK = 2,
    IMAGE_NO_BACKING = 4,           /* leave the backing file closed; what it holds reads as zeroes */
    IMAGE_REPAIR = 8,               /* opened by a checker: dirty and corrupt images are taken as they are */
    IMAGE_SNAPSHOT = 16,            /* writes go to a temporary overlay */
};
enum { IMAGE_MAX_BACKING = 64, IMAGE_PROBE_BYTES = 2048 };

struct image;

/* What is at an offset. `bytes`: how far the same holds. */
struct image_status {
    uint64_t bytes, host_offset;
    bool allocated;                 /* this image says what is there, not its backing file */
    bool zero;                      /* reads as zeroes (known without reading) */
    bool data;                      /* takes space of the file */
    bool compressed, has_offset;    /* has_offset: the bytes are in the file from host_offset on, as they are */
};

struct image_snapshot {
    char *id, *name;
    uint64_t vm_state_bytes, vm_clock_ns, disk_bytes, icount;
    uint32_t date_s, date_ns;
};

struct image_format {
    const char *name;
    bool (*probe)(const uint8_t *head, uint64_t bytes);     /* bytes: at most IMAGE_PROBE_BYTES */
    bool (*open)(struct image *image, unsigned flags, GError **error);  /* sets bytes, private, backing_file ... */
    void (*close)(struct image *image);                     /* has flushed before */
    int (*read)(struct image *image, uint64_t offset, void *buffer, uint64_t bytes);
    int (*write)(struct image *image, uint64_t offset, const void *buffer, uint64_t bytes);
    int (*flush)(struct image *image);
    int (*discard)(struct image *image, uint64_t offset, uint64_t bytes);
    int (*write_zeroes)(struct image *image, uint64_t offset, uint64_t bytes, bool unmap);
    int (*status)(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status);
    bool (*resize)(struct image *image, uint64_t bytes, GError **error);
};

struct image {
    const struct image_format *format;
    struct file *file;
    uint64_t bytes;                 /* virtual size */
    bool writable, probed;          /* probed: nobody said which format it is */
    char *backing_file, *backing_format;    /* as written in the image; NULL: none */
    struct image *backing;          /* NULL: none, or not opened */
    void *private;
};

extern const struct image_format image_raw, image_qcow2;
const struct image_format *image_find_format(const char *name);
/* The names of all formats, NULL-terminated. */
const char *const *image_format_names(void);

/* format NULL: probed. error: one line that names the file. */
struct image *image_open(const char *path, const char *format, unsigned flags, GError **error);
void image_close(struct image *image);
/* The path of a backing file as the image names it: relative to the image's own folder. Free it. */
char *image_backing_path(const char *image_path, const char *backing_file);
/* Opens image->backing by its name. */
bool image_open_backing(struct image *image, unsigned flags, GError **error);
/* A path that names a protocol or JSON, which we have not. Sets *error. */
bool image_path_is_foreign(const char *path, GError **error);

int image_read(struct image *image, uint64_t offset, void *buffer, uint64_t bytes);
int image_write(struct image *image, uint64_t offset, const void *buffer, uint64_t bytes);
int image_flush(struct image *image);
int image_discard(struct image *image, uint64_t offset, uint64_t bytes);
int image_write_zeroes(struct image *image, uint64_t offset, uint64_t bytes, bool unmap);
/* Of this image alone. */
int image_status(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status);
/* Through the backing files: allocated means somewhere in the chain. *depth, when not NULL: 0 this image, 1 its
 * backing. */
int image_status_deep(struct image *image, uint64_t offset, uint64_t bytes, struct image_status *status,
                      unsigned *depth);
/* What the backing file holds there, zeroes behind its end. */
int image_read_backing(struct image *image, uint64_t offset, void *buffer, uint64_t bytes);
bool image_bytes_are_zero(const void *buffer, uint64_t bytes);

#endif
