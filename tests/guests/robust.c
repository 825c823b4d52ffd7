/* SPDX-License-Identifier: MIT */
/*
 * bits: 32
 * options:
 * ends: 0
 * qemu: 7.2 ends itself when code runs where there is no memory
 * What a guest may do without harming the machine: run where nothing is, past the end of RAM, write to ROM;
 * odd port and memory accesses, a null TSS, exceptions inside exceptions. It ends by a triple fault, which resets.
 */
#include "guest.h"

static void jump_to(word at) { __asm__ volatile("call *%0" :: "r"(at) : "eax", "ecx", "edx", "memory"); }
static void in_nothing(void) { jump_to(0xe0000000); }
static void past_ram(void) { jump_to(0x04000000 - 1); }
static void read_nothing(void) { *(volatile uint32_t *)0xd0000000; }
static void write_rom(void) { *(volatile uint32_t *)0xfffffff0 = 0; }
static void cross_end(void) { *(volatile uint32_t *)(0x04000000 - 2); }

/* #UD at an address whose bytes are all ones (FFh FFh is no instruction). */
static void execution(void)
{
    say_trap("in nothing", guarded(in_nothing), NULL);
    say_trap("past the end of RAM", guarded(past_ram), NULL);
    say("read of nothing: %d %l\n", guarded(read_nothing), *(volatile uint32_t *)0xd0000000);
    uint32_t before = *(volatile uint32_t *)0xfffffff0;
    say("write to ROM: %d", guarded(write_rom));
    say(" unchanged %d\n", (int)(before == *(volatile uint32_t *)0xfffffff0));
    say("across the end of RAM: %d\n", guarded(cross_end));
}

static void odd_accesses(void)
{
    uint32_t sum = 0;
    for (unsigned port = 0; port < 0x10000; port += 0x101) {
        if ((port & 0xfff8) == 0xf0 || (port & 0xfff0) == 0x510 || port == 0xcf9 || port == 0x64 || port == 0x92 || port == 0xb2) {
            continue;
        }
        uint16_t word_in;
        __asm__ volatile("inw %1, %0" : "=a"(word_in) : "Nd"((uint16_t)port));
        sum += inl(port) & 0;
    }
    for (word at = 0xfec00000; at < 0xfef00000; at += 0x1357) {
        sum += *(volatile uint8_t *)at & 0;
    }
    say("odd accesses done %d\n", (int)sum);
}

static void load_null_tr(void) { __asm__ volatile("ltr %w0" :: "r"(0)); }
static void hlt_gp(void) { __asm__ volatile("mov %0, %%ds" :: "r"(0x1f8)); }

void guest_main(void)
{
    execution();
    odd_accesses();
    say_trap("null TSS", guarded(load_null_tr), NULL);
    extern word stubs[256];
    set_gate(13, (void *)stubs[13], SEL_CODE, 0x0e);
    set_gate(11, (void *)stubs[11], SEL_CODE, 0x0e);
    say_trap("#GP then #NP: double fault", guarded(hlt_gp), NULL);
    set_gate(8, (void *)stubs[8], SEL_CODE, 0x0e);
    put("triple fault next\n");
    outb(0x80, 1);
    hlt_gp();
    put("still here\n");
}
