/* SPDX-License-Identifier: MIT */
/* The toy guest of toy.h as a front end, and a machine around it. */
#include <stdatomic.h>
#include <string.h>
#include "base/cpu_port.h"
#include "tcg/cpu_view.h"
#include "tcg/ir_build.h"
#include "tests/toy/toy.h"

static struct toy *toy_of(struct cpu *cpu) { return (struct toy *)cpu; }

uint64_t toy_insn(enum toy_op op, unsigned a, unsigned b, unsigned c, int32_t imm)
{
    return op | a << 8 | b << 16 | (uint64_t)c << 24 | (uint64_t)(uint32_t)imm << 32;
}

/* ---- helpers ---- */

static void toy_raise(struct cpu *cpu, uint64_t address)
{
    toy_of(cpu)->pending = true;
    toy_of(cpu)->fault_address = address;
    toy_of(cpu)->fault_pc = cpu->pc;
    cpu_leave(cpu);
}

static uint64_t helper_halt(struct cpu *cpu, uint64_t pc)
{
    cpu->halted = true;
    cpu->pc = pc;
    return 0;
}
static uint64_t helper_flush(struct cpu *cpu, uint64_t keep_global)
{
    mmu_flush(cpu, keep_global);
    return 0;
}
static uint64_t helper_flush_page(struct cpu *cpu, uint64_t linear)
{
    mmu_flush_page(cpu, linear);
    return 0;
}
static uint64_t helper_root(struct cpu *cpu, uint64_t root)
{
    toy_of(cpu)->root = root;
    mmu_flush(cpu, true);
    return 0;
}
static uint64_t helper_store(struct cpu *cpu, uint64_t address, uint64_t value, uint64_t bytes)
{
    mmu_store(cpu, address, value, (unsigned)bytes, cpu->mode & 1);
    return 0;
}
static uint64_t helper_count(struct cpu *cpu) { return engine_icount(cpu->engine); }
static uint64_t helper_bad(struct cpu *cpu) { toy_raise(cpu, UINT64_MAX); return 0; }

enum { HELPER_HALT, HELPER_FLUSH, HELPER_FLUSH_PAGE, HELPER_ROOT, HELPER_STORE, HELPER_COUNT, HELPER_BAD };
static const struct ir_helper helpers[] = {
    [HELPER_HALT] = { "halt", helper_halt, 1, IR_HELPER_READS },
    [HELPER_FLUSH] = { "flush", helper_flush, 1, IR_HELPER_READS },
    [HELPER_FLUSH_PAGE] = { "flush_page", helper_flush_page, 1, IR_HELPER_READS },
    [HELPER_ROOT] = { "root", helper_root, 1, IR_HELPER_READS },
    [HELPER_STORE] = { "store", helper_store, 3, IR_HELPER_FAULTS },
    [HELPER_COUNT] = { "count", helper_count, 0, IR_HELPER_READS },
    [HELPER_BAD] = { "bad", helper_bad, 0, IR_HELPER_FAULTS },
};

#define TOY_GLOBAL(n, hot) { "r" #n, IR_TYPE_INT, offsetof(struct toy, r) + (n) * 8, hot }
static const struct ir_global globals[] = {
    TOY_GLOBAL(0, 1), TOY_GLOBAL(1, 2), TOY_GLOBAL(2, 3), TOY_GLOBAL(3, 4), TOY_GLOBAL(4, 5), TOY_GLOBAL(5, 6),
    TOY_GLOBAL(6, 7), TOY_GLOBAL(7, 8), TOY_GLOBAL(8, 0), TOY_GLOBAL(9, 0), TOY_GLOBAL(10, 0), TOY_GLOBAL(11, 0),
    TOY_GLOBAL(12, 0), TOY_GLOBAL(13, 0), TOY_GLOBAL(14, 0), TOY_GLOBAL(15, 0),
};

/* ---- translation ---- */

struct insn { uint64_t pc; uint8_t op, a, b, c; int32_t imm; };
struct plan {
    struct ir_unit *u;
    uint32_t mode;
    struct insn insn[IR_MAX_GUEST_INSNS];
    unsigned count, slot;
    unsigned label[IR_MAX_GUEST_INSNS]; /* 0: nobody branches there; else label + 1 */
};

static bool insn_read(struct cpu *cpu, uint64_t pc, bool raise, struct insn *insn)
{
    uint8_t bytes[8];
    if (!code_fetch(cpu, pc, bytes, 8, raise)) {
        return false;
    }
    *insn = (struct insn){ pc, bytes[0], bytes[1] & 15, bytes[2] & 15, bytes[3] & 15, 0 };
    memcpy(&insn->imm, bytes + 4, 4);
    return true;
}

static bool ends(const struct insn *insn)
{
    switch (insn->op) {
    case TOY_HLT: case TOY_JMP: case TOY_JMPR: case TOY_FLUSH: case TOY_FLUSHPAGE: case TOY_ROOT: case TOY_MODE: case TOY_BAD:
        return true;
    default:
        return insn->op >= TOY_OPS;
    }
}

static void plan_make(struct plan *plan, struct cpu *cpu, unsigned max_insns)
{
    uint64_t pc = cpu->pc;
    while (plan->count < max_insns && !((pc ^ cpu->pc) >> 12)) {
        if (plan->count && (pc & 4095) > 4088) {
            break;      /* crosses: a unit of its own */
        }
        struct insn *insn = &plan->insn[plan->count];
        insn_read(cpu, pc, true, insn);
        plan->count++;
        pc += 8;
        if (ends(insn)) {
            break;
        }
    }
    for (unsigned i = 0; i < plan->count && !plan->u->straight; i++) {
        const struct insn *insn = &plan->insn[i];
        const uint64_t target = (insn->pc + (uint64_t)(int64_t)insn->imm - cpu->pc) / 8;
        if ((insn->op == TOY_BNE || insn->op == TOY_JMP) && insn->imm % 8 == 0 && target <= i) {
            plan->label[target] = 1;
        }
    }
}

static ir_reg reg(unsigned n) { return (ir_reg)(1 + n); }

static void go_to(struct plan *plan, uint64_t pc)
{
    const uint64_t index = (pc - plan->insn[0].pc) / 8;
    if (index < plan->count && !((pc - plan->insn[0].pc) % 8) && plan->label[index]) {
        ir_br(plan->u, plan->label[index] - 1);
    } else {
        ir_goto(plan->u, pc, plan->slot++);
    }
}

static void branch(struct plan *plan, const struct insn *insn)
{
    struct ir_unit *u = plan->u;
    const unsigned skip = ir_new_label(u);
    ir_brc(u, IR_COND_E, 64, reg(insn->a), reg(insn->b), skip);
    go_to(plan, insn->pc + (uint64_t)(int64_t)insn->imm);
    ir_label(u, skip);
}

static void set_pc(struct ir_unit *u, uint64_t pc)
{
    ir_stcpu(u, 64, offsetof(struct cpu, pc), ir_const(u, pc));
}

static void call_and_exit(struct plan *plan, const struct insn *insn, unsigned helper, ir_reg argument)
{
    ir_call_void(plan->u, helper, argument, IR_NONE, IR_NONE, IR_NONE);
    set_pc(plan->u, insn->pc + 8);
    ir_exit(plan->u);
}

static void translate_insn(struct plan *plan, const struct insn *insn)
{
    struct ir_unit *u = plan->u;
    const unsigned width = 8u << (insn->c & 3), mmu = plan->mode & 1;
    switch (insn->op) {
    case TOY_HLT:
        ir_call_void(u, HELPER_HALT, ir_const(u, insn->pc + 8), IR_NONE, IR_NONE, IR_NONE);
        ir_exit(u);
        break;
    case TOY_MOVI:
        ir_movi_to(u, reg(insn->a), (uint64_t)(int64_t)insn->imm);
        break;
    case TOY_ADD:
        ir_op2_to(u, IR_ADD, 64, reg(insn->a), reg(insn->b), reg(insn->c));
        break;
    case TOY_ADDI:
        ir_op2i_to(u, IR_ADD, 64, reg(insn->a), reg(insn->b), insn->imm);
        break;
    case TOY_LD:
        ir_mov_to(u, reg(insn->a), ir_ld(u, width, reg(insn->b), insn->imm, mmu));
        break;
    case TOY_ST:
        ir_st(u, width, reg(insn->b), insn->imm, reg(insn->a), mmu);
        break;
    case TOY_BNE:
        branch(plan, insn);
        break;
    case TOY_JMP:
        go_to(plan, insn->pc + (uint64_t)(int64_t)insn->imm);
        break;
    case TOY_JMPR:
        ir_jump(u, reg(insn->a), IR_JUMP_PLAIN);
        break;
    case TOY_XADD:
        ir_mov_to(u, reg(insn->a), ir_atomic(u, IR_ATOMIC_ADD, 64, reg(insn->b), reg(insn->c), IR_NONE, mmu));
        break;
    case TOY_FLUSH:
        call_and_exit(plan, insn, HELPER_FLUSH, ir_const(u, (uint64_t)insn->imm));
        break;
    case TOY_FLUSHPAGE:
        call_and_exit(plan, insn, HELPER_FLUSH_PAGE, reg(insn->a));
        break;
    case TOY_ROOT:
        call_and_exit(plan, insn, HELPER_ROOT, reg(insn->a));
        break;
    case TOY_HST:
        ir_call_void(u, HELPER_STORE, ir_op2i(u, IR_ADD, 64, reg(insn->b), insn->imm), reg(insn->a),
                     ir_const(u, width / 8), IR_NONE);
        break;
    case TOY_COUNT:
        ir_mov_to(u, reg(insn->a), ir_call(u, HELPER_COUNT, IR_NONE, IR_NONE, IR_NONE, IR_NONE));
        break;
    case TOY_MODE:
        ir_stcpu(u, 32, offsetof(struct cpu, mode), ir_const(u, (uint32_t)insn->imm));
        set_pc(u, insn->pc + 8);
        ir_lookup(u);
        break;
    default:
        ir_call_void(u, HELPER_BAD, IR_NONE, IR_NONE, IR_NONE, IR_NONE);
        ir_exit(u);
        break;
    }
}

static void toy_translate(struct cpu *cpu, struct ir_unit *u, unsigned max_insns)
{
    struct plan plan = { .u = u, .mode = cpu->mode };
    plan_make(&plan, cpu, max_insns);
    u->pc = u->linear = cpu->pc;
    u->mode = cpu->mode;
    u->guest_bytes = plan.count * 8;
    for (unsigned i = 0; i < plan.count; i++) {
        if (plan.label[i]) {
            plan.label[i] = ir_new_label(u) + 1;
        }
    }
    for (unsigned i = 0; i < plan.count; i++) {
        const struct insn *insn = &plan.insn[i];
        if (plan.label[i]) {
            ir_label(u, plan.label[i] - 1);
            ir_poll(u, insn->pc);
        }
        ir_insn_mark(u, insn->pc, i * 8);
        translate_insn(&plan, insn);
    }
    if (!ends(&plan.insn[plan.count - 1])) {
        ir_goto(u, cpu->pc + plan.count * 8, plan.slot++);
    }
}

/* ---- the rest of a front end ---- */

static uint64_t toy_linear(struct cpu *cpu, uint64_t pc, uint32_t mode) { return pc; }
static unsigned toy_fetch_mmu(uint32_t mode) { return mode & 1; }

static bool toy_walk(struct cpu *cpu, uint64_t linear, enum mmu_access access, unsigned mmu, bool raise, struct mmu_page *page)
{
    const struct toy *toy = toy_of(cpu);
    toy_of(cpu)->walks++;
    uint64_t entry = (linear & ~4095ull) | TOY_P | TOY_W | TOY_X;
    if (toy->root) {
        entry = linear >> 12 < TOY_PAGES ? phys_load(cpu, toy->root + (linear >> 12) * 8, 8) : 0;
    }
    const uint64_t need = TOY_P | (access == MMU_WRITE ? TOY_W : 0) | (access == MMU_EXEC ? TOY_X : 0);
    if ((entry & need) != need) {
        if (raise) {
            toy_raise(cpu, linear);
        }
        return false;
    }
    *page = (struct mmu_page){ .physical = entry & ~4095ull, .size = entry & TOY_LARGE ? 65536 : 4096, .read = true,
                               .write = entry & TOY_W, .exec = entry & TOY_X, .global = entry & TOY_G };
    return true;
}

static void toy_bus_error(struct cpu *cpu, uint64_t linear, enum mmu_access access) { }

static bool toy_poll(struct cpu *cpu)
{
    atomic_store(&cpu->exit_request, 0);
    toy_of(cpu)->polls++;
    if (atomic_fetch_and(&cpu->input, ~(uint32_t)CPU_INPUT_INTR) & CPU_INPUT_INTR) {
        cpu->halted = false;
    }
    return !cpu->halted;
}

static void toy_deliver(struct cpu *cpu)
{
    struct toy *toy = toy_of(cpu);
    if (!toy->pending) {
        return;
    }
    toy->pending = false;
    if (!toy->handler) {
        toy->faulted = cpu->halted = true;
        return;
    }
    toy->r[14] = toy->fault_address;
    toy->r[15] = toy->fault_pc;
    cpu->pc = toy->handler;
}

static void toy_reset(struct cpu *cpu) { }

static bool toy_is_magic(const uint8_t *code, unsigned bytes, uint32_t mode)
{
    static const uint8_t magic[] = { TOY_ADDI, 15, 15, 15 };
    return bytes >= sizeof(magic) && !memcmp(code, magic, sizeof(magic));
}

static const char *toy_mode_name(struct cpu *cpu) { return cpu->mode & 2 ? "high" : "low"; }

static const struct cpu_view toy_view = { .mode_name = toy_mode_name };

const struct frontend toy_frontend = {
    .name = "toy", .cpu_bytes = sizeof(struct toy), .globals = globals, .global_count = 16,
    .helpers = helpers, .helper_count = sizeof(helpers) / sizeof(helpers[0]),
    .translate = toy_translate, .linear = toy_linear, .fetch_mmu = toy_fetch_mmu, .space_modes = 3,
    .walk = toy_walk,
    .bus_error = toy_bus_error, .poll = toy_poll, .deliver = toy_deliver, .reset = toy_reset,
    .is_magic = toy_is_magic, .view = &toy_view,
};

/* ---- a machine ---- */

void toy_machine_init(struct toy_machine *machine, const struct engine_options *options, uint64_t ram_bytes, unsigned cpus)
{
    GError *error = NULL;
    *machine = (struct toy_machine){ .cpus = cpus };
    g_mutex_init(&machine->lock);
    machine->log = log_new();
    machine->ram = ram_new(ram_bytes);
    machine->memory = memory_new("toy", 1ull << 32, machine->log);
    g_mutex_lock(&machine->lock);
    memory_add_ram(machine->memory, "ram", 0, ram_bytes, machine->ram, 0, false, 0);
    g_mutex_unlock(&machine->lock);
    machine->engine = engine_new(options, machine->memory, machine->log, &error);
    g_assert_no_error(error);
    for (unsigned c = 0; c < cpus; c++) {
        struct toy *toy = g_malloc0(sizeof(*toy));
        toy->cpu.frontend = &toy_frontend;
        toy->cpu.machine_lock = &machine->lock;
        engine_add_cpu(machine->engine, &toy->cpu);
        machine->cpu[c] = toy;
    }
}

void toy_machine_free(struct toy_machine *machine)
{
    engine_free(machine->engine);
    for (unsigned c = 0; c < machine->cpus; c++) {
        g_free(machine->cpu[c]);
    }
    memory_free(machine->memory);
    ram_free(machine->ram);
    log_free(machine->log);
    g_mutex_clear(&machine->lock);
}

void toy_load(struct toy_machine *machine, uint64_t address, const uint64_t *insns, unsigned count)
{
    memory_write_bytes(machine->memory, address, insns, count * 8ull);
}

uint64_t toy_run(struct toy_machine *machine, uint64_t pc)
{
    struct toy *toy = machine->cpu[0];
    toy->cpu.pc = pc;
    toy->cpu.halted = toy->faulted = false;
    return engine_run(machine->engine, &toy->cpu, 10000000);
}

uint64_t toy_peek(const struct toy_machine *machine, uint64_t address)
{
    uint64_t value;
    memcpy(&value, machine->ram->host + address, 8);
    return value;
}

void toy_poke(struct toy_machine *machine, uint64_t address, uint64_t value)
{
    memcpy(machine->ram->host + address, &value, 8);
}
