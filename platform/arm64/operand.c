/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * TLBI operands and names. The operand encoders stand by themselves, because this is where page
 * table code goes wrong most often: an address that was not shifted, or shifted by the granule, or
 * whose sign bits were not cut off lands on TTL and ASID, and the operation then hits another ASID,
 * or nothing, without a sign.
 */
#include <pagewalk/arm64.h>

#define OPERAND_VA_SHIFT   12 /* of 4K pages, also with larger granules */
#define OPERAND_VA_MASK	   (((uint64_t)1 << 44) - 1)
#define OPERAND_TTL_SHIFT  44
#define OPERAND_TTL_MASK   0xfu
#define OPERAND_ASID_SHIFT 48

#define RANGE_BASE_MASK	  (((uint64_t)1 << 37) - 1)
#define RANGE_TTL_SHIFT	  37
#define RANGE_NUM_SHIFT	  39
#define RANGE_NUM_MASK	  0x1fu
#define RANGE_SCALE_SHIFT 44
#define RANGE_SCALE_MASK  0x3u
#define RANGE_TG_SHIFT	  46

uint64_t pw_arm64_tlbi_operand(struct pw_va va, uint16_t asid, unsigned int ttl)
{
	return ((va.v >> OPERAND_VA_SHIFT) & OPERAND_VA_MASK) |
	       ((uint64_t)(ttl & OPERAND_TTL_MASK) << OPERAND_TTL_SHIFT) |
	       ((uint64_t)asid << OPERAND_ASID_SHIFT);
}

/* TG of both forms: 1, 2, 3 for 4K, 16K, 64K; 0 for what is no granule. */
static unsigned int tg_of(unsigned int granule_lg2)
{
	return granule_lg2 == 12 || granule_lg2 == 14 || granule_lg2 == 16 ?
		       (granule_lg2 - 10) / 2 :
		       0;
}

/* The architecture counts levels from the root; its level 3 is our 0. 0 says "no hint". */
static unsigned int hint_of(unsigned int level)
{
	return level < 3 ? 3 - level : 0;
}

unsigned int pw_arm64_tlbi_ttl(unsigned int granule_lg2, unsigned int level)
{
	unsigned int tg = tg_of(granule_lg2), hint = hint_of(level);

	return tg && hint ? tg << 2 | hint : 0;
}

uint64_t pw_arm64_tlbi_range_operand(const struct pw_arm64_range *r)
{
	return ((r->base.v >> r->unit_lg2) & RANGE_BASE_MASK) |
	       (uint64_t)hint_of(r->level) << RANGE_TTL_SHIFT |
	       (uint64_t)(r->num & RANGE_NUM_MASK) << RANGE_NUM_SHIFT |
	       (uint64_t)(r->scale & RANGE_SCALE_MASK) << RANGE_SCALE_SHIFT |
	       (uint64_t)tg_of(r->granule_lg2) << RANGE_TG_SHIFT |
	       (uint64_t)r->asid << OPERAND_ASID_SHIFT;
}

const char *pw_arm64_tlbi_name(enum pw_arm64_tlbi op)
{
	static const char names[PW_ARM64_NR_TLBI][16] = {
		[PW_ARM64_VAE1IS] = "VAE1IS",
		[PW_ARM64_VALE1IS] = "VALE1IS",
		[PW_ARM64_VAAE1IS] = "VAAE1IS",
		[PW_ARM64_VAALE1IS] = "VAALE1IS",
		[PW_ARM64_ASIDE1IS] = "ASIDE1IS",
		[PW_ARM64_VMALLE1IS] = "VMALLE1IS",
		[PW_ARM64_VAE2IS] = "VAE2IS",
		[PW_ARM64_VALE2IS] = "VALE2IS",
		[PW_ARM64_ALLE2IS] = "ALLE2IS",
		[PW_ARM64_VAE3IS] = "VAE3IS",
		[PW_ARM64_VALE3IS] = "VALE3IS",
		[PW_ARM64_ALLE3IS] = "ALLE3IS",
		[PW_ARM64_RVAE1IS] = "RVAE1IS",
		[PW_ARM64_RVALE1IS] = "RVALE1IS",
		[PW_ARM64_RVAAE1IS] = "RVAAE1IS",
		[PW_ARM64_RVAALE1IS] = "RVAALE1IS",
		[PW_ARM64_RVAE2IS] = "RVAE2IS",
		[PW_ARM64_RVALE2IS] = "RVALE2IS",
		[PW_ARM64_RVAE3IS] = "RVAE3IS",
		[PW_ARM64_RVALE3IS] = "RVALE3IS",
		[PW_ARM64_IPAS2E1IS] = "IPAS2E1IS",
		[PW_ARM64_IPAS2LE1IS] = "IPAS2LE1IS",
		[PW_ARM64_RIPAS2E1IS] = "RIPAS2E1IS",
		[PW_ARM64_RIPAS2LE1IS] = "RIPAS2LE1IS",
		[PW_ARM64_VMALLS12E1IS] = "VMALLS12E1IS",
		[PW_ARM64_ALLE1IS] = "ALLE1IS",
	};

	return (unsigned int)op < PW_ARM64_NR_TLBI ? names[op] : "?";
}

bool pw_arm64_tlbi_takes_operand(enum pw_arm64_tlbi op)
{
	return op != PW_ARM64_VMALLE1IS && op != PW_ARM64_ALLE2IS && op != PW_ARM64_ALLE3IS &&
	       op != PW_ARM64_VMALLS12E1IS && op != PW_ARM64_ALLE1IS;
}
