/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The real instructions, all with a memory clobber: the compiler must not move an access to a table
 * or to a page across them.
 */
#include <pagewalk/x86_plan.h>

#ifndef __x86_64__
#error "the instructions of x86-64 need an x86-64 compiler: leave this file out elsewhere"
#endif

#define CR4_PGE	     ((uint64_t)1 << 7)
/* With this bit a MOV to CR3 invalidates nothing; it is never read back, but others may set it. */
#define CR3_NO_FLUSH ((uint64_t)1 << 63)

static void insn_invlpg(void *ctx, struct pw_va va)
{
	(void)ctx;
	__asm__ volatile("invlpg (%0)" : : "r"(va.v) : "memory");
}

static void insn_invpcid(void *ctx, enum pw_x86_invpcid type, uint16_t pcid, struct pw_va va)
{
	struct {
		uint64_t pcid;
		uint64_t va;
	} descriptor = { pcid, va.v };

	(void)ctx;
	__asm__ volatile("invpcid %0, %1" : : "m"(descriptor), "r"((uint64_t)type) : "memory");
}

static void insn_reload_cr3(void *ctx)
{
	uint64_t cr3;

	(void)ctx;
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3) : : "memory");
	__asm__ volatile("mov %0, %%cr3" : : "r"(cr3 & ~CR3_NO_FLUSH) : "memory");
}

static void insn_toggle_pge(void *ctx)
{
	uint64_t cr4;

	(void)ctx;
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4) : : "memory");
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 ^ CR4_PGE) : "memory");
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
}

/* Bytes: an assembler of the age that we support does not know the name. */
static void insn_invlpgb(void *ctx, const struct pw_x86_invlpgb *o)
{
	(void)ctx;
	__asm__ volatile(".byte 0x0f, 0x01, 0xfe"
			 :
			 : "a"(o->rax), "c"(o->ecx), "d"(o->edx)
			 : "memory");
}

static void insn_tlbsync(void *ctx)
{
	(void)ctx;
	__asm__ volatile(".byte 0x0f, 0x01, 0xff" : : : "memory");
}

static void insn_invept(void *ctx, enum pw_x86_invept type, uint64_t eptp)
{
	struct {
		uint64_t eptp;
		uint64_t zero;
	} descriptor = { eptp, 0 };

	(void)ctx;
	__asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"((uint64_t)type) : "cc", "memory");
}

static void insn_fence(void *ctx)
{
	(void)ctx;
	__asm__ volatile("mfence; lfence" : : : "memory");
}

const struct pw_x86_ops pw_x86_insns = {
	.invlpg = insn_invlpg,
	.invpcid = insn_invpcid,
	.reload_cr3 = insn_reload_cr3,
	.toggle_pge = insn_toggle_pge,
	.invlpgb = insn_invlpgb,
	.tlbsync = insn_tlbsync,
	.invept = insn_invept,
	.fence = insn_fence,
};
