/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H
/* The little a C test needs: name a test, state what must hold, report in the form that tests/run reads. */
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
static inline int test_status(void) { return test_failures != 0; }

#endif
