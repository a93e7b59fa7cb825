/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the files of this folder know of a source.
 *
 *     open.c      which kind is it?  what all kinds have in common
 *     view.c      the bytes of the file, each access checked
 *     flat.c      the bytes of a file that came as a stream
 *     held.c      copies of what is not in the file as it is asked for
 *     segments.c  memory that the file holds as it is: where is an address?
 *     elf_core.c, kdump.c, lime.c, raw.c  kinds: each fills in the source
 *     codec.c     libraries that decompress pages
 *     notes.c     ELF notes, wherever they are
 *     copy.c      the file written again, changed
 */
#ifndef PAGEWALK_SOURCES_PRIVATE_H
#define PAGEWALK_SOURCES_PRIVATE_H

#include "source.h"

#include <sys/types.h>

#define SOURCE_WARNINGS 16

/* A range of memory at most this long is asked for; no table is longer. */
#define HELD_MAX (1u << 20)

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

struct held;
struct kdump;
struct codecs;
struct flat;

struct pw_source {
	char *path;
	const struct source_kind *kind;
	char kind_name[64];
	const unsigned char *data; /* the whole file, mapped */
	uint64_t mapped;	   /* its length */
	struct flat *flat;	   /* it is a stream: where the dump's bytes are in it */
	uint64_t size;		   /* of the dump; of a stream that is what it claims */
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
	size_t prstatus_len; /* of the first CPU's registers */
	struct kdump *kdump; /* where memory is not in segments */
	struct codecs *codecs;
	struct held **held; /* by address */
	struct held *kept;  /* others */
	uint64_t held_bytes;
	uint64_t held_limit;
	struct pw_source_error fault;
	size_t nr_warnings;
	char warnings[SOURCE_WARNINGS][256];
};

/* open.c */
__attribute__((format(printf, 2, 3))) void pw_source_explain(struct pw_source_error *err,
							     const char *fmt, ...);
/* After the last for which there is room come no others, but a word that there were. */
__attribute__((format(printf, 2, 3))) void pw_source_warn(struct pw_source *s, const char *fmt,
							  ...);

/* A page that is in the file cannot be read: the first reason is kept. */
__attribute__((format(printf, 2, 3))) void pw_source_fail(struct pw_source *s, const char *fmt,
							  ...);

/* view.c: numbers are little-endian, and 0 where the file has ended. */
bool pw_view_inside(const struct pw_source *s, uint64_t at, uint64_t len);
/* Where they are, of no alignment, until the source is closed; NULL when not all are there. */
const void *pw_view_at(const struct pw_source *s, uint64_t at, uint64_t len);
/* Copies them; false when not all are there. */
bool pw_view_read(const struct pw_source *s, uint64_t at, void *to, uint64_t len);
/* As pw_view_at(), of what need not be in one piece: then a copy of it is kept. */
const void *pw_view_keep(struct pw_source *s, uint64_t at, uint64_t len);
uint16_t pw_view_u16(const struct pw_source *s, uint64_t at);
uint32_t pw_view_u32(const struct pw_source *s, uint64_t at);
uint64_t pw_view_u64(const struct pw_source *s, uint64_t at);

/* flat.c: pw_view_at() and pw_view_read() of a stream. */
int pw_flat_open(struct pw_source *s, struct pw_source_error *err);
const void *pw_flat_at(const struct pw_source *s, uint64_t at, uint64_t len);
bool pw_flat_read(const struct pw_source *s, uint64_t at, void *to, uint64_t len);
void pw_flat_free(struct pw_source *s);

/*
 * held.c: copies, all kept until the source is closed, for whoever walks tables keeps pointers to
 * them. All of them together are at most HELD_LIMIT bytes, whatever a file makes of itself.
 */
#define HELD_LIMIT (1ull << 30)

struct held {
	struct held *next;
	uint64_t pa;
	uint64_t len;
	bool bad; /* it is in the file, and cannot be read */
	unsigned char bytes[];
};

struct held *pw_held_find(const struct pw_source *s, uint64_t pa, uint64_t len);
/* Room for one more, not yet found; or NULL, and the source has a fault. */
struct held *pw_held_new(struct pw_source *s, uint64_t pa, uint64_t len);
/* From now on it is found. */
void pw_held_add(struct pw_source *s, struct held *h);
void pw_held_drop(struct pw_source *s, struct held *h); /* one that was not added */
void pw_held_free(struct pw_source *s);

/* codec.c: flags of a page, as makedumpfile numbers them */
/* Decompress to exactly @to_len bytes. False, and the reason in @why, when that cannot be. */
bool pw_decompress(struct pw_source *s, uint32_t flags, const void *from, size_t from_len, void *to,
		   size_t to_len, struct pw_source_error *why);
void pw_codecs_free(struct pw_source *s);

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

/*
 * notes.c: VMCOREINFO and the size of a CPU's registers, of each the first, and QEMU's notes, in
 * @len bytes of ELF notes at @notes.
 */
void pw_notes_read(struct pw_source *s, const void *notes, uint64_t len);

/* Each 0, or a negative errno value with the reason in @err. */
int pw_elf_read(struct pw_source *s, struct pw_source_error *err);
int pw_kdump_read(struct pw_source *s, struct pw_source_error *err);
int pw_lime_read(struct pw_source *s, struct pw_source_error *err);
int pw_raw_read(struct pw_source *s, struct pw_source_error *err);

/* kdump.c: as pw_source_bytes() and pw_source_find() */
const void *pw_kdump_bytes(struct pw_source *s, uint64_t pa, uint64_t len);
bool pw_kdump_find(struct pw_source *s, uint64_t pa, struct pw_segment *seg);
void pw_kdump_free(struct pw_source *s);

#endif
