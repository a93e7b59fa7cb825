/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* QEMU's notes about CPUs, and which segment holds an address. */
#include "../../sources/qemu_x86.h"
#include "source_files.h"

#define STATE 440u

/* A note with this name, this long as it says, holding @len bytes of @fill. */
static size_t put_note(struct image *im, size_t at, const char *name, uint32_t name_len,
		       uint32_t len, unsigned char fill)
{
	put(im, at, 4, name_len);
	put(im, at + 4, 4, len);
	put(im, at + 8, 4, 0);
	memcpy(im->bytes + at + 12, name, strlen(name) + 1);
	at += 12 + ((name_len + 3) & ~3u);
	memset(im->bytes + at, fill, len);
	return at + ((len + 3) & ~3u);
}

TEST(qemu_notes_are_kept_in_order)
{
	static const struct ph ph[] = { { PT_LOAD, BODY, 0x1000, 0x100 }, { PT_NOTE, BODY, 0, 0 } };
	struct image im = core(SIZE, ph, 2);
	struct pw_source *s;
	size_t at = BODY, len = 1;

	at = put_note(&im, at, "CORE", 5, 8, 0xaa);
	for (unsigned int i = 0; i < 9; i++) {
		at = put_note(&im, at, "QEMU", i == 4 ? 4 : 5, i, (unsigned char)(i + 1));
		at = put_note(&im, at, i & 1 ? "QEMU5" : "qemu", i & 1 ? 6 : 5, 4, 0xbb);
	}
	put_phdr(&im, 1, (struct ph){ PT_NOTE, BODY, 0, at - BODY });
	s = opened(&im);
	if (s && EXPECT_EQ(pw_source_nr_qemu_notes(s), 9)) {
		for (unsigned int i = 0; i < 9; i++) {
			const unsigned char *note = pw_source_qemu_note(s, i, &len);

			harness_note("cpu", i);
			EXPECT_EQ(len, i);
			EXPECT(note && (i == 0 || (note[0] == i + 1 && note[i - 1] == i + 1)));
		}
		EXPECT(!pw_source_qemu_note(s, 9, &len));
		EXPECT_EQ(len, 0);
		EXPECT(!pw_source_qemu_note(s, UINT32_MAX, &len));
	}
	pw_source_close(s);
	free(im.bytes);
}

TEST(a_cut_off_qemu_note_is_none)
{
	static const struct ph ph[] = { { PT_LOAD, BODY, 0x1000, 0x100 }, { PT_NOTE, BODY, 0, 0 } };
	struct image im = core(SIZE, ph, 2);
	size_t whole = put_note(&im, BODY, "QEMU", 5, STATE, 1) - BODY;

	for (size_t cut = 0; cut < whole; cut += 7) {
		struct pw_source *s;

		put_phdr(&im, 1, (struct ph){ PT_NOTE, BODY, 0, whole - cut });
		s = opened(&im);
		harness_note("cut", cut);
		EXPECT_EQ(s ? pw_source_nr_qemu_notes(s) : 99, !cut);
		pw_source_close(s);
	}
	free(im.bytes);
}

/* The state with a different value in every field that is read, and noise in between. */
static void fill_state(unsigned char *p)
{
	static const struct {
		unsigned int at;
		uint64_t v;
	} fields[] = {
		{ 392, 0x80050033 },	     { 400, 0x1111 },	{ 408, 0x2222 },
		{ 416, 0x00000001234567a8 }, { 424, 0x7516f0 }, { 432, 0x5555 },
	};
	const uint32_t version = htole32(1), size = htole32(STATE);

	memset(p, 0x77, STATE);
	memcpy(p, &version, 4);
	memcpy(p + 4, &size, 4);
	for (size_t i = 0; i < NR(fields); i++) {
		uint64_t v = htole64(fields[i].v);

		memcpy(p + fields[i].at, &v, 8);
	}
}

TEST(the_state_of_a_cpu_is_read)
{
	unsigned char bytes[STATE + 1];
	struct pw_qemu_x86 cpu;

	fill_state(bytes + 1); /* notes have no alignment */
	EXPECT(pw_qemu_x86_state(bytes + 1, STATE, &cpu));
	EXPECT_EQ(cpu.cr0, 0x80050033);
	EXPECT_EQ(cpu.cr3, 0x1234567a8);
	EXPECT_EQ(cpu.cr4, 0x7516f0);
}

TEST(what_is_no_state_is_refused)
{
	static const struct {
		unsigned int at;
		uint32_t v;
		size_t len;
		bool good;
	} rows[] = {
		{ 0, 1, STATE, true },	{ 0, 1, 432, true },   { 0, 1, 431, false },
		{ 0, 1, 8, false },	{ 0, 1, 0, false },    { 0, 0, STATE, false },
		{ 0, 2, STATE, false }, { 4, 432, 432, true }, { 4, 431, STATE, false },
		{ 4, 0, STATE, false },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		unsigned char bytes[STATE];
		struct pw_qemu_x86 cpu = { .cr3 = 42 };
		const uint32_t v = htole32(rows[i].v);

		fill_state(bytes);
		memcpy(bytes + rows[i].at, &v, 4);
		harness_note("row", i);
		EXPECT_EQ(pw_qemu_x86_state(bytes, rows[i].len, &cpu), rows[i].good);
		EXPECT_EQ(cpu.cr3, rows[i].good ? 0x1234567a8 : 42);
	}
	EXPECT(!pw_qemu_x86_state(NULL, STATE, &(struct pw_qemu_x86){ 0 }));
}

TEST(the_segment_of_an_address)
{
	struct image im = core(SIZE, two, 2);
	struct pw_source *s = opened(&im);
	struct pw_segment seg = { 1, 2, 3 };

	if (s) {
		EXPECT(!pw_source_find(s, 0x3fffffff, &seg));
		EXPECT(!pw_source_find(s, 0x40001000, &seg));
		EXPECT(!pw_source_find(s, 0x40009000, &seg));
		EXPECT(!pw_source_find(s, UINT64_MAX, &seg));
		EXPECT_EQ(seg.pa, 1);
		EXPECT(pw_source_find(s, 0x40000fff, &seg));
		EXPECT_EQ(seg.pa, 0x40000000);
		EXPECT(pw_source_find(s, 0x40008000, &seg));
		EXPECT_EQ(seg.pa, 0x40008000);
		EXPECT_EQ(seg.len, 0x1000);
		EXPECT_EQ(seg.offset, BODY + 0x1000);
	}
	pw_source_close(s);
	free(im.bytes);
}
