/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A source as an environment of the library. Reading goes straight to the mapped file. A writable
 * memory copies each piece at its first touch and never writes to the file: a change is applied to
 * a private copy of the tables, by the very code that changes live ones.
 *
 * A piece is a unit of memory (a granule, so that every table is in one piece), or as much of it as
 * the file holds in one segment: then two tables that share a unit share their piece as well.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

struct piece {
	struct piece *next;
	uint64_t pa;
	uint64_t len;
	bool dirty;
	_Alignas(8) unsigned char bytes[];
};

#define NR_BUCKETS 1024u

struct memory {
	struct pw_env env;
	struct pw_source *source;
	bool writable;
	uint32_t unit;
	const struct piece *last; /* written to */
	struct piece *pieces[NR_BUCKETS];
};

static struct piece **bucket(struct memory *m, uint64_t pa)
{
	return &m->pieces[(pa / m->unit * 0x9e3779b97f4a7c15ull) >> 54];
}

static struct piece *find_piece(struct memory *m, uint64_t pa)
{
	struct piece *p;

	for (p = *bucket(m, pa); p; p = p->next) {
		if (pa - p->pa < p->len)
			return p;
	}
	return NULL;
}

static struct piece *copy_piece(struct memory *m, uint64_t pa)
{
	uint64_t first = pa & ~(uint64_t)(m->unit - 1u), last = first + (m->unit - 1u);
	struct pw_segment seg;
	const void *bytes;
	struct piece *p;

	if (!pw_source_find(m->source, pa, &seg))
		return NULL;
	if (seg.pa > first)
		first = seg.pa;
	if (seg.pa + (seg.len - 1) < last)
		last = seg.pa + (seg.len - 1);
	bytes = pw_source_bytes(m->source, first, last - first + 1);
	p = bytes ? calloc(1, sizeof(*p) + m->unit) : NULL;
	if (!p)
		return NULL;
	p->pa = first;
	p->len = last - first + 1;
	memcpy(p->bytes, bytes, p->len);
	p->next = *bucket(m, pa);
	*bucket(m, pa) = p;
	return p;
}

static void *private_copy(struct memory *m, uint64_t pa, uint32_t len)
{
	struct piece *p = find_piece(m, pa);

	if (!p)
		p = copy_piece(m, pa);
	if (!p || len > p->len - (pa - p->pa))
		return NULL;
	return p->bytes + (pa - p->pa);
}

static void *phys_to_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	struct memory *m = ctx;

	if (m->writable)
		return private_copy(m, pa.v, len);
	return (void *)(uintptr_t)pw_source_bytes(m->source, pa.v, len);
}

/* The file gives no alignment; the tables of all formats so far are little-endian. */
static uint64_t load(void *ctx, const uint64_t *slot)
{
	uint64_t v;

	(void)ctx;
	memcpy(&v, slot, sizeof(v));
	return le64toh(v);
}

static bool holds(const struct piece *p, const uint64_t *slot)
{
	const unsigned char *at = (const unsigned char *)slot;

	return at >= p->bytes && at < p->bytes + p->len;
}

static struct piece *piece_of(struct memory *m, const uint64_t *slot)
{
	struct piece *p;
	size_t i;

	for (i = 0; i < NR_BUCKETS; i++) {
		for (p = m->pieces[i]; p; p = p->next) {
			if (holds(p, slot))
				return p;
		}
	}
	return NULL;
}

static void store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	struct memory *m = ctx;
	struct piece *p;

	(void)order;
	if (!m->last || !holds(m->last, slot)) {
		p = piece_of(m, slot);
		if (!p) /* the library writes nothing that phys_to_virt() did not give out */
			abort();
		p->dirty = true;
		m->last = p;
	}
	val = htole64(val);
	memcpy(slot, &val, sizeof(val));
}

static bool cas(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val)
{
	uint64_t now = load(ctx, slot);

	if (now != *old) {
		*old = now;
		return false;
	}
	store(ctx, slot, val, PW_RELAXED);
	return true;
}

struct memory *memory_new(struct pw_source *s, bool writable, uint32_t unit)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->source = s;
	m->writable = writable;
	m->unit = unit;
	m->env.size = sizeof(m->env);
	m->env.ctx = m;
	m->env.phys_to_virt = phys_to_virt;
	m->env.load = load;
	m->env.store = store;
	m->env.cas = cas;
	return m;
}

void memory_free(struct memory *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < NR_BUCKETS; i++) {
		while (m->pieces[i]) {
			struct piece *next = m->pieces[i]->next;

			free(m->pieces[i]);
			m->pieces[i] = next;
		}
	}
	free(m);
}

const struct pw_env *memory_env(const struct memory *m)
{
	return &m->env;
}

struct pw_patch *memory_patches(const struct memory *m, size_t *nr)
{
	struct pw_patch *patches;
	const struct piece *p;
	size_t i, n = 0;

	for (i = 0; i < NR_BUCKETS; i++) {
		for (p = m->pieces[i]; p; p = p->next)
			n += p->dirty;
	}
	patches = calloc(n ? n : 1, sizeof(*patches));
	if (!patches)
		return NULL;
	*nr = 0;
	for (i = 0; i < NR_BUCKETS; i++) {
		for (p = m->pieces[i]; p; p = p->next) {
			if (p->dirty)
				patches[(*nr)++] = (struct pw_patch){ p->pa, p->len, p->bytes };
		}
	}
	return patches;
}
