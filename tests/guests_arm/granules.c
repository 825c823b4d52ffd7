/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * cpu: max
 * Pages of 16 and 64 KiB: blocks, pages, faults by level; ASIDs and non-global pages; PAN; access flag and dirty state by hardware.
 */
#include "guest.h"

enum { VALID = 1, TABLE = 2, PAGE = 2, AF = 1 << 10, NG = 1 << 11, USER = 1 << 6, READ_ONLY = 1 << 7, INNER = 3 << 8 };
#define DBM (1ul << 51)
#define TEST 0x80000000ul

static uint64_t l2[8192] __attribute__((aligned(65536))), l3[8192] __attribute__((aligned(65536))), other[8192] __attribute__((aligned(65536)));

static void flush(void) { __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" ::: "memory"); }
static uint64_t load(uint64_t address) { uint64_t v = 0x77; __asm__ volatile("ldr %0, [%1]" : "+r"(v) : "r"(address) : "memory"); return v; }
static void store(uint64_t address, uint64_t v) { __asm__ volatile("str %0, [%1]" : : "r"(v), "r"(address) : "memory"); }

static void on(uint64_t *table, unsigned bits, uint64_t more)
{
    uint64_t tg = bits == 16 ? 1 : bits == 14 ? 2 : 0;
    WRITE(mair_el1, 0xff);
    WRITE(tcr_el1, 32 | tg << 14 | 1ul << 23 | 2ul << 32 | more);
    WRITE(ttbr0_el1, (uint64_t)table);
    flush();
    WRITE(sctlr_el1, READ(sctlr_el1) | 1);
}

static void off(void)
{
    WRITE(sctlr_el1, READ(sctlr_el1) & ~1ul);
    flush();
}

static void build(unsigned bits)
{
    unsigned block = bits + bits - 3, page = 1u << bits;
    for (unsigned i = 0; i < 8192; i++)
        l2[i] = l3[i] = 0;
    for (uint64_t a = 0; a < 0x10000000; a += 1ul << block)
        l2[a >> block] = a | VALID | AF | INNER;
    for (uint64_t a = RAM; a < RAM + 0x4000000; a += 1ul << block)
        l2[a >> block] = a | VALID | AF | INNER;
    l2[TEST >> block] = (uint64_t)l3 | VALID | TABLE;
    for (unsigned i = 0; i < 8; i++)
        l3[i] = (FREE + i * page) | VALID | PAGE | AF;
    l3[1] |= READ_ONLY;
    l3[2] &= ~(uint64_t)AF;
    l3[3] = 0;
    l3[4] = FREE | VALID | AF;
}

static void granule(unsigned bits)
{
    static const char *const names[] = { "rw", "ro", "no af", "invalid", "block" };
    uint64_t page = 1ul << bits;
    print_hex("granule", bits);
    line();
    build(bits);
    for (unsigned i = 0; i < 8; i++)
        *(volatile uint64_t *)(FREE + i * page + 8) = 0x1000 + i;
    on(l2, bits, 0);
    for (unsigned i = 0; i < 5; i++) {
        guest_name = names[i];
        print_hex("read", load(TEST + i * page + 8));
        line();
        store(TEST + i * page + page - 8, i);
    }
    guest_name = "level 2";
    load(TEST + 0x20000000);
    guest_name = "beyond";
    load(1ul << 32);
    l3[3] = (FREE + 3 * page) | VALID | PAGE | AF;
    flush();
    print_hex("now valid", load(TEST + 3 * page + 8));
    print_hex("last", load(TEST + page - 8));
    line();
    off();
}

static void hardware_flags(void)
{
    build(16);
    l3[0] = FREE | VALID | PAGE | DBM | READ_ONLY;
    l3[1] = (FREE + 65536) | VALID | PAGE | READ_ONLY;
    on(l2, 16, 3ul << 39);
    guest_name = "hardware flags";
    load(TEST);
    print_hex("after a load", l3[0]);
    store(TEST, 1);
    print_hex("after a store", l3[0]);
    line();
    store(TEST + 65536, 1);
    print_hex("read-only", l3[1]);
    line();
    off();
}

static void asids(void)
{
    build(16);
    for (unsigned i = 0; i < 8192; i++)
        other[i] = l2[i];
    l3[0] |= NG;
    on(l2, 16, 1ul << 36);
    WRITE(ttbr0_el1, (uint64_t)l2 | 1ul << 48);
    print_hex("asid 1", load(TEST + 8));
    l3[0] = (FREE + 5 * 65536) | VALID | PAGE | AF | NG;
    WRITE(ttbr0_el1, (uint64_t)l2 | 2ul << 48);
    print_hex("asid 2", load(TEST + 8));
    __asm__ volatile("dsb sy\n\ttlbi aside1, %0\n\tdsb sy\n\tisb" : : "r"(1ul << 48) : "memory");
    WRITE(ttbr0_el1, (uint64_t)l2 | 1ul << 48);
    print_hex("asid 1 again", load(TEST + 8));
    l3[0] = (FREE + 6 * 65536) | VALID | PAGE | AF | NG;
    __asm__ volatile("dsb sy\n\ttlbi vae1, %0\n\tdsb sy\n\tisb" : : "r"(1ul << 48 | TEST >> 12) : "memory");
    print_hex("after vae1", load(TEST + 8));
    line();
    off();
}

static void pan(void)
{
    build(16);
    l3[0] |= USER;
    on(l2, 16, 0);
    guest_name = "pan";
    print_hex("pan off", load(TEST + 8));
    line();
    __asm__ volatile(".inst 0xd500419f");               /* msr pan, #1 */
    load(TEST + 8);
    uint64_t v = 0x77;
    __asm__ volatile("ldtr %0, [%1]" : "+r"(v) : "r"(TEST + 8) : "memory");
    print_hex("ldtr", v);
    line();
    __asm__ volatile(".inst 0xd500409f");
    off();
}

int main(void)
{
    granule(14);
    granule(16);
    hardware_flags();
    asids();
    pan();
    end();
}
