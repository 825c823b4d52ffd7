/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -cpu core2duo
 * qemu: takes MSRs that it does not know for zero
 * As msr.c, for a Core 2: SDM 4, tables 2-2 and 2-3.
 */
#include "guest.h"

void guest_main(void)
{
    say_msrs("P5_MC_ADDR, P5_MC_TYPE", 0x0, 0x1);
    say_msrs("MONITOR_FILTER_SIZE", 0x6, 0x6);
    say_msrs("PLATFORM_ID", 0x17, 0x17);
    say_msrs("EBL_CR_POWERON", 0x2a, 0x2a);
    say_msrs("FEATURE_CONTROL, locked", 0x3a, 0x3a);
    say_msrs("last branches, from", 0x40, 0x43);
    say_msrs("last branches, to", 0x60, 0x63);
    say_msrs("microcode", 0x8b, 0x8b);
    say_msrs("performance counters", 0xc1, 0xc2);
    say_msrs("FSB_FREQ", 0xcd, 0xcd);
    say_msrs("MPERF, APERF", 0xe7, 0xe8);
    say_msrs("BBL_CR_CTL3", 0x11e, 0x11e);
    say_msrs("PERFEVTSEL", 0x186, 0x187);
    say_msrs("PERF_STATUS, PERF_CTL", 0x198, 0x199);
    say_msrs("clock modulation, thermal", 0x19a, 0x19d);
    say_msrs("MISC_ENABLE", 0x1a0, 0x1a0);
    say_msrs("LASTBRANCH_TOS", 0x1c9, 0x1c9);
    say_msrs("DEBUGCTL", 0x1d9, 0x1d9);
    say_msrs("AMD: performance counters", 0xc0010000, 0xc0010007);
}
