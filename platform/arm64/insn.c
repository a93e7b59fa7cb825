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

/* An assembler that was not told of FEAT_TLBIRANGE does not know its operations. */
#define WITH_RANGE ".arch armv8.4-a\n\t"

#define TLBI_VA(name)                                                                          \
	case PW_ARM64_##name:                                                                  \
		__asm__ volatile(WITH_RANGE "tlbi " #name ", %0" : : "r"(operand) : "memory"); \
		break
#define TLBI_ALL(name)                                          \
	case PW_ARM64_##name:                                   \
		__asm__ volatile("tlbi " #name : : : "memory"); \
		break

static void insn_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	(void)ctx;
	switch (op) {
		TLBI_VA(VAE1IS);
		TLBI_VA(VALE1IS);
		TLBI_VA(VAAE1IS);
		TLBI_VA(VAALE1IS);
		TLBI_VA(ASIDE1IS);
		TLBI_VA(VAE2IS);
		TLBI_VA(VALE2IS);
		TLBI_VA(VAE3IS);
		TLBI_VA(VALE3IS);
		TLBI_VA(RVAE1IS);
		TLBI_VA(RVALE1IS);
		TLBI_VA(RVAAE1IS);
		TLBI_VA(RVAALE1IS);
		TLBI_VA(RVAE2IS);
		TLBI_VA(RVALE2IS);
		TLBI_VA(RVAE3IS);
		TLBI_VA(RVALE3IS);
		TLBI_VA(IPAS2E1IS);
		TLBI_VA(IPAS2LE1IS);
		TLBI_VA(RIPAS2E1IS);
		TLBI_VA(RIPAS2LE1IS);
		TLBI_ALL(VMALLE1IS);
		TLBI_ALL(ALLE2IS);
		TLBI_ALL(ALLE3IS);
		TLBI_ALL(VMALLS12E1IS);
		TLBI_ALL(ALLE1IS);
	case PW_ARM64_NR_TLBI:
		break;
	}
}

const struct pw_arm64_ops pw_arm64_insns = {
	.dsb = insn_dsb,
	.isb = insn_isb,
	.tlbi = insn_tlbi,
};
