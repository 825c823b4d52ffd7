/* SPDX-License-Identifier: MIT */
/*
 * bits: 32 64
 * options: -cpu qemu64
 * qemu: takes MSRs that it does not know for zero
 * MSRs that systems touch without asking CPUID first, because every processor of the family has them: they are read and
 * written back without #GP. SDM 4, table 2-2 (architectural); AMD's BKDG of family 0Fh, chapter 14.
 */
#include "guest.h"

static void name_string(void)
{
    uint64_t name[7] = { 0 };
    for (unsigned i = 0; i < 6; i++)
        name[i] = read_msr(0xc0010030 + i);
    say("%s\n", (const char *)name);
}

void guest_main(void)
{
    say_msrs("P5_MC_ADDR, P5_MC_TYPE", 0x0, 0x1);
    say_msrs("TSC", 0x10, 0x10);
    say_msrs("APIC_BASE", 0x1b, 0x1b);
    say_msrs("microcode revision", 0x8b, 0x8b);
    say_msrs("MTRRcap", 0xfe, 0xfe);
    say_msrs("SYSENTER", 0x174, 0x176);
    say_msrs("MCG_CAP, MCG_STATUS, MCG_CTL", 0x179, 0x17b);
    say_msrs("DEBUGCTL", 0x1d9, 0x1d9);
    say_msrs("last branch and exception", 0x1db, 0x1de);
    say_msrs("variable MTRRs", 0x200, 0x20f);
    say_msrs("PAT", 0x277, 0x277);
    say_msrs("MTRRdefType", 0x2ff, 0x2ff);
    say_msrs("machine-check banks", 0x400, 0x413);
    say_msrs("EFER, STAR", 0xc0000080, 0xc0000081);
    say_msrs("performance counters", 0xc0010000, 0xc0010007);
    say_msrs("SYSCFG", 0xc0010010, 0xc0010010);
    say_msrs("HWCR, IORRs, TOP_MEM, NB_CFG", 0xc0010015, 0xc001001f);
    say_msrs("patch loader", 0xc0010020, 0xc0010020);
    say_msrs("processor name", 0xc0010030, 0xc0010035);
    say_msrs("thermal control", 0xc001003e, 0xc001003f);
    say_msrs("machine-check masks", 0xc0010044, 0xc001004d);
    say_msrs("I/O traps", 0xc0010050, 0xc0010056);
    say_msrs("SMM", 0xc0010111, 0xc0010113);
    say_msrs("no such register", 0xc0010800, 0xc0010800);
    name_string();
}
