/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A source opened: its kind is found by the first bytes of the file, and reads the rest. Here is
 * what all kinds have in common.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source_private.h"

void pw_source_explain(struct pw_source_error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
}

void pw_source_warn(struct pw_source *s, const char *fmt, ...)
{
	va_list args;

	if (s->nr_warnings == SOURCE_WARNINGS) {
		snprintf(s->warnings[SOURCE_WARNINGS - 1], sizeof(s->warnings[0]), "%s: and more",
			 s->path);
		return;
	}
	va_start(args, fmt);
	vsnprintf(s->warnings[s->nr_warnings++], sizeof(s->warnings[0]), fmt, args);
	va_end(args);
}

void pw_source_fail(struct pw_source *s, const char *fmt, ...)
{
	va_list args;

	if (s->fault.text[0])
		return;
	va_start(args, fmt);
	vsnprintf(s->fault.text, sizeof(s->fault.text), fmt, args);
	va_end(args);
}

/* What a file is that is no dump of ours, and what to do about it. */
static const struct {
	const char *magic;
	size_t len;
	const char *what;
} strangers[] = {
	{ "\xfd"
	  "7zXZ",
	  5, "an xz-compressed file: unpack it first (xz -dk)" },
	{ "\x1f\x8b", 2, "a gzip-compressed file: unpack it first (gzip -dk)" },
	{ "\x28\xb5\x2f\xfd", 4, "a zstd-compressed file: unpack it first (zstd -d)" },
	{ "BZh", 3, "a bzip2-compressed file: unpack it first (bzip2 -dk)" },
	{ "DISKDUMP", 8, "a diskdump: convert it to ELF first (makedumpfile -E)" },
	{ "AVML", 4, "a compressed AVML dump: convert it to LiME first (avml-convert)" },
	{ "QEVM", 4, "a QEMU snapshot: use dump-guest-memory to make an ELF core" },
};

static int map_file(struct pw_source *s, struct pw_source_error *err)
{
	struct stat st;
	void *map;
	/* without waiting: a FIFO that nobody writes to is refused like any other */
	int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), e;

	if (fd < 0) {
		e = errno;
		pw_source_explain(err, "%s: cannot open: %s", s->path, strerror(e));
		return -e;
	}
	e = fstat(fd, &st)	? errno :
	    S_ISDIR(st.st_mode) ? EISDIR :
	    S_ISREG(st.st_mode) ? 0 :
				  EINVAL;
	if (e) {
		pw_source_explain(err, "%s: cannot open: %s", s->path,
				  e == EINVAL ? "not a regular file" : strerror(e));
		close(fd);
		return -e;
	}
	s->size = s->mapped = (uint64_t)st.st_size;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	if (s->size) {
		map = mmap(NULL, (size_t)s->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED) {
			e = errno;
			pw_source_explain(err, "%s: cannot map: %s", s->path, strerror(e));
			close(fd);
			return -e;
		}
		s->data = map;
	}
	close(fd);
	return 0;
}

static const struct source_kind kinds[] = {
	{ "ELF core",
	  "\x7f"
	  "ELF",
	  4, pw_elf_read },
	{ "kdump-compressed dump", "KDUMP   ", 8, pw_kdump_read },
	{ "LiME dump", "EMiL", 4, pw_lime_read },
};

static const struct source_kind raw_kind = { "raw memory", "", 0, pw_raw_read };

static bool begins_with(const struct pw_source *s, const char *magic, size_t len)
{
	char head[16];

	return pw_view_read(s, 0, head, len) && !memcmp(head, magic, len);
}

/* The kind that a file's first bytes tell; NULL: none of ours. */
static const struct source_kind *recognise(const struct pw_source *s)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (begins_with(s, kinds[i].magic, kinds[i].magic_len))
			return &kinds[i];
	}
	return NULL;
}

static int refuse(const struct pw_source *s, struct pw_source_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		if (begins_with(s, strangers[i].magic, strangers[i].len)) {
			pw_source_explain(err, "%s: offset 0: expected a dump, found %s", s->path,
					  strangers[i].what);
			return -ENOEXEC;
		}
	}
	pw_source_explain(
		err,
		"%s: offset 0: expected an ELF core (7f 45 4c 46), a kdump or a LiME dump, found "
		"%s%s",
		s->path, s->size ? "something else" : "an empty file",
		s->size ? "; of raw memory say where it begins: --raw=ADDRESS" : "");
	return -ENOEXEC;
}

static int read_source(struct pw_source *s, bool raw, struct pw_source_error *err)
{
	int r = 0;

	if (!raw && begins_with(s, "makedumpfile", 13))
		r = pw_flat_open(s, err);
	if (r)
		return r;
	s->kind = recognise(s);
	if (raw && s->kind)
		pw_source_warn(s, "%s: read as raw memory, as told, though it begins like: %s",
			       s->path, s->kind->name);
	if (raw)
		s->kind = &raw_kind;
	if (!s->kind)
		return refuse(s, err);
	snprintf(s->kind_name, sizeof(s->kind_name), "%s%s", s->flat ? "flattened " : "",
		 s->kind->name);
	return s->kind->read(s, err);
}

static int open_source(const char *path, const uint64_t *raw_base, struct pw_source **out,
		       struct pw_source_error *err)
{
	struct pw_source *s = calloc(1, sizeof(*s));
	int r;

	if (s)
		s->path = strdup(path);
	if (!s || !s->path) {
		free(s);
		pw_source_explain(err, "%s: out of memory", path);
		return -ENOMEM;
	}
	s->held_limit = HELD_LIMIT;
	s->raw_base = raw_base ? *raw_base : 0;
	r = map_file(s, err);
	if (!r)
		r = read_source(s, raw_base, err);
	if (r) {
		pw_source_close(s);
		return r;
	}
	*out = s;
	return 0;
}

int pw_source_open(const char *path, struct pw_source **out, struct pw_source_error *err)
{
	return open_source(path, NULL, out, err);
}

int pw_source_open_raw(const char *path, uint64_t base, struct pw_source **out,
		       struct pw_source_error *err)
{
	return open_source(path, &base, out, err);
}

void pw_source_close(struct pw_source *s)
{
	if (!s)
		return;
	if (s->data)
		munmap((void *)(uintptr_t)s->data, (size_t)s->mapped);
	pw_flat_free(s);
	pw_kdump_free(s);
	pw_codecs_free(s);
	pw_held_free(s);
	free(s->segments);
	free(s->qemu);
	free(s->path);
	free(s);
}

/* Memory that a stream has in more than one record. */
static const void *gather(struct pw_source *s, uint64_t pa, uint64_t at, uint64_t len)
{
	struct held *h = pw_held_find(s, pa, len);

	if (h)
		return h->bytes;
	h = len <= HELD_MAX ? pw_held_new(s, pa, len) : NULL;
	if (!h)
		return NULL;
	if (!pw_view_read(s, at, h->bytes, len)) {
		pw_held_drop(s, h);
		return NULL;
	}
	pw_held_add(s, h);
	return h->bytes;
}

const void *pw_source_bytes(struct pw_source *s, uint64_t pa, uint64_t len)
{
	const struct pw_segment *seg;
	const void *p;

	if (s->kdump)
		return pw_kdump_bytes(s, pa, len);
	seg = pw_segments_find(s, pa);
	if (!seg || len > seg->len - (pa - seg->pa))
		return NULL;
	p = pw_view_at(s, seg->offset + (pa - seg->pa), len);
	return p || !s->flat ? p : gather(s, pa, seg->offset + (pa - seg->pa), len);
}

bool pw_source_find(struct pw_source *s, uint64_t pa, struct pw_segment *seg)
{
	const struct pw_segment *found;

	if (s->kdump)
		return pw_kdump_find(s, pa, seg);
	found = pw_segments_find(s, pa);
	if (found)
		*seg = *found;
	return found;
}

const char *pw_source_fault(const struct pw_source *s)
{
	return s->fault.text[0] ? s->fault.text : NULL;
}

bool pw_source_can_copy(const struct pw_source *s)
{
	return !s->kdump && !s->flat;
}

enum pw_machine pw_source_machine(const struct pw_source *s)
{
	switch (s->machine) {
	case EM_AARCH64:
		return PW_MACHINE_ARM64;
	case EM_X86_64:
		return PW_MACHINE_X86_64;
	case EM_RISCV:
		return PW_MACHINE_RISCV;
	default:
		return PW_MACHINE_OTHER;
	}
}

unsigned int pw_source_elf_machine(const struct pw_source *s)
{
	return s->machine;
}

const char *pw_source_kind(const struct pw_source *s)
{
	return s->kind_name;
}

const char *pw_source_path(const struct pw_source *s)
{
	return s->path;
}

size_t pw_source_nr_segments(const struct pw_source *s)
{
	return s->nr_segments;
}

struct pw_segment pw_source_segment(const struct pw_source *s, size_t i)
{
	return s->segments[i];
}

size_t pw_source_nr_warnings(const struct pw_source *s)
{
	return s->nr_warnings;
}

const char *pw_source_warning(const struct pw_source *s, size_t i)
{
	return s->warnings[i];
}

const char *pw_source_vmcoreinfo(const struct pw_source *s, size_t *len)
{
	*len = s->vmcoreinfo_len;
	return s->vmcoreinfo;
}

const void *pw_source_qemu_note(const struct pw_source *s, unsigned int cpu, size_t *len)
{
	*len = cpu < s->nr_qemu ? s->qemu[cpu].len : 0;
	return cpu < s->nr_qemu ? s->qemu[cpu].bytes : NULL;
}

unsigned int pw_source_nr_qemu_notes(const struct pw_source *s)
{
	return s->nr_qemu;
}
