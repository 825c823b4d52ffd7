/* SPDX-License-Identifier: MIT */
/*
 * machine: virt,virtualization=on
 * cpu: max
 * AArch32 EL1 below an EL2 in AArch64: SETPAN and MSR to PAN, what it forbids, SCTLR.SPAN, HLT, register numbers in
 * syndromes. Every HVC prints SPSR, whose bit 22 is PAN. QEMU 7.2 has no SETPAN, and AArch32's SRT in data aborts.
 */
#include "guest.h"

enum { PL0_READS = 2 << 10, ANYONE = 3 << 10, SECTION = 2, AARCH32_SVC = 0x1d3, SPAN = 1 << 23, SCTLR_ON = 0x00c50839 };
enum { LDR = 0xe5910000, STR = 0xe5810000, LDRT = 0xe4b10000, RETURN = 0xe1b0f00e, RETURN_ABORT = 0xe25ef004, SVC = 0xef000001 };
#define HVC(n) (0xe1400070u | (n) >> 4 << 8 | ((n) & 15))
#define SETPAN(n) (0xf1100000u | (n) << 9)
#define MSR_PAN 0xe324f501u                     /* msr cpsr_s, #1 << 22 */
#define HLT(n) (0xe1000070u | (n))

static uint32_t table[4096] __attribute__((aligned(16384)));
static uint32_t vectors32[24] __attribute__((aligned(32))), code[96];
static uint64_t stage2[4] __attribute__((aligned(4096)));
static unsigned words;

static void put(uint32_t word) { code[words++] = word; }

/* Each vector says its number, then goes on behind the instruction. */
static void fill_vectors(void)
{
    for (unsigned n = 0; n < 8; n++) {
        vectors32[n] = 0xea000006 + n;
        vectors32[8 + 2 * n] = HVC(0x100 + n);
        vectors32[9 + 2 * n] = n == 4 ? RETURN_ABORT : RETURN;
    }
}

static void access(uint32_t instruction)
{
    put(0xe3001000);                            /* movw r1, #0 */
    put(0xe3441040);                            /* movt r1, #0x4040 */
    put(instruction);
    put(HVC(0xf));
}

static void run(const char *name)
{
    guest_name = name;
    put(HVC(0x7ff));
    __asm__ volatile("dsb sy\n\tic iallu\n\tisb" ::: "memory");
    drop(AARCH32_SVC, (void (*)(void))code, 0);
    words = 0;
}

static void pan(void)
{
    put(HVC(0));
    put(SETPAN(1u));
    put(HVC(1));
    put(SETPAN(0u));
    put(HVC(2));
    run("setpan");
    put(0xe28f8001);                            /* add r8, pc, #1 */
    put(0xe12fff18);                            /* bx r8 */
    put(0xf7e0b618);                            /* setpan #1, hvc #3 */
    put(0xb6108003);                            /* setpan #0 */
    put(0x8004f7e0);                            /* hvc #4 */
    put(0x46c04778);                            /* bx pc */
    run("setpan, T32");
    const uint32_t forms[] = { LDR, STR, LDRT };
    static const char *const names[] = { "ldr", "str", "ldrt" };
    for (unsigned n = 0; n < 3; n++) {
        access(forms[n]);
        put(MSR_PAN);
        access(forms[n]);
        run(names[n]);
    }
    put(0xf1020010);                            /* cps #0x10, User mode */
    put(SETPAN(1u));
    put(MSR_PAN);
    put(SVC);
    vectors32[8 + 2 * 2 + 1] = HVC(0x7ff);      /* no way back to User mode, which has no HVC */
    run("from usr");
    fill_vectors();
}

static void entry(void)
{
    put(SVC);
    put(MSR_PAN);
    put(SVC);
    run("svc with span");
    WRITE(sctlr_el1, SCTLR_ON & ~SPAN);
    put(SVC);
    run("svc without span");
}

/* Register numbers in the syndromes of traps and of stage 2 faults are AArch64's. */
static void register_numbers(void)
{
    enum { MCR = 0xee010f10, MRC_TO_FLAGS = 0xee11ff10, MCRR = 0xec400f12, CPS = 0xf1020000 };
    static const uint32_t modes[] = { 0x13, 0x11, 0x12, 0x17, 0x1b, 0x1f };
    WRITE(hcr_el2, 1 << 26 | 1 << 30);          /* TVM, TRVM */
    for (unsigned n = 0; n < sizeof(modes) / sizeof(modes[0]); n++) {
        put(CPS | modes[n]);
        put(MCR | 7 << 12);
        put(MCR | 9 << 12);
        put(MCR | 13 << 12);
        put(MCR | 14 << 12);
        put(MCRR | 13 << 12 | 14 << 16);
    }
    put(CPS | 0x13);
    put(MRC_TO_FLAGS);
    run("trapped");
    for (unsigned n = 0; n < 2; n++)
        stage2[n] = (uint64_t)n << 30 | 0x7fd;
    WRITE(vtcr_el2, 32 | 1 << 6 | 2 << 16 | 1ul << 31);
    WRITE(vttbr_el2, (uint64_t)stage2);
    WRITE(hcr_el2, 1);
    __asm__ volatile("tlbi alle1\n\tdsb sy\n\tisb" ::: "memory");
    for (unsigned n = 0; n < sizeof(modes) / sizeof(modes[0]); n++) {
        put(CPS | modes[n]);
        put(0xe3a01102);                        /* mov r1, #0x80000000 */
        put(LDR | 7 << 12);
        put(STR | 10 << 12);
        put(LDR | 14 << 12);
    }
    put(CPS | 0x13);
    run("stage 2");
    WRITE(hcr_el2, 0);
}

static void hlt(void)
{
    put(HLT(1u));
    put(0xe28f8001);
    put(0xe12fff18);
    put(0x46c0ba81);                            /* hlt #1 */
    put(0x46c04778);
    run("hlt");
    put(0xe10f0070);                            /* what semihosting takes: HLT #0xf000, SVC #0x123456 */
    put(0xef123456);
    run("no semihosting");
}

int main(void)
{
    for (uint32_t n = 0; n < 4096; n++)
        table[n] = n << 20 | (n == 0x404 ? ANYONE : PL0_READS) | SECTION;
    fill_vectors();
    WRITE(hcr_el2, 0);
    WRITE(vbar_el1, (uint64_t)vectors32);
    WRITE(ttbr0_el1, (uint64_t)table);
    WRITE(tcr_el1, 0);
    WRITE(dacr32_el2, 1);
    WRITE(sctlr_el1, SCTLR_ON);
    pan();
    entry();
    hlt();
    register_numbers();
    end();
}
