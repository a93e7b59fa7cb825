/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* What the files of this folder know of a source. */
#ifndef PAGEWALK_SOURCES_PRIVATE_H
#define PAGEWALK_SOURCES_PRIVATE_H

#include "source.h"

#include <sys/types.h>

#define SOURCE_WARNINGS 16

/* What a note says: a place in the file. */
struct note {
	const void *bytes;
	size_t len;
};

struct pw_source {
	char *path;
	const unsigned char *data; /* the whole file, mapped */
	uint64_t size;
	dev_t dev;
	ino_t ino;
	unsigned int machine;
	struct pw_segment *segments;
	size_t nr_segments;
	size_t last_hit;
	const char *vmcoreinfo;
	size_t vmcoreinfo_len;
	struct note *qemu; /* one a CPU, in order */
	unsigned int nr_qemu;
	size_t nr_warnings;
	char warnings[SOURCE_WARNINGS][256];
};

__attribute__((format(printf, 2, 3))) void pw_source_explain(struct pw_source_error *err,
							     const char *fmt, ...);

#endif
