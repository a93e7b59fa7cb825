/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * As much of a C library as the engine's own tests need, so that they run in a guest unchanged.
 *
 * Memory is handed out in whole pages, the first run of free ones that is long enough. For each
 * page nr_used says how many pages begin there that belong together; 0: free, or not the first.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../metal.h"

#define PAGE	 4096u
#define NR_PAGES 8192u

static uint8_t heap[NR_PAGES][PAGE] __attribute__((aligned(PAGE)));
static uint32_t nr_used[NR_PAGES];

/* The first page of a run of @nr free ones; NR_PAGES: there is none. */
static uint32_t find(uint32_t nr)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < NR_PAGES && i < first + nr;) {
		if (!nr_used[i]) {
			i++;
			continue;
		}
		i += nr_used[i];
		first = i;
	}
	return first <= NR_PAGES - nr ? first : NR_PAGES;
}

void *malloc(size_t size)
{
	uint32_t nr, first;

	if (size > sizeof(heap))
		return NULL;
	nr = size ? (uint32_t)((size + PAGE - 1) / PAGE) : 1;
	first = find(nr);
	if (first == NR_PAGES)
		return NULL;
	nr_used[first] = nr;
	return heap[first];
}

void *aligned_alloc(size_t align, size_t size)
{
	return align <= PAGE ? malloc(size) : NULL;
}

void free(void *ptr)
{
	uint64_t offset = (uint64_t)((uintptr_t)ptr - (uintptr_t)heap);

	if (!ptr)
		return;
	if (offset % PAGE || offset >= sizeof(heap) || !nr_used[offset / PAGE])
		abort();
	nr_used[offset / PAGE] = 0;
}

void abort(void)
{
	metal_puts("abort()\n0 passed, 1 failed\n");
	metal_exit(1);
}

/* What the tests sort. */
#define MAX_ELEMENT 256u

/* By insertion: the tests add a few to what is in order already. */
void qsort(void *base, size_t nr, size_t size, int (*compare)(const void *, const void *))
{
	uint8_t *first = base;
	uint8_t held[MAX_ELEMENT] __attribute__((aligned(16)));

	if (size > sizeof(held))
		abort();
	for (size_t i = 1; i < nr; i++) {
		uint8_t *p = first + i * size;

		if (compare(p - size, p) <= 0)
			continue;
		memcpy(held, p, size);
		for (; p > first && compare(p - size, held) > 0; p -= size)
			memcpy(p, p - size, size);
		memcpy(p, held, size);
	}
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}

char *strstr(const char *text, const char *part)
{
	do {
		size_t i = 0;

		while (part[i] && text[i] == part[i])
			i++;
		if (!part[i])
			return (char *)(uintptr_t)text;
	} while (*text++);
	return NULL;
}

/* What compilers call for __builtin_popcountll() where the CPU has no such instruction. */
int __popcountdi2(unsigned long v);

int __popcountdi2(unsigned long v)
{
	int nr = 0;

	for (; v; v &= v - 1)
		nr++;
	return nr;
}
