/* SPDX-License-Identifier: MIT */
/*
 * The benchmark guest's start: paging (4 KiB pages, as a real system has), an IDT, the command line, and the
 * way out: the checksum as hex on port E9h, then isa-debug-exit on port F4h.
 */
#include "tests/bench/guest/x86/platform.h"

enum { APIC = 0xfee00000 };
volatile uint32_t interrupts_taken;
extern void stub_page_fault(void), stub_return(void), stub_interrupt(void);

struct gate { uint16_t low, selector, attributes, high; 
#ifdef __x86_64__
    uint32_t top, zero;
#endif
};
static struct gate idt[256];

void guest_outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" :: "a"(value), "Nd"(port)); }

void guest_apic_write(unsigned offset, uint32_t value) { *(volatile uint32_t *)((uintptr_t)APIC + offset) = value; }

void guest_set_gate(unsigned vector, void (*stub)(void))
{
    uintptr_t address = (uintptr_t)stub;
    idt[vector] = (struct gate){ .low = address & 0xffff, .selector = 8, .attributes = 0x8e00,
                                 .high = address >> 16 & 0xffff };
}

#ifdef __x86_64__
extern uint64_t page_tables[];
static void set_up_paging(void)
{
    page_tables[UNMAPPED >> 12] = 0;
    __asm__ volatile("invlpg (%0)" :: "r"((uintptr_t)UNMAPPED));
}
#else
static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t tables[64][1024] __attribute__((aligned(4096)));
static uint32_t device_table[1024] __attribute__((aligned(4096)));
static void set_up_paging(void)
{
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned j = 0; j < 1024; j++) {
            tables[i][j] = (i << 22 | j << 12) | 3;
        }
        directory[i] = (uint32_t)(uintptr_t)tables[i] | 3;
    }
    device_table[APIC >> 12 & 1023] = APIC | 0x13;      /* not cached */
    directory[APIC >> 22] = (uint32_t)(uintptr_t)device_table | 3;
    tables[UNMAPPED >> 22][UNMAPPED >> 12 & 1023] = 0;
    __asm__ volatile("mov %0, %%cr3; mov %%cr0, %%eax; or $0x80010000, %%eax; mov %%eax, %%cr0"
                     :: "r"(directory) : "eax", "memory");
}
#endif

static void set_up_interrupts(void)
{
    struct { uint16_t limit; uintptr_t base; } __attribute__((packed)) pointer = { sizeof idt - 1, (uintptr_t)idt };
    guest_set_gate(14, stub_page_fault);
    guest_set_gate(0x80, stub_return);
    guest_set_gate(INTERRUPT_VECTOR, stub_interrupt);
    __asm__ volatile("lidt %0" :: "m"(pointer));
    guest_outb(0x21, 0xff);
    guest_outb(0xa1, 0xff);
    guest_apic_write(APIC_SPURIOUS, 0x1ff);
}

static void finish(uint32_t checksum, uint8_t status)
{
    for (int shift = 28; shift >= 0; shift -= 4) {
        guest_outb(0xe9, "0123456789abcdef"[checksum >> shift & 15]);
    }
    guest_outb(0xe9, '\n');
    guest_outb(0xf4, status);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void guest_main(uint32_t info)
{
    const char *arguments = (const char *)(uintptr_t)((const uint32_t *)(uintptr_t)info)[4];
    set_up_paging();
    set_up_interrupts();
    uint32_t checksum;
    const int known = guest_run(arguments, &checksum);
    finish(checksum, known ? 0 : 1);
}
