/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From system registers to a handle's configuration (Arm ARM: TCR_EL1, TTBR0_EL1, TTBR1_EL1,
 * SCTLR_EL1). TCR_EL1 holds each field twice, once for each half; the granule's two fields do not
 * even share an encoding.
 */
#include <pagewalk/arm64.h>

#define TCR_T0SZ_SHIFT 0
#define TCR_EPD0       ((uint64_t)1 << 7)
#define TCR_TG0_SHIFT  14
#define TCR_T1SZ_SHIFT 16
#define TCR_A1	       ((uint64_t)1 << 22)
#define TCR_EPD1       ((uint64_t)1 << 23)
#define TCR_TG1_SHIFT  30
#define TCR_IPS_SHIFT  32
#define TCR_AS	       ((uint64_t)1 << 36)
#define TCR_HA	       ((uint64_t)1 << 39)
#define TCR_HD	       ((uint64_t)1 << 40)
#define TCR_HPD0       ((uint64_t)1 << 41)
#define TCR_HPD1       ((uint64_t)1 << 42)
#define TCR_DS	       ((uint64_t)1 << 59)

#define TCR_TXSZ_MASK 0x3fu
#define TCR_TG_MASK   0x3u
#define TCR_IPS_MASK  0x7u
#define TCR_IPS_52    6u

#define TTBR_ASID_SHIFT 48
#define TTBR_BADDR	0x0000fffffffffffeull /* bit 0 is CnP */
#define TTBR_BADDR_52	0x0000ffffffffffc0ull /* of a 52-bit address: [47:6] in place, */
#define TTBR_HIGH_SHIFT 2		      /* and [51:48] in [5:2] */
#define TTBR_HIGH_MASK	0xfu
#define SCTLR_WXN	((uint64_t)1 << 19)

#define TXSZ_MIN	 16u
#define TXSZ_MIN_52	 12u
#define TXSZ_MAX	 48u /* with FEAT_TTST; 39 without, which is no reason to refuse */
#define TXSZ_MAX_64K	 47u
#define DECODED_CAPS	 (PW_CAP_HAF | PW_CAP_HD | PW_CAP_HPD | PW_CAP_WXN)
#define RESERVED_GRANULE 0xffu

static unsigned int granule_of(uint64_t tcr, bool upper)
{
	static const unsigned char tg0[4] = { PW_ARM64_4K, PW_ARM64_64K, PW_ARM64_16K,
					      RESERVED_GRANULE };
	static const unsigned char tg1[4] = { RESERVED_GRANULE, PW_ARM64_16K, PW_ARM64_4K,
					      PW_ARM64_64K };

	return upper ? tg1[(tcr >> TCR_TG1_SHIFT) & TCR_TG_MASK] :
		       tg0[(tcr >> TCR_TG0_SHIFT) & TCR_TG_MASK];
}

/* 64K pages reach 52 bits without the descriptors of LPA2, so DS means nothing to them. */
static int decode_half(const struct pw_arm64_regs *regs, bool upper, struct pw_arm64_half *half)
{
	uint32_t txsz = (uint32_t)(regs->tcr >> (upper ? TCR_T1SZ_SHIFT : TCR_T0SZ_SHIFT)) &
			TCR_TXSZ_MASK;
	bool is_64k;

	half->off = (regs->tcr & (upper ? TCR_EPD1 : TCR_EPD0)) != 0;
	half->va_bits = 64 - txsz;
	half->granule = granule_of(regs->tcr, upper);
	is_64k = half->granule == PW_ARM64_64K;
	half->lpa2 = !is_64k && (regs->tcr & TCR_DS);
	if (half->granule == RESERVED_GRANULE)
		return PW_EDOM;
	if (txsz < (is_64k || half->lpa2 ? TXSZ_MIN_52 : TXSZ_MIN) ||
	    txsz > (is_64k ? TXSZ_MAX_64K : TXSZ_MAX))
		return PW_ERANGE;
	return 0;
}

/* The long form of the base address needs descriptors for it and a 52-bit output size. */
static struct pw_pa root_of(const struct pw_arm64_regs *regs, uint64_t ttbr,
			    const struct pw_arm64_half *half)
{
	bool wide = half->lpa2 || half->granule == PW_ARM64_64K;

	if (wide && ((regs->tcr >> TCR_IPS_SHIFT) & TCR_IPS_MASK) == TCR_IPS_52)
		return pw_pa_of((ttbr & TTBR_BADDR_52) |
				((ttbr >> TTBR_HIGH_SHIFT & TTBR_HIGH_MASK) << 48));
	return pw_pa_of(ttbr & TTBR_BADDR);
}

static uint16_t asid_of(const struct pw_arm64_regs *regs)
{
	uint64_t ttbr = regs->tcr & TCR_A1 ? regs->ttbr1 : regs->ttbr0;
	uint16_t asid = (uint16_t)(ttbr >> TTBR_ASID_SHIFT);

	return regs->tcr & TCR_AS ? asid : asid & 0xff;
}

static uint32_t caps_of(const struct pw_arm64_regs *regs, bool upper)
{
	uint32_t caps = 0;

	/* HD alone does nothing: the dirty state is managed only together with the flag. */
	if (regs->tcr & TCR_HA)
		caps |= PW_CAP_HAF | (regs->tcr & TCR_HD ? PW_CAP_HD : 0);
	if (regs->tcr & (upper ? TCR_HPD1 : TCR_HPD0))
		caps |= PW_CAP_HPD;
	if (regs->sctlr & SCTLR_WXN)
		caps |= PW_CAP_WXN;
	return caps;
}

int pw_arm64_decode_regs(const struct pw_arm64_regs *regs, bool upper, struct pw_arm64_half *half,
			 struct pw_table_config *cfg)
{
	int err = decode_half(regs, upper, half);

	if (err)
		return err;
	cfg->root = root_of(regs, upper ? regs->ttbr1 : regs->ttbr0, half);
	cfg->va_bits = half->va_bits;
	cfg->asid = asid_of(regs);
	cfg->mair = regs->mair;
	cfg->flags = upper ? cfg->flags | PW_TABLE_UPPER : cfg->flags & ~PW_TABLE_UPPER;
	cfg->caps.flags = (cfg->caps.flags & ~DECODED_CAPS) | caps_of(regs, upper);
	return 0;
}
