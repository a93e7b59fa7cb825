/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64 entries one by one: every attribute to bits and back, every reserved bit, every memory
 * type; control registers and EPT pointers. What is expected is written down here from the SDM,
 * access by access and bit by bit. Tables are x86_tables_test.c's.
 */
#include <pagewalk/fields.h>
#include <pagewalk/pagewalk.h>
#include <pagewalk/x86.h>

#include "../harness/harness.h"

#define BIT(n) (1ull << (n))
#define BITS(first, last) \
	((last) == 63u ? ~0ull << (first) : (BIT((last) + 1u) - 1u) & ~(BIT(first) - 1u))

/* Linux's: each type is somewhere but reserved ones */
#define PAT 0x0407050600070106ull

static struct pw_table pt;
static struct pw_table_config cfg;

static void open_with(const struct pw_table_config *c)
{
	static const struct pw_env env = { .size = sizeof(env) };

	cfg = *c;
	cfg.size = sizeof(cfg);
	cfg.instance = &pw_x86_64_direct;
	cfg.env = &env;
	if (!cfg.mair)
		cfg.mair = PAT;
	EXPECT_EQ(pw_table_init(&pt, &cfg), 0);
}

/* The four controls that x86-64 permissions depend on, from a number. */
static uint32_t caps_of(unsigned int i)
{
	return (i & 1u ? PW_CAP_NO_NX : 0) | (i & 2u ? PW_CAP_NO_WP : 0) |
	       (i & 4u ? PW_CAP_SMEP : 0) | (i & 8u ? PW_CAP_SMAP : 0);
}

static void open_caps(unsigned int i)
{
	struct pw_table_config c = { .caps = { .flags = caps_of(i) } };

	harness_note("caps", caps_of(i));
	open_with(&c);
}

/* SDM 4.6.1, an access at a time; @us and @rw of all entries, @xd of any of them. */
static uint32_t sdm_perm(uint32_t caps, bool us, bool rw, bool xd)
{
	bool wp = !(caps & PW_CAP_NO_WP), smep = caps & PW_CAP_SMEP, smap = caps & PW_CAP_SMAP;
	uint32_t perm = 0;

	/* supervisor-mode reads: user-mode addresses are out of bounds under SMAP */
	if (!(us && smap))
		perm |= PW_PERM_R;
	/* supervisor-mode writes: the same, and R/W counts where CR0.WP is set */
	if (!(us && smap) && (!wp || rw))
		perm |= PW_PERM_W;
	/* supervisor-mode fetches: user-mode addresses are out of bounds under SMEP */
	if (!(us && smep) && !xd)
		perm |= PW_PERM_X;
	if (us)
		perm |= PW_PERM_USER_R;
	if (us && rw)
		perm |= PW_PERM_USER_W;
	if (us && !xd)
		perm |= PW_PERM_USER_X;
	return perm;
}

static uint64_t pat_bit(unsigned int level)
{
	return level ? BIT(12) : BIT(7);
}

static uint64_t leaf_bits(unsigned int level)
{
	return BIT(0) | (level ? BIT(7) : 0);
}

/* Attributes to bits ------------------------------------------------------------------------- */

/* What is expected of the bits of a permission: any entry that grants exactly this, or none. */
static void expect_perm(unsigned int caps, unsigned int level, uint32_t perm)
{
	struct pw_attr attr = { .perm = perm, .flags = PW_ATTR_VALID };
	uint64_t raw = 0;
	int err = pw_attr_encode(&pt, &attr, level, &raw), possible = 0;

	for (unsigned int i = 0; i < 8; i++)
		possible |= !((i & 4u) && (caps & PW_CAP_NO_NX)) &&
			    sdm_perm(caps, i & 1u, i & 2u, i & 4u) == perm;
	EXPECT_EQ(err, possible ? 0 : PW_EOPNOTSUPP);
	if (err)
		return;
	EXPECT_EQ(raw & ~(BIT(1) | BIT(2) | BIT(63)), leaf_bits(level));
	EXPECT(!(raw >> 63 && (caps & PW_CAP_NO_NX)));
	EXPECT_EQ(sdm_perm(caps, raw & BIT(2), raw & BIT(1), raw >> 63), perm);
	/* what a supervisor may write is written so, whatever CR0.WP allows besides */
	if ((perm & PW_PERM_W) && !(raw & BIT(2)))
		EXPECT(raw & BIT(1));
}

TEST(encode_every_permission)
{
	unsigned int possible = 0;

	for (unsigned int i = 0; i < 16; i++) {
		open_caps(i);
		for (unsigned int level = 0; level < 3; level++) {
			for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
				harness_note("level", level);
				harness_note("perm", perm);
				expect_perm(caps_of(i), level, perm);
			}
		}
	}
	/* and as everybody expects them, with the usual controls */
	open_caps(0);
	for (uint32_t perm = 0; perm <= PW_PERM_ALL; perm++) {
		struct pw_attr attr = { .perm = perm, .flags = PW_ATTR_VALID };
		uint64_t raw;

		possible += pw_attr_encode(&pt, &attr, 0, &raw) == 0;
	}
	EXPECT_EQ(possible, 8);
}

/* Everything but permissions: flags, index of the type, software bits, key. */
TEST(encode_every_attribute)
{
	open_caps(0);
	for (unsigned int level = 0; level < 3; level++) {
		for (uint32_t i = 0; i < 8u * 8u * 10u * 16u; i++) {
			uint32_t type = i & 7u, flags = i >> 3 & 7u, key = i >> 6 & 15u;
			uint32_t soft = 1u << (i >> 10);
			struct pw_attr back, attr = {
				.perm = PW_PERM_R | PW_PERM_W | PW_PERM_X,
				.flags = PW_ATTR_VALID | (flags & 1u ? PW_ATTR_ACCESSED : 0) |
					 (flags & 2u ? PW_ATTR_DIRTY : 0) |
					 (flags & 4u ? PW_ATTR_GLOBAL : 0),
				.mem_index = type,
				.soft = soft,
				.key = key,
				.share = i & 1u ? PW_SHARE_INNER : PW_SHARE_NONE,
			};
			uint64_t raw = 0, want;

			want = leaf_bits(level) | BIT(1) | (flags & 1u ? BIT(5) : 0) |
			       (flags & 2u ? BIT(6) : 0) | (flags & 4u ? BIT(8) : 0) |
			       (type & 1u ? BIT(3) : 0) | (type & 2u ? BIT(4) : 0) |
			       (type & 4u ? pat_bit(level) : 0) | (uint64_t)key << 59;
			want |= soft < 8u ? (uint64_t)soft << 9 : (uint64_t)(soft >> 3) << 52;
			harness_note("i", i);
			EXPECT_EQ(pw_attr_encode(&pt, &attr, level, &raw), 0);
			EXPECT_EQ(raw, want);
			EXPECT_EQ(pw_entry_reserved(&pt, raw, level), 0);
			EXPECT_EQ(pw_attr_decode(&pt, raw, level, &back), 0);
			EXPECT_EQ(back.flags, attr.flags);
			EXPECT_EQ(back.soft, soft);
			EXPECT_EQ(back.key, key);
			EXPECT_EQ(back.mem_index, type);
		}
	}
}

TEST(encode_errors)
{
	static const struct {
		struct pw_attr attr;
		int err;
	} row[] = {
		{ { .perm = 0x41, .flags = PW_ATTR_VALID }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID | 0x1000 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .soft = 0x400 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .share = 1 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .share = 4 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .key = 16 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .mem_index = 8 }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_OTHER }, PW_EINVAL },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_NR_MEMTYPES }, PW_EINVAL },
		{ { .perm = 1 }, PW_EOPNOTSUPP }, /* present-but-invalid */
		{ { .perm = 1, .flags = PW_ATTR_VALID, .perm_index = 1 }, PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_NORMAL_TAGGED },
		  PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_DEVICE_nGnRE },
		  PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_DEVICE_nGRE },
		  PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .memtype = PW_MEM_DEVICE_GRE },
		  PW_EOPNOTSUPP },
		{ { .perm = 1, .flags = PW_ATTR_VALID, .soft = 0x3ff, .key = 15, .mem_index = 7 },
		  0 },
	};
	static const uint32_t known = PW_ATTR_VALID | PW_ATTR_GLOBAL | PW_ATTR_ACCESSED |
				      PW_ATTR_DIRTY;
	struct pw_table_config c = { .leaf_levels = 1 };
	struct pw_attr attr = { .perm = PW_PERM_R, .flags = PW_ATTR_VALID };
	uint64_t raw;

	open_caps(0);
	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		harness_note("row", i);
		EXPECT_EQ(pw_attr_encode(&pt, &row[i].attr, 0, &raw), row[i].err);
	}
	for (uint32_t flag = 1; flag < PW_ATTR_ALL; flag <<= 1) {
		attr.flags = PW_ATTR_VALID | flag;
		EXPECT_EQ(pw_attr_encode(&pt, &attr, 0, &raw), known & flag ? 0 : PW_EOPNOTSUPP);
	}
	attr.flags = PW_ATTR_VALID;
	for (unsigned int level = 0; level < 6; level++)
		EXPECT_EQ(pw_attr_encode(&pt, &attr, level, &raw), level < 3 ? 0 :
								   level < 5 ? PW_ERANGE :
									       PW_EINVAL);
	open_with(&c);
	EXPECT_EQ(pw_attr_encode(&pt, &attr, 1, &raw), PW_ERANGE);
	EXPECT_EQ(pw_attr_encode(&pt, &attr, 0, &raw), 0);
}

/* Bits to attributes ------------------------------------------------------------------------- */

TEST(decode_every_combination)
{
	for (unsigned int i = 0; i < 16; i++) {
		open_caps(i);
		for (unsigned int level = 0; level < 3; level++) {
			for (uint64_t n = 0; n < 512; n++) {
				uint64_t raw = leaf_bits(level) | (n & 0x3fu) << 1 |
					       (n & 0x40u ? BIT(8) : 0) |
					       (n & 0x80u ? pat_bit(level) : 0) |
					       (n & 0x100u ? BIT(63) : 0);
				bool bad = n & 0x100u && (caps_of(i) & PW_CAP_NO_NX);
				struct pw_attr a;

				harness_note("raw", raw);
				EXPECT_EQ(pw_attr_decode(&pt, raw, level, &a), bad ? PW_EDOM : 0);
				if (bad)
					continue;
				EXPECT_EQ(a.perm, sdm_perm(caps_of(i), raw & BIT(2), raw & BIT(1),
							   raw >> 63));
				EXPECT_EQ(a.flags, PW_ATTR_VALID |
							   (raw & BIT(5) ? PW_ATTR_ACCESSED : 0) |
							   (raw & BIT(6) ? PW_ATTR_DIRTY : 0) |
							   (raw & BIT(8) ? PW_ATTR_GLOBAL : 0));
				EXPECT_EQ(a.mem_index, (raw >> 3 & 3u) | (n & 0x80u ? 4u : 0));
				EXPECT_EQ(a.soft | a.key | a.share | a.perm_index, 0);
			}
		}
	}
}

/* IA32_PAT: what each value of each of its bytes is. */
TEST(memory_types)
{
	static const uint32_t type[8] = { PW_MEM_DEVICE_nGnRnE, PW_MEM_NORMAL_NC, PW_MEM_OTHER,
					  PW_MEM_OTHER,		PW_MEM_NORMAL_WT, PW_MEM_WP,
					  PW_MEM_NORMAL,	PW_MEM_UC_MINUS };
	static const unsigned int lowest[8] = { 3, 1, 0, 0, 7, 5, 0, 2 }; /* in PAT */

	for (unsigned int i = 0; i < 8; i++) {
		for (uint64_t v = 0; v < 256; v++) {
			struct pw_table_config c = { .mair = v << 8 * i | (i ? 6 : 0x0600) };
			uint64_t raw = 1 | (uint64_t)(i & 3u) << 3 | (i & 4u ? BIT(7) : 0);
			struct pw_attr a;

			open_with(&c);
			EXPECT_EQ(pw_attr_decode(&pt, raw, 0, &a), 0);
			EXPECT_EQ(a.memtype, v < 8 ? type[v] : PW_MEM_OTHER);
		}
	}
	open_caps(0);
	for (unsigned int v = 0; v < 8; v++) {
		struct pw_attr a = { .perm = 1, .flags = PW_ATTR_VALID, .memtype = type[v] };
		uint64_t raw = 0;

		if (type[v] == PW_MEM_OTHER)
			continue;
		for (unsigned int level = 0; level < 3; level++) {
			EXPECT_EQ(pw_attr_encode(&pt, &a, level, &raw), 0);
			EXPECT_EQ((raw >> 3 & 3u) | (raw & pat_bit(level) ? 4u : 0), lowest[v]);
		}
	}
}

/* Reserved bits ------------------------------------------------------------------------------ */

/* SDM tables 4-14 to 4-20: must a walk fault when this entry has this bit? */
static bool sdm_faults(unsigned int level, bool leaf, unsigned int bit, unsigned int maxphyaddr,
		       bool nxe)
{
	if (bit == 63)
		return !nxe;
	if (bit >= maxphyaddr && bit <= 51)
		return true;
	if (level == 1 && leaf)
		return bit >= 13 && bit <= 20;
	if (level == 2 && leaf)
		return bit >= 13 && bit <= 29;
	return level >= 3 && bit == 7;
}

static void expect_reserved(unsigned int level, bool leaf, unsigned int maxphyaddr, bool nxe)
{
	uint64_t base = BIT(0) | (leaf && level ? BIT(7) : 0);

	for (unsigned int bit = 1; bit < 64; bit++) {
		uint64_t e = base | BIT(bit);
		bool now_leaf = level == 0 || (e & BIT(7) && level < 3);
		bool bad = sdm_faults(level, now_leaf, bit, maxphyaddr, nxe);
		struct pw_attr a;

		harness_note("bit", bit);
		EXPECT_EQ(pw_entry_reserved(&pt, e, level), bad ? BIT(bit) : 0);
		EXPECT_EQ(pw_attr_decode(&pt, e, level, &a), bad      ? PW_EDOM :
							     now_leaf ? 0 :
									PW_ENOENT);
		/* P clear: opaque, whatever it is */
		EXPECT_EQ(pw_entry_reserved(&pt, e & ~BIT(0), level), 0);
		EXPECT_EQ(pw_attr_decode(&pt, e & ~BIT(0), level, &a), PW_ENOENT);
	}
}

TEST(reserved_bit_by_bit)
{
	static const unsigned int sizes[] = { 32, 36, 39, 46, 51, 52 };

	for (unsigned int i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pw_table_config c = {
			.pa_bits = sizes[i / 2],
			.caps = { .flags = i & 1u ? PW_CAP_NO_NX : 0 },
		};

		open_with(&c);
		harness_note("i", i);
		for (unsigned int level = 0; level < 5; level++) {
			harness_note("level", level);
			if (level)
				expect_reserved(level, false, sizes[i / 2], !(i & 1u));
			if (level < 3)
				expect_reserved(level, true, sizes[i / 2], !(i & 1u));
		}
		EXPECT_EQ(pw_entry_reserved(&pt, ~0ull, 5), 0);
	}
}

/* All of them at once are named; PS where this CPU has no such page is one of them. */
TEST(reserved_bits_together)
{
	struct pw_table_config c = { .pa_bits = 40, .leaf_levels = 2 };
	struct pw_attr a;

	open_with(&c);
	EXPECT_EQ(pw_entry_reserved(&pt, 0x7fffffffffffffffull, 1), BITS(40, 51) | BITS(13, 20));
	EXPECT_EQ(pw_entry_reserved(&pt, 0x81, 2), BIT(7));
	EXPECT_EQ(pw_attr_decode(&pt, 0x81, 2, &a), PW_EDOM);
	EXPECT_EQ(pw_attr_decode(&pt, 0x81, 1, &a), 0);
	EXPECT_EQ(pw_entry_reserved(&pt, 0x4000000083ull, 2), BIT(7));
	EXPECT_EQ(pw_entry_reserved(&pt, 0x10000000083ull, 2), BIT(7) | BIT(40));
}

/* The bit that says encrypted ---------------------------------------------------------------- */

TEST(encryption_is_an_attribute)
{
	for (unsigned int shared = 0; shared < 2; shared++) {
		struct pw_table_config c = { .enc_mask = BIT(47),
					     .pa_bits = 43,
					     .flags = shared ? PW_TABLE_SHARED_BIT : 0 };

		open_with(&c);
		for (unsigned int level = 0; level < 3; level++) {
			for (unsigned int enc = 0; enc < 2; enc++) {
				struct pw_attr back, a = {
					.perm = PW_PERM_R,
					.flags = PW_ATTR_VALID | (enc ? PW_ATTR_ENCRYPTED : 0),
				};
				uint64_t raw = 0;

				EXPECT_EQ(pw_attr_encode(&pt, &a, level, &raw), 0);
				EXPECT_EQ(raw & BITS(12, 51), enc != shared ? BIT(47) : 0);
				EXPECT_EQ(pw_attr_decode(&pt, raw, level, &back), 0);
				EXPECT_EQ(back.flags, a.flags);
				EXPECT_EQ(pw_entry_reserved(&pt, raw, level), 0);
			}
		}
		/* the bits around it stay reserved */
		EXPECT_EQ(pw_entry_reserved(&pt, 1 | BITS(40, 51), 0), BITS(43, 51) & ~BIT(47));
	}
}

TEST(encryption_bit_of_a_handle)
{
	struct pw_table_config c = { .enc_mask = BIT(51) };
	struct pw_table bad;

	open_with(&c);
	EXPECT_EQ(pt.pa_max, BIT(51) - 1);
	c = cfg;
	c.root = pw_pa_of(BIT(51));
	EXPECT_EQ(pw_table_init(&bad, &c), PW_ERANGE);
	c.root = pw_pa_of(BIT(50));
	EXPECT_EQ(pw_table_init(&bad, &c), 0);
	c.enc_mask = BIT(47); /* the root is above it */
	EXPECT_EQ(pw_table_init(&bad, &c), PW_ERANGE);
	c.root = pw_pa_of(0);
	c.pa_bits = 40; /* addresses may end further down */
	EXPECT_EQ(pw_table_init(&bad, &c), 0);
	EXPECT_EQ(bad.pa_max, BIT(40) - 1);
	for (unsigned int bit = 0; bit < 64; bit++) {
		c.pa_bits = 0;
		c.enc_mask = BIT(bit);
		EXPECT_EQ(pw_table_init(&bad, &c), bit < 30 || bit > 51 ? PW_ERANGE : 0);
	}
	c.enc_mask = BIT(47) | BIT(46);
	EXPECT_EQ(pw_table_init(&bad, &c), PW_EINVAL);
	c.enc_mask = 0;
	c.flags = PW_TABLE_SHARED_BIT;
	EXPECT_EQ(pw_table_init(&bad, &c), PW_EINVAL);
}

/* Facts -------------------------------------------------------------------------------------- */

static const struct pw_field *field_at(unsigned int in, unsigned int level, unsigned int bit)
{
	const struct pw_field *found = NULL;

	for (size_t i = 0; i < pw_x86_64_fields.nr; i++) {
		const struct pw_field *f = &pw_x86_64_fields.field[i];

		if (!(f->in & in) || !(f->levels >> level & 1u) || bit < f->first || bit > f->last)
			continue;
		EXPECT(!found); /* no two in one place */
		found = f;
	}
	return found;
}

TEST(fields_agree_with_entries)
{
	unsigned int leaves = 0, tables = 0;

	open_caps(0);
	for (unsigned int level = 0; level < 5; level++) {
		for (unsigned int bit = 1; bit < 64; bit++) {
			const struct pw_field *f = field_at(PW_IN_LEAF, level, bit);
			struct pw_attr base, a;
			uint64_t e = leaf_bits(level);

			tables += level && field_at(PW_IN_TABLE, level, bit);
			if (level > 2) /* rows of leaves and tables say where either is */
				continue;
			leaves += f != NULL;
			/* what is no field of a leaf is reserved; what is a flag is that flag */
			EXPECT_EQ(!f, pw_entry_reserved(&pt, e | BIT(bit), level) != 0);
			if (!f || (level && bit == 7))
				continue;
			EXPECT_EQ(pw_attr_decode(&pt, e, level, &base), 0);
			EXPECT_EQ(pw_attr_decode(&pt, e | BIT(bit), level, &a), 0);
			EXPECT_EQ(a.flags ^ base.flags, f->attr);
		}
	}
	EXPECT_EQ(leaves, 63 + (63 - 8) + (63 - 17));
	/* P is bit 0; R/W to A, PS, the address and XD */
	EXPECT_EQ(tables, 4 * (5 + 1 + 40 + 1));
}

/* Registers ---------------------------------------------------------------------------------- */

/* A Linux guest's, long mode with everything on. */
static const struct pw_x86_regs linux_regs = {
	.cr0 = 0x80050033,
	.cr3 = 0x21d0000,
	.cr4 = 0x750ef0,
	.efer = 0xd01,
	.pat = PAT,
};

TEST(regs_of_a_kernel)
{
	for (unsigned int upper = 0; upper < 2; upper++) {
		struct pw_table_config c = {
			.flags = PW_TABLE_NO_WX | (upper ? 0 : PW_TABLE_UPPER),
			.caps = { .flags = PW_CAP_NO_NX | PW_CAP_NO_WP | PW_CAP_HAF },
			.asid = 0x777,
		};
		struct pw_x86_mode m;

		EXPECT_EQ(pw_x86_decode_regs(&linux_regs, upper, &m, &c), 0);
		EXPECT_EQ(c.root.v, 0x21d0000);
		EXPECT_EQ(c.va_bits, 48);
		EXPECT_EQ(c.asid, 0);
		EXPECT_EQ(c.mair, PAT);
		EXPECT_EQ(c.flags, PW_TABLE_NO_WX | (upper ? PW_TABLE_UPPER : 0));
		EXPECT_EQ(c.caps.flags, PW_CAP_HAF | PW_CAP_SMEP | PW_CAP_SMAP);
		EXPECT_EQ(m.va_bits, 48);
		EXPECT_EQ(m.global, 1);
		EXPECT_EQ(m.user_keys, 1);
		EXPECT_EQ(m.kernel_keys | m.pcid | m.shadow_stack, 0);
	}
}

/* Each bit on its own: what it changes, and that nothing else does. */
TEST(regs_bit_by_bit)
{
	struct pw_x86_regs off = { .cr0 = BIT(31) | BIT(16),
				   .cr3 = 0x5018,
				   .cr4 = BIT(5),
				   .efer = BIT(8) | BIT(10) | BIT(11) };

	for (unsigned int bit = 0; bit < 64; bit++) {
		struct pw_x86_regs r = off;
		struct pw_table_config c = { .size = 1 };
		struct pw_x86_mode m;
		bool want = bit == 5;

		harness_note("bit", bit);
		r.cr4 ^= BIT(bit);
		EXPECT_EQ(pw_x86_decode_regs(&r, false, &m, &c), want ? PW_EDOM : 0);
		if (want)
			continue;
		EXPECT_EQ(c.va_bits, bit == 12 ? 57 : 48);
		EXPECT_EQ(m.va_bits, c.va_bits);
		EXPECT_EQ(c.asid, bit == 17 ? 0x18 : 0);
		EXPECT_EQ(m.pcid, bit == 17);
		EXPECT_EQ(m.global, bit == 7);
		EXPECT_EQ(m.user_keys, bit == 22);
		EXPECT_EQ(m.kernel_keys, bit == 24);
		EXPECT_EQ(m.shadow_stack, bit == 23);
		EXPECT_EQ(c.root.v, 0x5000);
		EXPECT_EQ(c.caps.flags, bit == 20 ? PW_CAP_SMEP : bit == 21 ? PW_CAP_SMAP : 0);

		r = off;
		c.caps.flags = 0;
		r.cr0 ^= BIT(bit);
		EXPECT_EQ(pw_x86_decode_regs(&r, false, &m, &c), bit == 31 ? PW_EDOM : 0);
		EXPECT_EQ(c.caps.flags, bit == 16 ? PW_CAP_NO_WP : 0);

		r = off;
		c.caps.flags = 0;
		r.efer ^= BIT(bit);
		EXPECT_EQ(pw_x86_decode_regs(&r, false, &m, &c), bit == 8  ? PW_EDOM :
								 bit == 10 ? PW_EOPNOTSUPP :
									     0);
		EXPECT_EQ(c.caps.flags, bit == 11 ? PW_CAP_NO_NX : 0);

		r = off;
		r.cr3 = BIT(bit);
		EXPECT_EQ(pw_x86_decode_regs(&r, false, &m, &c), 0);
		EXPECT_EQ(c.root.v, bit >= 12 && bit <= 51 ? BIT(bit) : 0);
	}
}

TEST(regs_root_without_the_encryption_bit)
{
	struct pw_x86_regs r = linux_regs;
	struct pw_table_config c = { .enc_mask = BIT(47) };
	struct pw_x86_mode m;

	r.cr3 |= BIT(47);
	EXPECT_EQ(pw_x86_decode_regs(&r, false, &m, &c), 0);
	EXPECT_EQ(c.root.v, 0x21d0000);
}

TEST(regs_error_leaves_the_configuration)
{
	struct pw_x86_regs r = linux_regs;
	struct pw_table_config c = { .va_bits = 3, .flags = PW_TABLE_UPPER }, before = c;
	struct pw_x86_mode m;

	r.efer &= ~BIT(10);
	EXPECT_EQ(pw_x86_decode_regs(&r, false, &m, &c), PW_EOPNOTSUPP);
	EXPECT(c.va_bits == before.va_bits && c.flags == before.flags && !c.mair && !c.root.v);
	EXPECT_EQ(m.va_bits, 0);
}

/* EPT pointers ------------------------------------------------------------------------------- */

TEST(pointer_bit_by_bit)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t eptp = 0x123456001eull ^ BIT(bit); /* WB, 4 levels */
		uint32_t type = (uint32_t)eptp & 7u, length = (uint32_t)eptp >> 3 & 7u;
		struct pw_table_config c = { .flags = PW_TABLE_UPPER | PW_TABLE_NO_WX,
					     .caps = { .flags = PW_CAP_HAF | PW_CAP_MBE } };
		struct pw_ept_mode m;
		int want = 0;

		if ((type && type != 6) || (bit >= 8 && bit <= 11) || bit >= 52)
			want = PW_EDOM;
		if (length != 3 && length != 4)
			want = PW_ERANGE;
		harness_note("bit", bit);
		EXPECT_EQ(pw_ept_decode_eptp(eptp, &m, &c), want);
		EXPECT_EQ(m.ad, bit == 6);
		EXPECT_EQ(m.shadow_stack, bit == 7);
		EXPECT_EQ(m.mem_index, type);
		if (want) {
			EXPECT(!c.root.v && !c.va_bits && (c.flags & PW_TABLE_UPPER));
			continue;
		}
		EXPECT_EQ(c.root.v, eptp & BITS(12, 51));
		EXPECT_EQ(c.va_bits, 48);
		EXPECT_EQ(c.flags, PW_TABLE_NO_WX);
		EXPECT_EQ(c.caps.flags, PW_CAP_MBE | (bit == 6 ? PW_CAP_HAF | PW_CAP_HD : 0));
	}
}

TEST(pointer_types_and_lengths)
{
	for (uint64_t n = 0; n < 64; n++) {
		uint64_t type = n & 7u, length = n >> 3;
		struct pw_table_config c = { .size = 1 };
		struct pw_ept_mode m;
		int want = type == 0 || type == 6 ? 0 : PW_EDOM;

		EXPECT_EQ(pw_ept_decode_eptp(0x5000 | n, &m, &c),
			  length == 3 || length == 4 ? want : PW_ERANGE);
		if (c.root.v)
			EXPECT_EQ(c.va_bits, length == 4 ? 57 : 48);
	}
}
