/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * ELF core files. A core is a list of segments (physical address, bytes, place in the file) and
 * notes. The segments are sorted once, cut where they overlap (the one that begins lower wins), and
 * looked up by halving; the last one hit is tried first, because walks stay in a neighbourhood.
 */
#include "source.h"

#include <elf.h>
#include <endian.h>
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

#define MAX_SEGMENTS (1u << 22)

void pw_source_explain(struct pw_source_error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void warn(struct pw_source *s, const char *fmt, ...)
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

/* What a file is that is no core, and what to do about it. */
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
	{ "KDUMP   ", 8, "a kdump-compressed dump: convert it to ELF first (makedumpfile -E)" },
	{ "DISKDUMP", 8, "a diskdump: convert it to ELF first (makedumpfile -E)" },
	{ "makedumpfile", 12,
	  "a flattened makedumpfile stream: restore it first (makedumpfile -R)" },
	{ "EMiL", 4, "a LiME dump: only ELF cores can be read so far" },
	{ "AVML", 4, "an AVML dump: only ELF cores can be read so far" },
	{ "QEVM", 4, "a QEMU snapshot: use dump-guest-memory to make an ELF core" },
};

static int not_a_core(const struct pw_source *s, struct pw_source_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		if (s->data && s->size >= strangers[i].len &&
		    !memcmp(s->data, strangers[i].magic, strangers[i].len)) {
			pw_source_explain(err, "%s: offset 0: expected an ELF core, found %s",
					  s->path, strangers[i].what);
			return -ENOEXEC;
		}
	}
	pw_source_explain(err, "%s: offset 0: expected an ELF core (7f 45 4c 46), found %s",
			  s->path, s->size ? "something else" : "an empty file");
	return -ENOEXEC;
}

static uint16_t u16(const struct pw_source *s, uint64_t at)
{
	uint16_t v;

	memcpy(&v, s->data + at, sizeof(v));
	return le16toh(v);
}

static uint32_t u32(const struct pw_source *s, uint64_t at)
{
	uint32_t v;

	memcpy(&v, s->data + at, sizeof(v));
	return le32toh(v);
}

static uint64_t u64(const struct pw_source *s, uint64_t at)
{
	uint64_t v;

	memcpy(&v, s->data + at, sizeof(v));
	return le64toh(v);
}

static bool inside(const struct pw_source *s, uint64_t at, uint64_t len)
{
	return at <= s->size && len <= s->size - at;
}

/* Is this the name, with or without its NUL? VMCOREINFO_XEN is the hypervisor's. */
static bool is_vmcoreinfo(const unsigned char *name, uint64_t len)
{
	return (len == 10 || (len == 11 && !name[10])) && !memcmp(name, "VMCOREINFO", 10);
}

static bool is_qemu(const unsigned char *name, uint64_t len)
{
	return (len == 4 || (len == 5 && !name[4])) && !memcmp(name, "QEMU", 4);
}

/* Without memory for one there are no more. */
static void add_qemu(struct pw_source *s, const void *bytes, uint64_t len)
{
	unsigned int n = s->nr_qemu;
	struct note *more;

	if (!(n & (n - 1))) { /* room doubles at each power of two */
		more = realloc(s->qemu, (n ? 2 * (size_t)n : 1) * sizeof(*more));
		if (!more)
			return;
		s->qemu = more;
	}
	s->qemu[s->nr_qemu++] = (struct note){ bytes, (size_t)len };
}

/* The notes of one PT_NOTE: we want VMCOREINFO, the first of them, and QEMU's. */
static void read_notes(struct pw_source *s, uint64_t at, uint64_t len)
{
	uint64_t end = at + len;

	while (end - at >= sizeof(Elf64_Nhdr)) {
		uint64_t name_len = u32(s, at), desc_len = u32(s, at + 4), name = at + 12, desc;

		desc = name + ((name_len + 3) & ~3ull);
		if (desc > end || desc_len > end - desc)
			return;
		if (!s->vmcoreinfo && is_vmcoreinfo(s->data + name, name_len)) {
			s->vmcoreinfo = (const char *)s->data + desc;
			s->vmcoreinfo_len = (size_t)desc_len;
		}
		if (is_qemu(s->data + name, name_len))
			add_qemu(s, s->data + desc, desc_len);
		at = desc + ((desc_len + 3) & ~3ull);
		if (at > end)
			return;
	}
}

static int by_address(const void *a, const void *b)
{
	const struct pw_segment *x = a, *y = b;

	if (x->pa != y->pa)
		return x->pa < y->pa ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Sort; cut what is covered already; join neighbours that follow each other in the file too. */
static void settle_segments(struct pw_source *s)
{
	size_t i, n = 0;

	qsort(s->segments, s->nr_segments, sizeof(*s->segments), by_address);
	for (i = 0; i < s->nr_segments; i++) {
		struct pw_segment seg = s->segments[i];
		struct pw_segment *prev = n ? &s->segments[n - 1] : NULL;
		uint64_t last = prev ? prev->pa + (prev->len - 1) : 0;

		/* One that was cut begins later than it did when it was sorted: its end counts. */
		if (prev && seg.pa <= last) {
			uint64_t covered = last - seg.pa + 1;

			warn(s,
			     "%s: segments overlap at physical address 0x%llx; the lower is used",
			     s->path, (unsigned long long)seg.pa);
			if (covered >= seg.len)
				continue;
			seg.pa += covered;
			seg.offset += covered;
			seg.len -= covered;
		}
		if (prev && seg.pa == last + 1 && seg.offset == prev->offset + prev->len)
			prev->len += seg.len;
		else
			s->segments[n++] = seg;
	}
	s->nr_segments = n;
}

static void add_segment(struct pw_source *s, uint64_t at, uint64_t pa, uint64_t len)
{
	uint64_t present = at < s->size ? s->size - at : 0;

	if (len > present) {
		warn(s,
		     "%s: truncated: the segment at offset 0x%llx wants 0x%llx bytes, has 0x%llx",
		     s->path, (unsigned long long)at, (unsigned long long)len,
		     (unsigned long long)present);
		len = present;
	}
	if (len && pa + (len - 1) < pa) {
		warn(s, "%s: a segment at physical address 0x%llx wraps; it is left out", s->path,
		     (unsigned long long)pa);
		return;
	}
	if (len)
		s->segments[s->nr_segments++] = (struct pw_segment){ pa, len, at };
}

/* The core of a process has virtual addresses only. */
static bool is_process(const struct pw_source *s)
{
	size_t i;

	for (i = 0; i < s->nr_segments; i++) {
		if (s->segments[i].pa)
			return false;
	}
	return s->nr_segments > 1;
}

static int read_headers(struct pw_source *s, struct pw_source_error *err)
{
	uint64_t table = u64(s, offsetof(Elf64_Ehdr, e_phoff)), i, nr;
	unsigned int size = u16(s, offsetof(Elf64_Ehdr, e_phentsize));

	nr = u16(s, offsetof(Elf64_Ehdr, e_phnum));
	if (nr == PN_XNUM) {
		uint64_t shoff = u64(s, offsetof(Elf64_Ehdr, e_shoff));

		if (!inside(s, shoff, sizeof(Elf64_Shdr))) {
			pw_source_explain(err,
					  "%s: offset 0x%llx: expected the section header with the "
					  "number of segments (PN_XNUM)",
					  s->path, (unsigned long long)shoff);
			return -ENOEXEC;
		}
		nr = u32(s, shoff + offsetof(Elf64_Shdr, sh_info));
	}
	if (size < sizeof(Elf64_Phdr)) {
		pw_source_explain(err,
				  "%s: offset 54: expected program headers of 56 bytes, found %u",
				  s->path, size);
		return -ENOEXEC;
	}
	if (nr > MAX_SEGMENTS || !inside(s, table, nr * size)) {
		pw_source_explain(
			err,
			"%s: offset 0x%llx: expected %llu program headers of %u bytes; the "
			"file ends at 0x%llx",
			s->path, (unsigned long long)table, (unsigned long long)nr, size,
			(unsigned long long)s->size);
		return -ENOEXEC;
	}
	s->segments = calloc(nr ? nr : 1, sizeof(*s->segments));
	if (!s->segments) {
		pw_source_explain(err, "%s: out of memory for %llu segments", s->path,
				  (unsigned long long)nr);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
		uint64_t ph = table + i * size;
		uint32_t type = u32(s, ph + offsetof(Elf64_Phdr, p_type));
		uint64_t at = u64(s, ph + offsetof(Elf64_Phdr, p_offset));
		uint64_t len = u64(s, ph + offsetof(Elf64_Phdr, p_filesz));

		if (type == PT_NOTE && inside(s, at, len))
			read_notes(s, at, len);
		else if (type == PT_NOTE)
			warn(s, "%s: truncated: the notes at offset 0x%llx are cut off", s->path,
			     (unsigned long long)at);
		else if (type == PT_LOAD)
			add_segment(s, at, u64(s, ph + offsetof(Elf64_Phdr, p_paddr)), len);
	}
	if (is_process(s)) {
		pw_source_explain(err,
				  "%s: all %zu segments are at physical address 0: expected the "
				  "memory of a machine, found the core of a process",
				  s->path, s->nr_segments);
		return -ENOEXEC;
	}
	settle_segments(s);
	if (s->nr_segments == 0) {
		pw_source_explain(err,
				  "%s: no memory in it: none of %llu program headers is a "
				  "PT_LOAD with bytes in the file",
				  s->path, (unsigned long long)nr);
		return -ENOEXEC;
	}
	return 0;
}

static int read_core(struct pw_source *s, struct pw_source_error *err)
{
	if (!s->data || s->size < SELFMAG || memcmp(s->data, ELFMAG, SELFMAG) != 0)
		return not_a_core(s, err);
	if (s->size < sizeof(Elf64_Ehdr)) {
		pw_source_explain(err,
				  "%s: offset 0: expected an ELF header of 64 bytes, the file "
				  "has %llu",
				  s->path, (unsigned long long)s->size);
		return -ENOEXEC;
	}
	if (s->data[EI_CLASS] != ELFCLASS64) {
		pw_source_explain(err, "%s: offset 4: expected ELFCLASS64 (2), found %u", s->path,
				  s->data[EI_CLASS]);
		return -ENOEXEC;
	}
	if (s->data[EI_DATA] != ELFDATA2LSB) {
		pw_source_explain(err,
				  "%s: offset 5: expected ELFDATA2LSB (1), found %u: only "
				  "little-endian machines can be read so far",
				  s->path, s->data[EI_DATA]);
		return -ENOEXEC;
	}
	if (u16(s, offsetof(Elf64_Ehdr, e_type)) != ET_CORE) {
		pw_source_explain(err,
				  "%s: offset 16: expected a core (ET_CORE, 4), found ELF type "
				  "%u",
				  s->path, u16(s, offsetof(Elf64_Ehdr, e_type)));
		return -ENOEXEC;
	}
	s->machine = u16(s, offsetof(Elf64_Ehdr, e_machine));
	return read_headers(s, err);
}

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
	s->size = (uint64_t)st.st_size;
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

int pw_source_open(const char *path, struct pw_source **out, struct pw_source_error *err)
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
	r = map_file(s, err);
	if (!r)
		r = read_core(s, err);
	if (r) {
		pw_source_close(s);
		return r;
	}
	*out = s;
	return 0;
}

void pw_source_close(struct pw_source *s)
{
	if (!s)
		return;
	if (s->data)
		munmap((void *)(uintptr_t)s->data, (size_t)s->size);
	free(s->segments);
	free(s->qemu);
	free(s->path);
	free(s);
}

/* The segment that holds @pa, or NULL. */
static const struct pw_segment *find_segment(struct pw_source *s, uint64_t pa)
{
	size_t low = 0, high = s->nr_segments;
	const struct pw_segment *seg = &s->segments[s->last_hit];

	if (pa - seg->pa < seg->len)
		return seg;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		seg = &s->segments[mid];
		if (pa - seg->pa < seg->len) {
			s->last_hit = mid;
			return seg;
		}
		if (pa < seg->pa)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const void *pw_source_bytes(struct pw_source *s, uint64_t pa, uint64_t len)
{
	const struct pw_segment *seg = find_segment(s, pa);

	if (!seg || len > seg->len - (pa - seg->pa))
		return NULL;
	return s->data + seg->offset + (pa - seg->pa);
}

bool pw_source_find(struct pw_source *s, uint64_t pa, struct pw_segment *seg)
{
	const struct pw_segment *found = find_segment(s, pa);

	if (found)
		*seg = *found;
	return found;
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
