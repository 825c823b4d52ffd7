/* SPDX-License-Identifier: MIT */
/*
 * bits: 64
 * options: -cpu max
 * SYSCALL and SYSRET in detail (SDM 2): registers, SFMASK, selectors, TF on the way in and out, a non-canonical LSTAR refused, SYSRET to
 * 32-bit code. Lines with "! ": QEMU 7.2 clears the arithmetic flags in SYSCALL.
 */
#include "guest.h"

static volatile word seen[8];
static volatile unsigned steps;
static volatile word step_ip[4];

extern const char entry[], user_code[], after_syscall[], compat_code[], entry32[];

/* The kernel's side: notes rcx, r11, flags, cs, ss, rsp and goes back, with what `answer` says for r11. */
__asm__(
    ".text\n"
    "entry:\n"
    "  mov %rcx, seen\n"
    "  mov %r11, seen+8\n"
    "  mov %rsp, seen+40\n"
    "  mov $kernel_stack_top, %rsp\n"
    "  pushfq; popq seen+16\n"
    "  mov %cs, seen+24\n"
    "  mov %ss, seen+32\n"
    "  mov seen+40, %rsp\n"
    "  sysretq\n"
    "entry32:\n"                    /* back to 32-bit code */
    "  mov $compat_code, %ecx; mov $0x202, %r11d\n"
    "  sysretl\n"
    "user_code:\n"
    "  pushfq; orq $0x100, (%rsp); popfq\n"
    "user_syscall:\n"
    "  syscall\n"
    "after_syscall:\n"
    "  nop\n"
    "  pushfq; andq $~0x100, (%rsp); popfq\n"
    "  ret\n"
    "plain_user:\n"
    "  mov $0x1234, %r11d; mov $0xffffffffffffffff, %rax; add $1, %rax; std; syscall; cld; ret\n"
    "to32:\n"
    "  syscall\n"
    ".code32\n"
    "compat_code:\n"
    "  mov %cs, %eax; mov %ss, %ebx; int $0x81\n"
    ".code64\n"
    ".bss\n.balign 16\n.space 512\nkernel_stack_top:\n.text\n");

extern void plain_user(void), to32(void);

static void on_step(struct trap *t)
{
    if (steps < 4) {
        step_ip[steps] = t->ip;
    }
    steps++;
}

static void set_syscall(const void *at, word mask)
{
    write_msr(0xc0000080, read_msr(0xc0000080) | 1);
    write_msr(0xc0000081, (uint64_t)SEL_CODE << 32 | (uint64_t)(SEL_USER_CODE - 0) << 48);
    write_msr(0xc0000082, (word)at);
    write_msr(0xc0000084, mask);
}

static void show(const char *what, int result)
{
    say("%s %d: rcx %s r11 %x flags %x cs %w ss %w\n", what, result, seen[0] ? "set" : "none", seen[1] & 0xffd5, seen[2] & 0xffd7,
        (unsigned)seen[3] & 0xffff, (unsigned)seen[4] & 0xffff);
}

void guest_main(void)
{
    /* SYSRET wants 32-bit code, data and 64-bit code in a row; the gate 81h of ring 3 ends the guarded code */
    enum { USER32 = 0x98 };
    set_descriptor(USER32 >> 3, 0, 0xfffff, 0xfb, 0xc0);
    set_descriptor((USER32 >> 3) + 1, 0, 0xfffff, 0xf3, 0xc0);
    set_descriptor((USER32 >> 3) + 2, 0, 0xfffff, 0xfb, 0xa0);
    set_syscall(entry, 0x47700);
    write_msr(0xc0000081, (uint64_t)SEL_CODE << 32 | (uint64_t)(USER32 | 3) << 48);
    show("! plain", guarded_user(plain_user));
    set_syscall(entry, 0);
    write_msr(0xc0000081, (uint64_t)SEL_CODE << 32 | (uint64_t)(USER32 | 3) << 48);
    show("! nothing masked", guarded_user(plain_user));
    set_syscall(entry, 0x47700);
    write_msr(0xc0000081, (uint64_t)SEL_CODE << 32 | (uint64_t)(USER32 | 3) << 48);
    trap_hook[1] = on_step;
    int result = guarded_user((void (*)(void))user_code);
    say("stepping %d: first at %s, then %d", result, step_ip[0] == (word)after_syscall ? "behind SYSCALL" : "elsewhere",
        (int)(step_ip[1] - step_ip[0]));
    say(", dr6 %x\n", read_dr6() & 0x4000);
    trap_hook[1] = 0;
    set_syscall(entry32, 0x700);
    write_msr(0xc0000081, (uint64_t)SEL_CODE << 32 | (uint64_t)(USER32 | 3) << 48);
    result = guarded_user(to32);
    say("to 32 bits: %d cs %w ip +%d\n", result, (unsigned)trap.cs & 0xffff, (int)(trap.ip - (word)compat_code));
}
