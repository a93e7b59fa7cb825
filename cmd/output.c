/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Output in large pieces: a million lines are a matter of copying bytes, not of printf().
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static char buffer[1 << 16];
static size_t used;

void out_failed(int err)
{
	/* a reader that went away is no news, but nobody should think that all was said; a full
	   disk is news */
	used = 0;
	if (err != EPIPE)
		complain("standard output: %s", strerror(err));
	_exit(err == EPIPE ? 128 + SIGPIPE : EXIT_SOURCE);
}

void out_flush(void)
{
	size_t done = 0;

	while (done < used) {
		ssize_t n = write(STDOUT_FILENO, buffer + done, used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			out_failed(errno);
		done += (size_t)n;
	}
	used = 0;
}

void out_bytes(const char *s, size_t len)
{
	if (len > sizeof(buffer) - used)
		out_flush();
	memcpy(buffer + used, s, len);
	used += len;
}

void out_text(const char *s)
{
	out_bytes(s, strlen(s));
}

void out_char(char c)
{
	out_bytes(&c, 1);
}

void out_hex(uint64_t v, unsigned int digits)
{
	char text[16];
	unsigned int n = 0;

	do {
		text[15 - n++] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v || n < digits);
	out_bytes(text + 16 - n, n);
}

void out_dec(uint64_t v, unsigned int width)
{
	char text[32];
	unsigned int n = 0;

	do {
		text[31 - n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n < width && n < sizeof(text))
		text[31 - n++] = ' ';
	out_bytes(text + 32 - n, n);
}

void out_size(uint64_t first, uint64_t last, unsigned int width)
{
	const char *unit = "KMGTPE";
	uint64_t k = ((last - first) >> 10) + 1; /* ranges are whole pages */

	while (!(k & 1023) && unit[1]) {
		k >>= 10;
		unit++;
	}
	out_dec(k, width ? width - 1 : 0);
	out_char(*unit);
}

void complain(const char *fmt, ...)
{
	va_list args;

	out_flush();
	fputs("pagewalk: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
