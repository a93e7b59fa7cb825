/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* Lines of text without a C library, for the printers. */
#ifndef PW_PLATFORM_TEXT_H
#define PW_PLATFORM_TEXT_H

#include <stdint.h>

/* Room for the longest line of any printer: three names, three numbers of 16 digits, the end. */
#define PW_TEXT_BYTES 96

/* Append, with a terminating NUL; the new end. */
static inline char *pw_put_text(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	*to = '\0';
	return to;
}

/* 0x and 16 digits. */
static inline char *pw_put_hex(char *to, uint64_t val)
{
	unsigned int shift;

	to = pw_put_text(to, "0x");
	for (shift = 64; shift; shift -= 4)
		*to++ = "0123456789abcdef"[(val >> (shift - 4)) & 0xf];
	*to = '\0';
	return to;
}

#endif
