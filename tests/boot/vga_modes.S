/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that sets a video mode through the VGA BIOS, draws something in it that has every colour and every byte, says so
 * on port E9h and halts. MODE: 3, 4, 6, 0xd, 0x10, 0x12, 0x13; 0x1000: mode X; 0x4000 + N: VBE mode N through its banks.
 */
    .code16
    .text
    .globl start
start:
    cli
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %ss
    mov $0x7c00, %sp
    sti
    cld
#if MODE >= 0x4000
    mov $0x4f02, %ax
    mov $(MODE - 0x4000), %bx
#elif MODE == 0x1000
    mov $0x13, %ax
#else
    mov $MODE, %ax
#endif
    int $0x10
    mov $0x100, %ax             /* no cursor */
    mov $0x2000, %cx
    int $0x10
    mov $0x1003, %ax            /* no blinking: 16 backgrounds */
    xor %bx, %bx
    int $0x10
    xor %di, %di

#if MODE == 3
    mov $0xb800, %ax
    mov %ax, %es
    xor %bx, %bx
1:  mov %bl, %al                /* character and attribute run against each other */
    mov %bx, %ax
    mov %bl, %ah
    xor %bh, %ah
    rol $3, %ah
    cmp $0xb0, %al              /* B0h to BFh: whether the ninth dot repeats there is not agreed on */
    jb 2f
    cmp $0xbf, %al
    ja 2f
    mov $'A', %al
2:  stosw
    inc %bx
    cmp $2000, %bx
    jb 1b

#elif MODE == 4 || MODE == 6
    mov $0xb800, %ax
    mov %ax, %es
1:  mov %di, %ax
    xor %ah, %al
    stosb
    cmp $0x4000, %di
    jb 1b

#elif MODE == 0x13
    mov $0xa000, %ax
    mov %ax, %es
1:  mov %di, %ax
    xor %ah, %al
    stosb
    cmp $64000, %di
    jb 1b

#elif MODE < 0x4000             /* planes; of mode X too, with another start address and a split screen */
#if MODE == 0x1000
    mov $0x3c4, %dx
    mov $0x0604, %ax
    out %ax, %dx
    mov $0x3d4, %dx
    mov $0x0014, %ax
    out %ax, %dx
    mov $0xe317, %ax
    out %ax, %dx
    mov $0x050d, %ax
    out %ax, %dx
#endif
    mov $0xa000, %ax
    mov %ax, %es
    mov $1, %bl
2:  mov $0x3c4, %dx
    mov $2, %al
    mov %bl, %ah
    out %ax, %dx
    xor %di, %di
1:  mov %di, %ax
    mul %bl
    add %ah, %al
    rol %al
    xor %bl, %al
    stosb
    test %di, %di
    jnz 1b
    shl %bl
    cmp $16, %bl
    jb 2b

#else                           /* VBE: six banks of 64 KiB */
    mov $0xa000, %ax
    mov %ax, %es
    xor %dx, %dx
2:  push %dx
    mov $0x4f05, %ax
    xor %bx, %bx
    int $0x10
    pop %dx
1:  mov %di, %ax
    xor %ah, %al
    add %dl, %al
    stosb
    test %di, %di
    jnz 1b
    inc %dx
    cmp $19, %dx                /* 640 * 480 * 4 bytes and some */
    jb 2b
#endif
    mov $0xe9, %dx
    mov $'D', %al
    out %al, %dx
3:  hlt
    jmp 3b
    .org 510
    .word 0xaa55
