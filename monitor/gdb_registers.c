/* SPDX-License-Identifier: MIT */
/*
 * Registers and target descriptions for gdb (gdb manual, appendix G), made from what the target says of its CPUs
 * (tcg/cpu_gdb.h). Which of a CPU's descriptions a client gets is settled when it first asks, and stays so: gdb takes
 * no other before it connects again.
 */
#include <limits.h>
#include <string.h>
#include "monitor/gdb.h"

enum { EINVAL_CODE = 22 };

/* ---- which description ---- */

/* By name, or by width: of those the last. NULL: this CPU has no such one. */
static const struct cpu_gdb_layout *find_layout(struct cpu *cpu, const char *name, unsigned bits)
{
    const struct cpu_gdb *target = cpu_gdb_of(cpu);
    const struct cpu_gdb_layout *found = NULL;
    for (const struct cpu_gdb_layout *layout = target->layouts; layout->name; layout++) {
        if ((name ? !strcmp(layout->name, name) : layout->address_bytes * 8 == bits) &&
            (!target->has_layout || target->has_layout(cpu, layout))) {
            found = layout;
        }
    }
    return found;
}

static bool name_known(const struct gdb *gdb, const char *name)
{
    for (unsigned i = 0; i < gdb->registers->len; i++) {
        if (!strcmp(g_array_index(gdb->registers, struct cpu_gdb_register, i).name, name)) {
            return true;
        }
    }
    return false;
}

void gdb_choose_layout(struct gdb *gdb)
{
    struct cpu *cpu = gdb_cpu(gdb, 0);
    const struct cpu_gdb *target = cpu_gdb_of(cpu);
    if (gdb->layout) {
        return;
    }
    monitor_hold_cpus(gdb->monitor);
    const struct cpu_gdb_layout *present = target->present(gdb_present_cpu(gdb));
    const struct cpu_gdb_layout *named = find_layout(cpu, gdb->options->arch, 0);
    const struct cpu_gdb_layout *kernel = find_layout(cpu, NULL, gdb->options->kernel_bits);
    gdb->layout = named ? named : kernel ? kernel : present;
    struct cpu_gdb_register reg;
    for (unsigned n = 0; target->register_at(cpu, gdb->layout, n, &reg); n++) {
        if (!name_known(gdb, reg.name)) {           /* a 32-bit and a 64-bit form of one register: the first is served */
            g_array_append_val(gdb->registers, reg);
        }
    }
    monitor_release_cpus(gdb->monitor);
}

bool gdb_set_arch(struct monitor *monitor, struct gdb_options *options, const char *name)
{
    const struct cpu_gdb_layout *named = find_layout(monitor_cpu(monitor, 0), name, 0);
    if (!named && strcmp(name, "auto")) {
        return false;
    }
    options->arch = named ? named->name : "auto";
    options->kernel_bits = 0;
    return true;
}

/* Tells the user, at a stop, when the description that he works with is not for the code that runs now. */
void gdb_warn_layout(struct gdb *gdb)
{
    const struct cpu_gdb_layout *present = cpu_gdb_of(gdb_cpu(gdb, 0))->present(gdb_present_cpu(gdb));
    if (!gdb->layout || present == gdb->layout || present == gdb->told || present->address_bytes == gdb->layout->address_bytes) {
        return;
    }
    g_autoptr(GString) out = g_string_new("O");
    g_autofree char *text = g_strdup_printf("The CPU runs %s code now, but this session has the registers of %s: 'monitor "
                                            "gdb-arch auto', then connect again.\n", present->name, gdb->layout->name);
    gdb->told = present;
    gdb_put_hex(out, text, strlen(text));
    gdb_send(gdb, out->str, out->len);
}

/* ---- values ---- */

/* Linear program counters are of use where gdb knows nothing of segments' bases: in 16-bit code. */
static struct cpu_gdb_view view_of(const struct gdb *gdb)
{
    return (struct cpu_gdb_view){ gdb->layout, !gdb->options->offset_pc && !strcmp(gdb->layout->name, "i8086") };
}

const struct cpu_gdb_register *gdb_register(const struct gdb *gdb, uint64_t number)
{
    for (unsigned i = 0; i < gdb->registers->len; i++) {
        const struct cpu_gdb_register *reg = &g_array_index(gdb->registers, struct cpu_gdb_register, i);
        if (reg->number == number) {
            return reg;
        }
    }
    return NULL;
}

void gdb_put_register(struct gdb *gdb, unsigned index, const struct cpu_gdb_register *reg, GString *out)
{
    struct cpu *cpu = gdb_cpu(gdb, index);
    const struct cpu_gdb_view view = view_of(gdb);
    uint8_t value[CPU_GDB_MOST_BYTES] = { 0 };
    cpu_gdb_of(cpu)->read(cpu, &view, reg, value);
    gdb_put_hex(out, value, reg->bits / 8);
}

static void read_value(struct gdb *gdb, const struct cpu_gdb_register *reg, uint8_t value[CPU_GDB_MOST_BYTES])
{
    struct cpu *cpu = gdb_present_cpu(gdb);
    const struct cpu_gdb_view view = view_of(gdb);
    memset(value, 0, CPU_GDB_MOST_BYTES);
    cpu_gdb_of(cpu)->read(cpu, &view, reg, value);
}

/* false: not so many digits. */
static bool take_value(const char **at, const struct cpu_gdb_register *reg, uint8_t value[CPU_GDB_MOST_BYTES])
{
    memset(value, 0, CPU_GDB_MOST_BYTES);
    for (unsigned i = 0; i < reg->bits / 8; i++) {
        if (!gdb_take_byte(at, &value[i])) {
            return false;
        }
    }
    return true;
}

/* false: it cannot be written, or not with that value. */
static bool write_value(struct gdb *gdb, const struct cpu_gdb_register *reg, const uint8_t value[CPU_GDB_MOST_BYTES])
{
    struct cpu *cpu = gdb_present_cpu(gdb);
    const struct cpu_gdb_view view = view_of(gdb);
    return cpu_gdb_of(cpu)->write(cpu, &view, reg, value);
}

void gdb_set_pc(struct gdb *gdb, uint64_t pc)
{
    struct cpu *cpu = gdb_present_cpu(gdb);
    gdb_choose_layout(gdb);
    const struct cpu_gdb_register *reg = gdb_register(gdb, gdb->layout->generic.pc);
    const struct cpu_gdb_view view = view_of(gdb);
    pc = GUINT64_TO_LE(pc);
    cpu_gdb_of(cpu)->write(cpu, &view, reg, (const uint8_t *)&pc);
}

/* The linear address that belongs to a program counter as the client sees it. */
uint64_t gdb_linear_pc(struct gdb *gdb, unsigned index, uint64_t pc)
{
    struct cpu *cpu = gdb_cpu(gdb, index);
    uint64_t now = 0;
    gdb_choose_layout(gdb);
    const struct cpu_gdb_view view = view_of(gdb);
    cpu_gdb_of(cpu)->read(cpu, &view, gdb_register(gdb, gdb->layout->generic.pc), (uint8_t *)&now);
    return cpu_view_of(cpu)->instruction(cpu) + (pc - GUINT64_FROM_LE(now));
}

void gdb_read_registers(struct gdb *gdb, struct gdb_arguments arguments)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gdb_choose_layout(gdb);
    if (!gdb_take_thread_suffix(gdb, &arguments.at)) {
        gdb_refuse(gdb, EINVAL_CODE, "no such thread");
        return;
    }
    monitor_hold_cpus(gdb->monitor);
    for (unsigned i = 0; i < gdb->layout->general; i++) {
        gdb_put_register(gdb, gdb->cpu, &g_array_index(gdb->registers, struct cpu_gdb_register, i), out);
    }
    monitor_release_cpus(gdb->monitor);
    gdb_send(gdb, out->str, out->len);
}

/* The packet has all of them. What it does not change is not written, as one register may move others: a selector its base. Those
 * that cannot be written stay. */
void gdb_write_registers(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_choose_layout(gdb);
    g_autofree uint8_t *before = g_malloc(gdb->layout->general * CPU_GDB_MOST_BYTES);
    const char *suffix = strchr(arguments.at, ';');
    if (suffix && !gdb_take_thread_suffix(gdb, &suffix)) {
        gdb_refuse(gdb, EINVAL_CODE, "no such thread");
        return;
    }
    monitor_hold_cpus(gdb->monitor);
    for (unsigned i = 0; i < gdb->layout->general; i++) {
        read_value(gdb, &g_array_index(gdb->registers, struct cpu_gdb_register, i), before + i * CPU_GDB_MOST_BYTES);
    }
    for (unsigned i = 0; i < gdb->layout->general; i++) {
        const struct cpu_gdb_register *reg = &g_array_index(gdb->registers, struct cpu_gdb_register, i);
        uint8_t value[CPU_GDB_MOST_BYTES];
        if (!take_value(&arguments.at, reg, value)) {
            break;
        }
        if (memcmp(value, before + i * CPU_GDB_MOST_BYTES, CPU_GDB_MOST_BYTES)) {
            write_value(gdb, reg, value);
        }
    }
    monitor_release_cpus(gdb->monitor);
    gdb_ok(gdb);
}

void gdb_read_register(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t number;
    g_autoptr(GString) out = g_string_new(NULL);
    gdb_choose_layout(gdb);
    const struct cpu_gdb_register *reg = gdb_take_hex(&arguments.at, &number) ? gdb_register(gdb, number) : NULL;
    if (!reg || !gdb_take_thread_suffix(gdb, &arguments.at)) {
        gdb_refuse(gdb, EINVAL_CODE, "no such register");
        return;
    }
    monitor_hold_cpus(gdb->monitor);
    gdb_put_register(gdb, gdb->cpu, reg, out);
    monitor_release_cpus(gdb->monitor);
    gdb_send(gdb, out->str, out->len);
}

void gdb_write_register(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t number;
    bool done = false;
    uint8_t value[CPU_GDB_MOST_BYTES];
    gdb_choose_layout(gdb);
    const struct cpu_gdb_register *reg = gdb_take_hex(&arguments.at, &number) ? gdb_register(gdb, number) : NULL;
    const char *suffix = strchr(arguments.at, ';');
    if (!reg || !gdb_take_char(&arguments.at, '=') || (suffix && !gdb_take_thread_suffix(gdb, &suffix))) {
        gdb_refuse(gdb, EINVAL_CODE, "no such register");
        return;
    }
    const bool complete = take_value(&arguments.at, reg, value);
    if (complete) {
        monitor_hold_cpus(gdb->monitor);
        done = write_value(gdb, reg, value);
        monitor_release_cpus(gdb->monitor);
    }
    if (done) {
        gdb_ok(gdb);
    } else {
        gdb_refuse(gdb, EINVAL_CODE, complete ? "this register cannot be written, or not with this value" : "the value is too short");
    }
}

/* ---- the description ---- */

static const char *types_of(const struct cpu_gdb_layout *layout, const char *feature)
{
    for (const struct cpu_gdb_types *types = layout->types; types->feature; types++) {
        if (!strcmp(types->feature, feature)) {
            return types->xml;
        }
    }
    return "";
}

static void put_register_element(const struct cpu_gdb_register *reg, GString *out)
{
    g_string_append_printf(out, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"", reg->name, reg->bits, reg->number,
                           reg->type);
    if (reg->group) {
        g_string_append_printf(out, " group=\"%s\"", reg->group);
    }
    g_string_append(out, "/>");
}

static void put_feature(const struct gdb *gdb, const char *name, GString *out)
{
    g_string_append_printf(out, "<feature name=\"%s\">%s", name, types_of(gdb->layout, name));
    for (unsigned i = 0; i < gdb->registers->len; i++) {
        const struct cpu_gdb_register *reg = &g_array_index(gdb->registers, struct cpu_gdb_register, i);
        if (!strcmp(reg->feature, name)) {
            put_register_element(reg, out);
        }
    }
    g_string_append(out, "</feature>\n");
}

static bool is_first_of_feature(const struct gdb *gdb, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (!strcmp(g_array_index(gdb->registers, struct cpu_gdb_register, i).feature,
                    g_array_index(gdb->registers, struct cpu_gdb_register, n).feature)) {
            return false;
        }
    }
    return true;
}

/* A feature without registers says that the CPU has something. */
static bool has_registers(const struct gdb *gdb, const char *feature)
{
    for (unsigned i = 0; i < gdb->registers->len; i++) {
        if (!strcmp(g_array_index(gdb->registers, struct cpu_gdb_register, i).feature, feature)) {
            return true;
        }
    }
    return false;
}

void gdb_put_target(struct gdb *gdb, GString *out)
{
    gdb_choose_layout(gdb);
    g_string_append_printf(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
                           "<architecture>%s</architecture>\n<osabi>none</osabi>\n", gdb->layout->architecture);
    for (unsigned i = 0; i < gdb->registers->len; i++) {
        if (is_first_of_feature(gdb, i)) {
            put_feature(gdb, g_array_index(gdb->registers, struct cpu_gdb_register, i).feature, out);
        }
    }
    for (const struct cpu_gdb_types *types = gdb->layout->types; types->feature; types++) {
        if (!has_registers(gdb, types->feature)) {
            put_feature(gdb, types->feature, out);
        }
    }
    g_string_append(out, "</target>\n");
}
