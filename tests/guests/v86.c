/* SPDX-License-Identifier: MIT */
/*
 * bits: 32
 * options: -cpu max
 * Virtual-8086 mode: entry by IRET, segments as paragraphs, what IOPL-sensitive instructions do at IOPL 0 and 3, interrupts and exceptions
 * with the real-mode segments pushed, limits of 64 KiB, virtual-mode extensions (VIF, VIP, redirected INT). SDM 3, chapter 20.
 */
#include "guest.h"

enum { CODE_AT = 0x20000, STACK_AT = 0x30000, DATA_AT = 0x40000 };
volatile uint32_t v86_flags;

extern char enter_v86[];
__asm__("enter_v86:\n"
        "  mov %esp, %eax; mov %eax, tss + 4\n"
        "  push $0x5000; push $0x4000; push $0x4000; push $0x6000\n"       /* gs fs ds es */
        "  push $0x3000; push $0x1000; push v86_flags; push $0x2000; push $0\n"
        "  mov $0x11112222, %eax; mov $0x1234, %ebx; mov $0x40, %ecx; xor %edx, %edx; xor %esi, %esi; xor %edi, %edi\n"
        "  iret\n");

static void run(const char *name, const uint8_t *code, unsigned bytes, uint32_t flags)
{
    uint8_t *at = (uint8_t *)CODE_AT;
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = code[i];
    }
    at[bytes] = 0xcd, at[bytes + 1] = 0x81;     /* int 81h: out */
    for (unsigned i = 0; i < 64; i++) {
        ((uint32_t *)DATA_AT)[i] = 0;
    }
    v86_flags = flags | 0x20002;
    int vector = guarded((void (*)(void))enter_v86);
    say("%s: ", name);
    if (vector >= 0) {
        say("vector %d error %l ", vector, trap.error);
    }
    say("cs %w ip %l ss %w sp %l flags %l data %l %l stack %w\n", (unsigned)trap.cs, trap.ip, (unsigned)trap.ss, trap.sp,
        trap.flags & 0x1a7200, ((uint32_t *)DATA_AT)[0], ((uint32_t *)DATA_AT)[1], (unsigned)*(uint16_t *)(STACK_AT + 0xffe));
}
#define RUN(name, flags, ...) do { static const uint8_t code[] = { __VA_ARGS__ }; run(name, code, sizeof code, flags); } while (0)

static void sensitive(const char *what, uint32_t flags)
{
    say("-- %s\n", what);
    RUN("nothing", flags, 0x90);
    RUN("cli", flags, 0xfa);
    RUN("sti", flags, 0xfb);
    RUN("pushf", flags, 0x9c);
    RUN("popf with IF", flags, 0x68, 0x02, 0x32, 0x9d);
    RUN("popf without IF", flags, 0x6a, 0x02, 0x9d);
    RUN("pushfd", flags, 0x66, 0x9c);
    RUN("int 21h", flags, 0xcd, 0x21);
    RUN("int3", flags, 0xcc);
    RUN("into", flags, 0xb0, 0x7f, 0xfe, 0xc0, 0xce);
    RUN("iret", flags, 0x68, 0x02, 0x32, 0x68, 0x00, 0x20, 0x6a, 0x0a, 0xcf, 0xf4);
    RUN("in", flags, 0xe4, 0x84);
    RUN("hlt", flags, 0xf4);
}

static void ordinary(void)
{
    say("-- ordinary instructions\n");
    RUN("mov [bx], ax", 0x3000, 0x31, 0xdb, 0x89, 0x07);
    RUN("mov es, ds", 0x3000, 0x8c, 0xd8, 0xa3, 0, 0, 0x8c, 0xc0, 0xa3, 4, 0);
    RUN("load any segment", 0x3000, 0xb8, 0x01, 0x40, 0x8e, 0xd8, 0xa3, 0, 0);
    RUN("far jump", 0x3000, 0xea, 0x06, 0x00, 0x00, 0x20, 0xf4, 0x90);
    RUN("far call", 0x3000, 0x9a, 0x05, 0x00, 0x00, 0x20, 0x0e, 0x1f, 0x90);
    RUN("! limit of ds", 0x3000, 0xbb, 0xff, 0xff, 0x8b, 0x07);
    RUN("! limit of ss", 0x3000, 0xbd, 0xff, 0xff, 0x8b, 0x46, 0x00);
    RUN("! 32-bit offset beyond", 0x3000, 0x67, 0xa1, 0, 0, 1, 0);
    RUN("divide by zero", 0x3000, 0x31, 0xc9, 0xf7, 0xf1);
    RUN("mov cr0", 0x3000, 0x0f, 0x20, 0xc0);
    RUN("lgdt", 0x3000, 0x0f, 0x01, 0x16, 0, 0);
    RUN("lar", 0x3000, 0x0f, 0x02, 0xc0);
    RUN("arpl", 0x3000, 0x63, 0xc0);
    RUN("sldt", 0x3000, 0x0f, 0x00, 0xc0);
    RUN("smsw", 0x3000, 0x0f, 0x01, 0xe0, 0xa3, 0, 0);
    RUN("loop", 0x3000, 0x40, 0xe2, 0xfd, 0xa3, 0, 0);
}

static void extensions(void)
{
    /* Redirect INT 21h through the real-mode vector to 2000:0100, INT 22h to the monitor. */
    uint8_t *handler = (uint8_t *)CODE_AT + 0x100;
    static const uint8_t code[] = { 0x9c, 0x8f, 0x06, 0x00, 0x00, 0xcf };  /* pushf; pop [0]; iret */
    for (unsigned i = 0; i < sizeof code; i++) {
        handler[i] = code[i];
    }
    ((uint32_t *)0)[0x21] = 0x20000100;
    ((uint32_t *)0)[0x22] = 0x20000100;
    write_cr4(read_cr4() | 1);
    for (unsigned i = 0; i < 32; i++) {
        tss.map[i] = 0xff;
    }
    tss.map[0x21 / 8] &= ~(1 << (0x21 & 7));
    tss.iomap = offsetof(struct tss32, map) + 32;
    say("-- VME, IOPL 0\n");
    RUN("! cli with VIF", 0x80000, 0xfa);
    RUN("! sti", 0, 0xfb);
    RUN("! sti with VIP", 0x100000, 0xfb);
    RUN("! pushf with VIF", 0x80000, 0x9c);
    RUN("! popf with IF", 0, 0x68, 0x02, 0x32, 0x9d);
    RUN("! popf with TF", 0, 0x68, 0x02, 0x01, 0x9d);
    RUN("! redirected int", 0x80000, 0xcd, 0x21);
    RUN("! int to the monitor", 0, 0xcd, 0x22);
    say("-- VME, IOPL 3\n");
    RUN("! redirected int", 0x3200, 0xcd, 0x21, 0x6a, 0, 0x58);
    RUN("! int to the monitor", 0x3200, 0xcd, 0x22);
    write_cr4(read_cr4() & ~(word)1);
}

void guest_main(void)
{
    extern word stubs[256];
    *(uint16_t *)(STACK_AT + 0xffe) = 0;        /* whatever the boot loader left there */
    set_gate(0x21, (void *)stubs[0x21], SEL_CODE, 0xee);
    set_gate(0x22, (void *)stubs[0x22], SEL_CODE, 0xee);
    sensitive("IOPL 0", 0);
    sensitive("IOPL 3", 0x3000);
    ordinary();
    extensions();
}
