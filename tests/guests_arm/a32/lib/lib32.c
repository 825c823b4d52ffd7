/* SPDX-License-Identifier: MIT */
/* See guest32.h. */
#include "guest32.h"

const char *volatile guest_name;
volatile unsigned guest_exceptions;
volatile uint32_t guest_value;
void (*volatile guest_hook)(uint32_t *frame);
extern uint32_t guest_at[2];
extern char in_mode_back[];

void print(const char *text)
{
    while (*text)
        *(volatile uint32_t *)0x09000000 = (uint8_t)*text++;
}

void print_hex(const char *name, uint32_t value)
{
    char text[12];
    unsigned digits = 1, n = 0;
    while (digits < 8 && value >> (4 * digits))
        digits++;
    while (digits--)
        text[n++] = "0123456789abcdef"[value >> (4 * digits) & 15];
    text[n] = 0;
    print(" ");
    print(name);
    print("=");
    print(text);
}

void line(void) { print("\n"); }

void end(void)
{
    print("END\n");
    for (;;)
        __asm__ volatile("wfi");
}

enum { F_CPSR, F_SPSR, F_R0, F_LR = F_R0 + 13 };

static void fault_registers(uint32_t vector)
{
    if (vector == 3) {
        print_hex("ifsr", CP15(0, c5, c0, 1));
        print_hex("ifar", CP15(0, c6, c0, 2));
    } else if (vector == 4) {
        print_hex("dfsr", CP15(0, c5, c0, 0));
        print_hex("dfar", CP15(0, c6, c0, 0));
    }
}

static void hyp_registers(void)
{
    const uint32_t hsr = CP15(4, c5, c2, 0), ec = hsr >> 26;
    /* of aborts without ISV and of unknown reasons without IL, which Armv7 leaves open */
    const int without_il = ec == 0 || ec == 0x20 || (ec == 0x24 && !(hsr & 1u << 24));
    print_hex("hsr", without_il ? hsr & ~0x02000000u : hsr);
    if (ec == 0x20 || ec == 0x21)
        print_hex("hifar", CP15(4, c6, c0, 2));
    if (ec == 0x24 || ec == 0x25)
        print_hex("hdfar", CP15(4, c6, c0, 0));
    if (ec == 0x20 || ec == 0x24)
        print_hex("hpfar", CP15(4, c6, c0, 4));
}

/* The return address, relative to the instruction; far away: as it is. */
static void print_return(uint32_t lr)
{
    const uint32_t offset = lr - (guest_at[0] & ~1u);
    print_hex("lr-pc", offset < 64 || offset > -64u ? offset : lr);
}

static uint32_t svc_number(const uint32_t *frame)
{
    return frame[F_SPSR] & 0x20 ? *(uint16_t *)(frame[F_LR] - 2) & 0xff : *(uint32_t *)(frame[F_LR] - 4) & 0xffffff;
}

void on_exception(uint32_t vector, uint32_t *frame);
void on_exception(uint32_t vector, uint32_t *frame)
{
    const uint32_t mode = frame[F_CPSR] & 31;
    if (vector == 2 && mode == SVC && svc_number(frame) == 0x77) {
        frame[F_LR] = (uint32_t)in_mode_back;
        frame[F_SPSR] = (frame[F_SPSR] & ~0x3fu) | SVC;
        return;
    }
    uint32_t lr = frame[F_LR];
    if (mode == HYP)
        __asm__ volatile("mrs %0, elr_hyp" : "=r"(lr));
    guest_exceptions++;
    print("  ");
    print(guest_name ? guest_name : "?");
    print_hex("vector", vector);
    print_hex("cpsr", frame[F_CPSR] & 0x1ff03ff);
    print_hex("spsr", frame[F_SPSR] & 0x0700ffff);
    print_return(lr);
    if (mode == HYP) {
        hyp_registers();
    } else {
        fault_registers(vector);
    }
    line();
    if (guest_hook) {
        guest_hook(frame);
        return;
    }
    frame[F_SPSR] &= ~0x0600fc00u;              /* out of an IT block */
    frame[F_LR] = guest_at[1] & ~1u;
    if (mode == HYP)
        __asm__ volatile("msr elr_hyp, %0" :: "r"(guest_at[1] & ~1u));
}
