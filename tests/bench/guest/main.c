/* SPDX-License-Identifier: MIT */
/* Finds the benchmark that the command line names. */
#include "tests/bench/guest/guest.h"

static int starts_with(const char *text, const char *word)
{
    while (*word && *text == *word) {
        text++, word++;
    }
    return !*word && (*text == ' ' || !*text);
}

static int run_if_named(const struct benchmark_row *rows, unsigned count, const char *arguments, uint32_t *checksum)
{
    for (unsigned i = 0; i < count; i++) {
        if (!starts_with(arguments, rows[i].name)) {
            continue;
        }
        uint32_t times = 0;
        while (*arguments && *arguments != ' ') {
            arguments++;
        }
        for (; *arguments; arguments++) {
            if (*arguments >= '0' && *arguments <= '9') {
                times = times * 10 + (uint32_t)(*arguments - '0');
            }
        }
        *checksum = rows[i].run(times);
        return 1;
    }
    return 0;
}

/* The first word is the kernel's name where the loader gives it. */
int guest_run(const char *arguments, uint32_t *checksum)
{
    *checksum = 0xbad;
    for (const char *word = arguments; *word; word++) {
        if ((word == arguments || word[-1] == ' ') &&
            (run_if_named(user_benchmarks, user_benchmark_count, word, checksum) ||
             run_if_named(vector_benchmarks, vector_benchmark_count, word, checksum) ||
             run_if_named(system_benchmarks, system_benchmark_count, word, checksum)))
            return 1;
    }
    return 0;
}
