/* SPDX-License-Identifier: MIT */
/*
 * Memory for gdb: RAM, ROM and video RAM through the tables of the CPU that is looked at, or by physical addresses; never registers
 * of devices, which change by being read. Writes go to ROM too, as a programmer's would. Break- and watchpoints are points of the
 * engine's debugger: software and hardware kinds are the same to it.
 */
#include <inttypes.h>
#include <string.h>
#include "monitor/gdb.h"

enum { EFAULT_CODE = 14, EINVAL_CODE = 22, ENOSPC_CODE = 28, PAGE = 4096 };
static const uint64_t PHYSICAL_BYTES = 1ull << 52;

/* ---- bytes ---- */

/* An address as the client means it. false: nothing is mapped there. */
static bool physical_of(struct gdb *gdb, uint64_t address, uint64_t *physical)
{
    struct cpu *cpu = gdb_present_cpu(gdb);
    *physical = address;
    return gdb->physical || cpu_view_of(cpu)->translate(cpu, address, physical);
}

/* RAM or ROM at an address as the client means it, up to the end of its page. host NULL: there is none. */
static struct memory_place place_at(struct gdb *gdb, uint64_t address)
{
    uint64_t physical;
    if (!physical_of(gdb, address, &physical)) {
        return (struct memory_place){ .host = NULL };
    }
    struct memory_place place = memory_find(gdb_present_cpu(gdb)->memory, physical);
    place.bytes = MIN(place.bytes, PAGE - address % PAGE);
    return place;
}

/* How many of the bytes could be read. CPUs are held. */
static unsigned read_bytes(struct gdb *gdb, uint64_t address, uint8_t *out, unsigned bytes)
{
    unsigned done = 0;
    uint64_t physical;
    while (done < bytes && physical_of(gdb, address + done, &physical)) {
        const unsigned part = (unsigned)MIN(PAGE - (address + done) % PAGE, bytes - done);
        const unsigned got = memory_peek(gdb_present_cpu(gdb)->memory, physical, out + done, part);
        done += got;
        if (got < part) {
            break;
        }
    }
    return done;
}

static bool write_bytes(struct gdb *gdb, uint64_t address, const uint8_t *in, unsigned bytes)
{
    struct engine *engine = gdb->monitor->board->engine;
    while (bytes) {
        const struct memory_place place = place_at(gdb, address);
        const unsigned part = (unsigned)MIN(place.bytes, bytes);
        if (!place.host || !part) {
            return false;
        }
        memcpy(place.host, in, part);
        ram_mark_dirty(place.ram, place.ram_offset, part);
        engine_code_written(engine, place.ram_offset, part);
        address += part;
        in += part;
        bytes -= part;
    }
    return true;
}

static bool take_range(const char **at, uint64_t *address, uint64_t *bytes)
{
    return gdb_take_hex(at, address) && gdb_take_char(at, ',') && gdb_take_hex(at, bytes);
}

void gdb_read_memory(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t address, bytes;
    if (!take_range(&arguments.at, &address, &bytes)) {
        gdb_refuse(gdb, EINVAL_CODE, "no address and length");
        return;
    }
    const unsigned count = (unsigned)MIN(bytes, GDB_PACKET_BYTES / 2 - 1);
    g_autofree uint8_t *data = g_malloc(count + 1);
    monitor_hold_cpus(gdb->monitor);
    const unsigned done = read_bytes(gdb, address, data, count);
    monitor_release_cpus(gdb->monitor);
    if (!done && count) {
        gdb_refuse(gdb, EFAULT_CODE, "no memory is mapped there");
        return;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    gdb_put_hex(out, data, done);
    gdb_send(gdb, out->str, out->len);
}

static void write_reply(struct gdb *gdb, uint64_t address, const uint8_t *data, unsigned bytes)
{
    monitor_hold_cpus(gdb->monitor);
    const bool done = write_bytes(gdb, address, data, bytes);
    monitor_release_cpus(gdb->monitor);
    if (done) {
        gdb_ok(gdb);
    } else {
        gdb_refuse(gdb, EFAULT_CODE, "no memory is mapped there");
    }
}

void gdb_write_memory(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t address, bytes;
    unsigned done = 0;
    if (!take_range(&arguments.at, &address, &bytes) || !gdb_take_char(&arguments.at, ':') || bytes > GDB_PACKET_BYTES / 2) {
        gdb_refuse(gdb, EINVAL_CODE, "no address and length");
        return;
    }
    g_autofree uint8_t *data = g_malloc((size_t)bytes + 1);
    while (done < bytes && gdb_take_byte(&arguments.at, &data[done])) {
        done++;
    }
    if (done < bytes) {
        gdb_refuse(gdb, EINVAL_CODE, "less data than the packet says");
    } else {
        write_reply(gdb, address, data, done);
    }
}

void gdb_write_binary(struct gdb *gdb, struct gdb_arguments arguments)
{
    uint64_t address, bytes;
    if (!take_range(&arguments.at, &address, &bytes) || !gdb_take_char(&arguments.at, ':') ||
        bytes > (uint64_t)(arguments.end - arguments.at)) {
        gdb_refuse(gdb, EINVAL_CODE, "less data than the packet says");
        return;
    }
    write_reply(gdb, address, (const uint8_t *)arguments.at, (unsigned)bytes);
}

/* ---- physical addresses ---- */

void gdb_physical_mode(struct gdb *gdb, struct gdb_arguments arguments)
{
    gdb_reply(gdb, "%d", gdb->physical);
}

void gdb_set_physical_mode(struct gdb *gdb, struct gdb_arguments arguments)
{
    if (*arguments.at != '0' && *arguments.at != '1') {
        gdb_refuse(gdb, EINVAL_CODE, "0 or 1");
        return;
    }
    gdb->physical = *arguments.at == '1';
    gdb_ok(gdb);
}

/* ---- the map ---- */

static void put_range(GString *out, bool rom, uint64_t first, uint64_t end)
{
    if (end != first) {
        g_string_append_printf(out, "<memory type=\"%s\" start=\"0x%" PRIx64 "\" length=\"0x%" PRIx64 "\"/>\n", rom ? "rom" : "ram",
                               first, end - first);
    }
}

/* ROM that shows at its own address: gdb takes hardware breakpoints there and writes nothing. All else counts as RAM, because gdb
 * does not look where the map has nothing, and under paging anything may be there. */
void gdb_put_memory_map(struct gdb *gdb, GString *out)
{
    enum { MOST_PLACES = 4096 };
    struct cpu *cpu = gdb_present_cpu(gdb);
    uint64_t first = 0, address = 0;
    bool rom = false;
    g_string_append(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\" "
                    "\"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n<memory-map>\n");
    monitor_hold_cpus(gdb->monitor);
    for (unsigned n = 0; n < MOST_PLACES && address < PHYSICAL_BYTES; n++) {
        const struct memory_place place = memory_find(cpu->memory, address);
        uint64_t physical;
        const bool is_rom = place.host && !place.writable && cpu_view_of(cpu)->translate(cpu, address, &physical) &&
                            physical == address;
        if (is_rom != rom) {
            put_range(out, rom, first, address);
            first = address;
            rom = is_rom;
        }
        address += MAX(place.bytes, PAGE);
    }
    monitor_release_cpus(gdb->monitor);
    if (rom) {
        put_range(out, true, first, address);
        first = address;
    }
    put_range(out, false, first, 0);                /* to the end of 64 bits */
    g_string_append(out, "</memory-map>\n");
}

/* ---- points ---- */

static const struct { unsigned access; bool data; } kinds[] = {
    { 0, false }, { 0, false }, { DEBUG_WRITE, true }, { DEBUG_READ, true }, { DEBUG_READ | DEBUG_WRITE, true },
};

/* Z and z: type,address,kind; for watchpoints kind is the length. */
static bool take_point(struct gdb *gdb, const char *at, struct gdb_point *point)
{
    uint64_t type;
    *point = (struct gdb_point){ .id = 0 };
    if (!gdb_take_hex(&at, &type) || !gdb_take_char(&at, ',') || !take_range(&at, &point->address, &point->bytes)) {
        gdb_refuse(gdb, EINVAL_CODE, "no type, address and kind");
        return false;
    }
    if (type >= G_N_ELEMENTS(kinds)) {
        gdb_send(gdb, "", 0);
        return false;
    }
    point->type = (unsigned)type;
    return true;
}

static struct gdb_point *find_same(const struct gdb *gdb, const struct gdb_point *wanted, unsigned *n)
{
    for (*n = 0; *n < gdb->points->len; ++*n) {
        struct gdb_point *point = &g_array_index(gdb->points, struct gdb_point, *n);
        if (point->type == wanted->type && point->address == wanted->address && point->bytes == wanted->bytes) {
            return point;
        }
    }
    return NULL;
}

const struct gdb_point *gdb_find_point(const struct gdb *gdb, unsigned id)
{
    for (unsigned i = 0; i < gdb->points->len; i++) {
        if (g_array_index(gdb->points, struct gdb_point, i).id == id) {
            return &g_array_index(gdb->points, struct gdb_point, i);
        }
    }
    return NULL;
}

void gdb_insert_point(struct gdb *gdb, struct gdb_arguments arguments)
{
    struct gdb_point point;
    unsigned n;
    g_autoptr(GError) error = NULL;
    if (!take_point(gdb, arguments.at, &point)) {
        return;
    }
    if (!find_same(gdb, &point, &n)) {      /* inserting twice is inserting once */
        const bool data = kinds[point.type].data;
        const struct debug_point wanted = {
            .kind = data ? gdb->physical ? DEBUG_DATA_PHYSICAL : DEBUG_DATA : gdb->physical ? DEBUG_CODE_PHYSICAL : DEBUG_CODE,
            .address = point.address, .bytes = data ? point.bytes : 1, .access = kinds[point.type].access,
            .before = cpu_gdb_of(gdb_cpu(gdb, 0))->watch_before, .cpu = DEBUG_ANY_CPU, .owner = gdb,
        };
        point.id = debugger_add(gdb->monitor->board->engine, &wanted, &error);
        if (!point.id) {
            gdb_refuse(gdb, ENOSPC_CODE, error->message);
            return;
        }
        g_array_append_val(gdb->points, point);
    }
    gdb_ok(gdb);
}

void gdb_remove_point(struct gdb *gdb, struct gdb_arguments arguments)
{
    struct gdb_point point;
    unsigned n;
    if (!take_point(gdb, arguments.at, &point)) {
        return;
    }
    const struct gdb_point *there = find_same(gdb, &point, &n);
    if (!there) {
        gdb_refuse(gdb, EINVAL_CODE, "there is no such point");
        return;
    }
    debugger_remove(gdb->monitor->board->engine, there->id);
    g_array_remove_index(gdb->points, n);
    gdb_ok(gdb);
}

void gdb_remove_points(struct gdb *gdb)
{
    if (gdb->points->len) {
        debugger_remove_owned(gdb->monitor->board->engine, gdb);
        g_array_set_size(gdb->points, 0);
    }
}
