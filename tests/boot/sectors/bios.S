/* SPDX-License-Identifier: MIT */
/*
 * A boot sector and the program behind it, 16 sectors in all: uses the BIOS services that a teacher shows and writes what came
 * of them to port E9h, a line each. Also A20, unreal mode, and a loader for .COM programs with two calls of DOS.
 * The disk is booted as 80h or as floppy 0; the last of its 2880 sectors may be written.
 */
    .code16
    .equ SECTORS, 16
    .equ SCRATCH, 0x3000            /* segment for what is read */
    .globl _start
_start:
    ljmp $0, $1f
1:  cli
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    sti
    cld
    mov %dl, drive
    mov $0x0200 | (SECTORS - 1), %ax    /* one track holds them on a floppy too */
    mov $0x7e00, %bx
    mov $0x0002, %cx
    xor %dh, %dh
    int $0x13
    jc 2f
    jmp main
2:  mov $'!', %al
    out %al, $0xe9
    hlt
    jmp 2b
drive:  .byte 0
    .org 510
    .word 0xaa55

/* ---- Output ---- */

put:                                    /* al */
    out %al, $0xe9
    ret
text:                                   /* 0-terminated, behind the call */
    pop %si
1:  lodsb
    test %al, %al
    jz 2f
    out %al, $0xe9
    jmp 1b
2:  jmp *%si
    .macro say string:vararg
    call text
    .asciz \string
    .endm
hex4:   push %ax
    and $15, %al
    add $'0', %al
    cmp $'9', %al
    jbe 1f
    add $39, %al
1:  out %al, $0xe9
    pop %ax
    ret
hex8:   rol $4, %al
    call hex4
    rol $4, %al
    jmp hex4
hex16:  xchg %al, %ah
    call hex8
    xchg %al, %ah
    jmp hex8
hex32:  rol $16, %eax
    call hex16
    rol $16, %eax
    jmp hex16
carry:  jc 1f                           /* says whether the call failed */
    say " ok"
    ret
1:  pushf
    push %ax
    say " error "
    pop %ax
    push %ax
    mov %ah, %al
    call hex8
    pop %ax
    popf
    ret
line:   mov $10, %al
    jmp put

/* ---- Memory ---- */

main:
    xor %ax, %ax
    mov %ax, %es
    say "memory "
    int $0x12
    call hex16
    say " extended "
    mov $0x88, %ah
    int $0x15
    call hex16
    say " e801 "
    mov $0xe801, %ax
    xor %cx, %cx
    xor %dx, %dx
    int $0x15
    call hex16
    mov %bx, %ax
    call hex16
    call line
    xor %ebx, %ebx
e820:
    mov $0xe820, %eax
    mov $0x534d4150, %edx
    mov $20, %ecx
    mov $0x6000, %di
    int $0x15
    jc 3f
    cmp $0x534d4150, %eax
    jne 3f
    push %ebx
    say "e820 "
    mov 0x6004, %eax
    call hex32
    mov 0x6000, %eax
    call hex32
    say " "
    mov 0x600c, %eax
    call hex32
    mov 0x6008, %eax
    call hex32
    say " "
    mov 0x6010, %al
    call hex8
    call line
    pop %ebx
    test %ebx, %ebx
    jnz e820
3:

/* ---- Disk ---- */

    say "reset"
    xor %ax, %ax
    mov drive, %dl
    int $0x13
    call carry
    say ", parameters"
    mov $8, %ah
    mov drive, %dl
    xor %di, %di
    int $0x13
    push %dx
    push %cx
    call carry
    say " "
    pop %ax
    call hex16
    say " "
    pop %ax
    call hex16
    xor %ax, %ax
    mov %ax, %es
    say ", type "
    mov $0x15, %ah
    mov drive, %dl
    int $0x13
    mov %ah, %al
    call hex8
    call line
    say "read"
    mov $SCRATCH, %ax
    mov %ax, %es
    mov $0x0201, %ax
    xor %bx, %bx
    mov $1, %cx
    mov drive, %dl
    xor %dh, %dh
    int $0x13
    call carry
    say " "
    mov %es:510, %ax
    call hex16
    say ", sector 200"
    mov $0x0201, %ax
    mov $200, %cl
    xor %ch, %ch
    mov drive, %dl
    xor %dh, %dh
    int $0x13
    jc 1f
    say " there"
    jmp 2f
1:  say " not there"
2:  call line
    say "extensions"
    mov $0x41, %ah
    mov $0x55aa, %bx
    mov drive, %dl
    int $0x13
    jc 4f
    say " "
    mov %bx, %ax
    call hex16
    say ", read"
    mov $0x42, %ah
    mov $packet, %si
    mov drive, %dl
    int $0x13
    call carry
    say " "
    mov $SCRATCH, %ax
    mov %ax, %es
    mov %es:0, %eax
    call hex32
    say ", far"
    mov $0x42, %ah
    mov $far_packet, %si
    mov drive, %dl
    int $0x13
    jc 1f
    say " there"
    jmp 5f
1:  say " not there"
    jmp 5f
4:  say " none"
5:  call line
    say "write"
    mov $SCRATCH, %ax
    mov %ax, %es
    xor %di, %di
    mov $256, %cx
    mov $0x5a3c, %ax
    rep stosw
    mov $0x0301, %ax
    call last_sector
    call carry
    movl $0, %es:100
    mov $0x0201, %ax
    call last_sector
    say ", back"
    call carry
    say " "
    mov %es:100, %eax
    call hex32
    say ", verify"
    mov $0x0401, %ax
    call last_sector
    call carry
    call line
    jmp video
last_sector:                            /* 2879: on a floppy cylinder 79, head 1, sector 18; on the disk anywhere */
    xor %bx, %bx
    mov $0x4f12, %cx
    mov drive, %dl
    mov $1, %dh
    testb $0x80, drive
    jz 1f
    mov $0x0112, %cx
1:  int $0x13
    ret
packet:     .byte 16, 0
    .word 1, 0, SCRATCH
    .long 1, 0
far_packet: .byte 16, 0
    .word 1, 0, SCRATCH
    .long 0x10000000, 0

/* ---- Screen ---- */

video:
    xor %ax, %ax
    mov %ax, %es
    mov $3, %ax
    int $0x10
    say "mode "
    mov $0x0f, %ah
    int $0x10
    call hex16
    mov $2, %ah
    xor %bh, %bh
    mov $0x0a14, %dx
    int $0x10
    mov $0x0941, %ax                    /* three yellow A at the cursor */
    mov $0x000e, %bx
    mov $3, %cx
    int $0x10
    mov $8, %ah
    xor %bh, %bh
    int $0x10
    push %ax
    say " char "
    pop %ax
    call hex16
    mov $0x0e5a, %ax
    xor %bx, %bx
    int $0x10
    mov $3, %ah
    xor %bh, %bh
    int $0x10
    push %dx
    say " cursor "
    pop %ax
    call hex16
    say " memory "
    push $0xb800
    pop %es
    mov %es:(10 * 80 + 20) * 2, %eax
    call hex32
    xor %ax, %ax
    mov %ax, %es
    mov $0x1301, %ax                    /* a string with moving cursor */
    mov $0x0007, %bx
    mov $5, %cx
    mov $0x0c00, %dx
    mov $hello, %bp
    int $0x10
    mov $3, %ah
    xor %bh, %bh
    int $0x10
    push %dx
    say " cursor "
    pop %ax
    call hex16
    call line
    mov $0x13, %ax
    int $0x10
    mov $0x0c2a, %ax
    xor %bh, %bh
    mov $160, %cx
    mov $100, %dx
    int $0x10
    mov $0x0d, %ah
    xor %bh, %bh
    mov $160, %cx
    mov $100, %dx
    int $0x10
    push %ax
    say "pixel "
    pop %ax
    call hex8
    say " memory "
    push $0xa000
    pop %es
    mov %es:100 * 320 + 160, %al
    call hex8
    xor %ax, %ax
    mov %ax, %es
    mov $0x4f00, %ax
    mov $0x6000, %di
    int $0x10
    push %ax
    say " vbe "
    pop %ax
    call hex16
    say " "
    mov 0x6000, %eax
    call hex32
    call line
    mov $3, %ax
    int $0x10
    jmp keyboard
hello:  .ascii "Hello"

/* ---- Keyboard and clock ---- */

keyboard:
    say "key"
    mov $1, %ah
    int $0x16
    jz 1f
    say " there"
    jmp 2f
1:  say " none"
2:  say " shift "
    mov $2, %ah
    int $0x16
    call hex8
    mov $0x05, %ah
    mov $0x1e61, %cx
    int $0x16
    push %ax
    say " push "
    pop %ax
    call hex8
    mov $1, %ah
    int $0x16
    push %ax
    say " peek "
    pop %ax
    call hex16
    xor %ax, %ax
    int $0x16
    push %ax
    say " get "
    pop %ax
    call hex16
    call line
    say "ticks"
    xor %ax, %ax
    int $0x1a
    mov %dx, %bx
3:  xor %ax, %ax
    push %bx
    int $0x1a
    pop %bx
    cmp %dx, %bx
    je 3b
    say " run, date "
    mov $4, %ah
    int $0x1a
    mov %cx, %ax
    call hex16
    mov %dx, %ax
    call hex16
    say ", hour "
    mov $2, %ah
    int $0x1a
    mov %ch, %al
    call hex8
    say ", wait"
    mov $0x86, %ah
    xor %cx, %cx
    mov $20000, %dx
    int $0x15
    call carry
    say ", configuration"
    mov $0xc0, %ah
    int $0x15
    pushf
    push %es
    push %bx
    xor %ax, %ax
    mov %ax, %es
    popl %eax
    popf
    call carry
    say ", equipment "
    int $0x11
    call hex16
    call line

/* ---- A20 ---- */

    say "a20"
    mov $0x2402, %ax
    int $0x15
    push %ax
    call carry
    say " "
    pop %ax
    call hex8
    mov $0x2401, %ax
    int $0x15
    say ", on"
    call a20_wraps
    mov $0x2400, %ax
    int $0x15
    say ", off"
    call a20_wraps
    in $0x92, %al
    or $2, %al
    and $0xfe, %al
    out %al, $0x92
    say ", by port 92"
    call a20_wraps
    in $0x92, %al
    and $0xfc, %al
    out %al, $0x92
    say ", off"
    call a20_wraps
    mov $0x2401, %ax
    int $0x15
    say ", on"
    call a20_wraps
    call line
    jmp unreal
a20_wraps:                              /* is FFFF:0510 the same as 0000:0500? */
    push $0xffff
    pop %fs
    movw $0x1234, 0x500
    movw $0x5678, %fs:0x510
    cmpw $0x5678, 0x500
    je 1f
    say " straight"
    ret
1:  say " wraps"
    ret

/* ---- Unreal mode: a 4 GiB limit stays when protection is switched off ---- */

unreal:
    cli
    lgdt gdtr
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    jmp 1f
1:  mov $8, %bx
    mov %bx, %fs
    and $0xfe, %al
    mov %eax, %cr0
    jmp 2f
2:  xor %bx, %bx
    mov %bx, %fs
    sti
    mov $0x300000, %ebx
    movl $0xcafe1234, %fs:(%ebx)
    addr32 incl %fs:(%ebx)
    say "unreal "
    mov %fs:(%ebx), %eax
    call hex32
    call line
    jmp dos
    .align 8
gdt:    .quad 0, 0x00cf92000000ffff
gdtr:   .word 15
    .long gdt

/* ---- A loader of .COM programs: PSP, calls 09h and 4Ch, INT 20h ---- */

dos:
    movw $dos_call, 0x21 * 4
    movw $0, 0x21 * 4 + 2
    movw $dos_end, 0x20 * 4
    movw $0, 0x20 * 4 + 2
    mov $0x2000, %ax
    mov %ax, %es
    movw $0x20cd, %es:0                 /* PSP: INT 20h, size of memory, command tail */
    movw $0x9fff, %es:2
    movb $3, %es:0x80
    movl $0x0d632f20, %es:0x81
    mov $program, %si
    mov $0x100, %di
    mov $program_end - program, %cx
    rep movsb
    mov %sp, saved_sp
    mov %ax, %ds
    cli
    mov %ax, %ss
    mov $0xfffe, %sp
    sti
    push $0                             /* RET goes to PSP:0 */
    push %ds
    push $0x100
    lret
dos_call:
    cmp $0x4c, %ah
    je dos_end
    cmp $9, %ah
    jne 2f
    push %si
    mov %dx, %si
1:  lodsb
    cmp $'$', %al
    je 3f
    out %al, $0xe9
    jmp 1b
3:  pop %si
2:  iret
dos_end:
    xor %bx, %bx
    mov %bx, %ds
    mov %bx, %es
    cli
    mov %bx, %ss
    mov saved_sp, %sp
    sti
    push %ax
    say " returned "
    pop %ax
    call hex8
    call line
    say "end"
    call line
    cli
9:  mov $0x2000, %ax                    /* power off by ACPI is another test's; the port ends the run */
    mov $0x501, %dx
    mov $0x10, %al
    out %al, %dx
    hlt
    jmp 9b
saved_sp:   .word 0

program:                                /* runs at 0100h of its segment */
    mov $0x100 + message - program, %dx
    mov $9, %ah
    int $0x21
    mov 0x82, %al
    out %al, $0xe9
    mov $0x4c07, %ax
    int $0x21
message: .ascii "program says hello, option $"
program_end:
    .org SECTORS * 512
