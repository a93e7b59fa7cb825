/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Exceptions, and accesses that may end in one.
 *
 * metal_probe() is called in S-mode and makes one access: as supervisor, as user, or, asked by a
 * call, M-mode makes it with either's rights (mstatus.MPRV). Whatever comes of it ends where
 * metal_probe() began: the stack pointer is kept in probe_sp, and all ways out load it and return.
 *
 *	S	the next instruction		or a page fault, of S
 *	U	a call from U			or a page fault, of S
 *	M	the call's return, with an answer: a page fault of M is one
 *
 * A fetch executes the "ret" that each page of the tests begins with.
 *
 * In registers: a0 the address, then the cause or METAL_NO_FAULT; a1 what to do, then the address
 * that faulted; a3 the value.
 */
#include "traps.h"

#define SSTATUS_SPP  (1 << 8)
#define MSTATUS_MPP  (3 << 11)
#define MSTATUS_MPRV (1 << 17)

	.option	norelax
	.text

/* What users execute; tests map this page for them, at metal_user_at. */
	.balign	4096
	.globl	metal_user_page
metal_user_page:
	ld	a3, (a0)
	ecall
user_write:
	sd	a3, (a0)
	ecall
user_fetch:
	jr	a0
user_done:
	ecall
	.balign	4096

/* uint32_t metal_probe(uint64_t va, uint32_t what, uint64_t *val) */
	.globl	metal_probe
metal_probe:
	addi	sp, sp, -128
	sd	ra, (sp)
	sd	s0, 8(sp)
	sd	s1, 16(sp)
	sd	s2, 24(sp)
	sd	s3, 32(sp)
	sd	s4, 40(sp)
	sd	s5, 48(sp)
	sd	s6, 56(sp)
	sd	s7, 64(sp)
	sd	s8, 72(sp)
	sd	s9, 80(sp)
	sd	s10, 88(sp)
	sd	s11, 96(sp)
	sd	a2, 104(sp)
	la	t0, probe_sp
	sd	sp, (t0)
	ld	a3, (a2)
	andi	t0, a1, METAL_MPRV
	bnez	t0, by_machine
	andi	t0, a1, METAL_USER
	bnez	t0, by_user

	la	ra, access_done
	andi	t0, a1, METAL_WRITE
	bnez	t0, 1f
	andi	t0, a1, METAL_FETCH
	bnez	t0, 2f
	ld	a3, (a0)
	j	access_done
1:	sd	a3, (a0)
	j	access_done
2:	jr	a0

by_machine:
	ecall
	j	probe_end

by_user:
	la	t0, metal_user_page
	la	t2, metal_user_at
	ld	t2, (t2)
	sub	t2, t2, t0		/* from where that page is to where users see it */
	la	ra, user_done
	add	ra, ra, t2
	andi	t1, a1, METAL_WRITE
	beqz	t1, 1f
	la	t0, user_write
1:	andi	t1, a1, METAL_FETCH
	beqz	t1, 2f
	la	t0, user_fetch
2:	add	t0, t0, t2
	csrw	sepc, t0
	li	t0, SSTATUS_SPP
	csrc	sstatus, t0
	sret

	.globl	supervisor_trap
	.balign	4
supervisor_trap:
	csrr	t1, scause
	la	t0, probe_sp
	ld	t0, (t0)
	beqz	t0, fatal
	li	t0, METAL_USER_CALL
	beq	t1, t0, access_done
	li	t0, METAL_FETCH_PAGE_FAULT
	bltu	t1, t0, fatal
	li	t0, METAL_STORE_PAGE_FAULT
	bgtu	t1, t0, fatal
	mv	a0, t1
	csrr	a1, stval
	j	probe_end
fatal:
	mv	a0, t1
	csrr	a1, sepc
	csrr	a2, stval
	call	metal_fatal

access_done:
	li	a0, METAL_NO_FAULT
probe_end:
	la	t0, probe_sp
	ld	sp, (t0)
	sd	zero, (t0)
	li	t0, METAL_NO_FAULT
	bne	a0, t0, 1f
	ld	a2, 104(sp)
	sd	a3, (a2)
	j	2f
1:	la	t0, metal_tval
	sd	a1, (t0)
2:	ld	ra, (sp)
	ld	s0, 8(sp)
	ld	s1, 16(sp)
	ld	s2, 24(sp)
	ld	s3, 32(sp)
	ld	s4, 40(sp)
	ld	s5, 48(sp)
	ld	s6, 56(sp)
	ld	s7, 64(sp)
	ld	s8, 72(sp)
	ld	s9, 80(sp)
	ld	s10, 88(sp)
	ld	s11, 96(sp)
	addi	sp, sp, 128
	ret

/*
 * M-mode: a call from the supervisor asks for an access; a page fault of that access is the answer.
 * mscratch says that one is being made. The call came from S, so that MPP is S's already; while
 * MPRV is set, loads and stores are made as that mode would. The fault sets MPP to M, and MPRV
 * means nothing then.
 */
	.globl	machine_trap
	.balign	4
machine_trap:
	csrr	t0, mcause
	csrr	t1, mscratch
	bnez	t1, machine_fault
	li	t1, METAL_SUPERVISOR_CALL
	bne	t0, t1, machine_fatal
	csrr	t3, mstatus
	csrr	t4, mepc
	li	t0, 1
	csrw	mscratch, t0
	andi	t0, a1, METAL_USER
	beqz	t0, 1f
	li	t0, MSTATUS_MPP
	csrc	mstatus, t0
1:	andi	t1, a1, METAL_WRITE
	li	t0, MSTATUS_MPRV
	csrs	mstatus, t0
	bnez	t1, 2f
	ld	a3, (a0)
	j	3f
2:	sd	a3, (a0)
3:	li	a0, METAL_NO_FAULT
machine_end:
	li	t0, MSTATUS_MPRV
	csrc	mstatus, t0
	csrw	mscratch, zero
	csrw	mstatus, t3
	addi	t4, t4, 4
	csrw	mepc, t4
	mret
machine_fault:
	mv	a0, t0
	csrr	a1, mtval
	j	machine_end
machine_fatal:
	mv	a0, t0
	csrr	a1, mepc
	csrr	a2, mtval
	call	metal_fatal

	.bss
	.balign	8
	.globl	metal_user_at, metal_tval
probe_sp:
	.skip	8
metal_user_at:
	.skip	8
metal_tval:
	.skip	8
