/* SPDX-License-Identifier: MIT */
/*
 * dump-guest-memory: guest RAM as an ELF core (System V gABI, chapters 4 and 5), one segment a block of the physical map, addresses
 * physical; notes NT_PRSTATUS with the registers of each CPU, so that gdb and crash open it. Of 32-bit ARM it is ELF32; when RAM
 * does not fit into 32 bits, ELF64 without registers, for which there is no form.
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

/* The general registers as Linux' struct elf_prstatus has them: by name, in the order of its pr_reg. */
static const char *const x86_order[] = {
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "rax",
    "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs", NULL,
}, *const arm64_order[] = {
    "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19",
    "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc", "pstate", NULL,
}, *const arm_order[] = {
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cpsr", "r0", NULL,
};
/* Where things are in that structure; word: bytes of a register and of the file's addresses. */
static const struct layout { uint16_t machine; const char *const *order; unsigned bytes, word, registers_at, pid_at; } layouts[] = {
    { EM_X86_64, x86_order, 336, 8, 112, 32 }, { EM_AARCH64, arm64_order, 392, 8, 112, 32 }, { EM_ARM, arm_order, 148, 4, 72, 24 },
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

static const struct layout *layout_of(uint16_t machine)
{
    for (unsigned i = 0; i < ARRAY_LEN(layouts); i++) {
        if (layouts[i].machine == machine) {
            return &layouts[i];
        }
    }
    return NULL;
}

static void put_status(struct cpu *cpu, const struct layout *layout, GByteArray *notes)
{
    enum { MOST_BYTES = 392 };
    uint8_t status[MOST_BYTES] = { 0 };
    const uint32_t pid = cpu->index + 1;
    memcpy(status + layout->pid_at, &pid, sizeof(pid));
    for (unsigned i = 0; layout->order[i]; i++) {
        const uint64_t value = GUINT64_TO_LE(register_named(cpu, layout->order[i]));
        memcpy(status + layout->registers_at + layout->word * i, &value, layout->word);
    }
    const Elf64_Nhdr header = { .n_namesz = 5, .n_descsz = layout->bytes, .n_type = NT_PRSTATUS };     /* as Elf32_Nhdr */
    static const char name[NOTE_NAME_BYTES] = "CORE";
    g_byte_array_append(notes, (const uint8_t *)&header, sizeof(header));
    g_byte_array_append(notes, (const uint8_t *)name, sizeof(name));
    g_byte_array_append(notes, status, layout->bytes);
}

/* ---- the file ---- */

struct core { FILE *file; bool narrow; };       /* narrow: ELF32 */

static bool put_header(const struct core *core, uint16_t machine, unsigned segments)
{
    const Elf64_Ehdr wide = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_CORE,
        .e_machine = machine, .e_version = EV_CURRENT, .e_phoff = sizeof(wide), .e_ehsize = sizeof(wide),
        .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = (uint16_t)segments,
    };
    const Elf32_Ehdr narrow = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_CORE,
        .e_machine = machine, .e_version = EV_CURRENT, .e_phoff = sizeof(narrow), .e_ehsize = sizeof(narrow),
        .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = (uint16_t)segments,
    };
    return core->narrow ? fwrite(&narrow, sizeof(narrow), 1, core->file) == 1 : fwrite(&wide, sizeof(wide), 1, core->file) == 1;
}

static bool put_segment(const struct core *core, uint32_t type, uint64_t offset, uint64_t address, uint64_t bytes)
{
    const uint32_t flags = type == PT_LOAD ? PF_R | PF_W | PF_X : 0;
    const Elf64_Phdr wide = { .p_type = type, .p_offset = offset, .p_vaddr = address, .p_paddr = address, .p_filesz = bytes,
                              .p_memsz = bytes, .p_flags = flags };
    const Elf32_Phdr narrow = { .p_type = type, .p_offset = (uint32_t)offset, .p_vaddr = (uint32_t)address,
                                .p_paddr = (uint32_t)address, .p_filesz = (uint32_t)bytes, .p_memsz = (uint32_t)bytes, .p_flags = flags };
    return core->narrow ? fwrite(&narrow, sizeof(narrow), 1, core->file) == 1 : fwrite(&wide, sizeof(wide), 1, core->file) == 1;
}

static bool write_core(const struct core *core, const struct segment *segments, unsigned count, const GByteArray *notes, uint16_t machine)
{
    uint64_t offset = core->narrow ? sizeof(Elf32_Ehdr) + (count + 1) * sizeof(Elf32_Phdr)
                                   : sizeof(Elf64_Ehdr) + (count + 1) * sizeof(Elf64_Phdr);
    bool good = put_header(core, machine, count + 1) && put_segment(core, PT_NOTE, offset, 0, notes->len);
    offset += notes->len;
    for (unsigned i = 0; good && i < count; i++) {
        good = put_segment(core, PT_LOAD, offset, segments[i].address, segments[i].bytes);
        offset += segments[i].bytes;
    }
    good = good && (!notes->len || fwrite(notes->data, notes->len, 1, core->file) == 1);
    for (unsigned i = 0; good && i < count; i++) {
        good = fwrite(segments[i].host, 1, segments[i].bytes, core->file) == segments[i].bytes;
    }
    return good;
}

/* Addresses, and offsets in the file, that 32 bits hold. */
static bool fits_in_32_bits(const struct segment *segments, unsigned count)
{
    enum { MOST_HEADER_BYTES = 1 << 20 };
    uint64_t bytes = MOST_HEADER_BYTES, end = 0;
    for (unsigned i = 0; i < count; i++) {
        bytes += segments[i].bytes;
        end = MAX(end, segments[i].address + segments[i].bytes);
    }
    return MAX(bytes, end) <= UINT32_MAX;
}

bool action_dump_core(struct monitor *monitor, const char *path, GError **error)
{
    struct segment segments[MOST_SEGMENTS];
    const struct cpu *first = monitor_cpu(monitor, 0);
    const struct cpu_view *view = first ? cpu_view_of(first) : NULL;
    const uint16_t machine = view ? view->elf_machine : EM_NONE;
    const struct layout *layout = layout_of(machine);
    path += g_str_has_prefix(path, "file:") ? 5 : 0;
    FILE *file = fopen(path, "wbe");
    if (!file) {
        return error_fail(error, "%s: cannot be written: %s", path, strerror(errno));
    }
    GByteArray *notes = g_byte_array_new();
    monitor_hold_cpus(monitor);
    unsigned count = find_segments(monitor->machine, segments);
    const struct core core = { file, layout && layout->word == 4 && fits_in_32_bits(segments, count) };
    for (unsigned i = 0; layout && core.narrow == (layout->word == 4) && i < monitor->board->cpu_count; i++) {
        put_status(monitor_cpu(monitor, i), layout, notes);
    }
    bool good = write_core(&core, segments, count, notes, machine);
    monitor_release_cpus(monitor);
    int why = errno;
    g_byte_array_unref(notes);
    if (fclose(file) || !good) {
        return error_fail(error, "%s: %s", path, strerror(good ? errno : why));
    }
    return true;
}
