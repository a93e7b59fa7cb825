/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "vmcoreinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The value of a line KEY=value: not terminated. */
static const char *find(const char *info, size_t len, const char *key, size_t *value_len)
{
	const char *p = info, *end = info ? info + len : NULL;
	size_t key_len = strlen(key);

	while (p && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((eol ? eol : end) - p);

		if (line > key_len && !memcmp(p, key, key_len) && p[key_len] == '=') {
			*value_len = line - key_len - 1;
			return p + key_len + 1;
		}
		p = eol ? eol + 1 : end;
	}
	return NULL;
}

bool pw_vmcoreinfo_text(const char *info, size_t len, const char *key, char *out, size_t size)
{
	size_t n;
	const char *value = find(info, len, key, &n);

	if (!value)
		return false;
	if (n >= size)
		n = size - 1;
	memcpy(out, value, n);
	out[n] = '\0';
	return true;
}

bool pw_vmcoreinfo_number(const char *info, size_t len, const char *key, uint64_t *value)
{
	char text[64], *rest;
	bool hex = !strncmp(key, "SYMBOL", 6);
	uint64_t v;
	size_t n;
	const char *found = find(info, len, key, &n);

	/* What does not fit is no number: its beginning would be another one. */
	if (!found || n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, found, n);
	text[n] = '\0';
	if (!strncmp(text, "0x", 2))
		hex = true;
	errno = 0;
	v = strtoull(text, &rest, hex ? 16 : 10);
	if (rest != text + n || errno)
		return false;
	*value = v;
	return true;
}
