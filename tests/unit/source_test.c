/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * ELF cores. Everything in a file is somebody else's word, so most of this is about headers,
 * segments and notes that are wrong.
 */
#include <errno.h>
#include <sys/stat.h>

#include "source_files.h"

static bool segment_is(const struct pw_source *s, size_t i, uint64_t pa, uint64_t len, uint64_t at)
{
	struct pw_segment seg = pw_source_segment(s, i);

	bool same = EXPECT_EQ(seg.pa, pa);

	same = EXPECT_EQ(seg.len, len) && same;
	return EXPECT_EQ(seg.offset, at) && same;
}

/* --- headers ------------------------------------------------------------------------------- */

TEST(a_core_is_read)
{
	struct image im = core(SIZE, two, 2);
	struct pw_source *s = opened(&im);
	const void *p;
	size_t len = 1;

	if (s) {
		EXPECT_EQ(pw_source_machine(s), PW_MACHINE_ARM64);
		EXPECT_EQ(pw_source_elf_machine(s), EM_AARCH64);
		EXPECT(!strcmp(pw_source_path(s), dir_path("core")));
		EXPECT_EQ(pw_source_nr_warnings(s), 0);
		EXPECT_EQ(pw_source_nr_segments(s), 2);
		segment_is(s, 0, 0x40000000, 0x1000, BODY);
		segment_is(s, 1, 0x40008000, 0x1000, BODY + 0x1000);
		p = pw_source_bytes(s, 0x40008000, 0x1000);
		EXPECT(p && !memcmp(p, im.bytes + BODY + 0x1000, 0x1000));
		EXPECT(!pw_source_vmcoreinfo(s, &len));
		EXPECT_EQ(len, 0);
	}
	pw_source_close(s);
	pw_source_close(NULL);
	free(im.bytes);
}

TEST(machines_are_told_apart)
{
	static const struct {
		uint16_t elf;
		enum pw_machine machine;
	} rows[] = {
		{ EM_AARCH64, PW_MACHINE_ARM64 }, { EM_X86_64, PW_MACHINE_X86_64 },
		{ EM_RISCV, PW_MACHINE_RISCV },	  { EM_ARM, PW_MACHINE_OTHER },
		{ 0xffff, PW_MACHINE_OTHER },
	};
	struct image im = core(SIZE, two, 2);

	for (size_t i = 0; i < NR(rows); i++) {
		struct pw_source *s;

		harness_note("machine", rows[i].elf);
		PUT_EHDR(&im, e_machine, rows[i].elf);
		s = opened(&im);
		if (s) {
			EXPECT_EQ(pw_source_machine(s), rows[i].machine);
			EXPECT_EQ(pw_source_elf_machine(s), rows[i].elf);
		}
		pw_source_close(s);
	}
	free(im.bytes);
}

#define FIELD(f) offsetof(Elf64_Ehdr, f), sizeof(((Elf64_Ehdr *)NULL)->f)

TEST(wrong_headers_are_refused_by_name)
{
	static const struct {
		size_t at, size;
		uint64_t v;
		const char *words;
	} rows[] = {
		{ EI_CLASS, 1, ELFCLASS32, "offset 4: expected ELFCLASS64 (2), found 1" },
		{ EI_CLASS, 1, 0xff, "offset 4: expected ELFCLASS64 (2), found 255" },
		{ EI_DATA, 1, ELFDATA2MSB, "offset 5: expected ELFDATA2LSB (1), found 2" },
		{ EI_DATA, 1, 0, "offset 5: expected ELFDATA2LSB (1), found 0" },
		{ FIELD(e_type), ET_EXEC,
		  "offset 16: expected a core (ET_CORE, 4), found ELF type 2" },
		{ FIELD(e_type), 0x400, "found ELF type 1024" },
		{ FIELD(e_phentsize), sizeof(Elf64_Phdr) - 1, "program headers of 56 bytes" },
		{ FIELD(e_phentsize), 0, "program headers of 56 bytes" },
		{ FIELD(e_phentsize), 0xffff, "the file ends at 0x4000" },
		{ FIELD(e_phnum), 0xfffe, "expected 65534 program headers" },
		{ FIELD(e_phnum), 0, "none of 0 program headers" },
		{ FIELD(e_phoff), SIZE - 2 * sizeof(Elf64_Phdr) + 1, "offset 0x3f91: expected 2" },
		{ FIELD(e_phoff), SIZE, "offset 0x4000: expected 2" },
		{ FIELD(e_phoff), UINT64_MAX, "offset 0xffffffffffffffff: expected 2" },
		/* where the end of the table would wrap to inside the file */
		{ FIELD(e_phoff), UINT64_MAX - 64, "offset 0xffffffffffffffbf: expected 2" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im = core(SIZE, two, 2);

		harness_note("row", i);
		put(&im, rows[i].at, (unsigned int)rows[i].size, rows[i].v);
		refused(&im, rows[i].words);
		free(im.bytes);
	}
}

TEST(program_headers_may_be_anywhere_and_larger)
{
	struct image im = core(SIZE, two, 2);
	struct pw_source *s;

	/* the table's last byte is the file's last byte; entries of 64 bytes */
	memcpy(im.bytes + SIZE - 128, im.bytes + PHDR(0), sizeof(Elf64_Phdr));
	memcpy(im.bytes + SIZE - 64, im.bytes + PHDR(1), sizeof(Elf64_Phdr));
	PUT_EHDR(&im, e_phoff, SIZE - 128);
	PUT_EHDR(&im, e_phentsize, 64);
	s = opened(&im);
	if (s && EXPECT_EQ(pw_source_nr_segments(s), 2))
		segment_is(s, 1, 0x40008000, 0x1000, BODY + 0x1000);
	pw_source_close(s);
	free(im.bytes);
}

TEST(strangers_are_told_what_they_are)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *words;
	} rows[] = {
		{ "", 0, "an empty file" },
		{ "\x7f", 1, "something else" },
		{ "\x7f"
		  "EL",
		  3, "something else" },
		{ "\x7f"
		  "ELF",
		  4, "expected an ELF header of 64 bytes, the file has 4" },
		{ "\xfd"
		  "7zXZ\0",
		  6, "xz -dk" },
		{ "\xfd"
		  "7zX",
		  4, "something else" },
		{ "\x1f\x8b\x08", 3, "gzip -dk" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd -d" },
		{ "BZh9", 4, "bzip2 -dk" },
		{ "KDUMP   ", 8, "a kdump header of 464 bytes" },
		{ "DISKDUMP", 8, "makedumpfile -E" },
		{ "EMiL", 4, "header of 32 bytes" },
		{ "AVML", 4, "AVML" },
		{ "QEVM", 4, "dump-guest-memory" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct image im = { (unsigned char *)(uintptr_t)rows[i].bytes, rows[i].len };

		harness_note("row", i);
		refused(&im, rows[i].words);
	}
}

TEST(no_file_at_all)
{
	struct pw_source_error err;
	struct pw_source *s = NULL;

	EXPECT_EQ(pw_source_open(dir_path("none"), &s, &err), (uint64_t)-ENOENT);
	EXPECT(says(err.text, "none: cannot open: No such file"));
	EXPECT_EQ(pw_source_open(dir_path(""), &s, &err), (uint64_t)-EISDIR);
	EXPECT(says(err.text, "Is a directory"));
	EXPECT_EQ(pw_source_open("/dev/zero", &s, &err), (uint64_t)-EINVAL);
	EXPECT(says(err.text, "not a regular file"));
	/* one that nobody writes to must not be waited for */
	EXPECT_EQ(mkfifo(dir_path("fifo"), 0600), 0);
	alarm(20);
	EXPECT_EQ(pw_source_open(dir_path("fifo"), &s, &err), (uint64_t)-EINVAL);
	alarm(0);
	EXPECT(says(err.text, "not a regular file"));
	EXPECT(!s);
	unlink(dir_path("fifo"));
}

TEST(cut_off_anywhere)
{
	static const struct ph ph[] = {
		{ PT_NOTE, 0x180, 0, 0x80 },
		{ PT_LOAD, 0x200, 0x2000, 0x100 },
		{ PT_LOAD, 0x300, 0x1000, 0x100 },
	};
	struct image im = core(0x400, ph, 3);

	for (; im.len; im.len--) {
		struct pw_source_error err;
		struct pw_source *s;
		int r = open_image(&im, &s, &err);

		harness_note("length", im.len);
		EXPECT_EQ(r, im.len > 0x200 ? 0 : (uint64_t)-ENOEXEC);
		if (r)
			continue;
		EXPECT_EQ(pw_source_nr_segments(s), im.len > 0x300 ? 2 : 1);
		EXPECT_EQ(pw_source_nr_warnings(s), (im.len < 0x300) + (im.len < 0x400));
		for (size_t i = 0; i < pw_source_nr_segments(s); i++) {
			struct pw_segment seg = pw_source_segment(s, i);

			EXPECT(seg.len && seg.offset + seg.len <= im.len);
			EXPECT(pw_source_bytes(s, seg.pa, seg.len));
			EXPECT(!pw_source_bytes(s, seg.pa, seg.len + 1));
		}
		pw_source_close(s);
	}
	free(im.bytes);
}

/* Many segments: their number stands in the first section header. */
static void put_pn_xnum(struct image *im, uint64_t shoff, uint32_t nr)
{
	PUT_EHDR(im, e_phnum, PN_XNUM);
	PUT_EHDR(im, e_shoff, shoff);
	if (shoff < im->len - sizeof(Elf64_Shdr))
		put(im, shoff + offsetof(Elf64_Shdr, sh_info), 4, nr);
}

TEST(more_segments_than_the_header_can_count)
{
	const unsigned int nr = 70000;
	const uint64_t shoff = PHDR(nr), body = shoff + sizeof(Elf64_Shdr);
	struct image im = core(body + 16ull * nr, NULL, 0);
	struct pw_source *s;

	/* from the highest address to the lowest, none beside another */
	for (unsigned int i = 0; i < nr; i++)
		put_phdr(&im, i, (struct ph){ PT_LOAD, body + 16 * i, 0x1000ull * (nr - i), 16 });
	put_pn_xnum(&im, shoff, nr);
	s = opened(&im);
	if (s && EXPECT_EQ(pw_source_nr_segments(s), nr)) {
		segment_is(s, 0, 0x1000, 16, body + 16 * (nr - 1));
		for (unsigned int i = 0; i < nr; i += 7) {
			const void *p = pw_source_bytes(s, 0x1000ull * (nr - i) + 5, 11);

			EXPECT(p && !memcmp(p, im.bytes + body + 16 * i + 5, 11));
			EXPECT(!pw_source_bytes(s, 0x1000ull * (nr - i) + 16, 1));
		}
	}
	pw_source_close(s);
	free(im.bytes);
}

TEST(a_wrong_number_of_segments_in_the_section_header)
{
	static const struct {
		uint64_t shoff;
		uint32_t nr;
		const char *words;
	} rows[] = {
		{ SIZE - sizeof(Elf64_Shdr) + 1, 2, "offset 0x3fc1: expected the section header" },
		{ UINT64_MAX, 2, "offset 0xffffffffffffffff: expected the section header" },
		{ 0x3000, 0, "none of 0 program headers" },
		{ 0x3000, 400, "expected 400 program headers" },
		{ 0x3000, UINT32_MAX, "expected 4294967295 program headers" },
	};
	struct image im = core(SIZE, two, 2);
	struct pw_source *s;

	put_pn_xnum(&im, SIZE - sizeof(Elf64_Shdr), 0);
	put(&im, SIZE - sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_info), 4, 2);
	s = opened(&im);
	EXPECT(s && pw_source_nr_segments(s) == 2);
	pw_source_close(s);
	for (size_t i = 0; i < NR(rows); i++) {
		harness_note("row", i);
		put_pn_xnum(&im, rows[i].shoff, rows[i].nr);
		refused(&im, rows[i].words);
	}
	free(im.bytes);
}

/* --- segments ------------------------------------------------------------------------------ */

struct layout {
	struct ph ph[4];
	struct pw_segment want[4];
	size_t warnings;
	const char *words;
};

#define L(at, pa, len)               \
	{                            \
		PT_LOAD, at, pa, len \
	}

/* clang-format off */
static const struct layout layouts[] = {
	/* out of order */
	{ { L(BODY, 0x9000, 0x100), L(BODY + 0x100, 0x1000, 0x100),
	    L(BODY + 0x200, 0x5000, 0x100) },
	  { { 0x1000, 0x100, BODY + 0x100 }, { 0x5000, 0x100, BODY + 0x200 },
	    { 0x9000, 0x100, BODY } },
	  0, NULL },
	/* neighbours in memory and in the file are one, those in memory only are not */
	{ { L(BODY + 0x100, 0x1100, 0x100), L(BODY, 0x1000, 0x100),
	    L(BODY + 0x300, 0x1200, 0x100) },
	  { { 0x1000, 0x200, BODY }, { 0x1200, 0x100, BODY + 0x300 } }, 0, NULL },
	/* nothing is aligned */
	{ { L(BODY + 3, 0x1001, 0x1d), L(BODY + 0x55, 0x101f, 1) },
	  { { 0x1001, 0x1d, BODY + 3 }, { 0x101f, 1, BODY + 0x55 } }, 0, NULL },
	/* no bytes in the file */
	{ { L(BODY, 0x1000, 0), L(BODY, 0x2000, 0x100), L(SIZE + 5, 0x2080, 0),
	    L(BODY, 0x2010, 0) },
	  { { 0x2000, 0x100, BODY } }, 0, NULL },
	/* the end of one is in the next: the lower one's bytes count */
	{ { L(BODY + 0x500, 0x1080, 0x100), L(BODY, 0x1000, 0x100) },
	  { { 0x1000, 0x100, BODY }, { 0x1100, 0x80, BODY + 0x580 } },
	  1, "segments overlap at physical address 0x1080" },
	/* one inside another, and one that begins inside the inner one */
	{ { L(BODY, 0x1000, 0x100), L(BODY + 0x200, 0x1010, 0x10), L(BODY + 0x400, 0x1018, 0x100) },
	  { { 0x1000, 0x100, BODY }, { 0x1100, 0x18, BODY + 0x4e8 } },
	  2, "segments overlap at physical address 0x1010" },
	/* twice the same place: what is first in the file counts, then what the longer one adds */
	{ { L(BODY + 0x800, 0x1000, 0x200), L(BODY, 0x1000, 0x100) },
	  { { 0x1000, 0x100, BODY },
	    { 0x1100, 0x100, BODY + 0x900 } }, 1, "at physical address 0x1000" },
	/* the same segment twice, and once longer */
	{ { L(BODY, 0x1000, 0x100), L(BODY, 0x1000, 0x180), L(BODY, 0x1000, 0x100) },
	  { { 0x1000, 0x180, BODY } }, 2, "at physical address 0x1000" },
	/* an overlap that ends where the other does */
	{ { L(BODY, 0x1000, 0x100), L(BODY + 0x200, 0x10ff, 1) },
	  { { 0x1000, 0x100, BODY } }, 1, "at physical address 0x10ff" },
	/* beyond the end of the file: clipped, or all of it gone */
	{ { L(SIZE - 0x10, 0x1000, 0x100), L(SIZE, 0x2000, 0x100), L(SIZE + 1, 0x3000, 0x100) },
	  { { 0x1000, 0x10, SIZE - 0x10 } },
	  3, "truncated: the segment at offset 0x3ff0 wants 0x100 bytes, has 0x10" },
	{ { L(SIZE + 0x123, 0x3000, 0x100), L(BODY, 0x1000, 1) }, { { 0x1000, 1, BODY } },
	  1, "truncated: the segment at offset 0x4123 wants 0x100 bytes, has 0x0" },
	/* offset + size wraps */
	{ { L(BODY, 0x1000, UINT64_MAX), L(UINT64_MAX, 0x9000, 2),
	    L(UINT64_MAX - 4, 0x9000, BODY) },
	  { { 0x1000, SIZE - BODY, BODY } }, 3, "offset 0x1000 wants 0xffffffffffffffff bytes" },
	/* the last byte of all, and one more */
	{ { L(BODY, UINT64_MAX - 0xf, 0x10), L(BODY + 0x100, 0, 0x10) },
	  { { 0, 0x10, BODY + 0x100 }, { UINT64_MAX - 0xf, 0x10, BODY } }, 0, NULL },
	{ { L(BODY, UINT64_MAX - 0xf, 0x11), L(BODY + 0x100, 0, 0x10) },
	  { { 0, 0x10, BODY + 0x100 } }, 1, "at physical address 0xfffffffffffffff0 wraps" },
	/* it is the bytes that there are that may not wrap */
	{ { L(SIZE - 0x10, UINT64_MAX - 0xf, 0x1000) },
	  { { UINT64_MAX - 0xf, 0x10, SIZE - 0x10 } }, 1, "truncated" },
};
/* clang-format on */

TEST(segments_are_settled)
{
	for (size_t i = 0; i < NR(layouts); i++) {
		const struct layout *l = &layouts[i];
		struct image im = core(SIZE, l->ph, 4);
		struct pw_source *s;
		size_t n;

		harness_note("layout", i);
		s = opened(&im);
		if (!s)
			continue;
		for (n = 0; n < 4 && l->want[n].len; n++) {
			const struct pw_segment *want = &l->want[n];
			const void *p = pw_source_bytes(s, want->pa, want->len);

			if (n < pw_source_nr_segments(s))
				segment_is(s, n, want->pa, want->len, want->offset);
			EXPECT(p && !memcmp(p, im.bytes + want->offset, want->len));
		}
		EXPECT_EQ(pw_source_nr_segments(s), n);
		EXPECT_EQ(pw_source_nr_warnings(s), l->warnings);
		if (l->words && pw_source_nr_warnings(s))
			EXPECT(says(pw_source_warning(s, 0), l->words));
		pw_source_close(s);
		free(im.bytes);
	}
}

TEST(only_the_first_warnings_are_kept)
{
	struct ph ph[40];
	struct image im;
	struct pw_source *s;

	for (unsigned int i = 0; i < 40; i++)
		ph[i] = (struct ph)L(SIZE - 1, 0x1000ull * i, 2 + i);
	im = core(SIZE, ph, 40);
	s = opened(&im);
	if (s) {
		EXPECT(pw_source_nr_warnings(s) >= 8 && pw_source_nr_warnings(s) < 40);
		size_t last = pw_source_nr_warnings(s) - 1;

		for (size_t i = 0; i < last; i++)
			EXPECT(says(pw_source_warning(s, i), "truncated"));
		EXPECT(says(pw_source_warning(s, last), ": and more"));
		EXPECT(says(pw_source_warning(s, 7), "wants 0x9 bytes, has 0x1"));
		EXPECT_EQ(pw_source_nr_segments(s), 40);
	}
	pw_source_close(s);
	free(im.bytes);
}

TEST(reads_stay_in_one_segment)
{
	static const struct ph ph[] = {
		L(BODY, 0x1000, 0x100),
		L(BODY + 0x100, 0x1100, 0x100), /* one */
		L(BODY + 0x800, 0x1200, 0x100), /* beside it in memory, not in the file */
		L(BODY + 0x900, 0x1400, 0x100),
	};
	struct image im = core(SIZE, ph, NR(ph));
	struct pw_source *s = opened(&im);

	if (s) {
		const unsigned char *first = pw_source_bytes(s, 0x1000, 1);

		EXPECT(first && pw_source_bytes(s, 0x10fc, 8) == first + 0xfc);
		EXPECT(first && pw_source_bytes(s, 0x1200, 8) == first + 0x800);
		EXPECT(pw_source_bytes(s, 0x1000, 0x200));
		EXPECT(!pw_source_bytes(s, 0x1000, 0x201));
		EXPECT(pw_source_bytes(s, 0x11f8, 8));
		EXPECT(!pw_source_bytes(s, 0x11f9, 8));
		EXPECT(!pw_source_bytes(s, 0x11ff, UINT64_MAX));
		EXPECT(!pw_source_bytes(s, 0x1000, UINT64_MAX - 0xfff));
		EXPECT(!pw_source_bytes(s, 0xfff, 1) && !pw_source_bytes(s, 0xfff, 2));
		EXPECT(!pw_source_bytes(s, 0, 1) && !pw_source_bytes(s, UINT64_MAX, 1));
		EXPECT(!pw_source_bytes(s, 0x1300, 1) && !pw_source_bytes(s, 0x13ff, 2));
		EXPECT(!pw_source_bytes(s, 0x12fc, 8));
		EXPECT(pw_source_bytes(s, 0x14ff, 1) && !pw_source_bytes(s, 0x1500, 1));
	}
	pw_source_close(s);
	free(im.bytes);
}

/* The byte at @pa by the rule in words: of the segments that hold it, the one that begins lowest,
   then the one that is first in the file. */
static const unsigned char *byte_at(const struct image *im, const struct ph *ph, uint64_t pa)
{
	const struct ph *best = NULL;

	for (unsigned int i = 0; i < 4; i++) {
		if (pa - ph[i].pa >= ph[i].len)
			continue;
		if (!best || ph[i].pa < best->pa || (ph[i].pa == best->pa && ph[i].at < best->at))
			best = &ph[i];
	}
	return best ? im->bytes + best->at + (pa - best->pa) : NULL;
}

TEST(random_segments_hold_what_the_rule_says)
{
	for (unsigned int round = 0; round < 1000; round++) {
		struct ph ph[4];
		struct image im;
		struct pw_source *s;

		for (unsigned int i = 0; i < 4; i++)
			ph[i] = (struct ph)L(0x200 + harness_below(0x80), harness_below(0x60),
					     1 + harness_below(0x40));
		im = core(0x300, ph, 4);
		harness_note("round", round);
		s = opened(&im);
		for (unsigned int n = 0; s && n < 0x100; n++) {
			uint64_t pa = harness_below(0xb0);
			const unsigned char *got = pw_source_bytes(s, pa, 1);
			const unsigned char *want = byte_at(&im, ph, pa);

			EXPECT_EQ(!got, !want);
			EXPECT(!got || !want || *got == *want);
		}
		pw_source_close(s);
		free(im.bytes);
	}
}

/* --- notes --------------------------------------------------------------------------------- */

struct note {
	const char *name;
	uint32_t name_len, desc_len;
	const char *desc;
};

#define N(name, desc)                                      \
	{                                                  \
		name, sizeof(name), sizeof(desc) - 1, desc \
	}

/* Notes one after another, as the numbers in them say. Return: where the last one's text ends. */
static size_t put_notes(struct image *im, size_t at, const struct note *n, size_t nr)
{
	size_t end = at;

	for (size_t i = 0; i < nr && n[i].name; i++) {
		put(im, at, 4, n[i].name_len);
		put(im, at + 4, 4, n[i].desc_len);
		put(im, at + 8, 4, 0);
		memcpy(im->bytes + at + 12, n[i].name, strlen(n[i].name) + 1);
		at += 12 + ((strlen(n[i].name) + 4) & ~3ull);
		memcpy(im->bytes + at, n[i].desc, strlen(n[i].desc));
		end = at + strlen(n[i].desc);
		at = (end + 3) & ~3ull;
	}
	return end;
}

/* clang-format off */
static const struct {
	struct note notes[3];
	const char *want; /* NULL: there is none */
} note_rows[] = {
	{ { N("VMCOREINFO", "OSRELEASE=6.12\n") }, "OSRELEASE=6.12\n" },
	/* the lengths before it need not be multiples of four, nor its own */
	{ { N("CORE", "odd"), N("QEMU5", "x"), N("VMCOREINFO", "A=1\nB=22") }, "A=1\nB=22" },
	{ { N("CORE", ""), N("VMCOREINFO", "") }, "" },
	/* some count the name without its end */
	{ { { "VMCOREINFO", 10, 3, "A=1" } }, "A=1" },
	/* of two the first */
	{ { N("VMCOREINFO", "A=1"), N("VMCOREINFO", "A=2") }, "A=1" },
	/* names that are not its name: Xen's is about the hypervisor */
	{ { N("VMCOREINFO_XEN", "A=1") }, NULL },
	{ { N("VMCOREINFO", "A=1"), N("VMCOREINFO_XEN", "A=2") }, "A=1" },
	{ { N("vmcoreinfo", "A=1") }, NULL },
	{ { N("VMCOREINF", "A=1") }, NULL },
	{ { N("", "VMCOREINFO") }, NULL },
	/* lengths that lie: beyond the end, and where rounding up or adding wraps in 32 bits */
	{ { { "VMCOREINFO", 11, 0x1000, "A=1" } }, NULL },
	{ { { "VMCOREINFO", 11, 4, "A=1" } }, NULL },
	{ { { "VMCOREINFO", 11, UINT32_MAX, "A=1" } }, NULL },
	{ { { "VMCOREINFO", UINT32_MAX, 3, "A=1" } }, NULL },
	{ { { "VMCOREINFO", UINT32_MAX - 11, 3, "A=1" } }, NULL },
	{ { { "VMCOREINFO", 0x1000, 3, "A=1" } }, NULL },
	{ { { "CORE", 5, UINT32_MAX, "odd" }, N("VMCOREINFO", "A=1") }, NULL },
	{ { { "CORE", 5, UINT32_MAX - 23, "odd" }, N("VMCOREINFO", "A=1") }, NULL },
	{ { { "CORE", UINT32_MAX, 12, "odd" }, N("VMCOREINFO", "A=1") }, NULL },
	{ { { "CORE", UINT32_MAX - 3, UINT32_MAX - 3, "odd" }, N("VMCOREINFO", "A=1") }, NULL },
};
/* clang-format on */

/* Two segments, and room for a third program header. */
static struct image core_and_notes(void)
{
	struct image im = core(SIZE, two, 2);

	PUT_EHDR(&im, e_phnum, 3);
	return im;
}

TEST(the_note_is_found)
{
	for (size_t i = 0; i < NR(note_rows); i++) {
		const char *want = note_rows[i].want, *got;
		struct image im = core_and_notes();
		size_t end = put_notes(&im, BODY, note_rows[i].notes, 3), len = 99;
		struct pw_source *s;

		/* exactly the notes: the last one's padding is not in the file */
		put_phdr(&im, 2, (struct ph){ PT_NOTE, BODY, 0, end - BODY });
		harness_note("row", i);
		s = opened(&im);
		if (!s)
			continue;
		got = pw_source_vmcoreinfo(s, &len);
		EXPECT_EQ(!got, !want);
		EXPECT_EQ(len, want ? strlen(want) : 0);
		EXPECT(!got || !want || !memcmp(got, want, strlen(want)));
		EXPECT_EQ(pw_source_nr_warnings(s), 0);
		pw_source_close(s);
		free(im.bytes);
	}
}

/* A note that ends at the file's end, cut shorter and shorter. */
TEST(notes_that_are_cut_off)
{
	static const struct note note[] = { N("VMCOREINFO", "OSRELEASE=6.12\n") };
	const size_t at = SIZE - 40;
	struct image im = core_and_notes();
	size_t whole = put_notes(&im, at, note, 1) - at, len;
	struct pw_source *s;

	for (unsigned int cut = 0; cut <= whole; cut++) {
		harness_note("cut", cut);
		/* as the header says */
		im.len = SIZE;
		put_phdr(&im, 2, (struct ph){ PT_NOTE, at, 0, whole - cut });
		s = opened(&im);
		EXPECT_EQ(s && pw_source_vmcoreinfo(s, &len), !cut);
		EXPECT_EQ(s ? pw_source_nr_warnings(s) : 1, 0);
		pw_source_close(s);
		/* as the file is, whatever the header says */
		im.len = at + whole - cut;
		put_phdr(&im, 2, (struct ph){ PT_NOTE, at, 0, whole });
		s = opened(&im);
		EXPECT_EQ(s && pw_source_vmcoreinfo(s, &len), !cut);
		if (s && EXPECT_EQ(pw_source_nr_warnings(s), !!cut) && cut)
			EXPECT(says(pw_source_warning(s, 0), "the notes at offset 0x3fd8 are cut"));
		pw_source_close(s);
	}
	/* where offset + size wraps to inside the file */
	im.len = SIZE;
	put_phdr(&im, 2, (struct ph){ PT_NOTE, BODY, 0, UINT64_MAX - BODY + 2 });
	s = opened(&im);
	EXPECT_EQ(s ? pw_source_nr_warnings(s) : 0, 1);
	pw_source_close(s);
	free(im.bytes);
}

TEST(notes_of_noise)
{
	static const struct note note[] = { N("CORE", "1234567"), N("VMCOREINFO", "A=1\n") };
	static const struct ph ph[] = { L(0x3f0, 0, 0x10), { PT_NOTE, 0x200, 0, 0 } };

	for (unsigned int round = 0; round < 2000; round++) {
		struct image im = core(0x400, ph, 2);
		size_t end = put_notes(&im, 0x200, note, 2), len;
		struct pw_source *s;
		const char *info;

		put_phdr(&im, 1, (struct ph){ PT_NOTE, 0x200, 0, end - 0x200 });
		for (unsigned int i = 0; i < 1 + round % 3; i++)
			im.bytes[0x200 + harness_below(end - 0x200)] =
				(unsigned char)harness_random();
		harness_note("round", round);
		s = opened(&im);
		info = s ? pw_source_vmcoreinfo(s, &len) : NULL;
		if (info) {
			/* the file's first byte, as mapped */
			const char *file = (const char *)pw_source_bytes(s, 0, 1) - 0x3f0;

			EXPECT(info >= file + 0x200 && info + len <= file + end);
		}
		pw_source_close(s);
		free(im.bytes);
	}
}
