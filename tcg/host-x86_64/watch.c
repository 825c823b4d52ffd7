/* SPDX-License-Identifier: MIT */
/*
 * What the back end tells somebody who looks on (tcg/ir_watch.h), and the code that counts for him: which bytes came of which
 * op, and where each guest register is when a guest instruction begins. All of it is what the allocator holds at that moment.
 */
#include <stdio.h>
#include "tcg/host-x86_64/host.h"
#include "tcg/ir_watch.h"

static const char *const register_name[HOST_REGS] = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};

/* Outside far code both cursors are where the next byte of each part goes. */
void watch_emitted(struct host_state *h, struct watch_point before, int first, int last)
{
    struct ir_watch *watch = h->unit->watch;
    if (h->failed)
        return;
    if (h->c.p != before.main)
        watch->emitted(watch, first, last, false, (uint32_t)(before.main - h->main_start), (uint32_t)(h->c.p - h->main_start));
    if (h->other != before.far)
        watch->emitted(watch, first, last, true, (uint32_t)(before.far - h->far_start), (uint32_t)(h->other - h->far_start));
}

static void word_text(const struct flag_word *w, char *text, size_t size)
{
    switch ((enum flag_where)w->where) {
    case FLAG_NONE: snprintf(text, size, "-"); break;
    case FLAG_REG:  snprintf(text, size, "%s", register_name[w->reg]); break;
    case FLAG_IMM:  snprintf(text, size, "%#llx", (unsigned long long)w->value); break;
    case FLAG_MEM:  snprintf(text, size, "memory"); break;
    }
}

static void bits_text(uint32_t bits, char *text, size_t size)
{
    static const struct { uint32_t bit; const char *name; } names[] = {
        { IR_CF, "C" }, { IR_PF, "P" }, { IR_AF, "A" }, { IR_ZF, "Z" }, { IR_SF, "S" }, { IR_OF, "O" },
    };
    text[0] = 0;
    for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        if (bits & names[n].bit)
            g_strlcat(text, names[n].name, size);
    }
}

/* The flags global: nowhere (dead), in EFLAGS, as (kind, a, b), in memory. */
static void flags_text(struct host_state *h, ir_reg f, char *text, size_t size)
{
    static const char *const kinds[] = {
#define IR_FLAGS_KIND(name, help) #name,
#include "tcg/ir_flags.def"
#undef IR_FLAGS_KIND
    };
    const struct flag_state *s = NULL;
    char a[32], b[32], bits[8];
    for (unsigned n = 0; n < MAX_FLAG_STATES && !s; n++)
        s = h->now.flags[n].vreg == f ? &h->now.flags[n] : NULL;
    const bool eflags = h->now.eflags_of == f;
    bits_text(eflags ? h->now.eflags_bits : 0, bits, sizeof(bits));
    if (f == h->flags_global && h->ends[h->position] & END_FLAGS) {
        snprintf(text, size, "dead: set again before anybody reads them");
    } else if (!s || s->kind == FLAGS_UNKNOWN) {
        snprintf(text, size, "memory (kind, a, b as they came)");
    } else if (s->kind == FLAGS_HOST) {
        snprintf(text, size, "host EFLAGS alone");
    } else {
        word_text(&s->a, a, sizeof(a));
        word_text(&s->b, b, sizeof(b));
        snprintf(text, size, "deferred %s.%u a=%s b=%s%s%s%s", kinds[s->kind], s->width, a, b,
                 s->stored ? ", stored too" : "", eflags ? ", host EFLAGS have " : "", bits);
    }
}

static void place_text(struct host_state *h, ir_reg r, char *text, size_t size)
{
    const struct vreg *v = vreg_of(h, r);
    const bool vector = h->unit->types[r] == IR_TYPE_VEC;
    if (h->unit->types[r] == IR_TYPE_FLAGS) {
        flags_text(h, r, text, size);
    } else if (v->home != NO_REG) {
        snprintf(text, size, "%s", register_name[v->home]);
    } else if (v->flags & VREG_CONST) {
        snprintf(text, size, "constant %#llx", (unsigned long long)v->value);
    } else if (v->reg == NO_REG) {
        snprintf(text, size, "memory");
    } else if (vector) {
        snprintf(text, size, "xmm%u%s", v->reg, v->flags & VREG_DIRTY ? "" : " and memory");
    } else {
        snprintf(text, size, "%s%s", register_name[v->reg], v->flags & VREG_DIRTY ? "" : " and memory");
    }
}

void watch_places(struct host_state *h, unsigned insn)
{
    struct ir_watch *watch = h->unit->watch;
    for (unsigned r = 1; r <= h->unit->global_count; r++) {
        char text[160];
        place_text(h, (ir_reg)r, text, sizeof(text));
        watch->place(watch, insn, (ir_reg)r, text);
    }
}

void count_up(struct host_state *h, uint64_t *counter, unsigned temp)
{
    enum { LOCK = 0xf0 };
    if (h->c.eflags_hook)
        h->c.eflags_hook(&h->c);
    host_mov_imm(&h->c, temp, (uintptr_t)counter);
    host_byte(&h->c, LOCK);
    host_rmi(&h->c, H_ADD_I, 64, 0, host_mem(temp, 0), 1);
}
