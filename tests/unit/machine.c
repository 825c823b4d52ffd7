/* SPDX-License-Identifier: MIT */
/* machine/machine.c: the main loop, requests, reset order, two machines in one process. */
#include "machine/machine.h"
#include "tests/unit/test.h"
#include <string.h>

/* A device that counts and a script that a timer walks through. */
struct fixture {
    struct machine *machine;
    struct timer *timer;
    char calls[64];
    int step;
};

struct unit { char name; uint8_t resets; struct fixture *fixture; };

static void unit_reset(void *device)
{
    struct unit *unit = device;
    unit->resets++;
    strncat(unit->fixture->calls, &unit->name, 1);
}

static const struct device_type unit_type = { .name = "unit", .reset = unit_reset };

static void note(struct fixture *f, const char *what) { strcat(f->calls, what); }
static void cpus_start(void *opaque) { note(opaque, "("); }
static void cpus_stop(void *opaque) { note(opaque, ")"); }
static void cpus_reset(void *opaque) { note(opaque, "R"); }

static void script(void *opaque)
{
    struct fixture *f = opaque;
    timer_arm(f->timer, clock_now_ns(f->machine->clocks, CLOCK_KIND_REAL) + 1000000);
    switch (f->step++) {
    case 0: machine_request_powerdown(f->machine); break;
    case 1:
        machine_request_reset(f->machine);
        machine_request_reset(f->machine);
        break;
    case 2:
        machine_request_shutdown(f->machine, 5);
        machine_request_shutdown(f->machine, 6);
        break;
    }
}

static void power_button(void *controller, unsigned input, bool level) { note(controller, level ? "P" : "p"); }

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    f->machine = machine_new(1 << 20, 0, NULL);
    f->machine->cpus = (struct machine_cpus){ f, cpus_start, cpus_stop, cpus_reset, NULL };
    f->machine->power_button = (struct irq_line){ power_button, f, 0 };
    for (char name = 'a'; name <= 'b'; name++) {
        struct unit *unit = g_new0(struct unit, 1);
        *unit = (struct unit){ name, 0, f };
        machine_add_device(f->machine, &unit_type, unit);
    }
    f->timer = timer_new(f->machine->clocks, CLOCK_KIND_REAL, script, f);
    timer_arm(f->timer, 0);
}

static void fixture_free(struct fixture *f)
{
    timer_free(f->timer);
    machine_free(f->machine);
}

static void requests_are_done_by_the_main_loop(struct test *test)
{
    struct fixture f;
    fixture_init(&f);
    EXPECT(test, !strcmp(f.calls, "ab"));
    EXPECT_EQ(test, machine_run(f.machine), 5);
    EXPECT(test, !strcmp(f.calls, "ab(Pp)abR()"));
    EXPECT(test, f.machine->state == MACHINE_SHUTDOWN);
    fixture_free(&f);
}

static void no_reboot_ends_the_run(struct test *test)
{
    struct fixture f;
    fixture_init(&f);
    f.machine->no_reboot = true;
    EXPECT_EQ(test, machine_run(f.machine), 0);
    EXPECT(test, !strcmp(f.calls, "ab(Pp)") && f.step == 2);
    fixture_free(&f);
}

static gpointer run_in_thread(gpointer opaque)
{
    struct fixture *f = opaque;
    GMainContext *context = g_main_context_new();
    g_main_context_push_thread_default(context);
    int status = machine_run(f->machine);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
    return GINT_TO_POINTER(status);
}

static void two_machines_in_one_process(struct test *test)
{
    struct fixture f[2];
    GThread *threads[2];
    for (unsigned i = 0; i < 2; i++) {
        fixture_init(&f[i]);
        threads[i] = g_thread_new("machine", run_in_thread, &f[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(test, GPOINTER_TO_INT(g_thread_join(threads[i])), 5);
        EXPECT(test, !strcmp(f[i].calls, "ab(Pp)abR()"));
        fixture_free(&f[i]);
    }
}

static void stopped_machine_stands_still(struct test *test)
{
    struct fixture f;
    fixture_init(&f);
    machine_start(f.machine);
    machine_stop(f.machine);
    int64_t now = clock_now_ns(f.machine->clocks, CLOCK_KIND_VIRTUAL);
    g_usleep(2000);
    EXPECT(test, clock_now_ns(f.machine->clocks, CLOCK_KIND_VIRTUAL) == now && f.machine->state == MACHINE_STOPPED);
    machine_start(f.machine);
    g_usleep(2000);
    EXPECT(test, clock_now_ns(f.machine->clocks, CLOCK_KIND_VIRTUAL) > now);
    machine_stop(f.machine);
    fixture_free(&f);
}

static void memory_of_devices(struct test *test)
{
    struct machine *machine = machine_new(1 << 20, 100, NULL);
    uint64_t first, second;
    EXPECT(test, machine_take_ram(machine, 5000, &first) && machine_take_ram(machine, 1, &second));
    EXPECT(test, first == (1 << 20) + 4096 && second == first + 8192 && machine->ram_used == second + 4096);
    EXPECT(test, !machine_take_ram(machine, MACHINE_DEVICE_RAM_BYTES, &first));
    EXPECT(test, !machine_take_ram(machine, UINT64_MAX, &first) && !machine_take_ram(machine, UINT64_MAX - 5000, &first));
    EXPECT(test, machine_take_ram(machine, MACHINE_DEVICE_RAM_BYTES - 12288, &first) && !machine_take_ram(machine, 1, &first));
    machine_free(machine);
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(requests_are_done_by_the_main_loop), TEST(no_reboot_ends_the_run), TEST(two_machines_in_one_process),
        TEST(stopped_machine_stands_still), TEST(memory_of_devices),
    };
    return test_run_cases("machine", cases, ARRAY_LEN(cases));
}
