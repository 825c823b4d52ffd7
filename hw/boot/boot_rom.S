/* SPDX-License-Identifier: MIT */
/*
 * The option ROM behind -kernel: a Plug and Play boot entry (Plug and Play BIOS specification 1.0A, 3.2; BIOS boot
 * specification 1.01) that fetches the parts of a kernel by fw_cfg's DMA interface and enters it.
 *
 *   firmware -> boot_entry -> setup, command line, kernel, initrd by DMA -> Linux setup code | Multiboot entry
 *
 * The program that prepared the parts (boot.c) filled in everything that depends on the kernel; the ROM only adds the
 * memory map for Multiboot, which firmware alone knows.
 */
        .set FW_CFG_DMA, 0x514                  /* address register: high half here, low half at + 4, big-endian */
        .set DMA_SELECT_READ, 0x0a
        .set KEY_ENTRY, 0x10
        .set KEY_SETUP_ADDRESS, 0x16

        .set MULTIBOOT_MAGIC, 0x2badb002
        .set INFO_MEM_LOWER, 4                  /* fields of the Multiboot information structure, 3.3 */
        .set INFO_MEM_UPPER, 8
        .set INFO_MMAP_LENGTH, 44
        .set INFO_MMAP, 128                     /* where boot.c left room for MMAP_ENTRIES */
        .set MMAP_ENTRIES, 32
        .set MMAP_ENTRY_BYTES, 24

        .section .rodata
        .balign 16
        .globl boot_rom
boot_rom:
        .code16
        .byte 0x55, 0xaa
        .byte 2                                 /* 512-byte units; the size is checked at the end */
        lret                                    /* initialisation: nothing to do */
        .org boot_rom + 0x18
        .word 0                                 /* no PCI data */
        .word pnp_header - boot_rom
        .balign 16
pnp_header:
        .ascii "$PnP"
        .byte 1, 2                              /* revision, length in 16-byte units */
        .word 0                                 /* no other header */
        .byte 0
        .byte 0                                 /* checksum: boot_rom_bytes() */
        .long 0
        .word maker - boot_rom, product - boot_rom
        .byte 0, 0, 0
        .byte 0xe4                              /* IPL device, may be shadowed, read cacheable, not needed for boot */
        .word 0, 0                              /* no boot connection or disconnect vector */
        .word boot_entry - boot_rom
        .word 0, 0
maker:  .asciz "Dragoman"
product:
        .asciz "Dragoman -kernel"

/* Entered by a far call in real mode. Does not return. */
boot_entry:
        cld
        mov $parts - boot_rom, %si
1:      call fetch_part
        add $6, %si
        cmp $parts_end - boot_rom, %si
        jne 1b
        mov $KEY_ENTRY, %ax
        call fetch_number
        test %eax, %eax
        jnz enter_multiboot

/* Linux boot protocol (Documentation/x86/boot.rst), "Running the kernel": all segments at the setup code. */
        mov $KEY_SETUP_ADDRESS, %ax
        call fetch_number
        shr $4, %eax
        cli
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %fs
        mov %ax, %gs
        mov %ax, %ss
        mov $0xfff0, %sp
        add $0x20, %ax
        push %ax
        push $0
        xor %ebp, %ebp
        lret

/* The fw_cfg items of each part: address, size, data. */
parts:  .word 0x16, 0x17, 0x18                  /* setup, or the Multiboot information */
        .word 0x13, 0x14, 0x15                  /* command line */
        .word 0x07, 0x08, 0x11                  /* kernel */
        .word 0x0a, 0x0b, 0x12                  /* initrd, or the Multiboot modules */
parts_end:

/* %si: three item numbers in this segment. Changes eax, ebx, ecx, edx, bp. */
fetch_part:
        mov %cs:(%si), %ax
        call fetch_number
        mov %eax, %edi
        mov %cs:2(%si), %ax
        call fetch_number
        mov %eax, %edx
        mov %edi, %ecx
        mov %cs:4(%si), %ax
        jmp fetch

/* %ax: item of four bytes. Returns it in eax. */
fetch_number:
        pushl $0
        xor %ecx, %ecx
        mov %ss, %cx
        shl $4, %ecx
        movzwl %sp, %ebx
        add %ebx, %ecx
        mov $4, %edx
        call fetch
        pop %eax
        ret

/* Reads edx bytes of item ax to physical address ecx. The command block lies on the stack, big-endian. */
fetch:
        test %edx, %edx
        jz 2f
        bswap %ecx
        push %ecx
        pushl $0
        bswap %edx
        push %edx
        shl $16, %eax
        or $DMA_SELECT_READ, %eax
        bswap %eax
        push %eax
        mov %sp, %bp
        xor %ecx, %ecx
        mov %ss, %cx
        shl $4, %ecx
        movzwl %sp, %eax
        add %eax, %ecx
        bswap %ecx
        mov $FW_CFG_DMA, %dx
        xor %eax, %eax
        out %eax, %dx
        add $4, %dx
        mov %ecx, %eax
        out %eax, %dx
1:      mov (%bp), %eax                         /* 0 when done; bit 0 (here bit 24) an error */
        test $0xfeffffff, %eax
        jnz 1b
        add $16, %sp
2:      ret

/* Multiboot 0.6.96, 3.2: 32-bit protected mode, flat segments, eax = magic, ebx = information. eax: entry point. */
enter_multiboot:
        push %eax
        mov $KEY_SETUP_ADDRESS, %ax
        call fetch_number
        push %eax
        shr $4, %eax
        mov %ax, %ds                            /* the information structure at ds:0 */
        mov %ax, %es
        call memory_map
        cli
        xor %eax, %eax
        mov %cs, %ax
        shl $4, %eax
        lea protected_mode - boot_rom(%eax), %ecx
        add $gdt - boot_rom, %eax
        pop %ebx
        pop %esi
        push %eax
        pushw $gdt_end - gdt - 1
        mov %sp, %bp
        lgdtl (%bp)
        mov %cr0, %eax
        or $1, %eax
        mov %eax, %cr0
        pushl $8
        push %ecx
        lretl                                   /* to protected_mode, by its linear address */

/* Fills the memory fields by INT 12h and INT 15h, E820h. */
memory_map:
        int $0x12
        movzwl %ax, %eax
        mov %eax, INFO_MEM_LOWER
        mov $INFO_MMAP + 4, %di
        xor %ebx, %ebx
1:      mov $0xe820, %eax
        mov $0x534d4150, %edx
        mov $20, %ecx
        int $0x15
        jc 3f
        cmp $0x534d4150, %eax
        jne 3f
        movl $20, -4(%di)
        cmpl $0x100000, (%di)
        jne 2f
        cmpl $0, 4(%di)
        jne 2f
        mov 8(%di), %eax
        shr $10, %eax
        mov %eax, INFO_MEM_UPPER
2:      add $MMAP_ENTRY_BYTES, %di
        test %ebx, %ebx
        jz 3f
        cmp $INFO_MMAP + 4 + MMAP_ENTRIES * MMAP_ENTRY_BYTES, %di
        jb 1b
3:      sub $INFO_MMAP + 4, %di
        movzwl %di, %eax
        mov %eax, INFO_MMAP_LENGTH
        ret

        .code32
protected_mode:
        mov $0x10, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %fs
        mov %ax, %gs
        mov %ax, %ss
        mov $MULTIBOOT_MAGIC, %eax
        jmp *%esi

        .balign 8
gdt:    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff     /* accessed: the ROM cannot be written */
gdt_end:
        .org boot_rom + 1023
        .byte 0                                 /* checksum: boot_rom_bytes() */
        .globl boot_rom_end
boot_rom_end:
        .section .note.GNU-stack, "", @progbits
