/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Flattened streams: records in any order and over one another, compared with the file that they
 * make; and streams that are cut off, damaged, or claim what is not there.
 */

#include "source_files.h"

#define HEADER 4096u

static void put_big(struct image *im, size_t at, uint64_t v)
{
	uint64_t big = htobe64(v);

	memcpy(im->bytes + at, &big, sizeof(big));
}

static struct image stream(void)
{
	struct image im = { calloc(1, HEADER), HEADER };

	memcpy(im.bytes, "makedumpfile", 13);
	put_big(&im, 16, 1);
	put_big(&im, 24, 1);
	return im;
}

static void add(struct image *im, uint64_t offset, uint64_t claims, const void *bytes, size_t len)
{
	im->bytes = realloc(im->bytes, im->len + 16 + len);
	put_big(im, im->len, offset);
	put_big(im, im->len + 8, claims);
	if (len)
		memcpy(im->bytes + im->len + 16, bytes, len);
	im->len += 16 + len;
}

static void add_end(struct image *im)
{
	add(im, UINT64_MAX, UINT64_MAX, NULL, 0);
}

/* A core as a stream of one record for each of its pages. */
static struct image core_stream(const struct image *file)
{
	struct image im = stream();

	for (size_t at = 0; at < file->len; at += 0x1000)
		add(&im, at, 0x1000, file->bytes + at, 0x1000);
	add_end(&im);
	return im;
}

TEST(a_stream_is_read_as_what_it_is_of)
{
	struct image file = core(SIZE, two, 2), im = core_stream(&file);
	struct pw_source *s = opened(&im);

	if (s) {
		EXPECT_EQ(pw_source_machine(s), PW_MACHINE_ARM64);
		EXPECT(!strcmp(pw_source_kind(s), "flattened ELF core"));
		EXPECT_EQ(pw_source_nr_warnings(s), 0);
		same(s, 0x40000000, file.bytes + BODY, 0x1000);
		same(s, 0x40008000, file.bytes + BODY + 0x1000, 0x1000);
		EXPECT(!pw_source_bytes(s, 0x40001000, 1));
		EXPECT(!pw_source_can_copy(s));
	}
	pw_source_close(s);
	free(im.bytes);
	free(file.bytes);
}

/* Where records end inside of what is asked for a copy is made, and it stays. */
TEST(what_is_in_several_records)
{
	struct image file = core(SIZE, two, 2), im = stream();
	struct pw_source *s;
	const void *p;

	for (size_t at = 0; at < SIZE; at += 0x100)
		add(&im, at, 0x100, file.bytes + at, 0x100);
	add_end(&im);
	s = opened(&im);
	if (s) {
		p = pw_source_bytes(s, 0x40000000, 0x1000);
		same(s, 0x40000080, file.bytes + BODY + 0x80, 0x90);
		same(s, 0x40000000, file.bytes + BODY, 0x1000);
		EXPECT(p == pw_source_bytes(s, 0x40000000, 0x1000));
		EXPECT(!pw_source_bytes(s, 0x40000f80, 0x100));
	}
	pw_source_close(s);
	free(im.bytes);
	free(file.bytes);
}

/* Random records over one another: the later one counts, as in a file that is written to. */
TEST(records_over_one_another)
{
	static const struct ph all = { PT_LOAD, BODY, 0x40000000, SIZE - BODY };

	for (unsigned int round = 0; round < 300; round++) {
		struct image file = core(SIZE, &all, 1), im = stream();
		unsigned int nr = 1 + (unsigned int)harness_below(round % 3 ? 12 : 100);
		struct pw_source *s;

		harness_note("round", round);
		add(&im, 0, SIZE, file.bytes, SIZE);
		for (unsigned int i = 0; i < nr; i++) {
			unsigned char bytes[0x800];
			size_t len = 1 + harness_below(round % 2 ? 40 : sizeof(bytes));
			size_t at = BODY + harness_below(SIZE - BODY - len + 1);

			memset(bytes, (int)harness_random(), len);
			memcpy(file.bytes + at, bytes, len);
			add(&im, at, len, bytes, len);
		}
		add_end(&im);
		s = opened(&im);
		if (s) {
			same(s, 0x40000000, file.bytes + BODY, SIZE - BODY);
			for (unsigned int i = 0; i < 20; i++) {
				size_t at = harness_below(SIZE - BODY - 8);

				same(s, 0x40000000 + at, file.bytes + BODY + at, 8);
			}
		}
		pw_source_close(s);
		free(im.bytes);
		free(file.bytes);
		if (harness_failures())
			return;
	}
}

TEST(headers_that_are_wrong)
{
	static const struct {
		size_t at;
		uint64_t v;
		const char *words;
	} rows[] = {
		{ 16, 2, "offset 16: expected the header of a flattened stream" },
		{ 16, 1ull << 56, "offset 16: expected the header" }, /* little-endian */
		{ 24, 0, "offset 16: expected the header" },
		{ 4096, UINT64_MAX, "offset 4096: expected a record with bytes in it" },
		{ 4096, UINT64_MAX - 1, "offset 4096: expected a record" },
		{ 4104, UINT64_MAX, "offset 4096: expected a record" },
		{ 4104, 1ull << 63, "offset 4096: expected a record" },
		{ 4096, INT64_MAX, "offset 4096: expected a record" },
		{ 4112, 0, "offset 0: expected an ELF core" },
	};
	struct image file = core(SIZE, two, 2);

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im = core_stream(&file);

		harness_note("row", i);
		put_big(&im, rows[i].at, rows[i].v);
		refused(&im, rows[i].words);
		free(im.bytes);
	}
	free(file.bytes);
}

/* Cut off anywhere: what is there is used. */
TEST(a_stream_that_is_cut_off)
{
	struct image file = core(SIZE, two, 2), im = core_stream(&file), part = im;

	for (part.len = 13; part.len < im.len; part.len += part.len % 0x1010 < 40 ? 1 : 397) {
		struct pw_source *s;
		struct pw_source_error err;

		harness_note("length", part.len);
		if (open_image(&part, &s, &err)) {
			/* without a page of memory there is nothing to be read */
			EXPECT(part.len <= HEADER + 16 + 0x1000 + 16);
			continue;
		}
		EXPECT_EQ(pw_source_nr_warnings(s) != 0, true);
		EXPECT(says(pw_source_warning(s, 0), "the stream is truncated"));
		if (part.len >= HEADER + 2 * 0x1010)
			same(s, 0x40000000, file.bytes + BODY, 0x1000);
		pw_source_close(s);
	}
	free(im.bytes);
	free(file.bytes);
}

TEST(a_record_that_is_damaged)
{
	struct image file = core(SIZE, two, 2), im = core_stream(&file);
	struct pw_source *s;

	put_big(&im, HEADER + 2 * 0x1010, 1ull << 63);
	s = opened(&im);
	if (s) {
		EXPECT(says(pw_source_warning(s, 0), "offset 0x3020: expected another record"));
		EXPECT(says(pw_source_warning(s, 0), "the stream is damaged"));
		same(s, 0x40000000, file.bytes + BODY, 0x1000);
		EXPECT(!pw_source_bytes(s, 0x40008000, 1));
	}
	pw_source_close(s);
	free(im.bytes);
	free(file.bytes);
}

/*
 * A few bytes can make a file of any size: what the stream does not have is absent, and no memory
 * is taken for it.
 */
TEST(a_stream_that_claims_everything)
{
	static const struct ph ph[] = { { PT_LOAD, BODY, 0x40000000, 1ull << 60 },
					{ PT_NOTE, 0x5000, 0, 1ull << 60 } };
	struct image file = core(SIZE, ph, 2), im;
	struct pw_source *s;

	im = core_stream(&file);
	im.len -= 16;
	add(&im, INT64_MAX - 1, 1, "x", 1);
	add_end(&im);
	s = opened(&im);
	if (s) {
		same(s, 0x40000000, file.bytes + BODY, 0x1000);
		same(s, 0x40000ff0, file.bytes + BODY + 0xff0, 0x20);
		EXPECT(!pw_source_bytes(s, 0x40000000 + SIZE - BODY, 1));
		EXPECT(!pw_source_bytes(s, 0x40000000 + SIZE - BODY - 1, 2));
		EXPECT(!pw_source_bytes(s, 0x40000000, 1ull << 59));
		EXPECT(!pw_source_bytes(s, 0x40000000 + (1ull << 59), 8));
		EXPECT(!pw_source_fault(s));
	}
	pw_source_close(s);
	/* program headers that nobody wrote */
	PUT_EHDR(&file, e_phnum, 0xfffe);
	PUT_EHDR(&file, e_phoff, 1ull << 50);
	im.len = 0;
	free(im.bytes);
	im = core_stream(&file);
	im.len -= 16;
	add(&im, INT64_MAX - 1, 1, "x", 1);
	add_end(&im);
	refused(&im, "expected 65534 program headers");
	free(im.bytes);
	free(file.bytes);
}

/* A bitmap that nobody wrote, of more bits than there is memory to count them. */
TEST(a_bitmap_that_nobody_wrote)
{
	struct image file = { calloc(1, 3 * 0x1000), 3 * 0x1000 }, im = stream();

	memcpy(file.bytes, "KDUMP   ", 8);
	put(&file, 8, 4, 6);
	put(&file, 428, 4, 0x1000);
	put(&file, 432, 4, 1);
	put(&file, 436, 4, 0x40000000);
	put(&file, 0x1000 + 96, 8, 1ull << 50);
	add(&im, 0, file.len, file.bytes, file.len);
	add(&im, INT64_MAX - 1, 1, "x", 1);
	add_end(&im);
	refused(&im, "offset 8192: expected bitmaps of 1073741824 blocks");
	free(im.bytes);
	free(file.bytes);
}
