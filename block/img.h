/* SPDX-License-Identifier: MIT */
#ifndef BLOCK_IMG_H
#define BLOCK_IMG_H
/* What the verbs of `dragoman img` (also called as qemu-img) share. */
#include <getopt.h>
#include <stdio.h>
#include "base/error.h"
#include "block/image.h"
#include "block/qcow2_create.h"

struct img {
    const char *program;            /* for messages */
    const char *verb;
    bool quiet, progress;
    int progress_shown;             /* in hundredths of a percent; -1: nothing yet */
};

struct img_verb { const char *name, *usage; int (*run)(struct img *img, int argc, char **argv); };

/* Says "PROGRAM: message" and frees the error. Returns 1. */
int img_fail(const struct img *img, GError *error);
int img_complain(const struct img *img, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A wrong option or number of arguments. Returns 1. */
int img_misused(const struct img *img, const char *why);
/* What getopt_long has to know of each verb: a short option, its long name, whether it has a value. */
struct img_option { char letter; const char *name; bool value; };
/* The next option: its letter, -1 behind the last, '?' wrong (told already). options ends with letter 0. */
int img_next_option(const struct img *img, int argc, char **argv, const struct img_option *options);

/* "10G", "512", "1.5M"; suffixes k K M G T P E b. */
bool img_parse_size(const char *text, uint64_t *bytes);
/* "100 MiB" */
char *img_size_text(uint64_t bytes);
char *img_json_string(const char *text);
void img_progress(struct img *img, uint64_t done, uint64_t total);
void img_progress_end(struct img *img);
/* SIGINT, SIGTERM and SIGHUP wait from now on, so that files are tidied up; then: one is waiting. */
void img_hold_signals(void);
bool img_interrupted(void);

/* ---- img_options.c: what -o says ---- */
struct img_create {
    const struct image_format *format;
    struct qcow2_create_options qcow2;
    enum qcow2_preallocation raw_preallocation;
    char *backing_file, *backing_format, *description;
    uint64_t bytes;
    bool has_bytes, unsafe;
};
/* options: the text of all -o, joined by commas, or NULL. error: one line. */
bool img_create_parse(struct img_create *create, const char *format, const char *options, GError **error);
void img_create_clear(struct img_create *create);
bool img_options_want_help(const char *options);
void img_options_help(const char *format);
/* Makes the file; what it held is lost. On false nothing is left. error: one line. */
bool img_create_file(const char *path, const struct img_create *create, GError **error);
/* Looks for the backing file and takes its size when none is given. */
bool img_create_look_at_backing(const char *path, struct img_create *create, GError **error);
/* "fmt=qcow2 cluster_size=65536 ...", as it is announced. Free it. */
char *img_create_describe(const struct img_create *create);

int img_create(struct img *img, int argc, char **argv);
int img_resize(struct img *img, int argc, char **argv);
int img_info(struct img *img, int argc, char **argv);
int img_check(struct img *img, int argc, char **argv);
int img_convert(struct img *img, int argc, char **argv);
int img_map(struct img *img, int argc, char **argv);
int img_compare(struct img *img, int argc, char **argv);
int img_snapshot(struct img *img, int argc, char **argv);
int img_rebase(struct img *img, int argc, char **argv);
int img_commit(struct img *img, int argc, char **argv);
int img_bench(struct img *img, int argc, char **argv);

void img_print_snapshots(GPtrArray *snapshots);

#endif
