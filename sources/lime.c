/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * LiME dumps, version 1: stretches of memory, each behind a header of 32 bytes that says of which
 * addresses it is, the last one included.
 *
 *     0     4        8        16       24         32                    32 + last - first + 1
 *     +-----+--------+--------+--------+----------+---------- - - ------+-----+-
 *     | EMiL| version| first  | last   | reserved | memory              | EMiL| ...
 *     +-----+--------+--------+--------+----------+---------- - - ------+-----+-
 *
 * Of which machine it is, and where its page tables are, nobody says.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "source_private.h"

#define HEADER	32u
#define VERSION 4u
#define FIRST	8u
#define LAST	16u

/* Why this is no header that can be used; NULL when it is. */
static const char *complaint(const struct pw_source *s, uint64_t at)
{
	unsigned char magic[HEADER];

	if (!pw_view_read(s, at, magic, HEADER))
		return "a header of 32 bytes, the file ends in it";
	if (memcmp(magic, "EMiL", 4) != 0)
		return "the magic of a LiME header (45 4d 69 4c)";
	if (pw_view_u32(s, at + VERSION) != 1)
		return "version 1 of LiME, found another";
	if (pw_view_u64(s, at + LAST) < pw_view_u64(s, at + FIRST))
		return "a last address that is not below the first";
	return NULL;
}

/* From one header to the next; beyond the end of the file when it is the last. */
static uint64_t next(const struct pw_source *s, uint64_t at)
{
	uint64_t len = pw_view_u64(s, at + LAST) - pw_view_u64(s, at + FIRST);

	at += HEADER;
	return len >= s->size - at ? s->size : at + len + 1;
}

int pw_lime_read(struct pw_source *s, struct pw_source_error *err)
{
	const char *wrong = NULL;
	uint64_t at;
	size_t nr = 0;
	int r;

	s->machine = EM_NONE;
	for (at = 0; at < s->size && nr < MAX_SEGMENTS; at = next(s, at), nr++) {
		wrong = complaint(s, at);
		if (wrong)
			break;
	}
	if (nr == 0) {
		pw_source_explain(err, "%s: offset 0: expected %s", s->path, wrong);
		return -ENOEXEC;
	}
	if (at < s->size)
		pw_source_warn(s, "%s: offset 0x%llx: expected %s; what follows is not used",
			       s->path, (unsigned long long)at,
			       wrong ? wrong : "no more than 4194304 ranges");
	r = pw_segments_room(s, nr, err);
	if (r)
		return r;
	for (at = 0; nr; at = next(s, at), nr--) {
		uint64_t pa = pw_view_u64(s, at + FIRST);
		uint64_t len = pw_view_u64(s, at + LAST) - pa;

		/* the last one, too; a range of all 2^64 bytes is clipped anyway */
		pw_segments_add(s, at + HEADER, pa, len == UINT64_MAX ? len : len + 1);
	}
	pw_segments_settle(s);
	if (s->nr_segments)
		return 0;
	pw_source_explain(err, "%s: no memory in it: the file ends behind its first header",
			  s->path);
	return -ENOEXEC;
}
