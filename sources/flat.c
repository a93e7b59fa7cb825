/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Flattened streams: a dump on its way through a pipe, where nobody can seek (makedumpfile -F; all
 * kdump output of QEMU before 8.2). What would be written to the file is a record, big-endian,
 * that says where:
 *
 *     0              4096                                          4096 + 16 + size
 *     +--------------+--------+------+--------- - - ---------+--------+------+---- - -
 *     | makedumpfile | offset | size | bytes                 | offset | size | bytes
 *     +--------------+--------+------+--------- - - ---------+--------+------+---- - -
 *
 * until an offset of -1. The file is not written again here, nor are its bytes copied: an index of
 * records says where each piece of it is. makedumpfile goes back to headers that it wrote before,
 * so records overlap, and the later one is what the file would have.
 *
 * The index is sorted by merging, as any list is; but in each merge one half of the records is
 * older than the other, so that where two overlap the newer is known and the older is cut. A list
 * of n records never has more than 2n - 1 pieces, because each end of a piece is one of a record.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source_private.h"

#define HEADER	4096u
#define TYPE	16u
#define VERSION 24u
#define RECORD	16u

struct piece {
	uint64_t at;   /* in the file that the stream is of */
	uint64_t end;  /* not included */
	uint64_t from; /* where the bytes are */
};

struct flat {
	struct piece *pieces; /* in order, none overlaps another */
	size_t nr;
};

static uint64_t big(const struct pw_source *s, uint64_t at)
{
	uint64_t v;

	memcpy(&v, s->data + at, sizeof(v));
	return be64toh(v);
}

/* --- reading through the index ------------------------------------------------------------- */

/* The piece that @at is in, or NULL. */
static const struct piece *find(const struct flat *flat, uint64_t at)
{
	size_t low = 0, high = flat->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct piece *p = &flat->pieces[mid];

		if (at < p->at)
			high = mid;
		else if (at >= p->end)
			low = mid + 1;
		else
			return p;
	}
	return NULL;
}

const void *pw_flat_at(const struct pw_source *s, uint64_t at, uint64_t len)
{
	const struct piece *p = find(s->flat, at);

	return p && len <= p->end - at ? s->data + p->from + (at - p->at) : NULL;
}

bool pw_flat_read(const struct pw_source *s, uint64_t at, void *to, uint64_t len)
{
	unsigned char *out = to;

	while (len) {
		const struct piece *p = find(s->flat, at);
		uint64_t part;

		if (!p)
			return false;
		part = len < p->end - at ? len : p->end - at;
		memcpy(out, s->data + p->from + (at - p->at), (size_t)part);
		out += part;
		at += part;
		len -= part;
	}
	return true;
}

/* --- the index ----------------------------------------------------------------------------- */

/* Two lists, each in order: one of both, @old cut where @new has something. */
static size_t merge(const struct piece *old, size_t nr_old, const struct piece *new, size_t nr_new,
		    struct piece *out)
{
	size_t i = 0, j = 0, n = 0;
	struct piece cur = old[0]; /* what is left of old[i] */

	while (i < nr_old && j < nr_new) {
		if (cur.end <= new[j].at) {
			out[n++] = cur;
			cur = ++i < nr_old ? old[i] : cur;
			continue;
		}
		if (cur.at < new[j].at) {
			out[n++] = (struct piece){ cur.at, new[j].at, cur.from };
			cur.from += new[j].at - cur.at;
			cur.at = new[j].at;
		}
		if (cur.end <= new[j].end) { /* nothing is left of it */
			cur = ++i < nr_old ? old[i] : cur;
			continue;
		}
		if (cur.at < new[j].end) {
			cur.from += new[j].end - cur.at;
			cur.at = new[j].end;
		}
		out[n++] = new[j++];
	}
	while (i < nr_old) {
		out[n++] = cur;
		cur = ++i < nr_old ? old[i] : cur;
	}
	while (j < nr_new)
		out[n++] = new[j++];
	return n;
}

/*
 * @nr records in the order in which they were written, as pieces; @out and @scratch have room for
 * twice as many. As deep as the number of records has bits. Returns how many pieces there are.
 */
static size_t sort(const struct piece *records, size_t nr, struct piece *out, struct piece *scratch)
{
	size_t half = nr / 2, nr_old, nr_new;

	if (nr == 1) {
		out[0] = records[0];
		return 1;
	}
	nr_old = sort(records, half, scratch, out);
	nr_new = sort(records + half, nr - half, scratch + 2 * half, out + 2 * half);
	return merge(scratch, nr_old, scratch + 2 * half, nr_new, out);
}

static int index_records(struct pw_source *s, struct piece *records, size_t nr)
{
	struct piece *out = malloc(2 * nr * sizeof(*out));
	struct piece *scratch = malloc(2 * nr * sizeof(*scratch));
	struct piece *fit;

	if (!out || !scratch) {
		free(out);
		free(scratch);
		return -ENOMEM;
	}
	s->flat->nr = sort(records, nr, out, scratch);
	free(scratch);
	fit = s->flat->nr ? realloc(out, s->flat->nr * sizeof(*out)) : NULL;
	s->flat->pieces = fit ? fit : out;
	s->size = s->flat->pieces[s->flat->nr - 1].end;
	return 0;
}

/* --- the stream ---------------------------------------------------------------------------- */

enum what { A_RECORD, THE_END, DAMAGE };

/* What is at @at? A record that the file ends in is a shorter one. */
static enum what look(const struct pw_source *s, uint64_t at, struct piece *p)
{
	uint64_t offset, size;

	if (s->mapped - at < RECORD)
		return DAMAGE;
	offset = big(s, at);
	size = big(s, at + 8);
	if (offset == UINT64_MAX)
		return THE_END;
	if (offset > INT64_MAX || size > INT64_MAX || offset + size > INT64_MAX)
		return DAMAGE;
	if (size > s->mapped - at - RECORD)
		size = s->mapped - at - RECORD;
	*p = (struct piece){ offset, offset + size, at + RECORD };
	return A_RECORD;
}

/* All records, into @records where that is not NULL; those of no bytes do not count. */
static size_t go_through(const struct pw_source *s, struct piece *records, uint64_t *stopped,
			 enum what *why)
{
	uint64_t at = HEADER;
	struct piece p;
	size_t nr = 0;

	while ((*why = look(s, at, &p)) == A_RECORD) {
		at = p.from + (p.end - p.at);
		if (p.end == p.at)
			continue;
		if (records)
			records[nr] = p;
		nr++;
	}
	*stopped = at;
	return nr;
}

int pw_flat_open(struct pw_source *s, struct pw_source_error *err)
{
	struct piece *records;
	uint64_t stopped;
	enum what why;
	size_t nr;
	int r;

	if (s->mapped < HEADER || big(s, TYPE) != 1 || big(s, VERSION) != 1) {
		pw_source_explain(err,
				  "%s: offset 16: expected the header of a flattened stream, 4096 "
				  "bytes, type 1, version 1",
				  s->path);
		return -ENOEXEC;
	}
	nr = go_through(s, NULL, &stopped, &why);
	if (!nr) {
		pw_source_explain(err, "%s: offset 4096: expected a record with bytes in it",
				  s->path);
		return -ENOEXEC;
	}
	if (why == DAMAGE)
		pw_source_warn(s,
			       "%s: offset 0x%llx: expected another record, or the end mark: the "
			       "stream is %s, and what follows is not used",
			       s->path, (unsigned long long)stopped,
			       s->mapped - stopped < RECORD ? "truncated" : "damaged");
	s->flat = calloc(1, sizeof(*s->flat));
	records = malloc(nr * sizeof(*records));
	r = s->flat && records ? 0 : -ENOMEM;
	if (!r) {
		(void)go_through(s, records, &stopped, &why);
		r = index_records(s, records, nr);
	}
	free(records);
	if (r)
		pw_source_explain(err, "%s: out of memory for %zu records", s->path, nr);
	return r;
}

void pw_flat_free(struct pw_source *s)
{
	if (s->flat)
		free(s->flat->pieces);
	free(s->flat);
}
