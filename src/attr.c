/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Attributes in neutral words, at the API's edge: single entries, and what formats have in common.
 */
#include <pagewalk/table.h>

#include "instance.h"

PW_SMALL void pw_attr_bits_change(const struct pw_attr_bit *bits, size_t nr, uint32_t clear,
				  uint32_t set, uint64_t *c, uint64_t *s)
{
	for (; nr; nr--, bits++) {
		uint64_t bit = 1ull << bits->bit;

		if (set & bits->attr)
			*(bits->inverted ? c : s) |= bit;
		if (clear & bits->attr)
			*(bits->inverted ? s : c) |= bit;
	}
}

PW_SMALL uint32_t pw_attr_bits_read(const struct pw_attr_bit *bits, size_t nr, uint64_t raw)
{
	uint32_t attrs = 0;

	for (; nr; nr--, bits++) {
		if ((raw >> bits->bit & 1u) != bits->inverted)
			attrs |= bits->attr;
	}
	return attrs;
}

int pw_attr_decode(const struct pw_table *pt, uint64_t raw, unsigned int level,
		   struct pw_attr *attr)
{
	if (level >= pt->levels)
		return PW_EINVAL;
	switch (pt->instance->kind(pt, raw, level)) {
	case PW_KIND_LEAF:
	case PW_KIND_INVALID:
		pt->instance->decode(pt, raw, level, attr);
		return 0;
	case PW_KIND_BAD:
		return PW_EDOM;
	default:
		return PW_ENOENT;
	}
}

int pw_attr_encode(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
		   uint64_t *raw)
{
	return level < pt->levels ? pt->instance->encode(pt, attr, level, raw) : PW_EINVAL;
}

uint64_t pw_entry_reserved(const struct pw_table *pt, uint64_t raw, unsigned int level)
{
	const struct pw_instance *inst = pt->instance;

	return level < pt->levels ? inst->reserved(pt, raw, inst->kind(pt, raw, level), level) : 0;
}
