/* SPDX-License-Identifier: MIT */
/*
 * An ARM CPU for gdb and lldb (tcg/cpu_gdb.h): the register files of gdb's arm and aarch64 descriptions in QEMU's numbers, and
 * behind them the system registers that are plain state of the CPU, by their names in the Arm ARM, as rows of the tables
 * that MRS and MRC use; they are written through these rows, too. Counters, and what depends on devices, are left out: reading
 * them acts.
 */
#include <limits.h>
#include <string.h>
#include "target-arm/cp.h"
#include "target-arm/sysreg.h"
#include "target-arm/view.h"
#include "tcg/cpu_gdb.h"

enum code { GENERAL, PC, STATUS, VECTOR, DOUBLE, FPSCR, FPSR, FPCR, FPSID, FPEXC, SYSREG, CP_REG, FIELD64 };
#define CODE(what, n) ((uint32_t)(what) << 16 | (n))
enum { ARM_PC = 15, ARM_CPSR = 25, ARM_D0 = 26, ARM_FPSCR = 74, ARM_FPSID, ARM_FPEXC, ARM_SYSTEM, ARM_GENERAL = 17 };
enum { A64_SP = 31, A64_PC, A64_CPSR, A64_V0, A64_FPSR = A64_V0 + 32, A64_FPCR, A64_SYSTEM, A64_GENERAL = 34 };

static const char arm_core[] = "org.gnu.gdb.arm.core", arm_vfp[] = "org.gnu.gdb.arm.vfp", arm_neon[] = "org.gnu.gdb.arm.neon",
    vfp_system[] = "org.qemu.gdb.arm.vfp-sysregs", system_registers[] = "org.qemu.gdb.arm.sys.regs",
    a64_core[] = "org.gnu.gdb.aarch64.core", a64_fpu[] = "org.gnu.gdb.aarch64.fpu";

/* ---- descriptions ---- */

#define BIT(name, bit) "<field name=\"" name "\" start=\"" #bit "\" end=\"" #bit "\"/>"
static const char a64_core_types[] =
    "<flags id=\"cpsr_flags\" size=\"4\">" BIT("SP", 0) "<field name=\"EL\" start=\"2\" end=\"3\"/>" BIT("nRW", 4) BIT("F", 6)
    BIT("I", 7) BIT("A", 8) BIT("D", 9) BIT("SSBS", 12) BIT("IL", 20) BIT("SS", 21) BIT("PAN", 22) BIT("UAO", 23) BIT("DIT", 24) BIT("V", 28) BIT("C", 29)
    BIT("Z", 30) BIT("N", 31) "</flags>";
static const char a64_fpu_types[] =
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/><vector id=\"v2u\" type=\"uint64\" count=\"2\"/>"
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v4u\" type=\"uint32\" count=\"4\"/>"
    "<vector id=\"v8u\" type=\"uint16\" count=\"8\"/><vector id=\"v16u\" type=\"uint8\" count=\"16\"/>"
    "<union id=\"vnd\"><field name=\"f\" type=\"v2d\"/><field name=\"u\" type=\"v2u\"/></union>"
    "<union id=\"vns\"><field name=\"f\" type=\"v4f\"/><field name=\"u\" type=\"v4u\"/></union>"
    "<union id=\"vnh\"><field name=\"u\" type=\"v8u\"/></union><union id=\"vnb\"><field name=\"u\" type=\"v16u\"/></union>"
    "<union id=\"aarch64v\"><field name=\"d\" type=\"vnd\"/><field name=\"s\" type=\"vns\"/><field name=\"h\" type=\"vnh\"/>"
    "<field name=\"b\" type=\"vnb\"/></union>";

static const struct cpu_gdb_types types32[] = { { arm_neon, "" }, { NULL, NULL } };
static const struct cpu_gdb_types types64[] = { { a64_core, a64_core_types }, { a64_fpu, a64_fpu_types }, { NULL, NULL } };

#define LAYOUT32 { "arm", "arm", "arm-unknown-unknown", 4, ARM_GENERAL, { ARM_PC, 13, 11, 14, ARM_CPSR }, types32 }
#define LAYOUT64 { "aarch64", "aarch64", "aarch64-unknown-unknown", 8, A64_GENERAL, { A64_PC, A64_SP, 29, 30, A64_CPSR }, types64 }
#define LAYOUT_END { NULL, NULL, NULL, 0, 0, { 0, 0, 0, 0, 0 }, NULL }
static const struct cpu_gdb_layout layouts32[] = { LAYOUT32, LAYOUT_END }, layouts64[] = { LAYOUT32, LAYOUT64, LAYOUT_END };

static const struct cpu_gdb_layout *present32(struct cpu *cpu) { return &layouts32[0]; }

/* Also while AArch32 code runs: the next exception may lead to AArch64. */
static const struct cpu_gdb_layout *present64(struct cpu *cpu) { return &layouts64[1]; }

#define NAMES_OF_16(prefix) \
    prefix "0", prefix "1", prefix "2", prefix "3", prefix "4", prefix "5", prefix "6", prefix "7", prefix "8", prefix "9", \
    prefix "10", prefix "11", prefix "12", prefix "13", prefix "14", prefix "15"
#define NAMES_OF_32(prefix) \
    NAMES_OF_16(prefix), prefix "16", prefix "17", prefix "18", prefix "19", prefix "20", prefix "21", prefix "22", prefix "23", \
    prefix "24", prefix "25", prefix "26", prefix "27", prefix "28", prefix "29", prefix "30", prefix "31"

static bool core32_at(unsigned n, struct cpu_gdb_register *reg)
{
    static const char *const r[] = { NAMES_OF_16("r") }, *const d[] = { NAMES_OF_32("d") };
    const unsigned doubles = ARM_GENERAL + 32;
    if (n < 16) {
        const char *name = n == 13 ? "sp" : n == 14 ? "lr" : n == ARM_PC ? "pc" : r[n];
        const char *type = n == 13 ? "data_ptr" : n == ARM_PC ? "code_ptr" : "uint32";
        *reg = (struct cpu_gdb_register){ n, name, 32, type, NULL, arm_core, n == ARM_PC ? CODE(PC, 0) : CODE(GENERAL, n) };
    } else if (n == 16) {
        *reg = (struct cpu_gdb_register){ ARM_CPSR, "cpsr", 32, "uint32", NULL, arm_core, CODE(STATUS, 0) };
    } else if (n < doubles) {
        n -= ARM_GENERAL;
        *reg = (struct cpu_gdb_register){ ARM_D0 + n, d[n], 64, "ieee_double", NULL, arm_vfp, CODE(DOUBLE, n) };
    } else if (n == doubles) {
        *reg = (struct cpu_gdb_register){ ARM_FPSCR, "fpscr", 32, "int", "float", arm_vfp, CODE(FPSCR, 0) };
    } else if (n == doubles + 1) {
        *reg = (struct cpu_gdb_register){ ARM_FPSID, "fpsid", 32, "int", "float", vfp_system, CODE(FPSID, 0) };
    } else if (n == doubles + 2) {
        *reg = (struct cpu_gdb_register){ ARM_FPEXC, "fpexc", 32, "int", "float", vfp_system, CODE(FPEXC, 0) };
    }
    return n <= doubles + 2;
}

static bool core64_at(unsigned n, struct cpu_gdb_register *reg)
{
    static const char *const x[] = { NAMES_OF_32("x") }, *const v[] = { NAMES_OF_32("v") };
    if (n <= A64_SP) {
        *reg = (struct cpu_gdb_register){ n, n == A64_SP ? "sp" : x[n], 64, n == A64_SP ? "data_ptr" : "int", NULL, a64_core,
                                          CODE(GENERAL, n) };
    } else if (n == A64_PC) {
        *reg = (struct cpu_gdb_register){ n, "pc", 64, "code_ptr", NULL, a64_core, CODE(PC, 0) };
    } else if (n == A64_CPSR) {
        *reg = (struct cpu_gdb_register){ n, "cpsr", 32, "cpsr_flags", NULL, a64_core, CODE(STATUS, 0) };
    } else if (n < A64_FPSR) {
        *reg = (struct cpu_gdb_register){ n, v[n - A64_V0], 128, "aarch64v", NULL, a64_fpu, CODE(VECTOR, n - A64_V0) };
    } else if (n <= A64_FPCR) {
        *reg = (struct cpu_gdb_register){ n, n == A64_FPSR ? "fpsr" : "fpcr", 32, "int", "float", a64_fpu,
                                          CODE(n == A64_FPSR ? FPSR : FPCR, 0) };
    }
    return n <= A64_FPCR;
}

/* ---- system registers ---- */

static const struct arm_sysreg_table *const sysreg_tables[] = { &arm_sysregs_system, &arm_sysregs_id, &arm_sysregs_timer,
                                                                &arm_sysregs_debug };

/* Registers whose rows have functions that may trap, and the field behind them. */
static const struct { const char *name; uint32_t offset; } fields64[] = {
    { "CPACR_EL1", CPU_FIELD(cpacr) }, { "HCR_EL2", CPU_FIELD(hcr) }, { "SCR_EL3", CPU_FIELD(scr) },
    { "MPIDR_EL1", CPU_FIELD(mpidr) },
    { "MDSCR_EL1", CPU_FIELD(mdscr) }, { "SP_EL0", CPU_FIELD(sp_el[0]) }, { "SP_EL1", CPU_FIELD(sp_el[1]) },
    { "CNTFRQ_EL0", CPU_FIELD(cntfrq) },
};

static bool sysreg_shown(const struct arm_cpu *cpu, const struct arm_sysreg_table *table, const struct arm_sysreg *row)
{
    const bool level = row->read_el < EL2 || (row->read_el == EL2 && cpu->has_el2) || (row->read_el == EL3 && cpu->has_el3);
    const bool plain = row->read ? table == &arm_sysregs_id : row->offset != SYSREG_NO_FIELD || row->flags & SYSREG_CONST;
    return level && plain && row->name[0] && (!row->feature || arm_has(cpu, row->feature));
}

static bool sysreg_at(const struct arm_cpu *cpu, unsigned n, struct cpu_gdb_register *reg)
{
    *reg = (struct cpu_gdb_register){ A64_SYSTEM + n, NULL, 64, "int", "cp_regs", system_registers, 0 };
    if (n < G_N_ELEMENTS(fields64)) {
        reg->name = fields64[n].name;
        reg->code = CODE(FIELD64, n);
        return true;
    }
    n -= G_N_ELEMENTS(fields64);
    for (unsigned t = 0; t < G_N_ELEMENTS(sysreg_tables); t++) {
        for (unsigned i = 0; i < sysreg_tables[t]->count; i++) {
            const struct arm_sysreg *row = &sysreg_tables[t]->rows[i];
            if (sysreg_shown(cpu, sysreg_tables[t], row) && !n--) {
                reg->name = row->name;
                reg->code = CODE(SYSREG, t << 12 | i);
                return true;
            }
        }
    }
    return false;
}

static bool cp_reg_at(const struct arm_cpu *cpu, unsigned n, struct cpu_gdb_register *reg)
{
    unsigned left = n;
    for (unsigned t = 0; arm_cp_tables[t]; t++) {
        for (unsigned i = 0; i < arm_cp_tables[t]->count; i++) {
            const struct cp_reg *row = &arm_cp_tables[t]->regs[i];
            if (row->offset >= 0 && !row->read && (!row->feature || arm_has(cpu, row->feature)) && !left--) {
                *reg = (struct cpu_gdb_register){ ARM_SYSTEM + n, row->name, row->encoding >> 31 ? 64 : 32, "int", "cp_regs",
                                                  system_registers, CODE(CP_REG, t << 12 | i) };
                return true;
            }
        }
    }
    return false;
}

static bool register_at(struct cpu *base, const struct cpu_gdb_layout *layout, unsigned n, struct cpu_gdb_register *reg)
{
    const struct arm_cpu *cpu = arm_cpu_of(base);
    if (layout->address_bytes == 8) {
        return core64_at(n, reg) || sysreg_at(cpu, n - A64_SYSTEM, reg);
    }
    return core32_at(n, reg) || cp_reg_at(cpu, n - (ARM_GENERAL + 32 + 3), reg);
}

/* ---- values ---- */

static uint64_t field_at(const struct arm_cpu *cpu, uint32_t offset)
{
    return *(const uint64_t *)((const uint8_t *)cpu + offset);
}

static uint64_t read_sysreg(struct arm_cpu *cpu, unsigned n)
{
    const struct arm_sysreg *row = &sysreg_tables[n >> 12]->rows[n & 0xfff];
    return row->read ? row->read(cpu) : row->flags & SYSREG_CONST ? row->offset : field_at(cpu, row->offset);
}

/* Where SP_EL0 or SP_EL1 is: x[31] while it is in use. NULL: another register's offset. */
static uint64_t *banked_sp(struct arm_cpu *cpu, uint32_t offset)
{
    const unsigned el = offset == CPU_FIELD(sp_el[0]) ? EL0 : offset == CPU_FIELD(sp_el[1]) ? EL1 : UINT_MAX;
    const unsigned in_use = cpu->spsel ? cpu->el : EL0;
    return el == UINT_MAX ? NULL : cpu->aarch64 && el == in_use ? &cpu->x[31] : &cpu->sp_el[el];
}

static uint64_t read_field(struct arm_cpu *cpu, unsigned n)
{
    const uint64_t *sp = banked_sp(cpu, fields64[n].offset);
    return sp ? *sp : field_at(cpu, fields64[n].offset);
}

static uint64_t read_word(struct arm_cpu *cpu, uint32_t code)
{
    const unsigned n = code & 0xffff;
    switch (code >> 16) {
    case GENERAL: return cpu->x[n];
    case PC:      return cpu->cpu.pc;
    case STATUS:  return arm_cpsr_get(cpu);
    case DOUBLE:  return cpu->v[n / 2].u64[n % 2];
    case FPSCR:   return arm_fpscr_get(cpu);
    case FPSR:    return arm_fpsr_get(cpu);
    case FPCR:    return cpu->fpcr;
    case FPSID:   return cpu->model->ids.fpsid;
    case FPEXC:   return cpu->fpexc;
    case SYSREG:  return read_sysreg(cpu, n);
    case CP_REG:  return *arm_cp_field(cpu, &arm_cp_tables[n >> 12]->regs[n & 0xfff]);
    default:      return read_field(cpu, n);
    }
}

static void read(struct cpu *base, const struct cpu_gdb_view *view, const struct cpu_gdb_register *reg, uint8_t *out)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    if (reg->code >> 16 == VECTOR) {
        memcpy(out, &cpu->v[reg->code & 0xffff], 16);
        return;
    }
    const uint64_t value = GUINT64_TO_LE(read_word(cpu, reg->code));
    memcpy(out, &value, reg->bits / 8);
}

/* ---- changes ---- */

/* What MSR, CPS and changes of state write from here; PSTATE's level is left to exceptions. */
static bool write_status(struct arm_cpu *cpu, uint32_t value)
{
    const uint32_t own = cpu->aarch64 ? PSTATE_D | (cpu->el ? PSTATE_SPSEL : 0) | (arm_has(cpu, ARM_UAO) ? PSTATE_UAO : 0)
                                      : PSTATE_Q | PSTATE_GE | CPSR_E | CPSR_T | CPSR_M;
    const uint32_t also = cpu->aarch64 ? (arm_has(cpu, ARM_DIT) ? PSTATE_DIT : 0) | (arm_has(cpu, ARM_SSBS) ? PSTATE_SSBS : 0) : 0;
    const uint32_t pan = arm_has(cpu, ARM_PAN) ? PSTATE_PAN : 0, mask = PSTATE_NZCV | PSTATE_A | PSTATE_I | PSTATE_F | pan | also | own;
    if ((value ^ arm_cpsr_get(cpu)) & ~mask || (!cpu->aarch64 && !arm_may_set_mode(cpu, value & CPSR_M))) {
        return false;
    }
    if (!cpu->aarch64) {
        arm_cpsr_put(cpu, value, mask);
        return true;
    }
    arm_cpsr_put(cpu, value, PSTATE_NZCV | PSTATE_A | PSTATE_I | PSTATE_F | pan);
    cpu->daif = (cpu->daif & ~(uint32_t)PSTATE_D) | (value & PSTATE_D);
    cpu->uao = value & PSTATE_UAO & own;
    cpu->dit_ssbs = value & also;
    if (cpu->el) {
        arm_sp_switch(cpu, cpu->el, value & PSTATE_SPSEL);
    }
    arm_update_mode(cpu);
    return true;
}

static const struct arm_sysreg *row_named(const char *name)
{
    for (unsigned t = 0; t < G_N_ELEMENTS(sysreg_tables); t++) {
        for (unsigned i = 0; i < sysreg_tables[t]->count; i++) {
            if (!strcmp(sysreg_tables[t]->rows[i].name, name)) {
                return &sysreg_tables[t]->rows[i];
            }
        }
    }
    return NULL;
}

static const struct arm_sysreg *sysreg_row(uint32_t code)
{
    const unsigned n = code & 0xffff;
    return code >> 16 == FIELD64 ? row_named(fields64[n].name) : &sysreg_tables[n >> 12]->rows[n & 0xfff];
}

struct change { uint32_t code; uint64_t value; };

static void apply(struct cpu *base, void *opaque)
{
    const struct change *change = opaque;
    struct arm_cpu *cpu = arm_cpu_of(base);
    const unsigned n = change->code & 0xffff;
    if (change->code >> 16 == CP_REG) {
        arm_cp_put(cpu, &arm_cp_tables[n >> 12]->regs[n & 0xfff], change->value);
    } else {
        arm_sysreg_put(cpu, sysreg_row(change->code), change->value);
    }
}

/* Some level's software may write it. */
static bool is_writable(uint32_t code)
{
    const unsigned n = code & 0xffff;
    if (code >> 16 == CP_REG) {
        return arm_cp_tables[n >> 12]->regs[n & 0xfff].access & (CP_W0 | CP_W1 | CP_W2 | CP_W3);
    }
    const struct arm_sysreg *row = sysreg_row(code);
    return row->write_el != SYSREG_NEVER && !(row->flags & SYSREG_CONST);
}

/* A system register, with all that hangs on it, whatever level runs; a trap that software set up refuses it. */
static bool write_system(struct arm_cpu *cpu, uint32_t code, uint64_t value)
{
    struct change change = { code, value };
    const uint64_t before = read_word(cpu, code);
    const struct arm_exception raised = cpu->raised;
    uint64_t *sp = code >> 16 == FIELD64 ? banked_sp(cpu, fields64[code & 0xffff].offset) : NULL;
    if (sp) {
        *sp = value;
        return true;
    }
    bool done = is_writable(code) && cpu_attempt(&cpu->cpu, apply, &change);
    if (done && !arm_state_is_possible(cpu)) {          /* SCR, HCR: not from this level */
        change.value = before;
        cpu_attempt(&cpu->cpu, apply, &change);
        done = false;
    }
    cpu->raised = raised;
    return done;
}

static bool write_word(struct arm_cpu *cpu, uint32_t code, uint64_t value)
{
    const unsigned n = code & 0xffff;
    switch (code >> 16) {
    case GENERAL: cpu->x[n] = value; return true;
    case PC:      cpu->cpu.pc = cpu->aarch64 ? value & ~3ull : (uint32_t)value & (cpu->thumb ? ~1u : ~3u); return true;
    case STATUS:  return write_status(cpu, (uint32_t)value);
    case DOUBLE:  cpu->v[n / 2].u64[n % 2] = value; return true;
    case FPSCR:   arm_fpscr_put(cpu, (uint32_t)value); return true;
    case FPSR:    arm_fpsr_put(cpu, (uint32_t)value); return true;
    case FPCR:    arm_fpcr_put(cpu, (uint32_t)value); return true;
    case FPSID:   return read_word(cpu, code) == value;
    case FPEXC:   arm_fpexc_put(cpu, (uint32_t)value); return true;
    default:      return read_word(cpu, code) == value || write_system(cpu, code, value);
    }
}

static bool write(struct cpu *base, const struct cpu_gdb_view *view, const struct cpu_gdb_register *reg, const uint8_t *in)
{
    struct arm_cpu *cpu = arm_cpu_of(base);
    uint64_t value = 0;
    if (reg->code >> 16 == VECTOR) {
        memcpy(&cpu->v[reg->code & 0xffff], in, 16);
        return true;
    }
    memcpy(&value, in, MIN(reg->bits / 8, 8));
    return write_word(cpu, reg->code, GUINT64_FROM_LE(value));
}

static const struct cpu_gdb_alias aliases[] = { { "r13", "sp" }, { "r14", "lr" }, { "r15", "pc" }, { "pstate", "cpsr" }, { NULL, NULL } };

const struct cpu_gdb arm_gdb32 = { .layouts = layouts32, .present = present32, .register_at = register_at, .read = read,
                                   .write = write, .aliases = aliases, .watch_before = true };
const struct cpu_gdb arm_gdb64 = { .layouts = layouts64, .present = present64, .register_at = register_at, .read = read,
                                   .write = write, .aliases = aliases, .watch_before = true };
