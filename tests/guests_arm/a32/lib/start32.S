/* SPDX-License-Identifier: MIT */
/* Vectors at address 0, reset: stacks of all modes, floating point on, then main() in Supervisor mode. */
.section .text.start, "ax"
.syntax unified
.arch armv7ve
.arch_extension sec
.arch_extension virt
.fpu neon-vfpv4
.arm
.globl _start, vectors
_start:
vectors:
    b reset
    b entry1
    b entry2
    b entry3
    b entry4
    b entry5
    b entry6
    b entry7
/* 8 KiB a mode, below stack_top */
.macro STACK mode, n
    cps #\mode
    sub sp, r0, #(\n * 0x2000)
.endm
reset:
    adr r0, vectors                 /* a program that is linked elsewhere moves there */
    ldr r1, =vectors
    cmp r0, r1
    beq 2f
    ldr r2, =text_end
1:  ldmia r0!, {r3, r4}
    stmia r1!, {r3, r4}
    cmp r1, r2
    blo 1b
    ldr pc, =2f
2:  ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0      /* VBAR */
    ldr r0, =stack_top
    mrs r1, cpsr
    and r1, r1, #31
    cmp r1, #0x1a                   /* Hyp mode: the other modes' stacks by MSR */
    beq hyp
    STACK 0x11, 1
    STACK 0x12, 2
    STACK 0x17, 3
    STACK 0x1b, 4
    STACK 0x1f, 5
    STACK 0x13, 0
    mov r1, #0xf00000
    mcr p15, 0, r1, c1, c0, 2
    isb
    mov r1, #0x40000000
    vmsr fpexc, r1
    b run
hyp:
    mov sp, r0
    sub r1, r0, #0x2000
    msr sp_fiq, r1
    sub r1, r1, #0x2000
    msr sp_irq, r1
    sub r1, r1, #0x2000
    msr sp_abt, r1
    sub r1, r1, #0x2000
    msr sp_und, r1
    sub r1, r1, #0x2000
    msr sp_usr, r1
    sub r1, r1, #0x2000
    msr sp_svc, r1
run:
    bl main
1:  wfi
    b 1b

/* r0-r12, lr, spsr on the stack of the mode; on_exception(vector, frame) */
.macro ENTRY n
.arm
entry\n:
    mcr p15, 0, r0, c13, c0, 4      /* TPIDRPRW, TPIDRURW: for the program's R0 and CPSR until data are little-endian */
    mrs r0, cpsr
    mcr p15, 0, r0, c13, c0, 2
    setend le
    mrc p15, 0, r0, c13, c0, 4
    push {r0-r12, lr}
    mov r0, #\n
    b common
.endm
    ENTRY 1
    ENTRY 2
    ENTRY 3
    ENTRY 4
    ENTRY 5
    ENTRY 6
    ENTRY 7
common:
    mrc p15, 0, r2, c13, c0, 2
    and r4, r2, #31
    cmp r4, #0x1a
    mrsne r3, spsr
    mrseq r3, spsr
    push {r2, r3}
    mov r1, sp
    bic sp, sp, #7
    mov r5, r1
    bl on_exception
    mov sp, r5
    pop {r2, r3}
    and r4, r2, #31
    cmp r4, #0x1a
    beq 1f
    msr spsr_fsxc, r3
    pop {r0-r12, lr}
    movs pc, lr
1:  msr spsr_fsxc, r3
    pop {r0-r12, lr}
    eret
    .ltorg

/* in_mode(mode, fn) */
.globl in_mode
in_mode:
    push {r4-r11, lr}
    mrs r4, cpsr
    ldr r5, =mode_sp
    ldr r6, [r5]
    push {r4, r6}
    str sp, [r5]
    bic r6, r4, #31
    orr r6, r6, r0
    msr spsr_fsxc, r6
    adr lr, 1f
    movs pc, lr
.globl in_mode_call
in_mode_call:
1:  blx r1
    svc #0x77
.globl in_mode_back
in_mode_back:                       /* in the mode that called, by the handler of SVC */
    ldr r5, =mode_sp
    ldr sp, [r5]
    pop {r4, r6}
    str r6, [r5]
    pop {r4-r11, pc}
    .ltorg

/* Vectors for SCTLR.TE: the handlers are A32, so each goes back to it first. */
.thumb
.balign 32
.globl vectors_thumb
vectors_thumb:
.irp n, 1, 1, 2, 3, 4, 5, 6, 7
    b.w thumb\n
.endr
.irp n, 1, 2, 3, 4, 5, 6, 7
    .balign 4
thumb\n:
    bx pc
    nop
    .arm
    b entry\n
    .thumb
.endr

.bss
mode_sp: .skip 4
.globl guest_at
guest_at: .skip 8
.section .note.GNU-stack, "", %progbits
