/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Sources: where the bytes of page tables come from. A file of one of these kinds, which its first
 * bytes tell, mapped; copied is only what is compressed, page by page as it is asked for:
 *
 *     ELF core     of a 64-bit machine: dump-guest-memory, /proc/vmcore, a page-table extract
 *     kdump        -compressed dump: makedumpfile's, QEMU's; zlib, LZO, snappy, zstd
 *     LiME dump    version 1; AVML writes such files too, where it does not compress
 *     raw memory   from an address that the caller knows
 *
 * The first three may come as makedumpfile's flattened streams, as which all kdump output of QEMU
 * comes before version 8.2: read as they are.
 *
 * Everything in a file is somebody else's word: each offset and size is checked against the file
 * before it is used, and what lies outside reads as absent.
 */
#ifndef PAGEWALK_SOURCES_SOURCE_H
#define PAGEWALK_SOURCES_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_source;

/* Why a source cannot be read: names the file, the offset, and what was expected there. */
struct pw_source_error {
	char text[512];
};

/* A piece of physical memory that the file holds. */
struct pw_segment {
	uint64_t pa;
	uint64_t len; /* bytes present in the file */
	uint64_t offset;
};

enum pw_machine {
	PW_MACHINE_OTHER,
	PW_MACHINE_ARM64,
	PW_MACHINE_X86_64,
	PW_MACHINE_RISCV,
};

/*
 * pw_source_open - open a dump
 * @path:   the file
 * @out:    set on success; give it to pw_source_close()
 * @err:    filled in on failure
 *
 * Segments that reach beyond the end of the file are clipped, with a warning. A file whose first
 * bytes tell no kind is refused: it may be raw memory, but nobody knows of which addresses.
 *
 * Return: 0, or a negative errno value: the system's own for a file that cannot be opened or
 *         mapped, -ENOEXEC for one that is not a dump of a 64-bit little-endian machine, -ENOMEM.
 */
int pw_source_open(const char *path, struct pw_source **out, struct pw_source_error *err);

/*
 * pw_source_open_raw - open a file that is memory, and nothing else, from @base on
 *
 * A file that begins like another kind is read as raw memory too, with a warning. Return: as
 * pw_source_open(); -ENOEXEC for an empty file, and for one that would reach beyond 2^64.
 */
int pw_source_open_raw(const char *path, uint64_t base, struct pw_source **out,
		       struct pw_source_error *err);
void pw_source_close(struct pw_source *s);

/*
 * pw_source_bytes - @len bytes of physical memory at @pa
 *
 * Not from several threads at once. What is compressed is decompressed into memory that the source
 * owns, a copy of each page looked at; there may be 1 GiB of it, and what comes then is a fault.
 *
 * Return: a pointer that is good until pw_source_close(), of no particular alignment, or NULL when
 *         not all of them are in one segment of the file (adjacent segments are joined when they
 *         also follow each other in the file; a kdump-compressed dump is joined wherever pages
 *         are adjacent, up to 1 MiB). NULL, too, for what cannot be read: pw_source_fault().
 */
const void *pw_source_bytes(struct pw_source *s, uint64_t pa, uint64_t len);

/*
 * Why memory that is in the file could not be read, the first time that this was so: damaged, or of
 * a compression whose library is not on this machine. NULL when nothing was like that so far. It is
 * not the same as memory that the file does not have: a "not there" may then be this.
 */
const char *pw_source_fault(const struct pw_source *s);

/*
 * The segment that holds @pa, as pw_source_segment() says it; false when there is none. Of a
 * kdump-compressed dump it is a part of one, at most 1 MiB to either side, and its offset is 0.
 */
bool pw_source_find(struct pw_source *s, uint64_t pa, struct pw_segment *seg);

/* What kind of source it is, in words: "ELF core". */
const char *pw_source_kind(const struct pw_source *s);
enum pw_machine pw_source_machine(const struct pw_source *s);
/* The ELF machine number; 0 (EM_NONE) where the file does not say which machine it is of. */
unsigned int pw_source_elf_machine(const struct pw_source *s);
const char *pw_source_path(const struct pw_source *s);

/*
 * Segments in order of address, not overlapping: where two did, the one that began lower has it.
 * Of a kdump-compressed dump, which knows pages one by one, none.
 */
size_t pw_source_nr_segments(const struct pw_source *s);
struct pw_segment pw_source_segment(const struct pw_source *s, size_t i);

/* Things worth knowing that did not stop us so far; pw_source_warning(s, i), i below the number. */
size_t pw_source_nr_warnings(const struct pw_source *s);
const char *pw_source_warning(const struct pw_source *s, size_t i);

/* The VMCOREINFO note's text (not terminated), or NULL; @len is set. */
const char *pw_source_vmcoreinfo(const struct pw_source *s, size_t *len);

/*
 * QEMU's note about a CPU of the machine, of the given number: raw bytes, or NULL; @len is set.
 * QEMU writes such notes for x86 only; see qemu_x86.h.
 */
const void *pw_source_qemu_note(const struct pw_source *s, unsigned int cpu, size_t *len);
unsigned int pw_source_nr_qemu_notes(const struct pw_source *s);

/* Can a changed copy be written? Not of what is compressed, or a stream. */
bool pw_source_can_copy(const struct pw_source *s);

/* Bytes to be different in a copy. */
struct pw_patch {
	uint64_t pa;
	uint64_t len;
	const void *bytes;
};

/*
 * pw_source_write_copy - write the file again with some physical memory changed
 * @s:          the source
 * @path:       the new file; must not be the source itself
 * @overwrite:  whether an existing file may be replaced
 * @patches:    @nr patches, each inside one segment
 * @err:        filled in on failure
 *
 * The copy is written under a temporary name in the same folder and renamed when it is complete:
 * no half-written file is ever seen under @path, and none stays behind after an error.
 *
 * Return: 0, or a negative errno value; -EEXIST when @path exists and @overwrite is false,
 *         -EINVAL when it is the source or no regular file, -EFAULT for a patch outside the dump,
 *         -EIO when the source is shorter than it was, -EOPNOTSUPP when it cannot be copied.
 */
int pw_source_write_copy(struct pw_source *s, const char *path, bool overwrite,
			 const struct pw_patch *patches, size_t nr, struct pw_source_error *err);

/* Removes the temporary file of a copy under way; safe in a signal handler. */
void pw_source_abort_copy(void);

#endif
