/* SPDX-License-Identifier: MIT */
#ifndef GUEST32_H
#define GUEST32_H
/* What the AArch32 guest programs share: text on the PL011, exceptions that are printed and stepped over. */
#include <stdint.h>

#define CP_READ(cp, op1, n, m, op2) \
    ({ uint32_t v_; __asm__ volatile("mrc " #cp ", " #op1 ", %0, " #n ", " #m ", " #op2 : "=r"(v_)); v_; })
#define CP_WRITE(cp, op1, n, m, op2, value) \
    do { uint32_t w_ = (value); __asm__ volatile("mcr " #cp ", " #op1 ", %0, " #n ", " #m ", " #op2 "\n\tisb" :: "r"(w_) : "memory"); \
    } while (0)
#define CP15(op1, n, m, op2) CP_READ(p15, op1, n, m, op2)
#define CP15_PUT(op1, n, m, op2, value) CP_WRITE(p15, op1, n, m, op2, value)
#define SCTLR() CP15(0, c1, c0, 0)
#define SCTLR_PUT(value) CP15_PUT(0, c1, c0, 0, value)
#define PSR(reg) ({ uint32_t v_; __asm__ volatile("mrs %0, " #reg : "=r"(v_)); v_; })

/* One A32 or T32 instruction that may raise; R0 to R3 are its to use. What follows is done in any case. */
#define AROUND(before, text, after) \
    __asm__ volatile(".fpu neon-vfpv4\n\tmovw r9, #:lower16:guest_at\n\tmovt r9, #:upper16:guest_at\n\tadr r8, 1f\n\tstr r8, [r9]\n\tadr r8, 2f\n\t" \
                     "str r8, [r9, #4]\n\t" before "\n1:\t" text "\n2:\t" after ::: "memory", "cc", "r0", "r1", "r2", "r3", "r8", "r9", \
                     "lr")
#define TRY(name, text) do { guest_name = name; AROUND("", text, ""); } while (0)
#define TRY_T(name, text) \
    do { guest_name = name; AROUND("add r8, pc, #1\n\tbx r8\n\t.thumb", text "\n\t.balign 4", "bx pc\n\tnop\n\t.arm"); } while (0)

extern const char *volatile guest_name;
extern volatile unsigned guest_exceptions;
extern volatile uint32_t guest_value;       /* what the handler leaves for the program */
extern void (*volatile guest_hook)(uint32_t *frame);    /* called by the handler in place of stepping over */
void print(const char *text);
void print_hex(const char *name, uint32_t value);
void line(void);
void end(void) __attribute__((noreturn));
/* Runs fn in another mode, on a stack of its own; comes back by SVC #0x77 (from User mode) or by itself. */
void in_mode(uint32_t mode, void (*fn)(void));
enum { USR = 0x10, FIQ = 0x11, IRQ = 0x12, SVC = 0x13, MON = 0x16, ABT = 0x17, HYP = 0x1a, UND = 0x1b, SYS = 0x1f };
#define FREE 0x40400000u                /* RAM that programs may use */

#endif
