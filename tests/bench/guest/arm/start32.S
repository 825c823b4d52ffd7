/* SPDX-License-Identifier: MIT */
/* Entry of the ARMv7 benchmark guest, with the magic number of a zImage (arm/booting.rst), and its exception vectors. */
        .arch   armv7ve
        .fpu    neon-vfpv4
        .arm
        .section .text.start, "ax"
        .globl start
start:
        b       1f
        .skip   0x20
        .long   0x016f2818, 0, 0        /* zImage: magic, start, end */
        .skip   16
1:      mov     r4, r2                  /* the device tree */
        cps     #18                     /* IRQ mode's stack */
        ldr     sp, =irq_stack_top
        cps     #19                     /* Supervisor */
        ldr     sp, =stack_top
        ldr     r0, =vectors
        mcr     p15, 0, r0, c12, c0, 0  /* VBAR */
        mrc     p15, 0, r0, c1, c0, 2   /* CPACR: cp10, cp11 */
        orr     r0, r0, #(15 << 20)
        mcr     p15, 0, r0, c1, c0, 2
        isb
        mov     r0, #(1 << 30)          /* FPEXC.EN */
        vmsr    fpexc, r0
        mov     r0, r4
        bl      guest_main
2:      wfi
        b       2b

        .globl  guest_off
        .type   guest_off, %function
guest_off:
        ldr     r0, =0x84000008         /* PSCI SYSTEM_OFF */
        .arch_extension virt
        hvc     #0
        b       .

on_svc: movs    pc, lr
on_data_abort:                          /* LR is 8 beyond the instruction, which has four bytes */
        subs    pc, lr, #4
on_irq: sub     lr, lr, #4
        stmfd   sp!, {r0-r3, r12, lr}
        bl      take_interrupt
        ldmfd   sp!, {r0-r3, r12, pc}^

        .balign 32
vectors:
        b       .
        b       .
        b       on_svc
        b       .
        b       on_data_abort
        b       .
        b       on_irq
        b       .

        .ltorg
        .section .note.GNU-stack, "", %progbits
