# SPDX-License-Identifier: MIT
# The boot sector of an El Torito image (specification 1.0, 1995) in any emulation: says on the debug port which drive it came from, what
# INT 13h, AX=4B01h says of the emulation, the geometry of AH=08h, what lies in the last sector of the image by cylinder, head and
# sector, and which drives answer. -DLAST_CX and -DLAST_DX: that sector's place; LAST_DX 0xffff: none (no emulation; read by
# AH=42h in sectors of 2,048 bytes).
    .code16
    .globl _start
_start: ljmp $0, $1f
1:  xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $_start, %sp
    cld
    mov %dl, drive
    mov $drive_text, %si
    call say
    mov drive, %al
    call byte
    call line

    mov $0x4b01, %ax                # what is emulated: the specification packet
    mov drive, %dl
    mov $packet, %si
    int $0x13
    mov $packet_text, %si
    call result
    mov $packet, %bx
    mov $0x13, %cx
2:  mov (%bx), %al
    call byte
    inc %bx
    loop 2b
    call line

    mov $0x08, %ah                  # geometry
    mov drive, %dl
    xor %di, %di
    int $0x13
    push %dx
    push %cx
    push %bx
    push %ds
    pop %es
    mov $geometry_text, %si
    call result
    pop %ax
    call byte
    pop %ax
    call word
    pop %ax
    call word
    call line
    xor %ax, %ax
    mov %ax, %es

    mov $buffer, %bx                # the last sector
    mov $last_text, %si
    mov drive, %dl
    .if LAST_DX == 0xffff
    mov $0x42, %ah
    push %si
    mov $address, %si
    int $0x13
    pop %si
    .else
    mov $LAST_CX, %cx
    mov $(LAST_DX >> 8), %dh
    mov $0x0201, %ax
    int $0x13
    .endif
    call result
    mov $buffer, %si
    call say
    call line

    mov $0x00, %dl                  # who else is there: AH=15h of A:, B:, C:, D:
3:  mov $type_text, %si
    call say
    mov %dl, %al
    call byte
    push %dx
    mov $0x15, %ah
    int $0x13
    mov $space, %si
    call result
    call word
    call line
    pop %dx
    inc %dl
    cmp $0x02, %dl
    jne 4f
    mov $0x80, %dl
4:  cmp $0x82, %dl
    jne 3b
    mov $0x31, %al
    out %al, $0xf4
5:  hlt
    jmp 5b

# Text at SI.
say: lodsb
    test %al, %al
    jz 6f
    out %al, $0xe9
    jmp say
6:  ret
# Text at SI, "ok " or "error AH ". Keeps AX.
result: pushf
    push %ax
    call say
    pop %ax
    popf
    push %ax
    jc 7f
    mov $ok, %si
    call say
    pop %ax
    ret
7:  mov $error, %si
    call say
    pop %ax
    push %ax
    mov %ah, %al
    call byte
    pop %ax
    ret
word: push %ax
    mov %ah, %al
    call byte
    pop %ax
byte: push %ax
    shr $4, %al
    call digit
    pop %ax
    push %ax
    and $15, %al
    call digit
    pop %ax
    ret
digit: cmp $10, %al
    sbb $0x69, %al
    das
    out %al, $0xe9
    ret
line: mov $10, %al
    out %al, $0xe9
    ret

drive_text: .asciz "drive "
packet_text: .asciz "packet "
geometry_text: .asciz "geometry "
last_text: .asciz "last "
type_text: .asciz "type "
space: .asciz " "
ok: .asciz "ok "
error: .asciz "error "
address: .byte 16, 0, 1, 0
    .word buffer, 0
    .long 16, 0                     # the primary volume descriptor
    .org 510 - 64                   # the partition table of a hard disk: one partition, all of the image
    .byte 0x80, 1, 1, 0, 0x0e, 15, 63, PARTITION_END
    .long 63, PARTITION_SECTORS
    .org 510
    .word 0xaa55
    .equ drive, 0x9000
    .equ packet, 0x9010
    .equ buffer, 0x9200
