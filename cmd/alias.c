/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Memory that is mapped at two addresses in ways that do not go together.
 *
 * A rule puts a mapping on sides (writable by the kernel, executable by the kernel, ...) and says
 * which sides conflict. The mappings are gone through in the order of the memory they lead to, and
 * of each side only the one that reaches furthest is kept:
 *
 *        physical addresses ------>
 *   writable     [======= A ========]   [== B ==]
 *   executable        [= C =]  [==== D ====]
 *
 * C meets A, D meets A, B meets D: whatever conflicts begins where one of the two begins, and a
 * mapping that is not kept ends before the one that is. What was told is not told again, so that
 * pages that many map count once.
 */
#include <stdlib.h>

#include "alias.h"

#define MAX_SIDES 32u

_Static_assert(PW_NR_MEMTYPES + 8 <= MAX_SIDES, "a side for each type, and each index");

void aliases_add(struct aliases *a, const struct half *h, const struct pw_run *run)
{
	struct mapping *more;

	if (a->lost)
		return;
	if (a->nr == a->room) {
		a->room = a->room ? 2 * a->room : 256;
		more = realloc(a->list, a->room * sizeof(*more));
		if (!more) {
			aliases_free(a);
			a->lost = true;
			return;
		}
		a->list = more;
	}
	a->list[a->nr++] = (struct mapping){
		.h = h,
		.pa = run->pa.v,
		.last_pa = run->pa.v + (run->last.v - run->first.v),
		.va = run->first.v,
		.entry = run->entry,
		.level = (uint16_t)run->level,
		.perm = run->perm,
	};
}

void aliases_free(struct aliases *a)
{
	free(a->list);
	*a = (struct aliases){ 0 };
}

/* By where they begin; then by address, so that the output does not depend on qsort(). */
static int by_memory(const void *x, const void *y)
{
	const struct mapping *a = x, *b = y;

	if (a->pa != b->pa)
		return a->pa < b->pa ? -1 : 1;
	return a->va < b->va ? -1 : a->va > b->va;
}

struct pw_run mapping_run(const struct mapping *m, uint64_t pa, uint64_t last_pa)
{
	return (struct pw_run){
		.first = { m->va + (pa - m->pa) },
		.last = { m->va + (last_pa - m->pa) },
		.pa = { pa },
		.entry = m->entry,
		.nr = 1,
		.kind = PW_RUN_LEAF,
		.level = m->level,
		.perm = m->perm,
	};
}

void aliases_find(struct aliases *a, const struct alias_rule *rule, alias_fn *found, void *ctx)
{
	const struct mapping *kept[MAX_SIDES] = { NULL };
	uint64_t from = 0; /* what is before was told */
	unsigned int s;
	size_t i;

	if (a->nr) /* not with a null pointer */
		qsort(a->list, a->nr, sizeof(*a->list), by_memory);
	for (i = 0; i < a->nr; i++) {
		const struct mapping *m = &a->list[i];
		uint32_t sides = rule->sides(m), against = rule->against(sides);

		for (s = 0; s < MAX_SIDES; s++) {
			const struct mapping *k = kept[s];
			uint64_t first = m->pa > from ? m->pa : from, last = m->last_pa;

			if (!k || !(against >> s & 1))
				continue;
			last = k->last_pa < last ? k->last_pa : last;
			if (first > last)
				continue;
			from = last + 1;
			if (sides & rule->first)
				found(ctx, m, k, first, last);
			else
				found(ctx, k, m, first, last);
		}
		for (s = 0; s < MAX_SIDES; s++) {
			if (sides >> s & 1 && (!kept[s] || kept[s]->last_pa < m->last_pa))
				kept[s] = m;
		}
	}
}

/*
 * Writable at one address, executable at another. What is both at one address is no alias: the
 * check "wx" has it. Of a kernel's code only what user code may not execute counts, or every
 * program would be a finding without SMEP (the kernel writes to all memory); and that what user
 * code executes is writable for the kernel is how programs are loaded.
 */
enum { KERNEL_W = 1, KERNEL_X = 2, USER_W = 4, USER_X = 8 };

static uint32_t wx_against(uint32_t sides)
{
	return (sides & KERNEL_W ? KERNEL_X : 0) | (sides & USER_W ? KERNEL_X | USER_X : 0) |
	       (sides & KERNEL_X ? KERNEL_W | USER_W : 0) | (sides & USER_X ? USER_W : 0);
}

static uint32_t wx_sides(const struct mapping *m)
{
	uint32_t sides = (m->perm & PW_PERM_W ? KERNEL_W : 0) |
			 (m->perm & PW_PERM_USER_W ? USER_W : 0) |
			 (m->perm & PW_PERM_USER_X ? USER_X : 0);

	if (m->perm & PW_PERM_X && !(m->perm & PW_PERM_USER_X))
		sides |= KERNEL_X;
	return sides & wx_against(sides) ? 0 : sides;
}

const struct alias_rule alias_wx = { wx_sides, wx_against, KERNEL_W | USER_W };

/*
 * Two memory types, which caches and buffers between them make two memories: Arm ARM
 * chapter B2, "Mismatched memory attributes"; SDM volume 3, "Programming the PAT". Where a register
 * that says what the indices mean is not known, two indices are two types. Tagged memory is
 * cacheable as untagged memory is.
 */
static uint32_t types_sides(const struct mapping *m)
{
	struct pw_attr attr;

	if (pw_attr_decode(&m->h->pt, m->entry, m->level, &attr))
		return 0;
	if (!m->h->types_known || attr.memtype == PW_MEM_OTHER)
		return 1u << (PW_NR_MEMTYPES + (attr.mem_index & 7u));
	return 1u << (attr.memtype == PW_MEM_NORMAL_TAGGED ? PW_MEM_NORMAL : attr.memtype);
}

static uint32_t types_against(uint32_t sides)
{
	return ~sides;
}

const struct alias_rule alias_types = { types_sides, types_against, 0 };
