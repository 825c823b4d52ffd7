/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * Port instructions: IOPL and the TSS's permission bitmap at every size, INS and OUTS with REP, direction and faults in the
 * middle (SDM 1, chapter 19; SDM 2, INS and OUTS). The RTC's registers answer.
 */
#include "guest.h"

static uint16_t port;
static unsigned bytes;
static word iopl;

static void do_in(void)
{
    switch (bytes) {
    case 1: __asm__ volatile("inb %%dx, %%al" :: "d"(port) : "eax"); break;
    case 2: __asm__ volatile("inw %%dx, %%ax" :: "d"(port) : "eax"); break;
    case 4: __asm__ volatile("inl %%dx, %%eax" :: "d"(port) : "eax"); break;
    }
}

static void do_out_imm(void) { __asm__ volatile("outb %%al, $0x80" :: "a"(0)); }
static void do_cli(void) { __asm__ volatile("cli"); }
static void do_sti(void) { __asm__ volatile("sti; cli"); }

/* Ring 3 gets the flags that guarded_user's IRET pops: IOPL is set in ring 0 first and stays. */
static int in_user(void (*code)(void))
{
    __asm__ volatile("pushf; pop %%" 
#ifdef __x86_64__
                     "rax; and $~0x3000, %%rax; or %0, %%rax; push %%rax; popf" :: "r"(iopl << 12) : "rax", "cc", "memory");
#else
                     "eax; and $~0x3000, %%eax; or %0, %%eax; push %%eax; popf" :: "r"(iopl << 12) : "eax", "cc", "memory");
#endif
    return guarded_user(code);
}

static void bitmap(void)
{
    tss.iomap = (uint16_t)((uint8_t *)tss.map - (uint8_t *)&tss);
    for (unsigned n = 0; n < sizeof tss.map; n++) {
        tss.map[n] = 0xff;
    }
    tss.map[0x70 / 8] = 0xfc;       /* 70h and 71h are open */
    tss.map[0x80 / 8] = 0xf0;       /* 80h to 83h */
    static const struct { uint16_t port; uint8_t bytes; } cases[] = {
        { 0x70, 1 }, { 0x71, 1 }, { 0x72, 1 }, { 0x70, 2 }, { 0x71, 2 }, { 0x6f, 2 }, { 0x80, 4 }, { 0x81, 4 }, { 0x82, 2 }, { 0x83, 2 },
        { 0x1f7, 1 }, { 0x1f8, 1 }, { 0xfff0, 1 },
    };
    for (unsigned n = 0; n < ARRAY_LEN(cases); n++) {
        port = cases[n].port, bytes = cases[n].bytes;
        say("port %w bytes %d: %d\n", (unsigned)port, (int)bytes, in_user(do_in));
    }
    say("out 80h: %d\n", in_user(do_out_imm));
    tss.iomap = sizeof tss;
    say("no bitmap: out 80h %d\n", in_user(do_out_imm));
    for (iopl = 0; iopl < 4; iopl++) {
        say("IOPL %d: out %d cli %d sti %d\n", (int)iopl, in_user(do_out_imm), in_user(do_cli), in_user(do_sti));
    }
    iopl = 0;
}

static uint8_t buffer[64] __attribute__((aligned(16)));

static void show_buffer(const char *what, word moved, word left)
{
    say("%s moved %d left %d:", what, (int)moved, (int)left);
    for (unsigned n = 0; n < 8; n++) {
        say(" %w", (unsigned)buffer[n]);
    }
    say("\n");
}

static void strings(void)
{
    word di, cx, si;

    outb(0x70, 0x0d);               /* RTC status D: valid RAM and time, always 80h */
    di = (word)buffer, cx = 3;
    __asm__ volatile("cld; rep insb" : "+D"(di), "+c"(cx) : "d"(0x71) : "memory");
    show_buffer("rep insb", di - (word)buffer, cx);
    di = (word)buffer + 7, cx = 2;
    __asm__ volatile("std; rep insb; cld" : "+D"(di), "+c"(cx) : "d"(0x71) : "memory");
    show_buffer("rep insb down", (word)buffer + 7 - di, cx);
    di = (word)buffer, cx = 0;
    __asm__ volatile("rep insb" : "+D"(di), "+c"(cx) : "d"(0x71) : "memory");
    show_buffer("rep insb of none", di - (word)buffer, cx);
    /* OUTS writes indices of CMOS; the last one counts */
    buffer[0] = 0x0a, buffer[1] = 0x0b, buffer[2] = 0x0d;
    si = (word)buffer, cx = 3;
    __asm__ volatile("rep outsb" : "+S"(si), "+c"(cx) : "d"(0x70) : "memory");
    say("rep outsb moved %d left %d reads %x\n", (int)(si - (word)buffer), (int)cx, (word)inb(0x71));
    outb(0x70, 0x20);
    outb(0x71, 0x5a);
    buffer[0] = 0xa5, si = (word)buffer;
    __asm__ volatile("outsb" : "+S"(si) : "d"(0x71) : "memory");
    say("outsb reads %x\n", (word)inb(0x71));
}

#ifndef __x86_64__
/* A limit ends REP INSB in the middle: what was moved stays, the registers say how far. */
extern const char at_ins[];
static void do_limited(void)
{
    __asm__ volatile("mov $0x50, %%eax; mov %%eax, %%es; mov $0xffc, %%edi; mov $8, %%ecx; mov $0x71, %%edx; cld\n at_ins: rep insb"
                     ::: "eax", "ecx", "edx", "edi", "memory");
}

static void limits(void)
{
    outb(0x70, 0x0d);
    set_descriptor(SEL_FREE >> 3, 0x300000, 0xfff, 0x93, 0x40);
    for (unsigned n = 0; n < 8; n++) {
        ((volatile uint8_t *)0x300ffc)[n] = 0;
    }
    int vector = guarded(do_limited);
    __asm__ volatile("mov %0, %%es" :: "r"(SEL_DATA));
    say_trap("! rep insb over a limit", vector, at_ins);
    say("! written:");
    for (unsigned n = 0; n < 6; n++) {
        say(" %w", (unsigned)((volatile uint8_t *)0x300ffc)[n]);
    }
    say("\n");
}
#endif

void guest_main(void)
{
    bitmap();
    strings();
#ifndef __x86_64__
    limits();
#endif
}
