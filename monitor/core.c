/* SPDX-License-Identifier: MIT */
/*
 * dump-guest-memory: guest RAM as an ELF core (System V gABI, chapters 4 and 5) of ELF64, one segment a block of the
 * physical map, addresses physical; notes NT_PRSTATUS with the registers of each x86 or AArch64 CPU, so that gdb and crash open it.
 * Cores of 32-bit ARM have no registers: an ELF64 file has no room for them.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/procfs.h>
#include "base/error.h"
#include "base/memory.h"
#include "monitor/internal.h"

enum { MOST_SEGMENTS = 64, NOTE_NAME_BYTES = 8 };

struct segment { uint64_t address, bytes; const uint8_t *host; };

/* Guest RAM in the order of its addresses; devices' memory and ROMs are left out. */
static unsigned find_segments(const struct machine *machine, struct segment segments[MOST_SEGMENTS])
{
    unsigned count = 0;
    uint64_t address = 0;
    while (count < MOST_SEGMENTS && address < 1ull << 52) {
        struct memory_place place = memory_find(machine->memory, address);
        uint64_t bytes = MAX(place.bytes, 4096);
        if (place.host && place.writable && place.ram_offset < machine->ram_bytes) {
            bytes = MIN(bytes, machine->ram_bytes - place.ram_offset);
            struct segment *last = count ? &segments[count - 1] : NULL;
            if (last && last->address + last->bytes == address && last->host + last->bytes == place.host) {
                last->bytes += bytes;
            } else {
                segments[count++] = (struct segment){ address, bytes, place.host };
            }
        }
        address += bytes;
    }
    return count;
}

/* The general registers as Linux' struct elf_prstatus has them: by name, 64 bits each, in the order of its pr_reg. */
static const char *const x86_order[] = {
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "rax",
    "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs", NULL,
}, *const arm64_order[] = {
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19",
    "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc", "pstate", NULL,
};
static const struct layout { uint16_t machine; const char *const *order; unsigned bytes; } layouts[] = {
    { EM_X86_64, x86_order, 336 }, { EM_AARCH64, arm64_order, 392 },
};

static uint64_t register_named(struct cpu *cpu, const char *wanted)
{
    const struct cpu_view *view = cpu_view_of(cpu);
    const char *name;
    for (unsigned i = 0; (name = view->register_name(i)); i++) {
        if (!strcmp(name, wanted)) {
            return view->register_value(cpu, i);
        }
    }
    return 0;
}

static bool put_status(struct cpu *cpu, GByteArray *notes)
{
    enum { MOST_BYTES = 392, REGISTERS_AT = 112, PID_AT = 32 };
    const struct cpu_view *view = cpu_view_of(cpu);
    const struct layout *layout = NULL;
    uint8_t status[MOST_BYTES] = { 0 };
    for (unsigned i = 0; view && i < ARRAY_LEN(layouts); i++) {
        layout = layouts[i].machine == view->elf_machine ? &layouts[i] : layout;
    }
    if (!layout) {
        return false;
    }
    uint32_t pid = cpu->index + 1;
    memcpy(status + PID_AT, &pid, sizeof(pid));
    for (unsigned i = 0; layout->order[i]; i++) {
        uint64_t value = register_named(cpu, layout->order[i]);
        memcpy(status + REGISTERS_AT + 8 * i, &value, 8);
    }
    const Elf64_Nhdr header = { .n_namesz = 5, .n_descsz = layout->bytes, .n_type = NT_PRSTATUS };
    static const char name[NOTE_NAME_BYTES] = "CORE";
    g_byte_array_append(notes, (const uint8_t *)&header, sizeof(header));
    g_byte_array_append(notes, (const uint8_t *)name, sizeof(name));
    g_byte_array_append(notes, status, layout->bytes);
    return true;
}

static bool write_core(FILE *file, const struct segment *segments, unsigned count, const GByteArray *notes, uint16_t machine)
{
    Elf64_Ehdr header = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_CORE,
        .e_machine = machine, .e_version = EV_CURRENT, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
        .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = (uint16_t)(count + 1),
    };
    uint64_t offset = sizeof(header) + (count + 1) * sizeof(Elf64_Phdr);
    Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = offset, .p_filesz = notes->len, .p_memsz = notes->len };
    bool good = fwrite(&header, sizeof(header), 1, file) == 1 && fwrite(&note, sizeof(note), 1, file) == 1;
    offset += notes->len;
    for (unsigned i = 0; good && i < count; i++) {
        Elf64_Phdr load = { .p_type = PT_LOAD, .p_offset = offset, .p_vaddr = segments[i].address,
                            .p_paddr = segments[i].address, .p_filesz = segments[i].bytes, .p_memsz = segments[i].bytes,
                            .p_flags = PF_R | PF_W | PF_X };
        good = fwrite(&load, sizeof(load), 1, file) == 1;
        offset += segments[i].bytes;
    }
    good = good && (!notes->len || fwrite(notes->data, notes->len, 1, file) == 1);
    for (unsigned i = 0; good && i < count; i++) {
        good = fwrite(segments[i].host, 1, segments[i].bytes, file) == segments[i].bytes;
    }
    return good;
}

bool action_dump_core(struct monitor *monitor, const char *path, GError **error)
{
    struct segment segments[MOST_SEGMENTS];
    const struct cpu *first = monitor_cpu(monitor, 0);
    const struct cpu_view *view = first ? cpu_view_of(first) : NULL;
    path += g_str_has_prefix(path, "file:") ? 5 : 0;
    FILE *file = fopen(path, "wbe");
    if (!file) {
        return error_fail(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    GByteArray *notes = g_byte_array_new();
    monitor_hold_cpus(monitor);
    for (unsigned i = 0; i < monitor->board->cpu_count; i++) {
        put_status(monitor_cpu(monitor, i), notes);
    }
    unsigned count = find_segments(monitor->machine, segments);
    bool good = write_core(file, segments, count, notes, view ? view->elf_machine : EM_NONE);
    monitor_release_cpus(monitor);
    int why = errno;
    g_byte_array_unref(notes);
    if (fclose(file) || !good) {
        return error_fail(error, "%s: %s", path, strerror(good ? errno : why));
    }
    return true;
}
