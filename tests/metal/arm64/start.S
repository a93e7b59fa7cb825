/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Entry of the bare guest, at EL3, EL2 or EL1, and the way down to EL1. On each level above,
 * metal_visit(level) runs once; metal_main() runs at EL1 and its result ends the guest. Translation
 * is off, and so are the caches: what is stored now goes to memory.
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
	mrs	x0, CurrentEL
	lsr	x0, x0, #2
	cmp	x0, #2
	b.hi	at_el3
	b.eq	at_el2
	b	at_el1

at_el3:
	ldr	x19, =vectors_el3
	msr	vbar_el3, x19
	isb
	bl	metal_visit
	mov	x0, #SCR_EL3_VAL
	msr	scr_el3, x0
	mov	x0, #SPSR_EL2H
	msr	spsr_el3, x0
	adr	x0, at_el2
	msr	elr_el3, x0
	eret
at_el2:					/* what is called from EL1 gets a stack of its own */
	ldr	x1, =__stack_el2_top
	mov	sp, x1
	ldr	x19, =vectors_el2
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
	ldr	x19, =vectors_el1
	msr	vbar_el1, x19
	isb
	mov	x0, #1
	bl	metal_main
	b	metal_exit

/*
 * void boot_translate(const struct boot_regs *regs): from one set of tables to another. The old ones
 * may be in use, and the new ones may have pages of another size, so translation is turned off in
 * between. Nothing is read or written meanwhile (that would be memory without caches), only
 * instructions are fetched, from where they are mapped to anyway.
 */
	.globl	boot_translate
boot_translate:
	ldp	x1, x2, [x0]			/* MAIR, TCR */
	ldp	x3, x4, [x0, #16]		/* TTBR0, TTBR1 */
	dsb	ish				/* the tables are written */
	mrs	x5, sctlr_el1
	bic	x5, x5, #(1 << 0)
	msr	sctlr_el1, x5
	isb
	msr	mair_el1, x1
	msr	tcr_el1, x2
	msr	ttbr0_el1, x3
	msr	ttbr1_el1, x4
	isb
	tlbi	vmalle1				/* what the old tables said */
	dsb	nsh
	isb
	orr	x5, x5, #(1 << 0)		/* M: translate */
	orr	x5, x5, #(1 << 2)		/* C, I: use the caches */
	orr	x5, x5, #(1 << 12)
	msr	sctlr_el1, x5
	isb					/* from here on, every address is looked up */
	ret

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

/* uint64_t metal_semihost(uint64_t op, void *block) */
	.globl	metal_semihost
metal_semihost:
	hlt	#0xf000
	ret

/*
 * uint64_t metal_enter(uint64_t addr, uint64_t spsr, uint64_t arg): run what lies at addr, with arg
 * in x0, at this level or below. Whatever exception it ends in, C makes the way back lead to
 * metal_back. Returns x0 as it was then.
 */
	.globl	metal_enter, metal_back
metal_enter:
	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	b.eq	1f
	msr	elr_el1, x0
	msr	spsr_el1, x1
	b	2f
1:	msr	elr_el2, x0
	msr	spsr_el2, x1
2:	mov	x0, x2
	eret
metal_back:
	ret

/* For metal_enter_el1(): one load from where x0 says, one store to there of that address. */
	.globl	metal_load_el1, metal_store_el1
metal_load_el1:
	ldr	x0, [x0]
	hvc	#1
metal_store_el1:
	str	x0, [x0]
	hvc	#1

/* void metal_hvc(void (*fn)(void)): run a function at EL2, where translation is off */
	.globl	metal_hvc
metal_hvc:
	hvc	#0
	ret

/*
 * Exceptions. Synchronous ones, from this level or below, may be what a test expects: registers go
 * into a struct metal_frame, C decides where to go on.
 */
	.macro	vector label
	.balign	128
	b	\label
	.endm

	.macro	level el
	.balign	2048
vectors_\el:
	.rept	4
	vector	fatal
	.endr
	vector	sync_\el
	.rept	3
	vector	fatal
	.endr
	vector	sync_\el
	.rept	7
	vector	fatal
	.endr

sync_\el:
	sub	sp, sp, #192
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
	mrs	x0, elr_\el
	mrs	x1, spsr_\el
	mrs	x2, esr_\el
	mrs	x3, far_\el
	stp	x30, x0, [sp, #160]
	str	x1, [sp, #176]
	mov	x0, x2
	mov	x1, x3
	mov	x2, sp
	bl	metal_sync
	ldr	x1, [sp, #176]
	ldp	x30, x0, [sp, #160]
	msr	spsr_\el, x1
	msr	elr_\el, x0
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
	add	sp, sp, #192
	eret
	.endm

	.text
	level	el1
	level	el2

	.balign	2048
vectors_el3:
	.rept	16
	vector	fatal
	.endr

fatal:
	bl	metal_fatal
	b	.
