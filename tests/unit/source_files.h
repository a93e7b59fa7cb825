/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* What the tests of sources/ share: a folder to write to, and cores made byte by byte. */
#ifndef PW_TESTS_SOURCE_FILES_H
#define PW_TESTS_SOURCE_FILES_H

#include <dirent.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../sources/source.h"
#include "../harness/harness.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))

/* --- a folder of its own for each run, under the build folder, gone at the end -------- */

static char dir_name[512];

static inline void dir_remove_files(void)
{
	DIR *d = opendir(dir_name);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

static inline void dir_remove(void)
{
	dir_remove_files();
	rmdir(dir_name);
}

/* The path of a file in the folder; good until the fourth call after this one. */
static inline const char *dir_path(const char *file)
{
	static char paths[4][1024];
	static unsigned int next;
	const char *build = getenv("PW_BUILD");

	if (!dir_name[0]) {
		snprintf(dir_name, sizeof(dir_name), "%s/source-test.XXXXXX",
			 build ? build : "build");
		if (!mkdtemp(dir_name)) {
			perror(dir_name);
			exit(1);
		}
		atexit(dir_remove);
	}
	next = (next + 1) % 4;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", dir_name, file);
	return paths[next];
}

/* A new file in the folder; an old one of that name is replaced, not written to. */
static inline const char *dir_write(const char *file, const void *bytes, size_t len)
{
	const char *path = dir_path(file);
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f)) {
		perror(path);
		exit(1);
	}
	return path;
}

/* How many files are in the folder. */
static inline unsigned int dir_count(void)
{
	DIR *d = opendir(dir_path(""));
	unsigned int nr = 0;
	struct dirent *e;

	while (d && (e = readdir(d)))
		nr += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return nr;
}

static inline bool says(const char *text, const char *words)
{
	if (strstr(text, words))
		return true;
	printf("expected '%s' in '%s'\n", words, text);
	return false;
}

/* --- a core in the making ------------------------------------------------------------------ */

#define SIZE	0x4000u /* of an ordinary one */
#define BODY	0x1000u /* where memory and notes begin in the file */
#define PHDR(i) (sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr))

struct image {
	unsigned char *bytes;
	size_t len;
};

struct ph {
	uint32_t type;
	uint64_t at, pa, len;
};

static inline void put(struct image *im, size_t at, unsigned int size, uint64_t v)
{
	uint64_t le = htole64(v);

	memcpy(im->bytes + at, &le, size);
}

#define PUT_EHDR(im, field, v) \
	put(im, offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)NULL)->field), v)

static inline void put_phdr(struct image *im, size_t i, struct ph ph)
{
	put(im, PHDR(i) + offsetof(Elf64_Phdr, p_type), 4, ph.type);
	put(im, PHDR(i) + offsetof(Elf64_Phdr, p_offset), 8, ph.at);
	put(im, PHDR(i) + offsetof(Elf64_Phdr, p_paddr), 8, ph.pa);
	put(im, PHDR(i) + offsetof(Elf64_Phdr, p_filesz), 8, ph.len);
	put(im, PHDR(i) + offsetof(Elf64_Phdr, p_memsz), 8, ph.len);
}

/* Every byte of the body tells where in the file it is: no two neighbourhoods are alike. */
static inline struct image core(size_t size, const struct ph *ph, size_t nr)
{
	struct image im = { calloc(1, size), size };
	size_t i;

	for (i = PHDR(nr); i < size; i++)
		im.bytes[i] = (unsigned char)((i * 2654435761u) >> 13);
	memcpy(im.bytes, ELFMAG, SELFMAG);
	im.bytes[EI_CLASS] = ELFCLASS64;
	im.bytes[EI_DATA] = ELFDATA2LSB;
	PUT_EHDR(&im, e_type, ET_CORE);
	PUT_EHDR(&im, e_machine, EM_AARCH64);
	PUT_EHDR(&im, e_phoff, PHDR(0));
	PUT_EHDR(&im, e_phentsize, sizeof(Elf64_Phdr));
	PUT_EHDR(&im, e_phnum, nr);
	for (i = 0; i < nr; i++)
		put_phdr(&im, i, ph[i]);
	return im;
}

/* Two pages of memory, 0x8000 apart. */
static const struct ph two[] __attribute__((unused)) = {
	{ PT_LOAD, BODY, 0x40000000, 0x1000 },
	{ PT_LOAD, BODY + 0x1000, 0x40008000, 0x1000 },
};

static inline int open_image(const struct image *im, struct pw_source **s,
			     struct pw_source_error *err)
{
	*s = NULL;
	err->text[0] = '\0';
	return pw_source_open(dir_write("core", im->bytes, im->len), s, err);
}

/* The image must open; the caller closes the source and frees the image. */
static inline struct pw_source *opened(const struct image *im)
{
	struct pw_source_error err;
	struct pw_source *s;

	if (!EXPECT_EQ(open_image(im, &s, &err), 0))
		puts(err.text);
	return s;
}

/* It is no dump, and the message has these words and the file. */
static inline void refused(const struct image *im, const char *words)
{
	struct pw_source_error err;
	struct pw_source *s;

	EXPECT_EQ(open_image(im, &s, &err), (uint64_t)-ENOEXEC);
	EXPECT(!s);
	EXPECT(says(err.text, words));
	EXPECT(says(err.text, dir_path("core")));
	pw_source_close(s);
}

/* Physical memory holds these bytes. */
static inline bool same(struct pw_source *s, uint64_t pa, const void *bytes, size_t len)
{
	const void *p = pw_source_bytes(s, pa, len);

	return EXPECT(p) && EXPECT(!memcmp(p, bytes, len));
}

#endif
