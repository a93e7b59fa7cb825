/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * LiME dumps and raw memory. Neither says which machine it is of; headers that are wrong, or cut
 * off, are found.
 */
#include <errno.h>

#include "source_files.h"

#define HEADER 32u

/* A LiME dump of these ranges (first, last), each byte telling where in the file it is. */
struct range {
	uint64_t first, last;
};

static void put_header(struct image *im, size_t at, struct range r)
{
	memset(im->bytes + at, 0, HEADER);
	memcpy(im->bytes + at, "EMiL", 4);
	put(im, at + 4, 4, 1);
	put(im, at + 8, 8, r.first);
	put(im, at + 16, 8, r.last);
}

static struct image lime(const struct range *r, size_t nr)
{
	struct image im = { NULL, 0 };
	size_t i, at = 0;

	for (i = 0; i < nr; i++)
		im.len += HEADER + (size_t)(r[i].last - r[i].first + 1);
	im.bytes = malloc(im.len);
	for (i = 0; i < im.len; i++)
		im.bytes[i] = (unsigned char)((i * 2654435761u) >> 13);
	for (i = 0; i < nr; i++) {
		put_header(&im, at, r[i]);
		at += HEADER + (size_t)(r[i].last - r[i].first + 1);
	}
	return im;
}

static const struct range ranges[] = { { 0x40008000, 0x40008fff }, { 0x1000, 0x17ff } };
#define SECOND (HEADER + 0x1000u) /* where the second header is */

TEST(a_lime_dump_is_read)
{
	struct image im = lime(ranges, NR(ranges));
	struct pw_source *s = opened(&im);
	size_t len;

	if (s) {
		EXPECT_EQ(pw_source_machine(s), PW_MACHINE_OTHER);
		EXPECT_EQ(pw_source_elf_machine(s), EM_NONE);
		EXPECT(!strcmp(pw_source_kind(s), "LiME dump"));
		EXPECT_EQ(pw_source_nr_warnings(s), 0);
		EXPECT_EQ(pw_source_nr_segments(s), 2);
		EXPECT(!pw_source_vmcoreinfo(s, &len));
		same(s, 0x40008000, im.bytes + HEADER, 0x1000);
		same(s, 0x1000, im.bytes + SECOND + HEADER, 0x800);
		/* the last address is one of the range, and the next is not */
		EXPECT(pw_source_bytes(s, 0x17ff, 1));
		EXPECT(!pw_source_bytes(s, 0x1800, 1));
		EXPECT(!pw_source_bytes(s, 0x17ff, 2));
		EXPECT(!pw_source_bytes(s, 0xfff, 1));
	}
	pw_source_close(s);
	free(im.bytes);
}

TEST(a_first_header_that_is_wrong)
{
	static const struct {
		size_t at, size;
		uint64_t v;
		const char *words;
	} rows[] = {
		{ 4, 4, 2, "offset 0: expected version 1 of LiME" },
		{ 4, 4, 0, "offset 0: expected version 1 of LiME" },
		{ 16, 8, 0x40007fff, "offset 0: expected a last address that is not below" },
		{ 8, 8, UINT64_MAX, "offset 0: expected a last address that is not below" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im = lime(ranges, NR(ranges));

		harness_note("row", i);
		put(&im, rows[i].at, (unsigned int)rows[i].size, rows[i].v);
		refused(&im, rows[i].words);
		free(im.bytes);
	}
}

TEST(a_later_header_that_is_wrong)
{
	static const struct {
		size_t at, size;
		uint64_t v;
		const char *words;
	} rows[] = {
		{ 0, 1, 'e', "offset 0x1020: expected the magic" },
		{ 4, 4, 7, "offset 0x1020: expected version 1" },
		{ 16, 8, 0xfff, "offset 0x1020: expected a last address" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im = lime(ranges, NR(ranges));
		struct pw_source *s;

		harness_note("row", i);
		put(&im, SECOND + rows[i].at, (unsigned int)rows[i].size, rows[i].v);
		s = opened(&im);
		if (s) {
			EXPECT_EQ(pw_source_nr_segments(s), 1);
			if (EXPECT_EQ(pw_source_nr_warnings(s), 1))
				EXPECT(says(pw_source_warning(s, 0), rows[i].words));
			same(s, 0x40008000, im.bytes + HEADER, 0x1000);
		}
		pw_source_close(s);
		free(im.bytes);
	}
}

/* Cut off anywhere: what is there is used. */
TEST(a_lime_dump_that_is_cut_off)
{
	struct image im = lime(ranges, NR(ranges)), part = im;

	for (part.len = 4; part.len < im.len; part.len += part.len < 64 ? 1 : 61) {
		struct pw_source *s;

		harness_note("length", part.len);
		if (part.len < HEADER) {
			refused(&part, "offset 0: expected a header of 32 bytes");
			continue;
		}
		if (part.len == HEADER) {
			refused(&part, "no memory in it");
			continue;
		}
		s = opened(&part);
		if (s) {
			size_t have = part.len < SECOND ? part.len - HEADER : 0x1000;

			EXPECT_EQ(pw_source_nr_warnings(s), part.len != SECOND);
			same(s, 0x40008000, im.bytes + HEADER, have);
			EXPECT(!pw_source_bytes(s, 0x40008000 + have, 1));
		}
		pw_source_close(s);
	}
	free(im.bytes);
}

/* Ranges that claim everything there is cost nothing, and end where the file does. */
TEST(a_range_of_all_addresses)
{
	struct image im = lime(ranges, NR(ranges));
	struct pw_source *s;

	put_header(&im, 0, (struct range){ 0, UINT64_MAX });
	s = opened(&im);
	if (s) {
		EXPECT_EQ(pw_source_nr_segments(s), 1);
		EXPECT_EQ(pw_source_segment(s, 0).len, im.len - HEADER);
		EXPECT(says(pw_source_warning(s, 0), "truncated"));
		same(s, 0, im.bytes + HEADER, im.len - HEADER);
	}
	pw_source_close(s);
	/* to the last address, and from there on nothing */
	put_header(&im, 0, (struct range){ UINT64_MAX - 0xfff, UINT64_MAX });
	s = opened(&im);
	if (s) {
		EXPECT_EQ(pw_source_nr_segments(s), 2);
		same(s, UINT64_MAX - 0xfff, im.bytes + HEADER, 0x1000);
		EXPECT(!pw_source_bytes(s, UINT64_MAX, 2));
	}
	pw_source_close(s);
	free(im.bytes);
}

TEST(a_lime_dump_is_written_again)
{
	static const struct pw_patch patch = { 0x17fc, 4, "tail" };
	struct image im = lime(ranges, NR(ranges));
	struct pw_source *s = opened(&im);
	struct pw_source_error err;
	struct pw_source *copy = NULL;

	if (s) {
		EXPECT_EQ(pw_source_write_copy(s, dir_path("copy"), false, &patch, 1, &err), 0);
		EXPECT_EQ(pw_source_open(dir_path("copy"), &copy, &err), 0);
	}
	if (copy) {
		same(copy, 0x17fc, "tail", 4);
		same(copy, 0x1000, im.bytes + SECOND + HEADER, 0x7fc);
		same(copy, 0x40008000, im.bytes + HEADER, 0x1000);
	}
	pw_source_close(copy);
	pw_source_close(s);
	free(im.bytes);
	dir_remove_files();
}

/* --- raw memory ---------------------------------------------------------------------------- */

TEST(raw_memory_begins_where_it_is_told)
{
	static const unsigned char bytes[] = "memory, and nothing else";
	struct image im = { (unsigned char *)(uintptr_t)bytes, sizeof(bytes) };
	const char *path = dir_write("core", im.bytes, im.len);
	struct pw_source_error err;
	struct pw_source *s = NULL;

	EXPECT_EQ(pw_source_open_raw(path, 0x80000000, &s, &err), 0);
	if (s) {
		EXPECT_EQ(pw_source_elf_machine(s), EM_NONE);
		EXPECT(!strcmp(pw_source_kind(s), "raw memory"));
		EXPECT_EQ(pw_source_nr_warnings(s), 0);
		same(s, 0x80000000, bytes, sizeof(bytes));
		EXPECT(!pw_source_bytes(s, 0x7fffffff, 1));
		EXPECT(!pw_source_bytes(s, 0x80000000 + sizeof(bytes), 1));
	}
	pw_source_close(s);
	/* without being told: refused, with a word what to tell */
	refused(&im, "something else; of raw memory say where it begins: --raw=ADDRESS");
}

TEST(raw_memory_that_cannot_be)
{
	struct pw_source_error err;
	struct pw_source *s = NULL;

	dir_write("core", "0123456789abcdef", 16);
	EXPECT_EQ(pw_source_open_raw(dir_path("core"), UINT64_MAX - 14, &s, &err),
		  (uint64_t)-ENOEXEC);
	EXPECT(says(err.text, "core: 0x10 bytes of memory from physical address 0xffffffff"));
	EXPECT_EQ(pw_source_open_raw(dir_path("core"), UINT64_MAX - 15, &s, &err), 0);
	EXPECT(s && pw_source_bytes(s, UINT64_MAX, 1));
	pw_source_close(s);
	s = NULL;
	dir_write("core", "", 0);
	EXPECT_EQ(pw_source_open_raw(dir_path("core"), 0, &s, &err), (uint64_t)-ENOEXEC);
	EXPECT(says(err.text, "core: expected memory, found an empty file"));
	EXPECT(!s);
}

/* Memory may begin with anything; but whoever asks for it may have got it wrong. */
TEST(raw_memory_that_looks_like_a_core)
{
	struct image im = core(SIZE, two, 2);
	struct pw_source_error err;
	struct pw_source *s = NULL;

	EXPECT_EQ(pw_source_open_raw(dir_write("core", im.bytes, im.len), 0, &s, &err), 0);
	if (s) {
		if (EXPECT_EQ(pw_source_nr_warnings(s), 1))
			EXPECT(says(pw_source_warning(s, 0),
				    "as told, though it begins like: ELF"));
		same(s, 0, im.bytes, im.len);
	}
	pw_source_close(s);
	free(im.bytes);
}
