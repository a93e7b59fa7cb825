/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "vmcoreinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool pw_vmcoreinfo_text(const char *info, size_t len, const char *key, char *out, size_t size)
{
	const char *p = info, *end = info + len;
	size_t key_len = strlen(key);

	while (p && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((eol ? eol : end) - p);

		if (line > key_len && !memcmp(p, key, key_len) && p[key_len] == '=') {
			size_t n = line - key_len - 1;

			if (n >= size)
				n = size - 1;
			memcpy(out, p + key_len + 1, n);
			out[n] = '\0';
			return true;
		}
		p = eol ? eol + 1 : end;
	}
	return false;
}

bool pw_vmcoreinfo_number(const char *info, size_t len, const char *key, uint64_t *value)
{
	char text[64], *rest;
	bool hex = !strncmp(key, "SYMBOL", 6);

	if (!pw_vmcoreinfo_text(info, len, key, text, sizeof(text)))
		return false;
	if (!strncmp(text, "0x", 2))
		hex = true;
	errno = 0;
	*value = strtoull(text, &rest, hex ? 16 : 10);
	return rest != text && *rest == '\0' && !errno;
}
