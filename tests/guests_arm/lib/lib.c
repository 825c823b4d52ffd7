/* SPDX-License-Identifier: MIT */
/* See guest.h. */
#include "guest.h"

const char *volatile guest_name;
volatile unsigned guest_exceptions;
void (*volatile guest_interrupt)(uint64_t vector, uint64_t *spsr);
extern char drop_return[];
extern uint8_t stack_top[];

static void put(char c)
{
    *(volatile uint32_t *)0x09000000 = (uint8_t)c;
}

void print(const char *text)
{
    while (*text)
        put(*text++);
}

void print_hex(const char *name, uint64_t value)
{
    unsigned digits = 1;
    while (digits < 16 && value >> (4 * digits))
        digits++;
    put(' ');
    print(name);
    put('=');
    while (digits--)
        put("0123456789abcdef"[value >> (4 * digits) & 15]);
}

void line(void) { put('\n'); }

void end(void)
{
    print("END\n");
    for (;;)
        __asm__ volatile("wfi");
}

static uint64_t level(void) { return READ(CurrentEL) >> 2; }

void on_exception(uint64_t vector, uint64_t *frame);
void on_exception(uint64_t vector, uint64_t *frame)
{
    const uint64_t el = level();
    const uint64_t esr = el == 1 ? READ(esr_el1) : el == 2 ? READ(esr_el2) : READ(esr_el3);
    const uint64_t far = el == 1 ? READ(far_el1) : el == 2 ? READ(far_el2) : READ(far_el3);
    const uint64_t elr = el == 1 ? READ(elr_el1) : el == 2 ? READ(elr_el2) : READ(elr_el3);
    const uint64_t spsr = el == 1 ? READ(spsr_el1) : el == 2 ? READ(spsr_el2) : READ(spsr_el3);
    const unsigned ec = (unsigned)(esr >> 26);
    if (vector & 3 && guest_interrupt) {
        uint64_t state = spsr;
        guest_interrupt(vector, &state);
        if (el == 1)
            WRITE(spsr_el1, state);
        else if (el == 2)
            WRITE(spsr_el2, state);
        else
            WRITE(spsr_el3, state);
        return;
    }
    uint64_t next = elr;
    if ((ec == 0x12 || ec == 0x15 || ec == 0x16 || ec == 0x17) && (esr & 0xffff) == 0x7ff) {
        const uint64_t back = (spsr & 0x3c0) | el << 2 | 1;     /* out of drop() */
        if (el == 1) {
            WRITE(elr_el1, (uint64_t)drop_return);
            WRITE(spsr_el1, back | 0x3c0);
        } else if (el == 2) {
            WRITE(elr_el2, (uint64_t)drop_return);
            WRITE(spsr_el2, back | 0x3c0);
        } else {
            WRITE(elr_el3, (uint64_t)drop_return);
            WRITE(spsr_el3, back | 0x3c0);
        }
        return;
    }
    guest_exceptions++;
    print("  ");
    print(guest_name ? guest_name : "?");
    print_hex("el", el);
    print_hex("vector", vector);
    print_hex("ec", ec);
    print_hex("iss", esr & 0x3ffffff);
    if (ec == 0x20 || ec == 0x21 || ec == 0x22 || ec == 0x24 || ec == 0x25 || ec == 0x34 || ec == 0x35)
        print_hex("far", far);
    if (el == 2 && (ec == 0x20 || ec == 0x24))
        print_hex("hpfar", READ(hpfar_el2));
    print_hex("spsr", spsr);
    if (ec >= 0x30 && ec <= 0x33)
        print_hex("at", elr & 0xfff);
    line();
    if (ec == 0x20 || ec == 0x21 || ec == 0x22)
        next = frame[30];           /* a call to where there is no code */
    else if (ec != 0x12 && ec != 0x15 && ec != 0x16 && !(ec == 0x17 && el == 3) && ec != 0x32 && ec != 0x33)
        next = elr + 4;
    if (ec == 0x30)
        WRITE(dbgbcr5_el1, 0);      /* of a context, that is everywhere */
    uint64_t state = spsr & ~(1ull << 20);      /* PSTATE.IL */
    if (ec == 0x32 || ec == 0x33)
        state |= 1 << 21;           /* PSTATE.SS: the next one, too */
    if (el == 1) {
        WRITE(elr_el1, next);
        WRITE(spsr_el1, state);
    } else if (el == 2) {
        WRITE(elr_el2, next);
        WRITE(spsr_el2, state);
    } else {
        WRITE(elr_el3, next);
        WRITE(spsr_el3, state);
    }
}
