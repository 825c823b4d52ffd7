/* SPDX-License-Identifier: MIT */
/* Entry of the AArch64 benchmark guest, with the header of a Linux Image (arm64/booting.rst), and its exception vectors. */
        .section .text.start, "ax"
        .globl start
start:
        b       1f
        .long   0
        .quad   0x200000                /* text_offset */
        .quad   image_size
        .quad   0, 0, 0, 0
        .ascii  "ARM\x64"
        .long   0
1:      adr     x1, vectors
        msr     vbar_el1, x1
        mov     x1, #(3 << 20)          /* CPACR_EL1.FPEN */
        msr     cpacr_el1, x1
        isb
        ldr     x1, =stack_top
        mov     sp, x1
        bl      guest_main
2:      wfi
        b       2b

        .globl  guest_off
        .type   guest_off, %function
guest_off:
        ldr     w0, =0x84000008         /* PSCI SYSTEM_OFF */
        hvc     #0
        b       .

/* A data abort is stepped over, an SVC returned from. */
on_sync:
        stp     x0, x1, [sp, #-16]!
        mrs     x0, esr_el1
        lsr     x0, x0, #26
        cmp     x0, #0x25
        b.ne    1f
        mrs     x0, elr_el1
        add     x0, x0, #4
        msr     elr_el1, x0
1:      ldp     x0, x1, [sp], #16
        eret

on_irq:
        stp     x0, x1, [sp, #-176]!
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x30, [sp, #144]
        bl      take_interrupt
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldp     x18, x30, [sp, #144]
        ldp     x0, x1, [sp], #176
        eret

        .balign 2048
vectors:
        .skip   0x200
        b       on_sync
        .balign 128
        b       on_irq
        .balign 2048

        .section .note.GNU-stack, "", %progbits
