/* SPDX-License-Identifier: MIT */
/* Registers by their names in the descriptions that gdb gets, for others than gdb. */
#include <string.h>
#include "tcg/cpu_gdb.h"

static bool find_in(struct cpu *cpu, const struct cpu_gdb_layout *layout, const char *name, struct cpu_gdb_register *reg)
{
    for (unsigned n = 0; cpu_gdb_of(cpu)->register_at(cpu, layout, n, reg); n++) {
        if (!strcmp(reg->name, name) && reg->bits <= 64) {
            return true;
        }
    }
    return false;
}

/* In the description that fits the code that runs, else in any: each CPU has the registers of all of them. */
static bool find(struct cpu *cpu, const char *name, struct cpu_gdb_register *reg, struct cpu_gdb_view *view)
{
    const struct cpu_gdb *gdb = cpu_gdb_of(cpu);
    view->linear_pc = !strcmp(name, "pc");
    for (const struct cpu_gdb_alias *alias = gdb->aliases; alias && alias->name; alias++) {
        name = strcmp(name, alias->name) ? name : alias->means;
    }
    view->layout = gdb->present(cpu);
    if (find_in(cpu, view->layout, name, reg)) {
        return true;
    }
    for (view->layout = gdb->layouts; view->layout->name; view->layout++) {
        if (find_in(cpu, view->layout, name, reg)) {
            return true;
        }
    }
    return false;
}

bool cpu_gdb_read_name(struct cpu *cpu, const char *name, uint64_t *value)
{
    struct cpu_gdb_register reg;
    struct cpu_gdb_view view;
    uint64_t word = 0;
    if (!cpu_gdb_of(cpu) || !find(cpu, name, &reg, &view)) {
        return false;
    }
    cpu_gdb_of(cpu)->read(cpu, &view, &reg, (uint8_t *)&word);
    *value = GUINT64_FROM_LE(word);
    return true;
}

bool cpu_gdb_write_name(struct cpu *cpu, const char *name, uint64_t value)
{
    struct cpu_gdb_register reg;
    struct cpu_gdb_view view;
    const uint64_t word = GUINT64_TO_LE(value);
    return cpu_gdb_of(cpu) && find(cpu, name, &reg, &view) && cpu_gdb_of(cpu)->write(cpu, &view, &reg, (const uint8_t *)&word);
}
