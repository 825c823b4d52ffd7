/* SPDX-License-Identifier: MIT */
/* Parallel port: strobe, acknowledge interrupt, EPP, and a connector with nothing in it. */
#include <stdlib.h>
#include <unistd.h>
#include "hw/char/parallel.h"
#include "tests/device/rig.h"

enum { DATA = 0x378, STATUS = 0x379, CONTROL = 0x37a, EPP_DATA = 0x37c };

static void prints_what_is_strobed(struct test *test)
{
    struct rig rig;
    struct wire irq = { 0 };
    g_autofree char *path = NULL, *text = NULL;
    int fd = g_file_open_tmp("parallel-XXXXXX", &path, NULL);
    g_autofree char *spec = g_strconcat("file:", path, NULL);
    struct character *character = character_open(spec, NULL);
    rig_init(&rig);
    parallel_new(rig.machine, DATA, wire_line(&irq), character);
    EXPECT_EQ(test, in8(&rig, STATUS) & 0xf8, 0xd8);
    out8(&rig, DATA, 'A'), out8(&rig, CONTROL, 0x0d), out8(&rig, CONTROL, 0x0d), out8(&rig, CONTROL, 0x0c);
    EXPECT(test, !irq.level && in8(&rig, DATA) == 'A');
    out8(&rig, DATA, 'B'), out8(&rig, CONTROL, 0x1d);
    EXPECT(test, irq.level);
    out8(&rig, CONTROL, 0x1c);
    EXPECT(test, (in8(&rig, STATUS) & 0x80) && !irq.level);
    out8(&rig, CONTROL, 0x08);
    EXPECT_EQ(test, in8(&rig, STATUS) & 0x80, 0);   /* being initialised: busy, and takes nothing */
    out8(&rig, DATA, 'X'), out8(&rig, CONTROL, 0x09), out8(&rig, CONTROL, 0x0c);
    out8(&rig, EPP_DATA, 'C');
    rig_free(&rig);
    character_free(character);
    EXPECT(test, g_file_get_contents(path, &text, NULL, NULL) && !strcmp(text, "ABC"));
    unlink(path);
    close(fd);
}

static void nothing_connected(struct test *test)
{
    struct rig rig;
    struct wire irq = { 0 };
    rig_init(&rig);
    parallel_new(rig.machine, DATA, wire_line(&irq), NULL);
    out8(&rig, DATA, 0xaa);
    EXPECT_EQ(test, in8(&rig, DATA), 0xaa);         /* that is how firmware finds the port */
    out8(&rig, EPP_DATA, 1);
    EXPECT_EQ(test, in8(&rig, STATUS) & 1, 1);
    out8(&rig, STATUS, 1);
    EXPECT_EQ(test, in8(&rig, STATUS) & 1, 0);
    rig_free(&rig);
}

int main(void)
{
    static const struct test_case cases[] = { TEST(prints_what_is_strobed), TEST(nothing_connected) };
    return test_run_cases("parallel", cases, ARRAY_LEN(cases));
}
