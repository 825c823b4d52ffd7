/* SPDX-License-Identifier: MIT */
/*
 * IR as text, for -d op, -d op_opt and explain. One op a line:
 *
 *    ---- 0 0000000000007c00            guest instruction 0 of the unit starts
 *       t40 = ADD.32 rax, 0x10          op.width; globals have their names, temporaries are tN
 *       rax, flags = SUBS.64 rax, rcx
 *       t41 = LD.32 [t40 + 0x8] mmu0
 *       BRF.ne flags -> L1
 *    L1:
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include "tcg/ir.h"

struct text { char *out; size_t left; };

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(t->out, t->left, format, arguments);
    va_end(arguments);
    const size_t used = n < 0 ? 0 : (size_t)n >= t->left ? t->left - 1 : (size_t)n;
    t->out += used;
    t->left -= used;
}

static const char *const cond_names[16] = {
    "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
};

static void put_number(struct text *t, int64_t value)
{
    if (value < 0 && value > -0x100000)
        put(t, "-0x%llx", (unsigned long long)-value);
    else if (value < 10 && value >= 0)
        put(t, "%lld", (long long)value);
    else
        put(t, "0x%llx", (unsigned long long)value);
}

static void put_reg(struct text *t, const struct ir_unit *u, const struct ir_insn *insn, ir_reg r)
{
    if (r == IR_IMM)
        put_number(t, insn->imm);
    else if (r == IR_NONE)
        put(t, "_");
    else if (r <= u->global_count)
        put(t, "%s", u->globals[r - 1].name);
    else
        put(t, "t%u", r);
}

static void put_outputs(struct text *t, const struct ir_unit *u, const struct ir_insn *insn)
{
    if (!insn->d[0] && !insn->d[1])
        return;
    put_reg(t, u, insn, insn->d[0]);
    if (insn->d[1]) {
        put(t, ", ");
        put_reg(t, u, insn, insn->d[1]);
    }
    put(t, " = ");
}

static void put_name(struct text *t, const struct ir_insn *insn)
{
    const struct ir_op_info *info = &ir_op_info[insn->op];
    put(t, "%s", info->name);
    if ((info->outs[0] || info->ins[0]) && insn->width != 64 && !(info->flags & IR_F_COPY))
        put(t, ".%u", insn->width);
    if (info->flags & IR_F_COND)
        put(t, ".%s", cond_names[insn->cond & 15]);
}

static void put_inputs(struct text *t, const struct ir_unit *u, const struct ir_insn *insn, unsigned from)
{
    unsigned last = 4;
    while (last > from && !insn->s[last - 1])
        last--;
    for (unsigned i = from; i < last; i++) {
        put(t, i == 0 ? " " : ", ");
        put_reg(t, u, insn, insn->s[i]);
    }
}

/* [address + disp] mmuN */
static void put_memory(struct text *t, const struct ir_unit *u, const struct ir_insn *insn)
{
    put(t, " [");
    put_reg(t, u, insn, insn->s[0]);
    if (insn->imm && ir_op_info[insn->op].flags & IR_F_IMM) {
        const bool minus = insn->imm < 0 && insn->imm != INT64_MIN;
        put(t, minus ? " - " : " + ");
        put(t, "0x%llx", (unsigned long long)(minus ? -insn->imm : insn->imm));
    }
    put(t, "]");
    put_inputs(t, u, insn, 1);
    put(t, " mmu%u", insn->aux);
}

static void put_rest(struct text *t, const struct ir_unit *u, const struct ir_insn *insn)
{
    put_inputs(t, u, insn, 0);
    switch (insn->op) {
    case IR_CONST:   put(t, " "); put_number(t, insn->imm); break;
    case IR_EXTS:    put(t, " to %d", (int)insn->imm); break;
    case IR_DEPOSIT:
    case IR_EXTRACT: put(t, " bits %d+%d", (int)insn->imm & 0xff, (int)(insn->imm >> 8)); break;
    case IR_LEA:     put(t, " << %u, ", insn->aux); put_number(t, insn->imm); break;
    case IR_FMERGE:  put(t, " mask 0x%x", (unsigned)insn->imm); break;
    case IR_VGET:
    case IR_VPUT:    put(t, " lane %u", insn->aux); break;
    case IR_LDCPU:
    case IR_STCPU:   put(t, " at 0x%x", (unsigned)insn->imm); break;
    case IR_X87:
        put(t, " %02x %02x at 0x%x", 0xd8 | (unsigned)(insn->imm >> 8 & 7), (unsigned)insn->imm & 0xff,
            (unsigned)(insn->imm >> 16));
        break;
    case IR_BR:
    case IR_BRF:     put(t, " -> L%d", (int)insn->imm); break;
    case IR_BRC:     put(t, " -> L%u", insn->aux); break;
    case IR_POLL:    put(t, " pc 0x%llx", (unsigned long long)insn->imm); break;
    case IR_GOTO:    put(t, " pc 0x%llx slot %u", (unsigned long long)insn->imm, insn->aux); break;
    case IR_JUMP:    put(t, "%s", insn->aux == IR_JUMP_CALL ? " (call)" : insn->aux == IR_JUMP_RETURN ? " (return)" : ""); break;
    }
}

static void print_insn(struct text *t, const struct ir_unit *u, const struct ir_insn *insn)
{
    const struct ir_op_info *info = &ir_op_info[insn->op];
    if (info->flags & IR_F_MARK) {
        put(t, "---- %u %016llx", insn->aux, (unsigned long long)insn->imm);
        return;
    }
    if (info->flags & IR_F_LABEL) {
        put(t, "L%d:", (int)insn->imm);
        return;
    }
    put(t, "   ");
    put_outputs(t, u, insn);
    put_name(t, insn);
    if (info->flags & IR_F_CALL) {
        put(t, " %s", insn->aux < u->helper_count ? u->helpers[insn->aux].name : "?");
        put_inputs(t, u, insn, 0);
    } else if (info->flags & IR_F_COPY) {
        put(t, " %s", ((const struct ir_copy *)insn->ptr)->name);
        put_inputs(t, u, insn, 0);
        if (((const struct ir_copy *)insn->ptr)->imm_bytes)
            put(t, " imm 0x%x", (unsigned)insn->imm & 0xff);
    } else if (info->flags & IR_F_FAULTS) {
        put_memory(t, u, insn);
    } else {
        put_rest(t, u, insn);
    }
}

void ir_print_insn(const struct ir_unit *unit, const struct ir_insn *insn, char *text, size_t text_size)
{
    struct text t = { text, text_size };
    text[0] = 0;
    print_insn(&t, unit, insn);
}

void ir_print(const struct ir_unit *unit, void (*line)(void *opaque, const char *text), void *opaque)
{
    for (unsigned i = 0; i < unit->count; i++) {
        char buffer[256];
        ir_print_insn(unit, &unit->code[i], buffer, sizeof buffer);
        line(opaque, buffer);
    }
}
