/* SPDX-License-Identifier: MIT */
#ifndef GUEST_H
#define GUEST_H
/* What the guest programs share: text on the PL011, exceptions that are printed and stepped over. */
#include <stdint.h>

#define READ(reg) ({ uint64_t v_; __asm__ volatile("mrs %0, " #reg : "=r"(v_)); v_; })
#define WRITE(reg, \
    value) do { uint64_t w_ = (value); __asm__ volatile("msr " #reg ", %0\n\tisb" : : "r"(w_) : "memory"); } while (0)
/* One instruction that may raise. */
#define TRY(name, text) do { guest_name = name; __asm__ volatile(text ::: "memory", "x0", "x1", "x2", "x3", "x9", \
    "cc"); } while (0)

extern const char *volatile guest_name;
extern volatile unsigned guest_exceptions;
/* Called for IRQ and FIQ (vector & 3 is 1 and 2) in place of printing; may change the state to return to. NULL: none. */
extern void (*volatile guest_interrupt)(uint64_t vector, uint64_t *spsr);
void print(const char *text);
void print_hex(const char *name, uint64_t value);
void line(void);
/* Runs fn at a lower level: spsr says which. It must end in leave(). */
void drop(uint64_t spsr, void (*fn)(void), void *sp);
void end(void) __attribute__((noreturn));
#define LEAVE() __asm__ volatile("svc #0x7ff")
#define RAM 0x40000000ul
#define FREE 0x40400000ul               /* RAM that programs may use */

#endif
