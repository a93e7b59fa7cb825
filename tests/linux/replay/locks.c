/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The kernel's locks, as far as its assertions see them. It was built without DEBUG_VM, so nothing
 * asserts the locks of VMAs: those hooks stay unset but for vma_start_write(), which takes one.
 *
 * That one belongs to the kernel and not to the walker, and asserts the mmap lock by itself: once
 * for the comparison of the VMA's sequence number with the address space's, which says whether the
 * VMA is write-locked already; and twice more where it has to lock it. Each time the mmap lock is
 * taken for writing, and given back, the address space's number moves on, which unlocks all VMAs.
 */
#include "replay.h"

unsigned int warnings;

static struct held held;
static unsigned long mm_seq = 1;
static struct {
	const struct vm_area_struct *vma;
	unsigned long seq;
} locked[64];

static void warn(void *ctx, const char *file, int line, const char *what)
{
	(void)ctx, (void)file, (void)line, (void)what;
	warnings++;
}

static bool mmap_locked(void *ctx, const struct mm_struct *mm, bool write)
{
	char how = mm == &init_mm ? held.init_mm : held.mm;

	(void)ctx;
	return how == 'w' || (how == 'r' && !write);
}

static bool i_mmap_locked(void *ctx, const struct address_space *mapping)
{
	(void)ctx, (void)mapping;
	return held.i_mmap;
}

static void vma_start_write(void *ctx, struct vm_area_struct *vma)
{
	unsigned int i, asserted = 1;

	(void)ctx;
	for (i = 0; locked[i].vma && locked[i].vma != vma; i++)
		;
	if (!locked[i].vma || locked[i].seq != mm_seq) {
		locked[i].vma = vma;
		locked[i].seq = mm_seq;
		asserted = 3;
	}
	if (held.mm != 'w')
		warnings += asserted;
}

void locks_configure(struct pw_linux_config *cfg)
{
	cfg->warn = warn;
	cfg->mmap_locked = mmap_locked;
	cfg->i_mmap_locked = i_mmap_locked;
	cfg->vma_start_write = vma_start_write;
}

void locks_take(struct held h)
{
	held = h;
	mm_seq += h.mm == 'w';
}

void locks_drop(void)
{
	mm_seq += held.mm == 'w';
	held = (struct held){ 'n', 'n', false };
}
