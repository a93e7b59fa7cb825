/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A source as an environment of the library. Reading goes straight to the mapped file. A writable
 * memory copies each page at its first touch and never writes to the file: a change is applied to
 * a private copy of the tables, by the very code that changes live ones.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define PAGE 4096u

struct page {
	struct page *next;
	uint64_t pa;
	bool dirty;
	_Alignas(8) unsigned char bytes[PAGE];
};

struct memory {
	struct pw_env env;
	struct pw_source *source;
	bool writable;
	struct page *pages[1024];
};

static struct page **bucket(struct memory *m, uint64_t pa)
{
	return &m->pages[(pa / PAGE * 0x9e3779b97f4a7c15ull) >> 54];
}

static struct page *find_page(struct memory *m, uint64_t pa)
{
	struct page *p;

	for (p = *bucket(m, pa); p; p = p->next) {
		if (p->pa == pa)
			return p;
	}
	return NULL;
}

static void *private_copy(struct memory *m, uint64_t pa, uint32_t len)
{
	uint64_t base = pa & ~(uint64_t)(PAGE - 1u), in = pa - base;
	struct page *p = find_page(m, base);
	const void *bytes;

	if (p)
		return p->bytes + in;
	bytes = pw_source_bytes(m->source, base, PAGE);
	if (!bytes && !pw_source_bytes(m->source, pa, len))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pa = base;
	if (bytes)
		memcpy(p->bytes, bytes, PAGE);
	else
		memcpy(p->bytes + in, pw_source_bytes(m->source, pa, len), len);
	p->next = *bucket(m, base);
	*bucket(m, base) = p;
	return p->bytes + in;
}

static void *phys_to_virt(void *ctx, struct pw_pa pa, uint32_t len)
{
	struct memory *m = ctx;

	if (m->writable && len <= PAGE)
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

static struct page *page_of(struct memory *m, const uint64_t *slot)
{
	size_t i;
	struct page *p;

	for (i = 0; i < sizeof(m->pages) / sizeof(m->pages[0]); i++) {
		for (p = m->pages[i]; p; p = p->next) {
			const unsigned char *at = (const unsigned char *)slot;

			if (at >= p->bytes && at < p->bytes + PAGE)
				return p;
		}
	}
	return NULL;
}

static void store(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order)
{
	static struct page *last;
	const unsigned char *at = (const unsigned char *)slot;
	struct memory *m = ctx;

	(void)order;
	if (!last || at < last->bytes || at >= last->bytes + PAGE)
		last = page_of(m, slot);
	if (!last)
		abort(); /* the library writes nothing that phys_to_virt() did not give out */
	last->dirty = true;
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

struct memory *memory_new(struct pw_source *s, bool writable)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->source = s;
	m->writable = writable;
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
	for (i = 0; i < sizeof(m->pages) / sizeof(m->pages[0]); i++) {
		while (m->pages[i]) {
			struct page *next = m->pages[i]->next;

			free(m->pages[i]);
			m->pages[i] = next;
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
	const struct page *p;
	size_t i, n = 0;

	for (i = 0; i < sizeof(m->pages) / sizeof(m->pages[0]); i++) {
		for (p = m->pages[i]; p; p = p->next)
			n += p->dirty;
	}
	patches = calloc(n ? n : 1, sizeof(*patches));
	if (!patches)
		return NULL;
	*nr = 0;
	for (i = 0; i < sizeof(m->pages) / sizeof(m->pages[0]); i++) {
		for (p = m->pages[i]; p; p = p->next) {
			if (p->dirty)
				patches[(*nr)++] = (struct pw_patch){ p->pa, PAGE, p->bytes };
		}
	}
	return patches;
}
