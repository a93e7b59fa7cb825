/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Copies of memory that is not in the file as it is asked for: decompressed, or from several
 * places. Whoever walks tables keeps a pointer to each table on the way, so nothing is given back
 * before the source is closed; that is one copy of each table looked at. A file can claim that
 * every table is another one and all are full, at a few bytes each (a decompression bomb): there
 * is an end to it.
 */
#include <stdlib.h>
#include <string.h>

#include "source_private.h"

#define NR_BUCKETS (1u << 16)

static size_t bucket(uint64_t pa)
{
	return (size_t)((pa >> 12) * 0x9e3779b97f4a7c15ull >> 48);
}

struct held *pw_held_find(const struct pw_source *s, uint64_t pa, uint64_t len)
{
	struct held *h = s->held ? s->held[bucket(pa)] : NULL;

	while (h && (h->pa != pa || h->len != len))
		h = h->next;
	return h;
}

struct held *pw_held_new(struct pw_source *s, uint64_t pa, uint64_t len)
{
	uint64_t size = sizeof(struct held) + len;
	struct held *h = NULL;

	if (len > s->held_limit || size > s->held_limit - s->held_bytes) {
		pw_source_fail(s,
			       "%s: its tables take more than %llu MiB when they are decompressed; "
			       "what is left is not looked at",
			       s->path, (unsigned long long)s->held_limit >> 20);
		return NULL;
	}
	if (!s->held)
		s->held = calloc(NR_BUCKETS, sizeof(struct held *));
	if (s->held)
		h = malloc((size_t)size);
	if (!h) {
		pw_source_fail(s, "%s: out of memory", s->path);
		return NULL;
	}
	*h = (struct held){ .pa = pa, .len = len };
	s->held_bytes += size;
	return h;
}

void pw_held_add(struct pw_source *s, struct held *h)
{
	struct held **head = &s->held[bucket(h->pa)];

	h->next = *head;
	*head = h;
}

void pw_held_drop(struct pw_source *s, struct held *h)
{
	if (h)
		s->held_bytes -= sizeof(*h) + h->len;
	free(h);
}

static void free_list(struct held *h)
{
	while (h) {
		struct held *next = h->next;

		free(h);
		h = next;
	}
}

void pw_held_free(struct pw_source *s)
{
	size_t i;

	for (i = 0; s->held && i < NR_BUCKETS; i++)
		free_list(s->held[i]);
	free(s->held);
	free_list(s->kept);
}
