/* SPDX-License-Identifier: MIT */
/*
 * Commands that look at memory and ports: x and xp with gdb's formats (count, x d u o c i, b h w g), print, i, o, sum,
 * gva2gpa, memory to files. Memory is read without consequences: RAM and ROM only; ports are read as a CPU reads them.
 */
#include <inttypes.h>
#include <string.h>
#include "base/memory.h"
#include "monitor/internal.h"

enum { MOST_COUNT = 65536, MOST_INSN_BYTES = 16, LINE_BYTES = 16 };

struct format { unsigned count, bytes; char letter; };

/* "/4xw"; what is not said stays. */
static bool parse_format(const char *text, struct format *format)
{
    if (*text == '/') {
        text++;
        if (g_ascii_isdigit(*text)) {
            char *end;
            format->count = (unsigned)MIN(g_ascii_strtoull(text, &end, 10), MOST_COUNT);
            text = end;
        }
        for (; *text; text++) {
            switch (*text) {
            case 'b': format->bytes = 1; break;
            case 'h': format->bytes = 2; break;
            case 'w': format->bytes = 4; break;
            case 'g': case 'L': format->bytes = 8; break;
            case 'x': case 'd': case 'u': case 'o': case 'c': case 'i': format->letter = *text; break;
            default: return false;
            }
        }
    }
    return true;
}

static void put_number(GString *out, const struct format *format, uint64_t value)
{
    unsigned bits = format->bytes * 8;
    int64_t signed_value = (int64_t)(value << (64 - bits)) >> (64 - bits);
    switch (format->letter) {
    case 'o': g_string_append_printf(out, "0%0*" PRIo64, (int)(bits + 2) / 3, value); break;
    case 'd': g_string_append_printf(out, "%*" PRId64, (int)(bits == 64 ? 20 : bits == 32 ? 11 : bits == 16 ? 6 : 4), signed_value); break;
    case 'u': g_string_append_printf(out, "%*" PRIu64, (int)(bits == 64 ? 20 : bits == 32 ? 10 : bits == 16 ? 5 : 3), value); break;
    case 'c':
        if (value >= ' ' && value < 127) {
            g_string_append_printf(out, "'%s%c'", value == '\'' || value == '\\' ? "\\" : "", (char)value);
        } else {
            g_string_append_printf(out, "'\\x%02x'", (unsigned)(value & 0xff));
        }
        break;
    default: g_string_append_printf(out, "0x%0*" PRIx64, (int)format->bytes * 2, value); break;
    }
}

static bool read_at(struct hmp *hmp, struct cpu *cpu, bool physical, uint64_t address, void *out, unsigned bytes)
{
    if (!physical) {
        return cpu_view_read(cpu, address, out, bytes);
    }
    return memory_peek(hmp->monitor->machine->memory, address, out, bytes) == bytes;
}

static void dump_code(struct hmp *hmp, struct cpu *cpu, bool physical, uint64_t address, unsigned count)
{
    const struct cpu_view *view = cpu_view_of(cpu);
    while (count-- && view) {
        uint8_t code[MOST_INSN_BYTES];
        char text[128];
        unsigned have = MOST_INSN_BYTES;
        while (have && !read_at(hmp, cpu, physical, address, code, have)) {
            have--;
        }
        if (!have) {
            g_string_append_printf(hmp->out, "0x%08" PRIx64 ": unable to read memory\n", address);
            return;
        }
        unsigned length = MAX(view->disassemble(cpu, code, have, address, text, sizeof(text)), 1);
        g_string_append_printf(hmp->out, "0x%08" PRIx64 ":  ", address);
        for (unsigned i = 0; i < MIN(length, have); i++) {
            g_string_append_printf(hmp->out, "%02x ", code[i]);
        }
        g_string_append_printf(hmp->out, "%*s%s\n", (int)(3 * (length < 8 ? 8 - length : 0)), "", text);
        address += length;
    }
}

static void dump_numbers(struct hmp *hmp, struct cpu *cpu, bool physical, uint64_t address, const struct format *format)
{
    unsigned a_line = format->letter == 'c' ? 8 : LINE_BYTES / format->bytes;
    for (unsigned i = 0; i < format->count; i++, address += format->bytes) {
        uint64_t value = 0;
        if (i % a_line == 0) {
            g_string_append_printf(hmp->out, "%s%0*" PRIx64 ":", i ? "\n" : "", physical || cpu->frontend->view->word_bytes == 8
                                   ? 16 : 8, address);
        }
        if (!read_at(hmp, cpu, physical, address, &value, format->bytes)) {
            g_string_append(hmp->out, " Cannot access memory");
            break;
        }
        g_string_append_c(hmp->out, ' ');
        put_number(hmp->out, format, value);
    }
    g_string_append_c(hmp->out, '\n');
}

/* The format and the address out of "/4i $pc"; the address's words may have blanks between them. */
static bool parse_examine(struct hmp *hmp, struct format *format, uint64_t *address)
{
    const char *text = hmp->rest, *end;
    g_autofree char *first = g_strndup(text, strcspn(text, " \t"));
    GError *error = NULL;
    if (!parse_format(first, format)) {
        hmp_error(hmp, "the format is /COUNT, then one of x d u o c i, then one of b h w g");
        return false;
    }
    text += strlen(first);
    text += strspn(text, " \t");
    if (*text == '/') {                 /* "x /4i ADDRESS" */
        g_autofree char *second = g_strndup(text, strcspn(text, " \t"));
        if (!parse_format(second, format)) {
            hmp_error(hmp, "the format is /COUNT, then one of x d u o c i, then one of b h w g");
            return false;
        }
        text += strlen(second);
    }
    struct cpu *cpu = monitor_cpu(hmp->monitor, hmp->cpu);
    if (!expression_evaluate(cpu, text, &end, address, &error)) {
        hmp_fail(hmp, error);
        return false;
    }
    if (*end) {
        hmp_error(hmp, "'%s' is too much", end);
    }
    return !*end;
}

static void examine(struct hmp *hmp, bool physical)
{
    struct cpu *cpu = monitor_cpu(hmp->monitor, hmp->cpu);
    struct format format = { 1, 4, 'x' };
    uint64_t address;
    monitor_hold_cpus(hmp->monitor);
    if (cpu && cpu_view_of(cpu) && parse_examine(hmp, &format, &address)) {
        if (format.letter == 'i') {
            dump_code(hmp, cpu, physical, address, format.count);
        } else {
            format.bytes = format.letter == 'c' ? 1 : format.bytes;
            dump_numbers(hmp, cpu, physical, address, &format);
        }
    }
    monitor_release_cpus(hmp->monitor);
}

void hmp_x(struct hmp *hmp, unsigned count, char **arguments) { examine(hmp, false); }
void hmp_xp(struct hmp *hmp, unsigned count, char **arguments) { examine(hmp, true); }

void hmp_print(struct hmp *hmp, unsigned count, char **arguments)
{
    struct format format = { 1, 8, 'x' };
    uint64_t value;
    monitor_hold_cpus(hmp->monitor);
    if (parse_examine(hmp, &format, &value)) {
        if (format.letter == 'x') {
            g_string_append_printf(hmp->out, "0x%" PRIx64, value);
        } else if (format.letter == 'd' || format.letter == 'u') {
            g_string_append_printf(hmp->out, format.letter == 'd' ? "%" PRId64 : "%" PRIu64, value);
        } else {
            put_number(hmp->out, &format, value);
        }
        g_string_append_c(hmp->out, '\n');
    }
    monitor_release_cpus(hmp->monitor);
}

/* i/4x PORT [INDEX]: one access of 1, 2 or 4 bytes. */
void hmp_in(struct hmp *hmp, unsigned count, char **arguments)
{
    struct format format = { 1, 1, 'x' };
    uint64_t port;
    struct memory *ports = hmp->monitor->machine->ports;
    if (!parse_examine(hmp, &format, &port)) {
        return;
    }
    monitor_lock(hmp->monitor);
    uint64_t value = memory_read(ports, port & 0xffff, MIN(format.bytes, 4));
    monitor_unlock(hmp->monitor);
    g_string_append_printf(hmp->out, "port%c[0x%04x] = 0x%0*" PRIx64 "\n", format.bytes == 1 ? 'b' : format.bytes == 2 ? 'w' : 'l',
                           (unsigned)(port & 0xffff), (int)MIN(format.bytes, 4) * 2, value);
}

/* o/4x PORT VALUE */
void hmp_out(struct hmp *hmp, unsigned count, char **arguments)
{
    struct format format = { 1, 1, 'x' };
    uint64_t port, value;
    const char *end;
    GError *error = NULL;
    const char *port_text = arguments[count - 2];
    g_autofree char *first = g_strndup(hmp->rest, strcspn(hmp->rest, " \t"));
    if (!parse_format(first, &format) || (arguments[0][0] == '/' && !parse_format(arguments[0], &format))) {
        hmp_error(hmp, "usage: o[/FORMAT] PORT VALUE");
        return;
    }
    if (!expression_evaluate(NULL, port_text, &end, &port, &error) ||
        !expression_evaluate(NULL, arguments[count - 1], &end, &value, &error)) {
        hmp_fail(hmp, error);
        return;
    }
    monitor_lock(hmp->monitor);
    memory_write(hmp->monitor->machine->ports, port & 0xffff, value, MIN(format.bytes, 4));
    monitor_unlock(hmp->monitor);
}

void hmp_sum(struct hmp *hmp, unsigned count, char **arguments)
{
    uint64_t address, bytes;
    const char *end;
    uint16_t sum = 0;
    GError *error = NULL;
    if (!expression_evaluate(NULL, arguments[0], &end, &address, &error) ||
        !expression_evaluate(NULL, arguments[1], &end, &bytes, &error)) {
        hmp_fail(hmp, error);
        return;
    }
    for (uint64_t i = 0; i < MIN(bytes, 1 << 24); i++) {        /* BSD's: rotate right, add */
        uint8_t byte = 0;
        read_at(hmp, NULL, true, address + i, &byte, 1);
        sum = (uint16_t)((sum >> 1 | sum << 15) + byte);
    }
    g_string_append_printf(hmp->out, "%05d\n", sum);
}

void hmp_gva2gpa(struct hmp *hmp, unsigned count, char **arguments)
{
    struct cpu *cpu = monitor_cpu(hmp->monitor, hmp->cpu);
    uint64_t linear, physical;
    const char *end;
    GError *error = NULL;
    monitor_hold_cpus(hmp->monitor);
    if (!expression_evaluate(cpu, arguments[0], &end, &linear, &error)) {
        hmp_fail(hmp, error);
    } else if (cpu && cpu_view_of(cpu) && cpu_view_of(cpu)->translate(cpu, linear, &physical)) {
        g_string_append_printf(hmp->out, "gpa: 0x%" PRIx64 "\n", physical);
    } else {
        g_string_append(hmp->out, "Unmapped\n");
    }
    monitor_release_cpus(hmp->monitor);
}

/* memsave ADDRESS SIZE FILE */
static void save(struct hmp *hmp, char **arguments, struct cpu *cpu)
{
    uint64_t address, bytes;
    const char *end;
    GError *error = NULL;
    monitor_hold_cpus(hmp->monitor);
    if (!expression_evaluate(cpu, arguments[0], &end, &address, &error) ||
        !expression_evaluate(cpu, arguments[1], &end, &bytes, &error) ||
        !action_save_memory(hmp->monitor, arguments[2], address, bytes, cpu, &error)) {
        hmp_fail(hmp, error);
    }
    monitor_release_cpus(hmp->monitor);
}

void hmp_memsave(struct hmp *hmp, unsigned count, char **arguments)
{
    save(hmp, arguments, monitor_cpu(hmp->monitor, hmp->cpu));
}

void hmp_pmemsave(struct hmp *hmp, unsigned count, char **arguments)
{
    save(hmp, arguments, NULL);
}

void hmp_dump_guest_memory(struct hmp *hmp, unsigned count, char **arguments)
{
    GError *error = NULL;
    if (!action_dump_core(hmp->monitor, arguments[count - 1], &error)) {
        hmp_fail(hmp, error);
    }
}
