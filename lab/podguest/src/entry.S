// SPDX-License-Identifier: Apache-2.0
// Switches from the 32-bit entry point to C in long mode, with all memory mapped one to one.
//
// PVH and HVM guests begin in protected mode, with flat segments, no paging, and the start
// info's address in %ebx (xen/include/public/arch-x86/hvm/start_info.h).

#define CR0_PAGING (1 << 31)
#define CR4_PAE (1 << 5)
#define MSR_EFER 0xc0000080
#define EFER_LONG_MODE (1 << 8)

#define PRESENT_WRITABLE 0x3
#define PRESENT_WRITABLE_2MIB 0x83

// Each table of 512 entries of 2 MiB maps 1 GiB.
#define MAPPED_GIB 16

#define SCRATCH_WORD 0x5c5c5c5c

    .macro note type
    .balign 4
    .long 2f - 1f, 4f - 3f, \type
1:  .asciz "Xen"
2:  .balign 4
3:
    .endm

    .macro end_note
4:  .balign 4
    .endm

    .section .note.Xen, "a", @note
    note 6                          // GUEST_OS
    .asciz "podguest"
    end_note
    note 18                         // PHYS32_ENTRY
    .long pvh_entry
    end_note

    .text
    .code32
    .globl pvh_entry
pvh_entry:
    cld
    mov $scratch_start, %edi
    mov $scratch_end, %ecx
    sub %edi, %ecx
    shr $2, %ecx
    mov $SCRATCH_WORD, %eax
    rep stosl

    // level 4 → one level 3 → MAPPED_GIB level 2, all of whose entries are in use.
    movl $(level3 + PRESENT_WRITABLE), level4
    mov $level3, %edi
    mov $(level2 + PRESENT_WRITABLE), %eax
    mov $MAPPED_GIB, %ecx
1:  mov %eax, (%edi)
    add $8, %edi
    add $4096, %eax
    loop 1b

    mov $level2, %edi
    mov $PRESENT_WRITABLE_2MIB, %eax
    xor %edx, %edx
    mov $(MAPPED_GIB * 512), %ecx
2:  mov %eax, (%edi)
    mov %edx, 4(%edi)
    add $8, %edi
    add $(2 << 20), %eax
    adc $0, %edx
    loop 2b

    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $level4, %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LONG_MODE, %eax
    wrmsr
    mov %cr0, %eax
    or $CR0_PAGING, %eax
    mov %eax, %cr0
    lgdt gdt_pointer
    ljmp $(gdt_code - gdt), $long_mode

    .code64
long_mode:
    mov $(gdt_data - gdt), %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $stack_end, %esp
    mov %ebx, %edi
    xor %ebp, %ebp
    call pvh_main
    ud2                             // podguest does not return

    .section .rodata
    .balign 8
gdt:
    .quad 0
gdt_code:
    .quad 0x00209a0000000000        // 64-bit code, present, ring 0
gdt_data:
    .quad 0x0000920000000000        // data, present, writable
gdt_pointer:
    .word . - gdt - 1
    .long gdt

    .section .scratch, "aw", @nobits
    .balign 16
    .skip 4096
stack_end:

    .section .tables, "aw", @nobits
    .balign 4096
level4:
    .skip 4096
level3:
    .skip 4096
level2:
    .skip 4096 * MAPPED_GIB

    .globl mapped_pages
    .equ mapped_pages, MAPPED_GIB << 18

    .section .note.GNU-stack, "", @progbits
