/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * System registers of every regime and of stage 2, field by field: what each says, and that no
 * other bit says it. What EL1&0 had first is arm64_test.c's.
 */
#include <pagewalk/arm64.h>

#include <string.h>

#include "../harness/harness.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static struct pw_arm64_half half;
static struct pw_table_config cfg;

/* Registers that decode, in every regime: 4K, 48 bits, a 48-bit output size. */
static struct pw_arm64_regs plain(uint32_t regime)
{
	bool one = regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3;

	return (struct pw_arm64_regs){
		.regime = regime,
		.tcr = one ? 16 | 5 << 16 : 16 | 16 << 16 | 2ull << 30 | 5ull << 32 | 1ull << 36,
		.ttbr0 = 0x1234000040000000,
		.ttbr1 = 0x5678000050000000,
		.mair = 0x44ff,
		.pir = 0x11,
		.pire0 = 0x22,
	};
}

static int decode(const struct pw_arm64_regs *r, bool upper)
{
	memset(&half, 0, sizeof(half));
	cfg = (struct pw_table_config){ .root = { 1 },
					.levels = 9,
					.pa_bits = 9,
					.caps = { .flags = PW_CAP_XNX, .bbm_level = 2 } };
	return pw_arm64_decode_regs(r, upper, &half, &cfg);
}

TEST(each_regime)
{
	for (uint32_t regime = 0; regime < PW_ARM64_NR_REGIMES; regime++) {
		struct pw_arm64_regs r = plain(regime);
		bool one = regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3;

		harness_note("regime", regime);
		for (unsigned int upper = 0; upper < 2; upper++) {
			if (one && upper) {
				EXPECT_EQ(decode(&r, upper), PW_EINVAL);
				EXPECT_EQ(cfg.root.v, 1);
				continue;
			}
			EXPECT_EQ(decode(&r, upper), 0);
			EXPECT_EQ(half.granule, PW_ARM64_4K);
			EXPECT_EQ(half.va_bits, 48);
			EXPECT_EQ(half.lpa2 | half.lpa | half.off, 0);
			EXPECT_EQ(half.pa_bits, 48);
			EXPECT_EQ(cfg.root.v, upper ? 0x50000000 : 0x40000000);
			EXPECT_EQ(cfg.va_bits, 48);
			EXPECT_EQ(cfg.regime, regime);
			EXPECT_EQ(cfg.asid, one ? 0 : 0x1234);
			EXPECT_EQ(cfg.mair, 0x44ff);
			EXPECT_EQ(cfg.pir, 0x11);
			EXPECT_EQ(cfg.pire0, one ? 0 : 0x22);
			EXPECT_EQ(cfg.flags, upper ? PW_TABLE_UPPER : 0);
			EXPECT_EQ(cfg.caps.flags, PW_CAP_XNX);
			EXPECT_EQ(cfg.levels, 9); /* left alone */
			EXPECT_EQ(cfg.pa_bits, 9);
		}
	}
	for (uint32_t regime = PW_REGIME_STAGE2; regime < PW_NR_REGIMES + 2u; regime++) {
		struct pw_arm64_regs r = plain(PW_REGIME_EL10);

		r.regime = regime;
		EXPECT_EQ(decode(&r, false), PW_EINVAL);
	}
}

/* One bit of a register, and the one capability that it is. */
enum reg { TCR, TCR2, SCTLR };

struct cap_bit {
	enum reg reg;
	unsigned int bit;
	uint32_t cap;
};

static const struct cap_bit lower_bits[] = {
	{ TCR, 39, PW_CAP_HAF },   { TCR, 41, PW_CAP_HPD }, { TCR, 37, PW_CAP_TBI },
	{ TCR2, 1, PW_CAP_PIE },   { TCR2, 2, PW_CAP_POE }, { TCR2, 3, PW_CAP_POE },
	{ SCTLR, 19, PW_CAP_WXN },
};
static const struct cap_bit upper_bits[] = {
	{ TCR, 39, PW_CAP_HAF },   { TCR, 42, PW_CAP_HPD }, { TCR, 38, PW_CAP_TBI },
	{ TCR2, 1, PW_CAP_PIE },   { TCR2, 2, PW_CAP_POE }, { TCR2, 3, PW_CAP_POE },
	{ SCTLR, 19, PW_CAP_WXN },
};
static const struct cap_bit el2_bits[] = {
	{ TCR, 21, PW_CAP_HAF },   { TCR, 24, PW_CAP_HPD }, { TCR, 20, PW_CAP_TBI },
	{ TCR2, 1, PW_CAP_PIE },   { TCR2, 2, PW_CAP_POE }, { TCR2, 3, PW_CAP_POE },
	{ SCTLR, 19, PW_CAP_WXN },
};
static const struct cap_bit el3_bits[] = {
	{ TCR, 21, PW_CAP_HAF }, { TCR, 24, PW_CAP_HPD }, { TCR, 20, PW_CAP_TBI },
	{ TCR, 35, PW_CAP_PIE }, { TCR, 36, PW_CAP_POE }, { SCTLR, 19, PW_CAP_WXN },
};

/* Every bit alone, of the three registers: the capabilities that come out. */
static void one_bit_each(uint32_t regime, bool upper, const struct cap_bit *bits, size_t nr)
{
	harness_note("regime", regime);
	harness_note("upper", upper);
	for (unsigned int n = 0; n < 3 * 64; n++) {
		struct pw_arm64_regs r = plain(regime);
		enum reg reg = n / 64;
		unsigned int bit = n % 64;
		uint32_t want = PW_CAP_XNX;
		int err;

		harness_note("bit", n);
		*(reg == TCR ? &r.tcr : reg == TCR2 ? &r.tcr2 : &r.sctlr) |= 1ull << bit;
		for (size_t i = 0; i < nr; i++)
			if (bits[i].reg == reg && bits[i].bit == bit)
				want |= bits[i].cap;
		err = decode(&r, upper);
		if (err) /* a size, a granule; 128-bit descriptors */
			continue;
		EXPECT_EQ(cfg.caps.flags, want);
		EXPECT_EQ(cfg.caps.bbm_level, 2);
	}
}

TEST(capabilities_of_every_bit)
{
	one_bit_each(PW_REGIME_EL10, false, lower_bits, NR(lower_bits));
	one_bit_each(PW_REGIME_EL20, false, lower_bits, NR(lower_bits));
	one_bit_each(PW_REGIME_EL10, true, upper_bits, NR(upper_bits));
	one_bit_each(PW_REGIME_EL20, true, upper_bits, NR(upper_bits));
	one_bit_each(PW_REGIME_EL2, false, el2_bits, NR(el2_bits));
	one_bit_each(PW_REGIME_EL3, false, el3_bits, NR(el3_bits));
}

TEST(capabilities_are_cleared_and_hd_needs_ha)
{
	for (uint32_t regime = 0; regime < PW_ARM64_NR_REGIMES; regime++) {
		struct pw_arm64_regs r = plain(regime);
		bool one = regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3;
		unsigned int ha = one ? 21 : 39, hd = one ? 22 : 40;

		cfg = (struct pw_table_config){ .caps = { .flags = ~0u } };
		EXPECT_EQ(pw_arm64_decode_regs(&r, false, &half, &cfg), 0);
		EXPECT_EQ(~cfg.caps.flags, PW_CAP_HAF | PW_CAP_HD | PW_CAP_HPD | PW_CAP_WXN |
						   PW_CAP_TBI | PW_CAP_PIE | PW_CAP_POE);
		r.tcr |= 1ull << hd;
		EXPECT_EQ(decode(&r, false), 0);
		EXPECT_EQ(cfg.caps.flags, PW_CAP_XNX);
		r.tcr |= 1ull << ha;
		EXPECT_EQ(decode(&r, false), 0);
		EXPECT_EQ(cfg.caps.flags, PW_CAP_XNX | PW_CAP_HAF | PW_CAP_HD);
	}
}

TEST(wide_descriptors_are_refused)
{
	for (uint32_t regime = 0; regime < PW_ARM64_NR_REGIMES; regime++) {
		struct pw_arm64_regs r = plain(regime);

		if (regime == PW_REGIME_EL3)
			r.tcr |= 1ull << 38;
		else
			r.tcr2 = 1ull << 5;
		EXPECT_EQ(decode(&r, false), PW_EOPNOTSUPP);
		EXPECT_EQ(cfg.root.v, 1);
		EXPECT_EQ(half.va_bits, 48);
	}
}

/* Granule, TxSZ, DS and PS of the one-half layout; the two-half one is arm64_test.c's. */
TEST(shape_of_one_half)
{
	static const uint32_t tg[3] = { PW_ARM64_4K, PW_ARM64_64K, PW_ARM64_16K };
	static const uint32_t bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };

	for (unsigned int n = 0; n < 2 * 4 * 2 * 8 * 64; n++) {
		struct pw_arm64_regs r = plain(n & 1 ? PW_REGIME_EL3 : PW_REGIME_EL2);
		unsigned int g = n >> 1 & 3, ds = n >> 3 & 1, ps = n >> 4 & 7, sz = n >> 7;
		unsigned int min = g == 1 || ds ? 12 : 16, max = g == 1 ? 47 : 48;
		bool wide = g == 1 || ds;
		int want = g == 3 ? PW_EDOM : sz < min || sz > max ? PW_ERANGE : 0;

		harness_note("case", n);
		r.tcr = sz | g << 14 | ps << 16 | (uint64_t)ds << 32;
		r.ttbr0 = 0x0000123456780000ull | 0xbull << 2 | 1;
		EXPECT_EQ(decode(&r, false), want);
		EXPECT_EQ(half.va_bits, 64 - sz);
		EXPECT_EQ(half.off, 0);
		if (g == 3)
			continue;
		EXPECT_EQ(half.granule, tg[g]);
		EXPECT_EQ(half.lpa2, g != 1 && ds);
		EXPECT_EQ(half.lpa, g == 1 && ps >= 6);
		EXPECT_EQ(half.pa_bits, wide || bits[ps] < 48 ? bits[ps] : 48);
		if (want)
			continue;
		EXPECT_EQ(cfg.va_bits, 64 - sz);
		EXPECT_EQ(cfg.root.v, wide && ps >= 6 ? 0x000b123456780000ull :
							0x0000123456780000ull | 0xbull << 2);
	}
}

TEST(output_size_of_two_halves)
{
	for (uint64_t ps = 0; ps < 8; ps++) {
		static const uint32_t bits[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
		struct pw_arm64_regs r = plain(PW_REGIME_EL10);

		r.tcr = (r.tcr & ~(7ull << 32)) | ps << 32;
		EXPECT_EQ(decode(&r, true), 0);
		EXPECT_EQ(half.pa_bits, bits[ps] < 48 ? bits[ps] : 48);
		r.tcr |= 3ull << 30; /* 64K in the upper half */
		EXPECT_EQ(decode(&r, true), 0);
		EXPECT_EQ(half.granule, PW_ARM64_64K);
		EXPECT_EQ(half.pa_bits, bits[ps]);
		EXPECT_EQ(half.lpa, ps >= 6);
		EXPECT_EQ(decode(&r, false), 0);
		EXPECT_EQ(half.lpa, 0);
	}
}

/* Stage 2 */

static int decode_s2(uint64_t vtcr, uint64_t vttbr, uint64_t hcr)
{
	struct pw_arm64_s2_regs r = { .vtcr = vtcr, .vttbr = vttbr, .hcr = hcr };

	memset(&half, 0, sizeof(half));
	cfg = (struct pw_table_config){ .root = { 1 },
					.mair = 7,
					.flags = PW_TABLE_UPPER,
					.caps = { .flags = PW_CAP_XNX | PW_CAP_PIE } };
	return pw_arm64_decode_s2_regs(&r, &half, &cfg);
}

/* A hypervisor's usual: 4K, 40 bits from the architecture's level 1, a 40-bit output size. */
#define VTCR (24ull | 1ull << 6 | 2ull << 16 | 1ull << 31)

TEST(stage2_of_a_hypervisor)
{
	EXPECT_EQ(decode_s2(VTCR, 0x0102000040000001ull, 1), 0);
	EXPECT_EQ(half.granule, PW_ARM64_4K);
	EXPECT_EQ(half.va_bits, 40);
	EXPECT_EQ(half.pa_bits, 40);
	EXPECT_EQ(half.off, 0);
	EXPECT_EQ(cfg.root.v, 0x40000000);
	EXPECT_EQ(cfg.va_bits, 40);
	EXPECT_EQ(cfg.levels, 3); /* two tables side by side */
	EXPECT_EQ(cfg.regime, PW_REGIME_STAGE2);
	EXPECT_EQ(cfg.asid, 2); /* 8-bit VMID */
	EXPECT_EQ(cfg.flags, 0);
	EXPECT_EQ(cfg.mair, 7);
	EXPECT_EQ(cfg.caps.flags, PW_CAP_XNX | PW_CAP_PIE);
	EXPECT_EQ(decode_s2(VTCR | 1ull << 19, 0x0102000040000001ull, 1), 0);
	EXPECT_EQ(cfg.asid, 0x102);
	EXPECT_EQ(decode_s2(VTCR, 0, ~1ull), 0);
	EXPECT_EQ(half.off, 1);
}

TEST(stage2_capabilities_of_every_bit)
{
	for (unsigned int n = 0; n < 64; n++) {
		uint32_t want = PW_CAP_XNX | PW_CAP_PIE;

		harness_note("bit", n);
		EXPECT_EQ(decode_s2(VTCR, 0, 1ull << n), 0);
		EXPECT_EQ(cfg.caps.flags, n == 46 ? want | PW_CAP_FWB : want);
		if (n < 8 || n == 14 || n == 15)
			continue;
		if (n >= 36 && n <= 38) { /* S2PIE, S2POE, D128 */
			EXPECT_EQ(decode_s2(VTCR | 1ull << n, 0, 1), PW_EOPNOTSUPP);
			EXPECT_EQ(cfg.root.v, 1);
			continue;
		}
		EXPECT_EQ(decode_s2(VTCR | 1ull << n, 0, 1), 0);
		EXPECT_EQ(cfg.caps.flags, n == 21 ? want | PW_CAP_HAF : want);
	}
	EXPECT_EQ(decode_s2(VTCR | 3ull << 21, 0, 1), 0);
	EXPECT_EQ(cfg.caps.flags, PW_CAP_XNX | PW_CAP_PIE | PW_CAP_HAF | PW_CAP_HD);
}

/* Start levels, Arm ARM VTCR_EL2.SL0 and .SL2: levels of tables from there on; 0: reserved. */
TEST(stage2_start_levels)
{
	static const struct {
		uint64_t tg, ds, sl2;
		uint32_t levels[4];
	} row[] = {
		{ 0, 0, 0, { 2, 3, 4, 1 } }, { 0, 1, 0, { 2, 3, 4, 1 } },
		{ 0, 1, 1, { 5, 0, 0, 0 } }, { 0, 0, 1, { 2, 3, 4, 1 } },
		{ 2, 0, 0, { 1, 2, 3, 0 } }, { 2, 1, 0, { 1, 2, 3, 4 } },
		{ 2, 1, 1, { 1, 2, 3, 4 } }, { 1, 0, 0, { 1, 2, 3, 0 } },
		{ 1, 1, 1, { 1, 2, 3, 0 } },
	};

	for (unsigned int i = 0; i < NR(row); i++) {
		for (uint64_t sl0 = 0; sl0 < 4; sl0++) {
			uint64_t vtcr = 24 | sl0 << 6 | row[i].tg << 14 | row[i].ds << 32 |
					row[i].sl2 << 33 | 5 << 16;
			uint32_t want = row[i].levels[sl0];

			harness_note("row", i);
			harness_note("sl0", sl0);
			EXPECT_EQ(decode_s2(vtcr, 0, 1), want ? 0 : PW_EDOM);
			EXPECT_EQ(cfg.levels, want);
			EXPECT_EQ(cfg.root.v, want ? 0 : 1);
		}
	}
}

TEST(stage2_shape)
{
	for (unsigned int n = 0; n < 4 * 2 * 8 * 64; n++) {
		unsigned int g = n & 3, ds = n >> 2 & 1, ps = n >> 3 & 7, sz = n >> 6;
		bool wide = g == 1 ? ps >= 6 : ds; /* 64K: inputs grow with outputs */
		unsigned int min = wide ? 12 : 16, max = g == 1 ? 47 : 48;
		int want = g == 3 ? PW_EDOM : sz < min || sz > max ? PW_ERANGE : 0;
		uint64_t vtcr = sz | g << 14 | ps << 16 | (uint64_t)ds << 32;

		harness_note("case", n);
		EXPECT_EQ(decode_s2(vtcr, 0x0000123456780000ull | 0xbull << 2 | 1, 1), want);
		EXPECT_EQ(half.va_bits, 64 - sz);
		if (g == 3)
			continue;
		EXPECT_EQ(half.lpa2, g != 1 && ds);
		EXPECT_EQ(half.lpa, g == 1 && ps >= 6);
		if (!want)
			EXPECT_EQ(cfg.root.v, wide && ps >= 6 ?
						      0x000b123456780000ull :
						      0x0000123456780000ull | 0xbull << 2);
	}
}
