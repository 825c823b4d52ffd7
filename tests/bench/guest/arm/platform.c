/* SPDX-License-Identifier: MIT */
/*
 * The benchmark guest on "virt": the command line out of the device tree (Devicetree specification 0.4, chapter 5), interrupts
 * through the GICv2, and the way out: the checksum as hex on the PL011, then PSCI SYSTEM_OFF.
 */
#include "tests/bench/guest/arm/platform.h"

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4 };
void guest_main(const uint32_t *tree);
void guest_off(void);
volatile uint32_t interrupts_taken;

static int same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++, b++;
    }
    return *a == *b;
}

static const char *command_line(const uint32_t *tree)
{
    const uint32_t *p = tree + __builtin_bswap32(tree[2]) / 4;
    const char *strings = (const char *)tree + __builtin_bswap32(tree[3]);
    for (;;) {
        switch (__builtin_bswap32(*p++)) {
        case FDT_BEGIN_NODE:
            while ((*p & 0xff) && (*p & 0xff00) && (*p & 0xff0000) && *p >> 24) {
                p++;
            }
            p++;
            break;
        case FDT_PROP:
            if (same(strings + __builtin_bswap32(p[1]), "bootargs")) {
                return (const char *)(p + 2);
            }
            p += 2 + (__builtin_bswap32(p[0]) + 3) / 4;
            break;
        case FDT_NOP:
        case FDT_END_NODE: break;
        default: return "";
        }
    }
}

void interrupts_start(void)
{
    write32(GICD, 1);
    write32(GICC + 4, 0xff);                    /* GICC_PMR */
    write32(GICC, 1);
}

void interrupt_send(void)
{
    write32(GICD + 0xf00, 2u << 24);            /* GICD_SGIR: SGI 0, to itself */
}

void take_interrupt(void)
{
    const uint32_t id = read32(GICC + 0xc);     /* GICC_IAR */
    interrupts_taken++;
    write32(GICC + 0x10, id);                   /* GICC_EOIR */
}

static void put(char c)
{
    while (read32(UART_FR) & UART_FR_TXFF) {
    }
    write32(UART, (uint8_t)c);
}

void guest_main(const uint32_t *tree)
{
    uint32_t checksum;
    paging_start();
    guest_run(command_line(tree), &checksum);
    for (int shift = 28; shift >= 0; shift -= 4) {
        put("0123456789abcdef"[checksum >> shift & 15]);
    }
    put('\n');
    guest_off();
}
