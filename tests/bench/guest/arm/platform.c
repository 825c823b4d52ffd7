/* SPDX-License-Identifier: MIT */
/*
 * The benchmark guest on "virt": the command line out of the device tree (Devicetree specification 0.4, chapter 5), the timer
 * through the GICv2, and the way out: the checksum as hex on the PL011, then PSCI SYSTEM_OFF.
 */
#include "tests/bench/guest/arm/platform.h"

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4 };
void guest_main(const uint32_t *tree);
void guest_off(void);
volatile uint32_t timer_ticks;
static uint32_t timer_interval;

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

void timer_start(uint32_t rate)
{
    write32(GICD + 0x100, 1u << TIMER_PPI);     /* GICD_ISENABLER0 */
    write32(GICD, 1);
    write32(GICC + 4, 0xff);                    /* GICC_PMR */
    write32(GICC, 1);
    timer_interval = (uint32_t)READ_SYSTEM("cntfrq_el0", "0, %0, c14, c0, 0") / rate;
    WRITE_SYSTEM("cntv_tval_el0", "0, %0, c14, c3, 0", timer_interval);
    WRITE_SYSTEM("cntv_ctl_el0", "0, %0, c14, c3, 1", 1);
}

void timer_interrupt(void)
{
    const uint32_t id = read32(GICC + 0xc);     /* GICC_IAR */
    WRITE_SYSTEM("cntv_tval_el0", "0, %0, c14, c3, 0", timer_interval);
    timer_ticks++;
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
