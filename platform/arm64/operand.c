/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/arm64.h>

#define OPERAND_VA_SHIFT   12 /* of 4K pages, also with larger granules */
#define OPERAND_VA_MASK	   (((uint64_t)1 << 44) - 1)
#define OPERAND_TTL_SHIFT  44
#define OPERAND_TTL_MASK   0xfu
#define OPERAND_ASID_SHIFT 48

/*
 * The sign bits of an upper-half address lie above VA[55] and would land on TTL and ASID if they
 * were not cut off: the invalidation would then hit another ASID, or nothing, without a sign.
 */
uint64_t pw_arm64_tlbi_operand(struct pw_va va, uint16_t asid, unsigned int ttl)
{
	return ((va.v >> OPERAND_VA_SHIFT) & OPERAND_VA_MASK) |
	       ((uint64_t)(ttl & OPERAND_TTL_MASK) << OPERAND_TTL_SHIFT) |
	       ((uint64_t)asid << OPERAND_ASID_SHIFT);
}

const char *pw_arm64_tlbi_name(enum pw_arm64_tlbi op)
{
	static const char names[PW_ARM64_NR_TLBI][12] = {
		[PW_ARM64_VAE1IS] = "VAE1IS",	  [PW_ARM64_VALE1IS] = "VALE1IS",
		[PW_ARM64_VAAE1IS] = "VAAE1IS",	  [PW_ARM64_VAALE1IS] = "VAALE1IS",
		[PW_ARM64_ASIDE1IS] = "ASIDE1IS", [PW_ARM64_VMALLE1IS] = "VMALLE1IS",
		[PW_ARM64_VAE2IS] = "VAE2IS",	  [PW_ARM64_VALE2IS] = "VALE2IS",
		[PW_ARM64_ALLE2IS] = "ALLE2IS",	  [PW_ARM64_VAE3IS] = "VAE3IS",
		[PW_ARM64_VALE3IS] = "VALE3IS",	  [PW_ARM64_ALLE3IS] = "ALLE3IS",
	};

	return (unsigned int)op < PW_ARM64_NR_TLBI ? names[op] : "?";
}
