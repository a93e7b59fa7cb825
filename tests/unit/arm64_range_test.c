/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Range operations, level hints and stage 2: operands bit by bit, and plans judged by a decoder of
 * operands that was written from the manual's picture of the register (Arm ARM, TLBI RVAE1IS), not
 * from the encoder: what a plan invalidates must be what it was asked for, page for page.
 */
#include <pagewalk/arm64.h>
#include <pagewalk/pagewalk.h>

#include "../harness/harness.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* What was carried out. */
static struct {
	unsigned int nr, singles, ranges, full;
	unsigned int dsb_ishst, dsb_ish, isb;
	char order[256]; /* 's' dsb ishst, 'S' dsb ish, 'i' isb, 't' tlbi, 'c' all of stage 1,
			    '<' '>' a VMID is entered and left */
	unsigned int at;
	enum pw_arm64_tlbi op[64];
	uint64_t operand[64];
	uint16_t vmid;
} did;

static void mark(char c)
{
	if (did.at < sizeof(did.order) - 1)
		did.order[did.at++] = c;
}

static void on_dsb(void *ctx, enum pw_arm64_dsb kind)
{
	(void)ctx;
	mark(kind == PW_ARM64_DSB_ISHST ? 's' : 'S');
}

static void on_isb(void *ctx)
{
	(void)ctx;
	mark('i');
}

static void on_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	(void)ctx;
	mark(op == PW_ARM64_VMALLE1IS ? 'c' : 't');
	if (did.nr < NR(did.op)) {
		did.op[did.nr] = op;
		did.operand[did.nr] = operand;
	}
	did.nr++;
}

static void on_vmid(void *ctx, uint16_t vmid, bool enter)
{
	(void)ctx;
	mark(enter ? '<' : '>');
	did.vmid = vmid;
}

static const struct pw_arm64_ops ops = { on_dsb, on_isb, on_tlbi };

static void run(const struct pw_flush *f, uint32_t nr, uint32_t full, uint32_t caps)
{
	struct pw_plan p = { .size = sizeof(p),
			     .before = PW_BEFORE_STORES,
			     .full = full,
			     .nr_ranges = nr,
			     .ranges = f };
	struct pw_arm64_executor e;

	did = (__typeof__(did)){ 0 };
	pw_arm64_executor_init(&e, &ops, NULL);
	e.caps = caps;
	e.vmid = on_vmid;
	e.x.run(e.x.ctx, &p);
}

static bool order_is(const char *want)
{
	unsigned int i;

	for (i = 0; want[i] && want[i] == did.order[i]; i++)
		;
	return EXPECT(want[i] == did.order[i]);
}

/* --- the manual's picture of the register --------------------------------------------------- */

struct covered {
	uint64_t first; /* of the 49 or 53 address bits that the operand holds */
	uint64_t bytes;
	unsigned int level; /* the architecture's; 0: no hint */
	uint16_t asid;
	unsigned int granule_lg2;
};

static unsigned int granule_of(uint64_t tg)
{
	return tg == 1 ? 12 : tg == 2 ? 14 : tg == 3 ? 16 : 0;
}

static struct covered read_range(uint64_t x, bool ds)
{
	struct covered c = { .asid = (uint16_t)(x >> 48) };
	uint64_t scale = x >> 44 & 3, num = x >> 39 & 31;

	c.granule_lg2 = granule_of(x >> 46 & 3);
	c.first = (x & 0x1fffffffffull) << (ds ? 16 : c.granule_lg2);
	c.bytes = (num + 1) << (5 * scale + 1) << c.granule_lg2;
	c.level = x >> 37 & 3;
	return c;
}

static struct covered read_single(uint64_t x, unsigned int page_lg2)
{
	struct covered c = { .asid = (uint16_t)(x >> 48) };

	c.first = (x & 0xfffffffffffull) << 12;
	c.bytes = 1ull << page_lg2;
	c.level = x >> 44 & 3;
	c.granule_lg2 = granule_of(x >> 46 & 3);
	return c;
}

static bool is_range(enum pw_arm64_tlbi op)
{
	return pw_arm64_tlbi_name(op)[0] == 'R';
}

/*
 * Does what was carried out cover @f: every page once, none besides, in ascending order? Addresses
 * are compared in the bits that an operand can hold.
 */
static void expect_covers(const struct pw_flush *f, unsigned int level, bool ds)
{
	uint64_t mask = (1ull << (ds ? 53 : f->granule_lg2 + 37)) - 1;
	uint64_t at = f->first.v >> f->granule_lg2 << f->granule_lg2;
	uint64_t nr = ((f->last.v - at) >> f->granule_lg2) + 1, i;

	EXPECT(did.nr <= NR(did.op));
	for (i = 0; i < did.nr && i < NR(did.op); i++) {
		bool range = is_range(did.op[i]);
		/* one operation on a block is enough, so there its stride counts */
		unsigned int lg2 = did.nr == 1 ? f->page_lg2 : f->granule_lg2;
		struct covered c = range ? read_range(did.operand[i], ds) :
					   read_single(did.operand[i], lg2);

		did.ranges += range;
		did.singles += !range;
		EXPECT_EQ(c.first, at & (range ? mask : 0x00fffffffffff000ull));
		EXPECT_EQ(c.level, level);
		EXPECT_EQ(c.asid, f->asid);
		if (range || level)
			EXPECT_EQ(c.granule_lg2, f->granule_lg2);
		at += c.bytes;
		nr -= c.bytes >> f->granule_lg2;
	}
	EXPECT_EQ(nr, 0);
}

static struct pw_flush pages(unsigned int granule_lg2, uint64_t first, uint64_t nr)
{
	return (struct pw_flush){
		.first = pw_va_of(first),
		.last = pw_va_of(first + (nr << granule_lg2) - 1),
		.asid = 0x1234,
		.page_lg2 = (uint8_t)granule_lg2,
		.granule_lg2 = (uint8_t)granule_lg2,
	};
}

/* --- operands -------------------------------------------------------------------------------- */

TEST(hints_of_every_granule_and_level)
{
	static const unsigned int tg[] = { [12] = 1, [14] = 2, [16] = 3 };

	for (unsigned int granule = 0; granule < 20; granule++) {
		for (unsigned int level = 0; level < 256; level++) {
			bool known = granule == 12 || granule == 14 || granule == 16;
			unsigned int want = known && level < 3 ? tg[granule] << 2 | (3 - level) : 0;

			EXPECT_EQ(pw_arm64_tlbi_ttl(granule, level), want);
		}
	}
}

/* Every field by itself, and next to its neighbours' ones. */
TEST(range_operand_field_by_field)
{
	for (unsigned int g = 12; g <= 16; g += 2) {
		for (unsigned int unit = g; unit <= 16; unit += 16 - g ? 16 - g : 16) {
			struct pw_arm64_range r = { .granule_lg2 = g,
						    .unit_lg2 = unit,
						    .level = PW_FLUSH_LEVELS };
			uint64_t tg = (uint64_t)(g - 10) / 2 << 46;

			EXPECT_EQ(pw_arm64_tlbi_range_operand(&r), tg);
			for (r.scale = 0; r.scale < 4; r.scale++)
				EXPECT_EQ(pw_arm64_tlbi_range_operand(&r),
					  tg | (uint64_t)r.scale << 44);
			r.scale = 0;
			for (r.num = 0; r.num < 32; r.num++)
				EXPECT_EQ(pw_arm64_tlbi_range_operand(&r),
					  tg | (uint64_t)r.num << 39);
			r.num = 0;
			for (r.level = 0; r.level < 8; r.level++)
				EXPECT_EQ(pw_arm64_tlbi_range_operand(&r),
					  tg | (r.level < 3 ? (uint64_t)(3 - r.level) << 37 : 0));
			r.level = PW_FLUSH_LEVELS;
			for (unsigned int bit = 0; bit < 16; bit++) {
				r.asid = (uint16_t)(1u << bit);
				EXPECT_EQ(pw_arm64_tlbi_range_operand(&r), tg | 1ull << (48 + bit));
			}
			r.asid = 0;
			for (unsigned int bit = 0; bit < 64; bit++) {
				bool in = bit >= unit && bit < unit + 37;

				r.base = pw_va_of(1ull << bit);
				EXPECT_EQ(pw_arm64_tlbi_range_operand(&r),
					  tg | (in ? 1ull << (bit - unit) : 0));
			}
			/* an upper-half address: its sign bits reach no other field */
			r.base = pw_va_of(~0ull << unit);
			EXPECT_EQ(pw_arm64_tlbi_range_operand(&r), tg | 0x1fffffffffull);
			r.base = pw_va_of(0);
		}
	}
}

/* --- plans ----------------------------------------------------------------------------------- */

/* The fewest operations: one for each scale that has a digit, one for an odd page. */
static unsigned int fewest(uint64_t nr)
{
	unsigned int n = (unsigned int)(nr & 1);

	for (unsigned int scale = 0; scale < 3; scale++)
		n += (nr >> (5 * scale + 1) & 31) != 0;
	return n + (unsigned int)((nr >> 16) + 31) / 32;
}

TEST(ranges_cover_exactly_what_they_should)
{
	static const uint64_t bases[] = { 0, 0x1000000, 0xffff800000000000ull,
					  0x0000ffffff000000ull };

	for (unsigned int g = 12; g <= 16; g += 2) {
		for (unsigned int b = 0; b < NR(bases); b++) {
			for (uint64_t nr = 1; nr < 5000; nr += nr < 300 ? 1 : 37) {
				struct pw_flush f = pages(g, bases[b], nr);

				harness_note("granule", g);
				harness_note("pages", nr);
				run(&f, 1, 0, PW_CAP_TLBIRANGE | PW_CAP_TTL);
				expect_covers(&f, 3, false);
				EXPECT_EQ(did.nr, fewest(nr));
			}
		}
	}
}

TEST(ranges_of_every_digit_and_at_the_limit)
{
	static const uint64_t nrs[] = {
		1ull << 16,
		(1ull << 16) - 1,
		(1ull << 16) + 1,
		(1ull << 21) - 1,
		PW_ARM64_RANGE_MAX,
		PW_ARM64_RANGE_MAX + 1,
		PW_ARM64_RANGE_MAX * 2 + 2,
		PW_ARM64_RANGE_MAX * 3 - 1,
		0x1f7df7 /* 31 each */,
	};

	for (unsigned int i = 0; i < NR(nrs); i++) {
		struct pw_flush f = pages(12, 0xffff000000000000ull, nrs[i]);

		harness_note("pages", nrs[i]);
		run(&f, 1, 0, PW_CAP_TLBIRANGE);
		expect_covers(&f, 0, false);
		EXPECT_EQ(did.nr, fewest(nrs[i]));
	}
}

/* The last page of all: nothing may wrap. */
TEST(ranges_at_the_top)
{
	for (uint64_t nr = 1; nr <= 200; nr++) {
		struct pw_flush f = pages(12, 0 - (nr << 12), nr);

		harness_note("pages", nr);
		run(&f, 1, 0, PW_CAP_TLBIRANGE | PW_CAP_TTL);
		expect_covers(&f, 3, false);
	}
}

/* With TCR.DS a base is counted in 64K: what comes before goes page by page. */
TEST(ranges_with_wide_descriptors)
{
	for (unsigned int g = 12; g <= 14; g += 2) {
		for (uint64_t off = 0; off < 16; off++) {
			for (uint64_t nr = 1; nr < 200; nr++) {
				struct pw_flush f =
					pages(g, 0xfff0000001000000ull + (off << g), nr);
				uint64_t lead = (0 - off) & ((1ull << (16 - g)) - 1);

				harness_note("pages", nr);
				harness_note("offset", off);
				f.unit_lg2 = 16;
				run(&f, 1, 0, PW_CAP_TLBIRANGE | PW_CAP_TTL);
				expect_covers(&f, 3, true);
				lead = lead < nr ? lead : nr;
				EXPECT_EQ(did.nr, lead + (nr > lead ? fewest(nr - lead) : 0));
			}
		}
	}
}

/* Blocks: their level in the hint, one operation for one of them, a range for more. */
TEST(ranges_of_blocks)
{
	struct pw_flush f = pages(12, 0xffff800000000000ull, 512);

	f.page_lg2 = 21;
	f.level = 1;
	run(&f, 1, 0, PW_CAP_TLBIRANGE | PW_CAP_TTL);
	expect_covers(&f, 2, false);
	EXPECT_EQ(did.nr, 1);
	EXPECT_EQ(did.ranges, 0);
	f.last.v += 3ull << 21;
	run(&f, 1, 0, PW_CAP_TLBIRANGE | PW_CAP_TTL);
	expect_covers(&f, 2, false);
	EXPECT_EQ(did.nr, 1);
	EXPECT_EQ(did.ranges, 1);
	run(&f, 1, 0, PW_CAP_TTL); /* no range operations: block by block */
	EXPECT_EQ(did.nr, 4);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(did.operand[i],
			  0x1234ull << 48 | 6ull << 44 | (0xff800000000ull + i * 0x200));
}

/* No hint where entries are of several levels, tables changed, or the CPUs have no FEAT_TTL. */
TEST(no_hint_that_could_be_wrong)
{
	struct pw_flush f = pages(12, 0x400000, 1);

	run(&f, 1, 0, PW_CAP_TTL);
	EXPECT_EQ(did.operand[0], 0x1234ull << 48 | 7ull << 44 | 0x400);
	run(&f, 1, 0, 0);
	EXPECT_EQ(did.operand[0], 0x1234ull << 48 | 0x400);
	f.level = PW_FLUSH_LEVELS;
	run(&f, 1, 0, PW_CAP_TTL);
	EXPECT_EQ(did.operand[0], 0x1234ull << 48 | 0x400);
	f.level = 0;
	f.flags = PW_FLUSH_TABLES;
	run(&f, 1, 0, PW_CAP_TTL);
	EXPECT_EQ(did.operand[0], 0x1234ull << 48 | 0x400);
	EXPECT_EQ(did.op[0], PW_ARM64_VAE1IS);
	f.flags = 0;
	f.granule_lg2 = 0; /* nobody said */
	run(&f, 1, 0, PW_CAP_TTL | PW_CAP_TLBIRANGE);
	EXPECT_EQ(did.operand[0], 0x1234ull << 48 | 0x400);
	f.last.v += 0x10000;
	run(&f, 1, 0, PW_CAP_TTL | PW_CAP_TLBIRANGE);
	EXPECT_EQ(did.nr, 17);
}

/* Which operation, for each regime and flag; single and range agree. */
TEST(operation_of_every_regime_and_flag)
{
	static const enum pw_arm64_tlbi single[][4] = {
		[PW_REGIME_EL10] = { PW_ARM64_VALE1IS, PW_ARM64_VAE1IS, PW_ARM64_VAALE1IS,
				     PW_ARM64_VAAE1IS },
		[PW_REGIME_EL2] = { PW_ARM64_VALE2IS, PW_ARM64_VAE2IS, PW_ARM64_VALE2IS,
				    PW_ARM64_VAE2IS },
		[PW_REGIME_EL20] = { PW_ARM64_VALE1IS, PW_ARM64_VAE1IS, PW_ARM64_VAALE1IS,
				     PW_ARM64_VAAE1IS },
		[PW_REGIME_EL3] = { PW_ARM64_VALE3IS, PW_ARM64_VAE3IS, PW_ARM64_VALE3IS,
				    PW_ARM64_VAE3IS },
		/* by address there is only the current VMID */
		[PW_REGIME_STAGE2] = { PW_ARM64_IPAS2LE1IS, PW_ARM64_IPAS2E1IS, PW_ARM64_ALLE1IS,
				       PW_ARM64_ALLE1IS },
	};

	for (unsigned int r = 0; r < NR(single); r++) {
		for (unsigned int flags = 0; flags < 4; flags++) {
			struct pw_flush f = pages(12, 0x10000, 2);
			const char *a, *b;

			f.regime = (uint8_t)r;
			f.flags = (uint8_t)flags;
			run(&f, 1, 0, PW_CAP_TLBIRANGE);
			if (single[r][flags] == PW_ARM64_ALLE1IS) {
				EXPECT(did.nr == 1 && did.op[0] == PW_ARM64_ALLE1IS);
				continue;
			}
			EXPECT(did.nr >= 1 && is_range(did.op[0]));
			/* the range form's name is that of the single one, with an R before it */
			a = pw_arm64_tlbi_name(did.op[0]) + 1;
			b = pw_arm64_tlbi_name(single[r][flags]);
			while (*a && *a == *b)
				a++, b++;
			EXPECT(*a == *b);
			f.last.v -= 0x1000;
			run(&f, 1, 0, PW_CAP_TLBIRANGE);
			EXPECT_EQ(did.op[0], single[r][flags]);
		}
	}
}

/* --- everything of a tag, and stage 2 --------------------------------------------------------- */

TEST(everything_of_an_asid)
{
	struct pw_flush f = { .last = { UINT64_MAX }, .asid = 0x77, .flags = PW_FLUSH_ALL };

	run(&f, 1, 0, PW_CAP_TLBIRANGE);
	order_is("stSi");
	EXPECT_EQ(did.op[0], PW_ARM64_ASIDE1IS);
	EXPECT_EQ(did.operand[0], 0x77ull << 48);
	f.regime = PW_REGIME_EL2;
	run(&f, 1, 0, 0);
	EXPECT_EQ(did.op[0], PW_ARM64_ALLE2IS);
	f.regime = PW_REGIME_EL3;
	run(&f, 1, 0, 0);
	EXPECT_EQ(did.op[0], PW_ARM64_ALLE3IS);
}

/* By IPA, then a barrier, then what combines both stages: a TLB may hold it by VA alone. */
TEST(stage2_then_combined_entries)
{
	struct pw_flush f = pages(12, 0x80000000, 1);

	f.regime = PW_REGIME_STAGE2;
	run(&f, 1, 0, 0);
	order_is("s<tScS>Si");
	EXPECT_EQ(did.vmid, 0x1234);
	EXPECT_EQ(did.op[0], PW_ARM64_IPAS2LE1IS);
	EXPECT_EQ(did.operand[0], 0x80000); /* no tag: the VMID is VTTBR_EL2's */
	EXPECT_EQ(did.op[1], PW_ARM64_VMALLE1IS);
}

/* Each VMID is entered once, and left only when its operations are done. */
TEST(stage2_of_several_vmids)
{
	struct pw_flush f[4] = { pages(12, 0x1000, 1), pages(12, 0x9000, 1), pages(12, 0x2000, 1),
				 pages(12, 0x5000, 1) };

	f[0].regime = f[2].regime = f[3].regime = PW_REGIME_STAGE2;
	f[2].asid = 9;
	run(f, 4, 0, 0);
	order_is("st<ttScS><tScS>Si");
	EXPECT_EQ(did.op[0], PW_ARM64_VALE1IS); /* stage 1 first */
	EXPECT_EQ(did.operand[1], 0x1);
	EXPECT_EQ(did.operand[2], 0x5);
	EXPECT_EQ(did.operand[4], 0x2);
	EXPECT_EQ(did.vmid, 9);
}

TEST(stage2_everything)
{
	struct pw_flush f = {
		.last = { UINT64_MAX }, .asid = 3, .flags = PW_FLUSH_ALL, .regime = PW_REGIME_STAGE2
	};

	run(&f, 1, 0, 0);
	order_is("s<tS>Si"); /* that is of both stages already */
	EXPECT_EQ(did.op[0], PW_ARM64_VMALLS12E1IS);
	run(&f, 1, 1u << PW_REGIME_STAGE2, 0);
	order_is("stSi");
	EXPECT_EQ(did.op[0], PW_ARM64_ALLE1IS);
}

/* What no arm64 table can owe is nobody's business here. */
TEST(other_architectures_are_passed_over)
{
	struct pw_flush f = pages(12, 0x1000, 1);

	f.regime = PW_REGIME_X86;
	run(&f, 1, 1u << PW_REGIME_RISCV, 0);
	order_is("sSi");
}
