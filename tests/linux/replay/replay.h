/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The replay of walks that a real kernel recorded; main.c says how.
 *
 *     log.c      the log: lines, fields, rules
 *     memory.c   the guest's memory, new tables and what the log calls them, the snapshots
 *     locks.c    the kernel's locks, as far as assertions see them
 *     ops.c      callbacks that follow a walk's rule, and tell what they see
 *     native.c   the same walk by the native API: does it visit the same entries?
 *     main.c     line after line
 */
#ifndef PW_TESTS_LINUX_REPLAY_H
#define PW_TESTS_LINUX_REPLAY_H

#include <pagewalk/arm64.h>
#include <pagewalk/linux.h>

#define ULL(x) ((unsigned long long)(x))

/* The log. */
extern char **lines;
extern size_t nr_lines;

bool read_log(const char *dir);
/* The value of KEY= in a line; false when it is not there. */
bool field(const char *line, const char *key, char *out, size_t size);
/* The same as a hexadecimal number; 0 when it is not there. */
uint64_t hex(const char *line, const char *key);
/* Is it there, and a number? */
bool is_hex(const char *line, const char *key);
/* Does a list of names, separated by commas, have this one? */
bool has_op(const char *ops, const char *name);

/* What a rule does at one call of a callback. */
struct act {
	int ret;
	int action; /* enum page_walk_action, or -1: leave it alone */
	bool split;
};

struct act rule_at(const char *rule, const char *callback, unsigned int k);
/* Can it be read? */
bool rule_good(const char *rule);

/* One walk of the log. */
struct walk {
	size_t first, end; /* its callbacks, as lines; the line at @end is what it returned */
	char name[96], fn[64], root[32], ops[256], rule[128];
	unsigned long from, to;	    /* start= and end= */
	struct vm_area_struct *vma; /* NULL: none is named */
	bool vmas;		    /* it is a walk over VMAs */
	bool cut;		    /* it differs on purpose: lines behind @end are not ours */
	long ret;
};

/* The guest's memory: a sparse mapping with everything at its physical address. */
extern struct pw_env env;
extern struct pw_gather gather;
extern struct pw_arm64_counter counter;
extern struct mm_struct user_mm;
extern struct address_space shm1;
extern pgd_t *private_root;

bool memory_init(void);
void *virt(uint64_t pa);
uint64_t phys(const void *p);
bool load_tables(const char *dir, const char *file);
void *new_table(struct pw_pa *pa);
/* A value of ours as the log has it: new tables lie elsewhere there. @theirs is the log's value. */
uint64_t in_their_words(uint64_t val, uint64_t theirs);
/* Entries in which the tables differ from the snapshot, told on standard output. */
unsigned int compare_tables(const char *dir, const char *file, unsigned long region,
			    unsigned long vmalloc_end);
bool set_root(const char *line);
bool add_vma(const char *line, unsigned long huge_page_size);
/* Hands the VMAs over, once all are there; a second call does nothing. */
bool vmas_complete(void);
struct vm_area_struct *vma_at(unsigned long start);

/* Locks. */
struct held {
	char mm, init_mm; /* 'n'one, 'r'ead, 'w'rite */
	bool i_mmap;
};

extern unsigned int warnings;
void locks_configure(struct pw_linux_config *cfg);
void locks_take(struct held held);
void locks_drop(void);

/* Callbacks. */
/* Is every name in a list one of a callback, or "none"? */
bool ops_good(const char *ops);
void ops_make(const struct walk *w, struct mm_walk_ops *ops);
pte_fn_t ops_fn(const struct walk *w);
void ops_begin(const struct walk *w);
/* Where the walk stands in the log, and whether everything told so far was there. */
size_t ops_line(void);
bool ops_agree(void);
void ops_mismatch(const char *got);

/* The walk by the native API. false: it visited other entries, told on standard output. */
bool native_agrees(const struct walk *w, unsigned int *entries);

#endif
