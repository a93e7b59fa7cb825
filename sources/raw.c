/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Raw memory: the file is the memory, from an address on that whoever opens it has to know.
 */
#include <elf.h>
#include <errno.h>

#include "source_private.h"

int pw_raw_read(struct pw_source *s, struct pw_source_error *err)
{
	int r;

	s->machine = EM_NONE;
	if (!s->size) {
		pw_source_explain(err, "%s: expected memory, found an empty file", s->path);
		return -ENOEXEC;
	}
	if (s->raw_base + (s->size - 1) < s->raw_base) {
		pw_source_explain(err,
				  "%s: 0x%llx bytes of memory from physical address 0x%llx on "
				  "would end beyond the last one there is",
				  s->path, (unsigned long long)s->size,
				  (unsigned long long)s->raw_base);
		return -ENOEXEC;
	}
	r = pw_segments_room(s, 1, err);
	if (r)
		return r;
	pw_segments_add(s, 0, s->raw_base, s->size);
	return 0;
}
