/* SPDX-License-Identifier: MIT */
/* Multiboot entry of a 32-bit guest program; exception stubs; the assembly half of guarded(). */
        .section .multiboot, "a"
        .align 4
        .long 0x1badb002, 0, -0x1badb002

        .text
        .globl start
start:
        mov $stack_top, %esp
        push $0
        popf
        lgdt gdt_pointer
        ljmp $8, $1f
1:      mov $16, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %fs
        mov %ax, %gs
        mov %ax, %ss
        call lib_start

/* int guarded(void (*code)(void)) */
        .globl guarded
guarded:
        push %ebp
        push %ebx
        push %esi
        push %edi
        push guard_sp
        mov %esp, guard_sp
        call *24(%esp)
        mov $-1, %eax
guard_return:
        mov guard_sp, %esp
        pop guard_sp
        pop %edi
        pop %esi
        pop %ebx
        pop %ebp
        ret

/* int guarded_user(void (*code)(void)): ring 3; user_return ends it by INT 81h. */
        .globl guarded_user
guarded_user:
        push %ebp
        push %ebx
        push %esi
        push %edi
        push guard_sp
        mov %esp, guard_sp
        mov %esp, tss + 4
        mov 24(%esp), %eax
        mov $user_stack_top - 4, %ecx
        movl $user_return, (%ecx)
        mov $0x23, %edx
        mov %edx, %ds
        mov %edx, %es
        mov %edx, %fs
        mov %edx, %gs
        push %edx
        push %ecx
        pushf
        push $0x1b
        push %eax
        iret
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

/* Stack: vector, has_error, error, eip, cs, eflags [, esp, ss]. */
common:
        pusha
        push %ds
        push %es
        mov $16, %ax
        mov %ax, %ds
        mov %ax, %es
        cld
        mov %esp, %eax
        push %eax
        call lib_trap                   /* 0: back to the code that was interrupted */
        add $4, %esp
        test %eax, %eax
        jnz 1f
        pop %es
        pop %ds
        popa
        add $12, %esp
        iret
1:      mov trap, %eax                  /* vector */
        cmp $0x81, %eax
        jne 2f
        mov $-1, %eax
2:      mov $16, %cx
        mov %cx, %ss
        mov %cx, %fs
        mov %cx, %gs
        jmp guard_return

        .data
        .globl stubs
stubs:
        .macro address n
        .long stub_\n
        .endm
        .set i, 0
        .rept 256
        address %i
        .set i, i + 1
        .endr
        .globl guard_sp
guard_sp:
        .long 0
gdt_pointer:
        .word 64 * 8 - 1
        .long gdt

        .bss
        .align 16
        .skip 16384
        .globl stack_top
stack_top:
        .skip 8192
        .globl user_stack_top
user_stack_top:
        .section .note.GNU-stack, "", @progbits
