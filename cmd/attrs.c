/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Runs in words.
 */
#include <string.h>

#include "cmd.h"

/* rwx of privileged code, then of user code: "r-x/---". */
void out_perm(uint32_t perm)
{
	static const char letters[] = "rwx/rwx";
	static const uint32_t bits[] = { PW_PERM_R,	 PW_PERM_W,	 PW_PERM_X,	0,
					 PW_PERM_USER_R, PW_PERM_USER_W, PW_PERM_USER_X };
	unsigned int i;

	for (i = 0; i < 7; i++)
		out_char(bits[i] == 0 || (perm & bits[i]) ? letters[i] : '-');
}

const char *memtype_name(const struct half *h, const struct pw_attr *attr)
{
	static const char *const names[PW_NR_MEMTYPES] = {
		[PW_MEM_NORMAL] = "normal",
		[PW_MEM_NORMAL_TAGGED] = "normal-tagged",
		[PW_MEM_NORMAL_NC] = "normal-nc",
		[PW_MEM_NORMAL_WT] = "normal-wt",
		[PW_MEM_DEVICE_nGnRnE] = "device-nGnRnE",
		[PW_MEM_DEVICE_nGnRE] = "device-nGnRE",
		[PW_MEM_DEVICE_nGRE] = "device-nGRE",
		[PW_MEM_DEVICE_GRE] = "device-GRE",
	};
	static const char *const indexes[] = { "attr0", "attr1", "attr2", "attr3",
					       "attr4", "attr5", "attr6", "attr7" };

	if (h->mair_known && names[attr->memtype])
		return names[attr->memtype];
	return indexes[attr->mem_index & 7u];
}

void out_attr_words(const struct pw_attr *attr)
{
	static const struct {
		uint32_t flag;
		const char *set, *clear;
	} words[] = {
		{ PW_ATTR_VALID, "", " invalid" },   { PW_ATTR_GLOBAL, " global", "" },
		{ PW_ATTR_ACCESSED, " AF", "" },     { PW_ATTR_DBM, " DBM", "" },
		{ PW_ATTR_CONTIGUOUS, " cont", "" }, { PW_ATTR_GUARDED, " GP", "" },
		{ PW_ATTR_NS, " NS", "" },
	};
	static const char *const share[] = { " non-shareable", "", " outer", "" };
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		out_text(attr->flags & words[i].flag ? words[i].set : words[i].clear);
	out_text(share[attr->share & 3u]);
	if (attr->soft) {
		out_text(" soft=");
		out_hex(attr->soft, 1);
	}
}

static void out_span(const struct pw_run *run)
{
	out_text("0x");
	out_hex(run->first.v, 16);
	out_text("-0x");
	out_hex(run->last.v + 1, 16);
}

/* 0xstart-0xend 0xphys SIZE LEVEL rwx/rwx type flags */
void out_run(const struct half *h, const struct pw_run *run)
{
	struct pw_attr attr;

	out_span(run);
	out_text("  ");
	if (run->kind == PW_RUN_LEAF || run->kind == PW_RUN_INVALID) {
		out_text("0x");
		out_hex(run->pa.v, 12);
	} else {
		out_text("             -");
	}
	out_text(" ");
	out_size(run->first.v, run->last.v, 8);
	out_char(' ');
	out_text(pw_level_name(h->pt.instance, run->level, (unsigned int)h->pt.levels));
	out_text("  ");
	if (run->kind == PW_RUN_HOLE) {
		out_text("-");
	} else if (run->kind == PW_RUN_NONPRESENT) {
		out_text("non-present 0x");
		out_hex(run->entry, 16);
	} else if (pw_attr_decode(&h->pt, run->entry, run->level, &attr) == 0) {
		out_perm(run->perm);
		out_text("  ");
		out_text(memtype_name(h, &attr));
		out_attr_words(&attr);
	}
	out_char('\n');
}

/* A bad entry, in its place among the rows. */
void out_bad(const struct half *h, const struct pw_run *run)
{
	out_span(run);
	out_text("  BAD ");
	out_text(pw_level_name(h->pt.instance, run->level, (unsigned int)h->pt.levels));
	out_text(" entry 0x");
	out_hex(run->entry, 16);
	out_text(" at 0x");
	out_hex(run->entry_pa.v, 12);
	out_text(": ");
	out_text(pw_strerror(run->err));
	out_char('\n');
}

void out_space_header(const struct half *h)
{
	out_text("# ");
	out_text(h->name);
	out_text(" half: arm64, 4K granule");
	out_text(h->shape.lpa2 ? " (LPA2), " : ", ");
	out_dec(h->pt.va_bits, 0);
	out_text("-bit addresses, ");
	out_dec(h->pt.levels, 0);
	out_text(" levels, root 0x");
	out_hex(h->pt.root.v, 1);
	out_text(" (");
	out_text(h->from);
	out_text(")\n# START-END (not included)  PHYSICAL  SIZE LEVEL  kernel/user rights  "
		 "memory type, "
		 "attributes\n");
}
