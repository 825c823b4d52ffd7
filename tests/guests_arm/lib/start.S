/* SPDX-License-Identifier: MIT */
/* Reset at address 0 in the highest exception level: stack, vectors of all levels, floating point, then main(). */
.section .text.start, "ax"
.globl _start
_start:
    adr x0, _start              /* a program that is linked elsewhere moves there */
    ldr x1, =_start
    cmp x0, x1
    b.eq 2f
    ldr x2, =text_end
1:  ldp x3, x4, [x0], #16
    stp x3, x4, [x1], #16
    cmp x1, x2
    b.lo 1b
    ldr x1, =2f
    br x1
2:  ldr x0, =stack_top
    mov sp, x0
    adr x1, vectors
    msr vbar_el1, x1
    mov x2, #(3 << 20)
    msr cpacr_el1, x2
    mrs x0, CurrentEL
    cmp x0, #8
    b.lt 1f
    msr vbar_el2, x1
    mov x2, #0x33ff
    msr cptr_el2, x2
    cmp x0, #12
    b.lt 1f
    msr vbar_el3, x1
    msr cptr_el3, xzr
1:  isb
    bl main
2:  wfi
    b 2b

.macro ENTRY n
    .balign 128
    sub sp, sp, #272
    stp x0, x1, [sp]
    mov x0, #\n
    b common
.endm
    .balign 2048
.globl vectors
vectors:
    ENTRY 0
    ENTRY 1
    ENTRY 2
    ENTRY 3
    ENTRY 4
    ENTRY 5
    ENTRY 6
    ENTRY 7
    ENTRY 8
    ENTRY 9
    ENTRY 10
    ENTRY 11
    ENTRY 12
    ENTRY 13
    ENTRY 14
    ENTRY 15
common:
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    str x30, [sp, #240]
    mov x1, sp
    bl on_exception
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldr x30, [sp, #240]
    ldp x0, x1, [sp]
    add sp, sp, #272
    eret

/* drop(spsr, pc, sp): to a lower level, until it says SVC, HVC or SMC with #0x7ff; callee-saved registers are kept here. */
.globl drop
drop:
    sub sp, sp, #112
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    ldr x4, =drop_sp
    mrs x3, CurrentEL
    add x4, x4, x3, lsl #1
    mov x5, sp
    str x5, [x4]
    cmp x3, #4
    b.gt 1f
    msr spsr_el1, x0
    msr elr_el1, x1
    msr sp_el0, x2
    eret
1:  msr sp_el0, x2
    msr sp_el1, x2
    cmp x3, #8
    b.gt 2f
    msr spsr_el2, x0
    msr elr_el2, x1
    eret
2:  msr spsr_el3, x0
    msr elr_el3, x1
    eret
.globl drop_return
drop_return:
    ldr x4, =drop_sp
    mrs x3, CurrentEL
    add x4, x4, x3, lsl #1
    ldr x5, [x4]
    mov sp, x5
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    add sp, sp, #112
    ret
.bss
drop_sp: .skip 32           /* by level */
