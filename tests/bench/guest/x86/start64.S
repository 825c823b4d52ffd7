/* SPDX-License-Identifier: MIT */
/*
 * Multiboot entry of the 64-bit benchmark guest: 32-bit code that turns on long mode with 4 KiB pages
 * (tables built here, identity map of 256 MiB), then the C side. Intel SDM 3, 9.8.5.
 */
        .section .multiboot, "a"
        .align 4
        .long 0x1badb002
        .long 0x3
        .long -(0x1badb002 + 0x3)

        .text
        .code32
        .globl start
start:
        mov $stack_top, %esp
        mov %ebx, %ebp
        cld
        mov $page_tables, %edi          /* 128 tables of 512 pages: 256 MiB */
        mov $3, %eax
        mov $65536, %ecx
1:      mov %eax, (%edi)
        movl $0, 4(%edi)
        add $8, %edi
        add $4096, %eax
        loop 1b
        mov $page_directory, %edi
        mov $page_tables + 3, %eax
        mov $128, %ecx
1:      mov %eax, (%edi)
        add $8, %edi
        add $4096, %eax
        loop 1b
        movl $page_directory + 3, pdpt
        movl $device_directory + 3, pdpt + 3 * 8
        movl $0xfee00093, device_directory + 0x1f7 * 8     /* the local APIC's 2 MiB, not cached */
        movl $pdpt + 3, pml4
        mov %cr4, %eax
        or $0x620, %eax                 /* PAE, OSFXSR, OSXMMEXCPT */
        mov %eax, %cr4
        mov $pml4, %eax
        mov %eax, %cr3
        mov $0xc0000080, %ecx
        rdmsr
        or $0x100, %eax
        wrmsr
        mov %cr0, %eax
        and $~4, %eax
        or $0x80010002, %eax
        mov %eax, %cr0
        lgdt gdt_pointer
        ljmp $8, $long_mode
        .code64
long_mode:
        mov $16, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        mov $stack_top, %rsp
        mov %ebp, %edi
        fninit
        call guest_main
1:      hlt
        jmp 1b

        .globl stub_page_fault
stub_page_fault:
        add $8, %rsp
        addq $2, (%rsp)
        iretq

        .globl stub_return
stub_return:
        iretq

        .globl stub_interrupt
stub_interrupt:
        push %rax
        incl interrupts_taken
        mov $0xfee000b0, %eax           /* EOI */
        movl $0, (%rax)
        pop %rax
        iretq

        .data
        .align 8
gdt:    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
        .word 23
        .long gdt

        .bss
        .align 4096
        .globl page_tables
pml4:   .skip 4096
pdpt:   .skip 4096
page_directory:
        .skip 4096
device_directory:
        .skip 4096
page_tables:
        .skip 128 * 4096
        .align 16
        .skip 16384
stack_top:

        .section .note.GNU-stack, "", @progbits
