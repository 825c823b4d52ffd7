/* SPDX-License-Identifier: MIT */
/*
 * bits: 32
 * Real mode reached from protected mode, "unreal" limits that survive, interrupts through the vector table, what real mode
 * refuses, address wrap with A20 off (SDM 3, 9.9 and 20.1). Lines with "! ": QEMU 7.2 checks no segment limits.
 */
#include "guest.h"

enum { BLOB = 0x8000, RESULTS = 0x500 };
struct results { uint32_t value[8]; uint16_t vector, ip, cs, flags; uint16_t test; };
static volatile struct results *const results = (volatile struct results *)RESULTS;

extern const char blob[], blob_end[];
extern void enter_real(void);

/* Offsets in results: value 0, vector 32, ip 34, cs 36, flags 38, test 40. */
__asm__(
    ".text\n"
    "enter_real:\n"
    "  pusha; pushf; cli\n"
    "  mov %esp, saved_esp\n"
    "  sidt saved_idt\n"
    "  lidt real_idt\n"
    "  ljmp $0x38, $0x8000\n"
    "resume:\n"
    "  mov $0x10, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss; mov %ax, %fs; mov %ax, %gs\n"
    "  mov saved_esp, %esp\n"
    "  lidt saved_idt\n"
    "  popf; popa; ret\n"
    ".data\n"
    "saved_esp: .long 0\n"
    "saved_idt: .word 0; .long 0\n"
    "real_idt: .word 0x3ff; .long 0\n"
    ".section .rodata\n"
    ".code16\n"
    "blob:\n"
    "  mov $0x10, %ax; mov %ax, %fs\n"              /* FS: 4 GiB, DS and ES: 64 KiB */
    "  mov $0x40, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss; mov %ax, %gs\n"
    "  mov %cr0, %eax; and $0xfe, %al; mov %eax, %cr0\n"
    "  ljmp $0, $(real - blob + 0x8000)\n"
    "real:\n"
    "  xor %ax, %ax; mov %ax, %ss; mov $0x7000, %sp; mov %ax, %ds; mov %ax, %es\n"
    "  mov 0x528, %bx\n"
    "  add %bx, %bx\n"
    "  call *(table - blob + 0x8000)(%bx)\n"
    "leave:\n"
    "  mov %cr0, %eax; or $1, %al; mov %eax, %cr0\n"
    "  ljmpl $8, $resume\n"
    "handler:\n"                                    /* vector, ip, cs, flags on the stack */
    "  xor %ax, %ax; mov %ax, %ds\n"
    "  popw 0x520; popw 0x522; popw 0x524; popw 0x526\n"
    "  xor %ax, %ax; mov %ax, %ss; mov $0x7000, %sp\n"
    "  jmp leave\n"
    "table: .word t0 - blob + 0x8000, t1 - blob + 0x8000, t2 - blob + 0x8000, t3 - blob + 0x8000, t4 - blob + 0x8000\n"
    "  .word t5 - blob + 0x8000, t6 - blob + 0x8000, t7 - blob + 0x8000, t8 - blob + 0x8000, t9 - blob + 0x8000\n"
    "  .word t10 - blob + 0x8000, t11 - blob + 0x8000, t12 - blob + 0x8000, t13 - blob + 0x8000\n"
    "t0: mov $0x200000, %ebx; mov %fs:(%ebx), %eax; mov %eax, 0x500\n"      /* unreal read */
    "  mov $0x1000, %ax; mov %ax, %fs; mov $0x1f0000, %ebx; mov %fs:(%ebx), %eax; mov %eax, 0x504\n"   /* base changed, limit kept */
    "  movl $0x12345678, %fs:4(%ebx); ret\n"
    "t1: mov $0x10000, %ebx; mov (%ebx), %al; ret\n"                         /* beyond 64 KiB */
    "t2: mov $0xffff, %bx; mov (%bx), %ax; ret\n"
    "t3: int $0x21; ret\n"
    "t4: .byte 0x0f, 0x00, 0xc0; ret\n"                                      /* sldt */
    "t5: lar %ax, %ax; ret\n"
    "t6: arpl %ax, %ax; ret\n"
    "t7: xor %cx, %cx; div %cx; ret\n"
    "t8: smsw %ax; mov %ax, 0x500; mov %cs, %ax; mov %ax, 0x504; mov %fs, %ax; mov %ax, 0x508; ret\n"
    "t9: pushfl; popl 0x500; pushw $0x7002; popfw; pushf; popw 0x504; pushw $2; popfw; ret\n"
    "t10: push %cs; call far_proc; mov %sp, 0x504; ret\n"
    "far_proc: mov %sp, 0x500; lret\n"
    "t11: pushl $0x246; pushl $0; pushl $(iret_here - blob + 0x8000); iretl\n"
    "iret_here: mov %sp, 0x500; pushf; popw 0x504; pushw $2; popfw; ret\n"
    /* FFFF:0600 is 1005F0h or, with A20 off, 5F0h; this program lies where A20 must be on */
    "t12: mov $0xffff, %ax; mov %ax, %es\n"
    "  mov $0xd1, %al; out %al, $0x64; mov $0xdd, %al; out %al, $0x60\n"      /* the keyboard controller's gate, too */
    "  in $0x92, %al; and $0xfc, %al; out %al, $0x92; mov %es:0x600, %bl; mov %bl, 0x504\n"
    "  or $2, %al; out %al, $0x92; mov %es:0x600, %bl; mov %bl, 0x500; ret\n"
    "t13: mov $6, %ax; mov %ax, %ds; mov $1, %eax; lock; add %eax, %eax; ret\n"
    "blob_end:\n"
    ".code32\n.text\n");

static void prepare_vectors(void)
{
    volatile uint32_t *ivt = (volatile uint32_t *)0;
    volatile uint8_t *stub = (volatile uint8_t *)0x7800;
    const char *find = blob;
    /* the handler starts with xor ax, ax; mov ds, ax; pop [520h] */
    static const uint8_t head[] = { 0x31, 0xc0, 0x8e, 0xd8, 0x8f, 0x06 };
    unsigned at, n;

    for (at = 0;; at++) {
        for (n = 0; n < sizeof head && (uint8_t)find[at + n] == head[n]; n++) {
        }
        if (n == sizeof head) {
            break;
        }
    }
    for (unsigned v = 0; v < 64; v++, stub += 8) {
        uint16_t rel = BLOB + at - ((uint32_t)(word)stub + 5);
        stub[0] = 0x6a, stub[1] = v, stub[2] = 0xe9, stub[3] = rel & 0xff, stub[4] = rel >> 8;
        ivt[v] = (uint32_t)(word)stub;
    }
}

static void run(unsigned test)
{
    for (unsigned n = 0; n < 8; n++) {
        results->value[n] = 0;
    }
    results->vector = 0xffff;
    results->ip = results->cs = results->flags = 0;
    results->test = test;
    enter_real();
}

static void say_results(const char *name, unsigned values)
{
    if (results->vector != 0xffff) {
        uint8_t *at = (uint8_t *)(word)(results->cs * 16 + results->ip);
        say("%s: vector %d at %x flags %x code %x\n", name, results->vector, (word)results->cs << 16, (word)(results->flags & 0x7ed7),
            (word)(at[0] | at[1] << 8));
        return;
    }
    put(name);
    for (unsigned n = 0; n < values; n++) {
        say(" %x", (word)results->value[n]);
    }
    put("\n");
}

void guest_main(void)
{
    static const struct { const char *name; unsigned test, values; } tests[] = {
        { "! beyond 64 KiB", 1, 0 }, { "! word at FFFF", 2, 0 }, { "int 21h", 3, 0 }, { "sldt", 4, 0 }, { "lar", 5, 0 }, { "arpl", 6, 0 },
        { "divide", 7, 0 }, { "msw, cs, fs", 8, 3 }, { "pushfd, popf", 9, 2 }, { "far call", 10, 2 }, { "iretd", 11, 2 }, { "lock add register", 13, 0 },
    };

    for (unsigned n = 0; n < (unsigned)(blob_end - blob); n++) {
        ((volatile char *)BLOB)[n] = blob[n];
    }
    prepare_vectors();
    *(volatile uint32_t *)0x200000 = 0xcafef00d;
    *(volatile uint32_t *)0x200004 = 0;
    run(0);
    say_results("unreal", 2);
    say("written %x\n", (word)*(volatile uint32_t *)0x200004);
    for (unsigned n = 0; n < ARRAY_LEN(tests); n++) {
        run(tests[n].test);
        say_results(tests[n].name, tests[n].values);
    }
    *(volatile uint8_t *)0x5f0 = 0x11;
    *(volatile uint8_t *)0x1005f0 = 0x22;
    run(12);
    say_results("A20 on and off", 2);
    say("cr0 %x\n", (word)(read_cr0() & 0xf));
}
