/* SPDX-License-Identifier: MIT */
/* System instructions (SDM 2): control, debug and model-specific registers, tables, caches, SYSCALL and its like,
 * CPUID, RDTSC. */
#include "target-x86/helpers.h"
#include "target-x86/system_rows.h"
#include "target-x86/tables.h"

void x86_check_umip(struct x86_trans *t)
{
    if (t->mode & MODE_CPL) {
        x86_call_void(t, HELPER_umip, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    }
}

static ir_reg cpu_word(struct x86_trans *t, unsigned offset) { return ir_ldcpu(t->u, 64, offset); }

/* ---- control and debug registers: always the full width of the mode ---- */

static unsigned register_bits(const struct x86_trans *t) { return t->code_bits == 64 ? 64 : 32; }

static bool control_register_exists(const struct x86_trans *t)
{
    unsigned n = t->insn->reg;

    return n == 0 || n == 2 || n == 3 || n == 4 || (n == 8 && t->code_bits == 64);
}

static void mov_from_cr(struct x86_trans *t)
{
    static const uint32_t offsets[] = {
        [0] = offsetof(struct x86_cpu, cr0), [2] = offsetof(struct x86_cpu, cr2), [3] = offsetof(struct x86_cpu, cr3),
        [4] = offsetof(struct x86_cpu, cr4),
    };

    if (!control_register_exists(t)) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    ir_reg value = t->insn->reg == 8 ? x86_call(t, HELPER_read_cr8, IR_NONE, IR_NONE, IR_NONE, IR_NONE)
                                     : cpu_word(t, offsets[t->insn->reg]);
    x86_set_reg(t, t->insn->rm, register_bits(t), value);
}

static void mov_to_cr(struct x86_trans *t)
{
    ir_reg value = x86_get_reg(t, t->insn->rm, register_bits(t));

    if (!control_register_exists(t)) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    if (t->insn->reg == 2) {
        ir_stcpu(t->u, 64, offsetof(struct x86_cpu, cr2), value);
        return;
    }
    x86_call_void(t, HELPER_write_cr, ir_const(t->u, t->insn->reg), value, IR_NONE, IR_NONE);
    if (t->insn->reg != 8) {
        x86_end_next(t);
    }
}

static void mov_from_dr(struct x86_trans *t)
{
    if (t->insn->reg > 7) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    x86_set_reg(t, t->insn->rm, register_bits(t),
                x86_call(t, HELPER_read_dr, ir_const(t->u, t->insn->reg), IR_NONE, IR_NONE, IR_NONE));
}

static void mov_to_dr(struct x86_trans *t)
{
    if (t->insn->reg > 7) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    x86_call_void(t, HELPER_write_dr, ir_const(t->u, t->insn->reg), x86_get_reg(t, t->insn->rm, register_bits(t)),
                  IR_NONE,
                  IR_NONE);
    x86_end_next(t);
}

static void clts(struct x86_trans *t)
{
    x86_call_void(t, HELPER_clts, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    x86_end_if_mode_changed(t);
}

static void lmsw(struct x86_trans *t)
{
    x86_call_void(t, HELPER_lmsw, x86_read(t, 0), IR_NONE, IR_NONE, IR_NONE);
    x86_end_next(t);
}

static void smsw(struct x86_trans *t)
{
    x86_check_umip(t);
    x86_write(t, 0, cpu_word(t, offsetof(struct x86_cpu, cr0)));
}

/* ---- descriptor tables: data = 0 GDT, 1 IDT ---- */

static void load_table(struct x86_trans *t)
{
    bool wide = t->code_bits == 64;
    ir_reg linear = x86_linear(t, wide ? 80 : 48, false);
    ir_reg limit = ir_ld(t->u, 16, linear, 0, t->mmu), base = ir_ld(t->u, wide ? 64 : 32, linear, 2, t->mmu);

    if (!wide && t->insn->operand_bits == 16) {
        base = ir_op2i(t->u, IR_AND, 64, base, 0xffffff);
    }
    x86_call_void(t, HELPER_load_table, ir_const(t->u, t->insn->row->data), limit, base, IR_NONE);
}

static void store_table(struct x86_trans *t)
{
    unsigned offset = t->insn->row->data ? offsetof(struct x86_cpu, idt) : offsetof(struct x86_cpu, gdt);
    bool wide = t->code_bits == 64;
    ir_reg linear;

    x86_check_umip(t);
    linear = x86_linear(t, wide ? 80 : 48, true);
    ir_probe(t->u, wide ? 64 : 32, linear, 2, t->mmu);
    ir_st(t->u, 16, linear, 0, ir_ldcpu(t->u, 16, offset + offsetof(struct x86_table, limit)), t->mmu);
    ir_st(t->u, wide ? 64 : 32, linear, 2, cpu_word(t, offset + offsetof(struct x86_table, base)), t->mmu);
}

/* ---- TLB and caches ---- */

static void invlpg(struct x86_trans *t)
{
    x86_call_void(t, HELPER_invlpg, x86_linear(t, 8, false), IR_NONE, IR_NONE, IR_NONE);
    x86_end_next(t);
}

static void invpcid(struct x86_trans *t)
{
    ir_reg linear = x86_linear(t, 128, false);
    ir_reg low = ir_ld(t->u, 64, linear, 0, t->mmu), high = ir_ld(t->u, 64, linear, 8, t->mmu);

    x86_call_void(t, HELPER_invpcid, x86_get_reg(t, t->insn->reg, register_bits(t)), low, high, IR_NONE);
    x86_end_next(t);
}

/* CLFLUSH and its like: nothing to flush, but they fault as a load of a byte does. */
static void flush_line(struct x86_trans *t)
{
    ir_ld(t->u, 8, x86_linear(t, 8, false), 0, t->mmu);
}

static void nothing(struct x86_trans *t) { (void)t; }

static void fence(struct x86_trans *t) { ir_append(t->u, IR_FENCE, 64); }

/* ---- model-specific registers, time, identification ---- */

static void set_edx_eax(struct x86_trans *t, ir_reg value)
{
    x86_set_reg(t, R_AX, 32, ir_extu(t->u, 32, value));
    x86_set_reg(t, R_DX, 32, ir_op2i(t->u, IR_SHR, 64, value, 32));
}

static ir_reg get_edx_eax(struct x86_trans *t)
{
    return ir_deposit(t->u, x86_get_reg(t, R_AX, 32), 32, 32, x86_get_reg(t, R_DX, 32));
}

static void rdmsr(struct x86_trans *t)
{
    set_edx_eax(t, x86_call(t, HELPER_rdmsr, x86_get_reg(t, R_CX, 32), IR_NONE, IR_NONE, IR_NONE));
}

static void wrmsr(struct x86_trans *t)
{
    x86_call_void(t, HELPER_wrmsr, x86_get_reg(t, R_CX, 32), get_edx_eax(t), IR_NONE, IR_NONE);
    x86_end_if_mode_changed(t);
}

static void rdtsc(struct x86_trans *t)
{
    set_edx_eax(t, x86_call(t, HELPER_rdtsc, IR_NONE, IR_NONE, IR_NONE, IR_NONE));
}

static void rdtscp(struct x86_trans *t)
{
    rdtsc(t);
    x86_set_reg(t, R_CX, 32, ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, tsc_aux)));
}

static void rdpid(struct x86_trans *t)
{
    x86_set_reg(t, t->insn->rm, register_bits(t), ir_ldcpu(t->u, 32, offsetof(struct x86_cpu, tsc_aux)));
}

static void rdpmc(struct x86_trans *t)
{
    set_edx_eax(t, x86_call(t, HELPER_rdpmc, IR_NONE, IR_NONE, IR_NONE, IR_NONE));
}

static void cpuid(struct x86_trans *t)
{
    x86_call_void(t, HELPER_cpuid, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
}

/* Always succeeds: CF = 1, the other arithmetic flags 0. */
static void random_number(struct x86_trans *t)
{
    x86_write(t, 0, x86_call(t, HELPER_random, IR_NONE, IR_NONE, IR_NONE, IR_NONE));
    ir_fput_to(t->u, X86_FLAGS, ir_const(t->u, EFL_CF));
}

static void xgetbv(struct x86_trans *t)
{
    if (!(t->mode & MODE_OSXSAVE)) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    set_edx_eax(t, x86_call(t, HELPER_xgetbv, x86_get_reg(t, R_CX, 32), IR_NONE, IR_NONE, IR_NONE));
}

static void xsetbv(struct x86_trans *t)
{
    if (!(t->mode & MODE_OSXSAVE)) {
        x86_gen_raise(t, EXC_UD);
    } else if (t->mode & MODE_CPL) {
        x86_gen_raise_error(t, EXC_GP, 0);
    } else {
        x86_call_void(t, HELPER_xsetbv, x86_get_reg(t, R_CX, 32), get_edx_eax(t), IR_NONE, IR_NONE);
        x86_end_next(t);
    }
}

/* ---- system calls ---- */

static unsigned rex_w_bits(const struct x86_trans *t) { return t->insn->rex & 8 ? 64 : 32; }

static void syscall_insn(struct x86_trans *t)
{
    x86_call_void(t, HELPER_syscall, ir_const(t->u, t->next_rip), IR_NONE, IR_NONE, IR_NONE);
    x86_end_lookup(t);
}

static void sysenter(struct x86_trans *t)
{
    x86_call_void(t, HELPER_sysenter, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    x86_end_lookup(t);
}

/* SYSRET, SYSEXIT: data is the helper. */
static void return_to_user(struct x86_trans *t)
{
    x86_call_void(t, t->insn->row->data, ir_const(t->u, rex_w_bits(t)), IR_NONE, IR_NONE, IR_NONE);
    x86_end_lookup(t);
}

static void swapgs(struct x86_trans *t)
{
    enum { GS_BASE = offsetof(struct x86_cpu, seg[SEG_GS].base), KERNEL_GS = offsetof(struct x86_cpu, kernel_gs_base) };
    ir_reg now = cpu_word(t, GS_BASE), other = cpu_word(t, KERNEL_GS);

    ir_stcpu(t->u, 64, GS_BASE, other);
    ir_stcpu(t->u, 64, KERNEL_GS, now);
}

/* data: the segment. */
static void read_base(struct x86_trans *t)
{
    x86_call_void(t, HELPER_fsgsbase, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    x86_set_reg(t, t->insn->rm, rex_w_bits(t),
                ir_ldcpu(t->u, rex_w_bits(t), offsetof(struct x86_cpu,
                                                       seg[0].base) + t->insn->row->data * sizeof(struct x86_segment)));
}

static void write_base(struct x86_trans *t)
{
    x86_call_void(t, HELPER_write_base, ir_const(t->u, t->insn->row->data), x86_get_reg(t, t->insn->rm,
            rex_w_bits(t)), IR_NONE,
                  IR_NONE);
}

/* ---- waiting, SMM ---- */

static void hlt(struct x86_trans *t)
{
    x86_call_void(t, HELPER_hlt, ir_const(t->u, t->next_rip), IR_NONE, IR_NONE, IR_NONE);
    x86_end_exit(t);
}

/* The address is DS:rAX by the address size, or an override's segment. */
static void monitor(struct x86_trans *t)
{
    unsigned seg = t->insn->segment == SEG_NONE ? SEG_DS : t->insn->segment;
    ir_reg linear;

    if (t->mode & MODE_CPL) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    linear = x86_segment_linear(t, seg, x86_get_reg(t, R_AX, t->insn->address_bits), 8, false);
    ir_ld(t->u, 8, linear, 0, t->mmu);
    x86_call_void(t, HELPER_monitor, linear, x86_get_reg(t, R_CX, 32), IR_NONE, IR_NONE);
}

static void mwait(struct x86_trans *t)
{
    if (t->mode & MODE_CPL) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    x86_call_void(t, HELPER_mwait, x86_get_reg(t, R_CX, 32), IR_NONE, IR_NONE, IR_NONE);
    x86_end_next(t);
}

static void rsm(struct x86_trans *t)
{
    if (!(t->mode & MODE_SMM)) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    x86_call_void(t, HELPER_rsm, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
    x86_end_exit(t);
}

/* CLAC, STAC: data = EFLAGS.AC. */
static void set_ac(struct x86_trans *t)
{
    if (t->mode & MODE_CPL) {
        x86_gen_raise(t, EXC_UD);
        return;
    }
    x86_call_void(t, HELPER_set_ac, ir_const(t->u, t->insn->row->data), IR_NONE, IR_NONE, IR_NONE);
    x86_end_if_mode_changed(t);
}

#define SYS ROW_NO_HOST
#define SYS0 (ROW_NO_HOST | ROW_CPL0)
#define SYS_ENDS (ROW_NO_HOST | ROW_ENDS)

static const struct x86_row rows[] = {
    { "0F 20 /r", "Ry,Cy", "mov", mov_from_cr, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "0F 22 /r", "Cy,Ry", "mov", mov_to_cr, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "0F 21 /r", "Ry,Dy", "mov", mov_from_dr, SYS, FEAT_NONE, NULL, 0, 0 },
    { "0F 23 /r", "Dy,Ry", "mov", mov_to_dr, SYS, FEAT_NONE, NULL, 0, 0 },
    { "0F 06", "", "clts", clts, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "0F 01 /4", "Ev/w", "smsw", smsw, SYS, FEAT_NONE, NULL, 0, 0 },
    { "0F 01 /6", "Ew", "lmsw", lmsw, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "0F 01 /0", "Ms", "sgdt", store_table, SYS, FEAT_NONE, NULL, 0, 0 },
    { "0F 01 /1", "Ms", "sidt", store_table, SYS, FEAT_NONE, NULL, 0, 1 },
    { "0F 01 /2", "Ms", "lgdt", load_table, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "0F 01 /3", "Ms", "lidt", load_table, SYS0, FEAT_NONE, NULL, 0, 1 },
    { "0F 01 /7", "Mb", "invlpg", invlpg, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "66 0F 38 82 /r", "Gy,Mdq", "invpcid", invpcid, SYS0, FEAT_INVPCID, NULL, 0, 0 },
    { "0F 08", "", "invd", nothing, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "0F 09", "", "wbinvd", nothing, SYS0, FEAT_NONE, NULL, 0, 0 },
    { "NP 0F AE /7", "Mb", "clflush", flush_line, SYS, FEAT_CLFSH, NULL, 0, 0 },
    { "66 0F AE /7", "Mb", "clflushopt", flush_line, SYS, FEAT_CLFLUSHOPT, NULL, 0, 0 },
    { "66 0F AE /6", "Mb", "clwb", flush_line, SYS, FEAT_CLWB, NULL, 0, 0 },
    { "NP 0F AE /5", "Rd", "lfence", nothing, SYS, FEAT_SSE2, NULL, 0, 0 },
    { "NP 0F AE /6", "Rd", "mfence", fence, SYS, FEAT_SSE2, NULL, 0, 0 },
    { "NP 0F AE /7", "Rd", "sfence", nothing, SYS, FEAT_SSE, NULL, 0, 0 },
    { "0F 18 /r", "Ev", "prefetch", nothing, SYS, FEAT_CMOV, NULL, 0, 0 },
    { "0F 0D /r", "Mb", "prefetchw", nothing, SYS, FEAT_LM, NULL, 0, 0 },
    { "0F 32", "", "rdmsr", rdmsr, SYS0, FEAT_MSR, NULL, 0, 0 },
    { "0F 30", "", "wrmsr", wrmsr, SYS0, FEAT_MSR, NULL, 0, 0 },
    { "0F 31", "", "rdtsc", rdtsc, SYS, FEAT_TSC, NULL, 0, 0 },
    { "0F 33", "", "rdpmc", rdpmc, SYS, FEAT_CMOV, NULL, 0, 0 },
    { "0F 01 F9", "", "rdtscp", rdtscp, SYS, FEAT_RDTSCP, NULL, 0, 0 },
    { "F3 0F C7 /7", "Ry", "rdpid", rdpid, SYS, FEAT_RDPID, NULL, 0, 0 },
    { "0F A2", "", "cpuid", cpuid, SYS, FEAT_NONE, NULL, 0, 0 },
    { "NFx 0F C7 /6", "Rv", "rdrand", random_number, SYS, FEAT_RDRAND, NULL, 0, 0 },
    { "NFx 0F C7 /7", "Rv", "rdseed", random_number, SYS, FEAT_RDSEED, NULL, 0, 0 },
    { "NP 0F 01 D0", "", "xgetbv", xgetbv, SYS, FEAT_XSAVE, NULL, 0, 0 },
    { "NP 0F 01 D1", "", "xsetbv", xsetbv, SYS, FEAT_XSAVE, NULL, 0, 0 },
    { "0F 05", "", "syscall", syscall_insn, SYS_ENDS, FEAT_SYSCALL, NULL, 0, 0 },
    { "0F 07", "", "sysret", return_to_user, SYS_ENDS, FEAT_SYSCALL, NULL, 0, HELPER_sysret },
    { "0F 34", "", "sysenter", sysenter, SYS_ENDS, FEAT_SEP, NULL, 0, 0 },
    { "0F 35", "", "sysexit", return_to_user, SYS_ENDS, FEAT_SEP, NULL, 0, HELPER_sysexit },
    { "0F 01 F8", "", "swapgs", swapgs, SYS0 | ROW_ONLY64, FEAT_LM, NULL, 0, 0 },
    { "F3 0F AE /0", "Ry", "rdfsbase", read_base, SYS | ROW_ONLY64, FEAT_FSGSBASE, NULL, 0, SEG_FS },
    { "F3 0F AE /1", "Ry", "rdgsbase", read_base, SYS | ROW_ONLY64, FEAT_FSGSBASE, NULL, 0, SEG_GS },
    { "F3 0F AE /2", "Ry", "wrfsbase", write_base, SYS | ROW_ONLY64, FEAT_FSGSBASE, NULL, 0, SEG_FS },
    { "F3 0F AE /3", "Ry", "wrgsbase", write_base, SYS | ROW_ONLY64, FEAT_FSGSBASE, NULL, 0, SEG_GS },
    { "F4", "", "hlt", hlt, SYS0 | ROW_ENDS, FEAT_NONE, NULL, 0, 0 },
    { "NP 0F 01 C8", "", "monitor", monitor, SYS, FEAT_MONITOR, NULL, 0, 0 },
    { "NP 0F 01 C9", "", "mwait", mwait, SYS, FEAT_MONITOR, NULL, 0, 0 },
    { "NP 0F 01 CA", "", "clac", set_ac, SYS, FEAT_SMAP, NULL, 0, 0 },
    { "NP 0F 01 CB", "", "stac", set_ac, SYS, FEAT_SMAP, NULL, 0, EFL_AC },
    { "0F AA", "", "rsm", rsm, SYS_ENDS, FEAT_NONE, NULL, 0, 0 },
};
X86_TABLE(system, rows);
