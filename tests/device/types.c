/* SPDX-License-Identifier: MIT */
/* What holds for all device types: snapshot fields cover the state, reset equals fresh, state moves whole. */
#include "hw/device_types.h"
#include "tests/device/all.h"

static void snapshot_fields_cover_the_state(struct test *test)
{
    for (unsigned i = 0; i < device_type_count; i++) {
        if (!snapshot_fields_cover_state(device_types[i])) {
            printf("# %s\n", device_types[i]->name);
            EXPECT(test, !"fields leave bytes out or name them twice");
        }
    }
}

static void table_has_each_type_once(struct test *test)
{
    struct all all = { 0 };
    all_init(&all, 0);
    for (unsigned i = 0; i < device_type_count; i++) {
        unsigned same = 0, built = 0;
        for (unsigned j = 0; j < device_type_count; j++) {
            same += !strcmp(device_types[i]->name, device_types[j]->name);
        }
        for (unsigned j = 0; j < all.rig.machine->devices->len; j++) {
            built += g_array_index(all.rig.machine->devices, struct machine_device, j).type == device_types[i];
        }
        EXPECT(test, same == 1 && built >= 1 && device_types[i]->version);
    }
    all_free(&all);
}

/* What a battery or the board keeps over a reset, by device and field. */
static bool survives_reset(const struct device_type *type, const char *field)
{
    static const char *const battery[] = { "offset_s", "phase_ns", "handled_s", "periodic_next_ns", "ram", "stopped" };
    for (unsigned i = 0; type == &mc146818_type && i < ARRAY_LEN(battery); i++) {
        if (!strcmp(field, battery[i])) {
            return true;
        }
    }
    return (type == &pl031_type && !strcmp(field, "offset_s")) || (type == &pl061_type && !strcmp(field, "inputs")) ||
           (type == &gicv2_type && !strcmp(field, "level")) ||
           (type == &gicv3_type && !strcmp(field, "words")) || (type == &gicv3_cpu_type && !strcmp(field, "own"));
}

static unsigned differing_fields(struct machine *a, struct machine *b, bool whole)
{
    unsigned different = 0;
    for (unsigned i = 0; i < a->devices->len; i++) {
        struct machine_device *x = &g_array_index(a->devices, struct machine_device, i);
        struct machine_device *y = &g_array_index(b->devices, struct machine_device, i);
        for (unsigned f = 0; f < x->type->field_count; f++) {
            const struct snapshot_field *field = &x->type->fields[f];
            size_t offset = x->type->state_offset + field->offset;
            if ((whole || !survives_reset(x->type, field->name)) &&
                memcmp((char *)x->device + offset, (char *)y->device + offset, field->size)) {
                printf("# %s.%s\n", x->type->name, field->name);
                different++;
            }
        }
    }
    return different;
}

static void reset_equals_fresh(struct test *test)
{
    struct all used = { .seed = 1 }, fresh = { 0 };
    all_init(&used, 1000000);
    all_prepare(&used);
    for (unsigned i = 0; i < 20000; i++) {
        all_step(&used);
    }
    machine_reset(used.rig.machine);
    all_init(&fresh, used.rig.now_ns);
    machine_reset(fresh.rig.machine);
    EXPECT_EQ(test, differing_fields(used.rig.machine, fresh.rig.machine, false), 0);
    all_free(&used);
    all_free(&fresh);
}

/* Also brings what is computed when somebody looks up to now. */
static void settle(struct machine *machine)
{
    for (unsigned i = 0; i < machine->devices->len; i++) {
        struct machine_device *device = &g_array_index(machine->devices, struct machine_device, i);
        if (device->type->loaded) {
            device->type->loaded(device->device);
        }
    }
}

static void move_state(struct all *from, struct all *to)
{
    GArray *sources = from->rig.machine->devices, *targets = to->rig.machine->devices;
    memcpy(to->rig.machine->ram->host, from->rig.machine->ram->host, from->rig.machine->ram_used);
    all_move_disks(from, to);
    all_move_net(from, to);
    for (unsigned i = 0; i < sources->len; i++) {
        struct machine_device *x = &g_array_index(sources, struct machine_device, i);
        struct machine_device *y = &g_array_index(targets, struct machine_device, i);
        memcpy((char *)y->device + y->type->state_offset, (char *)x->device + x->type->state_offset,
               x->type->state_size);
    }
    settle(to->rig.machine);
    to->seed = from->seed;
}

static unsigned differing_settled(struct all *a, struct all *b)
{
    settle(a->rig.machine);
    settle(b->rig.machine);
    return differing_fields(a->rig.machine, b->rig.machine, true);
}

/* State carried over by its fields and `loaded` goes on as the original does: by itself while time passes, and under
 * the same accesses. */
static void state_moves(struct test *test, unsigned seed)
{
    struct all a = { .seed = seed }, b = { 0 };
    all_init(&a, 1000000);
    all_prepare(&a);
    for (unsigned i = 0; i < seed * seed; i++) {
        all_step(&a);
    }
    all_init(&b, a.rig.now_ns);
    move_state(&a, &b);
    rig_run(&a.rig, 20000000);
    rig_run(&b.rig, 20000000);
    bool same = EXPECT_EQ(test, differing_settled(&a, &b), 0);
    for (unsigned i = 0; same && i < 2000; i++) {
        all_step(&a);
        all_step(&b);
    }
    if (!EXPECT_EQ(test, differing_settled(&a, &b), 0)) {
        printf("# seed %u\n", seed);
    }
    all_free(&a);
    all_free(&b);
}

static void state_moves_whole(struct test *test)
{
    /* An interrupt that the bus master's status had forgotten, a command behind a reset in the middle of a result. (Seed 196 changes
     * the table of a DMA that is under way: who starts it again from a snapshot walks the new one.) */
    static const unsigned found[] = { 121, 127, 134, 145 };
    for (unsigned seed = 1; seed <= 30; seed++) {
        state_moves(test, seed);
    }
    for (unsigned i = 0; i < ARRAY_LEN(found); i++) {
        state_moves(test, found[i]);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        TEST(snapshot_fields_cover_the_state), TEST(table_has_each_type_once), TEST(reset_equals_fresh),
        TEST(state_moves_whole),
    };
    return test_run_cases("device_types", cases, ARRAY_LEN(cases));
}
