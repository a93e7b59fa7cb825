/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * ELF notes: three numbers (length of the name, of the description, type), the name and the
 * description, each padded to four bytes.
 */
#include <elf.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "source_private.h"

/* Is this the name, with or without its NUL? VMCOREINFO_XEN is the hypervisor's. */
static bool is_named(const unsigned char *name, uint64_t len, const char *want)
{
	uint64_t n = strlen(want);

	return (len == n || (len == n + 1 && !name[n])) && !memcmp(name, want, n);
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

static uint32_t u32(const unsigned char *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return le32toh(v);
}

void pw_notes_read(struct pw_source *s, const void *notes, uint64_t len)
{
	const unsigned char *base = notes;
	uint64_t at = 0;

	while (len - at >= sizeof(Elf64_Nhdr)) {
		uint64_t name_len = u32(base + at), desc_len = u32(base + at + 4);
		uint64_t name = at + 12, desc = name + ((name_len + 3) & ~3ull);

		if (desc > len || desc_len > len - desc)
			return;
		if (!s->vmcoreinfo && is_named(base + name, name_len, "VMCOREINFO")) {
			s->vmcoreinfo = (const char *)base + desc;
			s->vmcoreinfo_len = (size_t)desc_len;
		}
		if (!s->prstatus_len && is_named(base + name, name_len, "CORE") &&
		    u32(base + at + 8) == NT_PRSTATUS)
			s->prstatus_len = (size_t)desc_len;
		if (is_named(base + name, name_len, "QEMU"))
			add_qemu(s, base + desc, desc_len);
		at = desc + ((desc_len + 3) & ~3ull);
		if (at > len)
			return;
	}
}
