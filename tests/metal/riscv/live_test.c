/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The boot program's own tables, of three, four and five levels, and changes of them while the hart
 * walks them; in both halves of the address space.
 */
#include "../ops.h"
#include "board.h"

#include "../../harness/harness.h"

/* Other entries of the root than where we live. The upper addresses are good for every mode. */
#define VA	  0x1000000000ull
#define USER_PAGE 0x2000000000ull
#define UPPER_VA  0xffffffff00000000ull

extern char __text[], __rodata[], __data[], __end[];

static struct pw_table live;

static bool ask(uint64_t va, uint32_t perm, uint64_t *pa)
{
	bool fetch = perm & (PW_PERM_X | PW_PERM_USER_X);
	bool write = perm & (PW_PERM_W | PW_PERM_USER_W);
	uint32_t what = (fetch ? METAL_FETCH : 0) | (write ? METAL_WRITE : 0) |
			(perm >> 3 ? METAL_USER : 0);
	uint32_t want = fetch ? METAL_FETCH_PAGE_FAULT :
			write ? METAL_STORE_PAGE_FAULT :
				METAL_LOAD_PAGE_FAULT;
	struct pw_translation t;
	uint64_t val = 0;
	uint32_t got;

	/* what is written is what should be there already */
	if (!pw_translate(&live, pw_va_of(va), &t))
		val = metal_page_word(t.pa.v);
	got = metal_probe(va, what, &val);
	if (got != METAL_NO_FAULT) {
		EXPECT_EQ(got, want);
		EXPECT_EQ(metal_tval, va);
		return false;
	}
	/* after a fetch: one of our pages was executed; which one, a load shows */
	*pa = val >> 32 << 12;
	return true;
}

static bool load(uint64_t va, uint64_t *pa)
{
	uint64_t val = 0;

	if (metal_probe(va, 0, &val) != METAL_NO_FAULT)
		return false;
	*pa = val >> 32 << 12;
	return true;
}

static uint32_t nr_free(void)
{
	return boot_nr_free;
}

/* Tables of the program's own, and on them the page that users execute. */
static bool open_tables(uint32_t va_bits)
{
	static const struct pw_attr user = {
		.perm = PW_PERM_USER_R | PW_PERM_USER_X,
		.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED,
		.memtype = PW_MEM_NORMAL,
	};

	metal_set_caps(0);
	boot_paging(0);
	boot_init();
	metal_user_at = USER_PAGE;
	return EXPECT_EQ(boot_run_on_own_tables(&live, va_bits), 0) &&
	       EXPECT_EQ(pw_map(&live, pw_range_len(USER_PAGE, 4096),
				pw_pa_of((uint64_t)(uintptr_t)metal_user_page), &user, 0, NULL,
				NULL),
			 0);
}

#define R      PW_PERM_R
#define W      PW_PERM_W
#define X      PW_PERM_X
#define USER_R PW_PERM_USER_R
#define USER_W PW_PERM_USER_W
#define USER_X PW_PERM_USER_X

/* All ten, without SUM and MXR. */
static const uint32_t perms[] = {
	R | W,
	R,
	X,
	R | X,
	R | W | X,
	USER_R,
	USER_X,
	USER_R | USER_W,
	USER_R | USER_X,
	USER_R | USER_W | USER_X,
};

static struct metal_space space(uint64_t va)
{
	return (struct metal_space){
		.live = &live,
		.va = va,
		.pa = METAL_DATA_FIRST,
		.pa_first = METAL_DATA_FIRST,
		.pa_last = METAL_DATA_LAST,
		.big_pa = BOOT_RAM,
		.has_big = true,
		.contiguous = boot_cpu.svnapot,
		.ages = boot_cpu.updates_ad,
		.perms = perms,
		.nr_perms = sizeof(perms) / sizeof(perms[0]),
		.asks = PW_PERM_ALL,
		.attr = { .flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY,
			  .memtype = PW_MEM_NORMAL },
		.ask = ask,
		.load = load,
		.keeps = true,
		.nr_free = nr_free,
	};
}

/* The other half of the same tables: another handle. */
static bool to_upper_half(uint32_t va_bits)
{
	return EXPECT_EQ(boot_table_init(&live, (uint64_t *)(uintptr_t)live.root.v, va_bits,
					 PW_TABLE_LIVE | PW_TABLE_UPPER, 0),
			 0);
}

static void random_changes(uint32_t va_bits, bool upper)
{
	struct metal_space s;

	if (!open_tables(va_bits) || (upper && !to_upper_half(va_bits)))
		return;
	s = space(upper ? UPPER_VA : VA);
	metal_random_changes(&s, metal_checks);
}

/* On its own tables the program's code cannot be written any more, nor its data be executed. */
static void own_tables(uint32_t va_bits)
{
	uint64_t val = 0, zero = 0, text = (uint64_t)(uintptr_t)__text;
	uint64_t sealed = METAL_DATA_FIRST + 0x5000;

	if (!open_tables(va_bits))
		return;
	EXPECT_EQ(metal_probe(text, 0, &val), METAL_NO_FAULT);
	EXPECT_EQ(metal_probe(text, METAL_WRITE, &zero), METAL_STORE_PAGE_FAULT);
	EXPECT_EQ(*(uint64_t *)(uintptr_t)__text, val);
	EXPECT_EQ(metal_probe((uint64_t)(uintptr_t)__rodata, METAL_WRITE, &zero),
		  METAL_STORE_PAGE_FAULT);
	EXPECT_EQ(metal_probe((uint64_t)(uintptr_t)__data, METAL_FETCH, &zero),
		  METAL_FETCH_PAGE_FAULT);
	EXPECT_EQ(metal_probe((uint64_t)(uintptr_t)__data, METAL_USER, &zero),
		  METAL_LOAD_PAGE_FAULT);
	EXPECT_EQ(metal_probe(0, 0, &zero), METAL_LOAD_PAGE_FAULT); /* NULL */
	EXPECT_EQ(metal_tval, 0);
	EXPECT_EQ(metal_probe(BOOT_RAM_END, 0, &zero), METAL_LOAD_PAGE_FAULT);
	EXPECT_EQ(metal_tval, BOOT_RAM_END);
	/* not a sign-extended address: no walk at all */
	EXPECT_EQ(metal_probe(1ull << 63 | text, 0, &zero), METAL_LOAD_PAGE_FAULT);
	/* in the middle of a leaf of 2 MiB, which is cut for it; written to just before */
	val = metal_page_word(sealed);
	EXPECT_EQ(metal_probe(sealed, METAL_WRITE, &val), METAL_NO_FAULT);
	EXPECT_EQ(boot_seal(&live, sealed, 4096), 0);
	EXPECT_EQ(metal_probe(sealed, METAL_WRITE, &val), METAL_STORE_PAGE_FAULT);
	/* its neighbour is still written to, until its rights alone change */
	val = metal_page_word(sealed + 4096);
	EXPECT_EQ(metal_probe(sealed + 4096, METAL_WRITE, &val), METAL_NO_FAULT);
	EXPECT_EQ(boot_seal(&live, sealed + 4096, 4096), 0);
	EXPECT_EQ(metal_probe(sealed + 4096, METAL_WRITE, &val), METAL_STORE_PAGE_FAULT);
}

TEST(own_tables_sv39)
{
	own_tables(39);
}

TEST(own_tables_sv48)
{
	own_tables(48);
}

TEST(own_tables_sv57)
{
	own_tables(57);
}

TEST(random_changes_sv39)
{
	random_changes(39, false);
}

TEST(random_changes_sv48)
{
	random_changes(48, false);
}

TEST(random_changes_sv57)
{
	random_changes(57, false);
}

TEST(random_changes_upper_half_sv39)
{
	random_changes(39, true);
}

TEST(random_changes_upper_half_sv57)
{
	random_changes(57, true);
}

TEST(a_missing_fence_reads_the_wrong_page)
{
	struct metal_space s;

	if (!open_tables(39))
		return;
	s = space(VA);
	metal_staleness(&s);
}

static uint64_t leaf_of(uint64_t va)
{
	struct pw_translation t;

	return EXPECT_EQ(pw_translate(&live, pw_va_of(va), &t), 0) ? t.entry : 0;
}

/* Svnapot: 16 entries are one leaf, and all of them lead to their own pages; without, 16 leaves. */
TEST(a_group_leads_to_sixteen_pages)
{
	static const struct pw_attr attr = { .perm = R | W,
					     .flags = PW_ATTR_VALID | PW_ATTR_ACCESSED |
						      PW_ATTR_DIRTY,
					     .memtype = PW_MEM_NORMAL };
	uint64_t first = METAL_DATA_FIRST + 0x30000, val = 0;

	if (!open_tables(48))
		return;
	EXPECT_EQ(pw_map(&live, pw_range_len(VA, 0x10000), pw_pa_of(first), &attr, PW_CONTIGUOUS,
			 NULL, NULL),
		  0);
	for (uint64_t at = 0; at < 0x10000; at += 4096) {
		uint64_t ppn = boot_cpu.svnapot ? first >> 12 | 8 : (first + at) >> 12;

		EXPECT_EQ(leaf_of(VA + at), (boot_cpu.svnapot ? 1ull << 63 : 0) | ppn << 10 | 0xc7);
		EXPECT_EQ(metal_probe(VA + at, 0, &val), METAL_NO_FAULT);
		EXPECT_EQ(val, metal_page_word(first + at));
	}
	/* other rights for one of them: a group is broken, and made anew as single pages */
	EXPECT_EQ(boot_seal(&live, VA + 0x3000, 4096), 0);
	for (uint64_t at = 0; at < 0x10000; at += 4096) {
		val = metal_page_word(first + at);
		EXPECT_EQ(metal_probe(VA + at, METAL_WRITE, &val),
			  at == 0x3000 ? METAL_STORE_PAGE_FAULT : METAL_NO_FAULT);
		EXPECT_EQ(leaf_of(VA + at) >> 63, 0);
	}
}

/* Svpbmt: the type is in bits 62:61, and hardware takes it; without, only ordinary memory. */
TEST(memory_types_are_in_the_entry)
{
	static const struct {
		uint8_t memtype;
		uint64_t pbmt;
	} type[] = { { PW_MEM_NORMAL, 0 }, { PW_MEM_NORMAL_NC, 1 }, { PW_MEM_DEVICE_nGnRnE, 2 } };
	struct pw_range r = pw_range_len(VA, 4096);
	uint64_t val = 0;

	if (!open_tables(48))
		return;
	for (unsigned int i = 0; i < 3; i++) {
		struct pw_attr attr = { .perm = R | W,
					.flags = PW_ATTR_VALID | PW_ATTR_ACCESSED | PW_ATTR_DIRTY,
					.memtype = type[i].memtype };
		int err = pw_map(&live, r, pw_pa_of(METAL_DATA_FIRST), &attr, 0, NULL, NULL);

		harness_note("type", i);
		EXPECT_EQ(err, i && !boot_cpu.svpbmt ? PW_EOPNOTSUPP : 0);
		if (err)
			continue;
		EXPECT_EQ(leaf_of(VA), type[i].pbmt << 61 | METAL_DATA_FIRST >> 2 | 0xc7);
		EXPECT_EQ(metal_probe(VA, 0, &val), METAL_NO_FAULT);
		EXPECT_EQ(val, metal_page_word(METAL_DATA_FIRST));
		EXPECT_EQ(pw_unmap(&live, r, 0, NULL, NULL), 0);
	}
}
