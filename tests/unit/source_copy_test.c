/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Writing a dump again with some memory changed: complete or not at all, never over what is there
 * unless told, and never over the source.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "source_files.h"

static struct image image;
static struct pw_source *source;

static bool begin(void)
{
	image = core(SIZE, two, 2);
	source = opened(&image);
	return source;
}

/* Whatever happened, the source's bytes are as they were, and no other file than @nr are there. */
static void end(unsigned int nr)
{
	FILE *f = fopen(dir_path("core"), "r");
	unsigned char now[SIZE];

	if (EXPECT(f)) {
		EXPECT_EQ(fread(now, 1, SIZE, f), SIZE);
		EXPECT(!memcmp(now, image.bytes, SIZE));
		fclose(f);
	}
	EXPECT_EQ(dir_count(), nr + 1);
	pw_source_close(source);
	free(image.bytes);
	dir_remove_files();
}

/* A copy that must fail, for this reason and in these words, and leave nothing behind. */
static void fails(const char *path, bool overwrite, const struct pw_patch *patch, int want,
		  const char *words)
{
	struct pw_source_error err = { "" };
	unsigned int before = dir_count();

	EXPECT_EQ(pw_source_write_copy(source, path, overwrite, patch, !!patch, &err),
		  (uint64_t)want);
	EXPECT(says(err.text, words));
	EXPECT_EQ(dir_count(), before);
}

static bool holds(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "r");
	unsigned char now[SIZE + 1];
	bool same = f && fread(now, 1, sizeof(now), f) == len && !memcmp(now, bytes, len);

	if (f)
		fclose(f);
	return same;
}

TEST(a_copy_differs_where_it_was_told_to)
{
	static const struct pw_patch patches[] = {
		{ 0x40000000, 4, "head" }, { 0x40008ffc, 4, "tail" }, { 0x40000801, 1, "x" },
		{ 0x40000000, 1, "H" },	   { 0x40008000, 0, "" },
	};
	struct pw_source_error err;
	struct stat st;
	unsigned char want[SIZE];
	mode_t mask;

	if (!begin())
		return;
	mask = umask(027);
	EXPECT_EQ(pw_source_write_copy(source, dir_path("copy"), false, patches, NR(patches), &err),
		  0);
	umask(mask);
	memcpy(want, image.bytes, SIZE);
	memcpy(want + BODY, "Head", 4);
	memcpy(want + BODY + 0x1ffc, "tail", 4);
	want[BODY + 0x801] = 'x';
	EXPECT(holds(dir_path("copy"), want, SIZE));
	/* such a file as any program makes, not one of mkstemp() */
	EXPECT(!stat(dir_path("copy"), &st) && (st.st_mode & 07777) == 0640);
	end(1);
}

TEST(nothing_is_overwritten_unless_told)
{
	struct pw_source_error err;

	if (!begin())
		return;
	dir_write("old", "old", 3);
	fails(dir_path("old"), false, NULL, -EEXIST, "old: exists already");
	EXPECT(holds(dir_path("old"), "old", 3));
	EXPECT_EQ(pw_source_write_copy(source, dir_path("old"), true, NULL, 0, &err), 0);
	EXPECT(holds(dir_path("old"), image.bytes, SIZE));
	/* a link that leads nowhere is something too, though the first look does not see it */
	EXPECT(!symlink("nowhere", dir_path("link")));
	fails(dir_path("link"), false, NULL, -EEXIST, "File exists");
	EXPECT_EQ(unlink(dir_path("link")), 0);
	end(1);
}

TEST(the_source_is_never_overwritten)
{
	if (!begin())
		return;
	EXPECT(!link(dir_path("core"), dir_path("hard")) && !symlink("core", dir_path("soft")));
	for (int force = 0; force < 2; force++) {
		fails(dir_path("core"), force, NULL, -EINVAL, "core: is the source itself");
		fails(dir_path("hard"), force, NULL, -EINVAL, "hard: is the source itself");
		fails(dir_path("soft"), force, NULL, -EINVAL, "soft: is the source itself");
	}
	end(2);
}

TEST(places_where_no_file_can_be)
{
	char name[256];

	if (!begin())
		return;
	fails(dir_path("no/copy"), true, NULL, -ENOENT, "no/copy: cannot create: No such file");
	fails(dir_path("core/copy"), true, NULL, -ENOTDIR, "core/copy: Not a directory");
	fails(dir_path(""), true, NULL, -EINVAL, "not a regular file");
	fails("/dev/full", true, NULL, -EINVAL, "/dev/full: not a regular file");
	fails("", true, NULL, -ENOENT, "No such file");
	/* a name that is just short enough, but not with what makes it temporary */
	memset(name, 'n', 255);
	name[255] = '\0';
	fails(dir_path(name), true, NULL, -ENAMETOOLONG, "File name too long");
	end(0);
}

TEST(patches_outside_the_dump)
{
	static const struct pw_patch patches[] = {
		{ 0x3fffffff, 1, "x" },	   { 0x3ffffffe, 4, "xxxx" },	    { 0x40001000, 1, "x" },
		{ 0x40000ffe, 4, "xxxx" }, { 0x40000000, UINT64_MAX, "x" }, { UINT64_MAX, 2, "xx" },
	};

	if (!begin())
		return;
	for (size_t i = 0; i < NR(patches); i++) {
		char words[64];

		harness_note("patch", i);
		snprintf(words, sizeof(words), "copy: physical address 0x%llx",
			 (unsigned long long)patches[i].pa);
		fails(dir_path("copy"), false, &patches[i], -EFAULT, words);
	}
	end(0);
}

/* The disk is full: what was written goes, what was there stays. */
TEST(a_write_that_fails_half_way)
{
	static const struct pw_patch patch = { 0x40008ffc, 4, "tail" };
	const struct rlimit small = { 0x1800, RLIM_INFINITY };
	struct rlimit old;

	if (!begin())
		return;
	dir_write("old", "old", 3);
	signal(SIGXFSZ, SIG_IGN);
	EXPECT(!getrlimit(RLIMIT_FSIZE, &old) && !setrlimit(RLIMIT_FSIZE, &small));
	fails(dir_path("copy"), false, &patch, -EFBIG, "copy: cannot write: File too large");
	fails(dir_path("old"), true, &patch, -EFBIG, "old: cannot write: File too large");
	setrlimit(RLIMIT_FSIZE, &old);
	EXPECT(holds(dir_path("old"), "old", 3));
	end(1);
}

TEST(a_source_that_shrinks_meanwhile)
{
	if (!begin())
		return;
	EXPECT_EQ(truncate(dir_path("core"), BODY), 0);
	fails(dir_path("copy"), false, NULL, -EIO, "copy: cannot write: ");
	EXPECT_EQ(truncate(dir_path("core"), SIZE), 0);
	memset(image.bytes + BODY, 0, SIZE - BODY);
	end(0);
}

/* Without a copy under way a signal handler must find nothing to remove. */
TEST(nothing_to_abort)
{
	struct pw_source_error err;

	if (!begin())
		return;
	pw_source_abort_copy();
	EXPECT_EQ(pw_source_write_copy(source, dir_path("copy"), true, NULL, 0, &err), 0);
	pw_source_abort_copy();
	EXPECT(holds(dir_path("copy"), image.bytes, SIZE));
	end(1);
}
