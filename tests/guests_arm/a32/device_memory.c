/* SPDX-License-Identifier: MIT */
/*
 * machine: virt
 * Accesses to Device and Strongly-ordered memory must be aligned (with LPAE): MMU off, short descriptors without and with TEX remap, long
 * descriptors (QEMU 7.2 checks nothing of it and prints no line but of what is always checked).
 */
#include "guest32.h"

enum { SECTION = 2, USER_RW = 3 << 10, B = 1 << 2, C = 1 << 3, TEX_SHIFT = 12, TRE = 1 << 28, AF = 1 << 10, BLOCK = 1, EAE = 1 << 31 };
#define TEST 0x80000000u
typedef uint64_t desc;

static uint32_t first[4096] __attribute__((aligned(16384)));
static desc long_first[4] __attribute__((aligned(32))), second[512] __attribute__((aligned(4096)));
uint32_t guest_target;

static void flush(void) { __asm__ volatile("dsb"); CP15_PUT(0, c8, c7, 0, 0); }

#define AT(offset, text) TRY(text " at " #offset, "movw r3, #:lower16:guest_target\n\tmovt r3, #:upper16:guest_target\n\tldr r3, [r3]\n\t" \
                             "add r3, r3, #" #offset "\n\t" text)
static void all(void)
{
    AT(1, "ldrb r0, [r3]");
    AT(1, "ldrh r0, [r3]");
    AT(2, "strh r0, [r3]");
    AT(2, "ldr r0, [r3]");
    AT(1, "str r0, [r3]");
    AT(4, "ldr r0, [r3]");
    AT(1, "ldrsh r0, [r3, #3]");
    AT(4, "ldrd r0, r1, [r3]");
    AT(2, "ldmia r3, {r0, r1}");
    AT(4, "ldmia r3, {r0, r1}");
    AT(4, "vldr d0, [r3]");
    AT(4, "vstmia r3, {d0, d1}");
    AT(2, "vldr s0, [r3]");
    AT(1, "vld1.8 {d0, d1}, [r3]");
    AT(1, "vld1.16 {d0}, [r3]");
    AT(2, "vst1.16 {d0, d1}, [r3]");
    AT(2, "vst2.32 {d0, d1}, [r3]");
    AT(2, "vld1.32 {d0[1]}, [r3]");
    AT(4, "vld1.64 {d0}, [r3]");
    AT(8, "vld1.64 {d0}, [r3]");
}

static void at(const char *name, uint32_t target)
{
    print(name);
    line();
    guest_target = target;
    all();
}

/* Of Normal memory one access alone is tried, which must not fault. */
static void attributes(const char *name, uint32_t tex, uint32_t cb)
{
    first[TEST >> 20] = FREE | SECTION | USER_RW | tex << TEX_SHIFT | cb;
    flush();
    print(name);
    line();
    guest_target = TEST;
    AT(2, "ldr r0, [r3]");
}

static void short_tables(void)
{
    static const char *const names[12] = {
        "strongly ordered", "shareable device", "write-through", "write-back", "non-cacheable", "reserved", "implementation",
        "write-allocate", "device", "10 01", "10 10", "10 11",
    };
    for (uint32_t i = 0; i < 4096; i++)
        first[i] = i << 20 | SECTION | USER_RW | (i >= 0x400 && i < 0x440 ? 1 << TEX_SHIFT | C | B : B);
    first[0] |= C;
    CP15_PUT(0, c3, c0, 0, 1);
    CP15_PUT(0, c2, c0, 0, (uint32_t)first);
    flush();
    SCTLR_PUT(SCTLR() | 1);
    for (uint32_t i = 0; i < 12; i++)
        attributes(names[i], i >> 2, (i & 3) << 2);
    attributes("everything", 0, 0);
    all();
    /* Normal, Device, Strongly-ordered, Normal: attributes 0 to 3; the program's are 1 (device) and 7 */
    print("remap\n");
    CP15_PUT(0, c10, c2, 0, 2 | 1 << 2 | 0 << 4 | 2 << 6 | 2 << 14);
    SCTLR_PUT(SCTLR() | TRE);
    attributes("0", 0, 0);
    attributes("1", 0, B);
    attributes("2", 0, C);
    attributes("3", 0, C | B);
    SCTLR_PUT(SCTLR() & ~(TRE | 1u));
}

static void long_tables(void)
{
    for (uint32_t i = 0; i < 4; i++)
        long_first[i] = (desc)i << 30 | BLOCK | AF;
    long_first[0] |= 1 << 2;                /* attribute 1 */
    long_first[2] = (desc)(uint32_t)second | 3;
    second[0] = FREE | BLOCK | AF;
    second[1] = FREE | BLOCK | AF | 1 << 2;
    CP15_PUT(0, c10, c2, 0, 0x04ff);
    CP15_PUT(0, c2, c0, 2, EAE);
    __asm__ volatile("mcrr p15, 0, %Q0, %R0, c2\n\tisb" :: "r"((desc)(uint32_t)long_first));
    flush();
    SCTLR_PUT(SCTLR() | 1);
    at("long: normal", TEST);
    at("long: device", TEST + 0x200000);
    SCTLR_PUT(SCTLR() & ~1u);
}

int main(void)
{
    at("off", FREE);
    short_tables();
    long_tables();
    end();
}
