/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the files of this folder know of a source.
 *
 *     open.c      which kind is it?  what all kinds have in common
 *     view.c      the bytes of the file, each access checked
 *     segments.c  memory that the file holds as it is: where is an address?
 *     elf_core.c, lime.c, raw.c  kinds: each fills in the source
 *     notes.c     ELF notes, wherever they are
 *     copy.c      the file written again, changed
 */
#ifndef PAGEWALK_SOURCES_PRIVATE_H
#define PAGEWALK_SOURCES_PRIVATE_H

#include "source.h"

#include <sys/types.h>

#define SOURCE_WARNINGS 16

/* A kind of dump, found by its first bytes. */
struct source_kind {
	const char *name; /* as in "expected NAME, found ..." */
	const char *magic;
	size_t magic_len;
	int (*read)(struct pw_source *s, struct pw_source_error *err);
};

/* What a note says: a place in the file. */
struct note {
	const void *bytes;
	size_t len;
};

struct pw_source {
	char *path;
	const struct source_kind *kind;
	const unsigned char *data; /* the whole file, mapped */
	uint64_t size;
	dev_t dev;
	ino_t ino;
	uint64_t raw_base;
	unsigned int machine; /* ELF's number; EM_NONE: the file does not say */
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

/* open.c */
__attribute__((format(printf, 2, 3))) void pw_source_explain(struct pw_source_error *err,
							     const char *fmt, ...);
/* After the last for which there is room come no others, but a word that there were. */
__attribute__((format(printf, 2, 3))) void pw_source_warn(struct pw_source *s, const char *fmt,
							  ...);

/* view.c: numbers are little-endian, and 0 where the file has ended. */
bool pw_view_inside(const struct pw_source *s, uint64_t at, uint64_t len);
/* Where they are, of no alignment, until the source is closed; NULL when not all are there. */
const void *pw_view_at(const struct pw_source *s, uint64_t at, uint64_t len);
uint16_t pw_view_u16(const struct pw_source *s, uint64_t at);
uint32_t pw_view_u32(const struct pw_source *s, uint64_t at);
uint64_t pw_view_u64(const struct pw_source *s, uint64_t at);

/* segments.c */
#define MAX_SEGMENTS (1u << 22)
/*
 * Room for @nr; -ENOMEM, with a word. Then one after the other, and at last settled: sorted, none
 * that overlaps another. What does not fit the file is clipped, with a warning.
 */
int pw_segments_room(struct pw_source *s, size_t nr, struct pw_source_error *err);
void pw_segments_add(struct pw_source *s, uint64_t at, uint64_t pa, uint64_t len);
void pw_segments_settle(struct pw_source *s);
const struct pw_segment *pw_segments_find(struct pw_source *s, uint64_t pa);

/* notes.c: VMCOREINFO, the first of them, and QEMU's, in @len bytes of ELF notes at @notes. */
void pw_notes_read(struct pw_source *s, const void *notes, uint64_t len);

/* Each 0, or a negative errno value with the reason in @err. */
int pw_elf_read(struct pw_source *s, struct pw_source_error *err);
int pw_lime_read(struct pw_source *s, struct pw_source_error *err);
int pw_raw_read(struct pw_source *s, struct pw_source_error *err);

#endif
