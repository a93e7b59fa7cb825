/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * kdump-compressed dumps, versions 1 to 6, of makedumpfile and of QEMU. In blocks:
 *
 *     0         1              1 + sub         + bitmap blocks
 *     +---------+--------------+---------------+---------------------+-------------- - - -
 *     | header  | sub-header,  | bitmap: is it | descriptors: one for| pages, compressed
 *     |         | notes        | memory?       | each bit of the     | each by itself
 *     |         |              | bitmap: is it | second bitmap       |
 *     |         |              | in the dump?  |                     |
 *     +---------+--------------+---------------+---------------------+-------------- - - -
 *
 * A block is what one bit and one descriptor stand for. It need not be a page of the machine: QEMU
 * takes 64K of every arm64 machine. Nothing here asks how large a page is.
 *
 * Which descriptor belongs to a block? The number of bits before its own says it: they are counted
 * once for each stretch of 4096 blocks, and inside one when asked.
 *
 * A zero page that makedumpfile was told to leave out is memory by the first bitmap and not in the
 * dump by the second. So are pages that it left out for other reasons (caches, user's data, free
 * ones); none of these is a page table that is in use, and an empty table is a zero page. So where
 * zero pages were left out, what was left out reads as zeros.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source_private.h"
#include "vmcoreinfo.h"

/* The header, and the sub-header of a 64-bit machine. */
enum {
	H_VERSION = 8,
	H_MACHINE = 272, /* of utsname: 65 bytes */
	H_STATUS = 424,
	H_BLOCK = 428,
	H_SUB_BLOCKS = 432,
	H_BITMAP_BLOCKS = 436,
	H_MAX_MAPNR = 440,
	H_SIZE = 464,

	SUB_DUMP_LEVEL = 8,
	SUB_SPLIT = 12,
	SUB_VMCOREINFO = 32, /* offset and size, from version 3 on */
	SUB_NOTES = 48,	     /* from version 4 on */
	SUB_MAX_MAPNR = 96,  /* from version 6 on */
	SUB_SIZE = 104,

	DESC_OFFSET = 0,
	DESC_LEN = 8,
	DESC_FLAGS = 12,
	DESC_SIZE = 24,
};

#define MACHINE_LEN	  65u
#define STATUS_INCOMPLETE 8u
#define LEVEL_NO_ZEROS	  1u

#define BLOCK_MIN 512u
#define BLOCK_MAX (1u << 20)

/* So many blocks are counted together; the bytes of their bits. */
#define STRETCH	      4096u
#define STRETCH_BYTES (STRETCH / 8)

struct kdump {
	unsigned int version;
	unsigned int shift;  /* of a block */
	uint64_t block;	     /* bytes */
	uint64_t sub;	     /* where the sub-header is; 0: none */
	uint64_t bitmap;     /* where the first one is; 0: there is none */
	uint64_t dumped;     /* and the second */
	uint64_t bitmap_len; /* of each */
	uint64_t nr_blocks;
	uint64_t descs;
	uint64_t nr_descs;
	uint64_t *before; /* by stretch: descriptors of those before it */
	bool no_zeros;	  /* zero pages were left out */
	bool said_cut;
	unsigned char *packed; /* room for a page before it is decompressed */
	unsigned char *zeros;  /* a block of them */
};

/* --- what the headers say ------------------------------------------------------------------ */

static int wrong(const struct pw_source *s, struct pw_source_error *err, uint64_t at,
		 const char *expected, uint64_t found)
{
	pw_source_explain(err, "%s: offset %llu: expected %s, found %llu", s->path,
			  (unsigned long long)at, expected, (unsigned long long)found);
	return -ENOEXEC;
}

static int too_short(const struct pw_source *s, struct pw_source_error *err, uint64_t at,
		     const char *expected)
{
	pw_source_explain(err, "%s: offset %llu: expected %s; the file ends at 0x%llx", s->path,
			  (unsigned long long)at, expected, (unsigned long long)s->size);
	return -ENOEXEC;
}

static int read_header(struct pw_source *s, struct kdump *k, struct pw_source_error *err)
{
	if (!pw_view_inside(s, 0, H_SIZE))
		return too_short(s, err, 0, "a kdump header of 464 bytes");
	k->version = pw_view_u32(s, H_VERSION);
	if (k->version < 1 || k->version > 6)
		return wrong(s, err, H_VERSION,
			     "version 1 to 6 of the kdump format of a little-endian machine",
			     k->version);
	k->block = pw_view_u32(s, H_BLOCK);
	if (k->block < BLOCK_MIN || k->block > BLOCK_MAX || (k->block & (k->block - 1)))
		return wrong(s, err, H_BLOCK,
			     "the size of a block, a power of two from 512 to 1048576", k->block);
	k->shift = (unsigned int)__builtin_ctzll(k->block);
	if (pw_view_u32(s, H_SUB_BLOCKS))
		k->sub = k->block;
	if (k->sub && !pw_view_inside(s, k->sub, SUB_SIZE))
		return too_short(s, err, k->sub, "a sub-header of 104 bytes");
	if (k->sub && k->version >= 2 && pw_view_u32(s, k->sub + SUB_SPLIT)) {
		pw_source_explain(err,
				  "%s: offset %llu: expected a whole dump, found one of several "
				  "files: join them first (makedumpfile --reassemble)",
				  s->path, (unsigned long long)k->sub + SUB_SPLIT);
		return -ENOEXEC;
	}
	k->no_zeros = k->sub && (pw_view_u32(s, k->sub + SUB_DUMP_LEVEL) & LEVEL_NO_ZEROS);
	if (pw_view_u32(s, H_STATUS) & STATUS_INCOMPLETE)
		pw_source_warn(s, "%s: makedumpfile had no room for all of it: incomplete",
			       s->path);
	return 0;
}

/* One bitmap, or two of the same size. */
static int read_layout(struct pw_source *s, struct kdump *k, struct pw_source_error *err)
{
	uint64_t sub_blocks = pw_view_u32(s, H_SUB_BLOCKS);
	uint64_t bitmap_blocks = pw_view_u32(s, H_BITMAP_BLOCKS);
	uint64_t at = (1 + sub_blocks) * k->block, len = bitmap_blocks * k->block, need;

	k->nr_blocks = k->version >= 6 && k->sub ? pw_view_u64(s, k->sub + SUB_MAX_MAPNR) :
						   pw_view_u32(s, H_MAX_MAPNR);
	if (!bitmap_blocks || !pw_view_inside(s, at, len) || len > s->mapped) {
		pw_source_explain(err,
				  "%s: offset %llu: expected bitmaps of %llu blocks, 0x%llx bytes; "
				  "the file ends at 0x%llx",
				  s->path, (unsigned long long)at,
				  (unsigned long long)bitmap_blocks, (unsigned long long)len,
				  (unsigned long long)s->size);
		return -ENOEXEC;
	}
	need = k->nr_blocks / 8 / k->block + (k->nr_blocks % (8 * k->block) != 0);
	if (bitmap_blocks / 2 >= need) {
		k->bitmap = at;
		k->bitmap_len = bitmap_blocks / 2 * k->block;
		k->dumped = at + k->bitmap_len;
	} else {
		k->bitmap_len = len;
		k->dumped = at;
	}
	if (k->nr_blocks > k->bitmap_len * 8) {
		pw_source_warn(s, "%s: its bitmap has 0x%llx bits and should have 0x%llx", s->path,
			       (unsigned long long)k->bitmap_len * 8,
			       (unsigned long long)k->nr_blocks);
		k->nr_blocks = k->bitmap_len * 8;
	}
	k->descs = at + len;
	return 0;
}

/* Bits of a stretch below @end, a bit's number in the bitmap at @at. */
static uint64_t count_bits(const struct pw_source *s, uint64_t at, uint64_t stretch, uint64_t end)
{
	uint64_t first = stretch * STRETCH, n = end - first, words[STRETCH / 64], bits = 0, i;

	if (n > STRETCH)
		n = STRETCH;
	memset(words, 0, sizeof(words));
	if (!pw_view_read(s, at + first / 8, words, (n + 7) / 8))
		return 0;
	for (i = 0; i < n / 64; i++)
		bits += (uint64_t)__builtin_popcountll(words[i]);
	if (n % 64)
		bits += (uint64_t)__builtin_popcountll(le64toh(words[i]) & ((1ull << n % 64) - 1));
	return bits;
}

static int count_blocks(struct pw_source *s, struct kdump *k, struct pw_source_error *err)
{
	uint64_t nr = k->nr_blocks / STRETCH + 1, i;

	k->before = calloc((size_t)nr, sizeof(*k->before));
	k->packed = malloc((size_t)k->block);
	k->zeros = calloc(1, (size_t)k->block);
	if (!k->before || !k->packed || !k->zeros) {
		pw_source_explain(err, "%s: out of memory for its bitmap", s->path);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
		k->before[i] = k->nr_descs;
		k->nr_descs += count_bits(s, k->dumped, i, k->nr_blocks);
	}
	if (k->nr_descs == 0) {
		pw_source_explain(err, "%s: no memory in it: no bit of its bitmap is set", s->path);
		return -ENOEXEC;
	}
	return 0;
}

/* The end of the last page's data tells whether it is all there, or nearly always. */
static void check_end(struct pw_source *s, struct kdump *k)
{
	uint64_t last = k->descs + (k->nr_descs - 1) * DESC_SIZE;

	if (pw_view_inside(s, last, DESC_SIZE) &&
	    pw_view_inside(s, pw_view_u64(s, last + DESC_OFFSET), pw_view_u32(s, last + DESC_LEN)))
		return;
	k->said_cut = true;
	pw_source_warn(s, "%s: truncated: the last of its 0x%llx pages is not in it", s->path,
		       (unsigned long long)k->nr_descs);
}

/* --- which machine ------------------------------------------------------------------------- */

static void read_notes(struct pw_source *s, const struct kdump *k)
{
	uint64_t at, len;
	const void *p;

	if (k->sub && k->version >= 3) {
		at = pw_view_u64(s, k->sub + SUB_VMCOREINFO);
		len = pw_view_u64(s, k->sub + SUB_VMCOREINFO + 8);
		p = at && len ? pw_view_keep(s, at, len) : NULL;
		if (p) {
			s->vmcoreinfo = p;
			s->vmcoreinfo_len = (size_t)len;
		} else if (at && len) {
			pw_source_warn(s, "%s: truncated: VMCOREINFO at offset 0x%llx is cut off",
				       s->path, (unsigned long long)at);
		}
	}
	if (k->sub && k->version >= 4) {
		at = pw_view_u64(s, k->sub + SUB_NOTES);
		len = pw_view_u64(s, k->sub + SUB_NOTES + 8);
		p = at && len ? pw_view_keep(s, at, len) : NULL;
		if (p)
			pw_notes_read(s, p, len);
		else if (at && len)
			pw_source_warn(s, "%s: truncated: the notes at offset 0x%llx are cut off",
				       s->path, (unsigned long long)at);
	}
}

/* Each of these says it, by what the kernel calls it, by its registers, by what it has to tell. */
static const struct machine {
	const char *uts;
	size_t prstatus_len;
	const char *line;
	unsigned int elf;
} machines[] = {
	{ "aarch64", 392, "NUMBER(kimage_voffset)", EM_AARCH64 },
	{ "x86_64", 336, "NUMBER(pgtable_l5_enabled)", EM_X86_64 },
	{ "riscv64", 376, "NUMBER(va_kernel_pa_offset)", EM_RISCV },
};

#define NR_MACHINES (sizeof(machines) / sizeof(machines[0]))

static unsigned int machine_of_notes(const struct pw_source *s)
{
	uint64_t v;
	size_t i;

	for (i = 0; i < NR_MACHINES; i++) {
		if (s->prstatus_len == machines[i].prstatus_len ||
		    (!s->prstatus_len && s->vmcoreinfo &&
		     pw_vmcoreinfo_number(s->vmcoreinfo, s->vmcoreinfo_len, machines[i].line, &v)))
			return machines[i].elf;
	}
	return EM_NONE;
}

/* QEMU does not know the name, and some versions say so. */
static int read_machine(struct pw_source *s, struct pw_source_error *err)
{
	char name[MACHINE_LEN + 1] = "";
	size_t i;

	(void)pw_view_read(s, H_MACHINE, name, MACHINE_LEN);
	for (i = 0; i < NR_MACHINES; i++) {
		if (!strcmp(name, machines[i].uts))
			s->machine = machines[i].elf;
	}
	if (s->machine)
		return 0;
	s->machine = machine_of_notes(s);
	if (!name[0] || !strcmp(name, "Unknown"))
		return 0;
	for (i = 0; name[i]; i++) {
		if (name[i] <= ' ' || name[i] > '~')
			name[i] = '?';
	}
	pw_source_explain(err,
			  "%s: offset 272: expected the name of a machine, aarch64, x86_64 or "
			  "riscv64, found '%s'",
			  s->path, name);
	return -ENOEXEC;
}

int pw_kdump_read(struct pw_source *s, struct pw_source_error *err)
{
	struct kdump *k = calloc(1, sizeof(*k));
	int r;

	if (!k) {
		pw_source_explain(err, "%s: out of memory", s->path);
		return -ENOMEM;
	}
	s->kdump = k;
	r = read_header(s, k, err);
	if (!r)
		r = read_layout(s, k, err);
	if (!r)
		r = count_blocks(s, k, err);
	if (r)
		return r;
	check_end(s, k);
	read_notes(s, k);
	return read_machine(s, err);
}

void pw_kdump_free(struct pw_source *s)
{
	if (!s->kdump)
		return;
	free(s->kdump->before);
	free(s->kdump->packed);
	free(s->kdump->zeros);
	free(s->kdump);
}

/* --- memory -------------------------------------------------------------------------------- */

static bool bit(const struct pw_source *s, uint64_t bitmap, uint64_t nr)
{
	unsigned char byte = 0;

	return pw_view_read(s, bitmap + nr / 8, &byte, 1) && (byte >> nr % 8 & 1);
}

static bool is_zeros(const struct pw_source *s, uint64_t nr)
{
	const struct kdump *k = s->kdump;

	return k->no_zeros && k->bitmap && bit(s, k->bitmap, nr) && !bit(s, k->dumped, nr);
}

static bool is_there(const struct pw_source *s, uint64_t nr)
{
	const struct kdump *k = s->kdump;

	return nr < k->nr_blocks && (bit(s, k->dumped, nr) || is_zeros(s, nr));
}

/* Not in the file: as with any other kind it is absent, and that is said once. */
static void cut_off(struct pw_source *s, uint64_t nr)
{
	struct kdump *k = s->kdump;

	if (!k->said_cut)
		pw_source_warn(s, "%s: truncated: the page at physical address 0x%llx is not in it",
			       s->path, (unsigned long long)nr * k->block);
	k->said_cut = true;
}

static void unreadable(struct pw_source *s, uint64_t nr, uint64_t at, const char *why)
{
	pw_source_fail(s, "%s: offset 0x%llx: the page at physical address 0x%llx: %s", s->path,
		       (unsigned long long)at, (unsigned long long)nr * s->kdump->block, why);
}

/* Decompress it into @h; what cannot be stays there as bad, so that nobody tries again. */
static void unpack(struct pw_source *s, struct held *h, uint64_t nr, uint64_t desc)
{
	struct kdump *k = s->kdump;
	uint64_t at = pw_view_u64(s, desc + DESC_OFFSET);
	uint32_t len = pw_view_u32(s, desc + DESC_LEN), flags = pw_view_u32(s, desc + DESC_FLAGS);
	const void *from = pw_view_at(s, at, len);
	struct pw_source_error why = { "" };

	h->bad = true;
	if (!len || len > k->block || (!flags && len != k->block)) {
		pw_source_explain(&why,
				  "expected a length of %s%llu in its descriptor at 0x%llx, found "
				  "%u",
				  flags ? "at most " : "", (unsigned long long)k->block,
				  (unsigned long long)desc, len);
		unreadable(s, nr, at, why.text);
		return;
	}
	if (!from && pw_view_read(s, at, k->packed, len))
		from = k->packed;
	if (!from) {
		cut_off(s, nr);
		return;
	}
	h->bad = false;
	if (!flags) {
		memcpy(h->bytes, from, len);
	} else if (!pw_decompress(s, flags, from, len, h->bytes, (size_t)k->block, &why)) {
		h->bad = true;
		unreadable(s, nr, at, why.text);
	}
}

/* The bytes of one block: where they are in the file, or a copy; NULL when it is not there. */
static const unsigned char *block_bytes(struct pw_source *s, uint64_t nr)
{
	struct kdump *k = s->kdump;
	uint64_t desc;
	struct held *h;

	if (nr >= k->nr_blocks)
		return NULL;
	h = pw_held_find(s, nr << k->shift, k->block);
	if (h)
		return h->bad ? NULL : h->bytes;
	if (!bit(s, k->dumped, nr))
		return is_zeros(s, nr) ? k->zeros : NULL;
	desc = k->descs +
	       (k->before[nr / STRETCH] + count_bits(s, k->dumped, nr / STRETCH, nr)) * DESC_SIZE;
	if (!pw_view_inside(s, desc, DESC_SIZE)) {
		cut_off(s, nr);
		return NULL;
	}
	if (!pw_view_u32(s, desc + DESC_FLAGS) && pw_view_u32(s, desc + DESC_LEN) == k->block) {
		const void *p = pw_view_at(s, pw_view_u64(s, desc + DESC_OFFSET), k->block);

		if (p)
			return p;
	}
	h = pw_held_new(s, nr << k->shift, k->block);
	if (!h)
		return NULL;
	unpack(s, h, nr, desc);
	pw_held_add(s, h);
	return h->bad ? NULL : h->bytes;
}

/* A range that several blocks hold, one after the other. */
static const void *join_blocks(struct pw_source *s, uint64_t pa, uint64_t len)
{
	struct kdump *k = s->kdump;
	struct held *h = pw_held_find(s, pa, len);
	uint64_t done, part;

	if (h)
		return h->bytes;
	if (len > HELD_MAX)
		return NULL;
	h = pw_held_new(s, pa, len);
	for (done = 0; h && done < len; done += part) {
		uint64_t in_block = (pa + done) & (k->block - 1);
		const unsigned char *p = block_bytes(s, (pa + done) >> k->shift);

		part = k->block - in_block < len - done ? k->block - in_block : len - done;
		if (!p) {
			pw_held_drop(s, h);
			return NULL;
		}
		memcpy(h->bytes + done, p + in_block, (size_t)part);
	}
	if (!h)
		return NULL;
	pw_held_add(s, h);
	return h->bytes;
}

const void *pw_kdump_bytes(struct pw_source *s, uint64_t pa, uint64_t len)
{
	struct kdump *k = s->kdump;
	uint64_t in_block = pa & (k->block - 1);
	const unsigned char *p;

	if (len > k->block - in_block)
		return join_blocks(s, pa, len);
	p = block_bytes(s, pa >> k->shift);
	return p ? p + in_block : NULL;
}

/* As many blocks around it as one may ask for at once, and no more. */
bool pw_kdump_find(struct pw_source *s, uint64_t pa, struct pw_segment *seg)
{
	struct kdump *k = s->kdump;
	uint64_t nr = pa >> k->shift, first = nr, end = nr + 1, most = HELD_MAX >> k->shift;

	if (!is_there(s, nr))
		return false;
	while (first && nr - first < most && is_there(s, first - 1))
		first--;
	while (end - nr < most && is_there(s, end))
		end++;
	*seg = (struct pw_segment){ first << k->shift, (end - first) << k->shift, 0 };
	return true;
}
