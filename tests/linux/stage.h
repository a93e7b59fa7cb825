/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A stage for the kernel vocabulary: memory, a root, a counter for executor, and a record of what
 * callbacks were called. Built once for each geometry.
 */
#ifndef PW_TESTS_LINUX_STAGE_H
#define PW_TESTS_LINUX_STAGE_H

#include <pagewalk/arm64.h>
#include <pagewalk/linux.h>

#include "../harness/harness.h"

#define NR_FRAMES 64u
#define PA_BASE	  0x40000000ul

/* The kernel half begins here whatever the geometry. */
#define KERNEL_START (~0ul << VA_BITS)
/* Entries that the contiguous hint ties together, of PTEs and of PMDs. */
#define GROUP_PTES   (PAGE_SHIFT == 12 ? 16ul : PAGE_SHIFT == 14 ? 128ul : 32ul)
#define GROUP_PMDS   (PAGE_SHIFT == 12 ? 16ul : 32ul)

#define PAGE_KERNEL (PTE_TYPE_PAGE | PTE_AF | PTE_NG | PTE_WRITE | PTE_PXN | PTE_UXN)
/* A block of any level. */
#define SECT_KERNEL (PAGE_KERNEL & ~PTE_TABLE_BIT)

enum event_kind {
	PGD,
	P4D,
	PUD,
	PMD,
	PTE,
	HOLE,
	PRE,
	POST,
	PRE_PTE,
	POST_PTE,
	HUGE,
	TEST_WALK,
	PRE_VMA,
	POST_VMA,
	INSTALL,
	NR_KINDS
};

struct event {
	enum event_kind kind;
	unsigned long addr, next;
	int depth; /* of a hole; level of a table hook */
	struct vm_area_struct *vma;
};

struct stage {
	_Alignas(1 << PAGE_SHIFT) uint64_t frame[NR_FRAMES][PTRS_PER_PTE];
	unsigned int used;
	unsigned int limit; /* frames that get_table() may hand out */
	struct pw_env env;
	struct pw_flush slots[8];
	struct pw_gather gather;
	struct pw_arm64_counter counter;
	unsigned int put; /* frames that put_table() took back */
	bool interrupt;
	unsigned int warnings;
	char held_init_mm;
	char held_mm;
	char held_vma;
	bool held_i_mmap;
	/* calls of the hooks: VMAs that were locked for writing; locks held now, and ever taken */
	unsigned int vma_writes;
	int ptl_held, hugetlb_held;
	unsigned int ptl_taken, hugetlb_taken;
	struct event event[4 * PTRS_PER_PTE + 4096];
	unsigned int nr_events;
	/* at the k-th (from 1) call of a kind: this action, this return value */
	unsigned int seen[NR_KINDS];
	enum event_kind rule_kind;
	unsigned int rule_call; /* 0: no rule */
	int rule_action;	/* -1: leave it alone */
	int rule_ret;
};

extern struct stage stage;

/* A user address space whose root is empty, and what its tests put in. */
extern struct mm_struct user_mm;
#define PAGE_USER (PTE_TYPE_PAGE | PTE_AF | PTE_NG | PTE_USER | PTE_SHARED | PTE_WRITE | PTE_PXN)
#define SECT_USER (PAGE_USER & ~PTE_TABLE_BIT)

/* An empty address space, nothing recorded. */
void stage_reset(void);
/* All callbacks, recording; hooks too. */
extern const struct mm_walk_ops stage_ops;
/* The same, and the VMA callbacks but install_pte. */
extern const struct mm_walk_ops stage_vma_ops;
int stage_install(unsigned long addr, unsigned long next, pte_t *pte, struct mm_walk *walk);
/* What the vocabulary was told. */
struct pw_linux_config stage_config(void);
/* The record, but not the tables, starts over. */
void stage_forget(void);
void stage_rule(enum event_kind kind, unsigned int call, int action, int ret);
unsigned int stage_count(enum event_kind kind);
const struct event *stage_event(enum event_kind kind, unsigned int k);
/* Map pages with apply_to_page_range(). */
int stage_map(unsigned long addr, unsigned long size);
/* The PMD, PUD and so on of a mapped address. */
pmd_t *stage_pmd(unsigned long addr);
pud_t *stage_pud(unsigned long addr);
pte_t *stage_pte(unsigned long addr);
/* The same of user_mm. */
pmd_t *user_pmd(unsigned long addr);
pud_t *user_pud(unsigned long addr);
pte_t *user_pte(unsigned long addr);
int user_map(unsigned long addr, unsigned long size);

#endif
