/* SPDX-License-Identifier: MIT */
/*
 * The image tool: `dragoman img VERB`, or a link named qemu-img. Verbs, options, what is printed and exit statuses are
 * qemu-img's; an error is one line on stderr.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/device.h"
#include "block/block.h"
#include "block/img.h"

static const struct img_verb verbs[] = {
    { "create", "[-f FORMAT] [-o KEY=VALUE,...] [-b BACKING -F FORMAT] [-u] [-q] FILE [SIZE]", img_create },
    { "info", "[-f FORMAT] [--output=human|json] [--backing-chain] [-U] FILE", img_info },
    { "check", "[-f FORMAT] [--output=human|json] [-r leaks|all] [-q] [-U] FILE", img_check },
    { "convert", "[-f FORMAT] [-O FORMAT] [-o KEY=VALUE,...] [-B BACKING -F FORMAT] [-c] [-n] [-p] [-q] [-S SIZE] [-U] "
                 "SOURCE TARGET", img_convert },
    { "resize", "[-f FORMAT] [--shrink] [--preallocation=MODE] [-q] FILE [+|-]SIZE", img_resize },
    { "map", "[-f FORMAT] [--output=human|json] [-U] FILE", img_map },
    { "compare", "[-f FORMAT] [-F FORMAT] [-s] [-p] [-q] [-U] FILE FILE", img_compare },
    { "snapshot", "[-q] [-U] -l | -c NAME | -a NAME | -d NAME FILE", img_snapshot },
    { "rebase", "[-f FORMAT] [-u] -b BACKING [-F FORMAT] [-p] [-q] FILE", img_rebase },
    { "commit", "[-f FORMAT] [-d] [-p] [-q] FILE", img_commit },
    { "bench", "[-f FORMAT] [-c COUNT] [-d DEPTH] [-s BYTES] [-S STEP] [-o OFFSET] [-t CACHE] [-w] FILE", img_bench },
};

/* ---- Messages ---- */

int img_fail(const struct img *img, GError *error)
{
    g_printerr("%s: %s\n", img->program, error->message);
    g_error_free(error);
    return 1;
}

int img_complain(const struct img *img, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_printerr("%s: %s\n", img->program, text);
    return 1;
}

int img_misused(const struct img *img, const char *why)
{
    return img_complain(img, "%s: %s; see '%s --help'", img->verb, why, img->program);
}

static void print_help(const struct img *img)
{
    g_print("usage: %s VERB [options]\nDisk images: raw and qcow2.\n", img->program);
    for (unsigned i = 0; i < ARRAY_LEN(verbs); i++) {
        g_print("  %s %s\n", verbs[i].name, verbs[i].usage);
    }
    g_print("Sizes are bytes, or with a suffix k, M, G, T, P or E (of 1024). Exit status: 0 done, 1 failed;\n"
            "check: 2 errors, 3 leaks, 63 the format has no checks; compare: 1 different, 2 failed.\n");
}

/* ---- Options ---- */

int img_next_option(const struct img *img, int argc, char **argv, const struct img_option *options)
{
    struct option long_options[24] = { { 0 } };
    GString *letters = g_string_new(":");
    for (unsigned i = 0; options[i].letter && i + 1 < ARRAY_LEN(long_options); i++) {
        const struct img_option *o = &options[i];
        long_options[i] = (struct option){ o->name ? o->name : "", o->value ? required_argument : no_argument, NULL,
                                           o->letter };
        g_string_append_printf(letters, "%c%s", o->letter, o->value ? ":" : "");
    }
    int letter = getopt_long(argc, argv, letters->str, long_options, NULL);
    g_string_free(letters, TRUE);
    if (letter == '?' || letter == ':') {
        const char *word = argv[optind - 1] ? argv[optind - 1] : "";
        g_autofree char *why = g_strdup_printf(letter == ':' ? "%s needs a value" : "unknown option %s", word);
        img_misused(img, why);
        return '?';
    }
    return letter;
}

bool img_parse_size(const char *text, uint64_t *bytes)
{
    static const char suffixes[] = "bkmgtpe";
    char *end;
    if (!g_ascii_isdigit(*text)) {
        return false;
    }
    errno = 0;
    uint64_t whole = g_ascii_strtoull(text, &end, 10);
    double fraction = *end == '.' ? g_ascii_strtod(end, &end) : 0;
    const char *suffix = *end ? strchr(suffixes, g_ascii_tolower(*end)) : suffixes;
    if (errno || !suffix || (*end && end[1])) {
        return false;
    }
    const unsigned shift = 10 * (unsigned)(suffix - suffixes);
    if (whole > (uint64_t)INT64_MAX >> shift) {
        return false;
    }
    *bytes = (whole << shift) + (uint64_t)(fraction * (double)(1ull << shift));
    return true;
}

/* ---- Text ---- */

char *img_size_text(uint64_t bytes)
{
    static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
    unsigned unit = 0;
    while (unit + 1 < ARRAY_LEN(units) && (double)bytes / exp2(10.0 * unit) >= 1000) {
        unit++;
    }
    return g_strdup_printf("%0.3g %sB", (double)bytes / exp2(10.0 * unit), units[unit]);
}

char *img_json_string(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new("\"");
    for (const char *c = valid; *c; c++) {
        if (*c == '"' || *c == '\\') {
            g_string_append_printf(out, "\\%c", *c);
        } else if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            g_string_append_printf(out, "\\u%04x", *c);
        } else {
            g_string_append_c(out, *c);
        }
    }
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}

void img_progress(struct img *img, uint64_t done, uint64_t total)
{
    int now = total ? (int)(10000.0 * (double)done / (double)total) : 10000;
    if (img->progress && !img->quiet && (now == 10000 || now - img->progress_shown >= 100)) {
        img->progress_shown = now;
        printf("    (%3.2f/100%%)\r", now / 100.0);
        fflush(stdout);
    }
}

void img_progress_end(struct img *img)
{
    if (img->progress && !img->quiet) {
        printf("\n");
    }
}

void img_hold_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

bool img_interrupted(void)
{
    sigset_t set;
    return !sigpending(&set) && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP));
}

/* ---- Entry ---- */

/* QEMU's version whose output this follows; clients read the number behind "version". */
static const char compat_version[] = "8.2.0";

int img_main(int argc, char **argv)
{
    g_autofree char *program = g_path_get_basename(argv[0]);
    struct img img = { .program = program, .progress_shown = -1000 };
    const char *names[ARRAY_LEN(verbs) + 1] = { NULL };
    const char *verb = argc > 1 ? argv[1] : "--help";
    if (!strcmp(verb, "--version") || !strcmp(verb, "-V") || !strcmp(verb, "-version")) {
        g_print("qemu-img version %s (Dragoman %s)\n", compat_version, DRAGOMAN_VERSION);
        return 0;
    }
    if (!strcmp(verb, "--help") || !strcmp(verb, "-h") || !strcmp(verb, "help")) {
        print_help(&img);
        return argc > 1 ? 0 : 1;
    }
    for (unsigned i = 0; i < ARRAY_LEN(verbs); i++) {
        names[i] = verbs[i].name;
        if (!strcmp(verb, verbs[i].name)) {
            img.verb = verb;
            for (int a = 2; a < argc && strcmp(argv[a], "--"); a++) {
                if (!strcmp(argv[a], "--help") || !strcmp(argv[a], "-h")) {
                    g_print("usage: %s %s %s\n", program, verb, verbs[i].usage);
                    return 0;
                }
            }
            int status = verbs[i].run(&img, argc - 1, argv + 1);
            return fflush(stdout) ? img_complain(&img, "cannot write what there is to say: %s", g_strerror(errno))
                : status;
        }
    }
    g_autofree char *hint = nearest_hint(verb, names);
    return img_complain(&img, "unknown verb '%s'%s; see '%s --help'", verb, hint, program);
}
