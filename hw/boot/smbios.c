/* SPDX-License-Identifier: MIT */
/*
 * SMBIOS structures (DMTF DSP0134 version 3.0): system (1), base board (2, when asked for), enclosure (3), processors (4), OEM
 * strings (11, when given), memory array (16), its devices (17) and addresses (19), boot (32), end (127). The firmware's own (0) is the
 * firmware's to add, unless -smbios type=0 gives one.
 *
 * Names that guests know: the manufacturer is "QEMU" when nobody says otherwise, so that a guest that asks whether it runs in a virtual
 * machine gets its answer. Left out: -smbios file=.
 */
#include "hw/boot/smbios.h"
#include <string.h>
#include "base/error.h"
#include "hw/boot/smbios_options.h"

enum { TYPE_FIRMWARE = 0, TYPE_SYSTEM = 1, TYPE_BOARD = 2, TYPE_ENCLOSURE = 3, TYPE_PROCESSOR = 4, TYPE_OEM = 11, TYPE_ARRAY = 16,
       TYPE_DEVICE = 17, TYPE_MAPPED = 19, TYPE_BOOT = 32, TYPE_END = 127 };
enum { HANDLE_NONE = 0xfffe, HANDLE_UNKNOWN = 0xffff };
enum { PROCESSOR_CENTRAL = 3, FAMILY_OTHER = 1, STATUS_ENABLED = 0x41, UPGRADE_OTHER = 1, CHARACTERISTICS_UNKNOWN = 2 };
enum { LOCATION_OTHER = 1, USE_SYSTEM = 3, CORRECTION_MULTI_BIT = 6, FORM_DIMM = 9, MEMORY_RAM = 7, DETAIL_OTHER = 2 };
enum { WAKE_POWER_SWITCH = 6, ENCLOSURE_OTHER = 1, STATE_SAFE = 3, SECURITY_UNKNOWN = 2, BOARD_MAIN = 10, BOARD_HOSTING = 1 };
enum { MOST_STRINGS = 64, MEGAHERTZ = 2000, DEVICE_GIB = 16, SIZE_EXTENDED = 0x7fff };
static const uint64_t KIB = 1 << 10, MIB = 1 << 20, GIB = 1 << 30;

/* A table in the making; one structure at a time is open. */
struct maker {
    GByteArray *bytes;
    const struct smbios_options *options;
    unsigned count, longest;
    guint start;                    /* of the open structure */
    const char *strings[MOST_STRINGS];
    unsigned string_count;
};

/* ---- Fields ---- */

static void put(struct maker *m, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        uint8_t byte = (uint8_t)value;
        g_byte_array_append(m->bytes, &byte, 1);
    }
}

static void begin(struct maker *m, unsigned type, unsigned handle)
{
    m->start = m->bytes->len;
    m->string_count = 0;
    put(m, type, 1);
    put(m, 0, 1);                               /* length, when it is known */
    put(m, handle, 2);
}

/* The number of a string of the open structure; 0: none. */
static void put_text(struct maker *m, const char *text)
{
    unsigned number = 0;
    if (text && *text && m->string_count < MOST_STRINGS) {
        m->strings[m->string_count++] = text;
        number = m->string_count;
    }
    put(m, number, 1);
}

static void put_option(struct maker *m, unsigned type, const char *key, const char *standard)
{
    const char *given = smbios_option(m->options, type, key);
    put_text(m, given ? given : standard);
}

static void end(struct maker *m)
{
    m->bytes->data[m->start + 1] = (uint8_t)(m->bytes->len - m->start);
    for (unsigned i = 0; i < m->string_count; i++) {
        g_byte_array_append(m->bytes, (const uint8_t *)m->strings[i], strlen(m->strings[i]) + 1);
    }
    put(m, 0, m->string_count ? 1 : 2);
    m->longest = MAX(m->longest, m->bytes->len - m->start);
    m->count++;
}

/* ---- Structures, 7.1 to 7.33 ---- */

static void add_firmware(struct maker *m)
{
    unsigned release = smbios_release(m->options);
    bool uefi = smbios_option_on(m->options, TYPE_FIRMWARE, "uefi");
    if (!smbios_type_given(m->options, TYPE_FIRMWARE)) {
        return;
    }
    begin(m, TYPE_FIRMWARE, 0);
    put_option(m, TYPE_FIRMWARE, "vendor", NULL);
    put_option(m, TYPE_FIRMWARE, "version", NULL);
    put(m, 0xe800, 2);                          /* segment: 96 KiB of it at run time */
    put_option(m, TYPE_FIRMWARE, "date", NULL);
    put(m, 0, 1);                               /* 64 KiB of ROM */
    put(m, 1 << 3, 8);                          /* characteristics are not given */
    put(m, 0, 1);
    put(m, 1 << 4 | (uefi ? 1 << 3 : 0) | 1 << 2, 1);   /* a virtual machine; targeted content */
    put(m, release >> 8, 1);
    put(m, release & 0xff, 1);
    put(m, 0xffff, 2);                          /* no embedded controller */
    end(m);
}

/* The first three fields are little-endian since 2.6, 7.2.1. */
static void put_uuid(struct maker *m, const uint8_t uuid[16])
{
    static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    for (unsigned i = 0; i < sizeof(order); i++) {
        put(m, uuid[order[i]], 1);
    }
}

static void add_system(struct maker *m, const struct smbios_machine *machine, const uint8_t uuid[16])
{
    begin(m, TYPE_SYSTEM, 0x100);
    put_option(m, TYPE_SYSTEM, "manufacturer", "QEMU");
    put_option(m, TYPE_SYSTEM, "product", machine->product);
    put_option(m, TYPE_SYSTEM, "version", machine->version);
    put_option(m, TYPE_SYSTEM, "serial", NULL);
    put_uuid(m, uuid);
    put(m, WAKE_POWER_SWITCH, 1);
    put_option(m, TYPE_SYSTEM, "sku", NULL);
    put_option(m, TYPE_SYSTEM, "family", NULL);
    end(m);
}

static void add_board(struct maker *m, const struct smbios_machine *machine)
{
    if (!smbios_type_given(m->options, TYPE_BOARD)) {
        return;
    }
    begin(m, TYPE_BOARD, 0x200);
    put_option(m, TYPE_BOARD, "manufacturer", "QEMU");
    put_option(m, TYPE_BOARD, "product", machine->product);
    put_option(m, TYPE_BOARD, "version", machine->version);
    put_option(m, TYPE_BOARD, "serial", NULL);
    put_option(m, TYPE_BOARD, "asset", NULL);
    put(m, BOARD_HOSTING, 1);
    put_option(m, TYPE_BOARD, "location", NULL);
    put(m, 0x300, 2);
    put(m, BOARD_MAIN, 1);
    put(m, 0, 1);
    end(m);
}

static void add_enclosure(struct maker *m, const struct smbios_machine *machine)
{
    begin(m, TYPE_ENCLOSURE, 0x300);
    put_option(m, TYPE_ENCLOSURE, "manufacturer", "QEMU");
    put(m, ENCLOSURE_OTHER, 1);
    put_option(m, TYPE_ENCLOSURE, "version", machine->version);
    put_option(m, TYPE_ENCLOSURE, "serial", NULL);
    put_option(m, TYPE_ENCLOSURE, "asset", NULL);
    put(m, STATE_SAFE, 1);
    put(m, STATE_SAFE, 1);
    put(m, STATE_SAFE, 1);
    put(m, SECURITY_UNKNOWN, 1);
    put(m, 0, 4);
    put(m, 0, 1);                               /* height */
    put(m, 0, 1);                               /* power cords */
    put(m, 0, 2);                               /* contained elements */
    put_option(m, TYPE_ENCLOSURE, "sku", NULL);
    end(m);
}

static void add_processor(struct maker *m, const struct smbios_machine *machine, unsigned number)
{
    const char *prefix = smbios_option(m->options, TYPE_PROCESSOR, "sock_pfx");
    g_autofree char *socket = g_strdup_printf("%s %u", prefix ? prefix : "CPU", number);
    unsigned threads = machine->cores * machine->threads;
    begin(m, TYPE_PROCESSOR, 0x400 + number);
    put_text(m, socket);
    put(m, PROCESSOR_CENTRAL, 1);
    put(m, FAMILY_OTHER, 1);
    put_option(m, TYPE_PROCESSOR, "manufacturer", "QEMU");
    put(m, smbios_number(m->options, TYPE_PROCESSOR, "processor-id", machine->processor_id), 8);
    put_option(m, TYPE_PROCESSOR, "version", machine->version);
    put(m, 0, 1);                               /* voltage */
    put(m, 0, 2);                               /* external clock */
    put(m, smbios_number(m->options, TYPE_PROCESSOR, "max-speed", MEGAHERTZ), 2);
    put(m, smbios_number(m->options, TYPE_PROCESSOR, "current-speed", MEGAHERTZ), 2);
    put(m, STATUS_ENABLED, 1);
    put(m, UPGRADE_OTHER, 1);
    put(m, HANDLE_UNKNOWN, 2);                  /* caches */
    put(m, HANDLE_UNKNOWN, 2);
    put(m, HANDLE_UNKNOWN, 2);
    put_option(m, TYPE_PROCESSOR, "serial", NULL);
    put_option(m, TYPE_PROCESSOR, "asset", NULL);
    put_option(m, TYPE_PROCESSOR, "part", NULL);
    put(m, MIN(machine->cores, 255), 1);
    put(m, MIN(machine->cores, 255), 1);
    put(m, MIN(threads, 255), 1);
    put(m, CHARACTERISTICS_UNKNOWN, 2);
    put(m, FAMILY_OTHER, 2);
    put(m, machine->cores, 2);
    put(m, machine->cores, 2);
    put(m, threads, 2);
    end(m);
}

static void add_oem(struct maker *m)
{
    unsigned count = MIN(smbios_oem_count(m->options), MOST_STRINGS);
    if (!count) {
        return;
    }
    begin(m, TYPE_OEM, 0xe00);
    put(m, count, 1);
    for (unsigned i = 0; i < count; i++) {
        m->strings[m->string_count++] = smbios_oem(m->options, i);
    }
    end(m);
}

static void add_memory_array(struct maker *m, uint64_t ram_bytes, unsigned devices)
{
    bool large = ram_bytes >= 2048 * GIB;
    begin(m, TYPE_ARRAY, 0x1000);
    put(m, LOCATION_OTHER, 1);
    put(m, USE_SYSTEM, 1);
    put(m, CORRECTION_MULTI_BIT, 1);
    put(m, large ? 0x80000000 : ram_bytes / KIB, 4);
    put(m, HANDLE_NONE, 2);
    put(m, devices, 2);
    put(m, large ? ram_bytes : 0, 8);
    end(m);
}

static void add_memory_device(struct maker *m, unsigned number, uint64_t bytes)
{
    const char *prefix = smbios_option(m->options, TYPE_DEVICE, "loc_pfx");
    g_autofree char *locator = g_strdup_printf("%s %u", prefix ? prefix : "DIMM", number);
    uint64_t mib = bytes / MIB, speed = smbios_number(m->options, TYPE_DEVICE, "speed", 0);
    begin(m, TYPE_DEVICE, 0x1100 + number);
    put(m, 0x1000, 2);
    put(m, HANDLE_NONE, 2);
    put(m, 0xffff, 2);                          /* widths */
    put(m, 0xffff, 2);
    put(m, mib < SIZE_EXTENDED ? mib : SIZE_EXTENDED, 2);
    put(m, FORM_DIMM, 1);
    put(m, 0, 1);
    put_text(m, locator);
    put_option(m, TYPE_DEVICE, "bank", NULL);
    put(m, MEMORY_RAM, 1);
    put(m, DETAIL_OTHER, 2);
    put(m, speed, 2);
    put_option(m, TYPE_DEVICE, "manufacturer", "QEMU");
    put_option(m, TYPE_DEVICE, "serial", NULL);
    put_option(m, TYPE_DEVICE, "asset", NULL);
    put_option(m, TYPE_DEVICE, "part", NULL);
    put(m, 0, 1);
    put(m, mib < SIZE_EXTENDED ? 0 : mib, 4);
    put(m, speed, 2);
    put(m, 0, 6);                               /* voltages */
    end(m);
}

static void add_mapped_address(struct maker *m, unsigned number, uint64_t address, uint64_t bytes)
{
    uint64_t first = address / KIB, last = (address + bytes) / KIB - 1;
    bool large = last > UINT32_MAX - 1;
    begin(m, TYPE_MAPPED, 0x1300 + number);
    put(m, large ? UINT32_MAX : first, 4);
    put(m, large ? UINT32_MAX : last, 4);
    put(m, 0x1000, 2);
    put(m, 1, 1);
    put(m, large ? address : 0, 8);
    put(m, large ? address + bytes - 1 : 0, 8);
    end(m);
}

static void add_memory(struct maker *m, const struct smbios_machine *machine)
{
    uint64_t most = DEVICE_GIB * GIB;
    unsigned devices = (unsigned)((machine->ram_bytes + most - 1) / most);
    add_memory_array(m, machine->ram_bytes, devices);
    for (unsigned i = 0; i < devices; i++) {
        add_memory_device(m, i, MIN(machine->ram_bytes - i * most, most));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(machine->ram); i++) {
        if (machine->ram[i].bytes) {
            add_mapped_address(m, i, machine->ram[i].address, machine->ram[i].bytes);
        }
    }
}

/* ---- The entry point, 5.2 ---- */

static uint8_t checksum(const uint8_t *bytes, unsigned count)
{
    uint8_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += bytes[i];
    }
    return (uint8_t)-sum;
}

/* Firmware fills in the table's address and corrects the sum. */
static void make_anchor_64(struct maker *anchor, const struct maker *table)
{
    g_byte_array_append(anchor->bytes, (const uint8_t *)"_SM3_", 5);
    put(anchor, 0, 1);
    put(anchor, 24, 1);
    put(anchor, 3, 1), put(anchor, 0, 1), put(anchor, 0, 1);   /* version */
    put(anchor, 1, 1);                          /* revision of the entry point */
    put(anchor, 0, 1);
    put(anchor, table->bytes->len, 4);
    put(anchor, 0, 8);
    anchor->bytes->data[5] = checksum(anchor->bytes->data, anchor->bytes->len);
}

static void make_anchor_32(struct maker *anchor, const struct maker *table)
{
    enum { SUM = 4, MIDDLE = 16, MIDDLE_SUM = 21, LENGTH = 31 };
    g_byte_array_append(anchor->bytes, (const uint8_t *)"_SM_", 4);
    put(anchor, 0, 1);
    put(anchor, LENGTH, 1);
    put(anchor, 2, 1), put(anchor, 8, 1);
    put(anchor, table->longest, 2);
    put(anchor, 0, 6);
    g_byte_array_append(anchor->bytes, (const uint8_t *)"_DMI_", 5);
    put(anchor, 0, 1);
    put(anchor, table->bytes->len, 2);
    put(anchor, 0, 4);
    put(anchor, table->count, 2);
    put(anchor, 0x28, 1);
    uint8_t *bytes = anchor->bytes->data;
    bytes[MIDDLE_SUM] = checksum(bytes + MIDDLE, LENGTH - MIDDLE);
    bytes[SUM] = checksum(bytes, LENGTH);
}

/* ---- All of it ---- */

bool uuid_parse(const char *text, uint8_t uuid[16])
{
    unsigned digits = 0;
    for (; *text; text++) {
        if (*text == '-' && (digits == 8 || digits == 12 || digits == 16 || digits == 20)) {
            continue;
        }
        int digit = g_ascii_xdigit_value(*text);
        if (digit < 0 || digits == 32) {
            return false;
        }
        uuid[digits / 2] = (uint8_t)(digits % 2 ? uuid[digits / 2] | digit : digit << 4);
        digits++;
    }
    return digits == 32;
}

static bool find_uuid(const struct smbios_machine *machine, const struct smbios_options *options, uint8_t uuid[16], GError **error)
{
    const char *given = smbios_option(options, TYPE_SYSTEM, "uuid");
    memset(uuid, 0, 16);
    if (machine->uuid && !uuid_parse(machine->uuid, uuid)) {
        return error_fail(error, "-uuid %s: must be like 12345678-1234-1234-1234-123456789abc", machine->uuid);
    }
    if (given && !uuid_parse(given, uuid)) {
        return error_fail(error, "-smbios type=1,uuid=%s: must be like 12345678-1234-1234-1234-123456789abc", given);
    }
    return true;
}

static void make_table(struct maker *m, const struct smbios_machine *machine, const uint8_t uuid[16])
{
    add_firmware(m);
    add_system(m, machine, uuid);
    add_board(m, machine);
    add_enclosure(m, machine);
    for (unsigned i = 0; i < machine->sockets; i++) {
        add_processor(m, machine, i);
    }
    add_oem(m);
    add_memory(m, machine);
    begin(m, TYPE_BOOT, 0x2000);
    put(m, 0, 7);                               /* no errors */
    end(m);
    begin(m, TYPE_END, 0x7f00);
    end(m);
}

bool smbios_build(const struct smbios_machine *machine, struct smbios_files *files, GError **error)
{
    struct smbios_options *options = smbios_options_new(machine->specs, error);
    uint8_t uuid[16];
    *files = (struct smbios_files){ 0 };
    if (!options || !find_uuid(machine, options, uuid, error)) {
        smbios_options_free(options);
        return false;
    }
    struct maker table = { .bytes = g_byte_array_new(), .options = options };
    struct maker anchor = { .bytes = g_byte_array_new() };
    make_table(&table, machine, uuid);
    if (machine->entry_64) {
        make_anchor_64(&anchor, &table);
    } else {
        make_anchor_32(&anchor, &table);
    }
    *files = (struct smbios_files){ anchor.bytes, table.bytes };
    smbios_options_free(options);
    if (!machine->entry_64 && files->tables->len > UINT16_MAX) {
        smbios_files_clear(files);
        return error_fail(error, "-smbios: the tables are larger than 64 KiB");
    }
    return true;
}

void smbios_files_clear(struct smbios_files *files)
{
    g_clear_pointer(&files->anchor, g_byte_array_unref);
    g_clear_pointer(&files->tables, g_byte_array_unref);
}
