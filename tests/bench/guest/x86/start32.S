/* SPDX-License-Identifier: MIT */
/*
 * Multiboot entry of the 32-bit benchmark guest and its exception stubs. The C side sets up paging
 * and the IDT. Multiboot specification 0.6.96, section 3.1.
 */
        .section .multiboot, "a"
        .align 4
        .long 0x1badb002
        .long 0x3                       /* modules on pages, memory information */
        .long -(0x1badb002 + 0x3)

        .text
        .globl start
start:
        mov $stack_top, %esp
        lgdt gdt_pointer
        ljmp $8, $1f
1:      mov $16, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %ss
        mov %ax, %fs
        mov %ax, %gs
        mov %cr0, %eax
        and $~4, %eax                   /* EM off, MP on */
        or $2, %eax
        mov %eax, %cr0
        mov %cr4, %eax
        or $0x600, %eax                 /* OSFXSR, OSXMMEXCPT */
        mov %eax, %cr4
        fninit
        sub $12, %esp                   /* the stack is aligned to 16 bytes at a call */
        push %ebx
        call guest_main
1:      hlt
        jmp 1b

/* #PF of the benchmark: the faulting instruction is two bytes long and is skipped. */
        .globl stub_page_fault
stub_page_fault:
        add $4, %esp
        addl $2, (%esp)
        iret

        .globl stub_return
stub_return:
        iret

        .globl stub_interrupt
stub_interrupt:
        incl interrupts_taken
        movl $0, 0xfee000b0             /* EOI */
        iret

        .data
        .align 8
gdt:    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
        .word 23
        .long gdt

        .bss
        .align 16
        .skip 16384
stack_top:

        .section .note.GNU-stack, "", @progbits
