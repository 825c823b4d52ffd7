/* SPDX-License-Identifier: MIT */
/*
 * The guest of docs/exercises.md: 32-bit, by multiboot, no system. It does a few things over and over that show what a binary
 * translator does: a loop, calls and returns, an indirect call, flags that are read and flags that are not, memory off one
 * base, an instruction that it changes itself. Ends the machine through isa-debug-exit at port 0xf4.
 */
        .set    MAGIC, 0x1badb002
        .section .multiboot, "a"
        .balign 4
        .long   MAGIC, 0, -MAGIC

        .section .text
        .globl  _start
_start:
        movl    $stack, %esp
        movl    $300, rounds
round:
        call    sum_array
        call    flags_of_all_kinds
        movl    $2, %eax
        call    *functions(,%eax,4)             /* to double_it */
        call    change
        call    changed
        decl    rounds
        jnz     round
        movb    $0, %al
        outb    %al, $0xf4
        cli
        hlt

/* A loop inside a block; its flags are tested by the jump right behind. */
sum_array:
        xorl    %eax, %eax
        movl    $1000, %ecx
        movl    $array, %esi
1:      addl    (%esi), %eax
        addl    $4, %esi
        decl    %ecx
        jnz     1b
        movl    %eax, total
        ret

/* ADD's flags are dead, SUB's are read two instructions later, the second CMP's carry goes into ADC; PUSHF wants the word. */
flags_of_all_kinds:
        movl    total, %eax
        addl    $17, %eax
        subl    $5, %eax
        movl    %eax, %edx
        jz      2f
        cmpl    $1000, %edx
        adcl    $0, %eax
2:      pushfl
        popl    %ecx
        movl    %eax, total
        ret

half_it:
        shrl    $1, total
        ret
leave_it:
        ret
double_it:
        shll    $1, total
        ret

/* Several accesses off one base; the immediate of one instruction is stored to in every 100th round. */
change:
        movl    $record, %ebx
        movl    (%ebx), %eax
        addl    4(%ebx), %eax
        movl    %eax, 8(%ebx)
        movl    rounds, %eax
        xorl    %edx, %edx
        movl    $100, %ecx
        divl    %ecx
        testl   %edx, %edx
        jnz     3f
        incl    changed + 1
3:      ret
        .balign 64                              /* stores near code are looked at in pieces of 64 bytes */
changed:
        movl    $1, %eax
        addl    %eax, record
        ret

        .section .data
        .balign 4
functions:
        .long   half_it, leave_it, double_it
record: .long   1, 2, 3
        .section .bss
        .balign 16
rounds: .skip   4
total:  .skip   4
array:  .skip   4096
        .skip   4096
stack:
