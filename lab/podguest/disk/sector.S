// SPDX-License-Identifier: Apache-2.0
// The first sector of a disk, from which a BIOS starts podguest in an HVM guest. It reads the rest
// of the disk, asks the BIOS for the memory map, and goes on as if this were PVH: kernel at 1 MiB,
// start info in %ebx (xen/include/public/arch-x86/hvm/start_info.h).

#define HERE 0x7c00
#define MEMORY_MAP 0x8000
#define MAX_ENTRIES 64
#define BUFFER 0x10000
#define KERNEL 0x100000
#define KERNEL_END 0x200000
#define SECTOR 512
// Those that follow; the last of them is the command line, and zeroes behind it.
#define SECTORS 32

#define READ_BY_LBA 0x42
#define SMAP 0x534d4150
#define START_INFO_MAGIC 0x336ec578
#define ENTRY 24

    .text
    .code16
    .globl _start
_start:
    ljmp $0, $1f
1:  xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $HERE, %sp
    cld

    mov $packet, %si
    mov $READ_BY_LBA, %ah
    int $0x13
    jc stop

    xor %ebx, %ebx
    mov $MEMORY_MAP, %di
1:  mov $0xe820, %eax
    mov $SMAP, %edx
    mov $20, %ecx
    int $0x15
    jc 2f
    movl $0, 20(%di)
    add $ENTRY, %di
    incl memory_map_entries
    cmpl $MAX_ENTRIES, memory_map_entries
    jae 2f
    test %ebx, %ebx
    jnz 1b

    // The BIOS has opened address line 20.
2:  cli
    lgdt gdt_pointer
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmp $(code - gdt), $protected

stop:
    hlt
    jmp stop

    .code32
protected:
    mov $(data - gdt), %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss

    // hvmloader has been there.
    mov $KERNEL, %edi
    mov $((KERNEL_END - KERNEL) / 4), %ecx
    xor %eax, %eax
    rep stosl
    mov $BUFFER, %esi
    mov $KERNEL, %edi
    mov $((SECTORS - 1) * SECTOR / 4), %ecx
    rep movsl

    mov $start_info, %ebx
    mov $KERNEL, %eax
    jmp *%eax

    .balign 8
gdt:
    .quad 0
code:
    .quad 0x00cf9a000000ffff        // 32-bit code, flat
data:
    .quad 0x00cf92000000ffff        // data, flat
gdt_pointer:
    .word . - gdt - 1
    .long gdt

packet:
    .byte 16, 0
    .word SECTORS
    .word 0, BUFFER >> 4            // offset and segment
    .quad 1                         // the sector behind this one

    .balign 8
start_info:
    .long START_INFO_MAGIC, 1, 0, 0 // version, flags, modules
    .quad 0                         // modules
    .quad BUFFER + (SECTORS - 1) * SECTOR
    .quad 0                         // ACPI
    .quad MEMORY_MAP
memory_map_entries:
    .long 0, 0

    .org SECTOR - 2
    .word 0xaa55
