/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From power-on to C, and the switch to other page tables. boot.c makes those.
 *
 * A 64-bit x86 program cannot run without paging: long mode is paging, turned on in the order that
 * Intel SDM Vol. 3A, "Initializing IA-32e Mode" gives:
 *
 *	CR4.PAE = 1	entries have 64 bits
 *	CR3	    	where the top table is, a physical address
 *	EFER.LME = 1	paging, once on, is to be that of long mode
 *	CR0.PG = 1	on: from the next instruction on every address is translated
 *	far jump    	to a code segment that says "64 bits"
 *
 * "From the next instruction on": so the tables must map this code to where it already is (an
 * identity map). This file writes the simplest that do, 1 GiB of 2 MiB leaves, writable and
 * executable, and enters C. There the library builds tables as one wants them, and boot_paging()
 * turns paging off and on again with those. A load of CR3 would do for tables of the same depth;
 * but four levels or five (CR4.LA57) can only be chosen while paging is off.
 *
 * How we get here: the note makes "qemu-system-x86_64 -kernel" start this file as Xen's PVH
 * protocol says: 32 bits, paging off, flat segments, EBX the start info.
 */
#define CR0_ON		0x80010001	/* PG; WP, so that read-only is meant; PE, as it was */
#define CR4_ON		0xa0		/* PAE; PGE, so that global is meant */
#define CR4_LA57_SHIFT	12
#define MSR_EFER	0xc0000080
#define EFER_ON		0x900		/* LME; NXE, so that "no execute" is not reserved */

#define CODE32		0x08
#define CODE64		0x18
#define DATA		0x10

	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 8, 18		/* sizes of name and value, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	start32

	.section .text.start, "ax"
	.code32
	.globl	start32
start32:
	cli
	cld
	lgdt	gdt_pointer
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$__stack_top, %esp
	mov	%ebx, boot_info

	/* Level 1: 512 leaves of 2 MiB. 0x83: present, writable, and "a leaf" (PS). */
	mov	$first_level1, %edi
	mov	$0x83, %eax
0:	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	cmp	$first_level1 + 4096, %edi
	jne	0b
	/* One entry each above. 3: present, writable. */
	movl	$first_level1 + 3, first_level2
	movl	$first_level2 + 3, boot_first_tables

	mov	$boot_first_tables, %eax
	xor	%edx, %edx
	mov	$start64, %edi

/* EAX: the top table; EDX: CR4.LA57, or 0; EDI: where to go on with 64 bits. Paging is off. */
turn_on:
	mov	%eax, %cr3
	or	$CR4_ON, %edx
	mov	%edx, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_ON, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_ON, %eax
	mov	%eax, %cr0
	ljmp	$CODE64, $1f
	.code64
1:	jmp	*%rdi

start64:
	xor	%ebp, %ebp
	call	boot_main
	mov	%eax, %edi
	call	metal_exit
	ud2

/* void boot_paging(uint64_t root, bool five_levels): paging off, and on again with these tables.
   They must map this code, the stack and the GDT to where these are; all lie below 4 GiB. */
	.text
	.globl	boot_paging
boot_paging:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	$DATA, %eax		/* 32-bit code cannot do with an SS of 0 */
	mov	%eax, %ss
	mov	%edi, %eax
	mov	%esi, %edx
	shl	$CR4_LA57_SHIFT, %edx
	mov	$3f, %edi
	push	$CODE32			/* a far return is the far jump that 64-bit code has */
	push	$2f
	lretq
	.code32
2:	mov	%cr0, %ebx
	btr	$31, %ebx		/* PG off: long mode is off with it */
	mov	%ebx, %cr0
	jmp	turn_on
	.code64
3:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* Segments: all of memory; what they still say is 32 or 64 bits, and the privilege. */
	.data
	.balign	8
	.globl	gdt
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: code, 32 bits */
	.quad	0x00cf93000000ffff	/* 0x10: data */
	.quad	0x00af9b000000ffff	/* 0x18: code, 64 bits */
	.quad	0x00cff3000000ffff	/* 0x20: data, for users */
	.quad	0x00affb000000ffff	/* 0x28: code, 64 bits, for users */
	.quad	0, 0			/* 0x30: task state, where traps from users find a stack */
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.quad	gdt

	.bss
	.balign	4096
first_level1:
	.skip	4096
first_level2:
	.skip	4096
boot_first_tables:
	.skip	4096
	.globl	boot_first_tables, boot_info
boot_info:
	.skip	8
