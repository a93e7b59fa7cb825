/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Segments: stretches of physical memory that a file holds as they are. They are sorted once, cut
 * where they overlap (the one that begins lower wins), and looked up by halving; the last one hit
 * is tried first, because walks stay in a neighbourhood.
 */
#include <errno.h>
#include <stdlib.h>

#include "source_private.h"

int pw_segments_room(struct pw_source *s, size_t nr, struct pw_source_error *err)
{
	s->segments = calloc(nr ? nr : 1, sizeof(*s->segments));
	if (s->segments)
		return 0;
	pw_source_explain(err, "%s: out of memory for %zu segments", s->path, nr);
	return -ENOMEM;
}

static int by_address(const void *a, const void *b)
{
	const struct pw_segment *x = a, *y = b;

	if (x->pa != y->pa)
		return x->pa < y->pa ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Sort; cut what is covered already; join neighbours that follow each other in the file too. */
void pw_segments_settle(struct pw_source *s)
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

			pw_source_warn(
				s,
				"%s: segments overlap at physical address 0x%llx; the lower is "
				"used",
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

void pw_segments_add(struct pw_source *s, uint64_t at, uint64_t pa, uint64_t len)
{
	uint64_t present = at < s->size ? s->size - at : 0;

	if (len > present) {
		pw_source_warn(
			s,
			"%s: truncated: the segment at offset 0x%llx wants 0x%llx bytes, has "
			"0x%llx",
			s->path, (unsigned long long)at, (unsigned long long)len,
			(unsigned long long)present);
		len = present;
	}
	if (len && pa + (len - 1) < pa) {
		pw_source_warn(s, "%s: a segment at physical address 0x%llx wraps; it is left out",
			       s->path, (unsigned long long)pa);
		return;
	}
	if (len)
		s->segments[s->nr_segments++] = (struct pw_segment){ pa, len, at };
}

const struct pw_segment *pw_segments_find(struct pw_source *s, uint64_t pa)
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
