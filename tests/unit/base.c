/* SPDX-License-Identifier: MIT */
/* base/: the log's categories and files, the search for a near name. */
#include "base/error.h"
#include "base/log.h"
#include "tests/unit/test.h"
#include <string.h>
#include <unistd.h>

static void nearest(struct test *test)
{
    static const char *const names[] = { "kernel", "initrd", "append", NULL };
    EXPECT(test, !g_strcmp0(nearest_name("kernal", names), "kernel"));
    EXPECT(test, !g_strcmp0(nearest_name("intird", names), "initrd"));
    EXPECT(test, !g_strcmp0(nearest_name("APPEND", names), "append"));
    EXPECT(test, nearest_name("zzzzzzzz", names) == NULL);
}

static void mask_of_names(struct test *test)
{
    struct log *log = log_new();
    GError *error = NULL;
    EXPECT(test, log_set_mask(log, "int,guest_errors", NULL));
    EXPECT(test, log_on(log, LOG_int) && log_on(log, LOG_guest_errors) && !log_on(log, LOG_cpu));
    EXPECT(test, !log_set_mask(log, "in_asn", &error));
    EXPECT(test, error && strstr(error->message, "'in_asm'"));
    g_clear_error(&error);
    log_free(log);
}

static void file_gets_lines_of_chosen_categories(struct test *test)
{
    char *path = g_strdup("/tmp/dragoman-log-XXXXXX"), *text = NULL;
    int fd = g_mkstemp(path);
    struct log *log = log_new();
    EXPECT(test, fd >= 0 && log_set_mask(log, "int", NULL) && log_set_file(log, path, NULL));
    log_write(log, LOG_int, "vector %d\n", 13);
    log_write(log, LOG_cpu, "not this\n");
    log_free(log);
    EXPECT(test, g_file_get_contents(path, &text, NULL, NULL) && !strcmp(text, "vector 13\n"));
    remove(path);
    g_free(text);
    g_free(path);
    close(fd);
}

static void file_that_cannot_be(struct test *test)
{
    struct log *log = log_new();
    GError *error = NULL;
    EXPECT(test, !log_set_file(log, "/nonexistent/log", &error));
    EXPECT(test, error && strstr(error->message, "/nonexistent/log"));
    g_clear_error(&error);
    log_free(log);
}

int main(void)
{
    test_run("nearest_name", nearest);
    test_run("log_mask_of_names", mask_of_names);
    test_run("log_file_gets_lines_of_chosen_categories", file_gets_lines_of_chosen_categories);
    test_run("log_file_that_cannot_be", file_that_cannot_be);
    return test_status();
}
