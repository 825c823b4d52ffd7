/* SPDX-License-Identifier: MIT */
/*
 * The processor's tables for the monitor: page tables ("info mem", "info tlb", "page"), descriptor tables ("info gdt",
 * "idt", "ivt", "tss"), the stack. Everything is read from RAM without setting accessed bits; what lies elsewhere is
 * shown as unreadable. Layouts: SDM volume 3, chapters 3 to 7. With paging off the page commands say what is there
 * instead: addresses are physical.
 */
#include <inttypes.h>
#include <string.h>
#include "base/memory.h"
#include "target-x86/system.h"
#include "target-x86/view.h"

enum { PTE_P = 1, PTE_RW = 2, PTE_US = 4, PTE_PWT = 8, PTE_PCD = 0x10, PTE_A = 0x20, PTE_D = 0x40, PTE_PS = 0x80,
       PTE_G = 0x100 };
#define PTE_NX (1ull << 63)
enum { MOST_LINES = 4096, MOST_ENTRIES = 8192 };

struct format { unsigned levels, entry_bytes, index_bits; uint64_t root; };

/* How linear addresses are translated now; false: they are not. */
static bool paging_format(const struct x86_cpu *cpu, struct format *format)
{
    if (!(cpu->cr0 & CR0_PG)) {
        return false;
    }
    bool pae = cpu->cr4 & CR4_PAE, lng = cpu->efer & EFER_LMA;
    *format = (struct format){ .levels = lng ? 4 : pae ? 3 : 2, .entry_bytes = pae ? 8 : 4, .index_bits = pae ? 9 : 10,
                               .root = lng ? cpu->cr3 & ~0xfffull & x86_physical_mask(cpu) : pae ? cpu->cr3 & 0xffffffe0
                               : cpu->cr3 & 0xfffff000 };
    return true;
}

static bool read_physical(const struct x86_cpu *cpu, uint64_t address, void *out, unsigned bytes)
{
    struct memory_place place = memory_find(cpu->cpu.memory, cpu->a20 ? address : address & ~(1ull << 20));
    if (!place.host || place.bytes < bytes) {
        return false;
    }
    memcpy(out, place.host, bytes);
    return true;
}

static bool is_page(const struct x86_cpu *cpu, const struct format *format, unsigned level, uint64_t entry)
{
    return !level || (entry & PTE_PS && (format->entry_bytes == 4 ? (cpu->cr4 & CR4_PSE) != 0 : level <= 2));
}

static uint64_t frame_of(const struct x86_cpu *cpu, const struct format *format, unsigned level, uint64_t entry)
{
    uint64_t size = 1ull << (12 + level * format->index_bits);
    if (format->entry_bytes == 4) {
        return level ? (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32 : entry & 0xfffff000;
    }
    return entry & x86_physical_mask(cpu) & ~(size - 1) & ~PTE_NX;
}

struct visit { uint64_t address, entry; };

/* Walks to a page; entries seen go to visits[0..levels), the highest first. Returns the level of the page, -1: none. */
static int walk(const struct x86_cpu *cpu, const struct format *format, uint64_t linear, struct visit visits[4], unsigned *count)
{
    uint64_t table = format->root;
    *count = 0;
    for (unsigned level = format->levels; level-- > 0;) {
        unsigned shift = 12 + level * format->index_bits;
        unsigned bits = format->levels == 3 && level == 2 ? 2 : format->index_bits;
        struct visit *visit = &visits[(*count)++];
        visit->address = table + (linear >> shift & ((1u << bits) - 1)) * format->entry_bytes;
        visit->entry = 0;
        if (!read_physical(cpu, visit->address, &visit->entry, format->entry_bytes) || !(visit->entry & PTE_P)) {
            return -1;
        }
        if (is_page(cpu, format, level, visit->entry) && !(format->levels == 3 && level == 2)) {
            return (int)level;
        }
        table = format->entry_bytes == 4 ? visit->entry & 0xfffff000
            : visit->entry & x86_physical_mask(cpu) & ~0xfffull & ~PTE_NX;
    }
    return -1;
}

bool x86_view_translate(struct cpu *base, uint64_t linear, uint64_t *physical)
{
    const struct x86_cpu *cpu = x86_cpu_of(base);
    struct format format;
    struct visit visits[4];
    unsigned count;
    if (!(cpu->efer & EFER_LMA)) {
        linear = (uint32_t)linear;
    }
    if (!paging_format(cpu, &format)) {
        *physical = cpu->a20 ? linear : linear & ~(1ull << 20);
        return true;
    }
    int level = walk(cpu, &format, linear, visits, &count);
    if (level < 0) {
        return false;
    }
    uint64_t size = 1ull << (12 + (unsigned)level * format.index_bits);
    *physical = frame_of(cpu, &format, (unsigned)level, visits[count - 1].entry) | (linear & (size - 1));
    return true;
}

/* ---- info mem, info tlb, page ---- */

struct listing {
    const struct x86_cpu *cpu;
    struct format format;
    GString *out;
    unsigned lines;
    bool ranges;                        /* info mem: neighbours of the same rights as one line */
    uint64_t start, end, rights;        /* of the range that is open; rights 0: none */
};

static void close_range(struct listing *l)
{
    if (l->rights) {
        int width = l->format.levels == 4 ? 16 : 8;
        g_string_append_printf(l->out, "%0*" PRIx64 "-%0*" PRIx64 " %0*" PRIx64 " %c%c%c%s\n", width, l->start, width, l->end,
                               width, l->end - l->start, l->rights & PTE_US ? 'u' : '-', 'r', l->rights & PTE_RW ? 'w' : '-',
                               l->rights & PTE_NX ? " no-execute" : "");
        l->lines++;
    }
    l->rights = 0;
}

static void list_page(struct listing *l, uint64_t linear, unsigned level, uint64_t entry, uint64_t rights)
{
    uint64_t size = 1ull << (12 + level * l->format.index_bits);
    if (l->ranges) {
        if (l->rights != rights || l->end != linear) {
            close_range(l);
            l->start = linear;
            l->rights = rights;
        }
        l->end = linear + size;
        return;
    }
    g_string_append_printf(l->out, "%016" PRIx64 ": %016" PRIx64 " %c%c%c%c%c%c%c%c%c\n", linear,
                           frame_of(l->cpu, &l->format, level, entry), entry & PTE_NX ? 'X' : '-', entry & PTE_G ? 'G' : '-',
                           level ? 'P' : '-', entry & PTE_D ? 'D' : '-', entry & PTE_A ? 'A' : '-', entry & PTE_PCD ? 'C' : '-',
                           entry & PTE_PWT ? 'T' : '-', entry & PTE_US ? 'U' : '-', entry & PTE_RW ? 'W' : '-');
    l->lines++;
}

/* Four levels at most; a guest may make tables that lead to themselves, so lines are counted. */
static void list_table(struct listing *l, uint64_t table, unsigned level, uint64_t linear, uint64_t rights)
{
    unsigned shift = 12 + level * l->format.index_bits;
    bool pointers = l->format.levels == 3 && level == 2;
    unsigned entries = pointers ? 4 : 1u << l->format.index_bits;
    for (unsigned i = 0; i < entries && l->lines < MOST_LINES; i++) {
        uint64_t entry = 0, at = linear | (uint64_t)i << shift;
        if (!read_physical(l->cpu, table + i * l->format.entry_bytes, &entry, l->format.entry_bytes) || !(entry & PTE_P)) {
            continue;
        }
        if (l->format.levels == 4 && level == 3 && i >= 256) {
            at |= 0xffffull << 48;
        }
        uint64_t mine = pointers ? rights : (rights & (entry | PTE_NX | PTE_P)) | (entry & PTE_NX);
        if (!pointers && is_page(l->cpu, &l->format, level, entry)) {
            list_page(l, at, level, entry, mine | PTE_P);
        } else {
            uint64_t next = l->format.entry_bytes == 4 ? entry & 0xfffff000 : entry & x86_physical_mask(l->cpu) & ~0xfffull & ~PTE_NX;
            list_table(l, next, level - 1, at, mine);
        }
    }
}

static void list_all(struct cpu *base, bool ranges, GString *out)
{
    struct listing l = { .cpu = x86_cpu_of(base), .out = out, .ranges = ranges };
    if (!paging_format(l.cpu, &l.format)) {
        g_string_append(out, "PG disabled\n");
        return;
    }
    list_table(&l, l.format.root, l.format.levels - 1, 0, PTE_P | PTE_RW | PTE_US);
    close_range(&l);
    if (l.lines >= MOST_LINES) {
        g_string_append(out, "... more lines are not shown; 'page ADDRESS' shows one translation\n");
    }
}

static void info_mem(struct cpu *cpu, const char *argument, uint64_t value, GString *out) { list_all(cpu, true, out); }
static void info_tlb(struct cpu *cpu, const char *argument, uint64_t value, GString *out) { list_all(cpu, false, out); }

static void page(struct cpu *base, const char *argument, uint64_t linear, GString *out)
{
    static const char *const names[2][4] = { { "PTE", "PDE", "PDPTE", "PML4E" }, { "PTE", "PDE", "PDPTE", "" } };
    const struct x86_cpu *cpu = x86_cpu_of(base);
    struct format format;
    struct visit visits[4];
    unsigned count;
    uint64_t physical;
    if (!paging_format(cpu, &format)) {
        g_string_append_printf(out, "paging is off: linear %#" PRIx64 " is physical %#" PRIx64 "%s\n", linear,
                               x86_view_translate(base, linear, &physical) ? physical : 0, cpu->a20 ? "" : " (A20 is closed)");
        return;
    }
    int level = walk(cpu, &format, linear, visits, &count);
    for (unsigned i = 0; i < count; i++) {
        uint64_t entry = visits[i].entry;
        g_string_append_printf(out, "%5s: %016" PRIx64 " at %#" PRIx64 "  %s %s %s%s%s%s%s%s%s\n",
                               names[format.levels == 3][format.levels - 1 - i], entry, visits[i].address,
                               entry & PTE_P ? "P" : "not present", entry & PTE_RW ? "RW" : "R", entry & PTE_US ? "U" : "S",
                               entry & PTE_A ? " A" : "", entry & PTE_D ? " D" : "", entry & PTE_PS ? " PS" : "",
                               entry & PTE_G ? " G" : "", entry & PTE_PCD ? " PCD" : "", entry & PTE_NX ? " NX" : "");
    }
    if (level < 0) {
        g_string_append_printf(out, "linear %#" PRIx64 " is not mapped\n", linear);
    } else if (x86_view_translate(base, linear, &physical)) {
        g_string_append_printf(out, "linear %#" PRIx64 " is physical %#" PRIx64 ", a page of %" PRIu64 " KiB\n", linear, physical,
                               (uint64_t)4 << (unsigned)level * format.index_bits);
    }
}

/* ---- Descriptor tables ---- */

static const char *const system_types[16] = {
    "reserved", "TSS16 available", "LDT", "TSS16 busy", "call gate 16", "task gate", "interrupt gate 16", "trap gate 16",
    "reserved", "TSS available", "reserved", "TSS busy", "call gate", "reserved", "interrupt gate", "trap gate",
};

static void print_descriptor(const struct x86_cpu *cpu, unsigned index, uint64_t low, uint64_t high, GString *out)
{
    unsigned type = low >> 40 & 0xf, dpl = low >> 45 & 3;
    bool code = type & 8, system = !(low >> 44 & 1), present = low >> 47 & 1, lng = cpu->efer & EFER_LMA;
    uint64_t base = (low >> 16 & 0xffffff) | (low >> 56 << 24) | (system && lng ? high << 32 : 0);
    uint32_t limit = (uint32_t)((low & 0xffff) | (low >> 32 & 0xf0000));
    limit = low >> 55 & 1 ? limit << 12 | 0xfff : limit;
    g_string_append_printf(out, "%04x: ", index * 8);
    if (system && (type == 4 || type == 5 || type == 6 || type == 7 || type == 0xc)) {
        g_string_append_printf(out, "%s %04x:%08x", system_types[type], (unsigned)(low >> 16 & 0xffff),
                               (uint32_t)((low & 0xffff) | (low >> 48 << 16)));
    } else {
        g_string_append_printf(out, "base %08" PRIx64 " limit %08x ", base, limit);
        g_string_append(out, system ? system_types[type] : code ? low >> 53 & 1 ? "code64" : low >> 54 & 1 ? "code32" : "code16"
                        : low >> 54 & 1 ? "data32" : "data16");
        if (!system) {
            g_string_append_printf(out, " %s%s%s%s", code ? type & 2 ? "R" : "-" : type & 2 ? "RW" : "R", code ? "X" : "",
                                   type & 4 ? code ? " conforming" : " expand-down" : "", type & 1 ? " accessed" : "");
        }
    }
    g_string_append_printf(out, " DPL %u%s\n", dpl, present ? "" : " not present");
}

static void info_gdt(struct cpu *base, const char *argument, uint64_t value, GString *out)
{
    const struct x86_cpu *cpu = x86_cpu_of(base);
    g_string_append_printf(out, "GDT base %#" PRIx64 " limit %#x\n", cpu->gdt.base, cpu->gdt.limit);
    for (unsigned i = 0; (uint64_t)i * 8 + 7 <= cpu->gdt.limit && i < MOST_ENTRIES; i++) {
        uint64_t low, high = 0;
        if (!cpu_view_read(base, cpu->gdt.base + i * 8, &low, 8)) {
            g_string_append_printf(out, "%04x: unreadable\n", i * 8);
            break;
        }
        bool wide = (cpu->efer & EFER_LMA) && !(low >> 44 & 1) && low >> 40 & 0xf;
        if (wide && !cpu_view_read(base, cpu->gdt.base + i * 8 + 8, &high, 8)) {
            high = 0;
        }
        if (low) {
            print_descriptor(cpu, i, low, high, out);
        }
        i += wide;
    }
}

static void info_idt(struct cpu *base, const char *argument, uint64_t value, GString *out)
{
    const struct x86_cpu *cpu = x86_cpu_of(base);
    unsigned bytes = cpu->efer & EFER_LMA ? 16 : 8;
    g_string_append_printf(out, "IDT base %#" PRIx64 " limit %#x\n", cpu->idt.base, cpu->idt.limit);
    if (!(cpu->cr0 & CR0_PE)) {
        g_string_append(out, "real mode: see 'info ivt'\n");
        return;
    }
    for (unsigned i = 0; i < 256 && i * bytes + bytes - 1 <= cpu->idt.limit; i++) {
        uint64_t gate[2] = { 0 };
        if (!cpu_view_read(base, cpu->idt.base + i * bytes, gate, bytes)) {
            g_string_append_printf(out, "%02x: unreadable\n", i);
            break;
        }
        if (gate[0] || gate[1]) {
            g_string_append_printf(out, "%02x: %s %04x:%0*" PRIx64 " DPL %u%s\n", i, system_types[gate[0] >> 40 & 0xf],
                                   (unsigned)(gate[0] >> 16 & 0xffff), bytes == 16 ? 16 : 8,
                                   (gate[0] & 0xffff) | (gate[0] >> 48 << 16) | gate[1] << 32, (unsigned)(gate[0] >> 45 & 3),
                                   gate[0] >> 47 & 1 ? "" : " not present");
        }
    }
}

static void info_ivt(struct cpu *base, const char *argument, uint64_t value, GString *out)
{
    const struct x86_cpu *cpu = x86_cpu_of(base);
    for (unsigned i = 0; i < 256; i++) {
        uint16_t entry[2];
        if (read_physical(cpu, (cpu->cr0 & CR0_PE ? 0 : cpu->idt.base) + i * 4, entry, 4) && (entry[0] || entry[1])) {
            g_string_append_printf(out, "%02x: %04x:%04x%s", i, entry[1], entry[0], i % 4 == 3 ? "\n" : "  ");
        }
    }
    g_string_append_c(out, '\n');
}

static void info_tss(struct cpu *base, const char *argument, uint64_t value, GString *out)
{
    const struct x86_cpu *cpu = x86_cpu_of(base);
    const struct x86_segment *tr = &cpu->seg[SEG_TR];
    uint32_t words[26];
    g_string_append_printf(out, "TR %04x base %#" PRIx64 " limit %#x %s\n", tr->selector, tr->base, tr->limit,
                           system_types[tr->attributes & SEG_TYPE]);
    if (!cpu_view_read(base, tr->base, words, sizeof(words)) || !(cpu->cr0 & CR0_PE)) {
        g_string_append(out, "no TSS can be read\n");
    } else if (cpu->efer & EFER_LMA) {
        for (unsigned i = 0; i < 3; i++) {
            g_string_append_printf(out, "RSP%u %016" PRIx64 "\n", i, words[1 + 2 * i] | (uint64_t)words[2 + 2 * i] << 32);
        }
        for (unsigned i = 0; i < 7; i++) {
            g_string_append_printf(out, "IST%u %016" PRIx64 "\n", i + 1, words[9 + 2 * i] | (uint64_t)words[10 + 2 * i] << 32);
        }
    } else if (tr->attributes & 8) {
        g_string_append_printf(out, "SS0:ESP0 %04x:%08x SS1:ESP1 %04x:%08x SS2:ESP2 %04x:%08x\nCR3 %08x EIP %08x EFLAGS %08x\n",
                               words[2] & 0xffff, words[1], words[4] & 0xffff, words[3], words[6] & 0xffff, words[5], words[7],
                               words[8], words[9]);
    } else {
        g_string_append(out, "a TSS of 16 bits\n");
    }
}

static void print_stack(struct cpu *base, const char *argument, uint64_t count, GString *out)
{
    const struct x86_cpu *cpu = x86_cpu_of(base);
    bool lng = cpu->cpu.mode & MODE_CODE64, wide = cpu->cpu.mode & MODE_STACK32;
    unsigned bytes = lng ? 8 : wide ? 4 : 2;
    uint64_t sp = lng ? cpu->regs[R_SP] : wide ? (uint32_t)cpu->regs[R_SP] : (uint16_t)cpu->regs[R_SP];
    count = !*argument ? 16 : MIN(count, MOST_LINES);
    for (unsigned i = 0; i < count; i++, sp += bytes) {
        uint64_t value = 0, linear = lng ? sp : cpu->seg[SEG_SS].base + sp;
        if (!cpu_view_read(base, linear, &value, bytes)) {
            g_string_append_printf(out, "%0*" PRIx64 ": unreadable\n", (int)bytes * 2, sp);
            return;
        }
        g_string_append_printf(out, "%0*" PRIx64 ": %0*" PRIx64 "\n", (int)bytes * 2, sp, (int)bytes * 2, value);
    }
}

/* The frames of code that keeps a frame pointer: [BP] is the caller's BP, the word above it where the call returns to. */
static void back_trace(struct cpu *base, const char *argument, uint64_t count, GString *out)
{
    enum { MOST_FRAMES = 64 };
    const struct x86_cpu *cpu = x86_cpu_of(base);
    bool lng = base->mode & MODE_CODE64;
    unsigned bytes = lng ? 8 : base->mode & MODE_STACK32 ? 4 : 2;
    uint64_t mask = UINT64_MAX >> (64 - 8 * bytes), frame = cpu->regs[R_BP] & mask;
    count = !*argument ? MOST_FRAMES : MIN(count, MOST_FRAMES);
    g_string_append_printf(out, "#0  %#" PRIx64 "\n", x86_rip(cpu));
    for (unsigned i = 1; i <= count && frame; i++) {
        uint64_t next = 0, address = 0, linear = lng ? frame : cpu->seg[SEG_SS].base + frame;
        if (!cpu_view_read(base, linear, &next, bytes) || !cpu_view_read(base, linear + bytes, &address, bytes)) {
            return;
        }
        g_string_append_printf(out, "#%-2u %#" PRIx64 "  frame %#" PRIx64 "\n", i, address, frame);
        if (next <= frame) {
            return;
        }
        frame = next;
    }
}

const struct cpu_view_topic x86_view_topics[] = {
    { "mem", "", "ranges of linear addresses that are mapped, with their rights", false, info_mem },
    { "tlb", "", "every page that is mapped: linear, physical, bits", false, info_tlb },
    { "gdt", "", "the global descriptor table", false, info_gdt },
    { "idt", "", "the interrupt descriptor table", false, info_idt },
    { "ivt", "", "the interrupt vectors of real mode", false, info_ivt },
    { "tss", "", "the task state segment", false, info_tss },
    { "page", "ADDRESS", "the page tables' entries for a linear address", true, page },
    { "print-stack", "[COUNT]", "words on the stack", true, print_stack },
    { "bt", "[COUNT]", "return addresses by the chain of frame pointers", true, back_trace },
    { NULL, NULL, NULL, false, NULL },
};
