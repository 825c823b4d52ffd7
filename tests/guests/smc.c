/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options:
 * Code that changes: the very next instruction, the running loop, an instruction across two pages, a function rewritten many times, code
 * written through another mapping, by REP MOVS, by a locked instruction and by DMA (fw_cfg). SDM 3, 8.1.3: on one processor every store
 * is seen by the instructions after it.
 */
#include "guest.h"

static uint8_t area[3 * 4096] __attribute__((aligned(4096)));
enum { FW_CFG_DMA = 0x514, DMA_READ_SELECT = 0x0a };

extern char next_one[], loop_one[];
__asm__(".data\n"
        "next_one: movb $0x41, 1f + 1; 1: mov $0, %eax; ret\n"
        /* each turn adds to the immediate of its own first instruction */
        "loop_one: xor %eax, %eax; mov $5, %ecx; 1: add $1, %eax; incb 1b + 2; loop 1b; ret\n"
        ".text");

static word call(const void *code)
{
    word result;
    __asm__ volatile("call *%1" : "=a"(result) : "r"(code) : "ecx", "edx", "memory", "cc");
    return result;
}

static void put_return(uint8_t *at, uint8_t value)
{
    at[0] = 0xb8, at[1] = value, at[2] = at[3] = at[4] = 0, at[5] = 0xc3;       /* mov $value, %eax; ret */
}

static void rewritten(void)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < 1000; i++) {
        put_return(area + 64, i & 0x7f);
        sum += call(area + 64);
    }
    say("rewritten 1000 times: %d\n", (int)sum);
}

static void across_pages(void)
{
    uint8_t *at = area + 4096 - 3;
    for (unsigned i = 0; i < 3; i++) {
        put_return(at, 7);
        say("across pages %d", (int)call(at));
        at[1] = 8;                              /* first page */
        say(" %d", (int)call(at));
        at[3] = 1;                              /* second page: bits 16-23 */
        say(" %x\n", call(at));
    }
}

static void by_other_means(void)
{
    static const uint8_t ret9[] = { 0xb8, 9, 0, 0, 0, 0xc3 };
    put_return(area, 1);
    say("before %d", (int)call(area));
    void *to = area;
    const void *from = ret9;
    size_t count = sizeof ret9;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) :: "memory");
    say(" REP MOVS %d", (int)call(area));
    __asm__ volatile("lock addb $5, %0" : "+m"(area[1]));
    say(" LOCK ADD %d", (int)call(area));
    uint32_t old = 14, new = 21;
    __asm__ volatile("lock cmpxchg %b2, %1" : "+a"(old), "+m"(area[1]) : "q"(new) : "cc");
    say(" CMPXCHG %d", (int)call(area));
    __asm__ volatile("xchgb %b0, %1" : "+q"(new), "+m"(area[1]));
    say(" XCHG %d", (int)call(area));
    /* 32-bit bts: sets bit 6 of the value */
    __asm__ volatile("btsl $14, %0" : "+m"(*(uint32_t *)area) :: "cc");
    say(" BTS %d\n", (int)call(area));
}

/* The signature item of fw_cfg, four bytes "QEMU", is not code; its first byte Q (51h) becomes the immediate. */
static void by_dma(void)
{
    static volatile struct { uint32_t control, length, high, low; } command __attribute__((aligned(16)));
    put_return(area, 3);
    say("before DMA %x", call(area));
    command.low = __builtin_bswap32((uint32_t)(word)area + 1);
    command.high = 0;
    command.length = __builtin_bswap32(1);
    command.control = __builtin_bswap32(DMA_READ_SELECT);
    outl(FW_CFG_DMA + 4, __builtin_bswap32((uint32_t)(word)&command));
    while (command.control & ~__builtin_bswap32(1)) {
    }
    say(" after %x\n", call(area));
}

/* A store that faults half-way must not have changed the code of the page it could reach. */
static void data_beside_code(void)
{
    uint32_t sum = 0;
    put_return(area + 128, 5);
    for (unsigned i = 0; i < 100; i++) {
        *(volatile uint32_t *)(area + 160) = i; /* the same page, not the code */
        sum += call(area + 128);
    }
    say("data beside code: %d\n", (int)sum);
}

void guest_main(void)
{
    say("next instruction: %x\n", call(next_one));
    say("again: %x\n", call(next_one));
    say("loop changes itself: %x\n", call(loop_one));
    say("and again: %x\n", call(loop_one));
    rewritten();
    across_pages();
    by_other_means();
    by_dma();
    data_beside_code();
}
