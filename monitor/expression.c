/* SPDX-License-Identifier: MIT */
/*
 * Expressions of the monitor: C's operators + - * / % & | ^ ~ ( ) on 64 bits, numbers as in C, 'c', $register.
 *
 *   sum = product { (+|-|'|'|^) product }   product = unary { (*|/|%|&) unary }   unary = [-+~] unary | ( sum ) | number
 */
#include <string.h>
#include "base/error.h"
#include "monitor/internal.h"
#include "tcg/cpu_gdb.h"

enum { MOST_DEPTH = 64 };

struct parser { struct cpu *cpu; const char *at; unsigned depth; GError **error; bool failed; };

static uint64_t sum(struct parser *p);

static uint64_t fail(struct parser *p, const char *why)
{
    if (!p->failed) {
        error_fail(p->error, "%s at '%.20s'", why, p->at);
    }
    p->failed = true;
    return 0;
}

static char peek(struct parser *p)
{
    while (g_ascii_isspace(*p->at)) {
        p->at++;
    }
    return *p->at;
}

static uint64_t named_register(struct parser *p)
{
    const struct cpu_view *view = p->cpu ? cpu_view_of(p->cpu) : NULL;
    size_t length = 1;
    while (g_ascii_isalnum(p->at[length]) || p->at[length] == '_') {
        length++;
    }
    g_autofree char *wanted = g_strndup(p->at + 1, length - 1), *wide = NULL;
    if (wanted[0] == 'e' && strlen(wanted) == 3) {      /* eax is rax's lower half, which is what its value shows */
        wide = g_strconcat("r", wanted + 1, NULL);
    }
    const char *name;
    for (unsigned i = 0; view && (name = view->register_name(i)); i++) {
        if (!strcmp(name, wanted) || !g_strcmp0(wide, name)) {
            p->at += length;
            uint64_t value = view->register_value(p->cpu, i);
            return strcmp(name, wanted) ? (uint32_t)value : value;
        }
    }
    uint64_t value;
    if (p->cpu && cpu_gdb_read_name(p->cpu, wanted, &value)) {          /* system registers */
        p->at += length;
        return value;
    }
    return fail(p, "no such register");
}

static uint64_t number(struct parser *p)
{
    char *end;
    if (*p->at == '\'' && p->at[1] && p->at[2] == '\'') {
        uint64_t value = (uint8_t)p->at[1];
        p->at += 3;
        return value;
    }
    if (!g_ascii_isdigit(*p->at)) {
        return fail(p, *p->at ? "not a number" : "a number is missing");
    }
    uint64_t value = g_ascii_strtoull(p->at, &end, 0);
    p->at = end;
    return value;
}

static uint64_t unary(struct parser *p)
{
    uint64_t value = 0;
    if (p->failed || ++p->depth > MOST_DEPTH) {
        return fail(p, "too deep");
    }
    switch (peek(p)) {
    case '-': p->at++; value = 0 - unary(p); break;
    case '+': p->at++; value = unary(p); break;
    case '~': p->at++; value = ~unary(p); break;
    case '$': value = named_register(p); break;
    case '(':
        p->at++;
        value = sum(p);
        if (peek(p) != ')') {
            return fail(p, "')' is missing");
        }
        p->at++;
        break;
    default: value = number(p); break;
    }
    p->depth--;
    return value;
}

static uint64_t product(struct parser *p)
{
    uint64_t value = unary(p);
    while (!p->failed && peek(p) && strchr("*/%&", *p->at)) {
        char operator = *p->at++;
        uint64_t right = unary(p);
        if ((operator == '/' || operator == '%') && !right) {
            return fail(p, "division by zero");
        }
        value = operator == '*' ? value * right : operator == '/' ? value / right : operator == '%' ? value % right
            : value & right;
    }
    return value;
}

static uint64_t sum(struct parser *p)
{
    uint64_t value = product(p);
    while (!p->failed && peek(p) && strchr("+-|^", *p->at)) {
        char operator = *p->at++;
        uint64_t right = product(p);
        value = operator == '+' ? value + right : operator == '-' ? value - right : operator == '|' ? value | right
            : value ^ right;
    }
    return value;
}

bool expression_evaluate(struct cpu *cpu, const char *text, const char **end, uint64_t *value, GError **error)
{
    struct parser p = { .cpu = cpu, .at = text, .error = error };
    *value = sum(&p);
    peek(&p);
    *end = p.at;
    return !p.failed;
}
