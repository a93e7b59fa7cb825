/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The bytes of a file. Offsets in it are somebody else's word: each access is checked here.
 */
#include <endian.h>
#include <string.h>

#include "source_private.h"

bool pw_view_inside(const struct pw_source *s, uint64_t at, uint64_t len)
{
	return at <= s->size && len <= s->size - at;
}

const void *pw_view_at(const struct pw_source *s, uint64_t at, uint64_t len)
{
	if (!pw_view_inside(s, at, len))
		return NULL;
	return s->flat ? pw_flat_at(s, at, len) : s->data + at;
}

bool pw_view_read(const struct pw_source *s, uint64_t at, void *to, uint64_t len)
{
	const void *p;

	if (!pw_view_inside(s, at, len))
		return false;
	if (s->flat)
		return pw_flat_read(s, at, to, len);
	p = pw_view_at(s, at, len);
	if (p)
		memcpy(to, p, len);
	return p;
}

const void *pw_view_keep(struct pw_source *s, uint64_t at, uint64_t len)
{
	const void *p = pw_view_at(s, at, len);
	struct held *h;

	/* no more than what is there, whatever a stream claims */
	if (p || !s->flat || len > s->mapped)
		return p;
	h = pw_held_new(s, at, len);
	if (!h)
		return NULL;
	if (!pw_view_read(s, at, h->bytes, len)) {
		pw_held_drop(s, h);
		return NULL;
	}
	h->next = s->kept;
	s->kept = h;
	return h->bytes;
}

uint16_t pw_view_u16(const struct pw_source *s, uint64_t at)
{
	uint16_t v = 0;

	(void)pw_view_read(s, at, &v, sizeof(v));
	return le16toh(v);
}

uint32_t pw_view_u32(const struct pw_source *s, uint64_t at)
{
	uint32_t v = 0;

	(void)pw_view_read(s, at, &v, sizeof(v));
	return le32toh(v);
}

uint64_t pw_view_u64(const struct pw_source *s, uint64_t at)
{
	uint64_t v = 0;

	(void)pw_view_read(s, at, &v, sizeof(v));
	return le64toh(v);
}
