/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * arm64 stage 1: what the bits of a leaf and of the tables above it mean in each regime, against
 * tables written from the manual; indirect permissions and overlays; tagged addresses.
 */
#include "arm64_arena.h"

static const struct arm64_format fmt_4k = {
	"4k",
	{ &pw_arm64_4k_direct, &pw_arm64_4k_hooked },
	12,
	9,
	4,
	3,
	16,
	48,
	48,
	{ 0 },
	{ 4, 4, 4, 0 },
	{ 0 },
	0,
};
static const struct arm64_format fmt_64k = {
	"64k-lpa",
	{ &pw_arm64_64k_lpa_direct, &pw_arm64_64k_lpa_hooked },
	16,
	13,
	3,
	3,
	17,
	52,
	52,
	LPA_HIGH,
	{ 5, 5, 0, 0 },
	{ 0 },
	0,
};

#define R  PW_PERM_R
#define W  PW_PERM_W
#define X  PW_PERM_X
#define UR PW_PERM_USER_R
#define UW PW_PERM_USER_W
#define UX PW_PERM_USER_X

static bool open_regime(const struct arm64_format *f, uint32_t regime, uint32_t caps,
			uint32_t flags)
{
	arena_reset(f, false, f->max_va);
	a.cfg.regime = regime;
	a.cfg.caps.flags = caps;
	a.cfg.flags = flags;
	return arena_init();
}

/*
 * Direct permissions, Arm ARM "Stage 1 permissions", by UXN, PXN, AP[2], AP[1] from the highest bit
 * down: AP[2:1] 00 privileged read and write, 01 both's, 10 privileged read, 11 both's read; what
 * the user may write the privileged cannot execute.
 */
static const uint32_t two[16] = {
	R | W | X | UX, R | W | UR | UW | UX, R | X | UX, R | X | UR | UX, /* both may execute */
	R | W | UX,	R | W | UR | UW | UX, R | UX,	  R | UR | UX,	   /* PXN */
	R | W | X,	R | W | UR | UW,      R | X,	  R | X | UR,	   /* UXN */
	R | W,		R | W | UR | UW,      R,	  R | UR,
};
/* With SCTLR.WXN. */
static const uint32_t two_wxn[16] = {
	R | W | UX, R | W | UR | UW, R | X | UX, R | X | UR | UX, R | W | UX, R | W | UR | UW,
	R | UX,	    R | UR | UX,     R | W,	 R | W | UR | UW, R | X,      R | X | UR,
	R | W,	    R | W | UR | UW, R,		 R | UR,
};

static uint64_t direct_leaf(unsigned int i)
{
	return 0x703 | (uint64_t)(i & 3) << 6 | (uint64_t)(i >> 2) << 53;
}

static uint32_t one_of(unsigned int i, bool wxn)
{
	uint32_t perm = i & 2 ? R : R | W;

	return i & 8 || (wxn && !(i & 2)) ? perm : perm | X;
}

TEST(direct_permissions_of_every_regime)
{
	for (unsigned int n = 0; n < 16; n++) {
		uint32_t regime = n & 3;
		bool one = regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3, wxn = n & 4;

		harness_note("regime", regime);
		if (!open_regime(n & 8 ? &fmt_64k : &fmt_4k, regime, wxn ? PW_CAP_WXN : 0, 0))
			return;
		for (unsigned int i = 0; i < 16; i++) {
			struct pw_attr attr;
			uint64_t raw;

			harness_note("bits", i);
			EXPECT_EQ(pw_attr_decode(&a.pt, direct_leaf(i), 0, &attr), 0);
			EXPECT_EQ(attr.perm, one ? one_of(i, wxn) : wxn ? two_wxn[i] : two[i]);
			EXPECT_EQ(attr.perm_index, 0);
			EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
			/* one privilege: AP[1] RES1, PXN RES0 */
			if (one)
				EXPECT_EQ(raw & (1ull << 53 | 0x40), 0x40);
			EXPECT_EQ(pw_attr_decode(&a.pt, raw, 0, &attr), 0);
			EXPECT_EQ(attr.perm, one ? one_of(i, wxn) : wxn ? two_wxn[i] : two[i]);
		}
	}
}

/* The bits that encoding chooses where several would do: execute-never. */
TEST(direct_permissions_encoded)
{
	static const struct {
		uint32_t regime, perm;
		uint64_t bits;
	} row[] = {
		{ PW_REGIME_EL10, R, 3ull << 53 | 0x80 },
		{ PW_REGIME_EL10, R | X, 1ull << 54 | 0x80 },
		{ PW_REGIME_EL10, R | W | UR | UW, 3ull << 53 | 0x40 },
		{ PW_REGIME_EL10, R | W | UR | UW | UX, 1ull << 53 | 0x40 },
		{ PW_REGIME_EL20, R | UR | UX, 1ull << 53 | 0xc0 },
		{ PW_REGIME_EL2, R, 1ull << 54 | 0xc0 },
		{ PW_REGIME_EL2, R | X, 0xc0 },
		{ PW_REGIME_EL3, R | W, 1ull << 54 | 0x40 },
	};

	for (unsigned int i = 0; i < NR(row); i++) {
		struct pw_attr attr = { .perm = row[i].perm };
		uint64_t raw;

		harness_note("row", i);
		if (!open_regime(&fmt_4k, row[i].regime, 0, 0))
			return;
		EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
		EXPECT_EQ(raw & (3ull << 53 | 0xc0), row[i].bits);
	}
}

/* APTable, XNTable, PXNTable, each at each level above; HPD, PIE and POE switch them off. */
static uint32_t under(uint64_t table, uint64_t leaf, unsigned int at)
{
	struct pw_translation t;

	*arena_slot(0, 0) = leaf;
	*arena_slot(0, at) |= table;
	EXPECT_EQ(pw_translate(&a.pt, pw_va_of(0), &t), 0);
	*arena_slot(0, at) &= ~table;
	return t.perm;
}

TEST(table_attributes)
{
	const struct pw_attr attr = { .perm = R, .flags = PW_ATTR_VALID | PW_ATTR_ACCESSED };

	for (unsigned int n = 0; n < 16; n++) {
		uint32_t regime = n & 3;
		static const uint32_t off[4] = { 0, PW_CAP_HPD, PW_CAP_POE, PW_CAP_PIE };
		bool one = regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3, on = !off[n / 4];

		harness_note("regime", regime);
		harness_note("off", n / 4);
		arena_reset(&fmt_4k, true, 48);
		a.cfg.regime = regime;
		a.cfg.caps.flags = off[n / 4];
		/* PIE: index 0 is privileged read, 1 read and write by both */
		a.cfg.pir = 0xc8;
		a.cfg.pire0 = 0xc0;
		if (!arena_init())
			return;
		EXPECT_EQ(pw_map(&a.pt, pw_range_len(0, 4096), pw_pa_of(0), &attr, 0, NULL, NULL),
			  0);
		for (unsigned int at = 1; at < 4; at++) {
			if (n >= 12) {
				uint32_t want = one ? R | W : R | W | UR | UW;

				EXPECT_EQ(under(0x1full << 59, 0x743, at), want);
				continue;
			}
			for (unsigned int i = 0; i < 16; i++) {
				uint64_t leaf = direct_leaf(i);
				uint32_t all = one ? one_of(i, false) : two[i];
				unsigned int j = i;

				harness_note("bits", i);
				EXPECT_EQ(under(1ull << 63, leaf, at), all); /* NSTable */
				j = on ? i | 2 : i; /* APTable[1]: read-only */
				EXPECT_EQ(under(1ull << 62, leaf, at),
					  one ? one_of(j, false) : two[j]);
				j = on ? i & ~1u : i; /* APTable[0]: not the user's */
				EXPECT_EQ(under(1ull << 61, leaf, at), one ? all : two[j]);
				j = on ? i | 8 : i; /* XNTable, UXNTable */
				EXPECT_EQ(under(1ull << 60, leaf, at),
					  one ? one_of(j, false) : two[j]);
				j = on ? i | 4 : i; /* PXNTable */
				EXPECT_EQ(under(1ull << 59, leaf, at), one ? all : two[j]);
			}
		}
	}
}

/* EL3: NSE is bit 11, in valid leaves. */
TEST(nse)
{
	struct pw_change on = { .flags_set = PW_ATTR_VALID },
			 off = { .flags_clear = PW_ATTR_VALID };
	struct pw_change change;
	struct pw_range page = pw_range_len(0, 4096);
	struct pw_attr attr = { .perm = R | W, .flags = PW_ATTR_VALID | PW_ATTR_NS | PW_ATTR_NSE },
		       got;
	uint64_t raw;

	for (uint32_t regime = 0; regime < PW_ARM64_NR_REGIMES; regime++) {
		if (!open_regime(&fmt_4k, regime, 0, 0))
			return;
		EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw),
			  regime == PW_REGIME_EL3 ? 0 : PW_EOPNOTSUPP);
		EXPECT_EQ(pw_attr_decode(&a.pt, 0xc03, 0, &got), 0);
		EXPECT_EQ(got.flags & PW_ATTR_NSE, regime == PW_REGIME_EL3 ? PW_ATTR_NSE : 0);
		EXPECT_EQ(got.flags & PW_ATTR_GLOBAL,
			  regime == PW_REGIME_EL10 || regime == PW_REGIME_EL20 ? 0 :
										 PW_ATTR_GLOBAL);
	}
	EXPECT(open_regime(&fmt_4k, PW_REGIME_EL3, 0, 0));
	EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
	EXPECT_EQ(raw & 0x820, 0x820);
	EXPECT_EQ(pw_attr_decode(&a.pt, raw, 0, &got), 0);
	EXPECT_EQ(got.flags, attr.flags | PW_ATTR_GLOBAL);
	EXPECT_EQ(pw_attr_decode(&a.pt, raw & ~1ull, 0, &got), 0); /* the mark of the invalid */
	EXPECT_EQ(got.flags, PW_ATTR_NS | PW_ATTR_GLOBAL);
	attr.flags &= ~PW_ATTR_VALID;
	EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), PW_EOPNOTSUPP);
	attr.flags = PW_ATTR_VALID | PW_ATTR_NSE;
	EXPECT_EQ(pw_map(&a.pt, page, pw_pa_of(0), &attr, 0, NULL, NULL), 0);
	/* not on its own, nor by raw masks; not lost by what global means elsewhere */
	change = (struct pw_change){ .flags_clear = PW_ATTR_NSE };
	EXPECT_EQ(pw_protect(&a.pt, page, &change, 0, NULL, NULL), PW_EOPNOTSUPP);
	change = (struct pw_change){ .raw_clear = 0x800 };
	EXPECT_EQ(pw_protect(&a.pt, page, &change, 0, NULL, NULL), PW_EINVAL);
	change = (struct pw_change){ .flags_set = PW_ATTR_GLOBAL };
	EXPECT_EQ(pw_protect(&a.pt, page, &change, 0, NULL, NULL), 0);
	EXPECT_EQ(*arena_slot(0, 0) & 0x801, 0x801);
	EXPECT_EQ(pw_protect(&a.pt, page, &off, 0, NULL, NULL), 0);
	EXPECT_EQ(*arena_slot(0, 0) & 0x801, 0x800);
	EXPECT_EQ(pw_protect(&a.pt, page, &on, 0, NULL, NULL), 0);
	EXPECT_EQ(*arena_slot(0, 0) & 0x801, 1);
	EXPECT_EQ(pw_protect(&a.pt, page, &off, 0, NULL, NULL), 0);
	on.flags_set |= PW_ATTR_NSE;
	EXPECT_EQ(pw_protect(&a.pt, page, &on, 0, NULL, NULL), 0);
	EXPECT_EQ(*arena_slot(0, 0) & 0x801, 0x801);
	EXPECT(open_regime(&fmt_4k, PW_REGIME_EL3, 0, PW_TABLE_LIVE));
	EXPECT_EQ(pw_protect(&a.pt, page, &on, 0, NULL, NULL), PW_EOPNOTSUPP);
}

/*
 * Indirect permissions: Arm ARM, PIR_EL1 and PIRE0_EL1, the meaning of each 4-bit value, overlays
 * left out. 6 is read, write and execute where an overlay takes write away; else read and write.
 */
static const uint32_t rights[16] = {
	0, R, X, R | X, 0, R | W, R | W, R | W | X, R, R, R | X, 0, R | W, 0, R | W | X, 0,
};

static uint64_t indirect_leaf(unsigned int i)
{
	return 0x703 | (uint64_t)(i & 1) << 6 | (uint64_t)(i >> 1 & 1) << 51 |
	       (uint64_t)(i >> 2 & 1) << 53 | (uint64_t)(i >> 3) << 54;
}

static uint32_t indirect(uint32_t regime, uint32_t priv, uint32_t user)
{
	if (regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3)
		return rights[priv];
	/* rule RVFPJF: execution or a control stack, and the user's writing or control stack */
	if ((0x46ccu >> priv & 1) && (0x52e0u >> user & 1))
		return 0;
	return rights[priv] | rights[user] << 3;
}

/* Every pair of values at every index, in every regime. */
TEST(indirect_permissions_of_every_index)
{
	for (unsigned int n = 0; n < 4 * 256; n++) {
		uint32_t regime = n >> 8, priv = n >> 4 & 15, user = n & 15;

		harness_note("regime", regime);
		harness_note("priv", priv);
		harness_note("user", user);
		arena_reset(n & 1 ? &fmt_64k : &fmt_4k, false, 48);
		a.cfg.regime = regime;
		a.cfg.caps.flags = PW_CAP_PIE | PW_CAP_WXN; /* which means nothing then */
		for (unsigned int i = 0; i < 16; i++) {
			a.cfg.pir |= (uint64_t)((priv + i) & 15) << 4 * i;
			a.cfg.pire0 |= (uint64_t)((user + i) & 15) << 4 * i;
		}
		if (!arena_init())
			return;
		for (unsigned int i = 0; i < 16; i++) {
			uint32_t want = indirect(regime, (priv + i) & 15, (user + i) & 15);
			bool writable = want & (W | UW);
			uint64_t leaf = indirect_leaf(i), raw;
			struct pw_attr attr;

			EXPECT_EQ(pw_attr_decode(&a.pt, leaf, 0, &attr), 0);
			EXPECT_EQ(attr.perm, want);
			EXPECT_EQ(attr.perm_index, i);
			EXPECT_EQ(attr.flags & (PW_ATTR_DBM | PW_ATTR_DIRTY),
				  writable ? PW_ATTR_DBM | PW_ATTR_DIRTY : 0);
			EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
			EXPECT_EQ(raw, leaf);
			/* the other flags are where they always are: GP, Contiguous, nG, AF, NS */
			for (unsigned int bit = 0; bit < 5; bit++) {
				uint64_t flip = leaf ^
						1ull << (const int[]){ 50, 52, 11, 10, 5 }[bit];

				EXPECT_EQ(pw_attr_decode(&a.pt, flip, 0, &attr), 0);
				EXPECT_EQ(attr.perm, want);
				if (bit == 1)
					EXPECT(attr.flags & PW_ATTR_CONTIGUOUS);
				if (bit == 2 &&
				    (regime == PW_REGIME_EL2 || regime == PW_REGIME_EL3))
					continue; /* no flag, or NSE, there */
				EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
				EXPECT_EQ(raw, flip);
			}
			/* nDirty */
			EXPECT_EQ(pw_attr_decode(&a.pt, leaf | 0x80, 0, &attr), 0);
			EXPECT_EQ(attr.perm, want);
			EXPECT_EQ(attr.flags & (PW_ATTR_DBM | PW_ATTR_DIRTY),
				  writable ? PW_ATTR_DBM : 0);
			EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
			EXPECT_EQ(raw, writable ? leaf | 0x80 : leaf);
		}
	}
}

/* Encoding finds an index with just these rights, wherever it is, or says that there is none. */
TEST(indirect_permissions_encoded)
{
	for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
		for (unsigned int at = 0; at < 17; at++) {
			struct pw_attr attr = { .perm = perm,
						.flags = PW_ATTR_VALID | PW_ATTR_GLOBAL,
						.perm_index = 5 };
			uint32_t priv = 0, user = 0;
			uint64_t raw;

			harness_note("perm", perm);
			harness_note("at", at);
			while (priv < 16 && rights[priv] != (perm & 7))
				priv++;
			while (user < 16 && rights[user] != (perm >> 3))
				user++;
			arena_reset(&fmt_4k, false, 48);
			a.cfg.caps.flags = PW_CAP_PIE;
			/* all others: the privileged may read and execute, the user execute */
			a.cfg.pir = 0xaaaaaaaaaaaaaaaaull;
			a.cfg.pire0 = 0x2222222222222222ull;
			if (at < 16 && priv < 16 && user < 16) {
				a.cfg.pir ^= (0xaull ^ priv) << 4 * at;
				a.cfg.pire0 ^= (0x2ull ^ user) << 4 * at;
			}
			if (!arena_init())
				return;
			if (perm == (R | X | UX)) {
				EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
				EXPECT_EQ(raw, indirect_leaf(5) & ~0x700ull);
			} else if (at < 16 && priv < 16 && user < 16 &&
				   indirect(0, priv, user) == perm) {
				EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), 0);
				EXPECT_EQ(raw, indirect_leaf(at) & ~0x700ull);
			} else {
				EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), PW_EOPNOTSUPP);
			}
			attr.perm_index = 16;
			EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), PW_EOPNOTSUPP);
		}
	}
}

/* Index and key stay what they are, whatever else changes; rights do not change. */
TEST(indirect_permissions_are_kept)
{
	struct pw_range page = pw_range_len(0, 4096);

	for (unsigned int i = 0; i < 16; i++) {
		struct pw_attr attr = { .perm = R | W, .flags = PW_ATTR_VALID, .perm_index = i };
		uint64_t before;

		arena_reset(&fmt_4k, false, 48);
		a.cfg.caps.flags = PW_CAP_PIE;
		a.cfg.pir = 0xccccccccccccccccull;
		if (!arena_init())
			return;
		EXPECT_EQ(pw_map(&a.pt, page, pw_pa_of(0x4000), &attr, 0, NULL, NULL), 0);
		before = *arena_slot(0, 0) |= 5ull << 60;
		EXPECT_EQ(before, (indirect_leaf(i) & ~0x700ull) | 0x4800 | 5ull << 60);
		for (uint32_t flag = 1; flag <= PW_PERM_ALL; flag <<= 1) {
			struct pw_change c = { .perm_clear = flag }, s = { .perm_set = flag };

			EXPECT_EQ(pw_protect(&a.pt, page, &c, 0, NULL, NULL), PW_EOPNOTSUPP);
			EXPECT_EQ(pw_protect(&a.pt, page, &s, 0, NULL, NULL), PW_EOPNOTSUPP);
			EXPECT_EQ(*arena_slot(0, 0), before);
		}
		for (uint32_t flag = 1; flag <= PW_ATTR_ALL; flag <<= 1) {
			bool ok = flag & (PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED |
					  PW_ATTR_GUARDED | PW_ATTR_NS);
			struct pw_change s = { .flags_set = flag }, c = { .flags_clear = flag };
			uint64_t index = before & (3ull << 53 | 1ull << 51 | 0x40 | 7ull << 60);

			harness_note("flag", flag);
			*arena_slot(0, 0) = before; /* valid: what follows is about valid leaves */
			EXPECT_EQ(pw_protect(&a.pt, page, &s, 0, NULL, NULL),
				  ok ? 0 : PW_EOPNOTSUPP);
			EXPECT_EQ(pw_protect(&a.pt, page, &c, 0, NULL, NULL),
				  ok ? 0 : PW_EOPNOTSUPP);
			EXPECT_EQ(*arena_slot(0, 0) &
					  (0xfull << 60 | 3ull << 53 | 1ull << 51 | 0x40),
				  index);
		}
	}
}

/* Without PIE the four bits are rights and DBM, and PIR means nothing. */
TEST(registers_without_their_feature)
{
	struct pw_attr attr;

	arena_reset(&fmt_4k, false, 48);
	a.cfg.pir = a.cfg.pire0 = 0;
	if (!arena_init())
		return;
	EXPECT_EQ(pw_attr_decode(&a.pt, 0x743, 0, &attr), 0);
	EXPECT_EQ(attr.perm, R | W | UR | UW | UX);
	attr.perm_index = 1;
	EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &(uint64_t){ 0 }), PW_EOPNOTSUPP);
}

/* A dirty state that hardware manages is ignored on demand, for every index. */
TEST(indirect_dirty_state_is_no_difference)
{
	struct pw_attr attr = { .perm = R | W, .flags = PW_ATTR_VALID | PW_ATTR_DBM };
	struct pw_range pages = pw_range_len(0, 8192);
	struct pw_iter it;
	struct pw_run run;

	for (uint32_t ignore = 0; ignore < 2; ignore++) {
		arena_reset(&fmt_4k, false, 48);
		a.cfg.caps.flags = PW_CAP_PIE;
		a.cfg.pir = 0xc;
		if (!arena_init())
			return;
		EXPECT_EQ(pw_map(&a.pt, pages, pw_pa_of(0), &attr, 0, NULL, NULL), 0);
		EXPECT_EQ(*arena_slot(0, 0) & 0x80, 0x80); /* clean */
		*arena_slot(0, 0) &= ~0x80ull;
		EXPECT_EQ(pw_iter_init(&it, &a.pt, pages, PW_WANT_LEAVES,
				       ignore ? PW_IGNORE_AD : 0),
			  0);
		EXPECT_EQ(pw_iter_next(&it, &run), 1);
		EXPECT_EQ(run.nr, ignore ? 2 : 1);
	}
}

/* A new entry is published in any case: an index does not say which the privileged may use. */
TEST(indirect_publish)
{
	struct pw_attr attr = { .perm = R | UR, .flags = PW_ATTR_VALID };

	for (unsigned int pie = 0; pie < 2; pie++) {
		arena_reset(&fmt_4k, false, 48);
		a.cfg.flags = PW_TABLE_LIVE;
		a.cfg.caps.flags = pie ? PW_CAP_PIE : 0;
		a.cfg.pir = a.cfg.pire0 = 0x88888888888888ull << 8;
		if (!arena_init())
			return;
		attr.perm_index = pie ? 3 : 0; /* bit 6 is set either way */
		EXPECT_EQ(pw_map(&a.pt, pw_range_len(0, 4096), pw_pa_of(0), &attr, 0, NULL, NULL),
			  0);
		EXPECT_EQ(*arena_slot(0, 0) & 0x40, 0x40);
		EXPECT_EQ(a.counter.n.publish, pie);
	}
}

/* Overlays: a key in bits [62:60]. */
TEST(overlay_keys)
{
	for (unsigned int poe = 0; poe < 2; poe++) {
		if (!open_regime(&fmt_4k, PW_REGIME_EL10, poe ? PW_CAP_POE : 0, 0))
			return;
		for (uint32_t key = 0; key < 16; key++) {
			struct pw_attr attr = { .perm = R, .flags = PW_ATTR_VALID, .key = key },
				       got;
			bool ok = !key || (poe && key < 8);
			uint64_t raw;

			EXPECT_EQ(pw_attr_encode(&a.pt, &attr, 0, &raw), ok ? 0 : PW_EOPNOTSUPP);
			if (ok)
				EXPECT_EQ(raw >> 59, key << 1);
			EXPECT_EQ(pw_attr_decode(&a.pt, 0x703 | (uint64_t)key << 60, 0, &got), 0);
			EXPECT_EQ(got.key, poe ? key & 7 : 0);
		}
	}
}

/* Tagged addresses: bits [63:56] are no part of them, bit 55 is their sign. */
TEST(tagged_addresses)
{
	const struct pw_attr attr = { .perm = R, .flags = PW_ATTR_VALID };

	for (unsigned int n = 0; n < 4; n++) {
		bool tbi = n & 1, upper = n & 2;
		uint64_t va;
		struct pw_translation t;
		struct pw_pa pa, known;

		if (!open_regime(&fmt_4k, PW_REGIME_EL10, tbi ? PW_CAP_TBI : 0,
				 upper ? PW_TABLE_UPPER : 0))
			return;
		va = a.pt.first.v + 0x7000;
		EXPECT_EQ(pw_map(&a.pt, pw_range_len(va, 4096), pw_pa_of(0x4000), &attr, 0, NULL,
				 NULL),
			  0);
		for (uint64_t tag = 0; tag < 256; tag++) {
			uint64_t tagged = (va & ~(0xffull << 56)) | tag << 56 | 0x123;
			int want = tagged >> 56 == va >> 56 || tbi ? 0 : PW_EINVAL;

			if (!tbi && tag == (upper ? 0u : 0xffu)) /* bits [55:48] are not its */
				want = PW_EINVAL;
			harness_note("tag", tag);
			EXPECT_EQ(pw_translate(&a.pt, pw_va_of(tagged), &t), want);
			EXPECT_EQ(pw_translate_pa(&a.pt, pw_va_of(tagged), &pa), want);
			EXPECT_EQ(pw_arm64_4k_direct_lookup(&a.pt, pw_va_of(tagged), &known), want);
			if (want)
				continue;
			EXPECT_EQ(t.pa.v, 0x4123);
			EXPECT_EQ(pa.v, 0x4123);
			EXPECT_EQ(known.v, 0x4123);
			/* the other half's; neither's */
			EXPECT_EQ(pw_translate_pa(&a.pt, pw_va_of(tagged ^ 0xffull << 48), &pa),
				  tbi ? PW_ERANGE : PW_EINVAL);
			EXPECT_EQ(pw_translate_pa(&a.pt, pw_va_of(tagged ^ 1ull << 55), &pa),
				  PW_EINVAL);
			EXPECT_EQ(pw_translate_pa(&a.pt, pw_va_of(tagged ^ 1ull << 48), &pa),
				  PW_EINVAL);
		}
	}
}

/*
 * Bit 11 is what marks a present-but-invalid leaf. A change that would take it away and not make
 * the leaf valid would leave an entry that is nobody's: refused, and of its range nothing is done.
 */
static void mark_is_kept(uint32_t regime, uint32_t flags)
{
	static const struct pw_change refused[] = {
		{ .flags_set = PW_ATTR_GLOBAL },
		{ .raw_clear = 1ull << 11 },
		{ .flags_clear = PW_ATTR_VALID, .raw_clear = 1ull << 11 },
	};
	const struct pw_change valid = { .flags_set = PW_ATTR_VALID | PW_ATTR_GLOBAL };
	const struct pw_attr off = { .perm = R, .mem_index = 1 };
	bool one = regime == PW_REGIME_EL2;
	struct pw_range both, page;
	struct pw_result res;

	if (!open_regime(&fmt_4k, regime, 0, flags))
		return;
	both = pw_range_len(a.pt.first.v, 8192);
	page = pw_range_len(a.pt.first.v + 4096, 4096);
	EXPECT_EQ(pw_map(&a.pt, both, pw_pa_of(0x4000), &off, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_protect(&a.pt, pw_range_len(both.first.v, 4096), &valid, 0, NULL, NULL), 0);
	for (unsigned int i = one ? 1 : 0; i < NR(refused); i++) {
		struct pw_translation t;

		harness_note("change", i);
		EXPECT_EQ(pw_protect(&a.pt, page, &refused[i], 0, NULL, &res), PW_EOPNOTSUPP);
		EXPECT_EQ(pw_protect(&a.pt, both, &refused[i], 0, NULL, &res), PW_EOPNOTSUPP);
		if (i < 2) /* the last one refuses the valid page already */
			EXPECT_EQ(res.where.first.v, page.first.v);
		EXPECT_EQ(pw_translate(&a.pt, both.first, &t), 0);
		EXPECT_EQ(pw_translate(&a.pt, page.first, &t), PW_ENOENT);
		EXPECT_EQ(t.kind, PW_KIND_INVALID);
	}
	/* with the valid bit, and alone where the leaf is valid, it is what it says */
	EXPECT_EQ(pw_protect(&a.pt, both, &valid, 0, NULL, NULL), 0);
	EXPECT_EQ(pw_protect(&a.pt, both, &refused[0], 0, NULL, &res), 0);
	EXPECT_EQ(pw_protect(&a.pt, both, &refused[1], 0, NULL, &res), 0);
}

TEST(present_but_invalid_keeps_its_mark)
{
	mark_is_kept(PW_REGIME_EL10, 0);
	mark_is_kept(PW_REGIME_EL20, 0);
	mark_is_kept(PW_REGIME_EL2, 0);
}

/* On a live table a page that is global already is told from one that would have to be broken. */
TEST(present_but_invalid_keeps_its_mark_live)
{
	mark_is_kept(PW_REGIME_EL10, PW_TABLE_LIVE);
	mark_is_kept(PW_REGIME_EL2, PW_TABLE_LIVE);
}
