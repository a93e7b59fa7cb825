/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Entry of the bare guest, at EL3, EL2 or EL1, and the way down to EL1. On each level above,
 * metal_visit(level) runs once; metal_main() runs at EL1 and its result ends the guest.
 */
#define SCR_EL3_VAL	0x5b1		/* NS, two bits that are one, SMD, HCE, RW */
#define SPSR_EL2H	0x3c9		/* all exceptions masked */
#define SPSR_EL1H	0x3c5
#define HCR_EL2_RW	(1 << 31)
#define CPTR_EL2_VAL	0x33ff		/* no traps */
#define SCTLR_EL1_VAL	0x30d00800	/* MMU and caches off, the bits that are one */

	.section .text.start, "ax"
	.globl	_start
_start:
	ldr	x1, =__bss_start
	ldr	x2, =__bss_end
0:	cmp	x1, x2
	b.hs	1f
	str	xzr, [x1], #8
	b	0b
1:	ldr	x1, =__stack_top
	mov	sp, x1
	ldr	x19, =vectors
	mrs	x0, CurrentEL
	lsr	x0, x0, #2
	cmp	x0, #2
	b.hi	at_el3
	b.eq	at_el2
	b	at_el1

at_el3:
	msr	vbar_el3, x19
	isb
	bl	metal_visit
	mov	x0, #SCR_EL3_VAL
	msr	scr_el3, x0
	mov	x0, #SPSR_EL2H
	msr	spsr_el3, x0
	adr	x0, enter_el2
	msr	elr_el3, x0
	eret
enter_el2:
	ldr	x1, =__stack_top
	mov	sp, x1
at_el2:
	msr	vbar_el2, x19
	isb
	mov	x0, #2
	bl	metal_visit
	mov	x0, #HCR_EL2_RW
	msr	hcr_el2, x0
	mov	x0, #CPTR_EL2_VAL
	msr	cptr_el2, x0
	ldr	x0, =SCTLR_EL1_VAL
	msr	sctlr_el1, x0
	mov	x0, #SPSR_EL1H
	msr	spsr_el2, x0
	adr	x0, enter_el1
	msr	elr_el2, x0
	eret
enter_el1:
	ldr	x1, =__stack_top
	mov	sp, x1
at_el1:
	msr	vbar_el1, x19
	isb
	mov	x0, #1
	bl	metal_main
	b	metal_exit

/* void metal_exit(int status): semihosting SYS_EXIT, reason ADP_Stopped_ApplicationExit */
	.globl	metal_exit
metal_exit:
	sub	sp, sp, #16
	ldr	x1, =0x20026
	sxtw	x2, w0
	stp	x1, x2, [sp]
	mov	x1, sp
	mov	w0, #0x18
	hlt	#0xf000
	b	.

/*
 * Exceptions. A synchronous one of the current level may be a fault that a test expects: C decides
 * where to go on.
 */
	.macro	vector label
	.balign	128
	b	\label
	.endm

	.text
	.balign	2048
vectors:
	.rept	4
	vector	fatal
	.endr
	vector	sync
	.rept	11
	vector	fatal
	.endr

sync:
	sub	sp, sp, #176
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x29, [sp, #144]
	str	x30, [sp, #160]
	mrs	x0, CurrentEL
	cmp	x0, #(1 << 2)
	b.ne	fatal
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	bl	metal_fault
	msr	elr_el1, x0
	ldr	x30, [sp, #160]
	ldp	x18, x29, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp]
	add	sp, sp, #176
	eret

fatal:
	bl	metal_fatal
	b	.
