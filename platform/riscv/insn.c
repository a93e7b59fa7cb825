/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The real instructions, all with a memory clobber: the compiler must not move an access to a table
 * or to a page across them. Which register is x0 is part of an instruction, so each has four forms.
 * Those of Svinval and of the hypervisor extension are written as numbers: an assembler of the age
 * that we support does not know their names.
 */
#include <pagewalk/riscv_plan.h>

#if !defined(__riscv) || __riscv_xlen != 64
#error "the instructions of RISC-V need a riscv64 compiler: leave this file out elsewhere"
#endif

#define FORMS(f, both, address, tag, none)                                                  \
	do {                                                                                \
		if ((f)->has_rs1 && (f)->has_rs2)                                           \
			__asm__ volatile(both : : "r"((f)->rs1), "r"((f)->rs2) : "memory"); \
		else if ((f)->has_rs1)                                                      \
			__asm__ volatile(address : : "r"((f)->rs1) : "memory");             \
		else if ((f)->has_rs2)                                                      \
			__asm__ volatile(tag : : "r"((f)->rs2) : "memory");                 \
		else                                                                        \
			__asm__ volatile(none : : : "memory");                              \
	} while (0)

/* SYSTEM, funct3 0, rd x0, the funct7 given */
#define SYSTEM(f, funct7)                                   \
	FORMS(f, ".insn r 0x73, 0, " funct7 ", x0, %0, %1", \
	      ".insn r 0x73, 0, " funct7 ", x0, %0, x0",    \
	      ".insn r 0x73, 0, " funct7 ", x0, x0, %0",    \
	      ".insn r 0x73, 0, " funct7 ", x0, x0, x0")

static void insn_sfence_vma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	FORMS(f, "sfence.vma %0, %1", "sfence.vma %0, x0", "sfence.vma x0, %0",
	      "sfence.vma x0, x0");
}

static void insn_hfence_gvma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	SYSTEM(f, "0x31");
}

static void insn_sinval_vma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	SYSTEM(f, "0x0b");
}

static void insn_hinval_gvma(void *ctx, const struct pw_riscv_fence *f)
{
	(void)ctx;
	SYSTEM(f, "0x33");
}

static void insn_sfence_w_inval(void *ctx)
{
	(void)ctx;
	__asm__ volatile(".insn r 0x73, 0, 0x0c, x0, x0, x0" : : : "memory");
}

static void insn_sfence_inval_ir(void *ctx)
{
	(void)ctx;
	__asm__ volatile(".insn r 0x73, 0, 0x0c, x0, x0, x1" : : : "memory");
}

static void insn_fence(void *ctx)
{
	(void)ctx;
	__asm__ volatile("fence rw, rw" : : : "memory");
}

const struct pw_riscv_ops pw_riscv_insns = {
	.sfence_vma = insn_sfence_vma,
	.hfence_gvma = insn_hfence_gvma,
	.sinval_vma = insn_sinval_vma,
	.hinval_gvma = insn_hinval_gvma,
	.sfence_w_inval = insn_sfence_w_inval,
	.sfence_inval_ir = insn_sfence_inval_ir,
	.fence = insn_fence,
};
