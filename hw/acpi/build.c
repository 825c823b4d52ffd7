/* SPDX-License-Identifier: MIT */
/*
 * What the tables of all boards are made with: bytes, table headers, and the loader script by which firmware places the tables (a row of
 * 128-byte commands: allocate a file, add a file's address to a field, write a checksum).
 */
#include <string.h>
#include "hw/acpi/build.h"

enum { LOADER_ALLOCATE = 1, LOADER_ADD_POINTER = 2, LOADER_ADD_CHECKSUM = 3, LOADER_COMMAND_BYTES = 128, LOADER_FILE_BYTES = 56 };

void acpi_put(GByteArray *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        g_byte_array_append(out, &byte, 1);
    }
}

void acpi_put_text(GByteArray *out, const char *text, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        acpi_put(out, *text ? (uint8_t)*text++ : 0, 1);
    }
}

/* The loader reads the addend from the field itself, so a pointer field holds the offset in its file. */
void acpi_poke32(GByteArray *out, unsigned offset, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out->data[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

void acpi_put_package(GByteArray *out, GByteArray *content)
{
    unsigned extra = content->len + 1 < 1 << 6 ? 0 : content->len + 2 < 1 << 12 ? 1 : 2, length = content->len + 1 + extra;
    g_assert(length < 1 << 20);
    acpi_put(out, extra ? extra << 6 | (length & 0xf) : length, 1);
    acpi_put(out, length >> 4, extra);
    g_byte_array_append(out, content->data, content->len);
    g_byte_array_unref(content);
}

static void loader_command(GByteArray *loader, GByteArray *command)
{
    acpi_put_text(command, "", LOADER_COMMAND_BYTES - command->len);
    g_byte_array_append(loader, command->data, command->len);
    g_byte_array_unref(command);
}

void acpi_loader_allocate(GByteArray *loader, const char *file, unsigned alignment, unsigned zone)
{
    GByteArray *command = g_byte_array_new();
    acpi_put(command, LOADER_ALLOCATE, 4);
    acpi_put_text(command, file, LOADER_FILE_BYTES);
    acpi_put(command, alignment, 4);
    acpi_put(command, zone, 1);
    loader_command(loader, command);
}

void acpi_loader_add_pointer(GByteArray *loader, const char *in, unsigned offset, unsigned bytes)
{
    GByteArray *command = g_byte_array_new();
    acpi_put(command, LOADER_ADD_POINTER, 4);
    acpi_put_text(command, in, LOADER_FILE_BYTES);
    acpi_put_text(command, ACPI_TABLES_FILE, LOADER_FILE_BYTES);
    acpi_put(command, offset, 4);
    acpi_put(command, bytes, 1);
    loader_command(loader, command);
}

void acpi_loader_add_checksum(GByteArray *loader, const char *file, unsigned offset, unsigned start, unsigned bytes)
{
    GByteArray *command = g_byte_array_new();
    acpi_put(command, LOADER_ADD_CHECKSUM, 4);
    acpi_put_text(command, file, LOADER_FILE_BYTES);
    acpi_put(command, offset, 4);
    acpi_put(command, start, 4);
    acpi_put(command, bytes, 4);
    loader_command(loader, command);
}

/* Starts a table; returns its offset for table_end. */
unsigned acpi_table_start(GByteArray *out, const char *signature, unsigned revision)
{
    unsigned start = out->len;
    acpi_put_text(out, signature, 4);
    acpi_put(out, 0, 4);                 /* length: table_end */
    acpi_put(out, revision, 1);
    acpi_put(out, 0, 1);                 /* checksum: the loader */
    acpi_put_text(out, "DRGMAN", 6);
    acpi_put_text(out, "DRGMANPC", 8);
    acpi_put(out, 1, 4);
    acpi_put_text(out, "DRGM", 4);
    acpi_put(out, 1, 4);
    return start;
}

unsigned acpi_table_end(struct acpi_files *files, unsigned start)
{
    acpi_poke32(files->tables, start + ACPI_HEADER_LENGTH, files->tables->len - start);
    acpi_loader_add_checksum(files->loader, ACPI_TABLES_FILE, start + ACPI_HEADER_CHECKSUM, start, files->tables->len - start);
    return start;
}
