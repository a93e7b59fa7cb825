/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* Registers as gdb prints them, and the lines of VMCOREINFO. */
#include <errno.h>

#include "../../sources/registers.h"
#include "../../sources/vmcoreinfo.h"
#include "source_files.h"

/* --- registers ----------------------------------------------------------------------------- */

/* As in tests/captures: gdb's chatter, two CPUs, what QEMU names otherwise, vectors. */
static const char good[] = "The target architecture is set to \"aarch64\".\n"
			   "0xffffa741047bccb0 in ?? ()\n"
			   "[Switching to thread 1 (Thread 1.1)]\n"
			   "#0  0xffffa741047bccb0 in ?? ()\n"
			   "== cpu0\n"
			   "x0             0x7d9c              32156\n"
			   "x6             0x7fffffffffffffff  9223372036854775807\n"
			   "x7             0xffffffffffffffff  -1\n"
			   "cpsr           0x414000c5          [ EL=1 BTYPE=0 ]\n"
			   "v0             {d = {f = {0x0, 0x0}}}\n"
			   "ID_AA64PFR2_EL1_RESERVED 0x0       0\n"
			   "SCTLR          0x2000018b474591d   144115294182594845\n"
			   "TTBR0_EL1      0x4310cc01          1125174273\n"
			   "TTBR0_EL1      0xbad               2989\n"
			   "[Switching to thread 2 (Thread 1.2)]\n"
			   "== cpu1\n"
			   "x0             0x1                 1\n"
			   "TTBR0_EL1      0x4310ce81          1125174913";

static int open_registers(const char *text, size_t len, unsigned int cpu, struct pw_registers **r,
			  struct pw_source_error *err)
{
	*r = NULL;
	err->text[0] = '\0';
	return pw_registers_open(dir_write("registers", text, len), cpu, r, err);
}

/* A register's value, or @none when the text has no such register or cannot be read. */
static uint64_t value_in(const char *text, size_t len, unsigned int cpu, const char *name,
			 uint64_t none)
{
	struct pw_source_error err;
	struct pw_registers *r;
	uint64_t v = none;
	bool found;

	if (open_registers(text, len, cpu, &r, &err))
		return none;
	found = pw_registers_get(r, name, &v);
	EXPECT_EQ(found, v != none);
	pw_registers_close(r);
	return v;
}

#define NONE 0x6e6f6e65ull

TEST(registers_of_each_cpu)
{
	static const struct {
		unsigned int cpu;
		const char *name;
		uint64_t want;
	} rows[] = {
		{ 0, "x0", 0x7d9c },
		{ 0, "x6", INT64_MAX },
		{ 0, "x7", UINT64_MAX },
		{ 0, "cpsr", 0x414000c5 },
		{ 0, "ID_AA64PFR2_EL1_RESERVED", 0 },
		{ 0, "SCTLR", 0x2000018b474591d },
		/* the first counts; names are compared without regard to case, but as a whole */
		{ 0, "TTBR0_EL1", 0x4310cc01 },
		{ 0, "ttbr0_el1", 0x4310cc01 },
		{ 0, "TTBR0_EL", NONE },
		{ 0, "TTBR0_EL10", NONE },
		{ 0, "SCTLR_EL1", NONE },
		{ 0, "v0", NONE },
		{ 0, "#0", NONE },
		{ 0, "", NONE },
		/* the last line has no end */
		{ 1, "TTBR0_EL1", 0x4310ce81 },
		{ 1, "x0", 1 },
		{ 1, "SCTLR", NONE },
		{ 2, "x0", NONE },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		harness_note("row", i);
		EXPECT_EQ(value_in(good, sizeof(good) - 1, rows[i].cpu, rows[i].name, NONE),
			  rows[i].want);
	}
}

#define LONG_47 "abcdefghijklmnopqrstuvwxyz0123456789_ABCDEFGHIJ"

TEST(lines_that_are_registers_and_lines_that_are_not)
{
	static const struct {
		const char *line, *name;
		uint64_t want;
	} rows[] = {
		{ "tcr 0x5\n", "tcr", 5 },
		{ "tcr\t0x5\r\n", "tcr", 5 },
		{ "tcr 0xffffffffffffffff\n", "tcr", UINT64_MAX },
		{ "tcr 0x0000000000000000000005\n", "tcr", 5 },
		{ LONG_47 " 0x5\n", LONG_47, 5 },
		/* 17 digits: half a number is none */
		{ "tcr 0x10000000000000000\n", "tcr", NONE },
		{ "tcr 0x123456789123456789123456789\n", "tcr", NONE },
		{ "tcr 5\n", "tcr", NONE },
		{ "tcr 0x\n", "tcr", NONE },
		{ "tcr 0xz\n", "tcr", NONE },
		{ "tcr 0x5z\n", "tcr", NONE },
		{ "tcr 0x-5\n", "tcr", NONE },
		{ "tcr -0x5\n", "tcr", NONE },
		{ "tcr = 0x5\n", "tcr", NONE },
		{ "tcr\n0x5\n", "tcr", NONE },
		{ "tcr0x5\n", "tcr", NONE },
		{ "tcr <unavailable>\n", "tcr", NONE },
		{ " tcr 0x5\n", "tcr", NONE },
		{ " 0x5\n", "", NONE },
		{ "1tcr 0x5\n", "1tcr", NONE },
		{ LONG_47 "x 0x5\n", LONG_47 "x", NONE },
		{ LONG_47 "x 0x5\n", LONG_47, NONE },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		char text[256];
		int len = snprintf(text, sizeof(text), "first 0x1\n%slast 0x2\n", rows[i].line);

		harness_note("row", i);
		EXPECT_EQ(value_in(text, (size_t)len, 0, rows[i].name, NONE), rows[i].want);
		/* whatever the line is, those around it are read */
		EXPECT_EQ(value_in(text, (size_t)len, 0, "first", NONE), 1);
		EXPECT_EQ(value_in(text, (size_t)len, 0, "last", NONE), 2);
	}
}

/* `thread apply all info registers` begins with the last; QEMU counts threads from 1. */
static const char threads[] = "0x000000000000fff0 in ?? ()\n"
			      "\n"
			      "Thread 2 (Thread 1.2 (CPU#1 [halted ])):\n"
			      "cr3            0x2000              [ PDBR=2 PCID=0 ]\n"
			      "\n"
			      "Thread 1 (Thread 1.1 (CPU#0 [running])):\n"
			      "cr3            0x1000              [ PDBR=1 PCID=0 ]\n"
			      "Thread 31 (Thread 2.12 (CPU#11 [halted ])):\n"
			      "cr3            0xc000              [ PDBR=12 PCID=0 ]\n";

static const char switched[] = "[Switching to thread 2 (Thread 1.2)]\n"
			       "#0  0x000000000000fff0 in ?? ()\n"
			       "cr3 0x2000\n"
			       "[Switching to thread 1 (Thread 1.1)]\n"
			       "cr3 0x1000\n";

TEST(threads_of_gdb)
{
	EXPECT_EQ(value_in(threads, sizeof(threads) - 1, 0, "cr3", NONE), 0x1000);
	EXPECT_EQ(value_in(threads, sizeof(threads) - 1, 1, "cr3", NONE), 0x2000);
	EXPECT_EQ(value_in(threads, sizeof(threads) - 1, 11, "cr3", NONE), 0xc000);
	EXPECT_EQ(value_in(threads, sizeof(threads) - 1, 30, "cr3", NONE), NONE);
	EXPECT_EQ(value_in(switched, sizeof(switched) - 1, 0, "cr3", NONE), 0x1000);
	EXPECT_EQ(value_in(switched, sizeof(switched) - 1, 1, "cr3", NONE), 0x2000);
}

TEST(cpus_that_a_file_has_and_has_not)
{
	static const struct {
		const char *text;
		unsigned int cpu;
		int want;
		const char *words;
	} rows[] = {
		{ good, 2, -ENOENT, "no registers of cpu 2: the highest in the file is cpu 1" },
		{ good, UINT32_MAX, -ENOENT, "no registers of cpu 4294967295" },
		/* without a line "== cpuN" all is cpu 0's, and so is what comes before it */
		{ "x0 0x1\n", 0, 0, "" },
		{ "x0 0x1\n", 1, -ENOENT, "the highest in the file is cpu 0" },
		{ "x0 0x1\n== cpu1\nx0 0x2\n", 0, 0, "" },
		/* a CPU that is left out, or has a headline only */
		{ "== cpu1\nx0 0x1\n", 0, -ENOENT, "no registers of cpu 0: the highest" },
		{ "== cpu0\nx0 0x1\n== cpu2\nx0 0x1\n", 1, -ENOENT, "no registers of cpu 1" },
		{ "== cpu0\nx0 0x1\n== cpu1\n", 1, -ENOENT, "the highest in the file is cpu 0" },
		{ "== cpu5000\nx0 0x1\n", 5000, 0, "" },
		{ "== cpu5000\nx0 0x1\n", 5001, -ENOENT, "the highest in the file is cpu 5000" },
		/* a number too large for any CPU is not another CPU's */
		{ "== cpu4294967296\nx0 0x1\n", 0, -ENOENT, "no registers of cpu 0" },
		{ "== cpu18446744073709551616\nx0 0x1\n", 0, -ENOENT, "no registers of cpu 0" },
		{ "== cpu99999999999999999999999\nx0 0x1\n", UINT32_MAX, -ENOENT, "" },
		{ "== cpu-1\nx0 0x1\n", UINT32_MAX, -ENOENT, "the highest in the file is cpu 0" },
		/* threads that are no CPUs of QEMU's, and what the file's own words outrank */
		{ "Thread 2 (LWP 77):\nx0 0x1\n", 0, 0, "" },
		{ "Thread 2 (Thread 1.0):\nx0 0x1\n", 0, 0, "" },
		{ "Thread 2 (Thread 1.x):\nx0 0x1\n", 0, 0, "" },
		{ "Thread 2 (Thread 0x7f.2):\nx0 0x1\n", 0, 0, "" },
		{ "Thread 2 (Thread\nx0 0x1\n", 0, 0, "" },
		{ "== cpu7\nThread 2 (Thread 1.2):\nx0 0x1\n", 7, 0, "" },
		/* no register anywhere: whichever CPU is asked for */
		{ "", 0, -EINVAL, "expected gdb's `info all-registers` text" },
		{ "", 3, -EINVAL, "found no register" },
		{ "\n\n\n", 0, -EINVAL, "found no register" },
		{ "== cpu0\n== cpu1\n", 1, -EINVAL, "found no register" },
		{ "hello\nworld 7\n", 0, -EINVAL, "found no register" },
		{ "hello\nworld 7\n", 9, -EINVAL, "found no register" },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		struct pw_source_error err;
		struct pw_registers *r;

		harness_note("row", i);
		EXPECT_EQ(open_registers(rows[i].text, strlen(rows[i].text), rows[i].cpu, &r, &err),
			  (uint64_t)rows[i].want);
		EXPECT_EQ(!r, !!rows[i].want);
		EXPECT(says(err.text, rows[i].words));
		EXPECT(!rows[i].want || says(err.text, dir_path("registers")));
		pw_registers_close(r);
	}
}

TEST(no_registers_file_at_all)
{
	struct pw_source_error err;
	struct pw_registers *r = NULL;

	EXPECT_EQ(pw_registers_open(dir_path("none"), 0, &r, &err), (uint64_t)-ENOENT);
	EXPECT(says(err.text, "none: cannot open: No such file"));
	EXPECT_EQ(pw_registers_open(dir_path(""), 0, &r, &err), (uint64_t)-EISDIR);
	EXPECT(says(err.text, "Is a directory"));
	EXPECT(!r);
	pw_registers_close(NULL);
}

TEST(registers_among_garbage)
{
	const size_t size = 1 << 20;
	char *text = malloc(size);
	size_t at = 0;

	/* one line of half a megabyte; bytes of no text, zeros among them; many registers */
	memset(text, 'x', size / 2);
	at = size / 2;
	at += (size_t)sprintf(text + at, "\nfirst 0x1\n");
	for (unsigned int i = 0; i < 5000; i++)
		text[at++] =
			(char)(harness_below(4) ? 128 + harness_below(128) : harness_below(10));
	for (unsigned int i = 0; i < 5000; i++)
		at += (size_t)sprintf(text + at, "\nreg%u 0x%x %u", i, i + 1, i);
	EXPECT_EQ(value_in(text, at, 0, "first", NONE), 1);
	EXPECT_EQ(value_in(text, at, 0, "reg0", NONE), 1);
	EXPECT_EQ(value_in(text, at, 0, "reg4999", NONE), 5000);
	EXPECT_EQ(value_in(text, at, 0, "reg5000", NONE), NONE);
	free(text);
}

/* --- VMCOREINFO ---------------------------------------------------------------------------- */

static const char notes[] =
	"OSRELEASE=6.12.1\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffff800081e5c000\n"
	"NUMBER(VA_BITS)=48\nEMPTY=\nNOVALUE\n=nokey\n"
	"NUMBER(VA_BITS)=52\nNUMBER(kimage_voffset)=0xffff7fffc0000000\n"
	"NUMBER(neg)=-1\nA=b=c\nLAST=12";

static bool text_is(const char *info, size_t len, const char *key, const char *want)
{
	char out[16] = "untouched";
	bool found = pw_vmcoreinfo_text(info, len, key, out, sizeof(out));

	if (found == !want || strcmp(out, want ? want : "untouched") != 0) {
		printf("%s is '%s', not '%s'\n", key, out, want ? want : "(none)");
		return false;
	}
	return true;
}

TEST(lines_of_vmcoreinfo)
{
	static const struct {
		const char *key, *want;
	} rows[] = {
		{ "OSRELEASE", "6.12.1" },
		{ "PAGESIZE", "4096" },
		{ "EMPTY", "" },
		{ "A", "b=c" },
		{ "LAST", "12" },
		/* of two the first */
		{ "NUMBER(VA_BITS)", "48" },
		/* cut to what there is room for */
		{ "SYMBOL(swapper_pg_dir)", "ffff800081e5c00" },
		{ "RELEASE", NULL },
		{ "OSREL", NULL },
		{ "NOVALUE", NULL },
		{ "nokey", NULL },
		{ "osrelease", NULL },
		{ "6.12.1", NULL },
	};
	const size_t len = sizeof(notes) - 1;

	for (size_t i = 0; i < NR(rows); i++) {
		harness_note("row", i);
		EXPECT(text_is(notes, len, rows[i].key, rows[i].want));
		EXPECT(text_is(notes, 0, rows[i].key, NULL));
		EXPECT(text_is(NULL, 0, rows[i].key, NULL));
	}
}

/* The text is not terminated: nothing behind its end is looked at, wherever it ends. */
TEST(vmcoreinfo_that_ends_anywhere)
{
	for (size_t len = 0; len < sizeof(notes); len++) {
		char *exact = malloc(len + !len), want[16], last[16];
		const char *at = strstr(notes, "LAST=");
		size_t has = len > (size_t)(at - notes) + 4 ? len - (size_t)(at - notes) - 5 : 0;

		memcpy(exact, notes, len);
		snprintf(want, sizeof(want), "%.*s", len > 10 ? (int)len - 10 : 0, "6.12.1");
		snprintf(last, sizeof(last), "%.*s", (int)has, "12");
		harness_note("length", len);
		EXPECT(text_is(exact, len, "OSRELEASE", len >= 10 ? want : NULL));
		EXPECT(text_is(exact, len, "LAST", len >= sizeof(notes) - 3 ? last : NULL));
		free(exact);
	}
}

TEST(room_for_the_value_is_respected)
{
	char out[8];

	for (size_t size = 1; size <= sizeof(out); size++) {
		memset(out, '#', sizeof(out));
		harness_note("size", size);
		EXPECT(pw_vmcoreinfo_text(notes, sizeof(notes) - 1, "OSRELEASE", out, size));
		EXPECT_EQ(strlen(out), size - 1 < 6 ? size - 1 : 6);
		for (size_t i = size; i < sizeof(out); i++)
			EXPECT_EQ(out[i], '#');
	}
}

TEST(numbers_of_vmcoreinfo)
{
	static const struct {
		const char *key, *value;
		bool good;
		uint64_t want;
	} rows[] = {
		{ "NUMBER(x)", "48", true, 48 },
		{ "NUMBER(x)", "-1", true, UINT64_MAX },
		{ "NUMBER(x)", "010", true, 10 },
		{ "NUMBER(x)", "0xffff7fffc0000000", true, 0xffff7fffc0000000 },
		{ "NUMBER(x)", "18446744073709551615", true, UINT64_MAX },
		{ "SYMBOL(x)", "ffff800081e5c000", true, 0xffff800081e5c000 },
		{ "SYMBOL(x)", "10", true, 16 },
		{ "SYMBOL(x)", "0x10", true, 16 },
		{ "NUMBER(x)", "", false, 0 },
		{ "NUMBER(x)", "ffff", false, 0 },
		{ "NUMBER(x)", "48 ", false, 0 },
		{ "NUMBER(x)", "4096x", false, 0 },
		{ "NUMBER(x)", "0x", false, 0 },
		{ "NUMBER(x)", "hello", false, 0 },
		{ "NUMBER(x)", "18446744073709551616", false, 0 },
		{ "NUMBER(x)", "0x10000000000000000", false, 0 },
		{ "SYMBOL(x)", "", false, 0 },
		{ "SYMBOL(x)", "hello", false, 0 },
		{ "SYMBOL(x)", "ffff800081e5c000 T", false, 0 },
		{ "SYMBOL(x)", "1ffff800081e5c000", false, 0 },
		/* the first 63 digits of a longer number are another number */
		{ "SYMBOL(x)",
		  "0000000000000000000000000000000000000000000000000000000000000012345678", false,
		  0 },
	};

	for (size_t i = 0; i < NR(rows); i++) {
		char info[128];
		int len = snprintf(info, sizeof(info), "A=1\n%s=%s\nB=2\n", rows[i].key,
				   rows[i].value);
		uint64_t v = NONE;

		harness_note("row", i);
		EXPECT_EQ(pw_vmcoreinfo_number(info, (size_t)len, rows[i].key, &v), rows[i].good);
		/* what holds no number leaves the caller's default alone */
		EXPECT_EQ(v, rows[i].good ? rows[i].want : NONE);
		EXPECT(!pw_vmcoreinfo_number(info, (size_t)len, "NUMBER(y)", &v));
	}
}

TEST(vmcoreinfo_numbers_end_with_the_text)
{
	uint64_t v = NONE;

	/* the digits behind the end are not the note's */
	EXPECT(pw_vmcoreinfo_number("LAST=1234", 7, "LAST", &v));
	EXPECT_EQ(v, 12);
	EXPECT(!pw_vmcoreinfo_number("LAST=1234", 5, "LAST", &v));
	/* a NUL is no end of line */
	EXPECT(!pw_vmcoreinfo_number("LAST=12\0"
				     "34\n",
				     11, "LAST", &v));
	EXPECT_EQ(v, 12);
}
