/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H
/* The little a C test needs: name a test, state what must hold, report in the form that tests/run reads. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

struct test { const char *name; bool failed; };
static unsigned test_failures;

/* What failed is said once a place; the test goes on. */
static inline bool test_expect(struct test *test, bool holds, const char *what, const char *file, int line)
{
    if (!holds) {
        printf("not ok %s: %s:%d: %s\n", test->name, file, line, what);
        test->failed = true;
    }
    return holds;
}
static inline bool test_expect_equal(struct test *test, uint64_t got, uint64_t want, const char *what, const char *file,
                                     int line)
{
    if (got != want) {
        printf("not ok %s: %s:%d: %s is 0x%" PRIx64 ", not 0x%" PRIx64 "\n", test->name, file, line, what, got, want);
        test->failed = true;
    }
    return got == want;
}
#define EXPECT_EQ(test, got, want) test_expect_equal(test, got, want, #got, __FILE__, __LINE__)
#define EXPECT(test, condition) test_expect(test, condition, #condition, __FILE__, __LINE__)

static inline void test_run(const char *name, void (*function)(struct test *test))
{
    struct test test = { name, false };
    function(&test);
    if (test.failed) {
        test_failures++;
    } else {
        printf("ok %s\n", name);
    }
}
/* The cases of one test program; the name printed is GROUP_function. */
struct test_case { const char *name; void (*function)(struct test *test); };
#define TEST(function) { #function, function }
static inline int test_status(void);
static inline int test_run_cases(const char *group, const struct test_case *cases, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[128];
        snprintf(name, sizeof(name), "%s_%s", group, cases[i].name);
        test_run(name, cases[i].function);
    }
    return test_status();
}
static inline int test_status(void) { return test_failures != 0; }

#endif
