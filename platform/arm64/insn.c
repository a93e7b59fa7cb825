/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The real instructions, all with a memory clobber: the compiler must not move an access to a table
 * or to a page across them. ASID and address forms differ only in the operand.
 */
#include <pagewalk/arm64.h>

#ifndef __aarch64__
#error "the instructions of arm64 need an aarch64 compiler: leave this file out elsewhere"
#endif

static void insn_dsb(void *ctx, enum pw_arm64_dsb kind)
{
	(void)ctx;
	if (kind == PW_ARM64_DSB_ISHST)
		__asm__ volatile("dsb ishst" : : : "memory");
	else
		__asm__ volatile("dsb ish" : : : "memory");
}

static void insn_isb(void *ctx)
{
	(void)ctx;
	__asm__ volatile("isb" : : : "memory");
}

#define TLBI_VA(name)  __asm__ volatile("tlbi " name ", %0" : : "r"(operand) : "memory")
#define TLBI_ALL(name) __asm__ volatile("tlbi " name : : : "memory")

static void insn_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	(void)ctx;
	switch (op) {
	case PW_ARM64_VAE1IS:
		TLBI_VA("vae1is");
		break;
	case PW_ARM64_VALE1IS:
		TLBI_VA("vale1is");
		break;
	case PW_ARM64_VAAE1IS:
		TLBI_VA("vaae1is");
		break;
	case PW_ARM64_VAALE1IS:
		TLBI_VA("vaale1is");
		break;
	case PW_ARM64_ASIDE1IS:
		TLBI_VA("aside1is");
		break;
	case PW_ARM64_VMALLE1IS:
		TLBI_ALL("vmalle1is");
		break;
	case PW_ARM64_VAE2IS:
		TLBI_VA("vae2is");
		break;
	case PW_ARM64_VALE2IS:
		TLBI_VA("vale2is");
		break;
	case PW_ARM64_ALLE2IS:
		TLBI_ALL("alle2is");
		break;
	case PW_ARM64_VAE3IS:
		TLBI_VA("vae3is");
		break;
	case PW_ARM64_VALE3IS:
		TLBI_VA("vale3is");
		break;
	case PW_ARM64_ALLE3IS:
		TLBI_ALL("alle3is");
		break;
	case PW_ARM64_NR_TLBI:
		break;
	}
}

const struct pw_arm64_ops pw_arm64_insns = {
	.dsb = insn_dsb,
	.isb = insn_isb,
	.tlbi = insn_tlbi,
};
