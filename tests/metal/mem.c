/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The three functions that a compiler may call on its own. Each loop holds a barrier, or the
 * compiler would recognise the function and call it from within itself. What is aligned goes by
 * words: an emulator takes its time for each access.
 */
#include "metal.h"

#define KEEP_LOOP() __asm__ volatile("" : : : "memory")
#define ALIGNED(p)  (!((uintptr_t)(p) % sizeof(word)))

/* May be any object's memory. */
typedef uint64_t __attribute__((may_alias)) word;

void *memcpy(void *to, const void *from, size_t nr)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (ALIGNED(t) && ALIGNED(f)) {
		for (; nr >= sizeof(word); nr -= sizeof(word)) {
			*(word *)(void *)t = *(const word *)(const void *)f;
			t += sizeof(word);
			f += sizeof(word);
			KEEP_LOOP();
		}
	}
	for (; nr; nr--) {
		*t++ = *f++;
		KEEP_LOOP();
	}
	return to;
}

void *memset(void *to, int val, size_t nr)
{
	unsigned char *t = to;

	if (ALIGNED(t)) {
		for (; nr >= sizeof(word); nr -= sizeof(word)) {
			*(word *)(void *)t = (unsigned char)val * 0x0101010101010101ull;
			t += sizeof(word);
			KEEP_LOOP();
		}
	}
	for (; nr; nr--) {
		*t++ = (unsigned char)val;
		KEEP_LOOP();
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t nr)
{
	const unsigned char *p = a, *q = b;

	if (ALIGNED(p) && ALIGNED(q)) {
		for (; nr >= sizeof(word); nr -= sizeof(word)) {
			if (*(const word *)(const void *)p != *(const word *)(const void *)q)
				break;
			p += sizeof(word);
			q += sizeof(word);
			KEEP_LOOP();
		}
	}
	for (; nr; nr--, p++, q++) {
		if (*p != *q)
			return *p - *q;
		KEEP_LOOP();
	}
	return 0;
}
