/* SPDX-License-Identifier: MIT */
/* Multiboot entry of a 64-bit guest program: long mode, identity map of 4 GiB in 2 MiB pages; stubs as in start32.S. */
        .section .multiboot, "a"
        .align 4
        .long 0x1badb002, 0, -0x1badb002

        .text
        .code32
        .globl start
start:
        mov $stack_top, %esp
        push $0
        popf
        mov $page_directory, %edi
        mov $0x87, %eax                 /* present, writable, user, 2 MiB */
        mov $2048, %ecx
1:      mov %eax, (%edi)
        add $8, %edi
        add $0x200000, %eax
        loop 1b
        movl $page_directory + 7, pdpt
        movl $page_directory + 0x1007, pdpt + 8
        movl $page_directory + 0x2007, pdpt + 16
        movl $page_directory + 0x3007, pdpt + 24
        movl $pdpt + 7, pml4
        mov %cr4, %eax
        or $0x20, %eax
        mov %eax, %cr4
        mov $pml4, %eax
        mov %eax, %cr3
        mov $0xc0000080, %ecx
        rdmsr
        or $0x100, %eax
        wrmsr
        mov %cr0, %eax
        or $0x80000000, %eax
        mov %eax, %cr0
        lgdt gdt_pointer
        ljmp $8, $long_mode
        .code64
long_mode:
        mov $16, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %fs
        mov %eax, %gs
        mov %eax, %ss
        mov $stack_top, %rsp
        call lib_start

        .globl guarded
guarded:
        push %rbp
        push %rbx
        push %r12
        push %r13
        push %r14
        push %r15
        push guard_sp
        mov %rsp, guard_sp
        call *%rdi
        mov $-1, %eax
guard_return:
        mov guard_sp, %rsp
        pop guard_sp
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %rbx
        pop %rbp
        ret

        .globl guarded_user
guarded_user:
        push %rbp
        push %rbx
        push %r12
        push %r13
        push %r14
        push %r15
        push guard_sp
        mov %rsp, guard_sp
        mov %rsp, tss + 4
        mov $user_stack_top - 8, %rcx
        movq $user_return, (%rcx)
        push $0x23
        push %rcx
        pushf
        push $0x1b
        push %rdi
        iretq
user_return:
        int $0x81

        .altmacro
        .macro stub n
stub_\n:
        .if (\n == 8) || (\n >= 10 && \n <= 14) || (\n == 17)
        push $1
        .else
        push $0
        push $0
        .endif
        push $\n
        jmp common
        .endm
        .set i, 0
        .rept 256
        stub %i
        .set i, i + 1
        .endr

/* Stack: vector, has_error, error, rip, cs, rflags, rsp, ss. */
common:
        push %rax
        push %rcx
        push %rdx
        push %rbx
        push %rbp
        push %rsi
        push %rdi
        push %r8
        push %r9
        push %r10
        push %r11
        cld
        mov %rsp, %rdi
        mov %rsp, %rbp
        and $-16, %rsp
        call lib_trap
        mov %rbp, %rsp
        test %eax, %eax
        jnz 1f
        pop %r11
        pop %r10
        pop %r9
        pop %r8
        pop %rdi
        pop %rsi
        pop %rbp
        pop %rbx
        pop %rdx
        pop %rcx
        pop %rax
        add $24, %rsp
        iretq
1:      mov trap, %eax
        cmp $0x81, %eax
        jne 2f
        mov $-1, %eax
2:      mov $16, %ecx
        mov %ecx, %ss
        mov %ecx, %ds
        mov %ecx, %es
        jmp guard_return

        .data
        .globl stubs
stubs:
        .macro address n
        .quad stub_\n
        .endm
        .set i, 0
        .rept 256
        address %i
        .set i, i + 1
        .endr
        .globl guard_sp
guard_sp:
        .quad 0
gdt_pointer:
        .word 64 * 8 - 1
        .long gdt
        .long 0

        .bss
        .align 4096
        .globl pml4
        .globl pdpt
        .globl page_directory
pml4:   .skip 4096
pdpt:   .skip 4096
page_directory:
        .skip 4 * 4096
        .align 16
        .skip 16384
        .globl stack_top
stack_top:
        .skip 8192
        .globl user_stack_top
user_stack_top:
        .section .note.GNU-stack, "", @progbits
