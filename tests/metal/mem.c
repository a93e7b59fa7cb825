/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The three functions that a compiler may call on its own. Each loop holds a barrier, or the
 * compiler would recognise the function and call it from within itself.
 */
#include "metal.h"

#define KEEP_LOOP() __asm__ volatile("" : : : "memory")

void *memcpy(void *to, const void *from, size_t nr)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	for (; nr; nr--) {
		*t++ = *f++;
		KEEP_LOOP();
	}
	return to;
}

void *memset(void *to, int val, size_t nr)
{
	unsigned char *t = to;

	for (; nr; nr--) {
		*t++ = (unsigned char)val;
		KEEP_LOOP();
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t nr)
{
	const unsigned char *p = a, *q = b;

	for (; nr; nr--, p++, q++) {
		if (*p != *q)
			return *p - *q;
		KEEP_LOOP();
	}
	return 0;
}
