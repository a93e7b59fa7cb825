/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From power-on to C in supervisor mode, and the switch to page tables. boot.c makes those.
 *
 * A RISC-V hart starts in machine mode (M), whose addresses are never translated. Translation is for
 * the two modes below, supervisor (S) and user (U), and a register of the supervisor's, satp, turns
 * it on:
 *
 *	63   60 59        44 43                     0
 *	[ MODE ][   ASID    ][  number of root page  ]	MODE 0: no translation; 8, 9, 10: tables of
 *							3, 4, 5 levels (Sv39, Sv48, Sv57)
 *
 * So M-mode is left as soon as what S-mode cannot do for itself is done:
 *
 *	pmpaddr0, pmpcfg0	S and U may use all of memory. Without that (physical memory
 *				protection) they may use none, whatever page tables say
 *	menvcfg			page tables may say memory types (PBMTE), and hardware writes the
 *				accessed and dirty bits (ADUE), if it knows how
 *	medeleg			page faults, and calls from U, are the supervisor's business
 *
 * (This is what firmware like OpenSBI does for an operating system.) "mret" then goes to S-mode,
 * with satp still 0. The tables that it will use must map the code that sets satp to where it
 * already is: from the next instruction on every address is translated.
 */
#define PMP_ALL		0x1f		/* NAPOT, execute, write, read */
#define MENVCFG		0x30a
#define MENVCFG_PBMTE	(1 << 62)
#define MENVCFG_ADUE	(1 << 61)
#define DELEGATED	(1 << 8 | 1 << 12 | 1 << 13 | 1 << 15)
#define MPP		(3 << 11)
#define MPP_S		(1 << 11)

	.option	norelax
	.section .text.start, "ax"
	.globl	_start
_start:
	la	sp, __stack_top
	la	t0, __bss_first
	la	t1, __bss_end
0:	sd	zero, (t0)
	addi	t0, t0, 8
	bltu	t0, t1, 0b

	li	t0, -1
	csrw	pmpaddr0, t0
	li	t0, PMP_ALL
	csrw	pmpcfg0, t0

	la	t0, 1f			/* an older hart traps here: go on behind */
	csrw	mtvec, t0
	li	t0, MENVCFG_PBMTE | MENVCFG_ADUE
	csrs	MENVCFG, t0
	.balign	4
1:	la	t0, machine_trap
	csrw	mtvec, t0
	li	t0, DELEGATED
	csrw	medeleg, t0

	/* Which modes there are: others do not stay in satp. */
	li	t0, 8
	li	t3, 10
	li	t4, 0
2:	slli	t1, t0, 60
	csrw	satp, t1
	csrr	t2, satp
	bne	t1, t2, 3f
	li	t2, 1
	sll	t2, t2, t0
	or	t4, t4, t2
3:	addi	t0, t0, 1
	ble	t0, t3, 2b
	csrw	satp, zero
	la	t0, boot_modes
	sd	t4, (t0)

	li	t0, MPP
	csrc	mstatus, t0
	li	t0, MPP_S
	csrs	mstatus, t0
	la	t0, supervisor
	csrw	mepc, t0
	mret

supervisor:
	la	t0, supervisor_trap
	csrw	stvec, t0
	call	boot_main
	call	metal_exit

/*
 * void boot_paging(uint64_t satp): these tables, or none (0). A fence before: the hart's walks see
 * what was stored to them. And after: a write of satp orders nothing, and drops nothing that is
 * cached of the tables before.
 */
	.text
	.globl	boot_paging
boot_paging:
	sfence.vma
	csrw	satp, a0
	sfence.vma
	ret

	.bss
	.balign	8
	.globl	boot_modes
boot_modes:
	.skip	8
