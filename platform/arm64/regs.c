/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * From system registers to a handle's configuration (Arm ARM: TCR_ELx, TCR2_ELx, TTBRn_ELx,
 * SCTLR_ELx, PIR_ELx; VTCR_EL2, VTTBR_EL2, HCR_EL2).
 *
 * TCR has two layouts. With two halves (EL1&0, and EL2&0, where TCR_EL2 looks like TCR_EL1) it holds
 * each field twice; the granule's two fields do not even share an encoding. With one half (EL2, EL3)
 * there is one of each, elsewhere. VTCR_EL2 is like the latter.
 */
#include <pagewalk/arm64.h>

#define NOWHERE 64u

/* Where the fields of a TCR are: their lowest bits. */
struct layout {
	uint8_t txsz;
	uint8_t tg;
	uint8_t epd;
	uint8_t ps;
	uint8_t ha;
	uint8_t hd;
	uint8_t hpd;
	uint8_t tbi;
	uint8_t ds;
};

static const struct layout lower_half = { 0, 14, 7, 32, 39, 40, 41, 37, 59 };
static const struct layout upper_half = { 16, 30, 23, 32, 39, 40, 42, 38, 59 };
static const struct layout one_half = { 0, 14, NOWHERE, 16, 21, 22, 24, 20, 32 };
static const struct layout stage_2 = { 0, 14, NOWHERE, 16, 21, 22, NOWHERE, NOWHERE, 32 };

/* Of two halves. */
#define TCR_A1 22u
#define TCR_AS 36u

/* TCR2_EL1, TCR2_EL2; and where TCR_EL3 has the same. */
#define TCR2_PIE     1u
#define TCR2_E0POE   2u
#define TCR2_POE     3u
#define TCR2_D128    5u
#define TCR_EL3_PIE  35u
#define TCR_EL3_POE  36u
#define TCR_EL3_D128 38u

#define VTCR_SL0   6u
#define VTCR_VS	   19u
#define VTCR_SL2   33u
#define VTCR_S2PIE 36u
#define VTCR_S2POE 37u
#define VTCR_D128  38u
#define HCR_VM	   0u
#define HCR_FWB	   46u

#define TXSZ_MASK 0x3fu
#define TG_MASK	  0x3u
#define PS_MASK	  0x7u
#define PS_52	  6u

#define TTBR_ASID_SHIFT 48
#define TTBR_BADDR	0x0000fffffffffffeull /* bit 0 is CnP */
#define TTBR_BADDR_52	0x0000ffffffffffc0ull /* of a 52-bit address: [47:6] in place, */
#define TTBR_HIGH_SHIFT 2		      /* and [51:48] in [5:2] */
#define TTBR_HIGH_MASK	0xfu
#define SCTLR_WXN	19u

#define TXSZ_MIN     16u
#define TXSZ_MIN_52  12u
#define TXSZ_MAX     48u /* with FEAT_TTST; 39 without, which is no reason to refuse */
#define TXSZ_MAX_64K 47u

#define RESERVED 0xffu

#define STAGE1_CAPS \
	(PW_CAP_HAF | PW_CAP_HD | PW_CAP_HPD | PW_CAP_WXN | PW_CAP_TBI | PW_CAP_PIE | PW_CAP_POE)
#define STAGE2_CAPS (PW_CAP_HAF | PW_CAP_HD | PW_CAP_FWB)

static bool bit(uint64_t reg, unsigned int n)
{
	return n < 64u && (reg >> n & 1u);
}

static unsigned int granule_of(uint64_t tcr, const struct layout *at)
{
	static const unsigned char tg0[4] = { PW_ARM64_4K, PW_ARM64_64K, PW_ARM64_16K, RESERVED };
	static const unsigned char tg1[4] = { RESERVED, PW_ARM64_16K, PW_ARM64_4K, PW_ARM64_64K };
	unsigned int tg = (unsigned int)(tcr >> at->tg) & TG_MASK;

	return at == &upper_half ? tg1[tg] : tg0[tg];
}

static unsigned int ps_of(uint64_t tcr, const struct layout *at)
{
	return (unsigned int)(tcr >> at->ps) & PS_MASK;
}

static uint32_t pa_bits_of(uint64_t tcr, const struct layout *at, bool wide)
{
	static const unsigned char bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	uint32_t n = bits[ps_of(tcr, at)];

	return n > 48u && !wide ? 48u : n;
}

/*
 * 64K pages reach 52 bits without the descriptors of LPA2, so DS means nothing to them: their
 * entries hold such addresses when the output size says so. Their input reaches 52 bits in stage 1
 * in any case, and in stage 2 when the output does.
 */
static int decode_half(uint64_t tcr, const struct layout *at, struct pw_arm64_half *half)
{
	uint32_t txsz = (uint32_t)(tcr >> at->txsz) & TXSZ_MASK;
	bool is_64k, wide;

	half->off = bit(tcr, at->epd);
	half->va_bits = 64 - txsz;
	half->granule = granule_of(tcr, at);
	is_64k = half->granule == PW_ARM64_64K;
	half->lpa2 = !is_64k && bit(tcr, at->ds);
	half->lpa = is_64k && ps_of(tcr, at) >= PS_52;
	half->pa_bits = pa_bits_of(tcr, at, half->lpa || half->lpa2);
	if (half->granule == RESERVED)
		return PW_EDOM;
	wide = half->lpa2 || half->lpa || (is_64k && at != &stage_2);
	if (txsz < (wide ? TXSZ_MIN_52 : TXSZ_MIN) || txsz > (is_64k ? TXSZ_MAX_64K : TXSZ_MAX))
		return PW_ERANGE;
	return 0;
}

/* The long form of the base address needs descriptors for it and a 52-bit output size. */
static struct pw_pa root_of(uint64_t ttbr, const struct pw_arm64_half *half)
{
	if (half->pa_bits > 48u)
		return pw_pa_of((ttbr & TTBR_BADDR_52) |
				((ttbr >> TTBR_HIGH_SHIFT & TTBR_HIGH_MASK) << 48));
	return pw_pa_of(ttbr & TTBR_BADDR);
}

static uint16_t tag_of(uint64_t ttbr, bool wide)
{
	uint16_t tag = (uint16_t)(ttbr >> TTBR_ASID_SHIFT);

	return wide ? tag : tag & 0xff;
}

static uint32_t hardware_updates(uint64_t tcr, const struct layout *at)
{
	/* HD alone does nothing: the dirty state is managed only together with the flag. */
	if (!bit(tcr, at->ha))
		return 0;
	return PW_CAP_HAF | (bit(tcr, at->hd) ? PW_CAP_HD : 0);
}

static uint32_t caps_of(const struct pw_arm64_regs *regs, const struct layout *at)
{
	bool el3 = regs->regime == PW_REGIME_EL3;
	uint32_t caps = hardware_updates(regs->tcr, at);

	if (bit(regs->tcr, at->hpd))
		caps |= PW_CAP_HPD;
	if (bit(regs->tcr, at->tbi))
		caps |= PW_CAP_TBI;
	if (bit(regs->sctlr, SCTLR_WXN))
		caps |= PW_CAP_WXN;
	if (el3 ? bit(regs->tcr, TCR_EL3_PIE) : bit(regs->tcr2, TCR2_PIE))
		caps |= PW_CAP_PIE;
	if (el3 ? bit(regs->tcr, TCR_EL3_POE) :
		  bit(regs->tcr2, TCR2_POE) || bit(regs->tcr2, TCR2_E0POE))
		caps |= PW_CAP_POE;
	return caps;
}

int pw_arm64_decode_regs(const struct pw_arm64_regs *regs, bool upper, struct pw_arm64_half *half,
			 struct pw_table_config *cfg)
{
	bool one = regs->regime == PW_REGIME_EL2 || regs->regime == PW_REGIME_EL3;
	const struct layout *at = one ? &one_half : upper ? &upper_half : &lower_half;
	int err;

	if (regs->regime > PW_REGIME_EL3 || (one && upper))
		return PW_EINVAL;
	err = decode_half(regs->tcr, at, half);
	if (err)
		return err;
	if (regs->regime == PW_REGIME_EL3 ? bit(regs->tcr, TCR_EL3_D128) :
					    bit(regs->tcr2, TCR2_D128))
		return PW_EOPNOTSUPP;
	cfg->root = root_of(upper ? regs->ttbr1 : regs->ttbr0, half);
	cfg->va_bits = half->va_bits;
	cfg->regime = regs->regime;
	cfg->asid = one ? 0 :
			  tag_of(bit(regs->tcr, TCR_A1) ? regs->ttbr1 : regs->ttbr0,
				 bit(regs->tcr, TCR_AS));
	cfg->mair = regs->mair;
	cfg->pir = regs->pir;
	cfg->pire0 = one ? 0 : regs->pire0;
	cfg->flags = upper ? cfg->flags | PW_TABLE_UPPER : cfg->flags & ~PW_TABLE_UPPER;
	cfg->caps.flags = (cfg->caps.flags & ~STAGE1_CAPS) | caps_of(regs, at);
	return 0;
}

/* Levels of tables from the start level on; 0: a reserved one. */
static uint32_t start_levels(uint64_t vtcr, const struct pw_arm64_half *half)
{
	static const unsigned char of_4k[4] = { 2, 3, 4, 1 };
	uint32_t sl0 = (uint32_t)(vtcr >> VTCR_SL0) & 3u;

	if (half->granule == PW_ARM64_4K) {
		if (half->lpa2 && bit(vtcr, VTCR_SL2))
			return sl0 ? 0 : 5; /* the architecture's level -1 */
		return of_4k[sl0];
	}
	if (sl0 == 3u && !half->lpa2)
		return 0;
	return sl0 + 1u;
}

int pw_arm64_decode_s2_regs(const struct pw_arm64_s2_regs *regs, struct pw_arm64_half *half,
			    struct pw_table_config *cfg)
{
	int err = decode_half(regs->vtcr, &stage_2, half);
	uint32_t levels, caps;

	half->off = !bit(regs->hcr, HCR_VM);
	if (err)
		return err;
	if (bit(regs->vtcr, VTCR_S2PIE) || bit(regs->vtcr, VTCR_S2POE) ||
	    bit(regs->vtcr, VTCR_D128))
		return PW_EOPNOTSUPP;
	levels = start_levels(regs->vtcr, half);
	if (!levels)
		return PW_EDOM;
	caps = hardware_updates(regs->vtcr, &stage_2);
	if (bit(regs->hcr, HCR_FWB))
		caps |= PW_CAP_FWB;
	cfg->root = root_of(regs->vttbr, half);
	cfg->va_bits = half->va_bits;
	cfg->levels = levels;
	cfg->regime = PW_REGIME_STAGE2;
	cfg->asid = tag_of(regs->vttbr, bit(regs->vtcr, VTCR_VS));
	cfg->flags &= ~PW_TABLE_UPPER;
	cfg->caps.flags = (cfg->caps.flags & ~STAGE2_CAPS) | caps;
	return 0;
}
