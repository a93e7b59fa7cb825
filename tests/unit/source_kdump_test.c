/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * kdump-compressed dumps: headers that are wrong, bitmaps that claim too much, descriptors that
 * lead anywhere, pages that are longer or shorter than a block.
 */

#include "../../sources/source_private.h"
#include "source_files.h"

#define BLOCK 0x1000u

/*
 *     0      header                  3      descriptors, of 4 pages
 *     1      sub-header, notes       4      the pages
 *     2, 3.. bitmaps, a block each
 */
#define SUB    BLOCK
#define BITMAP (2 * BLOCK)
#define DUMPED (3 * BLOCK)
#define DESCS  (4 * BLOCK)
#define PAGES  (DESCS + 4 * 24)
#define LEN    (PAGES + 4 * BLOCK)

/* 4096, 8192 and 2048 bytes 0xa5, by zlib. */
static const unsigned char packed[] =
	"\x78\xda\xed\xc1\x01\x0d\x00\x00\x00\xc2\xa0\xfe\x41\xde\xd3\x1e\x0e\x28\x00\x00\x00\xe0"
	"\xdd\x00\x0e\x16\x50\x97";
static const unsigned char packed_long[] =
	"\x78\xda\xed\xc1\x01\x0d\x00\x00\x00\xc2\xa0\xfe\x41\xde\xd3\x1c\x6e\x40\x01\x00\x00\x00"
	"\x00\x00\x00\x00\xef\x06\xc7\xb3\xa1\x2d";
static const unsigned char packed_short[] =
	"\x78\xda\x5b\xba\x74\x14\x8c\x82\x51\x30\x0a\x46\xc1\x28\x18\x05\x23\x0d\x00\x00\xd1\x8d"
	"\x28\x4c";

static void put_bit(struct image *im, size_t bitmap, unsigned int nr)
{
	im->bytes[bitmap + nr / 8] |= (unsigned char)(1u << nr % 8);
}

static void put_desc(struct image *im, unsigned int i, uint64_t at, uint32_t len, uint32_t flags)
{
	put(im, DESCS + i * 24u, 8, at);
	put(im, DESCS + i * 24u + 8, 4, len);
	put(im, DESCS + i * 24u + 12, 4, flags);
}

/* Blocks 3, 4, 9 and 5000 (of another stretch); 6 is memory, too, and was left out. */
static const unsigned int numbers[] = { 3, 4, 9, 5000 };

static struct image dump(void)
{
	struct image im = { calloc(1, LEN), LEN };
	unsigned int i;

	memcpy(im.bytes, "KDUMP   ", 8);
	put(&im, 8, 4, 6);
	memcpy(im.bytes + 272, "x86_64", 6);
	put(&im, 428, 4, BLOCK);
	put(&im, 432, 4, 1);
	put(&im, 436, 4, 2);
	put(&im, 440, 4, 5001);
	put(&im, SUB + 96, 8, 5001);
	for (i = 0; i < NR(numbers); i++) {
		put_bit(&im, BITMAP, numbers[i]);
		put_bit(&im, DUMPED, numbers[i]);
		put_desc(&im, i, PAGES + i * BLOCK, BLOCK, 0);
	}
	put_bit(&im, BITMAP, 6);
	for (i = PAGES; i < LEN; i++)
		im.bytes[i] = (unsigned char)((i * 2654435761u) >> 13);
	return im;
}

/* Is there a fault, and does it say so? */
static bool faulty(const struct pw_source *s, const char *words)
{
	const char *fault = pw_source_fault(s);

	return EXPECT(fault) && says(fault, words) && says(fault, dir_path("core"));
}

TEST(a_dump_is_read)
{
	struct image im = dump();
	struct pw_source *s = opened(&im);
	struct pw_segment seg;

	if (s) {
		EXPECT_EQ(pw_source_machine(s), PW_MACHINE_X86_64);
		EXPECT(!strcmp(pw_source_kind(s), "kdump-compressed dump"));
		EXPECT_EQ(pw_source_nr_warnings(s), 0);
		for (unsigned int i = 0; i < NR(numbers); i++)
			same(s, (uint64_t)numbers[i] * BLOCK, im.bytes + PAGES + i * BLOCK, BLOCK);
		/* parts of one, and of two that are neighbours */
		same(s, 0x3ffc, im.bytes + PAGES + 0xffc, 4);
		same(s, 0x3ffc, im.bytes + PAGES + 0xffc, 8);
		same(s, 0x3ffc, im.bytes + PAGES + 0xffc, 8);
		EXPECT(!pw_source_bytes(s, 0x2ffc, 8));
		EXPECT(!pw_source_bytes(s, 0x4ffc, 8));
		EXPECT(!pw_source_bytes(s, 0x6000, 8));
		EXPECT(!pw_source_bytes(s, 5001 * BLOCK, 1));
		EXPECT(!pw_source_bytes(s, UINT64_MAX, 1));
		EXPECT(!pw_source_bytes(s, 0x3000, UINT64_MAX));
		EXPECT(pw_source_find(s, 0x4123, &seg));
		EXPECT_EQ(seg.pa, 0x3000);
		EXPECT_EQ(seg.len, 0x2000);
		EXPECT(!pw_source_find(s, 0x5000, &seg));
		EXPECT(!pw_source_fault(s));
	}
	pw_source_close(s);
	free(im.bytes);
}

#define SUB_FIELD(f) (SUB + (f))

TEST(wrong_headers_are_refused_by_name)
{
	static const struct {
		size_t at, size;
		uint64_t v;
		const char *words;
	} rows[] = {
		{ 8, 4, 0, "offset 8: expected version 1 to 6" },
		{ 8, 4, 7, "found 7" },
		{ 8, 4, 0x06000000, "offset 8: expected version 1 to 6" },
		{ 272, 1, 'y',
		  "offset 272: expected the name of a machine, aarch64, x86_64 or "
		  "riscv64, found 'y86_64'" },
		{ 272, 4, 0x1b5b1b41, "found 'A?[?64'" },
		{ 428, 4, 0, "offset 428: expected the size of a block" },
		{ 428, 4, 256, "offset 428: expected the size of a block" },
		{ 428, 4, 0x1800, "found 6144" },
		{ 428, 4, 0x200000, "found 2097152" },
		{ 428, 4, 0x80000000, "found 2147483648" },
		{ 436, 4, 0, "expected bitmaps of " },
		{ 436, 4, 0xffffffff, "offset 8192: expected bitmaps of 4294967295 blocks" },
		{ 432, 4, 0xffffffff, "expected bitmaps of " },
		{ SUB_FIELD(12), 4, 1, "offset 4108: expected a whole dump" },
		{ SUB_FIELD(96), 8, 3, "no memory in it: no bit of its bitmap is set" },
		{ SUB_FIELD(96), 8, 0, "no memory in it" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im = dump();

		harness_note("row", i);
		put(&im, rows[i].at, (unsigned int)rows[i].size, rows[i].v);
		refused(&im, rows[i].words);
		free(im.bytes);
	}
}

/* The fields of a sub-header that its version does not have are something else. */
TEST(versions_have_the_fields_that_they_have)
{
	for (unsigned int version = 1; version <= 6; version++) {
		struct image im = dump();
		struct pw_source *s;
		size_t len;

		harness_note("version", version);
		put(&im, 8, 4, version);
		put(&im, SUB + 12, 4, version < 2);
		put(&im, SUB + 32, 8, SUB + 200);
		put(&im, SUB + 40, 8, 4);
		memcpy(im.bytes + SUB + 200, "a=1\n", 4);
		put(&im, 440, 4, version < 6 ? 5001 : 0);
		put(&im, SUB + 96, 8, version < 6 ? 4 : 5001);
		s = opened(&im);
		if (s) {
			EXPECT(pw_source_bytes(s, 5000 * BLOCK, BLOCK));
			EXPECT_EQ(pw_source_vmcoreinfo(s, &len) ? len : 0, version < 3 ? 0 : 4);
		}
		pw_source_close(s);
		free(im.bytes);
	}
}

static void put_note(struct image *im, size_t at, size_t len, uint32_t type)
{
	put(im, at, 4, 5);
	put(im, at + 4, 4, len);
	put(im, at + 8, 4, type);
	memcpy(im->bytes + at + 12, "CORE", 5);
}

TEST(a_machine_without_a_name)
{
	static const struct {
		size_t len; /* of the registers in the note */
		const char *line;
		unsigned int machine;
	} rows[] = {
		{ 336, "", EM_X86_64 },
		{ 392, "", EM_AARCH64 },
		{ 376, "", EM_RISCV },
		{ 0, "NUMBER(kimage_voffset)=0xffff000000000000\n", EM_AARCH64 },
		{ 0, "NUMBER(pgtable_l5_enabled)=0\n", EM_X86_64 },
		{ 0, "NUMBER(va_kernel_pa_offset)=5\n", EM_RISCV },
		{ 392, "NUMBER(pgtable_l5_enabled)=0\n", EM_AARCH64 },
		{ 148, "NUMBER(pgtable_l5_enabled)=0\n", EM_NONE },
		{ 0, "NUMBER(something)=0\n", EM_NONE },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im = dump();
		struct pw_source *s;

		harness_note("row", i);
		memset(im.bytes + 272, 0, 65);
		if (i % 2) /* as QEMU has it */
			strcpy((char *)im.bytes + 272, "Unknown");
		if (rows[i].len) {
			/* of two notes the other one is as long as some machine's registers */
			put(&im, SUB + 48, 8, SUB + 1536);
			put(&im, SUB + 56, 8, 20 + 376 + 20 + rows[i].len);
			put_note(&im, SUB + 1536, 376, NT_PRPSINFO);
			put_note(&im, SUB + 1536 + 20 + 376, rows[i].len, NT_PRSTATUS);
		}
		put(&im, SUB + 32, 8, SUB + 1024);
		put(&im, SUB + 40, 8, strlen(rows[i].line));
		memcpy(im.bytes + SUB + 1024, rows[i].line, strlen(rows[i].line));
		s = opened(&im);
		if (s)
			EXPECT_EQ(pw_source_elf_machine(s), rows[i].machine);
		pw_source_close(s);
		free(im.bytes);
	}
}

/* --- bitmaps ------------------------------------------------------------------------------- */

/* What was left out reads as zeros where zero pages were left out, and only there. */
TEST(zero_pages_that_were_left_out)
{
	static const unsigned char zeros[BLOCK];
	struct image im = dump();
	struct pw_source *s;
	struct pw_segment seg;

	put(&im, SUB + 8, 4, 1);
	s = opened(&im);
	if (s) {
		same(s, 0x6000, zeros, BLOCK);
		EXPECT(!pw_source_bytes(s, 0x5000, 1)); /* no memory at all */
		EXPECT(pw_source_find(s, 0x6000, &seg) && seg.pa == 0x6000 && seg.len == BLOCK);
		same(s, 0x9000, im.bytes + PAGES + 2 * BLOCK, BLOCK);
	}
	pw_source_close(s);
	/* with one bitmap nobody knows what was memory */
	put(&im, 436, 4, 1);
	memmove(im.bytes + DUMPED, im.bytes + DESCS, LEN - DESCS);
	for (unsigned int i = 0; i < NR(numbers); i++)
		put(&im, DUMPED + i * 24, 8, PAGES - BLOCK + i * BLOCK);
	im.bytes[BITMAP] &= (unsigned char)~(1u << 6);
	s = opened(&im);
	if (s) {
		same(s, 0x9000, im.bytes + PAGES - BLOCK + 2 * BLOCK, BLOCK);
		EXPECT(!pw_source_bytes(s, 0x6000, 1));
	}
	pw_source_close(s);
	free(im.bytes);
}

/* A bitmap that is shorter than the memory it is of, and numbers near the largest. */
TEST(more_blocks_than_bits)
{
	static const uint64_t claims[] = { 32769, 1ull << 40, UINT64_MAX, 1ull << 63 };

	for (size_t i = 0; i < NR(claims); i++) {
		struct image im = dump();
		struct pw_source *s;

		harness_note("claim", claims[i]);
		put(&im, SUB + 96, 8, claims[i]);
		s = opened(&im);
		/* one bitmap then, of both blocks: the first's bits come before the second's */
		if (s) {
			EXPECT(pw_source_bytes(s, 0x3000, 8));
			EXPECT_EQ(pw_source_nr_warnings(s), claims[i] == 32769 ? 1 : 2);
		}
		pw_source_close(s);
		free(im.bytes);
	}
}

/* Bits beyond the last block are none. */
TEST(bits_beyond_the_last_block)
{
	struct image im = dump();
	struct pw_source *s;
	struct pw_segment seg;

	put(&im, SUB + 96, 8, 5000);
	s = opened(&im);
	if (s) {
		EXPECT(pw_source_bytes(s, 0x9000, 8));
		EXPECT(!pw_source_bytes(s, 5000 * BLOCK, 8));
		EXPECT(!pw_source_find(s, 5000 * BLOCK, &seg));
	}
	pw_source_close(s);
	free(im.bytes);
}

/* --- pages --------------------------------------------------------------------------------- */

static struct pw_source *with_page(struct image *im, const unsigned char *bytes, uint32_t len,
				   uint32_t flags)
{
	*im = dump();
	memcpy(im->bytes + PAGES + BLOCK, bytes, len);
	put_desc(im, 1, PAGES + BLOCK, len, flags);
	return opened(im);
}

TEST(a_compressed_page)
{
	unsigned char want[BLOCK];
	struct image im;
	struct pw_source *s = with_page(&im, packed, sizeof(packed) - 1, 1);
	const void *p;

	memset(want, 0xa5, sizeof(want));
	if (s) {
		same(s, 0x4000, want, BLOCK);
		p = pw_source_bytes(s, 0x4008, 8);
		same(s, 0x3ffc, im.bytes + PAGES + 0xffc, 4);
		EXPECT(pw_source_bytes(s, 0x3ffc, 8));
		/* what was given out stays where it is */
		EXPECT(p == pw_source_bytes(s, 0x4008, 8));
		EXPECT(!pw_source_fault(s));
	}
	pw_source_close(s);
	free(im.bytes);
}

/* Output is one block: a stream that has more, or less, is none. */
TEST(pages_that_are_not_a_block)
{
	static const struct {
		const unsigned char *bytes;
		uint32_t len, flags;
		const char *words;
	} rows[] = {
		{ packed_long, sizeof(packed_long) - 1, 1,
		  "expected a page of 4096 bytes, compressed" },
		{ packed_short, sizeof(packed_short) - 1, 1, "expected a page of 4096 bytes" },
		{ packed, sizeof(packed) - 2, 1, "with zlib" },
		{ packed, sizeof(packed) - 1, 2, "with LZO" },
		{ packed, sizeof(packed) - 1, 4, "with snappy" },
		{ packed, sizeof(packed) - 1, 32, "with zstd" },
		{ packed, sizeof(packed) - 1, 3, "expected the flag of zlib (1), LZO (2)" },
		{ packed, sizeof(packed) - 1, 0x80000000, "found 0x80000000" },
		{ packed, 0, 1,
		  "expected a length of at most 4096 in its descriptor at 0x4018, "
		  "found 0" },
		{ packed, 28, 0, "found 28" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im;
		struct pw_source *s = with_page(&im, rows[i].bytes, rows[i].len, rows[i].flags);

		harness_note("row", i);
		if (s) {
			EXPECT(!pw_source_fault(s));
			EXPECT(!pw_source_bytes(s, 0x4000, 8));
			faulty(s, rows[i].words);
			faulty(s, "offset 0x5060: the page at physical address 0x4000");
			EXPECT(!pw_source_bytes(s, 0x4000, 8));
			EXPECT(!pw_source_bytes(s, 0x3ff8, 16));
			same(s, 0x3000, im.bytes + PAGES, BLOCK);
			same(s, 0x9000, im.bytes + PAGES + 2 * BLOCK, BLOCK);
		}
		pw_source_close(s);
		free(im.bytes);
	}
}

TEST(a_length_beyond_a_block)
{
	struct image im = dump();
	struct pw_source *s;

	put_desc(&im, 0, PAGES, BLOCK + 1, 1);
	put_desc(&im, 1, PAGES, 0xffffffff, 1);
	s = opened(&im);
	if (s) {
		EXPECT(!pw_source_bytes(s, 0x4000, 8));
		faulty(s, "found 4294967295");
		EXPECT(!pw_source_bytes(s, 0x3000, 8));
	}
	pw_source_close(s);
	free(im.bytes);
}

/* Few bytes may be many tables, but not any number. */
TEST(an_end_to_what_is_decompressed)
{
	struct image im;
	struct pw_source *s = with_page(&im, packed, sizeof(packed) - 1, 1);

	if (s) {
		EXPECT_EQ(s->held_limit, 1u << 30);
		s->held_limit = 2 * BLOCK;
		EXPECT(pw_source_bytes(s, 0x4000, BLOCK));
		EXPECT(!pw_source_bytes(s, 0x3000, 2 * BLOCK));
		faulty(s, "its tables take more than 0 MiB when they are decompressed");
		/* what was there before still is, and so is what needs no room */
		EXPECT(pw_source_bytes(s, 0x4000, BLOCK));
		EXPECT(pw_source_bytes(s, 0x3000, BLOCK));
	}
	pw_source_close(s);
	free(im.bytes);
}

/* Several descriptors may lead to the same bytes: makedumpfile's zero pages do. */
TEST(descriptors_that_overlap)
{
	struct image im = dump();
	struct pw_source *s;

	put_desc(&im, 1, PAGES, BLOCK, 0);
	put_desc(&im, 2, PAGES + 1, BLOCK, 0);
	put_desc(&im, 3, 0, BLOCK, 0); /* the header itself */
	s = opened(&im);
	if (s) {
		same(s, 0x3000, im.bytes + PAGES, BLOCK);
		same(s, 0x4000, im.bytes + PAGES, BLOCK);
		same(s, 0x9000, im.bytes + PAGES + 1, BLOCK);
		same(s, 5000 * BLOCK, im.bytes, BLOCK);
	}
	pw_source_close(s);
	free(im.bytes);
}

/* Every length where something ends, and some between. */
static size_t after(size_t len)
{
	size_t next = len + 509;

	if (len < DESCS - 1)
		return next < DESCS - 1 ? next : DESCS - 1;
	return len < PAGES ? len + 1 : next;
}

/* Not in the file is absent, with one warning; nowhere is it a fault. */
TEST(a_dump_that_is_cut_off)
{
	struct image im = dump(), part = im;

	for (part.len = 8; part.len < im.len; part.len = after(part.len)) {
		struct pw_source *s;
		unsigned int have = 0;

		harness_note("length", part.len);
		if (part.len < DESCS) {
			refused(&part, "expected");
			continue;
		}
		s = opened(&part);
		if (!s)
			continue;
		for (unsigned int i = 0; i < NR(numbers); i++)
			have += !!pw_source_bytes(s, (uint64_t)numbers[i] * BLOCK, BLOCK);
		EXPECT_EQ(have, part.len < PAGES ? 0 : (part.len - PAGES) / BLOCK);
		if (EXPECT_EQ(pw_source_nr_warnings(s), 1))
			EXPECT(says(pw_source_warning(s, 0),
				    "truncated: the last of its 0x4 pages"));
		EXPECT(!pw_source_fault(s));
		pw_source_close(s);
	}
	free(im.bytes);
}

TEST(a_page_beyond_the_end)
{
	static const uint64_t places[] = { LEN, LEN - BLOCK + 1, UINT64_MAX, UINT64_MAX - 0xffe };

	for (size_t i = 0; i < NR(places); i++) {
		struct image im = dump();
		struct pw_source *s;

		harness_note("place", places[i]);
		put_desc(&im, 0, places[i], BLOCK, 0);
		s = opened(&im);
		if (s) {
			EXPECT_EQ(pw_source_nr_warnings(s), 0);
			EXPECT(!pw_source_bytes(s, 0x3000, 8));
			EXPECT(!pw_source_bytes(s, 0x3000, 8));
			if (EXPECT_EQ(pw_source_nr_warnings(s), 1))
				EXPECT(says(pw_source_warning(s, 0),
					    "physical address 0x3000 is not"));
			EXPECT(!pw_source_fault(s));
		}
		pw_source_close(s);
		free(im.bytes);
	}
}

TEST(no_copy_of_what_is_compressed)
{
	struct image im = dump();
	struct pw_source *s = opened(&im);
	struct pw_source_error err;

	if (s) {
		EXPECT(!pw_source_can_copy(s));
		EXPECT_EQ(pw_source_write_copy(s, dir_path("copy"), true, NULL, 0, &err),
			  (uint64_t)-EOPNOTSUPP);
		EXPECT(says(err.text, "no changed copy of a kdump-compressed dump"));
		EXPECT_EQ(dir_count(), 1);
	}
	pw_source_close(s);
	free(im.bytes);
	dir_remove_files();
}
