/* SPDX-License-Identifier: MIT */
/*
 * An x86 CPU for gdb and lldb (tcg/cpu_gdb.h): the register files of gdb's i386 and amd64 descriptions, with the segments'
 * bases and the control registers in QEMU's numbers.
 *
 *   i8086, i386   eax..edi, eip, ... xmm0-7: 16-bit code has the 32-bit file, as no other is known to gdb
 *   x86-64        rax..r15, rip, ... xmm0-15
 *
 * What they are and how they are read; gdb_write.c changes them.
 */
#include <limits.h>
#include <string.h>
#include "target-x86/cpuid.h"
#include "target-x86/gdb.h"
#include "target-x86/unit.h"
#include "target-x86/view.h"

#define CODE(what, n) ((uint32_t)(what) << 8 | (n))

static const char core[] = "org.gnu.gdb.i386.core", sse[] = "org.gnu.gdb.i386.sse", segments[] = "org.gnu.gdb.i386.segments",
    x86_system[] = "org.dragoman.x86.system";

/* ---- descriptions ---- */

#define FIELD(name, bit) "<field name=\"" name "\" start=\"" #bit "\" end=\"" #bit "\"/>"
#define EFLAGS_FIELDS \
    FIELD("CF", 0) FIELD("", 1) FIELD("PF", 2) FIELD("AF", 4) FIELD("ZF", 6) FIELD("SF", 7) FIELD("TF", 8) FIELD("IF", 9) \
    FIELD("DF", 10) FIELD("OF", 11) FIELD("NT", 14) FIELD("RF", 16) FIELD("VM", 17) FIELD("AC", 18) FIELD("VIF", 19) \
    FIELD("VIP", 20) FIELD("ID", 21)
#define CR0_FIELDS \
    FIELD("PE", 0) FIELD("MP", 1) FIELD("EM", 2) FIELD("TS", 3) FIELD("ET", 4) FIELD("NE", 5) FIELD("WP", 16) FIELD("AM", 18) \
    FIELD("NW", 29) FIELD("CD", 30) FIELD("PG", 31)
#define CR4_FIELDS \
    FIELD("VME", 0) FIELD("PVI", 1) FIELD("TSD", 2) FIELD("DE", 3) FIELD("PSE", 4) FIELD("PAE", 5) FIELD("MCE", 6) \
    FIELD("PGE", 7) FIELD("PCE", 8) FIELD("OSFXSR", 9) FIELD("OSXMMEXCPT", 10) FIELD("UMIP", 11) FIELD("FSGSBASE", 16) \
    FIELD("PCIDE", 17) FIELD("OSXSAVE", 18) FIELD("SMEP", 20) FIELD("SMAP", 21)
#define EFER_FIELDS FIELD("SCE", 0) FIELD("LME", 8) FIELD("LMA", 10) FIELD("NXE", 11)
#define SYSTEM_TYPES(bytes) \
    "<flags id=\"cr0\" size=\"" bytes "\">" CR0_FIELDS "</flags><flags id=\"cr4\" size=\"" bytes "\">" CR4_FIELDS "</flags>" \
    "<flags id=\"efer\" size=\"" bytes "\">" EFER_FIELDS "</flags>"
#define VECTOR(id, type, count) "<vector id=\"" id "\" type=\"" type "\" count=\"" count "\"/>"

static const char eflags_type[] = "<flags id=\"i386_eflags\" size=\"4\">" EFLAGS_FIELDS "</flags>";
static const char sse_types[] =
    VECTOR("v4f", "ieee_single", "4") VECTOR("v2d", "ieee_double", "2") VECTOR("v16i8", "int8", "16") VECTOR("v8i16", "int16", "8")
    VECTOR("v4i32", "int32", "4") VECTOR("v2i64", "int64", "2")
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
    "<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>"
    "<flags id=\"i386_mxcsr\" size=\"4\">" FIELD("IE", 0) FIELD("DE", 1) FIELD("ZE", 2) FIELD("OE", 3) FIELD("UE", 4) FIELD("PE", 5)
    FIELD("DAZ", 6) FIELD("IM", 7) FIELD("DM", 8) FIELD("ZM", 9) FIELD("OM", 10) FIELD("UM", 11) FIELD("PM", 12) FIELD("FZ", 15)
    "</flags>";

static const struct cpu_gdb_types types32[] = {
    { core, eflags_type }, { x86_system, SYSTEM_TYPES("4") }, { sse, sse_types }, { NULL, NULL },
};
static const struct cpu_gdb_types types64[] = {
    { core, eflags_type }, { x86_system, SYSTEM_TYPES("8") }, { sse, sse_types }, { NULL, NULL },
};

enum { COUNT32 = 53, COUNT64 = 69 };
static const struct cpu_gdb_layout layouts[] = {
    { "i8086", "i8086", "i386-unknown-unknown", 4, COUNT32, { 8, 4, 5, UINT_MAX, 9 }, types32 },
    { "i386", "i386", "i386-unknown-unknown", 4, COUNT32, { 8, 4, 5, UINT_MAX, 9 }, types32 },
    { "x86-64", "i386:x86-64", "x86_64-unknown-unknown", 8, COUNT64, { 16, 7, 6, UINT_MAX, 17 }, types64 },
    { NULL, NULL, NULL, 0, 0, { 0, 0, 0, 0, 0 }, NULL },
};

static const struct cpu_gdb_layout *present(struct cpu *cpu)
{
    return cpu->mode & MODE_LMA ? &layouts[2] : cpu->mode & MODE_CODE32 ? &layouts[1] : &layouts[0];
}

static bool has_layout(struct cpu *cpu, const struct cpu_gdb_layout *layout)
{
    const struct x86_model *model = x86_cpu_of(cpu)->model;
    return layout->address_bytes < 8 || !model || model->has[FEAT_LM];
}

/* A run of registers that are alike; bits 0: as wide as the layout. */
struct run { unsigned count; const char *const *names; unsigned bits; const char *type, *group, *feature; uint32_t code; };
#define NAMES(...) ((const char *const[]){ __VA_ARGS__ })
#define ONE(name, bits, type, group, feature, code) { 1, NAMES(name), bits, type, group, feature, code }

/* Of both layouts: from EFLAGS on, in the order of their numbers. */
static const struct run runs[] = {
    ONE("eflags", 32, "i386_eflags", NULL, core, CODE(GDB_EFLAGS, 0)),
    ONE("cs", 32, "int32", NULL, core, CODE(GDB_SELECTOR, SEG_CS)), ONE("ss", 32, "int32", NULL, core, CODE(GDB_SELECTOR, SEG_SS)),
    ONE("ds", 32, "int32", NULL, core, CODE(GDB_SELECTOR, SEG_DS)), ONE("es", 32, "int32", NULL, core, CODE(GDB_SELECTOR, SEG_ES)),
    ONE("fs", 32, "int32", NULL, core, CODE(GDB_SELECTOR, SEG_FS)), ONE("gs", 32, "int32", NULL, core, CODE(GDB_SELECTOR, SEG_GS)),
    ONE("ss_base", 0, "int", "system", x86_system, CODE(GDB_BASE, SEG_SS)),
    ONE("ds_base", 0, "int", "system", x86_system, CODE(GDB_BASE, SEG_DS)),
    ONE("es_base", 0, "int", "system", x86_system, CODE(GDB_BASE, SEG_ES)),
    ONE("fs_base", 0, "int", "system", segments, CODE(GDB_BASE, SEG_FS)),
    ONE("gs_base", 0, "int", "system", segments, CODE(GDB_BASE, SEG_GS)),
    ONE("k_gs_base", 0, "int", "system", x86_system, CODE(GDB_KERNEL_GS, 0)),
    ONE("cr0", 0, "cr0", "system", x86_system, CODE(GDB_CONTROL, 0)), ONE("cr2", 0, "int", "system", x86_system, CODE(GDB_CONTROL, 2)),
    ONE("cr3", 0, "int", "system", x86_system, CODE(GDB_CONTROL, 3)), ONE("cr4", 0, "cr4", "system", x86_system, CODE(GDB_CONTROL, 4)),
    ONE("cr8", 0, "int", "system", x86_system, CODE(GDB_CONTROL, 8)), ONE("efer", 0, "efer", "system", x86_system, CODE(GDB_EFER, 0)),
    { 8, NAMES("st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"), 80, "i387_ext", NULL, core, CODE(GDB_ST, 0) },
    { 8, NAMES("fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"), 32, "int", "float", core, CODE(GDB_FPU, 0) },
};
static const char *const general32[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip" };
static const char *const general64[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11",
                                         "r12", "r13", "r14", "r15", "rip" };
static const char *const xmm_names[] = { "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                                         "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15" };

static void general_at(bool wide, unsigned n, struct cpu_gdb_register *reg)
{
    static const uint8_t order64[] = { R_AX, R_BX, R_CX, R_DX, R_SI, R_DI, R_BP, R_SP, 8, 9, 10, 11, 12, 13, 14, 15 };
    reg->name = wide ? general64[n] : general32[n];
    reg->bits = wide ? 64 : 32;
    reg->feature = core;
    const bool pc = n == (wide ? 16 : 8), stack = n == (wide ? 7 : 4) || n == (wide ? 6 : 5);
    reg->type = pc ? "code_ptr" : stack ? "data_ptr" : wide ? "int64" : "int32";
    reg->code = pc ? CODE(GDB_RIP, 0) : CODE(GDB_GENERAL, wide ? order64[n] : n);
}

static bool register_at(struct cpu *cpu, const struct cpu_gdb_layout *layout, unsigned n, struct cpu_gdb_register *reg)
{
    const bool wide = layout->address_bytes == 8;
    const unsigned general = wide ? 17 : 9, vectors = wide ? 16 : 8;
    *reg = (struct cpu_gdb_register){ .number = n };
    if (n < general) {
        general_at(wide, n, reg);
        return true;
    }
    n -= general;
    for (unsigned i = 0; i < G_N_ELEMENTS(runs); n -= runs[i++].count) {
        const struct run *run = &runs[i];
        if (n < run->count) {
            const char *word = !strcmp(run->type, "int") && !run->bits ? wide ? "int64" : "int32" : run->type;
            *reg = (struct cpu_gdb_register){ reg->number, run->names[n], run->bits ? run->bits : wide ? 64 : 32, word, run->group,
                                              run->feature == segments && !wide ? x86_system : run->feature, run->code + n };
            return true;
        }
    }
    if (n < vectors) {
        *reg = (struct cpu_gdb_register){ reg->number, xmm_names[n], 128, "vec128", NULL, sse, CODE(GDB_XMM, n) };
    } else {
        *reg = (struct cpu_gdb_register){ reg->number, "mxcsr", 32, "i386_mxcsr", "vector", sse, CODE(GDB_MXCSR, 0) };
    }
    return n <= vectors;
}

/* ---- values ---- */

static uint64_t read_fpu(const struct x86_cpu *cpu, enum x86_gdb_fpu n)
{
    const struct x86_fpu *fpu = &cpu->fpu;
    switch (n) {
    case GDB_FCTRL: return fpu->control;
    case GDB_FSTAT: return x86_fpu_status(cpu);
    case GDB_FTAG:  return x86_fpu_tags(cpu);
    case GDB_FISEG: return fpu->cs;
    case GDB_FIOFF: return (uint32_t)fpu->ip;
    case GDB_FOSEG: return fpu->ds;
    case GDB_FOOFF: return (uint32_t)fpu->dp;
    default:    return fpu->opcode;
    }
}

static uint64_t read_cr8(struct x86_cpu *cpu)
{
    GMutex *lock = cpu->cpu.machine_lock;
    if (!cpu->pic.read_tpr || !lock) {
        return 0;
    }
    g_mutex_lock(lock);
    const uint8_t tpr = cpu->pic.read_tpr(cpu->pic.controller);
    g_mutex_unlock(lock);
    return tpr >> 4;
}

static uint64_t read_control(struct x86_cpu *cpu, unsigned n)
{
    switch (n) {
    case 0:  return cpu->cr0;
    case 2:  return cpu->cr2;
    case 3:  return cpu->cr3;
    case 4:  return cpu->cr4;
    default: return read_cr8(cpu);
    }
}

uint64_t x86_gdb_word(struct x86_cpu *cpu, const struct cpu_gdb_view *view, uint32_t code)
{
    const unsigned n = code & 0xff;
    struct cpu *base = &cpu->cpu;
    switch (code >> 8) {
    case GDB_GENERAL:   return cpu->regs[n];
    case GDB_RIP:       return view->linear_pc ? base->frontend->linear(base, base->pc, base->mode) : x86_rip(cpu);
    case GDB_EFLAGS:    return x86_eflags_get(cpu);
    case GDB_SELECTOR:  return cpu->seg[n].selector;
    case GDB_BASE:      return cpu->seg[n].base;
    case GDB_KERNEL_GS: return cpu->kernel_gs_base;
    case GDB_CONTROL:   return read_control(cpu, n);
    case GDB_EFER:      return cpu->efer;
    case GDB_FPU:       return read_fpu(cpu, n);
    default:        return x86_mxcsr_get(cpu);
    }
}

static void read(struct cpu *base, const struct cpu_gdb_view *view, const struct cpu_gdb_register *reg, uint8_t *out)
{
    struct x86_cpu *cpu = x86_cpu_of(base);
    const unsigned n = reg->code & 0xff;
    if (reg->code >> 8 == GDB_ST) {
        const struct x86_st *st = &cpu->fpu.st[(cpu->fpu.top + n) & 7];
        const uint64_t significand = GUINT64_TO_LE(st->significand);
        const uint16_t exponent = GUINT16_TO_LE(st->sign_exponent);
        memcpy(out, &significand, 8);
        memcpy(out + 8, &exponent, 2);
    } else if (reg->code >> 8 == GDB_XMM) {
        memcpy(out, &cpu->xmm[n], 16);
    } else {
        const uint64_t value = GUINT64_TO_LE(x86_gdb_word(cpu, view, reg->code));
        memcpy(out, &value, reg->bits / 8);
    }
}

static const struct cpu_gdb_alias aliases[] = { { "pc", "rip" }, { NULL, NULL } };

const struct cpu_gdb x86_gdb = {
    .layouts = layouts, .has_layout = has_layout, .present = present, .register_at = register_at, .read = read,
    .write = x86_gdb_write, .aliases = aliases,
};
