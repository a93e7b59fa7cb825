/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Exceptions, and accesses that may end in one.
 *
 * metal_probe() makes one access, as supervisor or as user, and whatever comes of it ends where
 * metal_probe() began: the stack pointer is kept in probe_sp, and all ways out load it and return.
 *
 *	the access was done	as supervisor: the next instruction; as user: a page fault at
 *				USER_DONE, where users can never read
 *	another page fault	it was not: error code and CR2 say why
 *
 * (Not by "int": some of those who run guests cannot.) A fetch executes the "ret" that each page of
 * the tests begins with.
 */
#include "traps.h"

#define CODE64		0x18
#define USER_DATA	0x23
#define USER_CODE	0x2b
#define EFLAGS_AC	(1 << 18)
#define USER_DONE	0x10

/* uint32_t metal_probe(uint64_t va, uint32_t what, uint64_t *val) */
	.text
	.globl	metal_probe
metal_probe:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdx
	pushfq
	mov	%rsp, probe_sp
	mov	(%rdx), %rax
	test	$METAL_USER, %esi
	jnz	3f

	test	$METAL_AC, %esi
	jz	0f
	orl	$EFLAGS_AC, (%rsp)
	popfq
	pushfq
	andl	$~EFLAGS_AC, (%rsp)	/* what is popped at the end */
0:	test	$METAL_WRITE, %esi
	jnz	1f
	test	$METAL_FETCH, %esi
	jnz	2f
	mov	(%rdi), %rax
	jmp	access_done
1:	mov	%rax, (%rdi)
	jmp	access_done
2:	call	*%rdi
	jmp	access_done

	/* By IRET to ring 3, into the page below. */
3:	mov	metal_user_at, %rdx
	lea	(user_stack - metal_user_page)(%rdx), %rcx
	pushq	$USER_DATA
	push	%rcx
	pushq	$2
	pushq	$USER_CODE
	test	$METAL_WRITE, %esi
	jz	0f
	add	$(user_write - metal_user_page), %rdx
0:	test	$METAL_FETCH, %esi
	jz	0f
	add	$(user_fetch - metal_user_page), %rdx
0:	push	%rdx
	iretq

/* What users execute: of the access in RDI, RAX. The stack is there for one "ret". */
	.balign	4096
	.globl	metal_user_page
metal_user_page:
	mov	(%rdi), %rax
	mov	USER_DONE, %cl
user_write:
	mov	%rax, (%rdi)
	mov	USER_DONE, %cl
user_fetch:
	jmp	*%rdi
user_done:
	mov	USER_DONE, %cl
	.balign	8
user_stack:
	.quad	0
	.balign	4096

/* void metal_set_user_page(uint64_t va): where that page is for users. It must be writable now. */
	.globl	metal_set_user_page
metal_set_user_page:
	mov	%rdi, metal_user_at
	add	$(user_done - metal_user_page), %rdi
	mov	%rdi, user_stack
	ret

access_done:
	mov	$METAL_NO_FAULT, %ecx
	jmp	probe_end

	.globl	trap_page_fault
trap_page_fault:
	cmpq	$0, probe_sp
	je	trap_14
	pop	%rcx			/* the error code */
	mov	%cr2, %rdx
	cmp	$USER_DONE, %rdx
	je	access_done
	mov	%rdx, metal_cr2

probe_end:
	mov	probe_sp, %rsp
	movq	$0, probe_sp
	popfq
	pop	%rdx
	cmp	$METAL_NO_FAULT, %ecx
	jne	0f
	mov	%rax, (%rdx)
0:	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	mov	%ecx, %eax
	ret

/* Exceptions that nobody expects: the first 32 vectors, 16 bytes each. metal_fatal(vector, stack) */
	.balign	16
	.globl	trap_first
trap_first:
	.set	vector, 0
	.rept	32
	.balign	16
	mov	$vector, %edi
	jmp	trap_fatal
	.set	vector, vector + 1
	.endr
trap_14:
	mov	$14, %edi
trap_fatal:
	mov	%rsp, %rsi
	and	$-16, %rsp
	call	metal_fatal
	ud2

	.bss
	.balign	8
probe_sp:
	.skip	8
metal_user_at:
	.skip	8
