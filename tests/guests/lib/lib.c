/* SPDX-License-Identifier: MIT */
/* The C half of the guest library: output, descriptor tables, what happens on an exception. */
#include <stdarg.h>
#include "guest.h"

struct trap trap;
void (*trap_hook[256])(struct trap *);
struct descriptor gdt[GDT_SLOTS] __attribute__((aligned(8))) = {
    [1] = { 0xffff, 0, 0, 0x9b, GUEST_BITS == 64 ? 0xaf : 0xcf, 0 },
    [2] = { 0xffff, 0, 0, 0x93, 0xcf, 0 },
    [3] = { 0xffff, 0, 0, 0xfb, GUEST_BITS == 64 ? 0xaf : 0xcf, 0 },
    [4] = { 0xffff, 0, 0, 0xf3, 0xcf, 0 },
    [7] = { 0xffff, 0, 0, 0x9b, 0x00, 0 },
    [8] = { 0xffff, 0, 0, 0x93, 0x00, 0 },
    [9] = { 0xffff, 0, 0, 0x9b, 0xcf, 0 },
};
uint8_t idt_bytes[256 * (GUEST_BITS / 4)] __attribute__((aligned(16)));
#ifdef __x86_64__
struct tss64 tss;
#else
struct tss32 tss;
#endif
extern word stubs[256], guard_sp;
extern char stack_top[];
void lib_start(void);
int lib_trap(word *frame);

void put_char(char c) { outb(0xe9, c); }

void put(const char *text)
{
    while (*text) {
        put_char(*text++);
    }
}

void put_hex(uint64_t value, unsigned digits)
{
    while (digits--) {
        put_char("0123456789abcdef"[value >> 4 * digits & 15]);
    }
}

void say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            put_char(*format);
            continue;
        }
        switch (*++format) {
        case 's': put(va_arg(list, const char *)); break;
        case 'x': put_hex(va_arg(list, word), sizeof(word) * 2); break;
        case 'X': put_hex(va_arg(list, uint64_t), 16); break;
        case 'b': put_hex(va_arg(list, unsigned), 2); break;
        case 'w': put_hex(va_arg(list, unsigned), 4); break;
        case 'l': put_hex(va_arg(list, unsigned), 8); break;
        case 'd': {
            int value = va_arg(list, int), digits = 1;
            if (value < 0) {
                put_char('-');
                value = -value;
            }
            while (value / digits >= 10) {
                digits *= 10;
            }
            for (; digits; digits /= 10) {
                put_char('0' + value / digits % 10);
            }
            break;
        }
        }
    }
    va_end(list);
}

void guest_exit(uint8_t status)
{
    outb(0xf4, status);
    for (const char *word = "Shutdown"; *word; word++) {        /* Bochs's way out; nothing elsewhere */
        outb(0x8900, *word);
    }
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void set_descriptor(unsigned slot, uint32_t base, uint32_t limit, uint8_t access, uint8_t flags)
{
    gdt[slot] = (struct descriptor){ limit & 0xffff, base & 0xffff, base >> 16, access, (limit >> 16 & 15) | (flags & 0xf0), base >> 24 };
}

void set_gate(unsigned vector, void *handler, uint16_t selector, uint8_t access)
{
    word at = (word)handler;
    uint16_t *gate = (uint16_t *)(idt_bytes + vector * (GUEST_BITS / 4));
    gate[0] = at & 0xffff;
    gate[1] = selector;
    gate[2] = access << 8;
    gate[3] = at >> 16 & 0xffff;
#ifdef __x86_64__
    gate[4] = at >> 32 & 0xffff;
    gate[5] = at >> 48;
    gate[6] = gate[7] = 0;
#endif
}

void load_tables(void)
{
    struct { uint16_t limit; word base; } __attribute__((packed)) g = { sizeof gdt - 1, (word)gdt }, i = { sizeof idt_bytes - 1, (word)idt_bytes };
    __asm__ volatile("lgdt %0; lidt %1" :: "m"(g), "m"(i));
}

void lib_start(void)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        set_gate(vector, (void *)stubs[vector], SEL_CODE, vector == 0x81 || vector == 3 || vector == 4 ? 0xee : 0x8e);
    }
    set_descriptor(SEL_TSS >> 3, (uint32_t)(word)&tss, sizeof tss - 1, 0x89, 0);
    tss.iomap = sizeof tss;
#ifdef __x86_64__
    tss.rsp[0] = (word)stack_top;
#else
    tss.ss0 = SEL_DATA;
    tss.esp0 = (word)stack_top;
#endif
    outb(0x21, 0xff);               /* no interrupt but those that a program asks for */
    outb(0xa1, 0xff);
    load_tables();
    __asm__ volatile("ltr %w0" :: "r"(SEL_TSS));
    guest_main();
    guest_exit(0);
}

/* frame: pushed registers, then vector, has_error, error, ip, cs, flags [, sp, ss]. Returns whether to unwind. */
int lib_trap(word *frame)
{
    word *at = frame + (GUEST_BITS == 64 ? 11 : 10);
    bool outer = GUEST_BITS == 64 || (at[4] & 3) || (at[5] & 0x20000);
    trap = (struct trap){ at[0], at[2], at[1], at[3], at[4], at[5], outer ? at[6] : (word)(at + 6), outer ? at[7] : SEL_DATA, read_cr2() };
    if (trap_hook[trap.vector & 255]) {
        trap_hook[trap.vector & 255](&trap);
        at[3] = trap.ip;
        at[5] = trap.flags;
        return 0;
    }
    if (!guard_sp) {
        say("unexpected exception %x error %x at %x cr2 %x\n", trap.vector, trap.error, trap.ip, trap.cr2);
        guest_exit(1);
    }
    return 1;
}

/* RF is not shown: every fault pushes it set (strict.c), but QEMU 7.2 does not. */
void say_trap(const char *what, int vector, const void *at)
{
    put(what);
    if (vector < 0) {
        say(": no exception\n");
        return;
    }
    say(": vector %d", vector);
    if (trap.has_error) {
        say(" error %x", trap.error);
    }
    if (at) {
        say(" ip %s%d", trap.ip >= (word)at ? "+" : "", (int)(trap.ip - (word)at));
    }
    say(" cs %w", (unsigned)trap.cs & 0xffff);
    if (trap.flags & 0x100) {
        say(" TF");
    }
    if (vector == 14) {
        say(" cr2 %x", trap.cr2);
    }
    say("\n");
}

static uint32_t current_msr;
static uint64_t current_msr_value;
static void msr_read_current(void) { current_msr_value = read_msr(current_msr); }
static void msr_write_current(void) { write_msr(current_msr, current_msr_value); }

void say_msrs(const char *what, uint32_t first, uint32_t last)
{
    int reads = 0, writes = 0;
    for (current_msr = first; current_msr <= last; current_msr++) {
        reads += guarded(msr_read_current) == -1;
        writes += guarded(msr_write_current) == -1;
    }
    say("%s: of %d read %d, written back %d\n", what, (int)(last - first + 1), reads, writes);
}
