/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Numbers, addresses and ranges as people write them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An address is hexadecimal, with 0x or without: nobody writes one in decimal. */
bool parse_address(const char *text, size_t len, uint64_t *value)
{
	uint64_t v = 0;
	size_t i = 0;

	if (len > 2 && text[0] == '0' && (text[1] | 0x20) == 'x')
		i = 2;
	if (i == len)
		return false;
	for (; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0 || v >> 60)
			return false;
		v = v << 4 | (uint64_t)d;
	}
	*value = v;
	return true;
}

/* Digits: hexadecimal behind 0x, else decimal, with zeros in front as well. */
static bool parse_digits(const char *text, uint64_t *value, char **rest)
{
	bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(text, rest, hex ? 16 : 10);
	return !errno;
}

bool parse_number(const char *text, uint64_t *value)
{
	char *rest;

	return parse_digits(text, value, &rest) && *rest == '\0';
}

/* 4096, 0x1000, 4K, 2M, 1G: bytes. */
static bool parse_length(const char *text, uint64_t *len)
{
	const char *units = "kmgtpe", *unit;
	char *rest;
	unsigned int shift = 0;

	if (!parse_digits(text, len, &rest))
		return false;
	if (*rest) {
		unit = strchr(units, *rest | 0x20);
		if (!unit || rest[1])
			return false;
		shift = 10u * (unsigned int)(unit - units + 1);
		if (*len > ~0ull >> shift)
			return false;
	}
	*len <<= shift;
	return *len != 0;
}

bool parse_range(const char *text, struct pw_range *range)
{
	size_t n = strcspn(text, "-+");
	uint64_t end, len;

	if (!text[n] || !parse_address(text, n, &range->first.v))
		return false;
	if (text[n] == '+') {
		if (!parse_length(text + n + 1, &len) ||
		    range->first.v + (len - 1) < range->first.v)
			return false;
		range->last.v = range->first.v + (len - 1);
		return true;
	}
	if (!parse_address(text + n + 1, strlen(text + n + 1), &end))
		return false;
	range->last.v = end - 1; /* an end of 0 is the top of the address space */
	return range->first.v <= range->last.v;
}
