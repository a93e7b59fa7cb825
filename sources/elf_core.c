/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * ELF core files: a list of segments (physical address, bytes, place in the file) and notes.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source_private.h"

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
	uint64_t table = pw_view_u64(s, offsetof(Elf64_Ehdr, e_phoff)), i, nr;
	unsigned int size = pw_view_u16(s, offsetof(Elf64_Ehdr, e_phentsize));
	int r;

	nr = pw_view_u16(s, offsetof(Elf64_Ehdr, e_phnum));
	if (nr == PN_XNUM) {
		uint64_t shoff = pw_view_u64(s, offsetof(Elf64_Ehdr, e_shoff));

		if (!pw_view_inside(s, shoff, sizeof(Elf64_Shdr))) {
			pw_source_explain(err,
					  "%s: offset 0x%llx: expected the section header with the "
					  "number of segments (PN_XNUM)",
					  s->path, (unsigned long long)shoff);
			return -ENOEXEC;
		}
		nr = pw_view_u32(s, shoff + offsetof(Elf64_Shdr, sh_info));
	}
	if (size < sizeof(Elf64_Phdr)) {
		pw_source_explain(err,
				  "%s: offset 54: expected program headers of 56 bytes, found %u",
				  s->path, size);
		return -ENOEXEC;
	}
	if (nr > MAX_SEGMENTS || !pw_view_inside(s, table, nr * size) || nr * size > s->mapped) {
		pw_source_explain(
			err,
			"%s: offset 0x%llx: expected %llu program headers of %u bytes; the "
			"file ends at 0x%llx",
			s->path, (unsigned long long)table, (unsigned long long)nr, size,
			(unsigned long long)s->size);
		return -ENOEXEC;
	}
	r = pw_segments_room(s, (size_t)nr, err);
	if (r)
		return r;
	for (i = 0; i < nr; i++) {
		uint64_t ph = table + i * size;
		uint32_t type = pw_view_u32(s, ph + offsetof(Elf64_Phdr, p_type));
		uint64_t at = pw_view_u64(s, ph + offsetof(Elf64_Phdr, p_offset));
		uint64_t len = pw_view_u64(s, ph + offsetof(Elf64_Phdr, p_filesz));

		const void *notes = type == PT_NOTE ? pw_view_keep(s, at, len) : NULL;

		if (notes)
			pw_notes_read(s, notes, len);
		else if (type == PT_NOTE)
			pw_source_warn(s, "%s: truncated: the notes at offset 0x%llx are cut off",
				       s->path, (unsigned long long)at);
		else if (type == PT_LOAD)
			pw_segments_add(s, at, pw_view_u64(s, ph + offsetof(Elf64_Phdr, p_paddr)),
					len);
	}
	if (is_process(s)) {
		pw_source_explain(err,
				  "%s: all %zu segments are at physical address 0: expected the "
				  "memory of a machine, found the core of a process",
				  s->path, s->nr_segments);
		return -ENOEXEC;
	}
	pw_segments_settle(s);
	if (s->nr_segments == 0) {
		pw_source_explain(err,
				  "%s: no memory in it: none of %llu program headers is a "
				  "PT_LOAD with bytes in the file",
				  s->path, (unsigned long long)nr);
		return -ENOEXEC;
	}
	return 0;
}

int pw_elf_read(struct pw_source *s, struct pw_source_error *err)
{
	unsigned char ident[EI_NIDENT];

	if (s->size < sizeof(Elf64_Ehdr) || !pw_view_read(s, 0, ident, sizeof(ident))) {
		pw_source_explain(err,
				  "%s: offset 0: expected an ELF header of 64 bytes, the file "
				  "has %llu",
				  s->path, (unsigned long long)s->size);
		return -ENOEXEC;
	}
	if (ident[EI_CLASS] != ELFCLASS64) {
		pw_source_explain(err, "%s: offset 4: expected ELFCLASS64 (2), found %u", s->path,
				  ident[EI_CLASS]);
		return -ENOEXEC;
	}
	if (ident[EI_DATA] != ELFDATA2LSB) {
		pw_source_explain(err,
				  "%s: offset 5: expected ELFDATA2LSB (1), found %u: only "
				  "little-endian machines can be read so far",
				  s->path, ident[EI_DATA]);
		return -ENOEXEC;
	}
	if (pw_view_u16(s, offsetof(Elf64_Ehdr, e_type)) != ET_CORE) {
		pw_source_explain(err,
				  "%s: offset 16: expected a core (ET_CORE, 4), found ELF type "
				  "%u",
				  s->path, pw_view_u16(s, offsetof(Elf64_Ehdr, e_type)));
		return -ENOEXEC;
	}
	s->machine = pw_view_u16(s, offsetof(Elf64_Ehdr, e_machine));
	return read_headers(s, err);
}
