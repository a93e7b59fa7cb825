/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The guest's tables at their physical addresses, its VMAs, and tables that are made on the way.
 *
 * Those get other addresses than in that kernel: the first time one shows up, its address is taken
 * to be the log's, and from then on it must stay so, and be nobody else's. All other bits of the
 * entry must be the log's from the start.
 */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../../sources/source.h"

#define PHYS_BASE 0x40000000ull
#define PHYS_SIZE 0x100000000ull
#define POOL_PA	  0x100000000ull /* new tables; no RAM of the guest is there */
#define MAX_VMAS  64
#define MAX_NAMES 256

struct pw_env env;
struct pw_gather gather;
struct pw_arm64_counter counter;
struct mm_struct user_mm;
struct address_space shm1;
pgd_t *private_root;

static char *memory;
static uint64_t pool_used;
static struct vm_area_struct vmas[MAX_VMAS];
static struct pw_linux_mapped mapped[MAX_VMAS];
static unsigned long nr_vmas, nr_mapped;
static bool complete; /* all VMAs are there */
static struct {
	uint64_t ours, theirs;
} names[MAX_NAMES];
static unsigned int nr_names;

static void *get_table(void *ctx, struct pw_pa *pa)
{
	(void)ctx;
	return new_table(pa);
}

/* Nothing is raced for here, so nothing comes back but the table that was handed out last. */
static void put_table(void *ctx, struct pw_pa pa, void *page)
{
	(void)ctx, (void)page;
	if (pa.v + PAGE_SIZE == POOL_PA + pool_used)
		pool_used -= PAGE_SIZE;
}

bool memory_init(void)
{
	memory = mmap(NULL, PHYS_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	env.size = sizeof(env);
	env.phys_offset = (uint64_t)(uintptr_t)memory - PHYS_BASE;
	env.mem_first.v = PHYS_BASE;
	env.mem_last.v = PHYS_BASE + PHYS_SIZE - 1;
	env.get_table = get_table;
	env.put_table = put_table;
	pw_arm64_counter_init(&counter);
	return pw_gather_init(&gather, &counter.e.x, NULL, 0) == 0;
}

void *virt(uint64_t pa)
{
	return pa >= PHYS_BASE && pa - PHYS_BASE < PHYS_SIZE ? memory + (pa - PHYS_BASE) : NULL;
}

uint64_t phys(const void *p)
{
	return (uint64_t)((const char *)p - memory) + PHYS_BASE;
}

void *new_table(struct pw_pa *pa)
{
	pa->v = POOL_PA + pool_used;
	pool_used += PAGE_SIZE;
	return memset(virt(pa->v), 0xa5, PAGE_SIZE); /* contents are undefined */
}

static struct pw_source *open_tables(const char *dir, const char *file)
{
	struct pw_source_error err;
	struct pw_source *s;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (!pw_source_open(path, &s, &err))
		return s;
	printf("%s\n", err.text);
	return NULL;
}

bool load_tables(const char *dir, const char *file)
{
	struct pw_source *s = open_tables(dir, file);
	bool ok = s != NULL;
	size_t i;

	for (i = 0; ok && i < pw_source_nr_segments(s); i++) {
		struct pw_segment seg = pw_source_segment(s, i);

		ok = seg.pa >= PHYS_BASE && seg.pa + seg.len <= POOL_PA;
		if (ok)
			memcpy(virt(seg.pa), pw_source_bytes(s, seg.pa, seg.len), seg.len);
		else
			printf("%s: memory at 0x%llx is not where a guest has it\n", file,
			       ULL(seg.pa));
	}
	if (s)
		pw_source_close(s);
	return ok;
}

static bool is_new(uint64_t val)
{
	uint64_t pa = pw_linux_entry_pa(val);

	return pw_linux_table(val) && pa >= POOL_PA && pa < POOL_PA + pool_used;
}

uint64_t in_their_words(uint64_t val, uint64_t theirs)
{
	uint64_t bits = val & ~pw_linux_pa_entry(~0ull), pa = pw_linux_entry_pa(val);
	uint64_t name = pw_linux_entry_pa(theirs);
	unsigned int i;

	if (!is_new(val) || !pw_linux_table(theirs))
		return val;
	for (i = 0; i < nr_names; i++) {
		if (names[i].ours == pa)
			return bits | pw_linux_pa_entry(names[i].theirs);
		if (names[i].theirs == name)
			return val; /* another table of ours has this name already */
	}
	if (nr_names == MAX_NAMES)
		return val;
	names[nr_names].ours = pa;
	names[nr_names++].theirs = name;
	return bits | pw_linux_pa_entry(name);
}

/*
 * Snapshots
 */

struct compare {
	struct pw_source *theirs;
	unsigned long skip_first, skip_last; /* kernel stacks come and go there */
	unsigned int differ;
	bool seen[PHYS_SIZE / PAGE_SIZE]; /* tables of ours that were compared, or skipped */
};

static struct compare compare;

static void differs(unsigned long va, int level, uint64_t ours, uint64_t theirs)
{
	printf("  0x%lx, level %d: 0x%llx, and 0x%llx in the snapshot\n", va, level, ULL(ours),
	       ULL(theirs));
	compare.differ++;
}

/* @theirs is NULL in what is skipped, and its tables too, wherever else they are linked. */
static void compare_table(const uint64_t *ours, const uint64_t *theirs, int level, unsigned long va)
{
	unsigned long size = PAGE_SIZE << PW_LINUX_TABLE_SHIFT * level;
	unsigned int i, nr = level == PGTABLE_LEVELS - 1 ? PTRS_PER_PGD : PTRS_PER_PTE;

	if (!ours || compare.seen[(phys(ours) - PHYS_BASE) / PAGE_SIZE])
		return;
	compare.seen[(phys(ours) - PHYS_BASE) / PAGE_SIZE] = true;
	for (i = 0; i < nr; i++) {
		unsigned long at = va + i * size;
		bool skip = !theirs || (at >= compare.skip_first && at <= compare.skip_last);
		uint64_t val = skip ? ours[i] : in_their_words(ours[i], theirs[i]);
		const void *below = NULL;

		if (!skip && val != theirs[i]) {
			differs(at, level, val, theirs[i]);
			continue;
		}
		if (level == 0 || !pw_linux_table(val))
			continue;
		if (!skip)
			below = pw_source_bytes(compare.theirs, pw_linux_entry_pa(val), PAGE_SIZE);
		compare_table(virt(pw_linux_entry_pa(ours[i])), below, level - 1, at);
	}
}

static void compare_root(const pgd_t *root, unsigned long va)
{
	const void *theirs;

	if (!root) /* the log has no such root */
		return;
	theirs = pw_source_bytes(compare.theirs, phys(root), PTRS_PER_PGD * 8);
	if (theirs)
		compare_table((const uint64_t *)(const void *)root, theirs, PGTABLE_LEVELS - 1, va);
	else
		compare.differ++;
}

unsigned int compare_tables(const char *dir, const char *file, unsigned long region,
			    unsigned long vmalloc_end)
{
	compare.theirs = open_tables(dir, file);
	if (!compare.theirs)
		return 1;
	compare.skip_first = region + (13ul << 30);
	compare.skip_last = vmalloc_end;
	/* the private root has tables of init_mm's, so that comes first */
	compare_root(init_mm.pgd, ~0ul << VA_BITS);
	compare_root(user_mm.pgd, 0);
	compare_root(private_root, 0);
	pw_source_close(compare.theirs);
	return compare.differ;
}

/*
 * Address spaces
 */

bool set_root(const char *line)
{
	char name[32];
	pgd_t *root = is_hex(line, "pa") ? virt(hex(line, "pa")) : NULL;

	if (!root || ((uintptr_t)root & ~PAGE_MASK) || sscanf(line, "ROOT %31s", name) != 1)
		return false;
	if (!strcmp(name, "private"))
		private_root = root;
	else if (!strcmp(name, "swapper"))
		init_mm.pgd = root;
	else if (!strcmp(name, "user"))
		user_mm.pgd = root;
	else
		printf("passed over: %s\n", line); /* no walk can start there */
	return true;
}

bool add_vma(const char *line, unsigned long huge_page_size)
{
	struct vm_area_struct *vma = &vmas[nr_vmas];
	char map[32] = "";

	if (nr_vmas == MAX_VMAS || complete || !is_hex(line, "pgoff") ||
	    sscanf(line, "VMA %lx %lx flags=%lx", &vma->vm_start, &vma->vm_end, &vma->vm_flags) !=
		    3)
		return false;
	vma->vm_pgoff = hex(line, "pgoff");
	vma->huge_page_size = is_vm_hugetlb_page(vma) ? huge_page_size : 0;
	(void)field(line, "map", map, sizeof(map));
	if (!strcmp(map, "shm1")) {
		vma->vm_mapping = &shm1;
		mapped[nr_mapped++].vma = vma;
	}
	nr_vmas++;
	return true;
}

static int by_offset(const void *a, const void *b)
{
	const struct pw_linux_mapped *x = a, *y = b;

	return x->vma->vm_pgoff < y->vma->vm_pgoff ? -1 : x->vma->vm_pgoff > y->vma->vm_pgoff;
}

bool vmas_complete(void)
{
	if (complete)
		return true;
	complete = true;
	qsort(mapped, nr_mapped, sizeof(mapped[0]), by_offset);
	return pw_linux_set_vmas(&user_mm, vmas, nr_vmas) == 0 &&
	       pw_linux_set_mapping(&shm1, mapped, nr_mapped) == 0;
}

struct vm_area_struct *vma_at(unsigned long start)
{
	unsigned long i;

	for (i = 0; i < nr_vmas; i++) {
		if (vmas[i].vm_start == start)
			return &vmas[i];
	}
	return NULL;
}
