/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The libraries that decompress pages. Each is one function of a C interface that has not changed
 * for ten years, so it is looked for when the first page needs it and not when pagewalk is built:
 * docs/adr/0008. Output is never longer than a page, whatever the input says.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source_private.h"

typedef int zlib_fn(unsigned char *to, unsigned long *to_len, const unsigned char *from,
		    unsigned long from_len);
typedef int lzo_fn(const unsigned char *from, unsigned long from_len, unsigned char *to,
		   unsigned long *to_len, void *work);
typedef int snappy_fn(const char *from, size_t from_len, char *to, size_t *to_len);
typedef size_t zstd_fn(void *to, size_t to_len, const void *from, size_t from_len);

union function {
	void *symbol;
	zlib_fn *zlib;
	lzo_fn *lzo;
	snappy_fn *snappy;
	zstd_fn *zstd;
};

/* Each: the length of the output, 0 when there is none. */
static size_t run_zlib(union function f, const void *from, size_t from_len, void *to, size_t to_len)
{
	unsigned long len = to_len;

	return f.zlib(to, &len, from, from_len) ? 0 : len;
}

static size_t run_lzo(union function f, const void *from, size_t from_len, void *to, size_t to_len)
{
	unsigned long len = to_len;

	return f.lzo(from, from_len, to, &len, NULL) ? 0 : len;
}

static size_t run_snappy(union function f, const void *from, size_t from_len, void *to,
			 size_t to_len)
{
	size_t len = to_len;

	return f.snappy(from, from_len, to, &len) ? 0 : len;
}

/* An error is a number near the top. */
static size_t run_zstd(union function f, const void *from, size_t from_len, void *to, size_t to_len)
{
	return f.zstd(to, to_len, from, from_len);
}

static const struct codec {
	uint32_t flag;
	const char *name;
	const char *library;
	const char *function;
	const char *package; /* of Debian */
	size_t (*run)(union function f, const void *from, size_t from_len, void *to, size_t to_len);
} codecs[] = {
	{ 1, "zlib", "libz.so.1", "uncompress", "zlib1g", run_zlib },
	{ 2, "LZO", "liblzo2.so.2", "lzo1x_decompress_safe", "liblzo2-2", run_lzo },
	{ 4, "snappy", "libsnappy.so.1", "snappy_uncompress", "libsnappy1v5", run_snappy },
	{ 32, "zstd", "libzstd.so.1", "ZSTD_decompress", "libzstd1", run_zstd },
};

#define NR_CODECS (sizeof(codecs) / sizeof(codecs[0]))

struct codecs {
	bool looked[NR_CODECS];
	void *library[NR_CODECS];
	union function function[NR_CODECS];
};

/* NULL where the library is not there. */
static void *function_of(struct pw_source *s, size_t i)
{
	struct codecs *c = s->codecs;

	if (!c->looked[i]) {
		c->looked[i] = true;
		c->library[i] = dlopen(codecs[i].library, RTLD_NOW | RTLD_LOCAL);
		if (c->library[i])
			c->function[i].symbol = dlsym(c->library[i], codecs[i].function);
	}
	return c->function[i].symbol;
}

bool pw_decompress(struct pw_source *s, uint32_t flags, const void *from, size_t from_len, void *to,
		   size_t to_len, struct pw_source_error *why)
{
	size_t i = 0;

	while (i < NR_CODECS && codecs[i].flag != flags)
		i++;
	if (i == NR_CODECS) {
		pw_source_explain(why,
				  "expected the flag of zlib (1), LZO (2), snappy (4) or zstd "
				  "(32), found 0x%x",
				  flags);
		return false;
	}
	if (!s->codecs)
		s->codecs = calloc(1, sizeof(*s->codecs));
	if (!s->codecs) {
		pw_source_explain(why, "out of memory");
		return false;
	}
	if (!function_of(s, i)) {
		pw_source_explain(
			why,
			"it is compressed with %s, and %s is not on this machine (Debian's "
			"package %s)",
			codecs[i].name, codecs[i].library, codecs[i].package);
		return false;
	}
	if (codecs[i].run(s->codecs->function[i], from, from_len, to, to_len) == to_len)
		return true;
	pw_source_explain(why, "expected a page of %zu bytes, compressed with %s", to_len,
			  codecs[i].name);
	return false;
}

void pw_codecs_free(struct pw_source *s)
{
	size_t i;

	for (i = 0; s->codecs && i < NR_CODECS; i++) {
		if (s->codecs->library[i])
			dlclose(s->codecs->library[i]);
	}
	free(s->codecs);
}
